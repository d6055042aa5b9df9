//! The JSON encoding.

use std::fmt::Display;
use std::io::Write;

use chrono::{NaiveDate, TimeDelta};
use crm_core::operation::{Given, Shape};
use crm_core::schema::{Catalog, FieldDef, ObjectDef};
use crm_core::{Currency, Money, PartialDate, Ref, Value};
use serde_json::{Map, Value as Json};

use super::Writer;
use crate::host::error::{CrmError, Result};

/// What begins a text that stands for another value.
const MARK: char = '\u{7f}';

/// Writes JSON text.
#[derive(Default)]
pub struct JsonWriter(Vec<u8>);

impl JsonWriter {
    fn raw(&mut self, text: &str) {
        self.0.extend_from_slice(text.as_bytes());
    }

    /// What separates a value from the one before.
    fn separate(&mut self) {
        if !matches!(self.0.last(), None | Some(b'[' | b'{' | b':')) {
            self.0.push(b',');
        }
    }

    fn string(&mut self, text: &str) {
        let written = serde_json::to_writer(&mut self.0, text);
        debug_assert!(written.is_ok(), "a vector takes every byte");
    }

    /// A value that JSON does not have. Nothing in it is escaped: it is made of numbers, names and codes.
    fn marked(&mut self, kind: char, value: impl Display) {
        self.separate();
        let written = write!(self.0, "\"{MARK}{kind}{value}\"");
        debug_assert!(written.is_ok(), "a vector takes every byte");
    }
}

impl Writer for JsonWriter {
    fn null(&mut self) {
        self.separate();
        self.raw("null");
    }

    fn bool(&mut self, value: bool) {
        self.separate();
        self.raw(if value { "true" } else { "false" });
    }

    fn int(&mut self, value: i64) {
        self.separate();
        self.raw(&value.to_string());
    }

    fn decimal(&mut self, value: rust_decimal::Decimal) {
        self.marked('d', value.normalize());
    }

    fn money(&mut self, value: Money) {
        let currency = value.currency();
        self.marked(
            'm',
            format_args!("{} {}", super::amount(value), currency.code()),
        );
    }

    fn text(&mut self, value: &str) {
        self.separate();
        if value.starts_with(MARK) {
            self.string(&format!("{MARK}{value}"));
        } else {
            self.string(value);
        }
    }

    fn date(&mut self, value: NaiveDate) {
        self.marked('D', value);
    }

    fn partial_date(&mut self, value: PartialDate) {
        self.marked('P', value);
    }

    fn date_time(&mut self, value: chrono::DateTime<chrono::Utc>) {
        self.marked('t', value.timestamp_micros());
    }

    fn duration(&mut self, value: TimeDelta) {
        self.marked('l', value.num_milliseconds());
    }

    fn reference(&mut self, object: &str, id: &str) {
        self.marked('r', format_args!("{object} {id}"));
    }

    fn parts(&mut self, parts: &[(&str, &str)]) {
        self.separate();
        self.raw("{");
        for (name, part) in parts {
            self.field(name);
            self.string(part);
        }
        self.raw("}");
    }

    fn begin_list(&mut self, _len: usize) {
        self.separate();
        self.raw("[");
    }

    fn end_list(&mut self) {
        self.raw("]");
    }

    fn begin_record(&mut self, object: &str, id: &str, _fields: usize) {
        self.separate();
        self.raw("{\"\":");
        self.string(object);
        self.raw(",\"id\":");
        self.string(id);
    }

    fn field(&mut self, name: &str) {
        self.separate();
        self.string(name);
        self.raw(":");
    }

    fn end_record(&mut self) {
        self.raw("}");
    }

    fn begin_block(&mut self, added: &[(&str, String)]) {
        self.raw("[{");
        for (object, names) in added {
            self.field(object);
            self.string(names);
        }
        self.raw("}");
    }

    fn end_block(&mut self) {
        self.raw("]");
    }

    fn finish(self: Box<Self>) -> Vec<u8> {
        self.0
    }
}

pub fn fields(catalog: &Catalog, object: &ObjectDef, bytes: &[u8]) -> Result<crm_core::Fields> {
    let members: Map<String, Json> = serde_json::from_slice(bytes).map_err(|error| {
        CrmError::invalid(
            &String::from_utf8_lossy(bytes),
            &format!("the fields: {error}"),
        )
    })?;
    fields_of(catalog, object, &members)
}

fn fields_of(
    catalog: &Catalog,
    object: &ObjectDef,
    members: &Map<String, Json>,
) -> Result<crm_core::Fields> {
    let mut fields = crm_core::Fields::new();
    for (name, json) in members {
        let field = object.field_named(name)?;
        let value = value(catalog, field, json)
            .map_err(|error| error.at_field(&object.name, &field.name))?;
        fields.set_number(field.id, value);
    }
    Ok(fields)
}

/// What is given for each of these, by name and shape; there may be more, which the operation refuses.
pub fn given(catalog: &Catalog, expected: &[(&str, &Shape)], bytes: &[u8]) -> Result<Vec<Given>> {
    let all: Vec<Json> = serde_json::from_slice(bytes).map_err(|error| {
        let text = String::from_utf8_lossy(bytes);
        CrmError::invalid(&text, &format!("the arguments: {error}"))
    })?;
    let given = all.iter().enumerate().map(|(at, json)| {
        let (name, shape) = expected.get(at).copied().unzip();
        given_one(catalog, shape, json, 0)
            .map_err(|error| error.at_field("", name.unwrap_or_default()))
    });
    given.collect()
}

fn given_one(catalog: &Catalog, shape: Option<&Shape>, json: &Json, depth: usize) -> Result<Given> {
    let shape = shape.map(Shape::required);
    Ok(match json {
        Json::Array(all) if depth < super::GIVEN_DEPTH_MAX => {
            let all = all.iter().enumerate();
            let all = all
                .map(|(at, json)| given_one(catalog, super::shape_at(shape, at), json, depth + 1));
            Given::Many(all.collect::<Result<_>>()?)
        }
        Json::Object(members) => match shape {
            Some(Shape::Draft(object)) => {
                let object = catalog.object_named(object)?;
                Given::Fields(fields_of(catalog, object, members)?)
            }
            _ => return Err(no_argument(json)),
        },
        Json::Array(_) => return Err(no_argument(json)),
        json => Given::One(plain(catalog, json)?),
    })
}

fn no_argument(json: &Json) -> CrmError {
    CrmError::invalid(&json.to_string(), "the argument does not take this")
}

/// A value that is no list and has no parts.
fn plain(catalog: &Catalog, json: &Json) -> Result<Value> {
    Ok(match json {
        Json::Bool(value) => (*value).into(),
        Json::Number(number) => match number.as_i64() {
            Some(whole) => whole.into(),
            None => super::decimal(&number.to_string())?.into(),
        },
        Json::String(text) => match text.strip_prefix(MARK) {
            Some(marked) => marked_value(catalog, marked)?,
            None => text.as_str().into(),
        },
        _ => Value::Null,
    })
}

fn value(catalog: &Catalog, field: &FieldDef, json: &Json) -> Result<Value> {
    Ok(match json {
        Json::Array(list) => list
            .iter()
            .map(|json| value(catalog, field, json))
            .collect::<Result<Vec<_>>>()?
            .into(),
        Json::Object(_) if field.ty.part_names().is_empty() => {
            return Err(super::without_parts(&json.to_string()));
        }
        Json::Object(members) => {
            let parts = members.iter().map(|(name, part)| {
                Ok((name.as_str(), part.as_str().ok_or_else(|| no_text(name))?))
            });
            super::parts(field, &parts.collect::<Result<Vec<_>>>()?)?
        }
        json => plain(catalog, json)?,
    })
}

/// What stands behind a mark.
fn marked_value(catalog: &Catalog, marked: &str) -> Result<Value> {
    let malformed = || {
        CrmError::invalid(
            marked,
            "the value is not in the JSON encoding; see the module `wire`",
        )
    };
    let whole = |text: &str| text.parse::<i64>().map_err(|_| malformed());
    let mut rest = marked.chars();
    let kind = rest.next();
    let text = rest.as_str();
    Ok(match kind {
        Some(MARK) => marked.into(),
        Some('d') => super::decimal(text)?.into(),
        Some('m') => {
            let (amount, currency) = text.split_once(' ').ok_or_else(malformed)?;
            Money::new(super::decimal(amount)?, Currency::new(currency)?)?.into()
        }
        Some('D') => text.parse::<NaiveDate>().map_err(|_| malformed())?.into(),
        Some('P') => text.parse::<PartialDate>()?.into(),
        Some('t') => crate::host::value::DateTime(whole(text)?).known()?.into(),
        Some('l') => TimeDelta::try_milliseconds(whole(text)?)
            .ok_or_else(malformed)?
            .into(),
        Some('r') => {
            let (object, id) = text.split_once(' ').ok_or_else(malformed)?;
            Ref {
                object: catalog.object_named(object)?.id,
                id: id.parse()?,
            }
            .into()
        }
        _ => return Err(malformed()),
    })
}

fn no_text(part: &str) -> CrmError {
    CrmError::invalid(part, "a part of a name or address is text")
}
