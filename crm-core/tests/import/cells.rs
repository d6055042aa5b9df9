//! What becomes of cells.

use crm_core::*;

use super::support::*;

fn german() -> ReadSettings {
    ReadSettings {
        decimal_mark: Some(value::normalise::DecimalMark::Comma),
        day_first: Some(true),
        currency: Some("EUR".to_owned()),
        region: Some("DE".to_owned()),
        time_zone: Some("Europe/Berlin".to_owned()),
    }
}

#[test]
fn text_is_read_as_the_file_writes_it() {
    let crm = crm();
    let file = "subject;Datum;Telefon\nAnruf;03.04.2026 09:00;x\n";
    let options = ImportOptions::new("call")
        .column("Datum", "at")
        .read(german());
    import(&crm, file, &options);
    let at = crm.find(&Query::of("call")).unwrap().rows[0]
        .get(Call::AT.number())
        .as_datetime();
    assert_eq!(at.unwrap().to_rfc3339(), "2026-04-03T07:00:00+00:00");
    let file = "name;revenue;phone\nAcme;1.234,50;030 901820\n";
    import(&crm, file, &ImportOptions::new("company").read(german()));
    let acme = only::<Company>(&crm);
    assert_eq!(acme.annual_revenue().unwrap().to_string(), "1234.50 EUR");
    assert_eq!(acme.phone(), Some("+4930901820"));
}

#[test]
fn numbers_are_multiplied_and_amounts_take_the_currency_of_their_row() {
    let crm = crm();
    let options = ImportOptions::new("company")
        .column("revenue", Column::to("annual_revenue").multiply(1_000_000))
        .column(
            "staff (k)",
            Column::to("employees").multiply("0.001".parse::<rust_decimal::Decimal>().unwrap()),
        );
    let report = import(
        &crm,
        "name,revenue,currency,staff (k)\nAcme,1.5,JPY,4000\nBolt,2,,3\nCora,1,EURO,\n",
        &options,
    );
    let acme = crm
        .list::<Company>(Query::default().filter("name == 'Acme'"))
        .unwrap()
        .rows
        .remove(0);
    assert_eq!(acme.annual_revenue().unwrap().to_string(), "1500000 JPY");
    assert_eq!(acme.employees(), Some(4));
    let said = problems(&report);
    assert_eq!((said[0].0, said[0].1), (3, "staff (k)"));
    // The amount of an unknown currency is left out with it.
    assert_eq!((said[1].0, said[1].1, said.len()), (4, "currency", 2));
    assert_eq!(report.created, 3);
    assert_eq!(
        crm.count("company", "name == 'Cora' && annual_revenue == null")
            .unwrap(),
        1
    );
}

#[test]
fn every_bad_cell_of_a_row_is_told_and_the_row_comes_in() {
    let crm = crm();
    let file =
        "name,email,employees,founded\nAcme,nonsense,many,1999\nBolt,b@bolt.example,3,2001\n";
    let options = ImportOptions::new("company");
    let report = import(&crm, file, &options.clone().strict());
    let columns: Vec<&str> = report
        .problems
        .iter()
        .map(|problem| problem.column.as_str())
        .collect();
    assert_eq!(columns, ["email", "employees"]);
    assert_eq!(
        (report.created, report.refused, report.problem_count),
        (1, 1, 2)
    );
    let kept = crm
        .list::<ImportProblem>(Query::default().sort("row"))
        .unwrap()
        .rows;
    assert_eq!(kept.len(), 2);
    assert_eq!(kept[0].run(), report.run);
    assert_eq!(
        (kept[0].row(), kept[0].input(), kept[0].refused()),
        (Some(2), Some("nonsense"), Some(true))
    );
    let run = crm.get(report.run.unwrap()).unwrap();
    assert_eq!(
        (run.rows(), run.created(), run.refused()),
        (Some(2), Some(1), Some(1))
    );
    assert_eq!(run.operation(), Some(report.operation.as_str()));

    crm.undo(&report.operation).unwrap();
    let report = import(&crm, file, &options);
    assert_eq!(
        (report.created, report.refused, report.problem_count),
        (2, 0, 2)
    );
    assert!(report.problems.iter().all(|problem| !problem.refused));
    assert_eq!(
        crm.count("company", "founded == 1999 && email == null")
            .unwrap(),
        1
    );
    assert_sound(&crm);
}

#[test]
fn what_a_save_refuses_names_its_column_and_spoils_no_other_row() {
    let crm = crm();
    let message = "a company has a domain";
    let rule = ValidationRule::draft()
        .name("domain")
        .object("company")
        .condition("employees < 1000 || domain != null")
        .message(message);
    crm.create(rule).unwrap();
    let file = "name,external id,employees\nAcme,A1,1\n,A2,2\nBolt,A1,3\nCora,A4,5000\nDuo,A5,6\n";
    let report = import(&crm, file, &ImportOptions::new("company"));
    let said = problems(&report);
    assert_eq!((said[0].0, said[0].1), (3, "name"));
    assert!(said[0].2.contains("required"));
    assert_eq!((said[1].0, said[1].1), (4, "external id"));
    assert!(said[1].2.contains("is taken by"));
    assert_eq!((said[2].0, said[2].1), (5, ""));
    assert!(said[2].2.contains(message));
    assert_eq!((report.created, report.refused), (2, 3));
    assert_eq!(
        crm.search("duo", &SearchOptions::default()).unwrap().len(),
        1
    );
    assert_eq!(
        crm.search("bolt", &SearchOptions::default()).unwrap().len(),
        0
    );
    assert_sound(&crm);
}

#[test]
fn aliases_values_and_optional_groups_make_the_text() {
    let crm = crm();
    let options = ImportOptions::new("company")
        .column("Firma", Column::to("name").alias("ACME GmbH", "Acme"))
        .value("industry", "{{x}} [{Ort}: {Firma}][[y]");
    let report = import(
        &crm,
        "Firma,Ort,Rest\n acme gmbh ,York,\nBolt,,\n",
        &options,
    );
    assert_eq!(report.unmapped_columns, ["Rest"]);
    assert_eq!(
        crm.count(
            "company",
            "name == 'Acme' && industry == '{x}} York: Acme[y]'"
        )
        .unwrap(),
        1
    );
    assert_eq!(
        crm.count("company", "name == 'Bolt' && industry == '{x}} [y]'")
            .unwrap(),
        1
    );
}

#[test]
fn empty_cells_leave_or_clear() {
    let crm = crm();
    let by = ImportOptions::new("company").update("external_id");
    import(
        &crm,
        "name,external_id,industry,employees\nAcme,A1,it,4\n",
        &ImportOptions::new("company"),
    );
    let report = import(
        &crm,
        "external_id,industry,employees\nA1,,5\nA2,it,1\n,it,1\n",
        &by,
    );
    assert_eq!((report.updated, report.refused), (1, 2));
    assert!(problems(&report)[0].2.contains("no company has this value"));
    let acme = only::<Company>(&crm);
    assert_eq!((acme.industry(), acme.employees()), (Some("it"), Some(5)));
    import(
        &crm,
        "external_id,industry\nA1,\n",
        &by.clone().clear_empty(),
    );
    assert_eq!(only::<Company>(&crm).industry(), None);
    let report = import(&crm, "external_id,employees\nA1,5\n", &by);
    assert_eq!(report.unchanged, 1);
}

#[test]
fn parts_of_a_record_that_is_there_are_changed_alone() {
    let crm = crm();
    import(
        &crm,
        "First name,Last name,Email\nAda,Byron,ada@x.example\n",
        &ImportOptions::new("contact"),
    );
    let by = ImportOptions::new("contact").upsert("email");
    let report = import(
        &crm,
        "Surname,Email\nLovelace,ada@x.example\nHopper,grace@x.example\n",
        &by,
    );
    assert_eq!((report.updated, report.created), (1, 1));
    assert_eq!(
        crm.search("ada lovelace", &SearchOptions::default())
            .unwrap()
            .len(),
        1
    );
    assert_sound(&crm);
}

#[test]
fn a_closed_deal_of_the_past_was_closed_on_its_day() {
    let crm = crm();
    let settings = crm
        .list::<Organisation>(Query::default())
        .unwrap()
        .rows
        .remove(0);
    crm.update(
        settings.id(),
        Organisation::draft().time_zone("America/New_York"),
    )
    .unwrap();
    let sales = crm.create(Pipeline::draft().name("Sales")).unwrap();
    for (order, (name, kind)) in [("New", StageKind::Open), ("Won", StageKind::Won)]
        .into_iter()
        .enumerate()
    {
        let stage = Stage::draft()
            .name(name)
            .pipeline(sales)
            .order(order as i64)
            .kind(kind)
            .probability(10);
        crm.create(stage).unwrap();
    }
    let file =
        "name,stage,close date\nPast,Won,2017-03-01\nFuture,Won,2027-01-01\nOpen,New,2017-03-01\n";
    let report = import(&crm, file, &ImportOptions::new("deal"));
    assert_eq!(problems(&report), []);
    let closed = |name: &str| {
        let filter = format!("name == '{name}'");
        let deal = crm
            .list::<Deal>(Query::default().filter(&filter))
            .unwrap()
            .rows
            .remove(0);
        deal.closed_at().map(|at| at.to_rfc3339())
    };
    assert_eq!(closed("Past").unwrap(), "2017-03-01T05:00:00+00:00");
    assert_eq!(closed("Future").unwrap(), "2026-03-02T09:00:00+00:00");
    assert_eq!(closed("Open"), None);
}
