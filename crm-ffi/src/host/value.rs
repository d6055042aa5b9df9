//! The small values that cross everywhere.

use std::sync::Arc;

use crm_core::schema::Catalog;
use crm_core::{Id, Object};

use super::error::{CrmError, Result};

/// A record's fields as a host reads them; encoded by [`wire`](super::wire).
pub struct Record(pub Vec<u8>);
uniffi::custom_newtype!(Record, Vec<u8>);

/// Several records, in order.
pub struct Records(pub Vec<u8>);
uniffi::custom_newtype!(Records, Vec<u8>);

/// The value of a field.
pub struct Value(pub Vec<u8>);
uniffi::custom_newtype!(Value, Vec<u8>);

/// Several values, in order.
pub struct Values(pub Vec<u8>);
uniffi::custom_newtype!(Values, Vec<u8>);

/// The fields that a change sets, by name; null clears one.
pub struct Fields(pub Vec<u8>);
uniffi::custom_newtype!(Fields, Vec<u8>);

/// An instant, in microseconds since 1970-01-01 UTC.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DateTime(pub i64);
uniffi::custom_newtype!(DateTime, i64);

/// An exact decimal number, as text.
#[derive(Debug, Clone, PartialEq)]
pub struct Decimal(pub String);
uniffi::custom_newtype!(Decimal, String);

/// A reference to a record.
#[derive(Debug, Clone, PartialEq, Eq, Hash, uniffi::Record)]
pub struct Ref {
    /// The name of the object, such as `contact`.
    pub object: String,
    /// The record's id, a UUID.
    pub id: String,
}

impl Ref {
    pub fn new(catalog: &Catalog, record: crm_core::Ref) -> Self {
        let object = catalog.object(record.object);
        Ref {
            object: object.map_or_else(
                |_| format!("#{}", record.object),
                |object| object.name.clone(),
            ),
            id: record.id.to_string(),
        }
    }

    /// The engine's form.
    pub fn known(&self, catalog: &Catalog) -> Result<crm_core::Ref> {
        Ok(crm_core::Ref {
            object: catalog.object_named(&self.object)?.id,
            id: self.id.parse()?,
        })
    }

    /// The id, if it is of this object.
    pub fn of<O: Object>(&self) -> Result<Id<O>> {
        if self.object != O::TYPE_NAME {
            return Err(CrmError::invalid(
                &self.object,
                &format!("this takes a reference to a {}", O::TYPE_NAME),
            ));
        }
        Ok(self.id.parse::<Id>()?.of())
    }
}

impl DateTime {
    pub fn known(self) -> Result<chrono::DateTime<chrono::Utc>> {
        chrono::DateTime::from_timestamp_micros(self.0)
            .ok_or_else(|| CrmError::invalid(&self.0.to_string(), "the time is out of range"))
    }
}

impl From<chrono::DateTime<chrono::Utc>> for DateTime {
    fn from(time: chrono::DateTime<chrono::Utc>) -> Self {
        DateTime(time.timestamp_micros())
    }
}

impl Decimal {
    pub fn known(&self) -> Result<rust_decimal::Decimal> {
        self.0
            .parse()
            .or_else(|_| rust_decimal::Decimal::from_scientific(&self.0))
            .map_err(|_| CrmError::invalid(&self.0, "a number has up to 28 digits"))
    }
}

impl From<rust_decimal::Decimal> for Decimal {
    fn from(number: rust_decimal::Decimal) -> Self {
        Decimal(number.normalize().to_string())
    }
}

/// A count as hosts have it: signed, since Java knows no other.
pub fn signed(count: impl TryInto<i64>) -> i64 {
    count.try_into().unwrap_or(i64::MAX)
}

/// A number that a host gives where the engine takes an unsigned one.
pub fn unsigned<N: TryFrom<i64>>(number: i64, what: &str) -> Result<N> {
    N::try_from(number)
        .map_err(|_| CrmError::invalid(&number.to_string(), &format!("{what} is out of range")))
}

/// A list of references.
pub fn refs(catalog: &Arc<Catalog>, records: Vec<crm_core::Ref>) -> Vec<Ref> {
    records
        .into_iter()
        .map(|record| Ref::new(catalog, record))
        .collect()
}
