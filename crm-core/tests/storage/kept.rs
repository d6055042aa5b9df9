//! Values that are kept in memory: whoever reads gets those of the state that he reads, whatever the others do.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use crm_core::store::{
    Answer, Cache, Committer, Failure, FaultyStorage, KeyRange, MemoryStorage, Published, Read,
    Shared, Space, Storage,
};
use crm_core::{Code, Detail};
use proptest::prelude::*;

use crate::{Entries, Fixture, collect, puts};

/// Room for a value or two in each part of the cache, and for all that the tests write.
const SMALL: usize = 16 << 9;
const LARGE: usize = 1 << 20;

/// A cache of so many bytes, in which the index has heads for prefixes of one byte.
fn cache(bytes: usize) -> Cache {
    Cache {
        bytes,
        values: &[Space::Record, Space::Total],
        heads: &[(Space::Index, 1)],
    }
}

/// Keeps a value as it is stored, if it is sound.
fn open(bytes: &[u8], memory: &mut Shared) -> crm_core::error::Result<()> {
    match bytes {
        [0xDA, ..] => Err(Detail::Corrupt {
            what: "a value that begins with DA".to_owned(),
        }
        .into()),
        _ => {
            memory.bytes.extend_from_slice(bytes);
            Ok(())
        }
    }
}

fn shared(read: &dyn Read, space: Space, key: &[u8]) -> Option<Vec<u8>> {
    let value = read.get_shared(space, key, open).unwrap();
    value.map(|value| value.bytes.clone())
}

/// The spaces of which values are kept, and one of which heads are.
const SPACES: [Space; 3] = [Space::Record, Space::Total, Space::Index];

type Key = (usize, u8);
type Model = BTreeMap<Key, Vec<u8>>;
type Writes = Vec<(Key, Option<u8>)>;

#[derive(Debug, Clone)]
enum Step {
    Commit(Writes),
    /// Holds on to the newest state.
    Hold,
    /// Reads in one of the states that are held.
    Read(prop::sample::Index, Key),
    /// Reads in a transaction, after its own writes.
    ReadOwn(Writes, Key),
    Maintain,
    /// A commit fails, and the storage is replaced by one that holds other values.
    Replace(Writes),
}

fn key() -> impl Strategy<Value = Key> {
    (0..SPACES.len(), 0..20_u8)
}

fn writes() -> impl Strategy<Value = Writes> {
    prop::collection::vec((key(), prop::option::weighted(0.8, any::<u8>())), 1..6)
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        10 => writes().prop_map(Step::Commit),
        5 => Just(Step::Hold),
        40 => (any::<prop::sample::Index>(), key()).prop_map(|(held, key)| Step::Read(held, key)),
        5 => (writes(), key()).prop_map(|(writes, key)| Step::ReadOwn(writes, key)),
        1 => Just(Step::Maintain),
        1 => writes().prop_map(Step::Replace),
    ]
}

/// The key of an entry, in the index one of a few that begin alike.
fn stored((space, key): Key) -> Vec<u8> {
    match SPACES[space] {
        Space::Index => vec![key / 7, key],
        _ => vec![key],
    }
}

/// Long enough that a small cache holds few of them.
fn bytes(byte: u8) -> Vec<u8> {
    vec![byte % 100; 60]
}

fn apply(model: &mut Model, writes: &Writes) {
    for (key, change) in writes {
        match change {
            Some(byte) => model.insert(*key, bytes(*byte)),
            None => model.remove(key),
        };
    }
}

fn write(
    transaction: &mut crm_core::store::Transaction<'_>,
    writes: &Writes,
) -> crm_core::error::Result<()> {
    for ((space, key), change) in writes {
        match change {
            Some(byte) => transaction.put(SPACES[*space], stored((*space, *key)), bytes(*byte))?,
            None => transaction.delete(SPACES[*space], stored((*space, *key))),
        }
    }
    Ok(())
}

fn assert_reads(read: &dyn Read, model: &Model, key: Key) {
    let expected = model.get(&key).cloned();
    let (space, stored) = (SPACES[key.0], stored(key));
    assert_eq!(shared(read, space, &stored), expected);
    assert_eq!(read.get_vec(space, &stored).unwrap(), expected);
    assert_eq!(read.exists(space, &stored).unwrap(), expected.is_some());
    if space == Space::Index {
        assert_head(read, model, stored[0], usize::from(key.1));
    }
    assert_answer(read, model, key.1 % 4);
}

/// Half of the values there are, and one part of the index, in one piece.
fn made(read: &dyn Read, half: u8) -> crm_core::error::Result<Vec<u8>> {
    let mut all = Vec::new();
    for space in [Space::Record, Space::Total] {
        for key in (half..20).step_by(2) {
            let value = read.get_shared(space, &[key], open)?;
            all.extend(value.iter().flat_map(|value| &value.bytes));
        }
    }
    let head = read.head(Space::Index, &[half], usize::MAX, open)?;
    for (key, part) in head.entries() {
        all.extend(key);
        all.extend(&head.memory().bytes[part]);
    }
    Ok(all)
}

/// An answer is made of the state that is read, whoever has made it.
fn assert_answer(read: &dyn Read, model: &Model, question: u8) {
    let half = question % 2;
    let make = |read: &dyn Read| {
        let made = made(read, half)?;
        let bytes = made.len();
        Ok((Arc::new(made) as Answer, bytes))
    };
    let answer = read.answer(&[question], &make).unwrap();
    let found = match answer {
        Some(answer) => answer.downcast_ref::<Vec<u8>>().unwrap().clone(),
        None => made(read, half).unwrap(),
    };
    let is_asked_for = |(space, key): Key| match SPACES[space] {
        Space::Index => key / 7 == half,
        _ => key >= half && (key - half).is_multiple_of(2),
    };
    let asked_for = model.iter().filter(|(key, _)| is_asked_for(**key));
    let expected = asked_for.flat_map(|(key, value)| {
        let of_index = SPACES[key.0] == Space::Index;
        let key = if of_index { stored(*key) } else { Vec::new() };
        [key, value.clone()].concat()
    });
    assert_eq!(found, expected.collect::<Vec<u8>>());
}

/// The first entries of the index, and what is left behind them.
fn assert_head(read: &dyn Read, model: &Model, prefix: u8, entries: usize) {
    let index = model.iter().filter(|((space, _), _)| *space == 2);
    let expected: Entries = index
        .map(|(key, value)| (stored(*key), value.clone()))
        .filter(|(key, _)| key.starts_with(&[prefix]))
        .collect();
    let head = read.head(Space::Index, &[prefix], entries, open).unwrap();
    let found: Entries = head
        .entries()
        .map(|(key, part)| (key.to_vec(), head.memory().bytes[part].to_vec()))
        .collect();
    assert_eq!(found.len(), head.len());
    assert!(found.len() >= entries.min(expected.len()));
    assert_eq!(found, expected[..found.len()]);
    assert_eq!(head.is_whole(), found.len() == expected.len());
    assert_eq!(
        collect(read, &KeyRange::prefix(Space::Index, &[prefix])),
        expected
    );
}

fn readers_get_the_values_of_their_states(cache_bytes: usize, steps: &[Step]) {
    let mut storage = Arc::new(FaultyStorage::new(MemoryStorage::new()));
    let committer = Committer::with_cache(
        Arc::<FaultyStorage<_>>::clone(&storage),
        (),
        cache(cache_bytes),
    )
    .unwrap();
    let mut newest = Model::new();
    let mut held: Vec<(Arc<Published<()>>, Model)> = vec![(committer.read(), newest.clone())];
    for step in steps {
        match step {
            Step::Commit(writes) => {
                committer.write(|txn, ()| write(txn, writes)).unwrap();
                apply(&mut newest, writes);
            }
            Step::Hold => held.push((committer.read(), newest.clone())),
            Step::Read(which, key) => {
                let (published, model) = which.get(&held);
                assert_reads(&*published.snapshot, model, *key);
                assert_reads(&*published.stored, model, *key);
                assert_reads(&*committer.read().snapshot, &newest, *key);
            }
            Step::ReadOwn(writes, key) => {
                let mut own = newest.clone();
                apply(&mut own, writes);
                let undone = committer.write(|txn, ()| {
                    write(txn, writes)?;
                    assert_reads(txn, &own, *key);
                    Err::<(), _>(Detail::Cancelled.into())
                });
                assert_eq!(undone.unwrap_err().code(), Code::Cancelled);
            }
            Step::Maintain => committer.maintain(|storage| storage.checkpoint()).unwrap(),
            Step::Replace(writes) => {
                storage.fail_after(0, Failure::Forever, Detail::Io("simulated".to_owned()));
                committer.write(|txn, ()| write(txn, writes)).unwrap_err();
                storage.heal();
                storage = Arc::new(FaultyStorage::new(MemoryStorage::new()));
                newest = Model::new();
                for ((space, key), _) in writes {
                    newest.insert((*space, *key), bytes(99));
                    let put = puts(
                        SPACES[*space],
                        [(&stored((*space, *key))[..], &bytes(99)[..])],
                    );
                    storage.commit(&put).unwrap();
                }
                let other = Arc::<FaultyStorage<_>>::clone(&storage);
                committer.replace(other, ()).unwrap();
            }
        }
    }
}

proptest! {
    #[test]
    fn readers_get_the_values_of_their_states_from_a_small_cache(
        steps in prop::collection::vec(step(), 0..200),
    ) {
        readers_get_the_values_of_their_states(SMALL, &steps);
    }

    #[test]
    fn readers_get_the_values_of_their_states_from_a_large_cache(
        steps in prop::collection::vec(step(), 0..200),
    ) {
        readers_get_the_values_of_their_states(LARGE, &steps);
    }
}

/// Every commit gives all keys the same value: a reader that sees two values sees two states.
fn nobody_sees_two_states(fixture: &Fixture, cache_bytes: usize) {
    const KEYS: u8 = 30;
    const COMMITS: u64 = 150;
    let committer =
        Committer::with_cache(Arc::clone(&fixture.storage), (), cache(cache_bytes)).unwrap();
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let mut before = 0;
                let mut held = committer.read();
                while !done.load(Ordering::Acquire) {
                    let published = committer.read();
                    // One who looks at the newest state and one who comes back to an older one.
                    for published in [&published, &held] {
                        let number = published.sequence;
                        let expected = (number > 0).then(|| number.to_be_bytes().to_vec());
                        for key in 0..KEYS {
                            let found = shared(&*published.snapshot, Space::Record, &[key]);
                            assert_eq!(found, expected);
                        }
                    }
                    assert!(published.sequence >= before);
                    before = published.sequence;
                    if before % 3 == 0 {
                        held = published;
                    }
                }
            });
        }
        for number in 1..=COMMITS {
            let write = committer.write(|txn, ()| {
                (0..KEYS).try_for_each(|key| txn.put(Space::Record, [key], number.to_be_bytes()))
            });
            write.unwrap();
        }
        done.store(true, Ordering::Release);
    });
}

#[test]
fn nobody_sees_two_states_in_a_small_cache() {
    nobody_sees_two_states(&Fixture::memory(), SMALL);
}

#[test]
fn nobody_sees_two_states_in_a_large_cache() {
    nobody_sees_two_states(&Fixture::memory(), LARGE);
}

#[cfg(feature = "redb")]
#[test]
fn nobody_sees_two_states_of_a_file() {
    nobody_sees_two_states(&Fixture::redb(), LARGE);
}

/// A storage with so many values of 1,000 bytes, and how often it was read.
struct Counted {
    storage: Arc<FaultyStorage<MemoryStorage>>,
    committer: Committer<()>,
}

impl Counted {
    fn new(values: u32, cache_bytes: usize) -> Self {
        let storage = Arc::new(FaultyStorage::new(MemoryStorage::new()));
        for key in 0..values {
            let put = puts(Space::Record, [(&key.to_be_bytes()[..], &[1; 1_000][..])]);
            storage.commit(&put).unwrap();
        }
        let shared = Arc::<FaultyStorage<_>>::clone(&storage);
        let committer = Committer::with_cache(shared, (), cache(cache_bytes)).unwrap();
        Counted { storage, committer }
    }

    /// Reads some values; returns how many of them came from the storage.
    fn read(&self, keys: impl IntoIterator<Item = u32>) -> u64 {
        let before = self.storage.operations();
        let published = self.committer.read();
        for key in keys {
            let found = shared(&*published.snapshot, Space::Record, &key.to_be_bytes());
            assert_eq!(found.map(|value| value.len()), Some(1_000));
        }
        self.storage.operations() - before
    }
}

#[test]
fn what_was_read_is_not_read_again() {
    let counted = Counted::new(100, LARGE);
    assert_eq!(counted.read(0..100), 100);
    assert_eq!(counted.read(0..100), 0);
    // A look finds it, too.
    let before = counted.storage.operations();
    let published = counted.committer.read();
    let exists = published
        .snapshot
        .exists(Space::Record, &7_u32.to_be_bytes());
    assert!(exists.unwrap());
    assert_eq!(counted.storage.operations(), before);
    // Only what a commit changes is read anew.
    let change = |txn: &mut crm_core::store::Transaction<'_>| {
        txn.put(Space::Record, 7_u32.to_be_bytes(), [2; 1_000])
    };
    counted.committer.write(|txn, ()| change(txn)).unwrap();
    assert_eq!(counted.read(0..100), 1);
    counted.committer.maintain(|_| Ok(())).unwrap();
    assert_eq!(counted.read(0..100), 0);
}

#[test]
fn the_cache_keeps_to_its_bound_and_to_what_is_read_often() {
    const FIT: u64 = 64;
    let counted = Counted::new(2_000, FIT as usize * 1_000);
    assert_eq!(counted.read(0..2_000), 2_000);
    // What a second round finds is less than what fits.
    assert!(counted.read(0..2_000) >= 2_000 - FIT);
    // One that is read again and again stays, however many others come by.
    counted.read([7]);
    let of_it: u64 = (0..2_000)
        .map(|key| {
            counted.read([key]);
            counted.read([7])
        })
        .sum();
    assert!(of_it <= 1, "read {of_it} times");
}

#[test]
fn a_head_is_read_once_until_one_of_its_keys_changes() {
    let storage = Arc::new(FaultyStorage::new(MemoryStorage::new()));
    let committer =
        Committer::with_cache(Arc::<FaultyStorage<_>>::clone(&storage), (), cache(LARGE)).unwrap();
    let put = |prefix: u8, key: u8| {
        let put = committer.write(|txn, ()| txn.put(Space::Index, [prefix, key], [key]));
        put.unwrap();
    };
    (100..200).for_each(|key| put(1, key));
    // The first key of a head of at least so many entries, and how often the storage was read for it.
    let head = |published: &Published<()>, entries: usize| {
        let before = storage.operations();
        let head = published
            .snapshot
            .head(Space::Index, &[1], entries, open)
            .unwrap();
        assert!(head.len() >= entries.min(100));
        let first = head.entries().next().map(|(key, _)| key[1]);
        (first.unwrap(), storage.operations() - before)
    };
    let old = committer.read();
    assert_eq!(head(&old, 10), (100, 1));
    assert_eq!(head(&old, 10), (100, 0));
    assert_eq!(head(&old, 51), (100, 0));
    // One who wants more reads more, and all that there is says so.
    assert_eq!(head(&old, 90), (100, 1));
    assert_eq!(head(&old, 1_000), (100, 1));
    assert_eq!(head(&old, 2_000), (100, 0));
    put(2, 0);
    assert_eq!(head(&committer.read(), 10), (100, 0));
    put(1, 50);
    assert_eq!(head(&committer.read(), 10), (50, 1));
    assert_eq!(head(&committer.read(), 10), (50, 0));
    // The old state is as it was, and leaves nothing to the new one.
    assert_eq!(head(&old, 10), (100, 1));
    assert_eq!(head(&committer.read(), 10), (50, 0));
}

/// A committer on a storage with three values, of which answers are made.
fn with_values() -> Committer<()> {
    let storage = Arc::new(MemoryStorage::new());
    let values: [(&[u8], &[u8]); 3] = [(b"a", b"1"), (b"b", b"2"), (b"c", b"3")];
    storage.commit(&puts(Space::Record, values)).unwrap();
    Committer::with_cache(storage, (), cache(LARGE)).unwrap()
}

/// The values of `a` and of `b`; says whether they had to be read.
fn a_and_b(read: &dyn Read) -> (Vec<u8>, bool) {
    let is_made = AtomicBool::new(false);
    let make = |read: &dyn Read| {
        is_made.store(true, Ordering::Relaxed);
        let values = [b"a", b"b"].map(|key| shared(read, Space::Record, key));
        let values: Vec<u8> = values.into_iter().flatten().flatten().collect();
        Ok((Arc::new(values) as Answer, 2))
    };
    let answer = read.answer(b"a and b", &make).unwrap().unwrap();
    let values = answer.downcast_ref::<Vec<u8>>().unwrap().clone();
    (values, is_made.into_inner())
}

#[test]
fn an_answer_is_made_once_until_what_it_is_made_of_changes() {
    let committer = with_values();
    let put = |key: &[u8], value: u8| {
        let put = committer.write(|txn, ()| txn.put(Space::Record, key, [value]));
        put.unwrap();
    };
    let old = committer.read();
    assert_eq!(a_and_b(&*old.snapshot), (b"12".to_vec(), true));
    assert_eq!(a_and_b(&*old.snapshot), (b"12".to_vec(), false));
    put(b"c", b'4');
    assert_eq!(
        a_and_b(&*committer.read().snapshot),
        (b"12".to_vec(), false)
    );
    put(b"b", b'5');
    let newest = committer.read();
    assert_eq!(a_and_b(&*newest.snapshot), (b"15".to_vec(), true));
    // The old state makes its own, and leaves nothing to the new one.
    assert_eq!(a_and_b(&*old.snapshot), (b"12".to_vec(), true));
    assert_eq!(a_and_b(&*newest.snapshot), (b"15".to_vec(), false));
    // What was not there is a part of the answer, too.
    let delete = committer.write(|txn, ()| {
        txn.delete(Space::Record, b"a");
        Ok(())
    });
    delete.unwrap();
    assert_eq!(a_and_b(&*committer.read().snapshot), (b"5".to_vec(), true));
    put(b"a", b'6');
    assert_eq!(a_and_b(&*committer.read().snapshot), (b"65".to_vec(), true));
}

#[test]
fn an_answer_to_what_commits_do_not_tell_of_is_not_kept() {
    let committer = with_values();
    let published = committer.read();
    let scanned = |read: &dyn Read| {
        let entries = collect(read, &KeyRange::all(Space::Record));
        Ok((Arc::new(entries.len()) as Answer, 8))
    };
    let answer = || {
        let answer = published.snapshot.answer(b"how many", &scanned).unwrap();
        answer.unwrap()
    };
    assert_eq!(answer().downcast_ref::<usize>(), Some(&3));
    assert!(!Arc::ptr_eq(&answer(), &answer()));
    // Nor is one that does not fit.
    let large = |_: &dyn Read| Ok((Arc::new(()) as Answer, LARGE));
    let answer = || {
        published
            .snapshot
            .answer(b"large", &large)
            .unwrap()
            .unwrap()
    };
    let first = answer();
    assert!(!Arc::ptr_eq(&first, &answer()));
    // A transaction answers from what it has written itself, and keeps nothing.
    let own = committer.write(|txn, ()| {
        assert!(txn.answer(b"how many", &scanned)?.is_none());
        Ok(())
    });
    own.unwrap();
}

#[test]
fn answers_keep_to_their_bound_and_to_what_is_asked_often() {
    let committer = with_values();
    let published = committer.read();
    let answer = |question: u16| {
        let make = |_: &dyn Read| Ok((Arc::new(question) as Answer, 1_000));
        let answer = published.snapshot.answer(&question.to_be_bytes(), &make);
        answer.unwrap().unwrap()
    };
    let first = answer(0);
    let second = answer(1);
    for question in 2..500 {
        answer(question);
        assert!(Arc::ptr_eq(&first, &answer(0)), "after {question}");
    }
    assert!(!Arc::ptr_eq(&second, &answer(1)));
}

#[test]
fn without_a_cache_everything_is_read() {
    let counted = Counted::new(10, 0);
    assert_eq!(counted.read(0..10), 10);
    assert_eq!(counted.read(0..10), 10);
}

#[test]
fn what_is_not_sound_is_not_kept() {
    let storage = Arc::new(MemoryStorage::new());
    storage
        .commit(&puts(Space::Record, [(&b"a"[..], &[0xDA][..])]))
        .unwrap();
    let committer = Committer::with_cache(storage, (), cache(LARGE)).unwrap();
    let published = committer.read();
    for _ in 0..2 {
        let error = published.snapshot.get_shared(Space::Record, b"a", open);
        assert_eq!(error.unwrap_err().code(), Code::Corrupt);
    }
    let own = committer.write(|txn, ()| {
        txn.put(Space::Record, *b"b", [0xDA])?;
        txn.get_shared(Space::Record, b"b", open)
    });
    assert_eq!(own.unwrap_err().code(), Code::Corrupt);
}
