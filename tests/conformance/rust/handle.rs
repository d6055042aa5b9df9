//! What steps are called on, and what they make.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::TimeDelta;
use crm::json;
use crm_core::{Cancel, Error, ManualClock, Rows, Session, Stopper, Subscription};
use serde_json::{Value as Json, json};

use super::arguments::Arguments;

/// Why a step has no result.
#[derive(Debug)]
pub enum Failure {
    /// The engine's answer.
    Engine(Error),
    /// The scenario is wrong.
    Scenario(String),
}

impl Failure {
    pub fn scenario(reason: impl Into<String>) -> Self {
        Failure::Scenario(reason.into())
    }

    /// The canonical form of the engine's error; a wrong scenario has none.
    pub fn into_json(self) -> Result<Json, String> {
        match self {
            Failure::Engine(error) => Ok(json!({"error": json::error(&error)})),
            Failure::Scenario(reason) => Err(reason),
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Failure::Engine(error)
    }
}

/// What a step made.
pub enum Made {
    Json(Json),
    Handle(Box<Handle>),
}

/// What a step can be called on.
#[derive(Clone)]
pub enum Handle {
    Database(Session),
    Rows(Session, Arc<Mutex<Rows>>),
    Subscription(Session, Arc<Mutex<Subscription>>, Stopper),
    Clock(Arc<ManualClock>),
    Cancel(Cancel),
}

/// Takes the next records of a query.
pub fn rows(
    session: &Session,
    rows: &Mutex<Rows>,
    op: &str,
    arguments: &mut Arguments,
) -> Result<Json, Failure> {
    if op != "next_page" {
        return Err(unknown(op));
    }
    let limit: usize = arguments.needed("limit")?;
    let mut rows = rows.lock().unwrap_or_else(PoisonError::into_inner);
    let records = rows
        .by_ref()
        .take(limit)
        .collect::<Result<Vec<_>, Error>>()?;
    Ok(json::records(&session.catalog(), &records))
}

/// Asks a subscription, or stops it.
pub fn subscription(
    session: &Session,
    subscription: &Mutex<Subscription>,
    stopper: &Stopper,
    op: &str,
    arguments: &mut Arguments,
) -> Result<Json, Failure> {
    match op {
        "next_batch" => {
            let timeout = Duration::from_millis(arguments.needed("timeout_ms")?);
            let mut subscription = subscription.lock().unwrap_or_else(PoisonError::into_inner);
            let updates = subscription.next_batch(Some(timeout))?;
            Ok(json::updates(&session.catalog(), &updates))
        }
        "stop" => {
            stopper.stop();
            Ok(Json::Null)
        }
        _ => Err(unknown(op)),
    }
}

/// Moves the clock.
pub fn clock(clock: &ManualClock, op: &str, arguments: &mut Arguments) -> Result<Json, Failure> {
    match op {
        "set" => clock.set(arguments.time("now")?),
        "advance" => {
            let by = TimeDelta::try_milliseconds(arguments.needed("milliseconds")?);
            clock.advance(by.ok_or_else(|| Failure::scenario("the time is out of range"))?);
        }
        _ => return Err(unknown(op)),
    }
    Ok(Json::Null)
}

/// Ends the calls of sessions, or says whether it has.
pub fn cancel(cancel: &Cancel, op: &str) -> Result<Json, Failure> {
    match op {
        "cancel" => {
            cancel.cancel();
            Ok(Json::Null)
        }
        "is_cancelled" => Ok(json!(cancel.is_cancelled())),
        _ => Err(unknown(op)),
    }
}

pub fn unknown(op: &str) -> Failure {
    Failure::scenario(format!("there is no operation `{op}` on this handle"))
}
