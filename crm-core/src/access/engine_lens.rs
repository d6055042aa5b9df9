//! The engine's own lens.

use super::Lens;
use crate::engine::read::{self, VisitEntry, VisitId};
use crate::engine::{State, Work};
use crate::error::Result;
use crate::record::Record;
use crate::store::{KeyRange, Published, Read};
use crate::value::{Ref, ValueRef};

/// What the engine sees: all that is stored, whoever acts. It is for work whose result is an answer to nobody, such as
/// a backup, maintenance, or which rules run. `tests/repository.rs` has the list of those who use it.
#[derive(Clone, Copy)]
pub(crate) struct EngineLens<'a>(&'a dyn Read);

impl<'a> EngineLens<'a> {
    /// On a state that the engine hands to a part of its own.
    pub(crate) fn new(read: &'a dyn Read) -> Self {
        EngineLens(read)
    }

    /// On what is published.
    pub(crate) fn on(published: &'a Published<State>) -> Self {
        EngineLens(&*published.snapshot)
    }

    /// On the state that somebody looks at, past what he may see.
    pub(crate) fn behind(lens: &Lens<'a>) -> Self {
        EngineLens(lens.read)
    }

    /// On what a transaction has written so far.
    pub(crate) fn within(work: &'a Work<'_, '_>) -> Self {
        EngineLens(work.read())
    }

    /// The state itself.
    pub(crate) fn state(self) -> &'a dyn Read {
        self.0
    }

    /// A record, also from the trash.
    ///
    /// # Errors
    /// `Corrupt`, `Io`.
    pub(crate) fn record(self, reference: Ref) -> Result<Option<Record>> {
        read::record(self.0, reference)
    }

    /// Calls `visit` with each live record of an object, in the order of ids.
    ///
    /// # Errors
    /// `Corrupt`, `Io`; those of `visit`.
    pub(crate) fn for_each_live(
        self,
        object: u16,
        visit: &mut dyn FnMut(Record) -> Result<()>,
    ) -> Result<()> {
        read::for_each_live(self.0, object, visit)
    }

    /// Calls `visit` with the id and the covering values of each entry of an index that begins with a value.
    ///
    /// # Errors
    /// `Corrupt`, `Io`; those of `visit`.
    pub(crate) fn for_each_in_index(
        self,
        (object, index): (u16, u16),
        value: ValueRef<'_>,
        visit: &mut VisitId<'_>,
    ) -> Result<()> {
        read::for_each_in_index(self.0, object, index, &[value], visit)
    }

    /// Calls `visit` with each key and value of a range.
    ///
    /// # Errors
    /// `Io`; those of `visit`.
    pub(crate) fn scan(self, range: &KeyRange, visit: &mut VisitEntry<'_>) -> Result<()> {
        read::scan(self.0, range, visit)
    }
}
