//! Cuts the power until enough states of the disk were judged: `crm-crash [--points N | --seconds N]`.

use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crm_crash::{Failure, Figures, Trial};

const USAGE: &str = "usage: crm-crash [--points N | --seconds N] [--seed S] [--calls N] [--cuts N]

  --points N   different states of the disk to judge (10000)
  --seconds N  as many as can be judged in this time
  --seed S     the first seed (1); a failure says which seed it was
  --calls N    calls of a trial (120)
  --cuts N     how often the power is cut at each operation of the disk (3)";

fn main() -> ExitCode {
    let mut points = 10_000;
    let mut seconds = u64::MAX;
    let mut trial = Trial {
        seed: 1,
        calls: 120,
        cuts: 3,
        broken: None,
    };
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        let number = arguments.next().and_then(|number| number.parse().ok());
        match (name.as_str(), number) {
            ("--points", Some(n)) => points = n,
            ("--seconds", Some(n)) => (points, seconds) = (u64::MAX, n),
            ("--seed", Some(n)) => trial.seed = n,
            ("--calls", Some(n)) => trial.calls = n as usize,
            ("--cuts", Some(n)) => trial.cuts = n as usize,
            _ => {
                eprintln!("{USAGE}");
                return ExitCode::from(2);
            }
        }
    }
    run(trial, points, Duration::from_secs(seconds))
}

/// Runs trials with one seed after the other, on every core.
fn run(first: Trial, points: u64, time: Duration) -> ExitCode {
    let started = Instant::now();
    let seeds = AtomicU64::new(first.seed);
    let judged = AtomicU64::new(0);
    let total: Mutex<(Figures, Vec<Failure>)> = Mutex::default();
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while judged.load(Ordering::Relaxed) < points && started.elapsed() < time {
                    let seed = seeds.fetch_add(1, Ordering::Relaxed);
                    let outcome = Trial { seed, ..first }.run();
                    let mut total = total.lock().unwrap_or_else(|poison| poison.into_inner());
                    match outcome {
                        Ok(figures) => {
                            judged.fetch_add(figures.points as u64, Ordering::Relaxed);
                            total.0 += figures;
                        }
                        Err(failure) => {
                            judged.store(points, Ordering::Relaxed);
                            total.1.push(failure);
                        }
                    }
                }
            });
        }
    });
    let (figures, failures) = total
        .into_inner()
        .unwrap_or_else(|poison| poison.into_inner());
    let seconds = started.elapsed().as_secs_f64();
    println!(
        "trust crash: {} crash points, {} of them cut again, of {} commits and {} operations on the disk, in {seconds:.0} s: {:.0} a minute, {} failures",
        figures.points,
        figures.again,
        figures.commits,
        figures.operations,
        figures.points as f64 / seconds * 60.0,
        failures.len()
    );
    for failure in &failures {
        eprintln!(
            "FAILED: seed {}, power cut before operation {}: {}\n  again: crm-crash --points 1 --seed {} --calls {} --cuts {}",
            failure.seed, failure.operation, failure.what, failure.seed, first.calls, first.cuts
        );
    }
    if failures.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
