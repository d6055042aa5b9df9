//! Databases that a job has made.

use std::sync::Arc;

use crm_core::schema::Catalog;
use crm_core::{Crm, Result};

/// The schema of a database that was restored or salvaged: the job's report says objects by their numbers, and its
/// schema says their names.
pub fn schema_of(path: &str) -> Result<Arc<Catalog>> {
    let made = Crm::options().journal_bytes(0).open(path)?;
    let catalog = made.catalog();
    made.close()?;
    Ok(catalog)
}
