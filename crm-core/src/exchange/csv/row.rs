//! From a row to a record: reads its cells, finds what they name, and saves it.

mod read;
mod write;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use super::bind::{Binding, Bound};
use super::existing::Existing;
use super::header::Place;
use super::options::{ImportMode, ImportOptions};
use super::report::{ImportProgress, ImportReport, RowProblem};
use super::source::Row;
use crate::engine::{Fit, OutcomeKind, Work, country_part};
use crate::error::{Detail, Error, Result};
use crate::limits;
use crate::record::Record;
use crate::schema::{FieldDef, FieldType, ObjectDef};
use crate::value::{Currency, Id, ReadOptions, Ref, Value, normalise};
use write::Failure;

/// After so many rows the caller is asked whether to go on.
const PROGRESS_ROWS: u64 = 500;
/// The first problems, which the report itself holds.
const REPORT_PROBLEMS_MAX: usize = 100;

/// An import at work.
pub(super) struct Importer<'a> {
    pub options: &'a ImportOptions,
    pub bound: Bound,
    pub read: ReadOptions,
    pub automate: bool,
    /// Brings each row to its end before the next, so that what is wrong with it is told of it.
    pub thorough: bool,
    pub report: ImportReport,
    /// The problems that are not kept yet.
    pub problems: Vec<RowProblem>,
    pub bytes: u64,
    pub progress: &'a mut dyn FnMut(ImportProgress) -> ControlFlow<()>,
    /// The record of a board in which rows that name none begin.
    pub board: Option<Ref>,
    /// References to records that may come in a later row.
    waiting: Vec<Waiting>,
    /// What identifies the records that were there, read before the first row.
    existing: Option<Existing>,
}

/// A reference to a record of the file itself that was not there yet.
#[derive(Clone)]
struct Waiting {
    row: u64,
    record: Ref,
    binding: usize,
    text: String,
}

/// A point to go back to.
pub(super) struct Mark {
    report: ImportReport,
    problems: usize,
    waiting: Vec<Waiting>,
    links: usize,
}

/// What a row will be.
struct Draft {
    old: Option<Record>,
    id: Option<Id>,
    values: BTreeMap<u16, Value>,
    /// The currencies that the row gives to its amounts.
    currencies: BTreeMap<u16, Currency>,
    /// Names of records that are not there: the binding and the text.
    missing: Vec<(usize, String)>,
    /// Names of records that may come in a later row.
    later: Vec<(usize, String)>,
    /// Fields that an id has given: their names say nothing more.
    by_id: Vec<u16>,
    /// Amounts whose currency cannot be read.
    spoilt: Vec<u16>,
    problems: Vec<RowProblem>,
}

/// How cells are fitted: as the file writes them, or as their columns tell.
struct Fits<'f> {
    plain: Fit<'f>,
    columns: Vec<Option<Fit<'f>>>,
}

impl<'f> Fits<'f> {
    fn of(&self, binding: usize) -> &Fit<'f> {
        let of_column = self.columns.get(binding).and_then(Option::as_ref);
        of_column.unwrap_or(&self.plain)
    }
}

impl<'a> Importer<'a> {
    pub(super) fn new(
        options: &'a ImportOptions,
        bound: Bound,
        read: ReadOptions,
        automate: bool,
        progress: &'a mut dyn FnMut(ImportProgress) -> ControlFlow<()>,
    ) -> Self {
        let report = ImportReport {
            columns: bound.columns.clone(),
            unmapped_columns: bound.unmapped.clone(),
            ..ImportReport::default()
        };
        Importer {
            options,
            bound,
            read,
            automate,
            thorough: automate,
            report,
            problems: Vec::new(),
            bytes: 0,
            progress,
            board: None,
            waiting: Vec::new(),
            existing: None,
        }
    }

    /// Imports rows, until the caller stops it.
    pub(super) fn rows(&mut self, work: &mut Work<'_, '_>, rows: &[Row]) -> Result<()> {
        let catalog = work.catalog();
        let object = catalog.object_named(&self.options.object)?;
        let fit = |options: ReadOptions| Fit::new(&catalog, options, work.now());
        let told = self.bound.bindings.iter().map(|binding| binding.told);
        let fits = Fits {
            plain: fit(self.read.clone()),
            columns: told.map(|told| told.options(&self.read).map(fit)).collect(),
        };
        if self.existing.is_none() && self.options.mode == ImportMode::Create {
            self.existing = Some(Existing::load(work, object)?);
        }
        for row in rows {
            if self.report.rows >= limits::IMPORT_ROWS_MAX as u64 {
                let max = limits::IMPORT_ROWS_MAX;
                let reason =
                    format!("an import has up to {max} rows; import the rest as another file");
                self.add_problem(RowProblem::new(row.number, "", "", reason));
                self.report.cancelled = true;
            }
            if self.report.cancelled {
                return Ok(());
            }
            self.row(work, &fits, object, row)?;
            if self.report.rows.is_multiple_of(PROGRESS_ROWS) {
                self.tell();
            }
        }
        Ok(())
    }

    /// Tells the caller how far the import is.
    pub(super) fn tell(&mut self) {
        let progress = ImportProgress {
            rows: self.report.rows,
            bytes: self.bytes,
            refused: self.report.refused,
        };
        self.report.cancelled |= (self.progress)(progress).is_break();
    }

    fn row(
        &mut self,
        work: &mut Work<'_, '_>,
        fits: &Fits<'_>,
        object: &ObjectDef,
        row: &Row,
    ) -> Result<()> {
        self.report.rows += 1;
        let mut draft = self.read(work, fits, object, row)?;
        let mut refused = draft.problems.iter().any(|problem| problem.refused);
        for problem in std::mem::take(&mut draft.problems) {
            self.add_problem(problem);
        }
        let is_there = || {
            let existing = self.existing.as_ref().filter(|_| draft.old.is_none());
            existing.is_some_and(|existing| existing.has(fits.plain.catalog, object, &draft.values))
        };
        let is_there = !refused && is_there();
        self.report.existing += u64::from(is_there);
        if is_there && self.options.skip_existing {
            self.report.unchanged += 1;
        } else if !refused {
            match self.save(work, fits, object, row, draft) {
                Ok(OutcomeKind::Created) => self.report.created += 1,
                Ok(OutcomeKind::Updated) => self.report.updated += 1,
                Ok(_) => self.report.unchanged += 1,
                Err(Failure::Store(error)) => return Err(error),
                Err(Failure::Row(error, binding)) => {
                    let problem = self.explain(object, row, &error, binding);
                    self.add_problem(problem);
                    refused = true;
                }
            }
        }
        self.report.refused += u64::from(refused);
        Ok(())
    }

    /// Saves a row. Where the record is refused for values that it need not have, it goes in without them, and each is
    /// a problem.
    fn save(
        &mut self,
        work: &mut Work<'_, '_>,
        fits: &Fits<'_>,
        object: &ObjectDef,
        row: &Row,
        draft: Draft,
    ) -> Result<OutcomeKind, Failure> {
        let error = match self.write(work, object, row, draft) {
            Err(Failure::Row(error, None)) if !self.options.strict => error,
            result => return result,
        };
        let mut draft = self.read(work, fits, object, row).map_err(Failure::Store)?;
        let faults: Vec<&Error> = std::iter::once(&error).chain(error.others()).collect();
        let refused: Option<BTreeSet<u16>> = faults
            .iter()
            .map(|fault| {
                let field = match fault.detail() {
                    Detail::Invalid { field, .. } => object.field_named(field).ok()?,
                    _ => return None,
                };
                let may_go = !field.required && draft.values.contains_key(&field.id);
                may_go.then_some(field.id)
            })
            .collect();
        let Some(refused) = refused else {
            return Err(Failure::Row(error, None));
        };
        draft.values.retain(|field, _| !refused.contains(field));
        let outcome = self.write(work, object, row, draft)?;
        for fault in faults {
            let problem = self.explain(object, row, fault, None);
            self.add_problem(RowProblem {
                refused: false,
                ..problem
            });
        }
        Ok(outcome)
    }

    /// As cells of a field of a row are fitted: the region of its phone numbers is that of a column which says the
    /// country.
    fn local<'f>(
        &self,
        fit: &Fit<'f>,
        field: &FieldDef,
        object: &ObjectDef,
        row: &Row,
    ) -> Option<Fit<'f>> {
        if field.ty != FieldType::Phone {
            return None;
        }
        let is_country = |binding: &&Binding| {
            let field = object.field(binding.target.field);
            let place = field.and_then(country_part);
            place.is_some_and(|place| binding.target.place == Place::Part(place))
        };
        let binding = self.bound.bindings.iter().find(is_country)?;
        let region = normalise::country(&self.bound.text(&binding.source, row))?;
        Some(fit.in_region(region))
    }

    fn add_problem(&mut self, problem: RowProblem) {
        self.report.problem_count += 1;
        if self.report.problems.len() < REPORT_PROBLEMS_MAX {
            self.report.problems.push(problem.clone());
        }
        if self.report.problem_count <= limits::IMPORT_PROBLEMS_MAX as u64 {
            self.problems.push(problem);
        } else {
            self.report.unkept_problems += 1;
        }
    }

    /// The problem that an error of a save is: with the column of the field that it names.
    fn explain(
        &self,
        object: &ObjectDef,
        row: &Row,
        error: &Error,
        binding: Option<usize>,
    ) -> RowProblem {
        let field = match error.detail() {
            Detail::Invalid { field, .. }
            | Detail::Duplicate { field, .. }
            | Detail::MissingReference { field, .. }
            | Detail::Cycle { field, .. } => object.field_named(field).ok(),
            _ => None,
        };
        let of_field = || {
            let field = field?.id;
            let of_field = |binding: &Binding| binding.target.field == field;
            self.bound.bindings.iter().position(of_field)
        };
        let binding = binding.or_else(of_field);
        match binding.and_then(|at| self.bound.bindings.get(at)) {
            Some(binding) => {
                let text = self.bound.text(&binding.source, row);
                RowProblem::new(row.number, &binding.label, &text, reason(error))
            }
            None => RowProblem::new(row.number, "", "", error.to_string()),
        }
    }

    /// Where the import stands, to go back to if a transaction fails.
    pub(super) fn mark(&self) -> Mark {
        Mark {
            report: self.report.clone(),
            problems: self.problems.len(),
            waiting: self.waiting.clone(),
            links: self.bound.links.mark(),
        }
    }

    pub(super) fn roll_back(&mut self, mark: Mark) {
        self.report = mark.report;
        self.problems.truncate(mark.problems);
        self.waiting = mark.waiting;
        self.bound.links.roll_back(mark.links);
    }
}

fn field<'o>(object: &'o ObjectDef, binding: &Binding) -> Result<&'o FieldDef> {
    object
        .field(binding.target.field)
        .ok_or_else(|| Error::corrupt("a field that the schema does not have"))
}

/// Why, without what the problem says elsewhere.
fn reason(error: &Error) -> String {
    match error.detail() {
        Detail::Invalid { reason, .. } => reason.clone(),
        _ => error.to_string(),
    }
}

fn as_ref(value: &Value) -> Option<Ref> {
    match value {
        Value::Ref(reference) => Some(*reference),
        _ => None,
    }
}

/// Sets a value, or adds it to those that another column has given.
fn add(values: &mut BTreeMap<u16, Value>, field: &FieldDef, value: Value) {
    if !field.many {
        if !value.is_null() {
            values.insert(field.id, value);
        }
        return;
    }
    let mut list = match values.remove(&field.id) {
        Some(Value::List(list)) => list,
        _ => Vec::new(),
    };
    let new = match value {
        Value::List(new) => new,
        Value::Null => Vec::new(),
        one => vec![one],
    };
    for value in new {
        if !list.contains(&value) {
            list.push(value);
        }
    }
    if !list.is_empty() {
        values.insert(field.id, Value::List(list));
    }
}
