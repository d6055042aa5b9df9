//! Ways in which bytes on a disk become others.

use fastrand::Rng;

/// What a disk writes in one go.
const SECTOR: usize = 512;
/// What the file is made of.
const PAGE: usize = 4_096;

/// What is done to the bytes of a file.
#[derive(Debug, Clone, Copy)]
pub enum Damage {
    /// One byte differs in these bits.
    Flip {
        /// Where.
        at: usize,
        /// Which bits.
        bits: u8,
    },
    /// A sector was never written.
    Zeros {
        /// Which.
        sector: usize,
    },
    /// The file ends early.
    Cut {
        /// How long it is.
        len: usize,
    },
    /// Two pages have each other's place.
    Swap {
        /// The one.
        page: usize,
        /// The other.
        with: usize,
    },
}

impl Damage {
    /// Damage of any kind to so many bytes; most of it one byte.
    pub fn any(rng: &mut Rng, len: usize) -> Self {
        match rng.u8(0..20) {
            0 => Damage::Zeros {
                sector: rng.usize(0..len.div_ceil(SECTOR)),
            },
            1 => Damage::Cut {
                len: rng.usize(0..len),
            },
            2 => Damage::Swap {
                page: rng.usize(0..len.div_ceil(PAGE)),
                with: rng.usize(0..len.div_ceil(PAGE)),
            },
            // The header is a small part of the file, and says how all of it is to be read.
            3 => Damage::flip(rng, SECTOR.min(len)),
            _ => Damage::flip(rng, len),
        }
    }

    /// Damage in one place: what more than one frame of a journal loses, or its end, cannot be told from what was
    /// never written.
    pub fn in_one_place(rng: &mut Rng, len: usize) -> Self {
        match rng.u8(0..10) {
            0 => Damage::Zeros {
                sector: rng.usize(0..len.div_ceil(SECTOR)),
            },
            _ => Damage::flip(rng, len),
        }
    }

    /// One byte below a place.
    pub fn flip(rng: &mut Rng, below: usize) -> Self {
        Damage::Flip {
            at: rng.usize(0..below),
            bits: if rng.bool() {
                1 << rng.u8(0..8)
            } else {
                rng.u8(1..)
            },
        }
    }

    /// Does it. How many bytes differ afterwards, those that are no more included.
    pub fn done_to(self, bytes: &mut Vec<u8>) -> usize {
        let before = bytes.clone();
        match self {
            Damage::Flip { at, bits } => bytes[at] ^= bits,
            Damage::Zeros { sector } => {
                let start = sector * SECTOR;
                let end = bytes.len().min(start + SECTOR);
                bytes[start..end].fill(0);
            }
            Damage::Cut { len } => bytes.truncate(len),
            Damage::Swap { page, with } => {
                let (low, high) = (page.min(with) * PAGE, page.max(with) * PAGE);
                let len = PAGE.min(bytes.len() - high);
                if low != high {
                    let (front, back) = bytes.split_at_mut(high);
                    front[low..low + len].swap_with_slice(&mut back[..len]);
                }
            }
        }
        let changed = before.iter().zip(&*bytes).filter(|(old, new)| old != new);
        changed.count() + (before.len() - bytes.len())
    }
}
