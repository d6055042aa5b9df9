//! The one total order of values, and the folding of text that it stands on.

use std::borrow::Cow;
use std::cmp::Ordering;

use icu_normalizer::DecomposingNormalizerBorrowed;
use icu_normalizer::properties::CanonicalCombiningClassMapBorrowed;
use rust_decimal::Decimal;

use super::{ListRef, Money, PartsRef, ValueRef};

/// Text as the order, unique keys and index lookups see it: "José", "JOSE" and "jose" are one.
///
/// The compatibility decomposition (NFKD, Unicode Standard Annex 15) without diacritics, in lower case; `ß`
/// is `ss` and a final `ς` is `σ`, as in Unicode's full case folding. The marks of Indic vowels, the virama
/// and the voicing marks of kana stay: without them it would be another word, not the same one written
/// carelessly.
///
/// ```
/// use crm_core::value::fold;
/// assert_eq!(fold("José"), "jose");
/// assert_eq!(fold("STRASSE"), fold("Straße"));
/// assert_ne!(fold("カス"), fold("ガス"));
/// ```
pub fn fold(text: &str) -> Cow<'_, str> {
    if !text.is_ascii() {
        return Cow::Owned(fold_chars(text).collect());
    }
    if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        Cow::Owned(text.to_ascii_lowercase())
    } else {
        Cow::Borrowed(text)
    }
}

fn fold_chars(text: &str) -> impl Iterator<Item = char> {
    DecomposingNormalizerBorrowed::new_nfkd()
        .normalize_iter(text.chars())
        .filter(|c| !is_diacritic(*c))
        .flat_map(char::to_lowercase)
        .flat_map(|c| {
            let (first, second) = match c {
                'ß' => ('s', Some('s')),
                'ς' => ('σ', None),
                _ => (c, None),
            };
            std::iter::once(first).chain(second)
        })
}

/// The classes are those of Unicode's `CanonicalCombiningClass`: 0 is no mark, or an Indic vowel; 8 is the
/// voicing of kana; 9 is the virama.
fn is_diacritic(c: char) -> bool {
    let class = || CanonicalCombiningClassMapBorrowed::new().get_u8(c);
    !c.is_ascii() && !matches!(class(), 0 | 8 | 9)
}

/// The place of each type in the order. It is also the tag of a value in a key, so it is stored; the gaps
/// are for types to come.
pub(super) mod rank {
    pub(in super::super) const NULL: u8 = 0x05;
    pub(in super::super) const BOOL: u8 = 0x10;
    pub(in super::super) const NUMBER: u8 = 0x20;
    pub(in super::super) const TEXT: u8 = 0x30;
    pub(in super::super) const DATE: u8 = 0x40;
    pub(in super::super) const PARTIAL_DATE: u8 = 0x44;
    pub(in super::super) const DATE_TIME: u8 = 0x48;
    pub(in super::super) const DURATION: u8 = 0x4C;
    pub(in super::super) const MONEY: u8 = 0x50;
    pub(in super::super) const REF: u8 = 0x60;
    pub(in super::super) const PARTS: u8 = 0x70;
    pub(in super::super) const LIST: u8 = 0x80;
}

/// The place of a value's type in the order.
pub(super) const fn rank_of(value: &ValueRef<'_>) -> u8 {
    match value {
        ValueRef::Null => rank::NULL,
        ValueRef::Bool(_) => rank::BOOL,
        ValueRef::Int(_) | ValueRef::Decimal(_) => rank::NUMBER,
        ValueRef::Text(_) => rank::TEXT,
        ValueRef::Date(_) => rank::DATE,
        ValueRef::PartialDate(_) => rank::PARTIAL_DATE,
        ValueRef::DateTime(_) => rank::DATE_TIME,
        ValueRef::Duration(_) => rank::DURATION,
        ValueRef::Money(_) => rank::MONEY,
        ValueRef::Ref(_) => rank::REF,
        ValueRef::Parts(_) => rank::PARTS,
        ValueRef::List(_) => rank::LIST,
    }
}

/// The one total order of values: of sorts, ranges and keys.
///
/// Null is first, then values go by type: truth values, numbers, text, dates, partial dates, date-times,
/// durations, money, references, parts, lists. Numbers compare as numbers, whole or not. Text compares by its
/// folded form (see [`fold`]) and only then as it is written. Money goes by currency, then by amount: amounts
/// of two currencies do not compare. An unknown year, or month and day, is before every known one. Parts
/// compare as the text that they make together, lists element by element.
///
/// Values that are equal in this order need not be equal by `==`: 1 and 1.0 are two values and one number.
///
/// ```
/// use std::cmp::Ordering;
/// use crm_core::value::{ValueRef, compare};
/// assert_eq!(compare(&ValueRef::Null, &ValueRef::Int(i64::MIN)), Ordering::Less);
/// assert_eq!(compare(&ValueRef::Int(1), &ValueRef::Decimal("1.0".parse().unwrap())), Ordering::Equal);
/// assert_eq!(compare(&ValueRef::Text("Zoë"), &ValueRef::Text("adam")), Ordering::Greater);
/// ```
pub fn compare(a: &ValueRef<'_>, b: &ValueRef<'_>) -> Ordering {
    match (*a, *b) {
        (ValueRef::Bool(a), ValueRef::Bool(b)) => a.cmp(&b),
        (ValueRef::Int(a), ValueRef::Int(b)) => a.cmp(&b),
        (ValueRef::Int(a), ValueRef::Decimal(b)) => Decimal::from(a).cmp(&b),
        (ValueRef::Decimal(a), ValueRef::Int(b)) => a.cmp(&b.into()),
        (ValueRef::Decimal(a), ValueRef::Decimal(b)) => a.cmp(&b),
        (ValueRef::Text(a), ValueRef::Text(b)) => compare_text(a, b),
        (ValueRef::Date(a), ValueRef::Date(b)) => a.cmp(&b),
        (ValueRef::PartialDate(a), ValueRef::PartialDate(b)) => a.cmp(&b),
        // At the precision that is stored, or a value would differ from itself once it is read back.
        (ValueRef::DateTime(a), ValueRef::DateTime(b)) => {
            a.timestamp_micros().cmp(&b.timestamp_micros())
        }
        (ValueRef::Duration(a), ValueRef::Duration(b)) => {
            a.num_milliseconds().cmp(&b.num_milliseconds())
        }
        (ValueRef::Money(a), ValueRef::Money(b)) => compare_money(&a, &b),
        (ValueRef::Ref(a), ValueRef::Ref(b)) => a.cmp(&b),
        (ValueRef::Parts(a), ValueRef::Parts(b)) => compare_parts(a, b),
        (ValueRef::List(a), ValueRef::List(b)) => compare_lists(a, b),
        (a, b) => rank_of(&a).cmp(&rank_of(&b)),
    }
}

/// By the folded form, then as written.
pub(super) fn compare_text(a: &str, b: &str) -> Ordering {
    let folded = if a.is_ascii() && b.is_ascii() {
        a.bytes()
            .map(|byte| byte.to_ascii_lowercase())
            .cmp(b.bytes().map(|byte| byte.to_ascii_lowercase()))
    } else {
        fold_chars(a).cmp(fold_chars(b))
    };
    folded.then_with(|| a.cmp(b))
}

fn compare_money(a: &Money, b: &Money) -> Ordering {
    (a.currency(), a.amount()).cmp(&(b.currency(), b.amount()))
}

fn compare_parts(a: PartsRef<'_>, b: PartsRef<'_>) -> Ordering {
    compare_text(&joined(a), &joined(b)).then_with(|| a.iter().cmp(b.iter()))
}

/// The text by which parts are ordered.
pub(super) fn joined(parts: PartsRef<'_>) -> String {
    parts.join(" ")
}

fn compare_lists(a: ListRef<'_>, b: ListRef<'_>) -> Ordering {
    a.iter()
        .zip(b.iter())
        .map(|(a, b)| compare(&a, &b))
        .find(|order| order.is_ne())
        .unwrap_or_else(|| a.len().cmp(&b.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folding_meets_what_people_type() {
        for (a, b) in [
            ("José", "JOSE"),
            ("Ångström", "angstrom"),
            ("Straße", "STRASSE"),
            ("ΟΔΟΣ", "οδός"),
            ("İstanbul", "istanbul"),
            ("ｶﾞｽ", "ガス"),
            ("ﬁn", "FIN"),
            ("Nguyễn", "nguyen"),
        ] {
            assert_eq!(fold(a), fold(b), "{a} and {b}");
        }
        // Vowels and voicing make other words.
        assert_ne!(fold("की"), fold("का"));
        assert_ne!(fold("カ"), fold("ガ"));
        assert!(matches!(fold("plain ascii 42"), Cow::Borrowed(_)));
    }

    #[test]
    fn folding_twice_is_folding_once() {
        for c in '\0'..=char::MAX {
            let once: String = fold_chars(c.encode_utf8(&mut [0; 4])).collect();
            let twice: String = fold_chars(&once).collect();
            assert_eq!(once, twice, "U+{:04X}", u32::from(c));
        }
    }
}
