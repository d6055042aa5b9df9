//! Reading records.

use chrono::{DateTime, Utc};

use super::session::Session;
use crate::engine::{ChangeKind, Commit, FieldChange};
use crate::error::{Error, Result};
use crate::objects::{Document, Organisation};
use crate::query::{self, Aggregate, Group, Page, Plan, Query, TimelinePage, TimelineQuery};
use crate::record::Record;
use crate::schema::{Catalog, Object, View, system};
use crate::search::SearchOptions;
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
        let record = self
            .lens(&self.published())
            .first_record(Organisation::TYPE)?;
        let record = record.ok_or_else(|| Error::corrupt("the database has no settings"))?;
        Ok(View::new(record))
    }

    /// A live record of any object.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn get_record(&self, record: Ref) -> Result<Record> {
        self.shared().check_open()?;
        self.lens(&self.published()).live_record(record)
    }

    /// A record of any object, also from the trash; `None` if there is none.
    ///
    /// # Errors
    /// `Corrupt`, `Io`.
    pub fn find_record(&self, record: Ref) -> Result<Option<Record>> {
        self.shared().check_open()?;
        self.lens(&self.published()).record(record)
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
            let kept = self.read(|reader| {
                let whole = reader.lens.whole(reader.lens.object(object)?.id);
                whole.map(|whole| whole.count()).transpose()
            })?;
            if let Some(count) = kept {
                return Ok(count);
            }
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

    /// Finds records by words, beginnings of words and parts of phone numbers and addresses.
    ///
    /// # Errors
    /// `Limit` for too many words.
    pub fn search(&self, text: &str, options: &SearchOptions<'_>) -> Result<Vec<SearchHit>> {
        // In the form in which texts are stored.
        let text = &*normalise::text(text);
        self.read(|reader| {
            reader
                .lens
                .search(text, options, |record, score| SearchHit {
                    title: title_of(reader.lens.catalog(), &record),
                    record,
                    score,
                })
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
        let history = self.read(|reader| reader.lens.history(record.into()))?;
        let entries = history.into_iter().map(|(commit, entry)| HistoryEntry {
            commit,
            kind: entry.kind,
            cause: entry.cause,
            changes: entry.changes,
        });
        Ok(entries.collect())
    }

    /// The changes of one field of a record, newest first.
    ///
    /// # Errors
    /// `UnknownField`, and as [`history`](Session::history).
    pub fn field_history(&self, record: impl Into<Ref>, field: &str) -> Result<Vec<HistoryEntry>> {
        let reference = record.into();
        let field = {
            let published = self.published();
            let lens = self.lens(&published);
            lens.field(lens.catalog().object(reference.object)?, field)?
                .id
        };
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
        self.read(|reader| reader.lens.record_at(record.into(), at))
    }

    /// A record as it was after a commit.
    ///
    /// # Errors
    /// As [`record_at`](Session::record_at).
    pub fn record_as_of(&self, record: impl Into<Ref>, sequence: u64) -> Result<Option<Record>> {
        self.read(|reader| reader.lens.record_as_of(record.into(), sequence))
    }

    /// The content of a document; `None` if it is kept elsewhere.
    ///
    /// # Errors
    /// `NotFound`; `Corrupt` if the content does not have its hash.
    pub fn content(&self, document: Id<Document>) -> Result<Option<Vec<u8>>> {
        self.read(|reader| reader.lens.content(document.reference()))
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
