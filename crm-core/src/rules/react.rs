//! Rules react to the events of a transaction.

use std::sync::Arc;

use super::action::{Acted, with_env};
use super::set::{CompiledRule, RuleSet};
use super::{cycle, due};
use crate::engine::{Event, Right, Work};
use crate::error::{Detail, Result};
use crate::limits;
use crate::objects::{Rule, RuleRun};
use crate::record::{Fields, Record};
use crate::schema::{Object, Role};

/// Lets rules react to what has happened, and to what they themselves do, until nothing happens any more.
/// With `automate` false only the due queue follows.
pub(crate) fn react(work: &mut Work<'_, '_>, automate: bool) -> Result<()> {
    let mut actions = 0;
    loop {
        work.settle()?;
        let events = work.take_events();
        if events.is_empty() {
            return Ok(());
        }
        for event in events {
            due::follow(work, &event)?;
            if event.new.object() == Rule::TYPE {
                cycle::report(work, &event)?;
            }
            if !automate || is_bookkeeping(work, &event)? {
                continue;
            }
            actions += react_to(work, &event, actions)?;
        }
    }
}

/// Runs the rules that an event sets off, in their order. Returns how many actions were done.
fn react_to(work: &mut Work<'_, '_>, event: &Event, before: usize) -> Result<usize> {
    let rules = RuleSet::of(work);
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
            let cause = Cause {
                number: event.cause,
                chain: &event.chain,
            };
            done += run(work, rule, &now, old, &cause, before + done)?;
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

/// Why a rule runs.
pub(super) struct Cause<'a> {
    /// The change that somebody asked for.
    pub number: u64,
    /// The rules between that and this one, from the first.
    pub chain: &'a [Arc<str>],
}

/// Runs a rule on a record, as it is now, if its condition holds and it has not run for it and for this cause, and
/// records the run. Returns how many actions were done.
pub(super) fn run(
    work: &mut Work<'_, '_>,
    rule: &Arc<CompiledRule>,
    current: &Record,
    old: Option<&Record>,
    cause: &Cause<'_>,
    done: usize,
) -> Result<usize> {
    if work
        .causes()
        .has_run(cause.number, rule.id, current.reference())
    {
        return Ok(0);
    }
    let holds = match &rule.condition {
        None => Ok(true),
        Some(condition) => with_env(work, current, old, |env| condition.matches(env)),
    };
    if matches!(holds, Ok(false)) {
        return Ok(0);
    }
    let runs = work
        .causes()
        .note(cause.number, rule.id, current.reference());
    if runs > limits::RULE_RUNS_MAX + 1 {
        // That it went too far is recorded once.
        return Ok(0);
    }
    let mut chain = cause.chain.to_vec();
    chain.push(rule.name.clone());
    work.as_rule(chain, cause.number, |work| {
        run_now(work, rule, current, old, holds, (runs, done))
    })
}

/// Runs a rule whose condition holds, or fails.
fn run_now(
    work: &mut Work<'_, '_>,
    rule: &CompiledRule,
    current: &Record,
    old: Option<&Record>,
    holds: Result<bool>,
    (runs, done): (usize, usize),
) -> Result<usize> {
    let bounds = within_bounds(rule, work.chain(), runs, done);
    // What is refused by a bound is not the rule's own fault.
    let is_own = bounds.is_ok();
    let acted = match bounds.and(holds) {
        Ok(_) => rule.act(work, current, old)?,
        Err(error) if error.is_of_the_store() => return Err(error),
        Err(error) => Acted {
            done: 0,
            errors: vec![error.to_string()],
        },
    };
    record_run(work, rule, current, &acted)?;
    if is_own {
        count_failures(work, rule, &acted)?;
    }
    // A roll-up over runs belongs to this cause as well.
    work.settle()?;
    Ok(acted.done)
}

/// Counts on the rule how many runs have failed in a row, and switches it off at the bound.
fn count_failures(work: &mut Work<'_, '_>, rule: &CompiledRule, acted: &Acted) -> Result<()> {
    let Some(record) = work.record(rule.id.of::<Rule>().reference())? else {
        return Ok(());
    };
    let before = record.get(Rule::FAILURES.number()).as_int();
    let failures = match acted.errors.is_empty() {
        true => None,
        false => Some(before.unwrap_or(0).saturating_add(1)),
    };
    if failures == before || record.is_deleted() {
        return Ok(());
    }
    let mut fields = Fields::new();
    fields.set_number(Rule::FAILURES.number(), failures.into());
    if let Some(failures) = failures.filter(|failures| *failures >= limits::RULE_FAILURES_MAX) {
        let reason = format!(
            "{failures} runs in a row have failed, the last with: {}",
            acted.errors.join("; ")
        );
        fields.set_number(Rule::ACTIVE.number(), false.into());
        fields.set_number(Rule::SWITCHED_OFF_REASON.number(), reason.into());
    }
    work.with_right(Right::Engine, |work| {
        work.update(record.reference(), &fields, None)
    })?;
    Ok(())
}

fn within_bounds(rule: &CompiledRule, chain: &[Arc<str>], runs: usize, done: usize) -> Result<()> {
    if chain.len() > limits::RULE_DEPTH_MAX {
        return Err(Detail::RuleDepth {
            chain: chain.iter().map(|name| name.to_string()).collect(),
        }
        .into());
    }
    let actions = done + rule.actions.len();
    let bounds = [
        (
            "runs of rules because of one change",
            limits::RULE_RUNS_MAX,
            runs,
        ),
        (
            "rule actions in one transaction",
            limits::RULE_ACTIONS_MAX,
            actions,
        ),
    ];
    match bounds.into_iter().find(|(_, max, actual)| actual > max) {
        None => Ok(()),
        Some((what, max, actual)) => Err(Detail::Limit {
            what,
            max: max as u64,
            actual: actual as u64,
        }
        .into()),
    }
}

fn record_run(
    work: &mut Work<'_, '_>,
    rule: &CompiledRule,
    record: &Record,
    acted: &Acted,
) -> Result<()> {
    let names: Vec<&str> = work.chain().iter().map(|name| &**name).collect();
    let mut run = RuleRun::draft()
        .rule(rule.id.of())
        .record(record.reference())
        .at(work.now())
        .actions(acted.done as i64)
        .cause(names.join(" → "));
    if !acted.errors.is_empty() {
        run = run.failed(true).error(acted.errors.join("; "));
    }
    let fields: Fields = run.into();
    work.with_right(Right::Engine, |work| {
        work.create(RuleRun::TYPE, None, &fields)
    })?;
    Ok(())
}
