import Dispatch

// What is read over time. Each sequence reads on a queue of its own, so that neither Swift's threads are held up nor those
// of `perform`; while it waits for a change it holds no thread at all.

extension Crm {
    /// Watches records: the first batch says what is there, each later one what has changed since.
    ///
    /// ```swift
    /// for try await updates in crm.watch(.query(Query(CrmTask.self))) { … }
    /// ```
    ///
    /// Waiting ends with `CancellationError` when the task is cancelled, and with `CrmError.Closed` when the database is
    /// closed. A loop that takes long gets what has changed meanwhile in one batch. Each iteration is a subscription of
    /// its own, which ends with it.
    ///
    /// - Throws: in the loop: `UnknownObject`, `UnknownField`, `Expression` for a query, `NotFound` for a record.
    public func watch(_ watch: Watch) -> Updates {
        Updates(crm: self, watch: watch)
    }

    /// The records that a query asks for, however many, as of the commit at which the loop begins, read page by page.
    ///
    /// - Throws: in the loop: `UnknownObject`, `UnknownField`, `Expression`.
    public func each(_ query: Query) -> RecordSequence<Record> {
        RecordSequence(crm: self, query: query) { $0 }
    }

    /// As ``each(_:)``, by type.
    public func each<O: CrmObject>(_ type: O.Type, where filter: String = "", sort: SortKey...) -> RecordSequence<O> {
        let query = Query(object: O.objectName, filter: filter, sort: sort)
        return RecordSequence(crm: self, query: query) { O(raw: $0) }
    }
}

/// Batches of changes; see ``Crm/watch(_:)``.
public struct Updates: AsyncSequence, Sendable {
    let crm: Crm
    let watch: Watch

    public func makeAsyncIterator() -> Iterator {
        Iterator(crm: crm, watch: watch)
    }

    public struct Iterator: AsyncIteratorProtocol {
        private let crm: Crm
        private let watch: Watch
        private let queue = DispatchQueue(label: "crm.watch")
        private var watching: Watching?

        init(crm: Crm, watch: Watch) {
            self.crm = crm
            self.watch = watch
        }

        public mutating func next() async throws -> [Update]? {
            try Task.checkCancellation()
            let watching = try await begun()
            while true {
                let batch = try await blocking(on: queue) { try watching.subscription.nextBatch(timeoutMs: 0) }
                if !batch.isEmpty { return batch }
                // Returns at once if there was a commit meanwhile, and when the task is cancelled.
                var commits = watching.signal.commits.makeAsyncIterator()
                _ = await commits.next()
                try Task.checkCancellation()
            }
        }

        private mutating func begun() async throws -> Watching {
            if let watching { return watching }
            let new = try await blocking(on: queue) { [crm, watch] in try Watching(crm, watch) }
            watching = new
            return new
        }
    }
}

/// A subscription, and what signals that it may have something.
private struct Watching: Sendable {
    let signal = CommitSignal()
    let wake: Wake
    let subscription: Subscription

    init(_ crm: Crm, _ watch: Watch) throws {
        // First, so that no commit is missed.
        wake = try crm.onCommit(listener: signal)
        subscription = try crm.watch(watch: watch)
    }
}

/// Signals commits; one signal is enough for whatever was committed since the last look.
private final class CommitSignal: CommitListener, Sendable {
    let commits: AsyncStream<Void>
    private let signal: AsyncStream<Void>.Continuation

    init() {
        (commits, signal) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    }

    func onCommit() throws {
        signal.yield()
    }
}

/// Records in pages; see ``Crm/each(_:)``.
public struct RecordSequence<Element: Sendable>: AsyncSequence, Sendable {
    let crm: Crm
    let query: Query
    let view: @Sendable (Record) -> Element

    public func makeAsyncIterator() -> Iterator {
        Iterator(sequence: self)
    }

    public struct Iterator: AsyncIteratorProtocol {
        private let sequence: RecordSequence
        private let queue = DispatchQueue(label: "crm.each")
        private var reading: (rows: Rows, cancel: Cancel)?
        private var page: ArraySlice<Record> = []

        init(sequence: RecordSequence) {
            self.sequence = sequence
        }

        public mutating func next() async throws -> Element? {
            if page.isEmpty {
                try Task.checkCancellation()
                let (rows, cancel) = try begun()
                page = try await blocking(on: queue, endedBy: cancel) { try rows.nextPage(limit: Rows.pageSize) }[...]
            }
            return page.popFirst().map(sequence.view)
        }

        private mutating func begun() throws -> (rows: Rows, cancel: Cancel) {
            if let reading { return reading }
            let cancel = try Cancel()
            let new = (rows: try sequence.crm.cancelledBy(cancel: cancel).findAll(query: sequence.query), cancel: cancel)
            reading = new
            return new
        }
    }
}

extension Rows {
    static let pageSize: Int64 = 500
}
