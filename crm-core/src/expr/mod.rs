//! The one expression language of the engine: filters, segments, conditions of rules, validation, formulas.
//!
//! It is [CEL](https://cel.dev), with money, dates, references and missing values as a CRM needs them. An
//! expression is parsed and checked against the schema once, and then evaluated over records without looking
//! at a name again.
//!
//! ```text
//! stage == "proposal" && amount > 10000 && close_date < today() + days(30)
//! owner == me && !has(next_step)
//! company.industry in ["software", "media"] && tags.exists(t, t.name == "vip")
//! changed(stage) && old.stage == "won"
//! amount * probability / 100
//! ```
//!
//! # Names
//!
//! | written | means |
//! |---|---|
//! | `email` | a field of the record, standard, custom or of the system (`id`, `created_at`, …) |
//! | `name.family`, `address.city` | a part; null where it is empty |
//! | `amount.amount`, `amount.currency` | the number and the code of money |
//! | `stage.name`, `company.owner.email` | a field of the record referred to, up to 4 references away; null if that record is gone. A reference that may point to any object has the system fields only |
//! | `old.stage` | the value before the change; null where there is none |
//! | `changed(stage)`, `is_new` | about the change |
//! | `now`, `now()` | the time of the transaction |
//! | `today()` | the day that it is, in the organisation's time zone |
//! | `me`, `actor` | the one who acts; null for the system |
//!
//! # Missing values
//!
//! An expression never fails on a half-filled record. Null is equal to null only.
//!
//! | with null | gives |
//! |---|---|
//! | `a == null`, `!has(a)` | true |
//! | `a == 5` | false |
//! | `a != 5` | true: it differs |
//! | `a < 5`, `<=`, `>`, `>=`; `a in […]`; `a.contains("x")` and the like | false |
//! | `!a`, `a && b`, `a \|\| b`, `a ? b : c` | as if `a` were false |
//! | arithmetic, most functions | null |
//! | `size(a)`; macros over a list | 0; as over an empty list |
//! | `min`, `max` | the other values |
//!
//! # Values
//!
//! | type | rules |
//! |---|---|
//! | numbers | Whole numbers and decimals mix and are exact. Two whole numbers divide to a whole number, towards zero (CEL's rule): `7 / 2 == 3`, `7 / 2.0 == 3.5`. Division by zero gives null. An overflow is an error. A percentage is the number before the sign |
//! | money | Compared with a plain number, it is its amount that counts. Amounts of different currencies are neither equal nor ordered. Money × or ÷ a number is money, rounded half to even to the currency; `+` and `-` of different currencies give null; money ÷ money is a number, null for different currencies |
//! | text | `==` is exact, but of e-mail addresses, whose case does not matter; a URL, and a phone number with its country code, may be written in any form; text in an expression is read in the form in which it is stored ([`text`](crate::value::normalise::text)); `<` is the order of sorting. `like(a, "jose")` finds José: it ignores case and accents |
//! | choice | compared with a key; a key that the field does not have is refused when the expression is compiled |
//! | reference | compared with another one, with `me`, or with an id as text |
//! | date | `close_date < "2024-01-31"`: text in ISO form is read when the expression is compiled. Date ± duration counts whole days, up to the year 9999; date − date is a duration. Compared with a date-time a date is its first instant in the organisation's time zone |
//! | partial date | ordered only when all of it is known; equal when the same is known |
//! | date-time | `created_at > "2024-01-31T12:00:00Z"`; without an offset in the organisation's time zone |
//! | duration | `"36h"`, `"1h30m"`, `"P7D"`, `"PT15M"`, as [`duration`](crate::value::normalise::duration) reads it |
//! | list | `x in tags`, `tags[0]`, `tags.exists(t, …)`, `all`, `exists_one`, `filter`, `map`, `size` |
//!
//! # Bounds
//!
//! One evaluation takes so many steps ([`EXPRESSION_STEPS_MAX`](crate::limits::EXPRESSION_STEPS_MAX)) and holds so many
//! bytes of values ([`EXPRESSION_BYTES_MAX`](crate::limits::EXPRESSION_BYTES_MAX)) at the most; beyond them it is an
//! error, `Limit`. Elements of lists count, followed records, and texts by their bytes: macros inside macros over long
//! lists reach a bound, what people write for a record does not come near it.
//!
//! # Functions
//!
//! A function can be called either way: `size(tags)` or `tags.size()`.
//!
//! | | |
//! |---|---|
//! | any | `has(a)`, `coalesce(a, b, …)`, `string(a)` |
//! | text | `contains`, `startsWith`, `endsWith`, `matches` (regular expression, found anywhere), `like`, `lower`, `upper`, `trim`, `replace(a, from, to)`, `split(a, separator)`, `size` |
//! | numbers | `min`, `max` (of values or of one list), `abs`, `round(a)`, `round(a, digits)` (half away from zero), `int`, `decimal` or `double`, `money(a, "EUR")` |
//! | days | `date(a)`, `today()`, `year`, `month`, `day`, `weekday` (1 Monday to 7 Sunday); of a date-time in the organisation's time zone |
//! | instants | `timestamp(a)`, and CEL's `getFullYear`, `getMonth` (from 0), `getDate` (from 1), `getDayOfMonth` (from 0), `getDayOfWeek` (0 is Sunday), `getDayOfYear` (from 0), `getHours`, `getMinutes`, `getSeconds`, `getMilliseconds`: in UTC, or in the zone given, as in `getHours(created_at, "Europe/Berlin")` |
//! | durations | `duration(a)`, `days(n)`, `hours(n)`, `minutes(n)`; `getHours` … `getMilliseconds` of the whole |

mod arithmetic;
mod budget;
mod calls;
mod compare;
mod compile;
mod constraint;
mod env;
mod eval;
mod functions;
mod literal;
mod names;
mod operators;
mod part;
mod pattern;
mod slip;
mod syntax;
mod tree;
mod types;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use chrono::DateTime;

use budget::Budget;
use compile::Compiler;
pub use constraint::{Constraint, Test};
pub use env::{Ambient, Env};
use eval::Run;
pub(crate) use part::{Condition, Part};
use tree::Node;
pub use types::Type;

use crate::error::Result;
use crate::schema::{Catalog, ObjectDef};
use crate::value::{Value, Zone};

/// A compiled expression. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Expr(Arc<Compiled>);

#[derive(Debug)]
struct Compiled {
    text: String,
    root: Node,
    ty: Type,
    reads: Vec<u16>,
    follows: Vec<Followed>,
    candidates: Vec<constraint::Candidate>,
    pattern_bytes: usize,
}

/// A field of another record that an expression reads through a reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Followed {
    /// The object of that record; 0 if it can be any.
    pub object: u16,
    /// The field.
    pub field: u16,
}

impl Expr {
    /// Parses an expression and checks it against the fields of an object.
    ///
    /// # Errors
    /// `Expression`, with line and column, for what does not parse, for names that do not exist (with the
    /// nearest one) and for types that do not fit; `Limit` for what is too long or too deep.
    pub fn compile(text: &str, catalog: &Catalog, object: &ObjectDef) -> Result<Expr> {
        let syntax = syntax::parse(text)?;
        let mut compiler = Compiler::new(text, catalog, object);
        let typed = compiler.expression(&syntax)?;
        let pattern_bytes = compiler.pattern_bytes;
        let (reads, follows) = compiler.into_reads();
        Ok(Expr(Arc::new(Compiled {
            text: text.to_owned(),
            candidates: constraint::candidates(&typed.node, catalog, object),
            root: typed.node,
            ty: typed.ty,
            reads,
            follows,
            pattern_bytes,
        })))
    }

    /// As [`Expr::compile`], for an expression that must be true or false.
    ///
    /// # Errors
    /// As [`Expr::compile`], and `Expression` for another type.
    pub fn compile_filter(text: &str, catalog: &Catalog, object: &ObjectDef) -> Result<Expr> {
        let expr = Expr::compile(text, catalog, object)?;
        if matches!(expr.0.ty, Type::Bool | Type::Null) {
            return Ok(expr);
        }
        let reason = format!("a filter must be true or false; this is {}", expr.0.ty);
        Err(syntax::fault(text, 0, reason))
    }

    /// The expression as it was written.
    pub fn text(&self) -> &str {
        &self.0.text
    }

    /// The value for one record.
    ///
    /// # Errors
    /// `Invalid`, with the expression's text, when a number or a date gets too large; `Limit` when the
    /// evaluation takes too much work or memory; what the environment returns.
    pub fn eval(&self, env: &dyn Env) -> Result<Value> {
        let budget = Budget::default();
        let run = Run::within(&budget, env, &self.0.text);
        run.owned(run.eval(&self.0.root, None)?)
    }

    /// True if the value for a record is true; false if it is false, missing or not a truth value.
    ///
    /// # Errors
    /// As [`Expr::eval`].
    pub fn matches(&self, env: &dyn Env) -> Result<bool> {
        let budget = Budget::default();
        Run::within(&budget, env, &self.0.text).test(&self.0.root, None)
    }

    /// The parts of which it is made, as a filter.
    pub(crate) fn parts(&self) -> Part<'_> {
        Part::of(&self.0.root, &self.0.text)
    }

    /// The type of the value.
    pub fn result_type(&self) -> &Type {
        &self.0.ty
    }

    /// True if the value follows from the stored record alone: not from other records, the state before a
    /// change, the time, the time zone or the actor.
    pub fn is_pure(&self) -> bool {
        self.0.root.is_pure()
    }

    /// The record's own fields that it reads, now or before the change, in order.
    pub fn reads(&self) -> &[u16] {
        &self.0.reads
    }

    /// The memory that its regular expressions take, about, once they are needed.
    pub(crate) fn pattern_bytes(&self) -> usize {
        self.0.pattern_bytes
    }

    /// The fields of other records that it reads, in order.
    pub fn follows(&self) -> &[Followed] {
        &self.0.follows
    }

    /// What every matching record satisfies and an index could answer: the `&&`-ed comparisons of a field
    /// with something that is the same for all records. What is relative to the time or to the actor is
    /// resolved for the ones given.
    ///
    /// The list is sound and not complete: a record that satisfies all of it need not match.
    ///
    /// # Errors
    /// As [`Expr::eval`].
    pub fn constraints(&self, ambient: &Ambient) -> Result<Vec<Constraint>> {
        let budget = Budget::default();
        let run = Run::within(&budget, ambient, &self.0.text);
        constraint::resolve(&self.0.candidates, &run)
    }

    /// The constraints that hold at any time and for every actor, and stand before everything that could fail: the
    /// expression is false, and no error, for a record that does not satisfy one of them.
    ///
    /// # Errors
    /// As [`Expr::eval`].
    pub(crate) fn fixed_constraints(&self) -> Result<Vec<Constraint>> {
        let nobody = Ambient {
            now: DateTime::UNIX_EPOCH,
            time_zone: Zone::UTC,
            actor: None,
        };
        let budget = Budget::default();
        let run = Run::within(&budget, &nobody, &self.0.text);
        let fixed = self.0.candidates.iter().filter(|one| one.is_fixed());
        constraint::resolve(fixed, &run)
    }
}
