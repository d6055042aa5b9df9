//! Deletion: to the trash, back from it, and for good.

use std::sync::Arc;

use crm_core::{ChangeKind, Code, OutcomeKind, Ref, Value};

use super::schema::{Field, elements, list, references};
use super::work::Work;
use super::{Fields, Outcome, Res, get, version};
use crate::op::Kind;

impl Work<'_> {
    /// Puts a record into the trash, and those that go with it.
    ///
    /// # Errors
    /// `NotFound`; `Referenced` if others cannot be without it.
    pub fn delete(&mut self, record: Ref) -> Res<Outcome> {
        self.model.live(record).ok_or(Code::NotFound)?;
        let mut going = vec![record];
        let mut at = 0;
        while at < going.len() {
            let next = going[at];
            at += 1;
            for (object, field) in self.model.referrers(next.object) {
                if field.restricts {
                    let others = self.model.referring(object, field.name, next);
                    if others.iter().any(|other| !going.contains(other)) {
                        return Err(Code::Referenced);
                    }
                }
                if field.cascades {
                    for other in self.model.referring(object, field.name, next) {
                        if !going.contains(&other) {
                            going.push(other);
                        }
                    }
                }
            }
        }
        for record in going.into_iter().rev() {
            let now = self.caller.now.into();
            self.store(
                record,
                ChangeKind::Deleted,
                Fields::from([("deleted_at", now)]),
            )?;
        }
        Ok((record, OutcomeKind::Deleted, self.sequence()))
    }

    /// Takes a record out of the trash, with those that went with it.
    ///
    /// # Errors
    /// `NotFound`, `Duplicate`, `MissingReference`.
    pub fn restore(&mut self, record: Ref) -> Res<Outcome> {
        let fields = self.model.any(record).ok_or(Code::NotFound)?;
        if self.model.live(record).is_some() {
            return Ok((record, OutcomeKind::Unchanged, version(fields)));
        }
        let back = self.gone_with(record);
        for (at, one) in back.iter().enumerate() {
            match self.lasting_references(*one, &back) {
                Ok(mut changes) => {
                    if one.object == Kind::Deal.number() {
                        changes = self.decide(*one, changes, Default::default(), false, true)?;
                    }
                    changes.insert("deleted_at", Value::Null);
                    self.store(*one, ChangeKind::Restored, changes)?;
                }
                // A link whose other end is gone stays in the trash.
                Err(Code::MissingReference) if at > 0 => continue,
                Err(code) => return Err(code),
            }
            self.yield_primary(*one)?;
            self.catch_up_employment(*one)?;
        }
        Ok((record, OutcomeKind::Restored, self.sequence()))
    }

    /// Removes a record for good, and those that go with it.
    ///
    /// # Errors
    /// `NotFound`; `Referenced` if a live record cannot be without it.
    pub fn purge(&mut self, record: Ref) -> Res<Outcome> {
        self.model.any(record).ok_or(Code::NotFound)?;
        if self.model.live(record).is_some() {
            self.delete(record)?;
        }
        for one in self.gone_with(record).into_iter().rev() {
            self.erase(one)?;
        }
        Ok((record, OutcomeKind::Purged, self.sequence()))
    }

    fn erase(&mut self, gone: Ref) -> Res<()> {
        for (object, field) in self.model.referrers(gone.object) {
            for other in self.model.referring(object, field.name, gone) {
                let kept = without(&self.model.value(other, field.name), &[gone], &field);
                if field.required && kept.is_null() {
                    return Err(Code::Referenced);
                }
                self.store(
                    other,
                    ChangeKind::Updated,
                    Fields::from([(field.name, kept)]),
                )?;
            }
        }
        for commit in &mut self.model.log {
            if commit.entries.iter().any(|entry| entry.record == gone) {
                let entries = Arc::make_mut(commit).entries.iter_mut();
                let own = entries.filter(|entry| entry.record == gone);
                own.for_each(|entry| entry.changes.clear());
            }
        }
        let own = self.entries.iter_mut().filter(|entry| entry.record == gone);
        own.for_each(|entry| entry.changes.clear());
        self.model.records.remove(&gone);
        self.note(gone, ChangeKind::Purged, Default::default());
        Ok(())
    }

    /// The commit that put a record into the trash last.
    pub fn trashed_in(&self, record: Ref) -> u64 {
        let entries = self.entries_after(record, 0);
        let deleted = entries
            .iter()
            .find(|(_, entry)| entry.kind == ChangeKind::Deleted);
        deleted.map_or(0, |(sequence, _)| *sequence)
    }

    /// A record in the trash and those that went there with it because they refer to it.
    fn gone_with(&self, record: Ref) -> Vec<Ref> {
        let deleted_in = self.trashed_in(record);
        let is_trashed = |other: &Ref| self.model.live(*other).is_none();
        let trash = self.model.records.keys().filter(|other| is_trashed(other));
        let mut together: Vec<Ref> = trash
            .filter(|other| self.trashed_in(**other) == deleted_in)
            .copied()
            .collect();
        let mut gone = vec![record];
        together.retain(|other| *other != record);
        let mut at = 0;
        while at < gone.len() {
            let next = gone[at];
            at += 1;
            for (object, field) in self.model.referrers(next.object) {
                if !field.cascades {
                    continue;
                }
                let goes = |other: &Ref| {
                    other.object == object
                        && references(&self.model.value(*other, field.name)).contains(&next)
                };
                gone.extend(together.iter().copied().filter(goes));
                together.retain(|other| !goes(other));
            }
        }
        gone
    }

    /// The references that a record cannot keep when it comes back: they are cleared.
    fn lasting_references(&self, record: Ref, back: &[Ref]) -> Res<Fields> {
        let fields = self.model.any(record).cloned().unwrap_or_default();
        let mut changes = Fields::new();
        for field in self.model.fields(record.object) {
            let value = get(&fields, field.name);
            let lasts = |to: &Ref| {
                let found = self.model.any(*to).is_some();
                let needed = field.cascades || field.restricts;
                let usable = !needed || self.model.live(*to).is_some() || back.contains(to);
                found && usable
            };
            let lost: Vec<Ref> = references(&value)
                .into_iter()
                .filter(|to| !lasts(to))
                .collect();
            if lost.is_empty() {
                continue;
            }
            let kept = without(&value, &lost, field);
            if field.cascades || field.restricts || field.required && kept.is_null() {
                return Err(Code::MissingReference);
            }
            changes.insert(field.name, kept);
        }
        Ok(changes)
    }
}

/// A reference, or a list of them, without some.
fn without(value: &Value, gone: &[Ref], field: &Field) -> Value {
    let mut kept = elements(value);
    kept.retain(|value| !matches!(value, Value::Ref(to) if gone.contains(to)));
    if field.many {
        list(kept)
    } else {
        kept.pop().unwrap_or_default()
    }
}
