//! Who reads a field: what stands in the way of retiring it.

use super::state::{Program, schema_error};
use super::work::Work;
use crate::error::Result;
use crate::expr::Expr;
use crate::schema::{Catalog, FieldDef, ObjectDef};

impl Work<'_, '_> {
    /// Refuses to retire a field that an expression, a roll-up or a rule reads.
    ///
    /// # Errors
    /// `Schema`, which names the reader.
    pub(super) fn check_unread(&self, object: &ObjectDef, field: &FieldDef) -> Result<()> {
        let read = FieldOf {
            object: object.id,
            field: field.id,
        };
        let program = &self.state.program;
        let of_parts = || program.parts().find_map(|part| part.reader_of(&read));
        match read
            .reader_in(&self.state.catalog, program)
            .or_else(of_parts)
        {
            None => Ok(()),
            Some(reader) => {
                let reason = format!("{reader} reads the field; change or delete it first");
                Err(schema_error(&field.name, &reason))
            }
        }
    }
}

/// A field of an object, by their numbers.
pub(crate) struct FieldOf {
    pub object: u16,
    pub field: u16,
}

impl FieldOf {
    /// True if an expression over an object's records reads the field.
    pub(crate) fn is_in(&self, on: u16, expr: &Expr) -> bool {
        let follows = expr.follows().iter();
        on == self.object && expr.reads().contains(&self.field)
            || follows
                .into_iter()
                .any(|other| (other.object, other.field) == (self.object, self.field))
    }

    /// What of the schema and of the validation rules reads the field.
    fn reader_in(&self, catalog: &Catalog, program: &Program) -> Option<String> {
        for object in catalog.objects() {
            let formulas = program.formulas(object.id).iter();
            let others = formulas.filter(|(own, _)| (object.id, *own) != (self.object, self.field));
            for (formula, expr) in others {
                if self.is_in(object.id, expr) {
                    return Some(format!("the formula {}", named(object, *formula)));
                }
            }
            let validations = program.validations(object.id).iter();
            for validation in validations {
                if self.is_in(object.id, &validation.condition) {
                    return Some(format!("the validation rule `{}`", validation.name));
                }
            }
        }
        for (parent, field) in catalog.roll_ups_over(self.object) {
            let Some(roll_up) = program.roll_up(parent.id, field.id) else {
                continue;
            };
            let filter = roll_up.filter.as_ref();
            if roll_up.field == self.field
                || roll_up.via == self.field
                || filter.is_some_and(|filter| self.is_in(self.object, filter))
            {
                return Some(format!("the roll-up {}", named(parent, field.id)));
            }
        }
        None
    }
}

fn named(object: &ObjectDef, field: u16) -> String {
    let name = object.field(field).map_or("?", |field| &field.name);
    format!("`{}.{name}`", object.name)
}
