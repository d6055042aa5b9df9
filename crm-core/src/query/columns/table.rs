//! The columns of an object: some fields of all its records, in the order of their ids.

use std::ops::ControlFlow;
use std::sync::Arc;

use super::codes::Codes;
use super::dictionary::Dictionary;
use crate::engine::{changed_after, read, records_of};
use crate::error::Result;
use crate::record::Stored;
use crate::schema::{Catalog, system};
use crate::store::Read;
use crate::value::{Id, Ref, ValueRef};

/// Rows of a chunk: so many are copied when one of them changes while somebody reads them.
const CHUNK_ROWS: usize = 4_096;

/// Columns as they are after a commit.
#[derive(Clone)]
pub(super) struct Table {
    pub(super) object: u16,
    /// The commit.
    pub(super) sequence: u64,
    /// The schema that the commit has left.
    pub(super) catalog: Arc<Catalog>,
    pub(super) columns: Vec<Column>,
    pub(super) chunks: Vec<Chunk>,
}

/// A field, and the values that its rows have.
#[derive(Clone)]
pub(super) struct Column {
    pub(super) field: u16,
    pub(super) dictionary: Arc<Dictionary>,
}

/// Rows that follow each other; never none.
#[derive(Clone)]
pub(super) struct Chunk {
    pub(super) ids: Arc<Vec<Id>>,
    /// The rows' codes, in the order of the table's columns.
    pub(super) codes: Vec<Arc<Codes>>,
}

/// Whether there is room for a row; if not, the field that takes the most.
type Room = ControlFlow<u16>;

impl Table {
    /// Reads fields of all records of an object; `Break` if they take more memory than they may.
    ///
    /// # Errors
    /// Those of the store; `Corrupt`.
    pub(super) fn build(
        read: &dyn Read,
        (object, sequence): (u16, u64),
        catalog: &Arc<Catalog>,
        fields: &[u16],
        bytes_max: usize,
    ) -> Result<ControlFlow<u16, Table>> {
        let columns = fields.iter().map(|field| Column {
            field: *field,
            dictionary: Arc::default(),
        });
        let mut table = Table {
            object,
            sequence,
            catalog: Arc::clone(catalog),
            columns: columns.collect(),
            chunks: Vec::new(),
        };
        let mut room = Room::Continue(());
        read::for_each_stored(read, &records_of(object), &mut |stored| {
            let last = table.chunks.len();
            room = match table.chunks.last().map(|chunk| chunk.ids.len()) {
                Some(rows) if rows < CHUNK_ROWS => table.insert(last - 1, rows, stored)?,
                _ => {
                    room = table.room(bytes_max);
                    table.chunks.push(Chunk::of(fields.len()));
                    match room {
                        Room::Continue(()) => table.insert(last, 0, stored)?,
                        full => full,
                    }
                }
            };
            Ok(match room {
                Room::Continue(()) => ControlFlow::Continue(()),
                Room::Break(_) => ControlFlow::Break(()),
            })
        })?;
        if room.is_continue() {
            room = table.room(bytes_max);
        }
        Ok(match room {
            Room::Continue(()) => ControlFlow::Continue(table),
            Room::Break(field) => ControlFlow::Break(field),
        })
    }

    /// Follows the log to a later commit of the same schema. False if building anew is less work, or needed.
    ///
    /// # Errors
    /// Those of the store; `Corrupt`.
    pub(super) fn follow(
        &mut self,
        read: &dyn Read,
        sequence: u64,
        bytes_max: usize,
    ) -> Result<bool> {
        if self.sequence == sequence {
            return Ok(true);
        }
        // An entry of the log costs about as much as a record of a scan, and may lead to one.
        let entries_max = self.rows() / 2;
        let Some(changed) = changed_after(read, self.sequence, self.object, entries_max)? else {
            return Ok(false);
        };
        for id in changed {
            let object = self.object;
            match read::record(read, Ref { object, id })? {
                None => self.remove(id),
                Some(record) => {
                    if self.put(record.as_stored())?.is_break() {
                        return Ok(false);
                    }
                }
            }
        }
        self.sequence = sequence;
        Ok(!self.is_worn() && self.room(bytes_max).is_continue())
    }

    /// How many records there are, also in the trash.
    pub(super) fn rows(&self) -> usize {
        self.chunks.iter().map(|chunk| chunk.ids.len()).sum()
    }

    /// The memory that it takes, about.
    pub(super) fn bytes(&self) -> usize {
        let columns = 0..self.columns.len();
        self.ids_bytes()
            + columns
                .map(|column| self.column_bytes(column))
                .sum::<usize>()
    }

    /// The place of a field's column.
    pub(super) fn column(&self, field: u16) -> Option<usize> {
        self.columns.iter().position(|column| column.field == field)
    }

    /// The fields that have columns.
    pub(super) fn fields(&self) -> impl Iterator<Item = u16> {
        self.columns.iter().map(|column| column.field)
    }

    /// The value of a field in a row; null where there is no such column.
    ///
    /// # Errors
    /// As [`Dictionary::get`].
    pub(super) fn value(&self, chunk: &Chunk, row: usize, field: u16) -> Result<ValueRef<'_>> {
        let column = self.column(field).and_then(|place| {
            let dictionary = &self.columns.get(place)?.dictionary;
            Some((dictionary, chunk.codes.get(place)?))
        });
        column.map_or(Ok(ValueRef::Null), |(dictionary, codes)| {
            dictionary.get(codes.get(row))
        })
    }

    fn ids_bytes(&self) -> usize {
        let of_chunk = |chunk: &Chunk| std::mem::size_of_val(chunk.ids.as_slice());
        self.chunks.iter().map(of_chunk).sum()
    }

    fn column_bytes(&self, column: usize) -> usize {
        let codes = self
            .chunks
            .iter()
            .filter_map(|chunk| chunk.codes.get(column));
        let dictionary = self
            .columns
            .get(column)
            .map(|column| column.dictionary.bytes());
        codes.map(|codes| codes.bytes()).sum::<usize>() + dictionary.unwrap_or_default()
    }

    fn room(&self, bytes_max: usize) -> Room {
        if self.bytes() <= bytes_max {
            return Room::Continue(());
        }
        let columns = self.columns.iter().enumerate();
        let heaviest = columns.max_by_key(|(place, _)| self.column_bytes(*place));
        Room::Break(match heaviest {
            Some((place, column)) if self.column_bytes(place) > self.ids_bytes() => column.field,
            _ => system::ID,
        })
    }

    /// True if values that no row has any more outweigh the others.
    fn is_worn(&self) -> bool {
        let rows = self.rows();
        self.columns.iter().any(|column| {
            column.dictionary.is_plain() && column.dictionary.len() / 2 > rows + CHUNK_ROWS
        })
    }

    /// Where a record stands, or would: its chunk, and its row there.
    pub(super) fn place(&self, id: Id) -> (usize, Result<usize, usize>) {
        let after = |chunk: &Chunk| chunk.ids.first().is_some_and(|first| *first <= id);
        let chunk = self.chunks.partition_point(after).saturating_sub(1);
        let ids = self.chunks.get(chunk).map(|chunk| chunk.ids.as_slice());
        (chunk, ids.unwrap_or_default().binary_search(&id))
    }

    fn put(&mut self, stored: Stored<'_>) -> Result<Room> {
        match self.place(stored.id) {
            (chunk, Ok(row)) => self.update(chunk, row, stored),
            (chunk, Err(row)) => {
                if self.chunks.is_empty() {
                    self.chunks.push(Chunk::of(self.columns.len()));
                }
                let room = self.insert(chunk, row, stored)?;
                if self
                    .chunks
                    .get(chunk)
                    .is_some_and(|chunk| chunk.ids.len() > CHUNK_ROWS)
                {
                    self.split(chunk, row);
                }
                Ok(room)
            }
        }
    }

    fn insert(&mut self, chunk: usize, row: usize, stored: Stored<'_>) -> Result<Room> {
        let Some(chunk) = self.chunks.get_mut(chunk) else {
            return Ok(Room::Continue(()));
        };
        for (column, codes) in self.columns.iter_mut().zip(&mut chunk.codes) {
            let value = stored.fields.encoded(column.field)?;
            match Arc::make_mut(&mut column.dictionary).code(value)? {
                Some(code) => Arc::make_mut(codes).insert(row, code),
                None => return Ok(Room::Break(column.field)),
            }
        }
        Arc::make_mut(&mut chunk.ids).insert(row, stored.id);
        Ok(Room::Continue(()))
    }

    fn update(&mut self, chunk: usize, row: usize, stored: Stored<'_>) -> Result<Room> {
        let codes = self.chunks.get_mut(chunk).map(|chunk| &mut chunk.codes);
        for (column, codes) in self.columns.iter_mut().zip(codes.into_iter().flatten()) {
            let value = stored.fields.encoded(column.field)?;
            if column.dictionary.stored(codes.get(row)) == value {
                continue;
            }
            match Arc::make_mut(&mut column.dictionary).code(value)? {
                Some(code) => Arc::make_mut(codes).set(row, code),
                None => return Ok(Room::Break(column.field)),
            }
        }
        Ok(Room::Continue(()))
    }

    fn remove(&mut self, id: Id) {
        let (place, Ok(row)) = self.place(id) else {
            return;
        };
        if let Some(chunk) = self.chunks.get_mut(place) {
            Arc::make_mut(&mut chunk.ids).remove(row);
            chunk
                .codes
                .iter_mut()
                .for_each(|codes| Arc::make_mut(codes).remove(row));
            if chunk.ids.is_empty() {
                self.chunks.remove(place);
            }
        }
    }

    /// Makes two chunks of one that is full. New records mostly come last, and then begin a chunk of their own.
    fn split(&mut self, place: usize, inserted: usize) {
        let Some(chunk) = self.chunks.get_mut(place) else {
            return;
        };
        let at = if inserted == CHUNK_ROWS {
            CHUNK_ROWS
        } else {
            CHUNK_ROWS / 2
        };
        let rest = Chunk {
            ids: Arc::new(Arc::make_mut(&mut chunk.ids).split_off(at)),
            codes: chunk
                .codes
                .iter_mut()
                .map(|codes| Arc::new(Arc::make_mut(codes).split_off(at)))
                .collect(),
        };
        self.chunks.insert(place + 1, rest);
    }
}

impl Chunk {
    fn of(columns: usize) -> Self {
        Chunk {
            ids: Arc::default(),
            codes: vec![Arc::default(); columns],
        }
    }
}
