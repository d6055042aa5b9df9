//! Kotlin: the declared operations. Those of a database are a class between what uniffi generates and `Session`, so that
//! Java has them as methods, too; those of a subject are a class that a property gives. A structure is a data class, a
//! choice a class as those of fields are.

use std::fmt::Write;

use crm_core::operation::{ChoiceDef, MemberDef, Operation, Shape, StructureDef, SubjectDef};

use crate::kotlin::{KEYWORDS, WIDTH, lower_camel};
use crate::model::{File, camel, check_unique, lower_first, plain, upper, wrap};
use crate::operations::{Operations, arguments, default_choice, doc};

/// The class of the operations that have no subject.
const CLASS: &str = "DeclaredOperations";

pub fn files() -> Result<Vec<File>, String> {
    let operations = Operations::declared()?;
    let mut files = vec![of_database(&operations)?];
    for (subject, own) in operations.by_subject() {
        if let Some(subject) = subject {
            files.push(of_subject(subject, &own)?);
        }
    }
    for structure in &operations.structures {
        files.push(data_class(structure, operations.is_taken(structure))?);
    }
    files.extend(operations.choices.iter().map(|of| choice(of)));
    Ok(files)
}

fn file(class: &str, body: &str) -> File {
    let mut text =
        "// Made by crm-generate from the declared operations.\npackage dev.crm\n".to_owned();
    let imports = [
        "java.math.BigDecimal",
        "java.nio.file.Path",
        "java.time.Duration",
        "java.time.Instant",
        "java.time.LocalDate",
    ];
    let is_word = |c: char| !(c.is_alphanumeric() || c == '.');
    for import in imports {
        let name = import.rsplit('.').next().unwrap_or(import);
        if body
            .split(is_word)
            .any(|word| word.split('.').next() == Some(name))
        {
            let _ = write!(text, "\nimport {import}");
        }
    }
    if text.ends_with(char::is_alphabetic) {
        text.push('\n');
    }
    text.push_str(body);
    File {
        path: format!("dev/crm/{class}.kt"),
        text,
    }
}

fn of_database(operations: &Operations) -> Result<File, String> {
    let mut text = String::new();
    let _ = writeln!(
        text,
        "\n/** Identifies the operations that this is made for. */\n\
         internal const val OPERATIONS_DIGEST: Long = 0x{:08x}",
        operations.digest
    );
    kdoc(
        &mut text,
        "",
        &["Operations of a database and of what they are about.".to_owned()],
    );
    let _ = writeln!(
        text,
        "abstract class {CLASS} internal constructor(handle: Long) : Operations(UniffiWithHandle, handle) {{"
    );
    let mut names = Vec::new();
    for (subject, own) in operations.by_subject() {
        match subject {
            Some(subject) => {
                let name = lower_camel(subject.name);
                kdoc(&mut text, "    ", &[plain(subject.doc)]);
                let ty = subject.type_name;
                let _ = writeln!(text, "    val {name}: {ty} get() = {ty}(this)");
                names.push(name);
            }
            None => {
                for operation in own {
                    method(&mut text, operation, "")?;
                    names.push(lower_camel(operation.name));
                }
            }
        }
    }
    check_unique(names.iter().map(String::as_str))?;
    text.push_str("}\n");
    Ok(file(CLASS, &text))
}

fn of_subject(subject: &SubjectDef, own: &[&Operation]) -> Result<File, String> {
    let mut text = String::new();
    kdoc(&mut text, "", &[plain(subject.doc)]);
    let _ = writeln!(
        text,
        "class {} internal constructor(private val session: Operations) {{",
        subject.type_name
    );
    for operation in own {
        method(&mut text, operation, "session.")?;
    }
    text.push_str("}\n");
    Ok(file(subject.type_name, &text))
}

fn method(text: &mut String, operation: &Operation, on: &str) -> Result<(), String> {
    let (in_order, by_name) = arguments(operation);
    let all: Vec<&MemberDef> = in_order.into_iter().chain(by_name).collect();
    let mut parameters = Vec::new();
    for argument in &all {
        parameters.push(parameter(argument)?);
    }
    let mut told = Vec::new();
    let given: Vec<String> = operation
        .arguments
        .iter()
        .map(|argument| given(argument.shape, &name(argument.name)))
        .collect();
    let mut call = vec![
        operation.number.to_string(),
        format!("listOf<Any?>({})", given.join(", ")),
    ];
    if operation.changes() {
        parameters.push("rehearse: Boolean = false".to_owned());
        call.push("rehearse = rehearse".to_owned());
        told.push(
            "@param rehearse does all of it and returns what it would, and nothing of it remains."
                .to_owned(),
        );
    }
    if operation.follows {
        parameters.push("progress: ProgressListener? = null".to_owned());
        call.push("progress = progress".to_owned());
        told.push("@param progress is told how far it is, and can stop it.".to_owned());
    }
    let call = match call.join(", ") {
        line if line.len() < WIDTH - 40 => format!("{on}called({line})"),
        _ => format!(
            "{on}called(\n            {},\n        )",
            call.join(",\n            ")
        ),
    };
    let doc = doc(operation, |code| {
        format!("[CrmException.{}]", camel(code.name()))
    });
    let mut paragraphs = vec![
        doc.about,
        String::new(),
        format!("Fails with {}", doc.errors),
        String::new(),
    ];
    paragraphs.extend(all.iter().map(|argument| {
        let about = lower_first(&plain(argument.doc));
        format!("@param {} {about}", name(argument.name).trim_matches('`'))
    }));
    paragraphs.extend(told);
    kdoc(text, "    ", &paragraphs);
    if parameters.iter().any(|parameter| parameter.contains(" = ")) {
        text.push_str("    @JvmOverloads\n");
    }
    let (result, call) = match operation.result {
        Shape::Nothing => (String::new(), format!(" {{\n        {call}\n    }}")),
        shape => (
            format!(": {}", type_of(shape)?),
            format!(" =\n        {}", read(shape, &call)?),
        ),
    };
    let head = format!("    fun {}(", lower_camel(operation.name));
    let one_line = format!("{head}{}){result}", parameters.join(", "));
    let head = if one_line.chars().count() + 2 <= WIDTH {
        one_line
    } else {
        format!(
            "{head}\n        {},\n    ){result}",
            parameters.join(",\n        ")
        )
    };
    let _ = writeln!(text, "    @Throws(CrmException::class)\n{head}{call}");
    Ok(())
}

fn parameter(of: &MemberDef) -> Result<String, String> {
    let default = default_of(of)?.map_or(String::new(), |default| format!(" = {default}"));
    Ok(format!(
        "{}: {}{default}",
        name(of.name),
        type_of(of.shape)?
    ))
}

fn default_of(of: &MemberDef) -> Result<Option<String>, String> {
    let Some(default) = of.default else {
        return Ok(match of.shape {
            Shape::Optional(_) => Some("null".to_owned()),
            Shape::List(_) if of.by_name => Some("emptyList()".to_owned()),
            Shape::Draft(object) if of.by_name => Some(format!("{}Draft()", camel(object))),
            _ => None,
        });
    };
    match of.shape.required() {
        Shape::Choice(choice) => {
            let choice = choice();
            let default = default_choice(choice, default)
                .ok_or_else(|| format!("`{}`: {default} is no choice", of.name))?;
            Ok(Some(format!("{}.{}", choice.name, upper(default))))
        }
        Shape::Bool | Shape::Int | Shape::Text => Ok(Some(default.to_owned())),
        other => Err(format!("`{}`: {other} has no default in Kotlin", of.name)),
    }
}

fn data_class(of: &StructureDef, is_taken: bool) -> Result<File, String> {
    let mut text = String::new();
    let mut paragraphs = vec![plain(of.doc), String::new()];
    paragraphs.extend(of.members.iter().map(|member| {
        let about = lower_first(&plain(member.doc));
        format!("@property {} {about}", name(member.name).trim_matches('`'))
    }));
    kdoc(&mut text, "", &paragraphs);
    let _ = writeln!(text, "data class {}(", of.name);
    for member in of.members {
        let _ = writeln!(
            text,
            "    val {}: {},",
            name(member.name),
            type_of(member.shape)?
        );
    }
    text.push_str(") {\n");
    if is_taken {
        let members: Vec<String> = of
            .members
            .iter()
            .map(|member| given(member.shape, &name(member.name)))
            .collect();
        let _ = writeln!(
            text,
            "    internal fun members(): List<Any?> = listOf({})\n",
            members.join(", ")
        );
    }
    let _ = writeln!(
        text,
        "    internal companion object {{\n        fun of(data: Any?): {0} {{\n            \
         val members = structure(data)\n            return {0}(",
        of.name
    );
    for (at, member) in of.members.iter().enumerate() {
        let read = read(member.shape, &format!("members.getOrNull({at})"))?;
        let _ = writeln!(text, "                {read},");
    }
    text.push_str("            )\n        }\n    }\n}\n");
    Ok(file(of.name, &text))
}

fn choice(of: &ChoiceDef) -> File {
    let mut text = String::new();
    kdoc(&mut text, "", &[plain(of.doc)]);
    let _ = writeln!(
        text,
        "class {}(key: String) : Choice(key) {{\n    companion object {{",
        of.name
    );
    for choice in of.choices {
        let _ = writeln!(
            text,
            "        /** {} */\n        @JvmField val {} = {}(\"{}\")\n",
            plain(choice.doc),
            upper(choice.name),
            of.name,
            choice.name
        );
    }
    let all: Vec<String> = of.choices.iter().map(|choice| upper(choice.name)).collect();
    let _ = writeln!(
        text,
        "        /** The choices that this version knows, in their order. */\n        \
         @JvmField val ALL: List<{}> = listOf({})\n    }}\n}}",
        of.name,
        all.join(", ")
    );
    file(of.name, &text)
}

fn type_of(shape: &Shape) -> Result<String, String> {
    Ok(match shape {
        Shape::Nothing => "Unit".to_owned(),
        Shape::Bool => "Boolean".to_owned(),
        Shape::Int => "Long".to_owned(),
        Shape::Decimal => "BigDecimal".to_owned(),
        Shape::Money => "Money".to_owned(),
        Shape::Text | Shape::Object => "String".to_owned(),
        Shape::Date => "LocalDate".to_owned(),
        Shape::DateTime => "Instant".to_owned(),
        Shape::Duration => "Duration".to_owned(),
        Shape::Path => "Path".to_owned(),
        Shape::Ref(_) => "Ref".to_owned(),
        Shape::Value | Shape::Optional(Shape::Value) => "Any?".to_owned(),
        Shape::Record => "Record".to_owned(),
        Shape::Draft(object) => format!("{}Draft", camel(object)),
        Shape::Optional(of) => format!("{}?", type_of(of)?),
        Shape::List(of) => format!("List<{}>", type_of(of)?),
        Shape::Structure(of) => of().name.to_owned(),
        Shape::Choice(of) => of().name.to_owned(),
    })
}

/// What crosses of an argument or of a member of one.
fn given(shape: &Shape, from: &str) -> String {
    let (shape, dot) = match shape {
        Shape::Optional(of) => (*of, "?."),
        shape => (shape, "."),
    };
    match shape {
        Shape::Structure(_) => format!("{from}{dot}members()"),
        Shape::Path => format!("{from}{dot}toString()"),
        Shape::List(of) => match given(of, "it") {
            same if same == "it" => from.to_owned(),
            element => format!("{from}{dot}map {{ {element} }}"),
        },
        _ => from.to_owned(),
    }
}

/// A result, or a part of one, from what has crossed.
fn read(shape: &Shape, from: &str) -> Result<String, String> {
    let (of, mark) = match shape {
        Shape::Optional(of) => (*of, "?"),
        shape => (shape, ""),
    };
    let apply = |ty: &str, function: &str| match mark {
        "" => format!("{function}({from} as {ty})"),
        _ => format!("({from} as {ty}?)?.let {{ {function}(it) }}"),
    };
    Ok(match of {
        Shape::Value => from.to_owned(),
        Shape::Structure(structure) => {
            let name = structure().name;
            match mark {
                "" => format!("{name}.of({from})"),
                _ => format!("{from}?.let {{ {name}.of(it) }}"),
            }
        }
        Shape::Choice(choice) => apply("String", choice().name),
        Shape::Path => apply("String", "Path.of"),
        Shape::List(of) => {
            let element = read(of, "it")?;
            match element.as_str() {
                "it" => format!("{from} as List<*>{mark}"),
                _ => format!("({from} as List<*>{mark}){mark}.map {{ {element} }}"),
            }
        }
        Shape::Draft(_) | Shape::Optional(_) => return Err(format!("{shape} cannot be returned")),
        of => format!("{from} as {}{mark}", type_of(of)?),
    })
}

/// `cards_max` → `cardsMax`.
fn name(of: &str) -> String {
    let name = lower_camel(of);
    match name.as_str() {
        // As records of the interface have it.
        "object" => "objectName".to_owned(),
        word if KEYWORDS.contains(&word) => format!("`{word}`"),
        _ => name,
    }
}

/// Documentation of paragraphs, with an empty line before it where something stands there; an empty paragraph is an empty
/// line.
fn kdoc(text: &mut String, indent: &str, paragraphs: &[String]) {
    let width = WIDTH - indent.len() - 7;
    let lines: Vec<String> = paragraphs
        .iter()
        .flat_map(|paragraph| wrap(paragraph, width))
        .collect();
    if !text.ends_with("{\n") {
        text.push('\n');
    }
    let lines = match lines.split_last() {
        Some((last, rest)) if last.is_empty() => rest,
        _ => lines.as_slice(),
    };
    if let [line] = lines {
        let _ = writeln!(text, "{indent}/** {line} */");
        return;
    }
    let _ = writeln!(text, "{indent}/**");
    for line in lines {
        let _ = writeln!(text, "{}", format!("{indent} * {line}").trim_end());
    }
    let _ = writeln!(text, "{indent} */");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_crosses_is_read_by_its_shape() {
        let read = |shape: &Shape| read(shape, "data");
        assert_eq!(read(&Shape::Int).as_deref(), Ok("data as Long"));
        assert_eq!(
            read(&Shape::Optional(&Shape::Text)).as_deref(),
            Ok("data as String?")
        );
        assert_eq!(
            read(&Shape::List(&Shape::Value)).as_deref(),
            Ok("data as List<*>")
        );
        let refs = Shape::List(&Shape::Ref(&[]));
        assert_eq!(
            read(&refs).as_deref(),
            Ok("(data as List<*>).map { it as Ref }")
        );
        assert!(read(&Shape::Draft("deal")).is_err());
        assert_eq!(
            given(&Shape::Optional(&Shape::Path), "to"),
            "to?.toString()"
        );
    }

    #[test]
    fn names_are_those_of_the_interface() {
        assert_eq!(name("cards_max"), "cardsMax");
        assert_eq!(name("object"), "objectName");
        assert_eq!(name("in"), "`in`");
    }
}
