//! Storage: an ordered map of byte strings with consistent snapshots and atomic batches.
//!
//! The engine knows only [`Storage`] and [`Snapshot`]. A write transaction is a snapshot with an
//! [`Overlay`] of pending puts and deletes on top; a commit hands the sorted overlay over whole. Group
//! commit, savepoints and dry runs follow from that shape.

/// A part of the key space. Backends keep each in a table of its own, so that ascending keys stay dense.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Space {
    /// Format version, schema, counters, idempotency keys.
    Meta = 0,
    /// object, id → record.
    Record = 1,
    /// Secondary and unique indexes.
    Index = 2,
    /// target, time descending, activity → summary.
    Timeline = 3,
    /// Full-text postings and ordinals.
    Text = 4,
    /// Change log and each record's history.
    Log = 5,
    /// Kept totals.
    Total = 6,
    /// Work that falls due, by time.
    Job = 7,
    /// Document contents, in pieces.
    Blob = 8,
}

impl Space {
    /// Every space, in order.
    pub const ALL: [Space; 9] = [
        Space::Meta,
        Space::Record,
        Space::Index,
        Space::Timeline,
        Space::Text,
        Space::Log,
        Space::Total,
        Space::Job,
        Space::Blob,
    ];
}
