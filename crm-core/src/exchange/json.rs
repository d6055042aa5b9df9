//! The JSON form of whole records.

use std::str::FromStr;

use rust_decimal::Decimal;
use serde_json::{Map, Value as Json};

use crate::error::{Detail, Error, Result, nearest};
use crate::record::{Fields, Record};
use crate::schema::{Catalog, FieldDef, FieldType, ObjectDef, system};
use crate::value::{Currency, JsonNames, Money, Parts, Ref, Value, to_json};

/// A record as a JSON object: `object` and `id`, then its fields by name in the order of their numbers, those
/// that have a value, the system fields (`created_at`, `version`, …) last. Values have the form that
/// [`to_json`] gives them. A field that is called `object` itself, as that of a rule, stands under `rule.object`.
///
/// ```
/// use crm_core::{Company, Crm, record_to_json};
/// let crm = Crm::in_memory()?;
/// let id = crm.create(Company::draft().name("Acme").employees(40))?;
/// let json = record_to_json(&crm.catalog(), &crm.get_record(id.reference())?);
/// assert_eq!(json["object"], "company");
/// assert_eq!(json["employees"], 40);
/// # Ok::<(), crm_core::Error>(())
/// ```
pub fn record_to_json(catalog: &Catalog, record: &Record) -> Json {
    let mut map = Map::new();
    let object = catalog.object(record.object()).ok();
    let name = object.map_or(Json::from(record.object()), |object| {
        object.name.as_str().into()
    });
    map.insert("object".to_owned(), name);
    map.insert("id".to_owned(), record.id().to_string().into());
    let object_name = |id: u16| Some(catalog.object(id).ok()?.name.as_str());
    for field in object.into_iter().flat_map(|object| &object.fields) {
        let value = record.get(field.id);
        if !value.is_null() {
            let names = JsonNames {
                object: &object_name,
                parts: field.ty.part_names(),
            };
            let member = match object {
                Some(object) if is_marker(&field.name) => qualified(object, &field.name),
                _ => field.name.clone(),
            };
            map.insert(member, to_json(value, names));
        }
    }
    Json::Object(map)
}

/// True for the members that say which record it is.
fn is_marker(name: &str) -> bool {
    matches!(name, "object" | "id")
}

/// The member of a field that is called like one that says which record it is.
fn qualified(object: &ObjectDef, field: &str) -> String {
    format!("{}.{field}", object.name)
}

/// The fields that a JSON object sets, in the form that [`record_to_json`] writes and in easier ones: any
/// text is read as the field's type (`"12.50 EUR"`, `"contact:0189…"`), numbers may be numbers, and null
/// clears a field. `object`, `id` and the system fields are passed over; `object` is the field of that name where the
/// object has one and `rule.object` is not given. Whether the values fit is seen when they are written.
///
/// # Errors
/// `UnknownObject` and `UnknownField` with the nearest name; `Invalid` for JSON that is no object, or one of
/// another object type.
///
/// ```
/// use crm_core::{Crm, fields_from_json};
/// let crm = Crm::in_memory()?;
/// let json = serde_json::json!({"name": {"given": "Ada", "family": "Lovelace"}, "email": "ada@acme.example"});
/// let ada = crm.create_record("contact", fields_from_json(&crm.catalog(), "contact", &json)?)?;
/// assert_eq!(crm.title(&crm.get_record(ada)?), "Ada Lovelace");
/// # Ok::<(), crm_core::Error>(())
/// ```
pub fn fields_from_json(catalog: &Catalog, object: &str, json: &Json) -> Result<Fields> {
    let object = catalog.object_named(object)?;
    let map = json.as_object().ok_or_else(|| {
        Error::invalid(json, "a record is a JSON object").at_field(&object.name, "")
    })?;
    let mut fields = Fields::new();
    for (name, value) in map {
        let own = is_marker(name)
            && object
                .field_named(name)
                .is_ok_and(|field| field.id < system::FIRST);
        let is_marker = is_marker(name)
            && (!own
                || map.contains_key(&qualified(object, name))
                || value.as_str() == Some(&object.name));
        if name == "object" && is_marker {
            if value.as_str() != Some(&object.name) {
                let reason = format!("the record is of another object than {}", object.name);
                return Err(Error::invalid(value, reason).at_field(&object.name, name));
            }
            continue;
        }
        let name = name.strip_prefix(&qualified(object, "")).unwrap_or(name);
        let field = object.field_named(name)?;
        if field.id >= system::FIRST {
            continue;
        }
        let value = read(catalog, object, field, value)
            .map_err(|error| error.at_field(&object.name, name))?;
        fields.set_number(field.id, value);
    }
    Ok(fields)
}

fn read(catalog: &Catalog, object: &ObjectDef, field: &FieldDef, json: &Json) -> Result<Value> {
    Ok(match json {
        Json::Null => Value::Null,
        Json::Bool(value) => (*value).into(),
        Json::String(text) => match written(field, text) {
            Some(number) => number.into(),
            None => text.as_str().into(),
        },
        Json::Number(number) => match number.as_i64() {
            Some(whole) => whole.into(),
            None => decimal(&number.to_string())?.into(),
        },
        Json::Array(list) => Value::List(
            list.iter()
                .map(|value| read(catalog, object, field, value))
                .collect::<Result<_>>()?,
        ),
        Json::Object(map) => read_map(catalog, object, field, map)?,
    })
}

/// The number of a text as [`to_json`] writes it: JSON has a point before the decimals, whatever people write.
fn written(field: &FieldDef, text: &str) -> Option<Decimal> {
    let is_decimal = matches!(field.ty, FieldType::Decimal | FieldType::Percent);
    let number = is_decimal.then(|| Decimal::from_str(text).ok())??;
    (number.normalize().to_string() == text).then_some(number)
}

/// An amount, a reference, or the parts of a name or an address: which one, the members tell.
fn read_map(
    catalog: &Catalog,
    object: &ObjectDef,
    field: &FieldDef,
    map: &Map<String, Json>,
) -> Result<Value> {
    let text = |member: &str| map.get(member).and_then(Json::as_str);
    if let (2, Some(target), Some(id)) = (map.len(), text("object"), text("id")) {
        let object = catalog.object_named(target)?.id;
        return Ok(Value::Ref(Ref {
            object,
            id: id.parse()?,
        }));
    }
    if let (2, Some(amount), Some(currency)) = (map.len(), map.get("amount"), text("currency")) {
        let amount = match amount {
            Json::String(text) => decimal(text)?,
            other => decimal(&other.to_string())?,
        };
        return Ok(Money::new(amount, Currency::new(currency)?)?.into());
    }
    let names = field.ty.part_names();
    if names.is_empty() {
        let shown = Json::Object(map.clone());
        let reason = format!("the field takes {}, not a JSON object", field.ty.name());
        return Err(Error::invalid(shown, reason));
    }
    let mut parts = vec![String::new(); names.len()];
    for (name, value) in map {
        let at = names.iter().position(|known| known == name);
        let slot = at.and_then(|at| parts.get_mut(at)).ok_or_else(|| {
            Error::from(Detail::UnknownField {
                object: format!("{}.{}", object.name, field.name),
                name: name.clone(),
                nearest: nearest(name, names.iter().copied()),
            })
        })?;
        *slot = match value {
            Json::Null => String::new(),
            Json::String(text) => text.clone(),
            other => {
                let reason = "a part of a name or address is text";
                return Err(Error::invalid(other, reason));
            }
        };
    }
    Ok(Value::Parts(Parts::new(parts)))
}

fn decimal(text: &str) -> Result<Decimal> {
    Decimal::from_str(text)
        .or_else(|_| Decimal::from_scientific(text))
        .map_err(|_| Error::invalid(text, "a number has up to 28 digits"))
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta};

    use super::*;
    use crate::engine::{Asked, Fit};
    use crate::schema::FieldType as T;
    use crate::value::{Id, PartialDate, ReadOptions, RecordBuf, ValueRef};
    use crate::{Crm, Tag};

    /// A value of the type of a field, in its normal form.
    fn value(field: &FieldDef, target: Ref) -> Value {
        let day = DateTime::from_timestamp(1_700_000_000, 0).unwrap();
        let one: Value = match field.ty {
            T::Text | T::LongText => "company".into(),
            T::PersonName | T::Address => Parts::new(vec!["a".to_owned(), "b".to_owned()]).into(),
            T::Email => "a@x.example".into(),
            T::Phone => "+4930901820".into(),
            T::Url => "https://x.example/".into(),
            T::Domain => "x.example".into(),
            T::Choice => field
                .choices
                .first()
                .map_or("x", |choice| choice.key.as_str())
                .into(),
            T::Integer => 10_000.into(),
            T::Decimal | T::Percent => Decimal::new(1_125, 3).into(),
            T::Money => Money::new(Decimal::new(1_125, 3), Currency::new("KWD").unwrap())
                .unwrap()
                .into(),
            T::Boolean => true.into(),
            T::Date => day.date_naive().into(),
            T::PartialDate => PartialDate::from(day.date_naive()).into(),
            T::DateTime => day.into(),
            T::Duration => TimeDelta::milliseconds(90_500).into(),
            T::Reference => target.into(),
        };
        if field.many {
            Value::List(vec![one])
        } else {
            one
        }
    }

    #[test]
    fn every_object_goes_through_json_and_back() {
        let crm = Crm::in_memory().unwrap();
        let tag = crm.create(Tag::draft().name("x")).unwrap();
        let catalog = crm.catalog();
        for object in catalog.objects() {
            let own = object
                .live_fields()
                .filter(|field| field.id < system::FIRST);
            let values: Vec<(&FieldDef, Value)> = own
                .map(|field| {
                    let target = field
                        .targets
                        .first()
                        .map(|name| catalog.object_named(name).unwrap().id);
                    let target = target.unwrap_or(tag.reference().object);
                    let id = tag.reference().id;
                    (field, value(field, Ref { object: target, id }))
                })
                .collect();
            let stored = values
                .iter()
                .map(|(field, value)| (field.id, ValueRef::from(value)));
            let bytes = RecordBuf::encode(stored).unwrap().into_bytes();
            let record = Record::new(object.id, Id::NIL, &bytes).unwrap();
            let json = record_to_json(&catalog, &record);
            assert_eq!(json["object"], object.name.as_str());
            assert_eq!(json["id"], Id::NIL.to_string());
            let fields = fields_from_json(&catalog, &object.name, &json).unwrap();
            let fit = Fit::new(&catalog, ReadOptions::default(), crm.now());
            let asked = Asked::all(object, &fields);
            let (back, faults) = fit.fields(object, asked, &|_| ValueRef::Null);
            assert!(faults.is_empty(), "{faults:?}");
            for (field, value) in values {
                assert_eq!(
                    back.get(&field.id),
                    Some(&value),
                    "{}.{}",
                    object.name,
                    field.name
                );
            }
        }
    }
}
