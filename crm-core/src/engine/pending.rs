//! A save in the making: the record as it was, and what is to change.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::ops::ControlFlow;

use chrono::{DateTime, NaiveDate, Utc};

use super::read;
use super::state::State;
use crate::error::Result;
use crate::expr::Env;
use crate::record::Record;
use crate::schema::{SaveContext, system};
use crate::store::Read;
use crate::value::{Id, RecordRef, Ref, Value, ValueRef, Zone};

/// The fields to which a request gives values.
#[derive(Debug, Default)]
pub(crate) struct Given {
    /// In ascending order.
    pub fields: Vec<u16>,
    /// True if the values stand whatever the object's own logic makes of them: it made them before, or the
    /// engine knows better.
    pub stand: bool,
    /// True if nobody asked: the record follows what it refers to.
    pub following: bool,
    /// True if the engine makes or changes the record beside the one that somebody writes: what the organisation
    /// requires and validates is for what people write.
    pub beside: bool,
}

/// What hooks, formulas, validation and rule conditions see.
pub(crate) struct Pending<'a> {
    pub read: &'a dyn Read,
    pub state: &'a State,
    pub reference: Ref,
    /// `None` for a create.
    pub old: Option<&'a Record>,
    pub changes: BTreeMap<u16, Value>,
    pub given: Given,
    pub now: DateTime<Utc>,
    pub actor: Option<Ref>,
    /// The next position in a hand-made order.
    pub position: &'a mut Value,
    pub id_text: String,
}

impl Pending<'_> {
    /// The value that a field will have.
    pub(crate) fn value(&self, field: u16) -> ValueRef<'_> {
        match (self.changes.get(&field), self.old) {
            (Some(value), _) => value.into(),
            (None, Some(old)) => old.get(field),
            (None, None) => ValueRef::Null,
        }
    }

    fn old_value(&self, field: u16) -> ValueRef<'_> {
        self.old.map_or(ValueRef::Null, |old| old.get(field))
    }

    /// Drops the changes that change nothing.
    pub(crate) fn settle(&mut self) {
        let old = self.old;
        self.changes.retain(|field, value| match old {
            Some(old) => old.get(*field) != ValueRef::from(&*value),
            None => !value.is_null(),
        });
    }
}

impl SaveContext for Pending<'_> {
    fn is_new(&self) -> bool {
        self.old.is_none()
    }

    fn get(&self, field: u16) -> Value {
        self.value(field).to_value()
    }

    fn old(&self, field: u16) -> Value {
        self.old_value(field).to_value()
    }

    fn is_given(&self, field: u16) -> bool {
        self.given.fields.binary_search(&field).is_ok()
    }

    fn set(&mut self, field: u16, value: Value) {
        if self.given.stand && self.is_given(field) {
            return;
        }
        self.changes.insert(field, value);
    }

    fn lookup(&self, record: Ref, field: u16) -> Result<Value> {
        follow(self.read, record, field).map(|(value, _)| value)
    }

    fn is_following(&self) -> bool {
        self.given.following
    }

    fn first_in_index(
        &self,
        object: u16,
        index: u16,
        first: &Value,
        is_wanted: &dyn Fn(Ref) -> Result<bool>,
    ) -> Result<Option<Ref>> {
        let mut found = None;
        read::for_each_in_index(self.read, object, index, &[first.into()], &mut |id, _| {
            let record = Ref { object, id };
            if !is_wanted(record)? {
                return Ok(ControlFlow::Continue(()));
            }
            found = Some(record);
            Ok(ControlFlow::Break(()))
        })?;
        Ok(found)
    }

    fn next_position(&mut self) -> Value {
        self.position.clone()
    }

    fn now(&self) -> DateTime<Utc> {
        self.now
    }

    fn start_of(&self, day: NaiveDate) -> DateTime<Utc> {
        self.state.settings.time_zone.start_of_day(day)
    }

    fn actor(&self) -> Option<Ref> {
        self.actor
    }
}

impl Env for Pending<'_> {
    fn field(&self, field: u16) -> Result<ValueRef<'_>> {
        Ok(match field {
            system::ID => ValueRef::Text(&self.id_text),
            field => self.value(field),
        })
    }

    fn old(&self, field: u16) -> Result<ValueRef<'_>> {
        Ok(self.old_value(field))
    }

    fn is_new(&self) -> bool {
        self.old.is_none()
    }

    fn follow(&self, target: Ref, field: u16) -> Result<(Value, usize)> {
        follow(self.read, target, field)
    }

    fn now(&self) -> DateTime<Utc> {
        self.now
    }

    fn time_zone(&self) -> &Zone {
        &self.state.settings.time_zone
    }

    fn actor(&self) -> Option<Ref> {
        self.actor
    }
}

/// A stored record as an expression sees it.
pub(crate) struct RecordEnv<'a> {
    pub read: &'a dyn Read,
    pub time_zone: &'a Zone,
    pub id: Id,
    pub record: RecordRef<'a>,
    /// The record before the change that an expression is about.
    pub old: Option<RecordRef<'a>>,
    pub now: DateTime<Utc>,
    pub actor: Option<Ref>,
    /// The id as text, made when an expression asks for it.
    pub id_text: OnceCell<String>,
}

impl Env for RecordEnv<'_> {
    fn field(&self, field: u16) -> Result<ValueRef<'_>> {
        match field {
            system::ID => Ok(ValueRef::Text(
                self.id_text.get_or_init(|| self.id.to_string()),
            )),
            field => self.record.try_get(field),
        }
    }

    fn old(&self, field: u16) -> Result<ValueRef<'_>> {
        self.old
            .map_or(Ok(ValueRef::Null), |old| old.try_get(field))
    }

    fn is_new(&self) -> bool {
        self.old.is_none()
    }

    fn follow(&self, target: Ref, field: u16) -> Result<(Value, usize)> {
        follow(self.read, target, field)
    }

    fn now(&self) -> DateTime<Utc> {
        self.now
    }

    fn time_zone(&self) -> &Zone {
        self.time_zone
    }

    fn actor(&self) -> Option<Ref> {
        self.actor
    }
}

/// A field of another record, null if it is gone, and how many bytes were read for it.
pub(crate) fn follow(read: &dyn Read, target: Ref, field: u16) -> Result<(Value, usize)> {
    if field == system::ID {
        return Ok((Id::to_string(&target.id).into(), 0));
    }
    let record = read::record(read, target)?;
    Ok(record.map_or((Value::Null, 0), |record| {
        (record.get(field).to_value(), record.read_bytes())
    }))
}
