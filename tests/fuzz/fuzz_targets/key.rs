//! Keys: their byte order is the order of what they hold, and they end where they say.
#![no_main]

use std::cmp::Ordering;

use crm_core::value::{KeyBuilder, KeyReader, compare, fold};
use crm_core::{Value, ValueRef};
use crm_fuzz::Input;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    read(data);
    let mut input = Input(data);
    let (a, b) = (input.value(), input.value());
    let (Some(key_a), Some(key_b)) = (key(&a), key(&b)) else {
        return;
    };
    // A key may hold two for one (long texts, accents), and never turns two around.
    let (keys, values) = (key_a.cmp(&key_b), compare(&(&a).into(), &(&b).into()));
    assert!(
        keys == values || keys == Ordering::Equal,
        "{a:?} and {b:?}: {values:?}, their keys {keys:?}"
    );
    for (key, value) in [(&key_a, &a), (&key_b, &b)] {
        let mut reader = KeyReader::new(key);
        reader.skip_value().expect("a key that was built");
        assert!(
            reader.is_empty(),
            "{value:?} does not end where its key does"
        );
    }
    sequences(&key_a, &key_b, &mut input);
    if let Value::Text(text) = &a {
        prefixes(text, &key_a);
    }
});

fn key(value: &Value) -> Option<Vec<u8>> {
    let mut key = KeyBuilder::new();
    key.push_value(ValueRef::from(value)).ok()?;
    Some(key.into_bytes())
}

/// Keys of several elements compare element by element.
fn sequences(a: &[u8], b: &[u8], input: &mut Input<'_>) {
    let (last_a, last_b) = (input.i64(), input.i64());
    let with = |head: &[u8], last: i64| {
        let mut tail = KeyBuilder::new();
        tail.push_i64(last);
        [head, tail.as_bytes()].concat()
    };
    let expected = a.cmp(b).then(last_a.cmp(&last_b));
    assert_eq!(with(a, last_a).cmp(&with(b, last_b)), expected);
    let mut reader = KeyReader::new(b);
    reader.skip_value().expect("a key that was built");
    assert_eq!(KeyReader::new(&with(&[], last_a)).i64().ok(), Some(last_a));
}

/// The key of a beginning is the beginning of the key.
fn prefixes(text: &str, key: &[u8]) {
    let folded = fold(text);
    for (end, _) in folded.char_indices() {
        // Folding again may join what the cut has set apart.
        if fold(&folded[..end]) != folded[..end] {
            continue;
        }
        let mut prefix = KeyBuilder::new();
        prefix.push_text_prefix(&folded[..end]);
        assert!(
            key.starts_with(prefix.as_bytes()),
            "{end} bytes of {text:?}"
        );
    }
}

/// Whatever the bytes, reading ends.
fn read(data: &[u8]) {
    let mut reader = KeyReader::new(data);
    while reader.skip_value().is_ok() {}
    let mut reader = KeyReader::new(data);
    let _ = (reader.u16(), reader.time(), reader.desc_time(), reader.id());
}
