//! What records were.

use crm_core::{HistoryEntry, Ref, Session};

use super::database::{crm_db, database};
use super::error::{Failure, crm_error};
use super::read::{field_name, object, perhaps};
use super::record::crm_record;
use super::row::of_history;
use super::rows::{crm_rows, give_rows};
use super::status::{crm_status, guard};
use super::values::{crm_field, crm_ref, instant};

/// A record's changes, newest first, also of a purged one, without values then. A row has CRM_ROW_SEQUENCE,
/// CRM_ROW_AT, CRM_ROW_ACTOR, CRM_ROW_CAUSE, CRM_ROW_OPERATION, CRM_ROW_KIND, CRM_ROW_RULE; below it, by
/// crm_rows_below(), is a row for each field with CRM_ROW_FIELD, CRM_ROW_FIELD_NAME, CRM_ROW_OLD, CRM_ROW_NEW.
#[unsafe(no_mangle)]
pub extern "C" fn crm_history(
    db: *const crm_db,
    record: crm_ref,
    out: Option<&mut *mut crm_rows>,
    err: Option<&mut *mut crm_error>,
) -> crm_status {
    history(db, record, out, err, |session, record| {
        Ok(session.history(record)?)
    })
}

/// The changes of one field of a record, newest first; rows as of crm_history().
///
/// Errors: CRM_UNKNOWN_FIELD.
#[unsafe(no_mangle)]
pub extern "C" fn crm_field_history(
    db: *const crm_db,
    record: crm_ref,
    field: crm_field,
    out: Option<&mut *mut crm_rows>,
    err: Option<&mut *mut crm_error>,
) -> crm_status {
    history(db, record, out, err, |session, record| {
        let catalog = session.catalog();
        let object = object(&catalog, record.object.into())?;
        Ok(session.field_history(record, &field_name(&catalog, field, Some(object))?)?)
    })
}

fn history(
    db: *const crm_db,
    record: crm_ref,
    out: Option<&mut *mut crm_rows>,
    err: Option<&mut *mut crm_error>,
    of: impl FnOnce(&Session, Ref) -> Result<Vec<HistoryEntry>, Failure>,
) -> crm_status {
    guard(err, || {
        let db = database(db)?;
        let session = db.session()?;
        super::needed(out.is_some(), "out")?;
        let record = record.read()?;
        let entries = of(session, record)?;
        let catalog = session.catalog();
        let rows: Vec<_> = entries
            .into_iter()
            .map(|entry| of_history(&catalog, record, entry))
            .collect();
        give_rows(out, catalog, rows)
    })
}

/// A record as it was at a time, in microseconds since 1970-01-01T00:00:00Z; CRM_ABSENT, and NULL, if it did not exist
/// then or has been purged since.
#[unsafe(no_mangle)]
pub extern "C" fn crm_record_at(
    db: *const crm_db,
    record: crm_ref,
    micros: i64,
    out: Option<&mut *mut crm_record>,
    err: Option<&mut *mut crm_error>,
) -> crm_status {
    guard(err, || {
        let db = database(db)?;
        let session = db.session()?;
        super::needed(out.is_some(), "out")?;
        perhaps(
            session,
            session.record_at(record.read()?, instant(micros)?)?,
            out,
        )
    })
}

/// A record as it was after a commit; CRM_ABSENT as for crm_record_at().
#[unsafe(no_mangle)]
pub extern "C" fn crm_record_as_of(
    db: *const crm_db,
    record: crm_ref,
    sequence: u64,
    out: Option<&mut *mut crm_record>,
    err: Option<&mut *mut crm_error>,
) -> crm_status {
    guard(err, || {
        let db = database(db)?;
        let session = db.session()?;
        super::needed(out.is_some(), "out")?;
        perhaps(
            session,
            session.record_as_of(record.read()?, sequence)?,
            out,
        )
    })
}
