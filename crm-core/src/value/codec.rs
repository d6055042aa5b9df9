//! How one value is stored: a tag, which says what it is, and its bytes. Both stand in the record, or in the list.
//!
//! | tag | value | bytes |
//! |---|---|---|
//! | 0 | null (only in lists) | |
//! | 1, 2 | false, true | |
//! | 3 | whole number | signed |
//! | 4 | decimal | scale `u8`, mantissa signed |
//! | 5 | money | currency code, 3 letters; then as a decimal |
//! | 6 | date | days since 1970-01-01, signed |
//! | 7 | partial date | year `u16` LE, month `u8`, day `u8`; 0 is unknown |
//! | 8 | date-time | microseconds since 1970-01-01T00:00Z, signed |
//! | 9 | duration | milliseconds, signed |
//! | 10 | reference | id 16 bytes, object unsigned |
//! | 11 | list | each element: tag `u8`, length as a varint, bytes |
//! | 12 | text | UTF-8 |
//! | 13 | parts | texts |
//! | 14 | list of nothing but texts | texts |
//!
//! A number takes as few bytes as hold it, the lowest first, so that 0 has none; a signed one is zigzag-coded. *Texts*
//! are each the length, then the text. This length is in six bits a byte, the lowest first, with `0x40` on all bytes but
//! the last: it is itself text, and all values from tag 12 on are UTF-8 as a whole.

use chrono::{DateTime, NaiveDate, TimeDelta};
use rust_decimal::Decimal;

use super::bytes::{Damage, Reader, push_number, push_signed, push_varint, signed, unsigned};
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
    pub(super) const DATE: u8 = 6;
    pub(super) const PARTIAL_DATE: u8 = 7;
    pub(super) const DATE_TIME: u8 = 8;
    pub(super) const DURATION: u8 = 9;
    pub(super) const REF: u8 = 10;
    pub(super) const LIST: u8 = 11;
    pub(super) const TEXT: u8 = 12;
    pub(super) const PARTS: u8 = 13;
    pub(super) const TEXTS: u8 = 14;
}

/// A stored value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Encoded<'a> {
    pub(super) tag: u8,
    pub(super) bytes: &'a [u8],
}

impl<'a> Encoded<'a> {
    /// The value, checked whole: a list with all of its elements, so that walking it cannot fail.
    #[inline]
    pub(super) fn decode(self) -> Decoded<ValueRef<'a>> {
        if is_text(self.tag) {
            let text = std::str::from_utf8(self.bytes);
            return of_text(self.tag, text.map_err(|_| NOT_UTF8)?).and_then(whole);
        }
        match self.tag {
            tag::LIST => of_bytes(self.tag, self.bytes).and_then(whole),
            tag => of_bytes(tag, self.bytes),
        }
    }

    /// The bytes behind the tag.
    pub(crate) const fn bytes(self) -> &'a [u8] {
        self.bytes
    }

    /// Appends the tag and the bytes.
    pub(crate) fn push(self, out: &mut Vec<u8>) {
        out.push(self.tag);
        out.extend_from_slice(self.bytes);
    }

    /// What [`push`](Encoded::push) has appended.
    pub(crate) fn of_pushed(pushed: &'a [u8]) -> Self {
        let (tag, bytes) = pushed.split_first().unwrap_or((&tag::NULL, &[]));
        Encoded { tag: *tag, bytes }
    }
}

/// True for a tag whose values are UTF-8.
#[inline]
pub(super) const fn is_text(tag: u8) -> bool {
    tag >= tag::TEXT
}

pub(super) const NOT_UTF8: Damage = Damage("a text is not valid UTF-8");

/// The tag with which a value is stored.
pub(super) fn tag_of(value: ValueRef<'_>) -> u8 {
    match value {
        ValueRef::Null => tag::NULL,
        ValueRef::Bool(false) => tag::FALSE,
        ValueRef::Bool(true) => tag::TRUE,
        ValueRef::Int(_) => tag::INT,
        ValueRef::Decimal(_) => tag::DECIMAL,
        ValueRef::Money(_) => tag::MONEY,
        ValueRef::Text(_) => tag::TEXT,
        ValueRef::Date(_) => tag::DATE,
        ValueRef::PartialDate(_) => tag::PARTIAL_DATE,
        ValueRef::DateTime(_) => tag::DATE_TIME,
        ValueRef::Duration(_) => tag::DURATION,
        ValueRef::Ref(_) => tag::REF,
        ValueRef::Parts(_) => tag::PARTS,
        ValueRef::List(list) => {
            let mut elements = list.iter();
            let is_texts = !list.is_empty() && elements.all(|value| value.as_text().is_some());
            if is_texts { tag::TEXTS } else { tag::LIST }
        }
    }
}

/// Appends the bytes of a value.
///
/// # Errors
/// `Invalid` for a list in a list, which no field type has. It is refused here so that reading need not
/// recurse: a damaged record could otherwise exhaust the stack.
pub(super) fn encode(value: ValueRef<'_>, out: &mut Vec<u8>) -> Result<()> {
    match value {
        ValueRef::Null | ValueRef::Bool(_) => {}
        ValueRef::Int(value) => push_signed(out, value),
        ValueRef::Decimal(value) => push_decimal(out, value),
        ValueRef::Money(value) => {
            out.extend_from_slice(value.currency().as_bytes());
            push_decimal(out, value.amount());
        }
        ValueRef::Text(value) => out.extend_from_slice(value.as_bytes()),
        ValueRef::Date(value) => push_signed(out, value.to_epoch_days()),
        ValueRef::PartialDate(value) => {
            let (month, day) = value.month_day().unwrap_or_default();
            out.extend_from_slice(&(value.year().unwrap_or_default() as u16).to_le_bytes());
            out.extend_from_slice(&[month as u8, day as u8]);
        }
        ValueRef::DateTime(value) => push_signed(out, value.timestamp_micros()),
        ValueRef::Duration(value) => push_signed(out, value.num_milliseconds()),
        ValueRef::Ref(value) => {
            out.extend_from_slice(value.id.as_bytes());
            push_number(out, value.object);
        }
        ValueRef::Parts(parts) => parts.iter().for_each(|part| push_text(out, part)),
        ValueRef::List(list) if tag_of(value) == tag::TEXTS => list
            .iter()
            .filter_map(ValueRef::as_text)
            .for_each(|text| push_text(out, text)),
        ValueRef::List(list) => encode_list(list, out)?,
    }
    Ok(())
}

fn encode_list(list: ListRef<'_>, out: &mut Vec<u8>) -> Result<()> {
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
        out.push(tag_of(value));
        push_varint(out, element.len());
        out.extend_from_slice(&element);
    }
    Ok(())
}

fn push_decimal(out: &mut Vec<u8>, value: Decimal) {
    out.push(value.scale() as u8);
    push_signed(out, value.mantissa());
}

/// Set on the bytes of a text's length that others follow.
const MORE: u8 = 0x40;

fn push_text(out: &mut Vec<u8>, text: &str) {
    let mut len = text.len();
    while len >= MORE.into() {
        out.push(len as u8 & (MORE - 1) | MORE);
        len >>= 6;
    }
    out.push(len as u8);
    out.extend_from_slice(text.as_bytes());
}

type Decoded<T> = std::result::Result<T, Damage>;

/// The value that is stored as text. Whether it is [`whole`] is not looked at.
#[inline]
pub(super) fn of_text(tag: u8, text: &str) -> Decoded<ValueRef<'_>> {
    match tag {
        tag::TEXT => Ok(ValueRef::Text(text)),
        tag::PARTS => Ok(ValueRef::Parts(PartsRef::encoded(EncodedTexts(text)))),
        tag::TEXTS => Ok(ValueRef::List(ListRef::texts(EncodedTexts(text)))),
        _ => Err(NO_TAG),
    }
}

const NO_TAG: Damage = Damage("no value has its tag");

/// The value that is stored as other bytes. Of a list it is not looked at whether it is [`whole`].
pub(super) fn of_bytes(tag: u8, bytes: &[u8]) -> Decoded<ValueRef<'_>> {
    Ok(match tag {
        tag::INT => ValueRef::Int(signed(bytes)?),
        tag::DECIMAL => ValueRef::Decimal(decimal(bytes)?),
        tag::MONEY => ValueRef::Money(money(bytes)?),
        tag::DATE => ValueRef::Date(date(bytes)?),
        tag::PARTIAL_DATE => ValueRef::PartialDate(partial_date(bytes)?),
        tag::DATE_TIME => ValueRef::DateTime(
            DateTime::from_timestamp_micros(signed(bytes)?)
                .ok_or(Damage("a date-time is out of range"))?,
        ),
        tag::DURATION => ValueRef::Duration(
            TimeDelta::try_milliseconds(signed(bytes)?)
                .ok_or(Damage("a duration is out of range"))?,
        ),
        tag::REF => ValueRef::Ref(reference(bytes)?),
        tag::LIST => ValueRef::List(ListRef::encoded(EncodedList(Reader::new(bytes)))),
        tag::NULL | tag::FALSE | tag::TRUE if !bytes.is_empty() => return Err(TOO_LONG),
        tag::NULL => ValueRef::Null,
        tag::FALSE => ValueRef::Bool(false),
        tag::TRUE => ValueRef::Bool(true),
        _ => return Err(NO_TAG),
    })
}

const TOO_LONG: Damage = Damage("there are bytes after the end of a value");

/// A value of which the elements or parts have been walked once, so that walking them again finds no damage.
pub(super) fn whole(value: ValueRef<'_>) -> Decoded<ValueRef<'_>> {
    match value {
        ValueRef::Parts(parts) => parts.check()?,
        ValueRef::List(list) => list.check()?,
        _ => {}
    }
    Ok(value)
}

fn reference(bytes: &[u8]) -> Decoded<Ref> {
    let mut reader = Reader::new(bytes);
    let id = Id::from_bytes(reader.array()?);
    let object = unsigned(reader.rest())?;
    Ok(Ref {
        object: u16::try_from(object).map_err(|_| Damage("an object has more than 16 bits"))?,
        id,
    })
}

fn decimal(bytes: &[u8]) -> Decoded<Decimal> {
    let (scale, mantissa) = bytes
        .split_first()
        .ok_or(Damage("a number without digits"))?;
    let scale = u32::from(*scale);
    // Most fit 64 bits, in which they are read and put together with fewer steps.
    if mantissa.len() <= size_of::<u64>() {
        Decimal::try_new(signed(mantissa)?, scale)
    } else {
        Decimal::try_from_i128_with_scale(super::bytes::signed_wide(mantissa)?, scale)
    }
    .map_err(|_| Damage("a decimal number is out of range"))
}

fn money(bytes: &[u8]) -> Decoded<Money> {
    let mut reader = Reader::new(bytes);
    let code: [u8; 3] = reader.array()?;
    if !code.iter().all(u8::is_ascii_uppercase) {
        return Err(Damage("a currency code is not three letters"));
    }
    Ok(Money::from_parts(
        decimal(reader.rest())?,
        Currency::from_bytes(code),
    ))
}

fn date(bytes: &[u8]) -> Decoded<NaiveDate> {
    i32::try_from(signed(bytes)?)
        .ok()
        .and_then(NaiveDate::from_epoch_days)
        .ok_or(Damage("a date is out of range"))
}

fn partial_date(bytes: &[u8]) -> Decoded<PartialDate> {
    let mut reader = Reader::new(bytes);
    let year = u16::from_le_bytes(reader.array()?);
    let [month, day] = reader.array()?;
    if !reader.is_empty() {
        return Err(TOO_LONG);
    }
    PartialDate::new(
        (year != 0).then_some(year.into()),
        (month != 0 || day != 0).then_some((month.into(), day.into())),
    )
    .map_err(|_| Damage("a partial date is not one"))
}

/// Texts, each with its length before it: the parts of a stored value, or the elements of a list.
#[derive(Clone, Copy)]
pub(super) struct EncodedTexts<'a>(&'a str);

impl<'a> EncodedTexts<'a> {
    /// The length of the stored form.
    pub(super) const fn bytes(self) -> usize {
        self.0.len()
    }

    /// Walks the texts; gives the last one.
    pub(super) fn check(mut self) -> Decoded<Option<&'a str>> {
        let mut last = None;
        while let Some(text) = self.next()? {
            last = Some(text);
        }
        Ok(last)
    }

    /// The texts. It would stop at damage, which [`check`](EncodedTexts::check) has excluded.
    pub(super) fn iter(mut self) -> impl Iterator<Item = &'a str> {
        std::iter::from_fn(move || self.next().ok().flatten())
    }

    fn next(&mut self) -> Decoded<Option<&'a str>> {
        let (mut len, mut shift) = (0, 0);
        for (at, &byte) in self.0.as_bytes().iter().enumerate() {
            // A text is shorter than a record, whose length has 24 bits.
            if byte >= 0x80 || shift > 24 {
                break;
            }
            len |= usize::from(byte & (MORE - 1)) << shift;
            shift += 6;
            if byte < MORE {
                let rest = self.0.get(at + 1..).unwrap_or_default();
                let (text, rest) = rest.split_at_checked(len).ok_or(NOT_THEIR_LENGTHS)?;
                self.0 = rest;
                return Ok(Some(text));
            }
        }
        match self.0 {
            "" => Ok(None),
            _ => Err(NOT_THEIR_LENGTHS),
        }
    }
}

const NOT_THEIR_LENGTHS: Damage = Damage("parts or texts do not have their lengths");

/// The elements of a stored list that are not all texts.
#[derive(Clone, Copy)]
pub(super) struct EncodedList<'a>(Reader<'a>);

impl<'a> EncodedList<'a> {
    /// The length of the stored form.
    pub(super) const fn bytes(self) -> usize {
        self.0.rest().len()
    }

    pub(super) fn check(mut self) -> Decoded<()> {
        while self.next()?.is_some() {}
        Ok(())
    }

    /// The elements. It would stop at damage, which [`check`](EncodedList::check) has excluded.
    pub(super) fn iter(mut self) -> impl Iterator<Item = ValueRef<'a>> {
        std::iter::from_fn(move || self.next().ok().flatten())
    }

    fn next(&mut self) -> Decoded<Option<ValueRef<'a>>> {
        if self.0.is_empty() {
            return Ok(None);
        }
        let tag = self.0.u8()?;
        let len = self.0.length()?;
        let bytes = self.0.take(len)?;
        match tag {
            tag::LIST | tag::TEXTS => Err(Damage("a list is inside a list")),
            tag => Encoded { tag, bytes }.decode().map(Some),
        }
    }
}
