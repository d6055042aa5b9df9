import CrmCore
import Foundation

/// The arguments of a step, by their names.
struct Arguments {
    private let members: [String: JSON]

    init(_ json: JSON) throws {
        guard case .object(let members) = json else { throw Mistake("\(json.canonical) is no object") }
        self.members = members
    }

    /// Nil where it is not given, or null.
    subscript(name: String) -> JSON? {
        members[name].flatMap { $0 == .null ? nil : $0 }
    }

    /// An argument of a declared operation, as one of `Read` takes it.
    func one<T>(_ name: String, _ read: (JSON) throws -> T) throws -> T { try read(json(name)) }

    func optional<T>(_ name: String, _ read: (JSON) throws -> T) throws -> T? { try self[name].map(read) }

    private func needed<T>(_ name: String, _ value: T?) throws -> T {
        guard let value else { throw Mistake("`\(name)` is not given") }
        return value
    }

    func json(_ name: String) throws -> JSON { try needed(name, self[name]) }

    func optionalText(_ name: String) throws -> String? {
        try self[name].map {
            guard case .text(let text) = $0 else { throw Mistake("`\(name)` is no text") }
            return text
        }
    }

    func text(_ name: String) throws -> String { try needed(name, optionalText(name)) }

    func optionalNumber(_ name: String) throws -> Int64? {
        try self[name].map {
            guard case .number(let number) = $0 else { throw Mistake("`\(name)` is no number") }
            return number
        }
    }

    func number(_ name: String) throws -> Int64 { try needed(name, optionalNumber(name)) }

    func small(_ name: String) throws -> Int32 { Int32(try optionalNumber(name) ?? 0) }

    func flag(_ name: String, else other: Bool = false) -> Bool {
        self[name].map { $0 == .bool(true) } ?? other
    }

    func list<T>(_ name: String, _ one: (JSON) throws -> T) throws -> [T] {
        guard let json = self[name] else { return [] }
        guard case .list(let all) = json else { throw Mistake("`\(name)` is no list") }
        return try all.map(one)
    }

    func texts(_ name: String) throws -> [String] {
        try list(name) {
            guard case .text(let text) = $0 else { throw Mistake("`\(name)` are no texts") }
            return text
        }
    }

    func numbers(_ name: String) throws -> [Int32] {
        try list(name) {
            guard case .number(let number) = $0 else { throw Mistake("`\(name)` are no numbers") }
            return Int32(number)
        }
    }

    func map<T>(_ name: String, _ one: (JSON) throws -> T) throws -> [String: T] {
        guard let json = self[name] else { return [:] }
        guard case .object(let members) = json else { throw Mistake("`\(name)` is no object") }
        return try members.mapValues(one)
    }

    /// The members of an argument that is a record of the interface.
    func record<T>(_ name: String, _ make: (Arguments) throws -> T) throws -> T {
        try make(Arguments(json(name)))
    }

    func optionalRecord<T>(_ name: String, _ make: (Arguments) throws -> T) throws -> T? {
        try self[name].map { try make(Arguments($0)) }
    }

    /// A case of an enumeration, by its name in snake case.
    func optionalCase<T: CaseIterable>(_ name: String, _ type: T.Type = T.self) throws -> T? {
        try optionalText(name).map { text in
            guard let found = T.allCases.first(where: { snake("\($0)") == text }) else {
                throw Mistake("no \(T.self) is `\(text)`")
            }
            return found
        }
    }

    func oneOf<T: CaseIterable>(_ name: String, _ type: T.Type = T.self) throws -> T {
        try needed(name, optionalCase(name))
    }

    func optionalTime(_ name: String) throws -> DateTime? {
        try optionalText(name).map { text in
            guard let instant = DateTime(text) else { throw Mistake("`\(text)` is no instant") }
            return instant
        }
    }

    func time(_ name: String) throws -> DateTime { try needed(name, optionalTime(name)) }

    func decimal(_ name: String) throws -> Decimal { try needed(name, Decimal(string: text(name))) }

    func ref(_ name: String) throws -> Ref { try record(name) { Ref(object: try $0.text("object"), id: try $0.text("id")) } }

    func optionalRef(_ name: String) throws -> Ref? { self[name] == nil ? nil : try ref(name) }

    func bytes(_ name: String) throws -> Data {
        if case .text(let text) = try json(name) { return Data(text.utf8) }
        let digits = Array(try record(name) { try $0.text("hex") })
        return Data(try stride(from: 0, to: digits.count - 1, by: 2).map {
            try needed(name, UInt8(String(digits[$0...$0 + 1]), radix: 16))
        })
    }

    func fields(_ name: String = "fields") throws -> [String: Value] { try map(name, fieldValue) }
}

/// What an argument of a declared operation is, by its JSON.
enum Read {
    private static func one<T>(_ json: JSON, _ read: (Arguments) throws -> T) throws -> T {
        try read(Arguments(.object(["it": json])))
    }

    static func flag(_ json: JSON) throws -> Bool { try one(json) { $0.flag("it") } }
    static func number(_ json: JSON) throws -> Int64 { try one(json) { try $0.number("it") } }
    static func decimal(_ json: JSON) throws -> Decimal { try one(json) { try $0.decimal("it") } }
    static func text(_ json: JSON) throws -> String { try one(json) { try $0.text("it") } }
    static func time(_ json: JSON) throws -> DateTime { try one(json) { try $0.time("it") } }
    static func duration(_ json: JSON) throws -> Duration { .milliseconds(try number(json)) }
    static func ref(_ json: JSON) throws -> Ref { try one(json) { try $0.ref("it") } }
    static func id<O>(_ json: JSON) throws -> Id<O> { Id(try ref(json).id) }
    static func value(_ json: JSON) throws -> Value { try fieldValue(json) }
    static func choice<C: Choice>(_ json: JSON) throws -> C { C(rawValue: try text(json)) }

    static func date(_ json: JSON) throws -> CalendarDate {
        guard let date = CalendarDate(try text(json)) else { throw Mistake("no date") }
        return date
    }

    static func money(_ json: JSON) throws -> Money {
        try Money(Arguments(json).decimal("amount"), Arguments(json).text("currency"))
    }

    static func draft<D: CrmDraft>(_ json: JSON) throws -> D {
        var draft = D()
        draft.changes = try one(json) { try $0.fields("it") }
        return draft
    }

    static func list<T>(_ json: JSON, _ read: (JSON) throws -> T) throws -> [T] {
        try one(json) { try $0.list("it", read) }
    }
}

/// A value of a field.
private func fieldValue(_ json: JSON) throws -> Value {
    switch json {
    case .null: .null
    case .bool(let bool): .bool(bool)
    case .number(let number): .integer(number)
    case .text(let text): .text(text)
    case .list(let all): .list(try all.map(fieldValue))
    case .object(let members): try value(Arguments(json), members.keys.sorted())
    }
}

private func value(_ members: Arguments, _ names: [String]) throws -> Value {
    switch names {
    case ["decimal"]: return .decimal(try members.decimal("decimal"))
    case ["date"]:
        guard let date = CalendarDate(try members.text("date")) else { throw Mistake("no date") }
        return .date(date)
    case ["partial_date"]:
        guard let date = PartialDate(try members.text("partial_date")) else { throw Mistake("no partial date") }
        return .partialDate(date)
    case ["date_time"]: return .dateTime(try members.time("date_time"))
    case ["duration"]: return .duration(.milliseconds(try members.number("duration")))
    case ["amount", "currency"]: return .money(Money(try members.decimal("amount"), try members.text("currency")))
    case ["id", "object"]: return .reference(Ref(object: try members.text("object"), id: try members.text("id")))
    default: return .parts(Dictionary(uniqueKeysWithValues: try names.map { ($0, try members.text($0)) }))
    }
}
