//! Readers of text as people type it and spreadsheets export it, for forms and imports.
//!
//! Each reader is a pure function that gives the one normal form of what was meant, or an
//! [`Invalid`](crate::error::Detail::Invalid) that says what would be accepted. None of them guesses: text that
//! could mean two things is read as [`ReadOptions`] say, or refused.
//!
//! All of them overlook what copying and spreadsheets leave behind: blanks of every kind, also no-break and
//! zero-width ones, at the ends; marks of writing direction; the apostrophe by which Excel marks a cell as
//! text; and full-width digits and letters (U+FF01 to U+FF5E), which East Asian input methods produce.

mod contact;
mod country;
mod duration;
mod number;
mod phone;
mod text;
mod time;

pub use contact::{domain, email, same_email, url};
pub use country::country;
pub use duration::duration;
pub(crate) use number::told_mark;
pub use number::{boolean, decimal, integer, money, percent};
pub(crate) use phone::check_region;
pub use phone::{phone, phone_display};
pub(crate) use text::is_blank;
pub use text::text;
pub use time::{date, datetime, partial_date};
pub(crate) use time::{day_alone, told_order};

use std::borrow::Cow;

use text::is_invisible;

use super::Currency;
use crate::value::Zone;

/// How text that could mean several things is read.
#[derive(Debug, Clone, PartialEq)]
pub struct ReadOptions {
    /// Which character comes before the decimals. Where that is not said, `1,234.5`, `1.234,5` and `12,5` are
    /// clear by themselves, and `1,234` is refused: it may be one or a thousand.
    pub decimal_mark: Option<DecimalMark>,
    /// True if `03/04/2024` is the 3rd of April, false if it is the 4th of March. Where that is not said,
    /// `15/04/2024` is clear by itself and `03/04/2024` is refused. With dots the day is first.
    pub day_first: Option<bool>,
    /// The zone of date-times that do not say theirs.
    pub time_zone: Zone,
    /// The country of phone numbers that do not say theirs: ISO 3166-1 alpha-2, such as `US`.
    pub region: String,
    /// The currency of amounts that do not say theirs; without one they are refused.
    pub currency: Option<Currency>,
}

impl Default for ReadOptions {
    /// No decimal mark, no order of dates and no currency: an amount should not become a thousand times as much,
    /// or dollars, because nobody said otherwise. UTC, and phone numbers of the US.
    fn default() -> Self {
        ReadOptions {
            decimal_mark: None,
            day_first: None,
            time_zone: Zone::UTC,
            region: "US".to_owned(),
            currency: None,
        }
    }
}

/// The character before the decimals. The other one of the two groups digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DecimalMark {
    /// `1,234.5`
    Point,
    /// `1.234,5`
    Comma,
}

impl DecimalMark {
    const fn mark(self) -> char {
        match self {
            DecimalMark::Point => '.',
            DecimalMark::Comma => ',',
        }
    }

    const fn grouping(self) -> char {
        match self {
            DecimalMark::Point => ',',
            DecimalMark::Comma => '.',
        }
    }
}

/// The text without what copying and spreadsheets leave behind; see the [module](self). Blanks of every
/// kind inside it are plain spaces.
fn clean(text: &str) -> String {
    let is_clean = |byte: u8| byte.is_ascii_graphic() || byte == b' ';
    let visible: Cow<'_, str> = if text.bytes().all(is_clean) {
        text.into()
    } else {
        let visible = text.chars().filter(|c| !is_invisible(*c));
        let visible = visible.map(|c| match c {
            // The full-width forms are ASCII moved by a constant.
            '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
            c if c.is_whitespace() => ' ',
            c => c,
        });
        visible.collect()
    };
    let trimmed = visible.trim();
    let unquoted = trimmed.strip_prefix('\'').unwrap_or(trimmed);
    unquoted.trim_start().to_owned()
}
