//! CSV import: rows in, a few large transactions, one operation.

use std::io::Read;
use std::ops::ControlFlow;

use super::bind::Bound;
use super::options::ImportOptions;
use super::report::{ImportProgress, ImportReport, RowProblem, excerpt};
use super::row::Importer;
use super::source::{Row, Source};
use crate::api::Session;
use crate::engine::{Right, Work};
use crate::error::Result;
use crate::objects::{ImportProblem, ImportRun};
use crate::record::Fields;
use crate::rules;
use crate::schema::{Catalog, FieldDef, FieldType, Object};
use crate::value::{Id, spell};

/// Rows of one transaction: large, so that indexes are written in order, and still small in memory.
const CHUNK_ROWS: usize = 10_000;
/// Bytes of the rows of one transaction.
const CHUNK_BYTES: usize = 16 << 20;

/// What a transaction of an import does.
enum Task<'t> {
    /// What all rows need, as far as the first of them tell.
    Board(&'t [Row]),
    Rows(&'t [Row]),
    /// References to records that came in later rows.
    References,
}

impl Session {
    /// Imports a CSV file: its first row names the columns, each further row makes or changes a record.
    ///
    /// The encoding (UTF-8, UTF-16, else Windows-1252) and the delimiter are found out; columns find their
    /// fields by name, label and other names unless the options say otherwise, and columns that no field
    /// fits are reported. How a column writes its numbers and dates, its first rows tell. A record that a row names
    /// and that is not there is made, if it needs no more than a name; deals get their pipeline. A cell that cannot
    /// be read is a problem, without which the row comes in; a row is refused if something that every record needs is
    /// missing, or by a validation rule. Problems are listed in the report and kept as [`ImportProblem`]s of the
    /// [`ImportRun`]. [`ImportOptions::strict`] is for files that should be as they are said to be.
    ///
    /// An import is one operation in a few transactions, each of them durable before the next: `progress` is
    /// told as rows are read, and when it breaks, what was imported up to then stays and the report says
    /// so. [`undo`](Session::undo) of the report's operation takes back all of it, also the records that
    /// were created because a row named them. A reference to a record of the same file that comes in a later
    /// row is set when all rows are read.
    ///
    /// # Errors
    /// `Invalid`, `UnknownObject` and `UnknownField` for options that do not fit the file or the schema,
    /// before anything is written; `Limit` for a file that is out of bounds. `Io`, `Full` and the other
    /// errors of the store: the rows of earlier transactions stay then, and the import run tells the operation
    /// that takes them back. A [`Cancel`](crate::Cancel) ends an import as `progress` does, with a report, and with
    /// `Cancelled` only where that came before it began.
    pub fn import_csv(
        &self,
        mut data: impl Read,
        options: &ImportOptions,
        progress: &mut dyn FnMut(ImportProgress) -> ControlFlow<()>,
    ) -> Result<ImportReport> {
        self.check_going_on()?;
        // It ends where `progress` can end it: between rows, so that references to later rows are set.
        let session = self.to_the_end();
        session.import(&mut data, options, &mut self.stopping(progress))
    }

    fn import(
        &self,
        data: &mut dyn Read,
        options: &ImportOptions,
        progress: &mut dyn FnMut(ImportProgress) -> ControlFlow<()>,
    ) -> Result<ImportReport> {
        let catalog = self.catalog();
        let read = options.read.options(&self.settings())?;
        let mut source = Source::open(data, options.delimiter)?;
        let mut bound = Bound::new(&catalog, options, source.columns())?;
        let first = source.rows(CHUNK_ROWS, CHUNK_BYTES)?;
        let fields = if options.custom_fields {
            custom_fields(&catalog, &options.object, &bound.unmapped)?
        } else {
            Vec::new()
        };
        let automate = options.with_rules && self.automates();
        if options.dry_run {
            return self.rehearse(|work| {
                if !fields.is_empty() {
                    work.add_fields(&options.object, fields)?;
                    bound = Bound::new(&work.catalog(), options, source.columns())?;
                }
                bound.learn(work.catalog().object_named(&options.object)?, &read, &first);
                let mut importer = Importer::new(options, bound, read, automate, progress);
                drive(&mut source, first, &mut importer, &mut |importer, task| {
                    perform(importer, work, &task)?;
                    rules::react(work, importer.automate)
                })?;
                Ok(importer.report)
            });
        }
        if !fields.is_empty() {
            self.add_fields(&options.object, fields)?;
            bound = Bound::new(&self.catalog(), options, source.columns())?;
        }
        bound.learn(self.catalog().object_named(&options.object)?, &read, &first);
        let books = self.caused_by("import").without_rules().without_operation();
        let (run, operation) = books.begin_run(options)?;
        let mut importer = Importer::new(options, bound, read, automate, progress);
        importer.report.run = Some(run);
        importer.report.operation.clone_from(&operation);
        let mut session = self.caused_by("import").operation(&operation);
        if !automate {
            session = session.without_rules();
        }
        let outcome = drive(&mut source, first, &mut importer, &mut |importer, task| {
            session.step(importer, &task)?;
            importer.bound.links.keep();
            books.keep_problems(run, std::mem::take(&mut importer.problems))
        });
        let ended = books.end_run(run, &importer.report);
        outcome.and(ended)?;
        Ok(importer.report)
    }

    /// One transaction of an import. What its end refuses (a validation rule on a roll-up) is the fault of some
    /// row; done again row by row, it shows which.
    fn step(&self, importer: &mut Importer<'_>, task: &Task<'_>) -> Result<()> {
        let result = self.try_step(importer, task);
        match result {
            Err(error) if !error.is_of_the_store() && !importer.thorough => {
                importer.thorough = true;
                let result = self.try_step(importer, task);
                importer.thorough = importer.automate;
                result
            }
            result => result,
        }
    }

    fn try_step(&self, importer: &mut Importer<'_>, task: &Task<'_>) -> Result<()> {
        let mark = importer.mark();
        let result = self.transact(|work| perform(importer, work, task));
        if result.is_err() {
            importer.roll_back(mark);
        }
        result
    }

    /// Writes down that an import begins; returns its record and the name of its operation.
    fn begin_run(&self, options: &ImportOptions) -> Result<(Id<ImportRun>, String)> {
        self.transact(|work| {
            let id = work.new_id();
            let operation = options
                .operation
                .clone()
                .unwrap_or_else(|| format!("import {id}"));
            let name = match options.name.trim() {
                "" => &options.object,
                name => name,
            };
            let run = ImportRun::draft()
                .name(excerpt(name))
                .object(options.object.as_str())
                .at(work.now())
                .operation(operation.as_str());
            let fields: Fields = run.into();
            work.with_right(Right::Engine, |work| {
                work.create(ImportRun::TYPE, Some(id), &fields)
            })?;
            Ok((id.of(), operation))
        })
    }

    fn end_run(&self, run: Id<ImportRun>, report: &ImportReport) -> Result<()> {
        let count = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        let counts = ImportRun::draft()
            .rows(count(report.rows))
            .created(count(report.created))
            .updated(count(report.updated))
            .unchanged(count(report.unchanged))
            .refused(count(report.refused));
        self.update(run, counts)?;
        Ok(())
    }

    fn keep_problems(&self, run: Id<ImportRun>, problems: Vec<RowProblem>) -> Result<()> {
        if problems.is_empty() {
            return Ok(());
        }
        self.transact(|work| {
            for problem in problems {
                let fields: Fields = ImportProblem::draft()
                    .run(run)
                    .row(i64::try_from(problem.row).unwrap_or(i64::MAX))
                    .column(problem.column)
                    .input(problem.input)
                    .reason(problem.reason)
                    .refused(problem.refused)
                    .into();
                work.with_right(Right::Engine, |work| {
                    work.create(ImportProblem::TYPE, None, &fields)
                })?;
            }
            Ok(())
        })
    }
}

/// Reads the whole file, of which the first rows are read already, and hands it on in tasks, each for one transaction.
fn drive(
    source: &mut Source<'_>,
    first: Vec<Row>,
    importer: &mut Importer<'_>,
    step: &mut dyn FnMut(&mut Importer<'_>, Task<'_>) -> Result<()>,
) -> Result<()> {
    step(importer, Task::Board(&first))?;
    let mut rows = first;
    while !importer.report.cancelled && !rows.is_empty() {
        importer.bytes = source.bytes();
        step(importer, Task::Rows(&rows))?;
        if !importer.report.cancelled {
            rows = source.rows(CHUNK_ROWS, CHUNK_BYTES)?;
        }
    }
    while importer.is_waiting() {
        step(importer, Task::References)?;
    }
    importer.tell();
    Ok(())
}

fn perform(importer: &mut Importer<'_>, work: &mut Work<'_, '_>, task: &Task<'_>) -> Result<()> {
    match task {
        Task::Board(rows) => {
            let catalog = work.catalog();
            let object = catalog.object_named(&importer.options.object)?;
            importer.prepare_board(work, object, rows)
        }
        Task::Rows(rows) => importer.rows(work, rows),
        Task::References => importer.set_waiting(work, CHUNK_ROWS),
    }
}

/// Text fields for columns that no field fits.
fn custom_fields(catalog: &Catalog, object: &str, headers: &[String]) -> Result<Vec<FieldDef>> {
    let object = catalog.object_named(object)?;
    let mut fields: Vec<FieldDef> = Vec::new();
    for header in headers {
        let name = field_name(header);
        let is_taken = |name: &str, fields: &[FieldDef]| {
            object.field_named(name).is_ok() || fields.iter().any(|field| field.name == name)
        };
        let mut unique = name.clone();
        let mut number = 1;
        while is_taken(&unique, &fields) {
            number += 1;
            unique = format!("{name}_{number}");
        }
        fields.push(FieldDef::custom(&unique, FieldType::Text).label(&excerpt(header)));
    }
    Ok(fields)
}

/// A header as the name of a field: `Größe (cm)` is `grosse_cm`. One in a script without an alphabet that ASCII could
/// spell is `column`, and told by its label.
fn field_name(header: &str) -> String {
    const CHARS_MAX: usize = 40;
    let spelled = spell::ascii(header);
    let words = spelled
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty());
    let name: String = words
        .collect::<Vec<_>>()
        .join("_")
        .chars()
        .take(CHARS_MAX)
        .collect();
    if name.starts_with(|c: char| c.is_ascii_lowercase()) {
        name
    } else {
        format!("column_{name}").trim_end_matches('_').to_owned()
    }
}
