//! Threads that do all kinds of work on one file at once, until it is closed under them. It is what the thread
//! sanitizer runs, see `tests/TRUST.md`.
#![cfg(feature = "redb")]

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

use crate::read_support::{assert_sound, money, pipeline};
use crm_core::*;

/// The file is closed when so many companies are durable.
const DURABLE: usize = 150;

/// What a thread does over and over until the database is closed.
type Work<'w> = Box<dyn FnMut(u64) -> Result<()> + Send + 'w>;

/// Works until it is told that the database is closed, which is the only thing that may go wrong.
fn until_closed(mut work: Work<'_>) -> u64 {
    for round in 0.. {
        match work(round) {
            Ok(()) => {}
            // Another thread has changed the same, or taken it away.
            Err(error) if matches!(error.code(), Code::Stale | Code::NotFound) => {}
            Err(error) => {
                assert_eq!(error.code(), Code::Closed, "{error}");
                return round;
            }
        }
    }
    unreachable!("it works until the database is closed")
}

fn writer(crm: &Crm, number: usize, durable: Sender<Ref>) -> Work<'static> {
    let session = crm.operation(&format!("writer {number}"));
    Box::new(move |round| {
        let company = Company::draft()
            .name(format!("Writer {number} Round {round}"))
            .employees(i64::try_from(round).unwrap());
        let company = session.create(company)?;
        // Nobody listens any more when the database is being closed.
        let _ = durable.send(company.reference());
        let read = session.get(company)?;
        session.update_from(&read, Company::draft().industry("Shipping"))?;
        if round % 5 == 4 {
            let people = (0..3).map(|n| {
                let name = format!("Ada Nr{n}");
                Change::create(Contact::draft().name(name.as_str()).company(company))
            });
            let key = format!("{number}/{round}");
            session.batch(&people.collect::<Vec<_>>(), Some(Keyed(&key)))?;
        }
        Ok(())
    })
}

fn mover(crm: &Crm, sales: Id<Pipeline>, stages: Vec<Id<Stage>>) -> Work<'static> {
    let crm = crm.clone();
    let mut deals = Vec::new();
    Box::new(move |round| {
        let at = usize::try_from(round).unwrap();
        if deals.len() < 10 {
            let deal = Deal::draft().name(format!("Deal {round}")).pipeline(sales);
            deals.push(crm.create(deal.amount(money("10 EUR")))?);
        }
        let deal = deals[at % deals.len()];
        crm.move_card(deal, stages[at % stages.len()], None)?;
        crm.create(Note::draft().subject("moved").about(vec![deal.reference()]))?;
        match round % 7 {
            3 => crm.delete(deal).map(drop),
            4 => crm.restore(deals[(at - 1) % deals.len()]).map(drop),
            _ => Ok(()),
        }
    })
}

fn reader(crm: &Crm, sales: Id<Pipeline>) -> Work<'static> {
    let crm = crm.clone();
    Box::new(move |round| {
        let board = crm.board("deal", sales, 100)?;
        for column in &board.columns {
            assert_eq!(column.cards.len() as u64, column.count, "a torn commit");
        }
        let query = Query::of("company").filter("employees >= 3 && industry == 'Shipping'");
        for row in crm.find(&query.sort("-employees").limit(20))?.rows {
            crm.history(row.reference())?;
        }
        crm.count("company", "employees < 10")?;
        let question = Aggregate::of("company").group_by("industry");
        crm.aggregate(&question.measure(MeasureOp::Sum, "employees"))?;
        crm.search(&format!("round {}", round % 9), &SearchOptions::default())?;
        crm.changes(crm.sequence().saturating_sub(5), 100).map(drop)
    })
}

fn watcher(crm: &Crm) -> Work<'static> {
    let query = Query::of("company").filter("employees >= 2");
    let mut watched = crm.watch(Watch::Query(query)).unwrap();
    let mut known = BTreeSet::new();
    Box::new(move |_| {
        for update in watched.next_batch(Some(Duration::from_secs(1)))? {
            match update {
                Update::Reset(records) => known = records.iter().map(Record::reference).collect(),
                Update::Added(record) => assert!(known.insert(record.reference()), "told twice"),
                Update::Changed(record) => assert!(known.contains(&record.reference())),
                Update::Removed(record) => assert!(known.remove(&record)),
            }
        }
        Ok(())
    })
}

fn keeper(crm: &Crm, folder: &Path) -> Work<'static> {
    let (crm, folder) = (crm.clone(), folder.to_owned());
    let go_on = |_| ControlFlow::Continue(());
    Box::new(move |round| {
        crm.maintain()?;
        crm.stats()?;
        let about = crm.find(&Query::of("company").limit(1))?.rows;
        if let Some(about) = about.first() {
            let reminder = Reminder::draft().text("call").about(about.reference());
            crm.create(reminder.at(crm.now()))?;
        }
        crm.run_due(crm.now())?;
        match round % 6 {
            1 => {
                let field =
                    schema::FieldDef::custom(&format!("extra_{round}"), schema::FieldType::Text);
                crm.add_field("company", field.default("none")).map(drop)
            }
            3 => crm
                .backup(folder.join(format!("backup {round}")), &mut go_on.clone())
                .map(drop),
            5 => crm.compact(&mut go_on.clone()),
            _ => Ok(()),
        }
    })
}

#[test]
fn a_file_is_closed_while_threads_work_on_it() {
    let folder = tempfile::tempdir().unwrap();
    let options = || Crm::options().journal_bytes(64 << 10).cache_bytes(1 << 20);
    let crm = options().open(folder.path().join("sales.crm")).unwrap();
    let (sales, stages) = pipeline(&crm, "Sales");
    let rung = Arc::new(AtomicU64::new(0));
    let heard = Arc::clone(&rung);
    let wake = crm.on_commit(move || {
        heard.fetch_add(1, Ordering::Relaxed);
    });
    let (durable, told) = channel();
    let mut works: Vec<Work<'_>> = vec![
        mover(&crm, sales, stages),
        reader(&crm, sales),
        reader(&crm, sales),
        watcher(&crm),
        keeper(&crm, folder.path()),
    ];
    works.extend((0..3).map(|number| writer(&crm, number, durable.clone())));
    drop(durable);
    let mut acknowledged = Vec::new();
    std::thread::scope(|scope| {
        let threads: Vec<_> = works
            .into_iter()
            .map(|work| scope.spawn(|| until_closed(work)))
            .collect();
        acknowledged.extend(told.iter().take(DURABLE));
        crm.close().unwrap();
        acknowledged.extend(told.iter());
        for thread in threads {
            assert!(thread.join().unwrap() > 0, "a thread has done nothing");
        }
    });
    drop(wake);
    assert!(rung.load(Ordering::Relaxed) > DURABLE as u64);

    crm.reopen().unwrap();
    assert_sound(&crm);
    for record in &acknowledged {
        assert!(
            crm.find_record(*record).unwrap().is_some(),
            "{record:?} is lost"
        );
    }
    let count = crm.count("company", "").unwrap();
    assert!(count >= acknowledged.len() as u64);
}
