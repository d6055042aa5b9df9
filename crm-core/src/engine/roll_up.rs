//! Roll-ups: fields computed over linked records, brought up to date before the commit.
//!
//! Counts and sums are kept by difference: a change of one deal costs the same whether its company has ten
//! deals or ten thousand. The rest is computed anew from the index of the reference field, and so is a sum that its
//! field could not hold exactly.

use std::collections::BTreeMap;

use super::read;
use super::save::{Manner, Save};
use super::state::CompiledRollUp;
use super::sum::{Sum, is_full};
use super::work::Work;
use crate::error::{Detail, Result};
use crate::limits;
use crate::record::Record;
use crate::schema::{FieldDef, FieldType, ObjectDef, RollUpOp, system};
use crate::value::{Ref, Value, ValueRef, compare};

/// What roll-ups wait for the end of the transaction.
#[derive(Debug, Default)]
pub(crate) struct RollUps(BTreeMap<(Ref, u16), Delta>);

#[derive(Debug, Default)]
struct Delta {
    count: i64,
    sum: Sum,
    /// True if the field is to be computed from the linked records instead.
    anew: bool,
}

impl RollUps {
    /// Adds what was collected elsewhere.
    pub(super) fn merge(&mut self, other: RollUps) {
        for (key, delta) in other.0 {
            let own = self.0.entry(key).or_default();
            own.count += delta.count;
            // Where the differences are too large to add up, the records themselves still may.
            own.anew |= delta.anew || own.sum.add_sum(&delta.sum).is_err();
        }
    }
}

impl Work<'_, '_> {
    /// Notes what a change of a record means for the roll-ups over it.
    pub(super) fn collect_roll_ups(
        &mut self,
        object: &ObjectDef,
        old: Option<&Record>,
        new: Option<&Record>,
        changed: &[u16],
    ) -> Result<()> {
        let catalog = self.catalog();
        let program = self.state.program.clone();
        for (parent, field) in catalog.roll_ups_over(object.id) {
            let Some(roll_up) = program.roll_up(parent.id, field.id) else {
                continue;
            };
            let reads = |field: &u16| {
                *field == roll_up.via
                    || *field == roll_up.field
                    || roll_up
                        .filter
                        .as_ref()
                        .is_some_and(|filter| filter.reads().contains(field))
            };
            if old.is_some() && new.is_some() && !changed.iter().any(reads) {
                continue;
            }
            for (record, sign) in [(old, -1), (new, 1)] {
                let Some(record) = record else { continue };
                let Some(target) = record.get(roll_up.via).as_ref() else {
                    continue;
                };
                if target.object == parent.id && self.counts(roll_up, record)? {
                    let delta = self
                        .deferred
                        .roll_ups
                        .0
                        .entry((target, field.id))
                        .or_default();
                    delta.count += sign;
                    delta.sum.add(&record.get(roll_up.field).to_value(), sign)?;
                }
            }
        }
        Ok(())
    }

    /// Asks for the roll-ups of a record that comes back from the trash, where nobody kept them.
    pub(super) fn roll_ups_anew(&mut self, object: &ObjectDef, parent: Ref) {
        let program = self.state.program.clone();
        for field in object.live_fields() {
            if program.roll_up(object.id, field.id).is_some() {
                self.deferred
                    .roll_ups
                    .0
                    .entry((parent, field.id))
                    .or_default()
                    .anew = true;
            }
        }
    }

    fn counts(&self, roll_up: &CompiledRollUp, record: &Record) -> Result<bool> {
        let Some(filter) = &roll_up.filter else {
            return Ok(true);
        };
        filter.matches(&self.env(record))
    }

    /// Writes the roll-ups that have changed; those of their parents' parents follow.
    pub(super) fn apply_roll_ups(&mut self) -> Result<()> {
        for _ in 0..limits::HIERARCHY_DEPTH_MAX {
            let waiting = std::mem::take(&mut self.deferred.roll_ups.0);
            if waiting.is_empty() {
                return Ok(());
            }
            let mut parents: BTreeMap<Ref, BTreeMap<u16, Delta>> = BTreeMap::new();
            for ((parent, field), delta) in waiting {
                parents.entry(parent).or_default().insert(field, delta);
            }
            for (parent, fields) in parents {
                self.apply_to_parent(parent, fields)?;
            }
        }
        Err(Detail::Limit {
            what: "levels of roll-ups",
            max: limits::HIERARCHY_DEPTH_MAX as u64,
            actual: limits::HIERARCHY_DEPTH_MAX as u64 + 1,
        }
        .into())
    }

    fn apply_to_parent(&mut self, parent: Ref, fields: BTreeMap<u16, Delta>) -> Result<()> {
        // A record in the trash is left as it was put there; its restoration computes it anew.
        let Some(record) = read::record(&self.tx, parent)?.filter(|record| !record.is_deleted())
        else {
            return Ok(());
        };
        let catalog = self.catalog();
        let object = catalog.object(parent.object)?;
        let changes = self.rolled_up(object, &record, fields)?;
        let anyway = newly_rounded(&record, &changes);
        let save = Save::of(object, record, changes, Manner::RolledUp);
        self.save(Save { anyway, ..save })?;
        Ok(())
    }

    /// The roll-ups of a record with what has come to them.
    fn rolled_up(
        &self,
        object: &ObjectDef,
        record: &Record,
        fields: BTreeMap<u16, Delta>,
    ) -> Result<BTreeMap<u16, Value>> {
        let (parent, program) = (record.reference(), &self.state.program);
        let mut changes = BTreeMap::new();
        for (field, delta) in fields {
            if let Some(roll_up) = program.roll_up(parent.object, field) {
                let value = match roll_up.op {
                    _ if delta.anew => self.roll_up_value(roll_up, object.field(field), parent)?,
                    RollUpOp::Count => {
                        Value::Int(record.get(field).as_int().unwrap_or(0) + delta.count)
                    }
                    RollUpOp::Sum if delta.sum.is_zero() => continue,
                    RollUpOp::Sum => match sum_with(record.get(field), &delta.sum)? {
                        Some(sum) => sum_value(&sum, object.field(field)),
                        None => self.roll_up_value(roll_up, object.field(field), parent)?,
                    },
                    _ => self.roll_up_value(roll_up, object.field(field), parent)?,
                };
                changes.insert(field, value);
            }
        }
        Ok(changes)
    }

    /// A roll-up computed anew from the linked records.
    pub(crate) fn roll_up_value(
        &self,
        roll_up: &CompiledRollUp,
        field: Option<&FieldDef>,
        parent: Ref,
    ) -> Result<Value> {
        let mut count = 0;
        let mut sum = Sum::default();
        let mut chosen: Option<(Value, Value)> = None;
        let via = ValueRef::Ref(parent);
        self.for_each_with(roll_up.child, roll_up.via, via, &mut |record| {
            if record.get(roll_up.via) != via || !self.counts(roll_up, &record)? {
                return Ok(());
            }
            let value = record.get(roll_up.field).to_value();
            count += 1;
            sum.add(&value, 1)?;
            // The latest is judged by its time of creation, the others by themselves.
            let rank = match roll_up.op {
                RollUpOp::Latest => record.get(system::CREATED_AT).to_value(),
                _ => value.clone(),
            };
            if rank.is_null() {
                return Ok(());
            }
            let better = chosen.as_ref().is_none_or(|(best, _)| {
                let order = compare(&(&rank).into(), &best.into());
                if roll_up.op == RollUpOp::Min {
                    order.is_lt()
                } else {
                    order.is_ge()
                }
            });
            if better {
                chosen = Some((rank, value));
            }
            Ok(())
        })?;
        Ok(match roll_up.op {
            RollUpOp::Count => Value::Int(count),
            RollUpOp::Sum => sum_value(&sum, field),
            _ => chosen.map_or(Value::Null, |(_, value)| value),
        })
    }
}

impl CompiledRollUp {
    /// The value over no records at all.
    pub(super) fn of_nothing(&self, field: &FieldDef) -> Value {
        match self.op {
            RollUpOp::Count => Value::Int(0),
            RollUpOp::Sum => sum_value(&Sum::default(), Some(field)),
            _ => Value::Null,
        }
    }
}

/// A stored sum with a difference added. `None` where the stored one is not the sum itself: it is missing where the
/// sum has too many digits for its field, and may be rounded where it has all that a number can have.
fn sum_with(stored: ValueRef<'_>, delta: &Sum) -> Result<Option<Sum>> {
    if stored.is_null() || stored.as_decimal().is_some_and(is_full) {
        return Ok(None);
    }
    let mut sum = delta.clone();
    for value in stored.elements() {
        sum.add(&value.to_value(), 1)?;
    }
    Ok(Some(sum))
}

/// The sums that are equal to those that the record holds and yet were rounded, while the record's were not: they are
/// written, so that the next difference is not added to them.
fn newly_rounded(record: &Record, changes: &BTreeMap<u16, Value>) -> BTreeMap<u16, Value> {
    let is_rounded = |value: ValueRef<'_>| value.as_decimal().is_some_and(is_full);
    let rounded = changes.iter().filter(|(field, value)| {
        let old = record.get(**field);
        is_rounded((*value).into()) && !is_rounded(old) && old == ValueRef::from(*value)
    });
    rounded
        .map(|(field, value)| (*field, value.clone()))
        .collect()
}

/// A sum as its field holds it: money that cancels out is no money. What has more digits than the field can hold is
/// missing; a decimal number is rounded to the digits that it can have, once.
fn sum_value(sum: &Sum, field: Option<&FieldDef>) -> Value {
    match field.map(|field| field.ty) {
        Some(FieldType::Money) => match sum.money() {
            Value::List(amounts) if amounts.is_empty() => Value::Null,
            amounts => amounts,
        },
        // Sums of whole numbers are whole, and have 64 bits as they have everywhere.
        Some(FieldType::Integer) => {
            let whole = sum.number.exactly().map(i64::try_from);
            whole.and_then(Result::ok).map_or(Value::Null, Value::Int)
        }
        _ => sum.number.nearest().map_or(Value::Null, Value::Decimal),
    }
}
