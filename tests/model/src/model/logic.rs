//! What follows from a record's own values: the logic of deals, tasks and stages.

use std::collections::BTreeSet;

use crm_core::{Code, Parts, Ref, Value};
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
    /// Nobody asked: the record follows what it refers to.
    pub following: bool,
}

impl Save<'_> {
    pub fn get(&self, field: &str) -> Value {
        match self.changes.get(field) {
            Some(value) => value.clone(),
            None => self.old(field),
        }
    }

    pub fn old(&self, field: &str) -> Value {
        self.old.as_ref().map_or(Value::Null, |old| get(old, field))
    }

    pub fn set(&mut self, field: &'static str, value: Value) {
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
    let is_open = kind == "open";
    let moved = old_stage != stage.into();
    let turned = save.get("status") != kind.as_str().into();
    let follows = moved || turned || save.following;
    follow_chance(save, stage, &kind, follows);
    if !follows {
        return Ok(false);
    }
    save.set("pipeline", pipeline.clone());
    save.set("status", kind.as_str().into());
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
    if moved {
        save.set("stage_since", at.clone());
    }
    if turned && (!is_open || save.old.is_some()) {
        save.set("closed_at", if is_open { Value::Null } else { at });
        let last = if is_open {
            Value::Null
        } else {
            last_open_stage(save, &pipeline)
        };
        save.set("last_stage", last);
    }
    Ok(moved && !save.given.contains("position"))
}

/// The stage in which a deal was last open, or else the first open one of the pipeline.
fn last_open_stage(save: &Save<'_>, pipeline: &Value) -> Value {
    let known = if save.old("status") == "open".into() {
        save.old("stage")
    } else {
        save.old("last_stage")
    };
    if !known.is_null() {
        return known;
    }
    let mut open = Vec::new();
    for (stage, fields) in save.model.all_live(Kind::Stage.number()) {
        if get(fields, "pipeline") == *pipeline
            && get(fields, "kind") == "open".into()
            && let Value::Int(order) = get(fields, "order")
        {
            open.push((order, stage));
        }
    }
    open.iter().min().map(|(_, stage)| *stage).into()
}

/// The chance of a deal: that of its stage, or what somebody says of an open one.
fn follow_chance(save: &mut Save<'_>, stage: Ref, kind: &str, follows: bool) {
    let given = save.given.contains("probability");
    if !given && !follows {
        return;
    }
    let of_stage = match kind {
        "won" => Decimal::ONE_HUNDRED.into(),
        "lost" => Decimal::ZERO.into(),
        _ => save.model.value(stage, "probability"),
    };
    let own = save.get("probability");
    let overridden = if given {
        !own.is_null() && own != of_stage
    } else {
        save.get("probability_overridden") == true.into()
    };
    if kind == "open" && overridden {
        save.set("probability_overridden", true.into());
        save.set("probability", own);
    } else {
        save.set("probability_overridden", Value::Null);
        save.set("probability", of_stage);
    }
}

/// A rule that somebody has mended has not failed yet.
pub fn begin_anew(save: &mut Save<'_>) {
    let mended = ["active", "condition", "actions"];
    let is_mended = mended.iter().any(|field| save.given.contains(field));
    if is_mended && !save.given.contains("failures") && save.get("active") != false.into() {
        save.set("failures", Value::Null);
        save.set("switched_off_reason", Value::Null);
    }
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
