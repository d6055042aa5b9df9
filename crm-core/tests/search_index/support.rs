//! An index in memory, and what should be in it.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use crm_core::search::{Document, Hit, IndexWriter, SearchOptions, check, merge, search};
use crm_core::store::{KeyRange, MemoryStorage, Snapshot, Space, Storage, Transaction};
use crm_core::{Id, Ref, Result};

pub const CONTACT: u16 = 1;
pub const COMPANY: u16 = 2;

#[derive(Default)]
pub struct Index {
    storage: MemoryStorage,
    pub documents: BTreeMap<u32, (Ref, Document)>,
}

impl Index {
    pub fn snapshot(&self) -> Arc<dyn Snapshot> {
        self.storage.snapshot().unwrap()
    }

    pub fn write<T>(&self, write: impl FnOnce(&mut Transaction<'_>) -> T) -> T {
        let snapshot = self.snapshot();
        let mut txn = Transaction::new(&*snapshot);
        let result = write(&mut txn);
        self.storage.commit(&txn.into_changes()).unwrap();
        result
    }

    pub fn save_all(&mut self, documents: impl IntoIterator<Item = (u32, Ref, Document)>) {
        let mut writer = IndexWriter::new();
        for (ordinal, target, new) in documents {
            let old = self.documents.insert(ordinal, (target, new.clone()));
            let old = old.map_or_else(Document::new, |(_, old)| old);
            writer.update(ordinal, target, &old, &new);
        }
        self.write(|txn| writer.finish(txn).unwrap());
    }

    pub fn save(&mut self, ordinal: u32, object: u16, fill: impl FnOnce(&mut Document)) {
        let mut document = Document::new();
        fill(&mut document);
        self.save_all([(ordinal, target(ordinal, object), document)]);
    }

    pub fn merge(&self, budget: usize) -> bool {
        self.write(|txn| merge(txn, budget).unwrap())
    }

    pub fn search(&self, query: &str, options: &SearchOptions<'_>) -> Vec<Hit> {
        search(&*self.snapshot(), query, options).unwrap()
    }

    pub fn ordinals(&self, query: &str) -> Vec<u32> {
        let hits = self.search(query, &SearchOptions::default());
        hits.iter().map(|hit| hit.ordinal).collect()
    }

    pub fn check(&self) -> Result<Vec<String>> {
        let documents = self.documents.iter();
        let expected = documents.map(|(o, (target, document))| Ok((*o, *target, document.clone())));
        check(&*self.snapshot(), expected)
    }

    pub fn differences(&self) -> Vec<String> {
        self.check().unwrap()
    }

    pub fn rows(&self) -> Vec<(Vec<u8>, Vec<u8>)> {
        let mut rows = Vec::new();
        let mut visit = |key: &[u8], value: &[u8]| {
            rows.push((key.to_vec(), value.to_vec()));
            ControlFlow::Continue(())
        };
        self.snapshot()
            .scan(&KeyRange::all(Space::Text), &mut visit)
            .unwrap();
        rows
    }
}

pub fn target(ordinal: u32, object: u16) -> Ref {
    let mut bytes = [7; 16];
    bytes[..4].copy_from_slice(&ordinal.to_be_bytes());
    Ref {
        object,
        id: Id::from_bytes(bytes),
    }
}

pub fn text(words: &str, weight: u8) -> Document {
    let mut document = Document::new();
    document.add_text(words, weight);
    document
}

/// An index of contacts with these texts, of ordinals from 0.
pub fn contacts(texts: &[&str]) -> Index {
    let mut index = Index::default();
    for (ordinal, words) in (0..).zip(texts) {
        index.save(ordinal, CONTACT, |document| document.add_text(words, 5));
    }
    index
}
