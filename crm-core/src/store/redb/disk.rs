//! What the file store asks of a disk.

use std::fmt::Debug;
use std::fs::{self, OpenOptions};
use std::io;
use std::path::Path;

use ::redb::backends::FileBackend;
use ::redb::{Builder, Database, DatabaseError, StorageBackend};

use crate::store::row_file::sync_folder_of;

/// A disk: files, by their paths. Tests of what a power cut leaves behind bring a simulated one.
pub trait Disk: Debug + Send + Sync + 'static {
    /// Opens a database, locked, making it if there is none; with `new`, there must be none.
    fn database(
        &self,
        path: &Path,
        new: bool,
        builder: &Builder,
    ) -> Result<Database, DatabaseError>;

    /// Opens a file that is no database, making it if there is none.
    fn file(&self, path: &Path) -> io::Result<Box<dyn StorageBackend>>;

    /// The length of a file, `None` if there is none.
    fn len(&self, path: &Path) -> io::Result<Option<u64>>;

    /// Gives a file another name, in the place of the file that has that name.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Removes a file, if there is one.
    fn remove(&self, path: &Path) -> io::Result<()>;

    /// Makes the names in the folder of a file durable.
    fn sync_folder_of(&self, path: &Path) -> io::Result<()>;
}

/// The operating system's files.
#[derive(Debug)]
pub(super) struct RealDisk;

impl Disk for RealDisk {
    fn database(
        &self,
        path: &Path,
        new: bool,
        builder: &Builder,
    ) -> Result<Database, DatabaseError> {
        let file = options().create(true).create_new(new).open(path)?;
        let database = FileBackend::new(file).and_then(|file| builder.create_with_backend(file));
        if new && database.is_err() {
            // The failure to report is the first one.
            let _ = fs::remove_file(path);
        }
        database
    }

    fn file(&self, path: &Path) -> io::Result<Box<dyn StorageBackend>> {
        let file = options().create(true).open(path)?;
        let backend = FileBackend::new(file).map_err(io::Error::other)?;
        Ok(Box::new(backend))
    }

    fn len(&self, path: &Path) -> io::Result<Option<u64>> {
        match fs::metadata(path) {
            Ok(metadata) => Ok(Some(metadata.len())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    fn sync_folder_of(&self, path: &Path) -> io::Result<()> {
        sync_folder_of(path)
    }
}

fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    options
}
