import Foundation

/// The bytes in which records and values cross; the table of the encoding is in `crm-ffi/src/host/wire.rs`. Reading 1,000
/// records through the generated readers of `Data` costs some ten times as much.
enum Block {
    static func records(_ block: Data) throws -> [Record] {
        try read(block) { reader in
            try reader.tagged(.list)
            return try reader.many(reader.count32()) { try $0.record() }
        }
    }

    static func values(_ block: Data) throws -> [Value] {
        try read(block) { reader in
            try reader.tagged(.list)
            return try reader.many(reader.count32()) { try $0.value() }
        }
    }

    static func fields(_ block: Data) throws -> [String: Value] {
        try read(block) { reader in
            let fields = try reader.many(reader.u16()) { (try $0.name(), try $0.value()) }
            return Dictionary(fields) { _, last in last }
        }
    }

    static func answer(_ block: Data) throws -> Answer {
        try read(block) { try $0.answer() }
    }

    static func encode(_ fields: [String: Value]) -> Data {
        write { $0.fields(fields) }
    }

    static func encode(_ arguments: [Argument]) -> Data {
        write { $0.argument(.list(arguments)) }
    }

    static func encode(_ record: Record) -> Data {
        write { $0.record(record) }
    }

    static func encode(_ records: [Record]) -> Data {
        write { writer in
            writer.list(records.count)
            records.forEach { writer.record($0) }
        }
    }

    static func encode(_ value: Value) -> Data {
        write { $0.value(value) }
    }

    static func encode(_ values: [Value]) -> Data {
        write { $0.value(.list(values)) }
    }

    fileprivate static func read<T>(_ block: Data, _ body: (inout BlockReader) throws -> T) throws -> T {
        try block.withUnsafeBytes { bytes in
            var reader = try BlockReader(bytes)
            let result = try body(&reader)
            guard reader.isAtEnd else { throw MalformedBlock() }
            return result
        }
    }

    private static func write(_ body: (inout BlockWriter) -> Void) -> Data {
        var writer = BlockWriter()
        body(&writer)
        return writer.finish()
    }
}

extension Record {
    init(block: Data) throws {
        self = try Block.read(block) { try $0.record() }
    }
}

extension Value {
    init(block: Data) throws {
        self = try Block.read(block) { try $0.value() }
    }
}

/// The library answers in a form that this package does not know.
struct MalformedBlock: LocalizedError {
    var errorDescription: String? {
        "libcrm answers in a form that CrmCore does not know: they are of different versions"
    }
}

/// The first byte of a value.
enum ValueTag: UInt8 {
    case null, `false`, `true`, integer, decimal, money, text, date, partialDate, dateTime, duration, reference, parts, list
    /// Where a value could be: a record, and values for fields.
    case record, fields
}
