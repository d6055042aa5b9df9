//! A state of the file that is read.

use std::sync::Arc;

use ::redb::{ReadOnlyTable, ReadableDatabase, ReadableTable, ReadableTableMetadata};

use super::failure::Translate;
use super::open_file::OpenFile;
use super::{Bytes, table};
use crate::error::Result;
use crate::store::{KeyRange, Read, Space, SpaceStats, Visit};

/// All tables open, so that a get is a get.
pub(super) struct RedbSnapshot {
    tables: Vec<ReadOnlyTable<Bytes, Bytes>>,
    /// A dropped database would fail the tables' reads.
    file: Arc<OpenFile>,
}

impl RedbSnapshot {
    pub(super) fn new(file: Arc<OpenFile>) -> Result<Self> {
        let tables = file.with("a snapshot", |database| {
            let transaction = database.begin_read().translate()?;
            let open = |space| transaction.open_table(table(space)).translate();
            Space::ALL.into_iter().map(open).collect::<Result<Vec<_>>>()
        })?;
        Ok(RedbSnapshot { tables, file })
    }

    /// What each table holds.
    pub(super) fn spaces(&self) -> Result<Vec<SpaceStats>> {
        let tables = Space::ALL.into_iter().zip(&self.tables);
        let spaces = tables.map(|(space, table)| {
            self.file.guarded("counting", || {
                Ok(SpaceStats {
                    space,
                    entries: table.len().translate()?,
                    stored_bytes: table.stats().translate()?.stored_bytes(),
                })
            })
        });
        spaces.collect()
    }

    /// How many entries each table has.
    pub(super) fn entries(&self) -> Result<Vec<u64>> {
        let count = |table: &ReadOnlyTable<Bytes, Bytes>| table.len().translate();
        self.file
            .guarded("counting", || self.tables.iter().map(count).collect())
    }
}

impl Read for RedbSnapshot {
    fn get(&self, space: Space, key: &[u8], found: &mut dyn FnMut(&[u8])) -> Result<bool> {
        self.file.guarded_but("a read", |outside| {
            let entry = self.tables[space.index()].get(key).translate()?;
            let Some(entry) = entry else {
                return Ok(false);
            };
            let value = entry.value();
            outside.run(|| found(value));
            Ok(true)
        })
    }

    fn scan(&self, range: &KeyRange, visit: &mut Visit<'_>) -> Result<()> {
        if range.is_empty() {
            return Ok(());
        }
        let table = &self.tables[range.space.index()];
        self.file.guarded_but("a scan", |outside| {
            // A cursor, since redb's ranges take half as much again for each step: they look out for an iteration from
            // the other end.
            let (start, end) = range.bounds();
            let cursor = if range.reverse {
                table.upper_bound(end)
            } else {
                table.lower_bound(start)
            };
            let mut cursor = cursor.translate()?;
            loop {
                let next = if range.reverse {
                    cursor.prev()
                } else {
                    cursor.next()
                };
                // Looked at where it is: a pair of guards is dear to move.
                let (key, value) = match &next {
                    Ok(Some((key, value))) => (key.value(), value.value()),
                    Ok(None) => return Ok(()),
                    Err(_) => return next.map(drop).translate(),
                };
                if !range.is_before_end(key) || outside.run(|| visit(key, value)).is_break() {
                    return Ok(());
                }
            }
        })
    }
}
