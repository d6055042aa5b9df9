//! The log, what is found through it, and the counters that go on where it ends.

use std::ops::ControlFlow;

use chrono::{DateTime, Utc};

use super::Walk;
use crate::engine::keys::{self, meta};
use crate::engine::log::{Commit, LogEntry, last_sequence};
use crate::engine::read;
use crate::engine::state::Counters;
use crate::engine::work::Work;
use crate::error::Result;
use crate::schema::system;
use crate::store::{KeyRange, Space};

/// Compares each record's history, and the commits of each named operation, with the log.
pub(crate) fn check_history(work: &Work<'_, '_>, walk: &mut Walk) -> Result<()> {
    check_entries(work, walk)?;
    let is_of = |key: &[u8]| {
        let (sequence, n) = keys::history_entry(key).ok()?;
        let entry = LogEntry::load(&work.tx, sequence, n).ok()?;
        Some(entry.record == keys::history_record(key).ok()?)
    };
    check_found_by(work, walk, keys::all_history(), &is_of)?;
    let is_part_of = |key: &[u8]| {
        let sequence = keys::operation_commit(key).ok()?;
        let commit = Commit::load(&work.tx, sequence).ok()??;
        Some(keys::operation(&commit.operation?, sequence) == key)
    };
    check_found_by(work, walk, keys::all_operations(), &is_part_of)
}

/// What the log says is found through the rows beside it.
fn check_entries(work: &Work<'_, '_>, walk: &mut Walk) -> Result<()> {
    let mut commit = None;
    let mut last_at = DateTime::<Utc>::MIN_UTC;
    read::scan(&work.tx, &keys::log_from(0), &mut |key, value| {
        walk.row();
        let found_by = keys::log_entry(key).and_then(|(sequence, n)| {
            if n > 0 {
                let entry = LogEntry::decode(sequence, n, value)?;
                if commit != Some(sequence) {
                    walk.find(
                        Space::Log,
                        format!("nothing says who made commit {sequence}"),
                    );
                    commit = Some(sequence);
                }
                return Ok(Some(keys::history(entry.record, sequence, n)));
            }
            commit = Some(sequence);
            let Commit { operation, at, .. } = Commit::decode(sequence, value)?;
            check_clock(
                work,
                walk,
                sequence,
                at < std::mem::replace(&mut last_at, at),
            )?;
            Ok(operation.map(|operation| keys::operation(&operation, sequence)))
        });
        match found_by {
            Ok(Some(row)) if !work.has(Space::Log, &row)? => {
                walk.missing(Space::Log, row, [], "an entry that is not found");
            }
            Ok(_) => {}
            Err(error) => walk.find(Space::Log, error.to_string()),
        }
        Ok(ControlFlow::Continue(()))
    })
}

/// That it is said where the clock stepped back, and nowhere else.
fn check_clock(work: &Work<'_, '_>, walk: &mut Walk, sequence: u64, back: bool) -> Result<()> {
    let key = keys::clock_back(sequence);
    match (back, work.has(Space::Meta, &key)?) {
        (true, false) => walk.missing(Space::Meta, key, [], "a clock that stepped back in silence"),
        (false, true) => walk.stray(
            Space::Meta,
            &key,
            "a clock that did not step back is said to have",
        ),
        _ => {}
    }
    Ok(())
}

/// Rows beside the log that lead to what it does not say.
fn check_found_by(
    work: &Work<'_, '_>,
    walk: &mut Walk,
    range: KeyRange,
    is_sound: &dyn Fn(&[u8]) -> Option<bool>,
) -> Result<()> {
    read::scan(&work.tx, &range, &mut |key, _| {
        walk.row();
        if is_sound(key) != Some(true) {
            walk.stray(
                Space::Log,
                key,
                "a place in the log that says something else",
            );
        }
        Ok(ControlFlow::Continue(()))
    })
}

/// That new commits and records get numbers that nothing has yet.
pub(crate) fn check_counters(work: &Work<'_, '_>, walk: &mut Walk) -> Result<()> {
    let stored = work.state.counters;
    let least = stored.at_least(least_counters(work)?);
    if least != stored {
        let what = format!(
            "the next commit would be {} and the next ordinal {}; {} and {} are in use",
            stored.sequence + 1,
            stored.ordinal,
            least.sequence,
            least.ordinal.saturating_sub(1)
        );
        walk.find(Space::Meta, what);
    }
    Ok(())
}

/// The lowest counters with which nothing gets a number twice.
fn least_counters(work: &Work<'_, '_>) -> Result<Counters> {
    let mut least = Counters::default();
    if let Some(last) = last_sequence(&work.tx)? {
        least.sequence = last;
        if let Some(commit) = Commit::load(&work.tx, last)? {
            least.last_commit = commit.at;
        }
    }
    let all = KeyRange::all(Space::Record);
    read::for_each_sound(&work.tx, &all, &mut |record| {
        let ordinal = record.get(system::ORDINAL).as_int();
        let ordinal = ordinal.and_then(|ordinal| u32::try_from(ordinal).ok());
        let next = ordinal.map_or(0, |ordinal| ordinal.saturating_add(1));
        least.ordinal = least.ordinal.max(next);
        least.sequence = least.sequence.max(record.version());
        Ok(())
    })?;
    Ok(least)
}

impl Work<'_, '_> {
    /// Puts the counters right, before anything gets a number. True if they were wrong.
    pub(crate) fn mend_counters(&mut self) -> Result<bool> {
        let least = self.state.counters.at_least(least_counters(self)?);
        let were_wrong = least != self.state.counters;
        if were_wrong {
            self.tx.put(Space::Meta, meta::COUNTERS, least.encode()?)?;
            self.state.counters = least;
            self.tx.sequence = least.sequence + 1;
        }
        Ok(were_wrong)
    }
}
