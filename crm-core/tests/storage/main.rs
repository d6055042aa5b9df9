//! The storage layer through its public interface: one suite for every backend, then what is particular
//! to overlays, to group commit and to the file.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on should say where"
)]

mod commit;
mod conformance;
#[cfg(feature = "redb")]
mod damage;
#[cfg(feature = "redb")]
mod file;
#[cfg(feature = "redb")]
mod journal;
mod kept;
mod model;
#[cfg(all(feature = "redb", unix))]
mod names;

use std::ops::ControlFlow;
use std::sync::Arc;

use crm_core::store::{KeyRange, MemoryStorage, Overlay, Read, Space, Storage};

type Entries = Vec<(Vec<u8>, Vec<u8>)>;

/// A storage and what it needs to stay alive.
struct Fixture {
    storage: Arc<dyn Storage>,
    _directory: Option<tempfile::TempDir>,
}

impl Fixture {
    fn memory() -> Self {
        Fixture {
            storage: Arc::new(MemoryStorage::new()),
            _directory: None,
        }
    }

    #[cfg(feature = "redb")]
    fn redb() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("book.crm");
        let storage = crm_core::store::RedbStorage::open(path, Default::default()).unwrap();
        Fixture {
            storage: Arc::new(storage),
            _directory: Some(directory),
        }
    }

    fn faulty(self) -> Self {
        Fixture {
            storage: Arc::new(crm_core::store::FaultyStorage::new(self.storage)),
            ..self
        }
    }
}

fn collect(read: &dyn Read, range: &KeyRange) -> Entries {
    let mut entries = Vec::new();
    read.scan(range, &mut |key, value| {
        entries.push((key.to_vec(), value.to_vec()));
        ControlFlow::Continue(())
    })
    .unwrap();
    entries
}

fn puts<'a>(space: Space, entries: impl IntoIterator<Item = (&'a [u8], &'a [u8])>) -> Overlay {
    let mut overlay = Overlay::new();
    for (key, value) in entries {
        overlay.put(space, key, value);
    }
    overlay
}

fn put(storage: &dyn Storage, key: &[u8], value: &[u8]) {
    storage
        .commit(&puts(Space::Record, [(key, value)]))
        .unwrap();
}

fn value(read: &dyn Read, key: &[u8]) -> Option<Vec<u8>> {
    read.get_vec(Space::Record, key).unwrap()
}
