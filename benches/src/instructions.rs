//! What our side of the jobs costs in instructions, which do not depend on what else the machine does: counted by
//! callgrind on a small data set and compared with the figures of `instructions.json`.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use crm_core::{ManualClock, Options, SequentialIds};

use crate::data::Data;
use crate::jobs::{self, Choice, Counted, World};
use crate::ours::Ours;
use crate::rules::Rules;
use crate::sqlite::{Form, Sqlite};
use crate::{Result, SEED};

const CONTACTS: usize = 2_000;
/// A job may take so much more, or less, than the figure that is kept: a compiler's next version changes as much.
const TOLERANCE: f64 = 0.05;
const START: &str = "2026-03-02T09:00:00Z";
/// When the jobs are done: ids begin with the time, and so are others than those that the load has made.
const LATER: &str = "2026-03-03T09:00:00Z";
/// The function [`collected`], as callgrind names it.
const COLLECTED: &str = "crm_bench::instructions::collected";
const KEPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/instructions.json");

/// Counts and compares; with `bless` the new figures are kept instead. The profiles stay in
/// `target/instructions`, one for each job, for `callgrind_annotate`.
pub fn check(choice: &Choice, bless: bool) -> Result<()> {
    let folder = std::env::current_dir()?.join("target/instructions");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    make(&folder)?;
    let counted = count(&folder, choice)?;
    let mut kept: BTreeMap<String, u64> = match fs::read(KEPT) {
        Ok(bytes) => serde_json::from_slice(&bytes)?,
        Err(_) if bless => BTreeMap::new(),
        Err(error) => return Err(format!("{KEPT}: {error}").into()),
    };
    let mut off = Vec::new();
    println!("| job | instructions | kept | change |\n|---|---:|---:|---:|");
    for (job, count) in &counted {
        let Some(before) = kept.get(*job) else {
            println!("| {job} | {count} | – | – |");
            off.push(*job);
            continue;
        };
        let change = *count as f64 / *before as f64 - 1.0;
        println!("| {job} | {count} | {before} | {:+.1} % |", change * 100.0);
        if change.abs() > TOLERANCE {
            off.push(job);
        }
    }
    if bless {
        kept.extend(
            counted
                .into_iter()
                .map(|(job, count)| (job.to_owned(), count)),
        );
        fs::write(KEPT, serde_json::to_string_pretty(&kept)? + "\n")?;
    } else if !off.is_empty() {
        return Err(format!(
            "more than {} % from the figures in {KEPT}: {}; if that is meant, keep the new ones with --bless",
            TOLERANCE * 100.0,
            off.join("; ")
        )
        .into());
    }
    Ok(())
}

fn make(folder: &Path) -> Result<()> {
    let data = Data::generate(CONTACTS, SEED);
    let ours = Ours::create_with(&folder.join("ours.crm"), same_each_time(START)?)?;
    ours.load(&data)?;
    ours.maintain()?;
    ours.close()?;
    let start = || same_each_time(START);
    Rules::create(folder, &start)?.close()?;
    for form in [Form::Bare, Form::SameDuties] {
        Sqlite::create(&folder.join(jobs::file_of(form)), form)?.load(&data)?;
    }
    Ok(())
}

fn same_each_time(now: &str) -> Result<Options> {
    let clock = ManualClock::new(now.parse()?);
    Ok(Options::default()
        .clock(clock)
        .ids(SequentialIds::default()))
}

/// The instructions of one run of each job, in the order in which they are done.
fn count(folder: &Path, choice: &Choice) -> Result<Vec<(&'static str, u64)>> {
    let profile = folder.join("profile");
    let mut valgrind = Command::new("valgrind");
    valgrind
        .args(["--tool=callgrind", "--collect-atstart=no"])
        .args(["--toggle-collect", "--dump-after"].map(|when| format!("{when}={COLLECTED}")))
        .arg(format!("--callgrind-out-file={}", profile.display()))
        .arg(std::env::current_exe()?)
        .args(["child", &folder.display().to_string(), "instructions"])
        .args(&choice.only);
    let output = valgrind
        .output()
        .map_err(|error| format!("valgrind, which counts the instructions: {error}"))?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
    }
    let mut counts = Vec::new();
    for (n, (job, counted)) in jobs::counted(choice).enumerate() {
        let text = fs::read_to_string(format!("{}.{}", profile.display(), n + 1))?;
        let totals = text.lines().find_map(|line| line.strip_prefix("totals: "));
        let total: u64 = totals
            .ok_or("a profile without its total")?
            .trim()
            .parse()?;
        counts.push((job, total / counted.runs));
    }
    Ok(counts)
}

/// What runs under callgrind: each job as often as it is counted, to fill the caches, and then once more.
pub fn be_counted(folder: &Path, only: Option<String>) -> Result<()> {
    let data = Data::generate(CONTACTS, SEED);
    let open = |form| Sqlite::open(&folder.join(jobs::file_of(form)), form);
    let world = World::new(
        &data,
        folder,
        Ours::open_with(&folder.join("ours.crm"), same_each_time(LATER)?)?,
        open(Form::Bare)?,
        open(Form::SameDuties)?,
        Rules::open(folder, &|| same_each_time(LATER))?,
    )?;
    let choice = Choice {
        only,
        ..Choice::default()
    };
    for (_, counted) in jobs::counted(&choice) {
        for n in 0..counted.runs {
            (counted.ours)(&world, n)?;
        }
        collected(&world, &counted)?;
    }
    Ok(())
}

/// Callgrind collects while this runs, and writes a profile when it has returned.
#[inline(never)]
fn collected(world: &World<'_>, counted: &Counted) -> Result<()> {
    for n in counted.from..counted.from + counted.runs {
        (counted.ours)(world, n)?;
    }
    Ok(())
}
