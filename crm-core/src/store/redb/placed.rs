//! A file that redb may use only if, once it is locked, it is still the one that its path names.
//!
//! The lock is on a file, and others know it by its name. Whoever has opened a file by its name and then waits for the
//! lock may get it when another file has taken the name, and what is written then is found by nobody.

use std::io;
use std::ops::Bound;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use ::redb::{BackendError, StorageBackend};

use super::disk::DiskFile;

/// A file at a path. redb takes its locks before it reads or writes anything, so the first of these compares.
#[derive(Debug)]
pub(super) struct Placed {
    inner: Box<dyn StorageBackend>,
    file: Arc<dyn DiskFile>,
    path: PathBuf,
    is_there: AtomicBool,
    moved: Arc<AtomicBool>,
}

impl Placed {
    pub(super) fn new(file: &Arc<dyn DiskFile>, path: PathBuf) -> io::Result<Self> {
        Ok(Placed {
            inner: file.backend()?,
            file: Arc::clone(file),
            path,
            is_there: AtomicBool::new(false),
            moved: Arc::default(),
        })
    }

    /// Becomes true when the file is found not to be at its path.
    pub(super) fn moved(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.moved)
    }

    fn check(&self) -> io::Result<()> {
        if self.is_there.load(Ordering::Relaxed) {
            return Ok(());
        }
        if !self.file.is_at(&self.path)? {
            self.moved.store(true, Ordering::Relaxed);
            return Err(io::Error::other("another file has its name"));
        }
        self.is_there.store(true, Ordering::Relaxed);
        Ok(())
    }
}

impl StorageBackend for Placed {
    fn len(&self) -> io::Result<u64> {
        self.inner.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.check()?;
        self.inner.read(offset, out)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.check()?;
        self.inner.set_len(len)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.inner.sync_data()
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.check()?;
        self.inner.write(offset, data)
    }

    fn close(&self) -> io::Result<()> {
        self.inner.close()
    }

    fn try_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.inner.try_lock_range(start, end)
    }

    fn try_lock_shared_range(
        &self,
        start: Bound<u64>,
        end: Bound<u64>,
    ) -> Result<bool, BackendError> {
        self.inner.try_lock_shared_range(start, end)
    }

    fn lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.inner.lock_range(start, end)
    }

    fn lock_shared_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.inner.lock_shared_range(start, end)
    }

    fn unlock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.inner.unlock_range(start, end)
    }

    fn query_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.inner.query_lock_range(start, end)
    }
}
