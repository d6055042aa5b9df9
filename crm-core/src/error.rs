//! The one error of the engine: a small handle to a typed [`Detail`].
//!
//! A `Detail` names the input at fault and what to do about it; [`Error::code`] is the stable name that
//! hosts switch on. Nothing was changed when an operation returns an error, except where
//! [`Detail::NeedsReopen`] says that the outcome is not known.

use std::fmt;

use crate::value::Id;

/// The result of every fallible operation of the engine.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong. Cheap to move: one pointer wide.
#[derive(Clone, PartialEq)]
pub struct Error(Box<Faults>);

/// A fault, and what else is wrong with the same record.
#[derive(Clone, PartialEq)]
struct Faults {
    detail: Detail,
    others: Vec<Error>,
}

impl Error {
    /// The full description, to match on. Of a record with several faults it is that of the first.
    pub fn detail(&self) -> &Detail {
        &self.0.detail
    }

    /// What else is wrong with the record that was to be saved, each fault with its field: a form can show all of them
    /// at once. The message says them, too.
    pub fn others(&self) -> &[Error] {
        &self.0.others
    }

    /// One error for all faults of a record; none if there is none.
    pub(crate) fn of_all(faults: Vec<Error>) -> Result<()> {
        // More than anybody mends at once.
        const FAULTS_MAX: usize = 50;
        let faults = faults.into_iter().flat_map(Error::into_each);
        let mut faults = faults.take(FAULTS_MAX);
        match faults.next() {
            None => Ok(()),
            Some(mut first) => {
                first.0.others.extend(faults);
                Err(first)
            }
        }
    }

    /// The faults one by one.
    pub(crate) fn into_each(mut self) -> impl Iterator<Item = Error> {
        let others = std::mem::take(&mut self.0.others);
        std::iter::once(self).chain(others)
    }

    /// The stable code, the same in every host language.
    pub fn code(&self) -> Code {
        self.detail().code()
    }

    /// True if the same call may succeed when it is simply made again.
    pub fn is_retryable(&self) -> bool {
        matches!(self.detail(), Detail::Conflict)
    }

    /// True for a failure of the store, or the end that somebody has put to reading it, which fails the whole
    /// transaction; any other is the fault of the one change that was asked for.
    pub(crate) fn is_of_the_store(&self) -> bool {
        matches!(
            self.detail(),
            Detail::Io(_)
                | Detail::Full(_)
                | Detail::Corrupt { .. }
                | Detail::NeedsReopen(_)
                | Detail::Closed
                | Detail::Cancelled
                | Detail::Conflict
        )
    }

    /// Gives the object and field a context if the error does not name them yet.
    pub(crate) fn at_field(mut self, object_name: &str, field_name: &str) -> Self {
        if let Detail::Invalid { object, field, .. } = &mut self.0.detail {
            if object.is_empty() {
                *object = excerpt(object_name);
            }
            if field.is_empty() {
                *field = excerpt(field_name);
            }
        }
        self
    }

    /// An [`Detail::Invalid`] whose object and field are filled in by the caller further up.
    pub(crate) fn invalid(input: impl fmt::Display, reason: impl Into<String>) -> Self {
        Detail::Invalid {
            object: String::new(),
            field: String::new(),
            input: excerpt(&input.to_string()),
            reason: reason.into(),
        }
        .into()
    }

    /// A failure of the operating system; a device or a quota without space is told apart.
    pub(crate) fn io(error: &std::io::Error, message: String) -> Self {
        use std::io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
        match error.kind() {
            StorageFull | QuotaExceeded | FileTooLarge => Detail::Full(message).into(),
            _ => Detail::Io(message).into(),
        }
    }

    pub(crate) fn corrupt(what: impl Into<String>) -> Self {
        Detail::Corrupt { what: what.into() }.into()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self.detail(), f)?;
        self.others()
            .iter()
            .try_for_each(|other| write!(f, "; {other}"))
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.detail(), f)?;
        self.others()
            .iter()
            .try_for_each(|other| write!(f, "; {other:?}"))
    }
}

impl std::error::Error for Error {}

impl From<Detail> for Error {
    fn from(mut detail: Detail) -> Self {
        detail.shorten();
        Error(Box::new(Faults {
            detail,
            others: Vec::new(),
        }))
    }
}

impl Detail {
    /// Cuts what may be as long as an input, so that no message is.
    fn shorten(&mut self) {
        match self {
            // A name that does not exist may be anything.
            Detail::UnknownObject { name, .. } => shorten(name, INPUT_CHARS_MAX),
            Detail::UnknownField { object, name, .. } => {
                shorten(object, INPUT_CHARS_MAX);
                shorten(name, INPUT_CHARS_MAX);
            }
            Detail::Invalid {
                object,
                field,
                input,
                reason,
            } => {
                shorten(object, INPUT_CHARS_MAX);
                shorten(field, INPUT_CHARS_MAX);
                shorten(input, INPUT_CHARS_MAX + 1);
                shorten(reason, REASON_CHARS_MAX);
            }
            Detail::Schema { name, reason } => {
                shorten(name, INPUT_CHARS_MAX);
                shorten(reason, REASON_CHARS_MAX);
            }
            Detail::Duplicate { value, .. } => shorten(value, VALUE_CHARS_MAX),
            Detail::NotFound { object, id } => {
                shorten(object, INPUT_CHARS_MAX);
                shorten(id, INPUT_CHARS_MAX);
            }
            Detail::Validation { rule, .. } => shorten(rule, INPUT_CHARS_MAX),
            Detail::RuleDepth { chain } => {
                chain
                    .iter_mut()
                    .for_each(|rule| shorten(rule, INPUT_CHARS_MAX));
            }
            Detail::Expression { reason, .. }
            | Detail::Full(reason)
            | Detail::Io(reason)
            | Detail::Corrupt { what: reason }
            | Detail::NeedsReopen(reason) => shorten(reason, REASON_CHARS_MAX),
            // Their texts are names of the schema, a path, or what the organisation says itself.
            Detail::Stale { .. }
            | Detail::MissingReference { .. }
            | Detail::Referenced { .. }
            | Detail::Cycle { .. }
            | Detail::Limit { .. }
            | Detail::Cancelled
            | Detail::Conflict
            | Detail::Locked { .. }
            | Detail::NewerFormat { .. }
            | Detail::Closed => {}
        }
    }
}

/// A field that somebody else changed since the version that a writer had read.
#[derive(Debug, Clone, PartialEq)]
pub struct StaleField {
    /// The field's name.
    pub field: String,
    /// The version (commit sequence) that changed it.
    pub version: u64,
    /// Who changed it: the id of the user as text, or `system`.
    pub by: String,
}

/// Every way in which an operation can fail.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Detail {
    /// No object type has this name.
    #[error("{}{}", unknown_object(.name), nearest_hint(.nearest))]
    UnknownObject {
        /// The name that was given.
        name: String,
        /// The nearest name that exists.
        nearest: Option<String>,
    },
    /// The object has no field of this name.
    #[error("{}{}", unknown_field(.object, .name), nearest_hint(.nearest))]
    UnknownField {
        /// The object type.
        object: String,
        /// The name that was given.
        name: String,
        /// The nearest name that exists.
        nearest: Option<String>,
    },
    /// A value does not fit its field: wrong type, too long, malformed, missing where required.
    #[error("{}{}{reason}", field_prefix(.object, .field), refused(.input))]
    Invalid {
        /// The object type, empty where the value belongs to none.
        object: String,
        /// The field, empty where the value belongs to none.
        field: String,
        /// The start of the value that was given.
        input: String,
        /// Why it is refused and what would be accepted.
        reason: String,
    },
    /// An expression does not parse or does not fit the schema.
    #[error("expression, line {line}, column {column}: {reason}")]
    Expression {
        /// The expression's text.
        text: String,
        /// Line of the fault, from 1.
        line: u32,
        /// Column of the fault in characters, from 1.
        column: u32,
        /// What is wrong and, where there is one, the nearest valid name.
        reason: String,
    },
    /// Another record holds this unique value.
    #[error("`{object}.{field}`: `{value}` is taken by record {holder}")]
    Duplicate {
        /// The object type.
        object: String,
        /// The unique field or key.
        field: String,
        /// The value that both records would have.
        value: String,
        /// The record that has it.
        holder: Id,
    },
    /// The record changed in the same fields since the version that the writer read.
    #[error("`{object}` {id} was changed since version {expected}: {}", stale_list(.fields))]
    Stale {
        /// The object type.
        object: String,
        /// The record.
        id: Id,
        /// The version that the writer had read.
        expected: u64,
        /// The fields that both sides changed.
        fields: Vec<StaleField>,
    },
    /// There is no such record (or it is in the trash and the operation needs a live one).
    #[error("there is no {object} {}", shown(.id))]
    NotFound {
        /// The object type.
        object: String,
        /// The id that was asked for.
        id: String,
    },
    /// A reference points to a record that does not exist.
    #[error("`{object}.{field}` refers to {target} {id}, which does not exist")]
    MissingReference {
        /// The object type that holds the reference.
        object: String,
        /// The reference field.
        field: String,
        /// The object type referred to.
        target: String,
        /// The id that does not exist.
        id: Id,
    },
    /// The record cannot go while others need it.
    #[error("{object} {id} is still referred to by `{by_object}.{by_field}` of {}", referrers(.by, *.count))]
    Referenced {
        /// The object type of the record to be deleted.
        object: String,
        /// The record to be deleted.
        id: Id,
        /// The object type that refers to it.
        by_object: String,
        /// The field that refers to it.
        by_field: String,
        /// A record that refers to it.
        by: Id,
        /// How many records do so by this field.
        count: u64,
    },
    /// A hierarchy would contain itself.
    #[error("`{object}.{field}`: {id} would be its own ancestor")]
    Cycle {
        /// The object type.
        object: String,
        /// The parent field.
        field: String,
        /// The record that would be its own ancestor.
        id: Id,
    },
    /// A validation rule of the organisation refuses the record.
    #[error("{message} (validation rule `{rule}` of `{object}`)")]
    Validation {
        /// The object type.
        object: String,
        /// The rule's name.
        rule: String,
        /// The rule's message to the user.
        message: String,
    },
    /// A schema change is not possible.
    #[error("schema: `{name}`: {reason}")]
    Schema {
        /// The object or field.
        name: String,
        /// Why it is refused.
        reason: String,
    },
    /// A bound of the engine is exceeded; see [`crate::limits`].
    #[error("{what}: {actual} is over the limit of {max}")]
    Limit {
        /// What is bounded.
        what: &'static str,
        /// The bound.
        max: u64,
        /// What was asked for.
        actual: u64,
    },
    /// Rules set each other off beyond their bound. It stands in the record of the run that was refused; the
    /// change that set the rules off is made.
    #[error("rules went too deep: {}", .chain.join(" → "))]
    RuleDepth {
        /// The names of the rules in order of firing.
        chain: Vec<String>,
    },
    /// The caller stopped the job; what was done before is as the job's documentation says.
    #[error("cancelled by the caller")]
    Cancelled,
    /// The storage saw a conflicting transaction; make the call again.
    #[error("a concurrent transaction conflicts; try again")]
    Conflict,
    /// Another process or handle has the file open.
    #[error("`{path}` is open in another process or handle")]
    Locked {
        /// The database file.
        path: String,
    },
    /// The disk, or the space that the host allows, is full.
    #[error("no space left to write: {0}")]
    Full(String),
    /// The operating system refused to read or write.
    #[error("input/output: {0}")]
    Io(String),
    /// The file's contents are damaged.
    #[error("damaged data: {what}")]
    Corrupt {
        /// What is damaged.
        what: String,
    },
    /// The file was written by a later version of the engine.
    #[error("the file has format {found}; this version reads up to {supported}")]
    NewerFormat {
        /// The file's format.
        found: u32,
        /// The newest format that this version reads.
        supported: u32,
    },
    /// The database was closed by [`Session::close`](crate::Session::close).
    #[error("the database is closed; open it again")]
    Closed,
    /// An earlier I/O failure left the outcome of a commit unknown: close the handle and open the file
    /// again. What was acknowledged is there.
    #[error("the database must be reopened after an earlier failure: {0}")]
    NeedsReopen(String),
}

macro_rules! codes {
    ($($variant:ident = $number:literal $name:literal $meaning:literal,)*) => {
        /// The stable code of an error: number for C, name for everybody else. Never reused.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        #[repr(i32)]
        pub enum Code { $(#[doc = $meaning] $variant = $number,)* }

        impl Code {
            /// Every code.
            pub const ALL: &'static [Code] = &[$(Code::$variant,)*];

            /// The code's name in lower snake case.
            pub const fn name(self) -> &'static str {
                match self { $(Code::$variant => $name,)* }
            }

            /// What it says, in a sentence: the documentation of the code in every host.
            pub fn meaning(self) -> &'static str {
                match self { $(Code::$variant => $meaning,)* }
            }
        }
        impl Detail {
            fn code(&self) -> Code {
                match self { $(Detail::$variant { .. } => Code::$variant,)* }
            }
        }
    };
}

codes! {
    UnknownObject = 1 "unknown_object" "No object type has this name or number.",
    UnknownField = 2 "unknown_field" "The object has no such field.",
    Invalid = 3 "invalid" "A value does not fit: wrong type, too long, malformed, missing where required.",
    Expression = 4 "expression" "An expression does not parse or does not fit the schema.",
    Duplicate = 5 "duplicate" "Another record holds this unique value.",
    Stale = 6 "stale" "The record changed in the same fields since the version that the writer read.",
    NotFound = 7 "not_found" "There is no such record, or it is in the trash.",
    MissingReference = 8 "missing_reference" "A reference points to a record that does not exist.",
    Referenced = 9 "referenced" "The record cannot go while others need it.",
    Cycle = 10 "cycle" "A hierarchy would contain itself.",
    Validation = 11 "validation" "A validation rule of the organisation refuses the record.",
    Schema = 12 "schema" "A schema change is not possible.",
    Limit = 13 "limit" "A bound of the engine is exceeded.",
    RuleDepth = 14 "rule_depth" "Rules set each other off beyond their bound.",
    Cancelled = 15 "cancelled" "The caller stopped the job.",
    Conflict = 16 "conflict" "The storage saw a conflicting transaction; make the call again.",
    Locked = 17 "locked" "Another process or handle has the file open.",
    Full = 18 "full" "The disk, or the space that the host allows, is full.",
    Io = 19 "io" "The operating system refused to read or write.",
    Corrupt = 20 "corrupt" "The file's contents are damaged.",
    NewerFormat = 21 "newer_format" "The file was written by a later version of the engine.",
    NeedsReopen = 22 "needs_reopen" "An earlier failure left the outcome of a commit unknown: open the file again.",
    Closed = 23 "closed" "The database is closed.",
}

/// Characters of an input, or of a name that may be one, in a message.
const INPUT_CHARS_MAX: usize = 80;
/// Characters of a value that somebody may want to look for.
const VALUE_CHARS_MAX: usize = 200;
/// Characters of what a message says.
const REASON_CHARS_MAX: usize = 600;
/// Alternatives that a message names.
const LISTED_MAX: usize = 20;

fn shorten(text: &mut String, chars_max: usize) {
    if let Some((end, _)) = text.char_indices().nth(chars_max) {
        text.truncate(end);
        text.push('…');
    }
}

/// The first characters of an input, so that an error never carries a megabyte.
pub(crate) fn excerpt(input: &str) -> String {
    match input.char_indices().nth(INPUT_CHARS_MAX) {
        Some((end, _)) => format!("{}…", &input[..end]),
        None => input.to_owned(),
    }
}

/// What a message says, cut where it is long.
pub(crate) fn shortened(mut text: String) -> String {
    shorten(&mut text, REASON_CHARS_MAX);
    text
}

/// The first of many alternatives, each in quotes, for a message.
pub(crate) fn listed<'a>(
    names: impl IntoIterator<Item = &'a str>,
    quote: &str,
    separator: &str,
) -> String {
    let mut names = names.into_iter();
    let first: Vec<String> = names
        .by_ref()
        .take(LISTED_MAX)
        .map(|name| {
            let mut name = name.to_owned();
            shorten(&mut name, INPUT_CHARS_MAX / 2);
            format!("{quote}{name}{quote}")
        })
        .collect();
    let listed = first.join(separator);
    match names.count() {
        0 => listed,
        more => format!("{listed} and {more} more"),
    }
}

fn nearest_hint(nearest: &Option<String>) -> String {
    nearest
        .as_ref()
        .map(|name| format!("; did you mean `{name}`?"))
        .unwrap_or_default()
}

/// What is not there, when nothing was named by the name.
fn unknown_object(name: &str) -> String {
    match name {
        "" => "the name of an object is empty".to_owned(),
        name => format!("unknown object `{name}`"),
    }
}

fn unknown_field(object: &str, name: &str) -> String {
    match name {
        "" => format!("the name of a field of `{object}` is empty"),
        name => format!("`{object}` has no field `{name}`"),
    }
}

/// The input that is refused; nothing of one that is empty, about which the reason says all.
fn refused(input: &str) -> String {
    match input {
        "" => String::new(),
        input => format!("`{input}` is refused: "),
    }
}

/// A name or an id in a sentence.
fn shown(name: &str) -> &str {
    match name {
        "" => "with an empty name",
        name => name,
    }
}

fn field_prefix(object: &str, field: &str) -> String {
    match (object.is_empty(), field.is_empty()) {
        (true, true) => String::new(),
        (true, false) => format!("`{field}`: "),
        (false, true) => format!("`{object}`: "),
        (false, false) => format!("`{object}.{field}`: "),
    }
}

fn referrers(by: &Id, count: u64) -> String {
    match count {
        0 | 1 => by.to_string(),
        count => format!("{count} records, such as {by}"),
    }
}

fn stale_list(fields: &[StaleField]) -> String {
    let list: Vec<_> = fields
        .iter()
        .take(LISTED_MAX / 2)
        .map(|f| format!("`{}` by {} in version {}", f.field, f.by, f.version))
        .collect();
    let list = list.join(", ");
    match fields.len().saturating_sub(LISTED_MAX / 2) {
        0 => list,
        more => format!("{list} and {more} more"),
    }
}

/// The candidate that a mistyped name most likely meant.
pub(crate) fn nearest<'a>(
    name: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<String> {
    // What is far longer than any name is none with a slip, and comparing costs by its length.
    const NAME_BYTES_MAX: usize = 256;
    if name.len() > NAME_BYTES_MAX {
        return None;
    }
    let name = name.to_lowercase();
    candidates
        .into_iter()
        .map(|candidate| (strsim::osa_distance(&name, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= (candidate.len().max(name.len()) / 3).max(1))
        .min_by_key(|(distance, candidate)| (*distance, candidate.len()))
        .map(|(_, candidate)| candidate.to_owned())
}
