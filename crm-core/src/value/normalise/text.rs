//! Text as it is stored: one sequence of characters for what looks the same.

use std::borrow::Cow;

use icu_normalizer::ComposingNormalizerBorrowed;

/// Text in its stored form: composed (NFC, Unicode Standard Annex 15) and without characters that nobody sees.
///
/// Dropped are control characters but tabs, ends of lines and other white space, the soft hyphen, zero-width spaces and the byte order
/// mark, marks of writing direction, and the invisible letters of U+E0000. What writing needs stays: the joiner and
/// the non-joiner after letters of scripts that join them (Arabic, the scripts of India and their neighbours), the
/// joiner between emoji, and the letters that make a flag of a region. `NUL` stays, for it to be refused.
///
/// ```
/// use crm_core::value::normalise::text;
/// assert_eq!(text("Bo\u{308}rse \u{200B}AG\u{FEFF}"), "Börse AG");
/// assert_eq!(text("می\u{200C}خواهم"), "می\u{200C}خواهم");
/// assert_eq!(text("👩\u{200D}💻"), "👩\u{200D}💻");
/// ```
pub fn text(text: &str) -> Cow<'_, str> {
    let is_plain = |byte: u8| matches!(byte, b' '..=b'~' | b'\t' | b'\n' | b'\r' | b'\0');
    if text.bytes().all(is_plain) {
        return Cow::Borrowed(text);
    }
    let nfc = ComposingNormalizerBorrowed::new_nfc();
    if !text.chars().any(is_hidden) {
        return nfc.normalize(text);
    }
    // What stood apart by something invisible may compose now.
    Cow::Owned(nfc.normalize(&visible(text)).into_owned())
}

/// True for a text in which there is nothing to be seen.
pub(crate) fn is_blank(text: &str) -> bool {
    text.chars().all(|c| c.is_whitespace() || is_hidden(c))
}

/// True for the characters that are dropped wherever they stand, or where writing does not need them.
fn is_hidden(c: char) -> bool {
    is_control(c) || is_invisible(c) || matches!(c, '\u{E0000}'..='\u{E007F}')
}

fn is_control(c: char) -> bool {
    // What is white space stands between words: without it they would be one.
    c.is_control() && !c.is_whitespace() && c != '\0'
}

fn visible(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut last = '\0';
    let mut chars = text.chars().filter(|c| !is_hidden(*c) || needs_context(*c));
    let mut next = chars.next();
    while let Some(c) = next {
        next = chars.next();
        let is_needed = match c {
            NON_JOINER => joins_letters(last) && next.is_some_and(joins_letters),
            JOINER => joins_letters(last) || (is_emoji(last) && next.is_some_and(is_emoji)),
            '\u{E0020}'..='\u{E007F}' => is_of_flag(last),
            _ => true,
        };
        if is_needed {
            kept.push(c);
            last = c;
        }
    }
    kept
}

const NON_JOINER: char = '\u{200C}';
const JOINER: char = '\u{200D}';

/// True for the hidden characters that writing needs in some places.
fn needs_context(c: char) -> bool {
    matches!(c, NON_JOINER | JOINER | '\u{E0020}'..='\u{E007F}')
}

/// The blocks of the scripts whose letters take another form beside each other: from Arabic to Mongolian, and their
/// extensions. The others among them are never written with joiners.
fn joins_letters(c: char) -> bool {
    matches!(c,
        '\u{0600}'..='\u{1CFF}' | '\u{A800}'..='\u{ABFF}' | '\u{FB50}'..='\u{FDFF}' | '\u{FE70}'..='\u{FEFC}'
        | '\u{10A00}'..='\u{11FFF}' | '\u{1E900}'..='\u{1E95F}')
}

/// Pictures, the signs that can be shown as such, and what varies them.
fn is_emoji(c: char) -> bool {
    matches!(c, '\u{2190}'..='\u{2BFF}' | '\u{FE0F}' | '\u{1F000}'..='\u{1FAFF}')
}

/// True for the black flag and the letters behind it, which say whose flag it is.
fn is_of_flag(c: char) -> bool {
    matches!(c, '\u{1F3F4}' | '\u{E0020}'..='\u{E007E}')
}

/// Zero-width characters and marks of writing direction; the soft hyphen.
pub(super) const fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{AD}' | '\u{61C}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2064}'
            | '\u{2066}'..='\u{206F}' | '\u{FEFF}'
    )
}
