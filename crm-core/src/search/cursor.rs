//! The postings of one token, walked in ascending order without unpacking what is skipped.

use std::ops::ControlFlow;

use super::layout::{Family, scan, split_key, tail_weight};
use super::{Posting, block};
use crate::error::{Error, Result};
use crate::store::{Read, Space};

/// A walk over the postings of one token.
pub(super) struct Cursor<'r> {
    read: &'r dyn Read,
    token: String,
    /// The first ordinal of each block.
    blocks: Vec<u32>,
    /// The block in `unpacked`.
    loaded: Option<usize>,
    unpacked: Vec<Posting>,
    /// Where in `unpacked` the walk is.
    at: usize,
    /// Tail rows from where the walk is; a weight of 0 hides a posting of the blocks.
    tail: std::iter::Peekable<std::vec::IntoIter<Posting>>,
    len: u64,
}

impl<'r> Cursor<'r> {
    /// Looks a token up. Reads the header of each block.
    pub(super) fn open(read: &'r dyn Read, token: String) -> Result<Self> {
        let (mut blocks, mut loaded, mut unpacked, mut len) = (Vec::new(), None, Vec::new(), 0);
        scan(read, &Family::Block.rows_of(&token), &mut |key, value| {
            let (_, first) = split_key(key)?;
            // Most tokens have one block: it is at hand now and need not be looked up again.
            if blocks.is_empty() {
                block::unpack(first, value, &mut unpacked)?;
                loaded = Some(0);
            }
            len += u64::from(block::count(value)?);
            blocks.push(first);
            Ok(ControlFlow::Continue(()))
        })?;
        let tail = tail(read, &token)?;
        len += tail.iter().filter(|(_, weight)| *weight > 0).count() as u64;
        let tail = tail.into_iter().peekable();
        Ok(Cursor {
            read,
            token,
            blocks,
            loaded,
            unpacked,
            at: 0,
            tail,
            len,
        })
    }

    /// About how many postings there are; 0 only if there are none.
    pub(super) fn len(&self) -> u64 {
        self.len
    }

    /// The first posting at or after `target`, which never goes back.
    pub(super) fn seek(&mut self, target: u32) -> Result<Option<Posting>> {
        let mut target = target;
        loop {
            let packed = self.seek_packed(target)?;
            while self
                .tail
                .next_if(|(ordinal, _)| *ordinal < target)
                .is_some()
            {}
            let Some(&(ordinal, weight)) = self.tail.peek() else {
                return Ok(packed);
            };
            match packed {
                Some(packed) if packed.0 < ordinal => return Ok(Some(packed)),
                _ if weight > 0 => return Ok(Some((ordinal, weight))),
                _ => match ordinal.checked_add(1) {
                    Some(next) => target = next,
                    None => return Ok(None),
                },
            }
        }
    }

    fn seek_packed(&mut self, target: u32) -> Result<Option<Posting>> {
        loop {
            let next = self.loaded.map_or(0, |loaded| loaded + 1);
            let next_is_too_far = self.blocks.get(next).is_none_or(|first| *first > target);
            if next_is_too_far {
                let found = self.seek_unpacked(target);
                if found.is_some() || next >= self.blocks.len() {
                    return Ok(found);
                }
                self.load(next)?;
            } else {
                let ahead = self.blocks.get(next..).unwrap_or_default();
                let skipped = ahead.partition_point(|first| *first <= target);
                self.load(next + skipped.saturating_sub(1))?;
            }
        }
    }

    fn seek_unpacked(&mut self, target: u32) -> Option<Posting> {
        // Intersected lists are mostly walked in small steps: gallop rather than halve the whole block.
        let mut step = 1;
        let is_before =
            |posting: Option<&Posting>| posting.is_some_and(|(ordinal, _)| *ordinal < target);
        let mut from = self.at;
        while is_before(self.unpacked.get(from + step - 1)) {
            from += step;
            step *= 2;
        }
        let to = (from + step).min(self.unpacked.len());
        let ahead = self.unpacked.get(from..to).unwrap_or_default();
        self.at = from + ahead.partition_point(|(ordinal, _)| *ordinal < target);
        self.unpacked.get(self.at).copied()
    }

    fn load(&mut self, index: usize) -> Result<()> {
        let gone = || Error::corrupt("a block of the search index is not there");
        let first = *self.blocks.get(index).ok_or_else(gone)?;
        self.unpacked.clear();
        (self.at, self.loaded) = (0, Some(index));
        let unpacked = &mut self.unpacked;
        let mut outcome = Err(gone());
        self.read.get(
            Space::Text,
            &Family::Block.key(&self.token, first),
            &mut |value| {
                outcome = block::unpack(first, value, unpacked);
            },
        )?;
        outcome
    }
}

/// The tail rows of one token.
pub(super) fn tail(read: &dyn Read, token: &str) -> Result<Vec<Posting>> {
    let mut tail = Vec::new();
    scan(read, &Family::Tail.rows_of(token), &mut |key, value| {
        tail.push((split_key(key)?.1, tail_weight(value)?));
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(tail)
}

/// What `postings` become with `changes`, of which a weight of 0 removes. Both ascend.
pub(super) fn overlay(postings: &[Posting], changes: &[Posting]) -> Vec<Posting> {
    let mut result = Vec::with_capacity(postings.len() + changes.len());
    let mut postings = postings.iter().copied().peekable();
    for &(ordinal, weight) in changes {
        while let Some(before) = postings.next_if(|posting| posting.0 < ordinal) {
            result.push(before);
        }
        postings.next_if(|posting| posting.0 == ordinal);
        if weight > 0 {
            result.push((ordinal, weight));
        }
    }
    result.extend(postings);
    result
}
