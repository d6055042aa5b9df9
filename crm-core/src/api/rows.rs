//! All records of a query, page by page.

use std::sync::Arc;

use super::session::Session;
use crate::engine::State;
use crate::error::Result;
use crate::limits::ROWS_PAGE_LEN;
use crate::query::{Query, Through};
use crate::record::Record;
use crate::schema::{Object, View};
use crate::store::Published;

/// All records that a query asks for, from the page of its cursor on; see [`Session::find_all`]. They are read
/// page by page, and all from the commit that was the last one when the iteration began.
pub struct Rows<R = Record> {
    session: Session,
    published: Arc<Published<State>>,
    through: Through,
    page: std::vec::IntoIter<Record>,
    ended: bool,
    view: fn(Record) -> R,
}

impl Session {
    /// All records that a query asks for, however many: its limit only says how many are read at a time.
    ///
    /// ```
    /// use crm_core::{Company, Crm, Query};
    /// let crm = Crm::in_memory()?;
    /// for name in ["Bolt", "Acme"] {
    ///     crm.create(Company::draft().name(name))?;
    /// }
    /// let mut names = Vec::new();
    /// for company in crm.list_all::<Company>(Query::default().sort("name")) {
    ///     names.push(company?.name().map(str::to_owned));
    /// }
    /// assert_eq!(names, [Some("Acme".to_owned()), Some("Bolt".to_owned())]);
    /// # Ok::<(), crm_core::Error>(())
    /// ```
    pub fn find_all(&self, query: &Query) -> Rows {
        self.rows(query.clone(), |record| record)
    }

    /// As [`find_all`](Session::find_all), with typed views.
    pub fn list_all<O: Object>(&self, query: Query) -> Rows<View<O>> {
        let query = Query {
            object: O::TYPE_NAME.to_owned(),
            ..query
        };
        self.rows(query, View::new)
    }

    fn rows<R>(&self, query: Query, view: fn(Record) -> R) -> Rows<R> {
        Rows {
            session: self.clone(),
            published: self.published(),
            through: Through::new(Query {
                limit: if query.limit == 0 {
                    ROWS_PAGE_LEN
                } else {
                    query.limit
                },
                ..query
            }),
            page: Vec::new().into_iter(),
            ended: false,
            view,
        }
    }
}

impl<R> Iterator for Rows<R> {
    type Item = Result<R>;

    fn next(&mut self) -> Option<Result<R>> {
        loop {
            if let Some(record) = self.page.next() {
                return Some(Ok((self.view)(record)));
            }
            if self.ended {
                return None;
            }
            let through = &mut self.through;
            let page = self
                .session
                .read_at(&self.published, |reader| through.page(reader));
            match page {
                Ok(page) => {
                    self.ended = page.is_empty();
                    self.page = page.into_iter();
                }
                Err(error) => {
                    self.ended = true;
                    return Some(Err(error));
                }
            }
        }
    }
}
