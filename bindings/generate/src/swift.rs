//! Swift: `Objects.swift` with a read view and a draft for each object, its choices, and the types of named parts; and
//! `Operations.swift`.

use std::fmt::Write;

use crm_core::schema::{FieldDef, FieldType, ObjectDef, system};

use crate::model::{File, Model, camel, check_unique, own_fields, plain, wrap};
use crate::swift_operations;

/// The width of a documentation comment.
const WIDTH: usize = 110;

/// Objects whose plain name is one that every Swift program uses.
const RENAMED: &[(&str, &str)] = &[("task", "CrmTask")];

/// Words that a name may not be without backticks.
const KEYWORDS: &[&str] = &[
    "as",
    "break",
    "case",
    "catch",
    "class",
    "continue",
    "default",
    "defer",
    "do",
    "else",
    "enum",
    "extension",
    "fallthrough",
    "false",
    "for",
    "func",
    "guard",
    "if",
    "import",
    "in",
    "init",
    "inout",
    "internal",
    "is",
    "let",
    "nil",
    "operator",
    "private",
    "protocol",
    "public",
    "repeat",
    "return",
    "self",
    "static",
    "struct",
    "subscript",
    "super",
    "switch",
    "throw",
    "throws",
    "true",
    "try",
    "typealias",
    "var",
    "where",
    "while",
];

/// What a view has beside its fields.
const OF_A_VIEW: &[&str] = &["id", "raw", "ref", "draft", "object_name"];

/// The field types that hold named parts, and their types in Swift.
const NAMED_PARTS: &[(FieldType, &str, &str)] = &[
    (
        FieldType::PersonName,
        "PersonName",
        "A person's name. Parts that are not known are nil.",
    ),
    (
        FieldType::Address,
        "Address",
        "A postal address. Parts that are not known are nil.",
    ),
];

pub fn files(model: &Model) -> Result<Vec<File>, String> {
    let mut out = Text::default();
    out.line(
        0,
        "// The standard objects. Made by crm-generate from the engine's declarations.\n",
    );
    out.line(0, "import Foundation");
    for (ty, name, doc) in NAMED_PARTS {
        parts(&mut out, *ty, name, doc);
    }
    out.line(0, "\nextension CrmObject {");
    let of_every_record = model
        .system_fields()
        .filter(|field| ![system::ID, system::ORDINAL].contains(&field.id));
    for field in of_every_record {
        let ty = value_type(field, &own_type(field));
        out.doc(1, &plain(&field.doc));
        out.line(1, &getter(field, &ty));
    }
    out.line(0, "}");
    for object in &model.objects {
        check_unique(
            own_fields(object)
                .map(|field| field.name.as_str())
                .chain(model.system_fields().map(|field| field.name.as_str()))
                .chain(OF_A_VIEW.iter().copied().filter(|name| *name != "id")),
        )?;
        view(&mut out, object);
    }
    Ok(vec![
        File {
            path: "Objects.swift".to_owned(),
            text: out.0,
        },
        swift_operations::file()?,
    ])
}

#[derive(Default)]
pub struct Text(pub String);

impl Text {
    pub fn line(&mut self, depth: usize, line: &str) {
        let _ = writeln!(self.0, "{:1$}{line}", "", 4 * depth);
    }

    pub fn doc(&mut self, depth: usize, doc: &str) {
        for line in wrap(doc, WIDTH) {
            self.line(depth, &format!("/// {line}"));
        }
    }
}

/// `struct PersonName` with a property for each part.
fn parts(out: &mut Text, ty: FieldType, name: &str, doc: &str) {
    let names: Vec<(&str, String)> = ty
        .part_names()
        .iter()
        .map(|part| (*part, lower_camel(part)))
        .collect();
    out.line(0, "");
    out.doc(0, doc);
    out.line(0, &format!("public struct {name}: NamedParts {{"));
    out.line(1, "public var parts: [String: String] = [:]\n");
    out.line(1, "public init() {}\n");
    let parameters: Vec<String> = names
        .iter()
        .map(|(_, part)| format!("{part}: String? = nil"))
        .collect();
    out.line(1, &format!("public init({}) {{", parameters.join(", ")));
    for (_, part) in &names {
        out.line(2, &format!("self.{part} = {part}"));
    }
    out.line(1, "}");
    for (key, part) in &names {
        out.line(1, &format!("\n    public var {part}: String? {{"));
        out.line(2, &format!("get {{ parts[\"{key}\"] }}"));
        out.line(2, &format!("set {{ parts[\"{key}\"] = newValue }}"));
        out.line(1, "}");
    }
    out.line(0, "}");
}

fn view(out: &mut Text, object: &ObjectDef) {
    let name = type_name(&object.name);
    out.line(0, "");
    out.doc(0, &plain(&object.doc));
    out.line(0, &format!("public struct {name}: CrmObject {{"));
    out.line(
        1,
        &format!("public static let objectName = \"{}\"", object.name),
    );
    out.line(1, "public let raw: Record\n");
    out.line(1, "public init(raw: Record) {");
    out.line(2, "self.raw = raw");
    out.line(1, "}");
    for field in own_fields(object) {
        out.line(0, "");
        out.doc(1, &plain(&field.doc));
        out.line(1, &getter(field, &value_type(field, &own_type(field))));
    }
    for field in own_fields(object).filter(|field| has_choices(field)) {
        choices(out, field);
    }
    draft(out, object, &name);
    out.line(0, "}");
}

fn draft(out: &mut Text, object: &ObjectDef, name: &str) {
    out.line(0, "");
    out.doc(
        1,
        &format!("What a change sets of a {}.", object.label.to_lowercase()),
    );
    out.line(1, "public struct Draft: CrmDraft {");
    out.line(2, &format!("public typealias Object = {name}"));
    out.line(2, "public var changes: [String: Value] = [:]\n");
    out.line(2, "public init() {}");
    for field in own_fields(object).filter(|field| is_written(field)) {
        let ty = value_type(field, &own_type(field));
        out.line(0, "");
        out.doc(2, &plain(&field.doc));
        out.line(2, &format!("public var {}: {ty}? {{", member(&field.name)));
        out.line(3, &format!("get {{ self[\"{}\"] }}", field.name));
        out.line(3, &format!("set {{ self[\"{}\"] = newValue }}", field.name));
        out.line(2, "}");
    }
    out.line(1, "}");
}

/// The type of a choice field: a text of which some values have names.
fn choices(out: &mut Text, field: &FieldDef) {
    let name = camel(&field.name);
    out.line(0, "");
    out.doc(
        1,
        &format!("{} Other keys are kept as they are.", plain(&field.doc)),
    );
    out.line(1, &format!("public struct {name}: Choice {{"));
    out.line(2, "public let rawValue: String\n");
    out.line(2, "public init(rawValue: String) {");
    out.line(3, "self.rawValue = rawValue");
    out.line(2, "}\n");
    for choice in &field.choices {
        out.doc(2, &choice.label);
        out.line(
            2,
            &format!(
                "public static let {} = {name}(rawValue: \"{}\")",
                member(&choice.key),
                choice.key
            ),
        );
    }
    out.line(2, "\n        public static let labels = [");
    for choice in &field.choices {
        out.line(
            3,
            &format!("(key: \"{}\", label: {:?}),", choice.key, choice.label),
        );
    }
    out.line(2, "]");
    out.line(1, "}");
}

fn getter(field: &FieldDef, ty: &str) -> String {
    format!(
        "public var {}: {ty}? {{ raw[\"{}\"] }}",
        member(&field.name),
        field.name
    )
}

fn has_choices(field: &FieldDef) -> bool {
    field.ty == FieldType::Choice && !field.choices.is_empty()
}

/// The engine writes the others.
fn is_written(field: &FieldDef) -> bool {
    !field.read_only && field.formula.is_none() && field.roll_up.is_none()
}

/// The type of one value.
fn own_type(field: &FieldDef) -> String {
    match field.ty {
        FieldType::Text
        | FieldType::LongText
        | FieldType::Email
        | FieldType::Phone
        | FieldType::Url
        | FieldType::Domain => "String".to_owned(),
        FieldType::Integer => "Int64".to_owned(),
        FieldType::Decimal | FieldType::Percent => "Decimal".to_owned(),
        FieldType::Money => "Money".to_owned(),
        FieldType::Boolean => "Bool".to_owned(),
        FieldType::Date => "CalendarDate".to_owned(),
        FieldType::PartialDate => "PartialDate".to_owned(),
        FieldType::DateTime => "DateTime".to_owned(),
        FieldType::Duration => "Duration".to_owned(),
        FieldType::Address => "Address".to_owned(),
        FieldType::PersonName => "PersonName".to_owned(),
        FieldType::Choice if has_choices(field) => camel(&field.name),
        FieldType::Choice => "String".to_owned(),
        FieldType::Reference => match field.targets.as_slice() {
            [target] => format!("Id<{}>", type_name(target)),
            _ => "Ref".to_owned(),
        },
    }
}

fn value_type(field: &FieldDef, one: &str) -> String {
    // A roll-up of money is a list with one amount for each currency.
    if field.many {
        format!("[{one}]")
    } else {
        one.to_owned()
    }
}

pub fn type_name(object: &str) -> String {
    RENAMED
        .iter()
        .find(|(name, _)| *name == object)
        .map_or_else(|| camel(object), |(_, renamed)| (*renamed).to_owned())
}

/// `job_title` → `jobTitle`.
pub fn lower_camel(name: &str) -> String {
    let camel = camel(name);
    let (first, rest) = camel.split_at(camel.chars().next().map_or(0, char::len_utf8));
    first.to_lowercase() + rest
}

pub fn member(name: &str) -> String {
    let name = lower_camel(name);
    if KEYWORDS.contains(&name.as_str()) {
        format!("`{name}`")
    } else {
        name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_swift() {
        assert_eq!(member("job_title"), "jobTitle");
        assert_eq!(member("default"), "`default`");
        assert_eq!(type_name("deal_contact"), "DealContact");
        assert_eq!(type_name("task"), "CrmTask");
    }

    #[test]
    fn a_field_has_the_type_of_its_values() {
        let money = FieldDef::new(1, "amount", FieldType::Money);
        assert_eq!(value_type(&money, &own_type(&money)), "Money");
        let mut owner = FieldDef::new(2, "owner", FieldType::Reference);
        assert_eq!(own_type(&owner), "Ref");
        owner.targets = vec!["user".to_owned()];
        owner.many = true;
        assert_eq!(value_type(&owner, &own_type(&owner)), "[Id<User>]");
    }
}
