//! A database whose clock stands still and whose ids count up, for the tests of reading.
#![allow(
    dead_code,
    reason = "each test program compiles this file and uses its part of it"
)]

use std::collections::BTreeMap;
use std::sync::Arc;

use crm_core::*;
use rust_decimal::Decimal;

pub const START: &str = "2026-03-02T09:00:00Z";

pub fn crm() -> (Crm, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::new(START.parse().unwrap()));
    let options = Crm::options().clock(clock.clone());
    let crm = options.ids(SequentialIds::default()).in_memory().unwrap();
    (crm, clock)
}

/// A pipeline with four stages: two open, one won, one lost.
pub fn pipeline(crm: &Crm, name: &str) -> (Id<Pipeline>, Vec<Id<Stage>>) {
    let pipeline = crm.create(Pipeline::draft().name(name)).unwrap();
    let stages = [
        ("Qualification", StageKind::Open, 10),
        ("Proposal", StageKind::Open, 50),
        ("Won", StageKind::Won, 100),
        ("Lost", StageKind::Lost, 0),
    ];
    let stages = stages
        .iter()
        .zip(0..)
        .map(|((name, kind, percent), order)| {
            let stage = Stage::draft().name(*name).pipeline(pipeline);
            let stage = stage.order(order).kind(*kind).probability(*percent);
            crm.create(stage).unwrap()
        });
    (pipeline, stages.collect())
}

/// Checks everything that is derived against the records.
pub fn assert_sound(crm: &Crm) {
    let report = crm.check().unwrap();
    assert!(report.is_sound(), "{:?}", report.findings);
}

pub fn money(text: &str) -> Money {
    text.parse().unwrap()
}

pub fn currency(code: &str) -> Currency {
    Currency::new(code).unwrap()
}

/// Money by currency, without those that cancel out: what a list of sums says.
pub fn amounts(value: &Value) -> BTreeMap<String, Decimal> {
    let Value::List(list) = value else {
        panic!("not a list of money: {value:?}")
    };
    let amounts = list.iter().map(|value| match value {
        Value::Money(money) => (money.currency().to_string(), money.amount()),
        other => panic!("not money: {other:?}"),
    });
    amounts.filter(|(_, amount)| !amount.is_zero()).collect()
}
