//! Cursors: what is no cursor is refused, and what is taken for one leads to records that the query selects.
#![no_main]

use std::collections::BTreeSet;
use std::sync::LazyLock;

use crm_core::{Code, Crm, Query};
use crm_fuzz::{Input, World};
use libfuzzer_sys::fuzz_target;

static CRM: LazyLock<Crm> = LazyLock::new(|| World::new(150).fork().expect("a database"));

const QUERIES: [(&str, &str, &str); 5] = [
    ("company", "", ""),
    ("company", "employees >= 0", "-name"),
    ("deal", "", "-amount,name"),
    ("deal", "status == 'open'", "close_date"),
    ("contact", "", "name"),
];

fuzz_target!(|data: &[u8]| {
    let mut input = Input(data);
    let (object, filter, sort) = *input.one_of(&QUERIES);
    let query = Query::of(object).filter(filter).sort(sort).limit(3);
    let all = CRM.find(&query.clone().limit(1_000)).expect("a page");
    let selected: BTreeSet<_> = all.rows.iter().map(|record| record.id()).collect();
    let cursor = match input.u8() % 2 {
        0 => String::from_utf8_lossy(input.0).into_owned(),
        _ => changed(&query, &mut input),
    };
    match CRM.find(&query.after(&cursor)) {
        Ok(page) => {
            assert!(
                page.rows
                    .iter()
                    .all(|record| selected.contains(&record.id()))
            );
            let places = page.rows.iter().map(|record| {
                let same = |other: &crm_core::Record| other.id() == record.id();
                all.rows.iter().position(same)
            });
            assert!(places.is_sorted(), "the page is in another order");
        }
        Err(error) => assert_eq!(error.code(), Code::Invalid, "{error}"),
    }
    let after = input.i64().unsigned_abs();
    let changes = CRM
        .changes(after, usize::from(input.u16()))
        .expect("the feed");
    assert!(changes.is_sorted_by(|a, b| a.commit.sequence < b.commit.sequence));
    assert!(changes.iter().all(|change| change.commit.sequence > after));
});

/// A true cursor with some bytes changed.
fn changed(query: &Query, input: &mut Input<'_>) -> String {
    let page = CRM.find(query).expect("a page");
    let mut cursor = page.next.unwrap_or_default().into_bytes();
    while !input.is_empty() && !cursor.is_empty() {
        let at = usize::from(input.u8()) % cursor.len();
        match input.u8() % 18 {
            16 => drop(cursor.remove(at)),
            17 => cursor.truncate(at),
            digit => cursor[at] = b"0123456789abcdef"[usize::from(digit)],
        }
    }
    String::from_utf8_lossy(&cursor).into_owned()
}
