//! From what a person typed to what is looked up.

use super::token::{Chunk, PhonePart, Run, cut, fold_text, is_number, pairs, phone_parts, units};
use crate::error::{Detail, Result};
use crate::limits::{SEARCH_BYTES_MAX, SEARCH_WORDS_MAX};

/// Which words of a query also stand for longer words that begin with them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Prefix {
    /// None: every word is meant as it stands.
    Never,
    /// The last one, which may still be in the typing.
    #[default]
    Last,
    /// All of them.
    Every,
}

/// One look-up in the index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Leaf {
    /// The postings of this token.
    Exact(String),
    /// The postings of all tokens that begin like this.
    Start(String),
}

/// One condition of a query. A record meets it if it has all leaves of one alternative.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Clause {
    pub(super) alternatives: Vec<Vec<Leaf>>,
}

impl Clause {
    fn new(alternatives: impl IntoIterator<Item = Vec<Leaf>>) -> Self {
        let alternatives = alternatives.into_iter().filter(|leaves| !leaves.is_empty());
        Clause {
            alternatives: alternatives.collect(),
        }
    }

    /// The word, if the clause is no more than one.
    pub(super) fn word(&self) -> Option<&str> {
        match self.alternatives.as_slice() {
            [leaves] => match leaves.as_slice() {
                [Leaf::Exact(word) | Leaf::Start(word)] => Some(word),
                _ => None,
            },
            _ => None,
        }
    }
}

/// The conditions of a query, all of which are to be met.
pub(super) fn parse(query: &str, prefix: Prefix) -> Result<Vec<Clause>> {
    if query.len() > SEARCH_BYTES_MAX {
        return Err(Detail::Limit {
            what: "bytes of a search",
            max: SEARCH_BYTES_MAX as u64,
            actual: query.len() as u64,
        }
        .into());
    }
    let folded = fold_text(query);
    // A dash between two parts of a number is a piece without a word in it.
    let pieces = folded
        .split_whitespace()
        .filter(|piece| piece.contains(char::is_alphanumeric));
    let pieces: Vec<&str> = pieces.take(SEARCH_WORDS_MAX + 1).collect();
    let mut parser = Parser {
        prefix,
        words: 0,
        clauses: Vec::new(),
    };
    let mut rest = pieces.as_slice();
    while let Some((piece, after)) = rest.split_first() {
        let numbers = rest.iter().take_while(|piece| is_number(piece)).count();
        if numbers > 0 {
            let (group, after) = rest.split_at(numbers);
            parser.add_number(&group.join(" "), after.is_empty());
            rest = after;
        } else {
            if let Some(chunk) = Chunk::new(piece) {
                parser.add_chunk(&chunk, after.is_empty());
            }
            rest = after;
        }
        if parser.words > SEARCH_WORDS_MAX {
            return Err(Detail::Limit {
                what: "words of a search",
                max: SEARCH_WORDS_MAX as u64,
                actual: parser.words as u64,
            }
            .into());
        }
    }
    Ok(parser.clauses)
}

struct Parser {
    prefix: Prefix,
    words: usize,
    clauses: Vec<Clause>,
}

impl Parser {
    /// Digits in a row of pieces: a phone number with spaces in it, or numbers that are words.
    fn add_number(&mut self, text: &str, is_last: bool) {
        let mut alternatives: Vec<Vec<Leaf>> = Vec::new();
        for part in phone_parts(text) {
            alternatives.push(match part {
                PhonePart::Windows(tokens) => tokens.into_iter().map(Leaf::Exact).collect(),
                PhonePart::Start(start) => vec![Leaf::Start(start)],
            });
        }
        let words: Vec<Chunk<'_>> = text.split(' ').filter_map(Chunk::new).collect();
        let words: Vec<Run<'_>> = words.iter().flat_map(Chunk::runs).collect();
        let words = self.leaves(&words, is_last);
        alternatives.push(words);
        self.clauses.push(Clause::new(alternatives));
    }

    fn add_chunk(&mut self, chunk: &Chunk<'_>, is_last: bool) {
        let runs: Vec<Run<'_>> = chunk.runs().collect();
        let words = self.leaves(&runs, is_last);
        match chunk.whole().or_else(|| chunk.without_apostrophes()) {
            Some(whole) => {
                let whole = vec![self.leaf(whole, is_last)];
                self.clauses.push(Clause::new([whole, words]));
            }
            None => self
                .clauses
                .extend(words.into_iter().map(|leaf| Clause::new([vec![leaf]]))),
        }
    }

    fn leaves(&mut self, runs: &[Run<'_>], is_last: bool) -> Vec<Leaf> {
        self.words += runs.len();
        let mut leaves = Vec::new();
        for (position, run) in runs.iter().enumerate() {
            match run {
                Run::Word(word) => {
                    let is_last = is_last && position + 1 == runs.len();
                    leaves.push(self.leaf(cut(word).to_owned(), is_last));
                }
                Run::Unspaced(run) => {
                    let units = units(cut(run));
                    match units.as_slice() {
                        [unit] => leaves.push(Leaf::Exact((*unit).to_owned())),
                        units => leaves.extend(pairs(units).into_iter().map(Leaf::Exact)),
                    }
                }
            }
        }
        leaves
    }

    fn leaf(&self, token: String, is_last: bool) -> Leaf {
        match self.prefix {
            Prefix::Every => Leaf::Start(token),
            Prefix::Last if is_last => Leaf::Start(token),
            Prefix::Last | Prefix::Never => Leaf::Exact(token),
        }
    }
}
