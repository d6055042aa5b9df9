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

    /// An unsigned LEB128 number.
    #[inline]
    pub(super) fn varint(&mut self) -> Result<u64> {
        let (number, whole) = self.varint_start()?;
        if whole {
            return Ok(number);
        }
        match self.u8()? {
            last @ 0..=1 => Ok(number | u64::from(last) << START_BITS),
            _ => Err(Damage("a number has more than 64 bits")),
        }
    }

    /// An unsigned LEB128 number that a `u64` may not hold.
    #[inline]
    pub(super) fn varint_wide(&mut self) -> Result<u128> {
        let (number, whole) = self.varint_start()?;
        if whole {
            return Ok(number.into());
        }
        let mut number = u128::from(number);
        for shift in (START_BITS..u128::BITS).step_by(7) {
            let byte = self.u8()?;
            let bits = u128::from(byte & 0x7F);
            if bits << shift >> shift != bits {
                break;
            }
            number |= bits << shift;
            if byte < 0x80 {
                return Ok(number);
            }
        }
        Err(Damage("a number has more than 128 bits"))
    }

    /// The first nine bytes of a number, in which nothing can overflow and most numbers end, and whether this one
    /// does.
    #[inline]
    fn varint_start(&mut self) -> Result<(u64, bool)> {
        let mut number = 0;
        let mut shift = 0;
        for (at, &byte) in self.0.iter().enumerate() {
            number |= u64::from(byte & 0x7F) << shift;
            shift += 7;
            if byte < 0x80 || shift == START_BITS {
                self.0 = self.0.get(at + 1..).unwrap_or_default();
                return Ok((number, byte < 0x80));
            }
        }
        Err(ENDS_EARLY)
    }

    /// A signed number, zigzag-coded so that small negative ones are short, too.
    #[inline]
    pub(super) fn signed_varint(&mut self) -> Result<i64> {
        Ok(unzigzag(self.varint()?))
    }

    /// A signed number of at most nine bytes; a longer one is left to be read.
    #[inline]
    pub(super) fn signed_varint_short(&mut self) -> Result<Option<i64>> {
        let before = *self;
        let (number, whole) = self.varint_start()?;
        if !whole {
            *self = before;
        }
        Ok(whole.then(|| unzigzag(number)))
    }

    /// A signed number that an `i64` may not hold.
    #[inline]
    pub(super) fn signed_varint_wide(&mut self) -> Result<i128> {
        let number = self.varint_wide()?;
        if let Ok(number) = u64::try_from(number) {
            return Ok(unzigzag(number).into());
        }
        Ok((number >> 1) as i128 ^ -((number & 1) as i128))
    }

    /// The length or count of what follows.
    #[inline]
    pub(super) fn length(&mut self) -> Result<usize> {
        usize::try_from(self.varint()?).map_err(|_| ENDS_EARLY)
    }

    /// Everything that is left, as text.
    #[inline]
    pub(super) fn text(&mut self) -> Result<&'a str> {
        let text = std::str::from_utf8(self.0).map_err(|_| Damage("a text is not valid UTF-8"))?;
        self.0 = &[];
        Ok(text)
    }

    /// Checks that nothing is left.
    #[inline]
    pub(super) const fn end(self) -> Result<()> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(Damage("there are bytes after the end of a value"))
        }
    }
}

#[inline]
const fn unzigzag(number: u64) -> i64 {
    (number >> 1) as i64 ^ -((number & 1) as i64)
}

/// The bits in the first nine bytes of a number.
const START_BITS: u32 = 63;

/// The counterpart of [`Reader::varint`] and [`Reader::varint_wide`].
pub(super) fn push_varint(out: &mut Vec<u8>, number: impl Into<u128>) {
    let mut number = number.into();
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// The counterpart of [`Reader::signed_varint`] and [`Reader::signed_varint_wide`].
pub(super) fn push_signed_varint(out: &mut Vec<u8>, number: impl Into<i128>) {
    let number = number.into();
    push_varint(out, ((number << 1) ^ (number >> 127)) as u128);
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failed test should stop at the line")]
mod tests {
    use super::*;

    #[test]
    fn the_widest_numbers_come_back() {
        for number in [0, 1, 0x7F, 0x80, u64::MAX >> 1, u64::MAX] {
            let mut bytes = Vec::new();
            push_varint(&mut bytes, number);
            assert_eq!(Reader::new(&bytes).varint().unwrap(), number);
            assert_eq!(
                Reader::new(&bytes).varint_wide().unwrap(),
                u128::from(number)
            );
        }
        for number in [i64::MIN, -1, 0, 1, i64::MAX] {
            let mut bytes = Vec::new();
            push_signed_varint(&mut bytes, number);
            assert_eq!(Reader::new(&bytes).signed_varint().unwrap(), number);
        }
        for number in [i128::MIN, i128::MAX] {
            let mut bytes = Vec::new();
            push_signed_varint(&mut bytes, number);
            assert_eq!(Reader::new(&bytes).signed_varint_wide().unwrap(), number);
        }
    }

    #[test]
    fn a_number_that_does_not_fit_is_damage() {
        let mut bytes = Vec::new();
        push_varint(&mut bytes, u128::from(u64::MAX) + 1);
        assert!(Reader::new(&bytes).varint().is_err());
        assert!(Reader::new(&[0xFF; 30]).varint_wide().is_err());
        assert!(Reader::new(&[0x80]).varint().is_err());
    }
}
