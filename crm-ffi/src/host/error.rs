//! The engine's errors as an enumeration that hosts can match.

use crm_core::{Code, Detail, Error};

use super::value::signed;

pub type Result<T, E = CrmError> = std::result::Result<T, E>;

/// A field that somebody else changed since the version that a writer had read.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct StaleField {
    /// The field's name.
    pub field: String,
    /// The version that changed it.
    pub version: i64,
    /// Who changed it.
    pub by: String,
}

/// What went wrong. Nothing has changed when a call fails, except where `NeedsReopen` says that the outcome is not
/// known. `detail` is the message: which input is at fault, and what to do.
#[derive(Debug, Clone, PartialEq, thiserror::Error, uniffi::Error)]
#[uniffi::export(Display)]
pub enum CrmError {
    /// No object has this name.
    #[error("{detail}")]
    UnknownObject {
        detail: String,
        name: String,
        nearest: Option<String>,
    },
    /// The object has no field of this name.
    #[error("{detail}")]
    UnknownField {
        detail: String,
        object: String,
        name: String,
        nearest: Option<String>,
    },
    /// A value does not fit: wrong type, too long, malformed, missing where required. `others` is what else is wrong with
    /// the record that was to be saved, each fault with its field; the message says all of them.
    #[error("{detail}")]
    Invalid {
        detail: String,
        object: String,
        field: String,
        input: String,
        reason: String,
        others: Vec<CrmError>,
    },
    /// An expression does not parse or does not fit the schema; line and column count from 1.
    #[error("{detail}")]
    Expression {
        detail: String,
        text: String,
        line: i64,
        column: i64,
        reason: String,
    },
    /// Another record, the holder, has this unique value.
    #[error("{detail}")]
    Duplicate {
        detail: String,
        object: String,
        field: String,
        value: String,
        holder: String,
    },
    /// Somebody else has changed the same fields since the version that was read.
    #[error("{detail}")]
    Stale {
        detail: String,
        object: String,
        id: String,
        expected: i64,
        fields: Vec<StaleField>,
    },
    /// There is no such record, or it is in the trash.
    #[error("{detail}")]
    NotFound {
        detail: String,
        object: String,
        id: String,
    },
    /// A reference points to a record that does not exist.
    #[error("{detail}")]
    MissingReference {
        detail: String,
        object: String,
        field: String,
        target: String,
        id: String,
    },
    /// The record cannot go while another needs it.
    #[error("{detail}")]
    Referenced {
        detail: String,
        object: String,
        id: String,
        by_object: String,
        by_field: String,
        by: String,
        count: i64,
    },
    /// A record would be its own ancestor.
    #[error("{detail}")]
    Cycle {
        detail: String,
        object: String,
        field: String,
        id: String,
    },
    /// A validation rule of the organisation refuses the record; `text` is the rule's message.
    #[error("{detail}")]
    Validation {
        detail: String,
        object: String,
        rule: String,
        text: String,
    },
    /// A schema change is not possible.
    #[error("{detail}")]
    Schema {
        detail: String,
        name: String,
        reason: String,
    },
    /// A bound of the engine is exceeded; `others` as for `Invalid`.
    #[error("{detail}")]
    Limit {
        detail: String,
        what: String,
        max: i64,
        actual: i64,
        others: Vec<CrmError>,
    },
    /// Rules set each other off beyond their bound.
    #[error("{detail}")]
    RuleDepth { detail: String, chain: Vec<String> },
    /// The caller stopped the job.
    #[error("{detail}")]
    Cancelled { detail: String },
    /// The storage saw a conflicting transaction; make the call again.
    #[error("{detail}")]
    Conflict { detail: String },
    /// Another process or handle has the file open.
    #[error("{detail}")]
    Locked { detail: String, path: String },
    /// No space is left.
    #[error("{detail}")]
    Full { detail: String },
    /// The operating system refused to read or write.
    #[error("{detail}")]
    Io { detail: String },
    /// The file's contents are damaged.
    #[error("{detail}")]
    Corrupt { detail: String },
    /// A later version of the engine has written the file.
    #[error("{detail}")]
    NewerFormat {
        detail: String,
        found: i64,
        supported: i64,
    },
    /// An earlier failure left the outcome of a commit unknown: open the file again.
    #[error("{detail}")]
    NeedsReopen { detail: String },
    /// The database is closed.
    #[error("{detail}")]
    Closed { detail: String },
    /// A listener of the host threw; what it said is the detail. The job was stopped.
    #[error("{detail}")]
    Callback { detail: String },
}

/// The code of [`CrmError::Callback`], which the engine does not have: those from 900 on belong to the boundary.
const CALLBACK: (i32, &str) = (903, "callback");

/// The stable code of an error, the same in every language, and its name.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct ErrorCode {
    /// The number.
    pub number: i32,
    /// The name in lower snake case: `not_found`.
    pub name: String,
}

/// The stable code of an error.
#[uniffi::export]
pub fn error_code(error: CrmError) -> Result<ErrorCode> {
    let (number, name) = error
        .code()
        .map_or(CALLBACK, |code| (code as i32, code.name()));
    Ok(ErrorCode {
        number,
        name: name.to_owned(),
    })
}

impl CrmError {
    pub fn invalid(input: &str, reason: &str) -> Self {
        CrmError::from(Detail::Invalid {
            object: String::new(),
            field: String::new(),
            input: input.chars().take(80).collect(),
            reason: reason.to_owned(),
        })
    }

    /// Names the field at fault where the error does not.
    pub fn at_field(self, of: &str, named: &str) -> Self {
        match self {
            CrmError::Invalid {
                object,
                field,
                input,
                reason,
                ..
            } if object.is_empty() && field.is_empty() => CrmError::from(Detail::Invalid {
                object: of.to_owned(),
                field: named.to_owned(),
                input,
                reason,
            }),
            other => other,
        }
    }

    fn code(&self) -> Option<Code> {
        Some(match self {
            CrmError::UnknownObject { .. } => Code::UnknownObject,
            CrmError::UnknownField { .. } => Code::UnknownField,
            CrmError::Invalid { .. } => Code::Invalid,
            CrmError::Expression { .. } => Code::Expression,
            CrmError::Duplicate { .. } => Code::Duplicate,
            CrmError::Stale { .. } => Code::Stale,
            CrmError::NotFound { .. } => Code::NotFound,
            CrmError::MissingReference { .. } => Code::MissingReference,
            CrmError::Referenced { .. } => Code::Referenced,
            CrmError::Cycle { .. } => Code::Cycle,
            CrmError::Validation { .. } => Code::Validation,
            CrmError::Schema { .. } => Code::Schema,
            CrmError::Limit { .. } => Code::Limit,
            CrmError::RuleDepth { .. } => Code::RuleDepth,
            CrmError::Cancelled { .. } => Code::Cancelled,
            CrmError::Conflict { .. } => Code::Conflict,
            CrmError::Locked { .. } => Code::Locked,
            CrmError::Full { .. } => Code::Full,
            CrmError::Io { .. } => Code::Io,
            CrmError::Corrupt { .. } => Code::Corrupt,
            CrmError::NewerFormat { .. } => Code::NewerFormat,
            CrmError::NeedsReopen { .. } => Code::NeedsReopen,
            CrmError::Closed { .. } => Code::Closed,
            CrmError::Callback { .. } => return None,
        })
    }
}

impl From<Detail> for CrmError {
    fn from(detail: Detail) -> Self {
        Error::from(detail).into()
    }
}

impl From<Error> for CrmError {
    fn from(error: Error) -> Self {
        let detail = error.to_string();
        let others = error.others().iter().cloned().map(CrmError::from).collect();
        match error.detail().clone() {
            Detail::UnknownObject { name, nearest } => CrmError::UnknownObject {
                detail,
                name,
                nearest,
            },
            Detail::UnknownField {
                object,
                name,
                nearest,
            } => CrmError::UnknownField {
                detail,
                object,
                name,
                nearest,
            },
            Detail::Invalid {
                object,
                field,
                input,
                reason,
            } => CrmError::Invalid {
                detail,
                object,
                field,
                input,
                reason,
                others,
            },
            Detail::Expression {
                text,
                line,
                column,
                reason,
            } => CrmError::Expression {
                detail,
                text,
                line: line.into(),
                column: column.into(),
                reason,
            },
            Detail::Duplicate {
                object,
                field,
                value,
                holder,
            } => CrmError::Duplicate {
                detail,
                object,
                field,
                value,
                holder: holder.to_string(),
            },
            Detail::Stale {
                object,
                id,
                expected,
                fields,
            } => CrmError::Stale {
                detail,
                object,
                id: id.to_string(),
                expected: signed(expected),
                fields: fields
                    .into_iter()
                    .map(|field| StaleField {
                        field: field.field,
                        version: signed(field.version),
                        by: field.by,
                    })
                    .collect(),
            },
            Detail::NotFound { object, id } => CrmError::NotFound { detail, object, id },
            Detail::MissingReference {
                object,
                field,
                target,
                id,
            } => CrmError::MissingReference {
                detail,
                object,
                field,
                target,
                id: id.to_string(),
            },
            Detail::Referenced {
                object,
                id,
                by_object,
                by_field,
                by,
                count,
            } => CrmError::Referenced {
                detail,
                object,
                id: id.to_string(),
                by_object,
                by_field,
                by: by.to_string(),
                count: signed(count),
            },
            Detail::Cycle { object, field, id } => CrmError::Cycle {
                detail,
                object,
                field,
                id: id.to_string(),
            },
            Detail::Validation {
                object,
                rule,
                message,
            } => CrmError::Validation {
                detail,
                object,
                rule,
                text: message,
            },
            Detail::Schema { name, reason } => CrmError::Schema {
                detail,
                name,
                reason,
            },
            Detail::Limit { what, max, actual } => CrmError::Limit {
                detail,
                what: what.to_owned(),
                max: signed(max),
                actual: signed(actual),
                others,
            },
            Detail::RuleDepth { chain } => CrmError::RuleDepth { detail, chain },
            Detail::Cancelled => CrmError::Cancelled { detail },
            Detail::Conflict => CrmError::Conflict { detail },
            Detail::Locked { path } => CrmError::Locked { detail, path },
            Detail::Full(_) => CrmError::Full { detail },
            Detail::Io(_) => CrmError::Io { detail },
            Detail::Corrupt { .. } => CrmError::Corrupt { detail },
            Detail::NewerFormat { found, supported } => CrmError::NewerFormat {
                detail,
                found: found.into(),
                supported: supported.into(),
            },
            Detail::NeedsReopen(_) => CrmError::NeedsReopen { detail },
            Detail::Closed => CrmError::Closed { detail },
            // A detail that is newer than this boundary: the test of the codes fails before anybody sees it.
            _ => CrmError::Io { detail },
        }
    }
}

impl From<uniffi::UnexpectedUniFFICallbackError> for CrmError {
    fn from(error: uniffi::UnexpectedUniFFICallbackError) -> Self {
        CrmError::Callback {
            detail: error.reason,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_of_the_engine_crosses_under_its_own_name() {
        let source = include_str!("error.rs");
        for code in Code::ALL {
            let arm = format!("Code::{code:?},");
            assert!(source.contains(&arm), "{arm} has no error of its own");
            let from = format!("Detail::{code:?}");
            assert!(source.contains(&from), "{from} is not converted");
        }
    }
}
