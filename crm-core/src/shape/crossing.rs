//! The types that cross to other languages.

use std::path::PathBuf;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use rust_decimal::Decimal;

use super::{Given, ObjectName, Out, Shape};
use crate::error::{Error, Result};
use crate::record::Record;
use crate::schema::{Draft, Object};
use crate::value::{Id, Money, Ref, Value, ValueRef};

/// What has a form in every language.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no form in the other languages",
    label = "an operation cannot take or return this",
    note = "declare it with `structure!` or `choices_of!`, or take one of the types of `shape/crossing.rs`"
)]
pub trait Shaped {
    /// Its form.
    const SHAPE: &'static Shape;
}

/// What an operation can return.
#[diagnostic::on_unimplemented(
    message = "an operation cannot return `{Self}`",
    label = "this cannot be written for a host",
    note = "declare it with `structure!` or `choices_of!`, or return one of the types of `shape/crossing.rs`"
)]
pub trait Told {
    /// Writes it.
    fn tell(&self, out: &mut dyn Out);
}

/// What an operation can take.
#[diagnostic::on_unimplemented(
    message = "an operation cannot take `{Self}`",
    label = "this cannot be read from a host",
    note = "a structure that is taken is declared without `out`"
)]
pub trait Asked: Shaped + Sized {
    /// Reads it from what a host gives.
    ///
    /// # Errors
    /// `Invalid` for what does not fit.
    fn of_given(given: Given) -> Result<Self>;

    /// What it is where nothing is given; `None` where something must be.
    fn absent() -> Option<Self> {
        None
    }
}

fn refused(given: &Given, what: &str) -> Error {
    let reason = format!("this takes {what}");
    match given {
        Given::One(value) => Error::invalid(value, reason),
        _ => Error::invalid("", reason),
    }
}

macro_rules! values {
    ($($ty:ty: $shape:ident $what:literal, |$it:ident| $tell:expr, $($value:pat => $read:expr),+;)*) => {$(
        impl Shaped for $ty {
            const SHAPE: &'static Shape = &Shape::$shape;
        }
        impl Told for $ty {
            fn tell(&self, out: &mut dyn Out) {
                let $it = self;
                out.value($tell);
            }
        }
        impl Asked for $ty {
            fn of_given(given: Given) -> Result<Self> {
                match given {
                    $(Given::One($value) => $read,)+
                    other => Err(refused(&other, $what)),
                }
            }
        }
    )*};
}

values! {
    bool: Bool "true or false", |it| ValueRef::Bool(*it), Value::Bool(value) => Ok(value);
    i64: Int "a whole number", |it| ValueRef::Int(*it), Value::Int(value) => Ok(value);
    u64: Int "a number from 0 on", |it| whole(*it), Value::Int(value) => unsigned(value);
    usize: Int "a number from 0 on", |it| whole(*it as u64), Value::Int(value) => unsigned(value);
    Decimal: Decimal "a number", |it| ValueRef::Decimal(*it), Value::Decimal(value) => Ok(value),
        Value::Int(value) => Ok(value.into()), Value::Text(text) => written(&text, "a number");
    Money: Money "an amount", |it| ValueRef::Money(*it), Value::Money(value) => Ok(value),
        Value::Text(text) => text.parse();
    String: Text "a text", |it| ValueRef::Text(it), Value::Text(value) => Ok(value);
    ObjectName: Object "the name of an object", |it| ValueRef::Text(it), Value::Text(value) => Ok(value.into());
    NaiveDate: Date "a date", |it| ValueRef::Date(*it), Value::Date(value) => Ok(value),
        Value::Text(text) => written(&text, "a date, as 2026-03-14");
    DateTime<Utc>: DateTime "a time", |it| ValueRef::DateTime(*it), Value::DateTime(value) => Ok(value),
        Value::Text(text) => written(&text, "a time, as 2026-03-14T09:30:00Z");
    TimeDelta: Duration "a length of time", |it| ValueRef::Duration(*it), Value::Duration(value) => Ok(value);
    Ref: ANY_REF "a reference", |it| ValueRef::Ref(*it), Value::Ref(value) => Ok(value);
}

impl Shape {
    /// A reference to a record of any object.
    const ANY_REF: Shape = Shape::Ref(&[]);
}

/// What people write for a value, where the argument takes one of another type.
fn written<T: std::str::FromStr>(text: &str, what: &str) -> Result<T> {
    let parsed = text.parse();
    parsed.map_err(|_| Error::invalid(text, format!("this takes {what}")))
}

fn whole(number: u64) -> ValueRef<'static> {
    ValueRef::Int(i64::try_from(number).unwrap_or(i64::MAX))
}

fn unsigned<N: TryFrom<i64>>(number: i64) -> Result<N> {
    N::try_from(number).map_err(|_| Error::invalid(number, "this is a number from 0 on"))
}

impl Shaped for PathBuf {
    const SHAPE: &'static Shape = &Shape::Path;
}

impl Asked for PathBuf {
    fn of_given(given: Given) -> Result<Self> {
        String::of_given(given).map(PathBuf::from)
    }
}

impl<O: Object> Shaped for Id<O> {
    const SHAPE: &'static Shape = &Shape::Ref(&[O::TYPE_NAME]);
}

impl<O: Object> Told for Id<O> {
    fn tell(&self, out: &mut dyn Out) {
        out.value(ValueRef::Ref(self.reference()));
    }
}

impl<O: Object> Asked for Id<O> {
    fn of_given(given: Given) -> Result<Self> {
        let reference = Ref::of_given(given)?;
        if reference.object != O::TYPE {
            let reason = format!("this takes a reference to a {}", O::TYPE_NAME);
            return Err(Error::invalid(reference.id, reason));
        }
        Ok(reference.id.of())
    }
}

impl Shaped for Value {
    const SHAPE: &'static Shape = &Shape::Value;
}

impl Told for Value {
    fn tell(&self, out: &mut dyn Out) {
        out.value(self.into());
    }
}

impl Shaped for Record {
    const SHAPE: &'static Shape = &Shape::Record;
}

impl Told for Record {
    fn tell(&self, out: &mut dyn Out) {
        out.record(self);
    }
}

impl<O: Object> Shaped for Draft<O> {
    const SHAPE: &'static Shape = &Shape::Draft(O::TYPE_NAME);
}

impl<O: Object> Asked for Draft<O> {
    fn of_given(given: Given) -> Result<Self> {
        match given {
            Given::Fields(fields) => Ok(Draft::of_fields(fields)),
            other => Err(refused(&other, "values for fields")),
        }
    }

    fn absent() -> Option<Self> {
        Some(Draft::new())
    }
}

impl Shaped for () {
    const SHAPE: &'static Shape = &Shape::Nothing;
}

impl Told for () {
    fn tell(&self, out: &mut dyn Out) {
        out.value(ValueRef::Null);
    }
}

impl<T: Shaped> Shaped for Option<T> {
    const SHAPE: &'static Shape = &Shape::Optional(T::SHAPE);
}

impl<T: Told> Told for Option<T> {
    fn tell(&self, out: &mut dyn Out) {
        match self {
            Some(value) => value.tell(out),
            None => out.value(ValueRef::Null),
        }
    }
}

impl<T: Asked> Asked for Option<T> {
    fn of_given(given: Given) -> Result<Self> {
        T::of_given(given).map(Some)
    }

    fn absent() -> Option<Self> {
        Some(None)
    }
}

impl<T: Shaped> Shaped for Vec<T> {
    const SHAPE: &'static Shape = &Shape::List(T::SHAPE);
}

impl<T: Told> Told for Vec<T> {
    fn tell(&self, out: &mut dyn Out) {
        out.begin_list(self.len());
        for one in self {
            one.tell(out);
        }
        out.end_list();
    }
}

impl<T: Asked> Asked for Vec<T> {
    fn of_given(given: Given) -> Result<Self> {
        match given {
            Given::Many(all) => all.into_iter().map(T::of_given).collect(),
            other => Err(refused(&other, "a list")),
        }
    }

    fn absent() -> Option<Self> {
        Some(Vec::new())
    }
}

impl<T: Shaped> Shaped for Arc<T> {
    const SHAPE: &'static Shape = T::SHAPE;
}

impl<T: Told> Told for Arc<T> {
    fn tell(&self, out: &mut dyn Out) {
        (**self).tell(out);
    }
}
