//! `import` and `export`.

use std::fs::File;
use std::io::Write;
use std::path::Path;

use crm_core::schema::ObjectDef;
use crm_core::value::normalise::DecimalMark;
use crm_core::{ImportMode, ImportOptions, ImportReport, Query, Result, limits};
use serde_json::json;

use super::counted;
use crate::args::{Export, Import};
use crate::output::{Answer, Part, Side, Table};
use crate::progress::Progress;
use crate::shell::{Shell, cannot_read, refusal};

pub fn import(shell: &Shell, args: &Import) -> Result<Answer> {
    let mut options = match &args.map {
        Some(map) => ImportOptions::from_json(&read_text(map)?)?,
        None => ImportOptions::default(),
    };
    if !options.object.is_empty() && options.object != args.object {
        return Err(refusal(
            &args.object,
            &format!("the mapping is for {}", options.object),
        ));
    }
    options.object = args.object.clone();
    if options.name.is_empty() {
        let name = args.data.file_name().unwrap_or_default();
        options.name = name.to_string_lossy().into_owned();
    }
    if let Some(name) = &args.update_by {
        options.mode =
            ImportMode::Upsert(field_of(shell.catalog.object_named(&args.object)?, name));
    }
    options.dry_run |= args.dry_run;
    options.strict |= args.strict;
    options.known_only |= args.known_only;
    options.skip_existing |= args.skip_existing;
    if args.day_first || args.month_first {
        options.read.day_first = Some(args.day_first);
    }
    match args.decimal.as_deref() {
        Some("comma") => options.read.decimal_mark = Some(DecimalMark::Comma),
        Some(_) => options.read.decimal_mark = Some(DecimalMark::Point),
        None => {}
    }
    let file = File::open(&args.data).map_err(|error| cannot_read(&args.data, &error))?;
    let bytes = file.metadata().map_or(0, |metadata| metadata.len());
    let progress = Progress::of_bytes("importing", bytes);
    let report = shell
        .crm
        .import_csv(file, &options, &mut |done| progress.at(done.bytes))?;
    drop(progress);
    let json = serde_json::to_value(&report)
        .map_err(|error| refusal(&options.name, &error.to_string()))?;
    let mut answer = Answer::new(json, described(&report));
    // What is neither imported nor listed must not pass for an import that went well.
    answer.good = report.unkept_problems == 0 && !report.cancelled;
    Ok(answer)
}

/// A field by its name, its label or one of the headers under which imports find it.
fn field_of(object: &ObjectDef, name: &str) -> String {
    let is_called = |text: &str| text.eq_ignore_ascii_case(name);
    let by_name = object.live_fields().find(|field| field.name == name);
    let field = by_name.or_else(|| {
        object.live_fields().find(|field| {
            is_called(&field.label) || field.aliases.iter().any(|alias| is_called(alias))
        })
    });
    field.map_or_else(|| name.to_owned(), |field| field.name.clone())
}

fn described(report: &ImportReport) -> Vec<Part> {
    let counts = format!(
        "{}: {} created, {} updated, {} unchanged, {} refused",
        counted(report.rows, "row", "rows"),
        report.created,
        report.updated,
        report.unchanged,
        report.refused
    );
    let mut text = vec![Part::Text(counts)];
    if !report.created_links.is_empty() {
        let made = report.created_links.iter();
        let made = made.map(|(object, count)| format!("{count} {object}"));
        let made: Vec<String> = made.collect();
        text.push(Part::Text(format!(
            "Made because rows named them: {}",
            made.join(", ")
        )));
    }
    if report.existing > 0 {
        let rows = counted(report.existing, "row looks", "rows look");
        let advice = if report.created + report.updated == 0 {
            "nothing was made of them"
        } else {
            "--skip-existing leaves them out, --update-by changes what is there"
        };
        text.push(Part::Text(format!(
            "{rows} like a record that was there before: {advice}"
        )));
    }
    if !report.unmapped_columns.is_empty() {
        text.push(Part::Text(format!(
            "No field fits, left out: {}",
            report.unmapped_columns.join(", ")
        )));
    }
    if !report.problems.is_empty() {
        let mut table = Table::new([
            ("Row", Side::Right),
            ("Column", Side::Left),
            ("Cell", Side::Left),
            ("Problem", Side::Left),
        ]);
        for problem in &report.problems {
            table.row([
                problem.row.to_string(),
                problem.column.clone(),
                problem.input.clone(),
                problem.reason.clone(),
            ]);
        }
        text.push(Part::Table(table));
        let shown = report.problems.len() as u64;
        let kept = report.problem_count - report.unkept_problems;
        if kept > shown {
            text.push(Part::Text(format!(
                "{} more: list import_problem",
                kept - shown
            )));
        }
        if report.unkept_problems > 0 {
            text.push(Part::Text(format!(
                "TOO MANY PROBLEMS: {} more were counted and are listed nowhere; correct what they have in common, \
                 and import again",
                report.unkept_problems
            )));
        }
    }
    if report.cancelled {
        text.push(Part::Text(
            "STOPPED: the rows after these were not read".to_owned(),
        ));
    }
    if report.run.is_none() {
        text.push(Part::Text("A dry run: nothing of it is kept".to_owned()));
    } else {
        text.push(Part::Text(format!(
            "To take it back: undo '{}'",
            report.operation
        )));
    }
    text
}

fn read_text(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).map_err(|error| cannot_read(path, &error))
}

/// Writes CSV while it reads, since a table may be larger than memory.
pub fn export_csv(shell: &Shell, args: &Export, out: impl Write) -> Result<()> {
    let query = Query::of(&args.object).filter(&args.filter);
    shell.crm.export_csv(&query, &[], out)?;
    Ok(())
}

pub fn export(shell: &Shell, args: &Export) -> Result<Answer> {
    let mut query = Query::of(&args.object)
        .filter(&args.filter)
        .limit(limits::PAGE_LEN_MAX);
    let mut records = Vec::new();
    loop {
        let page = shell.crm.find(&query)?;
        records.extend(page.rows.iter().map(|record| shell.record_json(record)));
        match page.next {
            Some(next) => query.after = next,
            None => return Ok(Answer::new(json!({ "records": records }), Vec::new())),
        }
    }
}
