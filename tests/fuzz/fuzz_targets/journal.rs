//! The journal of a database that was not closed. Changed, it gives the state after some of its commits or is
//! refused; a frame with any changes and a true digest is applied or refused.
#![no_main]

use std::path::Path;

use crm_core::{Code, Company, Query};
use crm_fuzz::{Input, assert_sound, disk};
use libfuzzer_sys::fuzz_target;
use sha2::{Digest, Sha256};

fuzz_target!(init: std::panic::set_hook(Box::new(|_| ())), |data: &[u8]| {
    let mut input = Input(data);
    match input.u8() % 2 {
        0 => changed(&mut input),
        _ => sealed(input.0),
    }
});

fn changed(input: &mut Input<'_>) {
    let mut image = disk::open_at_a_crash();
    let journal = image
        .get_mut(Path::new(disk::JOURNAL))
        .expect("the journal");
    while !input.is_empty() {
        let at = input.u32() as usize % journal.len().max(1);
        match input.u8() {
            0 => journal.truncate(at),
            1 => journal.resize(at, 0),
            bit if bit < 64 => {
                if let Some(byte) = journal.get_mut(at) {
                    *byte ^= 1 << (bit % 8);
                }
            }
            _ => disk::overlay(journal, at, input.take(8)),
        }
    }
    match disk::open(image) {
        Ok(crm) => {
            let companies = crm
                .list::<Company>(Query::default())
                .expect("the companies");
            let names = companies
                .rows
                .iter()
                .filter_map(|row| row.name().map(str::to_owned));
            let names: Vec<String> = names.collect();
            let expected = disk::names();
            assert!(expected.starts_with(&names), "{names:?} was never a state");
            assert_sound(&crm);
        }
        Err(error) => assert_eq!(error.code(), Code::Corrupt, "{error}"),
    }
}

/// A frame that follows the database's state and has the given changes, as `store/redb/journal.rs` describes it.
fn sealed(changes: &[u8]) {
    let mut image = disk::open_at_a_crash();
    let journal = image
        .get_mut(Path::new(disk::JOURNAL))
        .expect("the journal");
    let before: [u8; 24] = journal[8..32]
        .try_into()
        .expect("the tip before the first frame");
    let head = [b"CRMJ", &(changes.len() as u32).to_le_bytes()[..], &before].concat();
    let digest = Sha256::new()
        .chain_update(&head)
        .chain_update(changes)
        .finalize();
    *journal = [&head, &digest[..16], changes].concat();
    if let Ok(crm) = disk::open(image) {
        let _ = crm.check();
        let _ = crm.list::<Company>(Query::default());
        let _ = crm.create(Company::draft().name("One more"));
    }
}
