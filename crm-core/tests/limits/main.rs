//! Input that asks for too much: each bound of `limits.rs` that a stranger could reach answers with a typed error, and
//! what is deep or long but within bounds is done. Nothing is timed; what would hang or exhaust the memory does not end.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that fails should panic"
)]

#[path = "../common/mod.rs"]
mod common;

mod ended;
mod expressions;
mod files;
mod memory;
mod queries;
mod schema;
#[cfg(feature = "redb")]
mod space;
mod time;
mod values;
mod work;

use std::fmt::Debug;

use crm_core::{Code, Detail, Error, Result};

/// The error of what is beyond a bound, whose message is short whatever the input.
#[track_caller]
fn refused<T: Debug>(result: Result<T>) -> Error {
    let error = match result {
        Err(error) => error,
        Ok(done) => panic!("it was done: {}", short(&format!("{done:?}"))),
    };
    let message = error.to_string();
    assert!(
        message.len() < 1_000,
        "{} bytes: {}",
        message.len(),
        short(&message)
    );
    error
}

/// The bound that was exceeded.
#[track_caller]
fn limit<T: Debug>(result: Result<T>) -> &'static str {
    let error = refused(result);
    match error.detail() {
        Detail::Limit { what, max, actual } => {
            assert!(actual > max, "{error}");
            what
        }
        other => panic!("{other}"),
    }
}

/// Done, or refused for a reason that the input gives.
#[track_caller]
fn answered<T: Debug>(result: Result<T>) {
    if let Err(error) = result {
        let usual = [Code::Limit, Code::Invalid, Code::Expression, Code::Schema];
        assert!(usual.contains(&error.code()), "{error}");
    }
}

fn short(text: &str) -> String {
    text.chars().take(200).collect()
}
