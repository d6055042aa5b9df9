//! Opening a database, and sessions on it.

use std::ffi::{c_int, c_void};
use std::ops::{ControlFlow, Deref};
use std::sync::Arc;

use arc_swap::Guard;
use crm_core::{Crm, ManualClock, Options, SequentialIds, Session};

use super::error::{Failure, crm_error};
use super::handle::{Table, Tenant};
use super::status::{CRM_ABSENT, CRM_OK, crm_status, guard, guard_plain};
use super::text::{crm_str, crm_text, give};
use super::values::{crm_ref, instant};
use crate::count::Counted;

/// An open database, or a session of somebody who acts on it. All threads may use it at the same time.
#[allow(non_camel_case_types, reason = "the name in C")]
pub struct crm_db {
    _private: [u8; 0],
}

pub(super) struct Database {
    session: Session,
    _counted: Counted,
}

static DATABASES: Table<Database> = Table::new("database", 0);

/// A database that a call uses.
pub(super) struct Used(Guard<Option<Arc<Tenant<Database>>>>);

impl Used {
    pub(super) fn session(&self) -> Result<&Session, Failure> {
        // The table gives a guard of a tenant or an error.
        let tenant = self.0.deref().as_ref();
        let database = tenant.map(|tenant| &tenant.value);
        database
            .map(|database| &database.session)
            .ok_or_else(|| Failure::misuse("the database is NULL"))
    }
}

/// The database of a handle.
pub(super) fn database(db: *const crm_db) -> Result<Used, Failure> {
    DATABASES.get(db).map(Used)
}

fn insert(session: Session) -> Result<*mut crm_db, Failure> {
    DATABASES.insert(Database {
        session,
        _counted: Counted::new(),
    })
}

/// The version of the library: compare with CRM_VERSION_NUMBER, that of the header.
#[unsafe(no_mangle)]
pub extern "C" fn crm_version_number() -> u32 {
    CRM_VERSION_NUMBER
}

/// The version of this header: major × 1,000,000 + minor × 1,000 + patch.
pub const CRM_VERSION_NUMBER: u32 = 1_000;

/// The format of the file that the library writes; files of earlier formats are brought to it when they are opened.
#[unsafe(no_mangle)]
pub extern "C" fn crm_file_format() -> u32 {
    crm_core::FORMAT
}

/// How far a long job is.
#[repr(C)]
#[derive(Clone, Copy)]
#[allow(non_camel_case_types, reason = "the name in C")]
pub struct crm_progress {
    /// sizeof(crm_progress) of the library.
    pub size: u32,
    /// Rows of an import, or entries or steps of another job, that are done.
    pub done: u64,
    /// Bytes of the imported file that were read; 0 in other jobs.
    pub bytes: u64,
    /// Rows of an import that were refused; 0 in other jobs.
    pub refused: u64,
}

/// Told by a long job how far it is, on the thread that called it; anything but 0 stops the job. It may read from the
/// database; a change that it asks for is refused while the job writes.
#[allow(non_camel_case_types, reason = "the name in C")]
pub type crm_progress_fn =
    Option<unsafe extern "C" fn(user: *mut c_void, progress: *const crm_progress) -> c_int>;

/// A progress callback with its data.
#[derive(Clone, Copy)]
pub(super) struct Told {
    pub call: crm_progress_fn,
    pub user: *mut c_void,
}

impl Told {
    pub(super) fn of(self, done: u64, bytes: u64, refused: u64) -> ControlFlow<()> {
        let Some(call) = self.call else {
            return ControlFlow::Continue(());
        };
        let progress = crm_progress {
            size: size_of::<crm_progress>() as u32,
            done,
            bytes,
            refused,
        };
        // SAFETY: the host's function takes these arguments, and `user` is what the host wants it to get.
        match unsafe { call(self.user, &progress) } {
            0 => ControlFlow::Continue(()),
            _ => ControlFlow::Break(()),
        }
    }
}

/// How a database is opened. Begin with `crm_options options = {sizeof(crm_options)};`: what is 0 is as usual.
#[repr(C)]
#[derive(Clone, Copy)]
#[allow(non_camel_case_types, reason = "the name in C")]
pub struct crm_options {
    /// sizeof(crm_options).
    pub size: u32,
    /// True for ids by counting instead of by chance, for tests.
    pub sequential_ids: bool,
    /// The memory that the store's cache may take, in bytes; 64 MiB for 0.
    pub cache_bytes: u64,
    /// The largest content that is kept of a document, in bytes; 8 MiB for 0.
    pub document_bytes_max: u64,
    /// The clock, for tests; NULL for that of the system.
    pub clock: *const crm_clock,
    /// Told of each step when an older file is brought to this version; its answer is not asked for. May be NULL.
    pub progress: crm_progress_fn,
    /// What `progress` gets.
    pub progress_user: *mut c_void,
    /// The bytes of the journal beside the file, in which small commits are made durable first; 4 MiB for 0. For -1
    /// there is none: the file is at every moment all there is, and a save takes several times as long.
    pub journal_bytes: i64,
    /// True to open a file whose journal belongs to another database, is damaged or is missing, without the commits in
    /// it, though they were acknowledged. The journal is renamed, to the name of the file with
    /// `-journal-discarded-` and an id.
    pub discard_journal: bool,
}

impl Default for crm_options {
    fn default() -> Self {
        crm_options {
            size: 0,
            sequential_ids: false,
            cache_bytes: 0,
            document_bytes_max: 0,
            clock: std::ptr::null(),
            progress: None,
            progress_user: std::ptr::null_mut(),
            journal_bytes: 0,
            discard_journal: false,
        }
    }
}

/// Reads a struct that begins with its size, of which a caller that was compiled against an earlier header has
/// only the first members.
///
/// # Safety
/// `given` is NULL or can be read for as many bytes as its first member says.
pub(super) unsafe fn sized<T: Copy + Default>(given: *const T, what: &str) -> Result<T, Failure> {
    let mut whole = T::default();
    if given.is_null() {
        return Ok(whole);
    }
    // SAFETY: as the caller promises; every such struct begins with its size.
    let size = unsafe { given.cast::<u32>().read_unaligned() } as usize;
    if size < size_of::<u32>() || size > size_of::<T>() {
        let known = size_of::<T>();
        return Err(Failure::misuse(format!(
            "the size of {what} is {size}; set it to sizeof, which is up to {known}"
        )));
    }
    // SAFETY: `size` bytes can be read, and `whole` has at least as many.
    unsafe {
        std::ptr::copy_nonoverlapping(given.cast::<u8>(), (&raw mut whole).cast::<u8>(), size);
    }
    Ok(whole)
}

impl crm_options {
    fn read(self) -> Options {
        let mut options = Crm::options();
        // SAFETY: a clock is NULL or one that the library made and the host has not freed.
        if let Some(clock) = unsafe { self.clock.as_ref() } {
            options = options.clock(Arc::clone(&clock.clock));
        }
        if self.sequential_ids {
            options = options.ids(SequentialIds::default());
        }
        let bytes = |bytes: u64| usize::try_from(bytes).unwrap_or(usize::MAX);
        if self.cache_bytes > 0 {
            options = options.cache_bytes(bytes(self.cache_bytes));
        }
        if self.document_bytes_max > 0 {
            options = options.document_bytes_max(bytes(self.document_bytes_max));
        }
        if self.journal_bytes != 0 {
            // Below 0 there is none.
            options = options.journal_bytes(usize::try_from(self.journal_bytes).unwrap_or(0));
        }
        options = options.discard_journal(self.discard_journal);
        let told = Told {
            call: self.progress,
            user: self.progress_user,
        };
        options.progress(move |steps| {
            let _ = told.of(steps, 0, 0);
        })
    }
}

/// Opens a file, making it if it does not exist. `options` may be NULL. Free the handle with crm_free().
///
/// Errors: CRM_LOCKED, CRM_NEWER_FORMAT, CRM_CORRUPT, CRM_IO, CRM_FULL; CRM_INVALID if the file has several names (hard
/// links), or if its journal is another's or missing. The file is as before then.
#[unsafe(no_mangle)]
pub extern "C" fn crm_open(
    path: crm_str,
    options: *const crm_options,
    out: Option<&mut *mut crm_db>,
    err: Option<&mut *mut crm_error>,
) -> crm_status {
    guard(err, || {
        super::needed(out.is_some(), "out")?;
        let path = path.required("the path")?;
        // SAFETY: NULL or a struct of the size that it says.
        let options = unsafe { sized(options, "crm_options") }?;
        let opened = options.read().open(path)?;
        super::put(out, insert((*opened).clone())?)
    })
}

/// Makes a database in memory, gone when the last handle of it is freed. `options` may be NULL.
#[unsafe(no_mangle)]
pub extern "C" fn crm_open_in_memory(
    options: *const crm_options,
    out: Option<&mut *mut crm_db>,
    err: Option<&mut *mut crm_error>,
) -> crm_status {
    guard(err, || {
        super::needed(out.is_some(), "out")?;
        // SAFETY: NULL or a struct of the size that it says.
        let options = unsafe { sized(options, "crm_options") }?;
        let opened = options.read().in_memory()?;
        super::put(out, insert((*opened).clone())?)
    })
}

/// Releases the file now, whatever handles there are. Later calls on any of them answer CRM_CLOSED, and those that
/// wait for changes return. The handles are still to be freed.
#[unsafe(no_mangle)]
pub extern "C" fn crm_close(db: *const crm_db, err: Option<&mut *mut crm_error>) -> crm_status {
    guard(err, || {
        database(db)?.session()?.close()?;
        Ok(CRM_OK)
    })
}

/// Opens the file again, after crm_close() or an error CRM_NEEDS_REOPEN: what was acknowledged is there.
#[unsafe(no_mangle)]
pub extern "C" fn crm_reopen(db: *const crm_db, err: Option<&mut *mut crm_error>) -> crm_status {
    guard(err, || {
        database(db)?.session()?.reopen()?;
        Ok(CRM_OK)
    })
}

/// Frees a handle; NULL is allowed, and a handle that was freed before is CRM_MISUSE. Calls of other threads that
/// are under way with it end as they would. With the last handle, rows and subscriptions the file is released.
#[unsafe(no_mangle)]
pub extern "C" fn crm_free(db: *const crm_db) -> crm_status {
    guard_plain(|| {
        if !db.is_null() {
            drop(DATABASES.remove(db)?);
        }
        Ok(CRM_OK)
    })
}

/// A session of a user: its changes are logged as theirs.
///
/// Errors: CRM_NOT_FOUND.
#[unsafe(no_mangle)]
pub extern "C" fn crm_as_user(
    db: *const crm_db,
    user: crm_ref,
    out: Option<&mut *mut crm_db>,
    err: Option<&mut *mut crm_error>,
) -> crm_status {
    session(db, out, err, |session| Ok(session.as_user(user.id_of()?)?))
}

/// A session whose changes form a named operation, which crm_undo() can take back.
#[unsafe(no_mangle)]
pub extern "C" fn crm_operation(
    db: *const crm_db,
    name: crm_str,
    out: Option<&mut *mut crm_db>,
    err: Option<&mut *mut crm_error>,
) -> crm_status {
    session(db, out, err, |session| {
        Ok(session.operation(name.required("the name")?))
    })
}

/// A session whose changes are logged with a cause other than `user`: `import`, `sync`, …
#[unsafe(no_mangle)]
pub extern "C" fn crm_caused_by(
    db: *const crm_db,
    cause: crm_str,
    out: Option<&mut *mut crm_db>,
    err: Option<&mut *mut crm_error>,
) -> crm_status {
    session(db, out, err, |session| {
        Ok(session.caused_by(cause.required("the cause")?))
    })
}

/// A session whose changes set no rules off, for data that come from elsewhere.
#[unsafe(no_mangle)]
pub extern "C" fn crm_without_rules(
    db: *const crm_db,
    out: Option<&mut *mut crm_db>,
    err: Option<&mut *mut crm_error>,
) -> crm_status {
    session(db, out, err, |session| Ok(session.without_rules()))
}

/// A session that is made of another one.
pub(super) fn session(
    db: *const crm_db,
    out: Option<&mut *mut crm_db>,
    err: Option<&mut *mut crm_error>,
    of: impl FnOnce(&Session) -> Result<Session, Failure>,
) -> crm_status {
    guard(err, || {
        super::needed(out.is_some(), "out")?;
        let used = database(db)?;
        let session = of(used.session()?)?;
        super::put(out, insert(session)?)
    })
}

/// The acting user; CRM_ABSENT for the system.
#[unsafe(no_mangle)]
pub extern "C" fn crm_actor(
    db: *const crm_db,
    out: Option<&mut crm_ref>,
    err: Option<&mut *mut crm_error>,
) -> crm_status {
    guard(err, || {
        let used = database(db)?;
        let actor = used.session()?.actor();
        super::put(out, actor.map_or(crm_ref::ABSENT, crm_ref::new))?;
        Ok(if actor.is_some() { CRM_OK } else { CRM_ABSENT })
    })
}

/// The time by the database's clock, in microseconds since 1970-01-01T00:00:00Z.
#[unsafe(no_mangle)]
pub extern "C" fn crm_now(
    db: *const crm_db,
    out: Option<&mut i64>,
    err: Option<&mut *mut crm_error>,
) -> crm_status {
    guard(err, || {
        let used = database(db)?;
        super::put(out, used.session()?.now().timestamp_micros())
    })
}

/// The organisation's settings as a JSON object: `base_currency`, `region`, `time_zone`, `fiscal_year_start`.
#[unsafe(no_mangle)]
pub extern "C" fn crm_settings(
    db: *const crm_db,
    out: Option<&mut *mut crm_text>,
    err: Option<&mut *mut crm_error>,
) -> crm_status {
    guard(err, || {
        let used = database(db)?;
        give(
            out,
            crate::json::settings(&used.session()?.settings()).to_string(),
        )
    })
}

/// A clock that stands still until it is set, for tests and simulations.
#[allow(non_camel_case_types, reason = "the name in C")]
pub struct crm_clock {
    clock: Arc<ManualClock>,
    _counted: Counted,
}

/// Makes a clock that shows an instant, in microseconds since 1970-01-01T00:00:00Z. A database that was opened with
/// it may outlive it.
#[unsafe(no_mangle)]
pub extern "C" fn crm_clock_new(
    micros: i64,
    out: Option<&mut *mut crm_clock>,
    err: Option<&mut *mut crm_error>,
) -> crm_status {
    guard(err, || {
        super::needed(out.is_some(), "out")?;
        let clock = crm_clock {
            clock: Arc::new(ManualClock::new(instant(micros)?)),
            _counted: Counted::new(),
        };
        super::give(out, clock)
    })
}

/// Sets a clock.
#[unsafe(no_mangle)]
pub extern "C" fn crm_clock_set(clock: Option<&crm_clock>, micros: i64) -> crm_status {
    guard_plain(|| {
        super::given(clock, "the clock")?
            .clock
            .set(instant(micros)?);
        Ok(CRM_OK)
    })
}

/// Frees a clock; NULL is allowed.
#[unsafe(no_mangle)]
pub extern "C" fn crm_clock_free(clock: Option<Box<crm_clock>>) {
    guard_plain(|| {
        drop(clock);
        Ok(CRM_OK)
    });
}
