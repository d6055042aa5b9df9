//! Values of fields as scenarios write them.

use chrono::{DateTime, TimeDelta, Utc};
use crm_core::schema::{Catalog, FieldDef};
use crm_core::{Currency, Fields, Money, Parts, Value};
use rust_decimal::Decimal;
use serde_json::{Map, Value as Json};

use super::arguments;
use super::handle::Failure;

/// The fields that a change sets.
pub fn fields(
    catalog: &Catalog,
    object: &str,
    members: &Map<String, Json>,
) -> Result<Fields, Failure> {
    let object = catalog.object_named(object)?;
    let mut fields = Fields::new();
    for (name, json) in members {
        fields.set(name, value(catalog, object.field_named(name)?, json)?);
    }
    Ok(fields)
}

fn value(catalog: &Catalog, field: &FieldDef, json: &Json) -> Result<Value, Failure> {
    Ok(match json {
        Json::Null => Value::Null,
        Json::Bool(value) => (*value).into(),
        Json::String(text) => text.as_str().into(),
        Json::Number(number) => number
            .as_i64()
            .ok_or_else(|| Failure::scenario(format!("{number} is no whole number")))?
            .into(),
        Json::Array(all) => Value::List(
            all.iter()
                .map(|json| value(catalog, field, json))
                .collect::<Result<_, _>>()?,
        ),
        Json::Object(members) => typed(catalog, field, members)?,
    })
}

/// A value whose members say its type.
fn typed(
    catalog: &Catalog,
    field: &FieldDef,
    members: &Map<String, Json>,
) -> Result<Value, Failure> {
    let member = |name: &str| members.get(name).and_then(Json::as_str);
    let known = match (members.len(), members.iter().next()) {
        (1, Some((kind, json))) => one_member(kind, json)?,
        _ => None,
    };
    if let Some(value) = known {
        return Ok(value);
    }
    if let (2, Some(amount), Some(currency)) = (members.len(), member("amount"), member("currency"))
    {
        return Ok(Money::new(decimal(amount)?, Currency::new(currency)?)?.into());
    }
    if let (2, Some(_), Some(_)) = (members.len(), member("object"), member("id")) {
        let json = Json::Object(members.clone());
        return Ok(arguments::reference(catalog, &json)?.into());
    }
    let names = field.ty.part_names();
    let mut parts = vec![String::new(); names.len()];
    for (name, part) in members {
        let slot = names.iter().position(|known| known == name);
        let slot = slot.and_then(|at| parts.get_mut(at));
        let (Some(slot), Some(text)) = (slot, part.as_str()) else {
            return Err(Failure::scenario(format!(
                "`{name}` is no part of `{}`",
                field.name
            )));
        };
        text.clone_into(slot);
    }
    Ok(Parts::new(parts).into())
}

fn one_member(kind: &str, json: &Json) -> Result<Option<Value>, Failure> {
    let text = json.as_str().unwrap_or_default();
    Ok(Some(match kind {
        "decimal" => decimal(text)?.into(),
        "date" => parsed::<chrono::NaiveDate>(text)?.into(),
        "partial_date" => text.parse::<crm_core::PartialDate>()?.into(),
        "date_time" => parsed::<DateTime<Utc>>(text)?.into(),
        "duration" => json
            .as_i64()
            .and_then(TimeDelta::try_milliseconds)
            .ok_or_else(|| Failure::scenario(format!("{json} is no duration")))?
            .into(),
        _ => return Ok(None),
    }))
}

fn decimal(text: &str) -> Result<Decimal, Failure> {
    parsed(text)
}

/// What a scenario writes as text; it is a mistake of the scenario if it cannot be read.
pub fn parsed<T: std::str::FromStr<Err: std::fmt::Display>>(text: &str) -> Result<T, Failure> {
    text.parse()
        .map_err(|error| Failure::scenario(format!("{text}: {error}")))
}
