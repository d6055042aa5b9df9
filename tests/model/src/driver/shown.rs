//! What the engine shows, in the form in which the model shows it.

use crm_core::*;

use super::{Driver, Res};
use crate::answer::{Answer, Changes, Commit as CommitSeen, Entry, Flat, Oracle};
use crate::op::Kind;

impl Driver {
    /// A record's timeline.
    ///
    /// # Errors
    /// As [`Session::timeline`].
    pub fn timeline(&self, record: Ref, limit: u8) -> Res<Answer> {
        let mut query = TimelineQuery::of(record);
        query.limit = limit.into();
        let entries = self.crm.timeline(&query)?.entries.into_iter();
        Ok(Answer::Timeline(
            entries.map(|entry| (entry.at, entry.activity)).collect(),
        ))
    }

    /// The board of a pipeline.
    ///
    /// # Errors
    /// As [`Session::board`].
    pub fn board(&self, pipeline: Ref) -> Res<Answer> {
        let board = self.crm.board(Kind::Deal.name(), pipeline, 1_000)?;
        let columns = board.columns.iter().map(|column| {
            let cards = column.cards.iter().map(|card| card.record.reference());
            (
                column.record.reference(),
                column.count,
                column.sums.clone(),
                cards.collect(),
            )
        });
        Ok(Answer::Board(columns.collect()))
    }

    /// A record by the names of its fields, also from the trash.
    ///
    /// # Errors
    /// Those of the store.
    pub fn record(&self, record: Ref) -> Res<Option<Flat>> {
        let found = self.crm.find_record(record)?;
        Ok(found.map(|record| self.flat(&record)))
    }

    fn name(&self, object: u16, field: u16) -> String {
        let catalog = self.crm.catalog();
        let name = catalog.object(object).ok().and_then(|object| {
            let field = object.fields.iter().find(|other| other.id == field);
            field.map(|field| field.name.clone())
        });
        name.unwrap_or_else(|| format!("#{field}"))
    }

    /// A record by the names of its fields, without its number in the search index, and without the words in
    /// which the engine says what is wrong.
    pub fn flat(&self, record: &Record) -> Flat {
        let object = Kind::of(record.object());
        let says_why = matches!(object, Some(Kind::RuleRun | Kind::ImportProblem));
        let mut flat = Flat::new();
        for (field, value) in record.fields().try_fields().flatten() {
            let name = self.name(record.object(), field);
            let value = match name.as_str() {
                "error" | "reason" if says_why => "why".into(),
                "switched_off_reason" => "why".into(),
                _ => value.to_value(),
            };
            if field != schema::system::ORDINAL && !value.is_null() {
                flat.insert(name, value);
            }
        }
        flat
    }

    fn changes(&self, object: u16, changes: &[FieldChange]) -> Changes {
        let named = changes.iter().map(|change| {
            let name = self.name(object, change.field);
            let told = |value: &Value| match name.as_str() {
                "switched_off_reason" if !value.is_null() => "why".into(),
                _ => value.clone(),
            };
            let values = (told(&change.old), told(&change.new));
            (name, values)
        });
        named.collect()
    }

    /// A record's history.
    ///
    /// # Errors
    /// Those of the store.
    pub fn history(&self, record: Ref) -> Res<Answer> {
        let history = self.crm.history(record)?.into_iter().map(|entry| {
            let mut changes = self.changes(record.object, &entry.changes);
            for (name, (_, new)) in &mut changes {
                let of_run = record.object == RuleRun::TYPE && name == "error";
                let of_problem = record.object == ImportProblem::TYPE && name == "reason";
                if of_run || of_problem {
                    *new = "why".into();
                }
            }
            (entry.commit.sequence, entry.kind, entry.cause, changes)
        });
        Ok(Answer::History(history.collect()))
    }

    /// What was committed after a commit.
    ///
    /// # Errors
    /// Those of the store.
    pub fn commits_after(&self, sequence: u64) -> Res<Vec<CommitSeen>> {
        let changes = self.crm.changes(sequence, usize::MAX)?;
        let commits = changes
            .into_iter()
            .map(|CommitChanges { commit, entries }| CommitSeen {
                sequence: commit.sequence,
                at: commit.at,
                actor: commit.actor,
                cause: commit.cause,
                operation: commit.operation,
                entries: entries
                    .into_iter()
                    .map(|entry| Entry {
                        record: entry.record,
                        kind: entry.kind,
                        cause: entry.cause,
                        changes: self.changes(entry.record.object, &entry.changes),
                    })
                    .collect(),
            });
        Ok(commits.collect())
    }

    /// What the model cannot know of commits.
    ///
    /// # Errors
    /// Those of the store.
    pub fn oracle(&self, commits: &[CommitSeen]) -> Res<Oracle> {
        let mut oracle = Oracle::default();
        for entry in commits.iter().flat_map(|commit| &commit.entries) {
            let mut position = entry.changes.get("position").map(|(_, new)| new.clone());
            if entry.kind == ChangeKind::Created {
                // Those that a call gives an id to begin otherwise.
                if entry.record.id.as_bytes()[0] == 0x02 {
                    oracle.created.push_back(entry.record);
                }
                if entry.record.object == Deal::TYPE
                    && let Answer::History(history) = self.history(entry.record)?
                    && let Some((.., began)) = history
                        .iter()
                        .find(|(_, kind, ..)| *kind == ChangeKind::Created)
                {
                    position = began.get("position").map(|(_, new)| new.clone());
                }
            }
            if let Some(Value::Decimal(position)) = position {
                oracle
                    .positions
                    .entry(entry.record)
                    .or_default()
                    .push_back(position);
            }
        }
        Ok(oracle)
    }
}
