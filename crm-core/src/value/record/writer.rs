//! Writing a record.

use super::{FORMAT, RecordBuf, heads};
use crate::error::{Detail, Error, Result};
use crate::limits::RECORD_BYTES_MAX;
use crate::value::ValueRef;
use crate::value::bytes::push_varint;
use crate::value::codec::{self, Encoded, is_text};

/// Collects the parts of a record until their lengths are known.
#[derive(Default)]
pub(super) struct Writer {
    /// The least number that the next field can have; more than 16 bits after the last.
    next: u32,
    heads: Vec<u8>,
    values: Vec<u8>,
    texts: Vec<u8>,
}

impl Writer {
    pub(super) fn push(&mut self, field: u16, value: ValueRef<'_>) -> Result<()> {
        if value.is_null() {
            return Ok(());
        }
        let tag = codec::tag_of(value);
        let area = self.area(tag);
        let start = area.len();
        codec::encode(value, area)?;
        let len = area.len() - start;
        self.push_head(field, tag, len)
    }

    pub(super) fn push_encoded(&mut self, field: u16, value: Encoded<'_>) -> Result<()> {
        self.area(value.tag).extend_from_slice(value.bytes);
        self.push_head(field, value.tag, value.bytes.len())
    }

    fn area(&mut self, tag: u8) -> &mut Vec<u8> {
        if is_text(tag) {
            &mut self.texts
        } else {
            &mut self.values
        }
    }

    fn push_head(&mut self, field: u16, tag: u8, len: usize) -> Result<()> {
        let number = u32::from(field);
        let gap = number.checked_sub(self.next);
        let gap = gap.and_then(|gap| u16::try_from(gap).ok()).ok_or_else(|| {
            Error::invalid(
                format!("field {field}"),
                "the fields of a record are written in ascending order, each once",
            )
        })?;
        self.next = number + 1;
        heads::push(&mut self.heads, gap, tag, len);
        Ok(())
    }

    pub(super) fn finish(self) -> Result<RecordBuf> {
        let len = self.heads.len() + self.values.len() + self.texts.len();
        if len > RECORD_BYTES_MAX - HEAD_LEN_MAX {
            return Err(Detail::Limit {
                what: "bytes of a record",
                max: RECORD_BYTES_MAX as u64,
                actual: len as u64,
            }
            .into());
        }
        let mut bytes = Vec::with_capacity(HEAD_LEN_MAX + len);
        bytes.push(FORMAT);
        push_varint(&mut bytes, self.heads.len() / 2);
        push_varint(&mut bytes, self.values.len());
        bytes.extend_from_slice(&self.heads);
        bytes.extend_from_slice(&self.values);
        bytes.extend_from_slice(&self.texts);
        Ok(RecordBuf(bytes))
    }
}

/// The format, and two varints of up to 24 bits.
const HEAD_LEN_MAX: usize = 9;
