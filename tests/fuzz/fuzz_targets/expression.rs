//! Expressions: what compiles can be evaluated, and whether an index answers it makes no difference.
#![no_main]

use std::sync::LazyLock;

use crm_core::expr::{Ambient, Expr};
use crm_core::{Code, Crm, Detail, Zone};
use crm_fuzz::{World, expected};
use libfuzzer_sys::fuzz_target;

static CRM: LazyLock<Crm> = LazyLock::new(|| World::new(150).fork().expect("a database"));

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    for object in ["deal", "sample"] {
        one(text, object);
    }
});

fn one(text: &str, object: &str) {
    let catalog = CRM.catalog();
    let definition = catalog.object_named(object).expect("the object");
    let compiled = match Expr::compile(text, &catalog, definition) {
        Ok(compiled) => compiled,
        Err(error) => {
            if let Detail::Expression { line, column, .. } = error.detail() {
                let lines = text.split('\n').count() as u32;
                assert!((1..=lines + 1).contains(line) && *column >= 1, "{error}");
            }
            return expected(&error);
        }
    };
    let ambient = Ambient {
        now: "2026-03-02T09:00:00Z".parse().expect("a time"),
        time_zone: "Europe/Berlin".parse::<Zone>().expect("a zone"),
        actor: None,
    };
    let twice = [compiled.eval(&ambient), compiled.eval(&ambient)];
    match twice {
        [Ok(one), Ok(other)] => assert_eq!(one, other, "two values of one record"),
        [Err(one), Err(other)] => {
            assert_eq!(one.code(), other.code());
            expected(&one);
        }
        [one, other] => panic!("{one:?}, then {other:?}"),
    }
    if Expr::compile_filter(text, &catalog, definition).is_err() {
        return;
    }
    // No index answers what is on either side of an `||`; there is no record without an id.
    let slowly = format!("({text}\n) || id == null");
    match (CRM.count(object, text), CRM.count(object, &slowly)) {
        (Ok(count), Ok(slow)) => assert_eq!(count, slow, "an index answers something else"),
        (Err(error), _) | (_, Err(error)) => {
            expected(&error);
            let usual = matches!(error.code(), Code::Limit | Code::Invalid | Code::Expression);
            assert!(usual, "{error}");
        }
    }
}
