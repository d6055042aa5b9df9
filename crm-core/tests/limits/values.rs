//! Values of records.

use crm_core::schema::{FieldDef, FieldType, ObjectDef};
use crm_core::*;

use super::common::{assert_sound, crm};
use super::{limit, refused};

fn world() -> Crm {
    let (crm, _) = crm();
    let mut object = ObjectDef::custom("sample", "samples");
    for (id, ty) in (1..).zip(FieldType::ALL) {
        let mut field = FieldDef::new(id, &format!("a_{}", ty.name()), ty);
        if ty == FieldType::Choice {
            field = field.open_choices();
        }
        object = object.with(field);
    }
    object = object
        .with(FieldDef::new(90, "numbers", FieldType::Integer).many())
        .with(FieldDef::new(91, "emails", FieldType::Email).many())
        .with(FieldDef::new(92, "links", FieldType::Reference).many());
    for id in 100..120 {
        object = object.with(FieldDef::new(
            id,
            &format!("story_{id}"),
            FieldType::LongText,
        ));
    }
    crm.add_object(object).unwrap();
    crm
}

/// Megabytes that begin like a value of each type, so that they are not refused at the first character.
#[test]
fn no_type_takes_a_text_of_megabytes() {
    let crm = world();
    let long = |part: &str| part.repeat((2 << 20) / part.len());
    let texts = [
        long("a"),
        long("7"),
        long("7,"),
        long("7 "),
        long("ü"),
        long("a."),
        long("-"),
        long("1h"),
        format!("{}@acme.example", long("ada")),
        format!("+49{}", long("30")),
        format!("https://{}.example", long("xn--a")),
        format!("https://acme.example/{}", long("../")),
        format!("P{}", long("1Y")),
        format!("{} EUR", long("1")),
    ];
    for ty in FieldType::ALL {
        for text in &texts {
            let fields = Fields::new().with(&format!("a_{}", ty.name()), text.as_str());
            let error = refused(crm.create_record("sample", fields));
            assert!(
                matches!(error.code(), Code::Invalid | Code::Limit),
                "{}: {error}",
                ty.name()
            );
        }
    }
    assert_eq!(crm.count("sample", "").unwrap(), 0);
}

/// However long what was given is, and however many other things there are: `refused` measures the message.
#[test]
fn no_message_is_as_long_as_its_input() {
    let (crm, _) = crm();
    let keys: Vec<String> = (0..1_000)
        .map(|n| format!("choice_{n}_{}", "x".repeat(500)))
        .collect();
    let choices: Vec<(&str, &str)> = keys
        .iter()
        .map(|key| (key.as_str(), key.as_str()))
        .collect();
    let object = ObjectDef::custom("sample", "samples")
        .with(FieldDef::new(1, "kind", FieldType::Choice).choices(&choices))
        .with(FieldDef::new(2, "code", FieldType::Text).unique())
        .with(FieldDef::new(3, "n", FieldType::Integer))
        .with(FieldDef::new(4, "at", FieldType::Reference).targets(&["company", "contact"]));
    crm.add_object(object).unwrap();
    let with = |field: &str, value: Value| Fields::new().with(field, value);
    let long = "y".repeat(900);
    crm.create_record("sample", with("code", long.as_str().into()))
        .unwrap();
    let validation = ValidationRule::draft()
        .name(&long)
        .object("sample")
        .condition("n != 13")
        .message("no");
    crm.create(validation).unwrap();
    for fields in [
        with("kind", "unknown".into()),
        with("kind", long.as_str().into()),
        with("code", long.as_str().into()),
        with("n", long.as_str().into()),
        with("n", 13.into()),
        with("at", long.as_str().into()),
        with(&long, 1.into()),
    ] {
        refused(crm.create_record("sample", fields));
    }
    for filter in [
        "kind == 'unknown'".to_owned(),
        format!("kind == '{long}'"),
        format!("n == '{long}'"),
        format!("'{long}'"),
        format!("n + '{long}' == 1"),
        format!("{long} == 1"),
        format!("at.{long} == 1"),
        format!("{long}(n)"),
        format!("at == '{long}'"),
        format!("created_at > '{long}'"),
        format!("money(n, '{long}') == 1"),
        format!("getHours(created_at, '{long}') == 1"),
    ] {
        refused(crm.count("sample", &filter));
    }
    for question in [
        Aggregate::of("sample").group_by(&long),
        Aggregate::of(&long),
        Aggregate::of("sample").sum(&long),
    ] {
        refused(crm.aggregate(&question));
    }
}

#[test]
fn no_list_takes_a_million_elements() {
    let crm = world();
    let set =
        |field: &str, value: Value| crm.create_record("sample", Fields::new().with(field, value));
    let million = Value::List(vec![Value::Int(7); 1_000_000]);
    assert_eq!(limit(set("numbers", million)), "elements of a list field");
    for field in ["numbers", "emails", "links"] {
        assert_eq!(
            limit(set(field, "1;".repeat(1_000_000).into())),
            "elements of a list field"
        );
    }
    // Nor does a field of one value, nor a list of lists.
    let lists = Value::List(vec![Value::List(vec![Value::Int(1); 1_000]); 500]);
    assert_eq!(refused(set("numbers", lists.clone())).code(), Code::Invalid);
    assert_eq!(refused(set("a_integer", lists)).code(), Code::Invalid);
    let thousand = |n: i64| Value::List((0..n).map(Value::from).collect());
    set("numbers", thousand(1_000)).unwrap();
    assert_eq!(
        limit(set("numbers", thousand(1_001))),
        "elements of a list field"
    );
}

#[test]
fn a_record_is_bounded_as_a_whole() {
    let crm = world();
    let story = "x".repeat(1 << 20);
    let mut fields = Fields::new();
    for id in 100..120 {
        fields = fields.with(&format!("story_{id}"), story.as_str());
    }
    assert_eq!(
        limit(crm.create_record("sample", fields)),
        "bytes of a record"
    );
    // Nor does it come to that in small steps.
    let record = crm.create_record("sample", Fields::new()).unwrap();
    let steps = (100..120).map(|id| {
        let fields = Fields::new().with(&format!("story_{id}"), story.as_str());
        crm.update_record(record, fields)
    });
    let refusals: Vec<_> = steps.filter_map(Result::err).collect();
    assert_eq!(refusals.len(), 5, "15 fit and the head");
    assert!(refusals.iter().all(|error| error.code() == Code::Limit));
    assert_sound(&crm);
}

#[test]
fn a_document_s_content_is_bounded_by_the_host() {
    let (options, _) = super::common::options();
    let crm = options.document_bytes_max(1_000).in_memory().unwrap();
    let letter = crm.create(Document::draft().name("letter.txt")).unwrap();
    assert!(limit(crm.put_content(letter, &[0; 1_001])).starts_with("bytes of a document"));
    crm.put_content(letter, &[0; 1_000]).unwrap();
}

#[test]
fn names_of_operations_and_batches_fit_a_key() {
    let (crm, _) = crm();
    let long = "x".repeat(2_000);
    let create = || Company::draft().name("Acme");
    assert_eq!(
        limit(crm.operation(&long).create(create())),
        "bytes of a key"
    );
    let change = Change::Create {
        object: "company".to_owned(),
        id: None,
        fields: create().into(),
    };
    assert_eq!(
        limit(crm.batch(&[change], Some(Keyed(&long)))),
        "bytes of a key"
    );
    assert_eq!(crm.count("company", "").unwrap(), 0);
}
