//! What was, and what has changed.

use crm_core::schema::Catalog;
use crm_core::{
    Commit, CommitChanges, FieldChange, HistoryEntry, LogEntry, Update, record_to_json,
};
use serde_json::{Value as Json, json};

use super::{list, members, records, reference, time, value};

fn commit(catalog: &Catalog, commit: &Commit) -> Json {
    let Commit {
        sequence,
        at,
        actor,
        cause,
        operation,
    } = commit;
    members([
        ("sequence", json!(sequence)),
        ("at", time(*at)),
        (
            "actor",
            actor.map_or(Json::Null, |actor| reference(catalog, actor)),
        ),
        ("cause", json!(cause)),
        ("operation", json!(operation)),
    ])
}

/// The changes of an object's fields.
fn field_changes(catalog: &Catalog, object: u16, changes: &[FieldChange]) -> Json {
    let object = catalog.object(object).ok();
    list(changes, |change| {
        let FieldChange { field, old, new } = change;
        let def = object.and_then(|object| object.field(*field));
        let name = def.map_or_else(|| format!("#{field}"), |def| def.name.clone());
        members([
            ("field", json!(name)),
            ("old", value(catalog, old, def)),
            ("new", value(catalog, new, def)),
        ])
    })
}

/// The history of a record of an object.
pub fn history(catalog: &Catalog, object: u16, entries: &[HistoryEntry]) -> Json {
    list(entries, |entry| {
        let HistoryEntry {
            commit: made,
            kind,
            cause,
            changes,
        } = entry;
        members([
            ("commit", commit(catalog, made)),
            ("kind", json!(kind.name())),
            ("cause", json!(cause)),
            ("changes", field_changes(catalog, object, changes)),
        ])
    })
}

/// Commits and what they changed.
pub fn changes(catalog: &Catalog, commits: &[CommitChanges]) -> Json {
    list(commits, |changes| {
        let CommitChanges {
            commit: made,
            entries,
        } = changes;
        json!({
            "commit": commit(catalog, made),
            "entries": list(entries, |entry| log_entry(catalog, entry)),
        })
    })
}

fn log_entry(catalog: &Catalog, entry: &LogEntry) -> Json {
    let LogEntry {
        sequence,
        n,
        record,
        kind,
        cause,
        changes,
    } = entry;
    members([
        ("sequence", json!(sequence)),
        ("n", json!(n)),
        ("record", reference(catalog, *record)),
        ("kind", json!(kind.name())),
        ("cause", json!(cause)),
        ("changes", field_changes(catalog, record.object, changes)),
    ])
}

/// What a subscription tells.
pub fn updates(catalog: &Catalog, updates: &[Update]) -> Json {
    list(updates, |update| match update {
        Update::Reset(all) => json!({"type": "reset", "records": records(catalog, all)}),
        Update::Added(record) => {
            json!({"type": "added", "record": record_to_json(catalog, record)})
        }
        Update::Changed(record) => {
            json!({"type": "changed", "record": record_to_json(catalog, record)})
        }
        Update::Removed(record) => {
            json!({"type": "removed", "record": reference(catalog, *record)})
        }
    })
}
