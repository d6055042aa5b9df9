//! The jobs: each a name and two closures, one for each side. To change what a side does, change its closure, or
//! the method of [`Ours`] or [`Sqlite`] that it calls.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::Instant;

use crate::Result;
use crate::data::{Contact, Data, Id};
use crate::ours::Ours;
use crate::redb::{self, Redb};
use crate::report::{Row, Samples, Unit};
use crate::rules::{self, Rules};
use crate::sqlite::{Form, Request, Sqlite};

const THREADS: usize = 8;
const SAVES_PER_THREAD: usize = 25;
/// Saves whose keys are recorded, for redb to write them as well.
const SAVES_RECORDED: usize = 200;
/// How many pages of names the jobs look at.
const PAGES: usize = 40;

/// The engines, loaded with the same data.
pub struct World<'a> {
    pub data: &'a Data,
    pub folder: &'a Path,
    pub ours: Ours,
    pub bare: Sqlite,
    pub full: Sqlite,
    /// Our own store without the engine.
    pub redb: Option<Redb>,
    /// Our engine with rules and without.
    pub rules: Rules,
    /// Counts the changes of crowds, so that each is one.
    pub changes: AtomicU64,
    /// Places in the list of names from which pages begin.
    pub cursors: Vec<(String, (String, String, Id))>,
}

impl<'a> World<'a> {
    /// The databases with the places from which pages of names begin.
    pub fn new(
        data: &'a Data,
        folder: &'a Path,
        ours: Ours,
        bare: Sqlite,
        full: Sqlite,
        rules: Rules,
    ) -> Result<Self> {
        let mut cursors = Vec::new();
        let (mut at, mut sqlite_at) = (None, None);
        for _ in 0..PAGES {
            let (_, next) = ours.page_by_name(at.as_deref())?;
            let (_, sqlite_next) = bare.page_by_name(sqlite_at.as_ref())?;
            cursors.extend(next.clone().zip(Some(sqlite_next.clone())));
            (at, sqlite_at) = (next, Some(sqlite_next));
        }
        Ok(World {
            data,
            folder,
            ours,
            bare,
            full,
            redb: None,
            rules,
            changes: AtomicU64::new(0),
            cursors,
        })
    }

    /// Loads redb with a copy of our file, and with what our saves write.
    pub fn load_redb(&mut self) -> Result<()> {
        let copy = self.folder.join("redb.crm");
        std::fs::copy(self.folder.join("ours.crm"), &copy)?;
        let created = redb::recorded(&copy, |ours| {
            (0..SAVES_RECORDED as u64).try_for_each(|n| {
                ours.save_contact(&new_contact(self, n), self.data)
                    .map(drop)
            })
        })?;
        let updated = redb::recorded(&copy, |ours| {
            (0..SAVES_RECORDED as u64)
                .try_for_each(|n| ours.change_contact(self.contact(n), n).map(drop))
        })?;
        self.redb = Some(Redb::open(&copy, created, updated)?);
        Ok(())
    }

    /// The database of a form.
    pub fn sqlite(&self, form: Form) -> &Sqlite {
        match form {
            Form::Bare => &self.bare,
            Form::SameDuties => &self.full,
        }
    }

    fn redb(&self) -> Result<&Redb> {
        Ok(self.redb.as_ref().ok_or("redb has not been loaded")?)
    }

    fn some(&self, n: u64) -> &Contact {
        // A multiplier coprime to most sizes walks all contacts in an order that no cache foresees.
        &self.data.contacts[(n as usize).wrapping_mul(7_919) % self.data.contacts.len()]
    }

    fn contact(&self, n: u64) -> Id {
        self.some(n).id
    }

    /// One of the hundred contacts that people look at most: those with many activities.
    fn busy_contact(&self, n: u64) -> Id {
        self.data.contacts[n as usize % 100].id
    }

    fn name(&self, n: u64) -> (&str, &str) {
        let contact =
            &self.data.contacts[(n as usize).wrapping_mul(104_729) % self.data.contacts.len()];
        (&contact.given, &contact.family)
    }

    /// What somebody has typed so far: two letters of a name, then three, four and five.
    fn typed(&self, n: u64) -> String {
        let (given, family) = self.name(n / 4);
        let name = if n.is_multiple_of(8) { given } else { family };
        name.chars().take(2 + (n % 4) as usize).collect()
    }
}

/// What our side does in its `n`th run.
pub type OursJob = fn(&World<'_>, u64) -> Result<u64>;

/// A row: what each side does, once, in its `n`th run. Both return a figure that shows that the work was done.
pub struct Job {
    pub name: &'static str,
    /// What the other side is.
    pub against: &'static str,
    pub durability: &'static str,
    pub clients: usize,
    /// How often the job is done in one run; times are divided by it.
    pub times: usize,
    /// How many runs are measured with `--quick`, and without.
    pub runs: [u64; 2],
    /// In how many runs our instructions are counted; 0 where another job counts the same work.
    pub counted: u64,
    /// True if both sides must return the same.
    pub same_answer: bool,
    pub ours: OursJob,
    pub other: fn(&World<'_>, u64) -> Result<u64>,
}

const READ: Job = Job {
    name: "",
    against: Form::Bare.name(),
    durability: "–",
    clients: 1,
    times: 1,
    runs: [2_000, 10_000],
    counted: 20,
    same_answer: false,
    ours: |_, _| Ok(0),
    other: |_, _| Ok(0),
};
pub const SAVE: Job = Job {
    durability: "each commit",
    runs: [200, 1_000],
    ..READ
};

const READS: &[Job] = &[
    Job {
        name: "get by id, all fields, autocommit",
        ours: |w, n| w.ours.get_contact(w.contact(n)),
        other: |w, n| w.bare.get_contact(w.contact(n)),
        ..READ
    },
    Job {
        name: "get by id, all fields, 100 in a transaction",
        times: 100,
        runs: [100, 500],
        ours: |w, n| {
            (0..100)
                .map(|i| w.ours.get_contact(w.contact(100 * n + i)))
                .sum()
        },
        other: |w, n| {
            let transaction = w.bare.connection.unchecked_transaction()?;
            let read = (0..100)
                .map(|i| w.bare.get_contact(w.contact(100 * n + i)))
                .sum();
            transaction.commit()?;
            read
        },
        ..READ
    },
    Job {
        name: "list page of 50 by name, all fields",
        runs: [500, 2_000],
        ours: |w, n| {
            Ok(w.ours
                .page_by_name(Some(&w.cursors[n as usize % w.cursors.len()].0))?
                .0)
        },
        other: |w, n| {
            Ok(w.bare
                .page_by_name(Some(&w.cursors[n as usize % w.cursors.len()].1))?
                .0)
        },
        ..READ
    },
    Job {
        name: "list page of 50 by a custom field, all fields",
        runs: [500, 2_000],
        ours: |w, n| w.ours.page_of_segment(w.some(n).segment),
        other: |w, n| w.bare.page_of_segment(w.some(n).segment),
        ..READ
    },
    Job {
        name: "timeline, newest 50 of a contact (covering index)",
        same_answer: true,
        ours: |w, n| w.ours.timeline(w.busy_contact(n)),
        other: |w, n| w.bare.timeline(w.busy_contact(n)),
        ..READ
    },
    Job {
        name: "timeline, newest 50 of a contact (clustered)",
        against: Form::SameDuties.name(),
        counted: 0,
        same_answer: true,
        ours: |w, n| w.ours.timeline(w.busy_contact(n)),
        other: |w, n| w.full.timeline(w.busy_contact(n)),
        ..READ
    },
    Job {
        name: "board totals, 5,000 open deals",
        runs: [500, 2_000],
        same_answer: true,
        ours: |w, _| w.ours.board(w.data.pipelines[0].id, 0),
        other: |w, _| w.bare.board_totals(w.data.pipelines[0].id),
        ..READ
    },
    Job {
        name: "board totals, 5,000 open deals (kept by triggers)",
        against: Form::SameDuties.name(),
        counted: 0,
        runs: [500, 2_000],
        same_answer: true,
        ours: |w, _| w.ours.board(w.data.pipelines[0].id, 0),
        other: |w, _| w.full.board_totals(w.data.pipelines[0].id),
        ..READ
    },
    Job {
        name: "board totals, 50,000 open deals",
        runs: [100, 300],
        same_answer: true,
        ours: |w, _| w.ours.board(w.data.pipelines[1].id, 0),
        other: |w, _| w.bare.board_totals(w.data.pipelines[1].id),
        ..READ
    },
    Job {
        name: "board totals, 50,000 open deals (kept by triggers)",
        against: Form::SameDuties.name(),
        counted: 0,
        runs: [500, 2_000],
        same_answer: true,
        ours: |w, _| w.ours.board(w.data.pipelines[1].id, 0),
        other: |w, _| w.full.board_totals(w.data.pipelines[1].id),
        ..READ
    },
    Job {
        name: "board, totals and first 50 cards of each stage",
        against: Form::SameDuties.name(),
        runs: [300, 1_000],
        same_answer: true,
        ours: |w, _| w.ours.board(w.data.pipelines[0].id, 50),
        other: |w, _| w.full.board(w.data.pipelines[0].id),
        ..READ
    },
    Job {
        name: "search as you type, 20 hits (SQLite unranked)",
        against: Form::SameDuties.name(),
        runs: [400, 2_000],
        ours: |w, n| w.ours.search(&w.typed(n)),
        other: |w, n| w.full.search(&w.typed(n), false),
        ..READ
    },
    Job {
        name: "search as you type, 20 best hits",
        against: Form::SameDuties.name(),
        counted: 0,
        runs: [400, 2_000],
        ours: |w, n| w.ours.search(&w.typed(n)),
        other: |w, n| w.full.search(&w.typed(n), true),
        ..READ
    },
    Job {
        name: "search two common words, 20 best hits",
        against: Form::SameDuties.name(),
        runs: [400, 2_000],
        ours: |w, n| w.ours.search(&format!("{} {}", w.name(n).0, w.name(n).1)),
        other: |w, n| {
            w.full
                .search(&format!("{} {}", w.name(n).0, w.name(n).1), true)
        },
        ..READ
    },
    Job {
        name: "search one rare word",
        against: Form::SameDuties.name(),
        runs: [400, 2_000],
        ours: |w, n| w.ours.search(&w.some(n).email),
        other: |w, n| w.full.search(&w.some(n).email, true),
        ..READ
    },
    Job {
        name: "segment: count by three conditions, no index, again",
        runs: [30, 30],
        same_answer: true,
        ours: |w, n| w.ours.count_segment("Sales", (n % 100) as i64),
        other: |w, n| w.bare.count_segment("Sales", (n % 100) as i64),
        ..READ
    },
    Job {
        name: "segment: first 50 by three conditions, no index, all fields",
        runs: [100, 300],
        ours: |w, n| w.ours.page_of_three_conditions("Sales", (n % 100) as i64),
        other: |w, n| w.bare.page_of_three_conditions("Sales", (n % 100) as i64),
        ..READ
    },
    Job {
        name: "change feed, 100,000 changes",
        against: Form::SameDuties.name(),
        runs: [3, 10],
        counted: 1,
        same_answer: true,
        ours: |w, _| w.ours.read_feed(100_000),
        other: |w, _| w.full.read_feed(100_000),
        ..READ
    },
];

const READS_OF_REDB: &[Job] = &[
    Job {
        name: "get by id, all fields (redb: its bytes)",
        other: |w, n| w.redb()?.get_contact(w.contact(n)),
        ours: |w, n| w.ours.get_contact(w.contact(n)),
        ..REDB
    },
    Job {
        name: "timeline, newest 50 of a contact (redb: their bytes)",
        ours: |w, n| w.ours.timeline(w.busy_contact(n)),
        other: |w, n| w.redb()?.timeline(w.busy_contact(n)),
        ..REDB
    },
];
const SAVES_OF_REDB: &[Job] = &[
    Job {
        name: "create a contact (redb: the keys that it writes)",
        ours: |w, n| w.ours.save_contact(&new_contact(w, n + 2_000_000), w.data),
        other: |w, n| w.redb()?.create(n),
        ..SAVE_OF_REDB
    },
    Job {
        name: "change two fields of a contact (redb: the keys that it writes)",
        ours: |w, n| w.ours.change_contact(w.contact(n), n + 4_000_000),
        other: |w, n| w.redb()?.update(n),
        ..SAVE_OF_REDB
    },
];
const REDB: Job = Job {
    against: "bare redb",
    counted: 0,
    ..READ
};
const SAVE_OF_REDB: Job = Job {
    durability: "each commit",
    runs: [SAVES_RECORDED as u64, SAVES_RECORDED as u64],
    ..REDB
};

const SAVES: &[Job] = &[
    Job {
        name: "create a contact",
        ours: |w, n| w.ours.save_contact(&new_contact(w, n), w.data),
        other: |w, n| w.bare.save_contact(new_id(n), &new_contact(w, n), w.data),
        ..SAVE
    },
    Job {
        name: "create a contact",
        against: Form::SameDuties.name(),
        counted: 0,
        ours: |w, n| w.ours.save_contact(&new_contact(w, n + 500_000), w.data),
        other: |w, n| {
            w.full
                .save_contact(new_id(n), &new_contact(w, n + 500_000), w.data)
        },
        ..SAVE
    },
    Job {
        name: "change two fields of a contact",
        ours: |w, n| w.ours.change_contact(w.contact(n), n),
        other: |w, n| w.bare.change_contact(w.contact(n), n),
        ..SAVE
    },
    Job {
        name: "change two fields of a contact",
        against: Form::SameDuties.name(),
        counted: 0,
        ours: |w, n| w.ours.change_contact(w.contact(n), n + 1_000_000),
        other: |w, n| w.full.change_contact(w.contact(n), n + 1_000_000),
        ..SAVE
    },
    Job {
        name: "change a contact, own connections",
        other: |w, _| own_connections(w, Form::Bare),
        ..CROWD
    },
    Job {
        name: "change a contact, one writer thread",
        other: |w, _| writer_thread(w, Form::Bare),
        ..CROWD
    },
    Job {
        name: "change a contact, own connections",
        against: Form::SameDuties.name(),
        other: |w, _| own_connections(w, Form::SameDuties),
        ..CROWD
    },
    Job {
        name: "change a contact, one writer thread",
        against: Form::SameDuties.name(),
        other: |w, _| writer_thread(w, Form::SameDuties),
        ..CROWD
    },
];
const CROWD: Job = Job {
    clients: THREADS,
    times: THREADS * SAVES_PER_THREAD,
    runs: [5, 15],
    counted: 0,
    ours: crowd_of_ours,
    ..SAVE
};

/// The jobs that only read.
pub fn reads(world: &World<'_>, choice: &Choice) -> Result<Vec<Row>> {
    chosen(&[READS, READS_OF_REDB], world, choice)
}

/// The jobs that write.
pub fn saves(world: &World<'_>, choice: &Choice) -> Result<Vec<Row>> {
    chosen(&[SAVES, rules::JOBS, SAVES_OF_REDB], world, choice)
}

/// Our side of a job, for the count of its instructions.
pub struct Counted {
    pub ours: OursJob,
    pub runs: u64,
    /// The first run that is counted: reads are counted with warm caches, saves are not done twice.
    pub from: u64,
}

/// The jobs of which our instructions are counted.
pub fn counted(choice: &Choice) -> impl Iterator<Item = (&'static str, Counted)> {
    let of = |saves: bool| {
        move |job: &Job| {
            let counted = Counted {
                ours: job.ours,
                runs: job.counted,
                from: if saves { job.counted } else { 0 },
            };
            (job.name, counted)
        }
    };
    let reads = READS.iter().map(of(false));
    let jobs = reads.chain(SAVES.iter().chain(rules::JOBS).map(of(true)));
    jobs.filter(|(name, counted)| counted.runs > 0 && choice.has(name))
}

/// What is to be run.
#[derive(Default)]
pub struct Choice {
    /// Fewer runs.
    pub quick: bool,
    /// Only the jobs with this in their names.
    pub only: Option<String>,
    /// So many runs of each job, instead of its own number; for profiles.
    pub runs: Option<u64>,
}

impl Choice {
    /// True for a job that is to be run.
    pub fn has(&self, name: &str) -> bool {
        self.only.as_ref().is_none_or(|only| name.contains(only))
    }
}

fn chosen(jobs: &[&[Job]], world: &World<'_>, choice: &Choice) -> Result<Vec<Row>> {
    let jobs = jobs
        .iter()
        .copied()
        .flatten()
        .filter(|job| choice.has(job.name));
    jobs.map(|job| measure(job, world, choice)).collect()
}

/// Runs both sides in turns of a few runs each, so that whatever else the machine does meets both.
fn measure(job: &Job, world: &World<'_>, choice: &Choice) -> Result<Row> {
    eprintln!("  {} ({}, {})", job.name, job.against, job.durability);
    let runs = choice.runs.unwrap_or(job.runs[usize::from(!choice.quick)]);
    let turn = (runs / 10).clamp(1, 100);
    if job.durability == READ.durability {
        // What both sides keep in memory is there before it counts, as with the instructions.
        for n in 0..runs {
            (job.ours)(world, n)?;
            (job.other)(world, n)?;
        }
    }
    let (mut ours, mut other) = (Vec::new(), Vec::new());
    for from in (0..runs).step_by(turn as usize) {
        let turn = from..(from + turn).min(runs);
        let mut answers = Vec::new();
        for n in turn.clone() {
            answers.push(timed(&mut ours, job.times, || (job.ours)(world, n))?);
        }
        for (n, answer) in turn.zip(answers) {
            let theirs = timed(&mut other, job.times, || (job.other)(world, n))?;
            if job.same_answer && answer != theirs {
                return Err(format!(
                    "{}: we say {answer}, {} says {theirs}",
                    job.name, job.against
                )
                .into());
            }
        }
    }
    Ok(Row {
        job: job.name.to_owned(),
        against: job.against,
        durability: job.durability,
        clients: job.clients,
        unit: Unit::Time,
        ours: Samples::new(ours),
        other: Samples::new(other),
    })
}

/// Runs something once and adds its time, by how often the job was done in it, to the samples.
pub fn timed<R>(
    samples: &mut Vec<f64>,
    times: usize,
    run: impl FnOnce() -> Result<R>,
) -> Result<R> {
    let start = Instant::now();
    let result = run()?;
    samples.push(start.elapsed().as_secs_f64() / times as f64);
    Ok(result)
}

/// A contact that does not exist yet, made from one that does.
fn new_contact(world: &World<'_>, n: u64) -> Contact {
    let like = &world.data.contacts[n as usize % world.data.contacts.len()];
    Contact {
        email: format!("new{n}-{}", like.email),
        external_id: format!("N-{n}"),
        given: like.given.clone(),
        family: like.family.clone(),
        phone: like.phone.clone(),
        description: like.description.clone(),
        ..*like
    }
}

fn new_id(n: u64) -> Id {
    let mut id = [0xFE; 16];
    id[8..].copy_from_slice(&n.to_be_bytes());
    id
}

/// Runs a closure on several threads at once.
fn crowd(run: impl Fn() -> Result<()> + Sync) -> Result<u64> {
    thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(&run)).collect();
        for thread in threads {
            thread.join().map_err(|_| "a thread panicked")??;
        }
        Ok(1)
    })
}

fn crowd_of_ours(world: &World<'_>, _: u64) -> Result<u64> {
    let (ours, data, changes) = (&world.ours, world.data, &world.changes);
    crowd(|| {
        for _ in 0..SAVES_PER_THREAD {
            let (contact, value) = next_change(data, changes);
            ours.change_contact(contact, value)?;
        }
        Ok(())
    })
}

/// A contact to change, and a value that it does not have.
fn next_change(data: &Data, changes: &AtomicU64) -> (Id, u64) {
    let value = changes.fetch_add(1, Ordering::Relaxed);
    (
        data.contacts[(value as usize).wrapping_mul(7_919) % data.contacts.len()].id,
        3_000_000 + value,
    )
}

/// The file of a form, in the bench's folder.
pub fn file_of(form: Form) -> &'static str {
    match form {
        Form::Bare => "bare.sqlite",
        Form::SameDuties => "full.sqlite",
    }
}

fn own_connections(world: &World<'_>, form: Form) -> Result<u64> {
    let (path, data, changes) = (world.folder.join(file_of(form)), world.data, &world.changes);
    crowd(|| {
        let own = Sqlite::open(&path, form)?;
        for _ in 0..SAVES_PER_THREAD {
            let (contact, value) = next_change(data, changes);
            own.change_contact(contact, value)?;
        }
        Ok(())
    })
}

fn writer_thread(world: &World<'_>, form: Form) -> Result<u64> {
    let (path, data, changes) = (world.folder.join(file_of(form)), world.data, &world.changes);
    let (requests, queue) = mpsc::channel();
    thread::scope(|scope| {
        let writer = scope.spawn(move || Sqlite::open(&path, form)?.write_for_others(&queue));
        let saved = crowd(|| {
            let requests = requests.clone();
            let (done, saved) = mpsc::channel();
            for _ in 0..SAVES_PER_THREAD {
                let (contact, n) = next_change(data, changes);
                requests.send(Request {
                    contact,
                    n,
                    done: done.clone(),
                })?;
                saved.recv()?;
            }
            Ok(())
        });
        drop(requests);
        writer.join().map_err(|_| "the writer panicked")??;
        saved
    })
}
