package dev.crm.test

import dev.crm.Address
import dev.crm.Change
import dev.crm.ChoiceDef
import dev.crm.Company
import dev.crm.CompanyDraft
import dev.crm.Contact
import dev.crm.ContactDraft
import dev.crm.Crm
import dev.crm.Deal
import dev.crm.DealDraft
import dev.crm.FieldDef
import dev.crm.FieldType
import dev.crm.Fields
import dev.crm.Money
import dev.crm.ObjectDef
import dev.crm.OutcomeKind
import dev.crm.PartialDate
import dev.crm.PersonName
import dev.crm.PipelineDraft
import dev.crm.Query
import dev.crm.StageDraft
import dev.crm.Task
import dev.crm.TaskDraft
import dev.crm.TaskStatus
import dev.crm.asSequence
import java.math.BigDecimal
import java.nio.file.Path
import java.time.Duration
import java.time.Instant
import java.time.LocalDate
import java.time.MonthDay
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNotEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir

class RecordsTest {
    @Test
    fun `the library comes from the built JAR`() {
        val source = Crm::class.java.protectionDomain.codeSource.location.path
        assertTrue(source.endsWith(".jar"), source)
        assertNull(System.getProperty("jna.library.path"))
        Crm.inMemory().use { assertEquals(0, it.count("contact")) }
    }

    @Test
    fun `a file keeps what was written, and shows it typed`(@TempDir folder: Path) {
        val path = folder.resolve("ventes é.crm")
        val ada = Crm.open(path).use { crm ->
            val acme = crm.create(CompanyDraft { name = "Acme"; employees = 40 })
            crm.create(ContactDraft { name("Ada Lovelace"); email = "ada@ACME.example"; company = acme; phone = "+49 30 901820" })
        }
        Crm.open(path).use { crm ->
            val contact = crm.get(Contact, ada)
            assertEquals(PersonName(given = "Ada", family = "Lovelace"), contact.name)
            assertEquals("Ada Lovelace", contact.name.toString())
            assertEquals("ada@acme.example", contact.email)
            assertEquals("Acme", crm.get(Company, contact.company!!).name)
            assertEquals(ada, contact.ref)
            assertEquals(contact, crm.find(Contact, ada))
            assertEquals(listOf(contact), crm.list(Contact, "company.employees > 10", sort = "name"))
        }
    }

    @Test
    fun `what a draft does not set stays, and null clears`() = Crm.inMemory().use { crm ->
        val ada = crm.create(ContactDraft { name("Ada Lovelace"); email = "ada@acme.example"; jobTitle = "Analyst" })
        val before = crm.get(Contact, ada)
        val outcome = crm.update(ada, ContactDraft { jobTitle = null }, expected = before.version)
        val after = crm.get(Contact, ada)
        assertEquals(OutcomeKind.UPDATED, outcome.kind)
        assertNull(after.jobTitle)
        assertEquals("ada@acme.example", after.email)
        assertEquals("Analyst", before.jobTitle)
        assertNotEquals(before, after)
        assertEquals(outcome.version, after.version)
    }

    @Test
    fun `every type of value comes back as it went`() = Crm.inMemory().use { crm ->
        val acme = crm.create(CompanyDraft { name = "Acme" })
        val values = mapOf(
            FieldType.TEXT to "Ünïcödé 🦀",
            FieldType.LONG_TEXT to "line\nline\ttab",
            FieldType.INTEGER to Long.MIN_VALUE,
            FieldType.DECIMAL to BigDecimal("-0.0000000000000000000000000001"),
            FieldType.PERCENT to BigDecimal("12.5"),
            FieldType.MONEY to Money("1234567890.123", "KWD"),
            FieldType.BOOLEAN to false,
            FieldType.DATE to LocalDate.of(1, 1, 1),
            FieldType.PARTIAL_DATE to PartialDate(null, MonthDay.of(2, 29)),
            FieldType.DATE_TIME to Instant.parse("2026-10-25T00:59:59.999999Z"),
            FieldType.DURATION to Duration.ofMillis(90_061_001),
            FieldType.EMAIL to "ada@acme.example",
            FieldType.PHONE to "+4930901820",
            FieldType.URL to "https://acme.example/a?b=c",
            FieldType.DOMAIN to "acme.example",
            FieldType.ADDRESS to Address(street = "1 Main Street", city = "London", postalCode = "N1", country = "GB"),
            FieldType.PERSON_NAME to PersonName(given = "Ada", family = "Lovelace", prefix = "Dr."),
            FieldType.CHOICE to "north",
            FieldType.REFERENCE to acme,
        )
        assertEquals(FieldType.entries.toSet(), values.keys)
        val names = values.mapKeys { (type, _) -> "f_" + type.name.lowercase() }
        val fields = FieldType.entries.map {
            val choices = if (it == FieldType.CHOICE) listOf(ChoiceDef("north", "North")) else emptyList()
            FieldDef(name = "f_" + it.name.lowercase(), ty = it, choices = choices)
        }
        crm.addObject(ObjectDef(name = "sample", plural = "samples", fields = fields + FieldDef(name = "many", ty = FieldType.INTEGER, many = true)))
        val sample = crm.create("sample", Fields.of(names + ("many" to listOf(3L, 1, 2.toShort()))))
        val read = crm.get(sample)
        for ((name, value) in names) assertEquals(value, read[name], name)
        assertEquals(listOf(3L, 1L, 2L), read["many"])
        crm.update(sample, Fields.of(names.mapValues { null }))
        for (name in names.keys) assertNull(crm.get(sample)[name], name)
    }

    @Test
    fun `records are values`() = Crm.inMemory().use { crm ->
        val task = crm.create(TaskDraft { subject = "Call"; due = Instant.parse("2026-03-14T09:00:00Z") })
        val once = crm.get(Task, task)
        val again = crm.get(Task, task)
        assertEquals(once, again)
        assertEquals(once.hashCode(), again.hashCode())
        assertEquals(once.data, once.data.copy())
        assertTrue("subject=Call" in once.toString(), once.toString())
        assertEquals(TaskStatus.OPEN, once.status)
        assertEquals("of a later version", TaskStatus("of a later version").key)
        assertFalse(TaskStatus("of a later version") in TaskStatus.ALL)
        assertThrows(IllegalArgumentException::class.java) { Contact.of(once.data) }
        assertThrows(IllegalArgumentException::class.java) { crm.update(task, ContactDraft { email = "a@b.example" }) }
        Unit
    }

    @Test
    fun `custom fields are read and written by name`() = Crm.inMemory().use { crm ->
        crm.addField("contact", FieldDef(name = "region", ty = FieldType.TEXT))
        val ada = crm.create(ContactDraft { name("Ada"); this["region"] = "north" })
        assertEquals("north", crm.get(Contact, ada)["region"])
    }

    @Test
    fun `a list is read in pages, as of one commit`() = Crm.inMemory().use { crm ->
        val changes = (1..1_203).map { Change.Create("task", null, TaskDraft { subject = "Task %04d".format(it) }.fields()) }
        changes.chunked(500).forEach { crm.batch(it) }
        assertEquals(1_203, crm.list(Task).size)
        assertEquals("Task 1203", crm.list(Task, sort = "-subject").first().subject)
        crm.findAll(Query("task")).use { rows ->
            val records = rows.asSequence().iterator()
            records.next()
            crm.create(TaskDraft { subject = "Late" })
            assertEquals(1_202, records.asSequence().count())
        }
    }

    @Test
    fun `a deal has its money, its stage and its board`() = Crm.inMemory().use { crm ->
        val sales = crm.create(PipelineDraft { name = "Sales" })
        val stages = listOf("New", "Offer").mapIndexed { at, title ->
            crm.create(StageDraft { name = title; pipeline = sales; order = at.toLong(); probability = BigDecimal(10 + 40 * at) })
        }
        val deal = crm.create(DealDraft { name = "Acme 2026"; amount = Money("12.50", "EUR"); pipeline = sales })
        val read = crm.get(Deal, deal)
        assertEquals(Money("12.50", "EUR"), read.amount)
        assertEquals(stages[0], read.stage)
        val board = crm.board("deal", sales)
        assertEquals(stages, board.columns.map { it.record.ref })
        val column = board.columns.first()
        assertEquals(listOf(deal), column.cards.map { it.place.card })
        assertEquals(listOf(Money("12.50", "EUR")), column.sums.first())
        crm.moveCard(deal, stages[1])
        assertEquals(stages[1], crm.get(Deal, deal).stage)
    }
}
