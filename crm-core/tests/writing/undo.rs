//! What an undo leaves alone: whatever others have done since.

use crate::common::{assert_sound, crm};
use chrono::TimeDelta;
use crm_core::schema::{FieldDef, FieldType};
use crm_core::*;

fn skipped(report: &UndoReport) -> Vec<(Ref, Option<&str>)> {
    let skipped = report.skipped.iter();
    skipped
        .map(|skipped| (skipped.record, skipped.field.as_deref()))
        .collect()
}

#[test]
fn a_field_that_came_later_is_nobodys_change() {
    let (crm, _) = crm();
    let june = crm.operation("june");
    let acme = june.create(Company::draft().name("Acme")).unwrap();
    let bolt = june.create(Company::draft().name("Bolt")).unwrap();
    let tier = FieldDef::new(0, "tier", FieldType::Text).default("C");
    crm.add_field("company", tier).unwrap();
    // Somebody gives one of them the value that all have.
    let bolt = bolt.reference();
    crm.update_record(bolt, Fields::new().with("tier", "B"))
        .unwrap();
    crm.update_record(bolt, Fields::new().with("tier", "C"))
        .unwrap();
    // A change of the schema alone takes no number, and is not taken for the commit that follows.
    let cog = june.create(Company::draft().name("Cog")).unwrap();
    crm.index_field("company", "employees").unwrap();
    crm.update(cog, Company::draft().employees(1)).unwrap();
    let report = crm.undo("june").unwrap();
    assert_eq!(
        (report.undone, skipped(&report)),
        (1, vec![(cog.reference(), None), (bolt, None)])
    );
    assert!(crm.get(acme).is_err());
    assert_sound(&crm);
}

#[test]
fn what_others_have_changed_and_set_back_is_theirs() {
    let (crm, _) = crm();
    let acme = Company::draft().name("Acme").employees(1);
    let acme = crm.create(acme).unwrap();
    let june = crm.operation("june");
    let draft = Company::draft().employees(2).founded(1999);
    june.update(acme, draft).unwrap();
    for employees in [3, 2] {
        crm.update(acme, Company::draft().employees(employees))
            .unwrap();
    }
    let report = crm.undo("june").unwrap();
    assert_eq!(
        (report.undone, skipped(&report)),
        (1, vec![(acme.reference(), Some("employees"))])
    );
    let view = crm.get(acme).unwrap();
    assert_eq!((view.employees(), view.founded()), (Some(2), None));
    assert_sound(&crm);
}

#[test]
fn a_name_is_all_of_it() {
    let (crm, _) = crm();
    let names = ["a", "a\0b", "a\0", "a\0\0\0\0\0\0\0\0\u{1}", ""];
    let made: Vec<_> = names
        .iter()
        .map(|name| {
            let company = Company::draft().name(format!("of {name:?}"));
            crm.operation(name).create(company).unwrap()
        })
        .collect();
    for (undone, name) in names.iter().enumerate() {
        assert_eq!(crm.undo(name).unwrap().undone, 1);
        for (at, company) in made.iter().enumerate() {
            assert_eq!(crm.get(*company).is_err(), at <= undone);
        }
    }
    assert_sound(&crm);
}

#[test]
fn a_record_on_which_others_stand_is_kept() {
    let (crm, clock) = crm();
    let june = crm.operation("june");
    let acme = june.create(Company::draft().name("Acme")).unwrap();
    let bolt = june.create(Company::draft().name("Bolt")).unwrap();
    let cog = june.create(Company::draft().name("Cog")).unwrap();
    let ann = Contact::draft().name("Ann Lee").company(acme);
    let ann = june.create(ann).unwrap();
    let bob = Contact::draft().name("Bob Ray").company(bolt);
    let bob = june.create(bob).unwrap();
    let dan = june.create(Contact::draft().name("Dan Orr").company(cog));
    let dan = dan.unwrap();
    clock.advance(TimeDelta::days(1));
    // One of them is theirs now, and one was added; nobody has touched Acme.
    crm.update(bob, Contact::draft().description("called"))
        .unwrap();
    let eve = Contact::draft().name("Eve Fox").company(cog);
    let eve = crm.create(eve).unwrap();

    let report = crm.undo("june").unwrap();
    assert_eq!(
        skipped(&report),
        [
            (bob.reference(), None),
            (cog.reference(), None),
            (bolt.reference(), None),
        ]
    );
    assert!(report.skipped[1].reason.contains("`contact.company`"));
    assert_eq!(report.undone, 3);
    assert!(crm.get(ann).is_err() && crm.get(dan).is_err() && crm.get(acme).is_err());
    for (contact, company) in [(bob, bolt), (eve, cog)] {
        assert_eq!(crm.get(contact).unwrap().company(), Some(company));
        assert!(crm.get(company).is_ok());
    }
    assert_sound(&crm);
}

/// A field without an index is looked through once for all records of the operation.
#[test]
fn references_without_an_index_count_too() {
    let (crm, _) = crm();
    let partner = FieldDef::new(0, "partner", FieldType::Reference).targets(&["company"]);
    crm.add_field("contact", partner).unwrap();
    let june = crm.operation("june");
    let acme = june.create(Company::draft().name("Acme")).unwrap();
    let bolt = june.create(Company::draft().name("Bolt")).unwrap();
    let with = |name: &str, partner: Id<Company>| {
        Fields::new()
            .with("name", name)
            .with("partner", partner.reference())
    };
    june.create_record("contact", with("Ann Lee", acme))
        .unwrap();
    crm.create_record("contact", with("Bob Ray", bolt)).unwrap();
    let report = crm.undo("june").unwrap();
    assert_eq!(skipped(&report), [(bolt.reference(), None)]);
    assert_eq!(report.undone, 2);
    assert_sound(&crm);
}

#[test]
fn what_came_back_goes_again_unless_somebody_refers_to_it_since() {
    let (crm, _) = crm();
    let acme = crm.create(Company::draft().name("Acme")).unwrap();
    let bolt = crm.create(Company::draft().name("Bolt")).unwrap();
    for (name, company) in [("Ann Lee", acme), ("Bob Ray", bolt)] {
        crm.create(Contact::draft().name(name).company(company))
            .unwrap();
        crm.delete(company.reference()).unwrap();
        crm.operation("back").restore(company.reference()).unwrap();
    }
    crm.create(Contact::draft().name("Eve Fox").company(bolt))
        .unwrap();
    let report = crm.undo("back").unwrap();
    assert_eq!(skipped(&report), [(bolt.reference(), None)]);
    assert_eq!(report.undone, 1);
    assert!(crm.get(acme).is_err() && crm.get(bolt).is_ok());
    assert_sound(&crm);
}
