//! Real processes on one file: they open it by every name that it has, save, compact, back up, close, and are killed,
//! and sleep between system calls. What one of them was told is saved is there at the end.
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on should say where"
)]

mod child;

use std::ops::ControlFlow;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use crm_core::{Code, Company, Crm, Result};
use fastrand::Rng;

use child::Process;

const CHILD_FOLDER: &str = "CRM_CRASH_PROCESSES_FOLDER";
/// Which of the processes it is: the system gives the id of one to another before an hour is over.
const CHILD_NUMBER: &str = "CRM_CRASH_PROCESSES_NUMBER";
/// How long they go on; longer by the environment.
const SECONDS: &str = "CRM_CRASH_PROCESSES_SECONDS";
const AT_ONCE: usize = 5;
const BACKUPS: usize = 2;

/// The names of the file: its own, one by a folder that is a link, links to it, and one from another folder.
const NAMES: [&str; 5] = [
    "real/shared.crm",
    "folder/shared.crm",
    "link.crm",
    "link_to_link.crm",
    "folder/../real/shared.crm",
];

fn go_on(_: u64) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

fn backup(folder: &Path, number: usize) -> PathBuf {
    folder.join(format!("backup-{number}.crm"))
}

/// Does nothing in an ordinary run. In a child it works on the file until it is killed.
#[test]
fn in_one_of_several_processes() {
    let Some(folder) = std::env::var_os(CHILD_FOLDER) else {
        return;
    };
    let folder = PathBuf::from(folder);
    let process = std::env::var(CHILD_NUMBER).unwrap();
    let mut rng = Rng::new();
    let mut saved = 0;
    loop {
        let name = NAMES[rng.usize(0..NAMES.len())];
        std::env::set_current_dir(&folder).unwrap();
        let path = if rng.bool() {
            PathBuf::from(name)
        } else {
            folder.join(name)
        };
        let journal_bytes = [4 << 20, 4 << 20, 16 << 10, 0][rng.usize(0..4)];
        let opened = Crm::options().journal_bytes(journal_bytes).open(&path);
        // Where a relative path leads has been decided.
        std::env::set_current_dir("/").unwrap();
        let crm = match opened {
            Ok(crm) => crm,
            Err(error) if error.code() == Code::Locked => {
                std::thread::sleep(Duration::from_micros(rng.u64(0..4_000)));
                continue;
            }
            Err(error) => {
                child::say("failed", format!("{name} does not open: {error}"));
                return;
            }
        };
        let mut names = Vec::new();
        for _ in 0..rng.usize(0..6) {
            saved += 1;
            names.push(format!("{process}-{saved}"));
        }
        if let Err(error) = use_it(&crm, &folder, &names, &mut rng) {
            child::say("failed", format!("{name}: {error}"));
            return;
        }
    }
}

/// Says each thing that is done.
fn use_it(crm: &Crm, folder: &Path, names: &[String], rng: &mut Rng) -> Result<()> {
    child::say("operation", "open");
    for name in names {
        crm.create(Company::draft().name(name))?;
        child::acknowledge(name);
    }
    if rng.u8(0..3) == 0 {
        crm.compact(&mut go_on)?;
        child::say("operation", "compact");
    }
    if rng.u8(0..4) == 0 {
        let to = backup(folder, rng.usize(0..BACKUPS));
        match crm.backup(&to, &mut go_on) {
            // Another one is there.
            Err(error) if error.code() == Code::Io => {
                let _ = std::fs::remove_file(&to);
            }
            made => made?,
        }
        child::say("operation", "back up");
    }
    if rng.bool() {
        crm.close()?;
        child::say("operation", "close");
    }
    Ok(())
}

struct Worker {
    process: Process,
    ends: Instant,
}

/// Starts a process; the lines that it writes go to `lines`.
fn start(
    number: usize,
    folder: &Path,
    delays: Option<&Path>,
    lines: mpsc::Sender<String>,
    ends: Instant,
) -> Worker {
    let number = number.to_string();
    let preload = delays.map(|delays| ("LD_PRELOAD", delays.as_os_str()));
    let variables = [
        (CHILD_FOLDER, folder.as_os_str()),
        (CHILD_NUMBER, number.as_ref()),
    ];
    let variables = variables.into_iter().chain(preload);
    let mut process = Process::start("in_one_of_several_processes", variables);
    let mut said = process.lines();
    std::thread::spawn(move || said.try_for_each(|line| lines.send(line)));
    Worker { process, ends }
}

/// The library that makes processes sleep; `None` where there is no compiler, which in CI there must be.
fn delays(folder: &Path) -> Option<PathBuf> {
    let library = folder.join("delays.so");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/delays.c");
    let built = Command::new("cc")
        .args(["-shared", "-fPIC", "-O1", "-o"])
        .args([&library, &source])
        .arg("-ldl")
        .status()
        .is_ok_and(|status| status.success());
    let in_ci = std::env::var("CI").is_ok_and(|ci| ci == "true");
    assert!(built || !in_ci, "CI must have a C compiler");
    if !built {
        eprintln!("without delays: there is no C compiler");
    }
    built.then_some(library)
}

#[test]
fn what_any_of_several_processes_has_saved_is_there() {
    let seconds = std::env::var(SECONDS).ok();
    let seconds = seconds.and_then(|seconds| seconds.parse().ok());
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    std::fs::create_dir(folder.join("real")).unwrap();
    symlink("real", folder.join("folder")).unwrap();
    symlink("real/shared.crm", folder.join("link.crm")).unwrap();
    symlink("link.crm", folder.join("link_to_link.crm")).unwrap();
    let delays = delays(folder);
    let mut rng = Rng::with_seed(11);
    let end = Instant::now() + Duration::from_secs(seconds.unwrap_or(20));
    let (sender, lines) = mpsc::channel();
    let mut life = move || Instant::now() + Duration::from_millis(rng.u64(300..3_000));
    let start = |number| start(number, folder, delays.as_deref(), sender.clone(), life());
    let mut starts = (1..).map(start);
    let mut workers: Vec<Worker> = starts.by_ref().take(AT_ONCE).collect();
    let mut started = AT_ONCE;
    while Instant::now() < end {
        std::thread::sleep(Duration::from_millis(5));
        for worker in &mut workers {
            if worker.process.has_ended() || Instant::now() > worker.ends {
                worker.process.kill();
                *worker = starts.next().unwrap();
                started += 1;
            }
        }
    }
    for worker in &mut workers {
        worker.process.kill();
    }
    drop(starts);
    drop(sender);
    let lines: Vec<String> = lines.iter().collect();
    let failed: Vec<&String> = lines
        .iter()
        .filter(|line| line.starts_with("failed"))
        .collect();
    assert!(failed.is_empty(), "{failed:?}");
    let acknowledged = child::acknowledged(&lines);
    let operations = lines.iter();
    let operations = operations.filter(|line| child::told(line, "operation").is_some());

    let crm = Crm::open(folder.join("real/shared.crm")).unwrap();
    for name in &acknowledged {
        let found = crm.count("company", &format!("name == '{name}'")).unwrap();
        assert_eq!(found, 1, "{name} was acknowledged");
    }
    let report = crm.check().unwrap();
    assert!(report.is_sound(), "{:?}", report.findings);
    crm.close().unwrap();
    for number in 0..BACKUPS {
        let backup = backup(folder, number);
        if backup.exists() {
            let report = Crm::open(&backup).unwrap().check().unwrap();
            assert!(report.is_sound(), "{:?}", report.findings);
        }
    }
    assert!(acknowledged.len() > 20, "that is no trial");
    println!(
        "trust processes: {started} processes, {} operations, of which {} saves, 0 lost",
        acknowledged.len() + operations.count(),
        acknowledged.len()
    );
}
