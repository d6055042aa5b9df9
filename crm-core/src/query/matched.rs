//! Matches of which only some fields are asked for.

use std::collections::BTreeSet;

use super::find::Access;
use super::prepared::Prepared;
use super::reader::Reader;
use super::scan::SelectedRow;
use crate::error::Result;
use crate::record::Stored;
use crate::value::{Id, ValueRef};

/// A match: a record where it lies, or a row of columns.
#[derive(Clone, Copy)]
pub(super) enum Match<'a> {
    Record(Stored<'a>),
    Row(SelectedRow<'a>),
}

impl<'a> Match<'a> {
    pub(super) fn id(self) -> Id {
        match self {
            Match::Record(stored) => stored.id,
            Match::Row(row) => row.id(),
        }
    }

    /// The value of a field that was asked for.
    pub(super) fn field(self, field: u16) -> Result<ValueRef<'a>> {
        match self {
            Match::Record(stored) => stored.fields.try_get(field),
            Match::Row(row) => row.field(field),
        }
    }
}

impl Reader<'_> {
    /// Calls `visit` with every match, of which only these fields are asked for.
    pub(super) fn for_each_match_of(
        &self,
        prepared: &Prepared<'_>,
        fields: &BTreeSet<u16>,
        visit: &mut dyn FnMut(Match<'_>) -> Result<()>,
    ) -> Result<()> {
        let access = self.access(prepared)?;
        if matches!(access, Access::All)
            && self.for_each_row_in_all(prepared, fields, &mut |row| visit(Match::Row(row)))?
        {
            return Ok(());
        }
        self.for_each_in(prepared, &access, &mut |stored| {
            visit(Match::Record(stored))
        })
    }
}
