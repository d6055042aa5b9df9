//! How a file is imported: in Rust by a builder, for other hosts and the shell as a JSON mapping file.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::engine::Settings;
use crate::error::{Error, Result};
use crate::value::normalise::DecimalMark;
use crate::value::{Currency, ReadOptions};

/// How a CSV file is imported. Without further settings each row makes a record, columns find their fields by their
/// headers, records that a row names are made where there are none, and a cell that cannot be read is a problem
/// without which the row comes in.
///
/// The same as JSON, a mapping file, has a member for each setting:
///
/// ```json
/// {
///   "object": "deal",
///   "mode": {"upsert": "external_id"},
///   "columns": {
///     "Agent": "owner",
///     "Product": {"field": "product", "aliases": {"GTXPro": "GTX Pro"}},
///     "Value (k)": {"field": "amount", "multiply": 1000},
///     "Internal": null
///   },
///   "values": {"pipeline": "Sales", "name": "{Product}[ – {Account}]"},
///   "create_missing": ["company"],
///   "read": {"decimal_mark": "comma", "day_first": true, "currency": "EUR"}
/// }
/// ```
///
/// ```
/// use std::ops::ControlFlow;
/// use crm_core::{Crm, ImportOptions};
/// let crm = Crm::in_memory()?;
/// let file = "First name,Surname,E-mail,Employer\nAda,Lovelace,ada@acme.example,Acme\n";
/// let options = ImportOptions::new("contact")
///     .column("Employer", "company")
///     .upsert("email");
/// let report = crm.import_csv(file.as_bytes(), &options, &mut |_| ControlFlow::Continue(()))?;
/// assert_eq!((report.created, report.refused), (1, 0));
/// assert_eq!(crm.count("contact", "company.name == 'Acme'")?, 1);
/// crm.undo(&report.operation)?;
/// assert_eq!(crm.count("contact", "")? + crm.count("company", "")?, 0);
/// # Ok::<(), crm_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ImportOptions {
    /// The name of the object that a row makes.
    pub object: String,
    /// The name of the import, most often that of the file.
    pub name: String,
    /// Whether rows make new records or change those that are there.
    pub mode: ImportMode,
    /// What becomes of columns, by their headers. A column that is not listed finds its field by its header.
    /// Columns of the same header are `Header`, `Header (2)`, …; one without a header is `Column C`.
    pub columns: BTreeMap<String, Column>,
    /// Fields that no column gives, with their text. `{Header}` in it stands for the row's cell; what is in
    /// `[…]` is left out if a cell in it is empty. A doubled `{{` or `[[` is the character itself.
    pub values: BTreeMap<String, String>,
    /// Further reference fields for which a record is created when none has the name. Without saying it is created
    /// for those whose records need no more than a name: companies, contacts, tags, teams, but nobody who can act.
    pub create_missing: Vec<String>,
    /// Creates records for the fields of [`create_missing`](ImportOptions::create_missing) only, and no pipeline; what
    /// a row names beyond them and is not there is a problem.
    pub known_only: bool,
    /// How numbers, dates, phone numbers and amounts are written.
    pub read: ReadSettings,
    /// The character between cells; it is found out where it is not given.
    pub delimiter: Option<char>,
    /// Makes a custom text field for each column that no field fits. The fields stay when the import is
    /// undone.
    pub custom_fields: bool,
    /// Refuses a row of which a cell cannot be read, takes words such as `n/a` for what they say, and is
    /// [`known_only`](ImportOptions::known_only).
    pub strict: bool,
    /// Leaves out rows that look like a record that was there before the import: by an e-mail address, a key, or the
    /// name together with a phone number, a company or a date. Without it they are counted.
    pub skip_existing: bool,
    /// Lets an empty cell clear the field of a record that is there; otherwise it leaves it.
    pub clear_empty: bool,
    /// Lets rules react. Without it an import sets none off.
    pub with_rules: bool,
    /// Does all of it and keeps nothing.
    pub dry_run: bool,
    /// The name under which the import can be undone; a new one where it is not given.
    pub operation: Option<String>,
}

/// What a row does.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImportMode {
    /// Creates a record.
    #[default]
    Create,
    /// Changes the record that has the row's value in this unique or indexed field, or this `id`.
    Update(String),
    /// Changes it if it is there, and creates it if it is not.
    Upsert(String),
}

impl ImportMode {
    /// The field that finds the record.
    pub(super) fn by(&self) -> Option<&str> {
        match self {
            ImportMode::Create => None,
            ImportMode::Update(by) | ImportMode::Upsert(by) => Some(by),
        }
    }
}

/// What becomes of a column.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(try_from = "serde_json::Value")]
pub struct Column {
    /// The field, or a part of one: `name.given`, `address.city`, `amount.currency`, `company.id`. `None`
    /// leaves the column out, or lets it find its field by its header if something else is said of it.
    pub field: Option<String>,
    /// For a reference: the field of the other object that has the cell's text. Without it, it is the title,
    /// then a unique key or an e-mail address; case and accents do not matter. Where any object may be meant,
    /// those are looked at that people know by name (companies, contacts, leads, deals, custom ones), in the
    /// order of their numbers.
    pub by: Option<String>,
    /// What stands for another text: dirt that is known, or a choice for each text of a column.
    pub aliases: BTreeMap<String, String>,
    /// What a number is multiplied by: 1,000,000 for a column in millions.
    pub multiply: Option<Decimal>,
}

impl Column {
    /// True for a column of which nothing is said but that it is left out.
    pub(super) fn is_ignored(&self) -> bool {
        *self == Column::default()
    }

    /// A column that gives a field.
    pub fn to(field: &str) -> Self {
        Column {
            field: Some(field.to_owned()),
            ..Column::default()
        }
    }

    /// A column that is left out.
    pub fn ignored() -> Self {
        Column::default()
    }

    /// Sets [`Column::by`].
    pub fn by(mut self, field: &str) -> Self {
        self.by = Some(field.to_owned());
        self
    }

    /// Adds one of [`Column::aliases`].
    pub fn alias(mut self, text: &str, meant: &str) -> Self {
        self.aliases.insert(text.to_owned(), meant.to_owned());
        self
    }

    /// Sets [`Column::multiply`].
    pub fn multiply(mut self, by: impl Into<Decimal>) -> Self {
        self.multiply = Some(by.into());
        self
    }
}

impl From<&str> for Column {
    fn from(field: &str) -> Self {
        Column::to(field)
    }
}

/// A column as JSON says it in full.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ColumnForm {
    field: Option<String>,
    by: Option<String>,
    #[serde(default)]
    aliases: BTreeMap<String, String>,
    multiply: Option<serde_json::Value>,
}

impl TryFrom<serde_json::Value> for Column {
    type Error = String;

    fn try_from(json: serde_json::Value) -> Result<Self, String> {
        match json {
            serde_json::Value::Null => Ok(Column::ignored()),
            serde_json::Value::String(field) => Ok(Column::to(&field)),
            json => {
                let form: ColumnForm =
                    serde_json::from_value(json).map_err(|error| error.to_string())?;
                let number = |json: serde_json::Value| {
                    let text = json.to_string();
                    text.trim_matches('"')
                        .parse::<Decimal>()
                        .map_err(|error| format!("`multiply`: {error}"))
                };
                Ok(Column {
                    field: form.field,
                    by: form.by,
                    aliases: form.aliases,
                    multiply: form.multiply.map(number).transpose()?,
                })
            }
        }
    }
}

/// How text is read; what is not given is as the organisation's settings say.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ReadSettings {
    /// The character before the decimals: `point` or `comma`. Where it is not given, the first rows of a column decide
    /// for all of it, and what they leave open (`1.234`) is a problem.
    pub decimal_mark: Option<DecimalMark>,
    /// True if `03/04/2024` is the 3rd of April, false if it is the 4th of March. Where it is not given, the first
    /// rows of a column decide for all of it, and what they leave open is a problem.
    pub day_first: Option<bool>,
    /// The currency of amounts that do not say theirs, ISO 4217.
    pub currency: Option<String>,
    /// The country of phone numbers that do not say theirs, ISO 3166-1.
    pub region: Option<String>,
    /// The zone of date-times that do not say theirs, an IANA name.
    pub time_zone: Option<String>,
}

impl ReadSettings {
    pub(super) fn options(&self, settings: &Settings) -> Result<ReadOptions> {
        let mut options = settings.read_options();
        options.decimal_mark = self.decimal_mark;
        options.day_first = self.day_first;
        if let Some(code) = &self.currency {
            options.currency = Some(Currency::new(code)?);
        }
        if let Some(region) = &self.region {
            options.region.clone_from(region);
        }
        if let Some(zone) = &self.time_zone {
            options.time_zone = zone.parse()?;
        }
        Ok(options)
    }
}

impl ImportOptions {
    /// True if records are made because a row names them, wherever a name is enough.
    pub(super) fn makes_what_is_named(&self) -> bool {
        !self.strict && !self.known_only
    }

    /// An import that makes records of an object.
    pub fn new(object: &str) -> Self {
        ImportOptions {
            object: object.to_owned(),
            ..ImportOptions::default()
        }
    }

    /// From a JSON mapping file.
    ///
    /// # Errors
    /// `Invalid` with the place of the fault.
    ///
    /// ```
    /// use crm_core::ImportOptions;
    /// assert!(ImportOptions::from_json(r#"{"object": "deal", "mode": {"upsert": "external_id"}}"#).is_ok());
    /// let error = ImportOptions::from_json(r#"{"object": "deal", "modus": 1}"#).unwrap_err();
    /// assert!(error.to_string().contains("unknown field `modus`"), "{error}");
    /// ```
    pub fn from_json(json: &str) -> Result<Self> {
        serde_json::from_str(json)
            .map_err(|error| Error::invalid(json.trim(), format!("the mapping: {error}")))
    }

    /// Sets [`ImportOptions::name`].
    pub fn name(mut self, name: &str) -> Self {
        self.name = name.to_owned();
        self
    }

    /// Changes the records that have the row's value in a unique or indexed field, or its `id`.
    pub fn update(mut self, by: &str) -> Self {
        self.mode = ImportMode::Update(by.to_owned());
        self
    }

    /// As [`update`](ImportOptions::update), and creates those that are not there.
    pub fn upsert(mut self, by: &str) -> Self {
        self.mode = ImportMode::Upsert(by.to_owned());
        self
    }

    /// Says what becomes of a column.
    pub fn column(mut self, header: &str, column: impl Into<Column>) -> Self {
        self.columns.insert(header.to_owned(), column.into());
        self
    }

    /// Sets a field that no column gives; see [`ImportOptions::values`].
    pub fn value(mut self, field: &str, text: &str) -> Self {
        self.values.insert(field.to_owned(), text.to_owned());
        self
    }

    /// Creates the records that these reference fields name, where there are none.
    pub fn create_missing(mut self, fields: &[&str]) -> Self {
        self.create_missing = fields.iter().map(|field| (*field).to_owned()).collect();
        self
    }

    /// Sets how text is read.
    pub fn read(mut self, read: ReadSettings) -> Self {
        self.read = read;
        self
    }

    /// Makes custom fields for columns that no field fits.
    pub fn custom_fields(mut self) -> Self {
        self.custom_fields = true;
        self
    }

    /// Refuses rows with cells that cannot be read; see [`ImportOptions::strict`].
    pub fn strict(mut self) -> Self {
        self.strict = true;
        self
    }

    /// Creates no record because a row names it, but for [`ImportOptions::create_missing`].
    pub fn known_only(mut self) -> Self {
        self.known_only = true;
        self
    }

    /// Leaves out rows that look like a record that is there.
    pub fn skip_existing(mut self) -> Self {
        self.skip_existing = true;
        self
    }

    /// Lets empty cells clear fields.
    pub fn clear_empty(mut self) -> Self {
        self.clear_empty = true;
        self
    }

    /// Lets rules react.
    pub fn with_rules(mut self) -> Self {
        self.with_rules = true;
        self
    }

    /// Keeps nothing of it.
    pub fn dry_run(mut self) -> Self {
        self.dry_run = true;
        self
    }

    /// Sets the name under which the import can be undone.
    pub fn operation(mut self, name: &str) -> Self {
        self.operation = Some(name.to_owned());
        self
    }
}
