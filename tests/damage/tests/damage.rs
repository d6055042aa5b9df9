//! Damaged files are refused, found or harmless.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that fails should say what was found"
)]

use crm_damage::{Damage, Fate, Figures, Specimen};
use fastrand::Rng;

fn all(specimen: &Specimen, damages: impl Iterator<Item = Damage>) -> Figures {
    let mut figures = Figures::default();
    for damage in damages {
        let (bytes, fate) = specimen.suffer(damage);
        assert!(
            matches!(fate, Fate::Refused | Fate::Found | Fate::Harmless),
            "{damage:?}: {fate:?}"
        );
        figures.count(bytes, &fate);
    }
    figures
}

/// Every bit of the part that says how all the rest is to be read.
#[test]
fn every_bit_of_the_header_counts_or_does_no_harm() {
    let specimen = Specimen::closed(1, 30).unwrap();
    let flips = (0..320).flat_map(|at| (0..8).map(move |bit| Damage::Flip { at, bits: 1 << bit }));
    let figures = all(&specimen, flips);
    assert!(figures.refused + figures.found > 500, "{figures:?}");
}

#[test]
fn damage_anywhere_in_a_file_is_refused_found_or_harmless() {
    let specimen = Specimen::closed(2, 60).unwrap();
    let mut rng = Rng::with_seed(2);
    let figures = all(&specimen, (0..600).map(|_| specimen.any_damage(&mut rng)));
    assert!(figures.refused + figures.found > 150, "{figures:?}");
}

#[test]
fn no_commit_is_lost_to_damage_in_a_journal() {
    let specimen = Specimen::with_journal(3, 60).unwrap();
    let mut rng = Rng::with_seed(3);
    let figures = all(&specimen, (0..600).map(|_| specimen.any_damage(&mut rng)));
    assert!(figures.refused > 20, "{figures:?}");
}

/// What a file says is derived in it decides, when it is opened, what is made anew: by a flip in that, sound indexes
/// would be thrown away, or filled twice.
#[test]
fn damage_to_what_opening_decides_by_is_refused_found_or_harmless() {
    let specimen = Specimen::closed(1, 60).unwrap();
    let start = specimen.find(br#"{"objects":{"#).unwrap();
    let end = specimen.find(br#""building":["#).unwrap();
    let mut rng = Rng::with_seed(1);
    let flips = (0..600).map(|_| Damage::Flip {
        at: rng.usize(start..end),
        bits: 1 << rng.u8(0..8),
    });
    let figures = all(&specimen, flips);
    assert!(figures.refused > 300, "{figures:?}");
}
