//! Nothing of the interface is without a scenario: every operation and every error code is in one, and what the
//! engine offers in Rust is offered to the other hosts.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failed test should stop at the line"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crm_core::Code;
use crm_core::operation::Operation;
use serde_json::Value;

const HOSTS: &[&str] = &["rust", "c", "python", "kotlin", "swift"];

/// Exported functions that no step names, and what stands for them.
const WITHOUT_STEP: &[(&str, &str)] = &[
    ("new", "every scenario has a manual clock"),
    ("live_objects", "every runner asks for it at its end"),
    ("call", "every declared operation goes through it"),
    (
        "call_followed",
        "every declared operation that can be followed goes through it",
    ),
    (
        "operations_digest",
        "each host's layer compares it when it is loaded",
    ),
    ("on_commit", "it calls back; every host has a test of it"),
];

/// Error codes that no call on a sound file brings about, and why. `error_code` has a step for each.
const WITHOUT_ERROR: &[(&str, &str)] = &[
    ("rule_depth", "it stands in the record of the rule's run"),
    ("conflict", "only a storage of a host's own has conflicts"),
    ("newer_format", "there is no later version yet"),
    ("needs_reopen", "it takes a disk that fails"),
];

/// What `crm-core` offers in Rust under another name than the hosts have, or to Rust alone.
const IN_RUST: &[(&str, &str)] = &[
    ("get", "get, with a type"),
    ("get_record", "get"),
    ("change_and_read", "create_record"),
    ("update_record", "update"),
    ("update_from", "update, with the version that was read"),
    ("list", "find, with a type"),
    ("list_all", "find_all, with a type"),
    ("catalog", "schema"),
    ("close", "shutdown"),
    ("stopper", "stop"),
    ("options", "the options of opening"),
];

/// `crm-core` has these as functions and values, which the hosts have as operations.
const IN_HOSTS: &[(&str, &str)] = &[
    ("call", "Operation::call"),
    ("call_followed", "Operation::call"),
    ("operations_digest", "operation::digest"),
    ("shutdown", "Session::close"),
    ("json", "record_to_json"),
    ("create_json", "fields_from_json"),
    ("update_json", "fields_from_json"),
    ("import_csv_file", "import_csv of a file"),
    ("export_csv_file", "export_csv to a file"),
    ("import_options_from_json", "ImportOptions::from_json"),
    ("schema", "Session::catalog"),
    ("schema_version", "Catalog::version"),
    ("next_page", "Rows"),
    ("error_code", "Error::code"),
    ("restore_backup", "Crm::restore"),
    ("live_objects", "in Rust, who owns what is dropped"),
    ("new", "ManualClock::new"),
    ("set", "ManualClock::set"),
    ("advance", "ManualClock::advance"),
    ("cancel", "Cancel::cancel"),
    ("is_cancelled", "Cancel::is_cancelled"),
];

#[test]
fn every_exported_operation_is_in_a_scenario() {
    let exempt = WITHOUT_STEP.iter().map(|(name, _)| (*name).to_owned());
    let mut known: BTreeSet<String> = steps().into_iter().map(|step| step.op).collect();
    known.extend(exempt);
    let exported = exported();
    assert!(exported.len() > 80, "the interface is read: {exported:?}");
    let missing: Vec<_> = exported.difference(&known).collect();
    assert!(
        missing.is_empty(),
        "operations without a scenario: {missing:?}"
    );
}

/// Errors that an operation names and no scenario brings about, and why.
const WITHOUT_ERROR_OF: &[(&str, &str)] = &[("full", "it takes a disk that is full")];

#[test]
fn every_error_that_an_operation_names_is_in_a_scenario_of_it() {
    let steps = steps();
    for operation in Operation::all() {
        let name = operation.full_name();
        let mut raised = BTreeSet::new();
        let own = steps.iter().filter(|step| step.op == name);
        own.for_each(|step| step.error(&mut raised));
        let named = operation.errors().into_iter().map(|code| code.name());
        let missing: Vec<_> = named
            .filter(|code| WITHOUT_ERROR_OF.iter().all(|(exempt, _)| exempt != code))
            .filter(|code| !raised.contains(*code))
            .collect();
        assert!(
            missing.is_empty(),
            "no scenario of `{name}` fails with {missing:?}"
        );
    }
}

#[test]
fn every_error_code_is_in_a_scenario() {
    let mut raised = BTreeSet::new();
    let mut coded = BTreeSet::new();
    for step in steps() {
        if step.op == "error_code" {
            coded.extend(
                step.expect
                    .get("name")
                    .and_then(Value::as_str)
                    .map(str::to_owned),
            );
        }
        errors(&step.expect, &mut raised);
    }
    let exempt: BTreeMap<&str, &str> = WITHOUT_ERROR.iter().copied().collect();
    for name in Code::ALL.iter().map(|code| code.name()).chain(["callback"]) {
        assert!(
            coded.contains(name),
            "`error_code` has no step for `{name}`"
        );
        let in_scenario = raised.contains(name);
        let is_exempt = exempt.contains_key(name);
        assert!(in_scenario || is_exempt, "no scenario returns `{name}`");
        assert!(!(in_scenario && is_exempt), "`{name}` is needlessly exempt");
    }
}

#[test]
fn the_hosts_have_what_rust_has() {
    let exported = exported();
    let in_rust: BTreeMap<&str, &str> = IN_RUST.iter().copied().collect();
    let engine = engine();
    assert!(engine.len() > 60, "the engine is read: {engine:?}");
    let missing: Vec<_> = engine
        .iter()
        .filter(|name| !exported.contains(*name) && !in_rust.contains_key(name.as_str()))
        .collect();
    assert!(missing.is_empty(), "the hosts do not have {missing:?}");
    let in_hosts: BTreeMap<&str, &str> = IN_HOSTS.iter().copied().collect();
    let unknown: Vec<_> = exported
        .iter()
        .filter(|name| !engine.contains(*name) && !in_hosts.contains_key(name.as_str()))
        .collect();
    assert!(unknown.is_empty(), "the engine does not have {unknown:?}");
    for name in in_rust.keys() {
        assert!(engine.contains(*name), "`{name}` is needlessly exempt");
    }
    for name in in_hosts.keys() {
        assert!(exported.contains(*name), "`{name}` is needlessly exempt");
        assert!(!engine.contains(*name), "`{name}` is needlessly exempt");
    }
}

#[test]
fn there_are_enough_scenarios_and_each_has_a_name() {
    let mut names = BTreeSet::new();
    for (file, scenarios) in files() {
        for scenario in scenarios {
            let name = scenario["name"].as_str().unwrap().to_owned();
            assert!(
                names.insert((file.clone(), name.clone())),
                "{file}: {name} twice"
            );
            for host in scenario["without"].as_array().into_iter().flatten() {
                let host = host.as_str().unwrap();
                assert!(HOSTS.contains(&host), "{file}: {name}: {host}");
            }
            assert!(
                !scenario["covers"].as_str().unwrap().is_empty(),
                "{file}: {name}"
            );
        }
    }
    assert!(names.len() >= 150, "{} scenarios", names.len());
}

#[test]
fn every_scenario_returns_in_rust_what_it_says() {
    run(&[]);
}

#[test]
fn a_file_is_written_and_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("shared.crm");
    run(&["--write", file.to_str().unwrap()]);
    run(&["--verify", file.to_str().unwrap()]);
}

fn run(arguments: &[&str]) {
    let output = Command::new(env!("CARGO_BIN_EXE_conformance"))
        .args(arguments)
        .output()
        .unwrap();
    let (out, err) = (output.stdout, output.stderr);
    let shown = String::from_utf8_lossy(&out).into_owned() + &String::from_utf8_lossy(&err);
    assert!(output.status.success(), "{shown}");
}

/// A step of a scenario, those within threads and listeners too.
struct Step {
    op: String,
    expect: Value,
    /// What of the result is expected.
    pick: String,
}

impl Step {
    /// The type of the error that it expects, if it does.
    fn error(&self, found: &mut BTreeSet<String>) {
        match (self.pick.as_str(), self.expect.as_str()) {
            ("error.type", Some(name)) => {
                found.insert(name.to_owned());
            }
            _ => errors(&self.expect, found),
        }
    }
}

fn steps() -> Vec<Step> {
    fn add(step: &Value, all: &mut Vec<Step>) {
        all.push(Step {
            op: step["op"].as_str().unwrap().to_owned(),
            expect: step["expect"].clone(),
            pick: step["pick"].as_str().unwrap_or_default().to_owned(),
        });
        for inner in step["args"]["steps"].as_array().into_iter().flatten() {
            add(inner, all);
        }
        if let Some(call) = step["listener"].get("call") {
            add(call, all);
        }
    }
    let mut all = Vec::new();
    for scenario in files().into_values().flatten() {
        for step in scenario["steps"].as_array().unwrap() {
            add(step, &mut all);
        }
    }
    all
}

/// The types of the errors in an expectation.
fn errors(expect: &Value, found: &mut BTreeSet<String>) {
    match expect {
        Value::Object(members) => {
            if let Some(name) = members.get("error").and_then(|error| error.get("type")) {
                found.insert(name.as_str().unwrap().to_owned());
            }
            members.values().for_each(|value| errors(value, found));
        }
        Value::Array(all) => all.iter().for_each(|value| errors(value, found)),
        _ => {}
    }
}

fn files() -> BTreeMap<String, Vec<Value>> {
    let folder = root().join("tests/conformance");
    let json = sources(&folder, "json").into_iter();
    json.map(|path| {
        let text = fs::read_to_string(&path).unwrap();
        let name = path.strip_prefix(&folder).unwrap().display().to_string();
        (name, serde_json::from_str(&text).unwrap())
    })
    .collect()
}

/// The functions and methods that uniffi exports.
fn exported() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for path in sources(&root().join("crm-ffi/src/host"), "rs") {
        let text = fs::read_to_string(path).unwrap();
        let lines = text.lines().collect::<Vec<_>>();
        for (at, line) in lines.iter().enumerate() {
            if line.starts_with("#[uniffi::export") {
                let item = &lines[at + 1..];
                found.extend(match item[0].starts_with("impl ") {
                    true => methods(item),
                    false => function(item[0]).into_iter().collect(),
                });
            }
        }
    }
    // What is declared is exported by its number.
    found.extend(declared());
    found
}

fn declared() -> impl Iterator<Item = String> {
    Operation::all()
        .iter()
        .map(|operation| operation.full_name())
}

/// The public methods of an open database and of what it gives out.
fn engine() -> BTreeSet<String> {
    let blocks = [
        "impl Session {",
        "impl Crm {",
        "impl Subscription {",
        "impl Stopper {",
    ];
    let mut found = BTreeSet::new();
    for layer in ["api", "exchange"] {
        for path in sources(&root().join("crm-core/src").join(layer), "rs") {
            let text = fs::read_to_string(path).unwrap();
            let lines = text.lines().collect::<Vec<_>>();
            for (at, line) in lines.iter().enumerate() {
                if blocks.contains(line) {
                    found.extend(methods(&lines[at..]));
                }
            }
        }
    }
    found.extend(declared());
    found
}

/// The public methods of the block that begins here.
fn methods(lines: &[&str]) -> Vec<String> {
    let body = lines.iter().take_while(|line| **line != "}");
    body.filter_map(|line| function(line.strip_prefix("    ")?))
        .collect()
}

fn function(line: &str) -> Option<String> {
    let rest = line.strip_prefix("pub fn ")?;
    let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_'))?;
    Some(rest[..end].to_owned())
}

fn sources(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path, extension));
        } else if path.extension().is_some_and(|known| known == extension) {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_owned()
}
