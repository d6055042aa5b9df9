//! Rules that may set themselves off again, found by what they write and what others wait for.

use std::collections::{BTreeSet, HashSet, VecDeque};
use std::sync::Arc;

use super::action::CompiledAction;
use super::set::{CompiledRule, RuleSet};
use crate::engine::{Event, Right, Work};
use crate::error::Result;
use crate::expr::Expr;
use crate::objects::{Rule, Tag, Trigger};
use crate::record::{Fields, Record};
use crate::schema::Object;
use crate::value::Id;

/// What an action does to a record of an object.
struct Effect {
    object: u16,
    creates: bool,
    fields: BTreeSet<u16>,
}

/// Says on a rule that was saved how it may set itself off again. Once for a record and a cause is all that it will
/// run, which not everybody expects.
pub(super) fn report(work: &mut Work<'_, '_>, event: &Event) -> Result<()> {
    let of_interest = [
        Rule::NAME.number(),
        Rule::OBJECT.number(),
        Rule::TRIGGER.number(),
        Rule::FIELDS.number(),
        Rule::ACTIONS.number(),
        Rule::ACTIVE.number(),
    ];
    if !event
        .changed
        .iter()
        .any(|field| of_interest.contains(field))
    {
        return Ok(());
    }
    let Some(record) = work.record(event.new.reference())? else {
        return Ok(());
    };
    let path = cycle_of(work, record.id());
    let path = path.map(|names| names.join(" → "));
    if record.is_deleted() || is_told(&record, path.as_deref()) {
        return Ok(());
    }
    let mut fields = Fields::new();
    fields.set_number(Rule::CYCLE.number(), path.into());
    work.with_right(Right::Engine, |work| {
        work.update(record.reference(), &fields, None)
    })?;
    Ok(())
}

fn is_told(rule: &Record, path: Option<&str>) -> bool {
    rule.get(Rule::CYCLE.number()).as_text() == path
}

/// The shortest way on which a rule sets itself off again, by name, with the rule at both ends.
fn cycle_of(work: &Work<'_, '_>, rule: Id) -> Option<Vec<String>> {
    let rules = RuleSet::of(work);
    let start = rules.get(rule)?;
    let mut seen = HashSet::new();
    let mut ways: VecDeque<Vec<Arc<CompiledRule>>> = VecDeque::from([vec![start.clone()]]);
    while let Some(way) = ways.pop_front() {
        let effects = way
            .last()
            .map(|last| effects(work, last))
            .unwrap_or_default();
        for effect in &effects {
            let of_object = rules.of_object(effect.object);
            for next in of_object.into_iter().flat_map(|rules| rules.all()) {
                if !is_set_off(next, effect) {
                    continue;
                }
                if next.id == rule {
                    let names = way.iter().chain([next]).map(|rule| rule.name.to_string());
                    return Some(names.collect());
                }
                if seen.insert(next.id) {
                    let mut longer = way.clone();
                    longer.push(next.clone());
                    ways.push_back(longer);
                }
            }
        }
    }
    None
}

fn is_set_off(rule: &CompiledRule, effect: &Effect) -> bool {
    let watched = || {
        rule.fields
            .iter()
            .any(|field| effect.fields.contains(field))
    };
    match rule.trigger {
        Trigger::Created => effect.creates,
        Trigger::Updated => !effect.creates && (rule.fields.is_empty() || watched()),
        Trigger::Entered => watched(),
        Trigger::DateReached | Trigger::Schedule => false,
    }
}

/// What a rule does to records, and what follows from that by formulas and roll-ups.
fn effects(work: &Work<'_, '_>, rule: &CompiledRule) -> Vec<Effect> {
    let catalog = work.catalog();
    let mut effects = Vec::new();
    for action in &rule.actions {
        effects.extend(written(rule, action));
    }
    let mut at = 0;
    // A roll-up over a roll-up is reached again and again: one of each is enough.
    let mut rolled_up = HashSet::new();
    while let Some(effect) = effects.get_mut(at) {
        at += 1;
        let program = &work.program();
        for (field, formula) in program.formulas(effect.object) {
            if reads_any(formula, &effect.fields) {
                effect.fields.insert(*field);
            }
        }
        let (child, creates, fields) = (effect.object, effect.creates, effect.fields.clone());
        for (parent, field) in catalog.roll_ups_over(child) {
            let Some(roll_up) = program.roll_up(parent.id, field.id) else {
                continue;
            };
            let is_reached = creates
                || [roll_up.via, roll_up.field]
                    .iter()
                    .any(|field| fields.contains(field))
                || roll_up
                    .filter
                    .as_ref()
                    .is_some_and(|filter| reads_any(filter, &fields));
            if is_reached && rolled_up.insert((parent.id, field.id)) {
                effects.push(Effect {
                    object: parent.id,
                    creates: false,
                    fields: BTreeSet::from([field.id]),
                });
            }
        }
    }
    effects
}

fn reads_any(expr: &Expr, fields: &BTreeSet<u16>) -> bool {
    expr.reads().iter().any(|field| fields.contains(field))
}

fn written(rule: &CompiledRule, action: &CompiledAction) -> Vec<Effect> {
    let (object, fields) = action.fields(rule.object);
    let creates = matches!(
        action,
        CompiledAction::Create(..) | CompiledAction::Remind(..)
    );
    let mut effects = vec![Effect {
        object,
        creates,
        fields: fields.into_iter().map(|(field, _)| field).collect(),
    }];
    if let CompiledAction::AddTag(..) = action {
        effects.push(Effect {
            object: Tag::TYPE,
            creates: true,
            fields: BTreeSet::from([Tag::NAME.number()]),
        });
    }
    effects
}
