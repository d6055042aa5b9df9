//! A sound engine passes a trial, and every broken one fails.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that fails should say what was found"
)]

use std::sync::Arc;

use crm_core::store::MemoryStorage;
use crm_core::{Crm, Reminder};
use crm_crash::{Broken, Trial};
use crm_model::faulty::{Fault, Faulty};

const TRIAL: Trial = Trial {
    seed: 1,
    calls: 60,
    cuts: 1,
    broken: None,
};

#[test]
fn what_was_acknowledged_survives_a_power_cut_at_every_operation() {
    let figures = TRIAL.run().unwrap_or_else(|failure| panic!("{failure:?}"));
    assert!(
        figures.points > 100 && figures.again > 20,
        "that is no trial: {figures:?}"
    );
}

/// Each fault, and what is said when it is found.
const FAULTS: [(Broken, &str, &str); 6] = [
    // Either an older state, or a file or a journal that is refused.
    (Broken::LosesSyncs, "lost sync, of the file", "it "),
    (
        Broken::LosesSyncsOfJournal,
        "lost sync, of the journal",
        "it ",
    ),
    (Broken::TearsBatches, "torn batch", "a state that never was"),
    (
        Broken::RecoversOneLess,
        "off-by-one recovery",
        "it holds state",
    ),
    (Broken::StaleIndex, "stale index", "the check finds"),
    (
        Broken::FiresTwice,
        "double-fired reminder",
        "the check finds",
    ),
];

#[test]
fn every_broken_engine_is_found() {
    for (broken, name, expected) in FAULTS {
        let (mut calls, mut points) = (0, 0);
        let found = (1..=20).find_map(|seed| {
            let trial = Trial {
                seed,
                broken: Some(broken),
                ..TRIAL
            };
            calls += trial.calls;
            let outcome = trial.run();
            points += match &outcome {
                Ok(figures) => figures.points,
                Err(failure) => failure.points,
            };
            outcome.err()
        });
        let failure = found.unwrap_or_else(|| panic!("{broken:?} passes"));
        assert!(
            failure.what.contains(expected),
            "{broken:?} is found by something else: {failure:?}"
        );
        let what: String = failure.what.chars().take(90).collect();
        println!(
            "trust broken: {name}: found by power cuts at crash point {points}, in {calls} calls: {what}"
        );
    }
}

/// The fault is what its name says: the reminder is told, and told again.
#[test]
fn an_engine_that_fires_twice_does() {
    let storage = Faulty::new(Arc::new(MemoryStorage::new()), Fault::FiresTwice).unwrap();
    let crm = Crm::options().with_storage(Arc::new(storage)).unwrap();
    let reminder = Reminder::draft().text("Call back").at(crm.now());
    let reminder = crm.create(reminder).unwrap().reference();
    for _ in 0..2 {
        assert_eq!(crm.run_due(crm.now()).unwrap().reminders, [reminder]);
    }
}
