//! What the compiler refuses of the declaration of an operation.

use super::{Access, Duty, Effect, MemberDef, Of, Operation, Shape, Undo};
use crate::error::Code;
use crate::shape::check::{is_blank, is_same, members};
use crate::shape::refuse;

/// Names that the functions of hosts have beside the arguments of an operation.
const RESERVED: &[&str] = &[
    "rehearse", "key", "progress", "user", "session", "self", "db", "given", "manner", "options",
    "out", "err", "result", "status",
];

/// Refuses an operation whose declaration is not complete or contradicts itself.
pub(crate) const fn operation(of: &Operation) {
    if is_blank(of.doc) {
        refuse(&[
            "operation `",
            of.name,
            "` is not documented: put `///` before its name",
        ]);
    }
    members(of.name, of.arguments);
    let mut at = 0;
    while at < of.arguments.len() {
        let argument = &of.arguments[at];
        if argument.by_name && argument.default.is_none() && !may_be_absent(argument.shape) {
            refuse(&[
                "option `",
                argument.name,
                "` of operation `",
                of.name,
                "` needs a default, or a type that may be absent, such as Option",
            ]);
        }
        let mut reserved = 0;
        while reserved < RESERVED.len() {
            if is_same(of.arguments[at].name, RESERVED[reserved]) {
                refuse(&[
                    "operation `",
                    of.name,
                    "` cannot have an argument of the name `",
                    RESERVED[reserved],
                    "`: hosts have their own",
                ]);
            }
            reserved += 1;
        }
        at += 1;
    }
    errors(of.name, of.doc);
    terms(of);
}

const fn may_be_absent(shape: &Shape) -> bool {
    matches!(shape, Shape::Optional(_) | Shape::List(_) | Shape::Draft(_))
}

const fn terms(of: &Operation) {
    let terms = &of.terms;
    let nothing_to_undo = matches!(terms.undo, Undo::Nothing);
    match terms.effect {
        Effect::Changes => {
            if nothing_to_undo {
                refuse(&[
                    "operation `",
                    of.name,
                    "` changes records, so `undo` is ByName or Never",
                ]);
            }
            if of.subject.is_none() {
                refuse(&[
                    "operation `",
                    of.name,
                    "` changes records, so it is declared on a subject, which can rehearse it",
                ]);
            }
            if of.follows {
                refuse(&[
                    "operation `",
                    of.name,
                    "` changes records in one transaction, so there is no progress to follow",
                ]);
            }
        }
        Effect::Reads | Effect::Sends => {
            if matches!(terms.undo, Undo::ByName) {
                refuse(&[
                    "operation `",
                    of.name,
                    "` changes no records, so `undo` is Nothing or Never",
                ]);
            }
        }
    }
    let Duty::Records(accesses) = terms.duty else {
        return;
    };
    let mut writes = false;
    let mut at = 0;
    while at < accesses.len() {
        let records = match accesses[at] {
            Access::Read(records) => records,
            Access::Write(records) => {
                writes = true;
                records
            }
        };
        if let Of::Argument(name) = records {
            argument_of_duty(of, name);
        }
        at += 1;
    }
    if writes != matches!(terms.effect, Effect::Changes) {
        refuse(&[
            "operation `",
            of.name,
            "`: an operation whose effect is Changes has a `duty` that writes records, and no other has",
        ]);
    }
}

const fn argument_of_duty(of: &Operation, name: &str) {
    let mut at = 0;
    while at < of.arguments.len() {
        let argument: &MemberDef = &of.arguments[at];
        if is_same(argument.name, name) {
            if !names_records(argument.shape) {
                refuse(&[
                    "operation `",
                    of.name,
                    "`: the argument `",
                    name,
                    "` of its duty names no records",
                ]);
            }
            return;
        }
        at += 1;
    }
    refuse(&[
        "operation `",
        of.name,
        "`: its duty is about the argument `",
        name,
        "`, and there is none of this name",
    ]);
}

const fn names_records(shape: &Shape) -> bool {
    match shape {
        Shape::Object | Shape::Ref(_) | Shape::Draft(_) => true,
        Shape::Optional(shape) | Shape::List(shape) => names_records(shape),
        _ => false,
    }
}

/// Refuses documentation without `# Errors`, or with one that names an error which does not exist.
const fn errors(operation: &str, doc: &str) {
    let Some(mut rest) = section_of_errors(doc) else {
        refuse(&[
            "operation `",
            operation,
            "` does not say how it fails: its documentation needs a section `# Errors`",
        ]);
    };
    let mut named = false;
    while let Some((word, behind)) = next_code(rest) {
        rest = behind;
        if word.as_bytes()[0].is_ascii_uppercase() {
            if code(word).is_none() {
                refuse(&[
                    "operation `",
                    operation,
                    "` says that it fails with `",
                    word,
                    "`, and no error is called so",
                ]);
            }
            named = true;
        }
    }
    if !named {
        refuse(&[
            "operation `",
            operation,
            "` names no error in `# Errors`: at least one, as `NotFound`",
        ]);
    }
}

/// The text behind `# Errors`, up to an example.
pub(super) const fn section_of_errors(doc: &str) -> Option<&str> {
    match find(doc, "# Errors") {
        None => None,
        Some(at) => {
            let section = doc.split_at(at + "# Errors".len()).1;
            match find(section, "```") {
                None => Some(section),
                Some(end) => Some(section.split_at(end).0),
            }
        }
    }
}

/// The next word between backticks that is not empty, and what is behind it.
pub(super) const fn next_code(text: &str) -> Option<(&str, &str)> {
    let Some(begin) = find(text, "`") else {
        return None;
    };
    let rest = text.split_at(begin + 1).1;
    match find(rest, "`") {
        None | Some(0) => None,
        Some(end) => Some((rest.split_at(end).0, rest.split_at(end + 1).1)),
    }
}

/// The error with this name, as Rust writes it.
pub(super) const fn code(name: &str) -> Option<Code> {
    let mut at = 0;
    while at < Code::ALL.len() {
        if is_camel_of(name, Code::ALL[at].name()) {
            return Some(Code::ALL[at]);
        }
        at += 1;
    }
    None
}

/// True for `NotFound` and `not_found`.
const fn is_camel_of(camel: &str, snake: &str) -> bool {
    let (camel, snake) = (camel.as_bytes(), snake.as_bytes());
    let mut at = 0;
    let mut begins = true;
    let mut other = 0;
    while other < snake.len() {
        let byte = snake[other];
        other += 1;
        if byte == b'_' {
            begins = true;
            continue;
        }
        let expected = if begins {
            byte.to_ascii_uppercase()
        } else {
            byte
        };
        if at == camel.len() || camel[at] != expected {
            return false;
        }
        begins = false;
        at += 1;
    }
    at == camel.len()
}

const fn find(text: &str, part: &str) -> Option<usize> {
    let (text, part) = (text.as_bytes(), part.as_bytes());
    let mut at = 0;
    while at + part.len() <= text.len() {
        let mut same = 0;
        while same < part.len() && text[at + same] == part[same] {
            same += 1;
        }
        if same == part.len() {
            return Some(at);
        }
        at += 1;
    }
    None
}

/// The operations in the order of their numbers; refuses a number that is given twice.
pub(crate) const fn sorted<const N: usize>(
    listed: &[&'static Operation; N],
) -> [&'static Operation; N] {
    let mut all = *listed;
    let mut end = 1;
    while end < N {
        let mut at = end;
        while at > 0 && all[at - 1].number >= all[at].number {
            if all[at - 1].number == all[at].number {
                refuse(&[
                    "operations `",
                    all[at - 1].name,
                    "` and `",
                    all[at].name,
                    "` have the same number",
                ]);
            }
            let before = all[at - 1];
            all[at - 1] = all[at];
            all[at] = before;
            at -= 1;
        }
        end += 1;
    }
    all
}
