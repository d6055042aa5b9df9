//! A first day with the engine, end to end through the public API.

use crate::common::{crm, pipeline};
use chrono::TimeDelta;
use crm_core::*;

#[test]
fn a_deal_moves_and_everything_follows() {
    let (crm, clock) = crm();
    let (sales, stages) = pipeline(&crm);
    let acme = crm
        .create(
            Company::draft()
                .name("Acme")
                .website("https://www.Acme.example/about"),
        )
        .unwrap();
    assert_eq!(crm.get(acme).unwrap().domain(), Some("acme.example"));
    let ada = crm
        .create(
            Contact::draft()
                .name("Ada Lovelace")
                .email("Ada@ACME.example")
                .company(acme),
        )
        .unwrap();
    let eur = Currency::new("EUR").unwrap();
    let deal = crm
        .create(
            Deal::draft()
                .name("Forty seats")
                .pipeline(sales)
                .company(acme)
                .contact(ada)
                .amount(Money::new(1000, eur).unwrap()),
        )
        .unwrap();
    let view = crm.get(deal).unwrap();
    assert_eq!(view.stage(), Some(stages[0]));
    assert_eq!(view.status(), Some(DealStatus::Open));
    assert_eq!(view.weighted_amount().unwrap().to_string(), "100.00 EUR");

    clock.advance(TimeDelta::days(3));
    crm.update(deal, Deal::draft().stage(stages[2])).unwrap();
    let won = crm.get(deal).unwrap();
    assert_eq!(won.status(), Some(DealStatus::Won));
    assert_eq!(won.closed_at(), Some(clock.now()));
    let board = crm.board("deal", sales.reference(), 10).unwrap();
    let counts: Vec<u64> = board.columns.iter().map(|column| column.count).collect();
    assert_eq!(counts, [0, 0, 1, 0]);
    assert_eq!(board.columns[2].sums[0].to_string(), "1000.00 EUR");
    assert_eq!(board.columns[2].cards.len(), 1);

    let call = crm
        .create(
            Call::draft()
                .subject("Kick-off")
                .about(vec![deal.reference(), ada.reference()]),
        )
        .unwrap();
    let timeline = crm.timeline(&TimelineQuery::of(acme)).unwrap();
    assert_eq!(timeline.entries.len(), 1);
    assert_eq!(timeline.entries[0].activity, call.reference());

    let hits = crm.search("lovel", &SearchOptions::default()).unwrap();
    assert_eq!(hits[0].title, "Ada Lovelace");
    let history = crm.history(deal).unwrap();
    assert_eq!(history.len(), 2);
    let was = crm
        .record_as_of(deal, history[1].commit.sequence)
        .unwrap()
        .unwrap();
    assert_eq!(was.get(Deal::STATUS.number()).as_text(), Some("open"));

    let page = crm
        .list::<Deal>(
            Query::default()
                .filter("company.name == 'Acme' && amount > 500")
                .sort("-amount"),
        )
        .unwrap();
    assert_eq!(page.rows.len(), 1);
    let report = crm.check().unwrap();
    assert!(report.is_sound(), "{:?}", report.findings);
}

#[test]
fn a_rule_reminds_and_the_reminder_falls_due_once() {
    let (crm, clock) = crm();
    let (sales, stages) = pipeline(&crm);
    crm.create(
        Rule::draft()
            .name("follow up proposals")
            .object("deal")
            .trigger(Trigger::Entered)
            .fields(vec!["stage".to_owned()])
            .condition("stage.name == 'Proposal'")
            .actions(r#"[{"do": "remind", "text": {"cel": "'Follow up ' + name"}, "after": "P3D"}, {"do": "add_tag", "tag": "hot"}]"#),
    )
    .unwrap();
    let deal = crm
        .create(Deal::draft().name("Ten seats").pipeline(sales))
        .unwrap();
    assert_eq!(crm.next_due().unwrap(), None);
    crm.update(deal, Deal::draft().stage(stages[1])).unwrap();
    assert_eq!(crm.get(deal).unwrap().tags().unwrap().len(), 1);
    assert_eq!(crm.count("rule_run", "failed == false").unwrap(), 1);
    assert_eq!(
        crm.next_due().unwrap(),
        Some(clock.now() + TimeDelta::days(3))
    );
    clock.advance(TimeDelta::days(3));
    let report = crm.run_due(clock.now()).unwrap();
    assert_eq!(report.reminders.len(), 1);
    assert_eq!(crm.run_due(clock.now()).unwrap().reminders.len(), 0);
    let due = crm.due_reminders(10).unwrap();
    assert_eq!(due[0].text(), Some("Follow up Ten seats"));
    crm.snooze(due[0].id(), clock.now() + TimeDelta::days(1))
        .unwrap();
    assert!(crm.due_reminders(10).unwrap().is_empty());
    let report = crm.check().unwrap();
    assert!(report.is_sound(), "{:?}", report.findings);
}
