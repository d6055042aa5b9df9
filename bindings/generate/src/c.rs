//! C: `crm_objects.h` with a constant for each object, field, choice and error code, and `crm.h`, the functions.

use std::fmt::Write;

use crm_core::schema::{FieldDef, ObjectDef};

use crate::model::{File, Model, check_unique, own_fields, plain, upper, wrap};
use crate::{c_operations, header};

/// The width of the headers.
const WIDTH: usize = 100;

pub fn files(model: &Model) -> Result<Vec<File>, String> {
    let mut names = Vec::new();
    Ok(vec![
        File {
            path: "crm_objects.h".to_owned(),
            text: objects(model, &mut names)?,
        },
        File {
            path: "crm_operations.h".to_owned(),
            text: c_operations::text(&mut names)?,
        },
        File {
            path: "crm.h".to_owned(),
            text: header::text()?,
        },
    ])
}

/// `list of reference to contact or company`: what a field takes.
pub fn type_text(field: &FieldDef) -> String {
    let mut text = field.type_name();
    if !field.targets.is_empty() {
        text.push_str(" to ");
        text.push_str(&field.targets.join(" or "));
    }
    for (holds, word) in [
        (field.required, "required"),
        (field.unique, "unique"),
        (
            field.read_only || field.formula.is_some() || field.roll_up.is_some(),
            "read only",
        ),
    ] {
        if holds {
            text.push_str(", ");
            text.push_str(word);
        }
    }
    text
}

pub struct Constant {
    pub name: String,
    pub value: String,
    pub doc: String,
}

fn objects(model: &Model, names: &mut Vec<String>) -> Result<String, String> {
    let mut text = String::from(
        "/* The standard objects of the engine as numbers. Made by crm-generate from their declarations; \
         a number is\n * never given twice. Included by crm.h. */\n\
         #ifndef CRM_OBJECTS_H\n#define CRM_OBJECTS_H\n",
    );
    let codes: Vec<Constant> = model
        .codes
        .iter()
        .map(|code| Constant {
            name: format!("CRM_{}", upper(code.name())),
            value: (*code as i32).to_string(),
            doc: code.meaning().to_owned(),
        })
        .collect();
    section(
        &mut text,
        names,
        "Errors of the engine, as crm_status",
        &codes,
    );
    let types: Vec<Constant> = model
        .objects
        .iter()
        .map(|object| Constant {
            name: type_constant(object),
            value: object.id.to_string(),
            doc: plain(&object.doc),
        })
        .collect();
    section(&mut text, names, "Objects, as crm_type", &types);
    let system: Vec<Constant> = model
        .system_fields()
        .map(|field| Constant {
            name: format!("CRM_{}", upper(&field.name)),
            value: field.id.to_string(),
            doc: field_doc(field),
        })
        .collect();
    section(
        &mut text,
        names,
        "Fields of every record, as crm_field",
        &system,
    );
    for object in &model.objects {
        let fields: Vec<Constant> = own_fields(object)
            .flat_map(|field| of_field(object, field))
            .collect();
        section(
            &mut text,
            names,
            &format!("Fields of {}", object.name),
            &fields,
        );
    }
    text.push_str("\n#endif\n");
    check_unique(names.iter().map(String::as_str))?;
    Ok(text)
}

/// `CRM_TYPE_DEAL`. The prefix tells `CRM_TYPE_DEAL_CONTACT`, the link, from `CRM_DEAL_CONTACT`, a field.
pub fn type_constant(object: &ObjectDef) -> String {
    format!("CRM_TYPE_{}", upper(&object.name))
}

/// `CRM_DEAL_AMOUNT`.
pub fn field_constant(object: &ObjectDef, field: &FieldDef) -> String {
    format!("CRM_{}_{}", upper(&object.name), upper(&field.name))
}

/// What a field is, and in brackets what it takes.
pub fn field_doc(field: &FieldDef) -> String {
    format!("{} ({})", plain(&field.doc), type_text(field))
}

/// The field, and the keys of its choices as texts.
fn of_field(object: &ObjectDef, field: &FieldDef) -> Vec<Constant> {
    let name = field_constant(object, field);
    let choices = field.choices.iter().map(|choice| Constant {
        name: format!("{name}_{}", upper(&choice.key)),
        value: format!("\"{}\"", choice.key),
        doc: choice.label.clone(),
    });
    let choices: Vec<Constant> = choices.collect();
    let number = u32::from(object.id) << 16 | u32::from(field.id);
    let own = Constant {
        value: format!("0x{number:08x}u"),
        doc: field_doc(field),
        name,
    };
    std::iter::once(own).chain(choices).collect()
}

pub fn section(text: &mut String, names: &mut Vec<String>, title: &str, constants: &[Constant]) {
    let _ = writeln!(text, "\n/* -- {title} -- */\n");
    for constant in constants {
        let lines = wrap(&constant.doc, WIDTH - 6).join("\n * ");
        let _ = writeln!(
            text,
            "/* {lines} */\n#define {} {}",
            constant.name, constant.value
        );
        names.push(constant.name.clone());
    }
}
