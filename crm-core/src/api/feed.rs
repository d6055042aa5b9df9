//! The change feed and live queries. Both pull: a host asks for what has happened since a place that it keeps,
//! and may wait for it. Nothing is called back, so that nothing runs on a thread that the host did not choose.

use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::session::Session;
use crate::engine::{Commit, LogEntry, page_after};
use crate::error::Result;
use crate::query::Query;
use crate::record::Record;
use crate::value::{Id, Ref};

/// Log entries that one look at the log reads.
const ENTRIES_MAX: usize = 1_000;

/// Rung after each commit.
#[derive(Default)]
pub(crate) struct Bell {
    rings: Mutex<u64>,
    rung: Condvar,
}

impl Bell {
    pub(super) fn ring(&self) {
        *self.rings.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.rung.notify_all();
    }

    fn rings(&self) -> u64 {
        *self.rings.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until the bell has been rung again since `heard`, or the time is over.
    fn wait(&self, heard: u64, timeout: Duration) {
        let deadline = Instant::now() + timeout;
        let mut rings = self.rings.lock().unwrap_or_else(PoisonError::into_inner);
        while *rings == heard {
            let Some(left) = deadline
                .checked_duration_since(Instant::now())
                .filter(|left| !left.is_zero())
            else {
                return;
            };
            rings = self
                .rung
                .wait_timeout(rings, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }
}

/// A commit and what it changed.
#[derive(Debug, Clone, PartialEq)]
pub struct CommitChanges {
    /// Who, when and why; its sequence number is the cursor of the feed.
    pub commit: Commit,
    /// The records that changed, in order.
    pub entries: Vec<LogEntry>,
}

/// What a subscription watches.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Watch {
    /// Every record.
    Everything,
    /// One record.
    Record(Ref),
    /// The records that a query selects; its order and limit do not matter.
    Query(Query),
}

/// What has changed in what a subscription watches.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Update {
    /// The first batch: everything that is there.
    Reset(Vec<Record>),
    /// A record is new among those watched.
    Added(Record),
    /// A watched record has changed.
    Changed(Record),
    /// A record is no longer among those watched: deleted, or the filter does not select it any more.
    Removed(Ref),
}

/// Watches records; see [`Session::watch`].
pub struct Subscription {
    session: Session,
    watch: Watch,
    cursor: u64,
    /// The versions of the watched records, for a query or a record.
    known: BTreeMap<Id, u64>,
    started: bool,
}

impl Session {
    /// What has been committed after a sequence number, oldest first, in whole commits; empty if nothing has.
    /// The last commit's number is where to go on, also after a restart. 0 begins with the first commit.
    ///
    /// # Errors
    /// `Corrupt`, `Io`.
    pub fn changes(&self, after: u64, entries_max: usize) -> Result<Vec<CommitChanges>> {
        self.read(|reader| {
            let page = page_after(reader.read, after, entries_max.max(1))?;
            Ok(page
                .into_iter()
                .map(|(commit, entries)| CommitChanges { commit, entries })
                .collect())
        })
    }

    /// As [`changes`](Session::changes), waiting for the first one if there is none yet.
    ///
    /// # Errors
    /// As [`changes`](Session::changes).
    pub fn wait_for_changes(
        &self,
        after: u64,
        entries_max: usize,
        timeout: Duration,
    ) -> Result<Vec<CommitChanges>> {
        let deadline = Instant::now() + timeout;
        loop {
            let bell = &self.shared().bell;
            let heard = bell.rings();
            let changes = self.changes(after, entries_max)?;
            let left = deadline.saturating_duration_since(Instant::now());
            if !changes.is_empty() || left.is_zero() {
                return Ok(changes);
            }
            bell.wait(heard, left);
        }
    }

    /// The number of the last commit.
    pub fn sequence(&self) -> u64 {
        self.published().extra.counters.sequence
    }

    /// Watches records. The first batch says what is there, the later ones what has changed.
    ///
    /// # Errors
    /// As [`find`](Session::find), for the query.
    ///
    /// ```
    /// use crm_core::{Crm, Query, Task, Update, Watch};
    /// let crm = Crm::in_memory()?;
    /// let mut open = crm.watch(Watch::Query(Query::of("task").filter("status == 'open'")))?;
    /// assert_eq!(open.next_batch(None)?, [Update::Reset(vec![])]);
    /// crm.create(Task::draft().subject("Call Ada back"))?;
    /// assert!(matches!(open.next_batch(None)?[..], [Update::Added(_)]));
    /// # Ok::<(), crm_core::Error>(())
    /// ```
    pub fn watch(&self, watch: Watch) -> Result<Subscription> {
        let mut subscription = Subscription {
            session: self.clone(),
            watch,
            cursor: 0,
            known: BTreeMap::new(),
            started: false,
        };
        // A query that cannot be answered is refused now rather than by the first batch.
        if let Watch::Query(query) = &subscription.watch {
            self.explain(query)?;
        }
        subscription.cursor = self.sequence();
        Ok(subscription)
    }
}

impl Subscription {
    /// The next batch in the order of commits: at once if there is one, else as soon as there is, else, after
    /// the timeout, an empty one. Without a timeout it does not wait.
    ///
    /// # Errors
    /// `Corrupt`, `Io`.
    pub fn next_batch(&mut self, timeout: Option<Duration>) -> Result<Vec<Update>> {
        if !self.started {
            self.started = true;
            return Ok(vec![Update::Reset(self.reset()?)]);
        }
        let deadline = Instant::now() + timeout.unwrap_or_default();
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let commits = self
                .session
                .wait_for_changes(self.cursor, ENTRIES_MAX, left)?;
            let Some(last) = commits.last() else {
                return Ok(Vec::new());
            };
            self.cursor = last.commit.sequence;
            let mut touched: Vec<Ref> = commits
                .iter()
                .flat_map(|commit| &commit.entries)
                .map(|entry| entry.record)
                .collect();
            // One update for each record, at the place of its last change.
            touched.reverse();
            let mut seen = std::collections::BTreeSet::new();
            touched.retain(|record| seen.insert(*record));
            touched.reverse();
            let mut updates = Vec::new();
            for record in touched {
                updates.extend(self.update_of(record)?);
            }
            if !updates.is_empty() {
                return Ok(updates);
            }
        }
    }

    fn reset(&mut self) -> Result<Vec<Record>> {
        self.cursor = self.session.sequence();
        let records = match &self.watch {
            Watch::Everything => Vec::new(),
            Watch::Record(record) => self
                .session
                .find_record(*record)?
                .into_iter()
                .filter(|record| !record.is_deleted())
                .collect(),
            Watch::Query(query) => {
                let mut query = Query {
                    limit: crate::limits::PAGE_LEN_MAX,
                    after: String::new(),
                    ..query.clone()
                };
                let mut records = Vec::new();
                loop {
                    let page = self.session.find(&query)?;
                    records.extend(page.rows);
                    match page.next {
                        Some(next) => query.after = next,
                        None => break records,
                    }
                }
            }
        };
        self.known = records
            .iter()
            .map(|record| (record.id(), record.version()))
            .collect();
        Ok(records)
    }

    fn update_of(&mut self, reference: Ref) -> Result<Option<Update>> {
        let current = self
            .session
            .find_record(reference)?
            .filter(|record| !record.is_deleted());
        let watched = match &self.watch {
            Watch::Everything => {
                let is_new = current
                    .as_ref()
                    .is_some_and(|record| record.created_at() == record.updated_at());
                return Ok(Some(match current {
                    Some(record) if is_new => Update::Added(record),
                    Some(record) => Update::Changed(record),
                    None => Update::Removed(reference),
                }));
            }
            Watch::Record(record) => *record == reference,
            Watch::Query(query) => match &current {
                Some(record) => self.session.selects(query, record)?,
                None => false,
            },
        };
        let current = current.filter(|_| watched);
        let known = match &current {
            Some(record) => self.known.insert(reference.id, record.version()),
            None => self.known.remove(&reference.id),
        };
        Ok(match (known, current) {
            (None, None) => None,
            (None, Some(record)) => Some(Update::Added(record)),
            (Some(version), Some(record)) => {
                (version != record.version()).then_some(Update::Changed(record))
            }
            (Some(_), None) => Some(Update::Removed(reference)),
        })
    }
}

impl Session {
    /// True if a query selects a record.
    fn selects(&self, query: &Query, record: &Record) -> Result<bool> {
        self.read(|reader| reader.selects(query, record))
    }
}
