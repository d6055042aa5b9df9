//! `schema`.

use crm_core::Result;
use crm_core::schema::{FieldDef, ObjectDef};
use serde_json::{Value as Json, json};

use crate::args::Schema;
use crate::output::{Answer, Part, Side, Table};
use crate::shell::Shell;

pub fn schema(shell: &Shell, args: &Schema) -> Result<Answer> {
    match &args.object {
        Some(name) => Ok(one(shell.catalog.object_named(name)?)),
        None => Ok(all(shell.catalog.objects())),
    }
}

fn all(objects: &[ObjectDef]) -> Answer {
    let mut table = Table::new([
        ("Object", Side::Left),
        ("Fields", Side::Right),
        ("What it is", Side::Left),
    ]);
    for object in objects {
        table.row([
            object.name.clone(),
            object.live_fields().count().to_string(),
            one_line(&object.doc),
        ]);
    }
    let list: Vec<Json> = objects
        .iter()
        .map(|object| {
            json!({
                "name": object.name,
                "label": object.label,
                "plural": object.plural,
                "doc": one_line(&object.doc),
                "custom": object.custom,
            })
        })
        .collect();
    Answer::new(json!({ "objects": list }), vec![Part::Table(table)])
}

fn one(object: &ObjectDef) -> Answer {
    let mut table = Table::new([
        ("Number", Side::Right),
        ("Field", Side::Left),
        ("Type", Side::Left),
        ("", Side::Left),
        ("What it means", Side::Left),
    ]);
    for field in object.live_fields() {
        let attributes = attributes(field).join(", ");
        table.row([
            field.id.to_string(),
            field.name.clone(),
            type_of(field),
            attributes,
            one_line(&field.doc),
        ]);
    }
    let fields: Vec<Json> = object.live_fields().map(field_json).collect();
    let json = json!({
        "name": object.name,
        "label": object.label,
        "plural": object.plural,
        "doc": one_line(&object.doc),
        "custom": object.custom,
        "fields": fields,
    });
    Answer::new(
        json,
        vec![Part::Text(one_line(&object.doc)), Part::Table(table)],
    )
}

fn field_json(field: &FieldDef) -> Json {
    json!({
        "number": field.id,
        "name": field.name,
        "label": field.label,
        "type": field.ty.name(),
        "many": field.many,
        "attributes": attributes(field),
        "choices": field.choices.iter().map(|choice| &choice.key).collect::<Vec<_>>(),
        "targets": field.targets,
        "doc": one_line(&field.doc),
    })
}

fn type_of(field: &FieldDef) -> String {
    match field.targets.as_slice() {
        [] => field.type_name(),
        targets => format!("{} to {}", field.type_name(), targets.join(" or ")),
    }
}

fn attributes(field: &FieldDef) -> Vec<&'static str> {
    let all = [
        (field.required, "required"),
        (field.unique, "unique"),
        (field.indexed && !field.unique, "indexed"),
        (field.search > 0, "searchable"),
        (field.personal, "personal"),
        (field.read_only, "read-only"),
        (field.is_computed(), "computed"),
    ];
    all.into_iter()
        .filter(|(is_so, _)| *is_so)
        .map(|(_, name)| name)
        .collect()
}

/// The line breaks of a declaration mean nothing.
fn one_line(doc: &str) -> String {
    doc.split_whitespace().collect::<Vec<_>>().join(" ")
}
