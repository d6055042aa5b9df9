//! Reads columns from the records of an object.

use std::ops::ControlFlow;
use std::sync::Arc;

use super::codes::Codes;
use super::dictionary::Dictionary;
use super::ids::Ids;
use super::table::{CHUNK_ROWS, Chunk, Column, Room, Table, room};
use crate::access::Whole;
use crate::error::Result;
use crate::record::Stored;
use crate::value::Id;

/// Columns of which the chunks come one after the other.
struct Fill {
    columns: Vec<Filled>,
    chunks: Vec<Chunk>,
    ids_bytes: usize,
    /// The rows of the chunk that is being filled.
    ids: Vec<Id>,
    bytes_max: usize,
}

struct Filled {
    field: u16,
    dictionary: Dictionary,
    /// What the codes of the chunks take.
    codes_bytes: usize,
    /// The codes of the chunk that is being filled.
    codes: Codes,
}

impl Table {
    /// Reads fields of all records of an object; `Break` if they take more memory than they may.
    ///
    /// # Errors
    /// Those of the store; `Corrupt`.
    pub(super) fn build(
        whole: &Whole<'_>,
        fields: &[u16],
        bytes_max: usize,
    ) -> Result<ControlFlow<u16, Table>> {
        let mut fill = Fill::of(fields, bytes_max);
        let mut room = Room::Continue(());
        whole.for_each_stored(&mut |stored| {
            room = fill.add(stored)?;
            Ok(match room {
                Room::Continue(()) => ControlFlow::Continue(()),
                Room::Break(_) => ControlFlow::Break(()),
            })
        })?;
        if room.is_continue() {
            room = fill.end_chunk();
        }
        if let Room::Break(field) = room {
            return Ok(ControlFlow::Break(field));
        }
        let columns = fill.columns.into_iter().map(|filled| Column {
            field: filled.field,
            dictionary: Arc::new(filled.dictionary),
        });
        Ok(ControlFlow::Continue(Table {
            sequence: whole.sequence(),
            catalog: Arc::clone(whole.catalog()),
            columns: columns.collect(),
            chunks: fill.chunks,
        }))
    }
}

impl Fill {
    fn of(fields: &[u16], bytes_max: usize) -> Self {
        let columns = fields.iter().map(|field| Filled {
            field: *field,
            dictionary: Dictionary::default(),
            codes_bytes: 0,
            codes: Codes::default(),
        });
        Fill {
            columns: columns.collect(),
            chunks: Vec::new(),
            ids_bytes: 0,
            ids: Vec::new(),
            bytes_max,
        }
    }

    fn add(&mut self, stored: Stored<'_>) -> Result<Room> {
        for column in &mut self.columns {
            let value = stored.fields.encoded(column.field)?;
            match column.dictionary.code(value)? {
                Some(code) => column.codes.push(code),
                None => return Ok(Room::Break(column.field)),
            }
        }
        self.ids.push(stored.id);
        Ok(if self.ids.len() == CHUNK_ROWS {
            self.end_chunk()
        } else {
            Room::Continue(())
        })
    }

    fn end_chunk(&mut self) -> Room {
        if !self.ids.is_empty() {
            let ids = Ids::packed_densely(self.ids.iter().copied());
            self.ids.clear();
            self.ids_bytes += ids.bytes();
            let codes = self.columns.iter_mut().map(|column| {
                let codes = std::mem::take(&mut column.codes);
                column.codes_bytes += codes.bytes();
                Arc::new(codes)
            });
            self.chunks.push(Chunk {
                codes: codes.collect(),
                ids: Arc::new(ids),
            });
        }
        let columns = self.columns.iter();
        let columns = columns.map(|column| {
            let bytes = column.codes_bytes + column.dictionary.bytes();
            (column.field, bytes)
        });
        room(self.ids_bytes, columns, self.bytes_max)
    }
}
