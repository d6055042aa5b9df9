//! Definitions that the engine could not keep are refused, and change nothing.

use crate::schema_support::*;
use crm_core::schema::{BoardDef, FieldDef, FieldType, ObjectDef, RollUp, RollUpOp, system};
use crm_core::*;

#[test]
fn malformed_definitions_are_refused_and_change_nothing() {
    let crm = in_memory();
    crm.create(Company::draft().name("Acme")).unwrap();
    let version = crm.catalog().version();
    let text_field = |name: &str| FieldDef::custom(name, FieldType::Text);
    for name in [
        "",
        "Name",
        "9lives",
        "a b",
        "a.b",
        "über",
        "true",
        "in",
        &"x".repeat(65),
    ] {
        assert_eq!(
            code(crm.add_field("company", text_field(name))),
            Code::Schema,
            "{name}"
        );
        assert_eq!(
            code(crm.add_object(ObjectDef::custom(name, "things"))),
            Code::Schema,
            "{name}"
        );
    }
    let fields = [
        text_field("name"),
        text_field("created_at"),
        text_field("short").required(),
        text_field("heavy").search(10),
        text_field("both").formula("name").roll_up(RollUp {
            object: "deal".to_owned(),
            via: "company".to_owned(),
            op: RollUpOp::Count,
            field: String::new(),
            filter: String::new(),
        }),
        text_field("point").contact_point(),
        FieldDef::custom("grade", FieldType::Choice),
        FieldDef::custom("twice", FieldType::Choice).choices(&[("a", "A"), ("a", "B")]),
        FieldDef::custom("up", FieldType::Text).hierarchy(),
        FieldDef::custom("up", FieldType::Reference)
            .targets(&["deal"])
            .hierarchy(),
        FieldDef::custom("number", FieldType::Integer).default("many"),
        FieldDef::custom("wrong", FieldType::Integer).formula("name"),
        FieldDef::custom("clock", FieldType::DateTime).formula("now"),
        FieldDef::custom("itself", FieldType::Integer).formula("itself + 1"),
    ];
    for field in fields {
        let name = field.name.clone();
        let refused = code(crm.add_field("company", field));
        assert!(
            matches!(refused, Code::Schema | Code::Expression),
            "{name}: {refused:?}"
        );
    }
    let number = FieldDef::custom("number", FieldType::Integer).default("many");
    let machine = ObjectDef::custom("machine", "machines").with(number);
    assert_eq!(code(crm.add_object(machine)), Code::Schema);
    let nowhere = FieldDef::custom("to", FieldType::Reference).targets(&["compny"]);
    let error = crm.add_field("company", nowhere.clone()).unwrap_err();
    assert!(
        error.to_string().contains("did you mean `company`"),
        "{error}"
    );
    let broken = text_field("broken").formula("nmae + 'x'");
    assert_eq!(code(crm.add_field("company", broken)), Code::Expression);
    assert_eq!(
        code(crm.add_field("compny", text_field("x"))),
        Code::UnknownObject
    );
    let object =
        || ObjectDef::custom("thing", "things").with(FieldDef::new(1, "name", FieldType::Text));
    let objects = [
        ObjectDef::custom("company", "firms"),
        object().title(&[7]),
        object().index(1, &[1], &[]),
        object().index(200, &[], &[]),
        object().index(200, &[1], &[]).unique(200, &[1]),
        object().index(1_001, &[1], &[]),
        object()
            .with(FieldDef::new(2, "tags", FieldType::Text).many())
            .index(200, &[1, 2], &[]),
        object().total(0, &[1], &[]),
        object().total(1, &[9], &[]),
        object().total(1, &[], &[1]),
        object().timeline(1, &[], &[]),
        object().timeline(system::CREATED_AT, &[1], &[]),
        object().link(1, 1, None),
        object().rate_date(1),
        object().with(FieldDef::new(2, "name", FieldType::Text)),
        object().with(FieldDef::new(1, "other", FieldType::Text)),
        object().with(FieldDef::new(60_100, "other", FieldType::Text)),
        object().board(BoardDef {
            board: 1,
            column: 1,
            column_board: 1,
            column_order: 1,
            position: 1,
            cards: 1,
            total: 1,
        }),
    ];
    for (at, object) in objects.into_iter().enumerate() {
        assert_eq!(code(crm.add_object(object)), Code::Schema, "object {at}");
    }
    assert_eq!(
        code(crm.add_object(object().with(FieldDef { id: 2, ..nowhere }))),
        Code::UnknownObject
    );
    assert_eq!(crm.catalog().version(), version);
    // A custom object may refer to itself, and its fields keep the order in which they were given.
    let tree = ObjectDef::custom("tree", "trees")
        .with(
            FieldDef::custom("parent", FieldType::Reference)
                .targets(&["tree"])
                .hierarchy(),
        )
        .with(FieldDef::custom("height", FieldType::Decimal));
    crm.add_object(tree).unwrap();
    let catalog = crm.catalog();
    let tree = catalog.object_named("tree").unwrap();
    assert_eq!(tree.field_named("parent").unwrap().id, 1_000);
    assert_eq!(tree.field_named("height").unwrap().id, 1_001);
    assert_sound(&crm);
}

#[test]
fn the_number_of_custom_fields_is_bounded() {
    let crm = in_memory();
    let field = |n: usize| FieldDef::custom(&format!("f{n}"), FieldType::Integer);
    crm.add_fields("note", (0..limits::CUSTOM_FIELDS_MAX).map(field).collect())
        .unwrap();
    let error = crm
        .add_field("note", field(limits::CUSTOM_FIELDS_MAX))
        .unwrap_err();
    assert!(
        matches!(error.detail(), Detail::Limit { max, actual, .. } if (*max, *actual) == (5_000, 5_001)),
        "{error}"
    );
    let mut large = ObjectDef::custom("large", "large ones");
    for n in 0..=limits::CUSTOM_FIELDS_MAX {
        large = large.with(field(n));
    }
    assert_eq!(code(crm.add_object(large)), Code::Limit);
}
