//! Saves a row, and the records that it names.

use std::collections::BTreeMap;

use super::{Draft, Importer, Waiting, add, as_ref, field, reason};
use crate::access::Lens;
use crate::engine::{Fit, OutcomeKind, Work};
use crate::error::{Error, Result};
use crate::exchange::csv::report::RowProblem;
use crate::exchange::csv::source::Row;
use crate::rules;
use crate::schema::{FieldType, ObjectDef};
use crate::value::{Ref, Value, normalise};

impl Importer<'_> {
    /// Saves a row, with the records that it names and that are not there.
    pub(super) fn write(
        &mut self,
        work: &mut Work<'_, '_>,
        object: &ObjectDef,
        row: &Row,
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
        let (mut created, mut lost) = (Vec::new(), Vec::new());
        let mut at_fault = None;
        let result = work.attempt(|work| {
            for (at, text) in &missing {
                at_fault = Some(*at);
                let inner = self.bound.links.mark();
                let before = created.len();
                let made = work
                    .attempt(|work| self.find_or_create(work, *at, text, &values, &mut created));
                let reference = match made {
                    Ok(reference) => reference,
                    Err(error) if error.is_of_the_store() || self.options.strict => {
                        return Err(error);
                    }
                    Err(error) => {
                        self.bound.links.roll_back(inner);
                        created.truncate(before);
                        lost.push((*at, text, Lens::within(work).told(error)));
                        continue;
                    }
                };
                if let Some(binding) = self.bound.bindings.get(*at) {
                    add(&mut values, field(object, binding)?, reference.into());
                }
            }
            at_fault = None;
            let outcome = match old {
                None => work.create_fitted(object.id, id, values)?,
                Some(old) => work.update_fitted(old, values)?,
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
                return Err(Failure::of(Lens::within(work).told(error), at_fault));
            }
        };
        for object in created {
            *self.report.created_links.entry(object).or_default() += 1;
        }
        for (at, text, error) in lost {
            let label = self
                .bound
                .bindings
                .get(at)
                .map_or("", |binding| &binding.label);
            let problem = RowProblem::new(row.number, label, text, reason(&error));
            self.add_problem(RowProblem {
                refused: false,
                ..problem
            });
        }
        if self.bound.links.know(object.id)
            && let Some(record) = Lens::within(work)
                .record(outcome.record)
                .map_err(Failure::Store)?
        {
            self.bound.links.add(&work.catalog(), &record);
        }
        self.waiting
            .extend(later.into_iter().map(|(binding, text)| Waiting {
                row: row.number,
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
        // Somebody who is named by an address has it, and no name yet.
        let address = target
            .live_fields()
            .find(|field| field.ty == FieldType::Email && !field.many);
        let address = address.filter(|_| by.is_none() && normalise::email(text).is_ok());
        let titled = || by.or(title).and_then(|field| target.field(field));
        let named = address.or_else(titled);
        let named = named.ok_or_else(|| Error::invalid(text, "the object has no title"))?;
        let fit = Fit::new(&catalog, self.read.clone(), work.now());
        let mut values = BTreeMap::from([(named.id, fit.value(named, text.into())?)]);
        if let (Some(within), Some(scope)) = (within, scope) {
            values.insert(within, scope.into());
        }
        let outcome = work.create_fitted(target.id, None, values)?;
        if let Some(record) = Lens::within(work).record(outcome.record)? {
            self.bound.links.add(&catalog, &record);
        }
        created.push(target.name.clone());
        Ok(outcome.record)
    }

    /// True if references wait for the records of later rows.
    pub(in super::super) fn is_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Sets up to so many of the references that waited: now every row has been read.
    pub(in super::super) fn set_waiting(
        &mut self,
        work: &mut Work<'_, '_>,
        max: usize,
    ) -> Result<()> {
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
                    let error = Lens::within(work).told(error);
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
        work.update_fitted(old, values)?;
        if self.thorough {
            rules::react(work, self.automate)?;
        }
        Ok(())
    }
}

/// Why a row was not saved.
pub(super) enum Failure {
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
