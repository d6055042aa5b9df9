//! Files of other versions: what a later version derives is made at opening, and a crash half-way loses nothing.
//!
//! An older file is made by taking from a sound one what an older version would not have had: the rows of a
//! structure, and its place in the list of what the file holds.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use crate::schema_support::*;
use crm_core::schema::{FieldDef, FieldType, RollUp, RollUpOp};
use crm_core::store::{Failure, FaultyStorage, KeyRange, MemoryStorage, Overlay, Space, Storage};
use crm_core::*;
use serde_json::{Value as Json, json};

/// A database with something in every derived structure.
fn sound() -> Arc<MemoryStorage> {
    let storage = Arc::new(MemoryStorage::new());
    let crm = options().with_storage(storage.clone()).unwrap();
    let roll_up = RollUp {
        object: "deal".to_owned(),
        via: "company".to_owned(),
        op: RollUpOp::Count,
        field: String::new(),
        filter: String::new(),
    };
    let fields = vec![
        FieldDef::custom("deals", FieldType::Integer).roll_up(roll_up),
        FieldDef::custom("grade", FieldType::Text)
            .formula("deals > 1 ? 'big' : 'small'")
            .search(1),
    ];
    crm.add_fields("company", fields).unwrap();
    let sales = crm.create(Pipeline::draft().name("Sales")).unwrap();
    let stage = Stage::draft()
        .name("Open")
        .pipeline(sales)
        .order(1)
        .kind(StageKind::Open)
        .probability(50);
    crm.create(stage).unwrap();
    for n in 0..4 {
        let acme = crm
            .create(Company::draft().name(format!("Acme {n}")))
            .unwrap();
        let ada = crm
            .create(
                Contact::draft()
                    .name(format!("Ada Nr{n}").as_str())
                    .email(format!("ada{n}@acme.example"))
                    .company(acme),
            )
            .unwrap();
        for _ in 0..n {
            let amount = Money::new(10, Currency::new("EUR").unwrap()).unwrap();
            crm.create(
                Deal::draft()
                    .name("Seats")
                    .pipeline(sales)
                    .company(acme)
                    .amount(amount),
            )
            .unwrap();
        }
        let meeting = crm
            .create(
                Meeting::draft()
                    .subject("Kick-off")
                    .about(vec![acme.reference()])
                    .starts(
                        "2026-03-03T09:00:00Z"
                            .parse::<chrono::DateTime<chrono::Utc>>()
                            .unwrap(),
                    ),
            )
            .unwrap();
        crm.create(Attendee::draft().meeting(meeting).person(ada.reference()))
            .unwrap();
        if n == 3 {
            crm.delete(acme).unwrap();
        }
    }
    assert_sound(&crm);
    storage
}

fn copy_of(storage: &MemoryStorage) -> MemoryStorage {
    let copy = MemoryStorage::new();
    let mut all = Overlay::new();
    for (space, key, value) in contents_of(storage) {
        all.put(space, key, value);
    }
    copy.commit(&all).unwrap();
    copy
}

fn built(storage: &dyn Storage) -> Json {
    let bytes = storage
        .snapshot()
        .unwrap()
        .get_vec(Space::Meta, b"built")
        .unwrap();
    serde_json::from_slice(&bytes.unwrap()).unwrap()
}

/// Changes what the file says that it holds, and empties the structures that it does not.
fn age(storage: &dyn Storage, change: impl FnOnce(&mut Json), gone: &[KeyRange]) {
    let mut changes = Overlay::new();
    let snapshot = storage.snapshot().unwrap();
    for range in gone {
        snapshot
            .scan(range, &mut |key, _| {
                changes.delete(range.space, key);
                std::ops::ControlFlow::Continue(())
            })
            .unwrap();
    }
    let mut held = built(storage);
    change(&mut held);
    changes.put(Space::Meta, b"built", serde_json::to_vec(&held).unwrap());
    storage.commit(&changes).unwrap();
}

fn object_rows(space: Space, object: u16) -> KeyRange {
    KeyRange::prefix(space, &object.to_be_bytes())
}

fn index_rows(object: u16, index: u16) -> KeyRange {
    let key = [object.to_be_bytes(), index.to_be_bytes()].concat();
    KeyRange::prefix(Space::Index, &key)
}

fn drop_index(held: &mut Json, object: u16, index: u16) {
    let indexes = held["objects"][object.to_string()]["indexes"]
        .as_array_mut()
        .unwrap();
    let before = indexes.len();
    indexes.retain(|other| other["id"] != index);
    assert_eq!(indexes.len() + 1, before, "the index was there");
}

/// An older file: without an index that nothing else needs, one that timelines need, a unique one, totals, a
/// timeline, search fields and computed fields.
fn aged() -> MemoryStorage {
    let storage = copy_of(&sound());
    let numbers = |name: &str| {
        let crm = options().in_memory().unwrap();
        crm.catalog().object_named(name).unwrap().id
    };
    let (company, deal, meeting) = (numbers("company"), numbers("deal"), numbers("meeting"));
    let (attendee, contact) = (numbers("attendee"), numbers("contact"));
    let from = Attendee::MEETING.number();
    let gone = [
        index_rows(deal, Deal::COMPANY.number()),
        index_rows(attendee, from),
        index_rows(attendee, 200),
        object_rows(Space::Total, deal),
        object_rows(Space::Total, company),
        KeyRange::all(Space::Timeline),
    ];
    age(
        &storage,
        |held| {
            drop_index(held, deal, Deal::COMPANY.number());
            drop_index(held, attendee, from);
            drop_index(held, attendee, 200);
            held["objects"][deal.to_string()]["totals"] = json!([]);
            held["objects"][company.to_string()]["totals"] =
                json!([{"id": 9, "group_by": [], "sums": []}]);
            held["objects"][meeting.to_string()]["timeline"] = Json::Null;
            held["objects"][contact.to_string()]["search"] = json!([]);
        },
        &gone,
    );
    // This version computes a field otherwise.
    let mut changes = Overlay::new();
    let schema = storage
        .snapshot()
        .unwrap()
        .get_vec(Space::Meta, b"schema")
        .unwrap();
    let schema = String::from_utf8(schema.unwrap())
        .unwrap()
        .replace("'big'", "'large'");
    changes.put(Space::Meta, *b"schema", schema);
    storage.commit(&changes).unwrap();
    storage
}

fn told() -> (Options, Rc<RefCell<Vec<u64>>>) {
    let steps = Rc::new(RefCell::new(Vec::new()));
    let told = Rc::clone(&steps);
    (
        options().progress(move |step| told.borrow_mut().push(step)),
        steps,
    )
}

fn assert_is_right(crm: &Crm, grade: &str) {
    assert_sound(crm);
    let deals = crm
        .find(&Query::of("company").filter("name == 'Acme 2'"))
        .unwrap();
    assert_eq!(text(crm, deals.rows[0].reference(), "deals"), "2");
    assert_eq!(text(crm, deals.rows[0].reference(), "grade"), grade);
    assert_eq!(found(crm, grade), ["Acme 2"]);
    let ada = crm
        .find(&Query::of("contact").filter("email == 'ada1@acme.example'"))
        .unwrap();
    let timeline = crm
        .timeline(&TimelineQuery::of(ada.rows[0].reference()))
        .unwrap();
    assert_eq!(
        timeline.entries.len(),
        1,
        "an attendee has the meeting on the timeline"
    );
    assert_eq!(found(crm, "nr2"), ["Ada Nr2"]);
    assert_eq!(crm.count("deal", "").unwrap(), 6);
}

#[test]
fn an_older_file_is_brought_to_this_version_with_progress() {
    let storage = Arc::new(aged());
    let before = contents_of(&*storage);
    let records = |rows: &[(Space, Vec<u8>, Vec<u8>)]| {
        rows.iter()
            .filter(|(space, ..)| *space == Space::Record)
            .count()
    };
    let (options, steps) = told();
    let crm = options.with_storage(storage.clone()).unwrap();
    assert_eq!(
        *steps.borrow(),
        [1, 2, 3],
        "two indexes, and the rest at once"
    );
    assert_is_right(&crm, "large");
    drop(crm);
    let after = contents_of(&*storage);
    assert_eq!(records(&before), records(&after));
    // The next opening has nothing to do, and writes nothing.
    let (options, steps) = told();
    options.with_storage(storage.clone()).unwrap();
    assert!(steps.borrow().is_empty());
    assert!(contents_of(&*storage) == after);
}

#[test]
fn a_crash_at_any_operation_of_a_migration_loses_nothing() {
    let old = aged();
    for operations in 0.. {
        let storage = Arc::new(FaultyStorage::new(copy_of(&old)));
        storage.fail_after(
            operations,
            Failure::Forever,
            Detail::Io("pulled".to_owned()),
        );
        let opened = options().with_storage(storage.clone());
        storage.heal();
        let crashed = opened.is_err();
        if let Err(error) = opened {
            assert!(
                matches!(error.code(), Code::Io | Code::NeedsReopen),
                "operation {operations}: {error}"
            );
        }
        let crm = options().with_storage(storage).unwrap();
        assert_is_right(&crm, "large");
        if !crashed {
            assert!(
                operations > 20,
                "the migration was that of {operations} operations"
            );
            break;
        }
    }
}

#[test]
fn a_crash_in_a_new_file_loses_nothing() {
    for operations in 0.. {
        let storage = Arc::new(FaultyStorage::new(MemoryStorage::new()));
        storage.fail_after(
            operations,
            Failure::Forever,
            Detail::Full("no space".to_owned()),
        );
        let opened = options().with_storage(storage.clone());
        storage.heal();
        let crm = options().with_storage(storage).unwrap();
        assert_eq!(crm.count("organisation", "").unwrap(), 1);
        assert_sound(&crm);
        if opened.is_ok() {
            break;
        }
    }
}

#[test]
fn a_file_that_does_not_say_what_it_holds_is_derived_anew() {
    let storage = copy_of(&sound());
    let mut changes = Overlay::new();
    changes.delete(Space::Meta, *b"built");
    storage.commit(&changes).unwrap();
    let (options, steps) = told();
    let crm = options.with_storage(Arc::new(storage)).unwrap();
    assert!(steps.borrow().len() > 2);
    assert_is_right(&crm, "big");
}

#[test]
fn an_index_of_another_version_is_removed() {
    let storage = Arc::new(copy_of(&sound()));
    let company = options()
        .in_memory()
        .unwrap()
        .catalog()
        .object_named("company")
        .unwrap()
        .id;
    let stray = [&company.to_be_bytes()[..], &900_u16.to_be_bytes(), b"row"].concat();
    let mut changes = Overlay::new();
    changes.put(Space::Index, stray.clone(), b"");
    storage.commit(&changes).unwrap();
    let findings = options()
        .with_storage(storage.clone())
        .unwrap()
        .check()
        .unwrap()
        .findings;
    assert_eq!(
        findings.len(),
        1,
        "a check finds what no index has: {findings:?}"
    );
    let old = json!({"id": 900, "fields": [1], "unique": false, "covering": []});
    age(
        &*storage,
        |held| {
            held["objects"][company.to_string()]["indexes"]
                .as_array_mut()
                .unwrap()
                .push(old)
        },
        &[],
    );
    let crm = options().with_storage(storage).unwrap();
    assert_is_right(&crm, "big");
}

#[test]
fn a_value_that_a_new_version_makes_unique_refuses_the_opening() {
    let storage = Arc::new(MemoryStorage::new());
    let crm = options().with_storage(storage.clone()).unwrap();
    let tag = crm.catalog().object_named("tag").unwrap().clone();
    let name = tag
        .fields
        .iter()
        .find(|field| field.unique)
        .unwrap()
        .clone();
    let first = crm
        .create_record("tag", fields(&[(&name.name, "hot")]))
        .unwrap();
    let second = crm
        .create_record("tag", fields(&[(&name.name, "cold")]))
        .unwrap();
    drop(crm);
    // The second record as an older version would have let it be: with the first one's value.
    let key = |record: Ref| [&record.object.to_be_bytes()[..], record.id.as_bytes()].concat();
    let value = storage
        .snapshot()
        .unwrap()
        .get_vec(Space::Record, &key(first))
        .unwrap();
    let mut changes = Overlay::new();
    changes.put(Space::Record, key(second), value.unwrap());
    storage.commit(&changes).unwrap();
    age(
        &*storage,
        |held| drop_index(held, tag.id, name.id),
        &[index_rows(tag.id, name.id)],
    );
    let before = contents_of(&*storage);
    let error = options()
        .with_storage(storage.clone())
        .map(|_| ())
        .unwrap_err();
    assert!(
        matches!(error.detail(), Detail::Duplicate { holder, .. } if *holder == first.id),
        "{error}"
    );
    assert!(contents_of(&*storage) == before);
}

#[test]
fn a_file_of_a_later_version_is_refused_untouched() {
    let storage = Arc::new(copy_of(&sound()));
    let mut changes = Overlay::new();
    changes.put(Space::Meta, *b"format", 7_u32.to_be_bytes());
    storage.commit(&changes).unwrap();
    let before = contents_of(&*storage);
    let error = options()
        .with_storage(storage.clone())
        .map(|_| ())
        .unwrap_err();
    assert!(
        matches!(
            error.detail(),
            Detail::NewerFormat {
                found: 7,
                supported: 1
            }
        ),
        "{error}"
    );
    assert!(contents_of(&*storage) == before);
    for (name, bytes) in [
        (&b"format"[..], &b"1"[..]),
        (b"built", b"{"),
        (b"schema", b"[]"),
        (b"counters", b"\xFF"),
    ] {
        let storage = copy_of(&sound());
        let mut changes = Overlay::new();
        changes.put(Space::Meta, name, bytes);
        storage.commit(&changes).unwrap();
        assert_eq!(
            code(options().with_storage(Arc::new(storage))),
            Code::Corrupt
        );
    }
}

#[test]
fn a_standard_field_is_as_its_version_declares_it() {
    let storage = Arc::new(MemoryStorage::new());
    let crm = options().with_storage(storage.clone()).unwrap();
    crm.index_field("company", "description").unwrap();
    drop(crm);
    // As if an older version had declared the field with another label and a weight of its own in search.
    let bytes = storage
        .snapshot()
        .unwrap()
        .get_vec(Space::Meta, b"schema")
        .unwrap()
        .unwrap();
    let mut schema: Json = serde_json::from_slice(&bytes).unwrap();
    let (_, changed) = schema["fields"]
        .as_object_mut()
        .unwrap()
        .iter_mut()
        .next()
        .unwrap();
    changed[0]["label"] = json!("Old label");
    let mut changes = Overlay::new();
    changes.put(
        Space::Meta,
        *b"schema",
        serde_json::to_vec(&schema).unwrap(),
    );
    storage.commit(&changes).unwrap();
    let crm = options().with_storage(storage).unwrap();
    let catalog = crm.catalog();
    let field = catalog
        .object_named("company")
        .unwrap()
        .field_named("description")
        .unwrap();
    assert_eq!((field.label.as_str(), field.indexed), ("Description", true));
    assert_sound(&crm);
}
