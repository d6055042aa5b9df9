import CrmCore
import Foundation
import Testing

@Suite struct ListenerTests {
    static let rows = 3_000
    static let csv = Data(("name,employees\n" + (0..<rows).map { "Company \($0),\($0)\n" }.joined()).utf8)
    static let options = ImportOptions(object: "company")

    struct Refusal: Error, Equatable { let reason: String }

    @Test func aListenerSeesTheJobAndCanStopIt() throws {
        let crm = try database()
        let report = try crm.importCsv(Self.csv, Self.options) { progress in
            #expect(progress.done >= 0)
            return .goOn
        }
        #expect(report.created == Int64(Self.rows))
        #expect(try crm.importCsv(Self.csv, Self.options) { _ in .stop }.cancelled)
        #expect(try crm.undo(operation: report.operation).undone > 0)
    }

    @Test func whatAListenerThrowsIsThrown() throws {
        let crm = try database()
        #expect(throws: Refusal(reason: "enough")) {
            try crm.importCsv(Self.csv, Self.options) { _ in throw Refusal(reason: "enough") }
        }
        #expect(try crm.count(Company.self) < Self.rows)
        _ = try crm.company("Still open")
    }

    /// A listener of the library's own protocol, which throws an error that the library does not know.
    final class Thrower: ProgressListener {
        func onProgress(progress: JobProgress) throws -> Flow { throw Refusal(reason: "enough") }
    }

    @Test func theLibraryTellsWhatAListenerThrew() throws {
        let crm = try database()
        let error = try failure { _ = try crm.importCsv(data: Self.csv, options: Self.options, progress: Thrower()) }
        guard case .Callback(let detail) = error else { throw error }
        #expect(detail.contains("enough"))
        #expect(try error.code == ErrorCode(number: 903, name: "callback"))
    }

    @Test func aListenerReads() throws {
        let crm = try database()
        let report = try crm.importCsv(Self.csv, Self.options) { _ in
            _ = try crm.count(Company.self)
            return .goOn
        }
        #expect(report.created == Int64(Self.rows))
    }

    @Test func aListenerThatWritesGetsAnErrorOrWrites() throws {
        let crm = try database()
        let result = Result {
            try crm.importCsv(Self.csv, Self.options) { _ in
                _ = try crm.company("From the listener")
                return .goOn
            }
        }
        if case .failure(let error) = result {
            let error = try #require(error as? CrmError)
            #expect(!error.detail.isEmpty)
        }
        #expect(try crm.check().findings.isEmpty)
    }

    @Test func aBackupIsADatabase() throws {
        let path = freshPath()
        defer { try? FileManager.default.removeItem(atPath: path) }
        let crm = try database()
        let acme = try crm.company("Acme")
        _ = try crm.importCsv(data: Self.csv, options: Self.options)
        #expect(throws: CrmError.self) { try crm.backup(path: path) { _ in .stop } }
        #expect(!FileManager.default.fileExists(atPath: path))
        try crm.backup(path: path) { _ in .goOn }
        let copy = try Crm.open(path: path)
        #expect(try copy.get(acme).name == "Acme")
        try copy.close()
    }
}
