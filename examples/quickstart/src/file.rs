//! The database file, of which only one that the quickstart itself made is made anew.

use std::fs;
use std::path::{Path, PathBuf};

use crm_core::{Crm, Detail, Error, Organisation, Query, Result};

/// The name by which the quickstart knows a file of its own.
pub const MADE_BY: &str = "Sample organisation of the quickstart";

/// Makes room for the file.
///
/// # Errors
/// `Invalid` if something else is there.
pub fn prepare(path: &Path) -> Result<PathBuf> {
    let failed =
        |error: std::io::Error| Error::from(Detail::Io(format!("{}: {error}", path.display())));
    if path.exists() {
        if !is_ours(path)? {
            return Err(Detail::Invalid {
                object: String::new(),
                field: "--db".to_owned(),
                input: path.display().to_string(),
                reason: "the file is there and the quickstart did not make it: name another one"
                    .to_owned(),
            }
            .into());
        }
        fs::remove_file(path).map_err(failed)?;
    }
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(failed)?;
    let folder = folder.canonicalize().map_err(failed)?;
    Ok(folder.join(path.file_name().unwrap_or_default()))
}

/// True if an earlier run made the file.
fn is_ours(path: &Path) -> Result<bool> {
    // Opening an empty file would make a database of it.
    if !path.is_file() || fs::metadata(path).is_ok_and(|metadata| metadata.len() == 0) {
        return Ok(false);
    }
    let crm = match Crm::open(path) {
        Ok(crm) => crm,
        Err(error) if matches!(error.detail(), Detail::Locked { .. }) => return Err(error),
        Err(_) => return Ok(false),
    };
    let settings = crm.list::<Organisation>(Query::default())?;
    let ours = settings
        .rows
        .iter()
        .any(|organisation| organisation.name() == Some(MADE_BY));
    crm.close()?;
    Ok(ours)
}
