//! The schema, and how it is changed.

mod definition;

use crm_core::schema::FieldType;

use super::crm::Crm;
use super::error::Result;
use super::value::{Ref, Value, signed};
use definition::{CatalogInfo, FieldDef, ObjectDef};

/// The organisation's settings.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct Settings {
    /// The currency in which totals are reported, ISO 4217.
    pub base_currency: String,
    /// The region in which local phone numbers are read, ISO 3166-1.
    pub region: String,
    /// The zone in which days begin and end, an IANA name.
    pub time_zone: String,
    /// The month in which the fiscal year begins, 1 to 12.
    pub fiscal_year_start: i32,
}

/// A value that could not be converted.
#[derive(uniffi::Record)]
pub struct RetypeFailure {
    /// The record.
    pub record: Ref,
    /// The value that it had.
    pub value: Value,
    /// Why it does not fit.
    pub reason: String,
}

/// What re-typing a field did.
#[derive(uniffi::Record)]
pub struct RetypeReport {
    /// How many values have the new type.
    pub converted: i64,
    /// The values that could not be converted; they are in the records' history.
    pub failed: Vec<RetypeFailure>,
}

#[uniffi::export]
impl Crm {
    /// The schema: standard objects, custom objects and custom fields.
    pub fn schema(&self) -> Result<CatalogInfo> {
        let catalog = self.catalog();
        Ok(CatalogInfo {
            version: signed(catalog.version()),
            objects: catalog.objects().iter().map(ObjectDef::from).collect(),
        })
    }

    /// The version of the schema, which grows with every change of it.
    pub fn schema_version(&self) -> Result<i64> {
        Ok(signed(self.catalog().version()))
    }

    /// The organisation's settings.
    pub fn settings(&self) -> Result<Settings> {
        let settings = self.session.settings();
        Ok(Settings {
            base_currency: settings.base_currency.to_string(),
            region: settings.region.clone(),
            time_zone: settings.time_zone.name().to_owned(),
            fiscal_year_start: i32::try_from(settings.fiscal_year_start).unwrap_or(1),
        })
    }

    /// Adds a custom object; returns its number.
    ///
    /// Fails with `Schema` for a name that is taken or malformed; `UnknownObject` for a target; `Expression`; `Limit`.
    pub fn add_object(&self, object: ObjectDef) -> Result<i32> {
        Ok(self.session.add_object(object.known()?)?.into())
    }

    /// Adds a custom field to an object; returns its number. A default, a formula or a roll-up is computed for the
    /// records that are there.
    ///
    /// Fails as `add_object` does; `Duplicate` if records would share a unique value.
    pub fn add_field(&self, object: String, field: FieldDef) -> Result<i32> {
        Ok(self.session.add_field(&object, field.known()?)?.into())
    }

    /// Adds several custom fields at once.
    ///
    /// Fails as `add_field` does.
    pub fn add_fields(&self, object: String, fields: Vec<FieldDef>) -> Result<Vec<i32>> {
        let fields = fields
            .into_iter()
            .map(FieldDef::known)
            .collect::<Result<_>>()?;
        Ok(self
            .session
            .add_fields(&object, fields)?
            .into_iter()
            .map(i32::from)
            .collect())
    }

    /// Renames a custom field. Its number and its values stay.
    ///
    /// Fails with `Expression`, `UnknownField` if an expression still uses the old name; `Schema`.
    pub fn rename_field(&self, object: String, field: String, name: String) -> Result<()> {
        Ok(self.session.rename_field(&object, &field, &name)?)
    }

    /// Retires a custom field: its values stay readable and are no longer written, searched or indexed.
    ///
    /// Fails with `Schema` for a standard field, or one on which something else is built.
    pub fn retire_field(&self, object: String, field: String) -> Result<()> {
        Ok(self.session.retire_field(&object, &field)?)
    }

    /// Brings a retired field back, with the values that it had. It is a plain field then: an index, a place in the
    /// search or a formula that it had are gone.
    ///
    /// Fails with `Schema` if the field is not retired.
    pub fn restore_field(&self, object: String, field: String) -> Result<()> {
        Ok(self.session.restore_field(&object, &field)?)
    }

    /// Gives a custom field another type and converts its values. Values that cannot be converted refuse the change
    /// or, with `clear_failures`, are cleared and reported.
    ///
    /// Fails with `Invalid`, `Duplicate`, `NotFound`, `Schema`, `Expression`.
    #[uniffi::method(default(clear_failures = false))]
    pub fn retype_field(
        &self,
        object: String,
        field: String,
        ty: FieldType,
        clear_failures: bool,
    ) -> Result<RetypeReport> {
        let report = self
            .session
            .retype_field(&object, &field, ty, clear_failures)?;
        let crm_core::RetypeReport { converted, failed } = report;
        let catalog = self.catalog();
        let wire = self.wire(&catalog);
        let failed = failed
            .into_iter()
            .map(|(record, value, reason)| RetypeFailure {
                record: Ref::new(&catalog, record),
                value: wire.value(&value, None),
                reason,
            });
        Ok(RetypeReport {
            converted: signed(converted),
            failed: failed.collect(),
        })
    }

    /// Gives a field an index. Records are read in small transactions, between which others write.
    ///
    /// Fails with `Schema` if the field is indexed already or cannot be.
    pub fn index_field(&self, object: String, field: String) -> Result<()> {
        Ok(self.session.index_field(&object, &field)?)
    }
}
