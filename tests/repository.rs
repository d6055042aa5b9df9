//! What must hold for the repository as a whole: the order of the layers, the licences of the dependencies,
//! and the habits that no compiler checks.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failed test should stop at the line"
)]

mod licence;
mod source;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use source::Source;

/// The modules of `crm-core` from the bottom up. A module may use those of the rows above its own, and those
/// beside it: a record is read by the schema's numbers, and the schema's typed views read records.
const LAYERS: &[&[&str]] = &[
    &["error"],
    &["limits"],
    &["value"],
    &["store"],
    &["schema", "record"],
    &["objects"],
    &["shape"],
    &["expr"],
    &["search"],
    &["engine"],
    &["query"],
    &["rules"],
    &["api"],
    &["exchange"],
    &["operation"],
    &["operations"],
];

/// Modules that may use less than their place in the order allows.
const NARROW: &[(&str, &[&str])] = &[
    // What a file looks like is no business of the schema's, nor of a declaration.
    ("schema", &["error", "limits", "value", "record"]),
    ("objects", &["error", "value", "schema"]),
];

/// Uses that go up the order, as (file, module, why).
const UPWARD: &[(&str, &str, &str)] = &[
    (
        "error.rs",
        "value",
        "an error names the record at fault by its id",
    ),
    (
        "engine/state.rs",
        "rules",
        "a program holds the rules that it reacts with, parsed once for each version of the schema",
    ),
    (
        "operation/mod.rs",
        "operations",
        "an operation is found in the list of all of them",
    ),
];

/// The first law: below the rules, objects are known from the schema alone.
const KNOW_NO_OBJECT: &[&str] = &[
    "value", "store", "schema", "record", "expr", "search", "engine", "query",
];

/// Names of the engine that a standard object happens to have, too, as (module, name, what it is there).
const HOMONYMS: &[(&str, &str, &str)] = &[
    ("schema", "Email", "a type of fields"),
    ("schema", "ContactPoint", "a role"),
    ("schema", "Document", "a role"),
    ("schema", "ExchangeRate", "a role"),
    ("schema", "Reminder", "a role"),
    ("schema", "Rule", "a role"),
    ("schema", "RuleRun", "a role"),
    ("schema", "Tag", "a role"),
    ("expr", "Call", "the call of a function"),
    ("search", "Document", "the words of a record"),
    ("engine", "Document", "`search::Document`"),
    ("engine", "Reminder", "a kind of due work"),
];

const LINES_MAX: usize = 700;

#[test]
fn layers_use_only_what_is_below_them() {
    let sources = core_sources();
    let re_exports = re_exports(&sources);
    let mut faults = Vec::new();
    for source in &sources {
        let user = source.module();
        let Some(place) = place_of(user) else {
            faults.push(format!(
                "{}: `{user}` has no place in LAYERS",
                source.path()
            ));
            continue;
        };
        let narrow = NARROW.iter().find(|(module, _)| *module == user);
        for (line, used) in source.uses(&re_exports) {
            let allowed = match narrow {
                Some((_, only)) => only.contains(&used.as_str()),
                None => place_of(&used).is_some_and(|other| other <= place),
            };
            let known = || {
                UPWARD
                    .iter()
                    .any(|(file, module, _)| *file == source.path() && *module == used)
            };
            if used != user && !allowed && !known() {
                faults.push(format!(
                    "{}:{line}: `{user}` may not use `{used}`",
                    source.path()
                ));
            }
        }
    }
    report("uses against the order of the layers", &faults);
}

#[test]
fn exceptions_are_still_needed() {
    let sources = core_sources();
    let re_exports = re_exports(&sources);
    let mut faults = Vec::new();
    for (file, module, _) in UPWARD {
        let used = sources
            .iter()
            .filter(|source| source.path() == *file)
            .flat_map(|source| source.uses(&re_exports))
            .any(|(_, used)| used == *module);
        if !used {
            faults.push(format!("UPWARD: {file} does not use `{module}`"));
        }
    }
    for (module, name, _) in HOMONYMS {
        // A layer that is not there yet needs no exception yet.
        let mut of_module = sources.iter().filter(|s| s.module() == *module).peekable();
        if of_module.peek().is_some() && !of_module.any(|s| !s.lines_naming(name).is_empty()) {
            faults.push(format!("HOMONYMS: `{module}` does not name `{name}`"));
        }
    }
    report("exceptions that nothing needs", &faults);
}

#[test]
fn the_engine_knows_no_object_type() {
    let sources = core_sources();
    let re_exports = re_exports(&sources);
    let objects: Vec<String> = sources.iter().filter_map(Source::declared_object).collect();
    assert!(
        objects.len() > 20,
        "the declarations are not found: {objects:?}"
    );
    let mut faults = Vec::new();
    for source in &sources {
        let module = source.module();
        if !KNOW_NO_OBJECT.contains(&module) {
            continue;
        }
        for (line, used) in source.uses(&re_exports) {
            if used == "objects" {
                faults.push(format!("{}:{line}: uses `crate::objects`", source.path()));
            }
        }
        for object in &objects {
            let is_homonym = HOMONYMS
                .iter()
                .any(|(at, name, _)| *at == module && name == object);
            if !is_homonym {
                let lines = source.lines_naming(object);
                faults.extend(
                    lines
                        .iter()
                        .map(|line| format!("{}:{line}: names `{object}`", source.path())),
                );
            }
        }
    }
    report("places below the rules that know an object type", &faults);
}

#[test]
fn every_dependency_has_a_licence_that_may_go_anywhere() {
    let denied = denied();
    let mut faults = Vec::new();
    for package in metadata()["packages"].as_array().unwrap() {
        let name = text(&package["name"]);
        let mut acceptable: Vec<&str> = texts(&denied["licenses"]["allow"]);
        for exception in denied["licenses"]["exceptions"].as_array().unwrap() {
            if exception["crate"] == name {
                acceptable.extend(texts(&exception["allow"]));
            }
        }
        let name = format!("{name} {}", text(&package["version"]));
        let licence = package["license"].as_str();
        match licence.map(|licence| licence::is_met_by(&acceptable, licence)) {
            Some(Ok(true)) => {}
            Some(Ok(false)) => faults.push(format!("{name}: {}", text(&package["license"]))),
            Some(Err(error)) => faults.push(format!("{name}: {error}")),
            None => faults.push(format!("{name}: names no licence")),
        }
    }
    report(
        "dependencies whose licence is not on the list (deny.toml)",
        &faults,
    );
}

#[test]
fn the_core_has_each_dependency_once() {
    let tree = cargo(&[
        "tree",
        "-p",
        "crm-core",
        "-e",
        "normal,no-proc-macro",
        "--prefix",
        "none",
    ]);
    let mut versions: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for line in tree.lines() {
        let mut words = line.split_whitespace();
        if let (Some(name), Some(version)) = (words.next(), words.next()) {
            versions.entry(name).or_default().insert(version);
        }
    }
    assert!(
        versions.contains_key("serde"),
        "the tree is not read: {tree}"
    );
    let denied = denied();
    let skipped = denied["bans"]["skip"].as_array().unwrap().iter();
    let skipped: BTreeSet<&str> = skipped
        .filter_map(|skipped| text(&skipped["crate"]).split('@').next())
        .collect();
    let twice = versions
        .iter()
        .filter(|(name, versions)| versions.len() > 1 && !skipped.contains(*name));
    let twice: Vec<String> = twice
        .map(|(name, versions)| format!("{name}: {versions:?}"))
        .collect();
    report("crates of two versions", &twice);
}

#[test]
fn every_dependency_is_accounted_for_and_builds_with_the_oldest_rust() {
    let table = fs::read_to_string(root().join("DEPENDENCIES.md")).unwrap();
    let first_cells = table.lines().filter_map(|line| line.split('|').nth(1));
    let listed: BTreeSet<&str> = first_cells
        .flat_map(|cell| cell.split([' ', ',']))
        .collect();
    let metadata = metadata();
    let packages = metadata["packages"].as_array().unwrap();
    let ours: Vec<&Value> = packages
        .iter()
        .filter(|package| package["source"].is_null())
        .collect();
    assert!(ours.len() > 5, "our own crates are not found");
    let oldest = version(text(&ours[0]["rust_version"]));
    let mut faults = Vec::new();
    for package in &ours {
        for dependency in package["dependencies"].as_array().unwrap() {
            let name = text(&dependency["name"]);
            if dependency["path"].is_null() && !listed.contains(name) {
                faults.push(format!(
                    "{name}, of {}: not in DEPENDENCIES.md",
                    text(&package["name"])
                ));
            }
        }
    }
    for package in packages {
        let needed = package["rust_version"].as_str().unwrap_or_default();
        if version(needed) > oldest {
            faults.push(format!("{} needs Rust {needed}", text(&package["name"])));
        }
    }
    report("dependencies", &faults);
}

/// The numbers of a version.
fn version(text: &str) -> Vec<u32> {
    text.split('.')
        .filter_map(|part| part.parse().ok())
        .collect()
}

#[test]
fn the_core_has_no_c_code() {
    // `cargo tree` knows which features are on; the resolution of `cargo metadata` is coarser.
    let tree = cargo(&[
        "tree",
        "-p",
        "crm-core",
        "-e",
        "normal,build",
        "--target",
        "all",
        "--prefix",
        "none",
        "--format",
        "{p}",
    ]);
    let links: BTreeMap<String, bool> = metadata()["packages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|package| {
            (
                text(&package["name"]).to_owned(),
                !package["links"].is_null(),
            )
        })
        .collect();
    let mut faults = Vec::new();
    let mut names: Vec<&str> = tree
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    names.sort_unstable();
    names.dedup();
    assert!(names.contains(&"serde"), "the tree is not read: {tree}");
    for name in names {
        // These declare the functions of the system that are there anyway; they compile nothing.
        let declares = matches!(name, "libc" | "linux-raw-sys" | "windows-sys");
        let is_foreign = !declares && (name.ends_with("-sys") || links.get(name) == Some(&true));
        let builds_c = matches!(name, "cc" | "cmake" | "bindgen" | "pkg-config");
        if is_foreign || builds_c {
            faults.push(name.to_owned());
        }
    }
    report("dependencies of crm-core with C code", &faults);
}

#[test]
fn the_core_forbids_unsafe_code() {
    let lib = fs::read_to_string(root().join("crm-core/src/lib.rs")).unwrap();
    assert!(
        lib.lines().any(|line| line == "#![forbid(unsafe_code)]"),
        "crm-core/src/lib.rs must have `#![forbid(unsafe_code)]`"
    );
}

#[test]
fn nothing_is_left_half_done() {
    let mut faults = Vec::new();
    for source in all_sources() {
        for name in ["todo!", "unimplemented!", "dbg!", "#[ignore"] {
            for line in source.lines_with(name) {
                faults.push(format!("{}:{line}: {name}", source.path()));
            }
        }
        for word in ["TODO", "FIXME"] {
            for line in source.comment_lines_with(word) {
                faults.push(format!("{}:{line}: {word}", source.path()));
            }
        }
        let lines = source.line_count();
        if lines > LINES_MAX {
            faults.push(format!(
                "{}: {lines} lines, and at most {LINES_MAX} are read in one go",
                source.path()
            ));
        }
    }
    report("half-done or over-long files", &faults);
}

#[test]
fn the_readme_begins_with_two_commands_that_work() {
    let readme = fs::read_to_string(root().join("README.md"))
        .unwrap_or_else(|error| panic!("README.md: {error}"));
    let blocks = command_blocks(&readme);
    let [first, second, ..] = blocks.as_slice() else {
        panic!(
            "README.md needs two fenced command blocks, and has {}",
            blocks.len()
        );
    };
    assert!(
        first.contains("cargo run --release"),
        "the first command of README.md runs the quickstart, not: {first}"
    );
    assert!(
        second.contains("tests/run"),
        "the second command of README.md is the test command, not: {second}"
    );
    for command in ["tests/run", ".ci/run"] {
        assert_executable(command);
    }
}

/// The contents of the fenced blocks that are marked as commands.
fn command_blocks(markdown: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut open: Option<(bool, String)> = None;
    for line in markdown.lines() {
        match (&mut open, line.strip_prefix("```")) {
            (None, Some(language)) => {
                let is_command = matches!(language.trim(), "sh" | "bash" | "shell" | "console");
                open = Some((is_command, String::new()));
            }
            (Some((_, content)), None) => content.push_str(&format!("{line}\n")),
            (Some(_), Some(_)) => {
                if let Some((true, content)) = open.take() {
                    blocks.push(content);
                }
                open = None;
            }
            (None, None) => {}
        }
    }
    blocks
}

#[cfg(unix)]
fn assert_executable(path: &str) {
    use std::os::unix::fs::PermissionsExt;
    let metadata =
        fs::metadata(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
    assert!(
        metadata.permissions().mode() & 0o111 != 0,
        "{path} is not executable"
    );
}

#[cfg(not(unix))]
fn assert_executable(path: &str) {
    assert!(root().join(path).exists(), "{path} is missing");
}

/// Fails with one line for each fault.
fn report(what: &str, faults: &[String]) {
    assert!(faults.is_empty(), "\n{what}:\n  {}\n", faults.join("\n  "));
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_owned()
}

/// The sources of the engine; their paths are relative to `crm-core/src`.
fn core_sources() -> Vec<Source> {
    source::read_all(&root().join("crm-core/src"))
}

fn all_sources() -> Vec<Source> {
    source::read_all(&root())
}

/// What `lib.rs` gives a shorter path: `crate::Error` is of `error`.
fn re_exports(sources: &[Source]) -> BTreeMap<String, String> {
    let lib = sources.iter().find(|source| source.path() == "lib.rs");
    lib.unwrap().re_exports()
}

fn place_of(module: &str) -> Option<usize> {
    LAYERS.iter().position(|layer| layer.contains(&module))
}

/// What dependencies must keep to.
fn denied() -> Value {
    let file = fs::read_to_string(root().join("deny.toml")).unwrap();
    toml::from_str(&file).unwrap()
}

fn texts(values: &Value) -> Vec<&str> {
    values.as_array().unwrap().iter().map(text).collect()
}

fn metadata() -> Value {
    serde_json::from_str(&cargo(&["metadata", "--format-version", "1"])).unwrap()
}

/// Runs cargo without the network, and with it if some crate (of another platform) is not here yet.
fn cargo(arguments: &[&str]) -> String {
    let run = |network: &[&str]| {
        Command::new(env!("CARGO"))
            .current_dir(root())
            .args(arguments)
            .args(network)
            .output()
            .unwrap()
    };
    let mut output = run(&["--offline"]);
    if !output.status.success() {
        output = run(&[]);
    }
    assert!(
        output.status.success(),
        "cargo {}: {}",
        arguments.join(" "),
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
