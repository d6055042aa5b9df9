//! CSV import and export: what files look like, what becomes of each cell, and what is said of those that are
//! refused.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that fails should panic"
)]

mod adversarial;
mod back;
mod cells;
mod crm_sales;
mod files;
mod first;
mod links;
mod support;
mod whole;
