//! Arguments and results as JSON: what scenarios compare, and what shells and services read and print.

use chrono::{DateTime, NaiveDate, TimeDelta};
use rust_decimal::Decimal;
use serde_json::{Map, Value as Json};

use super::{Given, Manner, MemberDef, Operation, Out, Shape, StructureDef, Told};
use crate::error::{Error, Result};
use crate::exchange::{fields_from_json, record_to_json};
use crate::record::Record;
use crate::schema::Catalog;
use crate::value::{Currency, JsonNames, Money, Ref, Value, ValueRef, to_json};

/// The member of arguments that asks for a rehearsal.
const REHEARSE: &str = "rehearse";

/// A result as JSON: structures as objects with their members by name, without those that have no value; values and
/// records as [`record_to_json`] writes them.
pub fn told_as_json(catalog: &Catalog, answer: &dyn Told) -> Json {
    let mut out = JsonOut {
        catalog,
        open: Vec::new(),
        whole: Json::Null,
    };
    answer.tell(&mut out);
    out.whole
}

struct JsonOut<'c> {
    catalog: &'c Catalog,
    open: Vec<Open>,
    whole: Json,
}

enum Open {
    List(Vec<Json>),
    Structure(std::slice::Iter<'static, MemberDef>, Map<String, Json>),
}

impl JsonOut<'_> {
    fn put(&mut self, json: Json) {
        match self.open.last_mut() {
            None => self.whole = json,
            Some(Open::List(all)) => all.push(json),
            Some(Open::Structure(members, object)) => {
                if let Some(member) = members.next()
                    && !json.is_null()
                {
                    object.insert(member.name.to_owned(), json);
                }
            }
        }
    }

    fn close(&mut self) {
        let json = match self.open.pop() {
            Some(Open::List(all)) => Json::Array(all),
            Some(Open::Structure(_, object)) => Json::Object(object),
            None => Json::Null,
        };
        self.put(json);
    }
}

impl Out for JsonOut<'_> {
    fn value(&mut self, value: ValueRef<'_>) {
        let object = |id: u16| Some(self.catalog.object(id).ok()?.name.as_str());
        let names = JsonNames {
            object: &object,
            parts: &[],
        };
        self.put(to_json(value, names));
    }

    fn record(&mut self, record: &Record) {
        self.put(record_to_json(self.catalog, record));
    }

    fn begin_list(&mut self, len: usize) {
        self.open.push(Open::List(Vec::with_capacity(len)));
    }

    fn end_list(&mut self) {
        self.close();
    }

    fn begin_structure(&mut self, of: &'static StructureDef) {
        self.open
            .push(Open::Structure(of.members.iter(), Map::new()));
    }

    fn end_structure(&mut self) {
        self.close();
    }
}

impl MemberDef {
    /// What JSON gives for it, in the form that [`told_as_json`] writes.
    ///
    /// # Errors
    /// As [`Operation::given_as_json`].
    pub fn given_as_json(&self, catalog: &Catalog, json: &Json) -> Result<Given> {
        read(catalog, self.shape, json).map_err(|error| error.at_field("", self.name))
    }
}

impl Operation {
    /// Arguments by their names, in the form that [`told_as_json`] writes, and how the operation is to be done: with
    /// `"rehearse": true` as a rehearsal.
    ///
    /// # Errors
    /// `Invalid` for an argument that the operation does not have or that does not fit; `UnknownObject`,
    /// `UnknownField`.
    pub fn given_as_json(
        &self,
        catalog: &Catalog,
        mut given: Map<String, Json>,
    ) -> Result<(Manner, Vec<Given>)> {
        let mut manner = Manner::default();
        if self.changes()
            && let Some(rehearse) = given.remove(REHEARSE)
        {
            manner.rehearse = rehearse
                .as_bool()
                .ok_or_else(|| refused(&rehearse, "true or false").at_field("", REHEARSE))?;
        }
        Ok((manner, members(catalog, self.arguments, given)?))
    }
}

fn members(
    catalog: &Catalog,
    members: &[MemberDef],
    mut given: Map<String, Json>,
) -> Result<Vec<Given>> {
    let all = members
        .iter()
        .map(|member| match given.remove(member.name) {
            None => Ok(Given::NOTHING),
            Some(json) => member.given_as_json(catalog, &json),
        });
    let all = all.collect::<Result<_>>()?;
    match given.keys().next() {
        None => Ok(all),
        Some(name) => {
            let known: Vec<&str> = members.iter().map(|member| member.name).collect();
            let reason = format!(
                "there is no argument of this name, only {}",
                known.join(", ")
            );
            Err(Error::invalid(name, reason))
        }
    }
}

fn read(catalog: &Catalog, shape: &Shape, json: &Json) -> Result<Given> {
    let shape = shape.required();
    Ok(match (shape, json) {
        (_, Json::Null) => Given::NOTHING,
        (Shape::List(of), Json::Array(all)) => {
            let all = all.iter().map(|one| read(catalog, of, one));
            Given::Many(all.collect::<Result<_>>()?)
        }
        (Shape::Structure(of), Json::Object(given)) => {
            Given::Many(members(catalog, of().members, given.clone())?)
        }
        (Shape::Draft(object), json) => Given::Fields(fields_from_json(catalog, object, json)?),
        (shape, json) => Given::One(value(catalog, shape, json)?),
    })
}

fn value(catalog: &Catalog, shape: &Shape, json: &Json) -> Result<Value> {
    let member = |name: &str| json.get(name).and_then(Json::as_str);
    Ok(match (shape, json) {
        (Shape::Bool, Json::Bool(value)) => (*value).into(),
        (Shape::Int, Json::Number(number)) => {
            let whole = number.as_i64();
            whole.ok_or_else(|| refused(json, "a whole number"))?.into()
        }
        (Shape::Decimal, Json::Number(number)) => decimal(&number.to_string())?.into(),
        (Shape::Decimal, Json::String(text)) => decimal(text)?.into(),
        (Shape::Money, Json::String(text)) => text.parse::<Money>()?.into(),
        (Shape::Money, Json::Object(_)) => {
            let amount = decimal(member("amount").unwrap_or_default())?;
            let currency = Currency::new(member("currency").unwrap_or_default())?;
            Money::new(amount, currency)?.into()
        }
        (Shape::Text | Shape::Object | Shape::Path | Shape::Choice(_), Json::String(text)) => {
            text.as_str().into()
        }
        (Shape::Date, Json::String(text)) => {
            let date = text.parse::<NaiveDate>();
            date.map_err(|_| refused(json, "a date, as 2026-03-14"))?
                .into()
        }
        (Shape::DateTime, Json::String(text)) => {
            let time = DateTime::parse_from_rfc3339(text);
            let time = time.map_err(|_| refused(json, "a time, as 2026-03-14T09:30:00Z"))?;
            time.to_utc().into()
        }
        (Shape::Duration, Json::Number(milliseconds)) => {
            let length = milliseconds.as_i64().and_then(TimeDelta::try_milliseconds);
            let length = length.ok_or_else(|| refused(json, "a number of milliseconds"))?;
            length.into()
        }
        (Shape::Ref(_), Json::Object(_)) => {
            let object = catalog
                .object_named(member("object").unwrap_or_default())?
                .id;
            let id = member("id").unwrap_or_default().parse()?;
            Ref { object, id }.into()
        }
        _ => return Err(refused(json, &format!("this: {shape}"))),
    })
}

fn decimal(text: &str) -> Result<Decimal> {
    let number = text.parse::<Decimal>();
    number.map_err(|_| Error::invalid(text, "this takes a number"))
}

fn refused(json: &Json, what: &str) -> Error {
    Error::invalid(json, format!("this takes {what}"))
}
