//! Whatever reads records: aggregates, boards, the feed of changes, searches, timelines; `read_queries` has the queries.
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

mod aggregates;
mod board;
mod feed;
mod file_feed;
mod members;
mod search;
mod timeline;
