//! Reading records.

use crm_core::schema::{Catalog, ObjectDef};
use crm_core::{Query, Record};

use super::database::{crm_db, database};
use super::error::{Failure, crm_error};
use super::record::crm_record;
use super::row::Row;
use super::rows::{crm_rows, give_page, give_stream};
use super::status::{CRM_ABSENT, crm_status, guard};
use super::text::{crm_str, crm_text, elements_of, give};
use super::values::{crm_field, crm_ref, crm_type, type_number, unknown_object};
use crate::json;

/// A question for records of one object type. Begin with
/// `crm_query query = {sizeof(crm_query), CRM_TYPE_DEAL};`: what is 0 is not asked for.
#[repr(C)]
#[derive(Clone, Copy)]
#[allow(non_camel_case_types, reason = "the name in C")]
pub struct crm_query {
    /// sizeof(crm_query).
    pub size: u32,
    /// The object type.
    pub object: crm_type,
    /// The number of records in a page, or of those that are read at a time; 0 for 50, or 1,000.
    pub limit: u32,
    /// True for the records in the trash instead of the live ones.
    pub trash: bool,
    /// A CEL filter, such as `amount > 1000 && company.name == 'Acme'`; absent for all records.
    pub filter: crm_str,
    /// The order: names of fields with commas between them, `-` before one for the greatest first. Absent for that of
    /// creation.
    pub sort: crm_str,
    /// Where to go on: crm_rows_next_page() of the page before.
    pub after: crm_str,
    /// The fields to read; NULL for all. Others are absent in the result.
    pub fields: *const crm_field,
    /// How many fields that are.
    pub fields_len: usize,
}

impl Default for crm_query {
    fn default() -> Self {
        crm_query {
            size: 0,
            object: 0,
            limit: 0,
            trash: false,
            filter: crm_str::ABSENT,
            sort: crm_str::ABSENT,
            after: crm_str::ABSENT,
            fields: std::ptr::null(),
            fields_len: 0,
        }
    }
}

/// The question that a host asks.
pub(super) fn query(catalog: &Catalog, given: *const crm_query) -> Result<Query, Failure> {
    super::needed(!given.is_null(), "the query")?;
    // SAFETY: a struct of the size that it says.
    let given = unsafe { super::database::sized(given, "crm_query") }?;
    let object = object(catalog, given.object)?;
    // SAFETY: the host says that so many fields can be read.
    let fields = unsafe { elements_of(given.fields, given.fields_len) }?;
    let mut query = Query::of(&object.name)
        .filter(given.filter.or_empty()?)
        .sort(given.sort.or_empty()?)
        .after(given.after.or_empty()?)
        .limit(given.limit as usize);
    query.trash = given.trash;
    for field in fields {
        query
            .fields
            .push(field_name(catalog, *field, Some(object))?);
    }
    Ok(query)
}

/// The object of a number.
pub(super) fn object(catalog: &Catalog, object: crm_type) -> Result<&ObjectDef, Failure> {
    Ok(catalog.object(type_number(object)?)?)
}

/// The name of a field; of a field of every record, that in an object.
pub(super) fn field_name(
    catalog: &Catalog,
    field: crm_field,
    of: Option<&ObjectDef>,
) -> Result<String, Failure> {
    let (number, field_number) = (field >> 16, field as u16);
    let object = match (number, of) {
        (0, Some(of)) => of,
        (0, None) => return Err(unknown_object(0)),
        (number, _) => object(catalog, number)?,
    };
    if let Some(of) = of.filter(|of| of.id != object.id) {
        let reason = format!("this is a field of `{}`, not of `{}`", object.name, of.name);
        return Err(Failure::invalid(&format!("{field:#x}"), &reason));
    }
    let found = object.field(field_number).map(|field| field.name.clone());
    found.ok_or_else(|| {
        let unknown = crm_core::Detail::UnknownField {
            object: object.name.clone(),
            name: format!("#{field_number}"),
            nearest: None,
        };
        crm_core::Error::from(unknown).into()
    })
}

/// A live record.
///
/// Errors: CRM_NOT_FOUND.
#[unsafe(no_mangle)]
pub extern "C" fn crm_get(
    db: *const crm_db,
    record: crm_ref,
    out: Option<&mut *mut crm_record>,
    err: Option<&mut *mut crm_error>,
) -> crm_status {
    guard(err, || {
        let db = database(db)?;
        let session = db.session()?;
        super::needed(out.is_some(), "out")?;
        let record = session.get_record(record.read()?)?;
        super::give(out, crm_record::stored(session.catalog(), record))
    })
}

/// A record, also from the trash; CRM_ABSENT, and NULL, if there is none.
#[unsafe(no_mangle)]
pub extern "C" fn crm_find_record(
    db: *const crm_db,
    record: crm_ref,
    out: Option<&mut *mut crm_record>,
    err: Option<&mut *mut crm_error>,
) -> crm_status {
    guard(err, || {
        let db = database(db)?;
        let session = db.session()?;
        super::needed(out.is_some(), "out")?;
        perhaps(session, session.find_record(record.read()?)?, out)
    })
}

/// Gives a record if there is one.
pub(super) fn perhaps(
    session: &crm_core::Session,
    record: Option<Record>,
    out: Option<&mut *mut crm_record>,
) -> Result<crm_status, Failure> {
    match record {
        Some(record) => super::give(out, crm_record::stored(session.catalog(), record)),
        None => {
            super::put(out, std::ptr::null_mut())?;
            Ok(CRM_ABSENT)
        }
    }
}

/// The organisation's settings, as the record that changes them.
#[unsafe(no_mangle)]
pub extern "C" fn crm_organisation(
    db: *const crm_db,
    out: Option<&mut *mut crm_record>,
    err: Option<&mut *mut crm_error>,
) -> crm_status {
    guard(err, || {
        let db = database(db)?;
        let session = db.session()?;
        super::needed(out.is_some(), "out")?;
        perhaps(session, Some(session.organisation()?.into_record()), out)
    })
}

/// A page of the records that a query asks for; crm_rows_next_page() says where the next one begins.
///
/// Errors: CRM_UNKNOWN_OBJECT, CRM_UNKNOWN_FIELD, CRM_EXPRESSION, CRM_INVALID for a cursor of another query,
/// CRM_LIMIT.
#[unsafe(no_mangle)]
pub extern "C" fn crm_find(
    db: *const crm_db,
    query: *const crm_query,
    out: Option<&mut *mut crm_rows>,
    err: Option<&mut *mut crm_error>,
) -> crm_status {
    guard(err, || {
        let db = database(db)?;
        let session = db.session()?;
        super::needed(out.is_some(), "out")?;
        let catalog = session.catalog();
        let page = session.find(&self::query(&catalog, query)?)?;
        give_page(
            out,
            catalog,
            page.rows.into_iter().map(Row::from),
            page.next,
            true,
        )
    })
}

/// All records that a query asks for, however many, read as the rows are stepped and all from the commit that is
/// the last one now. The database's file is released only after these rows are freed.
#[unsafe(no_mangle)]
pub extern "C" fn crm_find_all(
    db: *const crm_db,
    query: *const crm_query,
    out: Option<&mut *mut crm_rows>,
    err: Option<&mut *mut crm_error>,
) -> crm_status {
    guard(err, || {
        let db = database(db)?;
        let session = db.session()?;
        super::needed(out.is_some(), "out")?;
        let catalog = session.catalog();
        let rows = session.find_all(&self::query(&catalog, query)?);
        give_stream(out, catalog, rows.map(|record| record.map(Row::from)))
    })
}

/// How a query would be answered, as a JSON object: `type` (`by_id`, `index`, `scan`) and what belongs to it.
///
/// Errors: as crm_find().
#[unsafe(no_mangle)]
pub extern "C" fn crm_explain(
    db: *const crm_db,
    query: *const crm_query,
    out: Option<&mut *mut crm_text>,
    err: Option<&mut *mut crm_error>,
) -> crm_status {
    guard(err, || {
        let db = database(db)?;
        let session = db.session()?;
        let plan = session.explain(&self::query(&session.catalog(), query)?)?;
        give(out, json::plan(&plan).to_string())
    })
}

/// How many live records a filter selects; without a filter, how many there are.
///
/// Errors: as crm_find().
#[unsafe(no_mangle)]
pub extern "C" fn crm_count(
    db: *const crm_db,
    object: crm_type,
    filter: crm_str,
    out: Option<&mut u64>,
    err: Option<&mut *mut crm_error>,
) -> crm_status {
    guard(err, || {
        let db = database(db)?;
        let session = db.session()?;
        let name = &self::object(&session.catalog(), object)?.name.clone();
        super::put(out, session.count(name, filter.or_empty()?)?)
    })
}

/// A record's title, as its object's declaration makes it. Of a draft, the title of what was read, so none.
#[unsafe(no_mangle)]
pub extern "C" fn crm_title(
    db: *const crm_db,
    record: Option<&crm_record>,
    out: Option<&mut *mut crm_text>,
    err: Option<&mut *mut crm_error>,
) -> crm_status {
    guard(err, || {
        let db = database(db)?;
        let session = db.session()?;
        let record = super::given(record, "the record")?;
        let title = record.record().map(|record| session.title(record));
        give(out, title.unwrap_or_default())
    })
}

/// The content of a document; CRM_ABSENT, and NULL, if it is kept elsewhere.
///
/// Errors: CRM_NOT_FOUND; CRM_CORRUPT if the content does not have its hash.
#[unsafe(no_mangle)]
pub extern "C" fn crm_content(
    db: *const crm_db,
    document: crm_ref,
    out: Option<&mut *mut crm_text>,
    err: Option<&mut *mut crm_error>,
) -> crm_status {
    guard(err, || {
        let db = database(db)?;
        super::needed(out.is_some(), "out")?;
        match db.session()?.content(document.id_of()?)? {
            Some(content) => give(out, content),
            None => {
                super::put(out, std::ptr::null_mut())?;
                Ok(CRM_ABSENT)
            }
        }
    })
}
