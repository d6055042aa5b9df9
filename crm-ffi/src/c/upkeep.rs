//! Looking after a database.

use std::ffi::c_void;

use super::database::{Told, crm_db, crm_progress_fn, database};
use super::error::crm_error;
use super::status::{CRM_OK, crm_status, guard};
use super::text::{crm_str, crm_text, give};
use crate::json;

/// Reads everything and compares what is derived with the records. The report is a JSON object: `records`, `rows`,
/// and `findings`, which is empty for a sound database.
///
/// Errors: CRM_IO; damage is a finding as far as it can be read around.
#[unsafe(no_mangle)]
pub extern "C" fn crm_check(
    db: *const crm_db,
    out: Option<&mut *mut crm_text>,
    err: Option<&mut *mut crm_error>,
) -> crm_status {
    guard(err, || {
        let db = database(db)?;
        let session = db.session()?;
        super::needed(out.is_some(), "out")?;
        give(out, json::check_report(&session.check()?).to_string())
    })
}

/// What the database holds, as a JSON object: `records`, a count by object, `sequence`, `spaces`, `file_bytes`.
#[unsafe(no_mangle)]
pub extern "C" fn crm_stats(
    db: *const crm_db,
    out: Option<&mut *mut crm_text>,
    err: Option<&mut *mut crm_error>,
) -> crm_status {
    guard(err, || {
        let db = database(db)?;
        let session = db.session()?;
        super::needed(out.is_some(), "out")?;
        give(out, json::stats(&session.stats()?).to_string())
    })
}

/// One bounded step of the work that can wait, such as index builds; `more` is true if more may be to be done.
#[unsafe(no_mangle)]
pub extern "C" fn crm_maintain(
    db: *const crm_db,
    more: Option<&mut bool>,
    err: Option<&mut *mut crm_error>,
) -> crm_status {
    guard(err, || {
        let db = database(db)?;
        let session = db.session()?;
        super::needed(more.is_some(), "more")?;
        super::put(more, session.maintain()?)
    })
}

/// Rewrites the file densely. Writers wait meanwhile; readers go on. `progress` may be NULL.
///
/// Errors: CRM_CANCELLED if `progress` says so; the file is as before then.
#[unsafe(no_mangle)]
pub extern "C" fn crm_compact(
    db: *const crm_db,
    progress: crm_progress_fn,
    user: *mut c_void,
    err: Option<&mut *mut crm_error>,
) -> crm_status {
    guard(err, || {
        let db = database(db)?;
        let told = Told {
            call: progress,
            user,
        };
        db.session()?.compact(&mut |done| told.of(done, 0, 0))?;
        Ok(CRM_OK)
    })
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
