//! Actions that could only fail, refused when their rule is saved.

use super::action::{CompiledAction, CompiledValue};
use crate::access::EngineLens;
use crate::engine::{Asked, Authority, Fit, Right};
use crate::error::{Detail, Error, Result};
use crate::expr::Type;
use crate::objects::{Reminder, Tag};
use crate::record::Fields;
use crate::schema::{FieldDef, FieldType, Object, ObjectDef};
use crate::store::Read;
use crate::value::{Id, Ref, Value, ValueRef};

/// The authority of a rule, whoever sets it off.
const RULE: Authority = Authority {
    actor: None,
    right: Right::Rule,
};

/// What the actions of a rule that is being saved are held against.
pub(super) struct Soundness<'a> {
    pub fit: Fit<'a>,
    pub read: &'a dyn Read,
    /// The object of the rule.
    pub object: &'a ObjectDef,
}

impl Soundness<'_> {
    /// Refuses an action that would fail for every record.
    ///
    /// # Errors
    /// `UnknownField`, `Invalid`, `MissingReference`.
    pub(super) fn check(&self, action: &CompiledAction) -> Result<()> {
        let catalog = self.fit.catalog;
        match action {
            CompiledAction::Set(fields) => fields
                .iter()
                .try_for_each(|(_, name, value)| self.value(self.object, name, value)),
            CompiledAction::Create(object, fields) => {
                let object = catalog.object(*object)?;
                for (_, name, value) in fields {
                    self.value(object, name, value)?;
                }
                let is_given = |field: &FieldDef| fields.iter().any(|(id, ..)| *id == field.id);
                check_given(object, &is_given)
            }
            CompiledAction::AddTag(_, tag) => {
                let name = CompiledValue::Literal(tag.as_str().into());
                self.value(catalog.object(Tag::TYPE)?, Tag::NAME.name(), &name)
            }
            CompiledAction::Remind(text, _) => {
                self.value(catalog.object(Reminder::TYPE)?, Reminder::TEXT.name(), text)
            }
        }
    }

    fn value(&self, object: &ObjectDef, name: &str, value: &CompiledValue) -> Result<()> {
        let field = object.field_named(name.split('.').next().unwrap_or_default())?;
        // Of an expression only the type is known; that the field can be written at all is known of each.
        let literal = match value {
            CompiledValue::Literal(value) => value.clone(),
            CompiledValue::Record => Value::Ref(Ref {
                object: self.object.id,
                id: Id::NIL,
            }),
            CompiledValue::Expr(_) => Value::Null,
        };
        let fields = Fields::new().with(name, literal);
        let mut asked = Asked::all(object, &fields);
        RULE.mark(object, &mut asked);
        let (fitted, faults) = self.fit.fields(object, asked, &|_| ValueRef::Null);
        Error::of_all(faults)?;
        match value {
            CompiledValue::Literal(_) => {
                let value = fitted.get(&field.id).unwrap_or(&Value::Null);
                if field.required && value.is_null() {
                    let reason = "the field is required";
                    return Err(Error::invalid("", reason).at_field(&object.name, &field.name));
                }
                self.check_targets(object, field, value)
            }
            CompiledValue::Record => Ok(()),
            CompiledValue::Expr(expr) => {
                let ty = expr.result_type();
                // A part of a name or of an address is text.
                let part = FieldDef::new(field.id, &field.name, FieldType::Text);
                let target = if name.contains('.') { &part } else { field };
                if may_hold(target, ty) {
                    return Ok(());
                }
                let reason = format!(
                    "the expression gives {ty}, and the field takes {}",
                    target.type_name()
                );
                Err(Error::invalid(expr.text(), reason).at_field(&object.name, &field.name))
            }
        }
    }

    fn check_targets(&self, object: &ObjectDef, field: &FieldDef, value: &Value) -> Result<()> {
        let targets = ValueRef::from(value)
            .elements()
            .filter_map(ValueRef::as_ref);
        for target in targets {
            let found = EngineLens::new(self.read).record(target)?;
            if found.is_none_or(|record| record.is_deleted()) {
                return Err(Detail::MissingReference {
                    object: object.name.clone(),
                    field: field.name.clone(),
                    target: self.fit.catalog.object_name(target.object).to_owned(),
                    id: target.id,
                }
                .into());
            }
        }
        Ok(())
    }
}

/// Refuses a new record without what it needs. A reference may follow from the object's own logic.
fn check_given(object: &ObjectDef, is_given: &dyn Fn(&FieldDef) -> bool) -> Result<()> {
    let has_logic = !object.hooks.is_empty();
    let missing = object.live_fields().find(|field| {
        let may_follow = field.is_computed()
            || field.default.is_some()
            || has_logic && field.ty == FieldType::Reference;
        field.required && !may_follow && !is_given(field)
    });
    match missing {
        None => Ok(()),
        Some(field) => {
            let reason = "the field is required, and the action does not give it";
            Err(Error::invalid("", reason).at_field(&object.name, &field.name))
        }
    }
}

/// True if a value of a type may be one that a field takes. Text is read as what the field takes, and may be that.
fn may_hold(field: &FieldDef, ty: &Type) -> bool {
    use FieldType as F;
    match ty {
        Type::Null => !field.required,
        Type::Text => true,
        Type::List(element) => may_hold(field, element),
        Type::Bool => field.ty == F::Boolean,
        Type::Int | Type::Decimal => {
            matches!(field.ty, F::Integer | F::Decimal | F::Percent | F::Money)
        }
        Type::Money => field.ty == F::Money,
        Type::Date => matches!(field.ty, F::Date | F::PartialDate),
        Type::PartialDate => field.ty == F::PartialDate,
        Type::DateTime => field.ty == F::DateTime,
        Type::Duration => field.ty == F::Duration,
        Type::Ref => field.ty == F::Reference,
        Type::Parts => matches!(field.ty, F::Address | F::PersonName),
    }
}
