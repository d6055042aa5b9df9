//! Aggregates: money by currency and converted, groups, parts of dates.

use std::collections::{BTreeMap, BTreeSet};

use crate::read_support::{amounts, assert_sound, crm, currency, money, pipeline};
use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, Utc};
use crm_core::schema::{FieldDef, FieldType, ObjectDef};
use crm_core::*;
use proptest::prelude::*;
use proptest::sample::select;
use rust_decimal::Decimal;

/// Berlin, with a fiscal year that begins in April and euros as the base.
fn in_berlin(crm: &Crm) {
    let organisation = crm
        .list::<Organisation>(Query::default())
        .unwrap()
        .rows
        .remove(0);
    let draft = Organisation::draft()
        .base_currency("EUR")
        .time_zone("Europe/Berlin")
        .fiscal_year_start(4);
    crm.update(organisation.id(), draft).unwrap();
}

fn rate(crm: &Crm, code: &str, day: &str, rate: &str) {
    let draft = ExchangeRate::draft()
        .currency(code)
        .date(day.parse::<NaiveDate>().unwrap());
    crm.create(draft.rate(rate.parse::<Decimal>().unwrap()))
        .unwrap();
}

fn sales() -> ObjectDef {
    ObjectDef::custom("sale", "sales")
        .with(FieldDef::new(1, "amount", FieldType::Money))
        .with(FieldDef::new(2, "day", FieldType::Date))
        .with(FieldDef::new(3, "at", FieldType::DateTime))
        .with(FieldDef::new(4, "source", FieldType::Text).indexed())
        .with(FieldDef::new(5, "tags", FieldType::Text).many().indexed())
        .with(FieldDef::new(6, "n", FieldType::Integer))
        .with(FieldDef::new(7, "share", FieldType::Percent))
        .with(FieldDef::new(8, "length", FieldType::Duration))
        .with(FieldDef::new(9, "days", FieldType::Date).many())
        .title(&[4])
        .rate_date(2)
}

fn dec(text: &str) -> Decimal {
    text.parse().unwrap()
}

#[test]
fn sums_are_kept_apart_by_currency() {
    let (crm, _) = crm();
    let (sales, _) = pipeline(&crm, "Sales");
    for amount in ["10 EUR", "20.50 EUR", "5 USD", "700 JPY"] {
        crm.create(
            Deal::draft()
                .name("d")
                .pipeline(sales)
                .amount(money(amount)),
        )
        .unwrap();
    }
    crm.create(Deal::draft().name("without").pipeline(sales))
        .unwrap();
    let question = Aggregate::of("deal")
        .sum("amount")
        .average("amount")
        .measure(MeasureOp::Min, "amount")
        .measure(MeasureOp::Max, "amount")
        .measure(MeasureOp::CountValues, "amount")
        .measure(MeasureOp::CountDistinct, "amount");
    let groups = crm.aggregate(&question).unwrap();
    let [group] = groups.as_slice() else {
        panic!("{groups:?}")
    };
    let [sum, average, min, max, values, distinct] = group.measures.as_slice() else {
        panic!("{group:?}")
    };
    assert_eq!(group.count, 5);
    assert_eq!(sum.to_string(), "30.50 EUR; 700 JPY; 5.00 USD");
    // Half to even: 15.25.
    assert_eq!(average.to_string(), "15.25 EUR; 700 JPY; 5.00 USD");
    assert_eq!(min.to_string(), "10.00 EUR; 700 JPY; 5.00 USD");
    assert_eq!(max.to_string(), "20.50 EUR; 700 JPY; 5.00 USD");
    assert_eq!((values, distinct), (&Value::Int(4), &Value::Int(4)));
}

#[test]
fn money_is_converted_by_the_rate_of_its_day() {
    let (crm, _) = crm();
    in_berlin(&crm);
    let (sales, _) = pipeline(&crm, "Sales");
    rate(&crm, "USD", "2026-01-01", "0.9");
    rate(&crm, "USD", "2026-02-01", "0.8");
    rate(&crm, "JPY", "2026-01-01", "0.006");
    let deal = |amount: &str, day: Option<&str>| {
        let draft = Deal::draft()
            .name(amount)
            .pipeline(sales)
            .amount(money(amount));
        let draft = match day {
            Some(day) => draft.close_date(day.parse::<NaiveDate>().unwrap()),
            None => draft,
        };
        crm.create(draft).unwrap()
    };
    deal("100 USD", Some("2026-01-31"));
    deal("100 USD", Some("2026-02-01"));
    // Without a close date the day of creation counts.
    deal("100 USD", None);
    deal("10 EUR", Some("2020-01-01"));
    deal("1000 JPY", Some("2026-05-05"));
    let sum = |to: &str, filter: &str| {
        let question = Aggregate::of("deal")
            .filter(filter)
            .sum("amount")
            .convert_to(currency(to));
        Ok::<_, Error>(crm.aggregate(&question)?.remove(0).measures.remove(0))
    };
    assert_eq!(
        sum("EUR", "amount.currency != 'XXX'").unwrap(),
        money("266 EUR").into()
    );
    // From yen to dollars by way of the base: 1000 × 0.006 / 0.8.
    assert_eq!(
        sum("USD", "amount.currency == 'JPY'").unwrap(),
        money("7.50 USD").into()
    );
    assert_eq!(
        sum("EUR", "amount > 1000000").unwrap(),
        money("0 EUR").into()
    );
    let early = deal("1 USD", Some("2025-12-31"));
    let error = sum("EUR", "").unwrap_err();
    assert_eq!(error.code(), Code::Invalid);
    assert!(
        error.to_string().contains("USD") && error.to_string().contains("2025-12-31"),
        "{error}"
    );
    crm.delete(early).unwrap();
    assert_eq!(sum("EUR", "").unwrap(), money("266 EUR").into());
    let unknown = deal("1 CHF", Some("2026-03-01"));
    let error = sum("EUR", "").unwrap_err().to_string();
    assert!(
        error.contains("CHF") && error.contains("2026-03-01"),
        "{error}"
    );
    crm.delete(unknown).unwrap();
    assert_sound(&crm);
}

#[test]
fn an_amount_beyond_all_digits_is_an_error() {
    let (crm, _) = crm();
    crm.add_object(sales()).unwrap();
    let large = "79000000000000000000000000 EUR";
    for _ in 0..10 {
        crm.create_record("sale", Fields::new().with("amount", large))
            .unwrap();
    }
    let sum = Aggregate::of("sale").sum("amount");
    assert_eq!(
        crm.aggregate(&sum).unwrap()[0].measures[0].to_string(),
        "790000000000000000000000000.00 EUR"
    );
    let (pipe, _) = pipeline(&crm, "Sales");
    let huge = Money::new((Decimal::MAX / Decimal::TEN).floor(), currency("JPY")).unwrap();
    let deal = || Deal::draft().name("huge").pipeline(pipe).amount(huge);
    for _ in 0..10 {
        crm.create(deal()).unwrap();
    }
    let sum = Aggregate::of("deal").sum("amount");
    let of_ten = crm.aggregate(&sum).unwrap()[0].measures[0].to_string();
    let eleventh = crm.create(deal()).unwrap();
    let error = crm.aggregate(&sum).unwrap_err();
    assert_eq!(
        error.code(),
        Code::Invalid,
        "an amount has no room for eleven: {error}"
    );
    assert_sound(&crm);
    // What is kept is exact beyond that, and can be shown again.
    crm.delete(eleventh).unwrap();
    let again = crm.aggregate(&sum).unwrap()[0].measures[0].to_string();
    assert_eq!(again, of_ten);
    assert_sound(&crm);
}

#[test]
fn days_begin_in_the_time_zone_of_the_organisation() {
    let (crm, _) = crm();
    in_berlin(&crm);
    // Before and after the clocks change in Berlin: 29 March and 25 October 2026, at 01:00 UTC.
    for at in [
        "2026-03-28T22:59:59Z",
        "2026-03-28T23:00:00Z",
        "2026-03-29T21:59:59Z",
        "2026-03-29T22:00:00Z",
        "2026-10-24T21:59:59Z",
        "2026-10-24T22:00:00Z",
        "2026-10-25T22:59:59Z",
        "2026-10-25T23:00:00Z",
        "2026-12-31T23:00:00Z",
    ] {
        crm.create(
            Call::draft()
                .subject(at)
                .at(at.parse::<DateTime<Utc>>().unwrap()),
        )
        .unwrap();
    }
    let by = |part| -> Vec<(String, u64)> {
        let groups = crm
            .aggregate(&Aggregate::of("call").group_by_date("at", part))
            .unwrap();
        groups
            .iter()
            .map(|group| (group.key[0].to_string(), group.count))
            .collect()
    };
    let named = |groups: &[(&str, u64)]| -> Vec<(String, u64)> {
        groups
            .iter()
            .map(|(name, count)| ((*name).to_owned(), *count))
            .collect()
    };
    assert_eq!(
        by(DatePart::Day),
        named(&[
            ("2026-03-28", 1),
            ("2026-03-29", 2),
            ("2026-03-30", 1),
            ("2026-10-24", 1),
            ("2026-10-25", 2),
            ("2026-10-26", 1),
            ("2027-01-01", 1),
        ])
    );
    assert_eq!(
        by(DatePart::Week),
        named(&[
            ("2026-03-23", 3),
            ("2026-03-30", 1),
            ("2026-10-19", 3),
            ("2026-10-26", 1),
            ("2026-12-28", 1)
        ])
    );
    assert_eq!(
        by(DatePart::Month),
        named(&[("2026-03", 4), ("2026-10", 4), ("2027-01", 1)])
    );
    assert_eq!(
        by(DatePart::Quarter),
        named(&[("2026-Q1", 4), ("2026-Q4", 4), ("2027-Q1", 1)])
    );
    assert_eq!(by(DatePart::Year), named(&[("2026", 8), ("2027", 1)]));
    assert_eq!(by(DatePart::FiscalYear), named(&[("2025", 4), ("2026", 5)]));
}

#[test]
fn nothing_has_figures_too() {
    let (crm, _) = crm();
    crm.add_object(sales()).unwrap();
    let question = Aggregate::of("sale")
        .sum("n")
        .sum("amount")
        .sum("length")
        .average("n")
        .measure(MeasureOp::Min, "day")
        .measure(MeasureOp::CountValues, "n")
        .measure(MeasureOp::CountDistinct, "n");
    let groups = crm.aggregate(&question).unwrap();
    let nothing = [
        Decimal::ZERO.into(),
        Value::List(Vec::new()),
        TimeDelta::zero().into(),
        Value::Null,
        Value::Null,
        Value::Int(0),
        Value::Int(0),
    ];
    assert_eq!(
        groups,
        [Group {
            key: Vec::new(),
            count: 0,
            measures: nothing.to_vec()
        }]
    );
    assert_eq!(
        crm.aggregate(&question.clone().group_by("source")).unwrap(),
        []
    );
    let converted = Aggregate::of("sale")
        .sum("amount")
        .average("amount")
        .convert_to(currency("EUR"));
    assert_eq!(
        crm.aggregate(&converted).unwrap()[0].measures,
        [money("0 EUR").into(), Value::Null]
    );
}

#[test]
fn a_question_that_makes_no_sense_is_refused() {
    let (crm, _) = crm();
    crm.add_object(sales()).unwrap();
    let code = |question: Aggregate| crm.aggregate(&question).unwrap_err().code();
    assert_eq!(code(Aggregate::of("sale").sum("source")), Code::Invalid);
    assert_eq!(code(Aggregate::of("sale").average("day")), Code::Invalid);
    assert_eq!(
        code(Aggregate::of("sale").group_by_date("source", DatePart::Month)),
        Code::Invalid
    );
    assert_eq!(
        code(Aggregate::of("sale").group_by("sauce")),
        Code::UnknownField
    );
    assert_eq!(code(Aggregate::of("sail")), Code::UnknownObject);
    assert_eq!(
        code(Aggregate::of("sale").filter("sauce == 1")),
        Code::Expression
    );
}

#[test]
fn a_record_with_a_list_is_once_in_each_of_its_groups() {
    let (crm, _) = crm();
    crm.add_object(sales()).unwrap();
    let sale = |tags: &[&str], days: &[&str]| {
        let list = |texts: &[&str]| Value::List(texts.iter().map(|text| (*text).into()).collect());
        let fields = Fields::new()
            .with("tags", list(tags))
            .with("days", list(days))
            .with("n", 1);
        crm.create_record("sale", fields).unwrap()
    };
    sale(
        &["b", "a", "B"],
        &["2026-01-05", "2026-03-01", "2026-01-07"],
    );
    sale(&["a"], &[]);
    sale(&[], &["2026-03-31"]);
    let by = |question: Aggregate| -> Vec<(String, u64)> {
        let groups = crm.aggregate(&question).unwrap();
        groups
            .iter()
            .map(|group| (group.key[0].to_string(), group.count))
            .collect()
    };
    let named = |groups: &[(&str, u64)]| -> Vec<(String, u64)> {
        groups
            .iter()
            .map(|(name, count)| ((*name).to_owned(), *count))
            .collect()
    };
    // Texts that an index has in one place are groups of their own.
    assert_eq!(
        by(Aggregate::of("sale").group_by("tags")),
        named(&[("", 1), ("a", 2), ("B", 1), ("b", 1)])
    );
    assert_eq!(
        by(Aggregate::of("sale").group_by_date("days", DatePart::Month)),
        named(&[("", 1), ("2026-01", 1), ("2026-03", 2)])
    );
    let pairs = crm.aggregate(
        &Aggregate::of("sale")
            .group_by("tags")
            .group_by_date("days", DatePart::Month),
    );
    assert_eq!(
        pairs.unwrap().iter().map(|group| group.count).sum::<u64>(),
        3 * 2 + 1 + 1
    );
}

#[derive(Debug, Clone)]
struct Sale {
    amount: Option<Money>,
    day: Option<NaiveDate>,
    at: Option<DateTime<Utc>>,
    source: Option<&'static str>,
    tags: Vec<&'static str>,
    n: Option<i64>,
    share: Option<Decimal>,
    length: Option<i64>,
    trashed: bool,
}

fn sale() -> impl Strategy<Value = Sale> {
    let day = (0..500_i64)
        .prop_map(|days| "2025-12-20".parse::<NaiveDate>().unwrap() + TimeDelta::days(days));
    let at = (0..12_000_i64).prop_map(|hours| {
        "2025-12-20T00:30:00Z".parse::<DateTime<Utc>>().unwrap() + TimeDelta::hours(hours)
    });
    let amount = (select(vec!["EUR", "USD", "JPY"]), -500..500_i64).prop_map(|(code, n)| {
        Money::new(
            Decimal::new(n, if code == "JPY" { 0 } else { 2 }),
            currency(code),
        )
        .unwrap()
    });
    (
        prop::option::of(amount),
        prop::option::of(day),
        prop::option::of(at),
        prop::option::of(select(vec!["web", "Web", "fair"])),
        prop::sample::subsequence(vec!["x", "y", "z"], 0..=3),
        prop::option::of(-3..9_i64),
        prop::option::of((-30..30_i64, 0..2_u32).prop_map(|(n, scale)| Decimal::new(n, scale))),
        prop::option::of(0..90_000_i64),
        prop::bool::weighted(0.1),
    )
        .prop_map(
            |(amount, day, at, source, tags, n, share, length, trashed)| Sale {
                amount,
                day,
                at,
                source,
                tags,
                n,
                share,
                length,
                trashed,
            },
        )
}

#[derive(Debug, Clone, Copy)]
enum By {
    Source,
    Tags,
    Day(DatePart),
    At(DatePart),
}

impl By {
    fn ask(self, question: Aggregate) -> Aggregate {
        match self {
            By::Source => question.group_by("source"),
            By::Tags => question.group_by("tags"),
            By::Day(part) => question.group_by_date("day", part),
            By::At(part) => question.group_by_date("at", part),
        }
    }

    fn keys(self, sale: &Sale) -> Vec<String> {
        match self {
            By::Source => vec![sale.source.unwrap_or_default().to_owned()],
            By::Tags if sale.tags.is_empty() => vec![String::new()],
            By::Tags => sale.tags.iter().map(|tag| (*tag).to_owned()).collect(),
            By::Day(part) => vec![sale.day.map_or_else(String::new, |day| part_of(day, part))],
            By::At(part) => vec![
                sale.at
                    .map_or_else(String::new, |at| part_of(day_in_berlin(at), part)),
            ],
        }
    }
}

/// By the rule of the European Union, written out.
fn day_in_berlin(at: DateTime<Utc>) -> NaiveDate {
    let summers = [
        ("2025-03-30T01:00:00Z", "2025-10-26T01:00:00Z"),
        ("2026-03-29T01:00:00Z", "2026-10-25T01:00:00Z"),
        ("2027-03-28T01:00:00Z", "2027-10-31T01:00:00Z"),
    ];
    let instant = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
    let summer = summers
        .iter()
        .any(|(from, to)| instant(from) <= at && at < instant(to));
    (at + TimeDelta::hours(if summer { 2 } else { 1 })).date_naive()
}

fn part_of(day: NaiveDate, part: DatePart) -> String {
    let text = day.to_string();
    match part {
        DatePart::Day => text,
        DatePart::Week => {
            let mut monday = day;
            while monday.weekday() != chrono::Weekday::Mon {
                monday = monday.pred_opt().unwrap();
            }
            monday.to_string()
        }
        DatePart::Month => text[..7].to_owned(),
        DatePart::Quarter => {
            let quarters = [
                "Q1", "Q1", "Q1", "Q2", "Q2", "Q2", "Q3", "Q3", "Q3", "Q4", "Q4", "Q4",
            ];
            format!("{}-{}", &text[..4], quarters[day.month0() as usize])
        }
        DatePart::Year => text[..4].to_owned(),
        DatePart::FiscalYear if day.month() < 4 => (day.year() - 1).to_string(),
        DatePart::FiscalYear => day.year().to_string(),
    }
}

fn by() -> impl Strategy<Value = By> {
    let part = || {
        select(vec![
            DatePart::Day,
            DatePart::Week,
            DatePart::Month,
            DatePart::Quarter,
            DatePart::Year,
            DatePart::FiscalYear,
        ])
    };
    prop_oneof![
        Just(By::Source),
        Just(By::Tags),
        part().prop_map(By::Day),
        part().prop_map(By::At)
    ]
}

/// What the model says of a group.
#[derive(Debug, Default, PartialEq)]
struct Figures {
    count: u64,
    sums: BTreeMap<String, Decimal>,
    least: BTreeMap<String, Decimal>,
    n: Decimal,
    share: Option<Decimal>,
    millis: i64,
    latest: Option<DateTime<Utc>>,
    sources: usize,
}

fn figures(sales: &[&Sale]) -> Figures {
    let mut figures = Figures {
        count: sales.len() as u64,
        ..Figures::default()
    };
    for money in sales.iter().filter_map(|sale| sale.amount) {
        let code = money.currency().to_string();
        *figures.sums.entry(code.clone()).or_default() += money.amount();
        let least = figures.least.entry(code).or_insert(money.amount());
        *least = (*least).min(money.amount());
    }
    for list in [&mut figures.sums, &mut figures.least] {
        list.retain(|_, amount| !amount.is_zero());
    }
    figures.n = sales.iter().filter_map(|sale| sale.n).sum::<i64>().into();
    let shares: Vec<Decimal> = sales.iter().filter_map(|sale| sale.share).collect();
    figures.share = (!shares.is_empty())
        .then(|| (shares.iter().sum::<Decimal>() / Decimal::from(shares.len())).round_dp(10));
    figures.millis = sales.iter().filter_map(|sale| sale.length).sum();
    figures.latest = sales.iter().filter_map(|sale| sale.at).max();
    figures.sources = sales
        .iter()
        .filter_map(|sale| sale.source)
        .collect::<BTreeSet<_>>()
        .len();
    figures
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn figures_are_those_of_the_model(
        sales in prop::collection::vec(sale(), 0..40),
        groupings in prop::collection::vec((prop::collection::vec(by(), 0..3), any::<bool>()), 12),
    ) {
        let (crm, _) = crm();
        in_berlin(&crm);
        crm.add_object(self::sales()).unwrap();
        for sale in &sales {
            let tags = Value::List(sale.tags.iter().map(|tag| (*tag).into()).collect());
            let fields = Fields::new()
                .with("amount", sale.amount)
                .with("day", sale.day)
                .with("at", sale.at)
                .with("source", sale.source)
                .with("tags", tags)
                .with("n", sale.n)
                .with("share", sale.share)
                .with("length", sale.length.map(TimeDelta::milliseconds));
            let record = crm.create_record("sale", fields).unwrap();
            if sale.trashed {
                crm.delete(record).unwrap();
            }
        }
        for (by, filtered) in groupings {
            let mut question = Aggregate::of("sale")
                .filter(if filtered { "source == 'web' || n > 2" } else { "" })
                .sum("amount")
                .measure(MeasureOp::Min, "amount")
                .sum("n")
                .average("share")
                .sum("length")
                .measure(MeasureOp::Max, "at")
                .measure(MeasureOp::CountDistinct, "source");
            let mut members: BTreeMap<Vec<String>, Vec<&Sale>> = BTreeMap::new();
            if by.is_empty() {
                members.insert(Vec::new(), Vec::new());
            }
            for sale in sales.iter().filter(|sale| !sale.trashed) {
                if filtered && sale.source != Some("web") && sale.n.is_none_or(|n| n <= 2) {
                    continue;
                }
                let mut keys = vec![Vec::new()];
                for by in &by {
                    let one = by.keys(sale);
                    keys = keys.iter().flat_map(|key: &Vec<String>| one.iter().map(|more| [key.as_slice(), std::slice::from_ref(more)].concat())).collect();
                }
                for key in keys.into_iter().collect::<BTreeSet<_>>() {
                    members.entry(key).or_default().push(sale);
                }
            }
            for by in &by {
                question = by.ask(question);
            }
            let groups = crm.aggregate(&question).unwrap();
            prop_assert_eq!(groups.len(), members.len());
            for group in groups {
                let key: Vec<String> = group.key.iter().map(ToString::to_string).collect();
                let [sums, least, n, share, length, latest, sources] = group.measures.as_slice() else { panic!("{group:?}") };
                let found = Figures {
                    count: group.count,
                    sums: amounts(sums),
                    least: amounts(least),
                    n: ValueRef::from(n).as_decimal().unwrap(),
                    share: ValueRef::from(share).as_decimal(),
                    millis: ValueRef::from(length).as_duration().unwrap().num_milliseconds(),
                    latest: ValueRef::from(latest).as_datetime(),
                    sources: ValueRef::from(sources).as_int().unwrap() as usize,
                };
                let members = members.get(&key);
                prop_assert!(members.is_some(), "no group {:?}", key);
                prop_assert_eq!(found, figures(members.unwrap()), "{:?}", key);
            }
        }
        assert_sound(&crm);
    }
}

#[test]
fn decimals_of_another_scale_are_the_same_group() {
    let (crm, _) = crm();
    crm.add_object(sales()).unwrap();
    for share in ["1", "1.0", "1.00"] {
        crm.create_record("sale", Fields::new().with("share", dec(share)))
            .unwrap();
    }
    let question = Aggregate::of("sale")
        .group_by("share")
        .measure(MeasureOp::CountDistinct, "share");
    let groups = crm.aggregate(&question).unwrap();
    assert_eq!(groups.len(), 1);
    assert_eq!(
        (groups[0].count, &groups[0].measures[0]),
        (3, &Value::Int(1))
    );
}
