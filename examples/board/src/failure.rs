//! What goes wrong, as HTTP says it: a status, and JSON with the engine's stable code and its message.

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use crm_core::{Code, Detail, Error};
use serde_json::{Value, json};

/// An answer that is an error.
pub struct Failure {
    status: StatusCode,
    body: Value,
}

impl Failure {
    /// An error of this service's own.
    pub fn new(status: StatusCode, code: &str, message: &str) -> Self {
        Failure {
            status,
            body: json!({"code": code, "message": message}),
        }
    }

    /// A request that went no further because of a mistake in the program.
    pub fn defect() -> Self {
        let message = "the request could not be answered";
        Failure::new(StatusCode::INTERNAL_SERVER_ERROR, "defect", message)
    }
}

impl From<QueryRejection> for Failure {
    fn from(refused: QueryRejection) -> Self {
        Failure::new(refused.status(), "query", &refused.body_text())
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let mut failure = Failure::new(
            status(error.code()),
            error.code().name(),
            &error.to_string(),
        );
        if let Detail::Stale { fields, .. } = error.detail() {
            let fields = fields
                .iter()
                .map(|stale| json!({"field": stale.field, "by": stale.by}));
            failure.body["fields"] = fields.collect();
        }
        failure
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        (self.status, Json(self.body)).into_response()
    }
}

/// The status of an error of the engine.
fn status(code: Code) -> StatusCode {
    match code {
        Code::NotFound | Code::UnknownObject => StatusCode::NOT_FOUND,
        // Somebody else was first: read again, then decide.
        Code::Stale | Code::Duplicate | Code::Referenced => StatusCode::CONFLICT,
        Code::Invalid
        | Code::UnknownField
        | Code::Expression
        | Code::MissingReference
        | Code::Cycle
        | Code::Validation
        | Code::Schema
        | Code::Limit => StatusCode::UNPROCESSABLE_ENTITY,
        Code::Conflict => StatusCode::SERVICE_UNAVAILABLE,
        Code::Full => StatusCode::INSUFFICIENT_STORAGE,
        // The file, or the disk under it; and what later versions of the engine may add.
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}
