//! What the steps of a scenario share.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use crm::json;
use crm_core::{Cancel, Code, Crm, ImportOptions, ManualClock, SequentialIds};
use serde_json::{Map, Value as Json, json};

use super::arguments::Arguments;
use super::exchange::{self, Ticker};
use super::handle::{self, Failure, Handle, Made};
use super::placeholder::{Bound, fill, pick};
use super::scenario::{Setup, Step};
use super::{canonical, database, value};

/// When scenarios begin.
const NOW: &str = "2026-03-14T09:00:00Z";

/// The code of an error that a listener threw, which the engine does not have.
const CALLBACK: (i32, &str) = (903, "callback");

/// The handles and the results that have names.
#[derive(Clone)]
pub struct World {
    clock: Arc<ManualClock>,
    handles: BTreeMap<String, Handle>,
    bound: Bound,
}

impl World {
    /// A database as a scenario asks for it.
    pub fn new(setup: Option<&Setup>, dir: &Path) -> Result<Self, Failure> {
        let setup = setup.cloned().unwrap_or_default();
        let now = value::parsed(setup.now.as_deref().unwrap_or(NOW))?;
        let clock = Arc::new(ManualClock::new(now));
        let mut world = World {
            handles: BTreeMap::from([("clock".to_owned(), Handle::Clock(Arc::clone(&clock)))]),
            clock,
            bound: Bound::from([("dir".to_owned(), json!(dir.display().to_string()))]),
        };
        let (op, path) = match &setup.path {
            Some(path) => (
                "open",
                Some(fill(&json!(path), &world.bound).map_err(Failure::Scenario)?),
            ),
            None => ("in_memory", None),
        };
        let arguments = json!({
            "path": path,
            "cache_bytes": setup.cache_bytes,
            "document_bytes_max": setup.document_bytes_max,
        });
        let database = world.open(op, &mut Arguments::members(arguments)?)?;
        world
            .handles
            .insert("crm".to_owned(), Handle::Database((*database).clone()));
        Ok(world)
    }

    /// Makes a step, names its result and returns it: an error of the engine is a result, too. Fails where the
    /// scenario is wrong.
    pub fn step(&mut self, step: &Step) -> Result<Json, String> {
        let mut listener = Ticker::new(self, step.listener.as_ref());
        let made = self.call(step, &mut listener);
        let called = listener.called.take();
        let json = match made {
            Ok(Made::Json(json)) => json,
            Ok(Made::Handle(handle)) => {
                let name = step.name.as_deref().ok_or("a handle has no name")?;
                self.handles.insert(name.to_owned(), *handle);
                return Ok(Json::Null);
            }
            Err(failure) => failure.into_json()?,
        };
        let json = match called {
            Some(called) => {
                let called = called.or_else(Failure::into_json)?;
                json!({"listener": called, "result": json})
            }
            None => json,
        };
        let json = match &step.pick {
            Some(path) => pick(&json, path),
            None => json,
        };
        if let Some(name) = &step.name {
            self.bound.insert(name.clone(), json.clone());
        }
        Ok(json)
    }

    /// The result of a step that names nothing.
    pub fn result(&self, step: &Step) -> Result<Json, Failure> {
        match self.call(step, &mut Ticker::new(self, None))? {
            Made::Json(json) => Ok(json),
            Made::Handle(_) => Ok(Json::Null),
        }
    }

    /// What a step is to return.
    pub fn expected(&self, step: &Step) -> Result<Json, String> {
        fill(&step.expect, &self.bound)
    }

    /// The names of results, for bless.
    pub fn bound(&self) -> &Bound {
        &self.bound
    }

    fn call(&self, step: &Step, ticker: &mut Ticker<'_>) -> Result<Made, Failure> {
        if step.op == "threads" {
            return Ok(Made::Json(self.threads(&step.args)?));
        }
        let filled = fill(&Json::Object(step.args.clone()), &self.bound);
        let mut arguments = Arguments::members(filled.map_err(Failure::Scenario)?)?;
        let on = step.on.as_deref().unwrap_or("crm");
        let handle = self.handles.get(on).cloned();
        let handle = handle.ok_or_else(|| Failure::scenario(format!("no handle is `{on}`")))?;
        let made = self.dispatch(handle, &step.op, &mut arguments, ticker)?;
        arguments.finish()?;
        Ok(made)
    }

    fn dispatch(
        &self,
        handle: Handle,
        op: &str,
        arguments: &mut Arguments,
        ticker: &mut Ticker<'_>,
    ) -> Result<Made, Failure> {
        Ok(Made::Json(match handle {
            Handle::Clock(clock) => handle::clock(&clock, op, arguments)?,
            Handle::Cancel(cancel) => handle::cancel(&cancel, op)?,
            Handle::Database(session) if op == "cancelled_by" => {
                let session = session.cancelled_by(self.cancel(&arguments.text("cancel")?)?);
                return Ok(Made::Handle(Box::new(Handle::Database(session))));
            }
            Handle::Rows(session, rows) => handle::rows(&session, &rows, op, arguments)?,
            Handle::Subscription(session, subscription, stopper) => {
                handle::subscription(&session, &subscription, &stopper, op, arguments)?
            }
            Handle::Database(session) => {
                if let Some(json) = exchange::call(&session, op, arguments, ticker)? {
                    json
                } else if let Some(made) = database::call(&session, op, arguments)? {
                    return Ok(made);
                } else if let Some(json) = exchange::file(op, arguments)? {
                    json
                } else {
                    return self.without_handle(op, arguments);
                }
            }
        }))
    }

    fn cancel(&self, name: &str) -> Result<&Cancel, Failure> {
        match self.handles.get(name) {
            Some(Handle::Cancel(cancel)) => Ok(cancel),
            _ => Err(Failure::scenario(format!("no cancel is `{name}`"))),
        }
    }

    fn without_handle(&self, op: &str, arguments: &mut Arguments) -> Result<Made, Failure> {
        Ok(Made::Json(match op {
            "open" | "in_memory" => {
                let database = self.open(op, arguments)?;
                return Ok(Made::Handle(Box::new(Handle::Database(
                    (*database).clone(),
                ))));
            }
            "new_cancel" => {
                let deadline = arguments.optional_time("deadline")?;
                let cancel = deadline.map_or_else(Cancel::new, Cancel::at);
                return Ok(Made::Handle(Box::new(Handle::Cancel(cancel))));
            }
            "import_options_from_json" => {
                let options = ImportOptions::from_json(&arguments.text("json")?)?;
                json::import_options(&options)
            }
            "error_code" => error_code(&arguments.needed("error")?)?,
            _ => return Err(handle::unknown(op)),
        }))
    }

    fn open(&self, op: &str, arguments: &mut Arguments) -> Result<Crm, Failure> {
        let mut options = Crm::options()
            .clock(Arc::clone(&self.clock))
            .ids(SequentialIds::default());
        if let Some(bytes) = arguments.optional("cache_bytes")? {
            options = options.cache_bytes(bytes);
        }
        if let Some(bytes) = arguments.optional("journal_bytes")? {
            options = options.journal_bytes(bytes);
        }
        if let Some(discard) = arguments.optional("discard_journal")? {
            options = options.discard_journal(discard);
        }
        if let Some(bytes) = arguments.optional("document_bytes_max")? {
            options = options.document_bytes_max(bytes);
        }
        Ok(match op {
            "open" => options.open(arguments.text("path")?)?,
            _ => options.in_memory()?,
        })
    }

    /// Makes steps on many threads; returns the errors that came of it.
    fn threads(&self, arguments: &Map<String, Json>) -> Result<Json, Failure> {
        let mut arguments = Arguments::new(arguments.clone());
        let count: usize = arguments.needed("count")?;
        let rounds: usize = arguments.needed("rounds")?;
        let steps: Vec<Step> = arguments.needed("steps")?;
        arguments.finish()?;
        let errors = Mutex::new(BTreeSet::new());
        let mistakes = Mutex::new(Vec::new());
        thread::scope(|scope| {
            for number in 0..count {
                let mut world = self.clone();
                let (steps, errors, mistakes) = (&steps, &errors, &mistakes);
                scope.spawn(move || {
                    world.bound.insert("thread".to_owned(), json!(number));
                    for round in 0..rounds {
                        world.bound.insert("round".to_owned(), json!(round));
                        for step in steps {
                            match world.step(step) {
                                Ok(json) if json.get("error").is_none() => {}
                                Ok(error) => {
                                    lock(errors).insert(canonical::text(&error));
                                }
                                Err(mistake) => lock(mistakes).push(mistake),
                            }
                        }
                    }
                });
            }
        });
        if let Some(mistake) = lock(&mistakes).pop() {
            return Err(Failure::Scenario(mistake));
        }
        let errors = lock(&errors);
        errors
            .iter()
            .map(|error| value::parsed::<Json>(error))
            .collect()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The code that an error of this type has.
fn error_code(error: &Json) -> Result<Json, Failure> {
    let name = error.get("type").and_then(Json::as_str).unwrap_or_default();
    let of_engine = Code::ALL.iter().map(|code| (*code as i32, code.name()));
    let known = of_engine
        .chain([CALLBACK])
        .find(|(_, known)| *known == name);
    let (number, name) = known.ok_or_else(|| Failure::scenario(format!("no error is `{name}`")))?;
    Ok(json!({"number": number, "name": name}))
}
