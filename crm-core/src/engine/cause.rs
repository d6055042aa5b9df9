//! The causes of what happens in a transaction: each change that somebody asked for is one, and what rules do about
//! it has the same.

use std::collections::{HashMap, HashSet};

use super::work::Work;
use crate::value::{Id, Ref};

/// The causes in a transaction, by number, and what rules have done about them.
#[derive(Debug, Default)]
pub(crate) struct Causes {
    last: u64,
    at_work: u64,
    runs: HashMap<u64, usize>,
    done: HashSet<(u64, Id, Ref)>,
}

impl Causes {
    /// A cause of its own.
    pub(crate) fn begin(&mut self) -> u64 {
        self.last += 1;
        self.last
    }

    /// Says what the cause of the changes that follow is, where rules make them; returns which it was before.
    pub(crate) fn enter(&mut self, cause: u64) -> u64 {
        std::mem::replace(&mut self.at_work, cause)
    }

    /// True if a rule has run for a record because of a cause.
    pub(crate) fn has_run(&self, cause: u64, rule: Id, record: Ref) -> bool {
        self.done.contains(&(cause, rule, record))
    }

    /// Takes note of a run; returns how many there were because of the cause, with this one.
    pub(crate) fn note(&mut self, cause: u64, rule: Id, record: Ref) -> usize {
        self.done.insert((cause, rule, record));
        let runs = self.runs.entry(cause).or_default();
        *runs += 1;
        *runs
    }
}

impl Work<'_, '_> {
    /// The cause of a change that is made now: that of the rules at work, or one of its own.
    pub(super) fn cause(&mut self) -> u64 {
        if self.chain.is_empty() {
            self.causes.begin()
        } else {
            self.causes.at_work
        }
    }
}
