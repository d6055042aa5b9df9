//! The contents of documents: each whole, and held by the documents that have, or had, it.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use sha2::{Digest, Sha256};

use super::Walk;
use crate::engine::content::{Contents, is_of_nothing};
use crate::engine::keys;
use crate::engine::read;
use crate::engine::work::Work;
use crate::error::Result;
use crate::store::{KeyRange, Space};

/// A content on the way through the table.
struct Content {
    hash: Vec<u8>,
    found: Sha256,
    pieces: Vec<Vec<u8>>,
    is_held: bool,
}

/// Compares the contents that are kept, and who holds them, with the documents.
pub(crate) fn check_contents(work: &Work<'_, '_>, walk: &mut Walk) -> Result<()> {
    let mut holders = expected_holders(work, walk)?;
    let wanted: BTreeSet<Vec<u8>> = holders
        .iter()
        .filter_map(|key| Some(key.get(..32)?.to_vec()))
        .collect();
    let mut current: Option<Content> = None;
    read::scan(&work.tx, &KeyRange::all(Space::Blob), &mut |key, bytes| {
        walk.row();
        let Ok((hash, holder)) = keys::blob_entry(key) else {
            walk.stray(Space::Blob, key, "a row that is no content");
            return Ok(ControlFlow::Continue(()));
        };
        if current.as_ref().is_none_or(|content| content.hash != hash) {
            end(current.take(), walk);
        }
        let content = current.get_or_insert_with(|| Content {
            hash: hash.to_vec(),
            found: Sha256::new(),
            pieces: Vec::new(),
            is_held: wanted.contains(hash),
        });
        match holder {
            None => {
                content.found.update(bytes);
                content.pieces.push(key.to_vec());
            }
            Some(document) if !holders.remove(key) => {
                let what = format!("a content of {}, which never had it", document.id);
                walk.stray(Space::Blob, key, what);
            }
            Some(_) => {}
        }
        Ok(ControlFlow::Continue(()))
    })?;
    end(current, walk);
    for key in holders {
        walk.missing(Space::Blob, key, [], "a content lacks a document of it");
    }
    Ok(())
}

/// All pieces of a content have been seen.
fn end(content: Option<Content>, walk: &mut Walk) {
    let Some(content) = content else {
        return;
    };
    if !content.is_held {
        for key in content.pieces {
            walk.stray(Space::Blob, &key, "a content that no document has");
        }
    } else if content.found.finalize().as_slice() != content.hash {
        walk.find(Space::Blob, "a document's content is damaged");
    }
}

/// The rows that say which document has, or had, which content.
fn expected_holders(work: &Work<'_, '_>, walk: &mut Walk) -> Result<BTreeSet<Vec<u8>>> {
    let mut holders = BTreeSet::new();
    let catalog = work.catalog();
    let Some(object) = catalog.documents() else {
        return Ok(holders);
    };
    let range = keys::records_of(object.id);
    read::for_each_sound(&work.tx, &range, &mut |record| {
        let contents = Contents::of(&work.tx, &catalog, &record)?;
        for hash in contents.all() {
            if is_of_nothing(hash) || !work.tx.is_empty(&KeyRange::prefix(Space::Blob, hash))? {
                holders.insert(keys::blob_holder(hash, record.reference()));
            } else if contents.current.as_deref() == Some(hash) {
                let what = format!("the content of document {} is missing", record.id());
                walk.find(Space::Blob, what);
            }
        }
        Ok(())
    })?;
    Ok(holders)
}
