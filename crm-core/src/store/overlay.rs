//! Pending changes.

use std::collections::BTreeMap;
use std::collections::btree_map;

use smallvec::SmallVec;

use super::{KeyRange, Space};

/// A key. Most lie in the nodes of the tree themselves: an overlay of a million keys is larger than any cache of
/// the processor, and each comparison with a key elsewhere would wait for the memory.
pub(super) type Key = SmallVec<[u8; 39]>;
/// `None` deletes the key.
pub(super) type Change = Option<Vec<u8>>;
type Changes = BTreeMap<Key, Change>;

/// Puts and deletes that are not yet in the storage, sorted by key.
///
/// The writes of a transaction, and also the batch that a commit hands to the storage.
#[derive(Debug, Clone, Default)]
pub struct Overlay {
    spaces: [Changes; Space::ALL.len()],
    /// What each write since the first savepoint replaced, oldest first; `None` before any savepoint,
    /// so that the many transactions that never take one do not pay for it.
    undo: Option<Vec<Undo>>,
}

#[derive(Debug, Clone)]
struct Undo {
    space: Space,
    key: Key,
    /// `None` if the overlay had nothing for the key.
    before: Option<Change>,
}

/// A point of a transaction to which it can go back. Releasing one is dropping it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Savepoint(usize);

impl Overlay {
    /// An overlay without changes.
    pub fn new() -> Self {
        Overlay::default()
    }

    /// Sets the value of a key.
    pub fn put(&mut self, space: Space, key: impl AsRef<[u8]>, value: impl Into<Vec<u8>>) {
        self.set(space, key.as_ref(), Some(value.into()));
    }

    /// Removes a key, whether or not it exists.
    pub fn delete(&mut self, space: Space, key: impl AsRef<[u8]>) {
        self.set(space, key.as_ref(), None);
    }

    fn set(&mut self, space: Space, key: &[u8], change: Change) {
        let key = Key::from_slice(key);
        let changes = &mut self.spaces[space.index()];
        match &mut self.undo {
            None => {
                changes.insert(key, change);
            }
            Some(undo) => {
                let before = changes.insert(key.clone(), change);
                undo.push(Undo { space, key, before });
            }
        }
    }

    /// What the overlay says about a key: nothing, that it is deleted (`Some(None)`), or its value.
    pub fn get(&self, space: Space, key: &[u8]) -> Option<Option<&[u8]>> {
        let change = self.spaces[space.index()].get(key)?;
        Some(change.as_deref())
    }

    /// True if there are no changes.
    pub fn is_empty(&self) -> bool {
        self.spaces.iter().all(BTreeMap::is_empty)
    }

    /// The number of keys that are changed.
    pub fn len(&self) -> usize {
        self.spaces.iter().map(BTreeMap::len).sum()
    }

    /// The changes to one space in the order of their keys; `None` stands for a deletion.
    pub fn changes(
        &self,
        space: Space,
    ) -> impl ExactSizeIterator<Item = (&[u8], Option<&[u8]>)> + DoubleEndedIterator {
        let changes = &self.spaces[space.index()];
        changes
            .iter()
            .map(|(key, change)| (key.as_slice(), change.as_deref()))
    }

    /// Lays the changes of `newer` over these. Savepoints of either are void from then on.
    pub fn merge_from(&mut self, newer: Overlay) {
        self.undo = None;
        for (ours, theirs) in self.spaces.iter_mut().zip(newer.spaces) {
            // Moves the smaller side into the larger one, so that a group of many small transactions
            // costs no more than their sum, in whichever order they come.
            if ours.len() >= theirs.len() {
                ours.extend(theirs);
            } else {
                let older = std::mem::replace(ours, theirs);
                for (key, change) in older {
                    ours.entry(key).or_insert(change);
                }
            }
        }
    }

    /// Marks this point, to which [`rollback_to`](Overlay::rollback_to) returns.
    pub fn savepoint(&mut self) -> Savepoint {
        Savepoint(self.undo.get_or_insert_default().len())
    }

    /// Ends all savepoints: nothing before this point will be undone, and what undoing it needs is dropped.
    pub fn end_savepoints(&mut self) {
        self.undo = None;
    }

    /// Undoes every change since the savepoint, which stays valid; later ones are void.
    pub fn rollback_to(&mut self, savepoint: Savepoint) {
        let Some(undo) = &mut self.undo else { return };
        while undo.len() > savepoint.0 {
            let Some(Undo { space, key, before }) = undo.pop() else {
                return;
            };
            let changes = &mut self.spaces[space.index()];
            match before {
                Some(change) => changes.insert(key, change),
                None => changes.remove(&key),
            };
        }
    }

    /// The changes to the keys of a range, which must not be empty: the map panics on reversed bounds.
    pub(super) fn within(&self, range: &KeyRange) -> btree_map::Range<'_, Key, Change> {
        debug_assert!(!range.is_empty());
        self.spaces[range.space.index()].range::<[u8], _>(range.bounds())
    }
}
