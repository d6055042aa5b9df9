//! The different values of a column.

use std::collections::HashMap;

use crate::error::Result;
use crate::value::{Encoded, ValueRef};

/// The code of null.
const NULL: u32 = 0;

/// With more different values than these a value is looked for only among those that were met last: each row brings
/// its own. What few rows share does not pay for a table in which it is found.
const SHARED_MAX: usize = 1 << 12;

/// Different marks of values.
const MARKS: usize = 1 << u8::BITS;

/// A number that values which are met in turn seldom share, so that most are found without the table.
fn mark(value: &[u8]) -> u8 {
    const ODD: u32 = 0x9E37_79B1;
    let mix = |mixed: u32, byte: &u8| (mixed ^ u32::from(*byte)).wrapping_mul(ODD);
    let mixed = value.iter().rev().take(4).fold(value.len() as u32, mix);
    (mixed >> (u32::BITS - u8::BITS)) as u8
}

/// Values in their stored form, by the order in which they were met.
#[derive(Debug, Clone)]
pub(super) struct Dictionary {
    values: Vec<u8>,
    /// Where each value ends: that of null, which takes no bytes, first.
    ends: Vec<u32>,
    /// The last code of the values with each mark.
    recent: Box<[u32; MARKS]>,
    /// The codes of the values, as long as there are few.
    shared: Option<HashMap<Box<[u8]>, u32>>,
}

impl Default for Dictionary {
    fn default() -> Self {
        Dictionary {
            values: Vec::new(),
            ends: vec![0],
            recent: Box::new([NULL; MARKS]),
            shared: Some(HashMap::new()),
        }
    }
}

impl Dictionary {
    /// How many values there are, with null and with those that no row has any more.
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// True if each row brings its own value, so that values of changed rows stay behind.
    pub(super) fn is_plain(&self) -> bool {
        self.shared.is_none()
    }

    /// The memory that it takes, about.
    pub(super) fn bytes(&self) -> usize {
        // A box, its allocation and the place in the table.
        const SHARED_BYTES: usize = 64;
        let shared = self.shared.as_ref().map_or(0, HashMap::len);
        self.values.len() + self.ends.len() * size_of::<u32>() + shared * SHARED_BYTES
    }

    /// The code of a value, given in its stored form or as nothing; `None` where codes and places have become too
    /// large for 32 bits.
    ///
    /// # Errors
    /// `Corrupt` for a value that cannot be read.
    pub(super) fn code(&mut self, value: Option<Encoded<'_>>) -> Result<Option<u32>> {
        let Some(value) = value else {
            return Ok(Some(NULL));
        };
        let mark = usize::from(mark(value.bytes()));
        let recent = self.recent[mark];
        if self.stored(recent) == Some(value) {
            return Ok(Some(recent));
        }
        let code = self.found(value)?;
        self.recent[mark] = code.unwrap_or(NULL);
        Ok(code)
    }

    fn found(&mut self, value: Encoded<'_>) -> Result<Option<u32>> {
        // Where it would stand it is put together, and found by.
        let start = self.values.len();
        value.push(&mut self.values);
        let pushed = self.values.get(start..).unwrap_or_default();
        let known = self.shared.as_ref().and_then(|shared| shared.get(pushed));
        if let Some(code) = known {
            let code = *code;
            self.values.truncate(start);
            return Ok(Some(code));
        }
        let ends = (
            u32::try_from(self.ends.len()),
            u32::try_from(self.values.len()),
        );
        let (Ok(code), Ok(end)) = ends else {
            self.values.truncate(start);
            return Ok(None);
        };
        if let Err(damage) = ValueRef::decode(value) {
            self.values.truncate(start);
            return Err(damage);
        }
        if let Some(shared) = &mut self.shared {
            shared.insert(pushed.into(), code);
        }
        self.ends.push(end);
        if self
            .shared
            .as_ref()
            .is_some_and(|shared| shared.len() > SHARED_MAX)
        {
            self.shared = None;
        }
        Ok(Some(code))
    }

    /// The stored form of a code's value; `None` for null.
    pub(super) fn stored(&self, code: u32) -> Option<Encoded<'_>> {
        let at = code as usize;
        let start = *self.ends.get(at.checked_sub(1)?)? as usize;
        let pushed = self.values.get(start..*self.ends.get(at)? as usize)?;
        Some(Encoded::of_pushed(pushed))
    }

    /// The value of a code.
    ///
    /// # Errors
    /// `Corrupt`; never for a code that the dictionary has given.
    #[inline]
    pub(super) fn get(&self, code: u32) -> Result<ValueRef<'_>> {
        self.stored(code)
            .map_or(Ok(ValueRef::Null), ValueRef::decode)
    }
}
