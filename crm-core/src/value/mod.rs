//! What a field can hold: [`Value`] owned, [`ValueRef`] borrowed from a stored record.

mod bytes;
mod codec;
mod json;
mod key;
pub mod normalise;
mod order;
mod record;
pub(crate) mod spell;
mod text;
mod types;
mod value_ref;
mod zone;

pub(crate) use codec::Encoded;
pub use json::{JsonNames, to_json};
pub use key::{KeyBuilder, KeyReader};
pub use normalise::ReadOptions;
pub use order::{compare, fold};
pub use record::{CheckedRecord, RecordBuf, RecordRef};
pub(crate) use record::{Opened, open, places};
pub use types::{Any, Currency, Id, Money, PartialDate, Parts, Ref};
pub use value_ref::{ListRef, PartsRef, ValueRef};
pub use zone::Zone;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use rust_decimal::Decimal;

/// The value of one field.
///
/// E-mail addresses, phone numbers, URLs and choices are [`Value::Text`] in their normal form: the field's
/// type says which; see [`FieldType`](crate::schema::FieldType).
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Value {
    /// Nothing is known. Equal to null only, ordered before everything.
    #[default]
    Null,
    /// True or false.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// An exact decimal number; a percentage is the number before the sign (12.5 % is 12.5).
    Decimal(Decimal),
    /// An exact amount in a currency.
    Money(Money),
    /// Text, and everything that is text with a form of its own.
    Text(String),
    /// A day of the calendar; it has no time zone and is never converted.
    Date(NaiveDate),
    /// A date of which the year may be unknown: a birthday.
    PartialDate(PartialDate),
    /// An instant, with microseconds.
    DateTime(DateTime<Utc>),
    /// A length of time, with milliseconds.
    Duration(TimeDelta),
    /// A reference to a record.
    Ref(Ref),
    /// Named parts of an address or a person's name.
    Parts(Parts),
    /// Several values of one type, in the order given.
    List(Vec<Value>),
}

impl Value {
    /// True for [`Value::Null`].
    pub fn is_null(&self) -> bool {
        matches!(self, Value::Null)
    }
}

macro_rules! from_impls {
    ($($from:ty => $variant:ident,)*) => {
        $(impl From<$from> for Value {
            fn from(value: $from) -> Self {
                Value::$variant(value.into())
            }
        })*
    };
}

from_impls! {
    bool => Bool,
    i64 => Int,
    i32 => Int,
    u32 => Int,
    Decimal => Decimal,
    Money => Money,
    String => Text,
    &str => Text,
    NaiveDate => Date,
    PartialDate => PartialDate,
    DateTime<Utc> => DateTime,
    TimeDelta => Duration,
    Ref => Ref,
    Parts => Parts,
    Vec<Value> => List,
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Value::Null, Into::into)
    }
}
