//! Records: drafts to be written, and what was read.

use std::cell::RefCell;
use std::sync::Arc;

use crm_core::schema::{Catalog, FieldDef, FieldType, ObjectDef, system};
use crm_core::{FieldKey, Fields, Id, Record, Ref, Value, ValueRef};

use super::database::{crm_db, database};
use super::error::{Failure, crm_error};
use super::row::{COLUMNS, CRM_ROW_FIELD, CRM_ROW_NEW, CRM_ROW_OLD};
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
        self.set.clear();
        self.refused = None;
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
            object => object == self.object,
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
        if (field >> 16) as u16 == COLUMNS {
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
        if (field >> 16) as u16 == COLUMNS {
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
        value: impl FnOnce(&Self, &FieldDef) -> Result<(FieldKey, Value), Failure>,
    ) -> Result<crm_status, Failure> {
        let made = self
            .definition(field)
            .and_then(|definition| match definition {
                Some(definition) => value(self, definition),
                None => Err(Failure::misuse("a column of a row cannot be set")),
            });
        match made {
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
}

/// Makes a draft of an object type, without values. With an id it is the draft of that record: crm_create() gives
/// the new record this id, crm_update() changes the record of this id whatever its version; without one (a `data`
/// of NULL) crm_create() makes the id.
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
        let object = catalog.object(type_number(object)?)?.id;
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
    record.map_or(0, |record| record.object.into())
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
