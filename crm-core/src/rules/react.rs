//! Rules react to the events of a transaction.

use std::sync::Arc;

use super::action::with_env;
use super::due;
use super::set::CompiledRule;
use crate::engine::{Event, Work};
use crate::error::{Detail, Error, Result};
use crate::limits;
use crate::objects::RuleRun;
use crate::record::{Fields, Record};
use crate::schema::{Object, Role};

/// Lets rules react to what has happened, and to what they themselves do, until nothing happens any more.
/// With `automate` false only the due queue follows.
pub(crate) fn react(work: &mut Work<'_, '_>, automate: bool) -> Result<()> {
    let mut actions = 0;
    loop {
        work.settle()?;
        let events = std::mem::take(&mut work.events);
        if events.is_empty() {
            return Ok(());
        }
        for event in events {
            due::follow(work, &event)?;
            if !automate || is_bookkeeping(work, &event)? {
                continue;
            }
            actions += react_to(work, &event, actions)?;
        }
    }
}

/// Runs the rules that an event sets off, in their order. Returns how many actions were done.
fn react_to(work: &mut Work<'_, '_>, event: &Event, before: usize) -> Result<usize> {
    let rules = work.state.program.rules.clone();
    let Some(rules) = rules.of_object(event.new.object()) else {
        return Ok(0);
    };
    if !rules.react_to(event.kind) {
        return Ok(0);
    }
    let (mut done, mut from) = (0, 0);
    // Which of the rules that follow may hold is asked of the record as the rule before has left it.
    while let Some(now) = live(work, &event.new)? {
        let done_before = done;
        for (number, rule) in rules.set_off_by(event, &now, from)? {
            from = number + 1;
            let old = event.old.as_ref();
            done += run(work, rule, &now, old, &event.chain, before + done)?;
            if done > done_before {
                break;
            }
        }
        if done == done_before {
            break;
        }
    }
    Ok(done)
}

/// A record as it is now, unless it is gone.
pub(super) fn live(work: &Work<'_, '_>, record: &Record) -> Result<Option<Record>> {
    let current = work.record(record.reference())?;
    Ok(current.filter(|record| !record.is_deleted()))
}

/// The records that rules write about themselves set no rule off.
fn is_bookkeeping(work: &Work<'_, '_>, event: &Event) -> Result<bool> {
    Ok(work.catalog().object(event.new.object())?.role == Some(Role::RuleRun))
}

/// Runs a rule on a record, as it is now, if its condition holds, and records the run. Returns how many actions were
/// done.
pub(super) fn run(
    work: &mut Work<'_, '_>,
    rule: &Arc<CompiledRule>,
    current: &Record,
    old: Option<&Record>,
    chain: &[Arc<str>],
    done: usize,
) -> Result<usize> {
    let holds = match &rule.condition {
        None => Ok(true),
        Some(condition) => with_env(work, current, old, |env| condition.matches(env)),
    };
    if matches!(holds, Ok(false)) {
        return Ok(0);
    }
    let mut chain = chain.to_vec();
    chain.push(rule.name.clone());
    let before = std::mem::replace(&mut work.chain, chain.clone());
    let outcome = holds
        .and_then(|_| within_bounds(rule, &chain, done))
        .and_then(|()| {
            work.attempt(|work| {
                let done = rule.act(work, current, old)?;
                // What follows at the end of a transaction, roll-ups and compiled rules, may fail as well.
                work.settle()?;
                Ok(done)
            })
        });
    let run = record_run(work, rule, current, &chain, &outcome);
    work.chain = before;
    run?;
    Ok(outcome.unwrap_or(0))
}

fn within_bounds(rule: &CompiledRule, chain: &[Arc<str>], done: usize) -> Result<()> {
    if chain.len() > limits::RULE_DEPTH_MAX {
        return Err(Detail::RuleDepth {
            chain: chain.iter().map(|name| name.to_string()).collect(),
        }
        .into());
    }
    let actual = done + rule.actions.len();
    if actual > limits::RULE_ACTIONS_MAX {
        return Err(Detail::Limit {
            what: "rule actions in one transaction",
            max: limits::RULE_ACTIONS_MAX as u64,
            actual: actual as u64,
        }
        .into());
    }
    Ok(())
}

fn record_run(
    work: &mut Work<'_, '_>,
    rule: &CompiledRule,
    record: &Record,
    chain: &[Arc<str>],
    outcome: &Result<usize, Error>,
) -> Result<()> {
    let names: Vec<&str> = chain.iter().map(|name| &**name).collect();
    let mut run = RuleRun::draft()
        .rule(rule.id.of())
        .record(record.reference())
        .at(work.now)
        .actions(outcome.as_ref().map_or(0, |actions| *actions as i64))
        .cause(names.join(" → "));
    if let Err(error) = outcome {
        if error.is_of_the_store() {
            return Err(error.clone());
        }
        run = run.failed(true).error(error.to_string());
    }
    let fields: Fields = run.into();
    work.create(RuleRun::TYPE, None, &fields, true)?;
    Ok(())
}
