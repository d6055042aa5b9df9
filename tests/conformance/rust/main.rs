//! The runner of the scenarios for Rust: it calls `crm-core` and compares what comes out; see the README beside the
//! scenarios.
//!
//! ```text
//! conformance                  runs every scenario
//! conformance --bless          … and writes what comes out into them
//! conformance --write FILE     makes a file by the steps of files/write.json
//! conformance --verify FILE    opens a file and runs the steps of files/verify.json
//! ```

mod arguments;
mod bless;
mod canonical;
mod database;
mod definition;
mod exchange;
mod handle;
mod placeholder;
mod run;
mod scenario;
mod value;
mod world;

use std::path::PathBuf;
use std::process::ExitCode;

use run::Report;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("conformance");
    let report = match arguments[..] {
        [] => run::all(&folder),
        ["--bless"] => bless::all(&folder),
        ["--write", file] => run::on_file(&folder.join("files/write.json"), file),
        ["--verify", file] => run::on_file(&folder.join("files/verify.json"), file),
        _ => Err("usage: conformance [--bless | --write FILE | --verify FILE]".to_owned()),
    };
    match report {
        Ok(Report {
            scenarios,
            differences,
        }) => {
            for difference in &differences {
                println!("{difference}");
            }
            let count = differences.len();
            println!("conformance rust: {scenarios} scenarios, {count} differences");
            ExitCode::from(u8::from(count > 0))
        }
        Err(mistake) => {
            eprintln!("{mistake}");
            ExitCode::from(2)
        }
    }
}
