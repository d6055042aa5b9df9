import CrmCore
import Foundation

/// One call of a scenario.
struct Step: Decodable, Sendable {
    struct Listener: Decodable, Sendable {
        let answer: String
        let call: [Step]

        private enum Key: CodingKey { case answer, call }

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: Key.self)
            answer = try container.decode(String.self, forKey: .answer)
            // A list of one: a struct cannot hold itself.
            call = try container.decodeIfPresent(Step.self, forKey: .call).map { [$0] } ?? []
        }
    }

    let on: String?
    let op: String
    let args: JSON?
    let listener: Listener?
    let `as`: String?
    let pick: String?
    let expect: JSON?
}

struct Scenario: Decodable {
    let name: String
    let setup: JSON?
    let without: [String]?
    let steps: [Step]
}

/// What the steps of a scenario share: the handles and the results that have names.
struct World: Sendable {
    private let clock: ManualClock
    private var handles: [String: Handle]
    private var named: [String: JSON]

    init(_ setup: JSON, folder: String) throws {
        let setup = try Arguments(setup.filled(["dir": .text(folder)]))
        guard let start = DateTime("2026-03-14T09:00:00Z") else { throw Mistake("the start is no instant") }
        clock = try ManualClock(now: setup.optionalTime("now") ?? start)
        named = ["dir": .text(folder)]
        handles = ["clock": .clock(clock)]
        handles["crm"] = .database(try open(setup["path"] == nil ? "in_memory" : "open", setup))
    }

    private func open(_ op: String, _ arguments: Arguments) throws -> Crm {
        let (cache, documents) = (
            try arguments.optionalNumber("cache_bytes"), try arguments.optionalNumber("document_bytes_max")
        )
        if op == "in_memory" {
            return try Crm.inMemory(cacheBytes: cache, documentBytesMax: documents, clock: clock, sequentialIds: true)
        }
        return try Crm.open(
            path: arguments.text("path"), cacheBytes: cache, documentBytesMax: documents,
            journalBytes: arguments.optionalNumber("journal_bytes"), clock: clock, sequentialIds: true,
            discardJournal: arguments.flag("discard_journal"))
    }

    /// What a step is to return.
    func expected(_ step: Step) throws -> JSON { try (step.expect ?? .null).filled(named) }

    /// Makes a step, names its result and returns it: an error of the engine is a result, too.
    mutating func step(_ step: Step) throws -> JSON {
        let listener = step.listener.map { StepListener(self, $0) }
        var result: JSON
        do {
            switch try call(step, listener) {
            case .json(let json): result = json
            case .handle(let handle):
                guard let name = step.as else { throw Mistake("a handle has no name") }
                handles[name] = handle
                return .null
            }
        } catch let error as CrmError {
            result = canonical(error as Any)
        }
        if let called = listener?.called { result = .object(["listener": called, "result": result]) }
        if let path = step.pick { result = result.pick(path) }
        if let name = step.as { named[name] = result }
        return result
    }

    private func call(_ step: Step, _ listener: StepListener?) throws -> Made {
        let given = step.args ?? .object([:])
        // The steps of threads have placeholders of their own.
        if step.op == "threads" { return .json(try threads(Arguments(given), given)) }
        let arguments = try Arguments(given.filled(named))
        if let made = try withoutHandle(step.op, arguments, listener) { return made }
        let handle = try handle(step.on ?? "crm")
        if step.op == "cancelled_by" {
            guard case .database(let crm) = handle, case .cancel(let cancel) = try self.handle(arguments.text("cancel"))
            else { throw Mistake("`cancelled_by` is of a database, and takes a cancel") }
            return .handle(.database(try crm.cancelledBy(cancel: cancel)))
        }
        return try handle.call(step.op, arguments, listener)
    }

    private func handle(_ name: String) throws -> Handle {
        guard let handle = handles[name] else { throw Mistake("no handle is `\(name)`") }
        return handle
    }

    private func withoutHandle(_ op: String, _ arguments: Arguments, _ listener: StepListener?) throws -> Made? {
        switch op {
        case "open", "in_memory": return .handle(.database(try open(op, arguments)))
        case "new_cancel": return .handle(.cancel(try Cancel(deadline: arguments.optionalTime("deadline"))))
        case "import_options_from_json": return .result(try importOptionsFromJson(json: arguments.text("json")))
        case "error_code":
            let type = try arguments.record("error") { try $0.text("type") }
            let error = everyError.first { snake(Mirror(reflecting: $0).children.first?.label ?? "") == type }
            guard let error else { throw Mistake("no error is `\(type)`") }
            return .result(try errorCode(error: error))
        case "restore_backup":
            return .result(
                try restoreBackup(
                    base: arguments.text("base"), increments: arguments.texts("increments"), to: arguments.text("to"),
                    point: arguments.point(), progress: listener))
        case "salvage":
            return .result(
                try salvage(damaged: arguments.text("damaged"), to: arguments.text("to"), progress: listener))
        case "damage_file":
            try damage(URL(fileURLWithPath: arguments.text("path")), arguments.text("text"))
            return .nothing
        case "write_file":
            try arguments.bytes("content").write(to: URL(fileURLWithPath: arguments.text("path")))
            return .nothing
        case "copy_file":
            let copied = try Data(contentsOf: URL(fileURLWithPath: arguments.text("path")))
            try copied.write(to: URL(fileURLWithPath: arguments.text("to")))
            return .nothing
        case "read_file": return .result(try Data(contentsOf: URL(fileURLWithPath: arguments.text("path"))))
        case "file_exists": return .result(FileManager.default.fileExists(atPath: try arguments.text("path")))
        default: return nil
        }
    }

    /// Makes steps on many threads; the errors that came of it.
    private func threads(_ arguments: Arguments, _ given: JSON) throws -> JSON {
        struct Steps: Decodable { let steps: [Step] }
        let steps = try JSONDecoder().decode(Steps.self, from: Data(given.canonical.utf8)).steps
        let (count, rounds) = (try arguments.number("count"), try arguments.number("rounds"))
        let errors = Gathered<JSON>()
        let mistakes = Gathered<String>()
        let done = DispatchGroup()
        for number in 0..<count {
            done.enter()
            Thread {
                defer { done.leave() }
                var world = self
                world.named["thread"] = .number(number)
                for round in 0..<rounds {
                    world.named["round"] = .number(round)
                    for step in steps {
                        do {
                            let result = try world.step(step)
                            if result.pick("error") != .null { errors.add(result) }
                        } catch {
                            mistakes.add("\(error)")
                        }
                    }
                }
            }.start()
        }
        done.wait()
        if let mistake = mistakes.all.first { throw Mistake(mistake) }
        return .list(errors.all.sorted { $0.canonical < $1.canonical })
    }
}

/// Writes bytes FF over a text, wherever it stands in a file.
private func damage(_ file: URL, _ text: String) throws {
    var bytes = try Data(contentsOf: file)
    while let place = bytes.range(of: Data(text.utf8)) {
        bytes.replaceSubrange(place, with: Data(repeating: 0xff, count: place.count))
    }
    try bytes.write(to: file)
}

/// What threads have found, each once.
private final class Gathered<Element: Hashable & Sendable>: @unchecked Sendable {
    private let lock = NSLock()
    private var found: Set<Element> = []  // guarded by `lock`

    func add(_ element: Element) { lock.withLock { _ = found.insert(element) } }

    var all: Set<Element> { lock.withLock { found } }
}

/// The listener that a step asks for. At its first call it makes the call, if there is one, and answers.
private final class StepListener: ProgressListener, @unchecked Sendable {
    private struct Failure: Error, CustomStringConvertible { let description = "the listener failed" }

    private let world: World
    private let asked: Step.Listener
    private let lock = NSLock()
    private var first = true  // both guarded by `lock`
    private var result: JSON?

    init(_ world: World, _ asked: Step.Listener) {
        (self.world, self.asked) = (world, asked)
    }

    var called: JSON? { lock.withLock { result } }

    func onProgress(progress: JobProgress) throws -> Flow {
        let isFirst = lock.withLock {
            defer { first = false }
            return first
        }
        guard isFirst else { return .goOn }
        if let call = asked.call.first {
            var inner = world
            let json = try inner.step(call)
            lock.withLock { result = json }
        }
        switch asked.answer {
        case "go_on": return .goOn
        case "stop": return .stop
        default: throw Failure()
        }
    }
}

/// One error of each kind.
private let everyError: [CrmError] = [
    .UnknownObject(detail: "", name: "", nearest: nil), .UnknownField(detail: "", object: "", name: "", nearest: nil),
    .Invalid(detail: "", object: "", field: "", input: "", reason: "", others: []),
    .Expression(detail: "", text: "", line: 0, column: 0, reason: ""),
    .Duplicate(detail: "", object: "", field: "", value: "", holder: ""),
    .Stale(detail: "", object: "", id: "", expected: 0, fields: []), .NotFound(detail: "", object: "", id: ""),
    .MissingReference(detail: "", object: "", field: "", target: "", id: ""),
    .Referenced(detail: "", object: "", id: "", byObject: "", byField: "", by: "", count: 0),
    .Cycle(detail: "", object: "", field: "", id: ""), .Validation(detail: "", object: "", rule: "", text: ""),
    .Schema(detail: "", name: "", reason: ""), .Limit(detail: "", what: "", max: 0, actual: 0, others: []),
    .RuleDepth(detail: "", chain: []), .Cancelled(detail: ""), .Conflict(detail: ""), .Locked(detail: "", path: ""),
    .Full(detail: ""), .Io(detail: ""), .Corrupt(detail: ""), .NewerFormat(detail: "", found: 0, supported: 0),
    .NeedsReopen(detail: ""), .Closed(detail: ""), .Callback(detail: ""),
]
