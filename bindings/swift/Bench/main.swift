// What calls cost, as the least of many repetitions: the machine may be doing something else meanwhile.
//
//     swift run -c release crm-bench

import CrmCore
import Foundation

let started = ContinuousClock.now
let crm = try Crm.inMemory()
_ = try crm.sequence()
let first = ContinuousClock.now - started

/// The least time of one call.
func least(_ repetitions: Int, _ call: () throws -> Void) rethrows -> Duration {
    var best = Duration.seconds(3_600)
    for _ in 0..<repetitions {
        let start = ContinuousClock.now
        try call()
        best = min(best, ContinuousClock.now - start)
    }
    return best
}

func show(_ what: String, _ time: Duration) {
    let microseconds = Double(time.components.attoseconds) / 1e12 + Double(time.components.seconds) * 1e6
    print(what.padding(toLength: 44, withPad: " ", startingAt: 0), String(format: "%10.2f µs", microseconds))
}

/// A contact with all fields that a screen shows.
func contact(_ number: Int, of company: Id<Company>) -> Contact.Draft {
    Contact.Draft {
        $0.name = PersonName(given: "Ada \(number)", family: "Lovelace", prefix: "Dr")
        $0.email = "ada\(number)@acme.example"
        $0.otherEmails = ["ada\(number)@home.example", "a.lovelace\(number)@acme.example"]
        $0.phone = "+44 20 7946 0958"
        $0.mobile = "+44 7700 900123"
        $0.company = company
        $0.jobTitle = "Head of Analysis"
        $0.department = "Engines"
        $0.address = Address(street: "12 St James's Square", city: "London", postalCode: "SW1Y 4JH", country: "GB")
        $0.birthday = PartialDate(month: 12, day: 10)
        $0.language = "en"
        $0.profile = "https://people.example/ada\(number)"
        $0.source = "conference"
        $0.lifecycle = .init(rawValue: "lead")
        $0.description = "Wrote the first program; knows everybody at the Royal Society."
        $0.externalId = "legacy-\(number)"
    }
}

let acme = try crm.create(Company.Draft { $0.name = "Acme" })
let created = try (0..<1_000).map { try crm.create(contact($0, of: acme)) }
let thousand = Query(object: "contact", limit: 500)

show("first call, in the running program", first)
show("a call that does nothing (sequence)", try least(10_000) { _ = try crm.sequence() })
show("get one record", try least(5_000) { _ = try crm.get(created[0]) })
let ada = try crm.get(created[0])
show("… and read five of its fields", least(5_000) { _ = (ada.name, ada.email, ada.company, ada.birthday, ada.version) })
show("a page of 50 records", try least(500) { _ = try crm.find(query: Query(object: "contact", limit: 50)) })
show("1,000 records (list)", try least(100) { _ = try crm.list(Contact.self) })
let changes = contact(1_000, of: acme).changes
var next = 1_000
show(
    "create (in memory)",
    try least(500) {
        _ = try crm.create(contact(next, of: acme))
        next += 1
    })
show("a declared error", try least(2_000) { do { _ = try crm.find(query: Query(object: "contakt")) } catch is CrmError {} })
print("(least of many repetitions; \(changes.count) fields set in each record)")
