//! Layers, transactions and backends against a plain map that does the same.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use crm_core::Code;
use crm_core::limits::KEY_BYTES_MAX;
use crm_core::store::{
    KeyRange, Layered, MemoryStorage, Overlay, Read, Space, Storage, Transaction,
};
use proptest::prelude::*;

use crate::{Entries, collect, put, value};

type Model = BTreeMap<Vec<u8>, Vec<u8>>;
type Writes = Vec<(Vec<u8>, Option<u8>)>;

#[derive(Debug, Clone)]
enum Step {
    Write(Vec<u8>, Option<u8>),
    Savepoint,
    /// To one of the savepoints so far.
    Rollback(prop::sample::Index),
}

/// Few and short, so that layers often say something about the same key.
fn key() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop::sample::select(vec![0, 1, b'a', 0xFE, 0xFF]);
    prop::collection::vec(byte, 0..3)
}

fn write() -> impl Strategy<Value = (Vec<u8>, Option<u8>)> {
    (key(), any::<Option<u8>>())
}

fn writes() -> impl Strategy<Value = Writes> {
    prop::collection::vec(write(), 0..20)
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => write().prop_map(|(key, value)| Step::Write(key, value)),
        1 => Just(Step::Savepoint),
        1 => any::<prop::sample::Index>().prop_map(Step::Rollback),
    ]
}

fn range() -> impl Strategy<Value = KeyRange> {
    (key(), prop::option::of(key()), any::<bool>()).prop_map(|(start, end, reverse)| KeyRange {
        space: Space::Index,
        start,
        end,
        reverse,
    })
}

fn overlay(writes: &Writes) -> Overlay {
    let mut overlay = Overlay::new();
    for (key, change) in writes {
        match change {
            Some(value) => overlay.put(Space::Index, key.clone(), [*value]),
            None => overlay.delete(Space::Index, key.clone()),
        }
    }
    overlay
}

fn apply(model: &mut Model, key: &[u8], change: Option<u8>) {
    match change {
        Some(value) => model.insert(key.to_vec(), vec![value]),
        None => model.remove(key),
    };
}

fn expected(model: &Model, range: &KeyRange) -> Entries {
    let entries = model.iter().filter(|(key, _)| range.contains(key));
    let mut entries: Entries = entries.map(|(k, v)| (k.clone(), v.clone())).collect();
    if range.reverse {
        entries.reverse();
    }
    entries
}

fn agrees(read: &dyn Read, model: &Model, ranges: &[KeyRange], stop_after: usize) {
    for range in ranges {
        let mut expected = expected(model, range);
        assert_eq!(collect(read, range), expected, "{range:?}");
        expected.truncate(stop_after);
        let mut seen = Vec::new();
        read.scan(range, &mut |key, value| {
            seen.push((key.to_vec(), value.to_vec()));
            if seen.len() == stop_after {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        })
        .unwrap();
        assert_eq!(seen, expected, "stopped after {stop_after}: {range:?}");
        let start = read.get_vec(Space::Index, &range.start).unwrap();
        assert_eq!(start.as_ref(), model.get(&range.start));
    }
}

#[derive(Debug, Clone)]
struct Case {
    stored: Vec<Writes>,
    layers: Vec<Writes>,
    steps: Vec<Step>,
    ranges: Vec<KeyRange>,
    stop_after: usize,
}

fn case() -> impl Strategy<Value = Case> {
    let stored = prop::collection::vec(writes(), 0..4);
    let layers = prop::collection::vec(writes(), 0..3);
    let steps = prop::collection::vec(step(), 0..40);
    let ranges = prop::collection::vec(range(), 1..8);
    (stored, layers, steps, ranges, 1..6_usize).prop_map(
        |(stored, layers, steps, ranges, stop_after)| Case {
            stored,
            layers,
            steps,
            ranges,
            stop_after,
        },
    )
}

fn check(storage: &dyn Storage, case: &Case) {
    let mut model = Model::new();
    for writes in &case.stored {
        storage.commit(&overlay(writes)).unwrap();
        for (key, change) in writes {
            apply(&mut model, key, *change);
        }
    }
    let snapshot = storage.snapshot().unwrap();
    agrees(&*snapshot, &model, &case.ranges, case.stop_after);

    let layers: Vec<Overlay> = case.layers.iter().map(overlay).collect();
    for (key, change) in case.layers.iter().flatten() {
        apply(&mut model, key, *change);
    }
    let layered = Layered::new(layers.iter().rev(), &*snapshot);
    agrees(&layered, &model, &case.ranges, case.stop_after);

    let mut transaction = Transaction::over(layered);
    let mut savepoints = Vec::new();
    for step in &case.steps {
        match step {
            Step::Write(key, change) => {
                apply(&mut model, key, *change);
                match change {
                    Some(value) => transaction
                        .put(Space::Index, key.clone(), [*value])
                        .unwrap(),
                    None => transaction.delete(Space::Index, key.clone()),
                }
            }
            Step::Savepoint => savepoints.push((transaction.savepoint(), model.clone())),
            Step::Rollback(which) if !savepoints.is_empty() => {
                savepoints.truncate(which.index(savepoints.len()) + 1);
                let (savepoint, before) = savepoints.last().unwrap();
                transaction.rollback_to(*savepoint);
                model.clone_from(before);
            }
            Step::Rollback(_) => {}
        }
    }
    agrees(&transaction, &model, &case.ranges, case.stop_after);

    let mut group = Overlay::new();
    let own = transaction.into_changes();
    for layer in layers {
        group.merge_from(layer);
    }
    group.merge_from(own);
    storage.commit(&group).unwrap();
    let snapshot = storage.snapshot().unwrap();
    agrees(&*snapshot, &model, &case.ranges, case.stop_after);
}

proptest! {
    #[test]
    fn memory_and_layers_agree_with_a_map(case in case()) {
        check(&MemoryStorage::new(), &case);
    }
}

#[cfg(feature = "redb")]
proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn redb_and_layers_agree_with_a_map(case in case()) {
        let disk = redb::backends::InMemoryBackend::new();
        let storage = crm_core::store::RedbStorage::with_backend(disk, Default::default());
        check(&storage.unwrap(), &case);
    }
}

/// Changes that follow each other with no key between them are written in another way than the others.
#[cfg(feature = "redb")]
#[test]
fn large_commits_to_redb_agree_with_a_map() {
    let disk = redb::backends::InMemoryBackend::new();
    let storage = crm_core::store::RedbStorage::with_backend(disk, Default::default()).unwrap();
    let mut model = Model::new();
    let mut seed = 7_u32;
    let mut random = move |below: u32| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 8) % below
    };
    for round in 0..24_u8 {
        let mut changes = Overlay::new();
        for _ in 0..40 {
            let (start, step) = (random(40_000), 1 + random(3));
            let put = (random(4) > 0).then_some(round);
            for key in (0..1 + random(60)).map(|n| start + n * step) {
                apply(&mut model, &key.to_be_bytes(), put);
                match put {
                    Some(value) => changes.put(Space::Index, key.to_be_bytes(), [value]),
                    None => changes.delete(Space::Index, key.to_be_bytes()),
                }
            }
        }
        storage.commit(&changes).unwrap();
        let all = [KeyRange::all(Space::Index)];
        agrees(&*storage.snapshot().unwrap(), &model, &all, usize::MAX);
    }
    assert!(model.len() > 5_000, "{}", model.len());
}

/// Keys and values of many lengths, in one storage; earlier snapshots stay as they were.
fn large_tree_agrees_with_a_map(storage: &dyn Storage) {
    let mut model = Model::new();
    let mut seed = 7_u32;
    let mut random = move || {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 12) as usize
    };
    let key = |number: usize| {
        let mut key = (number as u32).to_be_bytes().to_vec();
        key.resize(4 + number % 7 * 20, b'k');
        key
    };
    let mut earlier = Vec::new();
    for round in 0..60 {
        let mut changes = Overlay::new();
        for _ in 0..300 {
            let (key, value) = (key(random() % 9_000), random());
            if random().is_multiple_of(3) {
                model.remove(&key);
                changes.delete(Space::Index, key);
                continue;
            }
            let len = [0, 1, 30, 256, 257, 900][value % 6];
            model.insert(key.clone(), vec![value as u8; len]);
            changes.put(Space::Index, key, vec![value as u8; len]);
        }
        storage.commit(&changes).unwrap();
        if round % 20 == 0 {
            earlier.push((storage.snapshot().unwrap(), model.clone()));
        }
    }
    let part = KeyRange::new(Space::Index, key(1_000), key(7_777));
    let all = KeyRange::all(Space::Index);
    let ranges = [all.clone(), all.reversed(), part.clone(), part.reversed()];
    earlier.push((storage.snapshot().unwrap(), model));
    for (snapshot, model) in earlier {
        agrees(&*snapshot, &model, &ranges, 100);
        for number in 0..9_000 {
            let key = key(number);
            let found = snapshot.get_vec(Space::Index, &key).unwrap();
            assert_eq!(found.as_ref(), model.get(&key));
        }
    }
}

#[test]
fn a_large_tree_agrees_with_a_map() {
    large_tree_agrees_with_a_map(&MemoryStorage::new());
}

/// What the journal holds is a tree over the file.
#[cfg(feature = "redb")]
#[test]
fn a_large_tree_over_a_file_agrees_with_a_map() {
    large_tree_agrees_with_a_map(&*crate::Fixture::redb().storage);
}

#[test]
fn a_key_that_is_too_long_is_refused() {
    let snapshot = MemoryStorage::new().snapshot().unwrap();
    let mut transaction = Transaction::new(&*snapshot);
    let longest = vec![b'x'; KEY_BYTES_MAX];
    transaction.put(Space::Record, longest, *b"1").unwrap();
    let too_long = vec![b'x'; KEY_BYTES_MAX + 1];
    let error = transaction.put(Space::Record, too_long, *b"1").unwrap_err();
    assert_eq!(error.code(), Code::Limit);
    assert_eq!(transaction.changes().len(), 1);
}

#[test]
fn a_rolled_back_transaction_is_empty_again() {
    let storage: Arc<dyn Storage> = Arc::new(MemoryStorage::new());
    put(&*storage, b"a", b"1");
    let snapshot = storage.snapshot().unwrap();
    let mut transaction = Transaction::new(&*snapshot);
    let start = transaction.savepoint();
    transaction.delete(Space::Record, *b"a");
    transaction.put(Space::Log, *b"x", *b"1").unwrap();
    assert_eq!(transaction.changes().len(), 2);
    transaction.rollback_to(start);
    assert!(transaction.changes().is_empty());
    assert_eq!(value(&transaction, b"a"), Some(b"1".to_vec()));
}
