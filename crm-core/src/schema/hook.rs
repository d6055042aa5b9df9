//! The logic that an object type brings along: pure functions over what is being saved.

use std::marker::PhantomData;

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;

use super::kind::Kind;
use super::system;
use super::typed::{Field, Index, Object};
use crate::error::Result;
use crate::value::{Id, Ref, Value, ValueRef};

/// Runs on each create and update, after the caller's values are normalised and before formulas and
/// validation. It sees and sets fields; it does no input or output.
pub type Hook = fn(&mut dyn SaveContext) -> Result<()>;

/// What a [`Hook`] sees of a save.
pub trait SaveContext {
    /// True for a create.
    fn is_new(&self) -> bool;
    /// The value that the field will have.
    fn get(&self, field: u16) -> Value;
    /// The value that the field had; null for a create.
    fn old(&self, field: u16) -> Value;
    /// True if the caller gave this field a value in this request (or cleared it).
    fn is_given(&self, field: u16) -> bool;
    /// Sets a field.
    fn set(&mut self, field: u16, value: Value);
    /// A field of another record; null if there is no such record.
    fn lookup(&self, record: Ref, field: u16) -> Result<Value>;
    /// True if nobody asked for this save: a record that this one refers to has changed, or this one comes back
    /// from the trash.
    fn is_following(&self) -> bool;
    /// The first live record in an index of an object whose first field has this value and that is wanted.
    fn first_in_index(
        &self,
        object: u16,
        index: u16,
        first: &Value,
        is_wanted: &dyn Fn(Ref) -> Result<bool>,
    ) -> Result<Option<Ref>>;
    /// A number greater than every one that this was given before, in this database.
    fn next_position(&mut self) -> Value;
    /// The time of the transaction.
    fn now(&self) -> DateTime<Utc>;
    /// When a day begins where the organisation is.
    fn start_of(&self, day: NaiveDate) -> DateTime<Utc>;
    /// The one who acts; `None` for the system.
    fn actor(&self) -> Option<Ref>;
}

/// A save of one object's record, as the logic in the object's declaration sees it: a [`SaveContext`] with typed
/// fields, so that those of another object do not compile.
pub struct Save<'a, O> {
    context: &'a mut dyn SaveContext,
    of: PhantomData<fn() -> O>,
}

impl<'a, O: Object> Save<'a, O> {
    #[doc(hidden)]
    pub fn new(context: &'a mut dyn SaveContext) -> Self {
        Save {
            context,
            of: PhantomData,
        }
    }

    /// The save by the numbers of fields, for logic that several objects share.
    pub fn context(&mut self) -> &mut dyn SaveContext {
        self.context
    }

    /// True for a create.
    pub fn is_new(&self) -> bool {
        self.context.is_new()
    }

    /// See [`SaveContext::is_following`].
    pub fn is_following(&self) -> bool {
        self.context.is_following()
    }

    /// The value that a field will have.
    pub fn get<K: Kind>(&self, field: Field<O, K>) -> Option<K::Owned> {
        K::owned(self.context.get(field.number()))
    }

    /// The value that a field had; `None` for a create.
    pub fn old<K: Kind>(&self, field: Field<O, K>) -> Option<K::Owned> {
        K::owned(self.context.old(field.number()))
    }

    /// True if the caller gave this field a value in this request (or cleared it).
    pub fn is_given<K>(&self, field: Field<O, K>) -> bool {
        self.context.is_given(field.number())
    }

    /// Sets a field, or clears it with `None`.
    pub fn set<K: Kind>(&mut self, field: Field<O, K>, value: impl Into<Option<K::Owned>>) {
        let value = value.into().map_or(Value::Null, K::value);
        self.context.set(field.number(), value);
    }

    /// Clears a field.
    pub fn clear<K>(&mut self, field: Field<O, K>) {
        self.context.set(field.number(), Value::Null);
    }

    /// A field of another record; `None` if there is no such record.
    ///
    /// # Errors
    /// `Corrupt`, `Io`.
    pub fn lookup<T: Object, K: Kind>(
        &self,
        record: Id<T>,
        field: Field<T, K>,
    ) -> Result<Option<K::Owned>> {
        let value = self.context.lookup(record.reference(), field.number())?;
        Ok(K::owned(value))
    }

    /// The first live record in an index whose first field has this value and that is wanted.
    ///
    /// # Errors
    /// `Corrupt`, `Io`; those of `is_wanted`.
    pub fn first_in<T: Object>(
        &self,
        index: Index<T>,
        first: impl Into<Value>,
        is_wanted: impl Fn(Id<T>) -> Result<bool>,
    ) -> Result<Option<Id<T>>> {
        let is_wanted = |record: Ref| is_wanted(record.id.of());
        let (object, first) = (T::TYPE, first.into());
        let found = self
            .context
            .first_in_index(object, index.number(), &first, &is_wanted)?;
        Ok(found.map(|record| record.id.of()))
    }

    /// See [`SaveContext::next_position`].
    pub fn next_position(&mut self) -> Option<Decimal> {
        ValueRef::from(&self.context.next_position()).as_decimal()
    }

    /// When the record was created; `None` while the engine has not said so.
    pub fn created_at(&self) -> Option<DateTime<Utc>> {
        ValueRef::from(&self.context.get(system::CREATED_AT)).as_datetime()
    }

    /// The time of the transaction.
    pub fn now(&self) -> DateTime<Utc> {
        self.context.now()
    }

    /// When a day begins where the organisation is.
    pub fn start_of(&self, day: NaiveDate) -> DateTime<Utc> {
        self.context.start_of(day)
    }
}
