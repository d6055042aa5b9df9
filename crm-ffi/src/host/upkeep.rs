//! Looking after a database.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::crm::Crm;
use super::error::{CrmError, Result};
use super::value::{Ref, refs, signed};
use crate::made::schema_of;

/// How far a job is.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct Progress {
    /// Rows of a file that were imported or refused, or entries of the store that were copied.
    pub done: i64,
    /// Bytes of the file that were read; 0 for other jobs than imports.
    pub bytes: i64,
    /// Rows that were refused; 0 for other jobs than imports.
    pub refused: i64,
}

/// What a listener answers.
#[derive(Debug, Clone, Copy, PartialEq, uniffi::Enum)]
pub enum Flow {
    /// Go on.
    GoOn,
    /// Stop the job. What that means for what was done so far, the job's documentation says.
    Stop,
}

/// Follows a long job. It is called on the thread that runs the job, at most some ten times a second, and cannot
/// write to the database meanwhile. If it throws, the job stops, and its call throws `Callback`.
#[uniffi::export(foreign)]
pub trait ProgressListener: Send + Sync {
    /// Is told how far the job is, and says whether to go on.
    fn on_progress(&self, progress: Progress) -> Result<Flow>;
}

/// The time between two calls of a listener: more often, nobody sees, and a call into some hosts costs 20 µs.
const TICK: Duration = Duration::from_millis(100);

/// Calls a listener now and then.
pub struct Ticker {
    listener: Option<Arc<dyn ProgressListener>>,
    last: Option<Instant>,
    error: Option<CrmError>,
}

impl Ticker {
    pub fn new(listener: Option<Arc<dyn ProgressListener>>) -> Self {
        Ticker {
            listener,
            last: None,
            error: None,
        }
    }

    pub fn tick(&mut self, progress: Progress) -> ControlFlow<()> {
        let Some(listener) = &self.listener else {
            return ControlFlow::Continue(());
        };
        if self.error.is_some() {
            return ControlFlow::Break(());
        }
        if self.last.is_some_and(|last| last.elapsed() < TICK) {
            return ControlFlow::Continue(());
        }
        let flow = listener.on_progress(progress);
        self.last = Some(Instant::now());
        match flow {
            Ok(Flow::GoOn) => ControlFlow::Continue(()),
            Ok(Flow::Stop) => ControlFlow::Break(()),
            Err(error) => {
                self.error = Some(error);
                ControlFlow::Break(())
            }
        }
    }

    /// What the job returned, or what the listener threw.
    pub fn outcome<R>(self, result: crm_core::Result<R>) -> Result<R> {
        match self.error {
            Some(error) => Err(error),
            None => Ok(result?),
        }
    }

    pub fn copied(&mut self, done: u64) -> ControlFlow<()> {
        self.tick(Progress {
            done: signed(done),
            bytes: 0,
            refused: 0,
        })
    }
}

/// Something that is wrong with the data.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct Finding {
    /// Which structure: `index`, `timeline`, …, or `file` for the file as a whole.
    pub space: String,
    /// What is wrong with it.
    pub what: String,
}

impl Finding {
    pub fn all(findings: Vec<crm_core::Finding>) -> Vec<Self> {
        let finding = |finding: crm_core::Finding| Finding {
            space: finding.place().to_owned(),
            what: finding.what,
        };
        findings.into_iter().map(finding).collect()
    }
}

/// What a check looked at and found.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct CheckReport {
    /// How many records were read.
    pub records: i64,
    /// How many rows of indexes, timelines and totals were compared.
    pub rows: i64,
    /// What is wrong; empty for a sound database.
    pub findings: Vec<Finding>,
}

/// What a repair found and did.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct RepairReport {
    /// What a check found before.
    pub found: Vec<Finding>,
    /// How many derived rows were written or removed. A search index that is wrong is written anew; each record in it
    /// counts as one.
    pub rows: i64,
    /// How many records had a formula or a roll-up that was wrong. Each is a change in the record's history, with the
    /// cause `repair`.
    pub records: i64,
    /// What a check finds now: damage to what is not derived, of which nothing else can say what it was.
    pub left: Vec<Finding>,
}

/// What could and could not be saved of a damaged file.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct SalvageReport {
    /// How many records the new database has.
    pub records: i64,
    /// What could not be read: the file as a whole, ranges of keys, and rows that are not in the form of their
    /// structure. What is derived is not among it, since that is made anew.
    pub unreadable: Vec<Finding>,
    /// Records that no table leads to any more, and which were found in pages of the file. Each is the newest version
    /// that was found. It may be older than the newest that there was, and a record that was purged is among them if the
    /// log that says so could not be read: look through them.
    pub from_pages: Vec<Ref>,
    /// Records that were taken from pages which do not match their checksums, or of whose history a part was: a value in
    /// them may be wrong. The first of them, by object and id; where there are more, `unreadable` says so.
    pub doubtful: Vec<Ref>,
    /// What a check of the new database finds, such as references to records that are lost.
    pub findings: Vec<Finding>,
}

/// How many records of an object there are.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct ObjectCount {
    /// The object's name.
    pub object: String,
    /// The number of its live records.
    pub count: i64,
}

/// What one structure of the store holds.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct SpaceStats {
    /// Which: `record`, `index`, …
    pub space: String,
    /// How many entries there are.
    pub entries: i64,
    /// Bytes of all keys and values.
    pub stored_bytes: i64,
}

/// What a database holds.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct DatabaseStats {
    /// The number of live records of each object that has any.
    pub records: Vec<ObjectCount>,
    /// The number of the last commit.
    pub sequence: i64,
    /// What each structure of the store holds.
    pub spaces: Vec<SpaceStats>,
    /// The length of the file; 0 for a database in memory.
    pub file_bytes: i64,
    /// How many older states of the file somebody still reads: the file grows with each commit while there are any.
    pub older_states: i64,
    /// Bytes of the file that are neither free nor part of the last state.
    pub held_bytes: i64,
}

#[uniffi::export]
impl Crm {
    /// Reads everything and compares what is derived (indexes, timelines, totals, search, formulas, roll-ups) with
    /// the records.
    pub fn check(&self) -> Result<CheckReport> {
        let crm_core::CheckReport {
            records,
            rows,
            findings,
        } = self.session.check()?;
        Ok(CheckReport {
            records: signed(records),
            rows: signed(rows),
            findings: Finding::all(findings),
        })
    }

    /// Brings what is derived into agreement with the records, in one transaction: whole or not at all. Records stay as
    /// they are, but for formulas and roll-ups that are wrong.
    ///
    /// Fails with `Corrupt` if the file itself is damaged, which is a case for a salvage; `Io`, `Full`. Nothing is
    /// changed then.
    pub fn repair(&self) -> Result<RepairReport> {
        let crm_core::RepairReport {
            found,
            rows,
            records,
            left,
        } = self.session.repair()?;
        Ok(RepairReport {
            found: Finding::all(found),
            rows: signed(rows),
            records: signed(records),
            left: Finding::all(left),
        })
    }

    /// What the database holds.
    pub fn stats(&self) -> Result<DatabaseStats> {
        let crm_core::DatabaseStats {
            records,
            sequence,
            storage,
        } = self.session.stats()?;
        let records = records.into_iter().map(|(object, count)| ObjectCount {
            object,
            count: signed(count),
        });
        let spaces = storage.spaces.iter().map(|space| SpaceStats {
            space: space.space.name().to_owned(),
            entries: signed(space.entries),
            stored_bytes: signed(space.stored_bytes),
        });
        Ok(DatabaseStats {
            records: records.collect(),
            sequence: signed(sequence),
            spaces: spaces.collect(),
            file_bytes: signed(storage.file_bytes),
            older_states: signed(storage.older_states),
            held_bytes: signed(storage.held_bytes),
        })
    }

    /// One bounded step of the work that can wait. True if more may be to be done.
    pub fn maintain(&self) -> Result<bool> {
        Ok(self.session.maintain()?)
    }

    /// Rewrites the file densely. Writers wait meanwhile; readers go on.
    ///
    /// Fails with `Cancelled` if the listener stops it. The file is as before then.
    #[uniffi::method(default(progress = None))]
    pub fn compact(&self, progress: Option<Arc<dyn ProgressListener>>) -> Result<()> {
        let mut ticker = Ticker::new(progress);
        let result = self.session.compact(&mut |done| ticker.copied(done));
        ticker.outcome(result)
    }

    /// Opens the file again after `NeedsReopen` or `shutdown`: what was acknowledged is there.
    ///
    /// Fails as opening does; `Invalid` for a database in memory.
    pub fn reopen(&self) -> Result<()> {
        Ok(self.session.reopen()?)
    }
}

/// Writes what can be read of the damaged database at `damaged`, and of the journal beside it, to a new database at `to`,
/// and says what could not be read. The damaged files are left as they are. Where the tables of the file do not lead any
/// more, all of its pages are searched for records; what is derived is made anew.
///
/// Rows in pages that do not match their checksums are taken if they are in the form of their kind: a value in them may
/// be wrong. The report names the records that it may be in.
///
/// Fails with `Io`, also if there is something at `to`; `Cancelled` if the listener stops it. No file is left then.
#[uniffi::export(default(progress = None))]
pub fn salvage(
    damaged: String,
    to: String,
    progress: Option<Arc<dyn ProgressListener>>,
) -> Result<SalvageReport> {
    let mut ticker = Ticker::new(progress);
    let result = crm_core::Crm::salvage(damaged, &to, &mut |done| ticker.copied(done));
    let crm_core::SalvageReport {
        records,
        unreadable,
        from_pages,
        doubtful,
        findings,
    } = ticker.outcome(result)?;
    let catalog = schema_of(&to)?;
    Ok(SalvageReport {
        records: signed(records),
        unreadable: Finding::all(unreadable),
        from_pages: refs(&catalog, from_pages),
        doubtful: refs(&catalog, doubtful),
        findings: Finding::all(findings),
    })
}
