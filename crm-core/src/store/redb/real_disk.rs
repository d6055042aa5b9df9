//! The operating system's files.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::ops::Bound;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use ::redb::StorageBackend;
use ::redb::backends::FileBackend;
use tempfile::TempPath;

use super::disk::{Disk, DiskFile};

/// The operating system's files.
#[derive(Debug)]
pub(in crate::store) struct RealDisk;

impl RealDisk {
    /// As [`Disk::make`].
    pub(in crate::store) fn make_file(
        &self,
        path: &Path,
        like: Option<&Path>,
    ) -> io::Result<RealFile> {
        RealFile::new(make(path, like)?)
    }
}

impl Disk for RealDisk {
    fn resolve(&self, path: &Path) -> io::Result<PathBuf> {
        match fs::canonicalize(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            resolved => return resolved,
        }
        let path = std::path::absolute(path)?;
        let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
            return Err(io::ErrorKind::NotFound.into());
        };
        match fs::read_link(&path) {
            // A link to a file that is not there yet.
            Ok(target) => self.resolve(&folder.join(target)),
            Err(_) => Ok(fs::canonicalize(folder)?.join(name)),
        }
    }

    fn open(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        let file = OpenOptions::new().read(true).write(true).open(path)?;
        Ok(Arc::new(RealFile::new(file)?))
    }

    fn make(&self, path: &Path, like: Option<&Path>) -> io::Result<Arc<dyn DiskFile>> {
        Ok(Arc::new(self.make_file(path, like)?))
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

    fn rename_new(&self, from: &Path, to: &Path) -> io::Result<()> {
        let renamed = TempPath::try_from_path(from)?.persist_noclobber(to);
        renamed.map_err(|refused| match refused.path.keep() {
            Ok(_) => refused.error,
            Err(error) => error.error,
        })
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// Only Unix lets a folder be synced.
    fn sync_folder_of(&self, path: &Path) -> io::Result<()> {
        if !cfg!(unix) {
            return Ok(());
        }
        File::open(folder_of(path))?.sync_all()
    }

    fn beginning_with(&self, path: &Path) -> io::Result<Vec<PathBuf>> {
        let begin = path.file_name().unwrap_or_default().as_encoded_bytes();
        let mut found = Vec::new();
        for entry in fs::read_dir(folder_of(path))? {
            let entry = entry?;
            if entry.file_name().as_encoded_bytes().starts_with(begin) {
                found.push(entry.path());
            }
        }
        Ok(found)
    }
}

fn folder_of(path: &Path) -> &Path {
    let parent = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    parent.unwrap_or(Path::new("."))
}

#[cfg(unix)]
fn make(path: &Path, like: Option<&Path>) -> io::Result<File> {
    use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, fchown};

    let mut options = OpenOptions::new();
    options.read(true).write(true).create_new(true);
    let Some(like) = like else {
        return options.open(path);
    };
    let like = match fs::metadata(like) {
        Ok(like) => like,
        // It was moved or deleted while it was open: its backup is its owner's.
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return options.mode(0o600).open(path);
        }
        Err(error) => return Err(error),
    };
    let mut mode = like.mode() & 0o777;
    let file = options.mode(mode & 0o600).open(path)?;
    let made = file.metadata()?;
    // What the group may do, that group may do and no other.
    if (made.uid(), made.gid()) != (like.uid(), like.gid())
        && fchown(&file, Some(like.uid()), Some(like.gid())).is_err()
        && fchown(&file, None, Some(like.gid())).is_err()
    {
        mode &= 0o707;
    }
    if mode != made.mode() & 0o777 {
        file.set_permissions(fs::Permissions::from_mode(mode))?;
    }
    Ok(file)
}

#[cfg(not(unix))]
fn make(path: &Path, _: Option<&Path>) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create_new(true).open(path)
}

/// A file that is open.
#[derive(Debug)]
pub(in crate::store) struct RealFile {
    file: File,
    #[cfg(unix)]
    identity: (u64, u64),
}

impl RealFile {
    #[cfg(unix)]
    fn new(file: File) -> io::Result<Self> {
        let identity = identity(&file.metadata()?);
        Ok(RealFile { file, identity })
    }

    #[cfg(not(unix))]
    fn new(file: File) -> io::Result<Self> {
        Ok(RealFile { file })
    }

    pub(in crate::store) fn file(&self) -> &File {
        &self.file
    }

    #[cfg(unix)]
    fn is(&self, path: &Path) -> io::Result<bool> {
        Ok(identity(&fs::metadata(path)?) == self.identity)
    }

    #[cfg(not(unix))]
    fn is(&self, path: &Path) -> io::Result<bool> {
        let this = same_file::Handle::from_file(self.file.try_clone()?)?;
        Ok(this == same_file::Handle::from_path(path)?)
    }
}

/// While the file is open, no other has the same.
#[cfg(unix)]
fn identity(metadata: &fs::Metadata) -> (u64, u64) {
    use std::os::unix::fs::MetadataExt;
    (metadata.dev(), metadata.ino())
}

impl DiskFile for RealFile {
    fn backend(&self) -> io::Result<Box<dyn StorageBackend>> {
        let backend = FileBackend::new(self.file.try_clone()?);
        Ok(Box::new(backend.map_err(io::Error::other)?))
    }

    fn is_at(&self, path: &Path) -> io::Result<bool> {
        match self.is(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            is => is,
        }
    }

    #[cfg(unix)]
    fn names(&self) -> io::Result<u64> {
        use std::os::unix::fs::MetadataExt;
        Ok(self.file.metadata()?.nlink())
    }

    #[cfg(not(unix))]
    fn names(&self) -> io::Result<u64> {
        Ok(1)
    }

    fn is_unlocked(&self) -> io::Result<bool> {
        let backend = self.backend()?;
        let locked = backend.try_lock_range(Bound::Unbounded, Bound::Unbounded);
        backend.close()?;
        Ok(matches!(locked, Ok(true)))
    }

    fn idle(&self) -> io::Result<Duration> {
        let modified = self.file.metadata()?.modified()?;
        let idle = SystemTime::now().duration_since(modified);
        Ok(idle.unwrap_or_default())
    }
}
