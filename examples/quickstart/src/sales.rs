//! The crm-sales files, whole: 85 companies, 7 products, 35 agents, 8,800 deals.

use std::ops::ControlFlow;
use std::path::Path;

use crm_core::{Aggregate, Crm, ImportPlan, Result};

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
    let plan = ImportPlan::load(plan.join("plan.json"))?;
    let reports = crm.run_import_plan(&plan, folder, &mut |_| ControlFlow::Continue(()))?;
    table(
        &[
            "Import",
            "#Rows",
            "#Created",
            "#Updated",
            "#Refused",
            "#Problems",
        ],
        plan.imports.iter().zip(&reports).map(|(import, report)| {
            let object = import.map.object.as_str();
            let name = import.file.as_deref().unwrap_or(object);
            let counts = [
                report.rows,
                report.created,
                report.updated,
                report.refused,
                report.problem_count,
            ];
            std::iter::once(name.to_owned())
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
