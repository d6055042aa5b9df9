//! The change feed and live queries.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::read_support::{assert_sound, crm};
use crm_core::*;

/// Longer than any of the tests takes: what is waited for comes.
const PATIENCE: Option<Duration> = Some(Duration::from_secs(60));

fn watch(crm: &Crm, filter: &str) -> Subscription {
    crm.watch(Watch::Query(Query::of("company").filter(filter)))
        .unwrap()
}

/// The updates in short: `+Acme`, `~Acme`, `-` for a removal; the first batch in brackets.
fn batch(subscription: &mut Subscription) -> Vec<String> {
    let name = |record: &Record| record.get(1).to_string();
    let updates = subscription.next_batch(None).unwrap();
    let short = updates.iter().map(|update| match update {
        Update::Reset(records) => format!(
            "[{}]",
            records.iter().map(name).collect::<Vec<_>>().join(" ")
        ),
        Update::Added(record) => format!("+{}", name(record)),
        Update::Changed(record) => format!("~{}", name(record)),
        Update::Removed(_) => "-".to_owned(),
    });
    short.collect()
}

fn company(name: &str, employees: i64) -> Draft<Company> {
    Company::draft().name(name).employees(employees)
}

#[test]
fn the_feed_has_whole_commits_in_order() {
    let (crm, _) = crm();
    let start = crm.sequence();
    let acme = crm.create(company("Acme", 1)).unwrap();
    let changes = [
        Change::create(company("Bolt", 2)),
        Change::create(company("Chain", 3)),
        Change::update(acme, company("Acme!", 1)),
    ];
    let session = crm.operation("three at once").caused_by("import");
    session.batch(&changes, None).unwrap();
    crm.update(acme, company("Acme!", 1)).unwrap();
    crm.delete(acme).unwrap();
    let all = crm.changes(start, 100).unwrap();
    let kinds: Vec<Vec<ChangeKind>> = all
        .iter()
        .map(|commit| commit.entries.iter().map(|entry| entry.kind).collect())
        .collect();
    use ChangeKind::{Created, Deleted, Updated};
    assert_eq!(
        kinds,
        [
            vec![Created],
            vec![Created, Created, Updated],
            vec![Deleted]
        ],
        "what changes nothing is no commit"
    );
    let sequences: Vec<u64> = all.iter().map(|commit| commit.commit.sequence).collect();
    assert_eq!(sequences, [start + 1, start + 2, start + 3]);
    assert_eq!(all[1].commit.cause, "import");
    assert_eq!(all[1].commit.operation.as_deref(), Some("three at once"));
    let change = &all[1].entries[2].changes[0];
    assert_eq!(
        (change.old.to_string(), change.new.to_string()),
        ("Acme".to_owned(), "Acme!".to_owned())
    );
    // A page never cuts a commit in two.
    let mut after = start;
    let mut pages = Vec::new();
    loop {
        let page = crm.changes(after, 1).unwrap();
        let Some(last) = page.last() else { break };
        after = last.commit.sequence;
        pages.extend(page);
    }
    assert_eq!(pages, all);
    assert_eq!(crm.changes(crm.sequence(), 10).unwrap(), []);
    assert_eq!(crm.changes(u64::MAX, 10).unwrap(), []);
    assert_eq!(
        crm.changes(0, 1_000).unwrap().len() as u64,
        crm.sequence(),
        "0 is before the first commit"
    );
    assert_eq!(
        crm.wait_for_changes(crm.sequence(), 10, Duration::ZERO)
            .unwrap(),
        []
    );
    assert_eq!(
        crm.wait_for_changes(start, 100, Duration::MAX).unwrap(),
        all
    );
}

#[test]
fn a_query_is_watched() {
    let (crm, _) = crm();
    let acme = crm.create(company("Acme", 50)).unwrap();
    let mut large = watch(&crm, "employees >= 50");
    assert_eq!(batch(&mut large), ["[Acme]"]);
    assert_eq!(batch(&mut large), Vec::<String>::new());
    let bolt = crm.create(company("Bolt", 20)).unwrap();
    assert_eq!(batch(&mut large), Vec::<String>::new());
    crm.update(bolt, company("Bolt", 60)).unwrap();
    crm.update(acme, company("Acme", 70)).unwrap();
    assert_eq!(batch(&mut large), ["+Bolt", "~Acme"]);
    crm.update(bolt, company("Bolt", 10)).unwrap();
    assert_eq!(
        large.next_batch(None).unwrap(),
        [Update::Removed(bolt.reference())]
    );
    // Several changes between two looks are one; what came and went is none.
    crm.update(acme, company("Acme", 71)).unwrap();
    let chain = crm.create(company("Chain", 90)).unwrap();
    crm.update(acme, company("Acme", 72)).unwrap();
    let drill = crm.create(company("Drill", 90)).unwrap();
    crm.delete(drill).unwrap();
    assert_eq!(batch(&mut large), ["+Chain", "~Acme"]);
    crm.delete(chain).unwrap();
    assert_eq!(batch(&mut large), ["-"]);
    crm.restore(chain).unwrap();
    assert_eq!(batch(&mut large), ["+Chain"]);
    crm.delete(chain).unwrap();
    crm.restore(chain).unwrap();
    assert_eq!(batch(&mut large), ["~Chain"]);
    let error = crm
        .watch(Watch::Query(Query::of("company").filter("emploees > 1")))
        .err()
        .unwrap();
    assert_eq!(error.code(), Code::Expression);
    // Each subscription is on its own.
    assert_eq!(
        batch(&mut watch(&crm, "employees > 0")),
        ["[Acme Bolt Chain]"]
    );
}

#[test]
fn a_watched_query_keeps_to_its_fields_and_to_the_trash() {
    let (crm, _) = crm();
    let acme = crm.create(company("Acme", 50)).unwrap();
    let query = Query::of("company")
        .fields(&["name"])
        .sort("-name")
        .limit(1);
    let mut names = crm.watch(Watch::Query(query)).unwrap();
    let mut trash = crm
        .watch(Watch::Query(Query::of("company").in_trash()))
        .unwrap();
    let employees = |updates: &[Update]| match updates {
        [Update::Reset(records)] => records[0].get(Company::EMPLOYEES.number()).to_value(),
        [Update::Added(record) | Update::Changed(record)] => {
            record.get(Company::EMPLOYEES.number()).to_value()
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(employees(&names.next_batch(None).unwrap()), Value::Null);
    assert_eq!(batch(&mut trash), ["[]"]);
    crm.update(acme, company("Acme", 51)).unwrap();
    assert_eq!(employees(&names.next_batch(None).unwrap()), Value::Null);
    crm.delete(acme).unwrap();
    assert_eq!(batch(&mut trash), ["+Acme"]);
    assert_eq!(batch(&mut names), ["-"]);
    crm.restore(acme).unwrap();
    assert_eq!(batch(&mut trash), ["-"]);
}

#[test]
fn a_watched_filter_sees_the_records_that_it_follows() {
    let (crm, _) = crm();
    let acme = crm.create(company("Acme", 1)).unwrap();
    let ada = crm
        .create(Contact::draft().name("Ada").company(acme))
        .unwrap();
    let bob = crm.create(Contact::draft().name("Bob")).unwrap();
    let query = Query::of("contact").filter("company.employees > 10");
    let mut subscription = crm.watch(Watch::Query(query)).unwrap();
    assert_eq!(batch(&mut subscription), ["[]"]);
    crm.update(acme, company("Acme", 20)).unwrap();
    let updates = subscription.next_batch(None).unwrap();
    assert!(
        matches!(&updates[..], [Update::Added(record)] if record.reference() == ada.reference()),
        "{updates:?}"
    );
    crm.update(acme, company("Acme", 30)).unwrap();
    assert_eq!(subscription.next_batch(None).unwrap(), []);
    crm.update(bob, Contact::draft().company(acme)).unwrap();
    let updates = subscription.next_batch(None).unwrap();
    assert!(
        matches!(&updates[..], [Update::Added(record)] if record.reference() == bob.reference()),
        "{updates:?}"
    );
    crm.update(ada, Contact::draft().clear(Contact::COMPANY))
        .unwrap();
    crm.update(acme, company("Acme", 5)).unwrap();
    let removed = subscription.next_batch(None).unwrap();
    assert_eq!(
        removed,
        [
            Update::Removed(ada.reference()),
            Update::Removed(bob.reference())
        ]
    );
}

#[test]
fn a_record_is_watched() {
    let (crm, _) = crm();
    let acme = crm.create(company("Acme", 1)).unwrap();
    let mut subscription = crm.watch(Watch::Record(acme.reference())).unwrap();
    crm.update(acme, company("Acme", 2)).unwrap();
    assert_eq!(batch(&mut subscription), ["[Acme]"]);
    let bolt = crm.create(company("Bolt", 1)).unwrap();
    assert_eq!(batch(&mut subscription), Vec::<String>::new());
    crm.update(acme, company("Acme!", 2)).unwrap();
    assert_eq!(batch(&mut subscription), ["~Acme!"]);
    crm.delete(acme).unwrap();
    assert_eq!(batch(&mut subscription), ["-"]);
    crm.restore(acme).unwrap();
    assert_eq!(batch(&mut subscription), ["+Acme!"]);
    crm.delete(acme).unwrap();
    crm.purge(acme).unwrap();
    crm.delete(bolt).unwrap();
    assert_eq!(batch(&mut subscription), ["-"]);
    assert_eq!(
        batch(&mut crm.watch(Watch::Record(acme.reference())).unwrap()),
        ["[]"]
    );
}

#[test]
fn everything_is_watched() {
    let (crm, _) = crm();
    let acme = crm.create(company("Acme", 1)).unwrap();
    let mut subscription = crm.watch(Watch::Everything).unwrap();
    let bolt = crm.create(company("Bolt", 1)).unwrap();
    assert_eq!(
        batch(&mut subscription),
        ["[]"],
        "and what came since is not lost"
    );
    // The clock stands still, and still this is a change.
    crm.update(acme, company("Acme!", 1)).unwrap();
    assert_eq!(batch(&mut subscription), ["+Bolt", "~Acme!"]);
    crm.update(bolt, company("Bolt!", 1)).unwrap();
    assert_eq!(batch(&mut subscription), ["~Bolt!"]);
    let chain = crm.create(company("Chain", 1)).unwrap();
    crm.update(chain, company("Chain!", 1)).unwrap();
    let drill = crm.create(company("Drill", 1)).unwrap();
    crm.delete(drill).unwrap();
    assert_eq!(batch(&mut subscription), ["+Chain!"]);
    crm.delete(bolt).unwrap();
    assert_eq!(batch(&mut subscription), ["-"]);
    crm.restore(bolt).unwrap();
    assert_eq!(batch(&mut subscription), ["+Bolt!"]);
}

/// What a subscriber knows, by id.
fn apply(known: &mut BTreeMap<Id, u64>, updates: Vec<Update>) {
    for update in updates {
        match update {
            Update::Reset(records) => {
                known.clear();
                known.extend(records.iter().map(|record| (record.id(), record.version())));
            }
            Update::Added(record) => assert_eq!(
                known.insert(record.id(), record.version()),
                None,
                "added twice"
            ),
            Update::Changed(record) => {
                let before = known.insert(record.id(), record.version());
                assert!(
                    before.is_some_and(|before| before < record.version()),
                    "changed, and known before"
                );
            }
            Update::Removed(record) => assert!(
                known.remove(&record.id).is_some(),
                "removed, and known before"
            ),
        }
    }
}

#[test]
fn one_watches_while_others_write() {
    let (crm, _) = crm();
    let mut large = watch(&crm, "employees >= 50");
    let mut all = crm.watch(Watch::Everything).unwrap();
    let writers = 4;
    let (mut of_large, mut of_all) = (BTreeMap::new(), BTreeMap::new());
    std::thread::scope(|scope| {
        for writer in 0..writers {
            let crm = crm.clone();
            scope.spawn(move || {
                let mut own = Vec::new();
                for n in 0..60_usize {
                    match n % 4 {
                        0 | 1 => own.push(crm.create(company("x", (n * 7 % 100) as i64)).unwrap()),
                        2 => drop(
                            crm.update(own[n / 4], company("y", (n * 13 % 100) as i64))
                                .unwrap(),
                        ),
                        _ => drop(crm.delete(own.remove(n / 8)).unwrap()),
                    }
                }
                crm.create(company(&format!("end {writer}"), 99)).unwrap();
            });
        }
        // Each subscriber hears of every writer's end sooner or later, and of nothing twice.
        let ends = |crm: &Crm, known: &BTreeMap<Id, u64>| {
            let ends = crm
                .find(&Query::of("company").filter("name.startsWith('end ')"))
                .unwrap();
            ends.rows
                .iter()
                .filter(|record| known.contains_key(&record.id()))
                .count()
        };
        for (subscription, known) in [(&mut large, &mut of_large), (&mut all, &mut of_all)] {
            while ends(&crm, known) < writers {
                let updates = subscription.next_batch(PATIENCE).unwrap();
                assert!(!updates.is_empty(), "the time cannot be over");
                apply(known, updates);
            }
        }
    });
    for (subscription, known) in [(&mut large, &mut of_large), (&mut all, &mut of_all)] {
        apply(known, subscription.next_batch(None).unwrap());
        assert_eq!(
            subscription
                .next_batch(Some(Duration::from_millis(1)))
                .unwrap(),
            []
        );
    }
    let live = |filter: &str| -> BTreeMap<Id, u64> {
        let query = Query::of("company").filter(filter);
        crm.find_all(&query)
            .map(|record| record.unwrap())
            .map(|record| (record.id(), record.version()))
            .collect()
    };
    assert_eq!(of_large, live("employees >= 50"));
    assert_eq!(of_all, live(""));
    assert_sound(&crm);
}

#[test]
fn who_is_called_after_commits_is_called_when_the_database_closes() {
    let (crm, _) = crm();
    let (signal, signals) = std::sync::mpsc::channel();
    let watched = crm.clone();
    let wake = crm.on_commit(move || {
        let _ = signal.send(watched.count("tag", "").map_err(|error| error.code()));
    });
    crm.create(Tag::draft().name("vip")).unwrap();
    crm.close().unwrap();
    drop(wake);
    let told: Vec<_> = signals.iter().collect();
    assert_eq!(told, [Ok(1), Err(Code::Closed)]);
}

#[test]
fn a_change_is_returned_with_the_record_as_its_transaction_leaves_it() {
    let (crm, _) = crm();
    let rule = Rule::draft()
        .name("golden")
        .object("tag")
        .trigger(Trigger::Created)
        .condition("name == 'vip'")
        .actions(r#"[{"do": "set", "fields": {"color": "gold"}}]"#);
    crm.create(rule).unwrap();
    // Another thread takes away what it sees, as soon as it sees it.
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let purging = scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                for tag in crm.list::<Tag>(Query::default()).unwrap().rows {
                    crm.purge(tag.id()).unwrap();
                }
            }
        });
        for _ in 0..100 {
            let create = Change::create(Tag::draft().name("vip"));
            // Where the name is still taken, the other thread is behind.
            let Ok((outcome, record)) = crm.change_and_read(create) else {
                continue;
            };
            let record = record.unwrap();
            assert_eq!(record.version(), outcome.version);
            assert_eq!(record.get(Tag::COLOR.number()).as_text(), Some("gold"));
        }
        done.store(true, Ordering::Relaxed);
        purging.join().unwrap();
    });
    let tag = crm.create(Tag::draft().name("other")).unwrap();
    let (outcome, record) = crm
        .change_and_read(Change::Purge {
            record: tag.reference(),
        })
        .unwrap();
    assert_eq!((outcome.kind, record), (OutcomeKind::Purged, None));
}
