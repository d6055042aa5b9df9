//! How rules end: what fails in them, what sets itself off, and what is switched off.

use crm_core::*;

use crate::common::{assert_sound, crm, money, pipeline};
use crate::support::{company, rule, runs, said, says};

#[test]
fn an_action_that_fails_fails_alone() {
    let (crm, _) = crm();
    let (sales, stages) = pipeline(&crm);
    let cases = [
        (
            "text for a number",
            r#"{"do": "set", "fields": {"probability": {"cel": "name"}}}"#,
            "percent",
        ),
        (
            "a validation rule",
            r#"{"do": "set", "fields": {"source": "Spam"}}"#,
            "no spam",
        ),
        (
            "nothing where something is needed",
            r#"{"do": "create", "object": "task", "fields": {"subject": {"cel": "'Call ' + description"}}}"#,
            "required",
        ),
        // This one fails at the end of the transaction, where rules are compiled.
        (
            "a broken rule",
            r#"{"do": "create", "object": "rule", "fields": {"name": "r", "object": "deal", "trigger": "created", "condition": "1 +", "actions": "[]"}}"#,
            "line 1",
        ),
    ];
    let validation = ValidationRule::draft()
        .name("spam")
        .object("deal")
        .condition("source != 'Spam'")
        .message("no spam");
    crm.create(validation).unwrap();
    for (name, action, reason) in cases {
        let actions = format!(
            r#"[{{"do": "set", "fields": {{"stage": "{}"}}}}, {action},
                {{"do": "create", "object": "task", "fields": {{"subject": "zyzzyva"}}}}]"#,
            stages[1]
        );
        let rule = crm
            .create(rule(name, "deal", Trigger::Created, &actions))
            .unwrap();
        let deal = Deal::draft()
            .name("Forty")
            .pipeline(sales)
            .amount(money(10, "EUR"));
        let deal = crm.create(deal).unwrap();
        let runs = runs(&crm, rule);
        assert_eq!(runs.len(), 1, "{name}");
        let error = runs[0].as_ref().unwrap();
        assert!(error.starts_with("action 2: "), "{name}: {error}");
        assert!(error.contains(reason), "{name}: {error}");
        let run = &crm.list::<RuleRun>(Query::default()).unwrap().rows[0];
        assert_eq!(run.actions(), Some(2));
        let view = crm.get(deal).unwrap();
        assert_eq!(
            (view.name(), view.stage(), view.source()),
            (Some("Forty"), Some(stages[1]), None)
        );
        let found = crm.search("zyzzyva", &SearchOptions::default()).unwrap();
        assert_eq!((crm.count("task", "").unwrap(), found.len()), (1, 1));
        let board = crm.board("deal", sales.reference(), 10).unwrap();
        assert_eq!((board.columns[0].count, board.columns[1].count), (0, 1));
        assert_eq!(crm.get(rule).unwrap().failures(), Some(1));
        assert_sound(&crm);
        crm.delete(rule.reference()).unwrap();
        for record in [
            deal.reference(),
            run.reference(),
            found[0].record.reference(),
        ] {
            crm.purge(record).unwrap();
        }
    }
}

#[test]
fn a_rule_that_fails_again_and_again_is_switched_off() {
    let (crm, _) = crm();
    let call = r#"[{"do": "create", "object": "task", "fields": {"subject": {"cel": "'Call ' + industry"}}}]"#;
    let call = crm
        .create(rule("call", "company", Trigger::Created, call))
        .unwrap();
    let make = |industry: Option<&str>| {
        let draft = Company::draft().name("Acme");
        crm.create(match industry {
            Some(industry) => draft.industry(industry),
            None => draft,
        })
        .unwrap()
    };
    let state = || {
        let view = crm.get(call).unwrap();
        (view.active().unwrap(), view.failures())
    };
    let most = limits::RULE_FAILURES_MAX;
    (1..most).for_each(|_| _ = make(None));
    assert_eq!(state(), (true, Some(most - 1)));
    make(Some("Steel"));
    assert_eq!(state(), (true, None), "a record that fits");
    (0..most + 5).for_each(|_| _ = make(None));
    assert_eq!(state(), (false, Some(most)));
    let view = crm.get(call).unwrap();
    let reason = view.switched_off_reason().unwrap();
    assert!(
        reason.starts_with("20 runs in a row have failed"),
        "{reason}"
    );
    assert!(reason.contains("`task.subject`"), "{reason}");
    assert_eq!(
        crm.count("rule_run", "failed").unwrap() as i64,
        2 * most - 1
    );
    // Somebody mends it.
    crm.update(
        call,
        Rule::draft().active(true).condition("industry != null"),
    )
    .unwrap();
    assert_eq!(state(), (true, None));
    assert_eq!(crm.get(call).unwrap().switched_off_reason(), None);
    (0..most + 5).for_each(|_| _ = make(None));
    assert_eq!(state(), (true, None));
    assert_sound(&crm);
}

#[test]
fn a_rule_runs_once_for_a_record_and_a_change() {
    let add = |field: &str| {
        format!(r#"[{{"do": "set", "fields": {{"{field}": {{"cel": "{field} + 1"}}}}}}]"#)
    };
    let (crm, _) = crm();
    let rules = [("a", "employees"), ("b", "founded"), ("c", "employees")].map(|(name, field)| {
        crm.create(rule(name, "company", Trigger::Updated, &add(field)))
            .unwrap()
    });
    let company = |name: &str| {
        let draft = Company::draft().name(name).employees(0).founded(0);
        crm.create(draft).unwrap()
    };
    let (acme, bolt) = (company("Acme"), company("Bolt"));
    crm.update(acme, Company::draft().website("acme.example"))
        .unwrap();
    let view = crm.get(acme).unwrap();
    assert_eq!((view.employees(), view.founded()), (Some(2), Some(1)));
    assert_eq!(crm.count("rule_run", "").unwrap(), 3);
    // Two changes in one transaction are two causes, and two records of one cause are two.
    let edit =
        |company: Id<Company>, name: &str| Change::update(company, Company::draft().name(name));
    crm.batch(&[edit(acme, "A"), edit(acme, "B"), edit(bolt, "C")], None)
        .unwrap();
    assert_eq!(crm.get(acme).unwrap().founded(), Some(3));
    assert_eq!(crm.get(bolt).unwrap().founded(), Some(1));
    assert_eq!(crm.count("rule_run", "").unwrap(), 12);
    assert_eq!(crm.count("rule_run", "failed").unwrap(), 0);
    for rule in rules {
        crm.delete(rule.reference()).unwrap();
    }

    let set = |field: &str, to: &str| {
        format!(r#"[{{"do": "set", "fields": {{"{field}": {{"cel": "{to} + 1"}}}}}}]"#)
    };
    let ping = rule(
        "ping",
        "company",
        Trigger::Updated,
        &set("founded", "employees"),
    );
    crm.create(ping.fields(vec!["employees".to_owned()]))
        .unwrap();
    let pong = rule(
        "pong",
        "company",
        Trigger::Updated,
        &set("employees", "founded"),
    );
    crm.create(pong.fields(vec!["founded".to_owned()])).unwrap();
    crm.update(acme, Company::draft().employees(100)).unwrap();
    let view = crm.get(acme).unwrap();
    assert_eq!((view.employees(), view.founded()), (Some(102), Some(101)));
    assert_sound(&crm);
}

#[test]
fn rules_over_ever_new_records_come_to_an_end() {
    let (crm, _) = crm();
    let again = r#"[{"do": "create", "object": "note", "fields": {"subject": "x"}}]"#;
    let again = crm
        .create(rule("again", "note", Trigger::Created, again))
        .unwrap();
    crm.create(Note::draft().subject("x")).unwrap();
    let all = runs(&crm, again);
    assert_eq!(all.iter().filter(|error| error.is_none()).count(), 8);
    let chain = ["again"; 9].join(" → ");
    assert_eq!(
        all.last().unwrap().as_deref(),
        Some(&*format!("rules went too deep: {chain}"))
    );
    let view = crm.get(again).unwrap();
    assert_eq!(view.failures(), None, "a bound is no fault of the rule");
    assert_eq!(view.active(), Some(true));
}

#[test]
fn rules_over_roll_ups_of_their_runs_come_to_an_end() {
    let (crm, _) = crm();
    let runs = schema::RollUp {
        object: "rule_run".to_owned(),
        via: "record".to_owned(),
        op: schema::RollUpOp::Count,
        field: String::new(),
        filter: String::new(),
    };
    let field = schema::FieldDef::custom("runs", schema::FieldType::Integer).roll_up(runs);
    crm.add_fields("company", vec![field]).unwrap();
    let mark = crm
        .create(rule("mark", "company", Trigger::Updated, &says("x")))
        .unwrap();
    let acme = company(&crm);
    crm.update(acme, Company::draft().employees(1)).unwrap();
    assert_eq!(said(&crm, acme), "x ");
    assert_eq!(crm.get(mark).unwrap().cycle(), Some("mark → mark"));
    assert_sound(&crm);
}

#[test]
fn a_cycle_of_rules_is_told_when_one_is_saved() {
    let (crm, _) = crm();
    let watching = |name: &str, object: &str, field: &str, actions: &str| {
        let draft = rule(name, object, Trigger::Updated, actions);
        crm.create(draft.fields(vec![field.to_owned()])).unwrap()
    };
    let set = |field: &str| format!(r#"[{{"do": "set", "fields": {{"{field}": "1"}}}}]"#);
    let task = r#"[{"do": "create", "object": "task", "fields": {"subject": "x"}}]"#;
    let a = watching("a", "company", "employees", &set("founded"));
    let b = watching("b", "company", "founded", &set("industry"));
    let cycle = |rule: Id<Rule>| crm.get(rule).unwrap().cycle().map(str::to_owned);
    let c = watching("c", "company", "industry", task);
    assert_eq!((cycle(a), cycle(b), cycle(c)), (None, None, None));
    crm.update(c, Rule::draft().actions(set("employees")))
        .unwrap();
    assert_eq!(cycle(c).as_deref(), Some("c → a → b → c"));
    // The path is as short as there is one, and goes over formulas.
    let field = schema::FieldDef::custom("tenfold", schema::FieldType::Integer);
    crm.add_fields("company", vec![field.formula("employees * 10")])
        .unwrap();
    let d = watching("d", "company", "tenfold", &set("employees"));
    assert_eq!(cycle(d).as_deref(), Some("d → d"));
    crm.update(d, Rule::draft().actions(task)).unwrap();
    assert_eq!(cycle(d), None);
    crm.update(c, Rule::draft().fields(vec!["name".to_owned()]))
        .unwrap();
    assert_eq!(cycle(c), None);
    crm.update(
        c,
        Rule::draft()
            .fields(vec!["industry".to_owned()])
            .active(false),
    )
    .unwrap();
    assert_eq!(cycle(c), None, "one that is switched off sets nothing off");
    crm.update(c, Rule::draft().active(true)).unwrap();
    assert_eq!(cycle(c).as_deref(), Some("c → a → b → c"));
    assert_sound(&crm);
}
