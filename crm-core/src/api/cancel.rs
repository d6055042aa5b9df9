//! Ending calls that take too long.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use chrono::{DateTime, Utc};

use super::session::Session;
use crate::engine::Clock;
use crate::error::{Detail, Result};
use crate::store::GoOn;

/// Ends the calls of the sessions that watch it, from any thread, or when a time has come. Cheap to clone: the clones
/// are one.
///
/// A call that is ended fails with `Cancelled`, within a record or so, and has changed nothing. One expression on one
/// record is bounded for itself, by [`EXPRESSION_STEPS_MAX`](crate::limits::EXPRESSION_STEPS_MAX).
///
/// | calls | when they are ended |
/// |---|---|
/// | what reads: pages, counts, aggregates, searches, timelines, exports, `check` | at once |
/// | what changes in one transaction: a batch, a restoration from the trash, an undo, a change of the schema, `repair` | up to the commit; then the change is made, and the call says so |
/// | what works in several: `maintain`, `index_field` | the one under way; those before it stay, and a later call goes on |
/// | `import_csv` | between rows, with a report of those that are in, as its `progress` does |
/// | `backup`, `backup_since`, `compact` | as their `progress` does; no file is left, or that which was there |
/// | what waits: for changes, in a subscription, for another writer's turn | when it has waited: by its own timeout, or by [`Stopper`](crate::Stopper) |
///
/// Opening, closing, `Crm::restore` and `Crm::salvage` are calls of no session; the last two have a `progress`.
///
/// ```
/// use crm_core::{Cancel, Code, Company, Crm};
/// let crm = Crm::in_memory()?;
/// crm.create(Company::draft().name("Acme"))?;
/// let cancel = Cancel::new();
/// let session = crm.cancelled_by(&cancel);
/// assert_eq!(session.count("company", "name == 'Acme'")?, 1);
/// // Another thread would do it while the session reads.
/// cancel.cancel();
/// assert_eq!(session.count("company", "name == 'Acme'").unwrap_err().code(), Code::Cancelled);
/// # Ok::<(), crm_core::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Cancel {
    cancelled: Arc<AtomicBool>,
    deadline: Option<DateTime<Utc>>,
}

impl Cancel {
    /// One that ends calls when it is told to.
    pub fn new() -> Self {
        Cancel::default()
    }

    /// One that also ends them at a time, by the clock of the database, which is asked for each record.
    pub fn at(deadline: DateTime<Utc>) -> Self {
        Cancel {
            deadline: Some(deadline),
            ..Cancel::default()
        }
    }

    /// Ends the calls, and those that are begun later.
    pub fn cancel(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }

    /// True after [`cancel`](Cancel::cancel), and after a call was ended because the time had come.
    pub fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }

    /// Fails with `Cancelled` when what it watches is to end.
    pub(super) fn check(&self, clock: &dyn Clock) -> Result<()> {
        let is_over = |deadline: DateTime<Utc>| clock.now() >= deadline;
        if self.is_cancelled() {
            return Err(Detail::Cancelled.into());
        }
        if self.deadline.is_some_and(is_over) {
            self.cancel();
            return Err(Detail::Cancelled.into());
        }
        Ok(())
    }
}

impl Session {
    /// A session whose calls a [`Cancel`] ends, as do those that end the calls of this one.
    pub fn cancelled_by(&self, cancel: &Cancel) -> Session {
        let mut session = self.clone();
        session.cancels.push(cancel.clone());
        session
    }

    /// The same session, whose calls nobody ends: for what has to follow a commit.
    pub(crate) fn to_the_end(&self) -> Session {
        let mut session = self.clone();
        session.cancels.clear();
        session
    }

    /// What fails once the calls of the session are to end; `None` where nobody can end them.
    pub(crate) fn go_on(&self) -> Option<GoOn> {
        if self.cancels.is_empty() {
            return None;
        }
        let (cancels, shared) = (self.cancels.clone(), self.shared.clone());
        let check = move |cancel: &Cancel| cancel.check(&*shared.host.clock);
        Some(Arc::new(move || cancels.iter().try_for_each(&check)))
    }

    /// Fails with `Cancelled` once the calls of the session are to end.
    pub(crate) fn check_going_on(&self) -> Result<()> {
        self.go_on().map_or(Ok(()), |go_on| go_on())
    }

    /// What a long job tells how far it is, and which stops it, as a [`Cancel`] does.
    pub(crate) fn stopping<P>(
        &self,
        progress: &mut dyn FnMut(P) -> ControlFlow<()>,
    ) -> impl FnMut(P) -> ControlFlow<()> {
        let go_on = self.go_on();
        move |told| match &go_on {
            Some(go_on) if go_on().is_err() => ControlFlow::Break(()),
            _ => progress(told),
        }
    }
}
