//! Reading stored bytes, any of which may be damaged.

use crate::error::Error;

/// What is wrong with stored bytes. It owns nothing, so that reading sound bytes does not pay for the errors that
/// it might have met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Damage(pub(super) &'static str);

impl From<Damage> for Error {
    #[cold]
    fn from(Damage(what): Damage) -> Error {
        Error::corrupt(what)
    }
}

const ENDS_EARLY: Damage = Damage("the bytes end too early");

type Result<T> = std::result::Result<T, Damage>;

/// What is still to be read of a slice. Every read is checked; none can panic.
///
/// Small and called for every field of every record that is read, hence inlined.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    #[inline]
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Reader(bytes)
    }

    /// What has not been read yet.
    #[inline]
    pub(super) const fn rest(&self) -> &'a [u8] {
        self.0
    }

    #[inline]
    pub(super) fn take(&mut self, len: usize) -> Result<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(len).ok_or(ENDS_EARLY)?;
        self.0 = rest;
        Ok(taken)
    }

    #[inline]
    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let (taken, rest) = self.0.split_first_chunk().ok_or(ENDS_EARLY)?;
        self.0 = rest;
        Ok(*taken)
    }

    #[inline]
    pub(super) fn u8(&mut self) -> Result<u8> {
        self.array().map(u8::from_le_bytes)
    }

    /// An unsigned LEB128 number of up to 35 bits.
    #[inline]
    pub(super) fn varint(&mut self) -> Result<u64> {
        let mut number = 0;
        for (at, &byte) in self.0.iter().enumerate().take(VARINT_BYTES_MAX) {
            number |= u64::from(byte & 0x7F) << (7 * at);
            if byte < 0x80 {
                self.0 = self.0.get(at + 1..).unwrap_or_default();
                return Ok(number);
            }
        }
        Err(ENDS_EARLY)
    }

    /// The length or count of what follows.
    #[inline]
    pub(super) fn length(&mut self) -> Result<usize> {
        usize::try_from(self.varint()?).map_err(|_| ENDS_EARLY)
    }

    /// True if nothing is left.
    #[inline]
    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Lengths and counts in a record, which has 24 bits of bytes, take fewer.
const VARINT_BYTES_MAX: usize = 5;

/// The counterpart of [`Reader::varint`].
pub(super) fn push_varint(out: &mut Vec<u8>, mut number: usize) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

const TOO_WIDE: Damage = Damage("a number is longer than any of its kind");

/// An unsigned number in as few bytes as hold it, the lowest first.
#[inline]
pub(super) fn unsigned(bytes: &[u8]) -> Result<u64> {
    if bytes.len() > size_of::<u64>() {
        return Err(TOO_WIDE);
    }
    let push = |number, byte: &u8| number << 8 | u64::from(*byte);
    Ok(bytes.iter().rev().fold(0, push))
}

/// A signed number, zigzag-coded so that small negative ones are short, too.
#[inline]
pub(super) fn signed(bytes: &[u8]) -> Result<i64> {
    let number = unsigned(bytes)?;
    Ok((number >> 1) as i64 ^ -((number & 1) as i64))
}

/// A signed number that an `i64` may not hold.
pub(super) fn signed_wide(bytes: &[u8]) -> Result<i128> {
    if bytes.len() > size_of::<u128>() {
        return Err(TOO_WIDE);
    }
    let push = |number, byte: &u8| number << 8 | u128::from(*byte);
    let number: u128 = bytes.iter().rev().fold(0, push);
    Ok((number >> 1) as i128 ^ -((number & 1) as i128))
}

/// The counterpart of [`unsigned`].
pub(super) fn push_number(out: &mut Vec<u8>, number: impl Into<u128>) {
    let mut number = number.into();
    while number > 0 {
        out.push(number as u8);
        number >>= 8;
    }
}

/// The counterpart of [`signed`] and [`signed_wide`].
pub(super) fn push_signed(out: &mut Vec<u8>, number: impl Into<i128>) {
    let number = number.into();
    push_number(out, ((number << 1) ^ (number >> 127)) as u128);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_widest_numbers_come_back() {
        for number in [0, 0x7F, 0x80, (1 << 24) - 1] {
            let mut bytes = Vec::new();
            push_varint(&mut bytes, number);
            assert_eq!(Reader::new(&bytes).length().unwrap(), number);
        }
        for number in [0, 1, 0xFF, 0x100, u64::MAX] {
            let mut bytes = Vec::new();
            push_number(&mut bytes, number);
            assert_eq!(unsigned(&bytes).unwrap(), number);
        }
        for number in [i64::MIN, -1, 0, 1, i64::MAX] {
            let mut bytes = Vec::new();
            push_signed(&mut bytes, number);
            assert_eq!(signed(&bytes).unwrap(), number);
            assert_eq!(signed_wide(&bytes).unwrap(), number.into());
        }
        for number in [i128::MIN, i128::MAX] {
            let mut bytes = Vec::new();
            push_signed(&mut bytes, number);
            assert_eq!(signed_wide(&bytes).unwrap(), number);
        }
    }

    #[test]
    fn a_number_that_does_not_fit_is_damage() {
        assert!(unsigned(&[1; 9]).is_err());
        assert!(signed_wide(&[1; 17]).is_err());
        assert!(Reader::new(&[0x80]).varint().is_err());
        assert!(Reader::new(&[0xFF; 30]).varint().is_err());
    }
}
