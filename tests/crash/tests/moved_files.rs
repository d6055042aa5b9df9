//! A file that is moved while a process saves to it, and the process killed: what was acknowledged is found by the name
//! that the file has now.
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on should say where"
)]

mod child;

use std::os::unix::fs::symlink;
use std::time::Duration;

use crm_core::{Code, Company, Crm};
use fastrand::Rng;

use child::Process;

const CHILD_PATH: &str = "CRM_CRASH_MOVED_PATH";
const MOVES: usize = 6;

/// Does nothing in an ordinary run. In a child it saves until it may not, and never ends.
#[test]
fn in_a_process_whose_file_is_moved() {
    let Some(path) = std::env::var_os(CHILD_PATH) else {
        return;
    };
    let crm = Crm::open(path).unwrap();
    for number in 0.. {
        let name = format!("{}-{number}", std::process::id());
        match crm.create(Company::draft().name(&name)) {
            Ok(_) => child::acknowledge(&name),
            Err(error) => {
                let is_told = matches!(error.code(), Code::Io | Code::NeedsReopen);
                assert!(is_told, "{error}");
                // Neither closed nor dropped: as it is when it is killed.
                std::thread::sleep(Duration::from_secs(60));
            }
        }
    }
}

#[test]
fn what_was_acknowledged_is_found_by_the_name_that_the_file_has_now() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path();
    let mut acknowledged: Vec<String> = Vec::new();
    let mut path = folder.join("at-0.crm");
    let mut rng = Rng::new();
    for number in 1..=MOVES {
        // Every third time by a link, which names nothing when the file has been moved.
        let link = folder.join(format!("link-{number}.crm"));
        symlink(&path, &link).unwrap();
        let opened_as = if number % 3 == 0 { &link } else { &path };
        let variables = [(CHILD_PATH, opened_as.as_os_str())];
        let mut saver = Process::start("in_a_process_whose_file_is_moved", variables);
        let mut names = saver.acknowledged();
        acknowledged.extend(names.by_ref().take(rng.usize(1..12)));
        let next = match number % 2 {
            0 => folder.join(format!("at-{number}.crm")),
            _ => {
                let other = folder.join(format!("folder-{number}"));
                std::fs::create_dir(&other).unwrap();
                other.join("moved.crm")
            }
        };
        std::fs::rename(&path, &next).unwrap();
        std::thread::sleep(Duration::from_millis(rng.u64(0..30)));
        saver.kill();
        // What it said while it was being killed.
        acknowledged.extend(names);
        path = next;

        let crm = Crm::open(&path).unwrap();
        for name in &acknowledged {
            let found = crm.count("company", &format!("name == '{name}'")).unwrap();
            assert_eq!(found, 1, "{name} was acknowledged before move {number}");
        }
        assert!(crm.check().unwrap().is_sound());
    }
    println!(
        "trust moves: {MOVES} moves of an open file, {} acknowledged saves, 0 lost",
        acknowledged.len()
    );
}
