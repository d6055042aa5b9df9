//! C: `crm_operations.h`, a constant for each member of arguments and structures, and a typed function for each
//! operation over `crm_call()`.

use std::fmt::Write;

use crm_core::operation::{MemberDef, Operation, Shape, StructureDef};

use crate::c::{Constant, section};
use crate::model::{check_unique, plain, upper, wrap};
use crate::operations::{Operations, arguments, default_choice, doc, snake};

/// The width of the header.
const WIDTH: usize = 100;
/// Where the numbers of the types of arguments and of structures begin, as `crm.h` says.
const ARGUMENTS: u32 = 0xD000;
const STRUCTURES: u32 = 0xE000;

/// The header; `names` are those of the other constants of C, and get those of these.
pub fn text(names: &mut Vec<String>) -> Result<String, String> {
    let operations = Operations::declared()?;
    let mut text = format!(
        "/* The operations of a database. Made by crm-generate from their declarations; a number is never given\n \
         * twice. Included by crm.h. */\n#ifndef CRM_OPERATIONS_H\n#define CRM_OPERATIONS_H\n\n\
         /* Equal to crm_operations_digest() of the library that belongs to this header. */\n\
         #define CRM_OPERATIONS_DIGEST 0x{:08x}u\n",
        operations.digest,
    );
    for choice in &operations.choices {
        let constants: Vec<Constant> = choice
            .choices
            .iter()
            .map(|one| Constant {
                name: choice_constant(choice.name, one.name),
                value: format!("\"{}\"", one.name),
                doc: plain(one.doc),
            })
            .collect();
        let title = format!("{}: {}", choice.name, plain(choice.doc));
        section(&mut text, names, &title, &constants);
    }
    for structure in &operations.structures {
        let ty = STRUCTURES | u32::from(structure.number);
        let own = Constant {
            name: type_constant(structure),
            value: format!("0x{ty:04x}u"),
            doc: match structure.members.first() {
                Some(first) if is_itself(first) => format!(
                    "{} It is a record with further columns. {}",
                    plain(structure.doc),
                    plain(first.doc)
                ),
                _ => plain(structure.doc),
            },
        };
        let own_members = structure.members.iter().filter(|member| !is_itself(member));
        let members = own_members.map(|member| Constant {
            name: member_constant(structure, member),
            value: number(ty, member),
            doc: format!("{} ({})", plain(member.doc), kind(member.shape)),
        });
        let constants: Vec<Constant> = std::iter::once(own).chain(members).collect();
        section(&mut text, names, structure.name, &constants);
    }
    for operation in operations.all {
        function(&mut text, operation)?;
        names.push(options_constant(operation));
    }
    text.push_str("\n#endif\n");
    check_unique(names.iter().map(String::as_str))?;
    Ok(text)
}

/// True for the member that a structure itself is: the record with which it begins.
pub fn is_itself(member: &MemberDef) -> bool {
    member.number == 1 && matches!(member.shape, Shape::Record)
}

fn choice_constant(choice: &str, name: &str) -> String {
    format!("CRM_{}_{}", upper(&snake(choice)), upper(name))
}

/// `type << 16 | number`, as every field has it.
fn number(ty: u32, member: &MemberDef) -> String {
    format!("0x{:08x}u", ty << 16 | u32::from(member.number))
}

/// `leads_convert`.
pub fn symbol(operation: &Operation) -> String {
    operation.full_name().replace('.', "_")
}

/// `crm_leads_convert`.
fn name(operation: &Operation) -> String {
    format!("crm_{}", symbol(operation))
}

/// `CRM_TYPE_CARD_PLACE`.
pub fn type_constant(structure: &StructureDef) -> String {
    format!("CRM_TYPE_{}", upper(&snake(structure.name)))
}

/// `CRM_CARD_PLACE_POSITION`.
pub fn member_constant(structure: &StructureDef, member: &MemberDef) -> String {
    format!(
        "CRM_{}_{}",
        upper(&snake(structure.name)),
        upper(member.name)
    )
}

/// True for an argument that may be absent and is passed by a pointer: its type has no value that says so.
pub fn is_pointer(member: &MemberDef) -> bool {
    member.shape.is_optional()
        && !matches!(member.shape.required(), Shape::List(_))
        && presence(member.shape).is_none()
}

pub fn options_constant(operation: &Operation) -> String {
    format!("{}_OPTIONS", upper(&name(operation)))
}

/// What a member is, in a word or two: how it is read.
fn kind(shape: &Shape) -> String {
    match shape {
        Shape::Ref([]) => "reference".to_owned(),
        Shape::Ref(objects) => format!("reference to {}", objects.join(" or ")),
        Shape::Optional(of) => format!("{}, may be absent", kind(of)),
        Shape::List(Shape::Value) => "rows of values".to_owned(),
        Shape::List(of) if is_row(of) => format!("rows of {}", kind(of)),
        Shape::List(of) => format!("list of {}", kind(of)),
        Shape::Structure(of) => snake(of().name),
        Shape::Choice(of) => format!("text, a {}", snake(of().name)),
        Shape::Record => "record".to_owned(),
        Shape::DateTime => "time".to_owned(),
        Shape::Object | Shape::Path => "text".to_owned(),
        other => other.to_string(),
    }
}

/// True for what is read as a record.
pub fn is_row(shape: &Shape) -> bool {
    matches!(shape, Shape::Structure(_) | Shape::Record)
}

/// The type of an argument.
pub fn taken(shape: &Shape) -> &'static str {
    match shape.required() {
        Shape::Bool => "bool ",
        Shape::Int | Shape::DateTime | Shape::Duration => "int64_t ",
        Shape::Decimal => "crm_decimal ",
        Shape::Money => "crm_money ",
        Shape::Date => "crm_date ",
        Shape::Object => "crm_type ",
        Shape::Ref(_) => "crm_ref ",
        Shape::Draft(_) | Shape::Structure(_) | Shape::Record => "const crm_record *",
        _ => "crm_str ",
    }
}

/// The setter, and the reader of a single result.
fn accessor(shape: &Shape) -> &'static str {
    match shape.required() {
        Shape::Bool => "bool",
        Shape::Int | Shape::Object => "int",
        Shape::DateTime => "time",
        Shape::Duration => "duration",
        Shape::Decimal => "decimal",
        Shape::Money => "money",
        Shape::Date => "date",
        Shape::Ref(_) => "ref",
        Shape::Draft(_) | Shape::Structure(_) | Shape::Record => "record",
        _ => "text",
    }
}

/// How it is seen that an argument that may be absent is there; `None` for a type that has no such value and is
/// passed by a pointer.
fn presence(shape: &Shape) -> Option<&'static str> {
    match shape.required() {
        Shape::Ref(_) => Some(".object != 0"),
        Shape::Object => Some(" != 0"),
        Shape::Draft(_) | Shape::Structure(_) | Shape::Record => Some(" != NULL"),
        Shape::Text | Shape::Path | Shape::Choice(_) => Some(".data != NULL"),
        _ => None,
    }
}

/// The declaration of an argument: two of them for a list.
fn parameter(member: &MemberDef, separator: &str) -> String {
    let name = member.name;
    match member.shape.required() {
        Shape::List(of) => {
            let element = taken(of);
            format!("const {element}*{name}{separator}size_t {name}_len")
        }
        shape if is_pointer(member) => format!("const {}*{name}", taken(shape)),
        shape => format!("{}{name}", taken(shape)),
    }
}

/// The initial value of an option.
fn initial(member: &MemberDef) -> Result<String, String> {
    let absent = match member.shape.required() {
        Shape::List(_) => "NULL, 0",
        shape if presence(shape) == Some(" != NULL") || presence(shape).is_none() => "NULL",
        Shape::Object => "0",
        Shape::Ref(_) => "{0, {0}}",
        _ => "{NULL, 0}",
    };
    let Some(default) = member.default else {
        return Ok(absent.to_owned());
    };
    Ok(match member.shape {
        Shape::Choice(of) => {
            let choice = default_choice(of(), default)
                .ok_or_else(|| format!("`{}`: {default} is no choice", member.name))?;
            format!("{{{}, CRM_NTS}}", choice_constant(of().name, choice))
        }
        Shape::Text => format!("{{{default}, CRM_NTS}}"),
        _ => default.to_owned(),
    })
}

/// Statements that set an argument from `from`, which names it or the option.
fn put(operation: &Operation, member: &MemberDef, from: &str) -> String {
    let field = number(ARGUMENTS | u32::from(operation.number), member);
    let may_be_absent = member.by_name;
    match member.shape.required() {
        Shape::List(of) => {
            let how = if is_row(of) || matches!(**of, Shape::Draft(_)) {
                "record"
            } else {
                accessor(of)
            };
            format!(
                "for (size_t at = 0; at < {from}_len; at++) crm_add_{how}(given, {field}, {from}[at]);"
            )
        }
        shape => {
            let how = accessor(shape);
            match presence(shape) {
                _ if !may_be_absent => format!("crm_set_{how}(given, {field}, {from});"),
                Some(test) => format!("if ({from}{test}) crm_set_{how}(given, {field}, {from});"),
                None if member.default.is_some() => {
                    format!("crm_set_{how}(given, {field}, {from});")
                }
                None => format!("if ({from}) crm_set_{how}(given, {field}, *{from});"),
            }
        }
    }
}

/// What an operation returns, in C.
pub enum Returned {
    Nothing,
    /// A structure or a record.
    Record,
    /// Structures or records.
    Rows,
    /// A single value, by its reader.
    Value(&'static str),
    /// Anything else: the member CRM_RESULT.
    Member,
}

pub fn returned(shape: &Shape) -> Returned {
    match shape {
        Shape::Nothing => Returned::Nothing,
        Shape::Structure(_) => Returned::Record,
        Shape::List(of) if is_row(of) => Returned::Rows,
        Shape::Bool | Shape::Int | Shape::DateTime | Shape::Duration | Shape::Ref(_) => {
            Returned::Value(accessor(shape))
        }
        _ => Returned::Member,
    }
}

fn function(text: &mut String, operation: &Operation) -> Result<(), String> {
    let name = name(operation);
    let (in_order, by_name) = arguments(operation);
    let has_options = !by_name.is_empty() || operation.changes();
    if has_options {
        options(text, operation, &by_name)?;
    }
    comment(text, operation, &in_order);
    let mut parameters = vec!["const crm_db *db".to_owned()];
    parameters.extend(in_order.iter().map(|argument| parameter(argument, ", ")));
    if has_options {
        parameters.push(format!("const {name}_options *options"));
    }
    if operation.follows {
        parameters.push("crm_progress_fn progress, void *user".to_owned());
    }
    let returned = returned(operation.result);
    parameters.extend(match returned {
        Returned::Nothing => None,
        Returned::Rows => Some("crm_rows **out".to_owned()),
        Returned::Value(_) => Some(format!("{}*out", taken(operation.result))),
        Returned::Record | Returned::Member => Some("crm_record **out".to_owned()),
    });
    parameters.push("crm_error **err".to_owned());
    let _ = writeln!(
        text,
        "static inline crm_status {name}({})\n{{",
        parameters.join(",\n    ")
    );
    body(text, operation, &returned);
    text.push_str("}\n");
    Ok(())
}

fn options(text: &mut String, operation: &Operation, by_name: &[&MemberDef]) -> Result<(), String> {
    let (name, constant) = (name(operation), options_constant(operation));
    let about = format!(
        "What {name}() can be told besides. Begin with `{name}_options options = {constant};`."
    );
    let lines = wrap(&about, WIDTH - 6).join("\n * ");
    let _ = writeln!(
        text,
        "\n/* {lines} */\ntypedef struct {{\n    /* sizeof({name}_options). */\n    uint32_t size;"
    );
    let mut initials = vec![format!("sizeof({name}_options)")];
    for option in by_name {
        let lines = wrap(&plain(option.doc), WIDTH - 10).join("\n     * ");
        let _ = writeln!(
            text,
            "    /* {lines} */\n    {};",
            parameter(option, ";\n    ")
        );
        initials.push(initial(option)?);
    }
    if operation.changes() {
        let _ = writeln!(
            text,
            "    /* True for a rehearsal: the result is returned, and nothing of it remains. */\n    bool rehearse;"
        );
        initials.push("false".to_owned());
    }
    let _ = writeln!(
        text,
        "}} {name}_options;\n\n#define {constant} {{{}}}",
        initials.join(", ")
    );
    Ok(())
}

fn comment(text: &mut String, operation: &Operation, in_order: &[&MemberDef]) {
    let doc = doc(operation, |code| format!("CRM_{}", upper(code.name())));
    let _ = write!(text, "\n/* {}", wrap(&doc.about, WIDTH - 6).join("\n * "));
    for argument in in_order {
        let said = format!("`{}`: {}", argument.name, plain(argument.doc));
        let _ = write!(text, "\n * {}", wrap(&said, WIDTH - 6).join("\n * "));
    }
    let mut more = Vec::new();
    if in_order.len() < operation.arguments.len() || operation.changes() {
        more.push("`options` may be NULL.");
    }
    if operation.follows {
        more.push("`progress` may be NULL.");
    }
    if !more.is_empty() {
        let _ = write!(text, "\n * {}", more.join(" "));
    }
    let errors = wrap(&format!("Errors: {}", doc.errors), WIDTH - 6).join("\n * ");
    let _ = writeln!(text, "\n *\n * {errors} */");
}

fn body(text: &mut String, operation: &Operation, returned: &Returned) {
    let ty = ARGUMENTS | u32::from(operation.number);
    let options = format!("{}_options", name(operation));
    let has =
        |member: &str| format!("if (options && options->size > offsetof({options}, {member}))");
    let direct = matches!(
        returned,
        Returned::Nothing | Returned::Record | Returned::Member
    );
    text.push_str("    crm_record *given = NULL;\n");
    if !direct {
        text.push_str("    crm_record *result = NULL;\n");
    }
    if operation.changes() {
        text.push_str("    crm_manner manner = {sizeof(crm_manner), false};\n");
    }
    let _ = writeln!(
        text,
        "    crm_status status = crm_record_new(db, 0x{ty:04x}u, crm_none(), &given, err);\n    if (status != CRM_OK) return status;"
    );
    for argument in operation.arguments {
        if argument.by_name {
            let put = put(operation, argument, &format!("options->{}", argument.name));
            let _ = writeln!(text, "    {} {{\n        {put}\n    }}", has(argument.name));
        } else {
            let _ = writeln!(text, "    {}", put(operation, argument, argument.name));
        }
    }
    if operation.changes() {
        let _ = writeln!(
            text,
            "    {} manner.rehearse = options->rehearse;",
            has("rehearse")
        );
    }
    let manner = if operation.changes() {
        "&manner"
    } else {
        "NULL"
    };
    let follow = if operation.follows {
        "progress, user"
    } else {
        "NULL, NULL"
    };
    let out = match returned {
        Returned::Nothing => "NULL",
        Returned::Record | Returned::Member => "out",
        Returned::Rows | Returned::Value(_) => "&result",
    };
    let _ = writeln!(
        text,
        "    status = crm_call(db, given, {manner}, {follow}, {out}, err);\n    crm_record_free(given);"
    );
    match returned {
        Returned::Rows => text.push_str(
            "    if (status == CRM_OK && out) status = crm_get_rows(result, CRM_RESULT, out, err);\n    crm_record_free(result);\n",
        ),
        Returned::Value(how) => {
            let _ = writeln!(text, "    if (status == CRM_OK && out) status = crm_get_{how}(result, CRM_RESULT, out);\n    crm_record_free(result);");
        }
        _ => {}
    }
    text.push_str("    return status;\n");
}
