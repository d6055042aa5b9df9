//! What a save must satisfy besides the form of its values: formulas computed, required fields there, references
//! whole, nothing overwritten that the writer has not seen.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::fit::Fit;
use super::log::{self, Commit};
use super::pending::Pending;
use super::read;
use super::save::Save;
use crate::error::{Detail, Error, Result, StaleField};
use crate::limits;
use crate::schema::{Catalog, FieldType, ObjectDef, system};
use crate::store::Read;
use crate::value::{Ref, Value, ValueRef};

/// Refuses an update of fields that somebody else changed since the version that the writer read.
pub(super) fn check_version(
    read: &dyn Read,
    save: &Save<'_>,
    changes: &BTreeMap<u16, Value>,
) -> Result<()> {
    let (Some(old), Some(expected)) = (&save.old, save.expected) else {
        return Ok(());
    };
    let object = save.object;
    if old.version() <= expected {
        return Ok(());
    }
    let mut fields: Vec<StaleField> = Vec::new();
    for entry in log::entries_after(read, old.reference(), expected)? {
        let both = entry.changes.iter().filter(|change| {
            // Two writers who set the same value do not disagree.
            changes
                .get(&change.field)
                .is_some_and(|value| old.get(change.field) != ValueRef::from(value))
        });
        for change in both {
            let name = object
                .field(change.field)
                .map_or("?", |field| field.name.as_str());
            if fields.iter().all(|stale| stale.field != name) {
                let commit = Commit::load(read, entry.sequence)?;
                fields.push(StaleField {
                    field: name.to_owned(),
                    version: entry.sequence,
                    by: commit
                        .and_then(|commit| commit.actor)
                        .map_or("system".to_owned(), |actor| actor.id.to_string()),
                });
            }
        }
    }
    if fields.is_empty() {
        return Ok(());
    }
    Err(Detail::Stale {
        object: object.name.clone(),
        id: old.id(),
        expected,
        fields,
    }
    .into())
}

/// Computes an object's formulas over a save in the making.
pub(super) fn compute_formulas(object: &ObjectDef, pending: &mut Pending<'_>) -> Result<()> {
    let state = pending.state;
    for (field, formula) in state.program.formulas(object.id) {
        let value = formula.eval(pending)?;
        let definition = object
            .field(*field)
            .ok_or_else(|| Error::corrupt("a formula without its field"))?;
        let value = computed(
            &state.catalog,
            &state.settings,
            definition,
            value,
            pending.now,
        )
        .map_err(|error| error.at_field(&object.name, &definition.name))?;
        pending.changes.insert(*field, value);
    }
    Ok(())
}

/// The result of a formula in the form of its field: money rounded to its currency's decimals.
pub(super) fn computed(
    catalog: &Catalog,
    settings: &super::Settings,
    field: &crate::schema::FieldDef,
    value: Value,
    now: DateTime<Utc>,
) -> Result<Value> {
    let value = match (field.ty, value) {
        (FieldType::Money, Value::Money(money)) => {
            crate::value::Money::rounded(money.amount(), money.currency()).into()
        }
        (FieldType::Money, Value::Decimal(amount)) => {
            crate::value::Money::rounded(amount, settings.base_currency).into()
        }
        (_, value) => value,
    };
    let fit = Fit::new(catalog, settings.read_options(), now);
    fit.value(field, value)
}

pub(super) fn check_required(object: &ObjectDef, pending: &Pending<'_>) -> Result<()> {
    let missing = object.live_fields().filter(|field| {
        let touched = pending.old.is_none() || pending.changes.contains_key(&field.id);
        field.required && touched && pending.value(field.id).is_null()
    });
    let missing = missing.map(|field| {
        Error::invalid("", "the field is required").at_field(&object.name, &field.name)
    });
    Error::of_all(missing.collect())
}

/// Refuses what a rule of the organisation says a record must not be.
pub(super) fn check_validations(object: &ObjectDef, pending: &Pending<'_>) -> Result<()> {
    if pending.changes.is_empty() {
        return Ok(());
    }
    for rule in pending.state.program.validations(object.id) {
        if !rule.condition.matches(pending)? {
            return Err(Detail::Validation {
                object: object.name.clone(),
                rule: rule.name.clone(),
                message: rule.message.clone(),
            }
            .into());
        }
    }
    Ok(())
}

/// Every reference that is new must point to a live record, and no hierarchy may contain itself.
pub(super) fn check_references(object: &ObjectDef, pending: &Pending<'_>) -> Result<()> {
    let (read, catalog) = (pending.read, &pending.state.catalog);
    for (field, value) in &pending.changes {
        let Some(field) = object
            .field(*field)
            .filter(|field| field.ty == FieldType::Reference)
        else {
            continue;
        };
        if field.id >= system::FIRST {
            continue;
        }
        for target in ValueRef::from(value)
            .elements()
            .filter_map(ValueRef::as_ref)
        {
            let kept = pending.old.is_some_and(|old| {
                old.get(field.id)
                    .elements()
                    .any(|kept| kept.as_ref() == Some(target))
            });
            let itself = target == pending.reference;
            if !kept
                && !itself
                && read::record(read, target)?.is_none_or(|record| record.is_deleted())
            {
                return Err(Detail::MissingReference {
                    object: object.name.clone(),
                    field: field.name.clone(),
                    target: catalog.object_name(target.object).to_owned(),
                    id: target.id,
                }
                .into());
            }
            if field.hierarchy {
                check_hierarchy(read, object, field.id, pending.reference, target)?;
            }
        }
    }
    Ok(())
}

fn check_hierarchy(
    read: &dyn Read,
    object: &ObjectDef,
    field: u16,
    child: Ref,
    parent: Ref,
) -> Result<()> {
    let mut ancestor = Some(parent);
    for _ in 0..limits::HIERARCHY_DEPTH_MAX {
        let Some(current) = ancestor else {
            return Ok(());
        };
        if current == child {
            return Err(Detail::Cycle {
                object: object.name.clone(),
                field: object
                    .field(field)
                    .map_or_else(String::new, |field| field.name.clone()),
                id: child.id,
            }
            .into());
        }
        ancestor = read::record(read, current)?.and_then(|record| record.get(field).as_ref());
    }
    Err(Detail::Limit {
        what: "levels of a hierarchy",
        max: limits::HIERARCHY_DEPTH_MAX as u64,
        actual: limits::HIERARCHY_DEPTH_MAX as u64 + 1,
    }
    .into())
}
