//! Pending changes.

use std::collections::BTreeMap;
use std::mem;
use std::sync::{Mutex, OnceLock, PoisonError};

use smallvec::SmallVec;

use super::{KeyRange, Space};

/// A key. Most lie in the nodes of the tree themselves: an overlay of a million keys is larger than any cache of
/// the processor, and each comparison with a key elsewhere would wait for the memory.
pub(super) type Key = SmallVec<[u8; 39]>;
/// `None` deletes the key.
pub(super) type Change = Option<Vec<u8>>;
type Sorted = BTreeMap<Key, Change>;

/// Puts and deletes that are not yet in the storage, sorted by key.
///
/// The writes of a transaction, and also the batch that a commit hands to the storage.
#[derive(Debug, Clone, Default)]
pub struct Overlay {
    spaces: [Families; Space::ALL.len()],
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
        let changes = self.spaces[space.index()].at(family(space, key));
        let key = Key::from_slice(key);
        match &mut self.undo {
            None => changes.set(key, change),
            Some(undo) => {
                let before = changes.sorted_mut(|sorted| sorted.insert(key.clone(), change));
                undo.push(Undo { space, key, before });
            }
        }
    }

    /// What the overlay says about a key: nothing, that it is deleted (`Some(None)`), or its value.
    pub fn get(&self, space: Space, key: &[u8]) -> Option<Option<&[u8]>> {
        let changes = self.spaces[space.index()].get(family(space, key))?;
        Some(changes.sorted().get(key)?.as_deref())
    }

    /// True if there are no changes.
    pub fn is_empty(&self) -> bool {
        self.spaces
            .iter()
            .flat_map(Families::iter)
            .all(Changes::is_empty)
    }

    /// The number of keys that are changed.
    pub fn len(&self) -> usize {
        self.spaces.iter().map(Families::len).sum()
    }

    /// The changes to one space in the order of their keys; `None` stands for a deletion.
    pub fn changes(
        &self,
        space: Space,
    ) -> impl ExactSizeIterator<Item = (&[u8], Option<&[u8]>)> + DoubleEndedIterator {
        let families = &self.spaces[space.index()];
        Counted {
            left: families.len(),
            entries: families
                .iter()
                .flat_map(Changes::sorted)
                .map(|(key, change)| (key.as_slice(), change.as_deref())),
        }
    }

    /// Lays the changes of `newer` over these. Savepoints of either are void from then on.
    pub fn merge_from(&mut self, newer: Overlay) {
        self.undo = None;
        for (ours, theirs) in self.spaces.iter_mut().zip(newer.spaces) {
            for (family, theirs) in theirs.0 {
                ours.at(family).lay_over(theirs);
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
            let changes = self.spaces[space.index()].at(family(space, &key));
            changes.sorted_mut(|sorted| match before {
                Some(change) => sorted.insert(key, change),
                None => sorted.remove(&key),
            });
        }
    }

    /// The changes to the keys of a range, which must not be empty: the maps panic on reversed bounds.
    pub(super) fn within<'a>(
        &'a self,
        range: &'a KeyRange,
    ) -> impl DoubleEndedIterator<Item = (&'a Key, &'a Change)> {
        debug_assert!(!range.is_empty());
        let families = self.spaces[range.space.index()].within(range);
        families.flat_map(|changes| changes.sorted().range::<[u8], _>(range.bounds()))
    }
}

/// How many bytes at the start of a key say to which structure of the space it belongs, such as an index.
const fn family_bytes(space: Space) -> usize {
    match space {
        Space::Index => 4,
        Space::Record => 2,
        Space::Text | Space::Log => 1,
        _ => 0,
    }
}

/// The structure that a key belongs to, in the order of the keys.
fn family(space: Space, key: &[u8]) -> u32 {
    let mut family = [0; 4];
    let own = key.iter().take(family_bytes(space));
    for (to, from) in family.iter_mut().zip(own) {
        *to = *from;
    }
    u32::from_be_bytes(family)
}

/// The changes to the keys of a space, by the structure that they belong to, so that who reads one of them leaves
/// the others unsorted.
#[derive(Debug, Clone, Default)]
struct Families(Vec<(u32, Changes)>);

impl Families {
    fn get(&self, family: u32) -> Option<&Changes> {
        let found = self.0.binary_search_by_key(&family, |(family, _)| *family);
        self.0.get(found.ok()?).map(|(_, changes)| changes)
    }

    fn at(&mut self, family: u32) -> &mut Changes {
        let found = self.0.binary_search_by_key(&family, |(family, _)| *family);
        let at = found.unwrap_or_else(|at| {
            self.0.insert(at, (family, Changes::default()));
            at
        });
        &mut self.0[at].1
    }

    fn iter(&self) -> impl DoubleEndedIterator<Item = &Changes> {
        self.0.iter().map(|(_, changes)| changes)
    }

    fn len(&self) -> usize {
        self.iter().map(|changes| changes.sorted().len()).sum()
    }

    /// Those that may have keys in a range.
    fn within(&self, range: &KeyRange) -> impl DoubleEndedIterator<Item = &Changes> {
        let of = |key: &[u8]| family(range.space, key);
        let start = of(&range.start);
        let from = self.0.partition_point(|(family, _)| *family < start);
        let to = match &range.end {
            None => self.0.len(),
            Some(end) => {
                let last = of(end);
                // A key may be shorter than the bytes that say where it belongs: zeros stand for what it lacks.
                let is_start = end.len() <= family_bytes(range.space) && !end.ends_with(&[0]);
                self.0
                    .partition_point(|(family, _)| *family < last || (*family == last && !is_start))
            }
        };
        let families = self.0.get(from..to).unwrap_or_default();
        families.iter().map(|(_, changes)| changes)
    }
}

/// The changes to the keys of one structure.
///
/// A load writes millions of entries of indexes, of search and of the log, and reads none of them: they are put
/// into a list, and sorted when the commit asks for them. What is read is sorted from then on.
#[derive(Debug, Default)]
struct Changes {
    /// In the order in which they were made, until they are sorted; empty from then on.
    list: Mutex<Vec<(Key, Change)>>,
    sorted: OnceLock<Sorted>,
}

impl Changes {
    fn set(&mut self, key: Key, change: Change) {
        match self.sorted.get_mut() {
            Some(sorted) => drop(sorted.insert(key, change)),
            None => self.list_mut().push((key, change)),
        }
    }

    fn list_mut(&mut self) -> &mut Vec<(Key, Change)> {
        self.list.get_mut().unwrap_or_else(PoisonError::into_inner)
    }

    fn sorted(&self) -> &Sorted {
        self.sorted.get_or_init(|| {
            let mut list = self.list.lock().unwrap_or_else(PoisonError::into_inner);
            sorted(mem::take(&mut *list))
        })
    }

    fn sorted_mut<R>(&mut self, change: impl FnOnce(&mut Sorted) -> R) -> R {
        self.sorted();
        let mut sorted = self.sorted.take().unwrap_or_default();
        let result = change(&mut sorted);
        self.sorted = OnceLock::from(sorted);
        result
    }

    fn is_empty(&self) -> bool {
        match self.sorted.get() {
            Some(sorted) => sorted.is_empty(),
            None => self
                .list
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .is_empty(),
        }
    }

    fn lay_over(&mut self, mut newer: Changes) {
        if self.sorted.get().is_none() && newer.sorted.get().is_none() {
            let newer = mem::take(newer.list_mut());
            let list = self.list_mut();
            if list.is_empty() {
                *list = newer;
            } else {
                list.extend(newer);
            }
            return;
        }
        let newer = newer.sorted_mut(mem::take);
        self.sorted_mut(|ours| {
            // Moves the smaller side into the larger one, so that a group of many small transactions
            // costs no more than their sum, in whichever order they come.
            if ours.len() >= newer.len() {
                ours.extend(newer);
            } else {
                for (key, change) in mem::replace(ours, newer) {
                    ours.entry(key).or_insert(change);
                }
            }
        });
    }
}

/// Sorts changes; of several to one key the last counts.
fn sorted(mut list: Vec<(Key, Change)>) -> Sorted {
    if list.is_sorted_by(|a, b| a.0 < b.0) {
        return list.into_iter().collect();
    }
    // A change has 72 bytes. What is sorted are places, with the bytes that tell most keys of a structure apart.
    let mut order: Vec<(u128, u32)> = list.iter().map(|(key, _)| start(key)).zip(0..).collect();
    let key = |at: u32| &list[at as usize].0;
    order.sort_unstable_by(|a, b| {
        let keys = a.0.cmp(&b.0).then_with(|| key(a.1).cmp(key(b.1)));
        keys.then(a.1.cmp(&b.1))
    });
    order.dedup_by(|later, earlier| {
        let same = later.0 == earlier.0 && key(later.1) == key(earlier.1);
        if same {
            *earlier = *later;
        }
        same
    });
    let changes = order.into_iter();
    changes
        .map(|(_, at)| mem::take(&mut list[at as usize]))
        .collect()
}

/// The first bytes of a key, as a number in the order of the keys.
fn start(key: &[u8]) -> u128 {
    let mut start = [0; 16];
    let len = key.len().min(start.len());
    start[..len].copy_from_slice(&key[..len]);
    u128::from_be_bytes(start)
}

impl Clone for Changes {
    fn clone(&self) -> Self {
        Changes {
            list: Mutex::default(),
            sorted: OnceLock::from(self.sorted().clone()),
        }
    }
}

/// Entries of which it is known how many there are.
struct Counted<I> {
    left: usize,
    entries: I,
}

impl<I: Iterator> Iterator for Counted<I> {
    type Item = I::Item;

    fn next(&mut self) -> Option<I::Item> {
        let next = self.entries.next();
        self.left -= usize::from(next.is_some());
        next
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl<I: DoubleEndedIterator> DoubleEndedIterator for Counted<I> {
    fn next_back(&mut self) -> Option<I::Item> {
        let next = self.entries.next_back();
        self.left -= usize::from(next.is_some());
        next
    }
}

impl<I: Iterator> ExactSizeIterator for Counted<I> {}
