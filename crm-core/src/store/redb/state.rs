//! What the file says of its own state, in a table beside those of the spaces: each commit changes it.

use ::redb::{
    Database, ReadableDatabase, ReadableTable, TableDefinition, TableError, WriteTransaction,
};

use super::Bytes;
use super::failure::Translate;
use super::journal::Tip;
use crate::error::Result;

pub(super) const STATE: TableDefinition<'static, Bytes, Bytes> = TableDefinition::new("journal");
/// The tip of the journal that the file is at.
const TIP: &[u8] = b"tip";
/// How many bytes the entries of all spaces take, see [`Entries`].
const ENTRIES: &[u8] = b"entries";

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

/// Says which tip the file is at, if it is at one, and by how many bytes its entries have grown.
pub(super) fn write_state(
    transaction: &WriteTransaction,
    tip: Option<Tip>,
    grown: i64,
) -> Result<()> {
    let mut table = transaction.open_table(STATE).translate()?;
    if let Some(tip) = tip {
        table.insert(TIP, &tip.to_bytes()[..]).translate()?;
    }
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

/// As [`write_state`], of a file that has just been written densely.
pub(super) fn write_dense_state(
    transaction: &WriteTransaction,
    tip: Option<Tip>,
    bytes: u64,
) -> Result<()> {
    write_state(transaction, tip, 0)?;
    let mut table = transaction.open_table(STATE).translate()?;
    let entries = Entries {
        now: bytes,
        when_dense: bytes,
    };
    table.insert(ENTRIES, &entries.to_bytes()[..]).translate()?;
    Ok(())
}

pub(super) fn read_entries(database: &Database) -> Result<Entries> {
    let transaction = database.begin_read().translate()?;
    let table = match transaction.open_table(STATE) {
        Err(TableError::TableDoesNotExist(_)) => return Ok(Entries::default()),
        table => table.translate()?,
    };
    let row = table.get(ENTRIES).translate()?;
    let entries = row.and_then(|row| Entries::read(row.value()));
    Ok(entries.unwrap_or_default())
}

/// The tip of the journal that the file is at, if it is at one.
pub(super) fn read_tip(database: &Database) -> Result<Option<Tip>> {
    let transaction = database.begin_read().translate()?;
    let table = match transaction.open_table(STATE) {
        Err(TableError::TableDoesNotExist(_)) => return Ok(None),
        table => table.translate()?,
    };
    let tip = table.get(TIP).translate()?;
    tip.map(|tip| Tip::read(tip.value())).transpose()
}
