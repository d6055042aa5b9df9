import CrmCore
import Foundation
import Testing

/// 2026-03-14T09:00:00Z, when every test begins.
let start = DateTime(microsecondsSince1970: 1_773_478_800_000_000)

func database() throws -> Crm {
    _ = leakCheck
    return try Crm.inMemory(clock: ManualClock(now: start), sequentialIds: true)
}

/// A path in the temporary folder that no file has.
func freshPath() -> String {
    _ = leakCheck
    return FileManager.default.temporaryDirectory.appendingPathComponent("crm-\(UUID().uuidString).crm").path
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

/// Swift's tests have no last one, so that what is left is looked at when their process ends: what a test has let go of, on
/// whatever queue, the library must not have any more.
private let leakCheck: Void = {
    atexit {
        for _ in 0..<100 where liveObjects() > 0 { usleep(100_000) }
        let left = liveObjects()
        guard left > 0 else { return }
        FileHandle.standardError.write(Data("\(left) objects of the library are left\n".utf8))
        _exit(1)
    }
    return ()
}()
