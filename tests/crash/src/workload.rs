//! Random calls of the public API, the same for the same seed.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta};
use crm_core::*;
use crm_model::answer::Answer;
use crm_model::driver::Driver;
use crm_model::generator::{Generator, Wanted};
use crm_model::op::{Op, Rec};

/// A database that is worked on by the calls that the model knows, too.
pub struct Workload {
    driver: Driver,
    clock: Arc<ManualClock>,
    generator: Generator,
    /// The records to which the engine gave an id.
    made: Vec<Ref>,
}

/// A clock that stands at nine o'clock of a working day, so many days on.
pub fn clock(days: u32) -> Arc<ManualClock> {
    let start = DateTime::from_timestamp(1_772_442_000, 0).unwrap_or_default();
    Arc::new(ManualClock::new(start + TimeDelta::days(days.into())))
}

/// How a database is opened: the ids that it gives are unique as long as the clock goes on between openings.
pub fn options(clock: &Arc<ManualClock>) -> Options {
    Crm::options()
        .clock(Arc::clone(clock))
        .ids(SequentialIds::default())
        .cache_bytes(1 << 20)
}

impl Workload {
    /// Calls to a database that holds nothing of another workload.
    pub fn new(crm: Crm, clock: Arc<ManualClock>, seed: u64) -> Self {
        let generator = Generator::new(seed, Wanted::Writes);
        Workload::of(crm, clock, generator)
    }

    /// As [`new`](Workload::new), with calls from a generator.
    pub fn of(crm: Crm, clock: Arc<ManualClock>, generator: Generator) -> Self {
        Workload {
            driver: Driver::on(crm, Arc::clone(&clock)),
            clock,
            generator,
            made: Vec::new(),
        }
    }

    /// The database.
    pub fn crm(&self) -> &Crm {
        self.driver.crm()
    }

    /// Goes on with the same database, opened anew.
    pub fn go_on_with(&mut self, crm: Crm) {
        self.driver = Driver::on(crm, Arc::clone(&self.clock));
    }

    /// Makes one call; returns the records that it changed.
    ///
    /// # Errors
    /// Those of the store. That a call is refused, since a record is in the trash or a name is taken, is as
    /// good as any other outcome.
    pub fn step(&mut self) -> Result<Vec<Ref>> {
        let step = self.generator.step();
        let before = self.crm().sequence();
        let answer = self.driver.call(&step, &self.made)?;
        if !matches!(answer, Answer::Refused(_)) {
            self.generator.accepted(&step);
        }
        if step.op == Op::Backup {
            self.back_up()?;
        }
        let commits = self.crm().changes(before, usize::MAX)?;
        let entries = commits.into_iter().flat_map(|commit| commit.entries);
        let mut changed = Vec::new();
        for entry in entries {
            if entry.kind == ChangeKind::Created && !Rec::is_numbered(entry.record) {
                self.made.push(entry.record);
            }
            changed.push(entry.record);
        }
        Ok(changed)
    }

    /// To a file of the operating system, which must hold what the database holds.
    fn back_up(&self) -> Result<()> {
        let backup = self.driver.backup()?;
        let copy = backup.crm();
        if copy.sequence() == self.crm().sequence() && copy.check()?.is_sound() {
            return Ok(());
        }
        let what = "a backup is not what was backed up".to_owned();
        Err(Detail::Corrupt { what }.into())
    }
}
