//! An embeddable CRM engine: people and companies, deals and pipelines, activities, rules, reminders and search,
//! in the host's own process and in one file.
//!
//! Open a database with [`Crm::open`]. [`Crm`] is a [`Session`] of the system; [`Session::as_user`] gives that of
//! a user. A session creates and changes records by drafts, reads them as views, and answers queries.
//!
//! ```
//! use crm_core::{Company, Contact, Crm, Deal, Money, Pipeline, Query, Stage, StageKind};
//!
//! let crm = Crm::in_memory()?;
//! let sales = crm.create(Pipeline::draft().name("Sales"))?;
//! let offer = Stage::draft().name("Offer").pipeline(sales).order(1).probability(50);
//! crm.create(offer)?;
//! let won = Stage::draft().name("Won").pipeline(sales).order(2).kind(StageKind::Won).probability(100);
//! let won = crm.create(won)?;
//!
//! let acme = crm.create(Company::draft().name("Acme"))?;
//! let seats = Deal::draft().name("Forty seats").company(acme).pipeline(sales);
//! let seats = crm.create(seats.amount("12000 EUR".parse::<Money>()?))?;
//! crm.update(seats, Deal::draft().stage(won))?;
//!
//! let deals = crm.list::<Deal>(Query::default().filter("company.name == 'Acme' && status == 'won'"))?;
//! assert_eq!(deals.rows[0].amount().map(|amount| amount.to_string()), Some("12000.00 EUR".into()));
//! # Ok::<(), crm_core::Error>(())
//! ```
//!
//! | to … | see |
//! |---|---|
//! | create, change, delete, undo | [`Session::create`], [`Session::update`], [`Session::batch`], [`Session::undo`] |
//! | find and count | [`Query`] with [`Session::find`], [`Aggregate`] with [`Session::aggregate`]; the language of filters is in [`expr`] |
//! | convert leads | [`Session::leads`] |
//! | show | [`Session::timeline`], [`Session::board`], [`Session::search`], [`Session::history`] |
//! | follow | [`Session::watch`], [`Session::changes`] |
//! | automate and remind | [`Rule`], [`Reminder`], [`Session::next_due`], [`Session::run_due`] |
//! | extend the schema | [`Session::add_field`], [`Session::add_object`], [`schema`] |
//! | take in and give out | [`Session::import_csv`], [`Session::export_csv`], [`record_to_json`] |
//! | look after the file | [`Session::check`], [`Session::backup`](Session#method.backup), [`Session::compact`] |
//!
//! Errors are one type, [`Error`], with a stable [`Code`] and a typed [`Detail`]; nothing has changed when a call
//! returns one. Bounds are in [`limits`]. Without the feature `redb` the crate keeps databases in memory, or on a
//! [`Storage`](store::Storage) of the host's.
#![forbid(unsafe_code)]

/// The README's Rust, compiled and run; it opens a file.
#[cfg(all(doctest, feature = "redb"))]
#[doc = include_str!("../../README.md")]
pub struct Readme;

mod access;
mod api;
mod engine;
mod exchange;
mod objects;
mod operations;
mod query;
mod record;
mod rules;
mod shape;

pub mod error;
pub mod expr;
pub mod limits;
pub mod operation;
pub mod schema;
pub mod search;
pub mod store;
pub mod value;

pub use error::{Code, Detail, Error, Result};
pub use value::{Any, Currency, Id, Money, PartialDate, Parts, Ref, Value, ValueRef, Zone};

pub use api::{
    Cancel, Change, CommitChanges, ContactPointState, Crm, DatabaseStats, HistoryEntry, Keyed,
    Options, RepairReport, Rows, SearchHit, Session, Stopper, Subscription, Update, Wake, Watch,
};
#[cfg(feature = "redb")]
pub use api::{Increment, PointInTime, RestoreReport, SalvageReport};
pub use engine::{
    ChangeKind, CheckReport, Clock, Commit, FORMAT, FieldChange, Finding, IdSource, LogEntry,
    ManualClock, Outcome, OutcomeKind, RandomIds, RetypeReport, SequentialIds, Settings,
    SystemClock, UndoReport, UndoSkipped,
};
pub use exchange::{
    Column, ImportMode, ImportOptions, ImportPlan, ImportProgress, ImportReport, PlannedImport,
    PlannedObject, ReadSettings, RowProblem, field_from_json, fields_from_json, object_from_json,
    record_to_json,
};
pub use objects::*;
pub use operations::*;
pub use query::{
    Aggregate, Board, BoardColumn, Card, CardPlace, DatePart, Group, GroupBy, Measure, MeasureOp,
    Page, Plan, Query, SortKey, TimelineEntry, TimelinePage, TimelineQuery,
};
pub use record::{FieldKey, Fields, Record};
pub use rules::{Action, ActionValue, DueReport};
pub use schema::kind::{AddressParts, Choices, NameParts};
pub use schema::{Draft, Field, Object, View};
pub use search::SearchOptions;
