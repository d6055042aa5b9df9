//! Compiled parts: definitions that are records (validation rules, rules, …) in the form in which they are used.
//!
//! A layer above the engine registers the parts that it brings along when a database is opened, so that the engine
//! keeps, renews and publishes them with the commit that changed them without knowing what they are.

use std::any::Any;
use std::sync::Arc;

use super::readers::FieldOf;
use super::state::Definitions;
use crate::error::Result;
use crate::schema::{Catalog, Role};
use crate::store::Read;

/// The compiled definitions of one kind.
pub(crate) trait Part: Any + Send + Sync {
    /// The memory that the regular expressions take, about, once they are needed.
    fn pattern_bytes(&self) -> usize;

    /// A definition that reads a field, as it is told: the rule `x`.
    fn reader_of(&self, field: &FieldOf) -> Option<String>;
}

/// A kind of compiled definitions.
pub(crate) struct PartKind {
    /// What makes a part stale: a change of a record of the object with this role. A change of the schema makes all of
    /// them stale.
    pub role: Role,
    pub compile: Compile,
}

/// Compiles the definitions in the data. Those that have not changed are taken from the part that was compiled before,
/// if there is one for the same schema.
type Compile = fn(&Catalog, &dyn Read, Definitions<'_>, Option<&dyn Part>) -> Result<Arc<dyn Part>>;

/// The parts of a database, in the order of their kinds.
#[derive(Clone, Default)]
pub(super) struct Parts(Vec<Arc<dyn Part>>);

impl Parts {
    pub(super) fn compile(
        kinds: &[PartKind],
        catalog: &Catalog,
        read: &dyn Read,
        definitions: Definitions<'_>,
        before: Option<(&Parts, &[Role])>,
    ) -> Result<Self> {
        let part = |(at, kind): (usize, &PartKind)| {
            let known = before.and_then(|(before, _)| before.0.get(at));
            let is_stale = before.is_none_or(|(_, stale)| stale.contains(&kind.role));
            match known {
                Some(known) if !is_stale => Ok(known.clone()),
                known => {
                    let known = known.map(|part| &**part);
                    (kind.compile)(catalog, read, definitions, known)
                }
            }
        };
        let parts = kinds.iter().enumerate().map(part);
        parts.collect::<Result<_>>().map(Parts)
    }

    /// The part of a type, if it is registered.
    pub(super) fn get<P: Part>(&self) -> Option<Arc<P>> {
        let mut parts = self.0.iter();
        parts.find_map(|part| {
            let part: Arc<dyn Any + Send + Sync> = part.clone();
            part.downcast().ok()
        })
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &dyn Part> {
        self.0.iter().map(|part| &**part)
    }
}
