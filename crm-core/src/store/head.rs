//! The first entries with a prefix, in one piece of memory.

use std::ops::{ControlFlow, Range};
use std::sync::Arc;

use super::{KeyRange, Open, Read, Shared, Space};
use crate::error::{Error, Result};

/// The first entries whose keys begin with a prefix, in memory that is shared with others who read them. What is text of
/// the values lies in the memory's text; the rest is in its bytes:
///
/// ```text
/// 1 if there are no others u8 | count u32 | count × (length of the key u32, of the value u32, key, value)
/// ```
#[derive(Debug, Clone)]
pub struct Head(Arc<Shared>);

const START: usize = 5;

impl Head {
    /// Reads up to so many entries, whose values `open` puts into memory.
    pub(super) fn read<R: Read + ?Sized>(
        read: &R,
        space: Space,
        prefix: &[u8],
        entries: usize,
        open: Open,
    ) -> Result<Self> {
        let mut memory = Shared {
            bytes: vec![0; START],
            text: String::new(),
        };
        let (mut count, mut whole, mut outcome) = (0, true, Ok(()));
        read.scan(&KeyRange::prefix(space, prefix), &mut |key, value| {
            if count == entries {
                whole = false;
                return ControlFlow::Break(());
            }
            count += 1;
            outcome = push(&mut memory, key, value, open);
            match outcome {
                Ok(()) => ControlFlow::Continue(()),
                Err(_) => ControlFlow::Break(()),
            }
        })?;
        outcome?;
        let [c0, c1, c2, c3] = length(count)?;
        let start = [u8::from(whole), c0, c1, c2, c3];
        set(&mut memory.bytes, 0, &start);
        memory.bytes.shrink_to_fit();
        memory.text.shrink_to_fit();
        Ok(Head(Arc::new(memory)))
    }

    pub(super) const fn kept(memory: Arc<Shared>) -> Self {
        Head(memory)
    }

    /// The memory in which the entries lie.
    pub fn memory(&self) -> &Arc<Shared> {
        &self.0
    }

    /// True if no other key begins with the prefix.
    pub fn is_whole(&self) -> bool {
        self.0.bytes.first() == Some(&1)
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        let count = self.0.bytes.get(1..START);
        let count = count.and_then(|count| count.try_into().ok());
        count.map_or(0, |count| u32::from_le_bytes(count) as usize)
    }

    /// True if there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The keys in order, each with the place of its value in the bytes of [`memory`](Head::memory).
    pub fn entries(&self) -> impl Iterator<Item = (&[u8], Range<usize>)> {
        let mut at = START;
        std::iter::from_fn(move || {
            let (lengths, rest) = self.0.bytes.get(at..)?.split_first_chunk::<8>()?;
            let [k0, k1, k2, k3, v0, v1, v2, v3] = *lengths;
            let key_len = u32::from_le_bytes([k0, k1, k2, k3]) as usize;
            let value_len = u32::from_le_bytes([v0, v1, v2, v3]) as usize;
            let key = rest.get(..key_len)?;
            let value_at = at + 8 + key_len;
            at = value_at + value_len;
            Some((key, value_at..at))
        })
    }
}

fn push(memory: &mut Shared, key: &[u8], value: &[u8], open: Open) -> Result<()> {
    memory.bytes.extend_from_slice(&length(key.len())?);
    let value_len_at = memory.bytes.len();
    memory.bytes.extend_from_slice(&[0; 4]);
    memory.bytes.extend_from_slice(key);
    let value_at = memory.bytes.len();
    open(value, memory)?;
    let value_len = length(memory.bytes.len() - value_at)?;
    set(&mut memory.bytes, value_len_at, &value_len);
    Ok(())
}

fn set(bytes: &mut [u8], at: usize, known: &[u8]) {
    let place = bytes.iter_mut().skip(at);
    place.zip(known).for_each(|(byte, known)| *byte = *known);
}

fn length(length: usize) -> Result<[u8; 4]> {
    let length = u32::try_from(length);
    let length = length.map_err(|_| Error::corrupt("an entry of more than 4 GiB"))?;
    Ok(length.to_le_bytes())
}
