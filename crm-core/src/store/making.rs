//! A file that is being made, and has its name only when it is whole.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::redb::names::{MAKING, remove_abandoned, temporary};
use super::redb::real_disk::{RealDisk, RealFile};
use super::redb::{Disk, DiskFile};
use crate::error::{Error, Result};

/// A file that is being made beside its place under a name of its own, and is removed if it does not get there.
pub(crate) struct Making {
    path: PathBuf,
    beside: PathBuf,
    file: Arc<RealFile>,
}

impl Making {
    /// Begins a file that nobody may read who may not read the one at `like`.
    ///
    /// # Errors
    /// `Io` if there is something at `path`.
    pub(crate) fn at(path: &Path, like: Option<&Path>) -> Result<Self> {
        let failed = |error: io::Error| at(path, &error);
        let absolute = std::path::absolute(path).map_err(failed)?;
        if fs::symlink_metadata(&absolute).is_ok() {
            return Err(failed(io::ErrorKind::AlreadyExists.into()));
        }
        remove_abandoned(&RealDisk, &absolute);
        let beside = temporary(&absolute, MAKING);
        let file = RealDisk.make_file(&beside, like).map_err(failed)?;
        Ok(Making {
            path: absolute,
            beside,
            file: Arc::new(file),
        })
    }

    /// Where it is made.
    pub(crate) fn beside(&self) -> &Path {
        &self.beside
    }

    /// The file that is made.
    pub(super) fn file(&self) -> Arc<dyn DiskFile> {
        Arc::<RealFile>::clone(&self.file)
    }

    /// A way to write to it.
    ///
    /// # Errors
    /// `Io`.
    pub(crate) fn writer(&self) -> Result<File> {
        let writer = self.file.file().try_clone();
        writer.map_err(|error| at(&self.beside, &error))
    }

    /// Gives it its name, if nobody else has taken that meanwhile. It must be on the disk.
    ///
    /// # Errors
    /// `Io`, also if there is something at the path by now.
    pub(crate) fn done(self) -> Result<()> {
        let named = self.file.is_at(&self.beside).and_then(|is_there| {
            if !is_there {
                return Err(io::Error::other(
                    "it was moved or deleted while it was made",
                ));
            }
            RealDisk.rename_new(&self.beside, &self.path)?;
            RealDisk.sync_folder_of(&self.path)
        });
        named.map_err(|error| at(&self.path, &error))
    }
}

impl Drop for Making {
    fn drop(&mut self) {
        if self.file.is_at(&self.beside).is_ok_and(|is_there| is_there) {
            let _ = fs::remove_file(&self.beside);
        }
    }
}

fn at(path: &Path, error: &io::Error) -> Error {
    Error::io(error, format!("{}: {error}", path.display()))
}
