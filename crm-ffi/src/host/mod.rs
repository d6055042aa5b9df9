//! What Python, Kotlin and Swift see. Their interfaces are generated from these items, documentation included.
//!
//! A record, a value and the fields that a change sets cross as bytes, which each host's own layer turns into what
//! is at home there; see [`wire`]. Everything else crosses as uniffi's records, enumerations and objects.

#![allow(
    clippy::result_large_err,
    reason = "uniffi takes errors by value, and a call into another language costs more than moving one"
)]

mod backup;
mod call;
mod change;
mod count;
mod crm;
mod error;
mod exchange;
mod feed;
mod figures;
mod past;
mod read;
mod schema;
mod upkeep;
mod value;
mod wire;
mod work_ahead;
