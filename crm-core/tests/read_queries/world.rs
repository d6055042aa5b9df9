//! The records that the queries are about: what the database holds, and what the model knows of it.

use chrono::{DateTime, NaiveDate, Utc};
use crm_core::schema::{FieldDef, FieldType, ObjectDef};
use crm_core::*;
use proptest::prelude::*;
use proptest::sample::select;

use crate::read_support::{crm, money};

/// Fields that exist twice, with an index and, as `…_plain`, without one.
pub const TWICE: [(&str, FieldType); 8] = [
    ("name", FieldType::Text),
    ("n", FieldType::Integer),
    ("amount", FieldType::Money),
    ("day", FieldType::Date),
    ("at", FieldType::DateTime),
    ("born", FieldType::PartialDate),
    ("kind", FieldType::Choice),
    ("tags", FieldType::Text),
];

/// An object with everything that a query can meet. Names have the numbers 1 and 11, and so on.
pub fn things() -> ObjectDef {
    let mut object = ObjectDef::custom("thing", "things");
    for ((name, ty), number) in TWICE.into_iter().zip(1..) {
        for (name, number, indexed) in [
            (name.to_owned(), number, true),
            (format!("{name}_plain"), number + 10, false),
        ] {
            let mut field = FieldDef::new(number, &name, ty);
            field.indexed = indexed;
            field.required = name == "name";
            field.many = name.starts_with("tags");
            if ty == FieldType::Choice {
                field = field.choices(&[("a", "A"), ("b", "B"), ("c", "C")]);
            }
            object = object.with(field);
        }
    }
    object
        .with(FieldDef::new(21, "flag", FieldType::Boolean))
        .with(FieldDef::new(22, "person", FieldType::PersonName).indexed())
        .with(
            FieldDef::new(23, "firm", FieldType::Reference)
                .targets(&["company"])
                .indexed(),
        )
        .with(FieldDef::new(24, "code", FieldType::Text).unique())
        .title(&[1])
        .index(200, &[7, 4], &[])
        .index(201, &[7, 2, 1], &[])
        .index(202, &[8, 2], &[])
        .unique(203, &[24, 2])
}

pub const FIRMS: [(&str, Option<&str>); 3] = [
    ("Acme", Some("software")),
    ("Bolt", None),
    ("Çelik", Some("steel")),
];

#[derive(Debug, Clone)]
pub struct Thing {
    pub name: String,
    pub n: Option<i64>,
    pub amount: Option<Money>,
    pub day: Option<NaiveDate>,
    pub at: Option<DateTime<Utc>>,
    pub born: Option<&'static str>,
    pub kind: Option<&'static str>,
    pub tags: Vec<&'static str>,
    pub flag: Option<bool>,
    pub family: Option<&'static str>,
    pub firm: Option<usize>,
    pub trashed: bool,
}

/// Two texts that are the same for longer than a key is, and differ then.
pub fn long_name(end: &str) -> String {
    "é".repeat(130) + end
}

pub fn names() -> impl Strategy<Value = String> {
    let short = [
        "Ana", "ana", "Ána", "Zoe", "Zoë", "zoë b", "Straße", "strasse", "o'neil", "Ø",
    ];
    let mut names: Vec<String> = short.map(str::to_owned).to_vec();
    names.extend([long_name("a"), long_name("B")]);
    select(names)
}

pub fn amounts() -> impl Strategy<Value = Money> {
    select(vec![
        "5 EUR", "5 USD", "7.50 EUR", "-3 USD", "0 EUR", "700 JPY",
    ])
    .prop_map(money)
}

pub fn days() -> impl Strategy<Value = NaiveDate> {
    select(vec![
        "2026-01-31",
        "2026-02-01",
        "2026-03-01",
        "2026-03-02",
        "1999-12-31",
    ])
    .prop_map(|day| day.parse().unwrap())
}

pub fn instants() -> impl Strategy<Value = DateTime<Utc>> {
    select(vec![
        "2026-03-01T00:00:00Z",
        "2026-02-28T23:59:59.999999Z",
        "2026-03-01T10:00:00Z",
        "1969-12-31T23:00:00Z",
    ])
    .prop_map(|at| at.parse().unwrap())
}

pub const BORN: [&str; 4] = ["1980", "1980-02-29", "--02-29", "1980-03-01"];
pub const KINDS: [&str; 3] = ["a", "b", "c"];
pub const TAGS: [&str; 4] = ["x", "X", "y", "é"];
pub const FAMILIES: [&str; 3] = ["Byron", "byron", "King"];

pub fn thing() -> impl Strategy<Value = Thing> {
    (
        (
            names(),
            prop::option::of(-2..4_i64),
            prop::option::of(amounts()),
            prop::option::of(days()),
            prop::option::of(instants()),
            prop::option::of(select(&BORN[..])),
        ),
        (
            prop::option::of(select(&KINDS[..])),
            prop::sample::subsequence(&TAGS[..], 0..=3),
            prop::option::of(any::<bool>()),
            prop::option::of(select(&FAMILIES[..])),
            prop::option::of(0..FIRMS.len()),
            prop::bool::weighted(0.15),
        ),
    )
        .prop_map(
            |((name, n, amount, day, at, born), (kind, tags, flag, family, firm, trashed))| Thing {
                name,
                n,
                amount,
                day,
                at,
                born,
                kind,
                tags,
                flag,
                family,
                firm,
                trashed,
            },
        )
}

pub fn fields(thing: &Thing, firms: &[Ref]) -> Fields {
    let mut fields = Fields::new();
    for suffix in ["", "_plain"] {
        let mut set = |name: &str, value: Value| {
            fields.set(&format!("{name}{suffix}"), value);
        };
        set("name", thing.name.as_str().into());
        set("n", thing.n.into());
        set("amount", thing.amount.into());
        set("day", thing.day.into());
        set("at", thing.at.into());
        set("born", thing.born.into());
        set("kind", thing.kind.into());
        set(
            "tags",
            Value::List(thing.tags.iter().map(|tag| (*tag).into()).collect()),
        );
    }
    fields.set("flag", thing.flag);
    fields.set("person.family", thing.family);
    fields.set("person.given", thing.family.map(|_| "Ada"));
    fields.set("firm", thing.firm.map(|firm| firms[firm]));
    fields
}

/// The database and, in the order of creation, what is in it.
pub struct World {
    pub crm: Crm,
    pub firms: Vec<Ref>,
    pub things: Vec<(Ref, Thing)>,
}

pub fn world(things: Vec<Thing>) -> World {
    world_in(crm().0, things)
}

/// A world in an empty database.
pub fn world_in(crm: Crm, things: Vec<Thing>) -> World {
    crm.add_object(self::things()).unwrap();
    let firms = FIRMS.map(|(name, industry)| {
        let draft = Company::draft().name(name);
        let draft = match industry {
            Some(industry) => draft.industry(industry),
            None => draft,
        };
        crm.create(draft).unwrap().reference()
    });
    let changes = things.iter().map(|thing| Change::Create {
        object: "thing".to_owned(),
        id: None,
        fields: fields(thing, &firms),
    });
    let outcomes = crm.batch(&changes.collect::<Vec<_>>(), None).unwrap();
    let things: Vec<(Ref, Thing)> = outcomes
        .iter()
        .map(|outcome| outcome.record)
        .zip(things)
        .collect();
    for (record, thing) in &things {
        if thing.trashed {
            crm.delete(*record).unwrap();
        }
    }
    World {
        crm,
        firms: firms.to_vec(),
        things,
    }
}

/// A world with the same things each time, enough of them for every plan.
pub fn fixed_world() -> World {
    let kinds = [Some("a"), Some("b"), None];
    let things = (0..20).map(|at| Thing {
        name: format!("T{:02}", at * 7 % 20),
        n: (at % 4 != 0).then_some(at as i64 % 5),
        amount: Some(money("5 EUR")),
        day: (at % 3 != 0).then(|| format!("2026-01-{:02}", 1 + at % 9).parse().unwrap()),
        at: None,
        born: None,
        kind: kinds[at % 3],
        tags: if at % 2 == 0 {
            vec!["x", "y"]
        } else {
            Vec::new()
        },
        flag: None,
        family: None,
        firm: Some(at % 3),
        trashed: at == 19,
    });
    world(things.collect())
}
