//! The causes of what happens in a transaction: each change that somebody asked for is one, and what rules do about
//! it has the same.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::authority::Right;
use super::work::{Event, Work};
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
    fn enter(&mut self, cause: u64) -> u64 {
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

/// What rules do in a transaction.
#[derive(Debug, Default)]
pub(super) struct Reactions {
    /// The rules at work, from the first.
    pub chain: Vec<Arc<str>>,
    causes: Causes,
}

impl Work<'_, '_> {
    /// The cause of a change that is made now: that of the rules at work, or one of its own.
    pub(super) fn cause(&mut self) -> u64 {
        if self.reactions.chain.is_empty() {
            self.reactions.causes.begin()
        } else {
            self.reactions.causes.at_work
        }
    }

    /// What rules have done about the causes so far.
    pub(crate) fn causes(&mut self) -> &mut Causes {
        &mut self.reactions.causes
    }

    /// The rules at work, from the first.
    pub(crate) fn chain(&self) -> &[Arc<str>] {
        &self.reactions.chain
    }

    /// What happened and no rule has looked at yet.
    pub(crate) fn take_events(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.deferred.events)
    }

    /// Lets a rule act, the last of a chain of them, because of a change: with the right of a rule.
    pub(crate) fn as_rule<R>(
        &mut self,
        chain: Vec<Arc<str>>,
        cause: u64,
        f: impl FnOnce(&mut Self) -> R,
    ) -> R {
        let chain = std::mem::replace(&mut self.reactions.chain, chain);
        let cause = self.reactions.causes.enter(cause);
        let result = self.with_right(Right::Rule, f);
        self.reactions.chain = chain;
        self.reactions.causes.enter(cause);
        result
    }
}
