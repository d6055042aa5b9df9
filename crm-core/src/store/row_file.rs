//! Files of rows: what an incremental backup is written to.
//!
//! | bytes | what |
//! |---|---|
//! | 8 | `CRMROWS1` |
//! | 4, … | the length of the head, and the head: what the rows are |
//! | 1, 4, 4, …, … | a row: its space, the lengths of key and value, key and value; a length of `FFFFFFFF` stands for a key that is to be absent |
//! | 1 | `FF` |
//! | 32 | SHA-256 of all before |
//!
//! Numbers are little-endian. A file has its name only when it is whole and on the disk.

use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::{Making, Space};
use crate::error::{Error, Result};

const MAGIC: &[u8; 8] = b"CRMROWS1";
const END: u8 = 0xFF;
const ABSENT: u32 = u32::MAX;
/// Bytes that are read at once, so that a length that is damaged takes no memory before the file ends.
const CHUNK: u64 = 1 << 20;

fn at(path: &Path, error: &io::Error) -> Error {
    Error::io(error, format!("{}: {error}", path.display()))
}

/// Writes a file of rows.
pub(crate) struct RowWriter {
    making: Making,
    file: BufWriter<File>,
    hash: Sha256,
}

impl RowWriter {
    /// Begins a file at `path`, as [`Making::at`] does.
    ///
    /// # Errors
    /// `Io`, also if there is something at `path`.
    pub(crate) fn new(path: &Path, like: Option<&Path>, head: &[u8]) -> Result<Self> {
        let making = Making::at(path, like)?;
        let mut writer = RowWriter {
            file: BufWriter::new(making.writer()?),
            making,
            hash: Sha256::new(),
        };
        writer.write(MAGIC)?;
        writer.write(&length(head)?.to_le_bytes())?;
        writer.write(head)?;
        Ok(writer)
    }

    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.hash.update(bytes);
        let written = self.file.write_all(bytes);
        written.map_err(|error| at(self.making.beside(), &error))
    }

    /// Adds a row; `None` for a key that is to be absent.
    pub(crate) fn row(&mut self, space: Space, key: &[u8], value: Option<&[u8]>) -> Result<()> {
        self.write(&[space as u8])?;
        self.write(&length(key)?.to_le_bytes())?;
        let len = value.map_or(Ok(ABSENT), length)?;
        self.write(&len.to_le_bytes())?;
        self.write(key)?;
        self.write(value.unwrap_or_default())
    }

    /// Ends the file and gives it its name.
    pub(crate) fn finish(mut self) -> Result<()> {
        self.write(&[END])?;
        let digest = std::mem::take(&mut self.hash).finalize();
        let beside = self.making.beside().to_owned();
        let ended = self.file.write_all(&digest).and_then(|()| {
            self.file.flush()?;
            self.file.get_ref().sync_all()
        });
        ended.map_err(|error| at(&beside, &error))?;
        self.making.done()
    }
}

fn length(bytes: &[u8]) -> Result<u32> {
    u32::try_from(bytes.len())
        .ok()
        .filter(|len| *len != ABSENT)
        .ok_or_else(|| Error::invalid(bytes.len(), "a row has less than 4 GiB"))
}

/// A row: its space, its key, and its value if the key is not to be absent.
pub(crate) type FileRow = (Space, Vec<u8>, Option<Vec<u8>>);

/// A file of rows that is whole.
pub(crate) struct RowFile {
    path: PathBuf,
    file: BufReader<File>,
    pub head: Vec<u8>,
}

impl RowFile {
    /// Opens a file and compares all of it with its digest.
    ///
    /// # Errors
    /// `Io`; `Corrupt` if it is damaged, cut short or of another kind.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let len = fs::metadata(path).map_err(|error| at(path, &error))?.len();
        let mut file = RowFile {
            path: path.to_owned(),
            file: BufReader::new(File::open(path).map_err(|error| at(path, &error))?),
            head: Vec::new(),
        };
        let damaged = || file.damaged();
        let hashed = len.checked_sub(32).ok_or_else(damaged)?;
        let mut hash = Sha256::new();
        let mut rest = (&mut file.file).take(hashed);
        io::copy(&mut rest, &mut HashWriter(&mut hash)).map_err(|error| at(path, &error))?;
        let digest = file.bytes(32)?;
        if hash.finalize().as_slice() != digest {
            return Err(file.damaged());
        }
        file.file = BufReader::new(File::open(path).map_err(|error| at(path, &error))?);
        if file.bytes(8)? != MAGIC {
            return Err(file.damaged());
        }
        let len = file.number()?;
        file.head = file.bytes(len)?;
        Ok(file)
    }

    pub(crate) fn damaged(&self) -> Error {
        Error::corrupt(format!(
            "{} is no incremental backup, or is damaged",
            self.path.display()
        ))
    }

    fn bytes(&mut self, len: u32) -> Result<Vec<u8>> {
        let mut bytes = Vec::with_capacity(u64::from(len).min(CHUNK) as usize);
        let read = (&mut self.file).take(len.into()).read_to_end(&mut bytes);
        let read = read.map_err(|error| at(&self.path, &error))?;
        if read as u64 == u64::from(len) {
            Ok(bytes)
        } else {
            Err(self.damaged())
        }
    }

    fn number(&mut self) -> Result<u32> {
        let bytes = self.bytes(4)?;
        let bytes = bytes.try_into().map_err(|_| self.damaged())?;
        Ok(u32::from_le_bytes(bytes))
    }

    /// The next row; `None` behind the last.
    pub(crate) fn row(&mut self) -> Result<Option<FileRow>> {
        let space = self.bytes(1)?;
        if space == [END] {
            return Ok(None);
        }
        let space = space
            .first()
            .and_then(|space| Space::ALL.get(usize::from(*space)));
        let space = *space.ok_or_else(|| self.damaged())?;
        let (key, value) = (self.number()?, self.number()?);
        let key = self.bytes(key)?;
        let value = if value == ABSENT {
            None
        } else {
            Some(self.bytes(value)?)
        };
        Ok(Some((space, key, value)))
    }
}

struct HashWriter<'h>(&'h mut Sha256);

impl Write for HashWriter<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
