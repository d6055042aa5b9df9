//! How records and values cross as bytes.
//!
//! Every host has a fastest way to read many small values, and none of them is one foreign call or one generated
//! object for each. So they cross as one block in an [`Encoding`] that the host's own layer chooses when it opens a
//! database, and reads without calling back. In both, nulls and fields without a value are left out of a record.
//!
//! **JSON**, for hosts whose JSON reader is native code, which then costs by the number of objects in it. So a value
//! that JSON does not have is a text with a mark: U+007F, a letter that says what it is, and the value.
//!
//! | value | JSON |
//! |---|---|
//! | null, truth values, whole numbers, lists | JSON's own |
//! | text | JSON's own; one that begins with U+007F has a second one before it |
//! | decimal | `"␡d12.5"` |
//! | money | `"␡m12.50 EUR"` |
//! | date, partial date | `"␡D2026-03-14"`, `"␡P--03-14"` |
//! | date-time | `"␡t1773446400000000"`, microseconds since 1970 |
//! | duration | `"␡l90000"`, milliseconds |
//! | reference | `"␡rcontact 0189…"` |
//! | parts | `{"given": "Ada", "family": "Lovelace"}` |
//! | record, in a block | `{"": "contact", "id": "0189…", "email": "ada@acme.example", …}` |
//! | block of a record | `[{"contact": " region territory "}, record]` |
//! | block of records | the same with a list of records |
//!
//! A block of records begins with the names of the fields that an organisation has added to their objects, so that
//! a host knows a field without a value from a name with a slip; those of the standard objects it knows. The names
//! are one text with spaces around each, which costs next to nothing until somebody looks into it.
//!
//! The fields that a host sets are an object with the same values by name. The arguments of an operation are a list:
//! how it is to be done (null, or a list of whether it is a rehearsal), then each argument by its number. A structure is
//! a list of its members by their numbers, a choice its name. The block of a result begins as one of records does.
//!
//! **Binary**, for hosts that read bytes fast. Numbers are little-endian; `str` is a `u32` length and UTF-8; `name`
//! is a `u16` index into the table of names that every block begins with (`u16` count, then each a `str`).
//!
//! | what | bytes |
//! |---|---|
//! | record | `name` of the object, `str` id, `u16` count, then for each field `name` and value |
//! | records, values | as a list |
//! | fields | `u16` count, then for each `name` and value |
//! | null, false, true | `00`, `01`, `02` |
//! | integer | `03`, `i64` |
//! | decimal | `04`, `str` |
//! | money | `05`, `str` amount, `str` currency |
//! | text | `06`, `str` |
//! | date | `07`, `i32` days since 1970-01-01 |
//! | partial date | `08`, `str` |
//! | date-time | `09`, `i64` microseconds since 1970 |
//! | duration | `0A`, `i64` milliseconds |
//! | reference | `0B`, `name` of the object, `str` id |
//! | parts | `0C`, `u16` count, then for each `name` and `str` |
//! | list | `0D`, `u32` count, then each value, or each record |
//! | a record where a value could be | `0E`, record |
//! | fields where a value could be | `0F`, fields |
//!
//! Arguments and results of operations are values as in JSON; a structure is a list.

mod binary;
mod json;

use std::collections::BTreeSet;

use crm_core::operation::{Given, Manner, Operation, Out, Shape, StructureDef, Told};
use crm_core::schema::{Catalog, FieldDef};
use crm_core::{Parts, Record as CoreRecord, Value as CoreValue, ValueRef};

use super::error::{CrmError, Result};
use super::value::{Fields, Record, Records, Value, Values};

/// The form in which records and values cross.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum Encoding {
    /// JSON text.
    Json,
    /// A compact binary form.
    Binary,
}

/// What writes values in one of the encodings. Lists and records are written by their beginning, their elements and
/// their end.
trait Writer {
    fn null(&mut self);
    fn bool(&mut self, value: bool);
    fn int(&mut self, value: i64);
    fn decimal(&mut self, value: rust_decimal::Decimal);
    fn money(&mut self, value: crm_core::Money);
    fn text(&mut self, value: &str);
    fn date(&mut self, value: chrono::NaiveDate);
    fn partial_date(&mut self, value: crm_core::PartialDate);
    fn date_time(&mut self, value: chrono::DateTime<chrono::Utc>);
    fn duration(&mut self, value: chrono::TimeDelta);
    fn reference(&mut self, object: &str, id: &str);
    fn parts(&mut self, parts: &[(&str, &str)]);
    fn begin_list(&mut self, len: usize);
    fn end_list(&mut self);
    /// Says that a record follows where a value could.
    fn mark_record(&mut self) {}
    fn begin_record(&mut self, object: &str, id: &str, fields: usize);
    fn field(&mut self, name: &str);
    fn end_record(&mut self);
    /// Begins a block of records, of objects that have these fields beside the declared ones.
    fn begin_block(&mut self, _added: &[(&str, String)]) {}
    fn end_block(&mut self) {}
    fn finish(self: Box<Self>) -> Vec<u8>;
}

/// Turns records and values into bytes and back, with the names of a schema.
#[derive(Clone, Copy)]
pub struct Wire<'c> {
    encoding: Encoding,
    catalog: &'c Catalog,
}

impl<'c> Wire<'c> {
    pub fn new(encoding: Encoding, catalog: &'c Catalog) -> Self {
        Wire { encoding, catalog }
    }

    pub fn catalog(self) -> &'c Catalog {
        self.catalog
    }

    pub fn record(self, record: &CoreRecord) -> Record {
        Record(self.write(|block| {
            block.begin([record]);
            block.record(record);
            block.out.end_block();
        }))
    }

    pub fn records<'r, I>(self, records: I) -> Records
    where
        I: IntoIterator<Item = &'r CoreRecord, IntoIter: ExactSizeIterator + Clone>,
    {
        let records = records.into_iter();
        Records(self.write(|block| {
            block.begin(records.clone());
            block.out.begin_list(records.len());
            for record in records {
                block.record(record);
            }
            block.out.end_list();
            block.out.end_block();
        }))
    }

    /// A value of a field, or one that belongs to none.
    pub fn value(self, value: &CoreValue, field: Option<&FieldDef>) -> Value {
        Value(self.write(|block| block.value(value.into(), field)))
    }

    pub fn values(self, values: &[CoreValue]) -> Values {
        Values(self.write(|block| {
            block.out.begin_list(values.len());
            for value in values {
                block.value(value.into(), None);
            }
            block.out.end_list();
        }))
    }

    /// What a host sets of an object's fields.
    pub fn fields(self, object: &str, fields: &Fields) -> Result<crm_core::Fields> {
        let object = self.catalog.object_named(object)?;
        match self.encoding {
            Encoding::Json => json::fields(self.catalog, object, &fields.0),
            Encoding::Binary => binary::fields(self.catalog, object, &fields.0),
        }
    }

    /// How an operation is to be done, and its arguments.
    pub fn given(self, operation: &Operation, block: &[u8]) -> Result<(Manner, Vec<Given>)> {
        let shapes = operation.arguments.iter();
        let arguments = shapes.map(|argument| (argument.name, argument.shape));
        let expected = std::iter::once(MANNER).chain(arguments).collect::<Vec<_>>();
        let mut given = match self.encoding {
            Encoding::Json => json::given(self.catalog, &expected, block),
            Encoding::Binary => binary::given(self.catalog, &expected, block),
        }?;
        if given.is_empty() {
            return Ok((Manner::default(), given));
        }
        Ok((manner(given.remove(0))?, given))
    }

    /// What an operation returned.
    pub fn told(self, answer: &dyn Told) -> Vec<u8> {
        self.write(|block| {
            if self.encoding == Encoding::Json {
                let mut objects = ObjectsOf::default();
                answer.tell(&mut objects);
                block.begin_with(objects.0);
            }
            answer.tell(block);
            block.out.end_block();
        })
    }

    fn write(self, write: impl FnOnce(&mut Block<'_>)) -> Vec<u8> {
        let out: Box<dyn Writer> = match self.encoding {
            Encoding::Json => Box::<json::JsonWriter>::default(),
            Encoding::Binary => Box::<binary::BinaryWriter>::default(),
        };
        let mut block = Block {
            catalog: self.catalog,
            out,
        };
        write(&mut block);
        block.out.finish()
    }
}

/// A block of records and values that is being written.
struct Block<'c> {
    catalog: &'c Catalog,
    out: Box<dyn Writer>,
}

impl Block<'_> {
    /// Begins a block of these records.
    fn begin<'r>(&mut self, records: impl IntoIterator<Item = &'r CoreRecord>) {
        self.begin_with(records.into_iter().map(CoreRecord::object).collect());
    }

    fn begin_with(&mut self, objects: BTreeSet<u16>) {
        let known = objects
            .into_iter()
            .filter_map(|object| self.catalog.object(object).ok());
        let added = known.filter_map(|object| {
            let fields = object.fields.iter();
            let added = fields.filter(|field| object.custom || field.is_custom());
            let names = added.fold(String::new(), |names, field| names + " " + &field.name);
            (!names.is_empty()).then(|| (object.name.as_str(), names + " "))
        });
        self.out.begin_block(&added.collect::<Vec<_>>());
    }

    fn record(&mut self, record: &CoreRecord) {
        let object = self.catalog.object(record.object()).ok();
        // A field that the schema does not know was written by a later version; its name is not known here.
        let fields: Vec<(&FieldDef, ValueRef<'_>)> = record
            .fields()
            .try_fields()
            .flatten()
            .filter_map(|(number, value)| Some((object?.field(number)?, value)))
            .filter(|(_, value)| !value.is_null())
            .collect();
        let id = record.id().to_string();
        self.out
            .begin_record(object.map_or("", |object| &object.name), &id, fields.len());
        for (field, value) in fields {
            self.out.field(&field.name);
            self.value(value, Some(field));
        }
        self.out.end_record();
    }

    fn value(&mut self, value: ValueRef<'_>, field: Option<&FieldDef>) {
        let out = &mut self.out;
        match value {
            ValueRef::Null => out.null(),
            ValueRef::Bool(value) => out.bool(value),
            ValueRef::Int(value) => out.int(value),
            ValueRef::Decimal(value) => out.decimal(value),
            ValueRef::Money(value) => out.money(value),
            ValueRef::Text(value) => out.text(value),
            ValueRef::Date(value) => out.date(value),
            ValueRef::PartialDate(value) => out.partial_date(value),
            ValueRef::DateTime(value) => out.date_time(value),
            ValueRef::Duration(value) => out.duration(value),
            ValueRef::Ref(value) => {
                out.reference(
                    self.catalog.object_name(value.object),
                    &value.id.to_string(),
                );
            }
            ValueRef::Parts(parts) => {
                let names = field.map_or(&[][..], |field| field.ty.part_names());
                let known = names
                    .iter()
                    .copied()
                    .zip(parts.iter())
                    .filter(|(_, part)| !part.is_empty());
                out.parts(&known.collect::<Vec<_>>());
            }
            ValueRef::List(list) => {
                out.begin_list(list.iter().count());
                for value in list.iter() {
                    self.value(value, field);
                }
                self.out.end_list();
            }
        }
    }
}

impl Out for Block<'_> {
    fn value(&mut self, value: ValueRef<'_>) {
        Block::value(self, value, None);
    }

    fn record(&mut self, record: &CoreRecord) {
        self.out.mark_record();
        Block::record(self, record);
    }

    fn begin_list(&mut self, len: usize) {
        self.out.begin_list(len);
    }

    fn end_list(&mut self) {
        self.out.end_list();
    }

    fn begin_structure(&mut self, of: &'static StructureDef) {
        self.out.begin_list(of.members.len());
    }

    fn end_structure(&mut self) {
        self.out.end_list();
    }
}

/// The objects of which a result has records.
#[derive(Default)]
struct ObjectsOf(BTreeSet<u16>);

impl Out for ObjectsOf {
    fn value(&mut self, _: ValueRef<'_>) {}

    fn record(&mut self, record: &CoreRecord) {
        self.0.insert(record.object());
    }

    fn begin_list(&mut self, _: usize) {}

    fn end_list(&mut self) {}

    fn begin_structure(&mut self, _: &'static StructureDef) {}

    fn end_structure(&mut self) {}
}

/// Structures in structures, and lists in them, that arguments may have.
const GIVEN_DEPTH_MAX: usize = 8;

/// What stands before the arguments of an operation.
const MANNER: (&str, &Shape) = ("manner", &Shape::List(&Shape::Bool));

/// How an operation is to be done.
fn manner(given: Given) -> Result<Manner> {
    let malformed = || {
        CrmError::invalid(
            "",
            "this is not how an operation is done; see the module `wire`",
        )
    };
    let rehearse = match given {
        given if given.is_nothing() => return Ok(Manner::default()),
        Given::Many(how) => <[Given; 1]>::try_from(how).map_err(|_| malformed())?,
        _ => return Err(malformed()),
    };
    match rehearse {
        [Given::One(CoreValue::Bool(rehearse))] => Ok(Manner { rehearse }),
        _ => Err(malformed()),
    }
}

/// The shapes of a list's elements or of a structure's members, one for each place.
fn shape_at(shape: Option<&Shape>, at: usize) -> Option<&Shape> {
    match shape? {
        Shape::List(of) => Some(of),
        Shape::Structure(of) => of().members.get(at).map(|member| member.shape),
        _ => None,
    }
}

/// An amount with all decimals of its currency.
fn amount(money: crm_core::Money) -> String {
    let decimals = money.currency().decimals() as usize;
    format!("{:.decimals$}", money.amount())
}

/// A decimal number that a host gives as text.
fn decimal(text: &str) -> Result<rust_decimal::Decimal> {
    crate::host::value::Decimal(text.to_owned()).known()
}

/// The error of named parts for a field that has none.
fn without_parts(given: &str) -> CrmError {
    CrmError::invalid(
        given,
        "the field takes no named parts; where it holds JSON, such as the actions of a rule, give the text of the JSON",
    )
}

/// The named parts that a host gives of a name or an address.
fn parts(field: &FieldDef, given: &[(&str, &str)]) -> Result<CoreValue> {
    let names = field.ty.part_names();
    if names.is_empty() {
        let given: Vec<&str> = given.iter().map(|(name, _)| *name).collect();
        return Err(without_parts(&given.join(", ")));
    }
    let mut parts = vec![String::new(); names.len()];
    for (name, part) in given {
        let slot = names
            .iter()
            .position(|known| known == name)
            .and_then(|at| parts.get_mut(at));
        let reason = format!(
            "`{}` has no such part; it has {}",
            field.name,
            names.join(", ")
        );
        *slot.ok_or_else(|| CrmError::invalid(name, &reason))? = (*part).to_owned();
    }
    Ok(Parts::new(parts).into())
}
