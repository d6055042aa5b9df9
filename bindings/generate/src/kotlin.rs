//! Kotlin: a file for each object, with a view of its records, a draft and its choices; and the declared operations.

use std::fmt::Write;

use crm_core::schema::{FieldDef, FieldType, ObjectDef};

use crate::c::type_text;
use crate::kotlin_operations;
use crate::model::{File, Model, camel, check_unique, own_fields, plain, upper, wrap};

/// The width of the files.
pub const WIDTH: usize = 120;

/// What the classes have beside the fields.
const MEMBERS: &[&str] = &[
    "data",
    "ref",
    "createdAt",
    "createdBy",
    "updatedAt",
    "updatedBy",
    "version",
    "deletedAt",
    "get",
    "set",
    "read",
    "readList",
    "objectName",
    "fields()",
];

/// The words that are no names in Kotlin.
pub const KEYWORDS: &[&str] = &[
    "as",
    "break",
    "class",
    "continue",
    "do",
    "else",
    "false",
    "for",
    "fun",
    "if",
    "in",
    "interface",
    "is",
    "null",
    "object",
    "package",
    "return",
    "super",
    "this",
    "throw",
    "true",
    "try",
    "typealias",
    "typeof",
    "val",
    "var",
    "when",
    "while",
];

pub fn files(model: &Model) -> Result<Vec<File>, String> {
    let mut files: Vec<File> = model.objects.iter().map(file).collect::<Result<_, _>>()?;
    files.extend(kotlin_operations::files()?);
    check_unique(files.iter().map(|file| file.path.as_str()))?;
    Ok(files)
}

fn file(object: &ObjectDef) -> Result<File, String> {
    let properties: Vec<Property> = own_fields(object)
        .map(|field| Property::new(object, field))
        .collect();
    let names = properties.iter().map(|property| property.name.as_str());
    check_unique(MEMBERS.iter().copied().chain(names))
        .map_err(|error| format!("{}: {error}", object.name))?;
    let mut text = format!(
        "// Made by crm-generate from the declaration of `{}`.\npackage dev.crm\n",
        object.name
    );
    for name in imports(&properties) {
        let _ = write!(text, "\nimport {name}");
    }
    text.push('\n');
    view(&mut text, object, &properties);
    draft(&mut text, object, &properties);
    for field in own_fields(object).filter(|field| !field.choices.is_empty()) {
        choices(&mut text, object, field);
    }
    Ok(File {
        path: format!("dev/crm/{}.kt", camel(&object.name)),
        text: text.replace("\n\n\n", "\n\n"),
    })
}

/// A field as the classes have it.
struct Property<'f> {
    field: &'f FieldDef,
    name: String,
    /// The type of one value.
    one: String,
}

impl<'f> Property<'f> {
    fn new(object: &ObjectDef, field: &'f FieldDef) -> Self {
        let one = if field.choices.is_empty() {
            type_of(field.ty).to_owned()
        } else {
            choice_class(object, field)
        };
        let mut name = lower_camel(&field.name);
        if KEYWORDS.contains(&name.as_str()) {
            name = format!("`{name}`");
        }
        Property { field, name, one }
    }

    fn doc(&self) -> String {
        format!("{} ({})", plain(&self.field.doc), type_text(self.field))
    }

    fn list(&self) -> String {
        if self.field.many {
            format!("List<{}>", self.one)
        } else {
            self.one.clone()
        }
    }

    fn writable(&self) -> bool {
        !self.field.read_only && !self.field.is_computed()
    }

    fn has_parts(&self) -> bool {
        !self.field.ty.part_names().is_empty() && !self.field.many
    }
}

fn type_of(ty: FieldType) -> &'static str {
    match ty {
        FieldType::Text
        | FieldType::LongText
        | FieldType::Email
        | FieldType::Phone
        | FieldType::Url
        | FieldType::Domain
        | FieldType::Choice => "String",
        FieldType::Integer => "Long",
        FieldType::Decimal | FieldType::Percent => "BigDecimal",
        FieldType::Money => "Money",
        FieldType::Boolean => "Boolean",
        FieldType::Date => "LocalDate",
        FieldType::PartialDate => "PartialDate",
        FieldType::DateTime => "Instant",
        FieldType::Duration => "Duration",
        FieldType::Address => "Address",
        FieldType::PersonName => "PersonName",
        FieldType::Reference => "Ref",
    }
}

fn imports(properties: &[Property<'_>]) -> Vec<&'static str> {
    let all = [
        ("BigDecimal", "java.math.BigDecimal"),
        ("Duration", "java.time.Duration"),
        ("Instant", "java.time.Instant"),
        ("LocalDate", "java.time.LocalDate"),
    ];
    let used = |name: &str| properties.iter().any(|property| property.one == name);
    all.into_iter()
        .filter(|(name, _)| used(name))
        .map(|(_, import)| import)
        .collect()
}

fn view(text: &mut String, object: &ObjectDef, properties: &[Property<'_>]) {
    let class = camel(&object.name);
    kdoc(text, "", &plain(&object.doc));
    let _ = writeln!(text, "class {class}(data: Record) : View(data) {{");
    for property in properties {
        let Property { field, name, one } = property;
        let read = match (field.many, field.choices.is_empty()) {
            (true, true) => format!("List<{one}> get() = readList(\"{}\")", field.name),
            (true, false) => format!(
                "List<{one}> get() = readList<String>(\"{}\").map(::{one})",
                field.name
            ),
            (false, true) => format!("{one}? get() = read(\"{}\")", field.name),
            (false, false) => format!(
                "{one}? get() = read<String>(\"{}\")?.let(::{one})",
                field.name
            ),
        };
        kdoc(text, "    ", &property.doc());
        let _ = writeln!(text, "    val {name}: {read}\n");
    }
    let _ = writeln!(
        text,
        "    /** The object, for reading its records by type. */\n    \
         companion object Type : RecordType<{class}>(\"{}\") {{\n        \
         override fun view(record: Record) = {class}(record)\n    }}\n}}",
        object.name
    );
}

fn draft(text: &mut String, object: &ObjectDef, properties: &[Property<'_>]) {
    let class = format!("{}Draft", camel(&object.name));
    text.push('\n');
    kdoc(
        text,
        "",
        &format!("What is set of a {}.", object.label.to_lowercase()),
    );
    let _ = writeln!(
        text,
        "class {class}() : Draft(\"{}\") {{\n    /** A draft on which `set` sets fields. */\n    \
         constructor(set: {class}.() -> Unit) : this() {{\n        set()\n    }}",
        object.name
    );
    for property in properties.iter().filter(|property| property.writable()) {
        let Property { field, name, .. } = property;
        let ty = property.list();
        let key = &field.name;
        let read = if property.has_parts() {
            format!("this[\"{key}\"] as? {ty}")
        } else {
            format!("read(\"{key}\")")
        };
        text.push('\n');
        kdoc(text, "    ", &property.doc());
        let _ = writeln!(
            text,
            "    var {name}: {ty}?\n        get() = {read}\n        set(value) = set(\"{key}\", value)\n\n    \
             /** Sets [{name}]. */\n    fun {name}(value: {ty}?) = apply {{ this.{name} = value }}"
        );
        if property.has_parts() {
            let _ = writeln!(
                text,
                "\n    /** Sets [{name}] from text, which the engine takes apart. */\n    \
                 fun {name}(text: String) = apply {{ set(\"{key}\", text) }}"
            );
        }
    }
    text.push_str("}\n");
}

fn choices(text: &mut String, object: &ObjectDef, field: &FieldDef) {
    let class = choice_class(object, field);
    text.push('\n');
    kdoc(
        text,
        "",
        &format!(
            "The choices of [{}.{}].",
            camel(&object.name),
            lower_camel(&field.name)
        ),
    );
    let _ = writeln!(
        text,
        "class {class}(key: String) : Choice(key) {{\n    companion object {{"
    );
    for choice in &field.choices {
        let _ = writeln!(
            text,
            "        /** {}. */\n        @JvmField val {} = {class}(\"{}\")\n",
            choice.label,
            upper(&choice.key),
            choice.key
        );
    }
    let all: Vec<String> = field
        .choices
        .iter()
        .map(|choice| upper(&choice.key))
        .collect();
    let _ = writeln!(
        text,
        "        /** The choices that this version knows, in their order. */\n        \
         @JvmField val ALL: List<{class}> = listOf({})\n    }}\n}}",
        all.join(", ")
    );
}

/// `TaskStatus`.
fn choice_class(object: &ObjectDef, field: &FieldDef) -> String {
    camel(&object.name) + &camel(&field.name)
}

/// `close_date` → `closeDate`.
pub fn lower_camel(name: &str) -> String {
    let mut words = name.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |name, word| name + &camel(word))
}

fn kdoc(text: &mut String, indent: &str, doc: &str) {
    let lines = wrap(doc, WIDTH - indent.len() - 7);
    let _ = match lines.as_slice() {
        [line] => writeln!(text, "{indent}/** {line} */"),
        _ => {
            let body = lines.join(&format!("\n{indent} * "));
            writeln!(text, "{indent}/**\n{indent} * {body}\n{indent} */")
        }
    };
}
