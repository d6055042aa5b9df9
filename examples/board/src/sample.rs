//! The quickstart's data, by its plan.

use std::ops::ControlFlow;
use std::path::Path;

use crm_core::{Crm, ImportPlan, Organisation, Result};

/// Fills an empty database. Rows that cannot be read are left out, as the samples mean them to be; they are
/// listed in the database.
pub fn fill(crm: &Crm, folder: &Path) -> Result<()> {
    let settings = Organisation::draft()
        .name("Sample organisation")
        .base_currency("EUR")
        .default_region("DE")
        .time_zone("Europe/Berlin");
    crm.update(crm.organisation()?.id(), settings)?;
    let plan = ImportPlan::load(folder.join("plan.json"))?;
    crm.run_import_plan(&plan, folder, &mut |_| ControlFlow::Continue(()))?;
    Ok(())
}
