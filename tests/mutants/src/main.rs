//! Tries the mutants of `store`, `engine` and `rules` on the tests, and says which ones no test notices:
//! `crm-mutants [--seconds N] [--seed S] [--jobs N] [--quick MS] [--only FILE] [--tests FILE] [--packages LIST] [--profile NAME]`.
//!
//! cargo-mutants says which mutants there are (`.cargo/mutants.toml`). It would build the tests anew for each, which
//! takes a night; here they are all in one build, and a variable of the environment says which is on.

mod build;
mod list;
mod trial;
mod weave;

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::process::{Command, ExitCode};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use build::Suite;
use list::Mutant;
use trial::{Trial, Verdict};

const USAGE: &str =
    "usage: crm-mutants [--seconds N] [--seed S] [--jobs N] [--quick MS] [--only FILE] [--tests FILE]
                   [--packages LIST] [--profile NAME]

  --seconds N      no mutant is begun after that (no end)
  --seed S            the order in which they are tried (1)
  --jobs N            how many at once (1)
  --quick MS        only with the tests that take no longer (all)
  --only FILE      only mutants that FILE names, one a line, after the verdict of an earlier run
  --tests FILE     only tests that FILE names, one a line
  --packages LIST  whose tests are run, with commas between (crm-core)
  --profile NAME   how they are built (dev)";

type Failed = Box<dyn std::error::Error + Send + Sync>;

struct Options {
    seconds: u64,
    seed: u64,
    jobs: u64,
    quick: u64,
    only: Option<String>,
    tests: Option<String>,
    suite: Suite,
}

fn main() -> ExitCode {
    let long = u64::from(u32::MAX);
    let mut options = Options {
        seconds: long,
        seed: 1,
        jobs: 1,
        quick: long,
        only: None,
        tests: None,
        suite: Suite {
            packages: vec!["crm-core".to_string()],
            profile: "dev".to_string(),
        },
    };
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        let value = arguments.next().unwrap_or_default();
        match (name.as_str(), value.parse::<u64>()) {
            ("--seconds", Ok(n)) => options.seconds = n,
            ("--seed", Ok(n)) => options.seed = n,
            ("--jobs", Ok(n)) => options.jobs = n,
            ("--quick", Ok(n)) => options.quick = n,
            ("--only", _) => options.only = Some(value),
            ("--tests", _) => options.tests = Some(value),
            ("--packages", _) => {
                options.suite.packages = value.split(',').map(str::to_string).collect()
            }
            ("--profile", _) => options.suite.profile = value,
            _ => {
                eprintln!("{USAGE}");
                return ExitCode::from(2);
            }
        }
    }
    match run(&options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failed) => {
            eprintln!("{failed}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<(), Failed> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()?;
    let scratch = workspace.join("target/mutants");
    std::fs::create_dir_all(&scratch)?;
    let mutants = list(&workspace)?;
    let build = build::build(&workspace, &scratch, &mutants, &options.suite)?;
    let text = |file: &Option<String>| file.as_ref().map(std::fs::read_to_string).transpose();
    let (only, tests) = (text(&options.only)?, text(&options.tests)?);
    let chosen = |name: &str| {
        tests
            .as_ref()
            .is_none_or(|tests| tests.lines().any(|line| line == name))
    };
    let trial = Trial::new(
        &build,
        &scratch,
        Duration::from_millis(options.quick),
        &chosen,
    )?;
    let wanted = |mutant: &&Mutant| only.as_ref().is_none_or(|only| only.contains(&mutant.name));

    let mut order: Vec<&Mutant> = mutants.iter().filter(wanted).collect();
    fastrand::Rng::with_seed(options.seed).shuffle(&mut order);
    let known = |mutant: &Mutant| {
        build.unviable.contains(&mutant.id) || build.left_out.contains(&mutant.id)
    };
    let queue = Mutex::new(order.iter().filter(|mutant| !known(mutant)));
    let verdicts = Mutex::new(HashMap::new());
    let begun = Instant::now();
    let work = || -> Result<(), Failed> {
        while begun.elapsed() < Duration::from_secs(options.seconds) {
            let Some(mutant) = queue
                .lock()
                .map_err(|_| "another thread has panicked")?
                .next()
            else {
                break;
            };
            let (verdict, test) = trial.judge(mutant)?;
            println!("{verdict:?} {} {test}", mutant.name);
            verdicts
                .lock()
                .map_err(|_| "another thread has panicked")?
                .insert(mutant.id, verdict);
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..options.jobs).map(|_| scope.spawn(work)).collect();
        threads
            .into_iter()
            .try_for_each(|thread| thread.join().map_err(|_| "a thread has panicked")?)
    })?;
    let verdicts = verdicts.into_inner().map_err(|_| "a thread has panicked")?;
    tell(&order, &build, &verdicts);
    Ok(())
}

/// Has cargo-mutants list them.
fn list(workspace: &Path) -> Result<Vec<Mutant>, Failed> {
    let listed = Command::new("cargo")
        .args(["mutants", "--list", "--json"])
        .current_dir(workspace)
        .output()?;
    if !listed.status.success() {
        return Err(format!("cargo mutants: {}", String::from_utf8_lossy(&listed.stderr)).into());
    }
    list::read(&listed.stdout)
}

/// Prints a line for each folder.
fn tell(order: &[&Mutant], build: &build::Build, verdicts: &HashMap<usize, Verdict>) {
    let mut folders: BTreeMap<&str, Vec<&Mutant>> = BTreeMap::new();
    for mutant in order {
        folders.entry(mutant.folder()).or_default().push(mutant);
    }
    println!(
        "| folder | mutants | do not compile | left out | tried | caught | no end | survived | met by no test |"
    );
    println!("|---|---|---|---|---|---|---|---|---|");
    for (folder, mutants) in folders {
        let count =
            |is: &dyn Fn(usize) -> bool| mutants.iter().filter(|mutant| is(mutant.id)).count();
        let verdict = |wanted| count(&|id| verdicts.get(&id) == Some(&wanted));
        println!(
            "| {folder} | {} | {} | {} | {} | {} | {} | {} | {} |",
            mutants.len(),
            count(&|id| build.unviable.contains(&id)),
            count(&|id| build.left_out.contains(&id)),
            count(&|id| verdicts.contains_key(&id)),
            verdict(Verdict::Caught),
            verdict(Verdict::TimedOut),
            verdict(Verdict::Survived),
            verdict(Verdict::Unmet),
        );
    }
}
