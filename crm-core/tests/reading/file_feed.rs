//! The change feed and live queries on a file: after a restart, and with many writers.
#![cfg(feature = "redb")]

use std::sync::atomic::{AtomicBool, Ordering};

use crate::read_support::{assert_sound, money, pipeline};
use crm_core::*;

fn company(name: &str, employees: i64) -> Draft<Company> {
    Company::draft().name(name).employees(employees)
}

#[test]
fn a_cursor_outlives_the_process() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sales.crm");
    let crm = Crm::open(&path).unwrap();
    crm.create(company("Acme", 1)).unwrap();
    let cursor = crm.sequence();
    let bolt = crm.create(company("Bolt", 1)).unwrap();
    let seen = crm.changes(cursor, 10).unwrap();
    drop(crm);
    let crm = Crm::open(&path).unwrap();
    assert_eq!(crm.changes(cursor, 10).unwrap(), seen);
    assert_eq!(crm.sequence(), cursor + 1, "opening is no commit");
    crm.update(bolt, company("Bolt!", 1)).unwrap();
    let next = crm.changes(cursor + 1, 10).unwrap();
    assert_eq!(next.len(), 1);
    assert_eq!(next[0].commit.sequence, cursor + 2);
    assert_eq!(next[0].entries[0].record, bolt.reference());
}

#[test]
fn eight_writers_on_one_file_lose_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sales.crm");
    let crm = Crm::open(&path).unwrap();
    let (sales, stages) = pipeline(&crm, "Sales");
    let start = crm.sequence();
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut looks = 0;
            while !done.load(Ordering::Relaxed) || looks == 0 {
                // The kept totals and the records are of one commit: each deal is 10 euros.
                let board = crm.board("deal", sales, 1_000).unwrap();
                for column in &board.columns {
                    assert_eq!(column.cards.len() as u64, column.count);
                    let euros = 10 * column.count as i64;
                    let sum: Vec<Value> = (euros > 0)
                        .then(|| {
                            Money::new(euros, Currency::new("EUR").unwrap())
                                .unwrap()
                                .into()
                        })
                        .into_iter()
                        .collect();
                    assert_eq!(column.sums[0], Value::List(sum));
                }
                let sequence = crm.sequence();
                let commits = crm.changes(start, usize::MAX).unwrap();
                assert!(commits.len() as u64 >= sequence - start);
                looks += 1;
            }
        });
        let writers: Vec<_> = (0..8_usize)
            .map(|writer| {
                let (crm, stages) = (crm.clone(), &stages);
                scope.spawn(move || {
                    for n in 0..12_usize {
                        let name = format!("{writer}/{n}");
                        let deal = Deal::draft()
                            .name(name)
                            .pipeline(sales)
                            .amount(money("10 EUR"));
                        let deal = crm.create(deal).unwrap();
                        if n % 3 == 0 {
                            crm.move_card(deal, stages[(writer + n) % 4], None).unwrap();
                        }
                    }
                })
            })
            .collect();
        writers
            .into_iter()
            .for_each(|writer| writer.join().unwrap());
        done.store(true, Ordering::Relaxed);
        reader.join().unwrap();
    });
    assert_sound(&crm);
    let expected = crm.changes(start, usize::MAX).unwrap();
    drop(crm);
    let crm = Crm::open(&path).unwrap();
    assert_eq!(
        crm.changes(start, usize::MAX).unwrap(),
        expected,
        "what was acknowledged is on the file"
    );
    let sequences: Vec<u64> = expected
        .iter()
        .map(|commit| commit.commit.sequence)
        .collect();
    assert_eq!(sequences, (start + 1..=crm.sequence()).collect::<Vec<_>>());
    let mut names: Vec<String> = crm
        .list_all::<Deal>(Query::default())
        .map(|deal| deal.unwrap().name().unwrap().to_owned())
        .collect();
    names.sort();
    let mut all: Vec<String> = (0..8)
        .flat_map(|writer| (0..12).map(move |n| format!("{writer}/{n}")))
        .collect();
    all.sort();
    assert_eq!(names, all);
    assert_sound(&crm);
}
