//! An embeddable CRM engine.
#![forbid(unsafe_code)]

/// The README's Rust, compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct Readme;

mod api;
pub mod engine;
pub mod error;
mod exchange;
pub mod expr;
pub mod limits;
pub mod objects;
pub mod query;
pub mod record;
pub mod rules;
pub mod schema;
pub mod search;
pub mod store;
pub mod value;

pub use error::{Code, Detail, Error, Result};
pub use value::{Any, Currency, Id, Money, PartialDate, Parts, Ref, Value, ValueRef};

pub use api::{
    Change, CommitChanges, ContactPointState, Crm, DatabaseStats, HistoryEntry, Keyed, Options,
    Rows, SearchHit, Session, Subscription, Update, Watch,
};
pub use engine::{
    ChangeKind, CheckReport, Clock, Commit, FieldChange, IdSource, LogEntry, ManualClock, Outcome,
    OutcomeKind, RandomIds, RetypeReport, SequentialIds, Settings, SystemClock, UndoReport,
};
pub use exchange::{
    Column, ImportMode, ImportOptions, ImportPlan, ImportProgress, ImportReport, PlannedImport,
    PlannedObject, ReadSettings, RowProblem, fields_from_json, record_to_json,
};
pub use objects::*;
pub use query::{
    Aggregate, Board, BoardColumn, Card, DatePart, Group, GroupBy, Measure, MeasureOp, Page, Plan,
    Query, SortKey, TimelineEntry, TimelinePage, TimelineQuery,
};
pub use record::{FieldKey, Fields, Record};
pub use rules::DueReport;
pub use schema::kind::{AddressParts, Choices, NameParts};
pub use schema::{Draft, Field, Object, View};
pub use search::SearchOptions;
