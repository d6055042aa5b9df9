//! A storage that fails on demand.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{GoOn, KeyRange, Overlay, Progress, Read, Snapshot, Space, Stats, Storage, Visit};
use crate::error::{Detail, Result};

/// Wraps a storage and makes chosen operations fail, to test how everything above takes it.
///
/// Gets, scans, commits and snapshots are counted together, from 1, in the order in which they are made.
/// A commit that is made to fail changes nothing.
///
/// ```
/// use crm_core::store::{Failure, FaultyStorage, MemoryStorage, Storage};
/// use crm_core::{Code, Detail};
///
/// let storage = FaultyStorage::new(MemoryStorage::new());
/// storage.fail_after(1, Failure::Once, Detail::Full("no space left".into()));
/// assert!(storage.snapshot().is_ok());
/// assert_eq!(storage.snapshot().err().map(|error| error.code()), Some(Code::Full));
/// assert!(storage.snapshot().is_ok());
/// ```
pub struct FaultyStorage<S> {
    inner: S,
    plan: Arc<Plan>,
}

/// For how long an injected failure lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// One operation fails, the ones after it work.
    Once,
    /// Every operation fails from there on.
    Forever,
}

#[derive(Default)]
struct Plan(Mutex<PlanState>);

#[derive(Default)]
struct PlanState {
    operations: u64,
    commits: u64,
    fault: Option<Fault>,
}

struct Fault {
    operation: u64,
    failure: Failure,
    detail: Detail,
}

impl<S: Storage> FaultyStorage<S> {
    /// Wraps a storage; nothing fails yet.
    pub fn new(inner: S) -> Self {
        FaultyStorage {
            inner,
            plan: Arc::default(),
        }
    }

    /// Lets `successes` more operations through and then fails with `detail`. Takes the place of an
    /// earlier plan.
    pub fn fail_after(&self, successes: u64, failure: Failure, detail: Detail) {
        let mut plan = self.plan.lock();
        let operation = plan.operations + successes + 1;
        plan.fault = Some(Fault {
            operation,
            failure,
            detail,
        });
    }

    /// Drops the plan: everything works again.
    pub fn heal(&self) {
        self.plan.lock().fault = None;
    }

    /// How many operations were tried, failed ones included.
    pub fn operations(&self) -> u64 {
        self.plan.lock().operations
    }

    /// How many of them were commits.
    pub fn commits(&self) -> u64 {
        self.plan.lock().commits
    }

    /// The storage inside.
    pub fn inner(&self) -> &S {
        &self.inner
    }
}

impl Plan {
    fn lock(&self) -> MutexGuard<'_, PlanState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts one operation, which may be the one to fail.
    fn step(&self) -> Result<()> {
        self.lock().step()
    }
}

impl PlanState {
    fn step(&mut self) -> Result<()> {
        self.operations += 1;
        let Some(fault) = &self.fault else {
            return Ok(());
        };
        let fails = match fault.failure {
            Failure::Once => self.operations == fault.operation,
            Failure::Forever => self.operations >= fault.operation,
        };
        if fails {
            return Err(fault.detail.clone().into());
        }
        Ok(())
    }
}

impl<S: Storage> Storage for FaultyStorage<S> {
    fn snapshot(&self) -> Result<Arc<dyn Snapshot>> {
        self.plan.step()?;
        Ok(Arc::new(FaultySnapshot {
            inner: self.inner.snapshot()?,
            plan: Arc::clone(&self.plan),
        }))
    }

    fn commit(&self, changes: &Overlay) -> Result<()> {
        {
            let mut plan = self.plan.lock();
            plan.commits += 1;
            plan.step()?;
        }
        self.inner.commit(changes)
    }

    fn checkpoint(&self) -> Result<()> {
        self.inner.checkpoint()
    }

    fn verify(&self, go_on: Option<&GoOn>) -> Result<()> {
        self.inner.verify(go_on)
    }

    fn stats(&self) -> Result<Stats> {
        self.inner.stats()
    }

    fn is_sparse(&self) -> Result<bool> {
        self.inner.is_sparse()
    }

    fn compact(&self, progress: &mut Progress<'_>) -> Result<()> {
        self.inner.compact(progress)
    }

    fn close(&self) -> Result<()> {
        self.inner.close()
    }
}

struct FaultySnapshot {
    inner: Arc<dyn Snapshot>,
    plan: Arc<Plan>,
}

impl Read for FaultySnapshot {
    fn get(&self, space: Space, key: &[u8], found: &mut dyn FnMut(&[u8])) -> Result<bool> {
        self.plan.step()?;
        self.inner.get(space, key, found)
    }

    fn scan(&self, range: &KeyRange, visit: &mut Visit<'_>) -> Result<()> {
        self.plan.step()?;
        self.inner.scan(range, visit)
    }
}
