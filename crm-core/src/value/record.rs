//! How a record is stored: its fields by number, each of which can be read alone.
//!
//! ```text
//! format u8 = 1 | flags u8 | count u16 | count × (field u16, end u16 or u32) | values
//! ```
//!
//! Numbers are little-endian. Bit 0 of the flags says that the ends have 32 bits; the other bits are 0.
//! The table is sorted by field; an end counts from the start of the values, which follow each other without
//! gaps and are written as `codec.rs` says. Null is not stored. A field that the schema does not know (any
//! more, or yet) is kept.

use std::collections::BTreeMap;

use super::bytes::{Damage, Reader};
use super::{Value, ValueRef, codec};
use crate::error::{Detail, Error, Result};
use crate::limits::RECORD_BYTES_MAX;

const FORMAT: u8 = 1;
const FLAG_WIDE: u8 = 1;

/// A stored record, owned.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RecordBuf(Vec<u8>);

impl RecordBuf {
    /// Writes a record from its fields in ascending order of their numbers. Null is left out.
    ///
    /// Instants are kept to the microsecond and durations to the millisecond, as [`Value`] says.
    ///
    /// # Errors
    /// `Limit` for a record of more than [`RECORD_BYTES_MAX`]; `Invalid` for fields out of order or a list
    /// of lists.
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
        RecordBuf(vec![FORMAT, 0, 0, 0])
    }
}

/// A stored record, borrowed. Its table of fields has been checked, its values are checked when they are
/// read: a filter that looks at two fields of two hundred pays for two.
#[derive(Debug, Clone, Copy)]
pub struct RecordRef<'a> {
    bytes: &'a [u8],
    shape: Shape,
}

/// What the head of a stored record says, so that it need not be read again for each field.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shape {
    /// Where the table of fields ends and the values begin.
    values_at: usize,
    /// True if the ends have 32 bits.
    wide: bool,
}

const HEAD_LEN: usize = 4;

impl Shape {
    /// That of a record whose table of fields has been checked before.
    pub(crate) fn trusted(bytes: &[u8]) -> Self {
        Shape::of(bytes).unwrap_or(Shape {
            values_at: 0,
            wide: false,
        })
    }

    #[inline]
    fn of(bytes: &[u8]) -> Result<Self, Damage> {
        let [format, flags, c0, c1] = Reader::new(bytes).array()?;
        if format != FORMAT || flags & !FLAG_WIDE != 0 {
            return Err(Damage("a record does not start like one"));
        }
        let wide = flags & FLAG_WIDE != 0;
        let count = usize::from(u16::from_le_bytes([c0, c1]));
        Ok(Shape {
            values_at: HEAD_LEN + count * if wide { 6 } else { 4 },
            wide,
        })
    }
}

/// A number of the table of fields.
type Number = [u8; 2];

/// The table of fields: each with the end of its value, which has 16 or 32 bits.
#[derive(Debug, Clone, Copy)]
enum Table<'a> {
    Narrow(&'a [[Number; 2]]),
    Wide(&'a [[Number; 3]]),
}

impl<'a> Table<'a> {
    #[inline]
    fn new(bytes: &'a [u8], wide: bool) -> Self {
        let (numbers, _) = bytes.as_chunks();
        if wide {
            Table::Wide(numbers.as_chunks().0)
        } else {
            Table::Narrow(numbers.as_chunks().0)
        }
    }

    #[inline]
    const fn len(self) -> usize {
        match self {
            Table::Narrow(entries) => entries.len(),
            Table::Wide(entries) => entries.len(),
        }
    }

    /// True if fields and ends ascend. No value is empty: it has at least its tag.
    #[inline]
    fn ascends(self) -> bool {
        match self {
            // The usual form, checked for each record of a scan: without branches, so that the compiler does it
            // for several entries at a time. Fields and ends alternate.
            Table::Narrow(entries) => {
                let numbers = entries.as_flattened();
                let next = numbers.get(2..).unwrap_or_default();
                let falls = numbers.iter().zip(next).fold(0, |falls, (number, next)| {
                    let (number, next) = (u16::from_le_bytes(*number), u16::from_le_bytes(*next));
                    falls | u16::from(next.saturating_sub(number) == 0)
                });
                falls == 0 && numbers.get(1).is_none_or(|end| *end != [0, 0])
            }
            Table::Wide(_) => {
                let entries = (0..self.len()).map_while(|index| self.entry(index));
                entries.clone().is_sorted_by(|a, b| a.0 < b.0 && a.1 < b.1)
                    && entries.take(1).all(|(_, end)| end > 0)
            }
        }
    }

    /// The field and the end of its value.
    #[inline]
    fn entry(self, index: usize) -> Option<(u16, usize)> {
        let (field, end) = match self {
            Table::Narrow(entries) => {
                let [field, end] = *entries.get(index)?;
                (field, u16::from_le_bytes(end).into())
            }
            Table::Wide(entries) => {
                let [field, low, high] = *entries.get(index)?;
                let [low, high] = [low, high].map(|half| u32::from(u16::from_le_bytes(half)));
                (field, low | high << 16)
            }
        };
        Some((u16::from_le_bytes(field), usize::try_from(end).ok()?))
    }

    /// Where the value of a field begins and ends.
    #[inline]
    fn find(self, field: u16) -> Option<(usize, usize)> {
        let before = |number: Number| u16::from_le_bytes(number) < field;
        match self {
            Table::Narrow(entries) => {
                let index = entries.partition_point(|[number, _]| before(*number));
                let (&[found, end], before) = (entries.get(index)?, entries.get(..index)?);
                let start = before.last().map_or([0, 0], |[_, end]| *end);
                let place = (
                    u16::from_le_bytes(start).into(),
                    u16::from_le_bytes(end).into(),
                );
                (u16::from_le_bytes(found) == field).then_some(place)
            }
            Table::Wide(entries) => {
                let index = entries.partition_point(|[number, ..]| before(*number));
                let (found, end) = self.entry(index)?;
                let previous = index.checked_sub(1).and_then(|index| self.entry(index));
                (found == field).then_some((previous.map_or(0, |(_, end)| end), end))
            }
        }
    }
}

impl<'a> RecordRef<'a> {
    /// Looks at stored bytes.
    ///
    /// # Errors
    /// `Corrupt` if the table of fields is damaged; `NewerFormat` for a format of a later version.
    pub fn new(bytes: &'a [u8]) -> Result<Self> {
        let shape = Shape::of(bytes).map_err(|damage| match *bytes {
            [found, _, _, _, ..] if found > FORMAT => Detail::NewerFormat {
                found: found.into(),
                supported: FORMAT.into(),
            }
            .into(),
            _ => Error::from(damage),
        })?;
        let record = RecordRef { bytes, shape };
        record.check_table()?;
        Ok(record)
    }

    /// A record of which the table of fields has been checked before; anything else may read as null.
    #[inline]
    pub(crate) const fn trusted(bytes: &'a [u8], shape: Shape) -> Self {
        RecordRef { bytes, shape }
    }

    #[inline]
    pub(crate) const fn shape(self) -> Shape {
        self.shape
    }

    #[inline]
    fn table(self) -> Table<'a> {
        let table = self.bytes.get(HEAD_LEN..self.shape.values_at);
        Table::new(table.unwrap_or_default(), self.shape.wide)
    }

    fn check_table(self) -> Result<(), Damage> {
        let Some(values) = self.bytes.get(self.shape.values_at..) else {
            return Err(Damage("a record's table of fields ends too early"));
        };
        let table = self.table();
        if table.len() == 0 && values.is_empty() {
            return Ok(());
        }
        if !table.ascends() {
            return Err(Damage("a record's fields are not in order"));
        }
        let last = table.len().checked_sub(1);
        let last = last.and_then(|last| table.entry(last));
        if last.map_or(0, |(_, end)| end) != values.len() {
            return Err(Damage("a record does not have its length"));
        }
        Ok(())
    }

    /// The value of a field, checked; null where the record does not have it.
    ///
    /// # Errors
    /// `Corrupt` if the value is damaged.
    #[inline]
    pub fn try_get(self, field: u16) -> Result<ValueRef<'a>> {
        self.encoded(field).map_or(Ok(ValueRef::Null), |bytes| {
            codec::decode(bytes).map_err(|damage| in_field(field, damage))
        })
    }

    /// The stored form of a field's value, not checked; `None` where the record does not have it.
    #[inline]
    pub(crate) fn encoded(self, field: u16) -> Option<&'a [u8]> {
        let (start, end) = self.table().find(field)?;
        // Were the table wrong after all, the empty slice would be reported as damage when it is decoded.
        Some(self.value_bytes(start, end))
    }

    /// True if the record has the field, which is then not null.
    #[inline]
    pub fn contains(self, field: u16) -> bool {
        self.table().find(field).is_some()
    }

    /// The fields in ascending order of their numbers, each value checked as it is reached.
    pub fn try_fields(self) -> impl Iterator<Item = Result<(u16, ValueRef<'a>)>> {
        self.encoded_fields().map(|(field, bytes)| {
            let value = codec::decode(bytes).map_err(|damage| in_field(field, damage))?;
            Ok((field, value))
        })
    }

    /// Checks all values, for callers that read most of them or cannot fail half-way.
    ///
    /// # Errors
    /// `Corrupt` if a value is damaged.
    pub fn validate(self) -> Result<CheckedRecord<'a>> {
        for (field, bytes) in self.encoded_fields() {
            codec::check(bytes).map_err(|damage| in_field(field, damage))?;
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
        let mut kept = self.encoded_fields().peekable();
        for (&field, value) in changes {
            while let Some((kept_field, bytes)) = kept.next_if(|(kept, _)| *kept < field) {
                writer.push_encoded(kept_field, bytes)?;
            }
            kept.next_if(|(kept, _)| *kept == field);
            writer.push(field, value.into())?;
        }
        for (kept_field, bytes) in kept {
            writer.push_encoded(kept_field, bytes)?;
        }
        writer.finish()
    }

    /// How many fields the record has.
    pub fn len(self) -> usize {
        self.table().len()
    }

    /// True if the record has no fields.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The stored form.
    pub fn as_bytes(self) -> &'a [u8] {
        self.bytes
    }

    fn encoded_fields(self) -> impl Iterator<Item = (u16, &'a [u8])> {
        let table = self.table();
        let mut start = 0;
        (0..table.len()).map_while(move |index| {
            let (field, end) = table.entry(index)?;
            let bytes = self.value_bytes(start, end);
            start = end;
            Some((field, bytes))
        })
    }

    #[inline]
    fn value_bytes(self, start: usize, end: usize) -> &'a [u8] {
        let (start, end) = (self.shape.values_at + start, self.shape.values_at + end);
        self.bytes.get(start..end).unwrap_or_default()
    }
}

/// A stored record of which every value has been checked, so that reading cannot fail.
#[derive(Debug, Clone, Copy)]
pub struct CheckedRecord<'a>(RecordRef<'a>);

impl<'a> CheckedRecord<'a> {
    /// A record whose bytes [`RecordRef::validate`] has seen before; anything else may read as null.
    #[inline]
    pub(crate) const fn trusted(bytes: &'a [u8], shape: Shape) -> Self {
        CheckedRecord(RecordRef::trusted(bytes, shape))
    }

    /// The value of a field; null where the record does not have it.
    #[inline]
    pub fn get(self, field: u16) -> ValueRef<'a> {
        // Null can only mean absent: `validate` has checked these very bytes, and a borrow keeps them.
        let encoded = self.0.encoded(field);
        encoded.map_or(ValueRef::Null, codec::decode_checked)
    }

    /// The fields in ascending order of their numbers.
    pub fn fields(self) -> impl Iterator<Item = (u16, ValueRef<'a>)> {
        let fields = self.0.encoded_fields();
        fields.map(|(field, bytes)| (field, codec::decode_checked(bytes)))
    }

    /// The record without the knowledge that it is whole.
    pub fn as_record(self) -> RecordRef<'a> {
        self.0
    }
}

#[cold]
fn in_field(field: u16, Damage(what): Damage) -> Error {
    Error::corrupt(format!("field {field}: {what}"))
}

/// Collects values and their ends until the width of the offset table is known.
#[derive(Default)]
struct Writer {
    table: Vec<(u16, u32)>,
    values: Vec<u8>,
}

impl Writer {
    fn push(&mut self, field: u16, value: ValueRef<'_>) -> Result<()> {
        if value.is_null() {
            return Ok(());
        }
        codec::encode(value, &mut self.values)?;
        self.close(field)
    }

    fn push_encoded(&mut self, field: u16, bytes: &[u8]) -> Result<()> {
        self.values.extend_from_slice(bytes);
        self.close(field)
    }

    fn close(&mut self, field: u16) -> Result<()> {
        if self.table.last().is_some_and(|(last, _)| field <= *last) {
            return Err(Error::invalid(
                format!("field {field}"),
                "the fields of a record are written in ascending order, each once",
            ));
        }
        let end = u32::try_from(self.values.len()).map_err(|_| too_long(self.values.len()))?;
        self.table.push((field, end));
        Ok(())
    }

    fn finish(self) -> Result<RecordBuf> {
        let count = u16::try_from(self.table.len()).map_err(|_| Detail::Limit {
            what: "fields of a record",
            max: u16::MAX.into(),
            actual: self.table.len() as u64,
        })?;
        let wide = self.values.len() > usize::from(u16::MAX);
        let entry_len = if wide { 6 } else { 4 };
        let len = 4 + self.table.len() * entry_len + self.values.len();
        if len > RECORD_BYTES_MAX {
            return Err(too_long(len));
        }
        let mut bytes = Vec::with_capacity(len);
        bytes.extend_from_slice(&[FORMAT, if wide { FLAG_WIDE } else { 0 }]);
        bytes.extend_from_slice(&count.to_le_bytes());
        for (field, end) in self.table {
            bytes.extend_from_slice(&field.to_le_bytes());
            if wide {
                bytes.extend_from_slice(&end.to_le_bytes());
            } else {
                bytes.extend_from_slice(&(end as u16).to_le_bytes());
            }
        }
        bytes.extend_from_slice(&self.values);
        Ok(RecordBuf(bytes))
    }
}

fn too_long(actual: usize) -> Error {
    Detail::Limit {
        what: "bytes of a record",
        max: RECORD_BYTES_MAX as u64,
        actual: actual as u64,
    }
    .into()
}
