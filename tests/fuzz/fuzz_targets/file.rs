//! A database file with some of its bytes changed, cut or grown: it opens or is refused, and each read ends with an
//! answer or a typed error.
#![no_main]

use std::path::Path;

use crm_core::{Company, Query};
use crm_fuzz::{Input, disk};
use libfuzzer_sys::fuzz_target;

// The store catches what redb panics with at a damaged page, which the fuzzer would take for a failure.
fuzz_target!(init: std::panic::set_hook(Box::new(|_| ())), |data: &[u8]| {
    let mut input = Input(data);
    let mut image = disk::closed();
    let file = image.get_mut(Path::new(disk::FILE)).expect("the file");
    // The first bytes are most often changed: the header, of which there are two copies in the first page.
    while !input.is_empty() {
        let at = match input.u8() % 4 {
            0 => usize::from(input.u8()),
            1 => usize::from(input.u16()),
            _ => input.u32() as usize,
        } % file.len().max(1);
        match input.u8() {
            0 => file.truncate(at),
            1 => file.resize(file.len() + at % 8_192, input.u8()),
            2 => file[at..].iter_mut().take(16).for_each(|byte| *byte = 0),
            bit if bit < 128 => {
                if let Some(byte) = file.get_mut(at) {
                    *byte ^= 1 << (bit % 8);
                }
            }
            _ => disk::overlay(file, at, input.take(8)),
        }
    }
    if let Ok(crm) = disk::open(image) {
        let _ = crm.check();
        let _ = crm.list::<Company>(Query::default());
        let _ = crm.create(Company::draft().name("One more"));
        let _ = crm.close();
    }
});
