// An offline contact book with reminders: everything is in one file beside the program, and nothing needs a network.
//
//     swift run contact-book [FILE]
//
// It plays two days in the life of its owner by a clock that it sets itself; an app leaves `clock` out, sets a timer to
// `nextDue()` and calls `runDue` when it fires.

import CrmCore
import Foundation

let path = CommandLine.arguments.dropFirst().first ?? "contact-book.crm"
guard let friday = DateTime("2026-03-13T17:00:00Z"), let monday = DateTime("2026-03-16T08:00:00Z") else {
    fatalError("these are instants")
}
let clock = try ManualClock(now: friday)
let book = try ContactBook(path: path, clock: clock)

do {
    let ada = try book.add(given: "Ada", family: "Lovelace", company: "Analytical Engines", phone: "+44 20 7946 0958")
    let grace = try book.add(given: "Grace", family: "Hopper", company: "Harvard Computing", email: "grace@harvard.example")
    _ = try book.add(given: "Alan", family: "Turing", company: "Analytical Engines", email: "alan@engines.example")

    print("Everybody")
    for person in try book.everybody() { print("  \(person)") }

    print("Found for \"lovel\"")
    for person in try book.find("lovel") { print("  \(person)") }

    try book.remind(of: ada, at: monday, to: "Call about the difference engine")
    try book.remind(of: grace, at: monday.advanced(by: .seconds(3_600)), to: "Send the compiler notes")

    print("Friday evening")
    try book.printDue()

    try clock.set(now: monday)
    print("Monday, 8 o'clock")
    try book.printDue()

    try book.snoozeAll(until: monday.advanced(by: .seconds(2 * 3_600)))
    try clock.advance(milliseconds: 3_600_000)
    print("9 o'clock, the first one put off")
    try book.printDue()

    try clock.advance(milliseconds: 3_600_000)
    print("10 o'clock")
    try book.printDue()
    try book.acknowledgeAll()
    print("All done: \(try book.nextDue().map { "next at \($0)" } ?? "nothing is due any more")")

    do {
        _ = try book.add(given: "Mallory", family: "", company: "Nowhere", email: "not an address")
    } catch let error as CrmError {
        print("Refused: \(error.detail)")
    }
    try book.close()
} catch {
    // A listing that stops half-way is worse than none.
    FileHandle.standardError.write(Data("contact-book: \(error.localizedDescription)\n".utf8))
    exit(1)
}
