import Foundation

/// A standard object as a type: a read view of a ``Record`` with a property for each declared field. The types are
/// generated from the engine's declarations.
public protocol CrmObject: Hashable, Sendable, Identifiable, TextOutputStreamable where ID == Id<Self> {
    associatedtype Draft: CrmDraft where Draft.Object == Self

    /// The object's name: `contact`.
    static var objectName: String { get }

    /// The record with all its fields, custom fields too.
    var raw: Record { get }

    /// A view of a record, which is of this object.
    init(raw: Record)
}

extension CrmObject {
    /// A view of a record; nil if it is of another object.
    public init?(_ record: Record) {
        guard record.object == Self.objectName else { return nil }
        self.init(raw: record)
    }

    public var id: Id<Self> { Id(raw.id) }

    public var ref: Ref { raw.ref }

    /// The value of any field, custom ones too; null if it has none.
    public subscript(field: String) -> Value { raw[field] }

    /// The value of any field as a type; nil if it has none, or one of another type.
    public subscript<T: FieldValue>(field: String, as type: T.Type = T.self) -> T? { raw[field] }

    public func write(to target: inout some TextOutputStream) {
        target.write(raw.description)
    }
}

/// What a change sets of an object's fields: what is set is changed, what is set to nil is cleared, and what is not set
/// stays.
///
/// ```swift
/// let acme = Company.Draft { $0.name = "Acme"; $0.employees = 40 }
/// ```
public protocol CrmDraft: Hashable, Sendable {
    associatedtype Object: CrmObject

    /// What is set, by the names of the fields; null clears.
    var changes: [String: Value] { get set }

    init()
}

extension CrmDraft {
    public init(_ fill: (inout Self) throws -> Void) rethrows {
        self.init()
        try fill(&self)
    }

    /// What is set of any field, custom ones too; null if nothing is. To set null clears it.
    public subscript(field: String) -> Value {
        get { changes[field] ?? .null }
        set { changes[field] = newValue }
    }

    /// What is set of a field; to set nil clears it.
    public subscript<T: FieldValue>(field: String, as type: T.Type = T.self) -> T? {
        get { changes[field].flatMap { T($0) } }
        set { changes[field] = newValue?.value ?? .null }
    }
}

/// The id of a record of a known object.
public struct Id<Object: CrmObject>: Hashable, Sendable {
    /// A UUID.
    public let text: String

    public init(_ text: String) {
        self.text = text
    }

    /// Nil if the reference is to another object.
    public init?(_ ref: Ref) {
        guard ref.object == Object.objectName else { return nil }
        self.init(ref.id)
    }

    public var ref: Ref { Ref(object: Object.objectName, id: text) }
}

extension Id: FieldValue {
    public init?(_ value: Value) {
        guard case .reference(let reference) = value else { return nil }
        self.init(reference)
    }

    public var value: Value { .reference(ref) }
}

extension Id: CustomStringConvertible {
    public var description: String { text }
}

extension Id: Codable {
    public init(from decoder: any Decoder) throws {
        self = try decoder.readText("an id") { Id($0) }
    }

    public func encode(to encoder: any Encoder) throws {
        try encoder.writeText(text)
    }
}

/// One of the keys that a choice field takes, or of what an operation is told. Keys that a later version of the engine or a custom choice adds are kept
/// as they are.
public protocol Choice: RawRepresentable, Hashable, Sendable, CaseIterable, FieldValue, Codable, CustomStringConvertible
where RawValue == String {
    init(rawValue: String)

    /// The declared keys and what people see of each; of what an operation is told, what it says.
    static var labels: [(key: String, label: String)] { get }
}

extension Choice {
    public init?(_ value: Value) {
        guard case .text(let key) = value else { return nil }
        self.init(rawValue: key)
    }

    public var value: Value { .text(rawValue) }

    /// The declared choices.
    public static var allCases: [Self] { labels.map { Self(rawValue: $0.key) } }

    /// What people see; the key of one that is not declared.
    public var label: String { Self.labels.first { $0.key == rawValue }?.label ?? rawValue }

    public var description: String { rawValue }
}

/// A person's name or an address: named parts, each of which may be missing.
public protocol NamedParts: Hashable, Sendable, FieldValue, Codable {
    var parts: [String: String] { get set }

    init()
}

extension NamedParts {
    public init?(_ value: Value) {
        guard case .parts(let parts) = value else { return nil }
        self.init()
        self.parts = parts
    }

    public var value: Value { .parts(parts) }
}
