//! Backups: whole ones, incremental ones, and going back to a point in time.

use std::ffi::c_void;

use crm_core::{Crm, PointInTime};

use super::database::{Told, crm_db, crm_progress_fn, database};
use super::error::{Failure, crm_error};
use super::status::{CRM_OK, crm_status, guard};
use super::text::{crm_str, crm_text, elements_of, give};
use super::values::instant;
use crate::json;
use crate::made::schema_of;

/// The state after a commit, by its number.
pub const CRM_AT_COMMIT: i32 = 1;
/// The state after the last commit up to a time, in microseconds since 1970-01-01T00:00:00Z.
pub const CRM_AT_TIME: i32 = 2;

/// A state of a database that was.
#[repr(C)]
#[derive(Clone, Copy)]
#[allow(non_camel_case_types, reason = "the name in C")]
pub struct crm_point {
    /// What `at` is: CRM_AT_COMMIT or CRM_AT_TIME.
    pub kind: i32,
    /// The number of the commit, or the time.
    pub at: i64,
}

impl crm_point {
    fn read(self) -> Result<PointInTime, Failure> {
        match self.kind {
            CRM_AT_COMMIT => u64::try_from(self.at)
                .map(PointInTime::Commit)
                .map_err(|_| {
                    Failure::invalid(&self.at.to_string(), "a commit has a number from 0 on")
                }),
            CRM_AT_TIME => Ok(PointInTime::Time(instant(self.at)?)),
            other => Err(Failure::misuse(format!("no kind of crm_point is {other}"))),
        }
    }
}

/// Writes the state of the last commit to a new file, while others go on writing. `progress` may be NULL.
///
/// Errors: CRM_IO, also if the file exists; CRM_CANCELLED if `progress` says so. No file is left then.
#[unsafe(no_mangle)]
pub extern "C" fn crm_backup(
    db: *const crm_db,
    path: crm_str,
    progress: crm_progress_fn,
    user: *mut c_void,
    err: Option<&mut *mut crm_error>,
) -> crm_status {
    guard(err, || {
        let db = database(db)?;
        let session = db.session()?;
        let told = Told {
            call: progress,
            user,
        };
        session.backup(path.required("the path")?, &mut |done| told.of(done, 0, 0))?;
        Ok(CRM_OK)
    })
}

/// Makes a database at `to` of a backup and the increments that follow it, in their order, as it was at a point in time;
/// at the end of them for a `point` of NULL. What is derived is made anew, and all of it is checked. The backups are not
/// changed. `progress` may be NULL.
///
/// The report is a JSON object: `sequence`, the last commit; `purged`, records that were there at that commit and have
/// been purged later, and stay away; `findings` of a check, which is empty unless something other than these backups
/// was wrong.
///
/// Errors: CRM_INVALID if an increment is another database's or does not go on where the one before it ends, or if the
/// backups do not reach the point in time; CRM_CORRUPT if one of them is damaged; CRM_IO, also if there is something at
/// `to`; CRM_CANCELLED if `progress` says so. No file is left then.
#[unsafe(no_mangle)]
pub extern "C" fn crm_restore_backup(
    base: crm_str,
    increments: *const crm_str,
    increments_len: usize,
    to: crm_str,
    point: Option<&crm_point>,
    progress: crm_progress_fn,
    user: *mut c_void,
    out: Option<&mut *mut crm_text>,
    err: Option<&mut *mut crm_error>,
) -> crm_status {
    guard(err, || {
        super::needed(out.is_some(), "out")?;
        // SAFETY: the host says that so many texts can be read.
        let increments = unsafe { elements_of(increments, increments_len) }?;
        let increments = increments
            .iter()
            .map(|increment| increment.required("the path of an increment"))
            .collect::<Result<Vec<_>, _>>()?;
        let to = to.required("the path of the new database")?;
        let point = match point {
            Some(point) => point.read()?,
            None => PointInTime::Newest,
        };
        let told = Told {
            call: progress,
            user,
        };
        let base = base.required("the path of the backup")?;
        let report = Crm::restore(base, &increments, to, point, &mut |done| {
            told.of(done, 0, 0)
        })?;
        let catalog = schema_of(to)?;
        give(out, json::restore_report(&catalog, &report).to_string())
    })
}
