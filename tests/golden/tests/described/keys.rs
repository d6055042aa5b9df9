//! Values in keys. Texts are folded and cut, so that a key does not give back every value.

use serde_json::{Value as Json, json};

use super::{Input, reference};

/// What a key says of a value.
#[derive(Debug, PartialEq)]
pub(crate) enum InKey {
    Value(Json),
    /// The sign, the exponent and the digits of base 100.
    Number(i32, i32, Vec<u8>),
    Money(String, Box<InKey>),
    Folded(Vec<u8>),
}

/// Reads a value.
pub(crate) fn value(input: &mut Input<'_>) -> InKey {
    InKey::Value(match input.u8() {
        0x05 => Json::Null,
        0x10 => (input.u8() == 1).into(),
        0x20 => return number(input),
        0x30 | 0x70 => return InKey::Folded(text(input)),
        0x40 => json!({"date": (u32::from_be_bytes(input.array()) ^ 1 << 31) as i32}),
        0x44 => {
            let year = u16::from_be_bytes(input.array());
            json!({"partial_date": [year, input.u8(), input.u8()]})
        }
        0x48 => json!({"time": time(input)}),
        0x4C => json!({"duration": time(input)}),
        0x50 => {
            let currency = String::from_utf8(input.take(3).to_vec()).unwrap();
            return InKey::Money(currency, Box::new(number(input)));
        }
        0x60 => {
            let object = u16::from_be_bytes(input.array());
            json!({"ref": reference(object, input.take(16))})
        }
        rank => panic!("no value has the rank {rank:02x}"),
    })
}

/// A signed number of 64 bits.
pub(crate) fn time(input: &mut Input<'_>) -> i64 {
    (u64::from_be_bytes(input.array()) ^ 1 << 63) as i64
}

fn number(input: &mut Input<'_>) -> InKey {
    let head = input.u8();
    if head == 0x80 {
        return InKey::Number(0, 0, Vec::new());
    }
    let complement = if head < 0x80 { 0xFF } else { 0 };
    let exponent = i32::from(head ^ complement) - 0x81 - 13;
    let mut digits = Vec::new();
    loop {
        let digit = input.u8() ^ complement;
        digits.push(digit / 2);
        if digit.is_multiple_of(2) {
            return InKey::Number(if complement == 0 { 1 } else { -1 }, exponent, digits);
        }
    }
}

fn text(input: &mut Input<'_>) -> Vec<u8> {
    let mut text = Vec::new();
    loop {
        match input.u8() {
            0 => match input.u8() {
                0x01 => return text,
                0xFF => text.push(0),
                other => panic!("00 {other:02x} in a text of a key"),
            },
            byte => text.push(byte),
        }
    }
}

/// The key's value is that of the record, as far as the key tells.
pub(crate) fn is_key_of(key: &InKey, value: &Json) {
    match key {
        InKey::Value(key) => assert_eq!(key, value),
        InKey::Number(..) => assert_eq!(*key, number_of(value)),
        InKey::Money(currency, amount) => {
            assert_eq!(value["money"][0], **currency);
            assert_eq!(**amount, number_of(&json!({"decimal": value["money"][1]})));
        }
        // Only ASCII is folded here: its letters become small.
        InKey::Folded(folded) => {
            let text = match &value["text"] {
                Json::String(text) => text.clone(),
                _ => {
                    let parts = value["parts"].as_array().unwrap().iter();
                    let parts = parts
                        .filter_map(Json::as_str)
                        .filter(|part| !part.is_empty());
                    parts.collect::<Vec<_>>().join(" ")
                }
            };
            if text.is_ascii() {
                let lower = text.to_ascii_lowercase().into_bytes();
                assert_eq!(*folded, lower[..lower.len().min(120)]);
            }
        }
    }
}

/// A number as the key has it.
fn number_of(value: &Json) -> InKey {
    let (mantissa, mut scale): (i128, i32) = match &value["int"] {
        Json::Null => {
            let mantissa = value["decimal"][0].as_str().unwrap().parse().unwrap();
            (mantissa, value["decimal"][1].as_i64().unwrap() as i32)
        }
        int => (int.as_i64().unwrap().into(), 0),
    };
    let mut rest = mantissa.unsigned_abs();
    if rest == 0 {
        return InKey::Number(0, 0, Vec::new());
    }
    if scale % 2 != 0 {
        rest *= 10;
        scale += 1;
    }
    let mut digits = Vec::new();
    while rest > 0 {
        digits.insert(0, (rest % 100) as u8);
        rest /= 100;
    }
    let exponent = digits.len() as i32 - scale / 2;
    while digits.last() == Some(&0) {
        digits.pop();
    }
    InKey::Number(mantissa.signum() as i32, exponent, digits)
}
