//! One transaction at work: the one write path.
//!
//! Every change, whoever asks for it, goes through [`Work::save`] or [`Work::set_trashed`] and from there
//! through [`Work::store`], which derives everything that follows from the record. Nothing here does input
//! or output: a transaction is a function from a state, a request, a time and a source of ids to an overlay.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::cause::Causes;
use super::fit::Fit;
use super::keys::{self, Job, meta};
use super::log::{ChangeKind, Commit};
use super::pending::{Given, Pending};
use super::read;
use super::roll_up::RollUps;
use super::state::State;
use super::validate::{check_references, check_required, compute_formulas};
use super::{Host, Origin};
use crate::error::{Detail, Error, Result};
use crate::record::{Fields, Record};
use crate::schema::{Catalog, FieldDef, FieldType, ObjectDef, Role, system};
use crate::search::IndexWriter;
use crate::store::{Read, Space, Transaction};
use crate::value::{Id, Ref, Value, ValueRef, fold, normalise};

/// What a change did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
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
    /// The number of the change that somebody asked for and that led to it.
    pub cause: u64,
}

/// A transaction at work.
pub(crate) struct Work<'w, 't> {
    pub txn: &'w mut Transaction<'t>,
    pub state: &'w mut State,
    pub host: &'w Host,
    pub origin: Origin,
    /// What the clock says, which may be before the last commit: records show the time as it was told.
    pub now: DateTime<Utc>,
    /// The sequence number that this commit will have.
    pub sequence: u64,
    /// What happened and no rule has looked at yet.
    pub events: Vec<Event>,
    /// The rules at work, from the first.
    pub chain: Vec<Arc<str>>,
    pub causes: Causes,
    pub(super) roll_ups: RollUps,
    /// Records that others follow, with what has changed of them.
    pub(super) followed: Vec<(Ref, Vec<u16>)>,
    pub(super) search: IndexWriter,
    /// True if something was purged, whose words must not stay in rows of the search index that wait for a merge.
    pub(super) purged: bool,
    pub(super) entries: u32,
    pub(super) positions: i64,
    pub(super) state_changed: bool,
    /// How many attempts are under way, one within the other.
    pub(super) attempts: usize,
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
        Work {
            txn,
            state,
            host,
            origin,
            now,
            sequence,
            events: Vec::new(),
            chain: Vec::new(),
            causes: Causes::default(),
            roll_ups: RollUps::default(),
            followed: Vec::new(),
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

    pub(super) fn new_reference(&self, object: u16, id: Option<Id>) -> Result<Ref> {
        let id = id.unwrap_or_else(|| self.host.ids.next(self.now));
        let reference = Ref { object, id };
        let is_settings = self.state.catalog.object(object)?.role == Some(Role::Settings);
        if is_settings && read::first_record(self.txn, object)?.is_some() {
            return Err(Error::invalid(
                id,
                "the settings are one record; change that one",
            ));
        }
        if self.txn.exists(Space::Record, &keys::record(reference))? {
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
        let (changes, faults) = fit.fields(object, fields, &old_value, internal);
        if !faults.is_empty() {
            return self.refuse(object, reference, old.as_ref(), changes, faults);
        }
        if let (Some(old), Some(expected)) = (&old, expected) {
            self.check_version(object, old, expected, &changes)?;
        }
        self.save_fitted(reference, old, changes, internal)
    }

    /// Refuses a save with all that is wrong with it: the values that do not fit their fields, and what the object's
    /// own logic and required fields say of the others.
    fn refuse(
        &mut self,
        object: &ObjectDef,
        reference: Ref,
        old: Option<&Record>,
        mut changes: BTreeMap<u16, Value>,
        mut faults: Vec<Error>,
    ) -> Result<Outcome> {
        let given = Given {
            fields: changes.keys().copied().collect(),
            ..Given::default()
        };
        if old.is_none() {
            self.fill_defaults(object, &mut changes)?;
        }
        if let Err(error) = self.decide(object, reference, old, changes, given) {
            let field = |error: &Error| match error.detail() {
                Detail::Invalid { field, .. } => Some(field.clone()),
                _ => None,
            };
            // A field whose value was refused is not missing.
            let refused: Vec<_> = faults.iter().map(field).collect();
            let more = error.into_each().filter(|error| {
                let field = field(error);
                field.is_some() && !refused.contains(&field)
            });
            faults.extend(more);
        }
        Error::of_all(faults)?;
        Err(Error::corrupt("a refusal without a fault"))
    }

    pub(super) fn fill_defaults(
        &self,
        object: &ObjectDef,
        changes: &mut BTreeMap<u16, Value>,
    ) -> Result<()> {
        let fit = Fit {
            catalog: &self.state.catalog,
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
        Ok(())
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
            ..Given::default()
        };
        if let Some(primary) = object.link.as_ref().and_then(|link| link.primary) {
            self.choose_primary(object, primary, reference, old.as_ref(), &mut changes)?;
        }
        if old.is_none() {
            self.fill_defaults(object, &mut changes)?;
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
        // What an undo takes back, it takes back in the links as well.
        if let (Some(old), false) = (&old, internal) {
            self.keep_memberships(object, old, &changes)?;
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
        let beside = given.beside;
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
        if beside {
            check_references(self.txn, &catalog, object, &pending)?;
            return Ok(pending.changes);
        }
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

    /// Changes that the engine itself makes to a record, with the formulas over them, and with the object's own
    /// logic for one that follows what it refers to. The organisation's validation is for what people write.
    pub(super) fn with_formulas(
        &mut self,
        object: &ObjectDef,
        old: &Record,
        changes: BTreeMap<u16, Value>,
        following: bool,
    ) -> Result<BTreeMap<u16, Value>> {
        let mut pending = Pending {
            read: self.txn,
            state: self.state,
            reference: old.reference(),
            old: Some(old),
            changes,
            given: Given {
                following,
                ..Given::default()
            },
            now: self.now,
            actor: self.origin.actor,
            position: &mut Value::Null,
            id_text: old.id().to_string(),
        };
        let hooks = object.hooks.iter().filter(|_| following);
        hooks.into_iter().try_for_each(|hook| hook(&mut pending))?;
        compute_formulas(object, &mut pending)?;
        pending.settle();
        check_references(self.txn, &self.state.catalog, object, &pending)?;
        Ok(pending.changes)
    }

    /// Saves changes that the engine itself makes to a record, as [`with_formulas`](Work::with_formulas) completes
    /// them; false if nothing changes.
    pub(super) fn save_completed(
        &mut self,
        object: &ObjectDef,
        old: Record,
        changes: BTreeMap<u16, Value>,
        following: bool,
    ) -> Result<bool> {
        let changes = self.with_formulas(object, &old, changes, following)?;
        if changes.is_empty() {
            return Ok(false);
        }
        let (reference, kind) = (old.reference(), ChangeKind::Updated);
        self.store(object, reference, Some(old), changes, kind)?;
        Ok(true)
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

    /// The live records that have a value in a unique or indexed field: those that have it as it is, or else those
    /// that have it in another spelling, without regard to case and, but in addresses, to accents.
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
        let (mut found, mut spelt_otherwise) = (Vec::new(), Vec::new());
        let wanted = ValueRef::from(&value);
        self.for_each_with(object.id, field.id, wanted, &mut |record| {
            let own = record.get(field.id);
            if own == wanted {
                found.push(record.reference());
            } else if is_spelling(field, own, wanted) {
                spelt_otherwise.push(record.reference());
            }
            Ok(())
        })?;
        Ok(if found.is_empty() {
            spelt_otherwise
        } else {
            found
        })
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
        let catalog = self.catalog();
        let mut indexes = catalog.object(object)?.all_indexes().filter(|index| {
            let is_fit = index.id == field || !index.unique && index.fields.first() == Some(&field);
            is_fit && self.state.is_built(object, index.id)
        });
        let Some(index) = indexes.next() else {
            return read::for_each_live(self.txn, object, visit);
        };
        read::for_each_in_index(self.txn, object, index.id, &[value], &mut |id, _| {
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
        self.apply_followed()?;
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
            if self.now < self.state.counters.last_commit {
                self.txn
                    .put(Space::Meta, keys::clock_back(self.sequence), Vec::new())?;
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

/// True for two spellings of one value of a field.
fn is_spelling(field: &FieldDef, a: ValueRef<'_>, b: ValueRef<'_>) -> bool {
    match (a, b) {
        (ValueRef::Text(a), ValueRef::Text(b)) if field.ty == FieldType::Email => {
            normalise::same_email(a, b)
        }
        (ValueRef::Text(a), ValueRef::Text(b)) => !field.exact && fold(a) == fold(b),
        (ValueRef::Parts(a), ValueRef::Parts(b)) => a.iter().map(fold).eq(b.iter().map(fold)),
        _ => false,
    }
}
