package dev.crm

import java.time.Instant

/**
 * A record of any object, custom ones too. It does not change; reading it again shows what has become of it.
 *
 * The values are plain ones: `String`, `Long`, `BigDecimal`, `Boolean`, [Money], `LocalDate`, [PartialDate], `Instant`,
 * `Duration`, [PersonName], [Address], [Ref], and lists of these. A field without a value is not there.
 *
 * @property objectName the name of its object, such as `contact`.
 * @property id its id, a UUID.
 * @property fields the values of the fields that have one, by name.
 */
data class Record(val objectName: String, val id: String, val fields: Map<String, Any>) {
    /** A reference to it. */
    val ref: Ref get() = Ref(objectName, id)

    /** The value of a field; null if it has none, or if the query did not ask for it. */
    operator fun get(field: String): Any? = fields[field]
}

/**
 * The fields that a change sets, in the form in which they cross; null clears a field. Made from a map or pairs:
 *
 * ```kotlin
 * crm.create("machine", Fields.of("name" to "Press 4", "bought" to LocalDate.of(2026, 3, 14)))
 * ```
 *
 * A value is one of those of [Record]; `Int`, `Short` and `Byte` are taken as `Long`. Any of them may be text, which the
 * engine reads as the field's type.
 */
class Fields private constructor(internal val bytes: ByteArray) {
    companion object {
        /** Of names and values. Throws [CrmException.Invalid] for a value of another type. */
        @JvmStatic
        @Throws(CrmException::class)
        fun of(fields: Map<String, Any?>): Fields = Fields(encodeFields(fields))

        /** Of pairs of names and values. */
        fun of(vararg fields: Pair<String, Any?>): Fields = of(fields.toMap())
    }
}

/**
 * A record of a standard object with its fields as properties; custom fields by name: `contact["region"]`.
 *
 * @property data the record.
 */
abstract class View(val data: Record) {
    /** A reference to the record. */
    val ref: Ref get() = data.ref

    /** When the record was created. */
    val createdAt: Instant? get() = read("created_at")

    /** Who created it; null for the system. */
    val createdBy: Ref? get() = read("created_by")

    /** When it was last changed. */
    val updatedAt: Instant? get() = read("updated_at")

    /** Who changed it last; null for the system. */
    val updatedBy: Ref? get() = read("updated_by")

    /** The commit of the last change: what a later one passes as `expected`. */
    val version: Long? get() = read("version")

    /** When it was put into the trash; null for live records. */
    val deletedAt: Instant? get() = read("deleted_at")

    /** The value of a field, custom ones too. */
    operator fun get(field: String): Any? = data[field]

    @Suppress("UNCHECKED_CAST")
    protected fun <T> read(field: String): T? = data[field] as T?

    @Suppress("UNCHECKED_CAST")
    protected fun <T> readList(field: String): List<T> = data[field] as List<T>? ?: emptyList()

    override fun equals(other: Any?): Boolean = other is View && other.javaClass == javaClass && other.data == data

    override fun hashCode(): Int = data.hashCode()

    override fun toString(): String = "${javaClass.simpleName}(id=${data.id}, ${data.fields})"
}

/**
 * A standard object: what `list` and `get` are told to return. It is the companion of the object's class:
 * `crm.list(Contact)`, in Java `crm.list(Contact.Type)`.
 *
 * @property objectName the object's name, such as `contact`.
 */
abstract class RecordType<V : View>(val objectName: String) {
    /** The typed view of a record. Throws `IllegalArgumentException` if it is of another object. */
    fun of(record: Record): V {
        require(record.objectName == objectName) { "this is a ${record.objectName}, not a $objectName" }
        return view(record)
    }

    /** A reference to a record with this id. */
    fun ref(id: String): Ref = Ref(objectName, id)

    protected abstract fun view(record: Record): V
}

/**
 * What is set of a record of a standard object, for creating and for changing one. What is not set stays; what is set to
 * null is cleared; custom fields by name: `draft["region"] = "north"`.
 *
 * @property objectName the object's name.
 */
abstract class Draft(val objectName: String) {
    private val changes = LinkedHashMap<String, Any?>()

    /** The value that is set for a field; null if none is. */
    operator fun get(field: String): Any? = changes[field]

    /** Sets a field, custom ones too. */
    operator fun set(field: String, value: Any?) {
        changes[field] = value
    }

    /** What is set. Throws [CrmException.Invalid] for a value that no field can have. */
    @Throws(CrmException::class)
    fun fields(): Fields = Fields.of(changes)

    internal fun argument() = DraftArgument(changes)

    @Suppress("UNCHECKED_CAST")
    protected fun <T> read(field: String): T? = changes[field] as T?

    override fun toString(): String = "${javaClass.simpleName}($changes)"
}

/**
 * One of the choices of a field, or of what an operation is told. Keys that this version does not know are kept, so that a file of a later version is read
 * without loss.
 *
 * @property key the stored key.
 */
abstract class Choice(val key: String) {
    override fun equals(other: Any?): Boolean = other is Choice && other.javaClass == javaClass && other.key == key

    override fun hashCode(): Int = key.hashCode()

    /** The key. */
    override fun toString(): String = key
}
