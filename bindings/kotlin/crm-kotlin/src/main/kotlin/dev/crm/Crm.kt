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

    /** To close the result is to close the database. */
    @JvmSynthetic
    override fun endedBy(cancel: Cancel): Crm = cancelledBy(cancel).use { Crm(it.uniffiCloneHandle()) }

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

        /**
         * Makes a database at `to` of a backup and the increments that follow it, in their order, as it was at a point in
         * time. What is derived is made anew, and all of it is checked. The backups are not changed.
         *
         * Fails with [CrmException.Invalid] if an increment is another database's or does not go on where the one before
         * it ends, or if the backups do not reach the point in time; [CrmException.Corrupt] if one of them is damaged;
         * [CrmException.Io], also if there is something at `to`; [CrmException.Cancelled] if the listener stops it. No
         * file is left then.
         */
        @JvmStatic
        @JvmOverloads
        @Throws(CrmException::class)
        fun restoreBackup(
            base: Path,
            increments: List<Path>,
            to: Path,
            point: PointInTime = PointInTime.Newest,
            progress: ProgressListener? = null,
        ): RestoreReport =
            dev.crm.restoreBackup(base.toString(), increments.map(Path::toString), to.toString(), point, progress)

        /**
         * Writes what can be read of the damaged database at `damaged`, and of the journal beside it, to a new database at
         * `to`, and says what could not be read. The damaged files are left as they are. Where the tables of the file do
         * not lead any more, all of its pages are searched for records; what is derived is made anew.
         *
         * Rows in pages that do not match their checksums are taken if they are in the form of their kind: a value in
         * them may be wrong. The report names the records that it may be in.
         *
         * Fails with [CrmException.Io], also if there is something at `to`; [CrmException.Cancelled] if the listener stops
         * it. No file is left then.
         */
        @JvmStatic
        @JvmOverloads
        @Throws(CrmException::class)
        fun salvage(damaged: Path, to: Path, progress: ProgressListener? = null): SalvageReport =
            dev.crm.salvage(damaged.toString(), to.toString(), progress)
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
 * @property discardJournal opens a file whose journal belongs to another database, is damaged or is missing, without the
 *   commits in it, though they were acknowledged; the journal is renamed.
 */
data class CrmOptions @JvmOverloads constructor(
    val cacheBytes: Long? = null,
    val documentBytesMax: Long? = null,
    val clock: ManualClock? = null,
    val sequentialIds: Boolean = false,
    val journalBytes: Long? = null,
    val discardJournal: Boolean = false,
) {
    internal fun known() =
        OpenOptions(Encoding.BINARY, cacheBytes, documentBytesMax, journalBytes, clock, sequentialIds, discardJournal)
}
