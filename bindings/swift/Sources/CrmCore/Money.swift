import Foundation

/// An amount in a currency. Amounts of different currencies are never equal, and have no order.
public struct Money: Sendable {
    public let amount: Decimal
    /// ISO 4217: `EUR`.
    public let currency: String
    /// How many decimals are shown: those of the currency in money that was read.
    let decimals: Int

    public init(_ amount: Decimal, _ currency: String) {
        self.init(amount, currency, decimals: amount.decimals)
    }

    init(_ amount: Decimal, _ currency: String, decimals: Int) {
        self.amount = amount
        self.currency = currency
        self.decimals = decimals
    }
}

extension Money: Hashable {
    public static func == (left: Money, right: Money) -> Bool {
        left.amount == right.amount && left.currency == right.currency
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(amount)
        hasher.combine(currency)
    }
}

extension Money: CustomStringConvertible {
    /// The amount as a plain number, with all decimals of the currency in money that was read: `12.50`.
    public var amountText: String {
        let text = amount.plainText
        let missing = decimals - amount.decimals
        guard missing > 0 else { return text }
        return text + (amount.decimals == 0 ? "." : "") + String(repeating: "0", count: missing)
    }

    /// `12.50 EUR`.
    public var description: String { "\(amountText) \(currency)" }
}

extension Money: Codable {
    private enum Key: CodingKey { case amount, currency }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        let text = try container.decode(String.self, forKey: .amount)
        guard let amount = Decimal(plain: text) else {
            throw DecodingError.dataCorruptedError(
                forKey: .amount, in: container, debugDescription: "`\(text)` is not a number")
        }
        self.init(amount, try container.decode(String.self, forKey: .currency), decimals: Decimal.decimals(in: text))
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(amountText, forKey: .amount)
        try container.encode(currency, forKey: .currency)
    }
}

extension Decimal {
    /// What the library sends.
    init(wire text: String) throws {
        guard let number = Decimal(plain: text) else { throw MalformedBlock() }
        self = number
    }

    /// Reads a plain number; nil for anything else. Most numbers fit a machine word, for which Foundation's reader is
    /// slow.
    init?(plain text: String) {
        var magnitude: UInt64 = 0
        var decimals = 0
        var (negative, pointSeen, digitSeen) = (false, false, false)
        for (place, byte) in text.utf8.enumerated() {
            switch byte {
            case UInt8(ascii: "-") where place == 0:
                negative = true
            case UInt8(ascii: ".") where !pointSeen:
                pointSeen = true
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                digitSeen = true
                guard magnitude < .max / 10 - 1 else {
                    // More digits than a word holds; the engine writes no other characters.
                    self.init(string: text, locale: Locale(identifier: "en_US_POSIX"))
                    return
                }
                magnitude = magnitude * 10 + UInt64(byte - UInt8(ascii: "0"))
                decimals += pointSeen ? 1 : 0
            default:
                return nil
            }
        }
        guard digitSeen else { return nil }
        let sign: FloatingPointSign = negative && magnitude != 0 ? .minus : .plus
        self.init(sign: sign, exponent: -decimals, significand: Decimal(magnitude))
    }

    /// The number without an exponent, and without zeros at the end: `-0.001`. `NaN` for what is not a number, which
    /// the engine refuses.
    var plainText: String {
        var number = self
        return NSDecimalString(&number, Locale(identifier: "en_US_POSIX"))
    }

    /// How many digits stand behind the point.
    var decimals: Int { isNaN ? 0 : Swift.max(0, -exponent) }

    static func decimals(in text: String) -> Int {
        text.firstIndex(of: ".").map { text[$0...].utf8.count - 1 } ?? 0
    }
}
