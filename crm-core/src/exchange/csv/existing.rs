//! Rows that look like records that were there before the import.

use std::collections::{BTreeMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use super::header::is_writable;
use super::links::key;
use crate::api::full_name;
use crate::engine::{Work, read};
use crate::error::Result;
use crate::limits;
use crate::schema::{Catalog, FieldDef, FieldType, ObjectDef, system};
use crate::value::{Value, ValueRef};

/// What identifies the records of an object that were there before an import, as digests.
pub(super) struct Existing(HashSet<u64>);

/// What identifies a record.
struct Keys {
    /// Enough by itself.
    strong: Vec<u64>,
    /// Its title, which is enough where there is nothing else.
    title: Option<u64>,
}

impl Existing {
    /// Reads the records of an object.
    pub(super) fn load(work: &Work<'_, '_>, object: &ObjectDef) -> Result<Self> {
        let catalog = work.catalog();
        let (mut known, mut count) = (HashSet::new(), 0);
        read::for_each_live(work.read(), object.id, &mut |record| {
            count += 1;
            if count <= limits::IMPORT_KNOWN_MAX {
                let keys = keys_of(&catalog, object, &|field| record.get(field));
                known.extend(keys.strong);
                known.extend(keys.title);
            }
            Ok(())
        })?;
        Ok(Existing(known))
    }

    /// True for values that look like those of a record that is there.
    pub(super) fn has(
        &self,
        catalog: &Catalog,
        object: &ObjectDef,
        values: &BTreeMap<u16, Value>,
    ) -> bool {
        if self.0.is_empty() {
            return false;
        }
        let get = |field: u16| values.get(&field).map_or(ValueRef::Null, ValueRef::from);
        let keys = keys_of(catalog, object, &get);
        let by_title = keys.title.filter(|_| keys.strong.is_empty());
        keys.strong
            .iter()
            .chain(&by_title)
            .any(|key| self.0.contains(key))
    }
}

fn keys_of<'v>(catalog: &Catalog, object: &ObjectDef, get: &dyn Fn(u16) -> ValueRef<'v>) -> Keys {
    let titles = object.title.iter().map(|field| match get(*field) {
        ValueRef::Parts(name) => full_name(name),
        value => value.to_string(),
    });
    let mut title = key(&titles.collect::<Vec<_>>().join(" "));
    if title.is_empty() {
        // Who has no name is called by an address, a number or the company.
        let called =
            |field: &&FieldDef| field.contact_point || field.indexed && field.ty == FieldType::Text;
        let mut fields: Vec<&FieldDef> = object.live_fields().filter(called).collect();
        fields.sort_by_key(|field| !field.contact_point);
        let texts = fields
            .into_iter()
            .flat_map(|field| get(field.id).elements());
        let mut texts = texts.filter(|value| !value.is_null());
        title = texts.next().map_or(title, |text| key(&text.to_string()));
    }
    let named = !title.is_empty();
    let mut strong = Vec::new();
    for field in object
        .live_fields()
        .filter(|field| field.id < system::FIRST)
    {
        let alone = field.ty == FieldType::Email || field.unique;
        if !(alone || named && tells_namesakes_apart(catalog, object, field)) {
            continue;
        }
        for value in get(field.id).elements().filter(|value| !value.is_null()) {
            let text = key(&value.to_string());
            strong.push(match alone {
                true if field.unique => digest(&(field.id, &text)),
                true => digest(&("address", &text)),
                false => digest(&(&title, field.id, &text)),
            });
        }
    }
    // Companies have their names for themselves; people and things that happen do not.
    let is_thing = object.title.iter().all(|field| {
        let field = object.field(*field);
        field.is_some_and(|field| field.ty == FieldType::Text)
    }) && object.fields.iter().any(|field| field.contact_point);
    let title = named.then(|| digest(&("title", &title)));
    if is_thing {
        strong.extend(title);
    }
    Keys { strong, title }
}

/// True for a field in which two records of one name hardly agree unless they are the same.
fn tells_namesakes_apart(catalog: &Catalog, object: &ObjectDef, field: &FieldDef) -> bool {
    use FieldType as T;
    if !is_writable(field) || object.title.contains(&field.id) {
        return false;
    }
    let names_a_thing = || match field.targets.as_slice() {
        [target] => catalog
            .object_named(target)
            .is_ok_and(|target| target.role.is_none()),
        _ => false,
    };
    match field.ty {
        T::Phone | T::Domain | T::Date | T::PartialDate | T::DateTime => true,
        T::Text => field.indexed,
        T::Reference => !field.many && names_a_thing(),
        _ => false,
    }
}

fn digest(key: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    key.hash(&mut hasher);
    hasher.finish()
}
