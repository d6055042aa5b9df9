//! Compares the engine with its model, and judges histories, for as long as it is told to:
//! `crm-model [--seconds N] [--seed S] [--threads T] [--steps N]`.

use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crm_model::driver::Place;
use crm_model::faulty::Fault;
use crm_model::histories::{self, Workload};
use crm_model::shrink::shrink;
use crm_model::trial::{self, Trial};

const USAGE: &str = "usage: crm-model [--seconds N] [--seed S] [--threads T] [--steps N]

  --seconds N  how long, one half for the model and one for histories (60)
  --seed S     the first seed (1); a failure says which seed it was
  --threads T  threads of a history (4)
  --steps N    calls of a sequence (400)";

/// Transactions of each thread of a history.
const TRANSACTIONS: usize = 60;

struct Options {
    seconds: u64,
    seed: u64,
    threads: usize,
    steps: usize,
}

fn main() -> ExitCode {
    let mut options = Options {
        seconds: 60,
        seed: 1,
        threads: 4,
        steps: 400,
    };
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        let number: Option<u64> = arguments.next().and_then(|number| number.parse().ok());
        match (name.as_str(), number) {
            ("--seconds", Some(n)) => options.seconds = n,
            ("--seed", Some(n)) => options.seed = n,
            ("--threads", Some(n)) => options.threads = n as usize,
            ("--steps", Some(n)) => options.steps = n as usize,
            _ => {
                eprintln!("{USAGE}");
                return ExitCode::from(2);
            }
        }
    }
    let agrees = compare(&options);
    let serialisable = judge(&options);
    if agrees && serialisable {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Runs sequences, one seed after the other, on every core.
fn compare(options: &Options) -> bool {
    let until = Instant::now() + Duration::from_secs(options.seconds) / 2;
    let seeds = AtomicU64::new(options.seed);
    let failed = AtomicBool::new(false);
    let total: Mutex<(trial::Figures, u64)> = Mutex::default();
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while Instant::now() < until && !failed.load(Ordering::Relaxed) {
                    let seed = seeds.fetch_add(1, Ordering::Relaxed);
                    let trial = Trial { seed, steps: options.steps, place: place(seed) };
                    match trial.run() {
                        Ok(figures) => {
                            let mut total = total.lock().unwrap_or_else(|poison| poison.into_inner());
                            total.0 += figures;
                            total.1 += 1;
                        }
                        Err((steps, difference)) => {
                            if !failed.swap(true, Ordering::Relaxed) {
                                let shrunk = shrink(steps, trial.place, difference);
                                eprintln!(
                                    "FAILED: seed {seed}, {:?}: {}\n  again: crm-model --seconds 1 --seed {seed} --steps {}\n\n{}",
                                    trial.place,
                                    shrunk.difference.what,
                                    options.steps,
                                    shrunk.to_test(trial.place)
                                );
                            }
                        }
                    }
                }
            });
        }
    });
    let (figures, sequences) = *total.lock().unwrap_or_else(|poison| poison.into_inner());
    let differences = u8::from(failed.load(Ordering::Relaxed));
    println!(
        "trust model: {} steps, {} of them refused, {sequences} sequences, {differences} differences",
        figures.steps, figures.refused
    );
    differences == 0
}

/// Runs histories, one after the other; each has threads of its own.
fn judge(options: &Options) -> bool {
    let until = Instant::now() + Duration::from_secs(options.seconds) / 2;
    let mut total = histories::Figures::default();
    let (mut judged, mut anomalies) = (0, 0);
    for seed in options.seed.. {
        if Instant::now() >= until || anomalies > 0 {
            break;
        }
        let workload = Workload {
            seed,
            threads: options.threads,
            calls: TRANSACTIONS,
        };
        let place = match seed % 2 {
            0 => place(seed),
            _ => Place::Faulty(Fault::Slow),
        };
        let outcome = workload
            .run(place)
            .and_then(|history| history.check().map_err(|anomaly| anomaly.0));
        match outcome {
            Ok(figures) => {
                total += figures;
                judged += 1;
            }
            Err(what) => {
                anomalies += 1;
                eprintln!("FAILED: seed {seed}, {place:?}: {what}");
            }
        }
    }
    println!(
        "trust histories: {judged} of {} threads, {} commits, {} refusals, {} reads, {} of these two with others at work, {anomalies} anomalies",
        options.threads, total.commits, total.refused, total.reads, total.concurrent
    );
    anomalies == 0
}

/// Most sequences are in memory, the others in files with and without a journal.
fn place(seed: u64) -> Place {
    match seed % 8 {
        2 => Place::File(0),
        4 => Place::File(20_000),
        6 => Place::File(4 << 20),
        _ => Place::Memory,
    }
}
