//! The records, and what is derived from each: indexes, timelines, totals.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use super::Walk;
use super::rows::Rows;
use crate::engine::derive::{self, Row, TotalRow};
use crate::engine::keys;
use crate::engine::read;
use crate::engine::state::State;
use crate::engine::work::Work;
use crate::error::Result;
use crate::record::Record;
use crate::schema::{ObjectDef, system};
use crate::store::{KeyRange, Read, Space};
use crate::value::{KeyReader, ValueRef};

/// Compares indexes, timelines and totals with the records, and collects the words of these.
pub(crate) fn check_records(work: &Work<'_, '_>, walk: &mut Walk) -> Result<()> {
    let (read, state) = (&work.tx, &*work.state);
    for object in state.catalog.objects() {
        check_object(read, state, object, walk)?;
    }
    check_strays(read, state, walk)
}

fn check_object(read: &dyn Read, state: &State, object: &ObjectDef, walk: &mut Walk) -> Result<()> {
    let mut rows = Rows::new(read, state, object);
    let mut totals: BTreeMap<Vec<u8>, TotalRow> = BTreeMap::new();
    let mut live = 0;
    read::scan(read, &keys::records_of(object.id), &mut |key, value| {
        let id = keys::record_id(key)?;
        let record = match Record::new(object.id, id, value) {
            Ok(record) => record,
            Err(error) => {
                walk.find(Space::Record, format!("{} {id}: {error}", object.name));
                return Ok(ControlFlow::Continue(()));
            }
        };
        walk.report.records += 1;
        // What the trash refers to may have been purged; that is settled when a record comes back from it.
        if record.is_deleted() {
            return Ok(ControlFlow::Continue(()));
        }
        check_references(read, state, object, &record, walk)?;
        live += 1;
        for structure in 0..rows.structures.len() {
            let expected = rows.of_record(structure, &record)?;
            rows.expect(structure, expected, walk)?;
        }
        for total in &object.totals {
            let contribution = derive::contribution(object, total, record.fields())?;
            totals
                .entry(contribution.key.clone())
                .or_default()
                .add(&contribution, 1)?;
        }
        let ordinal = record.get(system::ORDINAL).as_int();
        if ordinal.is_none_or(|ordinal| u32::try_from(ordinal).is_err()) {
            let what = format!("{} {id} has no ordinal", object.name);
            walk.find(Space::Record, what);
        }
        Ok(ControlFlow::Continue(()))
    })?;
    rows.look_up(walk)?;
    for structure in 0..rows.structures.len() {
        rows.check_strays(structure, walk)?;
    }
    check_totals(read, object, totals, live, walk)
}

/// Compares the kept totals with those of the records: they are few.
fn check_totals(
    read: &dyn Read,
    object: &ObjectDef,
    totals: BTreeMap<Vec<u8>, TotalRow>,
    live: i64,
    walk: &mut Walk,
) -> Result<()> {
    let expected = totals.into_iter().filter(|(_, row)| row.count != 0);
    let mut expected: BTreeSet<Row> = expected
        .map(|(key, row)| Ok((key, row.encode()?)))
        .collect::<Result<_>>()?;
    if live > 0 {
        let row = TotalRow {
            count: live,
            ..TotalRow::default()
        };
        expected.insert((keys::total(object.id, 0).into_bytes(), row.encode()?));
    }
    let mut range = KeyRange::prefix(Space::Total, keys::total(object.id, 0).as_bytes());
    range.end = Some(keys::total(object.id, u16::MAX).into_bytes());
    let name = format!("totals of {}", object.name);
    read::scan(read, &range, &mut |key, value| {
        walk.row();
        if !expected.remove(&(key.to_vec(), value.to_vec())) {
            walk.stray(
                Space::Total,
                key,
                format!("{name}: a row that no record has"),
            );
        }
        Ok(ControlFlow::Continue(()))
    })?;
    for (key, value) in expected {
        walk.missing(
            Space::Total,
            key,
            value,
            format!("{name}: a row is missing"),
        );
    }
    Ok(())
}

/// Rows of what the schema does not know: the objects above have each looked for their own.
fn check_strays(read: &dyn Read, state: &State, walk: &mut Walk) -> Result<()> {
    let object = |key: &[u8]| {
        let number = KeyReader::new(key).u16().ok()?;
        state.catalog.object(number).ok()
    };
    read::scan(read, &KeyRange::all(Space::Record), &mut |key, _| {
        if object(key).is_none() || keys::record_reference(key).is_err() {
            walk.find(Space::Record, "a row of what the schema does not know");
        }
        Ok(ControlFlow::Continue(()))
    })?;
    let is_index = |key: &[u8]| {
        let object = object(key)?;
        let mut reader = KeyReader::new(key);
        let index = reader.u16().and_then(|_| reader.u16()).ok()?;
        let is_of_field = object.field(index).is_some_and(|field| field.indexed);
        Some(is_of_field || object.indexes.iter().any(|other| other.id == index))
    };
    let is_entry = |key: &[u8]| {
        let activity = keys::timeline_entry(key).ok()?.1;
        let object = state.catalog.object(activity.object).ok()?;
        object.timeline.as_ref()
    };
    let mut look = |space, is_known: &dyn Fn(&[u8]) -> bool| {
        read::scan(read, &KeyRange::all(space), &mut |key, _| {
            if !is_known(key) {
                walk.stray(space, key, "a row of what the schema does not know");
            }
            Ok(ControlFlow::Continue(()))
        })
    };
    look(Space::Index, &|key| is_index(key) == Some(true))?;
    look(Space::Total, &|key| object(key).is_some())?;
    look(Space::Timeline, &|key| is_entry(key).is_some())
}

fn check_references(
    read: &dyn Read,
    state: &State,
    object: &ObjectDef,
    record: &Record,
    walk: &mut Walk,
) -> Result<()> {
    // Who created a record is said even when that user has been purged.
    for field in object.references() {
        for target in record.get(field.id).elements().filter_map(ValueRef::as_ref) {
            if !read.exists(Space::Record, &keys::record(target))? {
                let name = &field.name;
                let target_name = state.catalog.object_name(target.object);
                walk.find(
                    Space::Record,
                    format!(
                        "{}.{name} of {} refers to {target_name} {}, which does not exist",
                        object.name,
                        record.id(),
                        target.id
                    ),
                );
            }
        }
    }
    Ok(())
}
