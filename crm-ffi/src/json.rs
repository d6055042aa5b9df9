//! Results that hosts without our types get as JSON: reports that are read seldom. Names are those of the engine's
//! fields, ids are text, times RFC 3339, and what is `None` is left out.

use crm_core::schema::Catalog;
use crm_core::value::{JsonNames, to_json};
use crm_core::{
    CheckReport, ContactPointState, DatabaseStats, Detail, DueReport, Error, Plan, Ref,
    RetypeReport, Settings, UndoReport, ValueRef,
};
use serde::Serialize;
use serde_json::{Map, Value as Json, json};

/// Anything that has a serde form.
pub(crate) fn of(value: &impl Serialize) -> Result<Json, Error> {
    serde_json::to_value(value).map_err(|error| {
        Detail::Invalid {
            object: String::new(),
            field: String::new(),
            input: String::new(),
            reason: format!("this has no JSON form: {error}"),
        }
        .into()
    })
}

fn object(members: impl IntoIterator<Item = (&'static str, Option<Json>)>) -> Json {
    let there = members
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?)));
    Json::Object(there.collect::<Map<_, _>>())
}

fn value(catalog: &Catalog, value: ValueRef<'_>) -> Json {
    let object = |id: u16| Some(catalog.object(id).ok()?.name.as_str());
    to_json(
        value,
        JsonNames {
            object: &object,
            parts: &[],
        },
    )
}

fn reference(catalog: &Catalog, reference: Ref) -> Json {
    value(catalog, ValueRef::Ref(reference))
}

/// An error: its code, its message, and the members of its detail.
pub(crate) fn error(error: &Error) -> Json {
    let mut members = detail(error.detail());
    let known = |member: Json| match member {
        Json::String(text) if text.is_empty() => None,
        Json::Null => None,
        member => Some(member),
    };
    let mut all = Map::new();
    all.insert("code".to_owned(), error.code().name().into());
    all.insert("message".to_owned(), error.to_string().into());
    if let Some(members) = members.as_object_mut() {
        let there = std::mem::take(members).into_iter();
        all.extend(there.filter_map(|(name, member)| Some((name, known(member)?))));
    }
    Json::Object(all)
}

fn detail(detail: &Detail) -> Json {
    use Detail as D;
    match detail {
        D::UnknownObject { name, nearest } => json!({"input": name, "nearest": nearest}),
        D::UnknownField {
            object,
            name,
            nearest,
        } => {
            json!({"object": object, "input": name, "nearest": nearest})
        }
        D::Invalid {
            object,
            field,
            input,
            reason,
        } => {
            json!({"object": object, "field": field, "input": input, "reason": reason})
        }
        D::Expression {
            text,
            line,
            column,
            reason,
        } => {
            json!({"input": text, "line": line, "column": column, "reason": reason})
        }
        D::Duplicate {
            object,
            field,
            value,
            holder,
        } => {
            json!({"object": object, "field": field, "input": value, "holder": holder.to_string()})
        }
        D::Stale {
            object,
            id,
            expected,
            fields,
        } => {
            let fields = fields.iter().map(
                |stale| json!({"field": stale.field, "version": stale.version, "by": stale.by}),
            );
            let fields: Vec<Json> = fields.collect();
            json!({"object": object, "id": id.to_string(), "expected": expected, "fields": fields})
        }
        D::NotFound { object, id } => json!({"object": object, "id": id}),
        D::MissingReference {
            object,
            field,
            target,
            id,
        } => {
            json!({"object": object, "field": field, "target": target, "id": id.to_string()})
        }
        D::Referenced {
            object,
            id,
            by_object,
            by_field,
            by,
        } => json!({
            "object": object, "id": id.to_string(),
            "by_object": by_object, "by_field": by_field, "by": by.to_string(),
        }),
        D::Cycle { object, field, id } => {
            json!({"object": object, "field": field, "id": id.to_string()})
        }
        D::Validation { object, rule, .. } => json!({"object": object, "rule": rule}),
        D::Schema { name, reason } => json!({"input": name, "reason": reason}),
        D::Limit { what, max, actual } => json!({"what": what, "max": max, "actual": actual}),
        D::RuleDepth { chain } => json!({"chain": chain}),
        D::Locked { path } => json!({"input": path}),
        D::Corrupt { what } => json!({"what": what}),
        D::NewerFormat { found, supported } => json!({"found": found, "supported": supported}),
        _ => json!({}),
    }
}

pub(crate) fn settings(settings: &Settings) -> Json {
    json!({
        "base_currency": settings.base_currency.code(),
        "region": settings.region,
        "time_zone": settings.time_zone.name(),
        "fiscal_year_start": settings.fiscal_year_start,
    })
}

pub(crate) fn plan(plan: &Plan) -> Json {
    let text = Some(Json::from(plan.to_string()));
    let kind = |kind: &str| ("kind", Some(Json::from(kind)));
    match plan {
        Plan::ById => object([kind("by_id"), ("text", text)]),
        Plan::Index {
            fields,
            ranges,
            ordered,
        } => object([
            kind("index"),
            ("fields", Some(json!(fields))),
            ("ranges", Some(json!(ranges))),
            ("ordered", Some(json!(ordered))),
            ("text", text),
        ]),
        Plan::Scan { ordered } => object([
            kind("scan"),
            ("ordered", Some(json!(ordered))),
            ("text", text),
        ]),
        _ => object([kind("other"), ("text", text)]),
    }
}

pub(crate) fn undo_report(catalog: &Catalog, report: &UndoReport) -> Json {
    let skipped = report.skipped.iter().map(|skipped| {
        object([
            ("record", Some(reference(catalog, skipped.record))),
            ("field", skipped.field.as_deref().map(Json::from)),
            ("reason", Some(skipped.reason.as_str().into())),
        ])
    });
    json!({"undone": report.undone, "skipped": skipped.collect::<Vec<_>>()})
}

pub(crate) fn due_report(catalog: &Catalog, report: &DueReport) -> Json {
    let reminders = report
        .reminders
        .iter()
        .map(|reminder| reference(catalog, *reminder));
    json!({
        "reminders": reminders.collect::<Vec<_>>(),
        "rule_runs": report.rule_runs,
        "more": report.more,
    })
}

pub(crate) fn retype_report(catalog: &Catalog, report: &RetypeReport) -> Json {
    let failed = report.failed.iter().map(|(record, old, reason)| {
        json!({
            "record": reference(catalog, *record),
            "value": value(catalog, old.into()),
            "reason": reason,
        })
    });
    json!({"converted": report.converted, "failed": failed.collect::<Vec<_>>()})
}

pub(crate) fn contact_point(catalog: &Catalog, state: &ContactPointState) -> Json {
    let holders = state
        .holders
        .iter()
        .map(|holder| reference(catalog, *holder));
    json!({
        "address": state.address,
        "opted_out": state.opted_out,
        "invalid": state.invalid,
        "holders": holders.collect::<Vec<_>>(),
    })
}

pub(crate) fn check_report(report: &CheckReport) -> Json {
    let findings = report
        .findings
        .iter()
        .map(|finding| json!({"space": space(finding.space), "what": finding.what}));
    json!({
        "records": report.records,
        "rows": report.rows,
        "findings": findings.collect::<Vec<_>>(),
    })
}

pub(crate) fn stats(stats: &DatabaseStats) -> Json {
    let records = stats
        .records
        .iter()
        .map(|(name, count)| (name.clone(), Json::from(*count)));
    let spaces = stats.storage.spaces.iter().map(|stats| {
        json!({
            "space": space(stats.space),
            "entries": stats.entries,
            "stored_bytes": stats.stored_bytes,
        })
    });
    json!({
        "records": records.collect::<Map<_, _>>(),
        "sequence": stats.sequence,
        "storage": {"spaces": spaces.collect::<Vec<_>>(), "file_bytes": stats.storage.file_bytes},
    })
}

/// `Timeline` → `timeline`.
fn space(space: crm_core::store::Space) -> String {
    format!("{space:?}").to_lowercase()
}
