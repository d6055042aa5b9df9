//! What can be read of a damaged file is saved, and what cannot is said.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that fails should say what was found"
)]

use std::collections::BTreeMap;
use std::fs;
use std::ops::ControlFlow;
use std::path::Path;

use crm_core::store::Storage;
use crm_core::*;
use crm_crash::{Workload, clock, options};
use crm_damage::Damage;
use fastrand::Rng;

fn go_on(_: u64) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

/// Every record, also in the trash, as JSON.
fn records(crm: &Crm) -> BTreeMap<Ref, String> {
    let catalog = crm.catalog();
    let mut records = BTreeMap::new();
    for object in catalog.objects() {
        for query in [Query::of(&object.name), Query::of(&object.name).in_trash()] {
            for row in crm.find(&query.limit(1_000)).unwrap().rows {
                records.insert(row.reference(), record_to_json(&catalog, &row).to_string());
            }
        }
    }
    records
}

/// A closed file, and what is in it.
fn specimen(path: &Path, seed: u64) -> (Vec<u8>, BTreeMap<Ref, String>) {
    let clock = clock(0);
    let crm = options(&clock).open(path).unwrap();
    let mut workload = Workload::new(crm.clone(), clock, seed);
    for _ in 0..150 {
        workload.step().unwrap();
    }
    // So that no page holds what was before.
    crm.compact(&mut go_on).unwrap();
    let records = records(&crm);
    crm.close().unwrap();
    (fs::read(path).unwrap(), records)
}

/// Saves a file; what is saved, and what is said.
fn saved(from: &Path) -> (BTreeMap<Ref, String>, SalvageReport) {
    let to = from.with_extension("saved");
    let report = Crm::salvage(from, &to, &mut go_on).unwrap();
    let crm = options(&clock(900)).open(&to).unwrap();
    assert_eq!(crm.check().unwrap().findings, report.findings);
    let records = records(&crm);
    assert_eq!(records.len() as u64, report.records);
    crm.create(Company::draft().name("Life goes on")).unwrap();
    crm.close().unwrap();
    fs::remove_file(&to).unwrap();
    (records, report)
}

#[track_caller]
fn assert_same(records: &BTreeMap<Ref, String>, was: &BTreeMap<Ref, String>) {
    for record in records.keys().chain(was.keys()) {
        assert_eq!(records.get(record), was.get(record), "{record:?}");
    }
}

#[test]
fn a_sound_file_is_saved_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sales.crm");
    let (bytes, was) = specimen(&path, 1);
    let (records, report) = saved(&path);
    assert_same(&records, &was);
    let nothing = SalvageReport {
        records: was.len() as u64,
        ..SalvageReport::default()
    };
    assert_eq!(report, nothing);
    assert!(fs::read(&path).unwrap() == bytes, "it is left as it is");
}

#[test]
fn where_nothing_leads_to_the_pages_they_are_searched() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sales.crm");
    let (mut bytes, was) = specimen(&path, 2);
    bytes[..4_096].fill(0);
    fs::write(&path, &bytes).unwrap();
    let (records, report) = saved(&path);
    assert_same(&records, &was);
    assert_eq!(report.from_pages.len(), was.len());
    assert_eq!(report.findings, []);
    assert!(report.unreadable.iter().any(|lost| lost.space.is_none()));
}

/// A host that gives records their ids may give one again.
#[test]
fn what_came_again_after_a_purge_is_saved_and_what_did_not_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sales.crm");
    let crm = options(&clock(0)).open(&path).unwrap();
    let [again, gone] = ["Acme", "Bolt"].map(|name| {
        let id = crm.create(Company::draft().name(name)).unwrap();
        crm.purge(id).unwrap();
        id
    });
    let create = Change::Create {
        object: "company".to_owned(),
        id: Some(again.reference().id),
        fields: Company::draft().name("Acme again").into(),
    };
    crm.change(create).unwrap();
    crm.close().unwrap();
    let mut bytes = fs::read(&path).unwrap();
    bytes[..4_096].fill(0);
    fs::write(&path, &bytes).unwrap();
    let (records, _) = saved(&path);
    assert!(records[&again.reference()].contains("Acme again"));
    assert!(!records.contains_key(&gone.reference()));
}

#[test]
fn commits_that_only_the_journal_has_are_saved() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sales.crm");
    let (copy, journal) = (
        folder.path().join("copy.crm"),
        folder.path().join("copy.crm-journal"),
    );
    let crm = options(&clock(0)).open(&path).unwrap();
    crm.maintain().unwrap();
    for n in 0..6 {
        crm.create(Company::draft().name(format!("Company {n}")))
            .unwrap();
    }
    fs::copy(&path, &copy).unwrap();
    fs::copy(folder.path().join("sales.crm-journal"), &journal).unwrap();
    let (records, report) = saved(&copy);
    assert_eq!((records.len(), report.unreadable), (7, vec![]));
    // The third frame is damaged, and the later ones say so.
    let mut bytes = fs::read(&journal).unwrap();
    let frames: Vec<usize> = (0..bytes.len())
        .step_by(4_096)
        .filter(|at| bytes[*at..].starts_with(b"CRMJ"))
        .collect();
    bytes[frames[frames.len() - 3] + 60] ^= 1;
    fs::write(&journal, &bytes).unwrap();
    assert_eq!(
        options(&clock(0)).open(&copy).err().unwrap().code(),
        Code::Corrupt
    );
    let (records, report) = saved(&copy);
    assert_eq!(records.len(), 4, "{:?}", report);
    assert!(report.unreadable[0].what.contains("journal"));
}

#[test]
fn most_of_a_file_that_is_damaged_anywhere_is_saved() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sales.crm");
    let (sound, was) = specimen(&path, 4);
    let mut rng = Rng::with_seed(4);
    for _ in 0..60 {
        let damage = Damage::any(&mut rng, sound.len());
        let mut bytes = sound.clone();
        damage.done_to(&mut bytes);
        fs::write(&path, &bytes).unwrap();
        let (records, report) = saved(&path);
        let same = was
            .iter()
            .filter(|(record, then)| records.get(record) == Some(then));
        let lost = was.len() - same.count();
        let is_said = !report.unreadable.is_empty();
        for (record, now) in &records {
            let is_named = report.doubtful.contains(record) || report.from_pages.contains(record);
            // Settings that are lost are made anew.
            let is_new = record.object == Organisation::TYPE && !was.contains_key(record);
            assert!(
                is_named || is_new || was.get(record) == Some(now),
                "{damage:?}: {record:?} is named nowhere: {now}, and was {:?}",
                was.get(record)
            );
        }
        assert!(lost == 0 || is_said, "{damage:?}: {lost} records are lost");
        let is_small = !matches!(damage, Damage::Cut { .. });
        assert!(
            lost * 2 < was.len() || !is_small,
            "{damage:?}: {lost} of {}",
            was.len()
        );
    }
}

/// A letter of a name, wherever it is in the file: in a record, in its history, in what is derived.
#[test]
fn a_record_with_a_wrong_value_is_named_and_few_others_are() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sales.crm");
    let crm = options(&clock(0)).open(&path).unwrap();
    let names = (0..600).map(|n| format!("Company number {n:03}"));
    let made: Vec<Id<Company>> = names
        .map(|name| crm.create(Company::draft().name(name)).unwrap())
        .collect();
    let renamed = Company::draft().name("Heron Shipping");
    crm.update(made[300], renamed).unwrap();
    crm.compact(&mut go_on).unwrap();
    crm.close().unwrap();
    let sound = fs::read(&path).unwrap();
    let was = {
        let crm = options(&clock(1)).open(&path).unwrap();
        let was = records(&crm);
        crm.close().unwrap();
        was
    };
    let name = b"Heron Shipping";
    let places = sound.windows(name.len()).enumerate();
    let places: Vec<usize> = places
        .filter(|(_, bytes)| bytes == name)
        .map(|(at, _)| at)
        .collect();
    let (mut wrong, mut of_history) = (0, 0);
    for place in places {
        let mut bytes = sound.clone();
        bytes[place] = b'M';
        fs::write(&path, &bytes).unwrap();
        let (records, report) = saved(&path);
        let record = made[300].reference();
        assert_eq!(records.len(), was.len());
        for (other, now) in records.iter().filter(|(other, _)| **other != record) {
            assert_eq!(Some(now), was.get(other));
        }
        if records[&record] != was[&record] {
            assert!(records[&record].contains("Meron Shipping"));
            assert!(report.doubtful.contains(&record), "{report:?}");
            wrong += 1;
        } else {
            of_history += usize::from(report.doubtful.contains(&record));
        }
        assert!(report.doubtful.len() < 100, "{}", report.doubtful.len());
    }
    assert_eq!((wrong, of_history), (1, 1));
}

#[test]
fn a_schema_that_is_lost_takes_only_the_rules_on_it_along() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sales.crm");
    let crm = options(&clock(0)).open(&path).unwrap();
    let size = schema::FieldDef::custom("size", schema::FieldType::Integer);
    crm.add_field("company", size).unwrap();
    let rule = Rule::draft()
        .name("Large")
        .object("company")
        .trigger(Trigger::Updated);
    let rule = rule
        .condition("size > 100")
        .actions(r#"[{"do": "add_tag", "tag": "large"}]"#);
    let rule = crm.create(rule).unwrap();
    let acme = crm.create(Company::draft().name("Acme")).unwrap();
    crm.close().unwrap();
    let storage = store::RedbStorage::open(&path, store::Options::default()).unwrap();
    let mut changes = store::Overlay::new();
    let schemas = store::KeyRange::prefix(store::Space::Meta, b"schema");
    let snapshot = storage.snapshot().unwrap();
    let lost = snapshot.scan(&schemas, &mut |key, _| {
        changes.put(store::Space::Meta, key, *b"no schema");
        ControlFlow::Continue(())
    });
    lost.unwrap();
    drop(snapshot);
    storage.commit(&changes).unwrap();
    // So that no page holds what was before.
    storage.compact(&mut go_on).unwrap();
    drop(storage);
    assert_eq!(
        options(&clock(0)).open(&path).err().unwrap().code(),
        Code::Corrupt
    );
    let to = folder.path().join("saved.crm");
    let report = Crm::salvage(&path, &to, &mut go_on).unwrap();
    let said: Vec<&str> = report
        .unreadable
        .iter()
        .map(|lost| lost.what.as_str())
        .collect();
    assert!(
        said.iter().any(|what| what.contains(&rule.to_string())),
        "{said:?}"
    );
    let crm = options(&clock(900)).open(&to).unwrap();
    assert_eq!(crm.get(acme).unwrap().name(), Some("Acme"));
    assert!(
        crm.find_record(rule.reference())
            .unwrap()
            .unwrap()
            .is_deleted()
    );
}
