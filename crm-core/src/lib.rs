//! An embeddable CRM engine.
#![forbid(unsafe_code)]

pub mod engine;
pub mod error;
pub mod expr;
pub mod limits;
pub mod objects;
pub mod query;
pub mod record;
pub mod rules;
pub mod schema;
pub mod search;
pub mod store;
pub mod value;

pub use error::{Code, Detail, Error, Result};
pub use value::{Any, Currency, Id, Money, PartialDate, Parts, Ref, Value, ValueRef};
