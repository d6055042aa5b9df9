//! The functions that expressions can call.

use chrono::{Datelike, NaiveDateTime, TimeDelta, Timelike};
use rust_decimal::{Decimal, RoundingStrategy};

use super::budget::{BYTES_PER_STEP, FOLDED_BYTES_PER_STEP};
use super::eval::{Run, Scope, Val, folded};
use super::syntax::limit;
use super::tree::Node;
use super::{compare, literal};
use crate::error::Result;
use crate::limits;
use crate::value::{Currency, Money, Value, ValueRef, Zone};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Function {
    Coalesce,
    Min,
    Max,
    ToText,
    Contains,
    StartsWith,
    EndsWith,
    Like,
    Lower,
    Upper,
    Trim,
    Replace,
    Split,
    Size,
    Abs,
    Round,
    ToInt,
    ToDecimal,
    ToMoney,
    MoneyAmount,
    MoneyCurrency,
    ToDate,
    /// The day of an instant in the organisation's time zone.
    DayOf,
    /// An instant from text, in the organisation's time zone where it has no offset.
    ToInstant,
    /// The first instant of a day in the organisation's time zone.
    StartOfDay,
    Year,
    Month,
    Day,
    Weekday,
    Get(Unit),
    ToDuration,
    Days,
    Hours,
    Minutes,
}

/// What CEL's `get…` functions take from an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    FullYear,
    Month,
    Date,
    DayOfMonth,
    DayOfWeek,
    DayOfYear,
    Hours,
    Minutes,
    Seconds,
    Milliseconds,
}

impl Function {
    pub(super) fn needs_time_zone(self) -> bool {
        matches!(
            self,
            Function::DayOf | Function::ToInstant | Function::StartOfDay
        )
    }
}

pub(super) fn call<'s>(
    run: &'s Run<'s>,
    function: Function,
    args: &'s [Node],
    scope: Option<&'s Scope<'s>>,
) -> Result<Val<'s>> {
    match function {
        Function::Coalesce => {
            for arg in args {
                let value = run.eval(arg, scope)?;
                if !value.get().is_null() {
                    return Ok(value);
                }
            }
            return Ok(Val::NULL);
        }
        Function::Min | Function::Max => return extreme(run, function, args, scope),
        _ => {}
    }
    let held = run.budget.held();
    let mut values = [Val::NULL, Val::NULL, Val::NULL];
    for (value, arg) in values.iter_mut().zip(args) {
        *value = run.eval(arg, scope)?;
        run.budget.read(value.get())?;
    }
    let [a, b, c] = &values;
    let made = apply(run, function, a.get(), b.get(), c.get())?;
    run.left_of(held, made)
}

/// The least or greatest of the arguments, or of the elements of the only one, that are not missing.
fn extreme<'s>(
    run: &'s Run<'s>,
    function: Function,
    args: &'s [Node],
    scope: Option<&'s Scope<'s>>,
) -> Result<Val<'s>> {
    let held = run.budget.held();
    let mut best = Value::Null;
    for arg in args {
        let value = run.eval(arg, scope)?;
        for element in value.get().elements() {
            run.step(1)?;
            run.budget.read(element)?;
            let order = compare::order(run.budget, element, best.as_value_ref())?;
            let better = match function {
                Function::Min => order.is_some_and(|order| order.is_lt()),
                _ => order.is_some_and(|order| order.is_gt()),
            };
            if better || best.is_null() {
                best = element.to_value();
            }
        }
    }
    run.left_of(held, best.into())
}

fn apply<'s>(
    run: &Run<'_>,
    function: Function,
    a: ValueRef<'_>,
    b: ValueRef<'_>,
    c: ValueRef<'_>,
) -> Result<Val<'s>> {
    use Function as F;
    let overflow = || run.overflow();
    // Those that have an answer for null.
    match function {
        F::Contains => return two_texts(a, b, |a, b| a.contains(b)),
        F::StartsWith => return two_texts(a, b, |a, b| a.starts_with(b)),
        F::EndsWith => return two_texts(a, b, |a, b| a.ends_with(b)),
        F::Like => {
            run.budget.fold(b)?;
            let found = match folded(b) {
                Some(part) => like(run, a, &part)?,
                None => false,
            };
            return Ok(found.into());
        }
        F::Size => return Ok(size(a).into()),
        _ if a.is_null() => return Ok(Val::NULL),
        _ => {}
    }
    Ok(match function {
        F::ToText => a.to_string().into(),
        F::Lower => recased(run, a, str::to_lowercase)?,
        F::Upper => recased(run, a, str::to_uppercase)?,
        F::Trim => a.as_text().map(str::trim).into(),
        F::Replace => match (a.as_text(), b.as_text(), c.as_text()) {
            (Some(a), Some(b), Some(c)) => {
                let grown = a.matches(b).count().saturating_mul(c.len());
                check_length(run, a.len().saturating_add(grown))?;
                a.replace(b, c).into()
            }
            _ => Val::NULL,
        },
        F::Split => match (a.as_text(), b.as_text()) {
            (Some(a), Some(b)) => {
                let parts = 1 + a.matches(b).count();
                run.step(parts)?;
                run.budget.hold(a.len() + parts * size_of::<Value>())?;
                a.split(b).map(Value::from).collect::<Vec<_>>().into()
            }
            _ => Val::NULL,
        },
        F::Abs => match a {
            ValueRef::Int(n) => n.checked_abs().ok_or_else(overflow)?.into(),
            ValueRef::Decimal(n) => n.abs().into(),
            ValueRef::Money(m) => Money::rounded(m.amount().abs(), m.currency()).into(),
            ValueRef::Duration(d) => d.abs().into(),
            _ => Val::NULL,
        },
        F::Round => round(a, b),
        F::ToInt => to_int(a).map_err(|TooLarge| overflow())?,
        F::ToDecimal => match a {
            ValueRef::Text(text) => decimal(text).into(),
            _ => a.as_decimal().into(),
        },
        F::ToMoney => match (a.as_decimal(), b.as_text().map(Currency::new)) {
            (Some(amount), Some(Ok(currency))) => Money::rounded(amount, currency).into(),
            _ => Val::NULL,
        },
        F::MoneyAmount => a.as_money().map(|money| money.amount()).into(),
        F::MoneyCurrency => match a.as_money() {
            Some(money) => currency_code(money.currency()),
            None => Val::NULL,
        },
        F::ToDate => match a {
            ValueRef::Text(text) => literal::date(text).into(),
            _ => a.as_date().into(),
        },
        F::DayOf => day_of(run, a).into(),
        F::ToInstant => {
            let zone = run.env.time_zone();
            let at = a.as_text().and_then(|text| literal::instant_in(text, zone));
            at.into()
        }
        F::StartOfDay => {
            let zone = run.env.time_zone();
            let at = a.as_date().map(|day| zone.start_of_day(day));
            at.into()
        }
        F::Year | F::Month | F::Day => calendar(function, a),
        F::Weekday => a
            .as_date()
            .map(|date| date.weekday().number_from_monday())
            .into(),
        F::Get(unit) => get(unit, a, b),
        F::ToDuration => a.as_text().and_then(literal::duration).into(),
        F::Days => length(a, TimeDelta::try_days).ok_or_else(overflow)?,
        F::Hours => length(a, TimeDelta::try_hours).ok_or_else(overflow)?,
        F::Minutes => length(a, TimeDelta::try_minutes).ok_or_else(overflow)?,
        F::Coalesce
        | F::Min
        | F::Max
        | F::Contains
        | F::StartsWith
        | F::EndsWith
        | F::Like
        | F::Size => Val::NULL,
    })
}

/// The text in capital or small letters.
fn recased<'s>(
    run: &Run<'_>,
    value: ValueRef<'_>,
    change: impl Fn(&str) -> String,
) -> Result<Val<'s>> {
    let Some(text) = value.as_text() else {
        return Ok(Val::NULL);
    };
    run.step(text.len() / FOLDED_BYTES_PER_STEP)?;
    run.budget.hold(text.len())?;
    Ok(change(text).into())
}

/// Refuses to build a text that no field could hold, and counts what it takes.
pub(super) fn check_length(run: &Run<'_>, bytes: usize) -> Result<()> {
    run.step(bytes / BYTES_PER_STEP)?;
    run.budget.hold(bytes)?;
    if bytes > limits::LONG_TEXT_BYTES_MAX {
        let max = limits::LONG_TEXT_BYTES_MAX as u64;
        return Err(limit("bytes of a text in an expression", max, bytes as u64));
    }
    Ok(())
}

/// Whether a text, or the parts of a name or an address, contain a text that is folded already.
pub(super) fn like(run: &Run<'_>, value: ValueRef<'_>, part: &str) -> Result<bool> {
    run.budget.fold(value)?;
    let Some(text) = folded(value) else {
        return Ok(false);
    };
    Ok(text.contains(part))
}

fn two_texts<'s>(
    a: ValueRef<'_>,
    b: ValueRef<'_>,
    test: impl Fn(&str, &str) -> bool,
) -> Result<Val<'s>> {
    let holds = match (a.as_text(), b.as_text()) {
        (Some(a), Some(b)) => test(a, b),
        _ => false,
    };
    Ok(holds.into())
}

fn size(value: ValueRef<'_>) -> i64 {
    let size = match value {
        ValueRef::Text(text) => text.chars().count(),
        ValueRef::List(list) => list.len(),
        _ => 0,
    };
    i64::try_from(size).unwrap_or(i64::MAX)
}

fn round<'s>(value: ValueRef<'_>, digits: ValueRef<'_>) -> Val<'s> {
    const DIGITS_MAX: i64 = 28;
    let digits = digits.as_int().unwrap_or(0).clamp(0, DIGITS_MAX) as u32;
    let round = |n: Decimal| {
        n.round_dp_with_strategy(digits, RoundingStrategy::MidpointAwayFromZero)
            .normalize()
    };
    match value {
        ValueRef::Money(money) => Money::rounded(round(money.amount()), money.currency()).into(),
        _ => value.as_decimal().map(round).into(),
    }
}

struct TooLarge;

fn to_int<'s>(value: ValueRef<'_>) -> Result<Val<'s>, TooLarge> {
    let number = match value {
        ValueRef::Text(text) => decimal(text),
        _ => value.as_decimal(),
    };
    match number {
        Some(number) => Ok(i64::try_from(number.trunc()).map_err(|_| TooLarge)?.into()),
        None => Ok(Val::NULL),
    }
}

fn decimal(text: &str) -> Option<Decimal> {
    Decimal::from_str_exact(text.trim()).ok()
}

/// The code, from the table of codes where that has it, so that a comparison allocates nothing.
fn currency_code<'s>(currency: Currency) -> Val<'s> {
    match iso_currency::Currency::from_code(currency.code()) {
        Some(known) => Val::Ref(ValueRef::Text(known.code())),
        None => currency.code().into(),
    }
}

fn day_of(run: &Run<'_>, value: ValueRef<'_>) -> Option<chrono::NaiveDate> {
    Some(run.env.time_zone().day(value.as_datetime()?))
}

fn calendar<'s>(function: Function, value: ValueRef<'_>) -> Val<'s> {
    let Some(date) = value.as_partial_date() else {
        return Val::NULL;
    };
    let month_day = date.month_day();
    match function {
        Function::Year => date.year().into(),
        Function::Month => month_day.map(|(month, _)| month).into(),
        _ => month_day.map(|(_, day)| day).into(),
    }
}

fn get<'s>(unit: Unit, value: ValueRef<'_>, zone: ValueRef<'_>) -> Val<'s> {
    match value {
        ValueRef::Duration(duration) => match unit {
            Unit::Hours => duration.num_hours().into(),
            Unit::Minutes => duration.num_minutes().into(),
            Unit::Seconds => duration.num_seconds().into(),
            Unit::Milliseconds => duration.num_milliseconds().into(),
            _ => Val::NULL,
        },
        ValueRef::DateTime(at) => {
            let zone = match zone {
                ValueRef::Text(name) => name.parse::<Zone>().ok(),
                _ => Some(Zone::UTC),
            };
            zone.map(|zone| get_in(unit, zone.wall(at))).into()
        }
        _ => Val::NULL,
    }
}

fn get_in(unit: Unit, at: NaiveDateTime) -> i64 {
    match unit {
        Unit::FullYear => at.year().into(),
        Unit::Month => at.month0().into(),
        Unit::Date => at.day().into(),
        Unit::DayOfMonth => at.day0().into(),
        Unit::DayOfWeek => at.weekday().num_days_from_sunday().into(),
        Unit::DayOfYear => at.ordinal0().into(),
        Unit::Hours => at.hour().into(),
        Unit::Minutes => at.minute().into(),
        Unit::Seconds => at.second().into(),
        Unit::Milliseconds => at.and_utc().timestamp_subsec_millis().into(),
    }
}

fn length<'s>(count: ValueRef<'_>, of: impl Fn(i64) -> Option<TimeDelta>) -> Option<Val<'s>> {
    of(count.as_int()?).map(Val::from)
}
