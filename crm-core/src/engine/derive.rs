//! What follows from a record: index entries, timeline entries, totals and search words. Each is a function of
//! the record alone, so that a change is the difference of two lists and a check is a comparison with one.

use std::ops::ControlFlow;

use chrono::{DateTime, Utc};

use super::keys;
use super::read;
use super::sum::Sum;
use crate::error::Result;
use crate::schema::{Catalog, FieldType, IndexDef, ObjectDef, TimelineDef, TotalDef, system};
use crate::search::Document;
use crate::store::{Read, Shared};
use crate::value::{
    CheckedRecord, Id, KeyBuilder, Opened, RecordBuf, RecordRef, Ref, Value, ValueRef, places,
};

/// A row of a derived structure.
pub(crate) type Row = (Vec<u8>, Vec<u8>);

/// The entries of one index for a live record; none where the first value is missing. An entry of a unique
/// index stands only where all values are there.
pub(crate) fn index_rows(
    object: &ObjectDef,
    index: &IndexDef,
    record: RecordRef<'_>,
    id: Id,
) -> Result<Vec<Row>> {
    let Some((first, rest)) = index.fields.split_first() else {
        return Ok(Vec::new());
    };
    let mut tail = Vec::with_capacity(rest.len());
    for field in rest {
        tail.push(record.try_get(*field)?);
    }
    if index.unique && tail.iter().any(|value| value.is_null()) {
        return Ok(Vec::new());
    }
    let covering = if index.unique {
        id.as_bytes().to_vec()
    } else if index.covering.is_empty() {
        Vec::new()
    } else {
        let mut fields = Vec::with_capacity(index.covering.len());
        for field in &index.covering {
            fields.push((*field, record.try_get(*field)?));
        }
        fields.sort_by_key(|(field, _)| *field);
        RecordBuf::encode(fields)?.into_bytes()
    };
    let mut rows = Vec::new();
    for value in record
        .try_get(*first)?
        .elements()
        .filter(|value| !value.is_null())
    {
        let mut key = keys::index(object.id, index.id);
        keys::push(&mut key, value)?;
        for value in &tail {
            keys::push(&mut key, *value)?;
        }
        if index.unique {
            let values = std::iter::once(value).chain(tail.iter().copied());
            keys::end_unique(&mut key, object, &index.fields, values);
        } else {
            key.push_id(id);
        }
        rows.push((key.into_bytes(), covering.clone()));
    }
    rows.sort_unstable();
    rows.dedup();
    Ok(rows)
}

/// The records on whose timelines an activity stands.
pub(crate) fn timeline_targets(
    read: &dyn Read,
    catalog: &Catalog,
    timeline: &TimelineDef,
    record: RecordRef<'_>,
    activity: Ref,
) -> Result<Vec<Ref>> {
    let mut targets = Vec::new();
    for field in &timeline.about {
        targets.extend(
            record
                .try_get(*field)?
                .elements()
                .filter_map(ValueRef::as_ref),
        );
    }
    for object in catalog.links() {
        let Some(link) = object.link.as_ref().filter(|link| link.timeline) else {
            continue;
        };
        read::for_each_in_index(
            read,
            object.id,
            link.from,
            &[ValueRef::Ref(activity)],
            &mut |id, _| {
                let link_record = read::record(
                    read,
                    Ref {
                        object: object.id,
                        id,
                    },
                )?;
                targets.extend(link_record.and_then(|record| record.get(link.to).as_ref()));
                Ok(ControlFlow::Continue(()))
            },
        )?;
    }
    targets.sort_unstable();
    targets.dedup();
    Ok(targets)
}

/// The timeline entries of a live activity, given the records on whose timelines it stands.
pub(crate) fn timeline_rows(
    timeline: &TimelineDef,
    record: RecordRef<'_>,
    activity: Ref,
    targets: &[Ref],
) -> Result<Vec<Row>> {
    let at: Option<DateTime<Utc>> = record.try_get(timeline.at)?.as_datetime();
    let at = match at {
        Some(at) => at,
        None => record
            .try_get(system::CREATED_AT)?
            .as_datetime()
            .unwrap_or_default(),
    };
    let mut fields = Vec::with_capacity(timeline.summary.len());
    for field in &timeline.summary {
        fields.push((*field, record.try_get(*field)?));
    }
    fields.sort_by_key(|(field, _)| *field);
    let summary = RecordBuf::encode(fields)?.into_bytes();
    Ok(targets
        .iter()
        .map(|target| (keys::timeline(*target, at, activity), summary.clone()))
        .collect())
}

/// What a record adds to a total.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Contribution {
    pub key: Vec<u8>,
    pub group: Vec<Value>,
    pub sums: Vec<Value>,
}

/// What a live record adds to a total.
pub(crate) fn contribution(
    object: &ObjectDef,
    total: &TotalDef,
    record: RecordRef<'_>,
) -> Result<Contribution> {
    let mut key: KeyBuilder = keys::total(object.id, total.id);
    let mut group = Vec::with_capacity(total.group_by.len());
    for field in &total.group_by {
        let value = record.try_get(*field)?;
        keys::push(&mut key, value)?;
        group.push(value.to_value());
    }
    let mut sums = Vec::with_capacity(total.sums.len());
    for field in &total.sums {
        sums.push(record.try_get(*field)?.to_value());
    }
    Ok(Contribution {
        key: key.into_bytes(),
        group,
        sums,
    })
}

/// A count and sums, the amounts of each currency apart.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct TotalRow {
    pub group: Vec<Value>,
    pub count: i64,
    /// For each summed field the plain sum or one amount for each currency, in the order of their codes.
    pub sums: Vec<Sum>,
}

impl TotalRow {
    pub(crate) fn add(&mut self, contribution: &Contribution, sign: i64) -> Result<()> {
        self.count += sign;
        self.group.clone_from(&contribution.group);
        self.sums.resize(contribution.sums.len(), Sum::default());
        let mut sums = self.sums.iter_mut().zip(&contribution.sums);
        sums.try_for_each(|(sum, value)| sum.add(value, sign))
    }

    pub(crate) fn encode(&self) -> Result<Vec<u8>> {
        let mut fields = vec![
            (1u16, Value::Int(self.count)),
            (2, Value::List(self.group.clone())),
        ];
        for (at, sum) in self.sums.iter().enumerate() {
            fields.push((10 + 2 * at as u16, sum.stored_number()));
            fields.push((11 + 2 * at as u16, sum.stored_money()));
        }
        Ok(RecordBuf::encode(fields.iter().map(|(field, value)| (*field, value)))?.into_bytes())
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self> {
        let stored = StoredTotal::new(bytes)?;
        let group = stored.0.get(2).as_list();
        let mut row = TotalRow {
            count: stored.count(),
            group: group.map_or_else(Vec::new, |list| {
                list.iter().map(ValueRef::to_value).collect()
            }),
            sums: Vec::new(),
        };
        for at in 0.. {
            let Some(sum) = stored.sum(at)? else {
                break;
            };
            row.sums.push(sum);
        }
        Ok(row)
    }
}

/// A kept total where it lies.
#[derive(Clone, Copy)]
pub(crate) struct StoredTotal<'a>(CheckedRecord<'a>);

impl<'a> StoredTotal<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Result<Self> {
        RecordRef::new(bytes)?.validate().map(StoredTotal)
    }

    /// One that has been put into memory.
    pub(crate) fn opened(memory: &'a Shared) -> Self {
        let places = places(memory.bytes(), 0);
        let opened = Opened::new(memory.bytes(), memory.text(), places);
        StoredTotal(CheckedRecord::opened(opened))
    }

    /// How many records there are.
    pub(crate) fn count(self) -> i64 {
        self.0.get(1).as_int().unwrap_or(0)
    }

    /// The sum of the summed field at a place; `None` if there are fewer.
    pub(crate) fn sum(self, at: u16) -> Result<Option<Sum>> {
        let number = self.0.get(10 + 2 * at);
        if number.is_null() {
            return Ok(None);
        }
        Sum::from_stored(number, self.0.get(11 + 2 * at)).map(Some)
    }
}

/// The words under which a live record is found.
pub(crate) fn document(object: &ObjectDef, record: RecordRef<'_>) -> Result<Document> {
    let mut document = Document::new();
    for field in object.live_fields().filter(|field| field.search > 0) {
        for value in record.try_get(field.id)?.elements() {
            match (field.ty, value) {
                (FieldType::Phone, ValueRef::Text(text)) => document.add_phone(text, field.search),
                (_, ValueRef::Text(text)) => document.add_text(text, field.search),
                (_, ValueRef::Parts(parts)) => parts.iter().for_each(|part| {
                    document.add_text(part, field.search);
                }),
                _ => continue,
            };
        }
    }
    Ok(document)
}
