//! Our own store without the engine: the same keys and values in bare redb, which says what the engine costs.

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crm_core::store::{self, Overlay, RedbStorage, Snapshot, Space, Stats, Storage};
use crm_core::{Contact, Crm, schema::Object};
use redb::{Database, Durability, ReadOnlyTable, ReadableDatabase, TableDefinition};

use crate::Result;
use crate::data::Id;
use crate::ours::{CACHE_BYTES, Ours};

type Bytes = &'static [u8];

/// The tables of our file, in the order of [`Space::ALL`].
const TABLES: [&str; 9] = [
    "meta", "record", "index", "timeline", "text", "log", "total", "job", "blob",
];

/// A copy of our file, with what some of our saves write.
pub struct Redb {
    database: Database,
    records: ReadOnlyTable<Bytes, Bytes>,
    timelines: ReadOnlyTable<Bytes, Bytes>,
    created: Vec<Overlay>,
    updated: Vec<Overlay>,
}

impl Redb {
    /// Opens a copy of our file.
    pub fn open(path: &Path, created: Vec<Overlay>, updated: Vec<Overlay>) -> Result<Self> {
        let database = Database::builder().set_cache_size(CACHE_BYTES).open(path)?;
        let read = database.begin_read()?;
        let redb = Redb {
            records: read.open_table(TableDefinition::new("record"))?,
            timelines: read.open_table(TableDefinition::new("timeline"))?,
            database,
            created,
            updated,
        };
        // The load has left ours in its cache.
        bytes_of(&redb.records, &[], usize::MAX)?;
        bytes_of(&redb.timelines, &[], usize::MAX)?;
        Ok(redb)
    }

    /// Reads the bytes of a contact.
    pub fn get_contact(&self, id: Id) -> Result<u64> {
        let found = self.records.get(contact(id).as_slice())?;
        Ok(found.map_or(0, |value| value.value().len()) as u64)
    }

    /// Reads the bytes of the newest 50 activities of a contact.
    pub fn timeline(&self, id: Id) -> Result<u64> {
        bytes_of(&self.timelines, &contact(id), 50)
    }

    /// Writes what creating a contact has written, durably.
    pub fn create(&self, n: u64) -> Result<u64> {
        self.commit(&self.created, n)
    }

    /// Writes what changing a contact has written, durably.
    pub fn update(&self, n: u64) -> Result<u64> {
        self.commit(&self.updated, n)
    }

    fn commit(&self, saves: &[Overlay], n: u64) -> Result<u64> {
        let changes = saves
            .get(n as usize)
            .ok_or("so many saves were not recorded")?;
        let mut transaction = self.database.begin_write()?;
        transaction.set_durability(Durability::Immediate)?;
        transaction.set_quick_repair(true);
        for (space, name) in Space::ALL.into_iter().zip(TABLES) {
            if changes.changes(space).len() == 0 {
                continue;
            }
            let mut table = transaction.open_table(TableDefinition::<Bytes, Bytes>::new(name))?;
            for (key, change) in changes.changes(space) {
                match change {
                    Some(value) => drop(table.insert(key, value)?),
                    None => drop(table.remove(key)?),
                }
            }
        }
        transaction.commit()?;
        Ok(changes.len() as u64)
    }
}

/// The number of bytes of the first values whose keys begin with a prefix.
fn bytes_of(table: &ReadOnlyTable<Bytes, Bytes>, prefix: &[u8], limit: usize) -> Result<u64> {
    let mut bytes = 0;
    for entry in table.range(prefix..)?.take(limit) {
        let (key, value) = entry?;
        if !key.value().starts_with(prefix) {
            break;
        }
        bytes += value.value().len() as u64;
    }
    Ok(bytes)
}

/// The key of a contact, with which those of its timeline begin.
fn contact(id: Id) -> Vec<u8> {
    [&Contact::TYPE.to_be_bytes()[..], &id].concat()
}

/// What each save of `save` would write to a file, which stays as it is.
pub fn recorded(path: &Path, save: impl FnOnce(&Ours) -> Result<()>) -> Result<Vec<Overlay>> {
    let file = RedbStorage::open(path, store::Options::default())?;
    let recorder = Arc::new(Recorder {
        snapshot: file.snapshot()?,
        file,
        commits: Mutex::default(),
    });
    let ours = Ours::with(Crm::options().with_storage(recorder.clone())?)?;
    save(&ours)?;
    ours.close()?;
    Ok(std::mem::take(&mut *recorder.commits()))
}

/// Keeps what is to be written, and shows the same state for ever.
struct Recorder {
    file: RedbStorage,
    snapshot: Arc<dyn Snapshot>,
    commits: Mutex<Vec<Overlay>>,
}

impl Recorder {
    fn commits(&self) -> MutexGuard<'_, Vec<Overlay>> {
        self.commits.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Storage for Recorder {
    fn snapshot(&self) -> crm_core::Result<Arc<dyn Snapshot>> {
        Ok(self.snapshot.clone())
    }

    fn commit(&self, changes: &Overlay) -> crm_core::Result<()> {
        self.commits().push(changes.clone());
        Ok(())
    }

    fn stats(&self) -> crm_core::Result<Stats> {
        self.file.stats()
    }

    fn close(&self) -> crm_core::Result<()> {
        self.file.close()
    }
}
