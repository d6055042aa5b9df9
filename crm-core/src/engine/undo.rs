//! Undo of a named operation: its changes are taken back, newest first, where nobody has built on them since.

use super::log::{ChangeKind, LogEntry, entries_of_operation};
use super::read;
use super::work::Work;
use crate::error::{Detail, Error, Result};
use crate::record::Fields;
use crate::schema::system;
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
        for entry in entries {
            let outcome = self.attempt(|work| work.undo_entry(&entry, &mut report));
            if let Err(error) = outcome {
                if error.is_of_the_store() {
                    return Err(error);
                }
                report.skipped.push(UndoSkipped {
                    record: entry.record,
                    field: None,
                    reason: error.to_string(),
                });
            }
        }
        Ok(report)
    }

    fn undo_entry(&mut self, entry: &LogEntry, report: &mut UndoReport) -> Result<()> {
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
                        fields.set_number(change.field, change.old.clone());
                    } else {
                        report.skipped.push(UndoSkipped {
                            record: entry.record,
                            field: Some(field.name.clone()),
                            reason: "it was changed again since".to_owned(),
                        });
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

    /// Does something that may fail without the transaction: if it does, nothing of it remains.
    pub(crate) fn attempt<R>(
        &mut self,
        f: impl FnOnce(&mut Self) -> Result<R>,
    ) -> Result<R, Error> {
        let before = self.begin_attempt();
        let result = f(self);
        if result.is_err() {
            self.roll_back(before);
        } else {
            self.keep(before);
        }
        result
    }
}
