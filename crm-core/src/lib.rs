//! An embeddable CRM engine.
#![forbid(unsafe_code)]

pub mod error;
pub mod expr;
pub mod limits;
pub mod schema;
pub mod store;
pub mod value;

pub use error::{Code, Detail, Error, Result};
pub use value::{Currency, Id, Money, PartialDate, Parts, Ref, Value, ValueRef};
