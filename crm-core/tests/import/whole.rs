//! Whole imports: dry runs, progress, cancelling, undo, rules; and exports, which come back as they were.

use std::ops::ControlFlow;

use crm_core::*;
use rust_decimal::Decimal;

use super::support::*;

#[test]
fn a_dry_run_says_what_the_run_will_say_and_keeps_nothing() {
    let crm = crm();
    let options = ImportOptions::new("contact")
        .upsert("email")
        .create_missing(&["company"]);
    let file =
        "Name,Email,Company\nAda L,ada@x.example,Acme\nAda M,ada@x.example,Acme\nBob,bad,Bolt\n";
    let dry = import(&crm, file, &options.clone().dry_run());
    for object in ["contact", "company", "import_run", "import_problem"] {
        assert_eq!(crm.count(object, "").unwrap(), 0, "{object}");
    }
    assert_eq!((dry.run, dry.operation.as_str()), (None, ""));
    let run = import(&crm, file, &options);
    let same = ImportReport {
        run: None,
        operation: String::new(),
        ..run.clone()
    };
    assert_eq!(dry, same);
    assert_eq!((run.created, run.updated, run.refused), (1, 1, 1));
    assert_sound(&crm);
}

fn many(rows: usize) -> String {
    let rows = (0..rows).map(|row| format!("Company {row},{}\n", row % 50));
    std::iter::once("name,employees\n".to_owned())
        .chain(rows)
        .collect()
}

#[test]
fn a_cancelled_import_keeps_what_it_has_and_can_be_undone() {
    let crm = crm();
    let mut told = Vec::new();
    let report = crm
        .import_csv(
            many(3_000).as_bytes(),
            &ImportOptions::new("company"),
            &mut |progress| {
                told.push(progress.rows);
                if progress.rows == 1_500 {
                    ControlFlow::Break(())
                } else {
                    ControlFlow::Continue(())
                }
            },
        )
        .unwrap();
    assert_eq!(told[..3], [500, 1_000, 1_500]);
    assert!(report.cancelled);
    assert_eq!((report.rows, report.created), (1_500, 1_500));
    assert_eq!(crm.count("company", "").unwrap(), 1_500);
    assert_eq!(crm.undo(&report.operation).unwrap().undone, 1_500);
    assert_eq!(crm.count("company", "").unwrap(), 0);
    assert_sound(&crm);
}

#[test]
fn a_file_of_several_transactions_is_one_operation() {
    let crm = crm();
    let report = import(
        &crm,
        many(12_000),
        &ImportOptions::new("company").operation("spring cleaning"),
    );
    assert_eq!(report.operation, "spring cleaning");
    assert_eq!(crm.count("company", "").unwrap(), 12_000);
    assert_eq!(
        crm.search("11999", &SearchOptions::default())
            .unwrap()
            .len(),
        1
    );
    assert_sound(&crm);
    assert_eq!(crm.undo("spring cleaning").unwrap().undone, 12_000);
    assert_eq!(crm.count("company", "").unwrap(), 0);
    assert_sound(&crm);
}

#[test]
fn an_undo_leaves_what_somebody_has_changed_since() {
    let crm = crm();
    import(
        &crm,
        "name,external id,industry\nAcme,1,it\nBolt,2,it\n",
        &ImportOptions::new("company"),
    );
    let report = import(
        &crm,
        "external id,industry,employees\n1,retail,5\n2,retail,6\n",
        &ImportOptions::new("company").update("external_id"),
    );
    assert_eq!(report.updated, 2);
    let bolt = crm
        .list::<Company>(Query::default().filter("name == 'Bolt'"))
        .unwrap()
        .rows
        .remove(0);
    crm.update(bolt.id(), Company::draft().industry("mining"))
        .unwrap();
    let undone = crm.undo(&report.operation).unwrap();
    assert_eq!(undone.skipped.len(), 1);
    assert_eq!(
        crm.count("company", "industry == 'it' && employees == null")
            .unwrap(),
        1
    );
    assert_eq!(
        crm.count("company", "industry == 'mining' && employees == null")
            .unwrap(),
        1
    );
}

#[test]
fn rules_react_only_when_asked() {
    let crm = crm();
    let rule = Rule::draft()
        .name("greet")
        .object("company")
        .trigger(Trigger::Created)
        .actions(r#"[{"do": "add_tag", "tag": "new"}]"#);
    crm.create(rule).unwrap();
    import(&crm, "name\nAcme\n", &ImportOptions::new("company"));
    assert_eq!(crm.count("rule_run", "").unwrap(), 0);
    // Rules have bounds in one transaction; the rows of an import do not share them.
    let report = import(
        &crm,
        many(1_100),
        &ImportOptions::new("company").with_rules(),
    );
    assert_eq!(report.created, 1_100);
    assert_eq!(crm.count("rule_run", "failed == false").unwrap(), 1_100);
    assert_sound(&crm);
}

#[test]
fn the_log_says_who_imported_what() {
    let crm = crm();
    let user = crm.create(User::draft().name("Ada")).unwrap();
    let session = crm.as_user(user).unwrap();
    let report = import(&session, "name\nAcme\n", &ImportOptions::new("company"));
    let history = crm.history(only::<Company>(&crm).id()).unwrap();
    assert_eq!(history[0].commit.cause, "import");
    assert_eq!(history[0].commit.actor, Some(user.reference()));
    assert_eq!(history[0].commit.operation, Some(report.operation));
}

#[test]
fn a_row_that_breaks_a_rule_of_its_parent_does_not_spoil_the_others() {
    let crm = crm();
    let total =
        schema::FieldDef::custom("people", schema::FieldType::Integer).roll_up(schema::RollUp {
            object: "contact".to_owned(),
            via: "company".to_owned(),
            op: schema::RollUpOp::Count,
            field: String::new(),
            filter: String::new(),
        });
    crm.add_field("company", total).unwrap();
    let rule = ValidationRule::draft()
        .name("few")
        .object("company")
        .condition("people == null || people <= 2")
        .message("too many people");
    crm.create(rule).unwrap();
    crm.create(Company::draft().name("Acme")).unwrap();
    crm.create(Company::draft().name("Bolt")).unwrap();
    let file = "name,company\nA a,Acme\nB b,Acme\nC c,Acme\nD d,Bolt\n";
    let report = import(&crm, file, &ImportOptions::new("contact"));
    assert_eq!((report.rows, report.created, report.refused), (4, 3, 1));
    let said = problems(&report);
    assert!(
        said.len() == 1 && said[0].0 == 4 && said[0].2.contains("too many people"),
        "{said:?}"
    );
    assert_sound(&crm);
}

#[test]
fn rows_whose_sum_is_too_large_are_summed_with_what_is_there() {
    let crm = crm();
    let decimal = |name: &str| schema::FieldDef::custom(name, schema::FieldType::Decimal);
    crm.add_field("contact", decimal("score")).unwrap();
    let total = decimal("total").roll_up(schema::RollUp {
        object: "contact".to_owned(),
        via: "company".to_owned(),
        op: schema::RollUpOp::Sum,
        field: "score".to_owned(),
        filter: String::new(),
    });
    let total = crm.add_field("company", total).unwrap();
    let acme = crm.create(Company::draft().name("Acme")).unwrap();
    let number = |text: &str| -> Decimal { text.parse().unwrap() };
    let large = number("50000000000000000000000000000");
    let deep = Contact::draft().name("A a").company(acme);
    crm.create(deep.with("score", -large)).unwrap();
    // The second row makes the sum of the rows one of 30 digits; that of all contacts has 29 and grows with the third.
    let file = format!("name,company,score\nB b,Acme,{large}\nC c,Acme,{large}\nD d,Acme,7\n");
    let report = import(&crm, file, &ImportOptions::new("contact"));
    assert_eq!((report.created, report.refused), (3, 0));
    let shown = crm.get(acme).unwrap().get(total).as_decimal();
    assert_eq!(shown, Some(large + number("7")));
    assert_sound(&crm);
}

#[test]
fn an_export_comes_back_as_it_was() {
    let source = crm();
    let acme = source
        .create(
            Company::draft()
                .name("=cmd|' /C calc'!A0")
                .description("-1+2\n\"two\" lines, ü"),
        )
        .unwrap();
    let usd = Currency::new("USD").unwrap();
    source
        .create(
            Company::draft()
                .name("'=quoted")
                .parent(acme)
                .annual_revenue(Money::new(-5, usd).unwrap())
                .phone("+49 30 901820"),
        )
        .unwrap();
    source
        .create(Company::draft().name("-7").industry("@home"))
        .unwrap();
    let hot = source.create(Tag::draft().name("hot")).unwrap();
    let vip = source.create(Tag::draft().name("vip")).unwrap();
    source
        .create(
            Contact::draft()
                .name("Ada Lovelace")
                .company(acme)
                .tags(vec![hot, vip]),
        )
        .unwrap();

    let export = |crm: &Crm, object: &str, fields: &[&str]| {
        let mut file = Vec::new();
        let count = crm
            .export_csv(&Query::of(object).sort("name"), fields, &mut file)
            .unwrap();
        assert_eq!(count, crm.count(object, "").unwrap());
        String::from_utf8(file).unwrap()
    };
    let fields = [
        "name",
        "parent",
        "annual_revenue",
        "phone",
        "industry",
        "description",
    ];
    let companies = export(&source, "company", &fields);
    assert!(
        companies.contains("'=cmd")
            && companies.contains("''=quoted")
            && companies.contains("'-1+2")
    );
    assert!(
        companies.contains("\n-7,")
            && companies.contains("-5.00 USD")
            && companies.contains(",'@home")
    );
    let people = export(
        &source,
        "contact",
        &["name.given", "name.family", "company", "tags"],
    );
    assert!(people.contains("hot; vip"));

    let copy = crm();
    let report = import(&copy, &companies, &ImportOptions::new("company"));
    assert_eq!(problems(&report), []);
    let report = import(
        &copy,
        &people,
        &ImportOptions::new("contact").create_missing(&["tags"]),
    );
    assert_eq!(problems(&report), []);
    assert_eq!(export(&copy, "company", &fields), companies);
    assert_eq!(
        export(
            &copy,
            "contact",
            &["name.given", "name.family", "company", "tags"]
        ),
        people
    );
    assert_eq!(
        export(&copy, "contact", &["name", "company.id"])
            .lines()
            .count(),
        2
    );

    // All fields, ids first: changed elsewhere, they come back to their own records.
    let all = export(&source, "company", &[]);
    assert!(all.starts_with("id,name,domain,website,"));
    let changed = all.replace("@home", "mining");
    let report = import(
        &source,
        &changed,
        &ImportOptions::new("company").update("id"),
    );
    assert_eq!(
        (report.updated, report.unchanged, report.refused),
        (1, 2, 0),
        "{:?}",
        report.problems
    );
    assert_sound(&source);
    assert_sound(&copy);
}

#[test]
fn an_export_has_what_its_query_asks_for() {
    let crm = crm();
    import(&crm, many(10_500), &ImportOptions::new("company"));
    let mut file = Vec::new();
    let query = Query::of("company")
        .filter("employees == 7")
        .sort("-name")
        .limit(3);
    assert_eq!(crm.export_csv(&query, &["name"], &mut file).unwrap(), 3);
    assert_eq!(
        String::from_utf8(file).unwrap(),
        "name\nCompany 9957\nCompany 9907\nCompany 9857\n"
    );
    let mut file = Vec::new();
    assert_eq!(
        crm.export_csv(&Query::of("company"), &["id"], &mut file)
            .unwrap(),
        10_500
    );
    for wrong in ["nam", "name.first", "address.town"] {
        let error = crm.export_csv(&query, &[wrong], Vec::new()).unwrap_err();
        assert_eq!(error.code(), Code::UnknownField);
    }
}

#[test]
fn records_go_through_json_and_back() {
    let crm = crm();
    let acme = crm.create(Company::draft().name("Acme")).unwrap();
    let file = "First name,Last name,Email,Birthday,Company,City,Tags\nAda,Lovelace,ada@x.example,--12-10,Acme,London,hot;vip\n";
    import(
        &crm,
        file,
        &ImportOptions::new("contact").create_missing(&["tags"]),
    );
    let ada = only::<Contact>(&crm);
    let catalog = crm.catalog();
    let json = record_to_json(&catalog, &ada);
    assert_eq!(json["object"], "contact");
    assert_eq!(json["id"], ada.id().to_string());
    assert_eq!(
        json["name"],
        serde_json::json!({"given": "Ada", "family": "Lovelace"})
    );
    assert_eq!(
        json["company"],
        serde_json::json!({"object": "company", "id": acme.to_string()})
    );
    assert_eq!(json["version"], ada.version());
    let names: Vec<&String> = json.as_object().unwrap().keys().collect();
    assert!(
        !names
            .iter()
            .any(|name| name.contains("ordinal") || json[name.as_str()].is_null())
    );
    let fields = fields_from_json(&catalog, "contact", &json).unwrap();
    let outcome = crm.update_record(ada.reference(), fields.clone()).unwrap();
    assert_eq!(outcome.kind, OutcomeKind::Unchanged);
    let twin = crm.create_record("contact", fields).unwrap();
    assert_eq!(
        record_to_json(&catalog, &crm.get_record(twin).unwrap())["address"],
        json["address"]
    );

    let deal = serde_json::json!({"amount": {"amount": 12.5, "currency": "EUR"}, "probability": 33.3, "close_date": null});
    let fields = fields_from_json(&catalog, "deal", &deal).unwrap();
    let eur: Money = "12.50 EUR".parse().unwrap();
    assert!(fields.iter().any(|(_, value)| *value == Value::Money(eur)));
    let error = |object: &str, json: serde_json::Value| {
        fields_from_json(&catalog, object, &json).unwrap_err()
    };
    assert!(
        error("deal", serde_json::json!({"amont": 1}))
            .to_string()
            .contains("did you mean `amount`")
    );
    assert!(
        error("contact", serde_json::json!({"name": {"first": "A"}}))
            .to_string()
            .contains("first")
    );
    assert_eq!(
        error("contact", serde_json::json!([1])).code(),
        Code::Invalid
    );
    assert_eq!(
        error("contact", serde_json::json!({"object": "deal"})).code(),
        Code::Invalid
    );
    assert_eq!(
        error("contact", serde_json::json!({"email": {"a": 1}})).code(),
        Code::Invalid
    );
    assert_sound(&crm);
}
