//! Reads the cells of a row.

use std::collections::BTreeMap;

use super::{Draft, Fits, Importer, add, as_ref, field, reason};
use crate::access::Lens;
use crate::engine::{Fit, Work};
use crate::error::{Error, Result};
use crate::exchange::csv::bind::{Binding, Link};
use crate::exchange::csv::header::{Place, is_writable};
use crate::exchange::csv::list;
use crate::exchange::csv::options::ImportMode;
use crate::exchange::csv::report::RowProblem;
use crate::exchange::csv::source::Row;
use crate::exchange::csv::synonyms;
use crate::limits;
use crate::schema::{FieldDef, FieldType, ObjectDef, system};
use crate::value::{Currency, Id, Money, ReadOptions, Ref, Value, ValueRef, normalise};

/// A cell with something in it, and where it stands.
#[derive(Clone, Copy)]
struct Cell<'c> {
    fit: &'c Fit<'c>,
    object: &'c ObjectDef,
    row: &'c Row,
    /// Its binding.
    at: usize,
    field: &'c FieldDef,
    text: &'c str,
}

impl Importer<'_> {
    /// Reads the cells of a row. What is wrong with them is in the draft; an error is one of the store.
    pub(super) fn read(
        &mut self,
        work: &Work<'_, '_>,
        fits: &Fits<'_>,
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
            by_id: Vec::new(),
            spoilt: Vec::new(),
            problems: Vec::new(),
        };
        if let Some(fault) = &row.fault {
            let reason = fault.reason.clone();
            let problem = RowProblem::new(row.number, "", &fault.input, reason);
            let refused = fault.refused;
            draft.problems.push(RowProblem { refused, ..problem });
        }
        if let Some(key) = self.bound.key {
            let found = self.find_old(work, fits, object, row, key, &mut draft);
            if let Err(error) = found {
                self.refuse(&mut draft, row, key, error, true)?;
                return Ok(draft);
            }
        }
        self.read_currencies(object, row, &mut draft)?;
        for at in 0..self.bound.bindings.len() {
            if let Err(error) = self.read_cell(work, fits.of(at), object, row, at, &mut draft) {
                self.refuse(&mut draft, row, at, error, self.options.strict)?;
            }
        }
        if let (Some(board), Some(ends), None) = (self.board, &object.board, &draft.old) {
            let is_given = |end: u16| draft.values.contains_key(&end);
            if !is_given(ends.column) && !is_given(ends.board) {
                draft.values.insert(ends.board, board.into());
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
        fits: &Fits<'_>,
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
            if Lens::within(work).record(reference)?.is_some() {
                found.push(work.live_record(reference)?);
            }
        } else {
            let field = field(object, binding)?;
            let fit = fits.of(key);
            let local = self.local(fit, field, object, row);
            let value = local
                .as_ref()
                .unwrap_or(fit)
                .value(field, text.as_str().into())?;
            for reference in Lens::matching(work, object, field, value)? {
                found.push(work.live_record(reference)?);
            }
        }
        if let Some(within) = self.bound.key_within {
            // What is wrong with this cell is told when it is read in its turn.
            let read = self.read_cell(work, fits.of(within), object, row, within, draft);
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
    fn read_currencies(&self, object: &ObjectDef, row: &Row, draft: &mut Draft) -> Result<()> {
        for (at, binding) in self.bound.bindings.iter().enumerate() {
            if binding.target.place != Place::Currency {
                continue;
            }
            let text = self.bound.text(&binding.source, row);
            let is_nothing = self.is_nothing(binding, field(object, binding)?, row);
            if text.is_empty() || is_nothing {
                continue;
            }
            match Currency::new(&text) {
                Ok(currency) => {
                    draft.currencies.insert(binding.target.field, currency);
                }
                // An amount in another currency than it says is worse than none.
                Err(error) => {
                    draft.spoilt.push(binding.target.field);
                    self.refuse(draft, row, at, error, self.options.strict)?;
                }
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
        // An id says more than a name, and an amount is nothing without its currency.
        let is_told = draft.by_id.contains(&target) || draft.spoilt.contains(&target);
        if target == system::ID || place == Place::Currency || is_told {
            return Ok(());
        }
        let field = field(object, binding)?;
        let local = self.local(fit, field, object, row);
        let fit = local.as_ref().unwrap_or(fit);
        let text = self.bound.text(&binding.source, row);
        if text.len() > limits::IMPORT_CELL_BYTES_MAX {
            let reason = format!(
                "the cell has {} bytes, at most {} fit",
                text.len(),
                limits::IMPORT_CELL_BYTES_MAX
            );
            return Err(Error::invalid(text, reason));
        }
        if text.is_empty() || self.is_nothing(binding, field, row) {
            if self.options.clear_empty && draft.old.is_some() && place == Place::Whole {
                draft.values.insert(target, Value::Null);
            }
            return Ok(());
        }
        if let Place::Part(part) = place {
            let old = || {
                let old = draft.old.as_ref();
                old.map_or(Value::Null, |old| old.get(target).to_value())
            };
            let whole = draft.values.get(&target).cloned().unwrap_or_else(old);
            let value = fit.part(field, &whole, part, &text.into())?;
            draft.values.insert(target, value);
            return Ok(());
        }
        if field.or_day.is_some()
            && let Some((days, day)) = fit.day_alone(object, field, &text.as_str().into())
        {
            add(&mut draft.values, days, day);
            return Ok(());
        }
        let cell = Cell {
            fit,
            object,
            row,
            at,
            field,
            text: &text,
        };
        if place == Place::Id {
            return self.read_ids(work, &cell, draft);
        }
        if binding.link.is_some() {
            return self.read_names(work, &cell, draft);
        }
        let value = match (draft.currencies.get(&target), binding.multiply) {
            (None, None) => match fit.value(field, input(field, &text)) {
                Err(error) if !self.options.strict => {
                    return self.read_otherwise(&cell, error, draft);
                }
                result => result?,
            },
            (currency, multiply) => {
                let options = ReadOptions {
                    currency: currency.copied().or(fit.options.currency),
                    ..fit.options.clone()
                };
                fit.value(field, number(field, &text, multiply, &options)?)?
            }
        };
        add(&mut draft.values, field, value);
        Ok(())
    }

    /// True for a cell that stands for nothing, where such words are not taken as they are.
    fn is_nothing(&self, binding: &Binding, field: &FieldDef, row: &Row) -> bool {
        !self.options.strict && self.bound.is_nothing(binding, field, row)
    }

    /// Reads the ids of records referred to. One that is not there says nothing if the row names the record, too.
    fn read_ids(&self, work: &Work<'_, '_>, cell: &Cell<'_>, draft: &mut Draft) -> Result<()> {
        let Cell {
            fit,
            row,
            field,
            text,
            ..
        } = *cell;
        let value = fit.value(field, text.into())?;
        let named = self.bound.binding_of(field.id);
        let is_named = named.is_some_and(|binding| !self.is_nothing(binding, field, row));
        let old = draft.old.as_ref().map(|old| old.get(field.id));
        // What a record has kept may be in the trash by now.
        let is_kept = old == Some(ValueRef::from(&value));
        for reference in ValueRef::from(&value)
            .elements()
            .filter_map(ValueRef::as_ref)
        {
            let record = Lens::within(work).record(reference)?;
            let is_live = record.is_some_and(|record| !record.is_deleted());
            if !is_live && !is_kept {
                if is_named {
                    return Ok(());
                }
                return Err(Error::invalid(text, "no record that is there has this id"));
            }
        }
        draft.by_id.push(field.id);
        add(&mut draft.values, field, value);
        Ok(())
    }

    /// Finds the records that a cell names.
    fn read_names(
        &mut self,
        work: &Work<'_, '_>,
        cell: &Cell<'_>,
        draft: &mut Draft,
    ) -> Result<()> {
        let names = if cell.field.many {
            list::split(cell.text)
        } else {
            vec![cell.text.to_owned()]
        };
        for name in names {
            if let Err(error) = self.read_name(work, cell, &name, draft) {
                self.refuse(draft, cell.row, cell.at, error, self.options.strict)?;
            }
        }
        Ok(())
    }

    fn read_name(
        &mut self,
        work: &Work<'_, '_>,
        cell: &Cell<'_>,
        name: &str,
        draft: &mut Draft,
    ) -> Result<()> {
        let Cell {
            fit,
            object,
            at,
            field,
            ..
        } = *cell;
        let link = self
            .bound
            .bindings
            .get(at)
            .and_then(|binding| binding.link.as_ref());
        let link = link.ok_or_else(|| Error::corrupt("a name without its link"))?;
        if let Some(reference) = by_id(fit, field, name) {
            add(&mut draft.values, field, reference?);
            return Ok(());
        }
        let scope = scope(link, draft);
        let create = link.create;
        let lookups = link.lookups.clone();
        let own = lookups
            .iter()
            .any(|at| self.bound.links.object_of(*at) == object.id);
        let mut found = self.bound.links.find(work, &lookups, scope, name);
        if !matches!(found, Ok(Some(_)))
            && let Some(ends) = object.board.as_ref().filter(|ends| ends.column == field.id)
        {
            let board = draft.values.get(&ends.board).and_then(as_ref);
            if let Some(column) = self.stage_in(work, board, name)? {
                found = Ok(Some(column));
            }
        }
        match found? {
            Some(reference) => {
                let value = fit.value(field, Value::List(vec![reference.into()]))?;
                add(&mut draft.values, field, value);
            }
            None if own && !field.required => draft.later.push((at, name.to_owned())),
            None if create => draft.missing.push((at, name.to_owned())),
            None => return Err(self.bound.links.missing(&work.catalog(), &lookups, name)),
        }
        Ok(())
    }

    /// Reads a cell that cannot be read as it stands: another word for a choice; several addresses or numbers, of which
    /// the first is the one, and the others go where the object has room for further ones.
    fn read_otherwise(&self, cell: &Cell<'_>, error: Error, draft: &mut Draft) -> Result<()> {
        let Cell {
            fit,
            object,
            row,
            at,
            field,
            text,
        } = *cell;
        if field.ty == FieldType::Choice && !field.many {
            let key = synonyms::choice(field, text).ok_or(error)?;
            add(&mut draft.values, field, fit.value(field, key.into())?);
            return Ok(());
        }
        let (mut good, mut bad) = (Vec::new(), None);
        for part in list::addresses(field.ty, text) {
            match fit.value(field, part.into()) {
                Ok(Value::List(list)) => good.extend(list),
                Ok(value) => good.push(value),
                Err(error) => bad = bad.or(Some(error)),
            }
        }
        good.retain(|value| !value.is_null());
        if good.is_empty() {
            return Err(error);
        }
        if field.many {
            add(&mut draft.values, field, Value::List(good));
            return bad.map_or(Ok(()), Err);
        }
        let rest = good.split_off(1);
        add(&mut draft.values, field, good.pop().unwrap_or_default());
        if !rest.is_empty() {
            let mut fields = object.live_fields();
            let room =
                fields.find(|other| other.many && other.ty == field.ty && is_writable(other));
            match room {
                Some(room) => {
                    let old = draft.old.as_ref().map(|old| old.get(room.id).to_value());
                    let kept = old.filter(|_| !draft.values.contains_key(&room.id));
                    add(&mut draft.values, room, kept.unwrap_or_default());
                    add(&mut draft.values, room, Value::List(rest));
                }
                None => {
                    let reason = "there is room for one; the others are left out";
                    self.refuse(draft, row, at, Error::invalid(text, reason), false)?;
                }
            }
        }
        bad.map_or(Ok(()), Err)
    }
}

/// A cell as the value of a field, which may have several.
fn input(field: &FieldDef, text: &str) -> Value {
    if field.many {
        Value::List(list::split(text).into_iter().map(Value::from).collect())
    } else {
        text.into()
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
    by: Option<rust_decimal::Decimal>,
    options: &ReadOptions,
) -> Result<Value> {
    let Some(by) = by else {
        return Ok(match field.ty {
            FieldType::Money => normalise::money(text, options)?.into(),
            _ => text.into(),
        });
    };
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
