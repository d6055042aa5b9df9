/// Instants as text. Foundation's formatter stops at milliseconds.
enum RFC3339 {
    private static let day: Int64 = 86_400_000_000

    static func write(_ microseconds: Int64) -> String {
        var (days, rest) = microseconds.quotientAndRemainder(dividingBy: day)
        if rest < 0 {
            days -= 1
            rest += day
        }
        let (seconds, micros) = rest.quotientAndRemainder(dividingBy: 1_000_000)
        let fraction =
            switch micros {
            case 0: ""
            case let micros where micros % 1_000 == 0: "." + padded(micros / 1_000, 3)
            default: "." + padded(micros, 6)
            }
        let date = CalendarDate(daysSince1970: days)
        let time = [seconds / 3_600, seconds / 60 % 60, seconds % 60].map { padded($0, 2) }
        return "\(date)T\(time.joined(separator: ":"))\(fraction)Z"
    }

    static func read(_ text: some StringProtocol) -> Int64? {
        var rest = Substring(text)
        guard let date = CalendarDate(rest.prefix(10)) else { return nil }
        rest = rest.dropFirst(10)
        guard rest.first == "T" || rest.first == "t" else { return nil }
        rest = rest.dropFirst()
        guard let time = clock(rest.prefix(8), seconds: true) else { return nil }
        rest = rest.dropFirst(8)
        guard let micros = fraction(&rest), let offset = zone(rest) else { return nil }
        return date.daysSince1970 * day + (time - offset) * 1_000_000 + micros
    }

    /// `09:00:00` or, in a zone, `09:00`, as seconds.
    private static func clock(_ text: Substring, seconds: Bool) -> Int64? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == (seconds ? 3 : 2) else { return nil }
        var sum: Int64 = 0
        for (part, bound) in zip(parts, [24, 60, 60] as [Int64]) {
            guard part.utf8.count == 2, let number = digits(part), number < bound else { return nil }
            sum = sum * 60 + number
        }
        return seconds ? sum : sum * 60
    }

    /// `.5` as microseconds; finer digits are dropped.
    private static func fraction(_ rest: inout Substring) -> Int64? {
        guard rest.first == "." else { return 0 }
        let text = rest.dropFirst().prefix { $0.isASCII && $0.isNumber }
        rest = rest.dropFirst(text.count + 1)
        guard !text.isEmpty else { return nil }
        let micros = text.prefix(6)
        return digits(micros + String(repeating: "0", count: 6 - micros.count))
    }

    /// `Z`, `+01:00`, as seconds.
    private static func zone(_ text: Substring) -> Int64? {
        switch text.first {
        case "Z" where text.count == 1, "z" where text.count == 1: 0
        case "+": clock(text.dropFirst(), seconds: false)
        case "-": clock(text.dropFirst(), seconds: false).map { -$0 }
        default: nil
        }
    }
}

/// A number without a sign, which `Int64(text)` would allow.
func digits(_ text: some StringProtocol) -> Int64? {
    guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
    return Int64(text)
}

/// A number, not negative, with zeros before it.
func padded(_ number: some BinaryInteger, _ width: Int) -> String {
    let text = String(number)
    return String(repeating: "0", count: max(0, width - text.utf8.count)) + text
}
