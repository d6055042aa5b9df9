package dev.crm.test

import dev.crm.Change
import dev.crm.CompanyDraft
import dev.crm.ContactDraft
import dev.crm.Crm
import dev.crm.CrmException
import dev.crm.CrmOptions
import dev.crm.Fields
import dev.crm.ManualClock
import dev.crm.Money
import dev.crm.Query
import dev.crm.Ref
import dev.crm.TaskDraft
import dev.crm.TaskStatus
import dev.crm.code
import org.junit.jupiter.api.AfterEach
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import java.math.BigDecimal
import java.time.Duration
import java.time.Instant
import java.time.LocalDate

class BadInputTest {
    private val crm = Crm.inMemory()

    @AfterEach
    fun nothingWasChanged() {
        assertEquals(0, crm.count("contact") + crm.count("task"))
        assertEquals(emptyList<Any>(), crm.check().findings)
        crm.close()
    }

    private inline fun <reified E : CrmException> fails(noinline call: () -> Unit): E =
        assertThrows(E::class.java) { call() }

    private fun refused(value: Any?): CrmException.Invalid =
        fails { crm.create("task", Fields.of("subject" to value)) }

    @Test
    fun `half of a surrogate pair is refused, in fields and in arguments`() {
        assertEquals("subject", refused("Ada \uD83E").field)
        fails<CrmException.Invalid> { crm.search("\uDD80", emptyList(), 10, null) }
        fails<CrmException.Invalid> { crm.find(Query("contact", "name == '\uD83E'")) }
    }

    @Test
    fun `a NUL in a line of text is refused`() {
        assertEquals("subject", refused("Ada\u0000Lovelace").field)
    }

    @Test
    fun `a value that no field holds is refused by name`() {
        val error = refused(object { override fun toString() = "something" })
        assertEquals("subject", error.field)
        assertEquals("something", error.input)
        refused(1.5)
        refused(mapOf("a" to "b"))
    }

    @Test
    fun `lists in lists end`() {
        val list = ArrayList<Any>()
        list.add(list)
        refused(list)
        refused(listOf(listOf("a")))
    }

    @Test
    fun `numbers and times out of range are refused`() {
        val due = { value: Any -> fails<CrmException.Invalid> { crm.create("task", Fields.of("subject" to "x", "due" to value)) } }
        due(Instant.MAX)
        due(Instant.MIN)
        due(LocalDate.MAX)
        fails<CrmException.Invalid> { ManualClock(Instant.MAX) }
        fails<CrmException.Invalid> { crm.create(CompanyDraft { name = "x"; annualRevenue = Money(BigDecimal("1E+1000000000"), "EUR") }) }
        fails<CrmException.Invalid> { crm.create(CompanyDraft { name = "x"; annualRevenue = Money("1.005", "EUR") }) }
        fails<CrmException.Invalid> { crm.create(CompanyDraft { name = "x"; annualRevenue = Money(1, "EURO") }) }
        fails<CrmException.Invalid> { crm.find(Query("contact", limit = -1)) }
        fails<CrmException> { crm.find(Query("contact", limit = Long.MAX_VALUE)) }
        fails<CrmException.Invalid> { crm.create("call", Fields.of("subject" to "x", "duration" to Duration.ofNanos(1))) }
        fails<CrmException.Invalid> { crm.create("call", Fields.of("subject" to "x", "duration" to Duration.ofSeconds(Long.MAX_VALUE))) }
    }

    @Test
    fun `a choice that is not there is refused`() {
        val error = fails<CrmException.Invalid> { crm.create(TaskDraft { subject = "x"; status = TaskStatus("later") }) }
        assertEquals("task", error.objectName)
        assertEquals("status", error.field)
    }

    @Test
    fun `a reference to the wrong object is refused`() {
        val acme = crm.create(CompanyDraft { name = "Acme" })
        fails<CrmException.Invalid> { crm.acknowledge(acme) }
        fails<CrmException.Invalid> { crm.create(ContactDraft { name("Ada"); company = Ref("task", acme.id) }) }
        fails<CrmException.Invalid> { crm.get(Ref("contact", "not a uuid")) }
        fails<CrmException.NotFound> { crm.get(Ref("contact", acme.id)) }
        fails<CrmException.MissingReference> { crm.create(ContactDraft { name("Ada"); company = Ref("company", "00000000-0000-7000-8000-000000000000") }) }
    }

    @Test
    fun `an error says what is wrong, what was meant, and its code`() {
        val field = fails<CrmException.UnknownField> { crm.create("contact", Fields.of("emial" to "a@b.example")) }
        assertEquals("email", field.nearest)
        assertEquals(field.detail, field.message)
        assertEquals("dev.crm.CrmException\$UnknownField: ${field.detail}", field.toString())
        assertEquals("unknown_field", field.code.name)
        assertEquals(2, field.code.number)
        val expression = fails<CrmException.Expression> { crm.count("contact", "name = 'Ada'") }
        assertEquals(1, expression.line)
        assertTrue(expression.column > 1, expression.message)
        assertEquals("unknown_object", fails<CrmException.UnknownObject> { crm.count("kontact") }.code.name)
    }

    @Test
    fun `a bad batch changes nothing`() {
        val good = Change.Create("task", null, TaskDraft { subject = "good" }.fields())
        val bad = Change.Create("task", null, TaskDraft().fields())
        fails<CrmException.Invalid> { crm.batch(listOf(good, bad)) }
    }

    @Test
    fun `options out of range are refused`() {
        fails<CrmException.Invalid> { Crm.inMemory(CrmOptions(cacheBytes = -1)) }
    }
}
