//! What changes, as it changes: one thread waits for commits, and each window has a stream of server-sent events.
//!
//! A stream keeps nothing but the number of the last commit that it has told of, and reads on from there in the
//! database's change feed. So no event is lost however slow a window is, a burst of commits becomes one event, and
//! a window that was away goes on where it was: the browser sends the number back as `Last-Event-ID`.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::thread;
use std::time::Duration;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::sse::{Event, KeepAlive, Sse};
use crm_core::{CommitChanges, Company, Crm, Deal, Object, Ref, Result, Stage, User, ValueRef};
use futures_util::stream::{self, Stream};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::App;
use crate::failure::Failure;
use crate::show;

/// How often it is looked whether a reminder has fallen due.
const TICK: Duration = Duration::from_secs(1);
/// The least time between two events of a stream: no screen shows more.
const PAUSE: Duration = Duration::from_millis(40);
/// Changes that one event tells of; the next one goes on.
const CHANGES_MAX: usize = 1_000;

/// Starts the thread that rings when there is news, and runs what is due: the engine has no thread of its own.
pub fn follow(crm: &Crm) -> watch::Receiver<u64> {
    let crm = crm.clone();
    let last = crm.sequence();
    let (ring, news) = watch::channel(last);
    thread::spawn(move || {
        // When this ends, `ring` is dropped and the streams end: the windows show that they are not live.
        if let Err(error) = follow_until_failure(&crm, last, &ring) {
            eprintln!("board: nothing is live any more: {error}");
        }
    });
    news
}

fn follow_until_failure(crm: &Crm, mut last: u64, ring: &watch::Sender<u64>) -> Result<()> {
    loop {
        if crm.next_due()?.is_some_and(|at| at <= crm.now()) {
            crm.run_due(crm.now())?;
        }
        let changes = crm.wait_for_changes(last, CHANGES_MAX, TICK)?;
        if let Some(newest) = changes.last() {
            last = newest.commit.sequence;
            ring.send_replace(last);
        }
    }
}

/// Where a window wants to begin: with the commit after the one whose board it shows.
#[derive(Deserialize)]
pub struct Start {
    after: Option<u64>,
}

/// The stream of a window.
pub async fn events(
    State(app): State<App>,
    start: Result<Query<Start>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Failure> {
    let Query(start) = start?;
    let place = app.streams.clone().try_acquire_owned().map_err(|_| {
        let message = "too many windows are open; try again later";
        Failure::new(StatusCode::SERVICE_UNAVAILABLE, "busy", message)
    })?;
    let resumed = headers.get("last-event-id");
    let resumed = resumed.and_then(|id| id.to_str().ok()?.parse().ok());
    let newest = app.crm.sequence();
    let after = resumed.or(start.after).unwrap_or(newest).min(newest);
    let news = app.news.clone();
    let stream = stream::unfold((app, news, after, place), |state| async move {
        let (app, mut news, after, place) = state;
        news.wait_for(|last| *last > after).await.ok()?;
        tokio::time::sleep(PAUSE).await;
        let (last, what) = app.ask(move |app| tell(app, after)).await.ok()?;
        let event = Event::default().id(last.to_string());
        let event = event.data(what.to_string());
        Some((Ok(event), (app, news, last, place)))
    });
    Ok(Sse::new(stream).keep_alive(KeepAlive::default()))
}

/// What has happened since a commit, and the columns of the board that look different now.
fn tell(app: &App, after: u64) -> Result<(u64, Value)> {
    let commits = app.crm.changes(after, CHANGES_MAX)?;
    let last = commits
        .last()
        .map_or(after, |newest| newest.commit.sequence);
    let columns = match touched(app, &commits)? {
        Touched::Columns(columns) if columns.is_empty() => json!([]),
        Touched::Columns(columns) => show::columns(app, |column| columns.contains(&column))?,
        Touched::Board => show::columns(app, |_| true)?,
    };
    let changes = show::changes(app, &commits)?;
    Ok((
        last,
        json!({"sequence": last, "changes": changes, "columns": columns}),
    ))
}

/// What of the board looks different.
enum Touched {
    Columns(BTreeSet<Ref>),
    Board,
}

fn touched(app: &App, commits: &[CommitChanges]) -> Result<Touched> {
    let mut columns = BTreeSet::new();
    for entry in commits.iter().flat_map(|commit| &commit.entries) {
        match entry.record.object {
            Deal::TYPE => {
                let Some(deal) = app.crm.find_record(entry.record)? else {
                    return Ok(Touched::Board);
                };
                // Where it is, and where it was.
                columns.extend(deal.get(Deal::STAGE.number()).as_ref());
                let moves = entry.changes.iter();
                let moves = moves.filter(|change| change.field == Deal::STAGE.number());
                columns.extend(moves.filter_map(|change| ValueRef::from(&change.old).as_ref()));
            }
            // Their names stand on cards and columns.
            Stage::TYPE | Company::TYPE | User::TYPE => return Ok(Touched::Board),
            _ => {}
        }
    }
    Ok(Touched::Columns(columns))
}
