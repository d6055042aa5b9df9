//! What a rule does.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use super::set::CompiledRule;
use crate::engine::{RecordEnv, Work};
use crate::error::{Detail, Error, Result};
use crate::expr::Expr;
use crate::limits;
use crate::objects::{OutboxMessage, Reminder, Tag};
use crate::record::{Fields, Record};
use crate::schema::{Catalog, Field, FieldDef, FieldType, Object, ObjectDef};
use crate::value::{Ref, Value, ValueRef, normalise};

/// A value in an action: a literal, a CEL expression over the record, or the record itself.
///
/// In JSON: `"text"`, `12`, `true`, `null`; `{"cel": "amount * 2"}`; `{"record": true}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum ActionValue {
    /// A CEL expression over the record that set the rule off.
    Cel {
        /// The expression.
        cel: String,
    },
    /// A reference to the record that set the rule off.
    Record {
        /// Always true.
        record: bool,
    },
    /// A literal; text is read as the field's type.
    Literal(serde_json::Value),
}

/// What a rule does. The JSON form is `{"do": "set", "fields": {"probability": 90}}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Action {
    /// Sets fields of the record.
    Set {
        /// Values by field name.
        fields: BTreeMap<String, ActionValue>,
    },
    /// Creates a record.
    Create {
        /// The name of its object.
        object: String,
        /// Values by field name.
        fields: BTreeMap<String, ActionValue>,
    },
    /// Makes somebody the owner of the record.
    Assign {
        /// The id of a user.
        to: ActionValue,
    },
    /// Adds a tag to the record, making it if there is none of this name.
    AddTag {
        /// The tag's name.
        tag: String,
    },
    /// Reminds the record's owner of it.
    Remind {
        /// What to be told.
        text: ActionValue,
        /// After how long, ISO 8601 (`P3D`); days are those of the calendar.
        after: String,
    },
    /// Puts a message into the outbox.
    Send {
        /// By which means: `email`, `sms`, `push`, `webhook` or one of the host's.
        channel: String,
        /// To whom.
        to: ActionValue,
        /// The subject.
        subject: ActionValue,
        /// The content.
        body: ActionValue,
    },
}

/// An action whose names and expressions are resolved.
#[derive(Debug)]
pub(crate) enum CompiledAction {
    Set(CompiledFields),
    Create(u16, CompiledFields),
    /// Adds a tag of a name to the field that holds the tags.
    AddTag(u16, String),
    Remind(CompiledValue, TimeDelta),
}

/// Values by the number and the name of the field; the name may be that of a part.
pub(super) type CompiledFields = Vec<(u16, String, CompiledValue)>;

/// A value whose expression is compiled.
#[derive(Debug)]
pub(crate) enum CompiledValue {
    Literal(Value),
    Expr(Expr),
    Record,
}

impl CompiledAction {
    /// The expressions of its values.
    pub(super) fn exprs(&self) -> impl Iterator<Item = &Expr> {
        let (fields, text) = match self {
            CompiledAction::Set(fields) | CompiledAction::Create(_, fields) => {
                (fields.as_slice(), None)
            }
            CompiledAction::AddTag(..) => (&[][..], None),
            CompiledAction::Remind(text, _) => (&[][..], Some(text)),
        };
        let values = fields.iter().map(|(_, _, value)| value).chain(text);
        values.filter_map(|value| match value {
            CompiledValue::Expr(expr) => Some(expr),
            CompiledValue::Literal(_) | CompiledValue::Record => None,
        })
    }
}

/// Resolves the actions of a rule on an object.
pub(crate) fn compile(
    actions: &str,
    catalog: &Catalog,
    object: &ObjectDef,
) -> Result<Vec<CompiledAction>> {
    let actions: Vec<Action> = serde_json::from_str(actions).map_err(|error| {
        Error::invalid(actions, format!("actions are a JSON array, such as [{{\"do\": \"add_tag\", \"tag\": \"vip\"}}]: {error}"))
    })?;
    if actions.len() > limits::RULE_ACTIONS_MAX {
        return Err(Detail::Limit {
            what: "actions of a rule",
            max: limits::RULE_ACTIONS_MAX as u64,
            actual: actions.len() as u64,
        }
        .into());
    }
    let value = |value: ActionValue| -> Result<CompiledValue> {
        Ok(match value {
            ActionValue::Cel { cel } => CompiledValue::Expr(Expr::compile(&cel, catalog, object)?),
            ActionValue::Record { .. } => CompiledValue::Record,
            ActionValue::Literal(json) => CompiledValue::Literal(literal(&json)?),
        })
    };
    let fields =
        |target: &ObjectDef, fields: BTreeMap<String, ActionValue>| -> Result<CompiledFields> {
            let resolved = fields.into_iter().map(|(name, given)| {
                let field = target.field_named(name.split('.').next().unwrap_or_default())?;
                Ok((field.id, name, value(given)?))
            });
            resolved.collect()
        };
    let compiled = actions.into_iter().map(|action| {
        Ok(match action {
            Action::Set { fields: set } => CompiledAction::Set(fields(object, set)?),
            Action::Create {
                object: name,
                fields: set,
            } => {
                let target = catalog.object_named(&name)?;
                CompiledAction::Create(target.id, fields(target, set)?)
            }
            Action::Assign { to } => {
                let owner = object.owner()?;
                CompiledAction::Set(vec![(owner.id, owner.name.clone(), value(to)?)])
            }
            Action::AddTag { tag } => CompiledAction::AddTag(tags_field(object)?.id, tag),
            Action::Remind { text, after } => CompiledAction::Remind(
                value(text)?,
                normalise::duration(&after, &normalise::ReadOptions::default())?,
            ),
            Action::Send {
                channel,
                to,
                subject,
                body,
            } => CompiledAction::Create(
                OutboxMessage::TYPE,
                vec![
                    with(
                        OutboxMessage::CHANNEL,
                        CompiledValue::Literal(channel.into()),
                    ),
                    with(OutboxMessage::TO, value(to)?),
                    with(OutboxMessage::SUBJECT, value(subject)?),
                    with(OutboxMessage::BODY, value(body)?),
                    with(OutboxMessage::ABOUT, CompiledValue::Record),
                ],
            ),
        })
    });
    compiled.collect()
}

/// The value of a declared field.
fn with<K>(field: Field<OutboxMessage, K>, value: CompiledValue) -> (u16, String, CompiledValue) {
    (field.number(), field.name().to_owned(), value)
}

/// A JSON literal as a value; a text is read by its field later.
pub(crate) fn literal(json: &serde_json::Value) -> Result<Value> {
    use serde_json::Value as Json;
    Ok(match json {
        Json::Null => Value::Null,
        Json::Bool(value) => (*value).into(),
        Json::Number(number) => match number.as_i64() {
            Some(number) => number.into(),
            None => {
                let text = number.to_string();
                let decimal = text
                    .parse()
                    .or_else(|_| rust_decimal::Decimal::from_scientific(&text));
                decimal
                    .map_err(|_| Error::invalid(text, "a decimal number has up to 28 digits"))?
                    .into()
            }
        },
        Json::String(text) => text.as_str().into(),
        Json::Array(list) => Value::List(list.iter().map(literal).collect::<Result<_>>()?),
        Json::Object(_) => {
            return Err(Error::invalid(
                json,
                "an object is {\"cel\": …} or {\"record\": true}",
            ));
        }
    })
}

fn tags_field(object: &ObjectDef) -> Result<&FieldDef> {
    let is_tags = |field: &&FieldDef| {
        field.ty == FieldType::Reference
            && field.many
            && field.targets.iter().any(|target| target == Tag::TYPE_NAME)
    };
    object.live_fields().find(is_tags).ok_or_else(|| {
        Detail::Schema {
            name: object.name.clone(),
            reason: "the object has no list of tags".to_owned(),
        }
        .into()
    })
}

/// What came of the actions of a run.
#[derive(Debug, Default)]
pub(super) struct Acted {
    /// How many were done.
    pub done: usize,
    /// The errors of the others, as they are told.
    pub errors: Vec<String>,
}

impl CompiledRule {
    /// Does the rule's actions on a record. One that fails leaves nothing behind, and the others go on.
    pub(super) fn act(
        &self,
        work: &mut Work<'_, '_>,
        record: &Record,
        old: Option<&Record>,
    ) -> Result<Acted> {
        let mut acted = Acted::default();
        for (at, action) in self.actions.iter().enumerate() {
            let outcome = work.attempt(|work| {
                action.act(work, record, old)?;
                // What follows at the end of a transaction, roll-ups and compiled rules, may fail as well.
                work.settle()
            });
            match outcome {
                Ok(()) => acted.done += 1,
                Err(error) if error.is_of_the_store() => return Err(error),
                Err(error) if self.actions.len() == 1 => acted.errors.push(error.to_string()),
                Err(error) => acted.errors.push(format!("action {}: {error}", at + 1)),
            }
        }
        Ok(acted)
    }
}

impl CompiledAction {
    /// The object that it writes to, for a rule on an object, with the fields and their values.
    pub(super) fn fields(&self, of_rule: u16) -> (u16, Vec<(u16, Option<&CompiledValue>)>) {
        fn all(fields: &CompiledFields) -> Vec<(u16, Option<&CompiledValue>)> {
            let fields = fields.iter();
            fields.map(|(id, _, value)| (*id, Some(value))).collect()
        }
        match self {
            CompiledAction::Set(fields) => (of_rule, all(fields)),
            CompiledAction::Create(object, fields) => (*object, all(fields)),
            CompiledAction::AddTag(field, _) => (of_rule, vec![(*field, None)]),
            CompiledAction::Remind(text, _) => {
                let set = [
                    Reminder::AT.number(),
                    Reminder::ABOUT.number(),
                    Reminder::OWNER.number(),
                ];
                let mut fields: Vec<_> = set.into_iter().map(|id| (id, None)).collect();
                fields.push((Reminder::TEXT.number(), Some(text)));
                (Reminder::TYPE, fields)
            }
        }
    }

    fn act(&self, work: &mut Work<'_, '_>, record: &Record, old: Option<&Record>) -> Result<()> {
        let reference = record.reference();
        match self {
            CompiledAction::Set(fields) => {
                let fields = evaluate(work, record, old, fields)?;
                work.update(reference, &fields, None)?;
            }
            CompiledAction::Create(object, fields) => {
                let fields = evaluate(work, record, old, fields)?;
                work.create(*object, None, &fields)?;
            }
            CompiledAction::AddTag(field, name) => add_tag(work, reference, *field, name)?,
            CompiledAction::Remind(text, after) => {
                let text = text.evaluate(work, record, old)?;
                let owner = owner_of(work, record)?;
                let zone = work.settings().time_zone.clone();
                let at = zone.after(work.now(), *after).ok_or_else(|| {
                    Error::invalid(
                        after,
                        "the reminder would be beyond the end of the calendar",
                    )
                })?;
                let reminder = Reminder::draft().about(reference).at(at);
                let mut fields: Fields = reminder.into();
                fields.set_number(Reminder::TEXT.number(), text);
                fields.set_number(Reminder::OWNER.number(), owner);
                work.create(Reminder::TYPE, None, &fields)?;
            }
        }
        Ok(())
    }
}

fn owner_of(work: &Work<'_, '_>, record: &Record) -> Result<Value> {
    let catalog = work.catalog();
    let object = catalog.object(record.object())?;
    Ok(object
        .owner()
        .map_or(Value::Null, |field| record.get(field.id).to_value()))
}

fn add_tag(work: &mut Work<'_, '_>, reference: Ref, field: u16, name: &str) -> Result<()> {
    let tag = match work.find_unique(Tag::TYPE, Tag::NAME.number(), &name.into())? {
        Some(tag) => tag,
        None => {
            work.create(Tag::TYPE, None, &Tag::draft().name(name).into())?
                .record
        }
    };
    let record = work.live_record(reference)?;
    let mut tags: Vec<Value> = record
        .get(field)
        .elements()
        .map(ValueRef::to_value)
        .collect();
    tags.push(tag.into());
    let mut fields = Fields::new();
    fields.set_number(field, Value::List(tags));
    work.update(reference, &fields, None)?;
    Ok(())
}

fn evaluate(
    work: &Work<'_, '_>,
    record: &Record,
    old: Option<&Record>,
    fields: &CompiledFields,
) -> Result<Fields> {
    let mut values = Fields::new();
    for (_, name, value) in fields {
        values.set(name, value.evaluate(work, record, old)?);
    }
    Ok(values)
}

impl CompiledValue {
    pub(super) fn expr(&self) -> Option<&Expr> {
        match self {
            CompiledValue::Expr(expr) => Some(expr),
            CompiledValue::Literal(_) | CompiledValue::Record => None,
        }
    }

    fn evaluate(
        &self,
        work: &Work<'_, '_>,
        record: &Record,
        old: Option<&Record>,
    ) -> Result<Value> {
        match self {
            CompiledValue::Literal(value) => Ok(value.clone()),
            CompiledValue::Record => Ok(record.reference().into()),
            CompiledValue::Expr(expr) => with_env(work, record, old, |env| expr.eval(env)),
        }
    }
}

/// Calls `f` with what an expression sees of a record.
pub(super) fn with_env<R>(
    work: &Work<'_, '_>,
    record: &Record,
    old: Option<&Record>,
    f: impl FnOnce(&RecordEnv<'_>) -> R,
) -> R {
    f(&work.env(record).after(old))
}
