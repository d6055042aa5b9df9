//! Undo of a named operation.

use std::collections::BTreeSet;

use crm_core::{ChangeKind, Code, Ref, Value};

use super::Res;
use super::save::Request;
use super::work::Work;
use crate::answer::{Answer, Entry};
use crate::op::Kind;

/// Changes that were left as they are: the record, and the field if it is about one.
type Skipped = Vec<(Ref, Option<String>)>;

impl Work<'_> {
    /// Takes the changes of an operation back, newest first, where nobody has built on them since.
    ///
    /// # Errors
    /// `NotFound` for an operation that did nothing.
    pub fn undo(&mut self, operation: &str) -> Res<Answer> {
        let mut entries = Vec::new();
        let mut commits = Vec::new();
        for commit in &self.model.log {
            if commit.operation.as_deref() == Some(operation) {
                commits.push(commit.sequence);
                let own = commit.entries.iter().cloned();
                entries.extend(own.map(|entry| (commit.sequence, entry)));
            }
        }
        if entries.is_empty() {
            return Err(Code::NotFound);
        }
        let mut undone = 0;
        let mut skipped = Skipped::new();
        // The contacts that stay at another company, by the commit in which they came there.
        let mut moved = BTreeSet::new();
        for (sequence, entry) in entries.into_iter().rev() {
            let mut own = skipped.clone();
            let outcome = self.attempt(|work| {
                let done = work.undo_entry(sequence, &entry, &commits, &moved, &mut own)?;
                work.settle()?;
                Ok(done)
            });
            let stays = |(record, field): &(Ref, Option<String>)| {
                *record == entry.record && field.as_deref() == Some("company")
            };
            let is_move = entry.record.object == Kind::Contact.number()
                && entry.changes.contains_key("company");
            if is_move && (outcome.is_err() || own[skipped.len()..].iter().any(stays)) {
                moved.insert((sequence, entry.record));
            }
            match outcome {
                Ok(done) => {
                    undone += usize::from(done);
                    skipped = own;
                }
                Err(_) => {
                    skipped = own;
                    skipped.push((entry.record, None));
                }
            }
        }
        skipped.sort();
        Ok(Answer::Undone { undone, skipped })
    }

    /// True if something was taken back.
    fn undo_entry(
        &mut self,
        sequence: u64,
        entry: &Entry,
        operation: &[u64],
        moved: &BTreeSet<(u64, Ref)>,
        skipped: &mut Skipped,
    ) -> Res<bool> {
        let record = entry.record;
        if self.model.any(record).is_none() {
            skipped.push((record, None));
            return Ok(false);
        }
        // An employment goes with the move that made it so, or stays with it.
        if record.object == Kind::Employment.number()
            && let Value::Ref(contact) = self.model.value(record, "contact")
            && moved.contains(&(sequence, contact))
        {
            skipped.push((record, None));
            return Ok(false);
        }
        let is_live = self.model.live(record).is_some();
        let stands = match entry.kind {
            ChangeKind::Created | ChangeKind::Restored => is_live,
            ChangeKind::Deleted => !is_live,
            _ => false,
        };
        let stays = entry.kind != ChangeKind::Deleted && self.stands_on(sequence, entry, operation);
        if stands && (stays || self.is_built_upon(sequence, record, operation)) {
            skipped.push((record, None));
            return Ok(false);
        }
        match entry.kind {
            ChangeKind::Created | ChangeKind::Restored if stands => {
                self.delete(record)?;
                Ok(true)
            }
            ChangeKind::Deleted if stands => {
                self.restore(record)?;
                Ok(true)
            }
            ChangeKind::Updated => self.undo_update(sequence, entry, operation, skipped),
            _ => Ok(false),
        }
    }

    fn undo_update(
        &mut self,
        sequence: u64,
        entry: &Entry,
        operation: &[u64],
        skipped: &mut Skipped,
    ) -> Res<bool> {
        let record = entry.record;
        let since = self.others_since(sequence, record, operation);
        let touched = |name: &String| since.iter().any(|(_, by)| by.changes.contains_key(name));
        let mut request = Request::new();
        let mut follows = Request::new();
        let mut whole = true;
        for (name, (old, new)) in &entry.changes {
            let Some(field) = self.model.field(record.object, name) else {
                continue;
            };
            if field.is_computed() {
                continue;
            }
            if self.model.value(record, name) == *new && !touched(name) {
                let part = if field.read_only {
                    &mut follows
                } else {
                    &mut request
                };
                part.push((field.name, old.clone()));
            } else if !field.read_only {
                skipped.push((record, Some(name.clone())));
                whole = false;
            }
        }
        // What follows from the rest is taken back with all of it.
        if whole {
            request.extend(follows);
        }
        if request.is_empty() {
            return Ok(false);
        }
        self.update(record, &request, None, true)?;
        Ok(true)
    }

    /// What others have done to a record since.
    fn others_since(&self, sequence: u64, record: Ref, operation: &[u64]) -> Vec<(u64, Entry)> {
        let mut later = self.entries_after(record, sequence);
        later.retain(|(later, _)| *later != self.sequence() && !operation.contains(later));
        later
    }

    /// True if somebody else has changed a record since, and not the schema.
    fn is_built_upon(&self, sequence: u64, record: Ref, operation: &[u64]) -> bool {
        let is_of_the_schema = |sequence: u64| {
            let mut log = self.model.log.iter();
            log.any(|commit| commit.sequence == sequence && commit.cause == "schema")
        };
        let is_computed = |name: &String| {
            let field = self.model.field(record.object, name);
            field.is_some_and(super::Field::is_computed)
        };
        let later = self.others_since(sequence, record, operation);
        later.iter().any(|(later, entry)| {
            let follows = entry.kind == ChangeKind::Updated
                && (entry.changes.keys().all(is_computed) || is_of_the_schema(*later));
            !follows
        })
    }

    /// True if a live record refers to what an entry made, or has come to refer to what it brought back.
    fn stands_on(&self, sequence: u64, entry: &Entry, operation: &[u64]) -> bool {
        let record = entry.record;
        let refers = |(object, field): (u16, super::Field)| {
            let mut referring = self.model.referring(object, field.name, record).into_iter();
            !field.read_only
                && referring.any(|other| {
                    let since = self.others_since(sequence, other, operation);
                    let since = since.iter().any(|(_, by)| {
                        by.kind != ChangeKind::Updated || by.changes.contains_key(field.name)
                    });
                    other != record && (entry.kind == ChangeKind::Created || since)
                })
        };
        self.model.referrers(record.object).into_iter().any(refers)
    }
}
