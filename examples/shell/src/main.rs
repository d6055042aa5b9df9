//! `crm FILE COMMAND`: for a CRM database file what `sqlite3` is for SQLite.

mod args;
mod commands;
mod output;
mod progress;
mod shell;

use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;
use crm_core::{Detail, Result};

use args::{Arguments, Command};
use shell::Shell;

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return usage(&error),
    };
    match run(&arguments) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            output::print_error(&error, arguments.json);
            ExitCode::from(1)
        }
    }
}

/// Answers a command; false if the answer is bad news.
fn run(arguments: &Arguments) -> Result<bool> {
    if !arguments.command.makes_file() && !arguments.file.exists() {
        let id = arguments.file.display().to_string();
        return Err(Detail::NotFound {
            object: "file".to_owned(),
            id,
        }
        .into());
    }
    if let Some(answer) = commands::answer_unopened(&arguments.file, &arguments.command) {
        let answer = answer?;
        answer.print(arguments.json)?;
        return Ok(answer.good);
    }
    let shell = Shell::open(&arguments.file, arguments.discard_journal)?;
    if let (Command::Export(export), false) = (&arguments.command, arguments.json) {
        commands::export_csv(&shell, export, output::Out)?;
        return Ok(true);
    }
    let answer = commands::answer(&shell, &arguments.command)?;
    answer.print(arguments.json)?;
    Ok(answer.good)
}

/// Help goes to standard output; what is wrong with a command line to standard error, as errors do.
fn usage(error: &clap::Error) -> ExitCode {
    if matches!(
        error.kind(),
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion
    ) {
        // Nobody who closes the pipe wants to be told so.
        let _ = error.print();
        return ExitCode::SUCCESS;
    }
    let message = error.to_string();
    let message = message
        .strip_prefix("error: ")
        .unwrap_or(&message)
        .trim_end();
    output::print_usage_error(
        message,
        std::env::args().any(|argument| argument == "--json"),
    );
    ExitCode::from(2)
}
