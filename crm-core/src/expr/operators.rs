//! Comparisons, `in`, arithmetic and indexing.

use super::compile::{Compiler, Typed};
use super::functions::Function;
use super::syntax::{Kind, Operator, Syntax};
use super::tree::{Arithmetic, Comparison, Node};
use super::types::Type;
use crate::error::Result;

impl<'c> Compiler<'c> {
    pub(super) fn binary(
        &mut self,
        at: usize,
        operator: Operator,
        operands: &[Syntax; 2],
    ) -> Result<Typed<'c>> {
        if let Operator::In = operator {
            return self.contained(at, operands);
        }
        let [a, b] = operands;
        let (a, b) = (self.expression(a)?, self.expression(b)?);
        match operator {
            Operator::Compare(comparison) => self.comparison(at, comparison, a, b),
            Operator::Arithmetic(operation) => self.arithmetic(at, operation, a, b),
            Operator::In | Operator::Index => self.index(at, a, b),
        }
    }

    fn comparison(
        &self,
        at: usize,
        comparison: Comparison,
        a: Typed<'c>,
        b: Typed<'c>,
    ) -> Result<Typed<'c>> {
        let (a, b) = self.fitted(a, b)?;
        let ordered = !matches!(comparison, Comparison::Eq | Comparison::Ne);
        if !comparable(&a.ty, &b.ty, ordered) {
            let (what, verb) = match (&a.ty, &b.ty) {
                _ if !ordered => (b.ty.to_string(), "compared with"),
                (a, b) if comparable(a, b, false) => (b.to_string(), "ordered against"),
                (_, b) => (b.to_string(), "compared with"),
            };
            return Err(self.fault(at, format!("{} and cannot be {verb} {what}", a.describe())));
        }
        let node = match (comparison, &a.ty, &b.ty) {
            (Comparison::Eq, _, Type::Null) => Node::IsNull(Box::new(a.node)),
            (Comparison::Eq, Type::Null, _) => Node::IsNull(Box::new(b.node)),
            (Comparison::Ne, _, Type::Null) => is_not_null(a.node),
            (Comparison::Ne, Type::Null, _) => is_not_null(b.node),
            _ => {
                let comparison = if a.is_email() || b.is_email() {
                    comparison.of_addresses()
                } else {
                    comparison
                };
                Node::Compare(comparison, Box::new([a.node, b.node]))
            }
        };
        Ok(Typed::new(node, Type::Bool, at))
    }

    /// Reads a literal on either side as the type of the other one.
    fn fitted(&self, a: Typed<'c>, b: Typed<'c>) -> Result<(Typed<'c>, Typed<'c>)> {
        let (ty, field) = (b.ty.clone(), b.field);
        let a = self.fit(a, &ty, field)?;
        let b = self.fit(b, &a.ty, a.field)?;
        Ok((a, b))
    }

    fn contained(&mut self, at: usize, operands: &[Syntax; 2]) -> Result<Typed<'c>> {
        let [value, list] = operands;
        let mut value = self.expression(value)?;
        let mut is_email = value.is_email();
        let (element, node) = match &list.kind {
            Kind::List(elements) => {
                let mut ty = Type::Null;
                let mut nodes = Vec::new();
                for element in elements {
                    let element = self.expression(element)?;
                    let element = self.fit(element, &value.ty, value.field)?;
                    if !comparable(&value.ty, &element.ty, false) {
                        let what = value.describe();
                        let reason = format!("{what} and cannot be compared with {}", element.ty);
                        return Err(self.fault(element.at, reason));
                    }
                    is_email |= element.is_email();
                    ty = element.ty;
                    nodes.push(element.node);
                }
                let list = Typed::new(Node::List(nodes), Type::Null, at);
                (ty, self.folded(list)?.node)
            }
            _ => {
                let list = self.expression(list)?;
                let element = match &list.ty {
                    Type::List(element) => (**element).clone(),
                    Type::Null => Type::Null,
                    _ => {
                        let what = list.describe();
                        let reason =
                            format!("{what}, and `in` needs a list; for text use `contains`");
                        return Err(self.fault(list.at, reason));
                    }
                };
                is_email |= list.is_email();
                value = self.fit(value, &element, list.field)?;
                (element, list.node)
            }
        };
        if !comparable(&value.ty, &element, false) {
            let what = value.describe();
            let reason = format!("{what} and cannot be in a list of {element}");
            return Err(self.fault(at, reason));
        }
        let equality = if is_email {
            Comparison::Same
        } else {
            Comparison::Eq
        };
        let node = Node::In(equality, Box::new([value.node, node]));
        Ok(Typed::new(node, Type::Bool, at))
    }

    fn index(&self, at: usize, list: Typed<'c>, index: Typed<'c>) -> Result<Typed<'c>> {
        match (&list.ty, &index.ty) {
            (Type::List(element), Type::Int | Type::Null) => {
                let ty = (**element).clone();
                let node = Node::Index(Box::new([list.node, index.node]));
                Ok(Typed::new(node, ty, at).with_field(list.field))
            }
            (Type::List(_), _) => {
                Err(self.fault(at, "the position in a list is a whole number, from 0"))
            }
            _ => Err(self.fault(at, format!("{}, not a list", list.describe()))),
        }
    }

    pub(super) fn negate(&mut self, at: usize, operand: &Syntax) -> Result<Typed<'c>> {
        let operand = self.expression(operand)?;
        match operand.ty {
            Type::Int | Type::Decimal | Type::Money | Type::Duration | Type::Null => {
                let node = Node::Negate(Box::new(operand.node));
                Ok(Typed::new(node, operand.ty, at))
            }
            _ => Err(self.fault(at, format!("{} and has no sign", operand.describe()))),
        }
    }

    fn arithmetic(
        &self,
        at: usize,
        operation: Arithmetic,
        a: Typed<'c>,
        b: Typed<'c>,
    ) -> Result<Typed<'c>> {
        let (mut a, mut b) = (a, b);
        if operation == Arithmetic::Subtract {
            // The time between a day and an instant.
            a = start_of_day(a, &b.ty);
            b = start_of_day(b, &a.ty);
        }
        let Some(ty) = result(operation, &a.ty, &b.ty) else {
            let (verb, with) = match operation {
                Arithmetic::Add => ("added to", &a.ty),
                Arithmetic::Subtract => ("subtracted from", &a.ty),
                Arithmetic::Multiply => ("a factor of", &a.ty),
                Arithmetic::Divide | Arithmetic::Modulo => ("a divisor of", &a.ty),
            };
            return Err(self.fault(at, format!("{} and cannot be {verb} {with}", b.describe())));
        };
        let node = Node::Arithmetic(operation, Box::new([a.node, b.node]));
        Ok(Typed::new(node, ty, at))
    }
}

fn is_not_null(node: Node) -> Node {
    Node::Not(Box::new(Node::IsNull(Box::new(node))))
}

fn start_of_day<'c>(typed: Typed<'c>, other: &Type) -> Typed<'c> {
    match (&typed.ty, other) {
        (Type::Date, Type::DateTime) => {
            let node = Node::Call(Function::StartOfDay, vec![typed.node]);
            Typed::new(node, Type::DateTime, typed.at)
        }
        _ => typed,
    }
}

/// Whether values of two types can be equal, or ordered.
fn comparable(a: &Type, b: &Type, ordered: bool) -> bool {
    use Type as T;
    match (a, b) {
        (T::Null, _) | (_, T::Null) => !ordered,
        (a, b) if a.is_number() && b.is_number() => true,
        (T::Money, n) | (n, T::Money) if n.is_number() => true,
        (T::Date | T::PartialDate, T::Date | T::PartialDate) => true,
        (T::Ref, T::Text) | (T::Text, T::Ref) => !ordered,
        (T::List(a), T::List(b)) => !ordered && comparable(a, b, false),
        (T::Ref, T::Ref) | (T::Parts, T::Parts) => !ordered,
        (a, b) => a == b,
    }
}

/// The type of a result; `None` where the operation has no meaning.
fn result(operation: Arithmetic, a: &Type, b: &Type) -> Option<Type> {
    use Arithmetic::{Add, Divide, Modulo, Multiply, Subtract};
    use Type as T;
    Some(match (operation, a, b) {
        (_, T::Null, T::Null) => T::Null,
        (Add | Subtract, T::Null, other) | (Add, other, T::Null) => {
            let same = result(operation, other, other);
            same.or_else(|| result(operation, other, &T::Duration))?
        }
        (Subtract, other, T::Null) => {
            result(operation, other, &T::Duration).or_else(|| result(operation, other, other))?
        }
        (_, T::Null, other) => result(operation, &T::Int, other)?,
        (_, other, T::Null) => result(operation, other, &T::Int)?,
        (_, T::Int, T::Int) => T::Int,
        (_, a, b) if a.is_number() && b.is_number() => T::Decimal,
        (Add, T::Text, T::Text) => T::Text,
        (Add, T::List(_), T::List(_)) => a.join(b)?,
        (Add | Subtract, T::Money, T::Money) => T::Money,
        (Multiply | Divide, T::Money, n) | (Multiply, n, T::Money) if n.is_number() => T::Money,
        (Divide, T::Money, T::Money) => T::Decimal,
        (Modulo, ..) => return None,
        (Add | Subtract, T::Date, T::Duration) | (Add, T::Duration, T::Date) => T::Date,
        (Add | Subtract, T::DateTime, T::Duration) | (Add, T::Duration, T::DateTime) => T::DateTime,
        (Subtract, T::Date, T::Date) | (Subtract, T::DateTime, T::DateTime) => T::Duration,
        (Add | Subtract, T::Duration, T::Duration) => T::Duration,
        (Multiply, T::Duration, T::Int) | (Multiply, T::Int, T::Duration) => T::Duration,
        (Divide, T::Duration, T::Int) => T::Duration,
        _ => return None,
    })
}
