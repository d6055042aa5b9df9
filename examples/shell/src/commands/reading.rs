//! `list`, `get` and `search`.

use crm_core::schema::{FieldDef, FieldType, ObjectDef};
use crm_core::{Query, Record, Result, SearchOptions};
use serde_json::json;

use super::counted;
use crate::args::{List, One, Search};
use crate::output::{Answer, Part, Side, Table};
use crate::shell::{Shell, tail};

/// Columns that a list shows where nobody says which.
const COLUMNS_MAX: usize = 8;
/// The width to which a list cuts its cells.
const CELL_CHARS_MAX: usize = 40;

pub fn list(shell: &Shell, args: &List) -> Result<Answer> {
    let fields: Vec<&str> = args.fields.iter().map(String::as_str).collect();
    let query = Query {
        trash: args.trash,
        ..Query::of(&args.object)
            .filter(&args.filter)
            .sort(&args.sort)
            .limit(args.limit)
            .after(&args.after)
            .fields(&fields)
    };
    let page = shell.crm.find(&query)?;
    let object = shell.catalog.object_named(&args.object)?;
    let mut text = vec![Part::Table(table(shell, object, &fields, &page.rows)?)];
    text.push(Part::Text(counted(
        page.rows.len() as u64,
        "record",
        "records",
    )));
    if let Some(next) = &page.next {
        text.push(Part::Text(format!("More: --after {next}")));
    }
    Ok(Answer::new(
        json!({"records": shell.records_json(&page.rows), "next": page.next}),
        text,
    ))
}

/// A table of records of one object: of the given fields, or of the first ones that have values.
pub fn table(
    shell: &Shell,
    object: &ObjectDef,
    names: &[&str],
    records: &[Record],
) -> Result<Table> {
    let chosen: Vec<&FieldDef> = match names {
        [] => object
            .live_fields()
            .filter(|field| is_listed(object, field))
            .collect(),
        names => names
            .iter()
            .map(|name| object.field_named(name))
            .collect::<Result<_>>()?,
    };
    let mut columns = vec![("id", Side::Left)];
    if names.is_empty() {
        columns.push((&object.label, Side::Left));
    }
    let kept = columns.len();
    columns.extend(
        chosen
            .iter()
            .map(|field| (field.label.as_str(), side(field))),
    );
    let mut table = Table::new(columns);
    for record in records {
        let mut cells = vec![tail(record.id())];
        if names.is_empty() {
            cells.push(cut(&shell.crm.title(record)));
        }
        for field in &chosen {
            cells.push(cut(&shell.text(field, record.get(field.id))?));
        }
        table.row(cells);
    }
    Ok(if names.is_empty() {
        table.tidy(kept, COLUMNS_MAX)
    } else {
        table
    })
}

fn is_listed(object: &ObjectDef, field: &FieldDef) -> bool {
    let is_system = field.id >= crm_core::schema::system::FIRST;
    !is_system && field.ty != FieldType::LongText && !object.title.contains(&field.id)
}

/// Numbers stand on the right.
fn side(field: &FieldDef) -> Side {
    use FieldType as T;
    match field.ty {
        T::Integer | T::Decimal | T::Percent | T::Money => Side::Right,
        _ => Side::Left,
    }
}

/// One line of a list is one record.
fn cut(text: &str) -> String {
    let line = text.replace(['\n', '\r'], " ");
    match line.char_indices().nth(CELL_CHARS_MAX) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
        None => line,
    }
}

pub fn get(shell: &Shell, args: &One) -> Result<Answer> {
    let record = shell.crm.get_record(shell.find(&args.object, &args.id)?)?;
    let object = shell.catalog.object(record.object())?;
    let mut table = Table::new([(object.label.as_str(), Side::Left), ("", Side::Left)]);
    table.row(["id".to_owned(), record.id().to_string()]);
    for field in &object.fields {
        let value = record.get(field.id);
        if !value.is_null() {
            table.row([field.name.clone(), shell.text(field, value)?]);
        }
    }
    let title = shell.crm.title(&record);
    Ok(Answer::new(
        shell.record_json(&record),
        vec![Part::Text(title), Part::Table(table)],
    ))
}

pub fn search(shell: &Shell, args: &Search) -> Result<Answer> {
    let objects = args
        .object
        .iter()
        .map(|name| Ok(shell.catalog.object_named(name)?.id));
    let objects: Vec<u16> = objects.collect::<Result<_>>()?;
    let options = SearchOptions {
        objects: (!objects.is_empty()).then_some(&objects),
        limit: args.limit,
        ..SearchOptions::default()
    };
    let hits = shell.crm.search(&args.text.join(" "), &options)?;
    let mut table = Table::new([
        ("Object", Side::Left),
        ("id", Side::Left),
        ("Title", Side::Left),
        ("Score", Side::Right),
    ]);
    let mut found = Vec::with_capacity(hits.len());
    for hit in &hits {
        let object = shell.catalog.object_name(hit.record.object());
        table.row([
            object.to_owned(),
            tail(hit.record.id()),
            hit.title.clone(),
            hit.score.to_string(),
        ]);
        found.push(json!({"object": object, "id": hit.record.id().to_string(), "title": hit.title, "score": hit.score}));
    }
    let count = Part::Text(counted(hits.len() as u64, "hit", "hits"));
    Ok(Answer::new(
        json!({ "hits": found }),
        vec![Part::Table(table), count],
    ))
}
