//! What the file says of its own state, in a table beside those of the spaces: each commit changes it.

use ::redb::{
    Database, ReadableDatabase, ReadableTable, TableDefinition, TableError, WriteTransaction,
};

use super::Bytes;
use super::failure::Translate;
use super::journal::{Rounds, Tip};
use crate::error::{Error, Result};

pub(super) const STATE: TableDefinition<'static, Bytes, Bytes> = TableDefinition::new("journal");
/// The tip of the journal that the file is at.
const TIP: &[u8] = b"tip";
/// The commits that the file has taken in from the journal last, see [`Rounds`].
const ABSORBED: &[u8] = b"absorbed";
/// The path of a journal that may hold commits which the file does not.
const PLACE: &[u8] = b"place";
/// How many bytes the entries of all spaces take, see [`Entries`].
const ENTRIES: &[u8] = b"entries";

/// What the file knows of its journal.
#[derive(Debug, Clone, Default)]
pub(super) struct State {
    /// The tip that the file is at, if it is at one.
    pub(super) tip: Option<Tip>,
    /// The commits that the file has taken in from the journal, while that may still hold them. `None` in a file of a
    /// version that did not keep them.
    pub(super) absorbed: Option<Rounds>,
    /// Where a journal lies that may hold commits which the file does not. Set before the first of a session is
    /// written, and cleared when the file holds all.
    pub(super) place: Option<String>,
}

/// How many bytes the entries of all spaces take.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Entries {
    pub(super) now: u64,
    /// When the file was last written densely, or made.
    pub(super) when_dense: u64,
}

impl Entries {
    /// Two little-endian `u64`.
    fn to_bytes(self) -> [u8; 16] {
        let bytes = [self.now.to_le_bytes(), self.when_dense.to_le_bytes()];
        bytes.as_flattened().try_into().unwrap_or_default()
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let (now, rest) = bytes.split_first_chunk()?;
        Some(Entries {
            now: u64::from_le_bytes(*now),
            when_dense: u64::from_le_bytes(rest.try_into().ok()?),
        })
    }
}

/// Says what the file knows of its journal, if it has one, and by how many bytes its entries have grown.
pub(super) fn write_state(
    transaction: &WriteTransaction,
    state: Option<&State>,
    grown: i64,
) -> Result<()> {
    if let Some(state) = state {
        write_journal_state(transaction, state)?;
    }
    let mut table = transaction.open_table(STATE).translate()?;
    let row = table.get(ENTRIES).translate()?;
    let before = row.and_then(|row| Entries::read(row.value()));
    let before = before.unwrap_or_default();
    let entries = Entries {
        now: before.now.saturating_add_signed(grown),
        ..before
    };
    table.insert(ENTRIES, &entries.to_bytes()[..]).translate()?;
    Ok(())
}

/// Says what the file knows of its journal.
pub(super) fn write_journal_state(transaction: &WriteTransaction, state: &State) -> Result<()> {
    let mut table = transaction.open_table(STATE).translate()?;
    if let Some(tip) = state.tip {
        table.insert(TIP, &tip.to_bytes()[..]).translate()?;
    }
    if let Some(absorbed) = &state.absorbed {
        table
            .insert(ABSORBED, &absorbed.to_bytes()[..])
            .translate()?;
    }
    match &state.place {
        Some(place) => table.insert(PLACE, place.as_bytes()).translate()?,
        None => table.remove(PLACE).translate()?,
    };
    Ok(())
}

/// As [`write_state`], of a file that has just been written densely.
pub(super) fn write_dense_state(
    transaction: &WriteTransaction,
    state: Option<&State>,
    bytes: u64,
) -> Result<()> {
    write_state(transaction, state, 0)?;
    let mut table = transaction.open_table(STATE).translate()?;
    let entries = Entries {
        now: bytes,
        when_dense: bytes,
    };
    table.insert(ENTRIES, &entries.to_bytes()[..]).translate()?;
    Ok(())
}

pub(super) fn read_entries(database: &Database) -> Result<Entries> {
    let row = read_row(database, ENTRIES)?;
    let entries = row.and_then(|row| Entries::read(&row));
    Ok(entries.unwrap_or_default())
}

/// The tip of the journal that the file is at, if it is at one.
pub(super) fn read_tip(database: &Database) -> Result<Option<Tip>> {
    let tip = read_row(database, TIP)?;
    tip.map(|tip| Tip::read(&tip)).transpose()
}

pub(super) fn read_state(database: &Database) -> Result<State> {
    let absorbed = read_row(database, ABSORBED)?;
    let place = read_row(database, PLACE)?.map(String::from_utf8);
    Ok(State {
        tip: read_tip(database)?,
        absorbed: absorbed.map(|row| Rounds::read(&row)).transpose()?,
        place: place
            .transpose()
            .map_err(|_| Error::corrupt("the place of the journal"))?,
    })
}

fn read_row(database: &Database, key: &[u8]) -> Result<Option<Vec<u8>>> {
    let transaction = database.begin_read().translate()?;
    let table = match transaction.open_table(STATE) {
        Err(TableError::TableDoesNotExist(_)) => return Ok(None),
        table => table.translate()?,
    };
    let row = table.get(key).translate()?;
    Ok(row.map(|row| row.value().to_vec()))
}
