//! Damages databases: `crm-damage [--flips N | --every] [--seconds N] [--seed S] [--calls N]`.

use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crm_core::Result;
use crm_damage::{Damage, Fate, Figures, Specimen};
use fastrand::Rng;

const USAGE: &str = "usage: crm-damage [--flips N | --every] [--seconds N] [--seed S] [--calls N]

  --flips N    copies to damage, half of them in the journal (2000)
  --every      every byte of the file and of the journal instead, one at a time
  --seconds N  no longer than that
  --seed S     the seed of the database and of what is done to it (1)
  --calls N    calls that make the database (60)";

struct Task {
    flips: u64,
    every: bool,
    seconds: u64,
    seed: u64,
    calls: usize,
}

fn main() -> ExitCode {
    let mut task = Task {
        flips: 2_000,
        every: false,
        seconds: u64::MAX,
        seed: 1,
        calls: 60,
    };
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        if name == "--every" {
            task.every = true;
            continue;
        }
        let number = arguments.next().and_then(|number| number.parse().ok());
        match (name.as_str(), number) {
            ("--flips", Some(n)) => task.flips = n,
            ("--seconds", Some(n)) => task.seconds = n,
            ("--seed", Some(n)) => task.seed = n,
            ("--calls", Some(n)) => task.calls = n as usize,
            _ => {
                eprintln!("{USAGE}");
                return ExitCode::from(2);
            }
        }
    }
    // What redb panics about is expected and becomes an error; each would be told on standard error.
    std::panic::set_hook(Box::new(|_| ()));
    match task.run() {
        Ok(figures) if figures.wrong + figures.panicked == 0 => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("no database to damage: {error}");
            ExitCode::FAILURE
        }
    }
}

impl Task {
    fn run(&self) -> Result<Figures> {
        let specimens = [
            Specimen::closed(self.seed, self.calls)?,
            Specimen::with_journal(self.seed, self.calls)?,
        ];
        let mut total = Figures::default();
        for specimen in &specimens {
            total += self.damage(specimen);
        }
        println!(
            "trust damage: {} bytes flipped in {} copies, {} refused at opening, {} found by check, {} harmless, {} wrong, {} panics",
            total.bytes,
            total.copies,
            total.refused,
            total.found,
            total.harmless,
            total.wrong,
            total.panicked
        );
        Ok(total)
    }

    /// Damages copies on every core, until there are enough or the time is up.
    fn damage(&self, specimen: &Specimen) -> Figures {
        let until = Instant::now().checked_add(Duration::from_secs(self.seconds / 2));
        let copies = if self.every {
            specimen.bytes() as u64
        } else {
            self.flips / 2
        };
        let (next, total) = (AtomicU64::new(0), Mutex::new(Figures::default()));
        let told = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
                scope.spawn(|| {
                    let mut own = Figures::default();
                    loop {
                        let nth = next.fetch_add(1, Ordering::Relaxed);
                        if nth >= copies || until.is_some_and(|until| Instant::now() > until) {
                            break;
                        }
                        let mut rng = Rng::with_seed(self.seed ^ nth.wrapping_mul(0x9E37_79B9));
                        let damage = if self.every {
                            Damage::Flip {
                                at: nth as usize,
                                bits: 1 << rng.u8(0..8),
                            }
                        } else {
                            specimen.any_damage(&mut rng)
                        };
                        let (bytes, fate) = specimen.suffer(damage);
                        own.count(bytes, &fate);
                        if matches!(fate, Fate::Wrong(_) | Fate::Panicked)
                            && told.fetch_add(1, Ordering::Relaxed) < 20
                        {
                            eprintln!("FAILED: {damage:?}, seed {}: {fate:?}", self.seed);
                        }
                    }
                    *total.lock().unwrap_or_else(|poison| poison.into_inner()) += own;
                });
            }
        });
        total
            .into_inner()
            .unwrap_or_else(|poison| poison.into_inner())
    }
}
