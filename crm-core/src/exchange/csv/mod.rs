//! CSV: files as people have them.

mod bind;
mod board;
mod cell;
mod encoding;
mod existing;
mod export;
mod header;
mod import;
mod kind;
mod links;
mod list;
mod nothing;
mod options;
mod report;
mod row;
mod source;
mod synonyms;
mod told;

pub use options::{Column, ImportMode, ImportOptions, ReadSettings};
pub use report::{ImportProgress, ImportReport, RowProblem};
