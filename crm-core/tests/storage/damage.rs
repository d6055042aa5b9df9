//! Damaged files: every one gives its contents or a typed error, never a panic.

use std::fs;
use std::ops::ControlFlow;
use std::path::Path;

use crm_core::store::{KeyRange, Options, Overlay, RedbStorage, Space, Storage};
use crm_core::{Code, Result};

/// A file of a few hundred pages in every space.
fn sound_file(path: &Path) -> Vec<u8> {
    let storage = RedbStorage::open(path, Options::default()).unwrap();
    for round in 0..3_u32 {
        let mut changes = Overlay::new();
        for space in Space::ALL {
            for i in 0..200_u32 {
                let key = (i * 3 + round).wrapping_mul(2_654_435_761).to_be_bytes();
                changes.put(space, key, vec![i as u8; 50]);
            }
        }
        storage.commit(&changes).unwrap();
    }
    storage.close().unwrap();
    fs::read(path).unwrap()
}

/// Opens the file and touches all of it.
fn use_it(path: &Path, verify: bool) -> Result<u64> {
    let options = Options {
        verify,
        ..Options::default()
    };
    let storage = RedbStorage::open(path, options)?;
    let snapshot = storage.snapshot()?;
    let mut entries = 0;
    for space in Space::ALL {
        for range in [KeyRange::all(space), KeyRange::all(space).reversed()] {
            snapshot.scan(&range, &mut |_, _| {
                entries += 1;
                ControlFlow::Continue(())
            })?;
        }
        for key in 0..50_u32 {
            snapshot.exists(space, &key.wrapping_mul(2_654_435_761).to_be_bytes())?;
        }
    }
    let mut changes = Overlay::new();
    for space in Space::ALL {
        changes.put(space, *b"new", *b"1");
        changes.delete(space, 3_u32.to_be_bytes());
    }
    storage.stats()?;
    storage.commit(&changes)?;
    storage.close()?;
    Ok(entries)
}

fn is_typed(result: Result<u64>, what: &str) -> bool {
    let Err(error) = result else { return false };
    let expected = [
        Code::Corrupt,
        Code::NeedsReopen,
        Code::NewerFormat,
        Code::Io,
    ];
    assert!(expected.contains(&error.code()), "{what}: {error}");
    true
}

#[test]
fn flipped_bytes_give_typed_errors() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("book.crm");
    let sound = sound_file(&path);
    let mut seed = 1_u32;
    let mut next = |below: usize| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 8) as usize % below
    };
    let mut errors = 0;
    for round in 0..300 {
        let mut damaged = sound.clone();
        // The header and the heads of pages, where lengths and page numbers are, as often as the rest.
        let page = next(sound.len() / 4_096) * 4_096;
        let at = match round % 3 {
            0 => next(512),
            1 => page + next(64),
            _ => page + next(4_096),
        };
        let bytes = 1 + next(4);
        for byte in &mut damaged[at..at + bytes] {
            *byte ^= 1 + next(255) as u8;
        }
        fs::write(&path, &damaged).unwrap();
        let verify = round % 2 == 0;
        errors += u32::from(is_typed(
            use_it(&path, verify),
            &format!("{bytes} bytes at {at}"),
        ));
    }
    assert!(errors > 50, "only {errors} of the damages were met");
}

#[test]
fn a_truncated_file_gives_typed_errors() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("book.crm");
    let sound = sound_file(&path);
    let step = sound.len() / 40;
    let lengths = [1, 100, 319, 4_095, 4_096].into_iter();
    for length in lengths.chain((1..40).map(|i| i * step)) {
        fs::write(&path, &sound[..length]).unwrap();
        assert!(is_typed(use_it(&path, false), &format!("{length} bytes")));
    }
}

#[test]
fn verifying_finds_every_damage_in_the_data() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("book.crm");
    let sound = sound_file(&path);
    fs::write(&path, &sound).unwrap();
    let entries = use_it(&path, true).unwrap();
    for round in 0..40 {
        let mut damaged = sound.clone();
        damaged[4_096 + (round * 7_919 * 13) % (sound.len() - 4_096)] ^= 0x40;
        fs::write(&path, &damaged).unwrap();
        // A page may be free, or what it held could be made anew.
        match use_it(&path, true) {
            Ok(seen) => assert_eq!(seen, entries),
            Err(error) => assert_eq!(error.code(), Code::Corrupt, "{error}"),
        }
    }
}
