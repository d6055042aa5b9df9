//! Histories of concurrent transactions: what threads asked and were told, judged afterwards.
//!
//! The engine orders commits by their numbers. So a history is right if the model, given the calls in that order,
//! says what the callers were told; if what a transaction had read is what was there just before its commit; if
//! every other answer is that of one state, between the last commit that was acknowledged before the call and the
//! last that was begun before its end; and if no call sees less than one that had ended before it began.

mod checker;
mod threads;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use crm_core::{OutcomeKind, Ref, Value};

pub use checker::Anomaly;
pub use threads::Workload;

use crate::answer::{Answer, Commit, Oracle};
use crate::model::Model;
use crate::op::Step;

/// What one thread asked, and what it was told.
#[derive(Debug, Clone)]
pub struct Call {
    /// The thread.
    pub thread: usize,
    /// When it began and when it ended, by a clock that all threads share.
    pub begun: u64,
    /// See [`Call::begun`].
    pub ended: u64,
    /// What was asked.
    pub step: Step,
    /// The fields on whose values the caller has decided what to ask.
    pub reads: Vec<(Ref, &'static str, Value)>,
    /// What was said.
    pub answer: Answer,
}

impl Call {
    /// The commit that it made, if it changed something.
    pub fn commit(&self) -> Option<u64> {
        let Answer::Changed(outcomes) = &self.answer else {
            return None;
        };
        let changed = outcomes
            .iter()
            .filter(|(_, kind, _)| *kind != OutcomeKind::Unchanged);
        changed.map(|(.., version)| *version).max()
    }
}

/// What happened to a database.
#[derive(Clone)]
pub struct History {
    /// The state at the beginning.
    pub start: Model,
    /// When it was; the clock stands still.
    pub now: DateTime<Utc>,
    /// The calls of all threads, in the order in which they began.
    pub calls: Vec<Call>,
    /// What the feed says afterwards, with what the model cannot know.
    pub commits: BTreeMap<u64, (Commit, Oracle)>,
    /// What the engine's own check says at the end.
    pub is_sound: bool,
}

/// What was judged.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Figures {
    /// Transactions that changed something.
    pub commits: usize,
    /// Those that were refused, or had nothing to change.
    pub refused: usize,
    /// Reads.
    pub reads: usize,
    /// Reads and refusals during which something was committed.
    pub concurrent: usize,
}

impl std::ops::AddAssign for Figures {
    fn add_assign(&mut self, other: Figures) {
        self.commits += other.commits;
        self.refused += other.refused;
        self.reads += other.reads;
        self.concurrent += other.concurrent;
    }
}
