//! The engine and hand-written SQLite, side by side on the same jobs in one process run.
//!
//! `benches/run [--quick | --full] [--size CONTACTS] [--only PART_OF_A_NAME] [--runs N] [--json FILE]`, or `benches/run --instructions [--bless]`;
//! see `benches/README.md`.

mod chart;
mod data;
mod figures;
mod instructions;
mod jobs;
mod ours;
mod redb;
mod report;
mod rules;
mod sqlite;

use std::path::{Path, PathBuf};
use std::time::Instant;

use crm_core::Options;
use data::Data;
use jobs::{Choice, World};
use ours::Ours;
use report::{Row, Setting};
use rules::Rules;
use sqlite::{Form, Sqlite};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

const SEED: u64 = 42;
/// With `--quick` the first, with `--full` all, otherwise the first two.
const SIZES: [usize; 3] = [10_000, 200_000, 1_000_000];
const IMPORT_CONTACTS: usize = 200_000;
const IMPORT_CONTACTS_QUICK: usize = 50_000;

#[derive(Default)]
struct Arguments {
    choice: Choice,
    size: Option<usize>,
    json: Option<PathBuf>,
    full: bool,
    instructions: bool,
    bless: bool,
}

fn main() -> Result<()> {
    let given: Vec<String> = std::env::args().skip(1).collect();
    if let [first, path, task, rest @ ..] = given.as_slice()
        && first == "child"
    {
        if task == "instructions" {
            return instructions::be_counted(Path::new(path), rest.first().cloned());
        }
        let run = rest.first().map_or(Ok(0), |run| run.parse())?;
        return figures::be_child(Path::new(path), task, run);
    }
    let arguments = parse(&given)?;
    if arguments.instructions {
        return instructions::check(&arguments.choice, arguments.bless);
    }
    let sizes: Vec<usize> = match arguments.size {
        Some(size) => vec![size],
        None if arguments.choice.quick => SIZES[..1].to_vec(),
        None if arguments.full => SIZES.to_vec(),
        None => SIZES[..2].to_vec(),
    };
    let mut tables = Vec::new();
    for contacts in sizes {
        let data = Data::generate(contacts, SEED);
        let setting = Setting {
            contacts,
            activities: data.activities.len(),
            deals: data.deals.len(),
        };
        let rows = run(&data, &arguments.choice)?;
        println!("{}", report::table(&setting, &rows));
        tables.push((setting, rows));
    }
    if tables.len() > 1 {
        println!("{}", chart::chart(&tables));
    }
    if let Some(path) = arguments.json {
        let results = tables
            .iter()
            .map(|(setting, rows)| report::json(setting, rows));
        let results: Vec<_> = results.collect();
        std::fs::write(path, serde_json::to_vec_pretty(&results)?)?;
    }
    Ok(())
}

fn parse(given: &[String]) -> Result<Arguments> {
    let mut arguments = Arguments::default();
    let mut given = given.iter();
    while let Some(argument) = given.next() {
        match argument.as_str() {
            "--quick" => arguments.choice.quick = true,
            "--full" => arguments.full = true,
            "--instructions" => arguments.instructions = true,
            "--bless" => arguments.bless = true,
            "--only" => arguments.choice.only = Some(given.next().ok_or("--only needs a part of a name")?.clone()),
            "--size" => arguments.size = Some(given.next().ok_or("--size needs a number")?.parse()?),
            "--json" => arguments.json = Some(given.next().ok_or("--json needs a file")?.into()),
            "--runs" => arguments.choice.runs = Some(given.next().ok_or("--runs needs a number")?.parse()?),
            other => return Err(format!("{other}: known are --quick, --full, --size CONTACTS, --only PART_OF_A_NAME, --runs N, --json FILE, --instructions, --bless").into()),
        }
    }
    if arguments.size.is_some_and(|size| size < 10_000) {
        return Err("--size is 10000 or more: the jobs want different records to look at".into());
    }
    Ok(arguments)
}

/// All jobs on one size of data, in a folder on the disk that this repository is on: `/tmp` may be memory.
fn run(data: &Data, choice: &Choice) -> Result<Vec<Row>> {
    let base = std::env::current_dir()?.join("target");
    std::fs::create_dir_all(&base)?;
    let folder = tempfile::tempdir_in(base)?;
    let folder = folder.path();
    let mut world = load(data, folder)?;
    world.load_redb()?;
    eprintln!("reading");
    let mut rows = jobs::reads(&world, choice)?;
    let sizes = figures::sizes(&world, "after load")?;
    eprintln!("saving");
    rows.extend(jobs::saves(&world, choice)?);
    if choice.has("import of contacts") {
        eprintln!("importing");
        let contacts = if choice.quick {
            IMPORT_CONTACTS_QUICK
        } else {
            IMPORT_CONTACTS
        };
        let import = Data::generate(contacts, SEED + 1);
        rows.extend(figures::imports(
            &import,
            folder,
            if choice.quick { 1 } else { 3 },
        )?);
    }
    let is_sized = choice.has("file size, compact, open, memory");
    if is_sized {
        eprintln!("compacting");
        rows.extend(sizes);
        rows.extend(figures::compaction(&world)?);
    }
    let World {
        ours, bare, full, ..
    } = world;
    ours.close()?;
    drop((bare, full));
    if choice.has(figures::FIRST_SEGMENT) {
        rows.push(figures::first_segment(folder)?);
    }
    if is_sized {
        eprintln!("opening");
        rows.extend(figures::openings(
            data,
            folder,
            if choice.quick { 5 } else { 20 },
        )?);
    }
    Ok(rows)
}

fn load<'a>(data: &'a Data, folder: &'a Path) -> Result<World<'a>> {
    let said =
        |what: &str, start: Instant| eprintln!("  {what}: {:.1} s", start.elapsed().as_secs_f64());
    eprintln!(
        "loading {} contacts, {} activities",
        data.contacts.len(),
        data.activities.len()
    );
    let start = Instant::now();
    let ours = Ours::create(&folder.join("ours.crm"))?;
    ours.load(data)?;
    ours.maintain()?;
    said("ours", start);
    let start = Instant::now();
    let bare = Sqlite::create(&folder.join("bare.sqlite"), Form::Bare)?;
    bare.load(data)?;
    said("SQLite, bare", start);
    let start = Instant::now();
    let full = Sqlite::create(&folder.join("full.sqlite"), Form::SameDuties)?;
    full.load(data)?;
    said("SQLite, same duties", start);
    let start = Instant::now();
    let rules = Rules::create(folder, &|| {
        Ok(Options::default().cache_bytes(ours::CACHE_BYTES))
    })?;
    said("rules", start);
    World::new(data, folder, ours, bare, full, rules)
}
