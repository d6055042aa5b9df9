//! Attempts: parts of a transaction that may fail without it.

use super::roll_up::RollUps;
use super::state::State;
use super::work::Work;
use crate::error::{Error, Result};
use crate::search::IndexWriter;
use crate::store::Savepoint;
use crate::value::Ref;

/// Where an attempt began.
pub(super) struct Attempt {
    savepoint: Savepoint,
    state: State,
    roll_ups: RollUps,
    followed: Vec<(Ref, Vec<u16>)>,
    search: IndexWriter,
    events: usize,
    entries: u32,
    state_changed: bool,
}

impl Work<'_, '_> {
    /// Does something that may fail without the transaction: if it does, nothing of it remains.
    pub(crate) fn attempt<R>(
        &mut self,
        f: impl FnOnce(&mut Self) -> Result<R>,
    ) -> Result<R, Error> {
        let before = self.begin_attempt();
        let result = f(self);
        if result.is_err() {
            self.roll_back(before);
        } else {
            self.keep(before);
        }
        result
    }

    /// Remembers where an attempt begins. What has been collected for the end of the transaction is set aside,
    /// so that an attempt costs what it does itself, however much was done before it.
    pub(super) fn begin_attempt(&mut self) -> Attempt {
        self.attempts += 1;
        Attempt {
            savepoint: self.txn.savepoint(),
            state: self.state.clone(),
            roll_ups: std::mem::take(&mut self.roll_ups),
            followed: std::mem::take(&mut self.followed),
            search: std::mem::take(&mut self.search),
            events: self.events.len(),
            entries: self.entries,
            state_changed: self.state_changed,
        }
    }

    pub(super) fn roll_back(&mut self, attempt: Attempt) {
        self.txn.rollback_to(attempt.savepoint);
        self.search = attempt.search;
        *self.state = attempt.state;
        self.roll_ups = attempt.roll_ups;
        self.followed = attempt.followed;
        self.events.truncate(attempt.events);
        self.entries = attempt.entries;
        self.state_changed = attempt.state_changed;
        self.end_attempt();
    }

    pub(super) fn keep(&mut self, attempt: Attempt) {
        let roll_ups = std::mem::replace(&mut self.roll_ups, attempt.roll_ups);
        self.roll_ups.merge(roll_ups);
        let followed = std::mem::replace(&mut self.followed, attempt.followed);
        self.followed.extend(followed);
        let search = std::mem::replace(&mut self.search, attempt.search);
        self.search.merge(search);
        self.end_attempt();
    }

    /// After the outermost attempt nothing can be taken back any more: a transaction of ten thousand rows
    /// need not remember what each of them replaced.
    fn end_attempt(&mut self) {
        self.attempts -= 1;
        if self.attempts == 0 {
            self.txn.end_savepoints();
        }
    }
}
