//! What looking after a database says.

use crm_core::schema::Catalog;
use crm_core::{
    CheckReport, DatabaseStats, Finding, Ref, RepairReport, RestoreReport, SalvageReport,
};
use serde_json::{Value as Json, json};

use super::{list, reference};

/// What a check looked at and found.
pub fn check_report(report: &CheckReport) -> Json {
    let CheckReport {
        records,
        rows,
        findings: found,
    } = report;
    json!({"records": records, "rows": rows, "findings": findings(found)})
}

/// What a repair found and did.
pub fn repair_report(report: &RepairReport) -> Json {
    let RepairReport {
        found,
        rows,
        records,
        left,
    } = report;
    json!({"found": findings(found), "rows": rows, "records": records, "left": findings(left)})
}

/// What could and could not be saved of a damaged file; `catalog` is that of the new one.
pub fn salvage_report(catalog: &Catalog, report: &SalvageReport) -> Json {
    let SalvageReport {
        records,
        unreadable,
        from_pages,
        doubtful,
        findings: found,
    } = report;
    json!({
        "records": records,
        "unreadable": findings(unreadable),
        "from_pages": references(catalog, from_pages),
        "doubtful": references(catalog, doubtful),
        "findings": findings(found),
    })
}

/// What a restoration has brought back; `catalog` is that of the restored database.
pub fn restore_report(catalog: &Catalog, report: &RestoreReport) -> Json {
    let RestoreReport {
        sequence,
        purged,
        findings: found,
    } = report;
    json!({
        "sequence": sequence,
        "purged": references(catalog, purged),
        "findings": findings(found),
    })
}

fn findings(all: &[Finding]) -> Json {
    list(
        all,
        |finding| json!({"space": finding.place(), "what": finding.what}),
    )
}

fn references(catalog: &Catalog, all: &[Ref]) -> Json {
    list(all, |one| reference(catalog, *one))
}

/// What a database holds.
pub fn stats(stats: &DatabaseStats) -> Json {
    let DatabaseStats {
        records,
        sequence,
        storage,
    } = stats;
    let records = list(
        records,
        |(object, count)| json!({"object": object, "count": count}),
    );
    let spaces = list(&storage.spaces, |space| {
        json!({
            "space": space.space.name(),
            "entries": space.entries,
            "stored_bytes": space.stored_bytes,
        })
    });
    json!({
        "records": records,
        "sequence": sequence,
        "spaces": spaces,
        "file_bytes": storage.file_bytes,
        "older_states": storage.older_states,
        "held_bytes": storage.held_bytes,
    })
}
