//! Files as people have them: what comes in, what is refused, and why.

use std::ops::ControlFlow;
use std::path::Path;

use crm_core::{Crm, ImportPlan, ImportReport, PlannedImport, Result};

use crate::show::{chapter, say, table};

/// Problems that are shown of each file.
const PROBLEMS_SHOWN: usize = 4;

/// Runs those imports of a plan that are wanted, on the files of a folder. Each report comes with the name of its
/// file, or with that of its object where the rows stand in the plan.
pub fn run(
    crm: &Crm,
    plan: &Path,
    folder: &Path,
    wanted: impl Fn(&PlannedImport) -> bool,
) -> Result<Vec<(String, ImportReport)>> {
    let mut plan = ImportPlan::load(plan)?;
    plan.imports.retain(wanted);
    let reports = crm.run_import_plan(&plan, folder, &mut |_| ControlFlow::Continue(()))?;
    let names = plan
        .imports
        .into_iter()
        .map(|import| import.file.unwrap_or(import.map.object));
    Ok(names.zip(reports).collect())
}

/// Runs those imports of the samples that are wanted.
pub fn run_samples(
    crm: &Crm,
    folder: &Path,
    wanted: impl Fn(&PlannedImport) -> bool,
) -> Result<Vec<(String, ImportReport)>> {
    run(crm, &folder.join("plan.json"), folder, wanted)
}

/// Imports the sample files.
pub fn samples(crm: &Crm, folder: &Path) -> Result<()> {
    chapter("Seven files come in");
    say(
        "Columns find their fields by their headers, links are found by name or e-mail address. A cell that",
    );
    say(
        "cannot be read is listed, and its row comes in without it: nothing is guessed, nothing is lost in silence.\n",
    );
    let reports = run_samples(crm, folder, |import| import.file.is_some())?;
    table(
        &["File", "#Rows", "#Created", "#Refused", "#Problems"],
        reports.iter().map(|(file, report)| {
            let counts = [
                report.rows,
                report.created,
                report.refused,
                report.problem_count,
            ];
            std::iter::once(file.clone())
                .chain(counts.map(|count| count.to_string()))
                .collect()
        }),
    );
    say(format!(
        "\nThe first {PROBLEMS_SHOWN} problems of each file:\n"
    ));
    let shown = reports.iter().flat_map(|(file, report)| {
        report.problems.iter().take(PROBLEMS_SHOWN).map(|problem| {
            vec![
                file.clone(),
                problem.row.to_string(),
                problem.column.clone(),
                problem.input.clone(),
                problem.reason.clone(),
            ]
        })
    });
    table(&["File", "#Row", "Column", "Cell", "What is wrong"], shown);
    say("\nAll of them are records, too: `list import_problem`.");
    Ok(())
}
