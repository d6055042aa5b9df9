//! The binary encoding.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use crm_core::operation::{Given, Shape};
use crm_core::schema::{Catalog, FieldDef, ObjectDef};
use crm_core::{Currency, Money, PartialDate, Ref, Value};

use super::Writer;
use crate::host::error::{CrmError, Result};

/// The first byte of a value.
mod tag {
    pub const NULL: u8 = 0;
    pub const FALSE: u8 = 1;
    pub const TRUE: u8 = 2;
    pub const INT: u8 = 3;
    pub const DECIMAL: u8 = 4;
    pub const MONEY: u8 = 5;
    pub const TEXT: u8 = 6;
    pub const DATE: u8 = 7;
    pub const PARTIAL_DATE: u8 = 8;
    pub const DATE_TIME: u8 = 9;
    pub const DURATION: u8 = 10;
    pub const REF: u8 = 11;
    pub const PARTS: u8 = 12;
    pub const LIST: u8 = 13;
    pub const RECORD: u8 = 14;
    pub const FIELDS: u8 = 15;
}

/// Lists in lists do not exist in the schema; what goes deeper was not made by a host's layer.
const DEPTH_MAX: usize = 4;

/// Writes the body of a block, and gathers the names that stand before it.
#[derive(Default)]
pub struct BinaryWriter {
    body: Vec<u8>,
    names: Vec<u8>,
    known: HashMap<String, u16>,
}

impl BinaryWriter {
    fn str(&mut self, text: &str) {
        put_str(&mut self.body, text);
    }

    fn name(&mut self, name: &str) {
        let number = match self.known.get(name) {
            Some(number) => *number,
            None => {
                // A block cannot name more fields than all the objects of a schema together have.
                let number = u16::try_from(self.known.len()).unwrap_or(u16::MAX);
                put_str(&mut self.names, name);
                self.known.insert(name.to_owned(), number);
                number
            }
        };
        self.body.extend_from_slice(&number.to_le_bytes());
    }

    fn count(&mut self, count: usize) {
        let count = u16::try_from(count).unwrap_or(u16::MAX);
        self.body.extend_from_slice(&count.to_le_bytes());
    }

    fn tag(&mut self, tag: u8) -> &mut Self {
        self.body.push(tag);
        self
    }

    fn i64(&mut self, value: i64) {
        self.body.extend_from_slice(&value.to_le_bytes());
    }
}

fn put_str(out: &mut Vec<u8>, text: &str) {
    let len = u32::try_from(text.len()).unwrap_or(u32::MAX);
    out.extend_from_slice(&len.to_le_bytes());
    out.extend_from_slice(text.as_bytes());
}

impl Writer for BinaryWriter {
    fn null(&mut self) {
        self.tag(tag::NULL);
    }

    fn bool(&mut self, value: bool) {
        self.tag(if value { tag::TRUE } else { tag::FALSE });
    }

    fn int(&mut self, value: i64) {
        self.tag(tag::INT).i64(value);
    }

    fn decimal(&mut self, value: rust_decimal::Decimal) {
        self.tag(tag::DECIMAL).str(&value.normalize().to_string());
    }

    fn money(&mut self, value: Money) {
        self.tag(tag::MONEY).str(&super::amount(value));
        self.str(value.currency().code());
    }

    fn text(&mut self, value: &str) {
        self.tag(tag::TEXT).str(value);
    }

    fn date(&mut self, value: NaiveDate) {
        let days = value.to_epoch_days();
        self.tag(tag::DATE)
            .body
            .extend_from_slice(&days.to_le_bytes());
    }

    fn partial_date(&mut self, value: PartialDate) {
        self.tag(tag::PARTIAL_DATE).str(&value.to_string());
    }

    fn date_time(&mut self, value: DateTime<Utc>) {
        self.tag(tag::DATE_TIME).i64(value.timestamp_micros());
    }

    fn duration(&mut self, value: TimeDelta) {
        self.tag(tag::DURATION).i64(value.num_milliseconds());
    }

    fn reference(&mut self, object: &str, id: &str) {
        self.tag(tag::REF).name(object);
        self.str(id);
    }

    fn parts(&mut self, parts: &[(&str, &str)]) {
        self.tag(tag::PARTS).count(parts.len());
        for (name, part) in parts {
            self.name(name);
            self.str(part);
        }
    }

    fn begin_list(&mut self, len: usize) {
        let len = u32::try_from(len).unwrap_or(u32::MAX);
        self.tag(tag::LIST)
            .body
            .extend_from_slice(&len.to_le_bytes());
    }

    fn end_list(&mut self) {}

    fn mark_record(&mut self) {
        self.tag(tag::RECORD);
    }

    fn begin_record(&mut self, object: &str, id: &str, fields: usize) {
        self.name(object);
        self.str(id);
        self.count(fields);
    }

    fn field(&mut self, name: &str) {
        self.name(name);
    }

    fn end_record(&mut self) {}

    fn finish(self: Box<Self>) -> Vec<u8> {
        let count = u16::try_from(self.known.len()).unwrap_or(u16::MAX);
        let mut block = Vec::with_capacity(2 + self.names.len() + self.body.len());
        block.extend_from_slice(&count.to_le_bytes());
        block.extend_from_slice(&self.names);
        block.extend_from_slice(&self.body);
        block
    }
}

pub fn fields(catalog: &Catalog, object: &ObjectDef, bytes: &[u8]) -> Result<crm_core::Fields> {
    let mut reader = Reader::new(catalog, bytes)?;
    let fields = reader.fields(object)?;
    if reader.rest.is_empty() {
        Ok(fields)
    } else {
        Err(malformed())
    }
}

/// What is given for each of these, by name and shape; there may be more, which the operation refuses.
pub fn given(catalog: &Catalog, expected: &[(&str, &Shape)], bytes: &[u8]) -> Result<Vec<Given>> {
    let mut reader = Reader::new(catalog, bytes)?;
    if reader.take()? != [tag::LIST] {
        return Err(malformed());
    }
    let mut all = Vec::new();
    for at in 0..reader.len()? {
        let (name, shape) = expected.get(at).copied().unzip();
        let given = reader.given(shape, 0);
        all.push(given.map_err(|error| error.at_field("", name.unwrap_or_default()))?);
    }
    if reader.rest.is_empty() {
        Ok(all)
    } else {
        Err(malformed())
    }
}

/// Reads a block of a host, which may hold anything.
struct Reader<'b> {
    catalog: &'b Catalog,
    rest: &'b [u8],
    names: Vec<&'b str>,
}

impl<'b> Reader<'b> {
    fn new(catalog: &'b Catalog, bytes: &'b [u8]) -> Result<Self> {
        let mut reader = Reader {
            catalog,
            rest: bytes,
            names: Vec::new(),
        };
        for _ in 0..reader.u16()? {
            let name = reader.str()?;
            reader.names.push(name);
        }
        Ok(reader)
    }

    fn fields(&mut self, object: &ObjectDef) -> Result<crm_core::Fields> {
        let mut fields = crm_core::Fields::new();
        for _ in 0..self.u16()? {
            let field = object.field_named(self.name()?)?;
            let value = self
                .value(field, 0)
                .map_err(|error| error.at_field(&object.name, &field.name))?;
            fields.set_number(field.id, value);
        }
        Ok(fields)
    }

    fn given(&mut self, shape: Option<&Shape>, depth: usize) -> Result<Given> {
        let shape = shape.map(Shape::required);
        Ok(match self.take()? {
            [tag::LIST] if depth < super::GIVEN_DEPTH_MAX => {
                let len = self.len()?;
                let all = (0..len).map(|at| self.given(super::shape_at(shape, at), depth + 1));
                Given::Many(all.collect::<Result<_>>()?)
            }
            [tag::LIST] => return Err(malformed()),
            [tag::FIELDS] => match shape {
                Some(Shape::Draft(object)) => {
                    let object = self.catalog.object_named(object)?;
                    Given::Fields(self.fields(object)?)
                }
                _ => return Err(CrmError::invalid("", "the argument takes no fields")),
            },
            [tag] => Given::One(self.plain(tag)?),
        })
    }

    fn take<const N: usize>(&mut self) -> Result<[u8; N]> {
        let (taken, rest) = self.rest.split_first_chunk().ok_or_else(malformed)?;
        self.rest = rest;
        Ok(*taken)
    }

    fn u16(&mut self) -> Result<u16> {
        Ok(u16::from_le_bytes(self.take()?))
    }

    fn i64(&mut self) -> Result<i64> {
        Ok(i64::from_le_bytes(self.take()?))
    }

    fn str(&mut self) -> Result<&'b str> {
        let len = u32::from_le_bytes(self.take()?) as usize;
        let (text, rest) = self.rest.split_at_checked(len).ok_or_else(malformed)?;
        self.rest = rest;
        std::str::from_utf8(text)
            .map_err(|_| CrmError::invalid(&String::from_utf8_lossy(text), "text is UTF-8"))
    }

    fn name(&mut self) -> Result<&'b str> {
        let number = self.u16()?;
        self.names
            .get(usize::from(number))
            .copied()
            .ok_or_else(malformed)
    }

    /// How many elements a list has. There cannot be more than bytes that follow.
    fn len(&mut self) -> Result<usize> {
        let len = u32::from_le_bytes(self.take()?) as usize;
        if len > self.rest.len() {
            return Err(malformed());
        }
        Ok(len)
    }

    fn value(&mut self, field: &FieldDef, depth: usize) -> Result<Value> {
        Ok(match self.take()? {
            [tag::PARTS] => self.parts(field)?,
            [tag::LIST] if depth < DEPTH_MAX => {
                let len = self.len()?;
                (0..len)
                    .map(|_| self.value(field, depth + 1))
                    .collect::<Result<Vec<_>>>()?
                    .into()
            }
            [tag] => self.plain(tag)?,
        })
    }

    /// A value that is no list and has no parts.
    fn plain(&mut self, tag: u8) -> Result<Value> {
        Ok(match tag {
            tag::NULL => Value::Null,
            tag::FALSE => false.into(),
            tag::TRUE => true.into(),
            tag::INT => self.i64()?.into(),
            tag::DECIMAL => super::decimal(self.str()?)?.into(),
            tag::MONEY => {
                let amount = super::decimal(self.str()?)?;
                Money::new(amount, Currency::new(self.str()?)?)?.into()
            }
            tag::TEXT => self.str()?.into(),
            tag::DATE => {
                let days = i32::from_le_bytes(self.take()?);
                NaiveDate::from_epoch_days(days)
                    .ok_or_else(malformed)?
                    .into()
            }
            tag::PARTIAL_DATE => self.str()?.parse::<PartialDate>()?.into(),
            tag::DATE_TIME => crate::host::value::DateTime(self.i64()?).known()?.into(),
            tag::DURATION => TimeDelta::try_milliseconds(self.i64()?)
                .ok_or_else(malformed)?
                .into(),
            tag::REF => {
                let object = self.catalog.object_named(self.name()?)?.id;
                Ref {
                    object,
                    id: self.str()?.parse()?,
                }
                .into()
            }
            _ => return Err(malformed()),
        })
    }

    fn parts(&mut self, field: &FieldDef) -> Result<Value> {
        let parts = (0..self.u16()?).map(|_| Ok((self.name()?, self.str()?)));
        super::parts(field, &parts.collect::<Result<Vec<_>>>()?)
    }
}

fn malformed() -> CrmError {
    CrmError::invalid(
        "",
        "this is not in the binary encoding; see the module `wire`",
    )
}
