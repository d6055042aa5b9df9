//! `crm.h`: the functions of `crm-ffi/src/c`, translated by cbindgen and put into the order of their modules, each
//! under what its module says of itself.

use std::fs;
use std::path::{Path, PathBuf};

use crate::model::repository;

/// The C header of the interface.
pub fn text() -> Result<String, String> {
    let folder = repository().join("crm-ffi");
    let modules = modules(&folder.join("src/c"))?;
    let config = cbindgen::Config::from_file(folder.join("cbindgen.toml"))?;
    let mut builder = cbindgen::Builder::new().with_config(config);
    for module in &modules {
        builder = builder.with_src(&module.path);
    }
    let bindings = builder.generate().map_err(|error| error.to_string())?;
    let mut text = Vec::new();
    bindings.write(&mut text);
    let text = String::from_utf8(text).map_err(|error| error.to_string())?;
    in_order(&text, &modules)
}

/// A Rust file of the interface.
struct Module {
    path: PathBuf,
    /// Its `//!` lines.
    doc: Vec<String>,
    /// The names that it defines for C, in their order.
    names: Vec<String>,
}

/// The modules in the order in which `mod.rs` lists them.
fn modules(folder: &Path) -> Result<Vec<Module>, String> {
    let list = read(&folder.join("mod.rs"))?;
    let names = list
        .lines()
        .filter_map(|line| line.strip_prefix("mod ")?.strip_suffix(';'));
    names
        .map(|name| {
            let path = folder.join(format!("{name}.rs"));
            let text = read(&path)?;
            let doc = text.lines().map_while(|line| line.strip_prefix("//!"));
            Ok(Module {
                doc: doc.map(|line| line.trim_end().to_owned()).collect(),
                names: text
                    .lines()
                    .filter_map(defined)
                    .map(str::to_owned)
                    .collect(),
                path,
            })
        })
        .collect()
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

/// The name that a line begins to define.
fn defined(line: &str) -> Option<&str> {
    let beginnings = [
        "pub const ",
        "pub type ",
        "pub struct ",
        "pub extern \"C\" fn ",
    ];
    let rest = beginnings
        .iter()
        .find_map(|beginning| line.strip_prefix(beginning))?;
    let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_')?;
    rest.get(..end)
}

/// What cbindgen has written, with its blocks in the order of the modules. Types that are only named come first:
/// any other may name them.
fn in_order(text: &str, modules: &[Module]) -> Result<String, String> {
    let last_of_head = "#define CRM_NTS SIZE_MAX\n";
    let (head, body) = text
        .split_once(last_of_head)
        .ok_or("crm.h: the head is not found")?;
    let is_directive = |block: &str| block.starts_with('#') && !block.starts_with("#define");
    let blocks = body.split("\n\n").map(|block| block.trim_matches('\n'));
    let blocks = blocks.filter(|block| !block.is_empty() && !is_directive(block));
    let is_opaque =
        |block: &&str| code(block).starts_with("typedef struct") && !block.contains('{');
    let (opaque, mut blocks): (Vec<&str>, Vec<&str>) = blocks.partition(is_opaque);
    let mut out = format!("{head}{last_of_head}\n#ifdef __cplusplus\nextern \"C\" {{\n#endif\n");
    let mut add = |block: &str| out.push_str(&format!("\n{block}\n"));
    opaque.into_iter().for_each(&mut add);
    for module in modules {
        let mut own = Vec::new();
        for name in &module.names {
            if let Some(at) = blocks.iter().position(|block| defines(block, name)) {
                own.push(blocks.remove(at));
            }
        }
        if !own.is_empty() {
            let doc: Vec<String> = module.doc.iter().map(|line| format!("//{line}")).collect();
            add(&format!(
                "// ----------------------------------------------------------------\n{}",
                doc.join("\n")
            ));
        }
        own.into_iter().for_each(&mut add);
    }
    // What is left is the trailer, which needs the types.
    for block in blocks {
        if !code(block).starts_with("static inline") {
            return Err(format!("crm.h: nothing is known of\n{block}"));
        }
        add(block);
    }
    add("#include \"crm_operations.h\"");
    add("#ifdef __cplusplus\n}\n#endif");
    add("#endif");
    Ok(out.lines().map(|line| unsigned(line) + "\n").collect())
}

/// A constant that is too large for an `int`, as those of columns are, in the form of the other fields.
fn unsigned(line: &str) -> String {
    let large = line.strip_prefix("#define ").and_then(|rest| {
        let (name, value) = rest.split_once(' ')?;
        let value: u32 = value.parse().ok()?;
        i32::try_from(value)
            .is_err()
            .then(|| format!("#define {name} 0x{value:08x}u"))
    });
    large.unwrap_or_else(|| line.to_owned())
}

/// A block without the comments above it.
fn code(block: &str) -> &str {
    let mut rest = block;
    while rest.trim_start().starts_with("//") {
        rest = rest.split_once('\n').map_or("", |(_, rest)| rest);
    }
    rest
}

fn defines(block: &str, name: &str) -> bool {
    let code = code(block);
    let head = code.lines().next().unwrap_or_default();
    [
        format!("#define {name} "),
        format!("(*{name})("),
        format!(" {name};"),
    ]
    .iter()
    .any(|mark| head.contains(mark.as_str()))
        || code.trim_end().ends_with(&format!("}} {name};"))
        || [format!(" {name}("), format!("*{name}(")]
            .iter()
            .any(|mark| head.contains(mark.as_str()))
}
