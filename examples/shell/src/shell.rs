//! An open database, and what the commands need of it to read arguments and to show records.

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use crm_core::schema::{Catalog, FieldDef, FieldType, ObjectDef};
use crm_core::value::{ReadOptions, normalise};
use crm_core::{
    Crm, Detail, Error, Fields, Id, Query, Record, Ref, Result, SearchOptions, Value, ValueRef,
};
use serde_json::{Value as Json, json};

/// Digits at the end of an id that tables show: enough to tell records apart.
const TAIL_LEN: usize = 12;
/// The fewest digits at the end of an id that stand for it.
const TAIL_LEN_MIN: usize = 6;

/// An open database.
pub struct Shell {
    /// The database.
    pub crm: Crm,
    /// Its schema when it was opened.
    pub catalog: Arc<Catalog>,
    /// The file.
    pub file: PathBuf,
    titles: RefCell<HashMap<Ref, String>>,
}

/// An argument that is refused.
pub fn refusal(input: &str, reason: &str) -> Error {
    let (object, field) = (String::new(), String::new());
    Detail::Invalid {
        object,
        field,
        input: input.to_owned(),
        reason: reason.to_owned(),
    }
    .into()
}

/// A file other than the database that cannot be read.
pub fn cannot_read(path: &Path, error: &std::io::Error) -> Error {
    Detail::Io(format!("{}: {error}", path.display())).into()
}

impl Shell {
    /// Opens a file, making it if it is not there.
    pub fn open(file: &Path, discard_journal: bool) -> Result<Self> {
        let crm = Crm::options().discard_journal(discard_journal).open(file)?;
        Ok(Shell {
            catalog: crm.catalog(),
            crm,
            file: file.to_owned(),
            titles: RefCell::default(),
        })
    }
}

/// Reading arguments.
impl Shell {
    /// The record that an argument names: by its id, the last digits of it, or its title.
    pub fn find(&self, object: &str, text: &str) -> Result<Ref> {
        self.look_up(object, text, false)
    }

    /// As [`find`](Shell::find), in the trash.
    pub fn find_in_trash(&self, object: &str, text: &str) -> Result<Ref> {
        self.look_up(object, text, true)
    }

    fn look_up(&self, object: &str, text: &str, trash: bool) -> Result<Ref> {
        let object = self.catalog.object_named(object)?;
        if let Ok(id) = text.parse::<Id>() {
            return Ok(Ref {
                object: object.id,
                id,
            });
        }
        let mut found = Vec::new();
        if text.len() >= TAIL_LEN_MIN
            && text
                .bytes()
                .all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
        {
            found = self.matches(
                object,
                &format!("id.endsWith({})", quoted(&text.to_lowercase())),
                trash,
            )?;
        }
        if found.is_empty() {
            found = self.titled(object, text, trash)?;
        }
        match found.as_slice() {
            [one] => Ok(one.reference()),
            [] => Err(Detail::NotFound {
                object: object.name.clone(),
                id: text.to_owned(),
            }
            .into()),
            several => {
                let ids: Vec<String> = several
                    .iter()
                    .map(|record| record.id().to_string())
                    .collect();
                Err(refusal(
                    text,
                    &format!(
                        "several {} fit; say which by its id: {}",
                        object.plural.to_lowercase(),
                        ids.join(", ")
                    ),
                ))
            }
        }
    }

    fn titled(&self, object: &ObjectDef, title: &str, trash: bool) -> Result<Vec<Record>> {
        if let [field] = object.title.as_slice()
            && let Some(field) = object.field(*field).filter(|field| field.ty.is_text())
        {
            return self.matches(
                object,
                &format!("{} == {}", field.name, quoted(title)),
                trash,
            );
        }
        let objects = [object.id];
        let options = SearchOptions {
            objects: Some(&objects),
            ..SearchOptions::default()
        };
        let hits = self.crm.search(title, &options)?.into_iter();
        Ok(hits
            .filter(|hit| hit.title.eq_ignore_ascii_case(title))
            .map(|hit| hit.record)
            .collect())
    }

    fn matches(&self, object: &ObjectDef, filter: &str, trash: bool) -> Result<Vec<Record>> {
        let query = Query {
            trash,
            ..Query::of(&object.name).filter(filter).limit(5)
        };
        Ok(self.crm.find(&query)?.rows)
    }

    /// The values of `field=value` arguments. References may be given by title.
    pub fn fields(&self, object: &str, arguments: &[String]) -> Result<Fields> {
        let object = self.catalog.object_named(object)?;
        let mut fields = Fields::new();
        for argument in arguments {
            let (name, text) = argument
                .split_once('=')
                .ok_or_else(|| refusal(argument, "a value is given as `field=value`"))?;
            let name = name.trim();
            let field =
                object.field_named(name.split_once('.').map_or(name, |(field, _)| field))?;
            let value = match (text.is_empty(), field.ty) {
                (true, _) => Value::Null,
                (false, FieldType::Reference) => self.references(object, field, text)?,
                (false, _) => text.into(),
            };
            fields.set(name, value);
        }
        Ok(fields)
    }

    fn references(&self, object: &ObjectDef, field: &FieldDef, text: &str) -> Result<Value> {
        let reference = |text: &str| {
            let of_object = text
                .split_once(':')
                .filter(|(target, _)| self.catalog.object_named(target).is_ok());
            match (of_object, field.targets.as_slice()) {
                (Some((target, rest)), _) => self.find(target, rest.trim()),
                (None, [target]) => self.find(target, text),
                (None, _) => Err(refusal(
                    text,
                    &format!(
                        "`{}.{}` refers to several objects: say which, as in `contact:Ada Lovelace`",
                        object.name, field.name
                    ),
                )),
            }
        };
        if !field.many {
            return Ok(reference(text.trim())?.into());
        }
        let list = text
            .split(';')
            .map(str::trim)
            .filter(|text| !text.is_empty());
        Ok(Value::List(
            list.map(|text| reference(text).map(Value::from))
                .collect::<Result<_>>()?,
        ))
    }

    /// A time that an argument gives, in the organisation's zone; now if there is none.
    pub fn time(&self, text: Option<&str>) -> Result<DateTime<Utc>> {
        let options = ReadOptions {
            time_zone: self.crm.settings().time_zone.clone(),
            ..ReadOptions::default()
        };
        text.map_or_else(
            || Ok(self.crm.now()),
            |text| normalise::datetime(text, &options),
        )
    }
}

/// Showing records.
impl Shell {
    /// The title of a record, also of one in the trash; empty if it is gone.
    pub fn title(&self, record: Ref) -> Result<String> {
        if let Some(title) = self.titles.borrow().get(&record) {
            return Ok(title.clone());
        }
        let title = self
            .crm
            .find_record(record)?
            .map(|found| self.crm.title(&found))
            .unwrap_or_default();
        self.titles.borrow_mut().insert(record, title.clone());
        Ok(title)
    }

    /// A record's identity in JSON, with its title.
    pub fn titled_json(&self, record: Ref) -> Result<Json> {
        Ok(json!({
            "object": self.catalog.object_name(record.object),
            "id": record.id.to_string(),
            "title": self.title(record)?,
        }))
    }

    /// A record in JSON.
    pub fn record_json(&self, record: &Record) -> Json {
        crm_core::record_to_json(&self.catalog, record)
    }

    /// Records in JSON.
    pub fn records_json<'r>(&self, records: impl IntoIterator<Item = &'r Record>) -> Json {
        records
            .into_iter()
            .map(|record| self.record_json(record))
            .collect()
    }

    /// A value in JSON.
    pub fn value_json(&self, field: &FieldDef, value: ValueRef<'_>) -> Json {
        let object = |id: u16| {
            self.catalog
                .object(id)
                .ok()
                .map(|object| object.name.as_str())
        };
        crm_core::value::to_json(
            value,
            crm_core::value::JsonNames {
                object: &object,
                parts: field.ty.part_names(),
            },
        )
    }

    /// A value for people: titles for references, labels for choices, times in the organisation's zone.
    pub fn text(&self, field: &FieldDef, value: ValueRef<'_>) -> Result<String> {
        Ok(match value {
            ValueRef::Ref(record) => match self.title(record)? {
                title if title.is_empty() => tail(record.id),
                title => title,
            },
            ValueRef::List(list) => {
                let elements: Vec<String> = list
                    .iter()
                    .map(|value| self.text(field, value))
                    .collect::<Result<_>>()?;
                elements.join("; ")
            }
            ValueRef::Text(key) if field.ty == FieldType::Choice => {
                let choice = field.choices.iter().find(|choice| choice.key == key);
                choice.map_or(key, |choice| &choice.label).to_owned()
            }
            ValueRef::Text(number) if field.ty == FieldType::Phone => {
                normalise::phone_display(number)?
            }
            ValueRef::DateTime(time) => self.local(time),
            ValueRef::Parts(name) if field.ty == FieldType::PersonName => {
                // As people say it: prefix, given, middle, family, suffix.
                let parts = [3, 0, 2, 1, 4].map(|part| name.get(part));
                let known: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
                known.join(" ")
            }
            value => value.to_string(),
        })
    }

    /// A time in the organisation's zone, to the minute.
    pub fn local(&self, time: DateTime<Utc>) -> String {
        self.crm
            .settings()
            .time_zone
            .wall(time)
            .format("%Y-%m-%d %H:%M")
            .to_string()
    }
}

/// The last digits of an id, which tables show.
pub fn tail(id: Id) -> String {
    let text = id.to_string();
    text.get(text.len() - TAIL_LEN..)
        .unwrap_or_default()
        .to_owned()
}

/// A text as a CEL literal.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}
