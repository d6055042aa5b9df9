//! CSV: files as people have them.

mod bind;
mod cell;
mod encoding;
mod export;
mod header;
mod import;
mod links;
mod options;
mod report;
mod row;
mod source;

pub use options::{Column, ImportMode, ImportOptions, ReadSettings};
pub use report::{ImportProgress, ImportReport, RowProblem};
