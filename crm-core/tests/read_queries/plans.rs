//! Plans, cursors and projections, by example.

use crm_core::schema::{FieldDef, FieldType, ObjectDef};
use crm_core::*;

use crate::read_support::{assert_sound, crm};
use crate::world::fixed_world;
use crate::{pages, refs};

#[test]
fn explain_shows_the_plan() {
    let world = fixed_world();
    let id = world.things[3].0.id;
    let other = world.things[4].0.id;
    for (filter, sort, plan) in [
        (format!("id == '{id}'"), "", "one record by id"),
        (
            format!("id in ['{id}', '{other}']"),
            "name",
            "one record by id",
        ),
        (format!("id == '{id}'"), "name", "one record by id"),
        ("".to_owned(), "", "all records, in order"),
        ("".to_owned(), "-id", "all records, in order"),
        ("".to_owned(), "n", "all records, then sort"),
        ("".to_owned(), "name", "index on name, 1 range(s), in order"),
        (
            "".to_owned(),
            "-name",
            "index on name, 1 range(s), in order",
        ),
        ("".to_owned(), "name,-id", "all records, then sort"),
        ("n == 3".to_owned(), "", "index on n, 1 range(s), in order"),
        (
            "n == 3".to_owned(),
            "-id",
            "index on n, 1 range(s), in order",
        ),
        (
            "n == 3".to_owned(),
            "name",
            "index on n, 1 range(s), then sort",
        ),
        (
            "n > 1 && n <= 3".to_owned(),
            "",
            "index on n, 1 range(s), then sort",
        ),
        ("n > 1".to_owned(), "-n", "index on n, 1 range(s), in order"),
        (
            "n in [1, 3, 1]".to_owned(),
            "n",
            "index on n, 2 range(s), then sort",
        ),
        (
            "name.startsWith('T1')".to_owned(),
            "name",
            "index on name, 1 range(s), in order",
        ),
        (
            "name >= 'T1'".to_owned(),
            "name",
            "index on name, 1 range(s), in order",
        ),
        ("name_plain == 'T1'".to_owned(), "", "all records, in order"),
        (
            "kind == 'a'".to_owned(),
            "day",
            "index on kind + day, 1 range(s), in order",
        ),
        (
            "kind == 'a' && day > '2026-01-03'".to_owned(),
            "-day",
            "index on kind + day, 1 range(s), in order",
        ),
        (
            "kind == 'a' && n == 2".to_owned(),
            "name",
            "index on kind + n + name, 1 range(s), in order",
        ),
        (
            "kind == 'a' && n == 2".to_owned(),
            "-name",
            "index on kind + n + name, 1 range(s), in order",
        ),
        (
            format!("kind == 'a' && firm == '{}'", world.firms[0].id),
            "",
            "index on firm, 1 range(s), in order",
        ),
        (
            "'x' in tags".to_owned(),
            "",
            "index on tags, 1 range(s), in order",
        ),
        (
            "'x' in tags".to_owned(),
            "n",
            "index on tags + n, 1 range(s), in order",
        ),
        (
            "code == 'c'".to_owned(),
            "",
            "index on code, 1 range(s), then sort",
        ),
        ("amount > 4".to_owned(), "", "all records, in order"),
        (
            "n == 1 || n == 2".to_owned(),
            "",
            "index on n, 2 range(s), then sort",
        ),
        (
            "n == 1 || kind == 'a'".to_owned(),
            "",
            "all records, in order",
        ),
    ] {
        let query = Query::of("thing").filter(&filter).sort(sort);
        let found = world.crm.explain(&query).unwrap().to_string();
        // Of indexes that fix the same fields the first is as good as the others.
        assert_eq!(found, plan, "{filter:?} by {sort:?}");
    }
    let trash = Query::of("thing").filter("n == 3").in_trash();
    assert_eq!(
        world.crm.explain(&trash).unwrap().to_string(),
        "all records, in order"
    );
}

#[test]
fn records_are_found_by_id() {
    let world = fixed_world();
    let crm = &world.crm;
    let [first, second, trashed] = [0, 1, 19].map(|at| world.things[at].0);
    let find = |filter: String| refs(&crm.find(&Query::of("thing").filter(&filter)).unwrap());
    assert_eq!(find(format!("id == '{}'", first.id)), [first]);
    assert_eq!(
        find(format!(
            "id in ['{}', '{}', '{}']",
            second.id, first.id, second.id
        )),
        [first, second]
    );
    assert_eq!(find(format!("id == '{}' && n == 77", first.id)), []);
    assert_eq!(find(format!("id == '{}'", trashed.id)), []);
    assert_eq!(
        find(format!("id == '{}'", world.firms[0].id)),
        [],
        "that is a company"
    );
    let twice = format!("id in ['{0}', '{0}']", first.id);
    assert_eq!(crm.count("thing", &twice).unwrap(), 1);
    let in_trash = Query::of("thing")
        .filter(&format!("id == '{}'", trashed.id))
        .in_trash();
    assert_eq!(refs(&crm.find(&in_trash).unwrap()), [trashed]);
}

#[test]
fn a_unique_key_is_used_only_where_every_record_has_an_entry() {
    let (crm, _) = crm();
    let object = ObjectDef::custom("part", "parts")
        .with(FieldDef::new(1, "maker", FieldType::Text).required())
        .with(FieldDef::new(2, "serial", FieldType::Text))
        .unique(200, &[1, 2])
        .title(&[1]);
    crm.add_object(object).unwrap();
    let part = |maker: &str| Fields::new().with("maker", maker);
    let bare = crm.create_record("part", part("Bosch")).unwrap();
    let marked = crm
        .create_record("part", part("Bosch").with("serial", "7"))
        .unwrap();
    let by_maker = Query::of("part").filter("maker == 'Bosch'");
    assert_eq!(refs(&crm.find(&by_maker).unwrap()), [bare, marked]);
    let by_both = Query::of("part").filter("maker == 'Bosch' && serial == '7'");
    assert_eq!(refs(&crm.find(&by_both).unwrap()), [marked]);
    assert_eq!(
        crm.explain(&by_both).unwrap().to_string(),
        "index on maker + serial, 1 range(s), then sort"
    );
    assert_sound(&crm);
}

#[test]
fn an_index_that_is_built_between_two_pages_changes_nothing() {
    for sort in [
        "-n_plain",
        "n_plain",
        "-n_plain,-name",
        "name,-n_plain",
        "-name",
    ] {
        let world = fixed_world();
        let crm = &world.crm;
        let query = Query::of("thing").filter("n_plain > 0").sort(sort).limit(4);
        let whole = refs(&crm.find(&query.clone().limit(100)).unwrap());
        let first = crm.find(&query).unwrap();
        let before = crm.explain(&query).unwrap();
        crm.index_field("thing", "n_plain").unwrap();
        if sort.ends_with("n_plain") && !sort.starts_with("name") {
            assert_ne!(crm.explain(&query).unwrap(), before);
        }
        let rest = pages(crm, &query.clone().after(&first.next.clone().unwrap()));
        assert_eq!([refs(&first), rest].concat(), whole, "by {sort}");
    }
}

#[test]
fn a_cursor_belongs_to_its_query() {
    let world = fixed_world();
    let crm = &world.crm;
    let query = Query::of("thing").filter("n > 0").sort("-name").limit(2);
    let next = crm.find(&query).unwrap().next.unwrap();
    crm.find(&query.clone().limit(5).fields(&["name"]).after(&next))
        .unwrap();
    for other in [
        query.clone().filter("n > 1"),
        query.clone().sort("name"),
        query.clone().sort("-name,n"),
        query.clone().in_trash(),
        Query {
            object: "company".to_owned(),
            filter: String::new(),
            sort: Vec::new(),
            ..query.clone()
        },
    ] {
        let error = crm.find(&other.after(&next)).unwrap_err();
        assert_eq!(error.code(), Code::Invalid, "{error}");
    }
    let head = &next[..8];
    for text in [
        "x",
        "abc",
        "00",
        "zzzzzzzz",
        head,
        &next[..next.len() - 2],
        &format!("{next}00"),
        &format!("{head}é"),
    ] {
        let error = crm.find(&query.clone().after(text)).unwrap_err();
        assert_eq!(error.code(), Code::Invalid, "{text}: {error}");
    }
}

#[test]
fn a_projection_reads_the_fields_that_are_asked_for() {
    let world = fixed_world();
    let crm = &world.crm;
    let query = Query::of("thing")
        .filter("n == 2")
        .sort("day")
        .fields(&["name", "kind"]);
    let whole = crm
        .find(&Query {
            fields: Vec::new(),
            ..query.clone()
        })
        .unwrap();
    let page = crm.find(&query).unwrap();
    assert_eq!(refs(&page), refs(&whole));
    for (record, whole) in page.rows.iter().zip(&whole.rows) {
        assert_eq!(record.get(1), whole.get(1));
        assert_eq!(record.get(7), whole.get(7));
        assert_eq!(record.version(), whole.version());
        assert!(
            record.get(2).is_null() && record.get(4).is_null() && record.created_at().is_none()
        );
    }
    let trash = crm
        .find(&Query::of("thing").fields(&["name"]).in_trash())
        .unwrap();
    assert!(trash.rows.iter().all(Record::is_deleted) && trash.rows.len() == 1);
    let unknown = query.fields(&["nmae"]);
    assert_eq!(crm.find(&unknown).unwrap_err().code(), Code::UnknownField);
    assert_eq!(
        crm.explain(&unknown).unwrap_err().code(),
        Code::UnknownField
    );
}

#[test]
fn all_records_are_read_from_one_commit() {
    let world = fixed_world();
    let crm = &world.crm;
    let query = Query::of("thing").sort("name").limit(3);
    let expected = pages(crm, &query);
    let mut found = Vec::new();
    for record in crm.find_all(&query) {
        let record = record.unwrap();
        found.push(record.reference());
        // What happens meanwhile is not seen.
        crm.delete(*expected.last().unwrap()).ok();
        crm.create_record(
            "thing",
            Fields::new().with("name", "T99").with("name_plain", "T99"),
        )
        .unwrap();
    }
    assert_eq!(found, expected);
    let mut refused = crm.find_all(&Query::of("thing").filter("nosuch == 1"));
    assert_eq!(
        refused.next().unwrap().unwrap_err().code(),
        Code::Expression
    );
    assert!(refused.next().is_none());
    let names = crm.list_all::<Company>(Query::default().sort("-name"));
    let names: Vec<String> = names
        .map(|company| company.unwrap().name().unwrap().to_owned())
        .collect();
    assert_eq!(names, ["Çelik", "Bolt", "Acme"]);
}

#[test]
fn a_page_has_its_bounds_and_lists_give_no_order() {
    let world = fixed_world();
    let crm = &world.crm;
    let too_long = Query::of("thing").limit(limits::PAGE_LEN_MAX + 1);
    assert_eq!(crm.find(&too_long).unwrap_err().code(), Code::Limit);
    let by_list = Query::of("thing").sort("tags");
    assert_eq!(crm.find(&by_list).unwrap_err().code(), Code::Invalid);
    assert_eq!(
        crm.find(&Query::of("thing").sort("nmae"))
            .unwrap_err()
            .code(),
        Code::UnknownField
    );
    assert_eq!(
        crm.find(&Query::of("things")).unwrap_err().code(),
        Code::UnknownObject
    );
}
