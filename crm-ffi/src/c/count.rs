//! How many objects the host has not freed yet.

/// How many objects the library has made and the host has not freed: 0 at the end of a program without leaks.
#[unsafe(no_mangle)]
pub extern "C" fn crm_live_objects() -> i64 {
    crate::count::live_objects()
}
