package dev.crm.bench

import dev.crm.Change
import dev.crm.CompanyDraft
import dev.crm.Contact
import dev.crm.ContactDraft
import dev.crm.Crm
import dev.crm.ImportOptions
import dev.crm.JobControl
import dev.crm.Progress
import dev.crm.ProgressListener
import dev.crm.Query
import dev.crm.Ref
import dev.crm.Session

private const val RECORDS = 1_000
private const val WARM_UP_NANOS = 1_500_000_000L
private const val MEASURE_NANOS = 1_500_000_000L

/**
 * What calls cost, in microseconds: the smallest of many repetitions, since other programs use the machine meanwhile.
 *
 * The records have 11 fields with a value, beside those that every record has.
 */
fun main() {
    val start = System.nanoTime()
    Crm.inMemory().use { crm ->
        crm.sequence()
        show("first call, with loading the library", (System.nanoTime() - start) / 1e3)
        val first = fill(crm)
        show("a call that does nothing", repeated { crm.sequence() })
        show("one record", repeated { crm.get(Contact, first) })
        show("one record, and reading all its fields", repeated { readAll(crm.get(Contact, first)) })
        show("a page of 50", repeated { crm.find(Query("contact")) })
        show("1,000 records", repeated { check(crm.list(Contact).size == RECORDS) })
        show("a CEL count", repeated { crm.count("contact", "lifecycle == 'customer'") })
        show("a failed call", repeated { runCatching { crm.get(Ref("contact", "none")) } })
        tick(crm)
        show("create, in memory", repeated { crm.create(person(7)) })
    }
}

private fun fill(crm: Crm): Ref {
    val acme = crm.create(CompanyDraft { name = "Acme"; employees = 40 })
    val changes = (0 until RECORDS).map { Change.Create("contact", null, person(it).company(acme).fields()) }
    return crm.batch(changes).first().record
}

private fun person(at: Int) = ContactDraft {
    name("Ada Lovelace")
    email = "ada$at@acme.example"
    phone = "+4930901820"
    mobile = "+4915112345678"
    jobTitle = "Analyst"
    department = "Engines"
    language = "en"
    profile = "https://acme.example/people/$at"
    source = "web"
    description = "Met at the exhibition; wants to see the analytical engine at work."
}

private fun readAll(contact: Contact): Int =
    listOf(
        contact.name, contact.email, contact.phone, contact.mobile, contact.company, contact.jobTitle,
        contact.department, contact.language, contact.profile, contact.source, contact.description,
    ).count { it != null }

/** A listener is told of the first row, and then some ten times a second: one tick, of which the job itself is taken. */
private fun tick(crm: Session) {
    val options = ImportOptions("contact", dryRun = true)
    val row = "name\nAda\n".toByteArray()
    val listener = object : ProgressListener {
        override fun onProgress(progress: Progress) = JobControl.GO_ON
    }
    val without = repeated { crm.importCsv(row, options) }
    val with = repeated { crm.importCsv(row, options, listener) }
    show("a tick of a progress listener", with - without)
}

/** The smallest time of a repetition, in microseconds. */
private fun repeated(call: () -> Unit): Double {
    val warm = System.nanoTime() + WARM_UP_NANOS
    while (System.nanoTime() < warm) call()
    var least = Long.MAX_VALUE
    val end = System.nanoTime() + MEASURE_NANOS
    while (System.nanoTime() < end) {
        val start = System.nanoTime()
        call()
        least = minOf(least, System.nanoTime() - start)
    }
    return least / 1e3
}

private fun show(what: String, micros: Double) = println("%-40s %12.1f µs".format(what, micros))
