//! A database whose clock stands still and whose ids count up, for the tests of reading.
#![allow(
    dead_code,
    unused_imports,
    reason = "each test program compiles this file and uses its part of it"
)]

use std::collections::BTreeMap;

use crm_core::*;
use rust_decimal::Decimal;

pub use crate::common::{START, assert_sound, crm, options, pipeline_named as pipeline};

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
