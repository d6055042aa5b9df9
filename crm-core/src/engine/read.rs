//! Reading records and indexes from any consistent state.

use std::ops::ControlFlow;
use std::sync::Arc;

use super::derive::StoredTotal;
use super::keys;
use crate::error::{Detail, Error, Result};
use crate::record::{self, Record, Stored};
use crate::schema::{Catalog, ObjectDef};
use crate::store::{Cache, KeyRange, Memory, Read, Shared, Space};
use crate::value::{Id, KeyReader, RecordBuf, Ref, ValueRef};

/// What a scan calls with each key and value, and what may fail.
pub(crate) type VisitEntry<'v> = dyn FnMut(&[u8], &[u8]) -> Result<ControlFlow<()>> + 'v;

/// What a scan of records calls with each of them.
pub(crate) type VisitStored<'v> = dyn FnMut(Stored<'_>) -> Result<ControlFlow<()>> + 'v;

/// What a scan of an index calls with each id and its covering values.
pub(crate) type VisitId<'v> = dyn FnMut(Id, &[u8]) -> Result<ControlFlow<()>> + 'v;

/// The record of a reference, also from the trash.
pub(crate) fn record(read: &dyn Read, reference: Ref) -> Result<Option<Record>> {
    let memory = read.get_shared(Space::Record, &keys::record(reference), record::open)?;
    Ok(memory.map(|memory| Record::shared(reference, memory, 0)))
}

/// What `look` makes of a kept total; `None` if there is none.
pub(crate) fn total<R>(
    read: &dyn Read,
    key: &[u8],
    look: impl FnOnce(StoredTotal<'_>) -> R,
) -> Result<Option<R>> {
    let memory = read.get_shared(Space::Total, key, record::open)?;
    Ok(memory.map(|memory| look(StoredTotal::opened(&memory))))
}

/// What is kept in memory of what was read: records and totals; of an index the first entries of a reference, such
/// as the cards of a column, and the newest ones of a timeline.
pub(crate) const CACHE: Cache = Cache {
    bytes: 0,
    values: &[Space::Record, Space::Total],
    heads: &[
        (Space::Index, keys::INDEX_OF_REFERENCE_LEN),
        (Space::Timeline, keys::TIMELINE_LEN),
    ],
};

/// What `make` makes of a state, with the bytes that it takes, about. It may have been made before: the question names
/// all that it depends on but what is stored.
pub(crate) fn answer<T: Send + Sync + 'static>(
    read: &dyn Read,
    question: &[u8],
    make: impl Fn(&dyn Read) -> Result<(T, usize)>,
) -> Result<Arc<T>> {
    let answer = read.answer(question, &|read| {
        let (answer, bytes) = make(read)?;
        Ok((Arc::new(answer), bytes))
    })?;
    match answer.and_then(|answer| answer.downcast().ok()) {
        Some(answer) => Ok(answer),
        None => make(read).map(|(answer, _)| Arc::new(answer)),
    }
}

/// What stands behind a key of an index or of a timeline: fields of a record, or nothing.
#[derive(Clone, Copy)]
pub(crate) enum Row<'a> {
    /// As it is stored.
    Stored(&'a [u8]),
    /// In memory that it shares, at a place of its bytes.
    Shared(&'a Shared, usize),
}

impl Row<'_> {
    /// The fields, as a record that has no others.
    pub(crate) fn to_record(self, reference: Ref) -> Result<Record> {
        match self {
            Row::Stored(bytes) => Record::new(reference.object, reference.id, bytes),
            Row::Shared(memory, at) => Ok(Record::shared(reference, memory.clone(), at)),
        }
    }
}

/// What a scan of rows calls with each key and what stands behind it.
pub(crate) type VisitRow<'v> = dyn FnMut(&[u8], Row<'_>) -> Result<ControlFlow<()>> + 'v;

/// Scans what an index or a timeline has under a prefix, of which so many entries are expected to be wanted.
pub(crate) fn for_each_row(
    read: &dyn Read,
    space: Space,
    prefix: &[u8],
    expected: usize,
    visit: &mut VisitRow<'_>,
) -> Result<()> {
    let open = |row: &[u8], memory: &mut Memory| match row {
        [] => record::open(RecordBuf::default().as_bytes(), memory),
        row => record::open(row, memory),
    };
    let head = read.head(space, prefix, expected, open)?;
    let mut last = None;
    for (key, part) in head.entries() {
        if visit(key, Row::Shared(head.memory(), part.start))?.is_break() {
            return Ok(());
        }
        last = Some(key);
    }
    match last {
        Some(last) if !head.is_whole() => {
            let rest = KeyRange::prefix(space, prefix).resumed_after(last);
            for_each_row_in(read, &rest, visit)
        }
        _ => Ok(()),
    }
}

/// Scans a range of an index or of a timeline.
pub(crate) fn for_each_row_in(
    read: &dyn Read,
    range: &KeyRange,
    visit: &mut VisitRow<'_>,
) -> Result<()> {
    scan(read, range, &mut |key, bytes| {
        visit(key, Row::Stored(bytes))
    })
}

/// The live record of a reference.
///
/// # Errors
/// `NotFound` if there is none or it is in the trash.
pub(crate) fn live_record(read: &dyn Read, catalog: &Catalog, reference: Ref) -> Result<Record> {
    record(read, reference)?
        .filter(|record| !record.is_deleted())
        .ok_or_else(|| not_found(catalog, reference))
}

/// That there is a live record of a reference.
///
/// # Errors
/// As [`live_record`].
pub(crate) fn must_live(read: &dyn Read, catalog: &Catalog, reference: Ref) -> Result<()> {
    live_record(read, catalog, reference).map(drop)
}

/// That there is no such record, or no such object.
pub(crate) fn not_found(catalog: &Catalog, reference: Ref) -> Error {
    match catalog.object(reference.object) {
        Err(unknown) => unknown,
        Ok(object) => Detail::NotFound {
            object: object.name.clone(),
            id: reference.id.to_string(),
        }
        .into(),
    }
}

/// Scans, with a visitor that may fail.
pub(crate) fn scan(read: &dyn Read, range: &KeyRange, visit: &mut VisitEntry<'_>) -> Result<()> {
    let mut failure = None;
    read.scan(range, &mut |key, value| match visit(key, value) {
        Ok(flow) => flow,
        Err(error) => {
            failure = Some(error);
            ControlFlow::Break(())
        }
    })?;
    failure.map_or(Ok(()), Err)
}

/// Calls `visit` with each live record of an object, in the order of ids.
pub(crate) fn for_each_live(
    read: &dyn Read,
    object: u16,
    visit: &mut dyn FnMut(Record) -> Result<()>,
) -> Result<()> {
    for_each_stored(read, &keys::records_of(object), &mut |stored| {
        if !stored.is_deleted()? {
            visit(stored.to_record()?)?;
        }
        Ok(ControlFlow::Continue(()))
    })
}

/// Calls `visit` with each record in a range of keys, also those in the trash.
pub(crate) fn for_each_stored(
    read: &dyn Read,
    range: &KeyRange,
    visit: &mut VisitStored<'_>,
) -> Result<()> {
    scan(read, range, &mut |key, value| {
        visit(Stored::new(keys::record_reference(key)?, value)?)
    })
}

/// As [`for_each_stored`], of those that can be read: what else there is, a check finds.
pub(crate) fn for_each_sound(
    read: &dyn Read,
    range: &KeyRange,
    visit: &mut dyn FnMut(Record) -> Result<()>,
) -> Result<()> {
    scan(read, range, &mut |key, value| {
        let record = keys::record_reference(key)
            .and_then(|reference| Record::new(reference.object, reference.id, value));
        record.ok().map_or(Ok(()), &mut *visit)?;
        Ok(ControlFlow::Continue(()))
    })
}

/// True if there are records of an object, live or in the trash.
pub(super) fn has_records(read: &dyn Read, object: u16) -> Result<bool> {
    let mut found = false;
    scan(read, &keys::records_of(object), &mut |_, _| {
        found = true;
        Ok(ControlFlow::Break(()))
    })?;
    Ok(found)
}

/// The live record of an object with the lowest id.
pub(crate) fn first_record(read: &dyn Read, object: u16) -> Result<Option<Record>> {
    let mut first = None;
    for_each_stored(read, &keys::records_of(object), &mut |stored| {
        if stored.is_deleted()? {
            return Ok(ControlFlow::Continue(()));
        }
        first = Some(stored.to_record()?);
        Ok(ControlFlow::Break(()))
    })?;
    Ok(first)
}

/// The record that holds a value of a unique field.
pub(crate) fn find_unique(
    read: &dyn Read,
    object: &ObjectDef,
    field: u16,
    value: ValueRef<'_>,
) -> Result<Option<Id>> {
    let mut key = keys::index(object.id, field);
    keys::push(&mut key, value)?;
    keys::end_unique(&mut key, object, &[field], [value]);
    unique_holder(read, key.as_bytes())
}

/// The record that holds a key of a unique index.
pub(crate) fn unique_holder(read: &dyn Read, key: &[u8]) -> Result<Option<Id>> {
    let mut holder = Ok(None);
    read.get(Space::Index, key, &mut |value| {
        holder = KeyReader::new(value).id().map(Some);
    })?;
    holder
}

/// Calls `visit` with the id and the covering values of each entry of an index that begins with `values`.
pub(crate) fn for_each_in_index(
    read: &dyn Read,
    object: u16,
    index: u16,
    values: &[ValueRef<'_>],
    visit: &mut VisitId<'_>,
) -> Result<()> {
    let mut prefix = keys::index(object, index);
    for value in values {
        keys::push(&mut prefix, *value)?;
    }
    let range = KeyRange::prefix(Space::Index, prefix.as_bytes());
    scan(read, &range, &mut |key, value| {
        visit(keys::index_id(key)?, value)
    })
}
