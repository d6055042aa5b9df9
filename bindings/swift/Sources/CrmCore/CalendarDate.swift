/// A day of the Gregorian calendar, without a time and a zone.
public struct CalendarDate: Hashable, Sendable {
    public let year: Int
    /// 1 to 12.
    public let month: Int
    /// 1 to 31.
    public let day: Int

    /// Nil if the month does not have that day.
    public init?(year: Int, month: Int, day: Int) {
        guard (1...12).contains(month), (1...31).contains(day), abs(year) < 1_000_000 else { return nil }
        self.init(daysSince1970: Self.days(year, month, day))
        guard self.month == month, self.day == day else { return nil }
    }

    /// Reads `2026-03-14`.
    public init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0].utf8.count == 4, parts[1].utf8.count == 2, parts[2].utf8.count == 2,
            let year = digits(parts[0]), let month = digits(parts[1]), let day = digits(parts[2])
        else { return nil }
        self.init(year: Int(year), month: Int(month), day: Int(day))
    }

    /// The inverse of ``daysSince1970``. Howard Hinnant, "chrono-compatible low-level date algorithms".
    public init(daysSince1970 days: Int64) {
        let days = days + 719_468
        let era = (days >= 0 ? days : days - 146_096) / 146_097
        let dayOfEra = days - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        day = Int(dayOfYear - (153 * shifted + 2) / 5 + 1)
        month = Int(shifted < 10 ? shifted + 3 : shifted - 9)
        year = Int(yearOfEra + era * 400) + (month <= 2 ? 1 : 0)
    }

    /// Days since 1970-01-01.
    public var daysSince1970: Int64 { Self.days(year, month, day) }

    private static func days(_ year: Int, _ month: Int, _ day: Int) -> Int64 {
        let year = Int64(month <= 2 ? year - 1 : year)
        let era = (year >= 0 ? year : year - 399) / 400
        let yearOfEra = year - era * 400
        let shifted = Int64(month > 2 ? month - 3 : month + 9)
        let dayOfYear = (153 * shifted + 2) / 5 + Int64(day) - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }
}

extension CalendarDate: Comparable {
    public static func < (left: CalendarDate, right: CalendarDate) -> Bool {
        (left.year, left.month, left.day) < (right.year, right.month, right.day)
    }
}

extension CalendarDate: CustomStringConvertible {
    /// ISO 8601: `2026-03-14`.
    public var description: String {
        (year < 0 ? "-" : "") + padded(abs(year), 4) + "-" + padded(month, 2) + "-" + padded(day, 2)
    }
}

extension CalendarDate: Codable {
    public init(from decoder: any Decoder) throws {
        self = try decoder.readText("a date such as 2026-03-14") { CalendarDate($0) }
    }

    public func encode(to encoder: any Encoder) throws {
        try encoder.writeText(description)
    }
}

/// A date of which the year, or month and day, may be unknown: a birthday.
public struct PartialDate: Hashable, Sendable {
    public let year: Int?
    public let month: Int?
    public let day: Int?

    /// Nil for a day that the month does not have. 29 February is a birthday.
    public init?(year: Int? = nil, month: Int, day: Int) {
        guard CalendarDate(year: year ?? 2000, month: month, day: day) != nil else { return nil }
        (self.year, self.month, self.day) = (year, month, day)
    }

    /// A year of which nothing more is known.
    public init(year: Int) {
        (self.year, self.month, self.day) = (year, nil, nil)
    }

    /// Reads `1980-05-17`, `--05-17` or `1980`.
    public init?(_ text: some StringProtocol) {
        if text.hasPrefix("--") {
            guard let date = CalendarDate("2000" + text.dropFirst()) else { return nil }
            self.init(month: date.month, day: date.day)
        } else if let date = CalendarDate(text) {
            self.init(year: date.year, month: date.month, day: date.day)
        } else if text.utf8.count == 4, let year = digits(text) {
            self.init(year: Int(year))
        } else {
            return nil
        }
    }
}

extension PartialDate: CustomStringConvertible {
    /// `1980-05-17`, `--05-17` or `1980` (RFC 6350, 4.3.1).
    public var description: String {
        let monthDay = month.flatMap { month in day.map { "-\(padded(month, 2))-\(padded($0, 2))" } }
        return (year.map { padded($0, 4) } ?? "-") + (monthDay ?? "")
    }
}

extension PartialDate: Codable {
    public init(from decoder: any Decoder) throws {
        self = try decoder.readText("a date such as 1980-05-17, --05-17 or 1980") { PartialDate($0) }
    }

    public func encode(to encoder: any Encoder) throws {
        try encoder.writeText(description)
    }
}
