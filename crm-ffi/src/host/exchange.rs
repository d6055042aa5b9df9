//! Files in and out.

use std::collections::HashMap;
use std::fs::File;
use std::io::BufWriter;
use std::sync::Arc;

use crm_core::value::normalise::DecimalMark as EngineMark;
use crm_core::{
    Column as EngineColumn, Detail, Error, ImportMode as EngineMode,
    ImportOptions as EngineOptions, ImportPlan, ImportProgress, ReadSettings as EngineRead,
};

use super::crm::Crm;
use super::error::{CrmError, Result};
use super::read::Query;
use super::upkeep::{Progress, ProgressListener, Ticker};
use super::value::{Decimal, signed};

/// What a row does.
#[derive(Debug, Clone, PartialEq, uniffi::Enum)]
pub enum ImportMode {
    /// Creates a record.
    Create,
    /// Changes the record that has the row's value in this unique or indexed field, or this `id`.
    Update { by: String },
    /// Changes it if it is there, and creates it if it is not.
    Upsert { by: String },
}

/// What becomes of a column.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct Column {
    /// The field, or a part of one: `name.given`, `amount.currency`, `company.id`. Null leaves the column out.
    #[uniffi(default = None)]
    pub field: Option<String>,
    /// For a reference: the field of the other object that has the cell's text. Without it, it is the title, then a
    /// unique key or an e-mail address.
    #[uniffi(default = None)]
    pub by: Option<String>,
    /// What stands for another text: dirt that is known.
    #[uniffi(default)]
    pub aliases: HashMap<String, String>,
    /// What a number is multiplied by.
    #[uniffi(default = None)]
    pub multiply: Option<Decimal>,
}

/// The character before the decimals.
#[derive(Debug, Clone, Copy, PartialEq, uniffi::Enum)]
pub enum DecimalMark {
    /// `1,234.50`.
    Point,
    /// `1.234,50`.
    Comma,
}

/// How text is read; what is not given is as the organisation's settings say.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct ReadSettings {
    /// The character before the decimals; where it is not given, the first rows of a column decide.
    #[uniffi(default = None)]
    pub decimal_mark: Option<DecimalMark>,
    /// True if `03/04/2024` is the 3rd of April, false if it is the 4th of March; where it is not given, the first rows
    /// of a column decide.
    #[uniffi(default = None)]
    pub day_first: Option<bool>,
    /// The currency of amounts that do not say theirs, ISO 4217.
    #[uniffi(default = None)]
    pub currency: Option<String>,
    /// The country of phone numbers that do not say theirs, ISO 3166-1.
    #[uniffi(default = None)]
    pub region: Option<String>,
    /// The zone of date-times that do not say theirs, an IANA name.
    #[uniffi(default = None)]
    pub time_zone: Option<String>,
}

/// How a CSV file is imported. Without further settings each row makes a record, and columns find their fields by
/// their headers.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct ImportOptions {
    /// The name of the object that a row makes.
    pub object: String,
    /// The name of the import, most often that of the file.
    #[uniffi(default = "")]
    pub name: String,
    /// Whether rows make new records or change those that are there; new ones where it is not given.
    #[uniffi(default = None)]
    pub mode: Option<ImportMode>,
    /// What becomes of columns, by their headers. A column that is not listed finds its field by its header.
    #[uniffi(default)]
    pub columns: HashMap<String, Column>,
    /// Fields that no column gives, with their text. `{Header}` in it stands for the row's cell.
    #[uniffi(default)]
    pub values: HashMap<String, String>,
    /// Further reference fields for which a record is created when none has the name; it is, without saying, for those
    /// whose records need no more than a name.
    #[uniffi(default = [])]
    pub create_missing: Vec<String>,
    /// Creates records for the fields of `create_missing` only, and no pipeline.
    #[uniffi(default = false)]
    pub known_only: bool,
    /// How numbers, dates, phone numbers and amounts are written.
    #[uniffi(default = None)]
    pub read: Option<ReadSettings>,
    /// The character between cells; it is found out where it is not given.
    #[uniffi(default = None)]
    pub delimiter: Option<String>,
    /// Makes a custom text field for each column that no field fits.
    #[uniffi(default = false)]
    pub custom_fields: bool,
    /// Refuses a row of which a cell cannot be read, takes words such as `n/a` for what they say, and is `known_only`.
    #[uniffi(default = false)]
    pub strict: bool,
    /// Leaves out rows that look like a record that was there before the import.
    #[uniffi(default = false)]
    pub skip_existing: bool,
    /// Lets an empty cell clear the field of a record that is there.
    #[uniffi(default = false)]
    pub clear_empty: bool,
    /// Lets rules react.
    #[uniffi(default = false)]
    pub with_rules: bool,
    /// Does all of it and keeps nothing.
    #[uniffi(default = false)]
    pub dry_run: bool,
    /// The name under which the import can be undone; a new one where it is not given.
    #[uniffi(default = None)]
    pub operation: Option<String>,
}

/// Something wrong with a row.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct RowProblem {
    /// The row, as a spreadsheet counts them: the header is row 1.
    pub row: i64,
    /// The header of the column; empty if the whole row is at fault.
    pub column: String,
    /// The start of what stood there.
    pub input: String,
    /// What is wrong with it.
    pub reason: String,
    /// True if the row was refused, false if it was imported without this cell.
    pub refused: bool,
}

/// A column and the field that it gave.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct MappedColumn {
    /// The header.
    pub column: String,
    /// The field; null for one that was left out on purpose.
    pub field: Option<String>,
}

/// What an import did, or in a dry run would do.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct ImportReport {
    /// The id of the record of the import, whose problems can be listed; null for a dry run.
    pub run: Option<String>,
    /// The name under which `undo` takes the import back; empty for a dry run.
    pub operation: String,
    /// Rows with something in them, without the header.
    pub rows: i64,
    /// Records created.
    pub created: i64,
    /// Records changed.
    pub updated: i64,
    /// Rows that changed nothing, or were left out because a record was there already.
    pub unchanged: i64,
    /// Rows that were refused.
    pub refused: i64,
    /// Records created because a row named them, by object.
    pub created_links: HashMap<String, i64>,
    /// Rows that look like a record that was there before the import: many of them if the file came in before.
    pub existing: i64,
    /// How many problems were found; they are kept as import problems of the run.
    pub problem_count: i64,
    /// How many of the problems are not kept, because there are too many of them.
    pub unkept_problems: i64,
    /// The first of the problems.
    pub problems: Vec<RowProblem>,
    /// The columns and the fields that they gave.
    pub columns: Vec<MappedColumn>,
    /// The columns that no field fits and nothing was imported of.
    pub unmapped_columns: Vec<String>,
    /// True if the listener stopped the import, or the file has too many rows: what is counted here is kept.
    pub cancelled: bool,
}

/// The options of a JSON mapping file.
///
/// Fails with `Invalid` and the place of the fault.
#[uniffi::export]
pub fn import_options_from_json(json: String) -> Result<ImportOptions> {
    Ok(EngineOptions::from_json(&json)?.into())
}

#[uniffi::export]
impl Crm {
    /// Imports the rows of a CSV file, whatever its encoding and its delimiter: one operation in a few transactions.
    /// When the listener stops it, what was imported up to then stays and the report says so; `undo` of the report's
    /// operation takes back all of it.
    ///
    /// Fails with `Invalid`, `UnknownObject`, `UnknownField` for options that do not fit, before anything is written;
    /// `Limit` for a file that is out of bounds.
    #[uniffi::method(default(progress = None))]
    pub fn import_csv(
        &self,
        data: &[u8],
        options: ImportOptions,
        progress: Option<Arc<dyn ProgressListener>>,
    ) -> Result<ImportReport> {
        let mut ticker = Ticker::new(progress);
        let result = self
            .session
            .import_csv(data, &options.known()?, &mut |done| ticker.imported(done));
        Ok(ticker.outcome(result)?.into())
    }

    /// As `import_csv`, from a file.
    ///
    /// Fails as `import_csv` does, and with `Io`.
    #[uniffi::method(default(progress = None))]
    pub fn import_csv_file(
        &self,
        path: String,
        options: ImportOptions,
        progress: Option<Arc<dyn ProgressListener>>,
    ) -> Result<ImportReport> {
        let file = File::open(&path).map_err(|error| io(&path, &error))?;
        let mut ticker = Ticker::new(progress);
        let result = self
            .session
            .import_csv(file, &options.known()?, &mut |done| ticker.imported(done));
        Ok(ticker.outcome(result)?.into())
    }

    /// Makes the objects and fields of a plan (a JSON file) and runs its imports, with the files of a folder.
    ///
    /// Fails as `add_object`, `add_fields` and `import_csv` do; `Io`. What was done before stays.
    #[uniffi::method(default(progress = None))]
    pub fn run_import_plan(
        &self,
        plan: String,
        folder: String,
        progress: Option<Arc<dyn ProgressListener>>,
    ) -> Result<Vec<ImportReport>> {
        let plan = ImportPlan::load(plan)?;
        let mut ticker = Ticker::new(progress);
        let result = self
            .session
            .run_import_plan(&plan, folder, &mut |done| ticker.imported(done));
        Ok(ticker
            .outcome(result)?
            .into_iter()
            .map(ImportReport::from)
            .collect())
    }

    /// The records that a query asks for as CSV. Without fields it is the id and every field.
    ///
    /// Fails as `find` does.
    #[uniffi::method(default(fields = []))]
    pub fn export_csv(&self, query: Query, fields: Vec<String>) -> Result<Vec<u8>> {
        let mut out = Vec::new();
        self.session
            .export_csv(&query.known()?, &names(&fields), &mut out)?;
        Ok(out)
    }

    /// As `export_csv`, to a file; returns how many records there were.
    ///
    /// Fails as `export_csv` does, and with `Io`.
    #[uniffi::method(default(fields = []))]
    pub fn export_csv_file(&self, query: Query, path: String, fields: Vec<String>) -> Result<i64> {
        let file = File::create(&path).map_err(|error| io(&path, &error))?;
        let count =
            self.session
                .export_csv(&query.known()?, &names(&fields), BufWriter::new(file))?;
        Ok(signed(count))
    }
}

fn names(fields: &[String]) -> Vec<&str> {
    fields.iter().map(String::as_str).collect()
}

fn io(path: &str, error: &std::io::Error) -> CrmError {
    Error::from(Detail::Io(format!("{path}: {error}"))).into()
}

impl Ticker {
    fn imported(&mut self, progress: ImportProgress) -> std::ops::ControlFlow<()> {
        let ImportProgress {
            rows,
            bytes,
            refused,
        } = progress;
        self.tick(Progress {
            done: signed(rows),
            bytes: signed(bytes),
            refused: signed(refused),
        })
    }
}

impl ImportOptions {
    fn known(self) -> Result<EngineOptions> {
        Ok(EngineOptions {
            object: self.object,
            name: self.name,
            mode: match self.mode {
                None | Some(ImportMode::Create) => EngineMode::Create,
                Some(ImportMode::Update { by }) => EngineMode::Update(by),
                Some(ImportMode::Upsert { by }) => EngineMode::Upsert(by),
            },
            columns: self
                .columns
                .into_iter()
                .map(|(header, column)| Ok((header, column.known()?)))
                .collect::<Result<_>>()?,
            values: self.values.into_iter().collect(),
            create_missing: self.create_missing,
            known_only: self.known_only,
            read: self.read.map(ReadSettings::known).unwrap_or_default(),
            delimiter: self
                .delimiter
                .map(|text| one_character(&text))
                .transpose()?,
            custom_fields: self.custom_fields,
            strict: self.strict,
            skip_existing: self.skip_existing,
            clear_empty: self.clear_empty,
            with_rules: self.with_rules,
            dry_run: self.dry_run,
            operation: self.operation,
        })
    }
}

fn one_character(text: &str) -> Result<char> {
    let mut characters = text.chars();
    match (characters.next(), characters.next()) {
        (Some(character), None) => Ok(character),
        _ => Err(CrmError::invalid(text, "a delimiter is one character")),
    }
}

impl From<EngineOptions> for ImportOptions {
    fn from(options: EngineOptions) -> Self {
        let EngineOptions {
            object,
            name,
            mode,
            columns,
            values,
            create_missing,
            known_only,
            read,
            delimiter,
            custom_fields,
            strict,
            skip_existing,
            clear_empty,
            with_rules,
            dry_run,
            operation,
        } = options;
        ImportOptions {
            object,
            name,
            mode: Some(match mode {
                EngineMode::Create => ImportMode::Create,
                EngineMode::Update(by) => ImportMode::Update { by },
                EngineMode::Upsert(by) => ImportMode::Upsert { by },
            }),
            columns: columns
                .into_iter()
                .map(|(header, column)| (header, column.into()))
                .collect(),
            values: values.into_iter().collect(),
            create_missing,
            known_only,
            read: Some(read.into()),
            delimiter: delimiter.map(String::from),
            custom_fields,
            strict,
            skip_existing,
            clear_empty,
            with_rules,
            dry_run,
            operation,
        }
    }
}

impl Column {
    fn known(self) -> Result<EngineColumn> {
        let Column {
            field,
            by,
            aliases,
            multiply,
        } = self;
        Ok(EngineColumn {
            field,
            by,
            aliases: aliases.into_iter().collect(),
            multiply: multiply.map(|number| number.known()).transpose()?,
        })
    }
}

impl From<EngineColumn> for Column {
    fn from(column: EngineColumn) -> Self {
        let EngineColumn {
            field,
            by,
            aliases,
            multiply,
        } = column;
        Column {
            field,
            by,
            aliases: aliases.into_iter().collect(),
            multiply: multiply.map(Decimal::from),
        }
    }
}

impl ReadSettings {
    fn known(self) -> EngineRead {
        let ReadSettings {
            decimal_mark,
            day_first,
            currency,
            region,
            time_zone,
        } = self;
        let decimal_mark = decimal_mark.map(|mark| match mark {
            DecimalMark::Point => EngineMark::Point,
            DecimalMark::Comma => EngineMark::Comma,
        });
        EngineRead {
            decimal_mark,
            day_first,
            currency,
            region,
            time_zone,
        }
    }
}

impl From<EngineRead> for ReadSettings {
    fn from(read: EngineRead) -> Self {
        let EngineRead {
            decimal_mark,
            day_first,
            currency,
            region,
            time_zone,
        } = read;
        let decimal_mark = decimal_mark.map(|mark| match mark {
            EngineMark::Point => DecimalMark::Point,
            EngineMark::Comma => DecimalMark::Comma,
        });
        ReadSettings {
            decimal_mark,
            day_first,
            currency,
            region,
            time_zone,
        }
    }
}

impl From<crm_core::ImportReport> for ImportReport {
    fn from(report: crm_core::ImportReport) -> Self {
        let crm_core::ImportReport {
            run,
            operation,
            rows,
            created,
            updated,
            unchanged,
            refused,
            created_links,
            existing,
            problem_count,
            unkept_problems,
            problems,
            columns,
            unmapped_columns,
            cancelled,
        } = report;
        ImportReport {
            run: run.map(|run| run.to_string()),
            operation,
            rows: signed(rows),
            created: signed(created),
            updated: signed(updated),
            unchanged: signed(unchanged),
            refused: signed(refused),
            created_links: created_links
                .into_iter()
                .map(|(object, count)| (object, signed(count)))
                .collect(),
            existing: signed(existing),
            problem_count: signed(problem_count),
            unkept_problems: signed(unkept_problems),
            problems: problems.into_iter().map(RowProblem::from).collect(),
            columns: columns
                .into_iter()
                .map(|(column, field)| MappedColumn { column, field })
                .collect(),
            unmapped_columns,
            cancelled,
        }
    }
}

impl From<crm_core::RowProblem> for RowProblem {
    fn from(problem: crm_core::RowProblem) -> Self {
        let crm_core::RowProblem {
            row,
            column,
            input,
            reason,
            refused,
        } = problem;
        RowProblem {
            row: signed(row),
            column,
            input,
            reason,
            refused,
        }
    }
}
