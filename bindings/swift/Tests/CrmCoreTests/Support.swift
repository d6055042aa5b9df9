import CrmCore
import Foundation
import Testing

/// 2026-03-14T09:00:00Z, when every test begins.
let start = DateTime(microsecondsSince1970: 1_773_478_800_000_000)

func database() throws -> Crm {
    try Crm.inMemory(clock: ManualClock(now: start), sequentialIds: true)
}

/// A path in the temporary folder that no file has.
func freshPath() -> String {
    FileManager.default.temporaryDirectory.appendingPathComponent("crm-\(UUID().uuidString).crm").path
}

extension Crm {
    func company(_ name: String) throws -> Id<Company> {
        try create(Company.Draft { $0.name = name })
    }
}

/// The error of a call that must fail with one of ours.
func failure(_ call: () throws -> Void) throws -> CrmError {
    do {
        try call()
    } catch let error as CrmError {
        return error
    }
    throw NoError()
}

struct NoError: Error {}
