//! A call, as the model answers it.

use chrono::{DateTime, TimeDelta, Utc};
use crm_core::{Change, Code, Ref, Value};

use super::work::{Caller, Work};
use super::{Keyed, Model, Outcome, Res, get};
use crate::answer::{Answer, Oracle};
use crate::driver::change;
use crate::op::{Edit, Op, Step, Vals, content, operation_name, sha256};

impl Model {
    /// Answers a call.
    pub fn call(&mut self, step: &Step, now: DateTime<Utc>, oracle: &mut Oracle) -> Answer {
        let created: Vec<Ref> = oracle.created.iter().copied().collect();
        let answer = self
            .try_call(step, now, oracle)
            .unwrap_or_else(Answer::Refused);
        // Those that the engine has named can be referred to from now on.
        let named = created
            .into_iter()
            .filter(|record| !oracle.created.contains(record));
        self.made.extend(named);
        answer
    }

    fn try_call(&mut self, step: &Step, now: DateTime<Utc>, oracle: &mut Oracle) -> Res<Answer> {
        let actor = step.user.map(|user| user.find(&self.made));
        if let Some(actor) = actor {
            let user = self.live(actor).ok_or(Code::NotFound)?;
            if get(user, "active") == false.into() {
                return Err(Code::Invalid);
            }
        }
        let caller = Caller {
            now,
            actor,
            cause: "user",
            operation: step.operation.map(operation_name),
            automate: step.rules,
        };
        let made = self.made.clone();
        let find = |record: &crate::op::Rec| record.find(&made);
        let schema = Caller {
            cause: "schema",
            automate: false,
            ..caller.clone()
        };
        match &step.op {
            Op::Change(edit) => {
                let outcome = self.transact(&caller, oracle, |work| work.edit(edit))?;
                Ok(Answer::Changed(vec![outcome]))
            }
            Op::Batch { key, changes } => {
                let asked = changes
                    .iter()
                    .map(|edit| change(edit, &made, self.sequence));
                let asked: Vec<Change> = asked.collect();
                if let Some(first) = key.and_then(|key| self.keys.get(&key)) {
                    if (&first.changes, first.actor) != (&asked, actor) {
                        return Err(Code::Invalid);
                    }
                    return Ok(Answer::Changed(first.outcomes.clone()));
                }
                let outcomes = self.transact(&caller, oracle, |work| work.edits(changes))?;
                let keyed = Keyed {
                    actor,
                    at: now,
                    changes: asked,
                    outcomes: outcomes.clone(),
                };
                self.keys.extend(key.map(|key| (key, keyed)));
                Ok(Answer::Changed(outcomes))
            }
            Op::Rehearse { changes } => {
                let mut copy = self.clone();
                let mut nobody = Oracle::default();
                let outcomes = copy.transact(&caller, &mut nobody, |work| work.edits(changes))?;
                let kinds = outcomes
                    .iter()
                    .map(|(record, kind, _)| (record.object, *kind));
                Ok(Answer::Rehearsed(kinds.collect()))
            }
            Op::Undo { operation } => {
                let name = operation_name(*operation);
                let undo = Caller {
                    cause: "undo",
                    operation: Some(format!("undo of {name}")),
                    automate: false,
                    ..caller
                };
                self.transact(&undo, oracle, |work| work.undo(&name))
            }
            Op::RunDue => {
                let due = Caller {
                    cause: "due",
                    ..caller
                };
                let mut answer = self.transact(&due, oracle, |work| work.run_due(now))?;
                if let Answer::Due { more, .. } = &mut answer {
                    *more = self.next_due().is_some_and(|at| at <= now);
                }
                Ok(answer)
            }
            Op::Import {
                upsert,
                dry: true,
                rows,
            } => self.rehearse_import(&caller, *upsert, rows),
            Op::Import { upsert, rows, .. } => {
                let operation = step.operation.unwrap_or_default();
                let caller = Caller {
                    operation: Some(operation_name(operation)),
                    ..caller
                };
                self.import(&caller, oracle, *upsert, rows)
            }
            Op::AddField { name, custom } => {
                self.transact(&schema, oracle, |work| work.add_field(name, *custom))?;
                Ok(Answer::Nothing)
            }
            Op::RenameField { name, to } => {
                self.transact(&schema, oracle, |work| work.rename_field(name, to))?;
                Ok(Answer::Nothing)
            }
            Op::RetypeField {
                name,
                number,
                clear,
            } => self.transact(&schema, oracle, |work| {
                work.retype_field(name, *number, *clear)
            }),
            Op::RetireField { name } => {
                self.transact(&schema, oracle, |work| work.retire_field(name))?;
                Ok(Answer::Nothing)
            }
            Op::IndexField { name } => {
                self.transact(&schema, oracle, |work| work.index_field(name))?;
                Ok(Answer::Nothing)
            }
            Op::PutContent {
                document,
                bytes,
                of,
            } => {
                let content = content(*bytes, *of);
                let fields = [
                    ("bytes", Value::Int(content.len() as i64)),
                    ("sha256", sha256(&content).into()),
                ];
                let document = find(document);
                self.transact(&caller, oracle, |work| {
                    work.update(document, &fields.to_vec(), None, true)
                })?;
                Ok(Answer::Nothing)
            }
            Op::Maintain => {
                let before = now - TimeDelta::days(30);
                self.keys.retain(|_, keyed| keyed.at >= before);
                Ok(Answer::Nothing)
            }
            Op::Compact | Op::Backup | Op::Reopen => Ok(Answer::Nothing),
            Op::Get(record) => Ok(Answer::Record(self.flat(find(record)))),
            Op::Content(document) => {
                let document = self.live(find(document)).ok_or(Code::NotFound)?;
                Ok(Answer::Content(get(document, "sha256")))
            }
            Op::Find {
                question,
                sort,
                limit,
                trash,
            } => self.find(*question, *sort, *limit, *trash),
            Op::Next => self.next_page(),
            Op::All { question } => Ok(self.all(*question)),
            Op::Count { question } => Ok(self.count(*question)),
            Op::Aggregate { question, group } => self.aggregate(*question, *group),
            Op::Search { words, letters } => Ok(self.search(words, *letters)),
            Op::Timeline { record, limit } => self.timeline(find(record), *limit),
            Op::Board { pipeline } => self.board(find(pipeline)),
            Op::Cards { stage, limit } => {
                let cards = self.cards(find(stage)).into_iter().take((*limit).into());
                Ok(Answer::Records(cards.map(|(_, card)| card).collect()))
            }
            Op::History(record) => Ok(self.history(find(record))),
            Op::AsOf { record, seen } => {
                let sequence = seen.sequence(self.sequence);
                Ok(Answer::Record(self.as_of(find(record), sequence)))
            }
            Op::At { record, minutes } => {
                let at = now - TimeDelta::minutes((*minutes).into());
                let last = self.log.iter().rev().find(|commit| commit.at <= at);
                let then = last.and_then(|last| self.as_of(find(record), last.sequence));
                Ok(Answer::Record(then))
            }
        }
    }
}

impl Work<'_> {
    fn edits(&mut self, edits: &[Edit]) -> Res<Vec<Outcome>> {
        edits.iter().map(|edit| self.edit(edit)).collect()
    }

    fn edit(&mut self, edit: &Edit) -> Res<Outcome> {
        let made = self.model.made.clone();
        let values = |fields: &Vals| -> Vec<(&'static str, Value)> {
            let values = fields
                .iter()
                .map(|(name, value)| (*name, value.value(&made)));
            values.collect()
        };
        let last = self.model.sequence;
        match edit {
            Edit::Create { record, fields } => {
                self.create(record.find(&made), &values(fields), false)
            }
            Edit::Make { kind, fields } => {
                let record = self.new_record(*kind);
                self.create(record, &values(fields), false)
            }
            Edit::Update {
                record,
                fields,
                seen,
            } => {
                let seen = seen.map(|seen| seen.sequence(last));
                self.update(record.find(&made), &values(fields), seen, false)
            }
            Edit::Upsert { kind, by, fields } => {
                let values = values(fields);
                if self.model.field(kind.number(), by).is_none() {
                    return Err(Code::UnknownField);
                }
                let key = values.iter().find(|(name, _)| name == by);
                let key = key
                    .filter(|(_, value)| !value.is_null())
                    .ok_or(Code::Invalid)?;
                match self.find_by(kind.number(), by, key.1.clone())? {
                    Some(found) => self.update(found, &values, None, false),
                    None => {
                        let record = self.new_record(*kind);
                        self.create(record, &values, false)
                    }
                }
            }
            Edit::Move {
                card,
                stage,
                behind,
                seen,
            } => {
                let behind = behind.map(|behind| behind.find(&made));
                let seen = seen.map(|seen| seen.sequence(last));
                self.move_card(card.find(&made), stage.find(&made), behind, seen)
            }
            Edit::Delete(record) => self.delete(record.find(&made)),
            Edit::Restore(record) => self.restore(record.find(&made)),
            Edit::Purge(record) => self.purge(record.find(&made)),
        }
    }
}
