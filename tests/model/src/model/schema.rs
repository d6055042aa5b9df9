//! The fields of the objects, written down once more by hand.

use chrono::{DateTime, Utc};
use crm_core::{Code, Ref, Value};
use rust_decimal::Decimal;

use crate::op::{Custom, Kind};

/// The type of a field.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Ty {
    /// Text of any kind without a form of its own.
    Text,
    /// An e-mail address.
    Email,
    /// A whole number.
    Int,
    /// A number from 0 to 100 as the generator gives it.
    Percent,
    /// A place on a board.
    Place,
    /// An amount.
    Money,
    /// A truth value.
    Bool,
    /// A day.
    Date,
    /// An instant.
    DateTime,
    /// A length of time.
    Duration,
    /// One of these keys.
    Choice(&'static [&'static str]),
    /// A person's name.
    Name,
    /// A reference to one of these objects; to any if there is none.
    Ref(&'static [Kind]),
}

/// A field.
#[derive(Debug, Clone)]
#[allow(
    missing_docs,
    reason = "each is what the engine's definition of a field has under this name"
)]
pub struct Field {
    pub name: &'static str,
    pub ty: Ty,
    pub many: bool,
    pub required: bool,
    pub unique: bool,
    pub indexed: bool,
    pub searched: bool,
    pub read_only: bool,
    pub hierarchy: bool,
    /// What happens to the record when that which it refers to is deleted: it goes, too.
    pub cascades: bool,
    /// What happens to that which it refers to: it cannot be deleted.
    pub restricts: bool,
    /// The timeline of the record flows into that of the record referred to.
    pub up: bool,
    pub default: Option<&'static str>,
    pub computed: Option<Custom>,
    pub formula: bool,
    pub custom: bool,
    pub retired: bool,
}

fn field(name: &'static str, ty: Ty) -> Field {
    Field {
        name,
        ty,
        many: false,
        required: false,
        unique: false,
        indexed: false,
        searched: false,
        read_only: false,
        hierarchy: false,
        cascades: false,
        restricts: false,
        up: false,
        default: None,
        computed: None,
        formula: false,
        custom: false,
        retired: false,
    }
}

impl Field {
    fn many(mut self) -> Self {
        self.many = true;
        self
    }
    fn required(mut self) -> Self {
        self.required = true;
        self
    }
    fn unique(mut self) -> Self {
        self.unique = true;
        self.indexed()
    }
    fn indexed(mut self) -> Self {
        self.indexed = true;
        self
    }
    fn searched(mut self) -> Self {
        self.searched = true;
        self
    }
    fn read_only(mut self) -> Self {
        self.read_only = true;
        self
    }
    fn hierarchy(mut self) -> Self {
        self.hierarchy = true;
        self.indexed()
    }
    fn cascades(mut self) -> Self {
        self.cascades = true;
        self
    }
    fn restricts(mut self) -> Self {
        self.restricts = true;
        self
    }
    fn up(mut self) -> Self {
        self.up = true;
        self.indexed()
    }
    fn formula(mut self) -> Self {
        self.formula = true;
        self
    }
    fn default(mut self, text: &'static str) -> Self {
        self.default = Some(text);
        self
    }

    /// A custom field.
    pub fn custom(name: &'static str, custom: Custom) -> Self {
        let mut own = match custom {
            Custom::Text(default) => Field {
                default,
                ..field(name, Ty::Text).searched()
            },
            Custom::Number(default) => Field {
                default,
                ..field(name, Ty::Int)
            },
            Custom::Unique => field(name, Ty::Text).unique(),
            Custom::DealCount | Custom::Tenfold => field(name, Ty::Int),
            Custom::WonAmount => field(name, Ty::Money).many(),
            Custom::BestChance => field(name, Ty::Percent),
        };
        let plain = matches!(custom, Custom::Text(_) | Custom::Number(_) | Custom::Unique);
        own.computed = Some(custom).filter(|_| !plain);
        own.custom = true;
        own
    }

    /// True for what only the engine writes.
    pub fn is_computed(&self) -> bool {
        self.computed.is_some() || self.formula
    }

    /// The value of a new record that is given none.
    pub fn default_value(&self, now: DateTime<Utc>) -> Option<Value> {
        match self.default? {
            "now" => Some(now.into()),
            text => self.fit(text.into()).ok(),
        }
    }

    /// A value in the form of the field.
    ///
    /// # Errors
    /// `Invalid`.
    pub fn fit(&self, value: Value) -> Result<Value, Code> {
        if !self.many {
            return self.one(value);
        }
        let mut fitted = Vec::new();
        for value in elements(&value) {
            let value = self.one(value)?;
            if !value.is_null() && !fitted.contains(&value) {
                fitted.push(value);
            }
        }
        Ok(list(fitted))
    }

    fn one(&self, value: Value) -> Result<Value, Code> {
        match (self.ty, value) {
            (_, Value::Null) => Ok(Value::Null),
            (_, Value::Text(text)) if text.trim().is_empty() => Ok(Value::Null),
            (Ty::Text, Value::Text(text)) => Ok(text.replace(['\u{AD}', '\u{200B}'], "").into()),
            (Ty::Int, value @ Value::Int(_))
            | (Ty::Place | Ty::Percent, value @ Value::Decimal(_))
            | (Ty::Money, value @ Value::Money(_))
            | (Ty::Bool, value @ Value::Bool(_))
            | (Ty::Date, value @ Value::Date(_))
            | (Ty::DateTime, value @ Value::DateTime(_))
            | (Ty::Duration, value @ Value::Duration(_))
            | (Ty::Name, value @ Value::Parts(_)) => Ok(value),
            (Ty::Percent, Value::Int(number)) => Ok(Decimal::from(number).into()),
            (Ty::Int, Value::Text(text)) => text
                .parse::<i64>()
                .map(Value::Int)
                .map_err(|_| Code::Invalid),
            (Ty::Bool, Value::Text(text)) => Ok((text == "true").into()),
            (Ty::Email, Value::Text(text)) if text.contains('@') => Ok(text.into()),
            (Ty::Choice(keys), Value::Text(text)) if keys.contains(&text.as_str()) => {
                Ok(text.into())
            }
            (Ty::Ref(targets), Value::Ref(to)) => {
                let fits = |kind: Kind| targets.is_empty() || targets.contains(&kind);
                match Kind::of(to.object) {
                    Some(kind) if fits(kind) => Ok(to.into()),
                    _ => Err(Code::Invalid),
                }
            }
            _ => Err(Code::Invalid),
        }
    }
}

/// The values in a value: those of a list, or itself.
pub fn elements(value: &Value) -> Vec<Value> {
    match value {
        Value::Null => Vec::new(),
        Value::List(list) => list.clone(),
        one => vec![one.clone()],
    }
}

/// The references in a value.
pub fn references(value: &Value) -> Vec<Ref> {
    let to = |value| match value {
        Value::Ref(to) => Some(to),
        _ => None,
    };
    elements(value).into_iter().filter_map(to).collect()
}

/// A list as it is kept: an empty one is nothing.
pub fn list(values: Vec<Value>) -> Value {
    if values.is_empty() {
        Value::Null
    } else {
        Value::List(values)
    }
}

/// What two live records of an object cannot share, besides the unique fields.
pub fn unique_pair(kind: Kind) -> Option<[&'static str; 2]> {
    match kind {
        Kind::Stage => Some(["pipeline", "name"]),
        Kind::Employment => Some(["contact", "company"]),
        Kind::DealContact => Some(["deal", "contact"]),
        _ => None,
    }
}

/// The field that says of a link's record to which of its ends it is the primary one.
pub fn primary_of(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::Employment => Some("contact"),
        Kind::DealContact => Some("deal"),
        _ => None,
    }
}

const STATUS: &[&str] = &["open", "won", "lost"];
const TASK: &[&str] = &["open", "started", "deferred", "done", "cancelled"];
const PRIORITY: &[&str] = &["low", "normal", "high", "urgent"];
const WAITING: &[&str] = &["waiting", "due", "acknowledged"];
const TRIGGER: &[&str] = &["created", "updated", "entered", "date_reached", "schedule"];

/// The fields of a standard object.
pub fn standard(kind: Kind) -> Vec<Field> {
    use Ty::*;
    let to = |name, targets| field(name, Ref(targets));
    let owner = || to("owner", &[Kind::User]).indexed();
    let tags = || to("tags", &[Kind::Tag]).many().indexed();
    let text = |name| field(name, Text);
    match kind {
        Kind::User => vec![
            text("name").required().searched().indexed(),
            field("email", Email).unique(),
            to("manager", &[Kind::User]).hierarchy(),
            field("active", Bool).default("true"),
        ],
        Kind::Company => vec![
            text("name").required().indexed().searched(),
            to("parent", &[Kind::Company]).hierarchy().up(),
            text("industry").indexed(),
            field("employees", Int),
            field("annual_revenue", Money),
            owner(),
            tags(),
            text("description").searched(),
            text("external_id").unique(),
        ],
        Kind::Contact => vec![
            field("name", Name).required().indexed().searched(),
            field("email", Email).indexed().searched(),
            to("company", &[Kind::Company]).up(),
            text("job_title").searched(),
            to("referred_by", &[Kind::Contact]).indexed(),
            owner(),
            tags(),
            text("description").searched(),
            text("external_id").unique(),
        ],
        Kind::Pipeline => vec![
            text("name").required().unique(),
            field("order", Int).default("0").indexed(),
            field("active", Bool).default("true"),
        ],
        Kind::Stage => vec![
            text("name").required().indexed(),
            to("pipeline", &[Kind::Pipeline])
                .required()
                .indexed()
                .cascades(),
            field("order", Int).required(),
            field("kind", Choice(STATUS)).required().default("open"),
            field("probability", Percent).required(),
        ],
        Kind::Deal => vec![
            text("name").required().indexed().searched(),
            to("pipeline", &[Kind::Pipeline]).indexed().restricts(),
            to("stage", &[Kind::Stage]).required().restricts(),
            field("status", Choice(STATUS)).read_only().indexed(),
            field("amount", Money).indexed(),
            field("probability", Percent),
            field("probability_overridden", Bool).read_only(),
            field("weighted_amount", Money).formula(),
            field("close_date", Date).indexed(),
            to("company", &[Kind::Company]).up(),
            to("contact", &[Kind::Contact]).up(),
            owner(),
            text("source").indexed(),
            field("stage_since", DateTime).read_only(),
            field("closed_at", DateTime).read_only().indexed(),
            to("last_stage", &[Kind::Stage]).read_only(),
            field("position", Place).read_only(),
            tags(),
            text("external_id").unique(),
        ],
        Kind::Note => vec![
            text("subject").searched(),
            to("about", &[]).many().indexed(),
            field("at", DateTime).required().default("now").indexed(),
            text("body").searched(),
            field("pinned", Bool).default("false"),
            owner(),
        ],
        Kind::Task => vec![
            text("subject").required().searched(),
            to("about", &[]).many().indexed(),
            field("due", DateTime).indexed(),
            field("status", Choice(TASK)).default("open").indexed(),
            field("priority", Choice(PRIORITY)).default("normal"),
            text("description").searched(),
            field("completed_at", DateTime).read_only(),
            owner(),
            field("at", DateTime).read_only(),
        ],
        Kind::Document => vec![
            text("name").required().searched(),
            to("about", &[]).many().indexed(),
            field("at", DateTime).required().default("now"),
            text("media_type"),
            field("bytes", Int).read_only(),
            text("sha256").read_only().indexed(),
            text("description").searched(),
            owner(),
        ],
        Kind::Tag => vec![text("name").required().unique().searched(), text("color")],
        Kind::Employment => vec![
            to("contact", &[Kind::Contact])
                .required()
                .indexed()
                .cascades(),
            to("company", &[Kind::Company])
                .required()
                .indexed()
                .cascades(),
            text("role"),
            field("since", Date),
            field("until", Date),
            field("former", Bool).default("false"),
            field("primary", Bool).default("false"),
            field("began", DateTime).read_only(),
            field("ended", DateTime).read_only(),
            field("away", DateTime).many().read_only(),
        ],
        Kind::DealContact => vec![
            to("deal", &[Kind::Deal]).required().indexed().cascades(),
            to("contact", &[Kind::Contact])
                .required()
                .indexed()
                .cascades(),
            text("role"),
            field("primary", Bool).default("false"),
        ],
        Kind::Rule => vec![
            text("name").required().unique(),
            text("object").required().indexed(),
            field("trigger", Choice(TRIGGER)).required(),
            text("fields").many(),
            text("condition"),
            text("actions").required(),
            field("offset", Duration),
            field("every", Duration),
            field("order", Int).default("0"),
            field("active", Bool).default("true"),
            text("cycle").read_only(),
            field("failures", Int).read_only(),
            text("switched_off_reason").read_only(),
        ],
        Kind::RuleRun => vec![
            to("rule", &[Kind::Rule]).indexed(),
            to("record", &[]).indexed(),
            field("at", DateTime).required(),
            field("actions", Int),
            field("failed", Bool).default("false").indexed(),
            text("error"),
            text("cause"),
        ],
        Kind::Reminder => vec![
            text("text").required().searched(),
            to("about", &[]).indexed().cascades(),
            field("at", DateTime).required().indexed(),
            field("status", Choice(WAITING))
                .default("waiting")
                .indexed(),
            owner(),
        ],
        Kind::ValidationRule => vec![
            text("name").required().unique(),
            text("object").required().indexed(),
            text("condition").required(),
            text("message").required(),
            field("active", Bool).default("true"),
        ],
        Kind::ImportRun => vec![
            text("name").required(),
            text("object").required().indexed(),
            field("at", DateTime).required(),
            field("rows", Int),
            field("created", Int),
            field("updated", Int),
            field("unchanged", Int),
            field("refused", Int),
            text("operation").indexed(),
        ],
        Kind::ImportProblem => vec![
            to("run", &[Kind::ImportRun])
                .required()
                .indexed()
                .cascades(),
            field("row", Int).required(),
            text("column"),
            text("input"),
            text("reason").required(),
            field("refused", Bool).default("true"),
        ],
    }
}
