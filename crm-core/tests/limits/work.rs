//! Changes that would go on and on: batches, deletions, hierarchies, rules, roll-ups.

use std::time::{Duration, Instant};

use chrono::TimeDelta;
use crm_core::schema::{FieldDef, FieldType, ObjectDef, OnDelete, RollUp, RollUpOp};
use crm_core::*;

use super::common::{assert_sound, crm};
use super::{limit, refused};

fn rule(name: &str, object: &str, trigger: Trigger, actions: &str) -> Draft<Rule> {
    Rule::draft()
        .name(name)
        .object(object)
        .trigger(trigger)
        .actions(actions)
}

/// Creates so many records of an object by a batch.
fn fill(
    crm: &Crm,
    object: &str,
    count: usize,
    fields: impl Fn(usize) -> Fields,
) -> Result<Vec<Outcome>> {
    let changes: Vec<_> = (0..count)
        .map(|n| Change::Create {
            object: object.to_owned(),
            id: None,
            fields: fields(n),
        })
        .collect();
    crm.batch(&changes, None)
}

#[test]
fn a_deletion_reaches_so_far() {
    let (crm, _) = crm();
    let acme = crm.create(Company::draft().name("Acme")).unwrap();
    let contact = |n: usize| {
        Fields::new()
            .with("name", format!("Contact {n}"))
            .with("company", acme.reference())
    };
    fill(&crm, "contact", limits::CASCADE_LEN_MAX + 1, contact).unwrap();
    let before = crm.sequence();
    for purge in [false, true] {
        let outcome = if purge {
            crm.purge(acme.reference())
        } else {
            crm.delete(acme.reference())
        };
        if let Err(error) = outcome {
            assert_eq!(error.code(), Code::Limit, "{error}");
            assert_eq!(crm.sequence(), before, "it was half done");
        }
    }
    assert_sound(&crm);
}

/// Each goes because the one before it goes: coming back, and going for good, takes as long as going did, about.
#[test]
fn a_chain_of_cascades_costs_by_its_length() {
    let (crm, _) = crm();
    let before = FieldDef::new(1, "before", FieldType::Reference).targets(&["link"]);
    let others = FieldDef::new(2, "others", FieldType::Reference).targets(&["link"]);
    let link = ObjectDef::custom("link", "links")
        .with(before.indexed().on_delete(OnDelete::Cascade))
        .with(others.many());
    crm.add_object(link).unwrap();
    const LENGTH: usize = 9_000;
    let object = crm.catalog().object_named("link").unwrap().id;
    let id = |n: usize| Id::from_bytes((n as u128 + 1).to_be_bytes());
    let changes: Vec<_> = (0..LENGTH)
        .map(|n| {
            let before = n.checked_sub(1).map(|n| Ref { object, id: id(n) });
            Change::Create {
                object: "link".to_owned(),
                id: Some(id(n)),
                fields: Fields::new().with("before", before.map(Value::from)),
            }
        })
        .collect();
    crm.batch(&changes, None).unwrap();
    let first = Ref { object, id: id(0) };
    let timed = |work: &dyn Fn() -> Result<Outcome>| {
        let start = Instant::now();
        work().unwrap();
        start.elapsed()
    };
    let gone = timed(&|| crm.delete(first));
    assert_eq!(crm.count("link", "").unwrap(), 0);
    let back = timed(&|| crm.restore(first));
    assert_eq!(crm.count("link", "").unwrap(), LENGTH as u64);
    let purged = timed(&|| crm.purge(first));
    assert_eq!(
        crm.find_record(Ref {
            object,
            id: id(8_999)
        })
        .unwrap(),
        None
    );
    // Work for each pair of them would take hundreds of times as long.
    let most = 8 * gone + Duration::from_secs(2);
    assert!(
        back < most && purged < most,
        "{gone:?}, {back:?}, {purged:?}"
    );
    assert_sound(&crm);
}

#[test]
fn rules_that_set_each_other_off_end() {
    let (crm, _) = crm();
    let again =
        r#"[{"do": "create", "object": "company", "fields": {"name": {"cel": "name + 'a'"}}}]"#;
    crm.create(rule("again", "company", Trigger::Created, again))
        .unwrap();
    crm.create(Company::draft().name("A")).unwrap();
    let made = crm.count("company", "").unwrap();
    assert!(
        made <= limits::RULE_DEPTH_MAX as u64 + 2,
        "{made} companies"
    );
    let failed = crm.count("rule_run", "failed").unwrap();
    assert_eq!(failed, 1, "that it ended is recorded");
    assert_sound(&crm);
}

#[test]
fn rules_that_multiply_end() {
    let (crm, _) = crm();
    let create = r#"{"do": "create", "object": "task", "fields": {"subject": "call"}}"#;
    let many = format!("[{}]", vec![create; 40].join(","));
    crm.create(rule("forty tasks", "task", Trigger::Created, &many))
        .unwrap();
    let outcome = crm.create(Task::draft().subject("first"));
    let tasks = crm.count("task", "").unwrap();
    assert!(
        tasks <= limits::RULE_ACTIONS_MAX as u64 + 1,
        "{tasks} tasks"
    );
    if let Err(error) = outcome {
        assert_eq!(error.code(), Code::Limit, "{error}");
        assert_eq!(tasks, 0);
    }
    assert_sound(&crm);
}

#[test]
fn roll_ups_that_go_in_a_circle_end() {
    let (crm, _) = crm();
    let integer = |id, name: &str| FieldDef::new(id, name, FieldType::Integer);
    let sum = RollUp {
        object: "node".to_owned(),
        via: "next".to_owned(),
        op: RollUpOp::Sum,
        field: "more".to_owned(),
        filter: String::new(),
    };
    let next = FieldDef::new(1, "next", FieldType::Reference).targets(&["node"]);
    let node = ObjectDef::custom("node", "nodes")
        .with(next.indexed())
        .with(integer(2, "sum").roll_up(sum))
        .with(integer(3, "more").formula("sum + 1"));
    crm.add_object(node).unwrap();
    let node = |next: Option<Ref>| Fields::new().with("next", next.map(Value::from));
    let first = crm.create_record("node", Fields::new()).unwrap();
    let second = crm.create_record("node", node(Some(first))).unwrap();
    let error = refused(crm.update_record(first, node(Some(second))));
    match error.detail() {
        Detail::Limit { what, max, actual } => {
            assert_eq!((*what, *max, *actual), ("levels of roll-ups", 100, 101));
        }
        other => panic!("{other}"),
    }
    assert_sound(&crm);
}

#[test]
fn actions_are_bounded_in_number_and_depth() {
    let (crm, _) = crm();
    let action = r#"{"do": "add_tag", "tag": "x"}"#;
    let many = format!("[{}]", vec![action; 1_001].join(","));
    assert_eq!(
        limit(crm.create(rule("many", "company", Trigger::Created, &many))),
        "actions of a rule"
    );
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let error = refused(crm.create(rule("deep", "company", Trigger::Created, &deep)));
    assert_eq!(error.code(), Code::Invalid, "{error}");
    let long = format!("[{}{action}]", " ".repeat(1 << 20));
    assert_eq!(
        refused(crm.create(rule("long", "company", Trigger::Created, &long))).code(),
        Code::Invalid
    );
}

/// A schedule that would be due without end is brought to where the clock is, in bounded steps.
#[test]
fn a_schedule_of_moments_ends() {
    let (crm, clock) = crm();
    let tag = r#"[{"do": "add_tag", "tag": "x"}]"#;
    for every in [
        TimeDelta::zero(),
        TimeDelta::milliseconds(-1),
        TimeDelta::milliseconds(1),
    ] {
        let draft = rule("often", "company", Trigger::Schedule, tag).every(every);
        match crm.create(draft.starts(crm.now())) {
            Ok(often) => {
                clock.advance(TimeDelta::days(365));
                let report = crm.run_due(crm.now()).unwrap();
                assert!(report.rule_runs <= limits::DUE_BATCH_MAX * 2, "{report:?}");
                crm.purge(often.reference()).unwrap();
            }
            Err(error) => assert_eq!(error.code(), Code::Invalid, "{error}"),
        }
    }
    assert_sound(&crm);
}
