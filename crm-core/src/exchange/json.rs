//! The JSON form of whole records.

use std::str::FromStr;

use rust_decimal::Decimal;
use serde_json::{Map, Value as Json};

use crate::error::{Detail, Error, Result, nearest};
use crate::record::{Fields, Record};
use crate::schema::{Catalog, FieldDef, ObjectDef, system};
use crate::value::{Currency, JsonNames, Money, Parts, Ref, Value, to_json};

/// A record as a JSON object: `object` and `id`, then its fields by name in the order of their numbers, those
/// that have a value, the system fields (`created_at`, `version`, …) last. Values have the form that
/// [`to_json`] gives them.
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
            map.insert(field.name.clone(), to_json(value, names));
        }
    }
    Json::Object(map)
}

/// The fields that a JSON object sets, in the form that [`record_to_json`] writes and in easier ones: any
/// text is read as the field's type (`"12.50 EUR"`, `"contact:0189…"`), numbers may be numbers, and null
/// clears a field. `object`, `id` and the system fields are passed over. Whether the values fit is seen
/// when they are written.
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
        if name == "object" {
            if value.as_str() != Some(&object.name) {
                let reason = format!("the record is of another object than {}", object.name);
                return Err(Error::invalid(value, reason).at_field(&object.name, name));
            }
            continue;
        }
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
        Json::String(text) => text.as_str().into(),
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
