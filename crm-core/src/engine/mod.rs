//! The engine: one write path from a request to a commit, and what reads need.
//!
//! It knows records and schemas, never an object type by name.

mod attempt;
mod authority;
mod built;
mod cause;
mod check;
mod content;
mod derive;
mod fit;
mod follow;
mod host;
#[cfg(feature = "redb")]
mod increment;
mod keyed;
mod keys;
mod link;
mod log;
mod lookup;
mod membership;
mod parts;
mod pending;
pub(crate) mod read;
mod readers;
mod retype;
mod roll_up;
#[cfg(feature = "redb")]
pub(crate) mod salvage;
mod save;
mod schema_change;
mod state;
mod sum;
mod trash;
mod tx;
mod undo;
mod validate;
mod validations;
mod work;
mod write;

pub use built::FORMAT;
pub use check::{CheckReport, Finding};
pub use host::{Clock, IdSource, ManualClock, RandomIds, SequentialIds, SystemClock};
pub use log::{ChangeKind, Commit, FieldChange, LogEntry};
pub use retype::RetypeReport;
pub use state::Settings;
pub use undo::{UndoReport, UndoSkipped};
pub use work::{Outcome, OutcomeKind};

pub(crate) use authority::{Authority, Right, check_active};
pub(crate) use built::{build_step, is_current, prepare, refill};
pub(crate) use check::{
    Walk, check_contents, check_counters, check_history, check_records, check_search,
};
pub(crate) use content::content;
pub(crate) use derive::{StoredTotal, TotalRow, contribution};
pub(crate) use fit::{Asked, Fit, country_part};
pub(crate) use host::to_micros;
#[cfg(feature = "redb")]
pub(crate) use increment::{Rewound, Span, is_keyed_batch, rewind, rows_since};
pub(crate) use keyed::{RequestDigest, old_batches};
#[cfg(feature = "redb")]
pub(crate) use keys::meta;
pub(crate) use keys::{
    Job, JobKind, index, index_id, index_of, push, record as record_key, record_id, records_of,
    timeline, timeline_at, timeline_entry, timeline_of, total,
};
pub(crate) use log::{
    as_of, as_of_place, changed_after, creation_values, entries_after, page_after, sequence_at,
};
pub(crate) use parts::{Part, PartKind};
pub(crate) use pending::{RecordEnv, follow};
pub(crate) use read::CACHE;
pub(crate) use readers::FieldOf;
pub(crate) use schema_change::SCHEMA_CAUSE;
pub(crate) use state::{Definitions, State};
pub(crate) use sum::Sum;
pub(crate) use work::{Event, Work};

/// What the host injects.
pub(crate) struct Host {
    pub clock: Box<dyn Clock>,
    pub ids: Box<dyn IdSource>,
}

/// Who asks for a transaction, and why.
#[derive(Debug, Clone, Default)]
pub(crate) struct Origin {
    pub authority: Authority,
    /// Why: `user`, `import`, `undo`, …
    pub cause: String,
    /// The named operation that the transaction is part of.
    pub operation: Option<String>,
}
