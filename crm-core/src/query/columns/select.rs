//! Which rows of a chunk a filter selects: one part of it after the other, over whole columns.

use chrono::{DateTime, Utc};

use super::codes::Codes;
use super::dictionary::Dictionary;
use super::table::{Chunk, Table};
use crate::engine::RecordEnv;
use crate::error::Result;
use crate::expr::{Condition, Env, Part};
use crate::query::find::Reader;
use crate::schema::system;
use crate::value::{Id, RecordBuf, Ref, Value, ValueRef, Zone};

/// The rows of a chunk, each with [`YES`] or [`NO`].
pub(super) type Mask = Vec<u8>;

pub(super) const NO: u8 = 0;
pub(super) const YES: u8 = 1;
/// Of a value: it has not been tested.
const UNKNOWN: u8 = 2;

/// Dictionaries up to this length are tested whole, before any row is looked at.
const TESTED_WHOLE_MAX: usize = 1 << 8;

/// A filter over the columns of a table.
pub(super) struct Selector<'t> {
    table: &'t Table,
    reader: &'t Reader<'t>,
    /// A record without fields: what is not in the columns is not asked for.
    nothing: RecordBuf,
    steps: Vec<Step<'t>>,
}

/// A part of a filter.
enum Step<'t> {
    All(Vec<Step<'t>>),
    Any(Vec<Step<'t>>),
    Not(Box<Step<'t>>),
    /// Is tested once for each value of a column.
    Column(ColumnStep<'t>),
    /// Is tested for each row.
    Row(Condition<'t>),
}

struct ColumnStep<'t> {
    place: usize,
    dictionary: &'t Dictionary,
    condition: Condition<'t>,
    /// What is known of each code's value.
    known: Vec<u8>,
}

impl<'t> Selector<'t> {
    /// For the parts of a filter that are all to hold, and of which the table has all fields.
    pub(super) fn new(
        reader: &'t Reader<'t>,
        table: &'t Table,
        parts: Vec<Part<'t>>,
    ) -> Result<Self> {
        let mut selector = Selector {
            table,
            reader,
            nothing: RecordBuf::encode(std::iter::empty::<(u16, ValueRef<'_>)>())?,
            steps: Vec::new(),
        };
        selector.steps = parts.into_iter().map(|part| selector.step(part)).collect();
        Ok(selector)
    }

    fn step(&self, part: Part<'t>) -> Step<'t> {
        let steps = |parts: Vec<Part<'t>>| parts.into_iter().map(|part| self.step(part)).collect();
        match part {
            Part::All(parts) => Step::All(steps(parts)),
            Part::Any(parts) => Step::Any(steps(parts)),
            Part::Not(part) => Step::Not(Box::new(self.step(*part))),
            Part::OfRecord(condition) => Step::Row(condition),
            Part::OfField(field, condition) => {
                let columns = self.table.columns.iter().enumerate();
                let mut of_field = columns.filter(|(_, column)| column.field == field);
                match of_field.next() {
                    Some((place, column)) => {
                        Step::Column(self.column_step(place, &column.dictionary, condition))
                    }
                    None => Step::Row(condition),
                }
            }
        }
    }

    fn column_step(
        &self,
        place: usize,
        dictionary: &'t Dictionary,
        condition: Condition<'t>,
    ) -> ColumnStep<'t> {
        let known = if dictionary.len() <= TESTED_WHOLE_MAX {
            // A value of which the test fails is tested again where a row has it, and fails there.
            let tested = (0..dictionary.len() as u32).map(|code| {
                self.test_value(dictionary, code, condition)
                    .unwrap_or(UNKNOWN)
            });
            tested.collect()
        } else {
            vec![UNKNOWN; dictionary.len()]
        };
        ColumnStep {
            place,
            dictionary,
            condition,
            known,
        }
    }

    /// The rows of a chunk that are in the trash, or are not, and that the filter selects.
    ///
    /// # Errors
    /// What the filter meets in one of the rows.
    pub(super) fn select(&mut self, chunk: &Chunk, trash: bool) -> Result<Mask> {
        if let Some(go_on) = self.reader.go_on {
            go_on()?;
        }
        let mut mask = vec![NO; chunk.ids.len()];
        let deleted = self.table.column(system::DELETED_AT);
        if let Some(codes) = deleted.and_then(|place| chunk.codes.get(place)) {
            codes.mark(!trash, &mut mask);
        }
        let mut steps = std::mem::take(&mut self.steps);
        let narrowed = self.narrow_by_all(&mut steps, chunk, &mut mask);
        self.steps = steps;
        narrowed.map(|()| mask)
    }

    fn narrow_by_all(&self, steps: &mut [Step<'t>], chunk: &Chunk, mask: &mut Mask) -> Result<()> {
        for step in steps {
            if !mask.contains(&YES) {
                break;
            }
            self.narrow(step, chunk, mask)?;
        }
        Ok(())
    }

    /// Leaves the rows of which a step holds. Only rows that are still there are tested, as where a record is tested
    /// alone: what is behind an `&&` may fail for others.
    fn narrow(&self, step: &mut Step<'t>, chunk: &Chunk, mask: &mut Mask) -> Result<()> {
        match step {
            Step::All(steps) => self.narrow_by_all(steps, chunk, mask)?,
            Step::Any(steps) => {
                let mut left = std::mem::replace(mask, vec![NO; mask.len()]);
                for step in steps {
                    let mut holds = left.clone();
                    self.narrow(step, chunk, &mut holds)?;
                    for ((kept, left), holds) in mask.iter_mut().zip(&mut left).zip(holds) {
                        *kept |= holds;
                        *left &= YES - holds;
                    }
                }
            }
            Step::Not(step) => {
                let mut holds = mask.clone();
                self.narrow(step, chunk, &mut holds)?;
                for (kept, holds) in mask.iter_mut().zip(holds) {
                    *kept &= YES - holds;
                }
            }
            Step::Column(step) => self.narrow_by_column(step, chunk, mask)?,
            Step::Row(condition) => {
                for (row, kept) in mask
                    .iter_mut()
                    .enumerate()
                    .filter(|(_, kept)| **kept == YES)
                {
                    let id = chunk.ids.get(row).unwrap_or(Id::NIL);
                    *kept = self.test(
                        *condition,
                        id,
                        Values::Row {
                            table: self.table,
                            chunk,
                            row,
                        },
                    )?;
                }
            }
        }
        Ok(())
    }

    fn narrow_by_column(
        &self,
        step: &mut ColumnStep<'t>,
        chunk: &Chunk,
        mask: &mut Mask,
    ) -> Result<()> {
        let Some(codes) = chunk.codes.get(step.place) else {
            return Ok(());
        };
        // The usual form, without a branch: 256 answers fit every code of a byte.
        if let Codes::Byte(codes) = &**codes
            && let Some(answers) = few_answers(&step.known)
        {
            for (kept, code) in mask.iter_mut().zip(codes) {
                *kept &= answers[usize::from(*code)];
            }
            return Ok(());
        }
        for (row, kept) in mask
            .iter_mut()
            .enumerate()
            .filter(|(_, kept)| **kept == YES)
        {
            let code = codes.get(row);
            let Some(known) = step.known.get_mut(code as usize) else {
                continue;
            };
            if *known == UNKNOWN {
                *known = self.test_value(step.dictionary, code, step.condition)?;
            }
            *kept = *known;
        }
        Ok(())
    }

    fn test_value(
        &self,
        dictionary: &Dictionary,
        code: u32,
        condition: Condition<'t>,
    ) -> Result<u8> {
        self.test(condition, Id::NIL, Values::One(dictionary.get(code)?))
    }

    fn test(&self, condition: Condition<'t>, id: Id, values: Values<'_>) -> Result<u8> {
        let Reader {
            read,
            state,
            now,
            actor,
            go_on,
            ..
        } = self.reader;
        if let Some(go_on) = go_on {
            go_on()?;
        }
        let nothing = self.nothing.as_record()?;
        let record = RecordEnv::of(*read, state, *now, *actor, id, nothing);
        condition.holds(&RowEnv { record, values }).map(u8::from)
    }
}

/// The answers for each code of a byte, if all are known.
fn few_answers(known: &[u8]) -> Option<[u8; 1 << 8]> {
    let mut answers = [NO; 1 << 8];
    for (answer, known) in answers.iter_mut().zip(known) {
        *answer = *known;
    }
    (!answers.contains(&UNKNOWN)).then_some(answers)
}

/// Where an expression finds the fields of a row.
enum Values<'a> {
    /// The one that it reads.
    One(ValueRef<'a>),
    Row {
        table: &'a Table,
        chunk: &'a Chunk,
        row: usize,
    },
}

/// A row as an expression sees it: a record whose fields are in columns.
struct RowEnv<'a> {
    record: RecordEnv<'a>,
    values: Values<'a>,
}

impl Env for RowEnv<'_> {
    fn field(&self, field: u16) -> Result<ValueRef<'_>> {
        if field == system::ID {
            return self.record.field(field);
        }
        match &self.values {
            Values::One(value) => Ok(*value),
            Values::Row { table, chunk, row } => table.value(chunk, *row, field),
        }
    }

    fn old(&self, field: u16) -> Result<ValueRef<'_>> {
        self.record.old(field)
    }

    fn is_new(&self) -> bool {
        self.record.is_new()
    }

    fn follow(&self, target: Ref, field: u16) -> Result<(Value, usize)> {
        self.record.follow(target, field)
    }

    fn now(&self) -> DateTime<Utc> {
        self.record.now()
    }

    fn time_zone(&self) -> &Zone {
        self.record.time_zone()
    }

    fn actor(&self) -> Option<Ref> {
        self.record.actor()
    }
}
