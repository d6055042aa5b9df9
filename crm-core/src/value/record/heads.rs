//! The heads of a stored record: two bytes that say which field, what its value is and how long.
//!
//! ```text
//! tag 4 bits | gap 3 bits | length 9 bits        u16 LE
//! ```
//!
//! A field's number is that of the one before, one, and the gap; the first one's is the gap. Where a gap or a length
//! needs more bits, heads with the tags 0 and 15 before it have twelve of them each, the highest first.

use crate::value::bytes::Damage;
use crate::value::codec::is_text;

const GAP_BITS: u32 = 3;
const LEN_BITS: u32 = 9;
const MORE_BITS: u32 = 12;
/// Of a head that has more bits of the next one's gap.
const MORE_GAP: u8 = 0;
/// Of a head that has more bits of the next one's length.
const MORE_LEN: u8 = 15;
/// What the bits before those of a head itself are at most: fields have 16 bits, records 24 bits of bytes.
const GAP_ABOVE_MAX: u32 = 0xFFFF >> GAP_BITS;
const LEN_ABOVE_MAX: u32 = 0xFF_FFFF >> LEN_BITS;

/// A field of a stored record, and where its value is: among the texts or among the other values, by its tag.
#[derive(Debug, Clone, Copy)]
pub(super) struct Head {
    pub field: u16,
    pub tag: u8,
    pub start: usize,
    pub len: usize,
}

/// Walks heads. It is small and goes over most of a record for each field that a scan asks for, hence inlined.
#[derive(Debug, Clone)]
pub(super) struct Heads<'a> {
    rest: &'a [[u8; 2]],
    /// The least number that the next field can have.
    next: u32,
    values: usize,
    texts: usize,
}

impl<'a> Heads<'a> {
    #[inline]
    pub(super) const fn new(heads: &'a [u8]) -> Self {
        Heads {
            rest: heads.as_chunks().0,
            next: 0,
            values: 0,
            texts: 0,
        }
    }

    /// How many bytes the values walked over take, and how many the texts.
    pub(super) const fn walked(&self) -> (usize, usize) {
        (self.values, self.texts)
    }

    /// The next field; `None` after the last.
    #[inline]
    pub(super) fn next(&mut self) -> Result<Option<Head>, Damage> {
        let (mut gap, mut len) = (0_u32, 0_u32);
        while let Some((head, rest)) = self.rest.split_first() {
            self.rest = rest;
            let head = u32::from(u16::from_le_bytes(*head));
            let tag = (head >> MORE_BITS) as u8;
            if tag == MORE_GAP || tag == MORE_LEN {
                let above = if tag == MORE_GAP { &mut gap } else { &mut len };
                *above = *above << MORE_BITS | head & ((1 << MORE_BITS) - 1);
                if gap > GAP_ABOVE_MAX || len > LEN_ABOVE_MAX {
                    return Err(Damage("the number or the length of a field is too large"));
                }
                continue;
            }
            let number = self.next + (gap << GAP_BITS | head >> LEN_BITS & ((1 << GAP_BITS) - 1));
            let len = (len << LEN_BITS | head & ((1 << LEN_BITS) - 1)) as usize;
            let field =
                u16::try_from(number).map_err(|_| Damage("the number of a field is too large"))?;
            self.next = number + 1;
            let end = if is_text(tag) {
                &mut self.texts
            } else {
                &mut self.values
            };
            let start = *end;
            *end += len;
            return Ok(Some(Head {
                field,
                tag,
                start,
                len,
            }));
        }
        if gap | len == 0 {
            Ok(None)
        } else {
            Err(Damage("a record ends within a head"))
        }
    }
}

/// Appends the head of a field, so many numbers after the one before. A longer value than a record can have is cut off
/// here, and refused when the record is whole.
pub(super) fn push(heads: &mut Vec<u8>, gap: u16, tag: u8, len: usize) {
    let (gap, len) = (u32::from(gap), len as u32);
    push_above(heads, MORE_GAP, gap >> GAP_BITS);
    push_above(heads, MORE_LEN, len >> LEN_BITS);
    let gap = gap & ((1 << GAP_BITS) - 1);
    let len = len & ((1 << LEN_BITS) - 1);
    push_head(heads, tag, gap << LEN_BITS | len);
}

fn push_above(heads: &mut Vec<u8>, tag: u8, above: u32) {
    if above >> MORE_BITS > 0 {
        push_head(heads, tag, above >> MORE_BITS);
    }
    if above > 0 {
        push_head(heads, tag, above);
    }
}

fn push_head(heads: &mut Vec<u8>, tag: u8, bits: u32) {
    let head = u16::from(tag) << MORE_BITS | bits as u16 & ((1 << MORE_BITS) - 1);
    heads.extend_from_slice(&head.to_le_bytes());
}
