//! Deletion: to the trash, back from it, and for good.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::ops::ControlFlow;

use super::keys;
use super::log::{ChangeKind, LogEntry, entries_after};
use super::read;
use super::save::{Manner, Save};
use super::work::{Outcome, OutcomeKind, Work};
use crate::error::{Detail, Error, Result};
use crate::limits;
use crate::record::Record;
use crate::schema::{FieldDef, ObjectDef, OnDelete, system};
use crate::store::{KeyRange, Read, Space};
use crate::value::{Ref, Value, ValueRef};

impl Work<'_, '_> {
    /// Puts a live record into the trash, with those that go with it.
    pub(crate) fn delete(&mut self, reference: Ref) -> Result<Outcome> {
        let record = read::live_record(&self.tx, &self.state.catalog, reference)?;
        if self.state.catalog.object(reference.object)?.is_settings() {
            return Err(Error::invalid(
                reference.id,
                "the settings cannot be deleted",
            ));
        }
        let mut going = vec![record];
        let mut seen = HashSet::from([reference]);
        let mut referrers = Referrers::default();
        let mut at = 0;
        while let Some(next) = going.get(at).cloned() {
            at += 1;
            for (object, field) in self.catalog().referrers(next.object()) {
                match field.on_delete {
                    OnDelete::Keep => continue,
                    OnDelete::Restrict => {
                        self.check_unneeded(object, field, next.reference(), &seen)?;
                        continue;
                    }
                    OnDelete::Cascade => {}
                }
                for referrer in referrers.of(self, object, field, next.reference())? {
                    if seen.contains(&referrer.reference()) {
                        continue;
                    }
                    seen.insert(referrer.reference());
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
            self.set_trashed(record, true, BTreeMap::new())?;
        }
        Ok(Outcome {
            record: reference,
            kind: OutcomeKind::Deleted,
            version: self.tx.sequence,
        })
    }

    /// Refuses to delete a record to which others refer that cannot be without it, but for those that go with it.
    fn check_unneeded(
        &self,
        object: &ObjectDef,
        field: &FieldDef,
        target: Ref,
        going: &HashSet<Ref>,
    ) -> Result<()> {
        let (mut first, mut count) = (None, 0);
        self.for_each_with(object.id, field.id, ValueRef::Ref(target), &mut |record| {
            if refers_to(&record, field, target) && !going.contains(&record.reference()) {
                count += 1;
                first.get_or_insert(record.id());
            }
            Ok(())
        })?;
        match first {
            None => Ok(()),
            Some(by) => Err(Detail::Referenced {
                object: self.state.catalog.object_name(target.object).to_owned(),
                id: target.id,
                by_object: object.name.clone(),
                by_field: field.name.clone(),
                by,
                count,
            }
            .into()),
        }
    }

    /// Takes a record out of the trash, with those that went with it.
    pub(crate) fn restore(&mut self, reference: Ref) -> Result<Outcome> {
        let record = read::record(&self.tx, reference)?;
        let record = record.ok_or_else(|| read::not_found(&self.state.catalog, reference))?;
        if !record.is_deleted() {
            return Ok(Outcome {
                record: reference,
                kind: OutcomeKind::Unchanged,
                version: record.version(),
            });
        }
        let back = self.gone_with(record)?;
        let coming: HashSet<Ref> = back.iter().map(Record::reference).collect();
        for (at, record) in back.iter().enumerate() {
            let reference = record.reference();
            let stays = |target: Ref| coming.contains(&target);
            match self.lasting_references(record, &stays) {
                Ok(changes) => {
                    self.set_trashed(record.clone(), false, changes)?;
                }
                // A link whose other end is gone stays in the trash.
                Err(error)
                    if at > 0 && matches!(error.detail(), Detail::MissingReference { .. }) =>
                {
                    continue;
                }
                Err(error) => return Err(error),
            }
            let catalog = self.catalog();
            let object = catalog.object(reference.object)?;
            self.roll_ups_anew(object, reference);
            self.yield_primary(object, reference)?;
            self.catch_up_membership(object, reference)?;
        }
        Ok(Outcome {
            record: reference,
            kind: OutcomeKind::Restored,
            version: self.tx.sequence,
        })
    }

    /// A record in the trash and those that went there with it because they refer to it, it first.
    fn gone_with(&self, record: Record) -> Result<Vec<Record>> {
        // Not the record's version: the engine may have computed something in it since.
        let deleted_with = self.trashed_in(record.reference())?;
        // Trashed records stand in no index; those that went in the same commit are in its log, as often as they did.
        let mut together = Vec::new();
        let mut seen = BTreeSet::from([record.reference()]);
        for entry in super::log::entries_of_commit(&self.tx, deleted_with)? {
            if entry.kind == ChangeKind::Deleted && seen.insert(entry.record) {
                let other = read::record(&self.tx, entry.record)?;
                let other = other.filter(Record::is_deleted);
                if other.is_some() && self.trashed_in(entry.record)? == deleted_with {
                    together.extend(other);
                }
            }
        }
        let catalog = self.catalog();
        // Their places, by the field that refers and what it refers to.
        let mut places: HashMap<(u16, u16, Ref), Vec<usize>> = HashMap::new();
        for (place, record) in together.iter().enumerate() {
            let object = catalog.object(record.object())?;
            for field in object.references() {
                for target in record.get(field.id).elements().filter_map(ValueRef::as_ref) {
                    let key = (object.id, field.id, target);
                    places.entry(key).or_default().push(place);
                }
            }
        }
        let mut together: Vec<Option<Record>> = together.into_iter().map(Some).collect();
        let mut gone = vec![record];
        let mut at = 0;
        while let Some(next) = gone.get(at).map(Record::reference) {
            at += 1;
            for (object, field) in catalog.referrers(next.object) {
                if field.on_delete != OnDelete::Cascade {
                    continue;
                }
                let with_it = places.remove(&(object.id, field.id, next));
                let with_it = with_it.into_iter().flatten();
                gone.extend(with_it.filter_map(|place| together.get_mut(place)?.take()));
            }
        }
        Ok(gone)
    }

    /// The commit that put a record into the trash last.
    pub(super) fn trashed_in(&self, reference: Ref) -> Result<u64> {
        let entries = entries_after(&self.tx, reference, 0)?;
        let newest = entries
            .iter()
            .find(|entry| entry.kind == ChangeKind::Deleted);
        Ok(newest.map_or(0, |entry| entry.sequence))
    }

    /// What must change in the references of a record that comes back from the trash: those to records that
    /// have been purged meanwhile are cleared.
    ///
    /// # Errors
    /// `MissingReference` if the record cannot be without one of them, or one of them is gone that could not have
    /// gone while the record was there.
    fn lasting_references(
        &self,
        record: &Record,
        comes_back: &dyn Fn(Ref) -> bool,
    ) -> Result<BTreeMap<u16, Value>> {
        let catalog = self.catalog();
        let object = catalog.object(record.object())?;
        let mut changes = BTreeMap::new();
        for field in object.references() {
            let mut lost = Vec::new();
            for target in record.get(field.id).elements().filter_map(ValueRef::as_ref) {
                let found = read::record(&self.tx, target)?;
                let needed = field.on_delete != OnDelete::Keep;
                let lasts =
                    found.is_some_and(|found| !needed || !found.is_deleted() || comes_back(target));
                if !lasts {
                    lost.push(target);
                }
            }
            let Some(first) = lost.first() else { continue };
            let kept = without(record.get(field.id), &lost, field.many);
            if field.on_delete != OnDelete::Keep || field.required && kept.is_null() {
                return Err(Detail::MissingReference {
                    object: object.name.clone(),
                    field: field.name.clone(),
                    target: catalog.object_name(first.object).to_owned(),
                    id: first.id,
                }
                .into());
            }
            changes.insert(field.id, kept);
        }
        Ok(changes)
    }

    fn set_trashed(
        &mut self,
        record: Record,
        trashed: bool,
        mut changes: BTreeMap<u16, Value>,
    ) -> Result<()> {
        let catalog = self.catalog();
        let object = catalog.object(record.object())?;
        let (at, manner) = match trashed {
            true => (self.tx.now.into(), Manner::Trashed),
            false => (Value::Null, Manner::Restored),
        };
        changes.insert(system::DELETED_AT, at);
        self.save(Save::of(object, record, changes, manner))?;
        Ok(())
    }

    /// Removes a record for good, live or from the trash, with the links and parts that go with it: their values
    /// go from the log, references to them are cleared. What remains is that there were records, and who removed
    /// them.
    pub(crate) fn purge(&mut self, reference: Ref) -> Result<Outcome> {
        let not_found = read::not_found(&self.state.catalog, reference);
        let record = read::record(&self.tx, reference)?.ok_or_else(|| not_found.clone())?;
        if !record.is_deleted() {
            self.delete(reference)?;
        }
        let record = read::record(&self.tx, reference)?.ok_or(not_found)?;
        let mut referrers = Referrers::default();
        for record in self.gone_with(record)?.into_iter().rev() {
            self.erase(&record, &mut referrers)?;
        }
        Ok(Outcome {
            record: reference,
            kind: OutcomeKind::Purged,
            version: self.tx.sequence,
        })
    }

    /// Erases a record that is in the trash. References to it from other records in the trash stay until these
    /// come back.
    fn erase(&mut self, record: &Record, referrers: &mut Referrers) -> Result<()> {
        let reference = record.reference();
        let catalog = self.catalog();
        for (object, field) in catalog.referrers(reference.object) {
            for referrer in referrers.of(self, object, field, reference)? {
                self.clear_reference(object, field, &referrer, reference)?;
            }
        }
        let range = KeyRange::prefix(Space::Timeline, keys::timeline_of(reference).as_bytes());
        let mut entries = Vec::new();
        self.tx.scan(&range, &mut |key, _| {
            entries.push(key.to_vec());
            ControlFlow::Continue(())
        })?;
        for key in entries {
            self.tx.delete(Space::Timeline, key);
        }
        self.drop_contents(record)?;
        for entry in entries_after(&self.tx, reference, 0)? {
            let erased = LogEntry {
                changes: Vec::new(),
                ..entry
            };
            self.tx.put(
                Space::Log,
                keys::log(erased.sequence, erased.n),
                erased.encode()?,
            )?;
        }
        self.deferred.purged = true;
        self.tx.delete(Space::Record, keys::record(reference));
        self.log(reference, ChangeKind::Purged, Vec::new())
    }

    fn clear_reference(
        &mut self,
        object: &ObjectDef,
        field: &FieldDef,
        referrer: &Record,
        gone: Ref,
    ) -> Result<()> {
        let kept = without(referrer.get(field.id), &[gone], field.many);
        if field.required && kept.is_null() {
            return Err(Detail::Referenced {
                object: self.state.catalog.object_name(gone.object).to_owned(),
                id: gone.id,
                by_object: object.name.clone(),
                by_field: field.name.clone(),
                by: referrer.id(),
                count: 1,
            }
            .into());
        }
        // Not as somebody writes it: what else the record holds may break a rule that came later.
        let changes = BTreeMap::from([(field.id, kept)]);
        self.save_completed(object, referrer.clone(), changes)?;
        Ok(())
    }

    /// The live records whose reference field points to a record.
    pub(super) fn referring(
        &self,
        object: &ObjectDef,
        field: &FieldDef,
        target: Ref,
    ) -> Result<Vec<Record>> {
        let mut found = Vec::new();
        self.for_each_with(object.id, field.id, ValueRef::Ref(target), &mut |record| {
            if refers_to(&record, field, target) {
                found.push(record);
            }
            Ok(())
        })?;
        Ok(found)
    }
}

/// Records, by what they refer to.
type ByTarget = HashMap<Ref, Vec<Ref>>;

/// The live records that refer to others, for as many of these as one deletion or purge takes with it: a field without
/// an index is gone through twice, and not for each of them.
#[derive(Default)]
struct Referrers {
    /// By the field without an index; `None` for one of which one record was asked so far.
    of_unindexed: HashMap<(u16, u16), Option<ByTarget>>,
}

impl Referrers {
    fn of(
        &mut self,
        work: &Work<'_, '_>,
        object: &ObjectDef,
        field: &FieldDef,
        target: Ref,
    ) -> Result<Vec<Record>> {
        if field.indexed && work.state.is_built(object.id, field.id) {
            return work.referring(object, field, target);
        }
        let Some(known) = self.of_unindexed.get_mut(&(object.id, field.id)) else {
            self.of_unindexed.insert((object.id, field.id), None);
            return work.referring(object, field, target);
        };
        let by_target = match known {
            Some(by_target) => by_target,
            None => known.insert(by_target(work, object, field)?),
        };
        let mut found = Vec::new();
        // They may have changed since.
        for referrer in by_target.get(&target).into_iter().flatten() {
            let record = read::record(&work.tx, *referrer)?;
            let record = record.filter(|record| !record.is_deleted());
            found.extend(record.filter(|record| refers_to(record, field, target)));
        }
        Ok(found)
    }
}

/// The live records that a reference field has, by what they refer to.
fn by_target(work: &Work<'_, '_>, object: &ObjectDef, field: &FieldDef) -> Result<ByTarget> {
    let mut by_target = ByTarget::new();
    read::for_each_live(&work.tx, object.id, &mut |record| {
        let targets = record.get(field.id).elements().filter_map(ValueRef::as_ref);
        for target in targets {
            let referrers = by_target.entry(target).or_default();
            // A list may name it twice.
            if referrers.last() != Some(&record.reference()) {
                referrers.push(record.reference());
            }
        }
        Ok(())
    })?;
    Ok(by_target)
}

pub(super) fn refers_to(record: &Record, field: &FieldDef, target: Ref) -> bool {
    let mut elements = record.get(field.id).elements();
    elements.any(|value| value.as_ref() == Some(target))
}

/// A reference, or a list of them, without some.
fn without(value: ValueRef<'_>, gone: &[Ref], many: bool) -> Value {
    let mut kept: Vec<Value> = value
        .elements()
        .filter(|value| value.as_ref().is_none_or(|target| !gone.contains(&target)))
        .map(ValueRef::to_value)
        .collect();
    match (many, kept.is_empty()) {
        (_, true) => Value::Null,
        (true, false) => Value::List(kept),
        (false, false) => kept.swap_remove(0),
    }
}
