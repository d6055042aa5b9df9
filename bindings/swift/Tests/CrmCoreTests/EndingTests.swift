import CrmCore
import Foundation
import Testing

/// Calls that take too long are ended: by another thread, at a time, with the task that waits for them.
@Suite struct EndingTests {
    /// A filter that takes milliseconds for each record.
    static let slow: String = {
        let numbers = "\(Array(0..<40))"
        return "\(numbers).exists(a, \(numbers).exists(b, \(numbers).exists(c, employees + a + b + c < 0)))"
    }()

    /// A database whose records take seconds to be looked at, or a minute, with the filter.
    private func crowded() throws -> Crm {
        _ = try database()
        let crm = try Crm.inMemory()
        let company = { (n: Int64) in Change.create(Company.Draft { $0.name = "Company \(n)"; $0.employees = n }) }
        _ = try crm.batch(changes: (0..<1_000).map(company), key: nil)
        return crm
    }

    private func isCancelled(_ call: () throws -> Void) throws -> Bool {
        if case .Cancelled = try failure(call) { return true }
        return false
    }

    @Test func anotherThreadEndsARead() throws {
        let crm = try crowded()
        let cancel = try Cancel()
        let session = try crm.cancelledBy(cancel: cancel).operation(name: "x")
        DispatchQueue.global().asyncAfter(deadline: .now() + 0.1) { try? cancel.cancel() }
        let began = Date()
        #expect(try !cancel.isCancelled())
        #expect(try isCancelled { _ = try session.count(Company.self, where: Self.slow) })
        #expect(Date().timeIntervalSince(began) < 10)
        #expect(try cancel.isCancelled())
        #expect(try isCancelled { _ = try session.company("Late") })
        #expect(try crm.count(Company.self) == 1_000)
    }

    @Test func aDeadlineEndsARead() throws {
        let crm = try crowded()
        let now = try crm.now()
        let deadline = DateTime(microsecondsSince1970: now.microsecondsSince1970 + 300_000)
        let session = try crm.cancelledBy(cancel: Cancel(deadline: deadline))
        let began = Date()
        #expect(try isCancelled { _ = try session.list(Company.self, where: Self.slow) })
        #expect((0.2..<10).contains(Date().timeIntervalSince(began)))
    }

    @Test func aCancelledTaskEndsItsCall() async throws {
        let crm = try crowded()
        let (ends, ended) = AsyncStream<Bool>.makeStream()
        let task = Task {
            try await crm.perform { crm in
                do {
                    _ = try crm.count(Company.self, where: Self.slow)
                    ended.yield(false)
                } catch {
                    ended.yield(true)
                    throw error
                }
            }
        }
        try await Task.sleep(for: .milliseconds(100))
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        for await wasEnded in ends {
            #expect(wasEnded)
            break
        }
        #expect(try await crm.perform { try $0.count(Company.self) } == 1_000)
    }

    @Test func aCancelledTaskEndsItsSequence() async throws {
        let crm = try crowded()
        let task = Task { for try await _ in crm.each(Company.self, where: Self.slow) {} }
        try await Task.sleep(for: .milliseconds(100))
        let began = Date()
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(Date().timeIntervalSince(began) < 10)
    }

    @Test func allThatIsWrongWithARecordIsInOneError() throws {
        let crm = try database()
        let error = try failure {
            _ = try crm.create(object: "contact", fields: ["email": .text("nobody"), "phone": .text("call me")])
        }
        let fields = ([error] + error.others).map {
            switch $0 {
            case .Invalid(_, _, let field, _, _, _): field
            default: "\($0)"
            }
        }
        // A dictionary of Swift's has no order.
        #expect(Set(fields) == ["email", "phone", "name"] && fields.last == "name")
        #expect(try failure { _ = try crm.count(object: "nothing", filter: "") }.others.isEmpty)
    }
}
