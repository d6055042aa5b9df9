//! Definitions: custom fields and objects.

use std::sync::Arc;

use crm_core::schema::{FieldDef, FieldType, ObjectDef};
use crm_core::store::{MemoryStorage, Overlay, Space, Storage};
use crm_core::*;
use serde_json::{Value as Json, json};

use super::common::{assert_sound, crm};
use super::{answered, limit, refused};

#[test]
fn fields_are_as_many_as_fit() {
    let (crm, _) = crm();
    let fields = |count: usize| -> Vec<FieldDef> {
        let names = (0..count).map(|n| FieldDef::custom(&format!("extra_{n}"), FieldType::Text));
        names.collect()
    };
    assert_eq!(
        limit(crm.add_fields("company", fields(5_001))),
        "custom fields of an object"
    );
    let mut object = ObjectDef::custom("sample", "samples");
    for (id, field) in (1..).zip(fields(5_001)) {
        object = object.with(FieldDef { id, ..field });
    }
    assert_eq!(limit(crm.add_object(object)), "custom fields of an object");
}

#[test]
fn objects_are_as_many_as_fit() {
    let object = |n: usize| ObjectDef::custom(&format!("object_{n}"), &format!("objects_{n}"));
    let storage = Arc::new(MemoryStorage::new());
    let crm = Crm::options().with_storage(storage.clone()).unwrap();
    let first = crm.add_object(object(1)).unwrap();
    drop(crm);
    // All but one, put there at once: to add an object takes longer the more there are.
    let key = b"schema".as_slice();
    let held = storage.snapshot().unwrap().get_vec(Space::Meta, key);
    let mut schema: Json = serde_json::from_slice(&held.unwrap().unwrap()).unwrap();
    let objects = schema["objects"].as_array_mut().unwrap();
    for n in 2..limits::CUSTOM_OBJECTS_MAX {
        let mut another = objects[0].clone();
        another["id"] = (usize::from(first) + n - 1).into();
        another["name"] = object(n).name.into();
        another["plural"] = object(n).plural.into();
        objects.push(another);
    }
    let mut changes = Overlay::new();
    changes.put(Space::Meta, key, schema.to_string());
    storage.commit(&changes).unwrap();
    let crm = Crm::options().with_storage(storage).unwrap();
    crm.add_object(object(1_000)).unwrap();
    let error = refused(crm.add_object(object(1_001)));
    match error.detail() {
        Detail::Limit { what, max, actual } => {
            assert_eq!((*what, *max, *actual), ("custom objects", 1_000, 1_001));
        }
        other => panic!("{other}"),
    }
    assert_sound(&crm);
}

#[test]
fn the_schema_is_bounded_as_a_whole() {
    let (crm, _) = crm();
    let long = "x".repeat(1 << 20);
    let labels = (0..17).map(|n| json!({"key": format!("k{n}"), "label": long}));
    for member in [
        json!({"doc": long.repeat(17)}),
        json!({"label": long.repeat(17)}),
        json!({"aliases": vec![long.clone(); 17]}),
        json!({"ty": "choice", "choices": labels.collect::<Vec<_>>()}),
    ] {
        let mut field = json!({"name": "extra", "ty": "text"});
        let members = field.as_object_mut().unwrap();
        members.extend(member.as_object().unwrap().clone());
        let field = field_from_json(&field).unwrap();
        assert_eq!(
            limit(crm.add_field("company", field.clone())),
            "bytes of the schema"
        );
        let object = ObjectDef::custom("sample", "samples").with(FieldDef { id: 1, ..field });
        assert_eq!(limit(crm.add_object(object)), "bytes of the schema");
    }
    let object = json!({"name": "sample", "plural": long.repeat(17)});
    let object = object_from_json(&object).unwrap();
    assert_eq!(limit(crm.add_object(object)), "bytes of the schema");
    assert_sound(&crm);
}

#[test]
fn names_are_names() {
    let (crm, _) = crm();
    for name in [
        "x".repeat(65),
        "x".repeat(4 << 20),
        String::new(),
        "a b".into(),
        "ü".into(),
    ] {
        let field = FieldDef::custom(&name, FieldType::Text);
        assert_eq!(
            refused(crm.add_field("company", field)).code(),
            Code::Schema
        );
        let object = ObjectDef::custom(&name, "samples");
        assert_eq!(refused(crm.add_object(object)).code(), Code::Schema);
    }
}

#[test]
fn numbers_of_fields_end_where_those_of_the_engine_begin() {
    let (crm, _) = crm();
    for id in [59_999, 60_000, u16::MAX - 1, u16::MAX] {
        let object = json!({
            "name": "sample", "plural": "samples",
            "fields": [{"name": "a", "ty": "text", "id": id}, {"name": "b", "ty": "text"}],
        });
        answered(object_from_json(&object).and_then(|object| crm.add_object(object)));
    }
}

/// Each formula reads the one before: computed in order, not by recursion.
#[test]
fn formulas_on_formulas() {
    let (crm, _) = crm();
    let mut fields = vec![FieldDef::custom("f0", FieldType::Integer)];
    for n in 1..300 {
        let formula = format!("f{} + 1", n - 1);
        fields.push(FieldDef::custom(&format!("f{n}"), FieldType::Integer).formula(&formula));
    }
    answered(crm.add_fields("company", fields));
    let made = crm.create_record("company", Fields::new().with("name", "Acme"));
    answered(made);
    assert_sound(&crm);
}
