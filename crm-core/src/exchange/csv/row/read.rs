//! Reads the cells of a row.

use std::collections::BTreeMap;

use super::{Draft, Importer, add, as_ref, field, reason};
use crate::engine::{Fit, Work};
use crate::error::{Error, Result};
use crate::exchange::csv::bind::Link;
use crate::exchange::csv::header::Place;
use crate::exchange::csv::options::ImportMode;
use crate::exchange::csv::report::RowProblem;
use crate::exchange::csv::source::Row;
use crate::limits;
use crate::schema::{FieldDef, FieldType, ObjectDef, system};
use crate::value::{Currency, Id, Money, ReadOptions, Ref, Value, ValueRef, normalise};

impl Importer<'_> {
    /// Reads the cells of a row. What is wrong with them is in the draft; an error is one of the store.
    pub(super) fn read(
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
            currencies: BTreeMap::new(),
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
        self.read_currencies(row, &mut draft)?;
        for at in 0..self.bound.bindings.len() {
            if let Err(error) = self.read_cell(work, fit, object, row, at, &mut draft) {
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
            let read = self.read_cell(work, fit, object, row, within, draft);
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

    /// Reads the currencies that a row gives to its amounts.
    fn read_currencies(&self, row: &Row, draft: &mut Draft) -> Result<()> {
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
                    draft.currencies.insert(binding.target.field, currency);
                }
                // An amount in another currency than it says is worse than none.
                Err(error) => self.refuse(draft, row, at, error, true)?,
            }
        }
        Ok(())
    }

    fn read_cell(
        &mut self,
        work: &Work<'_, '_>,
        fit: &Fit<'_>,
        object: &ObjectDef,
        row: &Row,
        at: usize,
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
        if field.or_day.is_some()
            && let Some((days, day)) = fit.day_alone(object, field, &text.as_str().into())
        {
            add(&mut draft.values, days, day);
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
                let currency = draft.currencies.get(&target);
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
            // The currency's decimals count after the multiplication: 1.5 million yen.
            let (amount, currency) = match (normalise::decimal(text, options), options.currency) {
                (Ok(amount), Some(currency)) => (amount, currency),
                _ => {
                    let money = normalise::money(text, options)?;
                    (money.amount(), money.currency())
                }
            };
            Money::new(amount.checked_mul(by).ok_or_else(too_large)?, currency)?.into()
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
