//! Values borrowed from a stored record or from an owned [`Value`].

use std::fmt;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use rust_decimal::Decimal;

use super::bytes::Damage;
use super::codec::{Encoded, EncodedList, EncodedTexts};
use super::{Money, PartialDate, Parts, Ref, Value};
use crate::error::Result;

/// The value of one field, borrowed: what rules, queries and views read.
///
/// It is `Copy` and owns nothing. A text points into the record's bytes; parts and lists are decoded as they
/// are walked. One that came from a record was checked whole when the record gave it out, so nothing that is
/// read from it later can fail.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum ValueRef<'a> {
    /// See [`Value::Null`].
    #[default]
    Null,
    /// See [`Value::Bool`].
    Bool(bool),
    /// See [`Value::Int`].
    Int(i64),
    /// See [`Value::Decimal`].
    Decimal(Decimal),
    /// See [`Value::Money`].
    Money(Money),
    /// See [`Value::Text`].
    Text(&'a str),
    /// See [`Value::Date`].
    Date(NaiveDate),
    /// See [`Value::PartialDate`].
    PartialDate(PartialDate),
    /// See [`Value::DateTime`].
    DateTime(DateTime<Utc>),
    /// See [`Value::Duration`].
    Duration(TimeDelta),
    /// See [`Value::Ref`].
    Ref(Ref),
    /// See [`Value::Parts`].
    Parts(PartsRef<'a>),
    /// See [`Value::List`].
    List(ListRef<'a>),
}

impl<'a> ValueRef<'a> {
    /// From the stored form of a value, checked whole.
    ///
    /// # Errors
    /// `Corrupt`.
    #[inline]
    pub(crate) fn decode(stored: Encoded<'a>) -> Result<Self> {
        Ok(stored.decode()?)
    }

    /// An owned copy.
    pub fn to_value(self) -> Value {
        match self {
            ValueRef::Null => Value::Null,
            ValueRef::Bool(value) => Value::Bool(value),
            ValueRef::Int(value) => Value::Int(value),
            ValueRef::Decimal(value) => Value::Decimal(value),
            ValueRef::Money(value) => Value::Money(value),
            ValueRef::Text(value) => Value::Text(value.to_owned()),
            ValueRef::Date(value) => Value::Date(value),
            ValueRef::PartialDate(value) => Value::PartialDate(value),
            ValueRef::DateTime(value) => Value::DateTime(value),
            ValueRef::Duration(value) => Value::Duration(value),
            ValueRef::Ref(value) => Value::Ref(value),
            ValueRef::Parts(value) => Value::Parts(value.to_parts()),
            ValueRef::List(value) => Value::List(value.iter().map(ValueRef::to_value).collect()),
        }
    }

    /// True for [`ValueRef::Null`].
    pub fn is_null(self) -> bool {
        matches!(self, ValueRef::Null)
    }

    /// The truth value, if this is one.
    pub fn as_bool(self) -> Option<bool> {
        match self {
            ValueRef::Bool(value) => Some(value),
            _ => None,
        }
    }

    /// The whole number, if this is one. A decimal is not, even without decimals.
    pub fn as_int(self) -> Option<i64> {
        match self {
            ValueRef::Int(value) => Some(value),
            _ => None,
        }
    }

    /// The number, if this is a decimal or a whole number.
    pub fn as_decimal(self) -> Option<Decimal> {
        match self {
            ValueRef::Int(value) => Some(value.into()),
            ValueRef::Decimal(value) => Some(value),
            _ => None,
        }
    }

    /// The amount, if this is one.
    pub fn as_money(self) -> Option<Money> {
        match self {
            ValueRef::Money(value) => Some(value),
            _ => None,
        }
    }

    /// The text, if this is one.
    pub fn as_text(self) -> Option<&'a str> {
        match self {
            ValueRef::Text(value) => Some(value),
            _ => None,
        }
    }

    /// The day, if this is one; also a partial date of which all is known.
    pub fn as_date(self) -> Option<NaiveDate> {
        match self {
            ValueRef::Date(value) => Some(value),
            ValueRef::PartialDate(value) => value.date(),
            _ => None,
        }
    }

    /// The partial date, if this is one; a day is one of which all is known.
    pub fn as_partial_date(self) -> Option<PartialDate> {
        match self {
            ValueRef::PartialDate(value) => Some(value),
            ValueRef::Date(value) => Some(value.into()),
            _ => None,
        }
    }

    /// The instant, if this is one.
    pub fn as_datetime(self) -> Option<DateTime<Utc>> {
        match self {
            ValueRef::DateTime(value) => Some(value),
            _ => None,
        }
    }

    /// The length of time, if this is one.
    pub fn as_duration(self) -> Option<TimeDelta> {
        match self {
            ValueRef::Duration(value) => Some(value),
            _ => None,
        }
    }

    /// The reference, if this is one.
    pub fn as_ref(self) -> Option<Ref> {
        match self {
            ValueRef::Ref(value) => Some(value),
            _ => None,
        }
    }

    /// The parts, if this has them.
    pub fn as_parts(self) -> Option<PartsRef<'a>> {
        match self {
            ValueRef::Parts(value) => Some(value),
            _ => None,
        }
    }

    /// The list, if this is one.
    pub fn as_list(self) -> Option<ListRef<'a>> {
        match self {
            ValueRef::List(value) => Some(value),
            _ => None,
        }
    }

    /// The memory that an owned copy takes beside the place in which it is, about.
    pub(crate) fn owned_bytes(self) -> usize {
        match self {
            ValueRef::Text(text) => text.len(),
            ValueRef::Parts(parts) => parts
                .iter()
                .map(|part| part.len() + size_of::<String>())
                .sum(),
            ValueRef::List(list) => list.iter().map(ValueRef::element_bytes).sum(),
            _ => 0,
        }
    }

    /// The memory that an owned copy takes as an element of a list, about.
    pub(crate) fn element_bytes(self) -> usize {
        size_of::<Value>() + self.owned_bytes()
    }

    /// How many bytes are looked at when it is walked, about.
    #[inline]
    pub(crate) fn walked_bytes(self) -> usize {
        match self {
            ValueRef::Text(text) => text.len(),
            ValueRef::Parts(parts) => parts.walked_bytes(),
            ValueRef::List(list) => list.walked_bytes(),
            _ => 0,
        }
    }

    /// The elements of a list; of any other value the value itself, and nothing for null.
    ///
    /// Indexes and filters treat a field of many values and a field of one alike.
    pub fn elements(self) -> impl Iterator<Item = ValueRef<'a>> {
        let (list, single) = match self {
            ValueRef::Null => (None, None),
            ValueRef::List(list) => (Some(list), None),
            other => (None, Some(other)),
        };
        list.into_iter().flat_map(ListRef::iter).chain(single)
    }
}

impl Value {
    /// The borrowed form.
    pub fn as_value_ref(&self) -> ValueRef<'_> {
        match self {
            Value::Null => ValueRef::Null,
            Value::Bool(value) => ValueRef::Bool(*value),
            Value::Int(value) => ValueRef::Int(*value),
            Value::Decimal(value) => ValueRef::Decimal(*value),
            Value::Money(value) => ValueRef::Money(*value),
            Value::Text(value) => ValueRef::Text(value),
            Value::Date(value) => ValueRef::Date(*value),
            Value::PartialDate(value) => ValueRef::PartialDate(*value),
            Value::DateTime(value) => ValueRef::DateTime(*value),
            Value::Duration(value) => ValueRef::Duration(*value),
            Value::Ref(value) => ValueRef::Ref(*value),
            Value::Parts(value) => ValueRef::Parts(value.into()),
            Value::List(value) => ValueRef::List(value.as_slice().into()),
        }
    }
}

impl<'a> From<&'a Value> for ValueRef<'a> {
    fn from(value: &'a Value) -> Self {
        value.as_value_ref()
    }
}

impl From<ValueRef<'_>> for Value {
    fn from(value: ValueRef<'_>) -> Self {
        value.to_value()
    }
}

/// What is walked: one or the other.
pub(super) enum Either<A, B> {
    Left(A),
    Right(B),
}

impl<A: Iterator, B: Iterator<Item = A::Item>> Iterator for Either<A, B> {
    type Item = A::Item;

    #[inline]
    fn next(&mut self) -> Option<A::Item> {
        match self {
            Either::Left(values) => values.next(),
            Either::Right(values) => values.next(),
        }
    }
}

/// Named parts, borrowed; see [`Parts`].
#[derive(Clone, Copy)]
pub struct PartsRef<'a>(PartsRepr<'a>);

#[derive(Clone, Copy)]
enum PartsRepr<'a> {
    Owned(&'a [String]),
    Encoded(EncodedTexts<'a>),
}

impl<'a> PartsRef<'a> {
    /// The part at a position of `part_names`, empty if it is not known.
    pub fn get(self, index: usize) -> &'a str {
        match self.0 {
            PartsRepr::Owned(parts) => parts.get(index).map(String::as_str),
            PartsRepr::Encoded(parts) => parts.iter().nth(index),
        }
        .unwrap_or_default()
    }

    /// The parts in order, without the empty ones at the end.
    pub fn iter(self) -> impl Iterator<Item = &'a str> {
        match self.0 {
            PartsRepr::Owned(parts) => Either::Left(parts.iter().map(String::as_str)),
            PartsRepr::Encoded(parts) => Either::Right(parts.iter()),
        }
    }

    /// How many parts there are, without the empty ones at the end.
    pub fn len(self) -> usize {
        match self.0 {
            PartsRepr::Owned(parts) => parts.len(),
            PartsRepr::Encoded(parts) => parts.iter().count(),
        }
    }

    /// True if no part is known.
    pub fn is_empty(self) -> bool {
        self.iter().next().is_none()
    }

    /// The parts that are known, with a separator between them.
    pub fn join(self, separator: &str) -> String {
        let mut joined = String::new();
        for part in self.iter().filter(|part| !part.is_empty()) {
            if !joined.is_empty() {
                joined.push_str(separator);
            }
            joined.push_str(part);
        }
        joined
    }

    /// An owned copy.
    pub fn to_parts(self) -> Parts {
        Parts::new(self.iter().map(str::to_owned).collect())
    }

    /// How many bytes are looked at when it is walked, about.
    pub(crate) fn walked_bytes(self) -> usize {
        match self.0 {
            PartsRepr::Owned(parts) => size_of_val(parts),
            PartsRepr::Encoded(parts) => parts.bytes(),
        }
    }

    pub(super) const fn encoded(parts: EncodedTexts<'a>) -> Self {
        PartsRef(PartsRepr::Encoded(parts))
    }

    /// Walks encoded parts, which are then known to be sound.
    pub(super) fn check(self) -> std::result::Result<(), Damage> {
        match self.0 {
            PartsRepr::Owned(_) => Ok(()),
            PartsRepr::Encoded(parts) => match parts.check()? {
                Some("") => Err(Damage("an empty part is kept at the end")),
                _ => Ok(()),
            },
        }
    }
}

impl<'a> From<&'a Parts> for PartsRef<'a> {
    fn from(parts: &'a Parts) -> Self {
        PartsRef(PartsRepr::Owned(parts.as_slice()))
    }
}

impl PartialEq for PartsRef<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl fmt::Debug for PartsRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// Several values, borrowed; see [`Value::List`].
#[derive(Clone, Copy)]
pub struct ListRef<'a>(ListRepr<'a>);

#[derive(Clone, Copy)]
enum ListRepr<'a> {
    Owned(&'a [Value]),
    Encoded(EncodedList<'a>),
    Texts(EncodedTexts<'a>),
}

impl<'a> ListRef<'a> {
    /// The elements in order.
    pub fn iter(self) -> impl Iterator<Item = ValueRef<'a>> {
        match self.0 {
            ListRepr::Owned(values) => Either::Left(values.iter().map(Value::as_value_ref)),
            ListRepr::Encoded(list) => Either::Right(Either::Left(list.iter())),
            ListRepr::Texts(texts) => {
                Either::Right(Either::Right(texts.iter().map(ValueRef::Text)))
            }
        }
    }

    /// How many elements there are.
    pub fn len(self) -> usize {
        match self.0 {
            ListRepr::Owned(values) => values.len(),
            ListRepr::Encoded(list) => list.iter().count(),
            ListRepr::Texts(texts) => texts.iter().count(),
        }
    }

    /// True if there are none.
    pub fn is_empty(self) -> bool {
        self.iter().next().is_none()
    }

    /// How many bytes are looked at when it is walked, about.
    pub(crate) fn walked_bytes(self) -> usize {
        match self.0 {
            ListRepr::Owned(values) => size_of_val(values),
            ListRepr::Encoded(list) => list.bytes(),
            ListRepr::Texts(texts) => texts.bytes(),
        }
    }

    pub(super) const fn encoded(list: EncodedList<'a>) -> Self {
        ListRef(ListRepr::Encoded(list))
    }

    pub(super) const fn texts(texts: EncodedTexts<'a>) -> Self {
        ListRef(ListRepr::Texts(texts))
    }

    /// Walks encoded elements, which are then known to be sound.
    pub(super) fn check(self) -> std::result::Result<(), Damage> {
        match self.0 {
            ListRepr::Owned(_) => Ok(()),
            ListRepr::Encoded(list) => list.check(),
            ListRepr::Texts(texts) => texts.check().map(drop),
        }
    }
}

impl<'a> From<&'a [Value]> for ListRef<'a> {
    fn from(values: &'a [Value]) -> Self {
        ListRef(ListRepr::Owned(values))
    }
}

impl PartialEq for ListRef<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl fmt::Debug for ListRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}
