//! Custom fields, objects and links are first class in every facility.

use std::sync::Arc;

use crate::schema_support::*;
use crm_core::schema::{BoardDef, FieldDef, FieldType, ObjectDef, OnDelete, RollUp, RollUpOp};
use crm_core::store::MemoryStorage;
use crm_core::value::{JsonNames, to_json};
use crm_core::*;

/// One field of each type, with a text that it takes and the text that it then has.
const TYPES: [(&str, FieldType, &str, &str); 17] = [
    ("c_text", FieldType::Text, " blue ", "blue"),
    ("c_long", FieldType::LongText, "two\nlines", "two\nlines"),
    ("c_int", FieldType::Integer, "42", "42"),
    ("c_dec", FieldType::Decimal, "12.50", "12.5"),
    ("c_pct", FieldType::Percent, "15%", "15"),
    ("c_money", FieldType::Money, "12.5 EUR", "12.50 EUR"),
    ("c_bool", FieldType::Boolean, "yes", "true"),
    ("c_date", FieldType::Date, "2026-05-17", "2026-05-17"),
    ("c_part", FieldType::PartialDate, "--05-17", "--05-17"),
    (
        "c_time",
        FieldType::DateTime,
        "2026-05-17T08:30:00Z",
        "2026-05-17T08:30:00Z",
    ),
    ("c_dur", FieldType::Duration, "PT1H30M", "PT1H30M"),
    (
        "c_email",
        FieldType::Email,
        "Ada@ACME.example",
        "Ada@acme.example",
    ),
    (
        "c_phone",
        FieldType::Phone,
        "+44 20 7946 0958",
        "+442079460958",
    ),
    (
        "c_url",
        FieldType::Url,
        "https://acme.example/a",
        "https://acme.example/a",
    ),
    (
        "c_domain",
        FieldType::Domain,
        "www.Acme.example",
        "acme.example",
    ),
    (
        "c_name",
        FieldType::PersonName,
        "Ada Lovelace",
        "Ada, Lovelace",
    ),
    ("c_choice", FieldType::Choice, "gold", "gold"),
];

fn typed_fields() -> Vec<FieldDef> {
    let choices = [("gold", "Gold"), ("blue", "Blue")];
    let fields = TYPES.iter().map(|(name, ty, ..)| {
        let field = FieldDef::custom(name, *ty).indexed();
        if *ty == FieldType::Choice {
            field.choices(&choices)
        } else {
            field
        }
    });
    fields.collect()
}

#[test]
fn a_field_of_every_type_stands_on_a_standard_object() {
    let crm = in_memory();
    let before = crm.create(Company::draft().name("Before")).unwrap();
    let numbers = crm.add_fields("company", typed_fields()).unwrap();
    assert_eq!(numbers, (1_000..1_017).collect::<Vec<u16>>());
    let mut values = fields(&[("name", "Acme")]);
    for (name, _, given, _) in TYPES {
        values.set(name, given);
    }
    let acme = crm.create_record("company", values).unwrap();
    for (name, _, _, kept) in TYPES {
        assert_eq!(text(&crm, acme, name), kept, "{name}");
        assert_eq!(text(&crm, before.reference(), name), "", "{name}");
        assert_eq!(
            crm.count("company", &format!("{name} != null")).unwrap(),
            1,
            "{name}"
        );
        let sorted = crm
            .find(&Query::of("company").sort(&format!("-{name}")))
            .unwrap();
        assert_eq!(sorted.rows[0].reference(), acme, "{name}");
    }
    for filter in [
        "c_text == 'blue' && c_int > 41 && c_dec < 13.0 && c_bool",
        "c_date == date('2026-05-17') && c_choice == 'gold'",
        "c_name.family == 'Lovelace' && c_money.currency == 'EUR'",
    ] {
        assert_eq!(crm.count("company", filter).unwrap(), 1, "{filter}");
    }
    for (name, _, given, _) in TYPES {
        let cleared = Fields::new().with(name, Value::Null);
        crm.update_record(acme, cleared).unwrap();
        assert_eq!(text(&crm, acme, name), "", "{given}");
    }
    let history = crm.field_history(acme, "c_money").unwrap();
    assert_eq!(history.len(), 2);
    assert_eq!(history[0].changes[0].old.to_string(), "12.50 EUR");
    assert_sound(&crm);
}

#[test]
fn an_index_answers_and_a_unique_field_refuses() {
    let crm = in_memory();
    let code_field = FieldDef::custom("code", FieldType::Text).unique().search(5);
    let region = FieldDef::custom("regions", FieldType::Text)
        .many()
        .indexed();
    let version = crm.catalog().version();
    crm.add_fields("company", vec![code_field, region]).unwrap();
    assert_eq!(crm.catalog().version(), version + 1);
    let values = fields(&[
        ("name", "Acme"),
        ("code", "A-17"),
        ("regions", "north; south"),
    ]);
    let acme = crm.create_record("company", values).unwrap();
    let plan = crm
        .explain(&Query::of("company").filter("code == 'A-17'"))
        .unwrap();
    assert!(matches!(plan, Plan::Index { .. }), "{plan}");
    let filter = "regions.exists(r, r == 'south')";
    assert_eq!(crm.count("company", filter).unwrap(), 1);
    let twice = crm.create_record("company", fields(&[("name", "B"), ("code", "A-17")]));
    let error = twice.unwrap_err();
    assert!(
        matches!(error.detail(), Detail::Duplicate { field, holder, .. } if field == "code" && *holder == acme.id),
        "{error}"
    );
    let upsert = Change::Upsert {
        object: "company".to_owned(),
        by: "code".to_owned(),
        fields: fields(&[("code", "A-17"), ("name", "Acme Ltd")]),
    };
    assert_eq!(crm.change(upsert).unwrap().record, acme);
    assert_eq!(found(&crm, "a-17"), ["Acme Ltd"]);
    assert_sound(&crm);
}

#[test]
fn a_choice_is_known_by_its_key_and_by_its_label_in_any_case() {
    let crm = in_memory();
    let grade = FieldDef::custom("grade", FieldType::Choice);
    let grade = grade.choices(&[("a", "Very good"), ("b", "Good")]);
    crm.add_field("company", grade).unwrap();
    for (given, kept) in [("a", "a"), ("B", "b"), ("very GOOD", "a"), (" good ", "b")] {
        let values = fields(&[("name", "Acme"), ("grade", given)]);
        crm.create_record("company", values).unwrap();
        let filter = format!("grade == '{kept}'");
        assert_eq!(crm.count("company", &filter).unwrap(), 1, "{given}");
        crm.delete(crm.list::<Company>(Query::default()).unwrap().rows[0].reference())
            .unwrap();
    }
}

fn machine() -> ObjectDef {
    ObjectDef::custom("machine", "machines")
        .with(
            FieldDef::new(1, "serial", FieldType::Text)
                .required()
                .unique()
                .search(9),
        )
        .with(
            FieldDef::new(2, "owner_company", FieldType::Reference)
                .targets(&["company"])
                .indexed()
                .on_delete(OnDelete::Cascade),
        )
        .with(FieldDef::new(3, "price", FieldType::Money))
        .with(FieldDef::new(4, "units", FieldType::Integer).default("1"))
        .with(FieldDef::new(5, "total_units", FieldType::Integer).formula("units * 2"))
        .title(&[1])
}

#[test]
fn references_go_both_ways_and_roll_up() {
    let crm = in_memory();
    let acme = crm.create(Company::draft().name("Acme")).unwrap();
    crm.add_object(machine()).unwrap();
    let values =
        fields(&[("serial", "M-1"), ("price", "10 EUR")]).with("owner_company", acme.reference());
    let first = crm.create_record("machine", values).unwrap();
    let counted = |op, field: &str| RollUp {
        object: "machine".to_owned(),
        via: "owner_company".to_owned(),
        op,
        field: field.to_owned(),
        filter: String::new(),
    };
    crm.add_fields(
        "company",
        vec![
            FieldDef::custom("machines", FieldType::Integer).roll_up(counted(RollUpOp::Count, "")),
            FieldDef::custom("machine_value", FieldType::Money)
                .many()
                .roll_up(counted(RollUpOp::Sum, "price")),
            FieldDef::custom("main_machine", FieldType::Reference)
                .targets(&["machine"])
                .indexed(),
            FieldDef::custom("grade", FieldType::Text).formula("machines > 1 ? 'big' : 'small'"),
        ],
    )
    .unwrap();
    let acme = acme.reference();
    assert_eq!(text(&crm, acme, "machines"), "1");
    assert_eq!(text(&crm, acme, "grade"), "small");
    let main = Fields::new().with("main_machine", first);
    crm.update_record(acme, main).unwrap();
    let values = fields(&[("serial", "M-2"), ("price", "5 EUR"), ("units", "3")])
        .with("owner_company", acme);
    let second = crm.create_record("machine", values).unwrap();
    assert_eq!(text(&crm, acme, "machines"), "2");
    assert_eq!(text(&crm, acme, "machine_value"), "15.00 EUR");
    assert_eq!(text(&crm, acme, "grade"), "big");
    assert_eq!(text(&crm, second, "total_units"), "6");
    assert_eq!(
        crm.count("company", "main_machine.serial == 'M-1'")
            .unwrap(),
        1
    );
    assert_eq!(
        crm.count("machine", "owner_company.name == 'Acme'")
            .unwrap(),
        2
    );
    crm.delete(first).unwrap();
    assert_eq!(text(&crm, acme, "machines"), "1");
    crm.purge(first).unwrap();
    assert_eq!(text(&crm, acme, "main_machine"), "");
    // What the engine computes in the trash does not keep a record from bringing its own back.
    crm.delete(acme).unwrap();
    assert_eq!(code(crm.get_record(second)), Code::NotFound);
    crm.add_field(
        "company",
        FieldDef::custom("kind", FieldType::Text).default("client"),
    )
    .unwrap();
    crm.restore(acme).unwrap();
    assert_eq!(text(&crm, second, "serial"), "M-2");
    assert_eq!(text(&crm, acme, "kind"), "client");
    let record = crm.get_record(acme).unwrap();
    let catalog = crm.catalog();
    let company = catalog.object(acme.object).unwrap();
    let value = record.get(company.field_named("machine_value").unwrap().id);
    assert_eq!(
        to_json(value, JsonNames::NONE).to_string(),
        r#"[{"amount":"5.00","currency":"EUR"}]"#
    );
    assert_sound(&crm);
}

#[test]
fn a_custom_link_joins_and_a_custom_activity_stands_on_timelines() {
    let crm = in_memory();
    let visit = ObjectDef::custom("visit", "visits")
        .with(
            FieldDef::new(1, "purpose", FieldType::Text)
                .required()
                .search(5),
        )
        .with(
            FieldDef::new(2, "about", FieldType::Reference)
                .many()
                .indexed(),
        )
        .with(FieldDef::new(3, "at", FieldType::DateTime).default("now"))
        .title(&[1])
        .timeline(3, &[2], &[1]);
    crm.add_object(visit).unwrap();
    let guest = ObjectDef::custom("visit_guest", "visit guests")
        .with(
            FieldDef::new(1, "visit", FieldType::Reference)
                .targets(&["visit"])
                .required()
                .on_delete(OnDelete::Cascade),
        )
        .with(
            FieldDef::new(2, "guest", FieldType::Reference)
                .targets(&["contact"])
                .required()
                .on_delete(OnDelete::Cascade),
        )
        .with(FieldDef::new(3, "role", FieldType::Text))
        .unique(200, &[1, 2])
        .timeline_link(1, 2);
    crm.add_object(guest).unwrap();
    let acme = crm
        .create(Company::draft().name("Acme"))
        .unwrap()
        .reference();
    let ada = crm
        .create(Contact::draft().name("Ada Lovelace"))
        .unwrap()
        .reference();
    let values = fields(&[("purpose", "Audit")]).with("about", Value::List(vec![acme.into()]));
    let visit = crm.create_record("visit", values).unwrap();
    let link = || Fields::new().with("visit", visit).with("guest", ada);
    let joined = crm.create_record("visit_guest", link()).unwrap();
    assert_eq!(
        code(crm.create_record("visit_guest", link())),
        Code::Duplicate
    );
    for record in [acme, ada] {
        let page = crm.timeline(&TimelineQuery::of(record)).unwrap();
        assert_eq!(page.entries.len(), 1);
        assert_eq!(page.entries[0].activity, visit);
        assert_eq!(page.entries[0].summary.get(1).as_text(), Some("Audit"));
    }
    assert_sound(&crm);
    crm.delete(joined).unwrap();
    assert!(
        crm.timeline(&TimelineQuery::of(ada))
            .unwrap()
            .entries
            .is_empty()
    );
    assert_eq!(found(&crm, "aud"), ["Audit"]);
    assert_sound(&crm);
}

fn production() -> [ObjectDef; 3] {
    let line = ObjectDef::custom("line", "lines")
        .with(FieldDef::new(1, "name", FieldType::Text).required())
        .title(&[1]);
    let step = ObjectDef::custom("step", "steps")
        .with(FieldDef::new(1, "name", FieldType::Text).required())
        .with(
            FieldDef::new(2, "line", FieldType::Reference)
                .targets(&["line"])
                .indexed(),
        )
        .with(FieldDef::new(3, "place", FieldType::Integer))
        .index(200, &[2, 3], &[1])
        .title(&[1]);
    let job = ObjectDef::custom("job", "jobs")
        .with(FieldDef::new(1, "name", FieldType::Text).required())
        .with(
            FieldDef::new(2, "line", FieldType::Reference)
                .targets(&["line"])
                .indexed(),
        )
        .with(
            FieldDef::new(3, "step", FieldType::Reference)
                .targets(&["step"])
                .indexed(),
        )
        .with(FieldDef::new(4, "place", FieldType::Decimal))
        .with(FieldDef::new(5, "worth", FieldType::Money))
        .index(200, &[3, 4], &[1, 4, 5])
        .total(1, &[3], &[5])
        .title(&[1])
        .board(BoardDef {
            board: 2,
            column: 3,
            column_board: 2,
            column_order: 3,
            position: 4,
            cards: 200,
            total: 1,
        });
    [line, step, job]
}

#[test]
fn a_custom_object_has_a_board_and_totals() {
    let crm = in_memory();
    for object in production() {
        crm.add_object(object).unwrap();
    }
    let line = crm.create_record("line", fields(&[("name", "A")])).unwrap();
    let step = |name: &str, place: &str| {
        let values = fields(&[("name", name), ("place", place)]).with("line", line);
        crm.create_record("step", values).unwrap()
    };
    let (cut, paint) = (step("Cut", "1"), step("Paint", "2"));
    let jobs: Vec<Ref> = (1..=3)
        .map(|n| {
            let values = fields(&[
                ("name", &format!("Job {n}")),
                ("worth", &format!("{n}0 EUR")),
                ("place", &format!("{n}")),
            ])
            .with("line", line)
            .with("step", cut);
            crm.create_record("job", values).unwrap()
        })
        .collect();
    crm.move_card(jobs[1], paint, None).unwrap();
    let board = crm.board("job", line, 10).unwrap();
    let names: Vec<String> = board.columns.iter().map(|c| crm.title(&c.record)).collect();
    assert_eq!(names, ["Cut", "Paint"]);
    let counts: Vec<u64> = board.columns.iter().map(|column| column.count).collect();
    assert_eq!(counts, [2, 1]);
    assert_eq!(board.columns[0].sums[0].to_string(), "40.00 EUR");
    let groups = crm
        .aggregate(&Aggregate::of("job").group_by("step"))
        .unwrap();
    assert_eq!(groups.len(), 2);
    assert_sound(&crm);
}

#[test]
fn defaults_reach_the_records_that_are_there() {
    let crm = in_memory();
    let live = crm
        .create(Company::draft().name("Live"))
        .unwrap()
        .reference();
    let trashed = crm
        .create(Company::draft().name("Trashed"))
        .unwrap()
        .reference();
    crm.delete(trashed).unwrap();
    // A rule of the organisation that old records break does not keep the schema from growing.
    let rule = ValidationRule::draft()
        .name("phone")
        .object("company")
        .condition("phone != null")
        .message("a phone, please");
    crm.create(rule).unwrap();
    let tier = FieldDef::custom("tier", FieldType::Text)
        .required()
        .default("basic")
        .indexed()
        .search(3);
    crm.add_field("company", tier).unwrap();
    assert_eq!(text(&crm, live, "tier"), "basic");
    assert_eq!(crm.count("company", "tier == 'basic'").unwrap(), 1);
    crm.restore(trashed).unwrap();
    assert_eq!(text(&crm, trashed, "tier"), "basic");
    assert_eq!(found(&crm, "basic").len(), 2);
    let same = FieldDef::custom("badge", FieldType::Text)
        .unique()
        .default("one for all");
    assert_eq!(code(crm.add_field("company", same)), Code::Duplicate);
    assert!(
        crm.catalog()
            .object_named("company")
            .unwrap()
            .field_named("badge")
            .is_err()
    );
    assert_sound(&crm);
}

fn thousand_fields() -> Vec<FieldDef> {
    let field = |n: usize| match n % 4 {
        0 => FieldDef::custom(&format!("extra_{n}"), FieldType::Text).search(1),
        1 => FieldDef::custom(&format!("extra_{n}"), FieldType::Integer).indexed(),
        2 => FieldDef::custom(&format!("extra_{n}"), FieldType::Date),
        _ => FieldDef::custom(&format!("extra_{n}"), FieldType::Money),
    };
    (0..1_000).map(field).collect()
}

fn use_a_thousand_fields(crm: &Crm) {
    crm.add_fields("company", thousand_fields()).unwrap();
    let mut values = fields(&[("name", "Wide")]);
    for n in 0..1_000 {
        let value = match n % 4 {
            0 => format!("word{n}"),
            1 => n.to_string(),
            2 => "2026-01-31".to_owned(),
            _ => format!("{n} EUR"),
        };
        values.set(&format!("extra_{n}"), value);
    }
    let wide = crm.create_record("company", values).unwrap();
    crm.update_record(
        wide,
        fields(&[("extra_997", "7"), ("extra_996", "changed")]),
    )
    .unwrap();
}

fn a_thousand_fields_are_there(crm: &Crm) {
    let page = crm
        .find(
            &Query::of("company")
                .filter("extra_997 == 7 && extra_996 == 'changed' && extra_999 != null"),
        )
        .unwrap();
    let wide = page.rows[0].reference();
    assert_eq!(text(crm, wide, "extra_500"), "word500");
    assert_eq!(text(crm, wide, "extra_998"), "2026-01-31");
    assert_eq!(text(crm, wide, "extra_3"), "3.00 EUR");
    assert_eq!(found(crm, "word500"), ["Wide"]);
    assert!(found(crm, "word996").is_empty());
    assert_eq!(crm.history(wide).unwrap()[0].changes.len(), 2);
    assert_sound(crm);
}

#[test]
fn a_thousand_custom_fields_work() {
    let crm = in_memory();
    use_a_thousand_fields(&crm);
    a_thousand_fields_are_there(&crm);
}

#[test]
fn a_file_holds_what_was_added_to_the_schema_and_no_more() {
    let storage = Arc::new(MemoryStorage::new());
    let crm = options().with_storage(storage.clone()).unwrap();
    let size = FieldDef::custom("size", FieldType::Integer);
    let size = crm.add_field("company", size).unwrap();
    crm.index_field("company", "description").unwrap();
    let rows = contents_of(&*storage);
    let schema = rows.iter().find(|(_, key, _)| key == b"schema").unwrap();
    let schema: serde_json::Value = serde_json::from_slice(&schema.2).unwrap();
    let catalog = crm.catalog();
    let company = catalog.object_named("company").unwrap();
    let numbers = |fields: &serde_json::Value| -> Vec<u64> {
        let fields = fields.as_array().unwrap().iter();
        fields.map(|field| field["id"].as_u64().unwrap()).collect()
    };
    let fields = schema["fields"].as_object().unwrap();
    let held: Vec<_> = fields
        .iter()
        .map(|(id, of)| (id.as_str(), numbers(of)))
        .collect();
    let added = [Company::DESCRIPTION.number(), size].map(u64::from);
    assert_eq!(held, [(company.id.to_string().as_str(), added.to_vec())]);
    assert_eq!(
        (&schema["objects"], schema["version"].as_u64()),
        (&serde_json::json!([]), Some(catalog.version()))
    );
}

#[cfg(feature = "redb")]
#[test]
fn custom_schema_survives_a_reopened_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("custom.crm");
    let crm = options().open(&path).unwrap();
    use_a_thousand_fields(&crm);
    crm.add_object(machine()).unwrap();
    for object in production() {
        crm.add_object(object).unwrap();
    }
    crm.index_field("company", "name").unwrap_err();
    crm.index_field("company", "extra_2").unwrap();
    crm.index_field("company", "description").unwrap();
    crm.create_record("machine", fields(&[("serial", "M-1"), ("units", "4")]))
        .unwrap();
    let (catalog, rows) = (crm.catalog(), contents_rows(&crm));
    crm.close().unwrap();
    let mut steps = 0;
    let crm = options().open(&path).unwrap();
    steps += usize::from(contents_rows(&crm) != rows);
    assert_eq!(steps, 0, "opening changed something");
    let again = crm.catalog();
    assert_eq!(again.version(), catalog.version());
    for (a, b) in catalog.objects().iter().zip(again.objects()) {
        assert_eq!(
            (a.id, &a.fields, &a.indexes, &a.totals),
            (b.id, &b.fields, &b.indexes, &b.totals)
        );
        assert_eq!(
            (&a.timeline, &a.board, &a.link),
            (&b.timeline, &b.board, &b.link)
        );
    }
    a_thousand_fields_are_there(&crm);
    assert_eq!(crm.count("machine", "total_units == 8").unwrap(), 1);
    let twice = crm.create_record("machine", fields(&[("serial", "M-1")]));
    assert_eq!(code(twice), Code::Duplicate);
    let plan = crm
        .explain(&Query::of("company").filter("extra_2 == date('2026-01-31')"))
        .unwrap();
    assert!(matches!(plan, Plan::Index { .. }), "{plan}");
}

#[cfg(feature = "redb")]
fn contents_rows(crm: &Crm) -> (u64, Vec<(String, u64)>, Vec<u64>) {
    let stats = crm.stats().unwrap();
    let spaces = stats.storage.spaces.iter().map(|space| space.stored_bytes);
    (stats.sequence, stats.records, spaces.collect())
}
