//! Imports.

use crm_core::value::normalise::DecimalMark;
use crm_core::{Column, ImportMode, ImportOptions, ImportReport, ReadSettings, RowProblem};
use serde_json::{Value as Json, json};

use super::{list, members};

/// What an import did.
pub fn import_report(report: &ImportReport) -> Json {
    let ImportReport {
        run,
        operation,
        rows,
        created,
        updated,
        unchanged,
        refused,
        created_links,
        existing,
        problem_count,
        unkept_problems,
        problems,
        columns,
        unmapped_columns,
        cancelled,
    } = report;
    let columns = list(columns, |(column, field)| {
        members([("column", json!(column)), ("field", json!(field))])
    });
    members([
        ("run", json!(run.map(|run| run.to_string()))),
        ("operation", json!(operation)),
        ("rows", json!(rows)),
        ("created", json!(created)),
        ("updated", json!(updated)),
        ("unchanged", json!(unchanged)),
        ("refused", json!(refused)),
        ("created_links", json!(created_links)),
        ("existing", json!(existing)),
        ("problem_count", json!(problem_count)),
        ("unkept_problems", json!(unkept_problems)),
        ("problems", list(problems, row_problem)),
        ("columns", columns),
        ("unmapped_columns", json!(unmapped_columns)),
        ("cancelled", json!(cancelled)),
    ])
}

fn row_problem(problem: &RowProblem) -> Json {
    let RowProblem {
        row,
        column,
        input,
        reason,
        refused,
    } = problem;
    json!({"row": row, "column": column, "input": input, "reason": reason, "refused": refused})
}

/// How a file is imported.
pub fn import_options(options: &ImportOptions) -> Json {
    let ImportOptions {
        object,
        name,
        mode,
        columns,
        values,
        create_missing,
        known_only,
        read,
        delimiter,
        custom_fields,
        strict,
        skip_existing,
        clear_empty,
        with_rules,
        dry_run,
        operation,
    } = options;
    let mode = match mode {
        ImportMode::Create => json!({"type": "create"}),
        ImportMode::Update(by) => json!({"type": "update", "by": by}),
        ImportMode::Upsert(by) => json!({"type": "upsert", "by": by}),
    };
    let columns = columns
        .iter()
        .map(|(header, to)| (header.clone(), column(to)));
    members([
        ("object", json!(object)),
        ("name", json!(name)),
        ("mode", mode),
        ("columns", Json::Object(columns.collect())),
        ("values", json!(values)),
        ("create_missing", json!(create_missing)),
        ("known_only", json!(known_only)),
        ("read", read_settings(read)),
        ("delimiter", json!(delimiter)),
        ("custom_fields", json!(custom_fields)),
        ("strict", json!(strict)),
        ("skip_existing", json!(skip_existing)),
        ("clear_empty", json!(clear_empty)),
        ("with_rules", json!(with_rules)),
        ("dry_run", json!(dry_run)),
        ("operation", json!(operation)),
    ])
}

fn column(column: &Column) -> Json {
    let Column {
        field,
        by,
        aliases,
        multiply,
    } = column;
    let multiply = multiply.map(|number| number.normalize().to_string());
    members([
        ("field", json!(field)),
        ("by", json!(by)),
        ("aliases", json!(aliases)),
        ("multiply", json!(multiply)),
    ])
}

fn read_settings(read: &ReadSettings) -> Json {
    let ReadSettings {
        decimal_mark,
        day_first,
        currency,
        region,
        time_zone,
    } = read;
    let decimal_mark = decimal_mark.map(|mark| match mark {
        DecimalMark::Point => "point",
        DecimalMark::Comma => "comma",
    });
    members([
        ("decimal_mark", json!(decimal_mark)),
        ("day_first", json!(day_first)),
        ("currency", json!(currency)),
        ("region", json!(region)),
        ("time_zone", json!(time_zone)),
    ])
}
