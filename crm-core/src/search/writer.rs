//! The one way into the index.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::mem;
use std::ops::ControlFlow;

use super::cursor::tail;
use super::fold::fold;
use super::layout::{Family, delete_target, put_target};
use super::token::object_token;
use super::tokens::Tokens;
use super::{Document, Posting};
use crate::error::Result;
use crate::store::{Read, Space, Transaction};
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
    tokens: Tokens,
    /// In the order in which they were made: an import makes millions, which are sorted once, at its end.
    changes: Vec<Change>,
    targets: BTreeMap<u32, Option<Ref>>,
    updates: usize,
}

/// A change to the posting of a token, with a weight of 0 where it goes.
#[derive(Debug, Clone, Copy)]
struct Change {
    token: u32,
    posting: Posting,
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
                return self.add(ordinal, target, new);
            }
            (false, true) => {
                self.targets.insert(ordinal, None);
                self.change(&object_token(target.object), ordinal, 0);
            }
            _ => {}
        }
        let (old, new) = (old.sorted_tokens(), new.sorted_tokens());
        let mut old = old.into_iter().peekable();
        for (token, weight) in new {
            while let Some((gone, _)) = old.next_if(|(old, _)| *old < token) {
                self.change(gone, ordinal, 0);
            }
            let kept = old.next_if(|(old, _)| *old == token);
            if kept.is_none_or(|(_, old)| old != weight) {
                self.change(token, ordinal, weight);
            }
        }
        for (gone, _) in old {
            self.change(gone, ordinal, 0);
        }
    }

    /// As [`update`](IndexWriter::update) of a record that is new: every token is written, and need not be compared.
    fn add(&mut self, ordinal: u32, target: Ref, new: &Document) {
        let start = self.changes.len();
        self.change(&object_token(target.object), ordinal, 1);
        for (token, weight) in new.tokens() {
            self.change(token, ordinal, weight);
        }
        // Of the changes to one posting the last one counts, which is to be that of the greatest weight.
        self.changes[start..].sort_by_key(|change| change.posting.1);
    }

    /// Adds the changes of a batch that came after this one.
    pub fn merge(&mut self, later: IndexWriter) {
        if self.changes.is_empty() {
            self.tokens = later.tokens;
            self.changes = later.changes;
        } else {
            let tokens = later.tokens.iter();
            let numbers: Vec<u32> = tokens.map(|token| self.tokens.number(token)).collect();
            let changes = later.changes.into_iter().map(|change| Change {
                token: numbers[change.token as usize],
                ..change
            });
            self.changes.extend(changes);
        }
        self.updates += later.updates;
        self.targets.extend(later.targets);
    }

    fn change(&mut self, token: &str, ordinal: u32, weight: u8) {
        let token = self.tokens.number(token);
        let posting = (ordinal, weight);
        self.changes.push(Change { token, posting });
    }

    /// Writes the batch. Nothing is read for a small one.
    pub fn finish(mut self, txn: &mut Transaction<'_>) -> Result<()> {
        for (ordinal, target) in mem::take(&mut self.targets) {
            match target {
                Some(target) => put_target(txn, ordinal, target)?,
                None => delete_target(txn, ordinal),
            }
        }
        let tokens = self.tokens.sorted();
        let (mut postings, counts) = self.by_token(&tokens);
        let mut rest = postings.as_mut_slice();
        let of_tokens = tokens.iter().map(|number| {
            let (own, after) = mem::take(&mut rest).split_at_mut(counts[*number as usize]);
            rest = after;
            (self.tokens.get(*number), keep_last_of_each(own))
        });
        if self.updates < FOLD_RECORDS_MIN {
            for (token, changes) in of_tokens {
                for (ordinal, weight) in changes {
                    txn.put(Space::Text, Family::Tail.key(token, *ordinal), [*weight])?;
                }
            }
            return Ok(());
        }
        let mut changes: Vec<(&str, Cow<'_, [Posting]>)> = of_tokens
            .map(|(token, changes)| (token, Cow::Borrowed(changes)))
            .collect();
        if has_tail(txn)? {
            for (token, changes) in &mut changes {
                take_tail(txn, token, changes)?;
            }
        }
        fold(txn, &changes)
    }

    /// The changes to each token in the order in which they were made, for one token after the other, and how many
    /// there are of each.
    fn by_token(&mut self, tokens: &[u32]) -> (Vec<Posting>, Vec<usize>) {
        let changes = mem::take(&mut self.changes);
        let mut counts = vec![0; tokens.len()];
        for change in &changes {
            counts[change.token as usize] += 1;
        }
        let mut places = vec![0; tokens.len()];
        let mut next = 0;
        for number in tokens {
            places[*number as usize] = next;
            next += counts[*number as usize];
        }
        let mut postings = vec![(0, 0); changes.len()];
        for change in changes {
            let place = &mut places[change.token as usize];
            postings[*place] = change.posting;
            *place += 1;
        }
        (postings, counts)
    }
}

/// Takes the rows of a token that wait for a merge into the changes of the batch.
fn take_tail(
    txn: &mut Transaction<'_>,
    token: &str,
    changes: &mut Cow<'_, [Posting]>,
) -> Result<()> {
    let mut all = tail(txn, token)?;
    if all.is_empty() {
        return Ok(());
    }
    for (ordinal, _) in &all {
        txn.delete(Space::Text, Family::Tail.key(token, *ordinal));
    }
    all.extend_from_slice(changes);
    let kept = keep_last_of_each(&mut all).len();
    all.truncate(kept);
    *changes = Cow::Owned(all);
    Ok(())
}

fn has_tail(read: &dyn Read) -> Result<bool> {
    let mut found = false;
    read.scan(&Family::Tail.rows(), &mut |_, _| {
        found = true;
        ControlFlow::Break(())
    })?;
    Ok(found)
}

/// Sorts changes by their ordinals; of several to one the last stays.
fn keep_last_of_each(changes: &mut [Posting]) -> &[Posting] {
    if changes.is_sorted_by(|a, b| a.0 < b.0) {
        return changes;
    }
    changes.sort_by_key(|change| change.0);
    let mut kept = 0;
    for at in 0..changes.len() {
        let change = changes[at];
        if changes.get(at + 1).is_none_or(|next| next.0 != change.0) {
            changes[kept] = change;
            kept += 1;
        }
    }
    &changes[..kept]
}
