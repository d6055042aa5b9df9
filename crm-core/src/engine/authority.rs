//! Authority: who acts in a transaction, and with what right. Every write is made with one, so that what it may do
//! is decided in one place.

use super::fit::Asked;
use super::read;
use crate::error::{Error, Result};
use crate::record::Record;
use crate::schema::{Catalog, FieldDef, ObjectDef, Role};
use crate::store::Read;
use crate::value::{Ref, Value, ValueRef};

/// Who acts, and with what right at the moment.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Authority {
    /// The acting user; `None` for the system.
    pub actor: Option<Ref>,
    pub right: Right,
}

/// The right with which a write is made for the actor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Right {
    /// What the actor asks for: fields that people may write.
    #[default]
    Request,
    /// What a rule does because of it: the same fields.
    Rule,
    /// An operation of the engine that the actor asked for, such as the move of a card or an undo: also fields that
    /// only the engine writes, with values that its logic has made already.
    Operation,
    /// What the engine notes of itself, whoever acts: as an operation.
    Engine,
}

impl Right {
    /// True if the values are the engine's own: they may be of any field, and the object's own logic does not replace
    /// them.
    pub(crate) fn is_of_the_engine(self) -> bool {
        match self {
            Right::Request | Right::Rule => false,
            Right::Operation | Right::Engine => true,
        }
    }

    fn may_write(self, field: &FieldDef) -> Result<(), &'static str> {
        if self.is_of_the_engine() {
            Ok(())
        } else if field.is_computed() {
            Err("the field is computed")
        } else if field.read_only {
            Err("the field is read-only")
        } else if field.retired {
            Err("the field is retired")
        } else {
            Ok(())
        }
    }
}

impl Authority {
    /// What a user, or the system, asks for.
    pub(crate) fn of(actor: Option<Ref>) -> Self {
        Authority {
            actor,
            right: Right::Request,
        }
    }

    /// Refuses an actor who is gone, or switched off: nothing is written for him.
    pub(super) fn check_actor(&self, read: &dyn Read, catalog: &Catalog) -> Result<()> {
        match self.actor {
            None => Ok(()),
            Some(actor) => check_active(catalog, &read::live_record(read, catalog, actor)?),
        }
    }

    /// Puts a refusal in the place of each value that may not be written with this authority.
    pub(crate) fn mark(&self, object: &ObjectDef, asked: &mut [Result<Asked<'_>>]) {
        for asked in asked {
            if let Ok(Asked { field, value, .. }) = asked
                && let Err(error) = self.may_write(object, field, value)
            {
                *asked = Err(error);
            }
        }
    }

    /// Refuses a value that may not be written with this authority.
    pub(super) fn may_write(
        &self,
        object: &ObjectDef,
        field: &FieldDef,
        value: &Value,
    ) -> Result<()> {
        self.right.may_write(field).map_err(|reason| {
            let error = Error::invalid(ValueRef::from(value), reason);
            error.at_field(&object.name, &field.name)
        })
    }
}

/// Refuses to act for a user who is switched off.
pub(crate) fn check_active(catalog: &Catalog, user: &Record) -> Result<()> {
    let object = catalog.object(user.object())?;
    let Some(Role::Actor(parts)) = object.role else {
        return Ok(());
    };
    if user.get(parts.active).as_bool() == Some(false) {
        let name = object.field(parts.active).map_or("", |field| &field.name);
        let reason =
            format!("the user is switched off, and can do nothing until `{name}` is true again");
        return Err(Error::invalid(user.id(), reason).at_field(&object.name, name));
    }
    Ok(())
}
