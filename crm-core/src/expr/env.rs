//! What an expression sees of the world.

use chrono::{DateTime, Utc};

use crate::error::Result;
use crate::value::{Ref, Value, ValueRef, Zone};

/// A record, the change that is being made to it, and its surroundings.
pub trait Env {
    /// A field of the record, those of the system included; the id as text.
    ///
    /// # Errors
    /// `Corrupt` for a damaged record.
    fn field(&self, field: u16) -> Result<ValueRef<'_>>;

    /// A field before the change; null where there is none.
    ///
    /// # Errors
    /// As [`Env::field`].
    fn old(&self, field: u16) -> Result<ValueRef<'_>>;

    /// True if the record is being created.
    fn is_new(&self) -> bool;

    /// A field of another record, null if that is gone, and how many bytes were read for it.
    ///
    /// # Errors
    /// Those of reading the record.
    fn follow(&self, target: Ref, field: u16) -> Result<(Value, usize)>;

    /// The time of the transaction.
    fn now(&self) -> DateTime<Utc>;

    /// The organisation's time zone.
    fn time_zone(&self) -> &Zone;

    /// The one who acts; `None` for the system.
    fn actor(&self) -> Option<Ref>;
}

/// What is the same for all records. As an [`Env`] it is a record of which nothing is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ambient {
    /// The time of the transaction.
    pub now: DateTime<Utc>,
    /// The organisation's time zone.
    pub time_zone: Zone,
    /// The one who acts; `None` for the system.
    pub actor: Option<Ref>,
}

impl Env for Ambient {
    fn field(&self, _field: u16) -> Result<ValueRef<'_>> {
        Ok(ValueRef::Null)
    }

    fn old(&self, _field: u16) -> Result<ValueRef<'_>> {
        Ok(ValueRef::Null)
    }

    fn is_new(&self) -> bool {
        false
    }

    fn follow(&self, _target: Ref, _field: u16) -> Result<(Value, usize)> {
        Ok((Value::Null, 0))
    }

    fn now(&self) -> DateTime<Utc> {
        self.now
    }

    fn time_zone(&self) -> &Zone {
        &self.time_zone
    }

    fn actor(&self) -> Option<Ref> {
        self.actor
    }
}
