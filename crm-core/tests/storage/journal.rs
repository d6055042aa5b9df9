//! The journal beside the file: when it is there, what a crash leaves in it, and what does not belong to the file.

use std::fs;
use std::path::{Path, PathBuf};

use crm_core::Code;
use crm_core::store::{KeyRange, Options, Overlay, RedbStorage, Space, Storage};

use crate::{collect, put, value};

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Folder(tempfile::tempdir().unwrap())
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }
}

fn journal_of(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push("-journal");
    name.into()
}

fn open(path: &Path) -> RedbStorage {
    RedbStorage::open(path, Options::default()).unwrap()
}

fn open_with(path: &Path, journal_bytes: usize) -> RedbStorage {
    let options = Options {
        journal_bytes,
        ..Options::default()
    };
    RedbStorage::open(path, options).unwrap()
}

/// What a crash would leave now, under another name.
fn crash(path: &Path, to: &Path) {
    fs::copy(path, to).unwrap();
    fs::copy(journal_of(path), journal_of(to)).unwrap();
}

fn keys(storage: &RedbStorage) -> Vec<u8> {
    let entries = collect(&*storage.snapshot().unwrap(), &KeyRange::all(Space::Record));
    entries.iter().map(|(key, _)| key[0]).collect()
}

fn put_all(storage: &RedbStorage, keys: std::ops::Range<u8>) {
    keys.for_each(|key| put(storage, &[key], &[key; 300]));
}

#[test]
fn whoever_only_reads_leaves_none_and_whoever_closes_leaves_none() {
    let folder = Folder::new();
    let path = folder.file("book.crm");
    let storage = open(&path);
    assert!(keys(&storage).is_empty());
    assert!(!journal_of(&path).exists());
    put_all(&storage, 0..5);
    assert!(journal_of(&path).exists());
    storage.close().unwrap();
    assert!(!journal_of(&path).exists());

    let storage = open(&path);
    put_all(&storage, 5..7);
    let held = storage.snapshot().unwrap();
    drop(storage);
    assert!(!journal_of(&path).exists());
    assert_eq!(value(&*held, &[6]), Some(vec![6; 300]));
    drop(held);
    assert_eq!(keys(&open(&path)), [0, 1, 2, 3, 4, 5, 6]);
}

#[test]
fn what_a_crash_leaves_is_taken_up_with_any_journal_and_with_none() {
    let folder = Folder::new();
    let path = folder.file("book.crm");
    let storage = open(&path);
    put_all(&storage, 0..9);
    let mut without = Overlay::new();
    without.delete(Space::Record, [3]);
    storage.commit(&without).unwrap();
    for journal_bytes in [0, 1 << 14, 4 << 20] {
        let copy = folder.file(&format!("copy{journal_bytes}.crm"));
        crash(&path, &copy);
        let opened = open_with(&copy, journal_bytes);
        assert_eq!(keys(&opened), [0, 1, 2, 4, 5, 6, 7, 8]);
        assert_eq!(journal_of(&copy).exists(), journal_bytes > 0);
        put(&opened, &[9], b"later");
        opened.close().unwrap();
        assert!(!journal_of(&copy).exists());
        assert_eq!(keys(&open(&copy)), [0, 1, 2, 4, 5, 6, 7, 8, 9]);
    }
}

#[test]
fn a_journal_goes_on_only_from_the_state_that_it_was_written_on() {
    let folder = Folder::new();
    let path = folder.file("book.crm");
    let storage = open(&path);
    put_all(&storage, 0..3);
    storage.checkpoint().unwrap();
    let old = folder.file("old.crm");
    fs::copy(&path, &old).unwrap();
    put_all(&storage, 3..5);

    // The same round of the journal: the older copy is brought up to it.
    let brought_up = folder.file("brought_up.crm");
    fs::copy(&old, &brought_up).unwrap();
    fs::copy(journal_of(&path), journal_of(&brought_up)).unwrap();
    assert_eq!(keys(&open(&brought_up)), [0, 1, 2, 3, 4]);

    // A later round, which begins where the older copy has not been.
    storage.checkpoint().unwrap();
    put_all(&storage, 5..7);
    let other = folder.file("other.crm");
    put_all(&open(&other), 50..53);
    let backup = folder.file("backup.crm");
    RedbStorage::backup(&*storage.snapshot().unwrap(), &backup, &mut |_| {
        std::ops::ControlFlow::Continue(())
    })
    .unwrap();
    for stranger in [&old, &other, &backup] {
        fs::copy(journal_of(&path), journal_of(stranger)).unwrap();
        let before = (fs::read(stranger).unwrap(), fs::read(journal_of(stranger)));
        let error = RedbStorage::open(stranger, Options::default())
            .err()
            .unwrap();
        assert_eq!(error.code(), Code::Invalid);
        assert!(error.to_string().contains("-journal"), "{error}");
        assert!(fs::read(journal_of(stranger)).unwrap() == before.1.unwrap());
        let options = Options {
            discard_journal: true,
            ..Options::default()
        };
        RedbStorage::open(stranger, options).unwrap();
    }
    // One that was left by a crash, and whose commits a file has that has gone on without a journal since.
    let left = folder.file("left.crm");
    crash(&path, &left);
    let journal = fs::read(journal_of(&left)).unwrap();
    put(&open_with(&left, 0), &[99], b"without");
    fs::write(journal_of(&left), journal).unwrap();
    assert_eq!(keys(&open(&left)), [0, 1, 2, 3, 4, 5, 6, 99]);
}

#[test]
fn it_does_not_grow_beyond_its_bound() {
    let folder = Folder::new();
    let path = folder.file("book.crm");
    let storage = open_with(&path, 1 << 20);
    let mut before = Vec::new();
    for round in 0..600_u32 {
        let mut changes = Overlay::new();
        changes.put(Space::Record, [(round % 200) as u8], vec![1; 5_000]);
        storage.commit(&changes).unwrap();
        before = keys(&storage);
    }
    // A large one, which is never in the journal.
    put(&storage, &[255], &vec![7; 3 << 20]);
    assert!(fs::metadata(journal_of(&path)).unwrap().len() <= 1 << 20);
    before.push(255);
    assert_eq!(keys(&storage), before);
    let copy = folder.file("copy.crm");
    crash(&path, &copy);
    assert_eq!(keys(&open(&copy)), before);
}

/// Each frame of these is shorter than a page.
#[test]
fn damage_before_the_last_frame_is_an_error_and_in_the_last_a_torn_end() {
    let folder = Folder::new();
    let (path, copy) = (folder.file("book.crm"), folder.file("copy.crm"));
    let storage = open(&path);
    put_all(&storage, 0..5);
    for frame in 0..5 {
        for at in [0, 5, 9, 20, 40, 100] {
            crash(&path, &copy);
            let mut journal = fs::read(journal_of(&copy)).unwrap();
            journal[frame * 4_096 + at] ^= 0x10;
            fs::write(journal_of(&copy), &journal).unwrap();
            let opened = RedbStorage::open(&copy, Options::default());
            if frame == 4 {
                assert_eq!(keys(&opened.unwrap()), [0, 1, 2, 3]);
            } else {
                assert_eq!(opened.err().unwrap().code(), Code::Corrupt, "{frame}, {at}");
                assert!(journal_of(&copy).exists(), "it is left for a salvage");
            }
            fs::remove_file(&copy).unwrap();
        }
    }
}
