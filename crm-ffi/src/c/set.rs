//! Setting the values of a record. Nothing is written until crm_create(), crm_update(), crm_upsert() or a batch
//! does so, and only there the engine judges whether the values fit.
//!
//! A setter that is refused (a field of another object, a day that does not exist, text that is not UTF-8) answers
//! with the error's code, and the record remembers the first one: writing it fails with that error. A program may
//! therefore set many fields and look at the result once.

use crm_core::{FieldKey, Value};

use super::error::Failure;
use super::record::{crm_record, part_at};
use super::status::{crm_status, guard_plain};
use super::text::crm_str;
use super::values::{crm_date, crm_decimal, crm_field, crm_money, crm_ref, duration, instant};

fn set(
    record: Option<&mut crm_record>,
    field: crm_field,
    value: impl FnOnce() -> Result<Value, Failure>,
) -> crm_status {
    guard_plain(|| {
        let record = super::given(record, "the record")?;
        record.set(field, |_, number| Ok((FieldKey::Number(number), value()?)))
    })
}

fn add(
    record: Option<&mut crm_record>,
    field: crm_field,
    value: impl FnOnce() -> Result<Value, Failure>,
) -> crm_status {
    guard_plain(|| {
        let record = super::given(record, "the record")?;
        record.set(field, |record, number| {
            let before = record.value(field)?;
            let mut list: Vec<Value> = before.elements().map(Value::from).collect();
            list.push(value()?);
            Ok((FieldKey::Number(number), Value::List(list)))
        })
    })
}

/// Clears a field.
#[unsafe(no_mangle)]
pub extern "C" fn crm_set_null(record: Option<&mut crm_record>, field: crm_field) -> crm_status {
    set(record, field, || Ok(Value::Null))
}

/// Sets a field to true or false.
#[unsafe(no_mangle)]
pub extern "C" fn crm_set_bool(
    record: Option<&mut crm_record>,
    field: crm_field,
    value: bool,
) -> crm_status {
    set(record, field, || Ok(Value::from(value)))
}

/// Sets a part of a name or an address; the other parts stay. Without text the part is cleared.
#[unsafe(no_mangle)]
pub extern "C" fn crm_set_part(
    record: Option<&mut crm_record>,
    field: crm_field,
    part: crm_str,
    text: crm_str,
) -> crm_status {
    guard_plain(|| {
        let record = super::given(record, "the record")?;
        record.set(field, |record, _| {
            let part = part.required("the part")?;
            let Some(definition) = record.definition(field)? else {
                return Err(Failure::invalid(part, "a member has no parts"));
            };
            part_at(definition, part)?;
            let key = FieldKey::Name(format!("{}.{part}", definition.name));
            Ok((key, Value::from(text.or_empty()?)))
        })
    })
}

/// Sets a field to a text. Any field takes a text, which is read as the field's type: `12.50 EUR`, `2026-03-01`, the key of a
/// choice; whether it can be, crm_create() or crm_update() says.
#[unsafe(no_mangle)]
pub extern "C" fn crm_set_text(
    record: Option<&mut crm_record>,
    field: crm_field,
    text: crm_str,
) -> crm_status {
    set(record, field, || {
        Ok(Value::from(text.required("the text")?))
    })
}

/// Sets a field to a whole number.
#[unsafe(no_mangle)]
pub extern "C" fn crm_set_int(
    record: Option<&mut crm_record>,
    field: crm_field,
    value: i64,
) -> crm_status {
    set(record, field, || Ok(Value::from(value)))
}

/// Sets a field to a decimal number.
#[unsafe(no_mangle)]
pub extern "C" fn crm_set_decimal(
    record: Option<&mut crm_record>,
    field: crm_field,
    value: crm_decimal,
) -> crm_status {
    set(record, field, || Ok(Value::from(value.to_decimal()?)))
}

/// Sets a field to an amount.
#[unsafe(no_mangle)]
pub extern "C" fn crm_set_money(
    record: Option<&mut crm_record>,
    field: crm_field,
    value: crm_money,
) -> crm_status {
    set(record, field, || Ok(Value::from(value.to_money()?)))
}

/// Sets a field to a day.
#[unsafe(no_mangle)]
pub extern "C" fn crm_set_date(
    record: Option<&mut crm_record>,
    field: crm_field,
    value: crm_date,
) -> crm_status {
    set(record, field, || Ok(Value::from(value.to_date()?)))
}

/// Sets a field to a date of which not all is known.
#[unsafe(no_mangle)]
pub extern "C" fn crm_set_partial_date(
    record: Option<&mut crm_record>,
    field: crm_field,
    value: crm_date,
) -> crm_status {
    set(record, field, || Ok(Value::from(value.to_partial()?)))
}

/// Sets a field to an instant, in microseconds since 1970-01-01T00:00:00Z.
#[unsafe(no_mangle)]
pub extern "C" fn crm_set_time(
    record: Option<&mut crm_record>,
    field: crm_field,
    micros: i64,
) -> crm_status {
    set(record, field, || Ok(Value::from(instant(micros)?)))
}

/// Sets a field to a length of time, in milliseconds.
#[unsafe(no_mangle)]
pub extern "C" fn crm_set_duration(
    record: Option<&mut crm_record>,
    field: crm_field,
    millis: i64,
) -> crm_status {
    set(record, field, || Ok(Value::from(duration(millis)?)))
}

/// Sets a field to a reference to a record.
#[unsafe(no_mangle)]
pub extern "C" fn crm_set_ref(
    record: Option<&mut crm_record>,
    field: crm_field,
    value: crm_ref,
) -> crm_status {
    set(record, field, || Ok(Value::from(value.read()?)))
}

/// Adds a text to a list field. The list is the one that the record has; crm_set_null() before it
/// begins a new one.
#[unsafe(no_mangle)]
pub extern "C" fn crm_add_text(
    record: Option<&mut crm_record>,
    field: crm_field,
    text: crm_str,
) -> crm_status {
    add(record, field, || {
        Ok(Value::from(text.required("the text")?))
    })
}

/// Adds a whole number to a list field.
#[unsafe(no_mangle)]
pub extern "C" fn crm_add_int(
    record: Option<&mut crm_record>,
    field: crm_field,
    value: i64,
) -> crm_status {
    add(record, field, || Ok(Value::from(value)))
}

/// Adds a decimal number to a list field.
#[unsafe(no_mangle)]
pub extern "C" fn crm_add_decimal(
    record: Option<&mut crm_record>,
    field: crm_field,
    value: crm_decimal,
) -> crm_status {
    add(record, field, || Ok(Value::from(value.to_decimal()?)))
}

/// Adds an amount to a list field.
#[unsafe(no_mangle)]
pub extern "C" fn crm_add_money(
    record: Option<&mut crm_record>,
    field: crm_field,
    value: crm_money,
) -> crm_status {
    add(record, field, || Ok(Value::from(value.to_money()?)))
}

/// Adds a day to a list field.
#[unsafe(no_mangle)]
pub extern "C" fn crm_add_date(
    record: Option<&mut crm_record>,
    field: crm_field,
    value: crm_date,
) -> crm_status {
    add(record, field, || Ok(Value::from(value.to_date()?)))
}

/// Adds a date of which not all is known to a list field.
#[unsafe(no_mangle)]
pub extern "C" fn crm_add_partial_date(
    record: Option<&mut crm_record>,
    field: crm_field,
    value: crm_date,
) -> crm_status {
    add(record, field, || Ok(Value::from(value.to_partial()?)))
}

/// Adds an instant, in microseconds since 1970-01-01T00:00:00Z, to a list field.
#[unsafe(no_mangle)]
pub extern "C" fn crm_add_time(
    record: Option<&mut crm_record>,
    field: crm_field,
    micros: i64,
) -> crm_status {
    add(record, field, || Ok(Value::from(instant(micros)?)))
}

/// Adds a length of time, in milliseconds, to a list field.
#[unsafe(no_mangle)]
pub extern "C" fn crm_add_duration(
    record: Option<&mut crm_record>,
    field: crm_field,
    millis: i64,
) -> crm_status {
    add(record, field, || Ok(Value::from(duration(millis)?)))
}

/// Adds a reference to a record to a list field.
#[unsafe(no_mangle)]
pub extern "C" fn crm_add_ref(
    record: Option<&mut crm_record>,
    field: crm_field,
    value: crm_ref,
) -> crm_status {
    add(record, field, || Ok(Value::from(value.read()?)))
}
