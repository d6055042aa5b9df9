package dev.crm.test

import dev.crm.Contact
import dev.crm.Crm
import dev.crm.Query
import dev.crm.Watch
import dev.crm.liveObjects
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.MethodOrderer
import org.junit.jupiter.api.Order
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.TestMethodOrder
import org.junit.jupiter.api.Timeout
import java.lang.ref.Cleaner
import java.util.concurrent.CountDownLatch
import java.util.concurrent.TimeUnit

private val CLEANER = Cleaner.create()

/**
 * How many objects of the library there are when what the program does not hold any more has been collected: what a
 * collection finds is released by a thread of its own, so that some may follow one another.
 */
fun liveObjectsAfterCollection(): Long {
    repeat(50) {
        if (liveObjects() == 0L) return 0
        val collected = CountDownLatch(1)
        CLEANER.register(Any(), collected::countDown)
        System.gc()
        collected.await(100, TimeUnit.MILLISECONDS)
    }
    return liveObjects()
}

/** The last class of all, as junit-platform.properties and its order have it: no other test has forgotten anything. */
@Order(Int.MAX_VALUE)
@TestMethodOrder(MethodOrderer.OrderAnnotation::class)
@Timeout(60)
class ForgottenTest {
    @Test
    @Order(1)
    fun `of all tests nothing is left`() = assertEquals(0, liveObjectsAfterCollection())

    @Test
    @Order(2)
    fun `what the program holds is counted`() {
        val crm = Crm.inMemory()
        val held = listOf(crm.operation("tidy up"), crm.findAll(Query("contact")), crm.watch(Watch.Everything))
        crm.list(Contact)
        assertEquals(4, liveObjects())
        held.forEach(AutoCloseable::close)
        assertEquals(1, liveObjects())
        crm.close()
        assertEquals(1, liveObjects(), "a closed database is released when it is collected")
    }

    @Test
    @Order(3)
    fun `what nobody holds is released`() = assertEquals(0, liveObjectsAfterCollection())
}
