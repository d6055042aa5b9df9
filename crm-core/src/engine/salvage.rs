//! What of a damaged file is worth keeping: rows that say by themselves what they are.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use sha2::{Digest, Sha256};

use super::keys::{self, meta};
use super::log::{ChangeKind, Commit, LogEntry};
use super::read;
use super::schema_change::{is_schema, load_catalog};
use super::work::Work;
use crate::error::Result;
use crate::record::Record;
use crate::schema::{Declared, system};
use crate::store::{KeyRange, Overlay, Read, Space};
use crate::value::{RecordRef, Ref};

/// True for the spaces from which the others follow.
pub(crate) fn is_kept(space: Space) -> bool {
    matches!(
        space,
        Space::Meta | Space::Record | Space::Log | Space::Job | Space::Blob
    )
}

/// True for rows of these spaces that are made anew nevertheless: what is beside the log, and the list of what
/// was derived.
pub(crate) fn is_made_anew(space: Space, key: &[u8]) -> bool {
    match space {
        Space::Log => keys::log_from(0)
            .end
            .is_some_and(|end| key >= end.as_slice()),
        Space::Meta => key == meta::BUILT,
        _ => false,
    }
}

/// True for a row that is in the form of its space. What is derived is none of these.
pub(crate) fn is_sound(space: Space, key: &[u8], value: &[u8]) -> bool {
    match space {
        Space::Record => is_record(key, value),
        Space::Log => is_log(key, value),
        Space::Meta => {
            let holds_schema = key == meta::SCHEMA || key.starts_with(meta::SCHEMA_SINCE);
            match key {
                meta::FORMAT => value.len() == 4,
                meta::COUNTERS => RecordRef::new(value).and_then(RecordRef::validate).is_ok(),
                _ => !holds_schema || is_schema(value),
            }
        }
        Space::Job => keys::Job::read(key).is_ok(),
        Space::Blob => keys::blob_entry(key).is_ok(),
        _ => false,
    }
}

fn is_record(key: &[u8], value: &[u8]) -> bool {
    let Ok(reference) = keys::record_reference(key) else {
        return false;
    };
    let record = Record::new(reference.object, reference.id, value);
    let is_whole = |record: Record| {
        let number = |field| record.get(field).as_int().is_some();
        record.created_at().is_some() && number(system::VERSION) && number(system::ORDINAL)
    };
    keys::record(reference) == key && record.is_ok_and(is_whole)
}

fn is_log(key: &[u8], value: &[u8]) -> bool {
    match keys::log_entry(key) {
        Ok((sequence, n)) if keys::log(sequence, n) == key => match n {
            0 => Commit::decode(sequence, value).is_ok(),
            n => LogEntry::decode(sequence, n, value).is_ok(),
        },
        _ => false,
    }
}

/// The space of a row that was found in a page to which nothing leads, if it can be told.
pub(crate) fn space_of(key: &[u8], value: &[u8]) -> Option<Space> {
    let is_content = || {
        let (hash, holder) = keys::blob_entry(key).ok()?;
        // One of a single piece: nobody could say to which state the pieces of others belong.
        let is_first = holder.is_none() && keys::blob(hash, 0) == key;
        (is_first && Sha256::digest(value).as_slice() == hash).then_some(())
    };
    if is_record(key, value) {
        Some(Space::Record)
    } else if is_log(key, value) {
        Some(Space::Log)
    } else if key == meta::SCHEMA && is_sound(Space::Meta, key, value) {
        Some(Space::Meta)
    } else {
        is_content().map(|()| Space::Blob)
    }
}

/// True if a row from a page takes the place of another of the same key: the newer record; and of an entry of the
/// log the one that says less, which is as a purge has left it.
pub(crate) fn is_newer(space: Space, value: &[u8], than: &[u8]) -> bool {
    let version = |value| {
        let record = RecordRef::new(value).ok()?;
        record.try_get(system::VERSION).ok()?.as_int()
    };
    match space {
        Space::Record => version(value) > version(than),
        Space::Log => value.len() < than.len(),
        Space::Meta => value.len() > than.len(),
        _ => false,
    }
}

/// The records that a log says are purged, and have not come again since.
pub(crate) fn purged(read: &dyn Read) -> Result<BTreeSet<Ref>> {
    let mut purged = BTreeSet::new();
    read::scan(read, &keys::log_from(0), &mut |key, value| {
        let (sequence, n) = keys::log_entry(key)?;
        if n > 0 {
            let entry = LogEntry::decode(sequence, n, value)?;
            match entry.kind {
                ChangeKind::Purged => {
                    purged.insert(entry.record);
                }
                ChangeKind::Created => {
                    purged.remove(&entry.record);
                }
                _ => {}
            }
        }
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(purged)
}

/// The schema that the last commits were made with, where the one that is in force is missing.
pub(crate) fn lost_schema(read: &dyn Read) -> Result<Option<Vec<u8>>> {
    let mut newest = None;
    if !read.exists(Space::Meta, meta::SCHEMA)? {
        let all = KeyRange::prefix(Space::Meta, meta::SCHEMA_SINCE);
        read::scan(read, &all, &mut |_, schema| {
            newest = Some(schema.to_vec());
            Ok(ControlFlow::Continue(()))
        })?;
    }
    Ok(newest)
}

/// The changes that put every rule and every validation rule into the trash, and which these are.
pub(crate) fn without_rules(read: &dyn Read, declared: Declared) -> Result<(Overlay, Vec<Ref>)> {
    let catalog = load_catalog(read, declared)?.catalog;
    let (mut changes, mut rules) = (Overlay::new(), Vec::new());
    let validation = catalog.validation_rules().map(|(object, _)| object);
    for object in catalog.rules().into_iter().chain(validation) {
        read::for_each_live(read, object.id, &mut |record| {
            let trashed = record.get(system::UPDATED_AT).to_value();
            let trashed = BTreeMap::from([(system::DELETED_AT, trashed)]);
            let bytes = record.fields().merge(&trashed)?.into_bytes();
            changes.put(Space::Record, keys::record(record.reference()), bytes);
            rules.push(record.reference());
            Ok(())
        })?;
    }
    Ok((changes, rules))
}

/// The record that a row is.
pub(crate) fn record_of(key: &[u8]) -> Option<Ref> {
    keys::record_reference(key).ok()
}

/// The record that a row is, or whose history it is part of; `None` for one that is about none, or about several.
pub(crate) fn told_of(space: Space, key: &[u8], value: &[u8]) -> Option<Ref> {
    match space {
        Space::Record => record_of(key),
        Space::Log => {
            let (sequence, n) = keys::log_entry(key).ok().filter(|(_, n)| *n > 0)?;
            Some(LogEntry::decode(sequence, n, value).ok()?.record)
        }
        Space::Job => Some(keys::Job::read(key).ok()?.record),
        _ => None,
    }
}

impl Work<'_, '_> {
    /// The settings, if they are lost: a database has one record of them.
    pub(crate) fn salvage_settings(&mut self) -> Result<()> {
        let settings = self.catalog().settings().map(|(object, _)| object.id);
        match settings {
            Some(settings) if read::first_record(&self.tx, settings)?.is_none() => {
                self.create_settings()
            }
            _ => Ok(()),
        }
    }
}
