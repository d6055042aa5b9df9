//! The shell as people and programs use it: the real program on a real file.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that fails should panic"
)]

mod common;
mod documented;
mod errors;
mod readable;
