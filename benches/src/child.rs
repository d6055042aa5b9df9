//! What needs a process of its own: memory, and being killed.

use std::path::Path;
use std::process::Command;

use crate::Result;
use crate::data::{Data, Id};
use crate::ours::Ours;
use crate::sqlite::{Form, Sqlite};

/// Runs this program again for something that needs a process of its own; see [`be_child`].
pub fn child(task: &[&str], path: &Path) -> Result<String> {
    let output = Command::new(std::env::current_exe()?)
        .arg("child")
        .arg(path)
        .args(task)
        .output()?;
    if !output.status.success() && !task[0].starts_with("kill") {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
    }
    Ok(String::from_utf8(output.stdout)?)
}

/// What the child does: `child PATH TASK [RUN]`.
pub fn be_child(path: &Path, task: &str, run: u64) -> Result<()> {
    let form = if task.ends_with("Bare") {
        Form::Bare
    } else {
        Form::SameDuties
    };
    // Made anew from the seed by the parent; the child only needs ids that are in the file.
    let ids: Vec<Id> = Data::generate(200, crate::SEED)
        .contacts
        .iter()
        .map(|contact| contact.id)
        .collect();
    match task {
        "memory-ours" => {
            let ours = Ours::open(path)?;
            ours.use_everything()?;
            println!("{}", resident_bytes()?);
        }
        "kill-ours" => {
            let ours = Ours::open(path)?;
            for (n, id) in ids.iter().enumerate() {
                ours.change_contact(*id, run * 1_000 + n as u64)?;
            }
            std::process::abort();
        }
        _ if task.starts_with("memory") => {
            let sqlite = Sqlite::open(path, form)?;
            sqlite.use_everything()?;
            println!("{}", resident_bytes()?);
        }
        _ => {
            let sqlite = Sqlite::open(path, form)?;
            for (n, id) in ids.iter().enumerate() {
                sqlite.change_contact(*id, run * 1_000 + n as u64)?;
            }
            std::process::abort();
        }
    }
    Ok(())
}

fn resident_bytes() -> Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS:"))
        .ok_or("no VmRSS")?;
    let kilobytes: u64 = line.split_whitespace().nth(1).ok_or("no VmRSS")?.parse()?;
    Ok(kilobytes * 1_024)
}
