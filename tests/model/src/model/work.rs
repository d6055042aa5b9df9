//! One transaction.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use crm_core::{ChangeKind, Code, Ref, Value};
use rust_decimal::Decimal;

use super::schema::unique_pair;
use super::{Fields, Model, Res, get, is_live};
use crate::answer::{Commit, Entry, Oracle};
use crate::op::Kind;

/// Who makes a call, when and why.
#[derive(Clone)]
pub struct Caller {
    pub now: DateTime<Utc>,
    pub actor: Option<Ref>,
    pub cause: &'static str,
    pub operation: Option<String>,
    pub automate: bool,
}

/// Something that happened to a record, to which rules react.
#[derive(Clone)]
pub struct Event {
    pub kind: ChangeKind,
    pub record: Ref,
    pub old: Option<Fields>,
    pub new: Fields,
    pub changed: BTreeSet<&'static str>,
    /// The rules that led to it.
    pub chain: Vec<&'static str>,
    /// The change that somebody asked for and that led to it, by number.
    pub cause: u64,
}

/// A transaction at work on a model.
pub struct Work<'m> {
    pub model: &'m mut Model,
    pub caller: Caller,
    pub oracle: &'m mut Oracle,
    pub entries: Vec<Entry>,
    pub events: Vec<Event>,
    pub chain: Vec<&'static str>,
    /// The last cause that was numbered, and that of the rules at work.
    pub causes: (u64, u64),
    /// Which rules have run for which records because of which cause.
    pub done: BTreeSet<(u64, Ref, Ref)>,
    /// Stages that have changed, which deals follow.
    pub followed: Vec<Ref>,
    /// Records that nobody knows of, as in a rehearsal.
    unknown: u16,
}

impl Model {
    /// A transaction: what `work` does, and what rules do about it, or nothing.
    ///
    /// # Errors
    /// Those of `work`.
    pub fn transact<R>(
        &mut self,
        caller: &Caller,
        oracle: &mut Oracle,
        run: impl FnOnce(&mut Work<'_>) -> Res<R>,
    ) -> Res<R> {
        let before = self.clone();
        let mut work = Work {
            model: self,
            caller: caller.clone(),
            oracle,
            entries: Vec::new(),
            events: Vec::new(),
            chain: Vec::new(),
            causes: (0, 0),
            done: BTreeSet::new(),
            followed: Vec::new(),
            unknown: 0,
        };
        let result = run(&mut work).and_then(|result| {
            work.react()?;
            Ok(result)
        });
        if result.is_ok() {
            let entries = std::mem::take(&mut work.entries);
            if !entries.is_empty() {
                let sequence = work.sequence();
                self.log.push(Arc::new(Commit {
                    sequence,
                    at: caller.now,
                    actor: caller.actor,
                    cause: caller.cause.to_owned(),
                    operation: caller.operation.clone(),
                    entries,
                }));
                self.sequence = sequence;
            }
        } else {
            *self = before;
        }
        result
    }
}

impl Work<'_> {
    /// The number that this commit will have.
    pub fn sequence(&self) -> u64 {
        self.model.sequence + 1
    }

    /// A cause of its own.
    pub fn begin_cause(&mut self) -> u64 {
        self.causes.0 += 1;
        self.causes.0
    }

    /// Does what may fail without the transaction.
    pub fn attempt<R>(&mut self, run: impl FnOnce(&mut Self) -> Res<R>) -> Res<R> {
        let model = self.model.clone();
        let before = (
            self.entries.clone(),
            self.events.clone(),
            self.oracle.clone(),
            self.followed.clone(),
        );
        let result = run(self);
        if result.is_err() {
            *self.model = model;
            (self.entries, self.events, *self.oracle, self.followed) = before;
        }
        result
    }

    /// The id that the engine gave to a new record.
    pub fn new_record(&mut self, kind: Kind) -> Ref {
        let object = kind.number();
        let mut created = self.oracle.created.iter();
        match created.position(|record| record.object == object) {
            Some(at) => self
                .oracle
                .created
                .remove(at)
                .unwrap_or_else(|| self.nobody(object)),
            None => self.nobody(object),
        }
    }

    fn nobody(&mut self, object: u16) -> Ref {
        self.unknown += 1;
        let mut id = [0xFF; 16];
        id[..2].copy_from_slice(&self.unknown.to_be_bytes());
        Ref {
            object,
            id: crm_core::Id::from_bytes(id),
        }
    }

    /// Where the engine has put a card; `None` where nobody knows.
    pub fn position(&mut self, card: Ref) -> Option<Decimal> {
        self.oracle.positions.get_mut(&card)?.pop_front()
    }

    /// Keeps a change of a record, with what follows from it.
    ///
    /// # Errors
    /// `Duplicate`.
    pub fn store(&mut self, record: Ref, kind: ChangeKind, changes: Fields) -> Res<()> {
        let old = self.model.any(record).cloned();
        let logged = match kind {
            ChangeKind::Created => BTreeMap::new(),
            _ => self.differences(record, &changes),
        };
        let mut new = old.clone().unwrap_or_default();
        for (field, value) in &changes {
            if value.is_null() {
                new.remove(field);
            } else {
                new.insert(*field, value.clone());
            }
        }
        new.insert("updated_at", self.caller.now.into());
        match self.caller.actor {
            Some(actor) => new.insert("updated_by", actor.into()),
            None => new.remove("updated_by"),
        };
        new.insert("version", Value::Int(self.sequence().cast_signed()));
        if is_live(&new) {
            self.check_unique(record, old.as_ref(), &new)?;
        }
        self.model.records.insert(record, Arc::new(new.clone()));
        self.note(record, kind, logged);
        let followed = ["pipeline", "kind", "probability"];
        let is_stage = record.object == Kind::Stage.number();
        if is_stage
            && kind == ChangeKind::Updated
            && followed.iter().any(|field| changes.contains_key(field))
        {
            self.followed.push(record);
        }
        let cause = if self.chain.is_empty() {
            self.begin_cause()
        } else {
            self.causes.1
        };
        self.events.push(Event {
            kind,
            record,
            old,
            new,
            changed: changes.keys().copied().collect(),
            chain: self.chain.clone(),
            cause,
        });
        Ok(())
    }

    /// The old and the new values of fields that are to change.
    pub fn differences(&self, record: Ref, changes: &Fields) -> BTreeMap<String, (Value, Value)> {
        let difference = |(field, new): (&&'static str, &Value)| {
            let old = self.model.value(record, field);
            ((*field).to_owned(), (old, new.clone()))
        };
        changes.iter().map(difference).collect()
    }

    /// Writes a change into the log.
    pub fn note(
        &mut self,
        record: Ref,
        kind: ChangeKind,
        changes: BTreeMap<String, (Value, Value)>,
    ) {
        self.entries.push(Entry {
            record,
            kind,
            cause: self.chain.last().map(|rule| format!("rule: {rule}")),
            changes,
        });
    }

    fn check_unique(&self, record: Ref, old: Option<&Fields>, new: &Fields) -> Res<()> {
        let fields = self.model.fields(record.object).iter();
        let mut keys: Vec<Vec<&str>> = fields
            .filter(|field| field.unique)
            .map(|field| vec![field.name])
            .collect();
        if let Some(pair) = Kind::of(record.object).and_then(unique_pair) {
            keys.push(pair.to_vec());
        }
        for key in keys {
            let of = |fields: &Fields| -> Option<Vec<Value>> {
                // Case makes no other key; those of other systems differ in more.
                let folded = |value: Value| match value {
                    Value::Text(text) => text.to_lowercase().into(),
                    value => value,
                };
                let values = key.iter().map(|field| folded(get(fields, field)));
                let values: Vec<Value> = values.collect();
                values
                    .iter()
                    .all(|value| !value.is_null())
                    .then_some(values)
            };
            let Some(value) = of(new) else { continue };
            if old.filter(|old| is_live(old)).and_then(of).as_ref() == Some(&value) {
                continue;
            }
            let mut others = self.model.all_live(record.object);
            if others.any(|(other, fields)| other != record && of(fields).as_ref() == Some(&value))
            {
                return Err(Code::Duplicate);
            }
        }
        Ok(())
    }

    /// The log's entries of a record after a commit, newest first, those of this transaction among them.
    pub fn entries_after(&self, record: Ref, sequence: u64) -> Vec<(u64, Entry)> {
        let now = self.sequence();
        let mut found: Vec<(u64, Entry)> = Vec::new();
        let committed = self
            .model
            .log
            .iter()
            .filter(|commit| commit.sequence > sequence);
        for commit in committed {
            found.extend(
                commit
                    .entries
                    .iter()
                    .map(|entry| (commit.sequence, entry.clone())),
            );
        }
        found.extend(self.entries.iter().map(|entry| (now, entry.clone())));
        found.retain(|(_, entry)| entry.record == record);
        found.reverse();
        found
    }
}
