//! A day with the engine in one run: real files come in, deals move, rules fire, reminders fall due, and
//! questions are answered. It leaves the database file for the shell.

mod board;
mod extend;
mod file;
mod find;
mod import;
mod past;
mod rules;
mod sales;
mod setup;
mod show;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use chrono::{DateTime, Utc};
use clap::Parser;
use crm_core::{Crm, ManualClock, Result};

use show::say;

/// A day with the engine in one run.
#[derive(Parser)]
#[command(name = "crm-quickstart", version)]
struct Arguments {
    /// Import the crm-sales files in this folder instead of the samples
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// The database file; one that an earlier run made is made anew
    #[arg(long, value_name = "FILE")]
    db: Option<PathBuf>,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("crm-quickstart: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<()> {
    let started = Instant::now();
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let default = here.join("../../target/quickstart.crm");
    let path = file::prepare(arguments.db.as_deref().unwrap_or(&default))?;
    match &arguments.data {
        Some(folder) => sales::run(&path, folder, &here.join("crm-sales"))?,
        None => sample_day(&path, &here.join("data"))?,
    }
    let questions = if arguments.data.is_some() {
        sales::QUESTIONS
    } else {
        QUESTIONS
    };
    say(format!(
        "\nAll of it took {:.1} s. The file is at {}",
        started.elapsed().as_secs_f64(),
        path.display()
    ));
    say("Ask it yourself:\n");
    for question in questions {
        say(format!(
            "  cargo run --release -p crm-shell -- {} {question}",
            path.display()
        ));
    }
    Ok(())
}

/// What one might ask the shell about the sample day.
const QUESTIONS: &[&str] = &[
    "board",
    "search mül",
    "list deal --where 'amount > 40000' --sort -amount",
    "due",
];

/// The chapters, in the order of a day.
fn sample_day(path: &Path, samples: &Path) -> Result<()> {
    // The host owns the time: the day after the sample files were exported, so that each run is the same.
    let monday: DateTime<Utc> = DateTime::from_timestamp(1_794_816_000, 0).unwrap_or_default();
    let clock = Arc::new(ManualClock::new(monday));
    let crm = Crm::options().clock(clock.clone()).open(path)?;
    setup::organisation(&crm, samples)?;
    import::samples(&crm, samples)?;
    board::deals_move(&crm)?;
    rules::follow_up(&crm, &clock)?;
    find::answers(&crm)?;
    extend::at_run_time(&crm)?;
    past::undo(&crm, samples)?;
    sound(&crm)?;
    crm.close()
}

/// Everything that is derived agrees with the records.
fn sound(crm: &Crm) -> Result<()> {
    show::chapter("Check");
    let report = crm.check()?;
    let verdict = if report.is_sound() {
        "sound"
    } else {
        "NOT SOUND"
    };
    say(format!(
        "{} records and {} rows of indexes, timelines and totals compared: {verdict}.",
        report.records, report.rows
    ));
    report
        .findings
        .iter()
        .for_each(|finding| say(format!("  {}", finding.what)));
    Ok(())
}
