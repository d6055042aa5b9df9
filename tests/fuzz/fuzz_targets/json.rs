//! JSON from strangers: records, definitions of fields and objects, import options, actions of rules.
#![no_main]

use std::sync::LazyLock;

use crm_core::{
    Crm, ImportOptions, OutcomeKind, Rule, Trigger, field_from_json, fields_from_json,
    object_from_json, record_to_json,
};
use crm_fuzz::{World, assert_sound, expected};
use libfuzzer_sys::fuzz_target;
use serde_json::Value as Json;

static WORLD: LazyLock<World> = LazyLock::new(|| World::new(10));

fuzz_target!(|data: &[u8]| {
    let Ok(json) = serde_json::from_slice::<Json>(data) else {
        return;
    };
    let crm = WORLD.fork().expect("a database");
    for object in ["sample", "contact", "deal"] {
        record(&crm, object, &json);
    }
    definitions(&crm, &json);
    let rule = Rule::draft()
        .name("fuzz")
        .object("company")
        .trigger(Trigger::Created);
    if let Err(error) = crm.create(rule.actions(json.to_string())) {
        expected(&error);
    }
    if let Ok(options) = serde_json::from_value::<ImportOptions>(json.clone()) {
        let written = serde_json::to_value(&options).expect("options can be written");
        assert_eq!(
            serde_json::from_value::<ImportOptions>(written).ok(),
            Some(options)
        );
    }
    assert_sound(&crm);
});

/// What a record says of itself changes nothing when it is told so.
fn record(crm: &Crm, object: &str, json: &Json) {
    let catalog = crm.catalog();
    let created = fields_from_json(&catalog, object, json)
        .and_then(|fields| crm.create_record(object, fields));
    let reference = match created {
        Ok(reference) => reference,
        Err(error) => return expected(&error),
    };
    let stored = crm.get_record(reference).expect("the record");
    let said = record_to_json(&catalog, &stored);
    let fields = fields_from_json(&catalog, object, &said).expect("its own JSON");
    let computed = |name: &str| {
        let object = catalog.object_named(object).expect("the object");
        object
            .field_named(name)
            .is_ok_and(|field| field.is_computed() || field.read_only)
    };
    let Json::Object(members) = &said else {
        panic!("a record is no JSON object");
    };
    if members.keys().any(|name| computed(name)) {
        return;
    }
    let outcome = crm
        .update_record(reference, fields)
        .expect("its own values");
    assert_eq!(outcome.kind, OutcomeKind::Unchanged, "{said}");
}

/// What is taken is in the schema, and the schema can be read again.
fn definitions(crm: &Crm, json: &Json) {
    let field = field_from_json(json).and_then(|field| {
        let name = field.name.clone();
        crm.add_field("sample", field).map(|_| name)
    });
    match field {
        Ok(name) => {
            let catalog = crm.catalog();
            let sample = catalog.object_named("sample").expect("the object");
            assert!(sample.field_named(&name).is_ok(), "{name} is lost");
        }
        Err(error) => expected(&error),
    }
    let object = object_from_json(json).and_then(|object| {
        let name = object.name.clone();
        crm.add_object(object).map(|_| name)
    });
    match object {
        Ok(name) => assert_eq!(crm.count(&name, "").expect("a count"), 0),
        Err(error) => expected(&error),
    }
}
