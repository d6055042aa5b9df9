//! The first import: honest files with the dirt that people have, into a new database, without a word of mapping.

use crm_core::*;

use super::support::*;

/// A file, what it is to become, and what came of it: rows created, rows refused, cells that were lost.
struct Honest {
    name: &'static str,
    object: &'static str,
    text: &'static str,
    created: u64,
    refused: u64,
    problems: u64,
    made: &'static [(&'static str, u64)],
}

const FILES: &[Honest] = &[
    Honest {
        name: "contacts with companies",
        object: "contact",
        text: "Name,Company,Email,Phone\nAnn Lee,Acme,ann@acme.example,n/a\nBob Ray,acme,-,\
               \"+1 415 555 2671; +1 415 555 2672\"\nCid Poe,Bolt & Co,cid@bolt.example,0\n,,tom@x.example,\n",
        created: 4,
        refused: 0,
        problems: 0,
        made: &[("company", 2)],
    },
    Honest {
        name: "contacts of a German office",
        object: "contact",
        text: "Name;Company;Email;Birthday\nJörg Maß;Müller GmbH;joerg@mueller.example;03.04.1990\n\
               Ute Ott;Müller GmbH;ute@mueller.example, ott@home.example;15.04.1990\nIda Alt;k.A.;k.A.;unbekannt\n",
        created: 3,
        refused: 0,
        problems: 0,
        made: &[("company", 1)],
    },
    Honest {
        name: "an address list of addresses",
        object: "contact",
        text: "E-mail,Name\none@x.example,\ntwo@x.example,NULL\nthree@x.example,Three Times\n,\"Only, Name\"\n",
        created: 4,
        refused: 0,
        problems: 0,
        made: &[],
    },
    Honest {
        name: "leads of another program",
        object: "lead",
        text: "Lead Name,Company,Lead Status,Email,Estimated Value,Owner\n\
               Ann Lee,Acme,Open - Not Contacted,ann@acme.example,\"$12,500.50\",Kim Sales\n\
               Bob Ray,Bolt,Working - Contacted,bob@bolt.example,\"$1,200.00\",Kim Sales\n\
               Cid Poe,Cora,Closed - Not Converted,none,NULL,\n\
               Dan Roe,Duo,On holiday,dan@duo.example,\"$900.00\",\n",
        created: 4,
        refused: 0,
        // Two owners who are nobody's account, and a status that is none.
        problems: 3,
        made: &[],
    },
    Honest {
        name: "leads of a fair",
        object: "lead",
        text: "Full name\tCompany\tPhone number\tSource\tNotes\nAnn Lee\tAcme\t#N/A\tBooth\tcall back\n\
               \t\t+49 30 901820\tBooth\tno card\n\tBolt\t\tBooth\t\n--\tN/A\tn/a\tBooth\t\n",
        created: 3,
        // The last row has nothing to hold on to.
        refused: 1,
        problems: 1,
        made: &[],
    },
    Honest {
        name: "deals into nothing",
        object: "deal",
        text: "Deal name,Account,Stage,Amount,Close date,Primary contact\n\
               Seats,Acme,Proposal,\"12,500.00 USD\",2026-05-17,Ann Lee\n\
               Desks,Bolt,Discovery,\"1,200 USD\",05/17/2026,bob@bolt.example\n\
               Lamps,Acme,Closed Won,900 USD,03/04/2026,Ann Lee\nChairs,Cora,Closed Lost,-,n/a,\n",
        created: 4,
        refused: 0,
        problems: 0,
        made: &[
            ("company", 3),
            ("contact", 2),
            ("pipeline", 1),
            ("stage", 4),
        ],
    },
    Honest {
        name: "deals without a stage",
        object: "deal",
        text: "Opportunity;Value;Closing date\nWartung;1.230 €;17.05.2026\nUmbau;250.000,00 €;01.02.2026\n\
               Dach;12,50 €;\nHalle;unknown;31.02.2026\n",
        created: 4,
        refused: 0,
        problems: 1,
        made: &[("pipeline", 1), ("stage", 5)],
    },
    Honest {
        name: "deals of two pipelines",
        object: "deal",
        text: "Name,Pipeline,Stage\nA,New business,Call\nB,New business,Won\nC,Renewals,Due\nD,Renewals,Gewonnen\nE,,\n",
        created: 5,
        refused: 0,
        problems: 0,
        made: &[("pipeline", 2), ("stage", 6)],
    },
    Honest {
        name: "companies of a directory",
        object: "company",
        text: "Company,Website,Employees,Revenue,Founded,Parent company,Phone\n\
               Acme,acme.example,10.000,n/a,1999,Wyvern Group,none\nBolt,not a site!,12,,circa 1950,,\
               000-000-0000\nCora,,1.250,1.000.000 EUR,unknown,Acme,+49 30 901820 / +49 30 901821\n",
        created: 3,
        refused: 0,
        // The website and the year of Bolt, the second number of Cora.
        problems: 3,
        made: &[("company", 1)],
    },
    Honest {
        name: "companies with numbers that may be anything",
        object: "company",
        text: "Company;Employees;Revenue\nAcme;10.000;250.000 EUR\nBolt;20.000;12,500 USD\nCora;7;1.230 €\n",
        created: 3,
        refused: 0,
        problems: 5,
        made: &[],
    },
    Honest {
        name: "tasks",
        object: "task",
        text: "Subject,Due,Status,Related to,Assigned to\nCall Ann,04/05/2026 10:00,Completed,Acme,Kim\n\
               Write,04/25/2026 09:00,In Progress,,\nWait,N/A,Someday,,\n",
        created: 3,
        refused: 0,
        // Nobody called Acme or Kim, and no status Someday.
        problems: 3,
        made: &[],
    },
];

#[test]
fn honest_files_come_in() {
    println!("| file | rows | strict: in | in | refused | problems | made |");
    let mut totals = [0; 5];
    for file in FILES {
        let strict = import(&crm(), file.text, &ImportOptions::new(file.object).strict());
        let crm = crm();
        let report = import(&crm, file.text, &ImportOptions::new(file.object));
        let made: Vec<(&str, u64)> = report
            .created_links
            .iter()
            .map(|(object, count)| (object.as_str(), *count))
            .collect();
        println!(
            "| {} | {} | {} | {} | {} | {} | {made:?} |",
            file.name,
            report.rows,
            strict.created,
            report.created,
            report.refused,
            report.problem_count
        );
        let counted = (report.created, report.refused, report.problem_count);
        let expected = (file.created, file.refused, file.problems);
        assert_eq!(counted, expected, "{}: {:#?}", file.name, report.problems);
        assert_eq!(made, file.made, "{}", file.name);
        assert_eq!(report.existing, 0, "{}", file.name);
        for problem in &report.problems {
            assert!(!problem.reason.is_empty() && problem.row > 1, "{problem:?}");
        }
        // The same again is told before anything is written, and left out when asked.
        let dry = import(&crm, file.text, &ImportOptions::new(file.object).dry_run());
        assert_eq!(dry.existing, file.created, "{}", file.name);
        let again = import(
            &crm,
            file.text,
            &ImportOptions::new(file.object).skip_existing(),
        );
        assert_eq!(
            (again.created, again.unchanged),
            (0, file.created),
            "{}",
            file.name
        );
        assert_sound(&crm);
        crm.undo(&report.operation).unwrap();
        for object in [
            "company", "contact", "lead", "deal", "pipeline", "stage", "task",
        ] {
            assert_eq!(crm.count(object, "").unwrap(), 0, "{}: {object}", file.name);
        }
        for (total, count) in totals.iter_mut().zip([
            report.rows,
            strict.created,
            report.created,
            report.refused,
            report.problem_count,
        ]) {
            *total += count;
        }
    }
    println!("{totals:?}");
}

fn values(crm: &Crm, object: &str, field: &str) -> Vec<String> {
    let number = crm
        .catalog()
        .object_named(object)
        .unwrap()
        .field_named(field)
        .unwrap()
        .id;
    let rows = crm.find(&Query::of(object)).unwrap().rows;
    rows.iter().map(|row| row.get(number).to_string()).collect()
}

fn file(name: &str) -> (Crm, ImportReport) {
    let file = FILES.iter().find(|file| file.name == name).unwrap();
    let crm = crm();
    let report = import(&crm, file.text, &ImportOptions::new(file.object));
    (crm, report)
}

#[test]
fn one_value_of_a_column_decides_for_all_of_it() {
    let (crm, _) = file("contacts of a German office");
    assert_eq!(
        values(&crm, "contact", "birthday"),
        ["1990-04-03", "1990-04-15", ""]
    );
    assert_eq!(
        values(&crm, "contact", "other_emails").join("|"),
        "|ott@home.example|"
    );
    let (crm, _) = file("deals into nothing");
    assert_eq!(
        values(&crm, "deal", "close_date"),
        ["2026-05-17", "2026-05-17", "2026-03-04", ""]
    );
    assert_eq!(
        values(&crm, "deal", "amount"),
        ["12500.00 USD", "1200.00 USD", "900.00 USD", ""]
    );
    let (crm, _) = file("deals without a stage");
    assert_eq!(
        values(&crm, "deal", "amount"),
        ["1230.00 EUR", "250000.00 EUR", "12.50 EUR", ""]
    );
    let (crm, _) = file("tasks");
    assert_eq!(
        values(&crm, "task", "due"),
        ["2026-04-05T10:00:00Z", "2026-04-25T09:00:00Z", ""]
    );
    // 1.250 people are no others than 1250.
    let (crm, _) = file("companies of a directory");
    let mut employees = values(&crm, "company", "employees");
    employees.sort();
    assert_eq!(employees, ["", "10000", "12", "1250"]);
}

#[test]
fn what_stays_open_is_a_problem_until_it_is_said() {
    let text =
        "Name;Birthday;Email\nAnn Lee;03/04/1990;a@x.example\nBob Ray;05/06/1991;b@x.example\n";
    let (dates, contact) = (crm(), ImportOptions::new("contact"));
    let report = import(&dates, text, &contact);
    let said = problems(&report);
    assert_eq!((report.created, said.len(), said[0].1), (2, 2, "Birthday"));
    assert!(
        said[0].2.contains("whether the day is first"),
        "{}",
        said[0].2
    );
    for (day_first, first) in [(true, "1990-04-03"), (false, "1990-03-04")] {
        let crm = crm();
        let read = ReadSettings {
            day_first: Some(day_first),
            ..ReadSettings::default()
        };
        let report = import(&crm, text, &contact.clone().read(read));
        assert_eq!(problems(&report), []);
        assert_eq!(values(&crm, "contact", "birthday")[0], first);
    }
    // Two columns are two hands, and rows that contradict each other say nothing.
    let text = "Name,Birthday\nA a,25/04/1990\nB b,04/25/1990\nC c,03/04/1990\n";
    let crm = crm();
    let report = import(&crm, text, &contact);
    assert_eq!(
        values(&crm, "contact", "birthday"),
        ["1990-04-25", "1990-04-25", ""]
    );
    assert_eq!(report.problem_count, 1);
    let crm = super::support::crm();
    let text = "Company;Employees;Revenue\nAcme;10.000;250.000 EUR\n";
    let read = ReadSettings {
        decimal_mark: Some(value::normalise::DecimalMark::Comma),
        ..ReadSettings::default()
    };
    import(&crm, text, &ImportOptions::new("company").read(read));
    assert_eq!(values(&crm, "company", "employees"), ["10000"]);
    assert_eq!(values(&crm, "company", "annual_revenue"), ["250000.00 EUR"]);
    // Nor is it guessed where a record is made by hand.
    for (field, text) in [("employees", "10.000"), ("annual_revenue", "1.230 €")] {
        let draft = Company::draft().name("Acme").with(field, text);
        assert_eq!(
            crm.create(draft).unwrap_err().code(),
            Code::Invalid,
            "{text}"
        );
    }
}

#[test]
fn deals_get_their_pipeline() {
    let (crm, report) = file("deals into nothing");
    let stages = crm.find(&Query::of("stage").sort("order")).unwrap().rows;
    let said: Vec<String> = stages
        .iter()
        .map(|stage| {
            let text = |field: &str| {
                let object = crm.catalog();
                let field = object
                    .object_named("stage")
                    .unwrap()
                    .field_named(field)
                    .unwrap()
                    .id;
                stage.get(field).to_string()
            };
            [text("name"), text("kind"), text("probability")].join(" ")
        })
        .collect();
    assert_eq!(
        said,
        [
            "Proposal open 33",
            "Discovery open 66",
            "Closed Won won 100",
            "Closed Lost lost 0"
        ]
    );
    assert_eq!(
        crm.count("deal", "status == 'won' && stage.name == 'Closed Won'")
            .unwrap(),
        1
    );
    assert_eq!(crm.count("deal", "status == 'lost'").unwrap(), 1);
    assert_eq!(
        crm.count("contact", "email == 'bob@bolt.example'").unwrap(),
        1
    );
    // A later file finds them, with other words for the end, and a stage of nobody is a problem.
    let text = "Deal name,Stage\nMore,discovery\nEnd,Gewonnen\nOdd,Elsewhere\n";
    let again = import(&crm, text, &ImportOptions::new("deal"));
    assert_eq!((again.created, again.created_links.len()), (3, 0));
    assert_eq!(problems(&again).len(), 1);
    assert_eq!(
        crm.count("deal", "name == 'End' && status == 'won'")
            .unwrap(),
        1
    );
    assert_eq!(
        crm.count("deal", "name == 'Odd' && stage.name == 'Proposal'")
            .unwrap(),
        1
    );
    crm.undo(&again.operation).unwrap();
    crm.undo(&report.operation).unwrap();
    let strict = import(&crm, text, &ImportOptions::new("deal").strict());
    assert_eq!((strict.created, strict.refused), (0, 3));
    assert_eq!(crm.count("pipeline", "").unwrap(), 0);
    assert_sound(&crm);
}

#[test]
fn choices_have_other_names() {
    let (crm, report) = file("leads of another program");
    assert_eq!(
        values(&crm, "lead", "status"),
        ["new", "working", "unqualified", "new"]
    );
    let status = report
        .problems
        .iter()
        .find(|problem| problem.column == "Lead Status")
        .unwrap();
    assert!(
        status.input == "On holiday" && status.reason.contains("the choices are"),
        "{status:?}"
    );
    let map = Column::default().alias("On holiday", "unqualified");
    let crm = super::support::crm();
    let text = FILES[3].text;
    import(
        &crm,
        text,
        &ImportOptions::new("lead").column("Lead Status", map),
    );
    assert_eq!(values(&crm, "lead", "status")[3], "unqualified");
}

#[test]
fn somebody_without_a_name_is_called_by_what_is_known() {
    let crm = crm();
    let tom = crm.create(Contact::draft().email("tom@x.example")).unwrap();
    let title = || crm.title(&crm.get_record(tom.reference()).unwrap());
    assert_eq!(title(), "tom@x.example");
    crm.update(tom, Contact::draft().email("tom@y.example"))
        .unwrap();
    assert_eq!(title(), "tom@y.example");
    crm.update(tom, Contact::draft().with("name.family", "Tully"))
        .unwrap();
    assert_eq!(title(), "Tully");
    crm.update(tom, Contact::draft().with("name.given", "Tom"))
        .unwrap();
    crm.update(tom, Contact::draft().email("tom@z.example"))
        .unwrap();
    assert_eq!(title(), "Tom Tully");
    let acme = crm.create(Company::draft().name("Acme")).unwrap();
    let somebody = crm.create(Contact::draft().company(acme)).unwrap();
    assert_eq!(
        crm.title(&crm.get_record(somebody.reference()).unwrap()),
        "Acme"
    );
    assert!(crm.create(Contact::draft().department("IT")).is_err());
    assert!(crm.create(Lead::draft().source("web")).is_err());
    let lead = crm.create(Lead::draft().company_name("Bolt")).unwrap();
    assert_eq!(
        crm.title(&crm.get_record(lead.reference()).unwrap()),
        "Bolt"
    );
    assert_sound(&crm);
}

/// Rows in whose cells there are several addresses, in an import that changes records.
#[test]
fn further_addresses_go_where_there_is_room() {
    let crm = crm();
    let text = "Name,Email,Phone,Key\nAnn Lee,\"ann@x.example; lee@x.example / a@y.example\",\
                \"+49 30 901820, 12\",K1\n";
    let options = ImportOptions::new("contact")
        .column("Key", "external_id")
        .upsert("external_id");
    let report = import(&crm, text, &options);
    assert_eq!(values(&crm, "contact", "email"), ["ann@x.example"]);
    assert_eq!(
        only::<Contact>(&crm).other_emails().unwrap(),
        ["lee@x.example", "a@y.example"]
    );
    assert_eq!(values(&crm, "contact", "phone"), ["+4930901820"]);
    assert_eq!(
        report.problems.len(),
        1,
        "the number that is none: {:?}",
        report.problems
    );
    let text = "Key,Email\nK1,ann@x.example new@x.example\n";
    import(&crm, text, &options);
    assert_eq!(
        only::<Contact>(&crm).other_emails().unwrap(),
        ["lee@x.example", "a@y.example", "new@x.example"]
    );
    let report = import(
        &crm,
        "Company,Email\nAcme,a@x.example b@x.example\n",
        &ImportOptions::new("company"),
    );
    assert!(problems(&report)[0].2.contains("room for one"));
}

/// Values that a record is refused for as a whole, and that it need not have.
#[test]
fn a_row_goes_in_without_the_cells_for_which_its_record_is_refused() {
    let crm = crm();
    let text = "Subject,Starts,Ends\nTalk,2026-03-02 10:00,2026-03-02 09:00\n";
    let report = import(&crm, text, &ImportOptions::new("meeting"));
    assert_eq!((report.created, report.refused), (1, 0), "{report:?}");
    let (row, column, reason) = &problems(&report)[0];
    assert_eq!((*row, *column), (2, "Ends"), "{reason}");
    assert_eq!(crm.count("meeting", "ends == null").unwrap(), 1);
    let text = "Name,Stage,Probability\nA,Open,120\n";
    let report = import(&crm, text, &ImportOptions::new("deal"));
    assert_eq!((report.created, report.refused), (1, 0), "{report:?}");
    assert_eq!(report.problem_count, 1);
    let report = import(&crm, text, &ImportOptions::new("deal").strict());
    assert_eq!((report.created, report.refused), (0, 1), "{report:?}");
    assert_sound(&crm);
}
