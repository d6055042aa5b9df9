import Foundation

/// An instant, in microseconds since 1970-01-01 UTC: what a date-time field holds.
///
/// It is not a `Foundation.Date` because that is a floating-point number of seconds: exact to the microsecond from 1729
/// to 2273, but coarser further away (some 15 µs in the year 9999). A record that is read and written back must not
/// change, so the engine's own form is kept and ``date`` is there for calendars and formatters.
public struct DateTime: Hashable, Sendable {
    /// Microseconds since 1970-01-01 UTC.
    public let microsecondsSince1970: Int64

    public init(microsecondsSince1970: Int64) {
        self.microsecondsSince1970 = microsecondsSince1970
    }

    /// The nearest microsecond; nil for a date that is not a number, or hundreds of thousands of years away.
    public init?(_ date: Date) {
        let microseconds = (date.timeIntervalSince1970 * 1e6).rounded()
        guard let exact = Int64(exactly: microseconds) else { return nil }
        self.init(microsecondsSince1970: exact)
    }

    /// Reads RFC 3339: `2026-03-14T09:00:00Z`, `2026-03-14T10:00:00.5+01:00`. Nil for anything else: a time without a
    /// zone is not an instant.
    public init?(_ text: some StringProtocol) {
        guard let instant = RFC3339.read(text) else { return nil }
        self.init(microsecondsSince1970: instant)
    }

    /// The operating system's time. The database has a clock of its own: ``Crm/now()``.
    public static var now: DateTime {
        DateTime(Date()) ?? DateTime(microsecondsSince1970: 0)
    }

    /// As a `Foundation.Date`, exact to the microsecond from 1729 to 2273.
    public var date: Date {
        let (seconds, micros) = microsecondsSince1970.quotientAndRemainder(dividingBy: 1_000_000)
        return Date(timeIntervalSince1970: Double(seconds) + Double(micros) / 1e6)
    }
}

extension DateTime: InstantProtocol {
    /// Later by a duration, to the microsecond; the last instant that there is for one that is too long.
    public func advanced(by duration: Duration) -> DateTime {
        let (sum, overflow) = microsecondsSince1970.addingReportingOverflow(duration.wholeMicroseconds)
        let last: Int64 = duration < .zero ? .min : .max
        return DateTime(microsecondsSince1970: overflow ? last : sum)
    }

    public func duration(to other: DateTime) -> Duration {
        .microseconds(other.microsecondsSince1970) - .microseconds(microsecondsSince1970)
    }

    public static func < (left: DateTime, right: DateTime) -> Bool {
        left.microsecondsSince1970 < right.microsecondsSince1970
    }
}

extension DateTime: CustomStringConvertible {
    /// RFC 3339 in UTC: `2026-03-14T09:00:00Z`, with 3 or 6 decimals where they are needed.
    public var description: String { RFC3339.write(microsecondsSince1970) }
}

extension DateTime: Codable {
    public init(from decoder: any Decoder) throws {
        self = try decoder.readText("an RFC 3339 time") { DateTime($0) }
    }

    public func encode(to encoder: any Encoder) throws {
        try encoder.writeText(description)
    }
}

extension Duration {
    /// Whole microseconds, rounded to zero; the greatest or smallest number for a duration beyond it.
    var wholeMicroseconds: Int64 {
        let (seconds, attoseconds) = components
        let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000)
        let (sum, beyond) = whole.addingReportingOverflow(attoseconds / 1_000_000_000_000)
        return overflow || beyond ? (seconds < 0 ? .min : .max) : sum
    }

    /// Whole milliseconds, what a duration field holds.
    var wholeMilliseconds: Int64 {
        let (seconds, attoseconds) = components
        let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1_000)
        let (sum, beyond) = whole.addingReportingOverflow(attoseconds / 1_000_000_000_000_000)
        return overflow || beyond ? (seconds < 0 ? .min : .max) : sum
    }
}

extension Decoder {
    /// A value that is one text.
    func readText<T>(_ what: String, _ read: (String) -> T?) throws -> T {
        let container = try singleValueContainer()
        let text = try container.decode(String.self)
        guard let value = read(text) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "`\(text)` is not \(what)")
        }
        return value
    }
}

extension Encoder {
    func writeText(_ text: String) throws {
        var container = singleValueContainer()
        try container.encode(text)
    }
}
