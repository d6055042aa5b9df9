//! What the engine stands on: licences, versions, and no C.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::process::Command;

use serde_json::Value;

use super::{licence, report, root};

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
