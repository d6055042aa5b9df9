//! What follows from a record's own values: the logic of deals, tasks and stages.

use std::collections::BTreeSet;

use crm_core::{Code, Parts, Value};
use rust_decimal::{Decimal, RoundingStrategy};

use super::{Fields, Model, Res, get};
use crate::op::Kind;

/// A record in the making.
pub struct Save<'a> {
    pub model: &'a Model,
    pub old: Option<Fields>,
    pub changes: Fields,
    pub given: BTreeSet<&'static str>,
    /// The values that were given stand, whatever follows from others.
    pub stand: bool,
}

impl Save<'_> {
    fn get(&self, field: &str) -> Value {
        match self.changes.get(field) {
            Some(value) => value.clone(),
            None => self.old(field),
        }
    }

    fn old(&self, field: &str) -> Value {
        self.old.as_ref().map_or(Value::Null, |old| get(old, field))
    }

    fn set(&mut self, field: &'static str, value: Value) {
        if !self.stand || !self.given.contains(field) {
            self.changes.insert(field, value);
        }
    }
}

/// What follows from a deal's stage. True if its card goes to the end of its column.
pub fn follow_stage(save: &mut Save<'_>, now: Value) -> Res<bool> {
    if let (pipeline @ Value::Ref(_), Value::Null) = (save.get("pipeline"), save.get("stage")) {
        let mut stages = Vec::new();
        for (stage, fields) in save.model.all_live(Kind::Stage.number()) {
            if get(fields, "pipeline") == pipeline
                && let Value::Int(order) = get(fields, "order")
            {
                stages.push((order, stage));
            }
        }
        if let Some((_, first)) = stages.iter().min() {
            save.set("stage", (*first).into());
        }
    }
    check_chance(save)?;
    let Value::Ref(stage) = save.get("stage") else {
        return Ok(false);
    };
    let old_stage = save.old("stage");
    let pipeline = save.model.value(stage, "pipeline");
    if save.given.contains("pipeline") && save.get("pipeline") != pipeline {
        return Err(Code::Invalid);
    }
    let kind = kind_of(save.model, &stage.into());
    let given_chance = save.given.contains("probability");
    if old_stage == stage.into() {
        if given_chance {
            be_certain(save, &kind);
        }
        return Ok(false);
    }
    save.set("pipeline", pipeline);
    save.set("status", kind.as_str().into());
    let is_open = kind == "open";
    let at = match save.get("close_date") {
        Value::Date(day) if !is_open && save.old.is_none() && save.given.contains("close_date") => {
            let day = day.and_time(chrono::NaiveTime::MIN).and_utc();
            match now {
                Value::DateTime(now) => day.min(now).into(),
                _ => now,
            }
        }
        _ => now,
    };
    save.set("stage_since", at.clone());
    be_certain(save, &kind);
    if is_open && !given_chance {
        let chance = save.model.value(stage, "probability");
        save.set("probability", chance);
    }
    let old_kind = match &old_stage {
        Value::Null => "open".to_owned(),
        old => kind_of(save.model, old),
    };
    if kind != old_kind {
        save.set("closed_at", if is_open { Value::Null } else { at });
        save.set(
            "last_stage",
            if kind == "lost" {
                old_stage
            } else {
                Value::Null
            },
        );
    }
    Ok(!save.given.contains("position"))
}

/// Refuses a chance that is none.
pub fn check_chance(save: &Save<'_>) -> Res<()> {
    match save.get("probability") {
        Value::Decimal(chance) if chance < Decimal::ZERO || chance > Decimal::ONE_HUNDRED => {
            Err(Code::Invalid)
        }
        _ => Ok(()),
    }
}

/// Nobody knows better how a decided deal ends.
fn be_certain(save: &mut Save<'_>, kind: &str) {
    match kind {
        "won" => save.set("probability", Decimal::ONE_HUNDRED.into()),
        "lost" => save.set("probability", Decimal::ZERO.into()),
        _ => {}
    }
}

fn kind_of(model: &Model, stage: &Value) -> String {
    match stage {
        Value::Ref(stage) => match model.value(*stage, "kind") {
            Value::Text(kind) => kind,
            _ => "open".to_owned(),
        },
        _ => "open".to_owned(),
    }
}

/// Somebody without a name is called by the address or the company, until there is a name.
pub fn call(save: &mut Save<'_>) {
    let parts = |name: Value| match name {
        Value::Parts(parts) => parts.as_slice().to_vec(),
        _ => Vec::new(),
    };
    let has_family = |name: &[String]| name.get(1).is_some_and(|family| !family.is_empty());
    let (old, mut name) = (parts(save.old("name")), parts(save.get("name")));
    if has_family(&name) && (save.old.is_none() || has_family(&old)) {
        return;
    }
    let called = |email: Value, company: Value| match (email, company) {
        (Value::Text(email), _) => Some(email),
        (_, Value::Ref(company)) => match save.model.value(company, "name") {
            Value::Text(name) => Some(name),
            _ => None,
        },
        _ => None,
    };
    let before = called(save.old("email"), save.old("company"));
    if before.is_some() && old.first() == before.as_ref() && name.first() == before.as_ref() {
        name[0].clear();
    }
    if name.iter().all(String::is_empty) {
        name = called(save.get("email"), save.get("company"))
            .into_iter()
            .collect();
    }
    let parts = Parts::new(name);
    let value = if parts.is_empty() {
        Value::Null
    } else {
        Value::Parts(parts)
    };
    if value != save.get("name") {
        save.set("name", value);
    }
}

/// What follows from a task's status.
pub fn follow_status(save: &mut Save<'_>, now: Value) {
    let closed = |value: Value| value == "done".into() || value == "cancelled".into();
    match (closed(save.old("status")), closed(save.get("status"))) {
        (false, true) => {
            let at = match (save.get("due"), &now) {
                (Value::DateTime(due), Value::DateTime(now)) if save.old.is_none() => {
                    due.min(*now).into()
                }
                _ => now.clone(),
            };
            save.set("completed_at", at);
        }
        (true, false) => save.set("completed_at", Value::Null),
        _ => {}
    }
    let candidates = ["completed_at", "due", "created_at"].map(|field| save.get(field));
    let at = candidates.into_iter().find(|value| !value.is_null());
    save.set("at", at.unwrap_or(now));
}

/// Amount times chance, rounded half to even.
pub fn weighted(amount: &Value, chance: &Value) -> Value {
    let (Value::Money(amount), Value::Decimal(chance)) = (amount, chance) else {
        return Value::Null;
    };
    let weighted = amount.amount() * chance / Decimal::ONE_HUNDRED;
    let rounded = weighted.round_dp_with_strategy(2, RoundingStrategy::MidpointNearestEven);
    crm_core::Money::new(rounded, amount.currency()).map_or(Value::Null, Value::Money)
}
