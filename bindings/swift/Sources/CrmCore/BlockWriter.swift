import Foundation

/// Writes the body of a block, and gathers the names that stand before it. Counts that the encoding cannot say are cut,
/// which makes a block that the engine refuses.
struct BlockWriter {
    private var body: [UInt8] = []
    private var names: [UInt8] = []
    private var known: [String: Int] = [:]

    func finish() -> Data {
        var block = Data(capacity: 2 + names.count + body.count)
        withUnsafeBytes(of: UInt16(clamping: known.count).littleEndian) { block.append(contentsOf: $0) }
        block.append(contentsOf: names)
        block.append(contentsOf: body)
        return block
    }

    private mutating func number(_ number: some FixedWidthInteger) {
        withUnsafeBytes(of: number.littleEndian) { body.append(contentsOf: $0) }
    }

    mutating func u16(_ count: Int) { number(UInt16(clamping: count)) }

    private mutating func string(_ text: String) {
        number(UInt32(clamping: text.utf8.count))
        body.append(contentsOf: text.utf8)
    }

    mutating func name(_ name: String) {
        if let place = known[name] {
            u16(place)
            return
        }
        u16(known.count)
        known[name] = known.count
        withUnsafeBytes(of: UInt32(clamping: name.utf8.count).littleEndian) { names.append(contentsOf: $0) }
        names.append(contentsOf: name.utf8)
    }

    private mutating func tag(_ tag: ValueTag) { body.append(tag.rawValue) }

    mutating func list(_ count: Int) {
        tag(.list)
        number(UInt32(clamping: count))
    }

    mutating func fields(_ fields: [String: Value]) {
        u16(fields.count)
        for (name, value) in fields {
            self.name(name)
            self.value(value)
        }
    }

    mutating func argument(_ argument: Argument) {
        switch argument {
        case .value(let value): self.value(value)
        case .fields(let fields):
            tag(.fields)
            self.fields(fields)
        case .list(let all):
            list(all.count)
            all.forEach { self.argument($0) }
        }
    }

    mutating func record(_ record: Record) {
        name(record.object)
        string(record.id)
        u16(record.values.count)
        for (place, value) in record.values {
            name(record.names[Int(place)])
            self.value(value)
        }
    }

    mutating func value(_ value: Value) {
        switch value {
        case .null: tag(.null)
        case .bool(let bool): tag(bool ? .true : .false)
        case .integer(let integer):
            tag(.integer)
            number(integer)
        case .decimal(let decimal):
            tag(.decimal)
            string(decimal.plainText)
        case .money(let money):
            tag(.money)
            string(money.amount.plainText)
            string(money.currency)
        case .text(let text):
            tag(.text)
            string(text)
        case .date(let date):
            tag(.date)
            number(Int32(clamping: date.daysSince1970))
        case .partialDate(let date):
            tag(.partialDate)
            string(date.description)
        case .dateTime(let instant):
            tag(.dateTime)
            number(instant.microsecondsSince1970)
        case .duration(let duration):
            tag(.duration)
            number(duration.wholeMilliseconds)
        case .reference(let reference):
            tag(.reference)
            name(reference.object)
            string(reference.id)
        case .parts(let parts):
            tag(.parts)
            u16(parts.count)
            for (part, text) in parts {
                name(part)
                string(text)
            }
        case .list(let values):
            list(values.count)
            values.forEach { self.value($0) }
        }
    }
}
