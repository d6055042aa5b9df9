//! How many objects a host holds.

/// How many objects of this library the program holds: databases and sessions, rows, subscriptions and clocks that were
/// neither released nor collected. 0 at the end of a program that forgets none, which a test can ask for.
#[uniffi::export]
pub fn live_objects() -> i64 {
    crate::count::live_objects()
}
