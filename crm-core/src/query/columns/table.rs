//! The columns of an object: some fields of all its records, in the order of their ids.

use std::ops::ControlFlow;
use std::sync::Arc;

use super::codes::Codes;
use super::dictionary::Dictionary;
use super::ids::Ids;
use crate::access::Whole;
use crate::error::Result;
use crate::record::Stored;
use crate::schema::{Catalog, system};
use crate::value::{Id, ValueRef};

/// Rows of a chunk: so many are copied when one of them changes while somebody reads them.
pub(super) const CHUNK_ROWS: usize = 4_096;

/// Columns as they are after a commit.
#[derive(Clone)]
pub(in crate::query) struct Table {
    /// The commit.
    pub(super) sequence: u64,
    /// The schema that the commit has left.
    pub(super) catalog: Arc<Catalog>,
    pub(super) columns: Vec<Column>,
    pub(in crate::query) chunks: Vec<Chunk>,
}

/// A field, and the values that its rows have.
#[derive(Clone)]
pub(super) struct Column {
    pub(super) field: u16,
    pub(super) dictionary: Arc<Dictionary>,
}

/// Rows that follow each other; never none.
#[derive(Clone)]
pub(in crate::query) struct Chunk {
    pub(in crate::query) ids: Arc<Ids>,
    /// The rows' codes, in the order of the table's columns.
    pub(in crate::query) codes: Vec<Arc<Codes>>,
}

/// Whether there is room for a row; if not, the field that takes the most.
pub(super) type Room = ControlFlow<u16>;

/// Whether there is room for ids and for the columns of fields, of which the bytes are given.
pub(super) fn room(
    ids_bytes: usize,
    columns: impl Iterator<Item = (u16, usize)> + Clone,
    bytes_max: usize,
) -> Room {
    let columns_bytes: usize = columns.clone().map(|(_, bytes)| bytes).sum();
    if ids_bytes + columns_bytes <= bytes_max {
        return Room::Continue(());
    }
    let heaviest = columns.max_by_key(|(_, bytes)| *bytes);
    Room::Break(match heaviest {
        Some((field, bytes)) if bytes > ids_bytes => field,
        _ => system::ID,
    })
}

impl Table {
    /// Follows the log to a later commit of the same schema. False if building anew is less work, or needed.
    ///
    /// # Errors
    /// Those of the store; `Corrupt`.
    pub(super) fn follow(&mut self, whole: &Whole<'_>, bytes_max: usize) -> Result<bool> {
        let sequence = whole.sequence();
        if self.sequence == sequence {
            return Ok(true);
        }
        // An entry of the log costs about as much as a record of a scan, and may lead to one.
        let entries_max = self.rows() / 2;
        let Some(changed) = whole.changed_after(self.sequence, entries_max)? else {
            return Ok(false);
        };
        for id in changed {
            match whole.record(id)? {
                None => self.remove(id),
                Some(record) => {
                    if self.put(record.as_stored())?.is_break() {
                        return Ok(false);
                    }
                }
            }
        }
        self.pack_ids();
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
    pub(in crate::query) fn column(&self, field: u16) -> Option<usize> {
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
    pub(in crate::query) fn value(
        &self,
        chunk: &Chunk,
        row: usize,
        field: u16,
    ) -> Result<ValueRef<'_>> {
        let column = self.column(field).and_then(|place| {
            let dictionary = &self.columns.get(place)?.dictionary;
            Some((dictionary, chunk.codes.get(place)?))
        });
        column.map_or(Ok(ValueRef::Null), |(dictionary, codes)| {
            dictionary.get(codes.get(row))
        })
    }

    fn ids_bytes(&self) -> usize {
        self.chunks.iter().map(|chunk| chunk.ids.bytes()).sum()
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
        let columns = self.columns.iter().enumerate();
        let columns = columns.map(|(place, column)| (column.field, self.column_bytes(place)));
        room(self.ids_bytes(), columns, bytes_max)
    }

    /// Packs the ids of chunks to which others have come. The last is let be: it grows with every new record.
    fn pack_ids(&mut self) {
        let Some((_, full)) = self.chunks.split_last_mut() else {
            return;
        };
        for chunk in full.iter_mut().filter(|chunk| chunk.ids.is_loose()) {
            chunk.ids = Arc::new(Ids::packed_densely(chunk.ids.iter()));
        }
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
        let after = |chunk: &Chunk| chunk.ids.first().is_some_and(|first| first <= id);
        let chunk = self.chunks.partition_point(after).saturating_sub(1);
        let ids = self.chunks.get(chunk).map(|chunk| &chunk.ids);
        (chunk, ids.map_or(Err(0), |ids| ids.find(id)))
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
