//! The JSON encoding.

use crm_core::schema::{Catalog, ObjectDef, system};
use crm_core::{Money, PartialDate, fields_from_json};

use super::Writer;
use crate::host::error::{CrmError, Result};

/// Writes JSON text.
#[derive(Default)]
pub struct JsonWriter(Vec<u8>);

impl JsonWriter {
    fn raw(&mut self, text: &str) {
        self.0.extend_from_slice(text.as_bytes());
    }

    /// What separates a value from the one before.
    fn separate(&mut self) {
        if !matches!(self.0.last(), None | Some(b'[' | b'{' | b':')) {
            self.0.push(b',');
        }
    }

    fn string(&mut self, text: &str) {
        let written = serde_json::to_writer(&mut self.0, text);
        debug_assert!(written.is_ok(), "a vector takes every byte");
    }

    fn tagged(&mut self, kind: &str, write: impl FnOnce(&mut Self)) {
        self.separate();
        self.raw("{\"");
        self.raw(kind);
        self.raw("\":");
        write(self);
        self.raw("}");
    }

    fn pair(&mut self, first: &str, second: &str) {
        self.raw("[");
        self.string(first);
        self.raw(",");
        self.string(second);
        self.raw("]");
    }
}

impl Writer for JsonWriter {
    fn null(&mut self) {
        self.separate();
        self.raw("null");
    }

    fn bool(&mut self, value: bool) {
        self.separate();
        self.raw(if value { "true" } else { "false" });
    }

    fn int(&mut self, value: i64) {
        self.separate();
        self.raw(&value.to_string());
    }

    fn decimal(&mut self, value: rust_decimal::Decimal) {
        self.tagged("decimal", |out| out.string(&value.normalize().to_string()));
    }

    fn money(&mut self, value: Money) {
        self.tagged("money", |out| {
            out.pair(&super::amount(value), value.currency().code())
        });
    }

    fn text(&mut self, value: &str) {
        self.separate();
        self.string(value);
    }

    fn date(&mut self, value: chrono::NaiveDate) {
        self.tagged("date", |out| out.string(&value.to_string()));
    }

    fn partial_date(&mut self, value: PartialDate) {
        self.tagged("partial_date", |out| out.string(&value.to_string()));
    }

    fn date_time(&mut self, value: chrono::DateTime<chrono::Utc>) {
        self.tagged("date_time", |out| {
            out.raw(&value.timestamp_micros().to_string())
        });
    }

    fn duration(&mut self, value: chrono::TimeDelta) {
        self.tagged("duration", |out| {
            out.raw(&value.num_milliseconds().to_string())
        });
    }

    fn reference(&mut self, object: &str, id: &str) {
        self.tagged("ref", |out| out.pair(object, id));
    }

    fn parts(&mut self, parts: &[(&str, &str)]) {
        self.tagged("parts", |out| {
            out.raw("{");
            for (name, part) in parts {
                out.field(name);
                out.string(part);
            }
            out.raw("}");
        });
    }

    fn begin_list(&mut self, _len: usize) {
        self.separate();
        self.raw("[");
    }

    fn end_list(&mut self) {
        self.raw("]");
    }

    fn begin_record(&mut self, object: &str, id: &str, _fields: usize) {
        self.separate();
        self.raw("{\"object\":");
        self.string(object);
        self.raw(",\"id\":");
        self.string(id);
        self.raw(",\"fields\":{");
    }

    fn field(&mut self, name: &str) {
        self.separate();
        self.string(name);
        self.raw(":");
    }

    fn end_record(&mut self) {
        self.raw("}}");
    }

    fn finish(self: Box<Self>) -> Vec<u8> {
        self.0
    }
}

pub fn fields(catalog: &Catalog, object: &ObjectDef, bytes: &[u8]) -> Result<crm_core::Fields> {
    let json = serde_json::from_slice(bytes).map_err(|error| {
        CrmError::invalid(
            &String::from_utf8_lossy(bytes),
            &format!("the fields: {error}"),
        )
    })?;
    let mut fields = fields_from_json(catalog, &object.name, &json)?;
    // The engine's reader of whole records passes over what only the engine writes. A host that sets it is told.
    for (name, value) in json.as_object().into_iter().flatten() {
        let field = object.field_named(name)?;
        if field.id >= system::FIRST {
            let text = value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned);
            fields.set_number(field.id, text.into());
        }
    }
    Ok(fields)
}
