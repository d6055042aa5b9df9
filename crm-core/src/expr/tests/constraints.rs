//! What an index could answer, and that it never loses a record.

use std::cmp::Ordering;

use proptest::prelude::*;

use super::super::{Constraint, Test};
use super::*;
use crate::value::compare;

fn constraints(text: &str) -> Vec<Constraint> {
    compile(text).unwrap().constraints(&ambient()).unwrap()
}

fn one(field: u16, test: Test) -> Vec<Constraint> {
    vec![Constraint { field, test }]
}

#[test]
fn conjuncts_become_constraints() {
    let date = |text| Value::from(super::super::literal::date(text));
    let born = |text: &str| Value::from(text.parse::<crate::PartialDate>().unwrap());
    let euros = |text: &str| Value::from(text.parse::<crate::Money>().unwrap());
    let both = vec![reference(USER, 9), reference(COMPANY, 9)];
    let nine = id(9).to_string();
    let cases: Vec<(String, Vec<Constraint>)> = [
        ("status == \"won\"", one(f::STATUS, Test::Eq("won".into()))),
        ("\"won\" == status", one(f::STATUS, Test::Eq("won".into()))),
        ("n > 5", one(f::N, Test::Gt(5.into()))),
        ("5 > n", one(f::N, Test::Lt(5.into()))),
        ("n > 2.5", one(f::N, Test::Ge(3.into()))),
        ("n <= 2.5", one(f::N, Test::Le(2.into()))),
        ("n == 2.5", vec![]),
        (
            "d >= 2",
            one(f::D, Test::Ge(rust_decimal::Decimal::TWO.into())),
        ),
        ("active", one(f::ACTIVE, Test::Eq(true.into()))),
        ("!active", vec![]),
        ("n == null", one(f::N, Test::IsNull)),
        ("!has(n)", one(f::N, Test::IsNull)),
        ("has(n)", vec![]),
        ("n != 5", vec![]),
        ("n > d", vec![]),
        ("owner == me", one(f::OWNER, Test::Eq(reference(USER, 11)))),
        (
            "close_date < today() + days(1)",
            one(f::CLOSE, Test::Lt(date("2024-03-12"))),
        ),
        (
            "at >= \"2024-03-10\"",
            one(f::AT, Test::Ge(time("2024-03-09T23:00:00Z").into())),
        ),
        (
            "at < now - hours(1)",
            one(f::AT, Test::Lt(time("2024-03-10T22:30:00Z").into())),
        ),
        (
            "name.startsWith(\"Jo\")",
            one(f::NAME, Test::StartsWith("Jo".into())),
        ),
        ("name.contains(\"Jo\")", vec![]),
        (
            "n in [1, 2, null]",
            one(f::N, Test::In(vec![1.into(), 2.into()])),
        ),
        (
            "n == 1 || n in [2, 3]",
            one(f::N, Test::In(vec![1.into(), 2.into(), 3.into()])),
        ),
        ("n == 1 || d == 2", vec![]),
        ("n == 1 || n > 2", vec![]),
        (
            "\"won\" in kinds",
            one(f::KINDS, Test::Contains("won".into())),
        ),
        ("labels == [\"a\"]", vec![]),
        (
            "amount == money(5, \"EUR\")",
            one(f::AMOUNT, Test::Eq(euros("5 EUR"))),
        ),
        (
            "amount > money(5, \"EUR\")",
            one(f::AMOUNT, Test::Gt(euros("5 EUR"))),
        ),
        ("amount > 5", vec![]),
        (
            "born < \"2000-01-01\"",
            one(f::BORN, Test::Lt(born("2000-01-01"))),
        ),
        (
            "born >= today()",
            one(f::BORN, Test::Ge(born("2024-03-11"))),
        ),
        ("old.n == 5", vec![]),
        ("stage.order == 5", vec![]),
        ("n == 5 ? true : false", vec![]),
    ]
    .into_iter()
    .map(|(text, expected)| (text.to_owned(), expected))
    .chain([
        (
            format!("owner == \"{nine}\""),
            one(f::OWNER, Test::Eq(reference(USER, 9))),
        ),
        (
            format!("either == \"{nine}\""),
            one(f::EITHER, Test::In(both)),
        ),
        (format!("anything == \"{nine}\""), vec![]),
    ])
    .collect();
    for (text, expected) in cases {
        assert_eq!(constraints(&text), expected, "{text}");
    }
    assert_eq!(constraints("n > 1 && (d < 5 && active) && n < 9").len(), 4);
}

#[test]
fn the_actor_may_be_nobody() {
    let nobody = Ambient {
        actor: None,
        ..ambient()
    };
    let of = |text| compile(text).unwrap().constraints(&nobody).unwrap();
    assert_eq!(of("owner == me"), one(f::OWNER, Test::IsNull));
    assert_eq!(of("owner in [me]"), one(f::OWNER, Test::In(vec![])));
}

fn admits(test: &Test, value: ValueRef<'_>) -> bool {
    let order = |other: &Value| compare(&value, &other.as_value_ref());
    let known = !value.is_null();
    match test {
        Test::Eq(other) => order(other) == Ordering::Equal,
        Test::Lt(other) => known && order(other).is_lt(),
        Test::Le(other) => known && order(other).is_le(),
        Test::Gt(other) => order(other).is_gt(),
        Test::Ge(other) => order(other).is_ge(),
        Test::In(others) => others.iter().any(|other| order(other).is_eq()),
        Test::StartsWith(start) => value.as_text().is_some_and(|text| text.starts_with(start)),
        Test::Contains(other) => value
            .elements()
            .any(|element| compare(&element, &other.as_value_ref()).is_eq()),
        Test::IsNull => !known,
    }
}

fn atom() -> impl Strategy<Value = String> {
    let operator = prop::sample::select(vec!["==", "!=", "<", "<=", ">", ">="]);
    let sides = prop::sample::select(vec![
        ("n", "2"),
        ("n", "1.5"),
        ("d", "2"),
        ("d", "1.5"),
        ("n", "d"),
        ("name", "\"b\""),
        ("name", "\"É\""),
        ("amount", "2"),
        ("amount", "money(2, \"EUR\")"),
        ("close_date", "today()"),
        ("close_date", "\"2024-03-11\""),
        ("close_date", "now"),
        ("at", "now"),
        ("at", "\"2024-03-11\""),
        ("born", "\"2024-03-11\""),
        ("born", "today()"),
        ("length", "\"2h\""),
    ]);
    let compared = (sides, operator, any::<bool>()).prop_map(|((a, b), operator, flip)| {
        if flip {
            format!("{b} {operator} {a}")
        } else {
            format!("{a} {operator} {b}")
        }
    });
    let other = prop::sample::select(vec![
        "active",
        "has(n)",
        "owner == me",
        "owner in [me, null]",
        "n in [1, 2.0]",
        "\"b\" in labels",
        "name.startsWith(\"b\")",
        "name == null",
        "n == null",
        "d in [1, n]",
        "size(labels) == 0",
        "status == \"won\"",
        "status in [\"won\", \"lost\"]",
        "owner == null",
        "anything == owner",
    ]);
    prop_oneof![compared, other.prop_map(str::to_owned)]
}

fn filter() -> impl Strategy<Value = String> {
    atom().prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            3 => (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a}) && ({b})")),
            2 => (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a}) || ({b})")),
            1 => inner.prop_map(|a| format!("!({a})")),
        ]
    })
}

fn record() -> impl Strategy<Value = Fields> {
    fn maybe(values: Vec<Value>) -> impl Strategy<Value = Option<Value>> {
        prop::option::weighted(0.8, prop::sample::select(values))
    }
    fn texts(texts: &[&str]) -> Vec<Value> {
        texts.iter().map(|text| Value::from(*text)).collect()
    }
    let numbers = || (0..4).map(|n| rust_decimal::Decimal::new(n * 5, 1).into());
    let days = ["2024-03-10", "2024-03-11", "2024-03-12"];
    let dates = days.map(|day| super::super::literal::date(day).into());
    let born = ["2024-03-11", "--03-11", "2024"].map(|text| {
        let date: crate::PartialDate = text.parse().unwrap();
        Value::from(date)
    });
    let amounts = ["2 EUR", "3 EUR", "2 USD", "1 JPY"].map(|text| {
        let money: crate::Money = text.parse().unwrap();
        Value::from(money)
    });
    let times = [
        "2024-03-10T23:00:00Z",
        "2024-03-10T23:30:00Z",
        "2024-03-12T00:00:00Z",
    ];
    let times = times.map(|at| Value::from(time(at)));
    let fields = (
        maybe((0..4).map(Value::Int).collect()),
        maybe(numbers().collect()),
        maybe(texts(&["a", "B", "b", "bé", "e", "É"])),
        maybe(amounts.to_vec()),
        maybe(dates.to_vec()),
        maybe(born.to_vec()),
        maybe(times.to_vec()),
        maybe(vec![true.into(), false.into()]),
        maybe(vec![reference(USER, 11), reference(USER, 12)]),
        maybe(vec![texts(&["b"]).into(), texts(&["a", "b"]).into()]),
        maybe(texts(&["won", "lost", "open"])),
        maybe(
            ["1h", "2h"]
                .map(|d| super::super::literal::duration(d).into())
                .to_vec(),
        ),
    );
    fields.prop_map(
        |(n, d, name, amount, close, born, at, active, owner, labels, status, length)| {
            [
                (f::N, n),
                (f::D, d),
                (f::NAME, name),
                (f::AMOUNT, amount),
                (f::CLOSE, close),
                (f::BORN, born),
                (f::AT, at),
                (f::ACTIVE, active),
                (f::OWNER, owner),
                (f::LABELS, labels),
                (f::STATUS, status),
                (f::LENGTH, length),
            ]
            .into_iter()
            .filter_map(|(field, value)| Some((field, value?)))
            .collect()
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// A record that an index would leave out does not match.
    #[test]
    fn constraints_are_sound(text in filter(), record in record(), known_actor: bool) {
        let mut world = empty();
        world.record = record;
        if !known_actor {
            world.ambient.actor = None;
        }
        let expr = compile(&text).unwrap();
        if expr.matches(&world).unwrap() {
            for constraint in expr.constraints(&world.ambient).unwrap() {
                let value = get(&world.record, constraint.field);
                prop_assert!(admits(&constraint.test, value), "{text}: {constraint:?} and {value:?}");
            }
        }
    }
}
