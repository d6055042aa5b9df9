import Foundation

/// JSON as the scenarios have it: no fractions.
enum JSON: Hashable, Sendable, Decodable {
    case null
    case bool(Bool)
    case number(Int64)
    case text(String)
    case list([JSON])
    case object([String: JSON])

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let text = try? container.decode(String.self) {
            self = .text(text)
        } else if let members = try? container.decode([String: JSON].self) {
            self = .object(members)
        } else if let number = try? container.decode(Int64.self) {
            self = .number(number)
        } else if let bool = try? container.decode(Bool.self) {
            self = .bool(bool)
        } else {
            self = .list(try container.decode([JSON].self))
        }
    }

    /// A part by its path: null if it is not there.
    func pick(_ path: some StringProtocol) -> JSON {
        var part = self
        for segment in path.split(separator: ".") {
            switch part {
            case .object(let members):
                part = members[String(segment)] ?? .null
            case .list(let all):
                if let equals = segment.firstIndex(of: "=") {
                    let (member, text) = (String(segment[..<equals]), String(segment[equals...].dropFirst()))
                    part = all.first { $0.pick(member) == .text(text) } ?? .null
                } else if let place = Int(segment), all.indices.contains(place) {
                    part = all[place]
                } else {
                    return .null
                }
            default:
                return .null
            }
        }
        return part
    }

    /// With its placeholders replaced by the results that have names.
    func filled(_ named: [String: JSON]) throws -> JSON {
        switch self {
        case .text(let text): try Self.fill(text, named)
        case .list(let all): .list(try all.map { try $0.filled(named) })
        case .object(let members):
            .object(
                try Dictionary(
                    uniqueKeysWithValues: members.map { (try Self.fill($0, named).plain, try $1.filled(named)) }))
        default: self
        }
    }

    private static func fill(_ text: String, _ named: [String: JSON]) throws -> JSON {
        var out = ""
        var rest = text[...]
        while let start = rest.range(of: "${") {
            guard let end = rest[start.upperBound...].firstIndex(of: "}") else {
                throw Mistake("a placeholder has no end: \(text)")
            }
            let path = rest[start.upperBound..<end].split(separator: ".", maxSplits: 1)
            guard let name = path.first, let value = named[String(name)] else {
                throw Mistake("nothing is named as in \(text)")
            }
            let part = path.count == 2 ? value.pick(path[1]) : value
            out += rest[..<start.lowerBound]
            rest = rest[rest.index(after: end)...]
            if out.isEmpty, rest.isEmpty { return part }
            out += part.plain
        }
        return .text(out + rest)
    }

    /// What a value is within a longer text.
    private var plain: String {
        if case .text(let text) = self { return text }
        return canonical
    }

    /// The canonical form: one line, members in order and without those that are null.
    var canonical: String {
        switch self {
        case .null: "null"
        case .bool(let bool): String(bool)
        case .number(let number): String(number)
        case .text(let text): Self.quoted(text)
        case .list(let all): "[" + all.map(\.canonical).joined(separator: ",") + "]"
        case .object(let members):
            "{"
                + members.filter { $0.value != .null }
                .sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
                .map { Self.quoted($0.key) + ":" + $0.value.canonical }.joined(separator: ",") + "}"
        }
    }

    private static func quoted(_ text: String) -> String {
        var out = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": out += "\\\""
            case "\\": out += "\\\\"
            case "\u{8}": out += "\\b"
            case "\u{c}": out += "\\f"
            case "\n": out += "\\n"
            case "\r": out += "\\r"
            case "\t": out += "\\t"
            case "\0"..<" ":
                let digits = String(scalar.value, radix: 16)
                out += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: out.unicodeScalars.append(scalar)
            }
        }
        return out + "\""
    }
}

/// A scenario that is wrong.
struct Mistake: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
