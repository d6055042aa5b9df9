//! Calls on the engine, through its public API, and what it says, in the model's form.

mod requests;
mod shown;

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use chrono::{DateTime, TimeDelta, Utc};
use crm_core::schema::FieldType;
use crm_core::*;
use tempfile::TempDir;

pub(crate) use self::requests::change;
use self::requests::{definition, import, search};
use crate::answer::Answer;
use crate::faulty::{Fault, Faulty};
use crate::op::*;

/// An id for each record that the engine makes, ascending also when the database is opened again.
#[derive(Clone, Default)]
struct Ids(Arc<AtomicU64>);

impl IdSource for Ids {
    fn next(&self, _: DateTime<Utc>) -> Id {
        let mut id = [0; 16];
        id[0] = 0x02;
        id[6] = 0x70;
        id[8..].copy_from_slice(&self.0.fetch_add(1, Ordering::Relaxed).to_be_bytes());
        id[8] = 0x80;
        Id::from_bytes(id)
    }
}

/// Where a database is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In memory.
    Memory,
    /// In a file with a journal of so many bytes.
    File(usize),
    /// In memory, on a storage with a fault.
    Faulty(Fault),
}

/// A database at work.
pub struct Driver {
    crm: Crm,
    clock: Arc<ManualClock>,
    ids: Ids,
    file: Option<(TempDir, PathBuf, usize)>,
    /// The last question, if it has a next page.
    next: Option<Query>,
}

type Res<T> = crm_core::Result<T>;

fn io(error: std::io::Error) -> Error {
    Detail::Io(error.to_string()).into()
}

impl Driver {
    /// A new database.
    ///
    /// # Errors
    /// Those of the store.
    pub fn new(place: Place) -> Res<Self> {
        let clock = Arc::new(ManualClock::new(start()));
        let ids = Ids::default();
        let (crm, file) = match place {
            Place::Memory => (options(&clock, &ids).in_memory()?, None),
            Place::File(journal) => {
                let folder = tempfile::tempdir().map_err(io)?;
                let path = folder.path().join("model.crm");
                let crm = options(&clock, &ids).journal_bytes(journal).open(&path)?;
                (crm, Some((folder, path, journal)))
            }
            Place::Faulty(fault) => {
                let storage = Faulty::new(Arc::new(store::MemoryStorage::new()), fault)?;
                (options(&clock, &ids).with_storage(Arc::new(storage))?, None)
            }
        };
        Ok(Driver {
            crm,
            clock,
            ids,
            file,
            next: None,
        })
    }

    /// A database that somebody else has opened, with the time that it goes by.
    pub fn on(crm: Crm, clock: Arc<ManualClock>) -> Driver {
        Driver {
            crm,
            clock,
            ids: Ids::default(),
            file: None,
            next: None,
        }
    }

    /// The same database, for another thread.
    pub fn share(&self) -> Driver {
        Driver {
            crm: self.crm.clone(),
            clock: Arc::clone(&self.clock),
            ids: self.ids.clone(),
            file: None,
            next: None,
        }
    }

    /// The database.
    pub fn crm(&self) -> &Crm {
        &self.crm
    }

    /// The time.
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// Makes a call, given the records to which the engine gave an id.
    ///
    /// # Errors
    /// Those that are no answer: of the store.
    pub fn call(&mut self, step: &Step, made: &[Ref]) -> Res<Answer> {
        if step.minutes != 0 {
            self.clock.advance(TimeDelta::minutes(step.minutes.into()));
        }
        match self.try_call(step, made) {
            Ok(answer) => Ok(answer),
            Err(error) if is_of_the_store(&error) => Err(error),
            Err(error) => Ok(Answer::Refused(error.code())),
        }
    }

    fn try_call(&mut self, step: &Step, made: &[Ref]) -> Res<Answer> {
        let mut session: Session = (*self.crm).clone();
        if let Some(user) = step.user {
            session = session.as_user(user.find(made).id.of())?;
        }
        if let Some(operation) = step.operation {
            session = session.operation(&operation_name(operation));
        }
        if !step.rules {
            session = session.without_rules();
        }
        let last = self.crm.sequence();
        let find = |record: &Rec| record.find(made);
        let changes = |edits: &[Edit]| -> Vec<Change> {
            edits.iter().map(|edit| change(edit, made, last)).collect()
        };
        let company = Kind::Company.name();
        Ok(match &step.op {
            Op::Change(edit) => {
                let outcome = session.change(change(edit, made, last))?;
                Answer::Changed(vec![said(&outcome)])
            }
            Op::Batch {
                key,
                changes: edits,
            } => {
                let key = key.map(|key| format!("key {key}"));
                let key = key.as_deref().map(Keyed);
                let outcomes = session.batch(&changes(edits), key)?;
                Answer::Changed(outcomes.iter().map(said).collect())
            }
            Op::Rehearse { changes: edits } => {
                let outcomes = session.rehearse_batch(&changes(edits))?;
                let kinds = outcomes
                    .iter()
                    .map(|outcome| (outcome.record.object, outcome.kind));
                Answer::Rehearsed(kinds.collect())
            }
            Op::Undo { operation } => {
                let report = session.undo(&operation_name(*operation))?;
                let skipped = report.skipped.into_iter();
                let mut skipped: Vec<_> = skipped
                    .map(|skipped| (skipped.record, skipped.field))
                    .collect();
                skipped.sort();
                Answer::Undone {
                    undone: report.undone,
                    skipped,
                }
            }
            Op::RunDue => {
                let mut report = session.run_due(self.now())?;
                report.reminders.sort();
                Answer::Due {
                    reminders: report.reminders,
                    runs: report.rule_runs,
                    more: report.more,
                }
            }
            Op::Import { upsert, dry, rows } => import(
                &session,
                *upsert,
                *dry,
                step.operation.unwrap_or_default(),
                rows,
            )?,
            Op::AddField { name, custom } => {
                session.add_field(company, definition(name, *custom))?;
                Answer::Nothing
            }
            Op::RenameField { name, to } => {
                session.rename_field(company, name, to)?;
                Answer::Nothing
            }
            Op::RetypeField {
                name,
                number,
                clear,
            } => {
                let ty = if *number {
                    FieldType::Integer
                } else {
                    FieldType::Text
                };
                let report = session.retype_field(company, name, ty, *clear)?;
                Answer::Retyped {
                    converted: report.converted,
                    failed: report
                        .failed
                        .into_iter()
                        .map(|(record, ..)| record)
                        .collect(),
                }
            }
            Op::RetireField { name } => {
                session.retire_field(company, name)?;
                Answer::Nothing
            }
            Op::IndexField { name } => {
                session.index_field(company, name)?;
                Answer::Nothing
            }
            Op::PutContent {
                document,
                bytes,
                of,
            } => {
                session.put_content(find(document).id.of(), &content(*bytes, *of))?;
                Answer::Nothing
            }
            Op::Maintain => {
                while session.maintain()? {}
                Answer::Nothing
            }
            Op::Compact => {
                session.compact(&mut |_| ControlFlow::Continue(()))?;
                Answer::Nothing
            }
            Op::Reopen => {
                self.reopen()?;
                Answer::Nothing
            }
            Op::Backup => Answer::Nothing,
            Op::Get(record) => Answer::Record(self.record(find(record))?),
            Op::Content(document) => {
                let content = session.content(find(document).id.of())?;
                Answer::Content(content.map(|content| sha256(&content)).into())
            }
            Op::Find {
                question,
                sort,
                limit,
                trash,
            } => {
                let (kind, filter) = QUESTIONS[usize::from(*question) % QUESTIONS.len()];
                let sort = SORTS[usize::from(*sort) % SORTS.len()];
                let mut query = Query::of(kind.name()).filter(filter).sort(sort);
                query.limit = (*limit).into();
                query.trash = *trash;
                self.next = None;
                self.page(&session, query)?
            }
            Op::Next => match self.next.take() {
                Some(query) => self.page(&session, query)?,
                None => Answer::Nothing,
            },
            Op::All { question } => {
                let (kind, filter) = QUESTIONS[usize::from(*question) % QUESTIONS.len()];
                let query = Query::of(kind.name()).filter(filter).limit(2);
                let mut rows = Vec::new();
                for row in session.find_all(&query) {
                    let row = row?;
                    rows.push((row.reference(), self.flat(&row)));
                    // Others may write meanwhile.
                    std::thread::yield_now();
                }
                Answer::Pages(vec![rows], false)
            }
            Op::Count { question } => {
                let (kind, filter) = QUESTIONS[usize::from(*question) % QUESTIONS.len()];
                Answer::Number(session.count(kind.name(), filter)?)
            }
            Op::Aggregate { question, group } => {
                let (kind, filter) = QUESTIONS[usize::from(*question) % QUESTIONS.len()];
                let (group_by, measures) = GROUPS[usize::from(*group) % GROUPS.len()];
                let mut question = Aggregate::of(kind.name()).filter(filter);
                if !group_by.is_empty() {
                    question = question.group_by(group_by);
                }
                for (op, field) in measures {
                    question = question.measure(*op, field);
                }
                let groups = session.aggregate(&question)?.into_iter();
                Answer::Groups(
                    groups
                        .map(|group| (group.key, group.count, group.measures))
                        .collect(),
                )
            }
            Op::Search { words, letters } => search(&session, words, *letters)?,
            Op::Timeline { record, limit } => self.timeline(find(record), *limit)?,
            Op::Board { pipeline } => self.board(find(pipeline))?,
            Op::Cards { stage, limit } => {
                let cards = session.cards(Kind::Deal.name(), find(stage), None, (*limit).into())?;
                Answer::Records(cards.iter().map(|card| card.record.reference()).collect())
            }
            Op::History(record) => self.history(find(record))?,
            Op::AsOf { record, seen } => {
                let record = session.record_as_of(find(record), seen.sequence(last))?;
                Answer::Record(record.map(|record| self.flat(&record)))
            }
            Op::At { record, minutes } => {
                let at = self.now() - TimeDelta::minutes((*minutes).into());
                let record = session.record_at(find(record), at)?;
                Answer::Record(record.map(|record| self.flat(&record)))
            }
        })
    }

    fn page(&mut self, session: &Session, mut query: Query) -> Res<Answer> {
        let page = session.find(&query)?;
        let rows = page
            .rows
            .iter()
            .map(|row| (row.reference(), self.flat(row)))
            .collect();
        let more = page.next.is_some();
        self.next = page.next.map(|next| {
            query.after = next;
            query
        });
        Ok(Answer::Pages(vec![rows], more))
    }

    fn reopen(&mut self) -> Res<()> {
        if let Some((_, path, journal)) = &self.file {
            self.crm.close()?;
            self.crm = options(&self.clock, &self.ids)
                .journal_bytes(*journal)
                .open(path)?;
        }
        Ok(())
    }

    /// The database that a backup is; `None` for one in memory, which there is no other way to copy.
    ///
    /// # Errors
    /// Those of the store.
    pub fn backup(&self) -> Res<Driver> {
        let folder = tempfile::tempdir().map_err(io)?;
        let path = folder.path().join("backup.crm");
        self.crm.backup(&path, &mut |_| ControlFlow::Continue(()))?;
        let clock = Arc::new(ManualClock::new(self.now()));
        let crm = options(&clock, &self.ids).open(&path)?;
        Ok(Driver {
            crm,
            clock,
            ids: self.ids.clone(),
            file: Some((folder, path, 0)),
            next: None,
        })
    }
}

fn options(clock: &Arc<ManualClock>, ids: &Ids) -> Options {
    Crm::options()
        .clock(Arc::clone(clock))
        .ids(ids.clone())
        .cache_bytes(1 << 20)
}

/// True for an error that is no answer to what was asked for.
pub fn is_of_the_store(error: &Error) -> bool {
    matches!(
        error.code(),
        Code::Io | Code::Full | Code::Corrupt | Code::NeedsReopen | Code::Locked | Code::Closed
    )
}

fn said(outcome: &Outcome) -> (Ref, OutcomeKind, u64) {
    (outcome.record, outcome.kind, outcome.version)
}
