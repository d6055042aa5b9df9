//! References: found by what people call a record, created where that is wanted, refused otherwise.

use crm_core::*;

use super::support::*;

#[test]
fn references_are_found_by_title_key_address_and_id() {
    let crm = crm();
    let acme = crm
        .create(Company::draft().name("Café  Acme").external_id("A-1"))
        .unwrap();
    let ada = crm
        .create(
            Contact::draft()
                .name("Ada Lovelace")
                .email("ada@acme.example"),
        )
        .unwrap();
    let file = format!(
        "name,company,referred by\nA a,cafe acme,\nB b,a-1,ADA@acme.example\nC c,{},\"Lovelace, Ada\"\nD d,company:{},Ada  Lovelace\n",
        acme, acme
    );
    let report = import(&crm, file, &ImportOptions::new("contact"));
    assert_eq!(problems(&report), []);
    let filter = format!("company.id == '{acme}'");
    assert_eq!(crm.count("contact", &filter).unwrap(), 4);
    let filter = format!("referred_by.id == '{ada}'");
    assert_eq!(crm.count("contact", &filter).unwrap(), 3);
    // By a field that the mapping names.
    let options =
        ImportOptions::new("contact").column("domain", Column::to("company").by("domain"));
    crm.update(acme, Company::draft().website("acme.example"))
        .unwrap();
    let report = import(
        &crm,
        "name,domain\nE e,acme.example\nF f,cafe acme\n",
        &options,
    );
    assert_eq!((report.created, report.refused), (2, 0));
    let said = problems(&report);
    assert_eq!((said.len(), said[0].0, said[0].1), (1, 3, "domain"));
    assert_sound(&crm);
}

#[test]
fn names_that_nobody_or_several_have_are_told() {
    let crm = crm();
    for name in ["Acme", "Acme", "Bolt"] {
        crm.create(Company::draft().name(name)).unwrap();
    }
    let file = "name,company\nA a,Acme\nB b,Bold\nC c,bolt\n";
    let report = import(&crm, file, &ImportOptions::new("contact").known_only());
    let said = problems(&report);
    assert_eq!((said[0].0, said[0].1), (2, "company"));
    assert!(said[0].2.contains("several companies"), "{}", said[0].2);
    assert!(
        said[1]
            .2
            .contains("no company of this name; did you mean `bolt`"),
        "{}",
        said[1].2
    );
    assert_eq!((report.created, report.created_links.len()), (3, 0));
    assert_eq!(crm.count("contact", "company == null").unwrap(), 2);
    let report = import(&crm, file, &ImportOptions::new("contact").strict());
    assert_eq!((report.created, report.refused), (1, 2));
}

#[test]
fn missing_records_are_created_once_and_go_with_the_undo() {
    let crm = crm();
    let options = ImportOptions::new("contact").create_missing(&["company", "tags"]);
    let file = "name,company,tags\nA a,Acme,hot; vip\nB b,ACME,vip\nC c,Bolt,\nD d,Cora,\n";
    // The last row is refused, and with it the company that it alone would have made.
    let file = format!("{file}E e,Duo,{}\n", "x".repeat(2_000));
    let report = import(&crm, &file, &options.clone().strict());
    assert_eq!((report.created, report.refused), (4, 1));
    assert_eq!(report.created_links["company"], 3);
    assert_eq!(report.created_links["tag"], 2);
    assert_eq!(crm.count("company", "").unwrap(), 3);
    assert_eq!(crm.count("contact", "company.name == 'Acme'").unwrap(), 2);
    // What a refused row has made is not remembered either.
    let again = import(&crm, "name,company\nF f,Duo\n", &options);
    assert_eq!(again.created_links["company"], 1);
    crm.undo(&again.operation).unwrap();
    // Without being strict the row comes, without the tag that cannot be.
    let again = import(&crm, &file, &options);
    assert_eq!((again.created, again.refused), (5, 0));
    assert_eq!(
        (again.created_links["company"], again.problem_count),
        (1, 1)
    );
    assert_eq!(
        crm.count("contact", "company.name == 'Duo' && tags == null")
            .unwrap(),
        1
    );
    crm.undo(&again.operation).unwrap();
    let undone = crm.undo(&report.operation).unwrap();
    assert_eq!(undone.skipped, []);
    for object in ["contact", "company", "tag"] {
        assert_eq!(crm.count(object, "").unwrap(), 0, "{object}");
    }
    assert_eq!(
        crm.count("import_problem", "").unwrap(),
        2,
        "what was wrong stays known"
    );
    assert_sound(&crm);
}

#[test]
fn a_record_of_the_same_file_may_come_later() {
    let crm = crm();
    let file = "name,parent\nChild,Mother\nGrandchild,child\nMother,\nLonely,Nobody\nLoop A,Loop B\nLoop B,Loop A\n";
    let report = import(&crm, file, &ImportOptions::new("company").known_only());
    assert_eq!((report.rows, report.created, report.refused), (6, 6, 0));
    assert_eq!(crm.count("company", "parent.name == 'Mother'").unwrap(), 1);
    assert_eq!(crm.count("company", "parent.name == 'Child'").unwrap(), 1);
    let said = problems(&report);
    assert_eq!((said[0].0, said[0].1), (5, "parent"));
    assert!(said[0].2.contains("no company of this name"));
    assert_eq!((said[1].0, said[1].1), (6, "parent"));
    assert!(said[1].2.contains("its own ancestor"));
    assert_eq!(said.len(), 2);
    assert!(report.problems.iter().all(|problem| !problem.refused));
    // The parent that no row brings is made at the end.
    let report = import(
        &crm,
        "name,parent\nX,Y\nZ,Y\n",
        &ImportOptions::new("company"),
    );
    assert_eq!(report.created_links["company"], 1);
    assert_eq!(crm.count("company", "parent.name == 'Y'").unwrap(), 2);
    crm.undo(&report.operation).unwrap();
    assert_eq!(crm.count("company", "").unwrap(), 6);
    assert_sound(&crm);
}

#[test]
fn a_stage_is_found_within_the_pipeline_of_its_row() {
    let crm = crm();
    for pipeline in ["Sales", "Renewals"] {
        let id = crm.create(Pipeline::draft().name(pipeline)).unwrap();
        for (order, stage) in ["New", "Won"].into_iter().enumerate() {
            let stage = Stage::draft()
                .name(stage)
                .pipeline(id)
                .order(order as i64)
                .probability(10);
            crm.create(stage).unwrap();
        }
    }
    let options = ImportOptions::new("deal");
    let file = "name,stage,pipeline\nA,won,Sales\nB,Won,renewals\nC,Lost,Sales\nD,Won,\nE,,Sales\n";
    let strict = import(&crm, file, &options.clone().strict());
    let said = problems(&strict);
    assert!(
        said[0].0 == 4 && said[0].2.contains("no stage of this name"),
        "{said:?}"
    );
    assert_eq!((said.len(), strict.refused), (1, 1));
    crm.undo(&strict.operation).unwrap();
    let report = import(&crm, file, &options);
    // A deal without a pipeline is one of the first.
    assert_eq!(
        crm.count("deal", "pipeline.name == 'Sales' && stage.name == 'Won'")
            .unwrap(),
        2
    );
    assert_eq!(
        crm.count("deal", "pipeline.name == 'Renewals' && stage.name == 'Won'")
            .unwrap(),
        1
    );
    assert_eq!(
        crm.count("deal", "stage.name == 'New'").unwrap(),
        2,
        "a deal without a stage begins in the first one"
    );
    let said = problems(&report);
    assert_eq!((said.len(), said[0].0, report.refused), (1, 4, 0));
    // The pipeline may stand in the mapping instead of the file.
    let report = import(
        &crm,
        "name,stage\nF,Won\n",
        &options.value("pipeline", "Renewals"),
    );
    assert_eq!(problems(&report), []);
    assert_sound(&crm);
}

#[test]
fn what_an_activity_is_about_may_be_a_record_of_any_object() {
    let crm = crm();
    let acme = crm.create(Company::draft().name("Acme")).unwrap();
    let ada = Contact::draft()
        .name("Ada Lovelace")
        .email("ada@acme.example");
    let ada = crm.create(ada).unwrap();
    let note = Note::draft().body("Acme").about(vec![acme.reference()]);
    crm.create(note).unwrap();
    let file = "subject,related to\nKick-off,ada@acme.example; acme\nFollow-up,Bolt\n";
    let report = import(&crm, file, &ImportOptions::new("call"));
    let said = problems(&report);
    assert_eq!((said.len(), said[0].0, said[0].1), (1, 3, "related to"));
    assert!(said[0].2.contains("company or contact"), "{}", said[0].2);
    // The note is called as the company is, and is no thing that a call is about.
    assert!(!said[0].2.contains("note"), "{}", said[0].2);
    let kick_off = Query::default().filter("subject == 'Kick-off'");
    let calls = crm.list::<Call>(kick_off).unwrap().rows;
    let about = calls[0].about().unwrap();
    assert_eq!(about, [ada.reference(), acme.reference()]);
    // A field by which to look narrows the objects to those that have it.
    let by_domain = Column::to("about").by("domain");
    crm.update(acme, Company::draft().website("acme.example"))
        .unwrap();
    let options = ImportOptions::new("task").column("site", by_domain);
    let report = import(&crm, "subject,site\nVisit,acme.example\n", &options);
    assert_eq!(problems(&report), []);
    assert_eq!(only::<Task>(&crm).about().unwrap(), [acme.reference()]);
    assert_sound(&crm);
}
