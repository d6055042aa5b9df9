package dev.crm.test

import dev.crm.Cancel
import dev.crm.Change
import dev.crm.CommitListener
import dev.crm.Contact
import dev.crm.Crm
import dev.crm.CrmException
import dev.crm.ImportOptions
import dev.crm.JobControl
import dev.crm.ManualClock
import dev.crm.Progress
import dev.crm.ProgressListener
import dev.crm.Query
import dev.crm.RuleDraft
import dev.crm.RuleTrigger
import dev.crm.Task
import dev.crm.TaskDraft
import dev.crm.UserDraft
import dev.crm.Watch
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.Timeout
import org.junit.jupiter.api.io.TempDir
import java.io.ByteArrayOutputStream
import java.io.NotSerializableException
import java.io.ObjectOutputStream
import java.nio.file.Path
import java.time.Instant
import java.util.concurrent.Callable
import java.util.concurrent.Executors
import java.util.concurrent.Future

@Timeout(120)
class LifetimeTest {
    @Test
    fun `a closed database says so, also to its sessions`(@TempDir folder: Path) {
        val path = folder.resolve("a.crm")
        val crm = Crm.open(path)
        val user = crm.create(UserDraft { name = "Grace"; email = "grace@acme.example" })
        val session = crm.asUser(user)
        assertEquals(user, session.actor())
        assertThrows(CrmException.Locked::class.java) { Crm.open(path) }
        val rows = crm.findAll(Query("user"))
        crm.close()
        crm.close()
        assertThrows(CrmException.Closed::class.java) { crm.count("user") }
        assertThrows(CrmException.Closed::class.java) { session.create(TaskDraft { subject = "x" }) }
        assertThrows(CrmException.Closed::class.java) { crm.watch(Watch.Everything).nextBatch(0) }
        rows.close()
        assertThrows(IllegalStateException::class.java) { rows.nextPage(1) }
        Crm.open(path).use { assertEquals(1, it.count("user")) }
        crm.reopen()
        assertEquals(1, session.count("user"))
        crm.close()
    }

    @Test
    fun `releasing a session leaves the database open`() = Crm.inMemory().use { crm ->
        crm.operation("tidy up").use { it.create(TaskDraft { subject = "x" }) }
        assertEquals(1, crm.count("task"))
        assertEquals(1, crm.undo("tidy up").undone)
        assertEquals(0, crm.count("task"))
    }

    @Test
    fun `what holds a handle is not serialised`() = Crm.inMemory().use { crm ->
        val held = listOf(
            crm.operation("x"), crm.findAll(Query("task")), crm.watch(Watch.Everything), ManualClock(Instant.now()),
            crm.onCommit(object : CommitListener { override fun onCommit() = Unit }), Cancel(),
        )
        (held + crm).forEach {
            assertThrows(NotSerializableException::class.java, { ObjectOutputStream(ByteArrayOutputStream()).writeObject(it) })
            assertTrue(it !is Cloneable)
        }
        held.forEach(AutoCloseable::close)
        assertEquals(0, crm.count("task"))
    }

    @Test
    fun `a listener is called after each commit and at the end`() {
        val crm = Crm.inMemory()
        val calls = ArrayList<String>()
        val wake = crm.onCommit(object : CommitListener {
            override fun onCommit() {
                calls += runCatching { crm.count("task").toString() }.getOrElse { it.javaClass.simpleName }
                throw IllegalStateException("the listener failed")
            }
        })
        crm.create(TaskDraft { subject = "x" })
        crm.close()
        assertEquals(listOf("1", "Closed"), calls)
        wake.close()
    }

    @Test
    fun `what is created is returned as its own transaction leaves it`() = Crm.inMemory().use { crm ->
        crm.create(RuleDraft {
            name = "urgent"
            this["object"] = "task"
            trigger = RuleTrigger.CREATED
            actions = """[{"do": "set", "fields": {"description": "by a rule"}}]"""
        })
        val task = crm.create(Task, TaskDraft { subject = "Call" })
        assertEquals("Call" to "by a rule", task.subject to task.description)
        assertEquals(task, crm.get(Task, task.ref))
        assertThrows(IllegalArgumentException::class.java) { crm.create(Contact, TaskDraft { subject = "Call" }) }
        assertEquals(1, crm.count("task"))
    }

    @Test
    fun `who waits for changes returns when the database closes or the subscription is stopped`() {
        val pool = Executors.newFixedThreadPool(2)
        try {
            val crm = Crm.inMemory()
            val stopped = crm.watch(Watch.Everything)
            val closed = crm.watch(Watch.Query(Query("task")))
            listOf(stopped, closed).forEach { it.nextBatch(0) }
            val waiting = pool.submit(Callable { runCatching { stopped.nextBatch(60_000) }.exceptionOrNull() })
            val waitingToo = pool.submit(Callable { runCatching { closed.nextBatch(60_000) }.exceptionOrNull() })
            stopped.stop()
            assertTrue(waiting.get() is CrmException.Cancelled, waiting.get().toString())
            crm.close()
            assertTrue(waitingToo.get() is CrmException.Closed, waitingToo.get().toString())
        } finally {
            pool.shutdownNow()
        }
    }

    @Test
    fun `eight threads share a handle`() = Crm.inMemory().use { crm ->
        val pool = Executors.newFixedThreadPool(8)
        try {
            val work: List<Future<Int>> = (0 until 8).map { thread ->
                pool.submit(Callable {
                    repeat(25) { round ->
                        val task = crm.create(TaskDraft { subject = "$thread/$round" })
                        assertEquals("$thread/$round", crm.get(Task, task).subject)
                        crm.update(task, TaskDraft { description = "done by $thread" })
                    }
                    crm.list(Task, "subject.startsWith('$thread/')").size
                })
            }
            assertEquals(List(8) { 25 }, work.map { it.get() })
            assertEquals(200, crm.count("task"))
            assertEquals(emptyList<Any>(), crm.check().findings)
        } finally {
            pool.shutdownNow()
        }
    }

    private val people = buildString {
        appendLine("name,email")
        repeat(3_000) { appendLine("Person $it,person$it@acme.example") }
    }.toByteArray()

    private fun listener(answer: (Progress) -> JobControl) = object : ProgressListener {
        override fun onProgress(progress: Progress): JobControl = answer(progress)
    }

    @Test
    fun `a listener that throws stops the job, and the call throws what it said`() = Crm.inMemory().use { crm ->
        val error = assertThrows(CrmException.Callback::class.java) {
            crm.importCsv(people, ImportOptions("contact"), listener { throw IllegalStateException("the listener failed") })
        }
        assertTrue("the listener failed" in error.message, error.message)
        val own = assertThrows(CrmException.Cancelled::class.java) {
            crm.importCsv(people, ImportOptions("contact"), listener { throw CrmException.Cancelled("enough") })
        }
        assertEquals("enough", own.message)
        assertTrue(crm.count("contact") < 3_000)
        assertEquals(emptyList<Any>(), crm.check().findings)
    }

    @Test
    fun `a listener stops a job, and undo takes it back`() = Crm.inMemory().use { crm ->
        val report = crm.importCsv(people, ImportOptions("contact"), listener { JobControl.STOP })
        assertTrue(report.cancelled)
        assertEquals(report.created, crm.count("contact"))
        crm.undo(report.operation)
        assertEquals(0, crm.count("contact"))
    }

    @Test
    fun `a listener reads, and its write is refused`() = Crm.inMemory().use { crm ->
        val errors = ArrayList<Throwable?>()
        val report = crm.importCsv(people, ImportOptions("contact"), listener {
            crm.list(Contact)
            errors += runCatching { crm.create(TaskDraft { subject = "from within" }) }.exceptionOrNull()
            JobControl.GO_ON
        })
        assertEquals(3_000, report.created)
        assertTrue(errors.isNotEmpty())
        assertTrue(errors.all { it == null || it is CrmException }, errors.toString())
        assertEquals(errors.count { it == null }.toLong(), crm.count("task"))
    }

    @Test
    fun `a key makes a batch that is sent twice happen once`() = Crm.inMemory().use { crm ->
        val changes = listOf(Change.Create("task", null, TaskDraft { subject = "once" }.fields()))
        assertEquals(crm.batch(changes, "key"), crm.batch(changes, "key"))
        assertEquals(1, crm.count("task"))
    }
}
