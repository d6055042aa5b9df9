//! Opening a database.

use std::ops::Deref;
#[cfg(feature = "redb")]
use std::path::{Path, PathBuf};
use std::sync::Arc;
#[cfg(feature = "redb")]
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;

use super::bell::Bell;
use super::session::{Session, Shared};
use crate::access::EngineLens;
use crate::engine::{
    CACHE, Clock, Host, IdSource, Origin, PartKind, RandomIds, State, SystemClock, Work,
    build_step, is_current, prepare, refill,
};
use crate::error::Result;
#[cfg(feature = "redb")]
use crate::error::{Detail, Error};
use crate::limits;
use crate::objects;
use crate::query::Columns;
use crate::rules;
use crate::schema::{Object, ObjectDef};
#[cfg(feature = "redb")]
use crate::store::{self, RedbStorage};
use crate::store::{Cache, Committer, MemoryStorage, Storage};

/// An open database. Cheap to clone, and used from many threads at once: readers never wait, writers share the
/// price of making their commits durable.
///
/// It dereferences to a [`Session`] of the system, so that everything a session does can be asked of it.
#[derive(Clone)]
pub struct Crm {
    session: Session,
}

impl Deref for Crm {
    type Target = Session;

    fn deref(&self) -> &Session {
        &self.session
    }
}

/// How a database is opened.
pub struct Options {
    clock: Box<dyn Clock>,
    ids: Box<dyn IdSource>,
    #[cfg(feature = "redb")]
    file: store::Options,
    cache_bytes: usize,
    column_bytes: Option<usize>,
    document_bytes_max: usize,
    progress: Box<dyn FnMut(u64)>,
    further: Vec<ObjectDef>,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            clock: Box::new(SystemClock),
            ids: Box::new(RandomIds::default()),
            #[cfg(feature = "redb")]
            file: store::Options::default(),
            cache_bytes: limits::CACHE_BYTES_DEFAULT,
            column_bytes: None,
            document_bytes_max: limits::DOCUMENT_BYTES_DEFAULT,
            progress: Box::new(|_| ()),
            further: Vec::new(),
        }
    }
}

impl Options {
    /// Takes the time from a clock of the host's.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Box::new(clock);
        self
    }

    /// Takes the ids of new records from a source of the host's.
    pub fn ids(mut self, ids: impl IdSource) -> Self {
        self.ids = Box::new(ids);
        self
    }

    /// Bounds the memory that caches take; 64 MiB where it is not set. A quarter is for records that were read,
    /// another for [columns](Options::column_bytes), the rest for pages of the file.
    pub fn cache_bytes(mut self, bytes: usize) -> Self {
        self.cache_bytes = bytes;
        self
    }

    /// Bounds the part of [`cache_bytes`](Options::cache_bytes) in which fields that filters ask for are kept in
    /// columns, so that a count or a list by a filter that no index narrows reads the records once and not each
    /// time; a quarter of it where it is not set. With 0 there are none, and with a file its pages have that part too.
    pub fn column_bytes(mut self, bytes: usize) -> Self {
        self.column_bytes = Some(bytes);
        self
    }

    /// Bounds the journal, `FILE-journal`, in which small commits are made durable until they are brought into
    /// the file together; 4 MiB where it is not set. Closing the database removes it; a crash leaves both, and
    /// they belong together. With 0 there is none: a save takes several times as long, and the file is at every
    /// moment all there is.
    #[cfg(feature = "redb")]
    pub fn journal_bytes(mut self, bytes: usize) -> Self {
        self.file.journal_bytes = bytes;
        self
    }

    /// Opens a file whose journal belongs to another database or state, is damaged or is missing, without the commits in
    /// it, though they were acknowledged: such a file is refused where it is not set. The journal is not deleted; it is
    /// beside the file then, as `FILE-journal-discarded-` and an id.
    #[cfg(feature = "redb")]
    pub fn discard_journal(mut self, discard: bool) -> Self {
        self.file.discard_journal = discard;
        self
    }

    /// Keeps the file on a simulated disk, for tests of what happens when a real one fails.
    #[cfg(feature = "redb")]
    #[doc(hidden)]
    pub fn disk(mut self, disk: Arc<dyn store::Disk>) -> Self {
        self.file.disk = disk;
        self
    }

    /// Adds a standard object, for the test that a further one is a declaration and nothing else.
    #[doc(hidden)]
    pub fn standard_object<O: Object>(mut self) -> Self {
        self.further.push(O::definition());
        self
    }

    /// Bounds the content that is kept of a document; 8 MiB where it is not set.
    pub fn document_bytes_max(mut self, bytes: usize) -> Self {
        self.document_bytes_max = bytes;
        self
    }

    /// Is told of each step when an older file is brought to this version.
    pub fn progress(mut self, progress: impl FnMut(u64) + 'static) -> Self {
        self.progress = Box::new(progress);
        self
    }

    /// Opens a file, making it if it does not exist.
    ///
    /// # Errors
    /// `Locked` if another process or handle has it open, `NewerFormat` for a file of a later version,
    /// `Corrupt` for a damaged one, `Invalid` for one that has several names (hard links) or whose journal is another's
    /// or missing, `Io` and `Full`; `Duplicate` if this version makes values unique that
    /// records of an older file share. The file is as before then.
    #[cfg(feature = "redb")]
    pub fn open(self, path: impl AsRef<Path>) -> Result<Crm> {
        let mut options = self.file.clone();
        options.cache_bytes = self
            .cache_bytes
            .saturating_sub(self.cache_for_records().bytes + self.columns_max());
        // It stays the same file when the process goes to another folder.
        let path = options
            .disk
            .resolve(path.as_ref())
            .map_err(|error| Error::io(&error, format!("{}: {error}", path.as_ref().display())))?;
        let storage = open_file(&path, &options)?;
        // Reopening is not the time to discard anything.
        options.discard_journal = false;
        self.start(Arc::new(storage), Some((path, options)))
    }

    /// Makes a database in memory, gone when the last handle is dropped.
    pub fn in_memory(self) -> Result<Crm> {
        self.with_storage(Arc::new(MemoryStorage::new()))
    }

    /// Opens a database on a storage of the host's.
    pub fn with_storage(self, storage: Arc<dyn Storage>) -> Result<Crm> {
        self.start(
            storage,
            #[cfg(feature = "redb")]
            None,
        )
    }

    fn cache_for_records(&self) -> Cache {
        Cache {
            bytes: self.cache_bytes / 4,
            ..CACHE
        }
    }

    fn columns_max(&self) -> usize {
        let part = self.column_bytes.unwrap_or(self.cache_bytes / 4);
        part.min(self.cache_bytes)
    }

    fn start(
        mut self,
        storage: Arc<dyn Storage>,
        #[cfg(feature = "redb")] file: Option<(PathBuf, store::Options)>,
    ) -> Result<Crm> {
        let mut progress = std::mem::replace(&mut self.progress, Box::new(|_| ()));
        let session = self.unmigrated(
            storage,
            #[cfg(feature = "redb")]
            file,
        )?;
        session.migrate(&mut progress)?;
        Ok(Crm { session })
    }

    /// A session on what a storage holds, which may be of an older version, or be sound only after a repair.
    pub(super) fn unmigrated(
        self,
        storage: Arc<dyn Storage>,
        #[cfg(feature = "redb")] file: Option<(PathBuf, store::Options)>,
    ) -> Result<Session> {
        let state = load_state(&*storage, &self.further)?;
        let columns = Columns::new(self.columns_max());
        Ok(Session::of_system(Arc::new(Shared {
            committer: Committer::with_cache(storage, state, self.cache_for_records())?,
            host: Host {
                clock: self.clock,
                ids: self.ids,
            },
            document_bytes_max: self.document_bytes_max,
            columns,
            bell: Bell::default(),
            closed: AtomicBool::new(false),
            #[cfg(feature = "redb")]
            file: file.map(Mutex::new),
        })))
    }
}

#[cfg(feature = "redb")]
pub(super) fn open_file(path: &Path, options: &store::Options) -> Result<RedbStorage> {
    RedbStorage::open(path, options.clone()).map_err(|error| match error.detail() {
        Detail::Io(reason) => Detail::Io(format!("{}: {reason}", path.display())).into(),
        _ => error,
    })
}

/// What the layers above the engine keep compiled with each state.
const PARTS: &[PartKind] = &[rules::RULES];

pub(super) fn load_state(storage: &dyn Storage, further: &[ObjectDef]) -> Result<State> {
    let mut declared = objects::declared();
    declared.standard.extend_from_slice(further);
    State::load(&*storage.snapshot()?, declared, PARTS)
}

impl Crm {
    /// Opens a file, making it if it does not exist; see [`Options`] for more.
    ///
    /// # Errors
    /// As [`Options::open`].
    ///
    /// ```
    /// use crm_core::{Company, Crm};
    /// let folder = tempfile::tempdir().unwrap();
    /// let crm = Crm::open(folder.path().join("sales.crm"))?;
    /// let acme = crm.create(Company::draft().name("Acme").website("acme.example"))?;
    /// assert_eq!(crm.get(acme)?.domain(), Some("acme.example"));
    /// # Ok::<(), crm_core::Error>(())
    /// ```
    #[cfg(feature = "redb")]
    pub fn open(path: impl AsRef<Path>) -> Result<Crm> {
        Options::default().open(path)
    }

    /// Makes a database in memory.
    ///
    /// # Errors
    /// None that can be foreseen.
    pub fn in_memory() -> Result<Crm> {
        Options::default().in_memory()
    }

    /// How else a database can be opened.
    pub fn options() -> Options {
        Options::default()
    }
}

impl Session {
    /// Makes a new file usable and brings an older one to this version, step by step: a crash half-way is
    /// made good by the next opening.
    ///
    /// What decides on it, and what all of it is made from, is compared with its checksums first: by a damaged
    /// definition sound indexes would be made anew and others thrown away, and damage written on.
    fn migrate(&self, progress: &mut dyn FnMut(u64)) -> Result<()> {
        let published = self.published();
        if !is_current(EngineLens::on(&published).state(), &published.extra)? {
            self.shared()
                .committer
                .maintain(|storage| storage.verify(None))?;
        }
        self.engine_step(prepare)?;
        let mut steps = 0;
        while self.engine_step(build_step)? {
            steps += 1;
            progress(steps);
        }
        if self.engine_step(refill)? {
            progress(steps + 1);
        }
        Ok(())
    }

    /// One transaction of the engine's own, without rules.
    pub(super) fn engine_step<R>(
        &self,
        step: impl FnOnce(&mut Work<'_, '_>) -> Result<R>,
    ) -> Result<R> {
        let shared = self.shared();
        let now = self.told_time()?;
        let origin = Origin {
            cause: "system".to_owned(),
            ..Origin::default()
        };
        let go_on = self.go_on();
        shared.committer.write(|txn, state| {
            txn.read_while(go_on);
            let mut work = Work::begin(txn, state, &shared.host, origin, now)?;
            let result = step(&mut work)?;
            work.finish()?;
            txn.go_on()?;
            Ok(result)
        })
    }
}
