//! What a write tells whoever asked for it: it reads as it goes, and names what it meets.

use super::Lens;
use crate::engine::{UndoReport, Work};
use crate::error::{Detail, Error, Result};
use crate::schema::{FieldDef, ObjectDef};
use crate::value::{Ref, Value};

impl<'a> Lens<'a> {
    /// The view that whoever acts in a transaction has of what it has written so far.
    pub(crate) fn within(work: &'a Work<'_, '_>) -> Self {
        Lens::new(work.read(), work.state(), work.actor())
    }

    /// The records that a write finds by a value of a field, of those that may be seen.
    ///
    /// # Errors
    /// `Invalid` for a field by which records are not found, or a value that does not fit it; `Corrupt`, `Io`.
    pub(crate) fn matching(
        work: &Work<'_, '_>,
        object: &ObjectDef,
        field: &FieldDef,
        value: Value,
    ) -> Result<Vec<Ref>> {
        let lens = Lens::within(work);
        let mut found = work.find_by(object, field, value)?;
        if !lens.scope.is_everything() {
            let seen = found.into_iter().filter_map(|reference| {
                let sees = lens.sees(reference);
                sees.map(|sees| sees.then_some(reference)).transpose()
            });
            found = seen.collect::<Result<_>>()?;
        }
        Ok(found)
    }

    /// An error as the viewer may read it: it names no record that he may not see.
    pub(crate) fn told(&self, error: Error) -> Error {
        let (object, id) = match error.detail() {
            Detail::Duplicate { object, holder, .. } => (object, *holder),
            Detail::Referenced { by_object, by, .. } => (by_object, *by),
            _ => return error,
        };
        let object = self.catalog().object_named(object).map(|object| object.id);
        let sees = object.and_then(|object| self.sees(Ref { object, id }));
        if sees == Ok(true) {
            return error;
        }
        match error.detail() {
            Detail::Duplicate {
                object,
                field,
                value,
                ..
            } => Error::invalid(value, "another record has this value").at_field(object, field),
            Detail::Referenced { id, .. } => {
                Error::invalid(id, "a record that you may not see refers to it")
            }
            _ => error,
        }
    }

    /// The report of an undo, without what it says of records that may not be seen.
    ///
    /// # Errors
    /// Those of the store.
    pub(crate) fn undo_report(&self, mut report: UndoReport) -> Result<UndoReport> {
        if self.scope.is_everything() {
            return Ok(report);
        }
        for skipped in std::mem::take(&mut report.skipped) {
            if self.sees(skipped.record)? {
                report.skipped.push(skipped);
            }
        }
        Ok(report)
    }
}
