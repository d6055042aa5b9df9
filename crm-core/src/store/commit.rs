//! Group commit: writers take turns to run, and share the price of making it durable.
//!
//! A writer runs its closure on the last published state with two overlays on top: the group that is
//! being committed and the group that gathers behind it. It adds its own changes to the gathering group
//! and lets the next writer run. One of those who wait then leads: it commits the gathered group,
//! publishes the new snapshot and wakes the others, while further writers gather. No thread is started.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::{self, ThreadId};

use arc_swap::ArcSwap;

use super::kept::Kept;
use super::{Cache, Layered, Overlay, Snapshot, Storage, Transaction};
use crate::error::{Detail, Error, Result};

/// The one way to write to a [`Storage`], and the way to its current state.
///
/// `X` is what the engine keeps beside the data (the schema, counters): a transaction changes its copy
/// and the copy is published together with the changes, or not at all. It should be cheap to clone.
pub struct Committer<X> {
    published: ArcSwap<Published<X>>,
    cache: Cache,
    /// Held while a closure runs. Taken before `state`, never after it.
    turn: Mutex<()>,
    /// Held for moments only.
    state: Mutex<State<X>>,
}

/// A durable state: what readers see.
pub struct Published<X> {
    /// The data, with what is kept of it in memory.
    pub snapshot: Arc<dyn Snapshot>,
    /// The data as the storage has it.
    pub stored: Arc<dyn Snapshot>,
    /// What the engine keeps beside the data.
    pub extra: X,
    /// How many transactions that changed something this committer has made durable.
    pub sequence: u64,
}

impl<X> Published<X> {
    fn new(storage: &dyn Storage, kept: &Arc<Kept>, extra: X, sequence: u64) -> Result<Self> {
        let stored = storage.snapshot()?;
        Ok(Published {
            snapshot: kept.over(&stored, sequence),
            stored,
            extra,
            sequence,
        })
    }
}

struct State<X> {
    storage: Arc<dyn Storage>,
    /// What is kept of the storage.
    kept: Arc<Kept>,
    /// Whose closure is running.
    runner: Option<ThreadId>,
    committing: Option<Group>,
    gathering: Group,
    /// The extra of the newest transaction, which may not be durable yet.
    latest: X,
    /// Why nothing can be written until [`Committer::replace`].
    broken: Option<Error>,
}

/// Transactions that become durable together.
#[derive(Clone, Default)]
struct Group {
    changes: Arc<Overlay>,
    transactions: u64,
    outcome: Arc<Outcome>,
}

/// What became of a group.
#[derive(Default)]
struct Outcome {
    /// Set once, with the state locked.
    result: OnceLock<Result<()>>,
    /// Those who wait for it. All are woken when it is there, and one when the group is the next to be committed, to
    /// lead: to wake all for that would cost more than the commit.
    waiting: Condvar,
}

impl<X: Clone + Send + Sync + 'static> Committer<X> {
    /// Starts on the current state of `storage`, to which nobody else may commit from now on.
    pub fn new(storage: Arc<dyn Storage>, extra: X) -> Result<Self> {
        Committer::with_cache(storage, extra, Cache::default())
    }

    /// As [`new`](Committer::new), keeping what [`get_shared`](super::Read::get_shared) and
    /// [`head`](super::Read::head) give.
    pub fn with_cache(storage: Arc<dyn Storage>, extra: X, cache: Cache) -> Result<Self> {
        let kept = Arc::new(Kept::new(cache));
        let published = Published::new(&*storage, &kept, extra.clone(), 0)?;
        Ok(Committer {
            published: ArcSwap::from_pointee(published),
            cache,
            turn: Mutex::new(()),
            state: Mutex::new(State {
                storage,
                kept,
                runner: None,
                committing: None,
                gathering: Group::default(),
                latest: extra,
                broken: None,
            }),
        })
    }

    /// The last durable state. Never waits; the same value is handed out until the next commit.
    pub fn read(&self) -> Arc<Published<X>> {
        self.published.load_full()
    }

    /// Runs `work` on the newest state, in which transactions of others may not be durable yet, and
    /// returns when what it read and wrote is durable and visible to [`read`](Committer::read): also with an
    /// error of `work`, which may be the answer to what another transaction has just written.
    ///
    /// Nothing is written when `work` fails or panics. A changed extra counts only together with a
    /// changed key. A failed commit fails every transaction in its group and those built on top of it;
    /// their outcome may be unknown, and from then on every write fails with
    /// [`Detail::NeedsReopen`] until [`replace`](Committer::replace).
    pub fn write<R>(
        &self,
        work: impl FnOnce(&mut Transaction<'_>, &mut X) -> Result<R>,
    ) -> Result<R> {
        let turn = self.take_turn()?;
        let (mut extra, groups, base) = {
            let state = self.state();
            state.check()?;
            let committing = state.committing.as_ref().map(|g| Arc::clone(&g.changes));
            let groups = [Some(Arc::clone(&state.gathering.changes)), committing];
            (state.latest.clone(), groups, self.read())
        };
        let overlays = groups.iter().flatten().map(|changes| &**changes);
        let mut transaction = Transaction::over(Layered::new(overlays, &*base.snapshot));
        let result = work(&mut transaction, &mut extra);
        let changes = match result {
            Ok(_) => transaction.into_changes(),
            Err(_) => Overlay::new(),
        };
        // Lets the merge below find the gathering group unshared.
        drop(groups);

        let mut state = self.state();
        // The groups below may have failed while the closure ran on top of them.
        state.check()?;
        let depends_on = if changes.is_empty() {
            state.newest_group().cloned()
        } else {
            Arc::make_mut(&mut state.gathering.changes).merge_from(changes);
            state.gathering.transactions += 1;
            state.latest = extra;
            Some(state.gathering.clone())
        };
        let outcome = depends_on.map(|group| group.outcome);
        drop(state);
        drop(turn);
        match outcome {
            Some(outcome) => self.settle(&outcome).and(result),
            None => result,
        }
    }

    /// Runs `work` on the last durable state, as the storage has it, and forgets what it wrote. Neither waits for
    /// writers nor makes them wait.
    pub fn dry_run<R>(
        &self,
        work: impl FnOnce(&mut Transaction<'_>, &mut X) -> Result<R>,
    ) -> Result<R> {
        let published = self.read();
        let mut extra = published.extra.clone();
        work(&mut Transaction::new(&*published.stored), &mut extra)
    }

    /// Runs `work` on the storage while nothing is being written, such as [`Storage::compact`], and
    /// publishes a new snapshot of the same state.
    pub fn maintain<R>(&self, work: impl FnOnce(&dyn Storage) -> Result<R>) -> Result<R> {
        let _turn = self.take_turn()?;
        let (storage, kept) = {
            let state = self.drained();
            state.check()?;
            (Arc::clone(&state.storage), Arc::clone(&state.kept))
        };
        let result = work(&*storage)?;
        let Published {
            extra, sequence, ..
        } = &*self.read();
        let published = Published::new(&*storage, &kept, extra.clone(), *sequence)?;
        self.published.store(Arc::new(published));
        Ok(result)
    }

    /// Goes on with another storage, most often the same file opened anew after a failed commit; to
    /// open it, [`close`](Committer::close) this one first. `extra` is what belongs to its current state.
    pub fn replace(&self, storage: Arc<dyn Storage>, extra: X) -> Result<()> {
        let _turn = self.take_turn()?;
        // What was kept of the other storage need not be so in this one.
        let kept = Arc::new(Kept::new(self.cache));
        let mut state = self.drained();
        let sequence = self.published.load().sequence;
        let published = Published::new(&*storage, &kept, extra.clone(), sequence)?;
        self.published.store(Arc::new(published));
        state.storage = storage;
        state.kept = kept;
        state.latest = extra;
        state.broken = None;
        Ok(())
    }

    /// Waits for the writes under way and closes the storage, also where it returns an error, as it does
    /// after a failed commit. Later writes fail with [`Detail::Closed`], and reads may.
    pub fn close(&self) -> Result<()> {
        let _turn = self.take_turn()?;
        let storage = {
            let mut state = self.drained();
            state.broken = Some(Detail::Closed.into());
            Arc::clone(&state.storage)
        };
        storage.close()
    }

    fn state(&self) -> MutexGuard<'_, State<X>> {
        lock(&self.state)
    }

    /// Waits until no other closure runs.
    fn take_turn(&self) -> Result<Turn<'_, X>> {
        let this_thread = thread::current().id();
        if self.state().runner == Some(this_thread) {
            let reason = "a transaction of this thread is running; write through it";
            return Err(Error::invalid("nested transaction", reason));
        }
        let guard = lock(&self.turn);
        self.state().runner = Some(this_thread);
        Ok(Turn {
            committer: self,
            _guard: guard,
        })
    }

    /// Waits until every group has its outcome. The caller has the turn, so that no group gathers anew.
    fn drained(&self) -> MutexGuard<'_, State<X>> {
        loop {
            let state = self.state();
            let Some(group) = state.newest_group() else {
                return state;
            };
            let outcome = Arc::clone(&group.outcome);
            drop(state);
            // Those who wrote are told what became of it.
            let _ = self.settle(&outcome);
        }
    }

    /// Waits until a group has its result, or commits it.
    fn settle(&self, outcome: &Outcome) -> Result<()> {
        loop {
            if let Some(result) = outcome.result.get() {
                return result.clone();
            }
            let mut state = self.state();
            while outcome.result.get().is_none() && state.committing.is_some() {
                state = wait(&outcome.waiting, state);
            }
            if outcome.result.get().is_none() {
                // The group is not being committed either: it is the gathering one.
                self.lead(state);
            }
        }
    }

    /// Commits the gathering group.
    fn lead(&self, mut state: MutexGuard<'_, State<X>>) {
        let group = std::mem::take(&mut state.gathering);
        state.committing = Some(group.clone());
        let (storage, kept) = (Arc::clone(&state.storage), Arc::clone(&state.kept));
        let extra = state.latest.clone();
        drop(state);
        // Nobody else publishes while a group is being committed.
        let sequence = self.published.load().sequence + group.transactions;

        // A host's storage that panics must not leave the others waiting for ever.
        let committed = catch_unwind(AssertUnwindSafe(|| {
            storage.commit(&group.changes)?;
            // The changes are durable: whatever the reason, this is not a write that did not happen.
            let unseen = |error: Error| Error::from(Detail::NeedsReopen(error.to_string()));
            kept.drop_changed(&group.changes, sequence);
            Published::new(&*storage, &kept, extra, sequence).map_err(unseen)
        }));
        let committed = committed.unwrap_or_else(|_| {
            Err(Detail::NeedsReopen("the storage panicked in a commit".to_owned()).into())
        });

        let mut state = self.state();
        state.committing = None;
        let mut settled = vec![group.outcome];
        let result = match committed {
            Ok(published) => {
                self.published.store(Arc::new(published));
                Ok(())
            }
            Err(error) => {
                settled.push(std::mem::take(&mut state.gathering).outcome);
                state.broken = Some(match error.detail() {
                    Detail::NeedsReopen(_) => error.clone(),
                    _ => Detail::NeedsReopen(error.to_string()).into(),
                });
                Err(error)
            }
        };
        for outcome in &settled {
            // The first result of a group is its only one.
            let _ = outcome.result.set(result.clone());
        }
        let next = Arc::clone(&state.gathering.outcome);
        // Who is woken finds the lock free.
        drop(state);
        for outcome in settled {
            outcome.waiting.notify_all();
        }
        next.waiting.notify_one();
    }
}

impl<X> State<X> {
    fn check(&self) -> Result<()> {
        self.broken.clone().map_or(Ok(()), Err)
    }

    /// The group that must be durable before the newest state is.
    fn newest_group(&self) -> Option<&Group> {
        if self.gathering.transactions > 0 {
            Some(&self.gathering)
        } else {
            self.committing.as_ref()
        }
    }
}

/// The right to run a closure.
struct Turn<'a, X> {
    committer: &'a Committer<X>,
    _guard: MutexGuard<'a, ()>,
}

impl<X> Drop for Turn<'_, X> {
    fn drop(&mut self) {
        lock(&self.committer.state).runner = None;
    }
}

/// Locks whether or not a thread panicked with the lock held: what the locks guard is only ever changed
/// after everything that can panic.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn wait<'a, T>(condition: &Condvar, guard: MutexGuard<'a, T>) -> MutexGuard<'a, T> {
    condition
        .wait(guard)
        .unwrap_or_else(PoisonError::into_inner)
}
