//! The laws of the value layer: what is stored comes back, keys sort as values do, damage is an error.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, TimeDelta};
use crm_core::error::Code;
use crm_core::limits::{KEY_TEXT_BYTES_MAX, RECORD_BYTES_MAX};
use crm_core::value::{
    JsonNames, KeyBuilder, KeyReader, RecordBuf, RecordRef, ValueRef, compare, fold, to_json,
};
use crm_core::{Currency, Deal, Id, Money, PartialDate, Parts, Ref, Value};
use proptest::prelude::*;
use rust_decimal::Decimal;

type Fields = BTreeMap<u16, Value>;

fn encode(fields: &Fields) -> RecordBuf {
    RecordBuf::encode(fields.iter().map(|(field, value)| (*field, value))).unwrap()
}

fn decode(record: &RecordBuf) -> Fields {
    let record = record.as_record().unwrap().validate().unwrap();
    record
        .fields()
        .map(|(field, value)| (field, value.to_value()))
        .collect()
}

fn decimals() -> impl Strategy<Value = Decimal> {
    let mantissas = prop_oneof![
        -1_000i128..1_000,
        -(1i128 << 96) + 1..1i128 << 96,
        (0u32..28).prop_map(|power| 10i128.pow(power)),
    ];
    (mantissas, 0u32..=28).prop_map(|(m, scale)| Decimal::from_i128_with_scale(m, scale))
}

fn dates() -> impl Strategy<Value = NaiveDate> {
    (-800_000i32..3_000_000).prop_map(|days| NaiveDate::from_epoch_days(days).unwrap())
}

fn money() -> impl Strategy<Value = Money> {
    let currencies = prop_oneof![Just("EUR"), Just("JPY"), Just("KWD"), Just("USD")];
    (currencies, -1_000_000i64..1_000_000).prop_map(|(code, minor)| {
        let currency = Currency::new(code).unwrap();
        Money::new(Decimal::new(minor, currency.decimals()), currency).unwrap()
    })
}

fn partial_dates() -> impl Strategy<Value = PartialDate> {
    let month_day = prop::option::of((1u32..=12, 1u32..=28));
    (prop::option::of(1i32..=9999), month_day)
        .prop_filter_map("one of them is known", |(year, month_day)| {
            PartialDate::new(year, month_day).ok()
        })
}

fn texts() -> impl Strategy<Value = String> {
    prop_oneof!["[abAB\0 ]{0,4}", "[aáÁßσςΣ한가ガカ\0]{0,3}", ".{0,60}"]
}

fn parts() -> impl Strategy<Value = Parts> {
    prop::collection::vec(texts(), 0..5).prop_map(Parts::new)
}

fn refs() -> impl Strategy<Value = Ref> {
    (0u16..3, any::<[u8; 16]>()).prop_map(|(object, id)| Ref {
        object,
        id: Id::from_bytes(id),
    })
}

/// Any value that is not a list.
fn scalars() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        prop_oneof![-200i64..200, any::<i64>()].prop_map(Value::Int),
        decimals().prop_map(Value::Decimal),
        money().prop_map(Value::Money),
        texts().prop_map(Value::Text),
        dates().prop_map(Value::Date),
        partial_dates().prop_map(Value::PartialDate),
        (-(1i64 << 56)..1 << 56)
            .prop_map(|micros| DateTime::from_timestamp_micros(micros).unwrap().into()),
        (-(1i64 << 50)..1 << 50).prop_map(|millis| TimeDelta::milliseconds(millis).into()),
        refs().prop_map(Value::Ref),
        parts().prop_map(Value::Parts),
    ]
}

fn values() -> impl Strategy<Value = Value> {
    prop_oneof![
        9 => scalars(),
        1 => prop::collection::vec(scalars(), 0..6).prop_map(Value::List),
    ]
}

fn records() -> impl Strategy<Value = Fields> {
    prop::collection::btree_map(any::<u16>(), values(), 0..30)
}

/// Two values, of one type more often than chance would have it.
fn pairs() -> impl Strategy<Value = (Value, Value)> {
    let texts = || texts().prop_map(Value::Text);
    let numbers = || {
        prop_oneof![
            decimals().prop_map(Value::Decimal),
            (-200i64..200).prop_map(Value::Int),
            any::<i64>().prop_map(Value::Int),
        ]
    };
    let money = || money().prop_map(Value::Money);
    let parts = || parts().prop_map(Value::Parts);
    let partial = || partial_dates().prop_map(Value::PartialDate);
    prop_oneof![
        (scalars(), scalars()),
        (texts(), texts()),
        (numbers(), numbers()),
        (money(), money()),
        (parts(), parts()),
        (partial(), partial()),
    ]
}

fn key(value: &Value) -> Vec<u8> {
    let mut key = KeyBuilder::new();
    key.push_value(value.into()).unwrap();
    key.into_bytes()
}

/// A part that is empty at the end is not kept, and was never written.
#[test]
fn an_empty_part_at_the_end_is_damage() {
    for tag in 0..16 {
        read_everything(&one_value(tag, &[0]));
    }
}

/// The record whose field 7 has a value of a tag, with other bytes than 512.
fn one_value(tag: u8, bytes: &[u8]) -> Vec<u8> {
    let head = u16::from(tag) << 12 | 7 << 9 | bytes.len() as u16;
    let is_text = tag >= 12;
    let values = if is_text { 0 } else { bytes.len() };
    let mut record = vec![2, 1, values as u8 | 0x80, (values >> 7) as u8];
    record.extend(head.to_le_bytes());
    record.extend(bytes);
    record
}

/// What a caller may do with a record that may be damaged; none of it may panic.
fn read_everything(bytes: &[u8]) {
    let Ok(record) = RecordRef::new(bytes) else {
        return;
    };
    for field in record.try_fields() {
        let Ok((field, value)) = field else { continue };
        assert_eq!(record.try_get(field).unwrap(), value);
        let owned = value.to_value();
        assert_eq!(ValueRef::from(&owned), value);
        assert_eq!(compare(&value, &(&owned).into()), Ordering::Equal);
        to_json(value, JsonNames::NONE);
        for element in value.elements().filter(|e| e.as_list().is_none()) {
            KeyBuilder::new().push_value(element).unwrap();
        }
        assert_eq!(value.to_string(), owned.to_string());
    }
    drop(record.merge(&BTreeMap::from([(7, Value::from("x"))])));
    let checked = record.validate();
    assert_eq!(checked.is_ok(), record.try_fields().all(|f| f.is_ok()));
    if let Ok(checked) = checked {
        assert_eq!(checked.fields().count(), record.len());
    }
}

proptest! {
    #[test]
    fn what_is_stored_comes_back(fields in records()) {
        let record = encode(&fields);
        let expected: Fields = fields
            .into_iter()
            .filter(|(_, value)| !value.is_null())
            .collect();
        prop_assert_eq!(decode(&record), expected.clone());
        let stored = record.as_record().unwrap();
        for field in (0..40).chain(expected.keys().copied()) {
            let value = stored.try_get(field).unwrap();
            prop_assert_eq!(value, expected.get(&field).map_or(ValueRef::Null, ValueRef::from));
            prop_assert_eq!(stored.contains(field).unwrap(), !value.is_null());
        }
    }

    #[test]
    fn merging_is_encoding_the_changed_record(base in records(), changes in records()) {
        let merged = encode(&base).as_record().unwrap().merge(&changes).unwrap();
        let mut expected = base;
        expected.extend(changes);
        prop_assert_eq!(merged, encode(&expected));
    }

    #[test]
    fn damage_is_an_error_or_another_value(
        fields in records(),
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        len in any::<prop::sample::Index>(),
    ) {
        let mut bytes = encode(&fields).into_bytes();
        for (at, byte) in flips {
            let at = at.index(bytes.len());
            bytes[at] ^= byte;
        }
        read_everything(&bytes);
        read_everything(&bytes[..len.index(bytes.len() + 1)]);
    }

    #[test]
    fn any_bytes_can_be_read(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        read_everything(&bytes);
        for tag in 0..16 {
            read_everything(&one_value(tag, &bytes));
        }
        let mut key = KeyReader::new(&bytes);
        while key.skip_value().is_ok() {}
        drop(key.desc_time());
    }

    #[test]
    fn keys_sort_as_values_do((a, b) in pairs()) {
        let order = compare(&(&a).into(), &(&b).into());
        let keys = key(&a).cmp(&key(&b));
        // Equal keys may belong to texts that differ in case, accents or after the cut.
        if keys.is_ne() {
            prop_assert_eq!(keys, order);
        }
        let cut = |value: &Value| value.to_string().len() * 9 > KEY_TEXT_BYTES_MAX;
        match (&a, &b) {
            _ if cut(&a) || cut(&b) => {}
            (Value::Text(a), Value::Text(b)) => prop_assert_eq!(keys, fold(a).cmp(&fold(b))),
            (Value::Parts(_), Value::Parts(_)) => {}
            _ => prop_assert_eq!(keys, order),
        }
    }

    #[test]
    fn the_order_is_total((a, b) in pairs(), c in scalars()) {
        let [a, b, c] = [&a, &b, &c].map(ValueRef::from);
        prop_assert_eq!(compare(&a, &b), compare(&b, &a).reverse());
        prop_assert_eq!(compare(&a, &a), Ordering::Equal);
        if compare(&a, &b).is_le() && compare(&b, &c).is_le() {
            prop_assert!(compare(&a, &c).is_le());
        }
    }

    #[test]
    fn composite_keys_sort_element_by_element(
        (a, b) in pairs(),
        (tail_a, tail_b) in any::<(i64, i64)>(),
    ) {
        let composite = |value: &Value, tail| {
            let mut key = KeyBuilder::new();
            key.push_u16(9).push_value(value.into()).unwrap().push_i64(tail);
            key.into_bytes()
        };
        let by_element = key(&a).cmp(&key(&b)).then(tail_a.cmp(&tail_b));
        prop_assert_eq!(composite(&a, tail_a).cmp(&composite(&b, tail_b)), by_element);

        let bytes = composite(&a, tail_a);
        let mut reader = KeyReader::new(&bytes);
        prop_assert_eq!(reader.u16().unwrap(), 9);
        reader.skip_value().unwrap();
        prop_assert_eq!(reader.i64().unwrap(), tail_a);
        prop_assert!(reader.is_empty());
    }

    #[test]
    fn a_prefix_key_begins_the_keys_of_its_texts(prefix in texts(), rest in texts()) {
        // Marks of the rest may be sorted into the prefix (canonical order), but marks are few.
        prop_assume!(fold(&format!("{prefix}{rest}")).starts_with(&*fold(&prefix)));
        let mut start = KeyBuilder::new();
        start.push_text_prefix(&prefix);
        let whole = key(&Value::from(format!("{prefix}{rest}")));
        prop_assert!(whole.starts_with(start.as_bytes()));
    }
}

#[test]
fn the_stored_form_is_this_for_ever() {
    let id = Id::from_bytes(std::array::from_fn(|i| i as u8));
    let parts = Parts::new(vec!["12 High St".into(), String::new(), "York".into()]);
    let day = NaiveDate::from_ymd_opt(2024, 5, 17).unwrap();
    let fields = Fields::from([
        (1, Value::from(true)),
        (2, Value::from(-300)),
        (3, Value::from("12.50".parse::<Decimal>().unwrap())),
        (4, Value::from("-0.05 EUR".parse::<Money>().unwrap())),
        (5, Value::from("Zoë")),
        (6, Value::from(day)),
        (7, Value::from("--05-17".parse::<PartialDate>().unwrap())),
        (
            8,
            Value::from(day.and_hms_micro_opt(8, 30, 0, 5).unwrap().and_utc()),
        ),
        (9, Value::from(TimeDelta::seconds(90))),
        (10, Value::from(Ref { object: 258, id })),
        (11, Value::from(parts)),
        (12, Value::List(vec!["a".into(), 1.into(), Value::Null])),
        (13, Value::from(false)),
        (14, Value::List(vec!["a".into(), "é".into()])),
        (900, Value::from(1)),
        (60_001, Value::from("x".repeat(70))),
    ]);
    let record = encode(&fields);
    let hex: String = record
        .as_bytes()
        .iter()
        .map(|b| format!("{b:02x}"))
        .collect();
    assert_eq!(hex, GOLDEN.concat().replace(' ', ""));
    assert_eq!(decode(&record), fields);
}

const GOLDEN: &[&str] = &[
    "02 13 35", // format 2, 19 heads, 53 bytes of values
    "0022 0230 0340 0550 04c0 0260 0470 0780 0390 12a0 11d0 08b0 0010 05e0", // tags and lengths, field after field
    "6e00 013a",                                                             // field 900
    "0100 db0c 46c8",                                                        // field 60,001
    "5702",                                                                  // -300
    "02 c409",                                                               // 12.50
    "455552 02 09",                                                          // -0.05 EUR
    "289b",                                                                  // 2024-05-17
    "0000 05 11",                                                            // --05-17
    "0ae4945044310c",                         // 2024-05-17T08:30:00.000005Z
    "20bf02",                                 // 90 s
    "000102030405060708090a0b0c0d0e0f 0201",  // reference
    "0c0161 030102 0000",                     // a; 1; null
    "02",                                     // 1
    "5a6fc3ab",                               // Zoë
    "0a 31322048696768205374 00 04 596f726b", // 12 High St, , York
    "01 61 02 c3a9",                          // a; é
    "7878787878787878787878787878787878787878787878787878787878787878787878", // 70 x
    "7878787878787878787878787878787878787878787878787878787878787878787878",
];

#[test]
fn a_long_text_has_a_second_head() {
    let fields = Fields::from([(3, Value::from("x".repeat(70_000))), (4, Value::from(5))]);
    let record = encode(&fields);
    // Three heads, of which the first has the upper bits of the text's length, and five as a value.
    assert_eq!(record.as_bytes()[..5], [2, 3, 1, 0x88, 0xF0]);
    assert_eq!(decode(&record), fields);
    read_everything(record.as_bytes());
}

#[test]
fn a_record_of_5000_fields_works() {
    let fields: Fields = (0..5_000u16)
        .map(|n| (n * 3, Value::from(format!("value of {n}"))))
        .collect();
    let record = encode(&fields);
    assert_eq!(decode(&record), fields);
    let stored = record.as_record().unwrap();
    assert_eq!(stored.len(), 5_000);
    assert_eq!(
        stored.try_get(2_997).unwrap().as_text(),
        Some("value of 999")
    );
    assert!(stored.try_get(2_998).unwrap().is_null());
}

#[test]
fn what_cannot_be_stored_is_refused() {
    let huge = Value::from("x".repeat(RECORD_BYTES_MAX));
    let code = |fields: &[(u16, &Value)]| {
        RecordBuf::encode(fields.iter().copied())
            .unwrap_err()
            .code()
    };
    assert_eq!(code(&[(1, &huge)]), Code::Limit);
    let one = Value::from(1);
    assert_eq!(code(&[(2, &one), (1, &one)]), Code::Invalid);
    assert_eq!(code(&[(2, &one), (2, &one)]), Code::Invalid);
    let nested = Value::List(vec![Value::List(vec![])]);
    assert_eq!(code(&[(1, &nested)]), Code::Invalid);
    let list = Value::List(vec![]);
    let refused = KeyBuilder::new().push_value((&list).into()).unwrap_err();
    assert_eq!(refused.code(), Code::Invalid);
}

#[test]
fn damage_names_the_field_and_a_later_format_is_told_apart() {
    // A partial date of one byte.
    let bytes = one_value(7, &[0]);
    let error = RecordRef::new(&bytes).unwrap().try_get(7).unwrap_err();
    assert_eq!(error.code(), Code::Corrupt);
    assert!(error.to_string().contains("field 7"), "{error}");
    // A text that is no UTF-8 is named, also where all texts are proved at once.
    let bytes = one_value(12, &[b'A', 0xFF]);
    let error = RecordRef::new(&bytes).unwrap().validate().unwrap_err();
    assert!(error.to_string().contains("field 7"), "{error}");
    let code = |bytes: &[u8]| RecordRef::new(bytes).unwrap_err().code();
    assert_eq!(code(&[3, 0, 0]), Code::NewerFormat);
    assert_eq!(code(&[1, 0, 0, 0]), Code::Corrupt);
    assert_eq!(code(&[]), Code::Corrupt);
    // One byte more than the heads say.
    let mut bytes = one_value(3, &[2]);
    bytes.push(b'A');
    let longer = RecordRef::new(&bytes).unwrap();
    assert_eq!(longer.try_get(7).unwrap().as_int(), Some(1));
    assert_eq!(longer.validate().unwrap_err().code(), Code::Corrupt);
    assert!(RecordBuf::default().as_record().unwrap().is_empty());
}

#[test]
fn fixed_elements_of_a_key_come_back() {
    let time = DateTime::from_timestamp_micros(1_715_934_600_000_005).unwrap();
    let id = Id::from_bytes([7; 16]);
    let mut key = KeyBuilder::new();
    key.push_u8(1)
        .push_u16(2)
        .push_u32(3)
        .push_u64(4)
        .push_i64(-5)
        .push_id(id)
        .push_time(time)
        .push_desc_time(time);
    let mut reader = KeyReader::new(key.as_bytes());
    assert_eq!(reader.u8().unwrap(), 1);
    assert_eq!(reader.u16().unwrap(), 2);
    assert_eq!(reader.u32().unwrap(), 3);
    assert_eq!(reader.u64().unwrap(), 4);
    assert_eq!(reader.i64().unwrap(), -5);
    assert_eq!(reader.id().unwrap(), id);
    assert_eq!(reader.time().unwrap(), time);
    assert_eq!(reader.desc_time().unwrap(), time);
    assert!(reader.is_empty());
    assert!(reader.u8().is_err());
}

#[test]
fn later_times_come_first_in_descending_keys() {
    let at = |micros| {
        let mut key = KeyBuilder::new();
        key.push_desc_time(DateTime::from_timestamp_micros(micros).unwrap());
        key.into_bytes()
    };
    assert!(at(5) < at(4) && at(4) < at(0) && at(0) < at(-1));
}

#[test]
fn the_key_form_of_numbers_is_this_for_ever() {
    let number = |text: &str| key(&Value::from(text.parse::<Decimal>().unwrap()));
    assert_eq!(number("0"), [0x20, 0x80]);
    assert_eq!(number("1"), [0x20, 0x8F, 2]);
    assert_eq!(number("-1"), [0x20, 0x70, 0xFD]);
    assert_eq!(number("1234.50"), [0x20, 0x90, 25, 69, 100]);
    assert_eq!(key(&Value::from(100)), number("100.000"));
    assert_eq!(key(&Value::from("A\0b")), [0x30, b'a', 0, 0xFF, b'b', 0, 1]);
}

#[test]
fn an_id_is_text_in_json() {
    let id = Id::<Deal>::from_bytes([7; 16]);
    let json = serde_json::to_value(id).unwrap();
    assert_eq!(json, id.to_string());
    assert_eq!(serde_json::from_value::<Id<Deal>>(json).unwrap(), id);
    let error = serde_json::from_str::<Id>("\"7\"").unwrap_err();
    assert!(error.to_string().contains("an id is a UUID"), "{error}");
    serde_json::from_str::<Id>("7").unwrap_err();
}
