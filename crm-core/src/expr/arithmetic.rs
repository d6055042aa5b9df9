//! Arithmetic of numbers, money, dates and durations.

use std::ops::RangeInclusive;

use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, Utc};
use rust_decimal::Decimal;

use super::tree::Arithmetic;
use crate::value::{Money, Value, ValueRef};

/// The result is beyond what its type can hold.
pub(super) struct Overflow;

pub(super) type Outcome = Result<Value, Overflow>;

/// The result of an operation; null where an operand is null, a divisor zero or a currency another one.
/// Text and lists are joined elsewhere, for their size is bounded there.
pub(super) fn apply(operation: Arithmetic, a: ValueRef<'_>, b: ValueRef<'_>) -> Outcome {
    use ValueRef as V;
    match (a, b) {
        (V::Int(a), V::Int(b)) => int(operation, a, b),
        (V::Money(a), V::Money(b)) => money(operation, a, b),
        (V::Money(a), b) => match b.as_decimal() {
            Some(b) => scaled(operation, a, b),
            None => Ok(Value::Null),
        },
        (a, V::Money(b)) => match a.as_decimal() {
            Some(a) => scaled(operation, b, a),
            None => Ok(Value::Null),
        },
        (V::Date(_) | V::DateTime(_) | V::Duration(_), _) | (_, V::Duration(_)) => {
            time(operation, a, b)
        }
        (a, b) => match (a.as_decimal(), b.as_decimal()) {
            (Some(a), Some(b)) => Ok(decimal(operation, a, b)?.into()),
            _ => Ok(Value::Null),
        },
    }
}

pub(super) fn negate(value: ValueRef<'_>) -> Outcome {
    Ok(match value {
        ValueRef::Int(n) => n.checked_neg().ok_or(Overflow)?.into(),
        ValueRef::Decimal(n) => (-n).into(),
        ValueRef::Money(money) => Money::rounded(-money.amount(), money.currency()).into(),
        ValueRef::Duration(duration) => (-duration).into(),
        _ => Value::Null,
    })
}

fn int(operation: Arithmetic, a: i64, b: i64) -> Outcome {
    let result = match operation {
        Arithmetic::Add => a.checked_add(b),
        Arithmetic::Subtract => a.checked_sub(b),
        Arithmetic::Multiply => a.checked_mul(b),
        Arithmetic::Divide | Arithmetic::Modulo if b == 0 => return Ok(Value::Null),
        Arithmetic::Divide => a.checked_div(b),
        Arithmetic::Modulo => a.checked_rem(b),
    };
    result.map(Value::Int).ok_or(Overflow)
}

/// `None` for a division by zero.
fn decimal(operation: Arithmetic, a: Decimal, b: Decimal) -> Result<Option<Decimal>, Overflow> {
    let result = match operation {
        Arithmetic::Add => a.checked_add(b),
        Arithmetic::Subtract => a.checked_sub(b),
        Arithmetic::Multiply => a.checked_mul(b),
        Arithmetic::Divide | Arithmetic::Modulo if b.is_zero() => return Ok(None),
        Arithmetic::Divide => a.checked_div(b),
        Arithmetic::Modulo => a.checked_rem(b),
    };
    result.map(|n| Some(n.normalize())).ok_or(Overflow)
}

fn money(operation: Arithmetic, a: Money, b: Money) -> Outcome {
    if a.currency() != b.currency() {
        return Ok(Value::Null);
    }
    let result = decimal(operation, a.amount(), b.amount())?;
    Ok(match operation {
        Arithmetic::Divide => result.into(),
        _ => result.map(|n| Money::rounded(n, a.currency())).into(),
    })
}

fn scaled(operation: Arithmetic, money: Money, by: Decimal) -> Outcome {
    let result = decimal(operation, money.amount(), by)?;
    Ok(result.map(|n| Money::rounded(n, money.currency())).into())
}

fn time(operation: Arithmetic, a: ValueRef<'_>, b: ValueRef<'_>) -> Outcome {
    use Arithmetic::{Add, Divide, Multiply, Subtract};
    use ValueRef as V;
    let result: Option<Value> = match (operation, a, b) {
        (_, V::Null, _) | (_, _, V::Null) => return Ok(Value::Null),
        (Add, V::Date(date), V::Duration(by)) | (Add, V::Duration(by), V::Date(date)) => {
            day(date.checked_add_signed(by))
        }
        (Subtract, V::Date(date), V::Duration(by)) => day(date.checked_sub_signed(by)),
        (Subtract, V::Date(a), V::Date(b)) => Some(a.signed_duration_since(b).into()),
        (Add, V::DateTime(at), V::Duration(by)) | (Add, V::Duration(by), V::DateTime(at)) => {
            instant(at.checked_add_signed(by))
        }
        (Subtract, V::DateTime(at), V::Duration(by)) => instant(at.checked_sub_signed(by)),
        (Subtract, V::DateTime(a), V::DateTime(b)) => Some(a.signed_duration_since(b).into()),
        (Add, V::Duration(a), V::Duration(b)) => a.checked_add(&b).map(Value::from),
        (Subtract, V::Duration(a), V::Duration(b)) => a.checked_sub(&b).map(Value::from),
        (Multiply, V::Duration(a), V::Int(n)) | (Multiply, V::Int(n), V::Duration(a)) => a
            .num_milliseconds()
            .checked_mul(n)
            .and_then(TimeDelta::try_milliseconds)
            .map(Value::from),
        (Divide, V::Duration(_), V::Int(0)) => return Ok(Value::Null),
        (Divide, V::Duration(a), V::Int(n)) => a
            .num_milliseconds()
            .checked_div(n)
            .and_then(TimeDelta::try_milliseconds)
            .map(Value::from),
        _ => return Ok(Value::Null),
    };
    result.ok_or(Overflow)
}

/// Beyond these years a date is a slip of the pen, and could not be shown in every time zone.
const YEARS: RangeInclusive<i32> = 1..=9999;

fn day(date: Option<NaiveDate>) -> Option<Value> {
    date.filter(|date| YEARS.contains(&date.year()))
        .map(Value::from)
}

fn instant(at: Option<DateTime<Utc>>) -> Option<Value> {
    at.filter(|at| YEARS.contains(&at.year())).map(Value::from)
}
