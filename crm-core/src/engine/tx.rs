//! The transaction: what is read and what is written, when, and with whose authority. It knows rows, and nothing of
//! records; the steps of a save stand on it and use nothing else of the store.

use std::ops::ControlFlow;

use chrono::{DateTime, Utc};

use super::{Host, Origin};
use crate::error::Result;
use crate::store::{KeyRange, Open, Read, Savepoint, Shared, Space, Transaction, Visit};
use crate::value::Id;

/// A write transaction: its own rows over those of the state that it began with.
pub(crate) struct Tx<'w, 't> {
    rows: &'w mut Transaction<'t>,
    host: &'w Host,
    pub(super) origin: Origin,
    /// What the clock says, which may be before the last commit: records show the time as it was told.
    pub(super) now: DateTime<Utc>,
    /// The sequence number that this commit will have.
    pub(super) sequence: u64,
    /// How many savepoints there are, one within the other.
    savepoints: usize,
}

impl<'w, 't> Tx<'w, 't> {
    pub(super) fn new(
        rows: &'w mut Transaction<'t>,
        host: &'w Host,
        origin: Origin,
        now: DateTime<Utc>,
        sequence: u64,
    ) -> Self {
        Tx {
            rows,
            host,
            origin,
            now,
            sequence,
            savepoints: 0,
        }
    }

    /// An id that nothing has yet.
    pub(super) fn new_id(&self) -> Id {
        self.host.ids.next(self.now)
    }

    pub(super) fn put(
        &mut self,
        space: Space,
        key: impl AsRef<[u8]>,
        value: impl Into<Vec<u8>>,
    ) -> Result<()> {
        self.rows.put(space, key, value)
    }

    pub(super) fn delete(&mut self, space: Space, key: impl AsRef<[u8]>) {
        self.rows.delete(space, key);
    }

    /// Removes all rows of a range.
    pub(super) fn clear(&mut self, range: &KeyRange) -> Result<()> {
        let mut keys = Vec::new();
        self.rows.scan(range, &mut |key, _| {
            keys.push(key.to_vec());
            ControlFlow::Continue(())
        })?;
        keys.into_iter()
            .for_each(|key| self.rows.delete(range.space, key));
        Ok(())
    }

    /// True if a range has no rows.
    pub(super) fn is_empty(&self, range: &KeyRange) -> Result<bool> {
        let mut empty = true;
        self.rows.scan(range, &mut |_, _| {
            empty = false;
            ControlFlow::Break(())
        })?;
        Ok(empty)
    }

    /// True if nothing was written.
    pub(super) fn is_unchanged(&self) -> bool {
        self.rows.changes().is_empty()
    }

    /// The rows, for what writes a structure of its own, as the search index does.
    pub(super) fn rows(&mut self) -> &mut Transaction<'t> {
        self.rows
    }

    /// Marks this point, until it is gone back to or released.
    pub(super) fn savepoint(&mut self) -> Savepoint {
        self.savepoints += 1;
        self.rows.savepoint()
    }

    /// Takes back all that was written since a savepoint.
    pub(super) fn roll_back(&mut self, savepoint: Savepoint) {
        self.rows.rollback_to(savepoint);
        self.release();
    }

    /// Ends the last savepoint. After the outermost nothing can be taken back any more: a transaction of ten thousand
    /// rows need not remember what each of them replaced.
    pub(super) fn release(&mut self) {
        self.savepoints -= 1;
        if self.savepoints == 0 {
            self.rows.end_savepoints();
        }
    }
}

impl Read for Tx<'_, '_> {
    fn get(&self, space: Space, key: &[u8], found: &mut dyn FnMut(&[u8])) -> Result<bool> {
        self.rows.get(space, key, found)
    }

    fn get_shared(&self, space: Space, key: &[u8], open: Open) -> Result<Option<Shared>> {
        self.rows.get_shared(space, key, open)
    }

    fn scan(&self, range: &KeyRange, visit: &mut Visit<'_>) -> Result<()> {
        self.rows.scan(range, visit)
    }
}
