//! Reading records.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

use super::session::Session;
use crate::engine::{
    self, ChangeKind, Commit, FieldChange, as_of, as_of_place, creation_values, entries_after,
    read, sequence_at,
};
use crate::error::{Error, Result};
use crate::objects::{Document, Organisation};
use crate::query::{
    self, Aggregate, Board, Card, Group, Page, Plan, Query, TimelinePage, TimelineQuery,
};
use crate::record::Record;
use crate::schema::{Catalog, Object, View, system};
use crate::search::{self, SearchOptions};
use crate::value::{Id, PartsRef, Ref, ValueRef, normalise};

/// A record that a search has found.
#[derive(Debug, Clone, PartialEq)]
pub struct SearchHit {
    /// The record.
    pub record: Record,
    /// Its title.
    pub title: String,
    /// How well it matches: greater is better.
    pub score: u32,
}

/// A change in the history of a record.
#[derive(Debug, Clone, PartialEq)]
pub struct HistoryEntry {
    /// Who, when and why.
    pub commit: Commit,
    /// What happened.
    pub kind: ChangeKind,
    /// The cause, if it was not the commit's own: a rule.
    pub cause: Option<String>,
    /// The fields and their values; for a creation those that the record began with.
    pub changes: Vec<FieldChange>,
}

impl Session {
    /// A live record.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn get<O: Object>(&self, id: Id<O>) -> Result<View<O>> {
        Ok(View::new(self.get_record(id.reference())?))
    }

    /// The organisation's settings, as the record that changes them.
    ///
    /// # Errors
    /// `Corrupt`, `Io`.
    pub fn organisation(&self) -> Result<View<Organisation>> {
        self.shared().check_open()?;
        let record = read::first_record(&*self.published().snapshot, Organisation::TYPE)?;
        let record = record.ok_or_else(|| Error::corrupt("the database has no settings"))?;
        Ok(View::new(record))
    }

    /// A live record of any object.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn get_record(&self, record: Ref) -> Result<Record> {
        self.shared().check_open()?;
        let published = self.published();
        read::live_record(&*published.snapshot, &published.extra.catalog, record)
    }

    /// A record of any object, also from the trash; `None` if there is none.
    ///
    /// # Errors
    /// `Corrupt`, `Io`.
    pub fn find_record(&self, record: Ref) -> Result<Option<Record>> {
        self.shared().check_open()?;
        read::record(&*self.published().snapshot, record)
    }

    /// A page of the records that a query asks for.
    ///
    /// # Errors
    /// `UnknownObject`, `UnknownField`, `Expression`; `Invalid` for a cursor of another query; `Limit`.
    pub fn find(&self, query: &Query) -> Result<Page> {
        self.read(|reader| query::find(reader, query))
    }

    /// As [`find`](Session::find), with typed views.
    ///
    /// # Errors
    /// As [`find`](Session::find).
    ///
    /// ```
    /// use crm_core::{Company, Crm, Query};
    /// let crm = Crm::in_memory()?;
    /// crm.create(Company::draft().name("Acme").employees(40))?;
    /// crm.create(Company::draft().name("Bolt").employees(400))?;
    /// let large = crm.list::<Company>(Query::of("company").filter("employees > 100"))?;
    /// assert_eq!(large.rows[0].name(), Some("Bolt"));
    /// # Ok::<(), crm_core::Error>(())
    /// ```
    pub fn list<O: Object>(&self, query: Query) -> Result<Page<View<O>>> {
        let query = Query {
            object: O::TYPE_NAME.to_owned(),
            ..query
        };
        let page = self.find(&query)?;
        Ok(Page {
            rows: page.rows.into_iter().map(View::new).collect(),
            next: page.next,
        })
    }

    /// How a query would be answered.
    ///
    /// # Errors
    /// As [`find`](Session::find).
    pub fn explain(&self, query: &Query) -> Result<Plan> {
        self.read(|reader| query::explain(reader, query))
    }

    /// How many live records a filter selects. Without a filter the answer is kept.
    ///
    /// # Errors
    /// As [`find`](Session::find).
    pub fn count(&self, object: &str, filter: &str) -> Result<u64> {
        if filter.trim().is_empty() {
            return self.read(|reader| {
                let object = reader.state.catalog.object_named(object)?;
                let key = engine::total(object.id, 0);
                let count = read::total(reader.read, key.as_bytes(), |row| row.count())?;
                Ok(count.unwrap_or(0).max(0).unsigned_abs())
            });
        }
        let groups = self.aggregate(&Aggregate::of(object).filter(filter))?;
        Ok(groups.first().map_or(0, |group| group.count))
    }

    /// Figures over the records that a filter selects, in groups.
    ///
    /// # Errors
    /// As [`find`](Session::find); `Invalid` for a field that cannot be measured or grouped so, or for a
    /// missing exchange rate.
    pub fn aggregate(&self, question: &Aggregate) -> Result<Vec<Group>> {
        self.read(|reader| query::aggregate(reader, question))
    }

    /// The timeline of a record: its activities and those of the records below it, newest first.
    ///
    /// A company shows what its people did while they were its people, as their [`Employment`](crate::Employment)s say
    /// (one without any shows all at the company where it is), and a deal, with its company, what the members of its
    /// buying group did from when each was put into it until the deal was closed.
    ///
    /// # Errors
    /// `NotFound`; `UnknownObject` for a kind that does not exist.
    pub fn timeline(&self, query: &TimelineQuery) -> Result<TimelinePage> {
        self.read(|reader| query::page_of_timeline(reader, query))
    }

    /// The board of a record, such as a pipeline of deals: columns with kept totals and their first cards. Who asks
    /// again before a commit has changed some of it is given the same one.
    ///
    /// # Errors
    /// `NotFound`; `Invalid` for an object without a board.
    pub fn board(&self, object: &str, of: impl Into<Ref>, cards_max: usize) -> Result<Arc<Board>> {
        let of = of.into();
        self.read(|reader| query::board(reader, object, of, cards_max))
    }

    /// Further cards of a column: those after the [`place`](Card::place) of a page's last card, wherever that
    /// card is now; from the top without one.
    ///
    /// # Errors
    /// As [`board`](Session::board).
    pub fn cards(
        &self,
        object: &str,
        column: impl Into<Ref>,
        after: Option<(Decimal, Ref)>,
        limit: usize,
    ) -> Result<Vec<Card>> {
        let column = column.into();
        self.read(|reader| query::cards(reader, object, column, after, limit))
    }

    /// Finds records by words, beginnings of words and parts of phone numbers and addresses.
    ///
    /// # Errors
    /// `Limit` for too many words.
    pub fn search(&self, text: &str, options: &SearchOptions<'_>) -> Result<Vec<SearchHit>> {
        // In the form in which texts are stored.
        let text = &*normalise::text(text);
        self.read(|reader| {
            let mut hits = Vec::new();
            for hit in search::search(reader.read, text, options)? {
                if let Some(record) = read::record(reader.read, hit.target)? {
                    hits.push(SearchHit {
                        title: title_of(&reader.state.catalog, &record),
                        record,
                        score: hit.score,
                    });
                }
            }
            Ok(hits)
        })
    }

    /// A record's title, as its object's declaration makes it.
    pub fn title(&self, record: &Record) -> String {
        title_of(&self.catalog(), record)
    }

    /// A record's changes, newest first; also of a purged one, without values then.
    ///
    /// # Errors
    /// `Corrupt`, `Io`.
    pub fn history(&self, record: impl Into<Ref>) -> Result<Vec<HistoryEntry>> {
        let reference = record.into();
        self.read(|reader| {
            let mut history = Vec::new();
            for entry in entries_after(reader.read, reference, 0)? {
                let commit = Commit::load(reader.read, entry.sequence)?;
                let commit = commit.ok_or_else(|| {
                    Error::corrupt(format!("commit {} is missing", entry.sequence))
                })?;
                let changes = match entry.kind {
                    ChangeKind::Created => {
                        as_of_place(reader.read, reference, (entry.sequence, entry.n))?
                            .map_or_else(Vec::new, |record| creation_values(&record))
                    }
                    _ => entry.changes,
                };
                history.push(HistoryEntry {
                    commit,
                    kind: entry.kind,
                    cause: entry.cause,
                    changes,
                });
            }
            Ok(history)
        })
    }

    /// The changes of one field of a record, newest first.
    ///
    /// # Errors
    /// `UnknownField`, and as [`history`](Session::history).
    pub fn field_history(&self, record: impl Into<Ref>, field: &str) -> Result<Vec<HistoryEntry>> {
        let reference = record.into();
        let field = self
            .catalog()
            .object(reference.object)?
            .field_named(field)?
            .id;
        let mut history = self.history(reference)?;
        for entry in &mut history {
            entry.changes.retain(|change| change.field == field);
        }
        history.retain(|entry| !entry.changes.is_empty());
        Ok(history)
    }

    /// A record as it was at a time; `None` if it did not exist then or has been purged since.
    ///
    /// # Errors
    /// `Corrupt`, `Io`.
    pub fn record_at(&self, record: impl Into<Ref>, at: DateTime<Utc>) -> Result<Option<Record>> {
        let reference = record.into();
        self.read(|reader| {
            let sequence = sequence_at(reader.read, at, reader.state.counters.sequence)?;
            as_of(reader.read, reference, sequence)
        })
    }

    /// A record as it was after a commit.
    ///
    /// # Errors
    /// As [`record_at`](Session::record_at).
    pub fn record_as_of(&self, record: impl Into<Ref>, sequence: u64) -> Result<Option<Record>> {
        let reference = record.into();
        self.read(|reader| as_of(reader.read, reference, sequence))
    }

    /// The content of a document; `None` if it is kept elsewhere.
    ///
    /// # Errors
    /// `NotFound`; `Corrupt` if the content does not have its hash.
    pub fn content(&self, document: Id<Document>) -> Result<Option<Vec<u8>>> {
        self.read(|reader| {
            engine::content(reader.read, &reader.state.catalog, document.reference())
        })
    }
}

/// A name as people say it: prefix, given, middle, family, suffix.
pub(crate) fn full_name(name: PartsRef<'_>) -> String {
    let order = [3, 0, 2, 1, 4].map(|at| name.get(at));
    let known: Vec<&str> = order.into_iter().filter(|part| !part.is_empty()).collect();
    known.join(" ")
}

pub(crate) fn title_of(catalog: &Catalog, record: &Record) -> String {
    let Ok(object) = catalog.object(record.object()) else {
        return String::new();
    };
    let parts = object.title.iter().map(|field| match record.get(*field) {
        ValueRef::Parts(name)
            if object
                .field(*field)
                .is_some_and(|f| f.ty == crate::schema::FieldType::PersonName) =>
        {
            full_name(name)
        }
        value => value.to_string(),
    });
    let title = parts
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(" ");
    if title.is_empty() {
        let created = record.get(system::CREATED_AT);
        return format!("{} of {created}", object.label);
    }
    title
}
