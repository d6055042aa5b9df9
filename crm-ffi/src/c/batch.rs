//! Several changes in one transaction.

use crm_core::{Change, Keyed, Outcome, Session};

use super::database::{crm_db, database};
use super::error::{Failure, crm_error};
use super::record::crm_record;
use super::row::Row;
use super::rows::{crm_rows, give_rows};
use super::status::{CRM_OK, crm_status, guard, guard_plain};
use super::text::crm_str;
use super::values::{crm_field, crm_ref};
use super::write::{creation, movement, update, upsert};
use crate::count::Counted;

/// Changes that are made together. It is used by one thread at a time.
#[allow(non_camel_case_types, reason = "the name in C")]
pub struct crm_batch {
    changes: Vec<Change>,
    /// The first change that could not be added; the batch is not run then.
    refused: Option<Failure>,
    _counted: Counted,
}

/// Makes an empty batch.
#[unsafe(no_mangle)]
pub extern "C" fn crm_batch_new(
    out: Option<&mut *mut crm_batch>,
    err: Option<&mut *mut crm_error>,
) -> crm_status {
    guard(err, || {
        super::needed(out.is_some(), "out")?;
        let batch = crm_batch {
            changes: Vec::new(),
            refused: None,
            _counted: Counted::new(),
        };
        super::give(out, batch)
    })
}

/// Frees a batch; NULL is allowed.
#[unsafe(no_mangle)]
pub extern "C" fn crm_batch_free(batch: Option<Box<crm_batch>>) {
    guard_plain(|| {
        drop(batch);
        Ok(CRM_OK)
    });
}

fn add(
    batch: Option<&mut crm_batch>,
    change: impl FnOnce() -> Result<Change, Failure>,
) -> crm_status {
    guard_plain(|| {
        let batch = super::given(batch, "the batch")?;
        match change() {
            Ok(change) => {
                batch.changes.push(change);
                Ok(CRM_OK)
            }
            Err(failure) => {
                batch.refused.get_or_insert_with(|| failure.clone());
                Err(failure)
            }
        }
    })
}

fn of_record(
    batch: Option<&mut crm_batch>,
    record: Option<&crm_record>,
    change: impl FnOnce(&crm_record) -> Result<Change, Failure>,
) -> crm_status {
    add(batch, || change(super::given(record, "the record")?))
}

/// Adds the creation of a record from a draft, which is copied. A change that cannot be added is remembered, and
/// crm_batch_run() fails with its error.
#[unsafe(no_mangle)]
pub extern "C" fn crm_batch_create(
    batch: Option<&mut crm_batch>,
    record: Option<&crm_record>,
) -> crm_status {
    of_record(batch, record, creation)
}

/// Adds the change of a record, as crm_update() makes it.
#[unsafe(no_mangle)]
pub extern "C" fn crm_batch_update(
    batch: Option<&mut crm_batch>,
    record: Option<&crm_record>,
) -> crm_status {
    of_record(batch, record, update)
}

/// Adds the change or creation of a record, as crm_upsert() makes it.
#[unsafe(no_mangle)]
pub extern "C" fn crm_batch_upsert(
    batch: Option<&mut crm_batch>,
    record: Option<&crm_record>,
    by: crm_field,
) -> crm_status {
    of_record(batch, record, |record| upsert(record, by))
}

/// Adds the move of a card, as crm_move_card() makes it.
#[unsafe(no_mangle)]
pub extern "C" fn crm_batch_move(
    batch: Option<&mut crm_batch>,
    card: crm_ref,
    column: crm_ref,
    behind: crm_ref,
    expected: u64,
) -> crm_status {
    add(batch, || movement(card, column, behind, expected))
}

/// Adds the deletion of a record.
#[unsafe(no_mangle)]
pub extern "C" fn crm_batch_delete(batch: Option<&mut crm_batch>, record: crm_ref) -> crm_status {
    add(batch, || {
        Ok(Change::Delete {
            record: record.read()?,
        })
    })
}

/// Adds the restoring of a record.
#[unsafe(no_mangle)]
pub extern "C" fn crm_batch_restore(batch: Option<&mut crm_batch>, record: crm_ref) -> crm_status {
    add(batch, || {
        Ok(Change::Restore {
            record: record.read()?,
        })
    })
}

/// Adds the removal of a record for good.
#[unsafe(no_mangle)]
pub extern "C" fn crm_batch_purge(batch: Option<&mut crm_batch>, record: crm_ref) -> crm_status {
    add(batch, || {
        Ok(Change::Purge {
            record: record.read()?,
        })
    })
}

/// Makes all changes in one transaction or, if one is refused, none. With a key, a repetition changes nothing and
/// answers with the first outcomes. `out`, which may be NULL, gets a row for each change: CRM_ROW_RECORD,
/// CRM_ROW_KIND, CRM_ROW_VERSION.
///
/// Errors: that of the first change that is refused; CRM_INVALID for a key with which other changes were made, or the
/// same by another user; CRM_LIMIT for too many.
#[unsafe(no_mangle)]
pub extern "C" fn crm_batch_run(
    db: *const crm_db,
    batch: Option<&crm_batch>,
    key: crm_str,
    out: Option<&mut *mut crm_rows>,
    err: Option<&mut *mut crm_error>,
) -> crm_status {
    run(db, batch, out, err, |session, changes| {
        Ok(session.batch(changes, key.optional()?.map(Keyed))?)
    })
}

/// What crm_batch_run() would do, rules included; nothing of it remains.
#[unsafe(no_mangle)]
pub extern "C" fn crm_batch_rehearse(
    db: *const crm_db,
    batch: Option<&crm_batch>,
    out: Option<&mut *mut crm_rows>,
    err: Option<&mut *mut crm_error>,
) -> crm_status {
    run(db, batch, out, err, |session, changes| {
        Ok(session.rehearse_batch(changes)?)
    })
}

fn run(
    db: *const crm_db,
    batch: Option<&crm_batch>,
    out: Option<&mut *mut crm_rows>,
    err: Option<&mut *mut crm_error>,
    make: impl FnOnce(&Session, &[Change]) -> Result<Vec<Outcome>, Failure>,
) -> crm_status {
    guard(err, || {
        let db = database(db)?;
        let session = db.session()?;
        let batch = super::given(batch, "the batch")?;
        if let Some(failure) = &batch.refused {
            return Err(failure.clone());
        }
        let outcomes = make(session, &batch.changes)?;
        match out {
            Some(out) => give_rows(
                Some(out),
                session.catalog(),
                outcomes.into_iter().map(Row::from),
            ),
            None => Ok(CRM_OK),
        }
    })
}
