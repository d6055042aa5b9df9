//! Law 1: a further object type is a declaration. The one below is in the form of those of `objects/`; nothing else
//! in the engine knows of it, and everything works for it.

use std::sync::Arc;

use crm_core::schema::declare::object_declaration;
use crm_core::schema::kind::{Domain, LongText, Many, Money as Amount, Text, To, Url};
use crm_core::schema::{FieldDef, FieldType, RollUp, RollUpOp, Save};
use crm_core::store::MemoryStorage;
use crm_core::*;

object_declaration! {
    /// A company that sells what we sell.
    Competitor = 29 "competitor" "competitors" {
        /// The name by which people know it.
        1 name: Text { required, unique, search(8), aliases(&["competitor", "company"]) };
        /// Its website.
        2 website: Url { aliases(&["url"]) };
        /// Its host name.
        3 domain: Domain { indexed, search(4) };
        /// What it does better.
        4 strengths: LongText { search(1) };
        /// What we do better.
        5 weaknesses: LongText { search(1) };
        /// Its usual price.
        6 price: Amount { indexed };
        /// The deals in which we met it.
        7 deals: Many<To<Deal>> { indexed };
        /// Who watches it.
        8 owner: To<User> { indexed };
        /// Words that mark it.
        9 tags: Many<To<Tag>> { indexed };
    }
    title(&[name]);
    hook(is_not_for_free);
}

fn is_not_for_free(save: &mut Save<'_, Competitor>) -> Result<()> {
    if save
        .get(Competitor::PRICE)
        .is_some_and(|price| price.amount().is_zero())
    {
        save.clear(Competitor::PRICE);
    }
    Ok(())
}

#[test]
fn everything_works_for_it() {
    let options = Crm::options().standard_object::<Competitor>();
    let crm = options.in_memory().unwrap();
    let eur = Currency::new("EUR").unwrap();
    let bolt = crm
        .create(
            Competitor::draft()
                .with("name", "Bölt & Co")
                .with("website", "bolt.example/pricing")
                .with("domain", "www.Bolt.example")
                .with("price", Money::new(500, eur).unwrap()),
        )
        .unwrap();

    // Typed and dynamic, normalised.
    let view = crm.get(bolt).unwrap();
    assert_eq!(
        view.typed(Competitor::WEBSITE),
        Some("https://bolt.example/pricing")
    );
    assert_eq!(view.typed(Competitor::DOMAIN), Some("bolt.example"));
    assert_eq!(
        view.get(Competitor::PRICE.number()).to_string(),
        "500.00 EUR"
    );

    // Unique, indexed, filtered, sorted, counted, summed.
    let again = crm
        .create(Competitor::draft().with("name", "bölt & co"))
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
                .with("name", "Bölt & Co")
                .with("price", Money::new(450, eur).unwrap()),
        )
        .unwrap();
    assert_eq!(
        (outcome.kind, outcome.record.id),
        (OutcomeKind::Updated, bolt.any())
    );
    assert_eq!(crm.field_history(bolt, "price").unwrap().len(), 2);
    assert_eq!(crm.undo("prices of March").unwrap().undone, 1);
    assert_eq!(
        crm.get(bolt).unwrap().typed(Competitor::PRICE),
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
    assert_eq!(view.typed(Competitor::TAGS).unwrap().len(), 1);
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

/// `competitor` was a standard object once. A file that was made with it keeps it, whether it has records or not.
#[test]
fn a_file_keeps_an_object_that_was_a_standard_one() {
    let storage = Arc::new(MemoryStorage::new());
    let options = Crm::options().standard_object::<Competitor>();
    let crm = options.with_storage(storage.clone()).unwrap();
    let bolt = crm
        .create(Competitor::draft().with("name", "Bolt"))
        .unwrap();
    let threat = FieldDef::custom("threat", FieldType::Integer).indexed();
    crm.add_field("competitor", threat).unwrap();
    drop(crm);

    let crm = Crm::options().with_storage(storage.clone()).unwrap();
    let fields = Fields::new().with("threat", 8).with("price", "500 EUR");
    crm.update_record(bolt.reference(), fields).unwrap();
    let threats = Query::of("competitor").filter("threat > 5 && price > money(400, 'EUR')");
    assert_eq!(crm.find(&threats).unwrap().rows.len(), 1);
    let found = crm.search("bolt", &SearchOptions::default()).unwrap();
    assert_eq!(found[0].record.id(), bolt.any());
    assert!(crm.check().unwrap().is_sound());
    crm.purge(bolt).unwrap();
    drop(crm);

    let crm = Crm::options().with_storage(storage).unwrap();
    assert_eq!(crm.count("competitor", "").unwrap(), 0);
    let new = Crm::in_memory().unwrap();
    let error = new.count("competitor", "").unwrap_err();
    assert_eq!(error.code(), Code::UnknownObject);
}
