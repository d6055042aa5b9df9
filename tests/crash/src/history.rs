//! What was committed and acknowledged, and when: against it, what a power cut leaves is judged.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::{ControlFlow, RangeInclusive};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crm_core::store::{KeyRange, Overlay, Progress, Read, Snapshot, Space, Stats, Storage};
use crm_core::{Ref, Result, Session};

use crate::device::Device;

/// The states that a database went through. Clones are the same history.
#[derive(Clone)]
pub struct History(Arc<Mutex<Past>>);

struct Past {
    contents: BTreeMap<(Space, Vec<u8>), Vec<u8>>,
    digest: Digest,
    /// The first is the state in which the history begins.
    states: Vec<State>,
    acknowledged: Vec<Acknowledged>,
}

/// A state, from the operation of the disk at which its commit began to that at which it was done.
#[derive(Clone, Copy)]
struct State {
    digest: Digest,
    begun: usize,
    /// `None` while, or if, it was not acknowledged.
    done: Option<usize>,
}

/// What a caller was told.
#[derive(Clone)]
pub struct Acknowledged {
    /// At which operation of the disk.
    pub operation: usize,
    /// After which commit.
    pub state: usize,
    /// The number that the engine gave it.
    pub sequence: u64,
    /// Records that the call changed, as they were read afterwards.
    pub records: Vec<(Ref, Option<Seen>)>,
}

/// A record as a caller sees it: its version, whether it is in the trash, and its title.
pub type Seen = (u64, bool, String);

/// Reads a record, `None` if there is none.
pub fn see(session: &Session, record: Ref) -> Result<Option<Seen>> {
    let found = session.find_record(record)?;
    Ok(found.map(|found| (found.version(), found.is_deleted(), session.title(&found))))
}

/// Identifies a set of entries, in whatever order they come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Digest(u64);

impl Digest {
    /// That of everything that can be read.
    pub fn of(read: &dyn Read) -> Result<Digest> {
        let mut digest = Digest::default();
        for space in Space::ALL {
            read.scan(&KeyRange::all(space), &mut |key, value| {
                digest.add(space, key, value);
                ControlFlow::Continue(())
            })?;
        }
        Ok(digest)
    }

    fn add(&mut self, space: Space, key: &[u8], value: &[u8]) {
        self.0 = self.0.wrapping_add(hash(space, key, value));
    }

    fn take(&mut self, space: Space, key: &[u8], value: &[u8]) {
        self.0 = self.0.wrapping_sub(hash(space, key, value));
    }
}

fn hash(space: Space, key: &[u8], value: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    (space, key, value).hash(&mut hasher);
    hasher.finish()
}

impl History {
    /// A history that begins with what can be read.
    pub fn new(read: &dyn Read) -> Result<Self> {
        let mut past = Past {
            contents: BTreeMap::new(),
            digest: Digest::default(),
            states: Vec::new(),
            acknowledged: Vec::new(),
        };
        for space in Space::ALL {
            read.scan(&KeyRange::all(space), &mut |key, value| {
                past.digest.add(space, key, value);
                past.contents.insert((space, key.to_vec()), value.to_vec());
                ControlFlow::Continue(())
            })?;
        }
        past.states.push(State {
            digest: past.digest,
            begun: 0,
            done: Some(0),
        });
        Ok(History(Arc::new(Mutex::new(past))))
    }

    fn lock(&self) -> MutexGuard<'_, Past> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn begin(&self, changes: &Overlay, operation: usize) {
        let past = &mut *self.lock();
        for space in Space::ALL {
            for (key, change) in changes.changes(space) {
                let entry = (space, key.to_vec());
                let before = match change {
                    Some(value) => past.contents.insert(entry, value.to_vec()),
                    None => past.contents.remove(&entry),
                };
                if let Some(value) = before {
                    past.digest.take(space, key, &value);
                }
                if let Some(value) = change {
                    past.digest.add(space, key, value);
                }
            }
        }
        past.states.push(State {
            digest: past.digest,
            begun: operation,
            done: None,
        });
    }

    fn end(&self, operation: usize) {
        if let Some(state) = self.lock().states.last_mut() {
            state.done = Some(operation);
        }
    }

    /// Notes that a caller was told that all commits so far are durable.
    pub fn acknowledge(&self, operation: usize, sequence: u64, records: Vec<(Ref, Option<Seen>)>) {
        let mut past = self.lock();
        let state = past.states.len() - 1;
        past.acknowledged.push(Acknowledged {
            operation,
            state,
            sequence,
            records,
        });
    }

    /// The states that may be there after a power cut just before an operation.
    pub fn allowed(&self, operation: usize) -> RangeInclusive<usize> {
        let past = self.lock();
        let is_done = |state: &State| state.done.is_some_and(|done| done <= operation);
        let first = past.states.iter().rposition(is_done).unwrap_or(0);
        let begun = |state: &State| state.begun <= operation;
        let last = past.states.iter().rposition(begun).unwrap_or(0);
        first..=last
    }

    /// The number of a state among those that are allowed.
    pub fn find(&self, digest: Digest, allowed: RangeInclusive<usize>) -> Option<usize> {
        let past = self.lock();
        allowed
            .into_iter()
            .find(|state| past.states[*state].digest == digest)
    }

    /// The number of a state among all of them, for what is to be said about one that is not allowed.
    pub fn find_anywhere(&self, digest: Digest) -> Option<usize> {
        let past = self.lock();
        past.states.iter().rposition(|state| state.digest == digest)
    }

    /// What the last caller was told before an operation.
    pub fn told(&self, operation: usize) -> Option<Acknowledged> {
        let past = self.lock();
        let mut told = past.acknowledged.iter().rev();
        told.find(|told| told.operation <= operation).cloned()
    }

    /// When the commits began, by the operations of the disk.
    pub fn begins(&self) -> Vec<usize> {
        self.lock().states.iter().map(|state| state.begun).collect()
    }
}

/// A storage that writes its history.
pub struct Recorder {
    inner: Arc<dyn Storage>,
    device: Device,
    history: History,
}

impl Recorder {
    /// Writes the history of a storage on a device.
    pub fn new(inner: Arc<dyn Storage>, device: Device, history: History) -> Self {
        Recorder {
            inner,
            device,
            history,
        }
    }
}

impl Storage for Recorder {
    fn snapshot(&self) -> Result<Arc<dyn Snapshot>> {
        self.inner.snapshot()
    }

    fn commit(&self, changes: &Overlay) -> Result<()> {
        self.history.begin(changes, self.device.operations());
        self.inner.commit(changes)?;
        self.history.end(self.device.operations());
        Ok(())
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
