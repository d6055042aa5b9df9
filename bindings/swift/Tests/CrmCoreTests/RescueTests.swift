import CrmCore
import Foundation
import Testing

@Suite struct RescueTests {
    /// A folder that goes with the test.
    final class Folder {
        let url = URL(fileURLWithPath: freshPath())

        init() throws { try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true) }
        deinit { try? FileManager.default.removeItem(at: url) }

        subscript(name: String) -> String { url.appendingPathComponent(name).path }
    }

    @Test func aBackupAndItsIncrementsGoBackToAnyCommitOrTime() throws {
        let folder = try Folder()
        let clock = try ManualClock(now: start)
        let crm = try Crm.open(path: folder["sales.crm"], clock: clock)
        let acme = try crm.create(Company.Draft { $0.name = "Acme"; $0.employees = 40 })
        try crm.backup(path: folder["sunday.crm"])
        let sunday = try crm.sequence()
        try clock.advance(milliseconds: 86_400_000)
        try crm.update(acme) { $0.employees = 41 }
        let monday = try crm.backupSince(sequence: sunday, path: folder["monday"])
        #expect(try monday.from == sunday && monday.to == crm.sequence())
        let noon = DateTime(microsecondsSince1970: start.microsecondsSince1970 + 100_000_000_000)
        try clock.advance(milliseconds: 86_400_000)
        try crm.update(acme) { $0.employees = 42 }
        _ = try crm.backupSince(sequence: monday.to, path: folder["tuesday"]) { _ in .goOn }
        try crm.close()

        let increments = [folder["monday"], folder["tuesday"]]
        let points: [(PointInTime, Int64)] = [
            (.newest, 42), (.commit(sequence: monday.to), 41), (.time(at: noon), 41), (.commit(sequence: sunday), 40),
        ]
        for (number, (point, employees)) in points.enumerated() {
            let (base, to) = (folder["sunday.crm"], folder["\(number).crm"])
            let report = try Crm.restoreBackup(base: base, increments: increments, to: to, point: point)
            #expect(report.findings.isEmpty)
            #expect(try Crm.open(path: to).get(acme).employees == employees, "\(point)")
        }
        let wrong = try failure {
            try Crm.restoreBackup(base: folder["sunday.crm"], increments: increments.reversed(), to: folder["new.crm"])
        }
        #expect(try wrong.code.name == "invalid")
        #expect(!FileManager.default.fileExists(atPath: folder["new.crm"]))
    }

    @Test func aSoundDatabaseNeedsNoRepair() throws {
        let crm = try database()
        _ = try crm.company("Acme")
        #expect(try crm.repair() == RepairReport(found: [], rows: 0, records: 0, left: []))
    }

    @Test func whatIsLeftOfADamagedFileIsSaved() throws {
        let folder = try Folder()
        let acme = try Crm.open(path: folder["damaged.crm"]).company("Acme")
        let file = URL(fileURLWithPath: folder["damaged.crm"])
        var bytes = try Data(contentsOf: file)
        bytes.replaceSubrange(0..<512, with: Data(count: 512))
        try bytes.write(to: file)
        #expect(try failure { _ = try Crm.open(path: folder["damaged.crm"]) }.code.name == "corrupt")
        let report = try Crm.salvage(damaged: folder["damaged.crm"], to: folder["saved.crm"])
        #expect(report.fromPages.contains(acme.ref))
        #expect(report.unreadable.contains { $0.space == "file" })
        #expect(throws: CrmError.self) { try Crm.salvage(damaged: folder["damaged.crm"], to: folder["saved.crm"]) }
        #expect(try Crm.open(path: folder["saved.crm"]).get(acme).name == "Acme")
    }

    struct Refusal: Error, Equatable {}

    @Test func whatAListenerThrowsStopsASalvage() throws {
        let folder = try Folder()
        let crm = try Crm.open(path: folder["sales.crm"])
        let rows = Data(("name\n" + String(repeating: "C\n", count: 5_000)).utf8)
        _ = try crm.importCsv(data: rows, options: ImportOptions(object: "company"))
        try crm.close()
        #expect(throws: Refusal()) {
            try Crm.salvage(damaged: folder["sales.crm"], to: folder["saved.crm"]) { _ in throw Refusal() }
        }
        #expect(!FileManager.default.fileExists(atPath: folder["saved.crm"]))
    }

    @Test func whatTheProgramHoldsIsCounted() throws {
        let crm = try database()
        let rows = try crm.findAll(query: Query(Company.self))
        try withExtendedLifetime((crm, rows)) { #expect(liveObjects() >= 2) }
    }
}
