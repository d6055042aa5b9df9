//! What is measured once: imports, sizes, opening, memory.

use std::path::Path;
use std::process::Command;

use crate::Result;
use crate::data::{Data, Id};
use crate::jobs::{World, file_of, timed};
use crate::ours::Ours;
use crate::report::{Row, Samples, Unit};
use crate::sqlite::{Form, Sqlite};

/// The import of contacts into new files: ours in transactions of [`CHUNK`](crate::ours::CHUNK); SQLite's bare form in
/// one transaction with the indexes made afterwards, the other in one with everything kept by triggers.
pub fn imports(data: &Data, folder: &Path, runs: usize) -> Result<Vec<Row>> {
    let name = format!("import of {} contacts", data.contacts.len());
    let (mut ours, mut sqlite) = (Vec::new(), [Vec::new(), Vec::new()]);
    for run in 0..runs {
        eprintln!("  {name}, run {run}");
        let import_ours = || -> Result<()> {
            let db = Ours::create(&folder.join(format!("import{run}.crm")))?;
            db.load_frame(data)?;
            db.import_contacts(data)?;
            db.close()
        };
        timed(&mut ours, 1, import_ours)?;
        for (samples, form) in sqlite.iter_mut().zip([Form::Bare, Form::SameDuties]) {
            timed(samples, 1, || {
                let db =
                    Sqlite::create(&folder.join(format!("import{run}-{form:?}.sqlite")), form)?;
                db.load_frame(data)?;
                db.import_contacts(data)?;
                db.index()?;
                db.checkpoint()
            })?;
        }
    }
    let [bare, full] = sqlite;
    let row = |form: Form, durability, sqlite| Row {
        job: name.clone(),
        against: form.name(),
        durability,
        clients: 1,
        unit: Unit::Time,
        ours: Samples::new(ours.clone()),
        other: Samples::new(sqlite),
    };
    Ok(vec![
        row(Form::Bare, "each 50,000 / at end", bare),
        row(Form::SameDuties, "each 50,000 / at end", full),
    ])
}

/// The sizes of the files as they are.
pub fn sizes(world: &World<'_>, when: &str) -> Result<Vec<Row>> {
    world.bare.checkpoint()?;
    world.full.checkpoint()?;
    let size = |name: &str| -> Result<f64> {
        Ok(std::fs::metadata(world.folder.join(name))?.len() as f64)
    };
    [Form::Bare, Form::SameDuties]
        .into_iter()
        .map(|form| {
            Ok(figure(
                format!("file size {when}"),
                form,
                Unit::Bytes,
                vec![size("ours.crm")?],
                vec![size(file_of(form))?],
            ))
        })
        .collect()
}

/// `compact` against `VACUUM`.
pub fn compaction(world: &World<'_>) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    let mut ours = Vec::new();
    timed(&mut ours, 1, || {
        Ok(world
            .ours
            .crm
            .compact(&mut |_| std::ops::ControlFlow::Continue(()))?)
    })?;
    for form in [Form::Bare, Form::SameDuties] {
        let mut sqlite = Vec::new();
        timed(&mut sqlite, 1, || world.sqlite(form).vacuum())?;
        rows.push(figure(
            "compact / VACUUM".to_owned(),
            form,
            Unit::Time,
            ours.clone(),
            sqlite,
        ));
    }
    rows.extend(sizes(world, "after compact / VACUUM")?);
    Ok(rows)
}

/// The name of [`first_segment`].
pub const FIRST_SEGMENT: &str = "segment: count by three conditions, no index, first after opening";

/// The first count by three conditions without an index after opening, which reads all contacts. The files must not be
/// open. The answers are compared where it is asked again: what has been saved meanwhile differs.
pub fn first_segment(folder: &Path) -> Result<Row> {
    eprintln!("  {FIRST_SEGMENT}");
    let (mut ours, mut sqlite) = (Vec::new(), Vec::new());
    for _ in 0..3 {
        let opened = Ours::open(&folder.join("ours.crm"))?;
        timed(&mut ours, 1, || opened.count_segment("Sales", 50))?;
        opened.close()?;
        let opened = Sqlite::open(&folder.join(file_of(Form::Bare)), Form::Bare)?;
        timed(&mut sqlite, 1, || opened.count_segment("Sales", 50))?;
    }
    Ok(figure(
        FIRST_SEGMENT.to_owned(),
        Form::Bare,
        Unit::Time,
        ours,
        sqlite,
    ))
}

/// Opening until the first answer, after a clean close and after a kill; and the memory that a process of its own
/// takes to use everything once. The files must not be open.
pub fn openings(data: &Data, folder: &Path, runs: u64) -> Result<Vec<Row>> {
    let first = data.contacts[0].id;
    // What is opened is returned, so that closing it is not timed.
    let open_ours = || -> Result<Ours> {
        let ours = Ours::open(&folder.join("ours.crm"))?;
        ours.get_contact(first)?;
        Ok(ours)
    };
    let forms = [Form::Bare, Form::SameDuties];
    let open_sqlite = |form| -> Result<Sqlite> {
        let sqlite = Sqlite::open(&folder.join(file_of(form)), form)?;
        sqlite.get_contact(first)?;
        Ok(sqlite)
    };
    let mut rows = Vec::new();
    for (name, kill) in [
        ("open after a clean close, to the first answer", false),
        ("open after a kill, to the first answer", true),
    ] {
        let (mut ours, mut sqlite) = (Vec::new(), [Vec::new(), Vec::new()]);
        for n in 0..runs {
            if kill {
                child(&["kill-ours", &n.to_string()], &folder.join("ours.crm"))?;
            }
            timed(&mut ours, 1, open_ours)?;
            for (samples, form) in sqlite.iter_mut().zip(forms) {
                if kill {
                    child(
                        &[&format!("kill-{form:?}"), &n.to_string()],
                        &folder.join(file_of(form)),
                    )?;
                }
                timed(samples, 1, || open_sqlite(form))?;
            }
        }
        for (form, sqlite) in forms.into_iter().zip(sqlite) {
            rows.push(figure(
                name.to_owned(),
                form,
                Unit::Time,
                ours.clone(),
                sqlite,
            ));
        }
    }
    let ours: f64 = child(&["memory-ours"], &folder.join("ours.crm"))?
        .trim()
        .parse()?;
    for form in forms {
        let sqlite: f64 = child(&[&format!("memory-{form:?}")], &folder.join(file_of(form)))?
            .trim()
            .parse()?;
        rows.push(figure(
            "resident memory, everything used once".to_owned(),
            form,
            Unit::Bytes,
            vec![ours],
            vec![sqlite],
        ));
    }
    Ok(rows)
}

fn figure(job: String, form: Form, unit: Unit, ours: Vec<f64>, sqlite: Vec<f64>) -> Row {
    Row {
        job,
        against: form.name(),
        durability: "–",
        clients: 1,
        unit,
        ours: Samples::new(ours),
        other: Samples::new(sqlite),
    }
}

/// Runs this program again for something that needs a process of its own; see [`be_child`].
fn child(task: &[&str], path: &Path) -> Result<String> {
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
