//! Names beside that of a database: its journal, and files that are being made to take its place.
//!
//! A file that is being made has a name that nobody else gives (a new id is in it), so that two who make one at the
//! same time do not meet. What a crash has left of it is removed by the next one who makes a file of that name.

use std::path::{Path, PathBuf};
use std::time::Duration;

use uuid::Uuid;

use super::disk::{Disk, DiskFile};

/// Made to get the name for the first time: a new database, a backup.
pub(in crate::store) const MAKING: &str = ".making-";
/// Made to take the place of the database.
pub(super) const COMPACTING: &str = ".compacting-";
/// A journal that the host did not want.
pub(super) const DISCARDED: &str = "-journal-discarded-";

/// A file that was given up has not been written to for so long. What is being written is locked besides, but for the
/// moment before it gets its name.
const ABANDONED_AFTER: Duration = Duration::from_secs(60 * 60);

/// A path with something added to its name.
pub(super) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

pub(super) fn journal_of(path: &Path) -> PathBuf {
    beside(path, "-journal")
}

/// A name that no other file has.
pub(in crate::store) fn temporary(path: &Path, why: &str) -> PathBuf {
    beside(path, &format!("{why}{}", Uuid::now_v7()))
}

/// The temporary files of a path, of others too.
pub(super) fn temporaries(disk: &dyn Disk, path: &Path, why: &str) -> Vec<PathBuf> {
    let begin = beside(path, why);
    let begin_len = begin.as_os_str().len();
    // A folder that cannot be read is left as it is.
    let mut found = disk.beginning_with(&begin).unwrap_or_default();
    found.retain(|name| {
        let id = name.as_os_str().as_encoded_bytes().get(begin_len..);
        id.is_some_and(|id| Uuid::try_parse_ascii(id).is_ok())
    });
    found
}

/// Removes what a crash has left of files that were being made for a path.
pub(in crate::store) fn remove_abandoned(disk: &dyn Disk, path: &Path) {
    for name in temporaries(disk, path, MAKING) {
        remove_if(disk, &name, |file| {
            file.idle().is_ok_and(|idle| idle >= ABANDONED_AFTER)
        });
    }
}

/// Removes what a crash has left of rewritten files. Who calls has the database locked, so that nobody else rewrites
/// it.
pub(super) fn remove_half_compacted(disk: &dyn Disk, path: &Path) {
    for name in temporaries(disk, path, COMPACTING) {
        remove_if(disk, &name, |_| true);
    }
}

/// That it stays is no failure of what is being done.
fn remove_if(disk: &dyn Disk, name: &Path, is_old: impl FnOnce(&dyn DiskFile) -> bool) {
    let Ok(file) = disk.open(name) else {
        return;
    };
    if is_old(&*file) && file.is_unlocked().is_ok_and(|unlocked| unlocked) {
        let _ = disk.remove(name);
    }
}
