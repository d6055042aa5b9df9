//! The storage in one file: locking, reopening, rewriting, copying, full disks.

use std::io;
use std::ops::ControlFlow;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crm_core::store::{
    Committer, GoOn, KeyRange, MemoryStorage, Options, Overlay, RedbStorage, Snapshot, Space,
    Storage,
};
use crm_core::{Code, Detail};
use redb::StorageBackend;
use redb::backends::InMemoryBackend;

use crate::{Entries, collect, put, value};

fn open(path: &Path) -> RedbStorage {
    RedbStorage::open(path, Options::default()).unwrap()
}

fn code<T>(result: crm_core::Result<T>) -> Option<Code> {
    result.err().map(|error| error.code())
}

fn go_on(_: u64) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

fn cancel(_: u64) -> ControlFlow<()> {
    ControlFlow::Break(())
}

fn everything(snapshot: &dyn Snapshot) -> Vec<Entries> {
    let spaces = Space::ALL.into_iter();
    spaces
        .map(|space| collect(snapshot, &KeyRange::all(space)))
        .collect()
}

/// Several thousand entries in every space, written in an order that leaves pages half full.
fn fill(storage: &dyn Storage) {
    for round in 0..4_u32 {
        let mut changes = Overlay::new();
        for space in Space::ALL {
            for i in 0..500_u32 {
                let key = (i * 4 + round).wrapping_mul(2_654_435_761).to_be_bytes();
                changes.put(space, key, vec![round as u8; 40 + (i % 50) as usize]);
            }
        }
        storage.commit(&changes).unwrap();
    }
}

#[test]
fn what_was_committed_is_there_after_reopening() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("book.crm");
    let storage = open(&path);
    fill(&storage);
    let before = everything(&*storage.snapshot().unwrap());
    storage.close().unwrap();
    assert!(everything(&*open(&path).snapshot().unwrap()) == before);
}

#[test]
fn a_comparison_of_checksums_ends_when_it_is_told_to() {
    let directory = tempfile::tempdir().unwrap();
    let storage = open(&directory.path().join("book.crm"));
    fill(&storage);
    storage.checkpoint().unwrap();
    let pages = Arc::new(AtomicU64::new(0));
    // Lets so many pages be read.
    let verify = |most: u64| {
        let pages = Arc::clone(&pages);
        pages.store(0, Ordering::Relaxed);
        let go_on: GoOn = Arc::new(move || match pages.fetch_add(1, Ordering::Relaxed) {
            page if page < most => Ok(()),
            _ => Err(Detail::Cancelled.into()),
        });
        code(storage.verify(Some(&go_on)))
    };
    assert_eq!(verify(u64::MAX), None);
    let all = pages.load(Ordering::Relaxed);
    assert!(all > 100, "{all} pages are read");
    for most in [0, 1, 2, 5, 20, all / 2, all - 2] {
        assert_eq!(verify(most), Some(Code::Cancelled), "after {most} pages");
        let read = pages.load(Ordering::Relaxed);
        assert!(read <= most + 20, "{read} pages are asked for after {most}");
    }
    fill(&storage);
    assert_eq!(verify(u64::MAX), None);
}

#[test]
fn closing_releases_the_file_under_held_snapshots() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("book.crm");
    let storage = open(&path);
    fill(&storage);
    // What is in memory could still be read.
    storage.checkpoint().unwrap();
    let held = storage.snapshot().unwrap();
    storage.close().unwrap();
    storage.close().unwrap();
    let reopened = open(&path);
    assert_eq!(code(storage.commit(&Overlay::new())), Some(Code::Closed));
    assert_eq!(code(storage.snapshot()), Some(Code::Closed));
    let read = held.scan(&KeyRange::all(Space::Text), &mut |_, _| {
        ControlFlow::Continue(())
    });
    assert_eq!(code(read), Some(Code::Closed));
    drop(reopened);
}

#[test]
fn a_second_handle_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("book.crm");
    let storage = open(&path);
    let error = RedbStorage::open(&path, Options::default()).err().unwrap();
    assert_eq!(error.code(), Code::Locked);
    assert!(error.to_string().contains("book.crm"), "{error}");
    drop(storage);
    open(&path);
}

const CHILD_PATH: &str = "CRM_CORE_TEST_CHILD_PATH";
const CHILD_ROLE: &str = "CRM_CORE_TEST_CHILD_ROLE";

/// Runs `in_another_process` in a process of its own.
fn child(path: &Path, role: &str) -> Output {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "file::in_another_process", "--nocapture"])
        .env(CHILD_PATH, path)
        .env(CHILD_ROLE, role)
        .output();
    output.unwrap()
}

/// Does nothing in an ordinary run.
#[test]
fn in_another_process() {
    let Some(path) = std::env::var_os(CHILD_PATH) else {
        return;
    };
    let opened = RedbStorage::open(&path, Options::default());
    match std::env::var(CHILD_ROLE).unwrap().as_str() {
        "try" => match opened {
            Ok(_) => println!("opened"),
            Err(error) => println!("refused: {}", error.code().name()),
        },
        "crash" => {
            let storage = opened.unwrap();
            for i in 0..20_u8 {
                put(&storage, &[i], &[i]);
            }
            std::process::abort();
        }
        role => panic!("unknown role {role}"),
    }
}

#[test]
fn another_process_is_refused_while_the_file_is_open() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("book.crm");
    let said = |role| String::from_utf8(child(&path, role).stdout).unwrap();
    let storage = open(&path);
    assert!(said("try").contains("refused: locked"));
    put(&storage, b"a", b"1");
    storage.compact(&mut go_on).unwrap();
    assert!(said("try").contains("refused: locked"));
    storage.close().unwrap();
    assert!(said("try").contains("opened"));
}

#[test]
fn a_crash_loses_nothing_that_was_acknowledged() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("book.crm");
    assert!(!child(&path, "crash").status.success());
    let snapshot = open(&path).snapshot().unwrap();
    assert_eq!(collect(&*snapshot, &KeyRange::all(Space::Record)).len(), 20);
}

#[test]
fn a_file_is_sparse_until_it_is_written_densely_and_not_again_for_a_little_more() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("book.crm");
    let storage = open(&path);
    assert!(!storage.is_sparse().unwrap());
    let (mut all, mut most) = (Overlay::new(), Overlay::new());
    for i in 0..8_000_u32 {
        all.put(Space::Record, i.to_be_bytes(), vec![7; 1_000]);
        if i % 4 != 0 {
            most.delete(Space::Record, i.to_be_bytes());
        }
    }
    storage.commit(&all).unwrap();
    storage.commit(&most).unwrap();
    storage.checkpoint().unwrap();
    assert!(storage.is_sparse().unwrap());
    // What it knows of its entries is in the file.
    storage.close().unwrap();
    let storage = open(&path);
    assert!(storage.is_sparse().unwrap());
    storage.compact(&mut go_on).unwrap();
    assert!(!storage.is_sparse().unwrap());
    let dense = storage.stats().unwrap().file_bytes;
    assert!(dense < 3 << 20, "{dense}");
    // redb doubles the file.
    put(&storage, b"one more", b"1");
    storage.checkpoint().unwrap();
    assert!(!storage.is_sparse().unwrap());
    storage.commit(&all).unwrap();
    storage.commit(&most).unwrap();
    storage.checkpoint().unwrap();
    assert!(!storage.is_sparse().unwrap(), "as many as before");
}

#[test]
fn compacting_shrinks_the_file_and_keeps_the_rest() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("book.crm");
    let half_done = || {
        let names = std::fs::read_dir(directory.path()).unwrap();
        let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name.contains(".compacting")).count()
    };
    // Commits that the journal had brought together would leave fuller pages.
    let options = Options {
        journal_bytes: 0,
        ..Options::default()
    };
    let storage = RedbStorage::open(&path, options).unwrap();
    fill(&storage);
    let before = everything(&*storage.snapshot().unwrap());
    let held = storage.snapshot().unwrap();
    let file_bytes = storage.stats().unwrap().file_bytes;

    assert_eq!(code(storage.compact(&mut cancel)), Some(Code::Cancelled));
    assert_eq!(half_done(), 0);
    assert_eq!(storage.stats().unwrap().file_bytes, file_bytes);

    let mut copied = 0;
    storage
        .compact(&mut |entries| {
            copied = entries;
            ControlFlow::Continue(())
        })
        .unwrap();
    assert!(copied > 0);
    assert_eq!(half_done(), 0);
    assert!(storage.stats().unwrap().file_bytes < file_bytes / 2);
    put(&storage, b"later", b"1");
    assert!(everything(&*held) == before);
    assert_eq!(
        value(&*storage.snapshot().unwrap(), b"later"),
        Some(b"1".to_vec())
    );
    storage.close().unwrap();

    let storage = open(&path);
    let mut without_later = Overlay::new();
    without_later.delete(Space::Record, *b"later");
    storage.commit(&without_later).unwrap();
    assert!(everything(&*storage.snapshot().unwrap()) == before);
}

#[test]
fn a_backup_is_the_state_of_its_snapshot() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("book.crm");
    let copy = directory.path().join("copy.crm");
    let committer = Committer::new(Arc::new(open(&path)), ()).unwrap();
    for i in 0..3_000_u32 {
        if i % 1_000 == 0 {
            let write = committer.write(|transaction, ()| {
                (i..i + 1_000).try_for_each(|i| transaction.put(Space::Log, i.to_be_bytes(), *b"x"))
            });
            write.unwrap();
        }
    }
    let published = committer.read();
    let before = everything(&*published.snapshot);

    let cancelled = RedbStorage::backup(&*published.snapshot, &copy, &mut cancel);
    assert_eq!(code(cancelled), Some(Code::Cancelled));
    assert!(!copy.exists());
    RedbStorage::backup(&*published.snapshot, &copy, &mut |_| {
        let write = committer.write(|transaction, ()| transaction.put(Space::Log, *b"y", *b"y"));
        write.unwrap();
        ControlFlow::Continue(())
    })
    .unwrap();
    assert!(everything(&*open(&copy).snapshot().unwrap()) == before);
    assert!(committer.read().snapshot.exists(Space::Log, b"y").unwrap());

    for taken in [&copy, &path] {
        let refused = RedbStorage::backup(&*published.snapshot, taken, &mut go_on);
        assert_eq!(code(refused), Some(Code::Io));
    }
    assert!(everything(&*open(&copy).snapshot().unwrap()) == before);
}

#[test]
fn a_memory_storage_can_be_kept() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("book.crm");
    let memory = MemoryStorage::new();
    fill(&memory);
    let snapshot = memory.snapshot().unwrap();
    RedbStorage::backup(&*snapshot, &path, &mut go_on).unwrap();
    assert!(everything(&*open(&path).snapshot().unwrap()) == everything(&*snapshot));
}

#[test]
fn what_cannot_be_opened_says_why() {
    let directory = tempfile::tempdir().unwrap();
    let try_open = |path: &Path| code(RedbStorage::open(path, Options::default()));
    assert_eq!(try_open(directory.path()), Some(Code::Io));
    assert_eq!(
        try_open(&directory.path().join("no/such/folder")),
        Some(Code::Io)
    );
    let other = directory.path().join("letter.txt");
    std::fs::write(&other, "Dear Sir or Madam, ".repeat(1_000)).unwrap();
    assert_eq!(try_open(&other), Some(Code::Corrupt));
}

/// A disk whose contents outlive the database on it, and which can be full.
#[derive(Debug, Clone, Default)]
struct Disk(Arc<DiskState>);

#[derive(Debug)]
struct DiskState {
    bytes: InMemoryBackend,
    full: AtomicBool,
}

impl Default for DiskState {
    fn default() -> Self {
        DiskState {
            bytes: InMemoryBackend::new(),
            full: AtomicBool::new(false),
        }
    }
}

impl Disk {
    fn check(&self) -> io::Result<()> {
        if self.0.full.load(Ordering::SeqCst) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        Ok(())
    }
}

impl StorageBackend for Disk {
    fn len(&self) -> io::Result<u64> {
        self.0.bytes.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.0.bytes.read(offset, out)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.check()?;
        self.0.bytes.set_len(len)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.0.bytes.sync_data()
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.check()?;
        self.0.bytes.write(offset, data)
    }
}

#[test]
fn a_full_disk_needs_a_reopen_and_keeps_what_was_there() {
    let disk = Disk::default();
    let mount = || RedbStorage::with_backend(disk.clone(), Options::default()).unwrap();
    let committer = Committer::new(Arc::new(mount()), 0_u8).unwrap();
    let put = |key: u8| {
        committer.write(|transaction, extra| {
            *extra = key;
            transaction.put(Space::Record, [key], vec![key; 10_000])
        })
    };
    put(1).unwrap();
    disk.0.full.store(true, Ordering::SeqCst);
    assert_eq!(code(put(2)), Some(Code::Full));
    disk.0.full.store(false, Ordering::SeqCst);
    assert_eq!(code(put(3)), Some(Code::NeedsReopen));
    let published = committer.read();
    assert!(value(&*published.snapshot, &[1]).is_some());
    assert_eq!(published.extra, 1);

    // The file is released in any case; that it could not be closed in good order is no news.
    assert_eq!(code(committer.close()), Some(Code::NeedsReopen));
    committer.replace(Arc::new(mount()), 1).unwrap();
    put(4).unwrap();
    let snapshot = &committer.read().snapshot;
    let there = [1, 2, 3, 4].map(|key| value(&**snapshot, &[key]).is_some());
    assert_eq!(there, [true, false, false, true]);
}

#[test]
fn a_crash_needs_no_repair_that_reads_the_whole_file() {
    let disk = Disk::default();
    let storage = RedbStorage::with_backend(disk.clone(), Options::default()).unwrap();
    fill(&storage);
    // Never closed, as in a crash.
    std::mem::forget(storage);
    let repaired = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&repaired);
    let opened = redb::Builder::new()
        .set_repair_callback(move |_| seen.store(true, Ordering::SeqCst))
        .create_with_backend(disk);
    drop(opened.unwrap());
    assert!(!repaired.load(Ordering::SeqCst));
}
