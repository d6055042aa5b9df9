//! The regular expressions of `matches`: parsed when an expression is compiled, compiled themselves when the first text
//! is compared, and kept.

use std::sync::OnceLock;

use regex::{Regex, RegexBuilder};
use regex_syntax::hir::{Class, Hir, HirKind};

use crate::error::{Error, Result};
use crate::limits;

/// Bytes of one state of a compiled pattern.
const STATE_BYTES: usize = 32;
/// Bytes of one range of characters in a set with some beyond ASCII, which becomes states for the bytes of their
/// encoding: for each length that these have.
const RANGE_BYTES: usize = 64;
const LENGTH_BYTES: usize = 320;
/// Matching takes as many times the work as there are states that a text can be in together; of a pattern of so many
/// bytes it is one.
const BYTES_PER_FOLD: usize = 2_048;

/// A regular expression, compiled when it is first needed.
#[derive(Debug)]
pub(super) struct Pattern {
    source: String,
    bytes: usize,
    /// `None` if it cannot be compiled, which its size excludes.
    regex: OnceLock<Option<Regex>>,
}

impl Pattern {
    /// Parses a pattern.
    ///
    /// # Errors
    /// The reason why it is none, or too large.
    pub(super) fn parse(source: &str) -> Result<Self, String> {
        let parsed = regex_syntax::parse(source).map_err(|error| {
            let error = error.to_string();
            error.lines().last().unwrap_or_default().to_owned()
        })?;
        let bytes = bytes_of(&parsed);
        if bytes > limits::REGEX_BYTES_MAX {
            return Err(format!(
                "compiled it takes about {bytes} bytes, more than {}; repeat less, or name fewer characters, as with \
                 `[a-z]` for `\\w`",
                limits::REGEX_BYTES_MAX
            ));
        }
        Ok(Pattern {
            source: source.to_owned(),
            bytes,
            regex: OnceLock::new(),
        })
    }

    /// The memory that it takes, about, once it is compiled.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// How many times the work of reading a text it is to look for the pattern in it.
    pub(super) fn work(&self) -> usize {
        1 + self.bytes / BYTES_PER_FOLD
    }

    /// True if the pattern is found anywhere in a text.
    ///
    /// # Errors
    /// `Invalid` if it cannot be compiled.
    pub(super) fn is_match(&self, text: &str) -> Result<bool> {
        let regex = self.regex.get_or_init(|| {
            // What it takes was estimated; the states that it has been in are kept in as much again.
            let cache = (2 * self.bytes).clamp(64 << 10, limits::REGEX_BYTES_MAX);
            RegexBuilder::new(&self.source)
                .size_limit(4 * limits::REGEX_BYTES_MAX)
                .dfa_size_limit(cache)
                .build()
                .ok()
        });
        match regex {
            Some(regex) => Ok(regex.is_match(text)),
            None => Err(Error::invalid(
                &self.source,
                "the pattern is too large; repeat less",
            )),
        }
    }
}

/// The memory that a pattern takes, about, once it is compiled: the states that it becomes.
fn bytes_of(pattern: &Hir) -> usize {
    let sum = |parts: &[Hir]| {
        let each = parts.iter().map(bytes_of);
        each.fold(STATE_BYTES, usize::saturating_add)
    };
    match pattern.kind() {
        HirKind::Empty | HirKind::Look(_) => STATE_BYTES,
        HirKind::Literal(literal) => literal.0.len().saturating_mul(STATE_BYTES),
        HirKind::Class(Class::Bytes(class)) => STATE_BYTES + class.ranges().len() * STATE_BYTES / 4,
        HirKind::Class(Class::Unicode(class)) if class.is_ascii() => {
            STATE_BYTES + class.ranges().len() * STATE_BYTES / 4
        }
        HirKind::Class(Class::Unicode(class)) => {
            let ranges = class.ranges().iter().map(|range| {
                let lengths = range.end().len_utf8() - range.start().len_utf8();
                RANGE_BYTES + lengths * LENGTH_BYTES
            });
            ranges.fold(STATE_BYTES, usize::saturating_add)
        }
        HirKind::Repetition(repeated) => {
            let copies = repeated.max.unwrap_or(repeated.min).max(1);
            let copies = usize::try_from(copies).unwrap_or(usize::MAX);
            let fork = match repeated.max {
                Some(max) if max == repeated.min => 0,
                _ => 2 * STATE_BYTES,
            };
            copies.saturating_mul(bytes_of(&repeated.sub).saturating_add(fork))
        }
        HirKind::Capture(capture) => bytes_of(&capture.sub).saturating_add(2 * STATE_BYTES),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => sum(parts),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The least memory with which a pattern can be compiled.
    fn measured(source: &str) -> usize {
        let fits = |bytes: usize| RegexBuilder::new(source).size_limit(bytes).build().is_ok();
        let (mut low, mut high) = (0, 64 << 20);
        while low + 64 < high {
            let middle = usize::midpoint(low, high);
            if fits(middle) {
                high = middle;
            } else {
                low = middle;
            }
        }
        high
    }

    #[test]
    fn the_size_of_a_pattern_is_known_before_it_is_compiled() {
        for source in [
            "abc",
            "^[A-Z]{2}-[0-9]{1,8}$",
            r"\d+",
            r"\w+@\w+",
            r"\w{18}N",
            r"\W{4}",
            r"(?i)straße|weg",
            r"[^a-z]{20}",
            ".{1,100}",
            "(a|bc|def){40}",
            "[ab]{0,5000}c",
            r"(?i)\w{3}",
            r"[\w.+-]+@[\w-]+\.[\w.]+",
            "[äöü]{300}",
            "(?i)[a-zäöü]{300}",
            ".{200}",
            r"\s{300}",
            r"(\d|\w){5}",
            "((a{100}){100}){3}",
            "(t*)*(t*)*(t*)*x$",
            r"\b(\s|[.,;])*\b",
        ] {
            let estimated = bytes_of(&regex_syntax::parse(source).unwrap());
            let measured = measured(source);
            assert!(
                2 * estimated >= measured && estimated <= 2 * measured + 1_024,
                "{source}: estimated {estimated}, measured {measured}"
            );
        }
    }
}
