//! The schema: names and numbers, definitions, and changing them at run time.

use crm_core::Session;
use crm_core::schema::FieldType;
use serde_json::Value as Json;

use super::database::{crm_db, database};
use super::error::{Failure, crm_error};
use super::read::{field_name, object};
use super::status::{CRM_OK, crm_status, guard};
use super::text::{crm_str, crm_text, give};
use super::values::{crm_field, crm_type};
use crate::json;

/// The number of an object type by its name, custom ones too.
///
/// Errors: CRM_UNKNOWN_OBJECT.
#[unsafe(no_mangle)]
pub extern "C" fn crm_type_named(
    db: *const crm_db,
    name: crm_str,
    out: Option<&mut crm_type>,
    err: Option<&mut *mut crm_error>,
) -> crm_status {
    guard(err, || {
        let db = database(db)?;
        let catalog = db.session()?.catalog();
        super::put(
            out,
            catalog.object_named(name.required("the name")?)?.id.into(),
        )
    })
}

/// The number of a field by its name, custom ones too.
///
/// Errors: CRM_UNKNOWN_OBJECT, CRM_UNKNOWN_FIELD.
#[unsafe(no_mangle)]
pub extern "C" fn crm_field_named(
    db: *const crm_db,
    object: crm_type,
    name: crm_str,
    out: Option<&mut crm_field>,
    err: Option<&mut *mut crm_error>,
) -> crm_status {
    guard(err, || {
        let db = database(db)?;
        let catalog = db.session()?.catalog();
        let object = self::object(&catalog, object)?;
        let field = object.field_named(name.required("the name")?)?;
        super::put(out, u32::from(object.id) << 16 | u32::from(field.id))
    })
}

/// The name of an object type.
///
/// Errors: CRM_UNKNOWN_OBJECT.
#[unsafe(no_mangle)]
pub extern "C" fn crm_type_name(
    db: *const crm_db,
    object: crm_type,
    out: Option<&mut *mut crm_text>,
    err: Option<&mut *mut crm_error>,
) -> crm_status {
    guard(err, || {
        let db = database(db)?;
        let catalog = db.session()?.catalog();
        give(out, self::object(&catalog, object)?.name.as_str())
    })
}

/// The name of a field.
///
/// Errors: CRM_UNKNOWN_OBJECT, CRM_UNKNOWN_FIELD.
#[unsafe(no_mangle)]
pub extern "C" fn crm_field_name(
    db: *const crm_db,
    field: crm_field,
    out: Option<&mut *mut crm_text>,
    err: Option<&mut *mut crm_error>,
) -> crm_status {
    guard(err, || {
        let db = database(db)?;
        let catalog = db.session()?.catalog();
        give(out, field_name(&catalog, field, None)?)
    })
}

/// The schema as a JSON object: its `version`, and its `objects`, definitions with their fields.
#[unsafe(no_mangle)]
pub extern "C" fn crm_catalog(
    db: *const crm_db,
    out: Option<&mut *mut crm_text>,
    err: Option<&mut *mut crm_error>,
) -> crm_status {
    guard(err, || {
        let db = database(db)?;
        let catalog = db.session()?.catalog();
        give(out, json::catalog(&catalog).to_string())
    })
}

/// Adds a custom object from its definition, a JSON object: `{"name": "machine", "plural": "machines", "fields":
/// [{"name": "serial", "ty": "text", "required": true}], "title": ["serial"]}`. `out`, its number, may be NULL.
///
/// Errors: CRM_SCHEMA, CRM_UNKNOWN_OBJECT, CRM_UNKNOWN_FIELD for a member that a definition does not have, CRM_LIMIT.
#[unsafe(no_mangle)]
pub extern "C" fn crm_add_object(
    db: *const crm_db,
    definition: crm_str,
    out: Option<&mut crm_type>,
    err: Option<&mut *mut crm_error>,
) -> crm_status {
    guard(err, || {
        let db = database(db)?;
        let number = db
            .session()?
            .add_object(json::read_object(&parse(definition)?)?)?;
        match out {
            Some(out) => super::put(Some(out), number.into()),
            None => Ok(CRM_OK),
        }
    })
}

/// Adds a custom field from its definition: `{"name": "floors", "ty": "integer", "indexed": true}`. `out`, its
/// number, may be NULL.
///
/// Errors: as crm_add_object(), CRM_EXPRESSION, CRM_DUPLICATE.
#[unsafe(no_mangle)]
pub extern "C" fn crm_add_field(
    db: *const crm_db,
    object: crm_type,
    definition: crm_str,
    out: Option<&mut crm_field>,
    err: Option<&mut *mut crm_error>,
) -> crm_status {
    guard(err, || {
        let db = database(db)?;
        let field = json::read_field(&parse(definition)?)?;
        let session = db.session()?;
        let name = self::object(&session.catalog(), object)?.name.clone();
        let number = session.add_field(&name, field)?;
        match out {
            Some(out) => super::put(Some(out), object << 16 | u32::from(number)),
            None => Ok(CRM_OK),
        }
    })
}

/// Adds several custom fields at once, from a JSON array of definitions.
///
/// Errors: as crm_add_field().
#[unsafe(no_mangle)]
pub extern "C" fn crm_add_fields(
    db: *const crm_db,
    object: crm_type,
    definitions: crm_str,
    err: Option<&mut *mut crm_error>,
) -> crm_status {
    guard(err, || {
        let db = database(db)?;
        let json = parse(definitions)?;
        let list = json.as_array();
        let list =
            list.ok_or_else(|| Failure::invalid(&json.to_string(), "this is no JSON array"))?;
        let fields = list
            .iter()
            .map(json::read_field)
            .collect::<Result<_, _>>()?;
        let session = db.session()?;
        let name = self::object(&session.catalog(), object)?.name.clone();
        session.add_fields(&name, fields)?;
        Ok(CRM_OK)
    })
}

fn parse(text: crm_str) -> Result<Json, Failure> {
    let text = text.required("the definition")?;
    serde_json::from_str(text)
        .map_err(|error| Failure::invalid(text, &format!("this is no JSON: {error}")))
}

/// Renames a custom field. Its number and its values stay.
///
/// Errors: CRM_SCHEMA; CRM_EXPRESSION, CRM_UNKNOWN_FIELD if a formula, a roll-up or a rule still uses the old name.
#[unsafe(no_mangle)]
pub extern "C" fn crm_rename_field(
    db: *const crm_db,
    field: crm_field,
    name: crm_str,
    err: Option<&mut *mut crm_error>,
) -> crm_status {
    on_field(db, field, err, |session, object, field| {
        session.rename_field(object, field, name.required("the name")?)?;
        Ok(CRM_OK)
    })
}

/// Retires a custom field: its values stay readable, and are no longer written, searched, indexed or unique.
///
/// Errors: CRM_SCHEMA.
#[unsafe(no_mangle)]
pub extern "C" fn crm_retire_field(
    db: *const crm_db,
    field: crm_field,
    err: Option<&mut *mut crm_error>,
) -> crm_status {
    on_field(db, field, err, |session, object, field| {
        session.retire_field(object, field)?;
        Ok(CRM_OK)
    })
}

/// Brings a retired field back, with the values that it had. It is a plain field then: an index, a place in the search
/// or a formula that it had are gone.
///
/// Errors: CRM_SCHEMA if the field is not retired.
#[unsafe(no_mangle)]
pub extern "C" fn crm_restore_field(
    db: *const crm_db,
    field: crm_field,
    err: Option<&mut *mut crm_error>,
) -> crm_status {
    on_field(db, field, err, |session, object, field| {
        session.restore_field(object, field)?;
        Ok(CRM_OK)
    })
}

/// Gives a custom field another type, such as `integer`, and converts its values. Values that cannot be converted
/// refuse the change or, with `clear_failures`, are cleared and reported. The report is a JSON object: `converted` and
/// `failed`. `out` may be NULL.
///
/// Errors: CRM_INVALID, CRM_DUPLICATE, CRM_NOT_FOUND for a value, CRM_SCHEMA, CRM_EXPRESSION.
#[unsafe(no_mangle)]
pub extern "C" fn crm_retype_field(
    db: *const crm_db,
    field: crm_field,
    ty: crm_str,
    clear_failures: bool,
    out: Option<&mut *mut crm_text>,
    err: Option<&mut *mut crm_error>,
) -> crm_status {
    on_field(db, field, err, |session, object, field| {
        let name = ty.required("the type")?;
        let ty: FieldType = serde_json::from_value(name.into()).map_err(|_| {
            Failure::invalid(
                name,
                "this is no type of a field, such as `text` or `integer`",
            )
        })?;
        let report = session.retype_field(object, field, ty, clear_failures)?;
        match out {
            Some(out) => give(
                Some(out),
                json::retype_report(&session.catalog(), &report).to_string(),
            ),
            None => Ok(CRM_OK),
        }
    })
}

/// Gives a field an index; queries use it when it is done, at the end of this call.
///
/// Errors: CRM_SCHEMA.
#[unsafe(no_mangle)]
pub extern "C" fn crm_index_field(
    db: *const crm_db,
    field: crm_field,
    err: Option<&mut *mut crm_error>,
) -> crm_status {
    on_field(db, field, err, |session, object, field| {
        session.index_field(object, field)?;
        Ok(CRM_OK)
    })
}

fn on_field(
    db: *const crm_db,
    field: crm_field,
    err: Option<&mut *mut crm_error>,
    call: impl FnOnce(&Session, &str, &str) -> Result<crm_status, Failure>,
) -> crm_status {
    guard(err, || {
        let db = database(db)?;
        let session = db.session()?;
        let catalog = session.catalog();
        let object = &object(&catalog, field >> 16)?.name;
        call(session, object, &field_name(&catalog, field, None)?)
    })
}
