//! Which index answers a query.

use std::fmt;

use crate::engine::{index, push};
use crate::error::Result;
use crate::expr::{Constraint, Test};
use crate::schema::{IndexDef, ObjectDef};
use crate::store::{KeyRange, Space};
use crate::value::{KeyBuilder, Value, ValueRef};

/// How a query is answered; what `explain` shows.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Plan {
    /// One record by its id.
    ById,
    /// Ranges of an index, whose records are then tested with the whole filter.
    Index {
        /// The fields of the index.
        fields: Vec<String>,
        /// How many ranges are read.
        ranges: usize,
        /// True if the index also gives the order.
        ordered: bool,
    },
    /// All records of the object.
    Scan {
        /// True if the order of creation is the one asked for.
        ordered: bool,
    },
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let order = |ordered: &bool| if *ordered { "in order" } else { "then sort" };
        match self {
            Plan::ById => f.write_str("one record by id"),
            Plan::Index {
                fields,
                ranges,
                ordered,
            } => {
                write!(
                    f,
                    "index on {}, {ranges} range(s), {}",
                    fields.join(" + "),
                    order(ordered)
                )
            }
            Plan::Scan { ordered } => write!(f, "all records, {}", order(ordered)),
        }
    }
}

/// Ranges of an index that contain every match.
#[derive(Debug, Clone)]
pub(super) struct IndexPlan {
    pub index: IndexDef,
    pub ranges: Vec<KeyRange>,
    /// How many leading fields of the index are fixed to one value.
    pub fixed: usize,
    /// How good it is: greater is better.
    rank: u32,
}

/// The best index for constraints, if any index helps.
pub(super) fn best_index(
    object: &ObjectDef,
    constraints: &[Constraint],
    readable: &dyn Fn(u16) -> bool,
) -> Result<Option<IndexPlan>> {
    let mut best: Option<IndexPlan> = None;
    for index in object.all_indexes().filter(|index| readable(index.id)) {
        if let Some(plan) = with_index(object, index, constraints)?
            && best.as_ref().is_none_or(|best| plan.rank > best.rank)
        {
            best = Some(plan);
        }
    }
    Ok(best)
}

fn with_index(
    object: &ObjectDef,
    def: IndexDef,
    constraints: &[Constraint],
) -> Result<Option<IndexPlan>> {
    let mut prefix = index(object.id, def.id);
    let mut fixed = 0;
    for field in &def.fields {
        let exact = constraints
            .iter()
            .find_map(|constraint| match &constraint.test {
                Test::Eq(value) | Test::Contains(value) if constraint.field == *field => {
                    Some(value)
                }
                _ => None,
            });
        match exact {
            Some(value) if indexable(value) => push(&mut prefix, value.into())?,
            _ => break,
        }
        fixed += 1;
    }
    let Some(next) = def.fields.get(fixed) else {
        return Ok(Some(IndexPlan {
            rank: if def.unique {
                1000
            } else {
                100 * fixed as u32 + 50
            },
            ranges: vec![KeyRange::prefix(Space::Index, prefix.as_bytes())],
            fixed,
            index: def,
        }));
    };
    let on_next = || {
        constraints
            .iter()
            .filter(|constraint| constraint.field == *next)
    };
    let several = on_next().find_map(|constraint| match &constraint.test {
        Test::In(values) if values.iter().all(indexable) => Some(values),
        _ => None,
    });
    if let Some(values) = several {
        let mut ranges = Vec::with_capacity(values.len());
        for value in values {
            let mut key = prefix.clone();
            push(&mut key, value.into())?;
            ranges.push(KeyRange::prefix(Space::Index, key.as_bytes()));
        }
        ranges.sort_by(|a, b| a.start.cmp(&b.start));
        ranges.dedup_by(|a, b| a.start == b.start);
        return Ok(Some(IndexPlan {
            rank: 100 * fixed as u32 + 40,
            ranges,
            fixed,
            index: def,
        }));
    }
    let range = narrowed(&prefix, on_next())?;
    if fixed == 0 && range.is_none() {
        return Ok(None);
    }
    Ok(Some(IndexPlan {
        rank: 100 * fixed as u32 + if range.is_some() { 20 } else { 10 },
        ranges: vec![range.unwrap_or_else(|| KeyRange::prefix(Space::Index, prefix.as_bytes()))],
        fixed,
        index: def,
    }))
}

/// The whole of an index, for its order.
pub(super) fn whole_index(object: &ObjectDef, def: IndexDef) -> IndexPlan {
    IndexPlan {
        ranges: vec![KeyRange::prefix(
            Space::Index,
            index(object.id, def.id).as_bytes(),
        )],
        fixed: 0,
        rank: 0,
        index: def,
    }
}

/// A prefix narrowed by comparisons of the next field. Texts are ordered by their folded form in an index and
/// by their exact one in CEL, so that comparisons of texts do not narrow.
fn narrowed<'a>(
    prefix: &KeyBuilder,
    constraints: impl Iterator<Item = &'a Constraint>,
) -> Result<Option<KeyRange>> {
    let whole = KeyRange::prefix(Space::Index, prefix.as_bytes());
    let mut range = whole.clone();
    for constraint in constraints {
        let key = |value: &Value| -> Result<KeyRange> {
            let mut key = prefix.clone();
            push(&mut key, value.into())?;
            Ok(KeyRange::prefix(Space::Index, key.as_bytes()))
        };
        match &constraint.test {
            Test::Lt(value) | Test::Le(value) if ordered(value) => {
                let of_value = key(value)?;
                let end = if matches!(constraint.test, Test::Lt(_)) {
                    Some(of_value.start)
                } else {
                    of_value.end
                };
                range.end = min_end(range.end, end);
                // The key of null sorts first and an index has no nulls in its first field, but a later one may.
                range.start = range.start.max(key(&Value::Null)?.end.unwrap_or_default());
            }
            Test::Gt(value) | Test::Ge(value) if ordered(value) => {
                let of_value = key(value)?;
                let start = if matches!(constraint.test, Test::Gt(_)) {
                    of_value.end
                } else {
                    Some(of_value.start)
                };
                range.start = range.start.max(start.unwrap_or_default());
            }
            Test::StartsWith(text) => {
                let mut key = prefix.clone();
                key.push_text_prefix(text);
                let of_text = KeyRange::prefix(Space::Index, key.as_bytes());
                range.start = range.start.max(of_text.start);
                range.end = min_end(range.end, of_text.end);
            }
            _ => {}
        }
    }
    Ok((range.start != whole.start || range.end != whole.end).then_some(range))
}

fn min_end(a: Option<Vec<u8>>, b: Option<Vec<u8>>) -> Option<Vec<u8>> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

/// True for values that stand in an index as they are.
fn indexable(value: &Value) -> bool {
    !matches!(value, Value::Null | Value::List(_) | Value::Parts(_))
}

/// True for values whose order in an index is their order in CEL: not texts, and not money, which a filter may
/// compare by its amount alone.
fn ordered(value: &Value) -> bool {
    matches!(
        ValueRef::from(value),
        ValueRef::Int(_)
            | ValueRef::Decimal(_)
            | ValueRef::Date(_)
            | ValueRef::DateTime(_)
            | ValueRef::Duration(_)
    )
}
