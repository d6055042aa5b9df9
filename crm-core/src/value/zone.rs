//! Time zones.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::error::{Error, Result};

/// A time zone of the IANA database, which is compiled in: the same on every platform, also where the system has no
/// zone files. Cheap to clone.
///
/// ```
/// use crm_core::Zone;
/// let berlin: Zone = "Europe/Berlin".parse()?;
/// let noon = "2026-07-01T12:00:00".parse().unwrap();
/// assert_eq!(berlin.instant(noon).to_rfc3339(), "2026-07-01T10:00:00+00:00");
/// assert!("Europe/Berlino".parse::<Zone>().is_err());
/// # Ok::<(), crm_core::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Zone(TimeZone);

impl Zone {
    /// Coordinated Universal Time.
    pub const UTC: Zone = Zone(TimeZone::UTC);

    /// The name: `Europe/Berlin`.
    pub fn name(&self) -> &str {
        self.0.iana_name().unwrap_or("UTC")
    }

    /// What the clock on the wall shows at an instant.
    pub fn wall(&self, at: DateTime<Utc>) -> NaiveDateTime {
        // Beyond the years that a zone is defined for, the offset stays as it was last.
        let second = at
            .timestamp()
            .clamp(Timestamp::MIN.as_second(), Timestamp::MAX.as_second());
        let offset =
            Timestamp::from_second(second).map_or(0, |second| self.0.to_offset(second).seconds());
        let local = at.naive_utc();
        local
            .checked_add_signed(TimeDelta::seconds(offset.into()))
            .unwrap_or(local)
    }

    /// The day that it is at an instant.
    pub fn day(&self, at: DateTime<Utc>) -> NaiveDate {
        self.wall(at).date()
    }

    /// The instant of a wall-clock time.
    ///
    /// A time that comes twice, when clocks go back, is the first of the two. One that is skipped, when clocks go
    /// forward, is moved forward by what was skipped, as RFC 5545 (3.3.5) has it: 02:30 becomes 03:30.
    pub fn instant(&self, local: NaiveDateTime) -> DateTime<Utc> {
        // Beyond the years that a zone is defined for, the offset is none.
        self.try_instant(local).unwrap_or_else(|| local.and_utc())
    }

    fn try_instant(&self, local: NaiveDateTime) -> Option<DateTime<Utc>> {
        // Offsets have whole seconds, so that what is below a second stays as it is.
        let from_epoch = Timestamp::from_second(local.and_utc().timestamp()).ok()?;
        let wall = TimeZone::UTC.to_datetime(from_epoch);
        let instant = self.0.to_ambiguous_timestamp(wall).compatible().ok()?;
        let nanos = local.and_utc().timestamp_subsec_nanos();
        DateTime::from_timestamp(instant.as_second(), nanos)
    }

    /// The instant a length of time after another, or before it for a negative one: its whole days are days of the
    /// calendar, after which the clock on the wall shows what it did, and the rest is counted exactly, as RFC 5545
    /// (3.3.6) has it. `None` beyond the end of the calendar.
    ///
    /// ```
    /// use chrono::{DateTime, TimeDelta, Utc};
    /// let berlin: crm_core::Zone = "Europe/Berlin".parse()?;
    /// // The clocks go forward in the night to 29 March.
    /// let nine: DateTime<Utc> = "2026-03-28T08:00:00Z".parse().unwrap();
    /// let next = berlin.after(nine, TimeDelta::days(1)).unwrap();
    /// assert_eq!(next.to_rfc3339(), "2026-03-29T07:00:00+00:00");
    /// # Ok::<(), crm_core::Error>(())
    /// ```
    pub fn after(&self, at: DateTime<Utc>, length: TimeDelta) -> Option<DateTime<Utc>> {
        let days = length.num_days();
        self.later(at, days, length - TimeDelta::days(days))
    }

    /// As [`after`](Zone::after), for days of the calendar and a rest.
    pub(crate) fn later(
        &self,
        at: DateTime<Utc>,
        days: i64,
        rest: TimeDelta,
    ) -> Option<DateTime<Utc>> {
        let day = match days {
            0 => at,
            days => self.instant(
                self.wall(at)
                    .checked_add_signed(TimeDelta::try_days(days)?)?,
            ),
        };
        day.checked_add_signed(rest)
    }

    /// The first instant of a day: midnight, or what follows it where a clock change skips midnight.
    pub fn start_of_day(&self, day: NaiveDate) -> DateTime<Utc> {
        self.instant(day.and_time(NaiveTime::MIN))
    }
}

impl FromStr for Zone {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        TimeZone::get(name).map(Zone).map_err(|_| {
            Error::invalid(name, "a time zone is an IANA name, such as `Europe/Berlin`")
        })
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
