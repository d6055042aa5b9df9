//! The definition of an object type.

use serde::{Deserialize, Serialize};

use super::field::{FieldDef, label_from, system};
use super::hook::Hook;
use super::membership::MembershipDef;
use super::role::{DocumentRole, Role};
use crate::error::{Detail, Error, Result, nearest};
use crate::schema::FieldType;

/// An index over several fields. An indexed field has one of its own, with the field's number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndexDef {
    /// The number, unique in the object; those of field indexes are the fields' numbers.
    pub id: u16,
    /// The fields of the key, in order. Only the first may be a list, which has one entry for each value.
    pub fields: Vec<u16>,
    /// True if the key identifies a live record.
    #[serde(default)]
    pub unique: bool,
    /// Further fields whose values stand in the index, so that lists need not read the record.
    #[serde(default)]
    pub covering: Vec<u16>,
}

/// How an object's records stand on timelines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimelineDef {
    /// The date-time field that orders them.
    pub at: u16,
    /// The reference fields that name the records on whose timelines they stand.
    pub about: Vec<u16>,
    /// The fields kept in the timeline entry itself.
    pub summary: Vec<u16>,
}

/// Sums over the live records of an object, kept by the write path for each group of values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TotalDef {
    /// The number, unique in the object.
    pub id: u16,
    /// The fields that make the groups.
    pub group_by: Vec<u16>,
    /// The money or number fields that are summed; money separately for each currency.
    pub sums: Vec<u16>,
}

/// A board: records as cards in columns, in an order that people set by hand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BoardDef {
    /// The reference field whose target the board belongs to (a deal's pipeline).
    pub board: u16,
    /// The reference field whose targets are the columns (a deal's stage).
    pub column: u16,
    /// In the columns' object: the field that names the board, and the one that orders the columns.
    pub column_board: u16,
    /// See [`BoardDef::column_board`].
    pub column_order: u16,
    /// The decimal field that orders the cards of a column.
    pub position: u16,
    /// The index on (column, position), which covers the position and what else a card shows.
    pub cards: u16,
    /// The total grouped by column.
    pub total: u16,
}

/// The two ends of a link object: a record that joins two others and may say more about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkDef {
    /// The reference field of the one end.
    pub from: u16,
    /// The reference field of the other end.
    pub to: u16,
    /// The boolean field that marks one link of each `from` record as its primary one.
    pub primary: Option<u16>,
    /// True if the activity at `from` also stands on the timeline of `to`.
    #[serde(default)]
    pub timeline: bool,
}

/// The definition of an object type.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ObjectDef {
    /// The number, never reused: 1–999 standard, from 1,000 custom.
    pub id: u16,
    /// The name in expressions, imports and APIs: lower snake case, singular.
    pub name: String,
    /// What people call one.
    pub label: String,
    /// What people call several.
    pub plural: String,
    /// What the object is.
    #[serde(default)]
    pub doc: String,
    /// The fields, by number; system fields stand at the end.
    pub fields: Vec<FieldDef>,
    /// The fields that make the title of a record, joined by a space where there are several.
    #[serde(default)]
    pub title: Vec<u16>,
    /// The indexes over several fields.
    #[serde(default)]
    pub indexes: Vec<IndexDef>,
    /// The kept totals.
    #[serde(default)]
    pub totals: Vec<TotalDef>,
    /// How its records stand on timelines, if they do.
    #[serde(default)]
    pub timeline: Option<TimelineDef>,
    /// Its board, if it has one.
    #[serde(default)]
    pub board: Option<BoardDef>,
    /// Its ends, if it is a link.
    #[serde(default)]
    pub link: Option<LinkDef>,
    /// The date field whose exchange rate converts its money; without it the time of creation.
    #[serde(default)]
    pub rate_date: Option<u16>,
    /// The engine's job for it, if any. Only standard objects have one, so that it is neither kept in the file nor told
    /// to hosts.
    #[serde(skip)]
    pub role: Option<Role>,
    /// True if it was made at run time.
    #[serde(default)]
    pub custom: bool,
    /// The object's own logic.
    #[serde(skip)]
    pub hooks: Vec<Hook>,
    /// How long its link lasts, if one end belongs to the other for a time. Only standard objects have one, so that it
    /// is neither kept in the file nor told to hosts.
    #[serde(skip)]
    pub membership: Option<MembershipDef>,
}

impl ObjectDef {
    /// An object with the system fields only.
    pub fn new(id: u16, name: &str, plural: &str) -> Self {
        ObjectDef {
            id,
            name: name.to_owned(),
            label: label_from(name),
            plural: label_from(plural),
            doc: String::new(),
            fields: system_fields(),
            title: Vec::new(),
            indexes: Vec::new(),
            totals: Vec::new(),
            timeline: None,
            board: None,
            link: None,
            rate_date: None,
            role: None,
            custom: false,
            hooks: Vec::new(),
            membership: None,
        }
    }

    /// A custom object; the engine gives it its number when it is added.
    pub fn custom(name: &str, plural: &str) -> Self {
        ObjectDef::new(0, name, plural)
    }

    /// The field of a number.
    pub fn field(&self, id: u16) -> Option<&FieldDef> {
        self.fields
            .binary_search_by_key(&id, |field| field.id)
            .ok()
            .and_then(|at| self.fields.get(at))
    }

    /// The field of a name; of a retired field by its name too.
    ///
    /// # Errors
    /// `UnknownField`, with the nearest name.
    pub fn field_named(&self, name: &str) -> Result<&FieldDef> {
        self.fields
            .iter()
            .find(|field| field.name == name)
            .ok_or_else(|| {
                let live = self.fields.iter().filter(|field| !field.retired);
                Error::from(Detail::UnknownField {
                    object: self.name.clone(),
                    name: name.to_owned(),
                    nearest: nearest(name, live.map(|field| field.name.as_str())),
                })
            })
    }

    /// The fields that are not retired.
    pub fn live_fields(&self) -> impl Iterator<Item = &FieldDef> {
        self.fields.iter().filter(|field| !field.retired)
    }

    /// The fields that refer to other records, retired ones too, without those of the engine.
    pub(crate) fn references(&self) -> impl Iterator<Item = &FieldDef> {
        self.fields
            .iter()
            .filter(|field| field.ty == FieldType::Reference && field.id < system::FIRST)
    }

    /// The field that says whose a record is. It is known by its name, in standard and in custom objects alike.
    ///
    /// # Errors
    /// `UnknownField` for an object whose records are nobody's.
    pub fn owner(&self) -> Result<&FieldDef> {
        self.field_named("owner")
    }

    /// True if its one record holds the settings.
    pub(crate) fn is_settings(&self) -> bool {
        matches!(self.role, Some(Role::Settings(_)))
    }

    /// The fields of a document, if its records are documents.
    pub(crate) fn document(&self) -> Option<DocumentRole> {
        match self.role {
            Some(Role::Document(parts)) => Some(parts),
            _ => None,
        }
    }

    /// Every index: those of the fields and those over several fields.
    pub fn all_indexes(&self) -> impl Iterator<Item = IndexDef> {
        let of_fields = self
            .fields
            .iter()
            .filter(|field| field.indexed)
            .map(|field| IndexDef {
                id: field.id,
                fields: vec![field.id],
                unique: field.unique,
                covering: Vec::new(),
            });
        of_fields.chain(self.indexes.iter().cloned())
    }

    pub(crate) fn add_field(&mut self, field: FieldDef) {
        let at = self.fields.partition_point(|other| other.id <= field.id);
        self.fields.insert(at, field);
    }
}

/// The attributes, as a declaration writes them.
impl ObjectDef {
    /// Sets [`ObjectDef::doc`].
    pub fn doc(mut self, doc: &str) -> Self {
        self.doc = doc.trim().to_owned();
        self
    }

    /// Adds a field.
    pub fn with(mut self, field: FieldDef) -> Self {
        self.add_field(field);
        self
    }

    /// Sets [`ObjectDef::title`].
    pub fn title(mut self, fields: &[u16]) -> Self {
        self.title = fields.to_vec();
        self
    }

    /// Adds an index over several fields, with covering values.
    pub fn index(mut self, id: u16, fields: &[u16], covering: &[u16]) -> Self {
        self.indexes.push(IndexDef {
            id,
            fields: fields.to_vec(),
            unique: false,
            covering: covering.to_vec(),
        });
        self
    }

    /// Adds a unique key over several fields.
    pub fn unique(mut self, id: u16, fields: &[u16]) -> Self {
        self.indexes.push(IndexDef {
            id,
            fields: fields.to_vec(),
            unique: true,
            covering: Vec::new(),
        });
        self
    }

    /// Adds a kept total.
    pub fn total(mut self, id: u16, group_by: &[u16], sums: &[u16]) -> Self {
        self.totals.push(TotalDef {
            id,
            group_by: group_by.to_vec(),
            sums: sums.to_vec(),
        });
        self
    }

    /// Puts its records on timelines.
    pub fn timeline(mut self, at: u16, about: &[u16], summary: &[u16]) -> Self {
        self.timeline = Some(TimelineDef {
            at,
            about: about.to_vec(),
            summary: summary.to_vec(),
        });
        self
    }

    /// Gives it a board.
    pub fn board(mut self, board: BoardDef) -> Self {
        self.board = Some(board);
        self
    }

    /// Makes it a link between two reference fields.
    pub fn link(mut self, from: u16, to: u16, primary: Option<u16>) -> Self {
        self.link = Some(LinkDef {
            from,
            to,
            primary,
            timeline: false,
        });
        self
    }

    /// Makes it a link that puts the activity at `from` on the timeline of `to`.
    pub fn timeline_link(mut self, from: u16, to: u16) -> Self {
        self.link = Some(LinkDef {
            from,
            to,
            primary: None,
            timeline: true,
        });
        self
    }

    /// Makes its link one that lasts for a time.
    pub fn membership(mut self, membership: MembershipDef) -> Self {
        self.membership = Some(membership);
        self
    }

    /// Sets [`ObjectDef::rate_date`].
    pub fn rate_date(mut self, field: u16) -> Self {
        self.rate_date = Some(field);
        self
    }

    /// Sets [`ObjectDef::role`].
    pub fn role(mut self, role: Role) -> Self {
        self.role = Some(role);
        self
    }

    /// Adds logic that runs on each save, before validation.
    pub fn hook(mut self, hook: Hook) -> Self {
        self.hooks.push(hook);
        self
    }
}

fn system_fields() -> Vec<FieldDef> {
    let field = |id, name, ty, doc| FieldDef::new(id, name, ty).doc(doc).read_only();
    vec![
        field(
            system::ID,
            "id",
            FieldType::Text,
            "The record's id, a UUID.",
        ),
        field(
            system::CREATED_AT,
            "created_at",
            FieldType::DateTime,
            "When it was created.",
        ),
        field(
            system::CREATED_BY,
            "created_by",
            FieldType::Reference,
            "Who created it; null for the system.",
        ),
        field(
            system::UPDATED_AT,
            "updated_at",
            FieldType::DateTime,
            "When it was last changed.",
        ),
        field(
            system::UPDATED_BY,
            "updated_by",
            FieldType::Reference,
            "Who changed it last; null for the system.",
        ),
        field(
            system::VERSION,
            "version",
            FieldType::Integer,
            "The commit that changed it last.",
        ),
        field(
            system::DELETED_AT,
            "deleted_at",
            FieldType::DateTime,
            "When it was put into the trash.",
        ),
    ]
}
