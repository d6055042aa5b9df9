//! What every matching record satisfies: the part of a filter that an index can answer.

use rust_decimal::Decimal;

use super::eval::Run;
use super::functions::Function;
use super::tree::{Comparison, Depends, Node};
use super::types::Type;
use crate::error::Result;
use crate::schema::{Catalog, FieldDef, ObjectDef};
use crate::value::{PartialDate, Ref, Value};

/// What a field of every matching record satisfies. Values have the field's own type, and order is that of
/// [`compare`](crate::value::compare).
#[derive(Debug, Clone, PartialEq)]
pub struct Constraint {
    /// The field.
    pub field: u16,
    /// What its value satisfies.
    pub test: Test,
}

/// A test that an index could answer.
#[derive(Debug, Clone, PartialEq)]
pub enum Test {
    /// It is this value; of e-mail addresses, this one in any case.
    Eq(Value),
    /// It is before this value, and not null.
    Lt(Value),
    /// It is not after this value, and not null.
    Le(Value),
    /// It is after this value.
    Gt(Value),
    /// It is not before this value.
    Ge(Value),
    /// It is one of these values; of none if no record can match.
    In(Vec<Value>),
    /// It is a text that starts like this, in this case and with these accents.
    StartsWith(String),
    /// It is a list with this element.
    Contains(Value),
    /// It is null.
    IsNull,
}

/// A constraint whose value may still depend on the moment.
#[derive(Debug)]
pub(super) struct Candidate {
    field: u16,
    ty: Type,
    /// The objects that a reference can point to.
    targets: Vec<u16>,
    /// True if nothing that is tested before it can fail, nor itself.
    is_sure: bool,
    test: CandidateTest,
}

#[derive(Debug)]
enum CandidateTest {
    Compare(Comparison, Node),
    In(Node),
    StartsWith(Node),
    Contains(Node),
    IsNull,
    /// One of several, all of them on this field.
    Any(Vec<Candidate>),
}

impl CandidateTest {
    fn is_fixed(&self) -> bool {
        match self {
            CandidateTest::Compare(_, node)
            | CandidateTest::In(node)
            | CandidateTest::StartsWith(node)
            | CandidateTest::Contains(node) => node.depends() == Depends::Nothing,
            CandidateTest::IsNull => true,
            CandidateTest::Any(candidates) => candidates.iter().all(|one| one.test.is_fixed()),
        }
    }
}

/// Finds the candidates among the `&&`-ed parts of a filter.
pub(super) fn candidates(root: &Node, catalog: &Catalog, object: &ObjectDef) -> Vec<Candidate> {
    let mut found = Vec::new();
    let mut open = vec![root];
    let mut is_sure = true;
    while let Some(node) = open.pop() {
        match node {
            Node::And(nodes) => open.extend(nodes.iter().rev()),
            _ => {
                is_sure &= node.cannot_fail();
                let candidate = candidate(node, catalog, object);
                found.extend(candidate.map(|candidate| Candidate {
                    is_sure,
                    ..candidate
                }));
            }
        }
    }
    found
}

fn candidate(node: &Node, catalog: &Catalog, object: &ObjectDef) -> Option<Candidate> {
    let (field, test) = match node {
        Node::Field(field) => {
            let truth = Node::Const(Value::Bool(true));
            (*field, CandidateTest::Compare(Comparison::Eq, truth))
        }
        Node::IsNull(inner) => (own_field(inner)?, CandidateTest::IsNull),
        Node::Compare(Comparison::Ne | Comparison::NotSame, _) => return None,
        Node::Compare(comparison, pair) => {
            let [a, b] = &**pair;
            let (field, comparison, other) = match own_field(a) {
                Some(field) => (field, *comparison, b),
                None => (own_field(b)?, comparison.flipped(), a),
            };
            (
                field,
                CandidateTest::Compare(comparison, same_for_all(other)?),
            )
        }
        Node::In(_, pair) => {
            let [value, list] = &**pair;
            match (own_field(value), own_field(list)) {
                (Some(field), _) => (field, CandidateTest::In(same_for_all(list)?)),
                (None, Some(field)) => (field, CandidateTest::Contains(same_for_all(value)?)),
                (None, None) => return None,
            }
        }
        Node::Call(Function::StartsWith, args) => match args.as_slice() {
            [text, start] => (
                own_field(text)?,
                CandidateTest::StartsWith(same_for_all(start)?),
            ),
            _ => return None,
        },
        Node::Or(nodes) => {
            let any: Option<Vec<_>> = nodes
                .iter()
                .map(|node| candidate(node, catalog, object))
                .collect();
            let any = any?;
            let field = any.first()?.field;
            if any.iter().any(|one| one.field != field) {
                return None;
            }
            (field, CandidateTest::Any(any))
        }
        _ => return None,
    };
    let field = object.field(field)?;
    let is_element = matches!(test, CandidateTest::Contains(_));
    let of_list = is_element || matches!(test, CandidateTest::IsNull | CandidateTest::Any(_));
    if field.many && !of_list || is_element && !field.many {
        return None;
    }
    Some(Candidate {
        field: field.id,
        ty: Type::of_single(field.ty),
        targets: targets(field, catalog),
        is_sure: false,
        test,
    })
}

fn own_field(node: &Node) -> Option<u16> {
    match node {
        Node::Field(field) => Some(*field),
        _ => None,
    }
}

fn same_for_all(node: &Node) -> Option<Node> {
    (node.depends() < Depends::Record).then(|| node.clone())
}

fn targets(field: &FieldDef, catalog: &Catalog) -> Vec<u16> {
    field
        .targets
        .iter()
        .filter_map(|name| catalog.object_named(name).ok())
        .map(|target| target.id)
        .collect()
}

/// Computes the values of candidates, and leaves out those that cannot be said in the field's type.
pub(super) fn resolve<'c>(
    candidates: impl IntoIterator<Item = &'c Candidate>,
    run: &Run<'_>,
) -> Result<Vec<Constraint>> {
    let mut constraints = Vec::new();
    for candidate in candidates {
        if let Some(test) = candidate.resolve(run)? {
            constraints.push(Constraint {
                field: candidate.field,
                test,
            });
        }
    }
    Ok(constraints)
}

impl Candidate {
    /// True if its value is the same at any time and for every actor, and of a record that does not satisfy it
    /// nothing else is tested.
    pub(super) fn is_fixed(&self) -> bool {
        self.is_sure && self.test.is_fixed()
    }

    fn resolve(&self, run: &Run<'_>) -> Result<Option<Test>> {
        let value = |node: &Node| -> Result<Value> { run.owned(run.eval(node, None)?) };
        Ok(match &self.test {
            CandidateTest::IsNull => Some(Test::IsNull),
            CandidateTest::Compare(comparison, node) => self.compared(*comparison, value(node)?),
            CandidateTest::StartsWith(node) => match value(node)? {
                Value::Text(start) => Some(Test::StartsWith(start)),
                _ => Some(Test::In(Vec::new())),
            },
            CandidateTest::Contains(node) => match value(node)? {
                Value::Null => Some(Test::In(Vec::new())),
                value => match self.equal_to(value).as_deref() {
                    Some([one]) => Some(Test::Contains(one.clone())),
                    _ => None,
                },
            },
            CandidateTest::In(node) => match value(node)? {
                Value::List(values) => {
                    let known = values.into_iter().filter(|value| !value.is_null());
                    let values: Option<Vec<_>> = known.map(|value| self.equal_to(value)).collect();
                    values.map(|values| Test::In(values.concat()))
                }
                _ => Some(Test::In(Vec::new())),
            },
            CandidateTest::Any(candidates) => {
                let mut union = Vec::new();
                for candidate in candidates {
                    match candidate.resolve(run)? {
                        Some(Test::Eq(value)) => union.push(value),
                        Some(Test::In(values)) => union.extend(values),
                        _ => return Ok(None),
                    }
                }
                Some(Test::In(union))
            }
        })
    }

    fn compared(&self, comparison: Comparison, value: Value) -> Option<Test> {
        if value.is_null() {
            // Nothing is ordered against null.
            return Some(match comparison {
                Comparison::Eq | Comparison::Same => Test::IsNull,
                _ => Test::In(Vec::new()),
            });
        }
        if matches!(comparison, Comparison::Eq | Comparison::Same) {
            let mut values = self.equal_to(value)?;
            return Some(match values.len() {
                1 => Test::Eq(values.swap_remove(0)),
                _ => Test::In(values),
            });
        }
        let (comparison, value) = match (&self.ty, value) {
            (Type::Int, Value::Decimal(limit)) => whole(comparison, limit)?,
            (_, value) => (comparison, self.own(value)?),
        };
        Some(match comparison {
            Comparison::Lt => Test::Lt(value),
            Comparison::Le => Test::Le(value),
            Comparison::Gt => Test::Gt(value),
            Comparison::Ge => Test::Ge(value),
            Comparison::Eq | Comparison::Ne | Comparison::Same | Comparison::NotSame => {
                return None;
            }
        })
    }

    /// The values of the field's type that are equal to a value.
    fn equal_to(&self, value: Value) -> Option<Vec<Value>> {
        match (&self.ty, value) {
            // A reference that was written as text does not say to which object it points.
            (Type::Ref, Value::Ref(Ref { object: 0, id })) if !self.targets.is_empty() => {
                let each = self.targets.iter();
                Some(
                    each.map(|object| {
                        Ref {
                            object: *object,
                            id,
                        }
                        .into()
                    })
                    .collect(),
                )
            }
            (Type::Ref, Value::Ref(Ref { object: 0, .. })) => None,
            (_, value) => Some(vec![self.own(value)?]),
        }
    }

    /// The value in the field's type.
    fn own(&self, value: Value) -> Option<Value> {
        match (&self.ty, value) {
            (Type::Decimal, Value::Int(n)) => Some(Decimal::from(n).into()),
            (Type::Int, Value::Decimal(n)) if n.is_integer() => {
                i64::try_from(n).ok().map(Value::Int)
            }
            (Type::PartialDate, Value::Date(date)) => Some(PartialDate::from(date).into()),
            (Type::Date, Value::PartialDate(date)) => date.date().map(Value::Date),
            (ty, value) => is_of(&value, ty).then_some(value),
        }
    }
}

fn is_of(value: &Value, ty: &Type) -> bool {
    matches!(
        (value, ty),
        (Value::Bool(_), Type::Bool)
            | (Value::Int(_), Type::Int)
            | (Value::Decimal(_), Type::Decimal)
            | (Value::Money(_), Type::Money)
            | (Value::Text(_), Type::Text)
            | (Value::Date(_), Type::Date)
            | (Value::PartialDate(_), Type::PartialDate)
            | (Value::DateTime(_), Type::DateTime)
            | (Value::Duration(_), Type::Duration)
            | (Value::Ref(_), Type::Ref)
    )
}

/// A bound between two whole numbers as one on a whole number: `n > 2.5` is `n >= 3`.
fn whole(comparison: Comparison, limit: Decimal) -> Option<(Comparison, Value)> {
    if limit.is_integer() {
        return Some((comparison, i64::try_from(limit).ok()?.into()));
    }
    let (comparison, limit) = match comparison {
        Comparison::Lt | Comparison::Le => (Comparison::Le, limit.floor()),
        _ => (Comparison::Ge, limit.ceil()),
    };
    Some((comparison, i64::try_from(limit).ok()?.into()))
}
