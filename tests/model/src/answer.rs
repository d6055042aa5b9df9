//! What the engine and the model say, in one form.

use std::collections::{BTreeMap, VecDeque};

use chrono::{DateTime, Utc};
use crm_core::{ChangeKind, Code, OutcomeKind, Ref, Value};
use rust_decimal::Decimal;

/// A record: its fields by name, those that the engine keeps among them, without those that are null.
pub type Flat = BTreeMap<String, Value>;

/// Fields by name, with what they were and what they became.
pub type Changes = BTreeMap<String, (Value, Value)>;

/// One record's change in a commit.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The record.
    pub record: Ref,
    /// What happened to it.
    pub kind: ChangeKind,
    /// The rule that did it.
    pub cause: Option<String>,
    /// What changed in it.
    pub changes: Changes,
}

/// A commit.
#[derive(Debug, Clone, PartialEq)]
pub struct Commit {
    /// Its number.
    pub sequence: u64,
    /// When.
    pub at: DateTime<Utc>,
    /// Who.
    pub actor: Option<Ref>,
    /// Why.
    pub cause: String,
    /// The named operation.
    pub operation: Option<String>,
    /// The changes; those of one record in their order.
    pub entries: Vec<Entry>,
}

impl Commit {
    /// With the entries by record: what a commit does to different records, it does at once.
    pub fn sorted(mut self) -> Self {
        self.entries.sort_by_key(|entry| entry.record);
        self
    }
}

/// The answer to a call.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs, reason = "each is the answer to the calls of its name")]
pub enum Answer {
    Refused(Code),
    Nothing,
    Changed(Vec<(Ref, OutcomeKind, u64)>),
    /// The objects and what would happen to their records.
    Rehearsed(Vec<(u16, OutcomeKind)>),
    Undone {
        undone: usize,
        skipped: Vec<(Ref, Option<String>)>,
    },
    Due {
        reminders: Vec<Ref>,
        runs: usize,
        more: bool,
    },
    /// Rows, created, updated, unchanged, refused.
    Imported([u64; 5]),
    Retyped {
        converted: usize,
        failed: Vec<Ref>,
    },
    Record(Option<Flat>),
    /// Its SHA-256.
    Content(Value),
    /// Pages of records, and whether there are more.
    Pages(Vec<Vec<(Ref, Flat)>>, bool),
    Number(u64),
    Groups(Vec<(Vec<Value>, u64, Vec<Value>)>),
    Records(Vec<Ref>),
    Timeline(Vec<(DateTime<Utc>, Ref)>),
    /// Columns with their count, their sums and their cards.
    Board(Vec<(Ref, u64, Vec<Value>, Vec<Ref>)>),
    History(Vec<(u64, ChangeKind, Option<String>, Changes)>),
}

/// What only the engine can know: the ids that it gave, in their order, and where it put cards that were to
/// stand at the end of their column.
#[derive(Debug, Clone, Default)]
pub struct Oracle {
    /// Records that were created, in order.
    pub created: VecDeque<Ref>,
    /// For each card the positions that it got, in order.
    pub positions: BTreeMap<Ref, VecDeque<Decimal>>,
}
