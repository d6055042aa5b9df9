//! Writes that somebody ends: up to the commit nothing of them remains, and after it they are made.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::TimeDelta;
use crm_core::schema::{FieldDef, FieldType};
use crm_core::store::{GoOn, KeyRange, MemoryStorage, Overlay, Snapshot, Space, Stats, Storage};
use crm_core::*;

use crate::common::assert_sound;
use crate::time::{Ticking, ticking};

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

fn companies(count: i64) -> Vec<Change> {
    let company = |n| Company::draft().name(format!("Company {n}")).employees(n);
    (0..count).map(|n| Change::create(company(n))).collect()
}

/// Somebody with many jobs, an operation, and a rule that reacts to every new company.
fn world(storage: Arc<dyn Storage>) -> (Crm, &'static Ticking, Id<Contact>) {
    let clock = ticking();
    let options = Crm::options().clock(clock).ids(SequentialIds::default());
    let crm = options.with_storage(storage).unwrap();
    let rule = Rule::draft()
        .name("ask")
        .object("company")
        .trigger(Trigger::Created)
        .actions(r#"[{"do": "create", "object": "task", "fields": {"subject": "Call"}}]"#);
    crm.create(rule).unwrap();
    let made = crm.operation("made").batch(&companies(40), None).unwrap();
    let ada = crm.create(Contact::draft().name("Ada Lovelace")).unwrap();
    let job = |company: &Outcome| {
        let job = Employment::draft().contact(ada);
        Change::create(job.company(company.record.id.of()))
    };
    let jobs: Vec<Change> = made.iter().map(job).collect();
    crm.batch(&jobs, None).unwrap();
    (crm, clock, ada)
}

/// What is done before, and the write that is ended.
type Write = (
    &'static str,
    fn(&Crm, Id<Contact>),
    fn(&Session, Id<Contact>) -> Result<()>,
);

fn nothing(_: &Crm, _: Id<Contact>) {}

const WRITES: &[Write] = &[
    ("batch", nothing, |crm, _| {
        crm.batch(&companies(30), Some(Keyed("once"))).map(drop)
    }),
    ("delete", nothing, |crm, ada| crm.delete(ada).map(drop)),
    (
        "restore",
        |crm, ada| assert_eq!(crm.delete(ada).unwrap().kind, OutcomeKind::Deleted),
        |crm, ada| crm.restore(ada).map(drop),
    ),
    ("purge", nothing, |crm, ada| crm.purge(ada).map(drop)),
    ("undo", nothing, |crm, _| crm.undo("made").map(drop)),
    ("add_field", nothing, |crm, _| {
        let double = FieldDef::custom("double", FieldType::Integer);
        let double = double.formula("employees * 2");
        crm.add_field("company", double).map(drop)
    }),
    ("run_due", nothing, |crm, _| {
        crm.run_due(crm.now()).map(drop)
    }),
];

#[test]
fn what_is_ended_before_its_commit_has_changed_nothing() {
    for (name, before, write) in WRITES {
        let storage: Arc<dyn Storage> = Arc::new(MemoryStorage::new());
        let (crm, clock, ada) = world(storage.clone());
        before(&crm, ada);
        let there = rows(&*storage);
        let mut ended = 0;
        // The time comes at the start, and a little later each time.
        for seconds in (0..).map(|n: i64| n * n / 4 + 1) {
            let cancel = Cancel::at(clock.now() + TimeDelta::seconds(seconds));
            match write(&crm.cancelled_by(&cancel), ada) {
                Ok(()) => break,
                Err(error) => assert_eq!(error.code(), Code::Cancelled, "{name}: {error}"),
            }
            assert!(rows(&*storage) == there, "{name}, after {seconds} s");
            ended += 1;
        }
        assert!(
            *name == "run_due" || ended > 5,
            "{name} was ended {ended} times"
        );
        assert!(*name == "run_due" || rows(&*storage) != there, "{name}");
        assert_sound(&crm);
    }
}

#[test]
fn a_repair_that_is_ended_has_mended_nothing() {
    let storage: Arc<dyn Storage> = Arc::new(MemoryStorage::new());
    let (crm, clock, _) = world(storage.clone());
    crm.close().unwrap();
    let mut lost = Overlay::new();
    for (space, key) in rows(&*storage).into_keys() {
        if space == Space::Index {
            lost.delete(space, key);
        }
    }
    storage.commit(&lost).unwrap();
    let there = rows(&*storage);
    let crm = Crm::options().clock(clock).with_storage(storage.clone());
    let crm = crm.unwrap();
    let mut ended = 0;
    let report = loop {
        let cancel = Cancel::at(clock.now() + TimeDelta::seconds(ended * ended * 4 + 1));
        match crm.cancelled_by(&cancel).repair() {
            Ok(report) => break report,
            Err(error) => assert_eq!(error.code(), Code::Cancelled, "{error}"),
        }
        assert!(rows(&*storage) == there, "ended {ended} times");
        ended += 1;
    };
    assert!(ended > 10 && report.rows > 100 && report.left.is_empty());
    assert_sound(&crm);
}

/// Ends what is committed at the moment at which its commit begins.
struct EndsCommits {
    inner: Arc<dyn Storage>,
    cancel: Mutex<Cancel>,
}

impl EndsCommits {
    fn fresh(&self) -> Cancel {
        let mut cancel = self.cancel.lock().unwrap_or_else(PoisonError::into_inner);
        *cancel = Cancel::new();
        cancel.clone()
    }
}

impl Storage for EndsCommits {
    fn snapshot(&self) -> Result<Arc<dyn Snapshot>> {
        self.inner.snapshot()
    }

    fn commit(&self, changes: &Overlay) -> Result<()> {
        let cancel = self.cancel.lock().unwrap_or_else(PoisonError::into_inner);
        cancel.cancel();
        self.inner.commit(changes)
    }

    fn verify(&self, go_on: Option<&GoOn>) -> Result<()> {
        self.inner.verify(go_on)
    }

    fn stats(&self) -> Result<Stats> {
        self.inner.stats()
    }
}

#[test]
fn what_has_come_to_its_commit_is_made_and_says_so() {
    for (name, before, write) in WRITES {
        let storage = Arc::new(EndsCommits {
            inner: Arc::new(MemoryStorage::new()),
            cancel: Mutex::default(),
        });
        let (crm, _, ada) = world(storage.clone());
        before(&crm, ada);
        let session = crm.cancelled_by(&storage.fresh());
        write(&session, ada).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_sound(&crm);
    }
}

#[test]
fn a_repair_looks_at_what_it_has_made_whoever_ends_it() {
    let inner: Arc<dyn Storage> = Arc::new(MemoryStorage::new());
    let (crm, clock, _) = world(inner.clone());
    crm.close().unwrap();
    let (space, key) = rows(&*inner)
        .into_keys()
        .find(|(space, _)| *space == Space::Index)
        .unwrap();
    let mut lost = Overlay::new();
    lost.delete(space, key);
    inner.commit(&lost).unwrap();
    let storage = Arc::new(EndsCommits {
        inner,
        cancel: Mutex::default(),
    });
    let crm = Crm::options().clock(clock).with_storage(storage.clone());
    let report = crm
        .unwrap()
        .cancelled_by(&storage.fresh())
        .repair()
        .unwrap();
    assert!(report.rows == 1 && report.left.is_empty());
}

/// The rows that are in stay in, whole, and the report tells the operation that takes them back.
#[test]
fn an_import_that_is_ended_says_what_is_in() {
    let clock = ticking();
    let crm = Crm::options().clock(clock).in_memory().unwrap();
    let file = |row| format!("Company {row},Company {}\n", row + 1);
    let file: String = (0..3_000).map(file).collect();
    let file = format!("Name,Parent\n{file}Company 3000,\n");
    let options = ImportOptions::new("company");
    let cancel = Cancel::new();
    let session = crm.cancelled_by(&cancel);
    let import = |session: &Session| {
        session.import_csv(file.as_bytes(), &options, &mut |told| {
            if told.rows == 1_000 {
                cancel.cancel();
            }
            ControlFlow::Continue(())
        })
    };
    let report = import(&session).unwrap();
    assert!(report.cancelled);
    assert_eq!(
        report.rows, 1_500,
        "it ends where it next says how far it is"
    );
    assert_sound(&crm);
    let run = crm.get(report.run.unwrap()).unwrap();
    assert_eq!(run.created(), Some(1_500));
    crm.undo(&report.operation).unwrap();
    assert_eq!(crm.count("company", "").unwrap(), 0);

    let sequence = crm.sequence();
    assert_eq!(import(&session).unwrap_err().code(), Code::Cancelled);
    assert_eq!(crm.sequence(), sequence, "not even the run is written");
}

#[test]
fn each_of_several_ends_a_session() {
    let (crm, _, _) = world(Arc::new(MemoryStorage::new()));
    for ended in 0..2 {
        let cancels = [Cancel::new(), Cancel::new()];
        let session = crm.cancelled_by(&cancels[0]).cancelled_by(&cancels[1]);
        let session = session.operation("both").without_rules();
        assert_eq!(session.count("contact", "").unwrap(), 1);
        cancels[ended].cancel();
        let code = session.count("contact", "").map_err(|error| error.code());
        assert_eq!(code, Err(Code::Cancelled), "{ended}");
    }
}
