//! The values that cross the boundary.

use std::ffi::c_char;

use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, Utc};
use crm_core::{Currency, Id, Money, PartialDate, Ref};
use rust_decimal::Decimal;

use super::error::Failure;
use super::status::{crm_status, guard_plain};
use super::text::crm_str;

/// The number of an object type: CRM_TYPE_DEAL, or that of a custom object by crm_type_named(). 0 is none.
#[allow(non_camel_case_types, reason = "the name in C")]
pub type crm_type = u32;

/// The number of a field, `type << 16 | number`: CRM_DEAL_AMOUNT, or that of a custom field by crm_field_named().
/// CRM_CREATED_AT and the like, which are of no type, are fields of every record, CRM_ROW_AT and the like the
/// columns of rows.
#[allow(non_camel_case_types, reason = "the name in C")]
pub type crm_field = u32;

/// Names a record: its object type and its id, which is the 36 characters of a UUID and a NUL. A crm_ref without
/// a record has type 0 and an empty id.
#[repr(C)]
#[derive(Clone, Copy)]
#[allow(non_camel_case_types, reason = "the name in C")]
pub struct crm_ref {
    /// The object type.
    pub object: crm_type,
    /// The id as text.
    pub id: [c_char; 40],
}

impl crm_ref {
    pub(super) const ABSENT: crm_ref = crm_ref {
        object: 0,
        id: [0; 40],
    };

    pub(super) fn new(reference: Ref) -> Self {
        let mut id = [0; 40];
        let text = uuid_text(reference.id.as_bytes());
        for (to, from) in id.iter_mut().zip(text) {
            *to = from as c_char;
        }
        crm_ref {
            object: reference.object.into(),
            id,
        }
    }

    /// The id without the type, which is the same text in less space.
    fn parse_id(&self) -> Result<Id, Failure> {
        let text: Vec<u8> = self
            .id
            .iter()
            .map(|c| *c as u8)
            .take_while(|c| *c != 0)
            .collect();
        let text = String::from_utf8_lossy(&text);
        Ok(text.parse()?)
    }

    pub(super) fn read(&self) -> Result<Ref, Failure> {
        Ok(Ref {
            object: type_number(self.object)?,
            id: self.parse_id()?,
        })
    }

    /// The record, unless this names none.
    pub(super) fn optional(&self) -> Result<Option<Ref>, Failure> {
        let is_absent = self.object == 0 && self.id.first() == Some(&0);
        if is_absent {
            Ok(None)
        } else {
            self.read().map(Some)
        }
    }

    /// The id of a record of this type.
    pub(super) fn id_of<O: crm_core::schema::Object>(&self) -> Result<Id<O>, Failure> {
        let reference = self.read()?;
        if reference.object != O::TYPE {
            let reason = format!("this is no {}, but of type {}", O::TYPE_NAME, self.object);
            return Err(Failure::invalid(&reference.id.to_string(), &reason));
        }
        Ok(reference.id.of())
    }
}

/// `01890a5d-ac96-774b-bcce-b302099a8057`: a UUID as RFC 9562 writes it, without an allocation, since each
/// reference that a host reads comes here.
fn uuid_text(bytes: &[u8; 16]) -> [u8; 36] {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = [b'-'; 36];
    let places = (0..36).filter(|at| !matches!(at, 8 | 13 | 18 | 23));
    let nibbles = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    for (at, nibble) in places.zip(nibbles) {
        if let (Some(to), Some(digit)) = (text.get_mut(at), DIGITS.get(usize::from(nibble))) {
            *to = *digit;
        }
    }
    text
}

/// The number of an object type as the engine has it.
pub(super) fn type_number(object: crm_type) -> Result<u16, Failure> {
    match u16::try_from(object) {
        Ok(0) | Err(_) => Err(unknown_object(object)),
        Ok(number) => Ok(number),
    }
}

pub(super) fn unknown_object(object: crm_type) -> Failure {
    crm_core::Error::from(crm_core::Detail::UnknownObject {
        name: format!("#{object}"),
        nearest: None,
    })
    .into()
}

/// Names a record by the text of its id; it is checked when it is used.
#[unsafe(no_mangle)]
pub extern "C" fn crm_ref_make(
    object: crm_type,
    id: crm_str,
    out: Option<&mut crm_ref>,
) -> crm_status {
    guard_plain(|| {
        let text = id.required("the id")?;
        let id: Id = text.parse()?;
        let made = crm_ref::new(Ref {
            object: type_number(object)?,
            id,
        });
        super::put(out, made)
    })
}

/// A day: year 1 to 9999, month 1 to 12, day 1 to 31. In a partial date the year, or month and day, that are not
/// known are 0.
#[repr(C)]
#[derive(Clone, Copy)]
#[allow(non_camel_case_types, reason = "the name in C")]
pub struct crm_date {
    /// The year.
    pub year: i32,
    /// The month.
    pub month: u32,
    /// The day of the month.
    pub day: u32,
}

impl crm_date {
    pub(super) const ABSENT: crm_date = crm_date {
        year: 0,
        month: 0,
        day: 0,
    };

    pub(super) fn of_date(date: NaiveDate) -> Self {
        crm_date {
            year: date.year(),
            month: date.month(),
            day: date.day(),
        }
    }

    pub(super) fn of_partial(date: PartialDate) -> Self {
        let (month, day) = date.month_day().unwrap_or_default();
        crm_date {
            year: date.year().unwrap_or_default(),
            month,
            day,
        }
    }

    pub(super) fn to_date(self) -> Result<NaiveDate, Failure> {
        let known = (1..=9999).contains(&self.year);
        let date = NaiveDate::from_ymd_opt(self.year, self.month, self.day).filter(|_| known);
        date.ok_or_else(|| {
            let input = format!("{:04}-{:02}-{:02}", self.year, self.month, self.day);
            Failure::invalid(&input, "there is no such day")
        })
    }

    pub(super) fn to_partial(self) -> Result<PartialDate, Failure> {
        let year = (self.year != 0).then_some(self.year);
        let month_day = ((self.month, self.day) != (0, 0)).then_some((self.month, self.day));
        Ok(PartialDate::new(year, month_day)?)
    }
}

/// An exact decimal number: `unscaled` divided by ten to the power of `scale`, which is 0 to 28.
#[repr(C)]
#[derive(Clone, Copy)]
#[allow(non_camel_case_types, reason = "the name in C")]
pub struct crm_decimal {
    /// The number without its point.
    pub unscaled: i64,
    /// How many of its digits stand behind the point.
    pub scale: u32,
}

impl crm_decimal {
    pub(super) const ABSENT: crm_decimal = crm_decimal {
        unscaled: 0,
        scale: 0,
    };

    pub(super) fn of(decimal: Decimal) -> Option<Self> {
        let decimal = decimal.normalize();
        Some(crm_decimal {
            unscaled: decimal.mantissa().try_into().ok()?,
            scale: decimal.scale(),
        })
    }

    pub(super) fn to_decimal(self) -> Result<Decimal, Failure> {
        Decimal::try_from_i128_with_scale(self.unscaled.into(), self.scale).map_err(|_| {
            let input = format!("{} with scale {}", self.unscaled, self.scale);
            Failure::invalid(&input, "the scale of a number is 0 to 28")
        })
    }
}

/// An exact amount in the smallest unit of its currency: cents of EUR, yen of JPY, fils of KWD.
#[repr(C)]
#[derive(Clone, Copy)]
#[allow(non_camel_case_types, reason = "the name in C")]
pub struct crm_money {
    /// The amount in the currency's minor unit, of which crm_currency_decimals() says how many decimals it is.
    pub minor: i64,
    /// The ISO 4217 code with a NUL.
    pub currency: [c_char; 4],
}

impl crm_money {
    pub(super) const ABSENT: crm_money = crm_money {
        minor: 0,
        currency: [0; 4],
    };

    pub(super) fn of(money: Money) -> Option<Self> {
        let mut amount = money.amount();
        amount.rescale(money.currency().decimals());
        let mut currency = [0; 4];
        for (to, from) in currency
            .iter_mut()
            .zip(money.currency().code().bytes().take(3))
        {
            *to = from as c_char;
        }
        Some(crm_money {
            minor: amount.mantissa().try_into().ok()?,
            currency,
        })
    }

    pub(super) fn to_money(self) -> Result<Money, Failure> {
        let code: Vec<u8> = self
            .currency
            .iter()
            .map(|c| *c as u8)
            .take_while(|c| *c != 0)
            .collect();
        let currency = Currency::new(&String::from_utf8_lossy(&code))?;
        let amount = Decimal::new(self.minor, currency.decimals());
        Ok(Money::new(amount, currency)?)
    }
}

/// How many decimals a currency has: 2 for EUR, 0 for JPY, 3 for KWD.
#[unsafe(no_mangle)]
pub extern "C" fn crm_currency_decimals(code: crm_str, out: Option<&mut u32>) -> crm_status {
    guard_plain(|| {
        let currency = Currency::new(code.required("the currency")?)?;
        super::put(out, currency.decimals())
    })
}

/// An instant from microseconds since 1970-01-01T00:00:00Z.
pub(super) fn instant(micros: i64) -> Result<DateTime<Utc>, Failure> {
    DateTime::from_timestamp_micros(micros)
        .ok_or_else(|| Failure::invalid(&micros.to_string(), "the instant is out of range"))
}

/// A length of time from milliseconds.
pub(super) fn duration(millis: i64) -> Result<TimeDelta, Failure> {
    TimeDelta::try_milliseconds(millis)
        .ok_or_else(|| Failure::invalid(&millis.to_string(), "the duration is out of range"))
}
