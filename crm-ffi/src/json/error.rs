//! Errors.

use crm_core::{Detail, Error};
use serde_json::{Value as Json, json};

use super::{list, members};

/// An error: number and name of its code, its message (`detail`) and what the message speaks of; `others`, if something
/// else is wrong with the same record.
pub fn error(error: &Error) -> Json {
    let mut json = parts(error.detail());
    if let Json::Object(members) = &mut json {
        members.insert("code".to_owned(), json!(error.code() as i32));
        members.insert("type".to_owned(), json!(error.code().name()));
        members.insert("detail".to_owned(), json!(error.to_string()));
        if !error.others().is_empty() {
            members.insert("others".to_owned(), list(error.others(), self::error));
        }
    }
    json
}

/// The members that an error of this kind has of its own.
fn parts(detail: &Detail) -> Json {
    match detail {
        Detail::UnknownObject { name, nearest } => {
            members([("name", json!(name)), ("nearest", json!(nearest))])
        }
        Detail::UnknownField {
            object,
            name,
            nearest,
        } => members([
            ("object", json!(object)),
            ("name", json!(name)),
            ("nearest", json!(nearest)),
        ]),
        Detail::Invalid {
            object,
            field,
            input,
            reason,
        } => json!({"object": object, "field": field, "input": input, "reason": reason}),
        Detail::Expression {
            text,
            line,
            column,
            reason,
        } => json!({"text": text, "line": line, "column": column, "reason": reason}),
        Detail::Duplicate {
            object,
            field,
            value,
            holder,
        } => {
            json!({"object": object, "field": field, "value": value, "holder": holder.to_string()})
        }
        Detail::Stale {
            object,
            id,
            expected,
            fields,
        } => {
            let fields = list(
                fields,
                |field| json!({"field": field.field, "version": field.version, "by": field.by}),
            );
            json!({"object": object, "id": id.to_string(), "expected": expected, "fields": fields})
        }
        Detail::NotFound { object, id } => json!({"object": object, "id": id}),
        Detail::MissingReference {
            object,
            field,
            target,
            id,
        } => json!({"object": object, "field": field, "target": target, "id": id.to_string()}),
        Detail::Referenced {
            object,
            id,
            by_object,
            by_field,
            by,
            count,
        } => json!({
            "object": object,
            "id": id.to_string(),
            "by_object": by_object,
            "by_field": by_field,
            "by": by.to_string(),
            "count": count,
        }),
        Detail::Cycle { object, field, id } => {
            json!({"object": object, "field": field, "id": id.to_string()})
        }
        Detail::Validation {
            object,
            rule,
            message,
        } => json!({"object": object, "rule": rule, "text": message}),
        Detail::Schema { name, reason } => json!({"name": name, "reason": reason}),
        Detail::Limit { what, max, actual } => {
            json!({"what": what, "max": max, "actual": actual})
        }
        Detail::RuleDepth { chain } => json!({"chain": chain}),
        Detail::Locked { path } => json!({"path": path}),
        Detail::NewerFormat { found, supported } => {
            json!({"found": found, "supported": supported})
        }
        // The others are told by their message alone.
        _ => json!({}),
    }
}
