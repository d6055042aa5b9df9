//! What the engine keeps in memory beside the data: published with each commit, replaced by none that fails.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::built::Built;
use super::keys::meta;
use super::parts::{Part, PartKind, Parts};
use super::read;
use super::schema_change::{Loaded, load_catalog};
use super::validations::{Validation, Validations};
use crate::error::{Code, Detail, Error, Result};
use crate::expr::Expr;
use crate::limits;
use crate::schema::{
    Catalog, Declared, FieldDef, FieldType, ObjectDef, Role, RollUp, RollUpOp, system,
};
use crate::store::{Read, Space};
use crate::value::{Currency, ReadOptions, RecordBuf, RecordRef, ValueRef, Zone};

/// Everything that a transaction may need besides the data.
#[derive(Clone)]
pub(crate) struct State {
    /// The standard objects as they are declared, without what the file adds to them.
    pub standard: Arc<[ObjectDef]>,
    /// What the layers above have compiled.
    kinds: &'static [PartKind],
    pub catalog: Arc<Catalog>,
    pub program: Arc<Program>,
    pub settings: Arc<Settings>,
    pub built: Arc<Built>,
    pub counters: Counters,
}

/// Numbers that only grow.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Counters {
    /// The last commit.
    pub sequence: u64,
    /// The next record's number in the search index.
    pub ordinal: u32,
    /// When the last commit was made: a clock that says less has stepped back.
    pub last_commit: DateTime<Utc>,
}

impl Counters {
    pub(crate) fn load(read: &dyn Read) -> Result<Self> {
        let mut counters = Counters::default();
        if let Some(bytes) = read.get_vec(Space::Meta, meta::COUNTERS)? {
            let record = RecordRef::new(&bytes)?;
            let number = |field| {
                record
                    .try_get(field)
                    .map(|value| value.as_int().unwrap_or(0))
            };
            counters.sequence = number(1)?.unsigned_abs();
            counters.last_commit = record.try_get(3)?.as_datetime().unwrap_or_default();
            counters.ordinal =
                u32::try_from(number(2)?).map_err(|_| Error::corrupt("the record counter"))?;
        }
        Ok(counters)
    }

    /// The higher of each.
    pub(crate) fn at_least(self, other: Counters) -> Self {
        Counters {
            sequence: self.sequence.max(other.sequence),
            ordinal: self.ordinal.max(other.ordinal),
            last_commit: self.last_commit.max(other.last_commit),
        }
    }

    pub(crate) fn encode(self) -> Result<Vec<u8>> {
        let sequence = ValueRef::Int(i64::try_from(self.sequence).unwrap_or(i64::MAX));
        let ordinal = ValueRef::Int(self.ordinal.into());
        let last_commit = ValueRef::DateTime(self.last_commit);
        Ok(RecordBuf::encode([(1, sequence), (2, ordinal), (3, last_commit)])?.into_bytes())
    }
}

/// The organisation's settings, read once per change.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// The currency in which totals are reported.
    pub base_currency: Currency,
    /// The region in which local phone numbers are read, ISO 3166-1.
    pub region: String,
    /// The zone in which days begin and end.
    pub time_zone: Zone,
    /// The month in which the fiscal year begins, 1 to 12.
    pub fiscal_year_start: u32,
}

impl Settings {
    /// From the settings record; what it does not say is as in a new database.
    pub(crate) fn load(read: &dyn Read, catalog: &Catalog) -> Result<Self> {
        let mut settings = Settings {
            base_currency: Currency::new("USD")?,
            region: "US".to_owned(),
            time_zone: Zone::UTC,
            fiscal_year_start: 1,
        };
        let Some((object, parts)) = catalog.settings() else {
            return Ok(settings);
        };
        let Some(record) = read::first_record(read, object.id)? else {
            return Ok(settings);
        };
        let text = |part| record.get(part).as_text();
        if let Some(code) = text(parts.base_currency) {
            settings.base_currency = Currency::new(code)?;
        }
        if let Some(region) = text(parts.region) {
            settings.region = region.to_owned();
        }
        if let Some(zone) = text(parts.time_zone).and_then(|zone| zone.parse().ok()) {
            settings.time_zone = zone;
        }
        if let Some(month) = record.get(parts.fiscal_year_start).as_int() {
            settings.fiscal_year_start = month.clamp(1, 12) as u32;
        }
        Ok(settings)
    }

    /// How text is read by these settings.
    pub(crate) fn read_options(&self) -> ReadOptions {
        ReadOptions {
            time_zone: self.time_zone.clone(),
            region: self.region.clone(),
            currency: Some(self.base_currency),
            ..ReadOptions::default()
        }
    }
}

/// Where the definitions come from that are compiled.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Definitions<'a> {
    /// From somebody who asks for them, and is told what is wrong with them.
    Asked {
        /// How values in them are read.
        settings: &'a Settings,
        /// When it is, nearly.
        now: DateTime<Utc>,
        /// The last commit: what is later is being saved now.
        since: u64,
    },
    /// From the file, where they were sound when they were written.
    Stored,
}

impl Definitions<'_> {
    /// What is wrong with one of them: where it was stored, that is damage.
    pub(crate) fn refused(self, what: impl fmt::Display, error: Error) -> Error {
        use Code::{Closed, Conflict, Corrupt, Full, Io, Locked, NeedsReopen, NewerFormat};
        match error.code() {
            Closed | Conflict | Corrupt | Full | Io | Locked | NeedsReopen | NewerFormat => error,
            _ if matches!(self, Definitions::Asked { .. }) => error,
            _ => Error::corrupt(format!("{what}: {error}")),
        }
    }
}

/// The expressions of a schema and of the definitions in the data, compiled.
pub(crate) struct Program {
    computed: Arc<Computed>,
    validations: Arc<Validations>,
    /// What the layers above have registered.
    parts: Parts,
}

/// The formulas and roll-ups of a catalog.
#[derive(Default)]
struct Computed {
    formulas: HashMap<u16, Vec<(u16, Expr)>>,
    roll_ups: HashMap<(u16, u16), CompiledRollUp>,
}

/// A roll-up with its names resolved.
#[derive(Debug, Clone)]
pub(crate) struct CompiledRollUp {
    pub child: u16,
    pub via: u16,
    pub op: RollUpOp,
    pub field: u16,
    pub filter: Option<Expr>,
}

impl Program {
    /// Compiles all expressions of a schema and all definitions in the data. With a program that was compiled before for
    /// the same catalog, only what the roles say is stale, and of that only what has changed.
    pub(crate) fn compile(
        kinds: &[PartKind],
        catalog: &Catalog,
        read: &dyn Read,
        definitions: Definitions<'_>,
        before: Option<(&Program, &[Role])>,
    ) -> Result<Self> {
        let known = before.map(|(program, _)| program);
        let computed = match known {
            Some(known) => known.computed.clone(),
            None => Arc::new(Computed::compile(catalog, definitions)?),
        };
        let validations = match before {
            Some((known, stale))
                if !stale.iter().any(|role| matches!(role, Role::Validation(_))) =>
            {
                known.validations.clone()
            }
            _ => {
                let known = known.map(|known| &*known.validations);
                Arc::new(Validations::compile(catalog, read, definitions, known)?)
            }
        };
        let parts = before.map(|(program, stale)| (&program.parts, stale));
        Ok(Program {
            computed,
            validations,
            parts: Parts::compile(kinds, catalog, read, definitions, parts)?,
        })
    }

    /// The memory that the regular expressions take, about, once they are needed.
    fn pattern_bytes(&self) -> usize {
        let computed = self.computed.exprs();
        let of_parts = self.parts.iter().map(Part::pattern_bytes);
        computed.map(Expr::pattern_bytes).sum::<usize>()
            + self.validations.pattern_bytes()
            + of_parts.sum::<usize>()
    }

    /// What a layer above has registered, by its type.
    pub(crate) fn part<P: Part>(&self) -> Option<Arc<P>> {
        self.parts.get()
    }

    /// What the layers above have registered.
    pub(super) fn parts(&self) -> impl Iterator<Item = &dyn Part> {
        self.parts.iter()
    }

    /// The formulas of an object, each after those that it reads.
    pub(crate) fn formulas(&self, object: u16) -> &[(u16, Expr)] {
        let formulas = self.computed.formulas.get(&object);
        formulas.map_or(&[], Vec::as_slice)
    }

    pub(crate) fn roll_up(&self, object: u16, field: u16) -> Option<&CompiledRollUp> {
        self.computed.roll_ups.get(&(object, field))
    }

    pub(crate) fn validations(&self, object: u16) -> &[Arc<Validation>] {
        self.validations.of_object(object)
    }
}

impl Computed {
    fn compile(catalog: &Catalog, definitions: Definitions) -> Result<Self> {
        let mut computed = Computed::default();
        for object in catalog.objects() {
            let formulas = compile_formulas(catalog, object).map_err(|error| {
                definitions.refused(format_args!("the formulas of `{}`", object.name), error)
            })?;
            if !formulas.is_empty() {
                computed.formulas.insert(object.id, formulas);
            }
            for field in object.live_fields() {
                if let Some(roll_up) = &field.roll_up {
                    let compiled = compile_roll_up(catalog, field, roll_up).map_err(|error| {
                        let what = format_args!("the roll-up `{}.{}`", object.name, field.name);
                        definitions.refused(what, error)
                    })?;
                    computed.roll_ups.insert((object.id, field.id), compiled);
                }
            }
        }
        Ok(computed)
    }

    fn exprs(&self) -> impl Iterator<Item = &Expr> {
        let formulas = self.formulas.values().flatten().map(|(_, formula)| formula);
        let filters = self.roll_ups.values().flat_map(|roll_up| &roll_up.filter);
        formulas.chain(filters)
    }
}

/// Compiles an object's formulas in the order in which they can be computed.
fn compile_formulas(catalog: &Catalog, object: &ObjectDef) -> Result<Vec<(u16, Expr)>> {
    let mut waiting = Vec::new();
    for field in object.live_fields() {
        if let Some(formula) = &field.formula {
            waiting.push((field.id, compile_formula(catalog, object, field, formula)?));
        }
    }
    let mut ordered: Vec<(u16, Expr)> = Vec::with_capacity(waiting.len());
    while !waiting.is_empty() {
        let still: Vec<u16> = waiting.iter().map(|(field, _)| *field).collect();
        let (ready, rest): (Vec<_>, Vec<_>) = waiting
            .into_iter()
            .partition(|(_, expr)| !expr.reads().iter().any(|field| still.contains(field)));
        if ready.is_empty() {
            let name = rest.first().and_then(|(field, _)| object.field(*field));
            return Err(schema_error(
                name.map_or("", |field| field.name.as_str()),
                "the formula refers to itself, directly or through another formula",
            ));
        }
        ordered.extend(ready);
        waiting = rest;
    }
    Ok(ordered)
}

fn compile_formula(
    catalog: &Catalog,
    object: &ObjectDef,
    field: &FieldDef,
    formula: &str,
) -> Result<Expr> {
    let expr = Expr::compile(formula, catalog, object)?;
    expr.result_type().fits(field)?;
    if !expr.is_pure() {
        return Err(schema_error(
            &field.name,
            "a formula is kept with the record, so it reads the record's own fields only: no other record, \
             no clock, no user; use a roll-up for linked records and a filter for the rest",
        ));
    }
    Ok(expr)
}

fn compile_roll_up(
    catalog: &Catalog,
    field: &FieldDef,
    roll_up: &RollUp,
) -> Result<CompiledRollUp> {
    let child = catalog.object_named(&roll_up.object)?;
    let via = child.field_named(&roll_up.via)?;
    if via.ty != FieldType::Reference || via.many || !via.indexed {
        return Err(schema_error(
            &field.name,
            "`via` is an indexed reference field that is not a list",
        ));
    }
    let combined = match roll_up.op {
        RollUpOp::Count => system::ID,
        _ => child.field_named(&roll_up.field)?.id,
    };
    check_roll_up_type(field, roll_up.op, child.field(combined))?;
    let filter = match roll_up.filter.as_str() {
        "" => None,
        text => {
            let filter = Expr::compile_filter(text, catalog, child)?;
            if !filter.is_pure() {
                return Err(schema_error(
                    &field.name,
                    "the filter of a roll-up reads the linked record's own fields only",
                ));
            }
            Some(filter)
        }
    };
    Ok(CompiledRollUp {
        child: child.id,
        via: via.id,
        op: roll_up.op,
        field: combined,
        filter,
    })
}

/// A roll-up's field must hold what comes out of it.
fn check_roll_up_type(field: &FieldDef, op: RollUpOp, combined: Option<&FieldDef>) -> Result<()> {
    let Some(combined) = combined else {
        return Ok(());
    };
    let refuse = |reason: &str| Err(schema_error(&field.name, reason));
    if op != RollUpOp::Count && combined.many {
        return refuse("a list cannot be rolled up");
    }
    match op {
        RollUpOp::Count if field.ty == FieldType::Integer && !field.many => Ok(()),
        RollUpOp::Count => refuse("a count is a whole number"),
        RollUpOp::Sum => match (combined.ty, field.ty) {
            (FieldType::Money, FieldType::Money) if field.many => Ok(()),
            (FieldType::Money, _) => {
                refuse("a sum of money is a list of money, one amount per currency")
            }
            (FieldType::Integer, FieldType::Integer)
            | (
                FieldType::Integer | FieldType::Decimal | FieldType::Percent,
                FieldType::Decimal | FieldType::Percent,
            ) if !field.many => Ok(()),
            (FieldType::Integer | FieldType::Decimal | FieldType::Percent, _) => {
                refuse("a sum of numbers is a number of the same type, or a decimal number")
            }
            _ => refuse("only numbers and money have a sum"),
        },
        RollUpOp::Min | RollUpOp::Max | RollUpOp::Latest
            if field.ty == combined.ty && !field.many =>
        {
            Ok(())
        }
        _ => refuse("the roll-up holds a value of the linked field, so it has that field's type"),
    }
}

pub(crate) fn schema_error(name: &str, reason: &str) -> Error {
    Detail::Schema {
        name: name.to_owned(),
        reason: reason.to_owned(),
    }
    .into()
}

impl State {
    /// The role whose definitions a change to a record makes stale, if the state holds any of them in memory. What the
    /// engine notes on a rule does not.
    pub(super) fn made_stale(&self, object: &ObjectDef, changed: &[u16]) -> Option<Role> {
        let role = object.role?;
        let is_held = matches!(role, Role::Settings(_) | Role::Validation(_))
            || self.kinds.iter().any(|kind| kind.role == role);
        let is_note = |field: &u16| {
            let definition = object.field(*field);
            *field < system::FIRST && definition.is_some_and(|field| field.read_only)
        };
        (is_held && !changed.iter().all(is_note)).then_some(role)
    }

    /// Reads what is stale anew, after a change of a record: the definitions that have changed are compiled.
    pub(super) fn reload(&mut self, read: &dyn Read, stale: &[Role]) -> Result<()> {
        let program = self.program.clone();
        self.reload_beside(read, Some((&program, stale)))
    }

    /// Reads all of it anew, after a change of the catalog: what an expression says may have changed.
    pub(super) fn reload_all(&mut self, read: &dyn Read) -> Result<()> {
        self.reload_beside(read, None)
    }

    fn reload_beside(
        &mut self,
        read: &dyn Read,
        before: Option<(&Program, &[Role])>,
    ) -> Result<()> {
        if before
            .is_none_or(|(_, stale)| stale.iter().any(|role| matches!(role, Role::Settings(_))))
        {
            self.settings = Arc::new(Settings::load(read, &self.catalog)?);
        }
        let settings = self.settings.clone();
        let asked = Definitions::Asked {
            settings: &settings,
            now: self.counters.last_commit,
            since: self.counters.sequence,
        };
        let program = Program::compile(self.kinds, &self.catalog, read, asked, before)?;
        let bytes = program.pattern_bytes();
        // What a file has more already may become less.
        if bytes > limits::DATABASE_REGEX_BYTES_MAX && bytes > self.program.pattern_bytes() {
            return Err(Detail::Limit {
                what: "bytes of the compiled patterns of a database",
                max: limits::DATABASE_REGEX_BYTES_MAX as u64,
                actual: bytes as u64,
            }
            .into());
        }
        self.program = Arc::new(program);
        Ok(())
    }

    /// From the data of an open store.
    ///
    /// # Errors
    /// `Corrupt` for definitions that are not sound any more, and those of the store.
    pub(crate) fn load(
        read: &dyn Read,
        declared: Declared,
        kinds: &'static [PartKind],
    ) -> Result<Self> {
        let Loaded {
            standard,
            catalog,
            built,
        } = load_catalog(read, declared)?;
        let stored = Definitions::Stored;
        let settings = Settings::load(read, &catalog)
            .map_err(|error| stored.refused("the settings", error))?;
        Ok(State {
            standard: standard.into(),
            settings: Arc::new(settings),
            program: Arc::new(Program::compile(kinds, &catalog, read, stored, None)?),
            kinds,
            built: Arc::new(built),
            counters: Counters::load(read)?,
            catalog: Arc::new(catalog),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Crm;
    use crate::objects::{Rule, Trigger, ValidationRule};
    use crate::rules::RuleSet;
    use crate::value::Id;

    /// A rule that is saved is compiled alone, and the patterns of the others stay.
    #[test]
    fn what_has_not_changed_is_not_compiled_again() {
        let crm = Crm::in_memory().unwrap();
        let rule = |name: &str| {
            let draft = Rule::draft().name(name).object("company");
            let draft = draft
                .trigger(Trigger::Created)
                .condition(r"name.matches('\\w+x')");
            draft.actions("[]")
        };
        let validation = |name: &str| {
            let draft = ValidationRule::draft().name(name).object("company");
            draft.condition(r"!name.matches('\\w+y')").message("no")
        };
        let (first, other) = (
            crm.create(rule("first")).unwrap(),
            crm.create(rule("other")).unwrap(),
        );
        crm.create(validation("first")).unwrap();
        let program = || {
            crm.read(|reader| Ok(reader.lens.state().program.clone()))
                .unwrap()
        };
        let before = program();
        crm.create(validation("second")).unwrap();
        crm.update(other, Rule::draft().condition("name == 'x'"))
            .unwrap();
        let after = program();
        let compiled = |program: &Program, id: Id<Rule>| {
            let rules = program.part::<RuleSet>().unwrap();
            rules.get(id.reference().id).unwrap().clone()
        };
        assert!(Arc::ptr_eq(
            &compiled(&before, first),
            &compiled(&after, first)
        ));
        assert!(!Arc::ptr_eq(
            &compiled(&before, other),
            &compiled(&after, other)
        ));
        let company = crm.catalog().object_named("company").unwrap().id;
        let (was, is) = (before.validations(company), after.validations(company));
        assert_eq!((was.len(), is.len()), (1, 2));
        assert!(is.iter().any(|validation| Arc::ptr_eq(validation, &was[0])));
    }

    /// Each kind of definitions is read again for changes of its own records only.
    #[test]
    fn what_is_not_stale_is_not_read_again() {
        let crm = Crm::in_memory().unwrap();
        let program = || {
            crm.read(|reader| Ok(reader.lens.state().program.clone()))
                .unwrap()
        };
        let rules = |program: &Program| program.part::<RuleSet>().unwrap();
        let first = program();
        let rule = Rule::draft().name("greet").object("company");
        crm.create(rule.trigger(Trigger::Created).actions("[]"))
            .unwrap();
        let second = program();
        assert!(!Arc::ptr_eq(&rules(&first), &rules(&second)));
        assert!(Arc::ptr_eq(&first.validations, &second.validations));
        assert!(Arc::ptr_eq(&first.computed, &second.computed));
        let validation = ValidationRule::draft().name("named").object("company");
        crm.create(validation.condition("name != 'x'").message("no"))
            .unwrap();
        let third = program();
        assert!(Arc::ptr_eq(&rules(&second), &rules(&third)));
        assert!(!Arc::ptr_eq(&second.validations, &third.validations));
    }
}
