//! How many objects the host has not freed yet.

use std::sync::atomic::{AtomicI64, Ordering};

static LIVE: AtomicI64 = AtomicI64::new(0);

/// Part of every object that a host must free.
pub(super) struct Counted(());

impl Counted {
    pub(super) fn new() -> Self {
        LIVE.fetch_add(1, Ordering::Relaxed);
        Counted(())
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        LIVE.fetch_sub(1, Ordering::Relaxed);
    }
}

/// How many objects the library has made and the host has not freed: 0 at the end of a program without leaks.
#[unsafe(no_mangle)]
pub extern "C" fn crm_live_objects() -> i64 {
    LIVE.load(Ordering::Relaxed)
}
