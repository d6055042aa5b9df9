import Foundation

/// Is told how far a job is, on the thread that runs it, at most some ten times a second, and says whether to go on. It
/// must not write to the database. What it throws stops the job and is thrown by the job's call.
public typealias OnProgress = @Sendable (JobProgress) throws -> Flow

extension Crm {
    /// Imports the rows of a CSV file, whatever its encoding and its delimiter: one operation in a few transactions. When
    /// it is stopped, what was imported up to then stays and the report says so; `undo` of the report's operation takes
    /// back all of it.
    ///
    /// - Throws: `Invalid`, `UnknownObject`, `UnknownField` for options that do not fit, before anything is written; `Limit`.
    public func importCsv(_ data: Data, _ options: ImportOptions, onProgress: @escaping OnProgress) throws -> ImportReport {
        try following(onProgress) { try importCsv(data: data, options: options, progress: $0) }
    }

    /// As `importCsv`, from a file.
    public func importCsv(path: String, _ options: ImportOptions, onProgress: @escaping OnProgress) throws -> ImportReport {
        try following(onProgress) { try importCsvFile(path: path, options: options, progress: $0) }
    }

    /// Writes the state of the last commit to a new file, while others go on writing.
    ///
    /// - Throws: `Io`, also if the file exists; `Cancelled` if the closure stops it. No file is left then.
    public func backup(path: String, onProgress: @escaping OnProgress) throws {
        try following(onProgress) { try backup(path: path, progress: $0) }
    }

    /// Makes a database at `to` of a backup and the increments that follow it, in their order, as it was at a point in
    /// time. What is derived is made anew, and all of it is checked. The backups are not changed.
    ///
    /// - Throws: `Invalid` if an increment is another database's or does not go on where the one before it ends, or if the
    ///   backups do not reach the point in time; `Corrupt` if one of them is damaged; `Io`, also if there is something at
    ///   `to`; `Cancelled` if the closure stops it. No file is left then.
    @discardableResult
    public static func restoreBackup(
        base: String, increments: [String], to: String, point: PointInTime = .newest, onProgress: OnProgress? = nil
    ) throws -> RestoreReport {
        try following(onProgress) {
            try CrmCore.restoreBackup(base: base, increments: increments, to: to, point: point, progress: $0)
        }
    }

    /// Writes what can be read of the damaged database at `damaged`, and of the journal beside it, to a new database at
    /// `to`, and says what could not be read. The damaged files are left as they are. Where the tables of the file do not
    /// lead any more, all of its pages are searched for records; what is derived is made anew.
    ///
    /// Rows in pages that do not match their checksums are taken if they are in the form of their kind: a value in them
    /// may be wrong. The report names the records that it may be in.
    ///
    /// - Throws: `Io`, also if there is something at `to`; `Cancelled` if the closure stops it. No file is left then.
    public static func salvage(damaged: String, to: String, onProgress: OnProgress? = nil) throws -> SalvageReport {
        try following(onProgress) { try CrmCore.salvage(damaged: damaged, to: to, progress: $0) }
    }

    /// Rewrites the file densely. Writers wait meanwhile; readers go on.
    ///
    /// - Throws: `Cancelled` if the closure stops it. The file is as before then.
    public func compact(onProgress: @escaping OnProgress) throws {
        try following(onProgress) { try compact(progress: $0) }
    }

}

/// Runs a job with a listener that calls a closure, if there is one; what the closure throws is thrown.
func following<T>(_ onProgress: OnProgress?, _ job: (ProgressListener?) throws -> T) throws -> T {
    let listener = onProgress.map(ClosureListener.init)
    do {
        return try job(listener)
    } catch {
        throw listener?.thrown ?? error
    }
}

/// Calls a closure, and keeps what it throws: the library would hand on its text only.
private final class ClosureListener: ProgressListener, @unchecked Sendable {
    private let closure: OnProgress
    private let lock = NSLock()
    private var error: (any Error)?  // guarded by `lock`

    init(_ closure: @escaping OnProgress) {
        self.closure = closure
    }

    var thrown: (any Error)? { lock.withLock { error } }

    func onProgress(progress: JobProgress) throws -> Flow {
        do {
            return try closure(progress)
        } catch {
            lock.withLock { self.error = error }
            throw error
        }
    }
}
