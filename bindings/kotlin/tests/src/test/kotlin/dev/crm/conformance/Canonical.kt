package dev.crm.conformance

import com.google.gson.JsonArray
import com.google.gson.JsonElement
import com.google.gson.JsonNull
import com.google.gson.JsonObject
import com.google.gson.JsonPrimitive
import dev.crm.Choice
import dev.crm.CrmException
import dev.crm.Money
import dev.crm.PartialDate
import dev.crm.Parts
import dev.crm.Record
import dev.crm.code
import dev.crm.others
import java.math.BigDecimal
import java.nio.ByteBuffer
import java.nio.charset.CharacterCodingException
import java.time.Duration
import java.time.Instant
import java.time.LocalDate
import java.time.ZoneOffset
import java.time.format.DateTimeFormatter
import kotlin.reflect.KClass
import kotlin.reflect.full.memberProperties
import kotlin.reflect.full.primaryConstructor

/** What a call returned, as the README of the scenarios writes it. */
fun canonical(value: Any?): JsonElement = when (value) {
    null, Unit -> JsonNull.INSTANCE
    is JsonElement -> value
    is Boolean -> JsonPrimitive(value)
    is Int, is Long -> JsonPrimitive(value as Number)
    is String -> JsonPrimitive(value)
    is Choice -> JsonPrimitive(value.key)
    is BigDecimal -> JsonPrimitive(value.stripTrailingZeros().toPlainString())
    is Money -> members("amount" to value.amount.toPlainString(), "currency" to value.currency)
    is LocalDate, is PartialDate -> JsonPrimitive(value.toString())
    is Instant -> JsonPrimitive(time(value))
    is Duration -> JsonPrimitive(duration(value))
    is ByteArray -> bytes(value)
    // A field of the name `object` stands under that of its object type.
    is Record -> members("object" to value.objectName, "id" to value.id, *value.fields.map { (name, field) ->
        (if (name == "object") "${value.objectName}.object" else name) to field
    }.toTypedArray())
    is Parts -> members(*value.parts.map { it.toPair() }.toTypedArray())
    is List<*> -> JsonArray().apply { value.forEach { add(canonical(it)) } }
    is Map<*, *> -> members(*value.map { (name, member) -> name as String to member }.toTypedArray())
    is Enum<*> -> JsonPrimitive(value.name.lowercase())
    is CrmException -> error(value)
    else -> generated(value)
}

private fun members(vararg members: Pair<String, Any?>): JsonObject = JsonObject().apply {
    for ((name, value) in members) if (value != null) add(name, canonical(value))
}

/** A record of the interface, or a case of an enumeration that carries data. */
private fun generated(value: Any): JsonElement {
    val type = value::class
    val case = type.supertypes.map { it.classifier }.filterIsInstance<KClass<*>>().any { it.isSealed }
    return members(*(if (case) arrayOf("type" to snake(type.simpleName!!)) else emptyArray()), *own(value))
}

/** The members that its constructor takes. */
private fun own(value: Any): Array<Pair<String, Any?>> {
    val properties = value::class.memberProperties.associateBy { it.name }
    val names = value::class.primaryConstructor?.parameters.orEmpty().map { it.name!! }
    return names.map { snake(it) to properties.getValue(it).getter.call(value) }.toTypedArray()
}

private fun error(error: CrmException): JsonObject = members("error" to fault(error))

private fun fault(error: CrmException): JsonObject {
    val code = error.code
    // What a listener threw is said in each host's own way.
    val own = own(error).filterNot { (name, _) -> name == "others" || code.name == "callback" && name == "detail" }
    val others = error.others.map(::fault).ifEmpty { null }
    return members("code" to code.number, "type" to code.name, "others" to others, *own.toTypedArray())
}

private val SECONDS = DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss").withZone(ZoneOffset.UTC)

private fun time(time: Instant): String {
    val micros = time.nano / 1_000
    val fraction = when {
        micros == 0 -> ""
        micros % 1_000 == 0 -> ".%03d".format(micros / 1_000)
        else -> ".%06d".format(micros)
    }
    return SECONDS.format(time) + fraction + "Z"
}

private fun duration(duration: Duration): String {
    val length = duration.abs()
    val seconds = BigDecimal.valueOf(length.toMillis() % 60_000, 3).stripTrailingZeros()
    val parts = buildString {
        if (length.toHours() != 0L) append(length.toHours()).append('H')
        if (length.toMinutesPart() != 0) append(length.toMinutesPart()).append('M')
        if (seconds.signum() != 0 || isEmpty()) append(seconds.toPlainString()).append('S')
    }
    return (if (duration.isNegative) "-PT" else "PT") + parts
}

private fun bytes(bytes: ByteArray): JsonElement = try {
    JsonPrimitive(Charsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString())
} catch (_: CharacterCodingException) {
    members("hex" to bytes.joinToString("") { "%02x".format(it) })
}

/** `objectName` → `object`, `byObject` → `by_object`. */
fun snake(name: String): String {
    if (name == "objectName") return "object"
    return name.replace(Regex("(?<=.)([A-Z])"), "_$1").lowercase()
}

/** One line of JSON: members sorted, nothing escaped that need not be. */
fun text(json: JsonElement): String = StringBuilder().also { write(json, it) }.toString()

private fun write(json: JsonElement, out: StringBuilder) {
    when (json) {
        is JsonArray -> json.joinTo(out, ",", "[", "]", transform = ::text)
        is JsonObject -> json.entrySet().filterNot { it.value.isJsonNull }
            .sortedWith { a, b -> a.key.toByteArray().compareUnsigned(b.key.toByteArray()) }
            .joinTo(out, ",", "{", "}") { "${quoted(it.key)}:${text(it.value)}" }
        is JsonPrimitive -> out.append(if (json.isString) quoted(json.asString) else json.asString)
        else -> out.append("null")
    }
}

private fun ByteArray.compareUnsigned(other: ByteArray): Int = java.util.Arrays.compareUnsigned(this, other)

private fun quoted(text: String): String = buildString {
    append('"')
    for (char in text) {
        when (char) {
            '"' -> append("\\\"")
            '\\' -> append("\\\\")
            '\b' -> append("\\b")
            '\u000C' -> append("\\f")
            '\n' -> append("\\n")
            '\r' -> append("\\r")
            '\t' -> append("\\t")
            else -> if (char < ' ') append("\\u%04x".format(char.code)) else append(char)
        }
    }
    append('"')
}
