//! The record format: what reads as a record reads the same once written again, and what was written is read.
#![no_main]

use std::collections::BTreeMap;

use crm_core::value::{RecordBuf, RecordRef};
use crm_core::{Value, ValueRef};
use crm_fuzz::Input;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    read(data);
    write(&mut Input(data));
});

fn read(data: &[u8]) {
    let Ok(record) = RecordRef::new(data) else {
        return;
    };
    let one_by_one: Result<Vec<_>, _> = record.try_fields().collect();
    let checked = record.validate();
    assert_eq!(one_by_one.is_ok(), checked.is_ok());
    let Ok(checked) = checked else {
        return;
    };
    let written = RecordBuf::encode(checked.fields()).expect("what was read can be written");
    let again = written.as_record().and_then(RecordRef::validate);
    let again = again.expect("what was written can be read");
    let given = checked.fields().filter(|(_, value)| !value.is_null());
    assert!(given.eq(again.fields()), "it reads as something else");
}

fn write(input: &mut Input<'_>) {
    let mut fields = BTreeMap::new();
    let mut changes = BTreeMap::new();
    while !input.is_empty() && fields.len() < 32 {
        fields.insert(input.u16() % 64, input.value());
        changes.insert(input.u16() % 64, input.value());
    }
    let encode = |fields: &BTreeMap<u16, Value>| {
        RecordBuf::encode(
            fields
                .iter()
                .map(|(field, value)| (*field, ValueRef::from(value))),
        )
        .expect("values of fields can be written")
    };
    let stored = encode(&fields);
    let record = stored.as_record().expect("a record");
    for (field, value) in &fields {
        let read = record.try_get(*field).expect("a value");
        assert_eq!(read, ValueRef::from(value));
    }
    let merged = record.merge(&changes).expect("a change");
    fields.extend(changes);
    assert_eq!(
        merged,
        encode(&fields),
        "a change is not what it makes anew"
    );
}
