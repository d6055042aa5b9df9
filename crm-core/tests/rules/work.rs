//! What sets rules off and what they do.

use chrono::TimeDelta;
use crm_core::*;

use crate::common::{assert_sound, crm, money, pipeline};
use crate::support::{company, rule, runs, said, says};

#[test]
fn each_trigger_fires_on_its_occasion_and_no_other() {
    let (crm, _) = crm();
    let watch = |fields: &[&str]| {
        fields
            .iter()
            .map(|field| (*field).to_owned())
            .collect::<Vec<_>>()
    };
    for draft in [
        rule("1", "company", Trigger::Created, &says("created")),
        rule("2", "company", Trigger::Updated, &says("updated"))
            .fields(watch(&["employees", "founded"])),
        rule("3", "company", Trigger::Entered, &says("entered")).fields(watch(&["industry"])),
        rule("4", "company", Trigger::Updated, &says("grown"))
            .condition("old.employees != null && employees > old.employees"),
        rule("5", "company", Trigger::Updated, &says("renamed")).condition("changed(name)"),
        rule(
            "6",
            "contact",
            Trigger::Created,
            r#"[{"do": "add_tag", "tag": "new"}]"#,
        ),
    ] {
        crm.create(draft).unwrap();
    }
    let acme = company(&crm);
    let steps: [(Draft<Company>, &str); 7] = [
        (Company::draft().employees(5), "created updated "),
        (Company::draft().website("acme.example"), "created updated "),
        (
            Company::draft().industry("Steel"),
            "created updated entered ",
        ),
        (
            Company::draft().industry("Steel"),
            "created updated entered ",
        ),
        (
            Company::draft().clear(Company::INDUSTRY),
            "created updated entered ",
        ),
        (
            Company::draft().employees(6),
            "created updated entered updated grown ",
        ),
        (
            Company::draft().name("Bolt"),
            "created updated entered updated grown renamed ",
        ),
    ];
    for (draft, expected) in steps {
        crm.update(acme, draft.clone()).unwrap();
        assert_eq!(said(&crm, acme), expected, "{draft:?}");
    }
    let silent = crm.without_rules();
    silent
        .update(acme, Company::draft().employees(100).industry("Wood"))
        .unwrap();
    let imported = silent.create(Company::draft().name("Quiet")).unwrap();
    assert_eq!(said(&crm, imported), "");
    crm.delete(acme.reference()).unwrap();
    crm.restore(acme.reference()).unwrap();
    assert!(said(&crm, acme).ends_with("grown renamed "));
    assert_sound(&crm);
}

#[test]
fn rules_run_in_their_order_and_see_what_the_ones_before_did() {
    let (crm, _) = crm();
    let created = |name: &str, order| {
        crm.create(rule(name, "company", Trigger::Created, &says(name)).order(order))
            .unwrap()
    };
    created("last", 9);
    created("first", -1);
    created("middle", 0);
    let late = rule("late", "company", Trigger::Created, &says("late"))
        .order(5)
        .condition("description.contains('middle')");
    crm.create(late).unwrap();
    let early = rule("early", "company", Trigger::Created, &says("early"))
        .order(-5)
        .condition("description.contains('middle')");
    crm.create(early).unwrap();
    assert_eq!(said(&crm, company(&crm)), "first middle late last ");
}

#[test]
fn every_action_does_its_work() {
    let (crm, clock) = crm();
    let (sales, _) = pipeline(&crm);
    let eve = crm.create(User::draft().name("Eve")).unwrap();
    let actions = format!(
        r#"[
            {{"do": "assign", "to": "{eve}"}},
            {{"do": "set", "fields": {{"probability": {{"cel": "amount > 500 ? 80.0 : 20.0"}}, "source": "Web"}}}},
            {{"do": "add_tag", "tag": "hot"}},
            {{"do": "create", "object": "task", "fields": {{"subject": {{"cel": "'Call about ' + name"}}, "about": {{"record": true}}}}}},
            {{"do": "remind", "text": "Call back", "after": "P2D"}},
            {{"do": "send", "channel": "email", "to": "boss@acme.example", "subject": {{"cel": "name"}}, "body": "New deal"}}
        ]"#
    );
    let rule = crm
        .create(rule("welcome", "deal", Trigger::Created, &actions))
        .unwrap();
    let hot = crm.create(Tag::draft().name("Hot")).unwrap();
    let deal = Deal::draft()
        .name("Forty")
        .pipeline(sales)
        .amount(money(1_000, "EUR"));
    let deal = crm.create(deal).unwrap();
    let view = crm.get(deal).unwrap();
    assert_eq!(view.owner(), Some(eve));
    assert_eq!(view.probability(), Some(80.into()));
    assert_eq!(view.source(), Some("Web"));
    assert_eq!(
        view.tags().unwrap(),
        [hot],
        "the tag that was there in another case"
    );
    let task = &crm.list::<Task>(Query::default()).unwrap().rows[0];
    assert_eq!(task.subject(), Some("Call about Forty"));
    assert_eq!(task.about().unwrap(), [deal.reference()]);
    let reminder = &crm.list::<Reminder>(Query::default()).unwrap().rows[0];
    assert_eq!(reminder.at(), Some(clock.now() + TimeDelta::days(2)));
    let message = &crm.outbox(10).unwrap()[0];
    assert_eq!(
        (message.to(), message.subject()),
        (Some("boss@acme.example"), Some("Forty"))
    );
    assert_eq!(message.about(), Some(deal.reference()));
    assert_eq!(runs(&crm, rule), [None]);
    // What a rule did stays when the rule is gone for good.
    crm.purge(rule.reference()).unwrap();
    let run = &crm.list::<RuleRun>(Query::default()).unwrap().rows[0];
    assert_eq!((run.rule(), run.cause()), (None, Some("welcome")));
    assert_sound(&crm);
}

#[test]
fn what_rules_write_about_themselves_sets_none_off() {
    let (crm, _) = crm();
    let note = r#"[{"do": "create", "object": "note", "fields": {"subject": "A rule has run"}}]"#;
    crm.create(rule("runs", "rule_run", Trigger::Created, note))
        .unwrap();
    let first = crm
        .create(rule("first", "company", Trigger::Created, &says("one")))
        .unwrap();
    assert_eq!(said(&crm, company(&crm)), "one ");
    assert_eq!(runs(&crm, first), [None]);
    assert_eq!(crm.count("rule_run", "").unwrap(), 1);
    assert_eq!(crm.count("note", "").unwrap(), 0);
    assert_sound(&crm);
}

#[test]
fn a_condition_knows_a_new_record_and_who_acts() {
    let (crm, _) = crm();
    let eve = crm.create(User::draft().name("Eve")).unwrap();
    let on = |trigger, condition: &str, word: &str| {
        let rule = rule(word, "company", trigger, &says(word)).condition(condition);
        crm.create(rule).unwrap()
    };
    on(Trigger::Created, "is_new", "new");
    on(Trigger::Created, "!is_new", "never");
    on(Trigger::Updated, "!is_new && changed(name)", "renamed");
    on(Trigger::Updated, "is_new", "at no time");
    on(
        Trigger::Updated,
        "actor.name == 'Eve' && changed(employees)",
        "by Eve",
    );
    let needs = ValidationRule::draft()
        .name("begins small")
        .object("company")
        .condition("!is_new || employees == null || employees <= 10")
        .message("a company begins small");
    crm.create(needs).unwrap();
    let large = Company::draft().name("Acme").employees(11);
    assert_eq!(crm.create(large).unwrap_err().code(), Code::Validation);
    let acme = company(&crm);
    crm.update(acme, Company::draft().employees(11).name("Acme Ltd"))
        .unwrap();
    assert_eq!(said(&crm, acme), "new renamed ");
    let draft = Company::draft().employees(12);
    crm.as_user(eve).unwrap().update(acme, draft).unwrap();
    assert_eq!(said(&crm, acme), "new renamed by Eve ");
    assert_sound(&crm);
}

#[test]
fn a_validation_knows_what_was_there_what_is_referred_to_and_who_acts() {
    let (crm, _) = crm();
    let [ada, eve] = ["Ada", "Eve"].map(|name| crm.create(User::draft().name(name)).unwrap());
    let needs = |condition: &str| {
        let validation = ValidationRule::draft().name(condition).object("company");
        let validation = validation.condition(condition).message("no");
        crm.create(validation).unwrap();
    };
    let grows = "is_new || employees >= old.employees";
    let owned = "owner == null || owner.name != 'Ada' || employees < 100";
    let named = "is_new || !changed(name) || actor.name == 'Eve'";
    for condition in [grows, owned, named] {
        needs(condition);
    }
    let acme = Company::draft().name("Acme").employees(6).owner(ada);
    let acme = crm.create(acme).unwrap();
    let as_eve = crm.as_user(eve).unwrap();
    let refused = |session: &Session, draft: Draft<Company>| {
        let error = session.update(acme, draft).unwrap_err();
        match error.detail() {
            Detail::Validation { rule, .. } => rule.clone(),
            other => panic!("{other}"),
        }
    };
    assert_eq!(refused(&as_eve, Company::draft().employees(5)), grows);
    crm.update(acme, Company::draft().employees(99)).unwrap();
    assert_eq!(refused(&as_eve, Company::draft().employees(100)), owned);
    crm.update(acme, Company::draft().employees(100).owner(eve))
        .unwrap();
    assert_eq!(refused(&crm, Company::draft().name("Bolt")), named);
    as_eve.update(acme, Company::draft().name("Bolt")).unwrap();
    let view = crm.get(acme).unwrap();
    assert_eq!((view.name(), view.employees()), (Some("Bolt"), Some(100)));
}

#[test]
fn a_rule_that_cannot_work_is_refused_when_it_is_saved() {
    let (crm, _) = crm();
    let created = |object: &str, actions: &str| rule("r", object, Trigger::Created, actions);
    let watching =
        |trigger, field: &str| rule("r", "company", trigger, "[]").fields(vec![field.to_owned()]);
    let cases = [
        (created("compny", "[]"), Code::UnknownObject, "company"),
        (
            created("company", "[]").condition("nmae == 'x'"),
            Code::Expression,
            "(rule `r`)",
        ),
        (
            created("company", "[]").condition("name =="),
            Code::Expression,
            "line 1",
        ),
        (
            created("company", "[]").condition("name"),
            Code::Expression,
            "true or false",
        ),
        (created("company", "nonsense"), Code::Invalid, "JSON array"),
        (
            created("company", r#"[{"do": "dance"}]"#),
            Code::Invalid,
            "dance",
        ),
        (
            created("company", r#"[{"do": "set", "fields": {"nmae": 1}}]"#),
            Code::UnknownField,
            "name",
        ),
        (
            created(
                "company",
                r#"[{"do": "create", "object": "tsk", "fields": {}}]"#,
            ),
            Code::UnknownObject,
            "task",
        ),
        (
            created("team", r#"[{"do": "assign", "to": "x"}]"#),
            Code::UnknownField,
            "owner",
        ),
        (
            created("team", r#"[{"do": "add_tag", "tag": "x"}]"#),
            Code::Schema,
            "no list of tags",
        ),
        (
            created(
                "team",
                r#"[{"do": "remind", "text": "x", "after": "soon"}]"#,
            ),
            Code::Invalid,
            "soon",
        ),
        (
            created(
                "team",
                r#"[{"do": "set", "fields": {"name": {"cel": "nam"}}}]"#,
            ),
            Code::Expression,
            "name",
        ),
        (
            created(
                "deal",
                r#"[{"do": "set", "fields": {"company.industry": "x"}}]"#,
            ),
            Code::UnknownField,
            "industry",
        ),
        (
            created("deal", r#"[{"do": "set", "fields": {"status": "won"}}]"#),
            Code::Invalid,
            "read-only",
        ),
        (
            created(
                "deal",
                r#"[{"do": "set", "fields": {"weighted_amount": {"cel": "amount"}}}]"#,
            ),
            Code::Invalid,
            "computed",
        ),
        (
            created("deal", r#"[{"do": "set", "fields": {"stage": "Lost"}}]"#),
            Code::Invalid,
            "Lost",
        ),
        (
            created(
                "deal",
                r#"[{"do": "assign", "to": "01900000-0000-7000-8000-000000000000"}]"#,
            ),
            Code::MissingReference,
            "user",
        ),
        (
            created("deal", r#"[{"do": "assign", "to": {"record": true}}]"#),
            Code::Invalid,
            "not to deal",
        ),
        (
            created(
                "company",
                r#"[{"do": "set", "fields": {"employees": "many"}}]"#,
            ),
            Code::Invalid,
            "`company.employees`",
        ),
        (
            created(
                "company",
                r#"[{"do": "set", "fields": {"employees": {"cel": "today()"}}}]"#,
            ),
            Code::Invalid,
            "a date, and the field takes integer",
        ),
        (
            created("company", r#"[{"do": "set", "fields": {"name": null}}]"#),
            Code::Invalid,
            "required",
        ),
        (
            created(
                "company",
                r#"[{"do": "create", "object": "task", "fields": {"due": {"cel": "now"}}}]"#,
            ),
            Code::Invalid,
            "`task.subject`",
        ),
        (
            created(
                "company",
                r#"[{"do": "remind", "text": "", "after": "P1D"}]"#,
            ),
            Code::Invalid,
            "`reminder.text`",
        ),
        (
            watching(Trigger::Updated, "nmae"),
            Code::UnknownField,
            "name",
        ),
        (
            watching(Trigger::DateReached, "name"),
            Code::Invalid,
            "date",
        ),
        (
            rule("r", "company", Trigger::Entered, "[]"),
            Code::Invalid,
            "one field",
        ),
        (
            rule("r", "company", Trigger::Schedule, "[]"),
            Code::Invalid,
            "every",
        ),
    ];
    let before = crm.sequence();
    for (draft, code, reason) in cases {
        let error = crm.create(draft.clone()).unwrap_err();
        assert_eq!(error.code(), code, "{draft:?}: {error}");
        assert!(error.to_string().contains(reason), "{error}");
    }
    assert_eq!(crm.sequence(), before);
    // What a rule needs may go later: its runs tell, and other rules are none of its business.
    let eve = crm.create(User::draft().name("Eve")).unwrap();
    let assign = format!(r#"[{{"do": "assign", "to": "{eve}"}}]"#);
    let assign = crm
        .create(rule("assign", "company", Trigger::Created, &assign))
        .unwrap();
    crm.delete(eve.reference()).unwrap();
    crm.create(rule("other", "team", Trigger::Created, "[]"))
        .unwrap();
    company(&crm);
    assert!(runs(&crm, assign)[0].is_some());
    let off = crm
        .create(created("company", "nonsense").active(false))
        .unwrap();
    let error = crm.update(off, Rule::draft().active(true)).unwrap_err();
    assert_eq!(error.code(), Code::Invalid);
    assert_eq!(crm.get(off).unwrap().active(), Some(false));
}

#[test]
fn the_outbox_holds_a_message_until_it_is_sent_or_given_up() {
    let (crm, clock) = crm();
    let message = |subject: &str| {
        crm.create(
            OutboxMessage::draft()
                .channel("email")
                .to("a@b.example")
                .subject(subject),
        )
        .unwrap()
    };
    let (first, second, third) = (message("1"), message("2"), message("3"));
    let waiting = || -> Vec<_> { crm.outbox(10).unwrap().iter().map(View::id).collect() };
    assert_eq!(waiting(), [first, second, third]);
    assert_eq!(crm.outbox(1).unwrap().len(), 1);
    crm.outbox_sent(first).unwrap();
    let long = "x".repeat(5_000);
    let retry = clock.now() + TimeDelta::minutes(5);
    crm.outbox_failed(second, &long, Some(retry)).unwrap();
    crm.outbox_failed(third, "no such address", None).unwrap();
    assert_eq!(waiting(), []);
    clock.set(retry);
    assert_eq!(waiting(), [second]);
    crm.outbox_failed(second, "again", Some(retry)).unwrap();
    let view = crm.get(second).unwrap();
    assert_eq!((view.attempts(), view.error()), (Some(2), Some("again")));
    crm.outbox_sent(second).unwrap();
    assert_eq!(crm.get(second).unwrap().status(), Some(OutboxStatus::Sent));
    assert_eq!(crm.get(third).unwrap().status(), Some(OutboxStatus::Dead));
    assert_eq!(waiting(), []);
}

#[test]
fn a_rule_is_found_by_the_value_that_its_condition_asks_for() {
    let becomes =
        |industry: &str| format!(r#"[{{"do": "set", "fields": {{"industry": "{industry}"}}}}]"#);
    let conditions = [
        ("industry == 'steel'", says("a")),
        ("'steel' == industry && employees > 10", becomes("wood")),
        ("industry == 'wood' && employees == 7", says("b")),
        (
            "industry in ['wood', 'paper'] && changed(industry)",
            becomes("paper"),
        ),
        ("industry == 'paper' || industry == 'Paper'", says("c")),
        ("industry == null", says("d")),
        ("!has(industry) || employees == 7", says("e")),
        ("industry != 'steel' && employees in [7, 8]", says("f")),
        ("employees == 12.0 && owner == me", says("g")),
        ("created_at == now && industry == 'steel'", says("h")),
        // Fails for a large company, whatever its industry; behind the industry only for that one.
        (
            "employees * 9000000000000000000 > 0 && industry == 'paper'",
            says("i"),
        ),
        (
            "industry == 'paper' && employees * 9000000000000000000 > 0",
            says("j"),
        ),
        (
            "old.industry == 'paper' && employees == 8",
            becomes("steel"),
        ),
        ("employees in []", says("k")),
    ];
    // The same rules, once as they are and once in a form of which nothing is known before it is tested.
    let worlds = [
        |condition: &str| condition.to_owned(),
        |condition: &str| format!("({condition}) ? true : false"),
    ];
    let outcomes = worlds.map(|form| {
        let (crm, _) = crm();
        let mut ids = Vec::new();
        for (order, (condition, actions)) in conditions.iter().enumerate() {
            for trigger in [Trigger::Created, Trigger::Updated, Trigger::Entered] {
                let draft = rule(&format!("{order} {trigger:?}"), "company", trigger, actions)
                    .order(order as i64)
                    .condition(form(condition));
                let watched: &[&str] = match trigger {
                    Trigger::Entered => &["industry"],
                    _ => &["industry", "employees"],
                };
                let watched: Vec<String> =
                    watched.iter().map(|field| (*field).to_owned()).collect();
                ids.push(crm.create(draft.fields(watched)).unwrap());
            }
        }
        let acme = company(&crm);
        let mut told = vec![said(&crm, acme)];
        for (employees, industry) in [
            (1, "steel"),
            (11, "steel"),
            (7, "wood"),
            (7, "paper"),
            (8, "Paper"),
            (8, "STEEL"),
            (2_000_000_000, "steel"),
            (8, "paper"),
            (12, "glass"),
            (11, "wood"),
            (2_000_000_000, "paper"),
            (8, "paper"),
        ] {
            crm.update(
                acme,
                Company::draft()
                    .employees(employees)
                    .industry(industry)
                    .clear(Company::DESCRIPTION),
            )
            .unwrap();
            told.push(format!(
                "{} {:?}",
                said(&crm, acme),
                crm.get(acme).unwrap().industry()
            ));
        }
        crm.update(acme, Company::draft().clear(Company::INDUSTRY))
            .unwrap();
        told.push(said(&crm, acme));
        let all = ids
            .iter()
            .map(|id| runs(&crm, *id).len())
            .collect::<Vec<_>>();
        let failed = crm.count("rule_run", "failed").unwrap();
        assert_sound(&crm);
        (told, all, failed)
    });
    assert!(
        outcomes[0].1.iter().filter(|runs| **runs > 0).count() > 20,
        "{:?}",
        outcomes[0].1
    );
    assert!(outcomes[0].2 > 1);
    assert_eq!(outcomes[0], outcomes[1]);
}
