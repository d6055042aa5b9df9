package dev.crm

import java.math.BigDecimal
import java.nio.ByteBuffer
import java.nio.ByteOrder
import java.time.Duration
import java.time.Instant
import java.time.LocalDate
import java.time.temporal.ChronoUnit

/** The first byte of a value in the binary encoding; see `crm-ffi/src/host/wire.rs`. */
internal object ValueTag {
    const val NULL = 0
    const val FALSE = 1
    const val TRUE = 2
    const val INT = 3
    const val DECIMAL = 4
    const val MONEY = 5
    const val TEXT = 6
    const val DATE = 7
    const val PARTIAL_DATE = 8
    const val DATE_TIME = 9
    const val DURATION = 10
    const val REF = 11
    const val PARTS = 12
    const val LIST = 13
    const val RECORD = 14
    const val FIELDS = 15
}

internal fun decodeRecord(bytes: ByteArray): Record = Decoder(bytes).record()

internal fun decodeRecords(bytes: ByteArray): List<Record> = Decoder(bytes).list { record() }

internal fun decodeValue(bytes: ByteArray): Any? = Decoder(bytes).value()

internal fun decodeValues(bytes: ByteArray): List<Any?> = Decoder(bytes).list { value() }

internal fun instantOf(micros: Long): Instant = Instant.EPOCH.plus(micros, ChronoUnit.MICROS)

/** Reads a block that the engine has written. */
private class Decoder(private val bytes: ByteArray) {
    private val block: ByteBuffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN)
    private val names: Array<String> = Array(count()) { text() }

    fun record(): Record {
        val objectName = name()
        val id = text()
        val count = count()
        val fields = LinkedHashMap<String, Any>(count * 2)
        repeat(count) {
            val field = name()
            value()?.let { fields[field] = it }
        }
        return Record(objectName, id, fields)
    }

    inline fun <T> list(element: Decoder.() -> T): List<T> {
        check(tag() == ValueTag.LIST) { "a list begins with its tag" }
        return List(block.getInt()) { element() }
    }

    fun value(): Any? = when (val tag = tag()) {
        ValueTag.NULL -> null
        ValueTag.FALSE -> false
        ValueTag.TRUE -> true
        ValueTag.INT -> block.getLong()
        ValueTag.DECIMAL -> BigDecimal(text())
        ValueTag.MONEY -> Money(text(), text())
        ValueTag.TEXT -> text()
        ValueTag.DATE -> LocalDate.ofEpochDay(block.getInt().toLong())
        ValueTag.PARTIAL_DATE -> PartialDate.parse(text())
        ValueTag.DATE_TIME -> instantOf(block.getLong())
        ValueTag.DURATION -> Duration.ofMillis(block.getLong())
        ValueTag.REF -> Ref(name(), text())
        ValueTag.PARTS -> parts()
        ValueTag.LIST -> List(block.getInt()) { value() }
        ValueTag.RECORD -> record()
        else -> error("the tag $tag is not known: library and JAR are of different versions")
    }

    private fun parts(): Parts {
        val parts = HashMap<String, String>()
        repeat(count()) { parts[name()] = text() }
        return if (parts.keys.any { it in Address.PARTS }) Address.of(parts) else PersonName.of(parts)
    }

    private fun tag(): Int = block.get().toInt()

    private fun count(): Int = block.getShort().toInt() and 0xFFFF

    private fun name(): String = names[count()]

    private fun text(): String {
        val length = block.getInt()
        val text = String(bytes, block.position(), length, Charsets.UTF_8)
        block.position(block.position() + length)
        return text
    }
}
