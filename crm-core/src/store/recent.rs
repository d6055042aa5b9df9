//! Changes that are durable and lie over a snapshot, until they are written to the storage below.

use std::sync::Arc;

use super::layered::scan_merged;
use super::tree::{Deleted, Entries, Tree};
use super::{KeyRange, Overlay, Read, Snapshot, Space, Visit};
use crate::error::Result;

/// Changes whose versions share what they have in common. A key that is deleted is remembered as deleted.
#[derive(Clone, Default)]
pub(super) struct Recent([Tree; Space::ALL.len()]);

impl Recent {
    /// These changes with newer ones laid over them.
    pub(super) fn with(&self, newer: &Overlay) -> Recent {
        let mut next = self.clone();
        for (tree, space) in next.0.iter_mut().zip(Space::ALL) {
            let changes: Vec<_> = newer.changes(space).collect();
            tree.apply(&changes, Deleted::Remembered);
        }
        next
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.iter().all(Tree::is_empty)
    }

    /// The changes to a space in the order of their keys; `None` stands for a deletion.
    pub(super) fn changes(&self, space: Space) -> Entries<'_> {
        self.0[space.index()].entries(&KeyRange::all(space))
    }

    /// A snapshot with these changes over it.
    pub(super) fn over(self: &Arc<Self>, base: &Arc<dyn Snapshot>) -> Arc<dyn Snapshot> {
        if self.is_empty() {
            return Arc::clone(base);
        }
        Arc::new(Changed {
            recent: Arc::clone(self),
            base: Arc::clone(base),
        })
    }
}

/// A snapshot with recent changes.
struct Changed {
    recent: Arc<Recent>,
    base: Arc<dyn Snapshot>,
}

impl Read for Changed {
    fn get(&self, space: Space, key: &[u8], found: &mut dyn FnMut(&[u8])) -> Result<bool> {
        match self.recent.0[space.index()].get(key) {
            Some(change) => Ok(change.map(found).is_some()),
            None => self.base.get(space, key, found),
        }
    }

    fn scan(&self, range: &KeyRange, visit: &mut Visit<'_>) -> Result<()> {
        let tree = &self.recent.0[range.space.index()];
        if tree.is_empty() || range.is_empty() {
            return self.base.scan(range, visit);
        }
        scan_merged([tree.entries(range)], &*self.base, range, visit)
    }
}
