//! The routes: each reads what was asked, asks the database, and answers with JSON.

use axum::body::Bytes;
use axum::extract::rejection::QueryRejection;
use axum::extract::{DefaultBodyLimit, FromRequest, FromRequestParts, Path, Query, Request, State};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use axum::{Json, Router};
use chrono::{DateTime, Utc};
use crm_core::{
    Change, Crm, Deal, Detail, Id, Note, Ref, Reminder, Result, Session, Stage, User,
    fields_from_json,
};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::App;
use crate::failure::Failure;
use crate::{live, show};

/// Bytes of a request: a long note, and no more.
const BODY_BYTES_MAX: usize = 64 << 10;
/// Characters of a search.
const SEARCH_CHARS_MAX: usize = 200;

type Answer = Result<Json<Value>, Failure>;

/// The whole service.
pub fn router(app: App) -> Router {
    Router::new()
        .route(
            "/",
            get(|| {
                file(
                    "text/html; charset=utf-8",
                    include_str!("../page/index.html"),
                )
            }),
        )
        .route(
            "/board.css",
            get(|| file("text/css; charset=utf-8", include_str!("../page/board.css"))),
        )
        .route(
            "/board.js",
            get(|| {
                file(
                    "text/javascript; charset=utf-8",
                    include_str!("../page/board.js"),
                )
            }),
        )
        .route("/api/board", get(board))
        .route("/api/events", get(live::events))
        .route("/api/users", get(users))
        .route("/api/search", get(search))
        .route("/api/deals/{id}/move", post(move_deal))
        .route("/api/records/{object}/{id}", get(record).patch(update))
        .route("/api/records/{object}/{id}/notes", post(add_note))
        .route("/api/records/{object}/{id}/reminders", post(remind))
        .route("/api/reminders", get(due))
        .route("/api/reminders/{id}/done", post(done))
        .fallback(|| async {
            Failure::new(StatusCode::NOT_FOUND, "no_route", "there is nothing here")
        })
        .method_not_allowed_fallback(|| async {
            Failure::new(
                StatusCode::METHOD_NOT_ALLOWED,
                "method",
                "this cannot be done here",
            )
        })
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .with_state(app)
}

async fn file(kind: &'static str, text: &'static str) -> impl IntoResponse {
    let headers = [
        (header::CONTENT_TYPE, kind),
        // Scripts come from here or not at all, whatever somebody has typed into a record.
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'self'; img-src data:",
        ),
        (header::CACHE_CONTROL, "no-cache"),
    ];
    (headers, text)
}

async fn board(State(app): State<App>) -> Answer {
    app.ask(show::board).await.map(Json)
}

async fn users(State(app): State<App>) -> Answer {
    app.ask(|app| show::users(&app.crm)).await.map(Json)
}

async fn due(State(app): State<App>) -> Answer {
    app.ask(|app| show::due(&app.crm)).await.map(Json)
}

#[derive(Deserialize)]
struct Words {
    #[serde(default)]
    q: String,
}

async fn search(State(app): State<App>, words: Result<Query<Words>, QueryRejection>) -> Answer {
    let Query(words) = words?;
    let text: String = words.q.chars().take(SEARCH_CHARS_MAX).collect();
    app.ask(move |app| show::search(&app.crm, &text))
        .await
        .map(Json)
}

async fn record(State(app): State<App>, Path(of): Path<(String, String)>) -> Answer {
    app.ask(move |app| show::record(&app.crm, named(&app.crm, &of)?))
        .await
        .map(Json)
}

/// Where a card is to stand.
#[derive(Deserialize)]
struct Move {
    stage: Id<Stage>,
    behind: Option<Id<Deal>>,
    /// The last commit that the window has seen.
    seen: u64,
}

async fn move_deal(
    State(app): State<App>,
    actor: Actor,
    Path(deal): Path<String>,
    Body(to): Body<Move>,
) -> Answer {
    app.ask(move |app| {
        let moved = actor.session(&app.crm)?.change(Change::Move {
            card: deal.parse::<Id<Deal>>()?.reference(),
            column: to.stage.reference(),
            behind: to.behind.map(Id::reference),
            expected: Some(to.seen),
        })?;
        Ok(json!({"sequence": moved.version}))
    })
    .await
    .map(Json)
}

/// Fields to change, as JSON has them; see [`fields_from_json`].
#[derive(Deserialize)]
struct Patch {
    fields: Value,
    /// The last commit that the window has seen.
    seen: u64,
}

async fn update(
    State(app): State<App>,
    actor: Actor,
    Path(of): Path<(String, String)>,
    Body(patch): Body<Patch>,
) -> Answer {
    app.ask(move |app| {
        let updated = actor.session(&app.crm)?.change(Change::Update {
            record: named(&app.crm, &of)?,
            fields: fields_from_json(&app.crm.catalog(), &of.0, &patch.fields)?,
            expected: Some(patch.seen),
        })?;
        Ok(json!({"sequence": updated.version}))
    })
    .await
    .map(Json)
}

#[derive(Deserialize)]
struct NewNote {
    body: String,
}

async fn add_note(
    State(app): State<App>,
    actor: Actor,
    Path(of): Path<(String, String)>,
    Body(note): Body<NewNote>,
) -> Answer {
    app.ask(move |app| {
        let about = named(&app.crm, &of)?;
        let draft = Note::draft().body(note.body).about(vec![about]);
        let note = actor.session(&app.crm)?.create(draft.owner(actor.0))?;
        Ok(json!({"id": note}))
    })
    .await
    .map(Json)
}

#[derive(Deserialize)]
struct NewReminder {
    text: String,
    at: DateTime<Utc>,
}

async fn remind(
    State(app): State<App>,
    actor: Actor,
    Path(of): Path<(String, String)>,
    Body(reminder): Body<NewReminder>,
) -> Answer {
    app.ask(move |app| {
        let about = named(&app.crm, &of)?;
        let draft = Reminder::draft().text(reminder.text).at(reminder.at);
        let draft = draft.about(about).owner(actor.0);
        let reminder = actor.session(&app.crm)?.create(draft)?;
        Ok(json!({"id": reminder}))
    })
    .await
    .map(Json)
}

async fn done(State(app): State<App>, actor: Actor, Path(reminder): Path<String>) -> Answer {
    app.ask(move |app| {
        let seen = actor.session(&app.crm)?.acknowledge(reminder.parse()?)?;
        Ok(json!({"sequence": seen.version}))
    })
    .await
    .map(Json)
}

/// The record that a path names.
///
/// # Errors
/// `UnknownObject` also for the objects that are not shown here.
fn named(crm: &Crm, (object, id): &(String, String)) -> Result<Ref> {
    if !show::OBJECTS.contains(&object.as_str()) {
        return Err(Detail::UnknownObject {
            name: object.clone(),
            nearest: None,
        }
        .into());
    }
    Ok(Ref {
        object: crm.catalog().object_named(object)?.id,
        id: id.parse()?,
    })
}

/// The user who acts, from the header `X-User`. The page lets anybody be anybody: a service of your own takes the
/// user from its sign-in here, and nowhere else. A page of another site cannot send the header.
struct Actor(Id<User>);

impl Actor {
    /// What the user does is logged as theirs.
    fn session(&self, crm: &Crm) -> Result<Session> {
        crm.as_user(self.0)
    }
}

impl<S: Sync> FromRequestParts<S> for Actor {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        let user = parts
            .headers
            .get("x-user")
            .and_then(|user| user.to_str().ok());
        let user = user.and_then(|user| user.parse().ok());
        user.map(Actor).ok_or_else(|| {
            let message = "the header X-User names the user who acts by their id";
            Failure::new(StatusCode::UNAUTHORIZED, "no_user", message)
        })
    }
}

/// The JSON of a request, with errors of the same form as all others.
struct Body<T>(T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, state: &S) -> Result<Self, Failure> {
        let bytes = Bytes::from_request(request, state)
            .await
            .map_err(|refused| Failure::new(refused.status(), "body", &refused.body_text()))?;
        let body = serde_json::from_slice(&bytes).map_err(|error| {
            let message = format!("the request: {error}");
            Failure::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", &message)
        })?;
        Ok(Body(body))
    }
}
