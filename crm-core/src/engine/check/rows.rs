//! The rows that an object's records have in indexes and timelines, compared with those that are there.
//!
//! Each row that a record has is looked up: some thousands of them at a time, in the order of their keys. If there are
//! as many rows as were found, there are no others; only if there are more does each of them have to name its record.
//! So the memory does not grow with the database.

use std::ops::ControlFlow;

use super::Walk;
use crate::engine::derive::{self, Row};
use crate::engine::keys;
use crate::engine::read;
use crate::engine::state::State;
use crate::error::Result;
use crate::limits;
use crate::record::Record;
use crate::schema::{IndexDef, ObjectDef, TimelineDef};
use crate::store::{KeyRange, Read, Space};
use crate::value::{Id, KeyReader, Ref};

/// A structure in which an object's records have rows.
pub(super) struct Structure {
    of: Kind,
    name: String,
    range: KeyRange,
    /// How many of the rows that the records have are there.
    found: u64,
}

enum Kind {
    Index(IndexDef),
    Timeline(TimelineDef),
}

/// What an object's records have in indexes and timelines.
pub(super) struct Rows<'a> {
    read: &'a dyn Read,
    state: &'a State,
    object: &'a ObjectDef,
    pub(super) structures: Vec<Structure>,
    /// Rows that are still to be looked up, each with the number of its structure.
    waiting: Vec<(usize, Row)>,
    waiting_bytes: usize,
}

impl<'a> Rows<'a> {
    pub(super) fn new(read: &'a dyn Read, state: &'a State, object: &'a ObjectDef) -> Self {
        let indexes = object.all_indexes();
        let built = indexes.filter(|index| state.is_built(object.id, index.id));
        let mut structures: Vec<Structure> = built
            .map(|index| Structure {
                name: format!("index {} of {}", index.id, object.name),
                range: KeyRange::prefix(Space::Index, keys::index(object.id, index.id).as_bytes()),
                of: Kind::Index(index),
                found: 0,
            })
            .collect();
        structures.extend(object.timeline.clone().map(|timeline| Structure {
            of: Kind::Timeline(timeline),
            name: format!("timeline entries of {}", object.name),
            range: KeyRange::all(Space::Timeline),
            found: 0,
        }));
        Rows {
            read,
            state,
            object,
            structures,
            waiting: Vec::new(),
            waiting_bytes: 0,
        }
    }

    /// The rows that a live record has in a structure, each once.
    pub(super) fn of_record(&self, structure: usize, record: &Record) -> Result<Vec<Row>> {
        let fields = record.fields();
        let mut rows = match self
            .structures
            .get(structure)
            .map(|structure| &structure.of)
        {
            Some(Kind::Index(index)) => {
                derive::index_rows(self.object, index, fields, record.id())?
            }
            Some(Kind::Timeline(timeline)) => {
                let activity = record.reference();
                let catalog = &self.state.catalog;
                let targets =
                    derive::timeline_targets(self.read, catalog, timeline, fields, activity)?;
                derive::timeline_rows(timeline, fields, activity, &targets)?
            }
            None => Vec::new(),
        };
        rows.sort_unstable();
        rows.dedup();
        Ok(rows)
    }

    /// Rows that are to be there.
    pub(super) fn expect(
        &mut self,
        structure: usize,
        rows: Vec<Row>,
        walk: &mut Walk,
    ) -> Result<()> {
        for row in rows {
            self.waiting_bytes += size_of::<(usize, Row)>() + row.0.len() + row.1.len();
            self.waiting.push((structure, row));
        }
        if self.waiting_bytes > limits::CHECK_ROWS_BYTES_MAX {
            self.look_up(walk)?;
        }
        Ok(())
    }

    /// Looks up the rows that wait for it.
    pub(super) fn look_up(&mut self, walk: &mut Walk) -> Result<()> {
        self.waiting.sort_unstable();
        self.waiting_bytes = 0;
        for (structure, (key, value)) in std::mem::take(&mut self.waiting) {
            let Some(structure) = self.structures.get_mut(structure) else {
                continue;
            };
            let space = structure.range.space;
            let mut is_there = false;
            self.read
                .get(space, &key, &mut |found| is_there = found == value)?;
            if is_there {
                structure.found += 1;
            } else {
                let what = format!("{}: a row is missing", structure.name);
                walk.missing(space, key, value, what);
            }
        }
        Ok(())
    }

    /// Looks for rows that no record has.
    pub(super) fn check_strays(&self, structure: usize, walk: &mut Walk) -> Result<()> {
        let Some(Structure {
            of,
            name,
            range,
            found,
        }) = self.structures.get(structure)
        else {
            return Ok(());
        };
        let mut rows = 0;
        read::scan(self.read, range, &mut |key, _| {
            if self.is_own(of, key) {
                rows += 1;
                walk.row();
            }
            Ok(ControlFlow::Continue(()))
        })?;
        if rows == *found {
            return Ok(());
        }
        read::scan(self.read, range, &mut |key, value| {
            // One with another value has been missed, and is put right by that.
            if self.is_own(of, key) && !self.has_record(structure, key, value)? {
                let what = format!("{name}: a row that no record has");
                walk.stray(range.space, key, what);
            }
            Ok(ControlFlow::Continue(()))
        })
    }

    /// True if a row in the range of a structure is of the object.
    fn is_own(&self, of: &Kind, key: &[u8]) -> bool {
        match of {
            Kind::Index(_) => true,
            Kind::Timeline(_) => {
                let entry = keys::timeline_entry(key);
                entry.is_ok_and(|(_, activity)| activity.object == self.object.id)
            }
        }
    }

    /// True if the record that a row names has a row with this key.
    fn has_record(&self, structure: usize, key: &[u8], value: &[u8]) -> Result<bool> {
        let of = self
            .structures
            .get(structure)
            .map(|structure| &structure.of);
        let id: Result<Id> = match of {
            Some(Kind::Index(index)) if index.unique => KeyReader::new(value).id(),
            Some(Kind::Index(_)) | None => keys::index_id(key),
            Some(Kind::Timeline(_)) => keys::timeline_entry(key).map(|(_, activity)| activity.id),
        };
        let Ok(id) = id else {
            return Ok(false);
        };
        let object = self.object.id;
        // What cannot be read is a finding already, and has no rows.
        let record = read::record(self.read, Ref { object, id }).ok().flatten();
        let Some(record) = record.filter(|record| !record.is_deleted()) else {
            return Ok(false);
        };
        let rows = self.of_record(structure, &record)?;
        Ok(rows.iter().any(|row| row.0 == key))
    }
}
