//! Lengths of time.

use chrono::TimeDelta;
use rust_decimal::Decimal;

use super::number::{is_digits, read_decimal};
use super::{DecimalMark, ReadOptions, clean};
use crate::error::{Error, Result};

/// A length of time.
///
/// ISO 8601 with weeks, days (of 24 hours), hours, minutes and seconds (`PT1H30M`, `P2DT12H`); a clock
/// (`1:30` and `1:30:00` are an hour and a half); or numbers with units (`90 min`, `1h 30m`, `1.5 hours`, `2
/// days`, `1 week`). Months and years are refused, since they have no one length, and so is a number without
/// a unit.
///
/// # Errors
/// `Invalid` for anything else, and for fractions of a millisecond.
///
/// ```
/// use crm_core::value::normalise::{ReadOptions, duration};
/// for text in ["PT1H30M", "1:30:00", "90 min", "1h 30m", "1.5 hours"] {
///     assert_eq!(duration(text, &ReadOptions::default()).unwrap().num_minutes(), 90);
/// }
/// assert!(duration("90", &ReadOptions::default()).is_err());
/// assert!(duration("P1M", &ReadOptions::default()).is_err());
/// ```
pub fn duration(text: &str, options: &ReadOptions) -> Result<TimeDelta> {
    let cleaned = clean(text).to_ascii_lowercase();
    let (negative, length) = match cleaned.strip_prefix(['-', '\u{2212}']) {
        Some(rest) => (true, rest.trim_start()),
        None => (false, cleaned.as_str()),
    };
    let millis = if let Some(iso) = length.strip_prefix('p') {
        read_iso_duration(iso)
    } else if length.contains(':') {
        read_clock(length)
    } else {
        read_units(length, options.decimal_mark, unit_millis)
    };
    millis
        .filter(Decimal::is_integer)
        .and_then(|millis| i64::try_from(millis).ok())
        .and_then(|millis| TimeDelta::try_milliseconds(if negative { -millis } else { millis }))
        .ok_or_else(|| Error::invalid(text, "a duration is like `PT1H30M`, `1:30:00` or `90 min`"))
}

/// What is after the `P` of a duration in ISO 8601, in lower case.
fn read_iso_duration(text: &str) -> Option<Decimal> {
    // ISO 8601 allows both marks.
    let text = text.replace(',', ".");
    let (days, time) = match text.split_once('t') {
        Some((_, "")) => return None,
        Some((days, time)) => (days, time),
        None => (text.as_str(), ""),
    };
    let read = |part: &str, units: &[&str]| match part {
        "" => Some(Decimal::ZERO),
        _ => read_units(part, Some(DecimalMark::Point), |unit| {
            units.contains(&unit).then(|| unit_millis(unit))?
        }),
    };
    if text.is_empty() {
        return None;
    }
    read(days, &["w", "d"])?.checked_add(read(time, &["h", "m", "s"])?)
}

/// `h:mm` or `h:mm:ss`, of which the hours may be many.
fn read_clock(text: &str) -> Option<Decimal> {
    let mut parts = text.split(':').map(str::trim);
    let (hours, minutes) = (parts.next()?, parts.next()?);
    let seconds = parts.next().unwrap_or("0").replace(',', ".");
    if parts.next().is_some() || !is_digits(hours) || !is_digits(minutes) {
        return None;
    }
    let whole = |text: &str| text.parse::<Decimal>().ok();
    let sixty = |number: &Decimal| *number < Decimal::from(60);
    let hours = whole(hours)?;
    let minutes = whole(minutes).filter(sixty)?;
    let seconds = read_decimal(&seconds, Some(DecimalMark::Point))
        .ok()
        .filter(sixty)
        .filter(|seconds| !seconds.is_sign_negative())?;
    let minutes = hours.checked_mul(60.into())?.checked_add(minutes)?;
    let seconds = minutes.checked_mul(60.into())?.checked_add(seconds)?;
    seconds.checked_mul(1_000.into())
}

/// Numbers, each with its unit, in milliseconds.
fn read_units(
    text: &str,
    mark: Option<DecimalMark>,
    millis: impl Fn(&str) -> Option<i64>,
) -> Option<Decimal> {
    let mut total = Decimal::ZERO;
    let mut rest = text.trim();
    while !rest.is_empty() {
        let (number, tail) = rest.split_at_checked(rest.find(char::is_alphabetic)?)?;
        let end = tail
            .find(|c: char| !c.is_alphabetic())
            .unwrap_or(tail.len());
        let (unit, tail) = tail.split_at_checked(end)?;
        let number = read_decimal(number, mark).ok()?;
        if number.is_sign_negative() {
            return None;
        }
        total = total.checked_add(number.checked_mul(millis(unit)?.into())?)?;
        rest = tail.trim_start_matches(['.', ',', ' ']);
    }
    (!text.is_empty()).then_some(total)
}

fn unit_millis(unit: &str) -> Option<i64> {
    Some(match unit {
        "ms" | "msec" | "millisecond" | "milliseconds" => 1,
        "s" | "sec" | "secs" | "second" | "seconds" => 1_000,
        "m" | "min" | "mins" | "minute" | "minutes" => 60_000,
        "h" | "hr" | "hrs" | "hour" | "hours" => 3_600_000,
        "d" | "day" | "days" => 86_400_000,
        "w" | "wk" | "wks" | "week" | "weeks" => 604_800_000,
        _ => return None,
    })
}
