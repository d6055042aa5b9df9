//! Backups: whole ones, incremental ones, and going back to a point in time.

use std::sync::Arc;

use super::crm::Crm;
use super::error::Result;
use super::upkeep::{Finding, ProgressListener, Ticker};
use super::value::{DateTime, Ref, refs, signed, unsigned};
use crate::made::schema_of;

/// A state of a database that was.
#[derive(Debug, Clone, PartialEq, uniffi::Enum)]
pub enum PointInTime {
    /// That after the last commit that the backups hold.
    Newest,
    /// That after a commit, by its number.
    Commit { sequence: i64 },
    /// That after the last commit up to a time.
    Time { at: DateTime },
}

impl PointInTime {
    fn known(self) -> Result<crm_core::PointInTime> {
        Ok(match self {
            PointInTime::Newest => crm_core::PointInTime::Newest,
            PointInTime::Commit { sequence } => {
                crm_core::PointInTime::Commit(unsigned(sequence, "the commit")?)
            }
            PointInTime::Time { at } => crm_core::PointInTime::Time(at.known()?),
        })
    }
}

/// What a restoration has brought back.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct RestoreReport {
    /// The last commit of the restored database.
    pub sequence: i64,
    /// Records that were there at that commit and have been purged later. What is purged is purged from history, too:
    /// they stay away, and what referred to them refers to nothing, or is in the trash if it cannot.
    pub purged: Vec<Ref>,
    /// What a check of the restored database finds; empty unless something other than these backups was wrong.
    pub findings: Vec<Finding>,
}

#[uniffi::export]
impl Crm {
    /// Writes the state of the last commit to a new file, while others go on writing.
    ///
    /// Fails with `Io`, also if the file exists; `Cancelled` if the listener stops it. No file is left then.
    #[uniffi::method(default(progress = None))]
    pub fn backup(&self, path: String, progress: Option<Arc<dyn ProgressListener>>) -> Result<()> {
        let mut ticker = Ticker::new(progress);
        let result = self.session.backup(path, &mut |done| ticker.copied(done));
        ticker.outcome(result)
    }
}

/// Makes a database at `to` of a backup and the increments that follow it, in their order, as it was at a point in time.
/// What is derived is made anew, and all of it is checked. The backups are not changed; `to` has its name only when it is
/// whole.
///
/// Fails with `Invalid` if an increment is another database's or does not go on where the one before it ends, or if the
/// backups do not reach the point in time; `Corrupt` if one of them is damaged; `Io`, also if there is something at `to`;
/// `Cancelled` if the listener stops it. No file is left then.
#[uniffi::export(default(progress = None))]
pub fn restore_backup(
    base: String,
    increments: Vec<String>,
    to: String,
    point: PointInTime,
    progress: Option<Arc<dyn ProgressListener>>,
) -> Result<RestoreReport> {
    let point = point.known()?;
    let mut ticker = Ticker::new(progress);
    let tick = &mut |done| ticker.copied(done);
    let result = crm_core::Crm::restore(base, &increments, &to, point, tick);
    let crm_core::RestoreReport {
        sequence,
        purged,
        findings,
    } = ticker.outcome(result)?;
    Ok(RestoreReport {
        sequence: signed(sequence),
        purged: refs(&schema_of(&to)?, purged),
        findings: Finding::all(findings),
    })
}
