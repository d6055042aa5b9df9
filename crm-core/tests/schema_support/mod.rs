//! What the tests of schema and files share.
#![allow(
    dead_code,
    unused_imports,
    reason = "each test binary uses a part of it"
)]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crm_core::store::{KeyRange, Overlay, Read, Snapshot, Space, Stats, Storage};
use crm_core::*;

pub use crate::common::assert_sound;

/// How these tests open databases; their clock stands still.
pub fn options() -> Options {
    crate::common::options().0
}

pub fn in_memory() -> Crm {
    options().in_memory().unwrap()
}

#[track_caller]
pub fn code<T>(result: Result<T>) -> Code {
    match result {
        Ok(_) => panic!("this should have been refused"),
        Err(error) => error.code(),
    }
}

pub fn fields(pairs: &[(&str, &str)]) -> Fields {
    let mut fields = Fields::new();
    for (name, value) in pairs {
        fields.set(name, *value);
    }
    fields
}

/// The value of a field by its name, as text.
pub fn text(crm: &Crm, record: Ref, field: &str) -> String {
    let catalog = crm.catalog();
    let object = catalog.object(record.object).unwrap();
    let record = crm.get_record(record).unwrap();
    record
        .get(object.field_named(field).unwrap().id)
        .to_string()
}

/// What a search finds, by title.
pub fn found(crm: &Crm, words: &str) -> Vec<String> {
    let hits = crm.search(words, &SearchOptions::default()).unwrap();
    hits.into_iter().map(|hit| hit.title).collect()
}

/// All that a store holds, by space.
pub fn contents(read: &dyn Read) -> Vec<(Space, Vec<u8>, Vec<u8>)> {
    let mut rows = Vec::new();
    for space in Space::ALL {
        read.scan(&KeyRange::all(space), &mut |key, value| {
            rows.push((space, key.to_vec(), value.to_vec()));
            std::ops::ControlFlow::Continue(())
        })
        .unwrap();
    }
    rows
}

pub fn contents_of(storage: &dyn Storage) -> Vec<(Space, Vec<u8>, Vec<u8>)> {
    contents(&*storage.snapshot().unwrap())
}

/// A storage whose plug is pulled: no commit from a chosen one on.
pub struct Pulled<S> {
    inner: S,
    commits_left: AtomicU64,
}

impl<S: Storage> Pulled<S> {
    pub fn new(inner: S) -> Self {
        Pulled {
            inner,
            commits_left: AtomicU64::new(u64::MAX),
        }
    }

    pub fn pull_after(&self, commits: u64) {
        self.commits_left.store(commits, Ordering::Relaxed);
    }
}

impl<S: Storage> Storage for Pulled<S> {
    fn snapshot(&self) -> Result<Arc<dyn Snapshot>> {
        self.inner.snapshot()
    }

    fn commit(&self, changes: &Overlay) -> Result<()> {
        let left = self.commits_left.load(Ordering::Relaxed);
        if left == 0 {
            return Err(Detail::Io("the plug is out".to_owned()).into());
        }
        self.commits_left.store(left - 1, Ordering::Relaxed);
        self.inner.commit(changes)
    }

    fn stats(&self) -> Result<Stats> {
        self.inner.stats()
    }
}
