//! Python: `_objects.py` with a class for each object and an enumeration for the choices of each field.

use std::fmt::Write;

use crm_core::schema::{FieldDef, FieldType, ObjectDef};

use crate::model::{File, Model, camel, check_unique, own_fields, plain, upper, wrap};
use crate::{page, python_operations};

/// The width of the file.
const WIDTH: usize = 110;

/// What a record has besides the fields of its object; a field of this name gets a `_` behind its own.
const TAKEN: &[&str] = &[
    "OBJECT", "custom", "get", "keys", "ref", "replace", "to_dict",
];

/// Python's keywords that are words of the field.
pub const KEYWORDS: &[&str] = &[
    "as", "class", "from", "global", "import", "in", "is", "not", "or", "pass", "return", "with",
];

pub fn files(model: &Model) -> Result<Vec<File>, String> {
    let mut text = String::from(
        "\"\"\"The standard objects. Made by crm-generate from their declarations.\"\"\"\n\n\
         from __future__ import annotations\n\n\
         import datetime\n\
         from decimal import Decimal\n\
         from typing import ClassVar, Dict, List, Mapping, Optional, Sequence, Type, Union\n\n\
         from ._record import UNSET, Choice, Field, Input, Record, RefLike, Settable\n\
         from ._values import Address, Money, PartialDate, PersonName, Ref\n",
    );
    let mut names = Vec::new();
    for object in &model.objects {
        for field in own_fields(object).filter(|field| !field.choices.is_empty()) {
            names.push(choice_class(object, field));
            choices(&mut text, object, field);
        }
        names.push(camel(&object.name));
        class(&mut text, object)?;
    }
    let classes = model.objects.iter().map(|object| camel(&object.name));
    let _ = writeln!(
        text,
        "\n\nCLASSES: Dict[str, Type[Record]] = {{\n{}}}\n\"\"\"The class of each standard object, by the object's \
         name.\"\"\"",
        classes.fold(String::new(), |list, class| list
            + &format!("    {class}.OBJECT: {class},\n")),
    );
    let exported: String = names
        .iter()
        .map(|name| format!("    \"{name}\",\n"))
        .collect();
    let _ = writeln!(text, "\n__all__ = [\n{exported}]");
    check_unique(names.iter().map(String::as_str))?;
    let objects = File {
        path: "_objects.py".to_owned(),
        text,
    };
    Ok(vec![objects, python_operations::file()?, page::json()?])
}

fn choice_class(object: &ObjectDef, field: &FieldDef) -> String {
    camel(&object.name) + &camel(&field.name)
}

fn choices(text: &mut String, object: &ObjectDef, field: &FieldDef) {
    let _ = writeln!(
        text,
        "\n\nclass {}(Choice):\n    \"\"\"What a {}'s {} can be.\"\"\"\n",
        choice_class(object, field),
        object.label.to_lowercase(),
        field.label.to_lowercase(),
    );
    for choice in &field.choices {
        let _ = writeln!(
            text,
            "    {} = \"{}\"\n    \"\"\"{}.\"\"\"",
            upper(&choice.key),
            choice.key,
            choice.label
        );
    }
}

fn class(text: &mut String, object: &ObjectDef) -> Result<(), String> {
    let fields: Vec<&FieldDef> = own_fields(object).collect();
    let _ = writeln!(text, "\n\nclass {}(Record):", camel(&object.name));
    docstring(text, &object.doc);
    let _ = writeln!(
        text,
        "\n    __slots__ = ()\n    OBJECT: ClassVar[str] = \"{}\"\n",
        object.name
    );
    for field in &fields {
        let name = attribute(field);
        let of = if field.choices.is_empty() {
            String::new()
        } else {
            format!(", {}", choice_class(object, field))
        };
        let many = if field.many { ", many=True" } else { "" };
        let _ = writeln!(
            text,
            "    {name}: Field[{}] = Field(\"{}\"{of}{many})",
            read_type(object, field),
            field.name,
        );
        docstring(text, &field.doc);
    }
    let set: Vec<&FieldDef> = fields
        .iter()
        .copied()
        .filter(|field| !field.read_only && !field.is_computed())
        .collect();
    text.push_str("\n    def __init__(\n        self,\n        *,\n");
    for field in &set {
        let _ = writeln!(
            text,
            "        {}: Settable[{}] = UNSET,",
            attribute(field),
            set_type(field)
        );
    }
    text.push_str(
        "        custom: Mapping[str, Input] = {},\n    ) -> None:\n        self._begin(\n            {\n",
    );
    for field in &set {
        let _ = writeln!(
            text,
            "                \"{}\": {},",
            field.name,
            attribute(field)
        );
    }
    text.push_str("                **custom,\n            }\n        )\n");
    let attributes: Vec<String> = fields.iter().map(|field| attribute(field)).collect();
    check_unique(attributes.iter().map(String::as_str))
}

/// The field's name as an attribute.
fn attribute(field: &FieldDef) -> String {
    let name = &field.name;
    if TAKEN.contains(&name.as_str()) || KEYWORDS.contains(&name.as_str()) {
        return format!("{name}_");
    }
    name.clone()
}

fn docstring(text: &mut String, doc: &str) {
    let doc = plain(doc).replace('\\', "\\\\");
    if !doc.is_empty() {
        let lines = wrap(&doc, WIDTH - 10).join("\n    ");
        let _ = writeln!(text, "    \"\"\"{lines}\"\"\"");
    }
}

/// The type of a value that is there.
fn value_type(ty: FieldType) -> &'static str {
    use FieldType as T;
    match ty {
        T::Text | T::LongText | T::Email | T::Phone | T::Url | T::Domain | T::Choice => "str",
        T::Integer => "int",
        T::Decimal | T::Percent => "Decimal",
        T::Money => "Money",
        T::Boolean => "bool",
        T::Date => "datetime.date",
        T::PartialDate => "PartialDate",
        T::DateTime => "datetime.datetime",
        T::Duration => "datetime.timedelta",
        T::Address => "Address",
        T::PersonName => "PersonName",
        T::Reference => "Ref",
    }
}

fn read_type(object: &ObjectDef, field: &FieldDef) -> String {
    let one = if field.choices.is_empty() {
        value_type(field.ty).to_owned()
    } else {
        choice_class(object, field)
    };
    if field.many {
        format!("List[{one}]")
    } else {
        format!("Optional[{one}]")
    }
}

/// What a field takes: its own type, and what people write for it.
fn set_type(field: &FieldDef) -> String {
    use FieldType as T;
    let one = match field.ty {
        T::Decimal | T::Percent => "Union[Decimal, int]",
        T::PartialDate => "Union[PartialDate, datetime.date, str]",
        T::Address => "Union[Address, str]",
        T::PersonName => "Union[PersonName, str]",
        T::Reference => "RefLike",
        other => value_type(other),
    };
    if field.many {
        format!("Sequence[{one}]")
    } else {
        one.to_owned()
    }
}
