//! What was.

use crm_core::schema::Catalog;

use super::crm::Crm;
use super::error::Result;
use super::value::{DateTime, Record, Ref, Value, signed, unsigned};
use super::wire::Wire;

pub type ChangeKind = crm_core::ChangeKind;

/// What happened to a record.
#[uniffi::remote(Enum)]
pub enum ChangeKind {
    /// It was created.
    Created,
    /// Some of its fields changed.
    Updated,
    /// It went to the trash.
    Deleted,
    /// It came back from the trash.
    Restored,
    /// It was removed for good, with the values that the log held of it.
    Purged,
}

/// A field's change.
#[derive(uniffi::Record)]
pub struct FieldChange {
    /// The field's name.
    pub field: String,
    /// What it was.
    pub old: Value,
    /// What it became.
    pub new: Value,
}

impl FieldChange {
    /// The changes of a record of an object.
    pub fn all(wire: Wire<'_>, object: u16, changes: &[crm_core::FieldChange]) -> Vec<Self> {
        let object = wire.catalog().object(object).ok();
        let change = |change: &crm_core::FieldChange| {
            let crm_core::FieldChange { field, old, new } = change;
            let def = object.and_then(|object| object.field(*field));
            FieldChange {
                field: def.map_or_else(|| format!("#{field}"), |def| def.name.clone()),
                old: wire.value(old, def),
                new: wire.value(new, def),
            }
        };
        changes.iter().map(change).collect()
    }
}

/// Who made a commit, when and why.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct Commit {
    /// Its place in the log; commits are numbered from 1.
    pub sequence: i64,
    /// When.
    pub at: DateTime,
    /// The acting user; null for the system.
    pub actor: Option<Ref>,
    /// Why: `user`, `import`, `undo`, …
    pub cause: String,
    /// The named operation that it is part of.
    pub operation: Option<String>,
}

impl Commit {
    pub fn new(catalog: &Catalog, commit: crm_core::Commit) -> Self {
        let crm_core::Commit {
            sequence,
            at,
            actor,
            cause,
            operation,
        } = commit;
        Commit {
            sequence: signed(sequence),
            at: at.into(),
            actor: actor.map(|actor| Ref::new(catalog, actor)),
            cause,
            operation,
        }
    }
}

/// A change in the history of a record.
#[derive(uniffi::Record)]
pub struct HistoryEntry {
    /// Who, when and why.
    pub commit: Commit,
    /// What happened.
    pub kind: ChangeKind,
    /// The cause, if it was not the commit's own: a rule.
    pub cause: Option<String>,
    /// The fields and their values; for a creation those that the record began with.
    pub changes: Vec<FieldChange>,
}

#[uniffi::export]
impl Crm {
    /// A record's changes, newest first; also of a purged one, without values then.
    pub fn history(&self, record: Ref) -> Result<Vec<HistoryEntry>> {
        let record = self.known(&record)?;
        Ok(self.entries(record.object, self.session.history(record)?))
    }

    /// The changes of one field of a record, newest first.
    ///
    /// Fails with `UnknownField`.
    pub fn field_history(&self, record: Ref, field: String) -> Result<Vec<HistoryEntry>> {
        let record = self.known(&record)?;
        Ok(self.entries(record.object, self.session.field_history(record, &field)?))
    }

    /// A record as it was at a time; null if it did not exist then or has been purged since.
    pub fn record_at(&self, record: Ref, at: DateTime) -> Result<Option<Record>> {
        let found = self.session.record_at(self.known(&record)?, at.known()?)?;
        let catalog = self.catalog();
        Ok(found.map(|found| self.wire(&catalog).record(&found)))
    }

    /// A record as it was after a commit.
    pub fn record_as_of(&self, record: Ref, sequence: i64) -> Result<Option<Record>> {
        let sequence = unsigned(sequence, "sequence")?;
        let found = self.session.record_as_of(self.known(&record)?, sequence)?;
        let catalog = self.catalog();
        Ok(found.map(|found| self.wire(&catalog).record(&found)))
    }
}

impl Crm {
    fn entries(&self, object: u16, entries: Vec<crm_core::HistoryEntry>) -> Vec<HistoryEntry> {
        let catalog = self.catalog();
        let wire = self.wire(&catalog);
        let entry = |entry: crm_core::HistoryEntry| {
            let crm_core::HistoryEntry {
                commit,
                kind,
                cause,
                changes,
            } = entry;
            HistoryEntry {
                commit: Commit::new(&catalog, commit),
                kind,
                cause,
                changes: FieldChange::all(wire, object, &changes),
            }
        };
        entries.into_iter().map(entry).collect()
    }
}
