//! The canonical form: one text for one value.

use serde_json::{Value as Json, json};

/// A value in its canonical form: members sorted and those without a value left out, no spaces, and escaped only
/// what JSON asks for, which is how `serde_json` writes text.
pub fn text(value: &Json) -> String {
    let mut out = String::new();
    write(value, &mut out);
    out
}

fn write(value: &Json, out: &mut String) {
    match value {
        Json::Object(members) => {
            let mut members: Vec<_> = members
                .iter()
                .filter(|(_, value)| !value.is_null())
                .collect();
            members.sort_by_key(|(name, _)| *name);
            out.push('{');
            for (at, (name, value)) in members.into_iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                write(&json!(name), out);
                out.push(':');
                write(value, out);
            }
            out.push('}');
        }
        Json::Array(all) => {
            out.push('[');
            for (at, value) in all.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                write(value, out);
            }
            out.push(']');
        }
        other => out.push_str(&other.to_string()),
    }
}

/// Bytes: text if they are, else their digits.
pub fn bytes(bytes: Vec<u8>) -> Json {
    match String::from_utf8(bytes) {
        Ok(text) => text.into(),
        Err(error) => json!({"hex": hex::encode(error.as_bytes())}),
    }
}
