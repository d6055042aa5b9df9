import CrmCore
import Foundation

/// What steps are called on.
enum Handle: Sendable {
    case database(Crm)
    case rows(Rows)
    case subscription(Subscription)
    case clock(ManualClock)
    case cancel(Cancel)
}

/// What a step made.
enum Made {
    case json(JSON)
    case handle(Handle)

    static let nothing = Made.json(.null)

    static func result(_ any: Any) -> Made { .json(canonical(any)) }
}

extension Handle {
    func call(_ op: String, _ arguments: Arguments, _ listener: ProgressListener?) throws -> Made {
        switch self {
        case .database(let crm): try crm.call(op, arguments, listener)
        case .rows(let rows):
            switch op {
            case "next_page": .result(try rows.nextPage(limit: arguments.number("limit")))
            default: throw unknown(op)
            }
        case .subscription(let subscription):
            switch op {
            case "next_batch": .result(try subscription.nextBatch(timeoutMs: arguments.number("timeout_ms")))
            case "stop": try none { try subscription.stop() }
            default: throw unknown(op)
            }
        case .cancel(let cancel):
            switch op {
            case "cancel": try none { try cancel.cancel() }
            case "is_cancelled": .result(try cancel.isCancelled())
            default: throw unknown(op)
            }
        case .clock(let clock):
            switch op {
            case "set": try none { try clock.set(now: arguments.time("now")) }
            case "advance": try none { try clock.advance(milliseconds: arguments.number("milliseconds")) }
            default: throw unknown(op)
            }
        }
    }
}

private func unknown(_ op: String) -> Mistake { Mistake("there is no operation `\(op)` on this handle") }

func none(_ call: () throws -> Void) rethrows -> Made {
    try call()
    return .nothing
}

extension Crm {
    fileprivate func call(_ op: String, _ arguments: Arguments, _ listener: ProgressListener?) throws -> Made {
        for group in [sessions, changes, reading, figures, workAhead, schemata, feed, upkeep] {
            if let made = try group(op, arguments) { return made }
        }
        if let made = try jobs(op, arguments, listener) { return made }
        if let made = try declared(op, arguments, listener) { return made }
        throw unknown(op)
    }

    private func sessions(_ op: String, _ arguments: Arguments) throws -> Made? {
        switch op {
        case "as_user": .handle(.database(try asUser(user: arguments.ref("user"))))
        case "operation": .handle(.database(try operation(name: arguments.text("name"))))
        case "caused_by": .handle(.database(try causedBy(cause: arguments.text("cause"))))
        case "without_rules": .handle(.database(try withoutRules()))
        case "find_all": .handle(.rows(try findAll(query: arguments.query())))
        case "watch": .handle(.subscription(try watch(watch: arguments.watch())))
        case "actor": .result(try actor() as Any)
        case "now": .result(try now())
        default: nil
        }
    }

    private func changes(_ op: String, _ arguments: Arguments) throws -> Made? {
        switch op {
        case "create": .result(try create(object: arguments.text("object"), fields: arguments.fields()))
        case "create_record":
            .result(try createRecord(object: arguments.text("object"), fields: arguments.fields()))
        case "create_json": .result(try createJson(object: arguments.text("object"), json: arguments.text("json")))
        case "update":
            .result(
                try update(
                    record: arguments.ref("record"), fields: arguments.fields(),
                    expected: arguments.optionalNumber("expected")))
        case "update_json": .result(try updateJson(record: arguments.ref("record"), json: arguments.text("json")))
        case "upsert":
            .result(
                try upsert(object: arguments.text("object"), by: arguments.text("by"), fields: arguments.fields()))
        case "delete": .result(try delete(record: arguments.ref("record")))
        case "restore": .result(try restore(record: arguments.ref("record")))
        case "purge": .result(try purge(record: arguments.ref("record")))
        case "change": .result(try change(change: arguments.record("change") { try $0.change() }))
        case "batch": .result(try batch(changes: arguments.changes(), key: arguments.optionalText("key")))
        case "rehearse_batch": .result(try rehearseBatch(changes: arguments.changes()))
        case "undo": .result(try undo(operation: arguments.text("operation")))
        case "move_card":
            .result(
                try moveCard(
                    card: arguments.ref("card"), column: arguments.ref("column"), behind: arguments.optionalRef("behind")))
        case "put_content":
            try none { try putContent(document: arguments.ref("document"), content: arguments.bytes("content")) }
        default: nil
        }
    }

    private func reading(_ op: String, _ arguments: Arguments) throws -> Made? {
        switch op {
        case "get": .result(try get(record: arguments.ref("record")))
        case "find_record": .result(try findRecord(record: arguments.ref("record")) as Any)
        case "record_at": .result(try recordAt(record: arguments.ref("record"), at: arguments.time("at")) as Any)
        case "record_as_of":
            .result(try recordAsOf(record: arguments.ref("record"), sequence: arguments.number("sequence")) as Any)
        case "organisation": .result(try organisation())
        case "find": .result(try find(query: arguments.query()))
        case "explain": .result(try explain(query: arguments.query()))
        case "count":
            .result(try count(object: arguments.text("object"), filter: arguments.optionalText("filter") ?? ""))
        case "search":
            .result(
                try search(
                    text: arguments.text("text"), objects: arguments.texts("objects"),
                    limit: arguments.optionalNumber("limit") ?? 50, prefix: arguments.optionalCase("prefix")))
        case "title": .result(try title(record: arguments.ref("record")))
        case "json": .result(try json(record: arguments.ref("record")))
        case "content": .result(try content(document: arguments.ref("document")) as Any)
        case "history": .result(try history(record: arguments.ref("record")))
        case "field_history":
            .result(try fieldHistory(record: arguments.ref("record"), field: arguments.text("field")))
        default: nil
        }
    }

    private func figures(_ op: String, _ arguments: Arguments) throws -> Made? {
        switch op {
        case "aggregate": .result(try aggregate(question: arguments.aggregate()))
        case "timeline": .result(try timeline(query: arguments.timelineQuery()))
        default: nil
        }
    }

    private func workAhead(_ op: String, _ arguments: Arguments) throws -> Made? {
        switch op {
        case "next_due": .result(try nextDue() as Any)
        case "run_due": .result(try runDue(until: arguments.time("until")))
        case "due_reminders": .result(try dueReminders(limit: arguments.optionalNumber("limit") ?? 50))
        case "acknowledge": .result(try acknowledge(reminder: arguments.ref("reminder")))
        case "snooze": .result(try snooze(reminder: arguments.ref("reminder"), until: arguments.time("until")))
        case "outbox": .result(try outbox(limit: arguments.optionalNumber("limit") ?? 50))
        case "outbox_sent": .result(try outboxSent(message: arguments.ref("message")))
        case "outbox_failed":
            .result(
                try outboxFailed(
                    message: arguments.ref("message"), error: arguments.text("error"),
                    retry: arguments.optionalTime("retry")))
        case "contact_point": .result(try contactPoint(address: arguments.text("address")))
        case "set_opted_out":
            .result(try setOptedOut(address: arguments.text("address"), optedOut: arguments.flag("opted_out")))
        case "set_invalid":
            .result(try setInvalid(address: arguments.text("address"), reason: arguments.optionalText("reason")))
        default: nil
        }
    }

    private func schemata(_ op: String, _ arguments: Arguments) throws -> Made? {
        switch op {
        case "schema": .result(try schema())
        case "schema_version": .result(try schemaVersion())
        case "settings": .result(try settings())
        case "add_object": .result(try addObject(object: arguments.record("object") { try $0.object() }))
        case "add_field":
            .result(
                try addField(object: arguments.text("object"), field: arguments.record("field") { try $0.field() }))
        case "add_fields":
            .result(
                try addFields(
                    object: arguments.text("object"), fields: arguments.list("fields") { try Arguments($0).field() }))
        case "rename_field":
            try none {
                try renameField(
                    object: arguments.text("object"), field: arguments.text("field"), name: arguments.text("name"))
            }
        case "retire_field":
            try none { try retireField(object: arguments.text("object"), field: arguments.text("field")) }
        case "restore_field":
            try none { try restoreField(object: arguments.text("object"), field: arguments.text("field")) }
        case "retype_field":
            .result(
                try retypeField(
                    object: arguments.text("object"), field: arguments.text("field"), ty: arguments.oneOf("ty"),
                    clearFailures: arguments.flag("clear_failures")))
        case "index_field":
            try none { try indexField(object: arguments.text("object"), field: arguments.text("field")) }
        default: nil
        }
    }

    private func feed(_ op: String, _ arguments: Arguments) throws -> Made? {
        switch op {
        case "changes":
            .result(
                try changes(
                    after: arguments.number("after"), entriesMax: arguments.optionalNumber("entries_max") ?? 1_000))
        case "wait_for_changes":
            .result(
                try waitForChanges(
                    after: arguments.number("after"), timeoutMs: arguments.number("timeout_ms"),
                    entriesMax: arguments.optionalNumber("entries_max") ?? 1_000))
        case "sequence": .result(try sequence())
        default: nil
        }
    }

    private func upkeep(_ op: String, _ arguments: Arguments) throws -> Made? {
        switch op {
        case "check": .result(try check())
        case "repair": .result(try repair())
        case "stats": .result(try stats())
        case "maintain": .result(try maintain())
        case "reopen": try none { try reopen() }
        case "shutdown": try none { try close() }
        default: nil
        }
    }

    private func jobs(_ op: String, _ arguments: Arguments, _ listener: ProgressListener?) throws -> Made? {
        switch op {
        case "import_csv":
            .result(
                try importCsv(data: arguments.bytes("data"), options: arguments.importOptions(), progress: listener))
        case "import_csv_file":
            .result(
                try importCsvFile(path: arguments.text("path"), options: arguments.importOptions(), progress: listener))
        case "run_import_plan":
            .result(
                try runImportPlan(
                    plan: arguments.text("plan"), folder: arguments.text("folder"), progress: listener))
        case "export_csv":
            .result(try exportCsv(query: arguments.query(), fields: arguments.texts("fields")))
        case "export_csv_file":
            .result(
                try exportCsvFile(
                    query: arguments.query(), path: arguments.text("path"), fields: arguments.texts("fields")))
        case "compact": try none { try compact(progress: listener) }
        case "backup": try none { try backup(path: arguments.text("path"), progress: listener) }
        default: nil
        }
    }
}
