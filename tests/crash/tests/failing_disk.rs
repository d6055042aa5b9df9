//! A disk that fails, once or from then on, at each operation of a workload.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on should say where"
)]

use std::io;
use std::sync::Arc;

use crm_core::{Code, Company, Crm, Error};
use crm_crash::{Device, Fault, Workload, clock, options};
use crm_model::driver::is_of_the_store;

const CALLS: usize = 24;
const PATH: &str = "/failing.crm";

/// Opens the database on a disk and works on it. `Err` has what failed and how many calls went well.
fn work(device: &Device, journal_bytes: usize) -> Result<Crm, Box<(Option<Crm>, usize, Error)>> {
    let clock = clock(0);
    let opened = options(&clock)
        .disk(Arc::new(device.clone()))
        .journal_bytes(journal_bytes)
        .open(PATH);
    let crm = opened.map_err(|error| Box::new((None, 0, error)))?;
    let mut workload = Workload::new(crm.clone(), clock, 5);
    for done in 0..CALLS {
        if let Err(error) = workload.step() {
            return Err(Box::new((Some(crm), done, error)));
        }
    }
    Ok(crm)
}

/// The number of the last commit after each call on a disk that does not fail, and how many operations of the
/// disk that takes.
fn sound_run(journal_bytes: usize) -> (Vec<u64>, u64) {
    let device = Device::default();
    let clock = clock(0);
    let crm = options(&clock)
        .disk(Arc::new(device.clone()))
        .journal_bytes(journal_bytes)
        .open(PATH)
        .unwrap();
    let mut workload = Workload::new(crm.clone(), clock, 5);
    let mut sequences = vec![crm.sequence()];
    for _ in 0..CALLS {
        workload.step().unwrap();
        sequences.push(crm.sequence());
    }
    crm.close().unwrap();
    (sequences, device.calls())
}

#[test]
fn a_failure_at_any_operation_is_an_error_and_nothing_is_lost_or_half_done() {
    fail_everywhere(0);
}

#[test]
fn so_it_is_with_a_journal_that_is_soon_full() {
    fail_everywhere(24 << 10);
}

#[test]
fn so_it_is_with_a_journal_that_is_never_full() {
    fail_everywhere(4 << 20);
}

fn fail_everywhere(journal_bytes: usize) {
    let (sequences, calls) = sound_run(journal_bytes);
    let mut failures = 0;
    for call in 1..=calls {
        for (forever, kind) in [
            (false, io::ErrorKind::Other),
            (true, io::ErrorKind::StorageFull),
        ] {
            let device = Device::default();
            device.fail(Some(Fault {
                call,
                forever,
                kind,
            }));
            let worked = work(&device, journal_bytes);
            device.fail(None);
            let (crm, done, error) = match worked {
                // The operation that fails is one of closing.
                Ok(crm) => (Some(crm), CALLS, None),
                Err(failed) => (failed.0, failed.1, Some(failed.2)),
            };
            if let Some(error) = &error {
                failures += 1;
                assert!(is_of_the_store(error), "operation {call}: {error:?}");
                let expected = [Code::Io, Code::Full, Code::NeedsReopen];
                assert!(
                    expected.contains(&error.code()),
                    "operation {call}: {error:?}"
                );
            }
            let crm = match crm {
                Some(crm) => {
                    crm.reopen()
                        .unwrap_or_else(|error| panic!("operation {call}: {error:?}"));
                    crm
                }
                None => options(&clock(900))
                    .disk(Arc::new(device.clone()))
                    .open(PATH)
                    .unwrap_or_else(|error| panic!("operation {call}: {error:?}")),
            };
            let report = crm.check().unwrap();
            assert!(report.is_sound(), "operation {call}: {:?}", report.findings);
            let sequence = crm.sequence();
            // Before the first call a file is made, which has commits of its own.
            let least = if done == 0 { 0 } else { sequences[done] };
            let most = sequences.get(done + 1).copied().unwrap_or(u64::MAX);
            assert!(
                (least..=most).contains(&sequence),
                "operation {call}: {sequence} is not in {least}..={most}"
            );
            // It goes on.
            crm.create(Company::draft().name("Afterwards")).unwrap();
            assert!(crm.check().unwrap().is_sound(), "operation {call}");
        }
    }
    assert!(failures > 50, "{failures} failures are no test");
}

#[test]
fn a_full_disk_with_a_journal_can_be_opened_and_read_and_has_room_for_a_purge() {
    let device = Device::default();
    let open = |device: &Device, day, journal_bytes| {
        let options = options(&clock(day)).disk(Arc::new(device.clone()));
        options.journal_bytes(journal_bytes).open(PATH)
    };
    let crm = open(&device, 0, 4 << 20).unwrap();
    let made: Vec<_> = (0..30)
        .map(|n| {
            crm.create(Company::draft().name(format!("Company {n}")))
                .unwrap()
        })
        .collect();
    let crashed = device.image();
    for journal_bytes in [0, 32 << 10, 4 << 20] {
        let device = Device::of(crashed.clone());
        device.fill(true);
        let crm = open(&device, 900, journal_bytes).unwrap();
        assert_eq!(crm.count("company", "").unwrap(), 30);
        let saved = (0..10_000).find_map(|n| {
            let saved = crm.create(Company::draft().name(format!("More {n}")));
            saved.err().map(|error| (n, error))
        });
        let (saved, error) = saved.unwrap();
        assert_eq!(error.code(), Code::Full, "{error}");
        crm.reopen().unwrap();
        assert_eq!(crm.count("company", "").unwrap(), 30 + saved);
        // What is not there any more takes no room: a purge goes to the room that the journal has.
        let device = Device::of(crashed.clone());
        device.fill(true);
        let crm = open(&device, 900, 4 << 20).unwrap();
        crm.purge(made[0]).unwrap();
        assert_eq!(crm.count("company", "").unwrap(), 29);
        device.fill(false);
        crm.compact(&mut |_| std::ops::ControlFlow::Continue(()))
            .unwrap();
        assert!(crm.check().unwrap().is_sound());
        crm.close().unwrap();
        assert_eq!(device.image().len(), 1);
    }
}
