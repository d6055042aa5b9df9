//! Writes a record and everything that follows from it: index entries, timeline entries, totals, search words,
//! roll-ups and the log.

use std::collections::BTreeMap;

use super::derive::{self, Row, TotalRow};
use super::keys;
use super::log::{ChangeKind, FieldChange, LogEntry};
use super::read;
use super::work::{Event, Work};
use crate::error::{Detail, Error, Result};
use crate::record::Record;
use crate::schema::{ObjectDef, system};
use crate::search::Document;
use crate::store::{Read, Space};
use crate::value::{RecordBuf, Ref, Value};

impl Work<'_, '_> {
    /// Writes a record and everything that follows from it.
    pub(super) fn store(
        &mut self,
        object: &ObjectDef,
        reference: Ref,
        old: Option<Record>,
        changes: BTreeMap<u16, Value>,
        kind: ChangeKind,
    ) -> Result<Record> {
        let logged = match (kind, &old) {
            (ChangeKind::Created, _) | (_, None) => Vec::new(),
            (_, Some(old)) => changes
                .iter()
                .map(|(field, new)| FieldChange {
                    field: *field,
                    old: old.get(*field).to_value(),
                    new: new.clone(),
                })
                .collect(),
        };
        self.store_logged(object, reference, old, changes, kind, logged)
    }

    /// As [`store`](Work::store), where the log says something else than the difference to `old`.
    pub(super) fn store_logged(
        &mut self,
        object: &ObjectDef,
        reference: Ref,
        old: Option<Record>,
        mut changes: BTreeMap<u16, Value>,
        kind: ChangeKind,
        logged: Vec<FieldChange>,
    ) -> Result<Record> {
        let changed: Vec<u16> = changes.keys().copied().collect();
        if old.is_none() {
            changes.insert(
                system::ORDINAL,
                Value::Int(self.state.counters.ordinal.into()),
            );
            self.state.counters.ordinal += 1;
        }
        changes.insert(system::UPDATED_AT, self.tx.now.into());
        changes.insert(system::UPDATED_BY, self.tx.origin.authority.actor.into());
        changes.insert(system::VERSION, Value::Int(self.tx.sequence as i64));
        let bytes = match &old {
            Some(old) => old.fields().merge(&changes)?,
            None => RecordBuf::encode(changes.iter().map(|(field, value)| (*field, value)))?,
        };
        let new = Record::new(reference.object, reference.id, bytes.as_bytes())?;
        self.derive(object, old.as_ref(), Some(&new), &changed)?;
        self.tx
            .put(Space::Record, keys::record(reference), bytes.into_bytes())?;
        self.log(reference, kind, logged)?;
        let stale = self.state.made_stale(object, &changed);
        self.deferred.stale.extend(stale);
        if kind == ChangeKind::Updated && self.state.catalog.is_followed(object.id) {
            self.deferred.followed.push((reference, changed.clone()));
        }
        let cause = self.cause();
        self.deferred.events.push(Event {
            kind,
            old,
            new: new.clone(),
            changed,
            chain: self.reactions.chain.clone(),
            cause,
        });
        Ok(new)
    }

    /// Brings index, timeline, totals, search and roll-ups from one state of a record to another; a record in
    /// the trash has none of them.
    pub(super) fn derive(
        &mut self,
        object: &ObjectDef,
        old: Option<&Record>,
        new: Option<&Record>,
        changed: &[u16],
    ) -> Result<()> {
        let old = old.filter(|record| !record.is_deleted());
        let new = new.filter(|record| !record.is_deleted());
        let whole = old.is_none() || new.is_none();
        let touches = |fields: &[u16]| whole || fields.iter().any(|field| changed.contains(field));
        for index in object.all_indexes() {
            if !touches(&index.fields) && !touches(&index.covering) {
                continue;
            }
            let rows = |record: Option<&Record>| -> Result<Vec<Row>> {
                record.map_or(Ok(Vec::new()), |record| {
                    derive::index_rows(object, &index, record.fields(), record.id())
                })
            };
            let (old_rows, new_rows) = (rows(old)?, rows(new)?);
            if index.unique {
                self.check_unique(object, &index.fields, &old_rows, &new_rows, new)?;
            }
            self.replace_rows(Space::Index, old_rows, new_rows)?;
        }
        self.derive_timeline(object, old, new)?;
        for total in &object.totals {
            if !touches(&total.group_by) && !touches(&total.sums) {
                continue;
            }
            for (record, sign) in [(old, -1), (new, 1)] {
                if let Some(record) = record {
                    let contribution = derive::contribution(object, total, record.fields())?;
                    self.add_to_total(contribution.key.clone(), |row| {
                        row.add(&contribution, sign)
                    })?;
                }
            }
        }
        if whole {
            let step = i64::from(new.is_some()) - i64::from(old.is_some());
            self.add_to_total(keys::total(object.id, 0).into_bytes(), |row| {
                row.count += step;
                Ok(())
            })?;
        }
        let searchable = object.live_fields().filter(|field| field.search > 0);
        if searchable.into_iter().any(|field| touches(&[field.id])) {
            let document = |record: Option<&Record>| {
                record.map_or(Ok(Document::new()), |record| {
                    derive::document(object, record.fields())
                })
            };
            if let Some(record) = new.or(old) {
                self.reindex(record, &document(old)?, &document(new)?)?;
            }
        }
        self.collect_roll_ups(object, old, new, changed)
    }

    /// Brings the search index from one document of a record to another.
    pub(super) fn reindex(
        &mut self,
        record: &Record,
        old: &Document,
        new: &Document,
    ) -> Result<()> {
        let ordinal = record
            .get(system::ORDINAL)
            .as_int()
            .and_then(|ordinal| u32::try_from(ordinal).ok());
        let ordinal = ordinal.ok_or_else(|| Error::corrupt("a record without its ordinal"))?;
        self.deferred
            .search
            .update(ordinal, record.reference(), old, new);
        Ok(())
    }

    fn derive_timeline(
        &mut self,
        object: &ObjectDef,
        old: Option<&Record>,
        new: Option<&Record>,
    ) -> Result<()> {
        let catalog = self.catalog();
        if let Some(timeline) = &object.timeline {
            let rows = |record: Option<&Record>, read: &dyn Read| -> Result<Vec<Row>> {
                let Some(record) = record else {
                    return Ok(Vec::new());
                };
                let activity = record.reference();
                let targets =
                    derive::timeline_targets(read, &catalog, timeline, record.fields(), activity)?;
                derive::timeline_rows(timeline, record.fields(), activity, &targets)
            };
            let (old_rows, new_rows) = (rows(old, &self.tx)?, rows(new, &self.tx)?);
            self.replace_rows(Space::Timeline, old_rows, new_rows)?;
        }
        // A link that puts an activity on a timeline has just got or lost its index entry, by which the
        // activity finds its links: its entries are those of the links that it has now.
        let Some(link) = object.link.as_ref().filter(|link| link.timeline) else {
            return Ok(());
        };
        let end = |record: Option<&Record>| {
            record.and_then(|record| {
                Some((
                    record.get(link.from).as_ref()?,
                    record.get(link.to).as_ref()?,
                ))
            })
        };
        for (activity, target) in [end(old), end(new)].into_iter().flatten() {
            let Some(record) =
                read::record(&self.tx, activity)?.filter(|record| !record.is_deleted())
            else {
                continue;
            };
            let Some(timeline) = &catalog.object(activity.object)?.timeline else {
                continue;
            };
            let mut targets =
                derive::timeline_targets(&self.tx, &catalog, timeline, record.fields(), activity)?;
            let joined = end(new) == Some((activity, target));
            targets.retain(|other| *other == target);
            if joined {
                targets = vec![target];
            }
            let rows = derive::timeline_rows(timeline, record.fields(), activity, &[target])?;
            let stays = !targets.is_empty();
            let (old_rows, new_rows) = if stays {
                (Vec::new(), rows)
            } else {
                (rows, Vec::new())
            };
            self.replace_rows(Space::Timeline, old_rows, new_rows)?;
        }
        Ok(())
    }

    pub(super) fn check_unique(
        &self,
        object: &ObjectDef,
        fields: &[u16],
        old_rows: &[Row],
        new_rows: &[Row],
        new: Option<&Record>,
    ) -> Result<()> {
        for (key, _) in new_rows {
            if old_rows.iter().any(|(old_key, _)| old_key == key) {
                continue;
            }
            if let Some(holder) = read::unique_holder(&self.tx, key)? {
                let names = fields
                    .iter()
                    .filter_map(|field| object.field(*field))
                    .map(|field| field.name.as_str());
                let values = fields
                    .iter()
                    .filter_map(|field| Some(new?.get(*field).to_string()));
                return Err(Detail::Duplicate {
                    object: object.name.clone(),
                    field: names.collect::<Vec<_>>().join(" + "),
                    value: values.collect::<Vec<_>>().join(" + "),
                    holder,
                }
                .into());
            }
        }
        Ok(())
    }

    /// Writes the difference of two lists of rows.
    fn replace_rows(&mut self, space: Space, old: Vec<Row>, new: Vec<Row>) -> Result<()> {
        for (key, _) in &old {
            if new.iter().all(|(new_key, _)| new_key != key) {
                self.tx.delete(space, key.as_slice());
            }
        }
        for row in new {
            if !old.contains(&row) {
                self.tx.put(space, row.0, row.1)?;
            }
        }
        Ok(())
    }

    pub(super) fn add_to_total(
        &mut self,
        key: Vec<u8>,
        add: impl FnOnce(&mut TotalRow) -> Result<()>,
    ) -> Result<()> {
        let mut row = match self.tx.get_vec(Space::Total, &key)? {
            Some(bytes) => TotalRow::decode(&bytes)?,
            None => TotalRow::default(),
        };
        add(&mut row)?;
        if row.count == 0 {
            self.tx.delete(Space::Total, key);
            return Ok(());
        }
        self.tx.put(Space::Total, key, row.encode()?)
    }

    pub(super) fn log(
        &mut self,
        record: Ref,
        kind: ChangeKind,
        changes: Vec<FieldChange>,
    ) -> Result<()> {
        self.deferred.entries += 1;
        let entry = LogEntry {
            sequence: self.tx.sequence,
            n: self.deferred.entries,
            record,
            kind,
            cause: self
                .reactions
                .chain
                .last()
                .map(|rule| format!("rule: {rule}")),
            changes,
        };
        self.tx.put(
            Space::Log,
            keys::log(self.tx.sequence, self.deferred.entries),
            entry.encode()?,
        )?;
        self.tx.put(
            Space::Log,
            keys::history(record, self.tx.sequence, self.deferred.entries),
            Vec::new(),
        )
    }
}
