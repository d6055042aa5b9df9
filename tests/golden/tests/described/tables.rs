//! The tables of a file, with what its journal adds to them.

use std::collections::BTreeMap;
use std::path::Path;

use redb::{Database, ReadableDatabase, ReadableTable, TableDefinition};
use sha2::{Digest, Sha256};

use super::Input;

const NAMES: [&str; 10] = [
    "meta", "record", "index", "timeline", "text", "log", "total", "job", "blob", "journal",
];

type Table = BTreeMap<Vec<u8>, Vec<u8>>;

pub(crate) struct Tables(BTreeMap<&'static str, Table>);

impl Tables {
    /// Reads a file and, where there is one, its journal.
    pub(crate) fn read(path: &Path) -> Self {
        let database = Database::open(path).unwrap();
        let transaction = database.begin_read().unwrap();
        let table = |name: &'static str| {
            let definition: TableDefinition<&[u8], &[u8]> = TableDefinition::new(name);
            let table = transaction.open_table(definition).unwrap();
            let entries = table.iter().unwrap().map(|entry| {
                let (key, value) = entry.unwrap();
                (key.value().to_vec(), value.value().to_vec())
            });
            (name, entries.collect())
        };
        let mut tables = Tables(NAMES.into_iter().map(table).collect());
        let journal = std::fs::read(format!("{}-journal", path.display()));
        if let Ok(journal) = journal {
            let applied = tables.apply(&journal);
            assert!(applied > 0, "the journal holds nothing");
        }
        tables
    }

    pub(crate) fn find(&self, table: &str, key: &[u8]) -> Option<&[u8]> {
        self.0[table].get(key).map(Vec::as_slice)
    }

    pub(crate) fn get(&self, table: &str, key: &[u8]) -> &[u8] {
        self.find(table, key)
            .unwrap_or_else(|| panic!("{table} has no {key:02x?}"))
    }

    pub(crate) fn all(&self, table: &str) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.0[table]
            .iter()
            .map(|(key, value)| (key.as_slice(), value.as_slice()))
    }

    /// Applies the frames that follow the tables' tip; returns how many.
    fn apply(&mut self, journal: &[u8]) -> usize {
        let mut tip = Input(self.get("journal", b"tip"));
        let mut tip: (u64, [u8; 16]) = (u64::from_le_bytes(tip.array()), tip.array());
        let (mut at, mut applied) = (0, 0);
        while let Some(mut frame) = journal.get(at..).filter(|rest| rest.len() >= 48).map(Input) {
            if frame.take(4) != b"CRMJ" {
                break;
            }
            let len = u32::from_le_bytes(frame.array()) as usize;
            let number = u64::from_le_bytes(frame.array());
            let (before, after): ([u8; 16], [u8; 16]) = (frame.array(), frame.array());
            let Some(changes) = frame.0.get(..len) else {
                break;
            };
            let hash = Sha256::new()
                .chain_update(&journal[at..at + 32])
                .chain_update(changes);
            if hash.finalize()[..16] != after {
                break;
            }
            if (number, before) == (tip.0 + 1, tip.1) {
                self.change(Input(changes));
                tip = (number, after);
                applied += 1;
            } else if number > tip.0 {
                break;
            }
            at += (48 + len).next_multiple_of(4_096);
        }
        applied
    }

    fn change(&mut self, mut changes: Input<'_>) {
        while !changes.0.is_empty() {
            let table = self.0.get_mut(NAMES[usize::from(changes.u8())]).unwrap();
            for _ in 0..u32::from_le_bytes(changes.array()) {
                let key_len = u16::from_le_bytes(changes.array());
                let len = u32::from_le_bytes(changes.array());
                let key = changes.take(key_len.into()).to_vec();
                if len == u32::MAX {
                    table.remove(&key);
                } else {
                    table.insert(key, changes.take(len as usize).to_vec());
                }
            }
        }
    }
}

/// Each content is that of its hash.
pub(crate) fn contents_have_their_hashes(tables: &Tables) {
    let mut contents: BTreeMap<&[u8], Sha256> = BTreeMap::new();
    for (key, piece) in tables.all("blob") {
        let (hash, rest) = key.split_at(32);
        if rest[..4] != [0xFF; 4] {
            let content = contents.entry(hash).or_default();
            content.update(piece);
        }
    }
    for (hash, content) in contents {
        assert_eq!(content.finalize()[..], *hash);
    }
}
