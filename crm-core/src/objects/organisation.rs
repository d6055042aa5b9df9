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
    title(&[1]);
    role(Role::Settings);
    hook(check);
}

fn check(context: &mut dyn SaveContext) -> Result<()> {
    let text = |field: u16| match context.get(field) {
        Value::Text(text) => text,
        _ => String::new(),
    };
    Currency::new(&text(2)).map_err(|error| error.at_field("organisation", "base_currency"))?;
    let zone = text(4);
    zone.parse::<Zone>().map_err(|error| error.at_field("organisation", "time_zone"))?;
    normalise::check_region(&text(3)).map_err(|error| error.at_field("organisation", "default_region"))?;
    let month = context.get(5);
    if !matches!(month, Value::Int(1..=12)) {
        return Err(Error::invalid(ValueRef::from(&month), "a month is 1 to 12").at_field("organisation", "fiscal_year_start"));
    }
    let days = context.get(10);
    if !matches!(days, Value::Null | Value::Int(1..=36_500)) {
        return Err(Error::invalid(ValueRef::from(&days), "keys are kept for 1 to 36,500 days").at_field("organisation", "batch_keys_days"));
    }
    for (field, name) in [(7, "work_starts"), (8, "work_ends")] {
        let time = text(field);
        if chrono::NaiveTime::parse_from_str(&time, "%H:%M").is_err() {
            return Err(Error::invalid(time, "a time of day is `HH:MM`").at_field("organisation", name));
        }
    }
    Ok(())
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
