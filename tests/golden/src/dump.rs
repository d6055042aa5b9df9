//! What a database holds, as JSON: through the public API only, in forms that say every bit of a value.

use std::collections::BTreeMap;

use crm_core::search::Prefix;
use crm_core::*;
use serde_json::{Map, Value as Json, json};

use crate::Result;

/// Words to look up.
const WORDS: [&str; 5] = ["acme", "company", "lovelace", "offices", "zurich"];

/// Records by object and field number, the log, orders as indexes have them, searches, counts, what is due.
///
/// # Errors
/// Those of the engine.
pub fn dump(crm: &Crm) -> Result<Json> {
    let report = crm.check()?;
    let catalog = crm.catalog();
    let mut records = Map::new();
    let mut counts = Map::new();
    let mut orders = Map::new();
    for object in catalog.objects() {
        let mut all = BTreeMap::new();
        for query in [Query::of(&object.name), Query::of(&object.name).in_trash()] {
            for record in crm.find(&query.limit(limits::PAGE_LEN_MAX))?.rows {
                all.insert(id_text(record.id().as_bytes()), fields(&record)?);
            }
        }
        if all.is_empty() {
            continue;
        }
        let number = object.id.to_string();
        records.insert(number.clone(), all.into_iter().collect());
        counts.insert(number.clone(), crm.count(&object.name, "")?.into());
        let mut of_object = Map::new();
        for field in object
            .live_fields()
            .filter(|field| field.indexed && !field.many)
        {
            let query = Query::of(&object.name)
                .filter(&format!("has({})", field.name))
                .sort(&field.name);
            let rows = crm.find(&query.limit(limits::PAGE_LEN_MAX))?.rows;
            let ids: Vec<String> = rows
                .iter()
                .map(|record| id_text(record.id().as_bytes()))
                .collect();
            if !ids.is_empty() {
                of_object.insert(field.id.to_string(), ids.into());
            }
        }
        orders.insert(number, of_object.into());
    }
    Ok(json!({
        "findings": report.findings.iter().map(|finding| format!("{finding:?}")).collect::<Vec<_>>(),
        "sequence": crm.sequence(),
        "schema_version": catalog.version(),
        "records": records,
        "counts": counts,
        "orders": orders,
        "log": log(crm)?,
        "search": searches(crm)?,
        "next_due": crm.next_due()?.map(|at| at.timestamp_micros()),
    }))
}

fn fields(record: &Record) -> Result<Json> {
    let mut all = Map::new();
    for field in record.fields().try_fields() {
        let (number, one) = field?;
        all.insert(number.to_string(), value(one));
    }
    Ok(all.into())
}

fn log(crm: &Crm) -> Result<Json> {
    let mut commits = Vec::new();
    for CommitChanges { commit, entries } in crm.changes(0, usize::MAX)? {
        let entries = entries.iter().map(|entry| {
            let changes = entry.changes.iter().map(|change| {
                json!([
                    change.field,
                    value((&change.old).into()),
                    value((&change.new).into())
                ])
            });
            json!({
                "n": entry.n,
                "kind": entry.kind as u8,
                "record": reference(entry.record),
                "cause": entry.cause,
                "changes": changes.collect::<Vec<_>>(),
            })
        });
        commits.push(json!({
            "sequence": commit.sequence,
            "at": commit.at.timestamp_micros(),
            "actor": commit.actor.map(reference),
            "cause": commit.cause,
            "operation": commit.operation,
            "entries": entries.collect::<Vec<_>>(),
        }));
    }
    Ok(commits.into())
}

/// The records that have a word, whatever their order.
fn searches(crm: &Crm) -> Result<Json> {
    let options = SearchOptions {
        prefix: Prefix::Never,
        limit: limits::PAGE_LEN_MAX,
        ..SearchOptions::default()
    };
    let mut found = Map::new();
    for word in WORDS {
        let mut hits: Vec<String> = Vec::new();
        for hit in crm.search(word, &options)? {
            hits.push(reference(hit.record.reference()));
        }
        hits.sort();
        found.insert(word.to_owned(), hits.into());
    }
    Ok(found.into())
}

fn reference(of: Ref) -> String {
    format!("{}:{}", of.object, id_text(of.id.as_bytes()))
}

fn id_text(id: &[u8; 16]) -> String {
    bytes_as_text(id)
}

/// Bytes as hexadecimal digits.
pub fn bytes_as_text(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn value(of: ValueRef<'_>) -> Json {
    let decimal =
        |number: rust_decimal::Decimal| json!([number.mantissa().to_string(), number.scale()]);
    match of {
        ValueRef::Null => Json::Null,
        ValueRef::Bool(value) => value.into(),
        ValueRef::Int(value) => json!({"int": value}),
        ValueRef::Decimal(value) => json!({"decimal": decimal(value)}),
        ValueRef::Money(value) => {
            json!({"money": [value.currency().code(), decimal(value.amount())]})
        }
        ValueRef::Text(value) => json!({"text": value}),
        ValueRef::Date(value) => json!({"date": value.to_epoch_days()}),
        ValueRef::PartialDate(value) => {
            let (month, day) = value.month_day().unwrap_or_default();
            json!({"partial_date": [value.year().unwrap_or_default(), month, day]})
        }
        ValueRef::DateTime(value) => json!({"time": value.timestamp_micros()}),
        ValueRef::Duration(value) => json!({"duration": value.num_milliseconds()}),
        ValueRef::Ref(value) => json!({"ref": reference(value)}),
        ValueRef::Parts(value) => json!({"parts": value.iter().collect::<Vec<_>>()}),
        ValueRef::List(value) => json!({"list": value.iter().map(self::value).collect::<Vec<_>>()}),
    }
}
