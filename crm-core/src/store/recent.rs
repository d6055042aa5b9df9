//! Changes that are durable and lie over a snapshot, until they are written to the storage below.

use std::sync::Arc;

use super::layered::scan_merged;
use super::tree::{Change, Deleted, Tree};
use super::{KeyRange, Overlay, Read, Snapshot, Space, Visit};
use crate::error::Result;

/// From so many changes of a space on, its young ones go to the old ones, which takes half a millisecond: the search
/// words of some sixty contacts.
const YOUNG_MAX: usize = 2_048;

/// Changes whose versions share what they have in common. A key that is deleted is remembered as deleted.
#[derive(Clone, Default)]
pub(super) struct Recent([Changes; Space::ALL.len()]);

/// The changes of a space.
///
/// A commit copies what is around the keys that it changes, and they lie all over the tree: some thirty of the search
/// words of a new contact. So the last changes lie over the others in a tree of their own, which is small enough that
/// many of these keys are neighbours and that the processor has it at hand, and go down together.
#[derive(Clone, Default)]
struct Changes {
    young: Tree,
    /// How many changes have been made to the young ones.
    young_len: usize,
    old: Tree,
}

impl Changes {
    fn apply(&mut self, space: Space, newer: &[Change<'_>]) {
        self.young.apply(newer, Deleted::Remembered);
        self.young_len += newer.len();
        if self.young_len >= YOUNG_MAX {
            *self = Changes {
                old: self.merged(space),
                ..Changes::default()
            };
        }
    }

    fn merged(&self, space: Space) -> Tree {
        let mut merged = self.old.clone();
        let all = KeyRange::all(space);
        let young: Vec<_> = self.young.entries(&all).collect();
        merged.apply(&young, Deleted::Remembered);
        merged
    }
}

impl Recent {
    /// These changes with newer ones laid over them.
    pub(super) fn with(&self, newer: &Overlay) -> Recent {
        let mut next = self.clone();
        for (changes, space) in next.0.iter_mut().zip(Space::ALL) {
            changes.apply(space, &newer.changes(space).collect::<Vec<_>>());
        }
        next
    }

    pub(super) fn is_empty(&self) -> bool {
        let is_empty = |changes: &Changes| changes.young.is_empty() && changes.old.is_empty();
        self.0.iter().all(is_empty)
    }

    /// The changes to a space as one.
    pub(super) fn merged(&self, space: Space) -> Tree {
        self.0[space.index()].merged(space)
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
        let Changes { young, old, .. } = &self.recent.0[space.index()];
        match young.get(key).or_else(|| old.get(key)) {
            Some(change) => Ok(change.map(found).is_some()),
            None => self.base.get(space, key, found),
        }
    }

    fn scan(&self, range: &KeyRange, visit: &mut Visit<'_>) -> Result<()> {
        if range.is_empty() {
            return Ok(());
        }
        let Changes { young, old, .. } = &self.recent.0[range.space.index()];
        let trees = [young, old].into_iter().filter(|tree| !tree.is_empty());
        let changes = trees.map(|tree| tree.entries(range));
        scan_merged(changes, &*self.base, range, visit)
    }
}
