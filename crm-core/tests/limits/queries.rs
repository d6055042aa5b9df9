//! Questions: filters, orders, cursors, searches, the feed.

use std::time::{Duration, Instant};

use crm_core::schema::{FieldDef, FieldType, ObjectDef};
use crm_core::search::Prefix;
use crm_core::*;

use super::common::{crm, pipeline};
use super::{limit, refused};

fn world() -> Crm {
    let (crm, _) = crm();
    for n in 0..20 {
        crm.create(Company::draft().name(format!("Company {n}")))
            .unwrap();
    }
    crm
}

#[test]
fn pages_are_bounded_wherever_there_are_pages() {
    let crm = world();
    let (sales, stages) = pipeline(&crm);
    let max = limits::PAGE_LEN_MAX;
    let acme = crm.list::<Company>(Query::default()).unwrap().rows[0].id();
    let timeline = TimelineQuery::of(acme.reference()).limit(max + 1);
    let options = SearchOptions {
        limit: max + 1,
        ..SearchOptions::default()
    };
    let refusals = [
        limit(crm.find(&Query::of("company").limit(max + 1))),
        limit(crm.find(&Query::of("company").limit(usize::MAX))),
        limit(crm.timeline(&timeline)),
        limit(crm.cards("deal", stages[0].reference(), None, max + 1)),
        limit(crm.board("deal", sales.reference(), max + 1)),
        limit(crm.due_reminders(max + 1)),
        limit(crm.outbox(usize::MAX)),
        limit(crm.search("company", &options)),
    ];
    assert!(
        refusals
            .iter()
            .all(|what| what.contains("page") || what.contains("search")),
        "{refusals:?}"
    );
}

#[test]
fn orders_and_columns_are_as_many_as_fit() {
    let crm = world();
    let sort = vec!["name"; 100_000].join(",");
    assert_eq!(
        limit(crm.find(&Query::of("company").sort(&sort))),
        "fields that order a query"
    );
    let fields = vec!["name"; 100_000];
    assert_eq!(
        crm.find(&Query::of("company").fields(&fields))
            .unwrap()
            .rows
            .len(),
        20
    );
}

/// A record with lists in fields that it is grouped by is in a group for each combination of their values.
#[test]
fn groups_are_bounded_before_they_are_made() {
    let (crm, _) = crm();
    let list = |id, name: &str| FieldDef::new(id, name, FieldType::Integer).many();
    let object = ObjectDef::custom("sample", "samples")
        .with(list(1, "a"))
        .with(list(2, "b"))
        .with(list(3, "c"))
        .with(FieldDef::new(4, "story", FieldType::LongText));
    crm.add_object(object).unwrap();
    let numbers = || Value::List((0..1_000).map(Value::from).collect());
    let fields = Fields::new()
        .with("a", numbers())
        .with("b", numbers())
        .with("c", numbers())
        .with("story", "tell ".repeat(200_000));
    crm.create_record("sample", fields).unwrap();
    let by = |fields: &[&str]| {
        let question = Aggregate::of("sample").sum("a");
        let question = fields.iter().fold(question, |by, field| by.group_by(field));
        let before = super::memory::mark();
        let groups = crm.aggregate(&question);
        let most = super::memory::most_since(before);
        assert!(most < 300 << 20, "{most} bytes for {fields:?}");
        groups
    };
    assert_eq!(by(&["a"]).unwrap().len(), 1_000);
    assert_eq!(limit(by(&["a", "b"])), "groups");
    assert_eq!(limit(by(&["a", "a", "a"])), "groups");
    assert_eq!(limit(by(&["a", "b", "c"])), "groups");
    let of_texts = "bytes of the groups of an aggregate";
    assert_eq!(limit(by(&["story", "a"])), of_texts);
    assert_eq!(limit(by(&["a", "story"])), of_texts);
    let distinct = Aggregate::of("sample").measure(MeasureOp::CountDistinct, "a");
    assert_eq!(
        crm.aggregate(&distinct).unwrap()[0].measures,
        [1_000.into()]
    );
}

/// What a check holds beyond the words of the records, of which it takes so many at a time, is the same for all.
#[test]
fn a_check_does_not_hold_the_database() {
    let most = |records: usize| {
        let (crm, _) = crm();
        let changes: Vec<_> = (0..records)
            .map(|n| Change::Create {
                object: "contact".to_owned(),
                id: None,
                fields: Fields::new()
                    .with("name", format!("Ann Number{n}"))
                    .with("email", format!("n{n}@acme.example")),
            })
            .collect();
        crm.without_rules().batch(&changes, None).unwrap();
        drop(changes);
        let before = super::memory::mark();
        assert!(crm.check().unwrap().is_sound());
        super::memory::most_since(before)
    };
    let (few, many) = (most(2_000), most(8_000));
    let each = many.saturating_sub(few) / 6_000;
    assert!(each < 700, "{each} bytes for each record");
}

/// An order that no index has is found once, and not once for each page.
#[test]
fn all_records_in_any_order_take_one_look_at_them() {
    let (crm, _) = crm();
    let changes: Vec<_> = (0..8_000_i64)
        .map(|n| Change::Create {
            object: "company".to_owned(),
            id: None,
            fields: Fields::new()
                .with("name", format!("Company {n}"))
                .with("employees", n * 7_919 % 8_000),
        })
        .collect();
    crm.without_rules().batch(&changes, None).unwrap();
    let query = Query::of("company").sort("employees").limit(10);
    let start = Instant::now();
    crm.find(&query).unwrap();
    let page = start.elapsed();
    let start = Instant::now();
    let mut employees = Vec::new();
    for company in crm.list_all::<Company>(query) {
        employees.push(company.unwrap().employees().unwrap());
    }
    let all = start.elapsed();
    assert_eq!(employees, (0..8_000).collect::<Vec<_>>());
    // 800 pages, each of which would take a look at all records.
    assert!(
        all < 100 * page + Duration::from_secs(2),
        "{all:?}, {page:?}"
    );
}

#[test]
fn a_cursor_of_megabytes_is_no_cursor() {
    let crm = world();
    let query = Query::of("company").sort("name").limit(3);
    let cursor = crm.find(&query).unwrap().next.unwrap();
    for after in [
        "00".repeat(4 << 20),
        cursor[..8].to_owned() + &"00".repeat(4 << 20),
        cursor.repeat(100),
    ] {
        assert_eq!(
            refused(crm.find(&query.clone().after(&after))).code(),
            Code::Invalid
        );
    }
}

#[test]
fn a_search_of_megabytes_is_no_search() {
    let crm = world();
    let long = |part: &str| part.repeat((4 << 20) / part.len());
    for prefix in [Prefix::Never, Prefix::Last, Prefix::Every] {
        let options = SearchOptions {
            prefix,
            ..SearchOptions::default()
        };
        for text in [
            long("a "),
            long("a."),
            long("漢"),
            long("7 "),
            long("a-b@c."),
            long("7"),
        ] {
            let what = limit(crm.search(&text, &options));
            assert!(what.ends_with("of a search"), "{what}");
        }
        assert_eq!(
            limit(crm.search(&"company ".repeat(17), &options)),
            "words of a search"
        );
        assert!(
            !crm.search(&"company ".repeat(16), &options)
                .unwrap()
                .is_empty()
        );
    }
}

#[test]
fn the_feed_takes_any_number() {
    let crm = world();
    assert!(crm.changes(u64::MAX, usize::MAX).unwrap().is_empty());
    assert_eq!(crm.changes(0, 0).unwrap().len(), 1);
    assert!(
        crm.wait_for_changes(crm.sequence(), usize::MAX, Duration::ZERO)
            .unwrap()
            .is_empty()
    );
    let all = crm.wait_for_changes(0, usize::MAX, Duration::MAX).unwrap();
    assert_eq!(all.len() as u64, crm.sequence());
    assert!(
        crm.record_as_of(all[0].entries[0].record, u64::MAX)
            .unwrap()
            .is_some()
    );
}
