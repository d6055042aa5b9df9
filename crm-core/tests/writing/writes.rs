//! The write path: create, patch, upsert, trash, purge, batches, conflicts.

use crate::common::{assert_sound, crm, money, on_each_store, pipeline};
use crm_core::schema::{FieldDef, FieldType, ObjectDef, OnDelete};
use crm_core::*;

#[test]
fn a_patch_changes_what_it_names_and_nothing_else() {
    let (crm, _) = crm();
    let ada = crm
        .create(
            Contact::draft()
                .name("Ada Lovelace")
                .job_title("Countess")
                .phone("(212) 555-0100"),
        )
        .unwrap();
    crm.update(ada, Contact::draft().with("name.given", "Augusta Ada"))
        .unwrap();
    crm.update(ada, Contact::draft().clear(Contact::JOB_TITLE))
        .unwrap();
    let view = crm.get(ada).unwrap();
    let name = view.name().unwrap();
    assert_eq!((&*name.given, &*name.family), ("Augusta Ada", "Lovelace"));
    assert_eq!(view.job_title(), None);
    assert_eq!(view.phone(), Some("+12125550100"));
    crm.update(ada, Contact::draft().with("name.given", Value::Null))
        .unwrap();
    assert_eq!(crm.get(ada).unwrap().name().unwrap().given, "");
    let same = crm
        .update(ada, Contact::draft().phone("+1 212 555 0100"))
        .unwrap();
    assert_eq!(same.kind, OutcomeKind::Unchanged);
    assert_eq!(same.version, crm.sequence());
    assert_sound(&crm);
}

#[test]
fn a_new_record_has_its_defaults_unless_the_caller_says_otherwise() {
    let (crm, clock) = crm();
    let call = crm.create(Call::draft().subject("Hello")).unwrap();
    let view = crm.get(call).unwrap();
    assert_eq!(view.at(), Some(clock.now()));
    assert_eq!(view.direction(), Some(Direction::Outbound));
    let call = Call::draft()
        .subject("Hello")
        .direction(Direction::Inbound)
        .clear(Call::OUTCOME);
    let view = crm.get(crm.create(call).unwrap()).unwrap();
    assert_eq!(view.direction(), Some(Direction::Inbound));
}

#[test]
fn an_upsert_finds_its_record_by_a_unique_or_an_indexed_field() {
    let (crm, _) = crm();
    let by_key = |key: &str, name: &str| {
        let draft = Company::draft().external_id(key).name(name);
        crm.upsert(Company::EXTERNAL_ID, draft).unwrap()
    };
    let first = by_key("A-1", "Acme");
    assert_eq!(first.kind, OutcomeKind::Created);
    let second = by_key("A-1", "Acme Inc");
    assert_eq!(
        (second.kind, second.record),
        (OutcomeKind::Updated, first.record)
    );
    // Keys of other systems are told apart by case (the 15 characters of Salesforce) and at any length.
    assert_eq!(by_key("a-1", "Bolt").kind, OutcomeKind::Created);
    let long = "x".repeat(300);
    assert_eq!(by_key(&long, "Long").kind, OutcomeKind::Created);
    assert_eq!(
        by_key(&format!("{long}y"), "Longer").kind,
        OutcomeKind::Created
    );
    assert_eq!(by_key(&long, "Long").kind, OutcomeKind::Unchanged);

    let by_email = |email: &str| {
        crm.upsert(
            Contact::EMAIL,
            Contact::draft().email(email).name("Ada Lovelace"),
        )
    };
    assert_eq!(
        by_email("ada@ACME.example").unwrap().kind,
        OutcomeKind::Created
    );
    assert_eq!(
        by_email("ada@acme.example").unwrap().kind,
        OutcomeKind::Unchanged
    );
    let other = Contact::draft().email("ada@acme.example").name("Ada Twin");
    crm.create(other).unwrap();
    let error = by_email("ada@acme.example").unwrap_err();
    assert!(
        error
            .to_string()
            .contains("several records have this value"),
        "{error}"
    );
    for (field, reason) in [
        ("job_title", "unique or an indexed field"),
        ("tags", "that is no list"),
    ] {
        let change = Change::Upsert {
            object: "contact".to_owned(),
            by: field.to_owned(),
            fields: Fields::new().with(field, "x").with("name", "X"),
        };
        let error = crm.change(change).unwrap_err();
        assert_eq!(error.code(), Code::Invalid);
        assert!(error.to_string().contains(reason), "{error}");
    }
    assert_sound(&crm);
}

/// Ada works at Acme and at Bolt.
fn employed(crm: &Crm) -> (Id<Contact>, [Id<Company>; 2], [Id<Employment>; 2]) {
    let ada = crm.create(Contact::draft().name("Ada Lovelace")).unwrap();
    let companies = ["Acme", "Bolt"].map(|name| crm.create(Company::draft().name(name)).unwrap());
    let links = companies.map(|company| {
        crm.create(Employment::draft().contact(ada).company(company))
            .unwrap()
    });
    (ada, companies, links)
}

#[test]
fn what_went_to_the_trash_together_comes_back_together() {
    let (crm, _) = crm();
    let (ada, [acme, bolt], links) = employed(&crm);
    crm.delete(links[1].reference()).unwrap();
    crm.delete(ada.reference()).unwrap();
    for record in [ada.reference(), links[0].reference()] {
        assert!(crm.find_record(record).unwrap().unwrap().is_deleted());
        assert_eq!(crm.get_record(record).unwrap_err().code(), Code::NotFound);
    }
    assert!(
        crm.search("lovelace", &SearchOptions::default())
            .unwrap()
            .is_empty()
    );
    crm.restore(ada.reference()).unwrap();
    assert!(crm.get(links[0]).is_ok());
    // The link that was deleted by itself before stays where it was.
    assert!(crm.get(links[1]).is_err());
    assert_eq!(
        crm.restore(ada.reference()).unwrap().kind,
        OutcomeKind::Unchanged
    );
    // A link that was deleted can be made anew (twenty#23305), and then cannot come back a second time.
    let again = crm
        .create(Employment::draft().contact(ada).company(bolt))
        .unwrap();
    let error = crm.restore(links[1].reference()).unwrap_err();
    match error.detail() {
        Detail::Duplicate { field, holder, .. } => {
            assert_eq!(
                (field.as_str(), *holder),
                ("contact + company", again.any())
            )
        }
        other => panic!("{other}"),
    }
    // A link cannot come back while one of its ends is in the trash, not even with the other end.
    crm.delete(ada.reference()).unwrap();
    let error = crm.restore(links[0].reference()).unwrap_err();
    assert_eq!(error.code(), Code::MissingReference);
    crm.delete(acme.reference()).unwrap();
    crm.restore(ada.reference()).unwrap();
    assert!(crm.get(links[0]).is_err());
    assert!(crm.get(again).is_ok());
    assert_sound(&crm);
}

#[test]
fn what_a_commit_deletes_twice_comes_back_once() {
    let (crm, _) = crm();
    let (_, [acme, _], [link, _]) = employed(&crm);
    let record = acme.reference();
    let renamed = Change::update(link, Employment::draft().role("Founder"));
    let (delete, restore) = (Change::Delete { record }, Change::Restore { record });
    crm.batch(&[renamed, delete.clone(), restore, delete], None)
        .unwrap();
    let before = crm.history(link.reference()).unwrap().len();
    crm.restore(record).unwrap();
    assert_eq!(crm.get(link).unwrap().role(), Some("Founder"));
    assert_eq!(crm.history(link.reference()).unwrap().len(), before + 1);
    assert_sound(&crm);
}

#[test]
fn what_a_commit_deletes_for_itself_stays_in_the_trash() {
    let (crm, _) = crm();
    let (ada, [acme, _], links) = employed(&crm);
    let bob = crm.create(Contact::draft().name("Bob")).unwrap();
    let of_bob = crm
        .create(Employment::draft().contact(bob).company(acme))
        .unwrap();
    let gone = [of_bob.reference(), ada.reference()].map(|record| Change::Delete { record });
    crm.batch(&gone, None).unwrap();
    crm.restore(ada.reference()).unwrap();
    assert!(links.iter().all(|link| crm.get(*link).is_ok()));
    assert!(crm.get(of_bob).is_err());
    assert_sound(&crm);
}

#[test]
fn a_list_keeps_what_is_in_the_trash_and_takes_nothing_that_is() {
    let (crm, _) = crm();
    let (ada, [acme, bolt], _) = employed(&crm);
    let about = |records: &[Ref]| Note::draft().about(records.to_vec());
    let note = about(&[ada.reference(), acme.reference()]).subject("Met at the fair");
    let note = crm.create(note).unwrap();
    crm.delete(acme.reference()).unwrap();
    crm.update(note, about(&[acme.reference(), bolt.reference()]))
        .unwrap();
    crm.update(note, about(&[bolt.reference()])).unwrap();
    let again = crm.update(note, about(&[acme.reference()]));
    assert_eq!(again.unwrap_err().code(), Code::MissingReference);
    assert_sound(&crm);
}

#[test]
fn what_needs_a_purged_record_stays_in_the_trash() {
    let to_company =
        |id, name: &str| FieldDef::new(id, name, FieldType::Reference).targets(&["company"]);
    let (crm, _) = crm();
    let machine = ObjectDef::custom("machine", "machines")
        .with(to_company(1, "buyer").required())
        .with(to_company(2, "part_of").on_delete(OnDelete::Cascade))
        .with(to_company(3, "seen_at"));
    crm.add_object(machine).unwrap();
    let acme = crm.create(Company::draft().name("Acme")).unwrap();
    for (field, comes_back) in [("buyer", false), ("part_of", false), ("seen_at", true)] {
        let other = crm.create(Company::draft().name("Bolt")).unwrap();
        let mut fields = Fields::new().with("buyer", acme.reference());
        fields.set(field, other.reference());
        let machine = crm.create_record("machine", fields).unwrap();
        crm.delete(machine).unwrap();
        crm.purge(other.reference()).unwrap();
        match (crm.restore(machine), comes_back) {
            (Ok(_), true) => assert!(crm.get_record(machine).is_ok()),
            (Err(error), false) => match error.detail() {
                Detail::MissingReference {
                    field: named, id, ..
                } => {
                    assert_eq!((named.as_str(), *id), (field, other.any()))
                }
                other => panic!("{field}: {other}"),
            },
            (result, _) => panic!("{field}: {result:?}"),
        }
    }
    assert_sound(&crm);
}

#[test]
fn a_purge_takes_the_links_along_and_clears_what_refers() {
    let (stores, _folder) = on_each_store();
    for (crm, _) in stores {
        let (ada, [acme, _], links) = employed(&crm);
        let (sales, stages) = pipeline(&crm);
        let deal = Deal::draft()
            .name("Forty")
            .pipeline(sales)
            .company(acme)
            .contact(ada);
        let deal = crm.create(deal).unwrap();
        let trashed = Deal::draft().name("Old").pipeline(sales).contact(ada);
        let trashed = crm.create(trashed).unwrap();
        crm.delete(trashed.reference()).unwrap();
        let note = crm
            .create(
                Note::draft()
                    .about(vec![ada.reference(), acme.reference()])
                    .body("x"),
            )
            .unwrap();
        crm.delete(ada.reference()).unwrap();
        crm.purge(ada.reference()).unwrap();
        for gone in [ada.reference(), links[0].reference(), links[1].reference()] {
            assert_eq!(crm.find_record(gone).unwrap(), None);
        }
        assert_eq!(crm.get(deal).unwrap().contact(), None);
        let about: Vec<Ref> = crm.get(note).unwrap().about().unwrap();
        assert_eq!(about, [acme.reference()]);
        assert_sound(&crm);
        crm.restore(trashed.reference()).unwrap();
        assert_eq!(crm.get(trashed).unwrap().contact(), None);
        // A deal cannot be without its stage.
        let error = crm.purge(stages[0].reference()).unwrap_err();
        match error.detail() {
            Detail::Referenced { by_field, by, .. } => {
                assert_eq!(by_field, "stage");
                assert!([deal.any(), trashed.any()].contains(by));
            }
            other => panic!("{other}"),
        }
        assert_eq!(
            crm.purge(ada.reference()).unwrap_err().code(),
            Code::NotFound
        );
        assert_sound(&crm);
    }
}

#[test]
fn a_restricted_reference_keeps_its_target() {
    let (crm, _) = crm();
    let machine = ObjectDef::custom("machine", "machines").with(
        FieldDef::new(1, "buyer", FieldType::Reference)
            .targets(&["company"])
            .on_delete(OnDelete::Restrict),
    );
    crm.add_object(machine).unwrap();
    let acme = crm.create(Company::draft().name("Acme")).unwrap();
    let fields = Fields::new().with("buyer", acme.reference());
    let machine = crm.create_record("machine", fields).unwrap();
    for refused in [crm.delete(acme.reference()), crm.purge(acme.reference())] {
        match refused.unwrap_err().detail() {
            Detail::Referenced {
                by_object,
                by_field,
                by,
                ..
            } => assert_eq!(
                (by_object.as_str(), by_field.as_str(), *by),
                ("machine", "buyer", machine.id)
            ),
            other => panic!("{other}"),
        }
    }
    crm.delete(machine).unwrap();
    crm.delete(acme.reference()).unwrap();
    assert_sound(&crm);
}

#[test]
fn the_trash_frees_a_unique_value() {
    let (crm, _) = crm();
    let draft = || Company::draft().name("Acme").external_id("A-1");
    let old = crm.create(draft()).unwrap();
    assert_eq!(crm.create(draft()).unwrap_err().code(), Code::Duplicate);
    crm.delete(old.reference()).unwrap();
    let new = crm.create(draft()).unwrap();
    match crm.restore(old.reference()).unwrap_err().detail() {
        Detail::Duplicate { holder, value, .. } => {
            assert_eq!((*holder, value.as_str()), (new.any(), "A-1"))
        }
        other => panic!("{other}"),
    }
    assert!(
        crm.find_record(old.reference())
            .unwrap()
            .unwrap()
            .is_deleted()
    );
    crm.update(new, Company::draft().external_id("A-2"))
        .unwrap();
    crm.restore(old.reference()).unwrap();
    assert_sound(&crm);
}

#[test]
fn long_values_are_unique_to_their_ends() {
    let (crm, _) = crm();
    let serial = FieldDef::custom("serial", FieldType::Text).unique();
    crm.add_field("company", serial).unwrap();
    let with_end = |end: &str| {
        let serial = "long ".repeat(100) + end;
        crm.create_record(
            "company",
            Fields::new().with("name", "Acme").with("serial", serial),
        )
    };
    let first = with_end("one").unwrap();
    with_end("two").unwrap();
    match with_end("ONE").unwrap_err().detail() {
        Detail::Duplicate { holder, .. } => assert_eq!(*holder, first.id),
        other => panic!("{other}"),
    }
    assert_sound(&crm);
}

#[test]
fn one_link_of_a_record_is_the_primary_one() {
    let (crm, _) = crm();
    let (ada, [acme, bolt], [at_acme, at_bolt]) = employed(&crm);
    let primary = || {
        [at_acme, at_bolt].map(|link| {
            crm.get(link)
                .ok()
                .and_then(|link| link.primary())
                .unwrap_or(false)
        })
    };
    assert_eq!(
        primary(),
        [true, false],
        "the first link is primary by itself"
    );
    crm.update(at_bolt, Employment::draft().primary(true))
        .unwrap();
    assert_eq!(primary(), [false, true]);
    // Links of another contact have a primary one of their own.
    let bob = crm.create(Contact::draft().name("Bob Hope")).unwrap();
    let bobs = Employment::draft().contact(bob).company(acme).primary(true);
    let bobs = crm.create(bobs).unwrap();
    assert_eq!(primary(), [false, true]);
    assert_eq!(crm.get(bobs).unwrap().primary(), Some(true));
    // A primary link that moves to a contact is the primary one there.
    let third = crm.create(Company::draft().name("Cog")).unwrap();
    let moved = Employment::draft()
        .contact(bob)
        .company(third)
        .primary(true);
    let moved = crm.create(moved).unwrap();
    assert_eq!(crm.get(bobs).unwrap().primary(), Some(false));
    crm.update(moved, Employment::draft().contact(ada)).unwrap();
    assert_eq!(primary(), [false, false]);
    // One that comes back from the trash yields to the one that was chosen meanwhile.
    crm.delete(moved.reference()).unwrap();
    crm.update(at_acme, Employment::draft().primary(true))
        .unwrap();
    crm.restore(moved.reference()).unwrap();
    assert_eq!(primary(), [true, false]);
    assert_eq!(crm.get(moved).unwrap().primary(), Some(false));
    // Where none was chosen it is the primary one again.
    crm.delete(at_acme.reference()).unwrap();
    crm.restore(at_acme.reference()).unwrap();
    assert_eq!(primary(), [true, false]);
    // The caller may say that the first link is not the primary one.
    let eve = crm.create(Contact::draft().name("Eve Moneypenny")).unwrap();
    let link = Employment::draft()
        .contact(eve)
        .company(bolt)
        .primary(false);
    let link = crm.create(link).unwrap();
    assert_eq!(crm.get(link).unwrap().primary(), Some(false));
    assert_sound(&crm);
}

#[test]
fn a_batch_is_made_whole_or_not_at_all() {
    let (stores, _folder) = on_each_store();
    for (crm, _) in stores {
        let before = crm.sequence();
        let changes = [
            Change::create(Company::draft().name("Acme").external_id("A-1")),
            Change::create(Company::draft().name("Bolt").external_id("A-1")),
        ];
        assert_eq!(
            crm.batch(&changes, None).unwrap_err().code(),
            Code::Duplicate
        );
        assert_eq!(crm.sequence(), before);
        assert_eq!(crm.count("company", "").unwrap(), 0);
        assert!(
            crm.search("acme", &SearchOptions::default())
                .unwrap()
                .is_empty()
        );
        let outcomes = crm.batch(&changes[..1], None).unwrap();
        assert_eq!(outcomes[0].kind, OutcomeKind::Created);
        assert_eq!(crm.sequence(), before + 1);
        assert_sound(&crm);
    }
}

#[test]
fn writers_conflict_where_they_disagree() {
    let (crm, _) = crm();
    let ada = crm.create(User::draft().name("Ada")).unwrap();
    let as_ada = crm.as_user(ada).unwrap();
    let acme = Company::draft().name("Acme").employees(40);
    let acme = crm.create(acme).unwrap();
    let read = crm.get(acme).unwrap();
    let theirs = Company::draft().employees(50).founded(1999);
    as_ada.update(acme, theirs).unwrap();
    let since = crm.sequence();
    // Other fields, and the same value, are no conflict.
    crm.update_from(&read, Company::draft().name("Acme Inc").founded(1999))
        .unwrap();
    let error = crm
        .update_from(&read, Company::draft().employees(60))
        .unwrap_err();
    match error.detail() {
        Detail::Stale {
            expected, fields, ..
        } => {
            assert_eq!(*expected, read.version());
            assert_eq!(fields.len(), 1);
            assert_eq!(fields[0].field, "employees");
            assert_eq!(fields[0].version, since);
            assert_eq!(fields[0].by, ada.to_string());
        }
        other => panic!("{other}"),
    }
    assert_eq!(crm.get(acme).unwrap().employees(), Some(50));
    crm.update_from(&crm.get(acme).unwrap(), Company::draft().employees(60))
        .unwrap();
}

#[test]
fn a_rehearsal_leaves_nothing() {
    let (crm, _) = crm();
    let (sales, _) = pipeline(&crm);
    let before = (crm.sequence(), crm.stats().unwrap().records);
    let deal = Deal::draft()
        .name("Forty")
        .pipeline(sales)
        .amount(money(100, "EUR"));
    let outcomes = crm.rehearse_batch(&[Change::create(deal)]).unwrap();
    assert_eq!(outcomes[0].kind, OutcomeKind::Created);
    assert_eq!(crm.find_record(outcomes[0].record).unwrap(), None);
    let bad = [Change::create(Deal::draft().name("Forty"))];
    assert_eq!(crm.rehearse_batch(&bad).unwrap_err().code(), Code::Invalid);
    assert_eq!((crm.sequence(), crm.stats().unwrap().records), before);
    assert_sound(&crm);
}
