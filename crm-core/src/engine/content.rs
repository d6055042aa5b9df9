//! The contents of documents: kept once for each SHA-256, in pieces that fit any backend.

use sha2::{Digest, Sha256};

use super::keys;
use super::read;
use super::work::Work;
use crate::error::{Detail, Error, Result};
use crate::record::Fields;
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
    let pairs = hex.as_bytes().chunks(2);
    let digits = pairs.map(|pair| {
        std::str::from_utf8(pair)
            .ok()
            .and_then(|pair| u8::from_str_radix(pair, 16).ok())
    });
    let hash: Vec<u8> = digits.collect::<Option<_>>().ok_or_else(damaged)?;
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
