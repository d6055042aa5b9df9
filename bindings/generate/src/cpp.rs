//! C++: `crm_objects.hpp` with two classes for each standard object, over those of `crm.hpp`: a view that reads its
//! fields, and a record that sets them too; and `crm_operations.hpp`.

use std::fmt::Write;

use crm_core::schema::{FieldDef, FieldType, ObjectDef};

use crate::c::{field_constant, field_doc, type_constant};
use crate::cpp_operations;
use crate::model::{File, Model, own_fields, plain, wrap};

/// The width of the header.
const WIDTH: usize = 120;

pub fn files(model: &Model) -> Result<Vec<File>, String> {
    let mut text = String::from(
        "// The standard objects as classes. Made by `cargo run -p crm-generate -- cpp` from their declarations; \
         do not\n// edit. Part of crm.hpp.\n\
         #ifndef CRM_OBJECTS_HPP\n#define CRM_OBJECTS_HPP\n\n#include \"crm.hpp\"\n\nnamespace crm {\n",
    );
    for object in &model.objects {
        write_object(&mut text, object).map_err(|error| error.to_string())?;
    }
    text.push_str("\n} // namespace crm\n\n#endif\n");
    Ok(vec![
        File {
            path: "crm_objects.hpp".to_owned(),
            text,
        },
        cpp_operations::file(model)?,
    ])
}

fn write_object(out: &mut String, object: &ObjectDef) -> std::fmt::Result {
    let (name, constant) = (&object.name, type_constant(object));
    comment(out, "", &plain(&object.doc))?;
    writeln!(out, "class {name}_view : public record_view {{\npublic:")?;
    writeln!(
        out,
        "    {name}_view(const record_view &of) : record_view(of) {{}}"
    )?;
    for field in own_fields(object) {
        let constant = field_constant(object, field);
        let getter = method(&field.name);
        comment(out, "    ", &field_doc(field))?;
        if field.many {
            let (value, get) = many(field.ty);
            writeln!(
                out,
                "    std::vector<{value}> {getter}() const {{ return record_view::get_{get}({constant}); }}"
            )?;
        } else if field.ty.part_names().is_empty() {
            let (value, get) = one(field.ty);
            writeln!(
                out,
                "    std::optional<{value}> {getter}() const {{ return record_view::get_{get}({constant}); }}"
            )?;
        } else {
            writeln!(
                out,
                "    std::optional<std::string_view> {getter}(std::string_view part) const {{ return record_view::get_part({constant}, part); }}"
            )?;
        }
    }
    writeln!(
        out,
        "}};\n\n// A record of this object, or the draft of one."
    )?;
    writeln!(out, "class {name} : public record {{\npublic:")?;
    writeln!(
        out,
        "    explicit {name}(const database &db, std::optional<std::string_view> id = std::nullopt) : record(db, {constant}, id) {{}}"
    )?;
    writeln!(
        out,
        "    explicit {name}(record &&of) : record(std::move(of)) {{}}"
    )?;
    writeln!(out, "    // Its fields to read.")?;
    writeln!(
        out,
        "    {name}_view view() const {{ return {name}_view(*this); }}"
    )?;
    for field in own_fields(object).filter(|field| is_written(field)) {
        let (constant, setter) = (field_constant(object, field), &field.name);
        if field.many {
            let (value, _) = one(field.ty);
            let set = setter_of(field.ty);
            writeln!(
                out,
                "    {name} &add_{setter}({value} value) {{ return record::add_{set}({constant}, value), *this; }}"
            )?;
        } else if field.ty.part_names().is_empty() {
            let (value, _) = one(field.ty);
            let set = setter_of(field.ty);
            writeln!(
                out,
                "    {name} &set_{setter}({value} value) {{ return record::set_{set}({constant}, value), *this; }}"
            )?;
        } else {
            writeln!(
                out,
                "    {name} &set_{setter}(std::string_view part, std::string_view text) {{ return record::set_part({constant}, part, text), *this; }}"
            )?;
        }
    }
    writeln!(out, "}};")
}

pub fn comment(out: &mut String, indent: &str, text: &str) -> std::fmt::Result {
    if indent.is_empty() {
        writeln!(out)?;
    }
    wrap(text, WIDTH - 3 - indent.len())
        .iter()
        .try_for_each(|line| writeln!(out, "{indent}// {line}"))
}

fn is_written(field: &FieldDef) -> bool {
    !field.read_only && field.formula.is_none() && field.roll_up.is_none()
}

/// The C++ type of a value, and the getter of `record_view`.
fn one(ty: FieldType) -> (&'static str, &'static str) {
    use FieldType as T;
    match ty {
        T::Integer => ("int64_t", "int"),
        T::Decimal | T::Percent => ("crm_decimal", "decimal"),
        T::Money => ("money", "money"),
        T::Boolean => ("bool", "bool"),
        T::Date => ("crm_date", "date"),
        T::PartialDate => ("crm_date", "partial_date"),
        T::DateTime => ("instant", "time"),
        T::Duration => ("duration", "duration"),
        T::Reference => ("ref", "ref"),
        _ => ("std::string_view", "text"),
    }
}

fn setter_of(ty: FieldType) -> &'static str {
    one(ty).1
}

/// As [`one`], of a list.
fn many(ty: FieldType) -> (&'static str, String) {
    let (value, get) = one(ty);
    let get = match get {
        "money" => "monies".to_owned(),
        get => format!("{get}s"),
    };
    (value, get)
}

/// A method of this name; with an underscore if C++ has the word for itself, or a type of the interface has it.
pub fn method(name: &str) -> String {
    const TAKEN: &[&str] = &[
        "auto",
        "bool",
        "case",
        "char",
        "class",
        "const",
        "default",
        "delete",
        "do",
        "double",
        "else",
        "enum",
        "export",
        "false",
        "float",
        "for",
        "friend",
        "goto",
        "if",
        "int",
        "long",
        "new",
        "operator",
        "private",
        "protected",
        "public",
        "register",
        "return",
        "short",
        "signed",
        "static",
        "struct",
        "switch",
        "template",
        "this",
        "throw",
        "true",
        "try",
        "typename",
        "union",
        "using",
        "virtual",
        "void",
        "while",
        "ref",
        "money",
        "duration",
        "instant",
    ];
    if TAKEN.contains(&name) {
        format!("{name}_")
    } else {
        name.to_owned()
    }
}
