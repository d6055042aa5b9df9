package dev.crm.test

import dev.crm.Crm
import dev.crm.CrmException
import dev.crm.ImportOptions
import dev.crm.Query
import dev.crm.Task
import dev.crm.TaskDraft
import dev.crm.TaskStatus
import dev.crm.Update
import dev.crm.Watch
import dev.crm.coroutines.io
import dev.crm.coroutines.job
import dev.crm.coroutines.live
import dev.crm.coroutines.updates
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.flow.drop
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.produceIn
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout
import kotlinx.coroutines.withTimeoutOrNull
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.Timeout

@Timeout(120)
class CoroutinesTest {
    @Test
    fun `a flow tells what is there, then what changes`() = Crm.inMemory().use { crm ->
        runBlocking {
            val first = crm.io { create(TaskDraft { subject = "first" }) }
            val flow = crm.updates(Watch.Query(Query("task", "status == 'open'"))).produceIn(this)
            assertEquals(listOf(first), (flow.receive().single() as Update.Reset).records.map { it.ref })
            val second = crm.io { create(TaskDraft { subject = "second" }) }
            assertEquals(second, (flow.receive().single() as Update.Added).record.ref)
            crm.io { update(second, TaskDraft { subject = "changed" }) }
            assertEquals("changed", (flow.receive().single() as Update.Changed).record["subject"])
            crm.io { update(first, TaskDraft { status = TaskStatus.DONE }) }
            assertEquals(first, (flow.receive().single() as Update.Removed).record)
            flow.cancel()
        }
    }

    @Test
    fun `a live query is the list as it is now`() = Crm.inMemory().use { crm ->
        runBlocking {
            val lists = crm.live(Task, "status == 'open'", sort = "-subject")
            val seen = async { lists.first { it.size == 2 }.map { it.subject } }
            crm.io { create(TaskDraft { subject = "a" }) }
            crm.io { create(TaskDraft { subject = "b" }) }
            assertEquals(listOf("b", "a"), seen.await())
        }
    }

    @Test
    fun `closing the database ends a flow`() = runBlocking {
        val crm = Crm.inMemory()
        val begun = CompletableDeferred<Unit>()
        val collected = async {
            crm.updates(Watch.Query(Query("task"))).toList(object : ArrayList<List<Update>>() {
                override fun add(element: List<Update>) = super.add(element).also { begun.complete(Unit) }
            })
        }
        begun.await()
        crm.close()
        assertEquals(1, collected.await().size)
        assertThrows(CrmException.Closed::class.java) { runBlocking { crm.io { count("task") } } }
        Unit
    }

    @Test
    fun `flows that wait hold no thread`() = Crm.inMemory().use { crm ->
        runBlocking {
            val begun = Channel<Unit>(Channel.UNLIMITED)
            val told = Channel<Int>(Channel.UNLIMITED)
            // Three times as many as Dispatchers.IO has threads.
            val flows = List(200) { number ->
                launch {
                    if (number % 2 == 0) {
                        crm.live(Task).collect { if (it.isEmpty()) begun.send(Unit) else told.send(it.size) }
                    } else {
                        crm.updates(Watch.Everything).collect { batch ->
                            if (batch.single() is Update.Reset) begun.send(Unit) else told.send(batch.size)
                        }
                    }
                }
            }
            repeat(flows.size) { begun.receive() }
            // Others use the same threads, and a timeout fires.
            withTimeout(20_000) { List(100) { async(Dispatchers.IO) { crm.count("task") } }.awaitAll() }
            assertNull(withTimeoutOrNull(50) { crm.updates(Watch.Everything).drop(1).first() })
            crm.io { create(TaskDraft { subject = "a" }) }
            withTimeout(60_000) { repeat(flows.size) { assertEquals(1, told.receive()) } }
            flows.forEach { it.cancelAndJoin() }
        }
    }

    @Test
    fun `a question that is wrong fails in the collector`() = Crm.inMemory().use { crm ->
        assertThrows(CrmException.Expression::class.java) {
            runBlocking { crm.live(Task, "status =").first() }
        }
        Unit
    }

    @Test
    fun `cancelling a coroutine stops its job`() = Crm.inMemory().use { crm ->
        val people = "name\n" + (1..20_000).joinToString("\n") { "Person $it" }
        runBlocking {
            val begun = CompletableDeferred<Unit>()
            val job = launch {
                crm.job({ begun.complete(Unit) }) { listener -> importCsv(people.toByteArray(), ImportOptions("contact"), listener) }
            }
            begun.await()
            job.cancelAndJoin()
            assertTrue(job.isCancelled)
        }
        assertTrue(crm.count("contact") < 20_000)
    }

    @Test
    fun `a progress callback that throws reaches the caller`() = Crm.inMemory().use { crm ->
        val error = assertThrows(CrmException.Callback::class.java) {
            runBlocking {
                crm.job({ throw CancellationException("not now") }) { listener ->
                    importCsv("name\nAda".toByteArray(), ImportOptions("contact"), listener)
                }
            }
        }
        assertTrue("not now" in error.message, error.message)
    }
}
