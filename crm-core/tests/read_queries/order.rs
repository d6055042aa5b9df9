//! Orders, and how the model compares two things by them.

use std::cmp::Ordering;

use crm_core::limits;
use proptest::prelude::*;
use proptest::sample::select;

use crate::filter::plain;
use crate::world::{Thing, World};

pub const SORTS: [&str; 11] = [
    "name",
    "name_plain",
    "n",
    "amount",
    "day",
    "at",
    "born",
    "kind",
    "flag",
    "firm",
    "id",
];

pub fn sort() -> impl Strategy<Value = Vec<(&'static str, bool)>> {
    let mixed = prop::collection::vec((select(&SORTS[..]), any::<bool>()), 0..4);
    // Those that an index may answer.
    let indexed = select(vec![
        vec!["name"],
        vec!["day"],
        vec!["n", "name"],
        vec!["kind", "day"],
        vec!["kind", "n", "name"],
        vec!["n"],
        vec!["id"],
    ]);
    let indexed = (indexed, any::<bool>())
        .prop_map(|(fields, down)| fields.into_iter().map(|field| (field, down)).collect());
    prop_oneof![mixed, indexed]
}

pub fn compare(world: &World, sort: &[(&str, bool)], a: usize, b: usize) -> Ordering {
    let (left, right) = (&world.things[a].1, &world.things[b].1);
    // Equal as far as a key goes, texts are equal in an order.
    let name = |thing: &Thing| {
        let mut name = plain(&thing.name).into_bytes();
        name.truncate(limits::KEY_TEXT_BYTES_MAX);
        name
    };
    let money = |thing: &Thing| {
        thing
            .amount
            .map(|money| (money.currency().code().to_owned(), money.amount()))
    };
    let born = |thing: &Thing| {
        thing.born.map(|born| match born {
            "--02-29" => (0, 2, 29),
            "1980" => (1980, 0, 0),
            "1980-02-29" => (1980, 2, 29),
            _ => (1980, 3, 1),
        })
    };
    let mut ids_down = false;
    for (field, down) in sort {
        let order = match *field {
            "name" | "name_plain" => name(left).cmp(&name(right)),
            "n" => left.n.cmp(&right.n),
            "amount" => money(left).cmp(&money(right)),
            "day" => left.day.cmp(&right.day),
            "at" => left.at.cmp(&right.at),
            "born" => born(left).cmp(&born(right)),
            "kind" => left.kind.cmp(&right.kind),
            "flag" => left.flag.cmp(&right.flag),
            "firm" => left.firm.cmp(&right.firm),
            "id" => a.cmp(&b),
            other => panic!("{other} is not in the model"),
        };
        let order = if *down { order.reverse() } else { order };
        if order.is_ne() {
            return order;
        }
        ids_down = *down;
    }
    if ids_down { b.cmp(&a) } else { a.cmp(&b) }
}

pub fn sort_text(sort: &[(&str, bool)]) -> String {
    let keys = sort
        .iter()
        .map(|(field, down)| format!("{}{field}", if *down { "-" } else { "" }));
    keys.collect::<Vec<_>>().join(",")
}
