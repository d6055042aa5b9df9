//! What the file store asks of a disk.

use std::fmt::Debug;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use ::redb::StorageBackend;

/// A disk: files, by their paths. Tests of what a power cut leaves behind, and of processes that get in each
/// other's way, bring a simulated one.
pub trait Disk: Debug + Send + Sync + 'static {
    /// The one path that all names of a file come down to: absolute, without links. The file need not exist.
    fn resolve(&self, path: &Path) -> io::Result<PathBuf>;

    /// Opens a file that exists.
    fn open(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>>;

    /// Makes a file where there is none. Nobody may read or write it who may not do so with the one at `like`, from
    /// the beginning.
    fn make(&self, path: &Path, like: Option<&Path>) -> io::Result<Arc<dyn DiskFile>>;

    /// The length of a file, `None` if there is none.
    fn len(&self, path: &Path) -> io::Result<Option<u64>>;

    /// Gives a file another name, in the place of the file that has that name.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Gives a file another name, which no file may have: `AlreadyExists`.
    fn rename_new(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Removes a file, if there is one.
    fn remove(&self, path: &Path) -> io::Result<()>;

    /// Makes the names in the folder of a file durable.
    fn sync_folder_of(&self, path: &Path) -> io::Result<()>;

    /// The files whose paths begin like this.
    fn beginning_with(&self, path: &Path) -> io::Result<Vec<PathBuf>>;
}

/// A file that is open, whatever its name is by now.
pub trait DiskFile: Debug + Send + Sync + 'static {
    /// A way to read and write it. What it locks is locked until it is closed.
    fn backend(&self) -> io::Result<Box<dyn StorageBackend>>;

    /// True if this is the file at a path.
    fn is_at(&self, path: &Path) -> io::Result<bool>;

    /// How many names it has.
    fn names(&self) -> io::Result<u64>;

    /// True if nobody has locked it.
    fn is_unlocked(&self) -> io::Result<bool>;

    /// How long ago it was written to.
    fn idle(&self) -> io::Result<Duration>;
}
