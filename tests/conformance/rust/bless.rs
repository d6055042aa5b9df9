//! Writing what comes out into the scenarios, in a form that a person reads.

use std::fs;
use std::path::Path;

use serde_json::{Value as Json, json};

use super::placeholder::Bound;
use super::run::{HOST, Report};
use super::scenario::{self, Scenario, Setup, Step};
use super::world::World;

/// Writes the expectations of every scenario of a folder, and of those in `files`, which share a file.
pub fn all(folder: &Path) -> Result<Report, String> {
    let mut report = Report::default();
    for path in scenario::files(folder)? {
        report.scenarios += file(&path, None)?;
    }
    let shared = tempfile::tempdir().map_err(|error| error.to_string())?;
    let database = shared.path().join("shared.crm");
    for name in ["write", "verify"] {
        let path = folder.join(format!("files/{name}.json"));
        report.scenarios += file(&path, Some(&database))?;
    }
    Ok(report)
}

/// Writes the expectations of a file of scenarios, which have a database of their own or this one.
fn file(path: &Path, database: Option<&Path>) -> Result<usize, String> {
    let mut scenarios = scenario::load(path)?;
    let mut count = 0;
    for scenario in &mut scenarios {
        if scenario.without.iter().any(|host| host == HOST) {
            continue;
        }
        count += 1;
        let setup = match database {
            Some(database) => Some(Setup::on_file(database)),
            None => scenario.setup.clone(),
        };
        bless(scenario, setup.as_ref())
            .map_err(|error| format!("{}: {}: {error}", path.display(), scenario.name))?;
    }
    fs::write(path, text(&scenarios)?).map_err(|error| error.to_string())?;
    Ok(count)
}

fn bless(scenario: &mut Scenario, setup: Option<&Setup>) -> Result<(), String> {
    let dir = tempfile::tempdir().map_err(|error| error.to_string())?;
    let mut world = World::new(setup, dir.path()).map_err(|failure| format!("{failure:?}"))?;
    for (at, step) in scenario.steps.iter_mut().enumerate() {
        // A step's own result has no name yet in what it is to return.
        let before = world.bound().clone();
        let got = world
            .step(step)
            .map_err(|mistake| format!("step {at} ({}): {mistake}", step.op))?;
        step.expect = with_placeholders(&got, &before);
    }
    Ok(())
}

/// A result with the names of earlier references and of the folder in place of their text.
fn with_placeholders(value: &Json, bound: &Bound) -> Json {
    if let Some((name, _)) = references(bound).find(|(_, reference)| *reference == value) {
        return json!(format!("${{{name}}}"));
    }
    match value {
        Json::String(text) => {
            let mut text = text.clone();
            for (name, reference) in references(bound) {
                if let Some(id) = reference.get("id").and_then(Json::as_str) {
                    text = text.replace(id, &format!("${{{name}.id}}"));
                }
            }
            if let Some(dir) = bound.get("dir").and_then(Json::as_str) {
                text = text.replace(dir, "${dir}");
            }
            text.into()
        }
        Json::Array(all) => all
            .iter()
            .map(|value| with_placeholders(value, bound))
            .collect(),
        Json::Object(members) => members
            .iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(name, value)| (name.clone(), with_placeholders(value, bound)))
            .collect(),
        other => other.clone(),
    }
}

fn references(bound: &Bound) -> impl Iterator<Item = (&String, &Json)> {
    bound.iter().filter(|(_, value)| {
        let members = value.as_object();
        members.is_some_and(|members| {
            members.len() == 2 && members.contains_key("object") && members.contains_key("id")
        })
    })
}

/// A file of scenarios: each step on a line, and what comes of it on the next.
fn text(scenarios: &[Scenario]) -> Result<String, String> {
    let mut out = String::from("[\n");
    for (at, scenario) in scenarios.iter().enumerate() {
        out += "  {\n";
        out += &format!("    \"name\": {},\n", json!(scenario.name));
        out += &format!("    \"covers\": {},\n", json!(scenario.covers));
        if let Some(setup) = &scenario.setup {
            out += &format!("    \"setup\": {},\n", compact(setup)?);
        }
        if !scenario.without.is_empty() {
            out += &format!("    \"without\": {},\n", json!(scenario.without));
        }
        out += "    \"steps\": [\n";
        for (at, step) in scenario.steps.iter().enumerate() {
            out += &step_text(step)?;
            out += if at + 1 < scenario.steps.len() {
                ",\n"
            } else {
                "\n"
            };
        }
        out += "    ]\n";
        out += if at + 1 < scenarios.len() {
            "  },\n"
        } else {
            "  }\n"
        };
    }
    Ok(out + "]\n")
}

fn step_text(step: &Step) -> Result<String, String> {
    let mut members = Vec::new();
    if let Some(on) = &step.on {
        members.push(format!("\"on\": {}", json!(on)));
    }
    members.push(format!("\"op\": {}", json!(step.op)));
    if !step.args.is_empty() {
        members.push(format!("\"args\": {}", compact(&step.args)?));
    }
    if let Some(listener) = &step.listener {
        members.push(format!("\"listener\": {}", compact(listener)?));
    }
    if let Some(name) = &step.name {
        members.push(format!("\"as\": {}", json!(name)));
    }
    if let Some(pick) = &step.pick {
        members.push(format!("\"pick\": {}", json!(pick)));
    }
    Ok(format!(
        "      {{{},\n       \"expect\": {}}}",
        members.join(", "),
        compact(&step.expect)?
    ))
}

fn compact(value: &impl serde::Serialize) -> Result<String, String> {
    serde_json::to_string(value).map_err(|error| error.to_string())
}
