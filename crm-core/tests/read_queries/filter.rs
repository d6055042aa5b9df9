//! Filters in CEL, and what each of them means of a thing, written out.

use std::cmp::Ordering;

use chrono::{DateTime, NaiveDate, Utc};
use crm_core::*;
use proptest::prelude::*;
use proptest::sample::select;
use rust_decimal::Decimal;

use crate::world::*;

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Op {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
}

impl Op {
    pub fn text(self) -> &'static str {
        match self {
            Op::Eq => "==",
            Op::Ne => "!=",
            Op::Lt => "<",
            Op::Le => "<=",
            Op::Gt => ">",
            Op::Ge => ">=",
        }
    }

    /// What holds of a value that may be missing and one that is not.
    fn holds(self, order: Option<Ordering>) -> bool {
        match self {
            Op::Eq => order == Some(Ordering::Equal),
            Op::Ne => order != Some(Ordering::Equal),
            Op::Lt => order == Some(Ordering::Less),
            Op::Le => matches!(order, Some(Ordering::Less | Ordering::Equal)),
            Op::Gt => order == Some(Ordering::Greater),
            Op::Ge => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
        }
    }
}

/// The tests of a thing that a filter is made of.
#[derive(Debug, Clone)]
pub enum Filter {
    Name(Op, String),
    NameIn(Vec<String>),
    NameStarts(String),
    NameContains(&'static str),
    N(Op, i64),
    /// In tenths; the number stands on the left.
    NFlipped(Op, i64),
    NIn(Vec<i64>),
    Amount(Op, Money),
    AmountNumber(Op, i64),
    AmountCurrency(&'static str),
    Day(Op, NaiveDate),
    DayIn(Vec<NaiveDate>),
    At(Op, DateTime<Utc>),
    AtDay(Op, NaiveDate),
    Born(&'static str),
    Kind(Op, &'static str),
    KindIn(Vec<&'static str>),
    TagHas(&'static str),
    TagExists(&'static str),
    TagCount(Op, i64),
    Flag,
    FlagIs(Op, bool),
    Missing(&'static str),
    There(&'static str),
    Family(Op, &'static str),
    Firm(Op, usize),
    FirmName(Op, &'static str),
    FirmIndustryMissing,
    Not(Box<Filter>),
    And(Vec<Filter>),
    Or(Vec<Filter>),
}

pub const MAY_MISS: [&str; 9] = [
    "n",
    "amount",
    "day",
    "at",
    "born",
    "kind",
    "flag",
    "firm",
    "person.family",
];

pub fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "\\'"))
}

pub fn list<T>(values: &[T], text: impl Fn(&T) -> String) -> String {
    format!(
        "[{}]",
        values.iter().map(text).collect::<Vec<_>>().join(", ")
    )
}

impl Filter {
    /// The filter in CEL, over the fields that end with `suffix` where there are two.
    pub fn text(&self, suffix: &str, firms: &[Ref]) -> String {
        let s = suffix;
        match self {
            Filter::Name(op, text) => format!("name{s} {} {}", op.text(), quoted(text)),
            Filter::NameIn(texts) => format!("name{s} in {}", list(texts, |text| quoted(text))),
            Filter::NameStarts(start) => format!("name{s}.startsWith({})", quoted(start)),
            Filter::NameContains(part) => format!("name{s}.contains({})", quoted(part)),
            Filter::N(op, n) => format!("n{s} {} {n}", op.text()),
            Filter::NFlipped(op, tenths) => {
                format!("{} {} n{s}", Decimal::new(*tenths, 1), op.text())
            }
            Filter::NIn(ns) => format!("n{s} in {}", list(ns, i64::to_string)),
            Filter::Amount(op, m) => {
                format!(
                    "amount{s} {} money({}, '{}')",
                    op.text(),
                    m.amount(),
                    m.currency()
                )
            }
            Filter::AmountNumber(op, n) => format!("amount{s} {} {n}", op.text()),
            Filter::AmountCurrency(code) => format!("amount{s}.currency == '{code}'"),
            Filter::Day(op, day) => format!("day{s} {} '{day}'", op.text()),
            Filter::DayIn(days) => {
                format!("day{s} in {}", list(days, |day| format!("date('{day}')")))
            }
            Filter::At(op, at) => {
                format!(
                    "at{s} {} '{}'",
                    op.text(),
                    at.to_rfc3339_opts(chrono::SecondsFormat::Micros, true)
                )
            }
            Filter::AtDay(op, day) => format!("at{s} {} date('{day}')", op.text()),
            Filter::Born(date) => format!("born{s} == '{date}'"),
            Filter::Kind(op, kind) => format!("kind{s} {} '{kind}'", op.text()),
            Filter::KindIn(kinds) => format!("kind{s} in {}", list(kinds, |kind| quoted(kind))),
            Filter::TagHas(tag) => format!("'{tag}' in tags{s}"),
            Filter::TagExists(tag) => format!("tags{s}.exists(t, t == '{tag}')"),
            Filter::TagCount(op, n) => format!("size(tags{s}) {} {n}", op.text()),
            Filter::Flag => "flag".to_owned(),
            Filter::FlagIs(op, flag) => format!("flag {} {flag}", op.text()),
            Filter::Missing(field) => format!("{} == null", twice(field, s)),
            Filter::There(field) => format!("has({})", twice(field, s)),
            Filter::Family(op, name) => format!("person.family {} '{name}'", op.text()),
            Filter::Firm(op, firm) => format!("firm {} '{}'", op.text(), firms[*firm].id),
            Filter::FirmName(op, name) => format!("firm.name {} '{name}'", op.text()),
            Filter::FirmIndustryMissing => "firm.industry == null".to_owned(),
            Filter::Not(filter) => format!("!({})", filter.text(s, firms)),
            Filter::And(filters) => Self::joined(filters, " && ", s, firms),
            Filter::Or(filters) => Self::joined(filters, " || ", s, firms),
        }
    }

    fn joined(filters: &[Filter], by: &str, suffix: &str, firms: &[Ref]) -> String {
        let parts = filters
            .iter()
            .map(|filter| format!("({})", filter.text(suffix, firms)));
        parts.collect::<Vec<_>>().join(by)
    }

    pub fn test(&self, thing: &Thing) -> bool {
        let firm = thing.firm.map(|firm| FIRMS[firm]);
        match self {
            Filter::Name(op @ (Op::Eq | Op::Ne), text) => (thing.name == *text) == (*op == Op::Eq),
            Filter::Name(op, text) => {
                let key = |text: &str| (plain(text), text.to_owned());
                op.holds(Some(key(&thing.name).cmp(&key(text))))
            }
            Filter::NameIn(texts) => texts.contains(&thing.name),
            Filter::NameStarts(start) => thing.name.starts_with(start),
            Filter::NameContains(part) => thing.name.contains(part),
            Filter::N(op, n) => op.holds(thing.n.map(|own| own.cmp(n))),
            Filter::NFlipped(op, tenths) => op.holds(thing.n.map(|own| tenths.cmp(&(own * 10)))),
            Filter::NIn(ns) => thing.n.is_some_and(|n| ns.contains(&n)),
            Filter::Amount(op, money) => {
                let own = thing
                    .amount
                    .filter(|own| own.currency() == money.currency());
                op.holds(own.map(|own| own.amount().cmp(&money.amount())))
            }
            Filter::AmountNumber(op, n) => {
                op.holds(thing.amount.map(|own| own.amount().cmp(&Decimal::from(*n))))
            }
            Filter::AmountCurrency(code) => thing
                .amount
                .is_some_and(|own| own.currency().code() == *code),
            Filter::Day(op, day) => op.holds(thing.day.map(|own| own.cmp(day))),
            Filter::DayIn(days) => thing.day.is_some_and(|day| days.contains(&day)),
            Filter::At(op, at) => op.holds(thing.at.map(|own| own.cmp(at))),
            Filter::AtDay(op, day) => {
                let first = day.and_hms_opt(0, 0, 0).unwrap().and_utc();
                op.holds(thing.at.map(|own| own.cmp(&first)))
            }
            Filter::Born(date) => thing.born == Some(date),
            Filter::Kind(op, kind) => op.holds(thing.kind.map(|own| own.cmp(kind))),
            Filter::KindIn(kinds) => thing.kind.is_some_and(|kind| kinds.contains(&kind)),
            Filter::TagHas(tag) | Filter::TagExists(tag) => thing.tags.contains(tag),
            Filter::TagCount(op, n) => op.holds(Some((thing.tags.len() as i64).cmp(n))),
            Filter::Flag => thing.flag == Some(true),
            Filter::FlagIs(op, flag) => op.holds(thing.flag.map(|own| own.cmp(flag))),
            Filter::Missing(field) => !is_there(thing, field),
            Filter::There(field) => is_there(thing, field),
            Filter::Family(op, name) => op.holds(thing.family.map(|own| own.cmp(name))),
            Filter::Firm(op, firm) => (thing.firm == Some(*firm)) == (*op == Op::Eq),
            Filter::FirmName(op, name) => op.holds(firm.map(|(own, _)| own.cmp(name))),
            Filter::FirmIndustryMissing => firm.is_none_or(|(_, industry)| industry.is_none()),
            Filter::Not(filter) => !filter.test(thing),
            Filter::And(filters) => filters.iter().all(|filter| filter.test(thing)),
            Filter::Or(filters) => filters.iter().any(|filter| filter.test(thing)),
        }
    }
}

pub fn twice(field: &str, suffix: &str) -> String {
    if TWICE.iter().any(|(name, _)| *name == field) {
        format!("{field}{suffix}")
    } else {
        field.to_owned()
    }
}

pub fn is_there(thing: &Thing, field: &str) -> bool {
    match field {
        "n" => thing.n.is_some(),
        "amount" => thing.amount.is_some(),
        "day" => thing.day.is_some(),
        "at" => thing.at.is_some(),
        "born" => thing.born.is_some(),
        "kind" => thing.kind.is_some(),
        "flag" => thing.flag.is_some(),
        "firm" => thing.firm.is_some(),
        "person.family" => thing.family.is_some(),
        other => panic!("{other} is not in the model"),
    }
}

/// The letters of the names above without case and accents.
pub fn plain(text: &str) -> String {
    let mut plain = String::new();
    for c in text.chars() {
        match c {
            'á' | 'Á' => plain.push('a'),
            'é' | 'ë' => plain.push('e'),
            'ß' => plain.push_str("ss"),
            'Ø' => plain.push('ø'),
            c => plain.push(c.to_ascii_lowercase()),
        }
    }
    plain
}

pub fn filter() -> impl Strategy<Value = Filter> {
    let op = || select(&[Op::Eq, Op::Ne, Op::Lt, Op::Le, Op::Gt, Op::Ge][..]);
    let equal = || select(&[Op::Eq, Op::Ne][..]);
    let starts = vec!["A", "a", "Z", "Zo", "zoë", "Str", "o'", "", "é"];
    let mut starts: Vec<String> = starts.into_iter().map(str::to_owned).collect();
    starts.push(long_name(""));
    let leaf = prop_oneof![
        (op(), names()).prop_map(|(op, name)| Filter::Name(op, name)),
        prop::collection::vec(names(), 0..4).prop_map(Filter::NameIn),
        select(starts).prop_map(Filter::NameStarts),
        select(vec!["o", "ë", "ss", " "]).prop_map(Filter::NameContains),
        (op(), -3..5_i64).prop_map(|(op, n)| Filter::N(op, n)),
        (op(), -25..45_i64).prop_map(|(op, n)| Filter::NFlipped(op, n)),
        prop::collection::vec(-2..4_i64, 0..4).prop_map(Filter::NIn),
        (op(), amounts()).prop_map(|(op, money)| Filter::Amount(op, money)),
        (op(), -4..8_i64).prop_map(|(op, n)| Filter::AmountNumber(op, n)),
        select(vec!["EUR", "USD", "GBP"]).prop_map(Filter::AmountCurrency),
        (op(), days()).prop_map(|(op, day)| Filter::Day(op, day)),
        prop::collection::vec(days(), 0..3).prop_map(Filter::DayIn),
        (op(), instants()).prop_map(|(op, at)| Filter::At(op, at)),
        (op(), days()).prop_map(|(op, day)| Filter::AtDay(op, day)),
        select(&BORN[..]).prop_map(Filter::Born),
        (equal(), select(&KINDS[..])).prop_map(|(op, kind)| Filter::Kind(op, kind)),
        prop::collection::vec(select(&KINDS[..]), 0..3).prop_map(Filter::KindIn),
        select(&TAGS[..]).prop_map(Filter::TagHas),
        select(&TAGS[..]).prop_map(Filter::TagExists),
        (op(), 0..3_i64).prop_map(|(op, n)| Filter::TagCount(op, n)),
        Just(Filter::Flag),
        (equal(), any::<bool>()).prop_map(|(op, flag)| Filter::FlagIs(op, flag)),
        select(&MAY_MISS[..]).prop_map(Filter::Missing),
        select(&MAY_MISS[..]).prop_map(Filter::There),
        (equal(), select(&FAMILIES[..])).prop_map(|(op, name)| Filter::Family(op, name)),
        (equal(), 0..FIRMS.len()).prop_map(|(op, firm)| Filter::Firm(op, firm)),
        (equal(), select(vec!["Acme", "acme", "Çelik"]))
            .prop_map(|(op, name)| Filter::FirmName(op, name)),
        Just(Filter::FirmIndustryMissing),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            inner
                .clone()
                .prop_map(|filter| Filter::Not(Box::new(filter))),
            prop::collection::vec(inner.clone(), 2..4).prop_map(Filter::And),
            prop::collection::vec(inner, 2..4).prop_map(Filter::Or),
        ]
    })
}
