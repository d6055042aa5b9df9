import Foundation
import Testing

@testable import CrmCore

@Suite struct OperationTests {
    @Test func aLeadIsRehearsedAndConverted() throws {
        let crm = try database()
        let acme = try crm.company("Acme")
        let lead = try crm.create(
            Lead.Draft { $0.name = PersonName(given: "Ada", family: "Lovelace"); $0.companyName = "Acme" })
        let rehearsed = try crm.leads.convert(lead: lead, sameName: .make, rehearse: true)
        #expect(rehearsed.made.count == 2 && rehearsed.company != acme)
        #expect(try crm.find(rehearsed.contact) == nil)

        let conversion = try crm.leads.convert(lead: lead)
        #expect(conversion == Conversion(contact: conversion.contact, company: acme, made: [conversion.contact.ref]))
        #expect(try crm.get(conversion.contact).name?.family == "Lovelace")
        #expect(try failure { try crm.leads.convert(lead: lead) }.code.name == "invalid")
    }

    @Test func aChoiceOfALaterVersionIsRefusedByTheLibrary() throws {
        let crm = try database()
        _ = try crm.company("Acme")
        let lead = try crm.create(Lead.Draft { $0.companyName = "Acme"; $0["name"] = "Ada Lovelace" })
        let error = try failure { try crm.leads.convert(lead: lead, sameName: SameName(rawValue: "merge")) }
        #expect(try error.code.name == "invalid")
    }

    @Test func cardsGoOnBehindThoseOfTheBoard() throws {
        let crm = try database()
        let sales = try crm.create(Pipeline.Draft { $0.name = "Sales" })
        let new = try crm.create(Stage.Draft { $0.name = "New"; $0.pipeline = sales; $0.order = 0; $0.probability = 10 })
        let deals = try ["One", "Two"].map { name in
            try crm.create(Deal.Draft { $0.name = name; $0.pipeline = sales; $0.amount = Money(12, "EUR") })
        }
        let board = try crm.board(object: "deal", of: sales.ref, cardsMax: 1)
        let column = try #require(board.columns.first)
        #expect(column.record.ref == new.ref && column.count == 2 && column.cards.count == 1)
        #expect(column.sums.first == .list([.money(Money(24, "EUR"))]))
        let rest = try crm.cards(object: "deal", column: new.ref, after: column.cards.first?.place)
        #expect(Set((column.cards + rest).map(\.place.card)) == Set(deals.map(\.ref)))
    }

    @Test func membersOfALaterVersionAreSkipped() throws {
        let card = Ref(object: "deal", id: "0189")
        let later = Answer.list([.value(.decimal(1)), .value(.reference(card)), .value(.text("new"))])
        #expect(try CardPlace(later) == CardPlace(position: 1, card: card))
        #expect(throws: MalformedBlock.self) { try CardPlace(.list([.value(.decimal(1))])) }
    }
}
