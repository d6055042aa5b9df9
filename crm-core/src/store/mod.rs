//! Storage: an ordered map of byte strings with consistent snapshots and atomic batches.
//!
//! The engine knows only [`Storage`], [`Snapshot`] and [`Read`]. A write transaction is a snapshot with
//! an [`Overlay`] of pending puts and deletes on top, read through as one ([`Transaction`]); a commit
//! hands the sorted overlay over whole. Savepoints, dry runs and group commit ([`Committer`]) follow
//! from that shape, and a backend is no more than a place that keeps sorted bytes:
//!
//! - [`MemoryStorage`] keeps them in the process, for tests, previews and temporary books;
//! - [`RedbStorage`] keeps them in one file (feature `redb`);
//! - [`FaultyStorage`] wraps another backend and fails on demand;
//! - a host may bring its own.

mod answers;
mod commit;
mod faulty;
mod head;
mod kept;
mod layered;
#[cfg(feature = "redb")]
mod making;
mod memory;
mod overlay;
mod range;
#[cfg(feature = "redb")]
mod recent;
#[cfg(feature = "redb")]
mod redb;
#[cfg(feature = "redb")]
mod row_file;
mod shared;
mod stoppable;
mod tree;

use std::ops::ControlFlow;
use std::sync::Arc;

pub use self::answers::{Answer, MakeAnswer};
pub use self::commit::{Committer, Published};
pub use self::faulty::{Failure, FaultyStorage};
pub use self::head::Head;
pub use self::kept::Cache;
pub use self::layered::{Layered, Transaction};
#[cfg(feature = "redb")]
pub(crate) use self::making::Making;
pub use self::memory::MemoryStorage;
pub use self::overlay::{Overlay, Savepoint};
pub use self::range::KeyRange;
#[cfg(feature = "redb")]
#[doc(hidden)]
pub use self::redb::{Disk, DiskFile};
#[cfg(feature = "redb")]
pub use self::redb::{Options, RedbStorage};
#[cfg(feature = "redb")]
pub(crate) use self::redb::{pages, salvage};
#[cfg(feature = "redb")]
pub(crate) use self::row_file::{RowFile, RowWriter};
pub use self::shared::{Memory, Open, Shared};
pub(crate) use self::stoppable::Stoppable;

use crate::error::Result;

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
    /// The name in lower case: `record`.
    pub fn name(self) -> &'static str {
        match self {
            Space::Meta => "meta",
            Space::Record => "record",
            Space::Index => "index",
            Space::Timeline => "timeline",
            Space::Text => "text",
            Space::Log => "log",
            Space::Total => "total",
            Space::Job => "job",
            Space::Blob => "blob",
        }
    }

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

    fn index(self) -> usize {
        self as usize
    }
}

/// What a scan calls with each key and value; `Break` ends the scan. The slices are borrowed from the
/// backend's own memory and valid only during the call.
pub type Visit<'v> = dyn FnMut(&[u8], &[u8]) -> ControlFlow<()> + 'v;

/// What a long job calls with the number of entries done so far; `Break` cancels the job.
pub type Progress<'p> = dyn FnMut(u64) -> ControlFlow<()> + 'p;

/// What a long job asks at each step whether it is to go on; it fails with what the job is to end with. Once it has
/// failed it fails at every later call.
pub type GoOn = Arc<dyn Fn() -> Result<()> + Send + Sync>;

/// A consistent state that can be read: a snapshot, or one with pending changes on top.
pub trait Read {
    /// Calls `found` with the value of `key`. False if there is none.
    fn get(&self, space: Space, key: &[u8], found: &mut dyn FnMut(&[u8])) -> Result<bool>;

    /// Calls `visit` with every entry of `range`, in the range's direction, until it breaks.
    fn scan(&self, range: &KeyRange, visit: &mut Visit<'_>) -> Result<()>;

    /// Calls `found` once for each key, with its position and its value.
    ///
    /// `keys` should be sorted: a backend at the other end of a network sends them as one request, a
    /// local one has neighbouring keys in the same page.
    fn get_many(
        &self,
        space: Space,
        keys: &[&[u8]],
        found: &mut dyn FnMut(usize, Option<&[u8]>),
    ) -> Result<()> {
        for (position, key) in keys.iter().enumerate() {
            if !self.get(space, key, &mut |value| found(position, Some(value)))? {
                found(position, None);
            }
        }
        Ok(())
    }

    /// The value of `key`, as `open` has put it into memory that is shared with others who read it.
    ///
    /// What [`Committer::read`] hands out keeps some of these values, and does not open them again: all who ask
    /// for a space in this way pass the same `open`.
    fn get_shared(&self, space: Space, key: &[u8], open: Open) -> Result<Option<Shared>> {
        let mut shared = Ok(None);
        self.get(space, key, &mut |value| {
            shared = Shared::of(value, open).map(Some);
        })?;
        shared
    }

    /// The first entries of a space whose keys begin with `prefix`, with their values as `open` has put them into
    /// memory: as many as are asked for, if there are so many, or more.
    ///
    /// As with [`get_shared`](Read::get_shared), what [`Committer::read`] hands out keeps some of them, and all who
    /// ask for a space in this way pass the same `open`.
    fn head(&self, space: Space, prefix: &[u8], entries: usize, open: Open) -> Result<Head> {
        Head::read(self, space, prefix, entries, open)
    }

    /// The answer to a question, which names it and all that it depends on but what is stored: what `make` makes of
    /// this state, or has made of it before. `None`, without a call of `make`, where no answers are kept.
    ///
    /// What [`Committer::read`] hands out keeps an answer until a commit changes something that `make` has read, if
    /// that was read by [`get_shared`](Read::get_shared) and [`head`](Read::head) and is of what they keep.
    ///
    /// # Errors
    /// Those of `make`.
    fn answer(&self, question: &[u8], make: &MakeAnswer<'_>) -> Result<Option<Answer>> {
        let _ = (question, make);
        Ok(None)
    }

    /// The value of `key`, copied.
    fn get_vec(&self, space: Space, key: &[u8]) -> Result<Option<Vec<u8>>> {
        let mut copy = None;
        self.get(space, key, &mut |value| copy = Some(value.to_vec()))?;
        Ok(copy)
    }

    /// True if there is an entry with this key.
    fn exists(&self, space: Space, key: &[u8]) -> Result<bool> {
        self.get(space, key, &mut |_| ())
    }
}

/// A state of the storage that never changes, however many commits follow, until it is dropped.
pub trait Snapshot: Read + Send + Sync {}

impl<T: Read + Send + Sync> Snapshot for T {}

/// A place that keeps sorted bytes.
///
/// An implementation reports its failures as [`Detail::Io`](crate::Detail::Io),
/// [`Full`](crate::Detail::Full), [`Corrupt`](crate::Detail::Corrupt) and
/// [`NeedsReopen`](crate::Detail::NeedsReopen) and never panics on damaged data.
pub trait Storage: Send + Sync + 'static {
    /// The state after the last commit. Cheap, and never waits for a commit in progress.
    fn snapshot(&self) -> Result<Arc<dyn Snapshot>>;

    /// Makes all of `changes`, or none of them, durable and visible to later snapshots.
    ///
    /// The caller sees to it that one thread commits at a time. After an error the outcome may be
    /// unknown, and the storage is to be opened anew.
    fn commit(&self, changes: &Overlay) -> Result<()>;

    /// Brings what is durable in another form into the form in which it lies at rest, where the backend has
    /// more than one. No commit may run meanwhile: call it through [`Committer::maintain`].
    fn checkpoint(&self) -> Result<()> {
        Ok(())
    }

    /// Reads everything that the backend keeps checksums of, past its caches, and compares it with them. No
    /// commit may run meanwhile: call it through [`Committer::maintain`]. It reads for as long as `go_on` lets it.
    ///
    /// # Errors
    /// [`Detail::Corrupt`](crate::Detail::Corrupt) if something does not match. A backend without checksums
    /// finds nothing. What `go_on` fails with.
    fn verify(&self, go_on: Option<&GoOn>) -> Result<()> {
        go_on.map_or(Ok(()), |go_on| go_on())
    }

    /// What the storage holds. It may walk all of the data.
    fn stats(&self) -> Result<Stats>;

    /// True if [`compact`](Storage::compact) would give back much of the space that the data takes after a
    /// [`checkpoint`](Storage::checkpoint), and be done within seconds.
    fn is_sparse(&self) -> Result<bool> {
        Ok(false)
    }

    /// Rewrites the data densely, where the backend has any use for that. Snapshots taken before stay
    /// as they are. No commit may run meanwhile: call it through [`Committer::maintain`].
    ///
    /// Cancelled or failed, it leaves everything as it was.
    fn compact(&self, progress: &mut Progress<'_>) -> Result<()> {
        let _ = progress;
        Ok(())
    }

    /// Releases files and locks now rather than when the last snapshot is dropped. Snapshots that are
    /// still held may fail from here on.
    fn close(&self) -> Result<()> {
        Ok(())
    }
}

impl<S: Storage + ?Sized> Storage for Arc<S> {
    fn snapshot(&self) -> Result<Arc<dyn Snapshot>> {
        (**self).snapshot()
    }

    fn commit(&self, changes: &Overlay) -> Result<()> {
        (**self).commit(changes)
    }

    fn checkpoint(&self) -> Result<()> {
        (**self).checkpoint()
    }

    fn verify(&self, go_on: Option<&GoOn>) -> Result<()> {
        (**self).verify(go_on)
    }

    fn stats(&self) -> Result<Stats> {
        (**self).stats()
    }

    fn is_sparse(&self) -> Result<bool> {
        (**self).is_sparse()
    }

    fn compact(&self, progress: &mut Progress<'_>) -> Result<()> {
        (**self).compact(progress)
    }

    fn close(&self) -> Result<()> {
        (**self).close()
    }
}

/// What a storage holds.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// One element for each of [`Space::ALL`], in that order.
    pub spaces: Vec<SpaceStats>,
    /// The length of the file; 0 for a storage without one. redb makes a file with room for 1 MiB, and doubles it
    /// when it is full: what was never written takes no space on a disk whose files can have holes, such as a
    /// Linux or a macOS one, where a new database takes about 120 kB.
    pub file_bytes: u64,
    /// How many older states of the file somebody still reads: a page that goes on, an iteration that was not
    /// dropped. None of what later commits replace or delete can be used again until they are done, so that the file
    /// grows with each commit, whatever it does.
    pub older_states: u64,
    /// Bytes of the file that are neither free nor part of the last state: what older states hold, and what the last
    /// commits have replaced.
    pub held_bytes: u64,
}

/// What one space holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct SpaceStats {
    /// The space.
    pub space: Space,
    /// How many entries there are.
    pub entries: u64,
    /// Bytes of all keys and values.
    pub stored_bytes: u64,
}
