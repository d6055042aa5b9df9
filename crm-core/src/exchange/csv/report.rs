//! What came of an import.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};

use crate::objects::ImportRun;
use crate::value::Id;

/// How far an import is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ImportProgress {
    /// Rows that were imported or refused.
    pub rows: u64,
    /// Bytes of the file that were read.
    pub bytes: u64,
    /// Rows that were refused.
    pub refused: u64,
}

/// What an import did, or in a dry run would do.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct ImportReport {
    /// The record of the import, whose problems can be listed; `None` for a dry run.
    #[serde(serialize_with = "id_as_text")]
    pub run: Option<Id<ImportRun>>,
    /// The name under which [`undo`](crate::Session::undo) takes the import back; empty for a dry run.
    pub operation: String,
    /// Rows with something in them, without the header.
    pub rows: u64,
    /// Records created.
    pub created: u64,
    /// Records changed.
    pub updated: u64,
    /// Rows that changed nothing, or were left out because a record was there already.
    pub unchanged: u64,
    /// Rows that were refused: `rows` is the sum of these four.
    pub refused: u64,
    /// Records created because a row named them, by object.
    pub created_links: BTreeMap<String, u64>,
    /// Rows that look like a record that was there before the import: by an e-mail address, a key, or the name together
    /// with a phone number, a company or a date. Where it is a great part of the rows, the file has been imported
    /// before.
    pub existing: u64,
    /// How many problems were found; they are kept as import problems of the run.
    pub problem_count: u64,
    /// How many of the problems are not kept, because there are too many of them.
    pub unkept_problems: u64,
    /// The first of the problems.
    pub problems: Vec<RowProblem>,
    /// The columns and the fields that they gave, `None` for one that was left out on purpose.
    pub columns: Vec<(String, Option<String>)>,
    /// The columns that no field fits and nothing was imported of.
    pub unmapped_columns: Vec<String>,
    /// True if the caller stopped the import, or the file has more rows than an import may have: what is counted here
    /// is kept, the rows after it were not read.
    pub cancelled: bool,
}

/// Something wrong with a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RowProblem {
    /// The row, as a spreadsheet counts them: the header is row 1.
    pub row: u64,
    /// The header of the column; empty if the whole row is at fault.
    pub column: String,
    /// The start of what stood there.
    pub input: String,
    /// What is wrong with it.
    pub reason: String,
    /// True if the row was refused, false if it was imported without this cell.
    pub refused: bool,
}

impl RowProblem {
    pub(super) fn new(row: u64, column: &str, input: &str, reason: String) -> Self {
        RowProblem {
            row,
            column: excerpt(column),
            input: excerpt(input),
            reason,
            refused: true,
        }
    }
}

/// The start of a text from a file, in a form that a text field holds.
pub(super) fn excerpt(text: &str) -> String {
    const CHARS_MAX: usize = 200;
    let end = text
        .char_indices()
        .nth(CHARS_MAX)
        .map_or(text.len(), |(end, _)| end);
    let cut = text
        .get(..end)
        .unwrap_or_default()
        .replace('\0', "\u{FFFD}");
    if end < text.len() { cut + "…" } else { cut }
}

fn id_as_text<S: Serializer>(id: &Option<Id<ImportRun>>, serializer: S) -> Result<S::Ok, S::Error> {
    id.map(|id| id.to_string()).serialize(serializer)
}
