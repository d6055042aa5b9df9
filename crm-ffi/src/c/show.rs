//! What applications show: timelines, search. Boards are declared operations.

use chrono::{DateTime, Utc};
use crm_core::search::Prefix;
use crm_core::{Ref, SearchOptions, TimelineQuery};

use super::database::{crm_db, database, sized};
use super::error::{Failure, crm_error};
use super::read::object;
use super::row::Row;
use super::rows::{crm_rows, give_page, give_rows};
use super::status::{crm_status, guard};
use super::text::{crm_str, elements_of};
use super::values::{crm_ref, crm_type, instant, type_number};

/// A question for the timeline of a record. Begin with `crm_timeline_query query = {sizeof(crm_timeline_query)};`.
#[repr(C)]
#[derive(Clone, Copy)]
#[allow(non_camel_case_types, reason = "the name in C")]
pub struct crm_timeline_query {
    /// sizeof(crm_timeline_query).
    pub size: u32,
    /// The number of entries in a page; 0 for 50.
    pub limit: u32,
    /// True for the record's own activities without those of linked records.
    pub own_only: bool,
    /// The record.
    pub record: crm_ref,
    /// The activity objects to show, such as CRM_TYPE_CALL; NULL for all.
    pub kinds: *const crm_type,
    /// How many kinds that are.
    pub kinds_len: usize,
    /// Where to go on: crm_rows_next_page() of the page before.
    pub after: crm_str,
}

impl Default for crm_timeline_query {
    fn default() -> Self {
        crm_timeline_query {
            size: 0,
            limit: 0,
            own_only: false,
            record: crm_ref::ABSENT,
            kinds: std::ptr::null(),
            kinds_len: 0,
            after: crm_str::ABSENT,
        }
    }
}

/// Where a page of a timeline ends, as text: `1772355600000000/30/01890a5d-…`.
fn place_text((at, activity): (DateTime<Utc>, Ref)) -> String {
    format!(
        "{}/{}/{}",
        at.timestamp_micros(),
        activity.object,
        activity.id
    )
}

fn place(text: &str) -> Result<(DateTime<Utc>, Ref), Failure> {
    let wrong = || Failure::invalid(text, "this is not where a page of a timeline ends");
    let mut parts = text.split('/');
    let (Some(at), Some(object), Some(id), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(wrong());
    };
    let activity = Ref {
        object: object.parse().map_err(|_| wrong())?,
        id: id.parse().map_err(|_| wrong())?,
    };
    Ok((instant(at.parse().map_err(|_| wrong())?)?, activity))
}

/// A page of a record's timeline, newest first: rows of activities with the fields that their declaration keeps
/// there, and CRM_ROW_AT, CRM_ROW_RECORD, CRM_ROW_ON. crm_rows_next_page() says where the next page begins,
/// crm_rows_is_complete() whether all linked records were looked at.
///
/// Errors: CRM_NOT_FOUND; CRM_INVALID for an object whose records stand on no timeline.
#[unsafe(no_mangle)]
pub extern "C" fn crm_timeline(
    db: *const crm_db,
    query: *const crm_timeline_query,
    out: Option<&mut *mut crm_rows>,
    err: Option<&mut *mut crm_error>,
) -> crm_status {
    guard(err, || {
        let db = database(db)?;
        let session = db.session()?;
        super::needed(out.is_some(), "out")?;
        super::needed(!query.is_null(), "the query")?;
        // SAFETY: a struct of the size that it says.
        let query = unsafe { sized(query, "crm_timeline_query") }?;
        let catalog = session.catalog();
        let mut question = TimelineQuery::of(query.record.read()?).limit(query.limit as usize);
        question.own_only = query.own_only;
        // SAFETY: the host says that there are so many.
        for kind in unsafe { elements_of(query.kinds, query.kinds_len) }? {
            question.kinds.push(object(&catalog, *kind)?.name.clone());
        }
        question.before = query.after.optional()?.map(place).transpose()?;
        let page = session.timeline(&question)?;
        let next = page.next.map(place_text);
        give_page(
            out,
            catalog,
            page.entries.into_iter().map(Row::from),
            next,
            page.complete,
        )
    })
}

/// No word stands for a longer one.
pub const CRM_PREFIX_NEVER: i32 = 1;
/// The last word, which may still be in the typing, stands for longer ones too.
pub const CRM_PREFIX_LAST: i32 = 0;
/// Every word stands for longer ones too.
pub const CRM_PREFIX_EVERY: i32 = 2;

/// How to search. Begin with `crm_search_options options = {sizeof(crm_search_options)};`.
#[repr(C)]
#[derive(Clone, Copy)]
#[allow(non_camel_case_types, reason = "the name in C")]
pub struct crm_search_options {
    /// sizeof(crm_search_options).
    pub size: u32,
    /// The most records to find; 0 for 50.
    pub limit: u32,
    /// Which words may be beginnings of longer ones: CRM_PREFIX_LAST and so on.
    pub prefix: i32,
    /// The object types to search; NULL for all.
    pub objects: *const crm_type,
    /// How many types that are.
    pub objects_len: usize,
}

impl Default for crm_search_options {
    fn default() -> Self {
        crm_search_options {
            size: 0,
            limit: 0,
            prefix: CRM_PREFIX_LAST,
            objects: std::ptr::null(),
            objects_len: 0,
        }
    }
}

/// Finds records by words, beginnings of words and parts of phone numbers and addresses, best first: rows of
/// records with CRM_ROW_TITLE and CRM_ROW_SCORE. `options` may be NULL.
///
/// Errors: CRM_LIMIT for too many words.
#[unsafe(no_mangle)]
pub extern "C" fn crm_search(
    db: *const crm_db,
    text: crm_str,
    options: *const crm_search_options,
    out: Option<&mut *mut crm_rows>,
    err: Option<&mut *mut crm_error>,
) -> crm_status {
    guard(err, || {
        let db = database(db)?;
        let session = db.session()?;
        super::needed(out.is_some(), "out")?;
        // SAFETY: NULL or a struct of the size that it says.
        let given = unsafe { sized(options, "crm_search_options") }?;
        // SAFETY: the host says that there are so many.
        let objects = unsafe { elements_of(given.objects, given.objects_len) }?;
        let catalog = session.catalog();
        let numbers = objects.iter().map(|object| {
            self::object(&catalog, *object)?;
            type_number(*object)
        });
        let numbers: Vec<u16> = numbers.collect::<Result<_, Failure>>()?;
        let mut options = SearchOptions {
            objects: (!given.objects.is_null()).then_some(&numbers[..]),
            prefix: match given.prefix {
                CRM_PREFIX_NEVER => Prefix::Never,
                CRM_PREFIX_LAST => Prefix::Last,
                CRM_PREFIX_EVERY => Prefix::Every,
                other => return Err(Failure::misuse(format!("{other} is no CRM_PREFIX"))),
            },
            ..SearchOptions::default()
        };
        if given.limit > 0 {
            options.limit = given.limit as usize;
        }
        let hits = session.search(text.required("the text")?, &options)?;
        give_rows(out, catalog, hits.into_iter().map(Row::from))
    })
}
