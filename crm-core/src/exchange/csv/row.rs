//! From a row to a record: reads its cells, finds what they name, and saves it.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use super::bind::{Binding, Bound, Link};
use super::header::Place;
use super::options::{ImportMode, ImportOptions};
use super::report::{ImportProgress, ImportReport, RowProblem};
use super::source::Row;
use crate::engine::{Fit, OutcomeKind, Work};
use crate::error::{Detail, Error, Result};
use crate::limits;
use crate::record::Record;
use crate::rules;
use crate::schema::{FieldDef, FieldType, ObjectDef, system};
use crate::value::{Currency, Id, Money, ReadOptions, Ref, Value, ValueRef, normalise};

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
    /// References to records that may come in a later row.
    waiting: Vec<Waiting>,
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
    /// Names of records that are not there: the binding and the text.
    missing: Vec<(usize, String)>,
    /// Names of records that may come in a later row.
    later: Vec<(usize, String)>,
    problems: Vec<RowProblem>,
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
            waiting: Vec::new(),
        }
    }

    /// Imports rows, until the caller stops it.
    pub(super) fn rows(&mut self, work: &mut Work<'_, '_>, rows: &[Row]) -> Result<()> {
        let catalog = work.catalog();
        let object = catalog.object_named(&self.options.object)?;
        let fit = Fit {
            catalog: &catalog,
            options: self.read.clone(),
            now: work.now,
        };
        for row in rows {
            if self.report.rows >= limits::IMPORT_ROWS_MAX as u64 {
                let reason = format!(
                    "an import has up to {} rows; import the rest as another file",
                    limits::IMPORT_ROWS_MAX
                );
                self.add_problem(RowProblem::new(row.number, "", "", reason));
                self.report.cancelled = true;
            }
            if self.report.cancelled {
                return Ok(());
            }
            self.row(work, &fit, object, row)?;
            if self.report.rows % PROGRESS_ROWS == 0 {
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
        fit: &Fit<'_>,
        object: &ObjectDef,
        row: &Row,
    ) -> Result<()> {
        self.report.rows += 1;
        let mut draft = self.read(work, fit, object, row)?;
        let mut refused = draft.problems.iter().any(|problem| problem.refused);
        for problem in std::mem::take(&mut draft.problems) {
            self.add_problem(problem);
        }
        if !refused {
            match self.write(work, object, row.number, draft) {
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

    fn add_problem(&mut self, problem: RowProblem) {
        self.report.problem_count += 1;
        if self.report.problems.len() < REPORT_PROBLEMS_MAX {
            self.report.problems.push(problem.clone());
        }
        self.problems.push(problem);
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

    /// Reads the cells of a row. What is wrong with them is in the draft; an error is one of the store.
    fn read(
        &mut self,
        work: &Work<'_, '_>,
        fit: &Fit<'_>,
        object: &ObjectDef,
        row: &Row,
    ) -> Result<Draft> {
        let mut draft = Draft {
            old: None,
            id: None,
            values: BTreeMap::new(),
            missing: Vec::new(),
            later: Vec::new(),
            problems: Vec::new(),
        };
        if let Some(fault) = &row.fault {
            let reason = fault.reason.clone();
            let problem = RowProblem::new(row.number, "", &fault.input, reason);
            let refused = fault.refused;
            draft.problems.push(RowProblem { refused, ..problem });
        }
        if let Some(key) = self.bound.key {
            let found = self.find_old(work, fit, object, row, key, &mut draft);
            if let Err(error) = found {
                self.refuse(&mut draft, row, key, error, true)?;
                return Ok(draft);
            }
        }
        let currencies = self.currencies(row, &mut draft)?;
        for at in 0..self.bound.bindings.len() {
            if let Err(error) = self.read_cell(work, fit, object, row, at, &currencies, &mut draft)
            {
                self.refuse(&mut draft, row, at, error, !self.options.drop_bad_cells)?;
            }
        }
        Ok(draft)
    }

    /// Notes an error of a cell.
    fn refuse(
        &self,
        draft: &mut Draft,
        row: &Row,
        binding: usize,
        error: Error,
        refused: bool,
    ) -> Result<()> {
        if error.is_of_the_store() {
            return Err(error);
        }
        if let Some(binding) = self.bound.bindings.get(binding) {
            let text = self.bound.text(&binding.source, row);
            let problem = RowProblem::new(row.number, &binding.label, &text, reason(&error));
            draft.problems.push(RowProblem { refused, ..problem });
        }
        Ok(())
    }

    /// Finds the record that a row changes.
    fn find_old(
        &mut self,
        work: &Work<'_, '_>,
        fit: &Fit<'_>,
        object: &ObjectDef,
        row: &Row,
        key: usize,
        draft: &mut Draft,
    ) -> Result<()> {
        let Some(binding) = self.bound.bindings.get(key) else {
            return Ok(());
        };
        let text = self.bound.text(&binding.source, row);
        if text.is_empty() {
            let reason = "the field that finds the record is empty";
            return Err(Error::invalid("", reason));
        }
        let mut found = Vec::new();
        if binding.target.field == system::ID {
            let id: Id = text.parse()?;
            draft.id = Some(id);
            let reference = Ref {
                object: object.id,
                id,
            };
            if work.record(reference)?.is_some() {
                found.push(work.live_record(reference)?);
            }
        } else {
            let field = field(object, binding)?;
            let value = fit.value(field, text.as_str().into())?;
            for reference in work.find_by(object, field, value)? {
                found.push(work.live_record(reference)?);
            }
        }
        if let Some(within) = self.bound.key_within {
            // What is wrong with this cell is told when it is read in its turn.
            let read = self.read_cell(work, fit, object, row, within, &BTreeMap::new(), draft);
            let field = self
                .bound
                .bindings
                .get(within)
                .map(|binding| binding.target.field);
            if let (Ok(()), Some(field)) = (read, field) {
                let value = draft.values.get(&field).cloned().unwrap_or_default();
                found.retain(|record| record.get(field) == ValueRef::from(&value));
            }
        }
        match (found.pop(), found.is_empty(), &self.options.mode) {
            (None, _, ImportMode::Update(_)) => {
                let reason = format!("no {} has this value", object.name);
                Err(Error::invalid(text, reason))
            }
            (Some(_), false, _) => {
                let reason = format!("several {} have this value", object.plural.to_lowercase());
                Err(Error::invalid(text, reason))
            }
            (old, _, _) => {
                draft.old = old;
                Ok(())
            }
        }
    }

    /// The currencies that a row gives to its amounts.
    fn currencies(&self, row: &Row, draft: &mut Draft) -> Result<BTreeMap<u16, Currency>> {
        let mut currencies = BTreeMap::new();
        for (at, binding) in self.bound.bindings.iter().enumerate() {
            if binding.target.place != Place::Currency {
                continue;
            }
            let text = self.bound.text(&binding.source, row);
            if text.is_empty() {
                continue;
            }
            match Currency::new(&text) {
                Ok(currency) => {
                    currencies.insert(binding.target.field, currency);
                }
                // An amount in another currency than it says is worse than none.
                Err(error) => self.refuse(draft, row, at, error, true)?,
            }
        }
        Ok(currencies)
    }

    fn read_cell(
        &mut self,
        work: &Work<'_, '_>,
        fit: &Fit<'_>,
        object: &ObjectDef,
        row: &Row,
        at: usize,
        currencies: &BTreeMap<u16, Currency>,
        draft: &mut Draft,
    ) -> Result<()> {
        let Some(binding) = self.bound.bindings.get(at) else {
            return Ok(());
        };
        let (target, place) = (binding.target.field, binding.target.place);
        if target == system::ID || place == Place::Currency {
            return Ok(());
        }
        let field = field(object, binding)?;
        let text = self.bound.text(&binding.source, row);
        if text.len() > limits::IMPORT_CELL_BYTES_MAX {
            let reason = format!(
                "the cell has {} bytes, at most {} fit",
                text.len(),
                limits::IMPORT_CELL_BYTES_MAX
            );
            return Err(Error::invalid(text, reason));
        }
        if text.is_empty() {
            if self.options.clear_empty && draft.old.is_some() && place == Place::Whole {
                draft.values.insert(target, Value::Null);
            }
            return Ok(());
        }
        let value = match (place, &binding.link) {
            (Place::Part(part), _) => {
                let old = || {
                    draft
                        .old
                        .as_ref()
                        .map_or(Value::Null, |old| old.get(target).to_value())
                };
                let whole = draft.values.get(&target).cloned().unwrap_or_else(old);
                let value = fit.part(field, &whole, part, &text.into())?;
                draft.values.insert(target, value);
                return Ok(());
            }
            (_, Some(link)) => {
                let scope = scope(link, draft);
                let list = if field.many {
                    text.split([';', '\n']).collect()
                } else {
                    vec![text.as_str()]
                };
                let own = link
                    .lookups
                    .iter()
                    .any(|at| self.bound.links.object_of(*at) == object.id);
                let mut found = Vec::new();
                for name in list
                    .into_iter()
                    .map(str::trim)
                    .filter(|name| !name.is_empty())
                {
                    if let Some(reference) = by_id(fit, field, name) {
                        found.push(reference?);
                        continue;
                    }
                    match self.bound.links.find(work, &link.lookups, scope, name)? {
                        Some(reference) => found.push(Value::Ref(reference)),
                        None if own && !field.required => draft.later.push((at, name.to_owned())),
                        None if link.create => draft.missing.push((at, name.to_owned())),
                        None => {
                            return Err(self.bound.links.missing(
                                &work.catalog(),
                                &link.lookups,
                                name,
                            ));
                        }
                    }
                }
                fit.value(field, Value::List(found))?
            }
            (_, None) => {
                let currency = currencies.get(&target);
                match (currency, binding.multiply) {
                    (None, None) => fit.value(field, text.into())?,
                    (currency, multiply) => {
                        let options = ReadOptions {
                            currency: currency.copied().or(fit.options.currency),
                            ..fit.options.clone()
                        };
                        fit.value(
                            field,
                            number(field, &text, multiply.unwrap_or(1.into()), &options)?,
                        )?
                    }
                }
            }
        };
        add(&mut draft.values, field, value);
        Ok(())
    }

    /// Saves a row, with the records that it names and that are not there.
    fn write(
        &mut self,
        work: &mut Work<'_, '_>,
        object: &ObjectDef,
        row: u64,
        draft: Draft,
    ) -> Result<OutcomeKind, Failure> {
        let Draft {
            old,
            id,
            mut values,
            missing,
            later,
            ..
        } = draft;
        let mark = self.bound.links.mark();
        let mut created = Vec::new();
        let mut at_fault = None;
        let result = work.attempt(|work| {
            for (at, text) in &missing {
                at_fault = Some(*at);
                let reference = self.find_or_create(work, *at, text, &values, &mut created)?;
                if let Some(binding) = self.bound.bindings.get(*at) {
                    add(&mut values, field(object, binding)?, reference.into());
                }
            }
            at_fault = None;
            let outcome = match old {
                None => work.create_fitted(object.id, id, values)?,
                Some(old) => work.save_fitted(old.reference(), Some(old), values, false)?,
            };
            if self.thorough {
                rules::react(work, self.automate)?;
            }
            Ok(outcome)
        });
        let outcome = match result {
            Ok(outcome) => outcome,
            Err(error) => {
                self.bound.links.roll_back(mark);
                return Err(Failure::of(error, at_fault));
            }
        };
        for object in created {
            *self.report.created_links.entry(object).or_default() += 1;
        }
        if self.bound.links.know(object.id)
            && let Some(record) = work.record(outcome.record).map_err(Failure::Store)?
        {
            self.bound.links.add(&work.catalog(), &record);
        }
        self.waiting
            .extend(later.into_iter().map(|(binding, text)| Waiting {
                row,
                record: outcome.record,
                binding,
                text,
            }));
        Ok(outcome.kind)
    }

    /// The record of a name, created if it is not there yet.
    fn find_or_create(
        &mut self,
        work: &mut Work<'_, '_>,
        binding: usize,
        text: &str,
        values: &BTreeMap<u16, Value>,
        created: &mut Vec<String>,
    ) -> Result<Ref> {
        let link = self
            .bound
            .bindings
            .get(binding)
            .and_then(|binding| binding.link.as_ref());
        let link = link.ok_or_else(|| Error::corrupt("a name without its link"))?;
        let scope = link
            .scope
            .and_then(|scope| values.get(&scope))
            .and_then(as_ref);
        if let Some(found) = self.bound.links.find(work, &link.lookups, scope, text)? {
            return Ok(found);
        }
        let catalog = work.catalog();
        let lookup = *link
            .lookups
            .first()
            .ok_or_else(|| Error::corrupt("a link without a lookup"))?;
        let target = catalog.object(self.bound.links.object_of(lookup))?;
        let (by, within) = self.bound.links.fields_of(lookup);
        let title = target.title.first().copied();
        let named = by.or(title).and_then(|field| target.field(field));
        let named = named.ok_or_else(|| Error::invalid(text, "the object has no title"))?;
        let fit = Fit {
            catalog: &catalog,
            options: self.read.clone(),
            now: work.now,
        };
        let mut values = BTreeMap::from([(named.id, fit.value(named, text.into())?)]);
        if let (Some(within), Some(scope)) = (within, scope) {
            values.insert(within, scope.into());
        }
        let outcome = work.create_fitted(target.id, None, values)?;
        if let Some(record) = work.record(outcome.record)? {
            self.bound.links.add(&catalog, &record);
        }
        created.push(target.name.clone());
        Ok(outcome.record)
    }

    /// True if references wait for the records of later rows.
    pub(super) fn is_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Sets up to so many of the references that waited: now every row has been read.
    pub(super) fn set_waiting(&mut self, work: &mut Work<'_, '_>, max: usize) -> Result<()> {
        let rest = self.waiting.split_off(self.waiting.len().min(max));
        for waiting in std::mem::replace(&mut self.waiting, rest) {
            let mark = self.bound.links.mark();
            let mut created = Vec::new();
            let result = work.attempt(|work| self.set_link(work, &waiting, &mut created));
            match result {
                Ok(()) => {
                    for object in created {
                        *self.report.created_links.entry(object).or_default() += 1;
                    }
                }
                Err(error) if error.is_of_the_store() => return Err(error),
                Err(error) => {
                    self.bound.links.roll_back(mark);
                    let label = self
                        .bound
                        .bindings
                        .get(waiting.binding)
                        .map_or("", |binding| &binding.label);
                    let problem =
                        RowProblem::new(waiting.row, label, &waiting.text, reason(&error));
                    // The record is there by now: it stays, without the reference.
                    self.add_problem(RowProblem {
                        refused: false,
                        ..problem
                    });
                }
            }
        }
        Ok(())
    }

    fn set_link(
        &mut self,
        work: &mut Work<'_, '_>,
        waiting: &Waiting,
        created: &mut Vec<String>,
    ) -> Result<()> {
        let catalog = work.catalog();
        let object = catalog.object(waiting.record.object)?;
        let old = work.live_record(waiting.record)?;
        let binding = self.bound.bindings.get(waiting.binding);
        let binding = binding.ok_or_else(|| Error::corrupt("a name without its column"))?;
        let field = field(object, binding)?;
        let mut values = BTreeMap::new();
        if field.many {
            values.insert(field.id, old.get(field.id).to_value());
        }
        let link = binding
            .link
            .as_ref()
            .ok_or_else(|| Error::corrupt("a name without its link"))?;
        let target = if link.create {
            self.find_or_create(work, waiting.binding, &waiting.text, &values, created)?
        } else {
            let scope = link.scope.and_then(|scope| old.get(scope).as_ref());
            let lookups = link.lookups.clone();
            self.bound
                .links
                .find(work, &lookups, scope, &waiting.text)?
                .ok_or_else(|| self.bound.links.missing(&catalog, &lookups, &waiting.text))?
        };
        add(&mut values, field, target.into());
        work.save_fitted(waiting.record, Some(old), values, false)?;
        if self.thorough {
            rules::react(work, self.automate)?;
        }
        Ok(())
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

/// Why a row was not saved.
enum Failure {
    /// The store failed, and with it the transaction.
    Store(Error),
    /// The row is at fault, and in it perhaps what a binding gives.
    Row(Error, Option<usize>),
}

impl Failure {
    fn of(error: Error, binding: Option<usize>) -> Self {
        if error.is_of_the_store() {
            Failure::Store(error)
        } else {
            Failure::Row(error, binding)
        }
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

/// The record within which a name is looked for: that of the row, else that of the record as it was.
fn scope(link: &Link, draft: &Draft) -> Option<Ref> {
    let scope = link.scope?;
    let old = || draft.old.as_ref()?.get(scope).as_ref();
    draft.values.get(&scope).and_then(as_ref).or_else(old)
}

/// The reference of a text that is an id: `0189…`, `contact:0189…`.
fn by_id(fit: &Fit<'_>, field: &FieldDef, text: &str) -> Option<Result<Value>> {
    let id = text.rsplit_once(':').map_or(text, |(_, id)| id);
    id.parse::<Id>().ok()?;
    Some(fit.value(field, text.into()))
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

/// A number or an amount, multiplied.
fn number(
    field: &FieldDef,
    text: &str,
    by: rust_decimal::Decimal,
    options: &ReadOptions,
) -> Result<Value> {
    let too_large = || Error::invalid(text, "a number has up to 28 digits");
    Ok(match field.ty {
        FieldType::Money => {
            let money = normalise::money(text, options)?;
            let amount = money.amount().checked_mul(by).ok_or_else(too_large)?;
            Money::new(amount, money.currency())?.into()
        }
        FieldType::Percent => {
            let number = normalise::percent(text, options)?;
            number.checked_mul(by).ok_or_else(too_large)?.into()
        }
        _ => {
            let number = normalise::decimal(text, options)?;
            number.checked_mul(by).ok_or_else(too_large)?.into()
        }
    })
}
