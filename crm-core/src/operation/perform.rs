//! Doing what an operation says: its subject, and the one way in which a changing one runs.

use super::SubjectDef;
use crate::api::Session;
use crate::engine::Work;
use crate::error::{Error, Result};

/// How an operation is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Manner {
    /// True for a rehearsal: all is done, the result is returned, and nothing of it remains.
    pub rehearse: bool,
}

/// What operations are declared on: a session, or a subject of one.
pub(crate) trait Subject {
    const ABOUT: Option<&'static SubjectDef>;

    fn session(&self) -> &Session;

    fn manner(&self) -> Manner;
}

impl Subject for Session {
    const ABOUT: Option<&'static SubjectDef> = None;

    fn session(&self) -> &Session {
        self
    }

    fn manner(&self) -> Manner {
        Manner::default()
    }
}

/// Runs an operation that changes records, in a transaction of its own.
pub(crate) fn change<T>(
    session: &Session,
    manner: Manner,
    operation: impl FnOnce(&mut Work<'_, '_>) -> Result<T>,
) -> Result<T> {
    let mut operation = Some(operation);
    let mut result = None;
    transact(session, manner, &mut |work| {
        if let Some(operation) = operation.take() {
            result = Some(operation(work)?);
        }
        Ok(())
    })?;
    result.ok_or_else(|| Error::corrupt("a transaction that did not run"))
}

/// Not generic, so that it is in the library once and not for each operation.
fn transact(
    session: &Session,
    manner: Manner,
    operation: &mut dyn FnMut(&mut Work<'_, '_>) -> Result<()>,
) -> Result<()> {
    if manner.rehearse {
        session.rehearse(operation)
    } else {
        session.transact(operation)
    }
}
