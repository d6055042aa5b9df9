//! Several processes on one file: they open, save, compact, back up, close and are killed, on its path and on
//! links to it, with delays between their calls of the operating system. What one of them was told is durable is
//! there in the end.
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on should say where"
)]

use std::io::{BufRead, BufReader};
use std::ops::ControlFlow;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use crm_core::{Code, Company, Crm};
use fastrand::Rng;

/// The folder of the file that a child works on; without it the children's tests do nothing.
const FOLDER: &str = "CRM_PROCESSES_FOLDER";
/// The file of a child that only saves.
const FILE: &str = "CRM_PROCESSES_FILE";
/// How long the processes go on, in seconds.
const SECONDS: &str = "CRM_CRASH_SECONDS";
const AT_ONCE: usize = 3;

/// What a child says.
enum Said {
    /// A save of this name was acknowledged.
    Saved(String),
    /// A backup of this name was acknowledged, begun when there were so many records.
    BackedUp(String, u64),
    /// Some other operation was done.
    Did,
    /// What may not happen.
    Failed(String),
}

impl Said {
    fn read(line: &str) -> Option<Self> {
        let mut words = line.strip_prefix("said ")?.splitn(3, ' ');
        let (what, first, second) = (words.next()?, words.next(), words.next());
        Some(match (what, first, second) {
            ("saved", Some(name), _) => Said::Saved(name.to_owned()),
            ("backup", Some(name), Some(count)) => {
                Said::BackedUp(name.to_owned(), count.parse().unwrap())
            }
            ("did", ..) => Said::Did,
            _ => Said::Failed(line.to_owned()),
        })
    }
}

fn say(what: &str) {
    // A line of its own: the test harness writes to the same pipe.
    println!("\nsaid {what}");
}

/// A library that sleeps between system calls, built for this run; `None` where there is no compiler.
fn delays(folder: &Path) -> Option<PathBuf> {
    let library = folder.join("delays.so");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/processes/delays.c");
    let built = Command::new("cc")
        .args(["-shared", "-fPIC", "-O1", "-o"])
        .args([&library, &source])
        .arg("-ldl")
        .status()
        .is_ok_and(|status| status.success());
    let in_ci = std::env::var("CI").is_ok_and(|ci| ci == "true");
    assert!(built || !in_ci, "CI must have a C compiler");
    built.then_some(library)
}

/// A process that runs one test of this program, and what it says.
fn child(test: &str, folder: &Path, file: Option<&Path>, preloaded: Option<&Path>) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", test, "--nocapture"])
        .env(FOLDER, folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    if let Some(file) = file {
        command.env(FILE, file);
    }
    if let Some(library) = preloaded {
        command.env("LD_PRELOAD", library);
    }
    command.spawn().unwrap()
}

/// Passes on what a child says, also what it said while it was being killed.
fn listen(child: &mut Child, to: &Sender<Said>) {
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let to = to.clone();
    std::thread::spawn(move || {
        for line in lines.map_while(Result::ok) {
            if let Some(said) = Said::read(&line) {
                let _ = to.send(said);
            }
        }
    });
}

/// Does nothing in an ordinary run. In a child it opens the file by one name after the other, and works on it.
#[test]
fn in_a_process_among_others() {
    let Some(folder) = std::env::var_os(FOLDER).map(PathBuf::from) else {
        return;
    };
    let mut rng = Rng::with_seed(u64::from(std::process::id()));
    for turn in 0.. {
        // A relative path is of the folder that the process was in.
        std::env::set_current_dir(&folder).unwrap();
        let path = match rng.u8(0..3) {
            0 => folder.join("shared.crm"),
            1 => folder.join("elsewhere/link.crm"),
            _ => PathBuf::from("shared.crm"),
        };
        let journal_bytes = [0, 16 << 10, 4 << 20][rng.usize(0..3)];
        let options = Crm::options()
            .cache_bytes(1 << 20)
            .journal_bytes(journal_bytes);
        let opened = options.open(&path);
        std::env::set_current_dir("/").unwrap();
        match opened {
            Ok(crm) => work(&crm, &folder, turn, &mut rng),
            Err(error) if error.code() == Code::Locked => {
                std::thread::sleep(Duration::from_micros(rng.u64(0..2_000)));
            }
            Err(error) => return say(&format!("failed to open {}: {error}", path.display())),
        }
    }
}

/// One turn with the open file: some operations, and an end of one kind or another.
fn work(crm: &Crm, folder: &Path, turn: usize, rng: &mut Rng) {
    let me = std::process::id();
    for operation in 0..rng.usize(1..10) {
        match rng.u8(0..12) {
            0 => match crm.compact(&mut |_| ControlFlow::Continue(())) {
                Ok(()) => say("did"),
                Err(error) => say(&format!("failed to compact: {error}")),
            },
            1 => back_up(crm, folder, &format!("{me}-{turn}-{operation}")),
            2 => match crm.maintain() {
                Ok(_) => say("did"),
                Err(error) => say(&format!("failed to maintain: {error}")),
            },
            _ => {
                let name = format!("{me}-{turn}-{operation}");
                match crm.create(Company::draft().name(&name)) {
                    Ok(_) => say(&format!("saved {name}")),
                    Err(error) => say(&format!("failed to save: {error}")),
                }
            }
        }
    }
    match rng.u8(0..8) {
        0 => std::process::exit(0),
        1..=4 => match crm.close() {
            Ok(()) => say("did"),
            Err(error) => say(&format!("failed to close: {error}")),
        },
        // Dropping the last handle closes it, too.
        _ => {}
    }
}

/// Two backups to one name at once, of which one is broken off: whichever is acknowledged must be there.
fn back_up(crm: &Crm, folder: &Path, name: &str) {
    let count = crm.count("company", "").unwrap_or(u64::MAX);
    let path = folder.join(format!("{name}.backup"));
    let backup = |progress: fn(u64) -> ControlFlow<()>| {
        let mut progress = progress;
        if crm.backup(&path, &mut progress).is_ok() {
            say(&format!("backup {name}.backup {count}"));
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(|| backup(|_| ControlFlow::Continue(())));
        scope.spawn(|| backup(|_| ControlFlow::Break(())));
    });
}

#[test]
fn what_was_acknowledged_survives_several_processes_at_once() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path();
    let path = folder.join("shared.crm");
    std::fs::create_dir(folder.join("elsewhere")).unwrap();
    symlink("../shared.crm", folder.join("elsewhere/link.crm")).unwrap();
    let library = delays(folder);
    let seconds = std::env::var(SECONDS).ok().and_then(|s| s.parse().ok());
    let end = Instant::now() + Duration::from_secs(seconds.unwrap_or(15));

    let mut rng = Rng::new();
    let (to, said): (Sender<Said>, Receiver<Said>) = channel();
    let mut children: Vec<Child> = Vec::new();
    let (mut processes, mut killed) = (0, 0);
    while Instant::now() < end {
        while children.len() < AT_ONCE {
            // Some at their own speed.
            let preloaded = library.as_deref().filter(|_| rng.u8(0..4) > 0);
            let mut new = child("in_a_process_among_others", folder, None, preloaded);
            listen(&mut new, &to);
            children.push(new);
            processes += 1;
        }
        std::thread::sleep(Duration::from_millis(rng.u64(5..250)));
        let one = rng.usize(0..children.len());
        killed += u64::from(children[one].try_wait().unwrap().is_none());
        let mut child = children.swap_remove(one);
        child.kill().unwrap();
        child.wait().unwrap();
    }
    for mut child in children {
        child.kill().unwrap();
        child.wait().unwrap();
    }
    drop(to);

    let (mut saved, mut backups, mut operations) = (Vec::new(), Vec::new(), 0);
    for said in said {
        operations += 1;
        match said {
            Said::Saved(name) => saved.push(name),
            Said::BackedUp(name, count) => backups.push((name, count)),
            Said::Did => {}
            Said::Failed(what) => panic!("{what}"),
        }
    }
    let lost = lost(&path, &saved);
    let wanting = backups.iter().filter(|(name, count)| {
        let backup = Crm::open(folder.join(name));
        !backup.is_ok_and(|backup| {
            backup
                .count("company", "")
                .is_ok_and(|there| there >= *count)
        })
    });
    let wanting: Vec<_> = wanting.collect();
    println!(
        "trust processes: {processes} processes of which {killed} were killed, {operations} operations, {} acknowledged saves, {} backups, {} lost",
        saved.len(),
        backups.len(),
        lost.len() + wanting.len()
    );
    assert_eq!(some(&lost), [""; 0], "acknowledged and not there");
    assert!(
        wanting.is_empty(),
        "backups without all they had: {wanting:?}"
    );
}

/// Enough of them to see what they have in common.
fn some(names: &[String]) -> &[String] {
    &names[..names.len().min(10)]
}

/// The names of a list that the file does not hold; the file must be sound.
fn lost(path: &Path, saved: &[String]) -> Vec<String> {
    let crm = Crm::open(path).unwrap();
    let report = crm.check().unwrap();
    assert!(report.is_sound(), "{:?}", report.findings);
    let is_there = |name: &String| crm.count("company", &format!("name == '{name}'")).unwrap() == 1;
    let lost = saved.iter().filter(|name| !is_there(name));
    lost.cloned().collect()
}

/// Does nothing in an ordinary run. In a child it saves to a file until it may not.
#[test]
fn in_a_process_that_only_saves() {
    let (Some(_), Some(file)) = (std::env::var_os(FOLDER), std::env::var_os(FILE)) else {
        return;
    };
    let crm = Crm::open(file).unwrap();
    for number in 0.. {
        let name = format!("{}-{number}", std::process::id());
        match crm.create(Company::draft().name(&name)) {
            Ok(_) => say(&format!("saved {name}")),
            Err(error) => {
                assert!(
                    matches!(error.code(), Code::Io | Code::NeedsReopen),
                    "{error}"
                );
                say("did");
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
    let mut saved: Vec<String> = Vec::new();
    let mut path = folder.join("at-0.crm");
    let mut rng = Rng::new();
    for move_number in 1..=6 {
        let opened_as = match move_number % 3 {
            0 => {
                let link = folder.join(format!("link-{move_number}.crm"));
                symlink(&path, &link).unwrap();
                link
            }
            _ => path.clone(),
        };
        let (to, said) = channel();
        let mut saver = child(
            "in_a_process_that_only_saves",
            folder,
            Some(&opened_as),
            None,
        );
        listen(&mut saver, &to);
        drop(to);
        let mut heard = said.into_iter();
        take_names(heard.by_ref().take(rng.usize(1..12)), &mut saved);
        let next = match move_number % 2 {
            0 => folder.join(format!("at-{move_number}.crm")),
            _ => {
                let other = folder.join(format!("folder-{move_number}"));
                std::fs::create_dir(&other).unwrap();
                other.join("moved.crm")
            }
        };
        std::fs::rename(&path, &next).unwrap();
        std::thread::sleep(Duration::from_millis(rng.u64(0..30)));
        saver.kill().unwrap();
        saver.wait().unwrap();
        take_names(heard, &mut saved);
        path = next;
        let lost = lost(&path, &saved);
        assert_eq!(some(&lost), [""; 0], "after move {move_number}");
    }
}

fn take_names(said: impl Iterator<Item = Said>, names: &mut Vec<String>) {
    for said in said {
        match said {
            Said::Saved(name) => names.push(name),
            Said::Failed(what) => panic!("{what}"),
            Said::BackedUp(..) | Said::Did => {}
        }
    }
}
