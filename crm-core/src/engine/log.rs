//! The change log: what changed, when, by whom and why. History, conflicts, undo and the change feed read it.
//!
//! A creation is logged without its values and a purge removes the values that earlier entries hold: what a
//! record was follows from what it is and from the old values of its later changes.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use chrono::{DateTime, Utc};

use super::keys::{self, meta};
use super::read;
use crate::error::{Error, Result};
use crate::record::Record;
use crate::schema::system;
use crate::store::{KeyRange, Read, Space};
use crate::value::{Id, RecordBuf, RecordRef, Ref, Value, ValueRef};

/// What happened to a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum ChangeKind {
    /// It was created.
    Created = 1,
    /// Some of its fields changed.
    Updated = 2,
    /// It went to the trash.
    Deleted = 3,
    /// It came back from the trash.
    Restored = 4,
    /// It was removed for good, with the values that the log held of it.
    Purged = 5,
}

impl ChangeKind {
    /// The name in lower case: `created`.
    pub fn name(self) -> &'static str {
        match self {
            ChangeKind::Created => "created",
            ChangeKind::Updated => "updated",
            ChangeKind::Deleted => "deleted",
            ChangeKind::Restored => "restored",
            ChangeKind::Purged => "purged",
        }
    }

    #[inline]
    fn from_byte(byte: u8) -> Result<Self> {
        Ok(match byte {
            1 => ChangeKind::Created,
            2 => ChangeKind::Updated,
            3 => ChangeKind::Deleted,
            4 => ChangeKind::Restored,
            5 => ChangeKind::Purged,
            other => return Err(unknown_kind(other)),
        })
    }
}

/// A field's change.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldChange {
    /// The field's number.
    pub field: u16,
    /// What it was.
    pub old: Value,
    /// What it became.
    pub new: Value,
}

/// Who made a commit, when and why.
#[derive(Debug, Clone, PartialEq)]
pub struct Commit {
    /// Its place in the log; commits are numbered from 1.
    pub sequence: u64,
    /// When, by the clock of that time; one that steps back makes a later commit with an earlier time.
    pub at: DateTime<Utc>,
    /// The acting user; `None` for the system.
    pub actor: Option<Ref>,
    /// Why: `user`, `import`, `undo`, …
    pub cause: String,
    /// The named operation that it is part of.
    pub operation: Option<String>,
}

/// One record's change in a commit.
#[derive(Debug, Clone, PartialEq)]
pub struct LogEntry {
    /// The commit's place in the log.
    pub sequence: u64,
    /// The entry's place in the commit, from 1.
    pub n: u32,
    /// The record.
    pub record: Ref,
    /// What happened to it.
    pub kind: ChangeKind,
    /// Why, if not for the commit's reason: the rule that did it.
    pub cause: Option<String>,
    /// The fields that changed; empty for a creation, whose values are those of the record as it was then.
    pub changes: Vec<FieldChange>,
}

impl Commit {
    pub(crate) fn encode(&self) -> Result<Vec<u8>> {
        let text = |text: &str| {
            if text.is_empty() {
                Value::Null
            } else {
                text.into()
            }
        };
        let fields: [(u16, Value); 4] = [
            (1, self.at.into()),
            (2, self.actor.into()),
            (3, text(&self.cause)),
            (4, self.operation.as_deref().into()),
        ];
        Ok(RecordBuf::encode(fields.iter().map(|(field, value)| (*field, value)))?.into_bytes())
    }

    pub(super) fn decode(sequence: u64, bytes: &[u8]) -> Result<Self> {
        let record = RecordRef::new(bytes)?;
        let text = |field| -> Result<Option<String>> {
            Ok(record.try_get(field)?.as_text().map(str::to_owned))
        };
        Ok(Commit {
            sequence,
            at: record
                .try_get(1)?
                .as_datetime()
                .ok_or_else(|| Error::corrupt("a commit without its time"))?,
            actor: record.try_get(2)?.as_ref(),
            cause: text(3)?.unwrap_or_default(),
            operation: text(4)?,
        })
    }

    /// The commit of a sequence number.
    pub(crate) fn load(read: &dyn Read, sequence: u64) -> Result<Option<Commit>> {
        read.get_vec(Space::Log, &keys::log(sequence, 0))?
            .map(|bytes| Commit::decode(sequence, &bytes))
            .transpose()
    }
}

impl LogEntry {
    /// `kind, object, id, length of cause, cause, length of old values, old values, new values`; nothing behind the
    /// id where there is neither a cause nor a value, as for most creations.
    pub(crate) fn encode(&self) -> Result<Vec<u8>> {
        let mut bytes = vec![self.kind as u8];
        bytes.extend_from_slice(&self.record.object.to_be_bytes());
        bytes.extend_from_slice(self.record.id.as_bytes());
        if self.cause.is_none() && self.changes.is_empty() {
            return Ok(bytes);
        }
        let cause = self.cause.as_deref().unwrap_or_default();
        bytes.extend_from_slice(&(cause.len() as u32).to_be_bytes());
        bytes.extend_from_slice(cause.as_bytes());
        let old = RecordBuf::encode(
            self.changes
                .iter()
                .map(|change| (change.field, &change.old)),
        )?;
        bytes.extend_from_slice(&(old.as_bytes().len() as u32).to_be_bytes());
        bytes.extend_from_slice(old.as_bytes());
        let new = RecordBuf::encode(
            self.changes
                .iter()
                .map(|change| (change.field, &change.new)),
        )?;
        bytes.extend_from_slice(new.as_bytes());
        Ok(bytes)
    }

    /// The record that an entry is about, and its kind, with what follows them.
    #[inline]
    fn head(sequence: u64, n: u32, bytes: &[u8]) -> Result<(u8, Ref, &[u8])> {
        let cut = || cut_short(sequence, n);
        let (head, rest) = bytes.split_first_chunk::<19>().ok_or_else(cut)?;
        let [kind, o0, o1, id @ ..] = *head;
        let record = Ref {
            object: u16::from_be_bytes([o0, o1]),
            id: Id::from_bytes(id),
        };
        Ok((kind, record, rest))
    }

    #[inline]
    pub(super) fn decode(sequence: u64, n: u32, bytes: &[u8]) -> Result<Self> {
        let (kind, record, rest) = LogEntry::head(sequence, n, bytes)?;
        let mut entry = LogEntry {
            sequence,
            n,
            record,
            kind: ChangeKind::from_byte(kind)?,
            cause: None,
            changes: Vec::new(),
        };
        if !rest.is_empty() {
            entry.decode_rest(rest)?;
        }
        Ok(entry)
    }

    /// The cause and the changes.
    fn decode_rest(&mut self, rest: &[u8]) -> Result<()> {
        let cut = || cut_short(self.sequence, self.n);
        let (cause, rest) = sized(rest).ok_or_else(cut)?;
        let (old, new) = sized(rest).ok_or_else(cut)?;
        let cause = std::str::from_utf8(cause).map_err(|_| cut())?;
        let changes = &mut self.changes;
        for field in RecordRef::new(old)?.try_fields() {
            let (field, value) = field?;
            changes.push(FieldChange {
                field,
                old: value.to_value(),
                new: Value::Null,
            });
        }
        for field in RecordRef::new(new)?.try_fields() {
            let (field, value) = field?;
            let new = value.to_value();
            let at = changes.partition_point(|change| change.field < field);
            match changes.get_mut(at) {
                Some(change) if change.field == field => change.new = new,
                _ => changes.insert(
                    at,
                    FieldChange {
                        field,
                        old: Value::Null,
                        new,
                    },
                ),
            }
        }
        self.cause = Some(cause.to_owned()).filter(|cause| !cause.is_empty());
        Ok(())
    }

    pub(super) fn load(read: &dyn Read, sequence: u64, n: u32) -> Result<LogEntry> {
        let bytes = read.get_vec(Space::Log, &keys::log(sequence, n))?;
        let bytes =
            bytes.ok_or_else(|| Error::corrupt(format!("log entry {sequence}/{n} is missing")))?;
        LogEntry::decode(sequence, n, &bytes)
    }
}

#[cold]
fn unknown_kind(kind: u8) -> Error {
    Error::corrupt(format!("a log entry of kind {kind}"))
}

#[cold]
fn cut_short(sequence: u64, n: u32) -> Error {
    Error::corrupt(format!("log entry {sequence}/{n} is cut short"))
}

/// Bytes with their length in front, and what follows them.
fn sized(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    rest.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)
}

/// The places in the log of a record's changes after a commit, newest first.
fn places_after(read: &dyn Read, record: Ref, sequence: u64) -> Result<Vec<(u64, u32)>> {
    let all = keys::history_of(record);
    let mut range = KeyRange::prefix(Space::Log, all.as_bytes()).reversed();
    range.start = keys::history_from(record, sequence.saturating_add(1)).into_bytes();
    let mut places = Vec::new();
    read::scan(read, &range, &mut |key, _| {
        places.push(keys::history_entry(key)?);
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(places)
}

/// A record's changes after a commit, newest first.
pub(crate) fn entries_after(read: &dyn Read, record: Ref, sequence: u64) -> Result<Vec<LogEntry>> {
    places_after(read, record, sequence)?
        .into_iter()
        .map(|(sequence, n)| LogEntry::load(read, sequence, n))
        .collect()
}

/// The entries of a named operation, newest first.
pub(crate) fn entries_of_operation(read: &dyn Read, operation: &str) -> Result<Vec<LogEntry>> {
    let mut commits = Vec::new();
    read::scan(
        read,
        &keys::commits_of(operation).reversed(),
        &mut |key, _| {
            commits.extend(keys::commit_of(operation, key)?);
            Ok(ControlFlow::Continue(()))
        },
    )?;
    let mut entries = Vec::new();
    for sequence in commits {
        entries.extend(entries_of_commit(read, sequence)?.into_iter().rev());
    }
    Ok(entries)
}

/// A page of the log from after a commit on: whole commits, each with its entries.
pub(crate) fn page_after(
    read: &dyn Read,
    sequence: u64,
    entries_max: usize,
) -> Result<Vec<(Commit, Vec<LogEntry>)>> {
    let mut page: Vec<(Commit, Vec<LogEntry>)> = Vec::new();
    let mut entries = 0;
    read::scan(
        read,
        &keys::log_from(sequence.saturating_add(1)),
        &mut |key, value| {
            let (sequence, n) = keys::log_entry(key)?;
            if n == 0 {
                if entries >= entries_max {
                    return Ok(ControlFlow::Break(()));
                }
                page.push((Commit::decode(sequence, value)?, Vec::new()));
            } else if let Some((_, list)) = page.last_mut() {
                list.push(LogEntry::decode(sequence, n, value)?);
                entries += 1;
            }
            Ok(ControlFlow::Continue(()))
        },
    )?;
    Ok(page)
}

/// The records of an object that commits after one have changed, created or purged; `None` if the log since then has
/// more than `entries_max` entries.
pub(crate) fn changed_after(
    read: &dyn Read,
    sequence: u64,
    object: u16,
    entries_max: usize,
) -> Result<Option<BTreeSet<Id>>> {
    let mut changed = BTreeSet::new();
    let mut entries = 0;
    read::scan(
        read,
        &keys::log_from(sequence.saturating_add(1)),
        &mut |key, value| {
            let (sequence, n) = keys::log_entry(key)?;
            if n > 0 {
                entries += 1;
                let (_, record, _) = LogEntry::head(sequence, n, value)?;
                if record.object == object {
                    changed.insert(record.id);
                }
            }
            Ok(if entries > entries_max {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            })
        },
    )?;
    Ok((entries <= entries_max).then_some(changed))
}

/// The record as it was after a commit; `None` if it did not exist then or has been purged since.
pub(crate) fn as_of(read: &dyn Read, reference: Ref, sequence: u64) -> Result<Option<Record>> {
    as_of_place(read, reference, (sequence, u32::MAX))
}

/// The record as it was after an entry of the log: in the middle of a commit, if that changed it repeatedly.
pub(crate) fn as_of_place(
    read: &dyn Read,
    reference: Ref,
    place: (u64, u32),
) -> Result<Option<Record>> {
    let sequence = place.0;
    let Some(record) = read::record(read, reference)? else {
        return Ok(None);
    };
    let mut changes: BTreeMap<u16, Value> = BTreeMap::new();
    let before = place.0.saturating_sub(1);
    let mut later = entries_after(read, reference, before)?;
    later.retain(|entry| (entry.sequence, entry.n) > place);
    for entry in later {
        match entry.kind {
            ChangeKind::Created | ChangeKind::Purged => return Ok(None),
            ChangeKind::Deleted => {
                changes.insert(system::DELETED_AT, Value::Null);
            }
            ChangeKind::Restored | ChangeKind::Updated => {
                changes.extend(
                    entry
                        .changes
                        .into_iter()
                        .map(|change| (change.field, change.old)),
                );
            }
        }
    }
    if changes.is_empty() {
        return Ok(Some(record));
    }
    let newest = newest_place_up_to(read, reference, sequence)?;
    if let Some(commit) = newest
        .map(|sequence| Commit::load(read, sequence))
        .transpose()?
        .flatten()
    {
        changes.insert(system::VERSION, Value::Int(commit.sequence as i64));
        changes.insert(system::UPDATED_AT, commit.at.into());
        changes.insert(system::UPDATED_BY, commit.actor.into());
    }
    let bytes = record.fields().merge(&changes)?;
    Record::new(reference.object, reference.id, bytes.as_bytes()).map(Some)
}

fn newest_place_up_to(read: &dyn Read, reference: Ref, sequence: u64) -> Result<Option<u64>> {
    let start = keys::history_of(reference);
    let end = keys::history_from(reference, sequence.saturating_add(1));
    let range = KeyRange::new(Space::Log, start.into_bytes(), end.into_bytes()).reversed();
    let mut newest = None;
    read::scan(read, &range, &mut |key, _| {
        newest = Some(keys::history_entry(key)?.0);
        Ok(ControlFlow::Break(()))
    })?;
    Ok(newest)
}

/// The number of the last commit that the log knows.
pub(crate) fn last_sequence(read: &dyn Read) -> Result<Option<u64>> {
    let mut last = None;
    read::scan(read, &keys::log_from(0).reversed(), &mut |key, _| {
        last = Some(keys::log_entry(key)?.0);
        Ok(ControlFlow::Break(()))
    })?;
    Ok(last)
}

/// The last commit at or before a time, as the clock told it then.
pub(crate) fn sequence_at(read: &dyn Read, at: DateTime<Utc>, last: u64) -> Result<u64> {
    // Between two of its steps back the clock only goes forward, so that each such stretch can be halved.
    let mut starts = vec![1];
    let steps = KeyRange::prefix(Space::Meta, meta::CLOCK_BACK);
    read::scan(read, &steps, &mut |key, _| {
        starts.push(keys::clock_back_at(key)?);
        Ok(ControlFlow::Continue(()))
    })?;
    let mut end = last;
    for start in starts.into_iter().rev() {
        let before = start.saturating_sub(1);
        let (mut low, mut high) = (before, end);
        while low < high {
            let middle = low + (high - low).div_ceil(2);
            match Commit::load(read, middle)? {
                Some(commit) if commit.at > at => high = middle - 1,
                _ => low = middle,
            }
        }
        if low > before {
            return Ok(low);
        }
        end = end.min(before);
    }
    Ok(0)
}

/// A record's stored fields without those that the engine keeps, as the values of its creation.
pub(crate) fn creation_values(record: &Record) -> Vec<FieldChange> {
    record
        .fields()
        .try_fields()
        .flatten()
        .filter(|(field, _)| *field < system::FIRST)
        .map(|(field, new): (u16, ValueRef<'_>)| FieldChange {
            field,
            old: Value::Null,
            new: new.to_value(),
        })
        .collect()
}

/// The entries of a commit, in order.
pub(crate) fn entries_of_commit(read: &dyn Read, sequence: u64) -> Result<Vec<LogEntry>> {
    let mut range = keys::log_from(sequence);
    range.end = Some(keys::log(sequence.saturating_add(1), 0));
    let mut entries = Vec::new();
    read::scan(read, &range, &mut |key, value| {
        let (sequence, n) = keys::log_entry(key)?;
        if n > 0 {
            entries.push(LogEntry::decode(sequence, n, value)?);
        }
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(entries)
}
