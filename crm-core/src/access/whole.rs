//! What is kept over all records of an object: an answer only for who sees all of them.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::Arc;

use super::Lens;
use crate::engine::{State, StoredTotal, changed_after, read, records_of, total};
use crate::error::Result;
use crate::record::{Record, Stored};
use crate::schema::Catalog;
use crate::store::Read;
use crate::value::{Id, Ref};

/// Leave to use what is kept over all records of an object: totals, and columns in memory, which all viewers share.
/// Whoever does not see all of the object has none, and is answered from the records that he sees.
#[derive(Clone, Copy)]
pub(crate) struct Whole<'a> {
    read: &'a dyn Read,
    state: &'a State,
    object: u16,
}

impl<'a> Lens<'a> {
    /// What is kept over all records of an object; `None` for who does not see all of them.
    #[inline]
    pub(crate) fn whole(&self, object: u16) -> Option<Whole<'a>> {
        let (read, state) = (self.read, self.state());
        let whole = Whole {
            read,
            state,
            object,
        };
        self.scope.has_all_of(object).then_some(whole)
    }
}

impl Whole<'_> {
    /// The object.
    pub(crate) fn object(&self) -> u16 {
        self.object
    }

    /// The commit whose state it is.
    pub(crate) fn sequence(&self) -> u64 {
        self.state.counters.sequence
    }

    /// The schema of that commit.
    pub(crate) fn catalog(&self) -> &Arc<Catalog> {
        &self.state.catalog
    }

    /// The kept number of live records.
    ///
    /// # Errors
    /// `Corrupt`, `Io`.
    pub(crate) fn count(&self) -> Result<u64> {
        let key = total(self.object, 0);
        let count = self.total(key.as_bytes(), |row| row.count())?;
        Ok(count.unwrap_or(0).max(0).unsigned_abs())
    }

    /// What `look` makes of a kept total of the object; `None` if there is none.
    ///
    /// # Errors
    /// `Corrupt`, `Io`.
    pub(crate) fn total<R>(
        &self,
        key: &[u8],
        look: impl FnOnce(StoredTotal<'_>) -> R,
    ) -> Result<Option<R>> {
        read::total(self.read, key, look)
    }

    /// A record of the object, also from the trash.
    ///
    /// # Errors
    /// `Corrupt`, `Io`.
    pub(crate) fn record(&self, id: Id) -> Result<Option<Record>> {
        let object = self.object;
        read::record(self.read, Ref { object, id })
    }

    /// Calls `visit` with each record of the object, also those in the trash.
    ///
    /// # Errors
    /// `Corrupt`, `Io`; those of `visit`.
    pub(crate) fn for_each_stored(
        &self,
        visit: &mut dyn FnMut(Stored<'_>) -> Result<ControlFlow<()>>,
    ) -> Result<()> {
        read::for_each_stored(self.read, &records_of(self.object), visit)
    }

    /// The records of the object that commits after one have changed; `None` if the log since then has more than so
    /// many entries.
    ///
    /// # Errors
    /// `Corrupt`, `Io`.
    pub(crate) fn changed_after(
        &self,
        sequence: u64,
        entries_max: usize,
    ) -> Result<Option<BTreeSet<Id>>> {
        changed_after(self.read, sequence, self.object, entries_max)
    }
}
