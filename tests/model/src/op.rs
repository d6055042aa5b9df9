//! Calls of the public API as data: what the generator makes, the engine and the model answer, and a failure
//! prints. Every part of a call is a plain value, so that what `Debug` prints is Rust.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use crm_core::*;
use sha2::{Digest, Sha256};

/// The objects that take part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "each is the object of its name")]
pub enum Kind {
    User,
    Company,
    Contact,
    Pipeline,
    Stage,
    Deal,
    Note,
    Task,
    Tag,
    Employment,
    DealContact,
    Rule,
    RuleRun,
    Reminder,
    ValidationRule,
    ImportRun,
    ImportProblem,
    Document,
}

impl Kind {
    /// Every object.
    pub const ALL: [(Kind, u16, &'static str); 18] = [
        (Kind::User, User::TYPE, User::TYPE_NAME),
        (Kind::Company, Company::TYPE, Company::TYPE_NAME),
        (Kind::Contact, Contact::TYPE, Contact::TYPE_NAME),
        (Kind::Pipeline, Pipeline::TYPE, Pipeline::TYPE_NAME),
        (Kind::Stage, Stage::TYPE, Stage::TYPE_NAME),
        (Kind::Deal, Deal::TYPE, Deal::TYPE_NAME),
        (Kind::Note, Note::TYPE, Note::TYPE_NAME),
        (Kind::Task, Task::TYPE, Task::TYPE_NAME),
        (Kind::Tag, Tag::TYPE, Tag::TYPE_NAME),
        (Kind::Employment, Employment::TYPE, Employment::TYPE_NAME),
        (Kind::DealContact, DealContact::TYPE, DealContact::TYPE_NAME),
        (Kind::Rule, Rule::TYPE, Rule::TYPE_NAME),
        (Kind::RuleRun, RuleRun::TYPE, RuleRun::TYPE_NAME),
        (Kind::Reminder, Reminder::TYPE, Reminder::TYPE_NAME),
        (
            Kind::ValidationRule,
            ValidationRule::TYPE,
            ValidationRule::TYPE_NAME,
        ),
        (Kind::ImportRun, ImportRun::TYPE, ImportRun::TYPE_NAME),
        (
            Kind::ImportProblem,
            ImportProblem::TYPE,
            ImportProblem::TYPE_NAME,
        ),
        (Kind::Document, Document::TYPE, Document::TYPE_NAME),
    ];

    fn row(self) -> (u16, &'static str) {
        let (_, number, name) = Kind::ALL[self as usize];
        (number, name)
    }

    /// Its number.
    pub fn number(self) -> u16 {
        self.row().0
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        self.row().1
    }

    /// The object of a number.
    pub fn of(number: u16) -> Option<Kind> {
        let found = Kind::ALL.iter().find(|(_, other, _)| *other == number);
        found.map(|(kind, ..)| *kind)
    }
}

/// A record, by a number that stays when a sequence of calls is shrunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rec {
    /// That which a call makes, has made, or has never made under this number.
    Of(Kind, u16),
    /// One of those to which the engine has given an id, counted round and round.
    Made(Kind, u16),
}

impl Rec {
    /// True for the id of a record that a call has given a number.
    pub fn is_numbered(record: Ref) -> bool {
        Rec::Of(Kind::User, 0).find(&[]).id.as_bytes()[..14] == record.id.as_bytes()[..14]
    }

    /// The record, given those to which the engine gave an id.
    pub fn find(self, made: &[Ref]) -> Ref {
        match self {
            Rec::Of(kind, n) => {
                let mut id = [0; 16];
                id[..6].copy_from_slice(&[0x01, 0x80, 0, 0, 0, 0]);
                id[6] = 0x70;
                id[8] = 0x80;
                id[14..].copy_from_slice(&n.to_be_bytes());
                Ref {
                    object: kind.number(),
                    id: Id::from_bytes(id),
                }
            }
            Rec::Made(kind, n) => {
                let of_kind = made.iter().filter(|one| one.object == kind.number());
                let of_kind: Vec<&Ref> = of_kind.collect();
                match of_kind.len() {
                    0 => Rec::Of(kind, u16::MAX).find(made),
                    count => *of_kind[usize::from(n) % count],
                }
            }
        }
    }
}

/// The value of a field in a call.
#[derive(Debug, Clone, PartialEq)]
pub enum Val {
    /// Nothing.
    Null,
    /// Text, as it stands.
    Raw(&'static str),
    /// Two of [`WORDS`].
    Words(u8, u8),
    /// Two of [`WORDS`], with what nobody sees in the first.
    Veiled(u8, u8),
    /// One of [`WORDS`], so many times: a text that fills pages.
    Long(u8, u16),
    /// A key of another system.
    Key(u16),
    /// An e-mail address: one for each two numbers, in another case for the second.
    Mail(u16),
    /// A number.
    Int(i64),
    /// A number as text.
    Digits(i64),
    /// Cents.
    Eur(i64),
    /// Cents.
    Usd(i64),
    /// Days after the first.
    Day(i16),
    /// Minutes after the beginning.
    At(i32),
    /// A truth value.
    Bool(bool),
    /// A person's name, of two of [`WORDS`].
    Name(u8, u8),
    /// A reference.
    Rec(Rec),
    /// A list of references.
    Recs(Vec<Rec>),
    /// A list of texts.
    Texts(Vec<&'static str>),
    /// A length of time in minutes.
    Minutes(i64),
}

/// The words of names and remarks: too short, and too different, to be taken for each other by a search.
pub const WORDS: [&str; 12] = [
    "amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "heron", "indigo", "jasper",
    "kelp", "lotus",
];

/// A word of [`WORDS`].
pub fn word(n: u8) -> &'static str {
    WORDS[usize::from(n) % WORDS.len()]
}

/// When every sequence begins: nine o'clock of a Monday.
pub fn start() -> DateTime<Utc> {
    DateTime::from_timestamp(1_772_442_000, 0).unwrap_or_default()
}

impl Val {
    /// The value, given the records to which the engine gave an id.
    pub fn value(&self, made: &[Ref]) -> Value {
        let money = |cents: i64, code: &str| {
            let amount = rust_decimal::Decimal::new(cents, 2);
            let money = Currency::new(code).and_then(|currency| Money::new(amount, currency));
            money.map_or(Value::Null, Value::Money)
        };
        match self {
            Val::Null => Value::Null,
            Val::Raw(text) => (*text).into(),
            Val::Words(a, b) => format!("{} {}", word(*a), word(*b)).into(),
            Val::Veiled(a, b) => {
                let (start, end) = word(*a).split_at(2);
                format!("{start}\u{AD}{end} {}\u{200B}", word(*b)).into()
            }
            Val::Long(n, times) => vec![word(*n); usize::from(*times)].join(" ").into(),
            Val::Key(n) => format!("K{n}").into(),
            Val::Mail(n) => {
                let letter = if n % 2 == 0 { 'p' } else { 'P' };
                format!("{letter}{}@example.com", n / 2).into()
            }
            Val::Int(n) => (*n).into(),
            Val::Digits(n) => n.to_string().into(),
            Val::Eur(cents) => money(*cents, "EUR"),
            Val::Usd(cents) => money(*cents, "USD"),
            Val::Day(day) => first_day()
                .checked_add_signed(TimeDelta::days((*day).into()))
                .into(),
            Val::At(minutes) => (start() + TimeDelta::minutes((*minutes).into())).into(),
            Val::Bool(value) => (*value).into(),
            Val::Name(a, b) => Parts::new(vec![word(*a).to_owned(), word(*b).to_owned()]).into(),
            Val::Rec(record) => record.find(made).into(),
            Val::Recs(records) => {
                let records = records.iter().map(|record| record.find(made).into());
                Value::List(records.collect())
            }
            Val::Texts(texts) => Value::List(texts.iter().map(|text| (*text).into()).collect()),
            Val::Minutes(minutes) => TimeDelta::minutes(*minutes).into(),
        }
    }
}

fn first_day() -> NaiveDate {
    start().date_naive()
}

/// The values of a call, by the names of their fields.
pub type Vals = Vec<(&'static str, Val)>;

/// What a writer says that he has read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// The state so many commits ago.
    Ago(u16),
    /// The state after a commit.
    Commit(u64),
}

impl Seen {
    /// The commit.
    pub fn sequence(self, last: u64) -> u64 {
        match self {
            Seen::Ago(commits) => last.saturating_sub(commits.into()),
            Seen::Commit(commit) => commit,
        }
    }
}

/// A change that is asked for.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs, reason = "each is the change of its name")]
pub enum Edit {
    Create {
        record: Rec,
        fields: Vals,
    },
    /// A creation whose id the engine makes.
    Make {
        kind: Kind,
        fields: Vals,
    },
    Update {
        record: Rec,
        fields: Vals,
        seen: Option<Seen>,
    },
    Upsert {
        kind: Kind,
        by: &'static str,
        fields: Vals,
    },
    Move {
        card: Rec,
        stage: Rec,
        behind: Option<Rec>,
        seen: Option<Seen>,
    },
    Delete(Rec),
    Restore(Rec),
    Purge(Rec),
}

/// What a custom field of companies is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Custom {
    /// Text that is searched, with a default.
    Text(Option<&'static str>),
    /// A whole number, with a default.
    Number(Option<&'static str>),
    /// A text that no two companies share.
    Unique,
    /// How many deals there are.
    DealCount,
    /// What the deals that were won are worth.
    WonAmount,
    /// The greatest chance among the deals.
    BestChance,
    /// Ten times the number of employees.
    Tenfold,
}

/// A call.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs, reason = "each is the call of its name")]
pub enum Op {
    Change(Edit),
    Batch {
        key: Option<u8>,
        changes: Vec<Edit>,
    },
    Rehearse {
        changes: Vec<Edit>,
    },
    Undo {
        operation: u8,
    },
    RunDue,
    /// Rows of key, name and employees.
    Import {
        upsert: bool,
        dry: bool,
        rows: Vec<(u16, u8, &'static str)>,
    },
    AddField {
        name: &'static str,
        custom: Custom,
    },
    RenameField {
        name: &'static str,
        to: &'static str,
    },
    RetypeField {
        name: &'static str,
        number: bool,
        clear: bool,
    },
    RetireField {
        name: &'static str,
    },
    IndexField {
        name: &'static str,
    },
    PutContent {
        document: Rec,
        bytes: u16,
        of: u8,
    },
    Maintain,
    Compact,
    Backup,
    Reopen,
    Get(Rec),
    Content(Rec),
    /// Pages of so many records, one after the other.
    Find {
        question: u8,
        sort: u8,
        limit: u8,
        trash: bool,
    },
    /// The next page of the last question, after whatever has happened since.
    Next,
    /// All pages of a question, two records at a time, as of one moment.
    All {
        question: u8,
    },
    Count {
        question: u8,
    },
    Aggregate {
        question: u8,
        group: u8,
    },
    Search {
        words: Vec<u8>,
        letters: u8,
    },
    Timeline {
        record: Rec,
        limit: u8,
    },
    Board {
        pipeline: Rec,
    },
    Cards {
        stage: Rec,
        limit: u8,
    },
    History(Rec),
    AsOf {
        record: Rec,
        seen: Seen,
    },
    /// A record as it was so many minutes ago.
    At {
        record: Rec,
        minutes: i32,
    },
}

/// A call, and who makes it when.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// Minutes since the call before, by a clock that is set back now and then.
    pub minutes: i32,
    /// The acting user; the system without one.
    pub user: Option<Rec>,
    /// The named operation that the call is part of.
    pub operation: Option<u8>,
    /// Whether rules react.
    pub rules: bool,
    /// The call.
    pub op: Op,
}

impl Step {
    /// A call of the system, a minute after the one before.
    pub fn of(op: Op) -> Self {
        Step {
            minutes: 1,
            user: None,
            operation: None,
            rules: true,
            op,
        }
    }

    /// As Rust that makes it.
    pub fn to_rust(&self) -> String {
        let mut rust = String::new();
        let (mut in_text, mut escaped) = (false, false);
        for c in format!("{self:?}").chars() {
            in_text ^= c == '"' && !escaped;
            escaped = c == '\\' && !escaped;
            if c == '[' && !in_text {
                rust.push_str("vec!");
            }
            rust.push(c);
        }
        rust
    }
}

/// A content of so many bytes, of which no two pieces are the same.
pub fn content(bytes: u16, of: u8) -> Vec<u8> {
    let byte = |n: u16| n.to_be_bytes()[usize::from(n % 2)].wrapping_add(of);
    (0..bytes).map(byte).collect()
}

/// The SHA-256 of a content as a document has it.
pub fn sha256(content: &[u8]) -> String {
    hex::encode(Sha256::digest(content))
}

/// The name of an operation.
pub fn operation_name(n: u8) -> String {
    format!("operation {n}")
}

/// A filter and the object that it is about; the model has the same by hand.
pub const QUESTIONS: [(Kind, &str); 18] = [
    (Kind::Company, ""),
    (Kind::Company, "employees > 50"),
    (Kind::Company, "employees == null"),
    (Kind::Company, "industry == 'steel'"),
    (Kind::Company, "parent.employees > 50"),
    (Kind::Company, "parent != null && employees <= 100"),
    (Kind::Contact, ""),
    (Kind::Contact, "email != null"),
    (Kind::Contact, "company.industry == 'steel'"),
    (Kind::Deal, ""),
    (Kind::Deal, "status == 'won'"),
    (Kind::Deal, "probability >= 50"),
    (Kind::Deal, "company != null"),
    (Kind::Task, "status == 'open'"),
    (Kind::Tag, ""),
    (Kind::Reminder, "status == 'due'"),
    (Kind::Contact, "email == 'P1@Example.com'"),
    (Kind::Company, "name == 'am\u{200B}ber birch'"),
];

/// Orders; those that an object has no field for are refused.
pub const SORTS: [&str; 8] = [
    "",
    "employees",
    "-employees",
    "name",
    "industry,-employees",
    "-industry,-employees",
    "-probability",
    "-created_at",
];

/// What groups are made of, and what is measured: each a field of some of the objects.
pub const GROUPS: [(&str, &[(MeasureOp, &str)]); 5] = [
    ("", &[(MeasureOp::CountValues, "created_by")]),
    (
        "industry",
        &[(MeasureOp::Sum, "employees"), (MeasureOp::Max, "employees")],
    ),
    ("status", &[(MeasureOp::Sum, "amount")]),
    (
        "stage",
        &[
            (MeasureOp::Min, "probability"),
            (MeasureOp::Sum, "weighted_amount"),
        ],
    ),
    ("tags", &[(MeasureOp::CountValues, "employees")]),
];
