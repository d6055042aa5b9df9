//! The past: history of a record, the record as it was, and an import taken back.

use std::path::Path;

use crm_core::schema::system;
use crm_core::{Crm, Deal, Object, Query, Result};

use crate::board::missing;
use crate::import;
use crate::show::{chapter, say, table};

/// Looks back, and takes an import back.
pub fn undo(crm: &Crm, samples: &Path) -> Result<()> {
    chapter("The past");
    let moved = crm.find(
        &Query::of(Deal::TYPE_NAME)
            .filter("tags.exists(tag, tag.name == 'proposal out')")
            .limit(1),
    )?;
    let deal = moved
        .rows
        .first()
        .ok_or_else(|| missing("moved deal"))?
        .reference();
    let history = crm.history(deal)?;
    say(format!(
        "The history of {}:\n",
        crm.title(&crm.get_record(deal)?)
    ));
    let catalog = crm.catalog();
    let object = catalog.object(deal.object)?;
    let rows = history.iter().map(|entry| {
        let fields = entry
            .changes
            .iter()
            .filter(|change| change.field < system::FIRST);
        let names: Vec<&str> = fields
            .filter_map(|change| Some(object.field(change.field)?.name.as_str()))
            .collect();
        let why = entry.cause.as_ref().unwrap_or(&entry.commit.cause);
        vec![
            entry.commit.at.format("%Y-%m-%d").to_string(),
            entry.kind.name().to_owned(),
            why.clone(),
            names.join(", "),
        ]
    });
    table(&["Day", "What", "Why", "Fields"], rows);
    if let Some(first) = history.last()
        && let Some(was) = crm.record_as_of(deal, first.commit.sequence)?
        && let Some(stage) = was.get(Deal::STAGE.number()).as_ref()
    {
        say(format!(
            "\nAs it was imported, it was in {}.",
            crm.title(&crm.get_record(stage)?)
        ));
    }

    chapter("An import taken back");
    let companies = "companies.csv";
    let reports = import::run_samples(crm, samples, |import| {
        import.file.as_deref() == Some(companies)
    })?;
    let (_, report) = reports.first().ok_or_else(|| missing(companies))?;
    say(format!(
        "{companies} by mistake once more: {} created, {} refused, since their ids are taken.",
        report.created, report.refused
    ));
    say(format!("Companies now: {}", crm.count("company", "")?));
    let undone = crm.undo(&report.operation)?;
    say(format!(
        "Changes taken back: {}, left: {}. Companies: {}",
        undone.undone,
        undone.skipped.len(),
        crm.count("company", "")?
    ));
    Ok(())
}
