//! Deletion: to the trash, back from it, and for good.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use super::keys;
use super::log::{ChangeKind, LogEntry, entries_after};
use super::read;
use super::work::{Outcome, OutcomeKind, Work};
use crate::error::{Detail, Result};
use crate::limits;
use crate::record::Record;
use crate::schema::{FieldDef, ObjectDef, OnDelete, system};
use crate::store::{Read, Space};
use crate::value::{Ref, Value, ValueRef};

impl Work<'_, '_> {
    /// Puts a live record into the trash, with those that go with it.
    pub(crate) fn delete(&mut self, reference: Ref) -> Result<Outcome> {
        let record = read::live_record(self.txn, &self.state.catalog, reference)?;
        let mut going = vec![record];
        let mut at = 0;
        while let Some(next) = going.get(at).cloned() {
            at += 1;
            for (object, field) in self.catalog().referrers(next.object()) {
                if field.on_delete == OnDelete::Keep {
                    continue;
                }
                for referrer in self.referring(object, field, next.reference())? {
                    if going
                        .iter()
                        .any(|other| other.reference() == referrer.reference())
                    {
                        continue;
                    }
                    if field.on_delete == OnDelete::Restrict {
                        return Err(Detail::Referenced {
                            object: self.state.catalog.object_name(next.object()).to_owned(),
                            id: next.id(),
                            by_object: object.name.clone(),
                            by_field: field.name.clone(),
                            by: referrer.id(),
                        }
                        .into());
                    }
                    going.push(referrer);
                }
            }
            if going.len() > limits::CASCADE_LEN_MAX {
                return Err(Detail::Limit {
                    what: "records deleted together",
                    max: limits::CASCADE_LEN_MAX as u64,
                    actual: going.len() as u64,
                }
                .into());
            }
        }
        // Those that refer go first, so that a link is gone before its ends are.
        for record in going.into_iter().rev() {
            self.set_trashed(record, true)?;
        }
        Ok(Outcome {
            record: reference,
            kind: OutcomeKind::Deleted,
            version: self.sequence,
        })
    }

    /// Takes a record out of the trash, with those that went with it.
    pub(crate) fn restore(&mut self, reference: Ref) -> Result<Outcome> {
        let record = read::record(self.txn, reference)?;
        let record = record.ok_or_else(|| read::not_found(&self.state.catalog, reference))?;
        if !record.is_deleted() {
            return Ok(Outcome {
                record: reference,
                kind: OutcomeKind::Unchanged,
                version: record.version(),
            });
        }
        // Not the record's version: the engine may have computed something in it since.
        let deleted_with = self.trashed_in(reference)?;
        let mut back = vec![record];
        let mut at = 0;
        while let Some(next) = back.get(at).cloned() {
            at += 1;
            for (object, field) in self.catalog().referrers(next.object()) {
                if field.on_delete != OnDelete::Cascade {
                    continue;
                }
                // Trashed records stand in no index; those that went in the same commit are in its log.
                for entry in super::log::entries_of_commit(self.txn, deleted_with)? {
                    if entry.record.object != object.id || entry.kind != ChangeKind::Deleted {
                        continue;
                    }
                    if let Some(other) = read::record(self.txn, entry.record)?
                        && other.is_deleted()
                        && self.trashed_in(entry.record)? == deleted_with
                        && other
                            .get(field.id)
                            .elements()
                            .any(|target| target.as_ref() == Some(next.reference()))
                        && back
                            .iter()
                            .all(|seen| seen.reference() != other.reference())
                    {
                        back.push(other);
                    }
                }
            }
        }
        for record in back {
            self.set_trashed(record, false)?;
        }
        Ok(Outcome {
            record: reference,
            kind: OutcomeKind::Restored,
            version: self.sequence,
        })
    }

    /// The commit that put a record into the trash last.
    fn trashed_in(&self, reference: Ref) -> Result<u64> {
        let entries = entries_after(self.txn, reference, 0)?;
        let mut deletions = entries
            .iter()
            .filter(|entry| entry.kind == ChangeKind::Deleted);
        Ok(deletions.next_back().map_or(0, |entry| entry.sequence))
    }

    fn set_trashed(&mut self, record: Record, trashed: bool) -> Result<()> {
        let catalog = self.catalog();
        let object = catalog.object(record.object())?;
        let reference = record.reference();
        let value = if trashed {
            self.now.into()
        } else {
            Value::Null
        };
        let changes = BTreeMap::from([(system::DELETED_AT, value)]);
        let kind = if trashed {
            ChangeKind::Deleted
        } else {
            ChangeKind::Restored
        };
        self.store(object, reference, Some(record), changes, kind)?;
        Ok(())
    }

    /// Removes a record for good, live or from the trash: its values go from the log, references to it are
    /// cleared. What remains is that there was a record, and who removed it.
    pub(crate) fn purge(&mut self, reference: Ref) -> Result<Outcome> {
        let record = read::record(self.txn, reference)?;
        let record = record.ok_or_else(|| read::not_found(&self.state.catalog, reference))?;
        if !record.is_deleted() {
            self.delete(reference)?;
        }
        let catalog = self.catalog();
        for (object, field) in catalog.referrers(reference.object) {
            for referrer in self.referring(object, field, reference)? {
                self.clear_reference(object, field, &referrer, reference)?;
            }
        }
        let range = keys::timeline_of(reference);
        let mut entries = Vec::new();
        self.txn.scan(&range, &mut |key, _| {
            entries.push(key.to_vec());
            ControlFlow::Continue(())
        })?;
        for key in entries {
            self.txn.delete(Space::Timeline, key);
        }
        self.drop_contents(&record)?;
        for entry in entries_after(self.txn, reference, 0)? {
            let erased = LogEntry {
                changes: Vec::new(),
                ..entry
            };
            self.txn.put(
                Space::Log,
                keys::log(erased.sequence, erased.n),
                erased.encode()?,
            )?;
        }
        self.txn.delete(Space::Record, keys::record(reference));
        self.log(reference, ChangeKind::Purged, Vec::new())?;
        Ok(Outcome {
            record: reference,
            kind: OutcomeKind::Purged,
            version: self.sequence,
        })
    }

    fn clear_reference(
        &mut self,
        object: &ObjectDef,
        field: &FieldDef,
        referrer: &Record,
        gone: Ref,
    ) -> Result<()> {
        let kept: Vec<Value> = referrer
            .get(field.id)
            .elements()
            .filter(|value| value.as_ref() != Some(gone))
            .map(ValueRef::to_value)
            .collect();
        let value = if field.many && !kept.is_empty() {
            Value::List(kept)
        } else {
            Value::Null
        };
        let changes = BTreeMap::from([(field.id, value)]);
        self.store(
            object,
            referrer.reference(),
            Some(referrer.clone()),
            changes,
            ChangeKind::Updated,
        )?;
        Ok(())
    }

    /// The live records whose reference field points to a record.
    fn referring(&self, object: &ObjectDef, field: &FieldDef, target: Ref) -> Result<Vec<Record>> {
        let mut found = Vec::new();
        self.for_each_with(object.id, field.id, ValueRef::Ref(target), &mut |record| {
            let refers = |value: ValueRef<'_>| value.as_ref() == Some(target);
            if record.get(field.id).elements().any(refers) {
                found.push(record);
            }
            Ok(())
        })?;
        Ok(found)
    }
}
