//! What people write into a cell for which they have nothing.

use super::header::Place;
use crate::schema::{FieldDef, FieldType};
use crate::value::fold;

/// What is never meant: marks of spreadsheets and of those who fill them in.
const MARKS: &[&str] = &[
    "n/a",
    "(n/a)",
    "#n/a",
    "#n/v",
    "#nv",
    "#value!",
    "#wert!",
    "#ref!",
    "#bezug!",
    "#name?",
    "#null!",
    "#num!",
    "#div/0!",
    "(none)",
    "(null)",
    "(empty)",
    "(blank)",
    "(unknown)",
    "(not set)",
    "<null>",
    "<none>",
    "<empty>",
    "[null]",
    "[none]",
    "\\n",
];
/// What programs write for nothing, in the case in which they do.
const DUMPS: &[&str] = &["NULL", "null", "None", "nil", "NaN", "nan", "undefined"];
/// What is meant as nothing where a name, a number, a date or an address is wanted, and is a word where text is.
const WORDS: &[&str] = &[
    "na",
    "n.a.",
    "n. a.",
    "n.a",
    "none",
    "null",
    "nil",
    "nan",
    "undefined",
    "unknown",
    "not available",
    "not applicable",
    "not known",
    "tbd",
    "tba",
    "?",
    "??",
    "???",
    ".",
    "..",
    "...",
    "./.",
    "unbekannt",
    "keine",
    "keiner",
    "kein",
    "k.a.",
    "k. a.",
    "inconnu",
    "inconnue",
    "aucun",
    "aucune",
    "desconocido",
    "ninguno",
    "ninguna",
    "sin datos",
    "sconosciuto",
    "nessuno",
    "onbekend",
    "geen",
    "нет",
    "неизвестно",
    "не указано",
    "无",
    "無",
    "なし",
    "不明",
];

/// True for a text that some field takes for nothing.
pub(super) fn may_be_nothing(text: &str) -> bool {
    const BYTES_MAX: usize = 32;
    if text.is_empty() || text.len() > BYTES_MAX {
        return false;
    }
    is_mark(text) || DUMPS.contains(&text) || WORDS.contains(&&*fold(text))
}

/// True for the text of a cell that means that there is nothing for a field.
pub(super) fn is_nothing(text: &str, field: &FieldDef, place: Place) -> bool {
    use FieldType as T;
    const BYTES_MAX: usize = 32;
    if text.is_empty() || text.len() > BYTES_MAX {
        return false;
    }
    // Numbers and addresses are no words.
    let is_data = || text.contains(|c: char| c == '@' || matches!(c, '1'..='9'));
    let is_word = || !is_data() && (WORDS.contains(&&*fold(text)) || DUMPS.contains(&text));
    match field.ty {
        _ if matches!(place, Place::Currency | Place::Id) => is_mark(text) || is_word(),
        // There are people whose family name is Null, and nobody whose only name it is.
        T::PersonName if place != Place::Whole => is_mark(text),
        T::PersonName => is_mark(text) || DUMPS.contains(&text),
        T::Text | T::LongText | T::Address => is_mark(text) || DUMPS.contains(&text),
        T::Choice if field.open_choices => is_mark(text) || DUMPS.contains(&text),
        T::Choice if is_choice(field, text) => false,
        T::Email | T::Phone | T::Url | T::Domain | T::Date | T::PartialDate | T::DateTime => {
            is_mark(text) || is_word() || is_zeros(text)
        }
        _ => is_mark(text) || is_word(),
    }
}

fn is_mark(text: &str) -> bool {
    let dashes = ['-', '–', '—', '_', '\u{2212}'];
    // Most cells are words and numbers, and need not be compared with each mark.
    let begins = |c: char| !c.is_alphanumeric() || matches!(c, 'n' | 'N');
    if !text.starts_with(begins) {
        return false;
    }
    text.chars().all(|c| dashes.contains(&c)) || MARKS.contains(&&*fold(text))
}

fn is_choice(field: &FieldDef, text: &str) -> bool {
    let is = |known: &str| known.eq_ignore_ascii_case(text);
    field
        .choices
        .iter()
        .any(|choice| is(&choice.key) || is(&choice.label))
}

/// `0`, `0000-00-00`, `000-000-0000`: no number and no day.
fn is_zeros(text: &str) -> bool {
    text.contains('0') && text.chars().all(|c| "0-/.:+() ".contains(c))
}
