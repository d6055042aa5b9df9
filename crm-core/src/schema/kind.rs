//! The types of declared fields: each joins a [`FieldType`] to the Rust types that drafts take and views give.

use std::marker::PhantomData;

use chrono::{NaiveDate, TimeDelta, Utc};
use rust_decimal::Decimal as Number;

use super::field::{FieldDef, FieldType};
use crate::schema::Object;
use crate::value::{Id, Parts, Ref, Value, ValueRef};

/// The type of a declared field.
pub trait Kind {
    /// What a draft takes.
    type Owned;
    /// What a view gives.
    type View<'a>;

    /// Gives a field this type.
    fn apply(field: FieldDef) -> FieldDef;
    /// The stored form of what a draft takes.
    fn value(owned: Self::Owned) -> Value;
    /// The typed form of what is stored; `None` where nothing is.
    fn view(value: ValueRef<'_>) -> Option<Self::View<'_>>;
    /// What a draft would take for what is stored; `None` where nothing is.
    fn owned(value: Value) -> Option<Self::Owned>;
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident: $owned:ty => $view:ty, $read:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Debug)]
        pub enum $kind {}

        impl Kind for $kind {
            type Owned = $owned;
            type View<'a> = $view;

            fn apply(mut field: FieldDef) -> FieldDef {
                field.ty = FieldType::$kind;
                field
            }

            fn value(owned: $owned) -> Value {
                owned.into()
            }

            fn view<'a>(value: ValueRef<'a>) -> Option<$view> {
                ($read)(value)
            }

            fn owned(value: Value) -> Option<$owned> {
                Self::view(ValueRef::from(&value)).map(Into::into)
            }
        }
    )*};
}

kinds! {
    /// One line of text.
    Text: String => &'a str, ValueRef::as_text;
    /// Text of several lines.
    LongText: String => &'a str, ValueRef::as_text;
    /// A whole number.
    Integer: i64 => i64, ValueRef::as_int;
    /// An exact decimal number.
    Decimal: Number => Number, ValueRef::as_decimal;
    /// A percentage, as the number before the sign.
    Percent: Number => Number, ValueRef::as_decimal;
    /// An amount in a currency.
    Money: crate::value::Money => crate::value::Money, ValueRef::as_money;
    /// True or false.
    Boolean: bool => bool, ValueRef::as_bool;
    /// A calendar date.
    Date: NaiveDate => NaiveDate, ValueRef::as_date;
    /// A date that may lack its year.
    PartialDate: crate::value::PartialDate => crate::value::PartialDate, ValueRef::as_partial_date;
    /// An instant.
    DateTime: chrono::DateTime<Utc> => chrono::DateTime<Utc>, ValueRef::as_datetime;
    /// A length of time.
    Duration: TimeDelta => TimeDelta, ValueRef::as_duration;
    /// An e-mail address.
    Email: String => &'a str, ValueRef::as_text;
    /// A phone number; numbers without a country code are read in the organisation's region.
    Phone: String => &'a str, ValueRef::as_text;
    /// A URL.
    Url: String => &'a str, ValueRef::as_text;
    /// A host name.
    Domain: String => &'a str, ValueRef::as_text;
    /// The key of a choice, where the organisation may add choices of its own.
    Choice: String => &'a str, ValueRef::as_text;
    /// A reference to a record of several object types.
    Reference: Ref => Ref, ValueRef::as_ref;
    /// A postal address.
    Address: crate::schema::kind::AddressParts => crate::schema::kind::AddressParts, AddressParts::read;
    /// A person's name.
    PersonName: crate::schema::kind::NameParts => crate::schema::kind::NameParts, NameParts::read;
}

macro_rules! parts {
    ($(#[$doc:meta])* $name:ident { $($(#[$fdoc:meta])* $part:ident = $at:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Default)]
        pub struct $name { $($(#[$fdoc])* pub $part: String,)* }

        impl $name {
            fn read(value: ValueRef<'_>) -> Option<Self> {
                let parts = value.as_parts()?;
                Some($name { $($part: parts.get($at).to_owned(),)* })
            }
        }

        impl From<$name> for Value {
            fn from(value: $name) -> Value {
                Value::Parts(Parts::new(vec![$(value.$part),*]))
            }
        }
    };
}

parts! {
    /// The parts of a postal address; what is not known is empty.
    AddressParts {
        /// Street and number, more lines separated by a line feed.
        street = 0,
        /// City or town.
        city = 1,
        /// State, province or region.
        region = 2,
        /// Postal code.
        postal_code = 3,
        /// Country, as a name or an ISO 3166-1 code.
        country = 4,
    }
}

parts! {
    /// The parts of a person's name; what is not known is empty.
    NameParts {
        /// Given name.
        given = 0,
        /// Family name.
        family = 1,
        /// Middle names.
        middle = 2,
        /// Title before the name.
        prefix = 3,
        /// What follows the name.
        suffix = 4,
    }
}

impl From<&str> for NameParts {
    /// `Ada Lovelace` and `Lovelace, Ada`: the last word, or what stands before a comma, is the family name.
    /// Give the parts where that is wrong.
    fn from(name: &str) -> Self {
        let name = name.trim();
        if let Some((family, given)) = name.split_once(',') {
            return NameParts {
                given: given.trim().to_owned(),
                family: family.trim().to_owned(),
                ..NameParts::default()
            };
        }
        let (given, family) = name.rsplit_once(char::is_whitespace).unwrap_or(("", name));
        NameParts {
            given: given.trim_end().to_owned(),
            family: family.to_owned(),
            ..NameParts::default()
        }
    }
}

/// A reference to a record of one object type.
#[derive(Debug)]
pub struct To<O>(PhantomData<O>);

impl<O: Object> Kind for To<O> {
    type Owned = Id<O>;
    type View<'a> = Id<O>;

    fn apply(mut field: FieldDef) -> FieldDef {
        field.ty = FieldType::Reference;
        field.targets(&[O::TYPE_NAME])
    }

    fn value(owned: Id<O>) -> Value {
        owned.reference().into()
    }

    fn view(value: ValueRef<'_>) -> Option<Id<O>> {
        value.as_ref().map(|reference| reference.id.of())
    }

    fn owned(value: Value) -> Option<Id<O>> {
        Self::view(ValueRef::from(&value))
    }
}

/// A list of values.
#[derive(Debug)]
pub struct Many<K>(PhantomData<K>);

impl<K: Kind> Kind for Many<K> {
    type Owned = Vec<K::Owned>;
    type View<'a> = Vec<K::View<'a>>;

    fn apply(field: FieldDef) -> FieldDef {
        K::apply(field).many()
    }

    fn value(owned: Vec<K::Owned>) -> Value {
        Value::List(owned.into_iter().map(K::value).collect())
    }

    fn view(value: ValueRef<'_>) -> Option<Vec<K::View<'_>>> {
        Some(value.as_list()?.iter().filter_map(K::view).collect())
    }

    fn owned(value: Value) -> Option<Vec<K::Owned>> {
        match value {
            Value::List(list) => Some(list.into_iter().filter_map(K::owned).collect()),
            _ => None,
        }
    }
}

/// A choice whose keys are known to the program.
pub trait Choices: Sized {
    /// The keys and labels.
    const CHOICES: &'static [(&'static str, &'static str)];
    /// The stored key.
    fn key(&self) -> &'static str;
    /// From the stored key; `None` for one that this program does not know.
    fn from_key(key: &str) -> Option<Self>;
}

/// A choice field of a Rust enumeration.
#[derive(Debug)]
pub struct OneOf<E>(PhantomData<E>);

impl<E: Choices> Kind for OneOf<E> {
    type Owned = E;
    type View<'a> = E;

    fn apply(mut field: FieldDef) -> FieldDef {
        field.ty = FieldType::Choice;
        field.choices(E::CHOICES)
    }

    fn value(owned: E) -> Value {
        owned.key().into()
    }

    fn view(value: ValueRef<'_>) -> Option<E> {
        value.as_text().and_then(E::from_key)
    }

    fn owned(value: Value) -> Option<E> {
        Self::view(ValueRef::from(&value))
    }
}
