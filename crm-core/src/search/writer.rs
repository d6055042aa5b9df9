//! The one way into the index.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use super::cursor::{overlay, tail};
use super::layout::{Family, delete_target, put_target, scan, split_key};
use super::token::object_token;
use super::{Document, Posting, block};
use crate::error::Result;
use crate::store::{KeyRange, Read, Space, Transaction};
use crate::value::Ref;

/// From so many records on, a batch rewrites blocks instead of leaving rows for [`merge`](super::merge):
/// below, it would rewrite a block for a posting or two.
const FOLD_RECORDS_MIN: usize = 256;

/// Collects the changes of a batch, be it of one record or of an import, and writes them sorted by token.
///
/// ```
/// use crm_core::search::{Document, IndexWriter, SearchOptions, search};
/// use crm_core::store::{MemoryStorage, Storage, Transaction};
/// use crm_core::{Id, Ref};
///
/// let storage = MemoryStorage::new();
/// let snapshot = storage.snapshot()?;
/// let mut txn = Transaction::new(&*snapshot);
/// let mut ada = Document::new();
/// ada.add_text("Ada Lovelace", 9);
/// let mut writer = IndexWriter::new();
/// writer.update(1, Ref { object: 1, id: Id::NIL }, &Document::new(), &ada);
/// writer.finish(&mut txn)?;
/// assert_eq!(search(&txn, "love", &SearchOptions::default())?.len(), 1);
/// # Ok::<(), crm_core::Error>(())
/// ```
#[derive(Debug, Default)]
pub struct IndexWriter {
    postings: BTreeMap<String, Vec<Posting>>,
    targets: BTreeMap<u32, Option<Ref>>,
    updates: usize,
}

impl IndexWriter {
    /// A batch without changes.
    pub fn new() -> Self {
        IndexWriter::default()
    }

    /// Notes that the text of a record was `old` and is `new`; an empty document is that of a record which
    /// is not there. Only the tokens that differ are written.
    ///
    /// `old` is what the index holds: the `new` of the call before for this ordinal, in this batch or an
    /// earlier one.
    pub fn update(&mut self, ordinal: u32, target: Ref, old: &Document, new: &Document) {
        self.updates += 1;
        match (old.is_empty(), new.is_empty()) {
            (true, false) => {
                self.targets.insert(ordinal, Some(target));
                self.change(&object_token(target.object), ordinal, 1);
            }
            (false, true) => {
                self.targets.insert(ordinal, None);
                self.change(&object_token(target.object), ordinal, 0);
            }
            _ => {}
        }
        for (token, _) in old
            .tokens()
            .filter(|(token, _)| new.weight(token).is_none())
        {
            self.change(token, ordinal, 0);
        }
        for (token, weight) in new
            .tokens()
            .filter(|(t, weight)| old.weight(t) != Some(*weight))
        {
            self.change(token, ordinal, weight);
        }
    }

    /// Adds the changes of a batch that came after this one.
    pub fn merge(&mut self, later: IndexWriter) {
        self.updates += later.updates;
        self.targets.extend(later.targets);
        for (token, mut changes) in later.postings {
            self.postings.entry(token).or_default().append(&mut changes);
        }
    }

    fn change(&mut self, token: &str, ordinal: u32, weight: u8) {
        match self.postings.get_mut(token) {
            Some(changes) => changes.push((ordinal, weight)),
            None => {
                self.postings
                    .insert(token.to_owned(), vec![(ordinal, weight)]);
            }
        }
    }

    /// Writes the batch. Nothing is read for a small one.
    pub fn finish(self, txn: &mut Transaction<'_>) -> Result<()> {
        let folds = self.updates >= FOLD_RECORDS_MIN;
        for (ordinal, target) in self.targets {
            match target {
                Some(target) => put_target(txn, ordinal, target)?,
                None => delete_target(txn, ordinal),
            }
        }
        let has_tail = folds && has_tail(txn)?;
        for (token, mut changes) in self.postings {
            keep_last_of_each(&mut changes);
            if !folds {
                for (ordinal, weight) in changes {
                    txn.put(Space::Text, Family::Tail.key(&token, ordinal), [weight])?;
                }
                continue;
            }
            if has_tail {
                let older = tail(txn, &token)?;
                for (ordinal, _) in &older {
                    txn.delete(Space::Text, Family::Tail.key(&token, *ordinal));
                }
                changes = overlay_changes(&older, changes);
            }
            fold(txn, &token, &changes)?;
        }
        Ok(())
    }
}

fn has_tail(read: &dyn Read) -> Result<bool> {
    let mut found = false;
    read.scan(&Family::Tail.rows(), &mut |_, _| {
        found = true;
        ControlFlow::Break(())
    })?;
    Ok(found)
}

/// Sorts changes by ordinal; the last one made to an ordinal stays.
fn keep_last_of_each(changes: &mut Vec<Posting>) {
    changes.sort_by_key(|(ordinal, _)| *ordinal);
    changes.dedup_by(|later, earlier| {
        let same = later.0 == earlier.0;
        if same {
            *earlier = *later;
        }
        same
    });
}

/// Like [`overlay`], but removals stay: they are still to be applied to the blocks.
fn overlay_changes(older: &[Posting], newer: Vec<Posting>) -> Vec<Posting> {
    let mut changes = older.to_vec();
    changes.extend(newer);
    keep_last_of_each(&mut changes);
    changes
}

/// Rewrites the blocks that `changes`, ascending, touch. A weight of 0 removes.
pub(super) fn fold(txn: &mut Transaction<'_>, token: &str, changes: &[Posting]) -> Result<()> {
    let mut changes = changes;
    let mut packed = Vec::new();
    while let Some(&(ordinal, _)) = changes.first() {
        let (block, next) = block_for(txn, token, ordinal)?;
        let here = match next {
            Some(next) => changes.partition_point(|(ordinal, _)| *ordinal < next),
            None => changes.len(),
        };
        let (now, later) = changes.split_at(here);
        changes = later;
        let (old_first, old) = block.map_or((None, Vec::new()), |(first, old)| (Some(first), old));
        let postings = overlay(&old, now);
        if let Some(first) = old_first.filter(|first| postings.first().map(|p| p.0) != Some(*first))
        {
            txn.delete(Space::Text, Family::Block.key(token, first));
        }
        let limit = split_limit(&postings, next.is_none(), &mut packed);
        let mut rest = postings.as_slice();
        while let Some(&(first, _)) = rest.first() {
            rest = block::pack(rest, limit, &mut packed);
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
    let fits = block::pack(postings, block::BLOCK_BYTES_MAX, packed).is_empty();
    if is_last || fits {
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
    let (_, first) = split_key(key)?;
    let mut postings = Vec::new();
    block::unpack(first, value, &mut postings)?;
    Ok((first, postings))
}
