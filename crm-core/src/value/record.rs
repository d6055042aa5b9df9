//! How a record is stored: its fields by number, each of which can be read alone.
//!
//! ```text
//! format u8 = 2 | count of heads varint | length of the values varint | heads | values | texts
//! ```
//!
//! `heads.rs` says which fields there are, what their values are and how long; `codec.rs` how a value is written. Those
//! that are text lie one after the other in the order of the fields, up to the end of the record, the others before
//! them. So a record is proved to be UTF-8 at once. Null is not stored. A field that the schema does not know (any more,
//! or yet) is kept.

mod heads;
mod opened;
mod writer;

use std::collections::BTreeMap;

use self::heads::{Head, Heads};
pub(crate) use self::opened::{Opened, places};
use self::writer::Writer;
use super::bytes::{Damage, Reader};
use super::codec::{Encoded, is_text};
use super::value_ref::Either;
use super::{Value, ValueRef};
use crate::error::{Detail, Error, Result};

const FORMAT: u8 = 2;

/// A stored record, owned.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RecordBuf(Vec<u8>);

impl RecordBuf {
    /// Writes a record from its fields in ascending order of their numbers. Null is left out.
    ///
    /// Instants are kept to the microsecond and durations to the millisecond, as [`Value`] says.
    ///
    /// # Errors
    /// `Limit` for a record of more than [`RECORD_BYTES_MAX`](crate::limits::RECORD_BYTES_MAX); `Invalid` for fields
    /// out of order or a list of lists.
    ///
    /// ```
    /// use crm_core::value::{RecordBuf, ValueRef};
    /// let record = RecordBuf::encode([(1, ValueRef::Text("Ada")), (7, ValueRef::Int(36))]).unwrap();
    /// assert_eq!(record.as_record().unwrap().try_get(7).unwrap().as_int(), Some(36));
    /// assert!(record.as_record().unwrap().try_get(2).unwrap().is_null());
    /// ```
    pub fn encode<'a, V: Into<ValueRef<'a>>>(
        fields: impl IntoIterator<Item = (u16, V)>,
    ) -> Result<Self> {
        let mut writer = Writer::default();
        for (field, value) in fields {
            writer.push(field, value.into())?;
        }
        writer.finish()
    }

    /// The stored form.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The stored form.
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    /// The record, to read fields from.
    ///
    /// # Errors
    /// As [`RecordRef::new`], for bytes that came from elsewhere through `From<Vec<u8>>`.
    pub fn as_record(&self) -> Result<RecordRef<'_>> {
        RecordRef::new(&self.0)
    }
}

impl From<Vec<u8>> for RecordBuf {
    /// Takes stored bytes as they are; [`RecordBuf::as_record`] checks them.
    fn from(bytes: Vec<u8>) -> Self {
        RecordBuf(bytes)
    }
}

impl Default for RecordBuf {
    /// The record without fields.
    fn default() -> Self {
        RecordBuf(vec![FORMAT, 0, 0])
    }
}

/// A record, borrowed: as it is stored, where each value is checked when it is read, so that a filter that looks at two
/// fields of two hundred pays for two; or as it was put into memory, checked whole.
#[derive(Debug, Clone, Copy)]
pub struct RecordRef<'a>(Form<'a>);

#[derive(Debug, Clone, Copy)]
enum Form<'a> {
    Packed(Packed<'a>),
    Opened(Opened<'a>),
}

/// A record as it is stored.
#[derive(Debug, Clone, Copy)]
struct Packed<'a> {
    heads: &'a [u8],
    values: &'a [u8],
    texts: &'a [u8],
}

impl<'a> Packed<'a> {
    #[inline]
    fn new(bytes: &'a [u8]) -> Result<Self, Damage> {
        let mut reader = Reader::new(bytes);
        if reader.u8()? != FORMAT {
            return Err(Damage("a record does not start like one"));
        }
        let (heads, values) = (reader.length()?, reader.length()?);
        Ok(Packed {
            heads: reader.take(2 * heads)?,
            values: reader.take(values)?,
            texts: reader.rest(),
        })
    }

    #[inline]
    const fn heads(self) -> Heads<'a> {
        Heads::new(self.heads)
    }

    #[inline]
    fn find(self, field: u16) -> Result<Option<Encoded<'a>>, Damage> {
        let mut heads = self.heads();
        while let Some(head) = heads.next()? {
            if head.field >= field {
                return (head.field == field)
                    .then(|| self.encoded(head))
                    .transpose();
            }
        }
        Ok(None)
    }

    #[inline]
    fn encoded(self, head: Head) -> Result<Encoded<'a>, Damage> {
        let area = if is_text(head.tag) {
            self.texts
        } else {
            self.values
        };
        let bytes = area.get(head.start..head.start + head.len);
        Ok(Encoded {
            tag: head.tag,
            bytes: bytes.ok_or(BEYOND_THE_END)?,
        })
    }

    /// The fields; the last element may be damage of the record's end.
    fn encoded_fields(self) -> impl Iterator<Item = Result<(u16, Encoded<'a>)>> {
        let mut heads = Some(self.heads());
        std::iter::from_fn(move || match heads.as_mut()?.next() {
            Ok(Some(head)) => {
                let value = self.encoded(head);
                let value = value.map_err(|damage| in_field(head.field, damage));
                Some(value.map(|value| (head.field, value)))
            }
            Ok(None) => {
                let walked = heads.take()?.walked();
                let end = self.check_end(walked);
                end.err().map(|damage| Err(damage.into()))
            }
            Err(damage) => {
                heads = None;
                Some(Err(damage.into()))
            }
        })
    }

    fn check_end(self, walked: (usize, usize)) -> Result<(), Damage> {
        if walked == (self.values.len(), self.texts.len()) {
            Ok(())
        } else {
            Err(Damage("a record does not have its length"))
        }
    }

    fn fields(self) -> impl Iterator<Item = Result<(u16, ValueRef<'a>)>> {
        self.encoded_fields().map(|field| {
            let (field, value) = field?;
            let value = value.decode().map_err(|damage| in_field(field, damage))?;
            Ok((field, value))
        })
    }

    fn len(self) -> usize {
        let mut heads = self.heads();
        std::iter::from_fn(|| heads.next().ok().flatten()).count()
    }
}

const BEYOND_THE_END: Damage = Damage("a value ends behind its record");

impl<'a> RecordRef<'a> {
    /// Looks at stored bytes.
    ///
    /// # Errors
    /// `Corrupt` if they are not a record; `NewerFormat` for a format of a later version. Damage of a field is found
    /// when that, or one behind it, is read.
    #[inline]
    pub fn new(bytes: &'a [u8]) -> Result<Self> {
        match Packed::new(bytes) {
            Ok(packed) => Ok(RecordRef(Form::Packed(packed))),
            Err(damage) => Err(not_a_record(bytes, damage)),
        }
    }

    /// A record in memory.
    #[inline]
    pub(crate) const fn opened(opened: Opened<'a>) -> Self {
        RecordRef(Form::Opened(opened))
    }

    /// The value of a field, checked; null where the record does not have it.
    ///
    /// # Errors
    /// `Corrupt` if the value, or the way to it, is damaged.
    #[inline]
    pub fn try_get(self, field: u16) -> Result<ValueRef<'a>> {
        match self.0 {
            Form::Packed(packed) => {
                let found = packed.find(field);
                found
                    .and_then(|found| found.map_or(Ok(ValueRef::Null), Encoded::decode))
                    .map_err(|damage| in_field(field, damage))
            }
            Form::Opened(opened) => Ok(opened.get(field)),
        }
    }

    /// The stored form of a field's value, not checked; `None` where the record does not have it.
    ///
    /// # Errors
    /// `Corrupt` if the way to it is damaged.
    #[inline]
    pub(crate) fn encoded(self, field: u16) -> Result<Option<Encoded<'a>>> {
        match self.0 {
            Form::Packed(packed) => packed.find(field).map_err(|damage| in_field(field, damage)),
            Form::Opened(opened) => Ok(opened.find(field).map(|place| opened.encoded(place))),
        }
    }

    /// True if the record has the field, which is then not null.
    ///
    /// # Errors
    /// `Corrupt` if the way to it is damaged.
    #[inline]
    pub fn contains(self, field: u16) -> Result<bool> {
        Ok(self.encoded(field)?.is_some())
    }

    /// The fields in ascending order of their numbers, each value checked as it is reached.
    pub fn try_fields(self) -> impl Iterator<Item = Result<(u16, ValueRef<'a>)>> {
        match self.0 {
            Form::Packed(packed) => Either::Left(packed.fields()),
            Form::Opened(opened) => Either::Right(opened.fields().map(Ok)),
        }
    }

    /// Checks all values, for callers that cannot fail half-way.
    ///
    /// # Errors
    /// `Corrupt` if a value is damaged.
    pub fn validate(self) -> Result<CheckedRecord<'a>> {
        if let Form::Packed(packed) = self.0 {
            packed.fields().try_for_each(|field| field.map(drop))?;
        }
        Ok(CheckedRecord(self))
    }

    /// The record with some fields changed; a change to null removes the field. The bytes of all other
    /// fields, known to the schema or not, are copied as they are.
    ///
    /// # Errors
    /// As [`RecordBuf::encode`].
    ///
    /// ```
    /// use std::collections::BTreeMap;
    /// use crm_core::value::{RecordBuf, Value, ValueRef};
    /// let base = RecordBuf::encode([(1, ValueRef::Text("Ada")), (7, ValueRef::Int(36))]).unwrap();
    /// let changes = BTreeMap::from([(7, Value::Null), (9, Value::Bool(true))]);
    /// let merged = base.as_record().unwrap().merge(&changes).unwrap();
    /// assert_eq!(
    ///     merged,
    ///     RecordBuf::encode([(1, ValueRef::Text("Ada")), (9, ValueRef::Bool(true))]).unwrap()
    /// );
    /// ```
    pub fn merge(self, changes: &BTreeMap<u16, Value>) -> Result<RecordBuf> {
        let mut writer = Writer::default();
        let mut changes = changes.iter().peekable();
        let kept = match self.0 {
            Form::Packed(packed) => Either::Left(packed.encoded_fields()),
            Form::Opened(opened) => Either::Right(opened.encoded_fields().map(Ok)),
        };
        for kept in kept {
            let (field, value) = kept?;
            while let Some((&changed, value)) = changes.next_if(|(changed, _)| **changed < field) {
                writer.push(changed, value.into())?;
            }
            match changes.next_if(|(changed, _)| **changed == field) {
                Some((_, value)) => writer.push(field, value.into())?,
                None => writer.push_encoded(field, value)?,
            }
        }
        for (&changed, value) in changes {
            writer.push(changed, value.into())?;
        }
        writer.finish()
    }

    /// How many fields the record has, up to a damaged one.
    pub fn len(self) -> usize {
        match self.0 {
            Form::Packed(packed) => packed.len(),
            Form::Opened(opened) => opened.len(),
        }
    }

    /// True if the record has no fields.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }
}

/// A record of which every value has been checked, so that reading cannot fail.
#[derive(Debug, Clone, Copy)]
pub struct CheckedRecord<'a>(RecordRef<'a>);

impl<'a> CheckedRecord<'a> {
    /// A record in memory.
    #[inline]
    pub(crate) const fn opened(opened: Opened<'a>) -> Self {
        CheckedRecord(RecordRef::opened(opened))
    }

    /// The value of a field; null where the record does not have it.
    #[inline]
    pub fn get(self, field: u16) -> ValueRef<'a> {
        // Null can only mean absent: the same bytes have been read before, and a borrow keeps them.
        self.0.try_get(field).unwrap_or_default()
    }

    /// The fields in ascending order of their numbers.
    pub fn fields(self) -> impl Iterator<Item = (u16, ValueRef<'a>)> {
        self.0.try_fields().flatten()
    }

    /// The record without the knowledge that it is whole.
    pub fn as_record(self) -> RecordRef<'a> {
        self.0
    }
}

/// Checks a stored record and puts it at the end of memory and text, from which [`Opened`] reads it.
///
/// # Errors
/// As [`RecordRef::new`] and [`RecordRef::validate`].
pub(crate) fn open(bytes: &[u8], memory: &mut Vec<u8>, text: &mut String) -> Result<()> {
    let packed = Packed::new(bytes).map_err(|damage| not_a_record(bytes, damage))?;
    opened::open(packed, memory, text)
}

#[cold]
fn not_a_record(bytes: &[u8], damage: Damage) -> Error {
    match *bytes {
        [found, _, _, ..] if found > FORMAT => Detail::NewerFormat {
            found: found.into(),
            supported: FORMAT.into(),
        }
        .into(),
        _ => damage.into(),
    }
}

#[cold]
fn in_field(field: u16, Damage(what): Damage) -> Error {
    Error::corrupt(format!("field {field}: {what}"))
}
