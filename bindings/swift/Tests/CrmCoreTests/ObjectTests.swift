import CrmCore
import Foundation
import Testing

@Suite struct ObjectTests {
    @Test func aRecordIsCreatedReadAndChanged() throws {
        let crm = try database()
        let acme = try crm.create(Company.Draft { $0.name = "Acme"; $0.employees = 40 })
        let ada = try crm.create(
            Contact.Draft {
                $0.name = PersonName(given: "Ada", family: "Lovelace")
                $0.company = acme
                $0.phone = "+44 20 7946 0958"
                $0.birthday = PartialDate(month: 12, day: 10)
            })
        let read = try crm.get(ada)
        #expect(read.id == ada)
        #expect(read.name?.family == "Lovelace")
        #expect(read.company == acme)
        #expect(read.phone == "+442079460958")
        #expect(read.createdAt == start)
        #expect(read.email == nil)

        try crm.update(ada, expected: read.raw.version) { $0.phone = nil; $0.jobTitle = "Analyst" }
        let changed = try crm.get(ada)
        #expect(changed.phone == nil)
        #expect(changed.jobTitle == "Analyst")
        #expect(changed.name == read.name)
        #expect(changed != read)
        #expect(try crm.get(ada) == changed)
        #expect("\(changed)".hasPrefix("contact \(ada) ["))
    }

    @Test func aDraftSetsClearsAndLeaves() {
        var draft = Company.Draft { $0.name = "Acme" }
        draft.website = nil
        draft["region"] = "north"
        draft["fax"] = nil
        #expect(draft.changes == ["name": "Acme", "website": .null, "region": "north", "fax": .null])
        #expect(draft.name == "Acme")
        #expect(draft.employees == nil)
    }

    @Test func recordsAreListedInOrder() throws {
        let crm = try database()
        for (name, employees) in [("Beta", 5), ("Acme", 40), ("Core", 12)] {
            _ = try crm.create(Company.Draft { $0.name = name; $0.employees = Int64(employees) })
        }
        #expect(try crm.list(Company.self, sort: "name").map(\.name) == ["Acme", "Beta", "Core"])
        let big = try crm.list(Company.self, where: "employees > 10", sort: .descending("employees"))
        #expect(big.map(\.name) == ["Acme", "Core"])
        #expect(try crm.count(Company.self, where: "employees > 10") == 2)
    }

    @Test func aListIsLongerThanAPage() async throws {
        let crm = try database()
        let changes = (0..<1_203).map { number in Change.create(CrmTask.Draft { $0.subject = "Task \(number)" }) }
        _ = try crm.batch(changes: changes)
        #expect(try crm.list(CrmTask.self).count == 1_203)
        var subjects: Set<String> = []
        for try await task in crm.each(CrmTask.self) { subjects.insert(task.subject ?? "") }
        #expect(subjects.count == 1_203)
    }

    @Test func choicesHaveNamesAndKeepUnknownKeys() throws {
        let crm = try database()
        let task = try crm.create(CrmTask.Draft { $0.subject = "Call"; $0.priority = .high })
        #expect(try crm.get(task).priority == .high)
        #expect(CrmTask.Priority.high.label == "High")
        #expect(CrmTask.Priority.allCases.contains(.high))
        let unknown = CrmTask.Priority(rawValue: "cosmic")
        #expect(unknown.label == "cosmic")
        let error = try failure { try crm.update(task) { $0.priority = unknown } }
        #expect(try error.code.name == "invalid")
        #expect(error.detail.contains("cosmic"))
    }

    @Test func customFieldsAndObjectsGoByName() throws {
        let crm = try database()
        _ = try crm.addField(object: "company", field: FieldDef(name: "region", ty: .text))
        let acme = try crm.create(Company.Draft { $0.name = "Acme"; $0["region"] = "north" })
        let read = try crm.get(acme)
        #expect(read["region"] == "north")
        #expect(read["region", as: String.self] == "north")
        #expect(read["region", as: Int64.self] == nil)
        #expect(read["nothing"] == .null)
        #expect(read.raw.fields["region"] == "north")
    }

    @Test func changesGoTogetherOrNotAtAll() throws {
        let crm = try database()
        let acme = try crm.company("Acme")
        #expect(throws: CrmError.self) {
            try crm.batch(changes: [
                .create(Company.Draft { $0.name = "Beta" }), .update(acme) { $0.employees = -1; $0["nothing"] = 1 },
            ])
        }
        #expect(try crm.count(Company.self) == 1)
        try crm.delete(acme)
        #expect(throws: CrmError.self) { try crm.get(acme) }
        #expect(try crm.find(acme)?.deletedAt == start)
        try crm.restore(acme)
        #expect(try crm.get(acme).name == "Acme")
        #expect(try crm.find(Id<Company>("01890000-0000-7000-8000-000000000000")) == nil)
        let outcome = try crm.upsert(Contact.Draft { $0.externalId = "7"; $0.name = PersonName(given: "Ada") }, by: "external_id")
        #expect(outcome.kind == .created)
    }

    @Test func aViewIsOfItsObjectOnly() throws {
        let crm = try database()
        let acme = try crm.get(crm.company("Acme"))
        #expect(Contact(acme.raw) == nil)
        #expect(Company(acme.raw) == acme)
        #expect(Id<Contact>(acme.ref) == nil)
    }

    @Test func whatIsCreatedIsReturnedAsItIsKept() throws {
        let crm = try database()
        _ = try crm.create(
            object: "rule",
            fields: [
                "name": "large", "object": "company", "trigger": "created", "condition": "employees >= 100",
                "actions": #"[{"do": "set", "fields": {"industry": "large"}}]"#,
            ])
        let acme = try crm.create(Company.self) { $0.name = "Acme"; $0.employees = 500 }
        #expect((acme.name, acme.industry) == ("Acme", "large"))
        #expect(try crm.get(acme.id) == acme)
    }
}
