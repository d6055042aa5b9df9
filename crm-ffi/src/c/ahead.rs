//! What is to come and what goes out: the due queue, reminders, the outbox, and what is known of addresses.

use crm_core::Session;

use super::database::{crm_db, database};
use super::error::{Failure, crm_error};
use super::row::Row;
use super::rows::{crm_rows, give_rows};
use super::status::{CRM_ABSENT, CRM_OK, crm_status, guard};
use super::text::{crm_str, crm_text, give};
use super::values::{crm_ref, instant};
use super::write::{change, crm_outcome};
use crate::json;

/// When something is due next, in microseconds since 1970-01-01T00:00:00Z; CRM_ABSENT, and 0, if nothing is. Set a
/// timer to it and call crm_run_due().
#[unsafe(no_mangle)]
pub extern "C" fn crm_next_due(
    db: *const crm_db,
    out: Option<&mut i64>,
    err: Option<&mut *mut crm_error>,
) -> crm_status {
    guard(err, || {
        let db = database(db)?;
        let at = db.session()?.next_due()?;
        super::put(out, at.map_or(0, |at| at.timestamp_micros()))?;
        Ok(if at.is_some() { CRM_OK } else { CRM_ABSENT })
    })
}

/// Does what is due up to a time: reminders become due, rules that wait for dates and schedules run. One call does a
/// bounded number. The report is a JSON object: `reminders`, `rule_runs`, and `more` if more is due. `out` may be NULL.
#[unsafe(no_mangle)]
pub extern "C" fn crm_run_due(
    db: *const crm_db,
    until_micros: i64,
    out: Option<&mut *mut crm_text>,
    err: Option<&mut *mut crm_error>,
) -> crm_status {
    guard(err, || {
        let db = database(db)?;
        let session = db.session()?;
        let report = session.run_due(instant(until_micros)?)?;
        match out {
            Some(out) => give(
                Some(out),
                json::due_report(&session.catalog(), &report).to_string(),
            ),
            None => Ok(CRM_OK),
        }
    })
}

/// The reminders whose time has come and that nobody has acknowledged, the oldest first. A limit of 0 is 50.
#[unsafe(no_mangle)]
pub extern "C" fn crm_due_reminders(
    db: *const crm_db,
    limit: u32,
    out: Option<&mut *mut crm_rows>,
    err: Option<&mut *mut crm_error>,
) -> crm_status {
    list(db, out, err, |session| {
        let reminders = session.due_reminders(limit as usize)?;
        Ok(reminders
            .into_iter()
            .map(|reminder| reminder.into_record().into())
            .collect())
    })
}

/// The messages that wait for the host, the oldest first. They stay in the outbox until the host says that they are
/// sent: each is delivered at least once, and its id tells a repetition. A limit of 0 is 50.
#[unsafe(no_mangle)]
pub extern "C" fn crm_outbox(
    db: *const crm_db,
    limit: u32,
    out: Option<&mut *mut crm_rows>,
    err: Option<&mut *mut crm_error>,
) -> crm_status {
    list(db, out, err, |session| {
        let messages = session.outbox(limit as usize)?;
        Ok(messages
            .into_iter()
            .map(|message| message.into_record().into())
            .collect())
    })
}

fn list(
    db: *const crm_db,
    out: Option<&mut *mut crm_rows>,
    err: Option<&mut *mut crm_error>,
    of: impl FnOnce(&Session) -> Result<Vec<Row>, Failure>,
) -> crm_status {
    guard(err, || {
        let db = database(db)?;
        let session = db.session()?;
        super::needed(out.is_some(), "out")?;
        give_rows(out, session.catalog(), of(session)?)
    })
}

/// Says that a reminder has been seen.
///
/// Errors: CRM_NOT_FOUND.
#[unsafe(no_mangle)]
pub extern "C" fn crm_acknowledge(
    db: *const crm_db,
    reminder: crm_ref,
    outcome: *mut crm_outcome,
    err: Option<&mut *mut crm_error>,
) -> crm_status {
    change(db, outcome, err, |session| {
        Ok(session.acknowledge(reminder.id_of()?)?)
    })
}

/// Puts a reminder off to a time.
///
/// Errors: CRM_NOT_FOUND.
#[unsafe(no_mangle)]
pub extern "C" fn crm_snooze(
    db: *const crm_db,
    reminder: crm_ref,
    until_micros: i64,
    outcome: *mut crm_outcome,
    err: Option<&mut *mut crm_error>,
) -> crm_status {
    change(db, outcome, err, |session| {
        Ok(session.snooze(reminder.id_of()?, instant(until_micros)?)?)
    })
}

/// Says that a message of the outbox has been sent.
///
/// Errors: CRM_NOT_FOUND.
#[unsafe(no_mangle)]
pub extern "C" fn crm_outbox_sent(
    db: *const crm_db,
    message: crm_ref,
    outcome: *mut crm_outcome,
    err: Option<&mut *mut crm_error>,
) -> crm_status {
    change(db, outcome, err, |session| {
        Ok(session.outbox_sent(message.id_of()?)?)
    })
}

/// Says that a message could not be sent, and when to try again; with NULL it is given up.
///
/// Errors: CRM_NOT_FOUND.
#[unsafe(no_mangle)]
pub extern "C" fn crm_outbox_failed(
    db: *const crm_db,
    message: crm_ref,
    error: crm_str,
    retry_micros: Option<&i64>,
    outcome: *mut crm_outcome,
    err: Option<&mut *mut crm_error>,
) -> crm_status {
    change(db, outcome, err, |session| {
        let retry = retry_micros.map(|at| instant(*at)).transpose()?;
        Ok(session.outbox_failed(message.id_of()?, error.or_empty()?, retry)?)
    })
}

/// What is known of an e-mail address or phone number, as a JSON object: `address` in its normal form, `opted_out`,
/// `invalid`, and the `holders`, the records that have it.
///
/// Errors: CRM_INVALID if it is neither.
#[unsafe(no_mangle)]
pub extern "C" fn crm_contact_point(
    db: *const crm_db,
    address: crm_str,
    out: Option<&mut *mut crm_text>,
    err: Option<&mut *mut crm_error>,
) -> crm_status {
    guard(err, || {
        let db = database(db)?;
        let session = db.session()?;
        let state = session.contact_point(address.required("the address")?)?;
        give(
            out,
            json::contact_point(&session.catalog(), &state).to_string(),
        )
    })
}

/// Says that the owner of an address does, or does not, want to be contacted there. It holds for every record that has
/// the address, now or later.
///
/// Errors: CRM_INVALID if it is neither an e-mail address nor a phone number.
#[unsafe(no_mangle)]
pub extern "C" fn crm_set_opted_out(
    db: *const crm_db,
    address: crm_str,
    opted_out: bool,
    outcome: *mut crm_outcome,
    err: Option<&mut *mut crm_error>,
) -> crm_status {
    change(db, outcome, err, |session| {
        Ok(session.set_opted_out(address.required("the address")?, opted_out)?)
    })
}

/// Says that messages to an address do not arrive, and why; or without a reason that they do.
///
/// Errors: as crm_set_opted_out().
#[unsafe(no_mangle)]
pub extern "C" fn crm_set_invalid(
    db: *const crm_db,
    address: crm_str,
    reason: crm_str,
    outcome: *mut crm_outcome,
    err: Option<&mut *mut crm_error>,
) -> crm_status {
    change(db, outcome, err, |session| {
        Ok(session.set_invalid(address.required("the address")?, reason.optional()?)?)
    })
}
