//! The C interface: the functions of `bindings/c/include/crm.h`, which cbindgen writes from these modules in the
//! order in which they stand here.
//!
//! - Arguments that are pointers are `Option<&T>` and `Option<Box<T>>`: NULL is a value like another, and most
//!   functions need no unsafe code. What the host must hold to is in the header: a pointer is NULL or one that the
//!   library gave out and the host has not freed, and an object other than a `crm_db`, a `crm_sub` or a `crm_cancel` is
//!   used by one thread at a time.
//! - Those three are no pointers but numbers (see [`handle`]), so that even a freed one is refused. A
//!   getter takes 80 ns and a look into that table 14, so records and rows are pointers; a mark in the object would be
//!   read from memory that is freed, which is undefined, too. `crm.h` says what is checked and what is not.
//! - Every call runs in [`status::guard`]: nothing unwinds, and each failure has a code.
//! - Everything that is read, whatever it is (a record, a card of a board, a group of figures), is a `crm_record`,
//!   and what stands beside its fields are further columns of it. So there is one set of getters.

// What crosses.
mod status;
mod text;
mod values;

mod count;
mod error;
mod handle;

// Databases and records.
mod database;

mod cancel;
mod schema;

mod record;

mod get;
mod item;
mod set;

mod row;
mod rows;

mod call;

// Writing.
mod write;

mod batch;

// Reading.
mod read;

mod figures;
mod show;

mod past;

// Following, and what is to come.
mod feed;

mod ahead;

// Files.
mod exchange;

mod backup;
mod upkeep;

use error::Failure;
use status::{CRM_OK, crm_status};

/// Writes a result.
fn put<T>(out: Option<&mut T>, value: T) -> Result<crm_status, Failure> {
    *given(out, "out")? = value;
    Ok(CRM_OK)
}

/// Gives an object to the host, who frees it.
fn give<T>(out: Option<&mut *mut T>, made: T) -> Result<crm_status, Failure> {
    // Looked at first: what nobody takes is dropped.
    let out = given(out, "out")?;
    *out = Box::into_raw(Box::new(made));
    Ok(CRM_OK)
}

/// An argument that must be there.
fn given<T>(argument: Option<T>, what: &str) -> Result<T, Failure> {
    argument.ok_or_else(|| Failure::misuse(format!("{what} is NULL")))
}

fn needed(is_there: bool, what: &str) -> Result<(), Failure> {
    given(is_there.then_some(()), what)
}

/// The header says that an object may be used by one thread after another.
#[cfg(test)]
mod tests {
    const fn may_change_threads<T: Send>() {}
    const _: () = may_change_threads::<super::record::crm_record>();
    const _: () = may_change_threads::<super::rows::crm_rows>();
    const _: () = may_change_threads::<super::batch::crm_batch>();
    const _: () = may_change_threads::<super::error::crm_error>();
    const _: () = may_change_threads::<super::text::crm_text>();
    const _: () = may_change_threads::<super::database::crm_clock>();
}
