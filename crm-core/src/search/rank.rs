//! The search itself: intersect, score, keep the best.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::ops::ControlFlow;

use super::layout::{last_ordinal, target};
use super::query::{Prefix, parse};
use super::source::{Source, intersect, narrow};
use super::token::object_token;
use crate::error::{Detail, Error, Result};
use crate::limits::{PAGE_LEN_DEFAULT, PAGE_LEN_MAX};
use crate::store::Read;
use crate::value::Ref;

/// What to search for besides the words.
#[derive(Debug, Clone, Copy)]
pub struct SearchOptions<'a> {
    /// Only records of these objects; all where it is `None`.
    pub objects: Option<&'a [u16]>,
    /// The most hits to return, up to [`PAGE_LEN_MAX`].
    pub limit: usize,
    /// Which words may be beginnings of longer ones.
    pub prefix: Prefix,
}

impl Default for SearchOptions<'_> {
    fn default() -> Self {
        SearchOptions {
            objects: None,
            limit: PAGE_LEN_DEFAULT,
            prefix: Prefix::Last,
        }
    }
}

/// A record that was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hit {
    /// The record.
    pub target: Ref,
    /// Its number in the index.
    pub ordinal: u32,
    /// How well it fits: comparable within one result only.
    pub score: u32,
}

/// The records that have every word of `query`, best first.
///
/// - Case and accents do not matter. Digits find phone numbers by any four or more that follow each other,
///   however they are grouped; `+49`, `0049` and a trunk `0` may lead.
/// - A whole word scores above the beginning of one, a field of greater weight above a lesser one, and a
///   rare word counts more than a frequent one. Of equals, the newer record (greater ordinal) is first.
/// - A word that no record has is taken for the words that differ from it by one slip, if it has five
///   letters or more.
/// - A beginning of very many words (more than [`SEARCH_EXPANSION_MAX`](crate::limits::SEARCH_EXPANSION_MAX))
///   raises the records with the first of these words, but drops no record that has the other words.
///
/// A query without letters and digits finds nothing.
///
/// # Errors
/// `Limit` for more than [`SEARCH_WORDS_MAX`](crate::limits::SEARCH_WORDS_MAX) words, too long a text or too high a limit;
/// `Corrupt` for a damaged index.
pub fn search(read: &dyn Read, query: &str, options: &SearchOptions<'_>) -> Result<Vec<Hit>> {
    search_among(read, query, options, None)
}

/// Says whether a record is one of those that a search looks among.
pub(crate) type Accept<'a> = dyn FnMut(Ref) -> Result<bool> + 'a;

/// As [`search`], among the records that `accept` takes; all where it is `None`. It is asked before the best are
/// chosen, so that others take nobody's place.
pub(crate) fn search_among(
    read: &dyn Read,
    query: &str,
    options: &SearchOptions<'_>,
    mut accept: Option<&mut Accept<'_>>,
) -> Result<Vec<Hit>> {
    if options.limit > PAGE_LEN_MAX {
        return Err(Detail::Limit {
            what: "hits of a search",
            max: PAGE_LEN_MAX as u64,
            actual: options.limit as u64,
        }
        .into());
    }
    let clauses = parse(query, options.prefix)?;
    let Some(last) = last_ordinal(read)?.filter(|_| options.limit > 0 && !clauses.is_empty())
    else {
        return Ok(Vec::new());
    };
    let mut sources = Vec::with_capacity(clauses.len() + 1);
    for clause in &clauses {
        let source = Source::of_clause(read, clause)?;
        if source.is_hopeless() {
            return Ok(Vec::new());
        }
        sources.push(source);
    }
    let mut bonuses = narrow(&mut sources);
    if let Some(objects) = options.objects {
        let tokens = objects.iter().map(|object| object_token(*object));
        sources.push(Source::of_tokens(read, tokens)?);
        sources.sort_by_key(Source::len);
    }
    let records = u64::from(last) + 1;
    let rarities = |sources: &[Source<'_>]| -> Vec<u32> {
        let rarities = sources.iter().map(|source| rarity(records, source.len()));
        rarities.collect()
    };
    let (rarity, bonus_rarity) = (rarities(&sources), rarities(&bonuses));
    let all = sources
        .iter()
        .chain(&bonuses)
        .map(Source::greatest_strength);
    let rarity_of_all = rarity.iter().chain(&bonus_rarity);
    let highest: u32 = rarity_of_all
        .zip(all)
        .map(|(rarity, strength)| rarity * u32::from(strength))
        .sum();
    let mut best = Best::new(options.limit);
    intersect(&mut sources, &mut |ordinal, strengths| {
        let mut score = 0;
        for (rarity, strength) in rarity.iter().zip(strengths) {
            score += rarity * u32::from(*strength);
        }
        for (rarity, bonus) in bonus_rarity.iter().zip(&mut bonuses) {
            match bonus.seek(ordinal)? {
                Some((found, strength)) if found == ordinal => {
                    score += rarity * u32::from(strength);
                }
                _ => {}
            }
        }
        if let Some(accept) = &mut accept
            && !accept(target_of(read, ordinal)?)?
        {
            return Ok(ControlFlow::Continue(()));
        }
        best.offer(score, ordinal);
        // Older records that are as good come behind.
        if best.is_full_of(highest) {
            return Ok(ControlFlow::Break(()));
        }
        Ok(ControlFlow::Continue(()))
    })?;
    let hits = best.into_sorted().into_iter().map(|(score, ordinal)| {
        Ok(Hit {
            target: target_of(read, ordinal)?,
            ordinal,
            score,
        })
    });
    hits.collect()
}

fn target_of(read: &dyn Read, ordinal: u32) -> Result<Ref> {
    target(read, ordinal)?.ok_or_else(|| Error::corrupt(format!("search: no record {ordinal}")))
}

/// What a word tells: the binary logarithm of how many records there are for each that has it, plus one,
/// in sixteenths. In whole numbers, so that every machine ranks alike.
fn rarity(records: u64, holders: u64) -> u32 {
    const ONE: u64 = 1 << 8;
    let holders = holders.max(1);
    let ratio = ONE + records.max(holders) * ONE / holders;
    let exponent = ratio.ilog2();
    let fraction = (ratio >> (exponent - 4)) & 15;
    (exponent - ONE.ilog2()) * 16 + fraction as u32
}

/// The highest of the scores offered.
struct Best {
    limit: usize,
    /// The lowest on top.
    heap: BinaryHeap<Reverse<(u32, u32)>>,
}

impl Best {
    fn new(limit: usize) -> Self {
        Best {
            limit,
            heap: BinaryHeap::new(),
        }
    }

    fn offer(&mut self, score: u32, ordinal: u32) {
        if self.heap.len() < self.limit {
            self.heap.push(Reverse((score, ordinal)));
        } else if let Some(mut lowest) = self.heap.peek_mut()
            && lowest.0 < (score, ordinal)
        {
            *lowest = Reverse((score, ordinal));
        }
    }

    /// True if nothing that is still to come can be among the best.
    fn is_full_of(&self, highest: u32) -> bool {
        let lowest = self.heap.peek();
        self.heap.len() == self.limit && lowest.is_some_and(|lowest| lowest.0.0 >= highest)
    }

    fn into_sorted(self) -> Vec<(u32, u32)> {
        self.heap
            .into_sorted_vec()
            .into_iter()
            .map(|Reverse(hit)| hit)
            .collect()
    }
}
