import CrmCore
import Foundation
import Testing

/// What bad input gets: an error that says which, and a database as it was.
@Suite struct BoundaryTests {
    @Test func errorsAreReadable() throws {
        let crm = try database()
        let error = try failure { _ = try crm.list(Company.self, where: "emploees > 10") }
        #expect(error.localizedDescription == error.detail)
        #expect(error.detail.contains("emploees"))
        guard case .UnknownField(_, let object, let name, let nearest) = try failure({
            _ = try crm.create(object: "company", fields: ["nam": "Acme"])
        }) else { throw NoError() }
        #expect((object, name, nearest) == ("company", "nam", "name"))
    }

    @Test func badValuesAreRefused() throws {
        let crm = try database()
        let bad: [(String, [String: Value])] = [
            ("text for a number", ["name": "Acme", "employees": "many"]),
            ("a number for text", ["name": 5]),
            ("a null in text", ["name": "a\0b"]),
            ("not a number", ["name": "Acme", "annual_revenue": .money(Money(.nan, "EUR"))]),
            ("an unknown currency", ["name": "Acme", "annual_revenue": .money(Money(1, "QQQ"))]),
            ("38 digits", ["name": "Acme", "annual_revenue": .money(Money(.greatestFiniteMagnitude, "EUR"))]),
            ("a part that is none", ["name": "Acme", "address": .parts(["planet": "Mars"])]),
            ("a list in lists", ["name": .list([.list([.list([.list([.list([.list([])])])])])])]),
            ("a reference of another object", ["name": "Acme", "owner": .reference(Ref(object: "deal", id: "x"))]),
        ]
        for (what, fields) in bad {
            let error = try failure { _ = try crm.create(object: "company", fields: fields) }
            #expect(!error.detail.isEmpty, "\(what)")
        }
        #expect(try crm.count(Company.self) == 0)
    }

    @Test func numbersOutOfRangeAreRefused() throws {
        let crm = try database()
        for limit in [-1, Int64.min] {
            #expect(throws: CrmError.self) { try crm.find(query: Query(object: "company", limit: limit)) }
        }
        #expect(throws: CrmError.self) { try crm.runDue(until: DateTime(microsecondsSince1970: .max)) }
        #expect(throws: CrmError.self) { try crm.recordAsOf(record: Ref(object: "company", id: "no id"), sequence: -1) }
        #expect(throws: CrmError.self) { try Crm.inMemory(cacheBytes: -1) }
    }

    @Test func anotherEncodingIsRefusedAndNotMisread() throws {
        let crm = try Crm.inMemory(
            options: OpenOptions(encoding: .json, cacheBytes: nil, documentBytesMax: nil, journalBytes: nil, clock: nil, sequentialIds: false))
        #expect(throws: (any Error).self) { try crm.organisation() }
        #expect(throws: CrmError.self) { try crm.create(Company.Draft { $0.name = "Acme" }) }
    }

    @Test func aClosedDatabaseSaysSo() async throws {
        let path = freshPath()
        defer { try? FileManager.default.removeItem(atPath: path) }
        let crm = try Crm.open(path: path)
        #expect(throws: CrmError.self) { try Crm.open(path: path) }
        let acme = try crm.company("Acme")
        try crm.close()
        try crm.close()
        let calls: [(String, () throws -> Void)] = [
            ("get", { _ = try crm.get(acme) }), ("create", { _ = try crm.company("Beta") }),
            ("find", { _ = try crm.find(query: Query(Company.self)) }),
            ("nextBatch", { _ = try crm.watch(watch: .everything).nextBatch(timeoutMs: 0) }),
        ]
        for (name, call) in calls {
            let error = try failure(call)
            #expect(try error.code.name == "closed", "\(name)")
        }
        let again = try Crm.open(path: path)
        #expect(try again.get(acme).name == "Acme")
        try again.close()
    }

    @Test func eightThreadsShareOneDatabase() async throws {
        let crm = try database()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for thread in 0..<8 {
                group.addTask {
                    for round in 0..<25 {
                        let id = try await crm.perform { try $0.company("Company \(thread)-\(round)") }
                        let name = try await crm.perform { try $0.get(id).name }
                        #expect(name == "Company \(thread)-\(round)")
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(try crm.count(Company.self) == 200)
        #expect(try crm.check().findings.isEmpty)
    }

    /// A file is locked as long as anything of the library holds it: what opens again has been released.
    @Test func whatNobodyHoldsIsReleased() async throws {
        let path = freshPath()
        defer { try? FileManager.default.removeItem(atPath: path) }
        for round in 0..<20 {
            let crm = try Crm.open(path: path)
            let user = try crm.create(User.Draft { $0.name = "User \(round)" })
            let acting = try crm.asUser(user: user.ref).operation(name: "an operation").withoutRules()
            let acme = try acting.company("Company \(round)")
            _ = try acting.findAll(query: Query(Company.self)).nextPage(limit: 10)
            _ = try acting.watch(watch: .everything).nextBatch(timeoutMs: 0)
            for try await _ in crm.watch(.record(record: acme.ref)) { break }
            for try await _ in crm.each(Company.self) { break }
            _ = try crm.importCsv(Data("name\nImported \(round)\n".utf8), ImportOptions(object: "company")) { _ in .goOn }
            #expect(throws: CrmError.self) { try crm.list(Company.self, where: "nothing ===") }
        }
        #expect(try Crm.open(path: path).count(Company.self) == 40)
    }
}
