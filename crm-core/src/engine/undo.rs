//! Undo of a named operation: its changes are taken back, newest first, where nobody has built on them since.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use super::authority::Right;
use super::keys;
use super::log::{ChangeKind, Commit, LogEntry, entries_after, entries_of_operation};
use super::read;
use super::schema_change::SCHEMA_CAUSE;
use super::trash::refers_to;
use super::work::Work;
use crate::error::{Detail, Result};
use crate::record::{Fields, Record};
use crate::schema::{FieldDef, ObjectDef, system};
use crate::store::{Read, Space};
use crate::value::{Ref, ValueRef};

/// What an undo did.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct UndoReport {
    /// How many changes were taken back.
    pub undone: usize,
    /// The changes that stay, and why.
    pub skipped: Vec<UndoSkipped>,
}

/// A change that an undo left as it is.
#[derive(Debug, Clone, PartialEq)]
pub struct UndoSkipped {
    /// The record.
    pub record: Ref,
    /// The field, if it is about one; else the whole record.
    pub field: Option<String>,
    /// Why.
    pub reason: String,
}

/// An operation that is being taken back.
struct Operation {
    commits: BTreeSet<u64>,
    /// By the fields without an index, who refers to which record: read once, since each look is one at all records.
    referring: BTreeMap<(u16, u16), BTreeMap<Ref, Vec<Ref>>>,
    /// The records that stay in another main group, by the commit that moved them: the memberships stay, too.
    standing: BTreeSet<(u64, Ref)>,
}

const CHANGED_SINCE: &str = "it was changed again since";

impl Work<'_, '_> {
    /// Takes back the changes of a named operation.
    pub(crate) fn undo(&mut self, operation: &str) -> Result<UndoReport> {
        let entries = entries_of_operation(&self.tx, operation)?;
        if entries.is_empty() {
            return Err(Detail::NotFound {
                object: "operation".to_owned(),
                id: operation.to_owned(),
            }
            .into());
        }
        let mut report = UndoReport::default();
        let mut operation = Operation {
            commits: entries.iter().map(|entry| entry.sequence).collect(),
            referring: BTreeMap::new(),
            standing: BTreeSet::new(),
        };
        for entry in entries {
            let undone = report.undone;
            let outcome = self.attempt(|work| {
                work.undo_entry(&entry, &mut operation, &mut report)?;
                work.settle()
            });
            if let Err(error) = outcome {
                if error.is_of_the_store() {
                    return Err(error);
                }
                let catalog = self.catalog();
                let is_move = |field| catalog.is_main_group(entry.record.object, field);
                if entry.changes.iter().any(|change| is_move(change.field)) {
                    operation.standing.insert((entry.sequence, entry.record));
                }
                report.undone = undone;
                report.skipped.push(UndoSkipped {
                    record: entry.record,
                    field: None,
                    reason: error.to_string(),
                });
            }
        }
        Ok(report)
    }

    fn undo_entry(
        &mut self,
        entry: &LogEntry,
        operation: &mut Operation,
        report: &mut UndoReport,
    ) -> Result<()> {
        let catalog = self.catalog();
        let object = catalog.object(entry.record.object)?;
        let mut skip = |field: Option<&FieldDef>, reason: String| {
            report.skipped.push(UndoSkipped {
                record: entry.record,
                field: field.map(|field| field.name.clone()),
                reason,
            });
        };
        let Some(record) = read::record(&self.tx, entry.record)? else {
            skip(None, "the record was purged".to_owned());
            return Ok(());
        };
        let stands = match entry.kind {
            ChangeKind::Created | ChangeKind::Restored => !record.is_deleted(),
            ChangeKind::Deleted => record.is_deleted(),
            _ => false,
        };
        let member = object
            .membership
            .as_ref()
            .filter(|membership| membership.is_kept());
        let member = member.and_then(|membership| record.get(membership.member).as_ref());
        if member.is_some_and(|member| operation.standing.contains(&(entry.sequence, member))) {
            skip(None, "the move that made it so stays".to_owned());
            return Ok(());
        }
        if stands && self.is_built_upon(object, entry, operation)? {
            skip(None, CHANGED_SINCE.to_owned());
            return Ok(());
        }
        if stands
            && entry.kind != ChangeKind::Deleted
            && let Some(what) = self.stands_on(entry, operation)?
        {
            skip(None, format!("{what} refers to it"));
            return Ok(());
        }
        match entry.kind {
            ChangeKind::Created if !record.is_deleted() => {
                self.delete(entry.record)?;
                report.undone += 1;
            }
            ChangeKind::Deleted if record.is_deleted() => {
                self.restore(entry.record)?;
                report.undone += 1;
            }
            ChangeKind::Restored if !record.is_deleted() => {
                self.delete(entry.record)?;
                report.undone += 1;
            }
            ChangeKind::Updated => {
                let mut fields = Fields::new();
                // What the object's own logic wrote follows from the rest: it is taken back with all of it.
                let mut own_logic = Vec::new();
                let mut whole = true;
                let changed_since = self.changed_since(entry, operation)?;
                let standing = &mut operation.standing;
                for change in entry
                    .changes
                    .iter()
                    .filter(|change| change.field < system::FIRST)
                {
                    let Some(field) = object.field(change.field) else {
                        continue;
                    };
                    if field.is_computed() {
                        continue;
                    }
                    // A value that others have changed and set back is theirs.
                    let stays = !changed_since.contains(&change.field)
                        && record.get(change.field) == ValueRef::from(&change.new);
                    if stays {
                        if field.read_only {
                            own_logic.push(change);
                        } else {
                            fields.set_number(change.field, change.old.clone());
                        }
                    } else if !field.read_only {
                        skip(Some(field), CHANGED_SINCE.to_owned());
                        whole = false;
                        if catalog.is_main_group(object.id, field.id) {
                            standing.insert((entry.sequence, entry.record));
                        }
                    }
                }
                if whole {
                    for change in own_logic {
                        fields.set_number(change.field, change.old.clone());
                    }
                }
                if !fields.is_empty() {
                    self.with_right(Right::Operation, |work| {
                        work.update(entry.record, &fields, None)
                    })?;
                    report.undone += 1;
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// What was done to a record after an entry, other than by the operation itself or this undo of it.
    fn others_since(
        &self,
        record: Ref,
        sequence: u64,
        operation: &Operation,
    ) -> Result<Vec<LogEntry>> {
        let mut later = entries_after(&self.tx, record, sequence)?;
        later.retain(|later| {
            later.sequence != self.tx.sequence && !operation.commits.contains(&later.sequence)
        });
        Ok(later)
    }

    /// The fields that others have changed after an entry.
    fn changed_since(&self, entry: &LogEntry, operation: &Operation) -> Result<BTreeSet<u16>> {
        let later = self.others_since(entry.record, entry.sequence, operation)?;
        let changes = later.iter().flat_map(|later| &later.changes);
        Ok(changes.map(|change| change.field).collect())
    }

    /// True if somebody else has changed a record after an entry. That a field is computed, or came to the schema with
    /// a default for all records, is nobody's doing.
    fn is_built_upon(
        &self,
        object: &ObjectDef,
        entry: &LogEntry,
        operation: &Operation,
    ) -> Result<bool> {
        for later in self.others_since(entry.record, entry.sequence, operation)? {
            let is_computed = |field| object.field(field).is_some_and(FieldDef::is_computed);
            let follows = later.kind == ChangeKind::Updated
                && (later.changes.iter().all(|change| is_computed(change.field))
                    || self.is_of_the_schema(later.sequence)?);
            if !follows {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// True for a commit in which the schema changed, and records with it. A change of the schema alone takes no number,
    /// so that the next commit has its key.
    fn is_of_the_schema(&self, sequence: u64) -> Result<bool> {
        let has_its_key = self.tx.exists(Space::Meta, &keys::schema_from(sequence))?;
        let commit = Commit::load(&self.tx, sequence)?;
        Ok(has_its_key && commit.is_some_and(|commit| commit.cause == SCHEMA_CAUSE))
    }

    /// A live record that refers to what an entry has made or brought back: what, of that, the operation did is taken
    /// back before. To a record that came back, it refers since then.
    fn stands_on(&self, entry: &LogEntry, operation: &mut Operation) -> Result<Option<String>> {
        let catalog = self.catalog();
        for (object, field) in catalog.referrers(entry.record.object) {
            // What follows from other fields, or is read no more, holds nothing.
            if field.read_only || field.retired {
                continue;
            }
            for referrer in self.still_referring(object, field, entry.record, operation)? {
                let reference = referrer.reference();
                if reference == entry.record {
                    continue;
                }
                let is_new = entry.kind == ChangeKind::Created
                    || self
                        .others_since(reference, entry.sequence, operation)?
                        .iter()
                        .any(|later| {
                            let mut changes = later.changes.iter();
                            later.kind != ChangeKind::Updated
                                || changes.any(|change| change.field == field.id)
                        });
                if is_new {
                    let what = format!("`{}.{}` of {}", object.name, field.name, reference.id);
                    return Ok(Some(what));
                }
            }
        }
        Ok(None)
    }

    /// As [`referring`](Work::referring), which reads all records for each target where the field has no index.
    fn still_referring(
        &self,
        object: &ObjectDef,
        field: &FieldDef,
        target: Ref,
        operation: &mut Operation,
    ) -> Result<Vec<Record>> {
        if field.indexed && self.state.is_built(object.id, field.id) {
            return self.referring(object, field, target);
        }
        let all = match operation.referring.entry((object.id, field.id)) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(unknown) => {
                let mut all: BTreeMap<Ref, Vec<Ref>> = BTreeMap::new();
                read::for_each_live(&self.tx, object.id, &mut |record| {
                    for target in record.get(field.id).elements().filter_map(ValueRef::as_ref) {
                        all.entry(target).or_default().push(record.reference());
                    }
                    Ok(())
                })?;
                unknown.insert(all)
            }
        };
        let mut found = Vec::new();
        for reference in all.get(&target).into_iter().flatten() {
            // The undo itself has changed some since.
            let record = read::record(&self.tx, *reference)?;
            found.extend(record.filter(|now| !now.is_deleted() && refers_to(now, field, target)));
        }
        Ok(found)
    }
}
