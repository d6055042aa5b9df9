//! Checks a syntax tree against the schema and compiles it. Names are in `names`, operators in `operators`,
//! functions and macros in `calls`.

use std::collections::BTreeSet;

use chrono::DateTime;

use super::budget::Budget;
use super::env::Ambient;
use super::eval::Run;
use super::functions::Function;
use super::syntax::{Kind, Syntax, fault};
use super::tree::{Depends, Node};
use super::types::Type;
use super::{Followed, literal};
use crate::error::{Error, Result, excerpt, listed, nearest};
use crate::schema::{Catalog, FieldDef, FieldType, ObjectDef, system};
use crate::value::{Id, PartialDate, Ref, Value, Zone, normalise};

pub(super) struct Compiler<'c> {
    pub(super) text: &'c str,
    pub(super) catalog: &'c Catalog,
    pub(super) object: &'c ObjectDef,
    /// The variables of the macros around, innermost last.
    pub(super) variables: Vec<(String, Type, Option<&'c FieldDef>)>,
    pub(super) reads: BTreeSet<u16>,
    pub(super) follows: BTreeSet<Followed>,
    /// The memory that the patterns take so far, compiled.
    pub(super) pattern_bytes: usize,
    /// What computing the constants has taken so far.
    constants: Budget,
}

/// A compiled node with what is known about its value.
#[derive(Debug, Clone)]
pub(super) struct Typed<'c> {
    pub(super) node: Node,
    pub(super) ty: Type,
    /// The field that the value, or each element of the list, comes from: it knows choices and targets.
    pub(super) field: Option<&'c FieldDef>,
    pub(super) at: usize,
}

impl<'c> Typed<'c> {
    pub(super) fn new(node: Node, ty: Type, at: usize) -> Self {
        Typed {
            node,
            ty,
            field: None,
            at,
        }
    }

    pub(super) fn with_field(mut self, field: Option<&'c FieldDef>) -> Self {
        self.field = field;
        self
    }

    /// True for an e-mail address, or a list of them.
    pub(super) fn is_email(&self) -> bool {
        self.field.is_some_and(|field| field.ty == FieldType::Email)
    }

    /// The text of a literal.
    pub(super) fn literal(&self) -> Option<&str> {
        match &self.node {
            Node::Const(Value::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// How messages speak of it: `` `amount` is money``.
    pub(super) fn describe(&self) -> String {
        match (&self.node, self.field) {
            (Node::Field(_) | Node::Old(_) | Node::Follow(..), Some(field)) => {
                format!("`{}` is {}", field.name, self.ty)
            }
            (Node::Const(value), _) if !value.is_null() => {
                format!("`{}` is {}", excerpt(&value.to_string()), self.ty)
            }
            _ => format!("this is {}", self.ty),
        }
    }
}

impl<'c> Compiler<'c> {
    pub(super) fn new(text: &'c str, catalog: &'c Catalog, object: &'c ObjectDef) -> Self {
        Compiler {
            text,
            catalog,
            object,
            variables: Vec::new(),
            reads: BTreeSet::new(),
            follows: BTreeSet::new(),
            pattern_bytes: 0,
            constants: Budget::default(),
        }
    }

    pub(super) fn into_reads(self) -> (Vec<u16>, Vec<Followed>) {
        let reads = self.reads.into_iter().collect();
        (reads, self.follows.into_iter().collect())
    }

    pub(super) fn fault(&self, at: usize, reason: impl Into<String>) -> Error {
        fault(self.text, at, reason)
    }

    pub(super) fn expression(&mut self, syntax: &Syntax) -> Result<Typed<'c>> {
        let at = syntax.at;
        let constant = |value, ty| Typed::new(Node::Const(value), ty, at);
        let typed = match &syntax.kind {
            Kind::Null => constant(Value::Null, Type::Null),
            Kind::Bool(value) => constant(Value::Bool(*value), Type::Bool),
            Kind::Int(value) => constant(Value::Int(*value), Type::Int),
            Kind::Decimal(value) => constant(Value::Decimal(*value), Type::Decimal),
            Kind::Text(value) => constant(Value::Text(value.clone()), Type::Text),
            Kind::Name(name) => self.name(at, name)?,
            Kind::Select(operand, name) => self.select(at, operand, name)?,
            Kind::List(elements) => {
                let elements: Result<Vec<_>> =
                    elements.iter().map(|e| self.expression(e)).collect();
                self.list(at, elements?)?
            }
            Kind::And(operands) => {
                let nodes = self.conditions(operands)?;
                Typed::new(Node::And(nodes), Type::Bool, at)
            }
            Kind::Or(operands) => {
                let nodes = self.conditions(operands)?;
                Typed::new(Node::Or(nodes), Type::Bool, at)
            }
            Kind::Not(operand) => {
                let node = match self.condition(operand)? {
                    // `!has(a)` is `a == null`, which an index can answer.
                    Node::Not(inner) if matches!(*inner, Node::IsNull(_)) => *inner,
                    node => Node::Not(Box::new(node)),
                };
                Typed::new(node, Type::Bool, at)
            }
            Kind::Negate(operand) => self.negate(at, operand)?,
            Kind::If(branches) => self.conditional(at, branches)?,
            Kind::Binary(operator, operands) => self.binary(at, *operator, operands)?,
            Kind::Call { name, args } => self.call(at, name, args)?,
        };
        self.folded(typed)
    }

    fn conditions(&mut self, operands: &[Syntax]) -> Result<Vec<Node>> {
        operands.iter().map(|o| self.condition(o)).collect()
    }

    /// A node that must be true or false.
    pub(super) fn condition(&mut self, syntax: &Syntax) -> Result<Node> {
        let typed = self.expression(syntax)?;
        match typed.ty {
            Type::Bool | Type::Null => Ok(typed.node),
            _ => {
                let what = typed.describe();
                let reason =
                    format!("{what}, and must be true or false; compare it, as in `… != null`");
                Err(self.fault(typed.at, reason))
            }
        }
    }

    fn conditional(&mut self, at: usize, branches: &[Syntax; 3]) -> Result<Typed<'c>> {
        let [test, yes, no] = branches;
        let test = self.condition(test)?;
        let (yes, no) = (self.expression(yes)?, self.expression(no)?);
        let (ty, mut branches) = self.joined(vec![yes, no])?;
        let field = common_field(&branches);
        match (branches.pop(), branches.pop()) {
            (Some(no), Some(yes)) => {
                let nodes = Box::new([test, yes.node, no.node]);
                Ok(Typed::new(Node::If(nodes), ty, at).with_field(field))
            }
            _ => Err(self.fault(at, "a branch is missing")),
        }
    }

    fn list(&mut self, at: usize, elements: Vec<Typed<'c>>) -> Result<Typed<'c>> {
        let (ty, elements) = self.joined(elements)?;
        let field = common_field(&elements);
        let nodes = elements.into_iter().map(|element| element.node).collect();
        Ok(Typed::new(Node::List(nodes), Type::List(Box::new(ty)), at).with_field(field))
    }

    /// Gives alternatives one type: whole numbers become decimals where one of them is a decimal.
    pub(super) fn joined(&self, alternatives: Vec<Typed<'c>>) -> Result<(Type, Vec<Typed<'c>>)> {
        let mut ty = Type::Null;
        for alternative in &alternatives {
            ty = ty.join(&alternative.ty).ok_or_else(|| {
                let what = alternative.describe();
                self.fault(
                    alternative.at,
                    format!("{what} and the value before it is {ty}"),
                )
            })?;
        }
        let convert = |typed: Typed<'c>| match (&ty, &typed.ty) {
            (Type::Decimal, Type::Int) => self.folded(decimal(typed)),
            _ => Ok(typed),
        };
        let alternatives: Result<Vec<_>> = alternatives.into_iter().map(convert).collect();
        Ok((ty, alternatives?))
    }

    /// Computes what does not depend on the record or the moment.
    pub(super) fn folded(&self, mut typed: Typed<'c>) -> Result<Typed<'c>> {
        if matches!(typed.node, Node::Const(_)) || typed.node.depends() != Depends::Nothing {
            return Ok(typed);
        }
        let ambient = Ambient {
            now: DateTime::UNIX_EPOCH,
            time_zone: Zone::UTC,
            actor: None,
        };
        let run = Run::within(&self.constants, &ambient, self.text);
        let value = run.owned(run.eval(&typed.node, None)?)?;
        typed.node = Node::Const(value);
        Ok(typed)
    }

    /// Reads a literal as the type of what it is compared with.
    pub(super) fn fit(
        &self,
        typed: Typed<'c>,
        ty: &Type,
        field: Option<&'c FieldDef>,
    ) -> Result<Typed<'c>> {
        if let (Type::Decimal, Type::Int, Node::Const(_)) = (ty, &typed.ty, &typed.node) {
            return self.folded(decimal(typed));
        }
        if let (Type::DateTime, Type::Date) = (ty, &typed.ty) {
            let node = Node::Call(Function::StartOfDay, vec![typed.node]);
            return Ok(Typed::new(node, Type::DateTime, typed.at));
        }
        let Some(text) = typed.literal() else {
            return Ok(typed);
        };
        let (at, text) = (typed.at, text.to_owned());
        let wrong = |what: &str, example: &str| {
            let text = excerpt(&text);
            self.fault(at, format!("`{text}` is not {what}, such as `{example}`"))
        };
        let constant = |value: Value| Ok(Typed::new(Node::Const(value), ty.clone(), at));
        match ty {
            Type::Date => match literal::date(&text) {
                Some(date) => constant(date.into()),
                None => Err(wrong("a date", "2024-01-31")),
            },
            Type::PartialDate => match text.parse::<PartialDate>() {
                Ok(date) => constant(date.into()),
                Err(_) => Err(wrong("a partial date", "1980-05-17` or `--05-17")),
            },
            Type::Duration => match literal::duration(&text) {
                Some(duration) => constant(duration.into()),
                None => Err(wrong("a duration", "36h` or `P7D")),
            },
            Type::DateTime => match (literal::instant(&text), literal::date(&text)) {
                (Some(at), _) => constant(at.into()),
                (None, Some(date)) => {
                    let day = Typed::new(Node::Const(date.into()), Type::Date, at);
                    self.fit(day, ty, field)
                }
                (None, None) if literal::is_instant(&text) => {
                    let node = Node::Call(Function::ToInstant, vec![typed.node]);
                    Ok(Typed::new(node, Type::DateTime, at))
                }
                _ => Err(wrong("a date-time", "2024-01-31T12:00:00Z")),
            },
            Type::Ref => match text.parse::<Id>() {
                Ok(id) => constant(Ref { object: 0, id }.into()),
                Err(_) => Err(wrong("an id", "01890a5d-ac96-774b-bcce-b302099a8057")),
            },
            Type::Text => {
                self.check_choice(at, &text, field)?;
                match field {
                    Some(field) if field.id == system::ID => match text.parse::<Id>() {
                        Ok(id) => constant(id.to_string().into()),
                        Err(_) => Err(wrong("an id", "01890a5d-ac96-774b-bcce-b302099a8057")),
                    },
                    // Written otherwise than it is stored. What is no address or number, such as a part of one, is
                    // compared as it is.
                    Some(field) => match stored_form(field.ty, &text) {
                        Some(stored) => constant(stored.into()),
                        None => Ok(typed),
                    },
                    _ => Ok(typed),
                }
            }
            _ => Ok(typed),
        }
    }

    fn check_choice(&self, at: usize, key: &str, field: Option<&FieldDef>) -> Result<()> {
        let Some(field) = field.filter(|f| f.ty == FieldType::Choice && !f.open_choices) else {
            return Ok(());
        };
        let keys = || field.choices.iter().map(|choice| choice.key.as_str());
        if field.choices.is_empty() || keys().any(|known| known == key) {
            return Ok(());
        }
        let hint = match nearest(key, keys()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("it has {}", listed(keys(), "`", ", ")),
        };
        let key = excerpt(key);
        Err(self.fault(
            at,
            format!("`{}` has no choice `{key}`; {hint}", field.name),
        ))
    }
}

fn decimal(typed: Typed<'_>) -> Typed<'_> {
    let node = Node::Call(Function::ToDecimal, vec![typed.node]);
    Typed::new(node, Type::Decimal, typed.at)
}

/// The field that all alternatives come from; null comes from every field.
pub(super) fn common_field<'c>(alternatives: &[Typed<'c>]) -> Option<&'c FieldDef> {
    let mut fields = alternatives
        .iter()
        .filter(|typed| typed.ty != Type::Null)
        .map(|typed| typed.field);
    let first = fields.next()??;
    fields
        .all(|field| field.is_some_and(|field| std::ptr::eq(field, first)))
        .then_some(first)
}

/// The form in which a field of a type stores a text, where people write it in several.
fn stored_form(ty: FieldType, text: &str) -> Option<String> {
    match ty {
        FieldType::Email => normalise::email(text).ok(),
        FieldType::Url => normalise::url(text).ok(),
        // With its country code it is the same in every region.
        FieldType::Phone if text.trim_start().starts_with('+') => normalise::phone(text, "US").ok(),
        _ => None,
    }
}
