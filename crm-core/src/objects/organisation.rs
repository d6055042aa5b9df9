//! Organisation-wide settings.

use crate::error::{Error, Result};
use crate::schema::declare::{choices, object};
use crate::schema::kind::{Choices, Date, Integer, Many, OneOf, Text};
use crate::schema::SaveContext;
use crate::value::{Currency, Value, ValueRef, normalise, Zone};

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
    role(Role::Settings);
    hook(check);
}

fn check(context: &mut dyn SaveContext) -> Result<()> {
    let text = |field: u16| match context.get(field) {
        Value::Text(text) => text,
        _ => String::new(),
    };
    let month = match context.get(5) {
        Value::Int(1..=12) => Ok(()),
        month => Err(Error::invalid(ValueRef::from(&month), "a month is 1 to 12")),
    };
    let days = match context.get(10) {
        Value::Null | Value::Int(1..=36_500) => Ok(()),
        days => Err(Error::invalid(ValueRef::from(&days), "keys are kept for 1 to 36,500 days")),
    };
    let (starts, ends) = (time_of_day(&text(7)), time_of_day(&text(8)));
    let hours = match (&starts, &ends) {
        (Ok(starts), Ok(ends)) if ends <= starts => {
            let reason = format!("work ends after it starts, at {starts}");
            Err(Error::invalid(text(8), reason))
        }
        _ => ends.map(drop),
    };
    let checks = [
        ("base_currency", Currency::new(&text(2)).map(drop)),
        ("default_region", normalise::check_region(&text(3))),
        ("time_zone", text(4).parse::<Zone>().map(drop)),
        ("fiscal_year_start", month),
        ("work_starts", starts.map(drop)),
        ("work_ends", hours),
        ("batch_keys_days", days),
    ];
    let faults = checks
        .into_iter()
        .filter_map(|(name, check)| Some(check.err()?.at_field("organisation", name)));
    Error::of_all(faults.collect())
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
