package dev.crm.example

import dev.crm.Crm
import dev.crm.ManualClock
import dev.crm.Reminder
import dev.crm.Session
import dev.crm.Task
import dev.crm.TaskDraft
import dev.crm.TaskStatus
import dev.crm.coroutines.io
import dev.crm.coroutines.live
import kotlinx.coroutines.cancelChildren
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.stateIn
import java.time.Duration
import java.time.Instant
import java.time.ZoneOffset
import java.time.format.DateTimeFormatter
import java.util.Locale

private val HOUR = Duration.ofHours(1)

/**
 * Tells what becomes due and follows it up: a reminder about a task is acknowledged and its task done; any other is put
 * off once, as people do, and acknowledged when it comes back.
 *
 * What it shows is live: the lists follow the database, whoever changes it.
 */
class Assistant(private val crm: Crm, private val clock: ManualClock, private val say: (String) -> Unit) {
    private val putOff = HashSet<String>()

    /** Follows up until a time; the clock jumps from one due time to the next. */
    suspend fun runUntil(end: Instant) = coroutineScope {
        val due = crm.live(Reminder, "status == 'due'", sort = "at").stateIn(this)
        val open = crm.live(Task, "status == 'open'", sort = "due").stateIn(this)
        say("${day(crm.now())}  open: ${open.value.size}")
        open.value.forEach { say("    ${it.subject}, due ${day(it.due!!)}") }
        while (true) {
            val next = crm.io { nextDue() }?.takeIf { it <= end } ?: break
            clock.set(next)
            crm.io { runDue(next) }
            for (reminder in due.first { it.isNotEmpty() }) {
                say("${day(next)}  ${reminder.text}${whom(reminder)}")
                say("    ${crm.io { answer(reminder) }}")
            }
            due.first { it.isEmpty() }
        }
        clock.set(end)
        val left = open.first { tasks -> tasks.size == crm.io { count("task", "status == 'open'") }.toInt() }
        say("${day(end)}  open: ${left.size}")
        left.forEach { say("    ${it.subject}, due ${day(it.due!!)}") }
        coroutineContext.cancelChildren()
    }

    private suspend fun whom(reminder: Reminder): String = reminder.about?.let { " (${crm.io { title(it) }})" }.orEmpty()

    private fun Session.answer(reminder: Reminder): String {
        val about = reminder.about
        if (about == null || about.objectName != Task.objectName) {
            if (putOff.add(reminder.ref.id)) {
                val later = now() + HOUR
                snooze(reminder.ref, later)
                return "nobody answers, again at ${TIME.format(later)}"
            }
            acknowledge(reminder.ref)
            return "acknowledged"
        }
        update(about, TaskDraft { status = TaskStatus.DONE })
        acknowledge(reminder.ref)
        return "done"
    }

    private fun day(time: Instant): String = DAY.format(time)

    private companion object {
        val DAY: DateTimeFormatter = DateTimeFormatter.ofPattern("EEE d MMM HH:mm", Locale.ENGLISH).withZone(ZoneOffset.UTC)
        val TIME: DateTimeFormatter = DateTimeFormatter.ofPattern("HH:mm", Locale.ENGLISH).withZone(ZoneOffset.UTC)
    }
}
