package dev.crm.test

import dev.crm.Company
import dev.crm.CompanyDraft
import dev.crm.Crm
import dev.crm.CrmException
import dev.crm.CrmOptions
import dev.crm.JobControl
import dev.crm.ManualClock
import dev.crm.PointInTime
import dev.crm.Progress
import dev.crm.ProgressListener
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.Timeout
import org.junit.jupiter.api.io.TempDir
import java.nio.file.Files
import java.nio.file.Path
import java.time.Instant

@Timeout(120)
class RescueTest {
    @Test
    fun `a backup and its increments go back to any commit or time`(@TempDir folder: Path) {
        val clock = ManualClock(Instant.parse("2026-03-14T09:00:00Z"))
        val (base, increments) = folder.resolve("sunday.crm") to listOf("monday", "tuesday").map(folder::resolve)
        val points = Crm.open(folder.resolve("sales.crm"), CrmOptions(clock = clock)).use { crm ->
            val acme = crm.create(CompanyDraft { name = "Acme"; employees = 40 })
            crm.backup(base)
            val sunday = crm.sequence()
            clock.advance(86_400_000)
            crm.update(acme, CompanyDraft { employees = 41 })
            val monday = crm.backupSince(sunday, increments[0])
            assertEquals(sunday to crm.sequence(), monday.from to monday.to)
            clock.advance(86_400_000)
            crm.update(acme, CompanyDraft { employees = 42 })
            crm.backupSince(monday.to, increments[1])
            mapOf(
                PointInTime.Newest to 42L,
                PointInTime.Commit(monday.to) to 41L,
                PointInTime.Time(Instant.parse("2026-03-15T18:00:00Z")) to 41L,
                PointInTime.Commit(sunday) to 40L,
            )
        }
        for ((number, point) in points.keys.withIndex()) {
            val restored = folder.resolve("$number.crm")
            assertEquals(emptyList<Any>(), Crm.restoreBackup(base, increments, restored, point).findings)
            Crm.open(restored).use { assertEquals(points[point], it.list(Company).single().employees) }
        }
        val new = folder.resolve("new.crm")
        assertThrows(CrmException.Invalid::class.java) { Crm.restoreBackup(base, increments.reversed(), new) }
        assertThrows(CrmException.Invalid::class.java) { Crm.restoreBackup(base, increments, new, PointInTime.Commit(-1)) }
        assertFalse(Files.exists(new))
    }

    @Test
    fun `a sound database needs no repair`() = Crm.inMemory().use { crm ->
        crm.create(CompanyDraft { name = "Acme" })
        val report = crm.repair()
        assertTrue(report.found.isEmpty() && report.left.isEmpty())
        assertEquals(0L to 0L, report.rows to report.records)
    }

    @Test
    fun `what is left of a damaged file is saved`(@TempDir folder: Path) {
        val (damaged, saved) = folder.resolve("damaged.crm") to folder.resolve("saved.crm")
        val acme = Crm.open(damaged).use { it.create(CompanyDraft { name = "Acme" }) }
        Files.write(damaged, Files.readAllBytes(damaged).apply { fill(0, 0, 512) })
        assertThrows(CrmException.Corrupt::class.java) { Crm.open(damaged) }
        val report = Crm.salvage(damaged, saved)
        assertTrue(acme in report.fromPages, report.toString())
        assertTrue(report.unreadable.any { it.space == "file" }, report.toString())
        assertThrows(CrmException.Io::class.java) { Crm.salvage(damaged, saved) }
        Crm.open(saved).use { assertEquals("Acme", it.get(Company, acme).name) }
    }

    @Test
    fun `a listener that throws stops a salvage`(@TempDir folder: Path) {
        val (file, saved) = folder.resolve("sales.crm") to folder.resolve("saved.crm")
        val rows = "name\n" + "C\n".repeat(5_000)
        Crm.open(file).use { it.importCsv(rows.toByteArray(), dev.crm.ImportOptions("company")) }
        val listener = object : ProgressListener {
            override fun onProgress(progress: Progress): JobControl = throw IllegalStateException("no more")
        }
        val error = assertThrows(CrmException.Callback::class.java) { Crm.salvage(file, saved, listener) }
        assertTrue("no more" in error.message, error.message)
        assertFalse(Files.exists(saved))
    }
}
