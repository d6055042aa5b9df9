//! Law 1: a further object type is a file and a word. `objects/competitor.rs` is such a file; nothing else in
//! the engine knows of it, and everything works for it.

use crm_core::schema::{FieldDef, FieldType, RollUp, RollUpOp};
use crm_core::*;

#[test]
fn everything_works_for_it() {
    let crm = Crm::in_memory().unwrap();
    let eur = Currency::new("EUR").unwrap();
    let bolt = crm
        .create(
            Competitor::draft()
                .name("Bölt & Co")
                .website("bolt.example/pricing")
                .domain("www.Bolt.example")
                .price(Money::new(500, eur).unwrap()),
        )
        .unwrap();

    // Typed and dynamic, normalised.
    let view = crm.get(bolt).unwrap();
    assert_eq!(view.website(), Some("https://bolt.example/pricing"));
    assert_eq!(view.domain(), Some("bolt.example"));
    assert_eq!(
        view.get(Competitor::PRICE.number()).to_string(),
        "500.00 EUR"
    );

    // Unique, indexed, filtered, sorted, counted, summed.
    let again = crm
        .create(Competitor::draft().name("bölt & co"))
        .unwrap_err();
    assert_eq!(again.code(), Code::Duplicate);
    let by_domain = Query::of("competitor").filter("domain == 'bolt.example'");
    assert!(
        crm.explain(&by_domain)
            .unwrap()
            .to_string()
            .contains("index on domain")
    );
    assert_eq!(crm.find(&by_domain).unwrap().rows.len(), 1);
    assert_eq!(crm.count("competitor", "").unwrap(), 1);
    let figures = crm
        .aggregate(&Aggregate::of("competitor").sum("price"))
        .unwrap();
    assert_eq!(figures[0].measures[0].to_string(), "500.00 EUR");

    // Searched, upserted, changed, remembered, taken back.
    assert_eq!(
        crm.search("bolt", &SearchOptions::default()).unwrap()[0]
            .record
            .id(),
        bolt.any()
    );
    let changes = crm.operation("prices of March");
    let outcome = changes
        .upsert(
            Competitor::NAME,
            Competitor::draft()
                .name("Bölt & Co")
                .price(Money::new(450, eur).unwrap()),
        )
        .unwrap();
    assert_eq!(
        (outcome.kind, outcome.record.id),
        (OutcomeKind::Updated, bolt.any())
    );
    assert_eq!(crm.field_history(bolt, "price").unwrap().len(), 2);
    assert_eq!(crm.undo("prices of March").unwrap().undone, 1);
    assert_eq!(
        crm.get(bolt).unwrap().price(),
        Some(Money::new(500, eur).unwrap())
    );

    // Extended, rolled up, watched, given rules.
    crm.add_field(
        "competitor",
        FieldDef::custom("threat", FieldType::Integer).indexed(),
    )
    .unwrap();
    crm.add_field(
        "competitor",
        FieldDef::custom("reminders", FieldType::Integer).roll_up(RollUp {
            object: "reminder".into(),
            via: "about".into(),
            op: RollUpOp::Count,
            field: String::new(),
            filter: String::new(),
        }),
    )
    .unwrap();
    let watching = Query::of("competitor").filter("threat > 5");
    let mut threats = crm.watch(Watch::Query(watching)).unwrap();
    threats.next_batch(None).unwrap();
    crm.create(
        Rule::draft()
            .name("watch threats")
            .object("competitor")
            .trigger(Trigger::Updated)
            .fields(vec!["threat".to_owned()])
            .condition("threat > 5")
            .actions(r#"[{"do": "add_tag", "tag": "threat"}, {"do": "remind", "text": "Look again", "after": "P7D"}]"#),
    )
    .unwrap();
    crm.update(bolt, Competitor::draft().with("threat", 8))
        .unwrap();
    let view = crm.get(bolt).unwrap();
    assert_eq!(view.tags().unwrap().len(), 1);
    let catalog = crm.catalog();
    let counted = catalog
        .object_named("competitor")
        .unwrap()
        .field_named("reminders")
        .unwrap();
    assert_eq!(view.get(counted.id).as_int(), Some(1));
    assert!(matches!(
        threats.next_batch(None).unwrap()[..],
        [Update::Added(_)]
    ));

    // Deleted, restored, checked.
    crm.delete(bolt).unwrap();
    assert!(
        crm.search("bolt", &SearchOptions::default())
            .unwrap()
            .is_empty()
    );
    crm.restore(bolt).unwrap();
    let report = crm.check().unwrap();
    assert!(report.is_sound(), "{:?}", report.findings);
}
