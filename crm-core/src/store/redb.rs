//! The storage in one file, on redb. Nothing outside this module names redb.

mod dense;
mod disk;
mod failure;
mod frame;
mod journal;
pub(super) mod names;
mod open_file;
pub(crate) mod pages;
mod placed;
pub(super) mod real_disk;
mod recovery;
pub(crate) mod salvage;
mod shadow;
mod snapshot;
mod state;
mod verify;
mod write;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ::redb::{Builder, Database, Durability, StorageBackend, TableDefinition, WriteTransaction};

pub use self::disk::{Disk, DiskFile};
use self::failure::{Translate, guarded, io_error};
use self::journal::Journal;
use self::names::{COMPACTING, remove_half_compacted, temporary};
use self::open_file::OpenFile;
use self::real_disk::RealDisk;
use self::recovery::{Found, Refused};
use self::snapshot::RedbSnapshot;
use self::state::{
    Entries, State, read_entries, read_state, read_tip, write_journal_state, write_state,
};
use self::write::write;
use super::recent::Recent;
use super::{GoOn, KeyRange, Making, Overlay, Progress, Read, Snapshot, Space, Stats, Storage};
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
    /// Opens a file whose journal does not go on from its state, is damaged or is missing, without the commits of that
    /// journal, though they were acknowledged. What lies beside the file is renamed, to
    /// `FILE-journal-discarded-` and an id, and never deleted. Default: no, it is refused.
    pub discard_journal: bool,
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
            discard_journal: false,
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
    /// Opens a file, or makes one if there is none. What a crash has left in its journal is there, and is brought into
    /// the file with what is committed next; nothing is written until then, so that a full disk can be opened.
    ///
    /// # Errors
    /// [`Detail::Locked`] while another process or handle has it open, [`Detail::Corrupt`] if it is
    /// damaged or of another kind, [`Detail::Invalid`] if the journal beside it belongs to another state of the file or
    /// is missing, or if the file has several names, [`Detail::NewerFormat`] if a later version wrote it.
    pub fn open(path: impl AsRef<Path>, options: Options) -> Result<Self> {
        let path = options.disk.resolve(path.as_ref()).map_err(io_error)?;
        let storage = RedbStorage::assemble(&path, &options)?;
        match storage.take_in() {
            Ok(()) => Ok(storage),
            // What the journal holds can be read nevertheless. redb goes on with nothing after a failure.
            Err(error) if error.code() == Code::Full => {
                drop(storage);
                RedbStorage::assemble(&path, &options)
            }
            Err(error) => Err(error),
        }
    }

    /// The file and, over it, what its journal holds.
    fn assemble(path: &Path, options: &Options) -> Result<Self> {
        let disk = &options.disk;
        let file = OpenFile::at(path, options)?;
        let mut state = file.with("opening", read_state)?;
        if state.place.is_some() {
            // It was not closed.
            remove_half_compacted(&**disk, path);
        }
        let found = find_journal(&file, path, &mut state, options)?;
        let (journal, changes) =
            Journal::of(Arc::clone(disk), path, options.journal_bytes, state, found)?;
        let mut current = Current::of(Arc::new(file))?;
        current.recent = Arc::new(current.recent.with(&changes));
        Ok(RedbStorage {
            path: Some(path.to_owned()),
            options: options.clone(),
            journal: Mutex::new(Some(journal)),
            current: Mutex::new(current),
        })
    }

    /// Brings a journal into the file that is not to go on.
    fn take_in(&self) -> Result<()> {
        let mut journal = lock(&self.journal);
        match &mut *journal {
            Some(journal) if journal.is_to_end() => self.settle(journal),
            _ => Ok(()),
        }
    }

    /// Opens a simulated disk that holds nothing but the file, for tests of what happens when a real one fails.
    #[doc(hidden)]
    pub fn with_backend(backend: impl StorageBackend, options: Options) -> Result<Self> {
        let database = guarded("opening", || {
            options.builder().create_with_backend(backend).translate()
        })?;
        let file = OpenFile::new(database, None)?;
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
        RedbStorage::backup_like(source, path.as_ref(), None, progress)
    }

    /// As [`backup`](RedbStorage::backup); nobody may read it who may not read the file at `like`.
    pub(crate) fn backup_like(
        source: &dyn Read,
        path: &Path,
        like: Option<&Path>,
        progress: &mut Progress<'_>,
    ) -> Result<()> {
        let making = Making::at(path, like)?;
        // It is at no tip of the journal: no frame follows it.
        let (file, options) = (making.file(), Options::default());
        dense::write(source, None, &file, making.beside(), &options, progress)?;
        making.done()
    }

    fn current(&self) -> Current {
        lock(&self.current).clone()
    }

    /// Commits what the journal holds, and more, to the file; the journal begins anew, unless this is the `last` time.
    fn commit_to_file(
        &self,
        journal: Option<&mut Journal>,
        changes: &Overlay,
        last: bool,
    ) -> Result<()> {
        let Current { file, recent, .. } = self.current();
        let state = match &journal {
            Some(journal) => {
                journal.check()?;
                let tip = journal.tip();
                let tip = if changes.is_empty() { tip } else { tip.next() };
                Some((tip, journal.state(tip, last)))
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
                write_state(transaction, state.as_ref().map(|(_, state)| state), grown)
            })
        })?;
        if let (Some(journal), Some((tip, _))) = (journal, state) {
            journal.restart(tip, last);
        }
        // The changes are durable: whatever the reason, this is not a write that did not happen.
        let unseen = |error: Error| Error::from(Detail::NeedsReopen(error.to_string()));
        *lock(&self.current) = Current::of(file).map_err(unseen)?;
        Ok(())
    }

    /// Leaves the file alone, with everything in it.
    fn settle(&self, journal: &mut Journal) -> Result<()> {
        // Otherwise the file may say that there is a journal which has commits.
        journal.check()?;
        let file = self.current().file;
        if file.is_damaged() {
            // The commits stay where they are durable, and salvage finds them there.
            return Ok(());
        }
        let place = self.check_place();
        if place.is_err() && file.is_deleted() {
            return place;
        }
        if !self.current().recent.is_empty() || !journal.is_settled() {
            self.commit_to_file(Some(journal), &Overlay::new(), true)?;
        }
        journal.remove()?;
        // What has been moved meanwhile is whole, and the host should know.
        place
    }

    /// Fails unless the path still names the file that is open.
    fn check_place(&self) -> Result<()> {
        match &self.path {
            Some(path) => self.current().file.check_place(path),
            None => Ok(()),
        }
    }

    /// A file that holds what this one does, densely, and is whole.
    fn rewritten(
        &self,
        source: &Current,
        state: Option<&State>,
        file: &Arc<dyn DiskFile>,
        path: &Path,
        progress: &mut Progress<'_>,
    ) -> Result<Current> {
        let options = &self.options;
        dense::write(&*source.base, state, file, path, options, progress)?;
        let lost = || Detail::Io(format!("{} is not what was written there", path.display()));
        let Some(rewritten) = OpenFile::on(Arc::clone(file), path, options)? else {
            return Err(lost().into());
        };
        let next = Current::of(Arc::new(rewritten))?;
        let entries = |current: &Current| RedbSnapshot::new(Arc::clone(&current.file))?.entries();
        let tip = next.file.with("opening", read_tip)?;
        if entries(&next)? != entries(source)? || tip != state.and_then(|state| state.tip) {
            return Err(lost().into());
        }
        Ok(next)
    }
}

/// The journal of a file that was found; without one, where the host wants none that is in the way.
fn find_journal(
    file: &OpenFile,
    path: &Path,
    state: &mut State,
    options: &Options,
) -> Result<Option<Found>> {
    let disk = &*options.disk;
    let refused = match recovery::find(disk, path, state) {
        Ok(found) => return Ok(found),
        Err(Refused::Other(error)) => return Err(error),
        Err(refused) if !options.discard_journal => return Err(refused.into_error(path)),
        Err(refused) => refused,
    };
    if let Refused::Journal(journal, _) = refused {
        let renamed = disk.rename_new(&journal, &recovery::discarded(path));
        renamed.map_err(io_error)?;
        disk.sync_folder_of(&journal).map_err(io_error)?;
    }
    // From here on the commits that were discarded follow no state of the file.
    *state = State {
        tip: state.tip.map(|tip| tip.next()),
        absorbed: Some(journal::Rounds::default()),
        place: None,
    };
    file.with("opening", |database| {
        commit_durably(database, |transaction| {
            write_journal_state(transaction, state)
        })
    })?;
    Ok(None)
}

impl Drop for RedbStorage {
    /// Whoever drops the last handle without closing it finds the file alone nevertheless.
    fn drop(&mut self) {
        if let Some(journal) = &mut *lock(&self.journal) {
            let _ = self.settle(journal);
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
        self.check_place()?;
        if let Some(journal) = &mut *journal
            && let Some(frame) = journal.frame(changes)?
        {
            if !journal.is_marked() {
                let state = journal.mark()?;
                let marked = self.current().file.with("a commit", |database| {
                    commit_durably(database, |transaction| {
                        write_journal_state(transaction, &state)
                    })
                });
                journal.marked(marked.is_ok());
                marked?;
            }
            journal.append(frame)?;
            let recent = Arc::new(self.current().recent.with(changes));
            lock(&self.current).recent = recent;
            return Ok(());
        }
        self.commit_to_file(journal.as_mut(), changes, false)
    }

    fn checkpoint(&self) -> Result<()> {
        let mut journal = lock(&self.journal);
        if !self.current().recent.is_empty() {
            self.check_place()?;
            self.commit_to_file(journal.as_mut(), &Overlay::new(), false)?;
        }
        journal.as_mut().map_or(Ok(()), Journal::clear)
    }

    fn verify(&self, go_on: Option<&GoOn>) -> Result<()> {
        // While it is held nobody commits.
        let _journal = lock(&self.journal);
        let file = self.current().file;
        let tip = file.with("opening", read_tip)?;
        let verified = file
            .backend()?
            .map_or(Ok(()), |backend| verify::verify(backend, tip, go_on));
        file.remember(verified)
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
        let file_bytes = match &self.path {
            Some(path) => self.options.disk.len(path).map_err(io_error)?,
            None => None,
        };
        let file_bytes = file_bytes.unwrap_or(0);
        Ok(Stats {
            spaces: RedbSnapshot::new(file)?.spaces()?,
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
        let mut journal = lock(&self.journal);
        self.check_place()?;
        let disk = &self.options.disk;
        remove_half_compacted(&**disk, path);
        let beside = temporary(path, COMPACTING);
        let file = disk.make(&beside, Some(path)).map_err(io_error)?;
        // It holds everything, and says so: the next commit to the journal marks it again.
        let state = journal
            .as_ref()
            .map(|journal| journal.state(journal.tip(), true));
        let source = self.current();
        // The rewritten file is locked before it takes the old one's place, which is locked, too: at no moment could
        // another process open the path.
        let next = self
            .rewritten(&source, state.as_ref(), &file, &beside, progress)
            .and_then(|next| {
                self.check_place()?;
                next.file.check_place(&beside)?;
                disk.rename(&beside, path).map_err(io_error)?;
                Ok(next)
            });
        let next = match next {
            Ok(next) => next,
            Err(error) => {
                if file.is_at(&beside).is_ok_and(|is_there| is_there) {
                    // The failure to report is the first one.
                    let _ = disk.remove(&beside);
                }
                return Err(error);
            }
        };
        *lock(&self.current) = next;
        if let Some(journal) = &mut *journal {
            journal.restart(journal.tip(), true);
        }
        self.check_place()?;
        disk.sync_folder_of(path).map_err(io_error)
    }

    fn close(&self) -> Result<()> {
        let mut journal = lock(&self.journal);
        let settled = match &mut *journal {
            Some(journal) => self.settle(journal),
            None => Ok(()),
        };
        // The lock goes with the file: until then, the journal is nobody else's.
        let closed = self.current().file.close();
        if settled.is_ok() {
            *journal = None;
        }
        settled.and(closed)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
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
