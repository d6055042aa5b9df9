//! Records and the values in them.

use serde_json::{Map, Value as Json, json};

use super::{Input, reference};

/// The fields of a record by number.
pub(crate) fn fields(bytes: &[u8]) -> Json {
    let mut rest = Input(bytes);
    assert_eq!(rest.u8(), 2, "the format of a record");
    let (heads, values) = (rest.varint() as usize, rest.varint() as usize);
    let mut heads = Input(rest.take(2 * heads));
    let mut values = Input(rest.take(values));
    let mut texts = rest;
    let (mut next, mut gap, mut len, mut fields) = (0, 0, 0, Map::new());
    while !heads.0.is_empty() {
        let head = usize::from(u16::from_le_bytes(heads.array()));
        let tag = head >> 12;
        match tag {
            0 => gap = gap << 12 | head & 0xFFF,
            15 => len = len << 12 | head & 0xFFF,
            _ => {
                let number = next + (gap << 3 | head >> 9 & 7);
                let area = if tag < 12 { &mut values } else { &mut texts };
                let bytes = area.take(len << 9 | head & 0x1FF);
                fields.insert(number.to_string(), value(tag, bytes));
                (next, gap, len) = (number + 1, 0, 0);
            }
        }
    }
    let ends = values.0.is_empty() && texts.0.is_empty();
    assert!(ends, "a record ends with its last value");
    fields.into()
}

/// A value that fills its slice.
fn value(tag: usize, bytes: &[u8]) -> Json {
    let mut input = Input(bytes);
    match tag {
        0..=2 => {
            assert!(bytes.is_empty(), "a null or a truth value has no bytes");
            [Json::Null, false.into(), true.into()][tag].clone()
        }
        3 => json!({"int": signed(bytes) as i64}),
        4 => json!({"decimal": decimal(bytes)}),
        5 => json!({"money": [text(input.take(3)), decimal(input.0)]}),
        6 => json!({"date": signed(bytes) as i64}),
        7 => {
            let year = u16::from_le_bytes(input.array());
            let [month, day]: [u8; 2] = bytes[2..].try_into().unwrap();
            json!({"partial_date": [year, month, day]})
        }
        8 => json!({"time": signed(bytes) as i64}),
        9 => json!({"duration": signed(bytes) as i64}),
        10 => {
            let id = input.take(16);
            json!({"ref": reference(number(input.0) as u16, id)})
        }
        11 => {
            let mut elements = Vec::new();
            while !input.0.is_empty() {
                let (tag, len) = (input.u8().into(), input.varint() as usize);
                elements.push(value(tag, input.take(len)));
            }
            json!({"list": elements})
        }
        12 => json!({"text": text(bytes)}),
        13 => json!({"parts": texts(input)}),
        14 => {
            let texts = texts(input).into_iter();
            json!({"list": texts.map(|text| json!({"text": text})).collect::<Vec<_>>()})
        }
        tag => panic!("no value has the tag {tag}"),
    }
}

/// The mantissa and the scale.
fn decimal(bytes: &[u8]) -> Json {
    json!([signed(&bytes[1..]).to_string(), bytes[0]])
}

fn number(bytes: &[u8]) -> u128 {
    let digits = bytes.iter().rev();
    digits.fold(0, |number, byte| number << 8 | u128::from(*byte))
}

fn signed(bytes: &[u8]) -> i128 {
    let number = number(bytes);
    (number >> 1) as i128 ^ -((number & 1) as i128)
}

/// Texts, each behind its length.
fn texts(mut input: Input<'_>) -> Vec<&str> {
    let mut texts = Vec::new();
    while !input.0.is_empty() {
        let (mut len, mut shift, mut more) = (0, 0, true);
        while more {
            let byte = input.u8();
            len |= usize::from(byte & 0x3F) << shift;
            shift += 6;
            more = byte & 0x40 != 0;
        }
        texts.push(text(input.take(len)));
    }
    texts
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}
