package dev.crm.example

import dev.crm.CompanyDraft
import dev.crm.ContactDraft
import dev.crm.Crm
import dev.crm.CrmOptions
import dev.crm.ManualClock
import dev.crm.Ref
import dev.crm.ReminderDraft
import dev.crm.TaskDraft
import kotlinx.coroutines.runBlocking
import java.time.Duration
import java.time.Instant

private val MONDAY: Instant = Instant.parse("2026-03-16T09:00:00Z")

/** A week of follow-ups, in a second: the clock is one that the program sets. */
fun main() = week(::println)

/** Runs the week and tells each line. */
fun week(say: (String) -> Unit) {
    val clock = ManualClock(MONDAY)
    Crm.inMemory(CrmOptions(clock = clock)).use { crm ->
        fill(crm)
        runBlocking { Assistant(crm, clock, say).runUntil(after(days = 7)) }
    }
}

private fun fill(crm: Crm) {
    val acme = crm.create(CompanyDraft { name = "Acme" })
    val ada = crm.create(ContactDraft { name("Ada Lovelace"); company = acme })
    val grace = crm.create(ContactDraft { name("Grace Hopper"); company = acme })
    val offer = task(crm, "Send the offer", after(days = 1, hours = 6), ada)
    val demo = task(crm, "Prepare the demo", after(days = 3), grace)
    task(crm, "Ask for a reference", after(days = 9), ada)
    reminder(crm, "The offer is due today", after(days = 1), offer)
    reminder(crm, "Call back", after(days = 1, hours = 2), grace)
    reminder(crm, "The demo is tomorrow", after(days = 2, hours = 5), demo)
    reminder(crm, "Review the quarter", after(days = 8), acme)
}

private fun task(crm: Crm, what: String, by: Instant, whom: Ref): Ref =
    crm.create(TaskDraft { subject = what; due = by; about = listOf(whom) })

private fun reminder(crm: Crm, what: String, time: Instant, whom: Ref) {
    crm.create(ReminderDraft { text = what; at = time; about = whom })
}

private fun after(days: Long, hours: Long = 0): Instant = MONDAY + Duration.ofDays(days) + Duration.ofHours(hours)
