//! The engine and the model say the same, and it is seen when they do not.
#![allow(clippy::panic, reason = "a test that fails should say what was found")]

use crm_model::driver::Place;
use crm_model::faulty::Fault;
use crm_model::shrink::shrink;
use crm_model::trial::{self, Trial};

#[track_caller]
fn agree(seed: u64, steps: usize, place: Place) {
    let trial = Trial { seed, steps, place };
    if let Err((steps, difference)) = trial.run() {
        let shrunk = shrink(steps, place, difference);
        let what = shrunk.difference.what.clone();
        panic!("seed {seed}: {what}\n\n{}", shrunk.to_test(place));
    }
}

#[test]
fn engine_and_model_agree_in_memory() {
    for seed in 1..=20 {
        agree(seed, 300, Place::Memory);
    }
}

#[test]
fn engine_and_model_agree_in_files() {
    for (seed, journal) in [(101, 0), (102, 20_000), (103, 4 << 20)] {
        agree(seed, 150, Place::File(journal));
    }
}

#[test]
fn engine_and_model_agree_on_calls_that_nobody_has_seen_before() {
    let seed = fastrand::u64(..);
    println!("seed {seed}");
    agree(seed, 400, Place::Memory);
}

/// A sequence as a failure prints it: here the model was wrong, which knew what a purge had taken away.
#[test]
fn a_record_comes_again_under_the_id_of_one_that_was_purged() {
    use crm_model::op::{Edit::*, Kind::*, Op::*, Rec::*, Step, Val::*};
    #[rustfmt::skip]
    let steps = vec![
        Step { minutes: 0, user: None, operation: None, rules: false, op: Change(Create { record: Of(Tag, 0), fields: vec![("name", Words(1, 2)), ("color", Raw("red"))] }) },
        Step { minutes: 0, user: None, operation: None, rules: false, op: Change(Purge(Of(Tag, 0))) },
        Step { minutes: 0, user: None, operation: None, rules: false, op: Change(Create { record: Of(Tag, 0), fields: vec![("name", Words(1, 2))] }) },
        Step { minutes: 0, user: None, operation: None, rules: false, op: History(Of(Tag, 0)) },
    ];
    if let Err(difference) = trial::run(&steps, Place::Memory) {
        panic!("{}", difference.what);
    }
}

#[test]
fn a_fault_is_found_and_shrunk_to_a_few_calls() {
    for (fault, name) in [
        (Fault::Stale, "a snapshot that is a commit old"),
        (Fault::Half, "totals that come late"),
        (Fault::HalfIndexed, "indexes that come late"),
        (Fault::StaleIndex, "stale index"),
        (Fault::FiresTwice, "double-fired reminder"),
    ] {
        let place = Place::Faulty(fault);
        let trial = Trial {
            seed: 1,
            steps: 200,
            place,
        };
        let Err((steps, difference)) = trial.run() else {
            panic!("{fault:?} passes");
        };
        let (calls, what) = (
            steps.len(),
            difference.what.lines().next().unwrap_or_default(),
        );
        let what: String = what.chars().take(90).collect();
        let shrunk = shrink(steps, place, difference);
        println!(
            "trust broken: {name}: found by the model at call {calls}, in {} when shrunk: {what}",
            shrunk.steps.len()
        );
        // Of every eighth commit, or of what has to fall due twice.
        let is_rare = matches!(fault, Fault::StaleIndex | Fault::FiresTwice);
        let few = if is_rare { 10 } else { 6 };
        assert!(
            shrunk.steps.len() <= few,
            "{fault:?}: {}",
            shrunk.to_test(place)
        );
        let again = trial::run(&shrunk.steps, place);
        assert!(again.is_err(), "{fault:?}: what is left passes");
    }
}
