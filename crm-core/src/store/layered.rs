//! Reading pending changes and a snapshot as one.

use std::cell::Cell;
use std::cmp::Ordering;
use std::ops::ControlFlow;

use super::overlay::{Change, Key};
use super::stoppable::scan_while;
use super::{GoOn, KeyRange, Open, Overlay, Read, Savepoint, Shared, Space, Visit};
use crate::error::{Detail, Result};
use crate::limits::KEY_BYTES_MAX;

/// A snapshot with overlays on top, read as one: what a newer layer says about a key hides the older
/// ones.
#[derive(Clone)]
pub struct Layered<'a> {
    /// Newest first.
    overlays: Vec<&'a Overlay>,
    base: &'a dyn Read,
}

impl<'a> Layered<'a> {
    /// Lays `overlays`, newest first, over `base`.
    pub fn new(overlays: impl IntoIterator<Item = &'a Overlay>, base: &'a dyn Read) -> Self {
        Layered {
            overlays: overlays.into_iter().collect(),
            base,
        }
    }
}

impl Read for Layered<'_> {
    fn get(&self, space: Space, key: &[u8], found: &mut dyn FnMut(&[u8])) -> Result<bool> {
        match self.overlays.iter().find_map(|o| o.get(space, key)) {
            Some(change) => Ok(change.map(found).is_some()),
            None => self.base.get(space, key, found),
        }
    }

    fn get_shared(&self, space: Space, key: &[u8], open: Open) -> Result<Option<Shared>> {
        match self.overlays.iter().find_map(|o| o.get(space, key)) {
            Some(change) => opened(change, open),
            None => self.base.get_shared(space, key, open),
        }
    }

    fn scan(&self, range: &KeyRange, visit: &mut Visit<'_>) -> Result<()> {
        scan_overlays(self.overlays.iter().copied(), self.base, range, visit)
    }
}

/// A write transaction: what it reads is its own writes over the state below.
///
/// Nothing leaves it by itself; [`into_changes`](Transaction::into_changes) hands the writes on.
pub struct Transaction<'a> {
    changes: Overlay,
    below: Layered<'a>,
    /// Asked at each entry that is read.
    go_on: Option<GoOn>,
}

impl<'a> Transaction<'a> {
    /// A transaction on a state.
    pub fn new(base: &'a dyn Read) -> Self {
        Transaction::over(Layered::new([], base))
    }

    /// A transaction on a state that has pending changes of its own.
    pub fn over(below: Layered<'a>) -> Self {
        Transaction {
            changes: Overlay::new(),
            below,
            go_on: None,
        }
    }

    /// From here on its reads fail when `go_on` does.
    pub(crate) fn read_while(&mut self, go_on: Option<GoOn>) {
        self.go_on = go_on;
    }

    /// Fails when it is to end.
    pub(crate) fn go_on(&self) -> Result<()> {
        self.go_on.as_ref().map_or(Ok(()), |go_on| go_on())
    }

    /// Sets the value of a key. Keys are bounded by [`KEY_BYTES_MAX`] so that any backend can hold them.
    pub fn put(
        &mut self,
        space: Space,
        key: impl AsRef<[u8]>,
        value: impl Into<Vec<u8>>,
    ) -> Result<()> {
        let key = key.as_ref();
        if key.len() > KEY_BYTES_MAX {
            return Err(Detail::Limit {
                what: "bytes of a key",
                max: KEY_BYTES_MAX as u64,
                actual: key.len() as u64,
            }
            .into());
        }
        self.changes.put(space, key, value);
        Ok(())
    }

    /// Removes a key, whether or not it exists.
    pub fn delete(&mut self, space: Space, key: impl AsRef<[u8]>) {
        self.changes.delete(space, key);
    }

    /// Marks this point, to which [`rollback_to`](Transaction::rollback_to) returns.
    pub fn savepoint(&mut self) -> Savepoint {
        self.changes.savepoint()
    }

    /// Ends all savepoints: nothing before this point will be undone, and what undoing it needs is dropped.
    pub fn end_savepoints(&mut self) {
        self.changes.end_savepoints();
    }

    /// Undoes every change since the savepoint, which stays valid; later ones are void.
    pub fn rollback_to(&mut self, savepoint: Savepoint) {
        self.changes.rollback_to(savepoint);
    }

    /// The writes so far.
    pub fn changes(&self) -> &Overlay {
        &self.changes
    }

    /// Ends the transaction and returns its writes.
    pub fn into_changes(self) -> Overlay {
        self.changes
    }
}

impl Read for Transaction<'_> {
    fn get(&self, space: Space, key: &[u8], found: &mut dyn FnMut(&[u8])) -> Result<bool> {
        self.go_on()?;
        match self.changes.get(space, key) {
            Some(change) => Ok(change.map(found).is_some()),
            None => self.below.get(space, key, found),
        }
    }

    fn get_shared(&self, space: Space, key: &[u8], open: Open) -> Result<Option<Shared>> {
        self.go_on()?;
        match self.changes.get(space, key) {
            Some(change) => opened(change, open),
            None => self.below.get_shared(space, key, open),
        }
    }

    fn scan(&self, range: &KeyRange, visit: &mut Visit<'_>) -> Result<()> {
        let below = self.below.overlays.iter().copied();
        let overlays = std::iter::once(&self.changes).chain(below);
        let scan = |visit: &mut Visit<'_>| scan_overlays(overlays, self.below.base, range, visit);
        match &self.go_on {
            None => scan(visit),
            Some(go_on) => scan_while(&**go_on, visit, scan),
        }
    }
}

fn opened(change: Option<&[u8]>, open: Open) -> Result<Option<Shared>> {
    change.map(|value| Shared::of(value, open)).transpose()
}

fn scan_overlays<'a>(
    overlays: impl Iterator<Item = &'a Overlay>,
    base: &dyn Read,
    range: &KeyRange,
    visit: &mut Visit<'_>,
) -> Result<()> {
    if range.is_empty() {
        return Ok(());
    }
    let entries = overlays.map(|overlay| Directed {
        entries: overlay.within(range),
        reverse: range.reverse,
    });
    scan_merged(entries, base, range, visit)
}

/// Scans a range, which must not be empty, of `base` with changes over it. The changes, newest first, are
/// those within the range, in its direction.
pub(super) fn scan_merged<'a, C: Iterator<Item = Entry<'a>>>(
    changes: impl IntoIterator<Item = C>,
    base: &dyn Read,
    range: &KeyRange,
    visit: &mut Visit<'_>,
) -> Result<()> {
    let mut pending = Pending::new(changes, range.reverse);
    if pending.cursors.is_empty() {
        return base.scan(range, visit);
    }
    // The base cannot say whether it ended by itself or was stopped.
    let stopped = Cell::new(false);
    let mut visit = |key: &[u8], value: &[u8]| {
        let flow = visit(key, value);
        stopped.set(flow.is_break());
        flow
    };
    base.scan(range, &mut |key, value| {
        while let Some((pending_key, change)) = pending.next_up_to(key) {
            if let Some(value) = change {
                visit(pending_key, value)?;
            }
            if pending_key == key {
                return ControlFlow::Continue(());
            }
        }
        visit(key, value)
    })?;
    while !stopped.get() {
        match pending.next() {
            None => break,
            Some((_, None)) => {}
            Some((key, Some(value))) => {
                // The loop condition sees a break.
                let _ = visit(key, value);
            }
        }
    }
    Ok(())
}

/// A key and its pending value, or `None` where it is deleted.
pub(super) type Entry<'a> = (&'a [u8], Option<&'a [u8]>);

/// The changes of an overlay within a range, in a direction.
struct Directed<I> {
    entries: I,
    reverse: bool,
}

impl<'a, I: DoubleEndedIterator<Item = (&'a Key, &'a Change)>> Iterator for Directed<I> {
    type Item = Entry<'a>;

    fn next(&mut self) -> Option<Entry<'a>> {
        let (key, change) = if self.reverse {
            self.entries.next_back()?
        } else {
            self.entries.next()?
        };
        Some((key.as_slice(), change.as_deref()))
    }
}

/// Changes of several layers, merged in the order of the scan.
struct Pending<'a, C> {
    /// Newest first; those at their end are removed.
    cursors: Vec<Cursor<'a, C>>,
    reverse: bool,
}

struct Cursor<'a, C> {
    head: Entry<'a>,
    rest: C,
}

impl<'a, C: Iterator<Item = Entry<'a>>> Pending<'a, C> {
    fn new(layers: impl IntoIterator<Item = C>, reverse: bool) -> Self {
        let cursors = layers
            .into_iter()
            .filter_map(|mut rest| {
                let head = rest.next()?;
                Some(Cursor { head, rest })
            })
            .collect();
        Pending { cursors, reverse }
    }

    fn order(&self, a: &[u8], b: &[u8]) -> Ordering {
        if self.reverse { b.cmp(a) } else { a.cmp(b) }
    }

    /// The next entry, as the newest overlay has it.
    fn peek(&self) -> Option<Entry<'a>> {
        // `min_by` keeps the first of equals, which is the newest.
        let heads = self.cursors.iter().map(|cursor| cursor.head);
        heads.min_by(|a, b| self.order(a.0, b.0))
    }

    fn next(&mut self) -> Option<Entry<'a>> {
        let next = self.peek()?;
        self.cursors.retain_mut(|cursor| {
            if cursor.head.0 != next.0 {
                return true;
            }
            match cursor.rest.next() {
                Some(head) => cursor.head = head,
                None => return false,
            }
            true
        });
        Some(next)
    }

    /// The next entry unless it comes after `key`.
    fn next_up_to(&mut self, key: &[u8]) -> Option<Entry<'a>> {
        let (next, _) = self.peek()?;
        match self.order(next, key) {
            Ordering::Greater => None,
            Ordering::Less | Ordering::Equal => self.next(),
        }
    }
}
