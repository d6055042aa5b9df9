//! What a question is put to.

use chrono::{DateTime, Utc};

use super::columns::Columns;
use crate::access::Lens;

/// A viewer's lens on a state, and what else answering needs: the time, and the columns in memory.
pub(crate) struct Reader<'a> {
    pub lens: Lens<'a>,
    pub now: DateTime<Utc>,
    pub columns: &'a Columns,
}
