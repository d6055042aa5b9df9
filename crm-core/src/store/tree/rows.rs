//! Keys in their order, each with what stands behind it, in one piece of memory: a run of them is copied without a
//! look at each.

use std::ops::Range;

use smallvec::SmallVec;

/// Rows of a node: few enough to copy on every commit, enough that a tree of a million has 4 levels.
pub(super) const ROWS_MAX: usize = 32;

/// Sorted keys with values.
#[derive(Default)]
pub(super) struct Rows {
    /// Key, value, key, value, ….
    bytes: Vec<u8>,
    ends: SmallVec<[Ends; ROWS_MAX]>,
}

/// Where a row's key and its value end; the value begins with the end of the key, the next row with that of the value.
#[derive(Clone, Copy, Default)]
struct Ends {
    key: u32,
    value: u32,
}

impl Rows {
    /// With room for so many bytes.
    pub(super) fn with_capacity(bytes: usize) -> Self {
        Rows {
            bytes: Vec::with_capacity(bytes),
            ends: SmallVec::new(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// How long all keys and values are together.
    pub(super) fn bytes(&self) -> usize {
        self.bytes.len()
    }

    fn start(&self, row: usize) -> usize {
        row.checked_sub(1)
            .map_or(0, |before| self.ends[before].value as usize)
    }

    pub(super) fn key(&self, row: usize) -> &[u8] {
        &self.bytes[self.start(row)..self.ends[row].key as usize]
    }

    pub(super) fn value(&self, row: usize) -> &[u8] {
        let Ends { key, value } = self.ends[row];
        &self.bytes[key as usize..value as usize]
    }

    /// The first row of a range whose key is not before another: where that is, or would be.
    pub(super) fn first_from(&self, key: &[u8], within: Range<usize>) -> usize {
        let (mut low, mut high) = (within.start, within.end);
        while low < high {
            let middle = low + (high - low) / 2;
            if self.key(middle) < key {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }

    /// Adds a row behind the others, whose value is some parts one after the other.
    pub(super) fn push(&mut self, key: &[u8], value: &[&[u8]]) {
        self.bytes.extend_from_slice(key);
        let key = self.bytes.len() as u32;
        for part in value {
            self.bytes.extend_from_slice(part);
        }
        let value = self.bytes.len() as u32;
        self.ends.push(Ends { key, value });
    }

    /// Adds rows of another one behind these.
    pub(super) fn extend(&mut self, from: &Rows, range: Range<usize>) {
        let (start, end) = (from.start(range.start), from.start(range.end));
        let to = self.bytes.len() as u32;
        let moved = |at: u32| at - start as u32 + to;
        self.bytes.extend_from_slice(&from.bytes[start..end]);
        self.ends.extend(from.ends[range].iter().map(|ends| Ends {
            key: moved(ends.key),
            value: moved(ends.value),
        }));
    }
}
