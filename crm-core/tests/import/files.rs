//! Encodings, delimiters, headers, row numbers.

use crm_core::*;

use super::support::*;

#[test]
fn headers_are_found_by_name_label_other_names_and_parts() {
    let crm = crm();
    let file = "First Name;SURNAME;E-Mail Address;Mobile Phone;Street;Town;ZIP;Country;Position;Shoe size\n\
                Zoë;Müller;zoe@acme.example;+49 151 23456789;1 High St;York;YO1 7HU;UK;CTO;39\n";
    let report = import(&crm, file, &ImportOptions::new("contact"));
    assert_eq!(problems(&report), []);
    assert_eq!(report.unmapped_columns, ["Shoe size"]);
    let fields: Vec<&str> = report
        .columns
        .iter()
        .filter_map(|(_, field)| field.as_deref())
        .collect();
    assert_eq!(
        fields,
        [
            "name.given",
            "name.family",
            "email",
            "mobile",
            "address.street",
            "address.city",
            "address.postal_code",
            "address.country",
            "job_title"
        ]
    );
    let contact = only::<Contact>(&crm);
    assert_eq!(contact.name().unwrap().family, "Müller");
    assert_eq!(contact.mobile(), Some("+4915123456789"));
    assert_eq!(contact.address().unwrap().postal_code, "YO1 7HU");
    assert_sound(&crm);
}

#[test]
fn windows_1252_is_read_where_a_cell_is_not_utf_8() {
    let crm = crm();
    let mut file = "name,city\n".as_bytes().to_vec();
    file.extend_from_slice(b"M\xFCnch & S\xF6hne \x96 Druck,K\xF6ln\n");
    file.extend_from_slice("Ångström,Malmö\n".as_bytes());
    let report = import(&crm, file, &ImportOptions::new("company"));
    assert_eq!(report.created, 2);
    assert_eq!(
        crm.count("company", "name == 'Münch & Söhne – Druck'")
            .unwrap(),
        1
    );
    assert_eq!(crm.count("company", "name == 'Ångström'").unwrap(), 1);
}

#[test]
fn rows_are_counted_as_a_spreadsheet_does() {
    let crm = crm();
    let file = "\u{FEFF}name,employees\r\n\r\nAcme,\"12\"\r\n\"Two\r\nlines\",x\r\n,\r\nBolt,y\r\n";
    let report = import(&crm, file, &ImportOptions::new("company").strict());
    assert_eq!((report.rows, report.created, report.refused), (3, 1, 2));
    let rows: Vec<u64> = report.problems.iter().map(|problem| problem.row).collect();
    assert_eq!(rows, [4, 6]);
    let first = &report.problems[0];
    assert_eq!(
        (first.column.as_str(), first.input.as_str()),
        ("employees", "x")
    );
    assert!(
        first.refused && first.reason.contains("number"),
        "{first:?}"
    );
}

#[test]
fn ragged_rows_are_told() {
    let crm = crm();
    let report = import(
        &crm,
        "name,employees,industry\nAcme\nBolt,1,it,more\nCora,2,it,,\n",
        &ImportOptions::new("company"),
    );
    let said: Vec<(u64, bool)> = report.problems.iter().map(|p| (p.row, p.refused)).collect();
    assert_eq!(said, [(2, false), (3, true)]);
    assert_eq!(report.problems[1].input, "more");
    assert_eq!((report.created, report.refused), (2, 1));
}

#[test]
fn doubled_and_empty_headers_are_named_and_reported() {
    let crm = crm();
    let report = import(
        &crm,
        "name,email,email,\nAcme,a@acme.example,b@acme.example,x\n",
        &ImportOptions::new("company"),
    );
    assert_eq!(report.unmapped_columns, ["email (2)", "Column D"]);
    assert_eq!(only::<Company>(&crm).email(), Some("a@acme.example"));
    // Columns of a list field add up.
    let options = ImportOptions::new("contact")
        .column("Mail", "email")
        .column("Mail (2)", "other_emails")
        .column("Mail (3)", "other_emails");
    let report = import(
        &crm,
        "Name,Mail,Mail,Mail\nAda Lovelace,a@x.example,b@x.example,c@x.example\n",
        &options,
    );
    assert_eq!(problems(&report), []);
    assert_eq!(
        only::<Contact>(&crm).other_emails().unwrap(),
        ["b@x.example", "c@x.example"]
    );
}

#[test]
fn columns_without_a_field_become_fields_when_asked() {
    let crm = crm();
    let file = "name,Shoe size,Größe (cm),1st\nAcme,39,180,x\n";
    let options = ImportOptions::new("company").custom_fields();
    let dry = import(&crm, file, &options.clone().dry_run());
    assert!(
        crm.catalog()
            .object_named("company")
            .unwrap()
            .field_named("shoe_size")
            .is_err()
    );
    let report = import(&crm, file, &options);
    assert_eq!(report.columns, dry.columns);
    assert!(report.unmapped_columns.is_empty());
    assert_eq!(
        crm.count(
            "company",
            "shoe_size == '39' && grosse_cm == '180' && column_1st == 'x'"
        )
        .unwrap(),
        1
    );
    assert_sound(&crm);
}

#[test]
fn a_mapping_that_does_not_fit_is_refused_before_anything_is_written() {
    let crm = crm();
    let file = "name,employees\nAcme,1\n";
    let refused =
        |options: ImportOptions| try_import(&crm, file, &options).unwrap_err().to_string();
    let company = || ImportOptions::new("company");
    assert!(refused(ImportOptions::new("compny")).contains("did you mean `company`"));
    assert!(
        refused(company().column("employes", "employees")).contains("did you mean `employees`")
    );
    assert!(refused(company().column("name", "nam")).contains("did you mean `name`"));
    assert!(refused(company().column("name", "address.town")).contains("no field `town`"));
    let twice = company().column("employees", "name").column("name", "name");
    assert!(refused(twice).contains("has a source already"));
    assert!(
        refused(ImportOptions::new("deal").column("employees", "status")).contains("read-only")
    );
    assert!(refused(company().upsert("domain")).contains("no column"));
    assert!(refused(company().upsert("employees")).contains("indexed"));
    assert!(refused(company().value("industry", "{nme}")).contains("did you mean `name`"));
    assert!(refused(company().value("industry", "{name")).contains("not closed"));
    assert!(refused(company().create_missing(&["name"])).contains("references only"));
    let zone = ReadSettings {
        time_zone: Some("Mars/Olympus".to_owned()),
        ..ReadSettings::default()
    };
    assert!(refused(company().read(zone)).contains("IANA"));
    assert!(
        try_import(&crm, "x,y\n1,2\n", &company())
            .unwrap_err()
            .to_string()
            .contains("no column is a field")
    );
    assert_eq!(
        crm.count("company", "").unwrap() + crm.count("import_run", "").unwrap(),
        0
    );
}

#[test]
fn a_mapping_file_says_the_same_as_the_builder() {
    let json = r#"{
        "object": "deal", "mode": {"upsert": "external_id"},
        "columns": {
            "Agent": "owner", "Internal": null,
            "Value (k)": {"field": "amount", "multiply": 1000},
            "Product": {"field": "description", "aliases": {"GTXPro": "GTX Pro"}}
        },
        "values": {"pipeline": "Sales"},
        "create_missing": ["owner"],
        "read": {"decimal_mark": "comma", "day_first": true, "currency": "EUR"},
        "strict": true
    }"#;
    let read = ReadSettings {
        decimal_mark: Some(value::normalise::DecimalMark::Comma),
        day_first: Some(true),
        currency: Some("EUR".to_owned()),
        ..ReadSettings::default()
    };
    let built = ImportOptions::new("deal")
        .upsert("external_id")
        .column("Agent", "owner")
        .column("Internal", Column::ignored())
        .column("Value (k)", Column::to("amount").multiply(1000))
        .column(
            "Product",
            Column::to("description").alias("GTXPro", "GTX Pro"),
        )
        .value("pipeline", "Sales")
        .create_missing(&["owner"])
        .read(read)
        .strict();
    assert_eq!(ImportOptions::from_json(json).unwrap(), built);
    let again = serde_json::to_string(&built).unwrap();
    assert_eq!(ImportOptions::from_json(&again).unwrap(), built);
    for wrong in [
        "",
        r#"{"columns": {"a": 1}}"#,
        r#"{"columns": {"a": {"feld": "b"}}}"#,
        r#"{"mode": "upsert"}"#,
    ] {
        let error = ImportOptions::from_json(wrong).unwrap_err();
        assert_eq!(error.code(), Code::Invalid, "{error}");
    }
}
