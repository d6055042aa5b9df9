//! Reading around damage: what the tables still lead to, what of it lies in pages that do not match their checksums,
//! and what the journal holds.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ::redb::backends::FileBackend;
use ::redb::{Database, ReadOnlyTable, ReadableDatabase, ReadableTable, StorageBackend};

use super::disk::Disk;
use super::failure::{Translate, abandon, guarded, guarded_but, io_error};
use super::names::journal_of;
use super::pages::{VisitWrongRow, read_wrong_pages};
use super::real_disk::RealDisk;
use super::recovery::read_frames;
use super::shadow::Shadow;
use super::state::{State, read_state};
use super::{Bytes, table};
use crate::error::{Code, Error, Result};
use crate::store::Space;

/// What takes a row; `None` for a key that a later commit in the journal has removed.
pub(crate) type TakeRow<'t> = dyn FnMut(Space, &[u8], Option<&[u8]>) -> Result<()> + 't;

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
    /// Why the file could not be opened.
    pub file: Option<String>,
    /// How many pages do not match their checksums.
    pub wrong_pages: u64,
}

/// Hands out every row that a table leads to, and the changes of the journal after them; then once more, to `doubt`,
/// those rows that lie in pages which do not match their checksums. The file is left as it is.
pub(crate) fn read_tables(
    path: &Path,
    take: &mut TakeRow<'_>,
    doubt: &mut VisitWrongRow<'_>,
) -> Result<Unread> {
    let mut unread = Unread::default();
    let shadow = Shadow::of(open(path)?).map_err(io_error)?;
    let opened = guarded("opening", || {
        let database = Database::builder()
            .create_with_backend(shadow.clone())
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
    let state = guarded("the tip of the journal", || read_state(&database));
    unread.journal = read_journal(path, state, take)?;
    // What redb has opened: of two states that the file may have, it may have gone back to the older one.
    unread.wrong_pages = read_wrong_pages(&shadow, doubt)?;
    // Nothing is to be saved of a shadow.
    abandon((read, database));
    Ok(unread)
}

fn all_of(space: Space) -> Gap {
    Gap {
        space,
        after: None,
        before: None,
    }
}

pub(super) fn open(path: &Path) -> Result<Box<dyn StorageBackend>> {
    let named = |error: io::Error| Error::io(&error, format!("{}: {error}", path.display()));
    let file = File::open(path).map_err(named)?;
    Ok(Box::new(FileBackend::new(file).translate()?))
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
    state: Result<State>,
    take: &mut TakeRow<'_>,
) -> Result<Option<String>> {
    let path = RealDisk.resolve(path).map_err(io_error)?;
    let beside = journal_of(&path);
    let place = state.as_ref().ok().and_then(|state| state.place.as_ref());
    let journal = match place {
        Some(place) if !beside.exists() => PathBuf::from(place),
        _ => beside,
    };
    if !journal.exists() {
        let missing = |place: &String| format!("it was {place}, and is not there");
        return Ok(place.map(missing));
    }
    let Ok(state) = state else {
        return Ok(Some(
            "nobody can say which commits it goes on with".to_owned(),
        ));
    };
    let file = open(&journal)?;
    let (recovered, beyond) = read_frames(&*file, file.len().map_err(io_error)?, &state)?;
    if let Some(recovered) = recovered {
        for space in Space::ALL {
            for (key, change) in recovered.changes.changes(space) {
                take(space, key, change)?;
            }
        }
    }
    Ok(beyond.map(|beyond| beyond.reason()))
}
