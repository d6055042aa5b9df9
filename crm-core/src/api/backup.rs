//! Backups: whole ones, incremental ones, and going back to a point in time.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::check::mend;
use super::open::{Crm, Options, load_state};
use super::session::Session;
use crate::access::EngineLens;
use crate::engine::{Finding, Rewound, Span, is_keyed_batch, rewind, rows_since, sequence_at};
use crate::error::{Detail, Error, Result};
use crate::rules::refill_queue;
use crate::shape::structure;
use crate::store::{
    self, KeyRange, Making, Overlay, Progress, RedbStorage, RowFile, RowWriter, Space, Storage,
};
use crate::value::Ref;

/// Rows between two calls of the caller's progress function, and in one commit of a restoration.
const ROWS_AT_ONCE: u64 = 10_000;

structure! {
    out
    /// The commits that an incremental backup holds.
    Increment = 5 {
        /// The last commit that was backed up before.
        1 from: u64;
        /// The last commit in it: where the next increment begins.
        2 to: u64;
        /// How many rows it has.
        3 rows: u64;
    }
}

/// A state of a database that was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PointInTime {
    /// That after the last commit that the backups hold.
    Newest,
    /// That after a commit, by its number.
    Commit(u64),
    /// That after the last commit up to a time.
    Time(DateTime<Utc>),
}

/// What a restoration has brought back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestoreReport {
    /// The last commit of the restored database.
    pub sequence: u64,
    /// Records that were there at that commit and have been purged later, up to the end of the increments that were
    /// given. What is purged is purged from history, too: they stay away, and what referred to them refers to nothing, or is in the trash if it cannot.
    pub purged: Vec<Ref>,
    /// What a check of the restored database finds; empty unless something other than these backups was wrong.
    pub findings: Vec<Finding>,
}

impl Session {
    /// Writes the state of the last commit to a new file, while others go on writing. The file has its name
    /// only when it is whole.
    ///
    /// # Errors
    /// Those of the store, also if the file exists; `Cancelled` if `progress` says so. No file is left then.
    pub fn backup(&self, path: impl AsRef<Path>, progress: &mut Progress<'_>) -> Result<()> {
        self.shared().check_open()?;
        self.check_going_on()?;
        let like = self.shared().path();
        let published = self.published();
        let state = EngineLens::on(&published).state();
        let progress = &mut self.stopping(progress);
        RedbStorage::backup_like(state, path.as_ref(), like.as_deref(), progress)
    }

    /// See [`backup_since`](Session::backup_since).
    pub(crate) fn write_increment(
        &self,
        sequence: u64,
        path: impl AsRef<Path>,
        progress: &mut Progress<'_>,
    ) -> Result<Increment> {
        self.shared().check_open()?;
        self.check_going_on()?;
        let published = self.published();
        let (read, state) = (EngineLens::on(&published).state(), &published.extra);
        let span = Span::since(read, state, sequence)?;
        let mut writer = RowWriter::new(
            path.as_ref(),
            self.shared().path().as_deref(),
            &span.encode(),
        )?;
        let mut rows = 0;
        let progress = &mut self.stopping(progress);
        rows_since(read, &state.catalog, sequence, &mut |space, key, value| {
            rows += 1;
            if rows % ROWS_AT_ONCE == 0 && progress(rows).is_break() {
                return Err(Detail::Cancelled.into());
            }
            writer.row(space, key, value)
        })?;
        writer.finish()?;
        Ok(Increment {
            from: span.from,
            to: span.to,
            rows,
        })
    }
}

impl Crm {
    /// Makes a database at `to` of a backup and the increments that follow it, in their order, as it was at a
    /// point in time. Increments beyond that point are read, too, for what has been purged since: give all there are.
    /// What is derived is made anew, and all of it is checked. The backups are not changed; `to`
    /// has its name only when it is whole.
    ///
    /// # Errors
    /// `Invalid` if an increment is another database's or does not go on where the one before it ends, or if the
    /// backups do not reach the point in time; `Corrupt` if one of them is damaged; those of the store, also if
    /// there is something at `to`; `Cancelled` if `progress` says so. No file is left then.
    ///
    /// There is an example at [`Session::backup_since`].
    pub fn restore(
        base: impl AsRef<Path>,
        increments: &[impl AsRef<Path>],
        to: impl AsRef<Path>,
        point: PointInTime,
        progress: &mut Progress<'_>,
    ) -> Result<RestoreReport> {
        let making = Making::at(to.as_ref(), Some(base.as_ref()))?;
        let mut writer = making.writer()?;
        let copied =
            File::open(base.as_ref()).and_then(|mut from| std::io::copy(&mut from, &mut writer));
        copied
            .map_err(|error| Error::io(&error, format!("{}: {error}", base.as_ref().display())))?;
        let options = store::Options {
            journal_bytes: 0,
            ..store::Options::default()
        };
        let storage: Arc<dyn Storage> = Arc::new(RedbStorage::open(making.beside(), options)?);
        storage.verify(None)?;
        // Those beyond the point, too: they say what has been purged since, and what a clock that stepped back dated
        // before it.
        for increment in increments {
            apply(&*storage, increment.as_ref(), progress)?;
        }
        let rewound = go_back(&*storage, point)?;
        let session = Options::default().unmigrated(Arc::clone(&storage), None)?;
        session.engine_step(|work| {
            if let Some(rewound) = &rewound {
                // The work that waited then is that which is due after that commit.
                work.set_now(work.last_commit());
                work.settle_restored(rewound)?;
                refill_queue(work)?;
            } else {
                work.settle_restored(&Rewound::default())?;
            }
            mend(work)
        })?;
        let report = RestoreReport {
            sequence: session.sequence(),
            purged: rewound.map(|rewound| rewound.purged).unwrap_or_default(),
            findings: session.check()?.findings,
        };
        if increments.is_empty() {
            session.close()?;
            making.done()?;
            return Ok(report);
        }
        // What they purged is in the pages that have become free: the file that stays is written densely, of what is
        // there alone.
        let like = Some(base.as_ref());
        RedbStorage::backup_like(&*storage.snapshot()?, to.as_ref(), like, progress)?;
        session.close()?;
        Ok(report)
    }
}

/// Brings a state from the last commit before an increment to the last one in it.
fn apply(storage: &dyn Storage, path: &Path, progress: &mut Progress<'_>) -> Result<()> {
    let mut file = RowFile::open(path)?;
    let span = Span::decode(&file.head).ok_or_else(|| file.damaged())?;
    let snapshot = storage.snapshot()?;
    let state = load_state(storage, &[])?;
    if !span.follows(&*snapshot, &state)? {
        let reason = format!(
            "it holds the commits from {} to {} of database {}, and does not go on where the others end, at {}",
            span.from + 1,
            span.to,
            span.database,
            state.counters.sequence
        );
        return Err(Error::invalid(path.display(), reason));
    }
    let mut changes = Overlay::new();
    for space in [Space::Meta, Space::Job] {
        snapshot.scan(&KeyRange::all(space), &mut |key, _| {
            if !is_keyed_batch(space, key) {
                changes.delete(space, key);
            }
            std::ops::ControlFlow::Continue(())
        })?;
    }
    let mut rows = 0;
    while let Some((space, key, value)) = file.row()? {
        match value {
            Some(value) => changes.put(space, key, value),
            None => changes.delete(space, key),
        }
        rows += 1;
        if rows % ROWS_AT_ONCE == 0 {
            storage.commit(&std::mem::take(&mut changes))?;
            if progress(rows).is_break() {
                return Err(Detail::Cancelled.into());
            }
        }
    }
    storage.commit(&changes)
}

/// Takes back the commits after a point in time; `None` if there are none.
fn go_back(storage: &dyn Storage, point: PointInTime) -> Result<Option<Rewound>> {
    let snapshot = storage.snapshot()?;
    let last = load_state(storage, &[])?.counters.sequence;
    let sequence = match point {
        PointInTime::Newest => last,
        PointInTime::Commit(sequence) => sequence,
        PointInTime::Time(at) => sequence_at(&*snapshot, at, last)?,
    };
    if sequence > last {
        let reason = format!("the backups end with commit {last}");
        return Err(Error::invalid(sequence, reason));
    }
    if sequence == last {
        return Ok(None);
    }
    let (changes, rewound) = rewind(&*snapshot, sequence)?;
    storage.commit(&changes)?;
    Ok(Some(rewound))
}
