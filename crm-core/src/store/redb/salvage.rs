//! Reading around damage: what the tables still lead to, what the journal holds, and what lies in pages to which
//! nothing leads any more.
//!
//! A leaf of redb is `01`, a zero, the number of entries, the ends of all keys, the ends of all values, the keys and
//! the values; ends count from the beginning of the page. The file format of redb 4 has the rest.

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;

use ::redb::backends::FileBackend;
use ::redb::{
    Database, ReadOnlyTable, ReadTransaction, ReadableDatabase, ReadableTable, StorageBackend,
};

use super::failure::{Translate, guarded, guarded_but, io_error};
use super::journal::read_frames;
use super::shadow::Shadow;
use super::{Bytes, beside, read_tip, table};
use crate::error::{Code, Error, Result};
use crate::store::Space;

/// What takes a row; `None` for a key that a later commit in the journal has removed.
pub(crate) type TakeRow<'t> = dyn FnMut(Space, &[u8], Option<&[u8]>) -> Result<()> + 't;

/// What looks at a row of a page.
pub(crate) type VisitPageRow<'v> = dyn FnMut(&[u8], &[u8]) -> Result<()> + 'v;

const PAGE: u64 = 4_096;
const LEAF: u8 = 1;
/// No leaf of ours has as many bytes: a value is at most a piece of a content, or a record.
const LEAF_BYTES_MAX: u64 = 64 << 20;

/// Keys of a space that no table leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Gap {
    pub space: Space,
    /// The last key before it, `None` at the beginning.
    pub after: Option<Vec<u8>>,
    /// The first key behind it, `None` at the end.
    pub before: Option<Vec<u8>>,
}

impl Gap {
    pub(crate) fn holds(&self, space: Space, key: &[u8]) -> bool {
        self.space == space
            && self.after.as_deref().is_none_or(|after| key > after)
            && self.before.as_deref().is_none_or(|before| key < before)
    }
}

/// What could not be read through the tables, and what is wrong with the journal.
#[derive(Debug, Default)]
pub(crate) struct Unread {
    pub gaps: Vec<Gap>,
    pub journal: Option<String>,
    /// Why the file could not be opened, or that pages do not match their checksums.
    pub file: Option<String>,
}

/// Hands out every row that a table leads to, and the changes of the journal after them. The file is left as it is.
pub(crate) fn read_tables(path: &Path, take: &mut TakeRow<'_>) -> Result<Unread> {
    let mut unread = Unread::default();
    let opened = guarded("opening", || {
        let shadow = Shadow::of(open(path)?).map_err(io_error)?;
        let database = Database::builder()
            .create_with_backend(shadow)
            .translate()?;
        let read = database.begin_read().translate()?;
        Ok((Arc::new(database), read))
    });
    let (database, read) = match opened {
        Ok(opened) => opened,
        Err(error) if error.code() == Code::Io => return Err(error),
        Err(error) => {
            unread.gaps = Space::ALL.into_iter().map(all_of).collect();
            unread.file = Some(error.to_string());
            return Ok(unread);
        }
    };
    for space in Space::ALL {
        match guarded("a table", || read.open_table(table(space)).translate()) {
            Ok(table) => read_table(&table, space, take, &mut unread.gaps)?,
            Err(_) => unread.gaps.push(all_of(space)),
        }
    }
    let tip = guarded("the tip of the journal", || read_tip(&database));
    unread.journal = read_journal(path, tip, take)?;
    unread.file = checksums_of(path)?;
    close(database, read);
    Ok(unread)
}

/// Nothing is to be saved of a shadow: that redb cannot close it is no matter.
fn close(database: Arc<Database>, read: ReadTransaction) {
    let _ = guarded("closing", || {
        drop(read);
        drop(database);
        Ok(())
    });
}

fn all_of(space: Space) -> Gap {
    Gap {
        space,
        after: None,
        before: None,
    }
}

fn open(path: &Path) -> Result<Box<dyn StorageBackend>> {
    let named = |error: io::Error| Error::io(&error, format!("{}: {error}", path.display()));
    let file = File::open(path).map_err(named)?;
    Ok(Box::new(FileBackend::new(file).translate()?))
}

/// What redb finds when it compares every page with its checksum.
fn checksums_of(path: &Path) -> Result<Option<String>> {
    let compared = guarded("a comparison of checksums", || {
        let shadow = Shadow::of(open(path)?).map_err(io_error)?;
        let mut builder = Database::builder();
        builder.set_check_integrity_on_open(true);
        builder.create_with_backend(shadow).translate().map(drop)
    });
    match compared {
        Err(error) if error.code() == Code::Io => Err(error),
        compared => Ok(compared.err().map(|error| error.to_string())),
    }
}

/// Reads a table from both ends up to what cannot be read.
fn read_table(
    table: &ReadOnlyTable<Bytes, Bytes>,
    space: Space,
    take: &mut TakeRow<'_>,
    gaps: &mut Vec<Gap>,
) -> Result<()> {
    let mut after = None;
    if read_until_damage(table, space, take, false, &mut after)? {
        return Ok(());
    }
    let mut before = None;
    read_until_damage(table, space, take, true, &mut before)?;
    gaps.push(Gap {
        space,
        after,
        before,
    });
    Ok(())
}

/// Reads from one end of a table; true if it came to the other. `last` is the last key that was read.
fn read_until_damage(
    table: &ReadOnlyTable<Bytes, Bytes>,
    space: Space,
    take: &mut TakeRow<'_>,
    reverse: bool,
    last: &mut Option<Vec<u8>>,
) -> Result<bool> {
    let mut refused = None;
    let read = guarded_but("salvage", |outside| {
        let mut entries = table.iter().translate()?;
        loop {
            let next = if reverse {
                entries.next_back()
            } else {
                entries.next()
            };
            let Some(entry) = next else {
                return Ok(());
            };
            let (key, value) = entry.translate()?;
            let (key, value) = (key.value(), value.value());
            let is_ahead = last.as_deref().is_none_or(|last| (last < key) != reverse);
            if !is_ahead {
                return Err(Error::corrupt("keys that are not in order"));
            }
            if let Err(error) = outside.run(|| take(space, key, Some(value))) {
                refused = Some(error);
                return Ok(());
            }
            *last = Some(key.to_vec());
        }
    });
    refused.map_or(Ok(read.is_ok()), Err)
}

/// Hands out what the journal has beyond the tables; returns what is wrong with it.
fn read_journal(
    path: &Path,
    tip: Result<Option<super::journal::Tip>>,
    take: &mut TakeRow<'_>,
) -> Result<Option<String>> {
    let journal = beside(path, "-journal");
    if !journal.exists() {
        return Ok(None);
    }
    let Ok(tip) = tip else {
        return Ok(Some(
            "nobody can say which commits it goes on with".to_owned(),
        ));
    };
    let file = open(&journal)?;
    let (recovered, beyond) = read_frames(&*file, file.len().map_err(io_error)?, tip)?;
    if let Some(recovered) = recovered {
        for space in Space::ALL {
            for (key, change) in recovered.changes.changes(space) {
                take(space, key, change)?;
            }
        }
    }
    Ok(beyond.map(|beyond| beyond.reason()))
}

/// Hands out the rows of everything in a file that looks like a leaf, of whatever table and age.
pub(crate) fn read_pages(path: &Path, visit: &mut VisitPageRow<'_>) -> Result<()> {
    let file = open(path)?;
    let len = file.len().map_err(io_error)?;
    let mut page = Vec::new();
    for at in (0..len).step_by(PAGE as usize) {
        // Values longer than a page lie in one that is a power of two as long.
        let mut size = PAGE.min(len - at);
        loop {
            page.resize(size as usize, 0);
            file.read(at, &mut page).map_err(io_error)?;
            match entries(&page) {
                Leaf::Longer(needed) if needed > size && needed <= LEAF_BYTES_MAX.min(len - at) => {
                    size = needed;
                }
                Leaf::Whole(rows) => {
                    rows.into_iter()
                        .try_for_each(|(key, value)| visit(key, value))?;
                    break;
                }
                Leaf::Longer(_) | Leaf::None => break,
            }
        }
    }
    Ok(())
}

enum Leaf<'p> {
    Whole(Vec<(&'p [u8], &'p [u8])>),
    /// It would have so many bytes.
    Longer(u64),
    None,
}

/// The entries of a page, if it is a leaf of a table of byte strings.
fn entries(page: &[u8]) -> Leaf<'_> {
    let Some(&[LEAF, _, low, high]) = page.first_chunk() else {
        return Leaf::None;
    };
    let count = usize::from(u16::from_le_bytes([low, high]));
    let number = |at: usize| {
        let bytes = page.get(4 + 4 * at..)?.first_chunk()?;
        Some(u32::from_le_bytes(*bytes) as usize)
    };
    let mut rows = Vec::with_capacity(count.min(page.len() / 8));
    let Some(end) = (2 * count).checked_sub(1).and_then(number) else {
        return Leaf::None;
    };
    if end > page.len() {
        return Leaf::Longer(end as u64);
    }
    let (mut key_start, keys_end) = (4 + 8 * count, number(count - 1));
    let Some(mut value_start) = keys_end else {
        return Leaf::None;
    };
    for nth in 0..count {
        let (Some(key_end), Some(value_end)) = (number(nth), number(count + nth)) else {
            return Leaf::None;
        };
        let (key, value) = (
            page.get(key_start..key_end),
            page.get(value_start..value_end),
        );
        let (Some(key), Some(value)) = (key, value) else {
            return Leaf::None;
        };
        rows.push((key, value));
        (key_start, value_start) = (key_end, value_end);
    }
    Leaf::Whole(rows)
}
