//! How many objects the hosts have not freed yet.

use std::sync::atomic::{AtomicI64, Ordering};

static LIVE: AtomicI64 = AtomicI64::new(0);

/// Part of every object that a host must free.
pub struct Counted(());

impl Counted {
    pub fn new() -> Self {
        LIVE.fetch_add(1, Ordering::Relaxed);
        Counted(())
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        LIVE.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The objects that are there now.
pub fn live_objects() -> i64 {
    LIVE.load(Ordering::Relaxed)
}
