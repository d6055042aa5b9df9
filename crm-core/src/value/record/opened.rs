//! A record in memory, as those who read it more than once want it: its fields are found by number, its values have
//! been checked, and its texts lie in a `str`, so that none of them is proved to be UTF-8 again.
//!
//! ```text
//! memory: … | count u32 | count × place | values | …
//! place: field u16 | tag u8 | 0 | where its value starts u32 | its length u32
//! ```
//!
//! Numbers are little-endian. A text starts so many bytes into the text, any other value so many into the memory. Memory
//! and text may hold other records beside this one.

use std::ops::Range;

use super::heads::Head;
use super::{Packed, in_field};
use crate::error::{Error, Result};
use crate::value::ValueRef;
use crate::value::bytes::Damage;
use crate::value::codec::{self, Encoded, NOT_UTF8, is_text};

const COUNT_LEN: usize = 4;
const PLACE_LEN: usize = 12;

type Place = [u8; PLACE_LEN];

/// A record that [`open`] has put into memory.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Opened<'a> {
    places: &'a [Place],
    memory: &'a [u8],
    text: &'a str,
}

/// Where in memory the places of a record are that [`open`] has put there.
pub(crate) fn places(memory: &[u8], record: usize) -> Range<usize> {
    let count = memory.get(record..).and_then(<[u8]>::first_chunk);
    let count = count.map_or(0, |count| u32::from_le_bytes(*count) as usize);
    let start = record + COUNT_LEN;
    start..start + count * PLACE_LEN
}

/// Checks a stored record and puts it at the end of memory and text.
pub(super) fn open(record: Packed<'_>, memory: &mut Vec<u8>, text: &mut String) -> Result<()> {
    let texts = std::str::from_utf8(record.texts).map_err(|_| which_text(record))?;
    let (memory_before, text_before) = (memory.len(), text.len());
    let count = record.len();
    memory.reserve(COUNT_LEN + count * PLACE_LEN + record.values.len());
    memory.extend_from_slice(&number(count)?);
    let values_at = memory_before + COUNT_LEN + count * PLACE_LEN;
    let mut heads = record.heads();
    while let Some(head) = heads.next()? {
        check(head, record.values, texts).map_err(|damage| in_field(head.field, damage))?;
        let before = if is_text(head.tag) {
            text_before
        } else {
            values_at
        };
        let [n0, n1] = head.field.to_le_bytes();
        memory.extend_from_slice(&[n0, n1, head.tag, 0]);
        memory.extend_from_slice(&number(before + head.start)?);
        memory.extend_from_slice(&number(head.len)?);
    }
    record.check_end(heads.walked())?;
    memory.extend_from_slice(record.values);
    text.push_str(texts);
    Ok(())
}

fn check(head: Head, values: &[u8], texts: &str) -> Result<(), Damage> {
    let part = head.start..head.start + head.len;
    if is_text(head.tag) {
        let text = texts.get(part).ok_or(NOT_UTF8)?;
        codec::of_text(head.tag, text).and_then(codec::whole)?;
    } else {
        let bytes = values.get(part).ok_or(super::BEYOND_THE_END)?;
        let tag = head.tag;
        Encoded { tag, bytes }.decode()?;
    }
    Ok(())
}

/// The error of a record whose texts are not UTF-8.
#[cold]
fn which_text(record: Packed<'_>) -> Error {
    let damaged = record.fields().find_map(Result::err);
    damaged.unwrap_or_else(|| NOT_UTF8.into())
}

fn number(number: usize) -> Result<[u8; 4]> {
    let number = u32::try_from(number);
    let number = number.map_err(|_| Error::corrupt("records of more than 4 GiB"))?;
    Ok(number.to_le_bytes())
}

impl<'a> Opened<'a> {
    /// A record whose [`places`] are known.
    #[inline]
    pub(crate) fn new(memory: &'a [u8], text: &'a str, places: Range<usize>) -> Self {
        Opened {
            places: memory.get(places).unwrap_or_default().as_chunks().0,
            memory,
            text,
        }
    }

    /// The value of a field; null where the record does not have it.
    #[inline]
    pub(crate) fn get(self, field: u16) -> ValueRef<'a> {
        self.find(field)
            .map_or(ValueRef::Null, |place| self.value(place))
    }

    #[inline]
    pub(super) fn find(self, field: u16) -> Option<&'a Place> {
        let before = self.places.partition_point(|place| field_of(place) < field);
        self.places
            .get(before)
            .filter(|place| field_of(place) == field)
    }

    pub(super) fn fields(self) -> impl Iterator<Item = (u16, ValueRef<'a>)> {
        let places = self.places.iter();
        places.map(move |place| (field_of(place), self.value(place)))
    }

    pub(crate) fn encoded_fields(self) -> impl Iterator<Item = (u16, Encoded<'a>)> {
        let places = self.places.iter();
        places.map(move |place| (field_of(place), self.encoded(place)))
    }

    pub(super) const fn len(self) -> usize {
        self.places.len()
    }

    #[inline]
    pub(super) fn encoded(self, place: &Place) -> Encoded<'a> {
        let (tag, part) = value_of(place);
        let area = if is_text(tag) {
            self.text.as_bytes()
        } else {
            self.memory
        };
        let bytes = area.get(part).unwrap_or_default();
        Encoded { tag, bytes }
    }

    /// The value at a place. What `open` has checked has none that cannot be read.
    #[inline]
    fn value(self, place: &Place) -> ValueRef<'a> {
        let (tag, part) = value_of(place);
        let value = if is_text(tag) {
            codec::of_text(tag, self.text.get(part).unwrap_or_default())
        } else {
            codec::of_bytes(tag, self.memory.get(part).unwrap_or_default())
        };
        value.unwrap_or_default()
    }
}

impl PartialEq for Opened<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.encoded_fields().eq(other.encoded_fields())
    }
}

#[inline]
const fn field_of(place: &Place) -> u16 {
    let [n0, n1, ..] = *place;
    u16::from_le_bytes([n0, n1])
}

/// The tag of a value, and where it lies.
#[inline]
const fn value_of(place: &Place) -> (u8, Range<usize>) {
    let [_, _, tag, _, s0, s1, s2, s3, l0, l1, l2, l3] = *place;
    let start = u32::from_le_bytes([s0, s1, s2, s3]) as usize;
    let len = u32::from_le_bytes([l0, l1, l2, l3]) as usize;
    (tag, start..start.saturating_add(len))
}
