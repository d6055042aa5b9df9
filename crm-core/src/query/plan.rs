//! Which index answers a query.

use std::fmt;

use crate::engine::{index, push};
use crate::error::Result;
use crate::expr::{Constraint, Test};
use crate::schema::{FieldType, IndexDef, ObjectDef};
use crate::store::{KeyRange, Space};
use crate::value::{KeyBuilder, Value, ValueRef};

/// How a query is answered; what `explain` shows.
#[derive(Debug, Clone, PartialEq)]
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
    fixed: usize,
    /// What all keys begin with: the index, and the values of the fixed fields.
    pub fixed_prefix: Vec<u8>,
    /// How good it is: greater is better.
    rank: u32,
}

impl IndexPlan {
    /// True if the entries come in the order of fields and, of equals, in that of the ids.
    pub(super) fn is_in_order_of(&self, fields: &[u16]) -> bool {
        self.ranges.len() == 1
            && !self.index.unique
            && self.index.fields.get(self.fixed..) == Some(fields)
    }
}

/// The best index for constraints, if any index helps. One in the order of `fields`, where the query asks for an
/// order that an index can have, also saves sorting, and reading what is beyond the page.
pub(super) fn best_index(
    object: &ObjectDef,
    constraints: &[Constraint],
    fields: Option<&[u16]>,
    readable: &dyn Fn(u16) -> bool,
) -> Result<Option<IndexPlan>> {
    let mut best: Option<IndexPlan> = None;
    for index in object.all_indexes().filter(|index| readable(index.id)) {
        let Some(mut plan) = with_index(object, index, constraints)? else {
            continue;
        };
        if fields.is_some_and(|fields| plan.is_in_order_of(fields)) {
            plan.rank += IN_ORDER;
        }
        if best.as_ref().is_none_or(|best| plan.rank > best.rank) {
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
    let fixed_prefix = prefix.as_bytes().to_vec();
    let whole = || KeyRange::prefix(Space::Index, &fixed_prefix);
    let plan = |rank, ranges, def| IndexPlan {
        index: def,
        ranges,
        fixed,
        fixed_prefix: fixed_prefix.clone(),
        rank,
    };
    let Some(next) = def.fields.get(fixed) else {
        let rank = if def.unique {
            UNIQUE
        } else if def.fields.iter().any(|field| tells_apart(object, *field)) {
            PER_FIELD * fixed as u32 + EXACT
        } else {
            PER_FIELD * fixed as u32 + EXACT_CHOICE
        };
        return Ok(Some(plan(rank, vec![whole()], def)));
    };
    if def.unique && !stands_whole(object, def.fields.get(fixed.max(1)..)) {
        return Ok(None);
    }
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
        return Ok(Some(plan(PER_FIELD * fixed as u32 + SEVERAL, ranges, def)));
    }
    let (rank, range) = match narrowed(&prefix, on_next())? {
        Some(range) => (PER_FIELD * fixed as u32 + RANGE, range),
        None if fixed == 0 => return Ok(None),
        None => (PER_FIELD * fixed as u32, whole()),
    };
    Ok(Some(plan(rank, vec![range], def)))
}

// How much an index is thought to narrow a search. There are no statistics: a key finds one record, each field
// that is fixed counts more than whatever is known of the next one, and a value that many records share, such
// as a status, counts less than one that few do.
const UNIQUE: u32 = u32::MAX;
const PER_FIELD: u32 = 100;
const IN_ORDER: u32 = 60;
const EXACT: u32 = 50;
const SEVERAL: u32 = 40;
const EXACT_CHOICE: u32 = 30;
const RANGE: u32 = 20;

/// True for a field of which many different values are to be expected.
fn tells_apart(object: &ObjectDef, field: u16) -> bool {
    let field = object.field(field);
    field.is_some_and(|field| !matches!(field.ty, FieldType::Choice | FieldType::Boolean))
}

/// True if no record lacks one of the fields. A unique index has no entry for a record that lacks any, where
/// others have one for each record with the first.
fn stands_whole(object: &ObjectDef, fields: Option<&[u16]>) -> bool {
    let mut fields = fields.unwrap_or_default().iter();
    fields.all(|field| object.field(*field).is_some_and(|field| field.required))
}

/// The whole of an index, for its order.
pub(super) fn whole_index(object: &ObjectDef, def: IndexDef) -> IndexPlan {
    let prefix = index(object.id, def.id).into_bytes();
    IndexPlan {
        ranges: vec![KeyRange::prefix(Space::Index, &prefix)],
        fixed: 0,
        fixed_prefix: prefix,
        rank: 0,
        index: def,
    }
}

/// A prefix narrowed by comparisons of the next field. A text in an index is folded and may be cut: those with
/// the key of a bound are on either side of it, and stay in.
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
                let end = match (&constraint.test, value) {
                    (Test::Lt(_), Value::Text(_)) | (Test::Le(_), _) => of_value.end,
                    _ => Some(of_value.start),
                };
                range.end = min_end(range.end, end);
                // The key of null sorts first and an index has no nulls in its first field, but a later one may.
                range.start = range.start.max(key(&Value::Null)?.end.unwrap_or_default());
            }
            Test::Gt(value) | Test::Ge(value) if ordered(value) => {
                let of_value = key(value)?;
                let start = match (&constraint.test, value) {
                    (Test::Gt(_), Value::Text(_)) | (Test::Ge(_), _) => Some(of_value.start),
                    _ => of_value.end,
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

/// True for values whose order in an index is their order in CEL: not money, which goes by currency first.
fn ordered(value: &Value) -> bool {
    matches!(
        ValueRef::from(value),
        ValueRef::Int(_)
            | ValueRef::Decimal(_)
            | ValueRef::Date(_)
            | ValueRef::DateTime(_)
            | ValueRef::Duration(_)
            | ValueRef::Text(_)
    )
}
