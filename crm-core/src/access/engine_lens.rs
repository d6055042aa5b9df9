//! The engine's own lens.

use super::Lens;
use crate::engine::read::{self, VisitEntry};
use crate::error::Result;
use crate::store::{KeyRange, Read};

/// What the engine sees: all that is stored, whoever acts. It is for work whose result is an answer to nobody, such as
/// a backup, maintenance, or which rules run. `tests/repository.rs` has the list of those who use it.
#[derive(Clone, Copy)]
pub(crate) struct EngineLens<'a>(&'a dyn Read);

impl<'a> EngineLens<'a> {
    /// On the state that somebody looks at, past what he may see.
    pub(crate) fn behind(lens: &Lens<'a>) -> Self {
        EngineLens(lens.read)
    }

    /// The state itself.
    pub(crate) fn state(self) -> &'a dyn Read {
        self.0
    }

    /// Calls `visit` with each key and value of a range.
    ///
    /// # Errors
    /// `Io`; those of `visit`.
    pub(crate) fn scan(self, range: &KeyRange, visit: &mut VisitEntry<'_>) -> Result<()> {
        read::scan(self.0, range, visit)
    }
}
