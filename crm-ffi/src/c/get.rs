//! Reading the values of a record.
//!
//! Each getter answers CRM_OK and writes the value, or CRM_ABSENT, or an error: CRM_INVALID for a field of another
//! object or another type, CRM_UNKNOWN_FIELD for a number that the object does not have. `*out` is zero then.

use chrono::TimeDelta;
use crm_core::schema::{FieldDef, FieldType, system};
use crm_core::{Detail, Error, ValueRef};

use super::error::Failure;
use super::record::{crm_record, part_at};
use super::status::{CRM_ABSENT, CRM_OK, crm_status, guard_plain};
use super::text::crm_str;
use super::values::{crm_date, crm_decimal, crm_field, crm_money, crm_ref};

/// A type of values, as a getter has it.
pub(super) trait Getter {
    type Out: Copy;
    /// What stands where there is no value.
    const ABSENT: Self::Out;
    /// What the getter is called in errors.
    const NAME: &'static str;
    /// The value; `None` if it is of another type.
    fn read(
        value: ValueRef<'_>,
        lend: &dyn Fn(&str) -> crm_str,
    ) -> Option<Result<Self::Out, Failure>>;
    /// True for fields whose values it reads.
    fn fits(ty: FieldType) -> bool;
}

macro_rules! getters {
    ($($name:ident: $out:ty = $absent:expr, $what:literal, $fits:pat, |$value:pat_param, $lend:pat_param| $read:expr;)*) => {$(
        pub(super) enum $name {}

        impl Getter for $name {
            type Out = $out;
            const ABSENT: $out = $absent;
            const NAME: &'static str = $what;

            #[inline]
            fn read(value: ValueRef<'_>, $lend: &dyn Fn(&str) -> crm_str) -> Option<Result<$out, Failure>> {
                match value {
                    $value => Some($read),
                    _ => None,
                }
            }

            fn fits(ty: FieldType) -> bool {
                matches!(ty, $fits)
            }
        }
    )*};
}

use FieldType as T;

getters! {
    Text: crm_str = crm_str::ABSENT, "text",
        T::Text | T::LongText | T::Email | T::Phone | T::Url | T::Domain | T::Choice,
        |ValueRef::Text(text), lend| Ok(lend(text));
    Bool: bool = false, "a truth value", T::Boolean, |ValueRef::Bool(value), _| Ok(value);
    Int: i64 = 0, "a whole number", T::Integer, |ValueRef::Int(value), _| Ok(value);
    Decimal: crm_decimal = crm_decimal::ABSENT, "a decimal number", T::Decimal | T::Percent,
        |ValueRef::Decimal(value), _| crm_decimal::of(value).ok_or_else(|| too_long(value.mantissa()));
    Money: crm_money = crm_money::ABSENT, "money", T::Money,
        |ValueRef::Money(value), _| crm_money::of(value).ok_or_else(|| too_long(value.amount().mantissa()));
    Date: crm_date = crm_date::ABSENT, "a date", T::Date,
        |ValueRef::Date(value), _| Ok(crm_date::of_date(value));
    PartialDate: crm_date = crm_date::ABSENT, "a partial date", T::PartialDate,
        |ValueRef::PartialDate(value), _| Ok(crm_date::of_partial(value));
    Instant: i64 = 0, "a date-time", T::DateTime,
        |ValueRef::DateTime(value), _| Ok(value.timestamp_micros());
    Duration: i64 = 0, "a duration", T::Duration,
        |ValueRef::Duration(value), _| Ok(TimeDelta::num_milliseconds(&value));
    Reference: crm_ref = crm_ref::ABSENT, "a reference", T::Reference,
        |ValueRef::Ref(value), _| Ok(crm_ref::new(value));
}

fn too_long(digits: i128) -> Failure {
    Error::from(Detail::Limit {
        what: "a number that C reads in 64 bits; read it with crm_get_canonical",
        max: i64::MAX as u64,
        actual: u64::try_from(digits.unsigned_abs()).unwrap_or(u64::MAX),
    })
    .into()
}

/// What a text was lent for: the field, and which of its texts.
fn key(field: crm_field, item: u32) -> u64 {
    u64::from(field) << 32 | u64::from(item)
}

/// The keys of canonical texts and of parts stand above those of list items.
const CANONICAL: u32 = u32::MAX;
const JSON: u32 = u32::MAX - 1;
const FIRST_PART: u32 = u32::MAX - 16;
const WHOLE: u32 = u32::MAX - 17;

/// Reads the value of a field.
#[inline]
fn get<G: Getter>(
    record: Option<&crm_record>,
    field: crm_field,
    out: Option<&mut G::Out>,
) -> crm_status {
    answer::<G>(out, || {
        let record = super::given(record, "the record")?;
        let value = record.value(field)?;
        if value.is_null() {
            return absent::<G>(record, field, false);
        }
        let read = G::read(value, &|text| record.lend(key(field, WHOLE), text));
        read.ok_or_else(|| other_type::<G>(record, field))?
            .map(Some)
    })
}

/// Reads an element of a list.
pub(super) fn item<G: Getter>(
    record: Option<&crm_record>,
    field: crm_field,
    at: usize,
    out: Option<&mut G::Out>,
) -> crm_status {
    answer::<G>(out, || {
        let record = super::given(record, "the record")?;
        let value = record.value(field)?;
        if value.is_null() {
            return absent::<G>(record, field, true);
        }
        let Some(element) = value.elements().nth(at) else {
            return Ok(None);
        };
        let lend = |text: &str| match u32::try_from(at) {
            Ok(at) => record.lend(key(field, at), text),
            Err(_) => crm_str::ABSENT,
        };
        let read = G::read(element, &lend);
        read.ok_or_else(|| other_type::<G>(record, field))?
            .map(Some)
    })
}

/// Writes what was read, or zero.
fn answer<G: Getter>(
    out: Option<&mut G::Out>,
    read: impl FnOnce() -> Result<Option<G::Out>, Failure>,
) -> crm_status {
    let mut value = G::ABSENT;
    let is_wanted = out.is_some();
    let status = guard_plain(|| {
        let read = read()?;
        super::needed(is_wanted, "out")?;
        value = read.unwrap_or(G::ABSENT);
        Ok(if read.is_some() { CRM_OK } else { CRM_ABSENT })
    });
    if let Some(out) = out {
        *out = value;
    }
    status
}

/// Nothing, if the field could have had a value of this type.
fn absent<G: Getter>(
    record: &crm_record,
    field: crm_field,
    is_item: bool,
) -> Result<Option<G::Out>, Failure> {
    match record.definition(field)? {
        Some(definition) if !G::fits(definition.ty) || definition.many != is_item && !is_item => {
            Err(wrong_type(definition, G::NAME))
        }
        _ => Ok(None),
    }
}

fn other_type<G: Getter>(record: &crm_record, field: crm_field) -> Failure {
    match record.definition(field) {
        Ok(Some(definition)) => wrong_type(definition, G::NAME),
        Ok(None) => Failure::invalid(
            &format!("{field:#x}"),
            &format!("the column is not {}", G::NAME),
        ),
        Err(failure) => failure,
    }
}

fn wrong_type(definition: &FieldDef, wanted: &str) -> Failure {
    let reason = format!("the field is {}, not {wanted}", definition.type_name());
    Failure::invalid(&definition.name, &reason)
}

/// The text of a field: text, long text, e-mail address, phone number, URL, domain, the key of a choice.
#[unsafe(no_mangle)]
pub extern "C" fn crm_get_text(
    record: Option<&crm_record>,
    field: crm_field,
    out: Option<&mut crm_str>,
) -> crm_status {
    if field == u32::from(system::ID) {
        let id = record
            .and_then(crm_record::reference)
            .map(|reference| reference.id.to_string());
        return answer::<Text>(out, || {
            let record = super::given(record, "the record")?;
            Ok(id.map(|id| record.lend(key(field, WHOLE), &id)))
        });
    }
    get::<Text>(record, field, out)
}

/// The truth value of a field.
#[unsafe(no_mangle)]
pub extern "C" fn crm_get_bool(
    record: Option<&crm_record>,
    field: crm_field,
    out: Option<&mut bool>,
) -> crm_status {
    get::<Bool>(record, field, out)
}

/// The whole number of a field.
#[unsafe(no_mangle)]
pub extern "C" fn crm_get_int(
    record: Option<&crm_record>,
    field: crm_field,
    out: Option<&mut i64>,
) -> crm_status {
    get::<Int>(record, field, out)
}

/// The number of a decimal or percent field; CRM_LIMIT if it has more digits than 64 bits hold:
/// crm_get_canonical() reads those.
#[unsafe(no_mangle)]
pub extern "C" fn crm_get_decimal(
    record: Option<&crm_record>,
    field: crm_field,
    out: Option<&mut crm_decimal>,
) -> crm_status {
    get::<Decimal>(record, field, out)
}

/// The amount of a money field; CRM_LIMIT as for crm_get_decimal().
#[unsafe(no_mangle)]
pub extern "C" fn crm_get_money(
    record: Option<&crm_record>,
    field: crm_field,
    out: Option<&mut crm_money>,
) -> crm_status {
    get::<Money>(record, field, out)
}

/// The day of a date field.
#[unsafe(no_mangle)]
pub extern "C" fn crm_get_date(
    record: Option<&crm_record>,
    field: crm_field,
    out: Option<&mut crm_date>,
) -> crm_status {
    get::<Date>(record, field, out)
}

/// The day of a partial date field, with 0 for what is not known of it.
#[unsafe(no_mangle)]
pub extern "C" fn crm_get_partial_date(
    record: Option<&crm_record>,
    field: crm_field,
    out: Option<&mut crm_date>,
) -> crm_status {
    get::<PartialDate>(record, field, out)
}

/// The instant of a date-time field, in microseconds since 1970-01-01T00:00:00Z.
#[unsafe(no_mangle)]
pub extern "C" fn crm_get_time(
    record: Option<&crm_record>,
    field: crm_field,
    out: Option<&mut i64>,
) -> crm_status {
    get::<Instant>(record, field, out)
}

/// The length of time of a duration field, in milliseconds.
#[unsafe(no_mangle)]
pub extern "C" fn crm_get_duration(
    record: Option<&crm_record>,
    field: crm_field,
    out: Option<&mut i64>,
) -> crm_status {
    get::<Duration>(record, field, out)
}

/// The record that a reference field names.
#[unsafe(no_mangle)]
pub extern "C" fn crm_get_ref(
    record: Option<&crm_record>,
    field: crm_field,
    out: Option<&mut crm_ref>,
) -> crm_status {
    get::<Reference>(record, field, out)
}

/// A part of a name (`given`, `family`, `middle`, `prefix`, `suffix`) or an address (`street`, `city`,
/// `region`, `postal_code`, `country`).
#[unsafe(no_mangle)]
pub extern "C" fn crm_get_part(
    record: Option<&crm_record>,
    field: crm_field,
    part: crm_str,
    out: Option<&mut crm_str>,
) -> crm_status {
    answer::<Text>(out, || {
        let record = super::given(record, "the record")?;
        let part = part.required("the part")?;
        let Some(definition) = record.definition(field)? else {
            return Err(Failure::invalid(part, "a column of a row has no parts"));
        };
        let at = part_at(definition, part)?;
        let set = record.part_set(&format!("{}.{part}", definition.name));
        let text = match (set, record.value(field)?) {
            (Some(text), _) => text,
            (None, ValueRef::Parts(parts)) => parts.get(at),
            (None, _) => "",
        };
        let lend = || record.lend(key(field, FIRST_PART + at as u32), text);
        Ok((!text.is_empty()).then(lend))
    })
}

/// The canonical text of a field of any type, as exports write it: `12.50 EUR`, `2026-03-01T09:00:00Z`.
#[unsafe(no_mangle)]
pub extern "C" fn crm_get_canonical(
    record: Option<&crm_record>,
    field: crm_field,
    out: Option<&mut crm_str>,
) -> crm_status {
    answer::<Text>(out, || {
        let record = super::given(record, "the record")?;
        let value = record.value(field)?;
        if value.is_null() {
            return record.definition(field).map(|_| None);
        }
        Ok(Some(record.lend(key(field, CANONICAL), &value.to_string())))
    })
}

/// The value of a field of any type in its JSON form, as crm_record_to_json() has it; `null` if it is not known. A
/// reference has the name of its object, a name or an address the names of its parts.
#[unsafe(no_mangle)]
pub extern "C" fn crm_get_json(
    record: Option<&crm_record>,
    field: crm_field,
    out: Option<&mut crm_str>,
) -> crm_status {
    answer::<Text>(out, || {
        let record = super::given(record, "the record")?;
        let value = record.value(field)?;
        let definition = record.definition_of_value(field)?;
        let json = crate::json::value(record.catalog(), &value.into(), definition);
        Ok(Some(record.lend(key(field, JSON), &json.to_string())))
    })
}

/// Nothing is known.
pub const CRM_KIND_NULL: i32 = 0;
/// Read with crm_get_bool().
pub const CRM_KIND_BOOL: i32 = 1;
/// Read with crm_get_int().
pub const CRM_KIND_INT: i32 = 2;
/// Read with crm_get_decimal().
pub const CRM_KIND_DECIMAL: i32 = 3;
/// Read with crm_get_money().
pub const CRM_KIND_MONEY: i32 = 4;
/// Read with crm_get_text().
pub const CRM_KIND_TEXT: i32 = 5;
/// Read with crm_get_date().
pub const CRM_KIND_DATE: i32 = 6;
/// Read with crm_get_partial_date().
pub const CRM_KIND_PARTIAL_DATE: i32 = 7;
/// Read with crm_get_time().
pub const CRM_KIND_TIME: i32 = 8;
/// Read with crm_get_duration().
pub const CRM_KIND_DURATION: i32 = 9;
/// Read with crm_get_ref().
pub const CRM_KIND_REF: i32 = 10;
/// Read with crm_get_part().
pub const CRM_KIND_PARTS: i32 = 11;
/// Read with crm_length() and crm_item_text() and the like.
pub const CRM_KIND_LIST: i32 = 12;

/// What a field holds, CRM_KIND_TEXT and so on: of a list with elements, CRM_KIND_LIST.
#[unsafe(no_mangle)]
pub extern "C" fn crm_get_kind(
    record: Option<&crm_record>,
    field: crm_field,
    out: Option<&mut i32>,
) -> crm_status {
    guard_plain(|| {
        let record = super::given(record, "the record")?;
        let value = record.value(field)?;
        if value.is_null() {
            record.definition(field)?;
        }
        super::put(out, kind(value))
    })
}

/// What an element of a list is.
#[unsafe(no_mangle)]
pub extern "C" fn crm_item_kind(
    record: Option<&crm_record>,
    field: crm_field,
    at: usize,
    out: Option<&mut i32>,
) -> crm_status {
    guard_plain(|| {
        let record = super::given(record, "the record")?;
        let element = record.value(field)?.elements().nth(at);
        super::put(out, element.map_or(CRM_KIND_NULL, kind))
    })
}

fn kind(value: ValueRef<'_>) -> i32 {
    match value {
        ValueRef::Null => CRM_KIND_NULL,
        ValueRef::Bool(_) => CRM_KIND_BOOL,
        ValueRef::Int(_) => CRM_KIND_INT,
        ValueRef::Decimal(_) => CRM_KIND_DECIMAL,
        ValueRef::Money(_) => CRM_KIND_MONEY,
        ValueRef::Text(_) => CRM_KIND_TEXT,
        ValueRef::Date(_) => CRM_KIND_DATE,
        ValueRef::PartialDate(_) => CRM_KIND_PARTIAL_DATE,
        ValueRef::DateTime(_) => CRM_KIND_TIME,
        ValueRef::Duration(_) => CRM_KIND_DURATION,
        ValueRef::Ref(_) => CRM_KIND_REF,
        ValueRef::Parts(_) => CRM_KIND_PARTS,
        ValueRef::List(_) => CRM_KIND_LIST,
    }
}

/// How many elements a field has: those of a list; 1 of another value, 0 of none.
#[unsafe(no_mangle)]
pub extern "C" fn crm_length(
    record: Option<&crm_record>,
    field: crm_field,
    out: Option<&mut usize>,
) -> crm_status {
    guard_plain(|| {
        let record = super::given(record, "the record")?;
        let value = record.value(field)?;
        if value.is_null() {
            record.definition(field)?;
        }
        super::put(out, value.elements().count())
    })
}
