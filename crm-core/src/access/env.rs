//! What a filter sees: a record, and through its references others, with somebody's eyes.

use std::cell::OnceCell;

use chrono::{DateTime, Utc};

use super::Lens;
use crate::engine::follow;
use crate::error::Result;
use crate::expr::Env;
use crate::schema::system;
use crate::value::{Id, RecordRef, Ref, Value, ValueRef, Zone};

/// A stored record as a viewer's expression sees it. Its own fields were named through the viewer's lens when the
/// expression was compiled.
pub(crate) struct LensEnv<'a> {
    lens: &'a Lens<'a>,
    now: DateTime<Utc>,
    id: Id,
    record: RecordRef<'a>,
    /// The id as text, made when an expression asks for it.
    id_text: OnceCell<String>,
}

impl<'a> Lens<'a> {
    /// What an expression at a time sees of a record.
    #[inline]
    pub(crate) fn env<'e>(
        &'e self,
        now: DateTime<Utc>,
        id: Id,
        record: RecordRef<'e>,
    ) -> LensEnv<'e> {
        LensEnv {
            lens: self,
            now,
            id,
            record,
            id_text: OnceCell::new(),
        }
    }

    /// A field of another record, null if it is not to be seen, and how many bytes were read for it.
    ///
    /// # Errors
    /// `Corrupt`, `Io`.
    pub(crate) fn follow(&self, target: Ref, field: u16) -> Result<(Value, usize)> {
        let is_seen = field == system::ID
            || self.scope.has_field(target.object, field) && self.sees(target)?;
        if is_seen {
            return follow(self.read, target, field);
        }
        Ok((Value::Null, 0))
    }
}

impl Env for LensEnv<'_> {
    #[inline]
    fn field(&self, field: u16) -> Result<ValueRef<'_>> {
        match field {
            system::ID => Ok(ValueRef::Text(
                self.id_text.get_or_init(|| self.id.to_string()),
            )),
            field => self.record.try_get(field),
        }
    }

    fn old(&self, _field: u16) -> Result<ValueRef<'_>> {
        Ok(ValueRef::Null)
    }

    fn is_new(&self) -> bool {
        true
    }

    fn follow(&self, target: Ref, field: u16) -> Result<(Value, usize)> {
        self.lens.follow(target, field)
    }

    fn now(&self) -> DateTime<Utc> {
        self.now
    }

    fn time_zone(&self) -> &Zone {
        &self.lens.state().settings.time_zone
    }

    fn actor(&self) -> Option<Ref> {
        self.lens.actor()
    }
}
