//! Columns in memory: what answers the questions that no index answers.
//!
//! A filter that no index narrows has to look at every record of an object. The first time the records are read;
//! what the filter asked for stays in memory, a column for each field, and later filters are tested over columns:
//! once for each different value, mostly. Columns are derived, bounded ([`Options::column_bytes`]) and never stored.
//!
//! They hold for the state after one commit. A reader at a later one brings them up to date by the log, as a new
//! version beside which earlier readers go on with theirs; one at an earlier commit reads the records. So does a
//! transaction, whose changes are in no log yet. Whatever goes wrong with columns is left to the records, which
//! give the answer, or the error, that columns would have given.
//!
//! [`Options::column_bytes`]: crate::Options::column_bytes

mod codes;
mod dictionary;
mod fill;
mod ids;
mod select;
mod table;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub(super) use self::select::{Mask, Selector, YES};
pub(super) use self::table::{Chunk, Table};
use crate::access::Whole;
use crate::limits;
use crate::schema::system;

/// The columns of a database.
pub(crate) struct Columns {
    bytes_max: usize,
    /// How often columns were asked for: what was asked for longest ago goes first.
    asked: AtomicU64,
    objects: Mutex<BTreeMap<u16, Arc<Slot>>>,
}

/// The columns of an object.
#[derive(Default)]
struct Slot {
    /// Locked while they are brought up to date: by one reader for all who ask. To read the records takes as long.
    held: Mutex<Held>,
    bytes: AtomicUsize,
    /// When they were asked for.
    asked: AtomicU64,
    /// Records that pages have read since there were columns last.
    read: AtomicU64,
}

#[derive(Default)]
struct Held {
    table: Option<Arc<Table>>,
    /// Fields whose columns alone take too much memory; [`system::ID`] if the object has too many records.
    refused: BTreeSet<u16>,
}

/// Whether a scan that has no columns makes them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Make {
    /// It would read all records anyway.
    Now,
    /// It may end early: when such scans have read as many records as there are.
    WhenItPays,
}

impl Columns {
    /// Columns that take so much memory at most.
    pub(crate) fn new(bytes_max: usize) -> Self {
        Columns {
            bytes_max,
            asked: AtomicU64::new(0),
            objects: Mutex::default(),
        }
    }

    /// Forgets all columns.
    pub(crate) fn clear(&self) {
        lock(&self.objects).clear();
    }

    /// Columns of an object as of a reader's commit: of the fields that it wants those for which there is room.
    pub(super) fn table(
        &self,
        whole: &Whole<'_>,
        wanted: &BTreeSet<u16>,
        make: Make,
    ) -> Option<Arc<Table>> {
        if self.bytes_max == 0 {
            return None;
        }
        let object = whole.object();
        let slot = Arc::clone(lock(&self.objects).entry(object).or_default());
        let asked = self.asked.fetch_add(1, Ordering::Relaxed);
        slot.asked.store(asked, Ordering::Relaxed);
        let mut held = lock(&slot.held);
        let table = self.brought_to(whole, &slot, &mut held, wanted, make);
        let bytes = held.table.as_ref().map_or(0, |table| table.bytes());
        drop(held);
        slot.bytes.store(bytes, Ordering::Relaxed);
        self.make_room_beside(object);
        table
    }

    fn brought_to(
        &self,
        whole: &Whole<'_>,
        slot: &Slot,
        held: &mut Held,
        wanted: &BTreeSet<u16>,
        make: Make,
    ) -> Option<Arc<Table>> {
        let sequence = whole.sequence();
        if held
            .table
            .as_ref()
            .is_some_and(|table| table.sequence > sequence)
        {
            return None;
        }
        // Taken out, so that what no reader holds is changed in place, and what fails half-way is gone.
        let mut kept = held.table.take();
        if let Some(table) = &mut kept {
            let is_of_schema = Arc::ptr_eq(&table.catalog, whole.catalog());
            let follow = |table: &mut Arc<Table>| {
                table.sequence == sequence
                    || Arc::make_mut(table)
                        .follow(whole, self.bytes_max)
                        .unwrap_or(false)
            };
            if !is_of_schema {
                held.refused.clear();
                kept = None;
            } else if !follow(table) {
                kept = None;
            }
        }
        let is_there = |field: &u16| {
            let columns = kept.as_ref();
            columns.is_some_and(|table| table.column(*field).is_some())
        };
        let mut fields: BTreeSet<u16> = wanted.difference(&held.refused).copied().collect();
        fields.insert(system::DELETED_AT);
        if !fields.iter().all(is_there) && !held.refused.contains(&system::ID) {
            let live = whole.count().unwrap_or(0);
            let pays = make == Make::Now || slot.read.load(Ordering::Relaxed) >= live;
            if live >= limits::COLUMN_RECORDS_MIN && pays {
                slot.read.store(0, Ordering::Relaxed);
                let others = kept.take();
                let others = others.iter().flat_map(|table| table.fields()).collect();
                kept = self.built(whole, held, fields, others);
            }
        }
        held.table.clone_from(&kept);
        kept
    }

    /// Reads columns of fields, with the others that there were if there is room for all.
    fn built(
        &self,
        whole: &Whole<'_>,
        held: &mut Held,
        fields: BTreeSet<u16>,
        mut others: BTreeSet<u16>,
    ) -> Option<Arc<Table>> {
        others.retain(|field| !fields.contains(field));
        loop {
            let all: Vec<u16> = fields.union(&others).copied().collect();
            match Table::build(whole, &all, self.bytes_max).ok()? {
                ControlFlow::Continue(table) => return Some(Arc::new(table)),
                ControlFlow::Break(_) if !others.is_empty() => others.clear(),
                ControlFlow::Break(field) => {
                    held.refused.insert(field);
                    return None;
                }
            }
        }
    }

    /// Forgets the columns of other objects, those first that nobody has asked for the longest.
    fn make_room_beside(&self, object: u16) {
        let mut objects = lock(&self.objects);
        loop {
            let bytes: usize = objects
                .values()
                .map(|slot| slot.bytes.load(Ordering::Relaxed))
                .sum();
            let others = objects.iter().filter(|(other, _)| **other != object);
            let oldest = others
                .filter(|(_, slot)| slot.bytes.load(Ordering::Relaxed) > 0)
                .min_by_key(|(_, slot)| slot.asked.load(Ordering::Relaxed));
            match oldest {
                Some((oldest, _)) if bytes > self.bytes_max => {
                    let oldest = *oldest;
                    objects.remove(&oldest);
                }
                _ => return,
            }
        }
    }

    /// Takes note of records that a page has read for want of columns.
    pub(super) fn note_read(&self, object: u16, records: u64) {
        if let Some(slot) = lock(&self.objects).get(&object) {
            slot.read.fetch_add(records, Ordering::Relaxed);
        }
    }
}

/// Locks whether or not a thread panicked with the lock held: a table that is being changed is not in its slot.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
