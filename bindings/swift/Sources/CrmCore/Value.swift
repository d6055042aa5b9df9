import Foundation

/// The value of a field of any object, custom ones too.
public enum Value: Hashable, Sendable {
    case null
    case bool(Bool)
    case integer(Int64)
    case decimal(Decimal)
    case money(Money)
    /// Text of every kind: lines, e-mail addresses, phone numbers, keys of choices.
    case text(String)
    case date(CalendarDate)
    case partialDate(PartialDate)
    case dateTime(DateTime)
    /// Whole milliseconds; what is finer is dropped.
    case duration(Duration)
    case reference(Ref)
    /// The named parts of an address or a person's name; those that are not known are missing.
    case parts([String: String])
    case list([Value])
}

/// A type that a field's value can be read as and set from.
public protocol FieldValue: Sendable {
    /// Nil if the value is of another type.
    init?(_ value: Value)

    var value: Value { get }
}

extension Bool: FieldValue {
    public init?(_ value: Value) {
        guard case .bool(let bool) = value else { return nil }
        self = bool
    }

    public var value: Value { .bool(self) }
}

extension Int64: FieldValue {
    public init?(_ value: Value) {
        guard case .integer(let number) = value else { return nil }
        self = number
    }

    public var value: Value { .integer(self) }
}

extension Decimal: FieldValue {
    public init?(_ value: Value) {
        guard case .decimal(let number) = value else { return nil }
        self = number
    }

    public var value: Value { .decimal(self) }
}

extension Money: FieldValue {
    public init?(_ value: Value) {
        guard case .money(let money) = value else { return nil }
        self = money
    }

    public var value: Value { .money(self) }
}

extension String: FieldValue {
    public init?(_ value: Value) {
        guard case .text(let text) = value else { return nil }
        self = text
    }

    public var value: Value { .text(self) }
}

extension CalendarDate: FieldValue {
    public init?(_ value: Value) {
        guard case .date(let date) = value else { return nil }
        self = date
    }

    public var value: Value { .date(self) }
}

extension PartialDate: FieldValue {
    public init?(_ value: Value) {
        guard case .partialDate(let date) = value else { return nil }
        self = date
    }

    public var value: Value { .partialDate(self) }
}

extension DateTime: FieldValue {
    public init?(_ value: Value) {
        guard case .dateTime(let instant) = value else { return nil }
        self = instant
    }

    public var value: Value { .dateTime(self) }
}

extension Duration: FieldValue {
    public init?(_ value: Value) {
        guard case .duration(let duration) = value else { return nil }
        self = duration
    }

    public var value: Value { .duration(self) }
}

extension Ref: FieldValue {
    public init?(_ value: Value) {
        guard case .reference(let reference) = value else { return nil }
        self = reference
    }

    public var value: Value { .reference(self) }
}

extension Array: FieldValue where Element: FieldValue {
    /// Elements of another type are left out.
    public init?(_ value: Value) {
        guard case .list(let values) = value else { return nil }
        self = values.compactMap { Element($0) }
    }

    public var value: Value { .list(map(\.value)) }
}

// So that the fields of a custom object read as they are written: ["name": "Acme", "employees": 40, "phone": nil].
extension Value: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByStringLiteral, ExpressibleByArrayLiteral
{
    public init(nilLiteral: ()) { self = .null }
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    public init(integerLiteral value: Int64) { self = .integer(value) }
    public init(stringLiteral value: String) { self = .text(value) }
    public init(arrayLiteral elements: Value...) { self = .list(elements) }
}

extension Value: CustomStringConvertible {
    public var description: String {
        switch self {
        case .null: "null"
        case .bool(let bool): String(bool)
        case .integer(let number): String(number)
        case .decimal(let number): number.plainText
        case .money(let money): money.description
        case .text(let text): text
        case .date(let date): date.description
        case .partialDate(let date): date.description
        case .dateTime(let instant): instant.description
        case .duration(let duration): duration.description
        case .reference(let reference): reference.description
        case .parts(let parts): parts.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
        case .list(let values): "[" + values.map(\.description).joined(separator: ", ") + "]"
        }
    }
}

extension Ref: CustomStringConvertible {
    /// `contact 0189…`.
    public var description: String { "\(object) \(id)" }
}
