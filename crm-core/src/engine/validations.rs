//! The validation rules of the organisation, compiled.

use std::collections::HashMap;
use std::sync::Arc;

use super::read;
use super::state::Definitions;
use crate::error::Result;
use crate::expr::Expr;
use crate::record::Record;
use crate::schema::{Catalog, ValidationRole};
use crate::store::Read;
use crate::value::Id;

/// A validation rule of the organisation.
#[derive(Debug)]
pub(crate) struct Validation {
    /// What it was compiled of.
    record: Record,
    object: u16,
    pub name: String,
    pub message: String,
    pub condition: Expr,
}

/// All active validation rules.
#[derive(Debug, Default)]
pub(super) struct Validations {
    by_object: HashMap<u16, Vec<Arc<Validation>>>,
    by_id: HashMap<Id, Arc<Validation>>,
}

impl Validations {
    /// Compiles the active rules in the data; those that have not changed are taken from before, with the patterns that
    /// they have compiled.
    pub(super) fn compile(
        catalog: &Catalog,
        read: &dyn Read,
        definitions: Definitions<'_>,
        before: Option<&Validations>,
    ) -> Result<Self> {
        let mut validations = Validations::default();
        let Some((rules, parts)) = catalog.validation_rules() else {
            return Ok(validations);
        };
        read::for_each_live(read, rules.id, &mut |record| {
            if record.get(parts.active).as_bool() == Some(false) {
                return Ok(());
            }
            let id = record.id();
            let known = before.and_then(|before| before.by_id.get(&id));
            let validation = match known.filter(|known| known.record == record) {
                Some(known) => known.clone(),
                None => {
                    let compiled = compile_validation(catalog, parts, record);
                    Arc::new(compiled.map_err(|error| {
                        definitions.refused(format_args!("validation rule {id}"), error)
                    })?)
                }
            };
            let of_object = validations.by_object.entry(validation.object).or_default();
            of_object.push(validation.clone());
            validations.by_id.insert(id, validation);
            Ok(())
        })?;
        Ok(validations)
    }

    pub(super) fn of_object(&self, object: u16) -> &[Arc<Validation>] {
        self.by_object.get(&object).map_or(&[], Vec::as_slice)
    }

    /// The memory that the regular expressions take, about, once they are needed.
    pub(super) fn pattern_bytes(&self) -> usize {
        let rules = self.by_id.values();
        rules.map(|rule| rule.condition.pattern_bytes()).sum()
    }
}

fn compile_validation(
    catalog: &Catalog,
    parts: ValidationRole,
    record: Record,
) -> Result<Validation> {
    let text = |part| record.get(part).as_text().unwrap_or_default();
    let object = catalog.object_named(text(parts.object))?;
    Ok(Validation {
        object: object.id,
        name: text(parts.name).to_owned(),
        message: text(parts.message).to_owned(),
        condition: Expr::compile_filter(text(parts.condition), catalog, object)?,
        record,
    })
}
