//! Is the index what the records say?

use std::collections::BTreeMap;
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
    let (mut tokens, mut targets) = (Tokens::new(), BTreeMap::new());
    for document in expected {
        let (ordinal, target, document) = document?;
        if !document.is_empty() {
            targets.insert(ordinal, target);
            push(&mut tokens, &object_token(target.object), (ordinal, 1));
        }
        for (token, weight) in document.sorted_tokens() {
            push(&mut tokens, token, (ordinal, weight));
        }
    }
    for postings in tokens.values_mut() {
        postings.sort_unstable();
    }
    let mut report = Report(Vec::new());
    check_targets(read, targets, &mut report)?;
    check_tokens(read, tokens, &mut report)?;
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
    mut expected: BTreeMap<u32, Ref>,
    report: &mut Report,
) -> Result<()> {
    scan(read, &Family::Target.rows(), &mut |key, value| {
        let (ordinal, found) = (target_ordinal(key)?, parse_target(value)?);
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

fn check_tokens(read: &dyn Read, mut expected: Tokens, report: &mut Report) -> Result<()> {
    let mut tails = Tokens::new();
    scan(read, &Family::Tail.rows(), &mut |key, value| {
        let (token, ordinal) = split_key(key)?;
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
