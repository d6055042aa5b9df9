package dev.crm

import java.nio.ByteBuffer
import java.nio.file.Path

/** The records that are read at once when a whole list is asked for. */
private const val ROWS = 500L

/**
 * Somebody who acts on an open database: the system, or the user of [asUser]. All of its calls block until they are done,
 * and can be made from any thread.
 */
open class Session internal constructor(handle: Long) : DeclaredOperations(handle) {
    init {
        checkLibrary()
    }

    /** Creates a record. */
    @Throws(CrmException::class)
    fun create(draft: Draft): Ref = create(draft.objectName, draft.fields())

    /**
     * Creates a record and returns it as it is kept, with its defaults, values in their normal form and what rules have
     * set: `crm.create(Contact, ContactDraft { name("Ada Lovelace") })`. It is of the same transaction, so that nobody
     * else's change is in it.
     */
    @Throws(CrmException::class)
    fun <V : View> create(type: RecordType<V>, draft: Draft): V {
        require(type.objectName == draft.objectName) {
            "this is a draft of a ${draft.objectName}, and a ${type.objectName} is asked for"
        }
        return type.of(createRecord(draft.objectName, draft.fields()))
    }

    /**
     * Changes what the draft sets; the rest stays. With `expected`, the version that was read, it fails with
     * [CrmException.Stale] if somebody else has changed one of the same fields since.
     */
    @JvmOverloads
    @Throws(CrmException::class)
    fun update(record: Ref, draft: Draft, expected: Long? = null): Outcome {
        require(record.objectName == draft.objectName) {
            "this is a draft of a ${draft.objectName}, and the record is a ${record.objectName}"
        }
        return update(record, draft.fields(), expected)
    }

    /** Changes the record that has the draft's value of the unique or indexed field `by`, or creates one. */
    @Throws(CrmException::class)
    fun upsert(by: String, draft: Draft): Outcome = upsert(draft.objectName, by, draft.fields())

    /** A live record, typed: `crm.get(Contact, ada)`. */
    @Throws(CrmException::class)
    fun <V : View> get(type: RecordType<V>, record: Ref): V = type.of(get(record))

    /** A record, typed, also one in the trash; null if there is none. */
    @Throws(CrmException::class)
    fun <V : View> find(type: RecordType<V>, record: Ref): V? = findRecord(record)?.let(type::of)

    /**
     * The records of an object that a CEL filter selects, all of them as of one commit:
     *
     * ```kotlin
     * crm.list(Contact, "company.employees > 10", sort = "name")
     * ```
     *
     * @param filter a CEL filter; empty for all records.
     * @param sort the names of fields, with commas between them and `-` before one whose greatest come first.
     */
    @JvmOverloads
    @Throws(CrmException::class)
    fun <V : View> list(type: RecordType<V>, filter: String = "", sort: String = ""): List<V> =
        findAll(Query(type.objectName, filter, sortKeys(sort))).use { it.asSequence().map(type::of).toList() }

    /**
     * Imports the rows of a CSV file, whatever its encoding and its delimiter; see [importCsvFile], which reads it itself.
     */
    @JvmOverloads
    @Throws(CrmException::class)
    fun importCsv(data: ByteArray, options: ImportOptions, progress: ProgressListener? = null): ImportReport =
        importCsv(direct(data), options, progress)

    /**
     * Keeps the content of a document in the store.
     *
     * Fails with [CrmException.Limit] beyond the bound that was given when the database was opened;
     * [CrmException.NotFound].
     */
    @Throws(CrmException::class)
    fun putContent(document: Ref, content: ByteArray) = putContent(document, direct(content))

    /** Writes the state of the last commit to a new file, while others go on writing. */
    @JvmOverloads
    @Throws(CrmException::class)
    fun backup(path: Path, progress: ProgressListener? = null) = backup(path.toString(), progress)

    /** The same database with a user acting: what it changes is logged with the user. */
    @Throws(CrmException::class)
    override fun asUser(user: Ref): Session = of(super.asUser(user))

    /** The same database, with changes that form a named operation, which [undo] can take back. */
    @Throws(CrmException::class)
    override fun operation(name: String): Session = of(super.operation(name))

    /** The same database, with changes that are logged with a cause other than `user`: `import`, `sync`, … */
    @Throws(CrmException::class)
    override fun causedBy(cause: String): Session = of(super.causedBy(cause))

    /** The same database, with changes that set no rules off, for data that comes from elsewhere. */
    @Throws(CrmException::class)
    override fun withoutRules(): Session = of(super.withoutRules())

    /**
     * The same database, with calls that a [Cancel] ends, from any thread or at its deadline, as do those that end the
     * calls of this one:
     *
     * ```kotlin
     * val cancel = Cancel(crm.now().plusSeconds(5))
     * val slow = crm.cancelledBy(cancel).list(Deal, "description.contains('x')")
     * ```
     *
     * A call that is ended fails with [CrmException.Cancelled] and has changed nothing: one that reads ends at once, one
     * that changes up to its commit, an import between rows, with a report. A backup and a compaction end as their listener
     * ends them; what waits for changes ends by its timeout, or when it is stopped.
     */
    @Throws(CrmException::class)
    override fun cancelledBy(cancel: Cancel): Session = of(super.cancelledBy(cancel))

    /** As [cancelledBy], of the class that this is, for the suspending calls of `crm-kotlin-coroutines`. */
    @JvmSynthetic
    open fun endedBy(cancel: Cancel): Session = cancelledBy(cancel)

    private fun of(operations: Operations): Session = operations.use { Session(it.uniffiCloneHandle()) }
}

/** The rest of the records, read page by page as they are asked for. */
fun Rows.asSequence(): Sequence<Record> = generateSequence { nextPage(ROWS).ifEmpty { null } }.flatten()

/** Memory that the library reads without a copy of its own. */
internal fun direct(bytes: ByteArray): ByteBuffer = ByteBuffer.allocateDirect(bytes.size).put(bytes).flip()

private fun sortKeys(sort: String): List<SortKey> = sort.split(',').map(String::trim).filter(String::isNotEmpty)
    .map { SortKey(it.removePrefix("-"), it.startsWith("-")) }
