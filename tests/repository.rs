//! What must hold for the repository as a whole: the order of the layers, the licences of the dependencies,
//! and the habits that no compiler checks.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failed test should stop at the line"
)]

mod dependencies;
mod licence;
mod promises;
mod source;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use crm_core::schema::FieldType;
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
    &["access"],
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
        "operation/mod.rs",
        "operations",
        "an operation is found in the list of all of them",
    ),
];

/// The first law: below the rules, objects are known from the schema alone.
const KNOW_NO_OBJECT: &[&str] = &[
    "value", "store", "schema", "record", "expr", "search", "engine", "access", "query",
];

/// Names of the engine that a standard object happens to have, too, as (module, name, what it is there).
const HOMONYMS: &[(&str, &str, &str)] = &[
    ("schema", "Email", "a type of fields"),
    ("schema", "Document", "a role"),
    ("schema", "ExchangeRate", "a role"),
    ("schema", "Rule", "a role"),
    ("schema", "RuleRun", "a role"),
    ("schema", "Tag", "a role"),
    ("expr", "Call", "the call of a function"),
    ("search", "Document", "the words of a record"),
    ("engine", "Document", "`search::Document`"),
    ("engine", "Reminder", "a kind of due work"),
    ("engine", "Rule", "a right"),
];

/// Ways past a lens above it, as (file or folder, way, why). Each answers to nobody, or hands nothing on.
const PAST_THE_LENS: &[(&str, &str, &str)] = &[
    ("api/backup.rs", "EngineLens", "a backup has everything"),
    ("api/backup.rs", ".snapshot", "files that nobody has opened"),
    (
        "api/card.rs",
        "EngineLens",
        "a card's place is one between all cards",
    ),
    (
        "api/maintain.rs",
        "EngineLens",
        "which keys are too old to be kept",
    ),
    (
        "api/open.rs",
        "EngineLens",
        "whether a file is of this version",
    ),
    (
        "api/open.rs",
        ".snapshot",
        "a file that nobody has opened yet",
    ),
    (
        "api/salvage.rs",
        ".snapshot",
        "a file that nobody has opened yet",
    ),
    (
        "api/work_ahead.rs",
        "EngineLens",
        "when something is due, whatever it is",
    ),
    (
        "api/work_ahead.rs",
        "work.live_record",
        "the message that is changed",
    ),
    (
        "api/work_ahead.rs",
        "work.find_unique",
        "the address that is changed",
    ),
    (
        "exchange/csv/row/read.rs",
        "work.live_record",
        "the record that a row changes, whole",
    ),
    (
        "exchange/csv/row/write.rs",
        "work.live_record",
        "the record that a row changes, whole",
    ),
    ("query", ".stored", "the bytes of a value in a dictionary"),
    ("rules", "EngineLens", "rules act for the system"),
    ("rules", "work.read", "what waits in the due queue"),
    (
        "rules",
        "store::Read",
        "rules are read when the engine loads its state",
    ),
    ("rules", "work.record", "rules act for the system"),
    ("rules", "work.live_record", "rules act for the system"),
    ("rules", "work.find_unique", "rules act for the system"),
];

/// Words of the engine that a field of a standard object happens to be called, too, as (module, word, what it is there).
const WORDS: &[(&str, &str, &str)] = &[
    ("value", "amount", "a part of money in JSON"),
    ("value", "currency", "a part of money in JSON"),
    ("value", "object", "a part of a reference in JSON"),
    ("store", "record", "a key space"),
    (
        "schema",
        "owner",
        "the one field that every object may have, known by its name",
    ),
    ("expr", "amount", "a part of money"),
    ("expr", "currency", "a part of money"),
    ("expr", "from", "a word of SQL"),
    ("expr", "order", "a word of SQL"),
    ("engine", "created", "a kind of change"),
    ("engine", "updated", "a kind of change"),
    ("engine", "unchanged", "a kind of outcome"),
    ("engine", "operation", "the cause of a change"),
    ("query", "column", "what a board's fault is about"),
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

/// The steps of a save stand on the transaction, and it on none of them.
#[test]
fn the_transaction_knows_no_step() {
    let file = fs::read_to_string(root().join("crm-core/src/engine/tx.rs")).unwrap();
    let is_path = |line: &&str| line.contains("super::") || line.contains("engine::");
    let siblings: Vec<&str> = file.lines().filter(is_path).collect();
    assert_eq!(siblings, ["use super::{Host, Origin};"]);
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

/// Whatever leaves the engine goes through the lens of who asks for it (`access/mod.rs`), so that what he may not see
/// stays inside, whichever way he takes.
#[test]
fn nothing_reads_past_the_lens() {
    let lens = place_of("access").unwrap();
    let mut needed = BTreeSet::new();
    let mut faults = Vec::new();
    for source in &core_sources() {
        if place_of(source.module()).is_none_or(|place| place <= lens) {
            continue;
        }
        for (line, way) in ways_past_the_lens(source) {
            let known = PAST_THE_LENS.iter().position(|(place, of, _)| {
                (*place == source.path() || *place == source.module()) && *of == way
            });
            match known {
                Some(known) => drop(needed.insert(known)),
                None => faults.push(format!(
                    "{}:{line}: `{way}` reads what is stored past the lens of who asks. Read through `access::Lens`; \
                     if nobody is answered, say so in PAST_THE_LENS",
                    source.path()
                )),
            }
        }
    }
    for (at, (place, way, _)) in PAST_THE_LENS.iter().enumerate() {
        if !needed.contains(&at) {
            faults.push(format!("PAST_THE_LENS: {place} has no `{way}`"));
        }
    }
    report("ways past the lens", &faults);
}

/// What reads, or leads to what reads, without regard to who asks; each with its line.
fn ways_past_the_lens(source: &Source) -> Vec<(usize, &'static str)> {
    let mut found = Vec::new();
    for (module, name, way) in [
        ("engine", "read", "engine::read"),
        ("store", "Read", "store::Read"),
        ("store", "Snapshot", "store::Snapshot"),
    ] {
        let names = source.names_of(module).into_iter();
        let lines = names.filter(|(_, used)| used == name);
        found.extend(lines.map(|(line, _)| (line, way)));
    }
    for (member, way) in [("snapshot", ".snapshot"), ("stored", ".stored")] {
        let lines = source.lines_with_member(member).into_iter();
        found.extend(lines.map(|line| (line, way)));
    }
    for (call, way) in [
        ("work.read()", "work.read"),
        ("work.record(", "work.record"),
        ("work.live_record(", "work.live_record"),
        ("work.find_by(", "work.find_by"),
        ("work.find_unique(", "work.find_unique"),
    ] {
        let lines = source.lines_with(call).into_iter();
        found.extend(lines.map(|line| (line, way)));
    }
    let lines = source.lines_naming("EngineLens").into_iter();
    found.extend(lines.map(|line| (line, "EngineLens")));
    found
}

/// What the engine reads of a standard object is the part of a role, or of a board, or the like.
#[test]
fn the_engine_knows_no_field() {
    let crm = crm_core::Crm::in_memory().unwrap();
    let catalog = crm.catalog();
    let fields = catalog.objects().iter().flat_map(|object| &object.fields);
    let declared = fields.filter(|field| field.id < crm_core::schema::system::FIRST);
    let names: BTreeSet<&str> = declared.map(|field| field.name.as_str()).collect();
    let types: Vec<&str> = FieldType::ALL.iter().map(|ty| ty.name()).collect();
    let mut faults: Vec<String> = Vec::new();
    let mut needed: BTreeSet<&(&str, &str, &str)> = BTreeSet::new();
    for source in core_sources() {
        let module = source.module();
        if !KNOW_NO_OBJECT.contains(&module) || source.path().contains("/tests/") {
            continue;
        }
        for (line, text) in source.texts() {
            let word = WORDS
                .iter()
                .find(|(at, word, _)| *at == module && *word == text);
            needed.extend(word);
            if names.contains(text) && !types.contains(&text) && word.is_none() {
                faults.push(format!("{}:{line}: names `{text}`", source.path()));
            }
        }
    }
    let unneeded = WORDS.iter().filter(|word| !needed.contains(word));
    faults.extend(unneeded.map(|(module, word, _)| format!("WORDS: `{module}` has no `{word}`")));
    report(
        "places below the rules that know a field of an object",
        &faults,
    );
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

/// A file that no `mod` names is not compiled, and Cargo says nothing.
#[test]
fn no_test_is_left_out_of_the_program_of_its_folder() {
    let sources = all_sources();
    let files: Vec<(&Path, &Source)> = sources
        .iter()
        .map(|source| (Path::new(source.path()), source))
        .collect();
    let mut programs = 0;
    let mut faults = Vec::new();
    for (main, program) in &files {
        let folder = main.parent().unwrap();
        if !main.ends_with("main.rs") || !folder.parent().is_some_and(|p| p.ends_with("tests")) {
            continue;
        }
        programs += 1;
        for (file, _) in &files {
            let module = file.file_stem().unwrap().to_str().unwrap();
            let is_named = !program.lines_with(&format!("mod {module};")).is_empty();
            if file.parent() == Some(folder) && file != main && !is_named {
                faults.push(format!("{}: not in main.rs", file.display()));
            }
        }
    }
    assert!(programs > 8, "the programs of tests are not found");
    report("files of tests that are not compiled", &faults);
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
