//! Dates, instants and durations in text.

use chrono::{DateTime, NaiveDate, NaiveDateTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;

/// `2024-01-31`.
pub(super) fn date(text: &str) -> Option<NaiveDate> {
    let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
    // chrono also reads `2024-1-31` and signs.
    (text.len() == 10).then_some(date)
}

/// An instant that was written with its offset (RFC 3339).
pub(super) fn instant(text: &str) -> Option<DateTime<Utc>> {
    let at = DateTime::parse_from_rfc3339(text).ok()?;
    Some(at.to_utc())
}

/// An instant in any form: with an offset, as time of the zone, or as the first instant of a day.
pub(super) fn instant_in(text: &str, zone: Tz) -> Option<DateTime<Utc>> {
    instant(text)
        .or_else(|| local(text).and_then(|local| in_zone(local, zone)))
        .or_else(|| date(text).and_then(|date| start_of_day(date, zone)))
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

/// The first instant of a day in a zone.
pub(super) fn start_of_day(date: NaiveDate, zone: Tz) -> Option<DateTime<Utc>> {
    in_zone(date.and_hms_opt(0, 0, 0)?, zone)
}

/// Time of the wall clock as an instant: the earlier one where the clock shows it twice, the first one after
/// a gap that skips it.
fn in_zone(local: NaiveDateTime, zone: Tz) -> Option<DateTime<Utc>> {
    const GAP_MINUTES_MAX: i64 = 24 * 60;
    const STEP_MINUTES: i64 = 15;
    (0..=GAP_MINUTES_MAX / STEP_MINUTES).find_map(|step| {
        let local = local.checked_add_signed(TimeDelta::try_minutes(step * STEP_MINUTES)?)?;
        let at = zone.from_local_datetime(&local).earliest()?;
        Some(at.to_utc())
    })
}

/// `36h`, `1h30m`, `-1.5h`, `500ms` (CEL), or `P7D`, `P1DT2H`, `PT15M`, `P2W` (ISO 8601, without months and
/// years, whose length varies).
pub(super) fn duration(text: &str) -> Option<TimeDelta> {
    let (negative, rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let duration = match rest.strip_prefix('P') {
        Some(iso) => {
            let (days, time) = iso.split_once('T').unwrap_or((iso, ""));
            if iso.is_empty() || iso.ends_with('T') {
                return None;
            }
            let days = sum(days, &[("W", 7.0 * DAY), ("D", DAY)])?;
            let time = sum(time, &[("H", HOUR), ("M", MINUTE), ("S", SECOND)])?;
            days.checked_add(&time)?
        }
        None if rest.is_empty() => return None,
        None => sum(
            rest,
            &[
                ("d", DAY),
                ("h", HOUR),
                ("ms", 1.0),
                ("m", MINUTE),
                ("s", SECOND),
            ],
        )?,
    };
    Some(if negative { -duration } else { duration })
}

const SECOND: f64 = 1_000.0;
const MINUTE: f64 = 60.0 * SECOND;
const HOUR: f64 = 60.0 * MINUTE;
const DAY: f64 = 24.0 * HOUR;

/// The sum of numbers, each with one of the units, which are given in milliseconds.
fn sum(mut text: &str, units: &[(&str, f64)]) -> Option<TimeDelta> {
    let mut total = TimeDelta::zero();
    while !text.is_empty() {
        let end = text.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let number: f64 = text.get(..end)?.parse().ok()?;
        let rest = text.get(end..)?;
        let (unit, length) = units.iter().find(|(unit, _)| rest.starts_with(unit))?;
        let milliseconds = (number * length).round();
        // A double holds whole numbers up to this one exactly.
        const EXACT_MAX: f64 = 9_007_199_254_740_992.0;
        if milliseconds > EXACT_MAX {
            return None;
        }
        total = total.checked_add(&TimeDelta::try_milliseconds(milliseconds as i64)?)?;
        text = rest.get(unit.len()..)?;
    }
    Some(total)
}

/// The day that it is in a zone.
pub(super) fn day_of(at: DateTime<Utc>, zone: Tz) -> NaiveDate {
    at.with_timezone(&zone).date_naive()
}
