//! What a call answers.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::error::{Failure, crm_error};

/// What a call answers: `CRM_OK`, `CRM_ROW`, `CRM_DONE` or `CRM_ABSENT`; else the code of an error, which is
/// one of the engine's (1 to 99, see crm_objects.h) or of this boundary (from 901).
#[allow(non_camel_case_types, reason = "the name in C")]
pub type crm_status = i32;

/// It is done.
pub const CRM_OK: i32 = 0;
/// There is a row.
pub const CRM_ROW: i32 = 100;
/// There are no more rows.
pub const CRM_DONE: i32 = 101;
/// The value that was asked for is not known; `*out` is zero.
pub const CRM_ABSENT: i32 = 102;

/// The call itself is wrong: NULL where something is needed, a handle that is not or no longer one, a constant
/// that does not exist.
pub const CRM_MISUSE: i32 = 901;
/// A defect of the library. What was under way is undone; the handle can still be used.
pub const CRM_PANIC: i32 = 902;

/// Runs a call: nothing unwinds into C, and a failure becomes a status and an error object.
pub(super) fn guard(
    err: Option<&mut *mut crm_error>,
    call: impl FnOnce() -> Result<crm_status, Failure>,
) -> crm_status {
    // A transaction works on an overlay that is dropped when it does not end, and everything else that a
    // call could leave half-done is its own.
    let result = catch_unwind(AssertUnwindSafe(call))
        .unwrap_or_else(|panic| Err(Failure::Panic(panic_text(&*panic))));
    let (status, error) = match result {
        Ok(status) => (status, std::ptr::null_mut()),
        Err(failure) => {
            let status = failure.status();
            let wanted = err.is_some();
            let error = wanted.then(|| Box::into_raw(crm_error::new(&failure)));
            (status, error.unwrap_or_default())
        }
    };
    if let Some(err) = err {
        *err = error;
    }
    status
}

/// Runs a call that has no error object.
pub(super) fn guard_plain(call: impl FnOnce() -> Result<crm_status, Failure>) -> crm_status {
    guard(None, call)
}

fn panic_text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "no message".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::c::error::crm_error_free;

    #[test]
    fn a_panic_is_an_error_and_does_not_unwind() {
        let mut error = std::ptr::null_mut();
        let status = guard(Some(&mut error), || panic!("a defect"));
        assert_eq!(status, CRM_PANIC);
        // SAFETY: `guard` has just made it.
        let error = unsafe { Box::from_raw(error) };
        assert!(format!("{:?}", error.message()).contains("a defect"));
        crm_error_free(Some(error));
    }
}
