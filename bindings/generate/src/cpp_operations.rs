//! C++: `crm_operations.hpp` with the declared operations over the functions of C: a base class of `database`, a class for
//! each subject, and structs for what they take and return.

use std::fmt::Write;

use crm_core::operation::{MemberDef, Operation, Shape, StructureDef, SubjectDef};

use crate::c_operations::{
    Returned, is_itself, is_pointer, member_constant, options_constant, returned, symbol,
    type_constant,
};
use crate::cpp::{comment, method};
use crate::cpp_forms::{
    accessor, as_c, c_type, is_comparable, option_type, read_of, record_result, rows_result, taken,
    type_of, value_out, value_result,
};
use crate::model::{File, Model, check_unique, plain, upper};
use crate::operations::{Operations, arguments, default_choice, doc, snake};

pub fn file(model: &Model) -> Result<File, String> {
    let operations = Operations::declared()?;
    let mut text = String::from(
        "// The declared operations. Made by `cargo run -p crm-generate -- cpp` from their declarations; do not edit. \
         Part\n// of crm.hpp.\n#ifndef CRM_OPERATIONS_HPP\n#define CRM_OPERATIONS_HPP\n\n#include \"crm_calls.hpp\"\n\n\
         namespace crm {\n",
    );
    let mut names: Vec<String> = Vec::new();
    for object in &model.objects {
        names.extend([object.name.clone(), format!("{}_view", object.name)]);
    }
    let mut structures = operations.structures.clone();
    // A struct stands behind those that it holds.
    structures.sort_by_key(|of| depth(of));
    for structure in structures {
        names.push(snake(structure.name));
        structure_of(&mut text, structure, operations.is_taken(structure))?;
    }
    for operation in operations.all {
        if has_options(operation) {
            names.push(format!("{}_options", symbol(operation)));
            options(&mut text, operation)?;
        }
    }
    for (subject, own) in operations.by_subject() {
        if let Some(subject) = subject {
            names.push(subject.name.to_owned());
            of_subject(&mut text, subject, &own)?;
        }
    }
    check_unique(names.iter().map(String::as_str))?;
    of_database(&mut text, &operations)?;
    text.push_str("\n} // namespace crm\n\n#endif\n");
    Ok(File {
        path: "crm_operations.hpp".to_owned(),
        text,
    })
}

/// How many structures stand in one another.
fn depth(of: &StructureDef) -> usize {
    fn of_shape(shape: &Shape) -> usize {
        match shape {
            Shape::Optional(of) | Shape::List(of) => of_shape(of),
            Shape::Structure(of) => 1 + depth(of()),
            _ => 0,
        }
    }
    let depths = of.members.iter().map(|member| of_shape(member.shape));
    depths.max().unwrap_or_default()
}

fn has_options(operation: &Operation) -> bool {
    operation.changes() || operation.arguments.iter().any(|argument| argument.by_name)
}

fn said(text: &mut String, indent: &str, about: &str) {
    let _ = comment(text, indent, about);
}

fn of_subject(text: &mut String, subject: &SubjectDef, own: &[&Operation]) -> Result<(), String> {
    let about = format!(
        "{} Of a database, and valid as long as that is.",
        plain(subject.doc)
    );
    said(text, "", &about);
    let _ = writeln!(
        text,
        "class {0} {{\npublic:\n    explicit {0}(const crm_db *of) : of_(of) {{}}\n",
        subject.name
    );
    for operation in own {
        function(text, operation)?;
    }
    text.push_str("private:\n    const crm_db *handle() const { return of_; }\n\n    const crm_db *of_;\n};\n");
    Ok(())
}

fn of_database(text: &mut String, operations: &Operations) -> Result<(), String> {
    said(
        text,
        "",
        "What a database does, and what it does about a subject.",
    );
    text.push_str("template <typename Database> class declared_operations {\npublic:\n");
    for (subject, own) in operations.by_subject() {
        match subject {
            Some(subject) => {
                said(text, "    ", &plain(subject.doc));
                let name = subject.name;
                let _ = writeln!(
                    text,
                    "    crm::{name} {name}() const {{ return crm::{name}(handle()); }}\n"
                );
            }
            None => {
                for operation in own {
                    function(text, operation)?;
                }
            }
        }
    }
    text.push_str(
        "private:\n    const crm_db *handle() const { return static_cast<const Database &>(*this).get(); }\n};\n",
    );
    Ok(())
}

fn structure_of(text: &mut String, of: &StructureDef, is_taken: bool) -> Result<(), String> {
    let name = snake(of.name);
    said(text, "", &plain(of.doc));
    let _ = writeln!(text, "struct {name} {{");
    let mut read = Vec::new();
    for member in of.members {
        said(text, "    ", &plain(member.doc));
        let _ = writeln!(
            text,
            "    {} {};",
            type_of(member.shape)?,
            method(member.name)
        );
        read.push(if is_itself(member) {
            "crm::detail::copy(from)".to_owned()
        } else {
            read_of(member.shape, &member_constant(of, member))?
        });
    }
    let _ = writeln!(
        text,
        "\n    static {name} from_record(const crm::record_view &from)\n    {{\n        return {name}{{\n            {},\n        }};\n    }}",
        read.join(",\n            ")
    );
    if is_taken {
        let ty = type_constant(of);
        let _ = writeln!(
            text,
            "    crm::record to_record(const crm_db *db) const\n    {{\n        \
             crm::record made = crm::detail::made_of(db, {ty});"
        );
        for member in of.members {
            set(text, member, &member_constant(of, member))?;
        }
        text.push_str("        return made;\n    }\n");
    }
    if of.members.iter().all(|member| is_comparable(member.shape)) {
        let same: Vec<String> = of
            .members
            .iter()
            .map(|member| format!("a.{0} == b.{0}", method(member.name)))
            .collect();
        let _ = writeln!(
            text,
            "\n    friend bool operator==(const {name} &a, const {name} &b)\n    {{\n        return {};\n    }}\n    \
             friend bool operator!=(const {name} &a, const {name} &b) {{ return !(a == b); }}",
            same.join(" && ")
        );
    }
    text.push_str("};\n");
    Ok(())
}

/// Sets a member of a structure that is an argument.
fn set(text: &mut String, member: &MemberDef, field: &str) -> Result<(), String> {
    let name = method(member.name);
    let one = |how: &str, shape: &Shape, value: &str| match shape {
        Shape::Structure(_) => Ok(format!(
            "crm_{how}_record(made.get(), {field}, {value}.to_record(db).get());"
        )),
        Shape::Decimal => Ok(format!("made.{how}_text({field}, {value}.text());")),
        shape => accessor(shape).map(|get| format!("made.{how}_{get}({field}, {value});")),
    };
    let statement = match member.shape {
        Shape::Optional(of) => {
            let set = one("set", of, &format!("*{name}"))?;
            let set = set.replace(&format!("*{name}."), &format!("{name}->"));
            format!("if ({name})\n            {set}")
        }
        Shape::List(of) => format!(
            "for (const auto &one : {name})\n            {}",
            one("add", of, "one")?
        ),
        shape => one("set", shape, &name)?,
    };
    let _ = writeln!(text, "        {statement}");
    Ok(())
}

fn options(text: &mut String, operation: &Operation) -> Result<(), String> {
    let name = symbol(operation);
    let own = operation.name;
    said(text, "", &format!("What `{own}` can be told besides."));
    let _ = writeln!(text, "struct {name}_options {{");
    for option in arguments(operation).1 {
        said(text, "    ", &plain(option.doc));
        let default = default_of(option)?.map_or(String::new(), |default| format!(" = {default}"));
        let ty = option_type(option.shape)?;
        let _ = writeln!(text, "    {ty} {}{default};", method(option.name));
    }
    if operation.changes() {
        said(
            text,
            "    ",
            "All of it is done, the result is returned, and nothing of it remains.",
        );
        text.push_str("    bool rehearse = false;\n");
    }
    text.push_str("};\n");
    Ok(())
}

fn default_of(of: &MemberDef) -> Result<Option<String>, String> {
    let Some(default) = of.default else {
        let is_pointer = matches!(of.shape.required(), Shape::Draft(_));
        return Ok(is_pointer.then(|| "nullptr".to_owned()));
    };
    Ok(Some(match of.shape.required() {
        Shape::Choice(choice) => {
            let choice = choice();
            let name = default_choice(choice, default)
                .ok_or_else(|| format!("`{}`: {default} is no choice", of.name))?;
            format!("CRM_{}_{}", upper(&snake(choice.name)), upper(name))
        }
        Shape::Bool | Shape::Int | Shape::Text => default.to_owned(),
        other => return Err(format!("`{}`: {other} has no default in C++", of.name)),
    }))
}

fn function(text: &mut String, operation: &Operation) -> Result<(), String> {
    let name = symbol(operation);
    let (in_order, by_name) = arguments(operation);
    let doc = doc(operation, |code| format!("CRM_{}", upper(code.name())));
    said(text, "    ", &doc.about);
    for argument in &in_order {
        said(
            text,
            "    ",
            &format!("`{}`: {}", argument.name, plain(argument.doc)),
        );
    }
    if operation.follows {
        said(
            text,
            "    ",
            "`progress`: Is told how far it is; false stops it.",
        );
    }
    said(text, "    ", &format!("Errors: {}", doc.errors));
    let mut parameters = Vec::new();
    let mut given = vec!["handle()".to_owned()];
    let mut before = Vec::new();
    for argument in in_order {
        let own = method(argument.name);
        parameters.push(format!("{} {own}", taken(argument.shape)?));
        match argument.shape {
            Shape::List(of) => {
                before.extend(list(of, &own, &format!("given_{own}"))?);
                given.extend([format!("given_{own}.data()"), format!("given_{own}.size()")]);
            }
            Shape::Structure(_) => given.push(format!("{own}.to_record(handle()).get()")),
            shape => given.push(as_c(shape, &own)?),
        }
    }
    if has_options(operation) {
        parameters.push(format!("const crm::{name}_options &options = {{}}"));
        before.push(format!(
            "crm_{name}_options given = {};",
            options_constant(operation)
        ));
        for option in by_name {
            before.extend(give(option)?);
        }
        if operation.changes() {
            before.push("given.rehearse = options.rehearse;".to_owned());
        }
        given.push("&given".to_owned());
    }
    if operation.follows {
        parameters.push("const crm::progress &progress = {}".to_owned());
        given.push("call, user".to_owned());
    }
    let returned = returned(operation.result);
    let (out, result) = match returned {
        Returned::Nothing => ("", String::new()),
        Returned::Record | Returned::Member => (
            "crm_record *out = nullptr;",
            record_result(operation.result)?,
        ),
        Returned::Rows => ("crm_rows *out = nullptr;", rows_result(operation.result)?),
        Returned::Value(_) => (value_out(operation.result), value_result(operation.result)),
    };
    if !out.is_empty() {
        before.push(out.to_owned());
        given.push("&out".to_owned());
    }
    let call = format!("crm::detail::call(crm_{name}, {});", given.join(", "));
    let ty = type_of(operation.result)?;
    let _ = writeln!(
        text,
        "    {ty} {}({}) const\n    {{",
        method(operation.name),
        parameters.join(", ")
    );
    for statement in before {
        let _ = writeln!(text, "        {statement}");
    }
    if operation.follows {
        let _ = writeln!(
            text,
            "        crm::detail::following(progress, [&](crm_progress_fn call, void *user) {{\n            return {call}\n        }});"
        );
    } else {
        let _ = writeln!(text, "        {call}");
    }
    if !result.is_empty() {
        let _ = writeln!(text, "        return {result};");
    }
    text.push_str("    }\n\n");
    Ok(())
}

/// Statements that give an option to C.
fn give(option: &MemberDef) -> Result<Vec<String>, String> {
    let own = method(option.name);
    let (to, kept) = (format!("given.{}", option.name), format!("given_{own}"));
    let from = format!("options.{own}");
    Ok(match option.shape {
        shape if matches!(shape.required(), Shape::Draft(_)) => vec![
            format!("if ({from})"),
            format!("    {to} = {from}->record_view::get();"),
        ],
        Shape::List(of) | Shape::Optional(Shape::List(of)) => {
            let mut statements = list(of, &from, &kept)?;
            statements.push(format!("{to} = {kept}.data();"));
            statements.push(format!("{to}_len = {kept}.size();"));
            statements
        }
        Shape::Optional(Shape::Structure(_)) => vec![
            format!("std::optional<crm::record> {kept};"),
            format!("if ({from})"),
            format!("    {to} = {kept}.emplace({from}->to_record(handle())).get();"),
        ],
        Shape::Optional(of) if is_pointer(option) => vec![
            format!(
                "auto {kept} = crm::detail::map({from}, [](const auto &one) {{ return {}; }});",
                as_c(of, "one")?
            ),
            format!("if ({kept})"),
            format!("    {to} = &*{kept};"),
        ],
        Shape::Optional(of) => vec![
            format!("if ({from})"),
            format!(
                "    {to} = {};",
                as_c(of, &format!("*{from}"))?.replace(&format!("*{from}."), &format!("{from}->"))
            ),
        ],
        shape => vec![format!("{to} = {};", as_c(shape, &from)?)],
    })
}

/// Statements that make `kept`, the elements of a list as C takes them.
fn list(of: &Shape, from: &str, kept: &str) -> Result<Vec<String>, String> {
    if let Shape::Structure(_) = of {
        return Ok(vec![
            format!("std::vector<crm::record> {kept}_records;"),
            format!("std::vector<const crm_record *> {kept};"),
            format!("for (const auto &one : {from})"),
            format!("    {kept}_records.push_back(one.to_record(handle()));"),
            format!("for (crm::record &one : {kept}_records)"),
            format!("    {kept}.push_back(one.get());"),
        ]);
    }
    let element = as_c(of, "one")?;
    Ok(vec![
        format!("std::vector<{}> {kept};", c_type(of)?),
        format!("for (const auto &one : {from})"),
        format!("    {kept}.push_back({element});"),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_given_to_c_if_they_are_there() {
        let option = |shape| MemberDef {
            number: 1,
            name: "until",
            doc: "",
            shape,
            default: None,
            by_name: true,
        };
        let given = |shape| give(&option(shape)).map(|lines| lines.join(" "));
        assert_eq!(
            given(&Shape::Optional(&Shape::Text)).as_deref(),
            Ok("if (options.until)     given.until = crm::str_of(*options.until);")
        );
        // Of a number C is given the address: all its values mean something.
        let time = given(&Shape::Optional(&Shape::DateTime));
        assert!(time.is_ok_and(|lines| {
            lines.contains("return one.micros;") && lines.ends_with("given.until = &*given_until;")
        }));
    }
}
