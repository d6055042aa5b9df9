//! Changing records.

use crm_core::{Change, Outcome, OutcomeKind, Session};

use super::database::{crm_db, database};
use super::error::{Failure, crm_error};
use super::record::crm_record;
use super::status::{CRM_OK, crm_status, guard};
use super::text::{bytes_of, crm_str, crm_text, give};
use super::values::{crm_field, crm_ref};

/// A record was created.
pub const CRM_CREATED: i32 = 1;
/// A record was changed.
pub const CRM_UPDATED: i32 = 2;
/// A change changed nothing.
pub const CRM_UNCHANGED: i32 = 3;
/// A record went to the trash.
pub const CRM_DELETED: i32 = 4;
/// A record came back from the trash.
pub const CRM_RESTORED: i32 = 5;
/// A record was removed for good.
pub const CRM_PURGED: i32 = 6;

/// What a change has done. Begin with `crm_outcome outcome = {sizeof(crm_outcome)};`.
#[repr(C)]
#[derive(Clone, Copy)]
#[allow(non_camel_case_types, reason = "the name in C")]
pub struct crm_outcome {
    /// sizeof(crm_outcome), set by the host.
    pub size: u32,
    /// What happened: CRM_CREATED and so on.
    pub kind: i32,
    /// The commit that changed the record last.
    pub version: u64,
    /// The record.
    pub record: crm_ref,
}

/// Writes an outcome as far as the host has room for it.
pub(super) fn put_outcome(out: *mut crm_outcome, outcome: &Outcome) -> Result<crm_status, Failure> {
    if out.is_null() {
        return Ok(CRM_OK);
    }
    // SAFETY: the host's struct begins with its size.
    let size = unsafe { out.cast::<u32>().read_unaligned() };
    let whole = crm_outcome {
        size,
        kind: match outcome.kind {
            OutcomeKind::Created => CRM_CREATED,
            OutcomeKind::Updated => CRM_UPDATED,
            OutcomeKind::Unchanged => CRM_UNCHANGED,
            OutcomeKind::Deleted => CRM_DELETED,
            OutcomeKind::Restored => CRM_RESTORED,
            OutcomeKind::Purged => CRM_PURGED,
        },
        version: outcome.version,
        record: crm_ref::new(outcome.record),
    };
    let room = (size as usize).min(size_of::<crm_outcome>());
    // SAFETY: the host's struct is as long as it says.
    unsafe {
        std::ptr::copy_nonoverlapping((&raw const whole).cast::<u8>(), out.cast::<u8>(), room);
    }
    Ok(CRM_OK)
}

/// Refuses an outcome without a size before anything is changed.
fn check_outcome(out: *const crm_outcome) -> Result<(), Failure> {
    // SAFETY: NULL, or a struct that begins with its size.
    match unsafe { out.cast::<u32>().as_ref() } {
        Some(0..4) => Err(Failure::misuse("set the size of crm_outcome to its sizeof")),
        _ => Ok(()),
    }
}

/// Makes a change and says what it has done.
pub(super) fn change(
    db: *const crm_db,
    out: *mut crm_outcome,
    err: Option<&mut *mut crm_error>,
    make: impl FnOnce(&Session) -> Result<Outcome, Failure>,
) -> crm_status {
    guard(err, || {
        check_outcome(out)?;
        let db = database(db)?;
        let outcome = make(db.session()?)?;
        put_outcome(out, &outcome)
    })
}

/// Writes a record, which then is as the database has it.
fn write(
    db: *const crm_db,
    record: Option<&mut crm_record>,
    out: *mut crm_outcome,
    err: Option<&mut *mut crm_error>,
    change_of: impl FnOnce(&crm_record) -> Result<Change, Failure>,
) -> crm_status {
    change(db, out, err, |session| {
        let record = super::given(record, "the record")?;
        let (outcome, written) = session.change_and_read(change_of(record)?)?;
        record.written(session.catalog(), outcome.record, written);
        Ok(outcome)
    })
}

pub(super) fn creation(record: &crm_record) -> Result<Change, Failure> {
    if record.record().is_some() {
        return Err(Failure::misuse(
            "the record was read and is there already; make a draft of its type",
        ));
    }
    Ok(Change::Create {
        object: record.object()?.name.clone(),
        id: record.reference().map(|reference| reference.id),
        fields: record.fields()?,
    })
}

pub(super) fn update(record: &crm_record) -> Result<Change, Failure> {
    Ok(Change::Update {
        record: record.known_reference()?,
        fields: record.fields()?,
        expected: record.base_version(),
    })
}

pub(super) fn upsert(record: &crm_record, by: crm_field) -> Result<Change, Failure> {
    let by = record.definition(by)?;
    Ok(Change::Upsert {
        object: record.object()?.name.clone(),
        by: by.map(|field| field.name.clone()).unwrap_or_default(),
        fields: record.fields()?,
    })
}

/// Creates a record from a draft, which then is the record as stored. `outcome` may be NULL.
///
/// Errors: CRM_INVALID, CRM_DUPLICATE, CRM_MISSING_REFERENCE, CRM_CYCLE, CRM_VALIDATION; nothing is changed then.
#[unsafe(no_mangle)]
pub extern "C" fn crm_create(
    db: *const crm_db,
    record: Option<&mut crm_record>,
    outcome: *mut crm_outcome,
    err: Option<&mut *mut crm_error>,
) -> crm_status {
    write(db, record, outcome, err, creation)
}

/// Writes what was set of a record, which then is the record as stored. A record that was read is refused with
/// CRM_STALE if somebody else has changed one of the same fields since; the draft of a record by its id overwrites.
///
/// Errors: as crm_create(), CRM_NOT_FOUND, CRM_STALE.
#[unsafe(no_mangle)]
pub extern "C" fn crm_update(
    db: *const crm_db,
    record: Option<&mut crm_record>,
    outcome: *mut crm_outcome,
    err: Option<&mut *mut crm_error>,
) -> crm_status {
    write(db, record, outcome, err, update)
}

/// Changes the record that has the draft's value in the field `by`, which is unique or indexed, or creates one.
///
/// Errors: as crm_update(); CRM_INVALID if several records have the value.
#[unsafe(no_mangle)]
pub extern "C" fn crm_upsert(
    db: *const crm_db,
    record: Option<&mut crm_record>,
    by: crm_field,
    outcome: *mut crm_outcome,
    err: Option<&mut *mut crm_error>,
) -> crm_status {
    write(db, record, outcome, err, |record| upsert(record, by))
}

/// Puts a record into the trash, with the links and parts that go with it.
///
/// Errors: CRM_NOT_FOUND; CRM_REFERENCED if another record needs it.
#[unsafe(no_mangle)]
pub extern "C" fn crm_delete(
    db: *const crm_db,
    record: crm_ref,
    outcome: *mut crm_outcome,
    err: Option<&mut *mut crm_error>,
) -> crm_status {
    change(db, outcome, err, |session| {
        Ok(session.delete(record.read()?)?)
    })
}

/// Takes a record out of the trash, with what went there with it.
///
/// Errors: CRM_NOT_FOUND; CRM_DUPLICATE if another record has taken its unique value.
#[unsafe(no_mangle)]
pub extern "C" fn crm_restore(
    db: *const crm_db,
    record: crm_ref,
    outcome: *mut crm_outcome,
    err: Option<&mut *mut crm_error>,
) -> crm_status {
    change(db, outcome, err, |session| {
        Ok(session.restore(record.read()?)?)
    })
}

/// Removes a record for good, with the values that the log holds of it.
///
/// Errors: as crm_delete().
#[unsafe(no_mangle)]
pub extern "C" fn crm_purge(
    db: *const crm_db,
    record: crm_ref,
    outcome: *mut crm_outcome,
    err: Option<&mut *mut crm_error>,
) -> crm_status {
    change(db, outcome, err, |session| {
        Ok(session.purge(record.read()?)?)
    })
}

/// Moves a card to a column of its board (for deals, a stage), behind another card or, with a crm_ref of zeros, to
/// the top. With a commit, such as crm_sequence() from before the board was read, the move is refused as CRM_STALE if
/// somebody else has moved the card since; 0 moves it all the same.
///
/// Errors: as crm_update(); CRM_INVALID for an object without a board.
#[unsafe(no_mangle)]
pub extern "C" fn crm_move_card(
    db: *const crm_db,
    card: crm_ref,
    column: crm_ref,
    behind: crm_ref,
    expected: u64,
    outcome: *mut crm_outcome,
    err: Option<&mut *mut crm_error>,
) -> crm_status {
    change(db, outcome, err, |session| {
        Ok(session.change(movement(card, column, behind, expected)?)?)
    })
}

pub(super) fn movement(
    card: crm_ref,
    column: crm_ref,
    behind: crm_ref,
    expected: u64,
) -> Result<Change, Failure> {
    Ok(Change::Move {
        card: card.read()?,
        column: column.read()?,
        behind: behind.optional()?,
        expected: (expected > 0).then_some(expected),
    })
}

/// Takes back the changes of a named operation and writes a report as JSON: `undone`, and what was `skipped`
/// because somebody has changed it since. `out` may be NULL.
///
/// Errors: CRM_NOT_FOUND if nothing was done under this name.
#[unsafe(no_mangle)]
pub extern "C" fn crm_undo(
    db: *const crm_db,
    operation: crm_str,
    out: Option<&mut *mut crm_text>,
    err: Option<&mut *mut crm_error>,
) -> crm_status {
    guard(err, || {
        let db = database(db)?;
        let session = db.session()?;
        let report = session.undo(operation.required("the operation")?)?;
        match out {
            Some(out) => give(
                Some(out),
                crate::json::undo_report(&session.catalog(), &report).to_string(),
            ),
            None => Ok(CRM_OK),
        }
    })
}

/// Keeps the content of a document in the store.
///
/// Errors: CRM_LIMIT beyond what the options allow; CRM_NOT_FOUND.
#[unsafe(no_mangle)]
pub extern "C" fn crm_put_content(
    db: *const crm_db,
    document: crm_ref,
    data: *const std::ffi::c_void,
    len: usize,
    err: Option<&mut *mut crm_error>,
) -> crm_status {
    guard(err, || {
        let db = database(db)?;
        // SAFETY: the host says that so many bytes can be read.
        let content = unsafe { bytes_of(data, len) }?;
        db.session()?.put_content(document.id_of()?, content)?;
        Ok(CRM_OK)
    })
}
