//! Running scenarios and comparing.

use std::path::Path;

use serde_json::json;

use super::canonical;
use super::scenario::{self, Scenario, Setup};
use super::world::World;

/// The name of this host.
pub const HOST: &str = "rust";

/// What came of it.
#[derive(Default)]
pub struct Report {
    pub scenarios: usize,
    pub differences: Vec<String>,
}

/// Runs every scenario of a folder.
pub fn all(folder: &Path) -> Result<Report, String> {
    let mut report = Report::default();
    for path in scenario::files(folder)? {
        let topic = topic(&path);
        for scenario in scenario::load(&path)? {
            if scenario.without.iter().any(|host| host == HOST) {
                continue;
            }
            report.scenarios += 1;
            report.differences.extend(compare(&topic, &scenario)?);
        }
    }
    Ok(report)
}

/// Runs the one scenario of `path` on a file.
pub fn on_file(path: &Path, file: &str) -> Result<Report, String> {
    let mut report = Report::default();
    for mut scenario in scenario::load(path)? {
        scenario.setup = Some(Setup::on_file(Path::new(file)));
        report.scenarios += 1;
        report.differences.extend(compare(&topic(path), &scenario)?);
    }
    Ok(report)
}

/// The name of a file of scenarios.
pub fn topic(path: &Path) -> String {
    let stem = path.file_stem().unwrap_or_default();
    stem.to_string_lossy().into_owned()
}

/// Runs a scenario; the steps that did not return what they should.
fn compare(topic: &str, scenario: &Scenario) -> Result<Vec<String>, String> {
    let place = format!("{topic}: {}", scenario.name);
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let mut world = World::new(scenario.setup.as_ref(), folder.path())
        .map_err(|failure| format!("{place}: {failure:?}"))?;
    let mut differences = Vec::new();
    for (at, step) in scenario.steps.iter().enumerate() {
        let wrong = |mistake: String| format!("{place}: step {at} ({}): {mistake}", step.op);
        let expected = world.expected(step).map_err(wrong)?;
        let got = world.step(step).map_err(wrong)?;
        let (expected, got) = (canonical::text(&expected), canonical::text(&json!(got)));
        if expected != got {
            differences.push(format!(
                "{place}: step {at} ({})\n  expected {expected}\n  got      {got}",
                step.op
            ));
        }
    }
    Ok(differences)
}
