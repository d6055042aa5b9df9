//! Kept sums, roll-ups and boards: exact, whatever comes and goes.

use crate::common::{assert_sound, crm, pipeline};
use crm_core::schema::{FieldDef, FieldType, ObjectDef, RollUp, RollUpOp};
use crm_core::*;
use proptest::prelude::*;
use rust_decimal::Decimal;

/// A database with lines of an order: `seventh` is a seventh of `pieces`, and the order has the sum of each field.
fn orders() -> (Crm, Ref) {
    let (crm, _) = crm();
    let line = ObjectDef::custom("line", "lines")
        .with(
            FieldDef::new(1, "in_order", FieldType::Reference)
                .targets(&["purchase"])
                .indexed(),
        )
        .with(FieldDef::new(2, "pieces", FieldType::Integer))
        .with(FieldDef::new(3, "weight", FieldType::Decimal))
        .with(FieldDef::new(4, "price", FieldType::Money))
        .with(FieldDef::new(5, "seventh", FieldType::Decimal).formula("pieces / 7.0"));
    let sum = |id, field: &str, ty| {
        let roll_up = RollUp {
            object: "line".to_owned(),
            via: "in_order".to_owned(),
            op: RollUpOp::Sum,
            field: field.to_owned(),
            filter: String::new(),
        };
        FieldDef::new(id, &format!("all_{field}"), ty).roll_up(roll_up)
    };
    crm.add_object(ObjectDef::custom("purchase", "purchases"))
        .unwrap();
    crm.add_object(line).unwrap();
    let sums = vec![
        sum(1, "pieces", FieldType::Integer),
        sum(2, "weight", FieldType::Decimal),
        sum(3, "price", FieldType::Money).many(),
        sum(4, "seventh", FieldType::Decimal),
    ];
    crm.add_fields("purchase", sums).unwrap();
    let order = crm.create_record("purchase", Fields::new()).unwrap();
    (crm, order)
}

fn line(order: Ref) -> Fields {
    Fields::new().with("in_order", order)
}

fn value(crm: &Crm, record: Ref, field: &str) -> Value {
    let catalog = crm.catalog();
    let object = catalog.object(record.object).unwrap();
    let field = object.field_named(field).unwrap().id;
    crm.get_record(record).unwrap().get(field).to_value()
}

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

#[test]
fn a_sum_of_fractions_is_nothing_again_when_they_are_gone() {
    let (crm, order) = orders();
    let pieces = [1, 10, 100, 1_000, 12_345];
    let lines = pieces.map(|pieces| {
        crm.create_record("line", line(order).with("pieces", pieces))
            .unwrap()
    });
    assert_sound(&crm);
    for line in lines {
        crm.delete(line).unwrap();
        assert_sound(&crm);
    }
    assert_eq!(value(&crm, order, "all_seventh"), Decimal::ZERO.into());
    assert_eq!(value(&crm, order, "all_pieces"), 0.into());
}

#[test]
fn a_sum_that_was_too_large_is_right_again_when_it_is_not() {
    let (crm, order) = orders();
    let most = [(); 2].map(|()| {
        crm.create_record("line", line(order).with("pieces", i64::MAX))
            .unwrap()
    });
    assert_eq!(value(&crm, order, "all_pieces"), Value::Null);
    assert_sound(&crm);
    crm.delete(most[0]).unwrap();
    assert_eq!(value(&crm, order, "all_pieces"), i64::MAX.into());
    crm.delete(most[1]).unwrap();
    assert_eq!(value(&crm, order, "all_pieces"), 0.into());
    assert_sound(&crm);
}

#[test]
fn a_rounded_sum_is_not_taken_for_the_sum() {
    let (crm, order) = orders();
    let weigh = |weight: &str| {
        let fields = line(order).with("weight", decimal(weight));
        crm.create_record("line", fields).unwrap()
    };
    let dozen = weigh("12");
    // Together they have 30 digits, and the number that is nearest to them is 12 itself.
    weigh("0.0000000000000000000000000001");
    assert_eq!(value(&crm, order, "all_weight"), decimal("12").into());
    weigh("5");
    assert_eq!(value(&crm, order, "all_weight"), decimal("17").into());
    crm.delete(dozen).unwrap();
    let exact = decimal("5.0000000000000000000000000001");
    assert_eq!(value(&crm, order, "all_weight"), exact.into());
    assert_sound(&crm);
}

#[test]
fn a_board_loses_no_cent_beside_huge_amounts() {
    let (crm, _) = crm();
    let (sales, stages) = pipeline(&crm);
    let deal = |amount: &str| {
        let amount: Money = amount.parse().unwrap();
        let deal = Deal::draft().name("A").pipeline(sales).amount(amount);
        crm.create(deal.probability(100)).unwrap()
    };
    let sums = || {
        let board = crm.board("deal", sales, 0).unwrap();
        board.column(stages[0]).unwrap().sums.clone()
    };
    let amounts = |text: &str| Value::List(vec![text.parse::<Money>().unwrap().into()]);
    deal("0.01 EUR");
    let huge = [(); 2].map(|()| deal("600000000000000000000000000 EUR"));
    assert_eq!(
        sums(),
        [Value::Null, Value::Null],
        "30 digits are no amount"
    );
    let sum = Aggregate::of("deal").sum("amount");
    let error = crm.aggregate(&sum).unwrap_err();
    assert!(error.to_string().contains("28 digits"), "{error}");
    assert_sound(&crm);
    crm.delete(huge[0]).unwrap();
    crm.delete(huge[1]).unwrap();
    assert_eq!(sums(), [amounts("0.01 EUR"), amounts("0.01 EUR")]);
    assert_sound(&crm);
}

#[derive(Debug, Clone)]
enum Step {
    Add(Option<i64>, Option<Decimal>, Option<Money>),
    Weigh(usize, Option<Decimal>),
    Trash(usize),
    Restore(usize),
}

fn weights() -> impl Strategy<Value = Decimal> {
    let max = Decimal::MAX.mantissa();
    let mantissa = prop_oneof![2 => -1_000..1_000_i128, 1 => -max..=max, 1 => Just(max)];
    let scale = prop_oneof![2 => 0..3_u32, 1 => 0..=28_u32, 1 => Just(28)];
    (mantissa, scale).prop_map(|(mantissa, scale)| Decimal::from_i128_with_scale(mantissa, scale))
}

fn prices() -> impl Strategy<Value = Money> {
    (weights(), any::<bool>()).prop_map(|(amount, yen)| {
        let currency = Currency::new(if yen { "JPY" } else { "EUR" }).unwrap();
        Money::rounded(amount, currency)
    })
}

fn step() -> impl Strategy<Value = Step> {
    let pieces = prop_oneof![3 => -9..9_i64, 1 => Just(i64::MAX), 1 => Just(i64::MIN)];
    let some = proptest::option::of::<BoxedStrategy<i64>>(pieces.boxed());
    prop_oneof![
        3 => (some, proptest::option::of(weights()), proptest::option::of(prices()))
            .prop_map(|(pieces, weight, price)| Step::Add(pieces, weight, price)),
        1 => (0..6_usize, proptest::option::of(weights())).prop_map(|(at, weight)| Step::Weigh(at, weight)),
        3 => (0..6_usize).prop_map(Step::Trash),
        1 => (0..6_usize).prop_map(Step::Restore),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// What a check computes anew from the records is what was kept by difference.
    #[test]
    fn sums_are_those_of_the_records_after_each_step(steps in proptest::collection::vec(step(), 1..16)) {
        let (crm, order) = orders();
        let mut lines = Vec::new();
        for step in steps {
            match step {
                Step::Add(pieces, weight, price) => {
                    let fields = line(order).with("pieces", pieces).with("weight", weight).with("price", price);
                    lines.push((crm.create_record("line", fields).unwrap(), true));
                }
                Step::Weigh(at, weight) => {
                    if let Some((line, true)) = lines.get(at) {
                        crm.update_record(*line, Fields::new().with("weight", weight)).unwrap();
                    }
                }
                Step::Trash(at) => {
                    if let Some((line, live @ true)) = lines.get_mut(at) {
                        *live = false;
                        crm.delete(*line).unwrap();
                    }
                }
                Step::Restore(at) => {
                    if let Some((line, live @ false)) = lines.get_mut(at) {
                        *live = true;
                        crm.restore(*line).unwrap();
                    }
                }
            }
            assert_sound(&crm);
        }
        for (line, _) in lines.iter().filter(|(_, live)| *live) {
            crm.delete(*line).unwrap();
        }
        assert_sound(&crm);
        prop_assert_eq!(value(&crm, order, "all_pieces"), 0.into());
        prop_assert_eq!(value(&crm, order, "all_weight"), Decimal::ZERO.into());
        prop_assert_eq!(value(&crm, order, "all_price"), Value::Null);
        prop_assert_eq!(value(&crm, order, "all_seventh"), Decimal::ZERO.into());
    }
}
