//! Reading the elements of lists. A value that is no list has one element, itself.

use super::get::{
    Date, Decimal, Duration, Instant, Int, Money, PartialDate, Reference, Text, item,
};
use super::record::crm_record;
use super::status::crm_status;
use super::text::crm_str;
use super::values::{crm_date, crm_decimal, crm_field, crm_money, crm_ref};

/// The text at a position of a list, as crm_get_text() reads it; CRM_ABSENT behind the end.
#[unsafe(no_mangle)]
pub extern "C" fn crm_item_text(
    record: Option<&crm_record>,
    field: crm_field,
    at: usize,
    out: Option<&mut crm_str>,
) -> crm_status {
    item::<Text>(record, field, at, out)
}

/// The whole number at a position of a list, as crm_get_int() reads it; CRM_ABSENT behind the end.
#[unsafe(no_mangle)]
pub extern "C" fn crm_item_int(
    record: Option<&crm_record>,
    field: crm_field,
    at: usize,
    out: Option<&mut i64>,
) -> crm_status {
    item::<Int>(record, field, at, out)
}

/// The number at a position of a list, as crm_get_decimal() reads it; CRM_ABSENT behind the end.
#[unsafe(no_mangle)]
pub extern "C" fn crm_item_decimal(
    record: Option<&crm_record>,
    field: crm_field,
    at: usize,
    out: Option<&mut crm_decimal>,
) -> crm_status {
    item::<Decimal>(record, field, at, out)
}

/// The amount at a position of a list, as crm_get_money() reads it; CRM_ABSENT behind the end.
#[unsafe(no_mangle)]
pub extern "C" fn crm_item_money(
    record: Option<&crm_record>,
    field: crm_field,
    at: usize,
    out: Option<&mut crm_money>,
) -> crm_status {
    item::<Money>(record, field, at, out)
}

/// The day at a position of a list, as crm_get_date() reads it; CRM_ABSENT behind the end.
#[unsafe(no_mangle)]
pub extern "C" fn crm_item_date(
    record: Option<&crm_record>,
    field: crm_field,
    at: usize,
    out: Option<&mut crm_date>,
) -> crm_status {
    item::<Date>(record, field, at, out)
}

/// The partial date at a position of a list, as crm_get_partial_date() reads it; CRM_ABSENT behind the end.
#[unsafe(no_mangle)]
pub extern "C" fn crm_item_partial_date(
    record: Option<&crm_record>,
    field: crm_field,
    at: usize,
    out: Option<&mut crm_date>,
) -> crm_status {
    item::<PartialDate>(record, field, at, out)
}

/// The instant at a position of a list, as crm_get_time() reads it; CRM_ABSENT behind the end.
#[unsafe(no_mangle)]
pub extern "C" fn crm_item_time(
    record: Option<&crm_record>,
    field: crm_field,
    at: usize,
    out: Option<&mut i64>,
) -> crm_status {
    item::<Instant>(record, field, at, out)
}

/// The length of time at a position of a list, as crm_get_duration() reads it; CRM_ABSENT behind the end.
#[unsafe(no_mangle)]
pub extern "C" fn crm_item_duration(
    record: Option<&crm_record>,
    field: crm_field,
    at: usize,
    out: Option<&mut i64>,
) -> crm_status {
    item::<Duration>(record, field, at, out)
}

/// The reference at a position of a list, as crm_get_ref() reads it; CRM_ABSENT behind the end.
#[unsafe(no_mangle)]
pub extern "C" fn crm_item_ref(
    record: Option<&crm_record>,
    field: crm_field,
    at: usize,
    out: Option<&mut crm_ref>,
) -> crm_status {
    item::<Reference>(record, field, at, out)
}
