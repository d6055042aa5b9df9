//! What the index keeps of a record.

use std::borrow::Cow;

use super::WEIGHT_MAX;
use super::token::{PHONE, Run, WHOLE, chunks, cut, fold_text, pairs, phone_pieces, units};

/// Room for the text and the number of tokens that most records have.
const USUAL: (usize, usize) = (256, 32);

/// The searchable text of one record: its tokens, each with the greatest weight of the fields that
/// contain it.
///
/// Weights are from 1 to [`WEIGHT_MAX`]; others count as the nearest of them.
///
/// ```
/// use crm_core::search::Document;
/// let mut document = Document::new();
/// document.add_text("Ana García, anagarcia.example", 9);
/// document.add_text("ana@garcia.example", 5);
/// document.add_phone("+4930123456", 5);
/// assert!(!document.is_empty());
/// ```
#[derive(Debug, Clone, Default)]
pub struct Document {
    /// The tokens, one after the other.
    text: String,
    /// Where each token ends in `text`, and its weight.
    ends: Vec<(usize, u8)>,
}

impl Document {
    /// A document without text: that of a record which does not exist.
    pub fn new() -> Self {
        Document::default()
    }

    /// True if there is nothing to be found.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Adds text of any kind. E-mail and web addresses in it are recognised: findable whole, by their domain, and
    /// by each word in them.
    pub fn add_text(&mut self, text: &str, weight: u8) {
        if !text.is_ascii() {
            return self.add_chunks(&fold_text(text), weight);
        }
        for chunk in text.split_ascii_whitespace() {
            // Most are words of letters and digits, of which a token is the lower case.
            if chunk.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
                let start = self.text.len();
                self.add_token(cut(chunk), weight);
                self.text[start..].make_ascii_lowercase();
            } else {
                self.add_chunks(&fold_text(chunk), weight);
            }
        }
    }

    fn add_chunks(&mut self, folded: &str, weight: u8) {
        for chunk in chunks(folded) {
            if let Some(word) = chunk.plain_word() {
                self.add_token(cut(word), weight);
                continue;
            }
            for whole in [chunk.address(), chunk.domain()].into_iter().flatten() {
                self.text.push(WHOLE);
                self.add_token(cut(whole), weight);
            }
            if let Some(name) = chunk.without_apostrophes() {
                self.add_token(&name, weight);
            }
            for run in chunk.runs() {
                self.add_run(run, weight);
            }
        }
    }

    /// Adds a phone number in E.164, with `;ext=` for an extension: findable by any four or more digits
    /// that follow each other.
    pub fn add_phone(&mut self, number: &str, weight: u8) {
        let (number, extension) = number.split_once(";ext=").unwrap_or((number, ""));
        let digits = number.strip_prefix('+').unwrap_or(number);
        let digits: Cow<'_, str> = if digits.bytes().all(|byte| byte.is_ascii_digit()) {
            digits.into()
        } else {
            digits.chars().filter(char::is_ascii_digit).collect()
        };
        for piece in phone_pieces(&digits) {
            self.text.push(PHONE);
            self.add_token(piece, weight);
        }
        // Emergency and service numbers are too short to be parts of a number.
        if digits.len() < 4 {
            self.add_text(&digits, weight);
        }
        self.add_text(extension, weight);
    }

    fn add_run(&mut self, run: Run<'_>, weight: u8) {
        match run {
            Run::Word(word) => self.add_token(cut(word), weight),
            Run::Unspaced(run) => {
                let units = units(run);
                for pair in pairs(&units) {
                    self.add_token(&pair, weight);
                }
                for unit in units {
                    self.add_token(cut(unit), weight);
                }
            }
        }
    }

    /// Ends a token, the rest of which is `token`.
    fn add_token(&mut self, token: &str, weight: u8) {
        if self.ends.is_empty() {
            self.text.reserve(USUAL.0);
            self.ends.reserve(USUAL.1);
        }
        self.text.push_str(token);
        self.ends
            .push((self.text.len(), weight.clamp(1, WEIGHT_MAX)));
    }

    /// The tokens with their weights, as they came: the same one may come again.
    pub(super) fn tokens(&self) -> impl Iterator<Item = (&str, u8)> {
        let mut start = 0;
        self.ends.iter().filter_map(move |&(end, weight)| {
            let token = self.text.get(start..end)?;
            start = end;
            Some((token, weight))
        })
    }

    /// The tokens in order, each once, with its greatest weight.
    pub(super) fn sorted_tokens(&self) -> Vec<(&str, u8)> {
        let mut tokens: Vec<(&str, u8)> = self.tokens().collect();
        tokens.sort_unstable_by(|a, b| (a.0, b.1).cmp(&(b.0, a.1)));
        tokens.dedup_by_key(|(token, _)| *token);
        tokens
    }
}
