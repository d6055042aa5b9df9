//! What bad input gets: a reason on standard error, and nothing is changed.
use super::common::Database;
use crm_core::{Code, Crm};

#[test]
fn unknown_names_get_the_nearest_one() {
    let db = Database::seeded();
    assert_eq!(
        db.bad(&["list", "deel"]),
        "unknown object `deel`; did you mean `deal`?"
    );
    assert_eq!(db.bad_json(&["list", "deel"])["code"], "unknown_object");
    let error = db.bad(&["create", "deal", "nme=X"]);
    assert_eq!(error, "`deal` has no field `nme`; did you mean `name`?");
    assert_eq!(
        db.bad_json(&["list", "deal", "--sort", "amuont"])["code"],
        "unknown_field"
    );
    assert_eq!(
        db.bad_json(&["list", "deal", "--fields", "amuont"])["code"],
        "unknown_field"
    );
    assert_eq!(
        db.bad_json(&["aggregate", "deal", "--sum", "amuont"])["code"],
        "unknown_field"
    );
    assert!(
        db.bad(&["aggregate", "deal", "--group-by", "close_date:decade"])
            .contains("fiscal_year")
    );
}

#[test]
fn a_broken_expression_is_shown_where_it_breaks() {
    let db = Database::seeded();
    let error = db.bad(&["list", "deal", "--where", "amount > 3 &&"]);
    assert!(
        error.starts_with("expression, line 1, column 14: "),
        "{error}"
    );
    let error = db.bad_json(&[
        "aggregate",
        "deal",
        "--where",
        "status == 'open' && amont > 3",
    ]);
    assert_eq!(
        (&error["code"], &error["line"], &error["column"]),
        (&"expression".into(), &1.into(), &21.into())
    );
    assert!(
        error["message"]
            .as_str()
            .unwrap()
            .contains("did you mean `amount`?")
    );
}

#[test]
fn values_that_do_not_fit_are_refused_with_a_reason() {
    let db = Database::seeded();
    let sequence = db.json(&["stats"])["sequence"].clone();
    for (args, code) in [
        (
            &["create", "contact", "name=X", "email=nowhere"][..],
            "invalid",
        ),
        (&["create", "deal", "name=X", "pipeline=Sails"], "not_found"),
        (&["create", "deal", "name"], "invalid"),
        (&["create", "pipeline", "name=Sales"], "duplicate"),
        (
            &["update", "deal", "Ten seats", "amount=12.345 EUR"],
            "invalid",
        ),
        (&["update", "deal", "Ten seats", "status=won"], "invalid"),
        (&["update", "company", "Acme", "parent=Acme"], "cycle"),
        (&["create", "call", "subject=X", "about=Acme"], "invalid"),
        (
            &["timeline", "company", "Acme", "--after", "yesterday"],
            "invalid",
        ),
        (&["due", "--at", "soon"], "invalid"),
        (&["board", "--object", "call"], "invalid"),
        (&["undo", "nothing"], "not_found"),
        (&["list", "deal", "--after", "00"], "invalid"),
    ] {
        assert_eq!(db.bad_json(args)["code"], code, "{args:?}");
    }
    assert_eq!(
        db.json(&["stats"])["sequence"],
        sequence,
        "nothing was changed"
    );
    db.assert_sound();
}

#[test]
fn a_file_that_is_not_there_is_made_by_import_and_create_only() {
    let db = Database::missing();
    for args in [
        &["list", "deal"][..],
        &["check"],
        &["stats"],
        &["run-due"],
        &["undo", "x"],
        &["compact"],
    ] {
        let error = db.bad(args);
        assert!(
            error.starts_with("there is no file ") && error.ends_with("test.crm"),
            "{error}"
        );
    }
    assert_eq!(db.bad_json(&["list", "deal"])["code"], "not_found");
    assert!(!db.path("test.crm").exists());
    db.good(&["create", "company", "name=Acme"]);
    assert!(db.path("test.crm").exists());
    let error = db.bad(&["import", "company", db.path("none.csv").to_str().unwrap()]);
    assert!(error.contains("none.csv"), "{error}");
}

#[test]
fn a_file_that_another_process_has_open_is_locked() {
    let db = Database::seeded();
    let path = db.path("test.crm");
    let held = Crm::open(&path).unwrap();
    assert!(
        db.bad(&["list", "deal"])
            .contains("is open in another process")
    );
    assert_eq!(db.bad_json(&["list", "deal"])["code"], Code::Locked.name());
    drop(held);
    db.good(&["list", "deal"]);
}

#[test]
fn a_file_that_is_no_database_is_left_alone() {
    let db = Database::missing();
    let text = "these are my notes\n".repeat(500);
    db.write("test.crm", &text);
    let error = db.bad_json(&["create", "company", "name=Acme"]);
    assert_eq!(error["code"], "corrupt");
    assert_eq!(std::fs::read_to_string(db.path("test.crm")).unwrap(), text);
}

#[test]
fn a_wrong_command_line_is_an_error_of_its_own() {
    let db = Database::seeded();
    let printed = db.run(&["lst", "deal"]);
    assert_eq!(printed.code, 2);
    assert!(
        printed
            .err
            .starts_with("crm: unrecognized subcommand 'lst'"),
        "{}",
        printed.err
    );
    assert_eq!(db.bad_json(&["list"])["code"], "usage");
    let help = db.run(&["--help"]);
    assert_eq!((help.code, help.err.as_str()), (0, ""));
    assert!(
        help.out.contains("Only `import` and `create` make a file"),
        "{}",
        help.out
    );
}
