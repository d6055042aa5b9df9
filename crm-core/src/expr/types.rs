//! The types that expressions have.

use std::fmt;

use crate::error::{Detail, Result};
use crate::schema::{FieldDef, FieldType};

/// The type of an expression. A value of any type may be missing (null).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Type {
    /// Always null.
    Null,
    /// True or false.
    Bool,
    /// A whole number.
    Int,
    /// An exact decimal number; percentages are numbers.
    Decimal,
    /// An amount in a currency.
    Money,
    /// Text, and everything that is text with a form of its own.
    Text,
    /// A day of the calendar.
    Date,
    /// A date of which parts may be unknown.
    PartialDate,
    /// An instant.
    DateTime,
    /// A length of time.
    Duration,
    /// A reference to a record.
    Ref,
    /// An address or a person's name.
    Parts,
    /// A list.
    List(Box<Type>),
}

impl Type {
    /// The type of a field's value.
    pub(super) fn of(field: &FieldDef) -> Type {
        let single = Type::of_single(field.ty);
        if field.many {
            Type::List(Box::new(single))
        } else {
            single
        }
    }

    /// The type of one value of a field's type.
    pub(super) fn of_single(ty: FieldType) -> Type {
        match ty {
            FieldType::Integer => Type::Int,
            FieldType::Decimal | FieldType::Percent => Type::Decimal,
            FieldType::Money => Type::Money,
            FieldType::Boolean => Type::Bool,
            FieldType::Date => Type::Date,
            FieldType::PartialDate => Type::PartialDate,
            FieldType::DateTime => Type::DateTime,
            FieldType::Duration => Type::Duration,
            FieldType::Reference => Type::Ref,
            FieldType::Address | FieldType::PersonName => Type::Parts,
            FieldType::Text
            | FieldType::LongText
            | FieldType::Email
            | FieldType::Phone
            | FieldType::Url
            | FieldType::Domain
            | FieldType::Choice => Type::Text,
        }
    }

    pub(super) fn is_number(&self) -> bool {
        matches!(self, Type::Int | Type::Decimal)
    }

    /// The one type of two alternatives, if there is one: null fits every type, a whole number a decimal.
    pub(super) fn join(&self, other: &Type) -> Option<Type> {
        match (self, other) {
            (Type::Null, ty) | (ty, Type::Null) => Some(ty.clone()),
            (a, b) if a == b => Some(a.clone()),
            (a, b) if a.is_number() && b.is_number() => Some(Type::Decimal),
            (Type::List(a), Type::List(b)) => Some(Type::List(Box::new(a.join(b)?))),
            _ => None,
        }
    }

    /// Checks that values of this type can be stored in a field: that of a formula, for instance.
    ///
    /// # Errors
    /// `Schema`, which names the field.
    ///
    /// ```
    /// use crm_core::expr::Type;
    /// use crm_core::schema::{FieldDef, FieldType};
    /// let probability = FieldDef::custom("probability", FieldType::Percent);
    /// assert!(Type::Int.fits(&probability).is_ok());
    /// assert!(Type::Text.fits(&probability).is_err());
    /// ```
    pub fn fits(&self, field: &FieldDef) -> Result<()> {
        let wanted = Type::of(field);
        if self.join(&wanted).as_ref() == Some(&wanted) {
            return Ok(());
        }
        Err(Detail::Schema {
            name: field.name.clone(),
            reason: format!(
                "the expression gives {self} and the field holds {}",
                field.type_name()
            ),
        }
        .into())
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Type::Null => "null",
            Type::Bool => "boolean",
            Type::Int => "a whole number",
            Type::Decimal => "a number",
            Type::Money => "money",
            Type::Text => "text",
            Type::Date => "a date",
            Type::PartialDate => "a partial date",
            Type::DateTime => "a date-time",
            Type::Duration => "a duration",
            Type::Ref => "a reference",
            Type::Parts => "an address or a name",
            Type::List(element) => return write!(f, "a list of {}", element.plural()),
        })
    }
}

impl Type {
    fn plural(&self) -> &'static str {
        match self {
            Type::Null => "nothing",
            Type::Bool => "booleans",
            Type::Int => "whole numbers",
            Type::Decimal => "numbers",
            Type::Money => "amounts of money",
            Type::Text => "texts",
            Type::Date => "dates",
            Type::PartialDate => "partial dates",
            Type::DateTime => "date-times",
            Type::Duration => "durations",
            Type::Ref => "references",
            Type::Parts => "addresses or names",
            Type::List(_) => "lists",
        }
    }
}
