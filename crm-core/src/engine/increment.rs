//! What an incremental backup holds, and how a state goes back to an earlier commit.
//!
//! The log says which records the commits since another one have touched. An increment holds these commits, the
//! records as they are now, the contents of documents that came with them, the keyed batches among them, and what is
//! small and has no log: the schema, the counters, the due queue. Everything else is derived.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use sha2::{Digest, Sha256};

use super::built::Built;
use super::content::Contents;
use super::keyed::{KeyedBatch, for_each_batch};
use super::keys::{self, meta};
use super::log::{self, ChangeKind, Commit, LogEntry};
use super::read;
use super::state::{Counters, State};
use super::work::Work;
use crate::error::{Error, Result};
use crate::record::Record;
use crate::schema::{Catalog, OnDelete, system};
use crate::store::{KeyRange, Overlay, Read, Space};
use crate::value::{Id, Ref, Value};

/// Which commits of which database an increment holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Span {
    /// The id of the settings, which a database gets when it is made.
    pub database: Id,
    /// The last commit before, which the state that it is applied to must end with.
    pub from: u64,
    from_mark: [u8; 32],
    /// The last commit in it.
    pub to: u64,
}

impl Span {
    /// That of the commits after one, up to the newest.
    pub(crate) fn since(read: &dyn Read, state: &State, from: u64) -> Result<Self> {
        let to = state.counters.sequence;
        if from > to {
            return Err(Error::invalid(from, format!("the last commit is {to}")));
        }
        Ok(Span {
            database: identity(read, &state.catalog)?,
            from,
            from_mark: mark(read, from)?,
            to,
        })
    }

    /// That it goes on where a state ends.
    pub(crate) fn follows(&self, read: &dyn Read, state: &State) -> Result<bool> {
        Ok(self.database == identity(read, &state.catalog)?
            && self.from == state.counters.sequence
            && self.from_mark == mark(read, self.from)?)
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut bytes = self.database.as_bytes().to_vec();
        bytes.extend(self.from.to_le_bytes());
        bytes.extend(self.from_mark);
        bytes.extend(self.to.to_le_bytes());
        bytes
    }

    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        let (id, rest) = bytes.split_first_chunk()?;
        let (from, rest) = rest.split_first_chunk()?;
        let (from_mark, rest) = rest.split_first_chunk()?;
        Some(Span {
            database: Id::from_bytes(*id),
            from: u64::from_le_bytes(*from),
            from_mark: *from_mark,
            to: u64::from_le_bytes(rest.try_into().ok()?),
        })
    }
}

fn identity(read: &dyn Read, catalog: &Catalog) -> Result<Id> {
    let settings = catalog.settings().map(|(object, _)| object.id);
    let settings = settings.map(|object| read::first_record(read, object));
    let settings = settings.transpose()?.flatten();
    settings
        .map(|settings| settings.id())
        .ok_or_else(|| Error::corrupt("the settings are missing"))
}

/// Tells a commit from one of the same number in a copy that has gone its own way.
fn mark(read: &dyn Read, sequence: u64) -> Result<[u8; 32]> {
    let commit = read.get_vec(Space::Log, &keys::log(sequence, 0))?;
    Ok(Sha256::digest(commit.unwrap_or_default()).into())
}

/// What takes a row of an increment; `None` for a key that is to be absent.
pub(crate) type PutRow<'p> = dyn FnMut(Space, &[u8], Option<&[u8]>) -> Result<()> + 'p;

/// True for what an increment adds to, among the rows that else take the place of all that are there: the batches with
/// an idempotency key, of which there are many.
pub(crate) fn is_keyed_batch(space: Space, key: &[u8]) -> bool {
    space == Space::Meta && key.starts_with(meta::IDEMPOTENCY)
}

/// Hands out the rows of an increment. Histories are among them, through which [`rewind`] goes back.
pub(crate) fn rows_since(
    read: &dyn Read,
    catalog: &Catalog,
    from: u64,
    put: &mut PutRow<'_>,
) -> Result<()> {
    for space in [Space::Meta, Space::Job] {
        read::scan(read, &KeyRange::all(space), &mut |key, value| {
            let is_there =
                is_keyed_batch(space, key) && !KeyedBatch::decode(value)?.may_be_after(from);
            if !is_there {
                put(space, key, Some(value))?;
            }
            Ok(ControlFlow::Continue(()))
        })?;
    }
    let (mut touched, mut purged) = (BTreeSet::new(), BTreeSet::new());
    read::scan(read, &keys::log_from(from + 1), &mut |key, value| {
        put(Space::Log, key, Some(value))?;
        let (sequence, n) = keys::log_entry(key)?;
        if n > 0 {
            let entry = LogEntry::decode(sequence, n, value)?;
            put(
                Space::Log,
                &keys::history(entry.record, sequence, n),
                Some(&[]),
            )?;
            touched.insert(entry.record);
            if entry.kind == ChangeKind::Purged {
                purged.insert(entry.record);
            }
        } else if let Some(operation) = Commit::decode(sequence, value)?.operation {
            put(
                Space::Log,
                &keys::operation(&operation, sequence),
                Some(&[]),
            )?;
        }
        Ok(ControlFlow::Continue(()))
    })?;
    // A purge has emptied what the log said before.
    for record in &purged {
        for entry in log::entries_after(read, *record, 0)? {
            if entry.sequence <= from {
                let key = keys::log(entry.sequence, entry.n);
                put(Space::Log, &key, Some(&entry.encode()?))?;
            }
        }
    }
    let mut hashes = BTreeSet::new();
    for record in touched {
        let key = keys::record(record);
        let bytes = read.get_vec(Space::Record, &key)?;
        put(Space::Record, &key, bytes.as_deref())?;
        if let Some(bytes) = bytes {
            let record = Record::new(record.object, record.id, &bytes)?;
            let contents = Contents::of(read, catalog, &record)?;
            hashes.extend(contents.all().map(<[u8]>::to_vec));
        }
    }
    for hash in hashes {
        read::scan(read, &keys::blob_pieces(&hash), &mut |key, value| {
            put(Space::Blob, key, Some(value))?;
            Ok(ControlFlow::Continue(()))
        })?;
    }
    Ok(())
}

/// What going back to a commit needs to say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Rewound {
    /// The records that are as they were, or not there.
    touched: BTreeSet<Ref>,
    /// Those that were there then and have been purged since.
    pub purged: Vec<Ref>,
}

/// The changes that lead from a state back to that after an earlier commit: the records, the schema, the log. What
/// is derived follows in [`Work::settle_restored`].
pub(crate) fn rewind(read: &dyn Read, sequence: u64) -> Result<(Overlay, Rewound)> {
    let mut changes = Overlay::new();
    let mut rewound = Rewound::default();
    let mut gone = BTreeSet::new();
    read::scan(read, &keys::log_from(sequence + 1), &mut |key, value| {
        changes.delete(Space::Log, key);
        let (sequence, n) = keys::log_entry(key)?;
        if n > 0 {
            let entry = LogEntry::decode(sequence, n, value)?;
            rewound.touched.insert(entry.record);
            if entry.kind == ChangeKind::Purged {
                gone.insert(entry.record);
            }
        }
        Ok(ControlFlow::Continue(()))
    })?;
    for record in &rewound.touched {
        let key = keys::record(*record);
        match log::as_of(read, *record, sequence)? {
            Some(then) => {
                let bytes = then.fields().merge(&BTreeMap::new())?.into_bytes();
                changes.put(Space::Record, key, bytes);
            }
            None => changes.delete(Space::Record, key),
        }
    }
    for record in gone {
        let entries = log::entries_after(read, record, 0)?;
        if entries.iter().any(|entry| entry.sequence <= sequence) {
            rewound.purged.push(record);
        }
    }
    rewind_meta(read, sequence, &mut changes)?;
    Ok((changes, rewound))
}

/// The schema and the counters as they were; no memory of batches that have not been made yet.
fn rewind_meta(read: &dyn Read, sequence: u64, changes: &mut Overlay) -> Result<()> {
    let mut schema = None;
    let earlier = KeyRange::prefix(Space::Meta, meta::SCHEMA_SINCE);
    read::scan(read, &earlier, &mut |key, value| {
        if keys::schema_since(key)? <= sequence {
            schema = Some(value.to_vec());
        } else {
            changes.delete(Space::Meta, key);
        }
        Ok(ControlFlow::Continue(()))
    })?;
    match schema {
        Some(schema) => changes.put(Space::Meta, meta::SCHEMA, schema),
        None => changes.delete(Space::Meta, meta::SCHEMA),
    }
    // So that the batch can be made again.
    for_each_batch(read, &mut |key, batch| {
        if batch.is_after(sequence) {
            changes.delete(Space::Meta, key);
        }
        Ok(ControlFlow::Continue(()))
    })?;
    let steps = KeyRange::prefix(Space::Meta, meta::CLOCK_BACK);
    read::scan(read, &steps, &mut |key, _| {
        if keys::clock_back_at(key)? > sequence {
            changes.delete(Space::Meta, key);
        }
        Ok(ControlFlow::Continue(()))
    })?;
    let at = Commit::load(read, sequence)?.map(|commit| commit.at);
    let counters = Counters {
        sequence,
        last_commit: at.unwrap_or_default(),
        ..Counters::load(read)?
    };
    changes.put(Space::Meta, meta::COUNTERS, counters.encode()?);
    read::scan(read, &KeyRange::all(Space::Job), &mut |key, _| {
        changes.delete(Space::Job, key);
        Ok(ControlFlow::Continue(()))
    })
}

impl Work<'_, '_> {
    /// Says that every index is there, so that a repair makes them so, and lets go of what was purged.
    pub(crate) fn settle_restored(&mut self, rewound: &Rewound) -> Result<()> {
        let catalog = self.catalog();
        self.set_built(Built::complete(catalog.objects()))?;
        for reference in &rewound.touched {
            let Some(record) = read::record(&self.tx, *reference)? else {
                continue;
            };
            if let Some(bytes) = self.without_purged(&catalog, &record)? {
                self.tx
                    .put(Space::Record, keys::record(*reference), bytes)?;
            }
        }
        Ok(())
    }

    /// A live record without its references to records that are no more. One that cannot be without them goes to
    /// the trash, as it went before they were purged.
    fn without_purged(&self, catalog: &Catalog, record: &Record) -> Result<Option<Vec<u8>>> {
        let Ok(object) = catalog.object(record.object()) else {
            return Ok(None);
        };
        let mut changes = BTreeMap::new();
        for field in object.references().filter(|_| !record.is_deleted()) {
            let (mut kept, mut lost) = (Vec::new(), false);
            for value in record.get(field.id).elements() {
                let is_there = match value.as_ref() {
                    Some(target) => self.tx.exists(Space::Record, &keys::record(target))?,
                    None => true,
                };
                lost |= !is_there;
                kept.extend(is_there.then(|| value.to_value()));
            }
            if !lost {
                continue;
            }
            if kept.is_empty() && (field.required || field.on_delete == OnDelete::Cascade) {
                changes.insert(system::DELETED_AT, self.tx.now.into());
            }
            let value = match kept.len() {
                0 => Value::Null,
                _ if field.many => Value::List(kept),
                _ => kept.swap_remove(0),
            };
            changes.insert(field.id, value);
        }
        if changes.is_empty() {
            return Ok(None);
        }
        Ok(Some(record.fields().merge(&changes)?.into_bytes()))
    }
}
