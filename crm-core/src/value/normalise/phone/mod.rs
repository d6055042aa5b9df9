//! Telephone numbers.

mod pattern;
mod plan;

use super::clean;
use crate::error::{Error, Result};
use plan::Plan;

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
    let (number, extension) = parse(text, default_region)?;
    let mut normal = number.e164();
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
    if !normal.starts_with('+') {
        return Err(refused(normal));
    }
    // The region is of no account for a number that begins with a plus.
    let (number, extension) = parse(normal, "US")?;
    let mut shown = number.international();
    if let Some(extension) = extension {
        shown.push_str(" ext. ");
        shown.push_str(&extension);
    }
    Ok(shown)
}

/// A country's code, and the number within the country without what is dialled before it there.
#[derive(PartialEq)]
struct Number {
    code: u16,
    national: String,
}

impl Number {
    fn e164(&self) -> String {
        format!("+{}{}", self.code, self.national)
    }

    /// Grouped as its country does it, where that is known.
    fn international(&self) -> String {
        let country = Plan::of_code(self.code).next();
        let grouped = country.and_then(|country| country.grouped(&self.national));
        let national = grouped.as_ref().unwrap_or(&self.national);
        format!("+{} {national}", self.code)
    }

    /// Whether the country has numbers of this length.
    fn has_possible_length(&self) -> bool {
        let digits = self.code.to_string().len() + self.national.len();
        (E164_DIGITS_MIN..=E164_DIGITS_MAX).contains(&digits)
            && Plan::of_code(self.code)
                .flat_map(Plan::kinds)
                .any(|kind| kind.has_length(&self.national))
    }
}

fn parse(text: &str, default_region: &str) -> Result<(Number, Option<String>)> {
    let cleaned = clean(text);
    let (dialled, extension) = split_extension(&cleaned).ok_or_else(|| refused(text))?;
    let number = read_number(&dialled, region(default_region)?).ok_or_else(|| refused(text))?;
    Ok((number, extension))
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

/// Reads digits after an optional plus.
fn read_number(dialled: &str, region: &Plan) -> Option<Number> {
    let international = dialled
        .strip_prefix('+')
        .or_else(|| region.strip_international(dialled));
    let number = match international {
        Some(digits) => read_international(digits)?,
        None => read_national(dialled, region)?,
    };
    // A number with stray zeros would lose some of them each time that its normal form is read.
    let again = read_international(number.e164().strip_prefix('+')?)?;
    (again == number).then_some(number)
}

fn read_international(digits: &str) -> Option<Number> {
    // Some trunk digits may be among them.
    let lengths = E164_DIGITS_MIN..=E164_DIGITS_MAX + 2;
    if digits.starts_with('0') || !lengths.contains(&digits.len()) {
        return None;
    }
    // No code begins with another one.
    let (code, national) = (1..=3).find_map(|len| {
        let (code, national) = digits.split_at_checked(len)?;
        let code = code.parse().ok()?;
        Plan::of_code(code).next().map(|_| (code, national))
    })?;
    if Plan::of_code(code).any(|country| country.has_assigned(national)) {
        let national = national.to_owned();
        return Some(Number { code, national });
    }
    let national = match country_of(code, national) {
        Some(country) => country.national(national),
        None => national.to_owned(),
    };
    Some(Number { code, national }).filter(Number::has_possible_length)
}

/// Which of the countries that share a code a number belongs to, as far as that can be told of one that is not
/// assigned.
fn country_of(code: u16, national: &str) -> Option<&'static Plan> {
    let mut countries = Plan::of_code(code);
    let (first, second) = (countries.next()?, countries.next());
    if second.is_none() {
        return Some(first);
    }
    let national = national.trim_start_matches('0');
    Plan::of_code(code).find(|country| country.claims(national))
}

fn read_national(digits: &str, region: &Plan) -> Option<Number> {
    if digits.len() > E164_DIGITS_MAX + 2 {
        return None;
    }
    let code = region.code;
    let assigned = [Some(digits), region.strip_trunk(digits)]
        .into_iter()
        .flatten()
        .find(|national| region.has_assigned(national));
    if let Some(national) = assigned {
        let national = national.to_owned();
        return Some(Number { code, national });
    }
    // Some write the code of their own country without a plus.
    let without_code = digits.strip_prefix(&code.to_string());
    let national = region.national(without_code.unwrap_or(digits));
    Some(Number { code, national }).filter(Number::has_possible_length)
}

/// Checks that there is a region of a code.
///
/// # Errors
/// `Invalid`.
pub(crate) fn check_region(code: &str) -> Result<()> {
    region(code).map(|_| ())
}

fn region(code: &str) -> Result<&'static Plan> {
    let region = Plan::of_region(&code.trim().to_ascii_uppercase());
    region
        .ok_or_else(|| Error::invalid(code, "a region is an ISO 3166-1 alpha-2 code, such as `US`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_are_those_of_iso_3166() {
        let letters = || 'A'..='Z';
        let codes =
            letters().flat_map(|first| letters().map(move |second| format!("{first}{second}")));
        let regions = codes.filter(|code| check_region(code).is_ok()).count();
        assert!(regions > 240, "{regions}");
        for refused in ["001", "", "ZZ", "D", "DEU"] {
            assert!(check_region(refused).is_err(), "{refused}");
        }
    }
}
