//! Where everything lies in the store: the one place that makes keys.
//!
//! | space | key | value |
//! |---|---|---|
//! | Meta | name | see [`meta`] |
//! | Record | object, id | record |
//! | Index | object, index, values…, id | covering fields |
//! | Index | object, index, values…, marks (unique) | id |
//! | Timeline | target object, target id, time descending, activity object, activity id | summary fields |
//! | Log | `1`, sequence, 0 | who, when, why |
//! | Log | `1`, sequence, n ≥ 1 | one record's change |
//! | Log | `2`, object, id, sequence, n | nothing: the record's history |
//! | Log | `3`, operation, `0`, sequence | nothing: the commits of a named operation |
//! | Total | object, total, group values… | count and sums |
//! | Total | object, 0 | count of live records |
//! | Job | time, kind, object, id, … | what is due then |
//! | Blob | sha-256, piece | content |
//! | Blob | sha-256, `u32::MAX`, object, id | nothing: a document that has, or had, this content |
//!
//! In the keys of the log, `sequence` and `n` stand behind the count of their bytes (but for operations, whose key
//! ends with eight bytes): an entry's key has six bytes instead of thirteen in a file of a few thousand commits.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};

use crate::error::Result;
use crate::limits;
use crate::schema::ObjectDef;
use crate::store::{KeyRange, Space};
use crate::value::{Id, KeyBuilder, KeyReader, Ref, ValueRef, fold};

/// The names in [`Space::Meta`].
pub(crate) mod meta {
    /// The format of the file, a big-endian `u32`.
    pub const FORMAT: &[u8] = b"format";
    /// The counters of [`State`](crate::engine::State).
    pub const COUNTERS: &[u8] = b"counters";
    /// The custom part of the schema, JSON.
    pub const SCHEMA: &[u8] = b"schema";
    /// Prefix of the schemas that there were, each by the first commit, big-endian, that was made with it.
    pub const SCHEMA_SINCE: &[u8] = b"schema/";
    /// The derived structures that the file holds, JSON.
    pub const BUILT: &[u8] = b"built";
    /// Prefix of the commits, big-endian, before which the clock stepped back.
    pub const CLOCK_BACK: &[u8] = b"clock/";
    /// Prefix of the results of batches with an idempotency key.
    pub const IDEMPOTENCY: &[u8] = b"idempotency/";
}

const LOG_COMMITS: u8 = 1;
const LOG_HISTORY: u8 = 2;
const LOG_OPERATIONS: u8 = 3;

pub(crate) fn record(reference: Ref) -> [u8; 18] {
    let mut key = [0; 18];
    key[..2].copy_from_slice(&reference.object.to_be_bytes());
    key[2..].copy_from_slice(reference.id.as_bytes());
    key
}

pub(crate) fn records_of(object: u16) -> KeyRange {
    let mut key = KeyBuilder::new();
    key.push_u16(object);
    KeyRange::prefix(Space::Record, key.as_bytes())
}

/// The record that a record key names.
pub(crate) fn record_reference(key: &[u8]) -> Result<Ref> {
    let mut reader = KeyReader::new(key);
    let object = reader.u16()?;
    let id = reader.id()?;
    Ok(Ref { object, id })
}

/// The id at the end of a record key.
pub(crate) fn record_id(key: &[u8]) -> Result<Id> {
    Ok(record_reference(key)?.id)
}

/// The start of an index's keys, to which values are pushed.
pub(crate) fn index(object: u16, index: u16) -> KeyBuilder {
    let mut key = KeyBuilder::new();
    key.push_u16(object).push_u16(index);
    key
}

/// Bytes of the start of an index's keys with a reference as the first value.
pub(crate) const INDEX_OF_REFERENCE_LEN: usize = 23;

/// The start of the keys of an index with a reference as the first value.
pub(crate) fn index_of(object: u16, index_id: u16, reference: Ref) -> Result<KeyBuilder> {
    let mut key = index(object, index_id);
    push(&mut key, ValueRef::Ref(reference))?;
    Ok(key)
}

/// The id at the end of a key of an index that is not unique.
pub(crate) fn index_id(key: &[u8]) -> Result<Id> {
    let tail = key.len().checked_sub(16).and_then(|start| key.get(start..));
    KeyReader::new(tail.unwrap_or_default()).id()
}

pub(crate) fn timeline(target: Ref, at: DateTime<Utc>, activity: Ref) -> Vec<u8> {
    let mut key = object_id(target);
    key.push_desc_time(at)
        .push_u16(activity.object)
        .push_id(activity.id);
    key.into_bytes()
}

/// Bytes of the start of a timeline's keys.
pub(crate) const TIMELINE_LEN: usize = 18;

/// The start of a timeline's keys.
pub(crate) fn timeline_of(target: Ref) -> KeyBuilder {
    object_id(target)
}

/// The start of the keys of a timeline for activities of a time, in microseconds; those of earlier ones follow.
pub(crate) fn timeline_at(target: Ref, micros: i64) -> KeyBuilder {
    let mut key = timeline_of(target);
    key.push_i64(!micros);
    key
}

/// Time and activity of a timeline key.
pub(crate) fn timeline_entry(key: &[u8]) -> Result<(DateTime<Utc>, Ref)> {
    let mut reader = KeyReader::new(key);
    reader.u16()?;
    reader.id()?;
    let at = reader.desc_time()?;
    let object = reader.u16()?;
    let id = reader.id()?;
    Ok((at, Ref { object, id }))
}

pub(crate) fn log(sequence: u64, n: u32) -> Vec<u8> {
    let mut key = KeyBuilder::new();
    key.push_u8(LOG_COMMITS)
        .push_uint(sequence)
        .push_uint(n.into());
    key.into_bytes()
}

/// The log from a commit on, all of it.
pub(crate) fn log_from(sequence: u64) -> KeyRange {
    KeyRange::new(Space::Log, log(sequence, 0), [LOG_COMMITS + 1])
}

#[inline]
pub(crate) fn log_entry(key: &[u8]) -> Result<(u64, u32)> {
    let mut reader = KeyReader::new(key);
    reader.u8()?;
    log_place(&mut reader)
}

/// The commit and the place in it at the end of a key.
#[inline]
fn log_place(reader: &mut KeyReader<'_>) -> Result<(u64, u32)> {
    let sequence = reader.uint()?;
    let n = u32::try_from(reader.uint()?);
    let n = n.map_err(|_| crate::Error::corrupt("a place in a commit that no commit has"))?;
    Ok((sequence, n))
}

pub(crate) fn history(reference: Ref, sequence: u64, n: u32) -> Vec<u8> {
    let mut key = history_from(reference, sequence);
    key.push_uint(n.into());
    key.into_bytes()
}

/// The start of a record's history keys.
pub(crate) fn history_of(reference: Ref) -> KeyBuilder {
    let mut key = KeyBuilder::new();
    key.push_u8(LOG_HISTORY)
        .push_u16(reference.object)
        .push_id(reference.id);
    key
}

/// The histories of all records.
pub(crate) fn all_history() -> KeyRange {
    KeyRange::prefix(Space::Log, &[LOG_HISTORY])
}

/// The record of a history key.
pub(crate) fn history_record(key: &[u8]) -> Result<Ref> {
    let mut reader = KeyReader::new(key);
    reader.u8()?;
    let object = reader.u16()?;
    let id = reader.id()?;
    Ok(Ref { object, id })
}

/// Where the keys of a record's history from a commit on begin.
pub(crate) fn history_from(reference: Ref, sequence: u64) -> KeyBuilder {
    let mut key = history_of(reference);
    key.push_uint(sequence);
    key
}

/// The place in the log of a history key.
pub(crate) fn history_entry(key: &[u8]) -> Result<(u64, u32)> {
    let mut reader = KeyReader::new(key);
    reader.u8()?;
    reader.u16()?;
    reader.id()?;
    log_place(&mut reader)
}

pub(crate) fn operation(name: &str, sequence: u64) -> Vec<u8> {
    let mut key = vec![LOG_OPERATIONS];
    key.extend_from_slice(name.as_bytes());
    key.push(0);
    key.extend_from_slice(&sequence.to_be_bytes());
    key
}

/// The commits of a named operation, among those of others whose names begin with this one and a zero: see
/// [`commit_of`].
pub(crate) fn commits_of(operation: &str) -> KeyRange {
    let mut prefix = vec![LOG_OPERATIONS];
    prefix.extend_from_slice(operation.as_bytes());
    prefix.push(0);
    KeyRange::prefix(Space::Log, &prefix)
}

/// The commit of an operation key; `None` if it is that of another operation.
pub(crate) fn commit_of(operation: &str, key: &[u8]) -> Result<Option<u64>> {
    // The tag before the name, the zero and the commit behind it.
    if key.len() != operation.len() + 10 {
        return Ok(None);
    }
    operation_commit(key).map(Some)
}

/// The commits of all named operations.
pub(crate) fn all_operations() -> KeyRange {
    KeyRange::prefix(Space::Log, &[LOG_OPERATIONS])
}

/// The commit sequence at the end of an operation key.
pub(crate) fn operation_commit(key: &[u8]) -> Result<u64> {
    let tail = key.len().checked_sub(8).and_then(|start| key.get(start..));
    KeyReader::new(tail.unwrap_or_default()).u64()
}

/// The key that says that a commit's time is before that of the commit before it.
pub(crate) fn clock_back(sequence: u64) -> Vec<u8> {
    [meta::CLOCK_BACK, &sequence.to_be_bytes()].concat()
}

/// The commit of such a key.
pub(crate) fn clock_back_at(key: &[u8]) -> Result<u64> {
    KeyReader::new(key.strip_prefix(meta::CLOCK_BACK).unwrap_or_default()).u64()
}

/// The key of a schema that commits are made with from one on.
pub(crate) fn schema_from(sequence: u64) -> Vec<u8> {
    [meta::SCHEMA_SINCE, &sequence.to_be_bytes()].concat()
}

/// The first commit that was made with the schema of a key.
#[cfg(feature = "redb")]
pub(crate) fn schema_since(key: &[u8]) -> Result<u64> {
    let sequence = key.strip_prefix(meta::SCHEMA_SINCE).unwrap_or_default();
    KeyReader::new(sequence).u64()
}

pub(crate) fn total(object: u16, total: u16) -> KeyBuilder {
    let mut key = KeyBuilder::new();
    key.push_u16(object).push_u16(total);
    key
}

/// All totals of an object, with the count of its live records.
pub(crate) fn totals_of(object: u16) -> KeyRange {
    let mut key = KeyBuilder::new();
    key.push_u16(object);
    KeyRange::prefix(Space::Total, key.as_bytes())
}

/// What falls due at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Job {
    pub at: DateTime<Utc>,
    pub kind: JobKind,
    /// The record that it is about.
    pub record: Ref,
    /// The rule that asked for it, if one did.
    pub rule: Id,
}

/// The kinds of work that fall due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum JobKind {
    /// A reminder's time comes.
    Reminder = 1,
    /// A date that a rule watches is reached.
    DateReached = 2,
    /// A rule's schedule.
    Schedule = 3,
    /// The rest of a schedule's run, after the record that the job names.
    ScheduleRest = 4,
    /// The dates that a rule waits for are to be put into the queue, those of the records after the one that the
    /// job names.
    Fill = 5,
    /// The dates in the queue, those of a rule or of all, are to be brought to where they are now, in the rows after
    /// the key that is the row's value.
    Move = 6,
}

impl Job {
    pub(crate) fn key(&self) -> Vec<u8> {
        let mut key = KeyBuilder::new();
        key.push_time(self.at)
            .push_u8(self.kind as u8)
            .push_u16(self.record.object)
            .push_id(self.record.id)
            .push_id(self.rule);
        key.into_bytes()
    }

    pub(crate) fn read(key: &[u8]) -> Result<Self> {
        let mut reader = KeyReader::new(key);
        let at = reader.time()?;
        let kind = match reader.u8()? {
            1 => JobKind::Reminder,
            2 => JobKind::DateReached,
            3 => JobKind::Schedule,
            4 => JobKind::ScheduleRest,
            5 => JobKind::Fill,
            6 => JobKind::Move,
            other => return Err(crate::Error::corrupt(format!("due work of kind {other}"))),
        };
        let object = reader.u16()?;
        let id = reader.id()?;
        let rule = reader.id()?;
        Ok(Job {
            at,
            kind,
            record: Ref { object, id },
            rule,
        })
    }

    /// All work up to and including a time.
    pub(crate) fn due(until: DateTime<Utc>) -> KeyRange {
        let mut end = KeyBuilder::new();
        end.push_i64(until.timestamp_micros().saturating_add(1));
        KeyRange::new(Space::Job, [], end.into_bytes())
    }

    pub(crate) fn all() -> KeyRange {
        KeyRange::all(Space::Job)
    }
}

pub(crate) fn blob(sha256: &[u8], piece: u32) -> Vec<u8> {
    let mut key = sha256.to_vec();
    key.extend_from_slice(&piece.to_be_bytes());
    key
}

/// Behind the last piece that a content could have.
pub(crate) fn blob_holder(sha256: &[u8], document: Ref) -> Vec<u8> {
    let mut key = blob(sha256, u32::MAX);
    key.extend_from_slice(object_id(document).as_bytes());
    key
}

/// The documents that have, or had, a content.
pub(crate) fn blob_holders(sha256: &[u8]) -> KeyRange {
    KeyRange::prefix(Space::Blob, &blob(sha256, u32::MAX))
}

/// The pieces of a content, without its holders.
pub(crate) fn blob_pieces(sha256: &[u8]) -> KeyRange {
    KeyRange::new(Space::Blob, blob(sha256, 0), blob(sha256, u32::MAX))
}

/// What a key of [`Space::Blob`] says: the hash, and the document if it names a holder.
pub(crate) fn blob_entry(key: &[u8]) -> Result<(&[u8], Option<Ref>)> {
    let damaged = || crate::Error::corrupt("the key of a document's content");
    let (sha256, rest) = key.split_at_checked(32).ok_or_else(damaged)?;
    let mut reader = KeyReader::new(rest);
    if reader.u32()? != u32::MAX {
        return Ok((sha256, None));
    }
    let object = reader.u16()?;
    let id = reader.id()?;
    Ok((sha256, Some(Ref { object, id })))
}

fn object_id(reference: Ref) -> KeyBuilder {
    let mut key = KeyBuilder::new();
    key.push_u16(reference.object).push_id(reference.id);
    key
}

/// Ends the key of a unique index. The values in it are folded and cut, so that texts that are told apart
/// nevertheless need a mark: those of an exact field and those that are longer than what a key holds.
pub(crate) fn end_unique<'v>(
    key: &mut KeyBuilder,
    object: &ObjectDef,
    fields: &[u16],
    values: impl IntoIterator<Item = ValueRef<'v>>,
) {
    for (field, value) in fields.iter().zip(values) {
        let Some(text) = value.as_text() else {
            continue;
        };
        let exact = object.field(*field).is_some_and(|field| field.exact);
        let text: Cow<'_, str> = if exact { text.into() } else { fold(text) };
        if exact || text.len() > limits::KEY_TEXT_BYTES_MAX {
            let mark = Sha256::digest(text.as_bytes());
            mark.iter().take(8).for_each(|byte| {
                key.push_u8(*byte);
            });
        }
    }
}

/// Pushes a value, for keys whose values are never lists.
pub(crate) fn push(key: &mut KeyBuilder, value: ValueRef<'_>) -> Result<()> {
    key.push_value(value).map(|_| ())
}
