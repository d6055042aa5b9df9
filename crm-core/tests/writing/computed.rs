//! Formulas and roll-ups: exact after every commit.

use crate::common::{assert_sound, crm, money};
use crm_core::schema::{FieldDef, FieldType, ObjectDef, RollUp, RollUpOp};
use crm_core::*;
use proptest::prelude::*;
use rust_decimal::Decimal;

fn formula(name: &str, ty: FieldType, text: &str) -> FieldDef {
    FieldDef::custom(name, ty).formula(text)
}

fn number(text: &str) -> Decimal {
    text.parse().unwrap()
}

/// The value of a field as text.
fn shown(crm: &Crm, record: Ref, field: &str) -> String {
    let catalog = crm.catalog();
    let field = catalog
        .object(record.object)
        .unwrap()
        .field_named(field)
        .unwrap()
        .id;
    crm.get_record(record).unwrap().get(field).to_string()
}

#[test]
fn formulas_follow_one_another_in_their_order() {
    let (crm, _) = crm();
    // The first to be declared needs the last.
    crm.add_fields(
        "company",
        vec![
            formula("total", FieldType::Decimal, "half + founded_next"),
            formula("half", FieldType::Decimal, "employees / 2.0"),
            formula("founded_next", FieldType::Integer, "founded + 1"),
        ],
    )
    .unwrap();
    let acme = Company::draft().name("Acme").employees(5).founded(1999);
    let acme = crm.create(acme).unwrap();
    assert_eq!(shown(&crm, acme.reference(), "total"), "2002.5");
    crm.update(acme, Company::draft().employees(6)).unwrap();
    assert_eq!(shown(&crm, acme.reference(), "total"), "2003");
    // A missing number gives a missing result, and no error.
    crm.update(acme, Company::draft().clear(Company::EMPLOYEES))
        .unwrap();
    assert_eq!(shown(&crm, acme.reference(), "half"), "");
    assert_eq!(shown(&crm, acme.reference(), "total"), "");
    assert_eq!(shown(&crm, acme.reference(), "founded_next"), "2000");
    assert_sound(&crm);
}

/// A record comes back from the trash without what was purged meanwhile, and its formulas know.
#[test]
fn formulas_follow_a_reference_that_a_restoration_clears() {
    let (crm, _) = crm();
    crm.add_fields(
        "company",
        vec![formula("is_owned", FieldType::Boolean, "owner != null")],
    )
    .unwrap();
    let ada = crm.create(User::draft().name("Ada")).unwrap();
    let acme = crm
        .create(Company::draft().name("Acme").owner(ada))
        .unwrap();
    assert_eq!(shown(&crm, acme.reference(), "is_owned"), "true");
    crm.delete(acme).unwrap();
    crm.purge(ada).unwrap();
    crm.restore(acme).unwrap();
    assert_eq!(shown(&crm, acme.reference(), "owner"), "");
    assert_eq!(shown(&crm, acme.reference(), "is_owned"), "false");
    assert_sound(&crm);
}

#[test]
fn a_formula_that_cannot_be_kept_is_refused_with_its_reason() {
    let (crm, _) = crm();
    let before = crm.catalog().version();
    let refused = |fields: Vec<FieldDef>, code: Code, reason: &str| {
        let error = crm.add_fields("company", fields).unwrap_err();
        assert_eq!(error.code(), code, "{error}");
        assert!(error.to_string().contains(reason), "{error}");
        assert_eq!(crm.catalog().version(), before);
    };
    let one = |ty, text: &str| vec![formula("x", ty, text)];
    use FieldType as T;
    let pure = "it reads the record's own fields only";
    refused(one(T::Text, "owner.name"), Code::Schema, pure);
    refused(one(T::DateTime, "now"), Code::Schema, pure);
    refused(one(T::Integer, "x + 1"), Code::Schema, "refers to itself");
    let circle = vec![
        formula("x", T::Integer, "y + 1"),
        formula("y", T::Integer, "x + 1"),
    ];
    refused(circle, Code::Schema, "refers to itself");
    refused(
        one(T::Integer, "name"),
        Code::Schema,
        "the expression gives text",
    );
    refused(
        one(T::Integer, "employes + 1"),
        Code::Expression,
        "employees",
    );
    refused(one(T::Integer, "employees +"), Code::Expression, "line 1");
    let roll_up = |ty, op, field: &str, filter: &str| {
        let roll_up = RollUp {
            object: "deal".to_owned(),
            via: "company".to_owned(),
            op,
            field: field.to_owned(),
            filter: filter.to_owned(),
        };
        vec![FieldDef::custom("x", ty).roll_up(roll_up)]
    };
    refused(
        roll_up(T::Text, RollUpOp::Count, "", ""),
        Code::Schema,
        "whole number",
    );
    refused(
        roll_up(T::Money, RollUpOp::Sum, "amount", ""),
        Code::Schema,
        "per currency",
    );
    refused(
        roll_up(T::Decimal, RollUpOp::Sum, "name", ""),
        Code::Schema,
        "have a sum",
    );
    refused(
        roll_up(T::Text, RollUpOp::Max, "close_date", ""),
        Code::Schema,
        "that field's type",
    );
    refused(
        roll_up(T::Integer, RollUpOp::Count, "", "owner.name == 'x'"),
        Code::Schema,
        "own fields only",
    );
    let list = roll_up(T::Decimal, RollUpOp::Sum, "probability", "");
    refused(
        list.into_iter().map(FieldDef::many).collect(),
        Code::Schema,
        "a number of the same type",
    );
    refused(
        roll_up(T::Integer, RollUpOp::Count, "", "amuont > 1"),
        Code::Expression,
        "amount",
    );
    // What refers to its parent must do so once, and be found by it.
    let place = |id, name: &str| FieldDef::new(id, name, T::Reference).targets(&["company"]);
    let machine = ObjectDef::custom("machine", "machines")
        .with(place(1, "seen_at"))
        .with(place(2, "sold_to").many().indexed())
        .with(place(3, "owner").indexed())
        .with(FieldDef::new(4, "serial", T::Text).indexed());
    crm.add_object(machine).unwrap();
    let machines = |via: &str| {
        let roll_up = RollUp {
            object: "machine".to_owned(),
            via: via.to_owned(),
            op: RollUpOp::Count,
            field: String::new(),
            filter: String::new(),
        };
        let field = FieldDef::custom("machines", T::Integer).roll_up(roll_up);
        crm.add_field("company", field)
    };
    for via in ["seen_at", "sold_to", "serial"] {
        let error = machines(via).unwrap_err();
        assert_eq!(error.code(), Code::Schema, "{via}: {error}");
        assert!(
            error.to_string().contains("`via` is an indexed reference"),
            "{error}"
        );
    }
    machines("owner").unwrap();
}

#[test]
fn money_is_rounded_to_the_decimals_of_its_currency() {
    let (crm, _) = crm();
    let (sales, _) = crate::common::pipeline(&crm);
    let weighted = |amount: &str, probability: &str| {
        let draft = Deal::draft().name("x").pipeline(sales);
        let draft = draft.amount(amount.parse::<Money>().unwrap());
        let deal = crm.create(draft.probability(number(probability))).unwrap();
        crm.get(deal)
            .unwrap()
            .weighted_amount()
            .unwrap()
            .to_string()
    };
    // Half to even, at 2, 0 and 3 decimals.
    assert_eq!(weighted("0.25 EUR", "10"), "0.02 EUR");
    assert_eq!(weighted("0.35 EUR", "10"), "0.04 EUR");
    assert_eq!(weighted("25 JPY", "10"), "2 JPY");
    assert_eq!(weighted("35 JPY", "10"), "4 JPY");
    assert_eq!(weighted("0.025 KWD", "10"), "0.002 KWD");
    assert_eq!(weighted("100 JPY", "33.3"), "33 JPY");
    let deal = crm.create(Deal::draft().name("x").pipeline(sales)).unwrap();
    assert_eq!(crm.get(deal).unwrap().weighted_amount(), None);
    assert_sound(&crm);
}

/// Regions have shops, shops have sales; shops and regions roll them up.
fn shops() -> Crm {
    let (crm, _) = crm();
    let reference = |id, name: &str, to: &str| {
        FieldDef::new(id, name, FieldType::Reference)
            .targets(&[to])
            .indexed()
    };
    let roll_up = |id, name: &str, ty, object: &str, via: &str, op, field: &str, filter: &str| {
        FieldDef::new(id, name, ty).roll_up(RollUp {
            object: object.to_owned(),
            via: via.to_owned(),
            op,
            field: field.to_owned(),
            filter: filter.to_owned(),
        })
    };
    use FieldType as T;
    crm.add_object(ObjectDef::custom("region", "regions"))
        .unwrap();
    let shop = ObjectDef::custom("shop", "shops").with(reference(1, "region", "region"));
    crm.add_object(shop).unwrap();
    let sale = ObjectDef::custom("sale", "sales")
        .with(reference(1, "shop", "shop"))
        .with(FieldDef::new(2, "price", T::Money))
        .with(FieldDef::new(3, "pieces", T::Integer));
    crm.add_object(sale).unwrap();
    let over = |id, name: &str, ty, op, field: &str, filter: &str| {
        roll_up(id, name, ty, "sale", "shop", op, field, filter)
    };
    crm.add_fields(
        "shop",
        vec![
            over(0, "count", T::Integer, RollUpOp::Count, "", ""),
            over(0, "large", T::Integer, RollUpOp::Count, "", "pieces > 2"),
            over(0, "pieces", T::Integer, RollUpOp::Sum, "pieces", ""),
            over(0, "takings", T::Money, RollUpOp::Sum, "price", "").many(),
            over(0, "least", T::Integer, RollUpOp::Min, "pieces", ""),
            over(0, "most", T::Integer, RollUpOp::Max, "pieces", "pieces < 4"),
            over(0, "last", T::Integer, RollUpOp::Latest, "pieces", ""),
            formula(
                "average",
                T::Decimal,
                "count == 0 ? null : pieces * 1.0 / count",
            ),
        ],
    )
    .unwrap();
    let shops =
        |name: &str, op, field: &str| roll_up(0, name, T::Integer, "shop", "region", op, field, "");
    crm.add_fields(
        "region",
        vec![
            shops("pieces", RollUpOp::Sum, "pieces"),
            shops("best", RollUpOp::Max, "count"),
        ],
    )
    .unwrap();
    crm
}

/// A sale as the model has it.
#[derive(Debug, Clone, PartialEq)]
struct Sale {
    record: Ref,
    shop: Option<usize>,
    price: Option<Money>,
    pieces: Option<i64>,
    live: bool,
}

#[derive(Debug, Clone)]
enum Step {
    Sell(Option<usize>, Option<i64>, Option<(i64, bool)>),
    Move(usize, Option<usize>),
    Count(usize, Option<i64>),
    Price(usize, Option<(i64, bool)>),
    Trash(usize),
    Restore(usize),
    CloseShop(usize),
    OpenShop(usize),
    MoveShop(usize, usize),
}

fn step() -> impl Strategy<Value = Step> {
    let sale = 0..6usize;
    let shop = 0..3usize;
    let pieces = || proptest::option::of(0..6i64);
    let price = || proptest::option::of((-3..4i64, any::<bool>()));
    let some_shop = || proptest::option::weighted(0.9, 0..3usize);
    prop_oneof![
        6 => (some_shop(), pieces(), price()).prop_map(|(s, n, p)| Step::Sell(s, n, p)),
        3 => (sale.clone(), some_shop()).prop_map(|(s, to)| Step::Move(s, to)),
        3 => (sale.clone(), pieces()).prop_map(|(s, n)| Step::Count(s, n)),
        3 => (sale.clone(), price()).prop_map(|(s, p)| Step::Price(s, p)),
        2 => sale.clone().prop_map(Step::Trash),
        2 => sale.prop_map(Step::Restore),
        1 => shop.clone().prop_map(Step::CloseShop),
        2 => shop.clone().prop_map(Step::OpenShop),
        1 => (shop, 0..2usize).prop_map(|(s, r)| Step::MoveShop(s, r)),
    ]
}

/// What a batch may hold is decided by what is in the trash before it.
struct Model {
    crm: Crm,
    regions: [Ref; 2],
    shops: [Ref; 3],
    open: [bool; 3],
    region_of: [usize; 3],
    sales: Vec<Sale>,
}

impl Model {
    fn new() -> Self {
        let crm = shops();
        let create = |object: &str, fields| crm.create_record(object, fields).unwrap();
        let regions = [(); 2].map(|()| create("region", Fields::new()));
        let shops =
            [0, 1, 1].map(|at: usize| create("shop", Fields::new().with("region", regions[at])));
        let (open, region_of) = ([true; 3], [0, 1, 1]);
        Model {
            crm,
            regions,
            shops,
            open,
            region_of,
            sales: Vec::new(),
        }
    }

    /// The changes of a step; the model follows at once. A step that would be refused is none.
    fn changes(&mut self, step: Step, now: usize) -> Option<Change> {
        let coin = |(amount, yen): (i64, bool)| money(amount, if yen { "JPY" } else { "EUR" });
        let is_open = |shop: Option<usize>| shop.is_none_or(|shop| self.open[shop]);
        let shop_value =
            |shop: Option<usize>| shop.map_or(Value::Null, |shop| self.shops[shop].into());
        let fields = Fields::new();
        let update = |record, fields| {
            Some(Change::Update {
                record,
                fields,
                expected: None,
            })
        };
        match step {
            Step::Sell(shop, pieces, price) if is_open(shop) => {
                let price = price.map(coin);
                let id = format!("01900000-0000-7000-8000-{now:012}")
                    .parse()
                    .unwrap();
                let object = self.crm.catalog().object_named("sale").unwrap().id;
                let fields = fields
                    .with("shop", shop_value(shop))
                    .with("pieces", pieces)
                    .with("price", price);
                self.sales.push(Sale {
                    record: Ref { object, id },
                    shop,
                    price,
                    pieces,
                    live: true,
                });
                Some(Change::Create {
                    object: "sale".to_owned(),
                    id: Some(id),
                    fields,
                })
            }
            Step::Move(at, shop) if is_open(shop) => {
                let value = shop_value(shop);
                let sale = self.sales.get_mut(at).filter(|sale| sale.live)?;
                sale.shop = shop;
                update(sale.record, fields.with("shop", value))
            }
            Step::Count(at, pieces) => {
                let sale = self.sales.get_mut(at).filter(|sale| sale.live)?;
                sale.pieces = pieces;
                update(sale.record, fields.with("pieces", pieces))
            }
            Step::Price(at, price) => {
                let sale = self.sales.get_mut(at).filter(|sale| sale.live)?;
                sale.price = price.map(coin);
                update(sale.record, fields.with("price", sale.price))
            }
            Step::Trash(at) => {
                let sale = self.sales.get_mut(at).filter(|sale| sale.live)?;
                sale.live = false;
                Some(Change::Delete {
                    record: sale.record,
                })
            }
            Step::Restore(at) => {
                let sale = self.sales.get_mut(at).filter(|sale| !sale.live)?;
                sale.live = true;
                Some(Change::Restore {
                    record: sale.record,
                })
            }
            Step::CloseShop(shop) if self.open[shop] => {
                self.open[shop] = false;
                Some(Change::Delete {
                    record: self.shops[shop],
                })
            }
            Step::OpenShop(shop) if !self.open[shop] => {
                self.open[shop] = true;
                Some(Change::Restore {
                    record: self.shops[shop],
                })
            }
            Step::MoveShop(shop, region) if self.open[shop] => {
                self.region_of[shop] = region;
                update(
                    self.shops[shop],
                    fields.with("region", self.regions[region]),
                )
            }
            _ => None,
        }
    }

    fn check(&self) {
        let text = |value: Option<i64>| value.map_or(String::new(), |value| value.to_string());
        let pieces_of = |shop: usize| -> Vec<Option<i64>> {
            let of_shop = self
                .sales
                .iter()
                .filter(|sale| sale.live && sale.shop == Some(shop));
            of_shop.map(|sale| sale.pieces).collect()
        };
        let sum = |shop: usize| pieces_of(shop).iter().flatten().sum::<i64>();
        for shop in (0..3).filter(|shop| self.open[*shop]) {
            let known: Vec<i64> = pieces_of(shop).into_iter().flatten().collect();
            let count = pieces_of(shop).len() as i64;
            let mut takings: Vec<String> = Vec::new();
            for currency in ["EUR", "JPY"] {
                let prices = self
                    .sales
                    .iter()
                    .filter(|sale| sale.live && sale.shop == Some(shop));
                let prices = prices.filter_map(|sale| sale.price);
                let sum: Decimal = prices
                    .filter(|price| price.currency().code() == currency)
                    .map(|price| price.amount())
                    .sum();
                if !sum.is_zero() {
                    takings.push(
                        Money::new(sum, Currency::new(currency).unwrap())
                            .unwrap()
                            .to_string(),
                    );
                }
            }
            let average = (count > 0).then(|| Decimal::from(sum(shop)) / Decimal::from(count));
            let expected = [
                ("count", count.to_string()),
                (
                    "large",
                    known
                        .iter()
                        .filter(|pieces| **pieces > 2)
                        .count()
                        .to_string(),
                ),
                ("pieces", sum(shop).to_string()),
                ("takings", takings.join("; ")),
                ("least", text(known.iter().min().copied())),
                (
                    "most",
                    text(known.iter().filter(|pieces| **pieces < 4).max().copied()),
                ),
                ("last", text(pieces_of(shop).last().copied().flatten())),
                (
                    "average",
                    average.map_or(String::new(), |average| Value::from(average).to_string()),
                ),
            ];
            for (field, value) in expected {
                assert_eq!(
                    shown(&self.crm, self.shops[shop], field),
                    value,
                    "{field} of shop {shop}"
                );
            }
        }
        for region in 0..2 {
            let of_region =
                (0..3).filter(|shop| self.open[*shop] && self.region_of[*shop] == region);
            let shops: Vec<usize> = of_region.collect();
            let pieces: i64 = shops.iter().map(|shop| sum(*shop)).sum();
            let best = shops.iter().map(|shop| pieces_of(*shop).len() as i64).max();
            assert_eq!(
                shown(&self.crm, self.regions[region], "pieces"),
                pieces.to_string()
            );
            assert_eq!(shown(&self.crm, self.regions[region], "best"), text(best));
        }
        assert_sound(&self.crm);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn roll_ups_are_what_a_recount_gives(
        batches in proptest::collection::vec(proptest::collection::vec(step(), 1..4), 1..14)
    ) {
        let mut model = Model::new();
        let mut now = 0;
        for batch in batches {
            let mut changes = Vec::new();
            for step in batch {
                now += 1;
                changes.extend(model.changes(step, now));
            }
            model.crm.batch(&changes, None).unwrap();
            model.check();
        }
    }
}
