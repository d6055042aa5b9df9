//! From text to tokens. The index and the query are cut up by the same functions, so that they agree.

use std::borrow::Cow;

use icu_properties::CodePointMapData;
use icu_properties::props::{GeneralCategory, GeneralCategoryGroup};

use crate::limits::SEARCH_TOKEN_BYTES_MAX;
use crate::value::{fold, spell};

/// First byte of a token that is a piece of a phone number.
pub(super) const PHONE: char = '\u{1}';
/// First byte of the token of an object number.
const OBJECT: char = '\u{2}';
/// First byte of a token that is a whole e-mail address or domain. They are apart from the words because
/// nearly each is unique: they would use up what a prefix may expand to.
pub(super) const WHOLE: char = '\u{3}';

/// Digits of one phone token. Six windows of five digits cover a number, and 100,000 different tokens
/// are few enough for packed blocks, which the suffixes of all numbers would not be.
const PHONE_WINDOW: usize = 5;
/// The fewest digits that are looked up as part of a phone number.
const PHONE_DIGITS_MIN: usize = 4;
/// E.164 has 15 digits; the rest is patience with what is typed.
const PHONE_DIGITS_MAX: usize = 20;

/// A stretch of one chunk that is tokenised in one way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Run<'a> {
    /// A word between spaces or punctuation.
    Word(&'a str),
    /// Text of a script that is written without spaces between the words.
    Unspaced(&'a str),
}

/// A piece of text without white space in it.
#[derive(Debug)]
pub(super) struct Chunk<'a> {
    text: &'a str,
}

/// Text as the index sees it: [`fold`], and Latin letters that have no decomposition as their plain
/// spelling (`ø` is `o`, `æ` is `ae`, `ł` is `l`).
pub(super) fn fold_text(text: &str) -> Cow<'_, str> {
    let folded = fold(text);
    if folded.is_ascii() || !folded.chars().any(|c| spell::latin(c).is_some()) {
        return folded;
    }
    let mut plain = String::with_capacity(folded.len());
    for c in folded.chars() {
        match spell::latin(c) {
            Some(spelling) => plain.push_str(spelling),
            None => plain.push(c),
        }
    }
    Cow::Owned(plain)
}

/// The chunks of folded text.
pub(super) fn chunks(folded: &str) -> impl Iterator<Item = Chunk<'_>> {
    folded.split_whitespace().filter_map(Chunk::new)
}

impl<'a> Chunk<'a> {
    /// Strips punctuation at the ends, and what begins every web address and so tells nothing.
    pub(super) fn new(text: &'a str) -> Option<Self> {
        let plain = Chunk { text };
        if !text.is_empty() && plain.plain_word().is_some() {
            return Some(plain);
        }
        let is_edge = |c| !is_word_char(c);
        let mut text = text.trim_matches(is_edge);
        for start in ["https://", "http://", "mailto:", "www."] {
            text = text.strip_prefix(start).unwrap_or(text);
        }
        let text = text.trim_matches(is_edge);
        (!text.is_empty()).then_some(Chunk { text })
    }

    /// The chunk where it is a word of ASCII letters and digits, as most are: then it is nothing else.
    pub(super) fn plain_word(&self) -> Option<&'a str> {
        let is_plain = self.text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        is_plain.then_some(self.text)
    }

    /// The token of the whole e-mail address, or of the domain of a web address.
    pub(super) fn whole(&self) -> Option<String> {
        self.address()
            .or_else(|| self.domain())
            .map(|whole| format!("{WHOLE}{}", cut(whole)))
    }

    /// The whole of an e-mail address.
    pub(super) fn address(&self) -> Option<&'a str> {
        // The ends are alphanumeric, so that neither side is empty.
        (self.text.matches('@').count() == 1).then_some(self.text)
    }

    /// The domain of an e-mail or web address.
    pub(super) fn domain(&self) -> Option<&'a str> {
        let host = match self.text.split_once('@') {
            Some((_, domain)) => domain,
            None => self.text,
        };
        let host = host.split(['/', ':', '?', '#']).next()?;
        let (name, top) = host.rsplit_once('.')?;
        let is_label = |c: char| is_word_char(c) || c == '-' || c == '.';
        let is_top = top.chars().count() >= 2 && top.chars().all(char::is_alphabetic);
        (is_top && !name.is_empty() && name.chars().all(is_label)).then_some(host)
    }

    /// The name with its apostrophes taken out: `o'brien` is also written `obrien`.
    pub(super) fn without_apostrophes(&self) -> Option<String> {
        let is_apostrophe = |c| matches!(c, '\'' | '\u{2019}' | '\u{2BC}' | '`');
        if !self.text.contains(is_apostrophe) {
            return None;
        }
        let joined: String = self.text.chars().filter(|c| !is_apostrophe(*c)).collect();
        let is_name = joined.chars().all(is_word_char);
        is_name.then(|| cut(&joined).to_owned())
    }

    /// The words, and what has to be cut up further.
    pub(super) fn runs(&self) -> impl Iterator<Item = Run<'a>> {
        let mut rest = self.text;
        std::iter::from_fn(move || {
            rest = rest.trim_start_matches(|c| !is_word_char(c) || is_combining_mark(c));
            let unspaced = is_unspaced(rest.chars().next()?);
            let belongs =
                |c: char| is_combining_mark(c) || (is_word_char(c) && is_unspaced(c) == unspaced);
            let end = rest.find(|c| !belongs(c)).unwrap_or(rest.len());
            let (run, after) = rest.split_at(end);
            rest = after;
            Some(if unspaced {
                Run::Unspaced(run)
            } else {
                Run::Word(run)
            })
        })
    }
}

/// True for a mark on the character before it, such as the sign of a vowel.
fn is_combining_mark(c: char) -> bool {
    let category = || CodePointMapData::<GeneralCategory>::new().get(c);
    !c.is_ascii() && GeneralCategoryGroup::Mark.contains(category())
}

/// True for a piece of a number as people write it down: `+49`, `(0)30`, `123-45.6`.
pub(super) fn is_number(piece: &str) -> bool {
    let is_part = |c: char| c.is_ascii_digit() || "+-()./\u{2010}\u{2011}\u{2013}".contains(c);
    piece.chars().all(is_part) && piece.contains(|c: char| c.is_ascii_digit())
}

fn is_word_char(c: char) -> bool {
    c.is_alphanumeric() || is_combining_mark(c)
}

/// The scripts that put no space between words: Han, kana, Thai, Lao, Khmer, Myanmar.
fn is_unspaced(c: char) -> bool {
    matches!(c,
        '\u{0E00}'..='\u{0EFF}' | '\u{1000}'..='\u{109F}' | '\u{1780}'..='\u{17FF}'
        | '\u{3005}'..='\u{3007}' | '\u{3041}'..='\u{30FF}' | '\u{31F0}'..='\u{31FF}'
        | '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}'
        | '\u{20000}'..='\u{3FFFF}')
}

/// A word cut to what a token may hold.
pub(super) fn cut(word: &str) -> &str {
    let mut end = word.len().min(SEARCH_TOKEN_BYTES_MAX);
    while !word.is_char_boundary(end) {
        end -= 1;
    }
    word.get(..end).unwrap_or(word)
}

/// The characters of unspaced text, each with its marks.
pub(super) fn units(run: &str) -> Vec<&str> {
    let starts = run.char_indices().filter(|(_, c)| !is_combining_mark(*c));
    let mut starts: Vec<usize> = starts.map(|(start, _)| start).collect();
    starts.push(run.len());
    let ends = starts.iter().skip(1);
    starts
        .iter()
        .zip(ends)
        .filter_map(|(start, end)| run.get(*start..*end))
        .collect()
}

/// Each two neighbours among the characters of unspaced text.
pub(super) fn pairs(units: &[&str]) -> Vec<String> {
    units.windows(2).map(|pair| pair.concat()).collect()
}

/// The token of an object number.
pub(super) fn object_token(object: u16) -> String {
    format!("{OBJECT}{object:05}")
}

/// What the tokens of a phone number hold in the index, each behind [`PHONE`]: all its windows, and the last
/// digits for themselves.
pub(super) fn phone_pieces(digits: &str) -> impl Iterator<Item = &str> {
    let digits = digits.get(..PHONE_DIGITS_MAX).unwrap_or(digits);
    let last = digits.len().saturating_sub(PHONE_DIGITS_MIN);
    windows(digits).chain(digits.get(last..))
}

/// What is looked up for a piece of a phone number.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum PhonePart {
    /// A number with all of these tokens.
    Windows(Vec<String>),
    /// A number with a token that begins like this.
    Start(String),
}

/// The look-ups for digits that somebody typed, any of which may hit; none for too few digits.
///
/// Leading zeros may be the international prefix or the national trunk, which E.164 does not have, or part
/// of the end of a number. So they are looked up with and without.
pub(super) fn phone_parts(text: &str) -> Vec<PhonePart> {
    let text = text.replace("(0)", "");
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let stripped = digits.trim_start_matches('0');
    let mut ways = vec![digits.as_str(), stripped];
    ways.dedup();
    let part = |digits: &str| match digits.len() {
        PHONE_DIGITS_MIN => Some(PhonePart::Start(phone_token(digits))),
        PHONE_WINDOW..=PHONE_DIGITS_MAX => Some(PhonePart::Windows(
            windows(digits).map(phone_token).collect(),
        )),
        _ => None,
    };
    ways.into_iter().filter_map(part).collect()
}

fn phone_token(piece: &str) -> String {
    format!("{PHONE}{piece}")
}

fn windows(digits: &str) -> impl Iterator<Item = &str> {
    let starts = 0..(digits.len() + 1).saturating_sub(PHONE_WINDOW);
    starts.filter_map(|start| digits.get(start..start + PHONE_WINDOW))
}
