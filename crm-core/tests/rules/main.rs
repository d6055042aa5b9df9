//! Automation: what sets rules off, what they do, and how they end; the due queue and the outbox.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that fails should panic"
)]

#[path = "../common/mod.rs"]
mod common;
mod end;
mod support;
mod work;
