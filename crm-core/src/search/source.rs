//! Postings from any number of tokens, walked together.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use super::cursor::Cursor;
use super::layout::{Family, scan, split_key, tail_weight};
use super::near::near;
use super::query::{Clause, Leaf};
use super::{Posting, WEIGHT_MAX, block};
use crate::error::Result;
use crate::limits::SEARCH_EXPANSION_MAX;
use crate::store::Read;

/// How well a token fits the word that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fit {
    Exact,
    Start,
}

impl Fit {
    /// What a posting of this weight is worth. The weakest exact match is above every other.
    fn strength(self, weight: u8) -> u8 {
        match self {
            Fit::Exact => WEIGHT_MAX + weight,
            Fit::Start => weight,
        }
    }
}

/// Ordinals, each with the strength of its match, walked from the greatest down.
pub(super) enum Source<'r> {
    /// One token, unpacked as far as it is walked.
    Token(Cursor<'r>),
    /// Postings from several tokens.
    List {
        /// The ordinals and strengths, ascending.
        postings: Vec<Posting>,
        /// Where the walk is: the postings from there on are done with.
        end: usize,
        /// True if there were more tokens than were looked at.
        is_cut: bool,
    },
    /// Records with any of these tokens; the strength does not matter.
    AnyOf(Vec<Cursor<'r>>),
}

impl<'r> Source<'r> {
    /// What meets a clause; where nothing does, what nearly does.
    pub(super) fn of_clause(read: &'r dyn Read, clause: &Clause) -> Result<Self> {
        let source = match clause.alternatives.as_slice() {
            [leaves] if leaves.len() == 1 => Source::of_leaves(read, leaves)?,
            alternatives => {
                let (mut postings, mut is_cut) = (Vec::new(), false);
                for leaves in alternatives {
                    is_cut |= Source::of_leaves(read, leaves)?.drain_into(&mut postings)?;
                }
                Source::list(postings, is_cut)
            }
        };
        match clause.word() {
            Some(word) if source.is_hopeless() => Source::near(read, word),
            _ => Ok(source),
        }
    }

    /// The records that have all of the leaves, as strong as the weakest of them.
    fn of_leaves(read: &'r dyn Read, leaves: &[Leaf]) -> Result<Self> {
        let mut sources = Vec::with_capacity(leaves.len());
        for leaf in leaves {
            sources.push(match leaf {
                Leaf::Exact(token) => Cursor::open(read, token.clone()).map(Source::Token)?,
                Leaf::Start(start) => Source::starting(read, start)?,
            });
        }
        if sources.len() == 1
            && let Some(source) = sources.pop()
        {
            return Ok(source);
        }
        narrow(&mut sources);
        let is_cut = sources.iter().any(Source::is_cut);
        let mut postings = Vec::new();
        intersect(&mut sources, &mut |ordinal, strengths| {
            let weakest = strengths.iter().copied().min();
            postings.push((ordinal, weakest.unwrap_or_default()));
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(Source::list(postings, is_cut))
    }

    /// Walks to the end. True if the source is cut.
    fn drain_into(mut self, postings: &mut Vec<Posting>) -> Result<bool> {
        let mut target = Some(u32::MAX);
        while let Some(from) = target
            && let Some(posting) = self.seek(from)?
        {
            postings.push(posting);
            target = posting.0.checked_sub(1);
        }
        Ok(self.is_cut())
    }

    /// The records of these objects.
    pub(super) fn of_tokens(
        read: &'r dyn Read,
        tokens: impl IntoIterator<Item = String>,
    ) -> Result<Self> {
        // Twice the same would be walked twice.
        let tokens: BTreeSet<String> = tokens.into_iter().collect();
        let cursors = tokens.into_iter().map(|token| Cursor::open(read, token));
        cursors.collect::<Result<_>>().map(Source::AnyOf)
    }

    /// The postings of the tokens that begin with `start`.
    fn starting(read: &dyn Read, start: &str) -> Result<Self> {
        let fit = |token: &str| {
            if token == start {
                Fit::Exact
            } else {
                Fit::Start
            }
        };
        let tails = Tails::starting(read, start)?;
        let (mut postings, mut unpacked) = (Vec::new(), Vec::new());
        let (mut current, mut tokens) = (String::new(), 0);
        let mut is_cut = tails.cut_before.is_some();
        let range = Family::Block.rows_starting(start);
        scan(read, &range, &mut |key, value| {
            let (token, first) = split_key(key)?;
            if token != current {
                if tokens == SEARCH_EXPANSION_MAX || tails.is_beyond(token) {
                    is_cut = true;
                    return Ok(ControlFlow::Break(()));
                }
                tokens += 1;
                token.clone_into(&mut current);
            }
            unpacked.clear();
            block::unpack(first, value, &mut unpacked)?;
            if let Some(tail) = tails.rows.get(token) {
                let is_hidden = |o: &u32| tail.binary_search_by_key(o, |posting| posting.0).is_ok();
                unpacked.retain(|(ordinal, _)| !is_hidden(ordinal));
            }
            let fit = fit(token);
            postings.extend(
                unpacked
                    .iter()
                    .map(|(o, weight)| (*o, fit.strength(*weight))),
            );
            Ok(ControlFlow::Continue(()))
        })?;
        for (token, tail) in tails.rows {
            let fit = fit(&token);
            let live = tail.into_iter().filter(|(_, weight)| *weight > 0);
            postings.extend(live.map(|(ordinal, weight)| (ordinal, fit.strength(weight))));
        }
        Ok(Source::list(postings, is_cut))
    }

    /// The postings of the words that are one slip of the finger away.
    fn near(read: &'r dyn Read, word: &str) -> Result<Self> {
        let mut postings = Vec::new();
        for token in near(read, word)? {
            Source::Token(Cursor::open(read, token)?).drain_into(&mut postings)?;
        }
        // All of them are equally near: only the weight of the field is left of an exact match.
        for (_, strength) in &mut postings {
            *strength = strength.saturating_sub(WEIGHT_MAX).div_ceil(2);
        }
        Ok(Source::list(postings, false))
    }

    fn list(mut postings: Vec<Posting>, is_cut: bool) -> Self {
        strongest_of_each(&mut postings);
        Source::List {
            end: postings.len(),
            postings,
            is_cut,
        }
    }

    /// True if no record can be in it.
    pub(super) fn is_hopeless(&self) -> bool {
        self.len() == 0 && !self.is_cut()
    }

    /// About how many ordinals there are; 0 only if there are none.
    pub(super) fn len(&self) -> u64 {
        match self {
            Source::Token(cursor) => cursor.len(),
            Source::List { postings, .. } => postings.len() as u64,
            Source::AnyOf(cursors) => cursors.iter().map(Cursor::len).sum(),
        }
    }

    /// True if some records that match are missing, because too many tokens do.
    pub(super) fn is_cut(&self) -> bool {
        matches!(self, Source::List { is_cut: true, .. })
    }

    /// No match is stronger.
    pub(super) fn greatest_strength(&self) -> u8 {
        match self {
            Source::Token(cursor) => Fit::Exact.strength(cursor.greatest_weight()),
            Source::List { postings, .. } => {
                let strengths = postings.iter().map(|(_, strength)| *strength);
                strengths.max().unwrap_or_default()
            }
            Source::AnyOf(_) => 0,
        }
    }

    /// The last ordinal at or before `target`, which only ever goes down.
    pub(super) fn seek(&mut self, target: u32) -> Result<Option<Posting>> {
        match self {
            Source::Token(cursor) => {
                let posting = cursor.seek(target)?;
                Ok(posting.map(|(ordinal, weight)| (ordinal, Fit::Exact.strength(weight))))
            }
            Source::List { postings, end, .. } => {
                let ahead = postings.get(..*end).unwrap_or_default();
                if ahead.last().is_some_and(|(ordinal, _)| *ordinal > target) {
                    *end = ahead.partition_point(|(ordinal, _)| *ordinal <= target);
                }
                Ok(end
                    .checked_sub(1)
                    .and_then(|last| postings.get(last))
                    .copied())
            }
            Source::AnyOf(cursors) => {
                let mut last = None;
                for cursor in cursors {
                    last = last.max(cursor.seek(target)?.map(|(ordinal, _)| ordinal));
                    if last == Some(target) {
                        break;
                    }
                }
                Ok(last.map(|ordinal| (ordinal, 0)))
            }
        }
    }
}

/// What [`intersect`] calls with an ordinal and the strength of each source.
type VisitMatch<'v> = dyn FnMut(u32, &[u8]) -> Result<ControlFlow<()>> + 'v;

/// Calls `visit` with each ordinal that all sources have, from the greatest down, and with its strength in
/// each of them, until it breaks.
pub(super) fn intersect(sources: &mut [Source<'_>], visit: &mut VisitMatch<'_>) -> Result<()> {
    let mut strengths = vec![0; sources.len()];
    let mut target = u32::MAX;
    if sources.is_empty() {
        return Ok(());
    }
    'next: loop {
        for (position, (source, strength)) in sources.iter_mut().zip(&mut strengths).enumerate() {
            match source.seek(target)? {
                None => return Ok(()),
                Some((ordinal, found)) if ordinal == target || position == 0 => {
                    (target, *strength) = (ordinal, found);
                }
                Some((ordinal, _)) => {
                    // The first source, which is the smallest, is asked again: it skips the farthest.
                    target = ordinal;
                    continue 'next;
                }
            }
        }
        if visit(target, &strengths)?.is_break() {
            return Ok(());
        }
        match target.checked_sub(1) {
            Some(next) => target = next,
            None => return Ok(()),
        }
    }
}

/// The tail rows of the tokens that begin alike.
struct Tails {
    rows: BTreeMap<String, Vec<Posting>>,
    /// The first token that was too much. What the tail says of the tokens from there on is not known, so
    /// that their blocks must not be read either.
    cut_before: Option<String>,
}

impl Tails {
    fn starting(read: &dyn Read, start: &str) -> Result<Self> {
        let mut rows: BTreeMap<String, Vec<Posting>> = BTreeMap::new();
        let mut cut_before = None;
        let range = Family::Tail.rows_starting(start);
        scan(read, &range, &mut |key, value| {
            let (token, ordinal) = split_key(key)?;
            let posting = (ordinal, tail_weight(value)?);
            if let Some(tail) = rows.get_mut(token) {
                tail.push(posting);
            } else if rows.len() < SEARCH_EXPANSION_MAX {
                rows.insert(token.to_owned(), vec![posting]);
            } else {
                cut_before = Some(token.to_owned());
                return Ok(ControlFlow::Break(()));
            }
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(Tails { rows, cut_before })
    }

    fn is_beyond(&self, token: &str) -> bool {
        self.cut_before.as_deref().is_some_and(|cut| token >= cut)
    }
}

/// Puts the smallest source first, and takes out those that are cut, unless all of them are: with records
/// missing they would hide hits. Returns what was taken out.
pub(super) fn narrow<'r>(sources: &mut Vec<Source<'r>>) -> Vec<Source<'r>> {
    let mut cut = Vec::new();
    if !sources.iter().all(Source::is_cut) {
        cut = sources.extract_if(.., |source| source.is_cut()).collect();
    }
    sources.sort_by_key(Source::len);
    cut
}

/// Sorts by ordinal; of equals, the strongest stays.
fn strongest_of_each(postings: &mut Vec<Posting>) {
    let Some(last) = postings.iter().map(|(ordinal, _)| *ordinal).max() else {
        return;
    };
    // Where one record in 64 is among them, a table of all records is smaller than the list, and made
    // several times faster than the list is sorted.
    if postings.len() > last as usize / 64 {
        let mut strengths = vec![0; last as usize + 1];
        for (ordinal, strength) in postings.drain(..) {
            if let Some(kept) = strengths.get_mut(ordinal as usize) {
                *kept = strength.max(*kept);
            }
        }
        let found = (0..).zip(strengths).filter(|(_, strength)| *strength > 0);
        postings.extend(found);
        return;
    }
    postings.sort_unstable();
    postings.dedup_by(|stronger, kept| {
        let same = stronger.0 == kept.0;
        if same {
            kept.1 = stronger.1;
        }
        same
    });
}
