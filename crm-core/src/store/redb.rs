//! The storage in one file, on redb. Nothing outside this module names redb.

mod dense;
mod disk;
mod failure;
mod journal;
pub(crate) mod pages;
pub(crate) mod salvage;
mod shadow;
mod state;
mod verify;
mod write;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use ::redb::{
    Builder, Database, Durability, ReadOnlyTable, ReadableDatabase, ReadableTable,
    ReadableTableMetadata, StorageBackend, TableDefinition, TableHandle, WriteTransaction,
};

pub use self::disk::Disk;
use self::disk::RealDisk;
use self::failure::{Translate, guarded, guarded_but, io_error};
use self::journal::{Journal, Tip};
use self::state::{Entries, STATE, read_entries, read_tip, write_state};
use self::write::write;
use super::recent::Recent;
use super::row_file::Making;
use super::{
    KeyRange, Overlay, Progress, Read, Snapshot, Space, SpaceStats, Stats, Storage, Visit,
};
use crate::error::{Code, Detail, Error, Result};
use crate::limits::CACHE_BYTES_DEFAULT;

/// Byte strings, not redb's typed keys, whose encodings change between its versions.
type Bytes = &'static [u8];

/// The table of a space. The names are part of the file format.
fn table(space: Space) -> TableDefinition<'static, Bytes, Bytes> {
    TableDefinition::new(match space {
        Space::Meta => "meta",
        Space::Record => "record",
        Space::Index => "index",
        Space::Timeline => "timeline",
        Space::Text => "text",
        Space::Log => "log",
        Space::Total => "total",
        Space::Job => "job",
        Space::Blob => "blob",
    })
}

/// A file that takes more than so much of what its entries do, in percent, is sparse.
const SPARSE_PERCENT: u64 = 150;
/// A smaller file is not worth the work.
const SPARSE_FROM: u64 = 4 << 20;
/// More entries than that would take long to rewrite, and writers wait meanwhile.
const REWRITTEN_MAX: u64 = 1 << 30;

/// How a file is opened.
#[derive(Debug, Clone)]
pub struct Options {
    /// Memory for pages that were read or are to be written. Default: 64 MiB.
    pub cache_bytes: usize,
    /// Verify the checksum of every page before anything is read. It reads the whole file; without it,
    /// damage is found where it is met. Default: no.
    pub verify: bool,
    /// How long the journal may become, in which small commits are made durable beside the file until they
    /// are brought into it together. Its contents are held in memory, too. With 0 there is none: a commit takes
    /// several times as long, and the file is at every moment all there is. Default: 4 MiB.
    pub journal_bytes: usize,
    /// The disk that the file is on.
    #[doc(hidden)]
    pub disk: Arc<dyn Disk>,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            cache_bytes: CACHE_BYTES_DEFAULT,
            verify: false,
            journal_bytes: 4 << 20,
            disk: Arc::new(RealDisk),
        }
    }
}

impl Options {
    fn builder(&self) -> Builder {
        let mut builder = Database::builder();
        builder
            .set_cache_size(self.cache_bytes)
            .set_check_integrity_on_open(self.verify);
        builder
    }
}

/// A storage in one file, which one process at a time has open.
///
/// Every commit is durable when it returns, and after a crash the file opens in milliseconds. While the file
/// is open, a journal may lie beside it with what was committed last, `FILE-journal`; a crash leaves both, and
/// they belong together. Closing, or dropping the last handle, leaves the file alone.
pub struct RedbStorage {
    /// `None` on a backend of the tests, which has no path to be rewritten at.
    path: Option<PathBuf>,
    options: Options,
    /// Held while something is committed. Taken before `current`, never after it. `None` on a backend of the
    /// tests.
    journal: Mutex<Option<Journal>>,
    /// Held for moments only.
    current: Mutex<Current>,
}

/// The newest state. Snapshots keep what it is made of.
#[derive(Clone)]
struct Current {
    /// Another one after [`compact`](Storage::compact).
    file: Arc<OpenFile>,
    /// What the file holds.
    base: Arc<dyn Snapshot>,
    /// What only the journal holds.
    recent: Arc<Recent>,
}

impl Current {
    fn of(file: Arc<OpenFile>) -> Result<Self> {
        Ok(Current {
            base: Arc::new(RedbSnapshot::new(Arc::clone(&file))?),
            file,
            recent: Arc::default(),
        })
    }
}

impl RedbStorage {
    /// Opens a file, or makes one if there is none. What a crash has left in its journal is taken up.
    ///
    /// # Errors
    /// [`Detail::Locked`] while another process or handle has it open, [`Detail::Corrupt`] if it is
    /// damaged or of another kind, or if the journal beside it belongs to another state of the file,
    /// [`Detail::NewerFormat`] if a later version wrote it.
    pub fn open(path: impl AsRef<Path>, options: Options) -> Result<Self> {
        let path = path.as_ref().to_owned();
        let disk = &options.disk;
        let file = if disk.len(&path).map_err(io_error)?.is_some() {
            OpenFile::open(&path, &options)?
        } else {
            OpenFile::make(&path, &options)?
        };
        // Left by a crash. The lock on the file says that nobody is writing it now.
        let compacting = beside(&path, ".compacting");
        disk.remove(&compacting).map_err(io_error)?;
        let journal = file.recover(&beside(&path, "-journal"), &options)?;
        Ok(RedbStorage {
            path: Some(path),
            options,
            journal: Mutex::new(Some(journal)),
            current: Mutex::new(Current::of(Arc::new(file))?),
        })
    }

    /// Opens a simulated disk that holds nothing but the file, for tests of what happens when a real one fails.
    #[doc(hidden)]
    pub fn with_backend(backend: impl StorageBackend, options: Options) -> Result<Self> {
        let database = guarded("opening", || {
            options.builder().create_with_backend(backend).translate()
        })?;
        let file = OpenFile::new(database)?;
        Ok(RedbStorage {
            path: None,
            options,
            journal: Mutex::new(None),
            current: Mutex::new(Current::of(Arc::new(file))?),
        })
    }

    /// Writes what `source` holds to a new file at `path`, densely. Writers go on meanwhile, and
    /// `source` may be of any storage: the snapshot of [`Committer::read`](super::Committer::read) for a
    /// backup, a memory storage to be kept.
    ///
    /// # Errors
    /// [`Detail::Io`] if there is something at `path`; [`Detail::Cancelled`] if `progress` broke off.
    /// Nothing is left at `path` then.
    pub fn backup(
        source: &dyn Read,
        path: impl AsRef<Path>,
        progress: &mut Progress<'_>,
    ) -> Result<()> {
        let making = Making::at(path.as_ref())?;
        // It is at no tip of the journal: no frame follows it.
        dense::write(source, None, making.beside(), &Options::default(), progress)?;
        making.done()
    }

    fn current(&self) -> Current {
        lock(&self.current).clone()
    }

    /// Commits what the journal holds, and more, to the file; the journal begins anew.
    fn commit_to_file(&self, journal: Option<&mut Journal>, changes: &Overlay) -> Result<()> {
        let Current { file, recent, .. } = self.current();
        let tip = match &journal {
            Some(journal) => {
                journal.check()?;
                Some(if changes.is_empty() {
                    journal.tip()
                } else {
                    journal.tip().next()
                })
            }
            None => None,
        };
        file.with("a commit", |database| {
            commit_durably(database, |transaction| {
                let mut grown = 0;
                for space in Space::ALL {
                    let (recent, all) = (recent.merged(space), KeyRange::all(space));
                    grown += write(transaction, space, recent.entries(&all))?;
                    grown += write(transaction, space, changes.changes(space))?;
                }
                write_state(transaction, tip, grown)
            })
        })?;
        if let (Some(journal), Some(tip)) = (journal, tip) {
            journal.restart(tip);
        }
        // The changes are durable: whatever the reason, this is not a write that did not happen.
        let unseen = |error: Error| Error::from(Detail::NeedsReopen(error.to_string()));
        *lock(&self.current) = Current::of(file).map_err(unseen)?;
        Ok(())
    }
}

impl Drop for RedbStorage {
    /// Whoever drops the last handle without closing it finds the file alone nevertheless.
    fn drop(&mut self) {
        if self.checkpoint().is_ok()
            && let Some(journal) = &mut *lock(&self.journal)
        {
            // What is left of it holds nothing that the file does not.
            let _ = journal.remove();
        }
    }
}

impl Storage for RedbStorage {
    fn snapshot(&self) -> Result<Arc<dyn Snapshot>> {
        let Current { file, base, recent } = self.current();
        file.check_open()?;
        Ok(recent.over(&base))
    }

    fn commit(&self, changes: &Overlay) -> Result<()> {
        let mut journal = lock(&self.journal);
        if let Some(journal) = &mut *journal
            && journal.append(changes)?
        {
            let recent = Arc::new(self.current().recent.with(changes));
            lock(&self.current).recent = recent;
            return Ok(());
        }
        self.commit_to_file(journal.as_mut(), changes)
    }

    fn checkpoint(&self) -> Result<()> {
        let mut journal = lock(&self.journal);
        if self.current().recent.is_empty() {
            return Ok(());
        }
        self.commit_to_file(journal.as_mut(), &Overlay::new())
    }

    fn verify(&self) -> Result<()> {
        let Some(path) = &self.path else {
            return Ok(());
        };
        // While it is held nobody commits.
        let _journal = lock(&self.journal);
        let tip = self.current().file.with("opening", read_tip)?;
        verify::verify(&*self.options.disk, path, tip)
    }

    fn stats(&self) -> Result<Stats> {
        self.checkpoint()?;
        let file = self.current().file;
        // Each state holds the file, the newest one, too; so does who keeps the newest one, and so does `file`.
        let older_states = Arc::strong_count(&file).saturating_sub(3) as u64;
        let used_bytes = file.with("counting", |database| {
            let transaction = database.begin_write().translate()?;
            let stats = transaction.stats().translate()?;
            transaction.abort().translate()?;
            Ok(stats.stored_bytes() + stats.metadata_bytes() + stats.fragmented_bytes())
        })?;
        let snapshot = RedbSnapshot::new(file)?;
        let mut spaces = Vec::with_capacity(Space::ALL.len());
        for (space, table) in Space::ALL.into_iter().zip(&snapshot.tables) {
            spaces.push(guarded("counting", || {
                Ok(SpaceStats {
                    space,
                    entries: table.len().translate()?,
                    stored_bytes: table.stats().translate()?.stored_bytes(),
                })
            })?);
        }
        let file_bytes = match &self.path {
            Some(path) => self.options.disk.len(path).map_err(io_error)?,
            None => None,
        };
        let file_bytes = file_bytes.unwrap_or(0);
        Ok(Stats {
            spaces,
            file_bytes,
            older_states,
            held_bytes: file_bytes.saturating_sub(used_bytes),
        })
    }

    fn is_sparse(&self) -> Result<bool> {
        let Some(path) = &self.path else {
            return Ok(false);
        };
        let file_len = self.options.disk.len(path).map_err(io_error)?.unwrap_or(0);
        if file_len < SPARSE_FROM {
            return Ok(false);
        }
        let file = self.current().file;
        let Entries { now, when_dense } = file.with("counting", read_entries)?;
        // redb doubles a file that it grows: one that was dense takes twice as much after the next commit, and is
        // written again only when its entries have grown or shrunk enough to pay for it.
        let has_changed = now > when_dense / 2 * 3 || now < when_dense / 2;
        Ok(has_changed && now <= REWRITTEN_MAX && file_len > now / 100 * SPARSE_PERCENT)
    }

    fn compact(&self, progress: &mut Progress<'_>) -> Result<()> {
        let Some(path) = &self.path else {
            return Ok(());
        };
        self.checkpoint()?;
        let journal = lock(&self.journal);
        let disk = &self.options.disk;
        let beside = beside(path, ".compacting");
        disk.remove(&beside).map_err(io_error)?;
        dense::write(
            &*self.current().base,
            journal.as_ref().map(Journal::tip),
            &beside,
            &self.options,
            progress,
        )?;
        // Opened, and with that locked, before it takes the old file's place: at no moment could
        // another process open the path.
        let next = Current::of(Arc::new(OpenFile::open(&beside, &self.options)?))?;
        disk.rename(&beside, path).map_err(io_error)?;
        *lock(&self.current) = next;
        disk.sync_folder_of(path).map_err(io_error)
    }

    fn close(&self) -> Result<()> {
        let settled = self.checkpoint();
        let file = self.current().file;
        let closed = file.close();
        settled?;
        closed?;
        lock(&self.journal)
            .take()
            .map_or(Ok(()), |mut journal| journal.remove())
    }
}

/// An open database, which [`close`](OpenFile::close) takes away from under the snapshots.
struct OpenFile(RwLock<Option<Database>>);

impl OpenFile {
    fn open(path: &Path, options: &Options) -> Result<Self> {
        let database = guarded("opening", || {
            let opened = options.disk.database(path, false, &options.builder());
            opened.translate()
        });
        OpenFile::new(database.map_err(|error| {
            match error.detail() {
                Detail::Locked { .. } => Detail::Locked {
                    path: path.display().to_string(),
                }
                .into(),
                _ => error,
            }
        })?)
    }

    /// Makes a file. It has its name only when it is whole: one that a power cut leaves half made would be
    /// refused as damaged.
    fn make(path: &Path, options: &Options) -> Result<Self> {
        let disk = &options.disk;
        let making = beside(path, ".making");
        let made = match OpenFile::open(&making, options) {
            Err(error) if error.code() == Code::Corrupt => {
                disk.remove(&making).map_err(io_error)?;
                OpenFile::open(&making, options)?
            }
            made => made?,
        };
        if disk.len(path).map_err(io_error)?.is_some() {
            // Another process has just made it, and was done before this one had the lock.
            drop(made);
            disk.remove(&making).map_err(io_error)?;
            return OpenFile::open(path, options);
        }
        disk.rename(&making, path).map_err(io_error)?;
        disk.sync_folder_of(path).map_err(io_error)?;
        Ok(made)
    }

    fn new(database: Database) -> Result<Self> {
        // From here on closing it is guarded, too.
        let file = OpenFile(RwLock::new(Some(database)));
        file.with("opening", create_missing_tables)?;
        Ok(file)
    }

    /// Commits what the journal holds to the file, if the file does not hold it; returns the journal.
    fn recover(&self, path: &Path, options: &Options) -> Result<Journal> {
        let disk = &options.disk;
        let tip = self.with("opening", read_tip)?;
        let recovered = journal::recover(&**disk, path, tip)?;
        let next = match &recovered {
            Some(recovered) => recovered.tip,
            None => tip.unwrap_or_else(Tip::new),
        };
        if tip != Some(next) {
            self.with("opening", |database| {
                commit_durably(database, |transaction| {
                    let mut grown = 0;
                    for space in Space::ALL {
                        let changes = recovered.iter().flat_map(|r| r.changes.changes(space));
                        grown += write(transaction, space, changes)?;
                    }
                    write_state(transaction, Some(next), grown)
                })
            })?;
        }
        let (disk, path) = (Arc::clone(disk), path.to_owned());
        let mut journal = Journal::new(disk, path, options.journal_bytes, next);
        if options.journal_bytes == 0 {
            journal.remove()?;
        }
        Ok(journal)
    }

    fn check_open(&self) -> Result<()> {
        self.with("a snapshot", |_| Ok(()))
    }

    fn with<T>(&self, doing: &str, work: impl FnOnce(&Database) -> Result<T>) -> Result<T> {
        let database = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let Some(database) = &*database else {
            return Err(Detail::Closed.into());
        };
        guarded(doing, || work(database))
    }

    fn close(&self) -> Result<()> {
        let database = self
            .0
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        match database {
            Some(database) => guarded("closing", || database.close().translate()),
            None => Ok(()),
        }
    }
}

impl Drop for OpenFile {
    /// What redb has to do when it is closed may meet damage, and panic, as anything may.
    fn drop(&mut self) {
        // Whoever wants to know closes it first.
        let _ = self.close();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn create_missing_tables(database: &Database) -> Result<()> {
    let read = database.begin_read().translate()?;
    let there: Vec<_> = read.list_tables().translate()?.collect();
    if there.len() >= Space::ALL.len() {
        return Ok(());
    }
    let ours = |name: &str| {
        let mut spaces = Space::ALL.into_iter();
        name == STATE.name() || spaces.any(|space| table(space).name() == name)
    };
    if !there.iter().all(|table| ours(table.name())) {
        return Err(Error::corrupt("the file is another program's"));
    }
    drop(read);
    commit_durably(database, |transaction| {
        for space in Space::ALL {
            transaction.open_table(table(space)).translate()?;
        }
        Ok(())
    })
}

/// Where a file is written before it takes its place.
fn beside(path: &Path, why: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(why);
    name.into()
}

/// The only place that commits: a single commit without quick repair, anywhere, would make the open
/// after a crash read the whole file.
fn commit_durably(
    database: &Database,
    write: impl FnOnce(&WriteTransaction) -> Result<()>,
) -> Result<()> {
    let mut transaction = database.begin_write().translate()?;
    transaction
        .set_durability(Durability::Immediate)
        .translate()?;
    transaction.set_quick_repair(true);
    write(&transaction)?;
    transaction.commit().translate()
}

/// All tables open, so that a get is a get.
struct RedbSnapshot {
    tables: Vec<ReadOnlyTable<Bytes, Bytes>>,
    /// A dropped database would fail the tables' reads.
    _file: Arc<OpenFile>,
}

impl RedbSnapshot {
    fn new(file: Arc<OpenFile>) -> Result<Self> {
        let tables = file.with("a snapshot", |database| {
            let transaction = database.begin_read().translate()?;
            let open = |space| transaction.open_table(table(space)).translate();
            Space::ALL.into_iter().map(open).collect::<Result<Vec<_>>>()
        })?;
        Ok(RedbSnapshot {
            tables,
            _file: file,
        })
    }
}

impl Read for RedbSnapshot {
    fn get(&self, space: Space, key: &[u8], found: &mut dyn FnMut(&[u8])) -> Result<bool> {
        guarded_but("a read", |outside| {
            let entry = self.tables[space.index()].get(key).translate()?;
            let Some(entry) = entry else {
                return Ok(false);
            };
            let value = entry.value();
            outside.run(|| found(value));
            Ok(true)
        })
    }

    fn scan(&self, range: &KeyRange, visit: &mut Visit<'_>) -> Result<()> {
        if range.is_empty() {
            return Ok(());
        }
        let table = &self.tables[range.space.index()];
        guarded_but("a scan", |outside| {
            // A cursor, since redb's ranges take half as much again for each step: they look out for an iteration from
            // the other end.
            let (start, end) = range.bounds();
            let cursor = if range.reverse {
                table.upper_bound(end)
            } else {
                table.lower_bound(start)
            };
            let mut cursor = cursor.translate()?;
            loop {
                let next = if range.reverse {
                    cursor.prev()
                } else {
                    cursor.next()
                };
                // Looked at where it is: a pair of guards is dear to move.
                let (key, value) = match &next {
                    Ok(Some((key, value))) => (key.value(), value.value()),
                    Ok(None) => return Ok(()),
                    Err(_) => return next.map(drop).translate(),
                };
                if !range.is_before_end(key) || outside.run(|| visit(key, value)).is_break() {
                    return Ok(());
                }
            }
        })
    }
}
