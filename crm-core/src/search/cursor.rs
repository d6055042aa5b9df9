//! The postings of one token, walked from the newest record to the oldest without unpacking what is
//! skipped. Of equally good hits the newer is the better one, so that a search which has its fill of the
//! best there can be need not walk on.

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
    /// The block in `unpacked`; the ones behind it are done with.
    loaded: Option<usize>,
    unpacked: Vec<Posting>,
    /// Where in `unpacked` the walk is: the postings from there on are done with.
    end: usize,
    /// Tail rows that the walk has not passed; a weight of 0 hides a posting of the blocks.
    tail: Vec<Posting>,
    len: u64,
    greatest_weight: u8,
}

impl<'r> Cursor<'r> {
    /// Looks a token up. Reads the header of each block.
    pub(super) fn open(read: &'r dyn Read, token: String) -> Result<Self> {
        let (mut blocks, mut unpacked, mut len) = (Vec::new(), Vec::new(), 0);
        let mut greatest_weight = 0;
        scan(read, &Family::Block.rows_of(&token), &mut |key, value| {
            let (_, first) = split_key(key)?;
            // Most tokens have one block: it is at hand now and need not be looked up again.
            if blocks.is_empty() {
                block::unpack(first, value, &mut unpacked)?;
            }
            let header = block::header(value)?;
            len += header.count as u64;
            greatest_weight = header.greatest_weight.max(greatest_weight);
            blocks.push(first);
            Ok(ControlFlow::Continue(()))
        })?;
        let tail = tail(read, &token)?;
        for (_, weight) in &tail {
            len += u64::from(*weight > 0);
            greatest_weight = greatest_weight.max(*weight);
        }
        Ok(Cursor {
            read,
            token,
            loaded: (blocks.len() == 1).then_some(0),
            blocks,
            end: unpacked.len(),
            unpacked,
            tail,
            len,
            greatest_weight,
        })
    }

    /// About how many postings there are; 0 only if there are none.
    pub(super) fn len(&self) -> u64 {
        self.len
    }

    /// No posting has a greater weight.
    pub(super) fn greatest_weight(&self) -> u8 {
        self.greatest_weight
    }

    /// The last posting at or before `target`, which only ever goes down.
    pub(super) fn seek(&mut self, target: u32) -> Result<Option<Posting>> {
        let mut target = target;
        loop {
            let packed = self.seek_packed(target)?;
            while self.tail.pop_if(|(ordinal, _)| *ordinal > target).is_some() {}
            let Some(&(ordinal, weight)) = self.tail.last() else {
                return Ok(packed);
            };
            match packed {
                Some(packed) if packed.0 > ordinal => return Ok(Some(packed)),
                _ if weight > 0 => return Ok(Some((ordinal, weight))),
                _ => match ordinal.checked_sub(1) {
                    Some(next) => target = next,
                    None => return Ok(None),
                },
            }
        }
    }

    fn seek_packed(&mut self, target: u32) -> Result<Option<Posting>> {
        let last = self.loaded.unwrap_or(self.blocks.len().saturating_sub(1));
        let is_in_last = self.blocks.get(last).is_some_and(|first| *first <= target);
        let wanted = if is_in_last {
            last
        } else {
            let before = self.blocks.get(..last).unwrap_or_default();
            match before
                .partition_point(|first| *first <= target)
                .checked_sub(1)
            {
                Some(wanted) => wanted,
                None => return Ok(None),
            }
        };
        if self.loaded != Some(wanted) {
            self.load(wanted)?;
        }
        // Intersected lists are mostly walked in small steps: gallop rather than halve the whole block.
        let is_after = |position: Option<usize>| {
            let posting = position.and_then(|position| self.unpacked.get(position));
            posting.is_some_and(|(ordinal, _)| *ordinal > target)
        };
        let (mut end, mut step) = (self.end, 1);
        while is_after(end.checked_sub(step)) {
            end -= step;
            step *= 2;
        }
        let start = end.saturating_sub(step);
        let ahead = self.unpacked.get(start..end).unwrap_or_default();
        self.end = start + ahead.partition_point(|(ordinal, _)| *ordinal <= target);
        let last = self.end.checked_sub(1);
        Ok(last.and_then(|last| self.unpacked.get(last)).copied())
    }

    fn load(&mut self, index: usize) -> Result<()> {
        let gone = || Error::corrupt("a block of the search index is not there");
        let first = *self.blocks.get(index).ok_or_else(gone)?;
        self.unpacked.clear();
        let unpacked = &mut self.unpacked;
        let mut outcome = Err(gone());
        let key = Family::Block.key(&self.token, first);
        self.read.get(Space::Text, &key, &mut |value| {
            outcome = block::unpack(first, value, unpacked);
        })?;
        (self.end, self.loaded) = (self.unpacked.len(), Some(index));
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
