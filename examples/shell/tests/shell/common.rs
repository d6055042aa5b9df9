//! Runs the real program on a real file.

use std::path::PathBuf;
use std::process::{Command, Output};

use serde_json::Value as Json;
use tempfile::TempDir;

/// A folder with a database file.
pub struct Database {
    folder: TempDir,
}

/// What a command printed, and how it ended.
#[derive(Debug)]
pub struct Printed {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Database {
    /// A folder without a file.
    pub fn missing() -> Self {
        Database {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    /// A small database, made by the program itself.
    pub fn seeded() -> Self {
        let database = Database::missing();
        for line in SEED.lines() {
            let args: Vec<&str> = line.split('|').map(str::trim).collect();
            database.good(&args);
        }
        database
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file beside the database and returns its path.
    pub fn write(&self, name: &str, text: &str) -> String {
        std::fs::write(self.path(name), text).unwrap();
        self.path(name).display().to_string()
    }

    pub fn run(&self, args: &[&str]) -> Printed {
        self.run_on("test.crm", args)
    }

    /// A command on another file of the folder.
    pub fn run_on(&self, file: &str, args: &[&str]) -> Printed {
        let mut command = Command::new(env!("CARGO_BIN_EXE_crm"));
        command.current_dir(self.folder.path());
        let Output {
            status,
            stdout,
            stderr,
        } = command.arg(self.path(file)).args(args).output().unwrap();
        Printed {
            code: status.code().unwrap(),
            out: String::from_utf8(stdout).unwrap(),
            err: String::from_utf8(stderr).unwrap(),
        }
    }

    /// The readable answer of a command that succeeds.
    pub fn good(&self, args: &[&str]) -> String {
        let printed = self.run(args);
        assert_eq!((printed.code, printed.err.as_str()), (0, ""), "{args:?}");
        printed.out
    }

    /// The JSON answer of a command that succeeds.
    pub fn json(&self, args: &[&str]) -> Json {
        serde_json::from_str(&self.good(&[args, &["--json"]].concat())).unwrap()
    }

    /// The error of a command that fails, as people see it.
    pub fn bad(&self, args: &[&str]) -> String {
        let printed = self.run(args);
        assert_ne!(printed.code, 0, "{args:?} succeeded: {}", printed.out);
        assert_eq!(printed.out, "", "{args:?}");
        printed
            .err
            .strip_prefix("crm: ")
            .expect("an error begins with `crm: `")
            .trim_end()
            .to_owned()
    }

    /// The error of a command that fails, as programs see it.
    pub fn bad_json(&self, args: &[&str]) -> Json {
        let printed = self.run(&[args, &["--json"]].concat());
        assert_ne!(printed.code, 0, "{args:?}");
        serde_json::from_str::<Json>(&printed.err).unwrap()["error"].clone()
    }

    /// Asserts that what is derived agrees with the records.
    pub fn assert_sound(&self) {
        assert_eq!(self.json(&["check"])["sound"], true);
    }
}

const SEED: &str = "\
create | user | name=Grace Hopper | email=grace@crm.example
create | pipeline | name=Sales
create | stage | name=Qualification | pipeline=Sales | order=1 | probability=10
create | stage | name=Won | pipeline=Sales | order=2 | kind=won | probability=100
create | company | name=Acme | website=www.acme.example | employees=40
create | contact | name=Ada Lovelace | email=Ada@ACME.example | phone=+493023125100 | company=Acme
create | deal | name=Forty seats | pipeline=Sales | company=Acme | contact=ada lovelace | amount=1200 EUR | owner=Grace Hopper
create | deal | name=Ten seats | pipeline=Sales | amount=300 USD | close_date=2026-02-03
create | call | subject=Kick-off | about=deal:Forty seats; contact:Ada Lovelace | at=2026-01-05T09:30:00Z
create | reminder | text=Ask Ada | about=deal:Forty seats | at=2026-01-06T08:00:00Z";
