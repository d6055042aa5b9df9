//! Derived rows of every kind are broken below the engine: a check finds each, and a repair puts it right.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use crate::common::{assert_sound, at, money, options, pipeline};
use crm_core::store::{KeyRange, MemoryStorage, Overlay, Space, Storage};
use crm_core::*;

type Rows = BTreeMap<(Space, Vec<u8>), Vec<u8>>;

fn rows(storage: &dyn Storage) -> Rows {
    let snapshot = storage.snapshot().unwrap();
    let mut rows = Rows::new();
    for space in Space::ALL {
        let all = KeyRange::all(space);
        let scanned = snapshot.scan(&all, &mut |key, value| {
            rows.insert((space, key.to_vec()), value.to_vec());
            ControlFlow::Continue(())
        });
        scanned.unwrap();
    }
    rows
}

/// A little of everything that something is derived from.
fn fill(storage: &Arc<dyn Storage>) {
    let (options, clock) = options();
    let crm = options.with_storage(storage.clone()).unwrap();
    let (_, stages) = pipeline(&crm);
    let acme = Company::draft().name("Acme").external_id("A1");
    let acme = crm.create(acme.employees(700)).unwrap();
    let ada = Contact::draft().name("Ada Lovelace").company(acme);
    let ada = crm.create(ada.email("ada@acme.example")).unwrap();
    for (n, stage) in stages.iter().enumerate() {
        let deal = Deal::draft().name(format!("Deal {n}")).company(acme);
        let deal = deal.stage(*stage).amount(money(100 + n as i64, "EUR"));
        crm.operation("setting up").create(deal).unwrap();
    }
    let note = Note::draft().subject("Met at the fair");
    crm.create(note.about(vec![ada.reference(), acme.reference()]))
        .unwrap();
    let reminder = Reminder::draft().text("Call").about(ada.reference());
    crm.create(reminder.at(at("2026-03-09T09:00:00Z"))).unwrap();
    let paper = crm.create(Document::draft().name("Offer")).unwrap();
    crm.put_content(paper, &[7; 100_000]).unwrap();
    crm.put_content(paper, b"the second").unwrap();
    clock.advance(chrono::TimeDelta::hours(1));
    let gone = crm.create(Contact::draft().name("Gone")).unwrap();
    crm.delete(gone).unwrap();
    crm.update(acme, Company::draft().name("Acme Ltd")).unwrap();
    assert_sound(&crm);
    crm.close().unwrap();
}

/// Which rows are derived, by their space and the first byte of their keys.
fn is_derived(space: Space, key: &[u8]) -> bool {
    match space {
        Space::Index | Space::Timeline | Space::Text | Space::Total => true,
        // Only reminders are told again by their records.
        Space::Job => true,
        // Histories and named operations.
        Space::Log => key[0] > 1,
        // Who has a content.
        Space::Blob => key[32..36] == [0xFF; 4],
        Space::Meta | Space::Record => false,
    }
}

fn open(storage: &Arc<dyn Storage>) -> Crm {
    options().0.with_storage(storage.clone()).unwrap()
}

/// Commits changes below the engine, has them found and put right.
fn break_and_repair(storage: &Arc<dyn Storage>, sound: &Rows, changes: &Overlay, what: &str) {
    storage.commit(changes).unwrap();
    let crm = open(storage);
    let report = crm.check().unwrap();
    assert!(!report.is_sound(), "{what}: not found");
    let repaired = crm.repair().unwrap();
    assert_eq!(repaired.found, report.findings, "{what}");
    assert_eq!(repaired.left, [], "{what}");
    assert!(repaired.rows > 0, "{what}: {repaired:?}");
    assert_sound(&crm);
    crm.close().unwrap();
    let now = rows(&**storage);
    for (row, value) in sound {
        // What the search index is made of depends on how it came to be.
        if row.0 != Space::Text {
            assert_eq!(now.get(row), Some(value), "{what}: {row:?}");
        }
    }
}

/// Every derived row lost, one at a time, or with another value, or with a key that nothing has.
fn every_row(storage: Arc<dyn Storage>, every: usize) {
    fill(&storage);
    let sound = rows(&*storage);
    let mut seen = [0; Space::ALL.len()];
    for ((space, key), value) in &sound {
        // That a word is gone from a record says nothing where no block has it.
        let says_nothing = *space == Space::Text && value == &[0];
        if !is_derived(*space, key) || says_nothing {
            continue;
        }
        seen[*space as usize] += 1;
        if seen[*space as usize] % every != 0 {
            continue;
        }
        let mut lost = Overlay::new();
        lost.delete(*space, key.clone());
        break_and_repair(&storage, &sound, &lost, &format!("{space:?} {key:?} lost"));
        let mut stray = Overlay::new();
        let mut other = key.clone();
        let at = other.len() - 2;
        other[at] ^= 0x55;
        if !sound.contains_key(&(*space, other.clone())) {
            stray.put(*space, other, value.clone());
            break_and_repair(
                &storage,
                &sound,
                &stray,
                &format!("{space:?} {key:?} stray"),
            );
        }
        if !value.is_empty() && *space != Space::Text {
            let mut changed = Overlay::new();
            let mut bytes = value.clone();
            bytes[0] ^= 1;
            changed.put(*space, key.clone(), bytes);
            let what = format!("{space:?} {key:?} with another value");
            break_and_repair(&storage, &sound, &changed, &what);
        }
    }
    // All but Meta and Record.
    let kinds = seen.iter().filter(|seen| **seen > 0).count();
    assert_eq!(kinds, 7, "{seen:?}");
}

#[test]
fn every_derived_row_is_found_missing_and_brought_back() {
    every_row(Arc::new(MemoryStorage::new()), 1);
}

#[test]
#[cfg(feature = "redb")]
fn so_it_is_in_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sales.crm");
    let file = store::RedbStorage::open(&path, store::Options::default()).unwrap();
    let storage: Arc<dyn Storage> = Arc::new(NeverClosed(file));
    every_row(storage, 20);
}

/// Stays open when a database on it is closed.
#[cfg(feature = "redb")]
struct NeverClosed(store::RedbStorage);

#[cfg(feature = "redb")]
impl Storage for NeverClosed {
    fn snapshot(&self) -> Result<Arc<dyn store::Snapshot>> {
        self.0.snapshot()
    }

    fn commit(&self, changes: &Overlay) -> Result<()> {
        self.0.commit(changes)
    }

    fn verify(&self, go_on: Option<&store::GoOn>) -> Result<()> {
        self.0.verify(go_on)
    }

    fn stats(&self) -> Result<store::Stats> {
        self.0.stats()
    }
}

#[test]
fn everything_derived_is_written_anew() {
    let storage: Arc<dyn Storage> = Arc::new(MemoryStorage::new());
    fill(&storage);
    let sound = rows(&*storage);
    let mut changes = Overlay::new();
    for (space, key) in sound.keys() {
        if is_derived(*space, key) {
            changes.delete(*space, key.clone());
        }
    }
    break_and_repair(&storage, &sound, &changes, "all of it");
}

#[test]
fn a_sound_database_is_left_alone() {
    let storage: Arc<dyn Storage> = Arc::new(MemoryStorage::new());
    fill(&storage);
    let before = rows(&*storage);
    let crm = open(&storage);
    let compared = [
        Space::Index,
        Space::Timeline,
        Space::Total,
        Space::Log,
        Space::Job,
        Space::Blob,
    ];
    let compared = before.keys().filter(|(space, _)| compared.contains(space));
    let records = before.keys().filter(|(space, _)| *space == Space::Record);
    let report = crm.check().unwrap();
    assert_eq!(report.rows, compared.count() as u64);
    assert_eq!(report.records, records.count() as u64);
    assert_eq!(crm.repair().unwrap(), RepairReport::default());
    assert!(rows(&*storage) == before);
}

#[test]
fn counters_that_went_back_give_no_number_twice() {
    let storage: Arc<dyn Storage> = Arc::new(MemoryStorage::new());
    fill(&storage);
    let sound = rows(&*storage);
    let mut changes = Overlay::new();
    changes.delete(Space::Meta, *b"counters");
    break_and_repair(&storage, &sound, &changes, "the counters");
    let crm = open(&storage);
    let before = crm.sequence();
    crm.create(Company::draft().name("Next")).unwrap();
    assert_eq!(crm.sequence(), before + 1);
    assert_sound(&crm);
}

#[test]
fn a_wrong_roll_up_is_corrected_as_a_change_of_its_record() {
    let storage: Arc<dyn Storage> = Arc::new(MemoryStorage::new());
    let (options, _) = options();
    let crm = options.with_storage(storage.clone()).unwrap();
    let people = schema::RollUp {
        object: "contact".to_owned(),
        via: "company".to_owned(),
        op: schema::RollUpOp::Count,
        field: String::new(),
        filter: String::new(),
    };
    let people = schema::FieldDef::custom("people", schema::FieldType::Integer).roll_up(people);
    crm.add_field("company", people).unwrap();
    let doubled =
        schema::FieldDef::custom("twice", schema::FieldType::Integer).formula("people * 2");
    crm.add_field("company", doubled).unwrap();
    let below = schema::RollUp {
        object: "company".to_owned(),
        via: "parent".to_owned(),
        op: schema::RollUpOp::Sum,
        field: "people".to_owned(),
        filter: String::new(),
    };
    let below = schema::FieldDef::custom("below", schema::FieldType::Integer).roll_up(below);
    crm.add_field("company", below).unwrap();
    let group = crm.create(Company::draft().name("Group")).unwrap();
    let acme = crm
        .create(Company::draft().name("Acme").parent(group))
        .unwrap();
    for name in ["Ada", "Bob"] {
        crm.create(Contact::draft().name(name).company(acme))
            .unwrap();
    }
    let before = rows(&*storage);
    crm.create(Contact::draft().name("Cleo").company(acme))
        .unwrap();
    let newest = crm.sequence();
    crm.close().unwrap();
    let value_of = |crm: &Crm, company: Id<Company>, name: &str| {
        let record = crm.find_record(company.reference()).unwrap().unwrap();
        let catalog = crm.catalog();
        let field = catalog
            .object_named("company")
            .unwrap()
            .field_named(name)
            .unwrap()
            .id;
        record.get(field).as_int()
    };
    let value = |crm: &Crm, name: &str| value_of(crm, acme, name);
    // The companies are as they were before the last of their people came.
    let mut changes = Overlay::new();
    for company in [acme, group] {
        let mut key = Company::TYPE.to_be_bytes().to_vec();
        key.extend(company.reference().id.as_bytes());
        let then = before[&(Space::Record, key.clone())].clone();
        changes.put(Space::Record, key, then);
    }
    // Its correction has a number that no commit has, though nothing says any more which ones are taken.
    changes.delete(Space::Meta, *b"counters");
    storage.commit(&changes).unwrap();
    let crm = open(&storage);
    assert_eq!(
        (value(&crm, "people"), value(&crm, "twice")),
        (Some(2), Some(4))
    );
    let found = Finding {
        space: Some(Space::Record),
        what: format!("company.people of {acme} is 2, and should be 3"),
    };
    assert!(crm.check().unwrap().findings.contains(&found));
    let report = crm.repair().unwrap();
    assert_eq!((report.records, report.left), (2, vec![]));
    assert_eq!(value_of(&crm, group, "below"), Some(3));
    assert_eq!(
        (value(&crm, "people"), value(&crm, "twice")),
        (Some(3), Some(6))
    );
    let history = crm.history(acme.reference()).unwrap();
    assert_eq!(history[0].commit.cause, "repair");
    assert_eq!(history[0].commit.sequence, newest + 1);
    assert_sound(&crm);
}

#[test]
fn a_reference_to_nothing_is_found_and_left() {
    let storage: Arc<dyn Storage> = Arc::new(MemoryStorage::new());
    fill(&storage);
    let sound = rows(&*storage);
    let is_company = |key: &[u8]| key[..2] == Company::TYPE.to_be_bytes();
    let mut records = sound.keys();
    let lost = records.find(|(space, key)| *space == Space::Record && is_company(key));
    let mut changes = Overlay::new();
    changes.delete(Space::Record, lost.unwrap().1.clone());
    storage.commit(&changes).unwrap();
    let report = open(&storage).repair().unwrap();
    for from in ["contact.company", "deal.company", "note.about"] {
        let says = |finding: &Finding| {
            finding.place() == "record"
                && finding.what.starts_with(from)
                && finding.what.ends_with("which does not exist")
        };
        assert!(report.left.iter().any(says), "{from}: {:#?}", report.left);
    }
}

#[test]
fn a_record_of_no_object_is_found_and_left() {
    let storage: Arc<dyn Storage> = Arc::new(MemoryStorage::new());
    fill(&storage);
    let mut key = 7_777_u16.to_be_bytes().to_vec();
    key.extend(<Id>::NIL.as_bytes());
    let mut changes = Overlay::new();
    changes.put(Space::Record, key, []);
    storage.commit(&changes).unwrap();
    let report = open(&storage).repair().unwrap();
    let [finding] = &report.left[..] else {
        panic!("{:#?}", report.left)
    };
    assert_eq!(finding.place(), "record");
    assert!(finding.what.contains("the schema does not know"));
}

#[test]
fn more_findings_than_anybody_reads_are_all_put_right() {
    let storage: Arc<dyn Storage> = Arc::new(MemoryStorage::new());
    fill(&storage);
    let mut changes = Overlay::new();
    for n in 0..1_500_u16 {
        let key = [&[0xFF, 0xFF][..], &n.to_be_bytes()].concat();
        changes.put(Space::Index, key, []);
    }
    storage.commit(&changes).unwrap();
    let crm = open(&storage);
    let report = crm.check().unwrap();
    assert_eq!(report.findings.len(), 1_000);
    assert!(
        report
            .findings
            .iter()
            .all(|finding| finding.place() == "index")
    );
    assert_eq!(crm.repair().unwrap().rows, 1_500);
    assert_sound(&crm);
}

#[test]
fn damage_to_what_is_not_derived_is_left_and_said() {
    let storage: Arc<dyn Storage> = Arc::new(MemoryStorage::new());
    fill(&storage);
    let sound = rows(&*storage);
    let is_contact = |key: &[u8]| key[..2] == Contact::TYPE.to_be_bytes();
    let mut records = sound
        .keys()
        .filter(|(space, key)| *space == Space::Record && is_contact(key));
    let mut changes = Overlay::new();
    changes.put(Space::Record, records.next().unwrap().1.clone(), [0xEE; 9]);
    storage.commit(&changes).unwrap();
    let crm = open(&storage);
    let report = crm.repair().unwrap();
    assert!(report.rows > 0, "what was derived of it is gone");
    assert!(!report.left.is_empty());
    assert!(
        report
            .left
            .iter()
            .all(|finding| finding.space == Some(Space::Record)),
        "{:?}",
        report.left
    );
}
