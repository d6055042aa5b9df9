//! The engine and the model side by side.

use std::fmt;

use crm_core::{Error, Query, Ref};

use crate::answer::{Answer, Commit, Oracle};
use crate::driver::{Driver, Place};
use crate::generator::{Generator, Wanted};
use crate::model::Model;
use crate::op::{Kind, Op, QUESTIONS, Step};

/// A sequence of calls, to be made by the engine and by the model.
#[derive(Debug, Clone, Copy)]
pub struct Trial {
    /// The seed of the calls.
    pub seed: u64,
    /// How many.
    pub steps: usize,
    /// Where the database is.
    pub place: Place,
}

/// What was compared.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Figures {
    /// Calls.
    pub steps: usize,
    /// Those that were refused.
    pub refused: usize,
}

impl std::ops::AddAssign for Figures {
    fn add_assign(&mut self, other: Figures) {
        self.steps += other.steps;
        self.refused += other.refused;
    }
}

/// Where the engine and the model disagree.
#[derive(Debug)]
pub struct Difference {
    /// At which call, from 0.
    pub step: usize,
    /// In what, with what each says.
    pub what: String,
}

/// Calls between two comparisons of everything.
const COMPARED_EVERY: usize = 40;

impl Trial {
    /// Makes random calls.
    ///
    /// # Errors
    /// The calls up to the first difference.
    pub fn run(&self) -> Result<Figures, (Vec<Step>, Difference)> {
        let mut generator = Generator::new(self.seed, Wanted::All);
        let mut steps = Vec::with_capacity(self.steps);
        let mut figures = Figures::default();
        let mut pair = match Pair::new(self.place) {
            Ok(pair) => pair,
            Err(what) => return Err((steps, Difference { step: 0, what })),
        };
        for number in 0..self.steps {
            let step = generator.step();
            steps.push(step.clone());
            let outcome = pair.step(&step).and_then(|answer| {
                let is_last = number + 1 == self.steps;
                if is_last || number % COMPARED_EVERY == COMPARED_EVERY - 1 {
                    pair.compare(number as u64)?;
                }
                Ok(answer)
            });
            match outcome {
                Ok(Answer::Refused(_)) => figures.refused += 1,
                Ok(_) => generator.accepted(&step),
                Err(what) => return Err((steps, Difference { step: number, what })),
            }
            figures.steps += 1;
        }
        Ok(figures)
    }
}

/// Makes calls by the engine and by the model, and compares what they say and what they did: of each call the
/// answer and the records that it touched, after the last one everything.
///
/// # Errors
/// The first difference.
pub fn run(steps: &[Step], place: Place) -> Result<(), Difference> {
    let at = |step: usize| move |what: String| Difference { step, what };
    let mut pair = Pair::new(place).map_err(at(0))?;
    for (number, step) in steps.iter().enumerate() {
        pair.step(step).map_err(at(number))?;
    }
    let last = steps.len().saturating_sub(1);
    pair.compare(last as u64).map_err(at(last))
}

/// An engine and a model.
pub struct Pair {
    driver: Driver,
    model: Model,
}

fn failed(error: Error) -> String {
    format!("the engine fails: {error}")
}

fn differ<T: PartialEq + fmt::Debug>(what: &str, engine: &T, model: &T) -> Result<(), String> {
    if engine == model {
        return Ok(());
    }
    Err(format!("{what}\n  engine: {engine:?}\n  model:  {model:?}"))
}

impl Pair {
    /// A new database, and its model.
    ///
    /// # Errors
    /// Those of the store, as text.
    pub fn new(place: Place) -> Result<Self, String> {
        let driver = Driver::new(place).map_err(failed)?;
        let model = Model::new(driver.crm().sequence());
        Ok(Pair { driver, model })
    }

    /// The engine and the model, each for itself.
    pub fn into_parts(self) -> (Driver, Model) {
        (self.driver, self.model)
    }

    /// One call, and whether it does the same.
    ///
    /// # Errors
    /// The difference.
    pub fn step(&mut self, step: &Step) -> Result<Answer, String> {
        let before = self.model.sequence();
        let answer = self.driver.call(step, &self.model.made).map_err(failed)?;
        let commits = self.driver.commits_after(before).map_err(failed)?;
        let mut oracle = self.driver.oracle(&commits).map_err(failed)?;
        let expected = self.model.call(step, self.driver.now(), &mut oracle);
        differ("the answer", &answer, &expected)?;
        self.compare_commits(before, commits, &oracle)?;
        differ(
            "the next due time",
            &self.driver.crm().next_due().ok().flatten(),
            &self.model.next_due(),
        )?;
        if step.op == Op::Backup && matches!(answer, Answer::Nothing) {
            let backup = self.driver.backup().map_err(failed)?;
            let copy = Pair {
                driver: backup,
                model: self.model.clone(),
            };
            copy.compare_records()
                .map_err(|what| format!("in a backup: {what}"))?;
        }
        Ok(answer)
    }

    fn compare_commits(
        &self,
        before: u64,
        commits: Vec<Commit>,
        oracle: &Oracle,
    ) -> Result<(), String> {
        let expected = self
            .model
            .log
            .iter()
            .filter(|commit| commit.sequence > before);
        let expected: Vec<Commit> = expected.map(|commit| (**commit).clone().sorted()).collect();
        let commits: Vec<Commit> = commits.into_iter().map(Commit::sorted).collect();
        differ("what was committed", &commits, &expected)?;
        let none: Vec<Ref> = Vec::new();
        let created: Vec<Ref> = oracle.created.iter().copied().collect();
        differ("records that the model does not create", &created, &none)?;
        for entry in commits.iter().flat_map(|commit| &commit.entries) {
            self.compare_record(entry.record)?;
        }
        Ok(())
    }

    fn compare_record(&self, record: Ref) -> Result<(), String> {
        let engine = self.driver.record(record).map_err(failed)?;
        differ(
            &format!("record {record:?}"),
            &engine,
            &self.model.flat(record),
        )
    }

    /// Every record, live and in the trash.
    fn compare_records(&self) -> Result<(), String> {
        for record in self.model.records.keys() {
            self.compare_record(*record)?;
        }
        let crm = self.driver.crm();
        for (kind, number, name) in Kind::ALL {
            let mut own: Vec<Ref> = Vec::new();
            for query in [Query::of(name), Query::of(name).in_trash()] {
                for record in crm.find_all(&query) {
                    own.push(record.map_err(failed)?.reference());
                }
            }
            own.sort();
            let all = self.model.records.keys().copied();
            let all: Vec<Ref> = all.filter(|record| record.object == number).collect();
            differ(&format!("the records of {kind:?}"), &own, &all)?;
            let count = crm.count(name, "").map_err(failed)?;
            let live = self.model.all_live(number).count() as u64;
            differ(&format!("the number of {kind:?}"), &count, &live)?;
        }
        let report = crm.check().map_err(failed)?;
        if !report.is_sound() {
            return Err(format!("the check finds {:?}", report.findings));
        }
        differ("the last commit", &crm.sequence(), &self.model.sequence())
    }

    /// Everything that can be asked.
    ///
    /// # Errors
    /// The first difference.
    pub fn compare(&mut self, salt: u64) -> Result<(), String> {
        self.compare_records()?;
        let mut asked = Vec::new();
        for question in 0..QUESTIONS.len() as u8 {
            asked.push(Op::Count { question });
            let sort = (salt as u8).wrapping_add(question);
            asked.push(Op::Find {
                question,
                sort,
                limit: 200,
                trash: false,
            });
            asked.push(Op::Aggregate {
                question,
                group: sort,
            });
        }
        for n in 0..crate::op::WORDS.len() as u8 {
            asked.push(Op::Search {
                words: vec![n],
                letters: 0,
            });
        }
        for op in asked {
            self.ask(op)?;
        }
        for record in self.model.records.keys().copied().collect::<Vec<_>>() {
            match Kind::of(record.object) {
                Some(Kind::Pipeline) => {
                    let board = self.driver.board(record).map_err(|error| error.code());
                    differ("a board", &board, &self.model.board(record))?;
                }
                Some(Kind::Company | Kind::Contact | Kind::Deal) => {
                    let timeline = self
                        .driver
                        .timeline(record, 200)
                        .map_err(|error| error.code());
                    differ("a timeline", &timeline, &self.model.timeline(record, 200))?;
                }
                _ => {}
            }
            let history = self.driver.history(record).map_err(failed)?;
            differ("a history", &history, &self.model.history(record))?;
        }
        let all = self.driver.commits_after(0).map_err(failed)?;
        let first = self
            .model
            .log
            .first()
            .map_or(u64::MAX, |commit| commit.sequence);
        let all = all.into_iter().filter(|commit| commit.sequence >= first);
        let all: Vec<Commit> = all.map(Commit::sorted).collect();
        let log = self
            .model
            .log
            .iter()
            .map(|commit| (**commit).clone().sorted());
        differ("the feed from its beginning", &all, &log.collect())
    }

    fn ask(&mut self, op: Op) -> Result<(), String> {
        let mut step = Step::of(op);
        step.minutes = 0;
        let engine = self.driver.call(&step, &self.model.made).map_err(failed)?;
        let model = self
            .model
            .call(&step, self.driver.now(), &mut Oracle::default());
        differ(&format!("the answer to {:?}", step.op), &engine, &model)
    }
}
