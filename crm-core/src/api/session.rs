//! Somebody who acts.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use chrono::{DateTime, Datelike, Utc};

use super::bell::Bell;
use super::cancel::Cancel;
use crate::access::Lens;
use crate::engine::{Authority, Host, Origin, Settings, State, Work, check_active, to_micros};
use crate::error::{Detail, Error, Result};
use crate::limits;
use crate::objects::User;
use crate::query::{Columns, Reader};
use crate::rules;
use crate::schema::Catalog;
use crate::store::{Committer, Published};
use crate::value::{Id, Ref};

/// Somebody who acts on a database: a user, or the system. What a session changes is logged with its actor and
/// its cause. Cheap to clone.
#[derive(Clone)]
pub struct Session {
    pub(super) shared: Arc<Shared>,
    origin: Origin,
    automate: bool,
    /// Each of them ends it.
    pub(super) cancels: Vec<Cancel>,
}

/// What the sessions of a database share.
pub(crate) struct Shared {
    pub committer: Committer<State>,
    pub host: Host,
    pub document_bytes_max: usize,
    pub columns: Columns,
    pub bell: Bell,
    /// Set by `close`: what has been published stays in memory, and is not to be read any more.
    pub closed: AtomicBool,
    /// The file and how it is opened; locked while it is opened again.
    #[cfg(feature = "redb")]
    pub file: Option<std::sync::Mutex<(std::path::PathBuf, crate::store::Options)>>,
}

impl Shared {
    pub fn check_open(&self) -> Result<()> {
        if self.closed.load(Ordering::Acquire) {
            return Err(Detail::Closed.into());
        }
        Ok(())
    }

    /// Where the file is, if there is one.
    #[cfg(feature = "redb")]
    pub fn path(&self) -> Option<std::path::PathBuf> {
        let file = self.file.as_ref()?;
        let file = file
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        Some(file.0.clone())
    }
}

impl Session {
    pub(super) fn of_system(shared: Arc<Shared>) -> Self {
        Session {
            shared,
            origin: Origin {
                cause: "user".to_owned(),
                ..Origin::default()
            },
            automate: true,
            cancels: Vec::new(),
        }
    }

    pub(super) fn shared(&self) -> &Shared {
        &self.shared
    }

    /// A session of a user. When the user is switched off or deleted later, the session can still read, and
    /// changes nothing any more.
    ///
    /// # Errors
    /// `NotFound` if there is no such user, `Invalid` if the user is switched off.
    pub fn as_user(&self, user: Id<User>) -> Result<Session> {
        let actor = user.reference();
        let user = self.get(user)?;
        check_active(&self.catalog(), &user)?;
        let mut session = self.clone();
        session.origin.authority = Authority::of(Some(actor));
        Ok(session)
    }

    /// A session whose changes form a named operation, which [`undo`](Session::undo) can take back.
    pub fn operation(&self, name: &str) -> Session {
        let mut session = self.clone();
        session.origin.operation = Some(name.to_owned());
        session
    }

    /// A session whose changes are part of no operation.
    pub(crate) fn without_operation(&self) -> Session {
        let mut session = self.clone();
        session.origin.operation = None;
        session
    }

    /// A session whose changes are logged with a cause other than `user`: `import`, `sync`, …
    pub fn caused_by(&self, cause: &str) -> Session {
        let mut session = self.clone();
        session.origin.cause = cause.to_owned();
        session
    }

    /// A session whose changes set no rules off, for data that comes from elsewhere.
    pub fn without_rules(&self) -> Session {
        let mut session = self.clone();
        session.automate = false;
        session
    }

    /// The acting user; `None` for the system.
    pub fn actor(&self) -> Option<Ref> {
        self.origin.authority.actor
    }

    /// The time by the host's clock.
    pub fn now(&self) -> DateTime<Utc> {
        to_micros(self.shared.host.clock.now())
    }

    /// The time by the host's clock, if a date can hold it: what is written would show a time that nothing reads.
    pub(super) fn told_time(&self) -> Result<DateTime<Utc>> {
        let now = self.now();
        if limits::CLOCK_YEARS.contains(&now.year()) {
            return Ok(now);
        }
        let reason = "the host's clock is outside of the years 1 to 9999; set it right";
        Err(Error::invalid(now, reason))
    }

    /// The schema.
    pub fn catalog(&self) -> Arc<Catalog> {
        self.published().extra.catalog.clone()
    }

    /// The organisation's settings.
    pub fn settings(&self) -> Arc<Settings> {
        self.published().extra.settings.clone()
    }

    pub(super) fn published(&self) -> Arc<Published<State>> {
        self.shared.committer.read()
    }

    /// Reads from the last commit.
    pub(crate) fn read<R>(&self, f: impl FnOnce(&Reader<'_>) -> Result<R>) -> Result<R> {
        self.read_at(&self.published(), f)
    }

    /// Reads from an earlier commit.
    pub(super) fn read_at<R>(
        &self,
        published: &Published<State>,
        f: impl FnOnce(&Reader<'_>) -> Result<R>,
    ) -> Result<R> {
        self.shared.check_open()?;
        let reader = Reader {
            lens: self.lens(published),
            now: self.told_time()?,
            columns: &self.shared.columns,
        };
        let Some(go_on) = self.go_on() else {
            return f(&reader);
        };
        let state = reader.lens.stoppable(&*go_on);
        f(&Reader {
            lens: reader.lens.until_stopped(&state),
            ..reader
        })
    }

    /// What the session may see of a commit.
    pub(super) fn lens<'a>(&self, published: &'a Published<State>) -> Lens<'a> {
        Lens::on(published, self.origin.authority.actor)
    }

    /// The one way in: runs a transaction, lets rules react to it, commits it and rings the bell.
    pub(crate) fn transact<R>(&self, f: impl FnOnce(&mut Work<'_, '_>) -> Result<R>) -> Result<R> {
        self.transact_and_read(f, |_, result| Ok(result))
    }

    /// As [`transact`](Session::transact); `read` sees what `f` and the rules after it have written.
    pub(crate) fn transact_and_read<C, R>(
        &self,
        f: impl FnOnce(&mut Work<'_, '_>) -> Result<C>,
        read: impl FnOnce(&Work<'_, '_>, C) -> Result<R>,
    ) -> Result<R> {
        let shared = &*self.shared;
        let now = self.told_time()?;
        let go_on = self.go_on();
        let result = shared.committer.write(|txn, state| {
            txn.read_while(go_on);
            let mut work = Work::begin(txn, state, &shared.host, self.origin.clone(), now)?;
            let changed = f(&mut work).map_err(|error| Lens::within(&work).told(error))?;
            rules::react(&mut work, self.automate)?;
            let result = read(&work, changed)?;
            work.finish()?;
            // What was made of a read that was ended is not committed, whoever has taken its error.
            txn.go_on()?;
            Ok(result)
        })?;
        shared.bell.ring_and_wake();
        Ok(result)
    }

    /// As [`transact`](Session::transact), and nothing of it remains.
    pub(crate) fn rehearse<R>(&self, f: impl FnOnce(&mut Work<'_, '_>) -> Result<R>) -> Result<R> {
        let shared = &*self.shared;
        shared.check_open()?;
        let now = self.told_time()?;
        let go_on = self.go_on();
        shared.committer.dry_run(|txn, state| {
            txn.read_while(go_on);
            let mut work = Work::begin(txn, state, &shared.host, self.origin.clone(), now)?;
            let result = f(&mut work).map_err(|error| Lens::within(&work).told(error))?;
            rules::react(&mut work, self.automate)?;
            work.finish()?;
            Ok(result)
        })
    }

    pub(crate) fn automates(&self) -> bool {
        self.automate
    }
}
