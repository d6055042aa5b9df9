//! Changing the schema at run time.

use super::session::Session;
use crate::engine::{RetypeReport, SCHEMA_CAUSE, build_step};
use crate::error::Result;
use crate::schema::{FieldDef, FieldType, ObjectDef};

impl Session {
    /// Adds a custom object, or a custom link between objects; returns its number.
    ///
    /// # Errors
    /// `Schema` for a name that is taken or malformed, or a definition that cannot be kept: a total of a text, a
    /// board without its index; `UnknownObject` for a target; `Limit`.
    ///
    /// ```
    /// use crm_core::schema::{FieldDef, FieldType, ObjectDef};
    /// use crm_core::{Crm, Fields, Query};
    /// let crm = Crm::in_memory()?;
    /// let machine = ObjectDef::custom("machine", "machines")
    ///     .with(FieldDef::new(1, "serial", FieldType::Text).required().unique().search(5))
    ///     .with(FieldDef::new(2, "owner_company", FieldType::Reference).targets(&["company"]).indexed())
    ///     .title(&[1]);
    /// crm.add_object(machine)?;
    /// crm.create_record("machine", Fields::new().with("serial", "A-17"))?;
    /// assert_eq!(crm.count("machine", "serial == 'A-17'")?, 1);
    /// # Ok::<(), crm_core::Error>(())
    /// ```
    pub fn add_object(&self, object: ObjectDef) -> Result<u16> {
        self.schema_step(|work| work.add_object(object))
    }

    /// Adds a custom field to an object; returns its number. A default, a formula or a roll-up is computed for
    /// the records that are there.
    ///
    /// # Errors
    /// `Schema` for a name that is taken or malformed, a required field without a default where there are
    /// records, or an expression that cannot be kept; `UnknownObject` for a target; `Expression`; `Duplicate` if
    /// records would share a unique value; `Limit`.
    pub fn add_field(&self, object: &str, field: FieldDef) -> Result<u16> {
        let numbers = self.add_fields(object, vec![field])?;
        Ok(numbers.first().copied().unwrap_or_default())
    }

    /// Adds several custom fields at once.
    ///
    /// # Errors
    /// As [`add_field`](Session::add_field).
    pub fn add_fields(&self, object: &str, fields: Vec<FieldDef>) -> Result<Vec<u16>> {
        self.schema_step(|work| work.add_fields(object, fields))
    }

    /// Renames a custom field. Its number and its values stay.
    ///
    /// # Errors
    /// `Expression`, `UnknownField` if a formula, a roll-up or a rule still uses the old name; `Schema` for a
    /// standard field, or a name that is taken or malformed.
    pub fn rename_field(&self, object: &str, field: &str, name: &str) -> Result<()> {
        self.schema_step(|work| work.rename_field(object, field, name))
    }

    /// Retires a custom field: its values stay readable, also to expressions, and are no longer written,
    /// searched, indexed or unique.
    ///
    /// # Errors
    /// `Schema` for a standard field, one on which a total, a timeline, a board, a link or an index over several
    /// fields is built, and one that a formula, a roll-up, a validation rule or a rule reads, which it names.
    pub fn retire_field(&self, object: &str, field: &str) -> Result<()> {
        self.schema_step(|work| work.retire_field(object, field))
    }

    /// Brings a retired field back, with the values that it had. It is a plain field then: an index, a place in the
    /// search or a formula that it had are gone.
    ///
    /// # Errors
    /// `Schema` if the field is not retired; `UnknownField`.
    pub fn restore_field(&self, object: &str, field: &str) -> Result<()> {
        self.schema_step(|work| work.restore_field(object, field))
    }

    /// Gives a custom field another type and converts its values, through their text where needed. Values that
    /// cannot be converted refuse the change or, with `clear_failures`, are cleared and reported; the history
    /// keeps them. A required field is never cleared.
    ///
    /// # Errors
    /// `Invalid` for the first value that cannot be converted, `Duplicate` and `NotFound` for one that became
    /// the same as another, or refers to nothing; `Schema` as for [`retire_field`](Session::retire_field), and
    /// for a default that does not fit; `Expression`.
    pub fn retype_field(
        &self,
        object: &str,
        field: &str,
        ty: FieldType,
        clear_failures: bool,
    ) -> Result<RetypeReport> {
        self.schema_step(|work| work.retype_field(object, field, ty, clear_failures))
    }

    /// Gives a field an index. Records are read in small transactions, between which others write; queries
    /// use the index when it is done. If the process ends before that, the next opening goes on.
    ///
    /// # Errors
    /// `Schema` if the field is indexed already, retired, or one that the engine writes of itself. `Cancelled` also once
    /// the index has begun: [`maintain`](Session::maintain), or the next opening, goes on with it.
    pub fn index_field(&self, object: &str, field: &str) -> Result<()> {
        self.schema_step(|work| work.index_field(object, field))?;
        while self.engine_step(build_step)? {}
        Ok(())
    }

    /// Schema changes set no rules off.
    fn schema_step<R>(
        &self,
        step: impl FnOnce(&mut crate::engine::Work<'_, '_>) -> Result<R>,
    ) -> Result<R> {
        self.caused_by(SCHEMA_CAUSE).without_rules().transact(step)
    }
}
