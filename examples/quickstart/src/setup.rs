//! What an organisation says about itself before the first file comes in.

use std::path::Path;

use crm_core::{Crm, Organisation, Query, Result, Stage};

use crate::file::MADE_BY;
use crate::import;
use crate::show::{chapter, say, table};

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
pub fn organisation(crm: &Crm, samples: &Path) -> Result<()> {
    chapter("An organisation");
    mark(crm, "EUR", "DE", "Europe/Berlin")?;
    say("Euro, phone numbers read as German ones, days of Berlin. Three teams, and a pipeline:\n");
    import::run_samples(crm, samples, |import| import.file.is_none())?;
    let stages = crm.list::<Stage>(Query::default().sort("order"))?;
    table(
        &["Stage", "#Chance"],
        stages.rows.iter().map(|stage| {
            let chance = stage.probability().unwrap_or_default();
            vec![
                stage.name().unwrap_or_default().to_owned(),
                format!("{chance} %"),
            ]
        }),
    );
    Ok(())
}
