//! Fits a value to its field: the right type, in its normal form, within its bounds, or a typed refusal.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::host::to_micros;
use crate::error::{Detail, Error, Result, listed, nearest};
use crate::limits;
use crate::record::{FieldKey, Fields};
use crate::schema::{Catalog, FieldDef, FieldType, ObjectDef};
use crate::value::normalise::DecimalMark;
use crate::value::{Currency, Id, Money, Parts, ReadOptions, Ref, Value, ValueRef, normalise};

/// A value that a request has for a field, or for a part of one.
pub(crate) struct Asked<'r> {
    pub field: &'r FieldDef,
    /// The place of the part, for `name.given`.
    part: Option<usize>,
    pub value: &'r Value,
}

impl<'r> Asked<'r> {
    /// What a request asks for, in its order: fields by their names or numbers.
    pub(crate) fn all(object: &'r ObjectDef, fields: &'r Fields) -> Vec<Result<Self>> {
        let asked = fields.iter().map(|(key, value)| {
            let (field, part) = resolve(object, key)?;
            Ok(Asked { field, part, value })
        });
        asked.collect()
    }
}

/// What fitting needs to know besides the field.
pub(crate) struct Fit<'a> {
    pub catalog: &'a Catalog,
    pub options: ReadOptions,
    pub now: DateTime<Utc>,
}

impl<'a> Fit<'a> {
    pub(crate) fn new(catalog: &'a Catalog, options: ReadOptions, now: DateTime<Utc>) -> Self {
        Fit {
            catalog,
            options,
            now,
        }
    }

    /// Fits all values that are asked for; `old` gives the values that parts are set in. What does not fit is among the
    /// faults, beside what was refused already.
    pub(crate) fn fields<'o>(
        &self,
        object: &ObjectDef,
        asked: Vec<Result<Asked<'_>>>,
        old: &dyn Fn(u16) -> ValueRef<'o>,
    ) -> (BTreeMap<u16, Value>, Vec<Error>) {
        let (mut fitted, mut faults) = (BTreeMap::new(), Vec::new());
        let local;
        let fit = match region_of(object, &asked, old) {
            Some(region) => {
                local = self.in_region(region);
                &local
            }
            None => self,
        };
        for asked in asked {
            let Asked { field, part, value } = match asked {
                Ok(asked) => asked,
                Err(error) => {
                    faults.push(error);
                    continue;
                }
            };
            if let Some((field, day)) = fit.day_alone(object, field, value) {
                fitted.insert(field.id, day);
                continue;
            }
            let value = match part {
                None => fit.value(field, value.clone()),
                Some(part) => {
                    let whole = fitted
                        .get(&field.id)
                        .cloned()
                        .unwrap_or_else(|| old(field.id).to_value());
                    fit.part(field, &whole, part, value)
                }
            };
            match value {
                Ok(value) => drop(fitted.insert(field.id, value)),
                Err(error) => faults.push(error.at_field(&object.name, &field.name)),
            }
        }
        (fitted, faults)
    }

    /// The same for a record of another country: local phone numbers are those of its region.
    pub(crate) fn in_region(&self, region: &str) -> Self {
        Fit {
            options: ReadOptions {
                region: region.to_owned(),
                ..self.options.clone()
            },
            ..*self
        }
    }

    /// Where a day without a time of it goes that is given to a date-time: to the field beside it that holds days.
    pub(crate) fn day_alone<'o>(
        &self,
        object: &'o ObjectDef,
        field: &FieldDef,
        value: &Value,
    ) -> Option<(&'o FieldDef, Value)> {
        let days = object.field(field.or_day?)?;
        let day = match value {
            Value::Date(day) => *day,
            Value::Text(text) => normalise::day_alone(text, &self.options)?,
            _ => return None,
        };
        Some((days, day.into()))
    }

    /// An address or a person's name with one part of it set.
    pub(crate) fn part(
        &self,
        field: &FieldDef,
        whole: &Value,
        part: usize,
        value: &Value,
    ) -> Result<Value> {
        self.value(field, set_part(whole, part, value)?)
    }

    /// The default of a field, if it has one.
    pub(crate) fn default(&self, field: &FieldDef) -> Result<Option<Value>> {
        match field.default.as_deref() {
            None => Ok(None),
            Some("now") if field.ty == FieldType::DateTime => Ok(Some(self.now.into())),
            Some(text) => {
                // A definition is written by the engine's own rules, whatever files look like.
                let fit = Fit {
                    options: ReadOptions {
                        decimal_mark: Some(DecimalMark::Point),
                        ..self.options.clone()
                    },
                    ..*self
                };
                fit.value(field, text.into()).map(Some)
            }
        }
    }

    /// A value in the normal form of its field.
    pub(crate) fn value(&self, field: &FieldDef, value: Value) -> Result<Value> {
        if !field.many {
            return match value {
                Value::List(mut list) if list.len() <= 1 => {
                    self.one(field, list.pop().unwrap_or_default())
                }
                value => self.one(field, value),
            };
        }
        let list = match value {
            Value::Null => return Ok(Value::Null),
            Value::List(list) => list,
            Value::Text(text) => text.split([';', '\n']).map(Value::from).collect(),
            one => vec![one],
        };
        if list.len() > limits::LIST_LEN_MAX {
            return Err(Detail::Limit {
                what: "elements of a list field",
                max: limits::LIST_LEN_MAX as u64,
                actual: list.len() as u64,
            }
            .into());
        }
        let mut fitted: Vec<Value> = Vec::with_capacity(list.len());
        for value in list {
            let value = self.one(field, value)?;
            // A list of references or choices is a set in the order given.
            if !value.is_null() && !fitted.iter().any(|other| is_same(field, other, &value)) {
                fitted.push(value);
            }
        }
        Ok(if fitted.is_empty() {
            Value::Null
        } else {
            Value::List(fitted)
        })
    }

    fn one(&self, field: &FieldDef, value: Value) -> Result<Value> {
        use FieldType as T;
        let value = match value {
            Value::Text(text) if normalise::is_blank(&text) => Value::Null,
            Value::Parts(parts)
                if parts
                    .as_slice()
                    .iter()
                    .all(|part| normalise::is_blank(part)) =>
            {
                Value::Null
            }
            value => value,
        };
        if let Value::Text(text) = &value
            && !matches!(field.ty, T::Text | T::LongText)
            && text.len() > limits::VALUE_TEXT_BYTES_MAX
        {
            let max = limits::VALUE_TEXT_BYTES_MAX;
            let reason = format!("this has {} bytes, and a value at most {max}", text.len());
            return Err(Error::invalid(text, reason));
        }
        let options = &self.options;
        Ok(match (field.ty, value) {
            (_, Value::Null) => Value::Null,
            (T::Text, Value::Text(text)) => Value::Text(bounded_text(&text)?),
            (T::LongText, Value::Text(text)) => Value::Text(bounded_long_text(&text)?),
            (T::Email, Value::Text(text)) => Value::Text(normalise::email(&text)?),
            (T::Phone, Value::Text(text)) => Value::Text(normalise::phone(&text, &options.region)?),
            (T::Url, Value::Text(text)) => Value::Text(bounded_text(&normalise::url(&text)?)?),
            (T::Domain, Value::Text(text)) => Value::Text(normalise::domain(&text)?),
            (T::Choice, Value::Text(text)) => Value::Text(choice(field, &text)?),
            (T::Integer, value @ Value::Int(_)) => value,
            (T::Integer, Value::Decimal(number)) if number.fract().is_zero() => Value::Int(
                i64::try_from(number)
                    .map_err(|_| Error::invalid(number, "a whole number has 64 bits"))?,
            ),
            (T::Integer, Value::Text(text)) => Value::Int(normalise::integer(&text, options)?),
            (T::Decimal | T::Percent, Value::Decimal(number)) => Value::Decimal(number.normalize()),
            (T::Decimal | T::Percent, Value::Int(number)) => Value::Decimal(number.into()),
            (T::Decimal, Value::Text(text)) => {
                Value::Decimal(normalise::decimal(&text, options)?.normalize())
            }
            (T::Percent, Value::Text(text)) => {
                Value::Decimal(normalise::percent(&text, options)?.normalize())
            }
            (T::Money, value @ Value::Money(_)) => value,
            (T::Money, Value::Int(amount)) => Value::Money(Money::new(amount, self.currency()?)?),
            (T::Money, Value::Decimal(amount)) => {
                Value::Money(Money::new(amount, self.currency()?)?)
            }
            (T::Money, Value::Text(text)) => Value::Money(normalise::money(&text, options)?),
            (T::Boolean, value @ Value::Bool(_)) => value,
            (T::Boolean, Value::Text(text)) => Value::Bool(normalise::boolean(&text)?),
            (T::Date, value @ Value::Date(_)) => value,
            (T::Date, Value::Text(text)) => Value::Date(normalise::date(&text, options)?),
            (T::PartialDate, value @ Value::PartialDate(_)) => value,
            (T::PartialDate, Value::Date(date)) => Value::PartialDate(date.into()),
            (T::PartialDate, Value::Text(text)) => {
                Value::PartialDate(normalise::partial_date(&text, options)?)
            }
            (T::DateTime, Value::DateTime(time)) => Value::DateTime(to_micros(time)),
            (T::DateTime, Value::Text(text)) => {
                Value::DateTime(to_micros(normalise::datetime(&text, options)?))
            }
            (T::Duration, value @ Value::Duration(_)) => value,
            (T::Duration, Value::Text(text)) => {
                Value::Duration(normalise::duration(&text, options)?)
            }
            (T::Address | T::PersonName, Value::Parts(parts)) => {
                match bounded_parts(field, &parts)? {
                    parts if parts.is_empty() => Value::Null,
                    parts => Value::Parts(parts),
                }
            }
            (T::PersonName, Value::Text(text)) => {
                let name = crate::schema::kind::NameParts::from(text.as_str());
                self.one(field, name.into())?
            }
            (T::Address, Value::Text(text)) => {
                // Taking an address apart is guesswork; as it was typed it is a street of several lines.
                Value::Parts(bounded_parts(field, &Parts::new(vec![text]))?)
            }
            (T::Reference, Value::Ref(reference)) => Value::Ref(self.target(field, reference)?),
            (T::Reference, Value::Text(text)) => Value::Ref(self.reference(field, &text)?),
            (ty, value) => {
                let reason = format!("the field takes {}, not {}", ty.name(), type_of(&value));
                return Err(Error::invalid(ValueRef::from(&value), reason));
            }
        })
    }

    /// The currency of an amount that comes without one.
    fn currency(&self) -> Result<Currency> {
        self.options
            .currency
            .ok_or_else(|| Error::invalid("", "the amount needs a currency"))
    }

    fn target(&self, field: &FieldDef, reference: Ref) -> Result<Ref> {
        let name = self.catalog.object_name(reference.object);
        if field.targets.is_empty() || field.targets.iter().any(|target| target == name) {
            self.catalog.object(reference.object)?;
            return Ok(reference);
        }
        let reason = format!(
            "the field refers to {}, not to {name}",
            listed(field.targets.iter().map(String::as_str), "", " or ")
        );
        Err(Error::invalid(reference.id, reason))
    }

    /// Reads `0189…` where the field has one target, and `contact:0189…` everywhere.
    fn reference(&self, field: &FieldDef, text: &str) -> Result<Ref> {
        let (object, id) = match (text.trim().split_once(':'), field.targets.as_slice()) {
            (Some((object, id)), _) => (object, id),
            (None, [target]) => (target.as_str(), text),
            (None, _) => {
                let reason =
                    "a reference to one of several objects is `object:id`, such as `contact:0189…`";
                return Err(Error::invalid(text, reason));
            }
        };
        let object = self.catalog.object_named(object.trim())?.id;
        self.target(
            field,
            Ref {
                object,
                id: id.parse::<Id>()?,
            },
        )
    }
}

/// The region of a record's phone numbers, where its address says a country.
fn region_of<'o>(
    object: &ObjectDef,
    asked: &[Result<Asked<'_>>],
    old: &dyn Fn(u16) -> ValueRef<'o>,
) -> Option<&'static str> {
    let mut given = asked.iter().flatten();
    if !given.any(|asked| asked.field.ty == FieldType::Phone) {
        return None;
    }
    let mut addresses = object.live_fields();
    let address = addresses.find(|field| field.ty == FieldType::Address)?;
    let place = country_part(address)?;
    let of_address = asked.iter().flatten();
    let mut of_address = of_address.filter(|asked| asked.field.id == address.id);
    let written = of_address.find_map(|asked| match (asked.part, asked.value) {
        (None, Value::Parts(parts)) => Some(parts.get(place).to_owned()),
        (Some(part), Value::Text(text)) if part == place => Some(text.clone()),
        _ => None,
    });
    match (written, old(address.id)) {
        (Some(country), _) => normalise::country(&country),
        (None, ValueRef::Parts(parts)) => normalise::country(parts.get(place)),
        (None, _) => None,
    }
}

/// The place of the country among the parts of an address.
pub(crate) fn country_part(field: &FieldDef) -> Option<usize> {
    let mut names = field.ty.part_names().iter();
    names.position(|name| *name == "country")
}

/// The field of a key, and the part of it for `name.given`.
fn resolve<'o>(object: &'o ObjectDef, key: &FieldKey) -> Result<(&'o FieldDef, Option<usize>)> {
    let name = match key {
        FieldKey::Number(number) => {
            let field = object.field(*number).ok_or_else(|| Detail::UnknownField {
                object: object.name.clone(),
                name: format!("#{number}"),
                nearest: None,
            })?;
            return Ok((field, None));
        }
        FieldKey::Name(name) => name,
    };
    let Some((whole, part)) = name.split_once('.') else {
        return Ok((object.field_named(name)?, None));
    };
    let field = object.field_named(whole)?;
    let names = field.ty.part_names();
    let part = names
        .iter()
        .position(|known| *known == part)
        .ok_or_else(|| Detail::UnknownField {
            object: format!("{}.{whole}", object.name),
            name: part.to_owned(),
            nearest: nearest(part, names.iter().copied()),
        })?;
    Ok((field, Some(part)))
}

fn set_part(whole: &Value, part: usize, value: &Value) -> Result<Value> {
    let mut parts = match whole {
        Value::Parts(parts) => parts.as_slice().to_vec(),
        _ => Vec::new(),
    };
    let text = match value {
        Value::Null => String::new(),
        Value::Text(text) => text.trim().to_owned(),
        other => {
            return Err(Error::invalid(
                ValueRef::from(other),
                "a part of a name or address is text",
            ));
        }
    };
    if parts.len() <= part {
        parts.resize(part + 1, String::new());
    }
    if let Some(slot) = parts.get_mut(part) {
        *slot = text;
    }
    Ok(Value::Parts(Parts::new(parts)))
}

/// True for two values of a list that are one: spellings of an address, too.
fn is_same(field: &FieldDef, a: &Value, b: &Value) -> bool {
    match (field.ty, a, b) {
        (FieldType::Email, Value::Text(a), Value::Text(b)) => normalise::same_email(a, b),
        _ => a == b,
    }
}

fn bounded_text(text: &str) -> Result<String> {
    let stored = normalise::text(text);
    let stored = stored.trim();
    let chars = stored.chars().count();
    if chars > limits::TEXT_CHARS_MAX {
        return Err(Error::invalid(
            text,
            format!(
                "the text has {chars} characters, at most {} fit",
                limits::TEXT_CHARS_MAX
            ),
        ));
    }
    without_nul(stored)
}

fn bounded_long_text(text: &str) -> Result<String> {
    if text.len() > limits::LONG_TEXT_BYTES_MAX {
        let reason = format!(
            "the text has {} bytes, at most {} fit",
            text.len(),
            limits::LONG_TEXT_BYTES_MAX
        );
        return Err(Error::invalid(text, reason));
    }
    without_nul(&normalise::text(text))
}

fn without_nul(text: &str) -> Result<String> {
    if text.contains('\0') {
        return Err(Error::invalid(
            text,
            "a text cannot contain the character NUL",
        ));
    }
    Ok(text.to_owned())
}

fn bounded_parts(field: &FieldDef, parts: &Parts) -> Result<Parts> {
    let names = field.ty.part_names();
    if parts.as_slice().len() > names.len() {
        let reason = format!("the parts of {} are {}", field.ty.name(), names.join(", "));
        return Err(Error::invalid(parts.as_slice().join(", "), reason));
    }
    let parts: Result<Vec<String>> = parts
        .as_slice()
        .iter()
        .map(|part| bounded_text(part))
        .collect();
    let parts = Parts::new(parts?);
    let country = country_part(field).map_or("", |place| parts.get(place));
    if !country.is_empty() && normalise::country(country).is_none() {
        let reason =
            "there is no country of this name; it can be its ISO 3166-1 code, such as `GB`";
        return Err(Error::invalid(country, reason));
    }
    Ok(parts)
}

/// A choice by its key or by its label, in any case; a new one for open choices.
fn choice(field: &FieldDef, text: &str) -> Result<String> {
    // Keys are as the definition has them; the values of open choices are text.
    let (typed, stored) = (text.trim(), normalise::text(text));
    let text = stored.trim();
    let found = field
        .choices
        .iter()
        .find(|choice| choice.key == text || choice.key == typed)
        .or_else(|| {
            field.choices.iter().find(|choice| {
                choice.label.eq_ignore_ascii_case(text) || choice.key.eq_ignore_ascii_case(text)
            })
        });
    if let Some(choice) = found {
        return Ok(choice.key.clone());
    }
    if field.open_choices {
        return bounded_text(text);
    }
    let keys = || field.choices.iter().map(|choice| choice.key.as_str());
    let hint = nearest(text, keys())
        .map(|near| format!("; did you mean `{near}`?"))
        .unwrap_or_default();
    let known = listed(keys(), "", ", ");
    Err(Error::invalid(
        text,
        format!("the choices are {known}{hint}"),
    ))
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "a boolean",
        Value::Int(_) => "a whole number",
        Value::Decimal(_) => "a decimal number",
        Value::Money(_) => "money",
        Value::Text(_) => "text",
        Value::Date(_) => "a date",
        Value::PartialDate(_) => "a partial date",
        Value::DateTime(_) => "a date-time",
        Value::Duration(_) => "a duration",
        Value::Ref(_) => "a reference",
        Value::Parts(_) => "parts",
        Value::List(_) => "a list",
    }
}
