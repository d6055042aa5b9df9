//! Telephone numbers.

use std::fmt::Write;

use phonenumber::metadata::DATABASE;
use phonenumber::{Mode, PhoneNumber, country};

use super::clean;
use crate::error::{Error, Result};

/// ITU-T E.164, 6.2.1.
const E164_DIGITS_MAX: usize = 15;
/// Shorter ones are service numbers (112), which have no international form.
const E164_DIGITS_MIN: usize = 7;
/// What libphonenumber reads at most.
const EXTENSION_DIGITS_MAX: usize = 9;

/// A telephone number in its normal form: E.164 (`+493012345678`), with its extension as RFC 3966 writes it
/// (`+493012345678;ext=12`).
///
/// A number that does not begin with `+`, or with the prefix that the region dials before foreign numbers, is
/// one of the region (ISO 3166-1 alpha-2). Its length must be one that the country has; whether its prefix is
/// assigned is not checked, since countries assign new ones all the time.
///
/// # Errors
/// `Invalid` for anything else, also for a region that does not exist.
///
/// ```
/// use crm_core::value::normalise::phone;
/// assert_eq!(phone("(415) 555-2671 x12", "US").unwrap(), "+14155552671;ext=12");
/// assert_eq!(phone("+49 (0)30 / 1234-5678", "US").unwrap(), "+493012345678");
/// assert_eq!(phone("06 12 34 56 78", "FR").unwrap(), "+33612345678");
/// assert!(phone("call me", "US").is_err());
/// ```
pub fn phone(text: &str, default_region: &str) -> Result<String> {
    let Parsed { number, extension } = parse(text, default_region)?;
    let mut normal = format!("+{}{}", number.country().code(), number.national());
    if let Some(extension) = extension {
        normal.push_str(";ext=");
        normal.push_str(&extension);
    }
    Ok(normal)
}

/// A normal form of [`phone`] as people read it: grouped as its country does it, after the country's code.
///
/// # Errors
/// `Invalid` for text that is not such a form.
///
/// ```
/// use crm_core::value::normalise::phone_display;
/// assert_eq!(phone_display("+14155552671;ext=12").unwrap(), "+1 415-555-2671 ext. 12");
/// assert_eq!(phone_display("+81312345678").unwrap(), "+81 3-1234-5678");
/// ```
pub fn phone_display(normal: &str) -> Result<String> {
    // The region is of no account for a number that begins with a plus.
    let Parsed { number, extension } = if normal.starts_with('+') {
        parse(normal, "US")?
    } else {
        return Err(refused(normal));
    };
    let mut shown = String::new();
    write!(shown, "{}", number.format().mode(Mode::International)).map_err(|_| refused(normal))?;
    if let Some(extension) = extension {
        shown.push_str(" ext. ");
        shown.push_str(&extension);
    }
    Ok(shown)
}

struct Parsed {
    number: PhoneNumber,
    extension: Option<String>,
}

fn parse(text: &str, default_region: &str) -> Result<Parsed> {
    let cleaned = clean(text);
    let (dialled, extension) = split_extension(&cleaned).ok_or_else(|| refused(text))?;
    let number = read_number(&dialled, default_region)?.ok_or_else(|| refused(text))?;
    Ok(Parsed { number, extension })
}

fn refused(text: &str) -> Error {
    Error::invalid(
        text,
        "a phone number is like `+14155552671`, or without country code one of the default region",
    )
}

/// The number, of which only digits and a leading plus are left, and the extension.
fn split_extension(text: &str) -> Option<(String, Option<String>)> {
    const MARKERS: [&str; 7] = ["extension", "extn", "ext", "x", "#", "durchwahl", "anexo"];
    let lower = text.to_lowercase();
    let lower = lower.strip_prefix("tel:").unwrap_or(&lower).trim();
    let is_number = |c: char| c.is_ascii_digit() || is_punctuation(c);
    let end = lower.find(|c| !is_number(c)).unwrap_or(lower.len());
    let (number, rest) = lower.split_at_checked(end)?;
    let extension = if rest.is_empty() {
        None
    } else {
        let rest = rest.trim_start_matches([';', ',', ' ']);
        let digits = MARKERS
            .iter()
            .find_map(|marker| rest.strip_prefix(marker))?;
        let digits = digits.trim_start_matches(['.', ':', '=', ' ']);
        let fits = (1..=EXTENSION_DIGITS_MAX).contains(&digits.len());
        if !fits || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        Some(digits.to_owned())
    };
    // In `+49 (0)30` the zero is for callers within the country.
    let number = if number.starts_with(['+', '0']) {
        number.replacen("(0)", "", 1)
    } else {
        number.to_owned()
    };
    let plus = if number.starts_with('+') { "+" } else { "" };
    if number.trim_start_matches('+').contains('+') {
        return None;
    }
    let digits: String = number.chars().filter(char::is_ascii_digit).collect();
    Some((format!("{plus}{digits}"), extension))
}

fn is_punctuation(c: char) -> bool {
    matches!(c, '+' | '-' | '(' | ')' | '[' | ']' | '.' | '/' | ' ' | '~')
        || matches!(c, '\u{2010}'..='\u{2015}' | '\u{2212}')
}

/// Parses digits after an optional plus; nothing for those that are not a number.
///
/// The parser of `phonenumber` panics on short numbers behind an international prefix and on regions without
/// metadata. So neither gets there: what is international goes to it with a plus and without a region, and
/// with enough digits.
fn read_number(dialled: &str, default_region: &str) -> Result<Option<PhoneNumber>> {
    let (region, metadata) = region(default_region)?;
    let international = dialled.strip_prefix('+').or_else(|| {
        let prefix = metadata.international_prefix()?.find(dialled)?;
        (prefix.start() == 0).then(|| dialled.get(prefix.end()..))?
    });
    let digits = international.unwrap_or(dialled);
    if digits.len() > E164_DIGITS_MAX + 2 {
        return Ok(None);
    }
    let parsed = match international {
        Some(digits) if digits.starts_with('0') || digits.len() < E164_DIGITS_MIN => {
            return Ok(None);
        }
        Some(digits) => phonenumber::parse(None, format!("+{digits}")),
        None => phonenumber::parse(Some(region), digits),
    };
    Ok(parsed.ok().filter(has_possible_length))
}

fn region(code: &str) -> Result<(country::Id, &'static phonenumber::Metadata)> {
    let upper = code.trim().to_ascii_uppercase();
    let id = upper.parse::<country::Id>().ok();
    id.zip(DATABASE.by_id(upper.as_str()))
        .ok_or_else(|| Error::invalid(code, "a region is an ISO 3166-1 alpha-2 code, such as `US`"))
}

fn has_possible_length(number: &PhoneNumber) -> bool {
    let code = number.country().code();
    let national = number.national().to_string();
    let digits = code.to_string().len() + national.len();
    if !(E164_DIGITS_MIN..=E164_DIGITS_MAX).contains(&digits) {
        return false;
    }
    let countries = DATABASE.by_code(&code).unwrap_or_default();
    countries.iter().any(|country| {
        let kinds = country.descriptors();
        // The metadata has lengths for each kind of number and none for all of them.
        [
            kinds.fixed_line(),
            kinds.mobile(),
            kinds.toll_free(),
            kinds.premium_rate(),
            kinds.shared_cost(),
            kinds.personal_number(),
            kinds.voip(),
            kinds.uan(),
        ]
        .into_iter()
        .flatten()
        .flat_map(|kind| kind.possible_length())
        .any(|length| usize::from(*length) == national.len())
    })
}
