//! What an export writes, an import reads: into the same database and into a new one, whatever the texts are.

use crm_core::schema::{FieldDef, FieldType, ObjectDef};
use crm_core::*;
use proptest::prelude::*;

use super::support::*;

fn export(crm: &Crm, object: &str) -> String {
    let mut file = Vec::new();
    crm.export_csv(&Query::of(object), &[], &mut file).unwrap();
    String::from_utf8(file).unwrap()
}

/// The records of an object, as far as a caller may write them.
fn records(crm: &Crm, object: &str) -> Vec<serde_json::Value> {
    let catalog = crm.catalog();
    let rows = crm.find(&Query::of(object)).unwrap().rows;
    let rows = rows.iter().map(|row| record_to_json(&catalog, row));
    let mut rows: Vec<_> = rows.collect();
    for row in &mut rows {
        let members = row.as_object_mut().unwrap();
        members.retain(|name, _| {
            !name.starts_with("created") && !name.starts_with("updated") && name != "version"
        });
    }
    rows
}

/// Exports an object and imports it by id: nothing changes, and nothing is said.
fn comes_back(crm: &Crm, object: &str) {
    let file = export(crm, object);
    let report = import(crm, &file, &ImportOptions::new(object).update("id"));
    assert_eq!(problems(&report), [], "{object}: {file}");
    let count = crm.count(object, "").unwrap();
    assert_eq!(
        (report.unchanged, report.rows),
        (count, count),
        "{object}: {file}"
    );
}

#[test]
fn namesakes_and_separators_come_back() {
    let crm = crm();
    let acme = crm.create(Company::draft().name("Acme")).unwrap();
    let other = crm
        .create(Company::draft().name("Acme").parent(acme))
        .unwrap();
    let tags: Vec<Id<Tag>> = ["A;B", "two\nlines", "\"quoted\"", "n/a", "=1+1", "a;=1"]
        .into_iter()
        .map(|name| crm.create(Tag::draft().name(name)).unwrap())
        .collect();
    for (name, company) in [("Ann Lee", acme), ("Bob Ray", other)] {
        let draft = Contact::draft()
            .name(name)
            .company(company)
            .tags(tags.clone());
        crm.create(draft.other_emails(vec!["a@x.example".to_owned(), "b@x.example".to_owned()]))
            .unwrap();
    }
    for object in ["company", "contact", "tag"] {
        comes_back(&crm, object);
    }
    // In another database the ids are nobody's, and the names count.
    let copy = super::support::crm();
    for object in ["tag", "company"] {
        let report = import(
            &copy,
            export(&crm, object),
            &ImportOptions::new(object).upsert("id"),
        );
        assert_eq!(problems(&report), [], "{object}");
    }
    let new = super::support::crm();
    let report = import(
        &new,
        export(&crm, "contact"),
        &ImportOptions::new("contact"),
    );
    assert_eq!(problems(&report), []);
    assert_eq!((report.created, report.created_links["company"]), (2, 1));
    assert_eq!(report.created_links["tag"], tags.len() as u64);
    let report = import(
        &copy,
        export(&crm, "contact"),
        &ImportOptions::new("contact").upsert("id"),
    );
    assert_eq!(problems(&report), []);
    assert_eq!(records(&copy, "contact"), records(&crm, "contact"));
    // Who was thrown away since stays what a record refers to.
    crm.delete(tags[0]).unwrap();
    comes_back(&crm, "contact");
    assert_sound(&crm);
}

/// A text with everything that a file, a spreadsheet or an import could take for something else.
fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("=".to_owned()),
        Just("+".to_owned()),
        Just("-".to_owned()),
        Just("@".to_owned()),
        Just("'".to_owned()),
        Just("\"".to_owned()),
        Just(";".to_owned()),
        Just(",".to_owned()),
        Just("|".to_owned()),
        Just("\t".to_owned()),
        Just("\n".to_owned()),
        Just("\r\n".to_owned()),
        Just(" ".to_owned()),
        Just("n/a".to_owned()),
        Just("None".to_owned()),
        Just("＝".to_owned()),
        Just("1.234".to_owned()),
        Just("03/04/1990".to_owned()),
        "[a-zäß日]{1,4}",
    ];
    prop::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat())
}

/// A value of each type for a field, made of a text and a number.
fn value(field: &FieldDef, text: &str, number: i64) -> Option<Value> {
    use FieldType as T;
    let decimal = rust_decimal::Decimal::new(number, 3);
    let day = chrono::DateTime::from_timestamp(number.abs() * 7_919, 0).unwrap();
    let one: Value = match field.ty {
        T::Text | T::LongText => text.into(),
        T::PersonName => {
            value::Parts::new(vec![text.to_owned(), "x".to_owned(), text.to_owned()]).into()
        }
        T::Address => value::Parts::new(vec![text.to_owned(), text.to_owned()]).into(),
        T::Email => format!("a{}@x.example", number.unsigned_abs()).into(),
        T::Phone => "+4930901820".into(),
        T::Url => format!("https://x.example/{}", number.unsigned_abs()).into(),
        T::Domain => "x.example".into(),
        T::Integer => number.into(),
        T::Decimal => decimal.into(),
        T::Percent => rust_decimal::Decimal::new(number.rem_euclid(100_000), 3).into(),
        T::Money if number % 2 == 0 => {
            Money::rounded(decimal, Currency::new("EUR").unwrap()).into()
        }
        T::Money => Money::new(decimal, Currency::new("KWD").unwrap())
            .unwrap()
            .into(),
        T::Boolean => (number % 2 == 0).into(),
        T::Date => day.date_naive().into(),
        T::PartialDate => value::PartialDate::from(day.date_naive()).into(),
        T::DateTime => day.into(),
        T::Duration => chrono::TimeDelta::milliseconds(number.abs()).into(),
        T::Choice if field.open_choices => text.into(),
        T::Choice => field.choices.first()?.key.as_str().into(),
        _ => return None,
    };
    Some(if field.many {
        Value::List(vec![one])
    } else {
        one
    })
}

/// A record of an object with as many fields as a caller may set.
fn full(object: &ObjectDef, texts: &[String], number: i64) -> Fields {
    let mut fields = Fields::new();
    let writable = |field: &&FieldDef| {
        !field.is_computed() && !field.read_only && field.id < schema::system::FIRST
    };
    for (at, field) in object.live_fields().filter(writable).enumerate() {
        let text = &texts[at % texts.len()];
        let mut text = text.clone();
        if text.trim().is_empty() && field.required {
            text = "x".to_owned();
        }
        if field.unique {
            text = format!("{text}{number}");
        }
        if let Some(value) = value(field, &text, number + at as i64) {
            fields = fields.with(&field.name, value);
        }
    }
    fields
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn any_record_comes_back(
        texts in prop::collection::vec(text(), 7),
        numbers in prop::collection::vec(-9_999_999_i64..9_999_999, 3),
    ) {
        let (source, copy) = (crm(), crm());
        for crm in [&source, &copy] {
            crm.add_field("company", FieldDef::custom("score", FieldType::Decimal)).unwrap();
            let words = FieldDef { many: true, ..FieldDef::custom("words", FieldType::Text) };
            crm.add_field("company", words).unwrap();
        }
        let catalog = source.catalog();
        for object in ["team", "tag", "company", "contact", "lead", "task", "note", "call"] {
            let definition = catalog.object_named(object).unwrap();
            for number in &numbers {
                let fields = full(definition, &texts, *number);
                if let Err(error) = source.create_record(object, fields) {
                    prop_assert_eq!(error.code(), Code::Duplicate, "{}: {}", object, error);
                }
            }
            comes_back(&source, object);
            let file = export(&source, object);
            let report = import(&copy, &file, &ImportOptions::new(object).upsert("id"));
            prop_assert_eq!(problems(&report), []);
            prop_assert_eq!(records(&copy, object), records(&source, object), "{}", file);
        }
        assert_sound(&copy);
    }
}

/// A rule has a field that is called `object`, as the member is that says what it is.
#[test]
fn a_rule_goes_through_json_and_back() {
    let crm = crm();
    let rule = Rule::draft()
        .name("greet")
        .object("company")
        .trigger(Trigger::Created)
        .actions(r#"[{"do": "add_tag", "tag": "new"}]"#);
    let rule = crm.create(rule).unwrap();
    let catalog = crm.catalog();
    let json = record_to_json(&catalog, &crm.get_record(rule.reference()).unwrap());
    assert_eq!(
        (json["object"].as_str(), json["rule.object"].as_str()),
        (Some("rule"), Some("company"))
    );
    let fields = fields_from_json(&catalog, "rule", &json).unwrap();
    let outcome = crm.update_record(rule.reference(), fields).unwrap();
    assert_eq!(outcome.kind, OutcomeKind::Unchanged);
    // As people write it.
    let json =
        serde_json::json!({"name": "x", "object": "lead", "trigger": "created", "actions": "[]"});
    let fields = fields_from_json(&catalog, "rule", &json).unwrap();
    let lead = Value::from("lead");
    assert!(fields.iter().any(|(_, value)| *value == lead));
    comes_back(&crm, "rule");
}
