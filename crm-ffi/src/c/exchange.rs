//! Data in and out.

use std::ffi::{c_int, c_void};
use std::fs::File;
use std::io::{self, BufWriter, Read, Write};

use crm_core::{Detail, Error, ImportOptions, ImportPlan, Session};
use serde_json::Value as Json;

use super::database::{Told, crm_db, crm_progress_fn, database};
use super::error::{Failure, crm_error};
use super::read::{crm_query, query};
use super::status::{CRM_OK, crm_status, guard};
use super::text::{bytes_of, crm_str, crm_text, give};
use crate::json;

/// Imports a CSV file that is in memory. `options` is the mapping as a JSON object, such as `{"object": "deal",
/// "mode": {"upsert": "external_id"}}`. `progress`, which may be NULL, is told as rows are read; when it stops the
/// import, what was imported stays and the report says so.
///
/// The report is a JSON object: `run`, `operation` (by which crm_undo() takes the import back), `rows`, `created`,
/// `updated`, `unchanged`, `refused`, `created_links` (records that were made because a row named them), `existing` (rows
/// that look like a record that was there), `problems`, … A cell that cannot be read is a problem without which the row
/// comes in, unless the options say `strict`.
///
/// Errors: CRM_INVALID, CRM_UNKNOWN_OBJECT and CRM_UNKNOWN_FIELD for a mapping that does not fit, before anything is
/// written, and CRM_INVALID for a file that is no CSV; CRM_LIMIT. Rows that are refused are no error but problems of the
/// report.
#[unsafe(no_mangle)]
pub extern "C" fn crm_import_csv(
    db: *const crm_db,
    data: *const c_void,
    len: usize,
    options: crm_str,
    progress: crm_progress_fn,
    user: *mut c_void,
    out: Option<&mut *mut crm_text>,
    err: Option<&mut *mut crm_error>,
) -> crm_status {
    guard(err, || {
        let db = database(db)?;
        // SAFETY: the host says that so many bytes can be read.
        let data = unsafe { bytes_of(data, len) }?;
        let told = Told {
            call: progress,
            user,
        };
        import(db.session()?, data, options, told, out)
    })
}

/// As crm_import_csv(), from a file.
///
/// Errors: CRM_IO if it cannot be read.
#[unsafe(no_mangle)]
pub extern "C" fn crm_import_csv_file(
    db: *const crm_db,
    path: crm_str,
    options: crm_str,
    progress: crm_progress_fn,
    user: *mut c_void,
    out: Option<&mut *mut crm_text>,
    err: Option<&mut *mut crm_error>,
) -> crm_status {
    guard(err, || {
        let db = database(db)?;
        let path = path.required("the path")?;
        let file = File::open(path).map_err(|error| at(path, &error))?;
        let told = Told {
            call: progress,
            user,
        };
        import(db.session()?, file, options, told, out)
    })
}

fn at(path: &str, error: &io::Error) -> Failure {
    Error::from(Detail::Io(format!("{path}: {error}"))).into()
}

fn import(
    session: &Session,
    data: impl Read,
    options: crm_str,
    told: Told,
    out: Option<&mut *mut crm_text>,
) -> Result<crm_status, Failure> {
    super::needed(out.is_some(), "out")?;
    let options = ImportOptions::from_json(options.required("the options")?)?;
    let mut progress = |progress: crm_core::ImportProgress| {
        told.of(progress.rows, progress.bytes, progress.refused)
    };
    let report = session.import_csv(data, &options, &mut progress)?;
    give(out, json::import_report(&report).to_string())
}

/// Reads a mapping and writes it as a JSON object with all of its members, the mode as `{"type": "upsert", "by": …}`.
///
/// Errors: CRM_INVALID with the place of the fault.
#[unsafe(no_mangle)]
pub extern "C" fn crm_import_options(
    options: crm_str,
    out: Option<&mut *mut crm_text>,
    err: Option<&mut *mut crm_error>,
) -> crm_status {
    guard(err, || {
        let options = ImportOptions::from_json(options.required("the options")?)?;
        give(out, json::import_options(&options).to_string())
    })
}

/// Runs an import plan: makes the objects and fields that the file `plan` lists, then its imports, with the files of
/// `folder`. The reports are a JSON array, as of crm_import_csv().
///
/// Errors: as crm_add_object(), crm_add_fields() and crm_import_csv(); CRM_IO for a file that cannot be read. What was
/// done before stays.
#[unsafe(no_mangle)]
pub extern "C" fn crm_run_import_plan(
    db: *const crm_db,
    plan: crm_str,
    folder: crm_str,
    progress: crm_progress_fn,
    user: *mut c_void,
    out: Option<&mut *mut crm_text>,
    err: Option<&mut *mut crm_error>,
) -> crm_status {
    guard(err, || {
        let db = database(db)?;
        let session = db.session()?;
        super::needed(out.is_some(), "out")?;
        let plan = ImportPlan::load(plan.required("the plan")?)?;
        let told = Told {
            call: progress,
            user,
        };
        let mut progress = |progress: crm_core::ImportProgress| {
            told.of(progress.rows, progress.bytes, progress.refused)
        };
        let folder = folder.required("the folder")?;
        let reports = session.run_import_plan(&plan, folder, &mut progress)?;
        let reports: Json = reports.iter().map(json::import_report).collect();
        give(out, reports.to_string())
    })
}

/// Takes a piece of what the library writes; anything but 0 stops it with CRM_IO. The bytes are lent during the call.
#[allow(non_camel_case_types, reason = "the name in C")]
pub type crm_write_fn =
    Option<unsafe extern "C" fn(user: *mut c_void, data: *const c_void, len: usize) -> c_int>;

struct Writer {
    write: unsafe extern "C" fn(user: *mut c_void, data: *const c_void, len: usize) -> c_int,
    user: *mut c_void,
}

impl Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // SAFETY: the host's function takes these arguments, and `user` is what the host wants it to get.
        match unsafe { (self.write)(self.user, bytes.as_ptr().cast(), bytes.len()) } {
            0 => Ok(bytes.len()),
            status => Err(io::Error::other(format!(
                "the host's function answers {status}"
            ))),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Writes the records that a query asks for as CSV. `columns` has names of fields with commas between them, parts as
/// `name.given`; without it they are the id and every field. A query without a limit asks for all. `count`, how many
/// records were written, may be NULL.
///
/// Errors: as crm_find(), CRM_IO.
#[unsafe(no_mangle)]
pub extern "C" fn crm_export_csv(
    db: *const crm_db,
    query: *const crm_query,
    columns: crm_str,
    write: crm_write_fn,
    user: *mut c_void,
    count: Option<&mut u64>,
    err: Option<&mut *mut crm_error>,
) -> crm_status {
    export(db, query, columns, count, err, || {
        let write = super::given(write, "the function that writes")?;
        Ok(Writer { write, user })
    })
}

/// As crm_export_csv(), to a file, which is made or written over.
///
/// Errors: CRM_IO and CRM_FULL if it cannot be written; what was written of it stays.
#[unsafe(no_mangle)]
pub extern "C" fn crm_export_csv_file(
    db: *const crm_db,
    query: *const crm_query,
    columns: crm_str,
    path: crm_str,
    count: Option<&mut u64>,
    err: Option<&mut *mut crm_error>,
) -> crm_status {
    export(db, query, columns, count, err, || {
        let path = path.required("the path")?;
        let file = File::create(path).map_err(|error| at(path, &error))?;
        Ok(BufWriter::new(file))
    })
}

fn export<W: Write>(
    db: *const crm_db,
    query: *const crm_query,
    columns: crm_str,
    count: Option<&mut u64>,
    err: Option<&mut *mut crm_error>,
    out: impl FnOnce() -> Result<W, Failure>,
) -> crm_status {
    guard(err, || {
        let db = database(db)?;
        let session = db.session()?;
        let question = self::query(&session.catalog(), query)?;
        let columns = columns.or_empty()?.split(',').map(str::trim);
        let columns: Vec<&str> = columns.filter(|column| !column.is_empty()).collect();
        let written = session.export_csv(&question, &columns, out()?)?;
        match count {
            Some(count) => super::put(Some(count), written),
            None => Ok(CRM_OK),
        }
    })
}
