//! Definitions of objects and fields, and how a file is imported, in the form that the hosts have.

use crm_core::ImportOptions;
use crm_core::schema::{FieldDef, FieldType, ObjectDef};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value as Json, json};

use super::arguments::Arguments;
use super::handle::Failure;

/// A field: what is not given is as the engine makes it.
pub fn field(json: Json) -> Result<FieldDef, Failure> {
    let mut given = given(json)?;
    if let Some(default) = given.remove("default_value") {
        given.insert("default".to_owned(), default);
    }
    let name = given.get("name").and_then(Json::as_str).unwrap_or_default();
    let made = serde_json::to_value(FieldDef::new(0, name, FieldType::Text));
    let made = made.map_err(|error| Failure::scenario(error.to_string()))?;
    if let Some(other) = given.keys().find(|name| made.get(name).is_none()) {
        return Err(Failure::scenario(format!("a field has no `{other}`")));
    }
    read(over(made, Json::Object(given))?)
}

/// An object.
pub fn object(json: Json) -> Result<ObjectDef, Failure> {
    let mut given = Arguments::members(Json::Object(given(json)?))?;
    let (name, plural) = (given.text("name")?, given.text("plural")?);
    let mut object = ObjectDef::custom(&name, &plural).doc(&given.take::<String>("doc")?);
    for json in given.take::<Vec<Json>>("fields")? {
        object = object.with(field(json)?);
    }
    if let Some(label) = given.optional("label")? {
        object.label = label;
    }
    object.title = given.take("title")?;
    for index in given.take::<Vec<Json>>("indexes")? {
        let whole = over(json!({"unique": false, "covering": []}), index)?;
        object.indexes.push(read(whole)?);
    }
    object.totals = given.take("totals")?;
    object.timeline = given.take("timeline")?;
    object.board = given.take("board")?;
    if let Some(link) = given.optional("link")? {
        object.link = Some(read(over(json!({"timeline": false}), link)?)?);
    }
    object.rate_date = given.take("rate_date")?;
    given.finish()?;
    Ok(object)
}

/// How a file is imported. The engine's own JSON form, a mapping file, writes the mode in another way.
pub fn import_options(json: Json) -> Result<ImportOptions, Failure> {
    let mut given = given(json)?;
    if let Some(mode) = given.remove("mode") {
        let by = mode.get("by");
        let mode = match (mode.get("type").and_then(Json::as_str), by) {
            (Some("create"), None) => json!("create"),
            (Some(kind), Some(by)) => json!({kind: by}),
            _ => return Err(Failure::scenario(format!("{mode} is no mode"))),
        };
        given.insert("mode".to_owned(), mode);
    }
    read(Json::Object(given))
}

fn given(json: Json) -> Result<Map<String, Json>, Failure> {
    match json {
        Json::Object(members) => Ok(members
            .into_iter()
            .filter(|(_, json)| !json.is_null())
            .collect()),
        other => Err(Failure::scenario(format!("{other} is no object"))),
    }
}

/// The members of a definition with `json` over them.
fn over(made: Json, json: Json) -> Result<Json, Failure> {
    let mut whole = given(made)?;
    whole.extend(given(json)?);
    Ok(Json::Object(whole))
}

fn read<T: DeserializeOwned>(json: Json) -> Result<T, Failure> {
    serde_json::from_value(json).map_err(|error| Failure::scenario(error.to_string()))
}
