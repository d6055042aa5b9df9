//! Group commit.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;

use crm_core::error::Result;
use crm_core::store::{
    Committer, Failure, FaultyStorage, MemoryStorage, Overlay, Read, Snapshot, Space, Stats,
    Storage, Transaction,
};
use crm_core::{Code, Detail};

use crate::{Fixture, value};

const THREADS: u64 = 8;

fn counter(read: &dyn Read) -> Result<u64> {
    let bytes = read.get_vec(Space::Total, b"count")?;
    Ok(bytes.map_or(0, |bytes| u64::from_be_bytes(bytes.try_into().unwrap())))
}

/// Adds one to a shared counter and to the extra, and leaves a key of its own.
fn count_up(transaction: &mut Transaction<'_>, extra: &mut u64) -> Result<u64> {
    let count = counter(transaction)? + 1;
    transaction.put(Space::Total, *b"count", count.to_be_bytes())?;
    transaction.put(Space::Log, count.to_be_bytes(), [])?;
    *extra += 1;
    Ok(count)
}

fn put_one(committer: &Committer<u64>, key: &[u8]) -> Result<()> {
    committer.write(|transaction, _| transaction.put(Space::Record, key, *b"1"))
}

/// Holds every commit until the test lets it go on, with the outcome that the test gives it.
struct Gate {
    inner: MemoryStorage,
    entered: Mutex<Sender<()>>,
    outcomes: Mutex<Receiver<Result<()>>>,
}

impl Gate {
    fn new() -> (Arc<Self>, Receiver<()>, Sender<Result<()>>) {
        let (entered, entries) = channel();
        let (outcome, outcomes) = channel();
        let gate = Gate {
            inner: MemoryStorage::new(),
            entered: Mutex::new(entered),
            outcomes: Mutex::new(outcomes),
        };
        (Arc::new(gate), entries, outcome)
    }
}

impl Storage for Gate {
    fn snapshot(&self) -> Result<Arc<dyn Snapshot>> {
        self.inner.snapshot()
    }

    fn commit(&self, changes: &Overlay) -> Result<()> {
        self.entered.lock().unwrap().send(()).unwrap();
        self.outcomes.lock().unwrap().recv().unwrap()?;
        self.inner.commit(changes)
    }

    fn stats(&self) -> Result<Stats> {
        self.inner.stats()
    }
}

fn concurrent_writers(fixture: &Fixture) {
    const EACH: u64 = 40;
    let storage = Arc::new(FaultyStorage::new(Arc::clone(&fixture.storage)));
    let committer = Committer::new(Arc::<FaultyStorage<_>>::clone(&storage), 0_u64).unwrap();
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                for _ in 0..EACH {
                    let count = committer.write(count_up).unwrap();
                    let published = committer.read();
                    // Durable and visible when `write` returns, and of one piece.
                    assert!(published.sequence >= count);
                    assert_eq!(counter(&*published.snapshot).unwrap(), published.sequence);
                    assert_eq!(published.extra, published.sequence);
                }
            });
        }
    });
    let published = committer.read();
    assert_eq!(published.sequence, THREADS * EACH);
    for count in 1..=THREADS * EACH {
        let there = published.snapshot.exists(Space::Log, &count.to_be_bytes());
        assert!(there.unwrap());
    }
    assert!(storage.commits() <= THREADS * EACH);
}

#[test]
fn concurrent_writers_on_memory() {
    concurrent_writers(&Fixture::memory());
}

#[cfg(feature = "redb")]
#[test]
fn concurrent_writers_on_redb() {
    concurrent_writers(&Fixture::redb());
}

/// Runs one writer into the gate and `THREADS - 1` behind it, and only then opens the gate.
fn behind_a_gate(
    outcomes: [Result<()>; 2],
    work: impl Fn(u64, &mut Transaction<'_>, &mut u64) -> Result<()> + Sync,
) -> (Committer<u64>, Vec<Result<()>>, usize) {
    let (gate, entries, outcome) = Gate::new();
    let committer = Committer::new(gate, 0_u64).unwrap();
    let (ran, runs) = channel();
    let results = thread::scope(|scope| {
        let writer = |number| {
            let (ran, work, committer) = (ran.clone(), &work, &committer);
            move || {
                committer.write(|transaction, extra| {
                    let result = work(number, transaction, extra);
                    ran.send(()).unwrap();
                    result
                })
            }
        };
        let first = scope.spawn(writer(0));
        entries.recv().unwrap();
        runs.recv().unwrap();
        let others: Vec<_> = (1..THREADS).map(|n| scope.spawn(writer(n))).collect();
        for _ in &others {
            runs.recv().unwrap();
        }
        // This writer gets its turn only when the last of the others has joined the group.
        let refused = scope.spawn(|| {
            committer.write(|_, _| {
                ran.send(()).unwrap();
                Err::<(), _>(Detail::Cancelled.into())
            })
        });
        runs.recv().unwrap();
        assert_eq!(committer.read().sequence, 0);
        for result in outcomes {
            outcome.send(result).unwrap();
        }
        assert!(refused.join().unwrap().is_err());
        let all = std::iter::once(first).chain(others);
        all.map(|thread| thread.join().unwrap()).collect()
    });
    let commits = 1 + entries.try_iter().count();
    (committer, results, commits)
}

#[test]
fn writers_that_wait_share_one_commit() {
    let (committer, results, commits) = behind_a_gate([Ok(()), Ok(())], |_, transaction, extra| {
        count_up(transaction, extra).map(drop)
    });
    assert!(results.iter().all(Result::is_ok));
    assert_eq!(commits, 2);
    let published = committer.read();
    assert_eq!((published.sequence, published.extra), (THREADS, THREADS));
    assert_eq!(counter(&*published.snapshot).unwrap(), THREADS);
}

#[test]
fn a_refusal_waits_for_what_it_rests_on() {
    let (gate, entries, outcome) = Gate::new();
    let committer = Committer::new(gate, 0_u64).unwrap();
    let (ran, runs) = channel();
    thread::scope(|scope| {
        scope.spawn(|| committer.write(count_up).unwrap());
        entries.recv().unwrap();
        let refused = scope.spawn(|| {
            let refused = committer.write(|transaction, _| {
                let count = counter(transaction)?;
                ran.send(count).unwrap();
                Err::<(), _>(Detail::Cancelled.into())
            });
            (refused, counter(&*committer.read().snapshot).unwrap())
        });
        // It has seen the other's count, which is not durable yet. Who is told so must find it.
        assert_eq!(runs.recv().unwrap(), 1);
        outcome.send(Ok(())).unwrap();
        let (refused, seen) = refused.join().unwrap();
        assert_eq!(refused.unwrap_err().code(), Code::Cancelled);
        assert_eq!(seen, 1);
    });
}

#[test]
fn a_failed_commit_fails_all_that_was_built_on_it() {
    let full = Detail::Full("simulated".to_owned());
    let (committer, results, commits) =
        behind_a_gate([Err(full.into()), Ok(())], |number, transaction, extra| {
            // One of them only reads what never became durable.
            if number == 3 {
                assert!(counter(transaction)? > 0);
                return Ok(());
            }
            count_up(transaction, extra).map(drop)
        });
    for result in results {
        assert_eq!(result.unwrap_err().code(), Code::Full);
    }
    assert_eq!(commits, 1);
    let published = committer.read();
    assert_eq!((published.sequence, published.extra), (0, 0));
    assert_eq!(counter(&*published.snapshot).unwrap(), 0);
    let error = committer.write(count_up).unwrap_err();
    assert_eq!(error.code(), Code::NeedsReopen);
}

#[test]
fn a_closure_that_runs_while_the_state_below_it_fails_is_refused() {
    let (gate, entries, outcome) = Gate::new();
    let committer = Committer::new(gate, 0_u64).unwrap();
    thread::scope(|scope| {
        let below = scope.spawn(|| committer.write(count_up));
        entries.recv().unwrap();
        let on_top = committer.write(|transaction, extra| {
            count_up(transaction, extra)?;
            let failed = Err(Detail::Io("simulated".to_owned()).into());
            outcome.send(failed).unwrap();
            // For a second commit, which there must not be.
            outcome.send(Ok(())).unwrap();
            assert_eq!(below.join().unwrap().unwrap_err().code(), Code::Io);
            Ok(())
        });
        assert_eq!(on_top.unwrap_err().code(), Code::NeedsReopen);
    });
    assert_eq!(committer.read().sequence, 0);
}

fn fails_and_recovers(fixture: &Fixture) {
    let storage = Arc::new(FaultyStorage::new(Arc::clone(&fixture.storage)));
    let committer = Committer::new(Arc::<FaultyStorage<_>>::clone(&storage), 0_u64).unwrap();
    committer.write(count_up).unwrap();
    storage.fail_after(1, Failure::Once, Detail::Io("simulated".to_owned()));
    // The closure's one read succeeds, the commit does not.
    let error = committer.write(count_up).unwrap_err();
    assert_eq!(error.code(), Code::Io);
    let error = committer.write(count_up).unwrap_err();
    assert_eq!(error.code(), Code::NeedsReopen);
    assert!(committer.maintain(|_| Ok(())).is_err());
    let published = committer.read();
    assert_eq!((published.sequence, published.extra), (1, 1));
    assert_eq!(counter(&*published.snapshot).unwrap(), 1);
    assert_eq!(committer.dry_run(count_up).unwrap(), 2);

    committer
        .replace(Arc::clone(&fixture.storage) as _, 1)
        .unwrap();
    assert_eq!(committer.write(count_up).unwrap(), 2);
    assert_eq!(committer.read().sequence, 2);
}

#[test]
fn fails_and_recovers_on_memory() {
    fails_and_recovers(&Fixture::memory());
}

#[cfg(feature = "redb")]
#[test]
fn fails_and_recovers_on_redb() {
    fails_and_recovers(&Fixture::redb());
}

#[test]
fn a_failed_snapshot_after_a_commit_needs_a_reopen() {
    let storage = Arc::new(FaultyStorage::new(MemoryStorage::new()));
    let committer = Committer::new(Arc::<FaultyStorage<_>>::clone(&storage), 0_u64).unwrap();
    storage.fail_after(1, Failure::Forever, Detail::Io("simulated".to_owned()));
    // The writer is told that the outcome is not known, and not that the write failed.
    assert_eq!(
        put_one(&committer, b"a").unwrap_err().code(),
        Code::NeedsReopen
    );
    assert_eq!(
        put_one(&committer, b"b").unwrap_err().code(),
        Code::NeedsReopen
    );
    storage.heal();
    committer
        .replace(Arc::<FaultyStorage<_>>::clone(&storage), 0)
        .unwrap();
    // It had become durable.
    assert_eq!(
        value(&*committer.read().snapshot, b"a"),
        Some(b"1".to_vec())
    );
}

#[test]
fn a_closure_that_fails_or_panics_writes_nothing() {
    let committer = Committer::new(Arc::new(MemoryStorage::new()), 0_u64).unwrap();
    let failed: Result<()> = committer.write(|transaction, extra| {
        count_up(transaction, extra)?;
        Err(Detail::Cancelled.into())
    });
    assert_eq!(failed.unwrap_err().code(), Code::Cancelled);
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        committer.write(|transaction, extra| -> Result<()> {
            count_up(transaction, extra)?;
            panic!("a bug of the host");
        })
    }));
    assert!(panicked.is_err());
    assert_eq!(committer.write(count_up).unwrap(), 1);
    assert_eq!(committer.read().extra, 1);
}

#[test]
fn a_write_within_a_write_is_refused() {
    let committer = Committer::new(Arc::new(MemoryStorage::new()), 0_u64).unwrap();
    committer
        .write(|transaction, extra| {
            let nested = committer.write(count_up).unwrap_err();
            assert_eq!(nested.code(), Code::Invalid);
            assert!(committer.maintain(|_| Ok(())).is_err());
            assert_eq!(committer.dry_run(count_up)?, 1);
            count_up(transaction, extra)
        })
        .unwrap();
    assert_eq!(committer.write(count_up).unwrap(), 2);
}

#[test]
fn what_changes_nothing_commits_nothing() {
    let storage = Arc::new(FaultyStorage::new(MemoryStorage::new()));
    let committer = Committer::new(Arc::<FaultyStorage<_>>::clone(&storage), 0_u64).unwrap();
    committer
        .write(|transaction, _| counter(transaction))
        .unwrap();
    assert_eq!(committer.dry_run(count_up).unwrap(), 1);
    assert_eq!(storage.commits(), 0);
    assert_eq!(counter(&*committer.read().snapshot).unwrap(), 0);
    assert!(Arc::ptr_eq(&committer.read(), &committer.read()));
}

#[test]
fn maintenance_and_closing() {
    let committer = Committer::new(Arc::new(MemoryStorage::new()), 0_u64).unwrap();
    committer.write(count_up).unwrap();
    let stats = committer.maintain(|storage| storage.stats()).unwrap();
    assert_eq!(stats.spaces[Space::Log as usize].entries, 1);
    assert_eq!(committer.read().sequence, 1);
    committer.close().unwrap();
    let error = committer.write(count_up).unwrap_err();
    assert_eq!(error.code(), Code::Closed);
}
