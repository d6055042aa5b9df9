//! The ids of a chunk's rows, in as few bytes each as what they do not have in common.

use std::cmp::Ordering;

use crate::value::Id;

/// Ids in ascending order. Those of records that were made one after the other begin with nearly the same time, and
/// all have the same version: what all of them have in common is kept once.
#[derive(Debug, Clone)]
pub(in crate::query) struct Ids {
    /// The bits in common; 0 where they differ.
    common: u128,
    /// The bits in which they differ, from the highest down.
    runs: Vec<Run>,
    /// The bytes of a row: its runs behind each other, so that rows compare as ids do.
    width: usize,
    rows: Vec<u8>,
    /// True if they may have more in common than is known.
    is_loose: bool,
}

/// Bits that follow each other.
#[derive(Debug, Clone, Copy)]
struct Run {
    /// How many lower bits there are.
    shift: u32,
    /// Never 0.
    bits: u32,
}

const ID_BYTES: usize = 16;
const ID_BITS: u32 = u128::BITS;
/// Bits are in common by so many: more runs would save little and cost each look.
const STEP: u32 = 4;

impl Default for Ids {
    fn default() -> Self {
        Ids {
            is_loose: true,
            ..Ids::differing_in(0, u128::MAX)
        }
    }
}

impl FromIterator<Id> for Ids {
    fn from_iter<I: IntoIterator<Item = Id>>(ids: I) -> Self {
        let mut all = Ids::default();
        let bytes = ids.into_iter().flat_map(|id| *id.as_bytes());
        all.rows.extend(bytes);
        all
    }
}

impl Ids {
    /// No ids yet, of such that differ in no other bits.
    fn differing_in(common: u128, differing: u128) -> Self {
        let mut runs: Vec<Run> = Vec::new();
        for shift in (0..ID_BITS).step_by(STEP as usize).rev() {
            if (differing >> shift) & ((1 << STEP) - 1) == 0 {
                continue;
            }
            match runs.last_mut() {
                Some(run) if run.shift == shift + STEP => {
                    run.shift = shift;
                    run.bits += STEP;
                }
                _ => runs.push(Run { shift, bits: STEP }),
            }
        }
        let bits: u32 = runs.iter().map(|run| run.bits).sum();
        let differing = runs
            .iter()
            .fold(0, |mask, run| mask | run.mask() << run.shift);
        Ids {
            common: common & !differing,
            runs,
            width: (bits.div_ceil(u8::BITS) as usize).max(1),
            rows: Vec::new(),
            is_loose: false,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.rows.len() / self.width
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    pub(super) fn bytes(&self) -> usize {
        self.rows.len()
    }

    /// True if they may have more in common than is known.
    pub(super) fn is_loose(&self) -> bool {
        self.is_loose
    }

    pub(in crate::query) fn get(&self, row: usize) -> Option<Id> {
        let start = row.checked_mul(self.width)?;
        let stored = self.rows.get(start..start.checked_add(self.width)?)?;
        let mut packed = [0; ID_BYTES];
        packed
            .iter_mut()
            .rev()
            .zip(stored.iter().rev())
            .for_each(|(byte, stored)| *byte = *stored);
        let mut packed = u128::from_be_bytes(packed);
        let mut id = self.common;
        for run in self.runs.iter().rev() {
            id |= (packed & run.mask()) << run.shift;
            packed = packed.checked_shr(run.bits).unwrap_or(0);
        }
        Some(Id::from_bytes(id.to_be_bytes()))
    }

    pub(in crate::query) fn first(&self) -> Option<Id> {
        self.get(0)
    }

    pub(in crate::query) fn last(&self) -> Option<Id> {
        self.get(self.len().checked_sub(1)?)
    }

    pub(in crate::query) fn iter(&self) -> impl Iterator<Item = Id> + Clone {
        (0..self.len()).filter_map(|row| self.get(row))
    }

    /// The row of an id, or that before which it would stand.
    pub(super) fn find(&self, id: Id) -> Result<usize, usize> {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = low + (high - low) / 2;
            match self.get(middle).cmp(&Some(id)) {
                Ordering::Less => low = middle + 1,
                Ordering::Equal => return Ok(middle),
                Ordering::Greater => high = middle,
            }
        }
        Err(low)
    }

    /// Puts an id before a row, or behind the last.
    pub(super) fn insert(&mut self, row: usize, id: Id) {
        let number = u128::from_be_bytes(*id.as_bytes());
        let differing = self
            .runs
            .iter()
            .fold(0, |mask, run| mask | run.mask() << run.shift);
        if number & !differing != self.common {
            *self = self.iter().collect();
        }
        let packed = self.packed(number);
        let stored = packed.get(ID_BYTES - self.width..).unwrap_or_default();
        let at = row.min(self.len()) * self.width;
        self.rows.splice(at..at, stored.iter().copied());
    }

    pub(super) fn remove(&mut self, row: usize) {
        if row < self.len() {
            let at = row * self.width;
            self.rows.drain(at..at + self.width);
        }
    }

    /// The rows from one on, which are no longer here.
    pub(super) fn split_off(&mut self, row: usize) -> Ids {
        let at = row.min(self.len()) * self.width;
        Ids {
            rows: self.rows.split_off(at),
            runs: self.runs.clone(),
            ..*self
        }
    }

    /// Ids in ascending order, in as few bytes as they can do with.
    pub(super) fn packed_densely(ids: impl Iterator<Item = Id> + Clone) -> Ids {
        let numbers = ids.map(|id| u128::from_be_bytes(*id.as_bytes()));
        let first = numbers.clone().next().unwrap_or_default();
        let differing = |differing: u128, number: u128| differing | (number ^ first);
        let mut packed = Ids::differing_in(first, numbers.clone().fold(0, differing));
        for number in numbers {
            let row = packed.packed(number);
            let row = row.get(ID_BYTES - packed.width..).unwrap_or_default();
            packed.rows.extend_from_slice(row);
        }
        packed.rows.shrink_to_fit();
        packed
    }

    /// The bits in which ids differ, behind each other, at the end of the bytes.
    fn packed(&self, number: u128) -> [u8; ID_BYTES] {
        let join = |packed: u128, run: &Run| {
            let bits = (number >> run.shift) & run.mask();
            packed.checked_shl(run.bits).unwrap_or(0) | bits
        };
        self.runs.iter().fold(0, join).to_be_bytes()
    }
}

impl Run {
    /// As many ones as there are bits.
    fn mask(self) -> u128 {
        u128::MAX >> (ID_BITS - self.bits)
    }
}
