//! The change feed and live queries. Both pull: a host asks for what has happened since a place that it keeps,
//! and may wait for it. Nothing is called back, so that nothing runs on a thread that the host did not choose.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::bell::{Wake, deadline};
use super::session::Session;
use crate::engine::{ChangeKind, Commit, LogEntry};
use crate::error::{Detail, Result};
use crate::query::{Query, Reader, Selection};
use crate::record::Record;
use crate::value::{Id, Ref};

/// Log entries that are in memory at once while a subscription catches up.
const ENTRIES_MAX: usize = 1_000;

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
pub enum Watch {
    /// Every record.
    Everything,
    /// One record.
    Record(Ref),
    /// The records that a query selects; its order and its page do not matter. A filter that follows
    /// references sees the change of a record that is referred to; one that is relative to the time sees that
    /// it has passed when the record changes.
    Query(Query),
}

/// What has changed in what a subscription watches.
#[derive(Debug, Clone, PartialEq)]
pub enum Update {
    /// The first batch: what is there. Empty for [`Watch::Everything`], which tells of changes only: those since
    /// [`Session::watch`] was called.
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
    /// The commit up to which it has told.
    cursor: u64,
    /// The versions of the watched records, for a query or a record.
    known: BTreeMap<Id, u64>,
    started: bool,
    stopped: Arc<AtomicBool>,
}

/// Stops a subscription from another thread than the one that waits in it; see [`Subscription::stopper`].
#[derive(Clone)]
pub struct Stopper {
    session: Session,
    stopped: Arc<AtomicBool>,
}

impl Stopper {
    /// Ends the call that waits, if one does, and all later ones, with `Cancelled`.
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::Release);
        self.session.shared().bell.ring();
    }
}

/// What the log says of a record between two looks.
struct Touched {
    /// The place of its last change.
    last: (u64, u32),
    was_live: bool,
    went_to_trash: bool,
}

impl Session {
    /// What has been committed after a sequence number, oldest first, in whole commits; empty if nothing has.
    /// The last commit's number is where to go on, also after a restart. 0 begins with the first commit.
    ///
    /// # Errors
    /// `Corrupt`, `Io`.
    pub fn changes(&self, after: u64, entries_max: usize) -> Result<Vec<CommitChanges>> {
        self.read(|reader| {
            let page = reader.lens.changes_after(after, entries_max.max(1))?;
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
        let deadline = deadline(timeout);
        loop {
            let bell = &self.shared().bell;
            let heard = bell.rings();
            let changes = self.changes(after, entries_max)?;
            if !changes.is_empty() || !bell.wait(heard, deadline) {
                return Ok(changes);
            }
        }
    }

    /// The number of the last commit.
    pub fn sequence(&self) -> u64 {
        self.published().extra.counters.sequence
    }

    /// Calls `wake` after each commit, on the thread that has made it, and when the database is closed, on the thread
    /// that closes it, until the [`Wake`] is dropped. It is for
    /// hosts with an event loop: `wake` signals, and whoever it wakes reads [`changes`](Session::changes) or a
    /// [`Subscription`]. It holds the writer up, and must not panic.
    ///
    /// ```
    /// use std::sync::mpsc::channel;
    /// use crm_core::{Company, Crm};
    /// let crm = Crm::in_memory()?;
    /// let (signal, signalled) = channel();
    /// let _wake = crm.on_commit(move || drop(signal.send(())));
    /// crm.create(Company::draft().name("Acme"))?;
    /// assert!(signalled.try_recv().is_ok());
    /// # Ok::<(), crm_core::Error>(())
    /// ```
    pub fn on_commit(&self, wake: impl Fn() + Send + Sync + 'static) -> Wake {
        self.shared().bell.wake(wake)
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
        // A query that cannot be answered is refused now rather than by the first batch.
        if let Watch::Query(query) = &watch {
            self.explain(query)?;
        }
        Ok(Subscription {
            session: self.clone(),
            watch,
            cursor: self.sequence(),
            known: BTreeMap::new(),
            started: false,
            stopped: Arc::default(),
        })
    }
}

impl Subscription {
    /// What has changed since the batch before, as of the last commit and in the order of commits, with one
    /// update for each record: at once if something has, else as soon as it does, else, after the timeout, an
    /// empty batch. Without a timeout it does not wait.
    ///
    /// # Errors
    /// `Corrupt`, `Io`: the next call tries the same again. `Cancelled` after [`Stopper::stop`].
    pub fn next_batch(&mut self, timeout: Option<Duration>) -> Result<Vec<Update>> {
        let session = self.session.clone();
        self.check_running()?;
        if !self.started {
            let records = session.read(|reader| self.reset(reader))?;
            self.started = true;
            return Ok(vec![Update::Reset(records)]);
        }
        let deadline = deadline(timeout.unwrap_or_default());
        loop {
            let bell = &session.shared().bell;
            let heard = bell.rings();
            // Who stops or closes says so before the bell is rung: it is seen here, or the wait ends at once.
            self.check_running()?;
            session.shared().check_open()?;
            if session.sequence() > self.cursor {
                let updates = session.read(|reader| self.catch_up(reader))?;
                if !updates.is_empty() {
                    return Ok(updates);
                }
            }
            if !bell.wait(heard, deadline) {
                return Ok(Vec::new());
            }
        }
    }

    /// What another thread stops the subscription with.
    ///
    /// ```
    /// use std::time::Duration;
    /// use crm_core::{Code, Crm, Watch};
    /// let crm = Crm::in_memory()?;
    /// let mut everything = crm.watch(Watch::Everything)?;
    /// everything.next_batch(None)?;
    /// let stopper = everything.stopper();
    /// let waiting = std::thread::spawn(move || everything.next_batch(Some(Duration::from_secs(3_600))));
    /// stopper.stop();
    /// assert_eq!(waiting.join().unwrap().unwrap_err().code(), Code::Cancelled);
    /// # Ok::<(), crm_core::Error>(())
    /// ```
    pub fn stopper(&self) -> Stopper {
        Stopper {
            session: self.session.clone(),
            stopped: Arc::clone(&self.stopped),
        }
    }

    fn check_running(&self) -> Result<()> {
        if self.stopped.load(Ordering::Acquire) {
            return Err(Detail::Cancelled.into());
        }
        Ok(())
    }

    fn reset(&mut self, reader: &Reader<'_>) -> Result<Vec<Record>> {
        let records: Vec<Record> = match &self.watch {
            // Nothing is told at first: what changes are told begin where the watch began.
            Watch::Everything => return Ok(Vec::new()),
            Watch::Record(record) => live(reader, *record)?.into_iter().collect(),
            Watch::Query(query) => Selection::new(reader, query)?
                .all()?
                .into_values()
                .collect(),
        };
        let versions = records.iter().map(|record| (record.id(), record.version()));
        self.known = versions.collect();
        self.cursor = reader.lens.state().counters.sequence;
        Ok(records)
    }

    /// Everything between the cursor and the state that is read: both the log and the records are of it.
    fn catch_up(&mut self, reader: &Reader<'_>) -> Result<Vec<Update>> {
        let mut touched: BTreeMap<Ref, Touched> = BTreeMap::new();
        let mut after = self.cursor;
        loop {
            let page = reader.lens.changes_after(after, ENTRIES_MAX)?;
            let Some((commit, _)) = page.last() else {
                break;
            };
            after = commit.sequence;
            for entry in page.into_iter().flat_map(|(_, entries)| entries) {
                Touched::note(&mut touched, &entry);
            }
        }
        let mut in_order: Vec<(Ref, Touched)> = touched.into_iter().collect();
        in_order.sort_by_key(|(_, touched)| touched.last);
        let mut updates = Vec::new();
        match self.watch.clone() {
            Watch::Everything => {
                for (record, touched) in in_order {
                    updates.extend(touched.update(reader, record)?);
                }
            }
            Watch::Record(watched) => {
                if in_order.iter().any(|(record, _)| *record == watched) {
                    updates.extend(self.compare(watched, live(reader, watched)?));
                }
            }
            Watch::Query(query) => {
                let selection = Selection::new(reader, &query)?;
                let objects: BTreeSet<u16> =
                    in_order.iter().map(|(record, _)| record.object).collect();
                for (record, _) in in_order {
                    updates.extend(self.compare(record, selection.get(record)?));
                }
                if objects.iter().any(|object| selection.looks_at(*object)) {
                    self.compare_all(&selection, &mut updates)?;
                }
            }
        }
        self.cursor = after.max(reader.lens.state().counters.sequence);
        Ok(updates)
    }

    /// The update of a record that is now among those watched, or is not, compared with what was told before.
    fn compare(&mut self, reference: Ref, current: Option<Record>) -> Option<Update> {
        let known = match &current {
            Some(record) => self.known.insert(reference.id, record.version()),
            None => self.known.remove(&reference.id),
        };
        match (known, current) {
            (None, None) => None,
            (None, Some(record)) => Some(Update::Added(record)),
            (Some(version), Some(record)) => {
                (version != record.version()).then_some(Update::Changed(record))
            }
            (Some(_), None) => Some(Update::Removed(reference)),
        }
    }

    /// The records that are selected, or no longer selected, because another record has changed.
    fn compare_all(
        &mut self,
        selection: &Selection<'_, '_>,
        updates: &mut Vec<Update>,
    ) -> Result<()> {
        let mut all = selection.all()?;
        let gone = self.known.keys().filter(|id| !all.contains_key(id));
        let gone: Vec<Ref> = gone.map(|id| selection.reference(*id)).collect();
        for record in gone {
            updates.extend(self.compare(record, None));
        }
        all.retain(|id, _| !self.known.contains_key(id));
        for record in all.into_values() {
            updates.extend(self.compare(record.reference(), Some(record)));
        }
        Ok(())
    }
}

fn live(reader: &Reader<'_>, record: Ref) -> Result<Option<Record>> {
    let record = reader.lens.record(record)?;
    Ok(record.filter(|record| !record.is_deleted()))
}

impl Touched {
    fn note(touched: &mut BTreeMap<Ref, Touched>, entry: &LogEntry) {
        let was_live = !matches!(entry.kind, ChangeKind::Created | ChangeKind::Restored);
        let touched = touched.entry(entry.record).or_insert(Touched {
            last: (0, 0),
            was_live,
            went_to_trash: false,
        });
        touched.last = (entry.sequence, entry.n);
        touched.went_to_trash |= entry.kind == ChangeKind::Deleted;
    }

    fn update(&self, reader: &Reader<'_>, record: Ref) -> Result<Option<Update>> {
        let current = reader.lens.record(record)?;
        // The trash is written to as well, when a reference of a record in it is cleared.
        let was_live = match &current {
            Some(current) if current.is_deleted() => self.was_live && self.went_to_trash,
            _ => self.was_live,
        };
        let current = current.filter(|current| !current.is_deleted());
        Ok(match (was_live, current) {
            (false, None) => None,
            (false, Some(record)) => Some(Update::Added(record)),
            (true, Some(record)) => Some(Update::Changed(record)),
            (true, None) => Some(Update::Removed(record)),
        })
    }
}
