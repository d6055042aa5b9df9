//! Storages with a fault, to show that it is found.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crm_core::store::{KeyRange, Overlay, Progress, Read, Snapshot, Space, Stats, Storage, Visit};
use crm_core::{Object, Reminder, Result};

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
    /// Some entries of indexes are never written.
    StaleIndex,
    /// That a reminder was told is not kept, so that it is told again.
    FiresTwice,
    /// A commit is made in two halves.
    Torn,
}

/// A storage with a fault.
pub struct Faulty {
    inner: Arc<dyn Storage>,
    fault: Fault,
    commits: AtomicU64,
    /// The state before the last commit, for what shows it late.
    before: Mutex<Option<Arc<dyn Snapshot>>>,
}

impl Faulty {
    /// Gives a storage a fault.
    ///
    /// # Errors
    /// Those of the storage.
    pub fn new(inner: Arc<dyn Storage>, fault: Fault) -> Result<Self> {
        let faulty = Faulty {
            inner,
            fault,
            commits: AtomicU64::new(0),
            before: Mutex::default(),
        };
        faulty.keep_before()?;
        Ok(faulty)
    }

    fn before(&self) -> MutexGuard<'_, Option<Arc<dyn Snapshot>>> {
        self.before.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn keep_before(&self) -> Result<()> {
        if matches!(self.fault, Fault::Stale | Fault::Half | Fault::HalfIndexed) {
            let before = self.inner.snapshot()?;
            *self.before() = Some(before);
        }
        Ok(())
    }
}

/// A change, as a fault sees it.
struct Seen<'c> {
    space: Space,
    /// Its place among the changes of the space.
    nth: usize,
    key: &'c [u8],
    is_put: bool,
}

/// The changes that a fault leaves.
fn part_of(changes: &Overlay, is_left: impl Fn(Seen<'_>) -> bool) -> Overlay {
    let mut part = Overlay::new();
    for space in Space::ALL {
        for (nth, (key, change)) in changes.changes(space).enumerate() {
            let is_put = change.is_some();
            if !is_left(Seen {
                space,
                nth,
                key,
                is_put,
            }) {
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

impl Storage for Faulty {
    fn snapshot(&self) -> Result<Arc<dyn Snapshot>> {
        let new = self.inner.snapshot()?;
        let Some(old) = self.before().clone() else {
            return Ok(new);
        };
        let late = match self.fault {
            Fault::Half => Space::Total,
            Fault::HalfIndexed => Space::Index,
            _ => return Ok(old),
        };
        Ok(Arc::new(HalfOld { new, old, late }))
    }

    fn commit(&self, changes: &Overlay) -> Result<()> {
        let commit = self.commits.fetch_add(1, Ordering::Relaxed);
        self.keep_before()?;
        match self.fault {
            Fault::Slow | Fault::Stale | Fault::Half | Fault::HalfIndexed => {
                std::thread::sleep(std::time::Duration::from_micros(300));
                self.inner.commit(changes)
            }
            Fault::StaleIndex if commit % 8 == 7 => {
                let is_lost = |seen: &Seen<'_>| seen.space == Space::Index && seen.is_put;
                let is_left = |seen: Seen<'_>| !is_lost(&seen) || seen.nth > 0;
                self.inner.commit(&part_of(changes, is_left))
            }
            Fault::StaleIndex => self.inner.commit(changes),
            Fault::FiresTwice => {
                let takes_work = changes.changes(Space::Job).any(|(_, job)| job.is_none());
                let reminder = Reminder::TYPE.to_be_bytes();
                let is_left = |seen: Seen<'_>| match seen.space {
                    Space::Job => seen.is_put,
                    Space::Record => !takes_work || !seen.key.starts_with(&reminder),
                    _ => true,
                };
                self.inner.commit(&part_of(changes, is_left))
            }
            Fault::Torn => {
                let first = part_of(changes, |seen| seen.space < Space::Log);
                let second = part_of(changes, |seen| seen.space >= Space::Log);
                self.inner.commit(&first)?;
                self.inner.commit(&second)
            }
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

/// A state of which one part is older than the others.
struct HalfOld {
    new: Arc<dyn Snapshot>,
    old: Arc<dyn Snapshot>,
    late: Space,
}

impl HalfOld {
    fn of(&self, space: Space) -> &dyn Snapshot {
        if space == self.late {
            &*self.old
        } else {
            &*self.new
        }
    }
}

impl Read for HalfOld {
    fn get(&self, space: Space, key: &[u8], found: &mut dyn FnMut(&[u8])) -> Result<bool> {
        self.of(space).get(space, key, found)
    }

    fn scan(&self, range: &KeyRange, visit: &mut Visit<'_>) -> Result<()> {
        self.of(range.space).scan(range, visit)
    }
}
