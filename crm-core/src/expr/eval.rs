//! Evaluation of the compiled tree over one record.

use super::arithmetic::{self, Overflow};
use super::budget::{BYTES_PER_STEP, Budget};
use super::compare;
use super::env::Env;
use super::functions;
use super::tree::{Arithmetic, Comparison, Loop, LoopKind, Node};
use crate::error::{Error, Result};
use crate::value::{Value, ValueRef, fold};

/// A value on its way: borrowed from the record or the expression where that is possible.
#[derive(Debug)]
pub(super) enum Val<'a> {
    Ref(ValueRef<'a>),
    Own(Value),
}

impl Val<'_> {
    pub(super) const NULL: Val<'static> = Val::Ref(ValueRef::Null);

    pub(super) fn get(&self) -> ValueRef<'_> {
        match self {
            Val::Ref(value) => *value,
            Val::Own(value) => value.as_value_ref(),
        }
    }
}

impl<T: Into<Value>> From<T> for Val<'_> {
    fn from(value: T) -> Self {
        Val::Own(value.into())
    }
}

/// The variables of the macros around a node, innermost first.
#[derive(Clone, Copy)]
pub(super) struct Scope<'s> {
    value: ValueRef<'s>,
    outer: Option<&'s Scope<'s>>,
}

/// One evaluation.
pub(super) struct Run<'s> {
    pub(super) env: &'s dyn Env,
    text: &'s str,
    pub(super) budget: &'s Budget,
}

impl<'s> Run<'s> {
    /// One that may use what is left of a budget.
    pub(super) fn within(budget: &'s Budget, env: &'s dyn Env, text: &'s str) -> Self {
        Run { env, text, budget }
    }

    /// Counts work whose amount depends on the record.
    #[inline]
    pub(super) fn step(&self, count: usize) -> Result<()> {
        self.budget.step(count)
    }

    /// The value, or a copy of it.
    pub(super) fn owned(&self, value: Val<'_>) -> Result<Value> {
        match value {
            Val::Own(value) => Ok(value),
            Val::Ref(value) => {
                self.budget.read(value)?;
                self.budget.hold(value.owned_bytes())?;
                Ok(value.to_value())
            }
        }
    }

    /// A value for which others were made, which are dropped now.
    pub(super) fn left_of(&self, held: usize, value: Val<'s>) -> Result<Val<'s>> {
        self.budget.give_back(held);
        if let Val::Own(value) = &value {
            self.budget.hold(value.as_value_ref().owned_bytes())?;
        }
        Ok(value)
    }

    /// A field of the record.
    #[inline]
    fn field(&self, field: u16) -> Result<ValueRef<'_>> {
        let value = self.env.field(field)?;
        self.budget.read(value)?;
        Ok(value)
    }

    /// A field before the change.
    fn old(&self, field: u16) -> Result<ValueRef<'_>> {
        let value = self.env.old(field)?;
        self.budget.read(value)?;
        Ok(value)
    }

    pub(super) fn overflow(&self) -> Error {
        Error::invalid(self.text, "a result is too large for its type")
    }

    fn outcome(&self, outcome: Result<Value, Overflow>) -> Result<Val<'s>> {
        match outcome {
            Ok(value) => Ok(Val::Own(value)),
            Err(Overflow) => Err(self.overflow()),
        }
    }

    /// The truth of a node; what is missing is false. All that is made for it is dropped.
    pub(super) fn test(&'s self, node: &'s Node, scope: Option<&'s Scope<'s>>) -> Result<bool> {
        let held = self.budget.held();
        let holds = self.holds(node, scope);
        self.budget.give_back(held);
        holds
    }

    fn holds(&'s self, node: &'s Node, scope: Option<&'s Scope<'s>>) -> Result<bool> {
        match node {
            Node::And(nodes) => {
                for node in nodes {
                    if !self.test(node, scope)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Node::Or(nodes) => {
                for node in nodes {
                    if self.test(node, scope)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Node::Not(node) => Ok(!self.test(node, scope)?),
            Node::IsNull(node) => Ok(self.eval(node, scope)?.get().is_null()),
            Node::Compare(comparison, pair) => {
                let [a, b] = &**pair;
                // What most filters are made of, without a place for values that are computed.
                if let (Node::Field(field), Node::Const(value)) = (a, b) {
                    let field = self.field(*field)?;
                    return compare::holds(self.budget, *comparison, field, value.as_value_ref());
                }
                let (a, b) = (self.eval(a, scope)?, self.eval(b, scope)?);
                compare::holds(self.budget, *comparison, a.get(), b.get())
            }
            Node::Field(field) => Ok(matches!(self.field(*field)?, ValueRef::Bool(true))),
            Node::In(equality, pair) => self.contained(*equality, pair, scope),
            Node::Changed(field) => Ok(self.field(*field)? != self.old(*field)?),
            Node::Matches(text, pattern) => {
                let text = self.eval(text, scope)?;
                let Some(text) = text.get().as_text() else {
                    return Ok(false);
                };
                let work = text.len().saturating_mul(pattern.work());
                self.step(work / BYTES_PER_STEP)?;
                pattern.is_match(text)
            }
            Node::Like(text, folded) => {
                let text = self.eval(text, scope)?;
                functions::like(self, text.get(), folded)
            }
            _ => Ok(matches!(
                self.eval(node, scope)?.get(),
                ValueRef::Bool(true)
            )),
        }
    }

    pub(super) fn eval(&'s self, node: &'s Node, scope: Option<&'s Scope<'s>>) -> Result<Val<'s>> {
        Ok(match node {
            Node::Const(value) => Val::Ref(value.as_value_ref()),
            Node::Field(field) => Val::Ref(self.field(*field)?),
            Node::Old(field) => Val::Ref(self.old(*field)?),
            Node::Local(level) => {
                let mut found = scope;
                for _ in 0..*level {
                    found = found.and_then(|scope| scope.outer);
                }
                found.map_or(Val::NULL, |scope| Val::Ref(scope.value))
            }
            Node::IsNew => self.env.is_new().into(),
            Node::Now => self.env.now().into(),
            Node::Today => self.env.time_zone().day(self.env.now()).into(),
            Node::Actor => self.env.actor().into(),
            Node::Part(parts, index) => match self.eval(parts, scope)? {
                Val::Ref(ValueRef::Parts(parts)) => match parts.get(*index) {
                    "" => Val::NULL,
                    part => Val::Ref(ValueRef::Text(part)),
                },
                Val::Own(Value::Parts(parts)) => match parts.get(*index) {
                    "" => Val::NULL,
                    part => part.into(),
                },
                _ => Val::NULL,
            },
            Node::Follow(reference, fields) => {
                let Some(target) = self.eval(reference, scope)?.get().as_ref() else {
                    return Ok(Val::NULL);
                };
                let field = fields
                    .iter()
                    .find(|(object, _)| *object == target.object || *object == 0);
                match field {
                    Some((_, field)) => {
                        let (value, read) = self.env.follow(target, *field)?;
                        self.step(1 + read / BYTES_PER_STEP)?;
                        self.budget.hold(value.as_value_ref().owned_bytes())?;
                        Val::Own(value)
                    }
                    None => Val::NULL,
                }
            }
            Node::If(branches) => {
                let [test, yes, no] = &**branches;
                let branch = if self.test(test, scope)? { yes } else { no };
                self.eval(branch, scope)?
            }
            Node::Negate(node) => {
                let value = self.eval(node, scope)?;
                self.outcome(arithmetic::negate(value.get()))?
            }
            Node::Arithmetic(operation, pair) => {
                let [a, b] = &**pair;
                let held = self.budget.held();
                let (a, b) = (self.eval(a, scope)?, self.eval(b, scope)?);
                let value = self.arithmetic(*operation, a.get(), b.get())?;
                self.left_of(held, value)?
            }
            Node::Index(pair) => {
                let [list, index] = &**pair;
                let (list, index) = (self.eval(list, scope)?, self.eval(index, scope)?);
                let (Some(list), Some(index)) = (list.get().as_list(), index.get().as_int()) else {
                    return Ok(Val::NULL);
                };
                self.step(list.len())?;
                let element = usize::try_from(index)
                    .ok()
                    .and_then(|at| list.iter().nth(at));
                Val::Own(self.owned(element.map_or(Val::NULL, Val::Ref))?)
            }
            Node::List(nodes) => {
                self.budget.hold(nodes.len() * size_of::<Value>())?;
                let values: Result<Vec<Value>> = nodes
                    .iter()
                    .map(|node| self.owned(self.eval(node, scope)?))
                    .collect();
                values?.into()
            }
            Node::Loop(each) => self.each(each, scope)?,
            Node::Call(function, args) => functions::call(self, *function, args, scope)?,
            Node::And(_)
            | Node::Or(_)
            | Node::Not(_)
            | Node::IsNull(_)
            | Node::Compare(..)
            | Node::In(..)
            | Node::Changed(_)
            | Node::Matches(..)
            | Node::Like(..) => self.test(node, scope)?.into(),
        })
    }

    fn arithmetic(
        &self,
        operation: Arithmetic,
        a: ValueRef<'_>,
        b: ValueRef<'_>,
    ) -> Result<Val<'s>> {
        match (a, b) {
            (ValueRef::Text(a), ValueRef::Text(b)) => {
                functions::check_length(self, a.len() + b.len())?;
                Ok(format!("{a}{b}").into())
            }
            (ValueRef::List(a), ValueRef::List(b)) => {
                self.step(a.len() + b.len())?;
                for list in [a, b] {
                    self.budget.read(ValueRef::List(list))?;
                    self.budget.hold(ValueRef::List(list).owned_bytes())?;
                }
                let values = a.iter().chain(b.iter()).map(ValueRef::to_value);
                Ok(values.collect::<Vec<_>>().into())
            }
            // A missing list is an empty one.
            (ValueRef::List(list), ValueRef::Null) | (ValueRef::Null, ValueRef::List(list)) => {
                self.step(list.len())?;
                Ok(self.owned(Val::Ref(ValueRef::List(list)))?.into())
            }
            (a, b) => match arithmetic::apply(operation, a, b) {
                Ok(value) => Ok(Val::Own(value)),
                Err(Overflow) => Err(self.overflow()),
            },
        }
    }

    fn contained(
        &'s self,
        equality: Comparison,
        pair: &'s [Node; 2],
        scope: Option<&'s Scope<'s>>,
    ) -> Result<bool> {
        let [value, list] = pair;
        let value = self.eval(value, scope)?;
        if value.get().is_null() {
            return Ok(false);
        }
        // A list that is written out is not built for each record.
        if let Node::List(nodes) = list {
            for node in nodes {
                let element = self.eval(node, scope)?;
                if compare::holds(self.budget, equality, value.get(), element.get())? {
                    return Ok(true);
                }
            }
            return Ok(false);
        }
        let list = self.eval(list, scope)?;
        let Some(list) = list.get().as_list() else {
            return Ok(false);
        };
        self.step(list.len())?;
        for element in list.iter() {
            if compare::holds(self.budget, equality, value.get(), element)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn each(&'s self, each: &'s Loop, scope: Option<&'s Scope<'s>>) -> Result<Val<'s>> {
        let held = self.budget.held();
        let list = self.eval(&each.list, scope)?;
        let mut found = 0_usize;
        let mut values = Vec::new();
        for value in list
            .get()
            .as_list()
            .into_iter()
            .flat_map(|list| list.iter())
        {
            self.step(each.steps)?;
            self.budget.read(value)?;
            let (holds, mapped) = self.element(
                each,
                &Scope {
                    value,
                    outer: scope,
                },
            )?;
            found += usize::from(holds);
            match each.kind {
                LoopKind::All if !holds => return self.left_of(held, false.into()),
                LoopKind::Exists if holds => return self.left_of(held, true.into()),
                LoopKind::Filter if holds => {
                    self.budget.hold(value.element_bytes())?;
                    values.push(value.to_value());
                }
                LoopKind::Map => {
                    if let Some(value) = mapped {
                        self.budget.hold(value.as_value_ref().element_bytes())?;
                        values.push(value);
                    }
                }
                _ => {}
            }
        }
        let value = match each.kind {
            LoopKind::All => true.into(),
            LoopKind::Exists => false.into(),
            LoopKind::ExistsOne => (found == 1).into(),
            LoopKind::Filter | LoopKind::Map => values.into(),
        };
        self.left_of(held, value)
    }

    /// Whether an element passes the condition, and what `map` makes of it, which is not counted yet.
    fn element<'i>(&'i self, each: &'i Loop, scope: &'i Scope<'i>) -> Result<(bool, Option<Value>)>
    where
        's: 'i,
    {
        if let Some(test) = &each.test
            && !self.test(test, Some(scope))?
        {
            return Ok((false, None));
        }
        let held = self.budget.held();
        let mapped = match &each.body {
            Some(body) => Some(self.owned(self.eval(body, Some(scope))?)?),
            None => None,
        };
        self.budget.give_back(held);
        Ok((true, mapped))
    }
}

/// The text in which `like` looks, folded.
pub(super) fn folded(value: ValueRef<'_>) -> Option<String> {
    match value {
        ValueRef::Text(text) => Some(fold(text).into_owned()),
        ValueRef::Parts(parts) => Some(fold(&parts.join(" ")).into_owned()),
        _ => None,
    }
}
