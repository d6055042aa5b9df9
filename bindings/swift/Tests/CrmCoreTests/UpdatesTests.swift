import CrmCore
import Foundation
import Testing

@Suite struct UpdatesTests {
    @Test func whatIsThereComesFirstAndThenWhatChanges() async throws {
        let crm = try database()
        let acme = try crm.create(Company.Draft { $0.name = "Acme"; $0.employees = 40 })
        var seen: [String] = []
        for try await updates in crm.watch(.query(query: Query(Company.self, where: "employees > 10"))) {
            for update in updates {
                switch update {
                case .reset(let records):
                    seen.append("reset \(records.count)")
                    try await crm.perform { try $0.update(acme) { $0.employees = 50 } }
                case .added(let record): seen.append("added \(record["name"])")
                case .changed(let record):
                    seen.append("changed \(record["employees"])")
                    try await crm.perform { try $0.update(acme) { $0.employees = 5 } }
                case .removed(let ref): seen.append("removed \(ref.object)")
                }
            }
            if seen.count == 3 { break }
        }
        #expect(seen == ["reset 1", "changed 50", "removed company"])
    }

    @Test func aCancelledTaskStopsWaiting() async throws {
        let crm = try database()
        let (waiting, began) = AsyncStream<Void>.makeStream()
        let watcher = Task {
            for try await _ in crm.watch(.record(record: Ref(object: "organisation", id: try crm.organisation().id))) {
                began.yield()
            }
        }
        for await _ in waiting { break }
        watcher.cancel()
        await #expect(throws: CancellationError.self) { try await watcher.value }
    }

    @Test func closingTheDatabaseEndsTheLoop() async throws {
        let path = freshPath()
        defer { try? FileManager.default.removeItem(atPath: path) }
        let crm = try Crm.open(path: path)
        let (waiting, began) = AsyncStream<Void>.makeStream()
        let watcher = Task {
            for try await _ in crm.watch(.query(query: Query(Company.self))) { began.yield() }
        }
        for await _ in waiting { break }
        try crm.close()
        await #expect(throws: CrmError.self) { try await watcher.value }
    }

    @Test func aBadQueryIsThrownInTheLoop() async throws {
        let crm = try database()
        await #expect(throws: CrmError.self) {
            for try await _ in crm.watch(.query(query: Query(Company.self, where: "nothing ==="))) {}
        }
        await #expect(throws: CrmError.self) {
            for try await _ in crm.each(Company.self, where: "nothing ===") {}
        }
    }

    @Test func manyWaitAtOnceWithoutHoldingUpTheOthers() async throws {
        let crm = try database()
        let (told, tells) = AsyncStream<Int>.makeStream()
        let watchers = (0..<300).map { _ in
            Task { for try await updates in crm.watch(.query(query: Query(Company.self))) { tells.yield(updates.count) } }
        }
        func everyoneIsTold() async {
            var count = 0
            for await _ in told {
                count += 1
                if count == watchers.count { break }
            }
        }
        await everyoneIsTold()
        // Threads that have read go away after a while, or are used again.
        for _ in 0..<100 where try threads() > 100 { try await Task.sleep(for: .milliseconds(100)) }
        #expect(try threads() <= 100, "who waits holds no thread")
        #expect(try await crm.perform { try $0.count(Company.self) } == 0)
        _ = try crm.company("Acme")
        await everyoneIsTold()
        watchers.forEach { $0.cancel() }
        for watcher in watchers { _ = await watcher.result }
    }

    @Test func aListenerIsCalledAfterEachCommitAndAtTheEnd() throws {
        let crm = try database()
        let counter = Counter()
        let wake = try crm.onCommit(listener: counter)
        _ = try crm.company("Acme")
        _ = try crm.company("Bolt")
        #expect(counter.count == 2)
        try crm.close()
        #expect(counter.count == 3)
        try wake.stop()
    }
}

/// The threads that this process has.
private func threads() throws -> Int {
    try FileManager.default.contentsOfDirectory(atPath: "/proc/self/task").count
}

/// Counts its calls, and throws in each.
private final class Counter: CommitListener, @unchecked Sendable {
    private let lock = NSLock()
    private var calls = 0  // guarded by `lock`

    var count: Int { lock.withLock { calls } }

    func onCommit() throws {
        lock.withLock { calls += 1 }
        throw NoError()
    }
}
