//! The arguments of a step.

use chrono::{DateTime, Utc};
use crm_core::schema::Catalog;
use crm_core::{Change, Fields, Id, Object, PointInTime, Query, Ref, SortKey};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value as Json};

use super::handle::Failure;
use super::value;

/// Named values, each of which is taken once.
pub struct Arguments(Map<String, Json>);

impl Arguments {
    pub fn new(arguments: Map<String, Json>) -> Self {
        Arguments(arguments)
    }

    /// The members of an argument that is an object.
    pub fn members(json: Json) -> Result<Self, Failure> {
        match json {
            Json::Object(members) => Ok(Arguments(members)),
            other => Err(Failure::scenario(format!("{other} is no object"))),
        }
    }

    /// All that nobody has taken.
    pub fn rest(&mut self) -> Map<String, Json> {
        std::mem::take(&mut self.0)
    }

    /// Says what nobody has taken.
    pub fn finish(self) -> Result<(), Failure> {
        match self.0.keys().next() {
            None => Ok(()),
            Some(name) => Err(Failure::scenario(format!("there is no argument `{name}`"))),
        }
    }

    /// An argument of any type that JSON tells; its default where it is not given.
    pub fn take<T: DeserializeOwned + Default>(&mut self, name: &str) -> Result<T, Failure> {
        Ok(self.optional(name)?.unwrap_or_default())
    }

    /// An argument that may be left out.
    pub fn optional<T: DeserializeOwned>(&mut self, name: &str) -> Result<Option<T>, Failure> {
        match self.0.remove(name) {
            None | Some(Json::Null) => Ok(None),
            Some(json) => serde_json::from_value(json)
                .map(Some)
                .map_err(|error| Failure::scenario(format!("`{name}`: {error}"))),
        }
    }

    /// An argument that must be there.
    pub fn needed<T: DeserializeOwned>(&mut self, name: &str) -> Result<T, Failure> {
        self.optional(name)?
            .ok_or_else(|| Failure::scenario(format!("`{name}` is not given")))
    }

    pub fn text(&mut self, name: &str) -> Result<String, Failure> {
        self.needed(name)
    }

    pub fn time(&mut self, name: &str) -> Result<DateTime<Utc>, Failure> {
        value::parsed(&self.text(name)?)
    }

    pub fn optional_time(&mut self, name: &str) -> Result<Option<DateTime<Utc>>, Failure> {
        let text = self.optional::<String>(name)?;
        text.map(|text| value::parsed(&text)).transpose()
    }

    /// Bytes: a text, or digits.
    pub fn bytes(&mut self, name: &str) -> Result<Vec<u8>, Failure> {
        match self.needed(name)? {
            Json::String(text) => Ok(text.into_bytes()),
            json => json
                .get("hex")
                .and_then(Json::as_str)
                .and_then(|digits| hex::decode(digits).ok())
                .ok_or_else(|| Failure::scenario(format!("`{name}` is neither text nor hex"))),
        }
    }

    pub fn reference(&mut self, catalog: &Catalog, name: &str) -> Result<Ref, Failure> {
        reference(catalog, &self.needed(name)?)
    }

    pub fn optional_reference(
        &mut self,
        catalog: &Catalog,
        name: &str,
    ) -> Result<Option<Ref>, Failure> {
        let json = self.optional::<Json>(name)?;
        json.map(|json| reference(catalog, &json)).transpose()
    }

    /// The id of a record of one object, which Rust knows by its type.
    pub fn id<O: Object>(&mut self, name: &str) -> Result<Id<O>, Failure> {
        let json: Json = self.needed(name)?;
        let of = json.get("object").and_then(Json::as_str);
        if of != Some(O::TYPE_NAME) {
            let reason = format!(
                "`{name}` is no {}; Rust does not compile this",
                O::TYPE_NAME
            );
            return Err(Failure::scenario(reason));
        }
        Ok(id(&json)?.of())
    }

    pub fn fields(&mut self, catalog: &Catalog, object: &str) -> Result<Fields, Failure> {
        value::fields(catalog, object, &self.needed("fields")?)
    }

    pub fn query(&mut self, name: &str) -> Result<Query, Failure> {
        let mut members = Arguments::members(self.needed(name)?)?;
        let sort = members.take::<Vec<Json>>("sort")?.into_iter().map(|key| {
            let mut key = Arguments::members(key)?;
            let sort = SortKey {
                field: key.text("field")?,
                descending: key.take("descending")?,
            };
            key.finish().map(|()| sort)
        });
        let query = Query {
            sort: sort.collect::<Result<_, Failure>>()?,
            object: members.text("object")?,
            filter: members.take("filter")?,
            limit: members.take("limit")?,
            after: members.take("after")?,
            fields: members.take("fields")?,
            trash: members.take("trash")?,
        };
        members.finish()?;
        Ok(query)
    }

    pub fn point(&mut self, name: &str) -> Result<PointInTime, Failure> {
        let mut members = Arguments::members(self.needed(name)?)?;
        let point = match members.text("type")?.as_str() {
            "newest" => PointInTime::Newest,
            "commit" => PointInTime::Commit(members.needed("sequence")?),
            "time" => PointInTime::Time(members.time("at")?),
            other => return Err(Failure::scenario(format!("no point in time is `{other}`"))),
        };
        members.finish()?;
        Ok(point)
    }

    /// The change that these members tell.
    pub fn change(mut self, catalog: &Catalog) -> Result<Change, Failure> {
        let change = match self.text("type")?.as_str() {
            "create" => {
                let object = self.text("object")?;
                Change::Create {
                    fields: self.fields(catalog, &object)?,
                    id: match self.optional::<String>("id")? {
                        Some(id) => Some(id.parse()?),
                        None => None,
                    },
                    object,
                }
            }
            "update" => {
                let record = self.reference(catalog, "record")?;
                Change::Update {
                    record,
                    fields: self.fields(catalog, catalog.object_name(record.object))?,
                    expected: self.optional("expected")?,
                }
            }
            "upsert" => {
                let object = self.text("object")?;
                Change::Upsert {
                    by: self.text("by")?,
                    fields: self.fields(catalog, &object)?,
                    object,
                }
            }
            "delete" => Change::Delete {
                record: self.reference(catalog, "record")?,
            },
            "restore" => Change::Restore {
                record: self.reference(catalog, "record")?,
            },
            "purge" => Change::Purge {
                record: self.reference(catalog, "record")?,
            },
            "move" => Change::Move {
                card: self.reference(catalog, "card")?,
                column: self.reference(catalog, "column")?,
                behind: self.optional_reference(catalog, "behind")?,
                expected: self.optional("expected")?,
            },
            other => return Err(Failure::scenario(format!("there is no change `{other}`"))),
        };
        self.finish()?;
        Ok(change)
    }

    pub fn changes(&mut self, catalog: &Catalog) -> Result<Vec<Change>, Failure> {
        let changes: Vec<Json> = self.needed("changes")?;
        changes
            .into_iter()
            .map(|change| Arguments::members(change)?.change(catalog))
            .collect()
    }
}

/// A reference: `{"object": …, "id": …}`.
pub fn reference(catalog: &Catalog, json: &Json) -> Result<Ref, Failure> {
    let object = json
        .get("object")
        .and_then(Json::as_str)
        .ok_or_else(|| Failure::scenario(format!("{json} is no reference")))?;
    Ok(Ref {
        object: catalog.object_named(object)?.id,
        id: id(json)?,
    })
}

fn id(json: &Json) -> Result<Id, Failure> {
    let id = json.get("id").and_then(Json::as_str);
    Ok(id
        .ok_or_else(|| Failure::scenario(format!("{json} has no id")))?
        .parse()?)
}
