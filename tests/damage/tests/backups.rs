//! A backup and its increments bring back every state that there was.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that fails should say what was found"
)]

use std::collections::BTreeMap;
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use crm_core::*;
use crm_crash::{Workload, clock, options};
use crm_model::generator::{Generator, Wanted};
use fastrand::Rng;

fn go_on(_: u64) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

/// What a database says of itself: every record, and what is kept and derived of them.
#[derive(Debug, PartialEq)]
struct Seen {
    records: BTreeMap<Ref, String>,
    counts: Vec<(String, u64)>,
    board: String,
    search: Vec<Ref>,
    timelines: String,
    waiting: usize,
}

fn see(crm: &Crm) -> Seen {
    let catalog = crm.catalog();
    let mut records = BTreeMap::new();
    let mut timelines = String::new();
    for object in catalog.objects() {
        for query in [Query::of(&object.name), Query::of(&object.name).in_trash()] {
            for row in crm.find(&query.limit(1_000)).unwrap().rows {
                // The schema of a field that came later may say more of a record than there was.
                records.insert(row.reference(), record_to_json(&catalog, &row).to_string());
                if object.name == "contact" && !row.is_deleted() {
                    let timeline = crm.timeline(&TimelineQuery::of(row.reference())).unwrap();
                    timelines.push_str(&format!("{:?}\n", timeline.entries));
                }
            }
        }
    }
    let waiting = Query::of("reminder").filter("status == 'waiting'");
    let hits = crm.search("acme", &SearchOptions::default()).unwrap();
    let mut search: Vec<Ref> = hits.into_iter().map(|hit| hit.record.reference()).collect();
    search.sort();
    let by_stage = Aggregate::of("deal").group_by("stage").sum("amount");
    Seen {
        counts: crm.stats().unwrap().records,
        board: format!("{:?}", crm.aggregate(&by_stage).unwrap()),
        search,
        timelines,
        waiting: crm.find(&waiting).unwrap().rows.len(),
        records,
    }
}

struct Backups {
    base: PathBuf,
    increments: Vec<PathBuf>,
}

/// Works, backs up at random, and remembers what was seen after each commit.
fn work(folder: &Path, seed: u64, calls: usize, purges: bool) -> (Backups, BTreeMap<u64, Seen>) {
    let clock = clock(0);
    let crm = options(&clock).open(folder.join("sales.crm")).unwrap();
    let wanted = if purges {
        Wanted::Writes
    } else {
        Wanted::WritesThatStay
    };
    let generator = Generator::new(seed, wanted);
    let mut workload = Workload::of(crm.clone(), clock, generator);
    let mut rng = Rng::with_seed(seed);
    let mut backups = None;
    let mut last = 0;
    let mut seen = BTreeMap::new();
    for call in 0..calls {
        workload.step().unwrap();
        if call < calls / 5 {
            continue;
        }
        let sequence = crm.sequence();
        let backups = backups.get_or_insert_with(|| {
            let base = folder.join("base.crm");
            crm.backup(&base, &mut go_on).unwrap();
            last = sequence;
            Backups {
                base,
                increments: Vec::new(),
            }
        });
        seen.entry(sequence).or_insert_with(|| see(&crm));
        let is_time = rng.u8(0..8) == 0 || call + 1 == calls;
        if is_time && sequence > last {
            let path = folder.join(format!("{}.rows", backups.increments.len()));
            let increment = crm.backup_since(last, &path, &mut go_on).unwrap();
            assert_eq!((increment.from, increment.to), (last, sequence));
            last = sequence;
            backups.increments.push(path);
        }
    }
    assert_eq!(crm.check().unwrap().findings, [], "what is backed up");
    (backups.unwrap(), seen)
}

fn restored(folder: &Path, backups: &Backups, point: PointInTime) -> (RestoreReport, Seen) {
    let to = folder.join("restored.crm");
    let report = Crm::restore(&backups.base, &backups.increments, &to, point, &mut go_on).unwrap();
    assert_eq!(report.findings, [], "{point:?}");
    let crm = options(&clock(500)).open(&to).unwrap();
    assert!(crm.check().unwrap().is_sound(), "{point:?}");
    let seen = see(&crm);
    crm.close().unwrap();
    fs::remove_file(&to).unwrap();
    (report, seen)
}

#[test]
fn every_commit_comes_back_as_it_was() {
    for seed in 1..=4 {
        let folder = tempfile::tempdir().unwrap();
        let (backups, states) = work(folder.path(), seed, 90, false);
        let mut rng = Rng::with_seed(seed);
        let newest = *states.keys().last().unwrap();
        let (report, seen) = restored(folder.path(), &backups, PointInTime::Newest);
        assert_eq!(report.sequence, newest);
        assert_eq!(seen, states[&newest], "seed {seed}, newest");
        let commits: Vec<u64> = states.keys().copied().collect();
        for _ in 0..6 {
            let commit = *rng.choice(&commits).unwrap();
            let point = PointInTime::Commit(commit);
            let (report, seen) = restored(folder.path(), &backups, point);
            assert_eq!((report.sequence, report.purged), (commit, vec![]));
            assert_eq!(seen, states[&commit], "seed {seed}, commit {commit}");
        }
    }
}

#[test]
fn what_was_purged_stays_away_and_is_said() {
    for seed in 11..=13 {
        let folder = tempfile::tempdir().unwrap();
        let (backups, states) = work(folder.path(), seed, 120, true);
        let first = *states.keys().next().unwrap();
        let (report, seen) = restored(folder.path(), &backups, PointInTime::Commit(first));
        let was = &states[&first];
        for (record, then) in &was.records {
            let is_purged = report.purged.contains(record);
            assert_eq!(
                seen.records.contains_key(record),
                !is_purged,
                "seed {seed}: {then}"
            );
        }
        assert!(
            seen.records
                .keys()
                .all(|record| was.records.contains_key(record))
        );
    }
}

#[test]
fn what_a_later_increment_purged_stays_away_as_well() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name);
    let crm = Crm::open(file("sales.crm")).unwrap();
    let names = ["Quetzal Ann", "Zyzzyva Bob", "Xylograph Eve"];
    let people = names.map(|name| crm.create(Contact::draft().name(name)).unwrap());
    crm.backup(file("base.crm"), &mut go_on).unwrap();
    let mut points = vec![crm.sequence()];
    let mut increments = Vec::new();
    let mut increment = |crm: &Crm| {
        let path = file(&format!("{}.rows", increments.len()));
        let from = points.last().copied().unwrap();
        points.push(crm.backup_since(from, &path, &mut go_on).unwrap().to);
        increments.push(path);
    };
    crm.update(people[0], Contact::draft().description("called"))
        .unwrap();
    increment(&crm);
    for person in &people[..2] {
        crm.purge(person.reference()).unwrap();
        increment(&crm);
    }
    let gone = [people[0].reference(), people[1].reference()];
    for (at, point) in points.iter().enumerate() {
        let to = file(&format!("to-{at}.crm"));
        let point = PointInTime::Commit(*point);
        let report = Crm::restore(file("base.crm"), &increments, &to, point, &mut go_on);
        // Those that were purged before that point were not there.
        let mut purged = report.unwrap().purged;
        purged.sort();
        let mut expected = gone[at.saturating_sub(1).min(2)..].to_vec();
        expected.sort();
        assert_eq!(purged, expected, "{point:?}");
        let restored = Crm::open(&to).unwrap();
        assert_eq!(restored.count("contact", "").unwrap(), 1);
        assert!(restored.get(people[2]).is_ok());
        restored.close().unwrap();
        let bytes = fs::read(&to).unwrap().to_ascii_lowercase();
        for (name, is_there) in [("quetzal", false), ("zyzzyva", false), ("xylograph", true)] {
            let mut windows = bytes.windows(name.len());
            let found = windows.any(|window| window == name.as_bytes());
            assert_eq!(found, is_there, "{name} at {point:?}");
        }
    }
}

#[test]
fn a_time_is_found_where_the_clock_stepped_back() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name);
    let clock = clock(0);
    let crm = options(&clock).open(file("sales.crm")).unwrap();
    crm.backup(file("base.crm"), &mut go_on).unwrap();
    let mut last = crm.sequence();
    let mut increments = Vec::new();
    let noon = clock.now();
    let days = chrono::TimeDelta::days;
    for (n, after) in [1, 13_000, 2, 3, 9_000, 4].into_iter().enumerate() {
        clock.set(noon + days(after));
        let name = format!("Company {n}");
        crm.create(Company::draft().name(name)).unwrap();
        let rows = file(&format!("{n}.rows"));
        last = crm.backup_since(last, &rows, &mut go_on).unwrap().to;
        increments.push(rows);
    }
    for (after, companies) in [(0, 0), (1, 1), (2, 3), (3, 4), (4, 6), (5, 6), (20_000, 6)] {
        let to = file(&format!("to-{after}.crm"));
        let point = PointInTime::Time(noon + days(after));
        let report = Crm::restore(file("base.crm"), &increments, &to, point, &mut go_on);
        assert_eq!(report.unwrap().findings, []);
        let restored = Crm::open(&to).unwrap();
        assert_eq!(restored.count("company", "").unwrap(), companies, "{after}");
    }
}

#[test]
fn an_increment_is_applied_to_its_own_backup_in_its_order() {
    let folder = tempfile::tempdir().unwrap();
    let (backups, _) = work(folder.path(), 21, 90, false);
    let other = tempfile::tempdir().unwrap();
    let (others, _) = work(other.path(), 22, 90, false);
    let to = folder.path().join("to.crm");
    let refused = |base: &Path, increments: &[PathBuf], code: Code, what: &str| {
        let restored = Crm::restore(base, increments, &to, PointInTime::Newest, &mut go_on);
        assert_eq!(restored.unwrap_err().code(), code, "{what}");
        let names = fs::read_dir(folder.path()).unwrap();
        let made = names.filter(|name| {
            let name = name.as_ref().unwrap().file_name();
            name.to_string_lossy().starts_with("to.crm")
        });
        assert_eq!(made.count(), 0, "{what}: something is left");
    };
    assert!(backups.increments.len() > 2);
    let [first, second, ..] = &backups.increments[..] else {
        return;
    };
    refused(
        &backups.base,
        std::slice::from_ref(second),
        Code::Invalid,
        "one is missing",
    );
    refused(
        &backups.base,
        &[first.clone(), first.clone()],
        Code::Invalid,
        "one twice",
    );
    refused(
        &backups.base,
        &others.increments[..1],
        Code::Invalid,
        "another's",
    );
    refused(first, &[], Code::Corrupt, "no backup");
    refused(
        &backups.base,
        std::slice::from_ref(&backups.base),
        Code::Corrupt,
        "no increment",
    );
    let sound = fs::read(first).unwrap();
    let mut rng = Rng::with_seed(3);
    for _ in 0..40 {
        let mut damaged = sound.clone();
        let at = rng.usize(0..damaged.len());
        damaged[at] ^= 1 << rng.u8(0..8);
        let path = folder.path().join("damaged.rows");
        fs::write(&path, &damaged).unwrap();
        refused(
            &backups.base,
            std::slice::from_ref(&path),
            Code::Corrupt,
            "a byte",
        );
        fs::write(&path, &sound[..at]).unwrap();
        refused(&backups.base, &[path], Code::Corrupt, "cut short");
    }
    // A backup that stopped half-way is no obstacle.
    fs::write(folder.path().join("to.crm.making"), "half").unwrap();
    let point = PointInTime::Newest;
    Crm::restore(&backups.base, &backups.increments, &to, point, &mut go_on).unwrap();
    let again = Crm::restore(&backups.base, &backups.increments, &to, point, &mut go_on);
    assert_eq!(
        again.unwrap_err().code(),
        Code::Io,
        "nothing is overwritten"
    );
}

#[test]
fn a_time_is_the_last_commit_up_to_it() {
    let folder = tempfile::tempdir().unwrap();
    let clock = clock(0);
    let crm = options(&clock)
        .open(folder.path().join("sales.crm"))
        .unwrap();
    let base = folder.path().join("base.crm");
    crm.backup(&base, &mut go_on).unwrap();
    let from = crm.sequence();
    let mut at = Vec::new();
    for name in ["One", "Two", "Three"] {
        clock.advance(chrono::TimeDelta::hours(1));
        crm.create(Company::draft().name(name)).unwrap();
        at.push((clock.now(), crm.sequence()));
    }
    let rows = folder.path().join("rows");
    crm.backup_since(from, &rows, &mut go_on).unwrap();
    for (n, (time, sequence)) in at.into_iter().enumerate() {
        for minutes in [0, 59] {
            let to = folder.path().join(format!("{n}-{minutes}.crm"));
            let point = PointInTime::Time(time + chrono::TimeDelta::minutes(minutes));
            let report = Crm::restore(&base, &[&rows], &to, point, &mut go_on).unwrap();
            assert_eq!(report.sequence, sequence);
            let restored = Crm::open(&to).unwrap();
            assert_eq!(restored.count("company", "").unwrap(), n as u64 + 1);
        }
    }
}

#[test]
fn backups_are_consistent_while_others_write() {
    let folder = tempfile::tempdir().unwrap();
    let crm = Crm::open(folder.path().join("sales.crm")).unwrap();
    let base = folder.path().join("base.crm");
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for writer in 0..2 {
            let (crm, done) = (&crm, &done);
            scope.spawn(move || {
                for n in 0.. {
                    if done.load(Ordering::Relaxed) {
                        break;
                    }
                    // Two records that belong together.
                    let name = format!("W{writer} N{n}");
                    let company = Change::create(Company::draft().name(&name));
                    let contact = Change::create(Contact::draft().name(name.as_str()));
                    crm.batch(&[company, contact], None).unwrap();
                }
            });
        }
        crm.backup(&base, &mut go_on).unwrap();
        let copy = Crm::open(&base).unwrap();
        let mut last = copy.sequence();
        copy.close().unwrap();
        let mut increments = Vec::new();
        for n in 0..5 {
            let path = folder.path().join(format!("{n}.rows"));
            last = crm.backup_since(last, &path, &mut go_on).unwrap().to;
            increments.push(path);
        }
        done.store(true, Ordering::Relaxed);
        for len in 0..=increments.len() {
            let to = folder.path().join(format!("restored-{len}.crm"));
            let point = PointInTime::Newest;
            let report = Crm::restore(&base, &increments[..len], &to, point, &mut go_on).unwrap();
            assert_eq!(report.findings, []);
            let restored = Crm::open(&to).unwrap();
            let companies = restored.count("company", "").unwrap();
            assert_eq!(companies, restored.count("contact", "").unwrap());
            // Its own first commit made the settings.
            assert_eq!(companies, restored.sequence() - 1);
        }
    });
}

/// It has no piece that could be in a backup.
#[test]
fn a_content_of_no_bytes_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name);
    let crm = Crm::open(file("sales.crm")).unwrap();
    crm.backup(file("base.crm"), &mut go_on).unwrap();
    let before = crm.sequence();
    let document = crm.create(Document::draft().name("Empty.txt")).unwrap();
    crm.put_content(document, b"").unwrap();
    let rows = [file("increment.rows")];
    crm.backup_since(before, &rows[0], &mut go_on).unwrap();
    let (base, to) = (file("base.crm"), file("restored.crm"));
    let report = Crm::restore(base, &rows, &to, PointInTime::Newest, &mut go_on).unwrap();
    assert_eq!(report.findings, []);
    let restored = Crm::open(&to).unwrap();
    assert_eq!(restored.content(document).unwrap(), Some(Vec::new()));
    assert!(restored.check().unwrap().is_sound());
}
