//! Records and the values in them.

use serde_json::{Map, Value as Json, json};

use super::{Input, reference};

/// The fields of a record by number.
pub(crate) fn fields(bytes: &[u8]) -> Json {
    let mut head = Input(bytes);
    assert_eq!(head.u8(), 1, "the format of a record");
    let wide = head.u8() == 1;
    let count = u16::from_le_bytes(head.array());
    let table: Vec<(u16, usize)> = (0..count)
        .map(|_| {
            let field = u16::from_le_bytes(head.array());
            let end = match wide {
                true => u32::from_le_bytes(head.array()) as usize,
                false => u16::from_le_bytes(head.array()).into(),
            };
            (field, end)
        })
        .collect();
    let (mut start, mut fields) = (0, Map::new());
    for (field, end) in table {
        fields.insert(field.to_string(), value(&head.0[start..end]));
        start = end;
    }
    assert_eq!(start, head.0.len(), "a record ends with its last value");
    fields.into()
}

/// A value that fills its slice.
fn value(bytes: &[u8]) -> Json {
    let mut input = Input(bytes);
    let value = match input.u8() {
        0 => Json::Null,
        1 => false.into(),
        2 => true.into(),
        3 => json!({"int": input.zigzag() as i64}),
        4 => json!({"decimal": decimal(&mut input)}),
        5 => {
            let currency = text(input.take(3));
            json!({"money": [currency, decimal(&mut input)]})
        }
        6 => json!({"text": text(input.take(input.0.len()))}),
        7 => json!({"date": input.zigzag() as i64}),
        8 => {
            let year = u16::from_le_bytes(input.array());
            json!({"partial_date": [year, input.u8(), input.u8()]})
        }
        9 => json!({"time": input.zigzag() as i64}),
        10 => json!({"duration": input.zigzag() as i64}),
        11 => {
            let object = u16::from_le_bytes(input.array());
            json!({"ref": reference(object, input.take(16))})
        }
        12 => {
            let count = input.varint();
            let lengths: Vec<usize> = (0..count).map(|_| input.varint() as usize).collect();
            let parts = lengths.into_iter().map(|len| text(input.take(len)));
            json!({"parts": parts.collect::<Vec<_>>()})
        }
        13 => {
            let count = input.varint();
            let elements = (0..count).map(|_| {
                let len = input.varint() as usize;
                value(input.take(len))
            });
            json!({"list": elements.collect::<Vec<_>>()})
        }
        tag => panic!("no value has the tag {tag}"),
    };
    assert!(input.0.is_empty(), "{value} does not fill its slice");
    value
}

/// The mantissa and the scale.
fn decimal(input: &mut Input<'_>) -> Json {
    let scale = input.u8();
    json!([input.zigzag().to_string(), scale])
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}
