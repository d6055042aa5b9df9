//! A copy of the workspace with all mutants in it, compiled.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::Deserialize;

use crate::Failed;
use crate::list::Mutant;
use crate::weave::{Woven, weave};

/// How often the compiler may complain of mutants before something else must be wrong.
const ROUNDS: usize = 20;

/// Which tests are built, and how.
pub struct Suite {
    pub packages: Vec<String>,
    pub profile: String,
}

/// The build that all mutants are tried with.
pub struct Build {
    /// The programs that have the tests, each with the folder of its package, where it runs.
    pub binaries: Vec<(PathBuf, PathBuf)>,
    /// Mutants that the compiler refuses.
    pub unviable: HashSet<usize>,
    /// Mutants that cannot be chosen at run time.
    pub left_out: HashSet<usize>,
}

/// Copies what git knows of `workspace` into `scratch`, writes the mutants into it, and builds the tests.
/// A second copy is what the compiler is asked about, so that the first changes, and is built anew, with the source only.
pub fn build(
    workspace: &Path,
    scratch: &Path,
    mutants: &[Mutant],
    suite: &Suite,
) -> Result<Build, Failed> {
    let (tree, tried) = (&scratch.join("tree"), &scratch.join("tried"));
    let mut files: BTreeMap<&Path, Vec<&Mutant>> = BTreeMap::new();
    for mutant in mutants {
        files.entry(&mutant.file).or_default().push(mutant);
    }
    for copy in [tree, tried] {
        copy_to(copy, workspace, &files)?;
    }
    // Cargo tells packages apart by their place in the workspace: in its own folder the engine would pass for built.
    let target = scratch.join("build");
    let mut unviable = HashSet::new();
    for round in 1..=ROUNDS {
        let woven = write(&files, workspace, tried, &unviable)?;
        let messages = cargo(tried, &target, &["check", "-p", "crm-core", "--lib"])?;
        let before = unviable.len();
        for error in messages.iter().filter_map(Message::error) {
            let blamed = error
                .spans
                .iter()
                .filter(|span| span.is_primary)
                .flat_map(|span| {
                    let file = woven
                        .iter()
                        .find(|(file, _)| Path::new(&span.file_name).ends_with(file));
                    file.map_or(&[][..], |(_, woven)| woven.blamed(&span.bytes()))
                });
            unviable.extend(blamed);
        }
        println!("round {round}: {} mutants do not compile", unviable.len());
        if unviable.len() > before {
            continue;
        }
        if let Some(error) = messages.iter().find_map(Message::error) {
            return Err(format!("not the fault of a mutant: {}", error.rendered).into());
        }
        let left_out = woven
            .iter()
            .flat_map(|(_, woven)| woven.left_out.iter().copied())
            .collect();
        write(&files, workspace, tree, &unviable)?;
        let mut command = vec![
            "test",
            "--lib",
            "--tests",
            "--no-run",
            "--profile",
            &suite.profile,
        ];
        command.extend(suite.packages.iter().flat_map(|package| ["-p", package]));
        let messages = cargo(tree, &target, &command)?;
        if let Some(error) = messages.iter().find_map(Message::error) {
            return Err(format!("the tests do not compile: {}", error.rendered).into());
        }
        let binaries = messages.into_iter().filter_map(Message::binary).collect();
        return Ok(Build {
            binaries,
            unviable,
            left_out,
        });
    }
    Err("the compiler does not come to an end of its complaints".into())
}

/// Copies what is not mutated. The lints are left out, which were not made for mutants, and the switch is added.
fn copy_to(
    tree: &Path,
    workspace: &Path,
    mutated: &BTreeMap<&Path, Vec<&Mutant>>,
) -> Result<(), Failed> {
    let mut git = Command::new("git");
    git.args([
        "ls-files",
        "-z",
        "--cached",
        "--others",
        "--exclude-standard",
    ])
    .current_dir(workspace);
    for file in String::from_utf8(git.output()?.stdout)?.split_terminator('\0') {
        let (from, to) = (workspace.join(file), tree.join(file));
        match file {
            "crm-core/Cargo.toml" => {
                let manifest = fs::read_to_string(from)?;
                place(
                    &to,
                    manifest
                        .replace("[lints]\nworkspace = true\n", "")
                        .as_bytes(),
                )?;
            }
            "crm-core/src/lib.rs" => {
                place(
                    &to,
                    format!("{}\npub mod mutant;\n", fs::read_to_string(from)?).as_bytes(),
                )?;
            }
            _ if mutated.contains_key(Path::new(file)) => {}
            _ if from.is_file() => place(&to, &fs::read(&from)?)?,
            _ => {}
        }
    }
    place(
        &tree.join("crm-core/src/mutant.rs"),
        include_bytes!("switch.rs"),
    )
}

/// Writes a file unless that is what it contains, so that Cargo builds no more than it must.
fn place(file: &Path, content: &[u8]) -> Result<(), Failed> {
    if fs::read(file).is_ok_and(|present| present == content) {
        return Ok(());
    }
    fs::create_dir_all(file.parent().ok_or("a file lies in a folder")?)?;
    Ok(fs::write(file, content)?)
}

fn write<'m>(
    files: &BTreeMap<&'m Path, Vec<&Mutant>>,
    workspace: &Path,
    tree: &Path,
    without: &HashSet<usize>,
) -> Result<Vec<(&'m Path, Woven)>, Failed> {
    let one = |(file, mutants): (&&'m Path, &Vec<&Mutant>)| {
        let woven = weave(&fs::read_to_string(workspace.join(file))?, mutants, without)?;
        place(&tree.join(file), woven.text.as_bytes())?;
        Ok((*file, woven))
    };
    files.iter().map(one).collect()
}

/// A line that Cargo prints, of which we need a little.
#[derive(Deserialize)]
struct Message {
    message: Option<Diagnostic>,
    executable: Option<PathBuf>,
    manifest_path: Option<PathBuf>,
    profile: Option<Profile>,
}

#[derive(Deserialize)]
struct Profile {
    test: bool,
}

#[derive(Deserialize)]
struct Diagnostic {
    level: String,
    rendered: String,
    spans: Vec<Span>,
}

#[derive(Deserialize)]
struct Span {
    file_name: String,
    byte_start: usize,
    byte_end: usize,
    is_primary: bool,
}

impl Message {
    /// A program of tests, and where it runs.
    fn binary(self) -> Option<(PathBuf, PathBuf)> {
        if !self.profile?.test {
            return None;
        }
        Some((
            self.executable?,
            self.manifest_path?.parent()?.to_path_buf(),
        ))
    }

    /// An error at a place; the last says only how many there were.
    fn error(&self) -> Option<&Diagnostic> {
        self.message
            .as_ref()
            .filter(|message| message.level == "error" && !message.spans.is_empty())
    }
}

impl Span {
    fn bytes(&self) -> Range<usize> {
        self.byte_start..self.byte_end
    }
}

fn cargo(tree: &Path, target: &Path, arguments: &[&str]) -> Result<Vec<Message>, Failed> {
    let mut cargo = Command::new("cargo");
    cargo
        .args(arguments)
        .args(["--locked", "--message-format", "json", "--target-dir"])
        .arg(target);
    cargo.args([
        "--config",
        "profile.dev.package.crm-core.opt-level=1",
        "--config",
        "profile.dev.debug=false",
    ]);
    let output = cargo.current_dir(tree).stderr(Stdio::inherit()).output()?;
    let lines = String::from_utf8(output.stdout)?;
    let messages = lines
        .lines()
        .map(serde_json::from_str)
        .collect::<Result<Vec<Message>, _>>()?;
    if !output.status.success() && !messages.iter().any(|message| message.error().is_some()) {
        return Err("cargo has failed".into());
    }
    Ok(messages)
}
