//! Creation and update.

use std::collections::BTreeSet;

use crm_core::{ChangeKind, Code, OutcomeKind, Ref, Value};
use rust_decimal::Decimal;

use super::logic::{Save, begin_anew, call, check_chance, follow_stage, follow_status, weighted};
use super::membership::end_and_begin_again;
use super::schema::{Ty, primary_of, references};
use super::work::Work;
use super::{Fields, Model, Outcome, Res, get, version};
use crate::automation::{UNLUCKY, VALIDATION};
use crate::op::{Custom, Kind};

/// The values of a request.
pub type Request = Vec<(&'static str, Value)>;

impl Work<'_> {
    /// Creates a record.
    ///
    /// # Errors
    /// Those of the public API, in its order.
    pub fn create(&mut self, record: Ref, request: &Request, internal: bool) -> Res<Outcome> {
        if self.model.any(record).is_some() {
            return Err(Code::Duplicate);
        }
        let changes = self.fit(record, request, internal)?;
        self.save(record, changes, internal)
    }

    /// Changes a live record.
    ///
    /// # Errors
    /// Those of the public API, in its order.
    pub fn update(
        &mut self,
        record: Ref,
        request: &Request,
        seen: Option<u64>,
        internal: bool,
    ) -> Res<Outcome> {
        self.model.live(record).ok_or(Code::NotFound)?;
        let changes = self.fit(record, request, internal)?;
        if let Some(seen) = seen {
            self.check_version(record, seen, &changes)?;
        }
        self.save(record, changes, internal)
    }

    fn fit(&self, record: Ref, request: &Request, internal: bool) -> Res<Fields> {
        let mut fitted = Fields::new();
        for (name, value) in request {
            let field = self.model.field(record.object, name);
            let field = field.ok_or(Code::UnknownField)?;
            if !internal && (field.is_computed() || field.read_only || field.retired) {
                return Err(Code::Invalid);
            }
            fitted.insert(field.name, field.fit(value.clone())?);
        }
        Ok(fitted)
    }

    /// Refuses to overwrite what somebody else has written since.
    fn check_version(&self, record: Ref, seen: u64, changes: &Fields) -> Res<()> {
        for (_, entry) in self.entries_after(record, seen) {
            let disagrees = |field: &String| {
                let wanted = changes.get(field.as_str());
                wanted.is_some_and(|wanted| *wanted != self.model.value(record, field))
            };
            if entry.changes.keys().any(disagrees) {
                return Err(Code::Stale);
            }
        }
        Ok(())
    }

    pub fn save(&mut self, record: Ref, mut changes: Fields, internal: bool) -> Res<Outcome> {
        let given = changes.keys().copied().collect();
        self.choose_primary(record, &mut changes)?;
        let old = self.model.any(record).cloned();
        if old.is_none() {
            self.fill_defaults(record, &mut changes);
        }
        let changes = self.decide(record, changes, given, internal, false)?;
        let Some(old) = old else {
            self.store(record, ChangeKind::Created, changes)?;
            return Ok((record, OutcomeKind::Created, self.sequence()));
        };
        if changes.is_empty() {
            return Ok((record, OutcomeKind::Unchanged, version(&old)));
        }
        if !internal {
            self.keep_employments(record, &changes)?;
        }
        self.store(record, ChangeKind::Updated, changes)?;
        Ok((record, OutcomeKind::Updated, self.sequence()))
    }

    pub fn fill_defaults(&self, record: Ref, changes: &mut Fields) {
        for field in self.model.fields(record.object) {
            if !field.retired
                && !changes.contains_key(field.name)
                && let Some(value) = field.default_value(self.caller.now)
            {
                changes.insert(field.name, value);
            }
        }
    }

    /// What really changes, and whether it may.
    pub fn decide(
        &mut self,
        record: Ref,
        changes: Fields,
        given: BTreeSet<&'static str>,
        stand: bool,
        following: bool,
    ) -> Res<Fields> {
        let kind = Kind::of(record.object);
        let mut save = Save {
            old: self.model.any(record).cloned(),
            model: self.model,
            changes,
            given,
            stand,
            following,
        };
        let is_new = save.old.is_none();
        if is_new {
            save.changes.insert("created_at", self.caller.now.into());
            save.changes.insert("created_by", self.caller.actor.into());
        }
        let mut to_the_end = false;
        match kind {
            Some(Kind::Deal) => to_the_end = follow_stage(&mut save, self.caller.now.into())?,
            Some(Kind::Task) => follow_status(&mut save, self.caller.now.into()),
            Some(Kind::Contact) => call(&mut save),
            Some(Kind::Employment) => end_and_begin_again(&mut save, self.caller.now)?,
            Some(Kind::Stage) => check_chance(&save)?,
            Some(Kind::Rule) => begin_anew(&mut save),
            _ => {}
        }
        let mut changes = save.changes;
        if to_the_end || changes.contains_key("position") {
            let known = self.position(record);
            if to_the_end {
                let stage = changes.get("stage").cloned().unwrap_or_default();
                changes.insert("position", self.at_the_end(record, &stage, known));
            }
        }
        self.compute(record, &mut changes, is_new);
        let old = self.model.any(record);
        changes.retain(|field, value| match old {
            Some(old) => get(old, field) != *value,
            None => !value.is_null(),
        });
        self.check(record, &changes)?;
        Ok(changes)
    }

    /// The place of a card at the end of its column: only the engine knows the number, but it is greater than
    /// those of all other cards there.
    fn at_the_end(&self, card: Ref, stage: &Value, known: Option<Decimal>) -> Value {
        let Some(known) = known else {
            return Decimal::from(1_i64 << 60).into();
        };
        let is_before = |(other, fields): (Ref, &super::Fields)| {
            let before =
                matches!(fields.get("position"), Some(Value::Decimal(other)) if *other < known);
            other == card || get(fields, "stage") != *stage || before
        };
        if self.model.all_live(card.object).all(is_before) {
            known.into()
        } else {
            "not at the end of its column".into()
        }
    }

    /// Formulas, and roll-ups of what nobody refers to yet.
    pub fn compute(&self, record: Ref, changes: &mut Fields, is_new: bool) {
        let value = |changes: &Fields, name: &str| match changes.get(name) {
            Some(value) => value.clone(),
            None => self.model.value(record, name),
        };
        for field in self.model.fields(record.object) {
            let computed = match field.computed {
                _ if field.retired => continue,
                Some(Custom::DealCount) if is_new => Value::Int(0),
                Some(Custom::Tenfold) => match value(changes, "employees") {
                    Value::Int(employees) => Value::Int(employees * 10),
                    _ => Value::Null,
                },
                None if field.formula => {
                    weighted(&value(changes, "amount"), &value(changes, "probability"))
                }
                _ => continue,
            };
            changes.insert(field.name, computed);
        }
    }

    /// Required fields, references, hierarchies and the organisation's validation.
    pub fn check(&self, record: Ref, changes: &Fields) -> Res<()> {
        let model = &self.model;
        let old = model.any(record);
        let value = |name: &str| match changes.get(name) {
            Some(value) => value.clone(),
            None => model.value(record, name),
        };
        for field in model.fields(record.object) {
            let touched = old.is_none() || changes.contains_key(field.name);
            if field.required && touched && value(field.name).is_null() {
                return Err(Code::Invalid);
            }
        }
        for field in model.fields(record.object) {
            for to in references(&get(changes, field.name)) {
                let kept = references(&model.value(record, field.name)).contains(&to);
                if !kept && to != record && model.live(to).is_none() {
                    return Err(Code::MissingReference);
                }
                if field.hierarchy {
                    let mut above = Some(to);
                    while let Some(current) = above {
                        if current == record {
                            return Err(Code::Cycle);
                        }
                        above = references(&model.value(current, field.name))
                            .first()
                            .copied();
                    }
                }
            }
        }
        let is_unlucky = record.object == Kind::Company.number()
            && !changes.is_empty()
            && value("employees") == Value::Int(UNLUCKY);
        if is_unlucky && self.model.has_validation() {
            return Err(Code::Validation);
        }
        Ok(())
    }

    /// At most one link of a record is the primary one; the first is, unless somebody says otherwise.
    pub fn choose_primary(&mut self, record: Ref, changes: &mut Fields) -> Res<()> {
        let Some(end) = Kind::of(record.object).and_then(primary_of) else {
            return Ok(());
        };
        let old = self.model.any(record);
        let of_old = |field: &str| old.map_or(Value::Null, |old| get(old, field));
        let becomes = |field: &str| changes.get(field).cloned().unwrap_or_else(|| of_old(field));
        let Value::Ref(from) = becomes(end) else {
            return Ok(());
        };
        let was_primary = of_old(end) == from.into() && of_old("primary") == true.into();
        let is_primary = becomes("primary") == true.into();
        let is_new = old.is_none();
        let mut others = self.model.referring(record.object, end, from);
        others.retain(|other| *other != record);
        if is_primary && !was_primary {
            for other in others {
                self.yield_to_others(other)?;
            }
        } else if is_new && !changes.contains_key("primary") && others.is_empty() {
            changes.insert("primary", true.into());
        }
        Ok(())
    }

    fn yield_to_others(&mut self, link: Ref) -> Res<()> {
        if self.model.value(link, "primary") == true.into() {
            self.update(link, &vec![("primary", false.into())], None, true)?;
        }
        Ok(())
    }

    /// A link that comes back is primary no more if another one is.
    pub fn yield_primary(&mut self, record: Ref) -> Res<()> {
        let Some(end) = Kind::of(record.object).and_then(primary_of) else {
            return Ok(());
        };
        let Value::Ref(from) = self.model.value(record, end) else {
            return Ok(());
        };
        let mut others = self.model.referring(record.object, end, from);
        others
            .retain(|other| *other != record && self.model.value(*other, "primary") == true.into());
        if others.is_empty() {
            return Ok(());
        }
        self.yield_to_others(record)
    }

    /// The one record that has a value in a unique or indexed field.
    ///
    /// # Errors
    /// `Invalid` if several have it.
    pub fn find_by(&self, object: u16, by: &str, value: Value) -> Res<Option<Ref>> {
        let field = self.model.field(object, by).ok_or(Code::UnknownField)?;
        if !(field.indexed || field.unique) || field.many {
            return Err(Code::Invalid);
        }
        let value = field.fit(value)?;
        let with = |is_it: &dyn Fn(&Value) -> bool| -> Vec<Ref> {
            let all = self.model.all_live(object);
            let has = all.filter(|(_, fields)| is_it(&get(fields, by)));
            has.map(|(record, _)| record).collect()
        };
        let mut found = with(&|own| *own == value);
        if let (true, Ty::Email, Value::Text(text)) = (found.is_empty(), field.ty, &value) {
            found = with(&|own| matches!(own, Value::Text(own) if own.eq_ignore_ascii_case(text)));
        }
        match found.as_slice() {
            [] => Ok(None),
            [one] => Ok(Some(*one)),
            _ => Err(Code::Invalid),
        }
    }

    /// Puts a card behind another one of a column, or at its top.
    ///
    /// # Errors
    /// `Invalid` for what is no card, or stands in another column.
    pub fn move_card(
        &mut self,
        card: Ref,
        stage: Ref,
        behind: Option<Ref>,
        seen: Option<u64>,
    ) -> Res<Outcome> {
        if card.object != Kind::Deal.number() {
            return Err(Code::Invalid);
        }
        let mut cards = self.model.cards(stage);
        cards.retain(|(_, other)| *other != card);
        let at = match behind {
            None => 0,
            Some(behind) => {
                let at = cards.iter().position(|(_, other)| *other == behind);
                1 + at.ok_or(Code::Invalid)?
            }
        };
        let before = at.checked_sub(1).map(|at| cards[at].0);
        let after = cards.get(at).map(|(position, _)| *position);
        let position = match (before, after) {
            (None, None) => Decimal::ZERO,
            (Some(before), None) => before + Decimal::ONE_THOUSAND,
            (None, Some(after)) => after - Decimal::ONE_THOUSAND,
            (Some(before), Some(after)) => (before + after) / Decimal::TWO,
        };
        let request = vec![("stage", stage.into()), ("position", position.into())];
        self.update(card, &request, seen, true)
    }
}

impl Model {
    fn has_validation(&self) -> bool {
        let mut rules = self.all_live(Kind::ValidationRule.number());
        rules.any(|(_, rule)| {
            get(rule, "name") == VALIDATION.into() && get(rule, "active") == true.into()
        })
    }

    /// The live cards of a column in their order.
    pub fn cards(&self, stage: Ref) -> Vec<(Decimal, Ref)> {
        let mut cards = Vec::new();
        for (card, fields) in self.all_live(Kind::Deal.number()) {
            if let (Some(Value::Decimal(position)), true) =
                (fields.get("position"), get(fields, "stage") == stage.into())
            {
                cards.push((*position, card));
            }
        }
        cards.sort();
        cards
    }
}
