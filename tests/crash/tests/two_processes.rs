//! Two processes on one path of a simulated disk: whoever of them goes on before each operation on a name or a lock is
//! drawn by lot.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on should say where"
)]

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use crm_core::Code;
use crm_core::store::{KeyRange, Options, Overlay, RedbStorage, Space, Storage};
use crm_crash::{Device, Turns};

const PATH: &str = "/shared.crm";
/// How many orders are tried; more by the environment.
const ORDERS: &str = "CRM_CRASH_ORDERS";

fn orders() -> u64 {
    let orders = std::env::var(ORDERS).ok();
    orders.and_then(|orders| orders.parse().ok()).unwrap_or(400)
}

fn options(device: &Device, journal_bytes: usize) -> Options {
    Options {
        cache_bytes: 64 << 10,
        journal_bytes,
        disk: Arc::new(device.clone()),
        ..Options::default()
    }
}

/// What a process does with a file that it has opened.
#[derive(Clone, Copy)]
enum Then {
    Saves,
    Compacts,
    Dies,
}

/// Opens, saves and closes so often; returns the keys that were acknowledged.
fn work(device: &Device, process: u8, journal_bytes: usize, then: Then) -> Vec<[u8; 2]> {
    let mut acknowledged = Vec::new();
    for round in 0..3 {
        let storage = match RedbStorage::open(Path::new(PATH), options(device, journal_bytes)) {
            Ok(storage) => storage,
            Err(error) if error.code() == Code::Locked => continue,
            Err(error) => panic!("process {process}: {error}"),
        };
        let key = [process, round];
        let mut changes = Overlay::new();
        changes.put(Space::Record, key, *b"saved");
        storage.commit(&changes).unwrap();
        acknowledged.push(key);
        match then {
            Then::Saves => {}
            Then::Compacts => storage.compact(&mut |_| ControlFlow::Continue(())).unwrap(),
            Then::Dies if round == 1 => {
                device.die(storage);
                return acknowledged;
            }
            Then::Dies => {}
        }
        storage.close().unwrap();
    }
    acknowledged
}

fn keys(storage: &RedbStorage) -> Vec<Vec<u8>> {
    let mut keys = Vec::new();
    let all = KeyRange::all(Space::Record);
    let snapshot = storage.snapshot().unwrap();
    let scanned = snapshot.scan(&all, &mut |key, _| {
        keys.push(key.to_vec());
        ControlFlow::Continue(())
    });
    scanned.unwrap();
    keys
}

#[test]
fn in_whatever_order_two_processes_go_on_nothing_is_lost() {
    let pairs = [
        [Then::Saves, Then::Saves],
        [Then::Compacts, Then::Saves],
        [Then::Compacts, Then::Compacts],
        [Then::Dies, Then::Compacts],
    ];
    let (mut steps, mut saves) = (0, 0);
    for seed in 0..orders() {
        let device = Device::default();
        let turns = Turns::of(2, seed);
        let pair = pairs[seed as usize % pairs.len()];
        let journal_bytes = [4 << 20, 0][seed as usize / pairs.len() % 2];
        let acknowledged: Vec<[u8; 2]> = std::thread::scope(|scope| {
            let processes = [0, 1].map(|process| {
                let (turns, then) = (turns[process].clone(), pair[process]);
                let device = device.of_process(turns.clone());
                scope.spawn(move || {
                    let _end = End(turns.clone());
                    turns.wait();
                    work(&device, process as u8, journal_bytes, then)
                })
            });
            processes
                .into_iter()
                .flat_map(|process| process.join().unwrap_or_else(|_| panic!("seed {seed}")))
                .collect()
        });
        steps += turns[0].steps();
        saves += acknowledged.len();
        let storage = RedbStorage::open(Path::new(PATH), options(&device, 4 << 20))
            .unwrap_or_else(|error| panic!("seed {seed}: {error}"));
        let there = keys(&storage);
        for key in acknowledged {
            assert!(
                there.contains(&key.to_vec()),
                "seed {seed}: {key:?} is lost"
            );
        }
        storage.close().unwrap();
        let names: Vec<_> = device.image().into_keys().collect();
        assert_eq!(names, [Path::new(PATH)], "seed {seed}");
    }
    println!(
        "trust orders: {} orders of 2 processes on one path, {steps} operations on names and locks, {saves} saves, 0 lost",
        orders()
    );
}

/// Ends the turns of a process, also where it panics.
struct End(Turns);

impl Drop for End {
    fn drop(&mut self) {
        self.0.end();
    }
}
