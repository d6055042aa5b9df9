//! Operations that tell a listener how far they are, and files.

use std::fs::{self, File};
use std::io::BufWriter;
use std::ops::ControlFlow;

use crm::json;
use crm_core::operation::{Operation, told_as_json};
use crm_core::{Crm, Detail, Error, ImportPlan, Session};
use serde_json::{Value as Json, json};

use super::arguments::Arguments;
use super::definition;
use super::handle::Failure;
use super::scenario::{Answer, Listener};
use super::world::World;

/// The listener of a step.
pub struct Ticker<'w> {
    world: &'w World,
    /// What it does at its first call.
    first: Option<&'w Listener>,
    /// What came of its own call.
    pub called: Option<Result<Json, Failure>>,
}

impl<'w> Ticker<'w> {
    pub fn new(world: &'w World, listener: Option<&'w Listener>) -> Self {
        Ticker {
            world,
            first: listener,
            called: None,
        }
    }

    fn tick(&mut self) -> ControlFlow<()> {
        let Some(listener) = self.first.take() else {
            return ControlFlow::Continue(());
        };
        let call = listener.call.as_deref();
        self.called = call.map(|call| self.world.result(call));
        match listener.answer {
            Answer::GoOn => ControlFlow::Continue(()),
            Answer::Stop | Answer::Throw => ControlFlow::Break(()),
        }
    }
}

/// Calls an operation; `None` if it is none of these.
pub fn call(
    session: &Session,
    op: &str,
    arguments: &mut Arguments,
    ticker: &mut Ticker<'_>,
) -> Result<Option<Json>, Failure> {
    if let Some(operation) = Operation::named(op) {
        return declared(session, operation, arguments, ticker).map(Some);
    }
    Ok(Some(match op {
        "compact" => {
            session.compact(&mut |_| ticker.tick())?;
            Json::Null
        }
        "backup" => {
            session.backup(arguments.text("path")?, &mut |_| ticker.tick())?;
            Json::Null
        }
        "restore_backup" => {
            let (base, to) = (arguments.text("base")?, arguments.text("to")?);
            let increments: Vec<String> = arguments.needed("increments")?;
            let point = arguments.point("point")?;
            let report = Crm::restore(base, &increments, &to, point, &mut |_| ticker.tick())?;
            json::restore_report(&Crm::open(to)?.catalog(), &report)
        }
        "salvage" => {
            let (damaged, to) = (arguments.text("damaged")?, arguments.text("to")?);
            let report = Crm::salvage(damaged, &to, &mut |_| ticker.tick())?;
            json::salvage_report(&Crm::open(to)?.catalog(), &report)
        }
        "import_csv" => {
            let data = arguments.bytes("data")?;
            let options = definition::import_options(arguments.needed("options")?)?;
            let report = session.import_csv(&data[..], &options, &mut |_| ticker.tick())?;
            json::import_report(&report)
        }
        "import_csv_file" => {
            let path = arguments.text("path")?;
            let options = definition::import_options(arguments.needed("options")?)?;
            let file = File::open(&path).map_err(|error| io(&path, &error))?;
            json::import_report(&session.import_csv(file, &options, &mut |_| ticker.tick())?)
        }
        "run_import_plan" => {
            let plan = ImportPlan::load(arguments.text("plan")?)?;
            let folder = arguments.text("folder")?;
            let reports = session.run_import_plan(&plan, folder, &mut |_| ticker.tick())?;
            reports.iter().map(json::import_report).collect()
        }
        "export_csv" => {
            let query = arguments.query("query")?;
            let fields: Vec<String> = arguments.take("fields")?;
            let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
            let mut out = Vec::new();
            session.export_csv(&query, &fields, &mut out)?;
            super::canonical::bytes(out)
        }
        "export_csv_file" => {
            let query = arguments.query("query")?;
            let path = arguments.text("path")?;
            let fields: Vec<String> = arguments.take("fields")?;
            let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
            let file = File::create(&path).map_err(|error| io(&path, &error))?;
            json!(session.export_csv(&query, &fields, BufWriter::new(file))?)
        }
        _ => return Ok(None),
    }))
}

/// Calls a declared operation, whichever it is.
fn declared(
    session: &Session,
    operation: &Operation,
    arguments: &mut Arguments,
    ticker: &mut Ticker<'_>,
) -> Result<Json, Failure> {
    let (manner, given) = operation.given_as_json(&session.catalog(), arguments.rest())?;
    let answer = operation.call(session, manner, given, &mut |_| ticker.tick())?;
    Ok(told_as_json(&session.catalog(), &*answer))
}

/// The runner's own operations on files; `None` if it is none of these.
pub fn file(op: &str, arguments: &mut Arguments) -> Result<Option<Json>, Failure> {
    let failed = |error: std::io::Error| Failure::scenario(error.to_string());
    Ok(Some(match op {
        "write_file" => {
            let content = arguments.bytes("content")?;
            fs::write(arguments.text("path")?, content).map_err(failed)?;
            Json::Null
        }
        "read_file" => super::canonical::bytes(fs::read(arguments.text("path")?).map_err(failed)?),
        "copy_file" => {
            fs::copy(arguments.text("path")?, arguments.text("to")?).map_err(failed)?;
            Json::Null
        }
        "damage_file" => {
            let (path, text) = (arguments.text("path")?, arguments.text("text")?);
            let (text, len) = (text.as_bytes(), text.len());
            let mut bytes = fs::read(&path).map_err(failed)?;
            while let Some(at) = bytes.windows(len).position(|place| place == text) {
                bytes.splice(at..at + len, std::iter::repeat_n(0xff, len));
            }
            fs::write(path, bytes).map_err(failed)?;
            Json::Null
        }
        "file_exists" => json!(fs::exists(arguments.text("path")?).map_err(failed)?),
        _ => return Ok(None),
    }))
}

/// As the other hosts have it: Rust opens the file itself.
fn io(path: &str, error: &std::io::Error) -> Failure {
    Error::from(Detail::Io(format!("{path}: {error}"))).into()
}
