//! Numbers, amounts and truth values.

use rust_decimal::Decimal;

use super::{DecimalMark, ReadOptions, clean};
use crate::error::{Error, Result};
use crate::value::{Currency, Money, fold};

/// A number, with or without grouped digits.
///
/// Groups are separated by the character that is not the decimal mark, by a space or by an apostrophe
/// (Switzerland), the same one throughout. The last group has three digits, the others two (India) or three:
/// so `1,5` is not taken for 15 where the comma groups. A minus may be of any kind, before or after the
/// number, or be written as brackets around it, as accountants do. `1.2E+05` is accepted, since spreadsheets
/// export it.
///
/// Where [`ReadOptions::decimal_mark`] is not said, the number itself tells it, unless it has one mark and three
/// digits after it: `1,234` may be one or a thousand.
///
/// # Errors
/// `Invalid` for anything else, and for numbers of more than 28 digits.
///
/// ```
/// use crm_core::value::normalise::{DecimalMark, ReadOptions, decimal};
/// let plain = ReadOptions::default();
/// assert_eq!(decimal("1,234,567.89", &plain).unwrap().to_string(), "1234567.89");
/// assert_eq!(decimal("1.234,5", &plain).unwrap().to_string(), "1234.5");
/// assert_eq!(decimal("12,34,567", &plain).unwrap().to_string(), "1234567");
/// assert_eq!(decimal("(1 200.50)", &plain).unwrap().to_string(), "-1200.50");
/// assert!(decimal("1,234", &plain).is_err());
/// let german = ReadOptions { decimal_mark: Some(DecimalMark::Comma), ..ReadOptions::default() };
/// assert_eq!(decimal("1.234", &german).unwrap().to_string(), "1234");
/// assert!(decimal("1.5", &german).is_err());
/// ```
pub fn decimal(text: &str, options: &ReadOptions) -> Result<Decimal> {
    let cleaned = clean(text);
    read_decimal(&cleaned, options.decimal_mark).map_err(|fault| match fault {
        Fault::Ambiguous => ambiguous(text, &cleaned),
        Fault::Malformed => {
            let example = match options.decimal_mark {
                Some(DecimalMark::Comma) => "1.234,5",
                _ => "1,234.5",
            };
            Error::invalid(text, format!("a number is like `{example}`"))
        }
    })
}

/// What keeps a text from being a number.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    Malformed,
    /// It is two numbers, one a thousand times the other.
    Ambiguous,
}

fn ambiguous(text: &str, number: &str) -> Error {
    let digits: String = number.chars().filter(char::is_ascii_digit).collect();
    Error::invalid(
        text,
        format!(
            "this may be {digits} or a thousandth of it; write `{digits}`, or say the decimal mark"
        ),
    )
}

/// A whole number, written as [`decimal`] reads it. Decimals may be there if they are zeros, but not three of them
/// where they could be the last of a thousand: `10.000`.
///
/// # Errors
/// `Invalid` for anything else, and for numbers that 64 bits do not hold.
///
/// ```
/// use crm_core::value::normalise::{ReadOptions, integer};
/// assert_eq!(integer("1,200,000", &ReadOptions::default()).unwrap(), 1_200_000);
/// assert!(integer("10.000", &ReadOptions::default()).is_err());
/// assert_eq!(integer("5.0", &ReadOptions::default()).unwrap(), 5);
/// assert!(integer("5.5", &ReadOptions::default()).is_err());
/// ```
pub fn integer(text: &str, options: &ReadOptions) -> Result<i64> {
    let number = decimal(text, options)?.normalize();
    check_thousands(text, &clean(text), options.decimal_mark)?;
    if number.scale() > 0 {
        return Err(Error::invalid(text, "a whole number has no decimals"));
    }
    i64::try_from(number).map_err(|_| Error::invalid(text, "a whole number has up to 64 bits"))
}

/// A percentage, with or without its sign: the number before the sign.
///
/// # Errors
/// As [`decimal`].
///
/// ```
/// use crm_core::value::normalise::{ReadOptions, percent};
/// assert_eq!(percent("12.5 %", &ReadOptions::default()).unwrap().to_string(), "12.5");
/// assert_eq!(percent("7", &ReadOptions::default()).unwrap().to_string(), "7");
/// ```
pub fn percent(text: &str, options: &ReadOptions) -> Result<Decimal> {
    let cleaned = clean(text);
    let number = cleaned.strip_suffix('%').unwrap_or(&cleaned);
    read_decimal(number, options.decimal_mark).map_err(|fault| match fault {
        Fault::Ambiguous => ambiguous(text, number),
        Fault::Malformed => Error::invalid(text, "a percentage is like `12.5 %`"),
    })
}

/// An amount with its currency: an ISO 4217 code or a sign, before or after the number.
///
/// A sign of several currencies (`$`, `¥`, `kr`) means the one of the options if that uses it; otherwise `$`
/// is USD and `¥` is JPY, and `kr` is refused. The number is read as [`decimal`] reads it.
///
/// # Errors
/// `Invalid` for anything else, for an amount without a currency where the options have none, and for more
/// decimals than the currency has.
///
/// ```
/// use crm_core::value::normalise::{DecimalMark, ReadOptions, money};
/// let english = ReadOptions::default();
/// assert_eq!(money("$1,200.50", &english).unwrap().to_string(), "1200.50 USD");
/// assert_eq!(money("JPY 5", &english).unwrap().to_string(), "5 JPY");
/// let german = ReadOptions { decimal_mark: Some(DecimalMark::Comma), ..ReadOptions::default() };
/// assert_eq!(money("-1.200,50 €", &german).unwrap().to_string(), "-1200.50 EUR");
/// assert!(money("100", &english).is_err());
/// assert!(money("1.230 €", &english).is_err());
/// ```
pub fn money(text: &str, options: &ReadOptions) -> Result<Money> {
    let wanted = || {
        Error::invalid(
            text,
            "money is an amount and a currency, such as `12.50 EUR` or `$12.50`",
        )
    };
    let cleaned = clean(text);
    let (number, sign) = split_currency(&cleaned);
    let currency = if sign.is_empty() {
        options.currency.ok_or_else(|| {
            Error::invalid(text, "the amount needs a currency, such as `12.50 EUR`")
        })?
    } else {
        currency_of(&sign, options.currency).ok_or_else(wanted)?
    };
    let amount = read_decimal(&number, options.decimal_mark).map_err(|fault| match fault {
        Fault::Ambiguous => ambiguous(text, &number),
        Fault::Malformed => wanted(),
    })?;
    if currency.decimals() < 3 {
        check_thousands(text, &number, options.decimal_mark)?;
    }
    Money::new(amount, currency)
}

/// Refuses what has no three decimals and is written with three of them: `12,500 USD` where the comma comes before the
/// decimals.
fn check_thousands(text: &str, number: &str, mark: Option<DecimalMark>) -> Result<()> {
    let digits = split_sign(number.trim()).map(|(_, digits)| digits);
    match (mark, digits.and_then(thousands)) {
        (Some(mark), Some(found)) if found == mark.mark() => Err(ambiguous(text, number)),
        _ => Ok(()),
    }
}

/// The mark of a number with one mark, up to three digits before it and three after it.
fn thousands(digits: &str) -> Option<char> {
    let (before, mark, after) = single_mark(digits)?;
    let is_group = is_digits(before) && before.len() <= 3 && !before.starts_with('0');
    (is_group && is_digits(after) && after.len() == 3).then_some(mark)
}

/// The only mark of a number, with what stands before and after it.
fn single_mark(digits: &str) -> Option<(&str, char, &str)> {
    let (before, after) = digits.split_once(['.', ','])?;
    let mark = digits.get(before.len()..)?.chars().next()?;
    (!after.contains(['.', ','])).then_some((before, mark, after))
}

/// The decimal mark that a number tells by itself, if that is clear: of two marks the later one; not one that comes
/// more than once; one that has another number of digits after it than three.
fn own_mark(digits: &str) -> Result<Option<DecimalMark>, Fault> {
    let of = |mark: char| match mark {
        ',' => DecimalMark::Comma,
        _ => DecimalMark::Point,
    };
    let Some(last) = digits.rfind(['.', ',']) else {
        return Ok(None);
    };
    let last = digits
        .get(last..)
        .and_then(|rest| rest.chars().next())
        .unwrap_or('.');
    if let Some((_, mark, _)) = single_mark(digits) {
        return match thousands(digits) {
            Some(_) => Err(Fault::Ambiguous),
            None => Ok(Some(of(mark))),
        };
    }
    let other = of(last).grouping();
    // Of one mark that comes again and again the other one is the decimal mark.
    Ok(Some(of(if digits.contains(other) { last } else { other })))
}

/// The decimal mark that a cell tells of the column in which it stands. Where numbers have no three decimals, three
/// digits are a thousand's unless they end with `open`: zeros that could be decimals all the same.
pub(crate) fn told_mark(text: &str, open: Option<&str>) -> Option<DecimalMark> {
    let cleaned = clean(text);
    let (number, _) = split_currency(cleaned.trim_end_matches('%'));
    let (_, digits) = split_sign(number.trim())?;
    let is_number = |mark| read_decimal(digits, Some(mark)).is_ok();
    match own_mark(digits) {
        Ok(mark) => mark.filter(|mark| is_number(*mark)),
        Err(_) if open.is_some_and(|open| !digits.ends_with(open)) => match thousands(digits)? {
            ',' => Some(DecimalMark::Point),
            _ => Some(DecimalMark::Comma),
        },
        Err(_) => None,
    }
}

/// A truth value.
///
/// `true`, `yes`, `on`, `1`, `x` (a ticked box) and their opposites `false`, `no`, `off`, `0`, in any case, by
/// their first letter, and as spreadsheets write them in German, French, Spanish, Italian and Dutch.
///
/// # Errors
/// `Invalid` for anything else, also for nothing: an empty cell is null and not false.
///
/// ```
/// use crm_core::value::normalise::boolean;
/// assert!(boolean("Yes").unwrap());
/// assert!(!boolean("FALSCH").unwrap());
/// assert!(boolean("maybe").is_err());
/// ```
pub fn boolean(text: &str) -> Result<bool> {
    match &*fold(&clean(text)) {
        "true" | "t" | "yes" | "y" | "on" | "1" | "x" | "✓" | "✔" | "wahr" | "ja" | "vrai"
        | "oui" | "verdadero" | "si" | "vero" | "waar" => Ok(true),
        "false" | "f" | "no" | "n" | "off" | "0" | "falsch" | "nein" | "faux" | "non" | "falso"
        | "onwaar" | "nee" => Ok(false),
        _ => Err(Error::invalid(text, "a truth value is `true` or `false`")),
    }
}

/// The number of a cleaned text.
pub(super) fn read_decimal(text: &str, mark: Option<DecimalMark>) -> Result<Decimal, Fault> {
    let (negative, digits) = split_sign(text.trim()).ok_or(Fault::Malformed)?;
    let mark = match mark {
        Some(mark) => mark,
        None => own_mark(digits)?.unwrap_or(DecimalMark::Point),
    };
    let number = read_unsigned(digits, mark).ok_or(Fault::Malformed)?;
    let negative = negative && !number.is_zero();
    Ok(if negative { -number } else { number })
}

fn read_unsigned(digits: &str, mark: DecimalMark) -> Option<Decimal> {
    let (whole, fraction) = match digits.split_once(mark.mark()) {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (digits, None),
    };
    if digits.contains(['e', 'E']) {
        return read_scientific(&digits.replace(mark.mark(), "."));
    }
    if fraction.is_some_and(|fraction| !is_digits(fraction)) {
        return None;
    }
    let whole = match (whole, fraction) {
        ("", Some(_)) => "0".to_owned(),
        _ => ungroup(whole, mark.grouping())?,
    };
    let digits = match fraction {
        Some(fraction) => format!("{whole}.{fraction}"),
        None => whole,
    };
    Decimal::from_str_exact(&digits).ok()
}

/// What spreadsheets make of long numbers: `1.2E+05`.
fn read_scientific(text: &str) -> Option<Decimal> {
    let (mantissa, exponent) = text.split_once(['e', 'E'])?;
    let unsigned = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    if !mantissa.split('.').all(is_digits) || !is_digits(unsigned) {
        return None;
    }
    Decimal::from_scientific(text).ok()
}

/// Splits off a plus, any kind of minus before or after the number, or an accountant's brackets.
fn split_sign(text: &str) -> Option<(bool, &str)> {
    const MINUS: [char; 4] = ['-', '\u{2212}', '\u{2013}', '\u{2010}'];
    if let Some(inner) = text.strip_prefix('(') {
        return Some((true, inner.strip_suffix(')')?.trim()));
    }
    let minus = text
        .strip_prefix(MINUS)
        .or_else(|| text.strip_suffix(MINUS));
    match minus {
        Some(rest) => Some((true, rest.trim())),
        None => Some((false, text.strip_prefix('+').unwrap_or(text).trim_start())),
    }
}

/// The digits of a whole number without what groups them.
fn ungroup(whole: &str, grouping: char) -> Option<String> {
    let Some(separator) = whole.chars().find(|c| !c.is_ascii_digit()) else {
        return is_digits(whole).then(|| whole.to_owned());
    };
    if separator != grouping && !matches!(separator, ' ' | '\'' | '’') {
        return None;
    }
    let groups: Vec<&str> = whole.split(separator).collect();
    let (first, rest) = groups.split_first()?;
    let (last, middle) = rest.split_last()?;
    let is_grouped = (1..=3).contains(&first.len())
        && middle.iter().all(|group| matches!(group.len(), 2 | 3))
        && last.len() == 3;
    (is_grouped && groups.iter().all(|group| is_digits(group))).then(|| groups.concat())
}

/// True for one or more ASCII digits.
pub(super) fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Takes the currency out of an amount, wherever it is.
fn split_currency(text: &str) -> (String, String) {
    let (mut number, mut currency) = (String::new(), String::new());
    let mut last = ' ';
    for c in text.chars() {
        let of_number = c.is_ascii_digit() || " .,'’()+-\u{2212}\u{2013}\u{2010}".contains(c);
        // `Rs. 500` is an abbreviation, not half a rupee.
        let of_abbreviation = c == '.' && last.is_alphabetic();
        if of_number && !of_abbreviation {
            number.push(c);
        } else {
            // Digits on both sides of a currency are not one number.
            number.push(' ');
            if !of_abbreviation {
                currency.push(c);
            }
        }
        last = c;
    }
    (number, currency)
}

/// The signs of currencies. The first currency is what the sign means where the options do not prefer
/// another one that uses it; none if that would be a guess.
const CURRENCY_SIGNS: &[(&str, &[&str])] = &[
    (
        "$",
        &[
            "USD", "AUD", "CAD", "NZD", "SGD", "HKD", "TWD", "MXN", "ARS", "CLP", "COP",
        ],
    ),
    ("US$", &["USD"]),
    ("A$", &["AUD"]),
    ("AU$", &["AUD"]),
    ("C$", &["CAD"]),
    ("CA$", &["CAD"]),
    ("NZ$", &["NZD"]),
    ("S$", &["SGD"]),
    ("HK$", &["HKD"]),
    ("NT$", &["TWD"]),
    ("MX$", &["MXN"]),
    ("R$", &["BRL"]),
    ("€", &["EUR"]),
    ("£", &["GBP"]),
    ("¥", &["JPY", "CNY"]),
    ("￥", &["JPY", "CNY"]),
    ("円", &["JPY"]),
    ("元", &["CNY"]),
    ("₹", &["INR"]),
    ("Rs", &["INR", "PKR", "LKR", "NPR", "MUR"]),
    ("Fr", &["CHF"]),
    ("SFr", &["CHF"]),
    ("kr", &["", "SEK", "NOK", "DKK", "ISK"]),
    ("zł", &["PLN"]),
    ("Kč", &["CZK"]),
    ("Ft", &["HUF"]),
    ("lei", &["RON"]),
    ("₽", &["RUB"]),
    ("₴", &["UAH"]),
    ("₺", &["TRY"]),
    ("₩", &["KRW"]),
    ("₪", &["ILS"]),
    ("₫", &["VND"]),
    ("฿", &["THB"]),
    ("₱", &["PHP"]),
    ("₦", &["NGN"]),
    ("R", &["ZAR"]),
];

fn currency_of(sign: &str, preferred: Option<Currency>) -> Option<Currency> {
    let known = CURRENCY_SIGNS
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(sign));
    let Some((_, codes)) = known else {
        return Currency::new(sign).ok();
    };
    preferred
        .filter(|preferred| codes.contains(&preferred.code()))
        .or_else(|| Currency::new(codes.first()?).ok())
}
