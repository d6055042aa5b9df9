//! Does the engine do what its public API promises?
//!
//! A [`model`] keeps the promises by maps and loops. A [`generator`] makes random calls, right and wrong ones, as
//! data ([`op`]); the engine ([`driver`]) and the model make them side by side ([`trial`]) and must give the same
//! answers, commit the same changes and end up with the same records. A sequence in which they do not is made as
//! short as it can be ([`shrink`]) and printed as a test. The same calls make what has its power cut in `tests/crash`
//! and what is damaged in `tests/damage`.
//!
//! Several threads at once are judged by what they were told ([`histories`]): the model, given the transactions in
//! the order of their commits, must have said the same.
//!
//! Storages with a fault ([`faulty`]) show that both find what they are there to find.

pub mod answer;
pub mod automation;
pub mod driver;
pub mod faulty;
pub mod generator;
pub mod histories;
pub mod model;
pub mod op;
pub mod shrink;
pub mod trial;
