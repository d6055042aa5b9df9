//! What every backend must do. A new backend is one line in `on_every_backend`.

use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crm_core::store::{KeyRange, Overlay, Space, Storage, Transaction};

use crate::{collect, put, puts, value};

macro_rules! on_every_backend {
    ($($check:ident)*) => {
        mod memory { $(#[test] fn $check() { super::$check(&*crate::Fixture::memory().storage); })* }
        mod faulty_memory {
            $(#[test] fn $check() { super::$check(&*crate::Fixture::memory().faulty().storage); })*
        }
        #[cfg(feature = "redb")]
        mod redb {
            $(#[test] fn $check() {
                let fixture = crate::Fixture::redb();
                super::$check(&*fixture.storage);
            })*
        }
        #[cfg(feature = "redb")]
        mod faulty_redb {
            $(#[test] fn $check() {
                let fixture = crate::Fixture::redb().faulty();
                super::$check(&*fixture.storage);
            })*
        }
    };
}

on_every_backend! {
    a_new_storage_is_empty
    keys_are_in_byte_order
    a_scan_keeps_to_its_bounds
    a_scan_stops_when_told
    a_panic_of_the_reader_passes_through
    a_scan_resumes_where_it_stopped
    values_of_any_size
    spaces_are_apart
    a_commit_puts_and_deletes_at_once
    snapshots_never_change
    get_many_finds_and_misses
    many_entries_come_and_go
    a_transaction_reads_its_writes
    stats_count_everything
    compacting_keeps_everything
}

/// In byte order.
const KEYS: [&[u8]; 9] = [
    b"",
    b"\x00",
    b"\x00\x00",
    b"\x00\xFF",
    b"a",
    b"a\x00",
    b"b",
    b"\xFF",
    b"\xFF\xFF",
];

fn with_keys(storage: &dyn Storage) {
    let entries = KEYS.iter().rev().map(|key| (*key, *key));
    storage.commit(&puts(Space::Index, entries)).unwrap();
}

fn keys(storage: &dyn Storage, range: &KeyRange) -> Vec<Vec<u8>> {
    let entries = collect(&*storage.snapshot().unwrap(), range);
    for (key, value) in &entries {
        assert_eq!(key, value);
    }
    entries.into_iter().map(|(key, _)| key).collect()
}

fn a_new_storage_is_empty(storage: &dyn Storage) {
    let snapshot = storage.snapshot().unwrap();
    for space in Space::ALL {
        assert_eq!(collect(&*snapshot, &KeyRange::all(space)), []);
        assert!(!snapshot.exists(space, b"").unwrap());
    }
}

fn keys_are_in_byte_order(storage: &dyn Storage) {
    with_keys(storage);
    assert_eq!(keys(storage, &KeyRange::all(Space::Index)), KEYS);
    let mut backwards = keys(storage, &KeyRange::all(Space::Index).reversed());
    backwards.reverse();
    assert_eq!(backwards, KEYS);
}

fn a_scan_keeps_to_its_bounds(storage: &dyn Storage) {
    with_keys(storage);
    let mut ranges = vec![KeyRange::all(Space::Index)];
    for start in KEYS {
        ranges.push(KeyRange::starting_at(Space::Index, start));
        ranges.push(KeyRange::prefix(Space::Index, start));
        ranges.extend(KEYS.map(|end| KeyRange::new(Space::Index, start, end)));
    }
    for range in ranges {
        let expected: Vec<_> = KEYS.into_iter().filter(|key| range.contains(key)).collect();
        assert_eq!(keys(storage, &range), expected, "{range:?}");
        let mut backwards = keys(storage, &range.clone().reversed());
        backwards.reverse();
        assert_eq!(backwards, expected, "reversed {range:?}");
    }
    let prefixed = |prefix| keys(storage, &KeyRange::prefix(Space::Index, prefix));
    assert_eq!(prefixed(b"a"), [&b"a"[..], b"a\x00"]);
    assert_eq!(prefixed(b"\xFF"), [&b"\xFF"[..], b"\xFF\xFF"]);
    assert_eq!(prefixed(b"\x00\xFF"), [b"\x00\xFF"]);
}

fn a_scan_stops_when_told(storage: &dyn Storage) {
    with_keys(storage);
    let snapshot = storage.snapshot().unwrap();
    for range in [
        KeyRange::all(Space::Index),
        KeyRange::all(Space::Index).reversed(),
    ] {
        let mut visits = 0;
        let scanned = snapshot.scan(&range, &mut |_, _| {
            visits += 1;
            if visits == 3 {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        });
        scanned.unwrap();
        assert_eq!(visits, 3);
    }
}

fn a_panic_of_the_reader_passes_through(storage: &dyn Storage) {
    with_keys(storage);
    let snapshot = storage.snapshot().unwrap();
    let all = KeyRange::all(Space::Index);
    let scanned = catch_unwind(AssertUnwindSafe(|| {
        snapshot.scan(&all, &mut |_, _| panic!("a bug of the host"))
    }));
    let got = catch_unwind(AssertUnwindSafe(|| {
        snapshot.get(Space::Index, b"a", &mut |_| panic!("a bug of the host"))
    }));
    for panicked in [scanned.map(drop), got.map(drop)] {
        let panic = panicked.unwrap_err();
        assert_eq!(panic.downcast_ref(), Some(&"a bug of the host"));
    }
    assert_eq!(collect(&*snapshot, &all).len(), KEYS.len());
}

fn a_scan_resumes_where_it_stopped(storage: &dyn Storage) {
    with_keys(storage);
    for (position, key) in KEYS.into_iter().enumerate() {
        let all = KeyRange::all(Space::Index);
        let after = keys(storage, &all.clone().resumed_after(key));
        assert_eq!(after, KEYS[position + 1..]);
        let mut before = keys(storage, &all.reversed().resumed_after(key));
        before.reverse();
        assert_eq!(before, KEYS[..position]);
    }
}

fn values_of_any_size(storage: &dyn Storage) {
    let big: Vec<u8> = (0..1 << 20).map(|i: u32| (i % 251) as u8).collect();
    put(storage, b"empty", b"");
    put(storage, b"big", &big);
    let snapshot = storage.snapshot().unwrap();
    assert_eq!(value(&*snapshot, b"empty"), Some(Vec::new()));
    assert!(snapshot.exists(Space::Record, b"empty").unwrap());
    assert!(value(&*snapshot, b"big") == Some(big));
    put(storage, b"big", b"small");
    assert_eq!(
        value(&*storage.snapshot().unwrap(), b"big"),
        Some(b"small".to_vec())
    );
}

fn spaces_are_apart(storage: &dyn Storage) {
    let mut changes = Overlay::new();
    for space in Space::ALL {
        changes.put(space, *b"key", format!("{space:?}"));
    }
    storage.commit(&changes).unwrap();
    let snapshot = storage.snapshot().unwrap();
    for space in Space::ALL {
        let expected = (b"key".to_vec(), format!("{space:?}").into_bytes());
        assert_eq!(collect(&*snapshot, &KeyRange::all(space)), [expected]);
    }
}

fn a_commit_puts_and_deletes_at_once(storage: &dyn Storage) {
    put(storage, b"kept", b"1");
    put(storage, b"gone", b"1");
    let mut changes = Overlay::new();
    changes.put(Space::Record, *b"new", *b"2");
    changes.delete(Space::Record, *b"gone");
    changes.delete(Space::Record, *b"never there");
    changes.put(Space::Log, *b"why", *b"2");
    storage.commit(&changes).unwrap();
    let snapshot = storage.snapshot().unwrap();
    assert_eq!(value(&*snapshot, b"kept"), Some(b"1".to_vec()));
    assert_eq!(value(&*snapshot, b"new"), Some(b"2".to_vec()));
    assert_eq!(value(&*snapshot, b"gone"), None);
    assert!(snapshot.exists(Space::Log, b"why").unwrap());
}

fn snapshots_never_change(storage: &dyn Storage) {
    let mut held = Vec::new();
    for round in 0..20_u8 {
        let mut changes = Overlay::new();
        for key in 0..=round {
            changes.put(Space::Record, [key], [round]);
        }
        changes.delete(Space::Record, [round / 2]);
        storage.commit(&changes).unwrap();
        let snapshot = storage.snapshot().unwrap();
        let seen = collect(&*snapshot, &KeyRange::all(Space::Record));
        assert_eq!(seen.len(), usize::from(round));
        held.push((snapshot, seen));
    }
    for (snapshot, seen) in held {
        assert_eq!(collect(&*snapshot, &KeyRange::all(Space::Record)), seen);
    }
}

fn get_many_finds_and_misses(storage: &dyn Storage) {
    put(storage, b"a", b"1");
    put(storage, b"c", b"3");
    let snapshot = storage.snapshot().unwrap();
    let mut found = Vec::new();
    snapshot
        .get_many(
            Space::Record,
            &[b"a", b"b", b"c"],
            &mut |position, value| {
                found.push((position, value.map(<[u8]>::to_vec)));
            },
        )
        .unwrap();
    found.sort();
    let expected = [
        (0, Some(b"1".to_vec())),
        (1, None),
        (2, Some(b"3".to_vec())),
    ];
    assert_eq!(found, expected);
}

fn many_entries_come_and_go(storage: &dyn Storage) {
    // Spread over the key space, so that pages and nodes in the middle split and vanish.
    let key = |i: u32| i.wrapping_mul(2_654_435_761).to_be_bytes();
    let mut changes = Overlay::new();
    for i in 0..5_000 {
        changes.put(Space::Record, key(i), i.to_be_bytes());
    }
    storage.commit(&changes).unwrap();
    let mut changes = Overlay::new();
    for i in (0..5_000).filter(|i| i % 5 != 0) {
        changes.delete(Space::Record, key(i));
    }
    storage.commit(&changes).unwrap();
    let snapshot = storage.snapshot().unwrap();
    let mut expected: Vec<_> = (0..5_000)
        .step_by(5)
        .map(|i: u32| (key(i).to_vec(), i.to_be_bytes().to_vec()))
        .collect();
    expected.sort();
    assert_eq!(collect(&*snapshot, &KeyRange::all(Space::Record)), expected);
    for i in 0..5_000 {
        assert_eq!(value(&*snapshot, &key(i)).is_some(), i % 5 == 0);
    }
    let mut changes = Overlay::new();
    for (key, _) in expected {
        changes.delete(Space::Record, key);
    }
    storage.commit(&changes).unwrap();
    let snapshot = storage.snapshot().unwrap();
    assert_eq!(collect(&*snapshot, &KeyRange::all(Space::Record)), []);
}

fn a_transaction_reads_its_writes(storage: &dyn Storage) {
    put(storage, b"a", b"old");
    put(storage, b"b", b"old");
    let snapshot = storage.snapshot().unwrap();
    let mut transaction = Transaction::new(&*snapshot);
    transaction.put(Space::Record, *b"a", *b"new").unwrap();
    transaction.put(Space::Record, *b"c", *b"new").unwrap();
    transaction.delete(Space::Record, *b"b");
    assert_eq!(value(&transaction, b"a"), Some(b"new".to_vec()));
    assert_eq!(value(&transaction, b"b"), None);
    assert_eq!(
        value(&*storage.snapshot().unwrap(), b"b"),
        Some(b"old".to_vec())
    );
    storage.commit(&transaction.into_changes()).unwrap();
    let expected = [
        (b"a".to_vec(), b"new".to_vec()),
        (b"c".to_vec(), b"new".to_vec()),
    ];
    let snapshot = storage.snapshot().unwrap();
    assert_eq!(collect(&*snapshot, &KeyRange::all(Space::Record)), expected);
}

fn stats_count_everything(storage: &dyn Storage) {
    with_keys(storage);
    let stats = storage.stats().unwrap();
    assert_eq!(stats.spaces.len(), Space::ALL.len());
    for (stats, space) in stats.spaces.iter().zip(Space::ALL) {
        assert_eq!(stats.space, space);
        let entries = if space == Space::Index { KEYS.len() } else { 0 };
        assert_eq!(stats.entries, entries as u64);
        let bytes: usize = KEYS.iter().map(|key| 2 * key.len()).sum();
        assert_eq!(stats.stored_bytes > 0, entries > 0);
        assert!(entries == 0 || stats.stored_bytes >= bytes as u64);
    }
}

fn compacting_keeps_everything(storage: &dyn Storage) {
    with_keys(storage);
    let before = storage.snapshot().unwrap();
    storage.compact(&mut |_| ControlFlow::Continue(())).unwrap();
    assert_eq!(keys(storage, &KeyRange::all(Space::Index)), KEYS);
    put(storage, b"later", b"1");
    assert_eq!(collect(&*before, &KeyRange::all(Space::Record)), []);
    assert_eq!(
        collect(&*before, &KeyRange::all(Space::Index)).len(),
        KEYS.len()
    );
    assert_eq!(keys(storage, &KeyRange::all(Space::Index)), KEYS);
}
