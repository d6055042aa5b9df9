//! Real processes that are killed, a real disk that is full, a real file system that may not be written.
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on should say where"
)]

mod child;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crm_core::{Code, Company, Crm, Query};
use crm_crash::{Workload, clock, options};
use crm_model::generator::{Generator, Wanted};
use fastrand::Rng;

use child::Process;

const CHILD_PATH: &str = "CRM_CRASH_CHILD_PATH";
/// How many processes are killed; more by the environment.
const KILLS: &str = "CRM_CRASH_KILLS";

/// Does nothing in an ordinary run. In a child it saves, acknowledges and never ends.
#[test]
fn in_a_process_that_is_killed() {
    let Some(path) = std::env::var_os(CHILD_PATH) else {
        return;
    };
    let clock = clock(std::process::id() % 10_000);
    let journal_bytes = [0, 32 << 10, 4 << 20][std::process::id() as usize % 3];
    let crm = options(&clock)
        .journal_bytes(journal_bytes)
        .open(path)
        .unwrap();
    // No two processes give their records the same numbers.
    let (seed, first) = (
        u64::from(std::process::id()),
        std::process::id() % 600 * 100,
    );
    let generator = Generator::numbered_from(first as u16, seed, Wanted::Writes);
    let mut workload = Workload::of(crm.clone(), clock, generator);
    for saved in 0.. {
        let name = format!("{}-{saved}", std::process::id());
        crm.create(Company::draft().name(&name)).unwrap();
        child::acknowledge(&name);
        workload.step().unwrap();
    }
}

#[test]
fn what_was_acknowledged_survives_that_the_process_is_killed() {
    let kills = std::env::var(KILLS)
        .ok()
        .and_then(|kills| kills.parse().ok());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("killed.crm");
    let mut rng = Rng::with_seed(7);
    let mut acknowledged: Vec<String> = Vec::new();
    for _ in 0..kills.unwrap_or(24) {
        let variables = [(CHILD_PATH, path.as_os_str())];
        let mut saver = Process::start("in_a_process_that_is_killed", variables);
        let mut names = saver.acknowledged();
        acknowledged.extend(names.by_ref().take(rng.usize(1..12)));
        std::thread::sleep(std::time::Duration::from_micros(rng.u64(0..3_000)));
        saver.kill();
        // What it said while it was being killed.
        acknowledged.extend(names);

        let crm = options(&clock(20_000)).open(&path).unwrap();
        for name in &acknowledged {
            let found = crm.count("company", &format!("name == '{name}'")).unwrap();
            assert_eq!(found, 1, "{name} was acknowledged");
        }
        let report = crm.check().unwrap();
        assert!(report.is_sound(), "{:?}", report.findings);
        crm.close().unwrap();
    }
}

/// A file system of a few megabytes, gone when it is dropped.
struct Mount(tempfile::TempDir);

impl Mount {
    /// `None` where a process may not mount; in CI it must be allowed to.
    fn new(options: &str) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", options, "crm-crash"])
            .arg(folder.path())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success());
        let in_ci = std::env::var("CI").is_ok_and(|ci| ci == "true");
        assert!(mounted || !in_ci, "CI must be allowed to mount a tmpfs");
        if !mounted {
            eprintln!("skipped: this user may not mount a tmpfs");
        }
        mounted.then_some(Mount(folder))
    }

    fn file(&self) -> PathBuf {
        self.0.path().join("mounted.crm")
    }

    fn remount(&self, options: &str) {
        let status = Command::new("mount")
            .args(["-o", &format!("remount,{options}")])
            .arg(self.0.path())
            .status();
        assert!(status.unwrap().success());
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0.path()).status();
    }
}

fn open(path: &Path) -> crm_core::Result<Crm> {
    options(&clock(0)).open(path)
}

#[test]
fn a_full_disk_is_an_error_and_the_database_goes_on_when_there_is_room() {
    let Some(mount) = Mount::new("size=6m") else {
        return;
    };
    let crm = open(&mount.file()).unwrap();
    let large = || {
        Company::draft()
            .name("Large")
            .description("x".repeat(60_000))
    };
    let mut acknowledged = 0;
    let error = loop {
        match crm.create(large()) {
            Ok(_) => acknowledged += 1,
            Err(error) => break error,
        }
    };
    assert_eq!(error.code(), Code::Full, "{error}");
    assert_eq!(
        crm.create(large()).unwrap_err().code(),
        Code::NeedsReopen,
        "it does not go on by itself"
    );
    mount.remount("size=64m");
    crm.reopen().unwrap();
    let there = crm.find(&Query::of("company").limit(1_000)).unwrap().rows;
    assert_eq!(there.len(), acknowledged);
    crm.create(large()).unwrap();
    assert!(crm.check().unwrap().is_sound());
}

#[test]
fn a_file_system_that_may_not_be_written_is_an_error() {
    let Some(mount) = Mount::new("size=32m") else {
        return;
    };
    let crm = open(&mount.file()).unwrap();
    crm.create(Company::draft().name("Before")).unwrap();
    crm.close().unwrap();
    // Its last snapshot keeps the file, which nobody may write, open.
    drop(crm);
    let before = std::fs::read(mount.file()).unwrap();
    mount.remount("ro");
    let error = open(&mount.file()).err().unwrap();
    assert_eq!(error.code(), Code::Io, "{error}");
    mount.remount("rw");
    assert!(std::fs::read(mount.file()).unwrap() == before);
    assert_eq!(
        open(&mount.file()).unwrap().count("company", "").unwrap(),
        1
    );
}
