//! C: `declared.c`, what the runner of the scenarios does for each declared operation, through its typed function.

use std::fmt::Write;

use crm_core::operation::{MemberDef, Operation, Shape, StructureDef};

use crate::c_operations::{
    Returned, is_itself, is_pointer, is_row, member_constant, options_constant, returned, symbol,
    type_constant,
};
use crate::model::File;
use crate::operations::{Operations, snake};

const HEAD: &str = "\
/* What the scenarios call of the declared operations. Made by crm-generate from their declarations. */
#include \"runner.h\"

#include <stdlib.h>
#include <string.h>

#define ARG(name) json_object_get(args, name)
";

pub fn files() -> Result<Vec<File>, String> {
    let operations = Operations::declared()?;
    let mut text = HEAD.to_owned();
    text.push('\n');
    for structure in &operations.structures {
        let name = snake(structure.name);
        let _ = writeln!(text, "static json_t *of_{name}(const crm_record *row);");
    }
    for structure in &operations.structures {
        read_structure(&mut text, structure);
        if operations.is_taken(structure) {
            fill_structure(&mut text, structure);
        }
    }
    for operation in operations.all {
        call(&mut text, operation);
    }
    text.push_str(
        "\njson_t *declared(crm_db *db, const char *op, json_t *args, struct listener *listener)\n{\n",
    );
    for operation in operations.all {
        let (full, own) = (operation.full_name(), symbol(operation));
        let _ = writeln!(
            text,
            "    if (strcmp(op, \"{full}\") == 0)\n        return do_{own}(db, args, listener);"
        );
    }
    text.push_str("    return NULL;\n}\n");
    Ok(vec![File {
        path: "declared.c".to_owned(),
        text,
    }])
}

/// The JSON of a structure, of the record in which C has it.
fn read_structure(text: &mut String, structure: &StructureDef) {
    let name = snake(structure.name);
    let _ = writeln!(
        text,
        "\nstatic json_t *of_{name}(const crm_record *row)\n{{\n    json_t *all = json_object();"
    );
    for member in structure.members {
        let of = member.name;
        let made = if is_itself(member) {
            "record_of(row)".to_owned()
        } else {
            let field = member_constant(structure, member);
            match member.shape.required() {
                Shape::Structure(of) => format!("row_of(row, {field}, of_{})", snake(of().name)),
                Shape::Record => format!("row_of(row, {field}, record_of)"),
                Shape::List(Shape::Value) => format!("rows_of(row, {field}, value_of)"),
                Shape::List(list) if is_row(list) => match **list {
                    Shape::Structure(of) => {
                        format!("rows_of(row, {field}, of_{})", snake(of().name))
                    }
                    _ => format!("rows_of(row, {field}, record_of)"),
                },
                _ => format!("column(row, {field})"),
            }
        };
        let _ = writeln!(text, "    json_object_set_new(all, \"{of}\", {made});");
    }
    text.push_str("    return all;\n}\n");
}

/// A structure that an operation takes, of its JSON.
fn fill_structure(text: &mut String, structure: &StructureDef) {
    let name = snake(structure.name);
    let ty = type_constant(structure);
    let _ = writeln!(
        text,
        "\nstatic crm_status to_{name}(crm_db *db, const json_t *args, crm_record **out, crm_error **error)\n{{\n    \
         crm_status status = crm_record_new(db, {ty}, crm_none(), out, error);"
    );
    for member in structure.members {
        let (field, of) = (member_constant(structure, member), member.name);
        match member.shape.required() {
            Shape::Structure(inner) => {
                let inner = snake(inner().name);
                let _ = writeln!(
                    text,
                    "    if (status == CRM_OK && is_given(ARG(\"{of}\"))) {{\n        crm_record *inner = NULL;\n        \
                     status = to_{inner}(db, ARG(\"{of}\"), &inner, error);\n        if (status == CRM_OK)\n            \
                     status = crm_set_record(*out, {field}, inner);\n        crm_record_free(inner);\n    }}"
                );
            }
            _ => {
                let _ = writeln!(
                    text,
                    "    if (status == CRM_OK)\n        status = set_member(db, *out, {field}, ARG(\"{of}\"));"
                );
            }
        }
    }
    text.push_str("    return status;\n}\n");
}

fn call(text: &mut String, operation: &Operation) {
    let name = symbol(operation);
    let has_options =
        operation.changes() || operation.arguments.iter().any(|argument| argument.by_name);
    let _ = writeln!(
        text,
        "\nstatic json_t *do_{name}(crm_db *db, json_t *args, struct listener *listener)\n{{"
    );
    if has_options {
        let constant = options_constant(operation);
        let _ = writeln!(text, "    crm_{name}_options options = {constant};");
    }
    // What has to be freed is made when nothing else can fail any more.
    let (freed, plain): (Vec<&MemberDef>, Vec<&MemberDef>) = operation
        .arguments
        .iter()
        .partition(|argument| is_freed(argument.shape));
    for argument in operation.arguments {
        if !argument.by_name || is_freed(argument.shape) || is_pointer(argument) {
            locals(text, argument);
        }
    }
    let (declared, passed) = match returned(operation.result) {
        Returned::Nothing => ("", "NULL"),
        Returned::Record | Returned::Member => ("    crm_record *out = NULL;\n", "&out"),
        Returned::Rows => ("    crm_rows *out = NULL;\n", "&out"),
        Returned::Value("bool") => ("    bool out = false;\n", "&out"),
        Returned::Value("ref") => ("    crm_ref out;\n", "&out"),
        Returned::Value(_) => ("    int64_t out = 0;\n", "&out"),
    };
    let _ = writeln!(
        text,
        "{declared}    crm_error *fault = NULL;\n    crm_status status;\n    json_t *made;"
    );
    for argument in plain {
        read_argument(text, argument);
    }
    for argument in &freed {
        read_freed(text, argument);
    }
    if operation.changes() {
        text.push_str("    options.rehearse = json_is_true(ARG(\"rehearse\"));\n");
    }
    let mut given = vec!["db".to_owned()];
    for argument in operation
        .arguments
        .iter()
        .filter(|argument| !argument.by_name)
    {
        given.push(local(argument));
        if matches!(argument.shape.required(), Shape::List(_)) {
            given.push(format!("{}_len", local(argument)));
        }
    }
    if has_options {
        given.push("&options".to_owned());
    }
    if operation.follows {
        given.push("told, listener".to_owned());
    }
    if passed != "NULL" {
        given.push(passed.to_owned());
    }
    let _ = writeln!(
        text,
        "    status = crm_{name}({}, &fault);",
        given.join(", ")
    );
    for argument in &freed {
        free(text, argument);
    }
    if !operation.follows {
        text.push_str("    (void)listener;\n");
    }
    text.push_str("    if (status != CRM_OK && status != CRM_ABSENT)\n        return failed(status, fault);\n");
    give(text, operation);
    text.push_str("    return made;\n}\n");
}

/// The name of the variable that holds an argument; functions of the runner are called as some of them are.
fn local(argument: &MemberDef) -> String {
    format!("a_{}", argument.name)
}

/// True for an argument that the runner has to free.
fn is_freed(shape: &Shape) -> bool {
    matches!(
        shape.required(),
        Shape::Structure(_) | Shape::Draft(_) | Shape::List(_)
    )
}

fn locals(text: &mut String, argument: &MemberDef) {
    let (name, json) = (local(argument), argument.name);
    let _ = match argument.shape.required() {
        Shape::List(of) => writeln!(
            text,
            "    {}*{name} = NULL;\n    size_t {name}_len = json_array_size(ARG(\"{json}\"));",
            element(of)
        ),
        shape if is_freed(shape) => writeln!(text, "    crm_record *{name} = NULL;"),
        shape => writeln!(text, "    {}{name}{};", element(shape), zero(shape)),
    };
}

fn element(shape: &Shape) -> &'static str {
    match shape {
        Shape::Structure(_) | Shape::Draft(_) => "crm_record *",
        shape => crate::c_operations::taken(shape),
    }
}

fn zero(shape: &Shape) -> &'static str {
    match shape {
        Shape::Bool => " = false",
        Shape::Int | Shape::DateTime | Shape::Duration | Shape::Object => " = 0",
        _ => "",
    }
}

/// Reads a value into a place; `error` is in reach.
fn read(shape: &Shape, json: &str, place: &str) -> String {
    match shape {
        Shape::Bool => format!("{place} = json_is_true({json});"),
        Shape::Int | Shape::Duration => format!("{place} = json_integer_value({json});"),
        Shape::DateTime => format!("{place} = time_of({json});"),
        Shape::Object => format!("TRY(crm_type_named(db, str_of({json}), &{place}, &error));"),
        Shape::Ref(_) => format!("TRY(ref_of(db, {json}, &{place}, &error));"),
        Shape::Decimal => {
            format!(
                "if (!decimal_of(json_string_value({json}), &{place}))\n        mistake(\"this is no number\");"
            )
        }
        Shape::Money => {
            format!("if (!money_of({json}, &{place}))\n        mistake(\"this is no amount\");")
        }
        Shape::Date => format!("{place} = date_of(json_string_value({json}));"),
        _ => format!("{place} = str_of({json});"),
    }
}

fn read_argument(text: &mut String, argument: &MemberDef) {
    let (name, option) = (local(argument), argument.name);
    let json = format!("ARG(\"{option}\")");
    let shape = argument.shape.required();
    if !argument.by_name {
        let _ = writeln!(text, "    {}", read(shape, &json, &name));
    } else if is_pointer(argument) {
        let read = read(shape, &json, &name);
        let _ = writeln!(
            text,
            "    if (is_given({json})) {{\n        {read}\n        options.{option} = &{name};\n    }}"
        );
    } else {
        let read = read(shape, &json, &format!("options.{option}"));
        let _ = writeln!(text, "    if (is_given({json})) {{\n        {read}\n    }}");
    }
}

fn read_freed(text: &mut String, argument: &MemberDef) {
    let (name, option) = (local(argument), argument.name);
    let json = format!("ARG(\"{option}\")");
    let _ = match argument.shape.required() {
        Shape::List(of) => {
            let item = format!("json_array_get({json}, at)");
            let read = match &**of {
                shape if is_freed(shape) => filled(shape, &item, &format!("{name}[at]")),
                shape => read(shape, &item, &format!("{name}[at]")),
            };
            writeln!(
                text,
                "    {name} = calloc({name}_len + 1, sizeof *{name});\n    for (size_t at = 0; at < {name}_len; at++) {{\n        {read}\n    }}"
            )
        }
        shape => writeln!(
            text,
            "    if (is_given({json})) {{\n        {}\n    }}",
            filled(shape, &json, &name)
        ),
    };
    if argument.by_name {
        let is_row_list = matches!(argument.shape.required(), Shape::List(of) if is_freed(of));
        let cast = if is_row_list {
            "(const crm_record *const *)"
        } else {
            ""
        };
        let _ = writeln!(text, "    options.{option} = {cast}{name};");
        if matches!(argument.shape.required(), Shape::List(_)) {
            let _ = writeln!(text, "    options.{option}_len = {name}_len;");
        }
    }
}

/// Fills a structure or a draft.
fn filled(shape: &Shape, json: &str, place: &str) -> String {
    match shape {
        Shape::Structure(of) => {
            format!(
                "TRY(to_{}(db, {json}, &{place}, &error));",
                snake(of().name)
            )
        }
        Shape::Draft(object) => format!(
            "TRY(crm_record_new(db, CRM_TYPE_{}, crm_none(), &{place}, &error));\n        TRY(set_fields(db, {place}, CRM_TYPE_{}, {json}, &error));",
            object.to_uppercase(),
            object.to_uppercase()
        ),
        _ => String::new(),
    }
}

fn free(text: &mut String, argument: &MemberDef) {
    let name = local(argument);
    let _ = match argument.shape.required() {
        Shape::List(of) if is_freed(of) => writeln!(
            text,
            "    for (size_t at = 0; at < {name}_len; at++)\n        crm_record_free({name}[at]);\n    free({name});"
        ),
        Shape::List(_) => writeln!(text, "    free({name});"),
        _ => writeln!(text, "    crm_record_free({name});"),
    };
}

fn give(text: &mut String, operation: &Operation) {
    let _ = match (returned(operation.result), operation.result) {
        (Returned::Nothing, _) => writeln!(text, "    made = json_null();"),
        (Returned::Record, Shape::Structure(of)) => writeln!(
            text,
            "    made = of_{}(out);\n    crm_record_free(out);",
            snake(of().name)
        ),
        (Returned::Rows, Shape::List(of)) => {
            let of = match **of {
                Shape::Structure(of) => format!("of_{}", snake(of().name)),
                _ => "record_of".to_owned(),
            };
            writeln!(text, "    made = each_of(out, {of});")
        }
        (Returned::Value("bool"), _) => writeln!(text, "    made = json_boolean(out);"),
        (Returned::Value("ref"), _) => writeln!(text, "    made = reference(db, out);"),
        (Returned::Value("time"), _) => writeln!(text, "    made = time_text(out);"),
        (Returned::Value(_), _) => writeln!(text, "    made = json_integer(out);"),
        _ => writeln!(
            text,
            "    made = column(out, CRM_RESULT);\n    crm_record_free(out);"
        ),
    };
}
