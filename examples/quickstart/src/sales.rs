//! The crm-sales files, whole: 85 companies, 7 products, 35 agents, 8,800 deals.

use std::path::Path;

use crm_core::{Aggregate, Crm, Result};

use crate::import;
use crate::setup;
use crate::show::{amount_in, chapter, say, table, thousands};

/// What one might ask the shell about these files.
pub const QUESTIONS: &[&str] = &[
    "aggregate deal --group-by status --sum amount --json",
    "aggregate deal --where \"status == 'won'\" --group-by close_date:quarter --sum amount",
    "list deal --where 'company == null' --limit 5",
    "board",
];

/// Imports the files by the shipped plan and adds them up.
pub fn run(path: &Path, folder: &Path, plan: &Path) -> Result<()> {
    let crm = Crm::open(path)?;
    setup::mark(&crm, "USD", "US", "America/New_York")?;
    chapter("The crm-sales files come in");
    let reports = import::run(&crm, &plan.join("plan.json"), folder, |_| true)?;
    table(
        &[
            "Import",
            "#Rows",
            "#Created",
            "#Updated",
            "#Refused",
            "#Problems",
        ],
        reports.iter().map(|(name, report)| {
            let counts = [
                report.rows,
                report.created,
                report.updated,
                report.refused,
                report.problem_count,
            ];
            std::iter::once(name.clone())
                .chain(counts.map(|count| thousands(&count.to_string())))
                .collect()
        }),
    );
    let without = crm.count("deal", "company == null")?;
    say(format!(
        "\nDeals that name no company in the file, and have none here: {}",
        thousands(&without.to_string())
    ));
    chapter("Figures");
    let groups = crm.aggregate(&Aggregate::of("deal").group_by("status").sum("amount"))?;
    table(
        &["Status", "#Deals", "#Revenue in USD"],
        groups.iter().map(|group| {
            let status = group
                .key
                .first()
                .map_or_else(String::new, ToString::to_string);
            vec![
                status,
                thousands(&group.count.to_string()),
                amount_in(group.measures.first(), "USD"),
            ]
        }),
    );
    crate::sound(&crm)?;
    crm.close()
}
