//! What a declaration says has somebody who reads it, or an issue that will: it is a promise to the hosts of five
//! languages.

use std::collections::BTreeSet;

use crm_core::Crm;
use crm_core::schema::{FieldDef, FieldType, ObjectDef};

use super::source::Source;
use super::{core_sources, report};

/// What nothing reads yet, with the issue that does.
const PROMISED: &[(&str, &str)] = &[
    ("FieldDef::personal", "17: erasure"),
    ("stage.stalls_after_days", "14: stalls"),
    ("organisation.working_days", "15: working calendars"),
    ("organisation.work_starts", "15: working calendars"),
    ("organisation.work_ends", "15: working calendars"),
    ("organisation.holidays", "15: working calendars"),
];

/// What is read in a way that its name does not show.
const READ_OTHERWISE: &[(&str, &str)] = &[(
    "Role::Bookkeeping",
    "exchange/csv asks if an object has no role",
)];

/// The objects whose fields say how the engine works, and not only what people know.
const STEERING: &[&str] = &["organisation", "user", "pipeline", "stage"];

#[test]
fn every_promise_has_a_reader() {
    let sources = core_sources();
    let mut unread = BTreeSet::new();
    unread.extend(unread_roles(&sources));
    unread.extend(unread_attributes(&sources, "schema/field.rs", "FieldDef"));
    unread.extend(unread_attributes(&sources, "schema/object.rs", "ObjectDef"));
    unread.extend(unread_settings(&sources));
    let excused = || PROMISED.iter().chain(READ_OTHERWISE);
    let mut faults = Vec::new();
    for promise in &unread {
        if !excused().any(|(excused, _)| excused == promise) {
            faults.push(format!(
                "{promise} is read by nothing; give it a reader, or an issue in PROMISED"
            ));
        }
    }
    for (excused, _) in excused().filter(|(excused, _)| !unread.contains(*excused)) {
        faults.push(format!(
            "{excused} has a reader, or is gone: it needs no entry"
        ));
    }
    report("promises of declarations", &faults);
}

/// A number that is wrong is another field; a name that is wrong does not compile.
#[test]
fn declarations_name_their_fields() {
    let mut faults = Vec::new();
    for source in core_sources() {
        let numbers = ('0'..='9').flat_map(|digit| source.lines_with(&format!("&[{digit}")));
        let numbers = numbers.filter(|_| source.declared_object().is_some());
        faults.extend(numbers.map(|line| format!("{}:{line}: numbers a field", source.path())));
    }
    report("declarations that number what has a name", &faults);
}

fn unread_roles(sources: &[Source]) -> Vec<String> {
    let declaring = file(sources, "schema/role.rs");
    let variants = declaring.variants_of("Role").into_iter();
    let roles = variants.map(|variant| format!("Role::{variant}"));
    roles
        .filter(|role| {
            !is_live(sources, role, |path| {
                path == "schema/role.rs" || is_declaration(path)
            })
        })
        .collect()
}

/// The members of a definition that no code outside of the schema's own asks for.
fn unread_attributes(sources: &[Source], path: &str, structure: &str) -> Vec<String> {
    let members = file(sources, path).members_of(structure).into_iter();
    let unread = members.filter(|member| {
        let own = |path: &str| ["schema/field.rs", "schema/object.rs"].contains(&path);
        !is_live(sources, &format!(".{member}"), |path| {
            own(path) || is_declaration(path)
        })
    });
    unread
        .map(|member| format!("{structure}::{member}"))
        .collect()
}

/// The fields of steering objects that are only stored.
fn unread_settings(sources: &[Source]) -> Vec<String> {
    let crm = Crm::in_memory().unwrap();
    let catalog = crm.catalog();
    let mut unread = Vec::new();
    for name in STEERING {
        let object = catalog.object_named(name).unwrap();
        let own = format!("objects/{name}.rs");
        let declared = object
            .fields
            .iter()
            .filter(|field| field.id < crm_core::schema::system::FIRST);
        for field in declared.filter(|field| !is_used(object, field)) {
            let constant = format!("{}::{}", type_name(name), field.name.to_uppercase());
            if !is_live(sources, &constant, |path| path == own) {
                unread.push(format!("{name}.{}", field.name));
            }
        }
    }
    unread
}

/// True if what is built on a definition reads a field: its title, indexes, search, roles; or if it is written for
/// people to read.
fn is_used(object: &ObjectDef, field: &FieldDef) -> bool {
    let parts = object.role.map_or(Vec::new(), |role| role.parts());
    let mut indexed = object.indexes.iter().flat_map(|index| &index.fields);
    field.ty == FieldType::LongText
        || field.indexed
        || field.search > 0
        || object.title.contains(&field.id)
        || indexed.any(|id| *id == field.id)
        || parts.iter().any(|(id, _)| *id == field.id)
}

/// True if code has this text, in files that are not to be left out.
fn is_live(sources: &[Source], text: &str, left_out: impl Fn(&str) -> bool) -> bool {
    let mut sources = sources.iter().filter(|source| !left_out(source.path()));
    sources.any(|source| !source.live_lines_with(text).is_empty())
}

fn is_declaration(path: &str) -> bool {
    path.starts_with("objects/")
}

fn file<'a>(sources: &'a [Source], path: &str) -> &'a Source {
    sources.iter().find(|source| source.path() == path).unwrap()
}

/// `exchange_rate` → `ExchangeRate`.
fn type_name(name: &str) -> String {
    let word = |word: &str| {
        let (first, rest) = word.split_at(1);
        first.to_uppercase() + rest
    };
    name.split('_').map(word).collect()
}
