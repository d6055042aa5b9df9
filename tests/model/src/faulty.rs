//! Storages with a fault, to show that it is found.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crm_core::Result;
use crm_core::store::{KeyRange, Overlay, Read, Snapshot, Space, Stats, Storage, Visit};

/// What is wrong with a storage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nothing; commits take their time, so that transactions meet.
    Slow,
    /// Each snapshot is one commit old.
    Stale,
    /// Of each commit the totals are seen one commit later.
    Half,
    /// Records are seen before the indexes that lead to them.
    HalfIndexed,
}

/// A storage with a fault.
pub struct Faulty {
    inner: Arc<dyn Storage>,
    fault: Fault,
    /// The state before the last commit.
    before: Mutex<Arc<dyn Snapshot>>,
}

impl Faulty {
    /// Gives a storage a fault.
    ///
    /// # Errors
    /// Those of the storage.
    pub fn new(inner: Arc<dyn Storage>, fault: Fault) -> Result<Self> {
        let before = Mutex::new(inner.snapshot()?);
        Ok(Faulty {
            inner,
            fault,
            before,
        })
    }

    fn before(&self) -> MutexGuard<'_, Arc<dyn Snapshot>> {
        self.before.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Storage for Faulty {
    fn snapshot(&self) -> Result<Arc<dyn Snapshot>> {
        let new = self.inner.snapshot()?;
        let old = Arc::clone(&self.before());
        let late = match self.fault {
            Fault::Slow => return Ok(new),
            Fault::Stale => return Ok(old),
            Fault::Half => Space::Total,
            Fault::HalfIndexed => Space::Index,
        };
        Ok(Arc::new(Torn { new, old, late }))
    }

    fn commit(&self, changes: &Overlay) -> Result<()> {
        std::thread::sleep(std::time::Duration::from_micros(300));
        let before = self.inner.snapshot()?;
        self.inner.commit(changes)?;
        *self.before() = before;
        Ok(())
    }

    fn stats(&self) -> Result<Stats> {
        self.inner.stats()
    }
}

/// A state of which one part is older than the others.
struct Torn {
    new: Arc<dyn Snapshot>,
    old: Arc<dyn Snapshot>,
    late: Space,
}

impl Torn {
    fn of(&self, space: Space) -> &dyn Snapshot {
        if space == self.late {
            &*self.old
        } else {
            &*self.new
        }
    }
}

impl Read for Torn {
    fn get(&self, space: Space, key: &[u8], found: &mut dyn FnMut(&[u8])) -> Result<bool> {
        self.of(space).get(space, key, found)
    }

    fn scan(&self, range: &KeyRange, visit: &mut Visit<'_>) -> Result<()> {
        self.of(range.space).scan(range, visit)
    }
}
