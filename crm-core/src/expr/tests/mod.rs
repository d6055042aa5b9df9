mod constraints;
mod errors;
mod meaning;

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};

use super::{Ambient, Env, Expr};
use crate::error::{Detail, Result};
use crate::schema::{ActorRole, Catalog, FieldDef, FieldType as T, ObjectDef, Role};
use crate::value::{Id, Parts, Ref, Value, ValueRef, Zone};

const USER: u16 = 1;
const STAGE: u16 = 2;
const COMPANY: u16 = 3;
const TAG: u16 = 4;
const DEAL: u16 = 5;

/// Numbers of the deal's fields.
mod f {
    pub const NAME: u16 = 1;
    pub const STAGE: u16 = 2;
    pub const AMOUNT: u16 = 3;
    pub const OWNER: u16 = 4;
    pub const CLOSE: u16 = 5;
    pub const BORN: u16 = 6;
    pub const N: u16 = 7;
    pub const D: u16 = 8;
    pub const PROBABILITY: u16 = 9;
    pub const ACTIVE: u16 = 10;
    pub const STATUS: u16 = 11;
    pub const KINDS: u16 = 12;
    pub const TAGS: u16 = 13;
    pub const LABELS: u16 = 14;
    pub const COMPANY: u16 = 15;
    pub const ANYTHING: u16 = 16;
    pub const EITHER: u16 = 17;
    pub const ADDRESS: u16 = 18;
    pub const PERSON: u16 = 19;
    pub const AT: u16 = 20;
    pub const LENGTH: u16 = 21;
    pub const SOURCE: u16 = 22;
}

fn catalog() -> Catalog {
    let user = ObjectDef::new(USER, "user", "users")
        .role(Role::Actor(ActorRole { active: 4 }))
        .with(FieldDef::new(1, "name", T::Text))
        .with(FieldDef::new(2, "email", T::Email))
        .with(FieldDef::new(3, "manager", T::Reference).targets(&["user"]))
        .with(FieldDef::new(4, "active", T::Boolean));
    let stage = ObjectDef::new(STAGE, "stage", "stages")
        .with(FieldDef::new(1, "name", T::Text))
        .with(FieldDef::new(2, "order", T::Integer));
    let company = ObjectDef::new(COMPANY, "company", "companies")
        .with(FieldDef::new(1, "owner", T::Reference).targets(&["user"]))
        .with(FieldDef::new(2, "name", T::Text))
        .with(FieldDef::new(3, "industry", T::Choice).choices(&[("software", "Software")]))
        .with(FieldDef::new(4, "email", T::Integer));
    let tag = ObjectDef::new(TAG, "tag", "tags").with(FieldDef::new(1, "name", T::Text));
    let choices = [("open", "Open"), ("won", "Won"), ("lost", "Lost")];
    let deal = ObjectDef::new(DEAL, "deal", "deals")
        .with(FieldDef::new(f::NAME, "name", T::Text))
        .with(FieldDef::new(f::STAGE, "stage", T::Reference).targets(&["stage"]))
        .with(FieldDef::new(f::AMOUNT, "amount", T::Money))
        .with(FieldDef::new(f::OWNER, "owner", T::Reference).targets(&["user"]))
        .with(FieldDef::new(f::CLOSE, "close_date", T::Date))
        .with(FieldDef::new(f::BORN, "born", T::PartialDate))
        .with(FieldDef::new(f::N, "n", T::Integer))
        .with(FieldDef::new(f::D, "d", T::Decimal))
        .with(FieldDef::new(f::PROBABILITY, "probability", T::Percent))
        .with(FieldDef::new(f::ACTIVE, "active", T::Boolean))
        .with(FieldDef::new(f::STATUS, "status", T::Choice).choices(&choices))
        .with(
            FieldDef::new(f::KINDS, "kinds", T::Choice)
                .choices(&choices)
                .many(),
        )
        .with(
            FieldDef::new(f::TAGS, "tags", T::Reference)
                .targets(&["tag"])
                .many(),
        )
        .with(FieldDef::new(f::LABELS, "labels", T::Text).many())
        .with(FieldDef::new(f::COMPANY, "company", T::Reference).targets(&["company"]))
        .with(FieldDef::new(f::ANYTHING, "anything", T::Reference))
        .with(FieldDef::new(f::EITHER, "either", T::Reference).targets(&["user", "company"]))
        .with(FieldDef::new(f::ADDRESS, "address", T::Address))
        .with(FieldDef::new(f::PERSON, "person", T::PersonName))
        .with(FieldDef::new(f::AT, "at", T::DateTime))
        .with(FieldDef::new(f::LENGTH, "length", T::Duration))
        .with(
            FieldDef::new(f::SOURCE, "source", T::Choice)
                .choices(&choices)
                .open_choices(),
        );
    Catalog::new(vec![user, stage, company, tag, deal], 1)
}

/// The id of the example record of a number.
fn id(number: u8) -> Id {
    Id::from_bytes([number; 16])
}

fn reference(object: u16, number: u8) -> Value {
    let id = id(number);
    Ref { object, id }.into()
}

fn time(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

type Fields = BTreeMap<u16, Value>;

struct World {
    record: Fields,
    old: Fields,
    new: bool,
    others: HashMap<Ref, Fields>,
    ambient: Ambient,
}

impl Env for World {
    fn field(&self, field: u16) -> Result<ValueRef<'_>> {
        Ok(get(&self.record, field))
    }
    fn old(&self, field: u16) -> Result<ValueRef<'_>> {
        Ok(get(&self.old, field))
    }
    fn is_new(&self) -> bool {
        self.new
    }
    fn follow(&self, target: Ref, field: u16) -> Result<(Value, usize)> {
        let fields = self.others.get(&target);
        Ok((
            fields.map_or(Value::Null, |fields| get(fields, field).to_value()),
            0,
        ))
    }
    fn now(&self) -> DateTime<Utc> {
        self.ambient.now
    }
    fn time_zone(&self) -> &Zone {
        &self.ambient.time_zone
    }
    fn actor(&self) -> Option<Ref> {
        self.ambient.actor
    }
}

fn get(fields: &Fields, field: u16) -> ValueRef<'_> {
    fields
        .get(&field)
        .map_or(ValueRef::Null, Value::as_value_ref)
}

fn ambient() -> Ambient {
    Ambient {
        now: time("2024-03-10T23:30:00Z"),
        time_zone: "Europe/Berlin".parse().unwrap(),
        actor: Some(Ref {
            object: USER,
            id: id(11),
        }),
    }
}

/// A deal of which nothing is known.
fn empty() -> World {
    World {
        record: Fields::new(),
        old: Fields::new(),
        new: true,
        others: HashMap::new(),
        ambient: ambient(),
    }
}

/// A deal of which everything is known, about to be changed, and the records that it refers to.
fn full() -> World {
    let parts = |parts: &[&str]| Parts::new(parts.iter().map(|p| (*p).to_owned()).collect());
    let mut world = empty();
    world.new = false;
    world.record = Fields::from([
        (f::NAME, "José's 100 Straßen".into()),
        (f::STAGE, reference(STAGE, 21)),
        (
            f::AMOUNT,
            "1500 EUR".parse::<crate::Money>().unwrap().into(),
        ),
        (f::OWNER, reference(USER, 11)),
        (f::CLOSE, super::literal::date("2024-03-12").into()),
        (
            f::BORN,
            "--02-29".parse::<crate::PartialDate>().unwrap().into(),
        ),
        (f::N, 7.into()),
        (f::D, rust_decimal::Decimal::new(25, 1).into()),
        (f::PROBABILITY, rust_decimal::Decimal::new(40, 0).into()),
        (f::ACTIVE, true.into()),
        (f::STATUS, "won".into()),
        (
            f::KINDS,
            vec![Value::from("open"), Value::from("lost")].into(),
        ),
        (f::TAGS, vec![reference(TAG, 41), reference(TAG, 42)].into()),
        (f::LABELS, vec![Value::from("b"), Value::from("a")].into()),
        (f::COMPANY, reference(COMPANY, 31)),
        (f::ANYTHING, reference(TAG, 41)),
        (f::EITHER, reference(COMPANY, 31)),
        (f::ADDRESS, parts(&["1 High St", "York", "", "YO1"]).into()),
        (f::PERSON, parts(&["José", "García"]).into()),
        (f::AT, time("2024-03-09T23:30:15.250Z").into()),
        (f::LENGTH, super::literal::duration("36h").into()),
        (f::SOURCE, "elsewhere".into()),
        (crate::schema::system::ID, id(51).to_string().into()),
        (crate::schema::system::CREATED_BY, reference(USER, 12)),
    ]);
    world.old = world.record.clone();
    world.old.insert(f::STATUS, "open".into());
    world.old.insert(f::STAGE, reference(STAGE, 22));
    let mut other = |object, number, fields: &[(u16, Value)]| {
        let id = id(number);
        let fields = fields.iter().cloned().collect();
        world.others.insert(Ref { object, id }, fields);
    };
    other(
        USER,
        11,
        &[
            (1, "Ann".into()),
            (2, "ann@x.org".into()),
            (3, reference(USER, 12)),
        ],
    );
    other(USER, 12, &[(1, "Bob".into()), (3, reference(USER, 11))]);
    other(STAGE, 21, &[(1, "Offer".into()), (2, 3.into())]);
    other(STAGE, 22, &[(1, "Lead".into()), (2, 1.into())]);
    other(COMPANY, 31, &[(1, reference(USER, 12)), (2, "Acme".into())]);
    other(TAG, 41, &[(1, "vip".into())]);
    other(TAG, 42, &[(1, "new".into())]);
    world
}

fn compile(text: &str) -> Result<Expr> {
    let catalog = catalog();
    Expr::compile(text, &catalog, catalog.object(DEAL).unwrap())
}

/// The value as text; `null` for null.
fn show(text: &str, world: &World) -> String {
    let value = compile(text).and_then(|expr| expr.eval(world));
    match value {
        Ok(Value::Null) => "null".to_owned(),
        Ok(value) => value.to_string(),
        Err(error) => format!("{error}"),
    }
}

fn check(world: &World, cases: &[(&str, &str)]) {
    let wrong: Vec<String> = cases
        .iter()
        .filter_map(|(text, expected)| {
            let found = show(text, world);
            (found != *expected).then(|| format!("{text}\n  gives {found}\n  not   {expected}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// `line:column reason` of a compile error.
fn fault(text: &str) -> String {
    let catalog = catalog();
    let error = Expr::compile_filter(text, &catalog, catalog.object(DEAL).unwrap()).unwrap_err();
    match error.detail() {
        Detail::Expression {
            line,
            column,
            reason,
            text: given,
        } => {
            assert_eq!(given, text);
            format!("{line}:{column} {reason}")
        }
        _ => error.to_string(),
    }
}
