import CrmCore
import Foundation
import Testing

/// Every type of value crosses the boundary and comes back as it was.
@Suite struct ValueTests {
    static let types: [(FieldType, Value)] = [
        (.text, .text("Grüße, 世界 \u{1F600}, e\u{301}")),
        (.longText, .text("two\nlines")),
        (.integer, .integer(.min)),
        (.integer, .integer(.max)),
        (.decimal, .decimal(Decimal(string: "-1234567890123456789.012345678")!)),
        (.decimal, .decimal(Decimal(string: "79228162514264337593543950335")!)),
        (.decimal, .decimal(0)),
        (.percent, .decimal(Decimal(string: "12.5")!)),
        (.money, .money(Money(Decimal(string: "12.50")!, "EUR"))),
        (.money, .money(Money(1_000, "JPY"))),
        (.money, .money(Money(Decimal(string: "0.125")!, "BHD"))),
        (.boolean, .bool(true)),
        (.boolean, .bool(false)),
        (.date, .date(CalendarDate(year: 2024, month: 2, day: 29)!)),
        (.date, .date(CalendarDate(year: 1, month: 1, day: 1)!)),
        (.date, .date(CalendarDate(year: 9999, month: 12, day: 31)!)),
        (.partialDate, .partialDate(PartialDate(month: 2, day: 29)!)),
        (.partialDate, .partialDate(PartialDate(year: 1980))),
        (.partialDate, .partialDate(PartialDate(year: 1980, month: 5, day: 17)!)),
        (.dateTime, .dateTime(DateTime("2026-03-14T09:00:00.000001Z")!)),
        (.dateTime, .dateTime(DateTime("9999-12-31T23:59:59.999999Z")!)),
        (.dateTime, .dateTime(DateTime("0001-01-01T00:00:00Z")!)),
        (.duration, .duration(.milliseconds(5_400_001))),
        (.duration, .duration(.milliseconds(-1))),
        (.personName, .parts(["given": "Ada", "family": "Lovelace"])),
        (.address, .parts(["city": "London", "country": "GB"])),
    ]

    @Test(arguments: types) func crosses(type: FieldType, value: Value) throws {
        let crm = try database()
        _ = try crm.addObject(
            object: ObjectDef(name: "sample", plural: "samples", fields: [FieldDef(name: "one", ty: type)]))
        let created = try crm.create(object: "sample", fields: ["one": value])
        #expect(try crm.get(record: created)["one"] == value)
    }

    @Test func listsAndReferencesCross() throws {
        let crm = try database()
        let acme = try crm.company("Acme")
        let text = FieldDef(name: "words", ty: .text, many: true)
        let refs = FieldDef(name: "about", ty: .reference, many: true, targets: ["company"])
        _ = try crm.addObject(object: ObjectDef(name: "sample", plural: "samples", fields: [text, refs]))
        let created = try crm.create(object: "sample", fields: ["words": ["a", "b"], "about": .list([acme.value])])
        let read = try crm.get(record: created)
        #expect(read["words"] == ["a", "b"])
        #expect(read["about", as: [Id<Company>].self] == [acme])
    }

    @Test func moneyHasTheDecimalsOfItsCurrency() throws {
        let crm = try database()
        let deal = FieldDef(name: "price", ty: .money)
        _ = try crm.addObject(object: ObjectDef(name: "sample", plural: "samples", fields: [deal]))
        for (amount, currency, text) in [("12.5", "EUR", "12.50 EUR"), ("7", "JPY", "7 JPY"), ("1", "BHD", "1.000 BHD")] {
            let money = Money(Decimal(string: amount)!, currency)
            let created = try crm.create(object: "sample", fields: ["price": money.value])
            #expect(try crm.get(record: created)["price", as: Money.self]?.description == text)
        }
    }

    @Test func decimalsArePlainText() throws {
        for text in ["0", "100", "-0.001", "1.5", "0.0000000000000000000000000001", "1234567890123456789012345678"] {
            #expect(Value.decimal(Decimal(string: text)!).description == text)
        }
    }

    @Test(arguments: [
        ("2026-03-14T09:00:00Z", "2026-03-14T09:00:00Z"), ("2026-03-14T10:00:00.5+01:00", "2026-03-14T09:00:00.500Z"),
        ("1969-12-31T23:59:59.999999Z", "1969-12-31T23:59:59.999999Z"), ("2026-03-14t09:00:00z", "2026-03-14T09:00:00Z"),
    ]) func instantsAreText(text: String, written: String) {
        #expect(DateTime(text)?.description == written)
    }

    @Test(arguments: [
        "2026-03-14T09:00:00", "2026-03-14", "2026-02-30T09:00:00Z", "2026-03-14T24:00:00Z", "2026-03-14T09:00:00.Z",
        "2026-03-14T09:00:00+0100", "2026-03-14T+9:00:00Z", "",
    ]) func aTextThatIsNoInstantIsNone(text: String) {
        #expect(DateTime(text) == nil)
    }

    @Test func instantsKeepTheirMicrosecondsAsDates() {
        for micros in [0, 1, -1, 1_773_478_800_123_457, -7_500_000_000_000_001] as [Int64] {
            let instant = DateTime(microsecondsSince1970: micros)
            #expect(DateTime(instant.date) == instant)
        }
        #expect(DateTime(Date(timeIntervalSince1970: .nan)) == nil)
        #expect(DateTime(Date(timeIntervalSince1970: .infinity)) == nil)
        #expect(start.advanced(by: .seconds(1)).duration(to: start) == .seconds(-1))
        #expect(start.advanced(by: .seconds(Int64.max)).microsecondsSince1970 == .max)
    }

    @Test func datesCountDays() {
        #expect(CalendarDate(daysSince1970: 0).description == "1970-01-01")
        #expect(CalendarDate("2000-02-29")?.daysSince1970 == 11_016)
        #expect(CalendarDate(year: 2026, month: 2, day: 29) == nil)
        #expect(CalendarDate("2026-2-1") == nil)
        #expect(PartialDate("--02-29")?.description == "--02-29")
        #expect(PartialDate("--02-30") == nil)
        for days in stride(from: Int64(-800_000), through: 3_000_000, by: 997) {
            #expect(CalendarDate(daysSince1970: days).daysSince1970 == days)
        }
    }

    @Test func valuesAreCodable() throws {
        struct Saved: Codable, Equatable {
            let at: DateTime
            let day: CalendarDate
            let birthday: PartialDate
            let price: Money
            let company: Id<Company>
        }
        let saved = Saved(
            at: start, day: CalendarDate("2026-03-14")!, birthday: PartialDate("--12-10")!,
            price: Money(Decimal(string: "12.5")!, "EUR"), company: Id("0189"))
        let json = try JSONEncoder().encode(saved)
        #expect(try JSONDecoder().decode(Saved.self, from: json) == saved)
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode(DateTime.self, from: Data("\"yesterday\"".utf8))
        }
    }
}
