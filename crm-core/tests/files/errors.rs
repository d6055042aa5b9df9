//! What goes wrong with files, and what is left then: everything that was acknowledged, and nothing by half.

use std::sync::Arc;

use crate::schema_support::*;
use crm_core::schema::{FieldDef, FieldType, ObjectDef};
use crm_core::store::{Failure, FaultyStorage, MemoryStorage};
use crm_core::*;

/// Work of every kind, a transaction at a time.
const WORK: [fn(&Crm) -> Result<()>; 11] = [
    |crm| {
        let rule = Rule::draft()
            .name("mark large ones")
            .object("company")
            .trigger(Trigger::Created)
            .condition("employees > 100")
            .actions(r#"[{"do": "add_tag", "tag": "large"}]"#);
        crm.create(rule).map(drop)
    },
    |crm| {
        crm.create(
            Company::draft()
                .name("Acme")
                .employees(500)
                .external_id("A"),
        )
        .map(drop)
    },
    |crm| {
        let acme = crm.find(&Query::of("company"))?.rows[0].reference();
        let person = |n: usize| {
            Change::create(
                Contact::draft()
                    .name(format!("Ada Nr{n}").as_str())
                    .company(acme.id.of()),
            )
        };
        let people: Vec<Change> = (0..5).map(person).collect();
        crm.operation("people")
            .batch(&people, Some(Keyed("people")))
            .map(drop)
    },
    |crm| {
        let acme = crm.find(&Query::of("company"))?.rows[0].reference();
        crm.update_record(acme, fields(&[("name", "Acme Ltd"), ("employees", "7")]))
            .map(drop)
    },
    |crm| {
        let visits = FieldDef::custom("visits", FieldType::Integer)
            .default("0")
            .indexed();
        crm.add_field("company", visits).map(drop)
    },
    |crm| {
        let object = ObjectDef::custom("machine", "machines").with(
            FieldDef::new(1, "serial", FieldType::Text)
                .unique()
                .search(2),
        );
        crm.add_object(object).map(drop)
    },
    |crm| {
        crm.retype_field("company", "visits", FieldType::Text, false)
            .map(drop)
    },
    |crm| {
        let person = crm.find(&Query::of("contact"))?.rows[0].reference();
        crm.delete(person).map(drop)
    },
    |crm| crm.undo("people").map(drop),
    |crm| {
        let person = crm.find(&Query::of("contact").in_trash())?.rows[0].reference();
        crm.purge(person).map(drop)
    },
    |crm| {
        let paper = crm.create(Document::draft().name("Offer"))?;
        crm.put_content(paper, &[7; 100_000])
    },
];

/// Runs the work until a failure; `Err` has the error and how many pieces of work were acknowledged.
fn run(crm: &Crm) -> std::result::Result<(), (Error, usize)> {
    for (done, work) in WORK.iter().enumerate() {
        work(crm).map_err(|error| (error, done))?;
    }
    Ok(())
}

#[test]
fn a_failure_at_any_operation_leaves_nothing_by_half() {
    // What each piece of work leaves, the last one in two transactions.
    let storage = Arc::new(MemoryStorage::new());
    let crm = options().with_storage(storage.clone()).unwrap();
    let mut states = vec![contents_of(&*storage)];
    for work in &WORK[..10] {
        work(&crm).unwrap();
        states.push(contents_of(&*storage));
    }
    let paper = crm.create(Document::draft().name("Offer")).unwrap();
    states.push(contents_of(&*storage));
    crm.put_content(paper, &[7; 100_000]).unwrap();
    states.push(contents_of(&*storage));
    drop(crm);

    for (failure, detail) in [
        (Failure::Once, Detail::Full("no space left".to_owned())),
        (Failure::Forever, Detail::Io("a bad disk".to_owned())),
    ] {
        let mut reached_end = false;
        for operations in 0.. {
            let storage = Arc::new(FaultyStorage::new(MemoryStorage::new()));
            let crm = options().with_storage(storage.clone()).unwrap();
            storage.fail_after(operations, failure, detail.clone());
            let outcome = run(&crm);
            storage.heal();
            let Err((error, done)) = outcome else {
                reached_end = true;
                break;
            };
            let expected = Error::from(detail.clone()).code();
            // A commit that was made and cannot be seen any more has an unknown outcome for the caller.
            assert!(
                [expected, Code::NeedsReopen].contains(&error.code()),
                "operation {operations}, after {done}: {error}"
            );
            let left = contents_of(storage.inner());
            // A storage that fails right after a commit has made it; the last work is two transactions.
            let after = &states[done + 1..(done + 3).min(states.len())];
            let was_made = after[0] == left || done + 1 == WORK.len() && after.contains(&left);
            assert!(
                was_made || states[done] == left,
                "operation {operations} left something of work {done}"
            );
            assert!(was_made || error.code() == expected, "{error}");
            // A failed commit is over for this handle, a failed read is not; a new handle has it all.
            let again = match crm.create(Note::draft().subject("still there")) {
                Ok(_) => crm,
                Err(error) => {
                    assert_eq!(error.code(), Code::NeedsReopen, "operation {operations}");
                    options().with_storage(storage.clone()).unwrap()
                }
            };
            if !was_made {
                WORK[done](&again).unwrap();
            }
            if operations % 10 == 0 {
                assert_sound(&again);
            }
        }
        assert!(reached_end);
    }
}

#[test]
fn a_broken_handle_says_so_and_a_new_one_goes_on() {
    let storage = Arc::new(Pulled::new(MemoryStorage::new()));
    let crm = options().with_storage(storage.clone()).unwrap();
    crm.create(Company::draft().name("Before")).unwrap();
    storage.pull_after(0);
    assert_eq!(code(crm.create(Company::draft().name("Lost"))), Code::Io);
    storage.pull_after(u64::MAX);
    for result in [
        crm.create(Company::draft().name("x")).map(drop),
        crm.add_field("company", FieldDef::custom("x", FieldType::Text))
            .map(drop),
        crm.compact(&mut |_| std::ops::ControlFlow::Continue(())),
        crm.stats().map(drop),
    ] {
        assert_eq!(code(result), Code::NeedsReopen);
    }
    assert_eq!(crm.count("company", "").unwrap(), 1, "reading goes on");
    let again = options().with_storage(storage).unwrap();
    again.create(Company::draft().name("After")).unwrap();
    assert_eq!(again.count("company", "").unwrap(), 2);
    assert_sound(&again);
}

#[cfg(feature = "redb")]
mod on_disk {
    use std::fs;
    use std::ops::ControlFlow;
    use std::path::Path;
    use std::process::{Command, Output};
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    fn go_on(_: u64) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    fn fill(crm: &Crm, from: usize, count: usize) {
        let company = |n: usize| {
            Change::create(
                Company::draft()
                    .name(format!("Company {n}"))
                    .external_id(format!("X{n}")),
            )
        };
        let changes: Vec<Change> = (from..from + count).map(company).collect();
        crm.batch(&changes, None).unwrap();
    }

    const CHILD_PATH: &str = "CRM_CORE_TEST_FILE";
    const CHILD_TEST: &str = "errors::on_disk::in_another_process";

    /// Does nothing in an ordinary run.
    #[test]
    fn in_another_process() {
        let Some(path) = std::env::var_os(CHILD_PATH) else {
            return;
        };
        let error = options().open(&path).map(|_| ()).unwrap_err();
        println!("{:?}: {error}", error.code());
    }

    fn child(test: &str, path: &Path) -> Output {
        let output = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", test, "--nocapture"])
            .env(CHILD_PATH, path)
            .output();
        output.unwrap()
    }

    #[test]
    fn a_second_process_is_told_that_the_file_is_locked() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sales.crm");
        let crm = options().open(&path).unwrap();
        let output = child(CHILD_TEST, &path);
        let said = String::from_utf8(output.stdout).unwrap();
        assert!(
            said.contains("Locked") && said.contains("sales.crm"),
            "{said}"
        );
        let error = options().open(&path).map(|_| ()).unwrap_err();
        assert!(
            matches!(error.detail(), Detail::Locked { path: locked } if Path::new(locked) == path)
        );
        crm.create(Company::draft().name("Still mine")).unwrap();
        crm.close().unwrap();
        options().open(&path).unwrap();
    }

    #[test]
    fn what_is_not_a_database_is_refused_untouched() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notes.txt");
        for (text, what) in [
            ("Dear diary, this is no database.\n".repeat(300), "text"),
            ("x".to_owned(), "one byte"),
            ("SQLite format 3\0".repeat(300), "another database"),
        ] {
            fs::write(&path, &text).unwrap();
            assert_eq!(code(options().open(&path)), Code::Corrupt, "{what}");
            assert!(
                fs::read(&path).unwrap() == text.as_bytes(),
                "{what} was touched"
            );
        }
        assert_eq!(code(options().open(folder.path())), Code::Io, "a directory");
        assert_eq!(
            code(options().open(folder.path().join("no/such/folder/a.crm"))),
            Code::Io
        );
        assert_eq!(
            code(options().open(path.join("a.crm"))),
            Code::Io,
            "below a file"
        );
        let database = redb::Database::create(folder.path().join("other.redb")).unwrap();
        let write = database.begin_write().unwrap();
        write
            .open_table(redb::TableDefinition::<u64, u64>::new("theirs"))
            .unwrap();
        write.commit().unwrap();
        drop(database);
        assert_eq!(
            code(options().open(folder.path().join("other.redb"))),
            Code::Corrupt
        );
        let database = redb::Database::create(folder.path().join("other.redb")).unwrap();
        let tables = redb::ReadableDatabase::begin_read(&database)
            .unwrap()
            .list_tables()
            .unwrap()
            .count();
        assert_eq!(tables, 1, "nothing was added to the other program's file");
        // As a new file that a crash left before its first byte.
        let empty = folder.path().join("empty.crm");
        fs::write(&empty, b"").unwrap();
        let crm = options().open(&empty).unwrap();
        fill(&crm, 0, 1);
        assert_sound(&crm);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_folder_that_cannot_be_written_is_an_io_error() {
        let error = options().open("/proc/sales.crm").map(drop).unwrap_err();
        assert_eq!(error.code(), Code::Io);
        assert!(error.to_string().contains("/proc/sales.crm"), "{error}");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn an_export_to_a_full_device_says_so() {
        let crm = in_memory();
        fill(&crm, 0, 1);
        let device = fs::File::create("/dev/full").unwrap();
        let all = Query::of("company");
        assert_eq!(code(crm.export_csv(&all, &["name"], device)), Code::Full);
    }

    #[test]
    fn a_closed_database_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sales.crm");
        let crm = options().open(&path).unwrap();
        let clone = crm.clone();
        fill(&crm, 0, 10);
        let record = crm.organisation().unwrap().into_record().reference();
        let mut watch = crm.watch(Watch::Everything).unwrap();
        watch.next_batch(None).unwrap();
        let mut late = crm.watch(Watch::Everything).unwrap();
        late.next_batch(None).unwrap();
        let hour = Some(std::time::Duration::from_secs(3_600));
        let waiting = std::thread::spawn(move || watch.next_batch(hour).map(drop));
        crm.close().unwrap();
        crm.close().unwrap();
        assert_eq!(code(waiting.join().unwrap()), Code::Closed);
        assert_eq!(code(late.next_batch(hour).map(drop)), Code::Closed);
        for result in [
            clone.create(Company::draft().name("x")).map(drop),
            clone.count("company", "name != 'x'").map(drop),
            clone.get_record(record).map(drop),
            clone.find_record(record).map(drop),
            clone.organisation().map(drop),
            clone.check().map(drop),
            clone.stats().map(drop),
            clone.backup(folder.path().join("backup.crm"), &mut go_on),
            clone.compact(&mut go_on),
        ] {
            assert_eq!(code(result), Code::Closed);
        }
        assert!(!folder.path().join("backup.crm").exists());
        clone.reopen().unwrap();
        fill(&crm, 10, 1);
        assert_eq!(crm.count("company", "").unwrap(), 11);
        assert_sound(&crm);
        let in_memory = in_memory();
        assert_eq!(code(in_memory.reopen()), Code::Invalid);
    }

    #[test]
    fn many_threads_reopen_and_write() {
        let folder = tempfile::tempdir().unwrap();
        let crm = options().open(folder.path().join("sales.crm")).unwrap();
        fill(&crm, 0, 10);
        crm.close().unwrap();
        std::thread::scope(|scope| {
            for writer in 0..4 {
                let crm = crm.clone();
                scope.spawn(move || {
                    for round in 0..5 {
                        let draft = || Company::draft().name(format!("W{writer}-{round}"));
                        while let Err(error) = crm.create(draft()) {
                            assert_eq!(error.code(), Code::Closed, "{error}");
                            crm.reopen().unwrap();
                        }
                    }
                });
            }
        });
        assert_eq!(crm.count("company", "").unwrap(), 30);
        assert_sound(&crm);
    }

    /// Does nothing in an ordinary run: the caller bounds the size of this process's files.
    #[cfg(target_os = "linux")]
    #[test]
    fn in_a_process_with_a_full_disk() {
        let Some(path) = std::env::var_os(CHILD_PATH) else {
            return;
        };
        let crm = options().open(&path).unwrap();
        let clone = crm.clone();
        let mut acknowledged = 0;
        let error = loop {
            let content = Company::draft()
                .name("Acme")
                .description("x".repeat(100_000));
            match crm.create(content) {
                Ok(_) => acknowledged += 1,
                Err(error) => break error,
            }
        };
        assert_eq!(error.code(), Code::Full, "{error}");
        assert_eq!(
            code(clone.create(Company::draft().name("x"))),
            Code::NeedsReopen
        );
        let lifted = Command::new("prlimit")
            .args([
                "--pid",
                &std::process::id().to_string(),
                "--fsize=unlimited",
            ])
            .status();
        assert!(lifted.unwrap().success());
        crm.reopen().unwrap();
        assert_eq!(clone.count("company", "").unwrap(), acknowledged);
        clone.create(Company::draft().name("After")).unwrap();
        assert_sound(&crm);
        println!("went on after {acknowledged}");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_is_a_typed_error_and_the_handle_is_reopened() {
        let folder = tempfile::tempdir().unwrap();
        // The shell ignores the signal that would end the process, and with it so does the child.
        let output = Command::new("sh")
            .args(["-c", "trap '' XFSZ; ulimit -S -f 12000; exec \"$@\"", "sh"])
            .arg(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "errors::on_disk::in_a_process_with_a_full_disk",
                "--nocapture",
            ])
            .env(CHILD_PATH, folder.path().join("sales.crm"))
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(
            output.status.success() && said.contains("went on after"),
            "{said}\n{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }

    #[test]
    fn a_backup_is_a_consistent_state_while_others_write() {
        let folder = tempfile::tempdir().unwrap();
        let crm = options().open(folder.path().join("sales.crm")).unwrap();
        fill(&crm, 0, 500);
        let done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            for writer in 0..4_usize {
                let (crm, done) = (crm.clone(), &done);
                scope.spawn(move || {
                    let mut round = 0;
                    while !done.load(Ordering::Relaxed) {
                        // Two records at a time: a consistent state has both or neither.
                        fill(&crm, 1_000_000 * (writer + 1) + 2 * round, 2);
                        round += 1;
                    }
                });
            }
            for n in 0..3 {
                let path = folder.path().join(format!("backup{n}.crm"));
                let before = crm.count("company", "").unwrap();
                crm.backup(&path, &mut go_on).unwrap();
                let backup = options().open(&path).unwrap();
                let count = backup.count("company", "").unwrap();
                assert!(
                    count >= before && count.is_multiple_of(2),
                    "{count} of at least {before}"
                );
                assert_sound(&backup);
                assert_eq!(
                    code(crm.backup(&path, &mut go_on)),
                    Code::Io,
                    "there is a file"
                );
            }
            done.store(true, Ordering::Relaxed);
        });
        let cancelled = folder.path().join("cancelled.crm");
        assert_eq!(
            code(crm.backup(&cancelled, &mut |_| ControlFlow::Break(()))),
            Code::Cancelled
        );
        assert!(!cancelled.exists());
        assert_sound(&crm);
    }

    #[test]
    fn compacting_keeps_everything_and_shrinks() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sales.crm");
        let crm = options().open(&path).unwrap();
        for n in 0..20 {
            fill(&crm, n * 100, 100);
        }
        for company in crm.find(&Query::of("company").limit(1_500)).unwrap().rows {
            crm.purge(company.reference()).unwrap();
            if crm.sequence().is_multiple_of(50) {
                while crm.maintain().unwrap() {}
            }
        }
        let (size, records) = (
            fs::metadata(&path).unwrap().len(),
            crm.stats().unwrap().records,
        );
        crm.compact(&mut go_on).unwrap();
        assert!(fs::metadata(&path).unwrap().len() < size);
        assert_eq!(crm.stats().unwrap().records, records);
        assert_eq!(found(&crm, "1999"), ["Company 1999"]);
        fill(&crm, 5_000, 3);
        assert_sound(&crm);
        drop(crm);
        let crm = options().open(&path).unwrap();
        assert_eq!(crm.count("company", "").unwrap(), 503);
        assert_sound(&crm);
    }

    /// Opens a file and uses it in every way; `Ok(true)` if a check finds it sound.
    fn use_file(path: &Path) -> Result<bool> {
        let crm = options().open(path)?;
        let sound = crm.check()?.is_sound();
        let page = crm.find(
            &Query::of("company")
                .filter("external_id >= 'X1'")
                .sort("-name"),
        )?;
        for row in &page.rows {
            crm.history(row.reference())?;
            crm.timeline(&TimelineQuery::of(row.reference()))?;
        }
        crm.search("comp", &SearchOptions::default())?;
        crm.create(Company::draft().name("New"))?;
        crm.close()?;
        Ok(sound)
    }

    #[test]
    fn damage_is_an_error_or_a_finding_and_never_a_panic() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sales.crm");
        let crm = options().open(&path).unwrap();
        for n in 0..3 {
            fill(&crm, n * 50, 50);
        }
        let paper = crm.create(Document::draft().name("Offer")).unwrap();
        crm.put_content(paper, &[9; 200_000]).unwrap();
        crm.close().unwrap();
        drop(crm);
        let sound = fs::read(&path).unwrap();
        assert!(use_file(&path).unwrap());
        let (mut errors, mut findings) = (0, 0);
        let mut judge = |bytes: &[u8], what: &str| {
            fs::write(&path, bytes).unwrap();
            match use_file(&path) {
                Ok(true) => {}
                Ok(false) => findings += 1,
                Err(error) => {
                    let expected = [
                        Code::Corrupt,
                        Code::Io,
                        Code::NeedsReopen,
                        Code::NewerFormat,
                    ];
                    assert!(
                        expected.contains(&error.code()),
                        "{what}: {:?} {error}",
                        error.code()
                    );
                    errors += 1;
                }
            }
        };
        let step = sound.len() / 120;
        for at in (0..sound.len()).step_by(step) {
            let mut damaged = sound.clone();
            let end = (at + 8).min(damaged.len());
            damaged[at..end].iter_mut().for_each(|byte| *byte ^= 0x5A);
            judge(&damaged, &format!("flipped at {at}"));
        }
        for tenths in 1..10 {
            judge(
                &sound[..sound.len() * tenths / 10],
                &format!("cut to {tenths} tenths"),
            );
        }
        assert!(errors > 5, "{errors} errors");
        assert!(
            errors + findings > 10,
            "{errors} errors and {findings} findings"
        );
    }
}
