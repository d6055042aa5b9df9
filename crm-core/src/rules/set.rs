//! The rules of a database, compiled and sorted by what sets them off.

use std::any::Any;
use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use super::action::{CompiledAction, CompiledValue, compile};
use super::choice::ObjectRules;
use super::soundness::Soundness;
use crate::access::EngineLens;
use crate::engine::{Definitions, FieldOf, Fit, Part, PartKind, Work};
use crate::error::{Detail, Error, Result};
use crate::expr::Expr;
use crate::limits;
use crate::objects::{Rule, Trigger};
use crate::record::Record;
use crate::schema::{Catalog, FieldType, Object, Role, View, system};
use crate::store::Read;
use crate::value::{Id, Zone};

/// A rule, ready to run.
#[derive(Debug)]
pub(crate) struct CompiledRule {
    /// What it was compiled of.
    record: Record,
    pub id: Id,
    pub name: Arc<str>,
    pub object: u16,
    pub trigger: Trigger,
    pub fields: Vec<u16>,
    pub condition: Option<Expr>,
    pub actions: Vec<CompiledAction>,
    pub offset: TimeDelta,
    pub every: TimeDelta,
    pub starts: Option<DateTime<Utc>>,
    pub created: DateTime<Utc>,
    pub order: i64,
}

/// All active rules.
#[derive(Debug, Default)]
pub(crate) struct RuleSet {
    by_object: HashMap<u16, ObjectRules>,
    by_id: HashMap<Id, Arc<CompiledRule>>,
}

/// The rules as a part of what a database has compiled.
pub(crate) const RULES: PartKind = PartKind {
    role: Role::Rule,
    compile: |catalog, read, definitions, before| {
        let before = before.and_then(|before| (before as &dyn Any).downcast_ref());
        Ok(Arc::new(RuleSet::load(catalog, read, definitions, before)?))
    },
};

impl Part for RuleSet {
    fn pattern_bytes(&self) -> usize {
        let rules = self.by_id.values();
        rules.map(|rule| rule.pattern_bytes()).sum()
    }

    /// A rule that watches, reads or writes a field.
    fn reader_of(&self, read: &FieldOf) -> Option<String> {
        let is_reader = |rule: &&Arc<CompiledRule>| {
            let reads = |expr: &Expr| read.is_in(rule.object, expr);
            let watches = rule.object == read.object && rule.fields.contains(&read.field);
            let mut actions = rule.actions.iter();
            watches
                || rule.condition.iter().any(reads)
                || actions.any(|action| {
                    let (target, fields) = action.fields(rule.object);
                    let writes = |id: u16| target == read.object && id == read.field;
                    fields.iter().any(|(id, value)| {
                        writes(*id) || value.and_then(CompiledValue::expr).is_some_and(reads)
                    })
                })
        };
        let rule = self.by_id.values().find(is_reader)?;
        Some(format!("the rule `{}`", rule.name))
    }
}

impl RuleSet {
    /// The rules that a transaction has.
    pub(super) fn of(work: &Work<'_, '_>) -> Arc<RuleSet> {
        work.program().part().unwrap_or_default()
    }

    /// Compiles the active rules in the data; those that have not changed are taken from a set that was compiled
    /// before, for the same catalog.
    fn load(
        catalog: &Catalog,
        read: &dyn Read,
        definitions: Definitions<'_>,
        before: Option<&RuleSet>,
    ) -> Result<Self> {
        let mut set = RuleSet::default();
        let mut by_object: HashMap<u16, Vec<Arc<CompiledRule>>> = HashMap::new();
        EngineLens::new(read).for_each_live(Rule::TYPE, &mut |record| {
            let known = before.and_then(|before| before.get(record.id()));
            let known = known.filter(|known| known.record == record).cloned();
            let rule = View::<Rule>::new(record);
            if rule.active() == Some(false) {
                return Ok(());
            }
            let compiled = match known {
                Some(known) => known,
                None => {
                    let compiled = compile_rule(catalog, &rule).and_then(|compiled| {
                        check_sound(catalog, read, &rule, &compiled, definitions)?;
                        Ok(compiled)
                    });
                    Arc::new(compiled.map_err(|error| {
                        let what = format_args!("rule {}", rule.id());
                        definitions.refused(what, in_rule(&rule, error))
                    })?)
                }
            };
            set.by_id.insert(compiled.id, compiled.clone());
            by_object.entry(compiled.object).or_default().push(compiled);
            Ok(())
        })?;
        if set.by_id.len() > limits::RULES_MAX {
            return Err(Detail::Limit {
                what: "rules",
                max: limits::RULES_MAX as u64,
                actual: set.by_id.len() as u64,
            }
            .into());
        }
        for (object, rules) in by_object {
            set.by_object.insert(object, ObjectRules::new(rules)?);
        }
        Ok(set)
    }

    /// The rules on an object, if there are any.
    pub(super) fn of_object(&self, object: u16) -> Option<&ObjectRules> {
        self.by_object.get(&object)
    }

    /// Every rule.
    #[cfg(feature = "redb")]
    pub(super) fn all(&self) -> impl Iterator<Item = &Arc<CompiledRule>> {
        self.by_id.values()
    }

    pub(crate) fn get(&self, id: Id) -> Option<&Arc<CompiledRule>> {
        self.by_id.get(&id)
    }
}

impl CompiledRule {
    fn pattern_bytes(&self) -> usize {
        let actions = self.actions.iter().flat_map(CompiledAction::exprs);
        let exprs = self.condition.iter().chain(actions);
        exprs.map(Expr::pattern_bytes).sum()
    }

    /// When a schedule runs next after a time: when it begins, or a number of intervals after that. One that does
    /// not say when it begins counts from its creation. `None` beyond the end of the calendar.
    pub(super) fn next_run(&self, after: DateTime<Utc>, zone: &Zone) -> Option<DateTime<Utc>> {
        let from = self.starts.unwrap_or(self.created);
        if from > after {
            return Some(from);
        }
        let days = self.every.num_days();
        let rest = self.every - TimeDelta::days(days);
        let every = self.every.num_milliseconds().max(1);
        let missed = (after - from).num_milliseconds() / every;
        // A day on which clocks are changed is longer or shorter, so that the count is off by a step or two.
        let steps = missed.saturating_sub(1).max(0)..=missed.saturating_add(3);
        let mut runs = steps.map_while(|step| {
            let rest = rest.num_milliseconds().checked_mul(step)?;
            zone.later(
                from,
                days.checked_mul(step)?,
                TimeDelta::try_milliseconds(rest)?,
            )
        });
        runs.find(|at| *at > after)
    }
}

/// Refuses a rule that is being saved if one of its actions could only fail. A rule that was saved before may have
/// lost what it needs since: its runs tell.
fn check_sound(
    catalog: &Catalog,
    read: &dyn Read,
    rule: &Record,
    compiled: &CompiledRule,
    definitions: Definitions<'_>,
) -> Result<()> {
    match definitions {
        Definitions::Asked {
            settings,
            now,
            since,
        } if rule.version() > since => {
            let soundness = Soundness {
                fit: Fit::new(catalog, settings.read_options(), now),
                read,
                object: catalog.object(compiled.object)?,
            };
            let mut actions = compiled.actions.iter();
            actions.try_for_each(|action| soundness.check(action))
        }
        _ => Ok(()),
    }
}

/// Names the rule in an error of its expressions.
fn in_rule(rule: &View<Rule>, error: Error) -> Error {
    match error.detail() {
        Detail::Expression {
            text,
            line,
            column,
            reason,
        } => Detail::Expression {
            text: text.clone(),
            line: *line,
            column: *column,
            reason: format!("{reason} (rule `{}`)", rule.name().unwrap_or_default()),
        }
        .into(),
        _ => error,
    }
}

fn compile_rule(catalog: &Catalog, rule: &View<Rule>) -> Result<CompiledRule> {
    let record: &Record = rule;
    let object = catalog.object_named(rule.object().unwrap_or_default())?;
    let trigger = rule.trigger().unwrap_or(Trigger::Created);
    let mut fields = Vec::new();
    for name in rule.fields().unwrap_or_default() {
        fields.push(object.field_named(name)?);
    }
    let refuse = |reason: &str| Err(Error::invalid(rule.name().unwrap_or_default(), reason));
    match (trigger, fields.as_slice()) {
        (Trigger::Entered, [_]) => {}
        (Trigger::Entered, _) => return refuse("a rule on `entered` watches one field"),
        (Trigger::DateReached, [field])
            if matches!(
                field.ty,
                FieldType::Date | FieldType::DateTime | FieldType::PartialDate
            ) && !field.many => {}
        (Trigger::DateReached, _) => {
            return refuse("a rule on `date_reached` watches one date or date-time field");
        }
        (Trigger::Schedule, _)
            if rule
                .every()
                .is_none_or(|every| every < TimeDelta::minutes(1)) =>
        {
            return refuse("a rule on `schedule` has an interval of a minute or more in `every`");
        }
        _ => {}
    }
    let condition = match rule.condition() {
        None | Some("") => None,
        Some(text) => Some(Expr::compile_filter(text, catalog, object)?),
    };
    Ok(CompiledRule {
        record: record.clone(),
        id: record.id(),
        name: rule.name().unwrap_or_default().into(),
        object: object.id,
        trigger,
        fields: fields.iter().map(|field| field.id).collect(),
        condition,
        actions: compile(rule.actions().unwrap_or("[]"), catalog, object)?,
        offset: rule.offset().unwrap_or_default(),
        every: rule.every().unwrap_or_default(),
        starts: rule.starts(),
        created: record
            .get(system::CREATED_AT)
            .as_datetime()
            .unwrap_or_default(),
        order: rule.order().unwrap_or_default(),
    })
}
