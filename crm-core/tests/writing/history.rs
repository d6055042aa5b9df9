//! The log: who changed what and why, a record as it was, purges that erase, undo.

use std::ops::ControlFlow;
use std::sync::Arc;

use crate::common::{assert_sound, at, crm, options, pipeline};
use chrono::TimeDelta;
use crm_core::schema::{FieldDef, FieldType, RollUp, RollUpOp};
use crm_core::store::{KeyRange, MemoryStorage, Space, Storage};
use crm_core::*;
use proptest::prelude::*;

#[test]
fn the_log_says_who_and_why() {
    let (crm, clock) = crm();
    let eve = crm.create(User::draft().name("Eve")).unwrap();
    crm.create(
        Rule::draft()
            .name("big fish")
            .object("company")
            .trigger(Trigger::Updated)
            .condition("employees > 1000")
            .actions(r#"[{"do": "set", "fields": {"industry": "Large"}}]"#),
    )
    .unwrap();
    let acme = crm
        .create(Company::draft().name("Acme").employees(5))
        .unwrap();
    clock.advance(TimeDelta::hours(1));
    let import = crm
        .as_user(eve)
        .unwrap()
        .caused_by("import")
        .operation("june");
    import
        .update(acme, Company::draft().employees(2_000))
        .unwrap();

    let history = crm.history(acme).unwrap();
    let kinds: Vec<_> = history
        .iter()
        .map(|entry| (entry.kind, entry.cause.as_deref()))
        .collect();
    assert_eq!(
        kinds,
        [
            (ChangeKind::Updated, Some("rule: big fish")),
            (ChangeKind::Updated, None),
            (ChangeKind::Created, None),
        ]
    );
    let commit = &history[0].commit;
    assert_eq!(commit, &history[1].commit);
    assert_eq!(
        (commit.actor, commit.at),
        (Some(eve.reference()), clock.now())
    );
    assert_eq!(
        (commit.cause.as_str(), commit.operation.as_deref()),
        ("import", Some("june"))
    );
    assert_eq!(
        (history[2].commit.actor, history[2].commit.cause.as_str()),
        (None, "user")
    );
    let began: Vec<_> = history[2]
        .changes
        .iter()
        .map(|change| (change.field, change.new.clone()))
        .collect();
    assert_eq!(
        began,
        [
            (Company::NAME.number(), "Acme".into()),
            (Company::EMPLOYEES.number(), 5.into())
        ]
    );
    let of_field = crm.field_history(acme, "employees").unwrap();
    let values: Vec<_> = of_field
        .iter()
        .map(|entry| entry.changes[0].new.clone())
        .collect();
    assert_eq!(values, [2_000.into(), 5.into()]);
    let error = crm.field_history(acme, "employes").unwrap_err();
    assert_eq!(error.code(), Code::UnknownField);
}

#[test]
fn a_creation_shows_the_values_that_it_began_with() {
    let (crm, _) = crm();
    let id: Id<Company> = "01900000-0000-7000-8000-000000000000".parse().unwrap();
    let create = Change::Create {
        object: "company".to_owned(),
        id: Some(id.any()),
        fields: Fields::new().with("name", "Acme"),
    };
    let rename = |name: &str| Change::update(id, Company::draft().name(name));
    crm.batch(&[create, rename("Bolt"), rename("Cog")], None)
        .unwrap();
    let names: Vec<_> = crm
        .field_history(id, "name")
        .unwrap()
        .iter()
        .map(|entry| (entry.changes[0].old.clone(), entry.changes[0].new.clone()))
        .collect();
    let text = Value::from;
    assert_eq!(
        names,
        [
            (text("Bolt"), text("Cog")),
            (text("Acme"), text("Bolt")),
            (Value::Null, text("Acme")),
        ]
    );
}

#[test]
fn a_record_shows_the_time_that_the_clock_told() {
    let (crm, clock) = crm();
    let (_, stages) = pipeline(&crm);
    let acme = crm.create(Company::draft().name("Acme")).unwrap();
    let noon = clock.now();
    clock.set(at("2062-01-01T00:00:00Z"));
    crm.update(acme, Company::draft().name("Bolt")).unwrap();
    clock.set(noon + TimeDelta::days(1));
    crm.update(acme, Company::draft().name("Cog")).unwrap();
    let deal = crm.create(Deal::draft().name("Fence").stage(stages[2]));
    let deal = crm.get(deal.unwrap()).unwrap();
    let then = Some(noon + TimeDelta::days(1));
    assert_eq!((deal.created_at(), deal.closed_at()), (then, then));
    assert_eq!(crm.get(acme).unwrap().updated_at(), then);
    let times = crm.history(acme).unwrap().into_iter();
    let times: Vec<_> = times.map(|entry| entry.commit.at).collect();
    let last = noon + TimeDelta::days(1);
    assert_eq!(times, [last, at("2062-01-01T00:00:00Z"), noon]);
    let record = crm.record_as_of(acme, crm.sequence()).unwrap().unwrap();
    assert_eq!(record.updated_at(), then);

    // The past is found by what the clock told, wherever it stood in between.
    clock.set(noon + TimeDelta::hours(1));
    crm.update(acme, Company::draft().name("Dyn")).unwrap();
    let name_at = |time| {
        let record = crm.record_at(acme, time).unwrap();
        record.map(|record| record.get(Company::NAME.number()).to_string())
    };
    assert_eq!(name_at(noon - TimeDelta::seconds(1)), None);
    assert_eq!(name_at(noon).as_deref(), Some("Acme"));
    assert_eq!(name_at(noon + TimeDelta::hours(2)).as_deref(), Some("Dyn"));
    clock.set(noon + TimeDelta::days(2));
    crm.update(acme, Company::draft().name("Elm")).unwrap();
    assert_eq!(name_at(noon + TimeDelta::days(3)).as_deref(), Some("Elm"));
    assert_sound(&crm);
}

#[test]
fn a_clock_beyond_what_dates_hold_is_refused() {
    let (crm, clock) = crm();
    let acme = crm.create(Company::draft().name("Acme")).unwrap();
    let sequence = crm.sequence();
    for wrong in ["+10000-01-01T00:00:00Z", "-0001-06-01T00:00:00Z"] {
        clock.set(at(wrong));
        let refused = crm.update(acme, Company::draft().name("Bolt"));
        let error = refused.unwrap_err();
        assert_eq!(error.code(), Code::Invalid);
        assert!(error.to_string().contains("clock"), "{error}");
    }
    clock.set(at("9999-12-31T23:59:59Z"));
    assert_eq!(crm.sequence(), sequence);
    crm.update(acme, Company::draft().name("Bolt")).unwrap();
    assert_sound(&crm);
}

#[test]
fn a_purge_asks_no_rule_about_the_records_that_stay() {
    let (crm, _) = crm();
    let acme = crm.create(Company::draft().name("Acme")).unwrap();
    let ann = Contact::draft().name("Ann Lee").company(acme);
    let ann = crm.create(ann).unwrap();
    let rule = ValidationRule::draft()
        .name("contacts have a title")
        .object("contact")
        .condition("job_title != null")
        .message("Give a title.");
    crm.create(rule).unwrap();
    assert!(crm.update(ann, Contact::draft().description("x")).is_err());
    crm.purge(acme.reference()).unwrap();
    assert_eq!(crm.get(ann).unwrap().company(), None);
    let newest = &crm.history(ann).unwrap()[0];
    assert_eq!(newest.changes[0].field, Contact::COMPANY.number());
    assert_sound(&crm);
}

#[derive(Debug, Clone)]
enum Step {
    Set(usize, u8, Option<i64>),
    Rename(usize, u8),
    Delete(usize),
    Restore(usize),
    Purge(usize),
    Together(Vec<(usize, i64)>),
}

fn step() -> impl Strategy<Value = Step> {
    let which = 0..3usize;
    prop_oneof![
        6 => (which.clone(), 0..3u8, proptest::option::of(0..4i64)).prop_map(|(r, f, v)| Step::Set(r, f, v)),
        3 => (which.clone(), 0..4u8).prop_map(|(r, n)| Step::Rename(r, n)),
        2 => which.clone().prop_map(Step::Delete),
        2 => which.clone().prop_map(Step::Restore),
        1 => which.clone().prop_map(Step::Purge),
        2 => proptest::collection::vec((which, 0..4i64), 1..5).prop_map(Step::Together),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_record_as_it_was_is_the_copy_that_a_model_kept(steps in proptest::collection::vec(step(), 1..30)) {
        let (crm, clock) = crm();
        let first = crm.create(Company::draft().name("Zero")).unwrap();
        let second = crm.create(Company::draft().name("One").parent(first)).unwrap();
        let third = crm.create(Company::draft().name("Two").parent(second)).unwrap();
        let records = [first, second, third];
        let copy = || records.map(|record| crm.find_record(record.reference()).unwrap());
        let mut kept = vec![(crm.sequence(), clock.now(), copy())];
        for step in steps {
            clock.advance(TimeDelta::minutes(1));
            // What is refused, such as a change in the trash, changes nothing: the copies say so.
            let _ = match step {
                Step::Set(record, field, value) => {
                    let field = ["employees", "founded", "tags"][usize::from(field)];
                    let value = value.filter(|_| field != "tags").map_or(Value::Null, Value::Int);
                    crm.update_record(records[record].reference(), Fields::new().with(field, value))
                }
                Step::Rename(record, name) => {
                    let name = ["Acme", "Bolt", "Cog", "Dyn"][usize::from(name)];
                    crm.update(records[record], Company::draft().name(name))
                }
                Step::Delete(record) => crm.delete(records[record].reference()),
                Step::Restore(record) => crm.restore(records[record].reference()),
                Step::Purge(record) => crm.purge(records[record].reference()),
                Step::Together(sets) => {
                    let changes: Vec<Change> = sets
                        .iter()
                        .map(|(record, value)| Change::update(records[*record], Company::draft().employees(*value)))
                        .collect();
                    crm.batch(&changes, None).map(|outcomes| outcomes[0])
                }
            };
            if crm.sequence() == kept.last().unwrap().0 {
                prop_assert_eq!(&copy(), &kept.last().unwrap().2);
            } else {
                kept.push((crm.sequence(), clock.now(), copy()));
            }
        }
        let now = copy();
        for (sequence, time, copies) in &kept {
            for ((record, then), now) in records.iter().zip(copies).zip(&now) {
                // A purge takes the past away.
                let expected = then.as_ref().filter(|_| now.is_some());
                let was = crm.record_as_of(*record, *sequence).unwrap();
                prop_assert_eq!(was.as_ref(), expected);
                let was = crm.record_at(*record, *time).unwrap();
                prop_assert_eq!(was.as_ref(), expected);
            }
        }
        assert_sound(&crm);
    }
}

/// The spaces of the store in which a text stands.
fn where_is(storage: &dyn Storage, text: &str) -> Vec<Space> {
    let snapshot = storage.snapshot().unwrap();
    let contains = |bytes: &[u8]| {
        bytes
            .windows(text.len())
            .any(|window| window == text.as_bytes())
    };
    let stands = |space: &Space| {
        let mut found = false;
        snapshot
            .scan(&KeyRange::all(*space), &mut |key, value| {
                found |= contains(key) || contains(value);
                ControlFlow::Continue(())
            })
            .unwrap();
        found
    };
    Space::ALL.into_iter().filter(stands).collect()
}

#[test]
fn a_purge_leaves_no_value_behind() {
    let storage = Arc::new(MemoryStorage::new());
    let crm = options().0.with_storage(storage.clone()).unwrap();
    let secrets = ["quetzal", "zyzzyva", "xylograph"];
    let contact = Contact::draft()
        .name("Quetzal quetzal")
        .description("about zyzzyva");
    let contact = crm.create(contact).unwrap();
    crm.update(contact, Contact::draft().description("about xylograph"))
        .unwrap();
    let file = Document::draft()
        .name("quetzal.pdf")
        .about(vec![contact.reference()]);
    let file = crm.create(file).unwrap();
    crm.put_content(file, b"zyzzyva in a file").unwrap();
    let twin = crm.create(Document::draft().name("twin.pdf")).unwrap();
    crm.put_content(twin, b"zyzzyva in a file").unwrap();
    for secret in secrets {
        assert!(where_is(&*storage, secret).contains(&Space::Log) || secret == "quetzal");
        assert!(!where_is(&*storage, secret).is_empty());
    }
    crm.purge(contact.reference()).unwrap();
    crm.purge(file.reference()).unwrap();
    // Another document has the same content, until it goes too.
    assert_eq!(where_is(&*storage, "zyzzyva"), [Space::Blob]);
    assert_eq!(crm.content(twin).unwrap().unwrap(), b"zyzzyva in a file");
    crm.delete(twin.reference()).unwrap();
    crm.purge(twin.reference()).unwrap();
    for secret in secrets {
        assert_eq!(where_is(&*storage, secret), [], "{secret}");
    }
    let history = crm.history(contact).unwrap();
    assert_eq!(history[0].kind, ChangeKind::Purged);
    assert_eq!(history.last().unwrap().kind, ChangeKind::Created);
    assert!(history.iter().all(|entry| entry.changes.is_empty()));
    assert_sound(&crm);
}

#[test]
fn an_undo_takes_back_what_nobody_has_built_upon() {
    let (crm, clock) = crm();
    let acme = crm
        .create(Company::draft().name("Acme").employees(5))
        .unwrap();
    let bolt = crm.create(Company::draft().name("Bolt")).unwrap();
    let june = crm.operation("june");
    let draft = Company::draft()
        .name("Acme Inc")
        .employees(50)
        .founded(1999);
    june.update(acme, draft).unwrap();
    june.delete(bolt.reference()).unwrap();
    let new = june.create(Company::draft().name("Cog")).unwrap();
    let edited = june.create(Company::draft().name("Dyn")).unwrap();
    clock.advance(TimeDelta::days(1));
    crm.update(acme, Company::draft().employees(60)).unwrap();
    crm.update(edited, Company::draft().employees(1)).unwrap();

    let report = crm.undo("june").unwrap();
    let skipped: Vec<_> = report
        .skipped
        .iter()
        .map(|skipped| (skipped.record, skipped.field.as_deref()))
        .collect();
    assert_eq!(
        skipped,
        [
            (edited.reference(), None),
            (acme.reference(), Some("employees"))
        ]
    );
    assert_eq!(report.undone, 3);
    let view = crm.get(acme).unwrap();
    assert_eq!(
        (view.name(), view.employees(), view.founded()),
        (Some("Acme"), Some(60), None)
    );
    assert!(crm.get(bolt).is_ok() && crm.get(edited).is_ok());
    assert!(
        crm.find_record(new.reference())
            .unwrap()
            .unwrap()
            .is_deleted()
    );
    assert_eq!(crm.history(acme).unwrap()[0].commit.cause, "undo");

    let report = crm.undo("undo of june").unwrap();
    assert_eq!((report.undone, report.skipped.len()), (3, 0));
    assert_eq!(crm.get(acme).unwrap().name(), Some("Acme Inc"));
    assert!(crm.get(bolt).is_err() && crm.get(new).is_ok());
    assert_eq!(crm.undo("july").unwrap_err().code(), Code::NotFound);
    assert_sound(&crm);
}

#[test]
fn every_field_of_an_update_is_told_with_both_values() {
    let (crm, _) = crm();
    let before = Company::draft()
        .name("Acme")
        .industry("retail")
        .employees(5);
    let acme = crm.create(before.external_id("A-1")).unwrap();
    let after = Company::draft()
        .domain("acme.example")
        .clear(Company::INDUSTRY);
    let after = after.employees(6).founded(1999).external_id("A-2");
    crm.update(acme, after).unwrap();
    let newest = crm.history(acme).unwrap().swap_remove(0);
    let change = |field, old, new| FieldChange { field, old, new };
    let text = Value::from;
    assert_eq!(
        newest.changes,
        [
            change(Company::DOMAIN.number(), Value::Null, text("acme.example")),
            change(Company::INDUSTRY.number(), text("retail"), Value::Null),
            change(Company::EMPLOYEES.number(), 5.into(), 6.into()),
            change(Company::FOUNDED.number(), Value::Null, 1999.into()),
            change(Company::EXTERNAL_ID.number(), text("A-1"), text("A-2")),
        ]
    );
}

#[test]
fn an_undo_leaves_alone_what_has_gone_back_already() {
    let (crm, _) = crm();
    let [old, trashed] = ["Old", "Trashed"].map(|name| {
        let company = crm.create(Company::draft().name(name)).unwrap();
        company.reference()
    });
    crm.delete(trashed).unwrap();
    let june = crm.operation("june");
    let new = june.create(Company::draft().name("New")).unwrap();
    june.delete(old).unwrap();
    june.restore(trashed).unwrap();
    crm.delete(new.reference()).unwrap();
    crm.restore(old).unwrap();
    crm.delete(trashed).unwrap();
    let before = crm.sequence();
    let report = crm.undo("june").unwrap();
    assert_eq!((report.undone, report.skipped), (0, vec![]));
    assert_eq!(crm.sequence(), before);
    assert_sound(&crm);
}

#[test]
fn an_undo_leaves_in_the_trash_what_somebody_has_put_there_again() {
    let (crm, _) = crm();
    let acme = crm.create(Company::draft().name("Acme")).unwrap();
    crm.operation("june").delete(acme.reference()).unwrap();
    crm.restore(acme.reference()).unwrap();
    crm.delete(acme.reference()).unwrap();
    let report = crm.undo("june").unwrap();
    let skipped = UndoSkipped {
        record: acme.reference(),
        field: None,
        reason: "it was changed again since".to_owned(),
    };
    assert_eq!((report.undone, report.skipped), (0, vec![skipped]));
    assert!(crm.get(acme).is_err());
    assert_sound(&crm);
}

/// Gives companies the number of their deals.
fn count_deals(crm: &Crm) {
    let deals = RollUp {
        object: "deal".to_owned(),
        via: "company".to_owned(),
        op: RollUpOp::Count,
        field: String::new(),
        filter: String::new(),
    };
    let field = FieldDef::custom("deals", FieldType::Integer).roll_up(deals);
    crm.add_field("company", field).unwrap();
}

#[test]
fn an_undo_goes_with_roll_ups() {
    let (crm, _) = crm();
    let (sales, _) = pipeline(&crm);
    count_deals(&crm);
    let acme = crm.create(Company::draft().name("Acme")).unwrap();
    let deal = |name: &str| {
        let draft = Deal::draft().name(name).pipeline(sales).company(acme);
        crm.create(draft).unwrap()
    };
    let [first, _] = ["First", "Second"].map(deal);
    crm.operation("june").delete(acme.reference()).unwrap();
    crm.delete(first.reference()).unwrap();
    crm.undo("june").unwrap();
    assert_eq!(crm.count("company", "deals == 1").unwrap(), 1);
    // What the engine has computed since is nothing that anybody has built upon.
    let july = crm.operation("july");
    let bolt = july.create(Company::draft().name("Bolt")).unwrap();
    let draft = Deal::draft().name("Third").pipeline(sales);
    let third = crm.create(draft.company(bolt)).unwrap();
    assert_eq!(crm.count("company", "deals == 1").unwrap(), 2);
    crm.delete(third.reference()).unwrap();
    let report = crm.undo("july").unwrap();
    assert_eq!((report.undone, report.skipped), (1, vec![]));
    assert_sound(&crm);
}

#[test]
fn what_a_roll_up_refuses_is_not_counted_as_undone() {
    let (crm, _) = crm();
    let (sales, _) = pipeline(&crm);
    count_deals(&crm);
    let acme = crm.create(Company::draft().name("Acme")).unwrap();
    let seats = Deal::draft().name("Seats").pipeline(sales).company(acme);
    let seats = crm.operation("june").create(seats).unwrap();
    let rule = ValidationRule::draft()
        .name("busy")
        .object("company")
        .condition("deals > 0")
        .message("a company has deals");
    crm.create(rule).unwrap();
    // The company would be without deals, so the deal stays, and the report says so.
    let report = crm.undo("june").unwrap();
    assert_eq!((report.undone, report.skipped.len()), (0, 1));
    assert_eq!(report.skipped[0].record, seats.reference());
    assert!(crm.get(seats).is_ok());
    assert_sound(&crm);
}

#[test]
fn an_undo_brings_back_what_followed() {
    let (crm, clock) = crm();
    let (sales, stages) = pipeline(&crm);
    let deal = crm
        .create(Deal::draft().name("Forty").pipeline(sales))
        .unwrap();
    let before = crm.get(deal).unwrap().into_record();
    clock.advance(TimeDelta::days(1));
    crm.operation("won")
        .update(deal, Deal::draft().stage(stages[2]))
        .unwrap();
    clock.advance(TimeDelta::days(1));
    assert_eq!(crm.undo("won").unwrap().skipped, []);
    let after = crm.get(deal).unwrap().into_record();
    let own = |record: &Record| -> Vec<(u16, Value)> {
        let fields = record.fields().try_fields().map(Result::unwrap);
        fields
            .filter(|(field, _)| *field < 60_000)
            .map(|(field, value)| (field, value.to_value()))
            .collect()
    };
    assert_eq!(own(&after), own(&before));

    // Where somebody has moved the deal on, what belongs to the move stays with it.
    crm.operation("won again")
        .update(deal, Deal::draft().stage(stages[2]))
        .unwrap();
    let closed = crm.get(deal).unwrap().closed_at();
    crm.update(deal, Deal::draft().stage(stages[3])).unwrap();
    let report = crm.undo("won again").unwrap();
    assert!(
        report
            .skipped
            .iter()
            .any(|skipped| skipped.field.as_deref() == Some("stage"))
    );
    let view = crm.get(deal).unwrap();
    assert_eq!(
        (view.status(), view.closed_at()),
        (Some(DealStatus::Lost), closed)
    );
    assert_sound(&crm);
}
