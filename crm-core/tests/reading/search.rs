//! Full-text search as people use it.

use crate::read_support::{assert_sound, crm};
use crm_core::schema::{FieldDef, FieldType, ObjectDef};
use crm_core::*;

fn titles(crm: &Crm, text: &str) -> Vec<String> {
    let hits = crm.search(text, &SearchOptions::default()).unwrap();
    hits.into_iter().map(|hit| hit.title).collect()
}

fn in_region(crm: &Crm, region: &str) {
    let organisation = crm
        .list::<Organisation>(Query::default())
        .unwrap()
        .rows
        .remove(0);
    crm.update(
        organisation.id(),
        Organisation::draft().default_region(region),
    )
    .unwrap();
}

/// Every one of these texts finds the one record of this title.
fn all_find(crm: &Crm, title: &str, texts: &[&str]) {
    for text in texts {
        assert_eq!(titles(crm, text), [title], "{text}");
    }
}

#[test]
fn people_are_found_however_they_are_typed() {
    let (crm, _) = crm();
    let contact = |name: &str, title: &str| {
        crm.create(Contact::draft().name(name).job_title(title))
            .unwrap()
    };
    contact("José Muñoz", "Head of Sales");
    contact("Anna Müller", "Sales");
    contact("Søren Kierkegaard", "Philosopher");
    contact("Seán O'Brien", "Engineer");
    contact("Jürgen Groß-Weber", "Maler");
    all_find(
        &crm,
        "José Muñoz",
        &[
            "jose",
            "JOSÉ",
            "muñoz",
            "munoz jose",
            "jose mun",
            "head sales",
        ],
    );
    all_find(&crm, "Anna Müller", &["muller", "ann", "anna sales"]);
    all_find(&crm, "Søren Kierkegaard", &["soren", "SØREN", "kierke"]);
    all_find(
        &crm,
        "Seán O'Brien",
        &["o'brien", "obrien", "o brien", "O’Brien", "sean"],
    );
    all_find(
        &crm,
        "Jürgen Groß-Weber",
        &["gross", "groß", "gross-weber", "weber", "GROSS"],
    );
    // A slip of the finger.
    all_find(&crm, "Søren Kierkegaard", &["kierkegard"]);
    assert_eq!(
        titles(&crm, "anna muñoz"),
        Vec::<String>::new(),
        "all words are meant"
    );
    assert_eq!(
        titles(&crm, "uller"),
        Vec::<String>::new(),
        "words begin at their beginning"
    );
    assert_eq!(titles(&crm, ""), Vec::<String>::new());
    assert_eq!(titles(&crm, " - "), Vec::<String>::new());
    let many = ["a"; limits::SEARCH_WORDS_MAX + 1].join(" ");
    assert_eq!(
        crm.search(&many, &SearchOptions::default())
            .unwrap_err()
            .code(),
        Code::Limit
    );
    assert_sound(&crm);
}

#[test]
fn phone_numbers_are_found_by_what_people_type() {
    let (crm, _) = crm();
    in_region(&crm, "DE");
    crm.create(Company::draft().name("Berlin").phone("030 901820"))
        .unwrap();
    crm.create(Contact::draft().name("Ada").mobile("0171 234 5678"))
        .unwrap();
    crm.create(Company::draft().name("New York").phone("+1 (212) 555-0187"))
        .unwrap();
    all_find(
        &crm,
        "Berlin",
        &[
            "030 901820",
            "030901820",
            "+49 30 901820",
            "0049 30 901820",
            "+4930901820",
            "901820",
            "9018",
            "030/90 18 20",
            "(030) 901820",
        ],
    );
    all_find(
        &crm,
        "Ada",
        &[
            "0171 2345678",
            "0171-234",
            "+49 171 234",
            "2345678",
            "5678",
            "0171/2345678",
        ],
    );
    all_find(
        &crm,
        "New York",
        &[
            "(212) 555-0187",
            "212-555-0187",
            "212.555.0187",
            "+1 212 555 0187",
            "2125550187",
            "1 212 555 0187",
            "555-0187",
            "0187",
        ],
    );
    assert_eq!(titles(&crm, "0171 999"), Vec::<String>::new());
}

#[test]
fn addresses_are_found_by_their_parts() {
    let (crm, _) = crm();
    crm.create(
        Contact::draft()
            .name("Ada")
            .email("ada.lovelace@analytical-engines.example"),
    )
    .unwrap();
    crm.create(
        Company::draft()
            .name("Acme")
            .website("https://www.acme-tools.example/about"),
    )
    .unwrap();
    all_find(
        &crm,
        "Ada",
        &[
            "ada.lovelace@analytical-engines.example",
            "ADA.LOVELACE@ANALYTICAL-ENGINES.EXAMPLE",
            "ada.lovelace@",
            "ada.lovelace@analyt",
            "lovelace",
            "analytical",
            "analytical-engines.example",
            "engines",
        ],
    );
    all_find(
        &crm,
        "Acme",
        &[
            "acme-tools.example",
            "www.acme-tools.example",
            "https://www.acme-tools.example",
            "tools",
        ],
    );
}

#[test]
fn a_title_counts_more_than_a_note() {
    let (crm, _) = crm();
    let hooke = crm.create(Company::draft().name("Hooke")).unwrap();
    crm.create(
        Company::draft()
            .name("Springs")
            .description("Once belonged to Hooke"),
    )
    .unwrap();
    crm.create(
        Note::draft()
            .subject("Lunch")
            .body("With Hooke")
            .about(vec![hooke.reference()]),
    )
    .unwrap();
    crm.create(Company::draft().name("Hookes Law")).unwrap();
    // The words of names, then those of texts, the newer first where they weigh the same, then beginnings.
    let found = titles(&crm, "hooke");
    assert_eq!(found, ["Hooke", "Lunch", "Springs", "Hookes Law"]);
    let hits = crm.search("hooke", &SearchOptions::default()).unwrap();
    assert!(hits.is_sorted_by(|a, b| a.score >= b.score));
    assert_eq!(hits[0].record.reference(), hooke.reference());
    let only = |objects: &[u16], limit| {
        let options = SearchOptions {
            objects: Some(objects),
            limit,
            ..SearchOptions::default()
        };
        crm.search("hooke", &options).unwrap().len()
    };
    assert_eq!(
        (
            only(&[Note::TYPE], 10),
            only(&[Company::TYPE, Note::TYPE], 10)
        ),
        (1, 4)
    );
    assert_eq!(
        (
            only(&[Contact::TYPE], 10),
            only(&[], 10),
            only(&[Company::TYPE], 2)
        ),
        (0, 0, 2)
    );
}

#[test]
fn the_trash_is_not_searched_and_changes_replace_words() {
    let (crm, _) = crm();
    let acme = crm
        .create(Company::draft().name("Acme").description("makes anvils"))
        .unwrap();
    assert_eq!(titles(&crm, "anvils"), ["Acme"]);
    crm.delete(acme).unwrap();
    assert_eq!(titles(&crm, "acme"), Vec::<String>::new());
    crm.restore(acme).unwrap();
    assert_eq!(titles(&crm, "acme"), ["Acme"]);
    crm.update(acme, Company::draft().name("Bolt")).unwrap();
    assert_eq!(titles(&crm, "acme"), Vec::<String>::new());
    assert_eq!(titles(&crm, "bolt anvils"), ["Bolt"]);
    crm.update(acme, Company::draft().clear(Company::DESCRIPTION))
        .unwrap();
    assert_eq!(titles(&crm, "anvils"), Vec::<String>::new());
    crm.delete(acme).unwrap();
    crm.purge(acme).unwrap();
    assert_eq!(titles(&crm, "bolt"), Vec::<String>::new());
    assert_sound(&crm);
}

#[test]
fn custom_fields_and_objects_are_searched() {
    let (crm, _) = crm();
    let acme = crm.create(Company::draft().name("Acme")).unwrap();
    crm.add_field(
        "company",
        FieldDef::custom("motto", FieldType::Text).search(3),
    )
    .unwrap();
    crm.update(acme, Company::draft().with("motto", "Beep beep"))
        .unwrap();
    assert_eq!(titles(&crm, "beep"), ["Acme"]);
    let machine = ObjectDef::custom("machine", "machines")
        .with(FieldDef::new(1, "model", FieldType::Text).search(5))
        .with(FieldDef::new(2, "secret", FieldType::Text))
        .title(&[1]);
    let number = crm.add_object(machine).unwrap();
    let fields = Fields::new()
        .with("model", "Weber 3000")
        .with("secret", "hidden");
    crm.create_record("machine", fields).unwrap();
    assert_eq!(titles(&crm, "weber 3000"), ["Weber 3000"]);
    assert_eq!(titles(&crm, "hidden"), Vec::<String>::new());
    let options = SearchOptions {
        objects: Some(&[number]),
        ..SearchOptions::default()
    };
    assert_eq!(crm.search("web", &options).unwrap().len(), 1);
    crm.retire_field("company", "motto").unwrap();
    while crm.maintain().unwrap() {}
    assert_eq!(titles(&crm, "beep"), Vec::<String>::new());
    assert_sound(&crm);
}

#[test]
fn maintenance_changes_no_result() {
    let (crm, _) = crm();
    let words = ["anvil", "bolt", "chain", "drill", "engine"];
    let mut companies = Vec::new();
    for n in 0..150_usize {
        let name = format!("{} {} {n}", words[n % 5], words[n / 5 % 5]);
        let draft = Company::draft()
            .name(name.as_str())
            .phone(format!("+49 30 90{:04}", n * 37));
        companies.push(crm.create(draft).unwrap());
    }
    for n in (0..150).step_by(7) {
        crm.update(companies[n], Company::draft().name(format!("renamed {n}")))
            .unwrap();
    }
    for n in (0..150).step_by(11) {
        crm.delete(companies[n]).unwrap();
    }
    let everything = || -> Vec<Vec<(Ref, u32)>> {
        let texts = [
            "anvil",
            "bo",
            "chain drill",
            "renamed",
            "renamed 14",
            "engine 1",
            "+49 30 90",
            "0037",
            "90 0370",
            "drlil",
        ];
        let options = SearchOptions {
            limit: 1_000,
            ..SearchOptions::default()
        };
        let hits = texts.map(|text| crm.search(text, &options).unwrap());
        hits.iter()
            .map(|hits| {
                hits.iter()
                    .map(|hit| (hit.record.reference(), hit.score))
                    .collect()
            })
            .collect()
    };
    let before = everything();
    assert!(before[..4].iter().all(|hits| hits.len() > 5));
    let mut steps = 0;
    while crm.maintain().unwrap() {
        steps += 1;
        assert_eq!(everything(), before, "after step {steps}");
    }
    assert_eq!(everything(), before);
    assert!(!crm.maintain().unwrap(), "nothing is left to be done");
    crm.update(companies[1], Company::draft().name("anvil again"))
        .unwrap();
    assert_eq!(titles(&crm, "anvil again"), ["anvil again"]);
    assert_sound(&crm);
}
