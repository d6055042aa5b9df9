//! What went wrong, as an object.

use std::cell::RefCell;
use std::ffi::{CString, c_char};
use std::sync::OnceLock;

use crm_core::{Code, Detail, Error};
use serde_json::Value as Json;

use super::status::{
    CRM_ABSENT, CRM_DONE, CRM_MISUSE, CRM_OK, CRM_PANIC, CRM_ROW, crm_status, guard_plain,
};
use super::text::{Texts, crm_str};
use crate::count::Counted;
use crate::json;

/// Why a call could not be done.
#[derive(Debug, Clone)]
pub(super) enum Failure {
    Engine(Error),
    Misuse(String),
    Panic(String),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Failure::Engine(error)
    }
}

impl Failure {
    pub(super) fn misuse(message: impl Into<String>) -> Self {
        Failure::Misuse(message.into())
    }

    /// An input that the engine would refuse if it could be passed on.
    pub(super) fn invalid(input: &str, reason: &str) -> Self {
        let input: String = input.chars().take(80).collect();
        Failure::Engine(Error::from(Detail::Invalid {
            object: String::new(),
            field: String::new(),
            input,
            reason: reason.to_owned(),
        }))
    }

    pub(super) fn status(&self) -> crm_status {
        match self {
            Failure::Engine(error) => error.code() as crm_status,
            Failure::Misuse(_) => CRM_MISUSE,
            Failure::Panic(_) => CRM_PANIC,
        }
    }

    fn name(&self) -> &'static str {
        match self {
            Failure::Engine(error) => error.code().name(),
            Failure::Misuse(_) => "misuse",
            Failure::Panic(_) => "panic",
        }
    }

    fn json(&self) -> Json {
        match self {
            Failure::Engine(error) => json::error(error),
            Failure::Misuse(message) | Failure::Panic(message) => {
                serde_json::json!({"code": self.status(), "type": self.name(), "detail": message})
            }
        }
    }
}

/// What went wrong. The library makes one where the last argument of a call takes it and the call fails; the
/// host frees it with crm_error_free.
#[allow(non_camel_case_types, reason = "the name in C")]
pub struct crm_error {
    status: crm_status,
    name: &'static str,
    members: Json,
    others: Vec<crm_error>,
    texts: RefCell<Texts>,
    _counted: Counted,
}

impl crm_error {
    pub(super) fn new(failure: &Failure) -> Box<Self> {
        Box::new(Self::of(failure))
    }

    fn of(failure: &Failure) -> Self {
        let others = match failure {
            Failure::Engine(error) => error.others(),
            Failure::Misuse(_) | Failure::Panic(_) => &[],
        };
        let other = |other: &Error| Self::of(&Failure::Engine(other.clone()));
        crm_error {
            status: failure.status(),
            name: failure.name(),
            members: failure.json(),
            others: others.iter().map(other).collect(),
            texts: RefCell::default(),
            _counted: Counted::new(),
        }
    }

    /// The text in all of its words; see `Display` of the engine's error.
    #[cfg(test)]
    pub(super) fn message(&self) -> Option<&str> {
        self.members.get("detail")?.as_str()
    }

    fn lend(&self, key: u64, text: &str) -> crm_str {
        self.texts.borrow_mut().lend(key, text)
    }

    fn member(&self, key: u64, name: &str) -> crm_str {
        match self.members.get(name) {
            Some(Json::String(text)) if !text.is_empty() => self.lend(key, text),
            _ => crm_str::ABSENT,
        }
    }
}

/// The code: what the call has returned.
#[unsafe(no_mangle)]
pub extern "C" fn crm_error_code(error: Option<&crm_error>) -> crm_status {
    error.map_or(CRM_OK, |error| error.status)
}

/// The name of the code, such as `not_found`.
#[unsafe(no_mangle)]
pub extern "C" fn crm_error_name(error: Option<&crm_error>) -> crm_str {
    error.map_or(crm_str::ABSENT, |error| error.lend(1, error.name))
}

/// What went wrong and what to do, as a sentence for developers.
#[unsafe(no_mangle)]
pub extern "C" fn crm_error_message(error: Option<&crm_error>) -> crm_str {
    error.map_or(crm_str::ABSENT, |error| error.member(2, "detail"))
}

/// The name of the object type at fault; NULL where none is.
#[unsafe(no_mangle)]
pub extern "C" fn crm_error_object(error: Option<&crm_error>) -> crm_str {
    error.map_or(crm_str::ABSENT, |error| error.member(3, "object"))
}

/// The name of the field at fault; NULL where none is.
#[unsafe(no_mangle)]
pub extern "C" fn crm_error_field(error: Option<&crm_error>) -> crm_str {
    error.map_or(crm_str::ABSENT, |error| error.member(4, "field"))
}

/// The start of the value at fault; NULL where none is.
#[unsafe(no_mangle)]
pub extern "C" fn crm_error_input(error: Option<&crm_error>) -> crm_str {
    error.map_or(crm_str::ABSENT, |error| error.member(5, "input"))
}

/// How many other things are wrong with the record that was to be saved: a form shows all of them at once. The message
/// says them, too.
#[unsafe(no_mangle)]
pub extern "C" fn crm_error_others_len(error: Option<&crm_error>) -> usize {
    error.map_or(0, |error| error.others.len())
}

/// One of the others, from 0, with its own code, message, field and so on. It is lent until the error is freed; NULL
/// beyond the last.
#[unsafe(no_mangle)]
pub extern "C" fn crm_error_other(error: Option<&crm_error>, at: usize) -> Option<&crm_error> {
    error?.others.get(at)
}

/// All that is known of it, as a JSON object: `code`, `type` (the name of the code), `detail` (the message), and the
/// members of this code, such as `holder` of a duplicate, `line` and `column` of an expression, `fields` of a stale
/// record; `others`, such objects, if there are others.
#[unsafe(no_mangle)]
pub extern "C" fn crm_error_json(error: Option<&crm_error>) -> crm_str {
    error.map_or(crm_str::ABSENT, |error| {
        error.lend(6, &error.members.to_string())
    })
}

/// Frees an error; NULL is allowed.
#[unsafe(no_mangle)]
pub extern "C" fn crm_error_free(error: Option<Box<crm_error>>) {
    guard_plain(|| {
        drop(error);
        Ok(CRM_OK)
    });
}

/// The name of a status: `not_found`, and `ok`, `row`, `done`, `absent` of those that are no errors. NULL for a number
/// that is no status. It is never freed.
#[unsafe(no_mangle)]
pub extern "C" fn crm_status_name(status: crm_status) -> *const c_char {
    let name = match status {
        CRM_OK => c"ok",
        CRM_ROW => c"row",
        CRM_DONE => c"done",
        CRM_ABSENT => c"absent",
        CRM_MISUSE => c"misuse",
        CRM_PANIC => c"panic",
        code => return code_name(code),
    };
    name.as_ptr()
}

/// The name of a code of the engine; they are made once, with their NUL.
fn code_name(code: crm_status) -> *const c_char {
    static NAMES: OnceLock<Vec<CString>> = OnceLock::new();
    let names = NAMES.get_or_init(|| {
        let names = Code::ALL.iter().map(|code| CString::new(code.name()));
        names.map(Result::unwrap_or_default).collect()
    });
    let at = Code::ALL
        .iter()
        .position(|known| *known as crm_status == code);
    let name = at.and_then(|at| names.get(at));
    name.map_or(std::ptr::null(), |name| name.as_ptr())
}
