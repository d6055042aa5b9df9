//! Equality and order of the values of expressions.

use std::cmp::Ordering;

use rust_decimal::Decimal;

use super::budget::{BYTES_PER_STEP, Budget, FOLDED_BYTES_PER_STEP};
use super::tree::Comparison;
use crate::error::Result;
use crate::value::{Id, ValueRef, compare, normalise};

/// Whether a comparison holds, by the rules for missing values. Texts cost by their bytes.
///
/// # Errors
/// `Limit`.
pub(super) fn holds(
    budget: &Budget,
    comparison: Comparison,
    a: ValueRef<'_>,
    b: ValueRef<'_>,
) -> Result<bool> {
    match comparison {
        Comparison::Eq => return equal(budget, a, b),
        Comparison::Ne => return Ok(!equal(budget, a, b)?),
        Comparison::Same => return same(budget, a, b),
        Comparison::NotSame => return Ok(!same(budget, a, b)?),
        _ => {}
    }
    let order = order(budget, a, b)?;
    Ok(match comparison {
        Comparison::Lt => order == Some(Ordering::Less),
        Comparison::Le => matches!(order, Some(Ordering::Less | Ordering::Equal)),
        Comparison::Gt => order == Some(Ordering::Greater),
        _ => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
    })
}

/// Whether two values are equal. Texts cost by their bytes.
///
/// # Errors
/// `Limit`.
pub(super) fn equal(budget: &Budget, a: ValueRef<'_>, b: ValueRef<'_>) -> Result<bool> {
    equal_by(budget, a, b, &|a, b| {
        // Of different lengths they are not looked at.
        if a.len() == b.len() && a.len() >= BYTES_PER_STEP {
            budget.step(a.len() / BYTES_PER_STEP)?;
        }
        Ok(a == b)
    })
}

/// Equality where e-mail addresses are compared: their case does not matter.
fn same(budget: &Budget, a: ValueRef<'_>, b: ValueRef<'_>) -> Result<bool> {
    equal_by(budget, a, b, &|a, b| {
        budget.step(a.len().min(b.len()) / FOLDED_BYTES_PER_STEP)?;
        Ok(normalise::same_email(a, b))
    })
}

fn equal_by(
    budget: &Budget,
    a: ValueRef<'_>,
    b: ValueRef<'_>,
    texts: &impl Fn(&str, &str) -> Result<bool>,
) -> Result<bool> {
    use ValueRef as V;
    match (a, b) {
        (V::Text(a), V::Text(b)) => texts(a, b),
        (V::List(a), V::List(b)) => {
            let (mut a, mut b) = (a.iter(), b.iter());
            loop {
                budget.step(1)?;
                match (a.next(), b.next()) {
                    (Some(a), Some(b)) if equal_by(budget, a, b, texts)? => {}
                    (None, None) => return Ok(true),
                    _ => return Ok(false),
                }
            }
        }
        (V::Parts(_), V::Parts(_)) => {
            budget.step(a.walked_bytes().min(b.walked_bytes()) / BYTES_PER_STEP)?;
            Ok(a == b)
        }
        (a, b) => Ok(plain_equal(a, b)),
    }
}

/// Of values that are as small as any.
fn plain_equal(a: ValueRef<'_>, b: ValueRef<'_>) -> bool {
    use ValueRef as V;
    match (a, b) {
        (V::Int(a), V::Int(b)) => a == b,
        (V::Int(a), V::Decimal(b)) | (V::Decimal(b), V::Int(a)) => Decimal::from(a) == b,
        (V::Money(money), V::Int(n)) | (V::Int(n), V::Money(money)) => {
            money.amount() == Decimal::from(n)
        }
        (V::Money(money), V::Decimal(n)) | (V::Decimal(n), V::Money(money)) => money.amount() == n,
        // Ids are unique over all objects, and a reference that was written as text has no object.
        (V::Ref(a), V::Ref(b)) => a.id == b.id,
        (V::Ref(a), V::Text(b)) | (V::Text(b), V::Ref(a)) => {
            b.parse::<Id>().is_ok_and(|id| id == a.id)
        }
        (V::Date(a), V::PartialDate(b)) | (V::PartialDate(b), V::Date(a)) => b.date() == Some(a),
        (V::DateTime(_), V::DateTime(_)) | (V::Duration(_), V::Duration(_)) => {
            compare(&a, &b).is_eq()
        }
        (a, b) => a == b,
    }
}

/// The order of two values; `None` where there is none, as with null. Texts cost by their bytes.
///
/// # Errors
/// `Limit`.
pub(super) fn order(budget: &Budget, a: ValueRef<'_>, b: ValueRef<'_>) -> Result<Option<Ordering>> {
    if let (ValueRef::Text(a), ValueRef::Text(b)) = (a, b) {
        // Both are looked at whole where one of them has a letter beyond ASCII.
        budget.read(ValueRef::Text(a))?;
        budget.read(ValueRef::Text(b))?;
        budget.step(a.len().min(b.len()) / FOLDED_BYTES_PER_STEP)?;
    }
    Ok(plain_order(a, b))
}

fn plain_order(a: ValueRef<'_>, b: ValueRef<'_>) -> Option<Ordering> {
    use ValueRef as V;
    match (a, b) {
        (V::Int(a), V::Int(b)) => Some(a.cmp(&b)),
        (V::Decimal(a), V::Decimal(b)) => Some(a.cmp(&b)),
        (V::Int(a), V::Decimal(b)) => Some(Decimal::from(a).cmp(&b)),
        (V::Decimal(a), V::Int(b)) => Some(a.cmp(&Decimal::from(b))),
        (V::Money(a), V::Money(b)) => {
            (a.currency() == b.currency()).then(|| a.amount().cmp(&b.amount()))
        }
        (V::Money(a), b) => Some(a.amount().cmp(&b.as_decimal()?)),
        (a, V::Money(b)) => Some(a.as_decimal()?.cmp(&b.amount())),
        // The order of sorting and of the indexes, so that a range in an index answers a comparison.
        (V::Text(_), V::Text(_))
        | (V::DateTime(_), V::DateTime(_))
        | (V::Duration(_), V::Duration(_)) => Some(compare(&a, &b)),
        (V::Date(a), V::Date(b)) => Some(a.cmp(&b)),
        (V::Bool(a), V::Bool(b)) => Some(a.cmp(&b)),
        (V::PartialDate(_), _) | (_, V::PartialDate(_)) => Some(a.as_date()?.cmp(&b.as_date()?)),
        _ => None,
    }
}
