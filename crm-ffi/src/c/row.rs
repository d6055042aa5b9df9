//! Results of the engine as rows: a record, further columns, and rows below it.

use crm_core::schema::Catalog;
use crm_core::{
    Commit, CommitChanges, FieldChange, Group, HistoryEntry, LogEntry, Outcome, Record, Ref,
    SearchHit, TimelineEntry, Update, Value,
};

use super::values::{crm_field, crm_type};

/// The object number that stands for the columns of a row.
pub(super) const COLUMNS: u16 = u16::MAX;

/// Column: the record that the row is about, for rows that do not hold it (reference).
pub const CRM_ROW_RECORD: u32 = 0xFFFF_0001;
/// Column: when: of a timeline entry, of a commit (date-time).
pub const CRM_ROW_AT: u32 = 0xFFFF_0002;
/// Column: the record on whose own timeline an activity stands (reference).
pub const CRM_ROW_ON: u32 = 0xFFFF_0003;
/// Column: how many records a group has (int).
pub const CRM_ROW_COUNT: u32 = 0xFFFF_0004;
/// Column: the title of a record that was found (text).
pub const CRM_ROW_TITLE: u32 = 0xFFFF_0006;
/// Column: how well a record that was found matches, greater is better (int).
pub const CRM_ROW_SCORE: u32 = 0xFFFF_0007;
/// Column: the number of a commit: where to go on with the change feed (int).
pub const CRM_ROW_SEQUENCE: u32 = 0xFFFF_0008;
/// Column: the user who made a commit; absent for the system (reference).
pub const CRM_ROW_ACTOR: u32 = 0xFFFF_0009;
/// Column: why: the cause of a commit, or the rule that made a change in it (text).
pub const CRM_ROW_CAUSE: u32 = 0xFFFF_000A;
/// Column: the named operation that a commit is part of (text).
pub const CRM_ROW_OPERATION: u32 = 0xFFFF_000B;
/// Column: what happened: `created`, `updated`, `unchanged`, `deleted`, `restored` or `purged` to a record; `reset`,
/// `added`, `changed` or `removed` in a subscription (text).
pub const CRM_ROW_KIND: u32 = 0xFFFF_000C;
/// Column: the commit that changed the record last (int).
pub const CRM_ROW_VERSION: u32 = 0xFFFF_000D;
/// Column: the field that changed, a crm_field (int).
pub const CRM_ROW_FIELD: u32 = 0xFFFF_000E;
/// Column: the name of the field that changed (text).
pub const CRM_ROW_FIELD_NAME: u32 = 0xFFFF_000F;
/// Column: what the field was (of the field's type).
pub const CRM_ROW_OLD: u32 = 0xFFFF_0010;
/// Column: what the field became (of the field's type).
pub const CRM_ROW_NEW: u32 = 0xFFFF_0011;
/// Column: the rule that made a change, where the commit itself has another cause (text).
pub const CRM_ROW_RULE: u32 = 0xFFFF_0012;
/// Column: the place of a record's change in its commit, from 1 (int).
pub const CRM_ROW_N: u32 = 0xFFFF_0013;
/// Columns: CRM_ROW_KEY + i is the i-th value that makes a group (of the field's type; a text for a part of a
/// date).
pub const CRM_ROW_KEY: u32 = 0xFFFF_0100;
/// Columns: CRM_ROW_MEASURE + i is the i-th measure of a group.
pub const CRM_ROW_MEASURE: u32 = 0xFFFF_0200;

/// A row.
#[derive(Default, Clone)]
pub(super) struct Row {
    pub record: Option<Record>,
    pub columns: Vec<(u16, Value)>,
    pub below: Vec<Row>,
    /// The type of a structure whose members the columns are; 0 for other rows.
    pub declared: u16,
    /// Members that are structures or records, or lists of them.
    pub nested: Vec<(u16, Vec<Row>)>,
}

impl Row {
    /// A structure without members.
    pub(super) fn declared(ty: crm_type) -> Self {
        Row {
            declared: ty as u16,
            ..Row::default()
        }
    }

    fn of(record: Record) -> Self {
        Row {
            record: Some(record),
            ..Row::default()
        }
    }

    fn column(mut self, column: crm_field, value: impl Into<Value>) -> Self {
        self.columns.push((column as u16, value.into()));
        self
    }

    /// One column for each value, from a first one on.
    fn columns(mut self, first: crm_field, values: Vec<Value>) -> Self {
        self.columns.extend((first as u16..).zip(values));
        self
    }

    fn below(mut self, rows: impl IntoIterator<Item = Row>) -> Self {
        self.below = rows.into_iter().collect();
        self
    }
}

fn whole(number: u64) -> Value {
    Value::Int(i64::try_from(number).unwrap_or(i64::MAX))
}

impl From<Record> for Row {
    fn from(record: Record) -> Self {
        Row::of(record)
    }
}

impl From<TimelineEntry> for Row {
    fn from(entry: TimelineEntry) -> Self {
        Row::of(entry.summary)
            .column(CRM_ROW_AT, entry.at)
            .column(CRM_ROW_RECORD, entry.activity)
            .column(CRM_ROW_ON, entry.on)
    }
}

impl From<SearchHit> for Row {
    fn from(hit: SearchHit) -> Self {
        Row::of(hit.record)
            .column(CRM_ROW_TITLE, hit.title)
            .column(CRM_ROW_SCORE, hit.score)
    }
}

impl From<Group> for Row {
    fn from(group: Group) -> Self {
        Row::default()
            .columns(CRM_ROW_KEY, group.key)
            .column(CRM_ROW_COUNT, whole(group.count))
            .columns(CRM_ROW_MEASURE, group.measures)
    }
}

impl From<Outcome> for Row {
    fn from(outcome: Outcome) -> Self {
        Row::default()
            .column(CRM_ROW_RECORD, outcome.record)
            .column(CRM_ROW_KIND, outcome.kind.name())
            .column(CRM_ROW_VERSION, whole(outcome.version))
    }
}

impl From<Update> for Row {
    fn from(update: Update) -> Self {
        let of = |record: Record, kind: &str| {
            let reference = record.reference();
            Row::of(record)
                .column(CRM_ROW_RECORD, reference)
                .column(CRM_ROW_KIND, kind)
        };
        match update {
            Update::Reset(records) => Row::default()
                .column(CRM_ROW_KIND, "reset")
                .below(records.into_iter().map(Row::of)),
            Update::Added(record) => of(record, "added"),
            Update::Changed(record) => of(record, "changed"),
            Update::Removed(reference) => Row::default()
                .column(CRM_ROW_RECORD, reference)
                .column(CRM_ROW_KIND, "removed"),
        }
    }
}

fn commit(commit: Commit) -> Row {
    Row::default()
        .column(CRM_ROW_SEQUENCE, whole(commit.sequence))
        .column(CRM_ROW_AT, commit.at)
        .column(CRM_ROW_ACTOR, commit.actor)
        .column(CRM_ROW_CAUSE, commit.cause)
        .column(CRM_ROW_OPERATION, commit.operation)
}

fn changes(catalog: &Catalog, of: Ref, changes: Vec<FieldChange>) -> Vec<Row> {
    let object = catalog.object(of.object).ok();
    let row = |change: FieldChange| {
        let field = object.and_then(|object| object.field(change.field));
        let name = field.map_or_else(|| format!("#{}", change.field), |field| field.name.clone());
        Row::default()
            .column(
                CRM_ROW_FIELD,
                u32::from(of.object) << 16 | u32::from(change.field),
            )
            .column(CRM_ROW_FIELD_NAME, name)
            .column(CRM_ROW_OLD, change.old)
            .column(CRM_ROW_NEW, change.new)
    };
    changes.into_iter().map(row).collect()
}

/// A change in a record's history, with the fields that changed below it.
pub(super) fn of_history(catalog: &Catalog, of: Ref, entry: HistoryEntry) -> Row {
    commit(entry.commit)
        .column(CRM_ROW_RECORD, of)
        .column(CRM_ROW_KIND, entry.kind.name())
        .column(CRM_ROW_RULE, entry.cause)
        .below(changes(catalog, of, entry.changes))
}

/// A commit with its records below it, and below each the fields that changed.
pub(super) fn of_changes(catalog: &Catalog, changed: CommitChanges) -> Row {
    let entry = |entry: LogEntry| {
        Row::default()
            .column(CRM_ROW_N, entry.n)
            .column(CRM_ROW_RECORD, entry.record)
            .column(CRM_ROW_KIND, entry.kind.name())
            .column(CRM_ROW_RULE, entry.cause)
            .below(changes(catalog, entry.record, entry.changes))
    };
    commit(changed.commit).below(changed.entries.into_iter().map(entry))
}
