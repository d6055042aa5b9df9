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

#[test]
fn a_fault_is_found_and_shrunk_to_a_few_calls() {
    for fault in [Fault::Stale, Fault::Half, Fault::HalfIndexed] {
        let place = Place::Faulty(fault);
        let trial = Trial {
            seed: 1,
            steps: 200,
            place,
        };
        let Err((steps, difference)) = trial.run() else {
            panic!("{fault:?} passes");
        };
        let shrunk = shrink(steps, place, difference);
        assert!(
            shrunk.steps.len() <= 6,
            "{fault:?}: {}",
            shrunk.to_test(place)
        );
        let again = trial::run(&shrunk.steps, place);
        assert!(again.is_err(), "{fault:?}: what is left passes");
    }
}
