//! Reading records.

use std::sync::{Arc, Mutex, PoisonError};

use crm_core::{Query as EngineQuery, SortKey as EngineSortKey, record_to_json};

use super::crm::Crm;
use super::error::Result;
use super::value::{Record, Records, Ref, signed, unsigned};
use crate::count::Counted;

/// A field that orders records.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct SortKey {
    /// The name of the field.
    pub field: String,
    /// True for the greatest first.
    #[uniffi(default = false)]
    pub descending: bool,
}

/// A question for records of one object.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct Query {
    /// The name of the object.
    pub object: String,
    /// A CEL filter; empty for all records.
    #[uniffi(default = "")]
    pub filter: String,
    /// The order; without it that of creation.
    #[uniffi(default = [])]
    pub sort: Vec<SortKey>,
    /// The number of records in a page; 0 for 50.
    #[uniffi(default = 0)]
    pub limit: i64,
    /// The `next` of the page before; empty for the first page.
    #[uniffi(default = "")]
    pub after: String,
    /// The fields to read; empty for all. Others are null in the result.
    #[uniffi(default = [])]
    pub fields: Vec<String>,
    /// True for the records in the trash instead of the live ones.
    #[uniffi(default = false)]
    pub trash: bool,
}

impl Query {
    pub fn known(self) -> Result<EngineQuery> {
        let Query {
            object,
            filter,
            sort,
            limit,
            after,
            fields,
            trash,
        } = self;
        Ok(EngineQuery {
            object,
            filter,
            sort: sort
                .into_iter()
                .map(|SortKey { field, descending }| EngineSortKey { field, descending })
                .collect(),
            limit: unsigned(limit, "limit")?,
            after,
            fields,
            trash,
        })
    }
}

/// Some of the records that a query asks for, in its order.
#[derive(uniffi::Record)]
pub struct Page {
    /// The records.
    pub records: Records,
    /// The cursor for the next page; null if this is the last one. It stays valid while records come and go.
    pub next: Option<String>,
}

/// How a query is answered.
#[derive(Debug, Clone, PartialEq, uniffi::Enum)]
pub enum Plan {
    /// One record by its id.
    ById,
    /// Ranges of the index on `fields`, whose records are then tested with the whole filter; `ordered` if the index
    /// also gives the order.
    Index {
        fields: Vec<String>,
        ranges: i64,
        ordered: bool,
    },
    /// All records of the object; `ordered` if the order of creation is the one asked for.
    Scan { ordered: bool },
}

type Prefix = crm_core::search::Prefix;

/// Which words of a search may be beginnings of longer ones.
#[uniffi::remote(Enum)]
pub enum Prefix {
    /// None: every word is meant as it stands.
    Never,
    /// The last one, which may still be in the typing.
    Last,
    /// All of them.
    Every,
}

/// A record that a search has found.
#[derive(uniffi::Record)]
pub struct SearchHit {
    /// The record.
    pub record: Record,
    /// Its title.
    pub title: String,
    /// How well it matches: greater is better.
    pub score: i64,
}

/// All records that a query asks for, as of one commit; see [`Crm::find_all`].
#[derive(uniffi::Object)]
pub struct Rows {
    crm: Arc<Crm>,
    rows: Mutex<crm_core::Rows>,
    _counted: Counted,
}

#[uniffi::export]
impl Rows {
    /// The next records, at most so many; none if there are no more.
    ///
    /// Fails with `Corrupt`, `Io`.
    pub fn next_page(&self, limit: i64) -> Result<Records> {
        let limit: usize = unsigned(limit, "limit")?;
        let mut rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
        let records: Vec<_> = rows.by_ref().take(limit).collect::<crm_core::Result<_>>()?;
        let catalog = self.crm.catalog();
        Ok(self.crm.wire(&catalog).records(&records))
    }
}

#[uniffi::export]
impl Crm {
    /// A live record.
    ///
    /// Fails with `NotFound`.
    pub fn get(&self, record: Ref) -> Result<Record> {
        let catalog = self.catalog();
        Ok(self
            .wire(&catalog)
            .record(&self.session.get_record(record.known(&catalog)?)?))
    }

    /// A record, also one in the trash; null if there is none.
    pub fn find_record(&self, record: Ref) -> Result<Option<Record>> {
        let catalog = self.catalog();
        let found = self.session.find_record(record.known(&catalog)?)?;
        Ok(found.map(|found| self.wire(&catalog).record(&found)))
    }

    /// The organisation's settings, as the record that changes them.
    pub fn organisation(&self) -> Result<Record> {
        let catalog = self.catalog();
        Ok(self
            .wire(&catalog)
            .record(&self.session.organisation()?.into_record()))
    }

    /// A page of the records that a query asks for.
    ///
    /// Fails with `UnknownObject`, `UnknownField`, `Expression`, `Invalid` for a cursor of another query, `Limit`.
    pub fn find(&self, query: Query) -> Result<Page> {
        let page = self.session.find(&query.known()?)?;
        let catalog = self.catalog();
        Ok(Page {
            records: self.wire(&catalog).records(&page.rows),
            next: page.next,
        })
    }

    /// All records that a query asks for, however many, as of the commit that was the last one now.
    pub fn find_all(self: Arc<Self>, query: Query) -> Result<Arc<Rows>> {
        let rows = Mutex::new(self.session.find_all(&query.known()?));
        Ok(Arc::new(Rows {
            crm: self,
            rows,
            _counted: Counted::new(),
        }))
    }

    /// How a query is answered: by which index, or by reading everything.
    ///
    /// Fails as `find` does.
    pub fn explain(&self, query: Query) -> Result<Plan> {
        Ok(match self.session.explain(&query.known()?)? {
            crm_core::Plan::ById => Plan::ById,
            crm_core::Plan::Index {
                fields,
                ranges,
                ordered,
            } => Plan::Index {
                fields,
                ranges: signed(ranges),
                ordered,
            },
            crm_core::Plan::Scan { ordered } => Plan::Scan { ordered },
        })
    }

    /// How many live records a CEL filter selects; all of the object's if it is empty.
    ///
    /// Fails as `find` does.
    #[uniffi::method(default(filter = ""))]
    pub fn count(&self, object: String, filter: String) -> Result<i64> {
        Ok(signed(self.session.count(&object, &filter)?))
    }

    /// Finds records by words, beginnings of words and parts of phone numbers and addresses, best first: of some
    /// objects, or of all if none is named.
    ///
    /// Fails with `UnknownObject`; `Limit` for too many words or hits.
    #[uniffi::method(default(objects = [], limit = 50, prefix = None))]
    pub fn search(
        &self,
        text: String,
        objects: Vec<String>,
        limit: i64,
        prefix: Option<Prefix>,
    ) -> Result<Vec<SearchHit>> {
        let catalog = self.catalog();
        let objects: Vec<u16> = objects
            .iter()
            .map(|object| Ok(catalog.object_named(object)?.id))
            .collect::<Result<_>>()?;
        let options = crm_core::SearchOptions {
            objects: (!objects.is_empty()).then_some(&objects),
            limit: unsigned(limit, "limit")?,
            prefix: prefix.unwrap_or_default(),
        };
        let wire = self.wire(&catalog);
        let hits = self
            .session
            .search(&text, &options)?
            .into_iter()
            .map(|hit| {
                let crm_core::SearchHit {
                    record,
                    title,
                    score,
                } = hit;
                SearchHit {
                    record: wire.record(&record),
                    title,
                    score: score.into(),
                }
            });
        Ok(hits.collect())
    }

    /// A record's title, as its object's declaration makes it.
    ///
    /// Fails with `NotFound`.
    pub fn title(&self, record: Ref) -> Result<String> {
        Ok(self
            .session
            .title(&self.session.get_record(self.known(&record)?)?))
    }

    /// A record as a JSON object: `object`, `id`, then its fields by name.
    ///
    /// Fails with `NotFound`.
    pub fn json(&self, record: Ref) -> Result<String> {
        let catalog = self.catalog();
        let record = self.session.get_record(record.known(&catalog)?)?;
        Ok(record_to_json(&catalog, &record).to_string())
    }

    /// The content of a document; null if it is kept elsewhere.
    ///
    /// Fails with `NotFound`; `Corrupt` if the content does not have its hash.
    pub fn content(&self, document: Ref) -> Result<Option<Vec<u8>>> {
        Ok(self.session.content(document.of()?)?)
    }
}
