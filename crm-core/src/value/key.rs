//! Keys whose byte order (`memcmp`) is the order of what they hold.
//!
//! A key is a sequence of elements, each of which says where it ends, so that sequences compare element by
//! element. Numbers are big-endian, of a fixed width or behind the count of their bytes. A value starts with its type's place in the order of values;
//! see [`compare`](super::compare). After it:
//!
//! - *number*: `80` for zero. Otherwise the number is ±0.d₁d₂…dₙ × 100ᵉ in digits of base 100, and a positive
//!   one is `81 + (e + 13)`, then each digit as `2d + 1`, the last as `2d`. A negative one is the complement
//!   of the same bytes. Equal numbers have equal keys whatever their scale or type.
//! - *text*: the folded form, cut at [`KEY_TEXT_BYTES_MAX`]; `00` as `00 FF`; then `00 01`.
//! - *money*: the currency's three letters, then the amount as a number.
//! - *dates and times*: the signed number with its sign bit inverted.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

use super::bytes::Reader;
use super::order::{fold, joined, rank, rank_of};
use super::{Id, ValueRef};
use crate::error::{Error, Result};
use crate::limits::KEY_TEXT_BYTES_MAX;

const ZERO: u8 = 0x80;
/// Makes the smallest exponent 0: the smallest decimal, 10⁻²⁸, is 0.01 × 100⁻¹³.
const EXPONENT_BIAS: i32 = 13;

/// Builds a key from its elements.
///
/// ```
/// use crm_core::value::{KeyBuilder, ValueRef};
/// let key = |name, year| {
///     let mut key = KeyBuilder::new();
///     key.push_u16(7).push_value(ValueRef::Text(name)).unwrap().push_i64(year);
///     key.into_bytes()
/// };
/// assert!(key("Zoe", 2024) < key("Zoë B.", -5));
/// assert!(key("zoe", -5) < key("ZOË", 2024));
/// ```
#[derive(Debug, Clone, Default)]
pub struct KeyBuilder(Vec<u8>);

impl KeyBuilder {
    /// An empty key.
    pub fn new() -> Self {
        // Most keys are shorter, and need no second allocation.
        KeyBuilder(Vec::with_capacity(64))
    }

    /// Appends one byte.
    pub fn push_u8(&mut self, number: u8) -> &mut Self {
        self.0.push(number);
        self
    }

    /// Appends a number of fixed width.
    pub fn push_u16(&mut self, number: u16) -> &mut Self {
        self.push_bytes(&number.to_be_bytes())
    }

    /// Appends a number of fixed width.
    pub fn push_u32(&mut self, number: u32) -> &mut Self {
        self.push_bytes(&number.to_be_bytes())
    }

    /// Appends a number of fixed width.
    pub fn push_u64(&mut self, number: u64) -> &mut Self {
        self.push_bytes(&number.to_be_bytes())
    }

    /// Appends a number in as few bytes as it needs, behind their count.
    pub fn push_uint(&mut self, number: u64) -> &mut Self {
        let leading = number.leading_zeros() as usize / 8;
        let bytes = number.to_be_bytes();
        self.push_u8((bytes.len() - leading) as u8)
            .push_bytes(bytes.get(leading..).unwrap_or_default())
    }

    /// Appends a signed number of fixed width; negative ones come first.
    pub fn push_i64(&mut self, number: i64) -> &mut Self {
        self.push_u64(number.cast_unsigned() ^ 1 << 63)
    }

    /// Appends the 16 bytes of an id.
    pub fn push_id(&mut self, id: Id) -> &mut Self {
        self.push_bytes(id.as_bytes())
    }

    /// Appends an instant, to the microsecond.
    pub fn push_time(&mut self, time: DateTime<Utc>) -> &mut Self {
        self.push_i64(time.timestamp_micros())
    }

    /// Appends an instant, to the microsecond, so that later ones come first.
    pub fn push_desc_time(&mut self, time: DateTime<Utc>) -> &mut Self {
        self.push_i64(!time.timestamp_micros())
    }

    /// Appends a value.
    ///
    /// Long texts are cut, and two that differ in case or accents only are one here: where that matters, the
    /// caller looks at the record.
    ///
    /// # Errors
    /// `Invalid` for a list: an index has an entry for each of its elements.
    pub fn push_value(&mut self, value: ValueRef<'_>) -> Result<&mut Self> {
        self.push_u8(rank_of(&value));
        Ok(match value {
            ValueRef::Null => self,
            ValueRef::Bool(value) => self.push_u8(value.into()),
            ValueRef::Int(value) => self.push_number(value.into()),
            ValueRef::Decimal(value) => self.push_number(value),
            ValueRef::Money(value) => self
                .push_bytes(value.currency().as_bytes())
                .push_number(value.amount()),
            ValueRef::Text(value) => self.push_text(value),
            ValueRef::Date(value) => self.push_u32(value.to_epoch_days().cast_unsigned() ^ 1 << 31),
            ValueRef::PartialDate(value) => {
                let (month, day) = value.month_day().unwrap_or_default();
                self.push_u16(value.year().unwrap_or_default() as u16)
                    .push_u8(month as u8)
                    .push_u8(day as u8)
            }
            ValueRef::DateTime(value) => self.push_time(value),
            ValueRef::Duration(value) => self.push_i64(value.num_milliseconds()),
            ValueRef::Ref(value) => self.push_u16(value.object).push_id(value.id),
            ValueRef::Parts(value) => self.push_text(&joined(value)),
            ValueRef::List(_) => {
                return Err(Error::invalid(
                    value,
                    "a key holds the elements of a list one at a time",
                ));
            }
        })
    }

    /// Appends the start of a text value: the key is a prefix of those of all texts that start so, in any
    /// case and with any accents. Nothing may follow.
    pub fn push_text_prefix(&mut self, prefix: &str) -> &mut Self {
        self.push_u8(rank::TEXT).push_text_open(prefix)
    }

    /// The key so far.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The key.
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    fn push_bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.0.extend_from_slice(bytes);
        self
    }

    fn push_text(&mut self, text: &str) -> &mut Self {
        self.push_text_open(text).push_bytes(&[0x00, 0x01])
    }

    fn push_text_open(&mut self, text: &str) -> &mut Self {
        let folded = fold(text);
        // Cut between bytes, not characters: whether the last character fits depends on its length, so
        // that a cut at characters could put a text before one that it comes after.
        let cut = folded.len().min(KEY_TEXT_BYTES_MAX);
        let kept = folded.as_bytes().get(..cut).unwrap_or_default();
        for part in kept.split_inclusive(|byte| *byte == 0x00) {
            self.push_bytes(part);
            if part.ends_with(&[0x00]) {
                self.push_u8(0xFF);
            }
        }
        self
    }

    fn push_number(&mut self, number: Decimal) -> &mut Self {
        let Some((exponent, digits)) = base_100(number) else {
            return self.push_u8(ZERO);
        };
        let complement = if number.is_sign_negative() { 0xFF } else { 0 };
        let head = (ZERO + 1).saturating_add_signed((exponent + EXPONENT_BIAS) as i8);
        self.push_u8(head ^ complement);
        for digit in digits {
            self.push_u8(digit ^ complement);
        }
        self
    }
}

/// The exponent and the digits of a number, as the key has them; nothing for zero.
fn base_100(number: Decimal) -> Option<(i32, impl Iterator<Item = u8>)> {
    let mut mantissa = number.mantissa().unsigned_abs();
    let mut scale = number.scale() as i32;
    if mantissa == 0 {
        return None;
    }
    if scale % 2 != 0 {
        mantissa *= 10;
        scale += 1;
    }
    while mantissa.is_multiple_of(100) {
        mantissa /= 100;
        scale -= 2;
    }
    let count = mantissa.ilog10() / 2 + 1;
    let digits = (0..count).rev().map(move |place| {
        let digit = (mantissa / 100_u128.pow(place) % 100) as u8;
        2 * digit + u8::from(place != 0)
    });
    Some((count as i32 - scale / 2, digits))
}

/// Takes a key apart at the places that the caller knows.
#[derive(Debug, Clone, Copy)]
pub struct KeyReader<'a>(Reader<'a>);

impl<'a> KeyReader<'a> {
    /// Starts at the front of a key.
    pub const fn new(key: &'a [u8]) -> Self {
        KeyReader(Reader::new(key))
    }

    /// Reads one byte.
    ///
    /// # Errors
    /// `Corrupt` if the key ends before; the same for all that follow.
    pub fn u8(&mut self) -> Result<u8> {
        Ok(self.0.u8()?)
    }

    /// Reads what [`KeyBuilder::push_u16`] has written.
    pub fn u16(&mut self) -> Result<u16> {
        Ok(u16::from_be_bytes(self.0.array()?))
    }

    /// Reads what [`KeyBuilder::push_u32`] has written.
    pub fn u32(&mut self) -> Result<u32> {
        Ok(u32::from_be_bytes(self.0.array()?))
    }

    /// Reads what [`KeyBuilder::push_u64`] has written.
    pub fn u64(&mut self) -> Result<u64> {
        Ok(u64::from_be_bytes(self.0.array()?))
    }

    /// Reads what [`KeyBuilder::push_uint`] has written.
    #[inline]
    pub fn uint(&mut self) -> Result<u64> {
        let count = usize::from(self.u8()?);
        if count > size_of::<u64>() {
            return Err(Error::corrupt("a number in a key is too long"));
        }
        let bytes = self.0.take(count)?.iter();
        Ok(bytes.fold(0, |number, byte| (number << 8) | u64::from(*byte)))
    }

    /// Reads what [`KeyBuilder::push_i64`] has written.
    pub fn i64(&mut self) -> Result<i64> {
        Ok((self.u64()? ^ 1 << 63).cast_signed())
    }

    /// Reads what [`KeyBuilder::push_id`] has written.
    pub fn id(&mut self) -> Result<Id> {
        Ok(Id::from_bytes(self.0.array()?))
    }

    /// Reads what [`KeyBuilder::push_time`] has written.
    pub fn time(&mut self) -> Result<DateTime<Utc>> {
        let micros = self.i64()?;
        time_from(micros)
    }

    /// Reads what [`KeyBuilder::push_desc_time`] has written.
    pub fn desc_time(&mut self) -> Result<DateTime<Utc>> {
        let micros = !self.i64()?;
        time_from(micros)
    }

    /// Passes over what [`KeyBuilder::push_value`] has written. It cannot be read: its text is folded and
    /// may be cut.
    pub fn skip_value(&mut self) -> Result<()> {
        match self.u8()? {
            rank::NULL => {}
            rank::BOOL => drop(self.0.take(1)?),
            rank::NUMBER => self.skip_number()?,
            rank::TEXT | rank::PARTS => self.skip_text()?,
            rank::DATE | rank::PARTIAL_DATE => drop(self.0.take(4)?),
            rank::DATE_TIME | rank::DURATION => drop(self.0.take(8)?),
            rank::MONEY => {
                self.0.take(3)?;
                self.skip_number()?;
            }
            rank::REF => drop(self.0.take(18)?),
            tag => return Err(Error::corrupt(format!("a key has no values of tag {tag}"))),
        }
        Ok(())
    }

    /// What has not been read yet.
    pub const fn rest(&self) -> &'a [u8] {
        self.0.rest()
    }

    /// True at the end of the key.
    pub const fn is_empty(&self) -> bool {
        self.0.rest().is_empty()
    }

    fn skip_number(&mut self) -> Result<()> {
        let head = self.u8()?;
        // The last digit is even, or the complement of an even one.
        let last = u8::from(head < ZERO);
        while head != ZERO && self.u8()? % 2 != last {}
        Ok(())
    }

    fn skip_text(&mut self) -> Result<()> {
        loop {
            if self.u8()? != 0x00 {
                continue;
            }
            match self.u8()? {
                0x01 => return Ok(()),
                0xFF => {}
                _ => return Err(Error::corrupt("a text in a key does not end")),
            }
        }
    }
}

fn time_from(micros: i64) -> Result<DateTime<Utc>> {
    DateTime::from_timestamp_micros(micros)
        .ok_or_else(|| Error::corrupt("an instant in a key is out of range"))
}
