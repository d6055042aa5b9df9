//! What a host gives: arguments that have not been compared with a declaration yet.

use crate::error::{Detail, Error, Result};
use crate::record::Fields;
use crate::value::Value;

use super::Asked;

/// What a host gives for an argument, or for a member of a structure.
#[derive(Debug, Clone, PartialEq)]
pub enum Given {
    /// One value; null for nothing.
    One(Value),
    /// A list, or the members of a structure in their order.
    Many(Vec<Given>),
    /// Values for fields.
    Fields(Fields),
}

impl Given {
    /// Nothing: the argument has its default, or is missing.
    pub const NOTHING: Given = Given::One(Value::Null);

    /// True where nothing is given.
    pub fn is_nothing(&self) -> bool {
        matches!(self, Given::One(Value::Null))
    }
}

/// Arguments, or members of a structure, by their numbers. Each is taken once.
#[derive(Debug)]
pub struct Members(Vec<Given>);

impl Members {
    /// What is given for the members 1, 2, 3, …; what is not there is nothing.
    pub fn new(given: Vec<Given>) -> Self {
        Members(given)
    }

    pub(crate) fn of_structure(given: Given, name: &str) -> Result<Self> {
        match given {
            Given::Many(members) => Ok(Members(members)),
            _ => Err(Error::invalid(
                "",
                format!("this takes the members of a {name}"),
            )),
        }
    }

    pub(crate) fn take<T: Asked>(
        &mut self,
        number: u16,
        name: &str,
        default: Option<fn() -> T>,
    ) -> Result<T> {
        match self.next(number) {
            Some(given) => T::of_given(given).map_err(|error| error.at_field("", name)),
            None => default
                .map(|default| default())
                .or_else(T::absent)
                .ok_or_else(|| missing(name)),
        }
    }

    fn next(&mut self, number: u16) -> Option<Given> {
        let given = self.0.get_mut(usize::from(number).checked_sub(1)?)?;
        let given = std::mem::replace(given, Given::NOTHING);
        (!given.is_nothing()).then_some(given)
    }

    /// Refuses what nobody took: a caller of a later version has given it, and to leave it out could do what he does
    /// not want.
    pub(crate) fn finish(&self) -> Result<()> {
        match self.0.iter().position(|given| !given.is_nothing()) {
            None => Ok(()),
            Some(at) => Err(Error::invalid(
                at + 1,
                "this version has no argument with this number",
            )),
        }
    }
}

fn missing(name: &str) -> Error {
    Detail::Invalid {
        object: String::new(),
        field: name.to_owned(),
        input: String::new(),
        reason: "the argument is not given".to_owned(),
    }
    .into()
}
