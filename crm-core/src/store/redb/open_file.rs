//! The file of an open database: found or made, locked, and the one that its path names.

use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use ::redb::{Database, ReadableDatabase, StorageBackend, TableHandle};

use super::disk::DiskFile;
use super::failure::{Outside, Translate, abandon, guarded, guarded_but, io_error};
use super::names::{MAKING, remove_abandoned, temporaries, temporary};
use super::placed::Placed;
use super::state::{STATE, State};
use super::{Options, commit_durably, recovery, table};
use crate::error::{Code, Detail, Error, Result};
use crate::store::Space;

/// How often a file that has lost its name while it was being opened is looked for again.
const TRIES: usize = 100;

/// An open database, which [`close`](OpenFile::close) takes away from under the snapshots.
pub(super) struct OpenFile {
    database: RwLock<Option<Database>>,
    /// `None` on a backend of the tests.
    file: Option<Arc<dyn DiskFile>>,
    /// Set when something was found to contradict itself or its checksum.
    damaged: AtomicBool,
}

impl OpenFile {
    /// Opens the file that a path names when it is locked, or makes one if there is none.
    pub(super) fn at(path: &Path, options: &Options) -> Result<Self> {
        for _ in 0..TRIES {
            let opened = match options.disk.open(path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    OpenFile::make(path, options)?
                }
                file => OpenFile::on(file.map_err(io_error)?, path, options)?,
            };
            if let Some(opened) = opened {
                opened.check_names(path, options)?;
                return Ok(opened);
            }
        }
        Err(locked(path))
    }

    /// Opens a file that was found at a path; `None` if, by the time it is locked, another has that name.
    pub(super) fn on(
        file: Arc<dyn DiskFile>,
        path: &Path,
        options: &Options,
    ) -> Result<Option<Self>> {
        let placed = Placed::new(&file, path.to_owned()).map_err(io_error)?;
        let moved = placed.moved();
        let database = guarded("opening", || {
            options.builder().create_with_backend(placed).translate()
        });
        if moved.load(Ordering::Relaxed) {
            return Ok(None);
        }
        let database = database.map_err(|error| match error.detail() {
            Detail::Locked { .. } => locked(path),
            _ => error,
        })?;
        OpenFile::new(database, Some(file)).map(Some)
    }

    /// Makes a file; `None` if another process was quicker. It has its name only when it is whole: one that a power
    /// cut leaves half made would be refused as damaged.
    fn make(path: &Path, options: &Options) -> Result<Option<Self>> {
        let disk = &options.disk;
        // A journal that lies there is not that of a file which is yet to be made.
        if !options.discard_journal {
            let found = recovery::find(&**disk, path, &State::default());
            found.map_err(|refused| refused.into_error(path))?;
        }
        remove_abandoned(&**disk, path);
        let making = temporary(path, MAKING);
        let made = disk.make(&making, None).map_err(io_error)?;
        let named = (|| {
            let Some(opened) = OpenFile::on(made, &making, options)? else {
                return Ok(None);
            };
            match disk.rename_new(&making, path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(None),
                named => named.map(|()| Some(opened)).map_err(io_error),
            }
        })();
        if matches!(named, Ok(Some(_))) {
            disk.sync_folder_of(path).map_err(io_error)?;
        } else {
            // The failure to report is the first one.
            let _ = disk.remove(&making);
        }
        named
    }

    pub(super) fn new(database: Database, file: Option<Arc<dyn DiskFile>>) -> Result<Self> {
        // From here on closing it is guarded, too.
        let file = OpenFile {
            database: RwLock::new(Some(database)),
            file,
            damaged: AtomicBool::new(false),
        };
        file.with("opening", create_tables)?;
        Ok(file)
    }

    /// A file with two names would have two journals.
    fn check_names(&self, path: &Path, options: &Options) -> Result<()> {
        let Some(file) = &self.file else {
            return Ok(());
        };
        if file.names().map_err(io_error)? < 2 {
            return Ok(());
        }
        // Where a file cannot be renamed unless it replaces another, a crash may leave both names.
        let disk = &*options.disk;
        for name in temporaries(disk, path, MAKING) {
            if file.is_at(&name).map_err(io_error)? {
                disk.remove(&name).map_err(io_error)?;
            }
        }
        let names = file.names().map_err(io_error)?;
        if names < 2 {
            return Ok(());
        }
        let reason = format!(
            "the file has {names} names (hard links), and what is saved under one of them could be missing under \
             another; remove the others, or copy the file"
        );
        Err(Error::invalid(path.display(), reason))
    }

    /// Fails unless the file is the one that its path names, and nothing in it was found damaged.
    pub(super) fn check_place(&self, path: &Path) -> Result<()> {
        self.check_open()?;
        if self.is_damaged() {
            // To write to damaged pages does more of it, and redb can end the process over them.
            return Err(Error::corrupt(format!(
                "{}, of which pages were found damaged since it was opened: nothing more is saved to it, and salvage \
                 makes a new file of what can be read",
                path.display()
            )));
        }
        match &self.file {
            Some(file) if !file.is_at(path).map_err(io_error)? => Err(Detail::Io(format!(
                "{} was moved, replaced or deleted while it was open; nothing more is saved",
                path.display()
            ))
            .into()),
            _ => Ok(()),
        }
    }

    /// True if no name leads to the file any more.
    pub(super) fn is_deleted(&self) -> bool {
        let names = self.file.as_ref().map(|file| file.names());
        matches!(names, Some(Ok(0)))
    }

    /// A way to read what is in the file, `None` on a backend of the tests.
    pub(super) fn backend(&self) -> Result<Option<Box<dyn StorageBackend>>> {
        let backend = self.file.as_ref().map(|file| file.backend());
        backend.transpose().map_err(io_error)
    }

    pub(super) fn check_open(&self) -> Result<()> {
        self.with("a snapshot", |_| Ok(()))
    }

    pub(super) fn with<T>(
        &self,
        doing: &str,
        work: impl FnOnce(&Database) -> Result<T>,
    ) -> Result<T> {
        let database = self.database.read().unwrap_or_else(PoisonError::into_inner);
        let Some(database) = &*database else {
            return Err(Detail::Closed.into());
        };
        self.guarded(doing, || work(database))
    }

    /// As [`guarded`], and what is found damaged is remembered.
    pub(super) fn guarded<T>(&self, doing: &str, step: impl FnOnce() -> Result<T>) -> Result<T> {
        self.remember(guarded(doing, step))
    }

    /// As [`guarded_but`], and what is found damaged is remembered.
    pub(super) fn guarded_but<T>(
        &self,
        doing: &str,
        step: impl FnOnce(&Outside) -> Result<T>,
    ) -> Result<T> {
        self.remember(guarded_but(doing, step))
    }

    /// Remembers that a step has found damage: nothing more is written to the file then.
    pub(super) fn remember<T>(&self, found: Result<T>) -> Result<T> {
        if matches!(&found, Err(error) if error.code() == Code::Corrupt) {
            self.damaged.store(true, Ordering::Relaxed);
        }
        found
    }

    /// True if something was found damaged: nothing more is written to the file then.
    pub(super) fn is_damaged(&self) -> bool {
        self.damaged.load(Ordering::Relaxed)
    }

    pub(super) fn close(&self) -> Result<()> {
        let database = self
            .database
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        match database {
            Some(database) if self.is_damaged() => {
                abandon(database);
                Ok(())
            }
            Some(database) => guarded("closing", || database.close().translate()),
            None => Ok(()),
        }
    }
}

impl Drop for OpenFile {
    /// What redb has to do when it is closed may meet damage, and panic, as anything may.
    fn drop(&mut self) {
        // Whoever wants to know closes it first.
        let _ = self.close();
    }
}

fn locked(path: &Path) -> Error {
    Detail::Locked {
        path: path.display().to_string(),
    }
    .into()
}

fn create_tables(database: &Database) -> Result<()> {
    let read = database.begin_read().translate()?;
    let there: Vec<_> = read.list_tables().translate()?.collect();
    if there.len() >= Space::ALL.len() {
        return Ok(());
    }
    let ours = |name: &str| {
        let mut spaces = Space::ALL.into_iter();
        name == STATE.name() || spaces.any(|space| table(space).name() == name)
    };
    if !there.iter().all(|table| ours(table.name())) {
        return Err(Error::corrupt("the file is another program's"));
    }
    if !there.is_empty() {
        // They are made together. To write to a file whose list of them is damaged would do more of it.
        return Err(Error::corrupt("some of the tables are missing"));
    }
    drop(read);
    commit_durably(database, |transaction| {
        for space in Space::ALL {
            transaction.open_table(table(space)).translate()?;
        }
        Ok(())
    })
}
