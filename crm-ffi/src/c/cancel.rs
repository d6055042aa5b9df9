//! Ending calls that take too long.

use crm_core::Cancel;

use super::database::{crm_db, session};
use super::error::{Failure, crm_error};
use super::handle::Table;
use super::status::{CRM_OK, crm_status, guard, guard_plain};
use super::values::instant;
use crate::count::Counted;

/// Ends the calls of the sessions that watch it, from any thread, or when a time has come. All threads may use it at
/// the same time.
#[allow(non_camel_case_types, reason = "the name in C")]
pub struct crm_cancel {
    _private: [u8; 0],
}

struct Ending {
    cancel: Cancel,
    _counted: Counted,
}

static CANCELS: Table<Ending> = Table::new("cancel", 2);

fn ending(cancel: *const crm_cancel) -> Result<Cancel, Failure> {
    let found = CANCELS.get(cancel)?;
    let cancel = found.as_ref().map(|tenant| tenant.value.cancel.clone());
    cancel.ok_or_else(|| Failure::misuse("the cancel is NULL"))
}

/// Makes one that ends calls when it is told to. Free it with crm_cancel_free(); sessions that watch it may outlive it.
#[unsafe(no_mangle)]
pub extern "C" fn crm_cancel_new(
    out: Option<&mut *mut crm_cancel>,
    err: Option<&mut *mut crm_error>,
) -> crm_status {
    guard(err, || give(out, Cancel::new()))
}

/// Makes one that also ends them at an instant, in microseconds since 1970-01-01T00:00:00Z, by the clock of the
/// database: crm_now() and a bit.
#[unsafe(no_mangle)]
pub extern "C" fn crm_cancel_at(
    micros: i64,
    out: Option<&mut *mut crm_cancel>,
    err: Option<&mut *mut crm_error>,
) -> crm_status {
    guard(err, || give(out, Cancel::at(instant(micros)?)))
}

fn give(out: Option<&mut *mut crm_cancel>, cancel: Cancel) -> Result<crm_status, Failure> {
    super::needed(out.is_some(), "out")?;
    let ending = Ending {
        cancel,
        _counted: Counted::new(),
    };
    super::put(out, CANCELS.insert(ending)?)
}

/// A session whose calls a crm_cancel ends, as do those that end the calls of this one. A call that is ended answers
/// CRM_CANCELLED and has changed nothing: one that reads ends at once, one that changes up to its commit, an import between
/// rows, with a report. crm_backup(), crm_backup_since() and crm_compact() end as their `progress` ends them; what waits
/// for changes ends by its timeout or by crm_sub_stop().
#[unsafe(no_mangle)]
pub extern "C" fn crm_cancelled_by(
    db: *const crm_db,
    cancel: *const crm_cancel,
    out: Option<&mut *mut crm_db>,
    err: Option<&mut *mut crm_error>,
) -> crm_status {
    session(db, out, err, |session| {
        Ok(session.cancelled_by(&ending(cancel)?))
    })
}

/// Ends the calls of the sessions that watch it, and those that are begun later.
#[unsafe(no_mangle)]
pub extern "C" fn crm_cancel_fire(cancel: *const crm_cancel) -> crm_status {
    guard_plain(|| {
        ending(cancel)?.cancel();
        Ok(CRM_OK)
    })
}

/// True after crm_cancel_fire(), and after a call was ended because the time had come; false for what is no crm_cancel.
#[unsafe(no_mangle)]
pub extern "C" fn crm_cancel_is_fired(cancel: *const crm_cancel) -> bool {
    let mut is_fired = false;
    guard_plain(|| {
        is_fired = ending(cancel)?.is_cancelled();
        Ok(CRM_OK)
    });
    is_fired
}

/// Frees it; NULL is allowed, and one that was freed before is CRM_MISUSE. It ends nothing any more, but at its time.
#[unsafe(no_mangle)]
pub extern "C" fn crm_cancel_free(cancel: *const crm_cancel) -> crm_status {
    guard_plain(|| {
        if !cancel.is_null() {
            drop(CANCELS.remove(cancel)?);
        }
        Ok(CRM_OK)
    })
}
