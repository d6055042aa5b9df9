//! A disk in memory that remembers every operation, so that the power can be cut at any of them afterwards.

use std::collections::BTreeMap;
use std::io;
use std::ops::Bound;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crm_core::store::{Disk, DiskFile};
use redb::{BackendError, StorageBackend};

use crate::turns::Turns;

/// What a disk holds: files by their names.
pub type Image = BTreeMap<PathBuf, Vec<u8>>;

/// The position of a file in the order in which files were made.
pub type FileId = usize;

/// A disk on which a database and its journal lie. Clones are the same disk.
#[derive(Debug, Clone, Default)]
pub struct Device {
    state: Arc<Mutex<State>>,
    turns: Option<Turns>,
}

#[derive(Debug, Default)]
struct State {
    names: BTreeMap<PathBuf, FileId>,
    files: Vec<Vec<u8>>,
    log: Vec<Operation>,
    /// How many operations were asked for, reads too.
    calls: u64,
    fault: Option<Fault>,
    /// Whether no file can be made or become longer.
    full: bool,
    /// Syncs that are acknowledged and not done: every so many-th, of files whose names end so.
    lost_syncs: Option<(u64, &'static str)>,
    syncs: u64,
    /// Who has locked which file: a backend by its number, of a process.
    locks: BTreeMap<FileId, (u64, usize)>,
    /// How many backends there have been.
    backends: u64,
}

/// Something that was done to the disk. What was read is not among it.
#[derive(Debug, Clone)]
pub enum Operation {
    /// Bytes were written; until the next sync of the file they may or may not be there after a power cut.
    Write {
        /// The file.
        file: FileId,
        /// Where.
        offset: usize,
        /// The bytes.
        data: Arc<[u8]>,
    },
    /// A file was cut or grew.
    SetLen {
        /// The file.
        file: FileId,
        /// Its new length.
        len: usize,
    },
    /// Everything that was done to the file before is there for good.
    Sync {
        /// The file.
        file: FileId,
    },
    /// An empty file was made.
    Create {
        /// Its name.
        path: PathBuf,
        /// Its id.
        file: FileId,
    },
    /// A file took the name of another.
    Rename {
        /// Its name before.
        from: PathBuf,
        /// Its name now.
        to: PathBuf,
    },
    /// A name was removed.
    Remove {
        /// The name.
        path: PathBuf,
    },
    /// The names that were made, changed and removed before are so for good.
    SyncFolder,
}

/// Operations that fail.
#[derive(Debug, Clone, Copy)]
pub struct Fault {
    /// The number of the first one that fails, from 1, reads included.
    pub call: u64,
    /// Whether all after it fail, too.
    pub forever: bool,
    /// How.
    pub kind: io::ErrorKind,
}

impl Device {
    /// A disk that holds this and nothing else.
    pub fn of(image: Image) -> Self {
        let (names, files): (Vec<_>, Vec<_>) = image.into_iter().unzip();
        let names = names.into_iter().zip(0..).collect();
        let state = State {
            names,
            files,
            ..State::default()
        };
        Device {
            state: Arc::new(Mutex::new(state)),
            turns: None,
        }
    }

    /// The same disk as a process sees it that waits for its turn before whatever it does with names and locks.
    pub fn of_process(&self, turns: Turns) -> Self {
        Device {
            state: Arc::clone(&self.state),
            turns: Some(turns),
        }
    }

    /// The process ends at once, with what it has open.
    pub fn die<T>(&self, open: T) {
        std::mem::forget(open);
        self.wait();
        let process = self.process();
        self.lock().locks.retain(|_, (_, of)| *of != process);
    }

    fn process(&self) -> usize {
        self.turns.as_ref().map_or(0, Turns::process)
    }

    fn wait(&self) {
        if let Some(turns) = &self.turns {
            turns.wait();
        }
    }

    /// What it holds now, synced or not.
    pub fn image(&self) -> Image {
        let state = self.lock();
        let names = state.names.iter();
        names
            .map(|(path, file)| (path.clone(), state.files[*file].clone()))
            .collect()
    }

    /// How many operations have changed it.
    pub fn operations(&self) -> usize {
        self.lock().log.len()
    }

    /// What was done to it.
    pub fn log(&self) -> Vec<Operation> {
        self.lock().log.clone()
    }

    /// How many operations were asked for, reads and failed ones included.
    pub fn calls(&self) -> u64 {
        self.lock().calls
    }

    /// Makes operations fail; `None` heals the disk.
    pub fn fail(&self, fault: Option<Fault>) {
        self.lock().fault = fault;
    }

    /// Leaves no room: what is there can be written over, and no file can be made or become longer.
    pub fn fill(&self, full: bool) {
        self.lock().full = full;
    }

    /// Acknowledges every so many-th sync of the files whose names end so without doing it, as a disk does that
    /// lies.
    pub fn lose_syncs(&self, every: u64, of: &'static str) {
        self.lock().lost_syncs = Some((every, of));
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn open_file(&self, path: &Path, new: bool) -> io::Result<Arc<dyn DiskFile>> {
        self.wait();
        let mut state = self.lock();
        state.call()?;
        let file = match state.names.get(path) {
            Some(_) if new => return Err(io::ErrorKind::AlreadyExists.into()),
            None if !new => return Err(io::ErrorKind::NotFound.into()),
            Some(file) => *file,
            None => {
                state.need_room(true)?;
                let file = state.files.len();
                state.files.push(Vec::new());
                state.names.insert(path.to_owned(), file);
                state.log.push(Operation::Create {
                    path: path.to_owned(),
                    file,
                });
                file
            }
        };
        drop(state);
        let device = self.clone();
        Ok(Arc::new(File { device, file }))
    }

    fn rename_to(&self, from: &Path, to: &Path, new: bool) -> io::Result<()> {
        self.wait();
        let mut state = self.lock();
        state.call()?;
        if new && state.names.contains_key(to) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let file = state.names.remove(from).ok_or(io::ErrorKind::NotFound)?;
        state.names.insert(to.to_owned(), file);
        let (from, to) = (from.to_owned(), to.to_owned());
        state.log.push(Operation::Rename { from, to });
        Ok(())
    }
}

impl State {
    /// Counts an operation, which may be the one to fail.
    fn call(&mut self) -> io::Result<()> {
        self.calls += 1;
        match self.fault {
            Some(fault) if self.calls == fault.call || fault.forever && self.calls > fault.call => {
                Err(fault.kind.into())
            }
            _ => Ok(()),
        }
    }
}

impl State {
    fn need_room(&self, more: bool) -> io::Result<()> {
        if self.full && more {
            return Err(io::ErrorKind::StorageFull.into());
        }
        Ok(())
    }

    fn loses_sync_of(&mut self, file: FileId) -> bool {
        let Some((every, of)) = self.lost_syncs else {
            return false;
        };
        let mut names = self.names.iter();
        if !names.any(|(path, id)| *id == file && path.to_string_lossy().ends_with(of)) {
            return false;
        }
        self.syncs += 1;
        self.syncs.is_multiple_of(every)
    }
}

impl Disk for Device {
    fn resolve(&self, path: &Path) -> io::Result<PathBuf> {
        Ok(path.to_owned())
    }

    fn open(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        self.open_file(path, false)
    }

    fn make(&self, path: &Path, _: Option<&Path>) -> io::Result<Arc<dyn DiskFile>> {
        self.open_file(path, true)
    }

    fn len(&self, path: &Path) -> io::Result<Option<u64>> {
        self.wait();
        let mut state = self.lock();
        state.call()?;
        let file = state.names.get(path);
        Ok(file.map(|file| state.files[*file].len() as u64))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.rename_to(from, to, false)
    }

    fn rename_new(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.rename_to(from, to, true)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.wait();
        let mut state = self.lock();
        state.call()?;
        if state.names.remove(path).is_some() {
            let path = path.to_owned();
            state.log.push(Operation::Remove { path });
        }
        Ok(())
    }

    fn sync_folder_of(&self, _: &Path) -> io::Result<()> {
        let mut state = self.lock();
        state.call()?;
        state.log.push(Operation::SyncFolder);
        Ok(())
    }

    fn beginning_with(&self, path: &Path) -> io::Result<Vec<PathBuf>> {
        self.wait();
        let mut state = self.lock();
        state.call()?;
        let begin = path.as_os_str().as_encoded_bytes();
        let names = state.names.keys();
        let names = names.filter(|name| name.as_os_str().as_encoded_bytes().starts_with(begin));
        Ok(names.cloned().collect())
    }
}

/// An open file of the disk.
#[derive(Debug)]
struct File {
    device: Device,
    file: FileId,
}

impl DiskFile for File {
    fn backend(&self) -> io::Result<Box<dyn StorageBackend>> {
        let mut state = self.device.lock();
        state.backends += 1;
        Ok(Box::new(Backend {
            number: state.backends,
            device: self.device.clone(),
            file: self.file,
        }))
    }

    fn is_at(&self, path: &Path) -> io::Result<bool> {
        self.device.wait();
        let mut state = self.device.lock();
        state.call()?;
        Ok(state.names.get(path) == Some(&self.file))
    }

    fn names(&self) -> io::Result<u64> {
        let state = self.device.lock();
        let names = state.names.values().filter(|file| **file == self.file);
        Ok(names.count() as u64)
    }

    fn is_unlocked(&self) -> io::Result<bool> {
        self.device.wait();
        Ok(!self.device.lock().locks.contains_key(&self.file))
    }

    fn idle(&self) -> io::Result<Duration> {
        Ok(Duration::MAX)
    }
}

/// A way to read and write a file.
#[derive(Debug)]
struct Backend {
    device: Device,
    file: FileId,
    number: u64,
}

impl Backend {
    fn unlock(&self) {
        let mut state = self.device.lock();
        if state.locks.get(&self.file) == Some(&(self.number, self.device.process())) {
            state.locks.remove(&self.file);
        }
    }
}

impl Drop for Backend {
    fn drop(&mut self) {
        self.unlock();
    }
}

impl StorageBackend for Backend {
    /// Whatever the range: redb asks for several, and gets all of them or none.
    fn try_lock_range(&self, _: Bound<u64>, _: Bound<u64>) -> Result<bool, BackendError> {
        self.device.wait();
        let mut state = self.device.lock();
        let this = (self.number, self.device.process());
        Ok(*state.locks.entry(self.file).or_insert(this) == this)
    }

    fn unlock_range(&self, _: Bound<u64>, _: Bound<u64>) -> Result<(), BackendError> {
        self.unlock();
        Ok(())
    }

    fn close(&self) -> io::Result<()> {
        self.device.wait();
        self.unlock();
        Ok(())
    }

    fn len(&self) -> io::Result<u64> {
        let mut state = self.device.lock();
        state.call()?;
        Ok(state.files[self.file].len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let mut state = self.device.lock();
        state.call()?;
        let from = offset as usize;
        let bytes = state.files[self.file].get(from..from + out.len());
        out.copy_from_slice(bytes.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let mut state = self.device.lock();
        state.call()?;
        let (file, len) = (self.file, len as usize);
        state.need_room(len > state.files[file].len())?;
        state.files[file].resize(len, 0);
        state.log.push(Operation::SetLen { file, len });
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        let mut state = self.device.lock();
        state.call()?;
        if !state.loses_sync_of(self.file) {
            state.log.push(Operation::Sync { file: self.file });
        }
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let mut state = self.device.lock();
        state.call()?;
        let (file, offset) = (self.file, offset as usize);
        state.need_room(offset + data.len() > state.files[file].len())?;
        overwrite(&mut state.files[file], offset, data);
        let data = Arc::from(data);
        state.log.push(Operation::Write { file, offset, data });
        Ok(())
    }
}

/// Writes to a file that grows where it is too short.
pub fn overwrite(bytes: &mut Vec<u8>, offset: usize, data: &[u8]) {
    let end = offset + data.len();
    if bytes.len() < end {
        bytes.resize(end, 0);
    }
    bytes[offset..end].copy_from_slice(data);
}
