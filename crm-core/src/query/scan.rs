//! Scans of all records of an object, over columns where there are any.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::Arc;

use super::columns::{Chunk, Make, Mask, Selector, Table, YES};
use super::prepared::Prepared;
use super::reader::Reader;
use crate::engine::{record_key, records_of};
use crate::error::{Error, Result};
use crate::expr::Part;
use crate::record::{Record, Stored};
use crate::schema::system;
use crate::store::{KeyRange, Space};
use crate::value::{Id, Ref, ValueRef};

/// One in so many selected rows of a chunk, and its records are read in a row rather than each for itself.
const READ_IN_A_ROW: usize = 4;

/// What a scan calls with each match.
type VisitMatch<'v> = dyn FnMut(Stored<'_>) -> Result<()> + 'v;

/// A row of columns that a filter has selected.
#[derive(Clone, Copy)]
pub(super) struct SelectedRow<'a> {
    table: &'a Table,
    chunk: &'a Chunk,
    row: usize,
}

impl<'a> SelectedRow<'a> {
    pub(super) fn id(self) -> Id {
        self.chunk.ids.get(self.row).unwrap_or(Id::NIL)
    }

    /// The value of a field that was asked for.
    pub(super) fn field(self, field: u16) -> Result<ValueRef<'a>> {
        self.table.value(self.chunk, self.row, field)
    }

    /// What stands for the value of a field that was asked for: the same code for the same value, as long as the
    /// columns hold.
    pub(super) fn code(self, field: u16) -> u32 {
        let place = self.table.column(field);
        let codes = place.and_then(|place| self.chunk.codes.get(place));
        codes.map_or(0, |codes| codes.get(self.row))
    }
}

impl Reader<'_> {
    /// How many records match, all of them looked at.
    pub(super) fn count_in_all(&self, prepared: &Prepared<'_>) -> Result<u64> {
        let selected = self.selected_in_all(prepared, &BTreeSet::new());
        if let Some(selected) = selected.as_ref().filter(|selected| selected.is_exact) {
            let of_chunk = |mask: &Mask| mask.iter().filter(|kept| **kept == YES).count() as u64;
            return Ok(selected.masks.iter().map(of_chunk).sum());
        }
        let mut count = 0;
        self.for_each_selected(prepared, selected, &mut |_| {
            count += 1;
            Ok(())
        })?;
        Ok(count)
    }

    /// Calls `visit` with the row of every match in the order of ids, all records being looked at; false if the
    /// columns do not have all of the fields.
    pub(super) fn for_each_row_in_all(
        &self,
        prepared: &Prepared<'_>,
        fields: &BTreeSet<u16>,
        visit: &mut dyn FnMut(SelectedRow<'_>) -> Result<()>,
    ) -> Result<bool> {
        let Some(selected) = self.selected_in_all(prepared, fields) else {
            return Ok(false);
        };
        let Selected { table, masks, .. } = &selected;
        if !selected.is_exact || !fields.iter().all(|field| table.column(*field).is_some()) {
            return Ok(false);
        }
        for (chunk, mask) in table.chunks.iter().zip(masks) {
            self.lens.go_on()?;
            for (row, _) in (0..).zip(mask).filter(|(_, kept)| **kept == YES) {
                visit(SelectedRow { table, chunk, row })?;
            }
        }
        Ok(true)
    }

    /// Calls `visit` with every match in the order of ids, all records being looked at.
    pub(super) fn for_each_in_all(
        &self,
        prepared: &Prepared<'_>,
        visit: &mut VisitMatch<'_>,
    ) -> Result<()> {
        let selected = self.selected_in_all(prepared, &BTreeSet::new());
        self.for_each_selected(prepared, selected, visit)
    }

    fn for_each_selected(
        &self,
        prepared: &Prepared<'_>,
        selected: Option<Selected>,
        visit: &mut VisitMatch<'_>,
    ) -> Result<()> {
        let Some(selected) = selected else {
            return self.for_each_record(prepared, &records_of(prepared.object.id), visit);
        };
        let mut visit = |stored: Stored<'_>| {
            if selected.is_exact || self.is_match(prepared, stored)? {
                return visit(stored);
            }
            Ok(())
        };
        for (chunk, mask) in selected.table.chunks.iter().zip(&selected.masks) {
            self.for_each_of_chunk(prepared.object.id, chunk, mask, &mut visit)?;
        }
        Ok(())
    }

    fn for_each_record(
        &self,
        prepared: &Prepared<'_>,
        range: &KeyRange,
        visit: &mut VisitMatch<'_>,
    ) -> Result<()> {
        self.lens.for_each_stored(range, |stored| {
            if self.is_match(prepared, stored)? {
                visit(stored)?;
            }
            Ok(ControlFlow::Continue(()))
        })
    }

    /// The first matches in the order of ids, or backwards, after an id.
    pub(super) fn first_in_all(
        &self,
        prepared: &Prepared<'_>,
        backwards: bool,
        after: Option<Id>,
        limit: usize,
    ) -> Result<Vec<Record>> {
        if let Some(table) = self.columns_for(prepared, &BTreeSet::new(), Make::WhenItPays)
            && let Ok(rows) = self.first_in_columns(prepared, &table, backwards, after, limit)
        {
            return Ok(rows);
        }
        let mut range = records_of(prepared.object.id);
        if backwards {
            range = range.reversed();
        }
        if let Some(id) = after {
            let object = prepared.object.id;
            range = range.resumed_after(&record_key(Ref { object, id }));
        }
        let (mut rows, mut read) = (Vec::with_capacity(limit), 0);
        self.lens.for_each_stored(&range, |stored| {
            read += 1;
            if self.is_match(prepared, stored)? {
                rows.push(stored.to_record()?);
            }
            Ok(if rows.len() < limit {
                ControlFlow::Continue(())
            } else {
                ControlFlow::Break(())
            })
        })?;
        if prepared.filter.is_some() {
            self.columns.note_read(prepared.object.id, read);
        }
        Ok(rows)
    }

    fn first_in_columns(
        &self,
        prepared: &Prepared<'_>,
        table: &Table,
        backwards: bool,
        after: Option<Id>,
        limit: usize,
    ) -> Result<Vec<Record>> {
        let (mut selector, is_exact) = self.selector(prepared, table)?;
        let object = prepared.object.id;
        let mut found = Vec::with_capacity(limit);
        let is_after = |id: Id| match after {
            None => true,
            Some(after) if backwards => id < after,
            Some(after) => id > after,
        };
        for chunk in in_direction(&table.chunks, backwards) {
            let [Some(first), Some(last)] = [chunk.ids.first(), chunk.ids.last()] else {
                continue;
            };
            if !is_after(if backwards { first } else { last }) {
                continue;
            }
            let mask = selector.select(chunk, prepared.trash)?;
            let rows = mask.iter().enumerate();
            let rows: Vec<usize> = rows
                .filter(|(_, kept)| **kept == YES)
                .map(|(row, _)| row)
                .collect();
            for row in in_direction(&rows, backwards) {
                let Some(id) = chunk.ids.get(*row).filter(|id| is_after(*id)) else {
                    continue;
                };
                let record = self.lens.record(Ref { object, id })?;
                let record = record.ok_or_else(|| missing(id))?;
                if is_exact || self.is_match(prepared, record.as_stored())? {
                    found.push(record);
                }
                if found.len() == limit {
                    return Ok(found);
                }
            }
        }
        Ok(found)
    }

    /// Calls `visit` with the records of the rows that a mask keeps.
    fn for_each_of_chunk(
        &self,
        object: u16,
        chunk: &Chunk,
        mask: &Mask,
        visit: &mut VisitMatch<'_>,
    ) -> Result<()> {
        let kept = (0..).zip(mask).filter(|(_, kept)| **kept == YES);
        if kept.clone().count() * READ_IN_A_ROW < mask.len() {
            for id in kept.filter_map(|(row, _)| chunk.ids.get(row)) {
                let record = self.lens.record(Ref { object, id })?;
                visit(record.ok_or_else(|| missing(id))?.as_stored())?;
            }
            return Ok(());
        }
        let [Some(first), Some(last)] = [chunk.ids.first(), chunk.ids.last()] else {
            return Ok(());
        };
        let start = record_key(Ref { object, id: first });
        let mut end = record_key(Ref { object, id: last }).to_vec();
        end.push(0);
        let range = KeyRange::new(Space::Record, start, end);
        let mut rows = chunk.ids.iter().zip(mask);
        self.lens.for_each_stored(&range, |stored| {
            let row = rows.next().filter(|(id, _)| *id == stored.id);
            let (_, kept) = row.ok_or_else(|| missing(stored.id))?;
            if *kept == YES {
                visit(stored)?;
            }
            Ok(ControlFlow::Continue(()))
        })
    }

    /// What the columns of all records say, with those of further fields if there is room for them; `None` if the
    /// records are to be asked.
    fn selected_in_all(
        &self,
        prepared: &Prepared<'_>,
        further: &BTreeSet<u16>,
    ) -> Option<Selected> {
        let table = self.columns_for(prepared, further, Make::Now)?;
        let (mut selector, is_exact) = self.selector(prepared, &table).ok()?;
        let select = |chunk: &Chunk| selector.select(chunk, prepared.trash);
        let masks: Result<Vec<Mask>> = table.chunks.iter().map(select).collect();
        let masks = masks.ok()?;
        Some(Selected {
            table,
            masks,
            is_exact,
        })
    }

    /// Columns for a query's filter; `None` if they would not save reading a record.
    fn columns_for(
        &self,
        prepared: &Prepared<'_>,
        further: &BTreeSet<u16>,
        make: Make,
    ) -> Option<Arc<Table>> {
        let mut wanted = further.clone();
        let filter = prepared.filter.as_ref();
        for part in filter.iter().flat_map(|filter| conjuncts(filter.parts())) {
            part.add_fields(&mut wanted);
        }
        wanted.remove(&system::ID);
        if filter.is_none() && !prepared.trash && further.is_empty() {
            return None;
        }
        let whole = self.lens.whole(prepared.object.id)?;
        let table = self.columns.table(&whole, &wanted, make)?;
        let first = filter.and_then(|filter| conjuncts(filter.parts()).into_iter().next());
        let helps = prepared.trash || first.is_none_or(|part| is_in(&part, &table));
        helps.then_some(table)
    }

    /// The selector of a query's filter, and whether it tests all of it. Parts behind one that it does not have the
    /// columns for are left to the records, too: a record of which the earlier one fails is an error.
    fn selector<'t>(
        &'t self,
        prepared: &'t Prepared<'_>,
        table: &'t Table,
    ) -> Result<(Selector<'t>, bool)> {
        let parts = prepared
            .filter
            .as_ref()
            .map(|filter| conjuncts(filter.parts()));
        let parts = parts.unwrap_or_default();
        let all = parts.len();
        let parts: Vec<_> = parts
            .into_iter()
            .take_while(|part| is_in(part, table))
            .collect();
        let is_exact = parts.len() == all;
        Ok((Selector::new(&self.lens, self.now, table, parts)?, is_exact))
    }
}

/// What a filter selects of all records.
struct Selected {
    table: Arc<Table>,
    /// One for each chunk of the table.
    masks: Vec<Mask>,
    /// True if the whole filter has been tested.
    is_exact: bool,
}

fn conjuncts(part: Part<'_>) -> Vec<Part<'_>> {
    match part {
        Part::All(parts) => parts,
        part => vec![part],
    }
}

/// True if a table has all fields that a part reads.
fn is_in(part: &Part<'_>, table: &Table) -> bool {
    let mut fields = BTreeSet::new();
    part.add_fields(&mut fields);
    fields.iter().all(|field| table.column(*field).is_some())
}

fn in_direction<T>(list: &[T], backwards: bool) -> impl Iterator<Item = &T> {
    let forwards = (!backwards).then(|| list.iter());
    let back = backwards.then(|| list.iter().rev());
    forwards
        .into_iter()
        .flatten()
        .chain(back.into_iter().flatten())
}

/// The columns and the records of one state do not agree.
fn missing(id: Id) -> Error {
    Error::corrupt(format!(
        "record {id} is in the columns or in the store, and not in both"
    ))
}
