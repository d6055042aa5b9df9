package dev.crm

import java.io.ByteArrayOutputStream
import java.math.BigDecimal
import java.math.BigInteger
import java.nio.ByteBuffer
import java.nio.CharBuffer
import java.nio.charset.CharacterCodingException
import java.nio.charset.CodingErrorAction
import java.time.Duration
import java.time.Instant
import java.time.LocalDate

/** Lists in lists do not exist in the schema; a list that holds itself ends here. */
private const val DEPTH_MAX = 4

/** Structures in structures, and lists in them, that operations take. */
private const val ARGUMENTS_DEPTH_MAX = 9

internal fun encodeFields(fields: Map<String, Any?>): ByteArray = Encoder(DEPTH_MAX).apply { fields(fields) }.block()

/** The arguments of an operation, in which a structure is a list of its members. */
internal fun encodeArguments(arguments: List<Any?>): ByteArray =
    Encoder(ARGUMENTS_DEPTH_MAX).apply { value("", arguments) }.block()

/** What a draft sets, as an argument. */
internal class DraftArgument(val fields: Map<String, Any?>)

/** Text as UTF-8. Throws [CrmException.Invalid] for half of a surrogate pair, which has no form there. */
internal fun encodeText(text: String, field: String = ""): ByteBuffer = try {
    Charsets.UTF_8.newEncoder().onMalformedInput(CodingErrorAction.REPORT).encode(CharBuffer.wrap(text))
} catch (malformed: CharacterCodingException) {
    throw invalid(field, text, "the text has half of a surrogate pair").apply { initCause(malformed) }
}

/** Makes a call that takes a handle. It does not if a text among the arguments is refused; the handle is released then. */
internal inline fun <R> taking(handle: Long, call: (Long) -> R, release: (Long) -> Runnable): R = try {
    call(handle)
} catch (error: CrmException.Invalid) {
    if (error.cause is CharacterCodingException) release(handle).run()
    throw error
}

/** Microseconds since 1970, which is as fine as the engine is; the end of the range for times beyond it. */
internal fun microsOf(time: Instant): Long = try {
    Math.addExact(Math.multiplyExact(time.epochSecond, 1_000_000L), time.nano / 1_000L)
} catch (_: ArithmeticException) {
    if (time.epochSecond < 0) Long.MIN_VALUE else Long.MAX_VALUE
}

/** Results are not sent back; a change takes [Fields]. */
internal fun notSent(value: Any?): ByteArray = error("a result is not an argument: $value")

private fun invalid(field: String, input: Any, reason: String): CrmException.Invalid {
    // The input may be what cannot be told: only what UTF-8 has a form for is kept of it.
    val told = String(input.toString().take(80).toByteArray(), Charsets.UTF_8)
    val of = if (field.isEmpty()) "" else "`$field`: "
    return CrmException.Invalid("$of`$told`: $reason", "", field, told, reason, emptyList())
}

/** Writes a block. The names that it uses stand before it, so they are gathered apart. */
private class Encoder(private val depthMax: Int) {
    private val body = ByteArrayOutputStream()
    private val names = LinkedHashMap<String, Int>()

    fun block(): ByteArray {
        val head = Encoder(depthMax)
        head.count(names.size)
        names.keys.forEach(head::text)
        body.writeTo(head.body)
        return head.body.toByteArray()
    }

    fun fields(fields: Map<String, Any?>) {
        count(fields.size)
        for ((name, value) in fields) {
            name(name)
            value(name, value)
        }
    }

    fun name(name: String) = count(names.getOrPut(name) { names.size })

    fun count(count: Int) {
        if (count > 0xFFFF) throw invalid("", count, "a change sets up to 65,535 fields")
        number(count.toLong(), 2)
    }

    fun value(field: String, value: Any?, depth: Int = 0) {
        when (value) {
            null -> tag(ValueTag.NULL)
            is Boolean -> tag(if (value) ValueTag.TRUE else ValueTag.FALSE)
            is Long, is Int, is Short, is Byte -> tag(ValueTag.INT).number((value as Number).toLong(), 8)
            is BigDecimal -> tag(ValueTag.DECIMAL).text(value.toString())
            is BigInteger -> tag(ValueTag.DECIMAL).text(value.toString())
            is Money -> tag(ValueTag.MONEY).text(value.amount.toString()).text(value.currency)
            is String -> tag(ValueTag.TEXT).text(value, field)
            is Choice -> tag(ValueTag.TEXT).text(value.key)
            is LocalDate -> tag(ValueTag.DATE).number(days(field, value), 4)
            is PartialDate -> tag(ValueTag.PARTIAL_DATE).text(value.toString())
            is Instant -> tag(ValueTag.DATE_TIME).number(microsOf(value), 8)
            is Duration -> tag(ValueTag.DURATION).number(millis(field, value), 8)
            is Ref -> reference(value)
            is View -> reference(value.ref)
            is Parts -> parts(value)
            is Collection<*> -> list(field, value, depth)
            is DraftArgument -> tag(ValueTag.FIELDS).fields(value.fields)
            else -> throw invalid(field, value, "no field holds a ${value.javaClass.simpleName}; see Record for what one can")
        }
    }

    private fun days(field: String, date: LocalDate): Long {
        val days = date.toEpochDay()
        if (days != days.toInt().toLong()) throw invalid(field, date, "the date is out of range")
        return days
    }

    private fun millis(field: String, duration: Duration): Long {
        val millis = try {
            duration.toMillis()
        } catch (_: ArithmeticException) {
            throw invalid(field, duration, "the duration is out of range")
        }
        if (duration.nano % 1_000_000 != 0) throw invalid(field, duration, "a duration is in whole milliseconds")
        return millis
    }

    private fun reference(ref: Ref) {
        tag(ValueTag.REF).name(ref.objectName)
        text(ref.id)
    }

    private fun parts(value: Parts) {
        tag(ValueTag.PARTS).count(value.parts.size)
        for ((name, part) in value.parts) {
            name(name)
            text(part)
        }
    }

    private fun list(field: String, values: Collection<*>, depth: Int) {
        if (depth == depthMax) throw invalid(field, "[[…]]", "a list does not hold lists")
        tag(ValueTag.LIST).number(values.size.toLong(), 4)
        for (value in values) value(field, value, depth + 1)
    }

    private fun tag(tag: Int): Encoder {
        body.write(tag)
        return this
    }

    private fun text(text: String, field: String = ""): Encoder {
        val utf8 = encodeText(text, field)
        number(utf8.remaining().toLong(), 4)
        body.write(utf8.array(), utf8.arrayOffset() + utf8.position(), utf8.remaining())
        return this
    }

    /** Little-endian. */
    private fun number(value: Long, bytes: Int) {
        for (byte in 0 until bytes) body.write((value ushr (8 * byte)).toInt() and 0xFF)
    }
}
