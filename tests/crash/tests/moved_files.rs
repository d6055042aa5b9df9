//! A file that is moved while a process saves to it, and the process killed: what was acknowledged is found by the name
//! that the file has now.
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on should say where"
)]

use std::io::{BufRead, BufReader};
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crm_core::{Code, Company, Crm};
use fastrand::Rng;

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
            // A line of its own: the test harness writes to the same pipe.
            Ok(_) => println!("\nacknowledged {name}"),
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
        let mut saver = saver(opened_as);
        let mut names = names(&mut saver);
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
        saver.kill().unwrap();
        saver.wait().unwrap();
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

fn saver(path: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "in_a_process_whose_file_is_moved", "--nocapture"])
        .env(CHILD_PATH, path)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// The names of the saves that a child says are acknowledged.
fn names(child: &mut Child) -> impl Iterator<Item = String> + use<> {
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    lines
        .map_while(Result::ok)
        .filter_map(|line| line.strip_prefix("acknowledged ").map(str::to_owned))
}
