//! Runs the tests: once to see which mutants each meets, then for each mutant those that meet it.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

use crate::Failed;
use crate::build::Build;
use crate::list::Mutant;

/// How long a test may take with a mutant: as often as it takes without, and this.
const PATIENCE: (u32, Duration) = (10, Duration::from_secs(10));

/// A test, alone in its process.
struct Test {
    binary: PathBuf,
    folder: PathBuf,
    name: String,
    /// How long it takes, without a mutant.
    takes: Duration,
    meets: HashSet<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Verdict {
    /// A test has failed.
    Caught,
    /// A test has not come to an end.
    TimedOut,
    /// The tests that meet it are content.
    Survived,
    /// No test meets it.
    Unmet,
}

enum Outcome {
    Passed,
    Failed,
    TimedOut,
}

/// The tests of a build, and which mutants they meet.
pub struct Trial {
    tests: Vec<Test>,
    /// For each file the tests in the order in which they are asked: the last to catch a mutant of it comes first, and
    /// in the beginning the quickest.
    orders: Mutex<HashMap<PathBuf, Vec<usize>>>,
}

impl Trial {
    /// Runs every chosen test once, and keeps those that take no longer than `longest`.
    pub fn new(
        build: &Build,
        scratch: &Path,
        longest: Duration,
        chosen: &dyn Fn(&str) -> bool,
    ) -> Result<Self, Failed> {
        let (mut tests, met) = (Vec::new(), scratch.join("met"));
        for (binary, folder) in &build.binaries {
            let listed = Command::new(binary)
                .args(["--list", "--format", "terse"])
                .output()?;
            for name in String::from_utf8(listed.stdout)?
                .lines()
                .filter_map(|line| line.strip_suffix(": test"))
                .filter(|name| chosen(name))
            {
                let _ = fs::remove_file(&met);
                let mut test = Test {
                    binary: binary.clone(),
                    folder: folder.clone(),
                    name: name.to_string(),
                    takes: Duration::MAX,
                    meets: HashSet::new(),
                };
                let begun = Instant::now();
                let Outcome::Passed = test.run(("CRM_MUTANTS_MET", met.as_os_str()))? else {
                    return Err(format!("{name} fails without a mutant").into());
                };
                test.takes = begun.elapsed();
                let met = fs::read(&met).unwrap_or_default();
                test.meets = met
                    .as_chunks()
                    .0
                    .iter()
                    .map(|id| u32::from_le_bytes(*id) as usize)
                    .collect();
                tests.push(test);
            }
        }
        tests.sort_by_key(|test| test.takes);
        let time = |tests: &[Test]| tests.iter().map(|test| test.takes).sum::<Duration>();
        println!(
            "{} tests take {:?} one after the other",
            tests.len(),
            time(&tests)
        );
        tests.truncate(tests.partition_point(|test| test.takes <= longest));
        println!(
            "{} of them, {:?}, take no longer than {longest:?}",
            tests.len(),
            time(&tests)
        );
        Ok(Trial {
            tests,
            orders: Mutex::default(),
        })
    }

    /// Whether a test notices the mutant, and which.
    pub fn judge(&self, mutant: &Mutant) -> Result<(Verdict, &str), Failed> {
        let all = || (0..self.tests.len()).collect();
        let order = self
            .orders()?
            .entry(mutant.file.clone())
            .or_insert_with(all)
            .clone();
        let mut verdict = Verdict::Unmet;
        for at in order {
            let test = &self.tests[at];
            if !test.meets.contains(&mutant.id) {
                continue;
            }
            verdict = match test.run(("CRM_MUTANT", mutant.id.to_string().as_ref()))? {
                Outcome::Passed => Verdict::Survived,
                Outcome::Failed => Verdict::Caught,
                Outcome::TimedOut => Verdict::TimedOut,
            };
            if verdict != Verdict::Survived {
                if let Some(order) = self.orders()?.get_mut(&mutant.file) {
                    order.retain(|other| *other != at);
                    order.insert(0, at);
                }
                return Ok((verdict, &test.name));
            }
        }
        Ok((verdict, ""))
    }

    fn orders(&self) -> Result<MutexGuard<'_, HashMap<PathBuf, Vec<usize>>>, Failed> {
        self.orders
            .lock()
            .map_err(|_| "another thread has panicked".into())
    }
}

impl Test {
    fn run(&self, variable: (&str, &std::ffi::OsStr)) -> Result<Outcome, Failed> {
        let mut command = Command::new(&self.binary);
        command
            .args(["--exact", &self.name, "--test-threads", "1"])
            .env(variable.0, variable.1)
            .env("RUST_BACKTRACE", "0");
        command
            .current_dir(&self.folder)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let deadline = self
            .takes
            .saturating_mul(PATIENCE.0)
            .saturating_add(PATIENCE.1);
        let (mut child, begun) = (command.spawn()?, Instant::now());
        loop {
            if let Some(status) = child.try_wait()? {
                return Ok(if status.success() {
                    Outcome::Passed
                } else {
                    Outcome::Failed
                });
            }
            if begun.elapsed() > deadline {
                child.kill()?;
                child.wait()?;
                return Ok(Outcome::TimedOut);
            }
            std::thread::sleep(Duration::from_millis(2));
        }
    }
}
