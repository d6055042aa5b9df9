//! `timeline`, `history` and `undo`.

use chrono::{DateTime, Utc};
use crm_core::schema::ObjectDef;
use crm_core::{HistoryEntry, Ref, Result, TimelineQuery};
use serde_json::{Value as Json, json};

use super::counted;
use crate::args::{One, Timeline, Undo};
use crate::output::{Answer, Part, Side, Table};
use crate::shell::{Shell, refusal, tail};

pub fn timeline(shell: &Shell, args: &Timeline) -> Result<Answer> {
    let kinds: Vec<&str> = args.kinds.iter().map(String::as_str).collect();
    let query = TimelineQuery {
        own_only: args.own,
        before: args
            .after
            .as_deref()
            .map(|cursor| place(shell, cursor))
            .transpose()?,
        ..TimelineQuery::of(shell.find(&args.record.object, &args.record.id)?)
            .kinds(&kinds)
            .limit(args.limit)
    };
    let page = shell.crm.timeline(&query)?;
    let mut table =
        Table::new(["When", "Kind", "id", "What", "On"].map(|title| (title, Side::Left)));
    let mut entries = Vec::with_capacity(page.entries.len());
    for entry in &page.entries {
        let kind = shell.catalog.object_name(entry.activity.object);
        let title = shell.title(entry.activity)?;
        let on = shell.title(entry.on)?;
        table.row([
            shell.local(entry.at),
            kind.to_owned(),
            tail(entry.activity.id),
            title.clone(),
            on,
        ]);
        entries.push(json!({
            "at": crm_core::Value::from(entry.at).to_string(),
            "object": kind,
            "id": entry.activity.id.to_string(),
            "title": title,
            "on": shell.titled_json(entry.on)?,
            "summary": shell.record_json(&entry.summary),
        }));
    }
    let mut text = vec![
        Part::Table(table),
        Part::Text(counted(page.entries.len() as u64, "entry", "entries")),
    ];
    let next = page.next.map(|place| cursor(shell, place));
    if let Some(next) = &next {
        text.push(Part::Text(format!("More: --after {next}")));
    }
    if !page.complete {
        text.push(Part::Text(
            "More records are linked than are looked at: the activities of the oldest are left out."
                .to_owned(),
        ));
    }
    let answer = json!({"complete": page.complete, "entries": entries, "next": next});
    Ok(Answer::new(answer, text))
}

/// A place in a timeline as an argument: `2026-03-01T09:00:00Z/call:0189…`.
fn cursor(shell: &Shell, (at, activity): (DateTime<Utc>, Ref)) -> String {
    let object = shell.catalog.object_name(activity.object);
    format!("{}/{object}:{}", crm_core::Value::from(at), activity.id)
}

fn place(shell: &Shell, cursor: &str) -> Result<(DateTime<Utc>, Ref)> {
    let wanted = || refusal(cursor, "a cursor is the `next` of an earlier page");
    let (at, activity) = cursor.split_once('/').ok_or_else(wanted)?;
    let (object, id) = activity.split_once(':').ok_or_else(wanted)?;
    let object = shell.catalog.object_named(object)?.id;
    Ok((
        at.parse().map_err(|_| wanted())?,
        Ref {
            object,
            id: id.parse()?,
        },
    ))
}

pub fn history(shell: &Shell, args: &One) -> Result<Answer> {
    let record = shell.find(&args.object, &args.id)?;
    let object = shell.catalog.object(record.object)?;
    let entries = shell.crm.history(record)?;
    let mut table = Table::new(
        ["When", "Who", "Why", "What", "Field", "Was", "Is"].map(|title| (title, Side::Left)),
    );
    let mut found = Vec::with_capacity(entries.len());
    for entry in &entries {
        found.push(entry_json(shell, object, entry)?);
        let who = entry
            .commit
            .actor
            .map_or(Ok(String::new()), |actor| shell.title(actor))?;
        let why = entry
            .cause
            .as_ref()
            .or(entry.commit.operation.as_ref())
            .unwrap_or(&entry.commit.cause);
        let mut first = [
            shell.local(entry.commit.at),
            who,
            why.clone(),
            entry.kind.name().to_owned(),
        ];
        let changes = entry
            .changes
            .iter()
            .filter_map(|change| Some((object.field(change.field)?, change)));
        // The system's own fields say again what the other columns say.
        let mut changes = changes
            .filter(|(field, _)| field.id < crm_core::schema::system::FIRST)
            .peekable();
        if changes.peek().is_none() {
            table.row(
                first
                    .into_iter()
                    .chain([String::new(), String::new(), String::new()]),
            );
            continue;
        }
        for (field, change) in changes {
            let values = [
                field.name.clone(),
                shell.text(field, (&change.old).into())?,
                shell.text(field, (&change.new).into())?,
            ];
            table.row(std::mem::take(&mut first).into_iter().chain(values));
        }
    }
    Ok(Answer::new(
        json!({ "entries": found }),
        vec![Part::Table(table)],
    ))
}

fn entry_json(shell: &Shell, object: &ObjectDef, entry: &HistoryEntry) -> Result<Json> {
    let changes = entry.changes.iter().filter_map(|change| {
        let field = object.field(change.field)?;
        let json = |value| shell.value_json(field, value);
        Some(json!({"field": field.name, "old": json((&change.old).into()), "new": json((&change.new).into())}))
    });
    Ok(json!({
        "version": entry.commit.sequence,
        "at": crm_core::Value::from(entry.commit.at).to_string(),
        "actor": entry.commit.actor.map(|actor| shell.titled_json(actor)).transpose()?,
        "cause": entry.cause.as_ref().unwrap_or(&entry.commit.cause),
        "operation": entry.commit.operation,
        "kind": entry.kind.name(),
        "changes": changes.collect::<Vec<_>>(),
    }))
}

pub fn undo(shell: &Shell, args: &Undo) -> Result<Answer> {
    let report = shell.crm.undo(&args.operation)?;
    let mut table =
        Table::new(["Object", "id", "Field", "Stays because"].map(|title| (title, Side::Left)));
    let mut skipped = Vec::with_capacity(report.skipped.len());
    for left in &report.skipped {
        let object = shell.catalog.object_name(left.record.object);
        let field = left.field.clone().unwrap_or_default();
        table.row([
            object.to_owned(),
            tail(left.record.id),
            field,
            left.reason.clone(),
        ]);
        skipped.push(json!({
            "object": object,
            "id": left.record.id.to_string(),
            "field": left.field,
            "reason": left.reason,
        }));
    }
    let mut text = vec![Part::Text(format!(
        "{} taken back",
        counted(report.undone as u64, "change", "changes")
    ))];
    if !skipped.is_empty() {
        text.push(Part::Table(table));
    }
    Ok(Answer::new(
        json!({"operation": args.operation, "undone": report.undone, "skipped": skipped}),
        text,
    ))
}
