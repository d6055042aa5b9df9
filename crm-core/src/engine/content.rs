//! The contents of documents: kept once for each SHA-256, in pieces that fit any backend.

use std::ops::ControlFlow;

use sha2::{Digest, Sha256};

use super::keys;
use super::read;
use super::work::Work;
use crate::error::{Detail, Error, Result};
use crate::record::{Fields, Record};
use crate::schema::{ObjectDef, Role};
use crate::store::{Read, Space};
use crate::value::{Ref, Value};

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
        let object = document_object(&catalog, document)?;
        let hash = Sha256::digest(content);
        if !self.txn.exists(Space::Blob, &keys::blob(&hash, 0))? {
            for (piece, bytes) in content.chunks(PIECE_BYTES).enumerate() {
                self.txn
                    .put(Space::Blob, keys::blob(&hash, piece as u32), bytes)?;
            }
        }
        let hex: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        let mut fields = Fields::new();
        fields.set_number(
            object.field_named("bytes")?.id,
            Value::Int(content.len() as i64),
        );
        fields.set_number(object.field_named("sha256")?.id, hex.into());
        self.update(document, &fields, None, true)?;
        Ok(())
    }

    /// Removes the content of a record that is to be erased, unless another one has the same: also one in the
    /// trash, which stands in no index.
    pub(super) fn erase_content(&mut self, document: Ref) -> Result<()> {
        let catalog = self.catalog();
        let object = catalog.object(document.object)?;
        if object.role != Some(Role::Document) {
            return Ok(());
        }
        let field = object.field_named("sha256")?.id;
        let record = read::record(self.txn, document)?;
        let Some(hash) = record
            .as_ref()
            .and_then(|record| record.get(field).as_text())
        else {
            return Ok(());
        };
        let mut shared = false;
        read::scan(self.txn, &keys::records_of(object.id), &mut |key, value| {
            let other = Record::new(object.id, keys::record_id(key)?, value)?;
            shared = other.id() != document.id && other.get(field).as_text() == Some(hash);
            Ok(if shared {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            })
        })?;
        let hash = digits(hash).ok_or_else(|| Error::corrupt("the hash of a document"))?;
        for piece in 0.. {
            let key = keys::blob(&hash, piece);
            if shared || !self.txn.exists(Space::Blob, &key)? {
                break;
            }
            self.txn.delete(Space::Blob, key);
        }
        Ok(())
    }
}

/// The bytes that hexadecimal digits stand for.
fn digits(hex: &str) -> Option<Vec<u8>> {
    let pairs = hex.as_bytes().chunks(2);
    let bytes = pairs.map(|pair| {
        std::str::from_utf8(pair)
            .ok()
            .and_then(|pair| u8::from_str_radix(pair, 16).ok())
    });
    bytes.collect()
}

fn document_object(catalog: &crate::schema::Catalog, document: Ref) -> Result<&ObjectDef> {
    let object = catalog.object(document.object)?;
    if object.role != Some(Role::Document) {
        return Err(Error::invalid(
            document.id,
            format!("a {} has no content", object.name),
        ));
    }
    Ok(object)
}

/// The content of a document; `None` if it is kept elsewhere or nowhere.
pub(crate) fn content(
    read: &dyn Read,
    catalog: &crate::schema::Catalog,
    document: Ref,
) -> Result<Option<Vec<u8>>> {
    let object = document_object(catalog, document)?;
    let record = read::live_record(read, catalog, document)?;
    let Some(hex) = record.get(object.field_named("sha256")?.id).as_text() else {
        return Ok(None);
    };
    let damaged = || Error::corrupt(format!("the content of document {}", document.id));
    let hash = digits(hex).ok_or_else(damaged)?;
    let mut content = Vec::new();
    for piece in 0.. {
        let found = read.get(Space::Blob, &keys::blob(&hash, piece), &mut |bytes| {
            content.extend_from_slice(bytes)
        })?;
        if !found {
            break;
        }
    }
    if Sha256::digest(&content).as_slice() != hash.as_slice() {
        return Err(damaged());
    }
    Ok(Some(content))
}
