//! Engines with a fault, to show that the trials find it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crm_core::Result;
use crm_core::store::{Overlay, Progress, Snapshot, Space, Stats, Storage};

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
    /// Work that was done stays in the queue, and would be done again.
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

    pub(crate) fn wrap(self, inner: Arc<dyn Storage>) -> Arc<dyn Storage> {
        Arc::new(BrokenStorage {
            inner,
            fault: self,
            commits: AtomicU64::new(0),
        })
    }
}

/// A storage with a fault.
struct BrokenStorage {
    inner: Arc<dyn Storage>,
    fault: Broken,
    commits: AtomicU64,
}

impl Storage for BrokenStorage {
    fn snapshot(&self) -> Result<Arc<dyn Snapshot>> {
        self.inner.snapshot()
    }

    fn commit(&self, changes: &Overlay) -> Result<()> {
        let commit = self.commits.fetch_add(1, Ordering::Relaxed);
        match self.fault {
            Broken::TearsBatches => {
                let is_first = |space| space < Space::Log;
                let first = part_of(changes, |space, _, _| is_first(space));
                let second = part_of(changes, |space, _, _| !is_first(space));
                self.inner.commit(&first)?;
                self.inner.commit(&second)
            }
            Broken::StaleIndex if commit % 8 == 7 => {
                let kept = part_of(changes, |space, nth, is_put| {
                    !(space == Space::Index && is_put && nth == 0)
                });
                self.inner.commit(&kept)
            }
            Broken::FiresTwice => {
                let kept = part_of(changes, |space, _, is_put| space != Space::Job || is_put);
                self.inner.commit(&kept)
            }
            _ => self.inner.commit(changes),
        }
    }

    fn checkpoint(&self) -> Result<()> {
        self.inner.checkpoint()
    }

    fn stats(&self) -> Result<Stats> {
        self.inner.stats()
    }

    fn is_sparse(&self) -> Result<bool> {
        self.inner.is_sparse()
    }

    fn compact(&self, progress: &mut Progress<'_>) -> Result<()> {
        self.inner.compact(progress)
    }

    fn close(&self) -> Result<()> {
        self.inner.close()
    }
}

/// The changes that are wanted, by their space, their place in it, and whether they put something.
fn part_of(changes: &Overlay, wanted: impl Fn(Space, usize, bool) -> bool) -> Overlay {
    let mut part = Overlay::new();
    for space in Space::ALL {
        for (nth, (key, change)) in changes.changes(space).enumerate() {
            if !wanted(space, nth, change.is_some()) {
                continue;
            }
            match change {
                Some(value) => part.put(space, key, value),
                None => part.delete(space, key),
            }
        }
    }
    part
}
