//! What is refused of a record, and of those who act: each fault with its field, all of them in one answer.

use std::ops::ControlFlow;

use crate::common::{assert_sound, at, crm};
use crm_core::*;

/// The fields at fault, in the order of the answer.
fn fields(error: &Error) -> Vec<String> {
    let all = std::iter::once(error).chain(error.others());
    let field = |error: &Error| match error.detail() {
        Detail::Invalid { field, .. } => field.clone(),
        other => format!("{other:?}"),
    };
    all.map(field).collect()
}

#[test]
fn all_faults_of_a_record_are_in_one_answer() {
    let (crm, _) = crm();
    let form = Fields::new()
        .with("email", "nobody")
        .with("phone", "call me")
        .with("birthday", "soon")
        .with("address.country", "Nowhereland");
    let error = crm.create_record("contact", form).unwrap_err();
    assert_eq!(
        fields(&error),
        ["email", "phone", "birthday", "address", "name"]
    );
    for part in [
        "`nobody` is refused",
        "`Nowhereland` is refused",
        "`contact.name`: the field is required",
    ] {
        assert!(error.to_string().contains(part), "{error}");
    }
    // What the object's own logic refuses is among them.
    let meeting = Fields::new()
        .with("starts", at("2026-03-02T10:00:00Z"))
        .with("ends", at("2026-03-02T09:00:00Z"))
        .with("link", "javascript:alert(1)")
        .with("subject", "A");
    let error = crm.create_record("meeting", meeting).unwrap_err();
    assert_eq!(fields(&error), ["link", "ends"]);
    let error = crm.create_record("task", Fields::new()).unwrap_err();
    assert_eq!(
        (fields(&error), error.others().len()),
        (vec!["subject".to_owned()], 0)
    );
    let ada = crm.create(Contact::draft().name("Ada")).unwrap();
    let update = Fields::new()
        .with("email", "x")
        .with("name", Value::Null)
        .with("job_title", "Countess");
    let error = crm.update_record(ada.reference(), update).unwrap_err();
    assert_eq!(fields(&error), ["email", "name"]);
    assert_eq!(crm.get(ada).unwrap().job_title(), None);
}

#[test]
fn what_ends_does_so_after_it_begins() {
    let (crm, _) = crm();
    let meet = |starts: &str, ends: &str| {
        Meeting::draft()
            .subject("A")
            .starts(at(starts))
            .ends(at(ends))
    };
    let meeting = crm
        .create(meet("2026-03-02T10:00:00Z", "2026-03-02T10:00:00Z"))
        .unwrap();
    let error = crm
        .update(meeting, Meeting::draft().starts(at("2026-03-02T10:00:01Z")))
        .unwrap_err();
    assert_eq!(fields(&error), ["ends"]);
    let ada = crm.create(Contact::draft().name("Ada")).unwrap();
    let acme = crm.create(Company::draft().name("Acme")).unwrap();
    let day = |text: &str| text.parse::<chrono::NaiveDate>().unwrap();
    let employment = Employment::draft().contact(ada).company(acme);
    let error = crm
        .create(employment.since(day("2020-01-02")).until(day("2020-01-01")))
        .unwrap_err();
    assert_eq!(fields(&error), ["until"]);
    let settings = crm.list::<Organisation>(Query::default()).unwrap().rows[0].id();
    let error = crm
        .update(
            settings,
            Organisation::draft()
                .work_starts("18:00")
                .work_ends("09:00")
                .time_zone("Mars/Phobos"),
        )
        .unwrap_err();
    assert_eq!(fields(&error), ["time_zone", "work_ends"]);
    let error = crm
        .create(User::draft().name("Eve").time_zone("Mars/Phobos"))
        .unwrap_err();
    assert_eq!(fields(&error), ["time_zone"]);
}

#[test]
fn a_country_is_one_that_there_is() {
    let (crm, _) = crm();
    for country in ["GB", "gbr", "Deutschland", "Côte d'Ivoire", "日本"] {
        let company = Fields::new()
            .with("name", "A")
            .with("address.country", country);
        let company = crm.create_record("company", company).unwrap();
        // It stays as it is typed.
        let company = crm.get(company.id.of::<Company>()).unwrap();
        assert_eq!(company.address().unwrap().country, country);
    }
    let nowhere = Fields::new()
        .with("name", "A")
        .with("address.country", "Nowhereland");
    let error = crm.create_record("company", nowhere).unwrap_err();
    assert!(error.to_string().contains("no country"), "{error}");
}

#[test]
fn a_local_number_is_one_of_its_country() {
    let (crm, _) = crm();
    let create = |fields: Fields| crm.create_record("contact", fields.with("name", "Ada"));
    let phone = |record: Ref| {
        crm.get(record.id.of::<Contact>())
            .unwrap()
            .phone()
            .unwrap()
            .to_owned()
    };
    // The organisation's region is that of a new database, the US.
    for local in ["555-0100", "12345678", "06 12 34 56 78", "020 7946 0958"] {
        let error = create(Fields::new().with("phone", local)).unwrap_err();
        assert!(error.to_string().contains("no number of US"), "{error}");
    }
    let whole = || {
        Value::from(value::Parts::new(vec![
            String::new(),
            String::new(),
            String::new(),
            String::new(),
            "GB".to_owned(),
        ]))
    };
    assert_eq!(
        crm.catalog()
            .object_named("contact")
            .unwrap()
            .field_named("address")
            .unwrap()
            .ty
            .part_names()[4],
        "country"
    );
    for fields in [
        Fields::new()
            .with("address.country", "United Kingdom")
            .with("phone", "020 7946 0958"),
        Fields::new()
            .with("phone", "020 7946 0958")
            .with("address", whole()),
    ] {
        assert_eq!(phone(create(fields).unwrap()), "+442079460958");
    }
    let pierre = create(Fields::new().with("address.country", "France")).unwrap();
    crm.update_record(pierre, Fields::new().with("phone", "06 12 34 56 78"))
        .unwrap();
    assert_eq!(phone(pierre), "+33612345678");
    let error = crm
        .update_record(pierre, Fields::new().with("phone", "(415) 555-2671"))
        .unwrap_err();
    assert!(error.to_string().contains("no number of FR"), "{error}");
    crm.update_record(pierre, Fields::new().with("phone", "+1 415 555 2671"))
        .unwrap();

    let file = "Name,Phone,Country\nAnn Lee,020 7946 0958,GB\nBea Roux,06 12 34 56 78,France\nCy Long,(415) 555-2671,\n";
    let report = crm
        .import_csv(file.as_bytes(), &ImportOptions::new("contact"), &mut |_| {
            ControlFlow::Continue(())
        })
        .unwrap();
    assert_eq!(report.created, 3, "{:#?}", report.problems);
    let all = crm.list::<Contact>(
        Query::default().filter("phone in ['+442079460958', '+33612345678', '+14155552671']"),
    );
    assert_eq!(all.unwrap().rows.len(), 6);
}

#[test]
fn who_is_switched_off_does_nothing() {
    let (crm, _) = crm();
    let eve = crm.create(User::draft().name("Eve")).unwrap();
    let session = crm.as_user(eve).unwrap();
    let acme = session
        .create(Company::draft().name("Acme").owner(eve))
        .unwrap();
    crm.update(eve, User::draft().active(false)).unwrap();
    let error = crm.as_user(eve).err().unwrap();
    assert_eq!(
        (error.code(), fields(&error)),
        (Code::Invalid, vec!["active".to_owned()])
    );
    assert!(error.to_string().contains("switched off"), "{error}");
    // A session from before reads, and writes no more.
    assert_eq!(session.get(acme).unwrap().name(), Some("Acme"));
    for error in [
        session
            .update(acme, Company::draft().name("B"))
            .unwrap_err(),
        session.delete(acme.reference()).unwrap_err(),
        session
            .import_csv(
                "Name\nC\n".as_bytes(),
                &ImportOptions::new("company"),
                &mut |_| ControlFlow::Continue(()),
            )
            .unwrap_err(),
    ] {
        assert!(error.to_string().contains("switched off"), "{error}");
    }
    // What was theirs can still be said to be.
    crm.create(Company::draft().name("D").owner(eve)).unwrap();
    crm.update(eve, User::draft().active(true)).unwrap();
    session.update(acme, Company::draft().name("B")).unwrap();
    crm.delete(eve.reference()).unwrap();
    let error = session
        .update(acme, Company::draft().name("E"))
        .unwrap_err();
    assert_eq!(error.code(), Code::NotFound);
    assert_sound(&crm);
}

#[test]
fn a_task_of_a_day_is_late_when_the_day_is_over() {
    let (crm, clock) = crm();
    let settings = crm.list::<Organisation>(Query::default()).unwrap().rows[0].id();
    crm.update(settings, Organisation::draft().time_zone("Europe/Berlin"))
        .unwrap();
    let far = crm
        .create(User::draft().name("Far").time_zone("America/Los_Angeles"))
        .unwrap();
    let task = |due: &str| Fields::new().with("subject", "A").with("due", due);
    let here = crm.create_record("task", task("2026-11-30")).unwrap();
    let there = crm
        .create_record("task", task("2026-11-30").with("owner", far.reference()))
        .unwrap();
    let instant = crm.create_record("task", task("2026-11-30 00:00")).unwrap();
    let late = || {
        let late = crm
            .list::<Task>(Query::default().filter("due < now && status == 'open'"))
            .unwrap();
        late.rows
            .iter()
            .map(|task| task.id().reference())
            .collect::<Vec<_>>()
    };
    let of = |record: Ref| crm.get(record.id.of::<Task>()).unwrap();
    let day = Some("2026-11-30".parse().unwrap());
    assert_eq!(
        (of(here).due_on(), of(there).due_on(), of(instant).due_on()),
        (day, day, None)
    );
    for (now, expected) in [
        ("2026-11-29T23:30:00Z", vec![instant]),
        ("2026-11-30T22:59:59Z", vec![instant]),
        ("2026-11-30T23:00:00Z", vec![here, instant]),
        ("2026-12-01T07:59:59Z", vec![here, instant]),
        ("2026-12-01T08:00:00Z", vec![here, there, instant]),
    ] {
        clock.set(at(now));
        let mut late = late();
        late.sort_unstable();
        assert_eq!(late, expected, "{now}");
    }
    // Who takes it over has the day, too; a time takes its place, and nothing takes both away.
    crm.update_record(there, Fields::new().with("owner", Value::Null))
        .unwrap();
    assert_eq!(of(there).due(), of(here).due());
    crm.update_record(there, Fields::new().with("due", "2026-12-24 12:00"))
        .unwrap();
    assert_eq!(
        (of(there).due_on(), of(there).due()),
        (None, Some(at("2026-12-24T11:00:00Z")))
    );
    crm.update_record(here, Fields::new().with("due_on", Value::Null))
        .unwrap();
    assert_eq!((of(here).due_on(), of(here).due()), (None, None));
    let file = "Subject,Due Date\nB,2026-12-24\nC,2026-12-24 12:00\n";
    crm.import_csv(file.as_bytes(), &ImportOptions::new("task"), &mut |_| {
        ControlFlow::Continue(())
    })
    .unwrap();
    assert_eq!(crm.count("task", "due_on == '2026-12-24'").unwrap(), 1);
    assert_eq!(crm.count("task", "date(due) == '2026-12-24'").unwrap(), 3);
    assert_sound(&crm);
}
