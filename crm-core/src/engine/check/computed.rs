//! Formulas and roll-ups: the fields of a record that follow from others.

use std::collections::BTreeMap;

use super::Walk;
use crate::engine::keys;
use crate::engine::read;
use crate::engine::roll_up::RollUps;
use crate::engine::validate::computed;
use crate::engine::work::Work;
use crate::error::Result;
use crate::limits;
use crate::record::Record;
use crate::schema::{FieldDef, ObjectDef};
use crate::store::Space;
use crate::value::{Value, compare};

fn computed_fields(object: &ObjectDef) -> Vec<&FieldDef> {
    let fields = object.live_fields();
    fields.filter(|field| field.is_computed()).collect()
}

impl Work<'_, '_> {
    /// Computes every formula and roll-up anew and compares it with what the record has.
    pub(crate) fn check_computed(&self, walk: &mut Walk) -> Result<()> {
        let catalog = self.catalog();
        for object in catalog.objects() {
            let computed = computed_fields(object);
            if computed.is_empty() {
                continue;
            }
            read::for_each_live(&self.tx, object.id, &mut |record| {
                for field in &computed {
                    let expected = self.computed_value(object, field, &record)?;
                    if compare(&record.get(field.id), &(&expected).into()).is_ne() {
                        let what = format!(
                            "{}.{} of {} is {}, and should be {expected}",
                            object.name,
                            field.name,
                            record.id(),
                            record.get(field.id)
                        );
                        walk.find(Space::Record, what);
                    }
                }
                Ok(())
            })?;
        }
        Ok(())
    }

    /// Writes the formulas and roll-ups that are wrong, as changes of their records; returns how many records
    /// had one. The rows that are derived of records must be right already.
    pub(crate) fn mend_computed(&mut self) -> Result<u64> {
        let (catalog, program) = (self.catalog(), self.state.program.clone());
        let mut mended = 0;
        // What is computed over records that change here is wrong until the next round.
        for _ in 0..limits::HIERARCHY_DEPTH_MAX {
            let before = mended;
            for object in catalog.objects() {
                let fields = computed_fields(object);
                if fields.is_empty() {
                    continue;
                }
                for record in self.sound_records(object.id)? {
                    let mut changes = BTreeMap::new();
                    for field in &fields {
                        if let Some(roll_up) = program.roll_up(object.id, field.id) {
                            let reference = record.reference();
                            let value = self.roll_up_value(roll_up, Some(field), reference)?;
                            changes.insert(field.id, value);
                        }
                    }
                    let changed = self.save_completed(object, record, changes)?;
                    mended += u64::from(changed);
                }
            }
            // The next round computes them over the records; added as differences they would count twice.
            self.deferred.roll_ups = RollUps::default();
            if mended == before {
                break;
            }
        }
        Ok(mended)
    }

    /// The live records of an object that can be read.
    fn sound_records(&self, object: u16) -> Result<Vec<Record>> {
        let mut records = Vec::new();
        let range = keys::records_of(object);
        read::for_each_sound(&self.tx, &range, &mut |record| {
            records.extend((!record.is_deleted()).then_some(record));
            Ok(())
        })?;
        Ok(records)
    }

    fn computed_value(
        &self,
        object: &ObjectDef,
        field: &FieldDef,
        record: &Record,
    ) -> Result<Value> {
        let program = &self.state.program;
        if let Some(roll_up) = program.roll_up(object.id, field.id) {
            return self.roll_up_value(roll_up, Some(field), record.reference());
        }
        let formulas = program.formulas(object.id);
        let Some((_, formula)) = formulas.iter().find(|(number, _)| *number == field.id) else {
            return Ok(Value::Null);
        };
        let value = formula.eval(&self.env(record))?;
        computed(
            &self.state.catalog,
            &self.state.settings,
            field,
            value,
            self.tx.now,
        )
    }
}
