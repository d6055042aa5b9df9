//! How one value is stored: a tag byte and its bytes.
//!
//! | tag | value | bytes after the tag |
//! |---|---|---|
//! | 0 | null (only in lists) | |
//! | 1, 2 | false, true | |
//! | 3 | whole number | signed varint |
//! | 4 | decimal | scale `u8`, mantissa as signed varint |
//! | 5 | money | currency code, 3 letters; then as a decimal |
//! | 6 | text | UTF-8 to the end |
//! | 7 | date | days since 1970-01-01 as signed varint |
//! | 8 | partial date | year `u16` LE, month `u8`, day `u8`; 0 is unknown |
//! | 9 | date-time | microseconds since 1970-01-01T00:00Z as signed varint |
//! | 10 | duration | milliseconds as signed varint |
//! | 11 | reference | object `u16` LE, id 16 bytes |
//! | 12 | parts | count, lengths, the texts one after the other |
//! | 13 | list | count; each element with its length before it |
//!
//! Counts and lengths are varints (LEB128), signed varints are zigzag-coded. A value does not hold its own
//! length: the record's offset table, or the list, does.

use chrono::{DateTime, NaiveDate, TimeDelta};
use rust_decimal::Decimal;

use super::bytes::{Damage, Reader, push_signed_varint, push_varint};
use super::value_ref::{ListRef, PartsRef, ValueRef};
use super::{Currency, Id, Money, PartialDate, Ref};
use crate::error::{Error, Result};

mod tag {
    pub(super) const NULL: u8 = 0;
    pub(super) const FALSE: u8 = 1;
    pub(super) const TRUE: u8 = 2;
    pub(super) const INT: u8 = 3;
    pub(super) const DECIMAL: u8 = 4;
    pub(super) const MONEY: u8 = 5;
    pub(super) const TEXT: u8 = 6;
    pub(super) const DATE: u8 = 7;
    pub(super) const PARTIAL_DATE: u8 = 8;
    pub(super) const DATE_TIME: u8 = 9;
    pub(super) const DURATION: u8 = 10;
    pub(super) const REF: u8 = 11;
    pub(super) const PARTS: u8 = 12;
    pub(super) const LIST: u8 = 13;
}

/// Appends a value.
///
/// # Errors
/// `Invalid` for a list in a list, which no field type has. It is refused here so that reading need not
/// recurse: a damaged record could otherwise exhaust the stack.
pub(super) fn encode(value: ValueRef<'_>, out: &mut Vec<u8>) -> Result<()> {
    match value {
        ValueRef::Null => out.push(tag::NULL),
        ValueRef::Bool(false) => out.push(tag::FALSE),
        ValueRef::Bool(true) => out.push(tag::TRUE),
        ValueRef::Int(value) => {
            out.push(tag::INT);
            push_signed_varint(out, value);
        }
        ValueRef::Decimal(value) => {
            out.push(tag::DECIMAL);
            push_decimal(out, value);
        }
        ValueRef::Money(value) => {
            out.push(tag::MONEY);
            out.extend_from_slice(value.currency().as_bytes());
            push_decimal(out, value.amount());
        }
        ValueRef::Text(value) => {
            out.push(tag::TEXT);
            out.extend_from_slice(value.as_bytes());
        }
        ValueRef::Date(value) => {
            out.push(tag::DATE);
            push_signed_varint(out, value.to_epoch_days());
        }
        ValueRef::PartialDate(value) => {
            let (month, day) = value.month_day().unwrap_or_default();
            out.push(tag::PARTIAL_DATE);
            out.extend_from_slice(&(value.year().unwrap_or_default() as u16).to_le_bytes());
            out.extend_from_slice(&[month as u8, day as u8]);
        }
        ValueRef::DateTime(value) => {
            out.push(tag::DATE_TIME);
            push_signed_varint(out, value.timestamp_micros());
        }
        ValueRef::Duration(value) => {
            out.push(tag::DURATION);
            push_signed_varint(out, value.num_milliseconds());
        }
        ValueRef::Ref(value) => {
            out.push(tag::REF);
            out.extend_from_slice(&value.object.to_le_bytes());
            out.extend_from_slice(value.id.as_bytes());
        }
        ValueRef::Parts(parts) => {
            out.push(tag::PARTS);
            push_varint(out, parts.len() as u64);
            for part in parts.iter() {
                push_varint(out, part.len() as u64);
            }
            for part in parts.iter() {
                out.extend_from_slice(part.as_bytes());
            }
        }
        ValueRef::List(list) => encode_list(list, out)?,
    }
    Ok(())
}

fn encode_list(list: ListRef<'_>, out: &mut Vec<u8>) -> Result<()> {
    out.push(tag::LIST);
    push_varint(out, list.len() as u64);
    let mut element = Vec::new();
    for value in list.iter() {
        if value.as_list().is_some() {
            return Err(Error::invalid(
                format!("{value:?}"),
                "a list cannot hold lists",
            ));
        }
        element.clear();
        encode(value, &mut element)?;
        push_varint(out, element.len() as u64);
        out.extend_from_slice(&element);
    }
    Ok(())
}

fn push_decimal(out: &mut Vec<u8>, value: Decimal) {
    out.push(value.scale() as u8);
    push_signed_varint(out, value.mantissa());
}

/// Bytes of an object's number and an id.
const REF_LEN: usize = 18;

type Decoded<T> = std::result::Result<T, Damage>;

/// Checks the value in a slice, without saying what it is.
#[inline]
pub(super) fn check(bytes: &[u8]) -> Decoded<()> {
    match bytes {
        // Most values are texts, most of them in ASCII, and references, which are any bytes.
        [tag::TEXT, text @ ..] if text.is_ascii() => Ok(()),
        [tag::REF, reference @ ..] if reference.len() == REF_LEN => Ok(()),
        _ => decode(bytes).map(drop),
    }
}

/// The value in a slice, checked whole: a list with all of its elements, so that walking it cannot fail.
#[inline]
pub(super) fn decode(bytes: &[u8]) -> Decoded<ValueRef<'_>> {
    let mut reader = Reader::new(bytes);
    match reader.u8()? {
        tag::TEXT => reader.text().map(ValueRef::Text),
        tag::LIST => {
            EncodedList::checked(reader).map(|list| ValueRef::List(ListRef::encoded(list)))
        }
        tag => decode_element(tag, reader),
    }
}

/// The value in a slice that [`check`] has found sound before: nothing but what is asked for is looked at again.
/// Anything else may be read as null.
#[inline]
pub(super) fn decode_checked(bytes: &[u8]) -> ValueRef<'_> {
    let (&tag, rest) = bytes.split_first().unwrap_or((&tag::NULL, &[]));
    let mut reader = Reader::new(rest);
    let value = match tag {
        tag::TEXT => reader.text().map(ValueRef::Text),
        tag::REF => reference(&mut reader).map(ValueRef::Ref),
        tag::PARTS => {
            EncodedParts::trusted(reader).map(|parts| ValueRef::Parts(PartsRef::encoded(parts)))
        }
        tag::LIST => {
            EncodedList::trusted(reader).map(|list| ValueRef::List(ListRef::encoded(list)))
        }
        tag => decode_element(tag, reader),
    };
    value.unwrap_or_default()
}

/// A value that is not a list.
fn decode_element(tag: u8, mut reader: Reader<'_>) -> Decoded<ValueRef<'_>> {
    let value = match tag {
        tag::NULL => ValueRef::Null,
        tag::FALSE => ValueRef::Bool(false),
        tag::TRUE => ValueRef::Bool(true),
        tag::INT => ValueRef::Int(reader.signed_varint()?),
        tag::DECIMAL => ValueRef::Decimal(decimal(&mut reader)?),
        tag::MONEY => ValueRef::Money(money(&mut reader)?),
        tag::TEXT => ValueRef::Text(reader.text()?),
        tag::DATE => ValueRef::Date(date(&mut reader)?),
        tag::PARTIAL_DATE => ValueRef::PartialDate(partial_date(&mut reader)?),
        tag::DATE_TIME => ValueRef::DateTime(
            DateTime::from_timestamp_micros(reader.signed_varint()?)
                .ok_or(Damage("a date-time is out of range"))?,
        ),
        tag::DURATION => ValueRef::Duration(
            TimeDelta::try_milliseconds(reader.signed_varint()?)
                .ok_or(Damage("a duration is out of range"))?,
        ),
        tag::REF => ValueRef::Ref(reference(&mut reader)?),
        tag::PARTS => ValueRef::Parts(PartsRef::encoded(EncodedParts::checked(&mut reader)?)),
        tag::LIST => return Err(Damage("a list is inside a list")),
        _ => return Err(Damage("no value has its tag")),
    };
    reader.end()?;
    Ok(value)
}

#[inline]
fn reference(reader: &mut Reader<'_>) -> Decoded<Ref> {
    Ok(Ref {
        object: u16::from_le_bytes(reader.array()?),
        id: Id::from_bytes(reader.array()?),
    })
}

fn decimal(reader: &mut Reader<'_>) -> Decoded<Decimal> {
    let scale = reader.u8()?.into();
    // Most fit 63 bits, in which they are read and put together with fewer steps.
    match reader.signed_varint_short()? {
        Some(mantissa) => Decimal::try_new(mantissa, scale),
        None => Decimal::try_from_i128_with_scale(reader.signed_varint_wide()?, scale),
    }
    .map_err(|_| Damage("a decimal number is out of range"))
}

fn money(reader: &mut Reader<'_>) -> Decoded<Money> {
    let code: [u8; 3] = reader.array()?;
    if !code.iter().all(u8::is_ascii_uppercase) {
        return Err(Damage("a currency code is not three letters"));
    }
    Ok(Money::from_parts(
        decimal(reader)?,
        Currency::from_bytes(code),
    ))
}

fn date(reader: &mut Reader<'_>) -> Decoded<NaiveDate> {
    i32::try_from(reader.signed_varint()?)
        .ok()
        .and_then(NaiveDate::from_epoch_days)
        .ok_or(Damage("a date is out of range"))
}

fn partial_date(reader: &mut Reader<'_>) -> Decoded<PartialDate> {
    let year = u16::from_le_bytes(reader.array()?);
    let [month, day] = reader.array()?;
    PartialDate::new(
        (year != 0).then_some(year.into()),
        (month != 0 || day != 0).then_some((month.into(), day.into())),
    )
    .map_err(|_| Damage("a partial date is not one"))
}

/// The parts of a stored value. Made by [`decode`] only, which has checked them.
#[derive(Clone, Copy)]
pub(super) struct EncodedParts<'a> {
    count: usize,
    lengths: Reader<'a>,
    text: &'a str,
}

impl<'a> EncodedParts<'a> {
    fn checked(reader: &mut Reader<'a>) -> Decoded<Self> {
        let count = reader.length()?;
        let lengths = *reader;
        for _ in 0..count {
            reader.length()?;
        }
        let text = reader.text()?;
        let (mut ends, mut end) = (lengths, 0_usize);
        let mut is_sound = true;
        for _ in 0..count {
            end = end.saturating_add(ends.length()?);
            is_sound &= text.is_char_boundary(end);
        }
        if !is_sound || end != text.len() {
            return Err(Damage("the parts do not have their lengths"));
        }
        Ok(EncodedParts {
            count,
            lengths,
            text,
        })
    }

    /// Parts that [`EncodedParts::checked`] has seen before.
    fn trusted(mut reader: Reader<'a>) -> Decoded<Self> {
        let count = reader.length()?;
        let lengths = reader;
        for _ in 0..count {
            reader.length()?;
        }
        Ok(EncodedParts {
            count,
            lengths,
            text: reader.text()?,
        })
    }

    pub(super) const fn len(self) -> usize {
        self.count
    }

    /// The parts. It would stop at damage, which [`EncodedParts::checked`] has excluded.
    pub(super) fn iter(self) -> impl Iterator<Item = &'a str> {
        let EncodedParts {
            count,
            mut lengths,
            text: mut rest,
        } = self;
        (0..count).map_while(move |_| {
            let (part, tail) = rest.split_at_checked(lengths.length().ok()?)?;
            rest = tail;
            Some(part)
        })
    }
}

/// The elements of a stored list. Made by [`decode`] only, which has checked them.
#[derive(Clone, Copy)]
pub(super) struct EncodedList<'a> {
    count: usize,
    elements: Reader<'a>,
}

impl<'a> EncodedList<'a> {
    fn checked(mut reader: Reader<'a>) -> Decoded<Self> {
        let count = reader.length()?;
        let elements = reader;
        for _ in 0..count {
            next_element(&mut reader)?;
        }
        reader.end()?;
        Ok(EncodedList { count, elements })
    }

    /// A list that [`EncodedList::checked`] has seen before.
    fn trusted(mut reader: Reader<'a>) -> Decoded<Self> {
        let count = reader.length()?;
        Ok(EncodedList {
            count,
            elements: reader,
        })
    }

    pub(super) const fn len(self) -> usize {
        self.count
    }

    /// The elements. It would stop at damage, which [`EncodedList::checked`] has excluded.
    pub(super) fn iter(self) -> impl Iterator<Item = ValueRef<'a>> {
        let mut reader = self.elements;
        (0..self.count).map_while(move |_| next_element(&mut reader).ok())
    }
}

fn next_element<'a>(reader: &mut Reader<'a>) -> Decoded<ValueRef<'a>> {
    let len = reader.length()?;
    let mut element = Reader::new(reader.take(len)?);
    decode_element(element.u8()?, element)
}
