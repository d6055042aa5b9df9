//! What the organisation adds at run time is first class: search, filters, roll-ups, live queries.

use crm_core::schema::{FieldDef, FieldType, ObjectDef, RollUp, RollUpOp};
use crm_core::{Crm, Fields, Query, Result, SearchOptions, Update, Watch};

use crate::board::missing;
use crate::show::{chapter, say};

/// Adds an object, a field that counts its records, and watches what happens.
pub fn at_run_time(crm: &Crm) -> Result<()> {
    chapter("An object of one's own");
    let machine = ObjectDef::custom("machine", "machines")
        .with(
            FieldDef::new(1, "serial", FieldType::Text)
                .required()
                .unique()
                .search(5),
        )
        .with(
            FieldDef::new(2, "site", FieldType::Reference)
                .targets(&["company"])
                .indexed(),
        )
        .with(FieldDef::new(3, "delivered", FieldType::Date))
        .title(&[1]);
    crm.add_object(machine)?;
    let count = RollUp {
        object: "machine".to_owned(),
        via: "site".to_owned(),
        op: RollUpOp::Count,
        field: String::new(),
        filter: String::new(),
    };
    crm.add_field(
        "company",
        FieldDef::custom("machine_count", FieldType::Integer).roll_up(count),
    )?;
    say(
        "Added at run time: the object `machine`, and the field `company.machine_count`, which counts them.",
    );

    let mut live = crm.watch(Watch::Query(
        Query::of("company").filter("machine_count > 0"),
    ))?;
    say(format!(
        "Watching companies with machines: {}",
        described(crm, &live.next_batch(None)?)
    ));
    let found = crm.find(&Query::of("company").filter("name == 'Wiesenthal Logistik AG'"))?;
    let site = found
        .rows
        .first()
        .ok_or_else(|| missing("company"))?
        .reference();
    let mut machines = Vec::new();
    for serial in ["WX-1041", "WX-1042"] {
        machines.push(crm.create_record(
            "machine",
            Fields::new().with("serial", serial).with("site", site),
        )?);
        say(format!(
            "Created machine {serial}: {}",
            described(crm, &live.next_batch(None)?)
        ));
    }
    let hits = crm.search("wx-104", &SearchOptions::default())?;
    say(format!(
        "Search `wx-104`: {}",
        hits.iter()
            .map(|hit| hit.title.as_str())
            .collect::<Vec<_>>()
            .join(", ")
    ));
    for machine in machines {
        crm.delete(machine)?;
    }
    say(format!(
        "Deleted both: {}",
        described(crm, &live.next_batch(None)?)
    ));
    Ok(())
}

/// A batch in words.
fn described(crm: &Crm, batch: &[Update]) -> String {
    let words = batch.iter().map(|update| match update {
        Update::Reset(records) => format!("{} at the start", records.len()),
        Update::Added(record) => format!("{} is added", crm.title(record)),
        Update::Changed(record) => format!("{} has changed", crm.title(record)),
        Update::Removed(_) => "one is no longer there".to_owned(),
    });
    match words.collect::<Vec<_>>().join(", ") {
        nothing if nothing.is_empty() => "no change".to_owned(),
        words => words,
    }
}
