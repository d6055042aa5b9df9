//! Looking after a database.

use std::ffi::c_void;

use crm_core::Crm;

use super::database::{Told, crm_db, crm_progress_fn, database};
use super::error::crm_error;
use super::status::{CRM_OK, crm_status, guard};
use super::text::{crm_str, crm_text, give};
use crate::json;
use crate::made::schema_of;

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

/// Brings what is derived into agreement with the records, in one transaction: whole or not at all. Records stay as they
/// are, but for formulas and roll-ups that are wrong. The report is a JSON object: `found`, what a check found before;
/// `rows`, how many derived rows were written or removed; `records`, how many records had a formula or a roll-up that
/// was wrong; `left`, what a check finds now.
///
/// Errors: CRM_CORRUPT if the file itself is damaged, which is a case for crm_salvage(); CRM_IO, CRM_FULL. Nothing is
/// changed then.
#[unsafe(no_mangle)]
pub extern "C" fn crm_repair(
    db: *const crm_db,
    out: Option<&mut *mut crm_text>,
    err: Option<&mut *mut crm_error>,
) -> crm_status {
    guard(err, || {
        let db = database(db)?;
        let session = db.session()?;
        super::needed(out.is_some(), "out")?;
        give(out, json::repair_report(&session.repair()?).to_string())
    })
}

/// Writes what can be read of the damaged database at `damaged`, and of the journal beside it, to a new database at
/// `to`. The damaged files are left as they are. Where the tables of the file do not lead any more, all of its pages
/// are searched for records; what is derived is made anew. `progress` may be NULL.
///
/// The report is a JSON object: `records`, how many the new database has; `unreadable`, what could not be read;
/// `from_pages`, records that no table leads to any more, each in the newest version that was found, which may be an
/// older one, or one that was purged; `doubtful`, records in which a value may be wrong, since they or their history
/// were taken from pages that do not match their checksums; `findings`, what a check of the new database finds.
///
/// Errors: CRM_IO, also if there is something at `to`; CRM_CANCELLED if `progress` says so. No file is left then.
#[unsafe(no_mangle)]
pub extern "C" fn crm_salvage(
    damaged: crm_str,
    to: crm_str,
    progress: crm_progress_fn,
    user: *mut c_void,
    out: Option<&mut *mut crm_text>,
    err: Option<&mut *mut crm_error>,
) -> crm_status {
    guard(err, || {
        super::needed(out.is_some(), "out")?;
        let damaged = damaged.required("the path of the damaged database")?;
        let to = to.required("the path of the new database")?;
        let told = Told {
            call: progress,
            user,
        };
        let report = Crm::salvage(damaged, to, &mut |done| told.of(done, 0, 0))?;
        let catalog = schema_of(to)?;
        give(out, json::salvage_report(&catalog, &report).to_string())
    })
}

/// What the database holds, as a JSON object: `records`, a count by object, `sequence`, `spaces`, `file_bytes`, and what
/// holds space of the file: `older_states` that somebody still reads, `held_bytes`.
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

#[cfg(test)]
mod tests {
    use std::ptr;

    use crm_core::store::{self, KeyRange, Overlay, RedbStorage, Space, Storage};
    use crm_core::{Company, Crm};

    use super::super::database::{crm_free, crm_open};
    use super::super::text::{crm_str, crm_text_free, crm_text_str};
    use super::*;

    fn text(text: &str) -> crm_str {
        crm_str {
            data: text.as_ptr().cast(),
            len: text.len(),
        }
    }

    /// The report of a function on a file.
    fn report(
        path: &str,
        of: extern "C" fn(
            *const crm_db,
            Option<&mut *mut crm_text>,
            Option<&mut *mut crm_error>,
        ) -> crm_status,
    ) -> serde_json::Value {
        let (mut db, mut out) = (ptr::null_mut(), ptr::null_mut());
        assert_eq!(
            crm_open(text(path), ptr::null(), Some(&mut db), None),
            CRM_OK
        );
        assert_eq!(of(db, Some(&mut out), None), CRM_OK);
        // SAFETY: the library made it, and it is freed once.
        let made = unsafe { Box::from_raw(out) };
        let shown = crm_text_str(Some(&made));
        let report = serde_json::from_str(shown.required("the report").ok().unwrap()).unwrap();
        crm_text_free(Some(made));
        assert_eq!(crm_free(db), CRM_OK);
        report
    }

    #[test]
    fn rows_that_are_lost_are_found_and_written_again() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("sales.crm");
        let crm = Crm::open(&file).unwrap();
        crm.create(Company::draft().name("Acme").website("acme.example"))
            .unwrap();
        crm.close().unwrap();
        let storage = RedbStorage::open(&file, store::Options::default()).unwrap();
        let mut lost = Overlay::new();
        let snapshot = storage.snapshot().unwrap();
        let all = KeyRange::all(Space::Index);
        let mut rows = 0;
        snapshot
            .scan(&all, &mut |key, _| {
                lost.delete(Space::Index, key);
                rows += 1;
                std::ops::ControlFlow::Continue(())
            })
            .unwrap();
        assert!(rows > 0);
        storage.commit(&lost).unwrap();
        drop((snapshot, storage));

        let path = file.to_str().unwrap();
        let checked = report(path, crm_check);
        assert_eq!(checked["findings"][0]["space"], "index");
        let repaired = report(path, crm_repair);
        assert_eq!(repaired["found"], checked["findings"]);
        assert_eq!(repaired["rows"], rows);
        assert_eq!(repaired["left"], serde_json::json!([]));
        assert_eq!(report(path, crm_check)["findings"], serde_json::json!([]));
    }
}
