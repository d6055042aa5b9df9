//! What was wrong with the rows of an import.

use super::ImportRun;
use crate::schema::declare::object;
use crate::schema::kind::{Boolean, Integer, LongText, Text, To};

object! {
    /// Something wrong with a row of an imported file, kept so that it can be listed, mended and imported again.
    ImportProblem = 28 "import_problem" "import problems" {
        /// The import.
        1 run: To<ImportRun> { required, indexed, on_delete(OnDelete::Cascade) };
        /// The row, as a spreadsheet counts them: the header is row 1.
        2 row: Integer { required };
        /// The column's header; empty if the whole row is at fault.
        3 column: Text;
        /// What stood there.
        4 input: Text;
        /// What is wrong with it.
        5 reason: LongText { required };
        /// True if the row was refused, false if it was imported without this cell.
        6 refused: Boolean { default("true") };
    }
    title(&[column]);
}
