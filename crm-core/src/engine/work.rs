//! One transaction at work: what its steps share, its beginning and its end. Records change through
//! [`Work::save`](super::save).
//!
//! Nothing here does input or output: a transaction is a function from a state, a request, a time and a source of ids
//! to an overlay.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::authority::Right;
use super::cause::Causes;
use super::fit::Fit;
use super::keys::{self, Job, meta};
use super::log::{ChangeKind, Commit};
use super::read;
use super::roll_up::RollUps;
use super::state::State;
use super::{Host, Origin};
use crate::error::{Detail, Error, Result};
use crate::record::Record;
use crate::schema::Catalog;
use crate::search::IndexWriter;
use crate::store::{Read, Space, Transaction};
use crate::value::{Id, Ref};

/// What a change did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OutcomeKind {
    /// A record was created.
    Created,
    /// A record was changed.
    Updated,
    /// The record already was as asked.
    Unchanged,
    /// A record went to the trash.
    Deleted,
    /// A record came back from the trash.
    Restored,
    /// A record was removed for good.
    Purged,
}

impl OutcomeKind {
    /// The name in lower case: `created`.
    pub fn name(self) -> &'static str {
        match self {
            OutcomeKind::Created => "created",
            OutcomeKind::Updated => "updated",
            OutcomeKind::Unchanged => "unchanged",
            OutcomeKind::Deleted => "deleted",
            OutcomeKind::Restored => "restored",
            OutcomeKind::Purged => "purged",
        }
    }
}

/// The result of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outcome {
    /// The record.
    pub record: Ref,
    /// What happened to it.
    pub kind: OutcomeKind,
    /// The commit that changed the record last.
    pub version: u64,
}

/// Something that happened to a record in this transaction; rules react to it.
#[derive(Debug, Clone)]
pub(crate) struct Event {
    pub kind: ChangeKind,
    /// The record before; `None` for a create.
    pub old: Option<Record>,
    pub new: Record,
    pub changed: Vec<u16>,
    /// The rules that led to it, from the first.
    pub chain: Vec<Arc<str>>,
    /// The number of the change that somebody asked for and that led to it.
    pub cause: u64,
}

/// A transaction at work.
pub(crate) struct Work<'w, 't> {
    pub txn: &'w mut Transaction<'t>,
    pub state: &'w mut State,
    pub host: &'w Host,
    pub origin: Origin,
    /// What the clock says, which may be before the last commit: records show the time as it was told.
    pub now: DateTime<Utc>,
    /// The sequence number that this commit will have.
    pub sequence: u64,
    /// What happened and no rule has looked at yet.
    pub events: Vec<Event>,
    /// The rules at work, from the first.
    pub chain: Vec<Arc<str>>,
    pub causes: Causes,
    pub(super) roll_ups: RollUps,
    /// Records that others follow, with what has changed of them.
    pub(super) followed: Vec<(Ref, Vec<u16>)>,
    pub(super) search: IndexWriter,
    /// True if something was purged, whose words must not stay in rows of the search index that wait for a merge.
    pub(super) purged: bool,
    pub(super) entries: u32,
    pub(super) positions: i64,
    pub(super) state_changed: bool,
    /// How many attempts are under way, one within the other.
    pub(super) attempts: usize,
}

impl<'w, 't> Work<'w, 't> {
    /// Begins a transaction.
    ///
    /// # Errors
    /// `NotFound` and `Invalid` if the actor is gone, or switched off.
    pub(crate) fn begin(
        txn: &'w mut Transaction<'t>,
        state: &'w mut State,
        host: &'w Host,
        origin: Origin,
        now: DateTime<Utc>,
    ) -> Result<Self> {
        origin.authority.check_actor(txn, &state.catalog)?;
        let sequence = state.counters.sequence + 1;
        Ok(Work {
            txn,
            state,
            host,
            origin,
            now,
            sequence,
            events: Vec::new(),
            chain: Vec::new(),
            causes: Causes::default(),
            roll_ups: RollUps::default(),
            followed: Vec::new(),
            search: IndexWriter::new(),
            purged: false,
            entries: 0,
            positions: 0,
            state_changed: false,
            attempts: 0,
        })
    }

    /// Does something with another right than that of the request.
    pub(crate) fn with_right<R>(&mut self, right: Right, f: impl FnOnce(&mut Self) -> R) -> R {
        let before = std::mem::replace(&mut self.origin.authority.right, right);
        let result = f(self);
        self.origin.authority.right = before;
        result
    }

    pub(crate) fn catalog(&self) -> Arc<Catalog> {
        self.state.catalog.clone()
    }

    /// Reads values as the organisation writes them.
    pub(crate) fn fitter<'c>(&self, catalog: &'c Catalog) -> Fit<'c> {
        Fit::new(catalog, self.state.settings.read_options(), self.now)
    }

    /// The place of a new record, which is free.
    pub(super) fn new_reference(&self, object: u16, id: Option<Id>) -> Result<Ref> {
        let id = id.unwrap_or_else(|| self.host.ids.next(self.now));
        let reference = Ref { object, id };
        let is_settings = self.state.catalog.object(object)?.is_settings();
        if is_settings && read::first_record(self.txn, object)?.is_some() {
            return Err(Error::invalid(
                id,
                "the settings are one record; change that one",
            ));
        }
        if self.txn.exists(Space::Record, &keys::record(reference))? {
            return Err(Detail::Duplicate {
                object: self.state.catalog.object_name(object).to_owned(),
                field: "id".to_owned(),
                value: id.to_string(),
                holder: id,
            }
            .into());
        }
        Ok(reference)
    }

    /// A record, also from the trash.
    pub(crate) fn record(&self, reference: Ref) -> Result<Option<Record>> {
        read::record(self.txn, reference)
    }

    /// A live record.
    pub(crate) fn live_record(&self, reference: Ref) -> Result<Record> {
        read::live_record(self.txn, &self.state.catalog, reference)
    }

    /// Puts work into the due queue.
    pub(crate) fn schedule(&mut self, job: Job) -> Result<()> {
        self.txn.put(Space::Job, job.key(), Vec::new())
    }

    /// Takes work out of the due queue.
    pub(crate) fn unschedule(&mut self, job: Job) {
        self.txn.delete(Space::Job, job.key());
    }

    /// Brings what waits for the end of the transaction to its end. Rules may react after it and call it again.
    pub(crate) fn settle(&mut self) -> Result<()> {
        self.apply_followed()?;
        self.apply_roll_ups()?;
        if std::mem::take(&mut self.state_changed) {
            self.state.reload(self.txn)?;
        }
        Ok(())
    }

    /// Writes the commit's own rows; nothing may change afterwards. False if the transaction changed nothing.
    pub(crate) fn finish(mut self) -> Result<bool> {
        self.settle()?;
        std::mem::take(&mut self.search).finish(self.txn)?;
        if self.purged {
            crate::search::merge(self.txn, usize::MAX)?;
        }
        if self.entries > 0 {
            let commit = Commit {
                sequence: self.sequence,
                at: self.now,
                actor: self.origin.authority.actor,
                cause: self.origin.cause.clone(),
                operation: self.origin.operation.clone(),
            };
            self.txn
                .put(Space::Log, keys::log(self.sequence, 0), commit.encode()?)?;
            if let Some(operation) = &self.origin.operation {
                self.txn.put(
                    Space::Log,
                    keys::operation(operation, self.sequence),
                    Vec::new(),
                )?;
            }
            if self.now < self.state.counters.last_commit {
                self.txn
                    .put(Space::Meta, keys::clock_back(self.sequence), Vec::new())?;
            }
            self.state.counters.sequence = self.sequence;
            self.state.counters.last_commit = self.now;
        }
        if self.txn.changes().is_empty() {
            return Ok(false);
        }
        self.txn
            .put(Space::Meta, meta::COUNTERS, self.state.counters.encode()?)?;
        Ok(true)
    }
}
