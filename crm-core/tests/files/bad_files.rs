//! What bad files and full disks get: a typed error, and nothing half-applied.

use std::sync::Arc;

use crate::common::{assert_sound, options, pipeline};
use crm_core::store::{Failure, FaultyStorage, MemoryStorage, Space, Storage};
use crm_core::*;

#[cfg(feature = "redb")]
mod on_disk {
    use crm_core::store::{Overlay, RedbStorage, Transaction};

    use super::*;

    fn open(path: &std::path::Path) -> Result<Crm> {
        options().0.open(path)
    }

    /// The error of what must not open.
    fn refused(result: Result<Crm>) -> Error {
        match result {
            Ok(_) => panic!("it was opened"),
            Err(error) => error,
        }
    }

    #[test]
    fn a_file_that_is_open_is_locked() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("test.crm");
        let crm = open(&path).unwrap();
        let acme = crm.create(Company::draft().name("Acme")).unwrap();
        let error = refused(open(&path));
        assert_eq!(error.code(), Code::Locked);
        assert!(error.to_string().contains("test.crm"), "{error}");
        assert_eq!(crm.get(acme).unwrap().name(), Some("Acme"));
        crm.close().unwrap();
        let crm = open(&path).unwrap();
        assert_eq!(crm.get(acme).unwrap().name(), Some("Acme"));
    }

    #[test]
    fn what_is_no_database_is_damaged_and_stays_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("letter.crm");
        let letter = "Dear Sir or Madam\n".repeat(1_000);
        std::fs::write(&path, &letter).unwrap();
        assert_eq!(refused(open(&path)).code(), Code::Corrupt);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), letter);
        assert_eq!(refused(open(folder.path())).code(), Code::Io);
        assert_eq!(
            refused(open(&folder.path().join("no/such/folder.crm"))).code(),
            Code::Io
        );
    }

    /// Writes one entry past the engine.
    fn put(storage: &dyn Storage, key: &[u8], value: &[u8]) {
        let snapshot = storage.snapshot().unwrap();
        let mut transaction = Transaction::new(&*snapshot);
        transaction.put(Space::Meta, key, value).unwrap();
        let changes: Overlay = transaction.into_changes();
        storage.commit(&changes).unwrap();
    }

    #[test]
    fn a_file_of_a_newer_version_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("test.crm");
        let supported = FORMAT;
        open(&path).unwrap().close().unwrap();
        let storage = RedbStorage::open(&path, store::Options::default()).unwrap();
        put(&storage, b"format", &(supported + 1).to_be_bytes());
        storage.close().unwrap();
        drop(storage);
        for _ in 0..2 {
            match refused(open(&path)).detail() {
                Detail::NewerFormat {
                    found,
                    supported: read,
                } => {
                    assert_eq!((*found, *read), (supported + 1, supported))
                }
                other => panic!("{other}"),
            }
        }
        let storage = RedbStorage::open(&path, store::Options::default()).unwrap();
        put(&storage, b"format", b"nonsense");
        storage.close().unwrap();
        drop(storage);
        assert_eq!(refused(open(&path)).code(), Code::Corrupt);
    }
}

/// A storage that the test and the database share.
fn faulty() -> Arc<FaultyStorage<MemoryStorage>> {
    Arc::new(FaultyStorage::new(MemoryStorage::new()))
}

/// Everything that is in a storage.
fn contents(storage: &FaultyStorage<MemoryStorage>) -> Vec<(Vec<u8>, Vec<u8>)> {
    let snapshot = storage.inner().snapshot().unwrap();
    let mut rows = Vec::new();
    for space in Space::ALL {
        snapshot
            .scan(&store::KeyRange::all(space), &mut |key, value| {
                rows.push((key.to_vec(), value.to_vec()));
                std::ops::ControlFlow::Continue(())
            })
            .unwrap();
    }
    rows
}

#[test]
fn a_failure_at_any_point_of_a_change_leaves_all_or_nothing() {
    let full = || Detail::Full("no space left".to_owned());
    let mut successes = 0;
    loop {
        let storage = faulty();
        let crm = options().0.with_storage(storage.clone()).unwrap();
        let (sales, stages) = pipeline(&crm);
        let rule = Rule::draft()
            .name("hot")
            .object("deal")
            .trigger(Trigger::Entered)
            .fields(vec!["stage".to_owned()])
            .actions(r#"[{"do": "add_tag", "tag": "hot"}, {"do": "remind", "text": "x", "after": "P1D"}]"#);
        crm.create(rule).unwrap();
        let deal = crm
            .create(Deal::draft().name("Forty").pipeline(sales))
            .unwrap();
        let before = contents(&storage);
        let commits = storage.commits();

        storage.fail_after(successes, Failure::Once, full());
        let result = crm.update(deal, Deal::draft().stage(stages[2]));
        storage.heal();
        let Err(error) = result else {
            assert!(contents(&storage) != before);
            assert!(successes > 10, "the change does many things");
            return;
        };
        let in_commit = storage.commits() > commits;
        let expected = if in_commit {
            [Code::Full, Code::NeedsReopen]
        } else {
            [Code::Full; 2]
        };
        assert!(
            expected.contains(&error.code()),
            "after {successes}: {error}"
        );
        // What failed in a rule failed the change: a full disk is no mistake of the rule's.
        let committed = contents(&storage) != before;
        assert!(
            !committed || error.code() == Code::NeedsReopen,
            "after {successes}"
        );
        if in_commit {
            let next = crm.create(Company::draft().name("Acme")).unwrap_err();
            assert_eq!(next.code(), Code::NeedsReopen);
        } else {
            crm.create(Company::draft().name("Acme")).unwrap();
        }
        drop(crm);
        let crm = options().0.with_storage(storage.clone()).unwrap();
        let stage = crm.get(deal).unwrap().stage();
        assert_eq!(stage, Some(stages[if committed { 2 } else { 0 }]));
        assert_sound(&crm);
        successes += 1;
    }
}

/// Puts other bytes in the place of some, wherever they are, as a damaged disk might; how often.
fn damage(storage: &MemoryStorage, from: &str, to: &str) -> usize {
    let snapshot = storage.snapshot().unwrap();
    let mut changes = store::Overlay::new();
    let mut damaged = 0;
    for space in [Space::Meta, Space::Record] {
        let all = store::KeyRange::all(space);
        let scanned = snapshot.scan(&all, &mut |key, value| {
            let places = value.windows(from.len()).enumerate();
            let places = places.filter(|(_, bytes)| *bytes == from.as_bytes());
            let mut value = value.to_vec();
            for (at, _) in places.collect::<Vec<_>>() {
                value[at..at + from.len()].copy_from_slice(to.as_bytes());
                damaged += 1;
            }
            changes.put(space, key, value);
            std::ops::ControlFlow::Continue(())
        });
        scanned.unwrap();
    }
    storage.commit(&changes).unwrap();
    damaged
}

/// Nobody asks for what a file holds: where it cannot be, the file is damaged, and the error says where.
#[test]
fn a_definition_that_is_damaged_in_the_file_is_named() {
    for (from, to, where_) in [
        ("employees > 100", "employeez > 100", "rule RULE"),
        ("industry", "industrz", "rule RULE"),
        ("add_tag", "add_tog", "rule RULE"),
        (
            "employees < 7000",
            "employees ? 7000",
            "validation rule VALID",
        ),
        (
            "employees * 10",
            "employees / 'x",
            "the formulas of `company`",
        ),
        ("probability", "probabilitz", "the roll-up `company.best`"),
        ("EUR", "EU?", "the settings"),
    ] {
        let storage = Arc::new(MemoryStorage::new());
        let crm = options().0.with_storage(storage.clone()).unwrap();
        let best = schema::RollUp {
            object: "deal".to_owned(),
            via: "company".to_owned(),
            op: schema::RollUpOp::Max,
            field: "probability".to_owned(),
            filter: String::new(),
        };
        let field = schema::FieldDef::custom;
        let fields = vec![
            field("tenfold", schema::FieldType::Integer).formula("employees * 10"),
            field("best", schema::FieldType::Percent).roll_up(best),
        ];
        crm.add_fields("company", fields).unwrap();
        let rule = Rule::draft()
            .name("large")
            .object("company")
            .trigger(Trigger::Entered)
            .fields(vec!["industry".to_owned()])
            .condition("employees > 100")
            .actions(r#"[{"do": "add_tag", "tag": "large"}]"#);
        let rule = crm.create(rule).unwrap();
        let valid = ValidationRule::draft()
            .name("few")
            .object("company")
            .condition("employees < 7000")
            .message("too many");
        let valid = crm.create(valid).unwrap();
        let settings = crm.organisation().unwrap().id();
        let euros = Organisation::draft().base_currency("EUR");
        crm.update(settings, euros).unwrap();
        drop(crm);
        options().0.with_storage(storage.clone()).unwrap();

        assert!(damage(&storage, from, to) > 0, "{from} is nowhere");
        let Err(error) = options().0.with_storage(storage).map(drop) else {
            panic!("with `{to}` it is opened");
        };
        let where_ = where_.replace("RULE", &rule.to_string());
        let where_ = where_.replace("VALID", &valid.to_string());
        assert_eq!(error.code(), Code::Corrupt, "{error}");
        assert!(error.to_string().contains(&where_), "{error}");
    }
}
