//! Words that differ from a mistyped one by a single slip.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use super::layout::{Family, scan, split_key};
use crate::error::Result;
use crate::limits::SEARCH_EXPANSION_MAX;
use crate::store::{KeyRange, Read};

/// Shorter words have too many neighbours to be any help.
const CHARS_MIN: usize = 5;

/// The tokens that begin with the same letter as `word` and differ from it in one letter that is wrong, left
/// out or too many, or in two neighbours that are swapped. None for short words and for numbers.
pub(super) fn near(read: &dyn Read, word: &str) -> Result<BTreeSet<String>> {
    let letters: Vec<char> = word.chars().collect();
    let mut found = BTreeSet::new();
    if letters.len() >= CHARS_MIN && letters.iter().all(|c| c.is_alphabetic()) {
        for family in [Family::Block, Family::Tail] {
            walk(read, family, &letters, &mut found)?;
        }
    }
    Ok(found)
}

/// Walks the tokens in order and leaps over those with a beginning that no near word has.
fn walk(
    read: &dyn Read,
    family: Family,
    word: &[char],
    found: &mut BTreeSet<String>,
) -> Result<()> {
    let Some(first) = word.first() else {
        return Ok(());
    };
    let mut range = family.rows_starting(&first.to_string());
    for _ in 0..SEARCH_EXPANSION_MAX {
        let mut after = None;
        scan(read, &range, &mut |key, _| {
            let (token, _) = split_key(key)?;
            let seen = match compare(word, token) {
                Likeness::Hopeless(beginning) => family.rows_starting(beginning),
                Likeness::Near => {
                    found.insert(token.to_owned());
                    family.rows_of(token)
                }
                Likeness::Other => family.rows_of(token),
            };
            after = seen.end;
            Ok(ControlFlow::Break(()))
        })?;
        match after {
            Some(after) => {
                range = KeyRange {
                    start: after,
                    ..range
                }
            }
            None => break,
        }
    }
    Ok(())
}

#[derive(Debug, PartialEq, Eq)]
enum Likeness<'t> {
    /// One slip away.
    Near,
    /// More than that, but longer tokens may be near.
    Other,
    /// No token that begins like this is near.
    Hopeless(&'t str),
}

/// The optimal string alignment distance, row by row, given up when a row leaves no hope.
fn compare<'t>(word: &[char], token: &'t str) -> Likeness<'t> {
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=word.len()).collect();
    let mut previous = None;
    for (position, (start, letter)) in token.char_indices().enumerate() {
        let mut next = Vec::with_capacity(row.len());
        next.push(position + 1);
        let mut left = position + 1;
        let mut word_before = None;
        for (column, ((other, diagonal), above)) in
            word.iter().zip(&row).zip(row.iter().skip(1)).enumerate()
        {
            let mut distance = (diagonal + usize::from(*other != letter))
                .min(above + 1)
                .min(left + 1);
            if previous == Some(*other) && word_before == Some(letter) {
                let swapped = column.checked_sub(1).and_then(|column| before.get(column));
                distance = swapped.map_or(distance, |swapped| distance.min(swapped + 1));
            }
            next.push(distance);
            (left, word_before) = (distance, Some(*other));
        }
        (before, row, previous) = (row, next, Some(letter));
        if row.iter().all(|distance| *distance > 1) {
            let end = start + letter.len_utf8();
            return Likeness::Hopeless(token.get(..end).unwrap_or(token));
        }
    }
    match row.last() {
        Some(0 | 1) => Likeness::Near,
        _ => Likeness::Other,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn agrees_with_strsim(word in "[abc]{1,6}", token in "[abc]{1,6}") {
            let letters: Vec<char> = word.chars().collect();
            let near = strsim::osa_distance(&word, &token) <= 1;
            prop_assert_eq!(compare(&letters, &token) == Likeness::Near, near);
        }
    }
}
