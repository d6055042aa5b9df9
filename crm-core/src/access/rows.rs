//! Rows that are derived from records: of indexes and timelines, of the search, and the answers made of them.

use std::ops::ControlFlow;
use std::sync::Arc;

use super::Lens;
use crate::engine::read::{self, Row};
use crate::engine::{index_id, index_of};
use crate::error::{Error, Result};
use crate::record::Record;
use crate::schema::ObjectDef;
use crate::search::{self, SearchOptions};
use crate::store::{KeyRange, Space};
use crate::value::{Id, KeyBuilder, KeyReader, Ref, ValueRef};

/// The fields of a record that stand in a row of an index or a timeline: what [`Lens::open_row`] makes a record of.
#[derive(Clone, Copy)]
pub(crate) struct RowFields<'r>(Row<'r>);

impl<'a> Lens<'a> {
    /// Calls `visit` with the id in each entry of a range of an index. A record of that id may not be there to be
    /// seen: see [`dangling`](Lens::dangling).
    ///
    /// # Errors
    /// `Corrupt`, `Io`; those of `visit`.
    #[inline]
    pub(crate) fn for_each_id(
        &self,
        range: &KeyRange,
        is_unique: bool,
        mut visit: impl FnMut(Id) -> Result<ControlFlow<()>>,
    ) -> Result<()> {
        read::scan(self.read, range, &mut |key, value| {
            visit(if is_unique {
                KeyReader::new(value).id()?
            } else {
                index_id(key)?
            })
        })
    }

    /// Calls `visit` with each record, by its id, that an index has under a reference to another.
    ///
    /// # Errors
    /// `Corrupt`, `Io`; those of `visit`.
    pub(crate) fn for_each_referring(
        &self,
        (object, index): (u16, u16),
        target: Ref,
        backwards: bool,
        mut visit: impl FnMut(Ref) -> Result<ControlFlow<()>>,
    ) -> Result<()> {
        let key = index_of(object, index, target)?;
        let range = KeyRange::prefix(Space::Index, key.as_bytes());
        let range = if backwards { range.reversed() } else { range };
        self.for_each_id(&range, false, |id| {
            let reference = Ref { object, id };
            if self.sees(reference)? {
                return visit(reference);
            }
            Ok(ControlFlow::Continue(()))
        })
    }

    /// Calls `visit` with each record, by its id, that an index may have under a value: an index folds texts and cuts
    /// long ones, and the record knows better.
    ///
    /// # Errors
    /// `Corrupt`, `Io`; those of `visit`.
    pub(crate) fn for_each_holding(
        &self,
        (object, index): (u16, u16),
        value: ValueRef<'_>,
        mut visit: impl FnMut(Record) -> Result<()>,
    ) -> Result<()> {
        read::for_each_in_index(self.read, object, index, &[value], &mut |id, _| {
            if let Some(record) = self.record(Ref { object, id })? {
                visit(record)?;
            }
            Ok(ControlFlow::Continue(()))
        })
    }

    /// The record that holds a value of a unique field.
    ///
    /// # Errors
    /// `Corrupt`, `Io`.
    pub(crate) fn holder(
        &self,
        object: &ObjectDef,
        field: u16,
        value: ValueRef<'_>,
    ) -> Result<Option<Record>> {
        let id = read::find_unique(self.read, object, field, value)?;
        let object = object.id;
        let record = id.map(|id| self.record(Ref { object, id }));
        Ok(record.transpose()?.flatten())
    }

    /// That a record to which a derived row leads is not there to be seen. It is there, and hidden, or the row is
    /// damaged.
    ///
    /// # Errors
    /// `Corrupt`, with `what` is wrong.
    #[cold]
    pub(crate) fn dangling(&self, reference: Ref, what: impl FnOnce() -> String) -> Result<()> {
        if self.sees(reference)? {
            return Err(Error::corrupt(what()));
        }
        Ok(())
    }

    /// Calls `visit` with the key and the fields of each row under a prefix of an index or a timeline, of which so
    /// many are expected to be wanted.
    ///
    /// # Errors
    /// `Corrupt`, `Io`; those of `visit`.
    #[inline]
    pub(crate) fn for_each_row(
        &self,
        space: Space,
        prefix: &[u8],
        expected: usize,
        mut visit: impl FnMut(&[u8], RowFields<'_>) -> Result<ControlFlow<()>>,
    ) -> Result<()> {
        read::for_each_row(self.read, space, prefix, expected, &mut |key, row| {
            visit(key, RowFields(row))
        })
    }

    /// As [`for_each_row`](Lens::for_each_row), of a range.
    ///
    /// # Errors
    /// As [`for_each_row`](Lens::for_each_row).
    #[inline]
    pub(crate) fn for_each_row_in(
        &self,
        range: &KeyRange,
        mut visit: impl FnMut(&[u8], RowFields<'_>) -> Result<ControlFlow<()>>,
    ) -> Result<()> {
        read::for_each_row_in(self.read, range, &mut |key, row| visit(key, RowFields(row)))
    }

    /// Calls `visit` with what a row says of a record, as a record without other fields, if it is to be seen.
    ///
    /// # Errors
    /// `Corrupt`, `Io`; those of `visit`.
    #[inline]
    pub(crate) fn open_row(
        &self,
        row: RowFields<'_>,
        reference: Ref,
        visit: impl FnOnce(Record) -> Result<ControlFlow<()>>,
    ) -> Result<ControlFlow<()>> {
        // The row may lack what decides on it: the record is asked.
        if !self.sees(reference)? {
            return Ok(ControlFlow::Continue(()));
        }
        let record = row.0.to_record(reference)?;
        if self.scope.is_everything() {
            return visit(record);
        }
        visit(self.scope.without_hidden(record)?)
    }

    /// The beginning of a question whose answer may be kept, with the scope that the answer is for.
    pub(crate) fn question(&self) -> KeyBuilder {
        let mut question = KeyBuilder::new();
        self.scope.push_to(&mut question);
        question
    }

    /// What `make` makes of this state, with the bytes that it takes, about. It may have been made before: the question,
    /// which begins with [`question`](Lens::question), names all that it depends on but what is stored.
    ///
    /// # Errors
    /// Those of `make`.
    pub(crate) fn answer<T: Send + Sync + 'static>(
        &self,
        question: &KeyBuilder,
        make: impl Fn(&Lens<'_>) -> Result<(T, usize)>,
    ) -> Result<Arc<T>> {
        read::answer(self.read, question.as_bytes(), |read| {
            make(&self.through(read))
        })
    }

    /// What `hit` makes of each record with the words of a text, best first, and of how well it matches.
    ///
    /// # Errors
    /// `Limit` for too many words; `Corrupt`, `Io`.
    pub(crate) fn search<H>(
        &self,
        text: &str,
        options: &SearchOptions<'_>,
        hit: impl Fn(Record, u32) -> H,
    ) -> Result<Vec<H>> {
        // The best are those of the records that may be seen: others must not take their places.
        let mut sees = |target: Ref| self.sees(target);
        let accept: Option<&mut search::Accept<'_>> = match self.scope.is_everything() {
            true => None,
            false => Some(&mut sees),
        };
        let mut hits = Vec::new();
        for found in search::search_among(self.read, text, options, accept)? {
            if let Some(record) = self.record(found.target)? {
                hits.push(hit(record, found.score));
            }
        }
        Ok(hits)
    }
}
