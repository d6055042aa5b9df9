//! The schema: custom fields and objects, how they change, and what is refused.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that fails should panic"
)]

#[path = "../common/mod.rs"]
mod common;
#[path = "../schema_support/mod.rs"]
mod schema_support;

mod custom;
mod evolve;
mod refused;
