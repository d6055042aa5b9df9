import Dispatch

extension Crm {
    /// Opens a file, making it if it does not exist. One process opens a file at a time; ``Crm`` is used from as many
    /// threads as you like.
    ///
    /// - Parameters:
    ///   - cacheBytes: memory that the store's cache may take; 64 MiB where it is not given.
    ///   - documentBytesMax: the most bytes that are kept of a document's content; 8 MiB where it is not given.
    ///   - journalBytes: the journal beside the file, in which small commits are made durable first; 4 MiB where it is
    ///     not given. With 0 there is none, and a save takes several times as long.
    ///   - clock: a clock that you set, for tests and simulations.
    ///   - sequentialIds: ids that count up instead of random ones, for tests.
    ///   - discardJournal: opens a file whose journal belongs to another database, is damaged or is missing, without the
    ///     commits in it, though they were acknowledged; the journal is renamed.
    /// - Throws: `Locked` if another process or handle has the file open, `NewerFormat`, `Corrupt`, `Io`, `Full`.
    public static func open(
        path: String, cacheBytes: Int64? = nil, documentBytesMax: Int64? = nil, journalBytes: Int64? = nil,
        clock: ManualClock? = nil, sequentialIds: Bool = false, discardJournal: Bool = false
    ) throws -> Crm {
        try OtherLibrary.refuse()
        return try open(
            path: path,
            options: OpenOptions(
                encoding: .binary, cacheBytes: cacheBytes, documentBytesMax: documentBytesMax,
                journalBytes: journalBytes, clock: clock, sequentialIds: sequentialIds,
                discardJournal: discardJournal))
    }

    /// Makes a database in memory, gone when it is released. The parameters are those of `open`; there is no journal.
    public static func inMemory(
        cacheBytes: Int64? = nil, documentBytesMax: Int64? = nil, clock: ManualClock? = nil,
        sequentialIds: Bool = false
    ) throws -> Crm {
        try OtherLibrary.refuse()
        return try inMemory(
            options: OpenOptions(
                encoding: .binary, cacheBytes: cacheBytes, documentBytesMax: documentBytesMax,
                journalBytes: nil, clock: clock, sequentialIds: sequentialIds))
    }

    /// Runs work on a thread that may block, so that an `async` function can call the database without holding up
    /// Swift's own threads. Every call is blocking: those that read take microseconds, those that write wait for the
    /// disk.
    ///
    /// ```swift
    /// let people = try await crm.perform { crm in try crm.list(Contact.self, sort: "name") }
    /// ```
    ///
    /// Cancelling the task ends the call under way, and `perform` throws `CancellationError`: a call that reads ends at
    /// once, one that writes unless its commit has begun; then it is done all the same. ``cancelledBy(cancel:)`` says which
    /// calls can be ended.
    @discardableResult
    public func perform<T: Sendable>(_ work: @escaping @Sendable (Crm) throws -> T) async throws -> T {
        let cancel = try Cancel()
        let session = try cancelledBy(cancel: cancel)
        return try await blocking(on: Self.queue, endedBy: cancel) { try work(session) }
    }

    private static let queue = DispatchQueue(label: "crm", attributes: .concurrent)
}

/// Runs work that blocks on a queue.
func blocking<T: Sendable>(on queue: DispatchQueue, _ work: @escaping @Sendable () throws -> T) async throws -> T {
    let once = Once(work)
    return try await withCheckedThrowingContinuation { continuation in
        queue.async { continuation.resume(with: once.run()) }
    }
}

/// Work that is let go of when it is done: who waits for it may open the file again, which a session in it keeps locked.
private final class Once<T: Sendable>: @unchecked Sendable {
    private var work: (@Sendable () throws -> T)?

    init(_ work: @escaping @Sendable () throws -> T) {
        self.work = work
    }

    /// It is called once, by the queue.
    func run() -> Result<T, any Error> {
        defer { work = nil }
        return Result { try work!() }
    }
}

/// As `blocking`, of work on a session that the task ends when it is cancelled.
func blocking<T: Sendable>(
    on queue: DispatchQueue, endedBy cancel: Cancel, _ work: @escaping @Sendable () throws -> T
) async throws -> T {
    do {
        return try await withTaskCancellationHandler {
            try await blocking(on: queue, work)
        } onCancel: {
            // It cannot fail, whatever its interface says.
            try? cancel.cancel()
        }
    } catch CrmError.Cancelled(detail: _) where Task.isCancelled {
        throw CancellationError()
    }
}
