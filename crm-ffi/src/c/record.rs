//! Records: drafts to be written, and what was read.

use std::cell::RefCell;
use std::sync::Arc;

use crm_core::operation::Given;
use crm_core::schema::{Catalog, FieldDef, FieldType, ObjectDef, system};
use crm_core::{FieldKey, Fields, Id, Record, Ref, Value, ValueRef};

use super::call::is_declared;
use super::database::{crm_db, database};
use super::error::{Failure, crm_error};
use super::row::{COLUMNS, CRM_ROW_FIELD, CRM_ROW_NEW, CRM_ROW_OLD, Row};
use super::status::{CRM_OK, crm_status, guard, guard_plain};
use super::text::{Texts, crm_str, crm_text, give};
use super::values::{crm_field, crm_ref, crm_type, type_number};
use crate::count::Counted;

/// A record: a draft that the host fills, or one that was read. Values that were set and not yet written stand
/// over those that were read. It is used by one thread at a time.
#[allow(non_camel_case_types, reason = "the name in C")]
pub struct crm_record {
    catalog: Arc<Catalog>,
    /// 0 for a row that is of no object.
    object: u16,
    id: Option<Id>,
    stored: Option<Record>,
    /// The version that the host says it has read.
    expected: Option<u64>,
    /// What was set since, in that order.
    set: Vec<(FieldKey, Value)>,
    /// What a row has beside the fields of its record.
    columns: Vec<(u16, Value)>,
    /// The type of the structure or the arguments whose members the columns are; 0 for others.
    declared: u16,
    /// Members of it that are structures or records, or lists of them: what was read …
    nested: Vec<(u16, Vec<Row>)>,
    /// … and what was set.
    given: Vec<(u16, Given)>,
    /// The first setter that was refused; the record is not written then.
    refused: Option<Failure>,
    texts: RefCell<Texts>,
    _counted: Counted,
}

/// What stands for a field that a record does not have.
const NULL: ValueRef<'static> = ValueRef::Null;

impl crm_record {
    pub(super) fn draft(catalog: Arc<Catalog>, object: u16, id: Option<Id>) -> Self {
        crm_record {
            catalog,
            object,
            id,
            stored: None,
            expected: None,
            set: Vec::new(),
            columns: Vec::new(),
            declared: 0,
            nested: Vec::new(),
            given: Vec::new(),
            refused: None,
            texts: RefCell::default(),
            _counted: Counted::new(),
        }
    }

    pub(super) fn stored(catalog: Arc<Catalog>, record: Record) -> Self {
        let mut made = crm_record::draft(catalog, record.object(), Some(record.id()));
        made.stored = Some(record);
        made
    }

    /// Makes it the record that was read, without anything set.
    pub(super) fn show(&mut self, record: Option<Record>, columns: Vec<(u16, Value)>) {
        self.texts.get_mut().clear();
        self.object = record.as_ref().map_or(0, Record::object);
        self.id = record.as_ref().map(Record::id);
        self.stored = record;
        self.expected = None;
        self.columns = columns;
        self.declared = 0;
        self.nested.clear();
        self.given.clear();
        self.set.clear();
        self.refused = None;
    }

    /// Makes it a row, and answers with the rows below it.
    pub(super) fn show_row(&mut self, row: Row) -> Vec<Row> {
        self.show(row.record, row.columns);
        self.declared = row.declared;
        self.nested = row.nested;
        row.below
    }

    pub(super) fn of_row(catalog: Arc<Catalog>, row: Row) -> Self {
        let mut made = crm_record::draft(catalog, 0, None);
        made.show_row(row);
        made
    }

    /// Its type, if it is a structure or arguments; 0 for others.
    pub(super) fn declared(&self) -> u16 {
        self.declared
    }

    /// The rows of a member.
    pub(super) fn rows(&self, field: crm_field) -> Result<&[Row], Failure> {
        let number = self.number_of_member(field)?;
        let found = self.nested.iter().find(|(member, _)| *member == number);
        Ok(found.map_or(&[], |(_, rows)| rows))
    }

    /// Sets a member that is no plain value.
    pub(super) fn give_member(
        &mut self,
        field: crm_field,
        given: Given,
    ) -> Result<crm_status, Failure> {
        let number = self.number_of_member(field)?;
        self.given.retain(|(member, _)| *member != number);
        self.given.push((number, given));
        Ok(CRM_OK)
    }

    /// Adds an element to a member that is a list.
    pub(super) fn add_member(
        &mut self,
        field: crm_field,
        given: Given,
    ) -> Result<crm_status, Failure> {
        let number = self.number_of_member(field)?;
        let found = self.given.iter_mut().find(|(member, _)| *member == number);
        match found {
            Some((_, Given::Many(list))) => list.push(given),
            _ => self.given.push((number, Given::Many(vec![given]))),
        }
        Ok(CRM_OK)
    }

    fn number_of_member(&self, field: crm_field) -> Result<u16, Failure> {
        if self.is_member(field) {
            return self.number(field);
        }
        Err(Failure::misuse(
            "only arguments and structures have members that are records",
        ))
    }

    /// What an operation gets of it: the members of a structure, or the values of a draft.
    pub(super) fn as_given(&self) -> Result<Given, Failure> {
        match self.declared {
            0 => self.fields().map(Given::Fields),
            _ => self.members().map(Given::Many),
        }
    }

    /// The members of a structure or the arguments of an operation, in the order of their numbers.
    pub(super) fn members(&self) -> Result<Vec<Given>, Failure> {
        if let Some(failure) = &self.refused {
            return Err(failure.clone());
        }
        let mut members = Vec::new();
        let mut put = |number: u16, given: Given| {
            let at = usize::from(number).saturating_sub(1);
            if members.len() <= at {
                members.resize(at + 1, Given::NOTHING);
            }
            if let Some(member) = members.get_mut(at) {
                *member = given;
            }
        };
        for (number, value) in &self.columns {
            put(*number, given_of(value));
        }
        for (number, given) in &self.given {
            put(*number, given.clone());
        }
        Ok(members)
    }

    /// True for a field that is a member of this structure or of these arguments.
    fn is_member(&self, field: crm_field) -> bool {
        self.declared != 0 && (field >> 16) as u16 == self.declared
    }

    /// True for a field that is a column, or a member.
    fn is_column(&self, field: crm_field) -> bool {
        (field >> 16) as u16 == COLUMNS || self.is_member(field)
    }

    /// What a write has made of it.
    pub(super) fn written(
        &mut self,
        catalog: Arc<Catalog>,
        reference: Ref,
        record: Option<Record>,
    ) {
        self.show(record, Vec::new());
        self.catalog = catalog;
        self.object = reference.object;
        self.id = Some(reference.id);
    }

    pub(super) fn record(&self) -> Option<&Record> {
        self.stored.as_ref()
    }

    /// The version from which an update starts: what was read, unless the host says another.
    pub(super) fn base_version(&self) -> Option<u64> {
        self.expected
            .or_else(|| self.stored.as_ref().map(Record::version))
    }

    pub(super) fn catalog(&self) -> &Arc<Catalog> {
        &self.catalog
    }

    pub(super) fn object(&self) -> Result<&ObjectDef, Failure> {
        Ok(self.catalog.object(self.object)?)
    }

    pub(super) fn reference(&self) -> Option<Ref> {
        let object = self.object;
        self.id.map(|id| Ref { object, id })
    }

    /// The reference of a record that must have one.
    pub(super) fn known_reference(&self) -> Result<Ref, Failure> {
        self.reference()
            .ok_or_else(|| Failure::misuse("the record has no id yet"))
    }

    /// The values to write, unless a setter was refused.
    pub(super) fn fields(&self) -> Result<Fields, Failure> {
        if let Some(failure) = &self.refused {
            return Err(failure.clone());
        }
        let mut fields = Fields::new();
        for (key, value) in &self.set {
            match key {
                FieldKey::Number(number) => fields.set_number(*number, value.clone()),
                FieldKey::Name(name) => fields.set(name, value.clone()),
            };
        }
        Ok(fields)
    }

    pub(super) fn lend(&self, key: u64, text: &str) -> crm_str {
        self.texts.borrow_mut().lend(key, text)
    }

    /// The number of a field of this record.
    pub(super) fn number(&self, field: crm_field) -> Result<u16, Failure> {
        let (object, number) = ((field >> 16) as u16, field as u16);
        let is_own = match object {
            0 => number >= system::FIRST,
            COLUMNS => true,
            object => object == self.object || self.is_member(field),
        };
        if is_own {
            return Ok(number);
        }
        let own = self.catalog.object_name(self.object);
        let other = self.catalog.object_name(object);
        Err(Failure::invalid(
            &format!("{field:#x}"),
            &format!("this is a field of `{other}`, and the record is of `{own}`"),
        ))
    }

    /// The value of a field.
    #[inline]
    pub(super) fn value(&self, field: crm_field) -> Result<ValueRef<'_>, Failure> {
        let number = self.number(field)?;
        if self.is_column(field) {
            let found = self.columns.iter().find(|(column, _)| *column == number);
            return Ok(found.map_or(NULL, |(_, value)| value.into()));
        }
        if !self.set.is_empty() {
            let is_it = |(key, _): &&(FieldKey, Value)| *key == FieldKey::Number(number);
            if let Some((_, value)) = self.set.iter().rev().find(is_it) {
                return Ok(value.into());
            }
        }
        Ok(self
            .stored
            .as_ref()
            .map_or(NULL, |record| record.get(number)))
    }

    /// A part of a name or an address that was set by itself.
    pub(super) fn part_set(&self, name: &str) -> Option<&str> {
        let is_it =
            |(key, _): &&(FieldKey, Value)| matches!(key, FieldKey::Name(part) if part == name);
        let (_, value) = self.set.iter().rev().find(is_it)?;
        ValueRef::from(value).as_text()
    }

    /// The definition of a field; `None` for a column of a row.
    pub(super) fn definition(&self, field: crm_field) -> Result<Option<&FieldDef>, Failure> {
        let number = self.number(field)?;
        if self.is_column(field) {
            return Ok(None);
        }
        let object = self.object()?;
        let unknown = || {
            let unknown = crm_core::Detail::UnknownField {
                object: object.name.clone(),
                name: format!("#{number}"),
                nearest: None,
            };
            Failure::from(crm_core::Error::from(unknown))
        };
        object.field(number).map(Some).ok_or_else(unknown)
    }

    /// The definition that says what a value is: also of the old and the new value of a field that changed, which
    /// are columns.
    pub(super) fn definition_of_value(
        &self,
        field: crm_field,
    ) -> Result<Option<&FieldDef>, Failure> {
        if field != CRM_ROW_OLD && field != CRM_ROW_NEW {
            return self.definition(field);
        }
        let changed = self.value(CRM_ROW_FIELD)?.as_int();
        let changed = changed.and_then(|field| u32::try_from(field).ok());
        Ok(changed.and_then(|field| {
            let object = self.catalog.object((field >> 16) as u16).ok()?;
            object.field(field as u16)
        }))
    }

    /// Sets a field, or notes that it was refused.
    pub(super) fn set(
        &mut self,
        field: crm_field,
        value: impl FnOnce(&Self, u16) -> Result<(FieldKey, Value), Failure>,
    ) -> Result<crm_status, Failure> {
        let made = self.settable(field).and_then(|number| value(self, number));
        match made {
            Ok((FieldKey::Number(number), value)) if self.is_member(field) => {
                self.columns.retain(|(member, _)| *member != number);
                self.columns.push((number, value));
                Ok(CRM_OK)
            }
            Ok((key, value)) => {
                // A whole value takes the place of what was set before, its parts too.
                if let FieldKey::Number(_) = key {
                    let name = self
                        .definition(field)?
                        .map(|field| format!("{}.", field.name));
                    self.set.retain(|(known, _)| match known {
                        FieldKey::Name(part) => {
                            !name.as_ref().is_some_and(|name| part.starts_with(name))
                        }
                        known => *known != key,
                    });
                }
                self.set.push((key, value));
                let first = u64::from(field) << 32;
                self.texts
                    .get_mut()
                    .forget(first, first | u64::from(u32::MAX));
                Ok(CRM_OK)
            }
            Err(failure) => {
                self.refused.get_or_insert_with(|| failure.clone());
                Err(failure)
            }
        }
    }

    /// The number of a field that can be set.
    fn settable(&self, field: crm_field) -> Result<u16, Failure> {
        match self.definition(field)? {
            Some(definition) => Ok(definition.id),
            None if self.is_member(field) => self.number(field),
            None => Err(Failure::misuse("a column of a row cannot be set")),
        }
    }
}

/// A value of a member, as an operation gets it.
fn given_of(value: &Value) -> Given {
    match value {
        Value::List(list) => Given::Many(list.iter().map(given_of).collect()),
        value => Given::One(value.clone()),
    }
}

/// Makes a draft of an object type, without values. With an id it is the draft of that record: crm_create() gives
/// the new record this id, crm_update() changes the record of this id whatever its version; without one (a `data`
/// of NULL) crm_create() makes the id. Arguments and structures of operations are made so, too, without an id.
#[unsafe(no_mangle)]
pub extern "C" fn crm_record_new(
    db: *const crm_db,
    object: crm_type,
    id: crm_str,
    out: Option<&mut *mut crm_record>,
    err: Option<&mut *mut crm_error>,
) -> crm_status {
    guard(err, || {
        let db = database(db)?;
        let catalog = db.session()?.catalog();
        let object = type_number(object)?;
        if is_declared(object) {
            let mut made = crm_record::draft(catalog, 0, None);
            made.declared = object;
            return super::give(out, made);
        }
        let object = catalog.object(object)?.id;
        let id = id.optional()?.map(str::parse).transpose()?;
        super::give(out, crm_record::draft(catalog, object, id))
    })
}

/// A copy with everything that is set.
#[unsafe(no_mangle)]
pub extern "C" fn crm_record_clone(
    record: Option<&crm_record>,
    out: Option<&mut *mut crm_record>,
    err: Option<&mut *mut crm_error>,
) -> crm_status {
    guard(err, || {
        let record = super::given(record, "the record")?;
        let mut copy = crm_record::draft(Arc::clone(&record.catalog), record.object, record.id);
        copy.stored.clone_from(&record.stored);
        copy.expected = record.expected;
        copy.set.clone_from(&record.set);
        copy.columns.clone_from(&record.columns);
        copy.declared = record.declared;
        copy.nested.clone_from(&record.nested);
        copy.given.clone_from(&record.given);
        copy.refused.clone_from(&record.refused);
        super::give(out, copy)
    })
}

/// Frees a record; NULL is allowed. A record that is lent, as that of a row, is not freed.
#[unsafe(no_mangle)]
pub extern "C" fn crm_record_free(record: Option<Box<crm_record>>) {
    guard_plain(|| {
        drop(record);
        Ok(CRM_OK)
    });
}

/// The object type of a record; 0 for NULL, and for a row that is of no object.
#[unsafe(no_mangle)]
pub extern "C" fn crm_record_type(record: Option<&crm_record>) -> crm_type {
    record.map_or(0, |record| match record.object {
        0 => record.declared.into(),
        object => object.into(),
    })
}

/// Its type and id; without a record, those of none.
#[unsafe(no_mangle)]
pub extern "C" fn crm_record_ref(record: Option<&crm_record>) -> crm_ref {
    let reference = record.and_then(crm_record::reference);
    reference.map_or(crm_ref::ABSENT, crm_ref::new)
}

/// The commit that changed it last; 0 for a draft.
#[unsafe(no_mangle)]
pub extern "C" fn crm_record_version(record: Option<&crm_record>) -> u64 {
    let stored = record.and_then(crm_record::record);
    stored.map_or(0, Record::version)
}

/// Says which version of a record the host has read, perhaps in another process: crm_update() of a draft by its id is
/// then refused with CRM_STALE if somebody else has changed one of the same fields since.
#[unsafe(no_mangle)]
pub extern "C" fn crm_record_expect(record: Option<&mut crm_record>, version: u64) -> crm_status {
    guard_plain(|| {
        super::given(record, "the record")?.expected = Some(version);
        Ok(CRM_OK)
    })
}

/// True if it was read from the trash.
#[unsafe(no_mangle)]
pub extern "C" fn crm_record_is_deleted(record: Option<&crm_record>) -> bool {
    let stored = record.and_then(crm_record::record);
    stored.is_some_and(Record::is_deleted)
}

/// Forgets everything that was set, also a setter that was refused.
#[unsafe(no_mangle)]
pub extern "C" fn crm_record_reset(record: Option<&mut crm_record>) -> crm_status {
    guard_plain(|| {
        let record = super::given(record, "the record")?;
        record.set.clear();
        record.refused = None;
        record.texts.get_mut().clear();
        Ok(CRM_OK)
    })
}

/// The record as it was read, as a JSON object: `object`, `id`, its fields by name. Of a draft, only what
/// was read, so nothing.
#[unsafe(no_mangle)]
pub extern "C" fn crm_record_to_json(
    record: Option<&crm_record>,
    out: Option<&mut *mut crm_text>,
    err: Option<&mut *mut crm_error>,
) -> crm_status {
    guard(err, || {
        let record = super::given(record, "the record")?;
        let stored = record
            .record()
            .ok_or_else(|| Failure::misuse("the record was not read, and has no stored form"))?;
        give(
            out,
            crm_core::record_to_json(&record.catalog, stored).to_string(),
        )
    })
}

/// Sets the fields that a JSON object has, by name, in the form of crm_record_to_json() and in easier ones:
/// any text is read as the field's type, null clears a field. `object`, `id` and the fields that the engine
/// writes are passed over.
#[unsafe(no_mangle)]
pub extern "C" fn crm_record_set_json(
    record: Option<&mut crm_record>,
    json: crm_str,
    err: Option<&mut *mut crm_error>,
) -> crm_status {
    guard(err, || {
        let record = super::given(record, "the record")?;
        let text = json.required("the JSON")?;
        let json: serde_json::Value = serde_json::from_str(text)
            .map_err(|error| Failure::invalid(text, &format!("this is no JSON: {error}")))?;
        let object = record.object()?.name.clone();
        let fields = crm_core::fields_from_json(&record.catalog, &object, &json)?;
        record.set.extend(fields.iter().cloned());
        record.texts.get_mut().clear();
        Ok(CRM_OK)
    })
}

/// The names of the parts of a field that has them.
pub(super) fn part_at(field: &FieldDef, part: &str) -> Result<usize, Failure> {
    let names = FieldType::part_names(field.ty);
    names.iter().position(|name| *name == part).ok_or_else(|| {
        let reason = if names.is_empty() {
            format!("`{}` has no parts", field.name)
        } else {
            format!("the parts of `{}` are {}", field.name, names.join(", "))
        };
        Failure::invalid(part, &reason)
    })
}
