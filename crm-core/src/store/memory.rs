//! The storage in memory.

use std::sync::{Arc, Mutex, PoisonError};

use super::tree::{Deleted, Tree};
use super::{KeyRange, Overlay, Read, Snapshot, Space, SpaceStats, Stats, Storage, Visit};
use crate::error::Result;

/// A storage that lives and dies with the process.
///
/// A snapshot is a counted reference, whatever the size; a commit copies the nodes on its way and shares
/// the others with the snapshots before it.
#[derive(Default)]
pub struct MemoryStorage {
    current: Mutex<Arc<Spaces>>,
}

#[derive(Clone, Default)]
struct Spaces([Tree; Space::ALL.len()]);

impl MemoryStorage {
    /// An empty storage.
    pub fn new() -> Self {
        MemoryStorage::default()
    }

    fn current(&self) -> Arc<Spaces> {
        let current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&current)
    }
}

impl Storage for MemoryStorage {
    fn snapshot(&self) -> Result<Arc<dyn Snapshot>> {
        Ok(self.current())
    }

    fn commit(&self, changes: &Overlay) -> Result<()> {
        let mut next = Spaces::clone(&self.current());
        for (tree, space) in next.0.iter_mut().zip(Space::ALL) {
            let changes: Vec<_> = changes.changes(space).collect();
            tree.apply(&changes, Deleted::Gone);
        }
        *self.current.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(next);
        Ok(())
    }

    fn stats(&self) -> Result<Stats> {
        let current = self.current();
        let mut spaces = Vec::with_capacity(Space::ALL.len());
        for space in Space::ALL {
            let mut stats = SpaceStats {
                space,
                entries: 0,
                stored_bytes: 0,
            };
            current.scan(&KeyRange::all(space), &mut |key, value| {
                stats.entries += 1;
                stats.stored_bytes += (key.len() + value.len()) as u64;
                std::ops::ControlFlow::Continue(())
            })?;
            spaces.push(stats);
        }
        Ok(Stats {
            spaces,
            file_bytes: 0,
            older_states: 0,
            held_bytes: 0,
        })
    }
}

impl Read for Spaces {
    fn get(&self, space: Space, key: &[u8], found: &mut dyn FnMut(&[u8])) -> Result<bool> {
        let value = self.0[space.index()].get(key).flatten();
        Ok(value.map(found).is_some())
    }

    fn scan(&self, range: &KeyRange, visit: &mut Visit<'_>) -> Result<()> {
        for (key, value) in self.0[range.space.index()].entries(range) {
            if let Some(value) = value
                && visit(key, value).is_break()
            {
                break;
            }
        }
        Ok(())
    }
}
