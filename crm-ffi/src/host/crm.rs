//! Opening a database, and who acts on it.

use std::sync::Arc;

use chrono::TimeDelta;
use crm_core::{Crm as Engine, ManualClock as EngineClock, SequentialIds, Session};

use super::error::{CrmError, Result};
use super::value::{DateTime, Ref, unsigned};
use super::wire::{Encoding, Wire};
use crate::count::Counted;
use crm_core::schema::Catalog;

/// How a database is opened.
#[derive(uniffi::Record)]
pub struct OpenOptions {
    /// The form in which records and values cross; the host's own layer chooses it.
    pub encoding: Encoding,
    /// The bytes of memory that the store's cache may take; 64 MiB where it is not given.
    #[uniffi(default = None)]
    pub cache_bytes: Option<i64>,
    /// The most bytes that are kept of a document's content; 8 MiB where it is not given.
    #[uniffi(default = None)]
    pub document_bytes_max: Option<i64>,
    /// The bytes of the journal beside the file, in which small commits are made durable first; 4 MiB where it is not
    /// given. With 0 there is none: the file is at every moment all there is, and a save takes several times as long.
    #[uniffi(default = None)]
    pub journal_bytes: Option<i64>,
    /// A clock that the host sets, for tests and simulations; the operating system's where it is not given.
    #[uniffi(default = None)]
    pub clock: Option<Arc<ManualClock>>,
    /// Ids that count up instead of random ones, for tests and simulations.
    #[uniffi(default = false)]
    pub sequential_ids: bool,
    /// Opens a file whose journal belongs to another database, is damaged or is missing, without the commits in it,
    /// though they were acknowledged. The journal is renamed, to `FILE-journal-discarded-` and an id.
    #[uniffi(default = false)]
    pub discard_journal: bool,
}

impl OpenOptions {
    fn known(&self) -> Result<crm_core::Options> {
        let mut options = Engine::options();
        if let Some(bytes) = self.cache_bytes {
            options = options.cache_bytes(unsigned(bytes, "cache_bytes")?);
        }
        if let Some(bytes) = self.document_bytes_max {
            options = options.document_bytes_max(unsigned(bytes, "document_bytes_max")?);
        }
        if let Some(bytes) = self.journal_bytes {
            options = options.journal_bytes(unsigned(bytes, "journal_bytes")?);
        }
        if let Some(clock) = &self.clock {
            options = options.clock(Arc::clone(&clock.clock));
        }
        if self.sequential_ids {
            options = options.ids(SequentialIds::default());
        }
        Ok(options.discard_journal(self.discard_journal))
    }
}

/// A clock that stands still until it is set.
#[derive(uniffi::Object)]
pub struct ManualClock {
    clock: Arc<EngineClock>,
    _counted: Counted,
}

#[uniffi::export]
impl ManualClock {
    /// A clock that shows `now`.
    #[uniffi::constructor]
    pub fn new(now: DateTime) -> Result<Arc<Self>> {
        Ok(Arc::new(ManualClock {
            clock: Arc::new(EngineClock::new(now.known()?)),
            _counted: Counted::new(),
        }))
    }

    /// Sets the clock.
    pub fn set(&self, now: DateTime) -> Result<()> {
        self.clock.set(now.known()?);
        Ok(())
    }

    /// Moves the clock forward.
    pub fn advance(&self, milliseconds: i64) -> Result<()> {
        let by = TimeDelta::try_milliseconds(milliseconds).ok_or_else(|| {
            CrmError::invalid(&milliseconds.to_string(), "the time is out of range")
        })?;
        self.clock.advance(by);
        Ok(())
    }
}

/// An open database, or somebody who acts on it: the system, or the user of [`Crm::as_user`]. It is used from many
/// threads at once: readers never wait, writers share the price of making their commits durable. Calls block until
/// they are done.
#[derive(uniffi::Object)]
pub struct Crm {
    pub(super) session: Session,
    encoding: Encoding,
    _counted: Counted,
}

#[uniffi::export]
impl Crm {
    /// Opens a file, making it if it does not exist.
    ///
    /// Fails with `Locked` if another process or handle has it open, `NewerFormat` for a file of a later version,
    /// `Corrupt` for a damaged one, `Io`, `Full`.
    #[uniffi::constructor]
    pub fn open(path: String, options: OpenOptions) -> Result<Arc<Self>> {
        Ok(Crm::of(&options, options.known()?.open(path)?))
    }

    /// Makes a database in memory, gone when it is released.
    #[uniffi::constructor]
    pub fn in_memory(options: OpenOptions) -> Result<Arc<Self>> {
        Ok(Crm::of(&options, options.known()?.in_memory()?))
    }

    /// Releases the file now. Later calls on this and on every session of the database fail with `Closed`, and those
    /// that wait for changes return with it. A second call does nothing.
    pub fn shutdown(&self) -> Result<()> {
        Ok(self.session.close()?)
    }

    /// The same database with a user acting: what it changes is logged with the user.
    ///
    /// Fails with `NotFound` if there is no such user.
    pub fn as_user(&self, user: Ref) -> Result<Arc<Self>> {
        Ok(self.with(self.session.as_user(user.of()?)?))
    }

    /// The same database, with changes that form a named operation, which `undo` can take back.
    pub fn operation(&self, name: String) -> Result<Arc<Self>> {
        Ok(self.with(self.session.operation(&name)))
    }

    /// The same database, with changes that are logged with a cause other than `user`: `import`, `sync`, …
    pub fn caused_by(&self, cause: String) -> Result<Arc<Self>> {
        Ok(self.with(self.session.caused_by(&cause)))
    }

    /// The same database, with changes that set no rules off, for data that comes from elsewhere.
    pub fn without_rules(&self) -> Result<Arc<Self>> {
        Ok(self.with(self.session.without_rules()))
    }

    /// The acting user; null for the system.
    pub fn actor(&self) -> Result<Option<Ref>> {
        Ok(self
            .session
            .actor()
            .map(|actor| Ref::new(&self.session.catalog(), actor)))
    }

    /// The time by the host's clock.
    pub fn now(&self) -> Result<DateTime> {
        Ok(self.session.now().into())
    }
}

impl Crm {
    fn of(options: &OpenOptions, engine: Engine) -> Arc<Self> {
        Crm::over((*engine).clone(), options.encoding)
    }

    pub(super) fn over(session: Session, encoding: Encoding) -> Arc<Self> {
        Arc::new(Crm {
            session,
            encoding,
            _counted: Counted::new(),
        })
    }

    fn with(&self, session: Session) -> Arc<Self> {
        Crm::over(session, self.encoding)
    }

    /// The names that results are told by.
    pub(super) fn catalog(&self) -> Arc<Catalog> {
        self.session.catalog()
    }

    pub(super) fn wire<'c>(&self, catalog: &'c Catalog) -> Wire<'c> {
        Wire::new(self.encoding, catalog)
    }

    /// A reference as the engine has it.
    pub(super) fn known(&self, record: &Ref) -> Result<crm_core::Ref> {
        record.known(&self.catalog())
    }
}
