//! Processes that a test starts and kills: its own program, of which each runs one test that does nothing otherwise.
#![allow(dead_code, reason = "each test file uses what it needs")]

use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

/// What a process says of a save that it was told is made.
const ACKNOWLEDGED: &str = "acknowledged";

/// Says something to the process that has started this one, in a line of its own: the test harness writes to the same
/// pipe.
pub fn say(word: &str, what: impl std::fmt::Display) {
    println!("\n{word} {what}");
}

/// Says that a save is made.
pub fn acknowledge(name: &str) {
    say(ACKNOWLEDGED, name);
}

/// A process of a test.
pub struct Process(Child);

impl Process {
    /// Starts one that runs a test, with variables in its environment that tell it from an ordinary run.
    pub fn start<'v>(
        test: &str,
        variables: impl IntoIterator<Item = (&'v str, &'v OsStr)>,
    ) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command
            .args(["--exact", test, "--nocapture"])
            .envs(variables)
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        Process(command.spawn().unwrap())
    }

    /// What it says, up to its end. It can be taken once.
    pub fn lines(&mut self) -> impl Iterator<Item = String> + Send + use<> {
        let lines = BufReader::new(self.0.stdout.take().unwrap()).lines();
        lines.map_while(std::result::Result::ok)
    }

    /// The names of the saves that it says are made. They can be taken in place of what it says.
    pub fn acknowledged(&mut self) -> impl Iterator<Item = String> + use<> {
        self.lines()
            .filter_map(|line| told(&line, ACKNOWLEDGED).map(str::to_owned))
    }

    pub fn has_ended(&mut self) -> bool {
        self.0.try_wait().unwrap().is_some()
    }

    /// Kills it, unless it has ended.
    pub fn kill(&mut self) {
        let _ = self.0.kill();
        self.0.wait().unwrap();
    }
}

/// What a line says after a word.
pub fn told<'l>(line: &'l str, word: &str) -> Option<&'l str> {
    line.strip_prefix(word)?.strip_prefix(' ')
}

/// The names of saves among lines.
pub fn acknowledged(lines: &[String]) -> Vec<&str> {
    let lines = lines.iter();
    lines.filter_map(|line| told(line, ACKNOWLEDGED)).collect()
}
