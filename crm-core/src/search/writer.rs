//! The one way into the index.

use std::collections::{BTreeMap, HashMap};
use std::ops::ControlFlow;

use super::cursor::tail;
use super::fold::fold;
use super::layout::{Family, delete_target, put_target};
use super::token::object_token;
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
    /// The tokens, each with a number.
    tokens: HashMap<String, u32>,
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
                self.change(&object_token(target.object), ordinal, 1);
            }
            (false, true) => {
                self.targets.insert(ordinal, None);
                self.change(&object_token(target.object), ordinal, 0);
            }
            _ => {}
        }
        let (old, new) = (old.tokens(), new.tokens());
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

    /// Adds the changes of a batch that came after this one.
    pub fn merge(&mut self, later: IndexWriter) {
        if self.changes.is_empty() {
            self.tokens = later.tokens;
            self.changes = later.changes;
        } else {
            let mut numbers = vec![0; later.tokens.len()];
            for (token, theirs) in later.tokens {
                numbers[theirs as usize] = self.number(token);
            }
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
        let token = match self.tokens.get(token) {
            Some(number) => *number,
            None => self.number(token.to_owned()),
        };
        let posting = (ordinal, weight);
        self.changes.push(Change { token, posting });
    }

    fn number(&mut self, token: String) -> u32 {
        let next = self.tokens.len() as u32;
        *self.tokens.entry(token).or_insert(next)
    }

    /// Writes the batch. Nothing is read for a small one.
    pub fn finish(mut self, txn: &mut Transaction<'_>) -> Result<()> {
        let folds = self.updates >= FOLD_RECORDS_MIN;
        for (ordinal, target) in std::mem::take(&mut self.targets) {
            match target {
                Some(target) => put_target(txn, ordinal, target)?,
                None => delete_target(txn, ordinal),
            }
        }
        let (tokens, changes) = self.sorted();
        let of_tokens = changes.chunk_by(|a, b| a.token == b.token);
        let of_tokens = tokens.iter().zip(of_tokens);
        if !folds {
            for (token, changes) in of_tokens {
                for (ordinal, weight) in changes.iter().map(|change| change.posting) {
                    txn.put(Space::Text, Family::Tail.key(token, ordinal), [weight])?;
                }
            }
            return Ok(());
        }
        let has_tail = has_tail(txn)?;
        let mut postings = Vec::with_capacity(changes.len());
        let mut ends = Vec::with_capacity(tokens.len());
        for (token, changes) in of_tokens {
            let changes = changes.iter().map(|change| change.posting);
            if has_tail {
                let mut all = tail(txn, token)?;
                for (ordinal, _) in &all {
                    txn.delete(Space::Text, Family::Tail.key(token, *ordinal));
                }
                all.extend(changes);
                keep_last_of_each(&mut all, |posting| posting.0);
                postings.append(&mut all);
            } else {
                postings.extend(changes);
            }
            ends.push(postings.len());
        }
        let starts = std::iter::once(0).chain(ends.iter().copied());
        let changes: Vec<_> = tokens
            .iter()
            .zip(starts.zip(&ends))
            .map(|(token, (start, end))| (token.as_str(), &postings[start..*end]))
            .collect();
        fold(txn, &changes)
    }

    /// The tokens in their order, and the last change to each posting, by token and ordinal.
    fn sorted(self) -> (Vec<String>, Vec<Change>) {
        let mut tokens: Vec<(String, u32)> = self.tokens.into_iter().collect();
        tokens.sort_unstable();
        let mut places = vec![0; tokens.len()];
        for (place, (_, number)) in (0..).zip(&tokens) {
            places[*number as usize] = place;
        }
        let mut changes = self.changes;
        for change in &mut changes {
            change.token = places[change.token as usize];
        }
        keep_last_of_each(&mut changes, |change| (change.token, change.posting.0));
        (
            tokens.into_iter().map(|(token, _)| token).collect(),
            changes,
        )
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

/// Sorts changes; the last one made to the same stays.
fn keep_last_of_each<T: Copy, K: Ord>(changes: &mut Vec<T>, key: impl Fn(&T) -> K) {
    changes.sort_by_key(&key);
    changes.dedup_by(|later, earlier| {
        let same = key(later) == key(earlier);
        if same {
            *earlier = *later;
        }
        same
    });
}
