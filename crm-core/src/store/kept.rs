//! Values that were read, kept in memory: the next reader finds them opened, and without a walk down a tree.

use std::collections::HashMap;
use std::hash::{BuildHasher, BuildHasherDefault, Hasher, RandomState};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::answers::Answers;
use super::{
    Answer, Head, KeyRange, MakeAnswer, Open, Overlay, Read, Shared, Snapshot, Space, Visit,
};
use crate::error::Result;

/// What is kept in memory of what was read.
#[derive(Debug, Clone, Copy, Default)]
pub struct Cache {
    /// How much memory that may take.
    pub bytes: usize,
    /// The spaces of which single values are kept.
    pub values: &'static [Space],
    /// The spaces of which the first entries with a prefix are kept, and how long such a prefix is.
    pub heads: &'static [(Space, usize)],
}

/// The entries of a head that are read at least, so that one who asks for more than another did seldom finds less.
const HEAD_LEN: usize = 51;

/// Changed places that are compared with those of answers at once.
const PLACES: usize = 1 << 10;

/// So many readers may look at once without waiting for each other.
const SHARDS: usize = 16;

/// What a kept value takes besides its own bytes and those of its key, as far as that can be told.
const OVERHEAD: usize = 192;

/// Kept values, for all readers of a storage, whichever of its states they read. The first entries with a prefix
/// are kept like a value whose key is the prefix: every change of a key that begins with it changes that value.
///
/// A state is numbered by the transactions that led to it ([`Published::sequence`](super::Published)). Each
/// value has the number of the state in which it was read, `since`; each shard has that of the last state
/// for which a commit has dropped something from it, `changed`. Three rules, each under the shard's lock, see to it
/// that nobody gets the value of another state than the one that he reads:
///
/// 1. The commit that leads to state *n* drops the values that it changes and sets `changed` to *n* before anybody
///    can read *n*.
/// 2. Who reads state *t* takes a value only if `since` ≤ *t*.
/// 3. Who reads state *t* puts a value only if `changed` ≤ *t*.
///
/// Suppose that a value is taken in *t* that a commit to some *n* replaced, `since` < *n* ≤ *t*. That commit was at
/// the shard before *n* could be read, so before it was taken. If the value was there by then, it was dropped (1).
/// If it was put later, `changed` was at least *n* then, and `since`, the state of who put it, is less: it was
/// refused (3). A commit that fails drops values that it has not replaced, which costs a read and nothing else; a
/// storage that takes the place of another gets an object of its own, which old snapshots do not know.
pub(super) struct Kept {
    shards: Box<[Mutex<Shard>]>,
    shard_bytes: usize,
    /// What was made of kept values. It may take as much as a shard.
    answers: Answers,
    cache: Cache,
    /// Unknown to those who make ids, so that they cannot make many that meet.
    seed: u64,
}

impl Kept {
    pub(super) fn new(cache: Cache) -> Self {
        let shard_bytes = cache.bytes / (SHARDS + 1);
        Kept {
            shards: (0..SHARDS).map(|_| Mutex::default()).collect(),
            shard_bytes,
            answers: Answers::new(shard_bytes),
            cache,
            seed: RandomState::new().hash_one(SHARDS),
        }
    }

    /// A snapshot of the state with a number, with what is kept.
    pub(super) fn over(
        self: &Arc<Self>,
        base: &Arc<dyn Snapshot>,
        sequence: u64,
    ) -> Arc<dyn Snapshot> {
        if self.shard_bytes < OVERHEAD {
            return Arc::clone(base);
        }
        Arc::new(WithKept {
            kept: Arc::clone(self),
            base: Arc::clone(base),
            sequence,
        })
    }

    /// Drops what a commit changes, before the state that it leads to is published.
    pub(super) fn drop_changed(&self, changes: &Overlay, sequence: u64) {
        let mut places = Vec::new();
        for &space in self.cache.values {
            for (key, _) in changes.changes(space) {
                places.push(self.remove(space, key, sequence));
            }
        }
        for &(space, len) in self.cache.heads {
            let mut last = None;
            for prefix in changes.changes(space).filter_map(|(key, _)| key.get(..len)) {
                if last != Some(prefix) {
                    places.push(self.remove(space, prefix, sequence));
                    last = Some(prefix);
                }
            }
        }
        // In pieces, so that a large commit does not hold up who asks meanwhile. The first tells of the commit.
        let (first, rest) = places.split_at(places.len().min(PLACES));
        self.answers.drop_changed(first, sequence);
        for places in rest.chunks(PLACES) {
            self.answers.drop_changed(places, sequence);
        }
    }

    fn remove(&self, space: Space, key: &[u8], sequence: u64) -> u64 {
        let hash = self.hash(space, key);
        let mut shard = self.shard(hash);
        shard.changed = sequence;
        shard.remove(hash);
        hash
    }

    /// What stands for a value among the places that commits change; nothing if it is in no space of which values are
    /// kept.
    pub(super) fn place_of_value(&self, space: Space, key: &[u8]) -> Option<u64> {
        let is_kept = self.cache.values.contains(&space);
        is_kept.then(|| self.hash(space, key))
    }

    /// As [`place_of_value`](Kept::place_of_value), for the first entries with a prefix.
    pub(super) fn place_of_head(&self, space: Space, prefix: &[u8]) -> Option<u64> {
        let is_kept = self.cache.heads.contains(&(space, prefix.len()));
        is_kept.then(|| self.hash(space, prefix))
    }

    fn get(&self, space: Space, key: &[u8], sequence: u64) -> Option<Arc<Shared>> {
        let hash = self.hash(space, key);
        self.shard(hash).get(hash, space, key, sequence)
    }

    fn put(&self, space: Space, key: &[u8], value: &Arc<Shared>, sequence: u64) {
        let hash = self.hash(space, key);
        let entry = Entry {
            hash,
            space,
            key: key.into(),
            value: Arc::clone(value),
            since: sequence,
            used: false,
        };
        self.shard(hash).put(entry, self.shard_bytes);
    }

    fn hash(&self, space: Space, key: &[u8]) -> u64 {
        // Short keys, most of which are an id, which is nearly a hash already.
        const ODD: u64 = 0x9E37_79B9_7F4A_7C15;
        let mix = |hash: u64, word: u64| {
            let product = u128::from(hash ^ word) * u128::from((ODD ^ self.seed) | 1);
            product as u64 ^ (product >> 64) as u64
        };
        let (words, rest) = key.as_chunks();
        let last = rest.iter().fold(key.len() as u64, |last, byte| {
            (last << 8) | u64::from(*byte)
        });
        let start = mix(self.seed ^ space as u64, last);
        words
            .iter()
            .fold(start, |hash, word| mix(hash, u64::from_le_bytes(*word)))
    }

    /// The map in a shard looks at the lowest and the highest bits of a hash, so that these are for the shard.
    fn shard(&self, hash: u64) -> MutexGuard<'_, Shard> {
        let shard = &self.shards[(hash >> 32) as usize % SHARDS];
        shard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Values under a lock of their own. The hand goes round the entries and drops those that nobody has taken since it
/// came by the last time, so that a long list read once does not drive out what is read often.
#[derive(Default)]
struct Shard {
    /// Where the entry with a hash is. Of two keys with one hash only one is kept.
    places: HashMap<u64, usize, BuildHasherDefault<Hashed>>,
    entries: Vec<Entry>,
    /// The entries from here on have been looked at in this round.
    hand: usize,
    bytes: usize,
    changed: u64,
}

struct Entry {
    hash: u64,
    space: Space,
    key: Box<[u8]>,
    value: Arc<Shared>,
    since: u64,
    used: bool,
}

impl Entry {
    fn bytes(&self) -> usize {
        self.key.len() + self.value.len() + OVERHEAD
    }
}

impl Shard {
    fn get(&mut self, hash: u64, space: Space, key: &[u8], sequence: u64) -> Option<Arc<Shared>> {
        let entry = self.entries.get_mut(*self.places.get(&hash)?)?;
        if *entry.key != *key || entry.space != space || entry.since > sequence {
            return None;
        }
        entry.used = true;
        Some(Arc::clone(&entry.value))
    }

    fn put(&mut self, entry: Entry, bytes_max: usize) {
        if self.changed > entry.since || entry.bytes() > bytes_max {
            return;
        }
        self.remove(entry.hash);
        while self.bytes + entry.bytes() > bytes_max && !self.entries.is_empty() {
            self.drop_one();
        }
        self.bytes += entry.bytes();
        self.places.insert(entry.hash, self.entries.len());
        self.entries.push(entry);
    }

    /// Goes downwards: what `remove` moves to the place of the entry that it drops has been looked at already.
    fn drop_one(&mut self) {
        loop {
            if self.hand == 0 || self.hand > self.entries.len() {
                self.hand = self.entries.len();
            }
            self.hand = self.hand.saturating_sub(1);
            let Some(entry) = self.entries.get_mut(self.hand) else {
                return;
            };
            if !std::mem::take(&mut entry.used) {
                let hash = entry.hash;
                self.remove(hash);
                return;
            }
        }
    }

    fn remove(&mut self, hash: u64) {
        let Some(place) = self.places.remove(&hash) else {
            return;
        };
        let removed = self.entries.swap_remove(place);
        self.bytes -= removed.bytes();
        if let Some(moved) = self.entries.get(place) {
            self.places.insert(moved.hash, place);
        }
    }
}

/// Takes a number that is a hash already as its hash.
#[derive(Default)]
struct Hashed(u64);

impl Hasher for Hashed {
    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// A state of which values are kept.
struct WithKept {
    kept: Arc<Kept>,
    base: Arc<dyn Snapshot>,
    sequence: u64,
}

impl Read for WithKept {
    fn get(&self, space: Space, key: &[u8], found: &mut dyn FnMut(&[u8])) -> Result<bool> {
        self.base.get(space, key, found)
    }

    fn exists(&self, space: Space, key: &[u8]) -> Result<bool> {
        let is_kept = self.kept.cache.values.contains(&space)
            && self.kept.get(space, key, self.sequence).is_some();
        Ok(is_kept || self.base.exists(space, key)?)
    }

    fn get_shared(&self, space: Space, key: &[u8], open: Open) -> Result<Option<Arc<Shared>>> {
        if !self.kept.cache.values.contains(&space) {
            return self.base.get_shared(space, key, open);
        }
        if let Some(value) = self.kept.get(space, key, self.sequence) {
            return Ok(Some(value));
        }
        let value = self.base.get_shared(space, key, open)?;
        if let Some(value) = &value {
            self.kept.put(space, key, value, self.sequence);
        }
        Ok(value)
    }

    fn head(&self, space: Space, prefix: &[u8], entries: usize, open: Open) -> Result<Head> {
        if !self.kept.cache.heads.contains(&(space, prefix.len())) {
            return self.base.head(space, prefix, entries, open);
        }
        if let Some(memory) = self.kept.get(space, prefix, self.sequence) {
            let head = Head::kept(memory);
            if head.is_whole() || head.len() >= entries {
                return Ok(head);
            }
        }
        let head = self.base.head(space, prefix, entries.max(HEAD_LEN), open)?;
        self.kept.put(space, prefix, head.memory(), self.sequence);
        Ok(head)
    }

    fn scan(&self, range: &KeyRange, visit: &mut Visit<'_>) -> Result<()> {
        self.base.scan(range, visit)
    }

    fn answer(&self, question: &[u8], make: &MakeAnswer<'_>) -> Result<Option<Answer>> {
        let state = (self as &dyn Read, &*self.kept, self.sequence);
        self.kept.answers.answer(state, question, make).map(Some)
    }
}
