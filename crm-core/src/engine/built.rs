//! Which derived structures a file holds, and how they come to be those of this version.
//!
//! Indexes are filled in small steps, between which others may write. What needs the indexes (totals, timelines,
//! search, computed fields) follows in one transaction when they are there. Each step records how far it came,
//! so that a crash loses nothing of it.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::authority::Right;
use super::derive;
use super::keys::{self, meta};
use super::read;
use super::state::State;
use super::work::Work;
use crate::error::{Error, Result};
use crate::record::{Fields, Record};
use crate::schema::{FieldType, IndexDef, ObjectDef, RollUp, TimelineDef, TotalDef};
use crate::store::{KeyRange, Read, Space};
use crate::value::{Id, Ref};

/// The format of the files that this version writes.
pub const FORMAT: u32 = 1;

/// Records that one step of an index build reads.
const BUILD_STEP: usize = 2_000;

/// The derived structures that the file holds, by object.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Built {
    objects: BTreeMap<u16, Shape>,
    building: Vec<IndexBuild>,
}

/// What is derived from the records of one object.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Shape {
    indexes: Vec<IndexDef>,
    totals: Vec<TotalDef>,
    timeline: Option<TimelineDef>,
    search: Vec<(u16, u8, FieldType)>,
    #[serde(default)]
    computed: Vec<Computed>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Computed {
    field: u16,
    formula: Option<String>,
    roll_up: Option<RollUp>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct IndexBuild {
    object: u16,
    index: u16,
    /// The last record that is in the index, as text; empty at the start.
    cursor: String,
}

impl Shape {
    pub(super) fn of(object: &ObjectDef) -> Self {
        let searchable = object.live_fields().filter(|field| field.search > 0);
        let computed = object.live_fields().filter(|field| field.is_computed());
        Shape {
            indexes: object.all_indexes().collect(),
            totals: object.totals.clone(),
            timeline: object.timeline.clone(),
            search: searchable
                .map(|field| (field.id, field.search, field.ty))
                .collect(),
            computed: computed
                .map(|field| Computed {
                    field: field.id,
                    formula: field.formula.clone(),
                    roll_up: field.roll_up.clone(),
                })
                .collect(),
        }
    }
}

/// Reads what the engine has stored as JSON.
///
/// By way of a tree, as the definitions that hosts give are read: to read them from text, too, is a second copy of all
/// that code.
pub(super) fn from_json<T: DeserializeOwned>(bytes: &[u8]) -> serde_json::Result<T> {
    serde_json::from_slice(bytes).and_then(|json: Json| serde_json::from_value(json))
}

impl Built {
    pub(super) fn load(read: &dyn Read) -> Result<Option<Self>> {
        let bytes = read.get_vec(Space::Meta, meta::BUILT)?;
        let decode = |bytes: Vec<u8>| {
            from_json(&bytes)
                .map_err(|error| Error::corrupt(format!("the list of indexes: {error}")))
        };
        bytes.map(decode).transpose()
    }

    /// Everything that these objects declare.
    #[cfg(feature = "redb")]
    pub(super) fn complete(objects: &[ObjectDef]) -> Self {
        Built {
            objects: objects
                .iter()
                .map(|object| (object.id, Shape::of(object)))
                .collect(),
            building: Vec::new(),
        }
    }

    /// True if an index holds all records.
    pub(crate) fn is_built(&self, object: u16, index: u16) -> bool {
        self.building
            .iter()
            .all(|build| build.object != object || build.index != index)
    }

    /// True if the file was made with an object.
    pub(super) fn has(&self, object: u16) -> bool {
        self.objects.contains_key(&object)
    }

    pub(super) fn set_shape(&mut self, object: &ObjectDef) {
        self.objects.insert(object.id, Shape::of(object));
    }

    /// Has an index filled from the first record on.
    pub(super) fn start_build(&mut self, object: u16, index: u16) {
        self.stop_build(object, index);
        self.building.push(IndexBuild {
            object,
            index,
            cursor: String::new(),
        });
    }

    pub(super) fn stop_build(&mut self, object: u16, index: u16) {
        self.building
            .retain(|build| build.object != object || build.index != index);
    }
}

impl State {
    /// True if an index holds all records: not while it is being built.
    pub(crate) fn is_built(&self, object: u16, index: u16) -> bool {
        self.built.is_built(object, index)
    }
}

/// True if a file holds all that is derived as this version declares it: opening it changes nothing.
pub(crate) fn is_current(read: &dyn Read, state: &State) -> Result<bool> {
    let held = |object: &ObjectDef| state.built.objects.get(&object.id) == Some(&Shape::of(object));
    Ok(read.exists(Space::Meta, meta::FORMAT)?
        && state.built.building.is_empty()
        && state.catalog.objects().iter().all(held))
}

/// Makes a new file usable, and marks the indexes that an older one lacks to be built; [`build_step`] and
/// [`refill`] do the rest.
pub(crate) fn prepare(work: &mut Work<'_, '_>) -> Result<()> {
    let catalog = work.catalog();
    let is_new = !work.tx.exists(Space::Meta, meta::FORMAT)?;
    if is_new && !work.tx.is_empty(&KeyRange::all(Space::Record))? {
        return Err(Error::corrupt("the format number of the file is missing"));
    }
    if is_new {
        work.tx
            .put(Space::Meta, meta::FORMAT, FORMAT.to_be_bytes())?;
        work.create_settings()?;
    } else if Built::load(&work.tx)?.is_none() {
        // Nobody can say what the derived structures are of: they are made anew.
        for space in [Space::Index, Space::Timeline, Space::Text, Space::Total] {
            work.tx.clear(&KeyRange::all(space))?;
        }
    }
    let mut built = (*work.state.built).clone();
    for object in catalog.objects() {
        let wanted = Shape::of(object);
        let held = match built.objects.get(&object.id) {
            Some(held) => held.clone(),
            None if is_new => {
                built.objects.insert(object.id, wanted);
                continue;
            }
            None => {
                work.fill_totals(object)?;
                Shape {
                    totals: wanted.totals.clone(),
                    ..Shape::default()
                }
            }
        };
        work.start_indexes(object, &held.indexes, &wanted.indexes, &mut built)?;
        let indexes = wanted.indexes;
        built.objects.insert(object.id, Shape { indexes, ..held });
    }
    work.set_built(built)
}

/// Builds indexes that wait for it, a bounded step of one. False if there was none.
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
    read::scan(&work.tx, &range, &mut |key, value| {
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
    for (key, value) in rows {
        work.tx.put(Space::Index, key, value)?;
    }
    match last.filter(|_| count == BUILD_STEP) {
        Some(last) => build.cursor = last.to_string(),
        None => {
            built.building.remove(0);
        }
    }
    work.set_built(built)?;
    Ok(true)
}

/// Brings what needs the indexes to this version, in one transaction. False if it is there already.
pub(crate) fn refill(work: &mut Work<'_, '_>) -> Result<bool> {
    let catalog = work.catalog();
    let mut built = (*work.state.built).clone();
    let mut stale = Vec::new();
    for object in catalog.objects() {
        let wanted = Shape::of(object);
        let held = built.objects.insert(object.id, wanted.clone());
        let held = held.unwrap_or_default();
        if held != wanted {
            stale.push((object, held, wanted));
        }
    }
    for (object, held, wanted) in &stale {
        if held.totals != wanted.totals {
            work.fill_totals(object)?;
        }
        if held.timeline != wanted.timeline {
            work.fill_timeline(object)?;
        }
        if held.search != wanted.search {
            work.fill_search(object, held)?;
        }
    }
    // Last, because computed values enter what was filled above as any other change does.
    for (object, held, wanted) in &stale {
        let new = wanted.computed.iter();
        let new = new.filter(|computed| !held.computed.contains(computed));
        let fields: Vec<u16> = new.map(|computed| computed.field).collect();
        work.compute_anew(object, &fields)?;
    }
    work.set_built(built)?;
    Ok(!stale.is_empty())
}

impl Work<'_, '_> {
    /// The record of settings, as a new database has it.
    pub(super) fn create_settings(&mut self) -> Result<()> {
        let catalog = self.catalog();
        if let Some((object, parts)) = catalog.settings() {
            let mut fields = Fields::new();
            fields.set_number(parts.name, "Organisation".into());
            self.with_right(Right::Engine, |work| work.create(object.id, None, &fields))?;
        }
        Ok(())
    }

    pub(super) fn set_built(&mut self, built: Built) -> Result<()> {
        if *self.state.built == built {
            return Ok(());
        }
        let bytes =
            serde_json::to_vec(&built).map_err(|error| Error::corrupt(error.to_string()))?;
        self.tx.put(Space::Meta, meta::BUILT, bytes)?;
        self.state.built = Arc::new(built);
        Ok(())
    }

    /// Drops the indexes that are no more, and marks the new ones to be built.
    fn start_indexes(
        &mut self,
        object: &ObjectDef,
        held: &[IndexDef],
        wanted: &[IndexDef],
        built: &mut Built,
    ) -> Result<()> {
        for index in held.iter().filter(|index| !wanted.contains(index)) {
            self.clear_index(object.id, index.id)?;
            built.stop_build(object.id, index.id);
        }
        for index in wanted.iter().filter(|index| !held.contains(index)) {
            if index.unique {
                self.fill_unique(object, index)?;
            } else {
                built.start_build(object.id, index.id);
            }
        }
        Ok(())
    }

    /// Fills a unique index at once: one that holds half of the records would let a value in twice.
    fn fill_unique(&mut self, object: &ObjectDef, index: &IndexDef) -> Result<()> {
        for record in self.records(object.id)? {
            if record.is_deleted() {
                continue;
            }
            let rows = derive::index_rows(object, index, record.fields(), record.id())?;
            self.check_unique(object, &index.fields, &[], &rows, Some(&record))?;
            for (key, value) in rows {
                self.tx.put(Space::Index, key, value)?;
            }
        }
        Ok(())
    }

    pub(super) fn clear_index(&mut self, object: u16, index: u16) -> Result<()> {
        let key = keys::index(object, index);
        self.tx
            .clear(&KeyRange::prefix(Space::Index, key.as_bytes()))
    }

    /// All records of an object, those in the trash too.
    pub(super) fn records(&self, object: u16) -> Result<Vec<Record>> {
        let mut records = Vec::new();
        read::scan(&self.tx, &keys::records_of(object), &mut |key, value| {
            records.push(Record::new(object, keys::record_id(key)?, value)?);
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(records)
    }

    fn live_records(&self, object: u16) -> Result<Vec<Record>> {
        let mut records = self.records(object)?;
        records.retain(|record| !record.is_deleted());
        Ok(records)
    }

    fn fill_totals(&mut self, object: &ObjectDef) -> Result<()> {
        self.tx.clear(&keys::totals_of(object.id))?;
        for record in self.live_records(object.id)? {
            self.add_to_total(keys::total(object.id, 0).into_bytes(), |row| {
                row.count += 1;
                Ok(())
            })?;
            for total in &object.totals {
                let contribution = derive::contribution(object, total, record.fields())?;
                self.add_to_total(contribution.key.clone(), |row| row.add(&contribution, 1))?;
            }
        }
        Ok(())
    }

    fn fill_timeline(&mut self, object: &ObjectDef) -> Result<()> {
        let mut stale = Vec::new();
        read::scan(&self.tx, &KeyRange::all(Space::Timeline), &mut |key, _| {
            if keys::timeline_entry(key)?.1.object == object.id {
                stale.push(key.to_vec());
            }
            Ok(ControlFlow::Continue(()))
        })?;
        stale
            .into_iter()
            .for_each(|key| self.tx.delete(Space::Timeline, key));
        let Some(timeline) = &object.timeline else {
            return Ok(());
        };
        let catalog = self.catalog();
        for record in self.live_records(object.id)? {
            let activity = record.reference();
            let targets =
                derive::timeline_targets(&self.tx, &catalog, timeline, record.fields(), activity)?;
            for (key, value) in
                derive::timeline_rows(timeline, record.fields(), activity, &targets)?
            {
                self.tx.put(Space::Timeline, key, value)?;
            }
        }
        Ok(())
    }

    /// Brings the search index from what it held of an object's records to what it is to hold.
    pub(super) fn fill_search(&mut self, object: &ObjectDef, held: &Shape) -> Result<()> {
        let mut before = object.clone();
        for field in &mut before.fields {
            let was = held.search.iter().find(|(id, ..)| *id == field.id);
            (field.search, field.ty, field.retired) = match was {
                Some((_, weight, ty)) => (*weight, *ty, false),
                None => (0, field.ty, field.retired),
            };
        }
        for record in self.live_records(object.id)? {
            let old = derive::document(&before, record.fields())?;
            let new = derive::document(object, record.fields())?;
            self.reindex(&record, &old, &new)?;
        }
        Ok(())
    }
}
