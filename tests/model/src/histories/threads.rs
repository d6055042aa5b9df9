//! Threads that write and read at once.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use crm_core::{Ref, Value};
use fastrand::Rng;

use super::{Call, History};
use crate::answer::Answer;
use crate::driver::{Driver, Place};
use crate::op::{Edit, Kind, Op, Rec, Seen, Step, Val, Vals};
use crate::trial::Pair;

/// Random transactions of several threads on one database.
#[derive(Debug, Clone, Copy)]
pub struct Workload {
    /// The seed of what is asked; when, the machine decides.
    pub seed: u64,
    /// How many threads.
    pub threads: usize,
    /// How many transactions each makes.
    pub calls: usize,
}

const COMPANIES: u16 = 6;
const DEALS: u16 = 6;
const STAGES: u16 = 3;

impl Workload {
    /// Runs the threads, and writes down what happens.
    ///
    /// # Errors
    /// A failure of the store, or a difference before the threads begin.
    pub fn run(&self, place: Place) -> Result<History, String> {
        let mut pair = Pair::new(place)?;
        for step in set_up() {
            pair.step(&step)?;
        }
        let (driver, start) = pair.into_parts();
        let begin = start.sequence();
        let calls = Mutex::new(Vec::new());
        let ticks = AtomicU64::new(0);
        let failure = Mutex::new(None);
        std::thread::scope(|scope| {
            for thread in 0..self.threads {
                let mut worker = Worker {
                    driver: driver.share(),
                    rng: Rng::with_seed(self.seed ^ (thread as u64) << 32),
                    thread,
                    ticks: &ticks,
                    next: 100 * (thread as u16 + 1),
                    calls: Vec::new(),
                };
                let (calls, failure) = (&calls, &failure);
                scope.spawn(move || {
                    for _ in 0..self.calls {
                        if let Err(error) = worker.transaction() {
                            *failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                            break;
                        }
                    }
                    let mut calls = calls.lock().unwrap_or_else(PoisonError::into_inner);
                    calls.append(&mut worker.calls);
                });
            }
        });
        let failure = failure.into_inner().unwrap_or_else(PoisonError::into_inner);
        if let Some(error) = failure {
            return Err(format!("the engine fails: {error}"));
        }
        let mut calls: Vec<Call> = calls.into_inner().unwrap_or_else(PoisonError::into_inner);
        calls.sort_by_key(|call| call.begun);
        let failed = |error| format!("the engine fails: {error}");
        let mut commits = std::collections::BTreeMap::new();
        for commit in driver.commits_after(begin).map_err(failed)? {
            let oracle = driver
                .oracle(std::slice::from_ref(&commit))
                .map_err(failed)?;
            commits.insert(commit.sequence, (commit.sorted(), oracle));
        }
        let report = driver.crm().check().map_err(failed)?;
        Ok(History {
            start,
            now: driver.now(),
            calls,
            commits,
            is_sound: report.is_sound(),
        })
    }
}

fn of(kind: Kind, n: u16) -> Rec {
    Rec::Of(kind, n)
}

/// What is there before the threads begin.
fn set_up() -> Vec<Step> {
    let mut edits = vec![Edit::Create {
        record: of(Kind::Pipeline, 0),
        fields: vec![("name", Val::Words(0, 0))],
    }];
    for n in 0..STAGES {
        let kind = if n + 1 == STAGES { "won" } else { "open" };
        edits.push(Edit::Create {
            record: of(Kind::Stage, n),
            fields: vec![
                ("name", Val::Words(n as u8, 0)),
                ("pipeline", Val::Rec(of(Kind::Pipeline, 0))),
                ("order", Val::Int(n.into())),
                ("kind", Val::Raw(kind)),
                ("probability", Val::Int(50)),
            ],
        });
    }
    for n in 0..COMPANIES {
        edits.push(Edit::Create {
            record: of(Kind::Company, n),
            fields: vec![
                ("name", Val::Words(n as u8, 1)),
                ("employees", Val::Int(100)),
            ],
        });
    }
    for n in 0..DEALS {
        edits.push(Edit::Create {
            record: of(Kind::Deal, n),
            fields: vec![
                ("name", Val::Words(n as u8, 2)),
                ("stage", Val::Rec(of(Kind::Stage, n % STAGES))),
                ("amount", Val::Eur(100_000)),
            ],
        });
    }
    let field = Op::AddField {
        name: "extra_a",
        custom: crate::op::Custom::WonAmount,
    };
    let mut steps: Vec<Step> = edits
        .into_iter()
        .map(|edit| Step::of(Op::Change(edit)))
        .collect();
    steps.push(Step::of(field));
    steps
}

struct Worker<'a> {
    driver: Driver,
    rng: Rng,
    thread: usize,
    ticks: &'a AtomicU64,
    /// The number of the next record that it creates.
    next: u16,
    calls: Vec<Call>,
}

type Res<T> = crm_core::Result<T>;

impl Worker<'_> {
    fn tick(&self) -> u64 {
        self.ticks.fetch_add(1, Ordering::SeqCst)
    }

    fn ask(&mut self, op: Op, reads: Vec<(Ref, &'static str, Value)>) -> Res<Answer> {
        let mut step = Step::of(op);
        step.minutes = 0;
        let begun = self.tick();
        let answer = self.driver.call(&step, &[])?;
        let ended = self.tick();
        self.calls.push(Call {
            thread: self.thread,
            begun,
            ended,
            step,
            reads,
            answer: answer.clone(),
        });
        Ok(answer)
    }

    fn a_company(&mut self) -> Rec {
        of(Kind::Company, self.rng.u16(0..COMPANIES))
    }

    fn a_deal(&mut self) -> Rec {
        of(Kind::Deal, self.rng.u16(0..DEALS))
    }

    fn a_stage(&mut self) -> Rec {
        of(Kind::Stage, self.rng.u16(0..STAGES))
    }

    fn new_number(&mut self) -> u16 {
        self.next += 1;
        self.next
    }

    /// One transaction, or one look.
    fn transaction(&mut self) -> Res<()> {
        match self.rng.u8(0..16) {
            0..3 => self.count_up(),
            3..5 => self.take_from_one_of_two(),
            5 => self.transfer(),
            6 => self.move_card(),
            7 => self.claim(),
            8 => self.refer(),
            9 => self.delete_or_restore(),
            10 => self.change_deal(),
            11 => self.same_batch_again(),
            _ => self.look(),
        }
    }

    /// Reads how many employees a company has, and the version of what was read.
    fn employees(&mut self, company: Rec) -> Res<Option<(i64, Seen)>> {
        match self.ask(Op::Get(company), Vec::new())? {
            Answer::Record(Some(fields)) => {
                match (fields.get("employees"), fields.get("version")) {
                    (Some(Value::Int(employees)), Some(Value::Int(version))) => {
                        Ok(Some((*employees, Seen::Commit(version.unsigned_abs()))))
                    }
                    _ => Ok(None),
                }
            }
            _ => Ok(None),
        }
    }

    fn set(company: Rec, employees: i64, seen: Seen) -> Edit {
        Edit::Update {
            record: company,
            fields: vec![("employees", Val::Int(employees))],
            seen: Some(seen),
        }
    }

    /// A number that nobody else has: two writers who set the same value do not disagree, as the engine sees it,
    /// so that of two who add the same only one would be counted.
    fn amount(&mut self) -> i64 {
        self.rng.i64(1..1 << 40)
    }

    /// Read, add, write.
    fn count_up(&mut self) -> Res<()> {
        let company = self.a_company();
        if let Some((employees, seen)) = self.employees(company)? {
            let reads = vec![(company.find(&[]), "employees", employees.into())];
            let more = employees + self.amount();
            self.ask(Op::Change(Self::set(company, more, seen)), reads)?;
        }
        Ok(())
    }

    /// Reads two records and writes one of them, if there is enough in both: two of these must not both do it on
    /// what only one of them may take. Writing what was read says that it must not have changed.
    fn take_from_one_of_two(&mut self) -> Res<()> {
        let (a, b) = (of(Kind::Company, 0), of(Kind::Company, 1));
        let (from, other) = if self.rng.bool() { (a, b) } else { (b, a) };
        let (Some(own), Some(others)) = (self.employees(from)?, self.employees(other)?) else {
            return Ok(());
        };
        let reads = vec![
            (from.find(&[]), "employees", own.0.into()),
            (other.find(&[]), "employees", others.0.into()),
        ];
        let amount = self.amount();
        let take = if own.0 + others.0 >= amount {
            -amount
        } else {
            amount
        };
        let changes = vec![
            Self::set(other, others.0, others.1),
            Self::set(from, own.0 + take, own.1),
        ];
        self.ask(Op::Batch { key: None, changes }, reads)?;
        Ok(())
    }

    /// From one record to another, so that a reader who sees one half sees too much or too little.
    fn transfer(&mut self) -> Res<()> {
        let (a, b) = (self.a_company(), self.a_company());
        let (Some(from), Some(to)) = (self.employees(a)?, self.employees(b)?) else {
            return Ok(());
        };
        if a == b {
            return Ok(());
        }
        let reads = vec![
            (a.find(&[]), "employees", from.0.into()),
            (b.find(&[]), "employees", to.0.into()),
        ];
        let amount = self.amount();
        let changes = vec![
            Self::set(a, from.0 - amount, from.1),
            Self::set(b, to.0 + amount, to.1),
        ];
        self.ask(Op::Batch { key: None, changes }, reads)?;
        Ok(())
    }

    fn move_card(&mut self) -> Res<()> {
        let seen = Seen::Commit(self.driver.crm().sequence());
        let (card, stage) = (self.a_deal(), self.a_stage());
        self.ask(Op::Cards { stage, limit: 20 }, Vec::new())?;
        let behind = self.rng.bool().then(|| self.a_deal());
        let seen = self.rng.bool().then_some(seen);
        self.ask(
            Op::Change(Edit::Move {
                card,
                stage,
                behind,
                seen,
            }),
            Vec::new(),
        )?;
        Ok(())
    }

    /// A value that others claim at the same time.
    fn claim(&mut self) -> Res<()> {
        let fields: Vals = vec![
            ("name", Val::Words(3, 3)),
            ("external_id", Val::Key(self.rng.u16(0..12))),
        ];
        let edit = match self.rng.u8(0..3) {
            0 => Edit::Upsert {
                kind: Kind::Company,
                by: "external_id",
                fields,
            },
            1 => Edit::Update {
                record: self.a_company(),
                fields,
                seen: None,
            },
            _ => Edit::Create {
                record: of(Kind::Company, self.new_number()),
                fields,
            },
        };
        self.ask(Op::Change(edit), Vec::new())?;
        Ok(())
    }

    /// A reference to what others delete at the same time.
    fn refer(&mut self) -> Res<()> {
        let (company, contact) = (self.a_company(), of(Kind::Contact, self.new_number()));
        let person = Edit::Create {
            record: contact,
            fields: vec![("name", Val::Name(1, 2)), ("company", Val::Rec(company))],
        };
        let employment = Edit::Create {
            record: of(Kind::Employment, self.new_number()),
            fields: vec![
                ("contact", Val::Rec(contact)),
                ("company", Val::Rec(company)),
            ],
        };
        let changes = vec![person, employment];
        self.ask(Op::Batch { key: None, changes }, Vec::new())?;
        Ok(())
    }

    fn delete_or_restore(&mut self) -> Res<()> {
        let company = of(Kind::Company, 2 + self.rng.u16(0..COMPANIES - 2));
        let edit = if self.rng.u8(0..3) == 0 {
            Edit::Delete(company)
        } else {
            Edit::Restore(company)
        };
        self.ask(Op::Change(edit), Vec::new())?;
        Ok(())
    }

    /// What totals, roll-ups and boards follow.
    fn change_deal(&mut self) -> Res<()> {
        let fields = vec![
            ("amount", Val::Eur(self.rng.i64(0..1_000_000))),
            ("company", Val::Rec(self.a_company())),
            ("stage", Val::Rec(self.a_stage())),
        ];
        let edit = Edit::Update {
            record: self.a_deal(),
            fields,
            seen: None,
        };
        self.ask(Op::Change(edit), Vec::new())?;
        Ok(())
    }

    /// A batch under a key that others use as well: it is made once.
    fn same_batch_again(&mut self) -> Res<()> {
        let key = self.rng.u8(0..20);
        let note = Edit::Make {
            kind: Kind::Note,
            fields: vec![
                ("subject", Val::Words(key, 4)),
                ("about", Val::Rec(of(Kind::Company, 0))),
            ],
        };
        let changes = vec![note];
        self.ask(
            Op::Batch {
                key: Some(key),
                changes,
            },
            Vec::new(),
        )?;
        Ok(())
    }

    fn look(&mut self) -> Res<()> {
        let op = match self.rng.u8(0..9) {
            0 => Op::Board {
                pipeline: of(Kind::Pipeline, 0),
            },
            1 => Op::All { question: 0 },
            2 => Op::All { question: 9 },
            3 => Op::Count { question: 1 },
            4 => Op::Aggregate {
                question: 0,
                group: 1,
            },
            5 => Op::Aggregate {
                question: 9,
                group: 2,
            },
            6 => Op::Search {
                words: vec![self.rng.u8(0..6)],
                letters: 0,
            },
            7 => Op::Timeline {
                record: of(Kind::Company, 0),
                limit: 50,
            },
            _ => Op::Find {
                question: 9,
                sort: 6,
                limit: 20,
                trash: false,
            },
        };
        self.ask(op, Vec::new())?;
        Ok(())
    }
}
