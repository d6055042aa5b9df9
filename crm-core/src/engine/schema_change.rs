//! Changes of the schema: custom fields and objects at run time, and the migration of a file whose derived
//! structures are not those of this version.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::derive;
use super::fit::Fit;
use super::keys::{self, meta};
use super::log::ChangeKind;
use super::read;
use super::state::{State, schema_error};
use super::work::Work;
use crate::error::{Detail, Error, Result};
use crate::limits;
use crate::record::{Fields, Record};
use crate::schema::{
    Catalog, FieldDef, FieldType, IndexDef, ObjectDef, Role, TimelineDef, TotalDef, system,
};
use crate::store::{KeyRange, Read, Space};
use crate::value::{Id, Ref, Value, ValueRef};

/// The format of the files that this version writes.
pub const FORMAT: u32 = 1;

/// The first number of custom fields and of custom objects.
const CUSTOM_FIRST: u16 = 1_000;
/// Records that one step of an index build reads.
const BUILD_STEP: usize = 2_000;

/// The part of the schema that the file holds: what was made at run time.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Stored {
    version: u64,
    objects: Vec<ObjectDef>,
    /// Custom fields of standard objects, and standard fields as they were changed.
    fields: BTreeMap<u16, Vec<FieldDef>>,
}

/// The derived structures that the file holds, by object.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Built {
    objects: BTreeMap<u16, Shape>,
    building: Vec<IndexBuild>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct Shape {
    indexes: Vec<IndexDef>,
    totals: Vec<TotalDef>,
    timeline: Option<TimelineDef>,
    search: Vec<(u16, u8, FieldType)>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct IndexBuild {
    object: u16,
    index: u16,
    /// The last record that is in the index, as text; empty at the start.
    cursor: String,
}

impl Shape {
    fn of(object: &ObjectDef) -> Self {
        let searchable = object.live_fields().filter(|field| field.search > 0);
        Shape {
            indexes: object.all_indexes().collect(),
            totals: object.totals.clone(),
            timeline: object.timeline.clone(),
            search: searchable
                .map(|field| (field.id, field.search, field.ty))
                .collect(),
        }
    }
}

impl Built {
    fn load(read: &dyn Read) -> Result<Option<Self>> {
        let bytes = read.get_vec(Space::Meta, meta::BUILT)?;
        let decode = |bytes: Vec<u8>| {
            serde_json::from_slice(&bytes)
                .map_err(|error| Error::corrupt(format!("the list of indexes: {error}")))
        };
        bytes.map(decode).transpose()
    }

    pub(crate) fn is_built(&self, object: u16, index: u16) -> bool {
        self.building
            .iter()
            .all(|build| build.object != object || build.index != index)
    }
}

/// The standard objects with what the file adds to them.
pub(crate) fn load_catalog(read: &dyn Read, standard: Vec<ObjectDef>) -> Result<(Catalog, Built)> {
    let mut found = None;
    read.get(Space::Meta, meta::FORMAT, &mut |bytes| {
        found = Some(bytes.try_into().map(u32::from_be_bytes))
    })?;
    match found {
        Some(Ok(format)) if format > FORMAT => {
            return Err(Detail::NewerFormat {
                found: format,
                supported: FORMAT,
            }
            .into());
        }
        Some(Err(_)) => return Err(Error::corrupt("the format number of the file")),
        _ => {}
    }
    let stored = stored_schema(read)?;
    let mut objects = standard;
    for object in &mut objects {
        for field in stored.fields.get(&object.id).into_iter().flatten() {
            replace_field(object, field.clone());
        }
    }
    objects.extend(stored.objects);
    Ok((
        Catalog::new(objects, stored.version),
        Built::load(read)?.unwrap_or_default(),
    ))
}

fn stored_schema(read: &dyn Read) -> Result<Stored> {
    match read.get_vec(Space::Meta, meta::SCHEMA)? {
        None => Ok(Stored::default()),
        Some(bytes) => serde_json::from_slice(&bytes)
            .map_err(|error| Error::corrupt(format!("the schema: {error}"))),
    }
}

fn replace_field(object: &mut ObjectDef, field: FieldDef) {
    object.fields.retain(|other| other.id != field.id);
    object.add_field(field);
}

impl State {
    /// True if an index holds all records: not while it is being built.
    pub(crate) fn is_built(&self, object: u16, index: u16) -> bool {
        self.built.is_built(object, index)
    }
}

/// Makes a new file usable, and brings the derived structures of an older one to this version. Indexes are
/// only marked to be built; see [`build_step`].
pub(crate) fn prepare(work: &mut Work<'_, '_>) -> Result<()> {
    let catalog = work.catalog();
    let is_new = !work.txn.exists(Space::Meta, meta::FORMAT)?;
    if is_new {
        work.txn
            .put(Space::Meta, meta::FORMAT, FORMAT.to_be_bytes())?;
        if let Some(settings) = catalog.role(Role::Settings) {
            let name = Fields::new().with("name", "Organisation");
            work.create(settings.id, None, &name, true)?;
        }
    }
    let mut built = (*work.state.built).clone();
    for object in catalog.objects() {
        let shape = Shape::of(object);
        match built.objects.get(&object.id).cloned() {
            Some(old) if old == shape => continue,
            Some(old) => work.migrate(object, &old, &shape, &mut built)?,
            None => {}
        }
        built.objects.insert(object.id, shape);
    }
    work.set_built(built)
}

/// Builds indexes that wait for it, a bounded step of one. True if more is to be done.
pub(crate) fn build_step(work: &mut Work<'_, '_>) -> Result<bool> {
    let mut built = (*work.state.built).clone();
    let Some(build) = built.building.first_mut() else {
        return Ok(false);
    };
    let catalog = work.catalog();
    let object = catalog.object(build.object)?;
    let index = object.all_indexes().find(|index| index.id == build.index);
    let mut range = keys::records_of(object.id);
    if let Ok(cursor) = build.cursor.parse::<Id>() {
        range = range.resumed_after(&keys::record(Ref {
            object: object.id,
            id: cursor,
        }));
    }
    let mut rows = Vec::new();
    let mut last = None;
    let mut count = 0;
    read::scan(work.txn, &range, &mut |key, value| {
        let record = Record::new(object.id, keys::record_id(key)?, value)?;
        if let (false, Some(index)) = (record.is_deleted(), &index) {
            rows.extend(derive::index_rows(
                object,
                index,
                record.fields(),
                record.id(),
            )?);
        }
        last = Some(record.id());
        count += 1;
        Ok(if count == BUILD_STEP {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        })
    })?;
    let unique = index.as_ref().is_some_and(|index| index.unique);
    for (key, value) in rows {
        if unique
            && let Some(holder) = read::unique_holder(work.txn, &key)?
            && holder.as_bytes().as_slice() != value.as_slice()
        {
            return Err(schema_error(
                &object.name,
                &format!("records share a value that is to be unique; one is {holder}"),
            ));
        }
        work.txn.put(Space::Index, key, value)?;
    }
    match last.filter(|_| count == BUILD_STEP) {
        Some(last) => build.cursor = last.to_string(),
        None => {
            built.building.remove(0);
        }
    }
    let more = !built.building.is_empty();
    work.set_built(built)?;
    Ok(more)
}

/// What re-typing a field did.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RetypeReport {
    /// How many values have the new type.
    pub converted: usize,
    /// The values that could not be converted, with the record and the reason; they are in the record's history.
    pub failed: Vec<(Ref, Value, String)>,
}

impl Work<'_, '_> {
    fn set_built(&mut self, built: Built) -> Result<()> {
        if *self.state.built == built {
            return Ok(());
        }
        let bytes =
            serde_json::to_vec(&built).map_err(|error| Error::corrupt(error.to_string()))?;
        self.txn.put(Space::Meta, meta::BUILT, bytes)?;
        self.state.built = Arc::new(built);
        Ok(())
    }

    /// Brings an object's derived structures from one shape to another, all but the filling of indexes.
    fn migrate(
        &mut self,
        object: &ObjectDef,
        old: &Shape,
        new: &Shape,
        built: &mut Built,
    ) -> Result<()> {
        for index in &old.indexes {
            if !new.indexes.contains(index) {
                self.clear(&KeyRange::prefix(
                    Space::Index,
                    keys::index(object.id, index.id).as_bytes(),
                ))?;
                built
                    .building
                    .retain(|build| build.object != object.id || build.index != index.id);
            }
        }
        for index in &new.indexes {
            if !old.indexes.contains(index) {
                built.building.push(IndexBuild {
                    object: object.id,
                    index: index.id,
                    cursor: String::new(),
                });
            }
        }
        if old.totals != new.totals {
            for total in &old.totals {
                self.clear(&KeyRange::prefix(
                    Space::Total,
                    keys::total(object.id, total.id).as_bytes(),
                ))?;
            }
            self.fill_totals(object)?;
        }
        if old.timeline != new.timeline {
            self.fill_timeline(object)?;
        }
        if old.search != new.search {
            self.fill_search(object, &old.search)?;
        }
        Ok(())
    }

    fn clear(&mut self, range: &KeyRange) -> Result<()> {
        let mut keys = Vec::new();
        self.txn.scan(range, &mut |key, _| {
            keys.push(key.to_vec());
            ControlFlow::Continue(())
        })?;
        keys.into_iter()
            .for_each(|key| self.txn.delete(range.space, key));
        Ok(())
    }

    fn live_records(&self, object: u16) -> Result<Vec<Record>> {
        let mut records = Vec::new();
        read::for_each_live(self.txn, object, &mut |record| {
            records.push(record);
            Ok(())
        })?;
        Ok(records)
    }

    fn fill_totals(&mut self, object: &ObjectDef) -> Result<()> {
        for record in self.live_records(object.id)? {
            for total in &object.totals {
                let contribution = derive::contribution(object, total, record.fields())?;
                self.add_to_total(contribution.key.clone(), |row| row.add(&contribution, 1))?;
            }
        }
        Ok(())
    }

    fn fill_timeline(&mut self, object: &ObjectDef) -> Result<()> {
        let mut stale = Vec::new();
        read::scan(self.txn, &KeyRange::all(Space::Timeline), &mut |key, _| {
            if keys::timeline_entry(key)?.1.object == object.id {
                stale.push(key.to_vec());
            }
            Ok(ControlFlow::Continue(()))
        })?;
        stale
            .into_iter()
            .for_each(|key| self.txn.delete(Space::Timeline, key));
        let Some(timeline) = &object.timeline else {
            return Ok(());
        };
        let catalog = self.catalog();
        for record in self.live_records(object.id)? {
            let activity = record.reference();
            let targets =
                derive::timeline_targets(self.txn, &catalog, timeline, record.fields(), activity)?;
            for (key, value) in
                derive::timeline_rows(timeline, record.fields(), activity, &targets)?
            {
                self.txn.put(Space::Timeline, key, value)?;
            }
        }
        Ok(())
    }

    fn fill_search(&mut self, object: &ObjectDef, old: &[(u16, u8, FieldType)]) -> Result<()> {
        let mut before = object.clone();
        for field in &mut before.fields {
            let was = old.iter().find(|(id, ..)| *id == field.id);
            field.search = was.map_or(0, |(_, weight, _)| *weight);
            field.ty = was.map_or(field.ty, |(.., ty)| *ty);
        }
        for record in self.live_records(object.id)? {
            let old = derive::document(&before, record.fields())?;
            let new = derive::document(object, record.fields())?;
            self.reindex(&record, &old, &new)?;
        }
        Ok(())
    }

    /// Takes over a changed schema: checks it by compiling every expression, and stores it.
    fn set_catalog(&mut self, objects: Vec<ObjectDef>) -> Result<()> {
        let catalog = Catalog::new(objects, self.state.catalog.version() + 1);
        let standard = crate::objects::standard();
        let is_changed = |object: &ObjectDef, field: &&FieldDef| {
            let original = standard
                .iter()
                .find(|other| other.id == object.id)
                .and_then(|other| other.field(field.id));
            field.id < system::FIRST && original != Some(*field)
        };
        let stored = Stored {
            version: catalog.version(),
            objects: catalog
                .objects()
                .iter()
                .filter(|object| object.custom)
                .cloned()
                .collect(),
            fields: catalog
                .objects()
                .iter()
                .filter(|object| !object.custom)
                .map(|object| {
                    (
                        object.id,
                        object
                            .fields
                            .iter()
                            .filter(|field| is_changed(object, field))
                            .cloned()
                            .collect::<Vec<_>>(),
                    )
                })
                .filter(|(_, fields)| !fields.is_empty())
                .collect(),
        };
        let bytes =
            serde_json::to_vec(&stored).map_err(|error| Error::corrupt(error.to_string()))?;
        self.txn.put(Space::Meta, meta::SCHEMA, bytes)?;
        self.state.catalog = Arc::new(catalog);
        self.state.reload(self.txn)
    }

    /// Adds an object type; returns its number.
    pub(crate) fn add_object(&mut self, mut object: ObjectDef) -> Result<u16> {
        let catalog = self.catalog();
        FieldDef::check_name(&object.name)?;
        if catalog.object_named(&object.name).is_ok() {
            return Err(schema_error(
                &object.name,
                "there is an object of this name",
            ));
        }
        let customs = catalog.objects().iter().filter(|object| object.custom);
        if customs.clone().count() >= limits::CUSTOM_OBJECTS_MAX {
            return Err(Detail::Limit {
                what: "custom objects",
                max: limits::CUSTOM_OBJECTS_MAX as u64,
                actual: limits::CUSTOM_OBJECTS_MAX as u64 + 1,
            }
            .into());
        }
        object.id = customs
            .map(|object| object.id)
            .max()
            .map_or(CUSTOM_FIRST, |last| last + 1);
        object.custom = true;
        object.role = None;
        let fields: Vec<FieldDef> = object
            .fields
            .drain(..)
            .filter(|field| field.id < system::FIRST)
            .collect();
        let blank = ObjectDef::new(object.id, &object.name, &object.plural);
        object.fields = blank.fields;
        for (at, field) in fields.into_iter().enumerate() {
            let mut field = field.completed();
            FieldDef::check_name(&field.name)?;
            if field.id == 0 {
                field.id = CUSTOM_FIRST + at as u16;
            }
            if object.field(field.id).is_some() || object.field_named(&field.name).is_ok() {
                return Err(schema_error(&field.name, "the object has this field twice"));
            }
            object.add_field(field);
        }
        let mut objects = catalog.objects().to_vec();
        let (number, shape) = (object.id, Shape::of(&object));
        objects.push(object);
        self.set_catalog(objects)?;
        let mut built = (*self.state.built).clone();
        built.objects.insert(number, shape);
        self.set_built(built)?;
        Ok(number)
    }

    /// Adds fields to an object; returns their numbers. Formulas and roll-ups are computed for all records.
    pub(crate) fn add_fields(&mut self, object: &str, fields: Vec<FieldDef>) -> Result<Vec<u16>> {
        let catalog = self.catalog();
        let mut object = catalog.object_named(object)?.clone();
        let mut numbers = Vec::with_capacity(fields.len());
        for field in fields {
            let mut field = field.completed();
            FieldDef::check_name(&field.name)?;
            if object.field_named(&field.name).is_ok() {
                return Err(schema_error(
                    &field.name,
                    &format!("`{}` has a field of this name", object.name),
                ));
            }
            let customs = object
                .fields
                .iter()
                .map(|field| field.id)
                .filter(|id| (CUSTOM_FIRST..system::FIRST).contains(id));
            let (count, last) = customs.fold((0, CUSTOM_FIRST - 1), |(count, last), id| {
                (count + 1, last.max(id))
            });
            if count >= limits::CUSTOM_FIELDS_MAX {
                return Err(Detail::Limit {
                    what: "custom fields of an object",
                    max: limits::CUSTOM_FIELDS_MAX as u64,
                    actual: count as u64 + 1,
                }
                .into());
            }
            if field.required
                && field.default.is_none()
                && read::first_record(self.txn, object.id)?.is_some()
            {
                return Err(schema_error(
                    &field.name,
                    "a required field on an object with records needs a default",
                ));
            }
            for target in &field.targets {
                catalog.object_named(target)?;
            }
            field.id = last + 1;
            numbers.push(field.id);
            object.add_field(field);
        }
        self.replace_object(object.clone())?;
        self.compute_anew(&object, &numbers)?;
        Ok(numbers)
    }

    fn replace_object(&mut self, object: ObjectDef) -> Result<()> {
        let mut objects = self.state.catalog.objects().to_vec();
        let shape = Shape::of(&object);
        let number = object.id;
        if let Some(old) = objects.iter_mut().find(|other| other.id == number) {
            *old = object;
        }
        self.set_catalog(objects)?;
        let mut built = (*self.state.built).clone();
        built.objects.insert(number, shape);
        self.set_built(built)
    }

    /// Fills new formulas, roll-ups and defaults in the records that are there.
    fn compute_anew(&mut self, object: &ObjectDef, fields: &[u16]) -> Result<()> {
        let new: Vec<&FieldDef> = fields
            .iter()
            .filter_map(|field| object.field(*field))
            .collect();
        if new
            .iter()
            .all(|field| !field.is_computed() && field.default.is_none())
        {
            return Ok(());
        }
        let program = self.state.program.clone();
        let catalog = self.catalog();
        for record in self.live_records(object.id)? {
            let mut changes = BTreeMap::new();
            let fit = Fit {
                catalog: &catalog,
                options: self.state.settings.read_options(),
                now: self.now,
            };
            for field in &new {
                if let Some(roll_up) = program.roll_up(object.id, field.id) {
                    changes.insert(
                        field.id,
                        self.roll_up_value(roll_up, Some(field), record.reference())?,
                    );
                } else if let Some(value) = fit.default(field)? {
                    changes.insert(field.id, value);
                }
            }
            let reference = record.reference();
            let changes = self.decide(
                object,
                reference,
                Some(&record),
                changes,
                Default::default(),
            )?;
            if !changes.is_empty() {
                self.store(
                    object,
                    reference,
                    Some(record),
                    changes,
                    ChangeKind::Updated,
                )?;
            }
        }
        Ok(())
    }

    fn custom_field(&self, object: &str, field: &str) -> Result<(ObjectDef, FieldDef)> {
        let catalog = self.catalog();
        let object = catalog.object_named(object)?;
        let field = object.field_named(field)?;
        if !object.custom && field.id < CUSTOM_FIRST || field.id >= system::FIRST {
            return Err(schema_error(
                &field.name,
                "a standard field keeps its name and type",
            ));
        }
        Ok((object.clone(), field.clone()))
    }

    /// Renames a custom field. An expression that still uses the old name refuses it.
    pub(crate) fn rename_field(&mut self, object: &str, field: &str, name: &str) -> Result<()> {
        let (mut object, mut field) = self.custom_field(object, field)?;
        FieldDef::check_name(name)?;
        if object.field_named(name).is_ok() {
            return Err(schema_error(name, "the object has a field of this name"));
        }
        field.label = crate::schema::label_from(name);
        field.name = name.to_owned();
        replace_field(&mut object, field);
        self.replace_object(object)
    }

    /// Retires a custom field: its values stay readable, nothing is written, searched or indexed any more.
    pub(crate) fn retire_field(&mut self, object: &str, field: &str) -> Result<()> {
        let (before, mut field) = self.custom_field(object, field)?;
        let index = KeyRange::prefix(Space::Index, keys::index(before.id, field.id).as_bytes());
        self.clear(&index)?;
        let old_search: Vec<_> = Shape::of(&before).search;
        field.retired = true;
        (field.indexed, field.unique, field.required, field.search) = (false, false, false, 0);
        (field.formula, field.roll_up) = (None, None);
        let mut after = before;
        replace_field(&mut after, field);
        self.replace_object(after.clone())?;
        self.fill_search(&after, &old_search)
    }

    /// Gives a custom field another type and converts its values.
    pub(crate) fn retype_field(
        &mut self,
        object: &str,
        field: &str,
        ty: FieldType,
        clear_failures: bool,
    ) -> Result<RetypeReport> {
        let (before, field) = self.custom_field(object, field)?;
        if field.is_computed() {
            return Err(schema_error(
                &field.name,
                "the type of a computed field follows from its expression",
            ));
        }
        let mut records = Vec::new();
        read::scan(self.txn, &keys::records_of(before.id), &mut |key, value| {
            let record = Record::new(before.id, keys::record_id(key)?, value)?;
            if !record.get(field.id).is_null() {
                records.push((record.reference(), record.get(field.id).to_value()));
            }
            Ok(ControlFlow::Continue(()))
        })?;
        // Under the old schema the values leave the indexes, under the new one they enter them.
        for (reference, _) in &records {
            self.set_stored(&before, *reference, field.id, Value::Null)?;
        }
        let mut after = before;
        let field = FieldDef { ty, ..field };
        replace_field(&mut after, field.clone());
        self.replace_object(after.clone())?;
        let mut report = RetypeReport::default();
        let catalog = self.catalog();
        for (reference, value) in records {
            let fit = Fit {
                catalog: &catalog,
                options: self.state.settings.read_options(),
                now: self.now,
            };
            match fit
                .value(&field, value.clone())
                .or_else(|_| fit.value(&field, as_text(&value)))
            {
                Ok(converted) => {
                    self.set_stored(&after, reference, field.id, converted)?;
                    report.converted += 1;
                }
                Err(error) if clear_failures => {
                    report.failed.push((reference, value, error.to_string()))
                }
                Err(error) => return Err(error.at_field(&after.name, &field.name)),
            }
        }
        Ok(report)
    }

    fn set_stored(
        &mut self,
        object: &ObjectDef,
        reference: Ref,
        field: u16,
        value: Value,
    ) -> Result<()> {
        let record = read::record(self.txn, reference)?;
        let changes = BTreeMap::from([(field, value)]);
        self.store(object, reference, record, changes, ChangeKind::Updated)?;
        Ok(())
    }

    /// Gives a field an index. The build goes on in [`build_step`]; until it is done queries do without.
    pub(crate) fn index_field(&mut self, object: &str, field: &str) -> Result<()> {
        let catalog = self.catalog();
        let mut object = catalog.object_named(object)?.clone();
        let mut field = object.field_named(field)?.clone();
        if field.indexed || field.retired {
            return Err(schema_error(
                &field.name,
                "the field is indexed already, or retired",
            ));
        }
        field.indexed = true;
        let build = IndexBuild {
            object: object.id,
            index: field.id,
            cursor: String::new(),
        };
        replace_field(&mut object, field);
        self.replace_object(object)?;
        let mut built = (*self.state.built).clone();
        built.building.push(build);
        self.set_built(built)
    }
}

/// A value as the text that a person would type for it.
fn as_text(value: &Value) -> Value {
    match value {
        Value::List(list) => {
            let texts: Vec<String> = list
                .iter()
                .map(|value| ValueRef::from(value).to_string())
                .collect();
            texts.join("; ").into()
        }
        value => ValueRef::from(value).to_string().into(),
    }
}
