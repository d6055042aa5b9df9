//! The change feed and live queries. Both pull; who has an event loop is told after each commit that it is time to.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crm_core::{Stopper, Update as EngineUpdate, Wake as EngineWake, Watch as EngineWatch};

use super::crm::Crm;
use super::error::Result;
use super::past::{ChangeKind, Commit, FieldChange};
use super::read::Query;
use super::value::{Record, Records, Ref, signed, unsigned};
use crate::count::Counted;

/// One record's change in a commit.
#[derive(uniffi::Record)]
pub struct LogEntry {
    /// The commit's place in the log.
    pub sequence: i64,
    /// The entry's place in the commit, from 1.
    pub n: i64,
    /// The record.
    pub record: Ref,
    /// What happened to it.
    pub kind: ChangeKind,
    /// Why, if not for the commit's reason: the rule that did it.
    pub cause: Option<String>,
    /// The fields that changed; empty for a creation.
    pub changes: Vec<FieldChange>,
}

/// A commit and what it changed.
#[derive(uniffi::Record)]
pub struct CommitChanges {
    /// Who, when and why; its sequence number is the cursor of the feed.
    pub commit: Commit,
    /// The records that changed, in order.
    pub entries: Vec<LogEntry>,
}

/// What a subscription watches.
#[derive(uniffi::Enum)]
pub enum Watch {
    /// Every record.
    Everything,
    /// One record.
    Record { record: Ref },
    /// The records that a query selects; its order and its page do not matter.
    Query { query: Query },
}

/// What has changed in what a subscription watches.
#[derive(uniffi::Enum)]
pub enum Update {
    /// The first batch: what is there. Empty for `Everything`, which tells of changes only.
    Reset { records: Records },
    /// A record is new among those watched.
    Added { record: Record },
    /// A watched record has changed.
    Changed { record: Record },
    /// A record is no longer among those watched.
    Removed { record: Ref },
}

/// Watches records; see [`Crm::watch`]. One thread waits in it at a time; any thread can stop it.
#[derive(uniffi::Object)]
pub struct Subscription {
    crm: Arc<Crm>,
    subscription: Mutex<crm_core::Subscription>,
    stopper: Stopper,
    _counted: Counted,
}

#[uniffi::export]
impl Subscription {
    /// What has changed since the batch before: at once if something has, else as soon as it does, else, after the
    /// timeout, nothing. The first batch says what is there. A timeout of 0 does not wait.
    ///
    /// Fails with `Cancelled` once it is stopped, `Closed` once the database is.
    pub fn next_batch(&self, timeout_ms: i64) -> Result<Vec<Update>> {
        let timeout = Duration::from_millis(unsigned(timeout_ms, "timeout_ms")?);
        let mut subscription = self
            .subscription
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let updates = subscription.next_batch(Some(timeout))?;
        let catalog = self.crm.catalog();
        let wire = self.crm.wire(&catalog);
        let update = |update| match update {
            EngineUpdate::Reset(records) => Update::Reset {
                records: wire.records(&records),
            },
            EngineUpdate::Added(record) => Update::Added {
                record: wire.record(&record),
            },
            EngineUpdate::Changed(record) => Update::Changed {
                record: wire.record(&record),
            },
            EngineUpdate::Removed(record) => Update::Removed {
                record: Ref::new(&catalog, record),
            },
        };
        Ok(updates.into_iter().map(update).collect())
    }

    /// Ends the call that waits, if one does, and all later ones, with `Cancelled`.
    pub fn stop(&self) -> Result<()> {
        self.stopper.stop();
        Ok(())
    }
}

/// Is told that something was committed, or that the database is closed; see [`Crm::on_commit`].
#[uniffi::export(foreign)]
pub trait CommitListener: Send + Sync {
    /// Signals, and returns at once: it holds up the thread that has written. What it throws is dropped.
    fn on_commit(&self) -> Result<()>;
}

/// Keeps a listener called; see [`Crm::on_commit`].
#[derive(uniffi::Object)]
pub struct Wake {
    wake: Mutex<Option<EngineWake>>,
    _counted: Counted,
}

#[uniffi::export]
impl Wake {
    /// Ends the calls; one that is under way on another thread runs to its end.
    pub fn stop(&self) -> Result<()> {
        let wake = self
            .wake
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        drop(wake);
        Ok(())
    }
}

#[uniffi::export]
impl Crm {
    /// Calls a listener after each commit, on the thread that has made it, and when the database is closed, until the
    /// result is stopped or released. It is for hosts with an event loop, which then ask `changes` or a subscription,
    /// without a thread that waits.
    pub fn on_commit(&self, listener: Arc<dyn CommitListener>) -> Result<Arc<Wake>> {
        let wake = self.session.on_commit(move || {
            // The commit is made, whatever becomes of the signal.
            let _ = listener.on_commit();
        });
        Ok(Arc::new(Wake {
            wake: Mutex::new(Some(wake)),
            _counted: Counted::new(),
        }))
    }

    /// What has been committed after a sequence number, oldest first, in whole commits, about so many entries; empty
    /// if nothing has. The last commit's number is where to go on, also after a restart. 0 begins with the first
    /// commit.
    #[uniffi::method(default(entries_max = 1000))]
    pub fn changes(&self, after: i64, entries_max: i64) -> Result<Vec<CommitChanges>> {
        let after = unsigned(after, "after")?;
        let changes = self
            .session
            .changes(after, unsigned(entries_max, "entries_max")?)?;
        Ok(self.commits(changes))
    }

    /// As `changes`, waiting for the first one if there is none yet.
    #[uniffi::method(default(entries_max = 1000))]
    pub fn wait_for_changes(
        &self,
        after: i64,
        timeout_ms: i64,
        entries_max: i64,
    ) -> Result<Vec<CommitChanges>> {
        let timeout = Duration::from_millis(unsigned(timeout_ms, "timeout_ms")?);
        let (after, entries_max) = (
            unsigned(after, "after")?,
            unsigned(entries_max, "entries_max")?,
        );
        Ok(self.commits(self.session.wait_for_changes(after, entries_max, timeout)?))
    }

    /// The number of the last commit.
    pub fn sequence(&self) -> Result<i64> {
        Ok(signed(self.session.sequence()))
    }

    /// Watches records. The first batch says what is there, the later ones what has changed.
    ///
    /// Fails as `find` does, for the query.
    pub fn watch(self: Arc<Self>, watch: Watch) -> Result<Arc<Subscription>> {
        let watch = match watch {
            Watch::Everything => EngineWatch::Everything,
            Watch::Record { record } => EngineWatch::Record(self.known(&record)?),
            Watch::Query { query } => EngineWatch::Query(query.known()?),
        };
        let subscription = self.session.watch(watch)?;
        let stopper = subscription.stopper();
        Ok(Arc::new(Subscription {
            crm: self,
            subscription: Mutex::new(subscription),
            stopper,
            _counted: Counted::new(),
        }))
    }
}

impl Crm {
    fn commits(&self, commits: Vec<crm_core::CommitChanges>) -> Vec<CommitChanges> {
        let catalog = self.catalog();
        let wire = self.wire(&catalog);
        let entry = |entry: crm_core::LogEntry| {
            let crm_core::LogEntry {
                sequence,
                n,
                record,
                kind,
                cause,
                changes,
            } = entry;
            LogEntry {
                sequence: signed(sequence),
                n: n.into(),
                record: Ref::new(&catalog, record),
                kind,
                cause,
                changes: FieldChange::all(wire, record.object, &changes),
            }
        };
        let commit = |changes: crm_core::CommitChanges| {
            let crm_core::CommitChanges { commit, entries } = changes;
            CommitChanges {
                commit: Commit::new(&catalog, commit),
                entries: entries.into_iter().map(entry).collect(),
            }
        };
        commits.into_iter().map(commit).collect()
    }
}
