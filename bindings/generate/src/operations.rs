//! The declared operations, as every host's generator reads them.

use std::collections::BTreeMap;

use crm_core::Code;
use crm_core::operation::{
    ChoiceDef, MemberDef, Operation, Shape, StructureDef, SubjectDef, digest, types,
};

use crate::model::camel;

/// The operations with all that they take and return.
pub struct Operations {
    /// The operations by number.
    pub all: &'static [&'static Operation],
    /// The structures by number.
    pub structures: Vec<&'static StructureDef>,
    /// The choices by number.
    pub choices: Vec<&'static ChoiceDef>,
    /// Identifies the table from which the text is made; the library says its own.
    pub digest: u32,
}

/// What is written of an operation.
pub struct Doc {
    /// What it does, in one paragraph.
    pub about: String,
    /// How it fails: a sentence that goes on behind `Raises` or the like, with the errors' names of the host.
    pub errors: String,
}

impl Operations {
    /// Of this version. Fails if two structures or choices have one number, or if documentation speaks of Rust.
    pub fn declared() -> Result<Self, String> {
        let (structures, choices) = types();
        once(structures.iter().map(|of| (of.number, of.name)))?;
        once(choices.iter().map(|of| (of.number, of.name)))?;
        for operation in Operation::all() {
            for doc in documentation(operation) {
                if let Some(rust) = ["](", "::"].iter().find(|mark| doc.contains(*mark)) {
                    let name = operation.full_name();
                    return Err(format!(
                        "the documentation of `{name}` has `{rust}`, which means nothing in other languages"
                    ));
                }
            }
        }
        Ok(Operations {
            all: Operation::all(),
            structures,
            choices,
            digest: digest(),
        })
    }

    /// The subjects in the order of their names, each with its operations; `None` for those of a database itself.
    pub fn by_subject(&self) -> Vec<(Option<&'static SubjectDef>, Vec<&'static Operation>)> {
        let name = |operation: &Operation| operation.subject.map(|subject| subject.name);
        let mut names: Vec<_> = self.all.iter().map(|operation| name(operation)).collect();
        names.sort_unstable();
        names.dedup();
        let subjects = names.into_iter().map(|of| {
            let own = self.all.iter().filter(|operation| name(operation) == of);
            let own: Vec<_> = own.copied().collect();
            (own.first().and_then(|operation| operation.subject), own)
        });
        subjects.collect()
    }

    /// True for a structure that an operation takes, itself or in another one.
    pub fn is_taken(&self, structure: &StructureDef) -> bool {
        fn takes(shape: &Shape, number: u16) -> bool {
            match shape {
                Shape::Optional(of) | Shape::List(of) => takes(of, number),
                Shape::Structure(of) => {
                    let of = of();
                    of.number == number
                        || of.members.iter().any(|member| takes(member.shape, number))
                }
                _ => false,
            }
        }
        let mut arguments = self.all.iter().flat_map(|operation| operation.arguments);
        arguments.any(|argument| takes(argument.shape, structure.number))
    }
}

/// Fails if a number is given twice.
fn once(numbers: impl Iterator<Item = (u16, &'static str)>) -> Result<(), String> {
    let mut known = BTreeMap::new();
    for (number, name) in numbers {
        if let Some(other) = known.insert(number, name) {
            return Err(format!(
                "`{other}` and `{name}` have the same number, {number}"
            ));
        }
    }
    Ok(())
}

/// All that is said of an operation.
fn documentation(operation: &Operation) -> impl Iterator<Item = String> {
    let arguments = operation
        .arguments
        .iter()
        .map(|argument| argument.doc.to_owned());
    [operation.about(), operation.failures()]
        .into_iter()
        .chain(arguments)
}

/// What an operation does and how it fails; `name` is what the host calls an error.
pub fn doc(operation: &Operation, name: impl Fn(Code) -> String) -> Doc {
    let known = |word: &str| Code::ALL.iter().find(|code| camel(code.name()) == word);
    let failures = operation.failures();
    let words = failures
        .split('`')
        .enumerate()
        .map(|(at, part)| match known(part) {
            _ if at % 2 == 0 => part.to_owned(),
            Some(code) => name(*code),
            None => format!("`{part}`"),
        });
    Doc {
        about: operation.about(),
        errors: words.collect(),
    }
}

/// The arguments that are passed in order, and those that are set by name.
pub fn arguments(operation: &Operation) -> (Vec<&'static MemberDef>, Vec<&'static MemberDef>) {
    operation
        .arguments
        .iter()
        .partition(|argument| !argument.by_name)
}

/// `BoardColumn` → `board_column`.
pub fn snake(name: &str) -> String {
    let mut text = String::new();
    for (at, letter) in name.chars().enumerate() {
        if letter.is_uppercase() && at > 0 {
            text.push('_');
        }
        text.extend(letter.to_lowercase());
    }
    text
}

/// The name of the choice that a default says: `SameName::Take` → `take`.
pub fn default_choice(of: &ChoiceDef, default: &str) -> Option<&'static str> {
    let variant = default.rsplit("::").next().unwrap_or(default).trim();
    let found = of.choices.iter().find(|choice| choice.variant == variant);
    found.map(|choice| choice.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_has_documentation_for_every_host() {
        let operations = Operations::declared();
        assert!(operations.is_ok(), "{:?}", operations.err());
        for operation in Operation::all() {
            let doc = doc(operation, |code| format!("<{}>", code.name()));
            assert!(
                !doc.about.is_empty() && doc.errors.contains('<'),
                "{}",
                operation.name
            );
            assert!(!doc.about.contains("```"));
        }
    }

    #[test]
    fn names_and_defaults_are_read() {
        assert_eq!(snake("BoardColumn"), "board_column");
        let convert = Operation::named("leads.convert").map_or(&[][..], |it| it.arguments);
        let choice = convert.iter().find_map(|argument| match argument.shape {
            Shape::Choice(of) => default_choice(of(), argument.default?),
            _ => None,
        });
        assert_eq!(choice, Some("take"));
    }
}
