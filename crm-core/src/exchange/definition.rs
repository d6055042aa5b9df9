//! The JSON form of definitions: what hosts without our types add to the schema.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value as Json};

use crate::error::{Detail, Error, Result, nearest};
use crate::schema::{CUSTOM_FIRST, FieldDef, FieldType, ObjectDef};

/// A custom field from a JSON object with the members of [`FieldDef`]: `name` and `ty` are needed, what is left out
/// is as in a plain field.
///
/// # Errors
/// `Invalid`, and `UnknownField` for a member that a definition does not have.
///
/// ```
/// use crm_core::{Crm, field_from_json};
/// let crm = Crm::in_memory()?;
/// let floors = serde_json::json!({"name": "floors", "ty": "integer", "indexed": true});
/// crm.add_field("company", field_from_json(&floors)?)?;
/// assert_eq!(crm.count("company", "floors > 3")?, 0);
/// # Ok::<(), crm_core::Error>(())
/// ```
pub fn field_from_json(json: &Json) -> Result<FieldDef> {
    let given = members(json, "field")?;
    let plain = FieldDef::custom(text(given, "name", json)?, FieldType::Text);
    if !given.contains_key("ty") {
        return Err(Error::invalid(json, "a field needs its type, `ty`"));
    }
    overlaid(&plain, given, &["id"], "field", json)
}

/// A custom object from a JSON object with the members of [`ObjectDef`]: `name` and `plural` are needed. Its `fields`
/// are as [`field_from_json`] reads them, numbered by their `id` or, without one, from 1,000 in their order; the other
/// members name them by number, its `title` also by name.
///
/// # Errors
/// As [`field_from_json`].
///
/// ```
/// use crm_core::{Crm, object_from_json};
/// let crm = Crm::in_memory()?;
/// let machine = serde_json::json!({
///     "name": "machine", "plural": "machines", "title": ["serial"],
///     "fields": [{"name": "serial", "ty": "text", "required": true}],
/// });
/// crm.add_object(object_from_json(&machine)?)?;
/// assert_eq!(crm.count("machine", "serial == 'A-17'")?, 0);
/// # Ok::<(), crm_core::Error>(())
/// ```
pub fn object_from_json(json: &Json) -> Result<ObjectDef> {
    let given = members(json, "object")?;
    let list = |member: &str| {
        let list = given.get(member).map(|list| list.as_array().cloned());
        let wrong = || Error::invalid(json, format!("`{member}` is a list"));
        list.unwrap_or_default().ok_or_else(wrong)
    };
    let plain = ObjectDef::custom(text(given, "name", json)?, text(given, "plural", json)?);
    let own: Map<String, Json> = given
        .iter()
        .filter(|(member, _)| !matches!(member.as_str(), "name" | "plural" | "fields" | "title"))
        .map(|(member, value)| (member.clone(), value.clone()))
        .collect();
    let mut object: ObjectDef = overlaid(&plain, &own, &["id", "custom", "role"], "object", json)?;
    if given.contains_key("fields") {
        for (next, mut field) in (CUSTOM_FIRST..).zip(list("fields")?) {
            let number = field
                .as_object_mut()
                .and_then(|members| members.remove("id"));
            let mut field = field_from_json(&field)?;
            field.id = match number {
                Some(number) => serde_json::from_value(number.clone())
                    .map_err(|_| Error::invalid(number, "the number of a field is 1 to 999"))?,
                None => next,
            };
            object = object.with(field);
        }
    }
    if given.contains_key("title") {
        let title = list("title")?.into_iter().map(|field| match field {
            Json::String(name) => Ok(object.field_named(&name)?.id),
            field => serde_json::from_value(field)
                .map_err(|_| Error::invalid(json, "`title` has names or numbers of fields")),
        });
        object.title = title.collect::<Result<_>>()?;
    }
    Ok(object)
}

fn members<'j>(json: &'j Json, what: &str) -> Result<&'j Map<String, Json>> {
    let wrong = || {
        Error::invalid(
            json,
            format!("the definition of an {what} is a JSON object"),
        )
    };
    json.as_object().ok_or_else(wrong)
}

fn text<'j>(given: &'j Map<String, Json>, member: &str, json: &Json) -> Result<&'j str> {
    let text = given.get(member).and_then(Json::as_str);
    text.ok_or_else(|| Error::invalid(json, format!("the definition needs a `{member}`")))
}

/// A plain definition with the members that are given, which may not be those that the engine sets.
fn overlaid<T: serde::Serialize + DeserializeOwned>(
    plain: &T,
    given: &Map<String, Json>,
    of_the_engine: &[&str],
    what: &str,
    json: &Json,
) -> Result<T> {
    let failed = |error: serde_json::Error| Error::invalid(json, error.to_string());
    let mut whole = serde_json::to_value(plain).map_err(failed)?;
    let known = whole
        .as_object_mut()
        .ok_or_else(|| Error::invalid(json, "no object"))?;
    for (member, value) in given {
        if of_the_engine.contains(&member.as_str()) || !known.contains_key(member) {
            return Err(Detail::UnknownField {
                object: what.to_owned(),
                name: member.clone(),
                nearest: nearest(member, known.keys().map(String::as_str)),
            }
            .into());
        }
        known.insert(member.clone(), value.clone());
    }
    serde_json::from_value(whole).map_err(failed)
}
