//! Rows: what queries and other questions answer, read one after the other.

use std::sync::Arc;

use crm_core::Error;
use crm_core::schema::Catalog;

use super::error::{Failure, crm_error};
use super::record::crm_record;
use super::row::Row;
use super::status::{CRM_DONE, CRM_OK, CRM_ROW, crm_status, guard, guard_plain};
use super::text::{Texts, crm_str};
use crate::count::Counted;

/// Rows, and a cursor that stands before the first one. It is used by one thread at a time.
#[allow(non_camel_case_types, reason = "the name in C")]
pub struct crm_rows {
    rows: Box<dyn Iterator<Item = Result<Row, Error>> + Send>,
    /// The row at the cursor; its memory is used again for the next one.
    current: crm_record,
    below: Vec<Row>,
    is_at_row: bool,
    /// Where the next page begins.
    next: Option<String>,
    is_complete: bool,
    texts: Texts,
    _counted: Counted,
}

/// Gives rows that are all there.
pub(super) fn give_rows(
    out: Option<&mut *mut crm_rows>,
    catalog: Arc<Catalog>,
    rows: impl IntoIterator<Item = Row, IntoIter: Send + 'static>,
) -> Result<crm_status, Failure> {
    give_page(out, catalog, rows, None, true)
}

/// Gives a page.
pub(super) fn give_page(
    out: Option<&mut *mut crm_rows>,
    catalog: Arc<Catalog>,
    rows: impl IntoIterator<Item = Row, IntoIter: Send + 'static>,
    next: Option<String>,
    is_complete: bool,
) -> Result<crm_status, Failure> {
    let rows = Box::new(rows.into_iter().map(Ok));
    super::give(out, crm_rows::new(catalog, rows, next, is_complete))
}

/// Gives rows that are read as the cursor goes on.
pub(super) fn give_stream(
    out: Option<&mut *mut crm_rows>,
    catalog: Arc<Catalog>,
    rows: impl Iterator<Item = Result<Row, Error>> + Send + 'static,
) -> Result<crm_status, Failure> {
    super::give(out, crm_rows::new(catalog, Box::new(rows), None, true))
}

impl crm_rows {
    fn new(
        catalog: Arc<Catalog>,
        rows: Box<dyn Iterator<Item = Result<Row, Error>> + Send>,
        next: Option<String>,
        is_complete: bool,
    ) -> crm_rows {
        crm_rows {
            rows,
            current: crm_record::draft(catalog, 0, None),
            below: Vec::new(),
            is_at_row: false,
            next,
            is_complete,
            texts: Texts::default(),
            _counted: Counted::new(),
        }
    }
}

/// Goes to the next row: CRM_ROW if there is one, CRM_DONE if not, or an error. What the row before has lent is
/// no longer valid.
#[unsafe(no_mangle)]
pub extern "C" fn crm_rows_next(
    rows: Option<&mut crm_rows>,
    err: Option<&mut *mut crm_error>,
) -> crm_status {
    guard(err, || {
        let rows = super::given(rows, "the rows")?;
        let next = rows.rows.next().transpose()?;
        rows.is_at_row = next.is_some();
        let row = next.unwrap_or_default();
        rows.below = rows.current.show_row(row);
        Ok(if rows.is_at_row { CRM_ROW } else { CRM_DONE })
    })
}

/// The row at the cursor, lent until the next step or until the rows are freed; NULL where there is none.
#[unsafe(no_mangle)]
pub extern "C" fn crm_rows_record(rows: Option<&crm_rows>) -> Option<&crm_record> {
    rows.filter(|rows| rows.is_at_row).map(|rows| &rows.current)
}

/// The rows below the one at the cursor: the records of a commit and the fields that changed in them, the records of a
/// reset. Once for each row: they are moved out. To be freed like all rows.
#[unsafe(no_mangle)]
pub extern "C" fn crm_rows_below(
    rows: Option<&mut crm_rows>,
    out: Option<&mut *mut crm_rows>,
    err: Option<&mut *mut crm_error>,
) -> crm_status {
    guard(err, || {
        let rows = super::given(rows, "the rows")?;
        super::needed(out.is_some(), "out")?;
        let below = std::mem::take(&mut rows.below);
        give_rows(out, Arc::clone(rows.current.catalog()), below)
    })
}

/// Where the next page begins, to be passed as `after`; NULL if this is the last one. Valid until the rows are
/// freed.
#[unsafe(no_mangle)]
pub extern "C" fn crm_rows_next_page(rows: Option<&mut crm_rows>) -> crm_str {
    match rows {
        Some(crm_rows {
            next: Some(next),
            texts,
            ..
        }) => texts.lend(0, next),
        _ => crm_str::ABSENT,
    }
}

/// False for a timeline with more linked records than are looked at: the activities of the oldest are left out.
#[unsafe(no_mangle)]
pub extern "C" fn crm_rows_is_complete(rows: Option<&crm_rows>) -> bool {
    rows.is_some_and(|rows| rows.is_complete)
}

/// Frees rows; NULL is allowed.
#[unsafe(no_mangle)]
pub extern "C" fn crm_rows_free(rows: Option<Box<crm_rows>>) {
    guard_plain(|| {
        drop(rows);
        Ok(CRM_OK)
    });
}
