//! The canonical text of values: what exports, logs and messages show, and what the readers of
//! [`normalise`](super::normalise) accept.

use std::fmt;

use chrono::{DateTime, SecondsFormat, SubsecRound, TimeDelta, Utc};

use super::{Value, ValueRef};

impl fmt::Display for ValueRef<'_> {
    /// The canonical text, in no language and no locale.
    ///
    /// | value | text |
    /// |---|---|
    /// | null | empty |
    /// | truth value | `true`, `false` |
    /// | number | `-1234.5`, without zeros at the end |
    /// | money | `12.50 EUR`, with the decimals of the currency |
    /// | date, partial date | `2024-05-17`, `--05-17`, `2024` |
    /// | date-time | `2024-05-17T08:30:00Z` (RFC 3339), with 3 or 6 decimals of a second where they matter |
    /// | duration | `PT36H30M`, `-PT0.5S` (ISO 8601), hours at the most: days are not all alike |
    /// | reference | the id |
    /// | parts | those that are known, joined by `, ` |
    /// | list | its elements, joined by `; ` |
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            ValueRef::Null => Ok(()),
            ValueRef::Bool(value) => write!(f, "{value}"),
            ValueRef::Int(value) => write!(f, "{value}"),
            ValueRef::Decimal(value) => write!(f, "{}", value.normalize()),
            ValueRef::Money(value) => write!(f, "{value}"),
            ValueRef::Text(value) => f.write_str(value),
            ValueRef::Date(value) => write!(f, "{value}"),
            ValueRef::PartialDate(value) => write!(f, "{value}"),
            ValueRef::DateTime(value) => f.write_str(&rfc3339(value)),
            ValueRef::Duration(value) => write_duration(f, value),
            ValueRef::Ref(value) => write!(f, "{}", value.id),
            ValueRef::Parts(value) => f.write_str(&value.join(", ")),
            ValueRef::List(value) => {
                for (index, element) in value.iter().enumerate() {
                    let separator = if index == 0 { "" } else { "; " };
                    write!(f, "{separator}{element}")?;
                }
                Ok(())
            }
        }
    }
}

impl fmt::Display for Value {
    /// As [`ValueRef`] is shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.as_value_ref(), f)
    }
}

/// An instant in UTC, at the precision that is stored.
fn rfc3339(time: DateTime<Utc>) -> String {
    time.trunc_subsecs(6)
        .to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

fn write_duration(f: &mut fmt::Formatter<'_>, duration: TimeDelta) -> fmt::Result {
    let millis = duration.num_milliseconds();
    let sign = if millis < 0 { "-" } else { "" };
    let millis = millis.unsigned_abs();
    let (hours, minutes) = (millis / 3_600_000, millis / 60_000 % 60);
    let (seconds, fraction) = (millis / 1_000 % 60, millis % 1_000);
    write!(f, "{sign}PT")?;
    if hours > 0 {
        write!(f, "{hours}H")?;
    }
    if minutes > 0 {
        write!(f, "{minutes}M")?;
    }
    if fraction > 0 {
        let decimals = format!("{fraction:03}");
        write!(f, "{seconds}.{}S", decimals.trim_end_matches('0'))?;
    } else if seconds > 0 || millis == 0 {
        write!(f, "{seconds}S")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;

    use super::*;
    use crate::value::{Money, Parts};

    fn text(value: impl Into<Value>) -> String {
        value.into().to_string()
    }

    #[test]
    fn numbers_and_money() {
        assert_eq!(text(-5), "-5");
        assert_eq!(
            text("12.500".parse::<rust_decimal::Decimal>().unwrap()),
            "12.5"
        );
        for money in ["12.50 EUR", "-0.05 USD", "1200 JPY", "1.234 KWD"] {
            assert_eq!(text(money.parse::<Money>().unwrap()), money);
        }
    }

    #[test]
    fn dates_and_times() {
        let day = NaiveDate::from_ymd_opt(2024, 5, 17).unwrap();
        assert_eq!(text(day), "2024-05-17");
        let at = |nanos| text(day.and_hms_nano_opt(8, 30, 0, nanos).unwrap().and_utc());
        assert_eq!(at(0), "2024-05-17T08:30:00Z");
        assert_eq!(at(500_000_000), "2024-05-17T08:30:00.500Z");
        assert_eq!(at(1_999), "2024-05-17T08:30:00.000001Z");
    }

    #[test]
    fn durations() {
        for (millis, expected) in [
            (0, "PT0S"),
            (36 * 3_600_000 + 30 * 60_000, "PT36H30M"),
            (-500, "-PT0.5S"),
            (61_050, "PT1M1.05S"),
            (60_000, "PT1M"),
        ] {
            assert_eq!(text(TimeDelta::milliseconds(millis)), expected);
        }
    }

    #[test]
    fn parts_and_lists() {
        let parts = Parts::new(vec!["12 High St".into(), String::new(), "York".into()]);
        assert_eq!(text(parts), "12 High St, York");
        assert_eq!(
            text(vec![Value::from("a"), Value::from(1), Value::Null]),
            "a; 1; "
        );
    }
}
