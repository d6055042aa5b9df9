//! Giving a field with data in it another type.

use std::collections::BTreeMap;

use super::keys;
use super::log::{ChangeKind, FieldChange};
use super::read;
use super::schema_change::replace_field;
use super::state::schema_error;
use super::work::Work;
use crate::error::{Detail, Error, Result};
use crate::record::Record;
use crate::schema::{FieldDef, FieldType, ObjectDef, check_field};
use crate::store::Space;
use crate::value::{Ref, Value, ValueRef};

/// What re-typing a field did.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RetypeReport {
    /// How many values have the new type.
    pub converted: usize,
    /// The values that could not be converted, with the record and the reason; they are in the record's history.
    pub failed: Vec<(Ref, Value, String)>,
}

impl Work<'_, '_> {
    /// Gives a custom field another type and converts its values.
    pub(crate) fn retype_field(
        &mut self,
        object: &str,
        field: &str,
        ty: FieldType,
        clear_failures: bool,
    ) -> Result<RetypeReport> {
        let (before, field) = self.custom_field(object, field)?;
        self.check_free(&before, &field)?;
        if field.is_computed() || field.retired {
            return Err(schema_error(
                &field.name,
                "the type of a computed field follows from its expression, and a retired field keeps its own",
            ));
        }
        let field = FieldDef { ty, ..field };
        check_field(&self.state.catalog, &before, &field)?;
        self.check_default(&self.state.catalog, &field)?;
        let mut records = self.records(before.id)?;
        records.retain(|record| !record.get(field.id).is_null());
        // Under the old schema the values leave what is derived of them, under the new one they enter it.
        let mut emptied = Vec::with_capacity(records.len());
        for record in &records {
            emptied.push(self.take_value_out(&before, record, field.id)?);
        }
        let mut after = before;
        replace_field(&mut after, field.clone());
        self.replace_object(after.clone())?;
        let mut report = RetypeReport::default();
        for (record, emptied) in records.into_iter().zip(emptied) {
            let value = record.get(field.id).to_value();
            let converted = match self.converted(&after, &field, &value) {
                Ok(converted) => {
                    report.converted += 1;
                    converted
                }
                Err(error) if clear_failures && !field.required => {
                    let failed = (record.reference(), value.clone(), error.to_string());
                    report.failed.push(failed);
                    Value::Null
                }
                Err(error) => return Err(error.at_field(&after.name, &field.name)),
            };
            let new = BTreeMap::from([(field.id, converted.clone())]);
            let changes = self.completed(&after, &emptied, new)?;
            let mut logged = vec![FieldChange {
                field: field.id,
                old: value,
                new: converted,
            }];
            let formulas = changes.iter().filter(|(changed, _)| **changed != field.id);
            logged.extend(formulas.map(|(field, new)| FieldChange {
                field: *field,
                old: record.get(*field).to_value(),
                new: new.clone(),
            }));
            let reference = record.reference();
            let kind = ChangeKind::Updated;
            self.store_logged(&after, reference, Some(emptied), changes, kind, logged)?;
        }
        Ok(report)
    }

    /// The record without a value; its log entry is that of the value that follows.
    fn take_value_out(
        &mut self,
        object: &ObjectDef,
        record: &Record,
        field: u16,
    ) -> Result<Record> {
        let nothing = BTreeMap::from([(field, Value::Null)]);
        let bytes = record.fields().merge(&nothing)?;
        let emptied = Record::new(record.object(), record.id(), bytes.as_bytes())?;
        self.derive(object, Some(record), Some(&emptied), &[field])?;
        let key = keys::record(record.reference());
        self.tx.put(Space::Record, key, bytes.into_bytes())?;
        Ok(emptied)
    }

    /// A value in a field's type: as it is, else through its text. Refuses what the write path would refuse.
    fn converted(&self, object: &ObjectDef, field: &FieldDef, value: &Value) -> Result<Value> {
        let catalog = self.catalog();
        let fit = self.fitter(&catalog);
        let one = |value: &Value| {
            let direct = fit.value(field, value.clone());
            direct.or_else(|_| fit.value(field, ValueRef::from(value).to_string().into()))
        };
        let converted = match value {
            // Element by element: a text may hold what separates the texts of a list.
            Value::List(list) => {
                let mut converted = Vec::with_capacity(list.len());
                for value in list {
                    converted.extend(
                        ValueRef::from(&one(value)?)
                            .elements()
                            .map(|v| v.to_value()),
                    );
                }
                fit.value(field, Value::List(converted))?
            }
            value => one(value)?,
        };
        for element in ValueRef::from(&converted).elements() {
            if let Some(target) = element.as_ref() {
                read::must_live(&self.tx, &catalog, target)?;
            }
            if field.unique
                && let Some(holder) = self.find_unique(object.id, field.id, &element.to_value())?
            {
                return Err(Error::from(Detail::Duplicate {
                    object: object.name.clone(),
                    field: field.name.clone(),
                    value: element.to_string(),
                    holder: holder.id,
                }));
            }
        }
        Ok(converted)
    }
}
