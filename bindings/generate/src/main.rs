//! Writes the part of each host's interface that follows from declarations: of the standard objects constants and typed
//! classes, of the operations typed functions, what runners do for them, and the page of all; documentation with each.
//!
//! ```sh
//! cargo run -p crm-generate                       # writes all that is checked in
//! cargo run -p crm-generate -- --check            # fails if a file there is not what it would write
//! cargo run -p crm-generate -- c                  # writes a host's files into bindings/
//! cargo run -p crm-generate -- c --out DIR        # … below DIR
//! ```
//!
//! A host is a module here, with a function that makes its files from the [`Model`]; what it has of the operations is a
//! module beside it. A further operation changes none of them.

mod c;
mod c_operations;
mod c_runner;
mod cpp;
mod cpp_forms;
mod cpp_operations;
mod header;
mod kotlin;
mod kotlin_operations;
mod model;
mod operations;
mod page;
mod python;
mod python_operations;
mod swift;
mod swift_operations;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{env, fs, io};

use model::{File, Model};

type Files = fn(&Model) -> Result<Vec<File>, String>;

/// The hosts, the folder of each below `bindings/`, and what makes its files.
const HOSTS: &[(&str, &str, Files)] = &[
    ("c", "c/include", c::files),
    ("c-runner", "c/tests/conformance", |_| c_runner::files()),
    ("cpp", "c/include", cpp::files),
    (
        "kotlin",
        "kotlin/crm-kotlin/target/generated-sources/objects",
        kotlin::files,
    ),
    ("operations", "", |_| page::files()),
    ("python", "python/src/crm", python::files),
    ("swift", "swift/Sources/CrmCore/Generated", swift::files),
    (
        "swift-runner",
        "swift/Conformance/Generated",
        swift_operations::scenarios,
    ),
];

/// Those whose files are in the repository; the others are made when the package of their host is built.
const CHECKED_IN: &[&str] = &["c", "c-runner", "cpp", "operations"];

fn main() -> ExitCode {
    match run(env::args().skip(1).collect()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("crm-generate: {message}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Vec<String>) -> Result<(), String> {
    let hosts: Vec<&str> = HOSTS.iter().map(|(name, ..)| *name).collect();
    let usage = format!(
        "usage: crm-generate [{}] [--out DIR] [--check]",
        hosts.join("|")
    );
    let mut arguments = arguments.into_iter().peekable();
    let host = arguments.next_if(|argument| !argument.starts_with("--"));
    let (mut out, mut check) = (None, false);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--check" => check = true,
            "--out" => out = Some(arguments.next().ok_or_else(|| usage.clone())?),
            _ => return Err(usage),
        }
    }
    let chosen = match &host {
        Some(host) => vec![host.as_str()],
        None => CHECKED_IN.to_vec(),
    };
    let model = Model::standard()?;
    for name in chosen {
        let host = HOSTS.iter().find(|(known, ..)| *known == name);
        let (_, folder, files) = host.ok_or_else(|| usage.clone())?;
        let out = match &out {
            Some(out) => PathBuf::from(out),
            None => model::repository().join("bindings").join(folder),
        };
        let files = files(&model)?;
        if check {
            compare(&out, &files)?;
        } else {
            write(&out, &files)?;
        }
    }
    Ok(())
}

fn write(out: &Path, files: &[File]) -> Result<(), String> {
    for file in files {
        let path = out.join(&file.path);
        let failed = |error: io::Error| format!("{}: {error}", path.display());
        fs::create_dir_all(path.parent().unwrap_or(out)).map_err(failed)?;
        fs::write(&path, &file.text).map_err(failed)?;
        println!("{}", path.display());
    }
    Ok(())
}

fn compare(out: &Path, files: &[File]) -> Result<(), String> {
    let stale = files.iter().filter(|file| {
        let there = fs::read_to_string(out.join(&file.path));
        there.ok().as_ref() != Some(&file.text)
    });
    let stale: Vec<&str> = stale.map(|file| file.path.as_str()).collect();
    if stale.is_empty() {
        return Ok(());
    }
    Err(format!(
        "stale: {}; run `cargo run -p crm-generate`",
        stale.join(", ")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A declaration that one of the hosts cannot say is found here, and not when that host is built.
    #[test]
    fn every_host_can_be_made() {
        let made: Result<Vec<Vec<File>>, String> = Model::standard().and_then(|model| {
            let files = HOSTS
                .iter()
                .map(|(host, _, files)| files(&model).map_err(|error| format!("{host}: {error}")));
            files.collect()
        });
        let is_complete = made
            .as_ref()
            .is_ok_and(|hosts| hosts.iter().all(|files| !files.is_empty()));
        assert!(is_complete, "{:?}", made.err());
    }
}
