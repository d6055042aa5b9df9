//! CSV import and export: what files look like, what becomes of each cell, and what is said of those that are
//! refused.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that fails should panic"
)]

mod adversarial;
mod cells;
mod files;
mod links;
mod support;
mod whole;
