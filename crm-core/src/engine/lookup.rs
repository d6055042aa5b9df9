//! Records by the values that they have: by an index where there is one.

use super::read;
use super::work::Work;
use crate::error::{Error, Result};
use crate::record::Record;
use crate::schema::{FieldDef, FieldType, ObjectDef};
use crate::value::{Ref, Value, ValueRef, fold, normalise};

impl Work<'_, '_> {
    /// The record that holds a value of a unique field.
    pub(crate) fn find_unique(
        &self,
        object: u16,
        field: u16,
        value: &Value,
    ) -> Result<Option<Ref>> {
        let catalog = self.catalog();
        let holder = read::find_unique(&self.tx, catalog.object(object)?, field, value.into())?;
        Ok(holder.map(|id| Ref { object, id }))
    }

    /// The live records that have a value in a unique or indexed field: those that have it as it is, or else those
    /// that have it in another spelling, without regard to case and, but in addresses, to accents.
    pub(crate) fn find_by(
        &self,
        object: &ObjectDef,
        field: &FieldDef,
        value: Value,
    ) -> Result<Vec<Ref>> {
        if !field.indexed || field.many {
            let reason = "records are found by a unique or an indexed field that is no list";
            return Err(Error::invalid(&field.name, reason).at_field(&object.name, &field.name));
        }
        let catalog = self.catalog();
        let fit = self.fitter(&catalog);
        let value = fit
            .value(field, value)
            .map_err(|error| error.at_field(&object.name, &field.name))?;
        if field.unique {
            return Ok(self
                .find_unique(object.id, field.id, &value)?
                .into_iter()
                .collect());
        }
        let (mut found, mut spelt_otherwise) = (Vec::new(), Vec::new());
        let wanted = ValueRef::from(&value);
        self.for_each_with(object.id, field.id, wanted, &mut |record| {
            let own = record.get(field.id);
            if own == wanted {
                found.push(record.reference());
            } else if is_spelling(field, own, wanted) {
                spelt_otherwise.push(record.reference());
            }
            Ok(())
        })?;
        Ok(if found.is_empty() {
            spelt_otherwise
        } else {
            found
        })
    }

    /// Calls `visit` with the live records that may have a value in a field: those of its index, or all where
    /// no index holds every record.
    pub(super) fn for_each_with(
        &self,
        object: u16,
        field: u16,
        value: ValueRef<'_>,
        visit: &mut dyn FnMut(Record) -> Result<()>,
    ) -> Result<()> {
        let catalog = self.catalog();
        let mut indexes = catalog.object(object)?.all_indexes().filter(|index| {
            let is_fit = index.id == field || !index.unique && index.fields.first() == Some(&field);
            is_fit && self.state.is_built(object, index.id)
        });
        let Some(index) = indexes.next() else {
            return read::for_each_live(&self.tx, object, visit);
        };
        read::for_each_in_index(&self.tx, object, index.id, &[value], &mut |id, _| {
            if let Some(record) = read::record(&self.tx, Ref { object, id })? {
                visit(record)?;
            }
            Ok(std::ops::ControlFlow::Continue(()))
        })
    }
}

/// True for two spellings of one value of a field.
fn is_spelling(field: &FieldDef, a: ValueRef<'_>, b: ValueRef<'_>) -> bool {
    match (a, b) {
        (ValueRef::Text(a), ValueRef::Text(b)) if field.ty == FieldType::Email => {
            normalise::same_email(a, b)
        }
        (ValueRef::Text(a), ValueRef::Text(b)) => !field.exact && fold(a) == fold(b),
        (ValueRef::Parts(a), ValueRef::Parts(b)) => a.iter().map(fold).eq(b.iter().map(fold)),
        _ => false,
    }
}
