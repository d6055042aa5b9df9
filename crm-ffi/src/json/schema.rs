//! The schema and the settings.

use crm_core::schema::{Catalog, FieldDef, ObjectDef};
use crm_core::{Result, RetypeReport, Settings, field_from_json, object_from_json};
use serde_json::{Value as Json, json};

use super::{list, reference, value};

/// The organisation's settings.
pub fn settings(settings: &Settings) -> Json {
    let Settings {
        base_currency,
        region,
        time_zone,
        fiscal_year_start,
    } = settings;
    json!({
        "base_currency": base_currency.code(),
        "region": region,
        "time_zone": time_zone.name(),
        "fiscal_year_start": fiscal_year_start,
    })
}

/// Every object of the schema.
pub fn catalog(catalog: &Catalog) -> Json {
    let objects = list(catalog.objects(), object_definition);
    json!({"version": catalog.version(), "objects": objects})
}

/// The definition of an object, its fields in the form of [`field_definition`].
pub fn object_definition(object: &ObjectDef) -> Json {
    let mut json = serialised(object);
    if let Json::Object(members) = &mut json {
        members.insert("fields".to_owned(), list(&object.fields, field_definition));
    }
    json
}

/// The definition of a field. Its default is called `default_value`, since several languages keep the shorter word
/// for themselves.
pub fn field_definition(field: &FieldDef) -> Json {
    let mut json = serialised(field);
    if let Json::Object(members) = &mut json
        && let Some(default) = members.remove("default")
    {
        members.insert("default_value".to_owned(), default);
    }
    json
}

/// The field of a definition in the form of [`field_definition`], of which `name` and `ty` are enough.
///
/// # Errors
/// As [`field_from_json`].
pub fn read_field(definition: &Json) -> Result<FieldDef> {
    field_from_json(&with_default(definition.clone()))
}

/// The object of a definition in the form of [`object_definition`], of which `name` and `plural` are enough.
///
/// # Errors
/// As [`object_from_json`].
pub fn read_object(definition: &Json) -> Result<ObjectDef> {
    let mut definition = definition.clone();
    if let Some(fields) = definition.get_mut("fields").and_then(Json::as_array_mut) {
        for field in fields {
            *field = with_default(field.take());
        }
    }
    object_from_json(&definition)
}

/// A field's definition in which the default has the engine's name.
fn with_default(mut field: Json) -> Json {
    if let Some(members) = field.as_object_mut()
        && let Some(default) = members.remove("default_value")
    {
        members.insert("default".to_owned(), default);
    }
    field
}

/// A definition in the engine's own form, without members that have no value.
fn serialised(definition: &impl serde::Serialize) -> Json {
    let json = serde_json::to_value(definition);
    debug_assert!(json.is_ok(), "a definition has a JSON form");
    without_nulls(json.unwrap_or_default())
}

fn without_nulls(json: Json) -> Json {
    match json {
        Json::Object(members) => members
            .into_iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(name, value)| (name, without_nulls(value)))
            .collect(),
        Json::Array(all) => all.into_iter().map(without_nulls).collect(),
        other => other,
    }
}

/// What re-typing a field did.
pub fn retype_report(catalog: &Catalog, report: &RetypeReport) -> Json {
    let RetypeReport { converted, failed } = report;
    let failed = list(failed, |(record, was, reason)| {
        json!({
            "record": reference(catalog, *record),
            "value": value(catalog, was, None),
            "reason": reason,
        })
    });
    json!({"converted": converted, "failed": failed})
}
