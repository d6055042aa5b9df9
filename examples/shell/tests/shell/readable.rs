//! Every command as people use it.
use super::common::Database;

/// The words of each line of a table, without its head.
fn rows(text: &str) -> Vec<Vec<&str>> {
    let lines = text
        .lines()
        .skip_while(|line| !line.starts_with('─'))
        .skip(1);
    lines
        .take_while(|line| line.starts_with(' '))
        .map(|line| line.split_whitespace().collect())
        .collect()
}

#[test]
fn a_list_shows_titles_and_is_cut_into_pages() {
    let db = Database::seeded();
    let list = db.good(&[
        "list",
        "deal",
        "--sort",
        "-amount",
        "--fields",
        "name,amount,company",
    ]);
    let [first, second] = &rows(&list)[..] else {
        panic!("{list}")
    };
    assert_eq!(&first[1..], ["Ten", "seats", "300.00", "USD"]);
    assert_eq!(&second[1..], ["Forty", "seats", "1200.00", "EUR", "Acme"]);
    assert_eq!(second[0].len(), 12, "the last digits of the id");

    let page = db.good(&["list", "deal", "--limit", "1"]);
    assert!(
        page.contains("Forty seats") && !page.contains("Ten seats"),
        "{page}"
    );
    let cursor = page
        .lines()
        .find_map(|line| line.strip_prefix("More: --after "))
        .unwrap();
    let next = db.good(&["list", "deal", "--limit", "1", "--after", cursor]);
    assert!(
        next.contains("Ten seats") && !next.contains("More:"),
        "{next}"
    );
    let none = db.good(&["list", "deal", "--where", "amount > 5000"]);
    assert!(none.contains("0 records"), "{none}");
    // Piped, nothing is coloured.
    assert!(!list.contains('\u{1b}'));
}

#[test]
fn columns_are_aligned_whatever_the_script() {
    let db = Database::missing();
    for name in ["青葉電機", "Ab", "Łąka"] {
        db.good(&["create", "company", &format!("name={name}"), "employees=7"]);
    }
    let list = db.good(&["list", "company", "--fields", "name,employees"]);
    let ends: Vec<usize> = list
        .lines()
        .skip(2)
        .take(3)
        .map(console::measure_text_width)
        .collect();
    assert_eq!(ends, [ends[0]; 3], "{list}");
}

#[test]
fn a_record_is_found_by_title_by_its_id_and_by_the_end_of_it() {
    let db = Database::seeded();
    let record = db.good(&["get", "contact", "Ada Lovelace"]);
    assert!(
        record.contains("Ada@acme.example") && record.contains("+49 30 23125100"),
        "{record}"
    );
    let id = record
        .lines()
        .find_map(|line| line.trim().strip_prefix("id "))
        .unwrap()
        .trim();
    assert_eq!(db.good(&["get", "contact", id]), record);
    assert_eq!(db.good(&["get", "contact", &id[24..]]), record);
    let error = db.bad(&["get", "contact", "Ada Byron"]);
    assert_eq!(error, "there is no contact Ada Byron");
    db.good(&["create", "company", "name=Acme"]);
    let error = db.bad(&["get", "company", "Acme"]);
    assert!(
        error.contains("several companies fit; say which by its id: "),
        "{error}"
    );
}

#[test]
fn records_are_changed_deleted_restored_and_purged() {
    let db = Database::seeded();
    assert!(
        db.good(&[
            "update",
            "deal",
            "Forty seats",
            "stage=Won",
            "amount=1500 EUR"
        ])
        .starts_with("updated deal ")
    );
    assert!(
        db.good(&["update", "deal", "Forty seats", "stage=Won"])
            .starts_with("unchanged deal ")
    );
    let deal = db.good(&["get", "deal", "Forty seats"]);
    assert!(
        deal.contains("1500.00 EUR") && deal.contains("Won"),
        "{deal}"
    );
    assert!(
        db.good(&["update", "company", "Acme", "employees="])
            .starts_with("updated")
    );
    assert!(!db.good(&["get", "company", "Acme"]).contains("employees"));

    assert!(
        db.good(&["delete", "deal", "Ten seats"])
            .starts_with("deleted deal ")
    );
    assert!(!db.good(&["list", "deal"]).contains("Ten seats"));
    assert!(db.good(&["list", "deal", "--trash"]).contains("Ten seats"));
    assert!(
        db.good(&["restore", "deal", "Ten seats"])
            .starts_with("restored deal ")
    );
    db.good(&["delete", "deal", "Ten seats"]);
    assert!(
        db.good(&["delete", "deal", "Ten seats", "--purge"])
            .starts_with("purged deal ")
    );
    assert!(db.good(&["list", "deal", "--trash"]).contains("0 records"));
    db.assert_sound();
}

#[test]
fn figures_are_grouped_and_keep_currencies_apart() {
    let db = Database::seeded();
    let all = db.good(&["aggregate", "deal", "--sum", "amount"]);
    assert_eq!(rows(&all), [["2", "1200.00", "EUR;", "300.00", "USD"]]);
    let by_month = db.good(&[
        "aggregate",
        "deal",
        "--group-by",
        "close_date:month",
        "--avg",
        "amount",
    ]);
    assert!(
        by_month.contains("2026-02") && by_month.contains("300.00 USD"),
        "{by_month}"
    );
    let owner = db.good(&[
        "aggregate",
        "deal",
        "--where",
        "owner != null",
        "--group-by",
        "owner",
    ]);
    assert_eq!(rows(&owner), [["Grace", "Hopper", "1"]]);
}

#[test]
fn the_board_shows_totals_and_the_first_cards() {
    let db = Database::seeded();
    let board = db.good(&["board"]);
    assert_eq!(rows(&board)[0][..2], ["Qualification", "2"], "{board}");
    assert!(
        board.contains("Forty seats") && board.contains("Ten seats"),
        "{board}"
    );
    db.good(&["update", "deal", "Forty seats", "stage=Won"]);
    let board = db.good(&["board", "Sales", "--cards", "0"]);
    assert_eq!(
        rows(&board)[1][..4],
        ["Won", "1", "1200.00", "EUR"],
        "{board}"
    );
    assert!(!board.contains("Forty seats"), "{board}");
}

#[test]
fn the_past_and_what_is_to_come() {
    let db = Database::seeded();
    let timeline = db.good(&["timeline", "company", "Acme"]);
    assert!(
        timeline.contains("2026-01-05 09:30") && timeline.contains("Kick-off"),
        "{timeline}"
    );
    assert!(
        db.good(&["timeline", "company", "Acme", "--own"])
            .contains("0 entries")
    );
    db.good(&["update", "deal", "Forty seats", "amount=900 EUR"]);
    let history = db.good(&["history", "deal", "Forty seats"]);
    let amount = history
        .lines()
        .find(|line| line.contains(" amount "))
        .unwrap();
    assert!(
        amount.contains("1200.00 EUR") && amount.contains("900.00 EUR"),
        "{history}"
    );

    let due = db.good(&["due", "--at", "2026-01-06"]);
    assert!(due.contains("0 reminders. Next: 2026-01-06 08:00"), "{due}");
    assert!(db.good(&["due"]).contains("Ask Ada"));
    assert!(
        db.good(&["run-due", "--at", "2026-01-06 07:59"])
            .contains("0 reminders")
    );
    assert!(db.good(&["run-due"]).contains("Ask Ada"));
    assert!(
        db.good(&["run-due"]).contains("0 reminders"),
        "nothing falls due twice"
    );
    assert!(db.good(&["due"]).contains("Nothing else is to come"));
    db.assert_sound();
}

#[test]
fn search_finds_beginnings_and_parts_of_numbers() {
    let db = Database::seeded();
    for text in ["lovel", "ada@acme", "23125"] {
        assert!(
            db.good(&["search", text]).contains("Ada Lovelace"),
            "{text}"
        );
    }
    assert!(
        db.good(&["search", "lovel", "--object", "company"])
            .contains("0 hits")
    );
}

#[test]
fn an_import_says_what_it_refused_and_is_taken_back() {
    let db = Database::missing();
    let file = db.write(
        "firms.csv",
        "Company,Headcount,Company ID\nBolt,12,C-1\nCrux,many,C-2\n",
    );
    let trial = db.good(&["import", "company", &file, "--dry-run"]);
    assert!(
        trial.contains("2 created") && trial.contains("A dry run"),
        "{trial}"
    );
    assert!(db.good(&["list", "company"]).contains("0 records"));

    let import = db.good(&["import", "company", &file, "--strict"]);
    assert!(
        import.contains("2 rows: 1 created, 0 updated, 0 unchanged, 1 refused"),
        "{import}"
    );
    assert_eq!(
        rows(&import)[0][..3],
        ["3", "Headcount", "many"],
        "{import}"
    );
    let file = db.write("again.csv", "Company,Headcount,Company ID\nBolt,13,C-1\n");
    let again = db.good(&["import", "company", &file, "--update-by", "Company ID"]);
    assert!(again.contains("0 created, 1 updated"), "{again}");
    let operation = again.split('\'').nth(1).unwrap();
    assert!(db.good(&["undo", operation]).contains("taken back"));
    assert!(db.good(&["get", "company", "Bolt"]).contains(" 12"));

    let map = db.write(
        "map.json",
        r#"{"object": "company", "columns": {"Firm": "name"}}"#,
    );
    let file = db.write("map.csv", "Firm\nDyno\n");
    assert!(
        db.good(&["import", "company", &file, "--map", &map])
            .contains("1 created")
    );
    let error = db.bad(&["import", "contact", &file, "--map", &map]);
    assert!(error.contains("the mapping is for company"), "{error}");
    db.assert_sound();
}

#[test]
fn a_first_import_needs_no_mapping() {
    let db = Database::missing();
    let deals = db.write(
        "deals.csv",
        "Deal name,Account,Stage,Value,Close date\nSeats,Acme,Proposal,1.230 EUR,03/04/2026\n\
         Desks,Acme,Won,n/a,03/05/2026\n",
    );
    let import = db.good(&["import", "deal", &deals]);
    for said in [
        "2 created",
        "1 company, 1 pipeline, 3 stage",
        "1230 or a thousandth",
        "may be the month",
    ] {
        assert!(import.contains(said), "{said}: {import}");
    }
    let again = db.good(&[
        "import",
        "deal",
        &deals,
        "--dry-run",
        "--day-first",
        "--decimal",
        "comma",
    ]);
    assert!(
        again.contains("2 rows look like a record that was there before"),
        "{again}"
    );
    assert!(!again.contains("Problem"), "{again}");
    let none = db.good(&["import", "deal", &deals, "--skip-existing"]);
    assert!(none.contains("0 created, 0 updated, 2 unchanged"), "{none}");
    let people = db.write("people.csv", "Name,Company\nAnn Lee,Bolt\n");
    let known = db.good(&["import", "contact", &people, "--known-only"]);
    assert!(
        known.contains("there is no company of this name"),
        "{known}"
    );
    let packed = db.path("people.xlsx");
    std::fs::write(
        &packed,
        b"PK\x03\x04\x14\x00\x06\x00xl/workbook.xml\x00\xFF\xFE",
    )
    .unwrap();
    let error = db.bad(&["import", "contact", packed.to_str().unwrap()]);
    assert!(
        error.contains("Excel workbook") && !error.contains('\u{FFFD}'),
        "{error}"
    );
    db.assert_sound();
}

#[test]
fn an_export_is_read_again() {
    let db = Database::seeded();
    let csv = db.good(&["export", "company"]);
    assert!(
        csv.starts_with("id,name,") && csv.lines().count() == 2,
        "{csv}"
    );
    let other = Database::missing();
    let file = other.write("companies.csv", &csv);
    other.good(&["import", "company", &file]);
    let without_id = |csv: &str| {
        csv.lines()
            .nth(1)
            .unwrap()
            .split_once(',')
            .unwrap()
            .1
            .to_owned()
    };
    assert_eq!(
        without_id(&other.good(&["export", "company"])),
        without_id(&csv)
    );
    let none = db.good(&["export", "company", "--where", "employees > 100"]);
    assert_eq!(none.lines().count(), 1);
}

#[test]
fn the_file_is_described_checked_compacted_and_copied() {
    let db = Database::seeded();
    assert!(db.good(&["schema"]).contains("deal_contact"));
    let schema = db.good(&["schema", "deal"]);
    assert!(
        schema.contains("reference to stage") && schema.contains("computed"),
        "{schema}"
    );
    let stats = db.good(&["stats"]);
    assert!(
        stats.contains("contact") && stats.contains("bytes on disk"),
        "{stats}"
    );
    assert!(db.good(&["check"]).starts_with("sound: "));
    assert!(db.good(&["repair"]).contains("0 left"));
    let saved = db.path("saved.crm");
    assert!(
        db.good(&["salvage", saved.to_str().unwrap()])
            .contains("0 of them")
    );
    assert!(db.good(&["compact"]).contains("bytes before"));
    let copy = db.path("copy.crm");
    db.good(&["backup", copy.to_str().unwrap()]);
    assert!(
        db.bad(&["backup", copy.to_str().unwrap()])
            .contains("copy.crm"),
        "a backup overwrites nothing"
    );
    let copied = crm_core::Crm::open(&copy).unwrap();
    assert_eq!(copied.count("deal", "").unwrap(), 2);
    assert!(copied.check().unwrap().is_sound());
}

#[test]
fn a_backup_and_its_increments_make_what_was() {
    let db = Database::seeded();
    let end = db.json(&["backup", "sunday.crm"])["to"].to_string();
    db.good(&["create", "company", "name=Bolt"]);
    let said = db.good(&["backup", "monday.rows", "--since", &end]);
    assert!(said.contains("monday.rows: commits "), "{said}");
    assert!(
        db.bad(&["backup", "monday.rows", "--since", &end])
            .contains("overwrites nothing")
    );
    assert!(
        db.bad(&["backup", "none.rows", "--since", "99"])
            .contains("the last commit is")
    );
    let restore = |arguments: &[&str]| {
        let mut all = vec!["restore-backup"];
        all.extend(arguments);
        db.run_on("sunday.crm", &all)
    };
    let names = |file: &str| {
        db.run_on(file, &["list", "company", "--fields", "name"])
            .out
    };
    let said = restore(&["newest.crm", "monday.rows"]);
    assert!(said.code == 0 && said.out.contains("0 records"), "{said:?}");
    assert!(names("newest.crm").contains("Bolt"));
    assert_eq!(
        restore(&["then.crm", "monday.rows", "--commit", &end]).code,
        0
    );
    assert!(!names("then.crm").contains("Bolt"));
    assert_eq!(
        restore(&["now.crm", "monday.rows", "--at", "2100-01-01"]).code,
        0
    );
    assert!(names("now.crm").contains("Bolt"));
    let wrong = restore(&["now.crm", "monday.rows"]);
    assert!(
        wrong.code == 1 && wrong.err.contains("now.crm"),
        "{wrong:?}"
    );
    assert_eq!(
        restore(&["x.crm", "--commit", "1", "--at", "2100-01-01"]).code,
        2
    );
}

#[test]
fn a_declared_operation_is_listed_explained_and_done() {
    let db = Database::seeded();
    let list = db.good(&["do", "help"]);
    assert!(
        list.contains("leads.convert") && list.contains("Makes a contact of a lead"),
        "{list}"
    );
    let help = db.good(&["do", "leads.convert", "--help"]);
    for part in [
        "do leads.convert lead=…",
        "take | make | refuse",
        "Fails with `NotFound`",
        "Without a person: confirmed",
    ] {
        assert!(help.contains(part), "{part} in {help}");
    }
    let convert = ["do", "leads.convert", "Ada Byron", "pipeline=Sales"];
    db.good(&["create", "lead", "name=Ada Byron", "company_name=Engines"]);
    let rehearsed = db.good(&[&convert[..], &["--rehearse"]].concat());
    assert!(rehearsed.contains("Contact: "), "{rehearsed}");
    assert_eq!(
        db.json(&["list", "contact", "--where", "name.family=='Byron'"])["records"],
        serde_json::json!([])
    );
    let done = db.good(&convert);
    assert!(
        done.contains("Contact: Ada Byron") && done.contains("Made: Engines; Ada Byron; Engines"),
        "{done}"
    );

    let board = db.good(&["do", "board", "deal", "pipeline:Sales", "cards_max=1"]);
    assert!(
        board.contains("Of: Sales") && board.contains("Qualification, cards:"),
        "{board}"
    );
    for wrong in [
        &["do", "nothing"][..],
        &["do", "board", "deal", "pipeline:Sales", "cards_max=many"],
        &["do", "board", "deal", "Sales"],
        &["do", "board", "deal", "pipeline:Sales", "7"],
        &["do", "leads.convert", "--rehearse"],
    ] {
        let printed = db.run(wrong);
        assert_eq!(printed.code, 1, "{wrong:?}: {printed:?}");
    }
}
