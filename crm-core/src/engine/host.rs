//! What the host injects: time and identity. The same inputs give the same bytes.

use std::sync::atomic::{AtomicU64, Ordering};

use chrono::{DateTime, DurationRound, TimeDelta, Utc};

use crate::value::Id;

/// Tells the time.
pub trait Clock: Send + Sync + 'static {
    /// The time now. The engine keeps microseconds.
    fn now(&self) -> DateTime<Utc>;
}

/// The clock of the operating system.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> DateTime<Utc> {
        std::time::SystemTime::now().into()
    }
}

/// A clock that stands still until it is set, for tests and simulations.
///
/// ```
/// use crm_core::{Clock, ManualClock};
/// let clock = ManualClock::new("2026-03-01T09:00:00Z".parse().unwrap());
/// clock.advance(chrono::TimeDelta::days(30));
/// assert_eq!(clock.now().to_rfc3339(), "2026-03-31T09:00:00+00:00");
/// ```
#[derive(Debug)]
pub struct ManualClock(std::sync::RwLock<DateTime<Utc>>);

impl ManualClock {
    /// A clock that shows `now`.
    pub fn new(now: DateTime<Utc>) -> Self {
        ManualClock(now.into())
    }

    /// Sets the clock.
    pub fn set(&self, now: DateTime<Utc>) {
        *self
            .0
            .write()
            .unwrap_or_else(std::sync::PoisonError::into_inner) = now;
    }

    /// Moves the clock forward.
    pub fn advance(&self, by: TimeDelta) {
        let now = self.now();
        self.set(now + by);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> DateTime<Utc> {
        *self
            .0
            .read()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl<C: Clock> Clock for std::sync::Arc<C> {
    fn now(&self) -> DateTime<Utc> {
        (**self).now()
    }
}

/// Makes the ids of new records.
pub trait IdSource: Send + Sync + 'static {
    /// An id that was never given before, greater than earlier ones as far as that is possible.
    fn next(&self, now: DateTime<Utc>) -> Id;
}

/// UUIDs of version 7 (RFC 9562) with the operating system's randomness and a counter, so that the ids of
/// one process ascend.
#[derive(Debug, Default)]
pub struct RandomIds {
    context: std::sync::Mutex<uuid::ContextV7>,
}

impl IdSource for RandomIds {
    fn next(&self, now: DateTime<Utc>) -> Id {
        let context = self
            .context
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let seconds = now.timestamp().max(0).unsigned_abs();
        let stamp = uuid::Timestamp::from_unix(&*context, seconds, now.timestamp_subsec_nanos());
        Id::from_bytes(uuid::Uuid::new_v7(stamp).into_bytes())
    }
}

/// UUIDs of version 7 in which a counter stands for the randomness, for tests and simulations.
#[derive(Debug, Default)]
pub struct SequentialIds(AtomicU64);

impl IdSource for SequentialIds {
    fn next(&self, now: DateTime<Utc>) -> Id {
        let counter = self.0.fetch_add(1, Ordering::Relaxed);
        let millis = now.timestamp_millis().max(0).unsigned_abs();
        let random = u128::from(counter).to_be_bytes();
        let [.., a, b, c, d, e, f, g, h] = random;
        let uuid =
            uuid::Builder::from_unix_timestamp_millis(millis, &[0, 0, a, b, c, d, e, f, g, h]);
        Id::from_bytes(uuid.into_uuid().into_bytes())
    }
}

/// The time to the microsecond, which is what the store keeps.
pub(crate) fn to_micros(now: DateTime<Utc>) -> DateTime<Utc> {
    now.duration_trunc(TimeDelta::microseconds(1))
        .unwrap_or(now)
}
