//! Dates and instants.

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveTime, Utc};

use super::number::is_digits;
use super::{ReadOptions, clean};
use crate::error::{Error, Result};
use crate::value::{PartialDate, Zone};

/// A day of the calendar.
///
/// With the year first it is year, month, day (ISO 8601: `2024-05-17`, `20240517`; also `2024/5/17` and
/// `2024年5月17日`). With the year last and dots between, the day is first (`17.05.2024`); else
/// [`ReadOptions::day_first`] says which of the others is the day, unless the month has its English name (`17 May
/// 2024`, `May 17, 2024`) or only one of them can be one. The year has four digits: `03/04/05` is refused. A time of midnight may follow, which spreadsheets add; the day is never moved by a time zone.
///
/// # Errors
/// `Invalid` for anything else.
///
/// ```
/// use crm_core::value::normalise::{ReadOptions, date};
/// let plain = ReadOptions::default();
/// let month_first = ReadOptions { day_first: Some(false), ..ReadOptions::default() };
/// let day_first = ReadOptions { day_first: Some(true), ..ReadOptions::default() };
/// assert_eq!(date("2024-05-17", &day_first).unwrap().to_string(), "2024-05-17");
/// assert_eq!(date("3/4/2024", &month_first).unwrap().to_string(), "2024-03-04");
/// assert_eq!(date("3.4.2024", &plain).unwrap().to_string(), "2024-04-03");
/// assert_eq!(date("17/05/2024", &plain).unwrap().to_string(), "2024-05-17");
/// assert!(date("3/4/2024", &plain).is_err());
/// assert!(date("17/05/24", &day_first).is_err());
/// ```
pub fn date(text: &str, options: &ReadOptions) -> Result<NaiveDate> {
    let cleaned = clean(text);
    let wanted = || wanted_date(text, options);
    let (day, time) = split_time(&cleaned);
    if !time.is_empty() {
        let (time, zone) = read_time(time).ok_or_else(wanted)?;
        if time != NaiveTime::MIN || !zone.is_empty() {
            return Err(Error::invalid(text, "a date has no time of day"));
        }
    }
    read_date(day, options.day_first).map_err(|fault| match fault {
        Fault::Malformed => wanted(),
        Fault::Ambiguous => ambiguous(text),
    })
}

/// The day of a text that says a day and no time of it.
pub(crate) fn day_alone(text: &str, options: &ReadOptions) -> Option<NaiveDate> {
    let cleaned = clean(text);
    let (day, time) = split_time(&cleaned);
    if time.is_empty() {
        read_date(day, options.day_first).ok()
    } else {
        None
    }
}

fn wanted_date(text: &str, options: &ReadOptions) -> Error {
    let order = if options.day_first == Some(false) {
        "05/17/2024"
    } else {
        "17/05/2024"
    };
    Error::invalid(text, format!("a date is like `2024-05-17` or `{order}`"))
}

/// What keeps a text from being a day.
#[derive(Clone, Copy)]
enum Fault {
    Malformed,
    /// It is two days: either number can be the month.
    Ambiguous,
}

fn ambiguous(text: &str) -> Error {
    let reason = "either number may be the month; write it like `2024-05-17`, or say whether the day is first";
    Error::invalid(text, reason)
}

/// Whether the day comes first, if a cell tells that of the column in which it stands.
pub(crate) fn told_order(text: &str) -> Option<bool> {
    let cleaned = clean(text);
    let (day, _) = split_time(&cleaned);
    if is_dotted(day) {
        return None;
    }
    let read = |day_first| read_date(day, Some(day_first)).ok();
    match (read(true), read(false)) {
        (Some(_), None) => Some(true),
        (None, Some(_)) => Some(false),
        _ => None,
    }
}

/// True for the form of those countries in which the day is first.
fn is_dotted(text: &str) -> bool {
    text.contains('.') && !text.contains(['/', '-'])
}

/// A date of which the year, or month and day, may be unknown: `--05-17` and `1980` (RFC 6350, 4.3.1), or
/// whatever [`date`] reads.
///
/// # Errors
/// `Invalid` for anything else.
///
/// ```
/// use crm_core::value::normalise::{ReadOptions, partial_date};
/// for text in ["--05-17", "1980", "1980-05-17"] {
///     assert_eq!(partial_date(text, &ReadOptions::default()).unwrap().to_string(), text);
/// }
/// assert!(partial_date("80", &ReadOptions::default()).is_err());
/// ```
pub fn partial_date(text: &str, options: &ReadOptions) -> Result<PartialDate> {
    let cleaned = clean(text);
    if cleaned.starts_with("--") || (cleaned.len() == 4 && is_digits(&cleaned)) {
        return cleaned.parse();
    }
    date(text, options).map(PartialDate::from)
}

/// An instant.
///
/// The day is read as by [`date`]; the time is `8:30`, `08:30:15`, `08:30:15.5` or `8:30 PM`, after a `T` or a
/// blank, and may be missing: then it is midnight. The zone is `Z`, an offset such as `+02:00`, or a name of
/// the IANA database; without one it is [`ReadOptions::time_zone`], see [`Zone::instant`]. Digits beyond the
/// microsecond are dropped.
///
/// # Errors
/// `Invalid` for anything else.
///
/// ```
/// use crm_core::value::normalise::{ReadOptions, datetime};
/// let berlin = ReadOptions { time_zone: "Europe/Berlin".parse().unwrap(), ..ReadOptions::default() };
/// let utc = |text| datetime(text, &berlin).unwrap().to_rfc3339();
/// assert_eq!(utc("2024-05-17T08:30:00-05:00"), "2024-05-17T13:30:00+00:00");
/// assert_eq!(utc("5/17/2024 8:30 PM"), "2024-05-17T18:30:00+00:00");
/// // In the night of 31 March 2024 there was no 02:30, in that of 27 October there were two.
/// assert_eq!(utc("2024-03-31 02:30"), utc("2024-03-31 03:30"));
/// assert_eq!(utc("2024-10-27 02:30"), "2024-10-27T00:30:00+00:00");
/// ```
pub fn datetime(text: &str, options: &ReadOptions) -> Result<DateTime<Utc>> {
    let wanted = || {
        Error::invalid(
            text,
            "a date-time is like `2024-05-17T08:30:00Z` or `2024-05-17 08:30`",
        )
    };
    let cleaned = clean(text);
    let (day, time) = split_time(&cleaned);
    let day = read_date(day, options.day_first).map_err(|fault| match fault {
        Fault::Malformed => wanted(),
        Fault::Ambiguous => ambiguous(text),
    })?;
    let (time, zone) = if time.is_empty() {
        (NaiveTime::MIN, "")
    } else {
        read_time(time).ok_or_else(wanted)?
    };
    let local = day.and_time(time);
    if zone.is_empty() {
        return Ok(options.time_zone.instant(local));
    }
    match read_offset(zone) {
        Some(offset) => local
            .checked_sub_offset(offset)
            .map(|utc| utc.and_utc())
            .ok_or_else(wanted),
        None => {
            let zone: Zone = zone.parse().map_err(|_| wanted())?;
            Ok(zone.instant(local))
        }
    }
}

/// Splits a date from the time after it. The time is empty if there is none.
fn split_time(text: &str) -> (&str, &str) {
    let start = match text.find(':') {
        // The hour's digits are before the first colon.
        Some(colon) => text
            .get(..colon)
            .map(|before| before.trim_end_matches(|c: char| c.is_ascii_digit()).len()),
        // ISO 8601's basic form has no colons: `20240517T083000Z`.
        None => text
            .find(['T', 't'])
            .filter(|at| *at == 8 && text.get(..8).is_some_and(is_digits))
            .map(|at| at + 1),
    };
    match start.and_then(|start| text.split_at_checked(start)) {
        Some((day, time)) => (day.trim_end_matches(['T', 't', ' ', ',']), time),
        None => (text, ""),
    }
}

fn read_date(text: &str, day_first: Option<bool>) -> Result<NaiveDate, Fault> {
    let day_first = if is_dotted(text) {
        Some(true)
    } else {
        day_first
    };
    let read = |day_first| read_ordered(text, day_first);
    match day_first {
        Some(day_first) => read(day_first).ok_or(Fault::Malformed),
        None => match (read(true), read(false)) {
            (Some(one), Some(other)) if one != other => Err(Fault::Ambiguous),
            (one, other) => one.or(other).ok_or(Fault::Malformed),
        },
    }
}

fn read_ordered(text: &str, day_first: bool) -> Option<NaiveDate> {
    let number =
        |digits: &str| (digits.len() <= 2 && is_digits(digits)).then(|| digits.parse().ok())?;
    if text.len() == 8 && is_digits(text) {
        let (year, rest) = text.split_at_checked(4)?;
        let (month, day) = rest.split_at_checked(2)?;
        return in_year(year, number(month)?, number(day)?);
    }
    if !text.starts_with(|c: char| c.is_alphanumeric()) {
        return None;
    }
    let is_separator = |c: char| "-/., 年月日년월일\u{2010}\u{2011}\u{2013}".contains(c);
    let mut fields = text.split(is_separator).filter(|field| !field.is_empty());
    let (first, second, third) = (fields.next()?, fields.next()?, fields.next()?);
    if fields.next().is_some() {
        return None;
    }
    let month = |field: &str| number(field).or_else(|| month_by_name(field));
    if first.len() == 4 && is_digits(first) {
        return in_year(first, month(second)?, number(third)?);
    }
    match (month_by_name(first), month_by_name(second)) {
        (Some(month), None) => in_year(third, month, number(second)?),
        (None, Some(month)) => in_year(third, month, number(first)?),
        _ if day_first => in_year(third, number(second)?, number(first)?),
        _ => in_year(third, number(first)?, number(second)?),
    }
}

/// A year of two digits is refused: whose century it is would be a guess.
fn in_year(year: &str, month: u32, day: u32) -> Option<NaiveDate> {
    let year: i32 = (year.len() == 4 && is_digits(year)).then(|| year.parse().ok())??;
    NaiveDate::from_ymd_opt(year, month, day).filter(|_| year > 0)
}

/// An English name, or the start of one from three letters on.
fn month_by_name(name: &str) -> Option<u32> {
    const NAMES: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    let name = name.to_lowercase();
    let index = NAMES
        .iter()
        .position(|full| name.len() >= 3 && full.starts_with(&name))?;
    u32::try_from(index + 1).ok()
}

/// The time of day, and what follows it: the zone.
fn read_time(text: &str) -> Option<(NaiveTime, &str)> {
    let is_clock = |c: char| c.is_ascii_digit() || matches!(c, ':' | '.' | ',');
    let end = text.find(|c| !is_clock(c)).unwrap_or(text.len());
    let (clock, rest) = text.split_at_checked(end)?;
    let (clock, fraction) = clock.split_once(['.', ',']).unwrap_or((clock, ""));
    let (hour, minute, second) = split_clock(clock)?;
    let (afternoon, zone) = split_half_day(rest.trim());
    let hour = match afternoon {
        None => hour,
        Some(_) if !(1..=12).contains(&hour) => return None,
        Some(afternoon) => hour % 12 + if afternoon { 12 } else { 0 },
    };
    let micros = if fraction.is_empty() {
        0
    } else {
        let digits: String = fraction.chars().chain("000000".chars()).take(6).collect();
        is_digits(fraction).then(|| digits.parse().ok())??
    };
    let time = NaiveTime::from_hms_micro_opt(hour, minute, second, micros)?;
    Some((time, zone))
}

/// `8:30`, `08:30:15`, or the basic form `0830`, `083015`.
fn split_clock(clock: &str) -> Option<(u32, u32, u32)> {
    let number =
        |digits: &str| (digits.len() <= 2 && is_digits(digits)).then(|| digits.parse().ok())?;
    if !clock.contains(':') {
        let (hour, rest) = clock.split_at_checked(2)?;
        let (minute, second) = rest.split_at_checked(2)?;
        let second = if second.is_empty() { "0" } else { second };
        return Some((number(hour)?, number(minute)?, number(second)?));
    }
    let mut parts = clock.split(':');
    let (hour, minute) = (number(parts.next()?)?, number(parts.next()?)?);
    let second = parts.next().map_or(Some(0), number)?;
    parts.next().is_none().then_some((hour, minute, second))
}

/// Splits off `AM` or `PM`; true is the afternoon.
fn split_half_day(text: &str) -> (Option<bool>, &str) {
    let lower = text.to_ascii_lowercase();
    for (mark, afternoon) in [("am", false), ("a.m.", false), ("pm", true), ("p.m.", true)] {
        if lower.starts_with(mark) {
            return (Some(afternoon), text.get(mark.len()..).unwrap_or("").trim());
        }
    }
    (None, text)
}

/// `Z`, `+02:00`, `+0200` or `+02`.
fn read_offset(text: &str) -> Option<FixedOffset> {
    if text.eq_ignore_ascii_case("z") {
        return FixedOffset::east_opt(0);
    }
    let (west, digits) = match text.strip_prefix('+') {
        Some(digits) => (false, digits),
        None => (true, text.strip_prefix(['-', '\u{2212}'])?),
    };
    let digits = digits.replacen(':', "", 1);
    let number: i32 = is_digits(&digits).then(|| digits.parse().ok())??;
    let (hours, minutes) = match digits.len() {
        2 => (number, 0),
        4 => (number / 100, number % 100),
        _ => return None,
    };
    if hours > 15 || minutes > 59 {
        return None;
    }
    let seconds = hours * 3_600 + minutes * 60;
    FixedOffset::east_opt(if west { -seconds } else { seconds })
}
