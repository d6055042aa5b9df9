//! The logic that an object type brings along: pure functions over what is being saved.

use chrono::{DateTime, NaiveDate, Utc};

use crate::error::Result;
use crate::value::{Ref, Value};

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
