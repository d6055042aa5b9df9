//! Questions: the answers are made from the records, whatever is asked.

use std::cmp::{Ordering, Reverse};
use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use crm_core::{ChangeKind, Code, Currency, MeasureOp, Money, Ref, Value};
use rust_decimal::Decimal;

use super::membership::leads;
use super::schema::{Ty, elements, list, references};
use super::{Fields, Model, Res, flat, get, is_live};
use crate::answer::{Answer, Flat};
use crate::op::{GROUPS, Kind, QUESTIONS, SORTS, word};

/// Where a question's next page begins.
#[derive(Clone)]
pub struct Place {
    question: u8,
    sort: u8,
    limit: u8,
    trash: bool,
    /// The sort values and the id of the last record, as it was then.
    last: (Vec<Value>, Ref),
}

impl Model {
    /// True for a record that a question asks for, if it were asked of all records of its object.
    fn meets(&self, question: u8, fields: &Fields) -> bool {
        let int = |name: &str| match get(fields, name) {
            Value::Int(number) => Some(number),
            _ => None,
        };
        let is = |name: &str, text: &str| get(fields, name) == text.into();
        let has = |name: &str| fields.contains_key(name);
        let of = |reference: &str, name: &str| match get(fields, reference) {
            Value::Ref(to) => self.value(to, name),
            _ => Value::Null,
        };
        match usize::from(question) % QUESTIONS.len() {
            1 => int("employees").is_some_and(|employees| employees > 50),
            2 => !has("employees"),
            3 => is("industry", "steel"),
            4 => matches!(of("parent", "employees"), Value::Int(employees) if employees > 50),
            5 => has("parent") && int("employees").is_some_and(|employees| employees <= 100),
            7 => has("email"),
            8 => of("company", "industry") == "steel".into(),
            10 => is("status", "won"),
            11 => {
                matches!(get(fields, "probability"), Value::Decimal(chance) if chance >= Decimal::from(50))
            }
            12 => has("company"),
            13 => is("status", "open"),
            15 => is("status", "due"),
            16 => {
                matches!(get(fields, "email"), Value::Text(email) if email.eq_ignore_ascii_case("p1@example.com"))
            }
            17 => is("name", "amber birch"),
            _ => true,
        }
    }

    /// The records that a question asks for, by id.
    fn matches(&self, question: u8, trash: bool) -> Vec<(Ref, &Fields)> {
        let (kind, _) = QUESTIONS[usize::from(question) % QUESTIONS.len()];
        let all = self
            .records
            .iter()
            .map(|(record, fields)| (*record, &**fields));
        let of_kind = all
            .filter(|(record, fields)| record.object == kind.number() && is_live(fields) != trash);
        of_kind
            .filter(|(_, fields)| self.meets(question, fields))
            .collect()
    }

    pub(super) fn find(&mut self, question: u8, sort: u8, limit: u8, trash: bool) -> Res<Answer> {
        self.cursor = None;
        self.page(question, sort, limit, trash, None)
    }

    /// The page after the last one, if there was to be one.
    pub fn next_page(&mut self) -> Res<Answer> {
        match self.cursor.take() {
            None => Ok(Answer::Nothing),
            Some(place) => {
                let Place {
                    question,
                    sort,
                    limit,
                    trash,
                    last,
                } = place;
                self.page(question, sort, limit, trash, Some(last))
            }
        }
    }

    fn page(
        &mut self,
        question: u8,
        sort: u8,
        limit: u8,
        trash: bool,
        after: Option<(Vec<Value>, Ref)>,
    ) -> Res<Answer> {
        let (kind, _) = QUESTIONS[usize::from(question) % QUESTIONS.len()];
        let keys = SORTS[usize::from(sort) % SORTS.len()].split(',');
        let keys: Vec<&str> = keys.filter(|key| !key.is_empty()).collect();
        for key in &keys {
            let name = key.trim_start_matches('-');
            if name != "created_at" && self.field(kind.number(), name).is_none() {
                return Err(Code::UnknownField);
            }
        }
        let place = |record: Ref, fields: &Fields| {
            let values = keys
                .iter()
                .map(|key| get(fields, key.trim_start_matches('-')));
            (values.collect::<Vec<Value>>(), record)
        };
        let order = |a: &(Vec<Value>, Ref), b: &(Vec<Value>, Ref)| {
            let mut order = Ordering::Equal;
            let mut backwards = false;
            for (at, key) in keys.iter().enumerate() {
                backwards = key.starts_with('-');
                let by_key = compare(&a.0[at], &b.0[at]);
                order = order.then(if backwards { by_key.reverse() } else { by_key });
            }
            // The id decides in the direction of the last key.
            let by_id = a.1.cmp(&b.1);
            order.then(if backwards { by_id.reverse() } else { by_id })
        };
        let mut rows: Vec<_> = self
            .matches(question, trash)
            .into_iter()
            .map(|(record, fields)| (place(record, fields), flat(fields)))
            .collect();
        rows.sort_by(|(a, _), (b, _)| order(a, b));
        rows.retain(|(at, _)| after.as_ref().is_none_or(|after| order(at, after).is_gt()));
        let more = rows.len() > usize::from(limit);
        rows.truncate(limit.into());
        if let Some((last, _)) = rows.last().filter(|_| more) {
            let last = last.clone();
            self.cursor = Some(Place {
                question,
                sort,
                limit,
                trash,
                last,
            });
        }
        let rows = rows
            .into_iter()
            .map(|((_, record), fields)| (record, fields));
        Ok(Answer::Pages(vec![rows.collect()], more))
    }

    pub(super) fn all(&self, question: u8) -> Answer {
        let all = self.matches(question, false).into_iter();
        Answer::Pages(
            vec![all.map(|(record, fields)| (record, flat(fields))).collect()],
            false,
        )
    }

    pub(super) fn count(&self, question: u8) -> Answer {
        Answer::Number(self.matches(question, false).len() as u64)
    }

    /// Figures in groups.
    ///
    /// # Errors
    /// `UnknownField`.
    pub fn aggregate(&self, question: u8, group: u8) -> Res<Answer> {
        let (kind, _) = QUESTIONS[usize::from(question) % QUESTIONS.len()];
        let (group_by, measures) = GROUPS[usize::from(group) % GROUPS.len()];
        let mut names: Vec<&str> = measures.iter().map(|(_, field)| *field).collect();
        names.push(group_by);
        for name in names {
            if !["", "created_by"].contains(&name) && self.field(kind.number(), name).is_none() {
                return Err(Code::UnknownField);
            }
        }
        let mut groups: Vec<(Vec<Value>, Vec<&Fields>)> = Vec::new();
        if group_by.is_empty() {
            groups.push((Vec::new(), Vec::new()));
        }
        for (_, fields) in self.matches(question, false) {
            let mut values = elements(&get(fields, group_by));
            if values.is_empty() && !group_by.is_empty() {
                values.push(Value::Null);
            }
            let mut keys: Vec<Vec<Value>> = values.into_iter().map(|value| vec![value]).collect();
            if group_by.is_empty() {
                keys.push(Vec::new());
            }
            for key in keys {
                match groups.iter_mut().find(|(other, _)| *other == key) {
                    Some((_, of_group)) => of_group.push(fields),
                    None => groups.push((key, vec![fields])),
                }
            }
        }
        groups.sort_by(|(a, _), (b, _)| match (a.first(), b.first()) {
            (Some(a), Some(b)) => compare(a, b),
            _ => Ordering::Equal,
        });
        let figure = |(op, field): &(MeasureOp, &str), of_group: &[&Fields]| {
            let all = of_group.iter().map(|fields| get(fields, field));
            let values: Vec<Value> = all.filter(|value| !value.is_null()).collect();
            let is_money = self
                .field(kind.number(), field)
                .is_some_and(|field| field.ty == Ty::Money);
            match op {
                MeasureOp::Sum if is_money => match sums_with_zero(values.into_iter()) {
                    Value::Null => Value::List(Vec::new()),
                    sums => sums,
                },
                MeasureOp::Sum => {
                    let numbers = values.iter().map(|value| match value {
                        Value::Int(number) => Decimal::from(*number),
                        _ => Decimal::ZERO,
                    });
                    numbers.sum::<Decimal>().into()
                }
                MeasureOp::Min => values.into_iter().min_by(compare).unwrap_or_default(),
                MeasureOp::Max => values.into_iter().max_by(compare).unwrap_or_default(),
                _ => Value::Int(values.len() as i64),
            }
        };
        let groups = groups.into_iter().map(|(key, of_group)| {
            let figures = measures.iter().map(|measure| figure(measure, &of_group));
            (key, of_group.len() as u64, figures.collect())
        });
        Ok(Answer::Groups(groups.collect()))
    }

    /// The live records that have all words, the last of them perhaps only begun.
    pub fn search(&self, words: &[u8], letters: u8) -> Answer {
        let mut wanted: Vec<&str> = words.iter().map(|n| word(*n)).collect();
        let last = wanted.pop().unwrap_or_default();
        let begun = match letters {
            0 => last,
            letters => &last[..last.len().min(letters.into())],
        };
        let mut hits = Vec::new();
        for (record, fields) in &self.records {
            let mut own: BTreeSet<String> = BTreeSet::new();
            for field in self
                .fields(record.object)
                .iter()
                .filter(|field| field.searched)
            {
                for value in elements(&get(fields, field.name)) {
                    let text = match value {
                        Value::Text(text) => text,
                        Value::Parts(parts) => parts.as_slice().join(" "),
                        _ => continue,
                    };
                    let words = text.split(|c: char| !c.is_alphanumeric());
                    own.extend(words.map(str::to_lowercase));
                }
            }
            let whole = wanted.iter().all(|word| own.contains(*word));
            if is_live(fields) && whole && own.iter().any(|own| own.starts_with(begun)) {
                hits.push(*record);
            }
        }
        Answer::Records(hits)
    }

    /// The newest activities of a record and of those whose timelines flow into its own.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn timeline(&self, record: Ref, limit: u8) -> Res<Answer> {
        self.live(record).ok_or(Code::NotFound)?;
        let paths = self.paths(record);
        let mut entries: Vec<(Reverse<DateTime<Utc>>, Ref)> = Vec::new();
        for kind in [Kind::Note, Kind::Task, Kind::Document] {
            for (activity, fields) in self.all_live(kind.number()) {
                let about = references(&get(fields, "about"));
                if let Value::DateTime(at) = get(fields, "at")
                    && about.iter().any(|to| leads(&paths, *to, record, at))
                {
                    entries.push((Reverse(at), activity));
                }
            }
        }
        entries.sort();
        entries.truncate(limit.into());
        let entries = entries
            .into_iter()
            .map(|(Reverse(at), activity)| (at, activity));
        Ok(Answer::Timeline(entries.collect()))
    }

    /// The columns of a board, with what is in them.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn board(&self, pipeline: Ref) -> Res<Answer> {
        self.live(pipeline).ok_or(Code::NotFound)?;
        let mut columns = Vec::new();
        for (stage, fields) in self.all_live(Kind::Stage.number()) {
            if let (true, Value::Int(order)) = (
                get(fields, "pipeline") == pipeline.into(),
                get(fields, "order"),
            ) {
                columns.push((order, stage));
            }
        }
        columns.sort();
        let columns = columns.into_iter().map(|(_, stage)| {
            let cards: Vec<Ref> = self
                .cards(stage)
                .into_iter()
                .map(|(_, card)| card)
                .collect();
            let sums = ["amount", "weighted_amount"].map(|field| {
                match sums(cards.iter().map(|card| self.value(*card, field))) {
                    Value::Null => Value::List(Vec::new()),
                    sums => sums,
                }
            });
            (stage, cards.len() as u64, sums.to_vec(), cards)
        });
        Ok(Answer::Board(columns.collect()))
    }

    /// The changes of a record, newest first, the creation with the values that it began with.
    pub fn history(&self, record: Ref) -> Answer {
        let mut as_of = self.any(record).cloned().unwrap_or_default();
        let mut history = Vec::new();
        for commit in self.log.iter().rev() {
            for entry in commit
                .entries
                .iter()
                .rev()
                .filter(|entry| entry.record == record)
            {
                let mut changes = entry.changes.clone();
                if entry.kind == ChangeKind::Created {
                    let own = |name: &str| self.field(record.object, name).is_some();
                    let began = as_of.iter().filter(|(name, _)| own(name));
                    changes = began
                        .map(|(name, value)| ((*name).to_owned(), (Value::Null, value.clone())))
                        .collect();
                }
                self.take_back(record.object, &mut as_of, &entry.changes);
                if entry.kind == ChangeKind::Created {
                    // Whatever had this id before is gone with its values.
                    as_of.clear();
                }
                history.push((commit.sequence, entry.kind, entry.cause.clone(), changes));
            }
        }
        Answer::History(history)
    }

    /// The record as it was after a commit.
    pub fn as_of(&self, record: Ref, sequence: u64) -> Option<Flat> {
        let mut fields = self.any(record)?.clone();
        let mut last = None;
        for commit in self.log.iter().rev() {
            for entry in commit
                .entries
                .iter()
                .rev()
                .filter(|entry| entry.record == record)
            {
                if commit.sequence <= sequence {
                    last = last.or(Some(commit));
                } else if entry.kind == ChangeKind::Created {
                    return None;
                } else {
                    self.take_back(record.object, &mut fields, &entry.changes);
                }
            }
        }
        let last = last?;
        fields.insert("version", Value::Int(last.sequence.cast_signed()));
        fields.insert("updated_at", last.at.into());
        fields.remove("updated_by");
        fields.extend(last.actor.map(|actor| ("updated_by", actor.into())));
        Some(flat(&fields))
    }

    fn take_back(
        &self,
        object: u16,
        fields: &mut Fields,
        changes: &BTreeMap<String, (Value, Value)>,
    ) {
        for (name, (old, _)) in changes {
            let own = self.field(object, name).map(|field| field.name);
            let name = own.unwrap_or("deleted_at");
            fields.remove(name);
            if !old.is_null() {
                fields.insert(name, old.clone());
            }
        }
    }
}

/// The order of values: nothing before something, texts without regard to case.
fn compare(a: &Value, b: &Value) -> Ordering {
    let joined = |parts: &crm_core::Parts| parts.as_slice().join(" ").to_lowercase();
    match (a, b) {
        (Value::Null, Value::Null) => Ordering::Equal,
        (Value::Null, _) => Ordering::Less,
        (_, Value::Null) => Ordering::Greater,
        (Value::Int(a), Value::Int(b)) => a.cmp(b),
        (Value::Decimal(a), Value::Decimal(b)) => a.cmp(b),
        (Value::DateTime(a), Value::DateTime(b)) => a.cmp(b),
        (Value::Ref(a), Value::Ref(b)) => a.cmp(b),
        (Value::Text(a), Value::Text(b)) => a.to_lowercase().cmp(&b.to_lowercase()),
        (Value::Parts(a), Value::Parts(b)) => joined(a).cmp(&joined(b)),
        _ => Ordering::Equal,
    }
}

/// One amount for each currency, without those that are zero.
pub fn sums(values: impl Iterator<Item = Value>) -> Value {
    let sums = elements(&sums_with_zero(values)).into_iter();
    let kept = sums.filter(|sum| !matches!(sum, Value::Money(money) if money.amount().is_zero()));
    list(kept.collect())
}

/// One amount for each currency.
fn sums_with_zero(values: impl Iterator<Item = Value>) -> Value {
    let mut sums: BTreeMap<Currency, Decimal> = BTreeMap::new();
    for value in values {
        if let Value::Money(money) = value {
            *sums.entry(money.currency()).or_default() += money.amount();
        }
    }
    let sums = sums
        .into_iter()
        .map(|(currency, amount)| Money::rounded(amount, currency).into());
    list(sums.collect())
}
