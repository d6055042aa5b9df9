//! Queries against a naive model: filters, orders, pages and plans.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that fails should panic"
)]

mod columns;
#[path = "../common/mod.rs"]
mod common;
mod filter;
mod order;
mod plans;
#[path = "../read_support/mod.rs"]
mod read_support;
mod world;

use std::collections::{BTreeMap, BTreeSet};

use crm_core::*;
use proptest::prelude::*;
use proptest::sample::Index;

use filter::filter;
use order::{compare, sort, sort_text};
use read_support::assert_sound;
use world::{fields, thing, world};

/// All pages of a query, which must be full but for the last one.
fn pages(crm: &Crm, query: &Query) -> Vec<Ref> {
    let mut query = query.clone();
    let mut found = Vec::new();
    loop {
        let page = crm.find(&query).unwrap();
        assert!(page.rows.len() <= query.limit);
        assert!(page.next.is_none() || page.rows.len() == query.limit);
        found.extend(page.rows.iter().map(Record::reference));
        match page.next {
            Some(next) => query.after = next,
            None => return found,
        }
    }
}

fn refs(page: &Page) -> Vec<Ref> {
    page.rows.iter().map(Record::reference).collect()
}

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config(48))]

    #[test]
    fn queries_find_what_the_model_finds(
        things in prop::collection::vec(thing(), 0..30),
        questions in prop::collection::vec((filter(), sort(), 1..8_usize, prop::bool::weighted(0.1)), 24),
    ) {
        let world = world(things);
        let crm = &world.crm;
        for (filter, sort, limit, trash) in questions {
            let mut expected: Vec<usize> = (0..world.things.len())
                .filter(|at| world.things[*at].1.trashed == trash && filter.test(&world.things[*at].1))
                .collect();
            expected.sort_by(|a, b| compare(&world, &sort, *a, *b));
            let expected: Vec<Ref> = expected.iter().map(|at| world.things[*at].0).collect();
            for suffix in ["", "_plain"] {
                let text = filter.text(suffix, &world.firms);
                let mut query = Query::of("thing").filter(&text).sort(&sort_text(&sort)).limit(1_000);
                query.trash = trash;
                let plan = crm.explain(&query).unwrap();
                let whole = refs(&crm.find(&query).unwrap());
                prop_assert_eq!(&whole, &expected, "{} by {}, {}", &text, sort_text(&sort), &plan);
                let paged = pages(crm, &query.clone().limit(limit));
                prop_assert_eq!(&paged, &expected, "pages of {}: {} by {}, {}", limit, &text, sort_text(&sort), &plan);
                if !trash {
                    prop_assert_eq!(crm.count("thing", &text).unwrap(), expected.len() as u64);
                    let rest = crm.count("thing", &format!("!({text})")).unwrap();
                    prop_assert_eq!(rest + expected.len() as u64, crm.count("thing", "").unwrap());
                }
            }
        }
        assert_sound(crm);
    }

    #[test]
    fn pages_go_on_while_records_come_and_go(
        things in prop::collection::vec(thing(), 5..30),
        sort in sort(),
        filter in prop::option::of(filter()),
        limit in 1..5_usize,
        meddling in prop::collection::vec((0..4_u8, any::<Index>(), thing()), 0..12),
    ) {
        let mut world = world(things);
        let crm = world.crm.clone();
        let text = filter.as_ref().map_or_else(String::new, |filter| filter.text("", &world.firms));
        let mut query = Query::of("thing").filter(&text).sort(&sort_text(&sort)).limit(limit);
        let mut touched = BTreeSet::new();
        let mut found: BTreeMap<Ref, usize> = BTreeMap::new();
        let mut meddling = meddling.into_iter();
        let before = world.things.clone();
        loop {
            let page = crm.find(&query).unwrap();
            for record in &page.rows {
                *found.entry(record.reference()).or_default() += 1;
            }
            let Some(next) = page.next else { break };
            query.after = next;
            let Some((what, which, thing)) = meddling.next() else { continue };
            let (record, known) = world.things[which.index(world.things.len())].clone();
            match what {
                0 => {
                    let record = crm.create_record("thing", fields(&thing, &world.firms)).unwrap();
                    touched.insert(record);
                    world.things.push((record, thing));
                }
                1 if !known.trashed => {
                    crm.update_record(record, fields(&thing, &world.firms)).unwrap();
                    touched.insert(record);
                }
                2 if !known.trashed && !touched.contains(&record) => {
                    crm.delete(record).unwrap();
                    touched.insert(record);
                    world.things.iter_mut().filter(|(other, _)| *other == record).for_each(|(_, thing)| thing.trashed = true);
                }
                _ => {
                    // The last record of the page itself, after which the next one begins.
                    let last = page.rows.last().unwrap().reference();
                    if !touched.contains(&last) {
                        crm.delete(last).unwrap();
                        touched.insert(last);
                        world.things.iter_mut().filter(|(other, _)| *other == last).for_each(|(_, thing)| thing.trashed = true);
                    }
                }
            }
        }
        for (record, thing) in &before {
            let selected = !thing.trashed && filter.as_ref().is_none_or(|filter| filter.test(thing));
            if !touched.contains(record) {
                prop_assert_eq!(found.get(record).copied().unwrap_or(0), usize::from(selected), "{:?}", thing);
            }
        }
    }
}
