/// A record of any object: its fields by name, custom fields too. A snapshot: it does not change.
public struct Record: Sendable {
    /// The name of the object: `contact`.
    public let object: String
    /// A UUID.
    public let id: String
    /// The names of the block that the record came in, and the values of this record by their places among them.
    let names: [String]
    let values: [(name: UInt16, value: Value)]

    /// The value of a field; null if it has none.
    public subscript(field: String) -> Value {
        for (name, value) in values where names[Int(name)] == field {
            return value
        }
        return .null
    }

    /// The value of a field as a type; nil if it has none, or one of another type.
    public subscript<T: FieldValue>(field: String, as type: T.Type = T.self) -> T? {
        T(self[field])
    }

    /// Every field that has a value.
    public var fields: [String: Value] {
        Dictionary(values.map { (names[Int($0.name)], $0.value) }) { first, _ in first }
    }

    public var ref: Ref { Ref(object: object, id: id) }

    /// The commit that changed the record last; what a change passes as `expected`.
    public var version: Int64 { self["version"] ?? 0 }
}

extension Record: Hashable {
    public static func == (left: Record, right: Record) -> Bool {
        left.id == right.id && left.object == right.object && left.fields == right.fields
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(id)
        hasher.combine(version)
    }
}

extension Record: CustomStringConvertible {
    /// `contact 0189… [email: ada@acme.example, …]`.
    public var description: String {
        let fields = values.map { "\(names[Int($0.name)]): \($0.value)" }
        return "\(object) \(id) [\(fields.joined(separator: ", "))]"
    }
}
