//! `crm-golden --write` writes the golden files of this version anew; `crm-golden FILE` prints what is in a database.

use std::process::ExitCode;

use crm_golden::{Result, dump, options, write_all};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let done = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["--write"] => write_all(),
        [file] if !file.starts_with('-') => print(file),
        _ => {
            eprintln!("usage: crm-golden --write | FILE");
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn print(file: &str) -> Result<()> {
    let crm = options().open(file)?;
    println!("{:#}", dump(&crm)?);
    Ok(())
}
