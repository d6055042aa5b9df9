//! Swift: `Operations.swift` with the declared operations, as methods of `Crm` and of a struct for each subject, and what
//! they take and return; `Scenarios.swift`, which calls them for the scenarios that every host runs.

use std::fmt::Write;

use crm_core::operation::{ChoiceDef, MemberDef, Operation, Shape, StructureDef};

use crate::model::{File, Model, camel, check_unique, lower_first, plain, wrap};
use crate::operations::{Operations, arguments, default_choice, doc};
use crate::swift::{Text, lower_camel, member, type_name};

/// The width of the code.
const WIDTH: usize = 120;

pub fn file() -> Result<File, String> {
    let operations = Operations::declared()?;
    let mut out = Text::default();
    out.line(
        0,
        "// The declared operations. Made by crm-generate from the engine's declarations.\n",
    );
    out.line(0, "import Foundation\n");
    out.line(0, "/// Identifies the operations that this is made for.");
    out.line(
        0,
        &format!(
            "let declaredOperations: Int64 = 0x{:08x}",
            operations.digest
        ),
    );
    let mut types = Vec::new();
    for (subject, own) in operations.by_subject() {
        out.line(0, "");
        let on = match subject {
            None => {
                out.line(0, "extension Crm {");
                ""
            }
            Some(subject) => {
                let ty = subject.type_name;
                types.push(ty);
                out.line(0, "extension Crm {");
                out.doc(1, &plain(subject.doc));
                out.line(
                    1,
                    &format!(
                        "public var {}: {ty} {{ {ty}(crm: self) }}",
                        member(subject.name)
                    ),
                );
                out.line(0, "}\n");
                out.doc(0, &plain(subject.doc));
                out.line(0, &format!("public struct {ty}: Sendable {{"));
                out.line(1, "let crm: Crm\n");
                "crm."
            }
        };
        for (at, operation) in own.iter().enumerate() {
            if at > 0 {
                out.line(0, "");
            }
            methods(&mut out, operation, on)?;
        }
        out.line(0, "}");
    }
    for structure in &operations.structures {
        types.push(structure.name);
        structure_of(&mut out, structure, operations.is_taken(structure))?;
    }
    for choice in &operations.choices {
        types.push(choice.name);
        choice_of(&mut out, choice);
    }
    check_unique(types)?;
    Ok(File {
        path: "Operations.swift".to_owned(),
        text: out.0,
    })
}

/// What calls the operations with the arguments of a scenario's step.
pub fn scenarios(_: &Model) -> Result<Vec<File>, String> {
    let operations = Operations::declared()?;
    let mut out = Text::default();
    out.line(
        0,
        "// Calls the declared operations with the arguments of a step. Made by crm-generate.\n\nimport CrmCore\n",
    );
    out.line(0, "extension Crm {");
    out.line(
        1,
        "/// Nil where there is no declared operation of this name.",
    );
    out.line(
        1,
        "func declared(_ op: String, _ arguments: Arguments, _ listener: ProgressListener?) throws -> Made? {",
    );
    out.line(2, "switch op {");
    for operation in operations.all {
        scenario(&mut out, operation)?;
    }
    out.line(2, "default: nil");
    out.line(2, "}");
    out.line(1, "}");
    out.line(0, "}");
    for structure in &operations.structures {
        if operations.is_taken(structure) {
            reader(&mut out, structure)?;
        }
    }
    Ok(vec![File {
        path: "Scenarios.swift".to_owned(),
        text: out.0,
    }])
}

fn methods(out: &mut Text, operation: &Operation, on: &str) -> Result<(), String> {
    method(out, operation, on, "progress: ProgressListener? = nil")?;
    if operation.follows {
        out.line(0, "");
        method(out, operation, on, "onProgress: @escaping OnProgress")?;
    }
    Ok(())
}

/// A method; `progress` is the parameter that is told how far it is, if it is.
fn method(out: &mut Text, operation: &Operation, on: &str, progress: &str) -> Result<(), String> {
    let (in_order, by_name) = arguments(operation);
    let all: Vec<&MemberDef> = in_order.into_iter().chain(by_name).collect();
    let mut parameters = Vec::new();
    let mut about = Vec::new();
    for argument in &all {
        parameters.push(parameter(argument)?);
        let name = lower_camel(argument.name);
        about.push(format!("{name}: {}", lower_first(&plain(argument.doc))));
    }
    let given: Vec<String> = operation
        .arguments
        .iter()
        .map(|argument| given(argument.shape, &member(argument.name)))
        .collect();
    let list = match given.join(", ") {
        line if line.len() < WIDTH - 50 => format!("[{line}]"),
        _ => format!(
            "[\n                {},\n            ]",
            given.join(",\n                ")
        ),
    };
    let mut call = format!("{on}called({}, {list}", operation.number);
    if operation.changes() {
        parameters.push("rehearse: Bool = false".to_owned());
        call.push_str(", rehearse: rehearse");
        about.push(
            "rehearse: does all of it and returns what it would, and nothing of it remains."
                .to_owned(),
        );
    }
    let is_closure = progress.starts_with("onProgress");
    if operation.follows {
        parameters.push(progress.to_owned());
        let name = progress.split(':').next().unwrap_or_default();
        call.push_str(if is_closure {
            ", progress: $0"
        } else {
            ", progress: progress"
        });
        about.push(format!("{name}: is told how far it is, and can stop it."));
    }
    call.push(')');
    let read = read(operation.result, &format!("try {call}"))?;
    let read = match operation.result {
        Shape::Nothing => format!("_ = {read}"),
        _ => read,
    };
    let body = if operation.follows && is_closure {
        format!("try following(onProgress) {{ {read} }}")
    } else {
        read
    };
    let doc = doc(operation, |code| format!("`{}`", camel(code.name())));
    out.doc(1, &doc.about);
    out.line(1, "///");
    if let [one] = about.as_slice() {
        out.doc(1, &format!("- Parameter {one}"));
    } else if !about.is_empty() {
        out.line(1, "/// - Parameters:");
        for parameter in &about {
            out.item(1, parameter);
        }
    }
    out.doc(1, &format!("- Throws: {}", doc.errors));
    let result = match operation.result {
        Shape::Nothing => String::new(),
        shape => format!(" -> {}", type_of(shape)?),
    };
    if operation.changes() && !result.is_empty() {
        out.line(1, "@discardableResult");
    }
    let head = format!("public func {}(", member(operation.name));
    let line = format!("{head}{}) throws{result} {{", parameters.join(", "));
    if line.chars().count() + 4 <= WIDTH {
        out.line(1, &line);
    } else {
        out.line(1, &head);
        out.line(2, &parameters.join(",\n        "));
        out.line(1, &format!(") throws{result} {{"));
    }
    out.line(2, &body);
    out.line(1, "}");
    Ok(())
}

fn parameter(of: &MemberDef) -> Result<String, String> {
    let default = default_of(of)?.map_or(String::new(), |default| format!(" = {default}"));
    Ok(format!(
        "{}: {}{default}",
        member(of.name),
        type_of(of.shape)?
    ))
}

fn default_of(of: &MemberDef) -> Result<Option<String>, String> {
    let Some(default) = of.default else {
        return Ok(match of.shape {
            Shape::Optional(_) => Some("nil".to_owned()),
            Shape::List(_) if of.by_name => Some("[]".to_owned()),
            Shape::Draft(object) if of.by_name => Some(format!("{}.Draft()", type_name(object))),
            _ => None,
        });
    };
    match of.shape.required() {
        Shape::Choice(choice) => {
            let default = default_choice(choice(), default)
                .ok_or_else(|| format!("`{}`: {default} is no choice", of.name))?;
            Ok(Some(format!(".{}", lower_camel(default))))
        }
        Shape::Bool | Shape::Int | Shape::Text => Ok(Some(default.to_owned())),
        other => Err(format!("`{}`: {other} has no default in Swift", of.name)),
    }
}

fn structure_of(out: &mut Text, of: &StructureDef, is_taken: bool) -> Result<(), String> {
    out.line(0, "");
    out.doc(0, &plain(of.doc));
    out.line(
        0,
        &format!("public struct {}: Hashable, Sendable {{", of.name),
    );
    let mut parameters = Vec::new();
    for of in of.members {
        let ty = type_of(of.shape)?;
        out.doc(1, &plain(of.doc));
        out.line(1, &format!("public let {}: {ty}", member(of.name)));
        parameters.push(parameter(of)?);
    }
    out.line(0, "");
    out.line(1, &format!("public init({}) {{", parameters.join(", ")));
    for of in of.members {
        out.line(2, &format!("self.{} = {0}", member(of.name)));
    }
    out.line(1, "}\n");
    out.line(1, "init(_ answer: Answer) throws {");
    out.line(2, "let members = try answer.members()");
    for (at, of) in of.members.iter().enumerate() {
        let read = read(of.shape, &format!("members[{at}]"))?;
        out.line(2, &format!("{} = {read}", member(of.name)));
    }
    out.line(1, "}");
    if is_taken {
        let members: Vec<String> = of
            .members
            .iter()
            .map(|of| given(of.shape, &member(of.name)))
            .collect();
        let list = members.join(", ");
        out.line(0, "");
        out.line(1, &format!("var argument: Argument {{ .list([{list}]) }}"));
    }
    out.line(0, "}");
    Ok(())
}

/// A choice as those of fields are; what is said of it stands where they have a label.
fn choice_of(out: &mut Text, of: &ChoiceDef) {
    out.line(0, "");
    out.doc(
        0,
        &format!("{} Other names are kept as they are.", plain(of.doc)),
    );
    out.line(0, &format!("public struct {}: Choice {{", of.name));
    out.line(1, "public let rawValue: String\n");
    out.line(1, "public init(rawValue: String) {");
    out.line(2, "self.rawValue = rawValue");
    out.line(1, "}\n");
    for choice in of.choices {
        out.doc(1, &plain(choice.doc));
        let (name, of) = (member(choice.name), of.name);
        let raw = choice.name;
        out.line(
            1,
            &format!("public static let {name} = {of}(rawValue: \"{raw}\")"),
        );
    }
    out.line(0, "");
    out.line(1, "public static let labels = [");
    for choice in of.choices {
        out.line(
            2,
            &format!(
                "(key: \"{}\", label: {:?}),",
                choice.name,
                plain(choice.doc)
            ),
        );
    }
    out.line(1, "]");
    out.line(0, "}");
}

fn type_of(shape: &Shape) -> Result<String, String> {
    Ok(match shape {
        Shape::Nothing => "Void".to_owned(),
        Shape::Bool => "Bool".to_owned(),
        Shape::Int => "Int64".to_owned(),
        Shape::Decimal => "Decimal".to_owned(),
        Shape::Money => "Money".to_owned(),
        Shape::Text | Shape::Object | Shape::Path => "String".to_owned(),
        Shape::Date => "CalendarDate".to_owned(),
        Shape::DateTime => "DateTime".to_owned(),
        Shape::Duration => "Duration".to_owned(),
        Shape::Ref([object]) => format!("Id<{}>", type_name(object)),
        Shape::Ref(_) => "Ref".to_owned(),
        Shape::Value => "Value".to_owned(),
        Shape::Record => "Record".to_owned(),
        Shape::Draft(object) => format!("{}.Draft", type_name(object)),
        Shape::Optional(of) => format!("{}?", type_of(of)?),
        Shape::List(of) => format!("[{}]", type_of(of)?),
        Shape::Structure(of) => of().name.to_owned(),
        Shape::Choice(of) => of().name.to_owned(),
    })
}

/// An argument, or a member of one, as it crosses.
fn given(shape: &Shape, from: &str) -> String {
    match shape {
        Shape::Value => format!(".value({from})"),
        Shape::Draft(_) => format!(".fields({from}.changes)"),
        Shape::Structure(_) => format!("{from}.argument"),
        Shape::List(of) => format!(".list({from}.map {{ {} }})", given(of, "$0")),
        Shape::Optional(of) => format!(".optional({from}) {{ {} }}", given(of, "$0")),
        _ => format!(".value({from}.value)"),
    }
}

/// A result, or a part of one, from what has crossed.
fn read(shape: &Shape, from: &str) -> Result<String, String> {
    let of = if from.starts_with("try ") {
        from.to_owned()
    } else {
        format!("try {from}")
    };
    let plain = from.trim_start_matches("try ");
    Ok(match shape {
        Shape::Nothing => of,
        Shape::Value => format!("{of}.value()"),
        Shape::Record => format!("{of}.record()"),
        Shape::Structure(structure) => format!("try {}({plain})", structure().name),
        Shape::List(element) => format!("{of}.all {{ {} }}", read(element, "$0")?),
        Shape::Optional(element) => format!("{of}.optional {{ {} }}", read(element, "$0")?),
        Shape::Draft(_) => return Err(format!("{shape} cannot be returned")),
        _ => format!("{of}.one()"),
    })
}

fn scenario(out: &mut Text, operation: &Operation) -> Result<(), String> {
    let (in_order, by_name) = arguments(operation);
    let mut given = Vec::new();
    for argument in in_order.into_iter().chain(by_name) {
        given.push(format!(
            "{}: {}",
            lower_camel(argument.name),
            step_argument(argument)?
        ));
    }
    if operation.changes() {
        given.push("rehearse: arguments.flag(\"rehearse\")".to_owned());
    }
    if operation.follows {
        given.push("progress: listener".to_owned());
    }
    let name = operation.full_name();
    let path: Vec<String> = name.split('.').map(member).collect();
    let call = format!(
        "try {}(\n                    {})",
        path.join("."),
        given.join(",\n                    ")
    );
    out.line(2, &format!("case \"{name}\":"));
    match operation.result {
        Shape::Nothing => out.line(3, &format!("try none {{ {call} }}")),
        Shape::Optional(_) => out.line(3, &format!(".result({call} as Any)")),
        _ => out.line(3, &format!(".result(\n                {call})")),
    }
    Ok(())
}

/// The argument of a step; where it is not given, it is what its default says.
fn step_argument(of: &MemberDef) -> Result<String, String> {
    let read = of_step(of.shape.required())?;
    let optional = format!("arguments.optional(\"{}\", {read})", of.name);
    Ok(match (default_of(of)?, of.shape) {
        (Some(default), _) if default == "nil" => optional,
        (Some(default), Shape::Choice(of)) => format!("{optional} ?? {}{default}", of().name),
        (Some(default), _) => format!("{optional} ?? {default}"),
        (None, _) => format!("arguments.one(\"{}\", {read})", of.name),
    })
}

/// What reads the JSON of an argument.
fn of_step(shape: &Shape) -> Result<String, String> {
    let name = match shape {
        Shape::Bool => "flag",
        Shape::Int => "number",
        Shape::Decimal => "decimal",
        Shape::Money => "money",
        Shape::Text | Shape::Object | Shape::Path => "text",
        Shape::Date => "date",
        Shape::DateTime => "time",
        Shape::Duration => "duration",
        Shape::Ref([_]) => "id",
        Shape::Ref(_) => "ref",
        Shape::Value => "value",
        Shape::Draft(_) => "draft",
        Shape::Choice(_) => "choice",
        Shape::Structure(of) => {
            return Ok(format!(
                "Read.{}",
                lower_camel(&crate::operations::snake(of().name))
            ));
        }
        Shape::List(of) => {
            return Ok(format!(
                "{{ try Read.list($0, {}) }}",
                of_step(of.required())?
            ));
        }
        Shape::Nothing | Shape::Record | Shape::Optional(_) => {
            return Err(format!("{shape} is no argument"));
        }
    };
    Ok(format!("Read.{name}"))
}

/// What reads a structure of a step.
fn reader(out: &mut Text, of: &StructureDef) -> Result<(), String> {
    let mut members = Vec::new();
    for of in of.members {
        members.push(format!("{}: {}", lower_camel(of.name), step_argument(of)?));
    }
    let name = lower_camel(&crate::operations::snake(of.name));
    out.line(0, "\nextension Read {");
    out.line(
        1,
        &format!("static func {name}(_ json: JSON) throws -> {} {{", of.name),
    );
    out.line(2, "let arguments = try Arguments(json)");
    out.line(
        2,
        &format!("return try {}({})", of.name, members.join(", ")),
    );
    out.line(1, "}");
    out.line(0, "}");
    Ok(())
}

impl Text {
    /// An item of a list in documentation.
    fn item(&mut self, depth: usize, text: &str) {
        for (at, line) in wrap(text, WIDTH - 20).iter().enumerate() {
            let mark = if at == 0 { "  - " } else { "    " };
            let _ = writeln!(self.0, "{:1$}/// {mark}{line}", "", 4 * depth);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_crosses_is_read_by_its_shape() {
        let read = |shape: &Shape| read(shape, "members[0]");
        assert_eq!(read(&Shape::Int).as_deref(), Ok("try members[0].one()"));
        let refs = Shape::Optional(&Shape::List(&Shape::Ref(&[])));
        assert_eq!(
            read(&refs).as_deref(),
            Ok("try members[0].optional { try $0.all { try $0.one() } }")
        );
        assert!(read(&Shape::Draft("deal")).is_err());
        assert_eq!(
            type_of(&Shape::Ref(&["task"])).as_deref(),
            Ok("Id<CrmTask>")
        );
        assert_eq!(
            given(&Shape::Optional(&Shape::Text), "name"),
            ".optional(name) { .value($0.value) }"
        );
    }
}
