//! Undo of a named operation: its changes are taken back, newest first, where nobody has built on them since.

use std::collections::BTreeSet;

use super::log::{ChangeKind, FieldChange, LogEntry, entries_after, entries_of_operation};
use super::read;
use super::work::Work;
use crate::error::{Detail, Result};
use crate::record::Fields;
use crate::schema::{FieldDef, ObjectDef, system};
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

impl Work<'_, '_> {
    /// Takes back the changes of a named operation.
    pub(crate) fn undo(&mut self, operation: &str) -> Result<UndoReport> {
        let entries = entries_of_operation(self.txn, operation)?;
        if entries.is_empty() {
            return Err(Detail::NotFound {
                object: "operation".to_owned(),
                id: operation.to_owned(),
            }
            .into());
        }
        let mut report = UndoReport::default();
        let operation_commits: BTreeSet<u64> = entries.iter().map(|entry| entry.sequence).collect();
        for entry in entries {
            let undone = report.undone;
            let outcome = self.attempt(|work| {
                work.undo_entry(&entry, &operation_commits, &mut report)?;
                work.settle()
            });
            if let Err(error) = outcome {
                if error.is_of_the_store() {
                    return Err(error);
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
        operation: &BTreeSet<u64>,
        report: &mut UndoReport,
    ) -> Result<()> {
        let catalog = self.catalog();
        let object = catalog.object(entry.record.object)?;
        let Some(record) = read::record(self.txn, entry.record)? else {
            report.skipped.push(UndoSkipped {
                record: entry.record,
                field: None,
                reason: "the record was purged".to_owned(),
            });
            return Ok(());
        };
        let stands = match entry.kind {
            ChangeKind::Created | ChangeKind::Restored => !record.is_deleted(),
            ChangeKind::Deleted => record.is_deleted(),
            _ => false,
        };
        if stands && self.is_built_upon(object, entry, operation)? {
            report.skipped.push(UndoSkipped {
                record: entry.record,
                field: None,
                reason: "it was changed again since".to_owned(),
            });
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
                let skipped = report.skipped.len();
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
                    if record.get(change.field) == ValueRef::from(&change.new) {
                        if field.read_only {
                            own_logic.push(change);
                        } else {
                            fields.set_number(change.field, change.old.clone());
                        }
                    } else if !field.read_only {
                        report.skipped.push(UndoSkipped {
                            record: entry.record,
                            field: Some(field.name.clone()),
                            reason: "it was changed again since".to_owned(),
                        });
                    }
                }
                if report.skipped.len() == skipped {
                    for change in own_logic {
                        fields.set_number(change.field, change.old.clone());
                    }
                }
                if !fields.is_empty() {
                    self.update(entry.record, &fields, None, true)?;
                    report.undone += 1;
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// True if a record was changed after an entry, other than by the operation itself or this undo of it.
    fn is_built_upon(
        &self,
        object: &ObjectDef,
        entry: &LogEntry,
        operation: &BTreeSet<u64>,
    ) -> Result<bool> {
        let later = entries_after(self.txn, entry.record, entry.sequence)?;
        let is_own = |sequence| sequence == self.sequence || operation.contains(&sequence);
        let is_derived = |change: &FieldChange| {
            object
                .field(change.field)
                .is_some_and(FieldDef::is_computed)
        };
        Ok(later.iter().any(|later| {
            let derived = later.kind == ChangeKind::Updated && later.changes.iter().all(is_derived);
            !is_own(later.sequence) && !derived
        }))
    }
}
