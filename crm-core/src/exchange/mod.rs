//! Data in and out: JSON forms of records, CSV import and export, and plans of several imports.
//!
//! It stands on the API and adds no second write path: an import makes the same changes as anybody else, many
//! of them in one transaction.

mod csv;
mod definition;
mod json;
mod plan;

pub use csv::{
    Column, ImportMode, ImportOptions, ImportProgress, ImportReport, ReadSettings, RowProblem,
};
pub use definition::{field_from_json, object_from_json};
pub use json::{fields_from_json, record_to_json};
pub use plan::{ImportPlan, PlannedImport, PlannedObject};
