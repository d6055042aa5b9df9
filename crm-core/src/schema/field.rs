//! The definition of one field.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::limits;

/// Fields that every record has; the engine writes them.
pub mod system {
    /// The record's id; kept in the key, not in the record.
    pub const ID: u16 = 60_000;
    /// When the record was created (date-time).
    pub const CREATED_AT: u16 = 60_001;
    /// Who created it (reference to a user; null for the system).
    pub const CREATED_BY: u16 = 60_002;
    /// When it was last changed (date-time).
    pub const UPDATED_AT: u16 = 60_003;
    /// Who changed it last (reference to a user; null for the system).
    pub const UPDATED_BY: u16 = 60_004;
    /// The commit sequence of the last change (integer).
    pub const VERSION: u16 = 60_005;
    /// When it was put into the trash (date-time; null for live records).
    pub const DELETED_AT: u16 = 60_006;
    /// Its number in the search index (integer).
    pub const ORDINAL: u16 = 60_007;
    /// The first number of the system fields.
    pub const FIRST: u16 = 60_000;
}

/// The type of a field. With [`FieldDef::many`] the field holds a list of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldType {
    /// One line of text, up to [`limits::TEXT_CHARS_MAX`] characters.
    Text,
    /// Text of several lines, up to [`limits::LONG_TEXT_BYTES_MAX`] bytes.
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

impl FieldType {
    /// Every type.
    pub const ALL: [FieldType; 19] = [
        FieldType::Text,
        FieldType::LongText,
        FieldType::Integer,
        FieldType::Decimal,
        FieldType::Percent,
        FieldType::Money,
        FieldType::Boolean,
        FieldType::Date,
        FieldType::PartialDate,
        FieldType::DateTime,
        FieldType::Duration,
        FieldType::Email,
        FieldType::Phone,
        FieldType::Url,
        FieldType::Domain,
        FieldType::Address,
        FieldType::PersonName,
        FieldType::Choice,
        FieldType::Reference,
    ];

    /// The names of the parts of an address or a person's name; empty for other types.
    pub fn part_names(self) -> &'static [&'static str] {
        match self {
            FieldType::Address => &["street", "city", "region", "postal_code", "country"],
            FieldType::PersonName => &["given", "family", "middle", "prefix", "suffix"],
            _ => &[],
        }
    }

    /// The name, as in schema listings: `long_text`.
    pub fn name(self) -> &'static str {
        match self {
            FieldType::Text => "text",
            FieldType::LongText => "long_text",
            FieldType::Integer => "integer",
            FieldType::Decimal => "decimal",
            FieldType::Percent => "percent",
            FieldType::Money => "money",
            FieldType::Boolean => "boolean",
            FieldType::Date => "date",
            FieldType::PartialDate => "partial_date",
            FieldType::DateTime => "date_time",
            FieldType::Duration => "duration",
            FieldType::Email => "email",
            FieldType::Phone => "phone",
            FieldType::Url => "url",
            FieldType::Domain => "domain",
            FieldType::Address => "address",
            FieldType::PersonName => "person_name",
            FieldType::Choice => "choice",
            FieldType::Reference => "reference",
        }
    }

    /// True for the types whose values are text in some normal form.
    pub fn is_text(self) -> bool {
        use FieldType as T;
        matches!(
            self,
            T::Text | T::LongText | T::Email | T::Phone | T::Url | T::Domain | T::Choice
        )
    }
}

/// One of the values that a choice field can take.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChoiceDef {
    /// The stored key: lower snake case, never changed.
    pub key: String,
    /// What people see.
    pub label: String,
}

/// What happens to a reference when the record that it points to goes to the trash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnDelete {
    /// The reference stays and resolves again after a restore; a purge clears it.
    #[default]
    Keep,
    /// The record cannot be deleted while it is referred to.
    Restrict,
    /// The referring record goes to the trash, and is restored, with it.
    Cascade,
}

/// How a roll-up combines the linked records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
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

/// A field computed over the records that refer to this one; exact at commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RollUp {
    /// The name of the object whose records are combined.
    pub object: String,
    /// The name of its reference field that points here.
    pub via: String,
    /// How they are combined.
    pub op: RollUpOp,
    /// The name of the field that is combined; empty for [`RollUpOp::Count`].
    #[serde(default)]
    pub field: String,
    /// A CEL filter on the linked records; empty for all.
    #[serde(default)]
    pub filter: String,
}

/// The definition of a field. Made by [`FieldDef::new`] and the attribute methods, which is also the form
/// that declarations of standard objects use.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FieldDef {
    /// The number, unique in the object and never reused: 1–999 declared, 1,000–59,999 custom.
    pub id: u16,
    /// The name in expressions, imports and APIs: lower snake case.
    pub name: String,
    /// What people see.
    pub label: String,
    /// What the field means.
    #[serde(default)]
    pub doc: String,
    /// The type of the value, or of each value.
    pub ty: FieldType,
    /// True if the field holds a list.
    #[serde(default)]
    pub many: bool,
    /// True if a record cannot be saved without it.
    #[serde(default)]
    pub required: bool,
    /// True if no two live records can have the same value.
    #[serde(default)]
    pub unique: bool,
    /// True for a unique field whose values are keys of other systems: two that differ in case or accents only
    /// are two.
    #[serde(default)]
    pub exact: bool,
    /// True if filters and sorts on it are answered by an index.
    #[serde(default)]
    pub indexed: bool,
    /// Weight in full-text search, 1 (low) to 9; 0 leaves the field out.
    #[serde(default)]
    pub search: u8,
    /// True for data about a person.
    #[serde(default)]
    pub personal: bool,
    /// True for a field that only the engine and the object's own logic write.
    #[serde(default)]
    pub read_only: bool,
    /// The value of a new record where the caller gives none, in its text form.
    #[serde(default)]
    pub default: Option<String>,
    /// Further headers under which imports find the field.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// The choices of a choice field.
    #[serde(default)]
    pub choices: Vec<ChoiceDef>,
    /// True if a choice field also accepts keys that are not among its choices.
    #[serde(default)]
    pub open_choices: bool,
    /// The names of the objects that a reference may point to; empty for any.
    #[serde(default)]
    pub targets: Vec<String>,
    /// What happens to the reference when its target is deleted.
    #[serde(default)]
    pub on_delete: OnDelete,
    /// The numbers of the fields of the target from which the object's own logic takes values. When one of them
    /// changes, that logic is applied anew to the records that refer to it, in the same transaction. Such logic is
    /// code of a declaration, so that neither is kept in the file or told to hosts.
    #[serde(skip)]
    pub follows: Vec<u16>,
    /// True if the field points to the record's parent of the same object type; cycles are refused.
    #[serde(default)]
    pub hierarchy: bool,
    /// True if activities of this record also stand on the timeline of the record referred to.
    #[serde(default)]
    pub timeline_up: bool,
    /// True if its addresses are contact points, whose state is shared by all records that have them.
    #[serde(default)]
    pub contact_point: bool,
    /// The CEL expression of a formula field.
    #[serde(default)]
    pub formula: Option<String>,
    /// The definition of a roll-up field.
    #[serde(default)]
    pub roll_up: Option<RollUp>,
    /// The number of the field that takes a day without a time of it that is given to this date-time.
    #[serde(skip)]
    pub or_day: Option<u16>,
    /// True for a field that was retired: its values are kept and readable, no longer written or listed.
    #[serde(default)]
    pub retired: bool,
}

impl FieldDef {
    /// A field without attributes. The label is made from the name.
    pub fn new(id: u16, name: &str, ty: FieldType) -> Self {
        FieldDef {
            id,
            name: name.to_owned(),
            label: label_from(name),
            doc: String::new(),
            ty,
            many: false,
            required: false,
            unique: false,
            exact: false,
            indexed: false,
            search: 0,
            personal: false,
            read_only: false,
            default: None,
            aliases: Vec::new(),
            choices: Vec::new(),
            open_choices: false,
            targets: Vec::new(),
            on_delete: OnDelete::Keep,
            follows: Vec::new(),
            hierarchy: false,
            timeline_up: false,
            contact_point: false,
            formula: None,
            roll_up: None,
            or_day: None,
            retired: false,
        }
    }

    /// A custom field; the engine gives it its number when it is added.
    pub fn custom(name: &str, ty: FieldType) -> Self {
        FieldDef::new(0, name, ty)
    }

    /// The type as people read it: `list of reference`.
    pub fn type_name(&self) -> String {
        if self.many {
            format!("list of {}", self.ty.name())
        } else {
            self.ty.name().to_owned()
        }
    }

    /// True for a field that an organisation has added to a standard object.
    pub fn is_custom(&self) -> bool {
        (super::CUSTOM_FIRST..super::system::FIRST).contains(&self.id)
    }

    /// True if the engine computes the value.
    pub fn is_computed(&self) -> bool {
        self.formula.is_some() || self.roll_up.is_some()
    }

    /// The definition with what its attributes imply, however it was made.
    pub(crate) fn completed(mut self) -> Self {
        self.indexed |= self.unique || self.hierarchy || self.timeline_up || self.contact_point;
        self
    }

    pub(crate) fn check_name(name: &str) -> Result<()> {
        let well_formed = name.starts_with(|c: char| c.is_ascii_lowercase())
            && name.len() <= limits::NAME_BYTES_MAX
            && name
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
        if well_formed {
            Ok(())
        } else {
            Err(Error::invalid(
                name,
                "a name is lower-case letters, digits and `_`, begins with a letter and has up to 64 bytes",
            ))
        }
    }
}

/// The attributes, as a declaration writes them.
impl FieldDef {
    /// Sets [`FieldDef::label`].
    pub fn label(mut self, label: &str) -> Self {
        self.label = label.to_owned();
        self
    }

    /// Sets [`FieldDef::doc`].
    pub fn doc(mut self, doc: &str) -> Self {
        self.doc = doc.trim().to_owned();
        self
    }

    /// Makes it a list.
    pub fn many(mut self) -> Self {
        self.many = true;
        self
    }

    /// Makes it required.
    pub fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// Makes it unique, and thereby indexed.
    pub fn unique(mut self) -> Self {
        self.unique = true;
        self.indexed = true;
        self
    }

    /// Makes it unique as a key of another system, to which case and accents matter.
    pub fn key(mut self) -> Self {
        self.exact = true;
        self.unique()
    }

    /// Gives it an index.
    pub fn indexed(mut self) -> Self {
        self.indexed = true;
        self
    }

    /// Makes it searchable with a weight of 1 to 9.
    pub fn search(mut self, weight: u8) -> Self {
        self.search = weight;
        self
    }

    /// Marks it as personal data.
    pub fn personal(mut self) -> Self {
        self.personal = true;
        self
    }

    /// Leaves writing it to the engine and to the object's own logic.
    pub fn read_only(mut self) -> Self {
        self.read_only = true;
        self
    }

    /// Sets the default, in text form.
    pub fn default(mut self, value: &str) -> Self {
        self.default = Some(value.to_owned());
        self
    }

    /// Adds import headers.
    pub fn aliases(mut self, aliases: &[&str]) -> Self {
        self.aliases
            .extend(aliases.iter().map(|alias| (*alias).to_owned()));
        self
    }

    /// Adds choices as (key, label).
    pub fn choices(mut self, choices: &[(&str, &str)]) -> Self {
        self.choices
            .extend(choices.iter().map(|(key, label)| ChoiceDef {
                key: (*key).to_owned(),
                label: (*label).to_owned(),
            }));
        self
    }

    /// Accepts keys beyond the listed choices.
    pub fn open_choices(mut self) -> Self {
        self.open_choices = true;
        self
    }

    /// Restricts a reference to objects.
    pub fn targets(mut self, objects: &[&str]) -> Self {
        self.targets = objects.iter().map(|name| (*name).to_owned()).collect();
        self
    }

    /// Sets what a deletion of the target does.
    pub fn on_delete(mut self, on_delete: OnDelete) -> Self {
        self.on_delete = on_delete;
        self
    }

    /// Sets [`FieldDef::follows`].
    pub fn follows(mut self, fields: &[u16]) -> Self {
        self.follows = fields.to_vec();
        self
    }

    /// Makes it the parent of a hierarchy.
    pub fn hierarchy(mut self) -> Self {
        self.hierarchy = true;
        self.indexed = true;
        self
    }

    /// Shows this record's activities on the target's timeline.
    pub fn timeline_up(mut self) -> Self {
        self.timeline_up = true;
        self.indexed = true;
        self
    }

    /// Makes its addresses shared contact points.
    pub fn contact_point(mut self) -> Self {
        self.contact_point = true;
        self.indexed = true;
        self
    }

    /// Gives a day without a time of it that is given to this date-time to another field of the object.
    pub(crate) fn or_day(mut self, field: u16) -> Self {
        self.or_day = Some(field);
        self
    }

    /// Makes it a formula.
    pub fn formula(mut self, expression: &str) -> Self {
        self.formula = Some(expression.to_owned());
        self
    }

    /// Makes it a roll-up.
    pub fn roll_up(mut self, roll_up: RollUp) -> Self {
        self.roll_up = Some(roll_up);
        self
    }
}

/// `annual_revenue` → `Annual revenue`.
pub(crate) fn label_from(name: &str) -> String {
    let mut label = name.replace('_', " ");
    if let Some(first) = label.get_mut(0..1) {
        first.make_ascii_uppercase();
    }
    label
}
