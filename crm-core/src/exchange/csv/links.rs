//! Finds the records that cells name. What can be found is read once and kept up to date while the import
//! goes on.

use std::borrow::Cow;
use std::collections::HashMap;

use crate::api::title_of;
use crate::engine::{Work, read};
use crate::error::{Error, Result, nearest};
use crate::record::Record;
use crate::schema::{Catalog, FieldType};
use crate::value::{Ref, ValueRef, fold, normalise};

/// Beyond so many names the nearest one is not looked for.
const HINT_NAMES_MAX: usize = 5_000;

/// All the places in which an import looks for records.
#[derive(Default)]
pub(super) struct Links {
    lookups: Vec<Lookup>,
    /// What was added since the last commit, and what stood there before.
    added: Vec<Added>,
}

/// The records of one object by what names them.
struct Lookup {
    object: u16,
    /// The field that names a record; without it its title, or else a unique key or an e-mail address.
    by: Option<u16>,
    /// The field within whose value a name is looked for.
    scope: Option<u16>,
    names: Option<Names>,
}

/// Titles first, then other keys.
#[derive(Default)]
struct Names([HashMap<Name, Found>; 2]);

/// A folded name, and the record within which it counts.
type Name = (Option<Ref>, String);

struct Added {
    lookup: usize,
    rank: usize,
    name: Name,
    before: Option<Found>,
}

/// What a name stands for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Found {
    One(Ref),
    Several,
}

impl Links {
    /// The number of a lookup, a new one if there is none like it.
    pub(super) fn lookup(&mut self, object: u16, by: Option<u16>, scope: Option<u16>) -> usize {
        let like =
            |lookup: &Lookup| (lookup.object, lookup.by, lookup.scope) == (object, by, scope);
        self.lookups.iter().position(like).unwrap_or_else(|| {
            self.lookups.push(Lookup {
                object,
                by,
                scope,
                names: None,
            });
            self.lookups.len() - 1
        })
    }

    /// The object in which a lookup looks.
    pub(super) fn object_of(&self, lookup: usize) -> u16 {
        self.lookups.get(lookup).map_or(0, |lookup| lookup.object)
    }

    /// The field by which a lookup finds records, and that within whose value it looks.
    pub(super) fn fields_of(&self, lookup: usize) -> (Option<u16>, Option<u16>) {
        self.lookups
            .get(lookup)
            .map_or((None, None), |lookup| (lookup.by, lookup.scope))
    }

    /// The record of a name.
    ///
    /// # Errors
    /// `Invalid` if there are several.
    pub(super) fn find(
        &mut self,
        work: &Work<'_, '_>,
        lookups: &[usize],
        scope: Option<Ref>,
        text: &str,
    ) -> Result<Option<Ref>> {
        let text_key = key(text);
        for at in lookups {
            let Some(lookup) = self.lookups.get_mut(*at) else {
                continue;
            };
            let names = match &mut lookup.names {
                Some(names) => names,
                None => lookup
                    .names
                    .insert(load(work, lookup.object, lookup.by, lookup.scope)?),
            };
            match names.find(lookup.scope, scope, &text_key) {
                None => {}
                Some(Found::One(reference)) => return Ok(Some(reference)),
                Some(Found::Several) => {
                    let catalog = work.catalog();
                    let plural = catalog.object(lookup.object)?.plural.to_lowercase();
                    let reason =
                        format!("several {plural} are called so; give a unique key or the id");
                    return Err(Error::invalid(text, reason));
                }
            }
        }
        Ok(None)
    }

    /// Why nothing was found: which objects have no such record, and which name is near.
    pub(super) fn missing(&self, catalog: &Catalog, lookups: &[usize], text: &str) -> Error {
        let lookups: Vec<&Lookup> = lookups
            .iter()
            .filter_map(|at| self.lookups.get(*at))
            .collect();
        let objects: Vec<&str> = lookups
            .iter()
            .map(|lookup| catalog.object_name(lookup.object))
            .collect();
        let names = lookups.iter().filter_map(|lookup| lookup.names.as_ref());
        let titles = names.filter_map(|names| names.0.first());
        let titles = titles.filter(|titles| titles.len() <= HINT_NAMES_MAX);
        let near = nearest(
            text,
            titles
                .flat_map(|titles| titles.keys())
                .map(|(_, name)| name.as_str()),
        );
        let hint = near
            .map(|near| format!("; did you mean `{near}`?"))
            .unwrap_or_default();
        Error::invalid(
            text,
            format!("there is no {} of this name{hint}", objects.join(" or ")),
        )
    }

    /// Makes a record known that was created or changed.
    pub(super) fn add(&mut self, catalog: &Catalog, record: &Record) {
        for (at, lookup) in self.lookups.iter_mut().enumerate() {
            if lookup.object != record.object() {
                continue;
            }
            if let Some(names) = &mut lookup.names {
                for (rank, name) in names_of(catalog, record, lookup.by, lookup.scope) {
                    if let Some(before) = names.insert(rank, name.clone(), record.reference()) {
                        self.added.push(Added {
                            lookup: at,
                            rank,
                            name,
                            before,
                        });
                    }
                }
            }
        }
    }

    /// True if a lookup has been read whose records are of an object.
    pub(super) fn know(&self, object: u16) -> bool {
        self.lookups
            .iter()
            .any(|lookup| lookup.object == object && lookup.names.is_some())
    }

    /// A point to go back to.
    pub(super) fn mark(&self) -> usize {
        self.added.len()
    }

    /// Forgets what was added since a point.
    pub(super) fn roll_back(&mut self, mark: usize) {
        while self.added.len() > mark {
            let Some(added) = self.added.pop() else {
                return;
            };
            let names = self
                .lookups
                .get_mut(added.lookup)
                .and_then(|lookup| lookup.names.as_mut());
            if let Some(names) = names.and_then(|names| names.0.get_mut(added.rank)) {
                match added.before {
                    Some(before) => names.insert(added.name, before),
                    None => names.remove(&added.name),
                };
            }
        }
    }

    /// What was added is committed.
    pub(super) fn keep(&mut self) {
        self.added.clear();
    }
}

impl Names {
    /// What a name stands for: within a record, or anywhere where the row does not say within which.
    fn find(&self, scoped: Option<u16>, scope: Option<Ref>, text: &str) -> Option<Found> {
        if scoped.is_some() && scope.is_none() {
            let [titles, _] = &self.0;
            let mut found = titles
                .iter()
                .filter(|((_, name), _)| name == text)
                .map(|(_, found)| *found);
            let first = found.next()?;
            return Some(if found.any(|other| other != first) {
                Found::Several
            } else {
                first
            });
        }
        let name = (scoped.and(scope), text.to_owned());
        self.0.iter().find_map(|names| names.get(&name).copied())
    }

    /// Returns what stood there before; `None` if nothing changes.
    fn insert(&mut self, rank: usize, name: Name, record: Ref) -> Option<Option<Found>> {
        let names = self.0.get_mut(rank)?;
        let before = names.get(&name).copied();
        let now = match before {
            None => Found::One(record),
            Some(Found::One(other)) if other != record => Found::Several,
            Some(_) => return None,
        };
        names.insert(name, now);
        Some(before)
    }
}

fn load(work: &Work<'_, '_>, object: u16, by: Option<u16>, scope: Option<u16>) -> Result<Names> {
    let catalog = work.catalog();
    let mut names = Names::default();
    read::for_each_live(work.read(), object, &mut |record| {
        for (rank, name) in names_of(&catalog, &record, by, scope) {
            names.insert(rank, name, record.reference());
        }
        Ok(())
    })?;
    Ok(names)
}

/// What names a record, titles with rank 0 and other keys with rank 1.
fn names_of(
    catalog: &Catalog,
    record: &Record,
    by: Option<u16>,
    scope: Option<u16>,
) -> Vec<(usize, Name)> {
    let within = scope.and_then(|scope| record.get(scope).as_ref());
    if scope.is_some() && within.is_none() {
        return Vec::new();
    }
    let Ok(object) = catalog.object(record.object()) else {
        return Vec::new();
    };
    let mut names = Vec::new();
    let mut add = |rank: usize, text: &str| {
        if !text.trim().is_empty() {
            names.push((rank, (within, key(text))));
        }
    };
    if let Some(by) = by {
        for value in record.get(by).elements() {
            add(0, &value.to_string());
        }
        return names;
    }
    add(0, &title_of(catalog, record));
    for field in &object.title {
        // A person is also known without titles and middle names.
        if let ValueRef::Parts(parts) = record.get(*field) {
            add(0, &format!("{} {}", parts.get(0), parts.get(1)));
            add(0, &format!("{}, {}", parts.get(1), parts.get(0)));
        }
    }
    let keys = object
        .live_fields()
        .filter(|field| field.unique || field.ty == FieldType::Email);
    for field in keys {
        for value in record.get(field.id).elements() {
            add(1, &value.to_string());
        }
    }
    names
}

/// A name as it is compared: without what nobody sees, case, accents and doubled blanks.
pub(super) fn key(text: &str) -> String {
    let stored = normalise::text(text);
    let folded = fold(&stored);
    let mut words = folded.split_whitespace();
    let first = words.next().unwrap_or_default();
    words
        .fold(Cow::Borrowed(first), |mut name, word| {
            name.to_mut().push(' ');
            name.to_mut().push_str(word);
            name
        })
        .into_owned()
}
