//! The engine's results as JSON: what C returns where a result is more than rows, and what the scenarios of
//! `tests/conformance` compare. `tests/conformance/README.md` states the form; members have the names that the
//! records of the other hosts have.
//!
//! Results name objects and fields by number; the catalog says their names. A member without a value is left out.

mod error;
mod exchange;
mod feed;
mod figures;
mod schema;
mod upkeep;

use chrono::{DateTime, Utc};
use crm_core::schema::{Catalog, FieldDef};
use crm_core::value::{JsonNames, to_json};
use crm_core::{
    ContactPointState, DueReport, Outcome, OutcomeKind, Page, Plan, Record, Ref, SearchHit,
    UndoReport, Value, ValueRef, record_to_json,
};
use serde_json::{Map, Value as Json, json};

pub use error::error;
pub use exchange::{import_options, import_report};
pub use feed::{changes, history, updates};
pub use figures::{groups, timeline};
pub use schema::{
    catalog, field_definition, object_definition, read_field, read_object, retype_report, settings,
};
pub use upkeep::{check_report, repair_report, restore_report, salvage_report, stats};

/// An object of the members that have a value.
fn members<const N: usize>(mut members: [(&str, Json); N]) -> Json {
    /// Compiled once and not for each number of members.
    fn object(members: &mut [(&str, Json)]) -> Json {
        let mut object = Map::new();
        for (name, value) in members {
            if !value.is_null() {
                object.insert((*name).to_owned(), value.take());
            }
        }
        Json::Object(object)
    }
    object(&mut members)
}

/// A list of what `write` makes of each.
fn list<'a, T: 'a>(all: impl IntoIterator<Item = &'a T>, write: impl FnMut(&'a T) -> Json) -> Json {
    all.into_iter().map(write).collect()
}

/// A time, as RFC 3339.
pub fn time(time: DateTime<Utc>) -> Json {
    ValueRef::DateTime(time).to_string().into()
}

/// A reference, with the name of its object.
pub fn reference(catalog: &Catalog, record: Ref) -> Json {
    value(catalog, &record.into(), None)
}

/// A value of a field, or one that belongs to none.
pub fn value(catalog: &Catalog, value: &Value, field: Option<&FieldDef>) -> Json {
    let object_name = |id: u16| Some(catalog.object(id).ok()?.name.as_str());
    let names = JsonNames {
        object: &object_name,
        parts: field.map_or(&[], |field| field.ty.part_names()),
    };
    to_json(value.into(), names)
}

fn values(catalog: &Catalog, all: &[Value]) -> Json {
    list(all, |one| value(catalog, one, None))
}

/// Records, in order.
pub fn records(catalog: &Catalog, all: &[Record]) -> Json {
    list(all, |record| record_to_json(catalog, record))
}

/// A page of records.
pub fn page(catalog: &Catalog, page: &Page) -> Json {
    let Page { rows, next } = page;
    members([("records", records(catalog, rows)), ("next", json!(next))])
}

/// How a query is answered.
pub fn plan(plan: &Plan) -> Json {
    match plan {
        Plan::ById => json!({"type": "by_id"}),
        Plan::Index {
            fields,
            ranges,
            ordered,
        } => json!({"type": "index", "fields": fields, "ranges": ranges, "ordered": ordered}),
        Plan::Scan { ordered } => json!({"type": "scan", "ordered": ordered}),
    }
}

/// What a search has found.
pub fn search_hits(catalog: &Catalog, hits: &[SearchHit]) -> Json {
    list(hits, |hit| {
        let SearchHit {
            record,
            title,
            score,
        } = hit;
        json!({"record": record_to_json(catalog, record), "title": title, "score": score})
    })
}

/// What a change did.
pub fn outcome(catalog: &Catalog, outcome: &Outcome) -> Json {
    let Outcome {
        record,
        kind,
        version,
    } = outcome;
    let kind = match kind {
        OutcomeKind::Created => "created",
        OutcomeKind::Updated => "updated",
        OutcomeKind::Unchanged => "unchanged",
        OutcomeKind::Deleted => "deleted",
        OutcomeKind::Restored => "restored",
        OutcomeKind::Purged => "purged",
    };
    json!({"record": reference(catalog, *record), "kind": kind, "version": version})
}

/// What the changes of a batch did.
pub fn outcomes(catalog: &Catalog, all: &[Outcome]) -> Json {
    list(all, |one| outcome(catalog, one))
}

/// What an undo did.
pub fn undo_report(catalog: &Catalog, report: &UndoReport) -> Json {
    let UndoReport { undone, skipped } = report;
    let skipped = list(skipped, |skipped| {
        members([
            ("record", reference(catalog, skipped.record)),
            ("field", json!(skipped.field)),
            ("reason", json!(skipped.reason)),
        ])
    });
    json!({"undone": undone, "skipped": skipped})
}

/// What a call of `run_due` did.
pub fn due_report(catalog: &Catalog, report: &DueReport) -> Json {
    let DueReport {
        reminders,
        rule_runs,
        more,
    } = report;
    let reminders = list(reminders, |reminder| reference(catalog, *reminder));
    json!({"reminders": reminders, "rule_runs": rule_runs, "more": more})
}

/// What is known of an address.
pub fn contact_point(catalog: &Catalog, state: &ContactPointState) -> Json {
    let ContactPointState {
        address,
        opted_out,
        invalid,
        holders,
    } = state;
    let holders = list(holders, |holder| reference(catalog, *holder));
    json!({"address": address, "opted_out": opted_out, "invalid": invalid, "holders": holders})
}
