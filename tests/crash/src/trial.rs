//! One trial: a workload on a simulated disk, the power cut at every operation of it, and what is left judged.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

use crm_core::store::{self, RedbStorage, Storage};
use crm_core::{Company, Result};
use fastrand::Rng;

use crate::broken::Broken;
use crate::device::{Device, Image, Operation};
use crate::history::{Digest, History, Recorder, see};
use crate::power_cut::Replay;
use crate::workload::{Workload, clock, options};

/// Where the database lies.
const PATH: &str = "/crash.crm";
/// Of so many databases that were opened after a power cut, one is worked on and cut again.
const GO_ON_EVERY: u8 = 4;
/// How long the journal may be: none, one that is soon full, one that never is.
const JOURNALS: [usize; 4] = [0, 24 << 10, 96 << 10, 4 << 20];
/// How many days after the workload a database is opened that a power cut left.
const LATER: u32 = 1_000;

/// What is to be tried.
#[derive(Debug, Clone, Copy)]
pub struct Trial {
    /// What everything random comes from.
    pub seed: u64,
    /// How many calls are made.
    pub calls: usize,
    /// How often the power is cut at each operation of the disk.
    pub cuts: usize,
    /// What is wrong with the engine.
    pub broken: Option<Broken>,
}

/// What a trial did.
#[derive(Debug, Clone, Copy, Default)]
pub struct Figures {
    /// Commits of the workload.
    pub commits: usize,
    /// Operations on the disk, at each of which the power was cut.
    pub operations: usize,
    /// Different states of the disk after a power cut that were opened and judged.
    pub points: usize,
    /// How many of these were cut off again while they were opened or worked on.
    pub again: usize,
}

impl std::ops::AddAssign for Figures {
    fn add_assign(&mut self, other: Figures) {
        self.commits += other.commits;
        self.operations += other.operations;
        self.points += other.points;
        self.again += other.again;
    }
}

/// What went wrong, where.
#[derive(Debug)]
pub struct Failure {
    /// The seed of the trial.
    pub seed: u64,
    /// The operation of the disk before which the power was cut.
    pub operation: usize,
    /// Different states of the disk that had been judged until then.
    pub points: usize,
    /// What was found.
    pub what: String,
}

impl Trial {
    /// Runs it.
    ///
    /// # Errors
    /// The first thing that is not as it should be.
    pub fn run(&self) -> Result<Figures, Failure> {
        let device = Device::default();
        let failed = |operation, points, what| Failure {
            seed: self.seed,
            operation,
            points,
            what,
        };
        let history = self.work(&device).map_err(|error| {
            let what = format!("without a power cut: {error}");
            failed(device.operations(), 0, what)
        })?;

        let log = device.log();
        let mut rng = Rng::with_seed(self.seed ^ 0xC0FF_EE00);
        let mut replay = Replay::new(Image::new(), &log);
        let mut seen = HashSet::new();
        let mut figures = Figures {
            commits: history.begins().len(),
            operations: log.len(),
            ..Figures::default()
        };
        for operation in 0..=log.len() {
            replay.advance_to(operation);
            for _ in 0..self.cuts {
                let (image, identity) = replay.cut(&mut rng);
                if !seen.insert(identity) {
                    continue;
                }
                figures.points += 1;
                let image = match self.broken {
                    Some(Broken::RecoversOneLess) => one_less(&log, &history, operation),
                    _ => image,
                };
                figures.again += self
                    .judge(image, &history, operation, &mut rng)
                    .map_err(|what| failed(operation, figures.points, what))?;
            }
        }
        Ok(figures)
    }

    /// The workload, with its history.
    fn work(&self, device: &Device) -> Result<History> {
        match self.broken {
            Some(Broken::LosesSyncs) => device.lose_syncs(3, ""),
            Some(Broken::LosesSyncsOfJournal) => device.lose_syncs(5, "-journal"),
            _ => {}
        }
        let mut rng = Rng::with_seed(self.seed ^ 0xC105_E000);
        let storage = open(device, &mut rng)?;
        let history = History::new(&*storage.snapshot()?)?;
        let clock = clock(0);
        let crm = options(&clock).with_storage(self.stack(storage, device, &history)?)?;
        let mut workload = Workload::new(crm, Arc::clone(&clock), self.seed);
        for _ in 0..self.calls {
            let records = workload.step()?;
            let crm = workload.crm();
            let mut told = Vec::new();
            for record in records {
                told.push((record, see(crm, record)?));
            }
            history.acknowledge(device.operations(), crm.sequence(), told);
            if rng.u8(0..30) == 0 {
                crm.close()?;
                let storage = self.stack(open(device, &mut rng)?, device, &history)?;
                workload.go_on_with(options(&clock).with_storage(storage)?);
            }
        }
        workload.crm().close()?;
        Ok(history)
    }

    /// What the engine stands on: the storage, who writes the history, and what is broken.
    fn stack(
        &self,
        storage: Arc<dyn Storage>,
        device: &Device,
        history: &History,
    ) -> Result<Arc<dyn Storage>> {
        let record = |storage| -> Arc<dyn Storage> {
            Arc::new(Recorder::new(storage, device.clone(), history.clone()))
        };
        match self.broken {
            Some(broken) if broken.tears_commits() => Ok(record(broken.wrap(storage)?)),
            // Only the engine's own check can find what it never asked to be written.
            Some(broken) => broken.wrap(record(storage)),
            None => Ok(record(storage)),
        }
    }

    /// Opens what a power cut left, and compares. Returns how often the power was cut again.
    fn judge(
        &self,
        image: Image,
        history: &History,
        operation: usize,
        rng: &mut Rng,
    ) -> std::result::Result<usize, String> {
        let state = opens_as(&Device::of(image.clone()), history, operation, rng)?;
        if rng.u8(0..GO_ON_EVERY) > 0 {
            return Ok(0);
        }
        // What opening wrote, and what is written afterwards, may be cut off, too.
        let device = Device::of(image.clone());
        let told = |error: crm_core::Error| format!("after the power cut: {error}");
        let afterwards = go_on(&device, rng).map_err(told)?;
        let log = device.log();
        if log.is_empty() {
            return Ok(0);
        }
        let second = rng.usize(0..=log.len());
        let mut replay = Replay::new(image, &log);
        replay.advance_to(second);
        let (image, _) = replay.cut(rng);
        let device = Device::of(image);
        opens_as(&device, &afterwards, second, rng).map_err(|what| {
            format!("cut again at operation {second}, from state {state}: {what}")
        })?;
        Ok(1)
    }
}

/// Opens a disk and says which state of the history it holds.
fn opens_as(
    device: &Device,
    history: &History,
    operation: usize,
    rng: &mut Rng,
) -> std::result::Result<usize, String> {
    let storage = open(device, rng).map_err(|error| format!("it does not open: {error}"))?;
    let told = |error: crm_core::Error| error.to_string();
    let digest = Digest::of(&*storage.snapshot().map_err(told)?).map_err(told)?;
    let allowed = history.allowed(operation);
    let Some(state) = history.find(digest, allowed.clone()) else {
        return Err(match history.find_anywhere(digest) {
            Some(state) => format!("it holds state {state}, and not one of {allowed:?}"),
            None => format!("it holds a state that never was, and not one of {allowed:?}"),
        });
    };
    if state == 0 {
        return Ok(state);
    }
    let crm = options(&clock(LATER)).with_storage(storage).map_err(told)?;
    let report = crm.check().map_err(told)?;
    if !report.is_sound() {
        return Err(format!("the check finds {:?}", report.findings));
    }
    if let Some(acknowledged) = history.told(operation) {
        if crm.sequence() < acknowledged.sequence {
            return Err(format!(
                "it is at {}, and {} was acknowledged",
                crm.sequence(),
                acknowledged.sequence
            ));
        }
        // Unless a later commit is there already, which may have changed them.
        let unchanged = state == acknowledged.state;
        for (record, then) in acknowledged.records.iter().filter(|_| unchanged) {
            let now = see(&crm, *record).map_err(told)?;
            if now != *then {
                return Err(format!("{record:?} is {now:?}, and was {then:?}"));
            }
        }
    }
    crm.close().map_err(told)?;
    Ok(state)
}

/// Works on a database that was opened after a power cut, and closes it; returns the history since then.
fn go_on(device: &Device, rng: &mut Rng) -> Result<History> {
    let storage = open(device, rng)?;
    let history = History::new(&*storage.snapshot()?)?;
    let recorder = Recorder::new(storage, device.clone(), history.clone());
    let crm = options(&clock(LATER)).with_storage(Arc::new(recorder))?;
    for name in ["After", "the storm"] {
        crm.create(Company::draft().name(name))?;
        history.acknowledge(device.operations(), crm.sequence(), Vec::new());
    }
    crm.close()?;
    Ok(history)
}

/// Opens the file with a journal of any length, or none: each must take up what another left.
fn open(device: &Device, rng: &mut Rng) -> Result<Arc<dyn Storage>> {
    let options = store::Options {
        journal_bytes: JOURNALS[rng.usize(0..JOURNALS.len())],
        cache_bytes: 1 << 20,
        disk: Arc::new(device.clone()),
        ..store::Options::default()
    };
    Ok(Arc::new(RedbStorage::open(Path::new(PATH), options)?))
}

/// What the disk held when the last commit that was acknowledged before an operation began.
fn one_less(log: &[Operation], history: &History, operation: usize) -> Image {
    let last = *history.allowed(operation).start();
    let begun = history.begins().get(last).copied().unwrap_or(0);
    let mut replay = Replay::new(Image::new(), log);
    replay.advance_to(begun);
    replay.cut(&mut Rng::with_seed(0)).0
}
