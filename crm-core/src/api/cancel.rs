//! Ending reads that take too long.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use chrono::{DateTime, Utc};

use super::session::Session;
use crate::engine::Clock;
use crate::error::{Detail, Result};

/// Ends the reads of the sessions that watch it, from any thread, or when a time has come. Cheap to clone: the clones
/// are one.
///
/// A read that is ended fails with `Cancelled`, within a record or so. One expression on one record is bounded for
/// itself, by [`EXPRESSION_STEPS_MAX`](crate::limits::EXPRESSION_STEPS_MAX).
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
    /// One that ends reads when it is told to.
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

    /// Ends the reads, and those that are begun later.
    pub fn cancel(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }

    /// True after [`cancel`](Cancel::cancel), and after a read was ended because the time had come.
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
    /// A session whose reads a [`Cancel`] ends: pages, counts, aggregates, searches, timelines, exports, checks. Its
    /// writes go on as those of others do.
    pub fn cancelled_by(&self, cancel: &Cancel) -> Session {
        let mut session = self.clone();
        session.cancel = Some(cancel.clone());
        session
    }
}
