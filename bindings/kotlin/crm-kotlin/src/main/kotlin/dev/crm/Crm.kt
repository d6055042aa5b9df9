package dev.crm

import java.nio.file.Path

/**
 * An open database, in one file. It is used from many threads at once: readers never wait, writers share the price of
 * making their commits durable.
 *
 * ```kotlin
 * Crm.open(Path.of("sales.crm")).use { crm ->
 *     val acme = crm.create(CompanyDraft { name = "Acme"; employees = 40 })
 * }
 * ```
 */
class Crm private constructor(handle: Long) : Session(handle) {
    /**
     * Releases the file now. Later calls on this and on every session of the database fail with [CrmException.Closed],
     * and those that wait for changes return with it. A second call does nothing.
     */
    override fun close() = shutdown()

    companion object {
        /**
         * Opens a file, making it if it does not exist.
         *
         * Fails with [CrmException.Locked] if another process or handle has it open, [CrmException.NewerFormat] for a
         * file of a later version, [CrmException.Corrupt] for a damaged one, [CrmException.Io], [CrmException.Full].
         */
        @JvmStatic
        @JvmOverloads
        @Throws(CrmException::class)
        fun open(path: Path, options: CrmOptions = CrmOptions()): Crm =
            Operations.open(path.toString(), options.known()).use { Crm(it.uniffiCloneHandle()) }

        /** Makes a database in memory, gone when it is closed. */
        @JvmStatic
        @JvmOverloads
        @Throws(CrmException::class)
        fun inMemory(options: CrmOptions = CrmOptions()): Crm =
            Operations.inMemory(options.known()).use { Crm(it.uniffiCloneHandle()) }
    }
}

/**
 * How a database is opened.
 *
 * @property cacheBytes the bytes of memory that the store's cache may take; 64 MiB where it is not given.
 * @property documentBytesMax the most bytes that are kept of a document's content; 8 MiB where it is not given.
 * @property clock a clock that the host sets, for tests and simulations; the operating system's where it is not given.
 * @property sequentialIds ids that count up instead of random ones, for tests and simulations.
 * @property journalBytes the bytes of the journal beside the file, in which small commits are made durable first; 4 MiB
 *   where it is not given. With 0 there is none, and a save takes several times as long.
 */
data class CrmOptions @JvmOverloads constructor(
    val cacheBytes: Long? = null,
    val documentBytesMax: Long? = null,
    val clock: ManualClock? = null,
    val sequentialIds: Boolean = false,
    val journalBytes: Long? = null,
) {
    internal fun known() = OpenOptions(Encoding.BINARY, cacheBytes, documentBytesMax, journalBytes, clock, sequentialIds)
}
