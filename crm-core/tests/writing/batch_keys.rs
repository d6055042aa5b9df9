//! Idempotency keys: a repetition is answered, anything else is refused, and none is kept for ever.
#![cfg(feature = "redb")]

use std::fs;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use crate::common::{assert_sound, options};
use chrono::TimeDelta;
use crm_core::store::{MemoryStorage, Overlay, Space, Storage};
use crm_core::*;

fn go_on(_: u64) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

fn acme() -> Vec<Change> {
    vec![Change::create(Company::draft().name("Acme").employees(5))]
}

#[test]
fn a_repeated_key_returns_the_first_result() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("test.crm");
    let (options_, _) = options();
    let crm = options_.open(&path).unwrap();
    let first = crm.batch(&acme(), Some(Keyed("order 66"))).unwrap();
    let sequence = crm.sequence();
    assert_eq!(crm.batch(&acme(), Some(Keyed("order 66"))).unwrap(), first);
    crm.close().unwrap();
    drop(crm);
    let crm = options().0.open(&path).unwrap();
    assert_eq!(crm.batch(&acme(), Some(Keyed("order 66"))).unwrap(), first);
    // A host's dictionary may have the fields in another order.
    let turned = Change::create(Company::draft().employees(5).name("Acme"));
    assert_eq!(
        crm.batch(&[turned], Some(Keyed("order 66"))).unwrap(),
        first
    );
    assert_eq!(crm.sequence(), sequence);
    assert_eq!(crm.count("company", "").unwrap(), 1);
    // A refused batch leaves its key unused.
    let bad = [Change::Delete {
        record: Ref {
            id: Id::NIL,
            ..first[0].record
        },
    }];
    assert!(crm.batch(&bad, Some(Keyed("order 67"))).is_err());
    let second = crm.batch(&acme(), Some(Keyed("order 67"))).unwrap();
    assert_ne!(second[0].record, first[0].record);
    assert_sound(&crm);
}

#[test]
fn a_key_with_other_content_or_of_another_user_is_refused() {
    let (options, _) = options();
    let crm = options.in_memory().unwrap();
    let ada = crm.create(User::draft().name("Ada")).unwrap();
    let acme = acme();
    let key = Some(Keyed("order 66"));
    let first = crm.batch(&acme, key).unwrap();
    let record = first[0].record;
    let sequence = crm.sequence();
    let update = |employees: i64, expected| Change::Update {
        record,
        fields: Fields::new().with("employees", employees),
        expected,
    };
    let others = [
        vec![],
        vec![Change::create(Company::draft().name("Acme").employees(6))],
        vec![Change::create(Company::draft().name("Acme").founded(5))],
        vec![Change::create(Contact::draft().name("Acme"))],
        [acme.clone(), acme.clone()].concat(),
        vec![update(5, None)],
        vec![Change::Delete { record }],
        vec![Change::Purge { record }],
    ];
    for other in others {
        let error = crm.batch(&other, key).unwrap_err();
        assert_eq!(error.code(), Code::Invalid, "{other:?}");
        assert!(error.to_string().contains("order 66"), "{error}");
    }
    let error = crm.as_user(ada).unwrap().batch(&acme, key).unwrap_err();
    assert_eq!(error.code(), Code::Invalid);
    assert_eq!(crm.sequence(), sequence);
    assert_eq!(crm.batch(&acme, key).unwrap(), first);
    // What is expected is part of what is asked for.
    let key = Some(Keyed("order 67"));
    crm.batch(&[update(6, Some(sequence))], key).unwrap();
    assert!(crm.batch(&[update(6, Some(sequence + 1))], key).is_err());
    assert!(crm.batch(&[update(6, None)], key).is_err());
    assert!(crm.batch(&[update(6, Some(sequence))], key).is_ok());
    assert_sound(&crm);
}

#[test]
fn keys_go_when_their_time_is_over() {
    let (options, clock) = options();
    let crm = options.in_memory().unwrap();
    let maintain = || while crm.maintain().unwrap() {};
    let made = |key: &str| {
        let before = crm.count("company", "").unwrap();
        crm.batch(&acme(), Some(Keyed(key))).unwrap();
        crm.count("company", "").unwrap() > before
    };
    assert!(made("first"));
    clock.advance(TimeDelta::days(20));
    assert!(made("second"));
    clock.advance(TimeDelta::days(10));
    maintain();
    assert!(!made("first"), "30 days are not over");
    clock.advance(TimeDelta::days(1));
    maintain();
    assert!(made("first") && !made("second"));
    let settings = crm.find(&Query::of("organisation")).unwrap().rows[0].reference();
    let keep = |days: i64| {
        let days = Fields::new().with("batch_keys_days", days);
        crm.update_record(settings, days)
    };
    assert_eq!(keep(0).unwrap_err().code(), Code::Invalid);
    keep(5).unwrap();
    maintain();
    assert!(made("second") && !made("first"));
    keep(1_000).unwrap();
    clock.advance(TimeDelta::days(999));
    maintain();
    assert!(!made("second") && !made("first"));
    assert_sound(&crm);
}

#[test]
fn what_an_earlier_version_wrote_is_answered_and_goes_too() {
    let storage = Arc::new(MemoryStorage::new());
    let (options_, clock) = options();
    let crm = options_.with_storage(storage.clone()).unwrap();
    let first = crm.batch(&acme(), None).unwrap();
    let [outcome] = first[..] else { return };
    let mut row = vec![0];
    row.extend(outcome.record.object.to_be_bytes());
    row.extend(outcome.record.id.as_bytes());
    row.extend(outcome.version.to_be_bytes());
    let mut changes = Overlay::new();
    changes.put(Space::Meta, b"idempotency/old", row);
    changes.put(Space::Meta, b"idempotency/empty", []);
    storage.commit(&changes).unwrap();
    let (options_, _) = options();
    let crm = options_.clock(clock.clone()).with_storage(storage).unwrap();
    // Nobody knows what was asked for.
    for changes in [acme(), vec![]] {
        let again = crm.batch(&changes, Some(Keyed("old"))).unwrap();
        assert_eq!(again, first);
    }
    clock.advance(TimeDelta::days(31));
    while crm.maintain().unwrap() {}
    let again = crm.batch(&acme(), Some(Keyed("old"))).unwrap();
    assert_ne!(again[0].record, first[0].record);
    assert_eq!(crm.batch(&acme(), Some(Keyed("empty"))).unwrap().len(), 1);
    assert_sound(&crm);
}

#[test]
fn an_increment_holds_the_new_keys() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name);
    let crm = options().0.open(file("sales.crm")).unwrap();
    let unchanged = crm.batch(&acme(), Some(Keyed("the first"))).unwrap()[0].record;
    for n in 0..2_000 {
        let key = format!("a key of some length, number {n}");
        crm.batch(&[], Some(Keyed(&key))).unwrap();
    }
    crm.create(Company::draft().name("Cog")).unwrap();
    crm.backup(file("base.crm"), &mut go_on).unwrap();
    let base = crm.sequence();
    let nothing = [Change::Update {
        record: unchanged,
        fields: Fields::new().with("name", "Acme"),
        expected: None,
    }];
    let created = crm.batch(&acme(), Some(Keyed("new"))).unwrap();
    let first = crm.sequence();
    let unchanged = crm.batch(&nothing, Some(Keyed("nothing"))).unwrap();
    crm.create(Company::draft().name("Bolt")).unwrap();
    let rows = file("rows");
    crm.backup_since(base, &rows, &mut go_on).unwrap();
    assert!(fs::metadata(&rows).unwrap().len() < 100_000);

    let restored = |to: &str, point| {
        let to = file(to);
        Crm::restore(file("base.crm"), &[&rows], &to, point, &mut go_on).unwrap();
        options().0.open(Path::new(&to)).unwrap()
    };
    let newest = restored("newest.crm", PointInTime::Newest);
    let key = Keyed("new");
    assert_eq!(newest.batch(&acme(), Some(key)).unwrap(), created);
    let key = Keyed("nothing");
    assert_eq!(newest.batch(&nothing, Some(key)).unwrap(), unchanged);
    let other = newest.batch(&nothing, Some(Keyed("the first")));
    assert_eq!(other.unwrap_err().code(), Code::Invalid, "it is known");
    // Of a time before they were given, keys are not known.
    let earlier = restored("earlier.crm", PointInTime::Commit(base));
    let made = earlier.batch(&nothing, Some(Keyed("new"))).unwrap();
    assert_eq!(made[0].kind, OutcomeKind::Unchanged);
    let between = restored("between.crm", PointInTime::Commit(first));
    assert_eq!(between.batch(&acme(), Some(Keyed("new"))).unwrap(), created);
    assert_sound(&between);
}
