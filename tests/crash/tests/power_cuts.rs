//! A sound engine passes a trial, and every broken one fails.
#![allow(clippy::panic, reason = "a test that fails should say what was found")]

use crm_crash::{Broken, Trial};

const TRIAL: Trial = Trial {
    seed: 1,
    calls: 25,
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

#[test]
fn every_broken_engine_is_found() {
    for broken in Broken::ALL {
        let found = (1..=20).find_map(|seed| {
            let trial = Trial {
                seed,
                broken: Some(broken),
                ..TRIAL
            };
            trial.run().err()
        });
        let failure = found.unwrap_or_else(|| panic!("{broken:?} passes"));
        let expected = match broken {
            // Either an older state, or a file or a journal that is refused.
            Broken::LosesSyncs | Broken::LosesSyncsOfJournal => "it ",
            Broken::TearsBatches => "a state that never was",
            Broken::RecoversOneLess => "it holds state",
            Broken::StaleIndex => "the check finds",
            Broken::FiresTwice => "the check finds",
        };
        assert!(
            failure.what.contains(expected),
            "{broken:?} is found by something else: {failure:?}"
        );
    }
}
