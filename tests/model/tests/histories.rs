//! Histories of threads are strictly serialisable, and those that are not are found.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that fails should say what was found"
)]

use crm_core::Value;
use crm_model::answer::Answer;
use crm_model::driver::Place;
use crm_model::faulty::Fault;
use crm_model::histories::{Call, Figures, History, Workload};
use crm_model::op::{Kind, Op, Rec};

const WORKLOAD: Workload = Workload {
    seed: 1,
    threads: 4,
    calls: 40,
};

fn history(seed: u64, place: Place) -> History {
    let workload = Workload { seed, ..WORKLOAD };
    workload
        .run(place)
        .unwrap_or_else(|what| panic!("seed {seed}: {what}"))
}

#[track_caller]
fn judged(seed: u64, place: Place) -> Figures {
    let judged = history(seed, place).check();
    judged.unwrap_or_else(|anomaly| panic!("seed {seed}, {place:?}: {}", anomaly.0))
}

#[test]
fn histories_are_strictly_serialisable() {
    let mut total = Figures::default();
    for seed in 1..=10 {
        total += judged(seed, Place::Faulty(Fault::Slow));
    }
    for (seed, journal) in [(11, 0), (12, 20_000), (13, 4 << 20)] {
        total += judged(seed, Place::File(journal));
    }
    let seed = fastrand::u64(..);
    println!("seed {seed}");
    total += judged(seed, Place::Memory);
    assert!(
        total.commits > 500 && total.refused > 50 && total.concurrent > 50,
        "the threads do not meet: {total:?}"
    );
}

#[test]
fn a_broken_engine_is_found() {
    for fault in [Fault::Stale, Fault::Half, Fault::HalfIndexed] {
        let place = Place::Faulty(fault);
        // Some are too broken to set the threads up.
        let passes = |seed: u64| {
            let history = Workload { seed, ..WORKLOAD }.run(place);
            history.is_ok_and(|history| history.check().is_ok())
        };
        assert!(!(1..=3).all(passes), "{fault:?} passes");
    }
}

/// What the checker says of a history in which something was changed.
#[track_caller]
fn found(mut history: History, expected: &str, change: impl FnOnce(&mut Vec<Call>)) {
    history.check().unwrap();
    change(&mut history.calls);
    let anomaly = history.check().unwrap_err();
    assert!(
        anomaly.0.contains(expected),
        "found by something else: {}",
        anomaly.0
    );
}

fn is_read_of(call: &Call, record: Rec) -> bool {
    call.step.op == Op::Get(record)
}

#[test]
fn a_lost_update_is_found() {
    found(history(1, Place::Memory), "as it had read", |calls| {
        // Another writer had been there between the read and the write.
        let one = calls
            .iter_mut()
            .find(|call| call.reads.len() == 1 && call.commit().is_some());
        one.unwrap().reads[0].2 = Value::Int(-1);
    });
}

#[test]
fn write_skew_is_found() {
    found(history(1, Place::Memory), "as it had read", |calls| {
        // What was read of the record that it does not write.
        let one = calls
            .iter_mut()
            .find(|call| call.reads.len() == 2 && call.commit().is_some());
        one.unwrap().reads[1].2 = Value::Int(-1);
    });
}

#[test]
fn a_stale_read_is_found() {
    found(history(1, Place::Memory), "that explain it are", |calls| {
        let company = Rec::Of(Kind::Company, 0);
        let mut reads = calls.iter().filter(|call| is_read_of(call, company));
        let first = reads.next().unwrap().answer.clone();
        // The last one sees what the first one saw.
        let mut reads = calls.iter_mut().filter(|call| is_read_of(call, company));
        let last = reads.next_back().unwrap();
        assert_ne!(last.answer, first, "nothing has changed");
        last.answer = first;
    });
}

#[test]
fn half_a_transaction_is_found() {
    found(history(1, Place::Memory), "that explain it are", |calls| {
        let boards = calls.iter_mut().filter_map(|call| match &mut call.answer {
            Answer::Board(columns) => Some(columns),
            _ => None,
        });
        let columns = boards.last().unwrap();
        // A card has left one column and not arrived in another.
        let from = columns
            .iter_mut()
            .find(|(_, count, ..)| *count > 0)
            .unwrap();
        from.1 -= 1;
        from.3.pop();
    });
}

#[test]
fn a_commit_that_comes_too_late_is_found() {
    found(
        history(1, Place::Memory),
        "had been seen before it began",
        |calls| {
            // It began after all others had ended, as it says, and has an earlier number.
            let end = calls.iter().map(|call| call.ended).max().unwrap();
            let at = calls
                .iter()
                .position(|call| call.commit().is_some())
                .unwrap();
            let mut first = calls.remove(at);
            (first.begun, first.ended) = (end + 1, end + 2);
            calls.push(first);
        },
    );
}

#[test]
fn a_commit_that_is_told_twice_is_found() {
    found(
        history(1, Place::Memory),
        "its commit is also that of",
        |calls| {
            let mut commits = calls.iter_mut().filter(|call| call.commit().is_some());
            let first = commits.next().unwrap().answer.clone();
            let second = commits.find(|call| call.step.op != Op::Next).unwrap();
            second.answer = first;
        },
    );
}
