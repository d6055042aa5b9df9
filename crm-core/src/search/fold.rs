//! Bringing changes into the blocks.

use std::borrow::Cow;
use std::ops::ControlFlow;

use super::cursor::overlay;
use super::layout::{Family, scan, split_key};
use super::{Posting, block};
use crate::error::Result;
use crate::store::{KeyRange, Read, Space, Transaction};

/// Rows between one token and the next of a batch that are walked over; beyond, the next one is looked up.
const ROWS_WALKED_MAX: usize = 8;

/// Rewrites the blocks that the changes to some tokens touch. Tokens and changes ascend; a weight of 0 removes.
pub(super) fn fold(txn: &mut Transaction<'_>, tokens: &[Changed<'_>]) -> Result<()> {
    let last_blocks = last_blocks(txn, tokens)?;
    let mut packed = Vec::new();
    for ((token, changes), last) in tokens.iter().zip(last_blocks) {
        fold_token(txn, token, changes, last, &mut packed)?;
    }
    Ok(())
}

/// A token and the changes to its postings.
pub(super) type Changed<'a> = (&'a str, Cow<'a, [Posting]>);

/// A block as it lies: its first ordinal and its packed postings.
type Packed = (u32, Vec<u8>);

/// The last block of each token that has any.
fn last_blocks(read: &dyn Read, tokens: &[Changed<'_>]) -> Result<Vec<Option<Packed>>> {
    let mut found: Vec<Option<Packed>> = vec![None; tokens.len()];
    let mut at = 0;
    while let Some((wanted, _)) = tokens.get(at) {
        let mut range = Family::Block.rows();
        range.start = Family::Block.rows_of(wanted).start;
        let (mut walked, mut goes_on) = (0, true);
        scan(read, &range, &mut |key, value| {
            let (token, first) = split_key(key)?;
            while tokens.get(at).is_some_and(|(wanted, _)| *wanted < token) {
                at += 1;
            }
            match (tokens.get(at), found.get_mut(at)) {
                (Some((wanted, _)), Some(found)) if *wanted == token => {
                    walked = 0;
                    let (kept_first, kept) = found.get_or_insert_default();
                    *kept_first = first;
                    kept.clear();
                    kept.extend_from_slice(value);
                }
                _ => walked += 1,
            }
            goes_on = at < tokens.len() && walked <= ROWS_WALKED_MAX;
            Ok(if goes_on {
                ControlFlow::Continue(())
            } else {
                ControlFlow::Break(())
            })
        })?;
        if goes_on {
            // No more blocks.
            break;
        }
    }
    Ok(found)
}

fn fold_token(
    txn: &mut Transaction<'_>,
    token: &str,
    changes: &[Posting],
    last: Option<Packed>,
    packed: &mut Vec<u8>,
) -> Result<()> {
    let mut changes = changes;
    while let Some(&(ordinal, _)) = changes.first() {
        let (block, next) = match &last {
            // New records have the greatest ordinals. What is done to earlier blocks leaves the last one.
            Some((first, bytes)) if *first <= ordinal => (Some(unpacked(*first, bytes)?), None),
            Some(_) => block_for(txn, token, ordinal)?,
            None => (None, None),
        };
        let here = match next {
            Some(next) => changes.partition_point(|(ordinal, _)| *ordinal < next),
            None => changes.len(),
        };
        let (now, later) = changes.split_at(here);
        changes = later;
        let (old_first, old) = block.map_or((None, Vec::new()), |(first, old)| (Some(first), old));
        // Most tokens of a load are new, and nothing is taken from them.
        let postings = if old.is_empty() && now.iter().all(|(_, weight)| *weight > 0) {
            Cow::Borrowed(now)
        } else {
            Cow::Owned(overlay(&old, now))
        };
        if let Some(first) = old_first.filter(|first| postings.first().map(|p| p.0) != Some(*first))
        {
            txn.delete(Space::Text, Family::Block.key(token, first));
        }
        let limit = split_limit(&postings, next.is_none(), packed);
        let mut rest = &*postings;
        while let Some(&(first, _)) = rest.first() {
            rest = block::pack(rest, limit, packed);
            txn.put(
                Space::Text,
                Family::Block.key(token, first),
                packed.as_slice(),
            )?;
        }
    }
    Ok(())
}

/// How full to make the blocks that take the place of one. New records have the greatest ordinals, so that
/// the last block only ever grows at its end and is filled up; one in the middle is cut into halves, which
/// leaves both of them room.
fn split_limit(postings: &[Posting], is_last: bool, packed: &mut Vec<u8>) -> usize {
    if is_last || block::pack(postings, block::BLOCK_BYTES_MAX, packed).is_empty() {
        block::BLOCK_BYTES_MAX
    } else {
        block::BLOCK_BYTES_MAX * 5 / 8
    }
}

/// A block: its first ordinal and its postings.
type Block = (u32, Vec<Posting>);

/// The block that an ordinal belongs to, if the token has any, and where the next one begins.
fn block_for(read: &dyn Read, token: &str, ordinal: u32) -> Result<(Option<Block>, Option<u32>)> {
    let at = Family::Block.key(token, ordinal);
    let rows = Family::Block.rows_of(token);
    let up_to = KeyRange::new(
        Space::Text,
        rows.start.clone(),
        [at.as_slice(), &[0]].concat(),
    );
    let mut block: Option<Block> = None;
    scan(read, &up_to.reversed(), &mut |key, value| {
        block = Some(read_block(key, value)?);
        Ok(ControlFlow::Break(()))
    })?;
    let mut next = None;
    scan(read, &rows.resumed_after(&at), &mut |key, value| {
        // What comes before the first block is put into it.
        if block.is_none() {
            block = Some(read_block(key, value)?);
            return Ok(ControlFlow::Continue(()));
        }
        next = Some(split_key(key)?.1);
        Ok(ControlFlow::Break(()))
    })?;
    Ok((block, next))
}

fn read_block(key: &[u8], value: &[u8]) -> Result<Block> {
    unpacked(split_key(key)?.1, value)
}

fn unpacked(first: u32, packed: &[u8]) -> Result<Block> {
    let mut postings = Vec::new();
    block::unpack(first, packed, &mut postings)?;
    Ok((first, postings))
}
