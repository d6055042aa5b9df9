//! Files as people have them: what comes in, what is refused, and why.

use std::fs::File;
use std::ops::ControlFlow;
use std::path::Path;

use crm_core::value::normalise::DecimalMark;
use crm_core::{Crm, Detail, ImportOptions, ImportReport, Result};

use crate::show::{chapter, say, table};

/// The files in the order in which they refer to each other.
const FILES: [(&str, &str); 7] = [
    ("users.csv", "user"),
    ("companies.csv", "company"),
    ("contacts.csv", "contact"),
    ("leads.csv", "lead"),
    ("deals.csv", "deal"),
    ("activities_calls.csv", "call"),
    ("tasks.csv", "task"),
];

/// Problems that are shown of each file.
const PROBLEMS_SHOWN: usize = 4;

/// Imports the sample files.
pub fn samples(crm: &Crm, folder: &Path) -> Result<()> {
    chapter("Seven files come in");
    say(
        "Columns find their fields by their headers, links are found by name or e-mail address. A row that",
    );
    say(
        "cannot be read as it stands is refused and listed: nothing is guessed, nothing is dropped in silence.\n",
    );
    let mut reports = Vec::with_capacity(FILES.len());
    for (file, object) in FILES {
        reports.push((file, one(crm, folder, file, object)?));
    }
    table(
        &["File", "#Rows", "#Created", "#Refused", "#Problems"],
        reports.iter().map(|(file, report)| {
            let counts = [
                report.rows,
                report.created,
                report.refused,
                report.problem_count,
            ];
            std::iter::once((*file).to_owned())
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
                (*file).to_owned(),
                problem.row.to_string(),
                problem.column.clone(),
                problem.input.clone(),
                problem.reason.clone(),
            ]
        })
    });
    table(
        &["File", "#Row", "Column", "Cell", "Why it is refused"],
        shown,
    );
    say("\nAll of them are records, too: `list import_problem`.");
    Ok(())
}

/// Imports one of the sample files.
pub fn one(crm: &Crm, folder: &Path, file: &str, object: &str) -> Result<ImportReport> {
    let mut options = ImportOptions::new(object).name(file);
    options.read.day_first = true;
    if object == "deal" {
        // Written by a German spreadsheet; and a deal without a stage is in the first one of the pipeline.
        options.read.decimal_mark = DecimalMark::Comma;
        options = options.value("pipeline", "Sales");
    }
    let path = folder.join(file);
    let data =
        File::open(&path).map_err(|error| Detail::Io(format!("{}: {error}", path.display())))?;
    crm.import_csv(data, &options, &mut |_| ControlFlow::Continue(()))
}
