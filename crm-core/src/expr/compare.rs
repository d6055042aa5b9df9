//! Equality and order of the values of expressions.

use std::cmp::Ordering;

use rust_decimal::Decimal;

use super::tree::Comparison;
use crate::value::{Id, ValueRef, compare, normalise};

/// Whether a comparison holds, by the rules for missing values.
pub(super) fn holds(comparison: Comparison, a: ValueRef<'_>, b: ValueRef<'_>) -> bool {
    match comparison {
        Comparison::Eq => equal(a, b),
        Comparison::Ne => !equal(a, b),
        Comparison::Same => same(a, b),
        Comparison::NotSame => !same(a, b),
        Comparison::Lt => order(a, b) == Some(Ordering::Less),
        Comparison::Le => matches!(order(a, b), Some(Ordering::Less | Ordering::Equal)),
        Comparison::Gt => order(a, b) == Some(Ordering::Greater),
        Comparison::Ge => matches!(order(a, b), Some(Ordering::Greater | Ordering::Equal)),
    }
}

/// Equality where e-mail addresses are compared: their case does not matter.
fn same(a: ValueRef<'_>, b: ValueRef<'_>) -> bool {
    match (a, b) {
        (ValueRef::Text(a), ValueRef::Text(b)) => normalise::same_email(a, b),
        (ValueRef::List(a), ValueRef::List(b)) => {
            a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| same(a, b))
        }
        (a, b) => equal(a, b),
    }
}

pub(super) fn equal(a: ValueRef<'_>, b: ValueRef<'_>) -> bool {
    use ValueRef as V;
    match (a, b) {
        (V::Text(a), V::Text(b)) => a == b,
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
        (V::List(a), V::List(b)) => {
            a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| equal(a, b))
        }
        (a, b) => a == b,
    }
}

/// The order of two values; `None` where there is none, as with null.
pub(super) fn order(a: ValueRef<'_>, b: ValueRef<'_>) -> Option<Ordering> {
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
