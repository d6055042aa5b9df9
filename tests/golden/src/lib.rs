//! Golden files: what a state of the format looks like on disk, and what is in it.
//!
//! Each is a folder in `files` with `db.crm.z`, where a crash has left one `db.crm-journal.z`, and `dump.json`: what
//! the engine that wrote it saw in it. Databases are compressed (zlib), since most of a small one is zeros.
//! [`write_all`] makes those of this version. When the format changes, the files of the format before stay as they are
//! and get company.

mod content;
mod dump;

use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use crm_core::{Crm, Error, FORMAT, ManualClock, Options, SequentialIds};
use miniz_oxide::deflate::compress_to_vec_zlib;
use miniz_oxide::inflate::decompress_to_vec_zlib;
use serde_json::Value as Json;

pub use dump::{bytes_as_text, dump};

/// The file of a golden database, and its dump.
pub const DATABASE: &str = "db.crm";
/// The journal beside it, where there is one.
pub const JOURNAL: &str = "db.crm-journal";
/// What is in it, as JSON.
pub const DUMP: &str = "dump.json";

/// What goes wrong.
pub type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// A state in which a file of this version can be.
struct State {
    name: &'static str,
    make: fn(&Crm) -> Result<()>,
    /// False for one that a crash left: the last commits are in the journal only.
    closes: bool,
}

const STATES: [State; 3] = [
    State {
        name: "empty",
        make: |_| Ok(()),
        closes: true,
    },
    State {
        name: "full",
        make: |crm| {
            content::fill(crm)?;
            crm.compact(&mut |_| ControlFlow::Continue(()))?;
            content::change(crm)
        },
        closes: true,
    },
    State {
        name: "crashed",
        make: content::fill_little,
        closes: false,
    },
];

/// Where the golden files are.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("files")
}

/// The golden files, in the order of their names.
///
/// # Errors
/// Those of the file system.
pub fn all() -> Result<Vec<PathBuf>> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder())? {
        all.push(entry?.path());
    }
    all.sort();
    Ok(all)
}

/// A copy of a golden database in a folder: opening brings the journal into the file, and changes both.
///
/// # Errors
/// Those of the file system.
pub fn copy(golden: &Path, to: &Path) -> Result<PathBuf> {
    for name in [DATABASE, JOURNAL] {
        let packed = golden.join(format!("{name}.z"));
        if packed.exists() {
            let bytes =
                decompress_to_vec_zlib(&fs::read(packed)?).map_err(|error| error.to_string())?;
            fs::write(to.join(name), bytes)?;
        }
    }
    Ok(to.join(DATABASE))
}

/// How golden databases are opened: the clock stands still, and ids are counted.
pub fn options() -> Options {
    let start = chrono::DateTime::from_timestamp(1_772_442_000, 0).unwrap_or_default();
    Crm::options()
        .clock(ManualClock::new(start))
        .ids(SequentialIds::default())
}

/// The dump that was kept of a golden database.
///
/// # Errors
/// Those of the file system; for what is no JSON.
pub fn kept_dump(golden: &Path) -> Result<Json> {
    Ok(serde_json::from_slice(&fs::read(golden.join(DUMP))?)?)
}

/// Writes the golden files of this version of the format anew.
///
/// # Errors
/// Those of the engine and of the file system.
pub fn write_all() -> Result<()> {
    for State { name, make, closes } in STATES {
        let golden = folder().join(format!("{FORMAT}-{name}"));
        if golden.exists() {
            fs::remove_dir_all(&golden)?;
        }
        fs::create_dir_all(&golden)?;
        let work = tempfile::tempdir()?;
        let path = work.path().join(DATABASE);
        let crm = options().open(&path)?;
        make(&crm)?;
        fs::write(golden.join(DUMP), lines(&dump(&crm)?))?;
        if closes {
            crm.close()?;
        }
        for name in [DATABASE, JOURNAL] {
            if let Ok(bytes) = fs::read(work.path().join(name)) {
                let packed = compress_to_vec_zlib(&bytes, 9);
                fs::write(golden.join(format!("{name}.z")), packed)?;
            }
        }
    }
    Ok(())
}

/// A dump with a line for each of its members.
fn lines(dump: &Json) -> String {
    let members = dump.as_object().into_iter().flatten();
    let members: Vec<String> = members
        .map(|(name, value)| format!("\"{name}\": {value}"))
        .collect();
    format!("{{\n{}\n}}\n", members.join(",\n"))
}

/// An error of the generator itself.
fn missing(what: &str) -> Error {
    Error::from(crm_core::Detail::Io(format!(
        "the golden content has no {what}"
    )))
}
