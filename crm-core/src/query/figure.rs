//! One figure of an aggregate, in the making.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use chrono::TimeDelta;
use rust_decimal::Decimal;

use super::MeasureOp;
use crate::error::{Error, Result};
use crate::schema::FieldType;
use crate::value::{Currency, KeyBuilder, Money, Value, ValueRef, compare};

/// One measure of one group.
pub(super) struct Figure {
    op: MeasureOp,
    ty: FieldType,
    /// The currency of all money, where it is converted.
    converted: Option<Currency>,
    count: u64,
    sum: Decimal,
    best: Option<Value>,
    /// The sum, or the best amount, of each currency, and how many amounts there are.
    money: BTreeMap<Currency, (Decimal, u64)>,
    distinct: BTreeSet<Vec<u8>>,
}

impl Figure {
    pub(super) fn new(op: MeasureOp, ty: FieldType, converted: Option<Currency>) -> Self {
        Figure {
            op,
            ty,
            converted,
            count: 0,
            sum: Decimal::ZERO,
            best: None,
            money: BTreeMap::new(),
            distinct: BTreeSet::new(),
        }
    }

    /// Adds a value; null is none. Returns how many bytes more it takes.
    pub(super) fn add(&mut self, value: ValueRef<'_>) -> Result<usize> {
        if value.is_null() {
            return Ok(0);
        }
        self.count += 1;
        let mut bytes = 0;
        match (self.op, value) {
            (MeasureOp::CountValues, _) => {}
            (MeasureOp::CountDistinct, value) => {
                let mut key = KeyBuilder::new();
                push_exact(&mut key, value)?;
                let key = key.into_bytes();
                let key_bytes = key.len() + size_of::<Vec<u8>>();
                if self.distinct.insert(key) {
                    bytes += key_bytes;
                }
            }
            (op, ValueRef::Money(money)) => {
                let amount = money.amount();
                match self.money.get_mut(&money.currency()) {
                    None => drop(self.money.insert(money.currency(), (amount, 1))),
                    Some((so_far, count)) => {
                        *count += 1;
                        *so_far = match op {
                            MeasureOp::Min => amount.min(*so_far),
                            MeasureOp::Max => amount.max(*so_far),
                            _ => exact_sum(*so_far, amount).ok_or_else(too_large)?,
                        };
                    }
                }
            }
            (MeasureOp::Min, value) => bytes += self.keep(value, Ordering::Less),
            (MeasureOp::Max, value) => bytes += self.keep(value, Ordering::Greater),
            (MeasureOp::Sum | MeasureOp::Average, value) => {
                let number = match value {
                    ValueRef::Duration(length) => Some(length.num_milliseconds().into()),
                    value => value.as_decimal(),
                };
                let sum = self.sum.checked_add(number.unwrap_or_default());
                self.sum = sum.ok_or_else(too_large)?;
            }
        }
        Ok(bytes)
    }

    fn keep(&mut self, value: ValueRef<'_>, better: Ordering) -> usize {
        let best = self.best.as_ref().map(Value::as_value_ref);
        if best.is_some_and(|best| compare(&value, &best) != better) {
            return 0;
        }
        let before = best.map_or(0, ValueRef::owned_bytes);
        self.best = Some(value.to_value());
        value.owned_bytes().saturating_sub(before)
    }

    pub(super) fn value(self) -> Value {
        let op = self.op;
        match (op, self.ty) {
            (MeasureOp::CountValues, _) => Value::Int(self.count.cast_signed()),
            (MeasureOp::CountDistinct, _) => Value::Int(self.distinct.len() as i64),
            (_, FieldType::Money) => self.money(),
            (MeasureOp::Min | MeasureOp::Max, _) => self.best.unwrap_or_default(),
            (MeasureOp::Average, _) if self.count == 0 => Value::Null,
            (_, ty) => {
                let number = match op {
                    MeasureOp::Average => mean(self.sum, self.count).normalize(),
                    _ => self.sum.normalize(),
                };
                if ty == FieldType::Duration {
                    let millis = i64::try_from(number.round()).unwrap_or(i64::MAX);
                    return TimeDelta::milliseconds(millis).into();
                }
                number.into()
            }
        }
    }

    fn money(self) -> Value {
        let op = self.op;
        let amounts = self.money.into_iter().map(|(currency, (amount, count))| {
            let amount = match op {
                MeasureOp::Average => mean(amount, count),
                _ => amount,
            };
            Value::from(Money::rounded(amount, currency))
        });
        let mut amounts: Vec<Value> = amounts.collect();
        match self.converted {
            None => Value::List(amounts),
            Some(currency) => amounts.pop().unwrap_or_else(|| match op {
                MeasureOp::Sum => Money::rounded(Decimal::ZERO, currency).into(),
                _ => Value::Null,
            }),
        }
    }
}

/// The sum of two amounts, if no cent of it is lost.
fn exact_sum(a: Decimal, b: Decimal) -> Option<Decimal> {
    let sum = a.checked_add(b)?;
    (sum.scale() >= a.scale().max(b.scale()) || sum - a == b).then_some(sum)
}

fn mean(sum: Decimal, count: u64) -> Decimal {
    (sum / Decimal::from(count.max(1))).round_dp(10)
}

/// Pushes a value so that the order is that of values and, where a key folds and cuts text, no two texts are one.
pub(super) fn push_exact(key: &mut KeyBuilder, value: ValueRef<'_>) -> Result<()> {
    key.push_value(value)?;
    // No text has a NUL in it.
    let mut push_text = |text: &str| {
        text.bytes().chain([0]).for_each(|byte| {
            key.push_u8(byte);
        });
    };
    match value {
        ValueRef::Text(text) => push_text(text),
        ValueRef::Parts(parts) => parts.iter().for_each(push_text),
        _ => {}
    }
    Ok(())
}

pub(super) fn too_large() -> Error {
    Error::invalid("sum", "the sum has more than 28 digits")
}
