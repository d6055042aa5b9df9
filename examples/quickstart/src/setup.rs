//! What an organisation says about itself before the first file comes in.

use crm_core::{Crm, Organisation, Pipeline, Query, Result, Stage, StageKind, Team};

use crate::file::MADE_BY;
use crate::show::{chapter, say, table};

/// The stages of the sample pipeline, with the chance that a deal in them is won.
const STAGES: [(&str, StageKind, i64); 6] = [
    ("Qualification", StageKind::Open, 10),
    ("Discovery", StageKind::Open, 25),
    ("Proposal", StageKind::Open, 50),
    ("Negotiation", StageKind::Open, 75),
    ("Won", StageKind::Won, 100),
    ("Lost", StageKind::Lost, 0),
];

/// Names the organisation, and marks the file as one of the quickstart's.
pub fn mark(crm: &Crm, currency: &str, region: &str, zone: &str) -> Result<()> {
    let settings = Organisation::draft()
        .name(MADE_BY)
        .base_currency(currency)
        .default_region(region)
        .time_zone(zone);
    match crm.list::<Organisation>(Query::default())?.rows.first() {
        Some(organisation) => crm.update(organisation.id(), settings).map(drop),
        None => crm.create(settings).map(drop),
    }
}

/// The organisation, its teams and its pipeline.
pub fn organisation(crm: &Crm) -> Result<()> {
    chapter("An organisation");
    mark(crm, "EUR", "DE", "Europe/Berlin")?;
    say("Euro, phone numbers read as German ones, days of Berlin. Three teams, and a pipeline:\n");
    for team in ["Management", "Sales Europe", "Sales Overseas"] {
        crm.create(Team::draft().name(team))?;
    }
    let sales = crm.create(Pipeline::draft().name("Sales"))?;
    for (order, (name, kind, probability)) in (1..).zip(STAGES) {
        crm.create(
            Stage::draft()
                .name(name)
                .pipeline(sales)
                .order(order)
                .kind(kind)
                .probability(probability),
        )?;
    }
    table(
        &["Stage", "#Chance"],
        STAGES.map(|(name, _, chance)| vec![name.to_owned(), format!("{chance} %")]),
    );
    Ok(())
}
