//! Which rules a change may set off, found without a look at the others: by what is watched, and by the value that
//! a condition asks for.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::set::CompiledRule;
use crate::engine::{ChangeKind, Event, push};
use crate::error::Result;
use crate::expr::{Constraint, Test};
use crate::objects::Trigger;
use crate::record::Record;
use crate::schema::system;
use crate::value::{KeyBuilder, Value, ValueRef};

/// The rules on an object, in their order. Other places speak of them by their number in it.
#[derive(Debug, Default)]
pub(super) struct ObjectRules {
    rules: Vec<Arc<CompiledRule>>,
    on_create: Watchers,
    on_update: Watchers,
    dates: Vec<usize>,
}

/// The rules that an occasion may set off.
#[derive(Debug, Default)]
struct Watchers {
    /// Those that do not mind which fields have changed.
    always: Askers,
    by_field: HashMap<u16, Askers>,
}

/// Rules by what their conditions ask for.
#[derive(Debug, Default)]
struct Askers {
    /// Those whose conditions are to be tested each time.
    of_any: Vec<usize>,
    /// Those that ask for a value of a field, by the field and the value's key.
    of_value: HashMap<u16, HashMap<Vec<u8>, Vec<usize>>>,
}

impl ObjectRules {
    pub(super) fn new(mut rules: Vec<Arc<CompiledRule>>) -> Result<Self> {
        rules.sort_by_key(|rule| (rule.order, rule.id));
        let mut of_object = ObjectRules::default();
        for (number, rule) in rules.iter().enumerate() {
            let wanted = wanted_values(rule)?;
            let (created, updated) = (&mut of_object.on_create, &mut of_object.on_update);
            match rule.trigger {
                Trigger::Created => created.always.add(number, &wanted),
                Trigger::Updated if rule.fields.is_empty() => updated.always.add(number, &wanted),
                Trigger::Updated => updated.watch(number, rule, &wanted),
                Trigger::Entered => {
                    created.watch(number, rule, &wanted);
                    updated.watch(number, rule, &wanted);
                }
                Trigger::DateReached => of_object.dates.push(number),
                Trigger::Schedule => {}
            }
        }
        of_object.rules = rules;
        Ok(of_object)
    }

    /// All of them, in their order.
    pub(super) fn all(&self) -> &[Arc<CompiledRule>] {
        &self.rules
    }

    /// The rules that fire when a date is reached.
    pub(super) fn on_dates(&self) -> impl Iterator<Item = &Arc<CompiledRule>> {
        self.dates
            .iter()
            .filter_map(|number| self.rules.get(*number))
    }

    /// True if any rule may be set off by a change of this kind.
    pub(super) fn react_to(&self, kind: ChangeKind) -> bool {
        self.watchers(kind)
            .is_some_and(|watchers| !watchers.is_empty())
    }

    /// The rules from a number on that a change of a record may set off, as the record is now. Of the others the
    /// condition is false, or nothing that they watch has changed.
    pub(super) fn set_off_by(
        &self,
        event: &Event,
        now: &Record,
        from: usize,
    ) -> Result<Vec<(usize, &Arc<CompiledRule>)>> {
        let mut numbers = BTreeSet::new();
        if let Some(watchers) = self.watchers(event.kind) {
            watchers.always.collect(now, &mut numbers)?;
            for field in &event.changed {
                if let Some(askers) = watchers.by_field.get(field) {
                    askers.collect(now, &mut numbers)?;
                }
            }
        }
        let rules = numbers.range(from..);
        let rules = rules.filter_map(|number| Some((*number, self.rules.get(*number)?)));
        Ok(rules.filter(|(_, rule)| is_set_off(rule, event)).collect())
    }

    fn watchers(&self, kind: ChangeKind) -> Option<&Watchers> {
        match kind {
            ChangeKind::Created => Some(&self.on_create),
            ChangeKind::Updated => Some(&self.on_update),
            ChangeKind::Deleted | ChangeKind::Restored | ChangeKind::Purged => None,
        }
    }
}

impl Watchers {
    fn watch(&mut self, number: usize, rule: &CompiledRule, wanted: &Option<Wanted>) {
        for field in &rule.fields {
            self.by_field.entry(*field).or_default().add(number, wanted);
        }
    }

    fn is_empty(&self) -> bool {
        self.by_field.is_empty() && self.always.of_any.is_empty() && self.always.of_value.is_empty()
    }
}

impl Askers {
    fn add(&mut self, number: usize, wanted: &Option<Wanted>) {
        let Some((field, keys)) = wanted else {
            self.of_any.push(number);
            return;
        };
        let of_field = self.of_value.entry(*field).or_default();
        for key in keys {
            of_field.entry(key.clone()).or_default().push(number);
        }
    }

    fn collect(&self, record: &Record, numbers: &mut BTreeSet<usize>) -> Result<()> {
        numbers.extend(&self.of_any);
        for (field, by_key) in &self.of_value {
            let of_value = by_key.get(&key_of(record.get(*field))?);
            numbers.extend(of_value.into_iter().flatten());
        }
        Ok(())
    }
}

/// A field, and the keys of the values of which it has one where a condition holds.
type Wanted = (u16, BTreeSet<Vec<u8>>);

/// What a rule's condition asks for, of the field that tells the most; `None` if it has to be tested.
fn wanted_values(rule: &CompiledRule) -> Result<Option<Wanted>> {
    let Some(condition) = &rule.condition else {
        return Ok(None);
    };
    let mut best: Option<Wanted> = None;
    for Constraint { field, test } in condition.fixed_constraints()? {
        let values: &[Value] = match &test {
            Test::Eq(value) => std::slice::from_ref(value),
            Test::In(values) => values,
            Test::IsNull => &[Value::Null],
            _ => continue,
        };
        if field == system::ID {
            continue;
        }
        let keys = values.iter().map(|value| key_of(value.into()));
        let keys: BTreeSet<Vec<u8>> = keys.collect::<Result<_>>()?;
        if best
            .as_ref()
            .is_none_or(|(_, others)| keys.len() < others.len())
        {
            best = Some((field, keys));
        }
    }
    Ok(best)
}

/// The key of a value, as in an index: the same for values that are equal, and for some that are not.
fn key_of(value: ValueRef<'_>) -> Result<Vec<u8>> {
    let mut key = KeyBuilder::new();
    push(&mut key, value)?;
    Ok(key.into_bytes())
}

fn is_set_off(rule: &CompiledRule, event: &Event) -> bool {
    let watched = || {
        rule.fields
            .iter()
            .any(|field| event.changed.contains(field))
    };
    match (rule.trigger, event.kind) {
        (Trigger::Created, ChangeKind::Created) => true,
        (Trigger::Updated, ChangeKind::Updated) => rule.fields.is_empty() || watched(),
        (Trigger::Entered, ChangeKind::Created | ChangeKind::Updated) => {
            let left = |field: &u16| event.new.get(*field).is_null();
            watched() && !rule.fields.iter().any(left)
        }
        _ => false,
    }
}
