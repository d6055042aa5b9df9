//! Records that take values from a record to which they refer, brought up to date when that changes.

use std::collections::BTreeMap;

use super::save::{Manner, Save};
use super::work::Work;
use crate::error::{Detail, Result};
use crate::limits;
use crate::record::Record;

impl Work<'_, '_> {
    /// Applies the own logic of those records anew that follow a record which has changed.
    pub(super) fn apply_followed(&mut self) -> Result<()> {
        while let Some((target, changed)) = self.deferred.followed.pop() {
            let catalog = self.catalog();
            for (object, field) in catalog.referrers(target.object) {
                if !field.follows.iter().any(|field| changed.contains(field)) {
                    continue;
                }
                let records = self.referring(object, field, target)?;
                self.check_followers(records.len())?;
                for record in records {
                    self.follow(record)?;
                }
            }
        }
        Ok(())
    }

    fn follow(&mut self, record: Record) -> Result<()> {
        let catalog = self.catalog();
        let object = catalog.object(record.object())?;
        self.save(Save::of(object, record, BTreeMap::new(), Manner::Following))?;
        Ok(())
    }

    fn check_followers(&self, count: usize) -> Result<()> {
        if count <= limits::CASCADE_LEN_MAX {
            return Ok(());
        }
        Err(Detail::Limit {
            what: "records that follow a change of the one that they refer to",
            max: limits::CASCADE_LEN_MAX as u64,
            actual: count as u64,
        }
        .into())
    }
}
