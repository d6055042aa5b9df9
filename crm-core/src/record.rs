//! The one kind of record that the engine knows.

use std::fmt;
use std::ops::Range;

use chrono::{DateTime, Utc};

use crate::error::Result;
use crate::schema::system;
use crate::store::{Memory, Shared};
use crate::value::{self, Id, Opened, RecordRef, Ref, Value, ValueRef};

/// A stored record: its object type, its id and its encoded fields, which are decoded when they are read.
#[derive(Clone)]
pub struct Record {
    object: u16,
    id: Id,
    /// Where it lies in memory that it may share with others.
    places: Range<usize>,
    memory: Shared,
}

impl Record {
    /// From stored bytes, which are checked.
    pub(crate) fn new(object: u16, id: Id, bytes: &[u8]) -> Result<Self> {
        let memory = Shared::of(bytes, open)?;
        Ok(Record::shared(Ref { object, id }, memory, 0))
    }

    /// From shared memory into which [`open`] has put it, at a place of its bytes.
    pub(crate) fn shared(reference: Ref, memory: Shared, at: usize) -> Self {
        Record {
            object: reference.object,
            id: reference.id,
            places: value::places(memory.bytes(), at),
            memory,
        }
    }

    #[inline]
    fn opened(&self) -> Opened<'_> {
        let places = self.places.clone();
        Opened::new(self.memory.bytes(), self.memory.text(), places)
    }

    /// The memory that its fields take of what it may share with others.
    pub(crate) fn bytes(&self) -> usize {
        let values = self.opened().encoded_fields();
        let values = values.map(|(_, value)| value.bytes().len());
        self.places.len() + values.sum::<usize>()
    }

    /// The memory in which it lies, which others may share: what was read to have it.
    pub(crate) fn read_bytes(&self) -> usize {
        self.memory.bytes().len() + self.memory.text().len()
    }

    /// The record, to be looked at as scans do.
    pub(crate) fn as_stored(&self) -> Stored<'_> {
        Stored {
            object: self.object,
            id: self.id,
            fields: self.fields(),
            source: Source::Record(self),
        }
    }

    /// The number of its object type.
    pub fn object(&self) -> u16 {
        self.object
    }

    /// Its id.
    pub fn id(&self) -> Id {
        self.id
    }

    /// Its id with its object type.
    pub fn reference(&self) -> Ref {
        Ref {
            object: self.object,
            id: self.id,
        }
    }

    /// The value of a field by number; null if the record does not have it.
    #[inline]
    pub fn get(&self, field: u16) -> ValueRef<'_> {
        self.opened().get(field)
    }

    /// Its stored fields.
    #[inline]
    pub fn fields(&self) -> RecordRef<'_> {
        RecordRef::opened(self.opened())
    }

    /// The commit that changed it last; what an update passes to find conflicts.
    pub fn version(&self) -> u64 {
        self.get(system::VERSION)
            .as_int()
            .unwrap_or(0)
            .unsigned_abs()
    }

    /// When it was created.
    pub fn created_at(&self) -> Option<DateTime<Utc>> {
        self.get(system::CREATED_AT).as_datetime()
    }

    /// When it was last changed.
    pub fn updated_at(&self) -> Option<DateTime<Utc>> {
        self.get(system::UPDATED_AT).as_datetime()
    }

    /// True if it is in the trash.
    pub fn is_deleted(&self) -> bool {
        !self.get(system::DELETED_AT).is_null()
    }
}

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{} {} ", self.object, self.id)?;
        f.debug_map()
            .entries(self.fields().try_fields().flatten())
            .finish()
    }
}

impl PartialEq for Record {
    fn eq(&self, other: &Self) -> bool {
        self.object == other.object && self.id == other.id && self.opened() == other.opened()
    }
}

/// A stored record where it lies: what a scan looks at before it copies. Its values are checked when they are read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stored<'a> {
    pub object: u16,
    pub id: Id,
    pub fields: RecordRef<'a>,
    source: Source<'a>,
}

/// Where a record lies that a scan looks at.
#[derive(Debug, Clone, Copy)]
enum Source<'a> {
    Stored(&'a [u8]),
    Record(&'a Record),
}

/// Puts a stored record, checked whole, into memory.
pub(crate) fn open(bytes: &[u8], memory: &mut Memory) -> Result<()> {
    value::open(bytes, &mut memory.bytes, &mut memory.text)
}

impl<'a> Stored<'a> {
    pub(crate) fn new(reference: Ref, bytes: &'a [u8]) -> Result<Self> {
        Ok(Stored {
            object: reference.object,
            id: reference.id,
            fields: RecordRef::new(bytes)?,
            source: Source::Stored(bytes),
        })
    }

    /// True if it is in the trash.
    pub(crate) fn is_deleted(&self) -> Result<bool> {
        self.fields.contains(system::DELETED_AT)
    }

    /// A copy of its own, of which every value has been checked.
    pub(crate) fn to_record(self) -> Result<Record> {
        match self.source {
            Source::Stored(bytes) => Record::new(self.object, self.id, bytes),
            Source::Record(record) => Ok(record.clone()),
        }
    }
}

/// Names a field by its number or by its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldKey {
    /// By number, as declared fields are.
    Number(u16),
    /// By name, as custom fields are.
    Name(String),
}

/// Values for the fields of a record, not yet checked against the schema.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Fields(Vec<(FieldKey, Value)>);

impl Fields {
    /// No values.
    pub fn new() -> Self {
        Fields::default()
    }

    /// Sets a field by name. A text is read as the field's type; null clears the field. A part of an address
    /// or of a name is set as `name.given`.
    pub fn set(&mut self, field: &str, value: impl Into<Value>) -> &mut Self {
        self.0
            .push((FieldKey::Name(field.to_owned()), value.into()));
        self
    }

    /// Sets a field by name and returns the whole.
    pub fn with(mut self, field: &str, value: impl Into<Value>) -> Self {
        self.set(field, value);
        self
    }

    /// Sets a field by number.
    pub fn set_number(&mut self, field: u16, value: Value) -> &mut Self {
        self.0.push((FieldKey::Number(field), value));
        self
    }

    /// The fields and values in the order in which they were set.
    pub fn iter(&self) -> impl Iterator<Item = &(FieldKey, Value)> {
        self.0.iter()
    }

    /// True if no field is set.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
