//! A query with its names resolved, as its viewer may name them.

use super::SortKey;
use super::order::Order;
use super::reader::Reader;
use crate::error::Result;
use crate::expr::{Ambient, Constraint, Expr};
use crate::record::Stored;
use crate::schema::ObjectDef;

/// A query with its names resolved.
pub(super) struct Prepared<'a> {
    pub object: &'a ObjectDef,
    pub filter: Option<Expr>,
    pub trash: bool,
    pub constraints: Vec<Constraint>,
    pub order: Order,
}

impl<'a> Reader<'a> {
    pub(super) fn prepare(
        &self,
        object: &str,
        filter: &str,
        sort: &[SortKey],
        trash: bool,
    ) -> Result<Prepared<'a>> {
        let object = self.lens.object(object)?;
        let filter = match filter.trim() {
            "" => None,
            text => Some(self.lens.filter(object, text)?),
        };
        let ambient = Ambient {
            now: self.now,
            time_zone: self.lens.state().settings.time_zone.clone(),
            actor: self.lens.actor(),
        };
        let constraints = filter
            .as_ref()
            .map_or(Ok(Vec::new()), |filter| filter.constraints(&ambient))?;
        Ok(Prepared {
            object,
            constraints,
            trash,
            order: Order::new(&self.lens, object, sort)?,
            filter,
        })
    }

    /// True if a record is one that the query asks for. It is looked at where it lies: most are not.
    pub(super) fn is_match(&self, prepared: &Prepared<'_>, stored: Stored<'_>) -> Result<bool> {
        if stored.is_deleted()? != prepared.trash {
            return Ok(false);
        }
        let Some(filter) = &prepared.filter else {
            return Ok(true);
        };
        filter.matches(&self.lens.env(self.now, stored.id, stored.fields))
    }
}
