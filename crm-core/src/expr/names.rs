//! Names: fields, parts, references, variables and what is built in.

use super::Followed;
use super::compile::{Compiler, Typed};
use super::functions::Function;
use super::syntax::{Kind, Syntax};
use super::tree::Node;
use super::types::Type;
use crate::error::{Detail, Error, Result, excerpt, listed, nearest};
use crate::limits;
use crate::schema::{FieldDef, ObjectDef, system};

const BUILT_IN: [&str; 6] = ["old", "is_new", "now", "today", "me", "actor"];

impl<'c> Compiler<'c> {
    pub(super) fn name(&mut self, at: usize, name: &str) -> Result<Typed<'c>> {
        let level = self.variables.iter().rev().position(|(n, ..)| n == name);
        if let Some(level) = level
            && let Some((_, ty, field)) = self.variables.iter().rev().nth(level)
        {
            return Ok(Typed::new(Node::Local(level), ty.clone(), at).with_field(*field));
        }
        if let Ok(field) = self.object.field_named(name) {
            self.reads.insert(field.id);
            let typed = Typed::new(Node::Field(field.id), Type::of(field), at);
            return Ok(typed.with_field(Some(field)));
        }
        if name == "old" {
            let reason = "`old` is the record before the change: write `old.` and a field";
            return Err(self.fault(at, reason));
        }
        self.built_in(at, name)
            .ok_or_else(|| self.unknown(at, self.object, name, true))
    }

    /// What is built in, which can be written as a name or as a call.
    pub(super) fn built_in(&self, at: usize, name: &str) -> Option<Typed<'c>> {
        let (node, ty) = match name {
            "is_new" => (Node::IsNew, Type::Bool),
            "now" => (Node::Now, Type::DateTime),
            "today" => (Node::Today, Type::Date),
            "me" | "actor" => (Node::Actor, Type::Ref),
            _ => return None,
        };
        Some(Typed::new(node, ty, at))
    }

    pub(super) fn select(&mut self, at: usize, operand: &Syntax, name: &str) -> Result<Typed<'c>> {
        if self.is_old(operand) {
            let field = self.field_of(at, self.object, name)?;
            self.reads.insert(field.id);
            let typed = Typed::new(Node::Old(field.id), Type::of(field), at);
            return Ok(typed.with_field(Some(field)));
        }
        let base = self.expression(operand)?;
        match (&base.ty, base.field) {
            (Type::Ref, _) => self.follow(at, base, name),
            (Type::Parts, Some(field)) => self.part(at, base.node, field, name),
            (Type::Money, _) => {
                let (function, ty) = match name {
                    "amount" => (Function::MoneyAmount, Type::Decimal),
                    "currency" => (Function::MoneyCurrency, Type::Text),
                    _ => return Err(self.fault(at, "money has `amount` and `currency`")),
                };
                Ok(Typed::new(Node::Call(function, vec![base.node]), ty, at))
            }
            (Type::List(_), _) => {
                let reason = format!(
                    "{}: use `exists`, `all`, `filter` or `map` on its elements",
                    base.describe()
                );
                Err(self.fault(at, reason))
            }
            _ => Err(self.fault(at, format!("{}, which has no `{name}`", base.describe()))),
        }
    }

    fn is_old(&self, syntax: &Syntax) -> bool {
        matches!(&syntax.kind, Kind::Name(name) if name == "old")
            && self.variables.iter().all(|(name, ..)| name != "old")
            && self.object.field_named("old").is_err()
    }

    fn part(&self, at: usize, base: Node, field: &FieldDef, name: &str) -> Result<Typed<'c>> {
        let names = field.ty.part_names();
        match names.iter().position(|part| *part == name) {
            Some(index) => Ok(Typed::new(
                Node::Part(Box::new(base), index),
                Type::Text,
                at,
            )),
            None => {
                let near = nearest(name, names.iter().copied());
                let hint = match near {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("it has `{}`", names.join("`, `")),
                };
                let reason = format!("`{}` has no part `{name}`; {hint}", field.name);
                Err(self.fault(at, reason))
            }
        }
    }

    fn follow(&mut self, at: usize, base: Typed<'c>, name: &str) -> Result<Typed<'c>> {
        let mut depth = 1;
        let mut inner = &base.node;
        while let Node::Follow(next, _) = inner {
            depth += 1;
            inner = next;
        }
        if depth > limits::EXPRESSION_FOLLOWS_MAX {
            let max = limits::EXPRESSION_FOLLOWS_MAX;
            return Err(self.fault(at, format!("more than {max} references in a row")));
        }
        let targets = self.targets(&base);
        let (first, fields) = if targets.is_empty() {
            let field = self.object.field_named(name).ok();
            let Some(field) = field.filter(|field| field.id >= system::FIRST) else {
                let reason = format!(
                    "{} to a record of any object, of which only `id`, `created_at` and the other system fields are known",
                    base.describe()
                );
                return Err(self.fault(at, reason));
            };
            (field, vec![(0, field.id)])
        } else {
            self.fields_of(at, &targets, name)?
        };
        let followed = fields.iter().map(|(object, field)| Followed {
            object: *object,
            field: *field,
        });
        self.follows.extend(followed);
        let node = Node::Follow(Box::new(base.node), fields.into_boxed_slice());
        Ok(Typed::new(node, Type::of(first), at).with_field(Some(first)))
    }

    /// The field of this name of each possible target; those that do not have it give null.
    fn fields_of(
        &self,
        at: usize,
        targets: &[&'c ObjectDef],
        name: &str,
    ) -> Result<(&'c FieldDef, Vec<(u16, u16)>)> {
        let mut first: Option<&'c FieldDef> = None;
        let mut fields = Vec::new();
        for target in targets {
            let Ok(field) = target.field_named(name) else {
                continue;
            };
            let known = *first.get_or_insert(field);
            if Type::of(known) != Type::of(field) || known.ty.part_names() != field.ty.part_names()
            {
                let reason = format!("`{name}` has different types in the objects referred to");
                return Err(self.fault(at, reason));
            }
            fields.push((target.id, field.id));
        }
        match (first, targets) {
            (Some(first), _) => Ok((first, fields)),
            (None, [target]) => Err(self.unknown(at, target, name, false)),
            (None, _) => {
                let names = targets.iter().map(|target| target.name.as_str());
                let (names, name) = (listed(names, "`", ", "), excerpt(name));
                Err(self.fault(at, format!("none of {names} has a field `{name}`")))
            }
        }
    }

    /// The objects that a reference can point to; empty if it can be any.
    pub(super) fn targets(&self, reference: &Typed<'c>) -> Vec<&'c ObjectDef> {
        let actor = || self.catalog.actors().into_iter().collect();
        match (&reference.node, reference.field) {
            (Node::Actor, _) => actor(),
            (_, Some(field))
                if field.id == system::CREATED_BY || field.id == system::UPDATED_BY =>
            {
                actor()
            }
            (_, Some(field)) => field
                .targets
                .iter()
                .filter_map(|name| self.catalog.object_named(name).ok())
                .collect(),
            (_, None) => Vec::new(),
        }
    }

    /// The record's own field that a name stands for, without reading its value.
    pub(super) fn own_field(&mut self, syntax: &Syntax) -> Result<&'c FieldDef> {
        match &syntax.kind {
            Kind::Name(name) => {
                let field = self.field_of(syntax.at, self.object, name)?;
                self.reads.insert(field.id);
                Ok(field)
            }
            _ => Err(self.fault(syntax.at, "this must be a field of the record")),
        }
    }

    fn field_of(&self, at: usize, object: &'c ObjectDef, name: &str) -> Result<&'c FieldDef> {
        object
            .field_named(name)
            .map_err(|_| self.unknown(at, object, name, false))
    }

    fn unknown(&self, at: usize, object: &ObjectDef, name: &str, all: bool) -> Error {
        let fields = object.live_fields().map(|field| field.name.as_str());
        let others: Vec<&str> = if all {
            let variables = self.variables.iter().map(|(name, ..)| name.as_str());
            variables.chain(BUILT_IN).collect()
        } else {
            Vec::new()
        };
        // The words of the error type itself, so that the same fault reads the same everywhere.
        let unknown = Detail::UnknownField {
            object: object.name.clone(),
            name: name.to_owned(),
            nearest: nearest(name, fields.chain(others)),
        };
        self.fault(at, unknown.to_string())
    }
}
