//! Reading: queries by CEL, pages, aggregates, timelines and boards.

mod aggregate;
mod all;
mod board;
mod columns;
mod cursor;
mod figure;
mod find;
mod flow;
mod groups;
mod matched;
mod order;
mod plan;
mod prepared;
mod reader;
mod scan;
mod spans;
mod timeline;

pub use aggregate::{Aggregate, DatePart, Group, GroupBy, Measure, MeasureOp};
pub use board::{Board, BoardColumn, Card, CardPlace};
pub use plan::Plan;
pub use timeline::{TimelineEntry, TimelinePage, TimelineQuery};

pub(crate) use aggregate::aggregate;
pub(crate) use all::Through;
pub(crate) use board::{board, cards, position_between};
pub(crate) use columns::Columns;
pub(crate) use find::{Selection, explain, find};
pub(crate) use reader::Reader;
pub(crate) use timeline::page_of_timeline;

use crate::record::Record;

/// A question for records of one object.
///
/// ```
/// use crm_core::Query;
/// let query = Query::of("deal").filter("amount > 1000 && status == 'open'").sort("-close_date").limit(20);
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Query {
    /// The name of the object.
    pub object: String,
    /// A CEL filter; empty for all records.
    pub filter: String,
    /// The order; without it that of creation.
    pub sort: Vec<SortKey>,
    /// The number of records in a page; 0 for [`PAGE_LEN_DEFAULT`](crate::limits::PAGE_LEN_DEFAULT).
    pub limit: usize,
    /// The cursor of the page before; empty for the first page.
    pub after: String,
    /// The fields to read; empty for all. Others are null in the result.
    pub fields: Vec<String>,
    /// True for the records in the trash instead of the live ones.
    pub trash: bool,
}

/// A field that orders records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SortKey {
    /// The name of the field.
    pub field: String,
    /// True for the greatest first.
    pub descending: bool,
}

impl Query {
    /// All records of an object.
    pub fn of(object: &str) -> Self {
        Query {
            object: object.to_owned(),
            ..Query::default()
        }
    }

    /// Sets the filter.
    pub fn filter(mut self, filter: &str) -> Self {
        self.filter = filter.to_owned();
        self
    }

    /// Sets the order: names of fields, separated by commas, with `-` for the greatest first.
    pub fn sort(mut self, keys: &str) -> Self {
        let keys = keys.split(',').map(str::trim).filter(|key| !key.is_empty());
        self.sort = keys
            .map(|key| SortKey {
                field: key.trim_start_matches('-').to_owned(),
                descending: key.starts_with('-'),
            })
            .collect();
        self
    }

    /// Sets the number of records in a page.
    pub fn limit(mut self, limit: usize) -> Self {
        self.limit = limit;
        self
    }

    /// Continues after a page.
    pub fn after(mut self, cursor: &str) -> Self {
        self.after = cursor.to_owned();
        self
    }

    /// Reads only these fields.
    pub fn fields(mut self, fields: &[&str]) -> Self {
        self.fields = fields.iter().map(|field| (*field).to_owned()).collect();
        self
    }

    /// Asks for the records in the trash.
    pub fn in_trash(mut self) -> Self {
        self.trash = true;
        self
    }
}

/// Some of the records that a query asks for, in its order.
#[derive(Debug, Clone, PartialEq)]
pub struct Page<R = Record> {
    /// The records.
    pub rows: Vec<R>,
    /// The cursor for the next page; `None` if this is the last one. It stays valid while records come and
    /// go: the next page goes on after the last record of this one, wherever that is now.
    pub next: Option<String>,
}
