//! Database files: what they hold, how they fail, how those of other versions open, and threads on one.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that fails should panic"
)]

#[path = "../common/mod.rs"]
mod common;
#[path = "../read_support/mod.rs"]
mod read_support;
#[path = "../schema_support/mod.rs"]
mod schema_support;

mod bad_files;
mod content;
mod errors;
mod migration;
mod threads;
