package dev.crm.conformance

import com.google.gson.JsonElement
import com.google.gson.JsonObject
import com.google.gson.JsonParser
import dev.crm.test.liveObjectsAfterCollection
import java.nio.file.Files
import java.nio.file.Path
import kotlin.io.path.ExperimentalPathApi
import kotlin.io.path.deleteRecursively
import kotlin.io.path.listDirectoryEntries
import kotlin.io.path.name
import kotlin.io.path.readText
import kotlin.system.exitProcess

/**
 * Runs the scenarios of `tests/conformance` (first argument: that folder) through the public interface of the built JAR.
 * `--write FILE` and `--verify FILE` run those that hosts exchange files with.
 */
fun main(args: Array<String>) {
    val corpus = Path.of(args[0])
    val runs = when (args.getOrNull(1)) {
        "--write" -> scenarios(corpus.resolve("files/write.json")).map { run("write.json", it, args[2]) }
        "--verify" -> scenarios(corpus.resolve("files/verify.json")).map { run("verify.json", it, args[2]) }
        else -> corpus.listDirectoryEntries("*.json").sortedBy { it.name }.flatMap { file ->
            scenarios(file).map { run(file.name, it, null) }
        }
    }
    val left = liveObjectsAfterCollection()
    if (left != 0L) println("$left objects of the library are left")
    println("conformance kotlin: ${runs.size} scenarios, ${runs.sum()} differences")
    exitProcess(if (runs.all { it == 0 } && left == 0L) 0 else 1)
}

/** The scenarios of a file that Kotlin can say. */
private fun scenarios(file: Path): List<JsonObject> {
    val json = JsonParser.parseString(file.readText())
    val all = if (json.isJsonArray) json.asJsonArray.map { it.asJsonObject } else listOf(json.asJsonObject)
    return all.filterNot { scenario -> scenario.getAsJsonArray("without")?.any { it.asString == "kotlin" } ?: false }
}

/** Runs a scenario; the number of its steps that differ. */
@OptIn(ExperimentalPathApi::class)
private fun run(file: String, scenario: JsonObject, database: String?): Int {
    val folder = Files.createTempDirectory("crm-conformance")
    val setup = (scenario.get("setup") ?: JsonObject()).asJsonObject.deepCopy()
    database?.let { setup.addProperty("path", it) }
    val names = Names()
    try {
        World(folder, setup, names).use { world ->
            return scenario.getAsJsonArray("steps").withIndex().count { (at, step) ->
                !agrees(file, scenario, at, names, step.asJsonObject, world)
            }
        }
    } finally {
        folder.deleteRecursively()
    }
}

private fun agrees(file: String, scenario: JsonObject, at: Int, names: Names, step: JsonObject, world: World): Boolean {
    val expected: JsonElement? = step.get("expect")
    val got = try {
        text(world.run(step))
    } catch (error: Exception) {
        "the runner: $error\n${error.stackTraceToString().lines().take(12).joinToString("\n")}"
    }
    val wanted = expected?.let { text(names.resolve(it)) }
    if (wanted == null || wanted == got) return true
    println("$file: ${scenario.get("name").asString}: step ${at + 1} (${step.get("op").asString})")
    println("  expected $wanted\n  got      $got")
    return false
}
