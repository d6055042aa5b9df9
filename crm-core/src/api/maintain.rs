//! Looking after a database.

use std::ops::ControlFlow;
use std::sync::atomic::Ordering;
#[cfg(feature = "redb")]
use std::sync::{Arc, PoisonError};

use super::session::Session;
use crate::access::EngineLens;
use crate::engine::{build_step, old_batches};
use crate::error::{Code, Result};
use crate::limits;
use crate::store::{Progress, Stats};

/// Search rows that one step of maintenance folds.
const MERGE_ROWS: usize = 20_000;

/// What a database holds.
#[derive(Debug, Clone, PartialEq)]
pub struct DatabaseStats {
    /// The number of live records of each object that has any, by the object's name.
    pub records: Vec<(String, u64)>,
    /// The number of the last commit.
    pub sequence: u64,
    /// What the storage holds.
    pub storage: Stats,
}

impl Session {
    /// What the database holds.
    ///
    /// # Errors
    /// `Corrupt`, `Io`.
    pub fn stats(&self) -> Result<DatabaseStats> {
        let mut records = Vec::new();
        for object in self.catalog().objects() {
            let count = self.count(&object.name, "")?;
            if count > 0 {
                records.push((object.name.clone(), count));
            }
        }
        let committer = &self.shared().committer;
        // Readers begin at what this leaves: the state before is one that somebody holds, or nobody.
        committer.maintain(|storage| storage.checkpoint())?;
        Ok(DatabaseStats {
            records,
            sequence: self.sequence(),
            storage: committer.maintain(|storage| storage.stats())?,
        })
    }

    /// One bounded step of the work that can wait: goes on with index builds, drops idempotency keys whose time is
    /// over, folds recent search entries into dense ones. True if more may be to be done.
    ///
    /// The last step brings the journal into the file. A file of which a third is free by then, and of whose records
    /// a third is new (or half are gone) since it was last dense, is rewritten densely, as after a large import:
    /// writers wait meanwhile, a second or two for each 100 MB of records. A file with more than 1 GiB of them is
    /// left to [`compact`](Session::compact).
    ///
    /// # Errors
    /// Those of the store; `Cancelled`: what was done in the steps before stays.
    pub fn maintain(&self) -> Result<bool> {
        if self.engine_step(build_step)? {
            return Ok(true);
        }
        if self.drop_old_keys()? {
            return Ok(true);
        }
        if self.engine_step(|work| work.merge_search(MERGE_ROWS))? {
            return Ok(true);
        }
        self.shared().committer.maintain(|storage| {
            storage.checkpoint()?;
            if !storage.is_sparse()? {
                return Ok(());
            }
            match storage.compact(&mut self.stopping(&mut |_: u64| ControlFlow::Continue(()))) {
                // Where a second file finds no room, the sparse one goes on serving.
                Err(error) if error.code() == Code::Full => Ok(()),
                compacted => compacted,
            }
        })?;
        Ok(false)
    }

    /// Drops some idempotency keys that are older than the organisation wants them kept; true if there may be more.
    fn drop_old_keys(&self) -> Result<bool> {
        let max = limits::BATCH_KEYS_DROPPED_MAX;
        let old = self.read(|reader| {
            let state = EngineLens::behind(&reader.lens).state();
            old_batches(state, reader.lens.catalog(), reader.now, max)
        })?;
        let is_full = old.len() == max;
        if !old.is_empty() {
            self.engine_step(|work| work.drop_keyed(old))?;
        }
        Ok(is_full)
    }

    /// Rewrites the file densely. Writers wait meanwhile; readers go on.
    ///
    /// # Errors
    /// Those of the store; `Cancelled` if `progress` says so. The file is as before then.
    pub fn compact(&self, progress: &mut Progress<'_>) -> Result<()> {
        self.check_going_on()?;
        let progress = &mut self.stopping(progress);
        while self.engine_step(|work| work.merge_search(MERGE_ROWS))? {
            if progress(0).is_break() {
                return Err(crate::Detail::Cancelled.into());
            }
        }
        self.shared()
            .committer
            .maintain(|storage| storage.compact(progress))
    }

    /// Opens the file again after [`NeedsReopen`](crate::Detail::NeedsReopen): what was acknowledged is there.
    ///
    /// # Errors
    /// As opening does; `Invalid` for a database that is not on a file.
    #[cfg(feature = "redb")]
    pub fn reopen(&self) -> Result<()> {
        let shared = self.shared();
        let Some(file) = &shared.file else {
            return Err(crate::Error::invalid(
                "",
                "only a database on a file can be reopened",
            ));
        };
        // One at a time: each takes the file from the handle before.
        let file = file.lock().unwrap_or_else(PoisonError::into_inner);
        let (path, options) = &*file;
        let len = options.disk.len(path);
        if len.is_ok_and(|len| len.is_none()) {
            // Opening would make a new one, with nothing in it.
            let what = format!("{} is not there any more", path.display());
            return Err(crate::Detail::Io(what).into());
        }
        // The old handle has failed, and says so once more when it is closed.
        let _ = shared.committer.close();
        let storage = Arc::new(super::open::open_file(path, options)?);
        let state = super::open::load_state(&*storage, &[])?;
        shared.committer.replace(storage, state)?;
        shared.columns.clear();
        shared.closed.store(false, Ordering::Release);
        Ok(())
    }

    /// Releases the file now rather than when the last handle is dropped. Later calls on any handle fail with
    /// `Closed`, and those that wait for changes return.
    ///
    /// # Errors
    /// Those of the store.
    pub fn close(&self) -> Result<()> {
        let shared = self.shared();
        shared.closed.store(true, Ordering::Release);
        shared.bell.ring_and_wake();
        shared.columns.clear();
        shared.committer.close()
    }
}
