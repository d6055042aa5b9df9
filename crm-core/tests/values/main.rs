//! The value layer: how values are stored, ordered and normalised.
#![allow(clippy::unwrap_used, reason = "a test that fails should panic")]

mod normalise;
mod values;
