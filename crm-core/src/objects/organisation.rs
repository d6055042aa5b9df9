//! Organisation-wide settings.

use crate::error::{Error, Result};
use crate::schema::declare::{choices, object};
use crate::schema::kind::{Choices, Date, Integer, Many, OneOf, Text};
use crate::schema::{Field, Object, Save};
use crate::value::{Currency, ValueRef, Zone, normalise};

choices! {
    /// A day of the week.
    Weekday {
        /// Monday.
        Monday = "monday" "Monday",
        /// Tuesday.
        Tuesday = "tuesday" "Tuesday",
        /// Wednesday.
        Wednesday = "wednesday" "Wednesday",
        /// Thursday.
        Thursday = "thursday" "Thursday",
        /// Friday.
        Friday = "friday" "Friday",
        /// Saturday.
        Saturday = "saturday" "Saturday",
        /// Sunday.
        Sunday = "sunday" "Sunday",
    }
}

object! {
    /// The organisation that the database belongs to: one record of settings, made with the database.
    Organisation = 1 "organisation" "organisations" {
        /// The organisation's name.
        1 name: Text { required };
        /// The ISO 4217 code of the currency in which totals are reported.
        2 base_currency: Text { default("USD") };
        /// The ISO 3166-1 code of the country in which local phone numbers are read.
        3 default_region: Text { default("US") };
        /// The IANA name of the time zone in which days begin and end.
        4 time_zone: Text { default("UTC") };
        /// The month (1 to 12) in which the fiscal year begins.
        5 fiscal_year_start: Integer { default("1") };
        /// The days on which people work.
        6 working_days: Many<OneOf<Weekday>> { default("monday; tuesday; wednesday; thursday; friday") };
        /// When work begins, local time, `HH:MM`.
        7 work_starts: Text { default("09:00") };
        /// When work ends, local time, `HH:MM`.
        8 work_ends: Text { default("17:00") };
        /// Days on which nobody works.
        9 holidays: Many<Date>;
        /// For how many days the idempotency keys of batches are kept at least; 30 where it is not set.
        10 batch_keys_days: Integer;
    }
    title(&[name]);
    role(Role::Settings(SettingsRole {
        name,
        base_currency,
        region: default_region,
        time_zone,
        fiscal_year_start,
        batch_keys_days,
    }));
    hook(check);
}

fn check(save: &mut Save<'_, Organisation>) -> Result<()> {
    use Organisation as O;
    let text = |field: Field<Organisation, Text>| save.get(field).unwrap_or_default();
    let (starts, ends) = (time_of_day(&text(O::WORK_STARTS)), time_of_day(&text(O::WORK_ENDS)));
    let hours = match (&starts, &ends) {
        (Ok(starts), Ok(ends)) if ends <= starts => {
            let reason = format!("work ends after it starts, at {starts}");
            Err(Error::invalid(text(O::WORK_ENDS), reason))
        }
        _ => ends.map(drop),
    };
    let checks = [
        (O::BASE_CURRENCY.name(), Currency::new(&text(O::BASE_CURRENCY)).map(drop)),
        (O::DEFAULT_REGION.name(), normalise::check_region(&text(O::DEFAULT_REGION))),
        (O::TIME_ZONE.name(), text(O::TIME_ZONE).parse::<Zone>().map(drop)),
        (O::FISCAL_YEAR_START.name(), is_month(save.get(O::FISCAL_YEAR_START))),
        (O::WORK_STARTS.name(), starts.map(drop)),
        (O::WORK_ENDS.name(), hours),
        (O::BATCH_KEYS_DAYS.name(), is_time_of_keys(save.get(O::BATCH_KEYS_DAYS))),
    ];
    let faults = checks
        .into_iter()
        .filter_map(|(name, check)| Some(check.err()?.at_field(Organisation::TYPE_NAME, name)));
    Error::of_all(faults.collect())
}

fn is_month(month: Option<i64>) -> Result<()> {
    match month {
        Some(1..=12) => Ok(()),
        month => Err(Error::invalid(ValueRef::from(&month.into()), "a month is 1 to 12")),
    }
}

fn is_time_of_keys(days: Option<i64>) -> Result<()> {
    match days {
        None | Some(1..=36_500) => Ok(()),
        Some(days) => Err(Error::invalid(days, "keys are kept for 1 to 36,500 days")),
    }
}

fn time_of_day(text: &str) -> Result<chrono::NaiveTime> {
    chrono::NaiveTime::parse_from_str(text, "%H:%M")
        .map_err(|_| Error::invalid(text, "a time of day is `HH:MM`"))
}

impl Weekday {
    /// The day of the calendar crate that hosts use.
    pub fn of(day: chrono::Weekday) -> Self {
        let at = day.num_days_from_monday() as usize;
        Self::CHOICES
            .get(at)
            .and_then(|(key, _)| Self::from_key(key))
            .unwrap_or(Weekday::Monday)
    }
}
