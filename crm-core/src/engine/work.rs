//! One transaction at work: what its steps share, its beginning and its end. Records change through
//! [`Work::save`](super::save).
//!
//! Nothing here does input or output: a transaction is a function from a state, a request, a time and a source of ids
//! to an overlay.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::attempt::Deferred;
use super::authority::Right;
use super::cause::Reactions;
use super::fit::Fit;
use super::keys::{self, Job, meta};
use super::log::{ChangeKind, Commit};
use super::pending::RecordEnv;
use super::read;
use super::state::{Program, Settings, State};
use super::tx::Tx;
use super::{Host, Origin};
use crate::error::{Detail, Error, Result};
use crate::record::Record;
use crate::schema::Catalog;
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

/// A transaction at work: the rows, what the engine knows beside them, and what waits for the end. Only the engine
/// looks inside.
pub(crate) struct Work<'w, 't> {
    pub(super) tx: Tx<'w, 't>,
    pub(super) state: &'w mut State,
    pub(super) deferred: Deferred,
    pub(super) reactions: Reactions,
    /// How many records could have asked for a position in a hand-made order.
    pub(super) positions: i64,
}

impl<'w, 't> Work<'w, 't> {
    /// Begins a transaction.
    ///
    /// # Errors
    /// `NotFound` and `Invalid` if the actor is gone, or switched off.
    pub(crate) fn begin(
        rows: &'w mut Transaction<'t>,
        state: &'w mut State,
        host: &'w Host,
        origin: Origin,
        now: DateTime<Utc>,
    ) -> Result<Self> {
        origin.authority.check_actor(rows, &state.catalog)?;
        let sequence = state.counters.sequence + 1;
        Ok(Work {
            tx: Tx::new(rows, host, origin, now, sequence),
            state,
            deferred: Deferred::default(),
            reactions: Reactions::default(),
            positions: 0,
        })
    }

    /// Does something with another right than that of the request.
    pub(crate) fn with_right<R>(&mut self, right: Right, f: impl FnOnce(&mut Self) -> R) -> R {
        let before = std::mem::replace(&mut self.tx.origin.authority.right, right);
        let result = f(self);
        self.tx.origin.authority.right = before;
        result
    }

    pub(crate) fn catalog(&self) -> Arc<Catalog> {
        self.state.catalog.clone()
    }

    pub(crate) fn settings(&self) -> Arc<Settings> {
        self.state.settings.clone()
    }

    /// The expressions of the schema and the rules, compiled.
    pub(crate) fn program(&self) -> Arc<Program> {
        self.state.program.clone()
    }

    /// What was there, with what was written.
    pub(crate) fn read(&self) -> &dyn Read {
        &self.tx
    }

    /// When the transaction is made.
    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.tx.now
    }

    /// Makes the transaction at another time than the clock tells.
    pub(crate) fn set_now(&mut self, now: DateTime<Utc>) {
        self.tx.now = now;
    }

    /// Logs the transaction with another cause than that of its session.
    pub(crate) fn set_cause(&mut self, cause: &str) {
        self.tx.origin.cause = cause.to_owned();
    }

    /// When the last commit was made.
    #[cfg(feature = "redb")]
    pub(crate) fn last_commit(&self) -> DateTime<Utc> {
        self.state.counters.last_commit
    }

    /// An id that nothing has yet.
    pub(crate) fn new_id(&self) -> Id {
        self.tx.new_id()
    }

    /// A record as an expression sees it.
    pub(crate) fn env<'a>(&'a self, record: &'a Record) -> RecordEnv<'a> {
        let (now, actor) = (self.tx.now, self.tx.origin.authority.actor);
        RecordEnv::of(
            &self.tx,
            self.state,
            now,
            actor,
            record.id(),
            record.fields(),
        )
    }

    /// What is known beside the rows.
    pub(crate) fn state(&self) -> &State {
        self.state
    }

    /// Who acts; `None` for the system.
    pub(crate) fn actor(&self) -> Option<Ref> {
        self.tx.origin.authority.actor
    }

    /// Reads values as the organisation writes them.
    pub(crate) fn fitter<'c>(&self, catalog: &'c Catalog) -> Fit<'c> {
        Fit::new(catalog, self.state.settings.read_options(), self.tx.now)
    }

    /// The place of a new record, which is free.
    pub(super) fn new_reference(&self, object: u16, id: Option<Id>) -> Result<Ref> {
        let id = id.unwrap_or_else(|| self.tx.new_id());
        let reference = Ref { object, id };
        let is_settings = self.state.catalog.object(object)?.is_settings();
        if is_settings && read::first_record(&self.tx, object)?.is_some() {
            return Err(Error::invalid(
                id,
                "the settings are one record; change that one",
            ));
        }
        if self.tx.exists(Space::Record, &keys::record(reference))? {
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
        read::record(&self.tx, reference)
    }

    /// A live record.
    pub(crate) fn live_record(&self, reference: Ref) -> Result<Record> {
        read::live_record(&self.tx, &self.state.catalog, reference)
    }

    /// Puts work into the due queue.
    pub(crate) fn schedule(&mut self, job: Job) -> Result<()> {
        self.tx.put(Space::Job, job.key(), Vec::new())
    }

    /// Puts work into the due queue that goes on behind a key.
    pub(crate) fn schedule_after(&mut self, job: Job, key: Vec<u8>) -> Result<()> {
        self.tx.put(Space::Job, job.key(), key)
    }

    /// Takes work out of the due queue.
    pub(crate) fn unschedule(&mut self, job: Job) {
        self.tx.delete(Space::Job, job.key());
    }

    /// Merges rows of the search index that wait for it, so many at most; false if there were none.
    pub(crate) fn merge_search(&mut self, max: usize) -> Result<bool> {
        crate::search::merge(self.tx.rows(), max)
    }

    /// Brings what waits for the end of the transaction to its end. Rules may react after it and call it again.
    pub(crate) fn settle(&mut self) -> Result<()> {
        self.apply_followed()?;
        self.apply_roll_ups()?;
        let stale = std::mem::take(&mut self.deferred.stale);
        if !stale.is_empty() {
            self.state.reload(&self.tx, &stale)?;
        }
        Ok(())
    }

    /// Writes the commit's own rows; nothing may change afterwards. False if the transaction changed nothing.
    pub(crate) fn finish(mut self) -> Result<bool> {
        self.settle()?;
        std::mem::take(&mut self.deferred.search).finish(self.tx.rows())?;
        if self.deferred.purged {
            crate::search::merge(self.tx.rows(), usize::MAX)?;
        }
        if self.deferred.entries > 0 {
            let commit = Commit {
                sequence: self.tx.sequence,
                at: self.tx.now,
                actor: self.tx.origin.authority.actor,
                cause: self.tx.origin.cause.clone(),
                operation: self.tx.origin.operation.clone(),
            };
            self.tx
                .put(Space::Log, keys::log(self.tx.sequence, 0), commit.encode()?)?;
            if let Some(operation) = &self.tx.origin.operation {
                self.tx.put(
                    Space::Log,
                    keys::operation(operation, self.tx.sequence),
                    Vec::new(),
                )?;
            }
            if self.tx.now < self.state.counters.last_commit {
                self.tx
                    .put(Space::Meta, keys::clock_back(self.tx.sequence), Vec::new())?;
            }
            self.state.counters.sequence = self.tx.sequence;
            self.state.counters.last_commit = self.tx.now;
        }
        if self.tx.is_unchanged() {
            return Ok(false);
        }
        self.tx
            .put(Space::Meta, meta::COUNTERS, self.state.counters.encode()?)?;
        Ok(true)
    }
}
