//! The contents of documents: kept once for each SHA-256, in pieces that fit any backend.

use std::ops::ControlFlow;

use sha2::{Digest, Sha256};

use super::authority::Right;
use super::keys;
use super::log::entries_after;
use super::read;
use super::work::Work;
use crate::error::{Detail, Error, Result};
use crate::record::{Fields, Record};
use crate::schema::DocumentRole;
use crate::store::{Read, Space};
use crate::value::{Ref, Value, ValueRef};

/// Values of 64 KiB fit a row of every backend.
const PIECE_BYTES: usize = 64 << 10;

impl Work<'_, '_> {
    /// Keeps the content of a document, and its length and hash with the record.
    pub(crate) fn put_content(
        &mut self,
        document: Ref,
        content: &[u8],
        bytes_max: usize,
    ) -> Result<()> {
        if content.len() > bytes_max {
            return Err(Detail::Limit {
                what: "bytes of a document's content; keep it elsewhere and set its `location`",
                max: bytes_max as u64,
                actual: content.len() as u64,
            }
            .into());
        }
        let catalog = self.catalog();
        let parts = document_parts(&catalog, document)?;
        let hash = Sha256::digest(content);
        if !self.tx.exists(Space::Blob, &keys::blob(&hash, 0))? {
            for (piece, bytes) in content.chunks(PIECE_BYTES).enumerate() {
                self.tx
                    .put(Space::Blob, keys::blob(&hash, piece as u32), bytes)?;
            }
        }
        self.tx
            .put(Space::Blob, keys::blob_holder(&hash, document), Vec::new())?;
        let hex = hex::encode(hash);
        let mut fields = Fields::new();
        fields.set_number(parts.bytes, Value::Int(content.len() as i64));
        fields.set_number(parts.sha256, hex.into());
        self.with_right(Right::Operation, |work| {
            work.update(document, &fields, None)
        })?;
        Ok(())
    }

    /// Removes what a record that is being purged had as content, now or before, unless another has it. Until
    /// then a content stays when it is replaced: undo may bring it back.
    pub(super) fn drop_contents(&mut self, record: &Record) -> Result<()> {
        let contents = Contents::of(&self.tx, &self.state.catalog, record)?;
        for hash in contents.all() {
            self.tx
                .delete(Space::Blob, keys::blob_holder(hash, record.reference()));
            if self.tx.is_empty(&keys::blob_holders(hash))? {
                self.tx.clear(&keys::blob_pieces(hash))?;
            }
        }
        Ok(())
    }
}

/// The hashes of the contents of a document.
pub(super) struct Contents {
    /// That of the content that it has.
    pub current: Option<Vec<u8>>,
    /// Those of the contents that it had, and may have again when a change is taken back.
    pub earlier: Vec<Vec<u8>>,
}

impl Contents {
    /// Those of a record; none if it is no document.
    pub(super) fn of(
        read: &dyn Read,
        catalog: &crate::schema::Catalog,
        record: &Record,
    ) -> Result<Self> {
        let mut contents = Contents {
            current: None,
            earlier: Vec::new(),
        };
        let Some(parts) = catalog.object(record.object())?.document() else {
            return Ok(contents);
        };
        let field = parts.sha256;
        contents.current = parse_hash(record.get(field));
        for entry in entries_after(read, record.reference(), 0)? {
            let changes = entry.changes.iter();
            for change in changes.filter(|change| change.field == field) {
                let hashes = [&change.old, &change.new];
                let hashes = hashes
                    .into_iter()
                    .filter_map(|hash| parse_hash(hash.into()));
                contents.earlier.extend(hashes);
            }
        }
        Ok(contents)
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &[u8]> {
        let all = self.current.iter().chain(&self.earlier);
        all.map(Vec::as_slice)
    }
}

/// True for the hash of no bytes: that content is kept in no piece, and nothing of it can be missing.
pub(super) fn is_of_nothing(hash: &[u8]) -> bool {
    hash == Sha256::digest([]).as_slice()
}

/// The hash that a document's record holds, in hexadecimal digits.
fn parse_hash(value: ValueRef<'_>) -> Option<Vec<u8>> {
    hex::decode(value.as_text()?).ok()
}

fn document_parts(catalog: &crate::schema::Catalog, document: Ref) -> Result<DocumentRole> {
    let object = catalog.object(document.object)?;
    object.document().ok_or_else(|| {
        let reason = format!("a {} has no content", object.name);
        Error::invalid(document.id, reason)
    })
}

/// The content of a document; `None` if it is kept elsewhere or nowhere.
pub(crate) fn content(
    read: &dyn Read,
    catalog: &crate::schema::Catalog,
    document: Ref,
) -> Result<Option<Vec<u8>>> {
    let parts = document_parts(catalog, document)?;
    let record = read::live_record(read, catalog, document)?;
    let held = record.get(parts.sha256);
    if held.is_null() {
        return Ok(None);
    }
    let damaged = || Error::corrupt(format!("the content of document {}", document.id));
    let hash = parse_hash(held).ok_or_else(damaged)?;
    let mut content = Vec::new();
    read.scan(&keys::blob_pieces(&hash), &mut |_, bytes| {
        content.extend_from_slice(bytes);
        ControlFlow::Continue(())
    })?;
    if Sha256::digest(&content).as_slice() != hash.as_slice() {
        return Err(damaged());
    }
    Ok(Some(content))
}
