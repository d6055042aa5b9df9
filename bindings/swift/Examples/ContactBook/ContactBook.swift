import CrmCore

/// What the app's screens need, in the words of the app.
struct ContactBook: Sendable {
    private let crm: Crm

    init(path: String, clock: ManualClock? = nil) throws {
        crm = try Crm.open(path: path, clock: clock)
    }

    /// Adds a person, and the company if it is new.
    func add(
        given: String, family: String, company: String, email: String? = nil, phone: String? = nil
    ) throws -> Id<Contact> {
        let employer = try crm.upsert(Company.Draft { $0.name = company }, by: "name").record
        return try crm.create(
            Contact.Draft {
                $0.name = PersonName(given: given, family: family)
                $0.company = Id(employer)
                if let email { $0.email = email }
                if let phone { $0.phone = phone }
            })
    }

    /// One line for each person, by name.
    func everybody() throws -> [String] {
        try crm.list(Contact.self, sort: "name").map(line)
    }

    /// The people whom words, or beginnings of words, find; best first.
    func find(_ text: String) throws -> [String] {
        try crm.search(text: text, objects: [Contact.objectName]).compactMap { Contact($0.record) }.map(line)
    }

    private func line(_ person: Contact) throws -> String {
        let company = try person.company.flatMap { try crm.find($0) }?.name
        let name = [person.name?.given, person.name?.family].compactMap { $0 }.joined(separator: " ")
        return [name, company, person.phone, person.email].compactMap { $0 }.joined(separator: ", ")
    }

    func remind(of person: Id<Contact>, at time: DateTime, to text: String) throws {
        _ = try crm.create(
            Reminder.Draft {
                $0.text = text
                $0.about = person.ref
                $0.at = time
            })
    }

    /// Does what is due by the clock, and prints what waits for an answer.
    func printDue() throws {
        var report = try crm.runDue(until: crm.now())
        while report.more { report = try crm.runDue(until: crm.now()) }
        let due = try due()
        if due.isEmpty { print("  nothing is due") }
        for reminder in due {
            let about = try reminder.about.map { try crm.title(record: $0) }
            print("  \(reminder.text ?? "") (\(about ?? "nobody"))")
        }
    }

    private func due() throws -> [Reminder] {
        try crm.dueReminders(limit: 50).compactMap { Reminder($0) }
    }

    func snoozeAll(until time: DateTime) throws {
        for reminder in try due() { _ = try crm.snooze(reminder: reminder.ref, until: time) }
    }

    func acknowledgeAll() throws {
        for reminder in try due() { _ = try crm.acknowledge(reminder: reminder.ref) }
    }

    func nextDue() throws -> DateTime? {
        try crm.nextDue()
    }

    func close() throws {
        try crm.close()
    }
}
