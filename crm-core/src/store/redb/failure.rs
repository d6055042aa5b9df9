//! redb's failures as the engine's.

use std::cell::Cell;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use crate::error::{Detail, Error, Result};

/// The newest file format that redb 4 reads.
const FORMAT: u8 = 3;

/// Runs a step of redb. On pages that contradict each other redb may panic, which becomes an error here.
///
/// After a panic in a read, redb's own locks may be poisoned; it then refuses further work, which becomes
/// [`Detail::NeedsReopen`].
pub(super) fn guarded<T>(doing: &str, step: impl FnOnce() -> Result<T>) -> Result<T> {
    guarded_but(doing, |_| step())
}

/// As [`guarded`], for a step that calls code of others: a panic of theirs passes through.
pub(super) fn guarded_but<T>(doing: &str, step: impl FnOnce(&Outside) -> Result<T>) -> Result<T> {
    let outside = Outside(Cell::new(false));
    catch_unwind(AssertUnwindSafe(|| step(&outside))).unwrap_or_else(|panic| {
        if outside.0.get() {
            resume_unwind(panic);
        }
        Err(Error::corrupt(format!(
            "{doing} met pages of the file that contradict each other"
        )))
    })
}

/// Drops a database on damaged pages without redb's last commit to it.
///
/// That commit writes where the pages are that contradict each other, and redb can panic there while it unwinds from a
/// panic, which ends the process and cannot be caught. It makes none while its thread unwinds, so its thread does.
pub(super) fn abandon(database: impl Sized) {
    if cfg!(panic = "unwind") {
        let _ = catch_unwind(AssertUnwindSafe(|| {
            let _dropped_while_unwinding = database;
            resume_unwind(Box::new(()))
        }));
    }
}

/// Tells the panics of others from redb's.
pub(super) struct Outside(Cell<bool>);

impl Outside {
    /// Runs code of others.
    #[inline]
    pub(super) fn run<R>(&self, code: impl FnOnce() -> R) -> R {
        self.0.set(true);
        let result = code();
        self.0.set(false);
        result
    }
}

/// Turns the result of a call of redb into the engine's.
pub(super) trait Translate<T> {
    fn translate(self) -> Result<T>;
}

impl<T, E: Into<::redb::Error>> Translate<T> for Result<T, E> {
    fn translate(self) -> Result<T> {
        self.map_err(|error| translated(error.into()))
    }
}

fn translated(error: ::redb::Error) -> Error {
    use ::redb::Error as E;
    match error {
        E::Io(error) => io_error(error),
        E::DatabaseAlreadyOpen | E::LockProtocolMismatch => Detail::Locked {
            path: String::new(),
        }
        .into(),
        E::UpgradeRequired(found) if found > FORMAT => Detail::NewerFormat {
            found: found.into(),
            supported: FORMAT.into(),
        }
        .into(),
        E::DatabaseClosed => Detail::Closed.into(),
        E::PreviousIo | E::LockPoisoned(_) | E::TransactionPoisoned => {
            Detail::NeedsReopen(error.to_string()).into()
        }
        E::ValueTooLarge(actual) => Detail::Limit {
            what: "bytes of a value",
            max: 3 << 30,
            actual: actual as u64,
        }
        .into(),
        E::Corrupted(what) => Error::corrupt(what),
        // The engine makes byte tables and nothing else: any complaint about a table, its type or an
        // old format means that the bytes are not what the engine wrote.
        E::UpgradeRequired(_)
        | E::RepairAborted
        | E::TableTypeMismatch { .. }
        | E::TypeDefinitionChanged { .. }
        | E::TableIsMultimap(_)
        | E::TableIsNotMultimap(_)
        | E::TableDoesNotExist(_) => Error::corrupt(error.to_string()),
        _ => Detail::Io(error.to_string()).into(),
    }
}

pub(super) fn io_error(error: io::Error) -> Error {
    match error.kind() {
        // redb looks at the first bytes before anything else.
        io::ErrorKind::InvalidData if error.to_string().contains("magic number") => Error::corrupt(
            "this file does not begin as a database of this engine does: it is of another kind, \
                 or its beginning is damaged",
        ),
        // Not the disk's fault: the file ends too early or holds something else.
        io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof => {
            Error::corrupt(error.to_string())
        }
        _ => Error::io(&error, error.to_string()),
    }
}
