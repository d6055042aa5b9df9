//! The declared operations, as every host's generator reads them.

use crm_core::Code;
use crm_core::operation::{
    ChoiceDef, MemberDef, Operation, Shape, StructureDef, SubjectDef, digest,
};

use crate::model::{camel, plain};

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
        let mut operations = Operations {
            all: Operation::all(),
            structures: Vec::new(),
            choices: Vec::new(),
            digest: digest(),
        };
        for operation in operations.all {
            operations.see(operation.result)?;
            for argument in operation.arguments {
                operations.see(argument.shape)?;
            }
            for doc in documentation(operation) {
                if let Some(rust) = ["](", "::"].iter().find(|mark| doc.contains(*mark)) {
                    let name = operation.full_name();
                    return Err(format!(
                        "the documentation of `{name}` has `{rust}`, which means nothing in other languages"
                    ));
                }
            }
        }
        operations.structures.sort_by_key(|of| of.number);
        operations.choices.sort_by_key(|of| of.number);
        Ok(operations)
    }

    fn see(&mut self, shape: &Shape) -> Result<(), String> {
        match shape {
            Shape::Optional(of) | Shape::List(of) => self.see(of),
            Shape::Structure(of) => {
                let of = of();
                let known = self
                    .structures
                    .iter()
                    .find(|known| known.number == of.number);
                match known {
                    Some(known) if known.name != of.name => {
                        Err(twice(known.name, of.name, of.number))
                    }
                    Some(_) => Ok(()),
                    None => {
                        self.structures.push(of);
                        of.members
                            .iter()
                            .try_for_each(|member| self.see(member.shape))
                    }
                }
            }
            Shape::Choice(of) => {
                let of = of();
                let known = self.choices.iter().find(|known| known.number == of.number);
                match known {
                    Some(known) if known.name != of.name => {
                        Err(twice(known.name, of.name, of.number))
                    }
                    Some(_) => Ok(()),
                    None => {
                        self.choices.push(of);
                        Ok(())
                    }
                }
            }
            _ => Ok(()),
        }
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

fn twice(one: &str, other: &str, number: u16) -> String {
    format!("`{one}` and `{other}` have the same number, {number}")
}

/// All that is said of an operation, without what stands between fences, which is Rust.
fn documentation(operation: &Operation) -> impl Iterator<Item = String> {
    let arguments = operation
        .arguments
        .iter()
        .map(|argument| argument.doc.to_owned());
    let own = operation.doc.split("```").step_by(2).collect::<String>();
    std::iter::once(own).chain(arguments)
}

/// What an operation does and how it fails; `name` is what the host calls an error.
pub fn doc(operation: &Operation, name: impl Fn(Code) -> String) -> Doc {
    let said: String = operation.doc.split("```").step_by(2).collect();
    let (about, errors) = said.split_once("# Errors").unwrap_or((&said, ""));
    let known = |word: &str| Code::ALL.iter().find(|code| camel(code.name()) == word);
    let errors = plain(errors);
    let words = errors
        .split('`')
        .enumerate()
        .map(|(at, part)| match known(part) {
            _ if at % 2 == 0 => part.to_owned(),
            Some(code) => name(*code),
            None => format!("`{part}`"),
        });
    Doc {
        about: plain(about),
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
        let same_name = Operation::named("leads.convert")
            .and_then(|convert| convert.arguments.iter().find(|it| it.name == "same_name"));
        let (Some(Shape::Choice(of)), default) = (
            same_name.map(|it| it.shape),
            same_name.and_then(|it| it.default),
        ) else {
            assert!(same_name.is_none(), "it is a choice");
            return;
        };
        assert_eq!(
            default.and_then(|default| default_choice(of(), default)),
            Some("take")
        );
    }
}
