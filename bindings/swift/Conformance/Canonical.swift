import CrmCore
import Foundation

/// A result in the canonical form. The records of the interface are structs and enumerations whose members have the names
/// of the form, in Swift's spelling.
func canonical(_ any: Any) -> JSON {
    switch any {
    case let value as Value: canonical(value)
    case let record as Record:
        // A field of the name `object` stands under that of its object type.
        .object(
            Dictionary(
                uniqueKeysWithValues: record.fields.map { name, value in
                    (name == "object" ? "\(record.object).object" : name, canonical(value))
                }
            ).merging(["object": .text(record.object), "id": .text(record.id)]) { own, _ in own })
    case let text as String: .text(text)
    case let bool as Bool: .bool(bool)
    case let number as any BinaryInteger: .number(Int64(number))
    case let number as Decimal: .text(Value.decimal(number).description)
    case let instant as DateTime: .text(instant.description)
    case let bytes as Data: canonical(bytes)
    case let members as [String: Any]: .object(members.mapValues(canonical))
    case let all as [Any]: .list(all.map(canonical))
    case let error as CrmError: canonical(error)
    // Choices and typed ids.
    case let value as any FieldValue: canonical(value.value)
    default: reflected(any)
    }
}

private func reflected(_ any: Any) -> JSON {
    let mirror = Mirror(reflecting: any)
    switch mirror.displayStyle {
    case .optional: return mirror.children.first.map { canonical($0.value) } ?? .null
    case .struct, .tuple: return .object(members(mirror))
    case .enum:
        guard let payload = mirror.children.first, let name = payload.label else {
            // Of an enumeration some of whose cases carry data, each is an object.
            let name = JSON.text(snake("\(any)"))
            return any is any CaseIterable ? name : .object(["type": name])
        }
        return .object(members(Mirror(reflecting: payload.value)).merging(["type": .text(snake(name))]) { $1 })
    default: return .text("\(any)")
    }
}

private func members(_ mirror: Mirror) -> [String: JSON] {
    Dictionary(uniqueKeysWithValues: mirror.children.map { (snake($0.label ?? ""), canonical($0.value)) })
}

private func canonical(_ error: CrmError) -> JSON { .object(["error": fault(error)]) }

private func fault(_ error: CrmError) -> JSON {
    let payload = Mirror(reflecting: error).children.first.map { members(Mirror(reflecting: $0.value)) } ?? [:]
    guard let code = try? error.code else { return .null }
    var all = payload.merging(["code": .number(Int64(code.number)), "type": .text(code.name)]) { $1 }
    // What a listener threw is said in each host's own way.
    if code.name == "callback" { all["detail"] = nil }
    all["others"] = error.others.isEmpty ? nil : .list(error.others.map(fault))
    return .object(all)
}

private func canonical(_ value: Value) -> JSON {
    switch value {
    case .null: .null
    case .bool(let bool): .bool(bool)
    case .integer(let number): .number(number)
    case .money(let money): .object(["amount": .text(money.amountText), "currency": .text(money.currency)])
    case .duration(let duration): .text(iso(duration))
    case .reference(let ref): .object(["object": .text(ref.object), "id": .text(ref.id)])
    case .parts(let parts): .object(parts.mapValues { .text($0) })
    case .list(let values): .list(values.map(canonical))
    case .decimal, .text, .date, .partialDate, .dateTime: .text(value.description)
    }
}

private func canonical(_ bytes: Data) -> JSON {
    if let text = String(validating: bytes, as: UTF8.self) { return .text(text) }
    return .object(["hex": .text(bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined())])
}

/// `PT1H30M`, `PT1M1.05S`.
private func iso(_ duration: Duration) -> String {
    let (seconds, attoseconds) = duration.components
    let milliseconds = seconds * 1_000 + attoseconds / 1_000_000_000_000_000
    let magnitude = milliseconds.magnitude
    var text = magnitude >= 3_600_000 ? "\(magnitude / 3_600_000)H" : ""
    let minutes = magnitude / 60_000 % 60
    if minutes > 0 { text += "\(minutes)M" }
    let rest = Decimal(magnitude % 60_000) / 1_000
    if rest > 0 || text.isEmpty { text += "\(Value.decimal(rest))S" }
    return (milliseconds < 0 ? "-" : "") + "PT" + text
}

/// `groupBy` and `GroupBy` are `group_by`.
func snake(_ name: String) -> String {
    var out = ""
    for character in name {
        if character.isUppercase, !out.isEmpty { out += "_" }
        out += character.lowercased()
    }
    return out
}
