//! Custom fields of companies.

use std::sync::Arc;

use crm_core::{ChangeKind, Code, Ref, Value};

use super::schema::Ty;
use super::work::Work;
use super::{Field, Fields, Res};
use crate::answer::Answer;
use crate::op::{Custom, Kind};

const COMPANY: Kind = Kind::Company;

impl Work<'_> {
    fn company_fields(&mut self) -> &mut Vec<Field> {
        self.model.schema.entry(COMPANY).or_default()
    }

    fn companies(&self) -> Vec<Ref> {
        let all = self.model.records.keys().copied();
        all.filter(|record| record.object == COMPANY.number())
            .collect()
    }

    fn custom_field(&self, name: &str) -> Res<Field> {
        let field = self.model.field(COMPANY.number(), name);
        let field = field.ok_or(Code::UnknownField)?;
        if field.custom {
            Ok(field.clone())
        } else {
            Err(Code::Schema)
        }
    }

    /// Refuses a name that is malformed or taken.
    fn check_name(&self, name: &str) -> Res<()> {
        let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if !name.chars().all(is_plain) || self.model.field(COMPANY.number(), name).is_some() {
            return Err(Code::Schema);
        }
        Ok(())
    }

    /// Adds a field, and its value to every company.
    ///
    /// # Errors
    /// `Schema`.
    pub fn add_field(&mut self, name: &'static str, custom: Custom) -> Res<()> {
        self.check_name(name)?;
        let field = Field::custom(name, custom);
        let default = field.default_value(self.caller.now);
        if field.default.is_some() && default.is_none() {
            return Err(Code::Schema);
        }
        let computed = field.computed;
        self.company_fields().push(field);
        for company in self.companies() {
            let mut changes = Fields::new();
            match computed {
                Some(Custom::Tenfold) => {}
                Some(roll_up) => {
                    changes.insert(name, self.model.roll_up(company, roll_up));
                }
                None => changes.extend(default.clone().map(|value| (name, value))),
            }
            self.compute(company, &mut changes, false);
            changes.retain(|field, value| self.model.value(company, field) != *value);
            if !changes.is_empty() {
                self.store(company, ChangeKind::Updated, changes)?;
            }
        }
        Ok(())
    }

    /// Renames a field.
    ///
    /// # Errors
    /// `UnknownField`, `Schema`.
    pub fn rename_field(&mut self, name: &str, to: &'static str) -> Res<()> {
        self.custom_field(name)?;
        self.check_name(to)?;
        for field in self.company_fields() {
            if field.name == name {
                field.name = to;
            }
        }
        let object = COMPANY.number();
        for (record, fields) in &mut self.model.records {
            if record.object == object
                && let Some(value) = Arc::make_mut(fields).remove(name)
            {
                Arc::make_mut(fields).insert(to, value);
            }
        }
        for commit in &mut self.model.log {
            for entry in &mut Arc::make_mut(commit).entries {
                if entry.record.object == object
                    && let Some(change) = entry.changes.remove(name)
                {
                    entry.changes.insert(to.to_owned(), change);
                }
            }
        }
        Ok(())
    }

    /// Makes a text of a number or a number of a text.
    ///
    /// # Errors
    /// `UnknownField`, `Schema`, `Invalid`, `Duplicate`.
    pub fn retype_field(&mut self, name: &str, number: bool, clear: bool) -> Res<Answer> {
        let mut field = self.custom_field(name)?;
        if field.is_computed() || field.retired {
            return Err(Code::Schema);
        }
        field.ty = if number { Ty::Int } else { Ty::Text };
        if field.default.is_some() && field.default_value(self.caller.now).is_none() {
            return Err(Code::Schema);
        }
        for own in self.company_fields() {
            if own.name == name {
                *own = field.clone();
            }
        }
        let mut waiting = Vec::new();
        for company in self.companies() {
            let value = self.model.value(company, name);
            if !value.is_null() {
                waiting.push((company, value));
                if let Some(fields) = self.model.records.get_mut(&company) {
                    Arc::make_mut(fields).remove(name);
                }
            }
        }
        let (mut converted, mut failed) = (0, Vec::new());
        for (company, old) in waiting {
            let as_text = match &old {
                Value::Int(number) => number.to_string().into(),
                other => other.clone(),
            };
            let fitted = field.fit(as_text).and_then(|new| {
                let mut others = self.model.all_live(company.object);
                let taken = field.unique && others.any(|(_, other)| other.get(name) == Some(&new));
                if taken { Err(Code::Duplicate) } else { Ok(new) }
            });
            let new = match fitted {
                Ok(new) => {
                    converted += 1;
                    new
                }
                Err(_) if clear => {
                    failed.push(company);
                    Value::Null
                }
                Err(code) => return Err(code),
            };
            let mut changes = Fields::new();
            if !new.is_null() {
                changes.insert(field.name, new.clone());
            }
            self.store(company, ChangeKind::Updated, changes)?;
            if let Some(entry) = self.entries.last_mut() {
                entry.changes = [(name.to_owned(), (old, new))].into();
            }
        }
        Ok(Answer::Retyped { converted, failed })
    }

    /// Retires a field: its values stay.
    ///
    /// # Errors
    /// `UnknownField`, `Schema`.
    pub fn retire_field(&mut self, name: &str) -> Res<()> {
        self.custom_field(name)?;
        for field in self.company_fields() {
            if field.name == name {
                field.retired = true;
                (field.unique, field.indexed, field.searched) = (false, false, false);
                field.computed = None;
            }
        }
        Ok(())
    }

    /// Gives a field an index.
    ///
    /// # Errors
    /// `UnknownField`, `Schema`.
    pub fn index_field(&mut self, name: &str) -> Res<()> {
        let field = self.model.field(COMPANY.number(), name);
        let field = field.ok_or(Code::UnknownField)?;
        if field.indexed || field.retired {
            return Err(Code::Schema);
        }
        for field in self.company_fields() {
            field.indexed |= field.name == name;
        }
        Ok(())
    }
}
