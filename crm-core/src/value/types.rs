//! The value types that the engine defines itself.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::str::FromStr;

use chrono::{Datelike, NaiveDate};
use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

use crate::error::{Error, Result};

/// Stands for "any object type" in an [`Id`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Any {}

/// The identity of a record: a UUID of version 7 (RFC 9562), made by the device that creates the record.
///
/// `Id<Deal>` is the id of a deal, plain `Id` that of a record of any type; the type parameter exists at
/// compile time only.
pub struct Id<O = Any>(Uuid, PhantomData<fn() -> O>);

impl Id {
    /// The id that no record has; the actor of changes that the engine makes itself.
    pub const NIL: Id = Id(Uuid::nil(), PhantomData);
}

impl<O> Id<O> {
    /// From the 16 bytes of a UUID.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Id(Uuid::from_bytes(bytes), PhantomData)
    }

    /// The 16 bytes; their order is the order of creation.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        self.0.as_bytes()
    }

    /// The id without its type.
    pub const fn any(self) -> Id {
        Id(self.0, PhantomData)
    }

    /// The id as that of another object type; the engine checks it when it is used.
    pub const fn of<P>(self) -> Id<P> {
        Id(self.0, PhantomData)
    }
}

impl<O> Clone for Id<O> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<O> Copy for Id<O> {}

impl<O> PartialEq for Id<O> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl<O> Eq for Id<O> {}

impl<O> PartialOrd for Id<O> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<O> Ord for Id<O> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.cmp(&other.0)
    }
}

impl<O> Hash for Id<O> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl<O> fmt::Display for Id<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl<O> fmt::Debug for Id<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// As text, as people and JSON write it.
impl<O> Serialize for Id<O> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de, O> Deserialize<'de> for Id<O> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl<O> FromStr for Id<O> {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Uuid::parse_str(text.trim())
            .map(|uuid| Id(uuid, PhantomData))
            .map_err(|_| {
                Error::invalid(
                    text,
                    "an id is a UUID, such as `01890a5d-ac96-774b-bcce-b302099a8057`",
                )
            })
    }
}

/// A reference to a record of any object type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ref {
    /// The number of the object type; see [`ObjectDef::id`](crate::schema::ObjectDef::id).
    pub object: u16,
    /// The record.
    pub id: Id,
}

/// A currency by its ISO 4217 code.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency([u8; 3]);

impl Currency {
    /// From the three letters of its code, in any case.
    ///
    /// # Errors
    /// `Invalid` for a code that ISO 4217 does not have.
    ///
    /// ```
    /// use crm_core::Currency;
    /// assert_eq!(Currency::new("eur").unwrap().decimals(), 2);
    /// assert_eq!(Currency::new("JPY").unwrap().decimals(), 0);
    /// assert_eq!(Currency::new("KWD").unwrap().decimals(), 3);
    /// assert!(Currency::new("EURO").is_err());
    /// ```
    pub fn new(code: &str) -> Result<Self> {
        let upper = code.trim().to_ascii_uppercase();
        let known = iso_currency::Currency::from_code(&upper)
            .and_then(|_| upper.as_bytes().try_into().ok());
        known
            .map(Currency)
            .ok_or_else(|| Error::invalid(code, "a currency is an ISO 4217 code, such as `EUR`"))
    }

    /// From stored bytes, which were checked when they were written.
    pub(crate) const fn from_bytes(bytes: [u8; 3]) -> Self {
        Currency(bytes)
    }

    pub(crate) const fn as_bytes(&self) -> &[u8; 3] {
        &self.0
    }

    /// The code: `EUR`.
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("XXX")
    }

    /// Digits after the decimal point (the minor unit of ISO 4217): 2 for EUR, 0 for JPY, 3 for KWD.
    pub fn decimals(&self) -> u32 {
        iso_currency::Currency::from_code(self.code())
            .and_then(|currency| currency.exponent())
            .map_or(2, u32::from)
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// An exact amount of a currency, never with more decimals than the currency has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Money {
    amount: Decimal,
    currency: Currency,
}

impl Money {
    /// An amount that the currency can express.
    ///
    /// # Errors
    /// `Invalid` when the amount has more decimals than the currency: round it first, by a rule of yours.
    ///
    /// ```
    /// use crm_core::{Currency, Money};
    /// use rust_decimal::Decimal;
    /// let yen = Currency::new("JPY").unwrap();
    /// assert!(Money::new("100.5".parse::<Decimal>().unwrap(), yen).is_err());
    /// assert_eq!(Money::rounded("100.5".parse::<Decimal>().unwrap(), yen).to_string(), "100 JPY");
    /// ```
    pub fn new(amount: impl Into<Decimal>, currency: Currency) -> Result<Self> {
        let amount = amount.into().normalize();
        if amount.scale() > currency.decimals() {
            return Err(Error::invalid(
                amount,
                format!("{currency} has {} decimals", currency.decimals()),
            ));
        }
        Ok(Money { amount, currency })
    }

    /// The amount rounded half to even to the currency's decimals.
    pub fn rounded(amount: impl Into<Decimal>, currency: Currency) -> Self {
        let amount = amount
            .into()
            .round_dp_with_strategy(currency.decimals(), RoundingStrategy::MidpointNearestEven)
            .normalize();
        Money { amount, currency }
    }

    /// From stored parts, which were checked when they were written.
    pub(crate) const fn from_parts(amount: Decimal, currency: Currency) -> Self {
        Money { amount, currency }
    }

    /// The amount in major units.
    pub fn amount(&self) -> Decimal {
        self.amount
    }

    /// The currency.
    pub fn currency(&self) -> Currency {
        self.currency
    }
}

impl fmt::Display for Money {
    /// `1234.50 EUR`: all decimals of the currency, a plain number, the code.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:.*} {}",
            self.currency.decimals() as usize,
            self.amount,
            self.currency
        )
    }
}

impl FromStr for Money {
    type Err = Error;

    /// Reads `1234.50 EUR` or `EUR 1234.50`.
    fn from_str(text: &str) -> Result<Self> {
        let wanted = || {
            Error::invalid(
                text,
                "money is an amount and a currency, such as `1234.50 EUR`",
            )
        };
        let (left, right) = text.trim().split_once(' ').ok_or_else(wanted)?;
        let (amount, code) = if left.starts_with(|c: char| c.is_ascii_alphabetic()) {
            (right, left)
        } else {
            (left, right)
        };
        let amount = Decimal::from_str(amount.trim()).map_err(|_| wanted())?;
        Money::new(amount, Currency::new(code)?)
    }
}

/// A date of which year, or month and day, may be unknown (RFC 6350's `--MM-DD`, `YYYY`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PartialDate {
    year: Option<i16>,
    month_day: Option<(u8, u8)>,
}

impl PartialDate {
    /// A whole date.
    ///
    /// # Errors
    /// `Invalid` for a day that the month does not have, or a year outside 1 to 9999.
    pub fn new(year: Option<i32>, month_day: Option<(u32, u32)>) -> Result<Self> {
        let text = || match (year, month_day) {
            (Some(year), Some((month, day))) => format!("{year:04}-{month:02}-{day:02}"),
            (None, Some((month, day))) => format!("--{month:02}-{day:02}"),
            (Some(year), None) => year.to_string(),
            (None, None) => String::new(),
        };
        if year.is_none() && month_day.is_none() {
            return Err(Error::invalid(
                text(),
                "a partial date has a year, or a month and day, or both",
            ));
        }
        if year.is_some_and(|year| !(1..=9999).contains(&year)) {
            return Err(Error::invalid(text(), "the year is 1 to 9999"));
        }
        if let Some((month, day)) = month_day {
            // 29 February is a birthday; a leap year stands in for the unknown one.
            NaiveDate::from_ymd_opt(year.unwrap_or(2000), month, day)
                .ok_or_else(|| Error::invalid(text(), "the month does not have that day"))?;
        }
        Ok(PartialDate {
            year: year.map(|year| year as i16),
            month_day: month_day.map(|(month, day)| (month as u8, day as u8)),
        })
    }

    /// The year, if it is known.
    pub fn year(&self) -> Option<i32> {
        self.year.map(i32::from)
    }

    /// Month (1 to 12) and day (1 to 31), if they are known.
    pub fn month_day(&self) -> Option<(u32, u32)> {
        self.month_day
            .map(|(month, day)| (month.into(), day.into()))
    }

    /// The date, if all of it is known.
    pub fn date(&self) -> Option<NaiveDate> {
        let (month, day) = self.month_day()?;
        NaiveDate::from_ymd_opt(self.year()?, month, day)
    }

    /// The first anniversary on or after `from`; one of 29 February falls on 28 February in common years.
    pub fn next_anniversary(&self, from: NaiveDate) -> Option<NaiveDate> {
        let (month, day) = self.month_day()?;
        let in_year = |year| {
            NaiveDate::from_ymd_opt(year, month, day)
                .or_else(|| NaiveDate::from_ymd_opt(year, month, day - 1))
        };
        in_year(from.year())
            .filter(|date| *date >= from)
            .or_else(|| in_year(from.year() + 1))
    }
}

impl From<NaiveDate> for PartialDate {
    fn from(date: NaiveDate) -> Self {
        PartialDate {
            year: i16::try_from(date.year()).ok(),
            month_day: Some((date.month() as u8, date.day() as u8)),
        }
    }
}

impl fmt::Display for PartialDate {
    /// `1980-05-17`, `--05-17` or `1980` (RFC 6350, 4.3.1).
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.year, self.month_day) {
            (Some(year), Some((month, day))) => write!(f, "{year:04}-{month:02}-{day:02}"),
            (Some(year), None) => write!(f, "{year:04}"),
            (None, Some((month, day))) => write!(f, "--{month:02}-{day:02}"),
            (None, None) => Ok(()),
        }
    }
}

impl FromStr for PartialDate {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let wanted = || Error::invalid(text, "a partial date is `1980-05-17`, `--05-17` or `1980`");
        let number = |part: &str| part.parse::<u32>().map_err(|_| wanted());
        let month_day = |rest: &str| -> Result<(u32, u32)> {
            let (month, day) = rest.split_once('-').ok_or_else(wanted)?;
            Ok((number(month)?, number(day)?))
        };
        let text = text.trim();
        if let Some(rest) = text.strip_prefix("--") {
            return PartialDate::new(None, Some(month_day(rest)?));
        }
        match text.split_once('-') {
            None => PartialDate::new(Some(number(text)? as i32), None),
            Some((year, rest)) => {
                PartialDate::new(Some(number(year)? as i32), Some(month_day(rest)?))
            }
        }
    }
}

/// The named parts of an address or a person's name, in the order of
/// [`FieldType::part_names`](crate::schema::FieldType::part_names). A part that is not known is empty.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Parts(Vec<String>);

impl Parts {
    /// From its parts in order; parts that are left out at the end are empty.
    pub fn new(mut parts: Vec<String>) -> Self {
        while parts.last().is_some_and(String::is_empty) {
            parts.pop();
        }
        Parts(parts)
    }

    /// The part at a position of `part_names`, empty if it is not known.
    pub fn get(&self, index: usize) -> &str {
        self.0.get(index).map_or("", String::as_str)
    }

    /// The parts, without the empty ones at the end.
    pub fn as_slice(&self) -> &[String] {
        &self.0
    }

    /// True if no part is known.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
