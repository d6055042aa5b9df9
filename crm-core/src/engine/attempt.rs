//! Attempts: parts of a transaction that may fail without it.

use std::mem;

use super::roll_up::RollUps;
use super::state::State;
use super::work::{Event, Work};
use crate::error::Result;
use crate::schema::Role;
use crate::search::IndexWriter;
use crate::store::Savepoint;
use crate::value::Ref;

/// What a transaction collects for its end. An attempt collects its own, which goes where the attempt goes: a field
/// that is added here is taken back with it.
#[derive(Debug, Default)]
pub(super) struct Deferred {
    pub roll_ups: RollUps,
    /// Records that others follow, with what has changed of them.
    pub followed: Vec<(Ref, Vec<u16>)>,
    pub search: IndexWriter,
    /// True if something was purged, whose words must not stay in rows of the search index that wait for a merge.
    pub purged: bool,
    /// The roles of the records that were changed and of which the state holds something.
    pub stale: Vec<Role>,
    /// The number of the last entry of the log.
    pub entries: u32,
    /// What happened and no rule has looked at yet.
    pub events: Vec<Event>,
}

impl Deferred {
    /// Adds what was collected after it.
    fn add(&mut self, later: Deferred) {
        let Deferred {
            roll_ups,
            followed,
            search,
            purged,
            stale,
            entries,
            mut events,
        } = later;
        self.roll_ups.merge(roll_ups);
        self.followed.extend(followed);
        self.search.merge(search);
        self.purged |= purged;
        self.stale.extend(stale);
        self.entries = entries;
        self.events.append(&mut events);
    }
}

/// Where an attempt began.
struct Attempt {
    savepoint: Savepoint,
    state: State,
    deferred: Deferred,
}

impl Work<'_, '_> {
    /// Does something that may fail without the transaction: if it does, nothing of it remains.
    pub(crate) fn attempt<R>(&mut self, f: impl FnOnce(&mut Self) -> Result<R>) -> Result<R> {
        let before = self.begin_attempt();
        let result = f(self);
        if result.is_err() {
            self.tx.roll_back(before.savepoint);
            *self.state = before.state;
            self.deferred = before.deferred;
        } else {
            self.tx.release();
            let later = mem::replace(&mut self.deferred, before.deferred);
            self.deferred.add(later);
        }
        result
    }

    /// Remembers where an attempt begins. What has been collected for the end of the transaction is set aside,
    /// so that an attempt costs what it does itself, however much was done before it.
    fn begin_attempt(&mut self) -> Attempt {
        let own = Deferred {
            entries: self.deferred.entries,
            ..Deferred::default()
        };
        Attempt {
            savepoint: self.tx.savepoint(),
            state: self.state.clone(),
            deferred: mem::replace(&mut self.deferred, own),
        }
    }
}
