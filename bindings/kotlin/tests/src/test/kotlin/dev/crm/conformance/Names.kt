package dev.crm.conformance

import com.google.gson.JsonArray
import com.google.gson.JsonElement
import com.google.gson.JsonNull
import com.google.gson.JsonObject
import com.google.gson.JsonPrimitive

private val PLACEHOLDER = Regex("\\$\\{([^}]*)}")

/** The results that steps have named. */
class Names(private val outer: Names? = null) {
    private val named = HashMap<String, JsonElement>()

    operator fun set(name: String, value: JsonElement) {
        named[name] = value
    }

    private fun find(name: String): JsonElement? = named[name] ?: outer?.find(name)

    /** With each placeholder replaced by what it names. */
    fun resolve(json: JsonElement): JsonElement = when (json) {
        is JsonArray -> JsonArray().apply { json.forEach { add(resolve(it)) } }
        is JsonObject -> JsonObject().apply { json.entrySet().forEach { (name, value) -> add(inside(name), resolve(value)) } }
        is JsonPrimitive -> if (json.isString) resolveText(json.asString) else json
        else -> json
    }

    private fun resolveText(text: String): JsonElement {
        val whole = PLACEHOLDER.matchEntire(text) ?: return JsonPrimitive(inside(text))
        return part(whole.groupValues[1])
    }

    private fun inside(text: String): String = PLACEHOLDER.replace(text) { part(it.groupValues[1]).asString }

    private fun part(path: String): JsonElement {
        val name = path.substringBefore('.')
        val result = find(name) ?: error("no result is named `$name`")
        return if ('.' in path) pick(result, path.substringAfter('.')) else result
    }
}

/** The part of a result that a path names: members, numbers of elements, and `MEMBER=TEXT` for the first that has it. */
fun pick(json: JsonElement, path: String): JsonElement = path.split('.').fold(json) { at, segment ->
    when {
        at is JsonObject -> at.get(segment) ?: JsonNull.INSTANCE
        at !is JsonArray -> JsonNull.INSTANCE
        '=' in segment -> at.firstOrNull { it is JsonObject && has(it, segment) } ?: JsonNull.INSTANCE
        else -> segment.toIntOrNull()?.let { at.elementAtOrNull(it) } ?: JsonNull.INSTANCE
    }
}

private fun has(json: JsonObject, condition: String): Boolean {
    val (member, text) = condition.split('=', limit = 2)
    return json.get(member)?.let { it.isJsonPrimitive && it.asString == text } ?: false
}
