//! Compiles the interpreter of C calls. The call of each function of `crm.h`, with arguments by their types, is written
//! from the header, so that a new function is called, too.

use std::error::Error;
use std::fmt::Write;
use std::path::PathBuf;
use std::{env, fs};

const HEADER: &str = "../../bindings/c/include/crm.h";
const SYMBOLS: &str = "../../bindings/c/symbols.txt";

/// Functions that read or write files of any name, or wait.
const NOT_CALLED: [&str; 9] = [
    "crm_open",
    // It has a target of its own, `operation`.
    "crm_call",
    "crm_backup",
    "crm_restore_backup",
    "crm_salvage",
    "crm_import_csv_file",
    "crm_export_csv_file",
    "crm_run_import_plan",
    "crm_reopen",
];

fn main() -> Result<(), Box<dyn Error>> {
    for file in [HEADER, SYMBOLS, "c_calls/calls.c"] {
        println!("cargo::rerun-if-changed={file}");
    }
    let functions = functions(&fs::read_to_string(HEADER)?);
    let symbols = fs::read_to_string(SYMBOLS)?.lines().count();
    if functions.len() != symbols {
        return Err(format!(
            "crm.h has {symbols} functions, and {} are read",
            functions.len()
        )
        .into());
    }
    let mut calls = String::new();
    let called = functions
        .iter()
        .filter(|function| !NOT_CALLED.contains(&function.name.as_str()));
    for (number, function) in called.enumerate() {
        writeln!(
            calls,
            "    case {number}: {{\n{}        break;\n    }}",
            function.call()?
        )?;
    }
    let out = PathBuf::from(env::var("OUT_DIR")?);
    fs::write(out.join("one_call.inc"), calls)?;
    cc::Build::new()
        .file("c_calls/calls.c")
        .include("../../bindings/c/include")
        .include(&out)
        .flags(["-std=c99", "-fsanitize=address"])
        .warnings_into_errors(true)
        .extra_warnings(true)
        .opt_level(1)
        .debug(true)
        .compile("crm_calls");
    Ok(())
}

/// A function of the header.
struct Function {
    result: String,
    name: String,
    /// The type and the name of each argument.
    arguments: Vec<(String, String)>,
}

/// The functions that a header declares.
fn functions(header: &str) -> Vec<Function> {
    // The one long comment is the first thing in it.
    let (_, header) = header.split_once("*/").unwrap_or(("", header));
    let lines = header
        .lines()
        .map(|line| line.split("//").next().unwrap_or_default());
    let code: String = lines
        .filter(|line| !line.starts_with('#'))
        .fold(String::new(), |code, line| code + line + " ");
    code.split(';')
        .filter_map(|statement| {
            let declaration = statement.rsplit('}').next()?;
            let (head, arguments) = declaration.split_once('(')?;
            let arguments = arguments.trim().strip_suffix(')')?;
            if declaration.contains(['{', '='])
                || head.contains("typedef")
                || head.contains("return")
            {
                return None;
            }
            let (result, name) = typed(head);
            let arguments = arguments
                .split(',')
                .map(typed)
                .filter(|(ty, _)| !ty.is_empty());
            name.starts_with("crm_").then(|| Function {
                result,
                name,
                arguments: arguments.collect(),
            })
        })
        .collect()
}

/// A type and the name after it.
fn typed(declaration: &str) -> (String, String) {
    let words = declaration.split_whitespace().collect::<Vec<_>>().join(" ");
    let at = words.rfind([' ', '*']).map_or(0, |at| at + 1);
    let (ty, name) = words.split_at(at);
    (ty.trim().to_owned(), name.to_owned())
}

impl Function {
    /// The block that calls it.
    fn call(&self) -> Result<String, Box<dyn Error>> {
        let (mut before, mut after, mut given) = (String::new(), String::new(), Vec::new());
        let is_free = self.result == "void" && self.name.ends_with("_free");
        for (ty, name) in &self.arguments {
            let pointed = ty
                .strip_prefix("crm_")
                .and_then(|ty| ty.strip_suffix(" **"));
            let plain = ty.trim_start_matches("const ").trim_end_matches(" *");
            given.push(match (ty.as_str(), name.as_str()) {
                ("crm_error **", "err") => "err".to_owned(),
                (_, "timeout_millis") => "(uint32_t)number(1) % 2".to_owned(),
                ("const void *", "data") => {
                    writeln!(before, "        crm_str data = any_str();\n        data.len = data.len == CRM_NTS ? strlen(data.data) : data.data ? data.len : 0;")?;
                    "data.data".to_owned()
                }
                ("size_t", "len") => "data.len".to_owned(),
                ("void *", "user") => "number(1) % 2 ? &seen : NULL".to_owned(),
                ("crm_progress_fn", _) => "number(1) % 2 ? on_progress : NULL".to_owned(),
                ("crm_write_fn", _) => "number(1) % 8 ? on_write : NULL".to_owned(),
                ("crm_wake_fn" | "crm_free_fn", _) => "number(1) % 8 ? on_wake : NULL".to_owned(),
                ("bool", _) => "number(1) % 2".to_owned(),
                ("const int64_t *", _) => {
                    writeln!(before, "        int64_t {name} = any_number();")?;
                    format!("number(1) % 2 ? &{name} : NULL")
                }
                _ if let Some(kind) = pointed => {
                    writeln!(before, "        crm_{kind} *made = NULL;")?;
                    writeln!(after, "        if (made != NULL)\n            keep_{kind}(made);")?;
                    "number(1) % 16 != 1 ? &made : NULL".to_owned()
                }
                ("crm_outcome *", _) => {
                    writeln!(before, "        crm_outcome *outcome = any_outcome();")?;
                    writeln!(after, "        if (status == CRM_OK && outcome != NULL)\n            keep_ref(outcome->record);")?;
                    "outcome".to_owned()
                }
                (_, "out" | "more" | "count") => {
                    writeln!(before, "        {plain} value, *place = number(1) % 16 != 1 ? &value : NULL;\n        memset(&value, 0, sizeof value);")?;
                    if plain == "crm_str" {
                        writeln!(after, "        look(value);")?;
                    }
                    "place".to_owned()
                }
                ("const crm_record *" | "crm_record *" | "const crm_rows *" | "crm_rows *" | "crm_batch *"
                | "const crm_batch *" | "const crm_text *" | "crm_text *" | "const crm_error *" | "crm_error *"
                | "const crm_clock *" | "crm_clock *", _) => {
                    let verb = if is_free { "take" } else { "any" };
                    format!("{verb}_{}()", plain.trim_start_matches("crm_"))
                }
                (_, _) if plain.starts_with("crm_") && plain != "crm_status" && plain != "crm_str" => {
                    format!("any_{}()", plain.trim_start_matches("crm_"))
                }
                ("crm_str", _) => "any_str()".to_owned(),
                ("crm_status" | "int64_t" | "uint64_t" | "uint32_t" | "int32_t" | "size_t", _) => {
                    format!("({ty})any_number()")
                }
                _ => return Err(format!("{}: no argument for `{ty} {name}`", self.name).into()),
            });
        }
        let call = format!("{}({})", self.name, given.join(", "));
        let statement = match self.result.as_str() {
            "void" => format!("{call};"),
            "crm_status" if self.arguments.iter().any(|(_, name)| name == "err") => {
                format!(
                    "status = {call};\n        check_status(\"{}\", status, asks, error);",
                    self.name
                )
            }
            "crm_status" => format!(
                "status = {call};\n        CHECK(status != CRM_PANIC, \"{}\");",
                self.name
            ),
            "crm_str" => format!("look({call});"),
            "crm_ref" => format!("keep_ref({call});"),
            "const crm_record *" => format!("look_at_record({call});"),
            _ => format!("seen += (uint64_t){call};"),
        };
        Ok(format!("{before}        {statement}\n{after}"))
    }
}
