//! What is in the golden files: something of everything that the format has a form for.

use chrono::TimeDelta;
use crm_core::schema::{FieldDef, FieldType, ObjectDef};
use crm_core::*;

use crate::{Result, missing};

/// Custom fields and objects, a field of every type, a pipeline, people, activities, a rule, a reminder, a document;
/// then changes, and what went to the trash and for good.
pub(crate) fn fill(crm: &Crm) -> Result<()> {
    crm.add_field(
        "company",
        FieldDef::custom("floors", FieldType::Integer).indexed(),
    )?;
    crm.add_object(sample())?;
    crm.create_record("sample", sample_fields())?;
    let (sales, stages) = pipeline(crm)?;
    let acme = crm.create(
        Company::draft()
            .name("Acme Ångström")
            .external_id("A-1")
            .employees(40),
    )?;
    let bolt = crm.create(Company::draft().name("Bolt").parent(acme))?;
    let ada = Contact::draft()
        .name("Ada Lovelace")
        .email("ada@acme.example")
        .phone("+4930123456");
    let ada = crm.create(ada.company(acme))?;
    for (n, amount) in [
        "-12.50 EUR",
        "0 EUR",
        "7 EUR",
        "1200 EUR",
        "99.99 USD",
        "1000000 JPY",
    ]
    .into_iter()
    .enumerate()
    {
        let deal = Deal::draft()
            .name(format!("Deal {n}"))
            .pipeline(sales)
            .company(acme);
        crm.create(deal.amount(amount.parse::<Money>()?).close_date(day(n)))?;
    }
    many_companies(crm)?;
    let note = Note::draft()
        .subject("First call")
        .body("She wants forty seats.")
        .about(vec![ada.reference(), acme.reference()]);
    crm.create(note)?;
    let rule = Rule::draft()
        .name("VIP")
        .object("contact")
        .trigger(Trigger::Created);
    crm.create(rule.actions(r#"[{"do": "add_tag", "tag": "vip"}]"#))?;
    let bob = crm.create(Contact::draft().name("Bob Noyce"))?;
    crm.create(
        Reminder::draft()
            .text("Call Ada back")
            .about(ada.reference())
            .at(crm.now() + TimeDelta::days(3)),
    )?;
    let letter = crm.create(Document::draft().name("letter.txt"))?;
    crm.put_content(letter, "Dear Ada,\n".repeat(20_000).as_bytes())?;
    let session = crm.operation("clean-up");
    session.update(acme, Company::draft().name("Acme").employees(41))?;
    session.update(bolt, Company::draft().clear(Company::PARENT))?;
    let open = crm.list::<Deal>(Query::default().limit(1))?;
    let first = open.rows.first().ok_or_else(|| missing("deal"))?.id();
    crm.update(
        first,
        Deal::draft().stage(*stages.last().ok_or_else(|| missing("stage"))?),
    )?;
    crm.delete(bob)?;
    let gone = crm.create(Company::draft().name("Gone").description("A secret"))?;
    crm.purge(gone)?;
    let batch = [Change::update(bolt, Company::draft().name("Bolt & Sons"))];
    crm.batch(&batch, Some(Keyed("golden")))?;
    while crm.maintain()? {}
    Ok(())
}

/// After compaction: search entries that are not folded yet, and one that is gone.
pub(crate) fn change(crm: &Crm) -> Result<()> {
    crm.create(Company::draft().name("Acme Overseas"))?;
    let rows = crm
        .list::<Company>(Query::default().filter("name == 'Company 7'"))?
        .rows;
    crm.delete(rows.first().ok_or_else(|| missing("company"))?.id())?;
    Ok(())
}

/// Few commits, all of them in the journal.
pub(crate) fn fill_little(crm: &Crm) -> Result<()> {
    for name in ["Acme", "Bolt", "Cargo"] {
        crm.create(Company::draft().name(name))?;
    }
    let acme = crm.list::<Company>(Query::default().sort("name"))?.rows;
    let acme = acme.first().ok_or_else(|| missing("company"))?.id();
    crm.update(acme, Company::draft().employees(7))?;
    crm.delete(acme)?;
    Ok(())
}

/// So many at once that search packs their words into blocks.
fn many_companies(crm: &Crm) -> Result<()> {
    let cities = [
        "Aarhus",
        "Łódź",
        "Zürich",
        "Москва",
        "東京",
        "São Paulo",
        "Bonn",
    ];
    let create = |(n, city): (u32, &&str)| {
        let draft = Company::draft().name(format!("Company {n}"));
        Change::create(draft.description(format!("Offices in {city}")))
    };
    let changes: Vec<Change> = (0..300).zip(cities.iter().cycle()).map(create).collect();
    crm.batch(&changes, None)?;
    Ok(())
}

fn day(n: usize) -> chrono::NaiveDate {
    chrono::NaiveDate::from_epoch_days(20_500 + n as i32 * 10).unwrap_or_default()
}

fn pipeline(crm: &Crm) -> Result<(Id<Pipeline>, Vec<Id<Stage>>)> {
    let sales = crm.create(Pipeline::draft().name("Sales"))?;
    let mut stages = Vec::new();
    for (order, (name, kind)) in [("Lead", StageKind::Open), ("Won", StageKind::Won)]
        .into_iter()
        .enumerate()
    {
        let stage = Stage::draft()
            .name(name)
            .pipeline(sales)
            .kind(kind)
            .order(order as i64);
        stages.push(crm.create(stage.probability(100 * order as i64))?);
    }
    Ok((sales, stages))
}

/// A custom object with a field of every type, some of them indexed.
fn sample() -> ObjectDef {
    let mut object = ObjectDef::custom("sample", "samples");
    for (id, ty) in (1..).zip(FieldType::ALL) {
        let mut field = FieldDef::new(id, &format!("a_{}", ty.name()), ty);
        match ty {
            FieldType::Choice => field = field.choices(&[("red", "Red"), ("green", "Green")]),
            FieldType::LongText | FieldType::Address => {}
            _ => field = field.indexed(),
        }
        object = object.with(field);
    }
    object.with(
        FieldDef::new(90, "numbers", FieldType::Integer)
            .many()
            .indexed(),
    )
}

fn sample_fields() -> Fields {
    let story = "A long story. ".repeat(6_000);
    Fields::new()
        .with("a_text", "Zoë\u{301} the 1st")
        .with("a_long_text", story)
        .with("a_integer", -300)
        .with("a_decimal", "-0.00012")
        .with("a_percent", "12.5")
        .with("a_money", "1234.50 EUR")
        .with("a_boolean", true)
        .with("a_date", "1969-07-20")
        .with("a_partial_date", "--02-29")
        .with("a_date_time", "2026-03-02T09:00:00.000001Z")
        .with("a_duration", "36h")
        .with("a_email", "zoe@acme.example")
        .with("a_phone", "+49 30 123456")
        .with("a_url", "https://acme.example/a?b=c")
        .with("a_domain", "acme.example")
        .with("a_address.city", "Zürich")
        .with("a_person_name", "Zoe van Dyck")
        .with("a_choice", "green")
        .with(
            "numbers",
            Value::List((-3..4).map(|n: i64| Value::from(n * 50)).collect()),
        )
}
