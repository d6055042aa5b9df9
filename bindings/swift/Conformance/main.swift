// Runs the scenarios of tests/conformance through this package's interface; see the README there.
//
//     crm-conformance FOLDER                 every scenario
//     crm-conformance FOLDER --write FILE    files/write.json on a new file
//     crm-conformance FOLDER --verify FILE   files/verify.json on a file that a host has written

import CrmCore
import Foundation

/// How many scenarios were run, and the steps that did not return what they should.
struct Report {
    private(set) var scenarios = 0
    private(set) var differences: [String] = []

    /// Says how many objects of the library the runner holds no more, and the library still has.
    mutating func left(_ objects: Int64) {
        differences.append("\(objects) objects of the library are left")
    }

    mutating func run(_ topic: String, _ scenario: Scenario, _ setup: JSON) throws {
        scenarios += 1
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("crm-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        var world = try World(setup, folder: folder.path)
        for (number, step) in scenario.steps.enumerated() {
            let place = "\(topic): \(scenario.name): step \(number) (\(step.op))"
            do {
                let expected = try world.expected(step).canonical
                let got = try world.step(step).canonical
                if expected != got { differences.append("\(place)\n  expected \(expected)\n  got      \(got)") }
            } catch {
                differences.append("\(place): \(error)")
                return
            }
        }
    }
}

func load(_ path: URL) throws -> [Scenario] {
    try JSONDecoder().decode([Scenario].self, from: Data(contentsOf: path))
}

let arguments = CommandLine.arguments.dropFirst().map { String($0) }
guard let first = arguments.first, [1, 3].contains(arguments.count) else {
    print("usage: crm-conformance FOLDER [--write FILE | --verify FILE]")
    exit(2)
}
var report = Report()
let folder = URL(fileURLWithPath: first)
if arguments.count == 3 {
    let topic = String(arguments[1].dropFirst(2))
    for scenario in try load(folder.appendingPathComponent("files/\(topic).json")) {
        try report.run(topic, scenario, .object(["path": .text(arguments[2])]))
    }
} else {
    let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
    for file in files.filter({ $0.pathExtension == "json" }).sorted(by: { $0.path < $1.path }) {
        let topic = file.deletingPathExtension().lastPathComponent
        for scenario in try load(file) where !(scenario.without ?? []).contains("swift") {
            try report.run(topic, scenario, scenario.setup ?? .object([:]))
        }
    }
}
let left = liveObjects()
if left > 0 { report.left(left) }
report.differences.forEach { print($0) }
print("conformance swift: \(report.scenarios) scenarios, \(report.differences.count) differences")
exit(report.differences.isEmpty ? 0 : 1)
