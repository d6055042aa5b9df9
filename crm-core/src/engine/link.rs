//! Links of which one is the primary one.

use std::collections::BTreeMap;

use super::authority::Right;
use super::read;
use super::work::Work;
use crate::error::Result;
use crate::record::{Fields, Record};
use crate::schema::ObjectDef;
use crate::value::{Ref, Value, ValueRef};

impl Work<'_, '_> {
    /// Sees to it that at most one link of each record at the `from` end is primary: the one that was chosen
    /// last. The first link of a record is primary unless the caller says otherwise.
    pub(super) fn choose_primary(
        &mut self,
        object: &ObjectDef,
        primary: u16,
        reference: Ref,
        old: Option<&Record>,
        changes: &mut BTreeMap<u16, Value>,
    ) -> Result<()> {
        let Some(link) = &object.link else {
            return Ok(());
        };
        let becomes = |field: u16| match (changes.get(&field), old) {
            (Some(value), _) => value.into(),
            (None, Some(old)) => old.get(field),
            (None, None) => ValueRef::Null,
        };
        let Some(from) = becomes(link.from).as_ref() else {
            return Ok(());
        };
        let is_primary = becomes(primary).as_bool() == Some(true);
        let moved = old.is_none_or(|old| old.get(link.from).as_ref() != Some(from));
        let others = |work: &Self| -> Result<Vec<Record>> {
            let Some(field) = object.field(link.from) else {
                return Ok(Vec::new());
            };
            let mut others = work.referring(object, field, from)?;
            others.retain(|other| other.reference() != reference);
            Ok(others)
        };
        if is_primary && (moved || old.is_some_and(|old| old.get(primary).as_bool() != Some(true)))
        {
            for other in others(self)? {
                self.stop_being_primary(&other, primary)?;
            }
        } else if old.is_none() && !changes.contains_key(&primary) && others(self)?.is_empty() {
            changes.insert(primary, true.into());
        }
        Ok(())
    }

    /// A link that comes back from the trash is primary no more if another one has become so.
    pub(super) fn yield_primary(&mut self, object: &ObjectDef, reference: Ref) -> Result<()> {
        let Some((link, primary)) = object
            .link
            .as_ref()
            .and_then(|link| Some((link, link.primary?)))
        else {
            return Ok(());
        };
        let is_primary = |link: &Record| link.get(primary).as_bool() == Some(true);
        let Some(record) = read::record(&self.tx, reference)?.filter(is_primary) else {
            return Ok(());
        };
        let (Some(field), Some(from)) = (object.field(link.from), record.get(link.from).as_ref())
        else {
            return Ok(());
        };
        let others = self.referring(object, field, from)?;
        if others
            .iter()
            .any(|other| other.reference() != reference && is_primary(other))
        {
            self.stop_being_primary(&record, primary)?;
        }
        Ok(())
    }

    fn stop_being_primary(&mut self, link: &Record, primary: u16) -> Result<()> {
        if link.get(primary).as_bool() != Some(true) {
            return Ok(());
        }
        let mut fields = Fields::new();
        fields.set_number(primary, false.into());
        self.with_right(Right::Engine, |work| {
            work.update(link.reference(), &fields, None)
        })?;
        Ok(())
    }
}
