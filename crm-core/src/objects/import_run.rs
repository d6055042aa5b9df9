//! Imports.

use crate::schema::declare::object;
use crate::schema::kind::{DateTime, Integer, Text};

object! {
    /// That a file was imported, and what came of it.
    ImportRun = 27 "import_run" "import runs" {
        /// The name of the file or of the import.
        1 name: Text { required };
        /// The name of the object.
        2 object: Text { required, indexed };
        /// When.
        3 at: DateTime { required };
        /// Rows read.
        4 rows: Integer;
        /// Records created.
        5 created: Integer;
        /// Records changed.
        6 updated: Integer;
        /// Rows that changed nothing.
        7 unchanged: Integer;
        /// Rows that were refused; see [`ImportProblem`](super::ImportProblem).
        8 refused: Integer;
        /// The name under which the import can be undone.
        9 operation: Text { indexed };
    }
    title(&[name]);
}
