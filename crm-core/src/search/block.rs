//! The packed form of postings.
//!
//! A block is `count << 5 | differ << 4 | weight` as a varint, where `weight` is the greatest one, then the
//! distances between the ordinals as varints, and, where the weights differ, one half byte for each. The
//! first ordinal is in the key. The token of one record, which most tokens are, takes one byte.

use super::{Posting, WEIGHT_MAX};
use crate::error::{Error, Result};

/// Bytes of one block: a few thousand postings, and a value that any backend takes without splitting it.
pub(super) const BLOCK_BYTES_MAX: usize = 4096;

/// Postings for which a block always has room, whatever their distances.
const POSTING_BYTES_MAX: usize = 6;
const HEADER_BYTES_MAX: usize = 3;

/// Packs the postings that follow each other, as many as fit into `limit` bytes. Returns the rest.
pub(super) fn pack<'p>(postings: &'p [Posting], limit: usize, out: &mut Vec<u8>) -> &'p [Posting] {
    out.clear();
    let Some(&(first, weight)) = postings.first() else {
        return postings;
    };
    let limit = limit.clamp(HEADER_BYTES_MAX + POSTING_BYTES_MAX, BLOCK_BYTES_MAX);
    let (mut previous, mut uniform, mut count, mut distances) = (first, true, 0usize, 0);
    for &(ordinal, other) in postings {
        let distance = if count > 0 {
            varint_len(ordinal.wrapping_sub(previous))
        } else {
            0
        };
        let still_uniform = uniform && other == weight;
        let weights = if still_uniform {
            0
        } else {
            (count + 1).div_ceil(2)
        };
        if HEADER_BYTES_MAX + distances + distance + weights > limit {
            break;
        }
        (previous, uniform, count) = (ordinal, still_uniform, count + 1);
        distances += distance;
    }
    let (packed, rest) = postings.split_at(count);
    let greatest = packed.iter().map(|posting| posting.1).max();
    let greatest = u32::from(greatest.unwrap_or(weight));
    push_varint(
        out,
        (count as u32) << 5 | u32::from(!uniform) << 4 | greatest,
    );
    for (before, posting) in packed.iter().zip(packed.iter().skip(1)) {
        push_varint(out, posting.0.wrapping_sub(before.0));
    }
    if !uniform {
        let half_bytes = packed.chunks(2).map(|pair| {
            let weight = |at: usize| pair.get(at).map_or(0, |posting| posting.1);
            weight(0) | weight(1) << 4
        });
        out.extend(half_bytes);
    }
    rest
}

/// What a block says of its postings without being unpacked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) count: usize,
    pub(super) greatest_weight: u8,
    differ: bool,
}

/// Reads the header of a block.
pub(super) fn header(block: &[u8]) -> Result<Header> {
    take_header(&mut &*block).ok_or_else(damaged)
}

fn take_header(rest: &mut &[u8]) -> Option<Header> {
    let packed = take_varint(rest)?;
    let header = Header {
        count: (packed >> 5) as usize,
        greatest_weight: (packed & 15) as u8,
        differ: packed & 16 != 0,
    };
    let is_weight = (1..=WEIGHT_MAX).contains(&header.greatest_weight);
    // Each posting but the first takes a byte, so that a damaged count cannot ask for memory.
    (is_weight && header.count > 0 && header.count <= rest.len() + 1).then_some(header)
}

/// Appends the postings of a block that starts at `first`.
pub(super) fn unpack(first: u32, block: &[u8], out: &mut Vec<Posting>) -> Result<()> {
    let start = out.len();
    unpack_checked(first, block, out).ok_or_else(|| {
        out.truncate(start);
        damaged()
    })
}

fn unpack_checked(first: u32, block: &[u8], out: &mut Vec<Posting>) -> Option<()> {
    let mut rest = block;
    let Header {
        count,
        greatest_weight,
        differ,
    } = take_header(&mut rest)?;
    let start = out.len();
    out.reserve(count);
    out.push((first, greatest_weight));
    let mut ordinal = first;
    for _ in 1..count {
        let distance = take_varint(&mut rest).filter(|distance| *distance > 0)?;
        ordinal = ordinal.checked_add(distance)?;
        out.push((ordinal, greatest_weight));
    }
    if !differ {
        return rest.is_empty().then_some(());
    }
    if rest.len() != count.div_ceil(2) {
        return None;
    }
    for (pair, byte) in out.get_mut(start..)?.chunks_mut(2).zip(rest) {
        for (posting, weight) in pair.iter_mut().zip([byte & 15, byte >> 4]) {
            if weight == 0 || weight > greatest_weight {
                return None;
            }
            posting.1 = weight;
        }
    }
    Some(())
}

fn damaged() -> Error {
    Error::corrupt("a block of the search index")
}

fn push_varint(out: &mut Vec<u8>, mut number: u32) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// How many bytes [`push_varint`] appends.
const fn varint_len(number: u32) -> usize {
    (u32::BITS - (number | 1).leading_zeros()).div_ceil(7) as usize
}

fn take_varint(bytes: &mut &[u8]) -> Option<u32> {
    let mut number = 0u32;
    for shift in (0..32).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        let part = u32::from(byte & 0x7F);
        if shift == 28 && part > 0x0F {
            return None;
        }
        number |= part << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn blocks(postings: &[Posting], limit: usize) -> Vec<(u32, Vec<u8>)> {
        let (mut rest, mut blocks) = (postings, Vec::new());
        while let Some(&(first, _)) = rest.first() {
            let mut block = Vec::new();
            rest = pack(rest, limit, &mut block);
            blocks.push((first, block));
        }
        blocks
    }

    proptest! {
        #[test]
        fn postings_survive_packing(
            set in prop::collection::btree_map(any::<u32>(), 1..=WEIGHT_MAX, 0..4000),
            dense in any::<bool>(),
            limit in 0..2 * BLOCK_BYTES_MAX,
        ) {
            let postings: Vec<Posting> = if dense {
                (7..).zip(set.into_values()).collect()
            } else {
                set.into_iter().collect()
            };
            let mut unpacked = Vec::new();
            for (first, block) in blocks(&postings, limit) {
                prop_assert!(block.len() <= BLOCK_BYTES_MAX);
                let before = unpacked.len();
                unpack(first, &block, &mut unpacked).unwrap();
                let header = header(&block).unwrap();
                prop_assert_eq!(header.count, unpacked.len() - before);
                let greatest = unpacked[before..].iter().map(|posting| posting.1).max();
                prop_assert_eq!(Some(header.greatest_weight), greatest);
            }
            prop_assert_eq!(unpacked, postings);
        }

        #[test]
        fn damaged_bytes_are_refused_or_read_but_never_panic(
            first in any::<u32>(),
            bytes in prop::collection::vec(any::<u8>(), 0..64),
        ) {
            let mut out = vec![(1, 1)];
            match unpack(first, &bytes, &mut out) {
                Ok(()) => {
                    let ascending = out.windows(2).skip(1).all(|pair| pair[0].0 < pair[1].0);
                    prop_assert!(ascending);
                    prop_assert!(out.iter().all(|(_, weight)| (1..=WEIGHT_MAX).contains(weight)));
                }
                Err(error) => {
                    prop_assert_eq!(error.code(), crate::Code::Corrupt);
                    prop_assert_eq!(out, vec![(1, 1)]);
                }
            }
        }
    }

    #[test]
    fn the_token_of_one_record_takes_one_byte() {
        assert_eq!(
            blocks(&[(4_000_000_000, 5)], BLOCK_BYTES_MAX)[0].1,
            [1 << 5 | 5]
        );
        assert_eq!(
            blocks(&[(1, 5), (2, 5)], BLOCK_BYTES_MAX)[0].1,
            [2 << 5 | 5, 1]
        );
    }

    #[test]
    fn a_cut_block_is_corrupt() {
        let postings: Vec<Posting> = (0..100).map(|n| (n * 300, 1 + (n % 9) as u8)).collect();
        let (first, block) = blocks(&postings, BLOCK_BYTES_MAX).remove(0);
        for end in 0..block.len() {
            let error = unpack(first, &block[..end], &mut Vec::new()).unwrap_err();
            assert_eq!(error.code(), crate::Code::Corrupt, "{end}");
        }
    }
}
