//! Dates, instants and durations in text.

use chrono::{DateTime, NaiveDate, NaiveDateTime, TimeDelta, Utc};

use crate::value::Zone;
use crate::value::normalise::{self, ReadOptions};

/// `2024-01-31`.
pub(super) fn date(text: &str) -> Option<NaiveDate> {
    // chrono would also read `2024-1-31` and signs.
    if text.len() != 10 || !text.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()
}

/// An instant that was written with its offset (RFC 3339).
pub(super) fn instant(text: &str) -> Option<DateTime<Utc>> {
    let at = DateTime::parse_from_rfc3339(text).ok()?;
    Some(at.to_utc())
}

/// An instant in any form: with an offset, as time of the zone, or as the first instant of a day.
pub(super) fn instant_in(text: &str, zone: &Zone) -> Option<DateTime<Utc>> {
    instant(text)
        .or_else(|| local(text).map(|local| zone.instant(local)))
        .or_else(|| date(text).map(|date| zone.start_of_day(date)))
}

/// True for the forms of [`instant_in`].
pub(super) fn is_instant(text: &str) -> bool {
    instant(text).is_some() || local(text).is_some() || date(text).is_some()
}

fn local(text: &str) -> Option<NaiveDateTime> {
    ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%dT%H:%M"]
        .iter()
        .find_map(|format| NaiveDateTime::parse_from_str(text, format).ok())
}

/// `36h`, `1h30m`, `P7D`, and what else durations are written as.
pub(super) fn duration(text: &str) -> Option<TimeDelta> {
    normalise::duration(text, &ReadOptions::default()).ok()
}
