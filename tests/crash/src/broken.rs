//! Engines with a fault, to show that the trials find it.

use std::sync::Arc;

use crm_core::Result;
use crm_core::store::Storage;
use crm_model::faulty::{Fault, Faulty};

/// A fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Broken {
    /// The disk acknowledges some syncs that it does not do.
    LosesSyncs,
    /// It does so with those of the journal alone.
    LosesSyncsOfJournal,
    /// A commit is made in two halves.
    TearsBatches,
    /// Opening after a crash forgets the last commit.
    RecoversOneLess,
    /// Some entries of indexes are never written.
    StaleIndex,
    /// That a reminder was told is not kept, so that it is told again.
    FiresTwice,
}

impl Broken {
    /// Every fault.
    pub const ALL: [Broken; 6] = [
        Broken::LosesSyncs,
        Broken::LosesSyncsOfJournal,
        Broken::TearsBatches,
        Broken::RecoversOneLess,
        Broken::StaleIndex,
        Broken::FiresTwice,
    ];

    pub(crate) fn tears_commits(self) -> bool {
        self == Broken::TearsBatches
    }

    /// The storage with the fault, if it is one of storages; the disk has the others.
    pub(crate) fn wrap(self, inner: Arc<dyn Storage>) -> Result<Arc<dyn Storage>> {
        let fault = match self {
            Broken::TearsBatches => Fault::Torn,
            Broken::StaleIndex => Fault::StaleIndex,
            Broken::FiresTwice => Fault::FiresTwice,
            Broken::LosesSyncs | Broken::LosesSyncsOfJournal | Broken::RecoversOneLess => {
                return Ok(inner);
            }
        };
        Ok(Arc::new(Faulty::new(inner, fault)?))
    }
}
