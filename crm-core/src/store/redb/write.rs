//! Writing a commit's changes to redb.
//!
//! A key that redb is given by itself costs a walk down the tree, and halves a page where it does not fit. The
//! changes of a commit are sorted, and many of them follow each other with no key of the table between them: new
//! records, the log, the entries of an index that begin alike. Such a run goes in through a cursor, which fills
//! each page before it begins the next.

use std::collections::VecDeque;
use std::ops::Bound;

use ::redb::{CursorError, Table, WriteTransaction};

use super::failure::Translate;
use super::{Bytes, table};
use crate::error::Result;
use crate::store::Space;

/// A key and its new value, or `None` where it is deleted.
type Change<'a> = (&'a [u8], Option<&'a [u8]>);

/// So many neighbours pay for a cursor, which copies the page that it begins in.
const RUN_LEN_MIN: usize = 4;
/// Fewer changes of a space are not looked through for runs.
const LOOK_FROM: usize = 64;
/// Where looking finds no run, so many keys at most are written one by one before the next look.
const BLIND_MAX: usize = 64;

/// What an entry takes in a page beside its bytes: where its key and its value end.
const ENTRY_BYTES: usize = 8;

/// How much an entry takes in a page.
pub(super) fn entry_bytes(key: &[u8], value: &[u8]) -> i64 {
    (key.len() + value.len() + ENTRY_BYTES) as i64
}

/// Writes changes, in the order of their keys, to the table of a space. Returns by how many bytes its entries
/// have grown.
pub(super) fn write<'a>(
    transaction: &WriteTransaction,
    space: Space,
    changes: impl Iterator<Item = Change<'a>>,
) -> Result<i64> {
    let mut changes = Ahead {
        near: VecDeque::new(),
        far: changes,
    };
    let mut grown = 0;
    if !changes.reach(1) {
        return Ok(grown);
    }
    let mut table = transaction.open_table(table(space)).translate()?;
    let looks = changes.reach(LOOK_FROM);
    let (mut blind, mut failed_looks) = (0, 0);
    while changes.reach(1) {
        if looks && blind == 0 {
            let run = append_run(&mut table, &mut changes)?;
            if run > 0 {
                grown += run;
                failed_looks = 0;
                continue;
            }
            failed_looks = (failed_looks * 2).clamp(1, BLIND_MAX);
            blind = failed_looks;
        }
        blind = blind.saturating_sub(1);
        match changes.near.pop_front() {
            Some((key, Some(value))) => {
                let old = table.insert(key, value).translate()?;
                grown += entry_bytes(key, value);
                grown -= old.map_or(0, |old| entry_bytes(key, old.value()));
            }
            Some((key, None)) => {
                let old = table.remove(key).translate()?;
                grown -= old.map_or(0, |old| entry_bytes(key, old.value()));
            }
            None => {}
        }
    }
    Ok(grown)
}

/// Writes the changes ahead that have no key of the table between them, if they are enough of them. Returns by how
/// many bytes the entries have grown.
fn append_run<'a>(
    table: &mut Table<'_, Bytes, Bytes>,
    changes: &mut Ahead<'a, impl Iterator<Item = Change<'a>>>,
) -> Result<i64> {
    let mut grown = 0;
    if !changes.reach(RUN_LEN_MIN) {
        return Ok(grown);
    }
    let mut run = changes.near.range(..RUN_LEN_MIN);
    let (Some((first, _)), Some((last, _))) = (
        changes.near.front().copied(),
        changes.near.get(RUN_LEN_MIN - 1).copied(),
    ) else {
        return Ok(grown);
    };
    if run.any(|(_, change)| change.is_none()) {
        return Ok(grown);
    }
    let mut gap = table.lower_bound_mut(Bound::Included(first)).translate()?;
    let is_run = match gap.peek_next().translate()? {
        Some((next, _)) => last < next.value(),
        None => true,
    };
    while is_run && changes.reach(1) {
        let Some((key, Some(value))) = changes.near.front().copied() else {
            break;
        };
        match gap.insert_before(key, value) {
            Ok(()) => {
                grown += entry_bytes(key, value);
                changes.near.pop_front();
            }
            // There is a key of the table before it.
            Err(CursorError::UnorderedKey) => break,
            Err(error) => return Err(error).translate(),
        }
    }
    gap.close().translate()?;
    Ok(grown)
}

/// Changes of which the next ones can be looked at.
struct Ahead<'a, I> {
    near: VecDeque<Change<'a>>,
    far: I,
}

impl<'a, I: Iterator<Item = Change<'a>>> Ahead<'a, I> {
    /// True if there are at least so many.
    fn reach(&mut self, count: usize) -> bool {
        while self.near.len() < count {
            match self.far.next() {
                Some(change) => self.near.push_back(change),
                None => return false,
            }
        }
        true
    }
}
