//! One transaction at work: the one write path.
//!
//! Every change, whoever asks for it, goes through [`Work::save`] or [`Work::set_trashed`] and from there
//! through [`Work::store`], which derives everything that follows from the record. Nothing here does input
//! or output: a transaction is a function from a state, a request, a time and a source of ids to an overlay.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::derive::{self, Row, TotalRow};
use super::fit::Fit;
use super::keys::{self, Job, meta};
use super::log::{self, ChangeKind, Commit, FieldChange, LogEntry};
use super::pending::{Given, Pending};
use super::read;
use super::roll_up::RollUps;
use super::state::{State, is_part_of_state};
use super::{Host, Origin};
use crate::error::{Detail, Error, Result, StaleField};
use crate::limits;
use crate::record::{Fields, Record};
use crate::schema::{Catalog, FieldDef, FieldType, ObjectDef, Role, system};
use crate::search::{Document, IndexWriter};
use crate::store::{Read, Savepoint, Space, Transaction};
use crate::value::{Id, RecordBuf, Ref, Value, ValueRef};

/// What a change did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum OutcomeKind {
    /// A record was created.
    Created,
    /// A record was changed.
    Updated,
    /// The record already was as asked.
    Unchanged,
    /// A record went to the trash.
    Deleted,
    /// A record came back from the trash.
    Restored,
    /// A record was removed for good.
    Purged,
}

impl OutcomeKind {
    /// The name in lower case: `created`.
    pub fn name(self) -> &'static str {
        match self {
            OutcomeKind::Created => "created",
            OutcomeKind::Updated => "updated",
            OutcomeKind::Unchanged => "unchanged",
            OutcomeKind::Deleted => "deleted",
            OutcomeKind::Restored => "restored",
            OutcomeKind::Purged => "purged",
        }
    }
}

/// The result of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outcome {
    /// The record.
    pub record: Ref,
    /// What happened to it.
    pub kind: OutcomeKind,
    /// The commit that changed the record last.
    pub version: u64,
}

/// Something that happened to a record in this transaction; rules react to it.
#[derive(Debug, Clone)]
pub(crate) struct Event {
    pub kind: ChangeKind,
    /// The record before; `None` for a create.
    pub old: Option<Record>,
    pub new: Record,
    pub changed: Vec<u16>,
    /// The rules that led to it, from the first.
    pub chain: Vec<Arc<str>>,
}

/// Where an attempt began.
pub(super) struct Attempt {
    savepoint: Savepoint,
    state: State,
    roll_ups: RollUps,
    search: IndexWriter,
    events: usize,
    entries: u32,
    state_changed: bool,
}

/// A transaction at work.
pub(crate) struct Work<'w, 't> {
    pub txn: &'w mut Transaction<'t>,
    pub state: &'w mut State,
    pub host: &'w Host,
    pub origin: Origin,
    pub now: DateTime<Utc>,
    /// The sequence number that this commit will have.
    pub sequence: u64,
    /// What happened and no rule has looked at yet.
    pub events: Vec<Event>,
    /// The rules at work, from the first.
    pub chain: Vec<Arc<str>>,
    pub(super) roll_ups: RollUps,
    search: IndexWriter,
    /// True if something was purged, whose words must not stay in rows of the search index that wait for a merge.
    pub(super) purged: bool,
    entries: u32,
    positions: i64,
    state_changed: bool,
    /// How many attempts are under way, one within the other.
    attempts: usize,
}

impl<'w, 't> Work<'w, 't> {
    pub(crate) fn new(
        txn: &'w mut Transaction<'t>,
        state: &'w mut State,
        host: &'w Host,
        origin: Origin,
        now: DateTime<Utc>,
    ) -> Self {
        let sequence = state.counters.sequence + 1;
        let now = now.max(state.counters.last_commit);
        Work {
            txn,
            state,
            host,
            origin,
            now,
            sequence,
            events: Vec::new(),
            chain: Vec::new(),
            roll_ups: RollUps::default(),
            search: IndexWriter::new(),
            purged: false,
            entries: 0,
            positions: 0,
            state_changed: false,
            attempts: 0,
        }
    }

    pub(crate) fn catalog(&self) -> Arc<Catalog> {
        self.state.catalog.clone()
    }

    /// Creates a record, with an id of the caller's or a new one.
    pub(crate) fn create(
        &mut self,
        object: u16,
        id: Option<Id>,
        fields: &Fields,
        internal: bool,
    ) -> Result<Outcome> {
        let reference = self.new_reference(object, id)?;
        self.save(reference, None, fields, None, internal)
    }

    /// As [`create`](Work::create), of values that are in the normal form of their fields already.
    pub(crate) fn create_fitted(
        &mut self,
        object: u16,
        id: Option<Id>,
        values: BTreeMap<u16, Value>,
    ) -> Result<Outcome> {
        let reference = self.new_reference(object, id)?;
        self.save_fitted(reference, None, values, false)
    }

    fn new_reference(&self, object: u16, id: Option<Id>) -> Result<Ref> {
        let id = id.unwrap_or_else(|| self.host.ids.next(self.now));
        let reference = Ref { object, id };
        let is_settings = self.state.catalog.object(object)?.role == Some(Role::Settings);
        if is_settings && read::first_record(self.txn, object)?.is_some() {
            return Err(Error::invalid(
                id,
                "the settings are one record; change that one",
            ));
        }
        if read::record(self.txn, reference)?.is_some() {
            return Err(Detail::Duplicate {
                object: self.state.catalog.object_name(object).to_owned(),
                field: "id".to_owned(),
                value: id.to_string(),
                holder: id,
            }
            .into());
        }
        Ok(reference)
    }

    /// Changes fields of a live record; with `expected`, only if nobody else changed the same fields since.
    pub(crate) fn update(
        &mut self,
        reference: Ref,
        fields: &Fields,
        expected: Option<u64>,
        internal: bool,
    ) -> Result<Outcome> {
        let old = read::live_record(self.txn, &self.state.catalog, reference)?;
        self.save(reference, Some(old), fields, expected, internal)
    }

    fn save(
        &mut self,
        reference: Ref,
        old: Option<Record>,
        fields: &Fields,
        expected: Option<u64>,
        internal: bool,
    ) -> Result<Outcome> {
        let catalog = self.catalog();
        let object = catalog.object(reference.object)?;
        let fit = Fit {
            catalog: &catalog,
            options: self.state.settings.read_options(),
            now: self.now,
        };
        let old_value = |field: u16| old.as_ref().map_or(ValueRef::Null, |old| old.get(field));
        let changes = fit.fields(object, fields, &old_value, internal)?;
        if let (Some(old), Some(expected)) = (&old, expected) {
            self.check_version(object, old, expected, &changes)?;
        }
        self.save_fitted(reference, old, changes, internal)
    }

    /// Saves values that are in the normal form of their fields already, as [`Fit`] gives them: the new values
    /// of a record, or the changes of the `old` one.
    pub(crate) fn save_fitted(
        &mut self,
        reference: Ref,
        old: Option<Record>,
        mut changes: BTreeMap<u16, Value>,
        internal: bool,
    ) -> Result<Outcome> {
        let catalog = self.catalog();
        let object = catalog.object(reference.object)?;
        let given = Given {
            fields: changes.keys().copied().collect(),
            stand: internal,
        };
        if let Some(primary) = object.link.as_ref().and_then(|link| link.primary) {
            self.choose_primary(object, primary, reference, old.as_ref(), &mut changes)?;
        }
        if old.is_none() {
            let fit = Fit {
                catalog: &catalog,
                options: self.state.settings.read_options(),
                now: self.now,
            };
            for field in object.live_fields() {
                if !changes.contains_key(&field.id)
                    && let Some(value) = fit.default(field)?
                {
                    changes.insert(field.id, value);
                }
            }
        }
        let changes = self.decide(object, reference, old.as_ref(), changes, given)?;
        if changes.is_empty()
            && let Some(old) = &old
        {
            return Ok(Outcome {
                record: reference,
                kind: OutcomeKind::Unchanged,
                version: old.version(),
            });
        }
        let kind = if old.is_some() {
            ChangeKind::Updated
        } else {
            ChangeKind::Created
        };
        self.store(object, reference, old, changes, kind)?;
        Ok(Outcome {
            record: reference,
            kind: if kind == ChangeKind::Created {
                OutcomeKind::Created
            } else {
                OutcomeKind::Updated
            },
            version: self.sequence,
        })
    }

    /// The object's own logic, formulas and validation; returns what really changes.
    pub(super) fn decide(
        &mut self,
        object: &ObjectDef,
        reference: Ref,
        old: Option<&Record>,
        changes: BTreeMap<u16, Value>,
        given: Given,
    ) -> Result<BTreeMap<u16, Value>> {
        // Room between two commits for a million cards, and between two cards for fractions.
        let mut position = Value::Decimal((i128::from(self.sequence) << 20).into());
        if let Value::Decimal(number) = &mut position {
            *number += rust_decimal::Decimal::from(self.positions);
        }
        self.positions += 1;
        let catalog = self.catalog();
        let mut pending = Pending {
            read: self.txn,
            state: self.state,
            reference,
            old,
            changes,
            given,
            now: self.now,
            actor: self.origin.actor,
            position: &mut position,
            id_text: reference.id.to_string(),
        };
        if old.is_none() {
            pending.changes.insert(system::CREATED_AT, self.now.into());
            pending
                .changes
                .insert(system::CREATED_BY, self.origin.actor.into());
        }
        for hook in &object.hooks {
            hook(&mut pending)?;
        }
        let program = self.state.program.clone();
        if old.is_none() {
            // Nothing can refer to a record that is not there yet.
            for field in object.live_fields() {
                if let Some(roll_up) = program.roll_up(object.id, field.id) {
                    pending.changes.insert(field.id, roll_up.of_nothing(field));
                }
            }
        }
        compute_formulas(object, &mut pending)?;
        pending.settle();
        check_required(object, &pending)?;
        check_references(self.txn, &catalog, object, &pending)?;
        for rule in program.validations(object.id) {
            if !pending.changes.is_empty() && !rule.condition.matches(&pending)? {
                return Err(Detail::Validation {
                    object: object.name.clone(),
                    rule: rule.name.clone(),
                    message: rule.message.clone(),
                }
                .into());
            }
        }
        Ok(pending.changes)
    }

    /// Changes that the engine itself makes to a record, with the formulas over them. The object's own logic
    /// and the organisation's validation are for what people write.
    pub(super) fn with_formulas(
        &mut self,
        object: &ObjectDef,
        old: &Record,
        changes: BTreeMap<u16, Value>,
    ) -> Result<BTreeMap<u16, Value>> {
        let mut pending = Pending {
            read: self.txn,
            state: self.state,
            reference: old.reference(),
            old: Some(old),
            changes,
            given: Given::default(),
            now: self.now,
            actor: self.origin.actor,
            position: &mut Value::Null,
            id_text: old.id().to_string(),
        };
        compute_formulas(object, &mut pending)?;
        pending.settle();
        check_references(self.txn, &self.state.catalog, object, &pending)?;
        Ok(pending.changes)
    }

    /// Refuses an update of fields that somebody else changed since the version that the writer read.
    fn check_version(
        &self,
        object: &ObjectDef,
        old: &Record,
        expected: u64,
        changes: &BTreeMap<u16, Value>,
    ) -> Result<()> {
        if old.version() <= expected {
            return Ok(());
        }
        let mut fields: Vec<StaleField> = Vec::new();
        for entry in log::entries_after(self.txn, old.reference(), expected)? {
            let both = entry.changes.iter().filter(|change| {
                // Two writers who set the same value do not disagree.
                changes
                    .get(&change.field)
                    .is_some_and(|value| old.get(change.field) != ValueRef::from(value))
            });
            for change in both {
                let name = object
                    .field(change.field)
                    .map_or("?", |field| field.name.as_str());
                if fields.iter().all(|stale| stale.field != name) {
                    let commit = Commit::load(self.txn, entry.sequence)?;
                    fields.push(StaleField {
                        field: name.to_owned(),
                        version: entry.sequence,
                        by: commit
                            .and_then(|commit| commit.actor)
                            .map_or("system".to_owned(), |actor| actor.id.to_string()),
                    });
                }
            }
        }
        if fields.is_empty() {
            return Ok(());
        }
        Err(Detail::Stale {
            object: object.name.clone(),
            id: old.id(),
            expected,
            fields,
        }
        .into())
    }

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
        changes.insert(system::UPDATED_AT, self.now.into());
        changes.insert(system::UPDATED_BY, self.origin.actor.into());
        changes.insert(system::VERSION, Value::Int(self.sequence as i64));
        let bytes = match &old {
            Some(old) => old.fields().merge(&changes)?,
            None => RecordBuf::encode(changes.iter().map(|(field, value)| (*field, value)))?,
        };
        let new = Record::new(reference.object, reference.id, bytes.as_bytes())?;
        self.derive(object, old.as_ref(), Some(&new), &changed)?;
        self.txn
            .put(Space::Record, keys::record(reference), bytes.into_bytes())?;
        self.log(reference, kind, logged)?;
        self.state_changed |= is_part_of_state(object);
        self.events.push(Event {
            kind,
            old,
            new: new.clone(),
            changed,
            chain: self.chain.clone(),
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
        self.search.update(ordinal, record.reference(), old, new);
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
            let (old_rows, new_rows) = (rows(old, self.txn)?, rows(new, self.txn)?);
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
                read::record(self.txn, activity)?.filter(|record| !record.is_deleted())
            else {
                continue;
            };
            let Some(timeline) = &catalog.object(activity.object)?.timeline else {
                continue;
            };
            let mut targets =
                derive::timeline_targets(self.txn, &catalog, timeline, record.fields(), activity)?;
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
            if let Some(holder) = read::unique_holder(self.txn, key)? {
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
                self.txn.delete(space, key.as_slice());
            }
        }
        for row in new {
            if !old.contains(&row) {
                self.txn.put(space, row.0, row.1)?;
            }
        }
        Ok(())
    }

    pub(super) fn add_to_total(
        &mut self,
        key: Vec<u8>,
        add: impl FnOnce(&mut TotalRow) -> Result<()>,
    ) -> Result<()> {
        let mut row = match self.txn.get_vec(Space::Total, &key)? {
            Some(bytes) => TotalRow::decode(&bytes)?,
            None => TotalRow::default(),
        };
        add(&mut row)?;
        if row.count == 0 {
            self.txn.delete(Space::Total, key);
            return Ok(());
        }
        self.txn.put(Space::Total, key, row.encode()?)
    }

    pub(super) fn log(
        &mut self,
        record: Ref,
        kind: ChangeKind,
        changes: Vec<FieldChange>,
    ) -> Result<()> {
        self.entries += 1;
        let entry = LogEntry {
            sequence: self.sequence,
            n: self.entries,
            record,
            kind,
            cause: self.chain.last().map(|rule| format!("rule: {rule}")),
            changes,
        };
        self.txn.put(
            Space::Log,
            keys::log(self.sequence, self.entries),
            entry.encode()?,
        )?;
        self.txn.put(
            Space::Log,
            keys::history(record, self.sequence, self.entries),
            Vec::new(),
        )
    }

    /// Remembers where an attempt begins. What has been collected for the end of the transaction is set aside,
    /// so that an attempt costs what it does itself, however much was done before it.
    pub(super) fn begin_attempt(&mut self) -> Attempt {
        self.attempts += 1;
        Attempt {
            savepoint: self.txn.savepoint(),
            state: self.state.clone(),
            roll_ups: std::mem::take(&mut self.roll_ups),
            search: std::mem::take(&mut self.search),
            events: self.events.len(),
            entries: self.entries,
            state_changed: self.state_changed,
        }
    }

    pub(super) fn roll_back(&mut self, attempt: Attempt) {
        self.txn.rollback_to(attempt.savepoint);
        self.search = attempt.search;
        *self.state = attempt.state;
        self.roll_ups = attempt.roll_ups;
        self.events.truncate(attempt.events);
        self.entries = attempt.entries;
        self.state_changed = attempt.state_changed;
        self.end_attempt();
    }

    pub(super) fn keep(&mut self, attempt: Attempt) {
        let roll_ups = std::mem::replace(&mut self.roll_ups, attempt.roll_ups);
        self.roll_ups.merge(roll_ups);
        let search = std::mem::replace(&mut self.search, attempt.search);
        self.search.merge(search);
        self.end_attempt();
    }

    /// After the outermost attempt nothing can be taken back any more: a transaction of ten thousand rows
    /// need not remember what each of them replaced.
    fn end_attempt(&mut self) {
        self.attempts -= 1;
        if self.attempts == 0 {
            self.txn.end_savepoints();
        }
    }

    /// A record, also from the trash.
    pub(crate) fn record(&self, reference: Ref) -> Result<Option<Record>> {
        read::record(self.txn, reference)
    }

    /// A live record.
    pub(crate) fn live_record(&self, reference: Ref) -> Result<Record> {
        read::live_record(self.txn, &self.state.catalog, reference)
    }

    /// The record that holds a value of a unique field.
    pub(crate) fn find_unique(
        &self,
        object: u16,
        field: u16,
        value: &Value,
    ) -> Result<Option<Ref>> {
        let catalog = self.catalog();
        let holder = read::find_unique(self.txn, catalog.object(object)?, field, value.into())?;
        Ok(holder.map(|id| Ref { object, id }))
    }

    /// The live records that have a value in a unique or indexed field, exactly.
    pub(crate) fn find_by(
        &self,
        object: &ObjectDef,
        field: &FieldDef,
        value: Value,
    ) -> Result<Vec<Ref>> {
        if !field.indexed || field.many {
            let reason = "records are found by a unique or an indexed field that is no list";
            return Err(Error::invalid(&field.name, reason).at_field(&object.name, &field.name));
        }
        let catalog = self.catalog();
        let fit = Fit {
            catalog: &catalog,
            options: self.state.settings.read_options(),
            now: self.now,
        };
        let value = fit
            .value(field, value)
            .map_err(|error| error.at_field(&object.name, &field.name))?;
        if field.unique {
            return Ok(self
                .find_unique(object.id, field.id, &value)?
                .into_iter()
                .collect());
        }
        let mut found = Vec::new();
        self.for_each_with(object.id, field.id, (&value).into(), &mut |record| {
            // An index folds case and accents; the record knows better.
            let mut own = record.get(field.id).elements();
            if own.any(|own| own == ValueRef::from(&value)) {
                found.push(record.reference());
            }
            Ok(())
        })?;
        Ok(found)
    }

    /// Calls `visit` with the live records that may have a value in a field: those of its index, or all where
    /// no index holds every record.
    pub(super) fn for_each_with(
        &self,
        object: u16,
        field: u16,
        value: ValueRef<'_>,
        visit: &mut dyn FnMut(Record) -> Result<()>,
    ) -> Result<()> {
        let definition = self.state.catalog.object(object)?.field(field);
        let indexed = definition.is_some_and(|field| field.indexed);
        if !indexed || !self.state.is_built(object, field) {
            return read::for_each_live(self.txn, object, visit);
        }
        read::for_each_in_index(self.txn, object, field, &[value], &mut |id, _| {
            if let Some(record) = read::record(self.txn, Ref { object, id })? {
                visit(record)?;
            }
            Ok(std::ops::ControlFlow::Continue(()))
        })
    }

    /// Puts work into the due queue.
    pub(crate) fn schedule(&mut self, job: Job) -> Result<()> {
        self.txn.put(Space::Job, job.key(), Vec::new())
    }

    /// Takes work out of the due queue.
    pub(crate) fn unschedule(&mut self, job: Job) {
        self.txn.delete(Space::Job, job.key());
    }

    /// Brings what waits for the end of the transaction to its end. Rules may react after it and call it again.
    pub(crate) fn settle(&mut self) -> Result<()> {
        self.apply_roll_ups()?;
        if std::mem::take(&mut self.state_changed) {
            self.state.reload(self.txn)?;
        }
        Ok(())
    }

    /// Writes the commit's own rows; nothing may change afterwards. False if the transaction changed nothing.
    pub(crate) fn finish(mut self) -> Result<bool> {
        self.settle()?;
        std::mem::take(&mut self.search).finish(self.txn)?;
        if self.purged {
            crate::search::merge(self.txn, usize::MAX)?;
        }
        if self.entries > 0 {
            let commit = Commit {
                sequence: self.sequence,
                at: self.now,
                actor: self.origin.actor,
                cause: self.origin.cause.clone(),
                operation: self.origin.operation.clone(),
            };
            self.txn
                .put(Space::Log, keys::log(self.sequence, 0), commit.encode()?)?;
            if let Some(operation) = &self.origin.operation {
                self.txn.put(
                    Space::Log,
                    keys::operation(operation, self.sequence),
                    Vec::new(),
                )?;
            }
            self.state.counters.sequence = self.sequence;
            self.state.counters.last_commit = self.now;
        }
        if self.txn.changes().is_empty() {
            return Ok(false);
        }
        self.txn
            .put(Space::Meta, meta::COUNTERS, self.state.counters.encode()?)?;
        Ok(true)
    }
}

/// Computes an object's formulas over a save in the making.
fn compute_formulas(object: &ObjectDef, pending: &mut Pending<'_>) -> Result<()> {
    let state = pending.state;
    for (field, formula) in state.program.formulas(object.id) {
        let value = formula.eval(pending)?;
        let definition = object
            .field(*field)
            .ok_or_else(|| Error::corrupt("a formula without its field"))?;
        let value = computed(
            &state.catalog,
            &state.settings,
            definition,
            value,
            pending.now,
        )
        .map_err(|error| error.at_field(&object.name, &definition.name))?;
        pending.changes.insert(*field, value);
    }
    Ok(())
}

/// The result of a formula in the form of its field: money rounded to its currency's decimals.
pub(super) fn computed(
    catalog: &Catalog,
    settings: &super::Settings,
    field: &crate::schema::FieldDef,
    value: Value,
    now: DateTime<Utc>,
) -> Result<Value> {
    let value = match (field.ty, value) {
        (FieldType::Money, Value::Money(money)) => {
            crate::value::Money::rounded(money.amount(), money.currency()).into()
        }
        (FieldType::Money, Value::Decimal(amount)) => {
            crate::value::Money::rounded(amount, settings.base_currency).into()
        }
        (_, value) => value,
    };
    let fit = Fit {
        catalog,
        options: settings.read_options(),
        now,
    };
    fit.value(field, value)
}

fn check_required(object: &ObjectDef, pending: &Pending<'_>) -> Result<()> {
    let missing = object.live_fields().find(|field| {
        let touched = pending.old.is_none() || pending.changes.contains_key(&field.id);
        field.required && touched && pending.value(field.id).is_null()
    });
    match missing {
        Some(field) => {
            Err(Error::invalid("", "the field is required").at_field(&object.name, &field.name))
        }
        None => Ok(()),
    }
}

/// Every reference that is new must point to a live record, and no hierarchy may contain itself.
fn check_references(
    read: &dyn Read,
    catalog: &Catalog,
    object: &ObjectDef,
    pending: &Pending<'_>,
) -> Result<()> {
    for (field, value) in &pending.changes {
        let Some(field) = object
            .field(*field)
            .filter(|field| field.ty == FieldType::Reference)
        else {
            continue;
        };
        if field.id >= system::FIRST {
            continue;
        }
        for target in ValueRef::from(value)
            .elements()
            .filter_map(ValueRef::as_ref)
        {
            let kept = pending.old.is_some_and(|old| {
                old.get(field.id)
                    .elements()
                    .any(|kept| kept.as_ref() == Some(target))
            });
            let itself = target == pending.reference;
            if !kept
                && !itself
                && read::record(read, target)?.is_none_or(|record| record.is_deleted())
            {
                return Err(Detail::MissingReference {
                    object: object.name.clone(),
                    field: field.name.clone(),
                    target: catalog.object_name(target.object).to_owned(),
                    id: target.id,
                }
                .into());
            }
            if field.hierarchy {
                check_hierarchy(read, object, field.id, pending.reference, target)?;
            }
        }
    }
    Ok(())
}

fn check_hierarchy(
    read: &dyn Read,
    object: &ObjectDef,
    field: u16,
    child: Ref,
    parent: Ref,
) -> Result<()> {
    let mut ancestor = Some(parent);
    for _ in 0..limits::HIERARCHY_DEPTH_MAX {
        let Some(current) = ancestor else {
            return Ok(());
        };
        if current == child {
            return Err(Detail::Cycle {
                object: object.name.clone(),
                field: object
                    .field(field)
                    .map_or_else(String::new, |field| field.name.clone()),
                id: child.id,
            }
            .into());
        }
        ancestor = read::record(read, current)?.and_then(|record| record.get(field).as_ref());
    }
    Err(Detail::Limit {
        what: "levels of a hierarchy",
        max: limits::HIERARCHY_DEPTH_MAX as u64,
        actual: limits::HIERARCHY_DEPTH_MAX as u64 + 1,
    }
    .into())
}
