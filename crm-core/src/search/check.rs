//! Is the index what the records say?

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::ControlFlow;

use super::cursor::overlay;
use super::layout::{Family, parse_target, scan, split_key, tail_weight, target_ordinal};
use super::token::object_token;
use super::{Document, Posting, block};
use crate::error::Result;
use crate::store::Read;
use crate::value::Ref;

/// Differences that are listed; whoever has so many needs a new index, not a longer list.
const DIFFERENCES_MAX: usize = 100;

type Tokens = BTreeMap<String, Vec<Posting>>;

/// Compares the index with the documents of all records, in any order of them, and describes the
/// differences, up to a hundred of them. Empty for an index that is as it should be.
///
/// It holds the postings of all documents in memory, some ten bytes for each.
///
/// # Errors
/// Those of `expected` and of reading; `Corrupt` for an index that cannot be read at all.
pub fn check(
    read: &dyn Read,
    expected: impl IntoIterator<Item = Result<(u32, Ref, Document)>>,
) -> Result<Vec<String>> {
    let each = |visit: &mut VisitDocument<'_>| {
        let mut expected = expected.into_iter();
        expected.try_for_each(|document| {
            let (ordinal, target, document) = document?;
            visit(ordinal, target, &document)
        })
    };
    check_part(read, Part { number: 0, of: 1 }, each)
}

/// What is called with each record's ordinal and document.
pub(crate) type VisitDocument<'v> = dyn FnMut(u32, Ref, &Document) -> Result<()> + 'v;

/// A part of the index: some of its words, and some of its records.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Part {
    pub(crate) number: u32,
    /// How many parts there are.
    pub(crate) of: u32,
}

impl Part {
    fn has_token(self, token: &str) -> bool {
        if self.of == 1 {
            return true;
        }
        let mut hasher = DefaultHasher::new();
        token.hash(&mut hasher);
        hasher.finish() % u64::from(self.of) == u64::from(self.number)
    }

    fn has_target(self, ordinal: u32) -> bool {
        ordinal % self.of == self.number
    }
}

/// As [`check`], of a part of the index: it holds that part of the postings in memory. `each` goes through the
/// documents of all records.
pub(crate) fn check_part(
    read: &dyn Read,
    part: Part,
    each: impl FnOnce(&mut VisitDocument<'_>) -> Result<()>,
) -> Result<Vec<String>> {
    let (mut tokens, mut targets) = (Tokens::new(), BTreeMap::new());
    each(&mut |ordinal, target, document| {
        let mut expect = |token: &str, weight| {
            if part.has_token(token) {
                push(&mut tokens, token, (ordinal, weight));
            }
        };
        if !document.is_empty() {
            if part.has_target(ordinal) {
                targets.insert(ordinal, target);
            }
            expect(&object_token(target.object), 1);
        }
        for (token, weight) in document.sorted_tokens() {
            expect(token, weight);
        }
        Ok(())
    })?;
    for postings in tokens.values_mut() {
        postings.sort_unstable();
    }
    let mut report = Report(Vec::new());
    check_targets(read, part, targets, &mut report)?;
    check_tokens(read, part, tokens, &mut report)?;
    Ok(report.0)
}

struct Report(Vec<String>);

impl Report {
    fn add(&mut self, difference: impl FnOnce() -> String) {
        if self.0.len() < DIFFERENCES_MAX {
            self.0.push(difference());
        }
    }
}

fn push(tokens: &mut Tokens, token: &str, posting: Posting) {
    match tokens.get_mut(token) {
        Some(postings) => postings.push(posting),
        None => {
            tokens.insert(token.to_owned(), vec![posting]);
        }
    }
}

fn check_targets(
    read: &dyn Read,
    part: Part,
    mut expected: BTreeMap<u32, Ref>,
    report: &mut Report,
) -> Result<()> {
    scan(read, &Family::Target.rows(), &mut |key, value| {
        let (ordinal, found) = (target_ordinal(key)?, parse_target(value)?);
        if !part.has_target(ordinal) {
            return Ok(ControlFlow::Continue(()));
        }
        let wanted = expected.remove(&ordinal);
        if wanted != Some(found) {
            report.add(|| format!("search: ordinal {ordinal} is {found:?}, expected {wanted:?}"));
        }
        Ok(ControlFlow::Continue(()))
    })?;
    for (ordinal, wanted) in expected {
        report.add(|| format!("search: ordinal {ordinal} is missing, expected {wanted:?}"));
    }
    Ok(())
}

fn check_tokens(
    read: &dyn Read,
    part: Part,
    mut expected: Tokens,
    report: &mut Report,
) -> Result<()> {
    let mut tails = Tokens::new();
    scan(read, &Family::Tail.rows(), &mut |key, value| {
        let (token, ordinal) = split_key(key)?;
        if !part.has_token(token) {
            return Ok(ControlFlow::Continue(()));
        }
        push(&mut tails, token, (ordinal, tail_weight(value)?));
        Ok(ControlFlow::Continue(()))
    })?;
    let mut compare = |token: &str, packed: &[Posting], report: &mut Report| {
        let wanted = expected.remove(token).unwrap_or_default();
        let found = overlay(packed, &tails.remove(token).unwrap_or_default());
        compare_postings(token, &found, &wanted, report);
    };
    let (mut token, mut packed) = (String::new(), Vec::new());
    scan(read, &Family::Block.rows(), &mut |key, value| {
        let (next, first) = split_key(key)?;
        if !part.has_token(next) {
            return Ok(ControlFlow::Continue(()));
        }
        if next != token {
            if !packed.is_empty() {
                compare(&token, &packed, report);
            }
            packed.clear();
            next.clone_into(&mut token);
        }
        if packed.last().is_some_and(|(last, _)| *last >= first) {
            report.add(|| format!("search: blocks of {token:?} overlap at {first}"));
        }
        block::unpack(first, value, &mut packed)?;
        Ok(ControlFlow::Continue(()))
    })?;
    if !packed.is_empty() {
        compare(&token, &packed, report);
    }
    for (token, tail) in tails {
        let wanted = expected.remove(&token).unwrap_or_default();
        compare_postings(&token, &overlay(&[], &tail), &wanted, report);
    }
    for (token, wanted) in expected {
        compare_postings(&token, &[], &wanted, report);
    }
    Ok(())
}

fn compare_postings(token: &str, found: &[Posting], wanted: &[Posting], report: &mut Report) {
    if found == wanted {
        return;
    }
    let only_in = |these: &[Posting], those: &[Posting]| {
        let posting = these
            .iter()
            .find(|posting| those.binary_search(posting).is_err());
        posting.map_or("none".to_owned(), |(ordinal, weight)| {
            format!("{ordinal} (weight {weight})")
        })
    };
    report.add(|| {
        let (extra, missing) = (only_in(found, wanted), only_in(wanted, found));
        format!("search: token {token:?}: first surplus record: {extra}, first missing: {missing}")
    });
}
