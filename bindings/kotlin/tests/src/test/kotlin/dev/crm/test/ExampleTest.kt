package dev.crm.test

import dev.crm.example.week
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.Timeout
import java.nio.file.Files
import java.nio.file.Path

@Timeout(60)
class ExampleTest {
    @Test
    fun `the assistant tells a week as its README says`() {
        val said = ArrayList<String>()
        week(said::add)
        val readme = Files.readString(Path.of("../examples/follow-up/README.md"))
        assertEquals(readme.substringAfter("```text\n").substringBefore("```").trimEnd().lines(), said)
    }
}
