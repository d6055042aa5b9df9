package dev.crm.test

import dev.crm.Cancel
import dev.crm.Change
import dev.crm.Company
import dev.crm.CompanyDraft
import dev.crm.Crm
import dev.crm.CrmException
import dev.crm.TagDraft
import dev.crm.coroutines.io
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.delay
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeoutOrNull
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.Timeout
import java.util.concurrent.Callable
import java.util.concurrent.Executors
import java.util.concurrent.TimeUnit

/** Calls that take too long are ended: by another thread, at a time, with the coroutine that makes them. */
@Timeout(120)
class EndingTest {
    private val numbers = (0 until 40).toList()

    /** A filter that takes milliseconds for each record. */
    private val slow = "$numbers.exists(a, $numbers.exists(b, $numbers.exists(c, employees + a + b + c < 0)))"

    /** A database whose records take seconds to be looked at, or a minute, with the filter. */
    private fun crowded(): Crm = Crm.inMemory().also { crm ->
        crm.batch((0L until 1_000).map { Change.Create("company", null, CompanyDraft { name = "Company $it"; employees = it }.fields()) })
    }

    @Test
    fun `another thread ends a read`() = crowded().use { crm ->
        val cancel = Cancel()
        val session = crm.cancelledBy(cancel).operation("x")
        val pool = Executors.newSingleThreadExecutor()
        try {
            val read = pool.submit(Callable { runCatching { session.count("company", slow) }.exceptionOrNull() })
            Thread.sleep(100)
            assertFalse(cancel.isCancelled() || read.isDone)
            cancel.cancel()
            assertTrue(read.get(10, TimeUnit.SECONDS) is CrmException.Cancelled)
        } finally {
            pool.shutdown()
        }
        assertThrows(CrmException.Cancelled::class.java) { session.create(TagDraft { name = "vip" }) }
        assertEquals(0, crm.count("tag"))
        assertEquals(1_000, crm.count("company"))
    }

    @Test
    fun `a deadline ends a read`() = crowded().use { crm ->
        val cancel = Cancel(crm.now().plusMillis(300))
        val began = System.nanoTime()
        assertThrows(CrmException.Cancelled::class.java) { crm.cancelledBy(cancel).list(Company, slow) }
        assertTrue(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began) in 200..10_000)
        assertTrue(cancel.isCancelled())
    }

    @Test
    fun `a coroutine that is cancelled ends its call`() = crowded().use { crm ->
        runBlocking {
            val ended = CompletableDeferred<Throwable?>()
            val reading = launch(Dispatchers.Default) {
                crm.io { ended.complete(runCatching { count("company", slow) }.exceptionOrNull()) }
            }
            delay(100)
            reading.cancelAndJoin()
            assertTrue(ended.await() is CrmException.Cancelled)
            assertNull(withTimeoutOrNull(100) { crm.io { list(Company, slow) } })
            // Who is not cancelled goes on, also with what an ended call has held.
            assertEquals(1_000, crm.io { count("company") })
        }
    }

    @Test
    fun `a call that suspends can close the database and return a session`() = runBlocking {
        val crm = Crm.inMemory()
        val session = crm.io { operation("x") }
        val same = crm.io { this }
        val tag = async { session.io { create(TagDraft { name = "vip" }) } }
        tag.await()
        assertEquals(1, same.count("tag"))
        crm.io { close() }
        assertThrows(CrmException.Closed::class.java) { crm.count("tag") }
        Unit
    }
}
