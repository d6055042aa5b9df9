//! Operations as data: what a declaration says of one, and the one way in which hosts call it.
//!
//! An operation is declared with `operation!` beside its logic, in a file of `operations/`. From the
//! declaration follow the Rust method, this table, and with it the functions of every other language, the shell's
//! commands, and what permissions, approvals and assistants need to know.

mod check;
pub(crate) mod declare;
mod json;
mod page;
mod perform;
mod table;
mod terms;

use crate::api::Session;
use crate::error::{Code, Error, Result};
use crate::store::Progress;

pub use crate::shape::{
    Asked, ChoiceDef, ChoiceName, Given, MemberDef, Members, ObjectName, Out, Shape, Shaped,
    StructureDef, Told,
};
pub(crate) use check::{operation as check_operation, sorted};
pub(crate) use declare::{operation, operations};
pub use json::told_as_json;
pub use page::page;
pub use perform::Manner;
pub(crate) use perform::{Subject, change};
pub use table::{digest, table, types};
pub use terms::{Access, Administration, Autonomy, Duty, Effect, Of, Terms, Undo};

/// An operation.
#[derive(Debug)]
pub struct Operation {
    /// Its number, never given twice.
    pub number: u16,
    /// Its name, in snake case.
    pub name: &'static str,
    /// What it is about, and where hosts have it; `None` for a method of the session itself.
    pub subject: Option<&'static SubjectDef>,
    /// What it does; what follows `# Errors` says how it fails.
    pub doc: &'static str,
    /// What it may do, to whom, and who may ask for it.
    pub terms: Terms,
    /// True if it says how far it is, and can be stopped.
    pub follows: bool,
    /// Its arguments, numbered from 1 in their order.
    pub arguments: &'static [MemberDef],
    /// What it returns.
    pub result: &'static Shape,
    pub(crate) run: Run,
}

/// What operations are about: leads, say. Each host has them together under its name.
#[derive(Debug)]
pub struct SubjectDef {
    /// Its name, in snake case.
    pub name: &'static str,
    /// The name of the type that has them, in camel case.
    pub type_name: &'static str,
    /// What it is.
    pub doc: &'static str,
}

pub(crate) type Run =
    fn(&Session, Manner, &mut Members, &mut Progress<'_>) -> Result<Box<dyn Told>>;

impl Operation {
    /// All operations, by their numbers.
    pub fn all() -> &'static [&'static Operation] {
        crate::operations::ALL
    }

    /// The operation with this number.
    ///
    /// # Errors
    /// `Invalid` if this version has none.
    pub fn numbered(number: u16) -> Result<&'static Operation> {
        let all = Operation::all();
        let at = all.binary_search_by_key(&number, |operation| operation.number);
        at.ok()
            .and_then(|at| all.get(at))
            .copied()
            .ok_or_else(|| Error::invalid(number, "this version has no operation of this number"))
    }

    /// The operation of this name: that of its subject, a point and its own, as `leads.convert`.
    pub fn named(name: &str) -> Option<&'static Operation> {
        let (subject, own) = match name.split_once('.') {
            Some((subject, own)) => (Some(subject), own),
            None => (None, name),
        };
        let mut all = Operation::all().iter().copied();
        all.find(|operation| {
            operation.name == own && operation.subject.map(|subject| subject.name) == subject
        })
    }

    /// Its name with that of its subject, as `leads.convert`.
    pub fn full_name(&self) -> String {
        match self.subject {
            Some(subject) => format!("{}.{}", subject.name, self.name),
            None => self.name.to_owned(),
        }
    }

    /// The errors that its documentation names, in that order.
    pub fn errors(&self) -> Vec<Code> {
        let mut rest = check::section_of_errors(self.doc).unwrap_or_default();
        let mut errors = Vec::new();
        while let Some((word, behind)) = check::next_code(rest) {
            rest = behind;
            errors.extend(check::code(word));
        }
        errors
    }

    /// True if it changes records, and so can be rehearsed.
    pub fn changes(&self) -> bool {
        self.terms.effect == Effect::Changes
    }

    /// Calls it for a session, with its arguments in the order of their numbers. `progress` is told how much is done
    /// where the operation [follows](Operation::follows).
    ///
    /// # Errors
    /// As the method of its name; `Invalid` for an argument that is missing, does not fit or does not exist, and for
    /// the rehearsal of what changes nothing.
    pub fn call(
        &self,
        session: &Session,
        manner: Manner,
        arguments: Vec<Given>,
        progress: &mut Progress<'_>,
    ) -> Result<Box<dyn Told>> {
        if manner.rehearse && !self.changes() {
            let reason = "the operation changes no records, so there is nothing to rehearse";
            return Err(Error::invalid(self.full_name(), reason));
        }
        (self.run)(session, manner, &mut Members::new(arguments), progress)
    }
}
