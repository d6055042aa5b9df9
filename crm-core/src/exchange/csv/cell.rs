//! The guard against cells that a spreadsheet would run as formulas.
//!
//! A text that begins with `=`, `+`, `-`, `@`, a tab or a carriage return gets an apostrophe before it, by
//! which spreadsheets take it for text. Numbers are left as they are: `-5` is harmless and stays a number. A
//! text that has such an apostrophe of its own gets a second one, so that reading takes away exactly what
//! writing has added.

use std::borrow::Cow;

use rust_decimal::Decimal;

/// The cell of a text.
pub(super) fn guard(text: &str) -> Cow<'_, str> {
    if is_like_a_formula(text) && text.parse::<Decimal>().is_err() {
        Cow::Owned(format!("'{text}"))
    } else {
        Cow::Borrowed(text)
    }
}

/// The text of a cell.
pub(super) fn unguard(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(rest) if is_like_a_formula(rest) => rest,
        _ => cell,
    }
}

fn is_like_a_formula(text: &str) -> bool {
    text.trim_start_matches('\'')
        .starts_with(['=', '+', '-', '@', '\t', '\r'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_guard_adds_reading_takes_away() {
        for text in [
            "=1+1", "+cmd", "-x", "@a", "\tx", "-5", "+4930123", "'=1", "''-5", "'-5", "'s", "a=b",
            "", "'",
        ] {
            assert_eq!(unguard(&guard(text)), text);
        }
        assert_eq!(guard("=1+1"), "'=1+1");
        assert_eq!(guard("-5.20"), "-5.20");
    }
}
