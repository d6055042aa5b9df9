//! Walks every derived structure against the records.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use sha2::{Digest, Sha256};

use super::derive::{self, Row, TotalRow};
use super::keys;
use super::pending::RecordEnv;
use super::read;
use super::state::State;
use super::validate::computed;
use super::work::Work;
use crate::error::Result;
use crate::record::Record;
use crate::schema::{FieldDef, ObjectDef, system};
use crate::store::{KeyRange, Read, Space};
use crate::value::{KeyReader, Ref, Value, ValueRef, compare};

/// What a check looked at and found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CheckReport {
    /// How many records were read.
    pub records: u64,
    /// How many rows of indexes, timelines and totals were compared.
    pub rows: u64,
    /// What is wrong; empty for a sound database.
    pub findings: Vec<Finding>,
}

/// Something that is wrong with the data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Which structure.
    pub space: Space,
    /// What is wrong with it.
    pub what: String,
}

/// Findings beyond these say nothing new.
const FINDINGS_MAX: usize = 1_000;

/// Reads everything and compares what is derived with what it is derived from.
pub(crate) fn check(read: &dyn Read, state: &State) -> Result<CheckReport> {
    let mut report = CheckReport::default();
    let mut words = Vec::new();
    for object in state.catalog.objects() {
        check_object(read, state, object, &mut report, &mut words)?;
    }
    check_strays(read, state, &mut report)?;
    check_contents(read, &mut report)?;
    let found = crate::search::check(read, words.into_iter().map(Ok))?;
    found
        .into_iter()
        .for_each(|what| report.add(Space::Text, what));
    Ok(report)
}

type Words = Vec<(u32, Ref, crate::search::Document)>;

fn check_object(
    read: &dyn Read,
    state: &State,
    object: &ObjectDef,
    report: &mut CheckReport,
    words: &mut Words,
) -> Result<()> {
    let mut indexes: BTreeMap<u16, BTreeSet<Row>> = BTreeMap::new();
    let mut timeline: BTreeSet<Row> = BTreeSet::new();
    let mut totals: BTreeMap<Vec<u8>, TotalRow> = BTreeMap::new();
    let mut live = 0;
    read::scan(read, &keys::records_of(object.id), &mut |key, value| {
        let id = keys::record_id(key)?;
        let record = match Record::new(object.id, id, value) {
            Ok(record) => record,
            Err(error) => {
                report.add(Space::Record, format!("{} {id}: {error}", object.name));
                return Ok(ControlFlow::Continue(()));
            }
        };
        report.records += 1;
        // What the trash refers to may have been purged; that is settled when a record comes back from it.
        if record.is_deleted() {
            return Ok(ControlFlow::Continue(()));
        }
        check_references(read, state, object, &record, report)?;
        live += 1;
        for index in object
            .all_indexes()
            .filter(|index| state.is_built(object.id, index.id))
        {
            let rows = derive::index_rows(object, &index, record.fields(), id)?;
            indexes.entry(index.id).or_default().extend(rows);
        }
        if let Some(def) = &object.timeline {
            let activity = record.reference();
            let targets =
                derive::timeline_targets(read, &state.catalog, def, record.fields(), activity)?;
            timeline.extend(derive::timeline_rows(
                def,
                record.fields(),
                activity,
                &targets,
            )?);
        }
        for total in &object.totals {
            let contribution = derive::contribution(object, total, record.fields())?;
            totals
                .entry(contribution.key.clone())
                .or_default()
                .add(&contribution, 1)?;
        }
        let document = derive::document(object, record.fields())?;
        let ordinal = record
            .get(system::ORDINAL)
            .as_int()
            .and_then(|ordinal| u32::try_from(ordinal).ok());
        match ordinal {
            Some(ordinal) if !document.is_empty() => {
                words.push((ordinal, record.reference(), document))
            }
            Some(_) => {}
            None => report.add(
                Space::Record,
                format!("{} {id} has no ordinal", object.name),
            ),
        }
        Ok(ControlFlow::Continue(()))
    })?;
    for index in object
        .all_indexes()
        .filter(|index| state.is_built(object.id, index.id))
    {
        let range = KeyRange::prefix(Space::Index, keys::index(object.id, index.id).as_bytes());
        let name = format!("index {} of {}", index.id, object.name);
        compare_rows(
            read,
            &range,
            indexes.remove(&index.id).unwrap_or_default(),
            &name,
            report,
        )?;
    }
    compare_timeline(read, object, timeline, report)?;
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
    compare_rows(
        read,
        &range,
        expected,
        &format!("totals of {}", object.name),
        report,
    )
}

fn compare_rows(
    read: &dyn Read,
    range: &KeyRange,
    mut expected: BTreeSet<Row>,
    name: &str,
    report: &mut CheckReport,
) -> Result<()> {
    read::scan(read, range, &mut |key, value| {
        report.rows += 1;
        if !expected.remove(&(key.to_vec(), value.to_vec())) {
            report.add(range.space, format!("{name}: a row that no record has"));
        }
        Ok(ControlFlow::Continue(()))
    })?;
    for _ in expected {
        report.add(range.space, format!("{name}: a row is missing"));
    }
    Ok(())
}

/// Rows of what the schema does not know: the objects above have each looked for their own.
fn check_strays(read: &dyn Read, state: &State, report: &mut CheckReport) -> Result<()> {
    for space in [Space::Record, Space::Index, Space::Total] {
        read::scan(read, &KeyRange::all(space), &mut |key, _| {
            let mut reader = KeyReader::new(key);
            let object = state.catalog.object(reader.u16()?).ok();
            let known = match (space, object) {
                (_, None) => false,
                (Space::Index, Some(object)) => {
                    let index = reader.u16()?;
                    let field = object.field(index);
                    field.is_some_and(|field| field.indexed)
                        || object.indexes.iter().any(|other| other.id == index)
                }
                _ => true,
            };
            if !known {
                report.add(space, "a row of what the schema does not know".to_owned());
            }
            Ok(ControlFlow::Continue(()))
        })?;
    }
    read::scan(read, &KeyRange::all(Space::Timeline), &mut |key, _| {
        let activity = keys::timeline_entry(key)?.1;
        let object = state.catalog.object(activity.object).ok();
        if object.is_none_or(|object| object.timeline.is_none()) {
            let what = format!("an entry of {}, which stands on no timeline", activity.id);
            report.add(Space::Timeline, what);
        }
        Ok(ControlFlow::Continue(()))
    })
}

/// Every content is whole and has a document.
fn check_contents(read: &dyn Read, report: &mut CheckReport) -> Result<()> {
    let mut current: Option<(Vec<u8>, Sha256, bool)> = None;
    let close = |content: Option<(Vec<u8>, Sha256, bool)>, report: &mut CheckReport| {
        let Some((hash, found, held)) = content else {
            return;
        };
        if found.finalize().as_slice() != hash {
            report.add(Space::Blob, "a document's content is damaged".to_owned());
        }
        if !held {
            report.add(Space::Blob, "a content that no document has".to_owned());
        }
    };
    read::scan(read, &KeyRange::all(Space::Blob), &mut |key, bytes| {
        let (hash, holder) = keys::blob_entry(key)?;
        if current.as_ref().is_none_or(|(other, ..)| other != hash) {
            close(current.take(), report);
        }
        let (_, found, held) = current.get_or_insert_with(|| (hash.to_vec(), Sha256::new(), false));
        match holder {
            None => found.update(bytes),
            Some(document) => {
                *held = true;
                if !read.exists(Space::Record, &keys::record(document))? {
                    let what = format!("a content of {}, which does not exist", document.id);
                    report.add(Space::Blob, what);
                }
            }
        }
        Ok(ControlFlow::Continue(()))
    })?;
    close(current, report);
    Ok(())
}

fn compare_timeline(
    read: &dyn Read,
    object: &ObjectDef,
    mut expected: BTreeSet<Row>,
    report: &mut CheckReport,
) -> Result<()> {
    if object.timeline.is_none() {
        return Ok(());
    }
    read::scan(read, &KeyRange::all(Space::Timeline), &mut |key, value| {
        if keys::timeline_entry(key)?.1.object != object.id {
            return Ok(ControlFlow::Continue(()));
        }
        report.rows += 1;
        if !expected.remove(&(key.to_vec(), value.to_vec())) {
            report.add(
                Space::Timeline,
                format!("an entry of {} that no record has", object.name),
            );
        }
        Ok(ControlFlow::Continue(()))
    })?;
    for _ in expected {
        report.add(
            Space::Timeline,
            format!("an entry of {} is missing", object.name),
        );
    }
    Ok(())
}

fn check_references(
    read: &dyn Read,
    state: &State,
    object: &ObjectDef,
    record: &Record,
    report: &mut CheckReport,
) -> Result<()> {
    // Who created a record is said even when that user has been purged.
    for field in object.references() {
        for target in record.get(field.id).elements().filter_map(ValueRef::as_ref) {
            if !read.exists(Space::Record, &keys::record(target))? {
                let name = &field.name;
                let target_name = state.catalog.object_name(target.object);
                report.add(
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

impl Work<'_, '_> {
    /// Computes every formula and roll-up anew and compares it with what the record has.
    pub(crate) fn check_computed(&self, report: &mut CheckReport) -> Result<()> {
        let catalog = self.catalog();
        for object in catalog.objects() {
            let computed: Vec<&FieldDef> = object
                .live_fields()
                .filter(|field| field.is_computed())
                .collect();
            if computed.is_empty() {
                continue;
            }
            read::for_each_live(self.txn, object.id, &mut |record| {
                for field in &computed {
                    let expected = self.computed_value(object, field, &record)?;
                    if compare(&record.get(field.id), &(&expected).into()).is_ne() {
                        let what = format!(
                            "{}.{} of {} is {}, and should be {expected}",
                            object.name,
                            field.name,
                            record.id(),
                            record.get(field.id)
                        );
                        report.add(Space::Record, what);
                    }
                }
                Ok(())
            })?;
        }
        Ok(())
    }

    fn computed_value(
        &self,
        object: &ObjectDef,
        field: &FieldDef,
        record: &Record,
    ) -> Result<Value> {
        let program = &self.state.program;
        if let Some(roll_up) = program.roll_up(object.id, field.id) {
            return self.roll_up_value(roll_up, Some(field), record.reference());
        }
        let formulas = program.formulas(object.id);
        let Some((_, formula)) = formulas.iter().find(|(number, _)| *number == field.id) else {
            return Ok(Value::Null);
        };
        let value = formula.eval(&RecordEnv {
            read: self.txn,
            time_zone: &self.state.settings.time_zone,
            id: record.id(),
            record: record.fields(),
            old: None,
            now: self.now,
            actor: None,
            id_text: Default::default(),
        })?;
        computed(
            &self.state.catalog,
            &self.state.settings,
            field,
            value,
            self.now,
        )
    }
}

impl CheckReport {
    pub(crate) fn add(&mut self, space: Space, what: String) {
        if self.findings.len() < FINDINGS_MAX {
            self.findings.push(Finding { space, what });
        }
    }

    /// True if nothing is wrong.
    pub fn is_sound(&self) -> bool {
        self.findings.is_empty()
    }
}
