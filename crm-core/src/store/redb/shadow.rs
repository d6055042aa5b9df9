//! A file that is read from the disk and written to in memory, so that redb can open it and leave it as it is.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::{fmt, io};

use ::redb::StorageBackend;

use crate::store::GoOn;

const PAGE: usize = 4_096;

/// A file that is written to in memory only. Clones are the same file.
#[derive(Clone)]
pub(super) struct Shadow {
    base: Arc<dyn StorageBackend>,
    base_len: u64,
    written: Arc<Mutex<Written>>,
    /// Reads fail when it does.
    go_on: Option<GoOn>,
}

impl fmt::Debug for Shadow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Shadow");
        shown.field("base", &self.base).finish_non_exhaustive()
    }
}

#[derive(Debug)]
struct Written {
    len: u64,
    /// By their number in the file.
    pages: BTreeMap<u64, Box<[u8; PAGE]>>,
}

impl Shadow {
    pub(super) fn of(base: Box<dyn StorageBackend>) -> io::Result<Self> {
        let len = base.len()?;
        let pages = BTreeMap::new();
        Ok(Shadow {
            base: base.into(),
            base_len: len,
            written: Arc::new(Mutex::new(Written { len, pages })),
            go_on: None,
        })
    }

    /// The same file, whose reads fail when `go_on` does.
    pub(super) fn reading_while(self, go_on: Option<&GoOn>) -> Self {
        Shadow {
            go_on: go_on.cloned(),
            ..self
        }
    }

    fn written(&self) -> MutexGuard<'_, Written> {
        self.written.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads what the disk has, and zeros beyond its end.
    fn read_base(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let there = self.base_len.saturating_sub(offset);
        let there = usize::try_from(there).map_or(out.len(), |there| there.min(out.len()));
        let (from_disk, beyond) = out.split_at_mut(there);
        beyond.fill(0);
        if from_disk.is_empty() {
            return Ok(());
        }
        self.base.read(offset, from_disk)
    }
}

/// The parts of a range of bytes that lie in one page each: the page, where in it, and where in the range.
fn parts(offset: u64, len: usize) -> impl Iterator<Item = (u64, usize, std::ops::Range<usize>)> {
    let mut done = 0;
    std::iter::from_fn(move || {
        let at = offset + done as u64;
        let within = (at % PAGE as u64) as usize;
        let step = (PAGE - within).min(len - done);
        done += step;
        (step > 0).then_some((at / PAGE as u64, within, done - step..done))
    })
}

impl StorageBackend for Shadow {
    fn len(&self) -> io::Result<u64> {
        Ok(self.written().len)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        if let Some(go_on) = &self.go_on {
            go_on().map_err(io::Error::other)?;
        }
        let written = self.written();
        if offset.saturating_add(out.len() as u64) > written.len {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.read_base(offset, out)?;
        for (page, within, range) in parts(offset, out.len()) {
            if let Some(bytes) = written.pages.get(&page) {
                let len = range.len();
                out[range].copy_from_slice(&bytes[within..within + len]);
            }
        }
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.written().len = len;
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let mut written = self.written();
        for (page, within, range) in parts(offset, data.len()) {
            let bytes = match written.pages.entry(page) {
                Entry::Occupied(held) => held.into_mut(),
                Entry::Vacant(free) => {
                    let mut bytes = Box::new([0; PAGE]);
                    self.read_base(page * PAGE as u64, &mut bytes[..])?;
                    free.insert(bytes)
                }
            };
            let len = range.len();
            bytes[within..within + len].copy_from_slice(&data[range]);
        }
        Ok(())
    }
}
