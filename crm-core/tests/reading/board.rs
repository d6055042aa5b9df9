//! Boards: kept totals, and cards in an order made by hand.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::read_support::{amounts, assert_sound, crm, money, pipeline};
use crm_core::*;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use rust_decimal::{Decimal, RoundingStrategy};

fn cards(crm: &Crm, column: Id<Stage>, limit: usize) -> Vec<Ref> {
    let mut found: Vec<Ref> = Vec::new();
    let mut last = None;
    loop {
        let page = crm.cards("deal", column, last, limit).unwrap();
        found.extend(page.iter().map(|card| card.record.reference()));
        if page.len() < limit {
            return found;
        }
        last = page.last().map(|card| card.place.clone());
    }
}

#[test]
fn cards_stand_where_they_are_put() {
    let (crm, _) = crm();
    let (sales, stages) = pipeline(&crm, "Sales");
    let deal = |name: &str| {
        crm.create(Deal::draft().name(name).pipeline(sales))
            .unwrap()
            .reference()
    };
    let [a, b, c, d] = ["a", "b", "c", "d"].map(deal);
    let order = || cards(&crm, stages[0], 3);
    assert_eq!(order(), [a, b, c, d], "new cards go to the end");
    let new = ["e", "f", "g"].map(|name| Change::create(Deal::draft().name(name).pipeline(sales)));
    let new: Vec<Ref> = crm
        .batch(&new, None)
        .unwrap()
        .iter()
        .map(|outcome| outcome.record)
        .collect();
    assert_eq!(order()[4..], new, "those of one batch in its order");
    for record in new {
        crm.delete(record).unwrap();
    }
    crm.move_card(d, stages[0], None).unwrap();
    assert_eq!(order(), [d, a, b, c]);
    crm.move_card(d, stages[0], Some(a)).unwrap();
    assert_eq!(order(), [a, d, b, c]);
    crm.move_card(a, stages[0], Some(c)).unwrap();
    assert_eq!(order(), [d, b, c, a]);
    crm.move_card(b, stages[1], None).unwrap();
    crm.move_card(c, stages[1], Some(b)).unwrap();
    assert_eq!(
        (order(), cards(&crm, stages[1], 1)),
        (vec![d, a], vec![b, c])
    );
    // A move to another column is a move to its stage, with all that follows.
    let moved = crm.get(c.id.of::<Deal>()).unwrap();
    assert_eq!(moved.stage(), Some(stages[1]));
    assert_eq!(moved.probability(), Some(Decimal::from(50)));
    crm.update(a.id.of::<Deal>(), Deal::draft().stage(stages[1]))
        .unwrap();
    assert_eq!(
        cards(&crm, stages[1], 2),
        [b, c, a],
        "to the end without a place"
    );
    crm.move_card(a, stages[1], Some(a)).unwrap_err();
    let error = crm.move_card(d, stages[0], Some(b)).unwrap_err();
    assert_eq!(error.code(), Code::Invalid, "{error}");
    let error = crm
        .move_card(d, stages[1], Some(sales.reference()))
        .unwrap_err();
    assert_eq!(error.code(), Code::Invalid, "{error}");
    crm.move_card(sales, stages[0], None).unwrap_err();
    crm.move_card(d, sales, None).unwrap_err();
    assert_eq!(order(), [d]);
    // A column of another board takes the card there.
    let (renewals, others) = pipeline(&crm, "Renewals");
    crm.move_card(d, others[1], None).unwrap();
    assert_eq!(
        crm.get(d.id.of::<Deal>()).unwrap().pipeline(),
        Some(renewals)
    );
    assert_eq!(cards(&crm, others[1], 5), [d]);
    assert_sound(&crm);
}

#[test]
fn a_move_is_refused_where_somebody_else_has_moved_the_card() {
    let (crm, _) = crm();
    let (sales, stages) = pipeline(&crm, "Sales");
    let deal = |name: &str| {
        crm.create(Deal::draft().name(name).pipeline(sales))
            .unwrap()
            .reference()
    };
    let [a, b] = ["a", "b"].map(deal);
    let ada = crm.create(User::draft().name("Ada")).unwrap();
    let to = |column: Id<Stage>, seen| Change::Move {
        card: a,
        column: column.reference(),
        behind: None,
        expected: Some(seen),
    };
    let seen = crm.sequence();
    // What others do elsewhere, or to other fields, is no obstacle.
    crm.move_card(b, stages[1], None).unwrap();
    crm.update_record(a, Fields::new().with("amount", "5 EUR"))
        .unwrap();
    crm.change(to(stages[0], seen)).unwrap();

    let seen = crm.sequence();
    let other = crm.as_user(ada).unwrap();
    other.move_card(a, stages[2], None).unwrap();
    let before = crm.sequence();
    let error = crm.change(to(stages[1], seen)).unwrap_err();
    let Detail::Stale { fields, .. } = error.detail() else {
        panic!("{error}")
    };
    let stage = fields.iter().find(|stale| stale.field == "stage").unwrap();
    assert_eq!((stage.version, &stage.by), (before, &ada.to_string()));
    // In a batch it takes the other changes with it.
    let rename = Change::Update {
        record: b,
        fields: Fields::new().with("name", "c"),
        expected: None,
    };
    let error = crm.batch(&[rename, to(stages[1], seen)], None).unwrap_err();
    assert_eq!(error.code(), Code::Stale);
    assert_eq!(crm.sequence(), before, "nothing was changed");
    // Who has seen it may move it on.
    crm.change(to(stages[1], before)).unwrap();
    assert_eq!(cards(&crm, stages[1], 5), [a, b]);
    assert_sound(&crm);
}

#[test]
fn there_is_always_room_between_two_cards() {
    let (crm, _) = crm();
    let (sales, stages) = pipeline(&crm, "Sales");
    let deal = || {
        crm.create(Deal::draft().name("d").pipeline(sales))
            .unwrap()
            .reference()
    };
    let (first, last) = (deal(), deal());
    let mut between = Vec::new();
    for _ in 0..200 {
        let card = deal();
        crm.move_card(card, stages[0], Some(first)).unwrap();
        between.insert(0, card);
    }
    let expected = [vec![first], between, vec![last]].concat();
    for limit in [7, 500] {
        assert_eq!(cards(&crm, stages[0], limit), expected);
    }
    let top = deal();
    for _ in 0..3 {
        crm.move_card(top, stages[0], None).unwrap();
        assert_eq!(cards(&crm, stages[0], 1_000)[0], top);
    }
    let newest = deal();
    assert_eq!(cards(&crm, stages[0], 1_000).last(), Some(&newest));
    assert_sound(&crm);
}

#[test]
fn no_card_is_skipped_where_two_have_one_position() {
    let (crm, _) = crm();
    let (sales, stages) = pipeline(&crm, "Sales");
    let deal = || {
        crm.create(Deal::draft().name("d").pipeline(sales))
            .unwrap()
            .reference()
    };
    let [a, b, first, second] = [deal(), deal(), deal(), deal()];
    crm.move_card(first, stages[0], Some(a)).unwrap();
    crm.delete(first).unwrap();
    crm.move_card(second, stages[0], Some(a)).unwrap();
    crm.restore(first).unwrap();
    let positions: Vec<Decimal> = crm
        .cards("deal", stages[0], None, 9)
        .unwrap()
        .iter()
        .map(|card| card.place.position)
        .collect();
    assert_eq!(positions[1], positions[2], "the case that this is about");
    for limit in 1..5 {
        assert_eq!(cards(&crm, stages[0], limit), [a, first, second, b]);
    }
    // Between the two is room again.
    crm.move_card(b, stages[0], Some(first)).unwrap();
    assert_eq!(cards(&crm, stages[0], 9), [a, first, b, second]);
    assert_sound(&crm);
}

#[test]
fn a_board_shows_its_columns_in_order() {
    let (crm, _) = crm();
    let (sales, stages) = pipeline(&crm, "Sales");
    for n in 0..5 {
        let deal = Deal::draft()
            .name(format!("d{n}"))
            .pipeline(sales)
            .amount(money("10 EUR"));
        crm.create(deal).unwrap();
    }
    let board = crm.board("deal", sales, 2).unwrap();
    let columns: Vec<Ref> = board
        .columns
        .iter()
        .map(|column| column.record.reference())
        .collect();
    assert_eq!(
        columns,
        stages
            .iter()
            .map(|stage| stage.reference())
            .collect::<Vec<_>>()
    );
    let column = board.column(stages[0]).unwrap();
    assert_eq!((column.count, column.cards.len()), (5, 2));
    assert_eq!(
        column.sums,
        [
            Value::List(vec![money("50 EUR").into()]),
            Value::List(vec![money("5 EUR").into()])
        ]
    );
    let name = column.cards[0].record.get(Deal::NAME.number());
    assert_eq!(name.as_text(), Some("d0"));
    // An empty column has sums of its form too.
    assert_eq!(
        board.column(stages[1]).unwrap().sums,
        [Value::List(Vec::new()), Value::List(Vec::new())]
    );
    assert_eq!(board.column(sales).unwrap_err().code(), Code::NotFound);
    assert!(
        crm.board("deal", sales, 0)
            .unwrap()
            .columns
            .iter()
            .all(|column| column.cards.is_empty())
    );
    let stage = Stage::draft()
        .name("Demo")
        .pipeline(sales)
        .order(1)
        .probability(30);
    let demo = crm.create(stage).unwrap();
    crm.update(stages[1], Stage::draft().order(9)).unwrap();
    let board = crm.board("deal", sales, 1).unwrap();
    assert_eq!(board.columns[1].record.reference(), demo.reference());
    assert_eq!(
        board.columns[4 - 1 + 1].record.reference(),
        stages[1].reference()
    );
    assert_eq!(
        crm.board("company", sales, 1).unwrap_err().code(),
        Code::Invalid
    );
    assert_eq!(
        crm.board("deal", stages[0].reference().id.of::<Pipeline>(), 1)
            .unwrap_err()
            .code(),
        Code::NotFound
    );
}

#[test]
fn a_board_is_the_same_one_until_something_on_it_changes() {
    let (crm, _) = crm();
    let (sales, stages) = pipeline(&crm, "Sales");
    let (other, _) = pipeline(&crm, "Other");
    let deal = |pipeline| Deal::draft().name("d").pipeline(pipeline);
    let first = crm.create(deal(sales).amount(money("10 EUR"))).unwrap();
    let totals = || crm.board("deal", sales, 0).unwrap();
    let cards = || crm.board("deal", sales, 5).unwrap();
    let (mut shown, mut shown_cards) = (totals(), cards());
    let mut is_same = || {
        let (totals, cards) = (totals(), cards());
        let same = (
            Arc::ptr_eq(&shown, &totals),
            Arc::ptr_eq(&shown_cards, &cards),
        );
        (shown, shown_cards) = (totals, cards);
        same
    };
    assert_eq!(is_same(), (true, true));
    // What other boards show, and what no board does.
    crm.create(deal(other)).unwrap();
    crm.create(Company::draft().name("Acme")).unwrap();
    assert_eq!(is_same(), (true, true));
    let renamed = Deal::draft().name("renamed");
    crm.update(first, renamed).unwrap();
    let names = |board: &Board| {
        let cards = board.columns[0].cards.iter();
        let names = cards.map(|card| card.record.get(Deal::NAME.number()).to_string());
        names.collect::<Vec<_>>()
    };
    assert_eq!(names(&cards()), ["renamed"]);
    assert_eq!(is_same(), (true, false), "a card, but no total");
    let old = totals();
    crm.move_card(first.reference(), stages[1], None).unwrap();
    assert_eq!(is_same(), (false, false));
    let counts = |board: &Board| {
        let columns = board.columns.iter();
        columns.map(|column| column.count).collect::<Vec<_>>()
    };
    assert_eq!(counts(&old)[..2], [1, 0]);
    assert_eq!(counts(&totals())[..2], [0, 1]);
    crm.update(stages[0], Stage::draft().name("Lead")).unwrap();
    assert_eq!(is_same(), (false, false));
    let name = totals().columns[0]
        .record
        .get(Stage::NAME.number())
        .to_string();
    assert_eq!(name, "Lead");
    let field = schema::FieldDef::custom("floor", schema::FieldType::Integer);
    crm.add_fields("deal", vec![field]).unwrap();
    assert_eq!(is_same(), (false, false), "the schema");
    crm.delete(first).unwrap();
    assert_eq!(counts(&totals())[..2], [0, 0]);
    crm.delete(sales).unwrap();
    let gone = crm.board("deal", sales, 0).unwrap_err();
    assert_eq!(gone.code(), Code::NotFound);
}

#[derive(Debug, Clone)]
enum Step {
    Create(usize, Option<Money>),
    Move(Index, usize, Option<Index>),
    Amount(Index, Option<Money>),
    Probability(Index, i64),
    Delete(Index),
    Restore(Index),
    Purge(Index),
}

fn step() -> impl Strategy<Value = Step> {
    let index = any::<Index>;
    let amount = || {
        prop::option::of(
            select(vec![
                "100 EUR", "0.05 EUR", "7 USD", "-7 USD", "0 USD", "333 JPY",
            ])
            .prop_map(money),
        )
    };
    prop_oneof![
        4 => (0..3_usize, amount()).prop_map(|(stage, amount)| Step::Create(stage, amount)),
        4 => (index(), 0..4_usize, prop::option::of(index()))
            .prop_map(|(card, stage, behind)| Step::Move(card, stage, behind)),
        2 => (index(), amount()).prop_map(|(card, amount)| Step::Amount(card, amount)),
        1 => (index(), 0..101_i64).prop_map(|(card, percent)| Step::Probability(card, percent)),
        1 => index().prop_map(Step::Delete),
        1 => index().prop_map(Step::Restore),
        1 => index().prop_map(Step::Purge),
    ]
}

#[derive(Debug, Clone, Copy)]
struct Known {
    amount: Option<Money>,
    percent: i64,
    /// True if the percentage is not that of the stage.
    overridden: bool,
}

const PERCENT: [i64; 4] = [10, 50, 100, 0];

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn totals_and_cards_are_those_of_the_model(steps in prop::collection::vec(step(), 1..60)) {
        let (crm, _) = crm();
        let (sales, stages) = pipeline(&crm, "Sales");
        let mut columns: Vec<Vec<Ref>> = vec![Vec::new(); 4];
        let mut known: BTreeMap<Ref, Known> = BTreeMap::new();
        let mut trash: Vec<Ref> = Vec::new();
        for step in steps {
            let live: Vec<Ref> = columns.concat();
            let pick = |index: &Index| (!live.is_empty()).then(|| live[index.index(live.len())]);
            match step {
                Step::Create(stage, amount) => {
                    let mut draft = Deal::draft().name("d").pipeline(sales).stage(stages[stage]);
                    if let Some(amount) = amount {
                        draft = draft.amount(amount);
                    }
                    let deal = crm.create(draft).unwrap().reference();
                    columns[stage].push(deal);
                    known.insert(deal, Known { amount, percent: PERCENT[stage], overridden: false });
                }
                Step::Move(card, stage, behind) => {
                    let Some(card) = pick(&card) else { continue };
                    let from = columns.iter().position(|column| column.contains(&card)).unwrap();
                    let others: Vec<Ref> = columns[stage].iter().copied().filter(|other| *other != card).collect();
                    let behind = behind.filter(|_| !others.is_empty()).map(|behind| others[behind.index(others.len())]);
                    crm.move_card(card, stages[stage], behind).unwrap();
                    columns[from].retain(|other| *other != card);
                    let at = behind.map_or(0, |behind| 1 + columns[stage].iter().position(|other| *other == behind).unwrap());
                    columns[stage].insert(at, card);
                    let known = known.get_mut(&card).unwrap();
                    known.overridden &= stage < 2;
                    if from != stage && !known.overridden {
                        known.percent = PERCENT[stage];
                    }
                }
                Step::Amount(card, amount) => {
                    let Some(card) = pick(&card) else { continue };
                    crm.update_record(card, Fields::new().with("amount", amount)).unwrap();
                    known.get_mut(&card).unwrap().amount = amount;
                }
                Step::Probability(card, percent) => {
                    let Some(card) = pick(&card) else { continue };
                    crm.update_record(card, Fields::new().with("probability", percent)).unwrap();
                    // What is won or lost is certain.
                    if let Some(stage) = columns[..2].iter().position(|column| column.contains(&card)) {
                        let known = known.get_mut(&card).unwrap();
                        (known.percent, known.overridden) = (percent, percent != PERCENT[stage]);
                    }
                }
                Step::Delete(card) => {
                    let Some(card) = pick(&card) else { continue };
                    crm.delete(card).unwrap();
                    columns.iter_mut().for_each(|column| column.retain(|other| *other != card));
                    trash.push(card);
                }
                Step::Restore(card) => {
                    if trash.is_empty() { continue }
                    let card = trash.swap_remove(card.index(trash.len()));
                    crm.restore(card).unwrap();
                    // Where it stands now depends on what moved meanwhile: the board says.
                    let stage = crm.get(card.id.of::<Deal>()).unwrap().stage().unwrap();
                    let at = stages.iter().position(|other| *other == stage).unwrap();
                    let now = cards(&crm, stage, 100);
                    let mut others = now.clone();
                    others.retain(|other| *other != card);
                    prop_assert_eq!(&others, &columns[at]);
                    prop_assert_eq!(others.len() + 1, now.len());
                    columns[at] = now;
                }
                Step::Purge(card) => {
                    if trash.is_empty() { continue }
                    crm.purge(trash.swap_remove(card.index(trash.len()))).unwrap();
                }
            }
        }
        let board = crm.board("deal", sales, 50).unwrap();
        for ((column, expected), stage) in board.columns.iter().zip(&columns).zip(&stages) {
            prop_assert_eq!(column.count, expected.len() as u64);
            let shown: Vec<Ref> = column.cards.iter().map(|card| card.record.reference()).collect();
            prop_assert_eq!(&shown, &expected.iter().copied().take(50).collect::<Vec<_>>());
            prop_assert_eq!(&cards(&crm, *stage, 2), expected);
            let mut sums: [BTreeMap<String, Decimal>; 2] = Default::default();
            for known in expected.iter().map(|card| known[card]) {
                let Some(amount) = known.amount else { continue };
                let code = amount.currency().to_string();
                let weighted = (amount.amount() * Decimal::from(known.percent) / Decimal::ONE_HUNDRED)
                    .round_dp_with_strategy(amount.currency().decimals(), RoundingStrategy::MidpointNearestEven);
                *sums[0].entry(code.clone()).or_default() += amount.amount();
                *sums[1].entry(code).or_default() += weighted;
            }
            let question = Aggregate::of("deal").filter(&format!("stage == '{stage}'")).sum("amount").sum("weighted_amount");
            let computed = crm.aggregate(&question).unwrap().remove(0);
            prop_assert_eq!(computed.count, column.count);
            for ((kept, computed), expected) in column.sums.iter().zip(&computed.measures).zip(sums) {
                let expected: BTreeMap<String, Decimal> = expected.into_iter().filter(|(_, sum)| !sum.is_zero()).collect();
                prop_assert_eq!(&amounts(kept), &expected);
                prop_assert_eq!(&amounts(computed), &expected);
            }
        }
        assert_sound(&crm);
    }
}
