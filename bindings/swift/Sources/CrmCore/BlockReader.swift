import Foundation

/// Reads a block where it lies. Every read is within the bytes, or throws.
struct BlockReader {
    private let bytes: UnsafeRawBufferPointer
    private var offset = 0
    private var names: [String] = []

    init(_ bytes: UnsafeRawBufferPointer) throws {
        self.bytes = bytes
        names = try many(u16()) { try $0.string() }
    }

    var isAtEnd: Bool { offset == bytes.count }

    mutating func many<T>(_ count: Int, _ one: (inout BlockReader) throws -> T) throws -> [T] {
        var all: [T] = []
        // A count is not trusted with more memory than there are bytes.
        all.reserveCapacity(min(count, bytes.count - offset))
        for _ in 0..<count {
            all.append(try one(&self))
        }
        return all
    }

    private mutating func number<T: FixedWidthInteger>(_ type: T.Type = T.self) throws -> T {
        let size = MemoryLayout<T>.size
        guard bytes.count - offset >= size else { throw MalformedBlock() }
        defer { offset += size }
        return T(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: T.self))
    }

    mutating func u16() throws -> Int { Int(try number(UInt16.self)) }

    mutating func count32() throws -> Int { Int(try number(UInt32.self)) }

    private mutating func string() throws -> String {
        let count = try count32()
        guard bytes.count - offset >= count else { throw MalformedBlock() }
        defer { offset += count }
        return String(decoding: UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + count]), as: UTF8.self)
    }

    private mutating func nameNumber() throws -> UInt16 {
        let number = try number(UInt16.self)
        guard number < names.count else { throw MalformedBlock() }
        return number
    }

    mutating func name() throws -> String { names[Int(try nameNumber())] }

    mutating func record() throws -> Record {
        let object = try name()
        let id = try string()
        let values = try many(u16()) { (name: try $0.nameNumber(), value: try $0.value()) }
        return Record(object: object, id: id, names: names, values: values)
    }

    private mutating func tag() throws -> ValueTag {
        guard let tag = ValueTag(rawValue: try number()) else { throw MalformedBlock() }
        return tag
    }

    mutating func tagged(_ wanted: ValueTag) throws {
        guard try tag() == wanted else { throw MalformedBlock() }
    }

    mutating func answer() throws -> Answer {
        switch try tag() {
        case .list: .list(try many(count32()) { try $0.answer() })
        case .record: .record(try record())
        case let tag: .value(try value(of: tag))
        }
    }

    mutating func value() throws -> Value { try value(of: tag()) }

    private mutating func value(of tag: ValueTag) throws -> Value {
        switch tag {
        case .null: .null
        case .false: .bool(false)
        case .true: .bool(true)
        case .integer: .integer(try number())
        case .decimal: .decimal(try Decimal(wire: string()))
        case .money: .money(try money())
        case .text: .text(try string())
        case .date: .date(CalendarDate(daysSince1970: Int64(try number(Int32.self))))
        case .partialDate: .partialDate(try partialDate())
        case .dateTime: .dateTime(DateTime(microsecondsSince1970: try number()))
        case .duration: .duration(.milliseconds(try number(Int64.self)))
        case .reference: .reference(Ref(object: try name(), id: try string()))
        case .parts:
            .parts(Dictionary(try many(u16()) { (try $0.name(), try $0.string()) }) { _, last in last })
        case .list: .list(try many(count32()) { try $0.value() })
        case .record, .fields: throw MalformedBlock()
        }
    }

    private mutating func money() throws -> Money {
        let amount = try string()
        return Money(try Decimal(wire: amount), try string(), decimals: Decimal.decimals(in: amount))
    }

    private mutating func partialDate() throws -> PartialDate {
        guard let date = PartialDate(try string()) else { throw MalformedBlock() }
        return date
    }
}
