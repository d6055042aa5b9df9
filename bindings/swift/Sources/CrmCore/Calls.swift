import Foundation

extension Crm {
    /// Calls a declared operation by its number, with its arguments in their order.
    func called(
        _ operation: Int64, _ arguments: [Argument], rehearse: Bool = false, progress: ProgressListener? = nil
    ) throws -> Answer {
        let manner = rehearse ? Argument.list([.value(.bool(true))]) : .value(.null)
        let block = Block.encode([manner] + arguments)
        guard let progress else { return try Block.answer(call(operation: operation, arguments: block)) }
        return try Block.answer(callFollowed(operation: operation, arguments: block, progress: progress))
    }
}

/// An argument of a declared operation, or a part of one. A structure is a list of its members.
enum Argument {
    case value(Value)
    case fields([String: Value])
    case list([Argument])

    static func optional<T>(_ given: T?, _ argument: (T) -> Argument) -> Argument {
        given.map(argument) ?? .value(.null)
    }
}

/// What a declared operation returns, or a part of it. A structure is a list of its members.
enum Answer {
    case value(Value)
    case record(Record)
    case list([Answer])

    /// The members of a structure. Those behind the ones that are asked for are a later version's.
    func members() throws -> Members {
        guard case .list(let all) = self else { throw MalformedBlock() }
        return Members(all: all)
    }

    func one<T: FieldValue>(_ type: T.Type = T.self) throws -> T {
        guard case .value(let value) = self, let one = T(value) else { throw MalformedBlock() }
        return one
    }

    func optional<T>(_ read: (Answer) throws -> T) throws -> T? {
        if case .value(.null) = self { return nil }
        return try read(self)
    }

    func all<T>(_ read: (Answer) throws -> T) throws -> [T] {
        guard case .list(let all) = self else { throw MalformedBlock() }
        return try all.map(read)
    }

    func record() throws -> Record {
        guard case .record(let record) = self else { throw MalformedBlock() }
        return record
    }

    /// The value of a field, whatever its type.
    func value() throws -> Value {
        switch self {
        case .value(let value): value
        case .list(let all): .list(try all.map { try $0.value() })
        case .record: throw MalformedBlock()
        }
    }

    struct Members {
        let all: [Answer]

        /// Null where the structure has fewer members.
        subscript(place: Int) -> Answer { place < all.count ? all[place] : .value(.null) }
    }
}

/// The library has other operations than this package calls: it would take an argument for another.
struct OtherLibrary: LocalizedError {
    /// Throws if libcrm and the package do not belong together.
    static func refuse() throws {
        guard isOurs else { throw OtherLibrary() }
    }

    private static let isOurs = operationsDigest() == declaredOperations

    var errorDescription: String? {
        "libcrm has other operations than CrmCore calls: take both from the same version"
    }
}
