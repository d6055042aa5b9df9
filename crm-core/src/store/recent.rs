//! Changes that are durable and lie over a snapshot, until they are written to the storage below.

use std::sync::Arc;

use super::layered::scan_merged;
use super::tree::{Deleted, Tree};
use super::{KeyRange, Overlay, Read, Snapshot, Space, Visit};
use crate::error::Result;

/// From so many changes on, the young ones go to the old ones: some thirty new contacts.
const YOUNG_MAX: usize = 1_536;

/// Changes whose versions share what they have in common. A key that is deleted is remembered as deleted.
///
/// A commit copies what is around the keys that it changes, and they lie all over the tree: some fifty of a new
/// contact. So the last changes lie over the others in a tree of their own, which is small enough that many of these
/// keys are neighbours and that the processor has it at hand, and go down together.
#[derive(Clone, Default)]
pub(super) struct Recent {
    young: Spaces,
    /// How many changes have been made to the young ones.
    young_len: usize,
    old: Spaces,
}

type Spaces = [Tree; Space::ALL.len()];

impl Recent {
    /// These changes with newer ones laid over them.
    pub(super) fn with(&self, newer: &Overlay) -> Recent {
        let mut next = self.clone();
        for (tree, space) in next.young.iter_mut().zip(Space::ALL) {
            let changes: Vec<_> = newer.changes(space).collect();
            tree.apply(&changes, Deleted::Remembered);
        }
        next.young_len += newer.len();
        if next.young_len < YOUNG_MAX {
            return next;
        }
        Recent {
            old: next.merged(),
            ..Recent::default()
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.young.iter().chain(&self.old).all(Tree::is_empty)
    }

    /// The changes by their spaces, as one.
    pub(super) fn merged(&self) -> Spaces {
        let mut merged = self.old.clone();
        for ((old, young), space) in merged.iter_mut().zip(&self.young).zip(Space::ALL) {
            let all = KeyRange::all(space);
            let changes: Vec<_> = young.entries(&all).collect();
            old.apply(&changes, Deleted::Remembered);
        }
        merged
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
        let Recent { young, old, .. } = &*self.recent;
        let young = young[space.index()].get(key);
        match young.or_else(|| old[space.index()].get(key)) {
            Some(change) => Ok(change.map(found).is_some()),
            None => self.base.get(space, key, found),
        }
    }

    fn scan(&self, range: &KeyRange, visit: &mut Visit<'_>) -> Result<()> {
        if range.is_empty() {
            return Ok(());
        }
        let Recent { young, old, .. } = &*self.recent;
        let trees = [young, old].map(|trees| &trees[range.space.index()]);
        let trees = trees.into_iter().filter(|tree| !tree.is_empty());
        let changes = trees.map(|tree| tree.entries(range));
        scan_merged(changes, &*self.base, range, visit)
    }
}
