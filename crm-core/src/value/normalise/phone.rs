//! Telephone numbers.

use std::collections::HashMap;
use std::fmt::Write;
use std::sync::{LazyLock, OnceLock};

use phonenumber::metadata::{DATABASE, Descriptor};
use phonenumber::{Metadata, Mode, PhoneNumber, country};
use regex::{Regex, RegexBuilder};

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
/// one of the region (ISO 3166-1 alpha-2), and must be one by its numbering plan: what is none there may be a number of
/// another country, or lack its area code. Of a number with its country's code only the length must be one that the
/// country has, since countries assign new prefixes all the time.
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
/// assert!(phone("06 12 34 56 78", "US").is_err());
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

    /// True if these are the digits of its normal form. No code begins with a zero.
    fn is_written_as(&self, digits: &str) -> bool {
        let code = digits.strip_suffix(self.national.as_str());
        code.is_some_and(|code| !code.starts_with('0') && code.parse() == Ok(self.code))
    }

    /// Grouped by `phonenumber`, unless it would show another number: see [`read_number`].
    fn international(&self) -> String {
        let mut grouped = String::new();
        if let Ok(number) = phonenumber::parse(None, self.e164())
            && Number::from(&number) == *self
            && write!(grouped, "{}", number.format().mode(Mode::International)).is_ok()
        {
            return grouped;
        }
        format!("+{} {}", self.code, self.national)
    }

    /// Whether a country of the code has assigned numbers that begin and are as long as this one.
    fn is_assigned(&self) -> bool {
        let mut countries = countries(self.code).iter();
        countries.any(|country| country.has_assigned(&self.national))
    }

    /// Whether the country has numbers of this length. Its metadata has the lengths of each kind of number
    /// and none for all of them.
    fn has_possible_length(&self) -> bool {
        let digits = self.code.to_string().len() + self.national.len();
        (E164_DIGITS_MIN..=E164_DIGITS_MAX).contains(&digits)
            && countries(self.code)
                .iter()
                .flat_map(|country| kinds(country.metadata))
                .any(|kind| has_length(kind, &self.national))
    }
}

impl From<&PhoneNumber> for Number {
    fn from(number: &PhoneNumber) -> Self {
        Number {
            code: number.country().code(),
            national: number.national().to_string(),
        }
    }
}

fn kinds(country: &Metadata) -> impl Iterator<Item = &Descriptor> {
    let kinds = country.descriptors();
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
}

/// Whether numbers of a kind may be as long as this one.
fn has_length(kind: &Descriptor, national: &str) -> bool {
    let mut lengths = kind.possible_length().iter();
    lengths.any(|length| usize::from(*length) == national.len())
}

/// The countries of a code.
fn countries(code: u16) -> &'static [Country] {
    COUNTRIES.get(&code).map_or(&[], Vec::as_slice)
}

/// A country and the numbers that it has assigned.
///
/// `phonenumber` keeps a pattern for each kind of number in a cache that all threads lock, and searches with it. Here
/// a country has one pattern for all kinds, made when its first number is read, that the whole number must match.
struct Country {
    metadata: &'static Metadata,
    assigned: OnceLock<Option<Regex>>,
    /// `None` where any digits may come first.
    leading: Option<OnceLock<Option<Regex>>>,
}

/// The countries by their codes.
static COUNTRIES: LazyLock<HashMap<u16, Vec<Country>>> = LazyLock::new(|| {
    let mut countries: HashMap<u16, Vec<Country>> = HashMap::new();
    for metadata in DATABASE.iter() {
        let of_code = countries.entry(metadata.country_code()).or_default();
        of_code.push(Country {
            metadata,
            assigned: OnceLock::new(),
            leading: metadata.leading_digits().map(|_| OnceLock::new()),
        });
    }
    countries
});

impl Country {
    /// Whether the country has assigned numbers that begin and are as long as this one.
    fn has_assigned(&self, national: &str) -> bool {
        let is_match = |pattern: &Option<Regex>| {
            let pattern = pattern.as_ref();
            pattern.is_some_and(|pattern| pattern.is_match(national))
        };
        // Twenty-five countries share +1; only one of them has no leading digits of its own.
        let leads = self.leading.as_ref().is_none_or(|pattern| {
            is_match(pattern.get_or_init(|| {
                let leading = self.metadata.leading_digits()?;
                digits_pattern(&format!("^(?:{})", leading.as_str()))
            }))
        });
        leads
            && kinds(self.metadata).any(|kind| has_length(kind, national))
            && is_match(self.assigned.get_or_init(|| {
                let kinds = kinds(self.metadata);
                let kinds: Vec<&str> = kinds.map(|kind| kind.national_number().as_str()).collect();
                digits_pattern(&format!("^(?:{})$", kinds.join("|")))
            }))
    }
}

/// A pattern of ASCII digits, written as the metadata do.
fn digits_pattern(pattern: &str) -> Option<Regex> {
    RegexBuilder::new(pattern)
        .ignore_whitespace(true)
        .unicode(false)
        .build()
        .ok()
}

fn parse(text: &str, default_region: &str) -> Result<(Number, Option<String>)> {
    let cleaned = clean(text);
    let (dialled, extension) = split_extension(&cleaned).ok_or_else(|| refused(text))?;
    let number = read_number(&dialled, region(default_region)?);
    let is_local = !dialled.starts_with('+') && dialled.len() >= E164_DIGITS_MIN;
    let number = number.ok_or_else(|| match is_local {
        true => refused_in(text, default_region),
        false => refused(text),
    })?;
    Ok((number, extension))
}

fn refused_in(text: &str, region: &str) -> Error {
    let region = region.trim().to_ascii_uppercase();
    let reason = format!(
        "this is no number of {region}; a phone number is like `+14155552671`, or without country code one of the country \
         of its record, or else of the `default_region` of the organisation"
    );
    Error::invalid(text, reason)
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

/// Parses digits after an optional plus.
///
/// Numbers that are assigned are recognised here, before `phonenumber` sees them: it takes the first digits of
/// some for a trunk prefix (those of +7 800 and +375 801). It would also panic on short numbers behind an
/// international prefix and on regions without metadata; neither gets there.
fn read_number(dialled: &str, region: Region) -> Option<Number> {
    let international = dialled.strip_prefix('+').or_else(|| {
        let prefix = region
            .country
            .metadata
            .international_prefix()?
            .find(dialled)?;
        (prefix.start() == 0).then(|| dialled.get(prefix.end()..))?
    });
    let number = match international {
        Some(digits) => read_international(digits)?,
        None => read_national(dialled, region)?,
    };
    if international.is_some_and(|digits| number.is_written_as(digits)) {
        return Some(number);
    }
    // A number with stray zeros would lose some of them each time that its normal form is read.
    let normal = number.e164();
    let stays = read_international(normal.strip_prefix('+')?)? == number;
    stays.then_some(number)
}

fn read_international(digits: &str) -> Option<Number> {
    // Some trunk digits may be among them.
    let lengths = E164_DIGITS_MIN..=E164_DIGITS_MAX + 2;
    if digits.starts_with('0') || !lengths.contains(&digits.len()) {
        return None;
    }
    let assigned = (1..=3).find_map(|len| {
        let (code, national) = digits.split_at_checked(len)?;
        let code = code.parse().ok()?;
        let mut countries = countries(code).iter();
        let found = countries.any(|country| country.has_assigned(national));
        found.then(|| Number {
            code,
            national: national.to_owned(),
        })
    });
    assigned.or_else(|| {
        let parsed = phonenumber::parse(None, format!("+{digits}")).ok()?;
        Some(Number::from(&parsed)).filter(Number::has_possible_length)
    })
}

fn read_national(digits: &str, region: Region) -> Option<Number> {
    if digits.len() > E164_DIGITS_MAX + 2 {
        return None;
    }
    let metadata = region.country.metadata;
    let trunk = metadata.national_prefix();
    let without_trunk = trunk.and_then(|trunk| digits.strip_prefix(trunk));
    let assigned = [Some(digits), without_trunk]
        .into_iter()
        .flatten()
        .find(|national| region.country.has_assigned(national));
    match assigned {
        Some(national) => Some(Number {
            code: metadata.country_code(),
            national: national.to_owned(),
        }),
        None => {
            // What follows a trunk prefix may be a carrier's or an older form; a number of no kind is none.
            let parsed = phonenumber::parse(Some(region.id), digits).ok()?;
            Some(Number::from(&parsed)).filter(Number::is_assigned)
        }
    }
}

#[derive(Clone, Copy)]
struct Region {
    id: country::Id,
    country: &'static Country,
}

/// Checks that there is a region of a code.
///
/// # Errors
/// `Invalid`.
pub(crate) fn check_region(code: &str) -> Result<()> {
    // Without the metadata: to load them takes a tenth of a second, and every new database checks its region.
    code.trim()
        .to_ascii_uppercase()
        .parse::<country::Id>()
        .map(|_| ())
        .map_err(|_| no_region(code))
}

fn region(code: &str) -> Result<Region> {
    let upper = code.trim().to_ascii_uppercase();
    let find = || {
        let id = upper.parse::<country::Id>().ok()?;
        let code = DATABASE.by_id(upper.as_str())?.country_code();
        let mut countries = countries(code).iter();
        let country = countries.find(|country| country.metadata.id() == upper)?;
        Some(Region { id, country })
    };
    find().ok_or_else(|| no_region(code))
}

fn no_region(code: &str) -> Error {
    Error::invalid(code, "a region is an ISO 3166-1 alpha-2 code, such as `US`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_that_is_checked_is_one_that_numbers_can_be_read_in() {
        let mut regions = 0;
        for (first, second) in ('A'..='Z').flat_map(|a| ('A'..='Z').map(move |b| (a, b))) {
            let code = format!("{first}{second}");
            assert_eq!(check_region(&code).is_ok(), region(&code).is_ok(), "{code}");
            regions += usize::from(region(&code).is_ok());
        }
        assert!(regions > 200, "{regions}");
    }

    /// The metadata has an example of each kind of number of each region.
    #[test]
    fn examples_of_all_regions_are_read() {
        let (mut read, mut refused) = (0, Vec::new());
        for metadata in DATABASE.iter() {
            let kinds = metadata.descriptors();
            for kind in [kinds.fixed_line(), kinds.mobile(), kinds.toll_free()] {
                let Some(example) = kind.and_then(|kind| kind.example()) else {
                    continue;
                };
                let text = format!("+{}{example}", metadata.country_code());
                let digits = |text: &str| text.replace(|c: char| !c.is_ascii_digit(), "");
                match (phone(&text, "US"), phone_display(&text)) {
                    (Ok(normal), Ok(shown))
                        if normal == text && digits(&shown) == digits(&text) =>
                    {
                        read += 1;
                    }
                    other => refused.push(format!("{text}: {other:?}")),
                }
            }
        }
        assert!(refused.is_empty(), "{read} were read, not {refused:#?}");
    }
}
