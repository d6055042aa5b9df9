//! Changes of the schema: custom objects and fields, made, renamed and retired at run time.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::built::{Built, FORMAT, Shape, from_json};
use super::keys::{self, meta};
use super::read;
use super::state::schema_error;
use super::work::Work;
use crate::error::{Detail, Error, Result};
use crate::limits;
use crate::schema::{
    CUSTOM_FIRST, Catalog, Declared, FieldDef, ObjectDef, OnDelete, built_on, check_field,
    check_name, check_object, label_from, system,
};
use crate::store::{Read, Space};

/// The cause of commits that change the schema.
pub(crate) const SCHEMA_CAUSE: &str = "schema";

/// The part of the schema that the file holds: what was made at run time.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Stored {
    version: u64,
    objects: Vec<ObjectDef>,
    /// Custom fields of standard objects, and standard fields that were given an index.
    fields: BTreeMap<u16, Vec<FieldDef>>,
}

/// The schema of a file.
pub(super) struct Loaded {
    /// The standard objects of the file, as they are declared.
    pub standard: Vec<ObjectDef>,
    /// Those with what the file adds to them.
    pub catalog: Catalog,
    pub built: Built,
}

/// Reads the schema of a file.
pub(super) fn load_catalog(read: &dyn Read, declared: Declared) -> Result<Loaded> {
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
    let built = Built::load(read)?.unwrap_or_default();
    let Declared {
        mut standard,
        former,
    } = declared;
    for object in former {
        let is_declared = standard.iter().any(|other| other.id == object.id);
        if !is_declared && is_held(read, &built, object.id)? {
            standard.push(object);
        }
    }
    let mut objects = standard.clone();
    for object in &mut objects {
        for field in stored.fields.get(&object.id).into_iter().flatten() {
            let declared = object.fields.iter_mut().find(|other| other.id == field.id);
            match declared {
                // All but the index is as this version declares it.
                Some(declared) => declared.indexed |= field.indexed,
                None => object.add_field(field.clone()),
            }
        }
    }
    objects.extend(stored.objects);
    Ok(Loaded {
        catalog: Catalog::new(objects, stored.version),
        standard,
        built,
    })
}

/// True if a file was made with an object, or, where a salvage has lost what tells that, has records of it.
fn is_held(read: &dyn Read, built: &Built, object: u16) -> Result<bool> {
    Ok(built.has(object) || read::has_records(read, object)?)
}

fn stored_schema(read: &dyn Read) -> Result<Stored> {
    match read.get_vec(Space::Meta, meta::SCHEMA)? {
        None => Ok(Stored::default()),
        Some(bytes) => {
            from_json(&bytes).map_err(|error| Error::corrupt(format!("the schema: {error}")))
        }
    }
}

/// True for bytes that are the stored part of a schema.
#[cfg(feature = "redb")]
pub(super) fn is_schema(bytes: &[u8]) -> bool {
    from_json::<Stored>(bytes).is_ok()
}

pub(super) fn replace_field(object: &mut ObjectDef, field: FieldDef) {
    object.fields.retain(|other| other.id != field.id);
    object.add_field(field);
}

impl Work<'_, '_> {
    /// Takes over a changed schema: checks it by compiling every expression, and stores it.
    fn set_catalog(&mut self, objects: Vec<ObjectDef>) -> Result<()> {
        let catalog = Catalog::new(objects, self.state.catalog.version() + 1);
        let standard = self.state.standard.clone();
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
        within("bytes of the schema", bytes.len(), limits::SCHEMA_BYTES_MAX)?;
        // An earlier state is read with the schema of its time.
        let since = keys::schema_from(self.tx.sequence);
        self.tx.put(Space::Meta, since, bytes.clone())?;
        self.tx.put(Space::Meta, meta::SCHEMA, bytes)?;
        self.state.catalog = Arc::new(catalog);
        self.state.reload_all(&self.tx)
    }

    /// Adds an object type; returns its number.
    pub(crate) fn add_object(&mut self, mut object: ObjectDef) -> Result<u16> {
        let catalog = self.catalog();
        check_name(&object.name)?;
        if catalog.object_named(&object.name).is_ok() {
            return Err(schema_error(
                &object.name,
                "there is an object of this name",
            ));
        }
        let customs = catalog.objects().iter().filter(|object| object.custom);
        within(
            "custom objects",
            customs.clone().count() + 1,
            limits::CUSTOM_OBJECTS_MAX,
        )?;
        object.id = customs
            .map(|object| object.id)
            .max()
            .map_or(CUSTOM_FIRST, |last| last + 1);
        object.custom = true;
        object.role = None;
        // Code cannot be kept in the file.
        object.hooks.clear();
        object.membership = None;
        let blank = ObjectDef::new(object.id, &object.name, &object.plural);
        let given = std::mem::replace(&mut object.fields, blank.fields);
        let own = given
            .into_iter()
            .filter(|field| object.field(field.id) != Some(field));
        let own: Vec<FieldDef> = own.collect();
        within(
            "custom fields of an object",
            own.len(),
            limits::CUSTOM_FIELDS_MAX,
        )?;
        let highest = own.iter().map(|field| field.id).max();
        let mut next = highest.map_or(CUSTOM_FIRST, |highest| {
            CUSTOM_FIRST.max(highest.saturating_add(1))
        });
        for field in own {
            let mut field = field.completed();
            if field.id == 0 {
                field.id = next;
                next += 1;
            }
            let link = object.link.as_ref();
            field.indexed |= link.is_some_and(|link| [link.from, link.to].contains(&field.id));
            if field.id >= system::FIRST {
                return Err(schema_error(
                    &field.name,
                    "numbers of fields are below 60,000",
                ));
            }
            if object.field(field.id).is_some() || object.field_named(&field.name).is_ok() {
                return Err(schema_error(&field.name, "the object has this field twice"));
            }
            object.add_field(field);
        }
        let mut objects = catalog.objects().to_vec();
        objects.push(object.clone());
        let next = Catalog::new(objects.clone(), catalog.version());
        check_object(&next, &object)?;
        let own = object
            .fields
            .iter()
            .filter(|field| field.id < system::FIRST);
        own.into_iter()
            .try_for_each(|field| self.check_default(&next, field))?;
        self.set_catalog(objects)?;
        let mut built = (*self.state.built).clone();
        built.set_shape(&object);
        self.set_built(built)?;
        Ok(object.id)
    }

    /// Adds fields to an object; returns their numbers. Defaults, formulas and roll-ups are computed for all
    /// records.
    pub(crate) fn add_fields(&mut self, object: &str, fields: Vec<FieldDef>) -> Result<Vec<u16>> {
        let catalog = self.catalog();
        let mut object = catalog.object_named(object)?.clone();
        let customs = object
            .fields
            .iter()
            .filter(|field| (CUSTOM_FIRST..system::FIRST).contains(&field.id));
        let count = customs.clone().count() + fields.len();
        within(
            "custom fields of an object",
            count,
            limits::CUSTOM_FIELDS_MAX,
        )?;
        let last = customs.map(|field| field.id).max();
        let first = last.map_or(CUSTOM_FIRST, |last| last + 1);
        let has_records = !self.records(object.id)?.is_empty();
        let mut numbers = Vec::with_capacity(fields.len());
        for (number, field) in (first..system::FIRST).zip(fields) {
            let mut field = field.completed();
            field.id = number;
            check_field(&catalog, &object, &field)?;
            if object.field_named(&field.name).is_ok() {
                return Err(schema_error(
                    &field.name,
                    &format!("`{}` has a field of this name", object.name),
                ));
            }
            if field.required && field.default.is_none() && has_records {
                return Err(schema_error(
                    &field.name,
                    "a required field on an object with records needs a default",
                ));
            }
            self.check_default(&catalog, &field)?;
            numbers.push(number);
            object.add_field(field);
        }
        self.replace_object(object.clone())?;
        self.compute_anew(&object, &numbers)?;
        Ok(numbers)
    }

    /// Refuses a default that would refuse every record.
    pub(super) fn check_default(&self, catalog: &Catalog, field: &FieldDef) -> Result<()> {
        let fit = self.fitter(catalog);
        match fit.default(field) {
            Ok(_) => Ok(()),
            Err(error) => Err(schema_error(&field.name, &format!("the default: {error}"))),
        }
    }

    pub(super) fn replace_object(&mut self, object: ObjectDef) -> Result<()> {
        let mut objects = self.state.catalog.objects().to_vec();
        let mut built = (*self.state.built).clone();
        built.set_shape(&object);
        if let Some(old) = objects.iter_mut().find(|other| other.id == object.id) {
            *old = object;
        }
        self.set_catalog(objects)?;
        self.set_built(built)
    }

    /// Fills new formulas, roll-ups and defaults in the records that are there, also in the trash.
    pub(super) fn compute_anew(&mut self, object: &ObjectDef, fields: &[u16]) -> Result<()> {
        let new = fields.iter().filter_map(|field| object.field(*field));
        let new: Vec<&FieldDef> = new
            .filter(|field| field.is_computed() || field.default.is_some())
            .collect();
        if new.is_empty() {
            return Ok(());
        }
        let program = self.state.program.clone();
        let catalog = self.catalog();
        for record in self.records(object.id)? {
            let mut changes = BTreeMap::new();
            let fit = self.fitter(&catalog);
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
            self.save_completed(object, record, changes)?;
        }
        Ok(())
    }

    pub(super) fn custom_field(&self, object: &str, field: &str) -> Result<(ObjectDef, FieldDef)> {
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

    /// Refuses to retire or re-type a field on which more of the schema is built.
    pub(super) fn check_free(&self, object: &ObjectDef, field: &FieldDef) -> Result<()> {
        match built_on(&self.state.catalog, object, field.id) {
            Some(what) => {
                let reason = format!("{what} of the schema is built on the field");
                Err(schema_error(&field.name, &reason))
            }
            None => Ok(()),
        }
    }

    /// Renames a custom field. An expression that still uses the old name refuses it.
    pub(crate) fn rename_field(&mut self, object: &str, field: &str, name: &str) -> Result<()> {
        let (mut object, mut field) = self.custom_field(object, field)?;
        check_name(name)?;
        if object.field_named(name).is_ok() {
            return Err(schema_error(name, "the object has a field of this name"));
        }
        if field.label == label_from(&field.name) {
            field.label = label_from(name);
        }
        field.name = name.to_owned();
        replace_field(&mut object, field);
        self.replace_object(object)
    }

    /// Retires a custom field: its values stay readable, nothing is written, searched or indexed any more. What
    /// reads it refuses it.
    pub(crate) fn retire_field(&mut self, object: &str, field: &str) -> Result<()> {
        let (mut object, mut field) = self.custom_field(object, field)?;
        self.check_free(&object, &field)?;
        self.check_unread(&object, &field)?;
        self.clear_index(object.id, field.id)?;
        let mut built = (*self.state.built).clone();
        built.stop_build(object.id, field.id);
        self.set_built(built)?;
        let held = Shape::of(&object);
        field.retired = true;
        (field.indexed, field.unique, field.required, field.search) = (false, false, false, 0);
        (field.hierarchy, field.timeline_up, field.contact_point) = (false, false, false);
        (field.formula, field.roll_up) = (None, None);
        field.on_delete = OnDelete::Keep;
        replace_field(&mut object, field);
        self.replace_object(object.clone())?;
        self.fill_search(&object, &held)
    }

    /// Brings a retired field back, as a plain one: what was computed, indexed or searched is so no more.
    pub(crate) fn restore_field(&mut self, object: &str, field: &str) -> Result<()> {
        let (mut object, mut field) = self.custom_field(object, field)?;
        if !field.retired {
            return Err(schema_error(&field.name, "the field is not retired"));
        }
        field.retired = false;
        check_field(&self.catalog(), &object, &field)?;
        replace_field(&mut object, field);
        self.replace_object(object)
    }

    /// Gives a field an index. The build goes on in [`build_step`](super::build_step); until it is done
    /// queries do without.
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
        if field.id >= system::FIRST {
            return Err(schema_error(
                &field.name,
                "what the engine writes of itself has no index",
            ));
        }
        field.indexed = true;
        let (number, index) = (object.id, field.id);
        replace_field(&mut object, field);
        self.replace_object(object)?;
        let mut built = (*self.state.built).clone();
        built.start_build(number, index);
        self.set_built(built)
    }
}

fn within(what: &'static str, actual: usize, max: usize) -> Result<()> {
    if actual <= max {
        return Ok(());
    }
    Err(Detail::Limit {
        what,
        max: max as u64,
        actual: actual as u64,
    }
    .into())
}
