//! Python: `_database/_operations.py`, a class for each structure, choice and subject, and a method for each operation.

use std::fmt::Write;

use crm_core::operation::{ChoiceDef, MemberDef, Operation, Shape, StructureDef, SubjectDef};

use crate::model::{File, camel, check_unique, plain, upper, wrap};
use crate::operations::{Operations, arguments, default_choice, doc, snake};
use crate::python::KEYWORDS;

/// The width of the file.
const WIDTH: usize = 110;

const HEAD: &str = "\
\"\"\"The operations of a database. Made by crm-generate from their declarations.\"\"\"

from __future__ import annotations

import datetime
import os
from decimal import Decimal
from typing import Any, List, Optional, Sequence, Union

from .._base import Base, Fields, Kind, name_of, set_fields
from .._operation import Caller, Structure, Subject, check_digest, choice, given, path_of, refer
from .._progress import OnProgress
from .._record import Choice, Record, RefLike, of_data
from .._values import Money, Ref
from .._wire import decode, encode
";

pub fn file() -> Result<File, String> {
    let operations = Operations::declared()?;
    let mut text = HEAD.to_owned();
    let _ = writeln!(text, "\ncheck_digest({})", operations.digest);
    let mut names = Vec::new();
    for choice in &operations.choices {
        names.push(choice.name);
        choices(&mut text, choice);
    }
    for structure in &operations.structures {
        names.push(structure.name);
        class(&mut text, structure, operations.is_taken(structure))?;
    }
    let subjects = operations.by_subject();
    for (subject, own) in &subjects {
        if let Some(subject) = subject {
            names.push(subject.type_name);
            let _ = write!(text, "\n\nclass {}(Subject):\n", subject.type_name);
            docstring(&mut text, subject.doc, 1);
            text.push_str("\n    __slots__ = ()\n");
            for operation in own {
                method(&mut text, operation)?;
            }
        }
    }
    text.push_str("\n\nclass Operations(Base, Caller):\n");
    docstring(
        &mut text,
        "The operations that are methods of a database, and the subjects of others.",
        1,
    );
    for (subject, own) in &subjects {
        match subject {
            Some(subject) => property(&mut text, subject),
            None => own
                .iter()
                .try_for_each(|operation| method(&mut text, operation))?,
        }
    }
    let exported: String = names
        .iter()
        .map(|name| format!("    \"{name}\",\n"))
        .collect();
    let _ = writeln!(text, "\n\n__all__ = [\n{exported}]");
    check_unique(names)?;
    Ok(File {
        path: "_database/_operations.py".to_owned(),
        text,
    })
}

fn choices(text: &mut String, choice: &ChoiceDef) {
    let _ = write!(text, "\n\nclass {}(Choice):\n", choice.name);
    docstring(text, choice.doc, 1);
    text.push('\n');
    for one in choice.choices {
        let _ = writeln!(text, "    {} = \"{}\"", upper(one.name), one.name);
        docstring(text, one.doc, 1);
    }
}

fn class(text: &mut String, structure: &StructureDef, is_taken: bool) -> Result<(), String> {
    let _ = write!(text, "\n\nclass {}(Structure):\n", structure.name);
    docstring(text, structure.doc, 1);
    let members = structure.members;
    let slots: String = members
        .iter()
        .map(|member| format!("\"{}\", ", word(member.name)))
        .collect();
    let _ = writeln!(text, "\n    __slots__ = ({})", slots.trim_end());
    for member in members {
        let _ = writeln!(
            text,
            "    {}: {}",
            word(member.name),
            read_type(member.shape)
        );
        docstring(text, member.doc, 1);
    }
    // What may be missing has a default if all behind it may be missing, too.
    let required = members.iter().rposition(|member| !member.by_name);
    let taken = members.iter().enumerate().map(|(at, member)| {
        let is_last = required.is_none_or(|required| at > required);
        let default = if is_last { " = None" } else { "" };
        format!(
            "        {}: {}{default},\n",
            word(member.name),
            read_type(member.shape)
        )
    });
    let _ = writeln!(
        text,
        "\n    def __init__(\n        self,\n{}    ) -> None:",
        taken.collect::<String>()
    );
    for member in members {
        let _ = writeln!(text, "        self.{0} = {0}", word(member.name));
    }
    if is_taken {
        let lowered = members.iter().map(|member| {
            lower(
                member.shape,
                &format!("self.{}", word(member.name)),
                member.name,
                0,
            )
        });
        let _ = writeln!(
            text,
            "\n    def _given(self) -> List[Any]:\n        return [{}]",
            lowered.collect::<Vec<_>>().join(", ")
        );
    }
    let lifted = members.iter().zip(0..).map(|(member, at)| {
        let data = if member.by_name {
            format!("given(data, {at})")
        } else {
            format!("data[{at}]")
        };
        format!("        {},\n", lift(member.shape, &data, 0))
    });
    let _ = writeln!(
        text,
        "\n\ndef _{}(data: List[Any], added: Any) -> {}:\n    return {}(\n{}    )",
        snake(structure.name),
        structure.name,
        structure.name,
        lifted.collect::<String>()
    );
    check_unique(members.iter().map(|member| member.name))
}

fn property(text: &mut String, subject: &SubjectDef) {
    let _ = writeln!(
        text,
        "\n    @property\n    def {}(self) -> {}:",
        word(subject.name),
        subject.type_name
    );
    docstring(text, subject.doc, 2);
    let _ = writeln!(text, "        return {}(self._crm)", subject.type_name);
}

fn method(text: &mut String, operation: &Operation) -> Result<(), String> {
    let (in_order, by_name) = arguments(operation);
    let mut taken = vec!["self".to_owned()];
    taken.extend(
        in_order
            .iter()
            .map(|argument| format!("{}: {}", name(argument), set_type(argument.shape))),
    );
    let mut named = Vec::new();
    for argument in &by_name {
        named.push(format!(
            "{}: {} = {}",
            name(argument),
            set_type(argument.shape),
            initial(argument)?
        ));
    }
    if operation.changes() {
        named.push("rehearse: bool = False".to_owned());
    }
    if operation.follows {
        named.push("progress: Optional[OnProgress] = None".to_owned());
    }
    if !named.is_empty() {
        taken.push("*".to_owned());
    }
    taken.extend(named);
    let _ = writeln!(
        text,
        "\n    def {}(\n        {},\n    ) -> {}:",
        word(operation.name),
        taken.join(",\n        "),
        read_type(operation.result)
    );
    documentation(text, operation);
    let lowered = operation
        .arguments
        .iter()
        .map(|argument| lower(argument.shape, &name(argument), argument.name, 0));
    let manner = if operation.changes() {
        "[rehearse]"
    } else {
        "None"
    };
    let given: Vec<String> = std::iter::once(manner.to_owned()).chain(lowered).collect();
    let given = given.join(",\n            ");
    let call = match operation.follows {
        true => format!(
            "self._call_followed({}, [\n            {given},\n        ], progress)",
            operation.number
        ),
        false => format!(
            "self._call({}, [\n            {given},\n        ])",
            operation.number
        ),
    };
    let _ = match operation.result {
        Shape::Nothing => writeln!(text, "        {call}"),
        result => {
            let added = if holds_records(result) { "added" } else { "_" };
            writeln!(
                text,
                "        {added}, data = {call}\n        return {}",
                lift_top(result)
            )
        }
    };
    Ok(())
}

/// True for a result whose reader is given the names that an organisation has added.
fn holds_records(shape: &Shape) -> bool {
    match shape {
        Shape::Record | Shape::Structure(_) => true,
        Shape::Optional(of) | Shape::List(of) => holds_records(of),
        _ => false,
    }
}

fn lift_top(shape: &Shape) -> String {
    lift(shape, "data", 0)
}

fn documentation(text: &mut String, operation: &Operation) {
    let doc = doc(operation, |code| format!("`{}`", camel(code.name())));
    let mut lines = wrap(&doc.about, WIDTH - 8);
    let mut said: Vec<(String, String)> = operation
        .arguments
        .iter()
        .map(|argument| (name(argument), plain(argument.doc)))
        .collect();
    if operation.changes() {
        let rehearse = "Does all of it, returns the result, and leaves nothing.";
        said.push(("rehearse".to_owned(), rehearse.to_owned()));
    }
    if operation.follows {
        let progress = "Is told how far it is; what returns False stops it.";
        said.push(("progress".to_owned(), progress.to_owned()));
    }
    lines.push(String::new());
    for (name, doc) in said {
        let said = wrap(&format!("`{name}`: {doc}"), WIDTH - 12);
        let mut said = said.into_iter();
        lines.extend(said.next());
        lines.extend(said.map(|line| format!("    {line}")));
    }
    lines.push(String::new());
    lines.extend(wrap(&format!("Raises {}", doc.errors), WIDTH - 8));
    let lines = lines
        .join("\n        ")
        .replace('\\', "\\\\")
        .replace("\n        \n", "\n\n");
    let _ = writeln!(text, "        \"\"\"{lines}\"\"\"");
}

fn docstring(text: &mut String, doc: &str, depth: usize) {
    let indent = "    ".repeat(depth);
    let doc = plain(doc).replace('\\', "\\\\");
    let lines = wrap(&doc, WIDTH - 10).join(&format!("\n{indent}"));
    let _ = writeln!(text, "{indent}\"\"\"{lines}\"\"\"");
}

/// What an argument is called: objects are `kind`, a class or a name.
fn name(argument: &MemberDef) -> String {
    match argument.shape.required() {
        Shape::Object if argument.name == "object" => "kind".to_owned(),
        _ => word(argument.name),
    }
}

/// A keyword of Python gets a line behind it.
fn word(name: &str) -> String {
    if KEYWORDS.contains(&name) {
        format!("{name}_")
    } else {
        name.to_owned()
    }
}

/// The default of an argument that is passed by name.
fn initial(argument: &MemberDef) -> Result<String, String> {
    Ok(match (argument.default, argument.shape) {
        (None, Shape::List(_)) => "()".to_owned(),
        (None, _) => "None".to_owned(),
        (Some("true"), _) => "True".to_owned(),
        (Some("false"), _) => "False".to_owned(),
        (Some(default), Shape::Choice(of)) => {
            let choice = default_choice(of(), default)
                .ok_or_else(|| format!("`{}`: {default} is no choice", argument.name))?;
            format!("{}.{}", of().name, upper(choice))
        }
        (Some(default), _) => default.to_owned(),
    })
}

fn read_type(shape: &Shape) -> String {
    match shape {
        Shape::Nothing => "None".to_owned(),
        Shape::Bool => "bool".to_owned(),
        Shape::Int => "int".to_owned(),
        Shape::Decimal => "Decimal".to_owned(),
        Shape::Money => "Money".to_owned(),
        Shape::Text | Shape::Object | Shape::Path => "str".to_owned(),
        Shape::Date => "datetime.date".to_owned(),
        Shape::DateTime => "datetime.datetime".to_owned(),
        Shape::Duration => "datetime.timedelta".to_owned(),
        Shape::Ref(_) => "Ref".to_owned(),
        Shape::Value => "Any".to_owned(),
        Shape::Record => "Record".to_owned(),
        Shape::Draft(_) => "Fields".to_owned(),
        Shape::Optional(of) => format!("Optional[{}]", read_type(of)),
        Shape::List(of) => format!("List[{}]", read_type(of)),
        Shape::Structure(of) => of().name.to_owned(),
        Shape::Choice(of) => of().name.to_owned(),
    }
}

/// What a caller gives: the type that is read, and what people write for it.
fn set_type(shape: &Shape) -> String {
    match shape {
        Shape::Object => "Kind".to_owned(),
        Shape::Path => "Union[str, os.PathLike[str]]".to_owned(),
        Shape::Ref(_) => "RefLike".to_owned(),
        Shape::Decimal => "Union[Decimal, int]".to_owned(),
        Shape::Choice(of) => format!("Union[{}, str]", of().name),
        Shape::Draft(_) => "Optional[Fields]".to_owned(),
        Shape::Optional(of) => format!("Optional[{}]", set_type(of)),
        Shape::List(of) => format!("Sequence[{}]", set_type(of)),
        shape => read_type(shape),
    }
}

fn item(depth: usize) -> String {
    match depth {
        0 => "item".to_owned(),
        depth => format!("item{depth}"),
    }
}

/// What is read, of what `json.loads` gives.
fn lift(shape: &Shape, data: &str, depth: usize) -> String {
    match shape {
        Shape::Bool | Shape::Int => data.to_owned(),
        Shape::Nothing => "None".to_owned(),
        Shape::Record => format!("of_data({data}, added)"),
        Shape::Structure(of) => format!("_{}({data}, added)", snake(of().name)),
        Shape::Choice(of) => format!("{}({data})", of().name),
        Shape::Optional(of) => match **of {
            Shape::Structure(_) | Shape::Record | Shape::Choice(_) | Shape::List(_) => {
                format!("None if {data} is None else {}", lift(of, data, depth))
            }
            Shape::Bool | Shape::Int => data.to_owned(),
            _ => format!("decode({data})"),
        },
        Shape::List(of) => match **of {
            Shape::Bool | Shape::Int => data.to_owned(),
            Shape::Structure(_) | Shape::Record | Shape::Choice(_) | Shape::List(_) => {
                let item = item(depth);
                format!("[{} for {item} in {data}]", lift(of, &item, depth + 1))
            }
            _ => format!("decode({data})"),
        },
        _ => format!("decode({data})"),
    }
}

/// What crosses, of what a caller gives.
fn lower(shape: &Shape, value: &str, what: &str, depth: usize) -> String {
    match shape {
        Shape::Object => format!("name_of({value})"),
        Shape::Path => format!("path_of({value})"),
        Shape::Ref(_) => format!("refer({value}, \"`{what}`\")"),
        Shape::Choice(of) => format!("choice({}, {value})", of().name),
        Shape::Structure(_) => format!("{value}._given()"),
        Shape::Draft(_) => format!("encode(set_fields({value}))"),
        Shape::Optional(of) => format!(
            "None if {value} is None else {}",
            lower(of, value, what, depth)
        ),
        Shape::List(of) => {
            let item = item(depth);
            format!(
                "[{} for {item} in {value}]",
                lower(of, &item, what, depth + 1)
            )
        }
        _ => format!("encode({value})"),
    }
}
