//! The groups of an aggregate.

use std::collections::{HashMap, HashSet};

use chrono::Datelike;

use super::DatePart;
use super::aggregate::local_day;
use super::figure::push_exact;
use super::matched::Match;
use crate::engine::State;
use crate::error::{Detail, Result};
use crate::limits;
use crate::schema::{FieldDef, system};
use crate::value::{KeyBuilder, Value};

/// The groups that were met, each with a place.
pub(super) struct Groups<'a> {
    state: &'a State,
    by: Vec<(&'a FieldDef, Option<DatePart>)>,
    /// The bytes by which they are in order, and their values.
    pub(super) keys: Vec<(Vec<u8>, Vec<Value>)>,
    places: HashMap<Vec<u8>, usize>,
    /// The places of the groups of rows, by the codes of the fields that make them.
    by_codes: HashMap<Vec<u32>, Vec<usize>>,
    /// Of the row, and of the record, that was looked at last.
    codes: Vec<u32>,
    current: Vec<usize>,
    /// How many places are kept by codes.
    kept: usize,
    /// What the figures of a group take.
    figures_bytes: usize,
    /// What all groups take.
    bytes: usize,
}

impl<'a> Groups<'a> {
    pub(super) fn new(
        state: &'a State,
        by: Vec<(&'a FieldDef, Option<DatePart>)>,
        figures_bytes: usize,
    ) -> Self {
        Groups {
            state,
            by,
            keys: Vec::new(),
            places: HashMap::new(),
            by_codes: HashMap::new(),
            codes: Vec::new(),
            current: Vec::new(),
            kept: 0,
            figures_bytes,
            bytes: 0,
        }
    }

    /// Counts what the groups and their figures take.
    pub(super) fn hold(&mut self, bytes: usize) -> Result<()> {
        self.bytes = self.bytes.saturating_add(bytes);
        bytes_within(self.bytes)
    }

    /// The places of a record's groups. Rows of columns with the same values are in the same groups.
    pub(super) fn of(&mut self, record: Match<'_>) -> Result<&[usize]> {
        let row = match record {
            Match::Row(row) if self.by.iter().all(|(field, _)| field.id != system::ID) => row,
            _ => {
                self.current = self.made_for(record)?;
                return Ok(&self.current);
            }
        };
        self.codes.clear();
        let codes = self.by.iter().map(|(field, _)| row.code(field.id));
        self.codes.extend(codes);
        if !self.by_codes.contains_key(&self.codes) {
            let places = self.made_for(record)?;
            self.kept += 1 + places.len();
            if self.kept > KEPT_MAX {
                self.by_codes.clear();
                self.kept = 1 + places.len();
            }
            self.by_codes.insert(self.codes.clone(), places);
        }
        Ok(self.by_codes.get(&self.codes).map_or(&[], Vec::as_slice))
    }

    fn made_for(&mut self, record: Match<'_>) -> Result<Vec<usize>> {
        let keys = keys(self.state, &self.by, record)?;
        keys.into_iter().map(|key| self.place(key)).collect()
    }

    fn place(&mut self, key: Vec<Value>) -> Result<usize> {
        let mut bytes = KeyBuilder::new();
        for value in &key {
            push_exact(&mut bytes, value.into())?;
        }
        let bytes = bytes.into_bytes();
        if let Some(place) = self.places.get(&bytes) {
            return Ok(*place);
        }
        let place = self.keys.len();
        within(place + 1)?;
        let values = key.iter().map(|value| value.as_value_ref().element_bytes());
        self.hold(2 * bytes.len() + values.sum::<usize>() + self.figures_bytes)?;
        self.places.insert(bytes.clone(), place);
        self.keys.push((bytes, key));
        Ok(place)
    }
}

/// Places of groups that are kept by codes.
const KEPT_MAX: usize = 4 * limits::GROUPS_MAX;

/// That so many bytes of groups are not too many.
fn bytes_within(bytes: usize) -> Result<()> {
    if bytes <= limits::AGGREGATE_BYTES_MAX {
        return Ok(());
    }
    Err(Detail::Limit {
        what: "bytes of the groups of an aggregate",
        max: limits::AGGREGATE_BYTES_MAX as u64,
        actual: bytes as u64,
    }
    .into())
}

/// That so many groups are not too many.
fn within(groups: usize) -> Result<()> {
    if groups <= limits::GROUPS_MAX {
        return Ok(());
    }
    Err(Detail::Limit {
        what: "groups",
        max: limits::GROUPS_MAX as u64,
        actual: groups as u64,
    }
    .into())
}

/// The groups of a record: one, or one for each value of a list, and for each pair of values of two.
fn keys(
    state: &State,
    group_by: &[(&FieldDef, Option<DatePart>)],
    record: Match<'_>,
) -> Result<Vec<Vec<Value>>> {
    let mut keys = vec![Vec::with_capacity(group_by.len())];
    let mut bytes = 0_usize;
    for (field, part) in group_by {
        let value = match field.id {
            system::ID => Value::from(record.id().to_string()),
            id => record.field(id)?.to_value(),
        };
        let mut values: Vec<Value> = match value {
            Value::List(values) => values,
            value => vec![value],
        };
        for value in &mut values {
            if let Some(part) = part {
                *value = date_part(state, value, *part);
            }
        }
        // A list may name a value twice, or two days of one month: the record is in the group once.
        if values.len() > 1 {
            let mut seen = HashSet::with_capacity(values.len());
            let mut kept = Vec::with_capacity(values.len());
            for value in values {
                let mut bytes = KeyBuilder::new();
                push_exact(&mut bytes, (&value).into())?;
                if seen.insert(bytes.into_bytes()) {
                    kept.push(value);
                }
            }
            values = kept;
        }
        if values.is_empty() {
            values.push(Value::Null);
        }
        // All of them would be groups of the answer.
        within(keys.len().saturating_mul(values.len()))?;
        let more = values
            .iter()
            .map(|value| value.as_value_ref().element_bytes());
        bytes = bytes * values.len() + more.sum::<usize>() * keys.len();
        bytes_within(bytes)?;
        keys = keys
            .iter()
            .flat_map(|key| {
                values
                    .iter()
                    .map(|value| [key.as_slice(), std::slice::from_ref(value)].concat())
            })
            .collect();
    }
    Ok(keys)
}

fn date_part(state: &State, value: &Value, part: DatePart) -> Value {
    let day = match value {
        Value::Date(day) => *day,
        Value::DateTime(at) => local_day(state, *at),
        _ => return Value::Null,
    };
    let text = match part {
        DatePart::Day => return day.into(),
        DatePart::Week => {
            return (day - chrono::TimeDelta::days(day.weekday().num_days_from_monday().into()))
                .into();
        }
        DatePart::Month => format!("{:04}-{:02}", day.year(), day.month()),
        DatePart::Quarter => format!("{:04}-Q{}", day.year(), (day.month() - 1) / 3 + 1),
        DatePart::Year => format!("{:04}", day.year()),
        DatePart::FiscalYear => {
            let began = day.month() >= state.settings.fiscal_year_start;
            format!("{:04}", day.year() - i32::from(!began))
        }
    };
    text.into()
}
