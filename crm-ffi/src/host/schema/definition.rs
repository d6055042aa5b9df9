//! Definitions as hosts have them: every member of the engine's, numbers signed.
//!
//! Enumerations and small records are mirrors of the engine's own types, so that one that has changed there does not
//! compile here. The larger ones have defaults, which a mirror cannot; their conversions name every member.

use crm_core::schema as engine;

use crate::host::error::{CrmError, Result};

type FieldType = engine::FieldType;
type ChoiceDef = engine::ChoiceDef;
type OnDelete = engine::OnDelete;
type RollUpOp = engine::RollUpOp;
type RollUp = engine::RollUp;

/// The type of a field.
#[uniffi::remote(Enum)]
pub enum FieldType {
    /// One line of text.
    Text,
    /// Text of several lines.
    LongText,
    /// A whole number, 64 bit signed.
    Integer,
    /// An exact decimal number of up to 28 digits.
    Decimal,
    /// A percentage: the number before the sign.
    Percent,
    /// A decimal amount and an ISO 4217 currency.
    Money,
    /// True or false.
    Boolean,
    /// A calendar date without a time zone.
    Date,
    /// A date of which the year, or month and day, may be unknown.
    PartialDate,
    /// An instant, UTC, microseconds.
    DateTime,
    /// A length of time, milliseconds.
    Duration,
    /// An e-mail address (RFC 5321), domain in lower case.
    Email,
    /// A phone number in E.164, with `;ext=` for an extension (RFC 3966).
    Phone,
    /// An http or https URL.
    Url,
    /// A host name without `www.`, in lower case.
    Domain,
    /// A postal address of named parts.
    Address,
    /// A person's name of named parts.
    PersonName,
    /// The key of one of the field's choices.
    Choice,
    /// A reference to a record of one of the field's target objects.
    Reference,
}

/// One of the values that a choice field can take.
#[uniffi::remote(Record)]
pub struct ChoiceDef {
    /// The stored key: lower snake case.
    pub key: String,
    /// What people see.
    pub label: String,
}

/// What happens to a reference when the record that it points to goes to the trash.
#[uniffi::remote(Enum)]
pub enum OnDelete {
    /// The reference stays and resolves again after a restore; a purge clears it.
    Keep,
    /// The record cannot be deleted while it is referred to.
    Restrict,
    /// The referring record goes to the trash, and is restored, with it.
    Cascade,
}

/// How a roll-up combines the linked records.
#[uniffi::remote(Enum)]
pub enum RollUpOp {
    /// The number of linked records.
    Count,
    /// The sum; of money, one amount per currency.
    Sum,
    /// The smallest value.
    Min,
    /// The greatest value.
    Max,
    /// The field of the linked record that was created last.
    Latest,
}

/// A field computed over the records that refer to this one.
#[uniffi::remote(Record)]
pub struct RollUp {
    /// The name of the object whose records are combined.
    pub object: String,
    /// The name of its reference field that points here.
    pub via: String,
    /// How they are combined.
    pub op: RollUpOp,
    /// The name of the field that is combined; empty for a count.
    #[uniffi(default = "")]
    pub field: String,
    /// A CEL filter on the linked records; empty for all.
    #[uniffi(default = "")]
    pub filter: String,
}

/// The definition of a field.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct FieldDef {
    /// The number, unique in the object and never reused; 0 for a field that is to be added.
    #[uniffi(default = 0)]
    pub id: i32,
    /// The name in expressions, imports and APIs: lower snake case.
    pub name: String,
    /// What people see; made from the name where it is empty.
    #[uniffi(default = "")]
    pub label: String,
    /// What the field means.
    #[uniffi(default = "")]
    pub doc: String,
    /// The type of the value, or of each value.
    pub ty: FieldType,
    /// True if the field holds a list.
    #[uniffi(default = false)]
    pub many: bool,
    /// True if a record cannot be saved without it.
    #[uniffi(default = false)]
    pub required: bool,
    /// True if no two live records can have the same value.
    #[uniffi(default = false)]
    pub unique: bool,
    /// True for a unique field in which case and accents matter.
    #[uniffi(default = false)]
    pub exact: bool,
    /// True if filters and sorts on it are answered by an index.
    #[uniffi(default = false)]
    pub indexed: bool,
    /// Weight in full-text search, 1 (low) to 9; 0 leaves the field out.
    #[uniffi(default = 0)]
    pub search: i32,
    /// True for data about a person.
    #[uniffi(default = false)]
    pub personal: bool,
    /// True for a field that only the engine writes.
    #[uniffi(default = false)]
    pub read_only: bool,
    /// The value of a new record where none is given, in its text form.
    #[uniffi(default = None)]
    pub default_value: Option<String>,
    /// Further headers under which imports find the field.
    #[uniffi(default = [])]
    pub aliases: Vec<String>,
    /// The choices of a choice field.
    #[uniffi(default = [])]
    pub choices: Vec<ChoiceDef>,
    /// True if a choice field also accepts keys that are not among its choices.
    #[uniffi(default = false)]
    pub open_choices: bool,
    /// The names of the objects that a reference may point to; empty for any.
    #[uniffi(default = [])]
    pub targets: Vec<String>,
    /// What happens to the reference when its target is deleted; `Keep` where it is not given.
    #[uniffi(default = None)]
    pub on_delete: Option<OnDelete>,
    /// True if the field points to the record's parent; cycles are refused.
    #[uniffi(default = false)]
    pub hierarchy: bool,
    /// True if activities of this record also stand on the timeline of the one referred to.
    #[uniffi(default = false)]
    pub timeline_up: bool,
    /// True if its addresses are contact points, whose state is shared by all records that have them.
    #[uniffi(default = false)]
    pub contact_point: bool,
    /// The CEL expression of a formula field.
    #[uniffi(default = None)]
    pub formula: Option<String>,
    /// The definition of a roll-up field.
    #[uniffi(default = None)]
    pub roll_up: Option<RollUp>,
    /// True for a field that was retired.
    #[uniffi(default = false)]
    pub retired: bool,
}

/// An index over several fields.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct IndexDef {
    /// The number, unique in the object.
    pub id: i32,
    /// The fields of the key, in order.
    pub fields: Vec<i32>,
    /// True if the key identifies a live record.
    #[uniffi(default = false)]
    pub unique: bool,
    /// Further fields whose values stand in the index.
    #[uniffi(default = [])]
    pub covering: Vec<i32>,
}

/// How an object's records stand on timelines.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct TimelineDef {
    /// The date-time field that orders them.
    pub at: i32,
    /// The reference fields that name the records on whose timelines they stand.
    pub about: Vec<i32>,
    /// The fields kept in the timeline entry itself.
    pub summary: Vec<i32>,
}

/// Sums over the live records of an object, kept for each group of values.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct TotalDef {
    /// The number, unique in the object.
    pub id: i32,
    /// The fields that make the groups.
    pub group_by: Vec<i32>,
    /// The money or number fields that are summed.
    pub sums: Vec<i32>,
}

/// A board: records as cards in columns, in an order that people set by hand.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct BoardDef {
    /// The reference field whose target the board belongs to (a deal's pipeline).
    pub board: i32,
    /// The reference field whose targets are the columns (a deal's stage).
    pub column: i32,
    /// In the columns' object: the field that names the board.
    pub column_board: i32,
    /// In the columns' object: the field that orders the columns.
    pub column_order: i32,
    /// The decimal field that orders the cards of a column.
    pub position: i32,
    /// The index on column and position.
    pub cards: i32,
    /// The total grouped by column.
    pub total: i32,
}

/// The two ends of a link object: a record that joins two others.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct LinkDef {
    /// The reference field of the one end.
    pub from: i32,
    /// The reference field of the other end.
    pub to: i32,
    /// The boolean field that marks one link of each `from` record as its primary one.
    #[uniffi(default = None)]
    pub primary: Option<i32>,
    /// True if the activity at `from` also stands on the timeline of `to`.
    #[uniffi(default = false)]
    pub timeline: bool,
}

/// The definition of an object type. Fields are named by their numbers.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct ObjectDef {
    /// The number: 1–999 standard, from 1,000 custom; 0 for one that is to be added.
    #[uniffi(default = 0)]
    pub id: i32,
    /// The name in expressions, imports and APIs: lower snake case, singular.
    pub name: String,
    /// What people call one; made from the name where it is empty.
    #[uniffi(default = "")]
    pub label: String,
    /// What people call several.
    pub plural: String,
    /// What the object is.
    #[uniffi(default = "")]
    pub doc: String,
    /// The fields, by number; system fields stand at the end.
    #[uniffi(default = [])]
    pub fields: Vec<FieldDef>,
    /// The fields that make the title of a record.
    #[uniffi(default = [])]
    pub title: Vec<i32>,
    /// The indexes over several fields.
    #[uniffi(default = [])]
    pub indexes: Vec<IndexDef>,
    /// The kept totals.
    #[uniffi(default = [])]
    pub totals: Vec<TotalDef>,
    /// How its records stand on timelines, if they do.
    #[uniffi(default = None)]
    pub timeline: Option<TimelineDef>,
    /// Its board, if it has one.
    #[uniffi(default = None)]
    pub board: Option<BoardDef>,
    /// Its ends, if it is a link.
    #[uniffi(default = None)]
    pub link: Option<LinkDef>,
    /// The date field whose exchange rate converts its money.
    #[uniffi(default = None)]
    pub rate_date: Option<i32>,
    /// True if it was made at run time.
    #[uniffi(default = true)]
    pub custom: bool,
}

/// What the database knows of its objects.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct CatalogInfo {
    /// The version, which grows with every change of the schema.
    pub version: i64,
    /// Every object type.
    pub objects: Vec<ObjectDef>,
}

fn numbers(fields: &[u16]) -> Vec<i32> {
    fields.iter().map(|field| i32::from(*field)).collect()
}

fn known(number: i32) -> Result<u16> {
    u16::try_from(number)
        .map_err(|_| CrmError::invalid(&number.to_string(), "a field's number has 16 bits"))
}

fn all_known(numbers: &[i32]) -> Result<Vec<u16>> {
    numbers.iter().map(|number| known(*number)).collect()
}

impl From<&engine::FieldDef> for FieldDef {
    fn from(field: &engine::FieldDef) -> Self {
        let engine::FieldDef {
            id,
            name,
            label,
            doc,
            ty,
            many,
            required,
            unique,
            exact,
            indexed,
            search,
            personal,
            read_only,
            default,
            aliases,
            choices,
            open_choices,
            targets,
            on_delete,
            hierarchy,
            timeline_up,
            contact_point,
            formula,
            roll_up,
            // Only declarations have these.
            follows: _,
            or_day: _,
            retired,
        } = field.clone();
        FieldDef {
            id: id.into(),
            name,
            label,
            doc,
            ty,
            many,
            required,
            unique,
            exact,
            indexed,
            search: search.into(),
            personal,
            read_only,
            default_value: default,
            aliases,
            choices,
            open_choices,
            targets,
            on_delete: Some(on_delete),
            hierarchy,
            timeline_up,
            contact_point,
            formula,
            roll_up,
            retired,
        }
    }
}

impl FieldDef {
    /// The engine's form.
    pub fn known(self) -> Result<engine::FieldDef> {
        let made = engine::FieldDef::new(known(self.id)?, &self.name, self.ty);
        Ok(engine::FieldDef {
            id: made.id,
            name: made.name,
            label: if self.label.is_empty() {
                made.label
            } else {
                self.label
            },
            doc: self.doc,
            ty: self.ty,
            many: self.many,
            required: self.required,
            unique: self.unique,
            exact: self.exact,
            indexed: self.indexed,
            search: u8::try_from(self.search).map_err(|_| {
                CrmError::invalid(&self.search.to_string(), "a search weight is 0 to 9")
            })?,
            personal: self.personal,
            read_only: self.read_only,
            default: self.default_value,
            aliases: self.aliases,
            choices: self.choices,
            open_choices: self.open_choices,
            targets: self.targets,
            on_delete: self.on_delete.unwrap_or_default(),
            hierarchy: self.hierarchy,
            timeline_up: self.timeline_up,
            contact_point: self.contact_point,
            formula: self.formula,
            roll_up: self.roll_up,
            follows: Vec::new(),
            or_day: None,
            retired: self.retired,
        })
    }
}

impl From<&engine::ObjectDef> for ObjectDef {
    fn from(object: &engine::ObjectDef) -> Self {
        // The engine's own job for an object, its memberships and its logic stay with the engine.
        let engine::ObjectDef {
            id,
            name,
            label,
            plural,
            doc,
            fields,
            title,
            indexes,
            totals,
            timeline,
            board,
            link,
            membership: _,
            rate_date,
            role: _,
            custom,
            hooks: _,
        } = object;
        ObjectDef {
            id: (*id).into(),
            name: name.clone(),
            label: label.clone(),
            plural: plural.clone(),
            doc: doc.clone(),
            fields: fields.iter().map(FieldDef::from).collect(),
            title: numbers(title),
            indexes: indexes.iter().map(IndexDef::from).collect(),
            totals: totals.iter().map(TotalDef::from).collect(),
            timeline: timeline.as_ref().map(TimelineDef::from),
            board: board.as_ref().map(BoardDef::from),
            link: link.as_ref().map(LinkDef::from),
            rate_date: rate_date.map(i32::from),
            custom: *custom,
        }
    }
}

impl ObjectDef {
    /// The engine's form.
    pub fn known(self) -> Result<engine::ObjectDef> {
        let mut object = engine::ObjectDef::custom(&self.name, &self.plural).doc(&self.doc);
        for field in self.fields {
            // The system fields are there already.
            if self.id == 0 || field.id < i32::from(engine::system::FIRST) {
                object = object.with(field.known()?);
            }
        }
        if !self.label.is_empty() {
            object.label = self.label;
        }
        object.title = all_known(&self.title)?;
        object.indexes = self
            .indexes
            .iter()
            .map(IndexDef::known)
            .collect::<Result<_>>()?;
        object.totals = self
            .totals
            .iter()
            .map(TotalDef::known)
            .collect::<Result<_>>()?;
        object.timeline = self.timeline.as_ref().map(TimelineDef::known).transpose()?;
        object.board = self.board.as_ref().map(BoardDef::known).transpose()?;
        object.link = self.link.as_ref().map(LinkDef::known).transpose()?;
        object.rate_date = self.rate_date.map(known).transpose()?;
        Ok(object)
    }
}

impl From<&engine::IndexDef> for IndexDef {
    fn from(value: &engine::IndexDef) -> Self {
        let engine::IndexDef {
            id,
            fields,
            unique,
            covering,
        } = value;
        IndexDef {
            id: (*id).into(),
            fields: numbers(fields),
            unique: *unique,
            covering: numbers(covering),
        }
    }
}

impl IndexDef {
    fn known(&self) -> Result<engine::IndexDef> {
        Ok(engine::IndexDef {
            id: known(self.id)?,
            fields: all_known(&self.fields)?,
            unique: self.unique,
            covering: all_known(&self.covering)?,
        })
    }
}

impl From<&engine::TimelineDef> for TimelineDef {
    fn from(value: &engine::TimelineDef) -> Self {
        let engine::TimelineDef { at, about, summary } = value;
        TimelineDef {
            at: (*at).into(),
            about: numbers(about),
            summary: numbers(summary),
        }
    }
}

impl TimelineDef {
    fn known(&self) -> Result<engine::TimelineDef> {
        Ok(engine::TimelineDef {
            at: known(self.at)?,
            about: all_known(&self.about)?,
            summary: all_known(&self.summary)?,
        })
    }
}

impl From<&engine::TotalDef> for TotalDef {
    fn from(value: &engine::TotalDef) -> Self {
        let engine::TotalDef { id, group_by, sums } = value;
        TotalDef {
            id: (*id).into(),
            group_by: numbers(group_by),
            sums: numbers(sums),
        }
    }
}

impl TotalDef {
    fn known(&self) -> Result<engine::TotalDef> {
        Ok(engine::TotalDef {
            id: known(self.id)?,
            group_by: all_known(&self.group_by)?,
            sums: all_known(&self.sums)?,
        })
    }
}

impl From<&engine::BoardDef> for BoardDef {
    fn from(value: &engine::BoardDef) -> Self {
        let engine::BoardDef {
            board,
            column,
            column_board,
            column_order,
            position,
            cards,
            total,
        } = value;
        BoardDef {
            board: (*board).into(),
            column: (*column).into(),
            column_board: (*column_board).into(),
            column_order: (*column_order).into(),
            position: (*position).into(),
            cards: (*cards).into(),
            total: (*total).into(),
        }
    }
}

impl BoardDef {
    fn known(&self) -> Result<engine::BoardDef> {
        Ok(engine::BoardDef {
            board: known(self.board)?,
            column: known(self.column)?,
            column_board: known(self.column_board)?,
            column_order: known(self.column_order)?,
            position: known(self.position)?,
            cards: known(self.cards)?,
            total: known(self.total)?,
        })
    }
}

impl From<&engine::LinkDef> for LinkDef {
    fn from(value: &engine::LinkDef) -> Self {
        let engine::LinkDef {
            from,
            to,
            primary,
            timeline,
        } = value;
        LinkDef {
            from: (*from).into(),
            to: (*to).into(),
            primary: primary.map(i32::from),
            timeline: *timeline,
        }
    }
}

impl LinkDef {
    fn known(&self) -> Result<engine::LinkDef> {
        Ok(engine::LinkDef {
            from: known(self.from)?,
            to: known(self.to)?,
            primary: self.primary.map(known).transpose()?,
            timeline: self.timeline,
        })
    }
}
