//! Whatever changes a record: creating, patching, deleting, undoing, computing, repairing, what is due and what is refused.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that fails should panic"
)]

#[path = "../common/mod.rs"]
mod common;

mod bad_input;
mod batch_keys;
mod computed;
mod day_one;
mod domain;
mod due;
mod history;
mod one_more_object;
mod refusals;
mod repair;
mod spellings;
mod sums;
mod undo;
mod writes;
