//! Files that are found and replaced by name: who has which name when, and what happens where others interfere.

use std::fs;
use std::ops::ControlFlow;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};

use crm_core::store::{KeyRange, Options, RedbStorage, Space, Storage};
use crm_core::{Code, Company, Crm, Error};

use crate::{collect, put};

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Folder(tempfile::tempdir().unwrap())
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn names(&self) -> Vec<String> {
        let names = fs::read_dir(self.0.path()).unwrap();
        let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.collect();
        names.sort();
        names
    }

    /// The file whose name begins so.
    fn beginning(&self, begin: &str) -> Option<PathBuf> {
        let names = self.names();
        let name = names.iter().find(|name| name.starts_with(begin));
        name.map(|name| self.file(name))
    }

    /// A file with nothing in it, and its journal with 20 commits, as a crash leaves them.
    fn crashed(&self) -> PathBuf {
        let path = self.file("book.crm");
        child(&path, "save");
        path
    }
}

fn journal_of(path: &Path) -> PathBuf {
    format!("{}-journal", path.display()).into()
}

fn open(path: &Path) -> RedbStorage {
    RedbStorage::open(path, Options::default()).unwrap()
}

fn refused(path: &Path) -> Error {
    let opened = RedbStorage::open(path, Options::default());
    opened.err().unwrap()
}

fn discarding(path: &Path) -> RedbStorage {
    let options = Options {
        discard_journal: true,
        ..Options::default()
    };
    RedbStorage::open(path, options).unwrap()
}

fn keys(storage: &RedbStorage) -> Vec<u8> {
    let entries = collect(&*storage.snapshot().unwrap(), &KeyRange::all(Space::Record));
    entries.iter().map(|(key, _)| key[0]).collect()
}

fn keys_at(path: &Path) -> Vec<u8> {
    keys(&open(path))
}

fn twenty() -> Vec<u8> {
    (0..20).collect()
}

fn go_on(_: u64) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

fn code<T>(result: crm_core::Result<T>) -> Option<Code> {
    result.err().map(|error| error.code())
}

const CHILD_PATH: &str = "CRM_CORE_TEST_NAMES_PATH";
const CHILD_ROLE: &str = "CRM_CORE_TEST_NAMES_ROLE";

/// A process that commits to a file twenty times, and aborts.
fn child(path: &Path, role: &str) {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "names::in_another_process", "--nocapture"])
        .env(CHILD_PATH, path)
        .env(CHILD_ROLE, role)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("twenty are acknowledged"), "{output:?}");
}

/// Does nothing in an ordinary run.
#[test]
fn in_another_process() {
    let Some(path) = std::env::var_os(CHILD_PATH) else {
        return;
    };
    let (path, role) = (PathBuf::from(path), std::env::var(CHILD_ROLE).unwrap());
    let storage = if role == "relative" {
        std::env::set_current_dir(path.parent().unwrap()).unwrap();
        let storage = open(Path::new(path.file_name().unwrap()));
        std::env::set_current_dir("/").unwrap();
        storage
    } else {
        open(&path)
    };
    for key in twenty() {
        put(&storage, &[key], &[key; 300]);
    }
    if role == "move" {
        fs::rename(&path, path.with_file_name("moved.crm")).unwrap();
    }
    println!("\ntwenty are acknowledged");
    std::process::abort();
}

#[test]
fn whoever_opens_while_another_compacts_gets_the_file_that_has_the_name() {
    let folder = Folder::new();
    let path = folder.file("book.crm");
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        // As another process does: each handle has a lock of its own.
        let openers = [0, 1].map(|opener| {
            let (done, path) = (&done, &path);
            scope.spawn(move || {
                let mut saved = 0_u32;
                while !done.load(Ordering::Relaxed) {
                    match RedbStorage::open(path, Options::default()) {
                        Ok(storage) => {
                            let key = [&[opener][..], &saved.to_be_bytes()].concat();
                            put(&storage, &key, b"saved");
                            storage.close().unwrap();
                            saved += 1;
                        }
                        Err(error) => assert_eq!(error.code(), Code::Locked, "{error}"),
                    }
                }
                saved
            })
        });
        let mut rounds = 0_u32;
        while rounds < 25 {
            let storage = match RedbStorage::open(&path, Options::default()) {
                Ok(storage) => storage,
                Err(error) => {
                    assert_eq!(error.code(), Code::Locked, "{error}");
                    continue;
                }
            };
            for _ in 0..4 {
                storage.compact(&mut go_on).unwrap();
            }
            put(&storage, &[&[9], &rounds.to_be_bytes()[..]].concat(), b"s");
            storage.close().unwrap();
            rounds += 1;
        }
        done.store(true, Ordering::Relaxed);
        let saved: u32 = openers.map(|opener| opener.join().unwrap()).iter().sum();
        let there = collect(
            &*open(&path).snapshot().unwrap(),
            &KeyRange::all(Space::Record),
        );
        assert_eq!(there.len() as u32, saved + rounds);
    });
    assert_eq!(folder.names(), ["book.crm"]);
}

#[test]
fn a_rewritten_file_that_somebody_removes_or_replaces_takes_nobodys_place() {
    for replace in [false, true] {
        let folder = Folder::new();
        let path = folder.file("book.crm");
        let storage = open(&path);
        for key in 0..200 {
            put(&storage, &[key], &[key; 9_000]);
        }
        let mut more = crm_core::store::Overlay::new();
        for key in 0..3_000_u32 {
            more.put(Space::Log, key.to_be_bytes(), *b"x");
        }
        storage.commit(&more).unwrap();
        let compacted = storage.compact(&mut |_| {
            let half = folder.beginning("book.crm.compacting");
            if let Some(half) = half.filter(|half| fs::metadata(half).unwrap().len() > 0) {
                fs::remove_file(&half).unwrap();
                if replace {
                    fs::write(&half, "").unwrap();
                }
            }
            ControlFlow::Continue(())
        });
        assert_eq!(code(compacted), Some(Code::Io));
        put(&storage, &[200], b"it goes on");
        storage.close().unwrap();
        assert_eq!(keys_at(&path).len(), 201);
    }
}

#[test]
fn of_two_backups_to_one_name_one_is_there_and_the_other_says_so() {
    let folder = Folder::new();
    let storage = open(&folder.file("book.crm"));
    let mut entries = crm_core::store::Overlay::new();
    for key in 0..3_000_u32 {
        entries.put(Space::Log, key.to_be_bytes(), *b"x");
    }
    entries.put(Space::Record, [1], *b"x");
    storage.commit(&entries).unwrap();
    let snapshot = storage.snapshot().unwrap();
    for cancelled in [true, false] {
        let to = folder.file(&format!("backup-{cancelled}.crm"));
        let mut second = None;
        let first = RedbStorage::backup(&*snapshot, &to, &mut |_| {
            second.get_or_insert_with(|| {
                RedbStorage::backup(&*snapshot, &to, &mut |_| match cancelled {
                    true => ControlFlow::Break(()),
                    false => ControlFlow::Continue(()),
                })
            });
            ControlFlow::Continue(())
        });
        let (first, second) = (code(first), code(second.unwrap()));
        let expected = if cancelled {
            (None, Some(Code::Cancelled))
        } else {
            (Some(Code::Io), None)
        };
        assert_eq!((first, second), expected);
        assert_eq!(keys_at(&to), [1]);
    }
    assert!(folder.beginning("backup-true.crm.making").is_none());
    assert!(folder.beginning("backup-false.crm.making").is_none());
}

#[test]
fn a_link_and_a_relative_path_lead_to_the_same_journal() {
    let folder = Folder::new();
    let path = folder.file("book.crm");
    let (link, to_link) = (folder.file("link.crm"), folder.file("to_link.crm"));
    symlink("book.crm", &link).unwrap();
    symlink(&link, &to_link).unwrap();
    // Through links to a file that is not there yet.
    child(&to_link, "save");
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(keys_at(&path), twenty());
    child(&path, "save");
    assert_eq!(keys_at(&link), twenty());
    child(&path, "relative");
    assert!(journal_of(&path).exists());
    assert_eq!(keys_at(&path), twenty());
}

#[test]
fn a_file_with_two_names_is_refused() {
    let folder = Folder::new();
    let (path, other) = (folder.file("book.crm"), folder.file("other.crm"));
    put(&open(&path), &[1], b"1");
    fs::hard_link(&path, &other).unwrap();
    for name in [&path, &other] {
        let error = refused(name);
        assert_eq!(error.code(), Code::Invalid);
        assert!(error.to_string().contains("hard links"), "{error}");
    }
    fs::remove_file(&path).unwrap();
    assert_eq!(keys_at(&other), [1]);
}

#[test]
fn a_file_that_is_moved_while_it_is_open_takes_no_more_and_loses_nothing() {
    let folder = Folder::new();
    let (path, moved) = (folder.file("book.crm"), folder.file("moved.crm"));
    let storage = open(&path);
    put(&storage, &[1], b"1");
    fs::rename(&path, &moved).unwrap();
    let mut more = crm_core::store::Overlay::new();
    more.put(Space::Record, [2], *b"2");
    assert_eq!(code(storage.commit(&more)), Some(Code::Io));
    let compacted = storage.compact(&mut go_on);
    assert_eq!(code(compacted), Some(Code::Io));
    assert_eq!(code(storage.close()), Some(Code::Io), "the host is told");
    assert_eq!(folder.names(), ["moved.crm"]);
    assert_eq!(keys_at(&moved), [1]);
}

#[test]
fn the_journal_of_a_file_that_was_moved_before_a_crash_is_found() {
    let folder = Folder::new();
    let moved = folder.file("moved.crm");
    child(&folder.file("book.crm"), "move");
    assert_eq!(folder.names(), ["book.crm-journal", "moved.crm"]);
    assert_eq!(keys_at(&moved), twenty());
    assert_eq!(folder.names(), ["moved.crm"]);
    // So it is for one that is moved after it, and not where it lies beside another file by then.
    let path = folder.crashed();
    fs::rename(&path, &moved).unwrap();
    fs::write(&path, "something else").unwrap();
    assert_eq!(keys_at(&moved), twenty());
    assert_eq!(
        folder.names(),
        ["book.crm", "book.crm-journal", "moved.crm"]
    );
}

#[test]
fn a_file_whose_journal_is_gone_is_refused_unless_it_may_be_missing() {
    let folder = Folder::new();
    let path = folder.crashed();
    let journal = fs::read(journal_of(&path)).unwrap();
    let (away, there) = (Folder::new(), folder.file("elsewhere.crm"));
    let copy = away.file("copy.crm");
    fs::copy(&path, &copy).unwrap();
    fs::rename(journal_of(&path), &there).unwrap();
    for file in [&copy, &path] {
        let error = refused(file);
        assert_eq!(error.code(), Code::Invalid);
        let said = error.to_string();
        assert!(said.contains("book.crm-journal"), "{said}");
        assert!(said.contains("discard_journal"), "{said}");
    }
    let storage = discarding(&copy);
    assert!(keys(&storage).is_empty());
    storage.close().unwrap();
    assert!(keys_at(&copy).is_empty());
    fs::write(journal_of(&path), journal).unwrap();
    assert_eq!(keys_at(&path), twenty());
}

#[test]
fn a_copy_without_the_journal_has_what_was_acknowledged_and_leaves_the_journal() {
    let folder = Folder::new();
    let (path, copy) = (folder.crashed(), folder.file("copy.crm"));
    fs::copy(&path, &copy).unwrap();
    let journal = fs::read(journal_of(&path)).unwrap();
    let storage = open(&copy);
    assert_eq!(keys(&storage), twenty());
    put(&storage, &[99], b"saved in the copy");
    storage.close().unwrap();
    assert!(fs::read(journal_of(&path)).unwrap() == journal);
    // It has all that the journal has, and the journal is known to it.
    fs::copy(&copy, &path).unwrap();
    assert_eq!(keys_at(&path), [twenty(), vec![99]].concat());
}

#[test]
fn a_copy_that_has_gone_on_by_itself_does_not_take_the_journal_for_its_own() {
    let folder = Folder::new();
    let path = folder.crashed();
    let journal = fs::read(journal_of(&path)).unwrap();
    let copy = folder.file("copy.crm");
    for saves in [1, 30] {
        fs::copy(&path, &copy).unwrap();
        fs::rename(journal_of(&path), folder.file("away")).unwrap();
        let storage = discarding(&copy);
        for key in 100..100 + saves {
            put(&storage, &[key], b"saved in the copy");
        }
        storage.close().unwrap();
        fs::rename(folder.file("away"), journal_of(&path)).unwrap();
        let before = fs::read(&path).unwrap();
        // Its commits have the numbers of those in the journal, and are others.
        fs::copy(&copy, &path).unwrap();
        let error = refused(&path);
        assert_eq!(error.code(), Code::Invalid);
        assert!(error.to_string().contains("book.crm-journal"), "{error}");
        assert!(fs::read(journal_of(&path)).unwrap() == journal);
        fs::write(&path, before).unwrap();
    }
    assert_eq!(keys_at(&path), twenty());
}

/// The journal and the file are of one round up to a commit, and of two from there on.
#[test]
fn a_round_that_was_forked_is_refused() {
    let folder = Folder::new();
    let (path, copy) = (folder.file("book.crm"), folder.file("copy.crm"));
    let storage = open(&path);
    put(&storage, &[1], b"both");
    fs::copy(&path, &copy).unwrap();
    fs::copy(journal_of(&path), journal_of(&copy)).unwrap();
    put(&storage, &[2], b"one");
    let journal = fs::read(journal_of(&path)).unwrap();
    storage.close().unwrap();
    let other = open(&copy);
    put(&other, &[3], b"other");
    put(&other, &[4], b"other");
    other.close().unwrap();
    fs::copy(&copy, &path).unwrap();
    fs::write(journal_of(&path), &journal).unwrap();
    assert_eq!(refused(&path).code(), Code::Invalid);
    assert!(fs::read(journal_of(&path)).unwrap() == journal);
}

#[test]
fn a_journal_of_a_database_that_had_the_name_before_is_named_and_nothing_is_made() {
    let folder = Folder::new();
    let path = folder.crashed();
    let journal = fs::read(journal_of(&path)).unwrap();
    fs::remove_file(&path).unwrap();
    let error = Crm::open(&path).err().unwrap();
    assert_eq!(error.code(), Code::Invalid);
    let said = error.to_string();
    for expected in ["book.crm-journal", "another database's", "discard_journal"] {
        assert!(said.contains(expected), "{said}");
    }
    assert!(!path.exists());
    let crm = Crm::options().discard_journal(true).open(&path).unwrap();
    crm.create(Company::draft().name("Anew")).unwrap();
    let discarded = folder.beginning("book.crm-journal-discarded-").unwrap();
    assert!(fs::read(discarded).unwrap() == journal);
    crm.close().unwrap();
    assert_eq!(Crm::open(&path).unwrap().count("company", "").unwrap(), 1);
}

#[test]
fn what_is_not_ours_is_left_alone() {
    let folder = Folder::new();
    let path = folder.file("book.crm");
    let backup = folder.file("backup.crm");
    for name in [
        "book.crm.making",
        "book.crm.compacting",
        "backup.crm.making",
    ] {
        fs::write(folder.file(name), "theirs").unwrap();
    }
    fs::write(folder.file("book.crm.compacting-theirs"), "theirs").unwrap();
    let storage = open(&path);
    put(&storage, &[1], b"1");
    storage.compact(&mut go_on).unwrap();
    RedbStorage::backup(&*storage.snapshot().unwrap(), &backup, &mut go_on).unwrap();
    storage.close().unwrap();
    let theirs = folder.names();
    let theirs: Vec<&String> = theirs
        .iter()
        .filter(|name| !["backup.crm", "book.crm"].contains(&name.as_str()))
        .collect();
    assert_eq!(theirs.len(), 4, "{theirs:?}");
    for name in theirs {
        assert_eq!(fs::read_to_string(folder.file(name)).unwrap(), "theirs");
    }

    let journal = journal_of(&path);
    fs::write(&journal, "a journal in the other sense of the word").unwrap();
    assert_eq!(refused(&path).code(), Code::Corrupt);
    fs::remove_file(&path).unwrap();
    assert_eq!(refused(&path).code(), Code::Corrupt);
    assert!(!path.exists(), "no file beside it is made");
    fs::remove_file(&journal).unwrap();
    // One that appears while the database is open.
    let storage = open(&path);
    put(&storage, &[1], b"1");
    fs::remove_file(&journal).unwrap();
    fs::write(&journal, "theirs").unwrap();
    let mut more = crm_core::store::Overlay::new();
    more.put(Space::Record, [2], *b"2");
    assert_eq!(code(storage.commit(&more)), Some(Code::Io));
    drop(storage);
    assert_eq!(fs::read_to_string(&journal).unwrap(), "theirs");
}

#[test]
fn what_a_crash_left_half_made_is_removed_when_nobody_works_on_it() {
    let folder = Folder::new();
    let path = folder.crashed();
    let id = "019ceb92-ea80-7000-8000-000000000001";
    let compacting = folder.file(&format!("book.crm.compacting-{id}"));
    fs::write(&compacting, "half").unwrap();
    open(&path).close().unwrap();
    assert_eq!(folder.names(), ["book.crm"]);

    let making = folder.file(&format!("backup.crm.making-{id}"));
    let file = fs::File::create(&making).unwrap();
    let snapshot = open(&path).snapshot().unwrap();
    RedbStorage::backup(&*snapshot, folder.file("backup.crm"), &mut go_on).unwrap();
    assert!(making.exists(), "somebody may be at it");
    fs::remove_file(folder.file("backup.crm")).unwrap();
    let yesterday = std::time::SystemTime::now() - std::time::Duration::from_secs(86_400);
    file.set_modified(yesterday).unwrap();
    RedbStorage::backup(&*snapshot, folder.file("backup.crm"), &mut go_on).unwrap();
    assert!(!making.exists());
}

#[test]
fn nothing_is_acknowledged_to_a_file_that_was_deleted() {
    let folder = Folder::new();
    let path = folder.file("sales.crm");
    let crm = Crm::open(&path).unwrap();
    crm.create(Company::draft().name("Before")).unwrap();
    fs::remove_file(&path).unwrap();
    let save = || crm.create(Company::draft().name("After"));
    let error = save().unwrap_err();
    assert_eq!(error.code(), Code::Io);
    assert!(error.to_string().contains("deleted"), "{error}");
    assert_eq!(code(save()), Some(Code::NeedsReopen));
    assert_eq!(code(crm.reopen()), Some(Code::Io), "no new one is made");
    assert!(crm.close().is_err());
    // What may be all that is left of the commits.
    assert!(journal_of(&path).exists());
}

#[test]
fn no_file_beside_a_database_may_be_read_by_more() {
    let folder = Folder::new();
    let path = folder.file("sales.crm");
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let book = folder.file("book.crm");
    drop(open(&book));
    fs::set_permissions(&book, fs::Permissions::from_mode(0o600)).unwrap();
    let storage = open(&book);
    let mut entries = crm_core::store::Overlay::new();
    for key in 0..3_000_u32 {
        entries.put(Space::Log, key.to_be_bytes(), *b"x");
    }
    storage.commit(&entries).unwrap();
    let mut seen = 0;
    let compacted = storage.compact(&mut |_| {
        let half = folder.beginning("book.crm.compacting").unwrap();
        assert_eq!(mode(&half), 0o600);
        seen += 1;
        ControlFlow::Continue(())
    });
    compacted.unwrap();
    assert!(seen > 0);
    assert_eq!(mode(&book), 0o600);

    drop(Crm::open(&path).unwrap());
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    let crm = Crm::open(&path).unwrap();
    crm.create(Company::draft().name("Acme")).unwrap();
    assert_eq!(mode(&journal_of(&path)), 0o600);
    let (base, increment) = (folder.file("base.crm"), folder.file("increment"));
    let (restored, saved) = (folder.file("restored.crm"), folder.file("saved.crm"));
    crm.backup(&base, &mut go_on).unwrap();
    crm.backup_since(0, &increment, &mut go_on).unwrap();
    let newest = crm_core::PointInTime::Newest;
    Crm::restore(&base, &[] as &[PathBuf], &restored, newest, &mut go_on).unwrap();
    crm.close().unwrap();
    Crm::salvage(&path, &saved, &mut go_on).unwrap();
    for path in [&base, &increment, &restored, &saved] {
        assert_eq!(mode(path), 0o600, "{}", path.display());
    }
    // Wider, if the file is.
    fs::set_permissions(&path, fs::Permissions::from_mode(0o664)).unwrap();
    let crm = Crm::open(&path).unwrap();
    crm.create(Company::draft().name("Open")).unwrap();
    assert_eq!(mode(&journal_of(&path)), 0o664);
    crm.compact(&mut go_on).unwrap();
    assert_eq!(mode(&path), 0o664);
}
