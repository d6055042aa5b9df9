//! The bell that is rung after each commit, and when the database closes: for those who wait in a call, and for those
//! who want to be called.

use std::sync::{Arc, Condvar, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

/// Rung when there may be something new.
#[derive(Default)]
pub(crate) struct Bell {
    rings: Mutex<u64>,
    rung: Condvar,
    wakes: Mutex<Vec<Weak<Callback>>>,
}

type Callback = dyn Fn() + Send + Sync;

/// Keeps a function called after each commit and at the end; see [`Session::on_commit`](crate::Session::on_commit). A call that
/// is under way on another thread when this is dropped runs to its end.
pub struct Wake(#[allow(dead_code, reason = "it only keeps the function alive")] Arc<Callback>);

impl Bell {
    /// Wakes those who wait, who look for themselves what has happened.
    pub(super) fn ring(&self) {
        *self.rings.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.rung.notify_all();
    }

    /// Rings, and calls those who want to be called.
    pub(super) fn ring_and_wake(&self) {
        self.ring();
        // Called without the lock, so that a function may drop its own `Wake` or make another.
        let wakes: Vec<Arc<Callback>> = self.wakes().iter().filter_map(Weak::upgrade).collect();
        for wake in wakes {
            wake();
        }
    }

    pub(super) fn wake(&self, wake: impl Fn() + Send + Sync + 'static) -> Wake {
        let wake: Arc<Callback> = Arc::new(wake);
        let mut wakes = self.wakes();
        wakes.retain(|wake| wake.strong_count() > 0);
        wakes.push(Arc::downgrade(&wake));
        Wake(wake)
    }

    fn wakes(&self) -> std::sync::MutexGuard<'_, Vec<Weak<Callback>>> {
        self.wakes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn rings(&self) -> u64 {
        *self.rings.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until the bell has been rung again since `heard`. False when the time is over first; without a
    /// deadline it is never over.
    pub(super) fn wait(&self, heard: u64, deadline: Option<Instant>) -> bool {
        let mut rings = self.rings.lock().unwrap_or_else(PoisonError::into_inner);
        while *rings == heard {
            let Some(deadline) = deadline else {
                rings = self
                    .rung
                    .wait(rings)
                    .unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            let waited = self.rung.wait_timeout(rings, left);
            rings = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }
}

/// The end of a timeout; `None` for one so long that it has no end.
pub(super) fn deadline(timeout: Duration) -> Option<Instant> {
    Instant::now().checked_add(timeout)
}
